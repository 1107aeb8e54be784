"""The terminal interface on a real pseudo-terminal: how long, how much CPU, how much memory.

    python tests/benchmarks/bench_tui.py [MESSAGES [COLUMNSxROWS]]

The recording is that of recordings.py, of so many messages (a million if not said).
Targets are of issue 7; the exit status is 1 when one is missed. CPU is that of the
process (user and system); a key's figure is the CPU of 60 presses, 30 a second, less
the CPU of the same time without any. `live` writes 20,000 messages a second into a
file that is followed, then into a pipe, and measures from a key to the next output: as it
was on this machine, and what the main thread worked in between, which other programs do not change.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path

import recordings

ROOT = Path(__file__).parents[2]
TICK = os.sysconf("SC_CLK_TCK")
PRESSES, RATE = 60, 30


class Terminal:
    """nldissect tui in a pseudo-terminal of its own; everything it writes is read at once."""

    def __init__(
        self, arguments: list[str], size: tuple[int, int], folder: Path, piped: int | None = None
    ) -> None:
        self.began = time.monotonic()
        self.pid, self.master = pty.fork()
        if not self.pid:
            os.environ.update(
                PYTHONPATH=str(ROOT),
                TERM="xterm-256color",
                XDG_STATE_HOME=str(folder),
                XDG_CONFIG_HOME=str(folder),
                COLORTERM="truecolor",
            )
            if piped is not None:
                os.dup2(piped, 0)
            os.execv(sys.executable, [sys.executable, "-m", "nldissect", "tui", *arguments])
        columns, rows = size
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.output = b""
        self.heard = 0.0  # when something was last written
        self._stop = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._stop:
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    data = os.read(self.master, 1 << 16)
                except OSError:
                    return
                self.heard = time.monotonic()
                self.output = (self.output + data)[-(1 << 20) :]

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def wait(self, done: Callable[[], bool], seconds: float) -> float:
        """Seconds until it is so; exits when it is not in time."""
        start = time.monotonic()
        while not done():
            if time.monotonic() - start > seconds:
                sys.exit(f"not within {seconds} s; the last output: {self.output[-300:]!r}")
            time.sleep(0.002)
        return time.monotonic() - start

    def shows(self, text: str, seconds: float = 30) -> float:
        """Seconds until some text is written."""
        return self.wait(lambda: text.encode() in self.output, seconds)

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def worked(self) -> float:
        """Milliseconds that the main thread ran so far, to the microsecond."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]) / 1e6

    def memory(self) -> float:
        """The most memory so far, in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def idle(self, seconds: float = 300) -> None:
        """Waits until nothing goes on behind the screen."""
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            before = self.cpu()
            time.sleep(0.5)
            if self.cpu() - before <= 0.06:
                return
        sys.exit("it never came to rest")

    def close(self) -> None:
        self._stop = True
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.master)


class Figures:
    """What was measured, against its target."""

    def __init__(self) -> None:
        self.missed = False

    def __call__(self, name: str, value: float, unit: str, target: float | None = None) -> None:
        wanted = "" if target is None else f"  (target {target:g} {unit})"
        bad = target is not None and value > target
        self.missed |= bad
        print(f"{name:<46} {value:8.2f} {unit}{wanted}{'  MISSED' if bad else ''}", flush=True)


def keys(terminal: Terminal, key: str, presses: int = PRESSES) -> float:
    """CPU milliseconds of one press, at 30 a second."""
    before = terminal.cpu()
    time.sleep(presses / RATE)
    rest = terminal.cpu() - before
    before = terminal.cpu()
    for _ in range(presses):
        terminal.press(key)
        time.sleep(1 / RATE)
    time.sleep(0.3)
    return (terminal.cpu() - before - rest) * 1000 / presses


def static(path: Path, size: tuple[int, int], folder: Path, say: Figures, count: int) -> None:
    terminal = Terminal([str(path)], size, folder)
    terminal.shows("Family")
    terminal.shows("newlink")
    say("first screen, wall", time.monotonic() - terminal.began, "s", 1.0)
    say("first screen, CPU", terminal.cpu(), "s")
    terminal.shows("pairing", 120)
    say("complete index, CPU", terminal.cpu(), "s", 10.0 * count / 1e6)
    terminal.idle()
    say("all of it paired, CPU", terminal.cpu(), "s")
    say("memory", terminal.memory(), "MiB", 120.0)
    terminal.press("\x1b[B" * (size[1] // 2))
    time.sleep(1)
    say("a row down, CPU", keys(terminal, "j"), "ms", 20.0)
    say("a page down, CPU", keys(terminal, "\x1b[6~"), "ms")
    say("a click of the wheel, CPU", keys(terminal, "\x1b[<65;20;10M"), "ms", 20.0)
    terminal.press("G")
    time.sleep(1)
    say("a row up at the end, CPU", keys(terminal, "k"), "ms", 20.0)
    terminal.press("g")
    time.sleep(1)
    for text in ("type == error", 'ifname == "kiwi0"'):
        terminal.output = b""
        terminal.press("/")
        time.sleep(0.3)
        terminal.press("\x15" + text)
        time.sleep(1.5)
        terminal.output = b""
        before = terminal.cpu()
        terminal.press("\r")
        say(f"filter {text}: first count", terminal.shows("so far"), "s", 1.0)
        time.sleep(2)
        delay = []
        for _ in range(10):
            start = time.monotonic()
            terminal.press("j")
            terminal.wait(lambda start=start: terminal.heard > start, 5)
            delay.append((time.monotonic() - start) * 1000)
            time.sleep(0.1)
        say("  key to screen meanwhile, median", statistics.median(delay), "ms", 100.0)
        terminal.output = b""
        if "ifname" in text:
            terminal.press("\x1b")
            say("  stopped by Escape", terminal.shows("stopped", 5), "s", 1.0)
        else:
            terminal.idle()
            say("  complete, CPU", terminal.cpu() - before, "s")
    say("memory at the end", terminal.memory(), "MiB", 150.0)
    terminal.close()


def live(
    size: tuple[int, int], folder: Path, say: Figures, piped: bool, rate: int = 20_000
) -> None:
    """Key to screen while a file grows (or a pipe is filled) and its end is followed."""
    path = folder / "live.pcap"
    reading, writing = os.pipe()
    header, *source = recordings.pcap(recordings.busy(20_000, 1 << 60, 1))
    seconds = 12
    with os.fdopen(writing, "wb", 0) if piped else path.open("wb", buffering=0) as out:
        out.write(header)
        out.write(b"".join(source[:100]))
        terminal = Terminal(["-" if piped else str(path)], size, folder, reading if piped else None)
        terminal.shows("Family")
        time.sleep(0.5)
        if not piped:  # a pipe is followed from the start
            terminal.press("F")
        time.sleep(1)
        stop = threading.Event()
        written = 0

        def feed() -> None:
            nonlocal written
            began, at = time.monotonic(), 0
            while not stop.is_set():
                due = int((time.monotonic() - began) * rate)
                if due > written:
                    batch = [source[(at + i) % len(source)] for i in range(due - written)]
                    at += len(batch)
                    out.write(b"".join(batch))
                    written = due
                time.sleep(0.02)

        writer = threading.Thread(target=feed)
        before = terminal.cpu()
        writer.start()
        delay, work = [], []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.25)
            start, ran = time.monotonic(), terminal.worked()
            terminal.press("?" if len(delay) % 2 == 0 else "q")  # what is sure to change the screen
            terminal.wait(lambda start=start: terminal.heard > start, 10)
            delay.append((terminal.heard - start) * 1000)
            work.append(terminal.worked() - ran)
        used = terminal.cpu() - before
        stop.set()
        writer.join()
        how = "over a pipe" if piped else "into a file"
        say(f"live at {rate} records/s {how}: key to screen", statistics.median(delay), "ms")
        say("  of which the main thread ran, median", statistics.median(work), "ms", 100)
        say("  95th percentile", sorted(delay)[int(len(delay) * 0.95)], "ms")
        say("  CPU", used * 100 / seconds, "%")
        terminal.output = b""
        start = time.monotonic()
        terminal.idle()
        say("  behind by, at the end", time.monotonic() - start - 0.5, "s", 2.0)
        terminal.close()


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    columns, _, rows = (sys.argv[2] if len(sys.argv) > 2 else "160x50").partition("x")
    size = int(columns), int(rows)
    say = Figures()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "million.pcap"
        recordings.make(path, "busy", messages=count)
        print(f"load {os.getloadavg()[0]:.1f}, {columns} by {rows}")
        static(path, size, folder, say, count)
        path.unlink()
        for piped in (False, True):
            live(size, folder, say, piped)
    return say.missed


if __name__ == "__main__":
    sys.exit(main())
