"""TableRows that wait as Arrow's record batches, and the schemas in Arrow's words."""

from __future__ import annotations

from typing import Any, Protocol

from ..wire.extras import extra_module
from . import schemas
from .columns import NOTHING, Chosen, Coded, Column, Numbers, Runs, Texts


class TableRows(Protocol):
    """What fills a table."""

    @property
    def table(self) -> str:
        """Its name."""

    @property
    def columns(self) -> dict[str, Column]:
        """Its columns by their names."""

    @property
    def count(self) -> int:
        """The rows that wait."""

    @property
    def size(self) -> int:
        """The bytes of their texts."""

    def begin(self, forgets: bool) -> None:
        """They are written, others come; `forgets`: words need not keep their codes."""


def library(name: str = "pyarrow") -> Any:
    """pyarrow, a part of it, or duckdb; raises UsageError where it is not installed."""
    return extra_module(name, name.partition(".")[0], "arrow")


def schema(table: str, columns: dict[str, str] | None = None) -> Any:
    """Arrow's schema of a table, with its version; of these columns of it, if they are given."""
    pa = library()
    types = _types(pa)
    wanted = schemas.SCHEMAS[table] if columns is None else columns
    return pa.schema(
        [pa.field(name, types[word]) for name, word in wanted.items()],
        metadata={schemas.VERSION_KEY: str(schemas.VERSION), schemas.TABLE_KEY: table},
    )


def _types(pa: Any) -> dict[str, Any]:
    diagnosis = pa.struct(
        [("code", pa.string()), ("severity", pa.string()), ("text", pa.string()),
         ("offset", pa.int64()), ("length", pa.int64())]
    )  # fmt: skip
    return {
        "name": pa.dictionary(pa.int32(), pa.string()),
        "string": pa.string(),
        "binary": pa.binary(),
        "strings": pa.list_(pa.string()),
        "diagnoses": pa.list_(diagnosis),
        "time": pa.timestamp("ns", "UTC"),
        "bool": pa.bool_(),
        "int16": pa.int16(),
        "int32": pa.int32(),
        "int64": pa.int64(),
        "serial": pa.int64(),
        "serial32": pa.int32(),
        "uint64": pa.uint64(),
        "float64": pa.float64(),
    }


def batch(rows: TableRows, wanted: Any) -> Any:
    """The rows that wait as a record batch of this schema, and they are gone."""
    pa = library()
    made = _ArrayMaker(pa, int(rows.count))
    arrays = {name: made.array(column, wanted, name) for name, column in rows.columns.items()}
    return pa.RecordBatch.from_arrays([arrays[name] for name in wanted.names], schema=wanted)


class _ArrayMaker:
    """Makes arrays of columns, which several of them share numbers of."""

    def __init__(self, pa: Any, count: int) -> None:
        self._pa = pa
        self._compute = library("pyarrow.compute")
        self._count = count
        self._raws: dict[int, Any] = {}  # by the column's id
        self._numbers: dict[int, Any] = {}

    def array(self, column: Column, wanted: Any, name: str) -> Any:
        """The array of a column; None of one that the schema does not have."""
        place = wanted.get_field_index(name)
        kind = wanted.field(place).type if place >= 0 else None
        if isinstance(column, (Numbers, Runs)):
            found = self._number(column)
            return None if kind is None else found.cast(kind)
        if isinstance(column, Coded):
            codes = self._number(column.codes)
            return None if kind is None else self._told(codes, column.values, kind)
        if isinstance(column, Chosen):
            return self._chosen(column, kind)
        if isinstance(column, Texts):
            return self._texts(column, kind)
        return self._pa.array(column, kind if kind is not None else None)

    def _raw(self, column: Numbers | Runs) -> Any:
        """The numbers of a column; once, since they are taken."""
        found = self._raws.get(id(column))
        if found is None:
            if isinstance(column, Runs):
                values, ends = (self._from(data) for data in column.taken())
                runs = self._pa.RunEndEncodedArray.from_arrays(ends, values)
                found = self._compute.run_end_decode(runs)
            else:
                found = self._from(column.taken())
            self._raws[id(column)] = found
        return found

    def _from(self, data: bytes) -> Any:
        pa = self._pa
        return pa.Array.from_buffers(pa.int64(), len(data) // 8, [None, pa.py_buffer(data)])

    def _number(self, column: Numbers | Runs) -> Any:
        """The same with null for NOTHING."""
        found = self._numbers.get(id(column))
        if found is None:
            found = self._raw(column)
            nothing = self._compute.equal(found, NOTHING)
            if self._compute.any(nothing).as_py():
                found = self._compute.if_else(nothing, None, found)
            self._numbers[id(column)] = found
        return found

    def _told(self, codes: Any, values: list[Any], kind: Any) -> Any:
        pa = self._pa
        if not pa.types.is_dictionary(kind):
            return pa.array(values, kind).take(codes)
        words = pa.array(values, kind.value_type).dictionary_encode()
        indices = words.indices.take(codes)
        return pa.DictionaryArray.from_arrays(indices, words.dictionary)

    def _chosen(self, column: Chosen, kind: Any) -> Any:
        tags, numbers = self._raw(column.tags), self._raw(column.numbers)
        mask = self._compute.equal(tags, column.tag)
        if column.of is not None:
            if isinstance(column.of, Texts):
                values = self._texts(column.of, kind)
            else:
                values = self._pa.array(column.of, kind)
            return values.take(self._compute.if_else(mask, numbers, None))
        if self._pa.types.is_unsigned_integer(kind):
            numbers = numbers.view(kind)
        elif not self._pa.types.is_int64(kind):
            numbers = self._compute.if_else(mask, numbers, 0).cast(kind)
        return self._compute.if_else(mask, numbers, None)

    def _texts(self, column: Texts, kind: Any) -> Any:
        pa = self._pa
        data, ends = column.taken()
        count = len(ends) // 8
        offsets = pa.py_buffer(bytes(8) + ends)
        large = pa.large_binary() if pa.types.is_binary(kind) else pa.large_string()
        found = pa.Array.from_buffers(large, count, [None, offsets, pa.py_buffer(data)])
        return found.cast(kind)
