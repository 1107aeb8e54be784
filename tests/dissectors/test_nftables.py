"""nftables: what nft(8) lists of a ruleset agrees with what is decoded from its bytes."""

from __future__ import annotations

import re

import pytest

import nldissect
from nldissect._internal.engine.summary import summarize
from nldissect._internal.library.messages import Message
from support.messages import NETFILTER, RECORDINGS, attr, messages, msg, nest, recording, u32

NEWTABLE, NEWRULE, NEWSET, NEWSETELEM = 2560, 2566, 2569, 2572

# What other messages tell (an interface's name), and what nft 1.0.6 writes otherwise than 1.1
# does.
OTHERWISE = (
    (r" burst 5 packets(?= accept| \})", ""),
    (r'\b(iif|device|to) "lo"', r"\1 1"),
    (r"(fib [^@]*?) (oif|oifname|type) (missing|exists)", r"\1 check \3"),
    (r'\{ "lo" : accept, "eth0" : drop \}', '{ "eth0" : drop, "lo" : accept }'),
    (r"0x1fff != 0x0", "8191 != 0"),
    (r"!= syn,ack", "!= 0x12"),
)


def plain(text: str) -> str:
    for pattern, instead in OTHERWISE:
        text = re.sub(pattern, instead, text)
    return text


def listed(name: str) -> dict[str, str]:
    """The rules that `nft -a list ruleset` printed, by family, table, chain and handle."""
    out: dict[str, str] = {}
    table = chain = ""
    for line in (RECORDINGS / name).read_text().splitlines():
        if found := re.match(r"table (\S+ \S+) \{", line):
            table = found[1]
        elif found := re.match(r"\tchain (\S+) \{", line):
            chain = found[1]
        elif found := re.match(r"\t\t(.*) # handle (\d+)$", line):
            out[f"{table} {chain} handle {found[2]}"] = found[1]
    return out


def by_place(found: list[Message]) -> dict[str, str]:
    """The summaries of new rules, by the same."""
    out: dict[str, str] = {}
    for message in found:
        if message.type == NEWRULE:
            text = re.match(r"(\S+ \S+ \S+ handle \d+) ?(.*)", summarize(message))
            if text is not None:
                out[text[1]] = text[2]
    return out


@pytest.mark.parametrize(("name", "least"), [("nft_rules", 161), ("nft_more", 14)])
def test_rules_read_as_nft_lists_them(name: str, least: int) -> None:
    said = by_place(recording(name))
    wanted = listed(f"{name}.list.out")
    assert len(wanted) >= least
    for place, rule in wanted.items():
        assert plain(said[place]) == plain(rule), place


def test_monitor() -> None:
    """What `nft monitor` of version 1.1 said of the same changes."""
    said = [summarize(m) for m in recording("nft") if not m.to_kernel]
    for line in (
        "inet fruit in handle 1 { type filter hook input priority filter + 10; policy accept; }",
        "counter inet fruit c1 handle 2 { packets 0 bytes 0 }",
        "inet fruit ports handle 3 { type inet_service; flags interval; }",
        "inet fruit verdicts handle 4 { type ipv4_addr : verdict; }",
        'inet fruit in handle 6 tcp dport @ports counter name "c1" log prefix "fruit " accept',
        "inet fruit in handle 8 meta l4proto icmp limit rate 5/second burst 5 packets accept"
        ' comment "slow ping"',
        "generation 2 by process 629 (nft)",
    ):
        assert line in said


# What nft 1.1.7 writes otherwise: typeof, which is its own; order of devices and elements.
UNLIKE = (" typeof ", "# count", "devices = ", "add chain", "add table", "tcp flags != 0x12",
          "synproxy inet", "vmap { established", 'vmap { "lo"', "tcp flags & ",
          "icmpv6 type {", " ip filter ", " ip nat ")  # fmt: skip


def test_monitor_of_sets() -> None:
    """Elements one by one as `nft monitor` 1.1.7 has them, but intervals, which it joins."""
    found = [summarize(m) for m in nldissect.open(RECORDINGS / "nft_sets.pcap.gz")]
    said = {re.sub(r" handle \d+", "", text) for text in found}
    ranges = {text.split()[2] for text in said if "flags interval" in text or "below" in text}
    seen = 0
    for line in (RECORDINGS / "nft_sets.monitor.out").read_text().splitlines():
        wanted = re.sub(r" handle \d+", "", line).strip()
        kind, _, rest = wanted.removeprefix("add ").partition(" ")
        name = rest.split()[2] if len(rest.split()) > 2 else ""
        if not line.startswith("add ") or any(text in line for text in UNLIKE):
            continue
        if kind == "element" and name in ranges and name not in ("pairs", "m3"):
            continue
        if kind in ("counter", "quota", "limit", "ct"):
            rest = f"{kind} {rest}"
        assert rest in said, line
        seen += 1
    assert seen > 90


def test_trace_as_monitor_prints_it() -> None:
    said = [summarize(m) for m in nldissect.open(RECORDINGS / "nft_sets.pcap.gz")]
    lines = (RECORDINGS / "nft_sets.trace.out").read_text().splitlines()
    packet = lines[1].partition(" packet: ")[2].strip()
    number = lines[0].split()[2]
    assert any(text.startswith(f"id {number} inet t in rule") and packet in text for text in said)


def test_elements_have_their_types() -> None:
    """But keys of sets that the recording does not tell of, no element is left as bytes."""
    seen = 0
    for message in nldissect.open(RECORDINGS / "nft_sets.pcap.gz"):
        for node in message.find_all("elements.key.value"):
            assert node.kind != "binary", (message.number, node.path)
            seen += 1
    assert seen > 100


def test_everything_is_known() -> None:
    for name in ("nft", "nft_rules"):
        for message in recording(name):
            assert not message.diagnoses
            assert all(node.kind != "unknown" for node in message.walk())


def test_a_batch_says_for_whom_it_is() -> None:
    begins = [m.find("res-id") for m in recording("nft") if m.type == 16]
    assert {node.label for node in begins if node is not None} == {"nftables"}


FAMILY = b"\x02\x00\x00\x00"


def line(kind: int, *attributes: bytes) -> str:
    (message,) = messages(msg(kind, FAMILY + b"".join(attributes)), NETFILTER)
    return summarize(message)


def expression(name: bytes, *data: bytes) -> bytes:
    return nest(1, attr(1, name + b"\0"), nest(2, *data))


def be(value: int) -> bytes:
    return value.to_bytes(4, "big")


@pytest.mark.parametrize(
    ("expressions", "said"),
    [
        ([expression(b"payload", attr(1, be(1)), attr(2, be(1)), attr(3, be(12)), attr(4, be(1))),
          expression(b"cmp", attr(1, be(1)), attr(2, be(0)), nest(3, attr(1, b"\x0a")))],
         "ip saddr 10.0.0.0/8"),
        ([expression(b"cmp", attr(1, be(77)), attr(2, be(99)))], "reg 77 op 99 0x0"),
        ([expression(b"lookup")], "reg 0 @"),
        ([expression(b"fruit", attr(1, b"x"))], "fruit"),
        ([nest(1), attr(1, b"\xff\xff\xff")], ""),
    ],
)  # fmt: skip
def test_odd_rules(expressions: list[bytes], said: str) -> None:
    assert line(NEWRULE, nest(4, *expressions)) == f"ip {said}".strip()


@pytest.mark.parametrize(
    ("port", "said"), [(9, "dnat ip to ip saddr map @ports"), (2, "dnat to ip saddr map @ports:80")]
)
def test_a_map_of_addresses_and_ports(port: int, said: str) -> None:
    # The registers as nft 1.1.7 has them for `dnat ip to ip saddr map @ports` in a table of ip,
    # which is how it lists the rule.
    loaded = expression(b"payload", attr(1, be(1)), attr(2, be(1)), attr(3, be(12)), attr(4, be(4)))
    found = expression(
        b"lookup", attr(1, b"ports\0"), attr(2, be(1)), attr(3, be(1)), attr(5, be(0))
    )
    constant = expression(b"immediate", attr(1, be(2)), nest(2, attr(1, b"\0P")))
    nat = expression(b"nat", attr(1, be(1)), attr(2, be(2)), attr(3, be(1)), attr(5, be(port)))
    parts = [loaded, found, *([constant] if port == 2 else []), nat]
    assert line(NEWRULE, attr(1, b"t\0"), attr(2, b"c\0"), nest(4, *parts)).endswith(said)


def constants(said: str) -> list[tuple[str, object, str | None]]:
    """The constants of the first rule of which the line has these words."""
    for message in recording("nft_rules"):
        if message.operation is not None and message.operation.name == "newrule":
            found = [
                node
                for node in message.walk()
                if node.constant == "NFTA_DATA_VALUE" and node.path.startswith("expressions.")
            ]
            if said in summarize(message):
                return [(node.kind, node.value, node.label) for node in found]
    raise AssertionError(said)


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ("tcp option maxseg size 500-1460", [("u16", 500, None), ("u16", 1460, None)]),
        ("meta mark set 0x0000002a", [("u32", 42, "0x0000002a")]),
        ("ct original ip saddr", [("ipv4", "192.0.2.9", None)]),
        ('oifname != "eth0"', [("string", "eth0", None)]),
        ("ct bytes > 100000", [("u64", 100000, None)]),
        ("ct expiration < 30s", [("u32", 30000, "30s")]),
        (
            "ct state established,related",
            [("u32", 6, "established,related"), ("u32", 0, None), ("u32", 0, None)],
        ),
        (
            "ip6 saddr 2001:db8::/32",
            [
                ("u8", 10, "ipv6"), ("hex", b"\x20\x01\x0d\xb8", "2001:db8::/32"),
                ("u8", 6, "tcp"), ("u16", 443, None),
            ],
        ),
        ("ether saddr", [("u16", 1, "ether"), ("mac", "02:00:00:00:00:01", None)]),
    ],
)  # fmt: skip
def test_constants_have_the_types_of_what_they_are_compared_with(
    said: str, held: list[tuple[str, object, str | None]]
) -> None:
    assert constants(said) == held


def test_extensions_of_iptables() -> None:
    found = {
        str(node.get("name")): node.find("info")
        for message in recording("netfilter")
        for node in message.walk()
        if node.name == "data" and node.find("info") is not None
    }
    queue, state = found["NFQUEUE"], found["conntrack"]
    assert queue is not None
    assert state is not None
    assert [child.value for child in queue.children[:3]] == [3, 1, 1]
    assert state.find("state-mask").label in ("established", "related", "new")


def test_userdata() -> None:
    data = b"\x00\x06fruit\0\x09\x01\x07"
    (message,) = messages(msg(NEWTABLE, FAMILY + attr(6, data)), NETFILTER)
    node = message.find("userdata")
    assert node is not None
    assert [(child.name, child.value) for child in node.children[2::3]] == [
        ("comment", "fruit"),
        ("type-9", b"\x07"),
    ]
    (message,) = messages(msg(NEWTABLE, FAMILY + attr(6, data[:-1])), NETFILTER)
    assert message["userdata"] == data[:-1]


@pytest.mark.parametrize(
    ("key", "said"),
    [(be(7), "{ type ipv4_addr; }"), (be(0), "{ type any; }"), (b"\0\0\0\7\0\0\0\0", "")],
)
def test_the_type_of_a_set(key: bytes, said: str) -> None:
    """What is no u32 tells none; both forms have the same line."""
    assert line(NEWSET, attr(2, b"ports\0"), attr(4, key)) == f"ip ports {said}".strip()


@pytest.mark.parametrize("length", [0, 3, 16, 17, 19, 20])
@pytest.mark.parametrize("kind", [NEWSET, NEWSETELEM])
def test_a_set_shorter_than_its_header(kind: int, length: int) -> None:
    """Nothing is learned of what a message's length leaves out."""
    told = messages(msg(kind, FAMILY + attr(2, b"ports\0"), length=length), NETFILTER)
    assert told[0].type == kind
    assert "ports" not in summarize(told[0])


def test_many_elements_are_no_endless_line() -> None:
    elements = [nest(1, nest(1, attr(1, u32(number)))) for number in range(4000)]
    assert len(line(NEWSETELEM, nest(3, *elements))) < 5000


def test_hostile_rules_are_short_and_quick() -> None:
    inner = b""
    for _ in range(400):  # expressions in expressions
        inner = expression(b"dynset", nest(7, attr(1, b"dynset\0"), nest(2, nest(7, inner))))
    assert "failed" not in line(NEWRULE, nest(4, inner))
    maps = [  # each register again holds what all of them hold
        expression(b"lookup", attr(1, b"m\0"), attr(2, be(8)), attr(3, be(8 + number % 16)))
        for number in range(400)
    ]
    assert len(line(NEWRULE, nest(4, *maps))) < 5000
    long = expression(b"limit", attr(1, b"\xff" * 9000), attr(2, b"\xff" * 9000))
    assert "failed" not in line(NEWRULE, nest(4, long))
