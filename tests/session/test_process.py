"""Who was talking: sockets that the capture itself names, sock_diag's answers, namespaces."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nldissect._internal.capture.reader import PcapngWriter, open_capture
from nldissect._internal.library.hostnames import namespaces
from nldissect._internal.wire.record import Socket
from support.command import ROOT, Command, start

RECORDING = ROOT / "captures" / "sockets.pcap"
FIRST, SECOND = 713, 4125653013  # the ports that the recorded program printed


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """The recording with the owners of its two sockets in it, the second one told late."""
    path = tmp_path / "named.pcapng"
    with open(path, "wb") as stream:
        writer = PcapngWriter(stream)
        for record in open_capture(str(RECORDING)):
            if record.number == 1:
                command = "python3 -u sockets.py"
                owner = Socket(record.time, 0, FIRST, 713, "python3", command, 0)
                writer.socket(record.interface, owner)
            if record.number == 5:
                assert record.time is not None
                later = Socket(record.time, 0, SECOND, 713, "pyth\x1b[31mon")
                writer.socket(record.interface, later)
            writer.write(record)
    return path


def test_what_the_capture_recorded_of_a_socket_is_shown(named: Path, run: Command) -> None:
    shown = run("read", "-T", "jsonl", named).objects
    assert shown[0]["process"] == {
        "pid": 713,
        "name": "python3",
        "command": "python3 -u sockets.py",
    }
    assert shown[1]["process"] == shown[0]["process"], "the answer goes to the same socket"
    assert shown[4]["process"]["name"] == "pyth\x1b[31mon"
    assert run("read", named).lines[0].endswith("dump (python3[713])")
    late = run("read", named).lines[4]
    assert late.endswith("dump (pyth\\x1b[31mon[713])"), "no escape reaches a terminal"
    assert "from python3[713]" in run("read", "-V", "-c", "1", named).out
    assert run("read", "-e", "process", "-c", "1", named).lines == ["python3"]


def test_a_stream_tells_as_it_goes(named: Path) -> None:
    process = start("read", "-e", "process", "-", stdin=subprocess.PIPE)
    out, _ = process.communicate(named.read_bytes())
    expected = [*["python3"] * 4, *["pyth\\x1b[31mon"] * 3]
    assert out.decode().splitlines()[:7] == expected


def test_a_socket_told_of_after_its_messages_is_named_all_the_same(
    tmp_path: Path, run: Command
) -> None:
    path, copy = tmp_path / "late.pcapng", tmp_path / "copy.pcapng"
    with open(path, "wb") as stream:
        writer = PcapngWriter(stream)
        for record in open_capture(str(RECORDING)):
            if record.number == 1:
                own = Socket(record.time, 0, 1, 1, "nldissect", own=True)
                writer.socket(record.interface, own)
            writer.write(record)
        writer.socket(record.interface, Socket(record.time, 0, FIRST, 713, "pear", None, 0))
    assert run("read", path).lines[0].endswith("dump (pear[713])")
    assert "from pear[713]" in run("read", "-V", "-c", "1", path).out
    assert run("read", "-Y", 'process == "pear"', "-c", "1", "-e", "process", path).out == "pear\n"
    assert "713 pear" in run("stats", path).out
    run("read", "-w", copy, path)
    assert run("read", copy).lines[0].endswith("dump (pear[713])")


def test_statistics_are_by_process(named: Path, run: Command) -> None:
    out = run("stats", named).out
    assert "713 python3" in out


def test_the_owners_survive_being_written_again(named: Path, run: Command, tmp_path: Path) -> None:
    copy = tmp_path / "copy.pcapng"
    run("read", "-w", copy, named)
    again = run("read", "-e", "process", copy)
    assert again.lines == run("read", "-e", "process", named).lines
    assert again.lines[0] == "python3"


def test_other_readers_pass_over_the_owners(named: Path) -> None:
    def frames(path: Path) -> str:
        command = [
            "tshark",
            "-r",
            str(path),
            "-T",
            "fields",
            "-e",
            "frame.number",
            "-e",
            "frame.time_epoch",
            "-e",
            "netlink.hdr_type",
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout

    assert frames(named) == frames(RECORDING)


def test_a_port_that_is_given_again_belongs_to_the_process_of_that_time(
    tmp_path: Path, run: Command
) -> None:
    path = tmp_path / "again.pcapng"
    with open(path, "wb") as stream:
        writer = PcapngWriter(stream)
        for record in open_capture(str(RECORDING)):
            if record.number in (1, 8):
                owner = Socket(record.time, 0, FIRST, 713 + record.number, "p")
                writer.socket(record.interface, owner)
            writer.write(record)
    shown = run("read", "-T", "jsonl", path).objects
    pids = [m.get("process", {}).get("pid") for m in shown]
    assert pids[0] == 714
    assert shown[22]["operation"] == "getnsid"
    assert pids[22] == 721


def test_sock_diag_tells_the_inode(run: Command) -> None:
    # The program printed: inode 89 port 713, inode 90 port 4125653013.
    shown = run("read", "-T", "jsonl", RECORDING).objects
    assert shown[0]["process"]["inode"] == 89
    assert shown[0]["process"]["pid"] == 713
    assert shown[0]["process"]["hint"] is True
    assert shown[4]["process"]["inode"] == 90
    assert "pid" not in shown[4]["process"], "nothing but the inode is known"
    assert run("read", "-e", "process", RECORDING).lines[4] == "socket:[90]"


def test_a_network_namespace_is_named_by_its_process(run: Command) -> None:
    lines = run("read", "--type", "newnsid", RECORDING).lines
    assert lines[0].endswith("nsid not-assigned")
    assert lines[1].endswith("nsid 7 (pid 714) pid 714")
    assert lines[2].endswith("nsid 7 (pid 714)"), "the answer has the number only"
    assert lines[4].endswith("nsid 12 fd 6"), "of this one the capture tells nothing"


def test_host_names_name_namespaces(tmp_path: Path) -> None:
    assert namespaces(str(tmp_path / "none")) == {}
    (tmp_path / "no-namespace").write_text("")
    assert namespaces(str(tmp_path)) == {}


def test_statistics_tell_how_a_capture_was_made(tmp_path: Path, run: Command) -> None:
    path = tmp_path / "made.pcapng"
    records = list(open_capture(str(RECORDING)))
    interface = records[0].interface
    interface.name = "nlmon\x1b7"
    interface.section_options = [(3, b"Linux 7.2"), (4, b"nldissect 0.1.0")]
    with open(path, "wb") as stream:
        writer = PcapngWriter(stream)
        for record in records:
            writer.write(record)
    line = run("stats", path).lines[2]
    assert line == "recorded: os Linux 7.2, program nldissect 0.1.0, interface nlmon\\x1b7"
    assert run("stats", RECORDING).lines[2].startswith("messages: ")
