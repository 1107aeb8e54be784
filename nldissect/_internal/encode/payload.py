"""One value into the payload of one field: numbers, names, addresses, text, bytes.

Values are written by the same field definitions that they were read with. `EncodeError`
tells the path of a value that does not fit.
"""

from __future__ import annotations

from ipaddress import ip_address
from struct import pack
from typing import Any, Final

from ..spec import model
from ..wire import linux
from ..wire.errors import UsageError
from ..wire.text import near

# Bytes of an address by display hint; 0: as many as the text has.
_ADDRESSES: Final = {"ipv4": 4, "ipv6": 16, "ipv4-or-v6": 0, "address": 0}

TOO_DEEP: Final = "nests too deeply"
_LABELS: Final = 1 << 20  # MPLS labels that there are


class EncodeError(UsageError):
    """A value that cannot be encoded; `path` is where it stands, `reason` what is wrong."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}" if path else reason)


def scalar(field: model.Field, value: Any, big: bool, path: str, size: int = 0) -> bytes:
    """A number of the field's width (or `size` bytes where that is open)."""
    number = _number(field, value, path)
    width = field.width or size
    if not width:
        width = 4 if -(1 << 31) <= number < 1 << (31 if field.signed else 32) else 8
    signed = field.signed
    if number < 0 and not signed:
        raise EncodeError(path, f"{number} is negative, and {field.name} has no sign")
    order = big if field.big is None else field.big
    try:
        return number.to_bytes(width, "big" if order else "little", signed=signed)
    except OverflowError:
        raise EncodeError(path, f"{number} does not fit {8 * width} bits") from None


def _number(field: model.Field, value: Any, path: str) -> int:
    """The integer that a value means: a number, an address, a name, or flags in a list."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        total = 0
        for one in value:
            total |= _number(field, one, path)
        return total
    if not isinstance(value, str):
        raise EncodeError(path, f"{value!r} is no number")
    if field.hint == "ipv4" and "." in value:
        return int.from_bytes(address(value, path, 4), "big" if field.big else "little")
    if field.enum is not None:
        return _entry(field.enum, value, path)
    if field.hint == "errno":
        for number, name in linux.ERRNO.items():
            if name == value:
                return -number
    try:
        return int(value, 0)
    except ValueError:
        raise EncodeError(path, f"{value!r} is no number") from None


def _entry(enum: model.Enum, text: str, path: str) -> int:
    """The value of an entry's name or constant, for flags of several joined by `|`."""
    if enum.flags and ("|" in text or "," in text):
        total = 0
        for part in text.replace(",", "|").split("|"):
            total |= _entry(enum, part.strip(), path)
        return total
    found = enum.values.get(text)
    if found is not None:
        return found
    folded = text.lower().replace("_", "-")
    for value, constant in enum.constants.items():
        if constant == text or enum.names[value].lower().replace("_", "-") == folded:
            return value
    try:
        return int(text, 0)
    except ValueError:
        what = enum.name or "such value"
        hint = near(text, list(enum.values))
        raise EncodeError(path, f"{text!r} is no {what}{hint}") from None


def address(text: str, path: str, size: int = 0) -> bytes:
    """An IP address in network order; of `size` bytes where that is given."""
    try:
        raw = ip_address(text).packed
    except ValueError:
        raise EncodeError(path, f"{text!r} is no IP address") from None
    if size and len(raw) != size:
        raise EncodeError(path, f"{text!r} is no IPv{4 if size == 4 else 6} address")
    return raw


def mpls_stack(text: str, path: str) -> bytes:
    """A label stack (RFC 3032): 20 bits of label, the bottom-of-stack bit on the last."""
    try:
        labels = [int(part) for part in text.split("/")]
    except ValueError:
        raise EncodeError(path, f"{text!r} is no stack of MPLS labels") from None
    for one in labels:
        if not 0 <= one < _LABELS:
            raise EncodeError(path, f"{one} is no MPLS label: 0 to {_LABELS - 1}")
    last = len(labels) - 1
    return b"".join(pack(">I", v << 12 | (i == last) << 8) for i, v in enumerate(labels))


def octets(field: model.Field, value: Any, path: str, shown: str = "") -> bytes:
    """A binary payload: bytes, or text by what it is shown as or its display hint (else hex)."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if not isinstance(value, str):
        raise EncodeError(path, f"{value!r} are no bytes")
    hint = field.hint
    if hint == "union-address":
        return address(value, path).ljust(16, b"\0")
    dotted, colons = "." in value, ":" in value
    if shown == "mpls" or (hint == "address" and not dotted and not colons):
        return mpls_stack(value, path)
    if shown in ("ipv4", "ipv6"):
        return address(value, path)
    if hint in _ADDRESSES:
        return address(value, path, _ADDRESSES[hint])
    if hint == "lladdr" and dotted and not colons:  # of a tunnel, whose ends have addresses
        return address(value, path)
    if hint in ("mac", "fddi", "lladdr") and not colons:
        raise EncodeError(path, f"{value!r} is no MAC address")
    try:
        return bytes.fromhex(value.replace(":", "").replace("-", ""))
    except ValueError:
        raise EncodeError(path, f"{value!r} is no hexadecimal number") from None


def string(value: Any, path: str) -> bytes:
    """Text with its NUL; bytes are taken as they are, also without one."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if not isinstance(value, str):
        raise EncodeError(path, f"{value!r} is no text")
    return utf8(value, path) + b"\0"


def utf8(text: str, path: str) -> bytes:
    """Text as its bytes; raises EncodeError for half of a surrogate pair."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise EncodeError(path, f"{text!r} has no UTF-8: give bytes") from None
