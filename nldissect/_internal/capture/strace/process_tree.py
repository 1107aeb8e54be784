"""Which processes descend from a command, and which netlink sockets are theirs.

Rules:
- /proc is gone through every few milliseconds, since what ends is no longer there to be asked.
- A process is of the tree when its parent is, or when its parent is this process: it is made
  the child subreaper, so that orphans of the tree become its own children.
- Whatever ran before the command is not of the tree, and what was decided of a process stays.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from contextlib import suppress
from typing import Final

from nldissect._internal.capture.live.privileges import namespace_number
from nldissect._internal.capture.live.socket_owners import netlink_sockets, processes, sockets_of

_SET_CHILD_SUBREAPER: Final = 36  # linux/prctl.h
_INTERVAL: Final = 0.004  # seconds
_PID_BITS: Final = 22  # include/linux/threads.h


class ProcessTree:
    """Watches, from before the command starts, what comes to be under this process.

    `ports` are the (netlink protocol, port id) seen; `groups` the masks of the groups that
    sockets of a protocol have joined; `elsewhere` names the processes that were seen in a network
    namespace that is neither `namespace`, by its inode number, nor this process's own.
    """

    def __init__(self, namespace: int) -> None:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.ports: set[tuple[int, int]] = set()
        self.groups: dict[int, int] = {}
        self.elsewhere: dict[int, str] = {}
        self._namespace = namespace
        self._own_namespace = namespace_number(None)
        self._members: set[int] = set()
        self._others = processes()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self, pid: int) -> None:
        """The command runs, with this process id."""
        self._members.add(pid)
        self._thread.start()

    def running(self) -> bool:
        """Whether a process of the tree is still alive."""
        return any(process_state(pid)[0] not in "ZX" for pid in self._members.copy())

    def asleep(self) -> bool:
        """Whether no process of the tree does anything just now."""
        return all(process_state(pid)[0] in "SZXT" for pid in self._members.copy())

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
                return known in self._members or known not in self._others
        return True

    def _watch(self) -> None:
        own = os.getpid()
        while not self._ending.is_set():
            begun = time.monotonic()
            for pid in sorted(processes() - self._members - self._others):  # parents first
                parent = process_state(pid)[1]
                if parent in self._members or parent == own:
                    self._members.add(pid)
                elif parent:
                    self._others.add(pid)
            self._note_sockets()
            self._ending.wait(max(_INTERVAL, 2 * (time.monotonic() - begun)))

    def _note_sockets(self) -> None:
        """Adds ports and groups of the netlink sockets that the processes have now."""
        inodes = set()
        here = None  # a process in the namespace
        for pid in self._members:
            with suppress(OSError):
                found = os.stat(f"/proc/{pid}/ns/net").st_ino
                if found == self._namespace:
                    here = pid
                    inodes |= sockets_of(pid)
                elif found != self._own_namespace and pid not in self.elsewhere:
                    self.elsewhere[pid] = process_name(pid)
        if here is None or not inodes:
            return
        with suppress(OSError, ValueError, IndexError):
            for socket in netlink_sockets(here):
                if socket.inode in inodes:
                    if socket.port:
                        self.ports.add((socket.protocol, socket.port))
                    if socket.groups:
                        mask = self.groups.get(socket.protocol, 0)
                        self.groups[socket.protocol] = mask | socket.groups


def process_name(pid: int) -> str:
    """The name of a process with its id, `ip[722]`; the latter alone when it is gone."""
    name = ""
    with suppress(OSError), open(f"/proc/{pid}/comm", "rb") as file:
        name = file.read().rstrip(b"\n").decode("utf-8", "backslashreplace")
    return f"{name}[{pid}]" if name else f"process {pid}"


def process_state(pid: int) -> tuple[str, int]:
    """The state of a process, one letter (proc(5)), and its parent; X and 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state, parent = file.read().rpartition(b")")[2].split()[:2]
    except (OSError, ValueError):
        return "X", 0
    return state.decode(), int(parent)
