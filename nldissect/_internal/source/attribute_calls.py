"""What functions do with attributes: the calls that put and get them, in order and with the nests
that they are in.

A function becomes a list of items. Its parameters stand in them as `$0`, `$1`, what they are is
known where it is called; what lies in a nest under an index is `X[]`, X being the nest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import TYPE_CHECKING

from .c_declarations import Declarations, Function
from .c_syntax import CText, descend, field, name_in, text
from .c_types import Told, Types, of_type
from .constant_names import bound

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_EXPANSIONS = 20_000  # of macros with arguments, in all files
MAX_EXPANSION = 4096
MAX_MACRO_DEPTH = 3

_SCALARS = {
    "u8": Told("u8"), "u16": Told("u16"), "u32": Told("u32"), "u64": Told("u64"), "s8": Told("s8"),
    "s16": Told("s16"), "s32": Told("s32"), "s64": Told("s64"), "uint": Told("uint"),
    "sint": Told("sint"), "be16": Told("u16", True), "be32": Told("u32", True),
    "be64": Told("u64", True), "net16": Told("u16", True), "net32": Told("u32", True),
    "net64": Told("u64", True), "le16": Told("u16", False), "le32": Told("u32", False),
    "le64": Told("u64", False), "string": Told("string"), "flag": Told("flag"),
    "msecs": Told("u64"), "in_addr": Told("u32", True, "ipv4"),
    "in6_addr": Told("binary", hint="ipv6", exact=16), "bitfield32": Told("bitfield32"),
    "u64_64bit": Told("u64"),
}  # fmt: skip
_PUT = re.compile(r"nla_put_(\w+?)(_64bit)?")
_GET = re.compile(r"nla_get_(\w+?)(_default)?")
_STRINGS = frozenset(("nla_strscpy", "nla_strlcpy", "nla_strdup", "nla_strcmp"))
# where the attribute, the policy and the highest attribute stand among the arguments
_NEST_PARSERS = {
    "nla_parse_nested": (2, 3, 1), "nla_parse_nested_deprecated": (2, 3, 1),
    "nla_validate_nested": (0, 2, 1), "nla_validate_nested_deprecated": (0, 2, 1),
}  # fmt: skip
# where the command and the family stand among the arguments
_MESSAGES = {"genlmsg_put": (5, 3), "genlmsg_put_reply": (4, 2), "genl_info_init_ntf": (2, 1)}
_WORD = re.compile(r"[A-Za-z_]\w*")
_INDEXED = re.compile(r"\[ ?(\w+) ?\]")
_MARKED = re.compile(r"(\w+) \| \w+")
_FIELD = re.compile(r"(\w+)(?:\[[^\]]*\])?(?:\.|->)\w+")
_FIRST = re.compile(r"(\w+) = (\w+)$")
_LENGTH = re.compile(r"(?:strlen|strnlen) ?\(.*\)")
_OWN_LENGTH = re.compile(r"(\w+) \+ 1|(?:strlen|strnlen) ?\(.*\) \+ 1")
_EITHER = re.compile(r".*\? ?(\w+) ?: ?(\w+)")
_OF_TYPE = re.compile(r"nla_type ?\( ?(\w+) ?\)")
_CAST = re.compile(r"\( ?(?:struct \w+|\w+) ?\*? ?\) ?")
_PARAMETER = re.compile(r"\b\w+\b")
_LOOPS = frozenset(("while_statement", "for_statement"))
MAX_NESTS = 12  # that are open at a time
MAX_HANDLERS = 8  # functions that one member of a struct may stand for
MAX_LISTED = 64
UNKNOWN = "?"  # an attribute that is no index, but not known either
INFO = "@info"  # the command of the request that is answered


@dataclass(eq=False)
class Use:
    """Something is said of an attribute; `items` are what is inside, where it is a nest.

    `named` says that the numbers inside are attributes, whatever else it looks like.
    """

    subjects: tuple[str, ...]
    told: Told | None = None
    items: list[Item] | None = None
    multi: bool = False
    named: bool = False
    put: bool = True
    policy: str = ""  # by which what is inside is parsed
    most: str = ""  # and the highest attribute of it


@dataclass(eq=False)
class Call:
    """A call of another function, with what attributes it is given."""

    name: str
    arguments: tuple[str, ...]
    multi: bool = False


@dataclass(eq=False)
class Start:
    """A message begins, of this command of the family in this variable."""

    command: str
    family: str = ""


Item = Use | Call | Start


@dataclass
class _Nest:
    """A nest that is open: its variable, and how deep in blocks and loops it was opened."""

    variable: str
    items: list[Item]
    block: int
    loop: int
    use: Use | None = None


@dataclass
class Body:
    """One function, read."""

    name: str
    items: list[Item] = attribute(default_factory=list)
    parameters: int = 0


class CallReader:
    """Reads functions; what macros with arguments expand to costs but so much in all."""

    def __init__(self, declared: Declarations, parse: Callable[[bytes], CText]) -> None:
        self.declared = declared
        self.types = Types(declared)
        self.parse = parse
        self.expansions = 0
        self.handlers = _handlers(declared)

    def read(self, function: Function) -> Body:
        """One function's items."""
        out = Body(function.name, [], len(function.parameters))
        reader = _Reader(self, out.items, function.source.loops)
        for place, (name, kind) in enumerate(function.parameters):
            reader.types_of[name] = kind
            reader.aliases[name] = f"${place}"
        reader.walk(function.body, 0)
        return out

    def expanded(self, name: str, words: list[str]) -> CText | None:
        """What a macro with arguments stands for, as the body of a function."""
        names, body = self.declared.calls[name]
        self.expansions += 1
        if self.expansions > MAX_EXPANSIONS or len(body) > MAX_EXPANSION:
            return None
        given = dict(zip(names, words, strict=False))
        if sum(len(word) for word in words) * (1 + body.count("##")) > MAX_EXPANSION:
            return None
        out = _PARAMETER.sub(lambda found: given.get(found.group(), found.group()), body)
        if len(out) > 4 * MAX_EXPANSION:
            return None
        out = re.sub(r" ?## ?", "", out)
        return self.parse(f"void f(void) {{ {out} ; }}".encode())


class _Reader:
    """Reads the body of one function."""

    def __init__(self, owner: CallReader, items: list[Item], loops: dict[int, str]) -> None:
        self.owner = owner
        self.declared = owner.declared
        self.loops_at = loops
        self.types_of: dict[str, str] = {}
        self.aliases: dict[str, str] = {}  # variables that are an attribute, or its number
        self.type_of: dict[str, str] = {}  # variables that are the type of another's
        self.containers: dict[str, Use] = {}  # what is gone through, by the loop's variable
        self.nests = [_Nest("", items, 0, 0)]
        self.choices: dict[str, tuple[str, ...]] = {}  # variables that are one of several
        self.lengths: set[str] = set()  # variables that are the length of a text
        self.switches: list[str] = []
        self.block = self.loop = self.started = 0

    def walk(self, root: Node, depth: int) -> None:
        """Goes through a body; each node is met before what is in it, and left after that."""
        waiting: list[tuple[Node, bool]] = [(root, False)]
        while waiting:
            node, leaving = waiting.pop()
            kind = node.type
            if leaving:
                self._leave(kind)
                continue
            if kind == "compound_statement":
                self.block += 1
            elif kind in _LOOPS:
                self.loop += 1
                self._enter_loop(node)
                self._enter_count(node, kind)
            elif kind == "switch_statement":
                self._enter_switch(node)
            elif kind == "case_statement":
                self._enter_case(node)
            elif kind == "comment" or kind == "initializer_pair":
                if kind == "comment":
                    continue
            else:
                self._visit(node, kind, depth)
            if kind in _LOOPS or kind in ("compound_statement", "switch_statement"):
                waiting.append((node, True))
            waiting += [(child, False) for child in reversed(node.named_children)]

    def _leave(self, kind: str) -> None:
        if kind in _LOOPS:
            self.loop -= 1
        elif kind == "switch_statement":
            self.switches.pop()
        else:
            while len(self.nests) > 1 and self.nests[-1].block >= self.block:
                self.nests.pop()
            self.block -= 1

    def _visit(self, node: Node, kind: str, depth: int) -> None:
        if kind == "call_expression":
            self._call(node, depth)
        elif kind == "declaration":
            self._declare(node)
        elif kind == "assignment_expression":
            self._assign(text(field(node, "left")), field(node, "right"))
        elif kind == "binary_expression":
            self._compare(node)

    # -- variables ---------------------------------------------------------------

    def _declare(self, node: Node) -> None:
        kind = text(field(node, "type"))
        for one in node.children_by_field_name("declarator"):
            name = name_in(one)
            array = "[]" if one.type == "array_declarator" else ""
            value = None
            if one.type == "init_declarator":
                value = field(one, "value")
                inner = field(one, "declarator")
                array = "[]" if inner is not None and inner.type == "array_declarator" else ""
            self.types_of[name] = kind + array
            if value is not None and value.type == "initializer_list":
                self.choices[name] = _constants(value, self.declared)
            elif value is not None:
                self._assign(name, value)

    def _assign(self, name: str, value: Node | None) -> None:
        """A variable that is an attribute from now on, its number, a nest, or its payload."""
        words = text(value)
        if not words or not name:
            return
        if words.startswith("nla_nest_start") and value is not None:
            self._open(name, value)
            return
        found = _OF_TYPE.fullmatch(words)
        if found is not None:
            self.type_of[name] = found.group(1)
            return
        if not _WORD.fullmatch(name):
            return
        if _LENGTH.fullmatch(words):
            self.lengths.add(name)
            return
        either = _EITHER.fullmatch(words)
        if either is not None:
            self.choices[name] = self._subjects(words)
            return
        if words.startswith("nla_data"):
            kind = self.types_of.get(name, "")
            told = of_type(kind) if kind.startswith("struct ") else None
            if kind == "struct nlattr":
                told = None
            if told is not None:
                self._get(words[8:].strip("( )"), told)
            return
        subject = self._subject(words) if "(" not in words else ""
        if subject:
            self.aliases[name] = subject

    def _subject(self, words: str) -> str:
        """The attribute that an expression is or is the number of; "" for none that is known."""
        words = _CAST.sub("", words) if words.startswith("(") else words
        if _WORD.fullmatch(words):
            return self.aliases.get(words) or self.declared.constant(words)
        if words.endswith("]") and "[" in words:
            found = _INDEXED.search(words, words.rindex("["))
            return self._subject(found.group(1)) if found is not None else ""
        if words.startswith("nla_data"):
            return self._subject(words[8:].strip("( )"))
        marked = _MARKED.fullmatch(words)
        return "" if marked is None else self._subject(marked.group(1))

    def _subjects(self, words: str) -> tuple[str, ...]:
        """The attributes that an argument may be."""
        either = _EITHER.fullmatch(words)
        if either is not None:
            return (self._subject(either.group(1)), self._subject(either.group(2)))
        if words.startswith("nla_type"):
            return (UNKNOWN,)
        part = _FIELD.fullmatch(words)
        name = words if part is None else part.group(1)
        if name in self.choices:
            return self.choices[name]
        if part is not None:
            table = self.declared.tables.get(name)
            found = () if table is None else _constants(table.value, self.declared)
            return found or (UNKNOWN,)
        return (self._subject(words),)

    # -- statements ---------------------------------------------------------------

    def _enter_loop(self, node: Node) -> None:
        """nla_for_each_nested and the like: the loop's variable is what is in a nest."""
        word = self.loops_at.get(node.start_byte, "")
        if not word:
            return
        words = _split(text(field(node, "condition")))
        if not word.startswith("nla_for_each"):
            self._callbacks(words)
            return
        typed = word.endswith("_type")
        if len(words) < 3 + typed:
            return
        if word == "nla_for_each_attr_type":
            found = self._subject(words[1])
            if found:
                self.aliases[words[0]] = found
                self._add(Use((found,), multi=True, put=False))
            return
        if word == "nla_for_each_attr":
            return
        container = self._subject(words[1 + typed])
        if not container:
            return
        items: list[Item] = []
        use = Use((container,), Told("nest"), items, put=False)
        self._add(use)
        name = words[0]
        self.aliases[name] = f"{container}[]"
        self.containers[name] = use
        if typed:
            self._named(name, self._subject(words[1]))

    def _enter_count(self, node: Node, kind: str) -> None:
        """for (i = FIRST; i <= LAST; i++): the attributes of an enumeration, one after another."""
        found = None if kind != "for_statement" else _FIRST.search(text(field(node, "initializer")))
        if found is None or not text(field(node, "condition")).startswith(f"{found.group(1)} <"):
            return
        first = self.declared.constant(found.group(2))
        if first not in self.declared.where:
            return
        enum, entry = self.declared.where[first]
        place = enum.entries.index(entry)
        following = enum.entries[place : place + MAX_LISTED]
        self.choices[found.group(1)] = tuple(
            one.name for one in following if not bound(one, one is following[-1])
        )

    def _named(self, variable: str, subject: str) -> None:
        """A loop's variable is this attribute, among others that its nest may have."""
        use = self.containers.get(variable)
        if use is None or not subject:
            return
        use.named = True
        if use.items is not None:
            use.items.append(Use((subject,), multi=True, put=False))
        self.aliases[variable] = subject

    def _enter_switch(self, node: Node) -> None:
        words = text(field(node, "condition")).strip("() ")
        found = _OF_TYPE.search(text(field(node, "condition")))
        variable = found.group(1) if found is not None else self.type_of.get(words, "")
        self.switches.append(variable)
        if variable in self.containers:
            self.containers[variable].named = True

    def _enter_case(self, node: Node) -> None:
        variable = self.switches[-1] if self.switches else ""
        constant = self.declared.constant(text(field(node, "value")))
        if not variable or not constant:
            return
        if variable in self.containers:
            self._named(variable, constant)
        else:
            self.aliases[variable] = constant

    def _compare(self, node: Node) -> None:
        """nla_type(x) == CONSTANT."""
        left = text(field(node, "left"))
        found = _OF_TYPE.fullmatch(left)
        variable = found.group(1) if found is not None else self.type_of.get(left, "")
        if variable:
            self._named(variable, self.declared.constant(text(field(node, "right"))))

    # -- calls ---------------------------------------------------------------------

    def _call(self, node: Node, depth: int) -> None:
        name = text(field(node, "function"))
        listed = field(node, "arguments")
        words = [] if listed is None else [text(one) for one in listed.named_children[:16]]
        if not name or not words:
            return
        if name.startswith(("nla_", "genl")) and self._known(name, words):
            return
        if name in self.declared.calls:
            if depth < MAX_MACRO_DEPTH:
                body = self.owner.expanded(name, words)
                if body is not None:
                    self.loops_at, loops = body.loops, self.loops_at
                    block = self.block
                    self.walk(body.root, depth + 1)
                    self.loops_at, self.block = loops, block
            return
        if name in self.declared.functions:
            self._add(Call(name, self._given(words), self._repeated()))
        elif "." in name or "->" in name:
            member = re.split(r"->|\.", name)[-1]
            given = self._given(words)
            for one in self.owner.handlers.get(member, ()):
                self._add(Call(one, given, self._repeated()))
        self._callbacks(words)

    def _given(self, words: list[str]) -> tuple[str, ...]:
        """The attributes that a function is given; of a payload it is not known what it is."""
        return tuple(
            UNKNOWN if word.startswith("nla_data") else self._subject(word) for word in words
        )

    def _callbacks(self, words: list[str]) -> None:
        """Functions that are handed on to be called, once for each of something."""
        for word in words:
            if word in self.declared.functions:
                self._add(Call(word, (), True))

    def _repeated(self) -> bool:
        """Whether what is put here is put again and again into the same nest or message."""
        nest = self.nests[-1]
        return self.loop > (nest.loop if len(self.nests) > 1 else self.started)

    def _known(self, name: str, words: list[str]) -> bool:
        """A function of the kernel's; whether it is one that is known here."""
        put = _PUT.fullmatch(name)
        if name == "nla_nest_end" and len(words) > 1:
            self._close(words[1])
        elif name == "nla_put_nohdr" and len(words) > 1:
            self._fill(words[1])
        elif name in ("nla_put", "nla_put_64bit", "nla_reserve", "nla_reserve_64bit"):
            self._put_bytes(words, name.endswith("_64bit"))
        elif name == "nla_put_empty_nest" and len(words) > 1:
            self._put(words[1], Told("nest"))
        elif put is not None and put.group(1) in _SCALARS and len(words) > 1:
            told = _SCALARS[put.group(1)]
            if put.group(2) and len(words) > 3:
                told = replace(told, pad=self._subject(words[3]))
            if len(words) > 2 and told.kind in ("u8", "u16", "u32"):
                told = replace(told, enum=self._enumerated(words[2]))
                if words[2].endswith("ifindex"):
                    told = replace(told, hint="ifindex")
            self._put(words[1], told)
        elif name in _MESSAGES and len(words) > _MESSAGES[name][0]:
            command, family = _MESSAGES[name]
            self._start(self._subject(words[command]), words[family].strip("& "))
        elif name == "genlmsg_iput":
            self._start(INFO)
        else:
            return self._known_get(name, words)
        return True

    def _known_get(self, name: str, words: list[str]) -> bool:
        """A function that gets or parses attributes."""
        get = _GET.fullmatch(name)
        if get is not None and get.group(1) in _SCALARS:
            self._get(words[0], _SCALARS[get.group(1)])
        elif name in _STRINGS:
            place = 1 if name in ("nla_strscpy", "nla_strlcpy") and len(words) > 1 else 0
            self._get(words[place], Told("string"))
        elif name == "nla_memcpy" and len(words) > 2:
            self._get(words[1], self.owner.types.payload(words[2], self.types_of))
        elif name in _NEST_PARSERS and len(words) > 3 - (name[4] == "v"):
            subject, policy, most = (words[place] for place in _NEST_PARSERS[name])
            self._parse(subject, policy, most)
        elif name in ("nla_parse", "nla_parse_deprecated", "nla_parse_strict") and len(words) > 4:
            if words[2].startswith("nla_data"):
                self._parse(words[2], words[4], words[1])
        else:
            return False
        return True

    def _enumerated(self, value: str) -> str:
        """The constant that is put, or the type of the enumeration that a variable has."""
        if value.startswith("("):
            found = re.match(r"\( ?(enum \w+) ?\)", value)
            return found.group(1) if found is not None else ""
        kind = self.owner.types.operand(value, self.types_of)
        if kind.startswith("enum "):
            return kind
        found_constant = self.declared.constant(value)
        return found_constant if found_constant in self.declared.where else ""

    def _start(self, command: str, family: str = "") -> None:
        self.started = self.loop
        self._add(Start(command, family))

    def _fill(self, length: str) -> None:
        """nla_put_nohdr: what is open is no nest but an array of this."""
        use = self.nests[-1].use
        told = self.owner.types.payload(length, self.types_of)
        if use is not None and told.struct:
            use.told = Told("binary", element="binary", struct=told.struct)

    def _add(self, item: Item) -> None:
        self.nests[-1].items.append(item)

    def _put(self, subject: str, told: Told, items: list[Item] | None = None) -> None:
        self._add(Use(self._subjects(subject), told, items, self._repeated()))

    def _put_bytes(self, words: list[str], padded: bool) -> None:
        """nla_put(skb, ATTRIBUTE, length, data) and nla_reserve(skb, ATTRIBUTE, length)."""
        if len(words) > 2:
            pad = self._subject(words[-1]) if len(words) > 3 and padded else ""
            own = _OWN_LENGTH.fullmatch(words[2])
            if own is not None and (own.group(1) is None or own.group(1) in self.lengths):
                self._put(words[1], Told("string"))
            else:
                told = self.owner.types.payload(words[2], self.types_of)
                self._put(words[1], replace(told, pad=pad))

    def _get(self, subject: str, told: Told) -> None:
        for found in self._subjects(subject):
            if found:
                self._add(Use((found,), told, put=False))

    def _parse(self, subject: str, policy: str, most: str) -> None:
        found = self._subject(subject)
        if found:
            policy = policy.strip("&")
            self._add(Use((found,), Told("nest"), policy=policy, most=most, put=False))

    def _open(self, variable: str, value: Node) -> None:
        """nest = nla_nest_start(skb, ATTRIBUTE)."""
        call = value
        while call.type != "call_expression":
            inner = next(iter(call.named_children), None)
            if inner is None:
                return
            call = inner
        listed = field(call, "arguments")
        words = [] if listed is None else [text(one) for one in listed.named_children[:4]]
        if len(words) > 1 and len(self.nests) <= MAX_NESTS:
            items: list[Item] = []
            self._put(words[1], Told("nest"), items)
            use = self.nests[-1].items[-1]
            assert isinstance(use, Use)
            self.nests.append(_Nest(variable, items, self.block, self.loop, use))

    def _close(self, variable: str) -> None:
        """nla_nest_end; inside a block that the nest was not opened in, it leaves on an error."""
        for place in range(len(self.nests) - 1, 0, -1):
            nest = self.nests[place]
            if nest.variable == variable:
                if nest.block >= self.block:
                    del self.nests[place:]
                return


def _constants(value: Node, declared: Declarations) -> tuple[str, ...]:
    """The first constants of an initializer's entries: a table of attributes and what goes in."""
    out: dict[str, None] = {}
    for one in descend(value, "initializer_list", "comment"):
        if one.type == "initializer_list" and one != value:
            first = next(iter(one.named_children), None)
            if first is not None and first.type == "initializer_pair":
                first = field(first, "value")
            name = declared.constant(text(first))
            if name in declared.where:
                out[name] = None
        if len(out) >= MAX_LISTED:
            break
    return tuple(out)


def _handlers(declared: Declarations) -> dict[str, list[str]]:
    """The functions that initializers give to members, where they are few."""
    out: dict[str, list[str]] = {}
    for table in declared.tables.values():
        for one in descend(table.value, "comment"):
            if one.type != "initializer_pair":
                continue
            name, member = text(field(one, "value")), field(one, "designator")
            if member is not None and name in declared.functions:
                listed = out.setdefault(text(member).lstrip("."), [])
                if name not in listed:
                    listed.append(name)
    return {name: listed for name, listed in out.items() if len(listed) <= MAX_HANDLERS}


def _split(condition: str) -> list[str]:
    """The arguments in a loop's parentheses."""
    from .policy_tables import arguments

    return arguments(condition[1:-1]) if condition.startswith("(") else []
