"""Whose file descriptors are netlink sockets, as a trace's system calls tell.

Rules:
- socket(AF_NETLINK) makes one; dup, fcntl(F_DUPFD), fork, exec and SCM_RIGHTS pass it on,
  close, close_range and close-on-exec end that.
- Threads (CLONE_FILES) share their descriptors, a forked process begins with a copy.
- A process not met before is the child of the fork that has begun and not returned.
- In a trace without any call that forks, a number means what it means in another process.
- What strace shows with -yy (5<NETLINK:[ROUTE:4711]>) stands above all that; where neither
  tells, the type of the first message does.
- A port is told by bind, getsockname, -yy, or the first message that the socket receives;
  each is kept once for its process, program and socket.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from nldissect._internal.wire.linux import NETLINK_PROTOCOL
from nldissect._internal.wire.record import Socket
from nldissect._internal.wire.tracetext import TraceString, arguments, number, word

# By name; strace writes NETLINK_ROUTE, and ROUTE with -yy.
PROTOCOLS: Final = {
    name.removeprefix("NETLINK_"): number for number, name in NETLINK_PROTOCOL.items()
} | {"INET_DIAG": 4}
# The protocol that a message type gives away, by how strace begins it.
_PROTOCOL_OF_TYPE: Final = {
    "RTM_": 0, "SOCK_DIAG": 4, "SOCK_DESTROY": 4, "TCPDIAG": 4, "DCCPDIAG": 4, "XFRM_MSG": 6,
    "NFNL_": 12, "NFT_MSG": 12, "IPCTNL_": 12, "IPSET_": 12, "NFULNL_": 12, "NFQNL_": 12,
    "nlctrl": 16, "CRYPTO_MSG": 21,
}  # fmt: skip
FORKS: Final = frozenset(("clone", "clone2", "clone3", "fork", "vfork"))

_MAX_LINKS: Final = 32  # linux/netlink.h
_DECORATION: Final = re.compile(r"NETLINK:\[(?:([A-Z0-9_]+):)?(\d+)\]")


@dataclass(slots=True, eq=False)
class NetlinkSocket:
    """One netlink socket, whichever processes and descriptors have it."""

    protocol: int
    created: bool = False  # whether the trace has the call that made it
    port: int = 0
    peer: int = 0  # the port that it is connected to
    peeked: int = 0  # the length of the datagram that MSG_PEEK | MSG_TRUNC found


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a number stands for in a process; `socket` is None for all but netlink sockets."""

    socket: NetlinkSocket | None = None
    close_on_exec: bool = False


@dataclass(slots=True, eq=False)
class TracedProcess:
    """One process or thread: its thread group's leader, descriptors by number, name, arguments.

    Threads share one dictionary.
    """

    leader: int
    descriptors: dict[int, Descriptor] = field(default_factory=dict)
    name: str | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True)
class SystemCall:
    """A call that has returned.

    `text` is NAME(ARGUMENTS), `result` what it returned (-1 where strace has "?"), `error` the
    name of its errno, None for success. `began` and `ended` are nanoseconds, None where the
    trace does not tell; `offset` is where its line stands in the file.
    """

    pid: int
    name: str
    text: str
    result: int
    error: str | None
    began: int | None
    ended: int | None
    offset: int


class Descriptors:
    """The processes of a trace with their descriptors; `sockets` gets each whose port is told."""

    def __init__(self, sockets: list[Socket]) -> None:
        self.begun: dict[int, str] = {}  # by process: its call that has not returned
        self._sockets = sockets
        self._processes: dict[int, TracedProcess] = {}
        self._rights: deque[NetlinkSocket | None] = deque()  # sent and not yet received
        self._forks_seen = False
        self._told: set[tuple[int, int, int, str | None]] = set()
        self._ports: set[tuple[int, int]] = set()

    def ended(self, pid: int) -> None:
        """The process is gone."""
        self._processes.pop(pid, None)

    def follow(self, call: SystemCall) -> None:
        """Takes in a call of CALLS that succeeded; ValueError, IndexError if unreadable."""
        _EFFECTS[call.name](self, call)

    # -- what calls do to descriptors ----------------------------------------------

    def _fork(self, call: SystemCall) -> None:
        self._forks_seen = True
        known = self._processes.get(call.result)
        if known is None or not known.descriptors:
            self._child(call.pid, call.result, call.text)

    def _exec(self, call: SystemCall) -> None:
        process = self.process(call.pid)
        args = arguments(call.text)
        if call.name == "execveat":
            del args[0]
        program, argv = args[0], args[1]
        if isinstance(argv, list):
            words = [_decoded(part) for part in argv if isinstance(part, TraceString)]
            process.command = " ".join(words) or None
        if isinstance(program, TraceString):
            process.name = _decoded(program).rpartition("/")[2][:15] or None  # TASK_COMM_LEN
        process.descriptors = {
            fd: held for fd, held in process.descriptors.items() if not held.close_on_exec
        }

    def _socket(self, call: SystemCall) -> None:
        table = self.process(call.pid).descriptors
        args = arguments(call.text)
        if word(args[0]) not in ("AF_NETLINK", "0x10"):
            table[call.result] = Descriptor()
            return
        close = "SOCK_CLOEXEC" in word(args[1]) or "0x80000" in word(args[1])
        protocol = _protocol(word(args[2]))
        made = None if protocol < 0 else NetlinkSocket(protocol, created=True)
        table[call.result] = Descriptor(made, close)

    def _dup(self, call: SystemCall) -> None:
        args = arguments(call.text)
        close = call.name == "dup3" and len(args) > 2 and word(args[2]) not in ("0", "")
        held = self._held(call.pid, _descriptor(word(args[0])))
        self.process(call.pid).descriptors[call.result] = Descriptor(held, close)

    def _fcntl(self, call: SystemCall) -> None:
        table = self.process(call.pid).descriptors
        args = arguments(call.text)
        fd, what = _descriptor(word(args[0])), word(args[1])
        if what in ("F_DUPFD", "F_DUPFD_CLOEXEC", "0", "0x406"):
            close = what in ("F_DUPFD_CLOEXEC", "0x406")
            table[call.result] = Descriptor(self._held(call.pid, fd), close)
        elif what in ("F_SETFD", "0x2") and len(args) > 2:
            table[fd] = Descriptor(self._held(call.pid, fd), word(args[2]) not in ("0", ""))

    def _close(self, call: SystemCall) -> None:
        fd = _descriptor(word(arguments(call.text)[0]))
        self.process(call.pid).descriptors[fd] = Descriptor()

    def _close_range(self, call: SystemCall) -> None:
        table = self.process(call.pid).descriptors
        args = arguments(call.text)
        low, high = number(args[0]), number(args[1])
        marked = word(args[2]) != "0"  # CLOSE_RANGE_CLOEXEC
        if low is not None and high is not None:
            for fd in [fd for fd in table if low <= fd <= high]:
                table[fd] = Descriptor(table[fd].socket, True) if marked else Descriptor()

    def _address(self, call: SystemCall) -> None:
        """bind, connect, getsockname: the socket's port, or that of its peer."""
        socket = self.netlink(call.pid, call.text)
        args = arguments(call.text)
        if socket is None or not isinstance(args[1], dict):
            return
        port = number(args[1].get("nl_pid"))
        if port is None:
            return
        if call.name == "connect":
            socket.peer = port & 0xFFFFFFFF
        elif port:
            self.bound(socket, port & 0xFFFFFFFF, call.pid, call.began)

    # -- what is known -------------------------------------------------------------

    def bound(self, socket: NetlinkSocket, port: int, pid: int, time: int | None) -> None:
        """The socket has this port: says whose it is."""
        socket.port = port
        process = self.process(pid)
        key = (socket.protocol, port, process.leader, process.name)
        known = not socket.created and (socket.protocol, port) in self._ports  # inherited
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
            found = self._processes[pid] = TracedProcess(pid)
        return found

    def _child(self, parent: int, child: int, text: str) -> TracedProcess:
        self._forks_seen = True
        above = self._processes.setdefault(parent, TracedProcess(parent))
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
            return table[fd].socket
        if self._forks_seen:
            return None
        # Without the calls that fork, the same number elsewhere is what was inherited.
        for process in reversed(self._processes.values()):
            held = process.descriptors.get(fd)
            if held is not None and held.socket is not None:
                table[fd] = held
                return held.socket
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
                self.process(pid).descriptors[fd] = Descriptor(held)
            if held is not None and held.port != int(shown[2]) and int(shown[2]):
                self.bound(held, int(shown[2]) & 0xFFFFFFFF, pid, None)
        told = held is not None and (held.created or (shown is not None and shown[1] is not None))
        if not told and ("nlmsg_len=" in text or "sa_family=AF_NETLINK" in text):
            # Without the calls that make and close sockets, the number may be another one's.
            protocol = _protocol_of_type(text)
            if protocol >= 0 and (held is None or held.protocol != protocol):
                held = NetlinkSocket(protocol)
                self.process(pid).descriptors[fd] = Descriptor(held)
        return held

    def rights(self, pid: int, sends: bool, text: str) -> None:
        """Descriptors that travel: what was sent first is what is received first."""
        for found in re.finditer(r"SCM_RIGHTS, cmsg_data=\[([^\]]*)\]", text):
            for shown in found[1].split(", "):
                fd = _descriptor(shown)
                if sends:
                    self._rights.append(self._held(pid, fd))
                elif self._rights:
                    self.process(pid).descriptors[fd] = Descriptor(self._rights.popleft())


def _descriptor(text: str) -> int:
    found = re.match(r"\d+", text)
    return -1 if found is None else int(found[0])


def _protocol(text: str) -> int:
    """The number of a protocol as socket() is given it, -1 when it has none."""
    if text[:1].isdigit():
        number = int(text, 0)
        return number if number < _MAX_LINKS else -1  # the kernel makes no such socket
    return PROTOCOLS.get(text.removeprefix("NETLINK_"), -1)


def _protocol_of_type(text: str) -> int:
    """The protocol that the first message's type gives away, -1 for none."""
    found = re.search(r"nlmsg_type=(?:0x[0-9a-f]+ /\* )?([A-Za-z_]+)", text)
    if found is not None:
        for prefix, protocol in _PROTOCOL_OF_TYPE.items():
            if found[1].startswith(prefix):
                return protocol
    return -1


def _decoded(text: TraceString) -> str:
    return text.data.decode("utf-8", "replace")


# The calls that change what descriptors are.
_EFFECTS: Final[dict[str, Callable[[Descriptors, SystemCall], None]]] = {
    **dict.fromkeys(FORKS, Descriptors._fork),
    **dict.fromkeys(("execve", "execveat"), Descriptors._exec),
    "socket": Descriptors._socket,
    **dict.fromkeys(("dup", "dup2", "dup3"), Descriptors._dup),
    **dict.fromkeys(("fcntl", "fcntl64"), Descriptors._fcntl),
    "close": Descriptors._close,
    "close_range": Descriptors._close_range,
    **dict.fromkeys(("bind", "connect", "getsockname"), Descriptors._address),
}
CALLS: Final = frozenset(_EFFECTS)
