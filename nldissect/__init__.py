"""nldissect: a dissector for Linux netlink.

What is named here is the library's public surface (docs/library.md); so are the plugins
`nldissect.scapy` and `nldissect.testing`, and for dissectors' own code `nldissect.tree`
and `nldissect.spec`. All other modules may change with any version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .encode import EncodeError
    from .errors import CaptureError, FilterError, NldissectError, SpecError, UsageError
    from .library import Capture, Messages, Transactions, build, dissect, dissect_all, open
    from .record import Interface, Record
    from .transaction import Link, Transaction
    from .tree import Diagnosis, Message, Node

__version__ = "0.1.0"

__all__ = [
    "Capture",
    "CaptureError",
    "Diagnosis",
    "EncodeError",
    "FilterError",
    "Interface",
    "Link",
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
    "dissect",
    "dissect_all",
    "open",
]

# Where each is found when first asked for: importing all would cost every command.
_MODULES = {
    "encode": ("EncodeError",),
    "errors": ("CaptureError", "FilterError", "NldissectError", "SpecError", "UsageError"),
    "library": ("Capture", "Messages", "Transactions", "build", "dissect", "dissect_all", "open"),
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

    found = getattr(import_module(f"nldissect.{module}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
