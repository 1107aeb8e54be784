"""Two messages compared: attribute by attribute, or the objects of the dumps they belong to."""

from __future__ import annotations

from ...analysis.diff import diff_objects
from ...analysis.exchange_log import qualified_operation
from ...analysis.flattener import Change, Flattener, compare
from ...analysis.object_states import ObjectStates
from ...engine.summary import describe
from ...pairing.codes import DUMP
from ...pairing.conversation import Conversations
from ...pairing.transaction import Transaction
from ...wire.text import safe
from .capture_model import CaptureModel
from .object_history import change_parts
from .report_line import ReportLine

_SIGNS = {"added": ("+", "good"), "removed": ("-", "error"), "changed": ("~", "warning")}


def compared(model: CaptureModel, old: int, new: int) -> tuple[str, list[ReportLine]]:
    """Title and lines for two rows; of two dumps of objects, what became of the objects."""
    links = [model.link(row) for row in (old, new)]
    a, b = (None if link is None else link.transaction for link in links)
    if a is not None and b is not None and a.id != b.id and a.kind == b.kind == DUMP:
        sides = _objects(model, a), _objects(model, b)
        if any(side.states for side in sides):
            return f"Dump #{a.number} against dump #{b.number}", _dumps(model, *sides)
    return f"#{model.number(old)} against #{model.number(new)}", _messages(model, old, new)


def _objects(model: CaptureModel, dump: Transaction) -> ObjectStates:
    found, conversations = ObjectStates(), Conversations()
    for number in dump.answers:
        message = model.message(model.row_of(number))
        found.take(message, conversations.feed(message))
    return found


def _dumps(model: CaptureModel, old: ObjectStates, new: ObjectStates) -> list[ReportLine]:
    lines: list[ReportLine] = []
    for one in diff_objects(old, new):
        sign, look = _SIGNS[one.kind]
        target = model.row_of(one.new or one.old)
        lines.append(ReportLine([(f" {sign} {safe(one.title)}", look)], target))
        if one.kind == "changed":
            lines += [ReportLine([("     ", "dim"), *change_parts(c)], target) for c in one.changes]
    return lines or [ReportLine([(" both dumps tell the same", "good")])]


def _messages(model: CaptureModel, old: int, new: int) -> list[ReportLine]:
    """Both messages in a line each, then their header members and attributes that differ."""
    flatten = Flattener(counters=True)
    was, now = model.message(old), model.message(new)
    lines = [
        ReportLine(
            [(f" {sign} #{m.number} {qualified_operation(m)} {safe(describe(m))}", look)], row
        )
        for sign, look, row, m in (("-", "error", old, was), ("+", "good", new, now))
    ]
    lines.append(ReportLine([]))
    members = (
        ("type", was.type, now.type),
        ("flags", was.flags, now.flags),
        ("seq", was.seq, now.seq),
        ("port", was.port, now.port),
        ("length", was.length, now.length),
    )
    for name, before, after in members:
        if before != after:
            change = Change(f"nlmsg {name}", str(before), str(after))
            lines.append(ReportLine([(" ", "dim"), *change_parts(change)]))
    changes = compare(flatten(was), flatten(now))
    lines += [ReportLine([(" ", "dim"), *change_parts(change)], new) for change in changes]
    if not changes:
        lines.append(ReportLine([(" the same attributes with the same values", "good")]))
    return lines
