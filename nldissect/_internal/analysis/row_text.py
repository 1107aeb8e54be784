"""What a row says of its message beside the summary: what it is, whose, and its partner."""

from __future__ import annotations

from typing import Final

from ..engine.faults import ERROR
from ..engine.message import Message
from ..engine.walk import Engine
from ..pairing.codes import ANSWER, COPY, NOTIFICATION, REQUEST
from ..pairing.transaction import Link
from ..wire.framing import NLMSG_DONE, NLMSG_ERROR, NLMSG_OVERRUN
from ..wire.text import safe
from . import link_text

_WITHOUT: Final = {"unanswered": "none", "given-up": "none", "cut": "cut", "overrun": "lost"}


def kind(message: Message, link: Link | None, engine: Engine | None = None) -> str:
    """What a row is, the first that fits: error, lost, malformed, unanswered and so on.

    The engine, where there is one, has the message on its tape.
    """
    error = message.error
    if error is not None and error < 0:
        return "error"
    if message.type == NLMSG_OVERRUN or (message.record is not None and message.record.lost):
        return "lost"
    wrong = message.diagnoses if engine is None else message.found(engine)
    for found in wrong:
        if found.severity == ERROR:
            return "malformed"
    if message.type == NLMSG_ERROR and error == 0:
        return "good"
    if message.type == NLMSG_DONE:
        return "done"
    return _by_role(message, link)


def _by_role(message: Message, link: Link | None) -> str:
    """What a row is by its place in a transaction, or by its direction while it has none."""
    if link is None:
        return "request" if message.to_kernel else "answer"
    if link.role == REQUEST:
        found = link.transaction
        return "unanswered" if found is not None and found.state == "unanswered" else "request"
    return {NOTIFICATION: "notification", COPY: "copy"}.get(link.role, "answer")


def process(message: Message, link: Link | None) -> str:
    """Whose socket it was; `?` where that is not known."""
    if not message.to_kernel and link is not None and link.role in (NOTIFICATION, COPY):
        return "(listeners)" if link.role == NOTIFICATION else ""
    found = link_text.process(message, link)
    if found is None:
        return "?"
    return safe(found.name or str(found).replace("[", "").replace("]", ""))


def pair(link: Link | None) -> str:
    """The partner, `⇄4`; how many listened, `→3`; what it is a copy of, `=8`; why it has none."""
    if link is None:
        return ""
    if link.role == REQUEST:
        ended = link_text.answered_by(link)
        if ended:
            return f"⇄{ended}"
        return "" if link.transaction is None else _WITHOUT.get(link.transaction.state, "")
    if link.role == ANSWER:
        return f"⇄{link.of}" if link.of else "⇄?"
    if link.role == COPY:
        return f"={link.of}"
    return f"→{link.listeners}" if link.listeners > 1 else ""
