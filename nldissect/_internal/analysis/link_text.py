"""What pairing found of a message, in the numbers and words that are shown.

All of it differs from message to message, so none of it belongs into a memo.
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter

from ..engine.message import Message
from ..engine.summary import control_text, describe, operation_name, summarize
from ..engine.summary import write_summary as write_summary_of
from ..engine.walk import Engine
from ..pairing.codes import (
    BATCH,
    CONFIDENCE_CERTAIN,
    CUT,
    GIVEN_UP,
    NOT_ASKED,
    OPEN,
    OVERRUN,
    ROLE_ANSWER,
    ROLE_COPY,
    ROLE_NOTIFICATION,
    ROLE_OTHER,
    ROLE_REQUEST,
    STATE_ANSWERED,
    STATE_FAILED,
    STATE_INTERRUPTED,
    UNANSWERED,
)
from ..pairing.transaction import Link, Transaction, passed, time_of
from ..session.multicast import group_of
from ..session.process import Process, owner
from ..wire import framing
from ..wire.digits import DIGITS
from ..wire.record import NO_TIME
from ..wire.text import escaped, safe
from ..wire.times import write_span
from .explain import Explanation, explain
from .request_words import subject

# What is said of a request that no answer ended.
WITHOUT: Final = {
    OPEN: "", NOT_ASKED: "no answer asked for", UNANSWERED: "unanswered", GIVEN_UP: "unanswered",
    CUT: "its answer is not whole", OVERRUN: "answers were lost",
}  # fmt: skip


def request_of(message: Message, link: Link | None) -> Message | None:
    """The request that the message answers, None where that is not known."""
    if link is None or link.role_code != ROLE_ANSWER or link.transaction is None or not link.of:
        return None
    return link.transaction.request_of(link.of)


def explanation(
    message: Message, link: Link | None, engine: Engine | None = None, said: str | None = None
) -> Explanation | None:
    """Why the message refuses, None when it does not; the engine has it on its tape.

    `said` is the summary of its request, as far as `request_words.subject` needs it.
    """
    if message.type >= framing.NLMSG_MIN_TYPE:
        return None
    error = message.error
    if error is None or error >= 0:
        return None
    return explain(message, request_of(message, link), engine, said)


def told(
    message: Message, link: Link | None, engine: Engine | None = None, said: str | None = None
) -> str | None:
    """What an error or acknowledgement says of its request, None where that is not known."""
    if message.type != framing.NLMSG_ERROR and message.type != framing.NLMSG_DONE:
        return None
    reason = explanation(message, link, engine, said)
    if reason is not None:
        return reason.brief
    request = None if message.type == framing.NLMSG_DONE else request_of(message, link)
    if request is None:
        return None
    asked = subject(request, said)
    if engine is not None:
        return safe(control_text(message, engine, asked))
    context = message.context
    spare = context.spare.pop() if context.spare else Engine(context.tables)
    message.walk_onto(spare)
    out = safe(control_text(message, spare, asked))
    context.spare.append(spare)
    return out


def summary(message: Message, link: Link | None, engine: Engine | None = None) -> str:
    """The summary, of an answer to a request that too; the engine has the message on its tape."""
    known = told(message, link, engine)
    return summarize(message, engine) if known is None else known


def write_summary(
    out: BytesWriter, message: Message, link: Link | None, engine: Engine, said: str | None = None
) -> None:
    """Adds the same to a buffer, fit for a terminal; `said` of its request as `told` takes it."""
    known = told(message, link, engine, said)
    if known is not None:
        out.write(known.encode())
        return
    write_summary_of(out, message, engine)


def described(message: Message, link: Link | None, engine: Engine | None = None) -> str:
    """Operation and summary in one."""
    known = told(message, link, engine)
    return describe(message, engine) if known is None else f"{operation_name(message)} {known}"


def answered_by(link: Link) -> int:
    """Of a request: the number of the answer that ended its transaction, 0 for none."""
    found = link.transaction
    if link.role_code != ROLE_REQUEST or found is None:
        return 0
    if found.predicted_end is not None:
        return found.predicted_end[0]
    state = found.state_code
    if state in (STATE_ANSWERED, STATE_FAILED, STATE_INTERRUPTED) or (
        found.batch is not None and int(link.number) in found.batch.replies
    ):
        return found.reply(link.number)[0]
    return 0


def latency(message: Message, link: Link) -> int | None:
    """Of a request until that answer, of an answer since its request, in ns."""
    found = link.transaction
    if found is None or found.start_time == NO_TIME:
        return None
    if link.role_code == ROLE_ANSWER:
        return passed(found.start_time, time_of(message.record))
    if not answered_by(link):
        return None
    if found.predicted_end is None:
        end = found.reply(link.number)[1]
    else:
        end = found.predicted_end[1]
    return None if end is None else passed(found.start_time, end)


def has_confidence(link: Link) -> bool:
    """Whether the link says something that confidence can be about."""
    role = link.role_code
    return role == ROLE_COPY or (role != ROLE_OTHER and link.transaction is not None)


def group(message: Message, link: Link) -> str | None:
    """The multicast group of a notification and its copies, where it can be known."""
    return group_of(message) if link.role_code in (ROLE_NOTIFICATION, ROLE_COPY) else None


def process(message: Message, link: Link | None) -> Process | None:
    """Whose socket asked: of a request the port that its answers name, else the message's."""
    record = message.record
    if record is not None and record.socket is not None and record.socket.pid:
        known = record.socket
        return Process(known.pid, known.name, False, known.command)
    port = message.port
    if link is not None and link.transaction is not None and link.transaction.port > 0:
        port = link.transaction.port
    return owner(message, port) if port > 0 else None


def asking_process(message: Message, link: Link) -> Process | None:
    """The process that sent the request, also of one that was answered, where that is recorded.

    Who is told of an error is wanted so much that there the port's hint will do.
    """
    failed = _failed(message)
    if link.role_code not in (ROLE_REQUEST, ROLE_ANSWER) or not (failed or _sockets(message)):
        return None
    found = process(message, link)
    return None if found is None or (found.hint and not failed) else found


def _failed(message: Message) -> bool:
    """Whether the message refuses something."""
    error = message.error if message.type < framing.NLMSG_MIN_TYPE else None
    return error is not None and error < 0


def _sockets(message: Message) -> bool:
    """Whether the capture tells whose its sockets are."""
    record = message.record
    return record is not None and (bool(record.interface.sockets) or record.socket is not None)


def has_aside(message: Message, link: Link) -> bool:
    """Whether `aside` may have something to say; quick."""
    if link.role_code == ROLE_ANSWER:
        return message.type < framing.NLMSG_MIN_TYPE and link.of != 0
    if link.role_code == ROLE_REQUEST:
        return _sockets(message)
    return link.listeners > 1 or link.role_code == ROLE_COPY


def answers_only(message: Message, link: Link) -> bool:
    """Whether `aside` names a request, and nobody whose it was."""
    return link.role_code == ROLE_ANSWER and not _failed(message) and not _sockets(message)


def span(nanoseconds: int) -> str:
    """A duration as one reads it: `42.5 ms`."""
    out = BytesWriter()
    write_span(out, DIGITS, nanoseconds)
    return out.getvalue().decode()


def write_remarks(out: BytesWriter, message: Message, link: Link) -> None:
    """Adds what `remarks` gives to a buffer, a comma before each."""
    if link.role_code == ROLE_ANSWER:  # by far the commonest
        out.write(b", ")
        _write_answer(out, message, link)
        return
    for remark in remarks(message, link):
        out.write(b", ")
        out.write(remark.encode())


def _write_answer(out: BytesWriter, message: Message, link: Link) -> None:
    """What to say beside an answer."""
    if not link.of:
        out.write(b"its request is not there")
        return
    out.write(b"answers #")
    DIGITS.signed(out, link.of)
    if link.confidence_code != CONFIDENCE_CERTAIN:
        out.write(f" ({link.confidence})".encode())
    passed = latency(message, link)
    if passed is not None:
        out.write(b" after ")
        write_span(out, DIGITS, passed)


def remarks(message: Message, link: Link) -> list[str]:
    """What to say beside a message, in full: `answers #24 after 42.5 ms`."""
    role, found = link.role_code, link.transaction
    sure = "" if link.confidence_code == CONFIDENCE_CERTAIN else f" ({link.confidence})"
    if role == ROLE_ANSWER:
        out = BytesWriter()
        _write_answer(out, message, link)
        return [out.getvalue().decode()]
    said: list[str] = []
    asker = asking_process(message, link)
    if asker is not None:
        said.append(f"from {escaped(str(asker))}")
    if role == ROLE_REQUEST and found is not None:
        said += _request_remarks(message, link, found)
    elif role == ROLE_NOTIFICATION:
        name = group_of(message)
        said.append("notification" if name is None else f"notification to {escaped(name)}")
        if link.of:
            said.append(f"caused by #{link.of}{sure}")
    elif role == ROLE_COPY:
        said.append(f"copy of #{link.of}")
    if link.listeners > 1:
        said.append(f"{link.listeners} listeners")
    return said


def _request_remarks(message: Message, link: Link, found: Transaction) -> list[str]:
    """What to say beside a request: what became of it."""
    out: list[str] = []
    passed = latency(message, link)
    after = "" if passed is None else f" after {span(passed)}"
    ended = answered_by(link)
    text = f"answered by #{ended}{after}" if ended else WITHOUT.get(found.state, "")
    if text:
        out.append(text)
    if found.kind == BATCH:
        out.append(f"in batch #{found.number}: {found.fate(message.number)}")
    if found.interrupted:
        out.append("interrupted: what was dumped changed meanwhile")
    if found.overrun and ended:
        out.append("overrun: " + WITHOUT[OVERRUN])
    return out


def aside(message: Message, link: Link) -> str:
    """What a row says of copies and processes: `(3 copies, RTNLGRP_LINK)`; mostly nothing.

    Of an end, an error or an acknowledgement, which request it answers, and whose that was.
    """
    if link.role_code == ROLE_COPY:
        return f" (copy of #{link.of})"
    if link.role_code in (ROLE_REQUEST, ROLE_ANSWER):
        asker = asking_process(message, link)
        by = [] if asker is None else [escaped(str(asker))]
        if link.role_code == ROLE_ANSWER and message.type < framing.NLMSG_MIN_TYPE and link.of:
            by.insert(0, f"to #{link.of}")
        return f" ({', '.join(by)})" if by else ""
    if link.listeners < 2:
        return ""
    name = group_of(message)
    return f" ({link.listeners} copies{'' if name is None else ', ' + escaped(name)})"
