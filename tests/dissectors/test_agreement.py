"""Agreement with strace and tshark on every recording, where they are right.

strace and tshark know nothing of this project, so what they and we say alike
of the same bytes is no error of the project's own making.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from nldissect._internal.engine.labels import flag_names
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.node import Node
from support import ROOT
from support import strace_values as sv
from support.messages import recording

pytestmark = pytest.mark.slow


CAPTURES = ROOT / "captures"
PCAPS = sorted(CAPTURES.glob("*.pcap"))
TRACED = [p for p in PCAPS if p.with_suffix(".strace").exists()]

# Where strace is wrong, each looked up in the header or kernel file named.
STRACE_WRONG = {
    # net/bridge/br_mdb.c, br_mdb_add: requests carry MDBA_SET_ENTRY (if_bridge.h), not MDBA_MDB
    r"MDBA_MDB is MDBA_(SET|GET)_ENTRY here",
    # net/core/rtnetlink.c, rtnl_stats_get: requests carry IFLA_STATS_GETSET (if_link.h)
    r"IFLA_STATS_LINK_64 is IFLA_STATS_GET_FILTERS here",
    # net/sched/act_api.c, tc_ctl_action: the outermost attributes are TCA_ROOT_ (rtnetlink.h)
    r"TCA_ACT_\w+ is TCA_ROOT_\w+ here",
    # net/core/neighbour.c: ndm protocol is an RTPROT_, not an IPPROTO_
    r"NDA_PROTOCOL: IPPROTO_\w+ and RTPROT_\w+",
    # net/ipv4/route.c, inet_rtm_getroute: ports are big-endian
    r"RTA_[SD]PORT: \d+ and \d+",
    # A length that runs past the end, sent on purpose: strace prints it, we show what is there.
    r"\w+: nla_len (\d+) and [48]$",
}


def key(header: dict[str, Any]) -> tuple[int, int, int]:
    return header["nlmsg_len"], header["nlmsg_seq"], header["nlmsg_pid"] & 0xFFFFFFFF


def compare(name: str, payload: Any, node: Node, counts: Counter[str]) -> str | None:
    """What differs between strace's reading of one attribute and ours; None if nothing."""
    inner = sv.attributes(payload)
    if inner:
        return compare_all(inner, node.children, counts)
    if isinstance(payload, dict):
        return compare_members(payload, node.children, counts)
    if node.children or payload is None:
        return None
    value = node.value
    if isinstance(payload, int) and not isinstance(value, (bytes, str, list)):
        counts["number"] += 1
        mask = (1 << 8 * len(node.bytes)) - 1
        return None if value & mask == payload & mask else f"{name}: {payload} and {value}"
    if isinstance(payload, bytes) and node.kind == "string":
        counts["string"] += 1
        raw = node.bytes.rstrip(b"\0")
        return None if raw.startswith(payload.rstrip(b"\0")) else f"{name}: {payload!r}, {raw!r}"
    if isinstance(payload, sv.Call):
        texts = [a for a in payload.arguments if isinstance(a, bytes)]
        if payload.name in ("inet_addr", "inet_pton") and texts and isinstance(value, str):
            counts["address"] += 1
            return None if texts[-1].decode() == value else f"{name}: {texts[-1]!r} and {value}"
        if payload.name == "htons" and isinstance(value, int):
            counts["number"] += 1
            first = payload.arguments[0]
            return None if not isinstance(first, int) or first == value else f"{name}: {first}"
        if payload.name == "if_nametoindex" and isinstance(value, int):
            counts["index"] += 1  # strace asked its own namespace for the name
        return None
    if isinstance(payload, sv.Name):
        ours = node.words(True)
        if ours is None or isinstance(value, str):
            return None
        theirs = set(payload.text.split("|"))
        counts["constant"] += 1
        unnamed = {w for w in theirs if not w[:1].isalpha()}
        missing = theirs - set(ours.split("|")) - unnamed
        return None if not missing else f"{name}: {payload.text} and {ours}"
    return None


def compare_members(theirs: dict[str, Any], ours: list[Node], counts: Counter[str]) -> str | None:
    """The members of a struct that both have by the same name."""
    members = {child.name.replace("-", "_"): child for child in ours}
    for name, payload in theirs.items():
        if name in members:
            counts["member"] += 1
            problem = compare(name, payload, members[name], counts)
            if problem is not None:
                return problem
    return None


def compare_all(
    theirs: list[tuple[str, int, Any]], nodes: list[Node], counts: Counter[str]
) -> str | None:
    ours = [n for n in nodes if n.type is not None]
    for (name, length, payload), node in zip(theirs, ours, strict=False):
        if length != node.length:
            return f"{name}: nla_len {length} and {node.length}"
        if not name[:1].isalpha():
            continue
        if node.constant != name and not same_number(name, node):
            return f"{name} is {node.constant} here"
        counts["attribute"] += 1
        problem = compare(name, payload, node, counts)
        if problem is not None:
            return problem
    return None


def same_number(name: str, node: Node) -> bool:
    """Two names that a header gives one number, and the families in AF_SPEC."""
    if name.startswith("AF_"):
        return node.name == name[3:].lower()
    return {"IFLA_IF_NETNSID": "IFLA_TARGET_NETNSID"}.get(name) == node.constant


@pytest.mark.parametrize("path", TRACED, ids=lambda p: p.stem)
def test_values_agree_with_strace(path: Path) -> None:
    ours: dict[tuple[int, int, int], list[Message]] = {}
    for message in recording(path.stem):
        ours.setdefault((message.length, message.seq, message.port), []).append(message)
    counts: Counter[str] = Counter()
    problems = []
    for line in path.with_suffix(".strace").read_text(errors="replace").splitlines():
        for parts in sv.messages(line):
            head = parts[0]
            if not isinstance(head, dict) or "nlmsg_seq" not in head:
                continue
            candidates = ours.get(key(head), [])
            found = [compare_message(parts, message) for message in candidates]
            if not found:
                continue
            best = min(found, key=lambda f: f[0] is not None)
            counts.update(best[1])
            if best[0] is not None and not any(re.search(w, best[0]) for w in STRACE_WRONG):
                problems.append(f"{candidates[0].number}: {best[0]}")
    assert problems == []
    if path.stem not in ("ss", "wireguard", "conntrack", "nft", "nlctrl_list"):
        assert counts["message"] > 3


def compare_message(parts: list[Any], message: Message) -> tuple[str | None, Counter[str]]:
    counts: Counter[str] = Counter()
    counts["message"] += 1
    head = parts[0]
    flags = head["nlmsg_flags"]
    if isinstance(flags, sv.Name):
        theirs = set(flags.text.replace("NLM_F_", "").split("|"))
        theirs = {w for w in theirs if w[:1].isalpha()}
        # Before the message's type is known strace names the modifier bits by a guess.
        known = message.type >= 16 and message.protocol == 0
        if known and not theirs <= set(flag_names(message)) | {"DUMP"}:
            return f"flags {flags.text} and {flag_names(message)}", counts
    for part in parts[1:]:
        if isinstance(part, dict):
            problem = compare_header(part, message, counts)
        else:
            problem = compare_all(sv.attributes(part), message.nodes, counts)
        if problem is not None:
            return problem, counts
    return None, counts


def compare_header(part: dict[str, Any], message: Message, counts: Counter[str]) -> str | None:
    """The fixed header, or the error number."""
    members = {
        child.name.replace("-", "_"): child
        for node in message.nodes
        if node.type is None
        for child in node.children
    }
    if "error" in part and message.type == 2:
        theirs = part["error"]
        number = theirs if isinstance(theirs, int) else None
        counts["error"] += 1
        if number is not None and number != message.error:
            return f"error {number} and {message.error}"
        if isinstance(theirs, sv.Name):
            node = message.nodes[0].children[0]
            if f"-{node.label}" != theirs.text:
                return f"error {theirs.text} and {node.label}"
        return None
    for name, payload in part.items():
        node = members.get(name)
        if node is None or name == "nfgen_family":  # an NFPROTO_, which strace names as an AF_
            continue
        problem = compare(name, payload, node, counts)
        if problem is not None and not (name == "ifi_type" and message.to_kernel):
            return problem
    return None


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("path", PCAPS, ids=lambda p: p.stem)
def test_headers_and_names_agree_with_tshark(path: Path) -> None:
    """Every header field of every message, errors and what tshark types of links."""
    fields = [
        "netlink.hdr_len",
        "netlink.hdr_type",
        "netlink.hdr_flags",
        "netlink.hdr_seq",
        "netlink.hdr_pid",
        "netlink.error",
    ]
    command = ["tshark", "-r", str(path), "-T", "fields", "-E", "occurrence=a", "-E", "separator=|"]
    for field in ["frame.number", *fields]:
        command += ["-e", field]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    records: dict[int, list[Message]] = {}
    for message in recording(path.stem):
        assert message.record is not None
        records.setdefault(message.record.number, []).append(message)
    for line in output.splitlines():
        columns = line.split("|")
        number = int(columns[0])
        ours = []
        for message in records.get(number, []):
            ours.append(message)
            if message.echo is not None:  # tshark lists the echoed header as one more
                ours.append(message.echo)
        theirs = [[int(v, 0) for v in column.split(",") if v] for column in columns[1:6]]
        if not theirs[0] or len(theirs[0]) != len(ours):
            continue  # a datagram that tshark gives up on, such as a malformed one
        assert theirs[0] == [m.length for m in ours], number
        if len(theirs[1]) == len(ours):  # a dissector of its own may take the type's place
            assert theirs[1] == [m.type for m in ours], number
        assert theirs[3] == [m.seq for m in ours], number
        assert theirs[4] == [m.port for m in ours], number
        errors = [int(v, 0) for v in columns[6].split(",") if v]
        expected = [abs(m.error) for m in ours if m.type == 2 and m.error is not None]
        assert [abs(e) for e in errors] == expected, number


# Where tshark is wrong or only guesses, by the names of its fields.
TSHARK_WRONG = re.compile(
    r"netlink-sock_diag\.inet_states"  # net/ipv4/inet_diag.c: a number of the host's
    r"|netlink-netfilter\.queue\.config\.\w+"  # nfnetlink_queue.c, nfqnl_recv_config: ntohl
    r"|nl80211\.attr_value\w*"  # bytes in the order of the host, whatever they are
)
TSHARK_NAME = re.compile(r"0x[0-9a-f]+, ([A-Z][A-Z0-9_]+) \(")
# if_link.h: two names of one number.
TSHARK_ALIASES = {"IFLA_IF_NETNSID": "IFLA_TARGET_NETNSID"}
# Whose values tshark 4.0 decodes many of: how many there are at least.
MANY = {"links": 10000, "routes": 3000, "wifi_phy": 5000, "wifi": 2000, "netfilter": 50}


def said_by_tshark(path: Path) -> Iterator[tuple[int, ElementTree.Element]]:
    """Each field that is of netlink, with the number of its record."""
    command = ["tshark", "-r", str(path), "-T", "pdml"]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    for packet in ElementTree.fromstring(output).iter("packet"):
        number = int(packet.find("proto/field[@name='num']").get("show", "0"))  # type: ignore[union-attr]
        for field in packet.iter("field"):
            name = field.get("name", "")
            if name.startswith(("netlink-", "nl80211.", "netlink.attr_type")):
                yield number, field


def by_place(path: Path) -> dict[tuple[int, int, int], Node]:
    """Nodes by record and bytes in it; attributes by where their header begins, with no end."""
    found: dict[tuple[int, int, int], Node] = {}
    number, at = -1, 0
    for message in recording(path.stem):
        assert message.record is not None
        if message.record.number != number:
            number, at = message.record.number, 16  # the cooked header
        for node in message.walk():
            if node.type is not None:
                found[number, at + node.offset, -1] = node
            if not node.children:
                found[number, at + node.start, at + node.end] = node
        at += (message.length + 3) & ~3
    return found


def differs(node: Node, show: str) -> bool | None:
    """Whether tshark shows another value; None for what it does not show as one."""
    if isinstance(node.value, int):
        try:
            return (int(show, 0) - node.value) % (1 << 8 * len(node.bytes)) != 0
        except ValueError:
            return None
    if not isinstance(node.value, str) or show == node.bytes.hex(":"):
        return None
    return node.value.lower().replace("-", ":") != show.lower().replace("-", ":")


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("path", PCAPS, ids=lambda p: p.stem)
def test_values_agree_with_tshark(path: Path) -> None:
    """The same bytes have the same value and the same constant."""
    ours = by_place(path)
    compared, problems = 0, []
    for number, field in said_by_tshark(path):
        name, show = field.get("name", ""), field.get("show", "")
        start, size = int(field.get("pos", "0")), int(field.get("size", "0"))
        if name == "netlink.attr_type":
            node, said = (
                ours.get((number, start - 2, -1)),
                TSHARK_NAME.search(field.get("showname", "")),
            )
            if node is None or node.constant is None or said is None:
                continue
            constant = TSHARK_ALIASES.get(said[1], said[1])
            if constant.split("_")[0] == node.constant.split("_")[0]:
                compared += 1
                if constant != node.constant:
                    problems.append(f"{number}: {constant} and {node.constant}")
        elif size and "unmaskedvalue" not in field.attrib and not TSHARK_WRONG.fullmatch(name):
            node = ours.get((number, start, start + size))
            wrong = None if node is None else differs(node, show)
            compared += wrong is not None
            if wrong and node is not None:
                problems.append(f"{number}: {name} {show}, {node.path} {node.value}")
    assert problems == []
    assert compared >= MANY.get(path.stem, 0)


JSONS = {
    "iproute": ("iproute.link.json", "ip -j -d link show"),
    "links": ("links.link.json", "ip -j -d link show"),
    "tunnels": ("tunnels.link.json", "ip -j -d link show"),
    "bridge": ("bridge.link.json", "ip -j -d link show"),
}
# ip(8)'s JSON key: path of ours and what makes ip's value of a node.
LINK_KEYS: dict[str, str] = {
    "mtu": "mtu", "qdisc": "qdisc", "group": "group", "txqlen": "txqlen", "ifname": "ifname",
    "promiscuity": "promiscuity", "num_tx_queues": "num-tx-queues",
    "num_rx_queues": "num-rx-queues", "gso_max_size": "gso-max-size",
    "gso_max_segs": "gso-max-segs", "min_mtu": "min-mtu", "max_mtu": "max-mtu",
    "address": "address", "broadcast": "broadcast",
}  # fmt: skip


@pytest.mark.parametrize("name", JSONS)
def test_links_agree_with_the_json_of_ip(name: str) -> None:
    listed = json.loads((CAPTURES / JSONS[name][0]).read_text())
    seen: dict[str, list[Message]] = {}
    for message in recording(name):
        node = message.find("ifname") if message.type == 16 and not message.to_kernel else None
        if node is not None:
            seen.setdefault(node.value, []).append(message)
    compared = 0
    for link in listed:
        if not link:
            continue
        keys = {k: v for k, v in LINK_KEYS.items() if k in link and k != "group"}
        best: list[str] = ["never seen"]
        for message in seen.get(link["ifname"], []):
            problems = []
            for key_name, path in keys.items():
                node = message.find(path)
                if node is not None and node.value != link[key_name]:
                    problems.append(f"{key_name}: {node.value} and {link[key_name]}")
            kind = message.find("linkinfo.kind")
            if kind is not None and kind.value != link["linkinfo"].get("info_kind"):
                problems.append("kind")
            best = min(best, problems, key=len)
        assert best == [], link["ifname"]
        compared += len(keys)
    assert compared > 40
