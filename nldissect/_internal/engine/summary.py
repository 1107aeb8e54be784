"""One line that says what a message does, from its dissector's template or code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from librt.strings import BytesWriter

from ..spec import model
from ..spec.template import parsed
from ..wire import framing
from ..wire.errors import in_words, trace_fault
from ..wire.linux import errno_name
from ..wire.text import escaped, quoted
from .faults import NOTE
from .labels import flag_class, type_name, type_words
from .lookup import value_at
from .message import Message
from .paths import path_of
from .summary_lookup import Lookup, Piece, encoded
from .walk import Engine


def summarize(message: Message, engine: Engine | None = None) -> str:
    """What the message says, without its operation: `eth0 <UP> mtu 1500`; may be empty.

    With an engine, that one has the message on its tape.
    """
    if engine is None:
        context = message.context
        engine = context.spare.pop() if context.spare else Engine(context.tables)
        message.walk_onto(engine)
        text = summarize(message, engine)
        context.spare.append(engine)
        return text
    out = BytesWriter()
    write_summary(out, message, engine)
    return out.getvalue().decode()


def write_summary(out: BytesWriter, message: Message, engine: Engine) -> None:
    """Adds what `summarize` gives to a buffer, in UTF-8; the engine has the message's tape."""
    if 0 <= message.type < framing.NLMSG_MIN_TYPE and message.operation is None:
        out.write(encoded(control_text(message, engine)))
        return
    operation = message.operation
    everything = framing.asks_for_all(message.protocol, message.type, message.flags)
    dump = message.to_kernel and everything and flag_class(message) == model.CLASS_GET
    if operation is None or (operation.summarize is None and not operation.summary):
        text = _size(message) if operation is None else first_values(message, engine)
        out.write(encoded(f"dump {text}".rstrip() if dump else text))
        return
    seen = Lookup(message, engine, out)
    seen.tracks = message.to_kernel
    if dump:
        seen.say("dump")
    size = len(out)
    try:
        _write_by(operation, seen)
        if seen.tracks:
            seen.say(seen.rest())
    except Exception as problem:
        trace_fault()
        out.truncate(size)
        if excused(message):
            seen.say(first_values(message, engine))
        else:
            seen.say(f"(the summary failed: {in_words(problem)})")


def excused(message: Message) -> bool:
    """Whether a summary may fail: a value of the wrong size is not what its code expects."""
    return any(d.code in UNTOLD or d.severity != NOTE for d in message.diagnoses)


UNTOLD = ("truncated", "not-in-trace")  # diagnoses of values that the capture does not have


def _write_by(operation: model.Operation, seen: Lookup) -> None:
    """Writes the summary that an operation's code or template gives."""
    if operation.summarize is not None:
        say_by_code(operation.summarize, seen)
        return
    try:
        template = parsed(operation.summary)
    except ValueError as problem:
        seen.say(f"(the summary is wrong: {problem})")
    else:
        seen.fill(template)


def say_by_code(summarize: Callable[..., Any], seen: Lookup) -> None:
    """Writes what code makes of a message; raises what that raises, TypeError for no text."""
    found: object = summarize(seen)
    if isinstance(found, str):
        seen.say(str.__str__(found))  # a plain one: what is derived of it may do other things
    elif found is not None:
        raise TypeError(f"a summary that is no text: {in_words(found)}")


def first_values(message: Message, engine: Engine) -> str:
    """The first values, and how many more there are, where the dissector gives no summary."""
    seen = Lookup(message, engine)
    out: list[str] = []
    most = MAX_ASKED if message.to_kernel else MAX_VALUES
    more = 0
    for top in seen.pieces:
        name, _, number = engine.called(top.place)
        if number < 0:
            continue
        for path, leaf in _leaves(top, name):
            text = leaf.text
            if not text or leaf.kind == "pad":
                continue
            if len(out) == most:
                more += 1
            else:
                out.append(f"{path} {quoted(leaf.value) if leaf.kind == 'string' else text}")
    return ", ".join(out) + (f" +{more}" if more else "")


def _leaves(piece: Piece, path: str) -> list[tuple[str, Piece]]:
    """What has nothing inside, of all that is in a piece, with its dotted path."""
    children = piece.children
    if not children:
        return [(path, piece)]
    out: list[tuple[str, Piece]] = []
    for child in children:
        out += _leaves(child, f"{path}.{child.name}")
    return out


MAX_VALUES = 4
MAX_ASKED = 24  # of a request


def _size(message: Message) -> str:
    size = message.limit - message.base - (16 if message.netlink else 0)
    return f"{size} bytes" if size > 0 else ""


def operation_name(message: Message) -> str | None:
    """The operation: a spec's name, `ack` or `error`, `done`..., None when unknown."""
    if message.type == framing.NLMSG_ERROR:
        return "ack" if message.error == 0 else "error"
    if message.protocol == framing.NETLINK_GENERIC and message.type >= framing.NLMSG_MIN_TYPE:
        return None if message.operation is None else message.operation.name
    return type_name(message, False)


def operation_constant(message: Message) -> str | None:
    """Its C constant: RTM_NEWLINK, NLMSG_ERROR, CTRL_CMD_GETFAMILY; None when unknown."""
    if message.operation is not None:
        return message.operation.constant or None
    if message.protocol == framing.NETLINK_GENERIC and message.type >= framing.NLMSG_MIN_TYPE:
        return None
    return type_name(message, True)


def describe(message: Message, engine: Engine | None = None) -> str:
    """Operation and summary: `newlink eth0 <UP> mtu 1500`, `error -19 ENODEV for getlink`."""
    name = operation_name(message)
    if name is None:
        if not message.netlink:
            name = "data"
        elif message.protocol == framing.NETLINK_GENERIC:
            name = f"command {message.command}" if message.command >= 0 else ""
        else:
            name = type_words(message)
    text = summarize(message, engine)
    return f"{name} {text}".strip()


def control_text(message: Message, engine: Engine, asked: str = "") -> str:
    """NLMSG_ERROR: number, name, the kernel's words, and what it answers; NLMSG_DONE alike.

    `asked` are words for the request; without them what is echoed of it must do.
    """
    out: list[str] = []
    error = message.error
    if error:
        out.append(str(error))
        named = errno_name(-error)
        if named is not None:
            out.append(named)
    words = path_of(engine.tables, "NLMSGERR_ATTR_MSG").first(engine, -2)
    if words >= 0:
        told = value_at(engine, words, message)
        if told:
            out.append(quoted(str(told)))
    echo = None if asked else message.echo
    if echo is not None:
        asked = target(echo)
    if asked:
        out.append(f"for {asked}")
    return " ".join(out)


def target(echo: Message) -> str:
    """What an echoed request was: its operation and, when it is all there, its summary."""
    if echo.operation is None and echo.type >= framing.NLMSG_MIN_TYPE:
        if echo.protocol == framing.NETLINK_GENERIC:
            name = escaped(echo.family or "") or f"family {echo.type:#x}"
            return name if echo.command < 0 else f"{name} command {echo.command}"
        return operation_name(echo) or type_words(echo)
    # No program sends an NLMSG_ERROR, in which there could be another one, and so on.
    if echo.type < framing.NLMSG_MIN_TYPE or echo.limit - echo.base <= 16:
        return operation_name(echo) or type_words(echo)
    return describe(echo)
