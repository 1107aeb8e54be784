"""Errors in words: real refusals, located in the request, and what is missing or wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nldissect._internal.analysis.explain import (
    KERNEL_ERRORS,
    Explanation,
    error_text,
    explain,
    locate,
    paths,
)
from nldissect._internal.engine.message import Message
from nldissect._internal.library import hostnames
from nldissect._internal.pairing.codes import ANSWER
from nldissect._internal.pairing.conversation import Conversations
from nldissect._internal.spec.registry import Registry
from nldissect._internal.wire.linux import ERRNO
from support.messages import (
    ACK,
    CAPPED,
    DONE,
    GENERIC,
    MULTI,
    REQUEST,
    attr,
    bound,
    generic,
    genl,
    msg,
    nest,
    nlmsgerr,
    of_spec,
    padded,
    read,
    record,
    recording,
    u8,
    u32,
    u64,
)

MSG, OFFS, COOKIE, POLICY, MISS_TYPE, MISS_NEST = range(1, 7)
LINK = bytes(16)


def explained(name: str) -> dict[int, Explanation]:
    """The explanations of a recording, by the number of the answer; requests as paired."""
    pairs = Conversations()
    out = {}
    for message in recording(name):
        found = pairs.feed(message)
        if found.role == ANSWER and found.transaction is not None:
            why = explain(message, found.transaction.request_of(found.of))
            if why is not None:
                out[message.number] = why
    return out


def failing(request: bytes, *extack: bytes, error: int = -22, capped: bool = False) -> Message:
    answer = nlmsgerr(error, request, *extack, capped=capped)
    return read(record(answer))[0]


def why(request: bytes, *extack: bytes, error: int = -22) -> Explanation:
    found = explain(failing(request, *extack, error=error))
    assert found is not None
    return found


VXLAN = nest(18, attr(1, b"vxlan\0"), nest(2, attr(1, u32(33554432))))
NEW_VXLAN = msg(16, LINK + attr(3, b"vxlan0\0") + VXLAN, REQUEST | ACK)


# -- recordings -----------------------------------------------------------------------

LINES = {
    ("acks", 6): "newlink: ENODEV: No such device",
    ("acks", 46): "newlink lemon0: EINVAL: mtu greater than device maximum",
    ("acks", 125): "newlink bond0: EACCES at IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_BOND_ARP_INTERVAL "
    "(value 100): option not supported in mode",
    ("acks", 131): "newlink bond0: EACCES at IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_BOND_PRIMARY "
    "(value 3 kiwi0): option not supported in mode",
    ("acks", 332): "newlink kiwi0: ERANGE at IFLA_MTU (2 bytes: 0102): "
    "Attribute failed policy validation; accepted: u32",
    ("acks", 334): "newlink kiwi0: ERANGE at IFLA_IFNAME "
    '(value "a-name-that-is-too-long"): Attribute failed policy validation; '
    "accepted: string of at most 15 bytes",
    ("acks", 344): "getlink index 4242: ENODEV: No such device",
    (
        "acks",
        414,
    ): "getlink dump index 9: EINVAL: Filter by device index not supported for link dumps",
    ("acks", 450): "nlctrl getfamily xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: EINVAL at "
    'CTRL_ATTR_FAMILY_NAME (value "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"): '
    "Attribute failed policy validation; accepted: NUL-terminated string of at most 15 bytes",
    ("errors", 46): "getlink dump: EINVAL at attr 400 (value 1): Unknown attribute type",
    ("nlex", 41): "nlex upd: EINVAL: NLE_MYVAR is missing",
    ("nl_util", 55): "nl_util l2-iid dev 0100: EINVAL at "
    "NL_UTIL_A_NETDEV.NL_UTIL_NESTED_A_IFINDEX (2 bytes: 0100): "
    "invalid attribute length; accepted: u32",
    ("nl_util", 57): "nl_util l2-iid \\x01: EINVAL at NL_UTIL_A_NETDEV.NL_UTIL_NESTED_A_IFNAME "
    '(value "\\x01"): Unsupported attribute',
}


@pytest.mark.parametrize("name", sorted({name for name, _ in LINES}))
def test_lines_of_recordings(name: str) -> None:
    found = explained(name)
    assert {n: found[n].line for (of, n) in LINES if of == name} == {
        n: line for (of, n), line in LINES.items() if of == name
    }


def test_every_error_of_the_recordings_is_explained() -> None:
    for name in ("acks", "errors", "refused", "nlex", "nl_util", "nlctrl", "ethtool"):
        for message in recording(name):
            found = explain(message)
            assert (found is not None) == bool(message.error)
            if found is not None:
                assert found.errno.startswith("E")
                assert found.text
                assert found.line.isprintable()


def test_parts_and_full_lines() -> None:
    found = explained("acks")[332]
    assert (found.error, found.errno, found.text) == (
        -34,
        "ERANGE",
        "Numerical result out of range",
    )
    assert found.subject == "newlink kiwi0"
    assert found.message == "Attribute failed policy validation"
    assert (found.path, found.constant_path) == ("mtu", "IFLA_MTU")
    assert (found.offset, found.length, found.bytes) == (32, 6, bytes.fromhex("060004000102"))
    assert found.accepted == "u32"
    assert found.lines == [
        "ERANGE (34): Numerical result out of range",
        "the kernel says: Attribute failed policy validation",
        "at offset 32: IFLA_MTU, 6 bytes",
        "there: 2 bytes: 0102",
        "bytes: 06 00 04 00 01 02",
        "accepted: u32",
    ]


def test_capped_echo_needs_the_request() -> None:
    answer = recording("acks")[376]
    assert answer.flags & CAPPED
    alone = explain(answer)
    assert alone is not None
    assert (alone.offset, alone.path, alone.bytes) == (32, None, None)
    assert "at offset 32" in alone.line
    assert "not in the request" in "".join(alone.lines)
    assert explained("acks")[377].constant_path == "IFLA_MTU"


def test_echo_and_request_give_the_same() -> None:
    for message in recording("nlex"):
        if message.error:
            by_echo = explain(message)
            assert by_echo is not None
            assert by_echo.line == explained("nlex")[message.number].line


def test_missing_in_a_nest_of_a_recording() -> None:
    found = explained("acks")[488]
    assert found.missing is not None
    assert found.missing_in
    assert f"{found.missing} is missing in {found.missing_in}" in found.line


# -- offsets ---------------------------------------------------------------------------


def test_deepest_attribute() -> None:
    at = NEW_VXLAN.index(attr(1, u32(33554432)))
    found = why(NEW_VXLAN, attr(MSG, b"bad VNI\0"), attr(OFFS, u32(at)))
    assert found.line == (
        "newlink vxlan0: EINVAL at IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_VXLAN_ID "
        "(value 33554432): bad VNI"
    )
    assert found.path == "linkinfo.data.id"
    assert (found.offset, found.length) == (at, 8)


@pytest.mark.parametrize(
    ("offset", "path"),
    [(0, "length"), (4, "type"), (6, "flags"), (8, "sequence"), (15, "port"),
     (20, "ifinfomsg.ifi-index"), (32, "ifname"), (36, "ifname"), (44, "linkinfo")],
)  # fmt: skip
def test_offsets_into_headers_and_attributes(offset: int, path: str) -> None:
    (request,) = read(record(NEW_VXLAN))
    node = locate(request, offset)
    assert node is not None
    assert paths(node)[0] == path
    echo = failing(NEW_VXLAN).echo
    assert echo is not None
    echoed = locate(echo, offset)
    assert echoed is not None
    assert paths(echoed)[0].removeprefix("nlmsghdr.") == path


@pytest.mark.parametrize("offset", [43, 10_000, 0xFFFFFFFF])
def test_offsets_to_nothing(offset: int) -> None:
    found = why(NEW_VXLAN, attr(OFFS, u32(offset)))
    assert (found.offset, found.path, found.value) == (offset, None, None)
    assert found.line.startswith(f"newlink vxlan0: EINVAL at offset {offset}")


def test_long_values_are_cut_in_the_line_only() -> None:
    request = msg(16, LINK + attr(20, b"x" * 200 + b"\0"), REQUEST | ACK)
    found = why(request, attr(OFFS, u32(32)))
    assert len(found.line) < 150
    assert found.value == 'value "' + "x" * 200 + '"'


# -- missing -----------------------------------------------------------------------------


def test_missing_at_top_level_and_in_a_nest() -> None:
    top = why(NEW_VXLAN, attr(MISS_TYPE, u32(4)))
    assert (top.missing, top.missing_in) == ("IFLA_MTU", "")
    assert top.line == "newlink vxlan0: EINVAL: IFLA_MTU is missing"
    at = NEW_VXLAN.index(VXLAN[:4])
    inner = why(NEW_VXLAN, attr(MISS_TYPE, u32(1)), attr(MISS_NEST, u32(at)))
    assert (inner.missing, inner.missing_in) == ("IFLA_INFO_KIND", "IFLA_LINKINFO")
    assert inner.lines[-1] == "IFLA_INFO_KIND is missing in IFLA_LINKINFO"


def test_missing_in_a_selected_sub_message() -> None:
    at = NEW_VXLAN.index(nest(2, attr(1, u32(33554432)))[:4], NEW_VXLAN.index(VXLAN[:4]))
    found = why(NEW_VXLAN, attr(MISS_TYPE, u32(5)), attr(MISS_NEST, u32(at)))
    assert found.missing == "IFLA_VXLAN_TTL"
    assert found.missing_in == "IFLA_LINKINFO.IFLA_INFO_DATA"


def test_missing_where_nothing_is_known() -> None:
    request = msg(250, bytes(4), REQUEST | ACK)
    found = why(request, attr(MISS_TYPE, u32(9)), attr(MISS_NEST, u32(900)))
    assert found.line == "type 250: EINVAL: attribute 9 is missing in the nest at offset 900"


# -- policies ------------------------------------------------------------------------------

TYPE, MIN_S, MAX_S, MIN_U, MAX_U, MIN_LEN, MAX_LEN, IDX, MAXTYPE, BITS, PAD, MASK = range(1, 13)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ([attr(TYPE, u32(1))], "flag"),
        ([attr(TYPE, u32(4)), attr(MIN_U, u64(0)), attr(MAX_U, u64(0xFFFFFFFF))], "u32"),
        ([attr(TYPE, u32(2)), attr(MIN_U, u64(1)), attr(MAX_U, u64(15))], "u8 1 to 15"),
        ([attr(TYPE, u32(8)), attr(MIN_S, u64(2**64 - 5)), attr(MAX_S, u64(5))], "s32 -5 to 5"),
        ([attr(TYPE, u32(11)), attr(MAX_LEN, u32(15))], "string of at most 15 bytes"),
        ([attr(TYPE, u32(10)), attr(MIN_LEN, u32(6)), attr(MAX_LEN, u32(6))], "bytes of 6 bytes"),
        ([attr(TYPE, u32(10)), attr(MIN_LEN, u32(4))], "bytes of 4 bytes or more"),
        ([attr(TYPE, u32(10)), attr(MIN_LEN, u32(4)), attr(MAX_LEN, u32(16))],
         "bytes of 4 to 16 bytes"),
        ([attr(TYPE, u32(4)), attr(MASK, u64(7))], "u32 with no bits but 0x7"),
        ([attr(TYPE, u32(15)), attr(BITS, u32(3))], "bitfield32 with no bits but 0x3"),
        ([attr(TYPE, u32(13)), attr(IDX, u32(2)), attr(MAXTYPE, u32(9))],
         "nest with attributes up to 9"),
        ([attr(TYPE, u32(99))], "type 99"),
        ([], "anything"),
        ([attr(TYPE, u8(4))], "anything"),  # malformed
    ],
)  # fmt: skip
def test_policy_in_words(rule: list[bytes], words: str) -> None:
    found = why(NEW_VXLAN, nest(POLICY, *rule))
    assert found.accepted == words
    assert found.line.endswith(f"; accepted: {words}")


# -- the rest ------------------------------------------------------------------------------


def test_success_is_not_explained() -> None:
    for message in (failing(NEW_VXLAN, error=0), read(record(msg(DONE, u32(0), MULTI)))[0]):
        assert explain(message) is None
    assert explain(read(record(NEW_VXLAN))[0]) is None


def test_failed_done_with_its_request() -> None:
    request = msg(18, LINK + attr(400, u32(1)), REQUEST | 0x300)
    answer = msg(
        DONE,
        u32(0xFFFFFFEA) + attr(MSG, b"Unknown attribute type\0") + attr(OFFS, u32(32)),
        MULTI | 0x200,
    )
    asked, refused = read(record(request), record(answer))
    found = explain(refused, asked)
    assert found is not None
    assert found.line == "getlink dump: EINVAL at attr 400 (value 1): Unknown attribute type"


def test_unknown_error_numbers() -> None:
    found = why(NEW_VXLAN, error=-4000)
    assert (found.errno, found.text) == ("4000", "")
    assert found.line == "newlink vxlan0: 4000"
    assert found.lines == ["4000"]
    assert set(KERNEL_ERRORS) <= set(ERRNO)
    assert {name for number, name in ERRNO.items() if not error_text(number)} <= {"EFTYPE"}


def test_the_kernels_words_cannot_act_on_a_terminal() -> None:
    found = why(NEW_VXLAN, attr(MSG, b"\x1b[2Jgone\n\0"))
    assert "\x1b" not in found.line + "".join(found.lines)
    assert found.message == "\x1b[2Jgone"


def test_damaged_errors_are_explained_as_far_as_they_go() -> None:
    whole = nlmsgerr(-22, NEW_VXLAN, attr(MSG, b"no\0"), attr(OFFS, u32(32)), nest(POLICY))
    for size in range(16, len(whole)):
        for message in read(record(whole[:size], total=len(whole))):
            found = explain(message)
            assert found is None or found.line
            assert found is not None or size < 20


def test_generic_family_without_a_dissector() -> None:
    request = msg(77, genl(3, attr(1, u32(5))), REQUEST | ACK)
    answer = nlmsgerr(-22, request, attr(OFFS, u32(20)))
    message = read(record(answer, protocol=GENERIC))[0]
    found = explain(message)
    assert found is not None
    assert found.offset == 20
    assert "EINVAL at " in found.line


def test_array_entry_names_its_nest() -> None:
    spec = of_spec(
        generic(
            {
                "name": "a",
                "attributes": [
                    {
                        "name": "list",
                        "type": "indexed-array",
                        "sub-type": "nest",
                        "nested-attributes": "b",
                    }
                ],
            },
            {
                "name": "b",
                "attributes": [{"name": "x", "type": "u32"}, {"name": "y", "type": "u8"}],
            },
        )
    )
    data = msg(32, genl(1, nest(1, nest(5, attr(1, u32(1))))), REQUEST)
    request = Message(bound(spec), GENERIC, data, 0, len(data), False)
    request.context.bind(request)
    answer = failing(padded(data), attr(MISS_TYPE, u32(2)), attr(MISS_NEST, u32(24)))
    found = explain(answer, request)
    assert found is not None
    assert (found.missing, found.missing_in) == ("TEST_A_B_Y", "TEST_A_A_LIST.5")


# -- names of this host ------------------------------------------------------------------------


def test_host_names_are_read_and_taught(tmp_path: Path) -> None:
    (tmp_path / "rt_tables").write_text(
        "# mine\n255\tlocal\n0x7b  office # floor 3\nbroken\n9 a b\n"
    )
    (tmp_path / "rt_tables.d").mkdir()
    (tmp_path / "rt_tables.d" / "x.conf").write_text("124 lab\n123 later\n")
    (tmp_path / "rt_tables.d" / "x.txt").write_text("125 not-read\n")
    (tmp_path / "rt_protos").write_bytes(b"200 \xffodd\n201 routerd\n")
    folders = [str(tmp_path), str(tmp_path / "none")]
    assert hostnames.read("rt_tables", folders) == {255: "local", 123: "office", 124: "lab"}
    registry = Registry(use_system=False)
    assert hostnames.teach(registry, folders) > 0
    spec = registry.named("rt-route")
    assert spec is not None
    tables, protocols = spec.enums["rt-table"], spec.enums["rt-protocol"]
    assert tables.label(123) == tables.label(123, True) == "office"
    assert protocols.label(201) == "routerd"
    assert tables.constants[255] == "RT_TABLE_LOCAL"
    request = msg(24, bytes([2, 32, 0, 0, 123, 201, 0, 1]) + bytes(4) + attr(1, bytes(4)), REQUEST)
    (message,) = read(record(request), registry=registry)
    node = message.find("rtm-table")
    assert node is not None
    assert node.label == "office"
    assert hostnames.teach(registry, folders) == 0


def test_host_names_stay_with_their_registry(tmp_path: Path) -> None:
    (tmp_path / "rt_tables").write_text("123 office\n")
    hostnames.teach(Registry(use_system=False), [str(tmp_path)])
    spec = Registry(use_system=False).named("rt-route")
    assert spec is not None
    assert spec.enums["rt-table"].label(123) is None
