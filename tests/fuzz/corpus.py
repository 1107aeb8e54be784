"""What is mutated: records and traces in captures/, specs in dissectors/, and their words."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

import nldissect

ROOT = Path(__file__).resolve().parents[2]
Datagram = tuple[int, bytes]  # netlink protocol, and the messages


@cache
def conversations() -> list[list[Datagram]]:
    """The records of each recording, in order."""
    out = []
    for path in sorted((ROOT / "captures").glob("*.pcap*")):
        with nldissect.open(str(path)) as capture:
            records = {m.record.number: m.record for m in capture if m.record is not None}
        found = [(r.protocol, bytes(r.data)) for r in records.values() if r.protocol >= 0]
        if found:
            out.append(found)
    return out


@cache
def traces() -> list[list[bytes]]:
    """The lines of each trace of strace."""
    paths = sorted((ROOT / "captures").glob("*.strace"))
    return [path.read_bytes().splitlines(keepends=True) for path in paths]


@cache
def specs() -> list[list[str]]:
    """The lines of each dissector that is data alone."""
    paths = sorted((ROOT / "dissectors").glob("*.yaml"))
    return [path.read_text().splitlines(keepends=True) for path in paths]


class SpecSource(NamedTuple):
    """A dissector as lines, with the names of its operations."""

    lines: list[str]
    operations: list[str]


@cache
def spec_sources() -> dict[str, SpecSource]:
    """The dissectors by the name of what they dissect."""
    found = {}
    for lines in specs():
        spec = yaml.load("".join(lines), yaml.CSafeLoader)
        names = [operation["name"] for operation in spec.get("operations", {}).get("list", [])]
        found[spec["name"]] = SpecSource(lines, names)
    return found


@cache
def words() -> list[str]:
    """Names that filters and paths may have: those of attributes, members and operations."""
    found = re.compile(r"\bname: ([a-z][a-z0-9-]*)")
    return sorted({name for lines in specs() for line in lines for name in found.findall(line)})
