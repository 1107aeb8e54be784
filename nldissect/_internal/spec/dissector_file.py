"""One dissector file: the spec in its YAML or Python, with the code beside it.

A file is indexed without its code (`indexed`, `DissectorFile`) and loaded on first use.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..wire.errors import SpecError
from ..wire.linux import protocol_name
from . import model, overlay, specfile, ynl
from .deferred import whole
from .template import parsed

_INCLUDED = r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.ya?ml"


class DissectorFile:
    """One dissector: where it comes from and what it claims; `spec` loads it on first use.

    `origin` is "explicit", "built-in", "system" or the name of the package's
    entry point; `types` are the message types of a raw protocol.
    """

    __slots__ = (
        "_includes", "attributes", "claims", "failed", "file", "level", "loaded", "name",
        "operations", "origin", "protonum", "tier", "types",
    )  # fmt: skip

    def __init__(self, file: str, origin: str, tier: int, facts: Mapping[str, Any]) -> None:
        self.file = file
        self.origin = origin
        self.tier = tier
        self.name: str = facts["name"]
        self.level: str = facts["level"]
        self.protonum: int | None = facts["protonum"]
        self.types: list[int] = facts["types"]
        self.claims: bool = facts["claims"]
        self.operations: int = facts["operations"]
        self.attributes: int = facts["attributes"]
        self._includes: list[str] = facts["includes"]
        self.loaded: model.Spec | None = None
        self.failed = False

    @property
    def protocol(self) -> str:
        """The protocol in words: "generic", or the raw protocol's name."""
        return "generic" if self.protonum is None else protocol_name(self.protonum)

    @property
    def sources(self) -> list[str]:
        """All YAML and Python files that the spec is made of, without the code beside it."""
        folder = os.path.dirname(self.file)
        return [self.file, *[os.path.join(folder, name) for name in self._includes]]

    def spec(self) -> model.Spec:
        """The dissector itself; raises SpecError when the file is wrong."""
        if self.loaded is None:
            self.loaded = load(self.file)
        return self.loaded


def _python(file: str) -> str | None:
    """The Python file of a dissector: itself, or the one beside the spec if there is one."""
    return file if file.endswith(".py") else specfile.beside(file)


def _hooks(file: str | None) -> tuple[dict[str, Callable[..., Any]], dict[str, Callable[..., Any]]]:
    """The hooks and summaries of a Python file; none without one."""
    if file is None:
        return {}, {}
    module = specfile.module(file)
    found = []
    for name in ("HOOKS", "SUMMARIES"):
        table = getattr(module, name, {})
        if not isinstance(table, dict) or not all(callable(f) for f in table.values()):
            raise SpecError(file, f"{name} is no mapping of names to functions")
        if not specfile.is_built_in(file):
            from .guard import guarded  # which few need

            table = {key: guarded(function) for key, function in table.items()}
        found.append(table)
    return found[0], found[1]


def raw_spec(file: str) -> Any:
    """The YNL mapping of a dissector file: its YAML, or a Python file's SPEC.

    A kernel's spec is corrected. What it includes is not in it: see `_with_included`.
    """
    if not file.endswith(".py"):
        return overlay.corrected(specfile.load(file))
    raw = getattr(specfile.module(file), "SPEC", None)
    if not isinstance(raw, dict):
        raise SpecError(file, "defines no SPEC (a mapping in the format of the YAML specs)")
    return raw


def _included(raw: Any, file: str) -> list[str]:
    """The files that a spec includes; raises SpecError for one that is none of its folder."""
    names = raw.get("x-include") if isinstance(raw, dict) else None
    out = []
    for name in names if isinstance(names, list) else ():
        if not re.fullmatch(_INCLUDED, str(name)):
            raise SpecError(file, f"{name!r} is no YAML file of the folder", "x-include")
        out.append(os.path.join(os.path.dirname(file), str(name)))
    return out


def _with_included(raw: Any, included: list[str]) -> Any:
    """A spec with what it includes at the end of its own lists; names of its own go before."""
    if not included:
        return raw
    out = dict(raw)
    for file in included:
        other = specfile.load(file)
        made = other.get("x-made") if isinstance(other, dict) else None
        if isinstance(made, dict):
            out["x-made"] = {**made, **(out.get("x-made") or {})}
        for key in ("definitions", "attribute-sets", "sub-messages"):
            own = out.get(key) or []
            theirs = other.get(key) if isinstance(other, dict) else None
            if not isinstance(own, list) or not isinstance(theirs, list):
                continue
            family = other.get("name", "")
            names = {item.get("name") for item in own if isinstance(item, dict)}
            out[key] = own + [
                ynl.with_prefix(item, key, str(family))
                for item in theirs
                if isinstance(item, dict) and item.get("name") not in names
            ]
    return out


def load(file: str) -> model.Spec:
    """The spec in a dissector file, with the hooks beside it; raises SpecError."""
    python = _python(file)
    hooks, summaries = _hooks(python)
    raw = raw_spec(file)
    included = _included(raw, file)
    for other in included:
        hooks = {**_hooks(_python(other))[0], **hooks}
    spec = ynl.build(_with_included(raw, included), file, hooks)
    for name, function in summaries.items():
        operation = spec.operations.get(name)
        if operation is None:
            raise SpecError(str(python), f"a summary for {name!r}, which is no operation")
        operation.summarize = function
    for answer in spec.replies.values():  # also those that have a number of their own
        answer.summarize = answer.summarize or summaries.get(answer.name.removesuffix("-reply"))
    return spec


def check(file: str) -> list[SpecError]:
    """Every fault of one dissector file, with its line where the file is YAML."""
    python = _python(file)
    try:
        raw = specfile.parse(file) if not file.endswith(".py") else raw_spec(file)
        hooks, summaries = _hooks(python)
        places = {} if file.endswith(".py") else specfile.lines(file)
        included = _included(raw, file)
        for other in included:
            hooks = {**_hooks(_python(other))[0], **hooks}
        whole = _with_included(raw, included)
    except SpecError as problem:
        return [problem]
    out = [
        SpecError(file, reason, path, specfile.line_of(places, path))
        for path, reason in ynl.check(whole, file, hooks)
    ]
    operations = raw.get("operations") if isinstance(raw, dict) else None
    listed = operations.get("list") if isinstance(operations, dict) else None
    names = set()
    for i, item in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(item, dict):
            names.add(str(item.get("name")))
            out += _template_faults(file, item, f"operations.list[{i}].", places)
    if isinstance(raw, dict):
        out += _template_faults(file, raw, "", places)
    out += [
        SpecError(str(python), f"a summary for {name!r}, which is no operation")
        for name in summaries
        if name not in names
    ]
    return out


def _template_faults(
    file: str, owner: Mapping[str, Any], where: str, places: dict[str, int]
) -> list[SpecError]:
    """What is wrong with the `x-summary` of an operation, or of the file for all."""
    path = f"{where}x-summary"
    try:
        parsed(str(owner.get("x-summary", "")))
    except ValueError as problem:
        return [SpecError(file, str(problem), path, specfile.line_of(places, path))]
    return []


def indexed(file: str) -> dict[str, Any]:
    """What the index keeps of a file: its name and claims, and how much it describes."""
    raw = raw_spec(file)
    included = _included(raw, file)
    spec = ynl.build(_with_included(raw, included), file, _AnyHooks())
    sets = [s for s in raw.get("attribute-sets") or () if isinstance(s, dict)]
    types = sorted({*spec.requests, *spec.replies}) if spec.protonum is not None else []
    return {
        "name": spec.name,
        "level": spec.level,
        "protonum": spec.protonum,
        "types": types,
        "claims": ynl.is_true(raw.get("x-claim", True)),
        "operations": len(spec.operations),
        "includes": [os.path.basename(other) for other in included],
        "attributes": sum([_count(s.get("attributes")) for s in sets if "subset-of" not in s]),
    }


def _count(attributes: object) -> int:
    listed = whole(attributes)
    return len(listed) if isinstance(listed, list) else 0


def plausible(facts: Any) -> bool:
    """Whether this has the form of what `indexed` makes, wherever it was kept meanwhile."""
    if not isinstance(facts, dict):
        return False
    types, protonum, includes = facts.get("types"), facts.get("protonum"), facts.get("includes")
    return (
        all(isinstance(facts.get(key), str) for key in ("name", "level"))
        and all(isinstance(facts.get(key), int) for key in ("claims", "operations", "attributes"))
        and (protonum is None or isinstance(protonum, int))
        and isinstance(types, list)
        and all(isinstance(number, int) for number in types)
        and isinstance(includes, list)
        and all(isinstance(name, str) for name in includes)
    )


class _AnyHooks(dict[str, Callable[..., Any]]):
    """Stands in for the hooks while a file is only indexed, so that they need not load."""

    def get(self, key: str, default: Any = None) -> Any:
        """A function that does nothing, under any name."""
        return _nothing


def _nothing(*_: Any) -> bool:
    return False
