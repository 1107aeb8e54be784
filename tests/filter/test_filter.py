"""Filters: what they mean, what is wrong with them, and what completes them."""

from __future__ import annotations

import struct
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nldissect._internal import filter as filters
from nldissect._internal.capture.reader import open_capture
from nldissect._internal.engine.labels import flag_names
from nldissect._internal.engine.message import Message
from nldissect._internal.filter.completion import complete
from nldissect._internal.filter.message_types import NLM_FLAGS
from nldissect._internal.filter.parser import MAX_DEPTH
from nldissect._internal.pairing.transaction import Link
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.spec.registry import Registry
from nldissect._internal.wire.errors import FilterError, UsageError
from support import ROOT
from support.command import Command, attribute, link, mtu, name, save
from support.messages import builtin
from support.pairing import held_back


def wrong(text: str) -> FilterError:
    with pytest.raises(FilterError) as caught:
        filters.Filter(text, builtin())
    assert caught.value.text == text
    assert 0 <= caught.value.column <= len(text)
    return caught.value


def numbers(path: Path, text: str) -> list[int]:
    wanted = filters.Filter(text, builtin())
    pairs = held_back(Session(builtin()).messages(open_capture(str(path))))
    return [message.number for message, link in pairs if wanted.matches(message, link)]


# -- meaning ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five links: eth0 1500, eth1 9000, two names and sizes at once, none, one in a datagram."""
    return save(
        tmp_path_factory.mktemp("filter") / "links.pcap",
        link(name("eth0"), mtu(1500), index=1),
        link(name("eth1"), mtu(9000), index=2),
        link(name("a"), mtu(1), name("b"), mtu(2), index=3),
        link(index=4),
        link(name("x"), index=5) + link(name("y"), mtu(1500), index=6),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mtu == 1500", [1, 6]),
        ("mtu != 1500", [2, 3]),
        ("not mtu == 1500", [2, 3, 4, 5]),
        ("mtu == 1", [3]),
        ("mtu != 1", [1, 2, 6]),
        ("mtu !== 1", [1, 2, 3, 6]),
        ("mtu === 1", []),
        ("mtu === 1500", [1, 6]),
        ("any mtu != 1", [1, 2, 3, 6]),
        ("all mtu > 1", [1, 2, 6]),
        ("all mtu >= 1", [1, 2, 3, 6]),
        ("any mtu > 1", [1, 2, 3, 6]),
        ("mtu in {1..2}", [3]),
        ("all mtu in {1}", []),
        ("mtu not in {1500, 9000}", [3, 4, 5]),
        ("mtu", [1, 2, 3, 6]),
        ("count(mtu) == 2", [3]),
        ("count(mtu) == 0", [4, 5]),
        ("ifname == a && ifname == b", [3]),
        ('ifname == "x"', [5]),  # per message, not per record
        ("ifname contains th and mtu < 9000", [1]),
        ("ifname > eth0", [2, 5, 6]),
        ("ifname matches r'^E.*\\d$'", [1, 2]),
        ("1 < mtu < 9000", [1, 3, 6]),
        ("9000 > mtu", [1, 3, 6]),
        ("ifi-index == 4 xor mtu == 1500", [1, 4, 6]),
        ("ifi-index & 4", [4, 5, 6]),
        ("ifi-index & 6 == 4", [4, 5]),
        ("(ifi-index & 6) == 4", [4, 5]),
        ("not (mtu or ifi-index == 4)", [5]),
        ("!mtu or ifname == eth0 and mtu == 9000", [4, 5]),
        ("record == 5", [5, 6]),
        ("number in {2..4}", [2, 3, 4]),
        ("mtu == 0x5DC || mtu == 0b1 || mtu == 0o21450", [1, 2, 3, 6]),
        ("mtu == 02734", [1, 6]),
        ('ifname[1:2] == "th"', [1, 2]),
        ("ifname[1-2] == 74:68", [1, 2]),
        ("ifname[-1] == 30", [1]),
        ("ifname[0,3] == 65:31", [2]),
        ("ifname[7] == 0", []),
        ("len(ifname) == 4", [1, 2]),
        ('upper(ifname) == "ETH0"', [1]),
        ("newlink { ifname == x or mtu == 9000 }", [2, 5]),
        ("request.ifname", []),
        ("time > 2500us", [4, 5, 6]),
        ('time < "2026-01-02T03:04:05.001Z"', [1]),
        ('time == "2026-01-02T04:04:05+01:00"', [1]),
        ("ifname == 'eth\\x30'", [1]),
        ("ifname == '\\145th0'", [1]),
        ("IFLA_MTU == 1500 and rt_link.ifname == eth0", [1]),
        ("ifname matches '(?-i)^e' and not ifname ~ '(?-i)^E'", [1, 2]),
        ("attributes.4 == 1500", [1, 6]),
        ("RTM_NEWLINK == type and 16 == type", [1, 2, 3, 4, 5, 6]),
        ("direction == from_kernel", [1, 2, 3, 4, 5, 6]),
        ("role == Notification", [1, 2, 3, 4, 5, 6]),
        ("mtu[1] & 3", [1, 2, 6]),
        ("mtu[0:2] & ff:01 == dc:01", [1, 6]),
        ("mtu[0:2] & ff", []),
    ],
)  # fmt: skip
def test_what_a_filter_means(links: Path, text: str, found: list[int]) -> None:
    assert numbers(links, text) == found


def test_link_layer_addresses_however_written(tmp_path: Path) -> None:
    addresses = (bytes.fromhex("02000000ab01"), bytes.fromhex("0a0a0a0a"))
    path = save(tmp_path / "a.pcap", *(link(attribute(1, each)) for each in addresses))
    for text in ("02:00:00:00:ab:01", "02-00-00-00-AB-01", "0200.0000.ab01", "02000000ab01"):
        assert numbers(path, f"address == {text}") == [1]
    assert numbers(path, "address == 10.10.10.10") == [2]  # of an ipip or gre interface
    assert numbers(path, "address in 10.10.0.0/16") == [2]
    assert numbers(path, "10.10.10.10 == address") == [2]


def test_conditions_in_braces_are_tied_to_one_nest(tmp_path: Path) -> None:
    hop = struct.Struct("<HBBi")

    def nexthop(hops: int, index: int, gateway: bytes) -> bytes:
        return hop.pack(16, 0, hops, index) + attribute(5, gateway)

    route = struct.pack("<BBBBBBBBI", 2, 0, 0, 0, 254, 3, 0, 1, 0)
    several = nexthop(0, 2, b"\x0a\0\0\1") + nexthop(4, 3, b"\x0a\0\0\2")
    body = route + attribute(9, several)
    header = struct.pack("<IHHII", 16 + len(body), 24, 0, 1, 0)
    path = save(tmp_path / "hops.pcap", header + body)
    for text, holds in (
        ("nexthop { via == 10.0.0.2 and weight > 1 }", True),
        ("nexthop { via == 10.0.0.1 and weight > 1 }", False),
        ("via == 10.0.0.1 and weight > 1", True),
        ("nexthop { via == 10.0.0.1 and not weight > 1 }", True),
        ("nexthop { dev == 3 and weight == 5 }", True),
        ("not nexthop { via == 10.0.0.3 }", True),
        ("multipath { rtnh-hops == 4 and gateway in 10.0.0.0/30 }", True),
        ("multipath.gateway == 10.0.0.2", True),
        ("newroute { nexthop { weight == 1 } and nexthop { weight == 5 } }", True),
    ):
        assert bool(numbers(path, text)) is holds, text


def test_the_name_of_a_flag_is_what_it_means_there() -> None:
    seen = set()
    for stem in ("acks", "errors", "links", "nlctrl", "routes"):
        capture = open_capture(str(ROOT / "captures" / f"{stem}.pcap"))
        messages = list(Session(builtin()).messages(capture))
        for constant, bits in NLM_FLAGS.items():
            name = constant.removeprefix("NLM_F_")
            named = filters.Filter(f"flags & {constant}", builtin())
            whole = filters.Filter(f"flags & {constant} == {bits:#x}", builtin())
            number = filters.Filter(f"flags & {bits:#x}", builtin())
            for m in messages:
                names = flag_names(m)
                meant = name in names or (name in ("ROOT", "MATCH") and "DUMP" in names)
                assert named.matches(m) == whole.matches(m) == meant, (stem, m.number, constant)
                assert number.matches(m) == (m.flags & bits != 0)
                if meant:
                    seen.add(name)
    assert seen >= {"DUMP", "CREATE", "EXCL", "REPLACE", "APPEND", "CAPPED", "ACK_TLVS", "MULTI"}


def test_types_by_number_and_by_name_go_together() -> None:
    capture = open_capture(str(ROOT / "captures" / "nlctrl.pcap"))
    messages = list(Session(builtin()).messages(capture))
    wanted = filters.Filter("type in {0..0xffff, newfamily}", builtin())
    assert all(wanted.matches(m) for m in messages)


@pytest.mark.parametrize("text", ["type == RTM_NEWLINK", "flags & 1", "length > 10", "port == 0"])
def test_header_terms_touch_no_attributes(
    links: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    messages = list(Session(builtin()).messages(open_capture(str(links))))
    wanted = filters.Filter(text, builtin())

    def refuse(message: Message, engine: object = None) -> None:
        raise AssertionError("attributes are looked at")

    monkeypatch.setattr(Message, "nodes", property(refuse))
    monkeypatch.setattr(Message, "walk_onto", refuse)
    for message in messages:
        wanted.matches(message)


def test_a_nested_attribute_is_found_without_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = filters.Filter('newlink.linkinfo.kind == "vlan"', builtin())
    capture = open_capture(str(ROOT / "captures" / "links.pcap"))
    messages = [m for m in Session(builtin()).messages(capture) if m.type == 16]

    def refuse(message: Message) -> None:
        raise AssertionError("a tree is built")

    monkeypatch.setattr(Message, "nodes", property(refuse))
    assert sum(map(wanted.matches, messages)) == 10


def test_only_dissectors_with_the_names_of_a_filter_load() -> None:
    filters.Filter("newlink", Registry())  # the index of names is made from all of them, once
    registry = Registry()
    filters.Filter("newlink.linkinfo.kind == vlan and linkinfo.kind == vlan", registry)
    loaded = {entry.name for entry in registry.files() if entry.loaded is not None}
    assert "rt-link" in loaded
    assert not loaded & {"nlctrl", "rt-neigh", "rt-route"}


def test_only_pairing_needs_a_link() -> None:
    for text, needs in (
        ("mtu == 1", False),
        ("answered", True),
        ("not (mtu == 1 and latency > 1s)", True),
        ("newlink { unanswered }", True),
        ("summary contains x", True),
        ("note", False),
    ):
        assert filters.Filter(text, builtin()).needs_link is needs, text


# -- mistakes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 0, "empty"),
        ("  ", 0, "empty"),
        ("ifnam == 1", 0, "'ifname'"),
        ("mtu == 1 and ifnam", 13, "'ifname'"),
        ("linkinfo.kin", 9, "'kind'"),
        ("IFLA_MTUU", 0, "'IFLA_MTU'"),
        ("linkinfo.ifi-flags", 0, "ifi-flags"),
        ("mtu == abc", 7, "no number"),
        ('mtu == "1x"', 7, "no number"),
        ("mtu == 0x", 7, "no number"),
        ("ifname == 5", 10, '"5"'),
        ("mtu contains 5", 13, "contains"),
        ('mtu matches "5"', 12, "matches"),
        ("ifname matches abc", 15, "quotes"),
        ('ifname matches "("', 15, "regular expression"),
        ("type == RTM_NEWLNK", 8, "'RTM_NEWLINK'"),
        ("operation == newlnk", 13, "'newlink'"),
        ("error == ENODE", 9, "'ENODEV'"),
        ("flags & NLM_F_DMP", 8, "'NLM_F_DUMP'"),
        ("ifi-flags & upp", 12, "'up'"),
        ("operstate == updown", 13, "operstate"),
        ("protocol == rout", 12, "'route'"),
        ("role == reqest", 8, "'request'"),
        ("latency > 10", 10, "10ms"),
        ("time > yesterday", 7, "2026"),
        ("rta.dst in 10.0.0.0/33", 11, "no address"),
        ("rta.dst < 10.0.0.0/8", 10, "prefix"),
        ("mtu in {9..1}", 8, "nothing"),
        ("mtu in {}", 8, "value"),
        ("mtu in {1, x}", 11, "no number"),
        ("mtu = 1", 4, "=="),
        ("mtu == ", 6, "missing"),
        ("mtu == 1 and", 12, "missing"),
        ("mtu == 1 mtu", 9, "`and`"),
        ("mtu == 1 AND mtu", 9, "'and'"),
        ('ifname == "x', 10, "does not end"),
        ('ifname == "\\q"', 11, "escape"),
        ("ifname[", 6, "slice"),
        ("ifname[x]", 6, "slice"),
        ("ifname[3-1]", 6, "slice"),
        ("record[0]", 0, "bytes"),
        ("(mtu == 1", 9, ")"),
        ("mtu == 1)", 8, ")"),
        ("mtu { kind == 1 }", 0, "no nest"),
        ("record { mtu }", 0, "braces"),
        ("linkinfo { record == 1 }", 11, "message"),
        ("nexthop { }", 10, "field"),
        ("note { kind == 1 }", 7, "code"),
        ("linkinfo { ifi-index == 1 ", 25, "}"),
        ("foo(mtu)", 0, "function"),
        ("len(mtu)", 0, "compare"),
        ("upper(mtu) == 1", 0, "strings"),
        ("any mtu", 0, "comparison"),
        ('"mtu"', 0, "field"),
        ("5", 0, "value"),
        ("5 == 5", 0, "value"),
        ("(mtu == 1) == 2", 0, "condition"),
        ("mtu == (ifname == 2)", 7, "condition"),
        ("newlink. == 1", 0, "dot"),
        ("mtu ; 1", 4, "';'"),
        ("\N{SNOWMAN} == 1", 0, "cannot stand"),
        ("größe == 1", 0, "größe"),
        ("mtu == 1\n and \x1b", 14, "cannot stand"),
        ("mtu & ", 5, "missing"),
        ("mtu & ifname", 6, "ifname"),
        ("rta.dst == 10.0.0.256", 11, "no address"),
        ("rta.dst == 10.0.0", 11, "no address"),
        ("rta.dst & 1", 10, "no address"),
        ("newlink == 3", 0, "newlink names messages"),
        ("attributes.nonsense.3", 11, "nonsense"),
        ("mtu and rt-link & 1", 8, "rt-link names messages"),
        ("RTM_NEWLINK in {1}", 0, "RTM_NEWLINK names messages"),
        ("direction == to_kernl", 13, "'to-kernel'"),
    ],
)  # fmt: skip
def test_what_is_wrong_and_where(text: str, column: int, words: str) -> None:
    problem = wrong(text)
    assert problem.column == column, problem
    assert words in str(problem)
    assert isinstance(problem, UsageError)
    assert "\n" not in problem.reason
    assert "\n" not in problem.hint


def test_depth_is_bounded() -> None:
    deep = MAX_DEPTH
    filters.Filter("(" * deep + "mtu" + ")" * deep, builtin())
    filters.Filter("not " * 5000 + "mtu", builtin())
    filters.Filter(" or ".join(["mtu == 1"] * 500), builtin())
    filters.Filter(f'ifname == "{"(" * 5000}"', builtin())
    nested = "not (" * deep + "mtu == 1 and mtu" + ")" * deep
    filters.Filter(nested, builtin())
    assert wrong("(" * 100_000).column == deep
    assert wrong("linkinfo { " * 60 + "kind" + " }" * 60)


PIECES = st.sampled_from(
    [
        "mtu",
        "ifname",
        "linkinfo",
        ".",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "==",
        "!=",
        "<",
        "&",
        "in",
        "and",
        "or",
        "not",
        "any",
        "all",
        "1",
        "0x",
        "-1",
        '"',
        '"x"',
        "'",
        'r"a"',
        "..",
        ",",
        "aa:bb",
        "10.0.0.0/8",
        "::1",
        "10ms",
        "time",
        "note",
        "request",
        "len",
        "matches",
        "contains",
        "error",
        "ENODEV",
        "type",
        "RTM_NEWLINK",
        "é",
        "\x00",
        "\\",
        "[0:4]",
        " ",
        "newlink",
        "flags",
        "~",
    ]
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=9))
def test_nothing_but_a_filter_error_is_raised(pieces: list[str]) -> None:
    for text in ("".join(pieces), " ".join(pieces)):
        with suppress(FilterError):
            wanted = filters.Filter(text, builtin())
            for message, found in sample():
                wanted.matches(message, found)
        complete(text, len(text) // 2, builtin())


@cache
def sample() -> list[tuple[Message, Link]]:
    """The first messages of two recordings, with their links."""
    return [
        pair
        for file in ("errors.pcap", "routes.pcap")
        for pair in islice(
            held_back(Session(builtin()).messages(open_capture(str(ROOT / "captures" / file)))), 40
        )
    ]


# -- completion ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "start", "first"),
    [
        ("ifn", 0, ["ifname"]),
        ("linkinfo.k", 0, ["linkinfo.kind"]),
        ("IFLA_MT", 0, ["IFLA_MTU"]),
        ("linkinfo { ki", 11, ["kind"]),
        ("mtu == 1 and not ifna", 17, ["ifname"]),
        ("linkinfo { kind in {'a', 'b'} and ki", 34, ["kind"]),
        ("linkinfo { kind == 'a' } and ifna", 29, ["ifname"]),
        ("mtu ", 4, ["==", "!="]),
        ("mtu == 1 a", 9, ["and"]),
        ("error == ENODE", 9, ["ENODEV"]),
        ("type == RTM_NEWLINK", 8, ["RTM_NEWLINK", "RTM_NEWLINKPROP"]),
        ("operation == ech", 13, ["echo"]),
        ("flags & NLM_F_DUMP", 8, ["NLM_F_DUMP_INTR", "NLM_F_DUMP_FILTERED", "NLM_F_DUMP"]),
        ('linkinfo.kind == "vx', 17, ['"vxcan"', '"vxlan"']),
        ("linkinfo { kind == ", 19, ['"amt"']),
        ("protocol == ge", 12, ["generic"]),
        ("family == nl", 10, ["nl80211", "nl802154", "nl_util"]),
        ("rtm-scope in {link, ho", 20, ["host"]),
        ("note.", 0, ["note.code", "note.severity", "note.text"]),
        ("note { sev", 7, ["severity"]),
        ("note.code == attr-unk", 13, ["attr-unknown"]),
        ("nexthop { v", 10, ["via"]),
        ("rt-link.newlink.linkin", 0, ["rt-link.newlink.linkinfo"]),
        ("len(ifn", 4, ["ifname"]),
        ("mtu == 1 mtu ", 13, []),
        ("=", 1, []),
    ],
)  # fmt: skip
def test_completion(text: str, start: int, first: list[str]) -> None:
    found = complete(text, len(text), builtin())
    assert (found.start, found.end) == (start, len(text))
    assert [c.text for c in found.candidates][: len(first)] == first
    assert bool(found.candidates) is bool(first)
    for candidate in found.candidates[:5]:
        assert candidate.kind


def test_completion_replaces_the_word_under_the_cursor() -> None:
    found = complete("linkinfo.kin == 5", 10, builtin())
    assert (found.start, found.end) == (0, 12)
    assert found.candidates[0].text == "linkinfo.kind"
    assert "IFLA_INFO_KIND" in found.candidates[0].help
    for cursor in (-5, 500):
        assert complete("mtu", cursor, builtin()).candidates


# -- the commands ------------------------------------------------------------------------


def test_a_wrong_filter_ends_the_command(run: Command, links: Path) -> None:
    for command in (["read"], ["stats"], ["check"]):
        ran = run(*command, "-Y", "ifname == 日本 and mtu == x", links)
        assert ran.status == 2
        assert ran.out == ""
        said, text, caret = ran.err.splitlines()
        assert said == "nldissect: filter: x is no number (column 25)"
        assert text == "  ifname == 日本 and mtu == x"
        assert caret == " " * 28 + "^"  # two cells for each of the wide characters


def test_a_filter_goes_with_the_other_choices(run: Command, links: Path) -> None:
    ran = run("read", "-Y", "mtu == 1500", "--type", "newlink", "-c", "1", links)
    assert [line.split()[0] for line in ran.lines] == ["1"]
    assert not run("read", "-Y", "mtu == 1500", "--type", "dellink", links).lines
    ran = run("read", "-T", "jsonl", "-Y", "mtu == 1500", links)
    assert [found["message"] for found in ran.objects] == [1, 6]


def test_what_is_written_is_what_matches(run: Command, links: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.pcapng"
    assert run("read", "-Y", "ifname == y or ifname == eth1", "-w", kept, links).status == 0
    assert numbers(kept, "ifname") == [1, 2]
    assert numbers(kept, "ifname == y") == [2]


def test_stats_check_and_diff_take_what_matches(run: Command) -> None:
    errors = ROOT / "captures" / "errors.pcap"
    counted = run("stats", "-T", "json", "-Y", "error == ENODEV", errors)
    assert counted.status == 0
    assert '"messages": 4,' in counted.out
    asked = run("stats", "-T", "json", "-Y", "operation == newlink and to_kernel", errors)
    every = run("stats", "-T", "json", errors)
    assert '"state"' not in asked.out or asked.out != every.out
    assert run("check", "-Y", "role == request", errors).err.endswith("in 25 messages\n")
    same = run("diff", "-Y", "error == 999", errors, ROOT / "captures" / "acks.pcap")
    assert (same.status, same.out) == (0, "")
    assert run("diff", "-Y", "newlink", errors, ROOT / "captures" / "acks.pcap").status == 1


def test_ranges_of_errors_take_either_sign() -> None:
    path = ROOT / "captures" / "errors.pcap"
    found = numbers(path, "error == EEXIST or error == ENODEV")
    assert found
    for text in ("{17..19}", "{-19..-17}", "{EEXIST..ENODEV}", "{EEXIST, ENODEV}"):
        assert numbers(path, f"error in {text}") == found, text


def test_what_goes_on_after_a_comparison() -> None:
    def offered(text: str) -> list[str]:
        return [c.text for c in complete(text, len(text), builtin()).candidates]

    assert offered('ifname == "lo"') == []
    assert offered('ifname == "lo" ') == offered("error == ENODEV ") == ["and", "or"]
    assert set(offered("1280 <= mtu ")) == {"and", "or", "<", "<=", ">", ">="}
    assert {"==", "contains", "in", "and"} <= set(offered("ifname "))
    for text in ("1280 <= mtu ", "mtu > 3 "):
        for word in offered(text):
            filters.Filter(f"{text}{word} {'mtu' if word in ('and', 'or') else 9000}", builtin())
