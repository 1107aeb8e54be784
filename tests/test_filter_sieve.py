"""`read -Y` lets records pass by unread; what it shows is the same as if it did not."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from cli_support import CAPTURES, Command, run

from nldissect._internal.capture import pcap
from nldissect._internal.cli.read import Reading
from nldissect._internal.cli.sieve import _merely_acked
from nldissect._internal.filter import vocabulary
from nldissect._internal.record import Record
from nldissect._internal.registry import Registry
from nldissect._internal.spec import CLASS_GET

__all__ = ["run"]

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


def test_records_are_let_go(
    run: Command, monkeypatch: pytest.MonkeyPatch, everything: Path
) -> None:
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


def test_a_change_of_rtnetlink_asks_for_no_data() -> None:
    found = 0
    for spec in vocabulary(Registry()).specs:
        if spec.protonum == 0:
            for kind, operation in spec.requests.items():
                if _merely_acked(0, kind, 0):
                    found += 1
                    assert operation.klass != CLASS_GET, (spec.name, operation.name)
    assert found > 30
