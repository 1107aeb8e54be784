"""Records of an open, uncompressed capture file by their offsets, in any order."""

from __future__ import annotations

import io
import os
import struct
from contextlib import suppress
from typing import BinaryIO, cast

from nldissect._internal.capture.files import pcap, pcapng
from nldissect._internal.capture.files.bytestream import ByteStream
from nldissect._internal.capture.files.link import LinkLayer
from nldissect._internal.capture.strace import trace
from nldissect._internal.wire.block_options import read_options
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.record import NO_TIME, Interface, Record

# Most records are read whole with their headers at once.
_ONCE = 4096


class RecordSeeker:
    """Reads records of the file behind `descriptor` again; its position is left alone."""

    def __init__(self, descriptor: int, path: str) -> None:
        self._descriptor = descriptor
        self._path = path
        self._header = 0  # bytes before the packet of a pcap record, 0 for pcapng
        head = os.pread(descriptor, 4, 0)
        self._trace: dict[int, Record] | None = None  # what strace wrote has no records to seek
        if head in pcap.MAGICS:
            self._header = pcap.MAGICS[head][2]
        elif not head.startswith(pcapng.MAGIC):
            source = ByteStream(cast(BinaryIO, PreadStream(descriptor)))
            self._trace = {}
            with suppress(CaptureError):  # said when it was read first
                for record in trace.read_strace(source, source.extend(b"", 1), path, []):
                    self._trace[record.number] = record

    def record(self, number: int, time: int | None, offset: int, interface: Interface) -> Record:
        """The record that a reader of the whole file gave this number, time and interface.

        Raises CaptureError when the file is not what it was.
        """
        if self._trace is not None:
            found = self._trace.get(number)
            if found is None:
                raise CaptureError(self._path, "the file was cut since it was read", number, offset)
            found.interface = interface
            return found
        order = ">" if interface.big_endian else "<"
        piece = self._read(offset, _ONCE, number, 0)
        options = None
        if self._header:
            start = self._header
            captured, original = struct.unpack_from(order + "II", piece, 8)
            if start + captured > len(piece):
                piece = self._read(offset, start + captured, number, start + captured)
        else:
            kind, length = struct.unpack_from(order + "II", piece)
            if length > len(piece):
                piece = self._read(offset, length, number, length)
            if kind == pcapng.SIMPLE:
                start = 12
                (original,) = struct.unpack_from(order + "I", piece, 8)
                captured = min(original, interface.snaplen or original)
            else:
                start = 28
                captured, original = struct.unpack_from(order + "II", piece, 20)
                rest, end = start + captured + (-captured & 3), length - 4
                if rest < end:
                    options = read_options(piece, rest, end, interface.big_endian) or None
        packets = LinkLayer(interface)
        made = packets.record(number, NO_TIME, piece, start, start + captured, original, offset)
        made.time = time
        made.options = options
        return made

    def _read(self, offset: int, size: int, number: int, need: int) -> bytes:
        """Up to `size` bytes, CaptureError for less than `need` of them."""
        try:
            data = os.pread(self._descriptor, size, offset)
        except OSError as error:
            raise CaptureError(
                self._path, f"reading failed: {error.strerror}", number, offset
            ) from None
        if len(data) < max(need, 12):
            raise CaptureError(self._path, "the file was cut since it was read", number, offset)
        return data


class PreadStream(io.RawIOBase):
    """The file behind a descriptor as a stream with a position of its own, from its start."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._at = 0

    def fileno(self) -> int:
        return self._descriptor

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, some 1 MiB of them for -1; b"" at the end there is now."""
        data = os.pread(self._descriptor, size if size >= 0 else 1 << 20, self._at)
        self._at += len(data)
        return data
