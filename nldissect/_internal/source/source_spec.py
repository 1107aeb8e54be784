"""The spec of a family, by its C source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as attribute

from ..spec import spec_text
from ..wire.errors import UsageError
from . import c_declarations
from .attribute_facts import FactReader
from .attribute_types import Decided, Decider
from .c_declarations import Declarations, Enumeration, Enumerator, Member
from .c_types import Told, of_type
from .constant_names import Homes, common_prefix, real_entries, says_nothing, word
from .generic_families import SourceFamily, SourceOperation, families

HEAD = """\
# {name}: read from {sources}
# by nldissect dissectors learn --source; what it could not know is marked. Give it one-line
# summaries (x-summary), then: nldissect dissectors check FILE"""
MAX_VALUE = 0x3FFF  # of an attribute
MAX_SHOWN = 6
_REPLIES = ("_REPLY", "_NTF", "_RSP", "_RESP")


@dataclass
class SourceSpec:
    """A spec's text, and what whoever asked for it should know."""

    text: str
    name: str
    notes: list[str]


@dataclass
class _Set:
    """An attribute set that is to be written."""

    name: str
    prefix: str
    enum: Enumeration
    names: dict[str, str] = attribute(default_factory=dict)  # in the spec, by constant
    lines: list[str] = attribute(default_factory=list)


def learn(paths: list[str], wanted: str = "") -> SourceSpec:
    """The spec of the family in these files, or of the one that is wanted of several; raises
    UsageError when there is none."""
    declared = c_declarations.load(paths)
    found = [one for one in families(declared) if one.name]
    if wanted:
        chosen = [one for one in found if one.name == wanted]
        if not chosen and found:
            raise UsageError(f"no family {wanted!r} here; there are: {_listed(found)}")
        family = chosen[0] if chosen else SourceFamily("", wanted)
    elif len(found) == 1:
        family = found[0]
    elif found:
        raise UsageError(f"several families here, choose one with --family: {_listed(found)}")
    else:
        raise UsageError(
            f"no genl_family in {', '.join(paths)}; its name by --family, if they are headers"
        )
    return _Maker(declared, family, paths).spec()


def _listed(found: list[SourceFamily]) -> str:
    return ", ".join(one.name for one in found)


class _Maker:
    """Makes the spec of one family."""

    def __init__(self, declared: Declarations, family: SourceFamily, paths: list[str]) -> None:
        self.declared = declared
        self.family = family
        self.paths = paths
        self.reader = FactReader(declared)
        self.homes = Homes(declared)
        self.decider = Decider(self.reader, self.homes)
        self.sets: dict[Enumeration, _Set] = {}
        self._unwritten: list[_Set] = []
        self.definitions: dict[str, list[str]] = {}  # by name
        self.enum_names: dict[Enumeration, str] = {}
        self.struct_names: dict[str, str] = {}  # "" for one that cannot be written
        self.notes: list[str] = []
        self.operation_names: set[str] = set()
        self.several = len(families(declared)) > 1
        self.missing: dict[str, None] = {}
        facts = self.reader.facts
        self.used = {name for name, one in facts.items() if one.told() or one.inside}
        self.pads = frozenset(told.pad for one in facts.values() for told in one.told() if told.pad)

    def spec(self) -> SourceSpec:
        """The whole of it."""
        commands = self._command_enums()
        operations = self._operations(commands)
        self._others(commands)
        header = self._header()
        if not self.sets and not commands.requests:
            raise UsageError(
                f"the constants of family {self.family.name!r} are not in "
                f"{', '.join(self.paths)}; name the header that has them as well"
            )
        self._find_missing()
        self._tell_missing()
        text = spec_text
        lines = [
            HEAD.format(name=text.comment(self.family.name), sources=text.comment(self._sources())),
            f"name: {text.scalar(self.family.name)}",
            "protocol: genetlink-legacy",
            f"version: {self.family.version}",
            f"doc: {text.scalar(f'Generic netlink family {self.family.name}.')}",
        ]
        if self.definitions:
            lines += [
                "",
                "definitions:",
                *(one for item in self.definitions.values() for one in item),
            ]
        lines += ["", "attribute-sets:" if self.sets else "attribute-sets: []"]
        for made in self.sets.values():
            lines += [
                f"  - name: {text.scalar(made.name)}",
                f"    name-prefix: {spec_text.scalar(_low(made.prefix))}",
            ]
            lines += ["    attributes:", *made.lines] if made.lines else ["    attributes: []"]
        lines += ["", *operations[:1], *header, *operations[1:]]
        groups = [one for one in self.family.groups if one.isprintable()]
        if groups:
            lines += ["", "mcast-groups:", "  list:"]
            lines += [text.item({"name": group}, 4) for group in groups]
        return SourceSpec("\n".join(lines) + "\n", self.family.name, self.notes)

    def _sources(self) -> str:
        names = [path.rpartition("/")[2] for path in self.paths]
        return ", ".join(names[:8]) + (" and others" if len(names) > 8 else "")

    def _find_missing(self) -> None:
        """Constants that tables name and no file defines."""
        for one in self.family.operations:
            if not self.declared.constant(one.command):
                self.missing[one.command] = None
            if one.policy and one.policy not in self.reader.tables:
                self.missing[one.policy] = None
        if self.family.policy and self.family.policy not in self.reader.tables:
            self.missing[self.family.policy] = None

    def _tell_missing(self) -> None:
        names = [name for name in self.missing if name not in ("NULL", "0")]
        if not names:
            return
        headers = dict.fromkeys(
            name
            for name in self.declared.includes
            if not any(path.endswith(name.rpartition("/")[2]) for path in self.paths)
        )
        told = f"; it includes {', '.join([*headers][:8])}" if headers else ""
        self.notes.append(f"not in the files: {_some(names)}{told}")

    def _others(self, commands: _Commands) -> None:
        """Sets that no message was found to have, though functions put or policies know them."""
        if self.several or not self.sets:
            return
        taken = set(commands.all())
        heads = {common_prefix(enum).partition("_")[0] for enum in self.sets}
        for enum in self.declared.enums:
            if enum in self.sets or enum in taken:
                continue
            if common_prefix(enum).partition("_")[0] in heads and any(
                self._row(one.name) for one in enum.entries
            ):
                self.set_of(enum)

    # -- attribute sets ------------------------------------------------------------

    def set_of(self, enum: Enumeration | None) -> _Set | None:
        """The set of an enumeration's attributes; it is written with all that lie in its nests."""
        if enum is None:
            return None
        made = self._named(enum)
        while self._unwritten:  # nests may lie as deep as the source is long
            one = self._unwritten.pop()
            for entry in self._entries(one.enum):
                self._decide(one, entry)
        return made

    def _named(self, enum: Enumeration) -> _Set:
        """The set of an enumeration, which has a name from now on."""
        if enum not in self.sets:
            self.sets[enum] = self._begin(enum)
            self._unwritten.append(self.sets[enum])
        return self.sets[enum]

    def _entries(self, enum: Enumeration) -> list[Enumerator]:
        return [
            entry
            for entry in real_entries(enum, self.used)
            if entry.value is not None
            and 0 <= entry.value <= MAX_VALUE
            and not (says_nothing(entry) and not self._row(entry.name))
        ]

    def _row(self, name: str) -> bool:
        """Whether something other than a policy's filler is told of an attribute."""
        facts = self.reader.facts.get(name)
        return facts is not None and any(one.kind for one in facts.told())

    def _begin(self, enum: Enumeration) -> _Set:
        prefix = common_prefix(enum)
        name = _low(prefix).strip("-")
        for tail in ("-a", "-attr", "-attrs", "-nla"):
            name = name.removesuffix(tail)
        own = _low(self.family.name)
        for head in (f"{own}-a-", f"{own}-attr-", f"{own}-"):
            if name.startswith(head) and len(name) > len(head):
                name = name[len(head) :]
                break
        name = name or _low(enum.tag) or "attributes"
        names = {one.name for one in self.sets.values()}
        unique, count = name, 2
        while unique in names:
            unique, count = f"{name}-{count}", count + 1
        return _Set(unique, prefix, enum)

    def _decide(self, made: _Set, entry: Enumerator) -> None:
        """Writes one attribute of a set."""
        name = word(entry.name, made.prefix)
        if not name:
            return
        if name in made.names.values():  # constants that differ in capitals alone
            name = f"{name}-{entry.value}"
        made.names[entry.name] = name
        decided = self.decider.of(entry.name, self.pads)
        pairs: dict[str, object] = {"name": name, "value": entry.value}
        if (made.prefix + name).upper().replace("-", "_") != entry.name:
            pairs["x-constant"] = entry.name
        self._type(pairs, decided)
        if decided.multi:
            pairs["multi-attr"] = True
        if decided.request is not None:
            pairs["x-request"] = {"type": decided.request.kind}
        if decided.empty:
            pairs["x-forms"] = [{"size": 0, "type": "flag"}]
        checks = _checks(decided)
        if checks:
            pairs["checks"] = checks
        if entry.name.endswith("_IFINDEX") and pairs["type"] in ("u32", "s32"):
            pairs["x-hint"] = "ifindex"
        made.lines.append(spec_text.item(pairs, 6, decided.note))

    def _type(self, pairs: dict[str, object], decided: Decided) -> None:
        """The type of an attribute, and all that goes with it."""
        told = decided.told
        pairs["type"] = told.kind
        if told.kind == "nest":
            self._nest(pairs, decided)
            return
        if told.big is not None:
            pairs["byte-order"] = "big-endian" if told.big else "little-endian"
        if told.hint:
            pairs["x-hint" if told.hint == "ifindex" else "display-hint"] = told.hint
        if told.struct:
            name = self._struct(told.struct)
            if name:
                pairs["struct"] = name
                if told.array:
                    pairs["sub-type"] = "binary"
        elif told.element and told.element != "binary":
            pairs["sub-type"] = told.element
        enum = self.decider.enum_of(told)
        if enum is not None:
            name = self._enum(enum)
            if name:
                pairs["enum"] = name

    def _nest(self, pairs: dict[str, object], decided: Decided) -> None:
        if not decided.element:
            if decided.nested is None:
                pairs["type"] = "binary"
            else:
                pairs["nested-attributes"] = self._named(decided.nested).name
            return
        pairs["type"] = "indexed-array"
        if decided.nested is not None:
            pairs["sub-type"] = "nest"
            pairs["nested-attributes"] = self._named(decided.nested).name
            return
        pairs["sub-type"] = decided.element
        told = decided.element_told
        if told is not None:
            if told.big is not None:
                pairs["byte-order"] = "big-endian" if told.big else "little-endian"
            if told.hint:
                pairs["display-hint"] = told.hint
            name = self._struct(told.struct) if told.struct else ""
            if name:
                pairs["struct"] = name

    # -- definitions -----------------------------------------------------------------

    def _free(self, name: str, tail: str) -> str:
        """A name for a definition that none has yet."""
        unique = name = name or tail
        count = 2
        while unique in self.definitions:
            unique, count = f"{name}-{count}", count + 1
        return unique

    def _enum(self, enum: Enumeration) -> str:
        """The name of an enumeration of values, which is defined when it is first asked for."""
        if enum in self.enum_names:
            return self.enum_names[enum]
        self.enum_names[enum] = ""
        entries = [one for one in real_entries(enum) if one.value is not None]
        prefix = common_prefix(enum)
        values = [one.value for one in entries if one.value is not None]
        if not prefix or not values or not all(-(1 << 31) <= v < 1 << 32 for v in values):
            return ""
        shifts = any("<<" in one.expression or "BIT" in one.expression for one in entries)
        flags = shifts and all(v > 0 and v & (v - 1) == 0 for v in values)
        own = f"{_low(self.family.name)}-"
        name = self._free(_low(enum.tag or prefix).strip("-").removeprefix(own), "values")
        lines = [
            f"  - name: {spec_text.scalar(name)}",
            f"    name-prefix: {spec_text.scalar(_low(prefix))}",
        ]
        lines += [f"    type: {'flags' if flags else 'enum'}", "    entries:"]
        for entry in entries:
            short = word(entry.name, prefix)
            if short and entry.value is not None:
                value = entry.value.bit_length() - 1 if flags else entry.value
                pairs: dict[str, object] = {"name": short, "value": value}
                if (prefix + short).upper().replace("-", "_") != entry.name:
                    pairs["x-constant"] = entry.name
                lines.append(spec_text.item(pairs, 6))
        self.definitions[name] = lines
        self.enum_names[enum] = name
        return name

    def _struct(self, tag: str, depth: int = 0) -> str:
        """The name of a struct, which is defined when it is first asked for; "" if it cannot be."""
        if tag in self.struct_names:
            return self.struct_names[tag]
        self.struct_names[tag] = ""
        members = self.declared.structs.get(tag, [])
        written = [self._member(one, depth) for one in members[:256]]
        if not written or any(one is None for one in written):
            return ""
        name = self._free(tag.lower().replace("_", "-").strip("-"), "struct")
        lines = [f"  - name: {spec_text.scalar(name)}", "    type: struct", "    members:"]
        lines += [spec_text.item(one, 6) for one in written if one]
        self.definitions[name] = lines
        self.struct_names[tag] = name
        return name

    def _member(self, member: Member, depth: int) -> dict[str, object] | None:
        """A member of a struct; None for one that cannot be told, {} for an array of no length."""
        told = of_type(member.type)
        name = word(member.name, "")
        if told is None or not name or member.bits or member.pointer or depth > 8:
            return None
        out: dict[str, object] = {"name": name, "type": told.kind}
        if told.struct:
            inner = self._struct(told.struct, depth + 1)
            if not inner or member.sizes:
                return None
            return {**out, "struct": inner}
        if told.big is not None:
            out["byte-order"] = "big-endian" if told.big else "little-endian"
        if told.hint:
            out["display-hint"] = told.hint
        if not member.sizes:
            return {**out, "len": told.exact} if told.kind == "binary" else out
        return self._array(out, member, told)

    def _array(
        self, out: dict[str, object], member: Member, told: Told
    ) -> dict[str, object] | None:
        """A member that is an array."""
        count = self.declared.value(member.sizes[0]) if member.sizes[0] else 0
        size = self.declared.size_of(member.type)
        if len(member.sizes) > 1 or count is None or size is None or count > 0xFFFF:
            return None
        if count <= 0:
            return {}
        if member.type.endswith("char"):
            return {"name": out["name"], "type": "string", "len": count}
        if told.kind == "binary":
            return None
        out["type"] = "binary"
        out["len"] = count * size
        if size > 1:
            out["x-sub-type"] = told.kind
        elif told.kind == "u8" and count == 6:
            out["display-hint"] = "mac"
        return out

    def _header(self) -> list[str]:
        """The family's own header."""
        kind = self.family.header
        if not kind.startswith("struct "):
            return []
        name = self._struct(kind[7:])
        if not name:
            self.missing[kind] = None
            return []
        return [f"  fixed-header: {spec_text.scalar(name)}"]

    # -- operations --------------------------------------------------------------------

    def _command_enums(self) -> _Commands:
        """The enumerations of commands: of requests, of their answers where these have one of
        their own, and of events.
        """
        out = _Commands()
        for one in self.family.operations:
            home = self.homes.of(one.command)
            if home is not None and home not in out.requests:
                out.requests.append(home)
        if not out.requests:
            found = self._commands_by_name()
            out.requests += [] if found is None else [found]
        for command in self.reader.commands:
            if self._foreign(command):
                continue
            home = self.homes.of(command)
            if home is not None and home not in (*out.requests, *out.events):
                out.events.append(home)
        if out.requests:
            out.answers = self._answers(out.requests[0])
            if out.answers in out.events:
                out.events.remove(out.answers)
        return out

    def _answers(self, commands: Enumeration) -> Enumeration | None:
        """The enumeration of answers, where it is not that of the commands: most are NAME_REPLY."""
        prefix = common_prefix(commands)
        asked = {one.command for one in self.family.operations}
        for enum in self.declared.enums:
            if enum is commands or not common_prefix(enum).startswith(prefix):
                continue
            real = real_entries(enum)
            replies = sum(one.name.endswith(_REPLIES) for one in real)
            if replies > 1 and replies * 2 > len(real) and asked.isdisjoint(e.name for e in real):
                return enum
        return None

    def _foreign(self, command: str) -> bool:
        """Whether messages of a command are those of another family in the same files."""
        tables = self.declared.tables
        told = {
            name
            for name in self.reader.families.get(command, ())
            if name in tables and tables[name].type == "struct genl_family"
        }
        return bool(told) and self.family.variable not in told

    def _commands_by_name(self) -> Enumeration | None:
        """The commands of a header alone: the first enumeration that calls itself that."""
        for enum in self.declared.enums:
            if "_CMD_" in common_prefix(enum):
                return enum
        return None

    def _main(self, taken: list[Enumeration]) -> Enumeration | None:
        """The set of commands that nothing tells anything of: the family's own."""
        found = self.decider.set_of_policy(self.family.policy) or self.homes.of(self.family.most)
        if found is not None:
            return found
        homes = Counter(
            home for one in self.family.operations if (home := self._policy_home(one)) is not None
        )
        for keys in self.reader.commands.values():
            homes.update(home for key in keys if (home := self.homes.of(key)) is not None)
        for home in taken:
            homes.pop(home, None)
        if homes:
            return homes.most_common(1)[0][0]
        for enum in self.declared.enums:
            prefix = common_prefix(enum)
            if enum not in taken and re.search(r"_(ATTRS?|A|NLA)_", prefix):
                return enum
        return None

    def _policy_home(self, operation: SourceOperation) -> Enumeration | None:
        return self.decider.set_of_policy(operation.policy) or self.homes.of(operation.most)

    def _operations(self, commands: _Commands) -> list[str]:
        """The lines of all operations, in the order of their numbers."""
        main = self._main(commands.all())
        self.set_of(main)
        if not commands.requests:
            return ["operations:", "  list: []"]
        prefix = common_prefix(commands.requests[0])
        by_command = {self.declared.constant(one.command): one for one in self.family.operations}
        directional = commands.answers is not None or bool(commands.events)
        lines = ["operations:"]
        if directional:
            lines += ["  enum-model: directional"]
        lines += [f"  name-prefix: {spec_text.scalar(_low(prefix))}", "  list:"]
        used = set(by_command) | set(self.reader.commands)
        other = _Answers(commands.answers, used)
        seen: set[int] = set()
        for entry in (one for enum in commands.requests for one in real_entries(enum, used)):
            name, operation = self._named_command(entry, prefix), by_command.get(entry.name)
            if not name or entry.value is None or (says_nothing(entry) and operation is None):
                continue
            reply = other.of(entry.name, prefix)
            if commands.answers is None and directional and entry.name in self.reader.commands:
                reply = entry
            if reply is not None and reply.value is not None:
                seen.add(reply.value)
            lines += self._operation(entry, name, operation, main, prefix, reply, directional)
        events = other.rest()
        for enum in commands.events:
            events += [one for one in real_entries(enum, used) if not says_nothing(one)]
        return lines + self._events(events, main, seen)

    def _named_command(self, entry: Enumerator, prefix: str) -> str:
        """The name of a command, with what an enumeration of another prefix has in front."""
        name = word(entry.name, prefix)
        count = 2
        while name in self.operation_names:
            name, count = f"{word(entry.name, prefix)}-{count}", count + 1
        self.operation_names.add(name)
        return name

    def _operation(
        self,
        entry: Enumerator,
        name: str,
        operation: SourceOperation | None,
        main: Enumeration | None,
        prefix: str,
        reply: Enumerator | None,
        directional: bool,
    ) -> list[str]:
        """One command."""
        put = self._put(entry.name if reply is None else reply.name)
        asked: dict[str, None] = {}
        home = None if operation is None else self._policy_home(operation)
        if operation is not None:
            asked, answered = self.reader.handled(operation.functions)
            put = {**put, **answered}
            table = self.reader.tables.get(operation.policy)
            asked = dict.fromkeys(table.rows) if table is not None else asked
        if operation is None and not put:
            home = self._called_alike(name)
        home = home or self._home_of(put, main)
        made = self.set_of(home)
        pairs: dict[str, object] = {"name": name}
        if not directional:
            pairs["value"] = entry.value
        if (prefix + name).upper().replace("-", "_") != entry.name:
            pairs["x-constant"] = entry.name
        if made is not None:
            pairs["attribute-set"] = made.name
        request: dict[str, object] = {"attributes": _names(asked, made)}
        answer: dict[str, object] = {"attributes": _names(put, made)}
        if directional:
            request = {"value": entry.value, **request}
            answer = {"value": None if reply is None else reply.value, **answer}
        return spec_text.block(
            {**pairs, **self._modes(operation, request, answer, reply, directional)}, 4
        )

    def _modes(
        self,
        operation: SourceOperation | None,
        request: dict[str, object],
        answer: dict[str, object],
        reply: Enumerator | None,
        directional: bool,
    ) -> dict[str, object]:
        """What travels which way."""
        if operation is None and not directional:
            event: dict[str, object] = {"event": answer}
            if len(self.family.groups) == 1 and answer["attributes"]:
                event["mcgrp"] = self.family.groups[0]
            return event if answer["attributes"] else {}
        both: dict[str, object] = {"request": request}
        if reply is not None or (not directional and answer["attributes"]):
            both["reply"] = answer
        modes = (
            ("do", "dump")
            if operation is None
            else ("do",) * operation.do + ("dump",) * operation.dump
        )
        flags: dict[str, object] = {}
        if operation is not None and operation.admin:
            flags["flags"] = ["admin-perm"]
        return {**flags, **dict.fromkeys(modes or ("do",), both)}

    def _events(
        self, entries: list[Enumerator], main: Enumeration | None, seen: set[int]
    ) -> list[str]:
        """Messages from the kernel alone, where they are numbered apart; one of a number that an
        answer has cannot be told from it.
        """
        lines: list[str] = []
        hidden: list[str] = []
        for entry in entries:
            home = self.homes.of(entry.name)
            prefix = "" if home is None else common_prefix(home)
            if entry.value is None or not word(entry.name, prefix):
                continue
            if entry.value in seen:
                hidden.append(entry.name)
                continue
            seen.add(entry.value)
            put = self._put(entry.name)
            near = self._called_alike(word(entry.name, prefix))
            made = self.set_of(self._home_of(put, near or main))
            pairs: dict[str, object] = {"name": self._named_command(entry, prefix)}
            pairs["value"] = entry.value
            pairs["x-constant"] = entry.name
            if made is not None:
                pairs["attribute-set"] = made.name
            pairs["event"] = {"attributes": _names(put, made)}
            lines += spec_text.block(pairs, 4)
        if hidden:
            self.notes.append(f"events with the numbers of answers are left out: {_some(hidden)}")
        return lines

    def _put(self, command: str) -> dict[str, None]:
        """The attributes that messages of a command are given."""
        return self.reader.commands.get(command) or self.reader.handlers.get(command, {})

    def _called_alike(self, name: str) -> Enumeration | None:
        """The set whose name an event's begins with, the longest of them."""
        found = [one for one in self.sets.values() if name.startswith(f"{one.name}-")]
        return max(found, key=lambda one: len(one.name)).enum if found else None

    def _home_of(self, keys: Iterable[str], main: Enumeration | None) -> Enumeration | None:
        """The set that most of these attributes are of."""
        homes = Counter(home for key in keys if (home := self.homes.of(key)) is not None)
        return homes.most_common(1)[0][0] if homes else main


@dataclass
class _Commands:
    """The enumerations that commands are of."""

    requests: list[Enumeration] = attribute(default_factory=list)
    answers: Enumeration | None = None
    events: list[Enumeration] = attribute(default_factory=list)

    def all(self) -> list[Enumeration]:
        """All of them."""
        answers = [] if self.answers is None else [self.answers]
        return [*self.requests, *answers, *self.events]


class _Answers:
    """Messages from the kernel that have an enumeration of their own, by whom they answer."""

    def __init__(self, enum: Enumeration | None, used: set[str]) -> None:
        self._own = "" if enum is None else common_prefix(enum)
        real = [] if enum is None else real_entries(enum, used)
        self._left = {one.name: one for one in real if not says_nothing(one)}

    def of(self, command: str, prefix: str) -> Enumerator | None:
        """The answer to a command: NAME_REPLY, with this enumeration's prefix or the command's."""
        for tail in ("_REPLY", "_RSP", "_RESP"):
            for head in (self._own, prefix):
                found = self._left.pop(f"{head}{command[len(prefix) :]}{tail}", None)
                if found is not None:
                    return found
        return None

    def rest(self) -> list[Enumerator]:
        """Those that answer nobody."""
        return list(self._left.values())


def _some(names: list[str]) -> str:
    """The first of many names."""
    more = f" and {len(names) - MAX_SHOWN} more" if len(names) > MAX_SHOWN else ""
    return ", ".join(names[:MAX_SHOWN]) + more


def _names(keys: Iterable[str], made: _Set | None) -> list[str]:
    """The names of attributes that are of this set."""
    return [] if made is None else [made.names[key] for key in keys if key in made.names]


def _low(text: str) -> str:
    """A prefix or tag as specs write it; what no name of theirs has is left out."""
    return "".join(
        c for c in text.lower().replace("_", "-") if c.isascii() and (c.isalnum() or c == "-")
    )


def _checks(decided: Decided) -> dict[str, object]:
    """The limits that policies set."""
    told, limits = decided.told, decided.limits
    out: dict[str, object] = {}
    if decided.request is not None or told.kind == "nest":
        return out
    if told.kind in ("binary", "string"):
        for key, value in (
            ("exact-len", limits.exact),
            ("min-len", limits.least),
            ("max-len", limits.most),
        ):
            if (
                value is not None
                and 0 < value <= 0xFFFF
                and not (key != "exact-len" and limits.exact)
            ):
                out[key] = value
    elif limits.kind == told.kind:
        for key, value in (("min", limits.low), ("max", limits.high)):
            if value is not None:
                out[key] = value
    return out
