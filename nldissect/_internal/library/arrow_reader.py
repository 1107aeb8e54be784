"""Captures as Arrow's record batches, for programs and engines that take these."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import unquote

from ..capture.reader import CaptureReader, open_capture
from ..engine.message import Message
from ..export import schemas
from ..export.arrow_batches import TableRows, batch, library
from ..export.arrow_batches import schema as schema_of
from ..export.exporter import Exporter
from ..pairing.hold_back import HoldBack
from ..pairing.transaction import Link
from ..session.forward_pass import Session
from ..wire.errors import CaptureError, UsageError
from ..wire.text import near
from .capture_splits import Split, whole
from .parameters import ByteOrder, Paths

if TYPE_CHECKING:
    from ..filter import Filter

TABLES = tuple(schemas.SCHEMAS)
Damaged = Literal["raise", "warn"]
_HOST: Final = f"{schemas.HOST}="


def schema(table: str = schemas.MESSAGES, *, dictionaries: bool = True) -> Any:
    """The pyarrow.Schema of a table (docs/fleets.md); its metadata has the version.

    Words that repeat are strings in it, for engines that would rather have these, when
    `dictionaries` is false.
    """
    if table not in TABLES:
        raise UsageError(f"no table {table!r}{near(table, list(TABLES))}; there are {TABLES}")
    made = schema_of(table)
    if not dictionaries:
        types = library().types
        for i, one in enumerate(made):
            if types.is_dictionary(one.type):
                made = made.set(i, one.with_type(one.type.value_type))
    return made


def read(
    source: Paths | Split,
    *,
    filter: str | None = None,
    table: str = schemas.MESSAGES,
    host: str | None = None,
    dictionaries: bool = True,
    damaged: Damaged = "raise",
    byte_order: ByteOrder | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Any:
    """A pyarrow.RecordBatchReader over one table of a capture, which is read as batches are asked.

    `source` is a path or one of its `splits`. With `filter` (docs/filter.md) only of the messages
    that it matches. `host` is what the column of that name says; if not given, it is NAME where the
    capture is in a folder host=NAME, else the file's name up to the first dot. `dictionaries` is as
    for `schema`. The rest is as for `nldissect.open` (of a split it was given to `splits`), and
    so are the errors; one within the capture comes after its last batch or, where `damaged` is
    "warn", is a warning.
    """
    wanted = schema(table, dictionaries=dictionaries)
    if damaged not in ("raise", "warn"):
        raise UsageError(f"damaged: {damaged!r} is neither 'raise' nor 'warn'")
    if not isinstance(source, Split):
        split = whole(source, byte_order, dissectors, specs, decode_as)
    elif byte_order or dissectors or specs or decode_as:
        raise UsageError("byte_order, dissectors, specs, decode_as: give them to `splits`")
    else:
        split = source
    if table == schemas.TRANSACTIONS and not split.whole:
        raise UsageError("transactions: ranges of a file have none of their own; read all of it")
    test = None
    if filter is not None:
        from ..filter import Filter

        test = Filter(filter, split.registry())
    capture = open_capture(split.path)
    known = host_of(split.path) if host is None else host
    batches = _Batches(split, capture, test, table, wanted).each(known, damaged)
    return library().RecordBatchReader.from_batches(wanted, batches)


def host_of(path: str) -> str:
    """The host that a capture is of, if nobody says it: by a folder host=NAME, else by its name."""
    *folders, name = os.path.abspath(path).split(os.sep)
    for folder in reversed(folders):
        if folder.startswith(_HOST):
            return unquote(folder.removeprefix(_HOST))
    return name.partition(".")[0]


class _Batches:
    """The batches of a table of a split."""

    def __init__(
        self, split: Split, capture: CaptureReader, test: Filter | None, table: str, wanted: Any
    ) -> None:
        self._split = split
        self._capture = capture
        self._test = test
        self._wanted = wanted
        self._ready: list[Any] = []  # until they are asked for
        self._exporter = Exporter(self._keep, (table,), True, False)

    def _keep(self, rows: TableRows, _: int | None) -> None:
        self._ready.append(batch(rows, self._wanted))

    def each(self, host: str, damaged: Damaged) -> Iterator[Any]:
        """One after the other."""
        split, exporter, ready = self._split, self._exporter, self._ready
        exporter.open(split.path, host)
        failure: CaptureError | None = None
        try:
            for message, link in _settled(split.session(), self._capture):
                assert message.record is not None
                offset = message.record.offset
                if split.stop is not None and offset >= split.stop:
                    break
                if offset < split.start:
                    self._pass_by(message, link)
                elif self._test is None or self._test.matches(message, link):
                    exporter.take(message, link)
                    if ready:
                        yield from ready
                        ready.clear()
        except CaptureError as problem:
            failure = problem
        exporter.close()
        exporter.finish()
        yield from ready
        if failure is not None:
            if damaged == "raise":
                raise failure
            warnings.warn(str(failure), RuntimeWarning, stacklevel=2)

    def _pass_by(self, message: Message, link: Link) -> None:
        """Takes from a message before the range what a filter needs: when the capture began."""
        if self._test is not None and not self._test.begun:
            self._test.matches(message, link)


def _settled(session: Session, capture: CaptureReader) -> Iterator[tuple[Message, Link]]:
    """The messages of a capture as `session.driver.Driver` gives them, to who asks for them."""
    hold_back = HoldBack()
    failure: CaptureError | None = None
    try:
        for message in session.messages(capture):
            hold_back.feed(message)
            while (found := hold_back.take()) is not None:
                yield found, hold_back.link
    except CaptureError as problem:
        failure = problem
    hold_back.finish()
    while (found := hold_back.take()) is not None:
        yield found, hold_back.link
    if failure is not None:
        raise failure
