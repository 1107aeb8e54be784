"""What `nldissect export` makes, by name, table, filter and partition, and what it refuses."""

from __future__ import annotations

import struct
import sys
from collections import Counter
from pathlib import Path

import pytest

import nldissect
import nldissect.arrow
from support.command import Command, attribute, link, save
from support.messages import RECORDINGS

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
duckdb = pytest.importorskip("duckdb")

ACKS, LINKS = RECORDINGS / "acks.pcap", RECORDINGS / "links.pcap"


def test_a_folder_has_the_tables(run: Command, tmp_path: Path) -> None:
    assert run("export", ACKS, LINKS, "-o", tmp_path / "t").status == 0
    messages = pq.read_table(tmp_path / "t" / "messages")
    counts = {capture: len(nldissect.open(capture)) for capture in (ACKS, LINKS)}
    assert messages.num_rows == sum(counts.values())
    assert set(messages["capture"].to_pylist()) == {str(ACKS), str(LINKS)}
    assert set(messages["host"].to_pylist()) == {"acks", "links"}
    transactions = pq.read_table(tmp_path / "t" / "transactions")
    assert transactions.num_rows == sum(
        len(nldissect.open(capture).transactions) for capture in (ACKS, LINKS)
    )
    attributes = pq.read_table(tmp_path / "t" / "attributes")
    assert set(attributes["capture"].to_pylist()) == {str(ACKS), str(LINKS)}
    fields = pq.read_table(tmp_path / "t" / "fields")
    assert not (set(fields.column_names) - {"capture", "host", "field"}) & set(
        attributes.column_names
    )
    assert messages.schema.metadata[b"nldissect.schema"] == b"2"


def test_transactions_are_those_of_the_library(run: Command, tmp_path: Path) -> None:
    assert run("export", ACKS, "--table", "transactions", "-o", tmp_path / "t.parquet").status == 0
    found = (
        pq.read_table(tmp_path / "t.parquet").drop_columns(["start", "first", "end"]).to_pylist()
    )
    expected = list(nldissect.open(ACKS).transactions)
    said = [(r["transaction"], r["message"], r["kind"], r["state"], r["latency"]) for r in found]
    assert said == [(t.id, t.number or None, t.kind, t.state, t.latency) for t in expected]


def test_partitions_are_folders_that_engines_know(run: Command, tmp_path: Path) -> None:
    to = tmp_path / "t"
    done = run("export", ACKS, LINKS, "--partition", "date,host", "--host", "web/7", "-o", to)
    assert done.status == 0
    found = duckdb.sql(
        f"SELECT host, CAST(date AS VARCHAR), CAST(time AS VARCHAR), message "
        f"FROM read_parquet('{to}/messages/**/*.parquet', hive_partitioning = true)"
    ).fetchall()
    assert len(found) == len(nldissect.open(ACKS)) + len(nldissect.open(LINKS))
    assert {host for host, *_ in found} == {"web/7"}
    assert {path.parent.name for path in to.rglob("*.parquet")} == {"host=web%2F7"}
    days = {path.parents[1].name for path in (to / "transactions").rglob("*.parquet")}
    assert days <= {path.parents[1].name for path in (to / "messages").rglob("*.parquet")}


def test_a_filter_chooses_messages_attributes_and_transactions(
    run: Command, tmp_path: Path
) -> None:
    to = tmp_path / "errors.duckdb"
    assert run("export", "-Y", "error < 0", ACKS, "-o", to).status == 0
    chosen = list(nldissect.open(ACKS, filter="error < 0"))
    assert chosen
    with duckdb.connect(str(to), read_only=True) as database:
        ask = lambda text: database.sql(text).fetchall()  # noqa: E731
        assert ask("SELECT message, error FROM messages ORDER BY 1") == [
            (message.number, message.error) for message in chosen
        ]
        assert ask("SELECT DISTINCT message FROM attributes ORDER BY 1") == [
            (message.number,) for message in chosen if message.nodes
        ]
        assert ask("SELECT DISTINCT state FROM transactions") == [("failed",)]
        assert ask("SELECT version FROM nldissect_schema") == [(2,)]


def test_an_arrow_file_says_what_the_parquet_file_says(run: Command, tmp_path: Path) -> None:
    for name in ("a.arrow", "a.parquet"):
        done = run("export", LINKS, ACKS, "--table", "attributes", "-o", tmp_path / name)
        assert done.status == 0
    arrow = pa.ipc.open_file(tmp_path / "a.arrow").read_all()
    parquet = pq.read_table(tmp_path / "a.parquet")
    assert arrow.num_rows > 0
    assert arrow.to_pylist() == parquet.to_pylist()


def test_attributes_and_fields_are_what_one_file_has(run: Command, tmp_path: Path) -> None:
    captures = (RECORDINGS / name for name in ("rules.pcap", "wireguard.pcap"))
    words = ("export", *captures, "--table", "attributes", "-o")
    for name in ("one.parquet", "folder"):
        assert run(*words, tmp_path / name).status == 0
    one = pq.read_table(tmp_path / "one.parquet")
    names = ", ".join(f'"{name}"' for name in one.column_names)
    joined = duckdb.sql(
        f"SELECT {names} FROM read_parquet('{tmp_path}/folder/attributes/*') a "
        f"JOIN read_parquet('{tmp_path}/folder/fields/*') f USING (host, capture, field)"
    )
    assert Counter(joined.fetchall()) == Counter(tuple(row.values()) for row in one.to_pylist())


def test_the_library_gives_the_same_rows(run: Command, tmp_path: Path) -> None:
    for table in nldissect.arrow.TABLES:
        to = tmp_path / f"{table}.parquet"
        assert run("export", ACKS, "--table", table, "-o", to).status == 0
        read = nldissect.arrow.read(ACKS, table=table)
        assert read.schema == nldissect.arrow.schema(table)
        rows = read.read_all()
        written = pq.read_table(to)
        assert rows.num_rows == written.num_rows > 0
        for name, kind in zip(written.column_names, written.schema.types, strict=True):
            plain = pa.int64() if pa.types.is_timestamp(kind) else kind
            assert rows[name].cast(plain).to_pylist() == written[name].cast(plain).to_pylist(), name


def test_the_library_takes_filters_and_names_tables(tmp_path: Path) -> None:
    read = nldissect.arrow.read(ACKS, filter="error < 0", host="web7").read_all()
    assert read["message"].to_pylist() == [
        message.number for message in nldissect.open(ACKS, filter="error < 0")
    ]
    assert set(read["host"].to_pylist()) == {"web7"}
    with pytest.raises(nldissect.UsageError, match="messages"):
        nldissect.arrow.read(ACKS, table="massages")


def test_secrets_are_their_size_unless_they_are_asked_for(run: Command, tmp_path: Path) -> None:
    wireguard = RECORDINGS / "wireguard.pcap"
    where = "path LIKE '%private-key'"
    for words, name in (((), "a.parquet"), (("--show-secrets",), "b.parquet")):
        to = tmp_path / name
        done = run("export", *words, wireguard, "--table", "attributes", "-o", to)
        assert done.status == 0
        found = duckdb.sql(
            f"SELECT value_string, value_bytes FROM read_parquet('{to}') WHERE {where}"
        ).fetchall()
        assert found
        for text, octets in found:
            assert (text == "<redacted 32 bytes>" and octets is None) or (
                bool(words) and len(octets) == 32
            )


def test_numbers_of_all_64_bits_survive(run: Command, tmp_path: Path) -> None:
    wanted = [0, 1 << 63, (1 << 63) - 1, (1 << 64) - 1]
    stats = struct.pack("<24Q", *wanted * 6)
    capture = save(tmp_path / "a.pcap", link(attribute(23, stats)))
    to = tmp_path / "a.parquet"
    assert run("export", capture, "--table", "attributes", "-o", to).status == 0
    rows = [r for r in pq.read_table(to).to_pylist() if r["path"].startswith("stats64.")]
    assert [r["value_int"] if r["value_uint"] is None else r["value_uint"] for r in rows] == (
        wanted * 6
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "a.csv"], "none of .parquet, .arrow, .duckdb"),
        (["-o", "there.parquet"], "is there already"),
        (["-o", "there.duckdb"], "is there already"),
        (["-o", "there"], "no folder"),
        (["-o", "a.duckdb", "--table", "messages"], "--table"),
        (["-o", "a.parquet", "--partition", "date"], "--partition"),
        (["-o", "a", "--partition", "hots"], "invalid choice"),
        (["-o", "missing/a.parquet"], "cannot be written"),
        (["-o", "missing/a.duckdb"], "cannot be written"),
    ],
)
def test_wrong_use_is_one_line(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("there.parquet", "there.duckdb", "there"):
        Path(name).touch()
    done = run("export", ACKS, *words)
    assert done.status == 2
    assert said in done.err
    assert done.err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"there.parquet", "there.duckdb", "there"}


def test_without_pyarrow_it_says_what_to_install(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = run("export", ACKS, "-o", tmp_path / "t")
    assert done.status == 2
    assert "pip install 'nldissect[arrow]'" in done.err
    assert not list(tmp_path.iterdir())


def test_what_could_be_read_is_written(run: Command, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(ACKS.read_bytes()[:-7])
    done = run("export", cut, "-o", tmp_path / "t")
    assert done.status == 2
    assert done.err.count("\n") == 1
    whole = len(nldissect.open(ACKS))
    assert 0 < pq.read_table(tmp_path / "t" / "messages").num_rows < whole
