"""The rest of rtnetlink: what nlmon saw against what iproute2 and strace say of it."""

from __future__ import annotations

import itertools
import json
import re
import struct
from pathlib import Path
from typing import Any

import pytest

import nldissect
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.node import Node, find_all
from nldissect._internal.engine.summary import describe, summarize
from nldissect._internal.wire import linux
from support.messages import (
    DUMP,
    RECORDINGS,
    REQUEST,
    attr,
    builtin,
    codes,
    covered,
    messages,
    msg,
    nest,
    recording,
    tree,
    u8,
    u16,
    u32,
    u64,
)

OURS = ("rtnl_bridge", "rtnl_misc", "rtnl_mroute", "rtnl_ra")
ALL = (*OURS, "addresses", "bridge", "fdb", "links", "routes", "tunnels", "vlan")


def output(name: str, what: str) -> Any:
    """The JSON that a command printed while it was recorded; empty parts left out."""
    return [x for x in json.loads((RECORDINGS / f"{name}.{what}.json").read_text()) if x]


def answers(name: str, request: str, which: int = -1) -> list[Message]:
    """What the kernel answered to a recording's dumps of this operation, to one of them."""
    seen = recording(name)
    asked = [m for m in seen if m.to_kernel and m.operation and m.operation.name == request]
    asked = [m for m in asked if m.flags & DUMP == DUMP]
    start = seen.index(asked[which])
    rest = itertools.takewhile(lambda m: m.type != 3, seen[start + 1 :])  # NLMSG_DONE
    return [m for m in rest if m.seq == asked[which].seq and m.type >= 16]


def value(message: Message | Node, path: str) -> Any:
    node = message.find(path)
    return None if node is None else node.value


def word(message: Message | Node, path: str) -> str | None:
    node = message.find(path)
    return None if node is None else node.label or str(node.value)


def every(nodes: list[Node], path: str) -> list[Node]:
    return list(find_all(nodes, path))


# -- whole recordings -------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_every_attribute_has_a_name_and_fits(name: str) -> None:
    for message in recording(name):
        if message.type >= 16 and message.protocol == 0:
            assert message.operation is not None
        for node in message.walk():
            assert node.kind != "unknown", node.path
        assert not [d for d in message.diagnoses if d.severity != "note"], message.number
        assert "summary failed" not in describe(message)


def test_every_message_type_belongs_to_one_dissector() -> None:
    registry = builtin()
    claims: dict[int, set[str]] = {}
    for entry in registry.files():
        if entry.protonum == 0 and entry.claims:
            for number in entry.types:
                claims.setdefault(number, set()).add(entry.name)
    for number, constant in linux.RTM.items():
        assert len(claims.get(number, ())) == 1, constant
        spec = registry.raw(0, number)
        assert spec is not None
        for to_kernel in True, False:
            operation = spec.operation(number, to_kernel)
            if operation is not None:
                assert operation.constant == constant


# -- strace ---------------------------------------------------------------------------

# What strace 6.1 knows; requests for mdb and statistics it reads as if they were answers, and
# the filter mask of statistics one bit beside (IFLA_STATS_FILTER_BIT in linux/if_link.h).
PREFIXES = "NETCONFA|NETNSA|NHA|IFAL|BOND_3AD_STAT|LINK_XSTATS|BOND_XSTATS|IFLA_STATS_LINK|DCB_ATTR"
ATTRIBUTE = re.compile(
    r"\{nla_len=(\d+), nla_type=(?:NLA_F_NESTED\|)?((?:" + PREFIXES + r")_\w+)\}"
    r'(?:, (-?\d+|[A-Z_0-9]+|if_nametoindex\("[^"]+"\)'
    r'|inet_addr\("[^"]+"\)|inet_pton\(AF_INET6, "[^"]+"\))\])?'
)
INSIDE = re.compile(r'\w+\((?:AF_INET6, )?"([^"]+)"\)')


def straced(name: str) -> set[tuple[str, int, str | None]]:
    """Each attribute of these in what strace wrote: constant, length, value if it is one."""
    text = (RECORDINGS / f"{name}.strace").read_text(errors="replace")
    text = "\n".join(x for x in text.splitlines() if "RTM_GETSTATS" not in x)
    return {
        (constant, int(length), INSIDE.sub(r"\1", shown) if shown else None)
        for length, constant, shown in ATTRIBUTE.findall(text)
    }


def texts(node: Node) -> set[str | None]:
    out = {None, str(node.value), node.words(True), node.label}
    if isinstance(node.value, int) and node.value < 0:  # strace has all indices unsigned
        out.add(str(node.value + (1 << 32)))
    return out


@pytest.mark.parametrize("name", ["rtnl_misc", "addresses", "routes", "links"])
def test_strace_reads_the_same(name: str) -> None:
    ours: dict[tuple[str, int], set[str | None]] = {}
    for message in recording(name):
        for node in message.walk():
            if node.constant is not None and node.type is not None:
                ours.setdefault((node.constant, node.length), set()).update(texts(node))
    theirs = straced(name)
    assert theirs
    for constant, length, shown in theirs:
        assert shown in ours.get((constant, length), set()), (constant, length, shown)


# -- iproute2 ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rtnl_misc", "rtnl_mroute", "addresses"])
def test_netconf(name: str) -> None:
    def shown(message: Message) -> dict[str, Any]:
        out: dict[str, Any] = {
            "family": word(message, "ncm-family"),
            "interface": word(message, "ifindex"),
        }
        for node in message.nodes[1:]:
            if node.name == "rp-filter":
                out["rp_filter"] = node.label
            elif node.name not in ("ifindex", "bc-forwarding"):  # ip 6.1 has no bc_forwarding
                out[node.name.replace("-", "_")] = bool(node.value)
        return out

    assert [shown(m) for m in answers(name, "getnetconf")] == output(name, "netconf")


def scope(number: int) -> str:
    return {0: "global", 253: "link", 254: "host"}[number]


@pytest.mark.parametrize(("name", "which"), [("rtnl_misc", -1), ("routes", 0)])
def test_nexthops(name: str, which: int) -> None:
    def shown(message: Message) -> dict[str, Any]:
        out: dict[str, Any] = {"id": value(message, "NHA_ID")}
        group = message.find("group")
        if group is not None:
            out["group"] = [
                {"id": value(n, "id")}
                | ({"weight": value(n, "weight") + 1} if value(n, "weight") else {})
                for n in group.children
            ]
        if value(message, "group-type"):
            out["type"] = "resilient"
            times = counters(message.find("res-group"))
            out["resilient_args"] = {k: v if k == "buckets" else v // 100 for k, v in times.items()}
        if message.find("gateway") is not None:
            out["gateway"] = value(message, "gateway")
        if message.find("oif") is not None:
            out["dev"] = word(message, "oif")
        if message.find("encap-type") is not None:
            out["encap"] = word(message, "encap-type")
        if message.find("blackhole") is not None:
            out["blackhole"] = None
        if value(message, "nh-scope"):
            out["scope"] = scope(value(message, "nh-scope"))
        if value(message, "nh-protocol"):
            out["protocol"] = word(message, "nh-protocol")
        if message.find("fdb") is not None:
            out["fdb"] = None
        flags = word(message, "nh-flags")
        out["flags"] = flags.split("|") if value(message, "nh-flags") and flags else []
        return out

    theirs = output(name, "nexthop")
    for each in theirs:  # -d shows what is not set; the labels of mpls it calls dst
        for key, usual in ("scope", "global"), ("protocol", "unspec"), ("dst", "600"):
            if each.get(key) == usual:
                del each[key]
    assert [shown(m) for m in answers(name, "getnexthop", which)] == theirs


def test_nexthop_buckets() -> None:
    ours = [
        {
            "id": value(m, "NHA_ID"),
            "bucket": {
                "index": value(m, "res-bucket.index"),
                "idle_time": value(m, "res-bucket.idle-time") / 100,
                "nhid": value(m, "res-bucket.nh-id"),
            },
            "flags": [],
        }
        for m in answers("rtnl_misc", "getnexthopbucket")
    ]
    assert ours == output("rtnl_misc", "bucket")
    assert len(ours) == 8


def test_namespace_ids() -> None:
    ours = [value(m, "nsid") for m in answers("rtnl_misc", "getnsid")]
    assert ours == [x["nsid"] for x in output("rtnl_misc", "nsid")]
    gone = {describe(m) for m in recording("rtnl_misc") if describe(m).startswith("delnsid")}
    assert gone == {"delnsid nsid 5"}


def test_address_labels() -> None:
    def shown(message: Message) -> dict[str, Any]:
        length = value(message, "ifal-prefixlen")
        out = {"address": value(message, "address"), "label": value(message, "IFAL_LABEL")}
        return out | ({"prefixlen": length} if length != 128 else {})

    theirs = output("rtnl_misc", "addrlabel")
    for each in theirs:
        if each.get("prefixlen") == 128:
            del each["prefixlen"]
        each["label"] = int(each["label"])
    assert [shown(m) for m in answers("rtnl_misc", "getaddrlabel")] == theirs


def test_vni_filters() -> None:
    (dump,) = answers("rtnl_misc", "gettunnel")
    ours = []
    for entry in every(dump.nodes, "entry"):
        told = {n.name: n.value for n in entry.children}
        remote = {"remote": told["group6"]} if "group6" in told else {}
        ours.append({"vni": told["start"]} | remote)
    (theirs,) = output("rtnl_misc", "vni")
    assert [word(dump, "ifindex"), ours] == [theirs["ifname"], theirs["vnis"]]


def counters(node: Node | None) -> dict[str, int]:
    assert node is not None
    return {n.name.replace("-", "_"): n.value for n in node.children if n.kind != "pad"}


def test_link_statistics() -> None:
    seen = recording("rtnl_misc")
    asked = [m for m in seen if describe(m).startswith("getstats dev apple0 link-64")]
    reply = next(m for m in seen[asked[-1].number :] if m.seq == asked[-1].seq)
    theirs = {(x["group"], x.get("subgroup")): x for x in output("rtnl_misc", "stats")}
    ours = counters(reply.find("link-64"))
    for way, told in theirs["link", None]["stats64"].items():
        for name, count in told.items():
            full = name if name in ("multicast", "collisions") else f"{way}_{name}"
            assert ours[full] == count, full
    ours = counters(reply.find("af-spec.mpls.link"))
    for way, told in theirs["afstats", "mpls"]["mpls_stats"].items():
        assert {k: ours[f"{way}_{k}"] for k in told} == told
    info = theirs["offload", "hw_stats_info"]["info"]["l3_stats"]
    found = counters(reply.find("link-offload-xstats.hw-s-info.l3-stats"))
    assert found == {"request": int(info["request"]), "used": int(info["used"])}
    ours = counters(reply.find("link-offload-xstats.l3-stats"))
    assert sorted(ours.values()) == [0] * 9


def test_bond_statistics() -> None:
    (theirs,) = output("rtnl_misc", "bond")
    reply = [m for m in recording("rtnl_misc") if describe(m).startswith("newstats dev basket")][-1]
    ours = counters(reply.find("link-xstats.bond.3ad"))
    named = {k.replace("response", "resp"): v for k, v in theirs["802.3ad"].items()}
    assert ours == named


def test_bridge_port_statistics() -> None:
    theirs = {
        (x["ifname"], key): x[key]
        for x in output("rtnl_bridge", "stats")
        for key in ("multicast", "stp")
        if key in x
    }
    assert len(theirs) == 6
    for message in answers("rtnl_bridge", "getstats"):
        bridge = message.find("link-xstats-slave.bridge")
        if bridge is None:
            continue
        device = word(message, "ifindex")
        assert counters(bridge.find("stp")) == theirs[device, "stp"]
        ours, told = counters(bridge.find("mcast")), theirs[device, "multicast"]
        for group, counts in told.items():
            protocol, _, what = group.partition("_")
            if isinstance(counts, int):
                assert ours[group] == counts
                continue
            for name, count in counts.items():
                way, _, version = name.partition("_")
                # ip 6.1 prints IGMPv3 reports received where it says sent.
                if (group, name) != ("igmp_reports", "tx_v3"):
                    assert ours[f"{protocol}_{version}{what}_{way}"] == count, (group, name)


KINDS = {2: "permanent"}  # MDB_RTR_TYPE_PERM
FLAGS = {"blocked": "blocked", "star-excl": "added_by_star_ex", "fast-leave": "fast_leave"}


def group(entry: Node) -> dict[str, Any]:
    """One MDBA_MDB_ENTRY_INFO in the words of bridge(8)."""
    flags = word(entry, "flags") if value(entry, "flags") else None
    out = {
        "port": word(entry, "ifindex"),
        "grp": value(entry, "addr"),
        "state": "permanent" if value(entry, "state") else "temp",
        "vid": value(entry, "vid"),
        "flags": [FLAGS[f] for f in flags.split("|")] if flags else [],
    }
    for key, name in ("src", "source"), ("filter_mode", "group-mode"), ("protocol", "rtprot"):
        if entry.find(name) is not None:
            out[key] = word(entry, name)
    sources = entry.find("src-list")
    if sources is not None:
        out["source_list"] = [
            {"address": value(n, "address"), "timer": f"{value(n, 'timer') / 100:.2f}"}
            for n in sources.children
        ]
    return out


@pytest.mark.parametrize("name", ["rtnl_bridge", "fdb"])
def test_multicast_database(name: str) -> None:
    (theirs,) = output(name, "mdb")
    asked = [m for m in recording(name) if m.to_kernel and describe(m) == "getmdb dump"]
    # bridge(8) asks twice, for groups and for routers; `-s` adds the timers.
    seen = answers(name, "getmdb", -2 if len(asked) > 1 else -1)
    ours = [group(n) for m in seen for e in every(m.nodes, "mdb.entry") for n in e.children]
    for each in theirs["mdb"]:
        for key in ("index", "dev", "timer"):
            each.pop(key, None)
        for source in each.get("source_list", ()):
            if "timer" not in source:
                source["timer"] = next(
                    s["timer"]
                    for o in ours
                    for s in o.get("source_list", ())
                    if s["address"] == source["address"]
                )
    assert ours == theirs["mdb"]
    routers = [
        (word(port, "ifindex"), KINDS.get(value(port, "MDBA_ROUTER_PATTR_TYPE"), "temp"))
        for m in seen
        for port in every(m.nodes, "router.port")
    ]
    told = itertools.chain(*theirs["router"].values()) if theirs["router"] else ()
    assert routers == [(r["port"], r["type"]) for r in told]


@pytest.mark.parametrize("name", ["rtnl_bridge", "vlan"])
def test_vlan_database(name: str) -> None:
    theirs = output(name, "vlan")
    ours = []
    for message in answers(name, "getvlan"):
        vlans = []
        for entry in every(message.nodes, "entry"):
            out = {"vlan": value(entry, "info.vid")}
            if entry.find("range") is not None:
                out["vlanEnd"] = value(entry, "range")
            flags = value(entry, "info.flags")
            named = [w for bit, w in ((2, "PVID"), (4, "Egress Untagged")) if flags & bit]
            if named:
                out["flags"] = named
            out["state"] = word(entry, "state")
            if entry.find("mcast-router") is not None:
                out["mcast_router"] = value(entry, "mcast-router")
            if entry.find("stats") is not None:
                stats = counters(entry.find("stats"))
                out |= {k: stats[k] for k in ("rx_bytes", "rx_packets", "tx_bytes", "tx_packets")}
            vlans.append(out)
        ours.append({"ifname": word(message, "ifindex"), "vlans": vlans})
    assert ours == theirs


def test_global_vlan_options() -> None:
    renamed = {"last_member_cnt": "last_member_count", "startup_query_cnt": "startup_query_count"}
    (theirs,) = output("rtnl_bridge", "global")
    (dump,) = answers("rtnl_bridge", "getvlan", -2)
    ours = []
    for options in every(dump.nodes, "global-options"):
        out: dict[str, Any] = {}
        for node in options.children:
            name = node.name.replace("-", "_").removesuffix("_intvl").removeprefix("mcast_")
            name = renamed.get(name, name + ("_interval" if node.name.endswith("intvl") else ""))
            if node.name in ("id", "range"):
                out["vlan" if node.name == "id" else "vlanEnd"] = node.value
            elif node.name == "mcast-router-ports":
                ports = every([node], "mcast-router-ports.router.port")
                out["router_ports"] = [{"port": word(p, "ifindex")} for p in ports]
            elif node.kind not in ("pad", "nest") and node.name != "msti":
                out[f"mcast_{name}"] = node.value
        ours.append(out)
    assert ours == theirs["vlans"]


def test_multicast_routes() -> None:
    theirs = output("rtnl_mroute", "mroute")
    seen = [m for m in recording("rtnl_mroute") if value(m, "rtm-family") == 128]
    last = [m for m in seen if m.operation and m.operation.name == "newroute" and m.flags & 2]
    for told, message in zip(theirs, last[-3:], strict=True):
        assert [value(message, "src"), value(message, "dst")] == [told["src"], told["dst"]]
        if told["state"] == "unresolved":
            assert (word(message, "rtm-flags"), message.find("iif")) == ("unresolved", None)
            continue
        assert word(message, "iif") == told["iif"]
        hops = message.find("multipath")
        assert hops is not None
        assert [word(h, "rtnh-ifindex") for h in hops.children] == [
            h["oif"] for h in told["multipath"]
        ]
        assert [value(h, "rtnh-hops") for h in hops.children] == [
            h.get("ttl", 1) for h in told["multipath"]
        ]
        assert counters(message.find("mfc-stats")) == {
            "mfcs_packets": told["packets"],
            "mfcs_bytes": told["bytes"],
            "mfcs_wrong_if": told.get("wrong_if", 0),
        }
        assert value(message, "expires") / 100 == told["expires"]


def test_bridge_ports() -> None:
    theirs = {x["ifname"]: x for x in output("rtnl_bridge", "port")}
    dump = answers("rtnl_bridge", "getlink", -2)
    ours = {word(m, "IFLA_IFNAME"): m for m in dump if m.find("protinfo")}
    assert set(theirs) == {"plum0", "plum2", "fig0"} <= set(ours)
    for name, told in theirs.items():
        port = ours[name].find("protinfo")
        assert port is not None
        assert word(port, "state") == told["state"]
        for key, ifla in (
            ("priority", "priority"),
            ("cost", "cost"),
            ("learning", "learning"),
            ("flood", "unicast-flood"),
            ("mcast_flood", "mcast-flood"),
            ("locked", "locked"),
            ("bcast_flood", "bcast-flood"),
            ("neigh_suppress", "neigh-suppress"),
            ("mcast_router", "multicast-router"),
            ("isolated", "isolated"),
            ("vlan_tunnel", "vlan-tunnel"),
            ("fastleave", "fast-leave"),
            ("guard", "guard"),
        ):
            if key in told:
                assert value(port, ifla) == told[key], (name, key)


# -- summaries --------------------------------------------------------------------------

SAID = {
    "rtnl_misc": [
        "newnetconf inet dev apple0 rp_filter loose",
        "newnetconf mpls dev apple0 input on",
        "newnexthop id 1 via 192.0.2.9 dev apple0 scope link",
        "newnexthop id 20 group 1,2/2,3 type resilient buckets 8 idle_timer 60"
        " unbalanced_timer 300 unbalanced_time 0",
        "newnsid nsid 5 fd 6",
        "setstats dev apple0 l3_stats 1",
        "getstats dev apple1 link-xstats-slave",
        "newtunnel dev vx0 vni 200 group6 2001:db8::30",
        "newlinkprop apple0 alt-ifname gala alt-ifname a-name-longer-than-ifnamsiz",
        "newmdb orchard port plum0 grp 239.3.3.1 filter_mode include proto bgp"
        " source_list 198.51.100.1,198.51.100.2 permanent vid 10",
        "newnexthop id 21 group 1,1000 proto static",
        "getnexthop id 20 dump-stats|dump-hw-stats",
        "setdcb dev apple0 pgtx-scfg pg-cfg tc-0 pgid 2 up-mapping 0xf bw-id-0 50",
        "newaddrlabel prefix 2001:db8:7::/48 dev apple0 label 77",
        "newvlan dev orchard global vid 10 msti 5",
    ],
    "rtnl_bridge": [
        "setlink plum2 multicast_router perm",
        "newmdb orchard router on plum2",
        "newmdb orchard port plum0 grp 239.2.2.2 src 198.51.100.3 filter_mode include"
        " proto kernel temp vid 1 blocked",
        "setlink plum0 vid 10-12",
        "newvlan dev plum0 vid 10-12",
        "delvlan dev plum2 vid 10",
        "setlink orchard mrp instance ring-id 7 p-ifindex plum0 s-ifindex plum2 prio 32768",
        "setlink fig0 mst entry msti 5 state blocking",
    ],
    "rtnl_mroute": [
        "newlink multicast table 253 vif 0 dev apple0 vif 1 dev plum0 vif 2 dev pear0",
        "newcachereport nocache 198.51.100.7 to 239.1.1.9 vif 0 table 253",
        "newcachereport wrongvif 198.51.100.7 to 239.1.1.1 vif 1 table 253",
        "newroute multicast 239.1.1.1 from 198.51.100.7 iif apple0 table default proto mrouted"
        " nexthop dev plum0 ttl 1 nexthop dev pear0 ttl 7",
    ],
    "rtnl_ra": [
        "newprefix 2001:db8:9::/64 dev apple0 autoconf|onlink valid 86400 preferred 14400",
        "newnduseropt rdnss 2001:db8:9::53 2001:db8:9::54 lifetime 1200 dev apple0 from fe80::77",
        "newnduseropt dnssl orchard.example fruit.example lifetime 1200 dev apple0 from fe80::77",
        "newnduseropt captive-portal https://orchard.example/captive dev apple0 from fe80::77",
        "newnduseropt pref64 2001:db8:64::/64 dev apple0 from fe80::77",
    ],
}


@pytest.mark.parametrize(("name", "line"), [(n, x) for n, lines in SAID.items() for x in lines])
def test_the_list_says_what_happens(name: str, line: str) -> None:
    assert line in {describe(m) for m in recording(name)}


# -- what the recording's kernel does not have, from headers and kernel source ------------


def one(kind: int, header: bytes, *attributes: bytes, flags: int = 0) -> Message:
    (message,) = messages(msg(kind, header + b"".join(attributes), flags))
    assert codes(message) == [], tree(message.nodes)
    return message


def test_priorities_of_data_center_bridging() -> None:
    ets = bytes([1, 8, 0]) + bytes(range(8)) + bytes(8) + bytes([0, 1, 2, 255, 0, 0, 0, 0])
    ets += bytes(32)
    pfc = struct.pack("<BBBxHxx", 8, 0x0F, 1, 300) + b"".join(u64(n) for n in range(16))
    app = struct.pack("<BBH", 1, 3, 0x8906) + struct.pack("<BBH", 5, 4, 46)
    message = one(
        78,
        struct.pack("<BBH", 0, 21, 0),
        attr(1, b"eth0\0"),
        nest(
            13,
            attr(1, ets),
            attr(2, pfc),
            nest(3, attr(1, app[:4]), attr(1, app[4:])),
            attr(7, b"".join(u64(n) for n in range(8))),
            attr(10, bytes(8) + b"".join(u32(n) for n in range(9))),
            nest(11, attr(1, u8(5)), attr(2, u8(255))),
            nest(12, attr(2, b"\xff\x02" + u16(9))),
        ),
        attr(14, u8(9)),
    )
    assert describe(message).startswith("getdcb dev eth0 ieee-get ieee ets,pfc,app-table,maxrate")
    assert value(message, "ieee.ets.tc-tx-bw") == list(range(8))
    kinds = message.find("ieee.ets.tc-tsa")
    assert kinds is not None
    assert [n.label for n in kinds.children][:4] == ["strict", "cb-shaper", "ets", "vendor"]
    assert value(message, "ieee.pfc.delay") == 300
    assert value(message, "ieee.pfc.indications") == list(range(8, 16))
    assert value(message, "ieee.maxrate.tc-maxrate") == list(range(8))
    assert value(message, "ieee.dcb-buffer.total-size") == 8
    first, second = every(message.nodes, "ieee.app-table.ieee-app")
    assert (word(first, "protocol"), word(second, "protocol")) == ("fcoe", "46")
    assert [word(second, "selector"), value(second, "priority")] == ["dscp", 4]
    assert [n.label for n in every(message.nodes, "ieee.dcb-app-trust-table.dcb-app")] == ["pcp"]
    assert word(message, "dcbx") == "host|ver-ieee"


def test_results_of_data_center_bridging() -> None:
    message = one(79, struct.pack("<BBH", 0, 20, 0), attr(13, u8(161)))
    assert (value(message, "ieee"), word(message, "ieee")) == (161, "EOPNOTSUPP")
    assert describe(message) == "setdcb ieee-set ieee EOPNOTSUPP"


def test_bandwidth_groups_of_cee() -> None:
    message = one(
        78,
        struct.pack("<BBH", 0, 26, 0),
        attr(1, b"eth0\0"),
        nest(
            16,
            nest(4, nest(1, attr(1, u8(2)), attr(4, u8(50))), attr(11, u8(30))),
            nest(7, nest(12, attr(1, u8(0)), attr(2, u16(0x8906)), attr(3, u8(3)))),
            nest(8, attr(2, u8(6))),
            attr(2, bytes([1, 0, 0x0F, 8])),
        ),
    )
    assert value(message, "cee.tx-pg.tc-0.bw-pct") == 50
    assert value(message, "cee.tx-pg.bw-id-0") == 30
    assert word(message, "cee.app-table.app.idtype") == "ethtype"
    assert word(message, "cee.feat.pg") == "enable|willing"
    assert value(message, "cee.peer-pfc.tcs-supported") == 8


def test_statistics_of_nexthop_groups() -> None:
    message = one(
        104,
        struct.pack("<BBBxI", 0, 0, 0, 0),
        attr(1, u32(9)),
        attr(2, struct.pack("<IBBH", 3, 0xE7, 3, 0)),
        attr(3, u16(0)),
        attr(14, u32(1 << 31)),
        attr(16, u32(1)),
        attr(17, u32(0)),
        nest(15, nest(1, attr(1, u32(3)), attr(2, u32(77)), attr(3, u64(1 << 40)))),
    )
    assert describe(message) == "newnexthop id 9 group 3,1000"
    assert value(message, "group-stats.entry.packets") == 77
    assert value(message, "group-stats.entry.packets-hw") == 1 << 40
    assert word(message, "op-flags") == "resp-grp-resvd-0"


def test_ipv6_cache_reports() -> None:
    address = bytes.fromhex("20010db8000000000000000000000007")
    target = bytes.fromhex("ff0e0000000000000000000000010009")
    message = one(
        96,
        b"\x81\0\0\0",
        attr(1, u8(1)),
        attr(2, u32(2)),
        attr(3, address),
        attr(4, target),
        attr(5, b"packet"),
    )
    assert describe(message) == "newcachereport nocache 2001:db8::7 to ff0e::1:9 mif 2"
    assert [n.constant for n in message.nodes[1:]][1] == "IP6MRA_CREPORT_MIF_ID"


def vxlan_group(group: bytes, proto: int, index: int = 3) -> bytes:
    return struct.pack("<IBBH16s", index, 1, 0, 0, group) + struct.pack(">Hxx", proto)


def test_multicast_database_of_vxlan() -> None:
    entry = vxlan_group(bytes([239, 1, 1, 1]), 0x0800) + b"".join(
        [
            attr(1, u32(0)),
            attr(5, u8(4)),
            attr(3, u8(0)),
            attr(6, bytes([192, 0, 2, 9])),
            attr(7, u16(4790)),
            attr(8, u32(77)),
            attr(9, u32(5)),
            attr(10, u32(78)),
        ]
    )
    message = one(84, struct.pack("<BxxxI", 7, 3), nest(1, nest(1, attr(1, entry))))
    assert describe(message).endswith(
        "grp 239.1.1.1 filter_mode exclude proto static permanent dst 192.0.2.9 dst_port 4790"
        " vni 77 src_vni 78 via 5"
    )


def test_a_group_by_mac_address() -> None:
    header = struct.pack("<BxxxI", 7, 3)
    entry = vxlan_group(bytes.fromhex("01005e000001"), 0)
    message = one(84, header, attr(1, entry), flags=REQUEST)
    assert value(message, "set-entry.addr") == "01:00:5e:00:00:01"


# -- malformed ---------------------------------------------------------------------------


def useropt(options: bytes, length: int | None = None, *attributes: bytes) -> Message:
    size = len(options) if length is None else length
    header = struct.pack("<BxHiBBHI", 10, size, 1, 134, 0, 0, 0)
    (message,) = messages(msg(68, header + options + b"".join(attributes)))
    return message


@pytest.mark.parametrize(
    ("options", "length", "code"),
    [
        (b"\x19\x02" + bytes(14), 64, "options-length"),
        (b"\x19\x00" + bytes(6), None, "option-length"),
        (b"\x19\x04" + bytes(6), None, "option-length"),
        (b"\x1f\x02\0\0" + u32(9, ">") + b"\x3fshort..", None, "domain-length"),
    ],
)
def test_options_that_do_not_fit(options: bytes, length: int | None, code: str) -> None:
    message = useropt(options, length)
    assert code in codes(message)
    assert describe(message).startswith("newnduseropt")


@pytest.mark.parametrize("name", OURS)
def test_any_cut_is_survived(name: str) -> None:
    datagrams = {m.record.data for m in recording(name) if m.record is not None}
    for data in sorted(datagrams, key=len)[:40]:
        for end in range(0, len(data), 3):
            for message in messages(data[:end], total=len(data)):
                assert covered(message)
                assert "summary failed" not in describe(message)
                assert "hook-failed" not in codes(message)


def test_recordings_are_small() -> None:
    for name in OURS:
        assert Path(RECORDINGS / f"{name}.pcap").stat().st_size < 300_000


@pytest.mark.parametrize(
    ("family", "operation", "values", "line"),
    [
        # NetworkManager and systemd-networkd send a destination of zeros, and empty metrics.
        ("rt-route", "newroute", {"dst": "0.0.0.0", "oif": 2, "metrics": {}}, "default dev 2"),
        ("rt-route", "newroute", {"dst": "::", "oif": 2}, "default dev 2"),
        ("rt-route", "newroute", {"dst": "0.0.0.0", "rtm-dst-len": 8, "oif": 2}, "0.0.0.0/8 dev 2"),
        ("rt-route", "newroute", {"rtm-dst-len": 24, "oif": 2}, "0/24 dev 2"),
        ("rt-route", "newroute", {"oif": 2, "metrics": {"mtu": 1400}}, "default dev 2 mtu 1400"),
        # iproute2 asks so whether the kernel has RTM_NEWLINK.
        ("rt-link", "newlink", {}, "(no link named)"),
        ("rt-link", "newlink", {"mtu": 1400}, "mtu 1400"),
    ],
)
def test_what_names_nothing_or_everything(
    family: str, operation: str, values: dict[str, object], line: str
) -> None:
    header = {"rtm-type": "unicast"} if family == "rt-route" else {}
    assert summarize(nldissect.build(family, operation, {**header, **values})) == line
