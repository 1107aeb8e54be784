"""Mutated captures: only CaptureError leaves, and what stands before the damage is kept."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma

import lz4.frame
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from nldissect._internal.capture.files.link import PACKET_OUTGOING, cooked_header
from nldissect._internal.capture.reader import open_capture
from nldissect._internal.wire.record import UNTOLD
from support.capture_files import (
    END,
    RECORDINGS,
    block,
    drained,
    enhanced,
    interface,
    netlink,
    obsolete,
    pcap,
    section,
    simple,
    written_again,
)

pytestmark = pytest.mark.slow


PACKET = netlink(16, bytes(range(40)))
PCAPNG = b"".join(
    section(order, (4, b"tool"), END)
    + interface(order, 253, (2, b"nlmon0"), (9, b"\x09"), (14, bytes(8)), END)
    + enhanced(order, 0, 1 << 40, PACKET, (1, b"comment"), END)
    + simple(order, PACKET)
    + block(order, 5, bytes(12))
    + interface(order, 276, snaplen=30)
    + obsolete(order, 1, 5, PACKET)
    for order in "<>"
)
REAL = (RECORDINGS / "nl_util.pcap").read_bytes()
FILES = [
    PCAPNG,
    REAL[:3000],
    pcap([(1, 2, PACKET, 99)] * 4, ">", 0xA1B23C4D, 113),
    pcap([(1, 2, PACKET + bytes(8), 99)] * 4, "<", 0xA1B2CD34),
    gzip.compress(PCAPNG),
    lzma.compress(PCAPNG),
    bz2.compress(PCAPNG),
    zstandard.compress(PCAPNG),
    lz4.frame.compress(PCAPNG),
]
LENGTHS = st.sampled_from([0, 1, 4, 12, 0xFF, 0xFFFF, 1 << 20, 0x7FFFFFFF, 0xFFFFFFFF])


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from(FILES)))
    for _ in range(draw(st.integers(1, 4))):
        pos = draw(st.integers(0, len(content) - 1))
        change = draw(st.integers(0, 4))
        if change == 0:
            content[pos] = draw(st.integers(0, 255))
        elif change == 1:
            order = draw(st.sampled_from(["little", "big"]))
            pos &= ~3
            content[pos : pos + 4] = draw(LENGTHS).to_bytes(4, order)  # type: ignore[arg-type]
        elif change == 2:
            del content[pos : pos + draw(st.integers(1, 64))]
        elif change == 3:
            content[pos:pos] = draw(st.binary(max_size=32))
        else:
            content = content[: max(pos, 1)]
        if not content:
            content = bytearray(b"\0")
    return bytes(content)


@given(mutated())
@settings(max_examples=1500, deadline=None)
def test_mutations(content: bytes) -> None:
    capture = open_capture("fuzz", stream=io.BytesIO(content))
    records, error = drained(capture)
    assert [record.number for record in records] == list(range(1, len(records) + 1))
    offsets = [record.offset for record in records]
    assert offsets == sorted(set(offsets))
    assert all(record.interface in capture.interfaces for record in records)
    if error is not None:
        assert "\n" not in str(error)
        if error.record is not None:
            assert error.offset is not None
            if error.record == len(records):  # shown, as far as it goes
                assert error.offset == offsets[-1]
                assert len(records[-1].data) < records[-1].original_length
            else:
                assert error.record == len(records) + 1
                assert not offsets or error.offset > offsets[-1]
    # Whatever could be read can be written, and read again to the same datagrams.
    for record in records:
        if record.protocol == UNTOLD:  # a session says it before anything is written
            record.protocol = 0
        if record.protocol >= 0 and not record.cooked:  # of a file without packets
            record.cooked = cooked_header(PACKET_OUTGOING, record.protocol)
    assert [(r.protocol, r.data, r.cooked) for r in written_again(records)] == [
        (r.protocol, r.data, r.cooked) for r in records
    ]


@given(st.sampled_from([PCAPNG, FILES[1], FILES[2]]), st.data())
@settings(max_examples=300, deadline=None)
def test_valid_prefix_plus_garbage(content: bytes, data: st.DataObject) -> None:
    good, _ = drained(open_capture("good", stream=io.BytesIO(content)))
    record = data.draw(st.sampled_from(good))
    garbage = data.draw(st.binary(max_size=200))
    cut = content[: record.offset] + garbage
    records, _ = drained(open_capture("bad", stream=io.BytesIO(cut)))
    before = [r.data for r in good if r.offset < record.offset]
    assert [r.data for r in records[: len(before)]] == before


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes(content: bytes) -> None:
    drained(open_capture("any", stream=io.BytesIO(content)))
