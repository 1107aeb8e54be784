"""Where tables are written: a folder of Parquet files, one Parquet or Arrow file, a DuckDB file."""

from __future__ import annotations

import datetime
import os
import tempfile
from typing import Any, BinaryIO, Final, Protocol
from urllib.parse import quote

from ..wire.errors import UsageError
from ..wire.output_file import OutputFile
from . import schemas
from .arrow_batches import TableRows, batch, library, schema

TABLES: Final = tuple(schemas.SCHEMAS)
_NO_DATE: Final = "__HIVE_DEFAULT_PARTITION__"
_OPEN: Final = 32  # files at the same time
# A column of a row group is one page, so that zstd finds the repetitions of messages in all of it,
# and numbers are plain, since it finds none among odd bits. Pages of version 1, since those of
# version 2 have their definition levels uncompressed.
_LEVEL: Final = 9
_PAGE: Final = 1 << 26  # bytes
_PAGE_ROWS: Final = 1 << 22


class Destination(Protocol):
    """What rows are written to; `forgets` as in `TableRows.begin`, `daily` as of an `Exporter`."""

    forgets: bool
    daily: bool
    tables: tuple[str, ...]

    def write(self, rows: TableRows, day: int | None) -> None:
        """Takes the rows that wait, which are of a day (since the epoch)."""

    def begin(self, host: str) -> None:
        """The rows of another host come."""

    def commit(self) -> None:
        """All of it is written: it takes its place."""

    def discard(self) -> None:
        """Nothing of it stays."""


def destination(path: str, table: str | None, partition: list[str], name: str) -> Destination:
    """What a path asks for by its end; `name` is that of files in a folder. Raises UsageError."""
    library()
    ending = os.path.splitext(path)[1].lower()
    if ending in (".parquet", ".arrow"):
        if partition:
            raise UsageError(f"--partition: {path} is one file; -o DIR has partitions")
        _refuse_existing(path)
        return OneFile(path, table or schemas.MESSAGES)
    if ending == ".duckdb":
        if partition or table:
            option = "--partition" if partition else "--table"
            raise UsageError(f"{option}: {path} has all tables, and no partitions")
        _refuse_existing(path)
        return Database(path)
    if ending and not os.path.isdir(path):
        raise UsageError(
            f"-o: {path} ends with none of .parquet, .arrow, .duckdb; a folder's name has no dot"
        )
    if os.path.exists(path) and not os.path.isdir(path):
        raise UsageError(f"-o: {path} is there already, and no folder")
    return Folder(path, (table,) if table else TABLES, partition, name)


def _refuse_existing(path: str) -> None:
    if os.path.lexists(path):
        raise UsageError(f"-o: {path} is there already; remove it or give another name")


class _File:
    """A Parquet or Arrow file of these columns of a table that is being written."""

    def __init__(self, path: str, table: str, columns: dict[str, str], arrow: bool) -> None:
        self._output = OutputFile(path)
        self._stream: BinaryIO = os.fdopen(os.dup(self._output.fileno()), "wb")
        self.schema = wanted = schema(table, columns)
        if arrow:
            ipc = library("pyarrow.ipc")
            options = ipc.IpcWriteOptions(compression="zstd", emit_dictionary_deltas=True)
            self._writer = ipc.new_file(self._stream, wanted, options=options)
            return
        self._writer = library("pyarrow.parquet").ParquetWriter(
            self._stream,
            wanted,
            compression="zstd",
            compression_level=_LEVEL,
            version="2.6",
            data_page_version="1.0",
            data_page_size=_PAGE,
            dictionary_pagesize_limit=_PAGE,
            max_rows_per_page=_PAGE_ROWS,
            use_dictionary=[name for name, word in columns.items() if word == "name"],
            column_encoding={
                name: "DELTA_BINARY_PACKED"
                for name, word in columns.items()
                if word in ("serial", "serial32", "time")
            },
        )

    def write(self, rows: Any) -> None:
        """One row group more."""
        table = library().Table.from_batches([rows])
        self._writer.write_table(table, max(rows.num_rows, 1))

    def close(self) -> None:
        """The file is whole, but not yet in its place."""
        self._writer.close()
        self._stream.close()

    def commit(self) -> None:
        """It takes its place."""
        self._output.commit()

    def discard(self) -> None:
        """Nothing of it stays."""
        self._stream.close()
        self._output.discard()


class OneFile:
    """A file with one table."""

    def __init__(self, path: str, table: str) -> None:
        arrow = path.lower().endswith(".arrow")
        self.forgets = not arrow  # dictionaries of an Arrow file can only grow
        self.daily = False
        self.tables: tuple[str, ...] = (table,)
        self._file = _File(path, table, schemas.SCHEMAS[table], arrow)

    def begin(self, host: str) -> None:
        """The rows of another host come."""

    def write(self, rows: TableRows, day: int | None) -> None:
        """Takes the rows that wait."""
        self._file.write(batch(rows, self._file.schema))

    def commit(self) -> None:
        """The file takes its place."""
        self._file.close()
        self._file.commit()

    def discard(self) -> None:
        """There is no file."""
        self._file.discard()


class Folder:
    """A folder for each table, in it one for each date and host where these are asked for."""

    def __init__(self, path: str, tables: tuple[str, ...], partition: list[str], name: str) -> None:
        self.forgets = True
        self.daily = schemas.DATE in partition
        self.tables = (*tables, schemas.FIELDS) if schemas.ATTRIBUTES in tables else tables
        self._path = path
        self._partition = partition
        self._name = name
        self._host = ""
        without = (schemas.HOST,) if schemas.HOST in partition else ()
        self._columns = {
            table: {name: word for name, word in columns.items() if name not in without}
            for table, columns in schemas.STORED.items()
        }
        self._open: dict[str, _File] = {}
        self._done: list[_File] = []
        self._counts: dict[str, int] = {}

    def begin(self, host: str) -> None:
        """The rows of another host come."""
        self._host = host

    def write(self, rows: TableRows, day: int | None) -> None:
        """Takes the rows that wait to their files."""
        table = rows.table
        found = batch(rows, schema(table, self._columns[table]))
        if not self.daily or table == schemas.FIELDS:  # which are of all days
            self._file(table, "").write(found)
        elif table == schemas.TRANSACTIONS:  # which may have begun on other days
            pc = library("pyarrow.compute")
            days = pc.cast(found.column("start"), library().date32())
            for date in pc.unique(days).to_pylist():
                same = pc.is_null(days) if date is None else pc.equal(days, date)
                text = _NO_DATE if date is None else date.isoformat()
                self._file(table, text).write(found.filter(same))
        else:
            self._file(table, _date(day)).write(found)

    def _file(self, table: str, date: str) -> _File:
        """The file that rows of a table go to."""
        parts = {schemas.DATE: date, schemas.HOST: quote(self._host, safe="") or _NO_DATE}
        named = [word for word in self._partition if parts[word]]
        folder = os.path.join(self._path, table, *[f"{word}={parts[word]}" for word in named])
        found = self._open.pop(folder, None)
        if found is None:
            if len(self._open) >= _OPEN:
                oldest = next(iter(self._open))
                self._close(self._open.pop(oldest))
            count = self._counts[folder] = self._counts.get(folder, 0) + 1
            more = f"-{count}" if count > 1 else ""
            os.makedirs(folder, exist_ok=True)
            path = os.path.join(folder, f"{self._name}{more}.parquet")
            _refuse_existing(path)
            found = _File(path, table, self._columns[table], False)
        self._open[folder] = found  # the last one used stands last
        return found

    def _close(self, file: _File) -> None:
        file.close()
        self._done.append(file)

    def commit(self) -> None:
        """The files take their places."""
        for table in () if self._partition else self.tables:
            self._file(table, "")  # so that each table is there, be it empty
        while self._open:
            self._close(self._open.pop(next(iter(self._open))))
        for file in self._done:
            file.commit()

    def discard(self) -> None:
        """None of the files stays."""
        for file in (*self._open.values(), *self._done):
            file.discard()


def _date(day: int | None) -> str:
    """A day since the epoch as in the names of folders."""
    try:
        return _NO_DATE if day is None else str(_EPOCH + datetime.timedelta(days=day))
    except OverflowError:
        return _NO_DATE


_EPOCH: Final = datetime.date(1970, 1, 1)


class Database:
    """A DuckDB file with all tables."""

    def __init__(self, path: str) -> None:
        self.forgets = True
        self.daily = False
        self.tables = TABLES
        duckdb = library("duckdb")
        self._path = path
        folder, name = os.path.split(path)
        self._folder = tempfile.TemporaryDirectory(prefix=f".{name[:200]}.", dir=folder or ".")
        self._made = os.path.join(self._folder.name, "made.duckdb")
        self._connection = duckdb.connect(self._made)
        self._schemas = {table: schema(table) for table in TABLES}
        for table, wanted in self._schemas.items():
            self._run(f"CREATE TABLE {table} AS SELECT * FROM rows", wanted.empty_table())
        self._connection.execute(
            f"CREATE TABLE nldissect_schema AS SELECT {schemas.VERSION} AS version"
        )

    def _run(self, text: str, rows: Any) -> None:
        self._connection.register("rows", rows)
        self._connection.execute(text)
        self._connection.unregister("rows")

    def begin(self, host: str) -> None:
        """The rows of another host come."""

    def write(self, rows: TableRows, day: int | None) -> None:
        """Takes the rows that wait."""
        found = batch(rows, self._schemas[rows.table])
        self._run(
            f"INSERT INTO {rows.table} SELECT * FROM rows", library().Table.from_batches([found])
        )

    def commit(self) -> None:
        """The file takes its place."""
        self._connection.close()
        os.chmod(self._made, 0o600)
        os.replace(self._made, self._path)
        self._folder.cleanup()

    def discard(self) -> None:
        """There is no file."""
        self._connection.close()
        self._folder.cleanup()
