"""`nldissect live`: one boot of a kernel of its own plays every scene of live_guest.py."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from nldissect._internal.capture.live import nlmon, ring
from nldissect._internal.capture.live.file_limits import parse_limits, ring_file_name
from nldissect._internal.capture.reader import open_capture
from nldissect._internal.cli import live_command as command
from nldissect._internal.cli.commands import build
from nldissect._internal.spec.registry import Registry
from nldissect._internal.wire.errors import CaptureError, UsageError
from nldissect._internal.wire.record import Record
from support import ROOT
from support.uml import in_kernel, needs_kernel

pytestmark = pytest.mark.slow


in_scenes = needs_kernel()
LISTENING = re.compile(r"nldissect: listening on (nldissect\d+), made for this and removed at the")


class Scenes:
    """What came of the scenes, and the folder with their files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._results: dict[str, Any] = json.loads((folder / "result.json").read_text())

    def __getitem__(self, name: str) -> Any:
        found = self._results[name]
        assert "failed" not in found, found["failed"]
        return found

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    folder = tmp_path_factory.mktemp("live")
    guest = ROOT / "tests/capture/live_guest.py"
    done = in_kernel(sys.executable, guest, folder, seconds=600, memory="1G")
    assert done.returncode == 0, done.stderr
    return Scenes(folder)


def others(path: Path) -> list[Record]:
    """The records that are not the recording program's own."""
    capture = open_capture(str(path))
    records = list(capture)
    own = {(s.protocol, s.port) for i in capture.interfaces for s in i.sockets if s.own}
    return [
        r for r in records if (r.protocol, int.from_bytes(r.data[12:16], sys.byteorder)) not in own
    ]


def ports_in(path: Path) -> list[int]:
    """nlmsg_pid of each record; raises CaptureError where the last block is not whole."""
    return [int.from_bytes(r.data[12:16], sys.byteorder) for r in open_capture(str(path))]


# -- the interface ----------------------------------------------------------------------


@in_scenes
def test_made_where_none_is_up_and_removed_however_it_ends(scenes: Scenes) -> None:
    life = scenes["life"]
    assert sorted(life["made"].values()) == [f"nldissect{number}" for number in range(6)]
    assert set(life["made"].values()) < set(life["before"])
    assert life["ended"] == {
        "INT": 0,
        "TERM": 0,
        "HUP": 0,
        "KILL": -9,
        "recorder killed": 2,
        "pipe": 141,
    }
    assert life["right after"] == life["after"] == ["lo", "dummy0", "nlmon0"]
    for name, said in life["said"].items():
        assert LISTENING.match(said), said
        if name in ("INT", "TERM", "HUP"):
            assert re.search(r"\n.*: \d+ datagrams captured, 0 dropped by the kernel\n$", said)
    assert "its process ended unexpectedly" in life["said"]["recorder killed"]


@in_scenes
def test_one_that_is_up_is_used_and_left_alone(scenes: Scenes) -> None:
    there = scenes["there"]
    assert (there["name"], there["made"]) == ("nlmon0", False)
    assert there["during"] == ["lo", "dummy0", "nlmon0"]
    assert "UP" in there["before"]
    assert there["before"] == there["after"]


@in_scenes
def test_another_network_namespace_by_name_and_by_process(scenes: Scenes) -> None:
    there = scenes["elsewhere"]
    assert sorted(there["inside"]) == ["nldissect0", "nldissect1"]
    assert all(name in there["during"] for name in there["inside"])
    assert "nldissect" not in there["after"]
    assert there["ended"] == [0, 0]
    for name in "named", "numbered":
        shown = scenes.text(f"elsewhere/{name}.out")
        assert "blue0 kind dummy" in shown
        assert "here0" not in shown
    assert "getfamily" in scenes.text("elsewhere/numbered.out")  # --own
    assert "getfamily" not in scenes.text("elsewhere/named.out")


@in_scenes
def test_the_library_listens(scenes: Scenes) -> None:
    found = scenes["library"]
    assert found["interface"] == "nlmon0"
    assert found["first"] == ["fig0", "dummy"]
    assert found["links"] == found["asked"] == ["fig0"] * found["length"] != []
    assert found["states"] == ["answered"] * found["length"]
    assert found["dropped"] == 0
    assert found["noops"] == [77, 77, 77]
    assert (found["there"], found["left"]) == (True, False)
    assert found["problem"].startswith("there is no interface 'nope0'")


@in_scenes
@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("raw", "listening on nlmon0 needs CAP_NET_RAW: root lacks it here; give the container"),
        ("raw made", "listening on nldissect0 needs CAP_NET_RAW: root lacks it here; give the"),
        ("admin", "making one needs CAP_NET_ADMIN: root lacks it here; give the container that"),
        ("netns", "network namespace 1 cannot be entered: Operation not permitted; that needs"),
        ("loopback", "lo is not an nlmon interface (its ARPHRD is 772, nlmon's is 824); ip link"),
        ("missing", "there is no interface 'nope0' in this network namespace; there is nlmon0;"),
        ("down", "nlmon0 is down; ip link set nlmon0 up"),
        ("no namespace", "there is no network namespace 'nope'; `ip netns` lists them"),
        ("no process", "--netns: there is no process 999999"),
        ("stale namespace", "--netns: /run/netns/left is no network namespace any more; `ip netns"),
        ("nowhere", "-w: /nonexistent/x.pcapng cannot be written: No such file or directory"),
    ],
)
def test_what_is_missing_is_said_in_one_line(scenes: Scenes, case: str, said: str) -> None:
    status, text = scenes["refusals"][case]
    assert status == 2
    assert text.startswith("nldissect: ")
    assert said in text
    assert text.count("\n") == 1
    assert scenes["refusals"]["links"] == ["lo", "dummy0", "nlmon0"]  # nothing stayed behind


@in_scenes
def test_a_kernel_without_nlmon(scenes: Scenes) -> None:
    found = scenes["moduleless"]
    assert found["ended"] == 2
    assert found["said"].startswith("nldissect: this kernel has no nlmon: modprobe nlmon loads")
    assert found["said"].count("\n") == 1
    assert "nldissect" not in " ".join(found["links"])


@in_scenes
@pytest.mark.parametrize(("how", "uid"), [("sudo", 65534), ("root", 0)])
def test_privileges_are_gone_once_it_listens(scenes: Scenes, how: str, uid: int) -> None:
    found = scenes["identity"][how]
    for role in "front", "recorder", "supervisor":
        assert found[role]["Uid"].split() == [str(uid)] * 4
        assert found[role]["Gid"].split() == [str(uid)] * 4
        assert found[role]["NoNewPrivs"] == "1"
        assert found[role]["CapEff"] == found[role]["CapPrm"] == found[role]["CapBnd"]
    assert int(found["recorder"]["CapEff"], 16) == 0
    # Python itself may lie where only root reads: then CAP_DAC_READ_SEARCH is what remains.
    assert int(found["front"]["CapEff"], 16) in (0, 1 << 2)
    # CAP_NET_ADMIN to remove the interface, CAP_SYS_PTRACE and DAC_READ_SEARCH to name processes
    assert int(found["supervisor"]["CapEff"], 16) == 1 << 12 | 1 << 19 | 1 << 2
    assert (found["ended"], found["owner"]) == (0, uid)
    assert found["size"] > 1000
    assert scenes["identity"]["shown"]["ended"] == 0
    assert "getlink    lo" in scenes.text("identity/shown.out")
    assert not [name for name in scenes["identity"]["links"] if "nldissect" in name]


# -- what is captured ----------------------------------------------------------------------

LINK, LINK_TOO = [0, 18, 4242], [0, 18, 4243]
TWO = [0, 22, 4243]  # RTM_GETADDR and RTM_GETLINK in one datagram: only the first is looked at


@in_scenes
@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("protocol", [[16, 16, 4244], [16, 16, 4244], [16, 2, 4244], [2, 8289, 1701650539]]),
        ("type", [LINK, LINK_TOO, TWO, [16, 16, 4244]]),
        ("port", [LINK, [0, 16, 4242], [0, 2, 4242], TWO]),
        ("all", [[0, 2, 4242], TWO]),
        ("nothing", []),
    ],
)
def test_the_kernel_filters(scenes: Scenes, chosen: str, expected: list[list[int]]) -> None:
    filters = scenes["filters"]
    assert filters[chosen] == expected
    assert len(filters["none"]) == 15  # what there was to filter
    assert filters["nothing own"] > 20  # its own questions pass whatever is filtered


@in_scenes
def test_shown_and_written_as_it_happens(scenes: Scenes) -> None:
    shown = scenes.text("explained/all.out")
    for line in ("→ route     newlink    pear0 kind dummy", "→ route     dellink    pear0"):
        assert line in shown
    assert "getfamily" not in shown
    assert "getpolicy" not in shown
    path = scenes.folder / "explained/all.pcapng"
    read = subprocess.run(
        [sys.executable, "-m", "nldissect", "read", str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    plain = re.compile(r" \(\S+\[\d+\]\)| listeners? \d+")
    pieces = [line.split()[2:6] for line in plain.sub("", shown).splitlines()]
    assert pieces == [line.split()[2:6] for line in plain.sub("", read).splitlines()]
    stats = subprocess.run(
        [sys.executable, "-m", "nldissect", "stats", "-T", "json", str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    assert [row["protocol"] for row in json.loads(stats)["protocols"]] == ["route"]
    # What had been written while it ran lacks the statistics only.
    assert 0 < scenes["explained"]["whole"] - scenes["explained"]["early"] < 100


@in_scenes
def test_a_capture_explains_itself(scenes: Scenes) -> None:
    capture = open_capture(str(scenes.folder / "explained/all.pcapng"))
    records = list(capture)
    (interface,) = capture.interfaces
    assert (interface.name, interface.link_type, interface.dropped) == ("nlmon0", 253, 0)
    assert interface.os is not None
    assert interface.os.startswith("Linux 6.")
    options = dict(interface.section_options)
    assert options[4].startswith(b"nldissect ")
    assert options[3].startswith(b"Linux 6.")
    assert re.search(rb"^host \S+, started 20\d\d-", options[1])
    own = [found for found in interface.sockets if found.own]
    assert sorted(found.protocol for found in own) == [0, 16]
    ports = {(found.protocol, found.port) for found in own}
    asked = [
        r for r in records if (r.protocol, int.from_bytes(r.data[12:16], sys.byteorder)) in ports
    ]
    commands = {r.data[16] for r in asked if r.protocol == 16 and r.data[4:6] == b"\x10\0"}
    assert {1, 3, 10} <= commands  # NEWFAMILY, GETFAMILY, GETPOLICY
    assert any(r.protocol == 0 and r.data[4] == 16 for r in asked)  # RTM_NEWLINK
    assert all(r.cooked == b"\0\x04\x03\x38" + bytes(10) + bytes((0, r.protocol)) for r in records)


@in_scenes
def test_processes_behind_ports_even_short_lived_ones(scenes: Scenes) -> None:
    capture = open_capture(str(scenes.folder / "explained/all.pcapng"))
    records = list(capture)
    sockets = {owned.port: owned for owned in capture.interfaces[0].sockets if not owned.own}
    found = sockets[0x7000_0001]  # by its inode: the number says nothing
    assert found.pid == scenes["explained"]["pid"]
    assert found.uid == 0
    assert "live_guest.py" in (found.command or "")
    assert all(sockets[0x7000_1000 + number].pid == found.pid for number in range(150))
    commands = [owned.command for owned in sockets.values() if owned.name == "ip"]
    # `ip` lives for some milliseconds: a machine that is much too busy may miss one of them.
    ran = {"ip link add pear0 type dummy", "ip route show table all", "ip link del pear0"}
    assert len(ran & set(commands)) >= 2
    for port, owned in sockets.items():
        if owned.name == "ip" and port < 1 << 22:
            assert owned.pid == port
    assert all(
        records[0].time - 10**9 < s.time <= records[-1].time + 10**9 for s in sockets.values()
    )


@in_scenes
@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
@pytest.mark.parametrize("name", ["explained/all.pcapng", "loss/loss.pcapng"])
def test_wireshark_opens_it(scenes: Scenes, name: str) -> None:
    path = scenes.folder / name
    done = subprocess.run(
        ["tshark", "-r", path, "-T", "fields", "-e", "frame.len", "-e", "netlink.hdr_type"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) == len(list(open_capture(str(path))))
    assert "cut short" not in done.stderr


# -- files, limits, loss ----------------------------------------------------------------------


@in_scenes
def test_ring_files_and_autostop(scenes: Scenes) -> None:
    rings, folder = scenes["rings"], scenes.folder / "rings"
    names = sorted(path.name for path in folder.glob("packets_*"))
    assert [re.sub(r"_20\d{12}\.", "_TIME.", name) for name in names] == [
        "packets_00003_TIME.pcapng",
        "packets_00004_TIME.pcapng",
    ]
    assert [len(others(folder / name)) for name in names] == [10, 10]
    # All four were shown, the removed ones too.
    assert rings["packets"] == {"seen": 40, "reason": "limit", "path": str(folder / names[-1])}
    *full, _ = sorted(folder.glob("filesize_*"))
    assert len(full) > 3
    for path in full:
        assert path.stat().st_size >= 2000
        # Blocks that name sockets count too, so the packet after them may be the one too many.
        assert all(r.offset < 2000 for r in list(open_capture(str(path)))[:-1])
    assert rings["filesize"]["seen"] == 100
    assert len(list(folder.glob("seconds_*"))) == 3
    assert rings["seconds"]["reason"] == "time"
    stopped = folder / "stop filesize.pcapng"
    assert stopped.stat().st_size >= 3000
    assert all(r.offset < 3000 for r in list(open_capture(str(stopped)))[:-1])
    assert rings["messages"] == {"seen": 15, "reason": "limit", "path": None}


@in_scenes
def test_each_ring_file_explains_itself(scenes: Scenes) -> None:
    files = sorted((scenes.folder / "rings").glob("primed_*"))
    assert len(files) == 2
    for path in files:
        assert any(r.protocol == 16 and r.data[16:17] == b"\x01" for r in open_capture(str(path)))
        assert len(others(path)) == 20


@in_scenes
def test_snaplen_counts_the_cooked_header(scenes: Scenes) -> None:
    capture = open_capture(str(scenes.folder / "rings/snaplen.pcapng"))
    records = list(capture)
    assert capture.interfaces[0].snaplen == 40
    assert len(records) == 5
    assert all(len(record.data) <= 24 for record in records)


@in_scenes
def test_loss_is_a_row_where_it_happened(scenes: Scenes) -> None:
    records = list(open_capture(str(scenes.folder / "loss/loss.pcapng")))
    gaps = [(number, record.lost) for number, record in enumerate(records) if record.lost]
    assert len(gaps) == 1
    ((place, lost),) = gaps
    assert lost + len(records) == 20_001
    assert place == len(records) - 1  # the one that was sent after
    lines = scenes.text("loss/loss.out").splitlines()
    assert lines[-2].split(maxsplit=2)[:2] == ["!", str(lost)]
    assert lines[-2].endswith(" datagrams lost here: the capture was too slow")
    assert len(lines) == len(records) + 1
    said = scenes.text("loss/loss.err")
    assert f"{len(records)} datagrams captured, {lost} dropped by the kernel" in said
    out = subprocess.run(
        [
            sys.executable,
            "-m",
            "nldissect",
            "read",
            "-T",
            "jsonl",
            str(scenes.folder / "loss/loss.pcapng"),
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    assert [o["lost"] for o in map(json.loads, out.splitlines()) if "lost" in o] == [lost]


@in_scenes
def test_a_recorder_that_is_stopped_loses_nothing_that_the_ring_can_hold(scenes: Scenes) -> None:
    found = scenes["stopped"]
    assert found["ended"] == 0
    assert "22400 datagrams captured, 0 dropped" in found["said"]
    records = others(scenes.folder / "stopped/stopped.pcapng")
    assert Counter(len(r.data) for r in records) == {16: 20_160, 1516: 2240}
    assert not any(r.original_length > len(r.data) for r in records)
    assert [r.time for r in records] == sorted(r.time or 0 for r in records)
    assert found["user"] == "2400 0\n"


@in_scenes
def test_long_datagrams_are_whole_whoever_listens(scenes: Scenes) -> None:
    whole = "[150016, 16, 3016, 16]\n"
    assert scenes["long"] == {"root": whole, "user": whole}


@in_scenes
def test_a_reader_that_is_too_slow_loses_but_knows(scenes: Scenes) -> None:
    found = scenes["overtaken"]
    assert found["dropped"] > 0
    assert found["got"] == found["packets"]
    assert found["got"] + found["dropped"] == 40_001
    assert found["counted"] == found["dropped"]  # in the interface's statistics


@in_scenes
@pytest.mark.parametrize("how", ["deleted", "down"])
def test_an_interface_that_goes_ends_the_capture_in_one_line(scenes: Scenes, how: str) -> None:
    status, said = scenes["removed"][how]
    assert status == 2
    assert said.splitlines()[2:] == ["nldissect: the capture ended: nlmon1: Network is down"]
    ports = ports_in(scenes.folder / f"removed/{how}.pcapng")
    assert ports.count(79) == 100
    assert scenes.text(f"removed/{how}.out").count("noop\n") == 100


@in_scenes
@pytest.mark.parametrize("how", ["one", "ring"])
def test_a_full_disk_ends_the_capture_and_loses_nothing_written(scenes: Scenes, how: str) -> None:
    status, said = scenes["full"][how]
    assert status == 2
    assert re.search(r"\nnldissect: the capture ended: -w: \S+ cannot be written: No space", said)
    assert said.count("\n") == 3
    files = sorted((scenes.folder / "full").glob(f"{how}*.pcapng"))
    assert len(files) == (1 if how == "one" else 4)
    assert sum(ports_in(path).count(80) for path in files) >= 1000  # each ends with a whole block


@in_scenes
def test_signals_at_any_moment(scenes: Scenes) -> None:
    """One clean line or none, files that are whole or absent, and no interface stays."""
    struck = scenes["struck"]
    for number, status, said in struck["ended"]:
        assert status in (-number, 128 + number, 0)
        assert all(line.startswith("nldissect: ") for line in said.splitlines()), said
    assert not struck["recorders"]
    assert not [name for name in struck["links"] if name.startswith("nldissect")]
    found = sorted(os.listdir(scenes.folder / "struck"))
    assert {name.rpartition(".")[2] for name in found} <= {"out", "err", "pcapng"}
    for name in found:
        if name.endswith("pcapng"):
            list(open_capture(str(scenes.folder / "struck" / name)))


@in_scenes
def test_a_front_end_that_stands_still_loses_nothing(scenes: Scenes) -> None:
    assert scenes["standstill"] == {"kept": 3, "seen": 5000, "dropped": 0}


@in_scenes
def test_groups_that_are_joined_are_heard_however_much_comes(scenes: Scenes) -> None:
    assert scenes["joined"]["newlink"] >= 800  # 400 requests, and what the kernel tells of each


@in_scenes
def test_what_a_killed_supervisor_leaves_is_told_and_removed_by_the_next(scenes: Scenes) -> None:
    left = scenes["left"]
    assert left["ended"] == 0
    assert (
        "the supervisor has ended: processes are no longer named, and nldissect0 stays"
        in (left["said"])
    )
    assert "nldissect0" in left["after"]
    assert {"nldissect0", "nldissect1"} <= set(left["two"])  # those of the two that run
    assert not {"nldissect0", "nldissect1"} & set(left["end"])


@in_scenes
def test_a_crash_loses_no_more_than_a_second(scenes: Scenes) -> None:
    ports = []
    with suppress(CaptureError):  # the last block may be cut
        for record in open_capture(str(scenes.folder / "crash/crash.pcapng")):
            ports.append(int.from_bytes(record.data[12:16], sys.byteorder))
    assert ports.count(77) == 500


def test_a_user_is_told_of_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    text = "listening on nlmon0 needs CAP_NET_RAW: sudo nldissect live"
    assert str(nlmon.needs_raw("nlmon0")) == text


# -- without a kernel ----------------------------------------------------------------------------


def test_the_ring_makes_the_file_s_blocks() -> None:
    message = bytes(range(21))

    def packet(number: int) -> bytes:
        head = ring.struct.pack("IIIHHIIHH", 1, 4000, 21, 80, 80, 1_700_000_000, number, 0, 0)
        address = ring.struct.pack("=HHIHBB8s", 17, socket.htons(16), 3, 824, 4, 0, b"leftover")
        return ((head.ljust(32, b"\0") + address).ljust(80, b"\0") + message).ljust(ring.FRAME)

    memory = packet(1) + packet(2)
    out = [ring.block(memory, 0, lost=7), ring.block(memory, ring.FRAME, message * 9)]

    def packed(number: int, data: bytes) -> bytes:
        head = ring.struct.pack("IIIIIIHH", 336, 1_700_000_000, number, len(data), 4000, 1, 96, 96)
        address = ring.struct.pack("=HHIHBB8s", 17, socket.htons(16), 3, 824, 4, 0, b"leftover")
        return (head.ljust(48, b"\0") + address).ljust(96, b"\0") + data.ljust(240, b"\0")

    blocks = packed(1, message) + packed(2, message * 9)
    assert ring.packets(blocks, 0, 2, lost=7) == out
    section = b"\x0a\x0d\x0d\x0a" + ring.struct.pack("=IIHHqI", 28, 0x1A2B3C4D, 1, 0, -1, 28)
    option = ring.struct.pack("=HHBxxxI", 9, 1, 9, 0)
    interface = ring.struct.pack("=IIHHI", 1, 32, 253, 0, 0) + option + ring.struct.pack("=I", 32)

    class Stream:
        def __init__(self) -> None:
            self.parts = [section, interface, *out]

        def fileno(self) -> int:
            raise OSError

        def read(self, size: int) -> bytes:
            return self.parts.pop(0) if self.parts else b""

    records = list(open_capture("x", stream=Stream()))  # type: ignore[arg-type]
    assert [(r.protocol, r.data, r.original_length, r.lost) for r in records] == [
        (16, message, 4000, 7),
        (16, message * 9, 4000, 0),
    ]
    assert {r.cooked for r in records} == {bytes.fromhex("00040338") + bytes(11) + b"\x10"}
    assert [r.time for r in records] == [1_700_000_000_000_000_001, 1_700_000_000_000_000_002]


def test_names_of_ring_files_are_dumpcap_s() -> None:
    now = time.mktime((2026, 11, 21, 13, 0, 0, 0, 0, -1))
    assert (
        ring_file_name("/tmp/a.b/file.pcapng", 1, now)
        == "/tmp/a.b/file_00001_20261121130000.pcapng"
    )
    assert ring_file_name("file", 12345, now) == "file_12345_20261121130000"


@pytest.mark.parametrize("text", ["duration", "duration:x", "duration:0", "packets:-1", "size:3",
                                  "interval:5", "packets:1.5", "duration:nan", ""])  # fmt: skip
def test_wrong_limits(text: str) -> None:
    with pytest.raises(UsageError, match=r"^-a: "):
        parse_limits("-a", [text])


def test_limits() -> None:
    found = parse_limits("-b", ["filesize:10", "files:3", "duration:1.5", "interval:60"])
    assert asdict(found) == {
        "duration": 1.5,
        "filesize": 10_000,
        "files": 3,
        "interval": 60,
        "packets": None,
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-b", "packets:3"], "-b needs a file to number: -w FILE"),
        (["-b", "files:3", "-w", "x"], "-b files: when does a file end?"),
        (["-a", "files:3", "-w", "x"], "-a files: there is one file only; -b makes more"),
        (["-a", "filesize:3"], "-a filesize needs a file: -w FILE"),
        (["-s", "x"], "-s: 'x' is no number"),
        (["-s", "-1"], "-s: -1 is not within 0 and 262144"),
        (["-B", "5000"], "-B: 5000 is not within 0 and 2048"),
        (["--type", "newlnk"], "--type: no operation 'newlnk' (did you mean 'newlink'?)"),
        (["--protocol", "rout"], "--protocol: no netlink protocol 'rout'"),
    ],
)
def test_wrong_options(words: list[str], said: str) -> None:
    from nldissect._internal.cli.output import TextOutput

    options = build()[0].parse_args(["live", *words])
    with pytest.raises(UsageError) as problem:
        command.live(options, TextOutput())
    assert said in str(problem.value)


@pytest.mark.parametrize(
    ("words", "protocols", "types", "ports"),
    [
        ("--protocol route,16", [0, 16], None, None),
        ("--family nlctrl", [16], None, None),
        ("--type newlink", None, [(-1, 16, -1)], None),
        ("--type RTM_NEWLINK,0x10", None, [(-1, 16, -1)], None),
        ("--type error", None, [(-1, 2, -1)], None),
        ("--type getfamily --port 7", None, [(16, -1, 3)], [7]),
    ],
)
def test_options_that_the_kernel_can_filter_by(
    words: str, protocols: list[int] | None, types: list[Any] | None, ports: list[int] | None
) -> None:
    options = build()[0].parse_args(["live", *words.split()])
    found = command.kernel_filter(options, Registry())
    assert found is not None
    assert (found.protocols, found.ports, found.text) == (protocols, ports, words)
    if types is None:
        assert found.types is None
    else:
        assert set(types) <= set(found.types or ())


def test_no_filter_is_none() -> None:
    assert command.kernel_filter(build()[0].parse_args(["live"]), Registry()) is None


# -- metrics --------------------------------------------------------------------------------


@in_scenes
def test_metrics_are_there_whatever_is_shown(scenes: Scenes) -> None:
    """Nothing, spans, or the capture itself; by whoever decodes, who has no more privileges."""
    pytest.importorskip("prometheus_client")
    pytest.importorskip("opentelemetry.proto")
    metered = scenes["metered"]
    for name in ("quiet", "spans", "copy"):
        found = metered[name]
        assert found["ended"] == 0
        assert len(set(found["capabilities"])) == 1
        assert len(found["capabilities"]) > 1
        assert re.search(
            r"netlink_errors_total\{error=\"ENODEV\".*protocol=\"route\"\} ", found["text"]
        )
        assert 'netlink_lost_datagrams_total{by="capture"} 0.0\n' in found["text"]
    assert scenes.text("metered/quiet.out") == ""
    spans = [
        json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
        for line in scenes.text("metered/spans.out").splitlines()
    ]
    said = [span["status"]["message"] for span in spans if "status" in span]
    assert any("nowhere0" in text and "ENODEV" in text for text in said)
    assert others(scenes.folder / "metered" / "copy.out")
