"""Expected values that no message can have, which are mistakes of a test and told as such at once.

What a message shows is compared with `==`, so a value must be written as it is shown: a name of
the enumeration, an address in its shortest form. Matchers, and fields that code or the capture
gives their words, are not looked into.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from ..encode import payload
from ..engine import labels
from ..engine.paths import plain
from ..filter import vocabulary_of
from ..filter.message_fields import message_fields
from ..filter.message_types import TimeOrigin
from ..filter.resolved_path import ResolvedPath
from ..filter.value_types import StringType
from ..filter.vocabulary import Vocabulary
from ..spec import model
from ..spec.registry import Registry
from ..wire import linux
from ..wire.errors import UsageError
from ..wire.text import near

_IP_HINTS: Final = ("ipv4", "ipv6", "ipv4-or-v6", "address", "union-address")
_MPLS: Final = r"\d+(/\d+)*"
_SET: Final = (set, frozenset)
CONTROL: Final = ("ack", "error", "done", "noop", "overrun")
_FLAGS: Final = {name for flag in labels.NLM_F for name in (flag, f"NLM_F_{flag}")}


def require_possible(registry: Registry, operation: str | None, fields: Mapping[str, Any]) -> None:
    """Raises UsageError for a value that the field at its path never has in this operation."""
    __tracebackhide__ = True
    words = vocabulary_of(registry)
    for path, want in fields.items():
        reason = _why_never(words, operation, path, want)
        if reason:
            raise UsageError(reason)


def _readings(words: Vocabulary, operation: str | None, path: str) -> list[ResolvedPath]:
    """What a path means in messages of an operation, or where nobody knows it in any."""
    if operation is None or operation in CONTROL or not _operations(words, operation):
        return words.resolve(path)
    return words.resolve(f"{operation}.{path}")


def _definitions(
    words: Vocabulary, operation: str | None, path: str, top: bool
) -> list[model.Field]:
    """The fields that a path can end at in messages of an operation; empty where nobody knows.

    `top`: the message has a field of this name, beside which only what is at its top counts.
    """
    found = [
        reading
        for reading in _readings(words, operation, path)
        if reading.names and (reading.top or not top)
    ]
    return [field for reading in found for field in words.reachable_fields(reading)]


def _why_never(words: Vocabulary, operation: str | None, path: str, want: Any) -> str:
    """What is wrong with one value, or with one inside of it; "" for nothing."""
    inside = want if isinstance(want, Mapping) else {}
    for key in inside:
        if reason := _why_never(words, operation, f"{path}.{key}", inside[key]):
            return reason
    for each in want if isinstance(want, list) else ():
        if reason := _why_never(words, operation, path, each):
            return reason
    if type(want) not in (int, bool, str, set, frozenset):
        return ""
    own = message_fields(words, TimeOrigin()).get(path.removeprefix("nlmsg_"))
    found = _definitions(words, operation, path, own is not None)
    if own is None and not found and _readings(words, operation, path):
        return ""
    reasons = [] if own is None else [_unfit_for_message(own.name, own.value_type, want)]
    reasons += [_unfit(words, field, want) for field in found]
    if not reasons or not all(reasons):
        return ""
    return f"{path} is never {want!r}: {reasons[0]}"


def _unfit(words: Vocabulary, field: model.Field, want: Any) -> str:
    """Why a field never shows a value; "" where it may."""
    if field.coded or field.forms or field.request is not None:
        return ""
    if field.hint in _IP_HINTS:
        return _unfit_address(field, want)
    if field.hint == "mac" and field.kind == model.BINARY:
        return _unfit_mac(want)
    if field.kind <= model.LAST_SCALAR:
        return _unfit_number(field, want)
    check = _BY_KIND.get(field.kind)
    return "" if check is None else check(words, field, want)


def _unfit_number(field: model.Field, want: Any) -> str:
    named = field.labeller is None and field.hint in ("", "hex")
    if not named and not isinstance(want, int):
        return ""  # the capture gives the words
    try:
        payload.scalar(field, want, False, "")
    except payload.EncodeError as problem:
        return problem.reason
    if isinstance(want, int):
        return ""
    if field.enum is None:
        return "it is a number"
    parts = want if isinstance(want, _SET) else want.split("|") if field.enum.flags else [want]
    known = {*field.enum.values, *field.enum.constants.values()}
    unnamed = r"0x[0-9a-f]+" if field.enum.flags else "(?!)"  # bits without a name
    wrong = (part for part in parts if part not in known and not re.fullmatch(unnamed, str(part)))
    return next((f"{part!r} is no name of {field.enum.name}" for part in wrong), "")


def _unfit_address(field: model.Field, want: Any) -> str:
    if not isinstance(want, str):
        return "it is an address"
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, ValueError):
            shown = socket.inet_ntop(family, socket.inet_pton(family, want))
            return "" if shown == want else f"it is shown as {shown!r}"
    if field.hint == "address" and re.fullmatch(_MPLS, want):
        return ""  # labels of MPLS
    if "/" in want:
        return "an address stands without its prefix length, which is a field of its own"
    return "that is no IP address"


def _unfit_mac(want: Any) -> str:
    if isinstance(want, str) and re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2})*", want):
        return ""
    return "it is shown as '02:00:5e:00:00:0a': bytes in lower case, with colons"


def _unfit_string(words: Vocabulary, field: model.Field, want: Any) -> str:
    if not isinstance(want, str):
        return "it is a string"
    kinds = _selected_by(words, field)
    if not kinds or want in kinds:
        return ""
    hint = near(want, kinds)  # what resembles none may be of a module that no dissector knows
    return f"there is no such {field.name}{hint}" if hint else ""


def _selected_by(words: Vocabulary, field: model.Field) -> set[str]:
    """The values of a string that choose what a field beside it holds, such as kinds of links."""
    name, _, rest = field.path.partition(".")
    spec = words.spec(name)
    beside = None if spec is None else spec.attribute_sets.get(rest.rpartition(".")[0])
    if beside is None:
        return set()
    out: set[str] = set()
    for other in beside.ensure().values():
        if other.sub_message is not None and field.name in other.selectors:
            out.update(other.sub_message.formats)
    return out


def _unfit_flag(_: Vocabulary, __: model.Field, want: Any) -> str:
    return "" if want == 1 and not isinstance(want, str) else "it is True or, not there, None"


def _unfit_nest(_: Vocabulary, field: model.Field, __: Any) -> str:
    return f"it holds attributes, as {field.name}={{...}} or {field.name + '.NAME'!r}"


_BY_KIND: Final[dict[int, Callable[[Vocabulary, model.Field, Any], str]]] = {
    model.STRING: _unfit_string, model.FLAG: _unfit_flag, model.NEST: _unfit_nest,
}  # fmt: skip


def _unfit_for_message(name: str, value_type: Any, want: Any) -> str:
    """The same of a field that every message has."""
    if name == "error":
        if isinstance(want, int):
            return "" if want <= 0 else f"errors are negative: -{want}"
        names = set(linux.ERRNO.values())
        return "" if want in names else f"there is no such error{near(str(want).upper(), names)}"
    if name == "flags":
        parts = want.split("|") if isinstance(want, str) else want if isinstance(want, _SET) else ()
        wrong = next((part for part in parts if part not in _FLAGS), None)
        return "" if wrong is None else f"there is no such flag{near(str(wrong), _FLAGS)}"
    if isinstance(value_type, StringType) and value_type.known is not None:
        known = value_type.known
        return "" if want in known else f"it is one of {', '.join(known)}"
    return ""


def require_field(registry: Registry, operation: str | None, path: str) -> None:
    """Raises UsageError unless messages of the operation may have the path."""
    __tracebackhide__ = True
    words = vocabulary_of(registry)
    last = path.rpartition(".")[2].replace("_", "-")
    if not words.resolve(path):
        raise UsageError(f"there is no field {path!r}{near(last, list(words.names))}")
    if not _readings(words, operation, path):
        names = _names(_operations(words, operation or ""))
        raise UsageError(f"{operation} has no field {path!r}{near(last, names)}")


def _operations(words: Vocabulary, text: str) -> list[model.Operation]:
    """The operations that a name stands for: `newlink`, `rt-link.newlink`, `RTM_NEWLINK`."""
    home, _, name = text.rpartition(".")
    found = words.operations(name) or words.operations(plain(name))
    return [o for spec, o in found if not home or plain(spec.name) == plain(home)]


def _names(operations: list[model.Operation]) -> list[str]:
    """The names at the top of messages, and in their header."""
    out = []
    for one in operations:
        out += [] if one.header is None else [member.name for member in one.header.members]
        if one.attributes is not None:
            out += [field.name for field in one.attributes.ensure().values()]
    return out
