// The filter box: words in the lines of the list, and fields of the trees by name and value.

const TERM = /(-?)(?:([\w.?:-]+?)(==|!=|~))?("[^"]*"?|\S+)/g;
const TROUBLE = new Set(["error", "malformed", "lost", "unanswered"]);

function alike(name) { return name.toLowerCase().replaceAll("_", "-"); }

function parseFilter(text) {
  return [...text.matchAll(TERM)].map(([, not, field, operator, value]) => ({
    not: Boolean(not), field: field ? alike(field) : "", operator, text: value.replaceAll('"', "").toLowerCase(),
  })).filter((term) => term.text || term.field);
}

class Filter {
  constructor(text, errorsOnly) {
    const terms = parseFilter(text);
    this.errorsOnly = errorsOnly;
    this.words = terms.filter((term) => !term.field);
    this.fields = terms.filter((term) => term.field);
    // What the text of a block has somewhere if any of its messages passes; others need no parsing.
    this.needs = this.fields.filter((term) => !term.not && term.operator !== "!=" && /^[a-z0-9.:/_-]+$/.test(term.text) && !/^0x/.test(term.text))
      .map((term) => new RegExp(term.text.replace(/[.]/g, "\\."), "i"));
  }

  get empty() { return !this.errorsOnly && !this.words.length && !this.fields.length; }

  row(row) {
    if (this.errorsOnly && !TROUBLE.has(row.kind) && !row.errno) return false;
    return this.words.every((term) => row.search.includes(term.text) !== term.not);
  }

  block(text) { return this.needs.every((pattern) => pattern.test(text)); }

  message(message) { return this.fields.every((term) => this.field(term, message) !== term.not); }

  field(term, message) {
    const found = this.values(term.field, message);
    if (term.operator === "!=") return found.length > 0 && !found.some((values) => values.has(term.text));
    if (term.operator === "~") return found.some((values) => [...values].some((value) => value.includes(term.text)));
    return found.some((values) => values.has(term.text));
  }

  // For each field of this name, what its value may be called.
  values(name, message) {
    const found = [];
    const own = message[name.replaceAll("-", "_")];
    if (own !== undefined && typeof own !== "object") found.push(new Set([String(own).toLowerCase()]));
    const inside = (nodes, names, constants) => {
      for (const node of nodes) {
        const path = `${names}.${alike(node.name)}`;
        const constant = `${constants}.${alike(node.constant || node.name)}`;
        if (path.endsWith(`.${name}`) || constant.endsWith(`.${name}`)) {
          const called = [String(node.value ?? ""), valueText(node), node.label || "", ...(node.label || "").split("|")];
          found.push(new Set(called.map((text) => text.toLowerCase().replaceAll('"', "")).filter(Boolean)));
        }
        if (node.children) inside(node.children, path, constant);
      }
    };
    inside(nodesOf(message), "", "");
    return found;
  }
}
