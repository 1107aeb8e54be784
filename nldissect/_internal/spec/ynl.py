"""A spec in the kernel's YNL format (a plain mapping) into the model of `spec`.

Numbering follows the format's rules: attributes and operations count from 1,
enumerations from 0 or `value-start`, `value` restarts the count, subsets
inherit their parent's numbers, unified operations share one counter and
directional ones have two. Keys that start with `x-` are this project's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..wire import linux
from ..wire.errors import SpecError
from . import model

Fault = Callable[[str, str], None]
Hooks = Mapping[str, Callable[..., Any]]

ATTRIBUTE_MAX = 0x3FFF  # the two bits above it are flags
LEVELS = ("genetlink", "genetlink-c", "genetlink-legacy", "netlink-raw")
HINTS = frozenset(
    (
        "hex",
        "mac",
        "fddi",
        "ipv4",
        "ipv6",
        "ipv4-or-v6",
        "uuid",
        "ifindex",
        "lladdr",
        "address",
        "family-id",
        "nsid",
        "mpls",
    )
)
HINT_SIZES = {"mac": 6, "fddi": 6, "ipv4": 4, "ipv6": 16, "uuid": 16}
SHOWN_HINTS = {"mac": "mac", "ipv4": "ipv4", "ipv6": "ipv6", "uuid": "uuid", "fddi": "mac"}
LIMITS = {
    f"{sign}{bits}-{end}": value
    for bits in (8, 16, 32, 64)
    for sign, end, value in (
        ("u", "max", (1 << bits) - 1),
        ("u", "min", 0),
        ("s", "max", (1 << (bits - 1)) - 1),
        ("s", "min", -(1 << (bits - 1))),
    )
}
CLASSES = {"get": model.CLASS_GET, "new": model.CLASS_NEW, "delete": model.CLASS_DELETE}
GET_WORDS = frozenset(("get", "dump", "list", "show", "read", "query"))
DELETE_WORDS = frozenset(("del", "delete", "destroy", "flush", "remove", "rem", "rm"))
NEW_WORDS = frozenset(("new", "add", "set", "create", "replace", "update", "change", "act"))

# What elements of an array do not have from it.
OF_THE_WHOLE = frozenset(("sub-type", "x-sub-type", "x-hook", "x-rest"))
# What the forms of an attribute have from it.
SHARED_BY_FORMS = frozenset(("name", "x-constant", "multi-attr", "name-prefix"))

_enums: dict[str, model.Enum] = {}


def linux_enum(name: str) -> model.Enum | None:
    """One of Linux's own tables as an enumeration, None if there is no such table."""
    found = _enums.get(name)
    if found is None and name in linux.ENUMS:
        prefix, values = linux.ENUMS[name]
        found = model.Enum(name, False)
        for value, constant in values.items():
            found.add(value, linux.entry_name(prefix, constant), constant)
        _enums[name] = found
    return found


def classify(name: str) -> int:
    """What the flag bits 0x0f00 mean for an operation of this name (linux/netlink.h)."""
    words = name.split("-")
    for prefix, request_class in (
        ("get", model.CLASS_GET),
        ("del", model.CLASS_DELETE),
        ("new", model.CLASS_NEW),
    ):
        if name.startswith(prefix):
            return request_class
    for word in (words[-1], words[0]):
        if word in GET_WORDS:
            return model.CLASS_GET
        if word in DELETE_WORDS:
            return model.CLASS_DELETE
        if word in NEW_WORDS:
            return model.CLASS_NEW
    return model.CLASS_NEW if name.startswith("set") else model.CLASS_GET


def _c_name(prefix: str, name: str) -> str:
    return (prefix + name).upper().replace("-", "_")


def _given(owner: Mapping[str, Any], key: str, default: str) -> str:
    """A text that may be empty, or the default where nothing is given."""
    value = owner.get(key)
    return default if value is None else str(value)


def is_true(value: object) -> bool:
    """Whether a key is switched on; the YAML reader leaves `yes` and `no` as they are."""
    return value is True or str(value).lower() in ("yes", "on", "true")


class _Builder:
    """Turns one mapping into one Spec; every fault goes to `fault(path, reason)`."""

    def __init__(self, raw: Mapping[str, Any], file: str, hooks: Hooks, fault: Fault) -> None:
        self.raw = raw
        self.hooks = hooks
        self.fault = fault
        level = raw.get("protocol", "genetlink")
        self.family = str(raw.get("name", ""))
        self.spec = model.Spec(self.family, str(level), file)
        self.consts: dict[str, int] = {}
        self.definitions: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self.raw_sets: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self.unfinished: list[str] = []  # structs that are being built

    # -- small readers ---------------------------------------------------

    def items(self, owner: Mapping[str, Any], key: str, path: str) -> list[tuple[str, Any]]:
        """The mappings of a list with their paths; anything else is a fault."""
        value = owner.get(key)
        if value is None:
            return []
        where = f"{path}{key}"
        if not isinstance(value, list):
            self.fault(where, "must be a list")
            return []
        out = []
        for i, item in enumerate(value):
            if isinstance(item, str):
                item = {"name": item}
            if not isinstance(item, dict):
                self.fault(f"{where}[{i}]", "must be a mapping")
            else:
                out.append((f"{where}[{i}]", item))
        return out

    def texts(self, value: object, path: str) -> list[str]:
        """The entries of a list of names or values; anything else is a fault."""
        if not isinstance(value, list):
            self.fault(path, "must be a list")
            return []
        return [str(entry) for entry in value]

    def name_of(self, item: Mapping[str, Any], path: str) -> str:
        name = item.get("name")
        if not isinstance(name, str) or not name:
            self.fault(f"{path}.name", "a name is needed")
            return "?"
        return name

    def number(self, value: object, path: str) -> int:
        """An integer given as such, as a constant's name, a limit (u16-max) or NAME - 1."""
        if isinstance(value, bool):
            self.fault(path, f"{value!r} is not a number")
            return 0
        if isinstance(value, int):
            return value
        text = str(value).strip()
        try:
            return int(text, 0)
        except ValueError:
            pass
        if text in LIMITS:
            return LIMITS[text]
        if text in self.consts:
            return self.consts[text]
        for sign in ("-", "+"):
            head, op, tail = text.rpartition(f" {sign} ")
            if op and head.strip() in self.consts and tail.strip().isdigit():
                step = int(tail)
                return self.consts[head.strip()] + (step if sign == "+" else -step)
        self.fault(path, f"{text!r} is neither a number nor a constant of this spec")
        return 0

    # -- definitions -----------------------------------------------------

    def read_definitions(self) -> None:
        entries = self.items(self.raw, "definitions", "")
        for path, item in entries:
            name = self.name_of(item, path)
            kind = item.get("type")
            if kind == "const":
                value = item.get("value")
                if isinstance(value, str) and not value[:1].isdigit() and value not in self.consts:
                    continue  # a constant may be a text, such as a group's name
                self.consts[name] = self.number(value, f"{path}.value")
                self.consts[f"{item.get('name-prefix', '')}{name}"] = self.consts[name]
            elif kind in ("enum", "flags", "struct"):
                if name in self.definitions:
                    self.fault(path, f"{name!r} is defined twice")
                self.definitions[name] = (path, item)
            else:
                self.fault(f"{path}.type", f"{kind!r} is not one of const, enum, flags, struct")

    def enum(self, name: str, path: str) -> model.Enum | None:
        found = self.spec.enums.get(name)
        if found is not None:
            return found
        if name not in self.definitions:
            found = linux_enum(name)
            if found is None:
                self.fault(path, f"no enum or flags {name!r} is defined")
            return found
        where, item = self.definitions[name]
        is_flags = item["type"] == "flags"
        if item["type"] == "struct":
            self.fault(path, f"{name!r} is a struct, an enum or flags is needed")
            return None
        found = model.Enum(name, is_flags)
        prefix = item.get("name-prefix")
        if prefix is None:
            prefix = f"{self.family}-{name}-"
        value = self.number(item.get("value-start", 0), f"{where}.value-start")
        for epath, entry in self.items(item, "entries", f"{where}."):
            ename = self.name_of(entry, epath)
            if entry.get("value") is not None:
                value = self.number(entry["value"], f"{epath}.value")
            constant = _given(entry, "x-constant", _c_name(str(prefix), ename))
            if is_flags and not 0 <= value < 64:
                self.fault(f"{epath}.value", f"{value} is no bit number")
            else:
                found.add(1 << value if is_flags else value, ename, constant)
            value += 1
        self.spec.enums[name] = found
        return found

    def struct(self, name: str, path: str) -> model.Struct | None:
        if name in self.unfinished:
            self.fault(path, f"struct {name!r} contains itself")
            return None
        found = self.spec.structs.get(name)
        if found is not None:
            return found
        if name not in self.definitions or self.definitions[name][1]["type"] != "struct":
            self.fault(path, f"no struct {name!r} is defined")
            return None
        where, item = self.definitions[name]
        found = model.Struct(name)
        self.unfinished.append(name)
        for mpath, member in self.items(item, "members", f"{where}."):
            field = self.member(member, mpath)
            if field is not None:
                found.add(field)
        self.unfinished.pop()
        self.spec.structs[name] = found
        return found

    def member(self, item: Mapping[str, Any], path: str) -> model.Field | None:
        name = self.name_of(item, path)
        kind = model.KINDS.get(str(item.get("type")))
        allowed = kind is not None and (
            kind < model.UINT or kind in (model.STRING, model.BINARY, model.PAD, model.BITFIELD32)
        )
        if kind is None or not allowed:
            self.fault(f"{path}.type", f"{item.get('type')!r} is no type of a struct member")
            return None
        field = model.Field(name, None, -1, kind)
        self.details(field, item, path)
        if kind < model.UINT:
            field.size = model.SIZES[kind]
        elif kind == model.BITFIELD32:
            field.size = 8
        elif field.struct is not None and "len" not in item:
            field.size = field.struct.padded
        elif "len" in item:
            field.size = self.number(item["len"], f"{path}.len")
            if field.size < 0:
                self.fault(f"{path}.len", f"{field.size} is no length")
                return None
        else:
            self.fault(path, "a member of this type needs `len`")
        return field

    # -- fields ----------------------------------------------------------

    def details(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        """What attributes and struct members have in common: enum, hint, order, struct."""
        order = item.get("byte-order")
        if order is not None:
            if order not in ("big-endian", "little-endian"):
                self.fault(f"{path}.byte-order", f"{order!r} is not big-endian or little-endian")
            field.big = order == "big-endian"
        key = "x-hint" if "x-hint" in item else "display-hint"
        hint = _given(item, key, "")
        if hint:
            if hint not in HINTS:
                self.fault(f"{path}.{key}", f"{hint!r} is no display hint")
            field.hint = hint
            field.shown = SHOWN_HINTS.get(field.hint, field.shown)
        if item.get("enum") is not None:
            found = self.enum(str(item["enum"]), f"{path}.enum")
            if found is not None:
                field.enum = found.as_flags() if is_true(item.get("enum-as-flags")) else found
                if field.kind <= model.LAST_SCALAR:
                    field.shown = "flags" if field.enum.flags else "enum"
        if item.get("struct") is not None and field.kind != model.INDEXED:  # there its entries are
            if field.kind != model.BINARY:
                self.fault(f"{path}.type", "a struct needs the type binary")
            field.struct = self.struct(str(item["struct"]), f"{path}.struct")
            if field.struct is not None:
                field.kind = model.STRUCT
                field.shown = "struct"
        field.hook = self.hook(item, "x-hook", path)
        field.labeller = self.hook(item, "x-label", path)
        self.more(field, item, path)
        field.unset_in_requests = is_true(item.get("x-unset-in-requests"))
        field.unnamed_beside = _given(item, "x-unnamed-beside", "")
        sub = item.get("sub-type", item.get("x-sub-type"))
        if sub is not None:
            sub_kind = model.KINDS.get(str(sub))
            if sub_kind is None:
                self.fault(f"{path}.sub-type", f"{sub!r} is no attribute type")
                return
            inner = {k: v for k, v in item.items() if k not in OF_THE_WHOLE}
            element = model.Field(field.name, field.constant, -1, sub_kind)
            self.details(element, inner, path)
            element.nested = field.nested
            field.element = element
            if field.kind in (model.BINARY, model.STRUCT):
                field.kind = model.ARRAY
                field.shown = "array"
                if element.struct is not None:
                    element.size = element.struct.padded
                elif sub_kind < model.UINT:
                    element.size = model.SIZES[sub_kind]
                elif element.hint in HINT_SIZES:
                    element.size = HINT_SIZES[element.hint]
                else:
                    self.fault(f"{path}.sub-type", f"{sub!r} has no fixed length in an array")
        elif field.kind == model.INDEXED:
            element = model.Field(field.name, field.constant, -1, model.NEST)
            element.nested = field.nested
            field.element = element

    def hook(self, item: Mapping[str, Any], key: str, path: str) -> Callable[..., Any] | None:
        """The function of HOOKS that a key names."""
        name = item.get(key)
        found = None if name is None else self.hooks.get(str(name))
        if name is not None and found is None:
            self.fault(f"{path}.{key}", f"no hook {name!r} in the Python file beside it")
        return found

    def more(self, field: model.Field, item: Mapping[str, Any], path: str) -> None:
        """What lies behind a struct: something else, or the attributes of one entry of many."""
        for key in ("x-rest", "x-records"):
            if key in item and field.kind != model.STRUCT:
                self.fault(f"{path}.{key}", "needs a struct")
                return
        rest = item.get("x-rest")
        if isinstance(rest, dict):
            where = f"{path}.x-rest"
            kind = model.KINDS.get(str(rest.get("type")))
            if kind is None:
                self.fault(f"{where}.type", f"{rest.get('type')!r} is no attribute type")
                return
            field.tail = model.Field(self.name_of(rest, where), None, -1, kind)
            self.details(field.tail, rest, where)
            field.tail_count = _given(rest, "count", "")
            names = [one.name for one in field.struct.members] if field.struct is not None else []
            if field.tail_count and field.tail_count not in names:
                self.fault(f"{where}.count", f"no member {field.tail_count!r} in the struct")
                field.tail_count = ""
            if field.tail_count and field.tail.kind != model.ARRAY:
                self.fault(f"{where}.count", "only arrays are counted")
                field.tail_count = ""
        elif rest is not None:
            self.fault(f"{path}.x-rest", "must be a mapping")
        field.length_prefixed = is_true(item.get("x-records"))
        if field.length_prefixed:
            head = field.struct.members[:1] if field.struct is not None else []
            if not head or head[0].kind != model.U16:
                self.fault(f"{path}.x-records", "the struct must begin with a u16, its length")
                field.length_prefixed = False

    def attribute(
        self, item: Mapping[str, Any], path: str, prefix: str, set_name: str, number: int
    ) -> model.Field:
        name = self.name_of(item, path)
        type_name = item.get("type")
        kind = model.KINDS.get(str(type_name))
        if kind is None:
            self.fault(f"{path}.type", f"{type_name!r} is no attribute type")
            kind = model.UNKNOWN
        prefix = _given(item, "name-prefix", prefix)
        constant = _given(item, "x-constant", _c_name(prefix, name))
        field = model.Field(name, constant, number, kind)
        field.path = f"{self.family}.{set_name}.{name}"
        field.multi = is_true(item.get("multi-attr"))
        nested = item.get("nested-attributes")
        if nested is not None:
            field.nested = self.spec.attribute_sets.get(str(nested))
            if field.nested is None:
                self.fault(f"{path}.nested-attributes", f"no attribute set {nested!r}")
        elif kind in (model.NEST, model.TYPE_VALUE):
            self.fault(path, f"type {type_name} needs `nested-attributes`")
        self.details(field, item, path)
        if kind == model.TYPE_VALUE:
            values = item.get("type-value")
            if not isinstance(values, list) or not values:
                self.fault(f"{path}.type-value", "a list of names is needed")
                values = ["value"]
            field.type_values = tuple(str(v) for v in values)
        if kind == model.SUB_MESSAGE:
            wanted = str(item.get("sub-message"))
            field.sub_message = self.spec.sub_messages.get(wanted)
            if field.sub_message is None:
                self.fault(f"{path}.sub-message", f"no sub-message {wanted!r}")
            if "x-selectors" in item:
                field.selectors = tuple(self.texts(item["x-selectors"], f"{path}.x-selectors"))
            elif item.get("selector"):
                field.selectors = (str(item["selector"]),)
            field.flat = is_true(item.get("x-flat"))
            if not field.selectors:
                self.fault(f"{path}.selector", "a sub-message needs a selector")
        if isinstance(item.get("checks"), dict):
            field.checks = self.checks(item["checks"], f"{path}.checks")
            field.unterminated = field.checks.unterminated
        if isinstance(item.get("x-request"), dict):
            other = {k: v for k, v in item.items() if k != "x-request"}
            if "type" in item["x-request"]:
                for key in ("struct", "sub-type", "nested-attributes"):
                    other.pop(key, None)
            other.update(item["x-request"])
            field.request = self.attribute(other, f"{path}.x-request", prefix, set_name, number)
        plain = {k: v for k, v in item.items() if k in SHARED_BY_FORMS}
        for where, form in self.items(item, "x-forms", f"{path}."):
            made = self.attribute({**plain, **form}, where, prefix, set_name, number)
            field.forms.append(self.form(form, where, made))
        return field

    def form(self, item: Mapping[str, Any], path: str, field: model.Field) -> model.PayloadForm:
        """When a field reads as `field`."""
        return model.PayloadForm(
            field,
            self.number(item.get("size", 0), f"{path}.size"),
            is_true(item.get("in-requests")),
            _given(item, "beside", ""),
            self.number(item.get("least", 0), f"{path}.least"),
        )

    def checks(self, item: Mapping[str, Any], path: str) -> model.Checks:
        out = model.Checks()
        for key, value in item.items():
            where = f"{path}.{key}"
            if key == "unterminated-ok":
                out.unterminated = is_true(value)
            elif key == "flags-mask":
                enum = self.enum(str(value), where)
                if enum is not None:
                    out.flags_mask = 0
                    for mask in enum.as_flags().names:
                        out.flags_mask |= mask
            elif key in ("min", "max", "exact-len", "min-len", "max-len"):
                setattr(out, key.replace("-", "_"), self.number(value, where))
            else:
                self.fault(where, f"{key!r} is no check")
        return out

    # -- attribute sets and sub-messages ----------------------------------

    def read_sets(self) -> None:
        for path, item in self.items(self.raw, "attribute-sets", ""):
            name = self.name_of(item, path)
            if name in self.raw_sets:
                self.fault(path, f"attribute set {name!r} is defined twice")
            self.raw_sets[name] = (path, item)
            aset = model.AttributeSet(name, self.family)
            aset.fill = partial(self.fill, aset)
            self.spec.attribute_sets[name] = aset

    def fill(self, aset: model.AttributeSet) -> None:
        path, item = self.raw_sets[aset.name]
        parent_name = item.get("subset-of")
        parent: Mapping[str, tuple[int, Mapping[str, Any]]] = {}
        if parent_name is not None:
            if parent_name not in self.raw_sets:
                self.fault(f"{path}.subset-of", f"no attribute set {parent_name!r}")
                return
            parent = self.numbered(str(parent_name))
        prefix = self.set_prefix(str(parent_name or aset.name))
        aset.prefix = prefix
        seen: dict[int, str] = {}
        for apath, (number, attr) in zip(
            self.attribute_paths(aset.name), self.numbered(aset.name).values(), strict=False
        ):
            merged = dict(attr)
            if parent_name is not None:
                name = str(attr.get("name"))
                if name not in parent:
                    self.fault(apath, f"{parent_name!r} has no attribute {name!r}")
                    continue
                number = parent[name][0]
                merged = {**parent[name][1], **attr}
            name = str(attr.get("name"))
            if seen.get(number) == name and parent_name is not None:
                continue  # a subset may name one twice, as devlink's do
            if number in seen:
                self.fault(apath, f"number {number} is already {seen[number]!r}")
                continue
            if not 0 <= number <= ATTRIBUTE_MAX:
                self.fault(apath, f"{number} is no attribute number")
                continue
            seen[number] = name
            aset.add(self.attribute(merged, apath, prefix, aset.name, number))

    def set_prefix(self, name: str) -> str:
        item = self.raw_sets[name][1]
        prefix = item.get("name-prefix")
        if prefix is not None:
            return str(prefix)
        return f"{self.family}-a-" if name == self.family else f"{self.family}-a-{name}-"

    def attribute_paths(self, name: str) -> list[str]:
        path, item = self.raw_sets[name]
        return [p for p, _ in self.items(item, "attributes", f"{path}.")]

    def numbered(self, name: str) -> dict[str, tuple[int, Mapping[str, Any]]]:
        """The raw attributes of a set by name, with their numbers."""
        path, item = self.raw_sets[name]
        out: dict[str, tuple[int, Mapping[str, Any]]] = {}
        value = 1
        for apath, attr in self.items(item, "attributes", f"{path}."):
            if "value" in attr:
                value = self.number(attr["value"], f"{apath}.value")
            key = self.name_of(attr, apath)
            if key in out:
                if item.get("subset-of") is None:
                    self.fault(apath, f"attribute {key!r} is defined twice")
                key = f"{key}#{len(out)}"
            out[key] = (value, attr)
            value += 1
        return out

    def read_sub_messages(self) -> None:
        entries = self.items(self.raw, "sub-messages", "")
        for path, item in entries:
            name = self.name_of(item, path)
            self.spec.sub_messages[name] = model.SubMessage(name)
        for path, item in entries:
            sub = self.spec.sub_messages[self.name_of(item, path)]
            for fpath, form in self.items(item, "formats", f"{path}."):
                header = attributes = None
                if form.get("fixed-header") is not None:
                    header = self.struct(str(form["fixed-header"]), f"{fpath}.fixed-header")
                if form.get("attribute-set") is not None:
                    attributes = self.set_of(form["attribute-set"], f"{fpath}.attribute-set")
                shape = model.Format(header, attributes)
                variants = form.get("x-variants", {})
                if not isinstance(variants, dict):
                    self.fault(f"{fpath}.x-variants", "must be a mapping")
                    variants = {}
                for value, other in variants.items():
                    where = f"{fpath}.x-variants"
                    struct = self.struct(str(other), where)
                    if struct is not None:
                        shape.variants[self.number(value, where)] = struct
                default = is_true(form.get("x-default"))
                if default:
                    sub.default = shape
                values: list[str] = []
                if "x-values" in form:
                    values = self.texts(form["x-values"], f"{fpath}.x-values")
                if "value" in form:
                    values.append(str(form["value"]))
                elif not values and not default:
                    self.fault(fpath, "a format needs a value")
                for value in values:
                    sub.formats[value] = shape

    def set_of(self, name: object, path: str) -> model.AttributeSet | None:
        found = self.spec.attribute_sets.get(str(name))
        if found is None:
            self.fault(path, f"no attribute set {str(name)!r}")
        return found

    # -- operations ------------------------------------------------------

    def read_operations(self) -> None:
        ops = self.raw.get("operations")
        if ops is None:
            return
        if not isinstance(ops, dict):
            self.fault("operations", "must be a mapping")
            return
        directional = ops.get("enum-model", "unified") == "directional"
        prefix = _given(ops, "name-prefix", f"{self.family}-cmd-")
        async_prefix = _given(ops, "async-prefix", prefix)
        family_header = None
        if ops.get("fixed-header") is not None:
            family_header = self.struct(str(ops["fixed-header"]), "operations.fixed-header")
        request_next = reply_next = 1
        raw_ops = {str(i.get("name")): i for _, i in self.items(ops, "list", "operations.")}
        replies_later: list[tuple[int, model.Operation]] = []
        for path, item in self.items(ops, "list", "operations."):
            name = self.name_of(item, path)
            if name in self.spec.operations:
                self.fault(path, f"operation {name!r} is defined twice")
            is_event = "event" in item or "notify" in item
            constant = _c_name(async_prefix if is_event else prefix, name)
            op = model.Operation(name, _given(item, "x-constant", constant))
            op.is_event = is_event
            op.group = str(item.get("mcgrp", ""))
            op.summary = str(item.get("x-summary", self.raw.get("x-summary", "")))
            op.request_class = classify(name)
            if "x-class" in item:
                op.request_class = CLASSES.get(str(item["x-class"]), op.request_class)
                if item["x-class"] not in CLASSES:
                    self.fault(f"{path}.x-class", f"not one of {', '.join(CLASSES)}")
            source = item
            if item.get("notify") is not None:
                source = raw_ops.get(str(item["notify"]), item)
                if source is item:
                    self.fault(f"{path}.notify", f"no operation {item['notify']!r}")
            aset = item.get("attribute-set", source.get("attribute-set"))
            if aset is not None:
                op.attributes = self.set_of(aset, f"{path}.attribute-set")
            header = item.get("fixed-header", source.get("fixed-header"))
            op.header = family_header
            if header is not None:
                op.header = self.struct(str(header), f"{path}.fixed-header")
            op.hook = self.hook(item, "x-hook", path)
            self.read_legal(op, item)
            if "value" in item:
                value = self.number(item["value"], f"{path}.value")
                request_next = reply_next = value
            if directional:
                if is_event:
                    op.reply = reply_next
                    reply_next += 1
                else:
                    mode = item.get("do") or item.get("dump") or {}
                    where = f"{path}.{'do' if item.get('do') else 'dump'}"
                    if not isinstance(mode, dict):
                        self.fault(where, "must be a mapping")
                        mode = {}
                    request, reply = mode.get("request"), mode.get("reply")
                    if isinstance(request, dict) and "value" in request:
                        request_next = self.number(request["value"], f"{where}.request.value")
                    if isinstance(reply, dict) and "value" in reply:
                        reply_next = self.number(reply["value"], f"{where}.reply.value")
                    op.request = request_next
                    request_next += 1
                    if "reply" in mode:
                        op.reply = reply_next
                        reply_next += 1
            else:
                value = request_next
                request_next += 1
                op.reply = value
                op.request = None if is_event else value
            self.spec.operations[name] = op
            if op.request is not None:
                self.spec.requests.setdefault(op.request, op)
            if op.reply is not None:
                if directional and not is_event:
                    replies_later.append((op.reply, op))
                else:
                    self.spec.replies.setdefault(op.reply, op)
        # Raw protocols number both directions alike, so the request's name serves the reply.
        if self.spec.level == "netlink-raw":
            for number, op in self.spec.requests.items():
                self.spec.replies[number] = op
        for number, op in replies_later:
            if number not in self.spec.replies:
                self.spec.replies[number] = self.reply_of(op, number)

    def read_groups(self) -> None:
        for gpath, group in self.items(self.mapping("mcast-groups"), "list", "mcast-groups."):
            value = group.get("value")
            number_or_none = None if value is None else self.number(value, f"{gpath}.value")
            self.spec.groups[self.name_of(group, gpath)] = number_or_none

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self.raw.get(key) or {}
        if not isinstance(value, dict):
            self.fault(key, "must be a mapping")
            return {}
        return value

    def reply_of(self, op: model.Operation, number: int) -> model.Operation:
        """The answer to `op`, where it has a number of its own."""
        if op.request == number:
            return op
        out = model.Operation(f"{op.name}-reply", f"{op.constant}_REPLY")
        out.reply = number
        out.attributes, out.header, out.request_class = op.attributes, op.header, op.request_class
        out.listed_attributes, out.summary = op.listed_attributes, op.summary
        return out

    def read_legal(self, op: model.Operation, item: Mapping[str, Any]) -> None:
        for mode in ("do", "dump", "event"):
            part = item.get(mode)
            if not isinstance(part, dict):
                continue
            for direction in ("request", "reply"):
                listed = part.get(direction)
                if isinstance(listed, dict) and isinstance(listed.get("attributes"), list):
                    op.listed_attributes[mode, direction] = tuple(
                        str(a) for a in listed["attributes"]
                    )
            if isinstance(part.get("attributes"), list):
                op.listed_attributes[mode, "reply"] = tuple(str(a) for a in part["attributes"])

    def build(self) -> model.Spec:
        if not self.family or not isinstance(self.raw.get("name"), str):
            self.fault("name", "a protocol needs a name")
        if self.spec.level not in LEVELS:
            self.fault("protocol", f"{self.spec.level!r} is not one of {', '.join(LEVELS)}")
        if self.spec.level == "netlink-raw":
            self.spec.protonum = self.number(self.raw.get("protonum", -1), "protonum")
            if self.spec.protonum < 0:
                self.fault("protonum", "a raw protocol needs its number")
        if "version" in self.raw:
            self.spec.version = self.number(self.raw["version"], "version")
        self.read_definitions()
        self.read_sets()
        self.read_sub_messages()
        self.read_operations()
        self.read_groups()
        return self.spec


def build(raw: object, file: str, hooks: Hooks | None = None) -> model.Spec:
    """The spec in `raw` (as YAML gave it); raises SpecError at the first fault met.

    Attribute sets are resolved on first use; faults found then go to the
    spec's `faults`, and the rest of the set works.
    """

    def fault(path: str, reason: str) -> None:
        raise SpecError(file, reason, path)

    if not isinstance(raw, dict):
        raise SpecError(file, "not a spec: the file is no mapping")
    builder = _Builder(raw, file, {} if hooks is None else hooks, fault)
    spec = builder.build()

    def late(path: str, reason: str) -> None:
        spec.faults.append(SpecError(file, reason, path))

    builder.fault = late
    spec.struct = lambda name: builder.struct(name, "")
    return spec


def check(raw: object, file: str, hooks: Hooks | None = None) -> list[tuple[str, str]]:
    """Every fault of a spec as (path, reason); builds all of it."""
    faults: list[tuple[str, str]] = []
    if not isinstance(raw, dict):
        return [("", "not a spec: the file is no mapping")]

    def fault(path: str, reason: str) -> None:
        faults.append((path, reason))

    builder = _Builder(raw, file, {} if hooks is None else hooks, fault)
    spec = builder.build()
    for aset in spec.attribute_sets.values():
        aset.ensure()
    for name, (path, item) in builder.definitions.items():
        if item["type"] == "struct":
            builder.struct(name, path)
        else:
            builder.enum(name, path)
    return list(dict.fromkeys(faults))
