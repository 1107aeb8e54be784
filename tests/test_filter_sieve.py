"""`read -Y` lets records pass by unread; what it shows is the same as if it did not."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from capture_files import netlink
from capture_files import pcap as pcap_file
from cli_support import CAPTURES, Command, run
from make import attr, genl, msg, newfamily, u32, write_pcap

from nldissect._internal.capture import PcapngWriter, open_capture, pcap
from nldissect._internal.cli.read import Reading
from nldissect._internal.cli.sieve import _merely_acked
from nldissect._internal.filter import vocabulary
from nldissect._internal.record import Interface, Record, Socket
from nldissect._internal.registry import Registry
from nldissect._internal.spec import CLASS_GET

__all__ = ["run"]

PLACES = ((0, 0), (0, 1), (1, 0))
MICROSECONDS, NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
FILTERS = [
    "type == RTM_NEWLINK", 'linkinfo.kind == "vxlan"', "mtu > 1500", "error == ENODEV",
    "rta.dst in 10.0.0.0/8", "not type == RTM_NEWLINK", "protocol == generic", "newneigh",
    "newaddr and port == 0", "request.ifname or extack.msg", "count(mtu) == 0 and type == 20",
    "type == RTM_DELLINK", "newaddr and flags & NLM_F_CREATE", "type == NLMSG_DONE",
    "IFLA_MTU == 1400", "delqdisc or gettclass or delrule", "linkinfo.data.id == 7",
    "error and ifname", 'type == 2 and linkinfo.kind == "dummy"',
    "error == EINVAL and request.ifname", "extack.msg and ifname", "ops.id > 1", "family-name",
    "operation == getfamily or delrule", "done", "type == RTM_SETLINK", "newtfilter",
    'error and linkinfo { kind == "vlan" }', "newroute { nexthop { weight == 1 } }",
    "getnsid or newnsid", "nlctrl and not mtu",
]  # fmt: skip


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of several recordings in one file: only far in are any let go."""
    out = [struct.pack("<IHHiIII", NANOSECONDS, 2, 4, 0, 0, 262144, 253)]
    for path in CAPTURES:
        data = path.read_bytes()
        magic, link_type = struct.unpack_from("<I16xI", data)
        if link_type != 253 or magic not in (NANOSECONDS, MICROSECONDS):
            continue
        at = 24
        while at < len(data):
            seconds, rest, have, length = struct.unpack_from("<IIII", data, at)
            rest *= 1000 if magic == MICROSECONDS else 1
            out.append(struct.pack("<IIII", seconds, rest, have, length))
            out.append(data[at + 16 : at + 16 + have])
            at += 16 + have
    assert len(out) > 10_000
    whole = tmp_path_factory.mktemp("sieve") / "everything.pcap"
    whole.write_bytes(b"".join(out))
    return whole


@pytest.mark.parametrize("text", FILTERS)
def test_the_list_is_the_same(
    run: Command, monkeypatch: pytest.MonkeyPatch, everything: Path, text: str
) -> None:
    quick = run("read", "-Y", text, everything)
    monkeypatch.setattr(Reading, "_sieves", lambda self: False)
    plain = run("read", "-Y", text, everything)
    assert quick == plain
    assert len(quick.lines) > 1


@pytest.fixture(scope="module")
def told(everything: Path) -> Path:
    """The same as pcapng, by turns on three interfaces of two sections, with whose ports are."""
    path = everything.with_suffix(".pcapng")
    interfaces = [Interface(253, False, section, number) for section, number in PLACES]
    known: set[tuple[int, int, int]] = set()
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        for record in open_capture(str(everything)):
            turn = record.number // 1500 % 3 if record.number < 12_000 else 2
            record.interface = interface = interfaces[turn]
            port = int.from_bytes(record.data[12:16], "little")
            writer.write(record)
            if port and port % 2 and (turn, record.protocol, port) not in known:
                known.add((turn, record.protocol, port))  # told once the port has spoken
                interface.sockets.append(Socket(record.time, record.protocol, port, port, "pear"))
        writer.finish()
    assert len(known) > 100
    return path


@pytest.mark.parametrize("text", FILTERS[::3])
def test_pcapng_too_with_its_sockets(
    run: Command, monkeypatch: pytest.MonkeyPatch, told: Path, text: str
) -> None:
    quick = run("read", "-Y", text, told)
    monkeypatch.setattr(Reading, "_sieves", lambda self: False)
    assert quick == run("read", "-Y", text, told)
    assert len(quick.lines) > 1


def test_records_are_let_go(
    run: Command, monkeypatch: pytest.MonkeyPatch, everything: Path
) -> None:
    if not str(pcap.__file__).endswith(".py"):
        pytest.skip("compiled code calls what it was compiled with")
    made = []
    make = pcap.make_record

    def count(*arguments: Any) -> Record:
        made.append(arguments)
        return make(*arguments)

    monkeypatch.setattr(pcap, "make_record", count)
    assert len(run("read", "-Y", "type == RTM_NEWRULE", everything).lines) > 2
    few = len(made)
    run("read", "--type", "newrule", everything)
    assert few < (len(made) - few) / 4


def link(index: int, name: bytes) -> bytes:
    header = struct.pack("<BxHiII", 0, 1, index, 1, 0)
    return msg(16, header + attr(3, name + b"\0"))


def test_names_are_learnt_from_records_of_several_messages(run: Command, tmp_path: Path) -> None:
    """What a record tells that is read for another's sake is told, and not to be told again."""
    route = msg(24, struct.pack("<8BI", 2, 0, 0, 0, 254, 4, 0, 1, 0) + attr(4, u32(2)))
    broken = link(2, b"pear") + msg(20, length=9)
    records = [
        *[link(2, b"apple")] * 300,
        link(3, b"kiwi") + link(2, b"plum"), link(2, b"apple"), route,
        broken, link(2, b"apple"), route,
    ]  # fmt: skip
    path = write_pcap(tmp_path / "names.pcap", [(0, record) for record in records])
    lines = run("read", "-Y", "newroute", path).lines
    assert [line.split("dev ")[1].split()[0] for line in lines] == ["apple", "apple"]


def test_the_end_of_a_dump_shows_the_family_of_its_request(
    run: Command, tmp_path: Path
) -> None:
    """Of two that ask under one number at one time, whose it is their parts alone tell."""
    families = ("pear", "plum")
    records = [(0, link(2, b"apple"))] * 300
    records += [(16, newfamily(40 + i, name)) for i, name in enumerate(families)]
    records += [(16, msg(40 + i, genl(1), 0x301, seq=0)) for i in range(2)]
    for i, port in ((1, 7), (0, 8)):
        records += [(16, msg(40 + i, genl(1), 2, seq=0, port=port))] * 2
        records += [(16, msg(3, u32(0), 2, seq=0, port=port))]
    packets = [(0, 0, netlink(*record), 16 + len(record[1])) for record in records]
    path = tmp_path / "ends.pcap"
    path.write_bytes(pcap_file(packets))
    for text in ("done", "error == 0", "type < 16"):
        assert [line.split()[3:5] for line in run("read", "-Y", text, path).lines] == [
            ["plum", "done"], ["pear", "done"],
        ]  # fmt: skip


def test_no_family_is_missed_that_is_let_go(run: Command, everything: Path) -> None:
    found = run("read", "--family", "nl_util", "-Y", "newrule", everything)
    assert (found.out, found.err) == ("", "")
    found = run("read", "--family", "nl_util", "-Y", "newrule or l2-list", everything)
    assert len(found.lines) > 1


def test_a_change_of_rtnetlink_asks_for_no_data() -> None:
    found = 0
    for spec in vocabulary(Registry()).specs:
        if spec.protonum == 0:
            for kind, operation in spec.requests.items():
                if _merely_acked(0, kind, 0):
                    found += 1
                    assert operation.klass != CLASS_GET, (spec.name, operation.name)
    assert found > 30
