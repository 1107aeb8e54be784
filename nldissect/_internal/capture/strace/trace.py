"""Traces of strace(1) in, records out: the netlink messages that system calls passed.

What strace prints of a call gives process, socket, direction and protocol. The bytes are
in its text in one of three forms, the best of which is taken:
1. the dump below the call (`-e read=all -e write=all`): exact;
2. a string ("\\x14\\x00..."), where strace does not decode the message: exact;
3. the decoded message ({nlmsg_len=20, ...}): `Record.decoded`, left to `session.strace_encoder`.

Rules:
- A call and its dumps are complete with the last byte of the result, else with the next line
  that is no dump.
- Records stand in the order in which calls that send began and all others ended: what a
  send that has not returned may have caused follows its message.
- A datagram is for the kernel when it is sent and names no other peer.
- MSG_PEEK makes no record; MSG_TRUNC with it tells the length of the one that follows.
- ENOBUFS is a loss, told with the next record.
- What is no line of strace's is passed over: the traced program may write in between.

`descriptors` knows which descriptors are netlink sockets.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from nldissect._internal.capture.files import link
from nldissect._internal.capture.files.bytestream import ByteStream
from nldissect._internal.capture.strace.descriptors import (
    CALLS,
    Descriptors,
    NetlinkSocket,
    SystemCall,
)
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.limits import UNLIMITED, limited
from nldissect._internal.wire.record import (
    COMMENT,
    DROP_COUNT,
    OVERRUN,
    TRACED,
    Interface,
    Record,
    Socket,
)
from nldissect._internal.wire.tracetext import TraceString, TraceValue, arguments, number, word

# What makes a trace from which nothing is missing.
COMMAND: Final = (
    "strace -f -xx -s 1000000 -ttt -T -e trace=%network,%desc,%process -e read=all -e write=all"
    " -o FILE COMMAND"
)

SENDS: Final = frozenset(("sendto", "send", "sendmsg", "sendmmsg", "write", "writev"))
RECEIVES: Final = frozenset(
    ("recvfrom", "recv", "recvmsg", "recvmmsg", "recvmmsg_time64", "read", "readv")
)
# What `nldissect run` has strace follow.
FOLLOWED: Final = tuple(sorted(SENDS | RECEIVES | CALLS))

_NAME = r"<(?:\\.|[^<>\\])*>"
_PROCESS = r"\d{1,7}(?!\d)"  # PID_MAX_LIMIT is 1 << 22: a longer number is none
_PREFIX: Final = re.compile(
    rf"\s*(?:\[pid\s+(?P<pid1>{_PROCESS})(?P<name1>{_NAME})?\]\s+"
    rf"|(?P<pid2>{_PROCESS})(?P<name2>{_NAME})?\s+(?!\.))?"
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
_LONGEST_FIRST_LINE: Final = 1 << 16  # bytes that are looked at to tell a trace
_LONGEST_LINE: Final = 1 << 22  # strace's of a message of 64 KiB take 640 KiB
_LONGEST_RESULT: Final = 1 << 10


def is_trace(head: bytes) -> bool:
    """Whether a file that begins so is strace's."""
    text = head.decode("latin-1")
    first = text.lstrip().partition("\n")[0]
    prefix = _PREFIX.match(first)
    assert prefix is not None  # it may match nothing
    if _BEGINS.match(first, prefix.end()) is None:
        return False
    call = _CALL.match(first, prefix.end())
    return call is None or "\n" not in text or bool(_result(first) or _UNFINISHED.search(first))


def _result(text: str) -> re.Match[str] | None:
    """What a call returned, which ends its line."""
    return _RESULT.search(text, max(0, len(text) - _LONGEST_RESULT))


def first_line(source: ByteStream, head: bytes) -> bytes:
    """`head` and what follows it, up to a line's end or the length of a reasonable line."""
    while b"\n" not in head and len(head) < _LONGEST_FIRST_LINE:
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
    interface.name = TRACED
    interfaces.append(interface)
    trace = _TraceParser(interface, path)
    rest = bytearray()  # of a line whose end is not there yet
    offset = 0
    more = head
    while more:
        first, *others = more.split(b"\n")
        rest += first
        if len(rest) > _LONGEST_LINE and limited():
            yield from trace.end()
            reason = f"no line of strace's has over {_LONGEST_LINE >> 20} MiB; {UNLIMITED}"
            raise CaptureError(path, reason, trace.number + 1, offset)
        for line in others:
            yield from trace.line(rest.decode("latin-1"), offset)
            offset += len(rest) + 1
            rest = bytearray(line)
        more = source.extend(b"", 1)
    if rest:
        yield from trace.line(rest.decode("latin-1"), offset)
    yield from trace.end()
    if source.fault is not None:
        raise CaptureError(path, source.fault, trace.number + 1, offset)
    trace.complain()


@dataclass(slots=True, eq=False)
class _Slot:
    """A place in the order of the records; while it is open, what stands behind it waits."""

    open: bool = False
    records: list[Record] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """A call that has begun; `slot` if it sends netlink messages."""

    text: str
    began: int | None
    slot: _Slot | None


@dataclass(frozen=True, slots=True)
class _MessageCall:
    """A call that passed messages: what stands for each datagram, and its dumps so far."""

    call: SystemCall
    socket: NetlinkSocket
    slot: _Slot | None
    datagrams: list[TraceValue]
    dumps: list[bytearray] = field(default_factory=list)

    @property
    def sends(self) -> bool:
        return self.call.name in SENDS

    @property
    def several(self) -> bool:
        """Whether the call can pass several datagrams; its result is their number then."""
        return "mmsg" in self.call.name

    @property
    def time(self) -> int | None:
        """When the messages passed, in nanoseconds: a send's beginning, any other's end."""
        return self.call.began if self.sends or self.call.ended is None else self.call.ended


@dataclass(frozen=True, slots=True)
class _Datagram:
    """One datagram of a call: its bytes, or else what strace decoded of it.

    `size` is its length in bytes, `port` that of the other side (None: not shown), `groups`
    the mask of those it was sent to.
    """

    data: bytes
    decoded: TraceValue
    size: int
    port: int | None
    groups: int


class _TraceParser:
    """Goes through the lines of a trace; `number` counts the records that it gave."""

    def __init__(self, interface: Interface, path: str) -> None:
        self.number = 0
        self._interface = interface
        self._path = path
        self._descriptors = Descriptors(interface.sockets)
        self._unfinished: dict[int, _Unfinished] = {}  # by process
        self._current: _MessageCall | None = None  # whose dumps may follow
        self._queue: deque[_Slot] = deque()
        self._lost = 0  # datagrams, since the last record
        self._overrun = ""  # whose program lost them, in words
        self._without_bytes = 0  # messages
        self._without_protocol = 0  # messages
        self._first_without = ""
        self._line = 0
        self._clock = 0  # nanoseconds, where the trace has no dates
        self._midnights = 0  # nanoseconds

    # -- lines -------------------------------------------------------------------

    def line(self, text: str, offset: int) -> list[Record]:
        """Takes in one line; the records that are complete with it."""
        self._line += 1
        current = self._current
        if text.startswith(" "):
            if current is not None and _add_dump(current.dumps, text):
                if not current.several and sum(map(len, current.dumps)) >= current.call.result:
                    self._complete()
                return self._ready()
            if text.startswith((" | ", " * ", " = ")):
                return []  # of a call that is complete without, or is none of ours
        self._complete()
        with suppress(ValueError, IndexError, RecursionError):  # not strace's own
            self._event(text.rstrip("\r"), offset)
        return self._ready()

    def _whose(self, call: SystemCall, socket: NetlinkSocket) -> str:
        """That the program lost messages of its socket, which did not take them fast enough."""
        process = self._descriptors.process(call.pid)
        name = f"{process.name or 'the program'}[{process.leader or call.pid}]"
        where = f"its socket {socket.port}" if socket.port else "its socket"
        return f"{name} lost messages, how many is not known: the buffer of {where} was full"

    def end(self) -> list[Record]:
        """The trace is over; the records that were waiting."""
        self._complete()
        for slot in self._queue:
            slot.open = False
        if self._lost:
            self._interface.dropped = (self._interface.dropped or 0) + self._lost
        return self._ready()

    def complain(self) -> None:
        """Raises CaptureError when messages passed whose bytes are not in the trace."""
        reasons = []
        if self._without_bytes:
            many = "s" * (self._without_bytes > 1)
            reasons.append(
                f"the bytes of {self._without_bytes} netlink message{many} are not in the trace"
                f" (first in {self._first_without})"
            )
        if self._without_protocol:
            many = "s" * (self._without_protocol > 1)
            reasons.append(
                f"it does not tell the protocol of {self._without_protocol} message{many}"
                f" (first in {self._first_without})"
            )
        if reasons:
            raise CaptureError(self._path, f"{', and '.join(reasons)}; trace with: {COMMAND}")

    def _ready(self) -> list[Record]:
        out: list[Record] = []
        while self._queue and not self._queue[0].open:
            out += self._queue.popleft().records
        for record in out:  # a call that returns late has its place among those before
            self.number += 1
            record.number = self.number
        return out

    # -- events --------------------------------------------------------------------

    def _event(self, text: str, offset: int) -> None:
        """A call that returns, begins or goes on, or a process that ends."""
        prefix = _PREFIX.match(text)
        assert prefix is not None  # it may match nothing
        pid = int(prefix["pid1"] or prefix["pid2"] or 0)
        time = self._time(prefix)
        pos = prefix.end()
        if text.startswith("+++", pos):
            self._exit(pid)
            return
        if not text.startswith(("---", "strace:"), pos):
            name = prefix["name1"] or prefix["name2"]
            process = self._descriptors.process(pid)
            if name is not None and process.name is None:  # it may be out of date
                process.name = _unquoted(name[1:-1])
        resumed = _RESUMED.match(text, pos)
        if resumed is None:
            self._call(pid, text[pos:], time, None, None, offset)
            return
        self._descriptors.begun.pop(pid, None)
        begun = self._unfinished.pop(pid, None)
        if begun is not None:
            whole = begun.text + text[resumed.end() :]
            self._call(pid, whole, begun.began, time, begun.slot, offset)

    def _exit(self, pid: int) -> None:
        """A process has ended, perhaps within a call."""
        begun = self._unfinished.pop(pid, None)
        if begun is not None and begun.slot is not None:
            begun.slot.open = False
        self._descriptors.begun.pop(pid, None)
        self._descriptors.ended(pid)

    def _call(
        self,
        pid: int,
        text: str,
        began: int | None,
        ended: int | None,
        slot: _Slot | None,
        offset: int,
    ) -> None:
        """NAME(...) = RESULT, or NAME(... <unfinished ...>; `slot` when it had begun before."""
        call = _CALL.match(text)
        if call is None:
            return
        name = call[1]
        unfinished = _UNFINISHED.search(text)
        if unfinished is not None:
            self._begin(pid, name, text[: unfinished.start()], began, slot)
            return
        result = _result(text)
        if result is not None:
            if result["took"] is not None and began is not None:
                ended = began + _nanoseconds(result["took"])
            value = -1 if result["value"] == "?" else int(result["value"], 0)
            body = text[: result.start() + 1]
            made = SystemCall(pid, name, body, value, result["error"], began, ended, offset)
            if name in RECEIVES or name in SENDS:
                self._messages(made, slot)
            elif name in CALLS and made.error is None and value >= 0:
                self._descriptors.follow(made)
        if slot is not None and (self._current is None or self._current.slot is not slot):
            slot.open = False

    def _time(self, prefix: re.Match[str]) -> int | None:
        """Nanoseconds since the epoch; since midnight or the start where that is all there is."""
        if prefix["clock"] is not None:
            hours, minutes, seconds = prefix["clock"].split(":")
            now = (int(hours) * 3600 + int(minutes) * 60) * 10**9 + _nanoseconds(seconds)
            if now + self._midnights < self._clock - 43_200 * 10**9:  # past midnight
                self._midnights += 86_400 * 10**9
            self._clock = now + self._midnights
            return self._clock
        text: str | None = prefix["epoch"]
        if text is None:
            return None
        if len(text.partition(".")[0]) < 9:  # -r: since the line before
            self._clock += _nanoseconds(text)
            return self._clock
        return _nanoseconds(text)

    def _begin(self, pid: int, name: str, text: str, began: int | None, slot: _Slot | None) -> None:
        """A call does not return yet; one that sends keeps its place among the records."""
        if name in SENDS and self._descriptors.netlink(pid, text) is not None:
            slot = _Slot(open=True)
            self._queue.append(slot)
        self._unfinished[pid] = _Unfinished(text, began, slot)
        self._descriptors.begun[pid] = text

    # -- messages --------------------------------------------------------------------

    def _messages(self, call: SystemCall, slot: _Slot | None) -> None:
        """A call that passes data: kept until its dumps are there, if that is netlink's."""
        sends = call.name in SENDS
        if "SCM_RIGHTS" in call.text and call.error is None:
            self._descriptors.rights(call.pid, sends, call.text)
        socket = self._descriptors.netlink(call.pid, call.text)
        if socket is None:
            if call.error is None and call.result > 0 and "nlmsg_len=" in call.text:
                self._without_protocol += 1
                self._first_without = self._first_without or f"line {self._line}: {call.name}"
        elif call.error is not None:
            if call.error == "ENOBUFS" and not sends:
                self._lost += 1
                self._overrun = self._whose(call, socket)
        else:
            args = arguments(call.text)
            flags = _flags(call.name, args)
            if not sends and ("MSG_PEEK" in flags or _bit(flags, 2)):
                socket.peeked = call.result
            elif call.result > 0:
                datagrams = _datagrams(call.name, args, call.result)
                self._current = _MessageCall(call, socket, slot, datagrams)

    def _complete(self) -> None:
        """The current call, if any, has all its dumps: its datagrams become records."""
        made, self._current = self._current, None
        if made is None:
            return
        slot = made.slot
        if slot is None:
            slot = _Slot()
            self._queue.append(slot)
        slot.open = False
        count = len(made.dumps) if made.several and made.dumps else max(len(made.datagrams), 1)
        for i in range(count):
            found = _datagram(made, i)
            if found.data or found.decoded is not None:
                slot.records.append(self._record(made, found))
            else:
                self._without_bytes += 1
                where = f"line {self._line - 1}: {made.call.name}"
                self._first_without = self._first_without or where

    def _record(self, made: _MessageCall, datagram: _Datagram) -> Record:
        """The record of a datagram; learns the port of the socket from what it received."""
        socket = made.socket
        peer = socket.peer if datagram.port is None else datagram.port
        if not made.sends and not datagram.groups and socket.port == 0 and not peer:
            own = _port_in(datagram)
            if own:
                self._descriptors.bound(socket, own, made.call.pid, made.time)
        direction = link.PACKET_KERNEL if made.sends and not peer else link.PACKET_USER
        record = Record(
            0,
            made.time,
            socket.protocol,
            datagram.data,
            datagram.size,
            made.call.offset,
            self._interface,
            link.cooked_header(direction, socket.protocol),
        )
        record.decoded = datagram.decoded
        process = self._descriptors.process(made.call.pid)
        record.socket = Socket(
            made.time,
            socket.protocol,
            socket.port,
            process.leader or made.call.pid,
            process.name,
            process.command,
        )
        if self._lost:
            record.options = [
                (DROP_COUNT, self._lost.to_bytes(8, "little")),
                (COMMENT, (OVERRUN + self._overrun).encode("utf-8", "backslashreplace")),
            ]
            self._interface.dropped = (self._interface.dropped or 0) + self._lost
            self._lost = 0
        return record


# -- pieces of calls -------------------------------------------------------------------


def _add_dump(dumps: list[bytearray], text: str) -> bool:
    """Takes in a line of a call's dump; False if it is none."""
    found = _DUMP.match(text)
    begins = text.startswith(" * ") and " bytes in buffer " in text
    if text.startswith(" = ") and " in vector " in text:
        dumps.append(bytearray())
        return True
    if found is None and not begins:
        return False
    if not dumps:
        dumps.append(bytearray())
    if found is not None:
        dumps[-1] += bytes.fromhex(found[1])
    return True


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


def _datagram(made: _MessageCall, place: int) -> _Datagram:
    """The datagram at `place` of a call, from its dump where there is one."""
    shown = made.datagrams[place] if place < len(made.datagrams) else None
    header: dict[str, TraceValue] = shown if isinstance(shown, dict) else {}
    size = -1 if made.several else made.call.result
    inner = header.get("msg_hdr")
    if isinstance(inner, dict):  # struct mmsghdr
        length = number(header.get("msg_len"))
        size = length if made.several and length is not None else size
        header = inner
    data, decoded = b"", None
    if place < len(made.dumps) and (made.dumps[place] or made.several):
        data = bytes(made.dumps[place])
    else:
        data, decoded = _bytes_of(header.get("msg_iov"), size)
    size = max(size, len(data))
    if not made.sends:
        size = max(size, made.socket.peeked)
        made.socket.peeked = 0
    return _Datagram(data, decoded, size, *_address_of(header.get("msg_name")))


def _address_of(name: TraceValue) -> tuple[int | None, int]:
    """The port (None: not shown) and the mask of groups of a struct sockaddr_nl."""
    if not isinstance(name, dict):
        return None, 0
    port = number(name.get("nl_pid"))
    try:
        groups = int(word(name.get("nl_groups")), 16)
    except ValueError:
        groups = 0
    return None if port is None else port & 0xFFFFFFFF, groups


def _bytes_of(vector: TraceValue, size: int) -> tuple[bytes, TraceValue]:
    """What an array of struct iovec holds: bytes when strings have them all, else as decoded."""
    if not isinstance(vector, list):
        return b"", None
    bases = [part.get("iov_base") for part in vector if isinstance(part, dict)]
    known: list[TraceValue] = [b for b in bases if isinstance(b, (TraceString, dict, list))]
    texts = [base.data for base in bases if isinstance(base, TraceString)]
    if texts and len(texts) == len(bases):
        data = b"".join(texts)
        return (data[:size] if size >= 0 else data), None
    return b"", None if len(texts) == len(known) else known


def _port_in(datagram: _Datagram) -> int:
    """nlmsg_pid of the first message, 0 if there is none."""
    if len(datagram.data) >= 16:
        return int.from_bytes(datagram.data[12:16], "little")
    decoded = datagram.decoded
    while isinstance(decoded, list) and decoded:
        decoded = decoded[0]
    port = number(decoded.get("nlmsg_pid")) if isinstance(decoded, dict) else None
    return 0 if port is None else port & 0xFFFFFFFF
