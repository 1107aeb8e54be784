"""`nldissect redact`: no byte of a secret is left in what it writes, the rest reads as before."""

from __future__ import annotations

import base64
import re
import struct
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

import pytest

import nldissect
from nldissect import Node
from nldissect._internal.analysis.pseudonyms import Pseudonyms
from nldissect._internal.capture.reader import PcapngWriter, open_capture
from nldissect._internal.library.messages import Message
from nldissect._internal.wire.record import Interface, Record, Socket
from support.capture_files import END, enhanced, interface, netlink, section
from support.command import Command, start
from support.messages import RECORDINGS, newlink
from support.sweep import SWEPT

ALL = ("--mac", "--ip", "--names", "--processes")
NAMES = [path.stem for path in SWEPT]
OPAQUE = ("genl_devices", "genl_events", "nlexample", "policies", "conntrack", "tc_actions")
KEYS = ("wireguard", "xfrm", "xfrm_events", "wifi", "wifi_modes", "genl_tunnels")


def nodes(path: Path) -> Iterator[Node]:
    for message in nldissect.open(path):
        yield from message.walk()


def leaves(path: Path) -> Iterator[Node]:
    return (node for node in nodes(path) if not node.children)


def shape(message: Message) -> object:
    """All but values."""
    found = [(n.name, n.kind, n.offset, n.end) for n in message.walk()]
    return message.bytes[:16], message.record.time, found, [d.code for d in message.diagnoses]


def secrets(path: Path) -> set[bytes]:
    found = {node.bytes for node in leaves(path) if node.field.secret}
    return {raw for raw in found if len(raw) > 4 and len(set(raw)) > 1}


@pytest.mark.parametrize(
    ("name", "strict"),
    [(name, ()) for name in NAMES] + [(name, ("--strict",)) for name in OPAQUE],
    ids=[*NAMES, *(f"{name}, strict" for name in OPAQUE)],
)
def test_all_but_the_values_stays(
    name: str, strict: tuple[str, ...], run: Command, tmp_path: Path
) -> None:
    path, out = RECORDINGS / f"{name}.pcap", tmp_path / "out.pcapng"
    assert run("redact", *ALL, *strict, path, out).status == 0
    before, after = list(nldissect.open(path)), list(nldissect.open(out))
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        assert shape(new) == shape(old)
    written = out.read_bytes()
    for raw in secrets(path):
        assert raw not in written
    for node in leaves(path):
        if node.kind == "ipv6" and node.bytes[0] in (0x20, 0xFD):
            assert node.bytes not in written
        if node.kind == "mac" and len(set(node.bytes)) > 4 and not node.bytes[0] & 1:
            assert node.bytes not in written
        if node.field.constant == "IFLA_IFNAME" and re.search(rb"....[0-9]", node.bytes):
            assert node.bytes not in written
    if strict:
        assert not [n for n in leaves(out) if n.kind == "unknown" and any(n.bytes)]


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("key", [(), ("--key", "a key of ours")], ids=["zeros", "key"])
def test_what_is_not_asked_for_stays(
    name: str, key: tuple[str, ...], run: Command, tmp_path: Path
) -> None:
    path, out = RECORDINGS / f"{name}.pcap", tmp_path / "out.pcapng"
    assert run("redact", *key, path, out).status == 0
    replaced = 0
    for old, new in zip(leaves(path), leaves(out), strict=True):
        if not old.field.secret:
            assert new.bytes == old.bytes
            continue
        assert len(new.bytes) == len(old.bytes)
        assert any(new.bytes) == bool(key) or not any(old.bytes)
        replaced += new.bytes != old.bytes
    assert replaced
    assert not secrets(path) & secrets(out)


def test_a_key_makes_captures_agree(run: Command, tmp_path: Path) -> None:
    """The same thing is the same in every capture, with another key another."""
    path, file = RECORDINGS / "wireguard.pcap", tmp_path / "key"
    file.write_bytes(b"a key of ours\n")
    written = []
    for i, key in enumerate(("a key of ours", f"@{file}", "another key", "")):
        out = tmp_path / f"{i}.pcapng"
        assert run("redact", *ALL, *(("--key", key) if key else ()), path, out).status == 0
        written.append(out.read_bytes())
    assert written[0] == written[1]
    assert len(set(written)) == 3


def common(a: bytes, b: bytes) -> int:
    """How many bits two addresses have in common, from the first."""
    differ = int.from_bytes(a, "big") ^ int.from_bytes(b, "big")
    return 8 * len(a) - differ.bit_length()


@pytest.mark.parametrize("size", [4, 16])
def test_prefixes_stay_common(size: int) -> None:
    rng, pseudonyms = Random(size), Pseudonyms(b"key")
    first = b"\x0a" if size == 4 else b"\x20"
    known = [
        first + bytes([rng.choice((1, 2, 200))] * (size - 2)) + rng.randbytes(1) for _ in range(60)
    ]
    made = [pseudonyms.address(raw) for raw in known]
    for old, new in zip(known, made, strict=True):
        assert [common(new, other) for other in made] == [common(old, other) for other in known]
    assert len(set(made)) == len(set(known))
    assert not set(made) & set(known)
    assert {raw[:1] for raw in made} == {first}


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "127.0.0.1", "224.0.0.251", "255.255.255.0", "::", "::1", "ff02::fb"]
)
def test_addresses_of_no_host_stay(address: str) -> None:
    import ipaddress

    raw = ipaddress.ip_address(address).packed
    assert Pseudonyms(b"key").address(raw) == raw


@pytest.mark.parametrize("length", [-97, -1, 33, 128, 255])
def test_lengths_that_cannot_be_say_nothing(length: int) -> None:
    raw = bytes((10, 1, 2, 0))
    assert Pseudonyms(b"key").address(raw, length) == Pseudonyms(b"key").address(raw)


def test_networks_stay_networks(run: Command, tmp_path: Path) -> None:
    """A route's destination has no bits beyond its prefix."""
    path, out = RECORDINGS / "routes.pcap", tmp_path / "out.pcapng"
    assert run("redact", "--ip", path, out).status == 0
    lengths = 0
    for message in nldissect.open(out):
        found = message.find("RTA_DST")
        if found is not None and found.kind == "ipv4":
            length = message["rtm-dst-len"]
            assert int.from_bytes(found.bytes, "big") & ((1 << (32 - length)) - 1) == 0
            lengths += 0 < length < 32
    assert lengths


# -- what lies outside of the attributes -----------------------------------------------------------

SECRET = bytes(range(7, 39))


def attribute(number: int, payload: bytes) -> bytes:
    raw = struct.pack("=HH", 4 + len(payload), number) + payload
    return raw + bytes(-len(raw) % 4)


def message(kind: int, payload: bytes, flags: int = 1) -> bytes:
    return struct.pack("=IHHII", 16 + len(payload), kind, flags, 7, 4242) + payload


def family(number: int, name: bytes) -> bytes:
    inside = attribute(1, struct.pack("=H", number)) + attribute(2, name + b"\0")
    return message(16, struct.pack("=BBH", 1, 2, 0) + inside, 0)


@pytest.fixture
def everywhere(tmp_path: Path) -> Path:
    """A secret in its attribute, an echoed request, trailing bytes, an unknown family, words."""
    told = struct.pack("=BBH", 1, 1, 0) + attribute(2, b"apple0\0") + attribute(3, SECRET)
    asked = message(40, told)
    failed = message(2, struct.pack("=i", -22) + asked, 0)
    pieces = [
        family(40, b"wireguard"), asked, failed, asked + b"\x09\x09\x09\x09" + SECRET,
        message(41, struct.pack("=BBH", 9, 1, 0) + attribute(77, b"\1\2" + SECRET)),
    ]  # fmt: skip
    interface = Interface(253, sys.byteorder == "big")
    words = f"wg set apple0 private-key {base64.b64encode(SECRET).decode()}"
    interface.sockets = [Socket(1, 16, 4242, 4242, "wg", words, 1000)]
    interface.section_options = [(1, b"made with 0x" + SECRET.hex().encode())]
    path = tmp_path / "everywhere.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        for number, data in enumerate(pieces, 1):
            comment = f"key {SECRET.hex().upper()} of apple0".encode()
            writer.write(
                Record(number, number, 16, data, len(data), 0, interface, options=[(1, comment)])
            )
        writer.finish()
    return path


def every_form(raw: bytes) -> Iterable[bytes]:
    return (raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw))


@pytest.mark.parametrize("options", [(), ("--key", "a key of ours"), ("--strict",), ALL])
def test_a_secret_is_nowhere(
    options: tuple[str, ...], everywhere: Path, run: Command, tmp_path: Path
) -> None:
    for form in every_form(SECRET):
        if form != SECRET.hex().encode():  # of that the 0x form is there
            assert form in everywhere.read_bytes()
    out = tmp_path / "out.pcapng"
    assert run("redact", *options, everywhere, out).status == 0
    for form in every_form(SECRET):
        assert form not in out.read_bytes()
    assert [m.length for m in nldissect.open(out)] == [m.length for m in nldissect.open(everywhere)]
    if options == ALL:
        assert b"apple0" not in out.read_bytes()
        assert b"wg set" not in out.read_bytes()


def test_a_short_name_is_found_wherever_it_is(run: Command, tmp_path: Path) -> None:
    told = struct.pack("=BBH", 1, 1, 0) + attribute(2, b"eth0\0") + attribute(99, b"x=eth0;")
    path, out = tmp_path / "in.pcapng", tmp_path / "out.pcapng"
    interface = Interface(253, sys.byteorder == "big")
    interface.section_options = [(2, b"a machine of eth0"), (4, b"a program")]
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        for number, data in enumerate((family(40, b"wireguard"), message(40, told)), 1):
            writer.write(Record(number, number, 16, data, len(data), 0, interface))
        writer.finish()
    assert path.read_bytes().count(b"eth0") == 3
    assert run("redact", "--names", path, out).status == 0
    assert b"eth0" not in out.read_bytes()
    assert b"a program" in out.read_bytes()


def test_nor_is_it_shown(everywhere: Path, run: Command) -> None:
    """Of a command line, what looks like a key is not shown either."""
    shown = run("read", "-T", "jsonl", everywhere).out
    assert base64.b64encode(SECRET).decode() not in shown
    assert "wg set apple0 private-key <redacted 44 characters>" in shown
    assert (
        base64.b64encode(SECRET).decode()
        in run("read", "-T", "jsonl", "--show-secrets", everywhere).out
    )


def test_a_stream(everywhere: Path) -> None:
    with everywhere.open("rb") as stream, start("redact", "-", "-", stdin=stream) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"3 keys and passwords" in err
    assert SECRET not in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("redact", "IN", "IN"), "is read at the same time; name another file"),
        (("redact", "--key", "short", "IN", "OUT"), "a key has 8 bytes or more"),
        (("redact", "--key", "@missing", "IN", "OUT"), "--key: missing cannot be read"),
        (("redact", "missing.pcap", "OUT"), "missing.pcap"),
        (("redact", "IN", "no/such/OUT"), "no/such/OUT cannot be written"),
        (("redact", "IN"), "OUT"),
    ],
)
def test_mistakes(words: tuple[str, ...], said: str, run: Command, tmp_path: Path) -> None:
    path, out = tmp_path / "in.pcap", tmp_path / "out.pcapng"
    path.write_bytes((RECORDINGS / "wireguard.pcap").read_bytes())
    names = {"IN": path, "OUT": out}
    ran = run(*[names.get(word, word) for word in words])
    assert ran.status == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not out.exists()
    assert path.read_bytes() == (RECORDINGS / "wireguard.pcap").read_bytes()


def test_a_cut_capture_is_written_as_far_as_it_goes(run: Command, tmp_path: Path) -> None:
    path, out = tmp_path / "in.pcap", tmp_path / "out.pcapng"
    path.write_bytes((RECORDINGS / "wireguard.pcap").read_bytes()[:-5])
    ran = run("redact", path, out)
    assert ran.status == 2
    assert "cut" in ran.err or "ends" in ran.err
    before = list(open_capture(str(RECORDINGS / "wireguard.pcap")))
    assert len(list(open_capture(str(out)))) == len(before) - 1


def test_names_are_nowhere_in_what_the_file_says_of_itself(run: Command, tmp_path: Path) -> None:
    """Also such that are no one word."""
    for name in ("peachsecret0", "würze-0", "a name", "<b>x</b>"):
        raw = name.encode()
        text = b"see " + raw + b" here"
        path, out = tmp_path / "in.pcapng", tmp_path / "out.pcapng"
        path.write_bytes(
            section("<", (1, text), (3, text), END)
            + interface("<", 253, (1, text), (2, raw), (3, text), END)
            + enhanced("<", 0, 0, netlink(0, newlink(5, name)), (1, text), END)
        )
        assert run("redact", "--names", path, out).status == 0
        assert raw not in out.read_bytes(), name
        assert b"see " in out.read_bytes()
