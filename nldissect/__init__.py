"""nldissect: a dissector for Linux netlink.

What is named here is the library's public surface (docs/library.md), with `nldissect.scapy`,
`nldissect.testing`, and `nldissect.hooks` for code beside dissectors. Everything else is in
`nldissect._internal` and may change with any version.
"""

from __future__ import annotations

from ._internal.wire.version import VERSION as __version__

TYPE_CHECKING = (
    False  # as in typing, whose import would make a moment longer in which Ctrl-C is a traceback
)
if TYPE_CHECKING:
    from typing import Any

    from ._internal.encode.payload import EncodeError
    from ._internal.engine.frame import Diagnosis
    from ._internal.engine.node import Node
    from ._internal.filter import Filter
    from ._internal.filter.completion import Candidate, Completion
    from ._internal.library.building import build
    from ._internal.library.captures import Capture, Messages, Transactions, open
    from ._internal.library.display_filters import compile, complete
    from ._internal.library.dissection import dissect, dissect_all
    from ._internal.library.listening import Listening, listen
    from ._internal.library.messages import Message
    from ._internal.pairing.transaction import Link, Transaction
    from ._internal.wire.errors import (
        CaptureError,
        FilterError,
        NldissectError,
        SpecError,
        UsageError,
    )
    from ._internal.wire.record import Interface, Record

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
    "encode.payload": ("EncodeError",),
    "wire.errors": ("CaptureError", "FilterError", "NldissectError", "SpecError", "UsageError"),
    "filter": ("Filter",),
    "filter.completion": ("Candidate", "Completion"),
    "library.building": ("build",),
    "library.captures": ("Capture", "Messages", "Transactions", "open"),
    "library.display_filters": ("compile", "complete"),
    "library.dissection": ("dissect", "dissect_all"),
    "library.listening": ("Listening", "listen"),
    "wire.record": ("Interface", "Record"),
    "pairing.transaction": ("Link", "Transaction"),
    "engine.frame": ("Diagnosis",),
    "engine.node": ("Node",),
    "library.messages": ("Message",),
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
