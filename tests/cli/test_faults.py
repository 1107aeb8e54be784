"""What goes wrong around a command while it runs: nothing that was read before is lost."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time

import pytest

from support.command import start
from support.messages import RECORDINGS

LINKS = RECORDINGS / "links.pcap"


@pytest.fixture
def amid(tmp_path):
    """A list of a file, which stands still, since nobody reads what it writes."""
    path = tmp_path / "capture.pcap"
    data = LINKS.read_bytes()
    path.write_bytes(data + data[24:] * 20)

    with start("read", path) as process:
        assert process.stdout is not None
        first = process.stdout.read(1)

        def rest() -> tuple[int, bytes, str]:
            out, err = process.communicate(timeout=120)
            return process.returncode, first + out, err.decode()

        yield path, rest


def last(out: bytes) -> int:
    """The number of the last message that a list shows."""
    return int(out.splitlines()[-1].split()[0])


def test_a_file_that_vanishes_while_it_is_read(amid):
    path, rest = amid
    path.unlink()
    status, out, err = rest()
    assert (status, err) == (0, "")
    assert last(out) >= 526 * 21


def test_a_file_that_shrinks_while_it_is_read(amid):
    path, rest = amid
    os.truncate(path, 3_000_000)
    status, out, err = rest()
    assert status == 2
    assert err.count("\n") == 1
    assert "the file ends after" in err
    assert last(out) > 526


def test_a_file_that_grows_while_it_is_read(amid):
    path, rest = amid
    with path.open("ab") as file:
        file.write(LINKS.read_bytes()[24:])
    status, out, err = rest()
    assert (status, err) == (0, "")
    assert last(out) >= 526 * 21


def test_a_home_that_cannot_be_written(tmp_path):
    """By root either: a file stands where the folder would be."""
    home = tmp_path / "home"
    home.write_text("")
    environment = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "NLDISSECT_CACHE": str(home)}
    with start("read", LINKS, env=environment) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert out.count(b"\n") == 526


def test_several_processes_share_an_empty_cache(tmp_path):
    several = [start("read", LINKS, env={"NLDISSECT_CACHE": str(tmp_path)}) for _ in range(6)]
    found = [process.communicate(timeout=120) for process in several]
    assert {out for out, _ in found} == {found[0][0]}
    assert {err for _, err in found} == {b""}
    assert found[0][0].count(b"\n") == 526
    assert not list(tmp_path.glob("*.part"))
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in tmp_path.iterdir())


@pytest.mark.parametrize("words", [["read"], ["read", "-V"], ["read", "-T", "jsonl"], ["stats"]])
def test_a_full_disk_is_one_line(words):
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "nldissect", *words, str(LINKS)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    said = b"nldissect: the output cannot be written: No space left on device\n"
    assert done.stderr == said


def test_ctrl_c_before_anything_has_begun(tmp_path):
    """Python itself takes 15 ms to begin, and imports us, before anything of ours runs."""
    script = tmp_path / "nldissect"
    script.write_text("import sys\nfrom nldissect.__main__ import script\nsys.exit(script())\n")
    for wait in range(20, 120, 10):
        command = [sys.executable, str(script), "read", str(LINKS)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            time.sleep(wait / 1000)
            process.send_signal(2)
            _, err = process.communicate(timeout=60)
        assert process.returncode in (0, 130, -2, 1)
        assert b"nldissect/_internal/cli" not in err


def test_times_that_go_backwards(tmp_path):
    """A clock that was set: messages stay in the order of the file, and waits are not negative."""
    path = tmp_path / "back.pcap"
    data = bytearray(LINKS.read_bytes())
    at, count = 24, 0
    while at < len(data):
        size = int.from_bytes(data[at + 8 : at + 12], "little")
        data[at : at + 4] = (10_000 - count).to_bytes(4, "little")
        at += 16 + size
        count += 1
    path.write_bytes(data)
    for words in (["read"], ["stats"], ["check"], ["read", "-T", "jsonl"]):
        with start(*words, path) as process:
            out, err = process.communicate(timeout=60)
        assert b"fault" not in err
        assert b'"latency":-' not in out
