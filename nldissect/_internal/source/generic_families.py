"""`genl_family` with its operations and multicast groups."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from typing import TYPE_CHECKING

from .c_declarations import Declarations, Table
from .c_syntax import descend, text
from .policy_tables import members_of

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass
class SourceOperation:
    """One entry of a table of operations."""

    command: str  # the constant
    policy: str = ""
    most: str = ""  # maxattr
    functions: list[str] = attribute(default_factory=list)  # that handle it
    do: bool = False
    dump: bool = False
    admin: bool = False


@dataclass
class SourceFamily:
    """A genl_family; `header` is the type of its own header, "" without one."""

    variable: str
    name: str
    version: int = 1
    policy: str = ""
    most: str = ""
    header: str = ""
    operations: list[SourceOperation] = attribute(default_factory=list)
    groups: list[str] = attribute(default_factory=list)


def families(declared: Declarations) -> list[SourceFamily]:
    """All families, in the order of the files."""
    return [
        _family(table, declared)
        for table in declared.tables.values()
        if table.type == "struct genl_family"
    ]


def _family(table: Table, declared: Declarations) -> SourceFamily:
    members = {name: text(node) for name, node in members_of(table.value).items()}
    version = declared.value(members.get("version", ""))
    out = SourceFamily(table.name, declared.string(members.get("name", "")))
    out.version = version if version is not None and 0 <= version < 256 else 1
    out.policy, out.most = members.get("policy", ""), members.get("maxattr", "")
    size = members.get("hdrsize", "")
    if size.startswith("sizeof"):
        out.header = size[6:].strip("( )")
    for key in ("ops", "small_ops", "split_ops"):
        found = declared.tables.get(members.get(key, ""))
        if found is not None:
            _operations(found, out)
    groups = declared.tables.get(members.get("mcgrps", "").lstrip("& "))
    if groups is not None:
        for entry in _entries(groups.value) or [groups.value]:
            first = next(iter(entry.named_children), None)
            name = declared.string(text(members_of(entry).get("name", first)))
            if name and name not in out.groups:
                out.groups.append(name)
    return out


def _entries(value: Node) -> list[Node]:
    """The elements of an array, with or without a designator."""
    found = descend(value, "initializer_list", "comment")
    return [one for one in found if one.type == "initializer_list" and one != value]


def _operations(table: Table, family: SourceFamily) -> None:
    """Takes in a table; of one command there may be several entries (genl_split_ops)."""
    by_command = {one.command: one for one in family.operations}
    for entry in _entries(table.value):
        members = {name: text(node) for name, node in members_of(entry).items()}
        command = members.get("cmd", "")
        if not command:
            continue
        one = by_command.get(command)
        if one is None:
            one = by_command[command] = SourceOperation(command)
            family.operations.append(one)
        one.policy = one.policy or members.get("policy", "")
        one.most = one.most or members.get("maxattr", "")
        one.do = one.do or "doit" in members
        one.dump = one.dump or "dumpit" in members
        one.admin = one.admin or "_ADMIN_PERM" in members.get("flags", "")
        one.functions += [members[key] for key in ("doit", "dumpit") if key in members]
