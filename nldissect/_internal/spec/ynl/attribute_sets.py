"""`attribute-sets` and `sub-messages` of a spec.

Attributes count from 1, `value` restarts the count, subsets inherit their parent's numbers.
The attributes of a set are listed on first use, and each made when it is met.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .. import model
from .document import Document, given, is_true, set_prefix
from .fields import FieldReader, is_leaf, names_of

ATTRIBUTE_MAX = 0x3FFF  # the two bits above it are flags


class AttributeSetReader:
    """The sets of one spec, and the sub-messages, whose formats are of them."""

    def __init__(self, document: Document, fields: FieldReader, spec: model.Spec) -> None:
        self.document = document
        self.fields = fields
        self.spec = spec
        self._raw: dict[str, tuple[str, Mapping[str, Any]]] = {}  # path, and as YAML gave it

    def read(self) -> None:
        """Takes in the sets, which stay unread until they are used, and the sub-messages."""
        document = self.document
        for path, item in document.items(document.raw, "attribute-sets", ""):
            name = document.name_of(item, path)
            if name in self._raw:
                document.fault(path, f"attribute set {name!r} is defined twice")
            self._raw[name] = (path, item)
            made = model.AttributeSet(name, document.family)
            if "x-elements" in item:
                made.layout = self._layout(item["x-elements"], f"{path}.x-elements")
            made.fill = partial(self._list, made)
            self.spec.attribute_sets[name] = made
        entries = document.items(document.raw, "sub-messages", "")
        for path, item in entries:
            name = document.name_of(item, path)
            self.spec.sub_messages[name] = model.SubMessage(name)
        for path, item in entries:
            sub = self.spec.sub_messages[document.name_of(item, path)]
            for where, form in document.items(item, "formats", f"{path}."):
                self._read_format(sub, form, where)

    def _layout(self, word: object, path: str) -> int:
        """How what a set describes is laid out (`x-elements`)."""
        found = model.LAYOUTS.get(str(word))
        if found is None:
            self.document.fault(path, f"{word!r} is not {' or '.join(model.LAYOUTS)}")
            return model.ATTRIBUTES
        return found

    def named(self, name: object, path: str) -> model.AttributeSet | None:
        """The set of this name."""
        found = self.spec.attribute_sets.get(str(name))
        if found is None:
            self.document.fault(path, f"no attribute set {str(name)!r}")
        return found

    def _list(self, attributes: model.AttributeSet) -> None:
        """Lists the attributes of a set; of a subset they are the parent's with changes."""
        fault = self.document.fault
        name = attributes.name
        path, item = self._raw[name]
        parent_name = item.get("subset-of")
        parent: Mapping[str, tuple[str, int, Mapping[str, Any]]] = {}
        if parent_name is not None:
            if parent_name not in self._raw:
                fault(f"{path}.subset-of", f"no attribute set {parent_name!r}")
                return
            parent = self._numbered(str(parent_name))
        prefix = self._prefix(str(parent_name or name))
        listed: dict[int, tuple[str, Mapping[str, Any]]] = {}
        for where, number, attribute in self._numbered(name).values():
            own = str(attribute.get("name"))
            if parent_name is not None:
                if own not in parent:
                    fault(where, f"{parent_name!r} has no attribute {own!r}")
                    continue
                _, number, inherited = parent[own]
                attribute = {**inherited, **attribute}
            if number in listed:
                there = str(listed[number][1].get("name"))
                if parent_name is None or there != own:  # devlink's subsets name some twice
                    fault(where, f"number {number} is already {there!r}")
                continue
            if not 0 <= number <= ATTRIBUTE_MAX:
                fault(where, f"{number} is no attribute number")
                continue
            listed[number] = (where, attribute)
            names = names_of(attribute, prefix)
            if attributes.layout == model.USERDATA:  # of which no header has constants
                names = [(names[0][0], "")]
            attributes.announce(number, names, is_leaf(attribute))
        attributes.make = partial(self._make, attributes, prefix, listed)

    def _make(
        self,
        attributes: model.AttributeSet,
        prefix: str,
        listed: dict[int, tuple[str, Mapping[str, Any]]],
        number: int,
    ) -> model.Field:
        """The attribute of this number of a set."""
        where, item = listed[number]
        made = self.fields.attribute(item, where, prefix, attributes.name, number)
        if attributes.layout != model.ATTRIBUTES:
            made.number = -1  # no attributes: they have headers of their own
        if attributes.layout == model.USERDATA:
            made.constant = None
        return made

    def _prefix(self, name: str) -> str:
        """What stands before the names of a set in C constants."""
        return given(self._raw[name][1], "name-prefix", set_prefix(self.document.family, name))

    def _numbered(self, name: str) -> dict[str, tuple[str, int, Mapping[str, Any]]]:
        """The attributes of a set by name: path, number, and as YAML gave them."""
        path, item = self._raw[name]
        out: dict[str, tuple[str, int, Mapping[str, Any]]] = {}
        value = 1
        for where, attribute in self.document.items(item, "attributes", f"{path}."):
            if "value" in attribute:
                value = self.document.number(attribute["value"], f"{where}.value")
            key = self.document.name_of(attribute, where)
            if key in out:
                if item.get("subset-of") is None:
                    self.document.fault(where, f"attribute {key!r} is defined twice")
                key = f"{key}#{len(out)}"
            out[key] = (where, value, attribute)
            value += 1
        return out

    def _read_format(self, sub: model.SubMessage, item: Mapping[str, Any], path: str) -> None:
        """One format of a sub-message: its header and set, and the values that select it."""
        document, struct = self.document, self.fields.struct
        header = attributes = None
        if item.get("fixed-header") is not None:
            header = struct(str(item["fixed-header"]), f"{path}.fixed-header")
        if item.get("attribute-set") is not None:
            attributes = self.named(item["attribute-set"], f"{path}.attribute-set")
        made = model.Format(header, attributes)
        where = f"{path}.x-variants"
        for value, name in document.mapping(item, "x-variants", f"{path}.").items():
            variant = struct(str(name), where)
            if variant is not None:
                made.variants[document.number(value, where)] = variant
        default = is_true(item.get("x-default"))
        if default:
            sub.default = made
        values: list[str] = []
        if "x-values" in item:
            values = document.texts(item["x-values"], f"{path}.x-values")
        if "value" in item:
            values.append(str(item["value"]))
        elif not values and not default:
            document.fault(path, "a format needs a value")
        for selected in values:
            sub.formats[selected] = made
