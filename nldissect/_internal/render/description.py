"""Operation and summary of a message as bytes, where no output has to escape any of it."""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64

from ..engine.message import Message
from ..engine.summary import operation_name, write_summary
from ..engine.walk import Engine
from ..pairing.transaction import Link
from ..wire import framing

_SPACE: Final = 32
_QUOTE: Final = 34
_BACKSLASH: Final = 92


def write_described(out: BytesWriter, message: Message, link: Link | None, engine: Engine) -> bool:
    """Writes what `link_text.described` says if that is plain; else nothing, and returns False.

    Plain is ASCII without control characters, quotes and backslashes, and with nothing to strip.
    """
    name = operation_name(message)
    if not name or (message.type < framing.NLMSG_MIN_TYPE and link is not None):
        return False
    size = len(out)
    out.write(name.encode())
    named = len(out)
    out.append(_SPACE)
    write_summary(out, message, engine)
    if len(out) == named + 1:
        out.truncate(named)
    if _is_plain(out, size):
        return True
    out.truncate(size)
    return False


def _is_plain(out: BytesWriter, start: i64) -> bool:
    end = i64(len(out))
    for i in range(start, end):
        byte = i64(out[i])
        if byte < 32 or byte > 126 or byte == _QUOTE or byte == _BACKSLASH:
            return False
    return end == start or out[end - 1] != _SPACE
