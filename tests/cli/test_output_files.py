"""What is written takes its place when it is whole, is private, and destroys nothing."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from support.command import start
from support.messages import RECORDINGS

LINKS = RECORDINGS / "links.pcap"
ROOT = os.geteuid() == 0


def ran(*words: object, **options: object) -> tuple[int, bytes, str]:
    """The exit status, the output and what was complained of."""
    with start("read", *words, **options) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err.decode()


@contextmanager
def piping() -> Iterator[IO[bytes]]:
    """The recording through a pipe."""
    with LINKS.open("rb") as file, subprocess.Popen(["cat"], stdin=file, stdout=-1) as process:
        assert process.stdout is not None
        yield process.stdout


def records(path: Path) -> int:
    return len(ran(path)[1].splitlines())


def only(folder: Path, *names: str) -> bool:
    """Whether nothing else lies in a folder."""
    return sorted(os.listdir(folder)) == sorted(names)


def test_a_missing_input_leaves_what_was_there(tmp_path):
    precious = tmp_path / "precious.pcapng"
    precious.write_bytes(b"precious")
    status, _, said = ran("-w", precious, tmp_path / "missing.pcap")
    assert status == 2
    assert said.count("\n") == 1
    assert precious.read_bytes() == b"precious"
    assert only(tmp_path, "precious.pcapng")


@pytest.mark.parametrize("name", ["-", "in.pcap", "link.pcap", "hard.pcap", "./in.pcap"])
def test_the_input_is_never_the_output(tmp_path, name):
    """By device and inode, standard input too."""
    given = tmp_path / "in.pcap"
    shutil.copy(LINKS, given)
    (tmp_path / "link.pcap").symlink_to(given)
    os.link(given, tmp_path / "hard.pcap")
    with given.open("rb") as stdin:
        status, out, said = ran("-w", "in.pcap", name, stdin=stdin, cwd=tmp_path)
    assert (status, out) == (2, b"")
    assert said == "nldissect: -w: in.pcap is read at the same time; name another file\n"
    assert given.read_bytes() == LINKS.read_bytes()


def test_the_input_is_never_standard_output(tmp_path):
    given = tmp_path / "in.pcap"
    shutil.copy(LINKS, given)
    with given.open("ab") as stdout:
        command = [sys.executable, "-m", "nldissect", "read", "-w", "-", str(given)]
        done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr == b"nldissect: -w: - is read at the same time; name another file\n"
    assert given.read_bytes() == LINKS.read_bytes()


def test_a_plot_of_nothing(tmp_path):
    plot = tmp_path / "old.svg"
    plot.write_bytes(b"before")
    with start("stats", "--svg", plot, tmp_path / "missing.pcap") as process:
        process.communicate(timeout=60)
    assert process.returncode == 2
    assert plot.read_bytes() == b"before"
    with start("stats", "--svg", plot, LINKS) as process:
        process.communicate(timeout=60)
    assert b"<svg" in plot.read_bytes()


def test_a_run_of_nothing(tmp_path):
    kept = tmp_path / "kept"
    kept.write_bytes(b"before")
    for words, status in (
        (["-o", kept, "--", "no-such-command"], 127),
        (["-o", kept, "-w", tmp_path / "." / "kept", "--", "true"], 2),
    ):
        with start("run", *words) as process:
            _, err = process.communicate(timeout=60)
        assert (process.returncode, err.count(b"\n")) == (status, 1)
        assert kept.read_bytes() == b"before"


@pytest.mark.parametrize("piped", [False, True])
def test_whole_and_private(tmp_path, piped):
    made = tmp_path / "made.pcapng"
    made.write_bytes(b"before")
    made.chmod(0o644)
    with (
        LINKS.open("rb") as file,
        subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE) as p,
    ):
        status, out, _ = ran("-w", made, "-" if piped else LINKS, stdin=p.stdout)
    assert status == 0
    assert records(made) == len(out.splitlines()) == 526
    assert made.stat().st_mode & 0o777 == 0o600
    assert only(tmp_path, "made.pcapng")


@pytest.mark.parametrize("piped", [False, True])
def test_a_full_disk(tmp_path, piped):
    """What streams ends with a whole block, what does not leaves what was there."""
    made = tmp_path / "made.pcapng"
    made.write_bytes(b"before")

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    with (
        LINKS.open("rb") as file,
        subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE) as p,
    ):
        words = ("-w", made, "-" if piped else LINKS)
        status, _, said = ran(*words, stdin=p.stdout, preexec_fn=small)
    assert status == 2
    assert said == f"nldissect: -w: {made} cannot be written: File too large\n"
    if piped:
        found = ran(made)
        assert (found[0], found[2]) == (0, "")
        assert len(found[1].splitlines()) > 40
    else:
        assert made.read_bytes() == b"before"
    assert only(tmp_path, "made.pcapng")


def test_devices_are_written_as_they_are():
    assert ran("-w", "/dev/null", LINKS)[0] == 0
    status, _, said = ran("-w", "/dev/full", LINKS)
    assert (status, said) == (
        2,
        "nldissect: -w: /dev/full cannot be written: No space left on device\n",
    )


@pytest.mark.skipif(not ROOT, reason="needs a link of another user")
def test_no_link_of_somebody_else(tmp_path):
    """In a folder that all may write to, as Linux' protected_symlinks."""
    tmp_path.chmod(0o1777)
    target = tmp_path / "target"
    target.write_bytes(b"before")
    link = tmp_path / "made.pcapng"
    link.symlink_to(target)
    assert ran("-w", link, LINKS)[0] == 0
    assert records(target) == 526
    target.write_bytes(b"before")
    os.lchown(link, 1234, 1234)
    status, _, said = ran("-w", link, LINKS)
    assert status == 2
    assert "a symbolic link of somebody else in a shared folder" in said
    assert target.read_bytes() == b"before"


@pytest.mark.skipif(not ROOT, reason="needs a link of another user")
@pytest.mark.parametrize(
    "words",
    [
        ["read", LINKS, "-w"], ["stats", LINKS, "--svg"],
        ["report", "-T", "html", LINKS, "-o"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", ["a folder", "of a link", "absent"])
def test_no_link_of_somebody_else_on_the_way(tmp_path, words, way):
    """Nor one that stands for a folder, one that an own link leads to, or one to nothing."""
    shared, private = tmp_path / "shared", tmp_path / "private"
    shared.mkdir()
    shared.chmod(0o1777)
    private.mkdir()
    foreign = shared / "link"
    foreign.symlink_to(private if way == "a folder" else private / "made")
    os.lchown(foreign, 1234, 1234)
    own = tmp_path / "own"
    own.symlink_to("shared/link")
    path = {"a folder": foreign / "made", "of a link": own, "absent": foreign}[way]
    with start(*words, path) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.endswith(b"a symbolic link of somebody else in a shared folder\n")
    assert err.count(b"\n") == 1
    assert only(private)
    os.lchown(foreign, 0, 0)
    with start(*words, path) as process:
        process.communicate(timeout=60)
    assert only(private, "made")


@pytest.mark.skipif(not ROOT, reason="needs a pipe of another user")
def test_no_pipe_of_somebody_else(tmp_path):
    tmp_path.chmod(0o1777)
    pipe = tmp_path / "made.pcapng"
    os.mkfifo(pipe, 0o666)
    os.chown(pipe, 1234, 1234)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    status, _, said = ran("-w", pipe, LINKS)
    assert status == 2
    assert "a pipe or device of somebody else in a shared folder" in said
    assert os.read(reading, 1) == b""
    os.close(reading)


@pytest.mark.parametrize("path", ["nowhere/made", "made/", "loop", "file/made"])
def test_paths_that_mean_no_file(tmp_path, path):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    status, _, said = ran("-w", path, LINKS, cwd=tmp_path)
    assert status == 2
    assert said.startswith(f"nldissect: -w: {path} cannot be written: ")
    assert said.count("\n") == 1
    assert only(tmp_path, "file", "loop")


def test_relative_paths_and_links(tmp_path):
    """Also where the folders above may not be looked into."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to("../out/../out/made")
    (tmp_path / "out").mkdir()
    assert ran("-w", "link", LINKS, cwd=tmp_path / "in")[0] == 0
    assert records(tmp_path / "out" / "made") == 526
    assert (tmp_path / "in" / "link").is_symlink()


@pytest.mark.skipif(not ROOT, reason="needs to be root")
def test_it_belongs_to_who_called_sudo(tmp_path):
    made = tmp_path / "made.pcapng"
    ran("-w", made, LINKS, env={"SUDO_UID": "1234", "SUDO_GID": "1235"})
    assert (made.stat().st_uid, made.stat().st_gid) == (1234, 1235)


@pytest.mark.parametrize(("name", "status"), [("INT", 130), ("TERM", 143), ("HUP", 129)])
def test_ended_by_a_signal(tmp_path, name, status):
    """What is not whole is absent, and what was there stays."""
    made = tmp_path / "made.pcapng"
    made.write_bytes(b"before")
    with start("read", "-V", "-w", made, LINKS) as process:
        assert process.stdout is not None
        process.stdout.read(1)  # the pipe takes 64 KiB of 500, so it is amidst its work
        process.send_signal(getattr(signal, f"SIG{name}"))
        _, err = process.communicate(timeout=60)
    assert process.returncode == status
    assert err == b""
    assert made.read_bytes() == b"before"
    assert only(tmp_path, "made.pcapng")
