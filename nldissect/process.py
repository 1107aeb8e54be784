"""Which process a port id belongs to, as far as that can be known.

A process's first netlink socket is given the process id as its port id
(netlink_autobind, net/netlink/af_netlink.c), the others a number far above.
Programs may choose any other, and libnl chooses one with the process id in its
low 22 bits, so what a number suggests is a hint and no more.
"""

from __future__ import annotations

from typing import Final

PID_BITS: Final = 22  # PID_MAX_LIMIT is 4194304 (include/linux/threads.h)


class Process:
    """A process: its id, its name where known, and whether that is a hint only."""

    __slots__ = ("hint", "name", "pid")

    def __init__(self, pid: int, name: str | None, hint: bool) -> None:
        self.pid = pid
        self.name = name
        self.hint = hint

    def __repr__(self) -> str:
        return f"<Process {self.pid} {self.name}{' (hint)' if self.hint else ''}>"


class Processes:
    """The owners of ports: what is told, else what the number hints at.

    Front ends that know better (a live capture reads /proc) `tell`.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Process] = {}

    def tell(self, protocol: int, port: int, pid: int, name: str | None = None) -> None:
        """From now on this port of this netlink protocol is that process's."""
        self._known[protocol, port] = Process(pid, name, False)

    def of(self, protocol: int, port: int) -> Process | None:
        """The process that has the port; None for the kernel and when nothing hints."""
        found = self._known.get((protocol, port))
        if found is not None or port <= 0:
            return found
        if port >> PID_BITS == 0:
            return Process(port, None, True)
        if not port >> 31:  # libnl: ten bits of its own, the process id below them
            return Process(port & (1 << PID_BITS) - 1, None, True)
        return None
