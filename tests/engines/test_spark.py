"""Spark's data source in local mode, as docs/fleets.md tells, against what one process reads."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nldissect.arrow
from support.fleet import FleetCapture

pytestmark = pytest.mark.engines
LOCAL = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.warehouse.dir": "warehouse",
}


@pytest.fixture(scope="module")
def names(
    captures: list[FleetCapture], example: Callable[..., dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The documentation's example, after it ran."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]")
    for name, value in LOCAL.items():
        builder = builder.config(name, value)
    told = example("Spark", spark=builder.getOrCreate())
    yield told
    told["spark"].stop()


def rows(captures: list[FleetCapture], table: str, columns: list[str]) -> list[tuple[Any, ...]]:
    """Some columns of a table of all captures, in order."""
    out = []
    for capture in captures:
        found = nldissect.arrow.read(capture.path, table=table, dictionaries=False).read_all()
        out += zip(*(found[name].to_pylist() for name in columns), strict=True)
    return sorted(out, key=repr)


def test_the_query_of_the_documentation(
    captures: list[FleetCapture], names: dict[str, Any]
) -> None:
    asked = [row for row in rows(captures, "transactions", ["message", "error"]) if row[0]]
    told = names["rates"].collect()
    assert sum(row["asked"] for row in told) == len(asked)
    assert sum(row["failed"] for row in told) == sum(error < 0 for _, error in asked)
    assert {row["os"] for row in told} == {capture.kernel for capture in captures}


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("messages", ["host", "message", "record", "operation", "latency", "error", "summary"]),
        ("attributes", ["host", "message", "index", "path", "value_int", "value_bytes", "label"]),
        ("transactions", ["host", "transaction", "message", "latency", "parts", "error"]),
    ],
)
def test_every_row_of_every_range(
    captures: list[FleetCapture], names: dict[str, Any], table: str, columns: list[str]
) -> None:
    format = names["spark"].read.format("netlink").option("table", table)
    found = format.option("size", "16000").load("captures/*/*/*.pcapng").select(columns)
    parts = found.rdd.getNumPartitions()
    assert (parts == len(captures)) == (table == "transactions")
    told = [
        tuple(bytes(v) if isinstance(v, bytearray) else v for v in row) for row in found.collect()
    ]
    assert sorted(told, key=repr) == rows(captures, table, columns)


MOMENT = datetime.datetime(2026, 11, 21, 0, 1, 0, 50_000, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    "condition",
    [
        "error < 0",
        "error = 22",  # which is none: refusals are negative
        "error = -19",
        "operation = 'newroute' AND role = 'notification'",
        "operation IN ('getroute', 'getlink')",
        "operation = 'no-such-operation'",
        "family = 'nl_util' AND direction = 'to-kernel'",
        "host = 'web1' AND message <= 10",
        "host = 'nobody'",
        "latency > 100000 AND NOT error = 0",
        "time >= TIMESTAMP '2026-11-21 00:01:00.05'",
        "time = (SELECT min(time) FROM messages)",
        "process_pid IS NOT NULL OR port = 0",
        "summary LIKE 'new%'",
    ],
)
def test_conditions_are_pushed_down_and_lose_nothing(names: dict[str, Any], condition: str) -> None:
    spark = names["spark"]
    counts = {}
    for pushed in ("true", "false"):
        spark.conf.set("spark.sql.python.filterPushdown.enabled", pushed)
        frame = spark.sql(f"SELECT host, capture, message FROM messages WHERE {condition}")
        counts[pushed] = sorted(map(tuple, frame.collect()))
    spark.conf.set("spark.sql.python.filterPushdown.enabled", "true")
    assert counts["true"] == counts["false"]
    assert counts["true"] or "no" in condition.lower() or condition == "error = 22"


def test_what_is_pushed_down_is_not_made_into_rows(captures: list[FleetCapture]) -> None:
    from pyspark.sql import datasource as spark

    from nldissect.spark import NetlinkDataSource

    def read(*conditions: Any, table: str = "messages") -> tuple[int, int]:
        """Captures and rows that are read for these conditions."""
        options = {"path": "captures/*/*/*.pcapng", "size": "16000", "table": table}
        source = NetlinkDataSource(options)
        reader = source.reader(source.schema())
        assert list(reader.pushFilters([*conditions])) == [*conditions]
        parts = reader.partitions()
        paths = {part.split.path for part in parts}
        return len(paths), sum(batch.num_rows for part in parts for batch in reader.read(part))

    everything = read()
    assert everything[0] == len(captures)
    assert read(spark.StringContains(("summary",), "route")) == everything
    assert read(spark.EqualTo(("error",), 22)) == everything
    assert read(spark.EqualTo(("host",), "nobody")) == (0, 0)
    files, found = read(spark.EqualTo(("host",), "web1"), spark.LessThan(("error",), 0))
    assert files == sum(capture.host == "web1" for capture in captures)
    errors = rows(captures, "messages", ["host", "error"])
    assert found == sum(host == "web1" and (error or 0) < 0 for host, error in errors) > 0
    _, found = read(spark.GreaterThan(("time",), MOMENT))
    times = rows(captures, "messages", ["time"])
    assert found == sum(time.to_pydatetime() > MOMENT for (time,) in times) > 0
    _, found = read(spark.In(("operation",), ("newroute", "no-such-operation")))
    operations = rows(captures, "messages", ["operation"])
    assert found == operations.count(("newroute",)) > 0
    # An attribute's type and length are not those of its message.
    everything = read(table="attributes")
    assert read(spark.EqualTo(("type",), 1), table="attributes") == everything
    assert read(spark.EqualTo(("length",), 8), table="attributes") == everything
    numbers = rows(captures, "attributes", ["message"])
    _, found = read(spark.LessThan(("message",), 10), table="attributes")
    assert found == sum(number < 10 for (number,) in numbers) > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tabel": "messages"}, "no option 'tabel'"),
        ({"table": "massages"}, "(did you mean 'messages'?)"),
        ({"size": "big"}, "size: 'big' is no number"),
        ({"path": "captures/none*"}, "there is no capture captures/none*"),
    ],
)
def test_wrong_use_is_told(names: dict[str, Any], options: dict[str, str], said: str) -> None:
    from pyspark.errors import PySparkException

    with pytest.raises(PySparkException) as problem:
        names["spark"].read.format("netlink").options(
            **{"path": "captures/*/*/*.pcapng", **options}
        ).load().count()
    assert said in str(problem.value)


def test_what_a_damaged_capture_has_is_read_when_asked(
    captures: list[FleetCapture], names: dict[str, Any]
) -> None:
    from pyspark.errors import PySparkException

    whole = captures[0].path.read_bytes()
    with open("cut.pcapng", "wb") as file:
        file.write(whole[: len(whole) * 2 // 3])

    def count(**options: str) -> int:
        read = names["spark"].read.format("netlink").options(size="16000", **options)
        counted: int = read.load("cut.pcapng").count()
        return counted

    with nldissect.open(captures[0].path) as capture:
        assert 0 < count(damaged="warn") < len(capture)
    with pytest.raises(PySparkException, match="cut"):
        count()
