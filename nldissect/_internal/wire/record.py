"""One record of a capture: what the capture layer hands to everyone else."""

from __future__ import annotations

from typing import Final, Literal, final

from mypy_extensions import i64, mypyc_attr

from .block_options import Options, packed_options, read_options
from .text import safe

COMMENT: Final = 1  # opt_comment
DROP_COUNT: Final = 4  # epb_dropcount
TRACED: Final = "strace"  # the interface of a trace of system calls
OVERRUN: Final = "ENOBUFS: "  # a comment on a record: messages before it are the program's loss

UNTOLD: Final = -2  # the protocol of messages in a file that does not say it, until a session does

# In nanoseconds of a time: there is none, or it is none that fits 64 bits.
NO_TIME: Final = -(1 << 63)


@final
class Socket:
    """Whose a netlink socket is, as a capture recorded it.

    `time` is that of the first message seen of it (nanoseconds since the epoch, None
    when unknown); `protocol` and `port` name the socket (nlmsg_pid of its messages). `pid`, `name`
    (/proc/PID/comm), `command` (its arguments, joined by spaces) and `uid` tell of the
    process. `own`: the socket is the recording program's.
    """

    __slots__ = ("command", "name", "own", "pid", "port", "protocol", "time", "uid")

    def __init__(
        self,
        time: int | None,
        protocol: int,
        port: int,
        pid: int,
        name: str | None,
        command: str | None = None,
        uid: int | None = None,
        own: bool = False,
    ) -> None:
        self.time = time
        self.protocol = protocol
        self.port = port
        self.pid = pid
        self.name = name
        self.command = command
        self.uid = uid
        self.own = own

    def __repr__(self) -> str:
        return safe(f"<Socket {self.protocol}:{self.port} of {self.pid} {self.name}>")


@final
class Interface:
    """Where records came from: one interface of one section of a capture.

    `section` and `number` count from 0 within the file, `link_type` is the
    masked LINKTYPE_ value, `name` and the other texts are None when unknown.
    `big_endian` is the byte order of the file (pcap) or section (pcapng).
    `options` keeps every other option as (code, bytes), in file order: a list that is made when
    it is asked for, of `packed` and `packed_section`, since a file may have millions. `sockets`
    and `dropped` (datagrams that the interface lost, by its statistics) grow as the
    capture is read.
    """

    __slots__ = (
        "_sockets",
        "big_endian",
        "description",
        "dropped",
        "filter",
        "hardware",
        "link_type",
        "name",
        "number",
        "os",
        "packed",
        "packed_section",
        "section",
        "snaplen",
    )

    def __init__(
        self, link_type: int, big_endian: bool, section: i64 = 0, number: i64 = 0, snaplen: int = 0
    ) -> None:
        self.link_type = link_type
        self.big_endian = big_endian
        self.section: i64 = section
        self.number: i64 = number
        self.snaplen = snaplen
        self.name: str | None = None
        self.description: str | None = None
        self.filter: str | None = None
        self.os: str | None = None
        self.hardware: str | None = None
        self.packed = b""
        self.packed_section = b""
        self.dropped: int | None = None
        self._sockets: list[Socket] | None = None

    @property
    def options(self) -> Options:
        """What the file says of it beside the texts."""
        return read_options(self.packed, 0, len(self.packed), self.big_endian)

    @options.setter
    def options(self, value: Options) -> None:
        self.packed = packed_options(value, self.big_endian)

    @property
    def section_options(self) -> Options:
        """What the file says of its section."""
        return read_options(self.packed_section, 0, len(self.packed_section), self.big_endian)

    @section_options.setter
    def section_options(self, value: Options) -> None:
        self.packed_section = packed_options(value, self.big_endian)

    @property
    def sockets(self) -> list[Socket]:
        """The sockets that were met on it."""
        if self._sockets is None:
            self._sockets = []
        return self._sockets

    @sockets.setter
    def sockets(self, value: list[Socket]) -> None:
        self._sockets = value

    @property
    def traced(self) -> bool:
        """Whether it is a trace of system calls: what is lost is the programs'."""
        return self.name == TRACED


@mypyc_attr(acyclic=True)
@final
class Record:
    """One captured datagram.

    `number` counts every record of the file from 1, `time` is nanoseconds
    since the epoch (None where the format has none, as in pcapng's Simple
    Packet Block; `time_ns` is the same in 64 bits, else NO_TIME), `protocol` the netlink
    protocol number (NETLINK_ROUTE is 0), -1 when the record is not netlink, or UNTOLD. `data`
    is the datagram without the cooked header; `original_length` what its length was before a
    snaplen cut it. `offset` is where the record starts in the (decompressed) file.
    `cooked` is the link-layer header in front of `data`, as captured.
    `options` holds pcapng options (code, bytes), None when there are none.
    `big` is the byte order of its messages, as soon as a session has settled it.
    `socket` is the one it passed, where the capture tells that: the process that had it, and
    its port, 0 while that is not known.
    `decoded` is what strace(1) made of the datagram where its text is all there is; `gaps`
    are then the bytes that it does not tell: from, to (in `data`, zero there), its own words.
    """

    __slots__ = (
        "_far",
        "big",
        "cooked",
        "data",
        "decoded",
        "gaps",
        "interface",
        "number",
        "offset",
        "options",
        "original_length",
        "protocol",
        "socket",
        "time_ns",
    )

    def __init__(
        self,
        number: i64,
        time: int | None,
        protocol: i64,
        data: bytes,
        original_length: i64,
        offset: i64,
        interface: Interface,
        cooked: bytes = b"",
        options: list[tuple[int, bytes]] | None = None,
    ) -> None:
        self.number: i64 = number
        self.time_ns: i64 = NO_TIME
        self.protocol: i64 = protocol
        self.original_length: i64 = original_length
        self.offset: i64 = offset
        self.data = data
        self.interface = interface
        self.cooked = cooked
        self.options = options
        self.big = False
        self.socket: Socket | None = None
        self.decoded: object = None
        self.gaps: list[tuple[int, int, str]] | None = None
        self._far: int | None = None
        if time is not None:
            self.time = time

    @property
    def time(self) -> int | None:
        """Nanoseconds since the epoch; None when they are not known."""
        return self._far if self.time_ns == NO_TIME else int(self.time_ns)

    @time.setter
    def time(self, value: int | None) -> None:
        if value is not None and -(1 << 63) < value < 1 << 63:
            self.time_ns = value
        else:
            self.time_ns = NO_TIME
            self._far = value

    @property
    def overrun(self) -> str | None:
        """What a trace says of the messages lost before: by a program, not by the capture."""
        found = (text.removeprefix(OVERRUN) for text in self.comments if text.startswith(OVERRUN))
        return next(found, None)

    @property
    def truncated(self) -> bool:
        """Whether the snapshot length cut bytes off the end."""
        return len(self.data) < self.original_length

    @property
    def comments(self) -> list[str]:
        """The comments (pcapng opt_comment) kept on the record."""
        codes = self.options or ()
        return [v.decode("utf-8", "backslashreplace") for c, v in codes if c == COMMENT]

    @property
    def lost(self) -> int:
        """How many datagrams were lost between the record before and this one (epb_dropcount)."""
        if self.options:
            order: Literal["little", "big"] = "big" if self.interface.big_endian else "little"
            for code, value in self.options:
                if code == DROP_COUNT and len(value) == 8:
                    return int.from_bytes(value, order)
        return 0


# Given out by what follows a growing capture: nothing more is there yet.
PENDING: Final = Record(0, None, -1, b"", 0, 0, Interface(-1, False))
