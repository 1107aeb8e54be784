"""One JSON object per message; docs/json.md is the contract, docs/json.schema.json its form.

Text is put together directly from parts that are kept per field definition,
not by way of dictionaries: most of the time of a long capture is spent here.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii
from typing import Any, Final

from .. import labels, tree, wire
from .. import spec as m
from ..process import Process
from ..summary import operation_constant, operation_name
from ..transaction import ANSWER, CONFIDENCES, COPY, REQUEST, Link
from ..tree import Diagnosis, Message, Node
from . import Renderer, facts, pairs
from .memo import Memo
from .times import rfc3339

quote: Final = encode_basestring_ascii
# Prefixes and labelled values; emptied when a hostile capture would fill them.
_KEPT: Final = 20_000


class JsonLines(Renderer):
    """One object a line (-T jsonl); `named` adds the file's name to each."""

    def __init__(self) -> None:
        self._memo: Memo[tuple[str, str]] = Memo(self._make, lambda p: len(p[0]) + len(p[1]) + 64)
        self._prefixes: dict[tuple[m.Field, str], str] = {}
        self._values: dict[tuple[m.Field, int], str] = {}
        self._opening = '{"record":'

    def file(self, path: str, last: int) -> str:
        self._opening = f'{{"file":{quote(path)},"record":'
        return ""

    def message(self, message: Message, link: Link | None = None) -> str:
        return self.object(message, link) + "\n"

    def object(self, message: Message, link: Link | None = None) -> str:
        """The message as one JSON object; without a link, nothing of pairing is known."""
        record = message.record
        assert record is not None
        when = None if record.time is None else rfc3339(record.time)
        time = "null" if when is None else f'"{when}"'
        comments = ""
        if record.options is not None:
            if record.comments:
                comments = f'"comments":[{",".join(map(quote, record.comments))}],'
            if record.lost and not message.offset:
                comments += f'"lost":{record.lost},'
        refuses = wire.NLMSG_ERROR <= message.type <= wire.NLMSG_DONE and message.error
        front, back = self._make(message, link) if refuses else self._memo.get(message)
        chosen = '"sequence":null,"port":null,'
        if message.netlink:
            chosen = f'"sequence":{message.seq},"port":{message.port},'
        return (
            f'{self._opening}{record.number},"message":{message.number},"time":{time},'
            f"{comments}{front}{chosen}{self._pairing(message, link)}{back}"
        )

    def _pairing(self, message: Message, link: Link | None) -> str:
        """What differs between messages of the same bytes: conversation and process."""
        owner = _process(pairs.process(message, link))
        if link is None:
            return f"{_UNPAIRED}{owner}"
        found = link.transaction
        of, role = link.of or "null", link.role
        passed = pairs.latency(message, link)
        ended = pairs.answered_by(link) if role == REQUEST else 0
        return (
            f'"answers":{of if role == ANSWER else "null"},'
            f'"answered_by":{ended or "null"},'
            f'"transaction":{"null" if found is None else found.id},'
            f'"latency":{"null" if passed is None else passed},'
            f'"confidence":{_CONFIDENCE[link.confidence] if pairs.doubtful(link) else "null"},'
            f'"listeners":{link.listeners or "null"},'
            f'"copy_of":{of if role == COPY else "null"},'
            f'"group":{_text(pairs.group(message, link))},{owner}'
        )

    # -- the part that repeats --------------------------------------------------

    def _make(self, message: Message, link: Link | None = None) -> tuple[str, str]:
        """What comes before sequence and port, and what comes after."""
        nodes = message.nodes
        found: list[Diagnosis] = message.own_diagnoses
        out: list[str] = []
        self._nodes(nodes, out, found)
        netlink = message.netlink
        spec = message.spec
        error = message.error
        flags = labels.flag_names(message) if netlink else ()
        front = (
            f'"protocol":{quote(facts.protocol(message))},"family":{_text(message.family)},'
            f'"dissector":{_text(None if spec is None else spec.name)},'
            f'"operation":{_text(operation_name(message) if netlink else None)},'
            f'"constant":{_text(operation_constant(message) if netlink else None)},'
            f'"type":{message.type if netlink else "null"},'
            f'"flags":{message.flags if netlink else "null"},'
            f'"flag_names":[{",".join(map(quote, flags))}],'
        )
        back = (
            f'"length":{message.length},"direction":"{message.direction}",'
            f'"summary":{quote(pairs.described(message, link))},'
            f'"truncated":{"true" if message.truncated else "false"},'
            f'"error":{"null" if error is None else error},'
            f'"error_name":{_text(facts.error_name(message))},'
            f'"diagnoses":{_diagnoses(found)},"attributes":[{"".join(out)}]}}'
        )
        return front, back

    def _nodes(self, nodes: list[Node], out: list[str], found: list[Diagnosis]) -> None:
        prefixes = self._prefixes
        separator = ""
        for node in nodes:
            shown = node.shown
            field = node.field
            prefix = prefixes.get((field, node.shown))
            if prefix is None:
                prefix = self._prefix(field, node.shown)
            value = node.value
            if type(value) is int:
                if field.hint or node._label is not None:
                    text = self._labelled(node, str(value))
                elif field.enum is None:
                    text = f'{value},"label":null'
                else:
                    known = self._values.get((field, value))
                    text = self._number(node, value) if known is None else known
            elif value is None:
                text = 'null,"label":null' if node._label is None else self._labelled(node, "null")
            elif type(value) is str:
                text = quote(value)
                text = f'{text},"label":null' if node._label is None else self._labelled(node, text)
            else:
                text = self._labelled(node, _value(value))
            start = node.offset
            diagnoses = node.diagnoses or None
            children = node.children
            if diagnoses is None and not children:  # by far the commonest
                out.append(
                    f'{separator}{prefix}{start},"length":{node.end - start},'
                    f'"value":{text},"children":[]}}'
                )
                separator = ","
                continue
            out.append(
                f'{separator}{prefix}{start},"length":{node.end - start},'
                f'"value":{text},"children":['
            )
            separator = ","
            if diagnoses is not None:
                found += diagnoses
            if children:
                self._nodes(children, out, found)
            out.append("]}" if diagnoses is None else f'],"diagnoses":{_diagnoses(diagnoses)}}}')

    def _prefix(self, field: m.Field, shown: str) -> str:
        number = "null" if field.number < 0 else str(field.number)
        guess = '"guess":true,' if field.guess else ""
        prefix = (
            f'{{"name":{quote(field.name)},"constant":{_text(field.constant)},'
            f'"type":{number},"kind":{quote(shown)},{guess}"offset":'
        )
        if len(self._prefixes) >= _KEPT:
            self._prefixes.clear()
        self._prefixes[field, shown] = prefix
        return prefix

    def _labelled(self, node: Node, text: str) -> str:
        return f'{text},"label":{_text(labels.label(node, False))}'

    def _number(self, node: Node, value: int) -> str:
        text = self._labelled(node, str(value))
        if len(self._values) >= _KEPT:
            self._values.clear()
        self._values[node.field, value] = text
        return text


class JsonArray(JsonLines):
    """All objects as one JSON array (-T json), an object a line."""

    def __init__(self) -> None:
        super().__init__()
        self._separator = "\n"

    def begin(self) -> str:
        return "["

    def message(self, message: Message, link: Link | None = None) -> str:
        separator, self._separator = self._separator, ",\n"
        return separator + self.object(message, link)

    def end(self) -> str:
        return "\n]\n"


_CONFIDENCE: Final = {word: quote(word) for word in CONFIDENCES}
_UNPAIRED: Final = (
    '"answers":null,"answered_by":null,"transaction":null,"latency":null,"confidence":null,'
    '"listeners":null,"copy_of":null,"group":null,'
)


def _process(found: Process | None) -> str:
    if found is None:
        return '"process":null,'
    if found.hint and found.inode is None:  # nearly always
        return (
            f'"process":{{"pid":{found.pid},"name":null,"command":null,"hint":true,"inode":null}},'
        )
    hint = "true" if found.hint else "false"
    return (
        f'"process":{{"pid":{"null" if found.pid is None else found.pid},'
        f'"name":{_text(found.name)},"command":{_text(found.command)},"hint":{hint},'
        f'"inode":{found.inode or "null"}}},'
    )


def _text(text: str | None) -> str:
    return "null" if text is None else quote(text)


def _value(value: Any) -> str:
    """A decoded value as JSON; bytes as hexadecimal."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, bytes):
        return f'"{value.hex()}"'
    if isinstance(value, list):
        return f"[{','.join(map(_value, value))}]"
    return quote(str(value))


def _diagnoses(found: list[Diagnosis]) -> str:
    if not found:
        return "[]"
    return "[" + ",".join(
        f'{{"code":{quote(d.code)},"severity":"{d.severity}","text":{quote(d.text)},'
        f'"offset":{d.offset},"length":{d.length}}}'
        for d in found
    ) + "]"


def to_json(message: Message) -> str:
    """One message as one object, with its link where it has one."""
    return JsonLines().object(message, message.link)


def to_dict(message: Message) -> dict[str, Any]:
    """The same as Python objects."""
    found: dict[str, Any] = json.loads(to_json(message))
    return found
