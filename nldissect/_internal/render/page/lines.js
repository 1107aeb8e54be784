"use strict";
// A pane of lines of which only those in sight are elements, so that any number of them is quick.

const TALLEST = 8e6; // pixels that every browser can scroll through
const PRINTED = 1000; // lines of a pane that go to paper

class Lines {
  // `make(i)` gives the element of a line, `moved(i)` is told where the cursor went to.
  constructor(box, make, moved) {
    this.box = box;
    this.all = box.querySelector(".all");
    this.head = box.querySelector(".head");
    this.make = make;
    this.moved = moved;
    this.count = 0;
    this.active = -1;
    this.height = 0;
    this.printing = false;
    this.waits = false;
    box.addEventListener("scroll", () => this.later());
    box.addEventListener("keydown", (event) => this.key(event));
    this.all.addEventListener("click", (event) => {
      const line = event.target.closest(".line");
      if (line) this.go(Number(line.dataset.line));
    });
    new ResizeObserver(() => this.resized()).observe(box);
  }

  set(count, active) {
    this.count = count;
    this.active = active;
    this.render();
    this.show();
  }

  resized() {
    this.height = 0;
    this.later();
  }

  measure() {
    if (this.height || !this.count) return;
    const probe = this.make(Math.max(this.active, 0));
    probe.classList.add("line");
    this.all.replaceChildren(probe);
    this.height = probe.getBoundingClientRect().height || 20;
  }

  get room() {
    const head = this.head ? this.head.offsetHeight : 0;
    return Math.max(Math.floor((this.box.clientHeight - head) / (this.height || 20)), 1);
  }

  get exact() { return this.count * this.height <= TALLEST; }

  get first() {
    const top = this.box.scrollTop;
    if (this.exact) return Math.floor(top / this.height);
    const most = TALLEST - this.room * this.height;
    return Math.round(Math.min(top / most, 1) * (this.count - this.room));
  }

  later() {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => { this.waits = false; this.render(); });
  }

  render() {
    this.measure();
    const first = this.printing || !this.count ? 0 : Math.max(Math.min(this.first, this.count - 1), 0);
    const last = Math.min(this.count, this.printing ? PRINTED : first + this.room + 2);
    this.all.style.height = `${Math.min(this.count * this.height, TALLEST)}px`;
    const lines = [];
    for (let i = first; i < last; i++) {
      const line = this.make(i);
      line.classList.add("line");
      line.id = `${this.box.id}-${i}`;
      line.dataset.line = i;
      line.style.top = `${this.exact ? i * this.height : this.box.scrollTop + (i - first) * this.height}px`;
      if (i === this.active) line.classList.add("active");
      lines.push(line);
    }
    if (!this.count && this.box.dataset.nothing) lines.push(this.nothing());
    this.all.replaceChildren(...lines);
    const at = this.at();
    if (at && this.all.querySelector(`#${at}`)) this.box.setAttribute("aria-activedescendant", at);
    else this.box.removeAttribute("aria-activedescendant");
  }

  // What a grid says that has no rows.
  nothing() {
    const row = element("div", "nothing", "", { role: "row" });
    row.append(element("span", "note", this.box.dataset.nothing, { role: "gridcell" }));
    return row;
  }

  at() { return this.active < 0 ? "" : `${this.box.id}-${this.active}`; }

  // Scrolls until the cursor is in sight.
  show() {
    if (this.active < 0 || !this.height) return;
    const first = this.first;
    let top = -1;
    if (this.active < first || (this.exact && this.active * this.height < this.box.scrollTop)) top = this.active;
    else if (this.active >= first + this.room) top = this.active - this.room + 1;
    if (top >= 0) {
      const most = TALLEST - this.room * this.height;
      this.box.scrollTop = this.exact ? top * this.height : (top / (this.count - this.room)) * most;
    }
    this.render();
  }

  go(line) {
    if (!this.count) return;
    this.active = Math.min(Math.max(line, 0), this.count - 1);
    this.show();
    this.moved(this.active);
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const steps = {
      ArrowUp: -1, k: -1, ArrowDown: 1, j: 1, PageUp: -this.room, PageDown: this.room,
      Home: -this.count, End: this.count,
    };
    if (event.key in steps) {
      event.preventDefault();
      this.go(this.active + steps[event.key]);
    }
  }

  print(printing) {
    this.printing = printing;
    this.render();
  }
}

// An element with a class, text and attributes; what a capture holds is only ever text.
function element(tag, look, text = "", attributes = {}) {
  const made = document.createElement(tag);
  if (look) made.className = look;
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
