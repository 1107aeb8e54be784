"""`--confine`: what the kernel lets a run do that reads a stranger's capture."""

from __future__ import annotations

import ctypes
import platform
import re
import socket
from pathlib import Path

import pytest

import nldissect
from nldissect._internal.wire import seccomp
from support.capture_files import netlink, pcap
from support.command import Command, start
from support.messages import RECORDINGS

VERSION = ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)
pytestmark = pytest.mark.skipif(VERSION < 1, reason="this kernel has no Landlock")
LINKS = RECORDINGS / "links.pcap"

SPEC = """\
name: strange
protocol: genetlink
attribute-sets:
  - name: main
    attributes: [{name: one, type: u32, x-label: tries}]
operations:
  list:
    - {name: ask, value: 1, attribute-set: main, do: {request: {attributes: [one]}}}
"""
CODE = """\
import os, socket, subprocess

def tries(value, message, get):
    return " ".join(f"{name}:{tried(what)}" for name, what in TRIES.items())

def tried(what):
    try:
        what()
    except PermissionError:
        return "denied"
    return "done"

TRIES = {
    "read": lambda: open("FOLDER/secret").close(),
    "list": lambda: os.listdir("FOLDER"),
    "write": lambda: open("FOLDER/made", "w").close(),
    "run": lambda: subprocess.run(["/bin/true"]),
    "connect": lambda: socket.create_connection(("127.0.0.1", PORT), 1).close(),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close(),
    "local": lambda: socket.socket(socket.AF_UNIX).close(),
}
HOOKS = {"tries": tries}
"""


def told(*words: object) -> tuple[bytes, bytes]:
    with start(*words) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode in (0, 1), err
    return out, err


def test_code_beside_a_dissector_is_held(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "strange.yaml").write_text(SPEC)
    server = socket.create_server(("127.0.0.1", 0))
    code = CODE.replace("FOLDER", str(tmp_path)).replace("PORT", str(server.getsockname()[1]))
    (tmp_path / "spec" / "strange.py").write_text(code)
    capture = tmp_path / "spec" / "capture.pcap"
    folder = tmp_path / "spec"
    made = nldissect.build("strange", "ask", {"one": 1}, type=40, dissectors=[folder])
    data = netlink(16, made.bytes)
    capture.write_bytes(pcap([(1, 0, data, len(data))]))
    words = ("read", "-V", "--dissectors", folder, "--decode-as", "40=strange", capture)
    names = ("read", "list", "write", "run", "connect", "netlink", "local")
    assert " ".join(f"{name}:done" for name in names).encode() in told(*words)[0]
    (tmp_path / "made").unlink()
    allowed = () if platform.machine() in seccomp.MACHINES else names[4 + (VERSION >= 4) :]
    said = [f"{name}:{'done' if name in allowed else 'denied'}" for name in names]
    assert " ".join(said).encode() in told(*words, "--confine")[0]
    assert not (tmp_path / "made").exists()
    server.close()


@pytest.mark.parametrize(
    ("column", "header"),
    [
        (0, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        (1, "/usr/include/asm-generic/unistd.h"),
    ],
)
def test_calls_have_the_numbers_of_the_headers(column: int, header: str) -> None:
    if not Path(header).exists():
        pytest.skip(f"needs {header} (linux-libc-dev)")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", Path(header).read_text())
    told = {name: int(number) for name, number in found}
    for name, numbers in seccomp.CALLS.items():
        assert told.get(name, -1) == numbers[column], name
    machine, elf = (("x86_64", 62), ("aarch64", 183))[
        column
    ]  # EM_X86_64, EM_AARCH64: linux/elf-em.h
    sixty_four_little = 0xC0000000  # linux/audit.h
    assert seccomp.MACHINES[machine] == (column, sixty_four_little | elf, told["seccomp"])


@pytest.mark.parametrize(
    "words",
    [
        ("read", LINKS), ("read", "-V", "-x", LINKS), ("read", "-T", "jsonl", "-j", "2", LINKS),
        ("read", "-Y", "mtu > 1400", LINKS), ("check", LINKS), ("stats", LINKS),
        ("diff", LINKS, RECORDINGS / "vlan.pcap"), ("read", RECORDINGS / "acks.strace"),
    ],
)  # fmt: skip
def test_what_is_said_is_the_same(words: tuple[object, ...]) -> None:
    assert told(*words, "--confine") == told(*words)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("read", "-w", "OUT", LINKS), "out.pcapng"),
        (("stats", "--svg", "OUT", LINKS), "out.svg"),
        (("report", LINKS, "-o", "OUT"), "out.html"),
        (("flow", "-o", "OUT", LINKS), "out.svg"),
        (("redact", LINKS, "OUT"), "out.pcapng"),
    ],
)
def test_outputs_are_written(words: tuple[object, ...], name: str, tmp_path: Path) -> None:
    out = tmp_path / name
    told(*[out if word == "OUT" else word for word in words], "--confine")
    first = out.read_bytes()
    told(*[out if word == "OUT" else word for word in words], "--confine")
    assert out.read_bytes() == first != b""


@pytest.mark.parametrize("name", ["tables", "table.parquet", "tables.duckdb"])
def test_tables_are_written(name: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    pytest.importorskip("duckdb")
    to = tmp_path / name
    assert told("export", "--confine", RECORDINGS / "errors.pcap", "-o", to) == (b"", b"")
    assert to.exists()
    assert list(tmp_path.iterdir()) == [to]


def test_a_key_is_read_all_the_same(tmp_path: Path) -> None:
    key, out = tmp_path / "keys" / "key", tmp_path / "made" / "out.pcapng"
    for path in (key, out):
        path.parent.mkdir()
    key.write_text("a key of ours")
    told("redact", "--key", f"@{key}", "--confine", LINKS, out)
    assert out.exists()


def test_only_what_reads_files_has_it(run: Command) -> None:
    assert run("live", "--confine").status == 2
