"""Where a spec and what a capture shows of the family disagree."""

from __future__ import annotations

from collections.abc import Iterator

from ..spec import model, policy
from ..spec.evidence import MAX_DEPTH, Evidence
from ..spec.learnt import LearntFamily


def differences(spec: model.Spec, learnt: LearntFamily) -> list[str]:
    """What differs, in words: first from the kernel's own policy, then from the messages seen."""
    found: dict[str, None] = {}
    known = learnt.policy
    for mode, table in (("do", known.do), ("dump", known.dump)):
        for command in sorted(table):
            if command not in spec.requests:
                found[f"the kernel's policy has command {command} ({mode}), the source has not"] = (
                    None
                )
    for _, _, words in policy.differences(spec, known):
        words = words.replace("in the spec", "in the source").replace(" here", " in the kernel")
        found[f"policy: {words}"] = None
    for (command, to_kernel), seen in sorted(learnt.by_command.items()):
        operation = spec.operation(command, to_kernel)
        who = "requests" if to_kernel else "messages from the kernel"
        if operation is None:
            found[f"messages: command {command} ({who}) is not in the source"] = None
        elif operation.attributes is not None:
            for words in _compare(operation.attributes, seen, to_kernel, 0):
                found[f"messages: {words} ({operation.name}, {who})"] = None
    return list(found)


def about_family(
    spec: model.Spec, version: int, header_size: int, groups: list[str]
) -> Iterator[str]:
    """What nlctrl says of the family that the source does not."""
    if spec.version is not None and spec.version != version:
        yield f"version {spec.version} in the source, {version} in the kernel"
    headers = {0 if one.header is None else one.header.size for one in spec.operations.values()}
    if headers and headers != {header_size}:
        yield f"a header of {max(headers)} bytes in the source, {header_size} in the kernel"
    for name in groups:
        if name not in spec.groups:
            yield f"multicast group {name} is not in the source"
    for name in spec.groups:
        if groups and name not in groups:
            yield f"multicast group {name} is not in the kernel"


def _compare(
    attributes: model.AttributeSet, seen: Evidence, to_kernel: bool, depth: int
) -> Iterator[str]:
    """What payloads say against a set, nests included."""
    fields = attributes.ensure()
    for number, inside in sorted(seen.children.items()):
        field = fields.get(number)
        if field is None:
            yield f"{attributes.name} has no attribute {number}"
            continue
        if to_kernel and field.request is not None:
            field = field.request
        others = {form.size for form in field.forms}
        if not _agrees(field, inside) and not others.issuperset(
            size for size in inside.sizes if size != field.width
        ):
            sizes = ", ".join(str(size) for size in sorted(inside.sizes)[:4])
            yield (
                f"{attributes.name}.{field.name} is {model.KIND_NAMES[field.kind]} in the source, "
                f"of {sizes} bytes here"
            )
        elif depth < MAX_DEPTH:
            yield from _inside(field, inside, to_kernel, depth)


def _inside(field: model.Field, seen: Evidence, to_kernel: bool, depth: int) -> Iterator[str]:
    """The same of what is in a nest or in the entries of an array."""
    if field.kind == model.NEST and field.nested is not None:
        yield from _compare(field.nested, seen, to_kernel, depth + 1)
    elif field.kind == model.INDEXED and field.element is not None:
        for entry in seen.children.values():
            if not _agrees(field.element, entry):
                yield f"the entries of {field.name} are no {model.KIND_NAMES[field.element.kind]}"
            elif field.nested is not None:
                yield from _compare(field.nested, entry, to_kernel, depth + 1)


def _agrees(field: model.Field, seen: Evidence) -> bool:
    """Whether all payloads seen can be of a field."""
    if field.kind == model.STRUCT and field.struct is not None:
        return all(size >= field.struct.size for size in seen.sizes)
    if field.kind == model.ARRAY and field.element is not None and field.element.size:
        return all(size % field.element.size == 0 for size in seen.sizes)
    if field.kind in (model.NEST, model.INDEXED):  # entries of number 0 do not look like a nest
        return all(size == 0 or size >= 4 for size in seen.sizes)
    if field.kind == model.STRING:
        return seen.strings + seen.sizes.get(0, 0) == seen.count or field.unterminated
    return seen.agrees(field.kind)
