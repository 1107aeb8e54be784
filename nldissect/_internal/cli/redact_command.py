"""`nldissect redact`: a capture without what is not for others."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress

from ..analysis.redaction import KINDS, Redaction
from ..capture.reader import CaptureReader, open_capture
from ..engine.message import Message
from ..session.forward_pass import Session
from ..wire.errors import CaptureError, UsageError
from ..wire.output_file import refuse_inputs
from ..wire.record import Record
from .input_captures import BufferedRecords, registry_of, tell_assumption
from .message_writer import MessageWriter
from .output import TextOutput, complain

_SHORTEST_KEY = 8  # bytes


def redact(options: Namespace, output: TextOutput) -> int:
    """0 when all of it was read and written, 2 otherwise."""
    refuse_inputs("redact", options.to, [options.file])
    kinds = [kind for kind in KINDS if getattr(options, kind)]
    redaction = Redaction(_key(options.key), os.urandom(32), kinds, options.strict)
    capture = open_capture(options.file)
    source = capture if capture.rewindable else BufferedRecords(capture)
    registry = registry_of(options)
    first = Session(registry, options.byte_order)
    problem: CaptureError | None = None
    try:
        for message in first.messages(source):
            redaction.learn(message)
    except CaptureError as found:
        if found.record is None:
            raise
        problem = found
    tell_assumption(first, options.file)
    writer = MessageWriter(options.to, output, streams=False, option="redact")
    whole = False
    try:
        for record in _redacted(redaction, source, Session(registry, options.byte_order)):
            writer.keep(record)
        whole = True
    finally:
        writer.finish(whole)
    _report(redaction)
    if problem is not None:
        complain(str(problem))
    return 0 if problem is None else 2


def _key(text: str | None) -> bytes | None:
    """What --key gives; raises UsageError."""
    if text is None:
        return None
    key = os.fsencode(text)
    if text.startswith("@"):
        try:
            with open(text[1:], "rb") as stream:
                key = stream.read(1 << 20).strip()
        except OSError as problem:
            raise UsageError(f"--key: {text[1:]} cannot be read: {problem.strerror}") from None
    if len(key) < _SHORTEST_KEY:
        raise UsageError(
            f"--key: a key has {_SHORTEST_KEY} bytes or more; who guesses it undoes all"
        )
    return key


def _redacted(
    redaction: Redaction, source: BufferedRecords | CaptureReader, session: Session
) -> Iterator[Record]:
    """The records as they are written, as far as they can be read."""
    groups = _by_record(session.messages(source))
    messages = next(groups, [])
    with suppress(CaptureError):  # the first pass met it, too
        for record in source:
            met = messages[0].record if messages else None
            if met is not None and met.number == record.number:
                made = redaction.record(met, messages)
                messages = next(groups, [])
            else:
                made = redaction.record(record, [])
            if made is not None:
                yield made


def _by_record(messages: Iterator[Message]) -> Iterator[list[Message]]:
    """The messages of each record that has any."""
    gathered: list[Message] = []
    with suppress(CaptureError):
        for message in messages:
            if gathered and gathered[0].record is not message.record:
                yield gathered
                gathered = []
            gathered.append(message)
    if gathered:
        yield gathered


def _report(redaction: Redaction) -> None:
    """What was replaced, and what may be left, on standard error."""
    done = ", ".join(f"{count} {what}" for what, count in sorted(redaction.done.items()))
    complain(f"replaced: {done or 'nothing'}")
    if redaction.opaque:
        complain(
            f"{redaction.opaque} payloads that no dissector knows are as they were; "
            "--strict makes zeros of them"
        )
