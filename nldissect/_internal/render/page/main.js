// The page: what the panes show, and how they are linked with each other.

const KINDS = {
  error: ["!", "error"], malformed: ["!", "malformed"], lost: ["▼", "messages were lost"], unanswered: ["?", "unanswered"],
  good: ["✓", "acknowledged"], notification: ["•", "notification"], copy: ["=", "copy of a notification"],
};
const PAUSE = 12; // milliseconds of work between two looks at the screen
const TYPING = 250; // milliseconds until the trees are looked into

const get = (id) => document.getElementById(id);
const rest = () => new Promise((done) => setTimeout(done));
const folds = new Map();
let shown = []; // places of the rows that pass the filter
let all = true; // whether no filter is set
let current = -1; // place of the message whose details are shown
let outline = null;
let turn = 0; // of filters, so that an earlier one gives up

// -- what the page holds ---------------------------------------------------------------

async function load() {
  let last = performance.now();
  for (const packed of document.querySelectorAll("script.rows")) {
    await takeIn(packed);
    if (blocks.length === 1 || performance.now() - last > 200) {
      arrived();
      await rest();
      last = performance.now();
    }
  }
  arrived();
  if (current < 0) choose(0);
  if (!all) filter();
  document.body.dataset.ready = "yes";
}

function arrived() {
  document.body.style.setProperty("--numbers", `${Math.max(String(rows.length).length, 2)}ch`);
  if (all) list.set(rows.length, list.active);
  count();
  const wanted = places.get(`0/${location.hash.slice(1)}`);
  if (current < 0 && (wanted !== undefined || (!location.hash && rows.length))) choose(wanted || 0);
}

// -- the list ---------------------------------------------------------------------------

const rowAt = (line) => (all ? line : shown[line]);

const list = new Lines(get("list"), (line) => {
  const row = rows[rowAt(line)];
  const [glyph, words] = KINDS[row.kind] || ["", ""];
  const partner = rows[current] && row.scope === rows[current].scope && row.pair.slice(1) === String(rows[current].number);
  const made = element("div", `row ${row.kind}${partner ? " partner" : ""}`, "", {
    role: "row", "aria-rowindex": line + 2, "aria-selected": String(rowAt(line) === current),
  });
  const cell = (look, text, label) => made.append(element("span", look, text, { role: "gridcell", ...(label ? { "aria-label": label } : {}) }));
  cell("mark", glyph, words);
  cell("number", row.number);
  cell("time", row.time);
  cell("process", row.process);
  cell("direction", row.direction, row.direction === "→" ? "to the kernel" : "from the kernel");
  for (const name of ["family", "operation", "pair", "errno", "info"]) cell(name, row[name]);
  return made;
}, (line) => choose(rowAt(line)));

function count(more = "") {
  const number = all ? rows.length : shown.length;
  get("count").textContent = `${number === rows.length ? number : `${number} of ${rows.length}`} message${rows.length === 1 ? "" : "s"}${more}`;
  get("list").setAttribute("aria-rowcount", number + 1);
}

function lineOf(place) { return all ? place : shown.indexOf(place); }

function step(by, fits = () => true) {
  const number = all ? rows.length : shown.length;
  for (let line = list.active + by; line >= 0 && line < number; line += by) {
    if (fits(rows[rowAt(line)])) return list.go(line);
  }
  return undefined;
}

// -- the filter --------------------------------------------------------------------------

async function filter() {
  const mine = ++turn;
  const wanted = new Filter(get("filter").value, get("errors").checked);
  const found = [];
  rows.forEach((row, place) => { if (wanted.row(row)) found.push(place); });
  if (!wanted.fields.length) return pass(wanted, found);
  await new Promise((done) => setTimeout(done, TYPING));
  const passed = [];
  let at = 0;
  let last = 0;
  for (const block of blocks) {
    if (mine !== turn) return undefined;
    const end = block.first + block.count;
    const here = [];
    while (at < found.length && found[at] < end) here.push(found[at++]);
    if (!here.length) continue;
    const text = block.text === undefined ? await unpacked(block.packed.textContent) : block.text;
    if (wanted.block(text)) {
      const lines = text.split("\n");
      for (const place of here) {
        const line = lines[place - block.first];
        if (wanted.block(line) && wanted.message(exact(line).message)) passed.push(place);
      }
    }
    if (performance.now() - last > PAUSE * 10) {
      pass(wanted, passed, `, searching… ${Math.floor((100 * end) / rows.length)} %`);
      await rest();
      last = performance.now();
    }
  }
  return mine === turn ? pass(wanted, passed) : undefined;
}

function pass(wanted, found, more) {
  all = wanted.empty;
  shown = all ? [] : [...found];
  list.set(all ? rows.length : shown.length, lineOf(current));
  count(more);
}

// -- the chosen message --------------------------------------------------------------------

async function choose(place) {
  if (place === undefined || !rows[place]) return;
  current = place;
  list.active = lineOf(place);
  list.show();
  const found = await details(place);
  if (current !== place) return;
  const refusal = found.why ? null : await refusalOf(found.message, place);
  if (current !== place) return;
  const why = found.why || (refusal && refusal.why);
  const blame = blamed(found, why, refusal);
  outline = new Outline(found.message, folds, blame);
  about(place, found, why, refusal);
  tree.set(outline.lines.length, blame ? outline.atByte(blame.node.offset) : 0);
  bytes.fill(found.bytes, blame ? [blame.node.offset, blame.node.offset + blame.node.length] : [0, 0]);
  if (blame) select(outline.lines.findIndex((line) => line.node === blame.node));
  try { history.replaceState(null, "", `#${rows[place].number}`); } catch { /* not where the page is shown in a frame */ }
}

// Why the kernel refused this request, {number, why}; null when it did not, or the answer is not here.
async function refusalOf(message, place) {
  const answer = places.get(`${rows[place].scope}/${message.answered_by}`);
  if (answer === undefined || rows[answer].kind !== "error") return null;
  const { why } = await details(answer);
  return why ? { number: message.answered_by, why } : null;
}

// What the kernel objected to, as a field of this message or of the request that it echoes.
function blamed(found, why, refusal) {
  if (!why || why.offset === null) return null;
  let base = 0;
  const nodes = nodesOf(found.message);
  if (!refusal) {
    const echo = nodes.flatMap((node) => node.children || []).find((node) => node.kind === "message");
    if (!echo) return null;
    base = echo.offset;
  }
  const node = locate(nodes, base + why.offset);
  return node ? { node, text: why.says } : null;
}

function about(place, found, why, refusal) {
  const row = rows[place];
  const { message } = found;
  const made = [element("h2", `${row.kind}`, `${row.number} ${row.direction} ${row.operation}  ${row.info}`)];
  const facts = element("p", "note");
  const from = message.process ? `, ${escaped([message.process.name, message.process.pid && `process ${message.process.pid}`].filter(Boolean).join(", "))}` : "";
  facts.append(`${message.file ? `${escaped(message.file)}, ` : ""}record ${message.record}${message.time ? `, ${message.time}` : ""}, ${found.bytes.length / 2} bytes${from}`);
  for (const said of found.remarks) facts.append(`, ${said}`);
  for (const name of ["answers", "answered_by", "copy_of"]) {
    const to = places.get(`${row.scope}/${message[name]}`);
    if (to !== undefined) facts.append(" ", link(to, message[name]));
  }
  made.push(facts);
  for (const comment of message.comments || []) made.push(element("p", "comment", `“${escaped(comment)}”`));
  for (const wrong of (message.diagnoses || []).filter((one) => one.length === 0 || !message.attributes)) {
    made.push(element("p", wrong.severity === "error" ? "wrong" : wrong.severity, `[${wrong.severity}: ${escaped(wrong.text)}]`));
  }
  if (why) {
    const box = element("div", "why");
    box.append(element("p", "", refusal ? `Why it was refused, by ${refusal.number}:` : "Why it was refused:"));
    const listed = element("ul");
    why.lines.forEach((line) => listed.append(element("li", "", line)));
    box.append(listed);
    made.push(box);
  }
  get("about").replaceChildren(...made);
}

function link(place, number) {
  const button = element("button", "", `go to ${number}`, { type: "button" });
  button.addEventListener("click", () => { choose(place); list.box.focus(); });
  return button;
}

function partner() {
  const { pair, scope } = rows[current];
  choose(places.get(`${scope}/${pair.slice(1)}`));
}

// -- tree and bytes ----------------------------------------------------------------------------

class Tree extends Lines {
  constructor(box) {
    super(box, (line) => outline.element(line, line === this.active), (line) => select(line));
    this.all.addEventListener("click", (event) => { if (event.target.closest(".twist")) this.toggle(); });
    this.all.addEventListener("mouseover", (event) => {
      const line = event.target.closest(".line");
      const found = line && outline.lines[line.dataset.line];
      if (found) bytes.mark("over", found.start, found.end);
    });
    this.all.addEventListener("mouseleave", () => bytes.mark("over", 0, 0));
  }

  toggle(open) {
    const line = outline && outline.lines[this.active];
    if (!line || !line.kids.length || line.open === open) return false;
    outline.fold(this.active, !line.open);
    this.set(outline.lines.length, this.active);
    return true;
  }

  key(event) {
    if (!outline || event.ctrlKey || event.altKey || event.metaKey) return;
    const done = {
      ArrowRight: () => this.toggle(true) || this.go(this.active + 1),
      ArrowLeft: () => this.toggle(false) || this.go(outline.parent(this.active)),
      Enter: () => this.toggle(), " ": () => this.toggle(),
      "*": () => { outline.unfoldBelow(this.active); this.set(outline.lines.length, this.active); },
    }[event.key];
    if (!done) { super.key(event); return; }
    event.preventDefault();
    done();
  }
}

function select(at) {
  const line = outline.lines[at];
  if (line) bytes.mark("in", line.start, line.end);
}

const bytes = new Bytes(get("bytes"), (byte) => {
  const at = outline.atByte(byte);
  const line = outline.lines[at];
  if (!line) return;
  tree.set(outline.lines.length, at);
  bytes.ranges.in = [line.start, line.end];
});
const tree = new Tree(get("tree"));

// -- keys, paper -----------------------------------------------------------------------------

const isError = (row) => TROUBLE.has(row.kind) || Boolean(row.errno);
const KEYS = {
  J: () => step(1), K: () => step(-1), e: () => step(1, isError), E: () => step(-1, isError), "%": partner,
  "/": () => get("filter").focus(),
};

get("report").addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});
get("list").addEventListener("keydown", (event) => { if (event.key === "Enter") get("tree").focus(); });
get("filter").addEventListener("input", filter);
get("errors").addEventListener("change", filter);
get("search").addEventListener("submit", (event) => { event.preventDefault(); get("list").focus(); });
addEventListener("hashchange", () => choose(places.get(`0/${location.hash.slice(1)}`)));
addEventListener("beforeprint", () => [list, tree, bytes].forEach((pane) => pane.print(true)));
addEventListener("afterprint", () => [list, tree, bytes].forEach((pane) => pane.print(false)));

get("loading").remove();
get("search").hidden = false;
get("report").hidden = false;
if (typeof DecompressionStream === "function") load();
else get("count").textContent = "This browser is too old to unpack the page: it needs DecompressionStream, which browsers have since 2023.";
