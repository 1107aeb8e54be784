"""Trees and dictionaries back into bytes: every recording's, ip(8)'s own, and edited ones."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import nldissect
from fuzz import mutate
from nldissect._internal.encode.arguments import Arguments
from nldissect._internal.encode.message_builder import build
from nldissect._internal.encode.payload import EncodeError
from nldissect._internal.encode.tree_encoder import Tally, encode
from nldissect._internal.library.messages import Message
from nldissect._internal.render.build_output import BuildRenderer
from support.messages import (
    ERROR,
    RECORDINGS,
    attr,
    generic,
    msg,
    nest,
    newlink,
    nlmsgerr,
    of_spec,
    one,
    padded,
    u32,
)
from support.sweep import EVERY, SWEPT

NAMES = [path.stem for path in SWEPT]


def ours(name: str) -> list[Message]:
    return list(nldissect.open(RECORDINGS / f"{name}.pcap"))


@cache
def requests(name: str) -> list[tuple[Message, Arguments]]:
    """The requests of a recording that a dissector knows, with what `build` needs of them."""
    return [
        (message, Arguments(message))
        for message in ours(name)
        if message.to_kernel
        and message.spec is not None
        and message.operation is not None
        and message.operation.name in message.spec.operations
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_bytes_tree_bytes(name: str) -> None:
    """Every message of every recording, almost every leaf of it from its value."""
    tally = Tally()
    for message in ours(name):
        assert encode(message, tally=tally) == message.data
        assert message.encode() == message.bytes
        if message.echo is not None:
            assert message.echo.encode() == message.echo.bytes
    # what hooks read cannot be written by them: packets' fields are dpkt's, elements nft's
    least = 0.99 if not name.startswith(("net", "nft", "genl_events")) else 0.96
    assert tally.values > least * (tally.values + tally.raw)
    assert len(tally.raws) == tally.raw


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_request_can_be_built_from_its_dictionary(name: str) -> None:
    """With the dissector, the bytes of the program that sent it, of its dictionary."""
    for message, found in requests(name):
        assert message.spec is not None
        assert message.operation is not None
        assert found.exact, (message.number, found.attributes)
        made = build(
            message.spec,
            message.operation,
            found.attributes,
            kind=message.type,
            flags=message.flags,
            sequence=message.seq,
            port=message.port,
            version=found.version,
            nested=message.protocol != 0 if found.nested is None else found.nested,
        )
        assert made == message.bytes


def leaves(value: object) -> tuple[int, int]:
    """How many values are bytes, and how many tell what they are."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        counts = [leaves(each) for each in value]
        return sum(c[0] for c in counts), sum(c[1] for c in counts)
    return (1, 0) if isinstance(value, bytes) else (0, 1)


@pytest.mark.slow
def test_the_dictionaries_are_values_and_not_bytes() -> None:
    raw = told = 0
    for name in NAMES:
        for _, found in requests(name):
            more, typed = leaves(found.attributes)
            raw, told = raw + more, told + typed
    assert told > (29_000 if SWEPT == EVERY else 8_000)
    assert raw < (0.025 if SWEPT == EVERY else 0.026) * told


# -- malformed messages ----------------------------------------------------------


ODD = {
    "length over": newlink(1, "lo")[:32] + attr(3, b"lo\0", length=99),
    "length short": newlink(1, "lo")[:32] + struct.pack("<HH", 2, 3) + b"lolo",
    "zeros after": newlink(1, "lo") + bytes(8),
    "data after": newlink(1, "lo") + b"\1\2\3",
    "padding not zero": msg(16, bytes(16) + b"\5\0\x10\0\1\xaa\xbb\xcc" + attr(4, u32(1500))),
    "no padding": msg(16, bytes(16) + b"\5\0\x10\0\1" + attr(4, u32(1500))),
    "wrong size": msg(16, bytes(16) + attr(4, b"\1\2\3")),
    "after the NUL": msg(16, bytes(16) + attr(3, b"lo\0garbage\0")),
    "no UTF-8": msg(16, bytes(16) + attr(3, b"\xff\xfe\0")),
    "header cut": msg(16, b"\1\2\3"),
    "flag bits": msg(16, bytes(16) + attr(0x4004, struct.pack(">I", 1500)) + attr(0x8003, b"lo\0")),
    "unknown nest": msg(16, bytes(16) + nest(2000, attr(1, b"abc"), nest(2, attr(3, b"")))),
    "twice": msg(16, bytes(16) + attr(4, u32(1)) + attr(3, b"a\0") + attr(4, u32(2))),
    "nlmsg_len short": struct.pack("<IHHII", 12, 16, 0, 1, 0) + b"abcd",
    "nlmsg_len over": struct.pack("<IHHII", 99, 16, 0, 1, 0) + b"abcd",
    "no header": b"\1\2\3",
    "error": nlmsgerr(-17, newlink(1, "lo"), attr(1, b"exists\0")),
    "error, header cut": msg(ERROR, struct.pack("<i", -17) + b"\1\2\3\4"),
    "big-endian": newlink(7, "be", order=">"),
}


@pytest.mark.parametrize("name", sorted(ODD))
def test_malformed_messages_survive(name: str) -> None:
    for message in nldissect.dissect_all(ODD[name]):
        assert encode(message) == message.data  # with what trails it
        assert message.encode() == message.bytes
        if message.echo is not None:
            assert message.echo.encode() == message.echo.bytes


# -- what programs sent -------------------------------------------------------------


def request(name: str, ifname: str) -> Message:
    return next(m for m in ours(name) if m.to_kernel and m.type == 16 and m.get("ifname") == ifname)


CREATE = ["request", "ack", "create", "excl"]


def test_a_dummy_as_ip_makes_it() -> None:
    theirs = request("iproute", "pear0")
    made = nldissect.build(
        "rt-link",
        "newlink",
        {"ifname": "pear0", "linkinfo": {"kind": "dummy"}},
        flags=CREATE,
        sequence=theirs.seq,
    )
    assert made.encode() == theirs.bytes
    assert made == theirs.plain()


def test_a_veth_pair_as_ip_makes_it() -> None:
    theirs = request("iproute", "plum0")
    made = nldissect.build(
        "rt-link",
        "RTM_NEWLINK",
        {
            "IFLA_IFNAME": "plum0",
            "IFLA_LINKINFO": {
                "IFLA_INFO_KIND": "veth",
                "IFLA_INFO_DATA": {"VETH_INFO_PEER": {"ifname": "plum1"}},
            },
        },
        flags="NLM_F_REQUEST|NLM_F_ACK|NLM_F_CREATE|NLM_F_EXCL",
        sequence=theirs.seq,
    )
    assert made.encode() == theirs.bytes


def test_a_vlan_and_a_bridge_as_ip_makes_them() -> None:
    theirs = request("iproute", "pear0.33")
    made = nldissect.build(
        "rt-link",
        "newlink",
        {
            "link": theirs["link"],
            "ifname": "pear0.33",
            "linkinfo": {"kind": "vlan", "data": {"id": 33}},
        },
        flags=CREATE,
        sequence=theirs.seq,
    )
    assert made.encode() == theirs.bytes
    theirs = request("iproute", "orchard")
    made = nldissect.build(
        "rt-link",
        "newlink",
        {"ifname": "orchard", "linkinfo": {"kind": "bridge", "data": {"vlan-filtering": 1}}},
        flags=CREATE,
        sequence=theirs.seq,
    )
    assert made.encode() == theirs.bytes


# -- values as users write them ---------------------------------------------------


def link(**attributes: object) -> Message:
    return nldissect.build("rt-link", "newlink", attributes)


def test_values_in_every_notation() -> None:
    made = link(address="02:00:00:00:00:01", operstate="dormant", mtu="0x5dc", ifi_index=3)
    assert made["address"] == "02:00:00:00:00:01"
    assert made.find("operstate").label == "dormant"
    assert (made["mtu"], made["ifi-index"]) == (1500, 3)
    assert link(address=b"\2\0\0\0\0\1").bytes == link(address="02:00:00:00:00:01").bytes
    flags = [link(ifi_flags=f) for f in (["up", "multicast"], "IFF_UP|IFF_MULTICAST", 0x1001)]
    assert len({m.bytes for m in flags}) == 1
    assert flags[0]["ifi-flags"] == 0x1001
    route = nldissect.build(
        "rt-route",
        "newroute",
        {"rtm-family": 2, "rtm-dst-len": 24, "dst": "10.0.0.0", "gateway": "10.0.0.1"},
    )
    assert (route["dst"], route["gateway"]) == ("10.0.0.0", "10.0.0.1")
    assert (
        route.bytes
        == nldissect.build(
            "rt-route",
            "newroute",
            {"dst": bytes((10, 0, 0, 0)), "gateway": "10.0.0.1"},
            header={"rtm-family": "AF_INET", "rtm-dst-len": 24},
        ).bytes
    )


def test_flags_lists_repeats_and_numbers() -> None:
    made = nldissect.build("rt-link", "newlinkprop", {"prop-list": {"alt-ifname": ["a1", "a2"]}})
    assert [n.value for n in made.find_all("prop-list.alt-ifname")] == ["a1", "a2"]
    made = nldissect.build("rt-link", "newlink", {77: b"\1\2", 0x8000 | 18: {1: b"dummy"}})
    assert made["77"] == 0x201
    assert made.find("linkinfo").flags == 0x8000
    assert nldissect.build("rt-link", "getlink", {}, flags=["request", "dump"]).flags == 0x301
    assert nldissect.build("rt-link", "getlink", {}, flags=5).flags == 5


def test_nesting_flags_follow_the_protocol_or_what_is_said() -> None:
    inside = {"linkinfo": {"kind": "vlan", "data": {"id": 3}}}
    plain = nldissect.build("rt-link", "newlink", inside)
    assert [n.flags for n in plain.find_all("linkinfo")] == [0]
    every = nldissect.build("rt-link", "newlink", inside, nested=True)
    assert (every.find("linkinfo").flags, every.find("linkinfo.data").flags) == (0x8000, 0x8000)
    one_of = nldissect.build("rt-link", "newlink", inside, nested=["linkinfo.data"])
    assert (one_of.find("linkinfo").flags, one_of.find("linkinfo.data").flags) == (0, 0x8000)


def test_a_generic_family_and_a_reply() -> None:
    made = nldissect.build("nlctrl", "getfamily", {"family-name": "nl80211"})
    assert (made.type, made.command, made["family-name"]) == (16, 3, "nl80211")
    made = nldissect.build("nl_util", "l2-iid", {}, type=40)
    assert (made.type, made.family, made.operation.name) == (40, "nl_util", "l2-iid")
    reply = nldissect.build("rt-link", "newlink", {"ifname": "x"}, reply=True, flags=0)
    assert not reply.to_kernel
    assert nldissect.build("rt-link", "newlink", {"mtu": 1}, byte_order="big")["mtu"] == 1


@pytest.mark.parametrize(
    ("attributes", "path", "words"),
    [
        ({"mtu": "many"}, "mtu", "no number"),
        ({"mtu": -1}, "mtu", "negative"),
        ({"mtu": 1 << 32}, "mtu", "32 bits"),
        ({"mtuu": 1}, "mtuu", "did you mean 'mtu'"),
        ({"linkinfo": {"knd": "x"}}, "linkinfo.knd", "did you mean 'kind'"),
        ({"linkinfo": 5}, "linkinfo", "a dictionary"),
        ({"linkinfo": {"kind": "vlan", "data": {"id": "x"}}}, "linkinfo.data.id", "no number"),
        ({"linkinfo": {"data": {"id": 3}}}, "linkinfo.data", "follows from kind"),
        ({"address": "192.0.2"}, "address", "address"),
        ({"operstate": "upp"}, "operstate", "did you mean 'up'"),
        ({"ifname": 7}, "ifname", "no text"),
        ({"ifinfomsg": {"ifi-indx": 1}}, "ifinfomsg.ifi-indx", "did you mean 'ifi-index'"),
        ({"ifalias": b"x" * 70_000}, "ifalias", "more than an attribute"),
        ({"carrier-changes": object()}, "carrier-changes", "no number"),
    ],
)
def test_what_cannot_be_is_told_with_its_path(attributes: object, path: str, words: str) -> None:
    with pytest.raises(EncodeError, match=words) as caught:
        nldissect.build("rt-link", "newlink", attributes)
    assert caught.value.path == path


def test_numbers_of_the_header_must_fit() -> None:
    for name, value in ("sequence", -1), ("port", 1 << 32), ("flags", 1 << 16), ("type", -1):
        with pytest.raises(EncodeError, match="is not from 0 to") as caught:
            nldissect.build("rt-link", "newlink", {}, **{name: value})
        assert caught.value.path == name
    with pytest.raises(EncodeError, match="no attribute's number"):
        nldissect.build("rt-link", "newlink", {"linkinfo": {-3: b""}})


def test_kinds_that_recordings_do_not_have() -> None:
    spec = of_spec(
        generic(
            {
                "name": "a",
                "attributes": [
                    {"name": "s", "type": "s16"},
                    {"name": "big", "type": "u32", "byte-order": "big-endian"},
                    {"name": "any", "type": "uint"},
                    {"name": "bits", "type": "bitfield32", "enum": "e"},
                    {"name": "list", "type": "indexed-array", "sub-type": "u32"},
                    {"name": "id", "type": "binary", "display-hint": "uuid"},
                    {"name": "flag", "type": "flag"},
                ],
            },
            definitions=[{"name": "e", "type": "flags", "entries": ["one", "two"]}],
        )
    )
    operation = spec.operations["op"]
    uuid = "00112233-4455-6677-8899-aabbccddeeff"
    values = {
        "s": -2,
        "big": 1,
        "any": 1 << 40,
        "bits": {"value": "one", "selector": ["one", "two"]},
        "list": [7, 8],
        "id": uuid,
        "flag": True,
    }
    made = build(spec, operation, values, kind=32)
    message = one(spec, made[20:])
    assert message["s"] == -2
    assert message["big"] == 1
    assert message.find("big").bytes == b"\0\0\0\1"
    assert message["any"] == 1 << 40
    assert message["bits"] == {"value": 1, "selector": 3}
    assert message["list"] == [7, 8]
    assert message["id"] == uuid
    assert message["flag"] is True
    assert message.encode() == message.data
    with pytest.raises(EncodeError, match="is a flag"):
        build(spec, operation, {"flag": 3}, kind=32)
    assert build(spec, operation, {"flag": False}, kind=32)[20:] == b""


# -- editing -------------------------------------------------------------------------


def test_editing_recomputes_every_length() -> None:
    (message,) = nldissect.dissect_all(newlink(3, "lo"))
    message["linkinfo.kind"] = "vlan"
    message["linkinfo.data.id"] = 5
    message["mtu"] = 1400
    assert message.bytes == msg(
        16,
        newlink(3, "lo")[16:]
        + attr(18, padded(attr(1, b"vlan\0")) + attr(2, attr(1, b"\5\0")))
        + attr(4, u32(1400)),
    )
    assert message.diagnoses == []
    message["ifname"] = "a-longer-name"
    message["linkinfo.data.id"] = 6
    del message["mtu"]
    assert message.plain() == {
        "ifinfomsg": {
            "ifi-family": 0,
            "ifi-type": 1,
            "ifi-index": 3,
            "ifi-flags": 1,
            "ifi-change": 0,
        },
        "ifname": "a-longer-name",
        "linkinfo": {"kind": "vlan", "data": {"id": 6}},
    }
    assert message.encode() == message.data
    assert message.length == len(message.bytes)


def test_editing_a_header_a_list_and_a_nest() -> None:
    made = nldissect.build("rt-link", "newlinkprop", {"prop-list": {"alt-ifname": ["a", "b", "c"]}})
    made["prop-list.alt-ifname"] = ["x", "yy"]
    assert made["prop-list"] == {"alt-ifname": ["x", "yy"]}
    made["prop-list.alt-ifname"] = ["x", "yy", "zzz", "w"]
    assert made["prop-list"] == {"alt-ifname": ["x", "yy", "zzz", "w"]}
    made["ifi-index"] = 9
    made["ifinfomsg.ifi-flags"] = "up"
    assert (made["ifi-index"], made["ifi-flags"]) == (9, 1)
    made["prop-list"] = {"alt-ifname": "only"}
    assert made["prop-list"] == {"alt-ifname": ["only"]}
    with pytest.raises(EncodeError, match="does not fit 8 bits"):
        made["ifi-family"] = 256
    with pytest.raises(EncodeError, match="cannot be left out"):
        del made["ifi-index"]
    with pytest.raises(KeyError, match="did you mean 'prop-list'"):
        del made["prop-lst"]


def test_nodes_from_before_an_edit_stay_what_they_were() -> None:
    (message,) = nldissect.dissect_all(newlink(3, "lo"))
    name, header = message.find("ifname"), message.find("ifinfomsg")
    assert name is not None
    assert header is not None
    message["ifname"] = "changed"
    assert name.value == "lo"
    assert header.children[0].value == 0
    assert message["ifname"] == "changed"


@pytest.mark.slow
def test_every_recorded_link_survives_an_edit_and_its_reverse(tmp_path: Path) -> None:
    for name in ("links", "iproute", "rtnl_bridge"):
        for message in ours(name):
            if message.type != 16 or "mtu" not in message:
                continue
            before, mtu = message.bytes, message["mtu"]
            message["mtu"] = mtu + 1
            assert len(message.bytes) == len(before)
            assert message["mtu"] == mtu + 1
            message["mtu"] = mtu
            assert message.bytes == before
            message["ifalias"] = "an alias"
            assert message["ifalias"] == "an alias"
            del message["ifalias"]
            assert message["mtu"] == mtu


def test_the_request_in_an_error_is_not_edited() -> None:
    (message,) = nldissect.dissect_all(nlmsgerr(-17, newlink(1, "lo")))
    assert message.echo is not None
    with pytest.raises(EncodeError, match="cannot be edited"):
        message.echo["mtu"] = 5
    for path in ("nlmsgerr.request.ifname", "nlmsgerr.request.ifi-index"):
        with pytest.raises(EncodeError, match="cannot be edited"):
            message[path] = 5
    with pytest.raises(EncodeError, match="cannot be edited"):
        del message["nlmsgerr.request.ifname"]
    message["error"] = -5
    assert message.error == -5


@pytest.mark.parametrize(("member", "value"), [
    ("seq", 1 << 32), ("port", -1), ("flags", 1 << 16), ("type", -1), ("seq", "1"),
])  # fmt: skip
def test_a_header_that_does_not_fit_is_told(member: str, value: object) -> None:
    (message,) = nldissect.dissect_all(newlink(1, "lo"))
    try:
        setattr(message, member, value)
    except TypeError:
        return  # compiled it takes numbers only
    with pytest.raises(EncodeError, match=f"{member}.*{value}"):
        message.encode()


# -- what cannot be made ------------------------------------------------------------------


def deep(levels: int) -> dict[int, object]:
    made: dict[int, object] = {}
    for _ in range(levels):
        made = {99: made}
    return made


@pytest.mark.parametrize(
    ("dissector", "operation", "attributes"),
    [
        ("rt-link", "newlink", {"ifname": "a\udcff"}),
        ("rt-link", "newlink", deep(5000)),
        ("rt-link", "newlink", {"linkinfo": deep(5000)}),
        ("rt-route", "newroute", {"rtm-family": "mpls", "dst": "1048576"}),
        ("rt-route", "newroute", {"rtm-family": "mpls", "dst": "16/-5"}),
        ("rt-link", "newlink", ["ifname"]),
    ],
)
def test_what_cannot_be_encoded_is_said(
    dissector: str, operation: str, attributes: dict[object, object]
) -> None:
    with pytest.raises(nldissect.EncodeError) as problem:
        nldissect.build(dissector, operation, attributes)
    assert str(problem.value).isprintable()
    with pytest.raises(nldissect.EncodeError):
        link(ifname="lo")["linkinfo"] = deep(5000)


def test_the_last_mpls_label_is_one() -> None:
    made = nldissect.build("rt-route", "newroute", {"rtm-family": "mpls", "dst": "1048575/16"})
    assert made["dst"] == "1048575/16"


# Bytes in nests that are no attributes: too few for one, or of a length that cannot be.
LEFT_OVER = [b"\1", b"\1\2\3", b"\x08\0\1\0\1", b"\2\0\1\0", struct.pack("<HH", 99, 1) + b"abcd"]


@pytest.mark.parametrize("left", LEFT_OVER)
@pytest.mark.parametrize(
    "inside",
    [
        lambda left: nest(18, attr(1, b"dummy\0"), left),  # linkinfo
        lambda left: nest(52, attr(53, b"other\0"), left),  # prop-list
        lambda left: nest(22, nest(1, nest(1, attr(1, b"12345678"), left))),  # vfinfo-list
        lambda left: nest(26, nest(2, attr(1, bytes(8)), left)),  # af-spec, by family
    ],
)
def test_what_is_left_over_in_a_nest_is_bytes(
    inside: Callable[[bytes], bytes], left: bytes
) -> None:
    (message,) = nldissect.dissect_all(msg(16, bytes(16) + attr(3, b"lo\0") + inside(left)))
    found = Arguments(message)
    assert found.exact
    assert found.build() == message.bytes
    assert found.attributes["ifname"] == "lo"
    assert message.encode() == message.bytes


@pytest.mark.slow
def test_mutated_messages_are_built_or_given_as_bytes(tmp_path: Path) -> None:
    """Whatever is in them, their source makes the same bytes, each of them."""
    source = [found for name in NAMES if (found := mutate.records(RECORDINGS / f"{name}.pcap"))]
    path = tmp_path / "mutated.pcap"
    path.write_bytes(mutate.capture(random.Random(18), source, 2000, False))
    renderer = BuildRenderer()
    for message in nldissect.open(path):
        assert message.encode() == message.bytes
        found: dict[str, Message] = {}
        exec(renderer.begin() + renderer.message(message), found)
        assert found[f"message_{message.number}"].bytes == message.bytes
