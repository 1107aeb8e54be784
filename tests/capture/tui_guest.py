"""What test_privileges.py lets the terminal interface do as root in a kernel of its own.

Run inside User-Mode Linux, where nlmon0 is up: tui_guest.py CAPTURE. Prints as JSON, for each run,
what /proc says of the process while it shows messages, and what it left.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

PATIENCE = 40
USER = 4242
HOME = Path("/dev/shm/home")
COMMAND = [sys.executable, "-m", "nldissect"]


class Terminal:
    """A run of nldissect in a terminal of its own."""

    def __init__(self, *words: str, sudo: bool = False, stdin: str = "") -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", HOME="/dev/shm/root", TMPDIR="/dev/shm")
            if sudo:
                os.environ.update(SUDO_UID=str(USER), SUDO_GID=str(USER))
            if stdin:
                os.dup2(os.open(stdin, os.O_RDONLY), 0)
            os.execv(sys.executable, [*COMMAND, *words])
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
        self.shown = b""

    def read(self, seconds: float) -> bool:
        """Takes in what comes within so many seconds; false when it has ended."""
        if select.select([self._terminal], [], [], seconds)[0]:
            try:
                self.shown += os.read(self._terminal, 1 << 16)
            except OSError:
                return False
        return True

    def until(self, word: bytes) -> None:
        """Waits until a word was shown since the last keys."""
        end = time.monotonic() + PATIENCE
        while word not in self.shown:
            there = self.read(1) and time.monotonic() < end
            assert there, (word, re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]| +", b" ", self.shown)[-900:])

    def press(self, keys: str) -> None:
        """Keys, one after the other, as a user types them."""
        self.shown = b""
        for key in keys:
            os.write(self._terminal, key.encode())
            self.read(0.3)

    def ended(self) -> int:
        """Its status; waits for its end."""
        while self.read(1):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def status(self) -> dict[str, Any]:
        """Users and capabilities of its threads, now."""
        found: dict[str, Any] = {"uids": set(), "capabilities": set(), "new": set()}
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            lines = (line.partition(":") for line in (task / "status").read_text().splitlines())
            words = {name: text.split() for name, _, text in lines}
            found["uids"] |= {int(text) for text in words["Uid"]}
            for name in ("CapEff", "CapPrm", "CapBnd"):
                found["capabilities"].add(int(words[name][0], 16))
            found["new"].add(words["NoNewPrivs"][0])
        return {name: sorted(values) for name, values in found.items()}


def left(*folders: Path) -> dict[str, int]:
    """The files of these folders, with their owners; without the cache."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files = [path for path in files if ".cache" not in path.parts]
    return {str(path.relative_to("/dev/shm")): path.stat().st_uid for path in files}


def of_file(capture: str, sudo: bool, stdin: str = "") -> dict[str, Any]:
    """A file, or standard input: looked at, marked, written in part."""
    run = Terminal("tui", "-" if stdin else capture, sudo=sudo, stdin=stdin)
    run.until(b"RTM_")
    found = run.status()
    run.press("ma")
    run.press("w\x15out.pcapng\r")
    run.until(b"out.pcapng")
    run.press("q")
    return {**found, "ended": run.ended()}


def of_interface(sudo: bool, chosen: bool) -> dict[str, Any]:
    """An interface, by name or from the start screen."""
    run = Terminal(*(() if chosen else ("tui", "nlmon0")), sudo=sudo)
    if chosen:
        run.until(b"captures")
        found = {"before": run.status()["capabilities"]}
        run.press("c")
    else:
        found = {}
    run.until(b"FOLLOW")
    subprocess.run(["ip", "link", "show", "lo"], stdout=subprocess.DEVNULL, check=True)
    run.until(b"getlink")
    found.update(run.status())
    run.press("\x05")  # stops
    run.until(b"stopped")
    for _ in range(PATIENCE):  # until it has stopped, and another one would begin
        run.press("\x05")
        if not run.read(1) or b"given up" in run.shown:
            break
    run.until(b"given up")
    run.press("q")
    run.until(b"discard")
    run.press("d")
    return {**found, "ended": run.ended()}


def main() -> None:
    capture = sys.argv[1]
    signal.alarm(280)
    Path("/dev/shm/passwd").write_text(f"root:x:0:0::/root:\npear:x:{USER}:{USER}::{HOME}:\n")
    subprocess.run(["mount", "--bind", "/dev/shm/passwd", "/etc/passwd"], check=True)
    out: dict[str, Any] = {}
    for name, run in {
        "file root": lambda: of_file(capture, False),
        "stdin sudo": lambda: of_file(capture, True, capture),
        "interface sudo": lambda: of_interface(True, False),
        "chosen root": lambda: of_interface(False, True),
    }.items():
        subprocess.run(["rm", "-rf", "/dev/shm/root", HOME], check=True)
        home = HOME if name.endswith("sudo") else Path("/dev/shm/root")
        home.mkdir(mode=0o755)
        os.chown(home, USER if name.endswith("sudo") else 0, 0)
        os.chdir(home)
        try:
            out[name] = run()
        except AssertionError as problem:
            out[name] = {"failed": str(problem)[-1500:]}
        out[name]["left"] = left(Path("/dev/shm/root"), HOME)
    print(json.dumps(out))


if __name__ == "__main__":
    main()
