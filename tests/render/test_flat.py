"""-T jsonl --flat: paths that filters and columns know, with the same values."""

from __future__ import annotations

import struct
from typing import Any

import pytest

import nldissect
from nldissect._internal.render.column_output import MESSAGE_COLUMNS
from support.command import Command
from support.messages import RECORDINGS
from support.sweep import share


def text(value: Any) -> str:
    """A value as a column has it."""
    if isinstance(value, list):
        return ",".join(map(text, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@pytest.mark.parametrize(
    "name", share(["errors", "links", "routes", "conntrack", "nft_rules", "wifi"])
)
def test_paths_are_names(name: str, run: Command) -> None:
    path = RECORDINGS / f"{name}.pcap"
    rows = run("read", "-T", "jsonl", "--flat", path).objects
    assert not any(isinstance(value, dict) for row in rows for value in row.values())
    keys = list(dict.fromkeys(key for row in rows for key in row))
    for key in keys:
        assert key in MESSAGE_COLUMNS or key in ("explanation",) or nldissect.compile(key)
    plain = [key for key in keys if "." in key and not key.startswith(("request.", "process."))]
    chosen = plain[:: max(len(plain) // 8, 1)]
    columns = [word for key in chosen for word in ("-e", key)]
    lines = run("read", "-e", "message", *columns, path).out.splitlines()
    for row, line in zip(rows, lines, strict=True):
        for key, found in zip(chosen, line.split("\t")[1:], strict=True):
            if key in row and (row[key] is not True or found):  # an empty nest has no bytes
                assert found == text(row[key]), (row["message"], key)


def test_an_object(run: Command) -> None:
    rows = run("read", "-T", "jsonl", "--flat", RECORDINGS / "errors.pcap").objects
    assert rows[18]["linkinfo.kind"] == "vxlan"
    assert rows[18]["ifi-index"] == 0
    assert (rows[3]["error_name"], rows[3]["request.ifname"]) == ("EEXIST", "kiwi0")
    assert "attributes" not in rows[18]
    routes = run("read", "-T", "jsonl", "--flat", RECORDINGS / "routes.pcap").objects
    hops = [row["multipath.gateway"] for row in routes if "multipath.gateway" in row]
    assert ["192.0.2.10", "198.51.100.10"] in hops


def test_an_array_without_elements(run: Command) -> None:
    """RTM_NEWQDISC with TCA_STAB { TCA_STAB_DATA }, an array of u16."""
    attributes = struct.pack("=HHHH", 8, 8, 4, 2)
    data = struct.pack("=IHHII20x", 44, 36, 1, 7, 0) + attributes
    (row,) = run("decode", "--protocol", "route", "-T", "jsonl", "--flat", data.hex()).objects
    assert row["stab.data"] == []


def test_flat_goes_with_json(run: Command) -> None:
    ran = run("read", "--flat", RECORDINGS / "errors.pcap")
    assert (ran.status, ran.out) == (2, "")
    assert "--flat goes with -T jsonl" in ran.err
