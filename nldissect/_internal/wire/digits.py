"""Numbers and addresses as ASCII digits, into a buffer of bytes."""

from __future__ import annotations

from typing import Final, final

from librt.strings import BytesWriter, write_i16_le
from librt.vecs import vec
from mypy_extensions import i16, i64, u8

_HEX: Final = b"0123456789abcdef"
_SPACE: Final = 32
_MINUS: Final = 45
_DOT: Final = 46
_ZERO: Final = 48
_COLON: Final = 58


def _pair(digits: bytes) -> int:
    """Two digits as the number that `write_i16_le` writes them by."""
    return int.from_bytes(digits, "little")


@final
class Digits:
    """Writes digits, two at a time."""

    def __init__(self) -> None:
        self._two = vec[i16]([_pair(b"%02d" % i) for i in range(100)])
        self._byte = vec[i16]([_pair(b"%02x" % i) for i in range(256)])
        self._spaces = vec[bytes]([b" " * i for i in range(64)])

    def signed(self, out: BytesWriter, value: i64) -> None:
        """A number in decimal."""
        if 0 <= value < 10:
            out.append(u8(_ZERO + value))
        elif 0 <= value < 100:
            write_i16_le(out, self._two[value])
        elif value < 0:
            out.append(_MINUS)
            self.unsigned(out, -value)  # of -2**63 the same bits
        elif value < 10000:
            high = value // 100
            if high < 10:
                out.append(u8(_ZERO + high))
            else:
                write_i16_le(out, self._two[high])
            write_i16_le(out, self._two[value - high * 100])
        else:
            high = value // 10000
            self.signed(out, high)
            rest = value - high * 10000
            high = rest // 100
            write_i16_le(out, self._two[high])
            write_i16_le(out, self._two[rest - high * 100])

    def unsigned(self, out: BytesWriter, value: i64) -> None:
        """A number in decimal, whose top bit counts as 2**63."""
        if value >= 0:
            self.signed(out, value)
            return
        tenth: i64 = ((value >> 1) & 0x7FFFFFFFFFFFFFFF) // 5
        self.signed(out, tenth)
        out.append(u8(_ZERO + ((value - tenth * 10) & 15)))

    def digits(self, out: BytesWriter, value: i64, count: i64) -> None:
        """A number from 0 on, in decimal with `count` digits."""
        if count > 2:
            high = value // 100
            self.digits(out, high, count - 2)
            write_i16_le(out, self._two[value - high * 100])
        elif count == 2:
            write_i16_le(out, self._two[value % 100])
        else:
            out.append(u8(_ZERO + (value % 10 & 15)))

    def width(self, value: i64) -> i64:
        """How many digits a number from 0 on has."""
        count: i64 = 1
        while value >= 10:
            value //= 10
            count += 1
        return count

    def spaces(self, out: BytesWriter, count: i64) -> None:
        """So many spaces; none for a negative number."""
        while count > 63:
            out.write(self._spaces[63])
            count -= 63
        if count > 0:
            out.write(self._spaces[count])

    def hexadecimal(self, out: BytesWriter, value: i64, size: i64) -> None:
        """`size` bytes of a number, after 0x."""
        byte = self._byte
        out.write(b"0x")
        size -= 1
        while size >= 0:
            write_i16_le(out, byte[(value >> (size * 8)) & 0xFF])
            size -= 1

    def octets(self, out: BytesWriter, data: bytes, start: i64, end: i64) -> None:
        """Bytes in hexadecimal, nothing between them."""
        byte = self._byte
        for i in range(start, end):
            write_i16_le(out, byte[i64(data[i])])

    def spaced(self, out: BytesWriter, data: bytes, start: i64, end: i64) -> None:
        """Bytes in hexadecimal with spaces."""
        self._joined(out, data, start, end, _SPACE)

    def colons(self, out: BytesWriter, data: bytes, start: i64, end: i64) -> None:
        """A link-layer address."""
        self._joined(out, data, start, end, _COLON)

    def _joined(self, out: BytesWriter, data: bytes, start: i64, end: i64, between: u8) -> None:
        byte = self._byte
        for i in range(start, end):
            if i > start:
                out.append(between)
            write_i16_le(out, byte[i64(data[i])])

    def ipv4(self, out: BytesWriter, data: bytes, start: i64) -> None:
        """4 bytes as an IPv4 address."""
        for i in range(start, start + 4):
            if i > start:
                out.append(_DOT)
            self.signed(out, i64(data[i]))

    def ipv6(self, out: BytesWriter, data: bytes, start: i64) -> None:
        """16 bytes as an IPv6 address (RFC 5952)."""
        best: i64 = 0
        best_at: i64 = -1
        run: i64 = 0
        for i in range(8):
            if self._group(data, start, i) != 0:
                run = 0
                continue
            run += 1
            if run > best:
                best, best_at = run, i - run + 1
        if best == 5 and best_at == 0 and self._group(data, start, 5) == 0xFFFF:
            out.write(b"::ffff:")
            self.ipv4(out, data, start + 12)
            return
        if best < 2:
            best, best_at = 0, -1
        at: i64 = 0
        colon = False
        while at < 8:
            if at == best_at:
                out.write(b"::")
                colon = False
                at += best
                continue
            if colon:
                out.append(_COLON)
            self._group_digits(out, self._group(data, start, at))
            colon = True
            at += 1

    def _group(self, data: bytes, start: i64, index: i64) -> i64:
        at = start + 2 * index
        return i64(data[at]) << 8 | i64(data[at + 1])

    def _group_digits(self, out: BytesWriter, value: i64) -> None:
        if value >= 0x1000:
            out.append(u8(_HEX[value >> 12]))
        if value >= 0x100:
            out.append(u8(_HEX[value >> 8 & 15]))
        if value >= 0x10:
            out.append(u8(_HEX[value >> 4 & 15]))
        out.append(u8(_HEX[value & 15]))

    def dump(self, out: BytesWriter, data: bytes, start: i64, end: i64, indent: bytes) -> None:
        """Bytes in the layout of tshark -x: lines of 16 with offset, hexadecimal, characters."""
        byte = self._byte
        long = end - start > 0x10000
        pos = start
        while pos < end:
            out.write(indent)
            offset = pos - start
            if long:
                write_i16_le(out, byte[offset >> 24 & 0xFF])
                write_i16_le(out, byte[offset >> 16 & 0xFF])
            write_i16_le(out, byte[offset >> 8 & 0xFF])
            write_i16_le(out, byte[offset & 0xFF])
            out.write(b"  ")
            stop = pos + 16 if pos + 16 < end else end
            self.spaced(out, data, pos, stop)
            self.spaces(out, 3 * (16 - (stop - pos)) + 3)
            for i in range(pos, stop):
                code = i64(data[i])
                out.append(u8(code) if 32 <= code < 127 else _DOT)
            out.append(10)
            pos = stop


DIGITS: Final = Digits()  # what is ready-made is made once
