"""What a message's kind decides of a filter is what every message of that kind gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from nldissect._internal.filter import Filter
from nldissect._internal.library.index import Index
from nldissect._internal.spec.registry import Registry
from support.sweep import SWEPT

FILTERS = (
    "type == newroute",
    "type != newaddr",
    "error != 0",
    "not error",
    "error_name == ENODEV",
    "error in {ENODEV..EINVAL}",
    "operation == newlink",
    "operation == ack",
    "constant == NLMSG_ERROR",
    "newlink",
    "newlink { ifname == lo }",
    "not (ifname == lo and type == newlink)",
    "ifname == lo xor newaddr",
    "linkinfo.kind == vlan or done",
    "not linkinfo { kind == vlan }",
    "count(ifname) == 0",
    "request.ifname",
    "extack",
    "family == nlctrl",
    "command == getfamily",
    "to_kernel and not newroute",
    "protocol == generic and type in {16..20}",
    "netlink.done",
    "note",
    "latency > 1us",
)
DECIDED = ("type == newroute", "family == nlctrl")


@pytest.fixture(scope="module")
def filters() -> list[Filter]:
    registry = Registry()
    return [Filter(text, registry) for text in FILTERS]


@pytest.mark.parametrize("path", SWEPT, ids=lambda path: path.stem)
def test_all_messages_of_a_kind_get_its_verdict(path: Path, filters: list[Filter]) -> None:
    decided = dict.fromkeys(FILTERS, 0)
    with Index(str(path), Registry()) as index:
        index.extend()
        kinds = index.kinds
        assert sum(kinds.count) == len(kinds.of) == len(index)
        for found in filters:
            verdicts = [found.verdict(index.message(first)) for first in kinds.first]
            for place in range(len(index)):
                verdict = verdicts[kinds.of[place]]
                if verdict is not None:
                    assert verdict == found.matches(index.message(place), index.link(place))
                    decided[found.text] += 1
    for text in DECIDED:  # without reading any message
        assert decided[text] == len(kinds.of)
    assert decided["error != 0"] > 0.9 * len(kinds.of)  # ipset has numbers of its own
    assert not decided["latency > 1us"]


def test_an_error_number_that_no_kernel_has_decides_nothing(tmp_path: Path) -> None:
    from support.capture_files import netlink, pcap

    def refusal(error: int) -> bytes:
        body = error.to_bytes(4, "little", signed=True) + bytes(16)
        return (36).to_bytes(4, "little") + b"\x02\0\0\0" + bytes(8) + body

    errors = (-19, -19, -100_000, 7, -19, 0)
    path = tmp_path / "odd.pcap"
    packets = [(1, n, netlink(0, refusal(error)), 52) for n, error in enumerate(errors)]
    path.write_bytes(pcap(packets))
    registry = Registry()
    with Index(str(path), registry) as index:
        index.extend()
        found = Filter("error == -19", registry)
        verdicts = [found.verdict(index.message(first)) for first in index.kinds.first]
        by_row = [verdicts[index.kinds.of[row]] for row in range(len(index))]
        assert by_row == [True, True, None, None, True, False]
        matching = [row for row in range(6) if found.matches(index.message(row))]
        assert matching == [0, 1, 4]
