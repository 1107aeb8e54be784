"""Take the facts out of a kernel spec: a dissector to go on from.

Usage: python spec_facts.py SPEC.yaml >dissectors/NAME.yaml

SPEC is one of the kernel's own (Documentation/netlink/specs). Names, numbers, types and what
belongs to what are kept, one line for an attribute, an entry or an operation; sentences are not.
What the result has more is written by hand: `doc` at its top, `x-` keys, corrections.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

WIDTH = 110
# What is about generated code, or is nothing that bytes have.
LEFT_OUT = {
    "doc", "description", "header", "pre", "post", "dont-validate", "kernel-policy",
    "kernel-family", "render-max", "max-by-define", "attr-max-name", "attr-cnt-name",
    "cmd-max-name", "cmd-cnt-name", "enum-cnt-name", "c-version-name",
}  # fmt: skip
# Attributes of these names are indexes of interfaces, whatever spec they are in.
IFINDEX = {"ifindex", "dev-index", "if-index", "ifidx"}


def stripped(node: Any) -> Any:
    """The same without what is left out, and with the hints that names give."""
    if isinstance(node, dict):
        out = {key: stripped(value) for key, value in node.items() if key not in LEFT_OUT}
        if out.get("name") in IFINDEX and out.get("type") in ("u32", "s32"):
            out["x-hint"] = "ifindex"
        return out
    if isinstance(node, list):
        return [stripped(item) for item in node]
    return node


def flow(node: Any) -> str:
    """A node on one line."""
    text = yaml.safe_dump(node, default_flow_style=True, sort_keys=False, width=1 << 20)
    return text.removesuffix("\n...\n").strip()


def lines(node: Any, indent: str) -> list[str]:
    """A node as lines: as one where it fits, else a line for each of its parts."""
    short = flow(node)
    if len(indent) + len(short) <= WIDTH or not isinstance(node, (dict, list)) or not node:
        return [short]
    out = []
    if isinstance(node, dict):
        for key, value in node.items():
            inside = lines(value, indent + "  ")
            if len(inside) == 1 and len(indent) + len(key) + 2 + len(inside[0]) <= WIDTH:
                out.append(f"{key}: {inside[0]}")
            else:
                inside = lines(value, indent + "  ") if len(inside) > 1 else split(value, indent)
                out.append(f"{key}:")
                out += [f"  {line}" for line in inside]
    elif all(not isinstance(item, (dict, list)) for item in node):
        return split(node, indent)
    else:
        for item in node:
            first, *rest = lines(item, indent + "  ")
            out.append(f"- {first}")
            out += [f"  {line}" for line in rest]
    return out


def split(node: Any, indent: str) -> list[str]:
    """A list of words that is too long for one line, filled; another node as it is."""
    if not isinstance(node, list):
        return lines(node, indent + "  ")
    words = [flow(item) for item in node]
    out, line = [], "["
    for place, word in enumerate(words):
        word += "]" if place + 1 == len(words) else ","
        if len(indent) + len(line) + len(word) + 4 > WIDTH:
            out.append(line.rstrip())
            line = ""
        line += word + " "
    return [*out, line.rstrip()]


def main() -> None:
    """Prints the facts of the spec that the first argument names."""
    spec = stripped(yaml.safe_load(Path(sys.argv[1]).read_text()))
    for key, value in spec.items():
        inside = lines(value, "")
        if len(inside) == 1 and len(inside[0]) + len(key) < WIDTH:
            print(f"{key}: {inside[0]}")
        else:
            print(f"\n{key}:")
            for line in inside:
                print(f"  {line}")


if __name__ == "__main__":
    main()
