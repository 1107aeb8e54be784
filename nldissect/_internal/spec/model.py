"""The model of a protocol: what a spec says, resolved, in the words of YNL.

    Spec ── Operation ── Struct (fixed header) ── Field (member)
                      └─ AttributeSet ── Field (attribute) ── AttributeSet, Struct, SubMessage

Rules:
- A Field describes an attribute (`number` is its type), a struct member or a header (-1) alike,
  so that one set of decoders serves all three.
- The fields of an AttributeSet are made as they are met, since a spec such as tc has 600
  attributes of which a capture uses 20; enumerations and structs when one refers to them.
- `kind` is how bytes are laid out, `shown` what users see of them, `hint` how text is made.
- An Enum of flags has masks for keys, where the spec has bit numbers.
- Nothing changes once it is made, but for what is noted on first sight (`strangers`, `entries`,
  the labels of flags).

Plain classes: importing dataclasses would cost a command's start 10 ms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mypy_extensions import i64

from ..wire.errors import SpecError
from ..wire.text import escaped
from .template import Template

# Kinds: how a payload is laid out on the wire, YNL's `type` (KINDS) or what it amounts to.
# Scalars come first, so that `kind <= LAST_SCALAR` is the test.
U8: Final = 0
U16: Final = 1
U32: Final = 2
U64: Final = 3
S8: Final = 4
S16: Final = 5
S32: Final = 6
S64: Final = 7
UINT: Final = 8  # 4 or 8 bytes, as the payload is long
SINT: Final = 9
LAST_SCALAR: Final = 9
FLAG: Final = 10  # no payload: being there is the value
STRING: Final = 11  # text with or without its NUL
BINARY: Final = 12  # bytes, or what the display hint says of them
NEST: Final = 13  # attributes of one set
INDEXED: Final = 14  # indexed-array: the attribute type is the index
TYPE_VALUE: Final = 15  # nest-type-value: each level's type is a value
SUB_MESSAGE: Final = 16
STRUCT: Final = 17
ARRAY: Final = 18  # C array of scalars or structs
BITFIELD32: Final = 19  # struct nla_bitfield32
PAD: Final = 20  # nothing, for alignment
UNKNOWN: Final = 21  # no definition, or `unused`
MESSAGE: Final = 22  # a netlink message inside a message (the echoed request)
HEADER: Final = 23  # struct nlmsghdr or genlmsghdr, of an echoed request

KINDS: Final[dict[str, int]] = {
    "u8": U8, "u16": U16, "u32": U32, "u64": U64,
    "s8": S8, "s16": S16, "s32": S32, "s64": S64,
    "uint": UINT, "sint": SINT, "flag": FLAG, "string": STRING, "binary": BINARY,
    "nest": NEST, "indexed-array": INDEXED, "array-nest": INDEXED,
    "nest-type-value": TYPE_VALUE, "sub-message": SUB_MESSAGE, "bitfield32": BITFIELD32,
    "pad": PAD, "unused": UNKNOWN,
}  # fmt: skip
KIND_NAMES: Final[dict[int, str]] = {
    U8: "u8", U16: "u16", U32: "u32", U64: "u64", S8: "s8", S16: "s16", S32: "s32", S64: "s64",
    UINT: "uint", SINT: "sint", FLAG: "flag", STRING: "string", BINARY: "binary",
    NEST: "nest", INDEXED: "nest", TYPE_VALUE: "nest", SUB_MESSAGE: "nest", STRUCT: "struct",
    ARRAY: "array", BITFIELD32: "bitfield32", PAD: "pad", UNKNOWN: "unknown",
    MESSAGE: "message", HEADER: "struct",
}  # fmt: skip
# Size in bytes of the fixed scalars, by kind; 0 where the payload decides.
SIZES: Final[list[int]] = [1, 2, 4, 8, 1, 2, 4, 8, 0, 0]
SIGNED: Final[list[bool]] = [False, False, False, False, True, True, True, True, False, True]


class Enum:
    """An enumeration or a set of flags: value to (spec name, C constant).

    For flags the keys are bit masks, not bit numbers.
    """

    __slots__ = (
        "_joined_constants", "_joined_names", "_small", "constants", "flags", "name", "names",
        "values",
    )  # fmt: skip

    def __init__(self, name: str, flags: bool) -> None:
        self.name = name
        self.flags = flags
        self.names: dict[int, str] = {}
        self.constants: dict[int, str] = {}
        self.values: dict[str, int] = {}
        self._joined_names: dict[int, str | None] = {}  # labels of several flags at once
        self._joined_constants: dict[int, str | None] = {}
        self._small: list[bytes | None] = []  # names of small numbers

    def add(self, value: int, name: str, constant: str) -> None:
        """Adds an entry; where the value has one already, the name only is added (an alias)."""
        self._small.clear()
        self._joined_names.clear()
        self._joined_constants.clear()
        if value not in self.names:
            self.names[value] = name
            self.constants[value] = constant
        self.values[name] = value

    def label_bytes(self, value: i64) -> bytes:
        """The label by names, `escaped`, as UTF-8; empty if it has none."""
        small = 0 <= value < _MAX_SMALL
        if small:
            if not self._small:
                self._small = [None] * _MAX_SMALL
            known = self._small[value]
            if known is not None:
                return known
        label = self.label(int(value))
        found = b"" if label is None else escaped(label).encode()
        if small:
            self._small[value] = found
        return found

    def as_flags(self) -> Enum:
        """The same entries as bits: entry value n becomes mask 1 << n."""
        if self.flags:
            return self
        out = Enum(self.name, True)
        for value, name in self.names.items():
            if 0 <= value < 64:
                out.add(1 << value, name, self.constants[value])
        return out

    def label(self, value: int, constants: bool = False) -> str | None:
        """The entry's name, or for flags the names joined by `|`; None if unknown.

        Bits that no entry names are kept as one hexadecimal number at the end.
        """
        table = self.constants if constants else self.names
        if not self.flags:
            return table.get(value)
        if value in table:
            return table[value]
        if value <= 0:
            return None
        known = self._joined_constants if constants else self._joined_names
        if value not in known:
            if len(known) >= _MAX_JOINED:  # a hostile capture has no end of numbers
                known.clear()
            known[value] = _joined_flags(table, value)
        return known[value]


_MAX_JOINED: Final = 1024
_MAX_SMALL: Final = 256


def _joined_flags(table: dict[int, str], value: int) -> str | None:
    """The names of the flags in a number, joined by `|`; None if none has one."""
    out: list[str] = []
    rest = value
    for mask, text in table.items():
        if mask and value & mask == mask and rest & mask:
            out.append(text)
            rest &= ~mask
    if not out:
        return None
    if rest:
        out.append(hex(rest))
    return "|".join(out)


# What the headers still name but call obsolete or no longer used: linux/rtnetlink.h, pkt_sched.h,
# netfilter/nf_tables.h, nfnetlink_conntrack.h, nfnetlink_cttimeout.h. Specs mark others as unused.
OBSOLETE: Final = frozenset((
    "RTA_PROTOINFO", "RTA_SESSION", "RTA_MP_ALGO", "TCA_FQ_FLOW_DEFAULT_RATE",
    "NFTA_HASH_SET_NAME", "NFTA_HASH_SET_ID", "NFTA_NG_SET_NAME", "NFTA_NG_SET_ID",
    "CTA_SECMARK", "CTA_TIMEOUT_SCTP_HEARTBEAT_ACKED",
))  # fmt: skip


# When the summary of a request that does not name a value passes it over
SAID: Final = 0
UNSAID_AT_ZERO: Final = 1
UNSAID_ALWAYS: Final = 2
UNSAID_AT_ONES: Final = 3  # with all bits set; also 0
UNSAID: Final[dict[str, int]] = {
    "zero": UNSAID_AT_ZERO, "always": UNSAID_ALWAYS, "ones": UNSAID_AT_ONES,
}  # fmt: skip


# What redaction takes a value for: a word of the protocol, which says what is asked and not of
# whom; the name of a process; bytes that begin with a link-layer address
PRIVACY: Final = ("word", "process", "mac")


class Field:
    """One attribute, struct member or header: its names and how to read it.

    `number` is the attribute type, or -1 for what is no attribute. `size` is
    the length of a struct member in bytes (0: as long as the payload).
    `shown` is the kind users see: `enum`, `flags`, `mac`, `ipv4`... over the
    wire kind. `big` is None where the host's byte order holds.
    """

    __slots__ = (
        "big", "checks", "constant", "element", "entries", "enum", "faultless", "flat", "forms",
        "guess", "hint", "hook", "kind", "labeller", "learnt", "length_prefixed", "made", "multi",
        "name", "nested", "number", "path", "plain_names", "prefix_length", "privacy", "reader",
        "request", "secret", "selectors", "shown", "signed", "size", "stray",
        "struct", "sub_message", "tail", "tail_count", "tail_then", "type_values", "unit",
        "unnamed_beside", "unsaid", "unset_in_requests", "unterminated", "width",
    )  # fmt: skip

    def __init__(self, name: str, constant: str | None, number: int, kind: int) -> None:
        self.name = name
        self.constant = constant
        self.number = number
        self.kind = kind
        self.shown = KIND_NAMES[kind]
        self.width = SIZES[kind] if kind <= LAST_SCALAR else 0
        self.signed = SIGNED[kind] if kind <= LAST_SCALAR else False
        self.size = 0
        self.big: bool | None = None
        self.enum: Enum | None = None
        self.hint = ""
        self.unit = ""  # what its numbers count: bytes, ms
        self.multi = False
        self.nested: AttributeSet | None = None
        self.struct: Struct | None = None
        self.element: Field | None = None  # one entry of INDEXED or ARRAY (YNL's sub-type)
        self.sub_message: SubMessage | None = None
        self.selectors: tuple[str, ...] = ()  # tried in turn
        self.type_values: tuple[str, ...] = ()
        self.entries: dict[int, Field] | None = None  # by index, made on first sight
        self.request: Field | None = None  # how it reads in messages to the kernel
        self.checks: Checks | None = None
        self.unterminated = False
        self.privacy = ""  # what redaction takes it for: PRIVACY; "" for what its kind says
        self.prefix_length = ""  # the member that says how much of an address is a prefix
        self.secret = False  # a key or a password: what is shown of it is its size
        self.plain_names: frozenset[str] | None = None  # as paths name it, once one did
        self.learnt = False  # no spec has it: of a policy, or a guess
        self.guess = False  # learnt from payloads: no spec or policy says so
        self.hook: Callable[[Any], Any] | None = None
        # (this field, message, start and end of the payload): a Reading, None for as it says
        self.reader: Callable[..., Any] | None = None
        self.faultless = False  # nothing can be wrong with what these two make of it
        self.made: frozenset[str] = frozenset()  # the names of what the hook makes inside of it
        self.forms: tuple[PayloadForm, ...] = ()  # how it reads in payloads of other sizes
        self.stray = False  # its set does not have it
        self.unsaid = SAID
        self.unset_in_requests = False  # 0 in a message to the kernel means nothing
        self.unnamed_beside = ""  # an attribute beside which the value's name would be wrong
        # (value, message, what gives the value of a name in it): the value in words, "" for none
        self.labeller: Callable[[int, Any, Callable[[str], Any]], str | None] | None = None
        # A STRUCT (rtnexthop) that begins each of many entries with the entry's length, a u16.
        self.length_prefixed = False
        self.tail: Field | None = None  # what follows a STRUCT in the payload
        self.tail_count = ""  # the member that says how many elements the tail has; "": all
        self.tail_then: Field | None = None  # what follows so many elements
        self.flat = False  # a SUB_MESSAGE that has the members of a lone header right inside
        self.path = ""

    def numbered(self, number: int) -> Field:
        """Of what stands for attributes that a set does not have, the one with this number."""
        entries = self.entries
        if entries is None:
            entries = self.entries = {}
        made = entries.get(number)
        if made is None:
            made = entries[number] = Field(f"attr {number}", None, number, self.kind)
            made.path = f"{self.path}.{number}"
            made.hint = self.hint
            made.guess = made.stray = made.multi = made.unterminated = self.guess
        return made

    @property
    def coded(self) -> bool:
        """Whether code beside the dissector says what it is."""
        return self.hook is not None or self.reader is not None

    @property
    def unused(self) -> bool:
        """Whether nothing reads it, by its header or its spec."""
        return self.constant in OBSOLETE or (self.kind == UNKNOWN and self.constant is not None)


class Reading:
    """How code beside a dissector says that a payload reads.

    One field that has all of it, or under `shown`, the kind that users see, several with the
    bytes that each has. The fields are made once: each has a row in the tables for good.
    """

    __slots__ = ("parts", "shown", "sizes")

    def __init__(self, parts: list[Field], sizes: list[int], shown: str = "") -> None:
        self.parts = parts
        self.sizes = sizes
        self.shown = shown

    def add(self, part: Field, size: int) -> None:
        """Puts one more behind them."""
        self.parts.append(part)
        self.sizes.append(size)

    def fits(self, size: int) -> bool:
        """Whether the parts fill a payload of so many bytes."""
        if not self.shown:
            return len(self.parts) == 1
        return len(self.parts) == len(self.sizes) and sum(self.sizes) == size


class PayloadForm:
    """How a field reads when its payload has `size` bytes.

    With `in_requests` only in messages to the kernel, with `beside` only next to an attribute
    of that name whose payload has `least` bytes or more.
    """

    __slots__ = ("beside", "field", "in_requests", "least", "size")

    def __init__(self, field: Field, size: int, in_requests: bool, beside: str, least: int) -> None:
        self.field = field
        self.size = size
        self.in_requests = in_requests
        self.beside = beside
        self.least = least


class Checks:
    """The limits that a spec or a kernel policy puts on a value; all optional."""

    __slots__ = ("exact_len", "flags_mask", "max", "max_len", "min", "min_len", "unterminated")

    def __init__(self) -> None:
        self.min: int | None = None
        self.max: int | None = None
        self.exact_len: int | None = None
        self.min_len: int | None = None
        self.max_len: int | None = None
        self.flags_mask: int | None = None
        self.unterminated = False


class Struct:
    """A C struct: its members, laid out as a compiler does.

    Padding that a spec leaves out (the kernel's tc.yaml does) is put in as a
    member, except at the end: `size` has none there, since packed structs and
    those that older kernels sent have none; `align` says how much it would be.
    """

    __slots__ = ("align", "members", "name", "packed", "size")

    def __init__(self, name: str) -> None:
        self.name = name
        self.members: list[Field] = []
        self.size = 0
        self.align = 1
        self.packed = False  # nothing is put in before a member

    def add(self, member: Field) -> None:
        """Places a member behind the others, padding to its alignment before it."""
        inner = member if member.element is None else member.element
        align = inner.width if inner.struct is None else inner.struct.align
        if inner.kind == BITFIELD32:
            align = 4
        if self.packed:
            align = 1
        if align > 1 and self.size % align:
            hole = Field("padding", None, -1, PAD)
            hole.size = -self.size % align
            self.members.append(hole)
            self.size += hole.size
        self.members.append(member)
        self.size += member.size
        if align > self.align:
            self.align = align

    @property
    def padded(self) -> int:
        """Its size within another struct or in an array, as sizeof gives it."""
        return self.size + -self.size % self.align


# How what a set describes is laid out
ATTRIBUTES: Final = 0  # struct nlattr and a payload each
ELEMENTS: Final = 1  # of IEEE 802.11: number and length in a byte each
USERDATA: Final = 2  # of nft, alike, but both are shown
LAYOUTS: Final[dict[str, int]] = {"ieee80211": ELEMENTS, "userdata": USERDATA}


class AttributeSet:
    """An attribute space: attribute number to field definition.

    In a spec there are many attributes of which a capture has few: they are listed by `fill` when
    the set is first used (`numbered`), and each is made by `make` when it is met (`field`).
    """

    __slots__ = (
        "by_number", "fill", "layout", "leaves", "make", "name", "names", "numbers", "spec",
        "strangers", "type",
    )  # fmt: skip

    def __init__(self, name: str, spec: str) -> None:
        self.name = name
        self.spec = spec
        self.layout = ATTRIBUTES
        self.by_number: dict[int, Field] = {}  # those that are made
        # Spec name and C constant by number; of what is another attribute in requests those, too.
        self.names: dict[int, list[tuple[str, str]]] = {}
        self.numbers: dict[str, int] = {}  # by spec name
        self.leaves: set[int] = set()  # numbers of those that hold nothing
        self.strangers: dict[tuple[int, str], Field] = {}
        self.type: Field | None = None  # of USERDATA
        self.fill: Callable[[], None] | None = None
        self.make: Callable[[int], Field] | None = None

    def numbered(self) -> dict[int, list[tuple[str, str]]]:
        """The names of all attributes by number, in the spec's order; none is made for that."""
        fill = self.fill
        if fill is not None:
            self.fill = None
            fill()
        return self.names

    def announce(self, number: int, names: list[tuple[str, str]], leaf: bool = False) -> None:
        """Says that there is an attribute of this number and these names, to be made later."""
        self.names[number] = names
        if leaf:
            self.leaves.add(number)
        self.numbers.setdefault(names[0][0], number)

    def number(self, name: str) -> int:
        """The number of the attribute of this spec name, -1 for none."""
        self.numbered()
        return self.numbers.get(name, -1)

    def field(self, number: int) -> Field | None:
        """The field of this number, made now if it was not; None where the set has none."""
        found = self.by_number.get(number)
        if found is None and number in self.numbered() and self.make is not None:
            found = self.by_number[number] = self.make(number)
        return found

    def ensure(self) -> dict[int, Field]:
        """All fields by number, in the spec's order."""
        names = self.numbered()
        if self.make is not None:
            fields: dict[int, Field] = {}
            for number in names:
                field = self.field(number)
                if field is not None:
                    fields[number] = field
            self.by_number, self.make = fields, None
        return self.by_number

    def heading(self) -> tuple[Field, Field]:
        """What a piece of USERDATA begins with: its type, which has a name here, and its length."""
        if self.type is None:
            self.type = _octet("type")
            self.type.enum = Enum(self.name, False)
            for value, names in self.numbered().items():
                self.type.enum.add(value, names[0][0], names[0][0])
        return self.type, USERDATA_LENGTH

    def add(self, field: Field) -> None:
        """Enters a field under its number."""
        self.by_number[field.number] = field
        self.announce(field.number, [(field.name, field.constant or "")])

    def unknown(self, number: int) -> Field:
        """The stand-in for an attribute that the set does not have."""
        return self.stranger(UNKNOWN).numbered(number)

    def stranger(self, kind: int, hint: str = "") -> Field:
        """What all attributes that the set does not have are whose payload looks like a kind."""
        field = self.strangers.get((kind, hint))
        if field is None:
            field = self.strangers[kind, hint] = Field("attr", None, 0, kind)
            field.path = f"{self.spec}.{self.name}"
            field.hint = hint
            field.guess = field.stray = field.multi = field.unterminated = kind != UNKNOWN
        return field


def _octet(name: str) -> Field:
    """A number of one byte that is no attribute."""
    out = Field(name, None, -1, U8)
    out.size = 1
    return out


USERDATA_LENGTH: Final = _octet("len")
NO_SET: Final = AttributeSet("", "")  # of attributes that no set has


class Format:
    """One shape of a sub-message: a fixed header, an attribute set, both or neither.

    `variants` are other headers, by the u32 that the payload begins with.
    """

    __slots__ = ("attributes", "header", "variants")

    def __init__(self, header: Struct | None, attributes: AttributeSet | None) -> None:
        self.header = header
        self.attributes = attributes
        self.variants: dict[int, Struct] = {}


class SubMessage:
    """A payload whose shape another attribute's value selects."""

    __slots__ = ("default", "formats", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.formats: dict[str, Format] = {}
        self.default: Format | None = None


# Request classes: which meaning the modifier bits 0x0f00 of nlmsg_flags have (linux/netlink.h).
CLASS_GET: Final = 0
CLASS_NEW: Final = 1
CLASS_DELETE: Final = 2


class Operation:
    """One message of a protocol.

    `request` and `reply` are the message type (or generic command) towards
    and from the kernel, None where it does not travel that way.
    `listed_attributes` are the names that the spec lists, by (mode, direction),
    for instance ("do", "request"). Of several operations of one number each has
    `conditions`: (offset from nlmsghdr, size, values) of what its messages may have there.
    """

    __slots__ = (
        "attributes", "conditions", "constant", "group", "header", "headless", "hook", "is_event",
        "least", "listed_attributes", "name", "reply", "request", "request_class", "summarize",
        "summary",
    )  # fmt: skip

    def __init__(self, name: str, constant: str) -> None:
        self.name = name
        self.constant = constant
        self.request: int | None = None
        self.reply: int | None = None
        self.is_event = False
        self.attributes: AttributeSet | None = None
        self.header: Struct | None = None
        self.conditions: tuple[tuple[int, int, tuple[int, ...]], ...] = ()
        self.headless = False  # requests may have no fixed header
        self.least = 0  # bytes of a message, nlmsghdr included, that may be this operation
        self.request_class = CLASS_GET
        self.group = ""
        self.listed_attributes: dict[tuple[str, str], tuple[str, ...]] = {}
        self.hook: Callable[..., Any] | None = None  # takes a payload that is no attributes
        self.summary = ""  # a template
        # code that writes the summary on a `Lookup`, or returns it
        self.summarize: Callable[[Any], str | None] | None = None

    def fits(self, data: bytes, base: int, limit: int, big: bool) -> bool:
        """Whether a message, from its nlmsghdr at `base` on, meets the conditions."""
        for offset, size, values in self.conditions:
            at = base + offset
            if at + size > limit:
                return False
            if int.from_bytes(data[at : at + size], "big" if big else "little") not in values:
                return False
        return True


class ObjectKind:
    """A kind of object that messages tell of: what one is known by, what it is on (`x-objects`).

    `key`, `parts` and the values of `within` (by kind) are templates on a message's own values;
    `when`, `unless`, `whole`, `bare` and `up` are words that are looked for, by path.
    """

    __slots__ = (
        "apart", "bare", "carries", "disturbs", "ends_unheard", "hops", "key", "name", "parts",
        "passing", "place", "plural", "rank", "same", "several", "unless", "untold", "up",
        "when", "whole", "within",
    )  # fmt: skip

    def __init__(self, name: str, plural: str, rank: tuple[int, int]) -> None:
        self.name = name
        self.plural = plural
        self.rank = rank  # of its first operation: protocol and number, to sort kinds by
        self.key: tuple[Template, ...] = ()
        self.when: dict[str, frozenset[str]] = {}
        self.unless: dict[str, frozenset[str]] = {}
        self.within: dict[str, tuple[Template, ...]] = {}  # what it ends with
        self.hops = ""  # the array of the ways that it goes, one of which may end alone
        self.same: dict[str, str] = {}  # what a way has there, by its path where there is but one
        self.apart = False  # dumps of all (without the first part) do not tell of it
        self.parts: tuple[Template, ...] = ()  # what a dump may be limited to
        self.whole: dict[str, frozenset[str]] = {}  # what limits no dump, "*" for any value
        self.bare: dict[str, frozenset[str]] = {}  # of requests whose answers tell next to nothing
        self.passing: frozenset[str] = frozenset()  # what tells of the message alone
        self.place = ""  # what stays the same when its key changes
        self.up: dict[str, frozenset[str]] = {}  # what says that it is up
        self.carries: dict[str, str] = {}  # a value, and what begins with it in what ends with it
        self.several = False  # may have one key; each new one is told without NLM_F_REPLACE
        self.ends_unheard = False  # when what it is within is no longer up
        self.untold = False  # no message tells of its changes: it is known while nothing stirs
        self.disturbs: tuple[str, ...] = ()  # kinds that a change of it changes, too


class ObjectKinds:
    """The kinds of a spec by the operations that tell of one, end, change one, or ask for all."""

    __slots__ = ("changed", "dumped", "ended", "fill", "told")

    def __init__(self) -> None:
        self.changed: dict[str, list[ObjectKind]] = {}
        self.told: dict[str, list[ObjectKind]] = {}
        self.ended: dict[str, list[ObjectKind]] = {}
        self.dumped: dict[str, list[ObjectKind]] = {}
        self.fill: Callable[[], None] | None = None

    def ensure(self) -> ObjectKinds:
        """Itself, with what was left to be read on first use."""
        fill = self.fill
        if fill is not None:
            self.fill = None
            fill()
        return self


class Spec:
    """One protocol or generic netlink family, as its file describes it.

    `protonum` is the netlink protocol of a raw protocol, None for generic
    netlink; `level` is the spec's `protocol` (netlink-raw, genetlink-legacy).
    `requests` and `replies` map message type (or command) to the operation, in
    each direction; `variants` are those among which a message of such a number chooses by
    their conditions; `groups` are multicast groups with the number that they may have.
    `made` are names as filters write them, with `-*` for a number at the end.
    """

    __slots__ = (
        "attribute_sets", "enums", "faults", "file", "groups", "level", "made", "name",
        "objects", "operations", "other", "protonum", "replies", "requests", "secret", "struct",
        "structs", "sub_messages", "variants", "version",
    )  # fmt: skip

    def __init__(self, name: str, level: str, file: str) -> None:
        self.name = name
        self.level = level
        self.file = file
        self.protonum: int | None = None
        self.version: int | None = None
        self.attribute_sets: dict[str, AttributeSet] = {}
        self.enums: dict[str, Enum] = {}
        self.structs: dict[str, Struct] = {}
        self.sub_messages: dict[str, SubMessage] = {}
        self.operations: dict[str, Operation] = {}
        self.requests: dict[int, Operation] = {}
        self.replies: dict[int, Operation] = {}
        self.variants: dict[tuple[int, bool], list[Operation]] = {}  # by number and to_kernel
        self.groups: dict[str, int | None] = {}
        self.objects = ObjectKinds()
        self.other: Operation | None = None  # answers whose number is of none
        self.struct: Callable[[str], Struct | None] = self.structs.get
        self.made: frozenset[str] = frozenset()  # the names of what its hooks make
        self.faults: list[SpecError] = []  # met when a set was first used
        self.secret = False  # whether there are keys or passwords in its messages

    def operation(self, number: int, to_kernel: bool) -> Operation | None:
        """The operation of a message type (raw) or command (generic)."""
        table = self.requests if to_kernel else self.replies
        found = table.get(number)
        if found is None:  # some families answer with a number that only requests list
            found = (self.replies if to_kernel else self.requests).get(number)
        if found is None and not to_kernel:
            found = self.other
        return found
