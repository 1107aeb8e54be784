"""NLDISSECT_DEBUG: who answers for each operation, told on standard error when it is first met."""

from __future__ import annotations

import sys

from ..engine.frame import Frame
from ..spec.model import Operation, Spec
from ..spec.registry import Registry
from ..wire.linux import protocol_name

_TIERS = ("given", "installed", "system")


class AnswerLog:
    """Tells once of each operation and direction its dissector, attribute set and hooks."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._told: set[str] = set()

    def tell(self, message: Frame, spec: Spec | None, operation: Operation | None) -> None:
        """The line for this message, unless it was told before."""
        number = message.type if message.command < 0 else message.command
        what = message.family or protocol_name(message.protocol)
        way = "to" if message.to_kernel else "from"
        line = f"{what} {number} {way} the kernel: {self._dissector(spec)}"
        if operation is not None:
            line += f", operation {operation.name}"
            if operation.attributes is not None:
                line += f", attributes {operation.attributes.name}"
            if operation.hook is not None:
                line += f", hook {_name(operation.hook)}"
            if operation.summarize is not None:
                line += f", summary {_name(operation.summarize)}"
            elif operation.summary:
                line += f", summary template {operation.summary!r}"
        if line not in self._told:
            self._told.add(line)
            print(f"nldissect: {line}", file=sys.stderr)

    def _dissector(self, spec: Spec | None) -> str:
        if spec is None:
            return "no dissector (the kernel's policy, else a guess)"
        for entry in self._registry.files():
            if entry.loaded is spec:
                return f"{spec.name} ({_TIERS[entry.tier]}, {entry.origin}: {entry.file})"
        return f"{spec.name} ({spec.file})"


def _name(function: object) -> str:
    return f"{getattr(function, '__name__', function)}()"
