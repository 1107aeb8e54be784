"""Whose netlink sockets are: from a port id to the process, by way of /proc.

/proc/net/netlink gives a socket's inode, and the process is the one with a
descriptor of that inode. The kernel gives a process's first netlink socket the
process id for its port id, so that process is looked at first, and at once.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Final, NamedTuple

from nldissect._internal.wire.record import Socket

_LIBNL_PID: Final = (1 << 22) - 1  # libnl: the process id is in the low bits of the port
_REMEMBERED: Final = 100


class SocketRow(NamedTuple):
    """A line of /proc/net/netlink: `groups` is the mask of the first 32, `drops` counts losses."""

    protocol: int
    port: int
    groups: int
    drops: int
    inode: int


def netlink_sockets(pid: int | str = "self") -> list[SocketRow]:
    """The netlink sockets of this network namespace, or that of a process. Raises OSError."""
    with open(f"/proc/{pid}/net/netlink", "rb") as file:
        rows = [line.split() for line in file.readlines()[1:]]  # below the names of the columns
    return [SocketRow(int(w[1]), int(w[2]), int(w[3], 16), int(w[8]), int(w[9])) for w in rows]


def processes() -> set[int]:
    """The ids of all processes that can be seen."""
    return {int(name) for name in os.listdir("/proc") if name.isdecimal()}


def sockets_of(pid: int) -> set[int]:
    """The inodes of the sockets of all kinds that a process has; none once it is gone."""
    folder = f"/proc/{pid}/fd"
    out = set()
    with suppress(OSError):
        for name in os.listdir(folder):
            with suppress(OSError):
                target = os.readlink(f"{folder}/{name}")
                if target.startswith("socket:["):
                    out.add(int(target[8:-1]))
    return out


class OwnerLookup:
    """Looks up sockets in this process's network namespace."""

    def __init__(self) -> None:
        self._owners: dict[int, None] = {}  # processes known to have netlink sockets, newest last

    def find(self, protocol: int, port: int) -> Socket | None:
        """Whose socket this is now; None if that cannot be told (any more)."""
        guess = _described(protocol, port, port)  # first of all: it may end at any moment
        inodes = [s.inode for s in netlink_sockets() if (s.protocol, s.port) == (protocol, port)]
        if not inodes:
            return guess  # closed meanwhile: the kernel's own choice of port is what remains
        pid = self._owner(inodes[0], port)
        return guess if pid is None or pid == port else _described(protocol, port, pid)

    def _owner(self, inode: int, port: int) -> int | None:
        """The process that has the socket: likely ones first, then all from the newest on."""
        likely = [port, port & _LIBNL_PID, *reversed(self._owners)]
        for pid in likely:
            if inode in sockets_of(pid):
                return self._remember(pid)
        for pid in sorted(processes() - set(likely), reverse=True):
            if inode in sockets_of(pid):
                return self._remember(pid)
        return None

    def _remember(self, pid: int) -> int:
        self._owners.pop(pid, None)
        self._owners[pid] = None
        if len(self._owners) > _REMEMBERED:
            del self._owners[next(iter(self._owners))]
        return pid


def _described(protocol: int, port: int, pid: int) -> Socket | None:
    """A socket with what /proc says of its process now; None when that is gone."""
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


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
