"""Whose file descriptors are netlink sockets, as a trace's system calls tell.

They are followed through dup, fork, exec and SCM_RIGHTS as far as these calls are in the
trace; else the number alone tells, or what strace's -y and -yy add to it.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Final

from nldissect._internal.wire.record import Socket
from nldissect._internal.wire.tracetext import TraceString, arguments, number, word

# linux/netlink.h, by number; strace writes NETLINK_ROUTE, and ROUTE with -yy
PROTOCOLS: Final = {
    name: number
    for number, names in enumerate(
        (
            "ROUTE",
            "UNUSED",
            "USERSOCK",
            "FIREWALL",
            "SOCK_DIAG INET_DIAG",
            "NFLOG",
            "XFRM",
            "SELINUX",
            "ISCSI",
            "AUDIT",
            "FIB_LOOKUP",
            "CONNECTOR",
            "NETFILTER",
            "IP6_FW",
            "DNRTMSG",
            "KOBJECT_UEVENT",
            "GENERIC",
            "",
            "SCSITRANSPORT",
            "ECRYPTFS",
            "RDMA",
            "CRYPTO",
            "SMC",
        )
    )
    for name in names.split()
}

FORKS: Final = frozenset(("clone", "clone2", "clone3", "fork", "vfork"))
DUPS: Final = frozenset(("dup", "dup2", "dup3"))
# The calls that change what descriptors are.
CALLS: Final = (
    FORKS
    | DUPS
    | {
        "socket",
        "bind",
        "connect",
        "getsockname",
        "fcntl",
        "fcntl64",
        "close",
        "close_range",
        "execve",
        "execveat",
    }
)

_DECORATION: Final = re.compile(r"NETLINK:\[(?:([A-Z0-9_]+):)?(\d+)\]")


class NetlinkSocket:
    """One netlink socket, whichever processes and descriptors have it."""

    __slots__ = ("made", "peek", "peer", "port", "protocol")

    def __init__(self, protocol: int, made: bool = False) -> None:
        self.protocol = protocol
        self.made = made  # whether the trace has the call that made it
        self.port = 0
        self.peer = 0
        self.peek = 0  # the length of the datagram that MSG_PEEK|MSG_TRUNC found


class TracedProcess:
    """One process or thread: its descriptors (shared by threads), its leader, its name."""

    __slots__ = ("command", "descriptors", "leader", "name")

    def __init__(self, pid: int, descriptors: dict[int, tuple[NetlinkSocket | None, bool]]) -> None:
        self.leader = pid
        self.descriptors = descriptors  # number to socket (None: of another kind), close-on-exec
        self.name: str | None = None
        self.command: str | None = None


class Descriptors:
    """The processes of a trace with their descriptors; `sockets` gets each whose port is told."""

    def __init__(self, sockets: list[Socket]) -> None:
        self.begun: dict[int, str] = {}  # by process: its call that has not returned
        self._sockets = sockets
        self._processes: dict[int, TracedProcess] = {}
        self._rights: deque[NetlinkSocket | None] = deque()
        self._forks_seen = False
        self._told: set[tuple[int, int, int, str | None]] = set()
        self._ports: set[tuple[int, int]] = set()

    def ended(self, pid: int) -> None:
        """The process is gone."""
        self._processes.pop(pid, None)

    def call(self, pid: int, name: str, text: str, value: int, time: int | None) -> None:
        """Takes in one of CALLS that succeeded and returned `value`."""
        process = self.process(pid)
        table = process.descriptors
        if name in FORKS:
            self._fork(pid, value, text)
        elif name in ("execve", "execveat"):
            args = arguments(text)
            given = args[2 if name == "execveat" else 1]
            if isinstance(given, list):
                words = [
                    part.data.decode("utf-8", "replace")
                    for part in given
                    if isinstance(part, TraceString)
                ]
                process.command = " ".join(words) or None
            program = args[1 if name == "execveat" else 0]
            if isinstance(program, TraceString):
                path = program.data.decode("utf-8", "replace")
                process.name = path.rpartition("/")[2][:15] or None
            process.descriptors = {fd: held for fd, held in table.items() if not held[1]}
        elif name == "socket":
            args = arguments(text)
            family = word(args[0])
            if family == "AF_NETLINK" or family == "0x10":
                close = "SOCK_CLOEXEC" in word(args[1]) or "0x80000" in word(args[1])
                protocol = _protocol(word(args[2]))
                table[value] = (None if protocol < 0 else NetlinkSocket(protocol, True), close)
            else:
                table[value] = None, False
        elif name in DUPS:
            args = arguments(text)
            close = name == "dup3" and len(args) > 2 and word(args[2]) not in ("0", "")
            table[value] = self._held(pid, _descriptor(word(args[0]))), close
        elif name.startswith("fcntl"):
            args = arguments(text)
            what = word(args[1])
            fd = _descriptor(word(args[0]))
            if what in ("F_DUPFD", "F_DUPFD_CLOEXEC", "0", "0x406"):
                table[value] = self._held(pid, fd), what in ("F_DUPFD_CLOEXEC", "0x406")
            elif what in ("F_SETFD", "0x2") and len(args) > 2:
                table[fd] = self._held(pid, fd), word(args[2]) not in ("0", "")
        elif name == "close":
            table[_descriptor(word(arguments(text)[0]))] = None, False
        elif name == "close_range":
            args = arguments(text)
            low, high = number(args[0]), number(args[1])
            marked = word(args[2]) != "0"
            for fd in list(table):
                if low is not None and high is not None and low <= fd <= high:
                    table[fd] = (table[fd][0], True) if marked else (None, False)
        elif name in ("bind", "connect", "getsockname"):
            self._address(pid, name, text, time)

    def _address(self, pid: int, name: str, text: str, time: int | None) -> None:
        """bind, connect, getsockname: the socket's port, or that of its peer."""
        socket = self.netlink(pid, text)
        args = arguments(text)
        if socket is None or not isinstance(args[1], dict):
            return
        port = number(args[1].get("nl_pid"))
        if port is None:
            return
        if name == "connect":
            socket.peer = port & 0xFFFFFFFF
        elif port:
            self.bound(socket, port & 0xFFFFFFFF, pid, time)

    def bound(self, socket: NetlinkSocket, port: int, pid: int, time: int | None) -> None:
        """The socket has this port: says whose it is."""
        socket.port = port
        process = self.process(pid)
        key = (socket.protocol, port, process.leader, process.name)
        known = not socket.made and (socket.protocol, port) in self._ports  # inherited
        self._ports.add((socket.protocol, port))
        if process.leader and not known and key not in self._told:
            self._told.add(key)
            self._sockets.append(
                Socket(time, socket.protocol, port, process.leader, process.name, process.command)
            )

    def process(self, pid: int) -> TracedProcess:
        """The process; one not seen yet is the child of a fork that is under way, if any."""
        found = self._processes.get(pid)
        if found is None:
            for parent, body in reversed(self.begun.items()):
                if body.partition("(")[0] in FORKS:
                    return self._child(parent, pid, body)
            found = self._processes[pid] = TracedProcess(pid, {})
        return found

    def _fork(self, pid: int, child: int, text: str) -> None:
        self._forks_seen = True
        known = self._processes.get(child)
        if known is None or not known.descriptors:
            self._child(pid, child, text)

    def _child(self, parent: int, child: int, text: str) -> TracedProcess:
        self._forks_seen = True
        above = self._processes.setdefault(parent, TracedProcess(parent, {}))
        shared = "CLONE_FILES" in text
        made = TracedProcess(child, above.descriptors if shared else dict(above.descriptors))
        if "CLONE_THREAD" in text:
            made.leader = above.leader
        made.name, made.command = above.name, above.command
        self._processes[child] = made
        return made

    def _held(self, pid: int, fd: int) -> NetlinkSocket | None:
        """The netlink socket of a descriptor, None for anything else."""
        table = self.process(pid).descriptors
        if fd in table:
            return table[fd][0]
        if self._forks_seen:
            return None
        # Without the calls that fork, the same number elsewhere is what was inherited.
        for process in reversed(self._processes.values()):
            held = process.descriptors.get(fd)
            if held is not None and held[0] is not None:
                table[fd] = held
                return held[0]
        return None

    def netlink(self, pid: int, text: str) -> NetlinkSocket | None:
        """The netlink socket that a call is about, by its first argument and by what it shows."""
        start = text.index("(") + 1
        fd = _descriptor(text[start:])
        decoration = text[start : start + 80].partition(", ")[0]
        if "<" not in decoration and fd < 0:
            return None
        shown = _DECORATION.search(decoration)
        held = self._held(pid, fd)
        if shown is not None and shown[1] is not None:
            protocol = PROTOCOLS.get(shown[1], -1)
            if protocol >= 0 and (held is None or held.protocol != protocol):
                held = NetlinkSocket(protocol)
                self.process(pid).descriptors[fd] = held, False
            if held is not None and held.port != int(shown[2]) and int(shown[2]):
                self.bound(held, int(shown[2]) & 0xFFFFFFFF, pid, None)
        if held is None and ("nlmsg_len=" in text or "sa_family=AF_NETLINK" in text):
            protocol = _told_by(text)
            if protocol >= 0:
                held = NetlinkSocket(protocol)
                self.process(pid).descriptors[fd] = held, False
        return held

    def rights(self, pid: int, sends: bool, text: str) -> None:
        """Descriptors that travel: what was sent first is what is received first."""
        for found in re.finditer(r"SCM_RIGHTS, cmsg_data=\[([^\]]*)\]", text):
            for shown in found[1].split(", "):
                fd = _descriptor(shown)
                if sends:
                    self._rights.append(self._held(pid, fd))
                elif self._rights:
                    self.process(pid).descriptors[fd] = self._rights.popleft(), False


def _descriptor(text: str) -> int:
    found = re.match(r"\d+", text)
    return -1 if found is None else int(found[0])


def _protocol(text: str) -> int:
    """The number of a protocol as socket() is given it, -1 when it has none."""
    if text[:1].isdigit():
        return int(text, 0)
    return PROTOCOLS.get(text.removeprefix("NETLINK_"), -1)


def _told_by(text: str) -> int:
    """The protocol that the first message's type gives away, -1 for none."""
    found = re.search(r"nlmsg_type=(?:0x[0-9a-f]+ /\* )?([A-Za-z_]+)", text)
    if found is not None:
        kind = found[1]
        if kind.startswith("RTM_"):
            return 0
        if kind.startswith(("NFNL_", "NFT_MSG", "IPCTNL_", "IPSET_", "NFULNL_", "NFQNL_")):
            return 12
        if kind == "nlctrl":
            return 16
        if kind.startswith(("SOCK_DIAG", "SOCK_DESTROY", "TCPDIAG", "DCCPDIAG")):
            return 4
        if kind.startswith("XFRM_MSG"):
            return 6
        if kind.startswith("CRYPTO_MSG"):
            return 21
    return -1
