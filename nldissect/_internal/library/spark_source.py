"""Captures as a data source of Spark: which files, which ranges of them, and which messages.

Where a condition of a query can be told from a capture's name or as a display filter, what it
does not hold for is not read, or gets no row. Spark holds the rows against it in any case, so that
it may hold for more here, only not for less.
"""

from __future__ import annotations

import datetime
import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from pyspark.sql import datasource as spark
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
from pyspark.sql.types import StructType

from ..export import schemas
from ..export.arrow_batches import library
from ..filter import Filter
from ..wire.errors import FilterError, UsageError
from . import arrow_reader, capture_splits
from .parameters import ByteOrder

OPTIONS: Final = (
    "path", "paths", "table", "filter", "host", "size", "damaged", "byte_order", "dissectors",
    "specs", "decode_as",
)  # fmt: skip

_OPERATORS: Final[dict[type, str]] = {
    spark.EqualTo: "==",
    spark.GreaterThan: ">",
    spark.GreaterThanOrEqual: ">=",
    spark.LessThan: "<",
    spark.LessThanOrEqual: "<=",
}
# Columns by the field of display filters that has their values.
_NUMBERS: Final = {
    **{name: name for name in (
        "message", "record", "type", "flags", "sequence", "port", "length", "transaction",
        "answers", "answered_by", "listeners", "copy_of",
    )},
    "process_pid": "process.pid",
}  # fmt: skip
_WORDS: Final = {
    **{name: name for name in (
        "protocol", "family", "dissector", "operation", "constant", "direction", "role",
        "confidence", "group", "error_name",
    )},
    "process": "process.name",
}  # fmt: skip
_OF_FILES: Final = ("capture", schemas.HOST)
_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
# Microseconds since then that display filters take for a time: seconds of 9 to 12 digits.
_FIRST: Final = 10**8 * 10**6
_LAST: Final = 10**12 * 10**6 - 1


class NetlinkDataSource(spark.DataSource):
    """`spark.read.format("netlink")`, once `spark.dataSource.register` was given this class.

    `load` takes a path, a folder, a pattern such as `/data/*/*.pcapng`, or a list of these.
    Options are `table`, `filter`, `host`, `damaged` and `byte_order` as in `nldissect.arrow.read`,
    `size` as in `nldissect.arrow.splits`, and `dissectors`, `specs` (paths) and `decode_as`
    (21=nlexample) with commas between them.
    """

    @classmethod
    def name(cls) -> str:
        """What `format` is given."""
        return "netlink"

    def schema(self) -> StructType:
        """The table's columns in Spark's types."""
        self._check()
        return cast(StructType, from_arrow_schema(_spark_schema(self._table())))

    def reader(self, schema: StructType) -> NetlinkReader:
        """What plans and reads; `schema` may have some of the columns only."""
        self._check()
        known = self.schema().fieldNames()
        for name in schema.fieldNames():
            if name not in known:
                raise UsageError(f"no column {name!r} in {self._table()}; there are {known}")
        return NetlinkReader(dict(self.options), self._table(), schema)

    def _table(self) -> str:
        return str(self.options.get("table", schemas.MESSAGES))

    def _check(self) -> None:
        arrow_reader.schema(self._table())
        for name in self.options:
            if name.lower() not in OPTIONS:
                raise UsageError(f"no option {name!r}; there are {', '.join(OPTIONS)}")


@dataclass
class SplitPartition(spark.InputPartition):
    """What one task reads."""

    split: capture_splits.Split
    host: str


class NetlinkReader(spark.DataSourceReader):
    """Plans which parts of which captures are read, and reads one of them."""

    def __init__(self, options: dict[str, str], table: str, schema: StructType) -> None:
        self._options = {name.lower(): text for name, text in options.items()}
        self._table = table
        self._schema = schema
        self._terms: list[str] = []  # conditions as display filters
        self._wanted: dict[str, set[str]] = {}  # by column of `_OF_FILES`: the values it may have

    def pushFilters(self, filters: list[spark.Filter]) -> Iterable[spark.Filter]:
        """Takes what conditions can be made use of; Spark is left with all of them."""
        test = self._whole("any").registry()
        for found in filters:
            column, values = _values(found)
            if column in _OF_FILES:
                if values is not None:
                    chosen = {str(value) for value in values}
                    self._wanted[column] = self._wanted.get(column, chosen) & chosen
            elif self._table == schemas.MESSAGES or (
                self._table == schemas.ATTRIBUTES and column == "message"
            ):
                text = _term(found)
                if text is not None and _compiles(text, test):
                    self._terms.append(text)
        return filters

    def partitions(self) -> Sequence[spark.InputPartition]:
        """A part for each file, or for each range of a large one."""
        out = []
        size = self._number("size", capture_splits.RANGE)
        for path in self._paths():
            host = self._options.get("host") or arrow_reader.host_of(path)
            told = {"capture": path, schemas.HOST: host}
            if any(told[column] not in values for column, values in self._wanted.items()):
                continue
            whole = self._whole(path)
            if self._table == schemas.TRANSACTIONS:
                parts = [whole]
            else:
                parts = capture_splits.cut(whole, size)
            out += [SplitPartition(part, host) for part in parts]
        return out

    def read(self, partition: spark.InputPartition) -> Iterator[Any]:
        """The record batches of one of these parts."""
        if not isinstance(partition, SplitPartition):
            return  # Spark's own, where no capture is wanted
        terms = [f"({text})" for text in self._terms]
        if given := self._options.get("filter"):
            terms.insert(0, f"({given})")
        batches = arrow_reader.read(
            partition.split,
            filter=" and ".join(terms) or None,
            table=self._table,
            host=partition.host,
            dictionaries=False,
            damaged=cast(arrow_reader.Damaged, self._options.get("damaged", "raise")),
        )
        wanted = to_arrow_schema(self._schema, timezone="UTC")
        for batch in batches:
            yield batch.select(wanted.names).cast(wanted, safe=False)

    # -- options -------------------------------------------------------------------------

    def _paths(self) -> list[str]:
        """The captures that `load` names."""
        import json

        given = self._options.get("path")
        texts = [given] if given else json.loads(self._options.get("paths", "[]"))
        if not texts:
            raise UsageError("load: give a capture, a folder or a pattern")
        out = []
        for text in texts:
            path = text.removeprefix("file://")
            if os.path.isdir(path):
                found = [
                    os.path.join(folder, name)
                    for folder, _, names in os.walk(path)
                    for name in names
                    if not name.startswith((".", "_"))
                ]
            else:
                found = [path] if os.path.exists(path) else glob.glob(path, recursive=True)
            if not found:
                raise UsageError(f"load: there is no capture {text}")
            out += sorted(found)
        return out

    def _whole(self, path: str) -> capture_splits.Split:
        """A capture with what the options say of reading it."""
        pairs = dict(pair.partition("=")[::2] for pair in self._list("decode_as"))
        return capture_splits.whole(
            path,
            cast(ByteOrder | None, self._options.get("byte_order")),
            self._list("dissectors"),
            self._list("specs"),
            pairs,
        )

    def _list(self, name: str) -> list[str]:
        return [part for part in self._options.get(name, "").split(",") if part]

    def _number(self, name: str, usual: int) -> int:
        text = self._options.get(name)
        try:
            return usual if text is None else int(text)
        except ValueError:
            raise UsageError(f"{name}: {text!r} is no number") from None


def _spark_schema(table: str) -> Any:
    """Arrow's schema of a table with the types that Spark has."""
    pa = library()

    def kind(found: Any) -> Any:
        if pa.types.is_timestamp(found):
            return pa.timestamp("us", found.tz)
        return pa.decimal128(20, 0) if pa.types.is_uint64(found) else found

    return pa.schema(
        [(one.name, kind(one.type)) for one in arrow_reader.schema(table, dictionaries=False)]
    )


# -- conditions ---------------------------------------------------------------------------


def _term(found: spark.Filter) -> str | None:
    """A display filter that holds at least where a condition does; None where there is none."""
    column, values = _values(found)
    if values is not None:
        texts = [_comparison(column, "==", value) for value in values]
        known = [text for text in texts if text is not None]
        return " or ".join(known) if known and len(known) == len(texts) else None
    operator = _OPERATORS.get(type(found))
    return None if operator is None else _comparison(column, operator, cast(Any, found).value)


def _values(found: spark.Filter) -> tuple[str, tuple[Any, ...] | None]:
    """The column of a condition, and the values one of which it must have; None: another kind."""
    path: tuple[str, ...] = getattr(found, "attribute", ())
    column = path[0] if len(path) == 1 else ""
    if isinstance(found, (spark.EqualTo, spark.EqualNullSafe)) and found.value is not None:
        return column, (found.value,)
    if isinstance(found, spark.In):
        return column, tuple(value for value in found.value if value is not None)
    return column, None


def _comparison(column: str, operator: str, value: Any) -> str | None:
    """A comparison of a column with a value as a display filter."""
    if column in _NUMBERS and type(value) is int:
        return f"{_NUMBERS[column]} {operator} {value}"
    if column == "latency" and type(value) is int and value >= 0:
        return f"latency {operator} {value}ns"
    if column == "error" and type(value) is int and value <= 0:
        return f"error {operator} {value}"
    if column in _WORDS and operator == "==" and isinstance(value, str):
        plain = value.isascii() and value.isprintable() and not {*'"\\'} & {*value}
        return f'{_WORDS[column]} == "{value}"' if plain else None
    if column == "time" and isinstance(value, datetime.datetime):
        return _moment(operator, value)
    return None


def _moment(operator: str, value: datetime.datetime) -> str | None:
    """The same of a time, which Spark has in microseconds, cut."""
    known = value.astimezone() if value.tzinfo is None else value
    since = (known - _EPOCH) // datetime.timedelta(microseconds=1)
    if not _FIRST <= since < _LAST:
        return None
    at, after = (f"{one // 1_000_000}.{one % 1_000_000:06}" for one in (since, since + 1))
    if operator == "==":
        return f"time >= {at} and time < {after}"
    return f"time < {after}" if operator == "<=" else f"time {operator} {at}"


def _compiles(text: str, known: Any) -> bool:
    """Whether it is a display filter; names of a host's own are none that we know."""
    try:
        Filter(text, known)
    except FilterError:
        return False
    return True
