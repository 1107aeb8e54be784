"""The columns of the list, and a row's texts and looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from ...analysis import link_text, message_text, row_text
from ...analysis.request_words import subject
from ...engine.message import Message
from ...pairing.codes import COPY, NOTIFICATION
from ...pairing.transaction import Link
from ...render.list_output import worst_wrong
from ...session.multicast import group_of
from ...spec.registry import Registry
from ...wire import framing
from ...wire.errors import CaptureError, UsageError
from ...wire.text import safe
from ...wire.times import SECOND, TimeFormatter
from .colour_rules import ColourRules

FORMATS: Final = ("relative", "delta", "absolute", "absolute-date", "utc", "utc-date", "epoch")


class Times:
    """How times are written, and from which moment on they count."""

    def __init__(self) -> None:
        self.form = "relative"
        self.reference: int | None = None  # ns since the epoch
        self.first: int | None = None  # set by the model

    def text(self, moment: int | None, before: int | None) -> str:
        """The time of a record; `before` is that of the record in front of it."""
        if moment is None:
            return ""
        if self.form == "delta":
            return _seconds(0 if before is None else moment - before)
        if self.form == "relative":
            since = self.first if self.reference is None else self.reference
            return _seconds(0 if since is None else moment - since)
        clock = TimeFormatter(self.form)
        if moment % 1000:
            clock.digits = 9
        return clock.text(0, moment)


def _seconds(span: int) -> str:
    whole, rest = divmod(abs(span), SECOND)
    return f"{'-' if span < 0 else ''}{whole}.{rest // 1000:06d}"


class Cells(NamedTuple):
    """A row: its texts in the order of the columns, a glyph, and the name of its looks."""

    texts: tuple[str, ...]
    glyph: str
    look: str


class RowContext(Protocol):
    """What the columns ask of the capture that their rows are of; `CaptureModel` has it."""

    registry: Registry
    times: Times
    constants: bool
    columns: list[Column]
    rules: ColourRules

    def number(self, row: int) -> int:
        """The number of a row's message."""
        ...

    def message(self, row: int) -> Message:
        """The message of a row; raises CaptureError."""
        ...

    def link(self, row: int) -> Link | None:
        """What pairing found of it, None so far."""
        ...

    def time(self, row: int) -> int | None:
        """When it was recorded, in ns since the epoch."""
        ...

    def comment(self, row: int, message: Message) -> str:
        """The comment on it, whose message this is; "" for none."""
        ...


class Column(NamedTuple):
    """One column: `width` is the most it takes (0: what is left); shown from `least` cells on."""

    name: str
    title: str
    get: Callable[[RowContext, int, Message, Link | None], str]
    width: int
    right: bool = False
    least: int = 0


def _time(model: RowContext, row: int, message: Message, link: Link | None) -> str:
    return model.times.text(model.time(row), model.time(row - 1))


def _delta(model: RowContext, row: int, message: Message, link: Link | None) -> str:
    moment, before = model.time(row), model.time(row - 1)
    if moment is None or before is None:
        return ""
    return link_text.span(moment - before)


def _port(model: RowContext, row: int, message: Message, link: Link | None) -> str:
    if not message.netlink:
        return ""
    found = link.transaction if link is not None else None
    return str(found.port if found is not None and found.port > 0 else message.port)


def _group(model: RowContext, row: int, message: Message, link: Link | None) -> str:
    if link is None or link.role not in (NOTIFICATION, COPY):
        return ""
    return safe((group_of(message) or "").removeprefix("RTNLGRP_"))


def _info(model: RowContext, row: int, message: Message, link: Link | None) -> str:
    engine = message.context.engine
    message.walk_onto(engine, True)
    wrong = worst_wrong(message, engine)
    text = safe(link_text.summary(message, link, engine)) or _ended(message, link)
    if link is not None and link.role == NOTIFICATION and link.listeners > 1:
        text += f" ({link.listeners} listeners)"
    lost = 0 if message.record is None or message.offset else message.record.lost
    if lost:
        text = f"({lost} lost before this) {text}"
    if wrong is not None:
        text += safe(wrong[0])
    elif message.truncated:
        text += " [truncated]"
    comment = model.comment(row, message)
    return f"“{safe(comment)}” {text}" if comment else text


def _ended(message: Message, link: Link | None) -> str:
    """Which dump an end ends that says nothing itself."""
    request = link_text.request_of(message, link)
    if message.type != framing.NLMSG_DONE or request is None or link is None:
        return ""
    parts = 0 if link.transaction is None else link.transaction.parts
    return f"for {safe(subject(request))}, {parts} part{'s' * (parts != 1)}"


def _family(model: RowContext, row: int, message: Message, link: Link | None) -> str:
    request = link_text.request_of(message, link)
    return safe(message_text.protocol_or_family(message, request))


def _operation(model: RowContext, row: int, message: Message, link: Link | None) -> str:
    return safe(message_text.operation(message, model.constants))


COLUMNS: Final = (
    Column("number", "No", lambda m, r, g, k: str(g.number), 10, True),
    Column("time", "Time", _time, 30, True),
    Column("delta", "Δ", _delta, 8, True, 120),
    Column("process", "Process", lambda m, r, g, k: row_text.process(g, k), 16, False, 64),
    Column("direction", "", lambda m, r, g, k: "→" if g.to_kernel else "←", 1),
    Column("family", "Family", _family, 14, False, 72),
    Column("operation", "Message", _operation, 20),
    Column("length", "Len", lambda m, r, g, k: str(g.length), 8, True, 70),
    Column("pair", "Pair", lambda m, r, g, k: row_text.pair(k), 9, False, 50),
    Column("port", "Port", _port, 10, True, 120),
    Column("group", "Group", _group, 16, False, 120),
    Column("info", "Info", _info, 0),
)  # fmt: skip


class FieldText:
    """What `-T fields -e` writes of a field, in words, with the dissectors of a registry."""

    def __init__(self, path: str, registry: Registry) -> None:
        """Raises UsageError where there is no such field."""
        # which knows all fields: it is read for who has such columns
        from ...render.column_output import MESSAGE_COLUMNS, ColumnLayout, ColumnsRenderer

        words = "" if ":" in path or path in MESSAGE_COLUMNS else ":label"
        self.registry = registry
        self._columns = ColumnsRenderer([path + words], ColumnLayout(), registry)

    def of(self, message: Message, link: Link | None) -> str:
        """The field's values in a message."""
        return self._columns.message(message, link).rstrip("\n")


def of_field(path: str) -> Column:
    """A column of a field; blank where no dissector that is loaded has it."""
    text: FieldText | None = None

    def get(model: RowContext, row: int, message: Message, link: Link | None) -> str:
        nonlocal text
        if text is None or text.registry is not model.registry:
            try:
                text = FieldText(path, model.registry)
            except UsageError:
                return ""
        return text.of(message, link)

    return Column(path, safe(path.rpartition(".")[2]), get, 24)


def column(name: str) -> Column:
    """The column of this name, else that of a field's path."""
    return next((one for one in COLUMNS if one.name == name), None) or of_field(name)


def cells(model: RowContext, row: int) -> Cells:
    """A row's texts; of a message that can no longer be read, why."""
    try:
        message = model.message(row)
        link = model.link(row)
        look, glyph = model.rules.look(message, link)
        texts = tuple(column.get(model, row, message, link) for column in model.columns)
    except (CaptureError, OSError) as problem:
        blank = [""] * len(model.columns)
        blank[0], blank[-1] = str(model.number(row)), safe(getattr(problem, "reason", str(problem)))
        return Cells(tuple(blank), "!", "malformed")
    return Cells(texts, glyph, look)
