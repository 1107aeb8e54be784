"""Where growing captures come from: a capture process, a pipe, a file that others write.

Each fills a file, which the index follows; so all that was captured is there to keep.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import threading
import time
from pathlib import Path
from typing import Final, Protocol

from ...capture.live import live_capture
from ...wire.caller import sudo_user
from ...wire.errors import UsageError
from ...wire.output_file import OutputFile

ARPHRD_NETLINK: Final = 824  # linux/if_arp.h


class Feed(Protocol):
    """What fills a file."""

    path: str
    name: str
    kept: bool  # whether somebody has what comes already
    file: str  # the user's file that has it, "" for none that is known

    @property
    def running(self) -> bool:
        """Whether more may come."""
        ...

    def poll(self) -> None:
        """Looks what has happened; never waits."""
        ...

    def stop(self) -> None:
        """Takes in no more."""
        ...

    def close(self) -> None:
        """Stops, and waits until the file is complete."""
        ...

    def remarks(self) -> list[tuple[str, str]]:
        """What the title bar shows of it: (text, looks)."""
        ...


def spool(name: str) -> str:
    """A new file for what is captured, in a folder of its own."""
    folder = tempfile.mkdtemp(prefix="nldissect-")
    caller = sudo_user()
    if caller is not None:
        os.chown(folder, *caller)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    safe_name = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
    return os.path.join(folder, f"{safe_name}-{stamp}.pcapng")


def discard(path: str) -> None:
    """Removes a file of `spool` and its folder."""
    shutil.rmtree(os.path.dirname(path), ignore_errors=True)


class CaptureFeed:
    """A running capture of an nlmon interface (None: whichever there is)."""

    def __init__(self, interface: str | None) -> None:
        self.asked = interface
        self.path = spool(interface or "netlink")
        try:
            self._capture = live_capture.start(
                live_capture.LiveOptions(interface=interface, write=self.path)
            )
        except UsageError:
            discard(self.path)
            raise
        self.name = self._capture.interface
        self.kept, self.file = False, ""
        self._closed = False

    @property
    def running(self) -> bool:
        """Until it was closed or has ended by itself."""
        return not self._closed and not self._capture.reason

    def poll(self) -> None:
        """Notes what the capture process says: drops, the end."""
        if not self._closed:
            self._capture.poll()

    def stop(self) -> None:
        """Asks the capture process to end."""
        self._capture.stop()

    def close(self) -> None:
        """Waits for the capture process."""
        if not self._closed:
            self._closed = True
            self._capture.close()

    def remarks(self) -> list[tuple[str, str]]:
        """How many messages the kernel dropped, and why the capture ended."""
        found = self._capture
        out = [(f"  {found.dropped} lost", "error" if found.dropped else "dim")]
        if found.reason not in ("", *live_capture.PLANNED):
            out.append((f"  the capture ended: {found.reason}", "error"))
        return out


class PipeFeed:
    """Standard input, copied into a file as it comes."""

    name = "standard input"

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.kept = stat.S_ISREG(os.fstat(descriptor).st_mode)
        self.file = os.path.realpath(f"/proc/self/fd/{descriptor}") if self.kept else ""
        self.path = spool("stdin")
        self._target = OutputFile(self.path, at_once=True)
        self._problem = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._copy, name="stdin", daemon=True)

    def start(self) -> None:
        """Begins to copy, in a thread."""
        self._thread.start()

    def _copy(self) -> None:
        try:
            with self._target:
                while not self._stop.is_set():
                    data = os.read(self._descriptor, 1 << 18)
                    if not data:
                        break
                    self._target.write(data)
                    self._target.flush()
        except OSError as problem:
            self._problem = problem.strerror or str(problem)

    @property
    def running(self) -> bool:
        """Until standard input has ended."""
        return self._thread.is_alive() and not self._stop.is_set()

    def poll(self) -> None:
        """The thread does all."""

    def stop(self) -> None:
        """The thread ends after what it is reading."""
        self._stop.set()

    def close(self) -> None:
        """Does not wait: the thread may be blocked in read."""
        self._stop.set()

    def remarks(self) -> list[tuple[str, str]]:
        """That standard input has ended, or failed."""
        if self._problem:
            return [(f"  standard input: {self._problem}", "error")]
        return [] if self.running else [("  standard input has ended", "dim")]


class FileFeed:
    """A file that another program writes."""

    kept = True

    def __init__(self, path: str) -> None:
        self.path = self.file = path
        self.name = os.path.basename(path)
        self.running = True

    def poll(self) -> None:
        """The index looks at the file itself."""

    def stop(self) -> None:
        """The index looks no further."""
        self.running = False

    def close(self) -> None:
        """Nothing is held open."""
        self.running = False

    def remarks(self) -> list[tuple[str, str]]:
        """That a file is followed."""
        return [] if not self.running else [("  following the file", "dim")]


def interfaces(folder: str = "/sys/class/net") -> list[tuple[str, bool]]:
    """The nlmon interfaces of this host, and whether each is up."""
    out = []
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    for name in names:
        place = Path(folder, name)
        try:
            if int((place / "type").read_text()) == ARPHRD_NETLINK:
                out.append((name, bool(int((place / "flags").read_text(), 16) & 1)))
        except (OSError, ValueError):
            continue
    return out
