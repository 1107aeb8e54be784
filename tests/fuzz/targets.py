"""What is fuzzed, each a function of a source of chance; it returns what both forms must agree on.

A finding is an AssertionError, any exception that is not declared, a line that says that nldissect
or a dissector failed, a hang, and a process that dies. What they share:
- only the exceptions of `nldissect.NldissectError` leave the library;
- the command says one line and ends with 0, 1 or 2;
- each byte of a message has one owner, and what stands before the damage is as it was.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import nldissect
from nldissect._internal.capture.reader import open_capture
from nldissect._internal.encode.tree_encoder import encode
from nldissect._internal.spec import model
from nldissect._internal.wire.record import UNTOLD, Record
from support import capture_files
from support.messages import covered

from . import corpus, mutations, samples, slow_walker
from .large_numbers import bulk, bulkfiles
from .screens import screens
from .written_code import exports, hooks

FORMS = (
    ["read"], ["read", "-V", "-x"], ["read", "-T", "jsonl"], ["read", "-T", "json"],
    ["read", "--copies"],
    ["read", "-T", "build"], ["read", "-T", "python"], ["read", "-T", "c"], ["read", "-T", "go"],
    ["read", "-T", "rust"], ["read", "-T", "ynl"], ["read", "-T", "hex"],
    ["read", "-V", "-t", "dd"], ["read", "-Y", "linkinfo.kind or mtu > 5 or any address"],
    ["read", "-T", "fields", "-e", "time", "-e", "operation", "-e", "ifname", "-e", "linkinfo"],
    ["check"], ["check", "-T", "json"], ["check", "-T", "sarif"], ["stats"],
    ["stats", "-T", "json"], ["diff"], ["report"], ["report", "-T", "markdown"],
    ["flow"], ["flow", "-T", "svg", "--parts"],
    ["flow", "-T", "mermaid", "--sockets"], ["read", "-T", "otlp"], ["stats", "--prometheus"],
    ["read", "-T", "jsonl", "--flat"], ["state"], ["state", "--watch"],
)  # fmt: skip
VALUES = (0, -1, 1, 255, 1 << 40, "", "x", "eth0", "10.0.0.1", "fe80::1", "a" * 300, b"", b"\0\1",
          [], [1], {}, {"kind": "vlan"}, None, True, 1.5, "\udc80", "a\0b", ["a", {}])  # fmt: skip


# -- the library ---------------------------------------------------------------------------


def messages(rng: random.Random) -> str:
    """Everything a message can be asked."""
    said = []
    for message in samples.dissected(rng):
        for node in message.walk():
            assert "code failed" not in str(node.diagnoses), node.diagnoses
            said.append(
                f"{node.path} {node.kind} {node.value!r} {node.label} {node.start} {node.end}"
            )
        assert covered(message), "a byte has no owner, or two"
        wrong = slow_walker.disagreement(message)
        assert not wrong, wrong
        json.loads(message.to_json())
        assert encode(message) == message.data, "what is encoded are other bytes"
        assert message.encode() == message.bytes, "encode() gives other bytes"
        said.append(message.to_json())
    return "\n".join(said)


def siblings(rng: random.Random) -> str:
    """What stands before a change in a message is as it was before the change."""
    protocol, data = rng.choice(rng.choice(corpus.conversations()))
    found = mutations.places(data)
    if not found:
        return ""
    at, size = rng.choice(found)
    changed = data[:at] + b"\xff\xff" + data[at + 2 :]
    before = nldissect.dissect_all(data, protocol, byte_order="little")
    after = nldissect.dissect_all(changed, protocol, byte_order="little")
    assert sum(len(m.bytes) for m in after) <= len(data)
    for old, new in zip(before, after, strict=False):
        was = [n for n in _known(old.nodes) if n[2] + old.offset <= at]
        lost = set(was) - set(_known(new.nodes))
        assert not lost or old.offset > at, f"lost {sorted(lost)[:5]}"
    return str(size)


def _known(nodes: list[nldissect.Node]) -> Iterator[tuple[str, int, int]]:
    """What lies in nests by a dissector's word alone, not by a guess or another attribute's."""
    for node in nodes:
        yield node.path, node.start, node.end
        if node.field.kind == model.NEST and node.kind == "nest":
            yield from _known(node.children)


def editing(rng: random.Random) -> str:
    """Values put into messages, and messages built of what they said."""
    said = []
    for message in samples.dissected(rng):
        places = [node.path for node in message.walk()]
        for _ in range(3):
            path = rng.choice([*places, *rng.sample(corpus.words(), 2), samples.path(rng)])
            with contextlib.suppress(nldissect.NldissectError, KeyError):
                if rng.random() < 0.2:
                    del message[path]
                else:
                    message[path] = rng.choice(VALUES)
            said.append(f"{path} {message.bytes.hex()}")
        assert covered(message), "a byte has no owner after an edit"
        if message.spec is not None and message.operation is not None:
            values = {rng.choice(corpus.words()): rng.choice(VALUES) for _ in range(2)}
            with contextlib.suppress(nldissect.NldissectError):
                said.append(
                    nldissect.build(message.spec.name, message.operation.name, values).bytes.hex()
                )
    return "\n".join(said)


def paths(rng: random.Random) -> str:
    """Paths that are there, that are not, and that are none."""
    said = []
    for message in samples.dissected(rng):
        for path in [samples.path(rng) for _ in range(4)] + [n.path for n in message.walk()][:20]:
            said.append(f"{path} {message.get(path)!r} {path in message}")
            said.append(str(len(list(message.find_all(path)))))
            with contextlib.suppress(KeyError):
                message[path]
    return "\n".join(said)


PIECES = (
    "==", "!=", "<", ">=", "&", "contains", "matches", "in", "and", "or", "not", "any", "all", "(",
    ")", "{", "}", "[", "]", "..", ".", ",", '"x"', '"', "'a'", "0x10", "12", "-1", "1.5",
    "10.0.0.0/8", "fe80::1", "aa:bb:cc:dd:ee:ff", "true", "len(ifname)", "count(linkinfo)",
    "request", "answer", "ifname", "mtu", "error", "type", "RTM_NEWLINK", "\\", "\0", "é", "*",
    "a|b", "(a+)+$", "$",
)  # fmt: skip


def filters(rng: random.Random) -> str:
    """Filters of random words, completed too; what compiles is asked."""
    vocabulary = (*PIECES, *rng.sample(corpus.words(), 5))
    count = rng.choice((1, 3, 6, 12, 300))
    text = rng.choice((" ", " ", "")).join(rng.choice(vocabulary) for _ in range(count))
    text = rng.choice((text, "(" * count + text, "not " * count + text, f"mtu == {text}"))
    nldissect.complete(text, rng.randrange(len(text) + 1))
    try:
        found = nldissect.compile(text)
    except nldissect.FilterError as problem:
        return str(problem)
    return "".join(str(found.matches(message)) for message in samples.dissected(rng))


# -- files ---------------------------------------------------------------------------------


def commands(rng: random.Random) -> str:
    """Every form of output, of mutated records in a whole file."""
    words = list(rng.choice(FORMS))
    with samples.file(samples.content(rng, samples.made(rng)), "a.cap") as path:
        return samples.command([*words, path, *([path] if words == ["diff"] else [])])


def files(rng: random.Random) -> str:
    """Files of every format and compression that are damaged themselves."""
    records = rng.choice(corpus.conversations())[:8]
    data = rng.choice((samples.content, samples.content, samples.bare))(rng, records)
    for _ in range(rng.choice((1, 2, 4))):
        data = mutations.anything(rng, data, rng.choice("<>"))
    data = rng.choice(samples.COMPRESSIONS)(data)
    if rng.random() < 0.3:
        data = mutations.anything(rng, data, "<")
    found: list[Record] = []
    with contextlib.suppress(nldissect.CaptureError):
        for record in open_capture("fuzz", stream=io.BytesIO(data)):
            if record.protocol == UNTOLD:  # a session would settle it
                record.protocol = 0
            found.append(record)
    assert [record.number for record in found] == list(range(1, len(found) + 1))
    again = capture_files.written_again(found)
    assert [(r.protocol, r.data) for r in again] == [(r.protocol, r.data) for r in found]
    with samples.file(data, "a.cap") as path:
        return samples.command([*rng.choice(FORMS[:3]), path])


def traces(rng: random.Random) -> str:
    """Traces of strace with damaged lines."""
    lines = rng.choice(corpus.traces())
    first = rng.randrange(len(lines))
    part = [line.decode("latin-1") for line in lines[first : first + rng.choice((5, 40))]]
    odd = ("{", "}", "[", "]", "\\x", '"', "nlmsg_type=0x12345678", "nlmsg_len=4294967295", "=>",
           "/*", "nla_len=-1", "...", "1<<99", "99999999999999999999", "<unfinished ...>", ") = 20",
           "0x", "NULL", "|", "\0", "htonl(", "if_nametoindex(\"x\")", "RTM_NEWLINK")  # fmt: skip
    data = "".join(mutations.text(rng, part, odd)).encode("latin-1")
    head = rng.choice(corpus.traces())[0]
    with samples.file(head + data, "a.strace") as path:
        return samples.command([*rng.choice(FORMS[:4]), path])


BETWEEN = ("", " ", ":", ", ", "\n", "\\x", ", 0x", "  ", "-", "\t")
ODD = (
    "*\n",
    "...",
    '"',
    "'",
    "{",
    "}",
    "[",
    "]",
    "\\",
    "0x",
    "/*",
    "*/",
    "//",
    "#",
    ": ",
    "|",
    "é",
    "\0",
    "\n\n",
    "00000000: ",
    "[ 1.5] nl: ",
    "7777777 ",
    "b'",
    "-1",
    "999",
    "0z",
    "(int)",
    "  [ATTR 03 NESTED] 9 octets\n",
    "BEGIN NETLINK MESSAGE",
    "    .port = 99999999999\n",
    "{nlmsg_len=",
    "nlmsg_type=0x10",
    "END NETLINK MESSAGE",
    "'a'",
    "u8",
    "<1>",
    "kernel: ",
)


def _written(rng: random.Random, data: bytes) -> str:
    """Bytes in one of the ways in which people write them."""
    between = rng.choice(BETWEEN)
    rows = [data[at : at + 16] for at in range(0, len(data), 16)]
    written = (
        between.join(f"{byte:02x}" for byte in data),
        "".join(f"{i * 16:08x}: {row.hex(' ', -2)}  {row!r}\n" for i, row in enumerate(rows)),
        "".join(f"[{i:12.6f}] nl: {row.hex(' ')}\n" for i, row in enumerate(rows)),
        "".join(f"{i * 16:07o} {row.hex(' ')}\n" for i, row in enumerate(rows)),
        repr(data),
        str(list(data)),
        '"' + "".join(f"\\{byte:o}" for byte in data) + '"...',
    )
    return rng.choice(written)


def pasted(rng: random.Random) -> str:
    """Text that says bytes, or says them badly."""
    text = "\n".join(_written(rng, data) for _, data in samples.made(rng))
    if rng.random() < 0.7:
        text = "".join(mutations.text(rng, text.splitlines(keepends=True), ODD))
    extra = rng.choice(
        ([], [], ["--protocol", "generic"], ["--family", "nl80211"], ["-T", "jsonl"])
    )
    with samples.file(text.encode("utf-8", "replace"), "a.txt") as path:
        return samples.command(["decode", *extra, f"@{path}"])


def redact(rng: random.Random) -> str:
    """Redacted captures: as many messages of the same lengths, twice over the same; no key left."""
    words = [word for word in ("--mac", "--ip", "--names", "--processes") if rng.random() < 0.5]
    records = samples.made(rng)
    with samples.file(samples.content(rng, records), "a.cap") as path:
        said = samples.command(["redact", *words, "--key", "fuzz fuzz", path, "b.cap"])
        lengths = []
        for name in (path, "b.cap"):
            found: list[Record] = []
            with contextlib.suppress(nldissect.CaptureError):  # a section without an interface
                found.extend(open_capture(name))
            lengths.append([(r.protocol, len(r.data), r.original_length) for r in found])
        assert lengths[0] == lengths[1], "redacting changes lengths"
        shown = samples.command([*rng.choice(FORMS[:3]), "b.cap"])
        samples.command(["redact", *words, "--key", "fuzz fuzz", path, "c.cap"])
        assert Path("b.cap").read_bytes() == Path("c.cap").read_bytes(), "it depends on more"
        return said + shown


def indexes(rng: random.Random) -> str:
    """An index, asked in any order, says what a reading in order says."""
    with (
        samples.file(samples.content(rng, samples.made(rng)), "a.cap") as path,
        nldissect.open(path) as capture,
    ):
        order = []
        with contextlib.suppress(nldissect.CaptureError):
            for message in capture:
                order.append(message.to_json())
        for place in rng.sample(range(len(order)), min(len(order), 10)):
            assert capture[place].to_json() == order[place], f"message {place + 1}"
        for transaction in capture.transactions:
            str(transaction.state)
        return "\n".join(order)


# -- specs ---------------------------------------------------------------------------------


def specs(rng: random.Random) -> str:
    """Dissector files with damaged lines: checked, and used on a recording."""
    lines = rng.choice([lines for lines in corpus.specs() if len(lines) < 600])
    odd = ("- ", ": ", "{", "}", "[", "]", "&a ", "*a ", "!!python/object:os.system ", "nest", "-1",
           "99999999999999999999", "null", "true", "\t", "type: struct", "name: ", "|", "'", "#",
           "sub-message", "0x", "é", "\x7f", "<<: ", "value: ", "enum: ", "struct: ")  # fmt: skip
    text = "".join(mutations.text(rng, lines, odd))
    with samples.file(text.encode("utf-8", "replace"), "spec.yaml") as path:
        said = samples.command(["dissectors", "check", path])
        Path("a.cap").write_bytes(samples.content(rng, samples.made(rng)))
        return said + samples.command(["read", "-V", "--dissectors", path, "a.cap"])


def learning(rng: random.Random) -> str:
    """What is learnt of a capture is a dissector file that is in order, and can be used on it."""
    with samples.file(samples.content(rng, samples.made(rng)), "a.cap") as path:
        names = ["nlctrl"]
        with contextlib.suppress(nldissect.CaptureError), nldissect.open(path) as capture:
            names += [
                str(told["family"])
                for m in capture
                if (told := json.loads(m.to_json())).get("family")
            ]
        name = rng.choice(names)
        said = samples.command(["dissectors", "learn", path, name])
        learnt = said.partition("nldissect: ")[0]
        if not learnt:
            return said
        Path("learnt.yaml").write_text(learnt, encoding="utf-8")
        checked = samples.command(["dissectors", "check", "learnt.yaml"])
        assert "error" not in checked, checked
        return said + samples.command(["read", "-V", "--dissectors", "learnt.yaml", path])


TARGETS: dict[str, Callable[[random.Random], str]] = {
    f.__name__: f
    for f in (
        messages,
        siblings,
        editing,
        paths,
        filters,
        commands,
        files,
        traces,
        pasted,
        redact,
        indexes,
        specs,
        learning,
        exports,
        hooks,
        screens,
        bulk,
        bulkfiles,
    )
}
