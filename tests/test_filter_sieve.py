"""`read -Y` lets records pass by unread; what it shows is the same as if it did not."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from cli_support import CAPTURES, Command, run

from nldissect._internal.capture import pcap
from nldissect._internal.cli.read import Reading
from nldissect._internal.record import Record

__all__ = ["run"]

FILTERS = [
    "type == RTM_NEWLINK", 'linkinfo.kind == "vxlan"', "mtu > 1500", "error == ENODEV",
    "rta.dst in 10.0.0.0/8", "not type == RTM_NEWLINK", "protocol == generic", "newneigh",
    "newaddr and port == 0", "request.ifname or extack.msg", "count(mtu) == 0 and type == 24",
    "type == RTM_DELLINK", "newaddr and flags & NLM_F_CREATE", "type == NLMSG_DONE",
    "IFLA_MTU == 1400", "delqdisc or gettclass or delrule", "linkinfo.data.id == 7",
]  # fmt: skip


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of several recordings in one file: only far in are any let go."""
    stems = ("acks", "links", "nlctrl", "refused", "routes", "rtnl_misc", "tunnels")
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 253)]
    for path in CAPTURES:
        data = path.read_bytes()
        if path.stem in stems and data[20:22] == b"\xfd\0":
            out.append(data[24:])
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
