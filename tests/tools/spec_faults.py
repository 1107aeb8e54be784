"""Report where the kernel's netlink specs disagree with its headers and with our dissectors.

Usage: python spec_faults.py SPECS INCLUDE [SPEC]...

SPECS is a folder of the kernel's specs (Documentation/netlink/specs), INCLUDE its include/uapi.
Numbers of attributes, operations, entries and multicast groups are compared with the headers' by
the names of their constants; types, byte orders, multi-attr, nested sets and structs with those of
the built-in dissector that has the same constant. The latter is a list of suspects: which of the
two is right, the kernel's source says. What it says goes into docs/kernel-spec-faults.md and
nldissect/_internal/spec/overlay.py. `--corrected` applies the latter first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import uapi_report
from nldissect._internal.spec import model, overlay, registry, specfile, ynl

HEADERS = ("*.h", "*/*.h", "../drm/*.h")
# Specs without the headers' prefixes: their sets are compared with what is most like them in these.
NAMELESS = {
    "conntrack": ("netfilter/nfnetlink_conntrack.h", "netfilter/nf_conntrack_*.h"),
    "nftables": ("netfilter/nf_tables*.h",),
}


def numbers(facts: uapi_report.Facts) -> dict[str, int]:
    """Every constant of the headers that has a number."""
    out: dict[str, int] = {}
    for block in (*facts.defines, *facts.enums):
        out.update({name: value for name, value in block.values.items() if value is not None})
    return out


def attributes(spec: model.Spec) -> Iterator[tuple[str, model.Field]]:
    """Every attribute of a spec, with where it is."""
    for one in spec.attribute_sets.values():
        for field in one.ensure().values():
            yield f"{one.name}.{field.name}", field


def built_in() -> dict[str, model.Field]:
    """The built-in dissectors' attributes by constant."""
    out: dict[str, model.Field] = {}
    for entry in registry.Registry(use_system=False).files():
        for _, field in attributes(entry.spec()):
            if field.constant:
                out.setdefault(field.constant, field)
    return out


def _numbered(spec: model.Spec, raw: dict[str, Any]) -> Iterator[tuple[str, str | None, int]]:
    """What of a spec has a number: where, constant, number."""
    for where, field in attributes(spec):
        yield where, field.constant, field.number
    for operation in spec.operations.values():
        number = operation.request if operation.request is not None else operation.reply
        if number is not None and (operation.request is None) == operation.is_event:
            yield f"operations.{operation.name}", operation.constant, number
    for item in raw.get("definitions", ()):
        if item["type"] == "enum" and "entries" in item:
            known = uapi_report.Known()
            uapi_report._learn_enum(known, item["name"], item)
            for constant, found in known.numbers.items():
                yield item["name"], constant, min(found)


def layout(field: model.Field | None) -> str:
    """How the bytes of an attribute are laid out, in words."""
    if field is None:
        return ""
    out = model.KIND_NAMES[field.kind]
    if field.kind in (model.INDEXED, model.TYPE_VALUE, model.SUB_MESSAGE):
        out = {v: k for k, v in model.KINDS.items()}[field.kind]
    if field.kind in (model.INDEXED, model.ARRAY):
        out += f" of {layout(field.element)}"
    if field.kind <= model.LAST_SCALAR and field.width != 1 and field.big:
        out += " big-endian"
    return out + (" multi-attr" if field.multi else "")


def faults(
    raw: dict[str, Any], file: str, known: dict[str, int], facts: uapi_report.Facts
) -> Iterator[str]:
    """The numbers of one spec that are not the headers'."""
    spec = ynl.build(raw, file, {})
    nameless: dict[str, dict[str, int]] = {}  # of sets and enumerations whose prefix is no header's
    for where, constant, number in _numbered(spec, raw):
        right = known.get(constant or "", number)
        if spec.protonum == 12:
            right, number = right & 0xFF, number & 0xFF
        if spec.name not in NAMELESS or where.startswith("operations."):
            if right != number:
                yield f"{where}: {constant} is {right}, the spec has {number}"
        else:
            group, _, name = where.partition(".")
            nameless.setdefault(group, {})[plain(name or constant or "")] = number
    for group, names in nameless.items():
        block = like(names, facts, group in spec.attribute_sets)
        if block is None:
            yield f"{group}: like no enumeration of the headers"
            continue
        for name, number in names.items():
            found = {c: n for c, n in block.values.items() if plain(c).endswith(name)}
            if not found:
                first = next(iter(block.values))
                yield f"{group}.{name} ({number}): nothing like it beside {first}"
            elif number not in found.values():
                yield f"{group}.{name} is {found}, the spec has {number}"


def plain(name: str) -> str:
    """A name as it is compared where prefixes differ."""
    return name.upper().replace("-", "").replace("_", "")


def like(names: dict[str, int], facts: uapi_report.Facts, is_set: bool) -> uapi_report.Block | None:
    """The enumeration of the headers that has the most of these names at the ends of its own."""
    best, most = None, len(names) * 0.4
    for block in facts.enums:
        if is_set != next(iter(block.values)).startswith(("NFTA_", "CTA_")):
            continue
        constants = {plain(c): n for c, n in block.values.items()}
        hits = -0.01 * len(constants)
        for name, number in names.items():
            hits += sum(0.5 + 0.5 * (n == number) for c, n in constants.items() if c.endswith(name))
        if hits >= most:
            best, most = block, hits
    return best


def suspects(raw: dict[str, Any], file: str, ours: dict[str, model.Field]) -> Iterator[str]:
    """The attributes of one spec that the built-in dissector reads in another way."""
    for where, field in attributes(ynl.build(raw, file, {})):
        other = ours.get(field.constant or "")
        if other is not None and layout(other) != layout(field):
            yield f"{where}: {field.constant} is {layout(other)} here, {layout(field)} in the spec"


def main(specs: str, include: str, *names: str) -> int:
    """Prints the report; 1 where a number is wrong."""
    known, ours = numbers(uapi_report.read(Path(include), HEADERS)), built_in()
    status = 0
    for file in sorted(Path(specs).glob("*.yaml")):
        if names and file.stem not in names:
            continue
        raw = specfile.parse(str(file))
        if "--corrected" in sys.argv:
            raw = overlay.corrected(raw)
        facts = uapi_report.read(Path(include), NAMELESS.get(file.stem, ()))
        wrong = list(faults(raw, str(file), known, facts))
        print(f"== {file.stem}")
        print("\n".join([*wrong, *(f"? {line}" for line in suspects(raw, str(file), ours))]))
        status |= bool(wrong)
    return status


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--corrected"]
    if len(arguments) < 2:
        sys.exit(__doc__)
    sys.exit(main(*arguments))
