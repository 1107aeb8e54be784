"""What a sequence diagram is made of: lanes, arrows between them, and what these say."""

from __future__ import annotations

from typing import NamedTuple

from ..engine.message import Message
from ..pairing.codes import (
    BATCH,
    FAILED,
    GIVEN_UP,
    NOT_ASKED,
    ROLE_COPY,
    ROLE_NOTIFICATION,
    ROLE_REQUEST,
    ROLLED_BACK,
)
from ..pairing.transaction import Link
from ..session.process import Process
from ..wire.text import escaped, safe
from . import link_text, message_text
from .row_text import kind

# What stands at an arrow's head where something is to be said of how it ended.
MARKS = {"error": "✗", "good": "✓", "unanswered": "?", "lost": "▼", "malformed": "!"}


class Lane(NamedTuple):
    """One column: a process, a socket, or a family of the kernel; both texts are `safe`."""

    name: str
    detail: str

    def __str__(self) -> str:
        return f"{self.name} {self.detail}".rstrip()


class Arrow(NamedTuple):
    """One message, or `messages` parts of one dump that follow each other.

    `row` is where the first of them is in the capture, `socket` and `family` are the places
    of its lanes, `kind` is what `kind_of` says, `moment` in ns since the epoch. `words`
    are one line, `safe`; `mark` is one of `MARKS`, or "".
    """

    row: int
    messages: int
    socket: int
    family: int
    to_kernel: bool
    kind: str
    words: str
    moment: int | None

    @property
    def mark(self) -> str:
        """What stands at its head: one of `MARKS`, or ""."""
        return MARKS.get(self.kind, "")

    @property
    def told(self) -> bool:
        """Whether it tells what nobody asked for: a notification or a copy of one."""
        return self.kind in ("notification", "copy")


class Diagram(NamedTuple):
    """Arrows with their times as text, the lanes that they have, and how many more there were."""

    title: str
    sockets: list[Lane]
    families: list[Lane]
    arrows: list[tuple[Arrow, str]]
    left_out: int

    @property
    def rest(self) -> str:
        """What is said of those that are left out, "" where there are none."""
        arrows = "arrow is" if self.left_out == 1 else "arrows are"
        return f"{self.left_out} more {arrows} left out" if self.left_out else ""


LISTENERS = Lane("listeners", "")  # whose sockets a capture of nlmon does not tell


def process_lane(found: Process | None, port: int) -> Lane:
    """The lane of a process; where it is not known, of its socket's port (0: unknown too)."""
    if found is None:
        return Lane("port", str(port)) if port > 0 else Lane("unknown", "socket")
    if found.name is None:
        return Lane("process", str(found).replace("[", "").replace("]", ""))
    return Lane(escaped(found.name), escaped(str(found)[len(found.name) :]))


def socket_lane(found: Process | None, port: int, protocol: str) -> Lane:
    """The lane of one socket: whose it is, its port and protocol."""
    who = process_lane(found, port)
    name = who.name if found is None or found.name else who.detail
    return Lane(name, f"{port or '?'} {protocol}")


def family_lane(message: Message, link: Link | None) -> Lane:
    """The lane of the kernel's protocol or generic family that a message is of."""
    asked = link_text.request_of(message, link)
    return Lane("kernel", escaped(message_text.protocol_or_family(message, asked)))


def kind_of(message: Message, link: Link | None) -> str:
    """What an arrow is: `row_text.kind`; a request that is waited for no longer is unanswered."""
    found = kind(message, link)
    asked = None if link is None else link.transaction
    if found == "request" and asked is not None and asked.state == GIVEN_UP:
        return "unanswered"
    return found


def words(
    message: Message, link: Link | None, last: int, latency: int | None, count: int = 1
) -> str:
    """What stands at an arrow for `count` messages; `last` is the number of the last of them.

    `latency` is until that one, in ns.
    """
    after = "" if latency is None else f" · {link_text.span(latency)}"
    number = int(message.number)
    if count > 1:
        what = safe(message_text.operation(message, False))
        return f"#{number}-#{last} {count} \u00d7 {what}{after}"
    said = safe(link_text.summary(message, link))
    if kind(message, link) != "error":
        said = f"{safe(message_text.operation(message, False))} {said}".rstrip()
    return f"#{number} {said}{_aside(message, link, after)}"


def _aside(message: Message, link: Link | None, after: str) -> str:
    """What pairing found: how long an answer took, what became of a request, who was told."""
    if link is None:
        return ""
    if link.role_code == ROLE_REQUEST:
        fate = _fate(message, link)
        return f" · {fate}" if fate else ""
    if link.role_code == ROLE_COPY:
        return f" · copy of #{link.of}"
    if link.role_code == ROLE_NOTIFICATION:
        said = [link_text.group(message, link) or ""]
        if link.listeners > 1:
            said.append(f"{link.listeners} listeners")
        if link.of:
            said.append(f"caused by #{link.of}")
        return "".join(f" · {safe(one)}" for one in said if one)
    return after


def _fate(message: Message, link: Link) -> str:
    """What became of a request that its answer does not say."""
    found = link.transaction
    if found is None:
        return ""
    if found.kind == BATCH:
        fate = found.fate(message.number)
        return fate if fate in (FAILED, ROLLED_BACK) else ""
    return "" if found.state == NOT_ASKED else link_text.WITHOUT.get(found.state, "")
