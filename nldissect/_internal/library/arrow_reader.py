"""Captures as Arrow's record batches, for programs and engines that take these."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..export import schemas
from ..export.arrow_batches import TableRows, batch, library
from ..export.arrow_batches import schema as schema_of
from ..export.exporter import Exporter
from ..wire.errors import CaptureError, UsageError
from ..wire.text import near
from .captures import Capture
from .captures import open as open_capture
from .parameters import ByteOrder, Paths

TABLES = tuple(schemas.SCHEMAS)


def schema(table: str = schemas.MESSAGES) -> Any:
    """The pyarrow.Schema of a table (docs/fleets.md); its metadata has the version."""
    if table not in TABLES:
        raise UsageError(f"no table {table!r}{near(table, list(TABLES))}; there are {TABLES}")
    return schema_of(table)


def read(
    path: Paths,
    *,
    filter: str | None = None,
    table: str = schemas.MESSAGES,
    host: str | None = None,
    byte_order: ByteOrder | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Any:
    """A pyarrow.RecordBatchReader over one table of a capture, which is read as batches are asked.

    With `filter` (docs/filter.md) only of the messages that it matches. `host` is what the
    column of that name says, the file's name without its end if not given. The rest is as for
    `nldissect.open`, and so are the errors; one within the capture comes after its last batch.
    """
    wanted = schema(table)
    capture = open_capture(
        path,
        filter=filter,
        byte_order=byte_order,
        dissectors=dissectors,
        specs=specs,
        decode_as=decode_as,
    )
    name = os.fsdecode(path)
    known = os.path.basename(name).partition(".")[0] if host is None else host
    batches = _batches(capture, name, known, table, wanted)
    return library().RecordBatchReader.from_batches(wanted, batches)


def _batches(capture: Capture, path: str, host: str, table: str, wanted: Any) -> Iterator[Any]:
    """The batches of a table; the capture is closed then."""
    ready: list[Any] = []

    def write(rows: TableRows, _: int | None) -> None:
        """Keeps a batch until it is asked for."""
        ready.append(batch(rows, wanted))

    exporter = Exporter(write, (table,), True, False)
    exporter.open(path, host)
    failure: CaptureError | None = None
    with capture:
        try:
            for message in capture:
                assert message.link is not None
                exporter.take(message, message.link)
                yield from ready
                ready.clear()
        except CaptureError as problem:
            failure = problem
    exporter.close()
    exporter.finish()
    yield from ready
    if failure is not None:
        raise failure
