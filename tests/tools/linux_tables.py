"""Print the tables of nldissect/_internal/wire/linux.py from a kernel's include folder.

Usage: python linux_tables.py KERNEL/include > tables

KERNEL/include is the source tree's own folder (with linux/ and uapi/ below
it). The output replaces the tables at the end of linux.py.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

# Per table: Python name, key, prefix, headers, constants that share the prefix and are no entries.
TABLES: tuple[tuple[str, str, str, tuple[str, ...], str], ...] = (
    (
        "ERRNO",
        "errno",
        "E",
        (
            "uapi/asm-generic/errno-base.h",
            "uapi/asm-generic/errno.h",
            "linux/errno.h",
            "uapi/linux/netfilter/ipset/ip_set.h",
        ),
        "",
    ),
    (
        "ADDRESS_FAMILY",
        "address-family",
        "AF_",
        ("linux/socket.h", "uapi/linux/rtnetlink.h"),
        "AF_MAX|RTNL_FAMILY_MAX",
    ),
    ("ARPHRD", "arphrd", "ARPHRD_", ("uapi/linux/if_arp.h",), ""),
    ("ETHERTYPE", "ethertype", "ETH_P_", ("uapi/linux/if_ether.h",), "ETH_P_802_3_MIN"),
    (
        "IP_PROTOCOL",
        "ip-protocol",
        "IPPROTO_",
        ("uapi/linux/in.h", "uapi/linux/in6.h"),
        "IPPROTO_MAX",
    ),
    ("NETLINK_PROTOCOL", "netlink-protocol", "NETLINK_", ("uapi/linux/netlink.h",), ""),
    ("RTM", "rtm", "RTM_", ("uapi/linux/rtnetlink.h",), "RTM_BASE|RTM_F_.*|RTM_NR_.*|RTM_MAX"),
)

# Further names of a table that do not carry its prefix.
ALSO = {"ADDRESS_FAMILY": "RTNL_FAMILY_", "ERRNO": "IPSET_ERR_"}

# Where a header goes on with other constants of the same prefix (socket options, flags).
END = {"NETLINK_PROTOCOL": "MAX_LINKS", "RTM": "RTM_MAX"}

# ruff format leaves such a table as it is.
BY_HAND = "# fmt: skip"

DEFINE = re.compile(r"#\s*define\s+(\w+)\s+(0[xX][0-9a-fA-F]+|\d+)\s*$")
ENTRY = re.compile(r"(\w+)\s*(?:=\s*(0[xX][0-9a-fA-F]+|\d+))?\s*,?$")


def constants(text: str) -> Iterator[tuple[str, int]]:
    """Each numeric `#define` and enumerator of a header, in the header's order."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S).replace("\\\n", " ")
    inside, following = False, 0
    for line in map(str.strip, text.splitlines()):
        if re.match(r"enum\b[^;]*$", line):
            inside, following = True, 0
        elif line.startswith("}"):
            inside = False
        elif found := DEFINE.match(line):
            yield found[1], int(found[2], 0)
        elif inside and (found := ENTRY.match(line)):
            value = following if found[2] is None else int(found[2], 0)
            yield found[1], value
            following = value + 1


def table(
    include: Path, name: str, prefix: str, headers: tuple[str, ...], no: str
) -> dict[int, str]:
    """The first name of every number: what comes later is an alias."""
    wanted = re.compile(f"(?:{prefix}|{ALSO.get(name, prefix)})[A-Z0-9]")
    unwanted = re.compile(f"(?:{no})$")
    result: dict[int, str] = {}
    for header in headers:
        text = (include / header).read_text()
        if name in END:
            text = text[: text.index(END[name])]
        for constant, value in constants(text):
            if wanted.match(constant) and not unwanted.match(constant):
                result.setdefault(value, constant)
    return dict(sorted(result.items()))


def render(name: str, headers: tuple[str, ...], values: dict[int, str], width: int = 99) -> str:
    """The table as Python, with the headers above it."""
    head = textwrap.wrap(", ".join(headers), width - 2, break_on_hyphens=False)
    lines, line = [*(f"# {row}" for row in head), f"{name}: dict[int, str] = {{"], "   "
    for value, constant in values.items():
        item = f' {value}: "{constant}",'
        if len(line) + len(item) > width:
            lines.append(line)
            line = "   "
        line += item
    return "\n".join([*lines, line, f"}}  {BY_HAND}"])


def main(include: Path) -> None:
    for name, _, prefix, headers, no in TABLES:
        print(f"\n{render(name, headers, table(include, name, prefix, headers, no))}")
    print("\nENUMS: dict[str, tuple[str, dict[int, str]]] = {")
    for name, key, prefix, _, _ in TABLES:
        print(f'    "{key}": ("{prefix}", {name}),')
    print("}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
