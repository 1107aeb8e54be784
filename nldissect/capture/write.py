"""Writing records as a pcapng file."""

from __future__ import annotations

import struct
from typing import BinaryIO

from nldissect.capture import link, pcapng
from nldissect.record import Interface, Record

_NANOSECONDS = b"\x09"
_LATEST = (1 << 64) - 1
_LONGEST_OPTION = 0xFFFF
_PACKET_HASH = 3
_OUTGOING = 4
_UNKNOWN_LENGTH = (1 << 64) - 1  # of a section: it is written as it comes


class PcapngWriter:
    """Writes records to a binary stream, a whole block at a time.

    A section has the byte order and the section options of the capture that
    its records come from, so that the file still tells the byte order of the
    recording host; a new section begins where they change. Interfaces keep
    their link type, snapshot length and options; times are nanoseconds
    (outside of 1970 to 2554 the nearest of these). The stream's OSError is
    the caller's.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._order = ""
        self._section_options: pcapng.Options = []
        self._interfaces: dict[Interface, int] = {}

    def write(
        self, record: Record, data: bytes | None = None, original_length: int | None = None
    ) -> None:
        """Write `record`; `data`, when given, in place of its datagram.

        `original_length` is that of `data` before it was cut, by default its
        length as it is.
        """
        interface = record.interface
        order = ">" if interface.big_endian else "<"
        if order != self._order or interface.section_options != self._section_options:
            self._begin(order, interface.section_options)
        index = self._interfaces.get(interface)
        if index is None:
            index = self._interfaces[interface] = len(self._interfaces)
            self._describe(interface)

        options = record.options or []
        if data is None:
            data = record.data
            original = record.original_length
        else:
            original = len(data) if original_length is None else original_length
            options = [option for option in options if option[0] != _PACKET_HASH]
        cooked = record.cooked
        if not cooked and record.protocol >= 0 and interface.link_type == link.NETLINK:
            cooked = struct.pack(">HH10xH", _OUTGOING, link.ARPHRD_NETLINK, record.protocol)
        packet = cooked + data
        original += len(cooked)
        if (
            record.time is None
            and index == 0
            and not options
            and len(packet) == min(original, interface.snaplen or original)
        ):
            self._block(pcapng.SIMPLE, struct.pack(order + "I", original) + _padded(packet))
            return
        time = min(max(record.time or 0, 0), _LATEST)
        self._block(
            pcapng.ENHANCED,
            struct.pack(
                order + "IIIII", index, time >> 32, time & 0xFFFF_FFFF, len(packet), original
            )
            + _padded(packet)
            + self._options(options),
        )

    def finish(self) -> None:
        """Make the file a valid one even if no record was written; the stream stays open."""
        if not self._order:
            self._begin("<", [])

    def _begin(self, order: str, options: pcapng.Options) -> None:
        self._order = order
        self._section_options = options
        self._interfaces = {}
        self._block(
            pcapng.SECTION,
            struct.pack(order + "IHHQ", pcapng.BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH)
            + self._options(options),
        )

    def _describe(self, interface: Interface) -> None:
        texts = (
            (pcapng.IF_NAME, interface.name),
            (pcapng.IF_DESCRIPTION, interface.description),
            (pcapng.IF_FILTER, None if interface.filter is None else "\0" + interface.filter),
            (pcapng.IF_OS, interface.os),
            (pcapng.IF_HARDWARE, interface.hardware),
        )
        options = [(code, text.encode()) for code, text in texts if text is not None]
        options.append((pcapng.IF_TSRESOL, _NANOSECONDS))
        times = (pcapng.IF_TSRESOL, pcapng.IF_TSOFFSET)
        options += [option for option in interface.options if option[0] not in times]
        self._block(
            pcapng.INTERFACE,
            struct.pack(self._order + "HxxI", interface.link_type, interface.snaplen)
            + self._options(options),
        )

    def _options(self, options: pcapng.Options) -> bytes:
        if not options:
            return b""
        return b"".join(
            struct.pack(self._order + "HH", code, len(value := whole[:_LONGEST_OPTION]))
            + _padded(value)
            for code, whole in options
        ) + bytes(4)

    def _block(self, kind: int, body: bytes) -> None:
        length = len(body) + 12
        self._stream.write(
            struct.pack(self._order + "II", kind, length)
            + body
            + struct.pack(self._order + "I", length)
        )


def _padded(value: bytes) -> bytes:
    return value + bytes(-len(value) & 3)
