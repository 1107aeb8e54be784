"""Literals of filters: numbers, bytes, addresses, spans and points of time, names of errors.

Each function gives None for a text that is none of its kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ..wire import linux


class Mismatch(Exception):
    """A literal that a value of some type cannot be compared with: why, and what to write."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


# Patterns are compiled when they are first used: most runs need none of them.

_NUMBER: Final = r"([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d{0,39})"


def number(text: str) -> int | None:
    """A number in any base that C or Python writes."""
    found = re.fullmatch(_NUMBER, text)
    if found is None or not text.isascii():
        return None
    digits = found[2]
    if len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567":
        digits = f"0o{digits}"
    value = int(digits, 0)
    return -value if found[1] == "-" else value


_PAIRS: Final = (
    r"[0-9a-fA-F]{2}(?:([:.-])[0-9a-fA-F]{2}(?:\1[0-9a-fA-F]{2})*)?"
    r"|[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4})+"
)


def octets(text: str) -> bytes | None:
    """Bytes as aa:bb:cc, aa-bb-cc, aa.bb.cc, aabb.ccdd, aabbcc or 0xaabbcc."""
    if re.fullmatch(_PAIRS, text):
        return bytes.fromhex(re.sub(r"[:.-]", "", text))
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    if digits and re.fullmatch(r"(?:[0-9a-fA-F]{2})+", digits):
        return bytes.fromhex(digits)
    if re.fullmatch(r"[0-9a-fA-F]", digits):
        return bytes([int(digits, 16)])
    return None


def network(text: str) -> tuple[int, int, int] | None:
    """An address or prefix: its length in bytes, the address's bits and the mask."""
    if not (text[:1].isalnum() or text[:1] == ":") or not ("." in text or ":" in text):
        return None
    import ipaddress

    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return found.max_prefixlen // 8, int(found.network_address), int(found.netmask)


_UNITS: Final = {
    "ns": 1, "us": 1000, "\N{MICRO SIGN}s": 1000, "\N{GREEK SMALL LETTER MU}s": 1000,
    "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
    "d": 86400 * 10**9,
}  # fmt: skip
_DURATION: Final = r"(-?)(\d{1,30})(?:\.(\d{1,30}))?([^\W\d]{1,3})?"


def duration(text: str) -> int | None:
    """A time span in nanoseconds, of a number with a unit: 10ms, 1.5s, 2min."""
    found = re.fullmatch(_DURATION, text)
    if found is None or found[4] not in _UNITS:
        return 0 if text == "0" else None
    digits = found[3] or ""
    value = int(found[2] + digits) * _UNITS[found[4]] // int("1" + "0" * len(digits))
    return -value if found[1] else value


_EPOCH: Final = r"(\d{9,12})(?:\.(\d{1,9}))?"
_DATE: Final = (
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|[+-]\d\d:?\d\d)?"
)


def moment(text: str) -> int | None:
    """A point in time in ns since the epoch: a date, with a time of day or not, or epoch seconds.

    Local time, unless Z or an offset follows.
    """
    found = re.fullmatch(_EPOCH, text)
    if found is not None:
        return int(found[1]) * 10**9 + int((found[2] or "0").ljust(9, "0"))
    found = re.fullmatch(_DATE, text)
    if found is None:
        return None
    from datetime import UTC, datetime, timedelta, timezone

    zone: timezone | None = None
    if found[8] == "Z":
        zone = UTC
    elif found[8]:
        minutes = int(found[8][1:3]) * 60 + int(found[8][-2:])
        try:
            zone = timezone(timedelta(minutes=-minutes if found[8][0] == "-" else minutes))
        except ValueError:
            return None
    try:
        at = datetime(*(int(part or 0) for part in found.groups()[:6]), tzinfo=zone)  # type: ignore[arg-type, misc]
        seconds = int(at.timestamp())
    except (ValueError, OverflowError, OSError):
        return None
    return seconds * 10**9 + int((found[7] or "0").ljust(9, "0"))


def error_number(text: str) -> int | None:
    """The negative number of an error's constant: ENODEV is -19."""
    if not _error_numbers:
        _error_numbers.update({name: -value for value, name in linux.ERRNO.items()})
        _error_numbers["EWOULDBLOCK"] = _error_numbers["EAGAIN"]
        _error_numbers["ENOTSUP"] = _error_numbers["EOPNOTSUPP"]
    return _error_numbers.get(text)


_error_numbers: dict[str, int] = {}


def suggestion(name: str, names: Iterable[str]) -> str:
    """`did you mean 'newlink'?` for the closest of `names`, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(name, list(names), 1, 0.6)
    if not found:
        folded = {n.lower(): n for n in names}
        found = [folded[c] for c in get_close_matches(name.lower(), list(folded), 1, 0.6)]
    return f"did you mean {found[0]!r}?" if found else ""
