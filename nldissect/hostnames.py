"""Names that this host gives to routing tables, protocols and scopes.

They are true of a recording only if it was made here (or where the same names
stand), so they are used when asked for. Read from rt_tables, rt_protos and
rt_scopes (lines of a number and a name, # starts a comment) and their .d
folders, as iproute2 does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final

from .registry import Registry

# Where iproute2 and distributions keep them; what is named first stands.
FOLDERS: Final = ("/etc/iproute2", "/usr/share/iproute2", "/usr/lib/iproute2")
# Enumeration of the dissectors to file.
FILES: Final = {"rt-table": "rt_tables", "rt-protocol": "rt_protos", "rt-scope": "rt_scopes"}
# The dissectors that have them.
SPECS: Final = ("rt-route", "rt-rule", "rt-addr", "rt-neigh", "rt-mdb")


def read(name: str, folders: Iterable[str] = FOLDERS) -> dict[int, str]:
    """Number to name of one table (`rt_tables`); empty where there is none."""
    out: dict[int, str] = {}
    for folder in folders:
        for path in _paths(os.path.join(folder, name)):
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    for number, text in _entries(file):
                        out.setdefault(number, text)
            except OSError:
                continue
    return out


def _paths(path: str) -> list[str]:
    extra = path + ".d"
    try:
        names = sorted(os.listdir(extra))
    except OSError:
        names = []
    return [path, *(os.path.join(extra, name) for name in names if name.endswith(".conf"))]


def _entries(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for line in lines:
        words = line.partition("#")[0].split()
        if len(words) == 2:
            try:
                yield int(words[0], 0), words[1]
            except ValueError:
                continue


def teach(registry: Registry, folders: Iterable[str] = FOLDERS) -> int:
    """Gives the registry's dissectors this host's names; returns how many it did not have."""
    folders = tuple(folders)
    tables = {enum: read(file, folders) for enum, file in FILES.items()}
    count = 0
    for name in SPECS:
        spec = registry.named(name)
        for enum_name, table in tables.items():
            enum = None if spec is None else spec.enums.get(enum_name)
            if enum is not None:
                for number, text in table.items():
                    if number not in enum.names:
                        enum.add(number, text, text)
                        count += 1
    return count
