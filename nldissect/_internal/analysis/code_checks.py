"""What the code beside a dissector of somebody else fails at when a message is shown.

Its hooks run when a message is dissected, and what they fail at is found there; labels and
summaries run only now.
"""

from __future__ import annotations

from ..engine.frame import Diagnosis
from ..engine.labels import told
from ..engine.lookup import TapeValues, value_at
from ..engine.message import Message
from ..engine.summary import excused, say_by_code
from ..engine.summary_lookup import Lookup
from ..engine.walk import BY_HOOK, FIELD_MASK, MARKS_AT, UNKNOWN, UNNAMED, Engine
from ..spec.specfile import is_built_in
from .diagnosis_codes import diagnosis


class CodeChecks:
    """Has the labels and the summary of each message made, where code of others makes them."""

    def __init__(self) -> None:
        self._foreign: dict[str, bool] = {}  # by the dissector's file

    def check(self, message: Message, engine: Engine, out: list[Diagnosis]) -> None:
        """Adds what fails; the engine has the message on its tape."""
        spec, operation = message.spec, message.operation
        if spec is None or operation is None:
            return
        foreign = self._foreign.get(spec.file)
        if foreign is None:
            foreign = self._foreign[spec.file] = not is_built_in(spec.file)
        if not foreign:
            return
        _check_labels(message, engine, out)
        if operation.summarize is not None:
            try:
                say_by_code(operation.summarize, Lookup(message, engine))
            except Exception as problem:
                if not excused(message):
                    size = message.limit - message.base
                    text = message.fault(problem)
                    out.append(diagnosis("hook-failed", text, int(message.base), int(size)))


def _check_labels(message: Message, engine: Engine, out: list[Diagnosis]) -> None:
    tape = engine.tape
    seen = TapeValues(engine, message)
    for place in range(0, int(engine.size), 2):
        first, second = tape[place], tape[place + 1]
        if first >> MARKS_AT & (BY_HOOK | UNKNOWN | UNNAMED):
            continue
        labeller = engine.tables.fields[first & FIELD_MASK].labeller
        if labeller is None:
            continue
        value = value_at(engine, place, message)
        if isinstance(value, int):
            try:
                told(labeller, value, message, seen.value)
            except Exception as problem:
                start, end = second & 0xFFFFFFFF, second >> 32
                text = message.fault(problem)
                out.append(diagnosis("hook-failed", text, int(start), int(end - start)))
