"""Random access gives what the forward pass gives, for every kind of file, still growing or not."""

from __future__ import annotations

import gzip
import io
import os
import random
from pathlib import Path

import pytest

from nldissect._internal.capture.reader import open_capture
from nldissect._internal.engine.message import Message
from nldissect._internal.library.index import Index
from nldissect._internal.pairing.transaction import Link
from nldissect._internal.render.json_output import JsonLinesRenderer
from nldissect._internal.render.list_output import ListRenderer
from nldissect._internal.render.style import Style
from nldissect._internal.render.tree_output import TreeRenderer
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.spec.registry import Registry
from nldissect._internal.wire.times import TimeFormatter
from support import capture_files as files
from support.messages import NOOP, RECORDINGS, builtin, msg, newfamily, newlink
from support.pairing import held_back
from support.sweep import SWEPT

NAMES = [path.stem for path in SWEPT]


def rendered(
    message: Message, link: Link | None, json: JsonLinesRenderer, tree: TreeRenderer
) -> tuple[object, ...]:
    record = message.record
    assert record is not None
    operation = message.operation
    return (
        message.number,
        message.data,
        record.number,
        record.time,
        record.protocol,
        record.options,
        None if operation is None else operation.constant,
        json.message(message, link),
        tree.message(message, link),
    )


def renderers() -> tuple[JsonLinesRenderer, TreeRenderer]:
    style = Style()
    return JsonLinesRenderer(), TreeRenderer(ListRenderer(style, TimeFormatter("epoch")), style)


def agrees(index: Index, path: Path) -> int:
    """Compares each message of the index, in random order, with what `read` would make of it."""
    session = Session(builtin())
    json, tree = renderers()
    expected = [
        rendered(message, link, json, tree)
        for message, link in held_back(session.messages(open_capture(str(path))), window=1 << 30)
    ]
    assert len(index) == len(expected)
    order = list(range(len(index)))
    random.Random(7).shuffle(order)
    json, tree = renderers()
    for place in order:
        message, link = index.message(place), index.link(place)
        assert rendered(message, link, json, tree) == expected[place]
        header = (message.length, message.type, message.flags, message.seq, message.port)
        assert index.header(place) == header
        at = index.records.of(place)
        assert message.record is not None
        assert (index.records.number[at], index.moment(place)) == (
            message.record.number,
            message.record.time,
        )
    return len(order)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_message_is_what_the_session_gives(name: str) -> None:
    path = RECORDINGS / f"{name}.pcap"
    with Index(str(path), builtin()) as index:
        assert index.extend()
        assert index.complete
        assert agrees(index, path)


@pytest.mark.parametrize("name", ["errors", "nl_util", "conntrack", "acks"])
def test_a_trace_of_strace(name: str) -> None:
    path = RECORDINGS / f"{name}.strace"
    with Index(str(path), builtin()) as index:
        index.extend()
        assert agrees(index, path) > 20


def test_a_trace_says_the_same_whatever_was_decoded_before() -> None:
    """Names of constants come from dissectors, whose sets are filled when they are first met."""
    registry = Registry(use_system=False)

    def bytes_told() -> list[tuple[bytes, object]]:
        capture = open_capture(str(RECORDINGS / "nl_util.strace"))
        found = list(Session(registry).messages(capture))
        return [(m.data, None if m.record is None else m.record.gaps) for m in found]

    assert bytes_told() == bytes_told()


def converted(name: str, path: Path, order: str) -> Path:
    """The recording as pcapng of one interface per ten records, in two sections."""
    records = list(open_capture(str(RECORDINGS / f"{name}.pcap")))
    half = len(records) // 2
    out = [files.section(order, (1, b"first"))]
    for start, part in ((0, records[:half]), (half, records[half:])):
        if start:
            out.append(files.section(order, (1, b"second")))
        out.append(files.interface(order, 253, (2, b"nlmon0"), (9, b"\x09")))
        out.append(files.interface(order, 1, (2, b"eth0")))
        out.append(files.interface(order, 253, (2, b"nlmon1"), (9, b"\x09")))
        for i, record in enumerate(part):
            where = 2 if i // 10 % 2 else 0
            pairs = ((1, b"a comment"), (0, b"")) if i % 3 == 0 else ()
            data = record.cooked + record.data
            assert record.time is not None
            out.append(files.enhanced(order, where, record.time, data, *pairs))
            if i % 20 == 5:
                out.append(files.enhanced(order, 1, record.time, b"no netlink"))
    path.write_bytes(b"".join(out))
    return path


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_with_sections_interfaces_and_options(tmp_path: Path, order: str) -> None:
    path = converted("errors", tmp_path / "x.pcapng", order)
    with Index(str(path), builtin()) as index:
        index.extend()
        agrees(index, path)
        assert index.skipped == {1: index.taken - len(index.records)}


def test_a_simple_packet_block_and_its_snapshot_length(tmp_path: Path) -> None:
    packet = files.netlink(0, newlink(1, "lo"))
    path = tmp_path / "simple.pcapng"
    path.write_bytes(
        files.section(">")
        + files.interface(">", 253, snaplen=40)
        + files.simple(">", packet[:40], 90)
    )
    with Index(str(path), builtin()) as index:
        index.extend()
        agrees(index, path)
        assert index.moment(0) is None
        assert index.message(0).truncated


def test_a_big_endian_host_s_capture(tmp_path: Path) -> None:
    data = [newlink(3, f"b{i}", order=">") for i in range(5)]
    packets = [(i, 7, files.netlink(0, d), len(d) + 16) for i, d in enumerate(data)]
    path = tmp_path / "big.pcap"
    path.write_bytes(files.pcap(packets, ">"))
    with Index(str(path), builtin()) as index:
        index.extend()
        agrees(index, path)
        assert [index.message(i).find("ifname").value for i in range(5)] == [
            "b0",
            "b1",
            "b2",
            "b3",
            "b4",
        ]


def test_a_compressed_file_and_a_stream_are_kept_aside(tmp_path: Path) -> None:
    path = RECORDINGS / "errors.pcap"
    packed = tmp_path / "errors.pcap.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with Index(str(packed), builtin()) as index:
        index.extend()
        agrees(index, path)
    with Index("given", builtin(), stream=io.BytesIO(path.read_bytes())) as index:
        index.extend()
        agrees(index, path)
    assert sorted(os.listdir(tmp_path)) == ["errors.pcap.gz"]


def test_it_reads_in_steps_and_learns_before_it_pairs() -> None:
    path = RECORDINGS / "nl_util.pcap"
    with Index(str(path), builtin()) as index:
        sizes = []
        while not index.extend(count=64):
            sizes.append(len(index))
        assert sizes == sorted(sizes)
        agrees(index, path)
    with Index(str(path), builtin()) as index:
        assert index.extend(count=0) is False
        assert len(index) == 0
        assert index.link(0) is None
        while not index.extend(seconds=0.0001):
            pass
        assert index.paired == len(index)


def test_a_growing_file_is_followed_through_blocks_that_are_not_whole(tmp_path: Path) -> None:
    whole = converted("errors", tmp_path / "whole.pcapng", "<").read_bytes()
    path = tmp_path / "growing.pcapng"
    path.write_bytes(b"")
    with Index(str(path), builtin(), follow=True) as index, path.open("ab", buffering=0) as file:
        assert index.extend()
        assert len(index) == 0
        seen = []
        for at in range(0, len(whole), 301):
            file.write(whole[at : at + 301])
            assert index.extend()
            assert index.paired == len(index)
            seen.append(len(index))
            if index.paired:
                message = index.message(len(index) - 1)
                assert index.link(len(index) - 1) is not None
                assert message.data
        assert len(set(seen)) > 10
        assert not index.complete
        index.settle()
        assert index.extend()
        assert index.complete
        assert index.failure is None
        agrees(index, tmp_path / "whole.pcapng")


def test_a_pipe_is_read_as_it_comes(tmp_path: Path) -> None:
    source = (RECORDINGS / "errors.pcap").read_bytes()
    out, into = os.pipe()
    with open(out, "rb", buffering=0) as stream, open(into, "wb", buffering=0) as writer:
        index = Index("pipe", builtin(), stream=stream)
        assert index.extend()
        assert not index.read
        writer.write(source[:2000])
        index.extend()
        early = len(index)
        assert early > 0
        assert not index.read
        writer.write(source[2000:])
        index.extend()
        assert len(index) > early
        writer.close()
        index.extend()
        assert index.complete
        agrees(index, RECORDINGS / "errors.pcap")
        index.close()


def test_a_cut_file_keeps_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes((RECORDINGS / "errors.pcap").read_bytes()[:-5])
    with Index(str(path), builtin()) as index:
        assert index.extend()
        assert index.complete
        assert index.failure is not None
        assert "the file ends after" in str(index.failure)
        assert index.paired == len(index) > 20
        assert index.message(len(index) - 1).number == len(index)


def test_a_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "shrinks.pcap"
    path.write_bytes((RECORDINGS / "errors.pcap").read_bytes())
    with Index(str(path), builtin()) as index:
        index.extend()
        os.truncate(path, 100)
        with pytest.raises(Exception, match="cut since it was read"):
            index.message(len(index) - 1)


def test_times_that_no_column_holds(tmp_path: Path) -> None:
    path = tmp_path / "late.pcapng"
    packet = files.netlink(0, newlink(1, "lo"))
    path.write_bytes(
        files.section("<")
        + files.interface("<", 253, (9, b"\x00"))  # whole seconds
        + files.enhanced("<", 0, (1 << 64) - 1, packet)
        + files.enhanced("<", 0, 1, packet)
    )
    with Index(str(path), builtin()) as index:
        index.extend()
        assert [index.moment(0), index.moment(1)] == [((1 << 64) - 1) * 10**9, 10**9]
        agrees(index, path)


def test_what_is_learnt_late_serves_early_messages(tmp_path: Path) -> None:
    late = [msg(40, b"\1\1\0\0", 1), newfamily(40, "genltest"), msg(NOOP)]
    packets = [(i, 0, files.netlink(16, d), len(d) + 16) for i, d in enumerate(late)]
    path = tmp_path / "late.pcap"
    path.write_bytes(files.pcap(packets))
    with Index(str(path), builtin()) as index:
        index.extend()
        assert index.message(0).family == "genltest"
        agrees(index, path)


def test_transactions_are_those_of_pairing() -> None:
    for name in ("errors", "nft", "routes"):
        path = RECORDINGS / f"{name}.pcap"
        messages = Session(builtin()).messages(open_capture(str(path)))
        expected = {
            link.transaction.id: link.transaction
            for _, link in held_back(messages, window=1 << 30)
            if link.transaction is not None
        }
        with Index(str(path), builtin()) as index:
            index.extend()
            assert index.transactions == len(expected)
            for number, one in expected.items():
                found = index.transaction(number)
                for what in (
                    "kind",
                    "number",
                    "protocol",
                    "seq",
                    "port",
                    "start",
                    "first",
                    "end",
                    "state",
                    "parts",
                    "notifications",
                    "error",
                    "errors",
                    "interrupted",
                    "overrun",
                    "answers",
                    "latency",
                    "wait",
                    "last",
                ):
                    assert getattr(found, what) == getattr(one, what), (name, number, what)
                assert [m.number for m in found.members] == [m.number for m in one.members]


@pytest.mark.slow
def test_a_million_messages_fit_in_little_memory(tmp_path: Path) -> None:
    """As a share of it: 20,000 messages, of which no more than a few hundred bytes are kept."""
    import tracemalloc

    data = [newlink(i % 50, f"dev{i % 50}") for i in range(20_000)]
    packets = [(i, 0, files.netlink(0, d), len(d) + 16) for i, d in enumerate(data)]
    path = tmp_path / "many.pcap"
    path.write_bytes(files.pcap(packets))
    with Index(str(path), builtin()) as index:
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        index.extend()
        kept = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert len(index) == 20_000
        # The pieces of the file, and what pairing remembers, are bounded.
        assert kept < 20_000 * 130 + (3 << 20)
