"""One spec as YAML gave it: its lists, names and numbers, each with the path to say faults by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...wire.text import near
from ..deferred import whole

Fault = Callable[[str, str], None]
Hooks = Mapping[str, Callable[..., Any]]

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


# Every key of YNL (Documentation/netlink/netlink-raw.yaml) and of ours.
_WORDS = """
    async-prefix attr-cnt-name attr-max-name attribute-set attribute-sets attributes beside
    byte-order c-define-name c-family-name c-version-name checks cmd-cnt-name cmd-max-name
    config-cond count definitions display-hint do doc dont-validate dump entries enum enum-as-flags
    enum-cnt-name enum-model enum-name event exact-len fixed-header flags flags-mask formats global
    header headers hidden hooks in-requests kernel-family kernel-policy least len list max
    max-by-define max-len mcast-groups mcgrp members min min-len multi-attr name name-prefix
    nested-attributes notify operations post pre protocol protonum render-max reply request scope
    selector size sock-priv struct sub-message sub-messages sub-type subset-of terminated then type
    type-value uapi-header unsigned unterminated-ok value value-prefix value-start version x-claim
    x-class x-constant x-default x-elements x-faultless x-flat x-forms x-hint x-hook x-include
    x-label x-made x-objects x-optional-header x-packed x-prefix-length x-privacy x-read-as
    x-records x-reply-constant x-request x-rest x-selectors x-sub-type x-secret x-summary x-unit
    x-unnamed-beside x-unsaid x-unset-in-requests x-values x-variants x-when x-whole-header
"""
KEYS = frozenset(_WORDS.split())


def misspelt(raw: object, fault: Fault) -> None:
    """Keys that nothing reads and that look like one that is read, or like ours.

    YAML's aliases may lead to a node by many ways, even back to itself: each is met once.
    """
    waiting: list[tuple[str, object]] = [("", raw)]
    met: set[int] = set()
    while waiting:
        path, node = waiting.pop()
        if not isinstance(node, (list, dict)) or id(node) in met:
            continue
        met.add(id(node))
        if isinstance(node, list):
            waiting += [(f"{path}[{i}]", item) for i, item in enumerate(node)]
            continue
        for key, value in node.items():
            where = f"{path}.{key}" if path else str(key)
            if isinstance(key, str) and key not in KEYS:
                guess = near(key, KEYS)
                if guess or key.startswith("x-"):
                    fault(where, f"no key of a spec is named so{guess}")
            if key not in ("x-when", "x-made", "x-objects"):  # names, or read with care
                waiting.append((where, value))


def c_name(prefix: str, name: str) -> str:
    """The C constant of a spec's name."""
    return (prefix + name).upper().replace("-", "_")


def set_prefix(family: str, name: str) -> str:
    """What stands before the names of an attribute set in C constants, where a spec is silent."""
    return f"{family}-a-" if name == family else f"{family}-a-{name}-"


def given(owner: Mapping[str, Any], key: str, default: str) -> str:
    """A text that may be empty, or the default where nothing is given."""
    value = owner.get(key)
    return default if value is None else str(value)


def is_true(value: object) -> bool:
    """Whether a key is switched on; the YAML reader leaves `yes` and `no` as they are."""
    if value is None or isinstance(value, bool):
        return value is True
    return str(value).lower() in ("yes", "on", "true")


class Document:
    """The mapping of one file, and its functions; every fault goes to `fault(path, reason)`."""

    def __init__(self, raw: Mapping[str, Any], hooks: Hooks, fault: Fault) -> None:
        self.raw = raw
        self.hooks = hooks
        self.fault = fault
        self.family = str(raw.get("name", ""))
        self.constants: dict[str, int] = {}  # by name, as `definitions` has them
        self.made: dict[str, frozenset[str]] = {}  # by hook, the names of what it makes

    def items(self, owner: Mapping[str, Any], key: str, path: str) -> list[tuple[str, Any]]:
        """The mappings of a list with their paths; anything else is a fault."""
        value = whole(owner.get(key))
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

    def mapping(self, owner: Mapping[str, Any], key: str, path: str) -> Mapping[Any, Any]:
        """The mapping under a key, empty without one; anything else is a fault."""
        value = owner.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.fault(f"{path}{key}", "must be a mapping")
            return {}
        return value

    def texts(self, value: object, path: str) -> list[str]:
        """The entries of a list of names or values; anything else is a fault."""
        if not isinstance(value, list):
            self.fault(path, "must be a list")
            return []
        return [str(entry) for entry in value]

    def name_of(self, item: Mapping[str, Any], path: str) -> str:
        """The name that everything in a spec needs."""
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
        if text in self.constants:
            return self.constants[text]
        for sign in ("-", "+"):
            head, op, tail = text.rpartition(f" {sign} ")
            if op and head.strip() in self.constants and tail.strip().isdigit():
                step = int(tail)
                return self.constants[head.strip()] + (step if sign == "+" else -step)
        self.fault(path, f"{text!r} is neither a number nor a constant of this spec")
        return 0

    def hook(self, item: Mapping[str, Any], key: str, path: str) -> Callable[..., Any] | None:
        """The function of HOOKS that a key names."""
        name = item.get(key)
        found = None if name is None else self.hooks.get(str(name))
        if name is not None and found is None:
            self.fault(f"{path}.{key}", f"no hook {name!r} in the Python file beside it")
        return found

    def made_by(self, item: Mapping[str, Any]) -> frozenset[str]:
        """The names that the code of a field gives to what it makes (`x-made`)."""
        by_hook = self.made.get(str(item.get("x-hook")), frozenset())
        return by_hook | self.made.get(str(item.get("x-read-as")), frozenset())
