"""Statistics: counts against counting by hand, percentiles against sorting, bounds, the plot."""

from __future__ import annotations

import itertools
import json
import random
import struct
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nldissect._internal.analysis.histograms import BINS, ROWS, Counts, Latencies, Rates
from nldissect._internal.analysis.stats import Statistics
from nldissect._internal.analysis.stats_document import OTHERS, document
from nldissect._internal.capture.reader import PcapngWriter, open_capture
from nldissect._internal.cli import plot
from nldissect._internal.pairing.conversation import Conversations
from nldissect._internal.session.driver import Driver
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.wire.record import Interface, Record, Socket
from support import ROOT
from support.command import CAPTURES, Command, link, message, mtu, name, save, start
from support.messages import ACK, DUMP, REQUEST, builtin, msg, nlmsgerr, recording, u32
from support.pairing import link_table

NAMES = ["iproute", "errors", "nl_util", "routes", "tc", "genltest", "rtnl_mroute"]


def headers(path: Path) -> Iterator[tuple[int, int, int, int, bytes]]:
    """(protocol, type, flags, port, payload) of each message, by nothing but the file format."""
    raw = path.read_bytes()
    at = 24
    while at < len(raw):
        captured = struct.unpack_from("<I", raw, at + 8)[0]
        packet = raw[at + 16 : at + 16 + captured]
        at += 16 + captured
        protocol = struct.unpack_from(">H", packet, 14)[0]
        data, pos = packet[16:], 0
        while pos + 16 <= len(data):
            length, kind, flags, _, port = struct.unpack_from("<IHHII", data, pos)
            if not any(data[pos:]):  # a datagram may end in zeros
                break
            assert length >= 16
            yield protocol, kind, flags, port, data[pos + 16 : pos + length]
            pos += (length + 3) & ~3


@pytest.mark.parametrize("recorded", NAMES)
def test_counts_are_those_of_counting_by_hand(recorded: str, run: Command) -> None:
    path = ROOT / "captures" / f"{recorded}.pcap"
    ran = run("stats", "-T", "json", "--top", 10_000, path)
    assert (ran.status, ran.err) == (0, "")
    found = json.loads(ran.out)
    raw = list(headers(path))
    assert found["messages"] == len(raw)
    names = {0: "route", 4: "sock-diag", 12: "netfilter", 16: "generic"}
    protocols = Counter(names.get(p, f"protocol {p}") for p, *_ in raw)
    assert {r["protocol"]: r["messages"] for r in found["protocols"]} == protocols
    assert sum(r["messages"] for r in found["operations"]) == len(raw)
    errors: Counter[int] = Counter()
    acks = 0
    for _, kind, _, _, payload in raw:
        if kind in (2, 3) and len(payload) >= 4:
            error = struct.unpack_from("<i", payload)[0]
            errors[error] += error < 0
            acks += kind == 2 and error == 0
    assert sum(r["count"] for r in found["errors"]) == sum(errors.values())
    counted: Counter[str] = Counter()
    for row in found["operations"]:
        counted[row["operation"]] += row["messages"]
    assert counted["ack"] == acks
    assert counted["done"] == sum(1 for _, kind, *_ in raw if kind == 3)
    assert sum(found["roles"].values()) == len(raw)
    assert sum(r["messages"] for r in found["processes"]) == len(raw)
    assert sum(b["messages"] for b in found["rates"]["bins"]) == len(raw)
    assert sum(b["errors"] for b in found["rates"]["bins"]) == sum(errors.values())


def count(path: Path, found: Statistics) -> None:
    """Takes in a capture."""
    Driver(Session(builtin()), found, found.begin()).run(open_capture(str(path)))
    found.finish()


@pytest.mark.parametrize("recorded", NAMES)
def test_transactions_and_latencies_are_those_of_the_survey(recorded: str) -> None:
    found = Statistics()
    count(ROOT / "captures" / f"{recorded}.pcap", found)
    messages = recording(recorded)
    seen = link_table(messages)
    assert sum(found.transactions.states.values()) == len(set(seen.transaction) - {0})
    times: dict[int, int | None] = {}
    pairs = Conversations(on_end=lambda t: times.__setitem__(t.id, t.request and t.latency))
    for one in messages:
        pairs.feed(one)
    pairs.finish()
    latencies = [time for time in times.values() if time is not None]
    measured = found.transactions.latencies.values()
    assert sum(kept.count for kept in measured) == len(latencies)
    if latencies:
        assert max(kept.greatest for kept in measured) == max(latencies)


def test_errors_are_counted_under_what_they_refuse(run: Command) -> None:
    ran = run("stats", "-T", "json", ROOT / "captures" / "errors.pcap")
    found = {(r["errno"], r["operation"]): r["count"] for r in json.loads(ran.out)["errors"]}
    assert found["EINVAL", "newlink"] == 3
    assert found["ENODEV", "getlink"] == 3
    assert ("EINVAL", "error") not in found


def test_an_error_without_its_request_is_counted_under_what_it_echoes(
    tmp_path: Path, run: Command
) -> None:
    path = save(tmp_path / "a.pcap", nlmsgerr(-17, link(name("eth0"), flags=REQUEST | ACK)))
    (error,) = json.loads(run("stats", "-T", "json", path).out)["errors"]
    assert (error["errno"], error["operation"], error["count"]) == ("EEXIST", "newlink", 1)


def test_a_dump_has_parts_bytes_and_port(tmp_path: Path, run: Command) -> None:
    asked = message(18, struct.pack("<BxHiII", 0, 1, 0, 0, 0), REQUEST | DUMP, sequence=7)
    parts = [link(name(f"eth{i}"), index=i, flags=2, sequence=7, port=4242) for i in (1, 2, 3)]
    done = message(3, u32(0), 2, sequence=7, port=4242)
    path = save(tmp_path / "a.pcap", asked, parts[0] + parts[1], parts[2], done)
    (dump,) = json.loads(run("stats", "-T", "json", path).out)["dumps"]
    assert (dump["message"], dump["parts"], dump["port"]) == (1, 3, 4242)
    assert dump["bytes"] == sum(map(len, parts))
    assert dump["latency"] == 3_000_000
    (socket,) = json.loads(run("stats", "-T", "json", path).out)["sockets"]
    assert (socket["port"], socket["to_kernel"], socket["from_kernel"]) == (4242, 1, 4)


def test_a_dump_without_its_end_has_no_latency(tmp_path: Path, run: Command) -> None:
    asked = message(18, struct.pack("<BxHiII", 0, 1, 0, 0, 0), REQUEST | DUMP, sequence=7)
    part = link(name("eth0"), flags=2, sequence=7, port=4242)
    found = json.loads(run("stats", "-T", "json", save(tmp_path / "a.pcap", asked, part)).out)
    (dump,) = found["dumps"]
    assert (dump["state"], dump["parts"], dump["latency"]) == ("cut", 1, None)
    assert found["latencies"] == []


def test_copies_are_deliveries_to_a_group(tmp_path: Path, run: Command) -> None:
    told = link(name("eth0"), mtu(1500))
    path = save(tmp_path / "a.pcap", told, told, told, link(name("eth1"), index=3))
    (group,) = json.loads(run("stats", "-T", "json", path).out)["groups"]
    assert (group["group"], group["notifications"], group["deliveries"]) == ("RTNLGRP_LINK", 2, 4)


def test_a_batch_refused_twice_is_counted_once(tmp_path: Path) -> None:
    begin = msg(16, bytes(4), REQUEST, seq=1)
    parts = [msg(0x0A00, bytes(4), REQUEST | ACK, seq=i) for i in (2, 3)]
    end = msg(17, bytes(4), REQUEST, seq=4)
    refusals = [nlmsgerr(-22, part) for part in parts]
    path = save(tmp_path / "a.pcap", begin + b"".join(parts) + end, *refusals, protocol=12)
    found = Statistics()
    count(path, found)
    assert {k: n for k, n in found.transactions.states.items() if n} == {"failed": 1}
    assert sum(v[0] for v in found.errors.rows.values()) == 2
    assert sum(kept.count for kept in found.transactions.latencies.values()) == 1


# -- what bounds memory -------------------------------------------------------------------


def test_percentiles_are_within_two_percent() -> None:
    chance = random.Random(4)
    values = [int(chance.lognormvariate(12, 3)) for _ in range(5000)] + [0, 1, 31, 32, 63, 64]
    kept = Latencies()
    for value in values:
        kept.add(value)
    values.sort()
    for percent in (1, 50, 90, 99, 99.9):
        exact = values[max(-int(-percent * len(values) // 100), 1) - 1]
        got = kept.percentile(percent)
        assert got is not None
        assert abs(got - exact) <= exact * 0.017, percent
    assert kept.percentile(100) == values[-1]
    assert len(kept.buckets) < 32 * 64
    assert Latencies().percentile(50) is None


def test_rates_keep_every_message_in_few_bins() -> None:
    chance = random.Random(4)
    rates = Rates()
    for i in range(5000):
        rates.add(chance.choice((0, 1 << 40, 1 << 60)) + chance.randrange(1 << 33), i % 5 == 0)
    assert len(rates.bins) <= BINS
    assert sum(count for count, _ in rates.bins.values()) == 5000
    for wanted in (1, 7, 80, 5000):
        wide, columns = rates.columns(wanted)
        assert len(columns) <= wanted
        assert wide >= rates.width
        assert sum(count for count, _ in columns) == pytest.approx(5000)
        assert sum(errors for _, errors in columns) == pytest.approx(1000)


def test_tables_do_not_grow_without_end() -> None:
    counts = Counts(1)
    for i in range(ROWS + 50):
        counts.row(i)[0] += 1
    assert len(counts.rows) == ROWS
    assert counts.others == [50]
    stats = Statistics()
    stats.operations = Counts(3)
    for i in range(ROWS + 7):
        stats.operations.row(("route", None, f"type {i}"))[0] += 1
    last = document(stats)["operations"][-1]
    assert (last["operation"], last["messages"]) == (OTHERS, 7)


# -- what is shown ------------------------------------------------------------------------


def test_text_has_every_table(run: Command) -> None:
    ran = run("stats", ROOT / "captures" / "iproute.pcap", ROOT / "captures" / "errors.pcap")
    assert (ran.status, ran.err) == (0, "")
    for heading in (
        "MESSAGES PER SECOND",
        "PROTOCOL  ",
        "ERRNO  ",
        "P99",
        "DUMP  ",
        "PROCESS  ",
        "PORT",
        "GROUP  ",
    ):
        assert heading in ran.out
    assert "374 messages in 315 records" in ran.out


def test_processes_of_one_name_are_one_row_unless_asked(tmp_path: Path, run: Command) -> None:
    place = Interface(253, False)
    place.sockets = [Socket(0, 0, 1000 + i, 1000 + i, "ip", None, 0) for i in range(60)]
    place.sockets.append(Socket(0, 0, 7, 7, "mon", None, 0))
    path = tmp_path / "many.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        for number, socket in enumerate(place.sockets, 1):
            data = msg(18, bytes(16), REQUEST, number, socket.port)
            writer.write(Record(number, number, 0, data, len(data), 0, place))

    def table(*options: str) -> list[str]:
        lines = run("stats", "--top", "99", *options, path).lines
        at = next(i for i, line in enumerate(lines) if line.startswith("PROCESS"))
        return list(itertools.takewhile(bool, lines[at + 1 :]))

    folded = [line.split()[:4] for line in table()]
    assert folded == [["60", "x", "ip", "60"], ["7", "mon", "1", "1"]]
    assert len(table("--each-process")) == 61


def test_top_cuts_tables_and_says_so(run: Command) -> None:
    ran = run("stats", "--top", 1, ROOT / "captures" / "iproute.pcap")
    rows = ran.lines
    at = next(i for i, line in enumerate(rows) if line.startswith("GROUP"))
    assert rows[at + 1].startswith("RTNLGRP_LINK")
    assert rows[at + 2].startswith("... and ")
    assert run("stats", "--top", 0, CAPTURES[0]).status == 2


def test_names_from_a_capture_reach_no_terminal_raw(tmp_path: Path, run: Command) -> None:
    from support.messages import newfamily, padded

    told = newfamily(40, "bad\x1b[31m")
    used = msg(40, bytes(4), REQUEST)
    path = save(tmp_path / "a.pcap", padded(told), used, protocol=16)
    ran = run("stats", path)
    assert "\x1b" not in ran.out
    assert "bad\\x1b[31m" in ran.out


def test_a_cut_file_is_counted_up_to_the_cut(tmp_path: Path, run: Command) -> None:
    whole = (ROOT / "captures" / "iproute.pcap").read_bytes()
    path = tmp_path / "cut.pcap"
    path.write_bytes(whole[: len(whole) // 2])
    ran = run("stats", path)
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert "MESSAGES PER SECOND" in ran.out
    assert run("stats", "/nowhere/at.pcap").out == ""


def test_the_plot_is_an_image(tmp_path: Path, run: Command) -> None:
    target = tmp_path / "rates.svg"
    ran = run("stats", "--svg", target, ROOT / "captures" / "errors.pcap")
    assert ran.status == 0
    root = ElementTree.parse(target).getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    fills = [path.get("fill") for path in root.iter(f"{space}path") if path.get("fill")]
    assert len(fills) == 2  # messages and errors
    words = "".join(root.itertext())
    assert "Netlink messages per second" in words
    assert ElementTree.fromstring(plot.svg(Rates())).tag == f"{space}svg"


def test_the_plot_overwrites_no_input(tmp_path: Path, run: Command) -> None:
    path = save(tmp_path / "a.pcap", link(name("eth0")))
    before = path.read_bytes()
    ran = run("stats", "--svg", path, path)
    assert (ran.status, ran.out) == (2, "")
    assert path.read_bytes() == before
    assert run("stats", "--svg", tmp_path / "no" / "such", path).status == 2


def test_the_plot_in_blocks_and_in_ascii() -> None:
    rates = Rates()
    for i in range(50):
        for _ in range(i + 1):
            rates.add(i << 20, False)
    blocks = plot.text(rates, 60, True)
    assert len(blocks) == plot.HEIGHT + 1
    assert all(len(line) <= 60 for line in blocks)
    assert blocks[0][-1] == "█"
    assert blocks[-2][10] != " "  # the least is seen
    plain = plot.text(rates, 60, False)
    assert all(line.replace("µ", "u").isascii() for line in plain)
    assert plot.text(Rates(), 60, True) == []


def test_ascii_where_the_terminal_has_no_more() -> None:
    path = ROOT / "captures" / "errors.pcap"
    with start("stats", "--top", "3", path, env={"PYTHONIOENCODING": "ascii"}) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    text = out.decode("ascii")
    assert "\\u" not in text
    assert "#" in text
    assert " us" in text


@pytest.mark.docs
def test_every_key_of_the_json_is_documented(run: Command) -> None:
    text = (ROOT / "docs" / "stats-and-diff.md").read_text()
    found = json.loads(run("stats", "-T", "json", ROOT / "captures" / "iproute.pcap").out)

    def keys(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    del found["roles"], found["transactions"]  # their keys are words of docs/json.md
    assert {key for key in keys(found) if f"`{key}`" not in text} == set()
