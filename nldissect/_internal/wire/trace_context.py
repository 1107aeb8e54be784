"""Where in a distributed trace something belongs, as W3C Trace Context writes it: traceparent."""

from __future__ import annotations

import os
import re
from typing import Final, final

from .errors import UsageError

SAMPLED: Final = 1
_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@final
class TraceContext:
    """A trace (16 bytes), the span in it (8 bytes) that is the parent, and the trace's flags."""

    def __init__(self, trace: bytes, span: bytes, flags: int = SAMPLED) -> None:
        self.trace = trace
        self.span = span
        self.flags = flags

    def __str__(self) -> str:
        return f"00-{self.trace.hex()}-{self.span.hex()}-{self.flags:02x}"

    def beneath(self) -> TraceContext:
        """The context of a new span whose parent this one's is."""
        return TraceContext(self.trace, os.urandom(8), self.flags)


def new_trace() -> TraceContext:
    """The context of a span that begins a trace."""
    return TraceContext(os.urandom(16), os.urandom(8))


def parsed(text: str, option: str) -> TraceContext:
    """What a traceparent says; UsageError names the option."""
    found = _FORM.fullmatch(text)
    if found is not None:
        version, trace, span, flags, more = found.groups()
        known = version == "00" and more is None
        if (known or "00" < version < "ff") and int(trace, 16) and int(span, 16):
            return TraceContext(bytes.fromhex(trace), bytes.fromhex(span), int(flags, 16))
    raise UsageError(
        f"{option}: {text!r} is no traceparent of W3C: 00-TRACE-SPAN-01, of 2, 32, 16 and 2 "
        "hexadecimal digits in lower case"
    )
