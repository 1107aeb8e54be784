"""`nldissect dissectors show`: one dissector's messages, and what lies in them, as a tree."""

from __future__ import annotations

from collections.abc import Iterator

from ..filter.listing import type_of
from ..filter.name_index import members_of, operations_of
from ..spec import model

INDENT = "    "


def lines(spec: model.Spec, protocol: str, file: str) -> Iterator[str]:
    """What it speaks and where it is from, then its operations, by number, with all inside."""
    yield f"{spec.name}: {protocol}"
    yield f"{INDENT}file {file}"
    if spec.groups:
        groups = [name if at is None else f"{name} ({at})" for name, at in spec.groups.items()]
        yield f"{INDENT}multicast groups: {', '.join(groups)}"
    tree = _Tree()
    for operation in sorted(operations_of(spec), key=_number):
        yield ""
        yield f"{operation.name}  {operation.constant}  {_ways(operation)}"
        if operation.hook is not None:
            yield f"{INDENT}code beside the dissector reads what follows the header"
        yield from tree.struct(operation.header, 1)
        yield from tree.attributes(operation.attributes, 1)


def _number(operation: model.Operation) -> int:
    found = operation.reply if operation.request is None else operation.request
    return -1 if found is None else found


def _ways(operation: model.Operation) -> str:
    to, back = operation.request, operation.reply
    ways = [] if to is None else [f"to the kernel {to}"]
    if back is not None:
        ways.append(f"{'notification' if operation.is_event else 'from the kernel'} {back}")
    if operation.group:
        ways.append(f"group {operation.group}")
    return ", ".join(ways)


class _Tree:
    """Sets and structs as lines; what is inside of one that was there before is left out."""

    def __init__(self) -> None:
        self._shown: set[str] = set()

    def struct(self, struct: model.Struct | None, depth: int) -> Iterator[str]:
        """`struct ifinfomsg` and its members."""
        if struct is not None:
            yield f"{INDENT * depth}struct {struct.name}{self._size(struct)}"
            yield from self._members(struct, depth + 1)

    def attributes(self, attributes: model.AttributeSet | None, depth: int) -> Iterator[str]:
        """`attributes link-attrs` and these."""
        if attributes is not None and members_of(attributes):
            yield f"{INDENT * depth}attributes {attributes.name}{self._again(attributes)}"
            yield from self._inside(attributes, depth + 1)

    def _size(self, struct: model.Struct) -> str:
        return f" of {struct.size} bytes{self._again(struct)}"

    def _again(self, what: model.Struct | model.AttributeSet) -> str:
        return ", as above" if _key(what) in self._shown else ""

    def _members(self, struct: model.Struct, depth: int) -> Iterator[str]:
        if _key(struct) not in self._shown:
            self._shown.add(_key(struct))
            yield from self._fields(struct.members, depth)

    def _inside(self, attributes: model.AttributeSet, depth: int) -> Iterator[str]:
        if _key(attributes) not in self._shown:
            self._shown.add(_key(attributes))
            yield from self._fields(members_of(attributes), depth)

    def _fields(self, fields: list[model.Field], depth: int) -> Iterator[str]:
        for field in fields:
            if field.kind != model.PAD:
                yield from self._field(field, depth)

    def _field(self, field: model.Field, depth: int) -> Iterator[str]:
        """`18 linkinfo  IFLA_LINKINFO  nest linkinfo-attrs`, and what is inside."""
        number = f"{field.number} " if field.number >= 0 else ""
        inner = field.element or field
        words = type_of(field)
        if inner.struct is not None:
            words += self._size(inner.struct)
        elif inner.nested is not None:
            words += self._again(inner.nested)
        words += ", several" * field.multi + ", secret" * field.secret
        yield INDENT * depth + "  ".join(
            filter(None, (f"{number}{field.name}", field.constant, words))
        )
        for one in (field, field.element):
            if one is not None and one.struct is not None:
                yield from self._members(one.struct, depth + 1)
            if one is not None and one.nested is not None:
                yield from self._inside(one.nested, depth + 1)
        if field.sub_message is not None:
            yield from self._formats(field, field.sub_message, depth + 1)

    def _formats(
        self, field: model.Field, sub_message: model.SubMessage, depth: int
    ) -> Iterator[str]:
        """What another attribute's value selects: `kind vlan:` and its set."""
        selector = " or ".join(field.selectors) or "value"
        shapes = [(f"{selector} {value}", form) for value, form in sub_message.formats.items()]
        if sub_message.default is not None:
            shapes.append((f"{selector} of another value", sub_message.default))
        for what, form in shapes:
            inside = [
                line
                for header in (form.header, *form.variants.values())
                for line in self.struct(header, depth + 1)
            ]
            inside += self.attributes(form.attributes, depth + 1)
            yield f"{INDENT * depth}{what}{':' if inside else ''}"
            yield from inside


def _key(what: model.Struct | model.AttributeSet) -> str:
    """By what it is known that it was shown."""
    return f"{what.spec} {what.name}" if isinstance(what, model.AttributeSet) else what.name
