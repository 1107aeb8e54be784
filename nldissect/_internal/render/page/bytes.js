// The bytes of a message, 16 or 8 a line, with those of the chosen field, of what is pointed at and of
// what is blamed.

class Bytes extends Lines {
  // `chosen(byte)` is told where the cursor went to.
  constructor(box, chosen) {
    super(box, (line) => this.line(line), () => {});
    this.chosen = chosen;
    this.data = "";
    this.per = this.fitting;
    this.byte = 0;
    this.ranges = { over: [0, 0], in: [0, 0], out: [0, 0] };
    this.all.addEventListener("click", (event) => {
      const byte = event.target.closest(".byte");
      if (byte) this.to(Number(byte.dataset.byte));
    });
  }

  get size() { return this.data.length / 2; }

  fill(data, blamed) {
    this.data = data;
    this.byte = 0;
    this.ranges = { over: [0, 0], in: [0, 0], out: blamed };
    this.set(Math.ceil(this.size / this.per), 0);
  }

  // As many bytes a line as there is room for.
  get fitting() { return this.box.clientWidth >= 16 * 33 ? 16 : 8; }

  resized() {
    if (this.per !== this.fitting) {
      this.per = this.fitting;
      this.set(Math.ceil(this.size / this.per), Math.floor(this.byte / this.per));
    }
    super.resized();
  }

  mark(name, start, end) {
    this.ranges[name] = [start, end];
    if (name === "in") {
      this.byte = Math.min(start, Math.max(this.size - 1, 0));
      this.active = Math.floor(this.byte / this.per);
      this.show();
    }
    this.render();
  }

  at() { return `byte-${this.byte}`; }

  to(byte) {
    if (!this.size) return;
    this.byte = Math.min(Math.max(byte, 0), this.size - 1);
    this.active = Math.floor(this.byte / this.per);
    this.chosen(this.byte);
    this.show();
  }

  go() {} // a click on a line is one on a byte, or on nothing

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const steps = {
      ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.per, ArrowDown: this.per,
      PageUp: -this.per * this.room, PageDown: this.per * this.room, Home: -this.size, End: this.size,
    };
    if (event.key in steps) {
      event.preventDefault();
      this.to(this.byte + steps[event.key]);
    }
  }

  line(line) {
    const first = line * this.per;
    const made = element("div", "", "", { role: "row" });
    made.append(element("span", "offset", `${first.toString(16).padStart(4, "0")} `, { role: "rowheader" }));
    let text = "";
    for (let at = first; at < Math.min(first + this.per, this.size); at++) {
      const digits = this.data.slice(2 * at, 2 * at + 2);
      const code = parseInt(digits, 16);
      text += code >= 32 && code < 127 ? String.fromCharCode(code) : ".";
      made.append(this.cell(at, digits));
    }
    const missing = this.per - text.length;
    const blank = " ".repeat(1 + 3 * missing + (this.per === 16 && missing >= 8 ? 1 : 0));
    made.append(element("span", "text", blank + text, { role: "gridcell" }));
    return made;
  }

  cell(at, digits) {
    const looks = ["byte"];
    for (const [name, [start, end]] of Object.entries(this.ranges)) if (start <= at && at < end) looks.push(name);
    if (at === this.byte) looks.push("at");
    if (this.per === 16 && at % 16 === 8) looks.push("middle");
    const cell = element("span", looks.join(" "), digits, { role: "gridcell", "aria-selected": String(looks.includes("in")) });
    cell.id = `byte-${at}`;
    cell.dataset.byte = at;
    return cell;
  }
}
