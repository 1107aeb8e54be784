"""`nldissect report`: captures in, a page or Markdown out that others can read."""

from __future__ import annotations

import os
from argparse import Namespace

from ..render.report_formats import report_format
from ..spec.registry import Registry
from ..wire.errors import UsageError
from ..wire.output_file import OutputFile, refuse_inputs
from .input_captures import registry_of
from .message_printer import MessagePrinter
from .output import TextOutput

STANDARD_OUTPUT = (None, "-")


def report(options: Namespace, output: TextOutput) -> int:
    """Makes the report; returns the exit status, 2 if a file could not be read to its end."""
    path: str | None = options.output
    if path is None and output.terminal():
        raise UsageError("a report goes to a file: -o report.html or -o report.md; -o - shows it")
    options.format = options.format or _format_of(path)
    if options.title is None:
        names = ", ".join(
            "standard input" if f == "-" else os.path.basename(f) for f in options.files
        )
        options.title = f"{names}: {options.filter}" if options.filter else names
    registry = registry_of(options)
    if path is None or path in STANDARD_OUTPUT:
        return _printed(options, output, registry)[0]
    refuse_inputs("-o", path, options.files)
    try:
        with OutputFile(path) as made:
            with os.fdopen(os.dup(made.fileno()), "w", encoding="utf-8") as stream:
                written = TextOutput(stream)
                status, found = _printed(options, written, registry)
                written.flush()
            if found or not status:
                made.commit()
    except OSError as problem:
        raise UsageError(f"-o: {path} cannot be written: {problem.strerror or problem}") from None
    return status


def _title(options: Namespace) -> str:
    """The files, and what was chosen of them."""
    files = ["standard input" if path == "-" else os.path.basename(path) for path in options.files]
    chosen = [] if options.filter is None else [options.filter]
    return ": ".join([", ".join(files), *chosen])


def _format_of(path: str | None) -> str:
    """What a file's name asks for; raises UsageError where it says nothing."""
    if path is None or path in STANDARD_OUTPUT:
        return "html"
    found = report_format(path)
    if found is None:
        raise UsageError(f"-o: {path} ends with neither .html nor .md; -T tells what it is to be")
    return found


def _printed(options: Namespace, output: TextOutput, registry: Registry) -> tuple[int, int]:
    """Writes the report; the exit status, and how many messages are in it."""
    printer = MessagePrinter(options, output, registry)
    try:
        status = printer.print_files(options.files)
    finally:
        printer.report_problems()
    return status, printer.found
