"""Names that this host gives to routing tables, protocols, scopes and network namespaces.

They are true of a recording only if it was made here (or where the same names
stand), so they are used when asked for. Read from rt_tables, rt_protos and
rt_scopes (lines of a number and a name, # starts a comment) and their .d
folders, as iproute2 does. Namespaces are those that `ip netns` keeps; the kernel
is asked for their ids (RTM_GETNSID, net/core/net_namespace.c).
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from glob import escape, glob
from typing import Final

from ..spec.registry import Registry
from ..wire import framing

# Where iproute2 and distributions keep them; what is named first stands.
FOLDERS: Final = ("/etc/iproute2", "/usr/share/iproute2", "/usr/lib/iproute2")
NAMESPACES: Final = "/run/netns"
# Enumeration of the dissectors to file.
FILES: Final = {"rt-table": "rt_tables", "rt-protocol": "rt_protos", "rt-scope": "rt_scopes"}
# The dissectors that have them.
SPECS: Final = ("rt-route", "rt-rule", "rt-addr", "rt-neigh", "rt-mdb")


def read(name: str, folders: Iterable[str] = FOLDERS) -> dict[int, str]:
    """Number to name of one table (`rt_tables`); empty where there is none."""
    out: dict[int, str] = {}
    for folder in folders:
        first = os.path.join(folder, name)
        for path in (first, *sorted(glob(f"{escape(first)}.d/*.conf"))):
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    for number, text in _entries(file):
                        out.setdefault(number, text)
            except OSError:
                continue
    return out


def _entries(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for line in lines:
        words = line.partition("#")[0].split()
        if len(words) == 2:
            try:
                yield int(words[0], 0), words[1]
            except ValueError:
                continue


def namespaces(folder: str = NAMESPACES) -> dict[int, str]:
    """Id to name of the network namespaces that have both; empty where there are none."""
    out: dict[int, str] = {}
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return out
    for name in names:
        try:
            number = _nsid(os.path.join(folder, name))
        except OSError:
            continue
        if number is not None:
            out.setdefault(number, name)
    return out


def _nsid(path: str) -> int | None:
    """The id that the namespace at this path has here, None if it has none."""
    with (
        open(path, "rb") as namespace,
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asked,
    ):
        asked.settimeout(1)
        asked.sendto(
            struct.pack("=IHHIIB3xHHI", 28, 90, 1, 1, 0, 0, 8, 3, namespace.fileno()), (0, 0)
        )
        answer = asked.recv(4096)
    if len(answer) < 20 or struct.unpack_from("=H", answer, 4)[0] != framing.RTM_NEWNSID:
        return None
    found = framing.Attributes(answer, 20, len(answer), sys.byteorder == "big")
    if not found.find(1):  # NETNSA_NSID
        return None
    number: int = struct.unpack_from("=i", answer, found.start)[0]
    return None if number < 0 else number


def teach(registry: Registry, folders: Iterable[str]) -> int:
    """Gives the registry's dissectors this host's names; returns how many it did not have."""
    folders = tuple(folders)
    tables = {enum: read(file, folders) for enum, file in FILES.items()}
    registry.namespaces.update(namespaces())
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
