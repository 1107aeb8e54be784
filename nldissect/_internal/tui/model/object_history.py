"""Objects (links, addresses, routes...): one through time, or all at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...analysis import link_text, message_text
from ...analysis.flattener import Change, Flat, Flattener, compare
from ...analysis.object_keys import identity, may_tell, message_types, told
from ...analysis.object_states import ObjectStates
from ...engine.message import Message
from ...engine.summary import describe, summarize
from ...pairing.codes import FAILED, NOTIFICATION, REQUEST, ROLLED_BACK
from ...pairing.conversation import Conversations
from ...pairing.transaction import Link
from ...wire import linux
from ...wire.errors import CaptureError
from ...wire.text import safe
from .capture_model import CaptureModel
from .parts import Part
from .report_line import ReportLine, ReportSource

ROWS_AT_ONCE: Final = 64  # rows between two looks at the clock


def object_of(message: Message, flatten: Flattener) -> tuple[str, ...] | None:
    """The key of the link, address, route... that a message is about; None for another message.

    A request has the key that the kernel will use for what it asks for.
    """
    return identity(message, flatten(message)) if may_tell(message) else None


def timeline(model: CaptureModel, key: tuple[str, ...], about: Message) -> ReportSource:
    """Every message about an object: its requests, its states and what changed in them.

    `key` is that of `object_of` of a message about it.
    """
    flatten = Flattener()
    before: Flat | None = None
    for row in _rows_about(model, key, message_types(about), flatten):
        if row is None:
            yield None
            continue
        message, link = model.message(row), model.link(row)
        flat = flatten(message)
        object_told = told(message, flat)
        deleted = not message.to_kernel and object_told is not None and object_told[2]
        changes: list[Change] = []
        parts = _heading(model, row, message, link)
        if message.to_kernel or before is None:
            parts += _refused(link, model.number(row))
            parts.append((f" {safe(describe(message))}", "plain"))
        else:
            changes = compare(before, flat)
            if deleted:
                parts.append((" deleted", "error"))
            elif not changes:
                parts.append((" unchanged", "dim"))
        yield ReportLine(parts, row)
        for change in changes:
            yield ReportLine([(" " * 24, "plain"), *change_parts(change)], row)
        if not message.to_kernel:
            before = None if deleted else flat


def _rows_about(
    model: CaptureModel, key: tuple[str, ...], types: frozenset[int], flatten: Flattener
) -> Iterator[int | None]:
    """The rows whose messages are about an object; None now and then, when none was found."""
    for row in range(model.total):
        if not row % ROWS_AT_ONCE:
            yield None
        if model.index.header(row)[1] not in types or model.copy(row):
            continue
        try:
            message = model.message(row)
        except CaptureError:
            return
        if object_of(message, flatten) == key:
            yield row


def _heading(model: CaptureModel, row: int, message: Message, link: Link | None) -> list[Part]:
    """When, which way, what, and by whom: of a notification, by whom it was caused."""
    parts: list[Part] = [
        (f" #{model.number(row):<7}", "dim"),
        (f"{model.times.text(model.time(row), model.time(row - 1)):>12} ", "dim"),
        ("→ " if message.to_kernel else "← ", "arrow"),
        (f"{safe(message_text.operation(message, model.constants)):<12}", "heading"),
    ]
    who = link_text.process(message, link)
    if link is not None and link.role == NOTIFICATION and link.transaction is not None:
        request = link.transaction.request
        who = None if request is None else link_text.process(request, link)
        parts.append((f" caused by #{link.of}", "notification"))
    if who is not None:
        parts.append((f" {safe(str(who))}", "name"))
    return parts


def _refused(link: Link | None, number: int) -> list[Part]:
    """How the kernel refused a request."""
    found = None if link is None or link.role != REQUEST else link.transaction
    if found is None or found.fate(number) not in (FAILED, ROLLED_BACK):
        return []
    error = -(found.errors.get(number) or found.error)
    return [(f" {found.fate(number)}: {linux.errno_name(error) or error}", "error")]


def objects(model: CaptureModel, row: int) -> ReportSource:
    """The last state of each object that messages up to a row tell of."""
    found, conversations = ObjectStates(), Conversations()
    for start in range(0, row + 1, ROWS_AT_ONCE):
        try:
            for message in map(model.message, range(start, min(start + ROWS_AT_ONCE, row + 1))):
                found.take(message, conversations.feed(message))
        except CaptureError:
            return
        yield None
    kind = ""
    for key, (_, number) in sorted(found.states.items(), key=lambda state: state[0]):
        if key[0] != kind:
            kind = key[0]
            yield ReportLine([(f" {kind}", "heading")])
        row = model.row_of(number)
        summary = safe(summarize(model.message(row)))
        words: list[Part] = [(f"   {safe(' '.join(key[1:])):<34}", "name"), (summary, "plain")]
        yield ReportLine([*words, (f"  #{number}", "dim")], row)


def change_parts(change: Change) -> list[Part]:
    """A change of one attribute: its path, the old value and the new one."""
    parts: list[Part] = [(f"{safe(change.path)}  ", "name")]
    if change.old is not None:
        parts.append((safe(change.old) or '""', "error"))
    if change.old is not None and change.new is not None:
        parts.append((" → ", "dim"))
    if change.new is not None:
        parts.append((safe(change.new) or '""', "good"))
    if change.new is None:
        parts.append((" is gone", "dim"))
    elif change.old is None:
        parts.append((" is new", "dim"))
    return parts
