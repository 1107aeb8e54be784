"""The queries of docs/fleets.md, run by DuckDB on partitions of recordings."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from support import ROOT
from support.command import Command
from support.messages import RECORDINGS

duckdb = pytest.importorskip("duckdb")

QUERIES = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/fleets.md").read_text(), re.DOTALL)


def test_every_query_of_the_documentation_answers(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("acks.pcap", "addresses.pcap", "links.pcap", "routes.pcap")
    captures = [RECORDINGS / name for name in names if (RECORDINGS / name).exists()]
    monkeypatch.chdir(tmp_path)
    assert run("export", "--partition", "date,host", *captures, "-o", "netlink").status == 0
    assert os.listdir("netlink")
    with duckdb.connect() as database:
        for statement in QUERIES[0].split(";"):
            database.execute(statement)
        assert len(QUERIES) > 3
        for query in QUERIES[1:]:
            assert database.sql(query.rstrip().rstrip(";")).fetchall(), query
        errors = database.sql(QUERIES[1].rstrip().rstrip(";")).fetchall()
        asked = database.sql("SELECT count(*) FROM transactions WHERE message IS NOT NULL")
        assert sum(row[-1] for row in errors) == asked.fetchall()[0][0]
