"""Writes the reference of all protocols: a page for each dissector, made from what it says."""

from __future__ import annotations

import html
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from nldissect._internal.filter.name_index import operations_of
from nldissect._internal.spec import model, specfile
from nldissect._internal.spec.deferred import whole
from nldissect._internal.spec.registry import Registry
from nldissect._internal.wire import linux

Docs = dict[str, str]  # by set and name, or by operation


def write(folder: Path) -> int:
    """Writes the pages into a folder; how many attributes they have."""
    registry = Registry(use_system=False)
    specs = sorted((file.spec() for file in registry.files()), key=lambda spec: spec.name.lower())
    rows, count = [], 0
    places: dict[str, list[str]] = {}
    for spec in specs:
        lines = list(_page(spec, _docs(spec.file)))
        for constant, shown, name in _constants(spec):
            places.setdefault(constant, []).append(
                f'<a href="{spec.name}.html#set-{html.escape(name)}">{html.escape(spec.name)}</a>'
                f" {html.escape(shown)}"
            )
        (folder / f"{spec.name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
        attributes = sum(len(_attributes(one)) for one in spec.attribute_sets.values())
        count += attributes
        rows.append(
            f"| [{spec.name}]({spec.name}.md) | {_protocol(spec)} | {len(operations_of(spec))} "
            f"| {attributes} |"
        )
    head = [
        "# Reference",
        "",
        "Every protocol that nldissect decodes, made from the dissectors when this site is built:",
        "operations, attributes with number, type and C constant, structs and enumerations. A name",
        "or a constant is what [filters](../docs/filter.md) and columns take; the search of this",
        "site knows them all, and [so does one page](constants.md).",
        "",
        "| dissector | protocol | operations | attributes |",
        "|---|---|---:|---:|",
    ]
    (folder / "constants.md").write_text("\n".join(_index(places)), encoding="utf-8")
    (folder / "index.md").write_text("\n".join([*head, *rows, ""]), encoding="utf-8")
    return count


def _constants(spec: model.Spec) -> Iterator[tuple[str, str, str]]:
    """The C constants of all attributes: each with type and set."""
    for name, attributes in spec.attribute_sets.items():
        for _, one in _attributes(attributes):
            if one.constant:
                yield one.constant, one.shown, name


def _index(places: dict[str, list[str]]) -> Iterator[str]:
    """The page of all constants, by name."""
    yield from ("---", "orphan: true", "---", "", "# Constants of attributes", "")
    yield from ("[Reference](index.md)", "")
    yield _table(("constant", "dissector and type"), [
        (_code(constant), ", ".join(dict.fromkeys(found)))
        for constant, found in sorted(places.items())
    ], "constants")  # fmt: skip


def _protocol(spec: model.Spec) -> str:
    if spec.protonum is None:
        return "generic netlink"
    return f"{linux.protocol_name(spec.protonum)} ({spec.protonum})"


def _docs(file: str) -> Docs:
    """What the spec says of its sets, attributes and operations."""
    found: Docs = {}
    raw = {} if file.endswith(".py") else specfile.load(file)
    for one in _maps(raw.get("attribute-sets")):
        for attribute in _maps(one.get("attributes")):
            if attribute.get("doc"):
                found[f"{one.get('name')}.{attribute.get('name')}"] = str(attribute["doc"])
    operations = raw.get("operations")
    for one in _maps(operations.get("list") if isinstance(operations, dict) else None):
        if one.get("doc"):
            found[str(one.get("name"))] = str(one["doc"])
    return found


def _maps(value: Any) -> Iterator[dict[str, Any]]:
    yield from (one for one in whole(value) or () if isinstance(one, dict))


def _page(spec: model.Spec, docs: Docs) -> Iterator[str]:
    protocol = _protocol(spec)
    number = "" if spec.protonum is None else f" `{linux.NETLINK_PROTOCOL.get(spec.protonum, '')}`"
    # In no table of contents: with a hundred pages that takes longer than all the rest.
    yield from ("---", "orphan: true", "---", "")
    yield from (
        f"# {spec.name}",
        "",
        "[Reference](index.md)",
        "",
        f"Protocol: {protocol}{number}.",
        "",
    )
    operations = operations_of(spec)
    if operations:
        yield from ("## Operations", "")
        yield _table(("number", "name", "constant", "fixed header", "attributes", ""), [
            (_numbers(spec, one), _code(one.name), _code(one.constant),
             _struct(one.header, spec), _set(one.attributes, spec), _words(docs, one.name))
            for one in operations
        ], "operations")  # fmt: skip
    for name, attributes in spec.attribute_sets.items():
        fields = _attributes(attributes)
        if fields:
            yield from (f"## Attributes: {name}", "")
            yield _table(("number", "name", "constant", "type", ""), [
                (str(number), _code(one.name), _code(one.constant), _type(one, spec),
                 _words(docs, f"{name}.{one.name}"))
                for number, one in fields
            ], f"set-{name}")  # fmt: skip
    for name, one in spec.sub_messages.items():
        yield from (f"## Selected by value: {name}", "")
        yield _table(("value", "attributes", "header"), [
            (_code(str(value)), _set(form.attributes, spec), _struct(form.header, spec))
            for value, form in one.formats.items() if form is not None
        ], f"selected-{name}")  # fmt: skip
    for name, struct in spec.structs.items():
        yield from (f"## Struct: {name}", "")
        yield _table(("member", "type", "bytes"), [
            (_code(member.name), _type(member, spec), str(member.size or ""))
            for member in struct.members if member.kind != model.PAD
        ], f"struct-{name}")  # fmt: skip
    for name, enum in spec.enums.items():
        if enum.names:
            yield from (f"## {'Flags' if enum.flags else 'Values'}: {name}", "")
            yield _table(("value", "name", "constant"), [
                (hex(value) if enum.flags else str(value), _code(text),
                 _code(enum.constants[value]))
                for value, text in enum.names.items()
            ], f"enum-{name}")  # fmt: skip


def _attributes(attributes: model.AttributeSet) -> list[tuple[int, model.Field]]:
    return [(n, one) for n, one in attributes.ensure().items() if one.kind != model.PAD]


def _numbers(spec: model.Spec, operation: model.Operation) -> str:
    """The message types or commands of an operation, of requests and of answers."""
    every = [*spec.requests.items(), *spec.replies.items()]
    return ", ".join(map(str, sorted({number for number, one in every if one is operation})))


def _type(field: model.Field, spec: model.Spec) -> str:
    """The type with what it refers to, a link where that is on the page."""
    inner = field.element or field
    text = html.escape(field.shown + (f" of {inner.shown}" if field.element is not None else ""))
    for what in (field, inner):
        if what.nested is not None:
            return f"{text} {_set(what.nested, spec)}"
        if what.sub_message is not None:
            return f"{text} by {_here('selected', what.sub_message.name, spec.sub_messages)}"
        if what.struct is not None:
            return f"{text} {_struct(what.struct, spec)}"
        if what.enum is not None and what.enum.name:
            known = {name for name, enum in spec.enums.items() if enum.names}
            return f"{text} {_here('enum', what.enum.name, known)}"
    return text + {True: ", big-endian", False: ", little-endian", None: ""}[field.big]


def _set(attributes: model.AttributeSet | None, spec: model.Spec) -> str:
    if attributes is None:
        return ""
    known = {name for name, one in spec.attribute_sets.items() if _attributes(one)}
    return _here("set", attributes.name, known)


def _struct(struct: model.Struct | None, spec: model.Spec) -> str:
    return "" if struct is None else _here("struct", struct.name, spec.structs)


def _here(kind: str, name: str, known: Container[str]) -> str:
    """A name, as a link if its table is on the page."""
    shown = html.escape(name)
    return f'<a href="#{kind}-{shown}">{shown}</a>' if name in known else _code(name)


def _code(text: str | None) -> str:
    return f"<code>{html.escape(text)}</code>" if text else ""


def _words(docs: Docs, name: str) -> str:
    return html.escape(" ".join(docs.get(name, "").split()))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]], anchor: str) -> str:
    """A table without empty columns; as HTML, since so many in Markdown take sphinx a minute."""
    used = [i for i in range(len(head)) if any(row[i] for row in rows)]
    # The spaces between cells part their words for the search, which takes tags out.
    lines = [
        f'<div class="table-wrapper" id="{html.escape(anchor)}"><table class="docutils"><thead>'
    ]
    lines.append("<tr>" + " ".join([f"<th>{head[i]}</th>" for i in used]) + "</tr></thead><tbody>")
    lines += ["<tr>" + " ".join([f"<td>{row[i]}</td>" for i in used]) + "</tr>" for row in rows]
    return "\n".join([*lines, "</tbody></table></div>", ""])
