"""`x-objects` of a spec: which objects its messages tell of, and what each is known by."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from .. import model
from ..template import MISSES, SHOWS, Template, parsed
from .document import Document, is_true

_WORDS: Final = """
    name plural told-by ended-by changed-by dumped-by key when unless within hops parts whole
    bare apart passing place up several carries ends-unheard untold disturbs
"""
_KEYS: Final = frozenset(_WORDS.split())
_GENERIC = 1 << 16  # generic families come behind all protocols


class ObjectReader:
    """Makes the kinds of objects of one spec, all of whose operations are known by then."""

    def __init__(self, document: Document, spec: model.Spec) -> None:
        self.document = document
        self.spec = spec

    def read(self) -> None:
        """Leaves it to the first use, since few commands ask."""
        if "x-objects" in self.document.raw:
            self.spec.objects.fill = partial(self._fill, self.spec.objects)

    def _fill(self, kinds: model.ObjectKinds) -> None:
        for path, item in self.document.items(self.document.raw, "x-objects", ""):
            for key in item:
                if key not in _KEYS:
                    self.document.fault(f"{path}.{key}", "no key of an object is named so")
            name = self.document.name_of(item, path)
            made: model.ObjectKind | None = None
            for key, by_operation in (
                ("told-by", kinds.told),
                ("ended-by", kinds.ended),
                ("changed-by", kinds.changed),
                ("dumped-by", kinds.dumped),
            ):
                for operation in self._operations(item, key, path):
                    if made is None:
                        made = self._kind(name, operation, item, path)
                    by_operation.setdefault(operation.name, []).append(made)
            if made is None:
                self.document.fault(f"{path}.told-by", "an operation that tells of it is needed")

    def _operations(self, item: Mapping[str, Any], key: str, path: str) -> list[model.Operation]:
        out = []
        for name in self.document.texts(item.get(key, []), f"{path}.{key}"):
            found = self.spec.operations.get(name)
            if found is None:
                self.document.fault(f"{path}.{key}", f"no operation {name!r}")
            else:
                out.append(found)
        return out

    def _kind(
        self, name: str, first: model.Operation, item: Mapping[str, Any], path: str
    ) -> model.ObjectKind:
        document, protonum = self.document, self.spec.protonum
        number = first.request if first.request is not None else first.reply
        rank = (_GENERIC if protonum is None else protonum, number or 0)
        out = model.ObjectKind(name, str(item.get("plural", f"{name}s")), rank)
        out.key = self._templates(item.get("key", []), f"{path}.key")
        if not out.key:
            document.fault(f"{path}.key", "a list of templates is needed")
        out.parts = self._templates(item.get("parts", []), f"{path}.parts")
        out.within = {
            str(kind): self._templates(templates, f"{path}.within.{kind}")
            for kind, templates in document.mapping(item, "within", f"{path}.").items()
        }
        out.when, out.unless, out.whole, out.bare, out.up = (
            self._words(item, key, path) for key in ("when", "unless", "whole", "bare", "up")
        )
        out.passing = frozenset(document.texts(item.get("passing", []), f"{path}.passing"))
        out.disturbs = tuple(document.texts(item.get("disturbs", []), f"{path}.disturbs"))
        out.place = str(item.get("place", ""))
        for array, same in document.mapping(item, "hops", f"{path}.").items():
            out.hops = str(array)
            if isinstance(same, dict):
                out.same = {str(alone): str(inside) for alone, inside in same.items()}
        out.carries = {
            str(own): str(other)
            for own, other in document.mapping(item, "carries", f"{path}.").items()
        }
        out.apart = is_true(item.get("apart"))
        out.several = is_true(item.get("several"))
        out.untold = is_true(item.get("untold"))
        out.ends_unheard = is_true(item.get("ends-unheard"))
        return out

    def _words(self, item: Mapping[str, Any], key: str, path: str) -> dict[str, frozenset[str]]:
        where = f"{path}.{key}"
        return {
            str(name): frozenset(self.document.texts(words, f"{where}.{name}"))
            for name, words in self.document.mapping(item, key, f"{path}.").items()
        }

    def _templates(self, value: object, path: str) -> tuple[Template, ...]:
        out = []
        for text in self.document.texts(value, path):
            try:
                template = parsed(text)
            except ValueError as problem:
                self.document.fault(path, str(problem))
                continue
            if any(one.test not in (SHOWS, MISSES) for one in template.placeholders):
                self.document.fault(path, "a key compares no numbers")
            out.append(template)
        return tuple(out)
