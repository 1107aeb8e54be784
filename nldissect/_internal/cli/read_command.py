"""`nldissect read`: captures in, text out."""

from __future__ import annotations

import os
from argparse import Namespace

from ..wire.errors import UsageError
from .input_captures import registry_of
from .message_printer import MessagePrinter
from .output import TextOutput


def read(options: Namespace, output: TextOutput) -> int:
    """Shows the messages of the files as the options say; returns the exit status."""
    options.files = [*options.named_files, *options.files]
    _check(options.files)
    printer = MessagePrinter(options, output, registry_of(options))
    try:
        status = printer.print_files(options.files)
    finally:
        printer.report_problems()
    return 1 if options.exit_code and not status and not printer.found else status


def _check(files: list[str]) -> None:
    """Raises UsageError for no file, and for what is no file but an interface."""
    if not files:
        raise UsageError("a FILE is missing: nldissect read capture.pcap; - is standard input")
    for path in files:
        if not os.path.exists(path) and _is_interface(path):
            raise UsageError(f"{path} is an interface: nldissect live {path}")


def _is_interface(name: str) -> bool:
    """Whether there is one of this name, or it is what nlmon's are called."""
    if name.startswith("nlmon") and name[5:].isdecimal():
        return True
    import socket  # which few need, and which costs a start 4 ms

    return any(name == known for _, known in socket.if_nameindex())
