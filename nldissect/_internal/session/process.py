"""Which process a port id belongs to, as far as that can be known.

What the capture itself recorded of its sockets comes first. Else there is the
number: a process's first netlink socket is given the process id as its port id
(netlink_autobind, net/netlink/af_netlink.c), the others a number far above.
Programs may choose any other, and libnl chooses one with the process id in its
low 22 bits, so what a number suggests is a hint and no more. Where the capture
has sock_diag's answer about the socket, its inode is known too, by which
/proc/PID/fd of the recording host names the process; sock_diag itself does not.
"""

from __future__ import annotations

from typing import Final

from ..engine.message import Message
from ..wire.text import safe

PID_BITS: Final = 22  # PID_MAX_LIMIT is 4194304 (include/linux/threads.h)

_KEPT: Final = 4096


class Process:
    """A process: what is known of it, and whether that is a hint only.

    `pid` is None where nothing but the socket's `inode` is known.
    """

    __slots__ = ("command", "hint", "inode", "name", "pid")

    def __init__(
        self,
        pid: int | None,
        name: str | None,
        hint: bool,
        command: str | None = None,
        inode: int | None = None,
    ) -> None:
        self.pid = pid
        self.name = name
        self.hint = hint
        self.command = command
        self.inode = inode

    def __repr__(self) -> str:
        return safe(f"<Process {self.pid} {self.name}{' (hint)' if self.hint else ''}>")

    def __str__(self) -> str:
        if self.pid is None:
            return f"socket:[{self.inode}]"
        name = "" if self.name is None else f"{self.name}"
        return f"{name}[{self.pid}]{'?' if self.hint else ''}"


_hints: Final[dict[int, Process | None]] = {}


def owner(message: Message, port: int) -> Process | None:
    """The process that has the port; None for the kernel and when nothing hints."""
    if port <= 0:
        return None
    socket = message.context.socket(port, message)
    if socket is not None:
        return Process(socket.pid, socket.name, False, socket.command)
    inode = message.context.inode(port, message)
    if inode is not None:
        return Process(_hinted(port), None, True, None, inode)
    if port not in _hints:
        if len(_hints) >= _KEPT:
            _hints.clear()
        pid = _hinted(port)
        _hints[port] = None if pid is None else Process(pid, None, True)
    return _hints[port]


def _hinted(port: int) -> int | None:
    """The process id that a port id hints at."""
    if port >> PID_BITS == 0:
        return port
    # libnl: ten bits of its own, the process id below them
    return port & (1 << PID_BITS) - 1 or None if not port >> 31 else None
