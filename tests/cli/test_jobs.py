"""Several processes for one file (-j): the output is that of one process."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fuzz import mutate
from nldissect._internal.cli.jobs import PIECE
from support import ROOT
from support.command import UNKNOWN, Command, attribute, link, name, start
from support.sweep import share

pytestmark = pytest.mark.slow


RECORDINGS = ROOT / "captures"
# Dumps, batches, errors, families learnt late, notifications and their copies.
JOINED = ("acks", "policies", "routes", "refused", "ethtool", "nft", "errors", "iproute", "tc")


def joined(*parts: bytes) -> bytes:
    """Files of one byte order and link type as one."""
    return parts[0] + b"".join(part[24:] for part in parts[1:])


def copies() -> bytes:
    """Notifications of some 800 bytes, each for four listeners, as a pcap file's records."""
    out = [bytes(24)]
    for i in range(90):
        data = struct.pack(">HHH8xH", 4, 824, 0, 0) + link(
            name(f"kiwi{i}"), attribute(UNKNOWN, bytes(800)), index=i
        )
        for k in range(4):
            head = struct.pack("<IIII", 1_800_000_000 + i, 10 * k, len(data), len(data))
            out.append(head + data)
    return b"".join(out)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of many pieces."""
    path = tmp_path_factory.mktemp("jobs") / "long.pcap"
    recordings = [(RECORDINGS / f"{one}.pcap").read_bytes() for one in JOINED]
    path.write_bytes(joined(*recordings, copies()))
    assert path.stat().st_size > 10 * PIECE
    return path


@pytest.fixture(scope="module")
def sections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pcapng of several sections and pieces, times in nanoseconds."""
    folder = tmp_path_factory.mktemp("sections")
    for one in JOINED:
        process = start("read", "-w", folder / one, RECORDINGS / f"{one}.pcap")
        process.communicate()
    path = folder / "long.pcapng"
    path.write_bytes(b"".join((folder / one).read_bytes() for one in JOINED))
    return path


def ran(*arguments: object) -> tuple[int, bytes, bytes]:
    """Status and what it said, on both outputs."""
    process = start(*arguments)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def alike(command: str, *arguments: object, jobs: tuple[int, ...] = (3,)) -> bytes:
    """Runs it in one process and several; returns what all say."""
    alone = ran(command, "-j", 1, *arguments)
    for count in jobs:
        assert ran(command, "-j", count, *arguments) == alone
    return alone[1]


READ = (
    "", "-V", "-V -x --names spec", "-T json", "-T jsonl -2", "-T ynl", "-T c", "--copies",
    "-T fields -e record -e time -e summary -e answered_by -e process -e ifname -t r",
    "-t d", "-t dd", "-t u --type newlink,error", "-c 50", "--family nlctrl,ethtol --own",
)  # fmt: skip
FILTERED = (
    ("-T", "json", "-Y", 'ifname == "nobody"'),
    ("-T", "json", "-Y", "error == EINVAL"),
    ("-t", "d", "-Y", "latency > 1us and port != 0"),
    ("-V", "-Y", "time > 20s and answered_by"),
    ("--protocol", "route", "-Y", "time < 1s or listeners > 2"),
)
CHECK = (
    "", "-T json", "-T sarif", "-T json --code no-header", "--fail-on note",
    "--code request-unanswered,request-cut,request-given-up",
)  # fmt: skip


@pytest.mark.parametrize("arguments", share(READ))
def test_read(arguments: str, long: Path) -> None:
    alike("read", *arguments.split(), long)


@pytest.mark.parametrize("arguments", share(FILTERED))
def test_read_filtered(arguments: tuple[str, ...], long: Path) -> None:
    alike("read", *arguments, long)


@pytest.mark.parametrize("arguments", share(CHECK))
def test_check(arguments: str, long: Path) -> None:
    alike("check", *arguments.split(), long)


def test_check_filtered(long: Path) -> None:
    codes = ("--code", "request-unanswered,request-cut,request-given-up")
    alike("check", *codes, "-Y", "type == RTM_GETLINK or port == 0", long)
    alike("check", "-Y", "time > 1s and message > 100", long, jobs=(2, 3))


def test_stats_is_what_it_is(long: Path) -> None:
    alike("stats", long)


def test_what_belongs_together_lies_in_several_pieces(long: Path) -> None:
    """Requests and answers, parts of dumps, copies: what the others rely upon."""
    pieces, until, number = [-1], 0, -1
    data = long.read_bytes()
    at = 24
    while at < len(data):
        if at >= until:
            until, number = at + PIECE, number + 1
        pieces.append(number)
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
    shown = alike("read", "-T", "jsonl", long, jobs=(2,))
    found = [json.loads(line) for line in shown.splitlines()]
    piece = {one["message"]: pieces[one["record"]] for one in found}
    apart = {
        key: sum(piece[one[key]] != piece[one["message"]] for one in found if one.get(key))
        for key in ("answers", "answered_by", "copy_of")
    }
    assert all(apart.values()), apart
    assert len(set(pieces)) > 10


def test_sections(sections: Path) -> None:
    alike("read", "-t", "a", sections, jobs=(5,))
    alike("check", sections)


def test_several_files_and_errors(long: Path, tmp_path: Path) -> None:
    """One file is cut, one is not there, one is compressed, one a trace."""
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(long.read_bytes()[:400_000])
    subprocess.run(["gzip", "-k", cut], check=True)
    links = RECORDINGS / "links.pcap"
    files = (links, cut, tmp_path / "none.pcap", f"{cut}.gz", RECORDINGS / "acks.strace")
    alike("read", *files)
    alike("check", "-T", "json", *files)
    merged = (links, cut, RECORDINGS / "iproute.pcap")
    assert alike("read", *merged).count(b"==>") > len(merged)


def test_mutated(tmp_path: Path) -> None:
    mutate.write(tmp_path, 1500, "11")
    for path in tmp_path.glob("*.pcap"):
        alike("read", path)
        alike("check", path)


def test_a_dissector_that_is_broken(long: Path, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("name: wrong\nprotonum: 0\noperations: 3\n")
    alike("read", "--dissectors", tmp_path, long)


@pytest.mark.parametrize(
    ("given", "words"),
    [("0", "-j: 0 processes cannot be had"), ("x", "-j: 'x' is no number"),
     ("-1", "-j"), ("1000", "give 1 to 64")],
)  # fmt: skip
@pytest.mark.parametrize("command", ["read", "check", "stats"])
def test_wrong_numbers(command: str, given: str, words: str, run: Command) -> None:
    ran = run(command, "-j", given, "no-such-file")
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


def test_memory(long: Path) -> None:
    """No process holds more of the output than a few pieces."""
    # ru_maxrss of a process itself has that of the one which started it, before exec.
    script = (
        "import re, resource, sys\n"
        "from nldissect._internal.cli import main\n"
        "status = main(sys.argv[1:])\n"
        "own = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]\n"
        "print(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", script, "read", "-T", "jsonl", "-j", "3", long]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    assert max(map(int, done.stderr.split())) < 100 * 1024  # KB; interpreted, in tests


def children(pid: int) -> list[int]:
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def begun(*arguments: object) -> tuple[subprocess.Popen[bytes], bytes, list[int]]:
    """A command in three processes that has written something, and waits for a reader."""
    process = start("read", "-2", "-j", 3, *arguments, start_new_session=True)
    assert process.stdout is not None
    first = b""
    while len(first) < 4096:
        first += os.read(process.stdout.fileno(), 1 << 16)
    return process, first, children(process.pid)


def gone(pids: list[int]) -> bool:
    """Whether none of these runs any more, after a moment."""
    for _ in range(100):
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_nobody_reads_on(long: Path) -> None:
    process, _, others = begun("-V", long)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(timeout=30) == 141
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert gone(others)


def test_no_room(long: Path) -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "nldissect", "read", "-j", "3", str(long)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == b"nldissect: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("which", [0, 1])
def test_a_process_is_killed(which: int, long: Path) -> None:
    process, first, others = begun("-V", long)
    assert len(others) == 2
    os.kill(others[which], signal.SIGKILL)
    rest, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err == (
        b"nldissect: one of 3 processes was ended by signal 9: what follows is missing\n"
    )
    assert ran("read", "-2", "-V", long)[1].startswith(first + rest)
    assert gone(others)


@pytest.mark.parametrize("form", [["-V"], ["-T", "json"]])
def test_interrupted(form: list[str], long: Path) -> None:
    """What is shown ends with a whole message, and is complete JSON."""
    process, first, others = begun(*form, long)
    os.killpg(process.pid, signal.SIGINT)
    rest, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, b"")
    shown = first + rest
    if form == ["-T", "json"]:
        assert json.loads(shown)
        shown = shown.removesuffix(b"\n]\n")
    whole = ran("read", "-2", *form, long)[1]
    assert whole.startswith(shown)
    assert len(shown) < len(whole)
    assert gone(others)


def test_the_first_process_is_ended(long: Path) -> None:
    process, _, others = begun("-V", long)
    process.kill()
    process.communicate(timeout=30)
    assert gone(others)
