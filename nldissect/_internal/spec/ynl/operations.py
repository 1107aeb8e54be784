"""`operations` and `mcast-groups` of a spec.

Operations count from 1, `value` restarts the count. Unified ones share one counter, directional
ones have one for requests and one for replies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import model
from .attribute_sets import AttributeSetReader
from .document import Document, c_name, given, is_true
from .fields import FieldReader

NLMSG_SEQ = 8  # where struct nlmsghdr has it
NLMSG_HDRLEN = 16
GENL_HDRLEN = 20  # with the nlmsghdr before it
CLASSES = {"get": model.CLASS_GET, "new": model.CLASS_NEW, "delete": model.CLASS_DELETE}
# Words of operations' names that tell their request class.
_PREFIXES = {"get": model.CLASS_GET, "del": model.CLASS_DELETE, "new": model.CLASS_NEW}
_WORDS = {
    **dict.fromkeys(("get", "dump", "list", "show", "read", "query"), model.CLASS_GET),
    **dict.fromkeys(
        ("del", "delete", "destroy", "flush", "remove", "rem", "rm"), model.CLASS_DELETE
    ),
    **dict.fromkeys(
        ("new", "add", "set", "create", "replace", "update", "change", "act"), model.CLASS_NEW
    ),
}


def request_class(name: str) -> int:
    """What the flag bits 0x0f00 mean for an operation of this name (linux/netlink.h)."""
    for prefix, found in _PREFIXES.items():
        if name.startswith(prefix):
            return found
    words = name.split("-")
    for word in (words[-1], words[0]):
        if word in _WORDS:
            return _WORDS[word]
    return model.CLASS_NEW if name.startswith("set") else model.CLASS_GET


class OperationReader:
    """Makes the operations of one spec, in the order of its list, which numbers them."""

    def __init__(
        self, document: Document, fields: FieldReader, sets: AttributeSetReader, spec: model.Spec
    ) -> None:
        self.document = document
        self.fields = fields
        self.sets = sets
        self.spec = spec
        self._directional = False
        self._prefix = self._async_prefix = ""
        self._header: model.Struct | None = None  # of operations that name no other
        self._by_name: dict[str, Mapping[str, Any]] = {}  # as YAML gave them
        self._next_request = self._next_reply = 1

    def read(self) -> None:
        """Takes in all operations; who answers with whose number is known at the end."""
        document, spec = self.document, self.spec
        listed = document.mapping(document.raw, "operations", "")
        self._directional = listed.get("enum-model", "unified") == "directional"
        self._prefix = given(listed, "name-prefix", f"{document.family}-cmd-")
        self._async_prefix = given(listed, "async-prefix", self._prefix)
        if listed.get("fixed-header") is not None:
            self._header = self.fields.struct(
                str(listed["fixed-header"]), "operations.fixed-header"
            )
        items = document.items(listed, "list", "operations.")
        self._by_name = {str(item.get("name")): item for _, item in items}
        answers: list[tuple[int, model.Operation, Mapping[str, Any]]] = []
        for path, item in items:
            made = self._operation(item, path)
            spec.operations[made.name] = made
            if is_true(item.get("x-default")):
                spec.other = made
            if "x-when" in item:
                self._read_conditions(made, item, path)
                continue
            if made.request is not None:
                spec.requests.setdefault(made.request, made)
            if made.reply is not None:
                own = self._directional and not made.is_event
                if own or "x-reply-constant" in item:
                    answers.append((made.reply, made, item))
                else:
                    spec.replies.setdefault(made.reply, made)
        # Raw protocols number both directions alike, so the request's name serves the reply.
        if spec.level == "netlink-raw":
            spec.replies.update(spec.requests)
        for number, made, item in answers:
            if number not in spec.replies or "x-reply-constant" in item:
                spec.replies[number] = _answer(made, number, item)
        for (number, to_kernel), variants in spec.variants.items():
            (spec.requests if to_kernel else spec.replies).setdefault(number, variants[0])

    def read_groups(self) -> None:
        """Takes in the multicast groups, with the numbers of those that have one."""
        document = self.document
        listed = document.mapping(document.raw, "mcast-groups", "")
        for path, group in document.items(listed, "list", "mcast-groups."):
            value = group.get("value")
            number = None if value is None else document.number(value, f"{path}.value")
            self.spec.groups[document.name_of(group, path)] = number

    def _operation(self, item: Mapping[str, Any], path: str) -> model.Operation:
        """One operation; a notification (`notify`) has the set and header of what it tells of."""
        document = self.document
        name = document.name_of(item, path)
        if name in self.spec.operations:
            document.fault(path, f"operation {name!r} is defined twice")
        is_event = "event" in item or "notify" in item
        constant = c_name(self._async_prefix if is_event else self._prefix, name)
        out = model.Operation(name, given(item, "x-constant", constant))
        out.is_event = is_event
        out.group = str(item.get("mcgrp", ""))
        out.summary = str(item.get("x-summary", document.raw.get("x-summary", "")))
        out.request_class = request_class(name)
        if "x-class" in item:
            out.request_class = CLASSES.get(str(item["x-class"]), out.request_class)
            if str(item["x-class"]) not in CLASSES:
                document.fault(f"{path}.x-class", f"not one of {', '.join(CLASSES)}")
        out.headless = is_true(item.get("x-optional-header"))
        source = item
        if item.get("notify") is not None:
            source = self._by_name.get(str(item["notify"]), item)
            if source is item:
                document.fault(f"{path}.notify", f"no operation {item['notify']!r}")
        attributes = item.get("attribute-set", source.get("attribute-set"))
        if attributes is not None:
            out.attributes = self.sets.named(attributes, f"{path}.attribute-set")
        header = item.get("fixed-header", source.get("fixed-header"))
        out.header = self._header
        if header is not None:
            out.header = self.fields.struct(str(header), f"{path}.fixed-header")
        if is_true(item.get("x-whole-header")) and out.header is not None:
            out.least = 16 + out.header.size
        out.hook = document.hook(item, "x-hook", path)
        _read_listed_attributes(out, item)
        if "value" in item:
            self._next_request = document.number(item["value"], f"{path}.value")
            self._next_reply = self._next_request
        if self._directional:
            self._number_directional(out, item, path)
        else:
            out.reply = self._next_request
            out.request = None if is_event else out.reply
            self._next_request += 1
        return out

    def _read_conditions(
        self, operation: model.Operation, item: Mapping[str, Any], path: str
    ) -> None:
        """`x-when`: which messages of its number are this operation."""
        document, spec = self.document, self.spec
        conditions: list[tuple[int, int, tuple[int, ...]]] = []
        for name, value in document.mapping(item, "x-when", f"{path}.").items():
            where = f"{path}.x-when.{name}"
            if name == "to-kernel":
                if is_true(value):
                    operation.reply = None
                else:
                    operation.request = None
            elif name == "nlmsg-seq":
                conditions.append((NLMSG_SEQ, 4, (document.number(value, where),)))
            elif name == "nla-type":
                offset = self._first_attribute(operation)
                conditions.append((offset, 2, (document.number(value, where),)))
            else:
                conditions.append(self._condition(operation, str(name), value, where))
        operation.conditions = tuple(conditions)
        if operation.request is None and operation.reply is None:
            document.fault(f"{path}.x-when", "no number in that direction")
        for number, to_kernel in ((operation.request, True), (operation.reply, False)):
            if number is not None:
                spec.variants.setdefault((number, to_kernel), []).append(operation)

    def _first_attribute(self, operation: model.Operation) -> int:
        """Where the nla_type of the first attribute stands, from nlmsghdr on."""
        offset = NLMSG_HDRLEN if self.spec.level == "netlink-raw" else GENL_HDRLEN
        if operation.header is not None:
            offset += (operation.header.size + 3) & ~3
        return offset + 2

    def _condition(
        self, operation: model.Operation, name: str, value: object, path: str
    ) -> tuple[int, int, tuple[int, ...]]:
        """That a member of the operation's header has a value, or one of several.

        Values are numbers or names of entries.
        """
        offset = NLMSG_HDRLEN if self.spec.level == "netlink-raw" else GENL_HDRLEN
        for member in () if operation.header is None else operation.header.members:
            if member.name == name:
                names = {} if member.enum is None else member.enum.values
                given_values = value if isinstance(value, list) else [value]
                numbers = [
                    names[str(one)] if str(one) in names else self.document.number(one, path)
                    for one in given_values
                ]
                return offset, member.size, tuple(numbers)
            offset += member.size
        self.document.fault(path, f"the fixed header has no member {name!r}")
        return offset, 0, ()

    def _number_directional(
        self, operation: model.Operation, item: Mapping[str, Any], path: str
    ) -> None:
        """The numbers of request and reply, which count apart; events are replies."""
        document = self.document
        if operation.is_event:
            operation.reply = self._next_reply
            self._next_reply += 1
            return
        key = "do" if item.get("do") else "dump"
        mode = document.mapping(item, key, f"{path}.")
        request, reply = mode.get("request"), mode.get("reply")
        if isinstance(request, dict) and "value" in request:
            where = f"{path}.{key}.request.value"
            self._next_request = document.number(request["value"], where)
        if isinstance(reply, dict) and "value" in reply:
            self._next_reply = document.number(reply["value"], f"{path}.{key}.reply.value")
        operation.request = self._next_request
        self._next_request += 1
        if "reply" in mode:
            operation.reply = self._next_reply
            self._next_reply += 1


def _answer(operation: model.Operation, number: int, item: Mapping[str, Any]) -> model.Operation:
    """The answer to an operation, where it has a number or a constant of its own."""
    constant = item.get("x-reply-constant")
    if constant is None and operation.request == number:
        return operation
    name = operation.name if operation.request == number else f"{operation.name}-reply"
    out = model.Operation(name, given(item, "x-reply-constant", f"{operation.constant}_REPLY"))
    out.reply = number
    out.attributes, out.header = operation.attributes, operation.header
    out.request_class, out.summary = operation.request_class, operation.summary
    out.listed_attributes = operation.listed_attributes
    return out


def _read_listed_attributes(operation: model.Operation, item: Mapping[str, Any]) -> None:
    """What the spec lists for each mode and direction; an event's attributes are a reply's."""
    for mode in ("do", "dump", "event"):
        part = item.get(mode)
        if not isinstance(part, dict):
            continue
        for direction, owner in (
            ("request", part.get("request")),
            ("reply", part.get("reply")),
            ("reply", part),
        ):
            if isinstance(owner, dict) and isinstance(owner.get("attributes"), list):
                names = tuple(str(name) for name in owner["attributes"])
                operation.listed_attributes[mode, direction] = names
