"""What stands for a key, an address or a name in a redacted capture: the same for the same key.

Each is as long as what it stands for. Addresses keep the prefixes that they share (as Crypto-PAn
does: Xu, Fan, Ammar and Moon, 2002; here with BLAKE2 for each bit), and what is no host's stays:
unspecified, loopback, multicast and reserved ones, the first 64 bits of link-local ones. The first
octet stays, so that what stands for a host's or a private address is one.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from hashlib import blake2b
from typing import Final

_LETTERS: Final = b"abcdefghijklmnopqrstuvwxyz234567"
_RESERVED_V4: Final = 240  # the first octet of what is no host's, masks among them
_GROUP_BIT: Final = 1  # of a MAC's first octet (IEEE 802)
_LOCAL_BITS: Final = 3
_KEPT: Final = 8  # bits of an address that stay
_LINK_LOCAL_V4: Final = bytes((169, 254))
_MAPPED_V4: Final = bytes(10) + b"\xff\xff"


class Pseudonyms:
    """What stands for what, by a key of any length."""

    def __init__(self, key: bytes) -> None:
        self._key = blake2b(key).digest()
        self._flip = lru_cache(maxsize=1 << 18)(self._flip_of)

    def octets(self, raw: bytes) -> bytes:
        """As many bytes."""
        out = b""
        while len(out) < len(raw):
            count = len(out).to_bytes(8, "big")
            out += blake2b(count + raw, key=self._key, person=b"octets").digest()
        return out[: len(raw)]

    def text(self, raw: bytes) -> bytes:
        """As many letters, with digits after the first."""
        made = self.octets(raw)
        return bytes([_LETTERS[c % (26 if i == 0 else 32)] for i, c in enumerate(made)])

    def mac(self, raw: bytes) -> bytes:
        """A link-layer address, of a group if it was one; those of well-known groups stay."""
        if not any(raw) or raw == b"\xff" * len(raw):
            return raw
        if raw[0] & _GROUP_BIT:
            if raw[:2] == b"\x01\x80" or not any(raw[3:5]):
                return raw
            return raw[:3] + self.octets(raw)[3:]
        made = self.octets(raw)
        return bytes([made[0] & ~_LOCAL_BITS | raw[0] & _LOCAL_BITS]) + made[1:]

    def address(self, raw: bytes, length: int = -1) -> bytes:
        """An IPv4 (4 bytes) or IPv6 (16) address.

        `length` is that of the prefix that it is, whose other bits stay 0; any other number says
        nothing.
        """
        if len(raw) == 4:
            return self._v4(raw, length)
        if raw.startswith(_MAPPED_V4):
            return _MAPPED_V4 + self._v4(raw[12:], length - 96)
        known = ipaddress.IPv6Address(raw)
        if known.is_unspecified or known.is_loopback or known.is_multicast:
            return raw
        if known.is_link_local:
            return raw[:8] + (self.octets(raw)[8:] if any(raw[8:]) else raw[8:])
        return self._prefixed(raw, length)

    def _v4(self, raw: bytes, length: int) -> bytes:
        known = ipaddress.IPv4Address(raw)
        if known.is_unspecified or known.is_loopback or known.is_multicast:
            return raw
        if raw[0] >= _RESERVED_V4 or raw.startswith(_LINK_LOCAL_V4):
            return raw
        return self._prefixed(raw, length)

    def _prefixed(self, raw: bytes, length: int) -> bytes:
        width = 8 * len(raw)
        number = int.from_bytes(raw, "big")
        bits = width
        if 0 <= length < width and not number & ((1 << (width - length)) - 1):
            bits = length
        out = 0
        for place in range(width):
            bit = number >> (width - 1 - place) & 1
            if _KEPT <= place < bits:
                bit ^= self._flip(width, place, number >> (width - place))
            out = out << 1 | bit
        return out.to_bytes(len(raw), "big")

    def _flip_of(self, width: int, place: int, prefix: int) -> int:
        """Whether the bit after a prefix is turned."""
        said = bytes((width, place)) + prefix.to_bytes(16, "big")
        return blake2b(said, key=self._key, person=b"prefix", digest_size=1).digest()[0] & 1
