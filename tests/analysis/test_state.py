"""The state that a capture implies, held against what ip, tc, nft and genl said at that moment."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import nldissect
from support import ROOT, state_moments
from support.command import Command

CAPTURES = ROOT / "captures"
Object = dict[str, Any]

# What depends on the moment of asking, or that only one kind of link has.
LEFT_OUT = {
    "links": {"linkinfo", "proto_down_reason"},
    "addresses": {"valid_life_time", "preferred_life_time", "protocol"},
    "routes": {"expires", "metrics", "nexthops", "nh_info", "in", "xmit", "locator", "csum_mode",
               "ident_type", "hook_type", "to", "ttl-propogate", "id", "src", "ttl", "hoplimit",
               "tc", "key", "csum", "seq", "encap", "geneve_opts", "vxlan_opts", "erspan_opts"},
    "rules": set(),
    "neighbours": {"used", "confirmed", "updated", "probes", "refcnt"},
    "qdiscs": {"options", "bytes", "packets", "drops", "overlimits", "requeues", "backlog", "qlen",
               "maxpacket", "drop_overlimit", "new_flow_count", "ecn_mark", "new_flows_len",
               "old_flows_len", "dev"},
}  # fmt: skip


def wanted(name: str) -> list[Object]:
    return list(json.loads((CAPTURES / f"{name}.json").read_text()))


def at(capture: str, moment: int | str | None) -> Object:
    with nldissect.open(CAPTURES / f"{capture}.pcap") as found:
        return found.state(moment)


def inner(objects: list[Object]) -> list[Object]:
    return [one for link in objects for one in link["addr_info"]]


@pytest.mark.parametrize(
    ("capture", "moment", "file", "name", "key", "among"),
    [
        ("links", 512, "links.link", "links", ("ifname",), None),
        ("iproute", 242, "iproute.link", "links", ("ifname",), None),
        ("addresses", 565, "addresses.addr", "addresses", ("local", "prefixlen"), None),
        ("iproute", 213, "iproute.addr", "addresses", ("local", "prefixlen"), None),
        ("iproute", 218, "iproute.route", "routes", ("dst", "metric"), "main"),
        ("rules", 171, "rules.rule", "rules", ("priority", "src"), None),
        ("addresses", 460, "addresses.neigh", "neighbours", ("dst", "dev"), None),
        ("tc", 82, "tc.qdisc", "qdiscs", ("handle",), None),
    ],
)
def test_it_is_what_ip_said(
    capture: str, moment: int, file: str, name: str, key: tuple[str, ...], among: str | None
) -> None:
    expected, found = wanted(file), at(capture, moment)[name]
    if name == "addresses":
        expected, found = inner(expected), inner(found)
    if among is not None:  # ip showed one table of IPv4, without what -d adds
        found = [one for one in found if one["table"] == among and ":" not in one["dst"]]
    assert expected
    compared = 0
    for one in expected:
        theirs = {field: value for field, value in one.items() if field not in LEFT_OUT[name]}
        same = [ours for ours in found if all(ours.get(part) == one.get(part) for part in key)]
        assert same, {part: one.get(part) for part in key}
        near = [{field: ours.get(field) for field in theirs} for ours in same]
        assert theirs in near  # both families of addresses have a rule 0
        compared += len(theirs)
    assert compared >= 2 * len(expected)


@pytest.fixture(scope="module")
def moments() -> list[Object]:
    """What ip, tc and bridge said at four moments of `state`, the last of them with listeners."""
    return state_moments.moments_of(CAPTURES / "state.moments.out")


def differences(moment: Object, when: str) -> tuple[Object, list[str]]:
    with nldissect.open(CAPTURES / "state.pcap.gz") as found:
        state = found.state(moment[when])
    return state, list(state_moments.all_differences(state, moment))


def test_notifications_alone_tell_what_the_tools_say_next(moments: list[Object]) -> None:
    """Half a minute of changes after the last dump: what is not known is said to be unknown."""
    state, found = differences(moments[3], "from")
    assert [one for one in found if ": missing {" not in one] == []
    assert Counter(one.partition(":")[0] for one in found) == SILENT
    unknown = [(one["of"], one.get("object"), one["why"]) for one in state["unknown"]]
    assert any(
        kind == "route" and name.startswith("10.4.0.0/16") for kind, name, _ in unknown if name
    )
    why = "#1592 changed something, and no notification tells what"
    assert ("qdiscs", None, why) in unknown  # one that was added before there were listeners
    lists = {name: len(state[name]) for name in state_moments.TOGETHER}
    assert min(lists.values()) >= 1
    assert lists["routes"] >= 40


# What nobody told of: routes of an interface that went down, the qdisc that comes by itself, a
# VLAN that was added before there were listeners, addresses that interfaces listen to.
SILENT = Counter(routes=2, qdiscs=1, vlans=1, fdb=13)


def test_dumps_tell_all(moments: list[Object]) -> None:
    state, found = differences(moments[3], "to")
    assert len(found) == 1
    assert found[0].startswith("vlans: ifname br0: missing")  # bridge -d asks RTM_GETVLAN
    assert [one for one in state["unknown"] if one["of"] in ("links", "routes", "qdiscs")] == []


def test_nothing_is_claimed_where_nobody_listens(moments: list[Object]) -> None:
    """Requests were accepted that no notification followed: whatever they touch is in doubt."""
    state, found = differences(moments[2], "from")
    assert found
    assert [one for one in found if ": missing {" not in one] == []
    why = {one["why"] for one in state["unknown"]}
    assert any("no notification tells what" in one for one in why)


def test_a_dump_of_everything_ends_what_it_has_not() -> None:
    """Nothing told of the deletion of objects that the next dump leaves out."""
    before, after = at("iproute", 240), at("iproute", None)
    names = [one["ifname"] for one in before["links"]]
    assert names == ["lo", "nlmon0", "pear0", "plum1", "plum0", "orchard", "pear0.33"]
    assert [one["ifname"] for one in after["links"]] == ["lo", "nlmon0"]
    assert not [one for one in after["routes"] if one.get("dev") == "pear0"]
    assert not [one for one in after["neighbours"] if one["dev"] == "pear0"]


def test_what_the_capture_does_not_tell_is_unknown() -> None:
    found = at("iproute", 150)
    assert {"of": "routes", "why": "no dump of all of them until then"} in found["unknown"]
    assert not [one for one in found["unknown"] if one["of"] == "links"]
    nothing = at("errors", 2)  # kiwi0 was made, but no message of the kernel shows it
    assert nothing["links"] == []
    assert {one["of"] for one in nothing["unknown"]} >= {"links", "addresses", "routes"}


def test_the_ruleset_is_that_of_nft() -> None:
    theirs = json.loads((CAPTURES / "nft.ruleset.json").read_text())["nftables"]
    state = at("nft", 116)  # where nft -j list ruleset has all
    assert not [one for one in state["unknown"] if one["of"] == "nftables"]
    found = state["nftables"]
    names = {
        "table": ("family", "name", "handle"),
        "chain": ("family", "table", "name", "policy"),
        "rule": ("family", "table", "chain", "handle"),
    }
    for kind, keys in names.items():
        expected = [tuple(one[kind].get(key) for key in keys) for one in theirs if kind in one]
        ours = [tuple(one[kind].get(key) for key in keys) for one in found if kind in one]
        assert expected
        assert sorted(map(str, expected)) == sorted(map(str, ours)), kind
    rules = [one["rule"]["text"] for one in found if "rule" in one]
    assert any("comment" in text and "slow ping" in text for text in rules)


def test_sets_and_objects_are_those_of_nft() -> None:
    """All but elements, statements, typeof, counters and timeouts (docs/state.md)."""
    theirs = json.loads((CAPTURES / "nft_sets.list.json").read_text())["nftables"]
    with nldissect.open(CAPTURES / "nft_sets.pcap.gz") as found:
        asked = (m.number for m in found if m.operation and m.operation.name == "destroytable")
        state = found.state(next(asked))
    entries = [pair for each in state["nftables"] for pair in each.items()]
    ours = {(kind, one.get("name")): one for kind, one in entries}
    named = [(kind, one) for each in theirs for kind, one in each.items() if "name" in one]
    assert len(named) > 40
    left_out = {"elem", "stmt", "packets", "bytes", "used", "policy"}
    for kind, one in named:
        same = ours[kind, one["name"]]
        skipped = left_out if kind != "chain" else set()
        if "typeof" in one.get("type", ""):
            skipped = skipped | {"type"}
        keys = {*one, *same} - skipped
        assert {key: same.get(key) for key in keys} == {key: one.get(key) for key in keys}


def test_families_are_those_of_nlctrl() -> None:
    families = at("nlctrl_list", None)["families"]
    nlctrl = next(one for one in families if one["name"] == "nlctrl")
    assert (nlctrl["id"], nlctrl["version"], nlctrl["header_size"]) == (16, 2, 0)
    assert len(families) > 10


def test_a_number_that_is_cut_short_is_unknown(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "short.pcap"
    recorded = (CAPTURES / "nlctrl_list.pcap").read_bytes()
    path.write_bytes(recorded.replace(b"\x08\0\x04\0", b"\x06\0\x04\0"))  # CTRL_ATTR_HDRSIZE
    families = json.loads(run("state", "-T", "json", path).out)["families"]
    assert {one["header_size"] for one in families} == {None}
    assert 16 in {one["id"] for one in families}


def test_every_change_has_who_caused_it(run: Command) -> None:
    text = run("state", "--watch", CAPTURES / "iproute.pcap").out
    line = next(one for one in text.splitlines() if "new address 198.51.100.10/25" in one)
    assert line.endswith("by [472]? (#96)")
    assert any("gone route 203.0.113.0/24" in one for one in text.splitlines())
    changed = [one for one in text.splitlines() if " changed link pear0 " in one]
    assert any("mtu 1500 → 1450" in one for one in changed)
    rows = [
        json.loads(one)
        for one in run("state", "--watch", "-T", "json", CAPTURES / "iproute.pcap").out.splitlines()
    ]
    assert len(rows) == len(text.splitlines())
    address = next(one for one in rows if one["object"] == "198.51.100.10/25 dev pear0")
    assert (address["change"], address["request"], address["kind"]) == ("new", 96, "address")


def test_moments(run: Command, tmp_path: Path) -> None:
    path = CAPTURES / "iproute.pcap"
    with nldissect.open(path) as capture:
        messages = list(capture)
        start, some = messages[0].record.time, messages[99].record.time
        assert capture.state(100)["message"] == 100
        assert some > start
        at_once = sum(m.record.time <= some for m in messages)
        assert capture.state(f"{some // 10**9}.{some % 10**9:09}")["message"] == at_once
        span = some - start
        assert capture.state(f"{span // 10**9}.{span % 10**9:09}s")["message"] == at_once
        assert capture.state()["message"] == len(messages)
        for text in ("0", "yesterday", "-2s"):
            with pytest.raises(nldissect.UsageError):
                capture.state(text)
    wrong = run("state", "--at", "never", path)
    assert (wrong.status, "is no moment" in wrong.err) == (2, True)
    gone = run("state", tmp_path / "gone.pcap")
    assert (gone.status, gone.err.count("\n")) == (2, 1)
    assert "after message 100," in run("state", "--at", "100", path).out
