// What the page holds: rows for the list, and messages in blocks that are unpacked when they are looked at.

const COLUMNS = ["number", "time", "process", "direction", "family", "operation", "pair", "errno", "info", "kind", "scope"];
const SEARCHED = ["number", "process", "family", "operation", "pair", "errno", "info"];
const KEPT = 4; // blocks of messages that stay unpacked

const rows = [];
const blocks = []; // {first, count, packed, text}
const places = new Map(); // of messages, by scope and number

async function unpacked(packed) {
  const letters = atob(packed);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
}

async function blockText(block) {
  if (block.text === undefined) {
    const text = await unpacked(block.packed.textContent);
    const kept = blocks.filter((other) => other.text !== undefined);
    if (kept.length >= KEPT) kept.sort((a, b) => a.used - b.used)[0].text = undefined;
    block.text = text;
  }
  block.used = performance.now();
  return block.text;
}

async function details(place) {
  const block = blocks.findLast((one) => one.first <= place);
  return exact((await blockText(block)).split("\n")[place - block.first]);
}

// Takes in the rows of a block.
async function takeIn(packed) {
  const lines = JSON.parse(await unpacked(packed.textContent));
  blocks.push({ first: rows.length, count: lines.length, packed: packed.nextElementSibling, used: 0 });
  for (const line of lines) {
    const row = {};
    COLUMNS.forEach((name, at) => { row[name] = line[at]; });
    row.search = SEARCHED.map((name) => row[name]).join("\n").toLowerCase();
    places.set(`${row.scope}/${row.number}`, rows.length);
    rows.push(row);
  }
  packed.remove();
}
