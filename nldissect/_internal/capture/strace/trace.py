"""Traces of strace(1) in, records out: the netlink messages that system calls passed.

What strace prints of a call gives process, socket, direction and protocol. The bytes are
in its text in one of three forms, the best of which is taken:
1. the dump below the call (`-e read=all -e write=all`): exact;
2. a string ("\\x14\\x00..."), where strace does not decode the message: exact;
3. the decoded message ({nlmsg_len=20, ...}): `Record.decoded`, left to `session.strace_encoder`.

`descriptors` knows which descriptors are netlink sockets.
"""

from __future__ import annotations

import re
import struct
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from nldissect._internal.capture.files import link
from nldissect._internal.capture.files.bytestream import ByteStream
from nldissect._internal.capture.strace.descriptors import CALLS, Descriptors, NetlinkSocket
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.record import COMMENT, DROP_COUNT, Interface, Record, Socket
from nldissect._internal.wire.tracetext import TraceString, TraceValue, arguments, number, word

# What makes a trace from which nothing is missing.
COMMAND: Final = (
    "strace -f -xx -s 1000000 -ttt -T -e trace=%network,%desc,%process -e read=all -e write=all"
    " -o FILE COMMAND"
)

# linux/if_packet.h: to user space, to the kernel
TO_USER: Final = 6
TO_KERNEL: Final = 7

SENDS: Final = frozenset(("sendto", "send", "sendmsg", "sendmmsg", "write", "writev"))
RECEIVES: Final = frozenset(
    ("recvfrom", "recv", "recvmsg", "recvmmsg", "recvmmsg_time64", "read", "readv")
)
# What `nldissect run` has strace follow.
FOLLOWED: Final = tuple(sorted(SENDS | RECEIVES | CALLS))

_NAME = r"<(?:\\.|[^<>\\])*>"
_PREFIX: Final = re.compile(
    rf"\s*(?:\[pid\s+(?P<pid1>\d+)(?P<name1>{_NAME})?\]\s+"
    rf"|(?P<pid2>\d+)(?P<name2>{_NAME})?\s+(?!\.))?"
    r"(?:(?P<epoch>\d+\.\d+|\d{9,})\s+"
    r"|(?P<clock>\d\d:\d\d:\d\d(?:\.\d+)?)\s+)?(?:\(\+\s*[\d.]+\)\s+)?"
    r"(?:\[ *(?:[0-9a-f]+|\?+)\]\s+){0,2}"  # -n, -i
)
_CALL: Final = re.compile(r"(\w+)\(")
_RESUMED: Final = re.compile(r"<\.\.\. (\w+) resumed>\s?")
_UNFINISHED: Final = re.compile(r"\s*<unfinished \.\.\.>\s*$")
_RESULT: Final = re.compile(
    r"\)\s+= (?P<value>-?\d+|0x[0-9a-f]+|\?)(?P<shown><.*?>)?"
    r"(?: (?P<error>E[A-Z0-9]+)(?: \(.*?\))?)?(?: \(.*\))?(?: <(?P<took>\d+\.\d+)>)?\s*$"
)
_DUMP: Final = re.compile(r" \| [0-9a-f]{5,}  ([0-9a-f ]{49})")
_BEGINS: Final = re.compile(
    r"(?:\w+\(|--- (?:SIG|stopped)|\+\+\+ (?:exited|killed|superseded)|<\.\.\. \w+ resumed"
    r"|strace: Process \d+ )"
)
_AHEAD: Final = 1 << 16  # of a first line, which is looked at to tell a trace


def is_trace(head: bytes) -> bool:
    """Whether a file that begins so is strace's."""
    text = head.decode("latin-1")
    first = text.lstrip().partition("\n")[0]
    prefix = _PREFIX.match(first)
    assert prefix is not None  # it may match nothing
    if _BEGINS.match(first, prefix.end()) is None:
        return False
    call = _CALL.match(first, prefix.end())
    return (
        call is None or "\n" not in text or bool(_RESULT.search(first) or _UNFINISHED.search(first))
    )


def first_line(source: ByteStream, head: bytes) -> bytes:
    """`head` and what follows it, up to a line's end or the length of a reasonable line."""
    while b"\n" not in head and len(head) < _AHEAD:
        longer = source.extend(head, len(head) + 1)
        if len(longer) == len(head):
            break
        head = longer
    return head


def read_strace(
    source: ByteStream, head: bytes, path: str, interfaces: list[Interface]
) -> Iterator[Record]:
    """The records of a trace; CaptureError at its end when messages in it have no bytes."""
    interface = Interface(link.NETLINK, False)
    interface.name = "strace"
    interfaces.append(interface)
    trace = _TraceParser(interface, path)
    rest = head
    offset = 0
    while True:
        lines = rest.split(b"\n")
        rest = lines.pop()
        for line in lines:
            yield from trace.line(line.decode("latin-1"), offset)
            offset += len(line) + 1
        more = source.extend(b"", 1)
        if not more:
            break
        rest += more
    if rest:
        yield from trace.line(rest.decode("latin-1"), offset)
    yield from trace.end()
    if source.fault is not None:
        raise CaptureError(path, source.fault, trace.number + 1, offset)
    trace.complain()


class _MessageCall:
    """One call that passes messages, from its line on until all its dumps are there."""

    __slots__ = ("call", "dumps", "got", "offset", "pid", "result", "slot", "socket", "time")

    def __init__(
        self,
        call: str,
        pid: int,
        socket: NetlinkSocket,
        result: int,
        time: int | None,
        offset: int,
        slot: list[Record] | None,
    ) -> None:
        self.call = call
        self.pid = pid
        self.socket = socket
        self.result = result
        self.time = time
        self.offset = offset
        self.slot = slot
        self.dumps: list[bytearray] = []
        self.got: list[TraceValue] = []


class _TraceParser:
    """Goes through the lines of a trace."""

    def __init__(self, interface: Interface, path: str) -> None:
        self.number = 0
        self._interface = interface
        self._path = path
        self._known = Descriptors(interface.sockets)
        self._pending: dict[int, tuple[str, int | None, list[Record] | None]] = {}
        self._current: _MessageCall | None = None
        # Records leave in the order in which calls that send began and others ended.
        self._queue: deque[list[Record]] = deque()
        self._open: list[list[Record]] = []
        self._lost = 0
        self._without = 0
        self._unnamed = 0
        self._first = ""
        self._line = 0
        self._clock = 0
        self._base = 0

    # -- lines -------------------------------------------------------------------

    def line(self, text: str, offset: int) -> Iterator[Record]:
        """Takes in one line; gives out the records that are complete with it."""
        self._line += 1
        current = self._current
        if text.startswith(" "):
            if current is not None and self._dump(text, current):
                if sum(map(len, current.dumps)) >= current.result and "mm" not in current.call:
                    self._current = None
                    self._finish(current)
                yield from self._ready()
                return
            if text.startswith((" | ", " * ", " = ")):
                return  # of a call that is complete without, or is none of ours
        if current is not None:
            self._current = None
            self._finish(current)
        # What is not strace's own is what the program wrote between its lines.
        with suppress(ValueError, IndexError, RecursionError):
            self._event(text.rstrip("\r"), offset)
        yield from self._ready()

    def end(self) -> Iterator[Record]:
        """The trace is over; gives out what was waiting."""
        if self._current is not None:
            self._finish(self._current)
        self._current = None
        self._open.clear()
        yield from self._ready()
        if self._lost:
            self._interface.dropped = (self._interface.dropped or 0) + self._lost

    def complain(self) -> None:
        """Raises CaptureError when messages passed whose bytes are not in the trace."""
        reasons = []
        if self._without:
            many = "s" * (self._without > 1)
            reasons.append(
                f"the bytes of {self._without} netlink message{many} are not in the trace"
                f" (first in {self._first})"
            )
        if self._unnamed:
            many = "s" * (self._unnamed > 1)
            reasons.append(
                f"it does not tell the protocol of {self._unnamed} message{many}"
                f" (first in {self._first})"
            )
        if reasons:
            raise CaptureError(self._path, f"{', and '.join(reasons)}; trace with: {COMMAND}")

    def _dump(self, text: str, current: _MessageCall) -> bool:
        """Takes in a line of a call's dump; False if it is none."""
        found = _DUMP.match(text)
        if found is not None:
            if not current.dumps:
                current.dumps.append(bytearray())
            current.dumps[-1] += bytes.fromhex(found[1])
            return True
        if text.startswith(" * ") and " bytes in buffer " in text:
            if not current.dumps:
                current.dumps.append(bytearray())
            return True
        if text.startswith(" = ") and " in vector " in text:
            current.dumps.append(bytearray())
            return True
        return False

    def _ready(self) -> Iterator[Record]:
        queue = self._queue
        while queue and not any(queue[0] is slot for slot in self._open):
            yield from queue.popleft()

    # -- events --------------------------------------------------------------------

    def _event(self, text: str, offset: int) -> None:
        prefix = _PREFIX.match(text)
        assert prefix is not None  # it may match nothing
        pid = int(prefix["pid1"] or prefix["pid2"] or 0)
        time = self._time(prefix)
        name = prefix["name1"] or prefix["name2"]
        pos = prefix.end()
        if not text.startswith(("---", "+++", "strace:"), pos):
            process = self._known.process(pid)
            if name is not None and process.name is None:  # it may be out of date
                process.name = _unquoted(name[1:-1])
        slot: list[Record] | None = None
        resumed = _RESUMED.match(text, pos)
        if resumed is not None:
            begun = self._pending.pop(pid, None)
            self._known.begun.pop(pid, None)
            if begun is None:
                return
            body, started, slot = begun
            ended = time
            text, pos = body + text[resumed.end() :], 0
            time = started
        else:
            ended = None
        call = _CALL.match(text, pos)
        if call is None:
            if text.startswith("+++", pos):
                begun = self._pending.pop(pid, None)
                if begun is not None and begun[2] is not None:
                    self._settle(begun[2])
                self._known.begun.pop(pid, None)
                self._known.ended(pid)
            return
        unfinished = _UNFINISHED.search(text)
        if unfinished is not None:
            body = text[pos : unfinished.start()]
            if call[1] in SENDS and self._known.netlink(pid, body) is not None:
                slot = []
                self._queue.append(slot)
                self._open.append(slot)
            self._pending[pid] = body, time, slot
            self._known.begun[pid] = body
            return
        result = _RESULT.search(text, pos)
        if result is not None:
            took = result["took"]
            if took is not None and time is not None:
                ended = time + _nanoseconds(took)
            body = text[pos : result.start() + 1]
            value = -1 if result["value"] == "?" else int(result["value"], 0)
            failed = result["error"]
            if call[1] in RECEIVES or call[1] in SENDS:
                self._pass(pid, call[1], body, value, failed, time, ended, offset, slot)
            elif call[1] in CALLS and failed is None and result["value"] != "?":
                self._known.call(pid, call[1], body, value, time)
        if slot is not None and (self._current is None or self._current.slot is not slot):
            self._settle(slot)

    def _time(self, prefix: re.Match[str]) -> int | None:
        """Nanoseconds since the epoch; since midnight or the start where that is all there is."""
        if prefix["clock"] is not None:
            hours, minutes, seconds = prefix["clock"].split(":")
            now = (int(hours) * 3600 + int(minutes) * 60) * 10**9 + _nanoseconds(seconds)
            if now + self._base < self._clock - 43_200 * 10**9:  # past midnight
                self._base += 86_400 * 10**9
            self._clock = now + self._base
            return self._clock
        text: str | None = prefix["epoch"]
        if text is None:
            return None
        if len(text.partition(".")[0]) < 9:  # -r: since the line before
            self._clock += _nanoseconds(text)
            return self._clock
        return _nanoseconds(text)

    # -- calls -----------------------------------------------------------------------

    def _pass(
        self,
        pid: int,
        name: str,
        text: str,
        value: int,
        failed: str | None,
        time: int | None,
        ended: int | None,
        offset: int,
        slot: list[Record] | None,
    ) -> None:
        """A call that passes data: kept until its dumps are there."""
        if "SCM_RIGHTS" in text and failed is None:
            self._known.rights(pid, name in SENDS, text)
        socket = self._known.netlink(pid, text)
        if socket is None:
            if failed is None and value > 0 and "nlmsg_len=" in text:
                self._unnamed += 1
                self._first = self._first or f"line {self._line}: {name}"
            return
        if failed is not None:
            if failed == "ENOBUFS" and name in RECEIVES:
                self._lost += 1
            return
        args = arguments(text)
        flags = _flags(name, args)
        if name in RECEIVES and ("MSG_PEEK" in flags or _bit(flags, 2)):
            socket.peek = value
            return
        if value <= 0:
            return
        when = time if name in SENDS or ended is None else ended
        made = _MessageCall(name, pid, socket, value, when, offset, slot)
        made.got = _datagrams(name, args, value)
        self._current = made

    def _settle(self, slot: list[Record]) -> None:
        """What a call that began before sent is known: what came meanwhile can follow."""
        self._open = [other for other in self._open if other is not slot]

    def _finish(self, made: _MessageCall) -> None:
        """The call is complete: its datagrams become records."""
        slot: list[Record] = [] if made.slot is None else made.slot
        if made.slot is None:
            self._queue.append(slot)
        else:
            self._settle(slot)
        socket = made.socket
        several = "mmsg" in made.call
        pieces = made.got
        count = len(made.dumps) if several and made.dumps else max(len(pieces), 1)
        for i in range(count):
            piece = pieces[i] if i < len(pieces) else None
            sent = made.call in SENDS
            port, group, length = _name_of(piece)
            size = made.result if not several else length
            data = b""
            decoded: TraceValue = None
            if i < len(made.dumps) and (made.dumps[i] or several):
                data = bytes(made.dumps[i])
            else:
                data, decoded = _bytes_of(piece, size)
            size = max(size, len(data))
            if not sent:
                size = max(size, socket.peek)
                socket.peek = 0
            if not data and decoded is None:
                self._without += 1
                self._first = self._first or f"line {self._line - 1}: {made.call}"
                continue
            peer = socket.peer if port is None else port
            if not sent and not group and socket.port == 0 and not peer:
                own = _port_in(data, decoded)
                if own:
                    self._known.bound(socket, own, made.pid, made.time)
            to_kernel = sent and not peer
            self.number += 1
            cooked = struct.pack(
                ">HH10xH", TO_KERNEL if to_kernel else TO_USER, link.ARPHRD_NETLINK, socket.protocol
            )
            record = Record(
                self.number,
                made.time,
                socket.protocol,
                data,
                size,
                made.offset,
                self._interface,
                cooked,
            )
            record.decoded = decoded
            process = self._known.process(made.pid)
            record.socket = Socket(
                made.time,
                socket.protocol,
                socket.port,
                process.leader or made.pid,
                process.name,
                process.command,
            )
            if self._lost:
                record.options = [
                    (DROP_COUNT, self._lost.to_bytes(8, "little")),
                    (COMMENT, b"ENOBUFS: the socket had lost messages, how many is not known"),
                ]
                self._interface.dropped = (self._interface.dropped or 0) + self._lost
                self._lost = 0
            slot.append(record)


# -- pieces of calls -------------------------------------------------------------------


def _nanoseconds(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * 10**9 + int(part[:9].ljust(9, "0") or 0)


def _unquoted(text: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), text)


def _bit(flags: str, bit: int) -> bool:
    return flags.startswith("0x") and bool(int(flags.partition("|")[0], 16) & bit)


def _flags(name: str, args: list[TraceValue]) -> str:
    """The flags that a call was given, as shown."""
    place = {"recvfrom": 3, "recv": 3, "sendto": 3, "send": 3, "recvmsg": 2, "sendmsg": 2}.get(name)
    if "mmsg" in name:
        place = 3
    return "" if place is None or place >= len(args) else word(args[place])


def _datagrams(name: str, args: list[TraceValue], value: int) -> list[TraceValue]:
    """What stands for each datagram of a call: a buffer, or a struct msghdr or mmsghdr."""
    if name in ("sendmmsg", "recvmmsg", "recvmmsg_time64"):
        vector = args[1]
        return vector[:value] if isinstance(vector, list) else []
    if name in ("sendto", "recvfrom"):
        address = args[4] if len(args) > 4 else None
        return [{"msg_name": address, "msg_iov": [{"iov_base": args[1]}]}]
    if name in ("readv", "writev"):
        return [{"msg_iov": args[1]}]
    if name in ("sendmsg", "recvmsg"):
        return [args[1]]
    return [{"msg_iov": [{"iov_base": args[1]}]}]


def _inner(piece: TraceValue) -> tuple[dict[str, TraceValue], int]:
    """The struct msghdr of a piece, and the length that an mmsghdr gives (-1: none)."""
    if not isinstance(piece, dict):
        return {}, -1
    length = number(piece.get("msg_len"))
    inner = piece.get("msg_hdr")
    if isinstance(inner, dict):
        return inner, -1 if length is None else length
    return piece, -1


def _name_of(piece: TraceValue) -> tuple[int | None, int, int]:
    """The other side's port (None: not shown), the groups, and the length of a datagram."""
    header, length = _inner(piece)
    name = header.get("msg_name")
    if isinstance(name, dict):
        port = number(name.get("nl_pid"))
        groups = word(name.get("nl_groups"))
        try:
            group = int(groups, 16)
        except ValueError:
            group = 0
        return None if port is None else port & 0xFFFFFFFF, group, length
    return None, 0, length


def _bytes_of(piece: TraceValue, size: int) -> tuple[bytes, TraceValue]:
    """The bytes of a datagram when strings have them all, else what strace made of it."""
    header, _ = _inner(piece)
    vector = header.get("msg_iov")
    if not isinstance(vector, list):
        return b"", None
    bases = [part.get("iov_base") for part in vector if isinstance(part, dict)]
    if all(isinstance(base, TraceString) for base in bases) and bases:
        data = b"".join(base.data for base in bases if isinstance(base, TraceString))
        return (data[:size] if size >= 0 else data), None
    known: list[TraceValue] = [
        base for base in bases if isinstance(base, (TraceString, dict, list))
    ]
    if not any(isinstance(base, (dict, list)) for base in known):
        return b"", None
    return b"", known


def _port_in(data: bytes, decoded: TraceValue) -> int:
    """nlmsg_pid of the first message."""
    if len(data) >= 16:
        return int.from_bytes(data[12:16], "little")
    while isinstance(decoded, list) and decoded:
        decoded = decoded[0]
    if isinstance(decoded, dict):
        port = number(decoded.get("nlmsg_pid"))
        return 0 if port is None else port & 0xFFFFFFFF
    return 0
