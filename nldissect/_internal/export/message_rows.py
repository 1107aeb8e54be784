"""TableRows of the table `messages`: what header, pairing and capture say of each message."""

from __future__ import annotations

from typing import Any, Final, final

from mypy_extensions import i64

from ..analysis import link_text, message_text
from ..engine import labels
from ..engine.frame import Diagnosis
from ..engine.message import Message
from ..engine.summary import operation_constant, operation_name
from ..engine.walk import Engine
from ..pairing.codes import CONFIDENCES, ROLE_ANSWER, ROLE_COPY, ROLES
from ..pairing.transaction import Link
from ..render.description import write_described
from ..render.json_output import hidden_key
from ..session.process import Process
from ..spec import model
from ..wire import framing
from ..wire.record import NO_TIME
from ..wire.text import without_keys
from . import schemas
from .columns import NOTHING, Coded, Column, Numbers, Texts, Words, plain

_WORDS: Final = 1 << 14  # headers, processes, names that are kept


@final
class Identity:
    """What headers that are alike but for sequence number, port and length say."""

    def __init__(self, message: Message, code: i64) -> None:
        self.operation: model.Operation | None = message.operation
        self.family = message.family
        self.spec = message.spec
        self.command: i64 = message.command
        self.protocol: i64 = message.protocol
        self.code = code

    def fits(self, message: Message) -> bool:
        """Whether the message is such a one; its type and flags are those."""
        return (
            self.operation is message.operation
            and self.spec is message.spec
            and self.command == message.command
            and self.protocol == message.protocol
            and self.family == message.family
            and message.type != framing.NLMSG_ERROR
        )


@final
class MessageRows:
    """The rows that wait to be written; `columns` by their names."""

    def __init__(self, capture: Words, host: Words) -> None:
        self.table = schemas.MESSAGES
        self.count: i64 = 0
        self._identities: dict[int, Identity] = {}
        self._known: dict[tuple[object, ...], int] = {}
        self._headers = Numbers()
        self._header_parts: list[list[Any]] = [[] for _ in _HEADER]
        self._processes = Numbers()
        self._process_parts: list[list[Any]] = [[] for _ in _PROCESS]
        self._process_last: Process | None = None
        self._process_code: i64 = NOTHING
        self._process_codes: dict[tuple[object, ...], int] = {}
        self._summary = Texts()
        self._comments: list[Any] = []
        self._diagnoses: list[Any] = []
        self._capture, self._host = Numbers(), Numbers()
        self._message, self._record, self._time = Numbers(), Numbers(), Numbers()
        self._direction, self._role, self._confidence = Numbers(), Numbers(), Numbers()
        self._sequence, self._port, self._length = Numbers(), Numbers(), Numbers()
        self._transaction, self._answers, self._answered = Numbers(), Numbers(), Numbers()
        self._latency, self._listeners, self._copy = Numbers(), Numbers(), Numbers()
        self._error, self._truncated, self._lost = Numbers(), Numbers(), Numbers()
        self._group, self._error_name, self._os = Words(), Words(), Words()
        self.columns: dict[str, Column] = {
            "capture": Coded(self._capture, capture.values),
            schemas.HOST: Coded(self._host, host.values),
            "message": self._message,
            "record": self._record,
            "time": self._time,
            "direction": Coded(self._direction, ["from-kernel", "to-kernel"]),
            "sequence": self._sequence,
            "port": self._port,
            "length": self._length,
            "role": Coded(self._role, list(ROLES)),
            "transaction": self._transaction,
            "answers": self._answers,
            "answered_by": self._answered,
            "latency": self._latency,
            "confidence": Coded(self._confidence, list(CONFIDENCES)),
            "listeners": self._listeners,
            "copy_of": self._copy,
            "group": self._group.told,
            "error": self._error,
            "error_name": self._error_name.told,
            "truncated": self._truncated,
            "lost": self._lost,
            "os": self._os.told,
            "summary": self._summary,
            "comments": self._comments,
            "diagnoses": self._diagnoses,
        }
        for name, values in zip(_HEADER, self._header_parts, strict=True):
            self.columns[name] = Coded(self._headers, values)
        for name, values in zip(_PROCESS, self._process_parts, strict=True):
            self.columns[name] = Coded(self._processes, values)

    @property
    def size(self) -> int:
        """Bytes of the texts that wait."""
        return len(self._summary.data)

    def begin(self, forgets: bool) -> None:
        """The rows are written, others come; `forgets`: words need not keep their codes."""
        self.count = 0
        self._comments.clear()
        self._diagnoses.clear()
        if len(self._identities) > _WORDS:
            self._identities.clear()
        if not forgets:
            return
        if len(self._known) > _WORDS:
            self._known.clear()
            self._identities.clear()
            for part in self._header_parts:
                part.clear()
        if len(self._process_codes) > _WORDS:
            self._process_codes.clear()
            self._process_last = None
            for part in self._process_parts:
                part.clear()
        for words in (self._group, self._error_name, self._os):
            if len(words.values) > _WORDS:
                words.forget()

    def add(self, engine: Engine, message: Message, link: Link, capture: i64, host: i64) -> None:
        """Adds a message, whose walk is on the engine's tape."""
        record = message.record
        assert record is not None
        self.count += 1
        self._capture.put(capture)
        self._host.put(host)
        self._message.put(message.number)
        self._record.put(record.number)
        self._time.put(NOTHING if record.time_ns == NO_TIME else record.time_ns)
        self._headers.put(self._identity(message))
        self._direction.put(1 if message.to_kernel else 0)
        self._sequence.put(message.seq if message.netlink else NOTHING)
        self._port.put(message.port if message.netlink else NOTHING)
        self._length.put(message.length)
        self._linked(message, link)
        self._process(message, link)
        self._os.put(record.interface.os)
        self._summarized(engine, message, link)
        error = message.error if message.type < framing.NLMSG_MIN_TYPE else None
        self._error.put(NOTHING if error is None else error)
        self._error_name.put(None if error is None else message_text.error_name(message))
        self._truncated.put(1 if message.truncated else 0)
        lost = record.options is not None and not message.offset and record.lost > 0
        self._lost.put(record.lost if lost else NOTHING)
        comments = None if record.options is None else record.comments
        self._comments.append([plain(text) for text in comments] if comments else None)
        found = message.found(engine) if len(engine.findings) > 0 or message.odd else None
        self._diagnoses.append([_diagnosis(d) for d in found] if found else None)

    def _identity(self, message: Message) -> i64:
        """The code of what the header says."""
        key = int(message.type << 16 | message.flags) << 8 | int(message.protocol & 0xFF)
        known = self._identities.get(key)
        if known is None or not known.fits(message):
            known = self._identities[key] = Identity(message, self._header(message))
        return known.code

    def _header(self, message: Message) -> i64:
        """The same where it was not met just before."""
        family = None if message.family is None else plain(message.family)
        dissector = None if message.spec is None else plain(message.spec.name)
        said: tuple[object, ...] = (message_text.protocol(message), family, dissector)
        if message.netlink:
            flags = "|".join(labels.flag_names(message))
            name, constant = operation_name(message), operation_constant(message)
            said = (*said, None if name is None else plain(name),
                    None if constant is None else plain(constant),
                    int(message.type), int(message.flags), flags or None)  # fmt: skip
        else:
            said = (*said, None, None, None, None, None)
        found = self._known.get(said)
        if found is None:
            found = self._known[said] = len(self._header_parts[0])
            for part, value in zip(self._header_parts, said, strict=True):
                part.append(value)
        return found

    def _linked(self, message: Message, link: Link) -> None:
        """What pairing found."""
        role, found = link.role_code, link.transaction
        self._role.put(role)
        self._transaction.put(NOTHING if found is None else found.id)
        self._answers.put(link.of if role == ROLE_ANSWER and link.of else NOTHING)
        self._answered.put(link_text.answered_by(link) or NOTHING)
        passed = link_text.latency(message, link)
        self._latency.put(NOTHING if passed is None or passed >= 1 << 63 else passed)
        sure = link_text.has_confidence(link)
        self._confidence.put(link.confidence_code if sure else NOTHING)
        self._listeners.put(link.listeners if link.listeners else NOTHING)
        self._copy.put(link.of if role == ROLE_COPY and link.of else NOTHING)
        self._group.put(link_text.group(message, link))

    def _process(self, message: Message, link: Link) -> None:
        """Whose socket it was."""
        found = link_text.process(message, link)
        if found is None:
            self._processes.put(NOTHING)
            return
        if found is not self._process_last:
            command = found.command
            if command is not None and message.context.tables.redacts:
                command = without_keys(command, hidden_key)
            name = None if found.name is None else plain(found.name)
            command = None if command is None else plain(command)
            said = (found.pid, name, command, found.hint, found.inode or None)
            code = self._process_codes.get(said)
            if code is None:
                code = self._process_codes[said] = len(self._process_parts[0])
                for part, value in zip(self._process_parts, said, strict=True):
                    part.append(value)
            self._process_last, self._process_code = found, code
        self._processes.put(self._process_code)

    def _summarized(self, engine: Engine, message: Message, link: Link) -> None:
        """Operation and summary."""
        out = self._summary.data
        if not write_described(out, message, link, engine):
            out.write(plain(link_text.described(message, link, engine)).encode())
        self._summary.end()


_HEADER: Final = (
    "protocol", "family", "dissector", "operation", "constant", "type", "flags", "flag_names",
)  # fmt: skip
_PROCESS: Final = (
    "process_pid", "process", "process_command", "process_hint", "process_inode",
)  # fmt: skip


def _diagnosis(found: Diagnosis) -> dict[str, Any]:
    words = {"code": found.code, "severity": found.severity, "text": plain(found.text)}
    return {**words, "offset": found.offset, "length": found.length}
