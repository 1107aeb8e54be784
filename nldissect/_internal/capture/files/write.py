"""Writing records as a pcapng file."""

from __future__ import annotations

import struct
from typing import Protocol

from nldissect._internal.capture.files import link, pcapng
from nldissect._internal.wire.block_options import Options, packed_options
from nldissect._internal.wire.record import Interface, Record, Socket

_NANOSECONDS = b"\x09"
_LATEST = (1 << 64) - 1
_PACKET_HASH = 3
_UNKNOWN_LENGTH = (1 << 64) - 1  # of a section: it is written as it comes


class BlockStream(Protocol):
    """What blocks are written to."""

    def write(self, data: bytes, /) -> int:
        """Takes in one or more whole blocks."""


class PcapngWriter:
    """Writes records to a binary stream, a whole block at a time.

    A section has the byte order and the section options of the capture that
    its records come from, so that the file still tells the byte order of the
    recording host; a new section begins where they change. Interfaces keep
    their link type, snapshot length and options; times are nanoseconds
    (outside of 1970 to 2554 the nearest of these). The stream's OSError is
    the caller's.
    """

    def __init__(self, stream: BlockStream) -> None:
        self._stream = stream
        self._order = ""
        self._section_options = b""
        self._interfaces: dict[Interface, int] = {}
        self._sockets: dict[Interface, int] = {}  # how many of each are written

    def begin(self, interface: Interface) -> None:
        """Write section and interface, where they are not yet, before there is a record of it."""
        self._index(interface)

    def write(
        self, record: Record, data: bytes | None = None, original_length: int | None = None
    ) -> None:
        """Write `record`; `data`, when given, in place of its datagram.

        `original_length` is that of `data` before it was cut, by default its
        length as it is.
        """
        interface = record.interface
        index = self._index(interface)
        if len(interface.sockets) > self._sockets[interface]:
            self._new_sockets(interface)
        options = record.options or []
        original: int = record.original_length
        if data is None:
            data = record.data
        else:
            original = len(data) if original_length is None else original_length
            options = [option for option in options if option[0] != _PACKET_HASH]
        cooked = record.cooked
        if not cooked and record.protocol >= 0 and interface.link_type == link.NETLINK:
            cooked = link.cooked_header(link.PACKET_OUTGOING, record.protocol)
        self._packet(interface, index, record.time, cooked + data, original + len(cooked), options)

    def _packet(
        self,
        interface: Interface,
        index: int,
        time: int | None,
        packet: bytes,
        original: int,
        options: Options,
    ) -> None:
        """Write an Enhanced Packet Block, or the Simple one where that tells as much."""
        whole = len(packet) == min(original, interface.snaplen or original)
        if time is None and index == 0 and not options and whole:
            body = struct.pack(self._order + "I", original) + _padded(packet)
            self._block(pcapng.SIMPLE, body)
            return
        time = min(max(time or 0, 0), _LATEST)
        head = (index, time >> 32, time & 0xFFFF_FFFF, len(packet), original)
        self._block(
            pcapng.ENHANCED,
            struct.pack(self._order + "IIIII", *head) + _padded(packet) + self._options(options),
        )

    def _new_sockets(self, interface: Interface) -> None:
        """Write what was told of the interface's sockets since the last record."""
        for socket in interface.sockets[self._sockets[interface] :]:
            self.socket(interface, socket)

    def part(self, record: Record, data: bytes, cut: bool) -> None:
        """Write what is shown of a record: as it is where that is all of it.

        `cut` says that a message in `data` goes on beyond what was captured. What a trace
        does not tell is not written.
        """
        lost = record.original_length - len(record.data)
        if record.gaps is not None:
            known = record.data[: min(gap[0] for gap in record.gaps)]
            self.write(record, known, record.original_length)
        elif len(data) == len(record.data):
            self.write(record)
        else:
            self.write(record, data, len(data) + lost if cut else None)

    def socket(self, interface: Interface, socket: Socket) -> None:
        """Write whose a socket is, for readers that know the block (see `pcapng`)."""
        index = self._index(interface)
        self._sockets[interface] += 1
        time = _LATEST if socket.time is None else min(max(socket.time, 0), _LATEST)
        texts = ((pcapng.SOCKET_NAME, socket.name), (pcapng.SOCKET_COMMAND, socket.command))
        body = struct.pack(
            self._order + pcapng.SOCKET_BODY,
            index,
            time >> 32,
            time & 0xFFFF_FFFF,
            socket.protocol,
            pcapng.OWN if socket.own else 0,
            socket.port,
            socket.pid,
            pcapng.UNKNOWN if socket.uid is None else socket.uid,
        )
        options = [(code, text.encode()) for code, text in texts if text is not None]
        self._block(pcapng.SOCKET, body + self._options(options))

    def statistics(self, interface: Interface, time: int, received: int, dropped: int) -> None:
        """Write an Interface Statistics Block: datagrams received and lost so far, at `time`."""
        index = self._index(interface)
        counts = ((pcapng.ISB_IFRECV, received), (pcapng.ISB_IFDROP, dropped))
        self._block(
            pcapng.STATISTICS,
            struct.pack(self._order + "III", index, time >> 32, time & 0xFFFF_FFFF)
            + self._options([(code, struct.pack(self._order + "Q", n)) for code, n in counts]),
        )

    def _index(self, interface: Interface) -> int:
        """The interface's number in the file; describes it, in a new section if need be."""
        order = ">" if interface.big_endian else "<"
        if order != self._order or interface.packed_section != self._section_options:
            self._begin(order, interface.packed_section)
        index = self._interfaces.get(interface)
        if index is None:
            index = self._interfaces[interface] = len(self._interfaces)
            self._sockets[interface] = 0
            self._describe(interface)
        return index

    def finish(self) -> None:
        """Write what was told of sockets after their last record, or an empty section.

        The stream stays open.
        """
        if not self._order:
            self._begin("<", b"")
        for interface in list(self._sockets):
            self._new_sockets(interface)

    def _begin(self, order: str, options: bytes) -> None:
        self._order = order
        self._section_options = options
        self._interfaces = {}
        self._sockets = {}
        self._block(
            pcapng.SECTION,
            struct.pack(order + "IHHQ", pcapng.BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH)
            + (options + bytes(4) if options else b""),
        )

    def _describe(self, interface: Interface) -> None:
        """Write an Interface Description Block."""
        texts = ((code, getattr(interface, name)) for code, name in pcapng.TEXTS.items())
        options = [
            (code, b"\0" * (code == pcapng.IF_FILTER) + text.encode())
            for code, text in texts
            if text is not None
        ]
        options.append((pcapng.IF_TSRESOL, _NANOSECONDS))
        times = (pcapng.IF_TSRESOL, pcapng.IF_TSOFFSET)
        options += [option for option in interface.options if option[0] not in times]
        self._block(
            pcapng.INTERFACE,
            struct.pack(self._order + "HxxI", interface.link_type, interface.snaplen)
            + self._options(options),
        )

    def _options(self, options: Options) -> bytes:
        return packed_options(options, self._order == ">") + bytes(4) if options else b""

    def _block(self, kind: int, body: bytes) -> None:
        length = len(body) + 12
        self._stream.write(
            struct.pack(self._order + "II", kind, length)
            + body
            + struct.pack(self._order + "I", length)
        )


def _padded(value: bytes) -> bytes:
    return value + bytes(-len(value) & 3)
