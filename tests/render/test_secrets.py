"""Keys and passwords: no output has them unless it is asked to."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest

import nldissect
from nldissect import Node
from support.capture_files import netlink, pcap
from support.command import Command
from support.messages import RECORDINGS

Told = Callable[..., bytes]
OTLP = [["read", "-T", "otlp"]] if find_spec("opentelemetry") else []
OUTPUTS = (
    ["read"], ["read", "-V", "-x"], ["read", "-T", "json"], ["read", "-T", "jsonl"],
    ["read", "-T", "fields", "-e", "summary", "-e", "private-key", "-e", "alg-key", "-e", "pmk",
     "-e", "peers", "-e", "alg-crypt", "-e", "keys", "-e", "request", "-e", "sa-config"],
    *(["read", "-T", form] for form in ("c", "go", "rust", "python", "build", "hex", "ynl")),
    *OTLP, ["check"], ["stats"],
)  # fmt: skip


def secrets(nodes: Iterable[Node]) -> Iterable[bytes]:
    for node in nodes:
        if node.field.secret and len(node.bytes) > 3 and any(node.bytes):
            yield node.bytes
        yield from secrets(node.children)


@pytest.fixture
def told(run: Command) -> Told:
    """What the command writes."""

    def told(*words: object) -> bytes:
        ran = run(*words)
        assert ran.status in (0, 1), ran.err
        return ran.out.encode()

    return told


@pytest.mark.parametrize(
    ("name", "many"),
    [("wireguard", 2), ("xfrm", 4), ("xfrm_events", 2), ("wifi", 8), ("wifi_modes", 1)],
)
def test_no_output_has_a_secret(name: str, many: int, told: Told) -> None:
    path = RECORDINGS / f"{name}.pcap"
    known = {secret for message in nldissect.open(path) for secret in secrets(message.nodes)}
    assert len(known) == many
    assert_hidden(path, known, told)


def assert_hidden(path: Path, known: Iterable[bytes], told: Told) -> None:
    """That no output has one of these."""
    for words in OUTPUTS:
        out = told(*words, path)
        bare = out.translate(None, b' \n,"').replace(b"0x", b"").lower()
        for secret in known:
            assert secret not in out
            assert secret.hex().encode() not in bare
            assert base64.b64encode(secret) not in out
    trees = told("read", "-V", path)
    assert b"<redacted " in trees
    shown = told("read", "-V", "--show-secrets", path).decode()
    rows = re.compile(r"^.*[→←].*$", re.MULTILINE)  # which have sizes alone, whatever is shown
    assert "<redacted " not in rows.sub("", shown)


def test_structure_and_filters_stay(told: Told) -> None:
    path = RECORDINGS / "wireguard.pcap"
    plain, shown = told("read", path), told("read", "--show-secrets", path)
    assert plain.count(b"\n") == shown.count(b"\n")
    assert told("read", "-Y", "private-key", path) == told("read", "-Y", "private_key", path) != b""


@pytest.mark.parametrize("text", ["private-key == 40:6a", "private-key in {40:6a}", "len(pmk) > 4"])
def test_a_filter_that_compares_one_says_so(text: str, run: Command) -> None:
    path = RECORDINGS / "wireguard.pcap"
    ran = run("read", "-Y", text, path)
    assert ran.status == 2
    assert "is a secret" in ran.err
    assert "--show-secrets" in ran.err
    assert run("read", "--show-secrets", "-Y", text, path).status == 0
    assert run("read", "-Y", "count(private-key) == 1", path).out


def test_nor_one_that_code_beside_a_dissector_found(tmp_path: Path, told: Told) -> None:
    """ISCSI_UEVENT_SET_PARAM: which parameter it is says that the text is a password."""
    head = struct.pack("=IIQ4I24x", 16, 0, 1, 1, 0, 24, 14)
    raw = struct.pack("=IHHII", 16 + len(head) + 16, 16, 1, 1, 0) + head + b"correct horse\0\0\0"
    path = tmp_path / "iscsi.pcap"
    data = netlink(8, raw)
    path.write_bytes(pcap([(1, 0, data, len(data))]))
    assert b"correct horse" in told("read", "-V", "--show-secrets", path)
    assert_hidden(path, [b"correct horse"], told)


def test_a_key_of_a_wrong_size_is_found_and_not_shown(tmp_path: Path, told: Told) -> None:
    key = b"0123456789abcdefghijklmnopqrstu"
    found = nldissect.build(
        "wireguard", "set-device", {"ifname": "peach0", "private-key": key}, type=40
    )
    path = tmp_path / "short.pcap"
    data = netlink(16, found.bytes)
    path.write_bytes(pcap([(1, 0, data, len(data))]))
    more = ("--decode-as", f"{found.type}=wireguard", path)
    said = told("check", *more)
    assert b"WGDEVICE_A_PRIVATE_KEY has 31 bytes; accepted: 32" in said
    assert b"<redacted 31 bytes>" in told("read", "-V", *more)
    for words in OUTPUTS:
        assert key not in told(*words, *more)


@pytest.mark.parametrize(
    ("at", "form", "number", "echoed"),
    [
        (0, "<I", 5, False),  # nlmsg_len is less than its header
        (0, "<I", 32, False),  # the message ends in front of the key
        (32, "<H", 3, False),  # the key's nla_len is less than its header
        (32, "<H", 0, True),
    ],
)
def test_nor_where_a_key_is_behind_what_is_damaged(
    at: int, form: str, number: int, echoed: bool, tmp_path: Path, told: Told
) -> None:
    """Of messages that may have keys, what is not understood is a size, too."""
    key = b"-kwindow"  # shorter than a message
    data = nldissect.build("wireguard", "set-device", {"ifname": "peach0"}, type=40).bytes
    data += struct.pack("<HH", 4 + len(key), 3) + key
    raw = bytearray(data)
    struct.pack_into("<I", raw, 0, len(raw))
    struct.pack_into(form, raw, at, number)
    if echoed:
        error = struct.pack("<i", -22) + raw
        raw = bytearray(struct.pack("<IHHII", 16 + len(error), 2, 0, 1, 0) + error)
    path = tmp_path / "damaged.pcap"
    packet = netlink(16, bytes(raw))
    path.write_bytes(pcap([(1, 0, packet, len(packet))]))
    more = ("--decode-as", "40=wireguard", path)
    for words in OUTPUTS:
        out = told(*words, *more)
        bare = out.translate(None, b' \n,"').replace(b"0x", b"").lower()
        assert key not in out, words
        assert key.hex().encode() not in bare, words
    assert key.hex(" ")[:11].encode() in told("read", "-V", "--show-secrets", *more)


def test_nor_its_rest_that_passes_for_an_attribute(tmp_path: Path, told: Told) -> None:
    """The key's nla_len is less than it has; what redact writes has none of it, either."""
    key = b"0123456789abcdefghijklmn"
    data = nldissect.build("wireguard", "set-device", {"ifname": "peach0"}, type=40).bytes
    raw = bytearray(data + struct.pack("<HH", 4 + 8, 3) + key)
    struct.pack_into("<I", raw, 0, len(raw))
    path, out = tmp_path / "short.pcap", tmp_path / "out.pcapng"
    packet = netlink(16, bytes(raw))
    path.write_bytes(pcap([(1, 0, packet, len(packet))]))
    more = ("--decode-as", "40=wireguard", path)
    told("redact", *more, out)
    for shown in (out.read_bytes(), *(told(*words, *more) for words in OUTPUTS)):
        assert key[12:] not in shown
        assert key[12:].hex().encode() not in shown.translate(None, b' \n,"').replace(b"0x", b"")


@pytest.mark.parametrize("echoed", [False, True])
@pytest.mark.parametrize("where", ["behind", "in front"])
def test_nor_what_would_be_another_message_or_name(
    where: str, echoed: bool, tmp_path: Path, told: Told
) -> None:
    """Bytes that cannot be a message stand behind one that may have keys; a name has the key."""
    key = b"0123456789abcdefghijklmnopqrstuv"
    raw = bytearray(nldissect.build("wireguard", "set-device", {"ifname": "peach0"}, type=40).bytes)
    if where == "behind":
        raw += key
    else:
        raw += struct.pack("<HH", 4 + len(key), 3) + key
        struct.pack_into("<I", raw, 0, len(raw))
        struct.pack_into("<H", raw, 20, 99)  # the name's nla_len
    if echoed:
        error = struct.pack("<i", -22) + raw
        raw = bytearray(struct.pack("<IHHII", 16 + len(error), 2, 0, 1, 0) + error)
    path, out = tmp_path / "odd.pcap", tmp_path / "out.pcapng"
    packet = netlink(16, bytes(raw))
    path.write_bytes(pcap([(1, 0, packet, len(packet))]))
    more = ("--decode-as", "40=wireguard", path)
    told("redact", *more, out)
    assert str(int.from_bytes(key[12:16], "little")).encode() not in told("flow", *more)  # a port
    for shown in (out.read_bytes(), *(told(*words, *more) for words in OUTPUTS)):
        bare = shown.translate(None, b' \n,"').replace(b"0x", b"").lower()
        for at in range(len(key) - 7):
            assert key[at : at + 8] not in shown
            assert key[at : at + 8].hex().encode() not in bare
    assert key[16:].hex(" ")[:20].encode() in told("read", "-V", "-x", "--show-secrets", *more)


def family(number: int, name: str) -> bytes:
    """CTRL_CMD_NEWFAMILY."""
    body = struct.pack("<BBHHH", 1, 2, 0, 6, 1) + struct.pack("<HH", number, 0)
    text = name.encode() + b"\0"
    body += struct.pack("<HH", 4 + len(text), 2) + text + bytes(-len(text) % 4)
    return struct.pack("<IHHII", 16 + len(body), 16, 0, 1, 77) + body


def test_nor_what_may_be_a_key_since_nobody_says_what_it_is(tmp_path: Path, told: Told) -> None:
    """Commands and attributes that a family with keys does not have; a family without a name."""
    keys = [bytes(range(start, start + 24)) for start in range(33, 200, 24)]
    made = iter(keys)

    def message(command: int, *numbers: int, kind: int = 40) -> bytes:
        """The last number is that of a key, the others of nests around it."""
        body = next(made)
        for number in reversed(numbers):
            body = struct.pack("<HH", 4 + len(body), number) + body
        body = struct.pack("<BBH", command, 1, 0) + body
        return struct.pack("<IHHII", 16 + len(body), kind, 5, 1, 0) + body

    echoed = message(200, 3)
    messages = [
        family(40, "ovpn"),  # whose commands have several sets
        message(200, 4),  # no such command
        message(200, 4, 5),
        message(1, 4000),  # no such attribute
        message(1, 1),  # OVPN_A_IFINDEX is a u32
        message(9, 3, kind=41),  # nobody says whose 41 is
        message(1, 8, 1, 2, kind=41),
        struct.pack("<IHHIIi", 20 + len(echoed), 2, 0, 1, 0, -22) + echoed,
    ]
    path, out = tmp_path / "unknown.pcap", tmp_path / "out.pcapng"
    packets = [netlink(16, one) for one in messages]
    path.write_bytes(pcap([(at, 0, one, len(one)) for at, one in enumerate(packets)]))
    told("redact", path, out)
    outputs = [told(*words, path) for words in (*OUTPUTS, ["report"], ["state"])]
    for shown in (out.read_bytes(), *outputs):
        bare = shown.translate(None, b' \n,"').replace(b"0x", b"").lower()
        for key in keys:
            assert key[8:16] not in shown
            assert key[8:16].hex().encode() not in bare
    assert told("read", "-V", path).count(b": <redacted 2") == 7
    assert b"22 23 24 25" in told("read", "-V", "--show-secrets", path)


def test_nor_what_is_left_of_one_in_a_trace(tmp_path: Path, told: Told) -> None:
    """strace cut the message, or could not tell all of it."""
    key = bytes(range(65, 97))
    raw = nldissect.build("macsec", "add-txsa", {"sa-config": {"key": key}}, type=40).bytes
    at = raw.index(key)
    text = "".join(f"\\x{byte:02x}" for byte in raw[16:])
    head = f"nlmsg_len={len(raw)}, nlmsg_type=0x28, nlmsg_flags=0x1, nlmsg_seq=1, nlmsg_pid=0"
    calls = (f'[{{{head}}}, "{text[:some]}"...]' for some in (4 * (at - 4), 4 * (at + 4), -8))
    path = tmp_path / "run.strace"
    path.write_text(
        "".join(
            f"1 12:00:00.{number:06d} sendto(3<NETLINK:[GENERIC:1]>, {call}, {len(raw)}, 0, NULL, 0"
            f") = {len(raw)}\n"
            for number, call in enumerate(calls)
        )
    )
    for words in OUTPUTS:
        for more in ([], ["--decode-as", "40=macsec"]):
            out = told(*words, *more, path)
            bare = out.translate(None, b' \n,"').replace(b"0x", b"").lower()
            assert key[4:12] not in out
            assert key[4:12].hex().encode() not in bare
    shown = told("read", "-V", "--show-secrets", "--decode-as", "40=macsec", path)
    assert shown.count(b"the trace does not tell these bytes") >= 3
