"""Whatever the bytes or the spec: no exception, every byte owned once, siblings survive."""

from __future__ import annotations

import copy
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nldissect._internal.capture.reader import open_capture
from nldissect._internal.engine import faults, labels, spans, summary
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.node import Node
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.spec import model, specfile, ynl
from nldissect._internal.spec.registry import builtin_folder
from nldissect._internal.wire.errors import SpecError
from nldissect._internal.wire.record import Record
from support.messages import NETFILTER, RECORDINGS, ROUTE, builtin, covered, record

pytestmark = pytest.mark.slow


EXAMPLES = settings(max_examples=200, deadline=None)
NAMES = sorted(path.stem for path in RECORDINGS.glob("*.pcap"))


class Corpus:
    """The records of one recording, and a session that has learnt from all of it."""

    def __init__(self, name: str) -> None:
        capture = open_capture(str(RECORDINGS / f"{name}.pcap"))
        self.session = Session(builtin())
        self.serials: dict[int, int] = {}
        self.bigs: dict[int, bool] = {}
        for message in self.session.messages(capture):
            assert message.record is not None
            self.serials.setdefault(message.record.number, message.serial)
            self.bigs[message.record.number] = message.big
        self.records = [r for r in capture if r.number in self.serials]

    def messages(self, of: Record, data: bytes, total: int | None = None) -> list[Message]:
        """The messages of a record with other bytes, at its place in the capture."""
        changed = record(data, of.protocol, total, of.interface, of.number)
        out = self.session.split(changed, self.bigs[of.number])
        for serial, message in enumerate(out, self.serials[of.number]):
            message.serial = message.number = serial
            self.session.bind(message)
        return out


@cache
def corpus(name: str) -> Corpus:
    return Corpus(name)


@st.composite
def real(draw: st.DrawFn) -> tuple[Corpus, Record]:
    """A record of a recording."""
    found = corpus(draw(st.sampled_from(NAMES)))
    return found, found.records[draw(st.integers(0, len(found.records) - 1))]


def looked_at(message: Message) -> None:
    """Asks the message for all that it can tell; checks what must hold of any."""
    assert covered(message)
    for diagnosis in message.diagnoses:
        assert diagnosis.severity in (faults.ERROR, faults.WARNING, faults.NOTE)
        assert diagnosis.text
        assert 0 <= diagnosis.offset <= diagnosis.offset + diagnosis.length <= len(message.data)
    for node in message.walk():
        assert message.base <= node.offset <= node.start <= node.end <= len(message.data)
        assert node.kind
        assert node.path
        assert node.value is None or isinstance(node.value, int | str | bytes | list)
        for constants in (False, True):
            text = node.words(constants)
            assert text is None or text
        assert node.flags & 0x3FFF == 0
    assert labels.flag_names(message) is not None
    labels.type_name(message, True)
    assert "(the summary" not in summary.describe(message)
    assert isinstance(summary.operation_constant(message), str | None)
    if message.echo is not None:
        summary.describe(message.echo)
        owned = spans.spans(message.echo)
        assert owned[-1][1] == message.echo.limit


def read_by_code(node: Node) -> bool:
    """Whether the dissector's code says what a field is, or as which other field it reads."""
    nested = None if node.parent is None else node.parent.field.nested
    declared = None if nested is None else nested.field(node.field.number)
    return node.field.coded or (declared is not None and declared.coded)


def leaves(messages: list[Message], before: int) -> list[tuple[Any, ...]]:
    """What is decoded from bytes before this place in the datagram.

    Left out is what lies in something that is read as a whole or not at all (an
    attribute that no spec knows, or one that the dissector's code reads), and
    in a sub-message whose selector comes after it.
    """
    out: list[tuple[Any, ...]] = []

    def visit(node: Node, at: int) -> None:
        if node.kind == "unknown" or read_by_code(node):
            return
        if node.field.kind == model.SUB_MESSAGE:
            level = node.message.nodes if node.parent is None else node.parent.children
            if any(n.name in node.field.selectors and n.offset > node.offset for n in level):
                return
        children = node.children
        for child in children:
            visit(child, at)
        if not children and node.end + at <= before and node.start > node.offset:
            out.append((node.offset + at, node.path, node.kind, node.value))

    for message in messages:
        if message.operation is None or message.operation.hook is None:
            for node in message.nodes:
                visit(node, message.offset)
    return out


@EXAMPLES
@given(real(), st.floats(0, 1), st.binary(max_size=80))
def test_a_valid_start_and_garbage_after_it(found, where, garbage):
    source, of = found
    cut = int(where * len(of.data))
    messages = source.messages(of, of.data[:cut] + garbage)
    for message in messages:
        looked_at(message)
    known = set(map(repr, leaves(messages, cut)))
    lost = [x for x in leaves(source.messages(of, of.data), cut) if repr(x) not in known]
    assert lost == []


@EXAMPLES
@given(real(), st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=4))
def test_flipped_bytes(found, flips):
    source, of = found
    data = bytearray(of.data)
    first = len(data)
    for where, mask in flips:
        place = int(where * (len(data) - 1)) if data else -1
        if place >= 0:
            data[place] ^= mask
            first = min(first, place)
    messages = source.messages(of, bytes(data))
    for message in messages:
        looked_at(message)
    known = set(map(repr, leaves(messages, first)))
    lost = [x for x in leaves(source.messages(of, of.data), first) if repr(x) not in known]
    assert lost == []


@EXAMPLES
@given(real(), st.floats(0, 1))
def test_cut_by_the_snapshot_length(found, where):
    source, of = found
    cut = int(where * len(of.data))
    whole = source.messages(of, of.data)
    messages = source.messages(of, of.data[:cut], len(of.data))
    for message in messages:
        looked_at(message)
    known = set(map(repr, leaves(messages, cut)))
    assert [x for x in leaves(whole, cut) if repr(x) not in known] == []
    if not any(message.diagnoses for message in whole):
        worst = {d.severity for message in messages for d in message.diagnoses}
        assert worst <= {faults.NOTE}


@EXAMPLES
@given(st.sampled_from([ROUTE, NETFILTER, 16, 4, 9, 15]), st.binary(max_size=200), st.booleans())
def test_noise(protocol, data, big):
    session = Session(builtin(), byte_order="big" if big else "little")
    for message in session.split(record(data, protocol), big):
        session.bind(message)
        looked_at(message)


@st.composite
def attributes(draw: st.DrawFn, depth: int = 4) -> bytes:
    """Attributes, mostly well-formed, with small numbers so that a spec knows them."""
    out = b""
    for _ in range(draw(st.integers(0, 4))):
        inner = st.binary(max_size=12)
        payload = draw(inner if depth == 0 else st.one_of(inner, attributes(depth - 1)))
        kind = draw(st.integers(0, 70)) | draw(st.sampled_from([0, 0, 0x8000, 0x4000, 0xC000]))
        length = len(payload) + 4 + draw(st.sampled_from([0] * 12 + [1, -1, 7, 1000]))
        out += max(length, 0).to_bytes(2, "little") + kind.to_bytes(2, "little") + payload
        out += bytes(-len(payload) % 4) if draw(st.integers(0, 9)) else b""
    return out


HEADS = st.binary(min_size=20, max_size=20)


@EXAMPLES
@given(st.integers(0, 125), st.sampled_from([0, 1, 0x301, 0x605]), HEADS, attributes())
def test_well_formed_attributes_that_make_no_sense(kind, flags, head, payload):
    for size in (4, 8, 12, 16, 20):
        body = head[:size] + payload
        data = (len(body) + 16).to_bytes(4, "little") + kind.to_bytes(2, "little")
        data += flags.to_bytes(2, "little") + bytes(8) + body
        for protocol in (ROUTE, 16):
            session = Session(builtin())
            for message in session.split(record(data, protocol), False):
                session.bind(message)
                looked_at(message)


# -- specs -----------------------------------------------------------------------


@cache
def raw_specs() -> list[Any]:
    files = [entry.path for entry in specfile.files(builtin_folder())]
    return [specfile.parse(path) for path in files if ".yaml" in path]


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 1 << 70),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just([None, 3, "x", {}, []]),
    st.just({"name": None}),
    st.floats(),
    st.just([[]]),
    st.just({"type": []}),
)


class AnyHooks(dict[str, Any]):
    def get(self, key: str, default: Any = None) -> Any:
        return print


@EXAMPLES
@given(st.data())
def test_specs_that_are_wrong_anywhere(data):
    raw = copy.deepcopy(data.draw(st.sampled_from(raw_specs())))
    for _ in range(data.draw(st.integers(1, 3))):
        owner: Any = None
        place: Any = None
        at = raw
        while isinstance(at, dict | list) and at:
            owner = at
            keys = sorted(at, key=str) if isinstance(at, dict) else range(len(at))
            place = data.draw(st.sampled_from(list(keys)))
            at = at[place]
            if data.draw(st.integers(0, 3)) == 0:
                break
        if owner is not None:
            owner[place] = copy.deepcopy(data.draw(JUNK))
    with suppress(SpecError):  # and nothing else
        spec = ynl.build(raw, "x.yaml", AnyHooks())
        for found in spec.attribute_sets.values():
            found.ensure()
        for name in list(spec.structs):
            assert isinstance(spec.struct(name), model.Struct)
    for path, reason in ynl.check(raw, "x.yaml", AnyHooks()):
        assert isinstance(path, str)
        assert reason


@pytest.mark.parametrize("raw", [None, 3, "text", [], ["a"], True])
def test_files_that_are_no_mapping(raw):
    with pytest.raises(SpecError, match="not a spec"):
        ynl.build(raw, "x.yaml")
    assert ynl.check(raw, "x.yaml") == [("", "not a spec: the file is no mapping")]
