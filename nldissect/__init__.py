"""nldissect: a dissector for Linux netlink.

What is named here is the library's public surface (docs/library.md), with `nldissect.scapy`,
`nldissect.testing`, and `nldissect.hooks` for code beside dissectors. Everything else is in
`nldissect._internal` and may change with any version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._internal.version import VERSION as __version__

if TYPE_CHECKING:
    from ._internal.encode import EncodeError
    from ._internal.errors import CaptureError, FilterError, NldissectError, SpecError, UsageError
    from ._internal.filter import Candidate, Completion, Filter
    from ._internal.library import (
        Capture,
        Listening,
        Messages,
        Transactions,
        build,
        compile,
        complete,
        dissect,
        dissect_all,
        listen,
        open,
    )
    from ._internal.record import Interface, Record
    from ._internal.transaction import Link, Transaction
    from ._internal.tree import Diagnosis, Message, Node

__all__ = [
    "Candidate",
    "Capture",
    "CaptureError",
    "Completion",
    "Diagnosis",
    "EncodeError",
    "Filter",
    "FilterError",
    "Interface",
    "Link",
    "Listening",
    "Message",
    "Messages",
    "NldissectError",
    "Node",
    "Record",
    "SpecError",
    "Transaction",
    "Transactions",
    "UsageError",
    "__version__",
    "build",
    "compile",
    "complete",
    "dissect",
    "dissect_all",
    "listen",
    "open",
]

# Where each is found when first asked for: importing all would cost every command.
_MODULES = {
    "encode": ("EncodeError",),
    "errors": ("CaptureError", "FilterError", "NldissectError", "SpecError", "UsageError"),
    "filter": ("Candidate", "Completion", "Filter"),
    "library": (
        "Capture", "Listening", "Messages", "Transactions", "build", "compile", "complete",
        "dissect", "dissect_all", "listen", "open",
    ),
    "record": ("Interface", "Record"),
    "transaction": ("Link", "Transaction"),
    "tree": ("Diagnosis", "Message", "Node"),
}
_WHERE = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"module 'nldissect' has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"nldissect._internal.{module}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
