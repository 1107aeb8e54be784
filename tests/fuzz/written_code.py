"""Code on both sides: what exporters write of messages, and Python of others beside a spec."""

from __future__ import annotations

import contextlib
import random
import re
from pathlib import Path

import nldissect

from . import corpus, mutations, samples

# All that lines of exported code may be but comments, whose ends no string may move.
PLAIN = {
    "c": re.compile(r"static const unsigned char message_\d+\[\d+\] = \{|[0-9a-fx, ]*|\};"),
    "go": re.compile(r"var message\d+ = \[\]byte\{|[0-9a-fx, ]*|\}"),
    "rust": re.compile(r"pub const MESSAGE_\d+: \[u8; \d+\] = \[|[0-9a-fx, ]*|\];"),
}
COMMENT = {"c": re.compile(r"/\*(?:[^*]|\*(?!/))*\*/"), "go": re.compile("//.*"),
           "rust": re.compile("//.*")}  # fmt: skip


def exports(rng: random.Random) -> str:
    """Exported Python gives the bytes again; of the other languages nothing is code but numbers."""
    with samples.file(samples.content(rng, samples.made(rng)), "a.cap") as path:
        wanted = []
        with contextlib.suppress(nldissect.CaptureError), nldissect.open(path) as capture:
            for message in capture:
                wanted.append(message.bytes)
        for form in ("python", "build"):
            names = {"__builtins__": {"__import__": __import__, "bytes": bytes}}
            exec(compile(_exported(form, path), form, "exec"), names)
            made = [names[f"message_{number}"] for number in range(1, len(wanted) + 1)]
            assert [bytes(getattr(one, "bytes", one)) for one in made] == wanted, form
        form = rng.choice(list(PLAIN))
        text = _exported(form, path)
        for line in COMMENT[form].sub("", text).split("\n"):
            assert PLAIN[form].fullmatch(line.strip()), line
        told = bytes(int(word, 16) for word in re.findall("0x(..)", COMMENT[form].sub("", text)))
        assert told == b"".join(wanted), form
        return text


def _exported(form: str, path: str) -> str:
    """What the command writes, without what it says."""
    text = samples.command(["read", "--own", "--show-secrets", "-T", form, path])
    return "\n".join(line for line in text.split("\n") if not line.startswith("nldissect: "))


# -- hooks ---------------------------------------------------------------------------------

# What a hook may do wrong. What it would have to mean (other objects' inner state) is left out.
HOOK_LINES = (
    "node.set_value('ipv4', 7, 'seven')", "node.set_value('string', '\\x1b[2J', '\\u202e')",
    "node.set_value('nest', [], None)", "node.set_value(7, {}, 7)", "node.set_value('u32', b'x')",
    "node.set_value('string', '\\udc80')", "node.set_value('array', [node])",
    "node.set_label(7)", "node.set_label('\\x9b31m')", "node.set_children('nest', [7])",
    "node.set_children('nest', [node])", "node.diagnose('odd', 'error', 'a\\nb')",
    "node.diagnose('odd', 'worse', 'x')", "node.diagnose('odd', 'error', 7)",
    "member(node, part('a', U32), node.start, node.end)",
    "member(node, part('a', U8), node.start - 4, node.end + 4).value",
    "member(node, part('a', STRING), node.end, node.start).value",
    "member(node, part('a', STRING), node.start, node.start + 1).set_value('x', 7)",
    "member(node, part('a', STRUCT), 0, 1 << 40).children", "node.leftover(node.start)",
    "node.leftover(node.end + 9)", "node.leftover(-9)", "node.children.append(node)",
    "node.add(node)", "node.add(7)", "node.start = node.end + 4", "node.end = 0", "node.shown = 7",
    "node.shown = '\\x9b31m'", "node.field = part('a', U64)", "node.field = part('a', ARRAY)",
    "node.offset = -8", "raise KeyError('\\x1b')", "raise SystemExit(0)", "raise GeneratorExit",
    "x = 1 // 0", "assert False, '\\u202e'", "hook(node)", "element(node, 'a', 0, 9, None, None)",
    "walk(node.message, node, node.start, node.end, None, [])",
    "walk(node.message, node, node.start, node.end, None, node.siblings)",
    "walk(node.message, node, node.end, 1 << 33, None, [])", "in_scope(node, 'mtu')",
    "header_family(node)", "str(node.bytes)", "list(node.walk())", "node.value", "node.diagnoses",
    "node.message['mtu']", "repr(node)", "list(node.message.walk())", "node.message.to_json()",
)  # fmt: skip
RETURNED = ("True", "False", "None", "7", "'\\x1b[2J'", "[]", "node", "b'x'", "float('nan')",
            "'x' * 999", "('a', 1)", "1 << 80")  # fmt: skip
SUMMARY_LINES = (
    "node.say('a\\x1b[2J')", "node.say(7)", "node.put([], 'mtu', 'mtu')", "node.at('ifname').text",
    "node.words(('mtu', 'mtu'))", "node.value('a.b.c')", "node.text('')", "node.flags('ifi-flags')",
    "node.node('linkinfo').children", "raise SystemExit", "raise OSError", "node.message.nodes",
)  # fmt: skip


def hooks(rng: random.Random) -> str:
    """Python beside a dissector that does what it likes: its nodes fall back, all else is there."""
    records = samples.made(rng)
    used = [
        m.spec.name for one, data in records for m in nldissect.dissect_all(data, one) if m.spec
    ]
    spec = corpus.spec_sources()[rng.choice(used or ["nlctrl"])]
    lines = []
    for line in spec.lines:
        at = line.rstrip().rfind("}")
        if "- {name:" in line and ", type: " in line and rng.random() < 0.5:
            line = f"{line[:at]}, {rng.choice(('x-hook: hook', 'x-label: label'))}{line[at:]}"
        lines.append(line)
    named = set(re.findall(r"x-(?:hook|label): ([\w-]+)", "".join(lines)))
    body = rng.choices(HOOK_LINES, k=rng.choice((1, 2, 4)))
    if rng.random() < 0.1:
        body = mutations.text(rng, body, HOOK_LINES)
    code = "from nldissect.hooks import *\n" + _function(rng, "hook(node, *_)", body)
    code += _function(rng, "label(value, message, get)", rng.choices(("get('mtu')", "x = 1 // 0")))
    code += _function(rng, "summary(node)", rng.choices(SUMMARY_LINES, k=2))
    pairs = [f"{name!r}: {rng.choice(('hook', 'hook', 'label'))}" for name in sorted(named)]
    code += f"HOOKS = {{**dict(hook=hook, label=label), {', '.join(pairs)}}}\n"
    some = rng.sample(spec.operations, len(spec.operations) // 2)
    code += f"SUMMARIES = dict.fromkeys({some}, summary)\n"
    with samples.file("".join(lines).encode(), "spec.yaml") as path:
        for included in (corpus.ROOT / "dissectors").glob("_*.yaml"):
            Path(included.name).symlink_to(included)
        Path("spec.py").write_text(code)
        Path("a.cap").write_bytes(samples.content(rng, records))
        allowed = ("code failed: ", "summary failed: ")
        samples.command(["dissectors", "check", path], allowed)
        words = rng.choice((["read"], ["read", "-V"], ["read", "-T", "jsonl"], ["check"]))
        samples.command([*words, "--dissectors", path, "a.cap"], allowed)
    return ""  # each form words the exceptions of wrong calls in its own way


def _function(rng: random.Random, head: str, lines: list[str]) -> str:
    body = [line for text in lines for line in text.split("\n")]
    text = "\n".join(f"        {line}" for line in [*body, f"return {rng.choice(RETURNED)}"])
    return f"def {head}:\n    try:\n{text}\n    except ZeroDivisionError:\n        return True\n"
