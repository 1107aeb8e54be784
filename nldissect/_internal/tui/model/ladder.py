"""A transaction as a ladder: what went to the kernel, what came back, and when."""

from __future__ import annotations

from typing import NamedTuple

from ...analysis import link_text, message_text
from ...engine import labels
from ...engine.message import Message
from ...pairing.codes import ANSWER, BATCH, NOTIFICATION, REQUEST
from ...pairing.transaction import Link, Transaction
from ...wire.text import safe
from .capture_model import CaptureModel
from .parts import Part, wide

SEEN = 8  # answers of a kind shown one by one
AFTER = 256  # messages looked at for what a transaction caused


class Rung(NamedTuple):
    """One line, and the row that it stands for (-1: none)."""

    parts: list[Part]
    row: int = -1


def rungs(model: CaptureModel, row: int, width: int) -> list[Rung]:
    """The transaction of the row's message, in so many cells."""
    message, link = model.message(row), model.link(row)
    if link is None:
        return [Rung([(" not paired yet", "dim")])]
    found = link.transaction
    if found is None:
        return _alone(model, row, message, link)
    inner = max(width - 5, 16)  # between the two rails
    out = [_ends(model, found, message, link, width)]
    out += _requests(model, found, inner)
    if found.latency is not None:
        out.append(_between(link_text.span(found.latency), inner))
    out += _answers(model, found, inner)
    out += _caused(model, found, inner)
    state = link_text.WITHOUT.get(found.state, "")
    if found.interrupted:
        state = "interrupted: what was dumped changed meanwhile (DUMP_INTR)"
    if state:
        out.append(_between(state, inner, "warning"))
    if link.confidence != "certain":
        out.append(Rung([(f"  {link.confidence}: {safe(link.reason)}", "note")]))
    return out


def _requests(model: CaptureModel, found: Transaction, inner: int) -> list[Rung]:
    """The request; of a batch, each of its messages."""
    if found.kind == BATCH and found.members:
        return [_to(model, part.serial - 1, part, inner) for part in found.members]
    row = model.row_of(found.number)
    if row >= 0:
        return [_to(model, row, model.message(row), inner)]
    return [_between("its request is not there", inner, "note")]


def _ends(
    model: CaptureModel, found: Transaction, message: Message, link: Link, width: int
) -> Rung:
    who = link_text.process(message, link)
    port = found.socket_port
    name = f"port {port}" if port > 0 else "unknown socket"
    if who is not None:
        name = safe(str(who)) if who.name else f"process {safe(str(who))}"
    return Rung([(f" {wide(name, max(width - 10, 4))}", "heading"), ("kernel", "heading")])


def _to(model: CaptureModel, row: int, message: Message, inner: int) -> Rung:
    flags = "|".join(name.lower() for name in labels.flag_names(message) if name != "REQUEST")
    text = f"#{message.number} {message_text.operation(message, model.constants)} {flags}".rstrip()
    room = inner - 4
    if len(text) < room:
        text += " " + "─" * (room - len(text) - 1)
    return Rung(
        [("  │ ", "dim"), (wide(safe(text), room), "request"), ("──▶", "arrow"), ("│", "dim")], row
    )


def _back(text: str, look: str, inner: int, row: int) -> Rung:
    return Rung(
        [("  │", "dim"), ("◀── ", "arrow"), (wide(text, inner - 4), look), ("│", "dim")], row
    )


def _between(text: str, inner: int, look: str = "dim") -> Rung:
    return Rung([("  │ ", "dim"), (wide(text, inner - 1), look), ("│", "dim")])


def _answers(model: CaptureModel, found: Transaction, inner: int) -> list[Rung]:
    """Each answer; a long dump's parts in one line for each run of the same kind."""
    numbers = found.answers
    out: list[Rung] = []
    if len(numbers) <= SEEN:
        for number in numbers:
            out.append(_answer(model, model.row_of(number), inner))
        return out
    first = model.message(model.row_of(numbers[0]))
    what = safe(message_text.operation(first, model.constants))
    last = _answer(model, model.row_of(numbers[-1]), inner)
    text = f"#{numbers[0]} to #{numbers[-2]}: {len(numbers) - 1} {what}"
    return [_back(text, "answer", inner, first.serial - 1), last]


def _answer(model: CaptureModel, row: int, inner: int) -> Rung:
    message = model.message(row)
    error = message.error
    what = safe(message_text.operation(message, model.constants))
    look, text = "answer", f"#{message.number} {what}"
    if error is not None and error < 0:
        look, text = "error", f"{text} {message_text.error_name(message) or error} !"
    elif error == 0 and message.type == 2:
        look, text = "good", f"{text} 0 (ack)"
    return _back(text, look, inner, row)


def _caused(model: CaptureModel, found: Transaction, inner: int) -> list[Rung]:
    out: list[Rung] = []
    if not found.notifications or found.number < 1:
        return out
    asked = model.row_of(found.number)
    last = max(model.row_of(found.last), asked) + AFTER
    for row in range(asked + 1, min(last + 1, model.total)):
        link = model.link(row)
        if link is None or link.role != NOTIFICATION or link.transaction is None:
            continue
        if link.transaction.id == found.id:
            message = model.message(row)
            what = safe(message_text.operation(message, model.constants))
            group = link_text.group(message, link) or "listeners"
            text = f"#{message.number} {what} → {safe(group)}"
            out.append(_back(text, "notification", inner, row))
    return out


def _alone(model: CaptureModel, row: int, message: Message, link: Link) -> list[Rung]:
    what = safe(message_text.operation(message, model.constants))
    if link.role == REQUEST:
        return [Rung([(f" #{message.number} {what}: no transaction", "dim")])]
    out = [Rung([(f" #{message.number} {what}", "heading")], row)]
    out += [Rung([(f"  {safe(text)}", "plain")]) for text in link_text.remarks(message, link)]
    if link.of:
        out.append(Rung([(f"  of #{link.of}", "plain")], model.row_of(link.of)))
    if link.role == ANSWER and not link.of:
        out.append(Rung([("  its request is not in the capture", "note")]))
    return out
