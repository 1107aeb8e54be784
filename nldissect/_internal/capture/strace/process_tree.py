"""Which processes descend from a command, and which netlink sockets are theirs.

Looked up in /proc again and again while the command runs, since what ends is no longer
there to be asked. The caller becomes the one to whom orphans are given, so that the
descendants of a process that has ended can still be told.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from contextlib import suppress
from typing import Final

from nldissect._internal.capture.live.socket_owners import sockets

_SET_CHILD_SUBREAPER: Final = 36  # linux/prctl.h
_INTERVAL: Final = 0.004
_PID_BITS: Final = 22  # include/linux/threads.h


class ProcessTree:
    """Watches, from before the command starts, what comes to be under this process.

    `ports` are the (netlink protocol, port id) seen; `groups` the masks of the groups that
    sockets of a protocol have joined.
    """

    def __init__(self) -> None:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.ports: set[tuple[int, int]] = set()
        self.groups: dict[int, int] = {}
        self._inside: set[int] = set()
        self._outside: set[int] = set()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self, pid: int) -> None:
        """The command runs, with this process id; all others that there are, are not its own."""
        self._outside = set(_processes()) - {pid}
        self._inside.add(pid)
        self._thread.start()

    def running(self) -> bool:
        """Whether a process of the tree is still alive."""
        return any(stat(pid)[0] not in "ZX" for pid in self._inside.copy())

    def asleep(self) -> bool:
        """Whether no process of the tree does anything just now."""
        return all(stat(pid)[0] in "SZXT" for pid in self._inside.copy())

    def close(self) -> None:
        """Watch no more."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def has(self, protocol: int, port: int, pid: int | None) -> bool:
        """Whether a socket is the tree's; `pid` is the process that another source names.

        One that nobody could be found for, since it was closed too soon, is counted in
        unless its number says that it is an older process's.
        """
        if (protocol, port) in self.ports:
            return True
        for known in (pid, port if port >> _PID_BITS == 0 else None):
            if known is not None:
                return known in self._inside or known not in self._outside
        return True

    def _watch(self) -> None:
        own = os.getpid()
        while not self._ending.is_set():
            begun = time.monotonic()
            for pid in _processes():
                if pid not in self._inside and pid not in self._outside:
                    parent = stat(pid)[1]
                    if parent in self._inside or parent == own:
                        self._inside.add(pid)
                    elif parent:
                        self._outside.add(pid)
            self._look()
            self._ending.wait(max(_INTERVAL, 2 * (time.monotonic() - begun)))

    def _look(self) -> None:
        """The netlink sockets that the processes have now."""
        inodes: set[int] = set()
        for pid in self._inside:
            with suppress(OSError):
                for name in os.listdir(f"/proc/{pid}/fd"):
                    with suppress(OSError):
                        target = os.readlink(f"/proc/{pid}/fd/{name}")
                        if target.startswith("socket:["):
                            inodes.add(int(target[8:-1]))
        if not inodes:
            return
        with suppress(OSError, ValueError, IndexError):
            for protocol, port, mask, _, inode in sockets():
                if inode in inodes:
                    if port:
                        self.ports.add((protocol, port))
                    if mask:
                        self.groups[protocol] = self.groups.get(protocol, 0) | mask


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def stat(pid: int) -> tuple[str, int]:
    """The state of a process, one letter, and its parent; X and 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state, parent = file.read().rpartition(b")")[2].split()[:2]
    except (OSError, ValueError):
        return "X", 0
    return state.decode(), int(parent)
