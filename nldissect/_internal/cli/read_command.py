"""`nldissect read`: captures in, text out."""

from __future__ import annotations

from argparse import Namespace

from .input_captures import registry_of
from .message_printer import MessagePrinter
from .output import TextOutput


def read(options: Namespace, output: TextOutput) -> int:
    """Shows the messages of the files as the options say; returns the exit status."""
    printer = MessagePrinter(options, output, registry_of(options))
    try:
        return printer.print_files(options.files)
    finally:
        printer.report_problems()
