"""The same messages in every notation that people paste, made by the tools that write them."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nldissect._internal.capture.pasted import PastedDatagrams
from nldissect._internal.capture.reader import open_capture
from support.capture_files import netlink, pcap
from support.command import Command, link, message, name, start
from support.messages import RECORDINGS


def recorded(stem: str, number: int) -> tuple[int, bytes]:
    """Protocol and bytes of a recorded datagram."""
    records = open_capture(str(RECORDINGS / f"{stem}.pcap"))
    found = next(record for record in records if record.number == number)
    return int(found.protocol), found.data


# A request with nests, zeros that dumps squeeze, several messages, texts, an odd length
SAMPLES = {
    "request": recorded("links", 1),
    "link": recorded("iproute", 2),
    "several": recorded("links", 5),
    "family": recorded("ethtool", 4),
    "answer": recorded("ethtool", 5),
    "nft": recorded("nft", 5),
    "rules": recorded("nft", 106),
    "short": (0, link(name("ab"))[:-1]),
    "zeros": (0, message(16, bytes(16) + struct.pack("<HH", 100, 7) + bytes(96))),
}


def tool(*command: str) -> Callable[[bytes, Path], str]:
    """What a program prints of the bytes on its standard input."""

    def run(data: bytes, folder: Path) -> str:
        if shutil.which(command[0]) is None:
            pytest.skip(f"no {command[0]}")
        done = subprocess.run(command, input=data, capture_output=True, check=True, cwd=folder)
        return done.stdout.decode()

    return run


def joined(form: str, between: str = "", start: str = "", end: str = "") -> Callable[..., str]:
    """Each byte in a format, with something between them."""
    return lambda data, _: start + between.join(format(byte, form) for byte in data) + end


def octal(data: bytes) -> str:
    """A string of escapes as strace has it, digits left out where nothing can be mistaken."""
    out = []
    for place, byte in enumerate(data):
        char = chr(byte)
        follows = data[place + 1 : place + 2]
        if char in '"\\':
            out.append("\\" + char)
        elif 32 <= byte < 127:
            out.append(char)
        else:
            letters = {10: "\\n", 9: "\\t", 13: "\\r", 11: "\\v", 12: "\\f"}
            out.append(letters.get(byte) or f"\\{byte:o}")
            if byte not in letters and follows.isdigit():
                out[-1] = f"\\{byte:03o}"
    return "".join(out)


def traced(*options: str) -> Callable[[bytes, Path], str]:
    """What strace prints of a write(2) of the bytes."""

    def run(data: bytes, folder: Path) -> str:
        if shutil.which("strace") is None:
            pytest.skip("no strace")
        (folder / "bytes").write_bytes(data)
        program = "import os; os.write(1, open('bytes', 'rb').read())"
        done = subprocess.run(
            ["strace", "-s99999", "-e", "trace=write", *options, sys.executable, "-c", program],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True, cwd=folder,
        )  # fmt: skip
        return next(line for line in done.stderr.decode().splitlines() if "write(1" in line)

    return run


def hex_dump(group: int, prefix: str) -> Callable[[bytes, Path], str]:
    """print_hex_dump() of a kernel: lib/hexdump.c."""

    def run(data: bytes, _: Path) -> str:
        lines = []
        for at in range(0, len(data), 16):
            row = data[at : at + 16]
            if len(data) % group:
                cells = [f"{byte:02x}" for byte in row]
            else:
                cells = [row[i : i + group][::-1].hex() for i in range(0, len(row), group)]
            text = "".join(chr(b) if 32 <= b < 127 else "." for b in row)
            width = 32 + 16 // (1 if len(data) % group else group) + 1
            stamp = f"[ {12.5 + at / 1e6:12.6f}] "
            lines.append(f"{stamp}{prefix.format(at)}{' '.join(cells):{width}}{text}")
        return "\n".join(lines)

    return run


def sniffed(*options: str) -> Callable[[bytes, Path], str]:
    """What tcpdump or tshark prints of a capture that has the bytes."""

    def run(data: bytes, folder: Path) -> str:
        if shutil.which(options[0]) is None:
            pytest.skip(f"no {options[0]}")
        packet = netlink(0, data)
        (folder / "a.pcap").write_bytes(pcap([(1, 2, packet, len(packet))]))
        done = subprocess.run([*options, "-r", "a.pcap"], capture_output=True, cwd=folder)
        return done.stdout.decode("utf-8", "replace")

    return run


def compiled(data: bytes, folder: Path) -> str:
    """The array that gcc's preprocessor leaves of one with comments and macros around it."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc")
    rows = ",\n".join(
        ", ".join(f"0x{b:02X}u" for b in data[i : i + 8]) for i in range(0, len(data), 8)
    )
    source = f"/* [16] */ static const unsigned char request[{len(data)}] = {{\n{rows} }}; // end\n"
    (folder / "a.c").write_text(source + "int main(void) { return !request[0]; }\n")
    subprocess.run(["gcc", "-o", "a", "a.c"], check=True, cwd=folder)
    return source


def rust(form: str) -> Callable[[bytes, Path], str]:
    def run(data: bytes, _: Path) -> str:
        inside = ", ".join(f"0x{b:02x}u8" if not i % 5 else f"{b}" for i, b in enumerate(data))
        escaped = "".join(
            chr(b) if 32 <= b < 127 and chr(b) not in '"\\' else f"\\x{b:02x}" for b in data
        )
        return form.format(inside=inside, escaped=escaped)

    return run


NOTATIONS: dict[str, Callable[[bytes, Path], str]] = {
    "hex": joined("02x"),
    "HEX": joined("02X"),
    "spaced": joined("02x", " "),
    "colons": joined("02x", ":"),  # pyroute2.common.hexdump()
    "commas": joined("02x", ", "),
    "0x": joined("#04x", " "),
    "0x,": joined("#04x", ","),
    "0x in front": joined("02x", start="0x"),
    "dashes": joined("02X", "-"),
    "short digits": joined("x", " "),
    "shell": joined("02x", "\\x", start="\\x"),
    "lines": lambda data, _: "\n".join(data[i : i + 4].hex(" ") for i in range(0, len(data), 4)),
    "xxd": tool("xxd"),
    "xxd -u -c 32": tool("xxd", "-u", "-c", "32"),
    "xxd -g1": tool("xxd", "-g1"),
    "xxd -g4": tool("xxd", "-g4"),
    "xxd -e": tool("xxd", "-e"),
    "xxd -a": tool("xxd", "-a"),
    "xxd -p": tool("xxd", "-p"),
    "xxd -i": lambda data, folder: (
        (folder / "message").write_bytes(data), tool("xxd", "-i", "message")(b"", folder)
    )[1],
    "hexdump -C": tool("hexdump", "-C"),
    "hexdump -Cv": tool("hexdump", "-Cv"),
    "hexdump": tool("hexdump"),
    "od -tx1": tool("od", "-tx1"),
    "od -Ax": tool("od", "-Ax", "-tx1"),
    "od -An": tool("od", "-An", "-v", "-tx1"),
    "od -tx1z": tool("od", "-tx1z"),
    "od -x": tool("od", "-x"),
    "od -tx4": tool("od", "-An", "-v", "-tx4"),
    "tcpdump -X": sniffed("tcpdump", "-X"),
    "tcpdump -xx": sniffed("tcpdump", "-xx"),
    "tshark -x": sniffed("tshark", "-x"),
    "C": compiled,
    "C string": lambda data, _: '"' + '"\n  "'.join(
        "".join(f"\\x{b:02x}" for b in data[i : i + 8]) for i in range(0, len(data), 8)
    ) + '"',
    "C octal": lambda data, _: f'char b[] = "{octal(data)}";',
    "Python": lambda data, _: repr(data),
    "Python dump": lambda data, _: f"DATA = (\n    {data[:7]!r}\n    {data[7:]!r}\n)",
    "bytearray": lambda data, _: f"bytearray({list(data)})",
    "bytes": lambda data, _: repr(bytearray(data)),
    "fromhex": lambda data, _: f"bytes.fromhex('{data.hex(' ')}')",
    "Rust": rust("let b: [u8; N] = [{inside}];"),
    "Rust vec": rust("vec![{inside}]"),
    "Rust b": rust('b"{escaped}"'),
    "Go": joined("#04x", ", ", "[]byte{", "}"),
    "Go printed": joined("d", " ", "[", "]"),
    "Java": lambda data, _: str([b - 256 if b > 127 else b for b in data]),
    "hex list": joined("02x", ", ", "[", "]"),
    "strace": traced(),
    "strace -x": traced("-x"),
    "strace -xx": traced("-xx"),
    "kernel": hex_dump(1, "nl: {:08x}: "),
    "kernel words": hex_dump(4, "nl: {:08x}: "),
    "kernel address": hex_dump(1, "ffff8881045b{:04x}: "),
    "kernel bare": hex_dump(1, "nl: "),
    "gdb": lambda data, _: "\n".join(
        f"0x7ffe{i:04x} <buf+{i}>:\t" + "\t".join(f"0x{b:02x}" for b in data[i : i + 8])
        for i in range(0, len(data), 8)
    ),
}  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_notation_gives_the_bytes(notation: str, sample: str, tmp_path: Path) -> None:
    _, data = SAMPLES[sample]
    text = NOTATIONS[notation](data, tmp_path)
    records = list(PastedDatagrams(text))
    got = b"".join(record.data for record in records)
    assert got[len(data) :].strip(b"\0") == b""  # words have no other end
    assert got[: len(data)] == data, text
    assert all(record.original_length == len(record.data) for record in records)


CLOTHES: dict[str, Callable[[bytes], str]] = {
    "Node": lambda data: f"<Buffer {data.hex(' ')}>",
    "Erlang": lambda data: f"<<{','.join(map(str, data))}>>",
    "JSON": lambda data: json.dumps({"name": "eth0", "data": data.hex(":"), "id": 7, "x": "ad"}),
    "JSON list": lambda data: json.dumps({"length": len(data), "data": list(data)}),
    "a sentence": lambda data: f"I send {len(data)} bytes: {data.hex(' ')} and get EINVAL",
    "the end of one": lambda data: f"The 1st request ({len(data)} bytes) is {data.hex()}.",
    "a mail": lambda data: "".join(f"> {line}\n" for line in _dumped(data)),
    "Markdown": lambda data: "```\n" + "\n".join(_dumped(data)) + "\n```",
    "colours": lambda data: "\x1b[1m" + "\n\x1b[0;32m".join(_dumped(data)),
    "Windows": lambda data: "\ufeff" + "\r\n".join(_dumped(data)),
    "a web page": lambda data: "\u201c" + "".join(f"\\x{b:02x}" for b in data) + "\u201d",
    "no quotes": lambda data: octal(data).replace('\\"', "\\42").replace("'", "\\47"),
    "$''": lambda data: "$'" + "".join(f"\\{b:03o}" for b in data) + "'",
    "%*phC": lambda data: f"[   12.345678] nl: msg: {data.hex(':')}",
    "%*phN": lambda data: f"[   12.345678] nl: msg: {data.hex()}",
    "the journal": lambda data: "\n".join(
        f"Nov 29 12:00:01 host kernel: nl: {data[i : i + 16].hex(' '):47}  {'.' * 16}"
        for i in range(0, len(data), 16)
    ),
    "strace -e write=all": lambda data: "\n".join(
        f" | {i:05x}  {data[i : i + 8].hex(' '):23}  {data[i + 8 : i + 16].hex(' '):23}  ... |"
        for i in range(0, len(data), 16)
    ),
    "Rust's dbg!": lambda data: "[a.rs:4] b = [\n" + "".join(f"  {b},\n" for b in data) + "]",
    "characters of C": lambda data: "{" + ", ".join(f"'\\x{b:02x}'" for b in data) + "};",
}  # fmt: skip


def _dumped(data: bytes) -> list[str]:
    """The lines of tshark -x."""
    rows = [data[i : i + 16] for i in range(0, len(data), 16)]
    return [f"{i * 16:04x}  {row.hex(' '):47}   {'.' * len(row)}" for i, row in enumerate(rows)]


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("clothes", CLOTHES)
def test_what_stands_around_them_and_how_they_are_dressed(clothes: str, sample: str) -> None:
    data = SAMPLES[sample][1]
    text = CLOTHES[clothes](data)
    records = list(PastedDatagrams(text))
    assert b"".join(record.data for record in records) == data, text


@pytest.mark.parametrize("sample", SAMPLES)
def test_debug_dumps_of_libnl(sample: str, tmp_path: Path) -> None:
    """By the library itself: nl_msg_dump()."""
    found = [ctypes.util.find_library(name) for name in ("nl-3", "nl-route-3", "nl-genl-3")]
    if found[0] is None:
        pytest.skip("no libnl")
    libnl, *_ = [ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL) for name in found if name]
    libc = ctypes.CDLL(None)
    libnl.nlmsg_convert.restype = libc.fopen.restype = ctypes.c_void_p
    protocol, data = SAMPLES[sample]
    data = data[: int.from_bytes(data[:4], "little")] + bytes(3)
    made = ctypes.c_void_p(libnl.nlmsg_convert(data))
    libnl.nlmsg_set_proto(made, protocol)
    stream = ctypes.c_void_p(libc.fopen(os.fsencode(tmp_path / "dump"), b"w"))
    for _ in range(2):
        libnl.nl_msg_dump(made, stream)
    libc.fclose(stream)
    text = (tmp_path / "dump").read_text(encoding="latin-1")
    assert text.count("BEGIN NETLINK MESSAGE") == 2
    records = list(PastedDatagrams("-- Debug: Sent Message:\n" + text))
    assert len(records) in (1, 2)
    whole = b"".join(record.data + bytes(-len(record.data) % 4) for record in records)
    size = int.from_bytes(data[:4], "little")
    padded = data[:size] + bytes(-size % 4)
    assert whole == padded * 2


LIBNL = """\
-- Debug: Sent Message:
--------------------------   BEGIN NETLINK MESSAGE ---------------------------
  [NETLINK HEADER] 16 octets
    .nlmsg_len = 40
    .type = 20 <route/addr::new>
    .flags = 1029 <REQUEST,ACK,ATOMIC>
    .seq = 1795998906
    .port = 2143319474
  [PAYLOAD] 8 octets
    02 18 00 00 01 00 00 00                         ........
  [ATTR 02] 4 octets
    c0 00 02 01                                     ....
  [ATTR 01] 4 octets
    c0 00 02 01                                     ....
---------------------------  END NETLINK MESSAGE   ---------------------------
-- Debug: Received Message:
--------------------------   BEGIN NETLINK MESSAGE ---------------------------
  [NETLINK HEADER] 16 octets
    .nlmsg_len = 36
    .type = 2 <ERROR>
    .flags = 256 <ROOT>
    .seq = 1795998906
    .port = 2143319474
  [ERRORMSG] 20 octets
    .error = 0 "Success"
  [ORIGINAL MESSAGE] 16 octets
    .nlmsg_len = 16
    .type = 20 <0x14>
    .flags = 1029 <REQUEST,ACK,ATOMIC>
    .seq = 1795998906
    .port = 2143319474
---------------------------  END NETLINK MESSAGE   ---------------------------
"""


def test_libnl_prints_a_wrong_length_of_what_an_error_echoes(run: Command) -> None:
    """As NLCB=debug nl-addr-add printed it."""
    shown = run("decode", "--list", "--protocol", "route", LIBNL).lines
    assert "newaddr    192.0.2.1/24 dev 1 scope global" in shown[0]
    assert shown[1].endswith("ack        for newaddr 192.0.2.1/24 dev 1 (to #1)")


@pytest.mark.parametrize("text", ["xxd", "strace", "Rust", "C"])
def test_messages_one_after_the_other_in_one_paste(text: str, tmp_path: Path) -> None:
    request, answer = SAMPLES["family"][1], SAMPLES["answer"][1]
    pasted = "\n\n".join(NOTATIONS[text](data, tmp_path) for data in (request, answer))
    assert (
        b"".join(r.data for r in PastedDatagrams(f"the request:\n{pasted}\n")) == request + answer
    )


def test_what_is_shown_is_what_read_shows_of_the_recording(run: Command, tmp_path: Path) -> None:
    packet = netlink(*SAMPLES["rules"])
    (tmp_path / "a.pcap").write_bytes(pcap([(1, 2, packet, len(packet))]))
    text = SAMPLES["rules"][1].hex(" ")
    tree = run("decode", text).out
    assert len(tree.splitlines()) > 20
    recorded = run("read", "-V", tmp_path / "a.pcap").out
    assert tree.split() == re.sub(r"0\.000000|1970\S+", "", recorded).split()
    assert "netfilter is assumed, which fits best" in run("decode", text).err
    assert run("decode", "--protocol", "netfilter", text).err == ""
    lines = run("decode", "--list", "-x", text).out
    assert "0000  14 00 00 00" in lines
    found = json.loads(run("decode", "-T", "json", text).out)
    assert [m["protocol"] for m in found] == ["netfilter"] * len(found)
    assert len(run("decode", "--list", "-c", "1", text).lines) == 1
    assert run("decode", "-Y", "mtu", text).out == ""
    assert run("decode", "-T", "fields", "-e", "operation", "-c", "1", text).lines == [
        "batch-begin"
    ]
    assert run("decode", "-w", tmp_path / "o.pcapng", text).status == 0
    assert run("read", tmp_path / "o.pcapng").lines == run("decode", "--list", text).lines


def test_names_of_attributes_and_the_family(run: Command) -> None:
    text = SAMPLES["answer"][1].hex()
    assert "CTRL_ATTR_FAMILY_NAME" in run("decode", text).out
    assert "family-name" in run("decode", "--names", "spec", text).out
    request = message(28, b"\1\1\0\0" + struct.pack("<HHI", 8, 1, 5)).hex()
    for words in (("--family", "nl80211"), ("--protocol", "nl80211")):
        ran = run("decode", "--list", *words, request)
        assert (ran.err, "nl80211" in ran.out) == ("", True)
    ran = run("decode", "--family", "nonesuch", request)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "route is no generic netlink family" in run("decode", "--family", "route", "14").err


def test_where_the_bytes_come_from(tmp_path: Path, run: Command) -> None:
    data = SAMPLES["request"][1]
    wanted = run("decode", data.hex()).out
    assert run("decode", *data.hex(" ").split()).out == wanted
    (tmp_path / "dump").write_text("Request:\n" + NOTATIONS["xxd -g1"](data, tmp_path))
    assert run("decode", f"@{tmp_path / 'dump'}").out == wanted
    (tmp_path / "raw").write_bytes(data)
    assert run("decode", f"@{tmp_path / 'raw'}").out == wanted
    for words in ([], ["-"]):
        with (tmp_path / "dump").open("rb") as stream:
            out, _ = start("decode", *words, stdin=stream).communicate(timeout=60)
        assert out.decode() == wanted


def test_the_clipboard(tmp_path: Path, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    data = SAMPLES["request"][1]
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    none = run("decode", "--clipboard")
    assert (none.status, none.err.count("\n")) == (2, 1)
    assert "wl-paste, xclip or xsel" in none.err
    (tmp_path / "wl-paste").write_text(f"#!/bin/sh\necho '{data.hex(' ')}'\n")
    (tmp_path / "wl-paste").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert run("decode", "--clipboard").out == run("decode", data.hex()).out
    assert "give one of them" in run("decode", "--clipboard", "14").err
    (tmp_path / "wl-paste").write_text("#!/bin/sh\necho 'No selection' >&2; exit 1\n")
    assert (
        run("decode", "--clipboard").err == "nldissect: --clipboard: wl-paste says: No selection\n"
    )


@pytest.mark.parametrize(
    "notation", ["spaced", "xxd", "hexdump -C", "C octal", "Rust", "strace -x"]
)
def test_what_is_cut_is_shown_with_its_diagnosis(
    notation: str, tmp_path: Path, run: Command
) -> None:
    data = SAMPLES["answer"][1][:100]
    ran = run("decode", NOTATIONS[notation](data, tmp_path) + '"...' * (notation == "C octal"))
    assert ran.status == 0
    assert "100 of 1116 bytes" in ran.out
    assert "ethtool" in ran.out


def test_strace_in_its_own_words(run: Command) -> None:
    fragment = (
        "{nlmsg_len=32, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=7, "
        "nlmsg_pid=0}, {ifi_family=AF_UNSPEC, ifi_type=ARPHRD_NETROM, ifi_index=3, ifi_flags=0, "
        "ifi_change=0}"
    )
    call = f"sendto(3, [{fragment}], 32, 0, NULL, 0) = 32"
    shown = [run("decode", text).out for text in (call, f"[{fragment}]", f"17   {call}\n")]
    assert "ifi_index: 3" in shown[0]
    assert shown[1] == shown[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing was given; give bytes, @FILE, --clipboard or standard input (-)"),
        ("hello world", "there are no bytes in it; hex, dumps (xxd, hexdump -C"),
        ("14 00 0z 00", "line 1: '0z' is no hex"),
        ("14 00\n00 123", "line 2: '123' is an odd number of hex digits (3)"),
        ("00000000: 1400 0z00 1200 0103\n00000008: 0000",
         "line 2: 2 of the 8 bytes before offset 00000008 can be read"),
        ("0000000 14 00 00 00\n*\n7777777",
         "line 2: * stands for 125269875 bytes, more than any message has"),
        ("@/nonexistent", "/nonexistent cannot be read: No such file or directory"),
        ("@/tmp", "/tmp cannot be read: Is a directory"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_line(text: str, words: str, run: Command) -> None:
    ran = run("decode", text)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"nldissect: decode: {words}")
    assert ran.err.count("\n") == 1


def test_more_than_anybody_pastes(run: Command, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"14 " * (6 << 20))
    ran = run("decode", f"@{tmp_path / 'large'}")
    assert (ran.status, ran.err.count("\n")) == (2, 1)
    assert "more than 16 MiB; NLDISSECT_LIMITS=off reads on" in ran.err


def test_nothing_is_evaluated(run: Command, tmp_path: Path) -> None:
    marker = tmp_path / "was here"
    for text in (
        f"__import__('os').mkdir('{marker}')",
        f"$(mkdir '{marker}')",
        f"`mkdir {marker}`",
    ):
        run("decode", text)
    assert not marker.exists()
