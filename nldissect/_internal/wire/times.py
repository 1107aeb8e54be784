"""Times of records as text: nanoseconds since the epoch in, always integers."""

from __future__ import annotations

import time
from typing import Final, final

from librt.strings import BytesWriter
from mypy_extensions import i64

from .digits import Digits
from .record import NO_TIME, Record

SECOND: Final = 1_000_000_000
_MINUS: Final = 45
_DOT: Final = 46
# Differences of times nearer than this fit 64 bits.
_FAR: Final = 1 << 62

# The short names of tshark's -t and the long ones they stand for.
TIME_FORMATS: Final[dict[str, str]] = {
    "a": "absolute",
    "ad": "absolute-date",
    "r": "relative",
    "d": "delta",
    "dd": "delta-shown",
    "e": "epoch",
    "u": "utc",
    "ud": "utc-date",
}


def write_rfc3339(out: BytesWriter, digits: Digits, record: Record) -> bool:
    """The time of a record in that form, where it has one; whether it has."""
    if record.time_ns == NO_TIME or record.time_ns < 0:
        text = None if record.time is None else rfc3339(record.time)
        out.write(b"" if text is None else text.encode("ascii"))
        return text is not None
    seconds = record.time_ns // SECOND
    if _last.seconds != seconds:
        _last.see(seconds)
    if len(_last.text) == 0:
        return False
    out.write(_last.text)
    digits.digits(out, record.time_ns - seconds * SECOND, 9)
    out.write(b"Z")
    return True


@final
class _Last:
    """The second that was written last, since records share seconds."""

    def __init__(self) -> None:
        self.see(0)

    def see(self, seconds: i64) -> None:
        """Another one, as it is written; empty for one that cannot be."""
        head = _utc(int(seconds), "T")
        self.seconds = seconds
        self.text = b"" if head is None else f"{head}.".encode("ascii")


def write_span(out: BytesWriter, digits: Digits, nanoseconds: int) -> None:
    """A duration as one reads it: `42.5 ms`."""
    size = nanoseconds
    if size < 0:
        out.append(_MINUS)
        size = -size
    if size < 1000:
        digits.signed(out, i64(size))
        out.write(b" ns")
        return
    unit, name = 1000, b" \xc2\xb5s"  # with a micro sign
    if size >= 1_000_000_000:
        unit, name = 1_000_000_000, b" s"
    elif size >= 1_000_000:
        unit, name = 1_000_000, b" ms"
    places, scale = (2, 100) if size < 10 * unit else (1, 10) if size < 100 * unit else (0, 1)
    step = unit // scale
    shown = size // step
    rest = size - shown * step
    if rest * 2 == step:  # as floats round, which know no exact half
        out.write(f"{size / unit:.{places}f}".encode("ascii"))
        out.write(name)
        return
    if rest * 2 > step:
        shown += 1
    whole = shown // scale
    if whole > _FAR:  # a pcapng file may have any time
        out.write(str(whole).encode("ascii"))
    else:
        digits.signed(out, i64(whole))
    if places > 0:
        out.append(_DOT)
        digits.digits(out, i64(shown - whole * scale), places)
    out.write(name)


def rfc3339(moment: int) -> str | None:
    """As `2026-11-20T15:04:05.123456789Z`; None before year 1 or after year 9999."""
    seconds = moment // SECOND
    head = _utc(seconds, "T")
    if head is None:
        return None
    rest = str(moment - seconds * SECOND + SECOND)  # with a 1 in front of its nine digits
    return f"{head}.{rest[1:]}Z"


_last_utc: dict[str, tuple[int, str | None]] = {}


def _utc(seconds: int, between: str) -> str | None:
    """Date and time of day; the latest answer is kept, since records share seconds."""
    last = _last_utc.get(between)
    if last is not None and last[0] == seconds:
        return last[1]
    head: str | None
    try:
        at = time.gmtime(seconds)
        head = (
            f"{at.tm_year:04d}-{at.tm_mon:02d}-{at.tm_mday:02d}{between}"
            f"{at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d}"
        )
        if not 1 <= at.tm_year <= 9999:
            head = None
    except (OverflowError, ValueError, OSError):
        head = None
    _last_utc[between] = (seconds, head)
    return head


_last: Final = _Last()


class TimeFormatter:
    """Writes times in one format; what is relative is so to the records it has seen.

    Six decimals, nine from the first time on that needs them. A record
    without a time gets an empty string.
    """

    def __init__(self, form: str) -> None:
        self.form = TIME_FORMATS.get(form, form)
        self.restart()

    def restart(self) -> None:
        """A new file begins."""
        # Whether records that are not shown matter.
        self.follows = self.form in ("relative", "delta")
        self.digits: i64 = 6
        self._first: int | None = None
        self._before: int | None = None  # of the record before the latest
        self._latest: int | None = None
        self._number: i64 = -1  # of the latest
        self._since: i64 = NO_TIME  # the first, where differences from it fit 64 bits
        self._shown: int | None = None
        self._kept: tuple[int, str] | None = None

    def see(self, number: int, moment: int | None) -> None:
        """A record passed by, shown or not."""
        if number == self._number:
            return
        self._number = number
        if moment is not None:
            if self._first is None:
                self._first = moment
                if -_FAR < moment < _FAR:
                    self._since = i64(moment)
                self.follows = self.form == "delta"
            self._before = self._latest
            self._latest = moment

    def refines(self, record: Record) -> bool:
        """Whether times have nine decimals from this record on, when it is shown."""
        time = record.time_ns
        if self.digits != 6 or (time != NO_TIME and time % 1000 == 0):
            return False
        return (record.time or 0) % 1000 != 0

    def write(self, out: BytesWriter, digits: Digits, record: Record, width: i64) -> None:
        """The time of a record, right-aligned."""
        time = record.time_ns
        if self.form == "relative" and time != NO_TIME:
            if record.number != self._number:
                self.see(int(record.number), int(time))
            if self.digits == 6 and time % 1000:
                self.digits = 9
            span = time - self._since
            if self._since != NO_TIME and span >= 0:
                whole = span // SECOND
                rest = span - whole * SECOND
                digits.spaces(out, width - digits.width(whole) - 1 - self.digits)
                digits.signed(out, whole)
                out.write(b".")
                digits.digits(out, rest if self.digits == 9 else rest // 1000, self.digits)
                return
        text = self.text(int(record.number), record.time)
        digits.spaces(out, width - len(text))
        out.write(text.encode("ascii"))

    def text(self, number: int, moment: int | None) -> str:
        """The time of record `number`."""
        kept = self._kept
        if kept is not None and kept[0] == number:  # several messages in one record
            return kept[1]
        made = "" if moment is None else self._text(number, moment)
        self._kept = (number, made)
        return made

    def _text(self, number: int, moment: int) -> str:
        """The time in the format; what is relative counts from records seen before."""
        self.see(number, moment)
        form = self.form
        if moment % 1000 and self.digits == 6:
            self.digits = 9
        if form == "relative":
            return self._seconds(moment - (self._first or 0))
        if form == "delta":
            before = self._before
            return self._seconds(0 if before is None else moment - before)
        if form == "delta-shown":
            before, self._shown = self._shown, moment
            return self._seconds(0 if before is None else moment - before)
        if form == "epoch":
            return self._seconds(moment)
        seconds, rest = divmod(moment, SECOND)
        head = _utc(seconds, " ") if form.startswith("utc") else _local(seconds)
        if head is None:
            return self._seconds(moment)
        if not form.endswith("-date"):
            head = head[11:]
        tail = f"{rest:09d}"[: int(self.digits)]
        return f"{head}.{tail}Z" if form.startswith("utc") else f"{head}.{tail}"

    def _seconds(self, span: int) -> str:
        sign = "-" if span < 0 else ""
        whole, rest = divmod(abs(span), SECOND)
        if self.digits == 6:
            return f"{sign}{whole}.{rest // 1000:06d}"
        return f"{sign}{whole}.{rest:09d}"


def _local(seconds: int) -> str | None:
    try:
        at = time.localtime(seconds)
    except (OverflowError, ValueError, OSError):
        return None
    return (
        f"{at.tm_year:04d}-{at.tm_mon:02d}-{at.tm_mday:02d} "
        f"{at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d}"
    )
