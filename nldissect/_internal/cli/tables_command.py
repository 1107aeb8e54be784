"""`nldissect export`: captures in, tables out: Parquet, Arrow, DuckDB."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from ..export.destinations import Destination, destination
from ..export.exporter import Exporter
from ..library.arrow_reader import host_of
from ..wire.errors import CaptureError, UsageError
from ..wire.output_file import refuse_inputs
from .input_captures import InputCaptures, only_once
from .output import TextOutput, complain
from .selection import display_filter, filtered, split_list

if TYPE_CHECKING:
    from ..filter import Filter


def export(options: Namespace, output: TextOutput) -> int:
    """Writes the tables; 2 if a capture could not be read to its end, what was is written."""
    only_once(options.files)
    refuse_inputs("-o", options.output, options.files)
    partition = split_list([options.partition or ""])
    source = InputCaptures(options)
    wanted = display_filter(options, source.registry)
    try:
        to = destination(options.output, options.table, partition, _stem(options.files[0]))
        status = 2
        exporter = Exporter(to.write, to.tables, to.forgets, to.daily)
        try:
            status = _exported(options, source, exporter, to, wanted)
        except BaseException:
            to.discard()
            raise
        if status and not exporter.found:
            to.discard()
        else:
            to.commit()
    except OSError as problem:
        raise UsageError(
            f"-o: {options.output} cannot be written: {problem.strerror or problem}"
        ) from None
    source.report()
    return status


def _exported(
    options: Namespace,
    source: InputCaptures,
    exporter: Exporter,
    to: Destination,
    wanted: Filter | None,
) -> int:
    """Gives all captures to the tables; the exit status."""
    status, last = 0, None
    for path in options.files:
        host = options.host or (host_of(path) if path != "-" else _stem(path))
        if host != last:
            exporter.finish()
            to.begin(host)
            last = host
        exporter.open(path, host)
        try:
            source.give(path, filtered(exporter, wanted))
        except CaptureError as problem:
            complain(str(problem))
            status = 2
        exporter.close()
    exporter.finish()
    return status


def _stem(path: str) -> str:
    """The name of a capture without folder and ends."""
    return os.path.basename(path).partition(".")[0] or "capture" if path != "-" else "stdin"
