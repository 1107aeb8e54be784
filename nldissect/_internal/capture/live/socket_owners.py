"""Whose netlink sockets are: from a port id to the process, by way of /proc.

/proc/net/netlink gives a socket's inode, and the process is the one with a
descriptor of that inode. The kernel gives a process's first netlink socket the
process id for its port id, so that process is looked at first, and at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress

from nldissect._internal.wire.record import Socket

_LIBNL_PID = (1 << 22) - 1  # libnl: the process id is in the low bits of the port


class OwnerLookup:
    """Looks up sockets in this process's network namespace."""

    def __init__(self) -> None:
        self._busy: dict[int, None] = {}  # processes known to have netlink sockets, newest last

    def find(self, protocol: int, port: int) -> Socket | None:
        """Whose socket this is now; None if that cannot be told (any more)."""
        guess = self._described(protocol, port, port)  # first of all: it may end at any moment
        inode = _inode(protocol, port)
        if inode is None:
            return guess  # closed meanwhile: the kernel's own choice of port is what remains
        pid = self._owner(inode, port)
        if pid is None or pid == port:
            return guess
        return self._described(protocol, port, pid)

    def _owner(self, inode: int, port: int) -> int | None:
        target = f"socket:[{inode}]"
        first = [port, port & _LIBNL_PID, *reversed(self._busy)]
        for pid in first:
            if _has(pid, target):
                return self._remember(pid)
        others = sorted(
            (int(name) for name in os.listdir("/proc") if name.isdecimal()), reverse=True
        )
        for pid in others:
            if pid not in first and _has(pid, target):
                return self._remember(pid)
        return None

    def _remember(self, pid: int) -> int:
        self._busy.pop(pid, None)
        self._busy[pid] = None
        if len(self._busy) > 100:
            del self._busy[next(iter(self._busy))]
        return pid

    def _described(self, protocol: int, port: int, pid: int) -> Socket | None:
        try:
            with open(f"/proc/{pid}/comm", "rb") as file:
                name = _text(file.read().rstrip(b"\n"))
        except OSError:
            return None
        command = uid = None
        with suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                command = _text(file.read().rstrip(b"\0").replace(b"\0", b" "))
            uid = os.stat(f"/proc/{pid}").st_uid
        return Socket(time.time_ns(), protocol, port, pid, name, command, uid)


def sockets() -> Iterator[tuple[int, int, int, int, int]]:
    """Protocol, port, groups, drops and inode of each netlink socket here. Raises OSError."""
    with open("/proc/net/netlink", "rb") as file:
        file.readline()  # the names of the columns
        for line in file:
            words = line.split()
            yield int(words[1]), int(words[2]), int(words[3], 16), int(words[8]), int(words[9])


def _inode(protocol: int, port: int) -> int | None:
    """The inode of the socket, None when there is none."""
    for known, number, _, _, inode in sockets():
        if (known, number) == (protocol, port):
            return inode
    return None


def _has(pid: int, target: str) -> bool:
    """Whether the process has a descriptor of the socket."""
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    for name in names:
        with suppress(OSError):
            if os.readlink(f"{folder}/{name}") == target:
                return True
    return False


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
