// A message's JSON (docs/json.md) as the lines of a tree, each with the bytes it stands for.

const INLINE = 24; // bytes shown of a value
const BRIEF = 5; // values told of what is folded
const MANY = 40; // fields above which nests begin folded
const HEADER = [["nlmsg_len", "length", 0, 4], ["nlmsg_type", "type", 4, 6], ["nlmsg_flags", "flags", 6, 8],
  ["nlmsg_seq", "sequence", 8, 12], ["nlmsg_pid", "port", 12, 16]];
const OCTETS = new Set(["binary", "pad", "unknown"]);
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{DI}\u2800\u{1d159}]|(?! )\p{Zs}/gu;

// Text of a capture with everything escaped that acts or cannot be seen.
function escaped(text) {
  const plain = text.replace(/\\(?!x[89a-f][0-9a-f])/g, "\\\\");
  return plain.replace(UNSEEN, (char) => {
    const known = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[char];
    if (known) return known;
    const code = char.codePointAt(0).toString(16);
    if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
    return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
  });
}

// JSON whose numbers of 16 digits and more are strings, since 64 bits do not fit a number here.
function exact(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}/g, (part) => (part[0] === '"' ? part : `"${part}"`)));
}

function valueText(node) {
  const value = node.value;
  const size = node.length - (node.type === undefined ? 0 : 4);
  if (value === undefined) return node.children || size > 0 ? "" : "(empty)";
  if (value === true) return "";
  if (Array.isArray(value)) {
    const parts = (node.children || []).filter((child) => child.value !== undefined).map(fullText);
    return `[${parts.join(", ")}]`;
  }
  if (OCTETS.has(node.kind) && typeof value === "string") {
    if (!value) return "(empty)";
    const shown = (value.slice(0, 2 * INLINE).match(/../g) || []).join(" ");
    return size > INLINE ? `${size} bytes: ${shown}…` : shown;
  }
  if (node.kind === "string") return `"${escaped(String(value)).replaceAll('"', '\\"')}"`;
  if (node.kind === "flags" && !String(value).startsWith("-")) {
    return `0x${BigInt(value).toString(16).padStart(2 * size, "0")}`;
  }
  return escaped(String(value));
}

function fullText(node) {
  const text = valueText(node);
  return node.label ? `${text} (${escaped(node.label)})` : text;
}

function nameOf(node) {
  const name = node.constant || (node.kind === "unknown" || node.name.includes(" ") ? node.name : node.name.replaceAll("-", "_"));
  return escaped(name) + (node.guess ? "?" : "");
}

function brief(nodes) {
  const told = nodes.filter((node) => node.value !== undefined && node.value !== 0 && node.kind !== "pad");
  const shown = (told.length ? told : nodes).slice(0, BRIEF);
  const words = shown.map((node) => `${node.name} ${node.label && node.kind !== "string" ? escaped(node.label) : valueText(node)}`.trim());
  return words.join(", ") + (nodes.length > shown.length && !told.length ? "…" : "");
}

function countNodes(nodes, most) {
  let count = 0;
  for (const node of nodes) {
    count += 1 + (node.children ? countNodes(node.children, most - count) : 0);
    if (count > most) break;
  }
  return count;
}

// The deepest of `nodes` that holds a byte.
function locate(nodes, offset) {
  for (const node of nodes) {
    if (node.offset <= offset && offset < node.offset + node.length) return locate(node.children || [], offset) || node;
  }
  return null;
}

// The nodes of a message with its nlmsghdr, which the JSON has as members of its own.
function nodesOf(message) {
  const nodes = message.attributes || [];
  if (message.type === undefined) return nodes;
  const labels = { type: message.constant || message.operation, flags: (message.flag_names || []).join("|") };
  const members = HEADER.map(([constant, name, start, end]) => ({
    name, constant, kind: name === "flags" ? "flags" : "u32", offset: start, length: end - start, value: message[name], label: labels[name],
  }));
  return [{ name: "nlmsghdr", kind: "struct", offset: 0, length: 16, children: members }, ...nodes];
}

// What has lines of its own below a node: of an array, what its own line does not say.
function kidsOf(node) {
  return (node.children || []).filter((child) => !Array.isArray(node.value) || child.value === undefined);
}

// The paths of nodes, by which they are found again in other messages.
function keysOf(nodes, above) {
  const seen = new Map();
  return nodes.map(({ name }) => {
    const count = (seen.get(name) || 0) + 1;
    seen.set(name, count);
    return `${above}/${name}${count > 1 ? `[${count}]` : ""}`;
  });
}

class Outline {
  // `blame` is {node, text}: what the kernel objected to. Folds are kept by path, for all messages.
  constructor(message, folds, blame) {
    this.nodes = nodesOf(message);
    this.folds = folds;
    this.blame = blame;
    this.large = countNodes(this.nodes, MANY) > MANY;
    this.refresh();
  }

  refresh() {
    this.lines = [];
    this.add(this.nodes, 0, "");
  }

  opened(line) {
    const known = this.folds.get(line.key);
    if (known !== undefined) return known;
    const at = this.blame && this.blame.node;
    if (at && at !== line.node && line.start <= at.offset && at.offset + at.length <= line.end) return true;
    const header = line.node.kind === "struct" && line.node.type === undefined;
    if (header && !line.kids.some((kid) => kid.children)) return false;
    return line.depth === 0 || !this.large;
  }

  add(nodes, depth, above) {
    const keys = keysOf(nodes, above);
    nodes.forEach((node, at) => {
      const kids = kidsOf(node);
      const line = {
        node, depth, kids, key: keys[at], start: node.offset, end: node.offset + node.length, at: at + 1, of: nodes.length,
      };
      line.open = kids.length > 0 && this.opened(line);
      this.lines.push(line);
      if (line.open) this.add(kids, depth + 1, line.key);
    });
  }

  fold(at, open) {
    this.folds.set(this.lines[at].key, open);
    this.refresh();
  }

  unfoldBelow(at) {
    const unfold = (node, key) => {
      const kids = kidsOf(node);
      if (kids.length) this.folds.set(key, true);
      const keys = keysOf(kids, key);
      kids.forEach((kid, i) => unfold(kid, keys[i]));
    };
    unfold(this.lines[at].node, this.lines[at].key);
    this.refresh();
  }

  parent(at) {
    for (let i = at - 1; i >= 0; i--) if (this.lines[i].depth < this.lines[at].depth) return i;
    return at;
  }

  // The line of the smallest field with this byte, unfolded if need be; -1 for none.
  atByte(offset) {
    let found = -1;
    for (let i = 0; i < this.lines.length; i++) {
      const line = this.lines[i];
      if (line.start > offset || offset >= line.end) continue;
      if (found >= 0 && line.depth <= this.lines[found].depth) continue;
      found = i;
      const within = line.kids.some((kid) => kid.offset <= offset && offset < kid.offset + kid.length);
      if (within && !line.open) this.fold(i, true);
    }
    return found;
  }

  element(at, active) {
    const line = this.lines[at];
    const { node } = line;
    const made = element("div", "", "", {
      role: "treeitem", "aria-level": line.depth + 1, "aria-posinset": line.at, "aria-setsize": line.of,
      "aria-selected": String(active),
    });
    if (line.kids.length) made.setAttribute("aria-expanded", String(line.open));
    made.append("  ".repeat(line.depth), element("span", "twist", line.kids.length ? (line.open ? "▾" : "▸") : "", { "aria-hidden": "true" }));
    made.append(element("span", node.kind === "struct" && node.type === undefined ? "field heading" : "field", nameOf(node)));
    const text = valueText(node);
    if (text) made.append("  ", text);
    if (node.label) made.append(" (", element("span", "label", escaped(node.label)), ")");
    if (line.kids.length && !line.open && !text) made.append("  ", element("span", "brief", brief(line.kids)));
    if (this.blame && this.blame.node === node) {
      made.classList.add("blamed");
      made.append("  ", element("span", "wrong", `✗ ${this.blame.text}`));
    }
    for (const found of node.diagnoses || []) {
      made.append("  ", element("span", found.severity === "error" ? "wrong" : found.severity, `[${found.severity}: ${escaped(found.text)}]`));
    }
    return made;
  }
}
