"""One walk over the bytes of a message, which writes what it finds on a tape.

The tape has two numbers per node, in the order of a tree's lines:

    field 20 bits | shown 8 | depth 8 | marks 8 | index 20      what it is
    offset 32 bits | end 32                                     where it lies

`field` is a row of `Tables`; `shown` says what the value is and how it is made of the payload;
`index` is the number of an unknown attribute, whose row all share that look alike, or of an entry
of an array. What lies inside a node follows it, one deeper.

Malformed bytes are on the tape like all others, marked DIAGNOSED, and a finding says what is
wrong: every byte of a message has an owner. Nothing here raises on what a capture may hold.

Layouts: struct nlattr, struct nlmsgerr and NLMSGERR_ATTR_* (linux/netlink.h).
"""

from __future__ import annotations

from typing import Final, final

from librt.strings import (
    read_i16_be,
    read_i16_le,
    read_i32_be,
    read_i32_le,
    read_i64_be,
    read_i64_le,
)
from librt.vecs import vec
from mypy_extensions import i64

from ..spec import model
from ..spec.evidence import LOOKS_STRING, LOOKS_UNKNOWN, payload_look
from ..spec.tables import (
    ADDRESS,
    ATTRIBUTE,
    BESIDE,
    BIG,
    CHILDREN,
    COLUMNS,
    ELEMENT,
    ENUM,
    EXTENDED,
    FAULTLESS,
    FDDI,
    FLAT,
    GUESS,
    HAS_FORMS,
    HAS_TAIL,
    HEADING,
    HEX,
    HINT,
    HINTS,
    HOOKED,
    HOST,
    IPV4,
    IPV4_OR_6,
    IPV6,
    KIND,
    LEARNT,
    LLADDR,
    MAC,
    MARKS,
    MPLS,
    MULTI,
    NO_HINT,
    NOTHING,
    NUMBERS,
    ORDER,
    PLAIN,
    READ_BY_CODE,
    REQUEST,
    RULES,
    S_BINARY,
    S_HEX,
    S_IPV4,
    S_IPV6,
    S_MAC,
    S_MAC_6,
    S_MAC_20,
    S_MESSAGE,
    S_MPLS,
    S_PAD,
    S_REDACTED,
    S_REDACTED_BY_HOOK,
    S_STRING,
    S_STRUCT,
    S_UNKNOWN,
    S_UNKNOWN_NEST,
    S_USERDATA,
    S_UUID,
    SHOWN,
    SIGNED,
    SIZE,
    SIZED,
    STRUCT,
    STRUCT_COLUMNS,
    SUB_MESSAGE,
    TAIL,
    UNION_ADDRESS,
    UNSET,
    UNTERMINATED,
    UUID,
    WIDTH,
    Tables,
)
from ..wire import framing
from .faults import (
    ADDRESS_SIZE,
    ARRAY_SIZE,
    ATTR_CUT,
    ATTR_DUPLICATE,
    ATTR_HEADER_CUT,
    ATTR_LEN_OVER,
    ATTR_LEN_SHORT,
    ATTR_TRAILING,
    ATTR_UNALIGNED,
    ATTR_UNKNOWN,
    ATTR_ZEROS,
    BINARY_SIZE,
    BITFIELD_SIZE,
    CODE_LIMIT,
    ELEMENT_LENGTH,
    ELEMENT_LIMIT,
    FLAG_PAYLOAD,
    HEADER_OLD,
    HEADER_SHORT,
    HOOK_FAILED,
    KEYS_SHORT,
    MAX_DEPTH,
    NEST_DEPTH,
    NEXTHOP_LENGTH,
    NOTE,
    REQUEST_SHORT,
    SCALAR_SIZE,
    SCALAR_SIZES,
    SELECTOR_MISSING,
    SELECTOR_UNKNOWN,
    STRING_AFTER_NUL,
    STRING_ENCODING,
    STRING_UNTERMINATED,
    STRUCT_LONG,
    STRUCT_OLD,
    STRUCT_SHORT,
    Fault,
)
from .findings import Finding, add_finding

# Marks of an entry
NET_ORDER: Final = 1  # NLA_F_NET_BYTEORDER
IS_ATTRIBUTE: Final = 2  # the payload starts behind an attribute's header
INDEXED: Final = 4  # its name is `index`
UNKNOWN: Final = 8  # an attribute that its set does not have
DIAGNOSED: Final = 16
BY_HOOK: Final = 32  # a hook said what it is
UNNAMED: Final = 64  # its value has no label here
# A struct or array of plain numbers, which are not on the tape: whoever reads it knows their rows.
FOLDED: Final = 128

# What is put on the tape of an attribute or a header when not all is wanted; see `Engine.select`
SKIP: Final = 1
PASS_THROUGH: Final = 2  # itself, and what is wanted inside
TAKE: Final = 3

# Where they lie in an entry's first number
SHOWN_AT: Final = 20
DEPTH_AT: Final = 28
MARKS_AT: Final = 36
INDEX_AT: Final = 44
FIELD_MASK: Final = 0xFFFFF
DEPTH_MASK: Final = 0xFF
_SHOWN_MASK: Final = 0xFF00000

_DEPTHS: Final = 260  # levels that a tape can have, and some
# Levels of siblings, with sub-messages and an echoed request, that may lie around a node.
_LEVELS: Final = 64
# Words of 32 bits that note which attributes a level has, for numbers under 512.
_SEEN: Final = 16
_ATTRIBUTE_MAX: Final = 65536

# ARPHRD_TUNNEL, SIT, IPGRE; TUNNEL6, IP6GRE; INFINIBAND (linux/if_arp.h)
_TUNNEL: Final = 768
_SIT: Final = 776
_IPGRE: Final = 778
_TUNNEL6: Final = 769
_IP6GRE: Final = 823
_INFINIBAND: Final = 32
_AF_INET: Final = 2
_AF_INET6: Final = 10
_AF_MPLS: Final = 28
# Families whose addresses have one size (-1: not known); others have lengths of their own.
_SIZED: Final = (-1, _AF_INET, _AF_INET6, _AF_MPLS)
# What a binary payload is shown as, by its display hint and its size
_SIZES: Final = 32
MOST_BY_CODE: Final = 1024  # payloads of a message of which code says how they read
_MOST_HOOKED: Final = 4096  # entries on which hooks would have their say
_WORD: Final = 32  # bytes that a word has which selects
_AROUND: Final = 64  # attributes of a level among which one is looked for
_MOST_PIECES: Final = 4096  # of two bytes or more each, in a message
NO_KEY: Final = 7  # bytes that are too few for a key that is worth it
_LONGEST_GUESS: Final = 4096  # bytes of a payload that is looked at
_SHOWN_BY_SIZE: Final[dict[tuple[int, int], int]] = {
    (MAC, 6): S_MAC, (MAC, 8): S_MAC, (MAC, 20): S_MAC, (FDDI, 6): S_MAC, (IPV4, 4): S_IPV4,
    (IPV4_OR_6, 4): S_IPV4, (IPV4_OR_6, 16): S_IPV6, (IPV6, 16): S_IPV6, (UUID, 16): S_UUID,
}  # fmt: skip
# What a payload of another size is not
_EXPECTED: Final[dict[int, str]] = {
    MAC: "MAC address",
    FDDI: "MAC address",
    IPV4: "such address",
    IPV6: "such address",
    IPV4_OR_6: "such address",
    UUID: "UUID",
}


class Environment:
    """What the engine asks of those who know more than the bytes at hand."""

    def echoed(self, engine: Engine, start: i64, end: i64, depth: i64) -> None:
        """Puts the request that an error echoes on the tape, as what it is."""

    def payload(self, engine: Engine, pos: i64, limit: i64, depth: i64) -> bool:
        """Lets a dissector's own code take a payload that is no attribute tree."""
        return False

    def reading(
        self, engine: Engine, field: model.Field, start: i64, end: i64
    ) -> model.Reading | str | None:
        """How a dissector's own code says that a payload reads; why it failed."""
        return None

    def called(self, made: object) -> tuple[str, str | None, int]:
        """Name, C constant and number of what a hook made."""
        return "", None, -1

    def selector(self, name: str) -> tuple[object, model.Enum | None] | None:
        """Value and enumeration of the node of this name around what is decoded by itself."""
        return None


def chosen(
    sub: model.SubMessage, value: object, enum: model.Enum | None
) -> tuple[model.Format | None, str | None]:
    """The format that a selector's value picks, and that value as a word."""
    plain = str(value)
    word = plain
    if enum is not None and isinstance(value, int):
        word = enum.names.get(value, word)
    form = sub.formats.get(word)
    return sub.formats.get(plain, sub.default) if form is None else form, word


def inside(tape: vec[i64], size: i64, place: i64) -> list[int]:
    """The places of what lies directly in the entry at a place of a tape; -2: at the top."""
    depth: i64 = 0
    if place >= 0:
        depth = (tape[place] >> DEPTH_AT & DEPTH_MASK) + 1
    out: list[int] = []
    place += 2
    while place < size:
        level = tape[place] >> DEPTH_AT & DEPTH_MASK
        if level < depth:
            break
        if level == depth:
            out.append(int(place))
        place += 2
    return out


@final
class Levels:
    """What a search along a tape knows of what lies around it, by depth; see `paths.Path`."""

    def __init__(self) -> None:
        self.states = vec[i64]([0] * _DEPTHS)
        self.above = vec[i64]([-2] * _DEPTHS)  # the place of what lies above
        self.headers = vec[i64]([0] * _DEPTHS)  # whether that is a header


@final
class Engine:
    """Walks messages by the tables; the tape holds the message that was walked last."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.one: i64 = 1
        self.data: bytes = b""
        self.big: bool = False
        self.limit: i64 = 0  # where the message ends
        self.cut: bool = False  # by the snapshot length
        self.to_kernel: bool = False
        self.flags: i64 = 0
        self.folds: bool = False  # whether plain numbers are left off the tape
        self.judges: bool = False  # whether code is not asked with which nothing can be wrong
        # Whether only attributes that are wanted are put on it; see `select`.
        self.selective: bool = False
        self.wanted = vec[i64]([0])
        self.numbered: bool = False
        self.unjudged: list[int] = []
        self.tape = vec[i64]([0] * 2048)
        self.size: i64 = 0  # numbers on the tape
        self._behind: i64 = 0  # where what is unfolded behind them ends
        self.findings: list[Finding] = []
        self.hook_nodes: dict[int, object] = {}  # what hooks made, by its place on the tape
        self.hooked: list[int] = []  # places of entries that a hook has its say on
        self.around: Environment = Environment()
        self.family: i64 = -1  # of the fixed header in scope
        self.hardware: i64 = -1
        self._read_by_code: i64 = 0  # how often code said how a payload reads
        self._pieces_read: i64 = 0  # pieces of payloads that are no attributes
        self.echo: i64 = -1  # the place of the echoed request on the tape
        # What bytes show that are not understood: their number, where there may be keys among them
        self.leftover: i64 = S_BINARY
        self._overlong: i64 = -1  # the entry whose end is known to be missing
        # Levels of siblings around what is walked
        self._level: i64 = -1
        self._start = vec[i64]([0] * _LEVELS)
        self._end = vec[i64]([0] * _LEVELS)
        self._set = vec[i64]([0] * _LEVELS)
        self._lacks = vec[i64]([-1] * _LEVELS)  # the number that was not found there last
        self._struct = vec[i64]([0] * _LEVELS)
        self._struct_at = vec[i64]([0] * _LEVELS)
        self._seen = vec[i64]([0] * (_LEVELS * _SEEN))
        # By row: where its first entry lies at the top or in a header, and of which message.
        self._place_of = vec[i64]([0])
        self._place_in = vec[i64]([0])
        self._indexed: i64 = 0
        self.repeats: bool = False  # whether there is one of these several times
        self._seen_far: set[int] = set()  # level's count of `_entered`, and number
        self._walks = vec[i64]([0] * _LEVELS)
        self.levels = Levels()
        self._entered: i64 = 0
        self._shown_by_size = vec[i64]([S_BINARY] * (_SIZES * (1 + max(HINTS.values()))))
        for (hint, size), shown in _SHOWN_BY_SIZE.items():
            self._shown_by_size[hint * _SIZES + size] = i64(shown)

    # -- what is asked for ------------------------------------------------------------

    def begin(
        self,
        data: bytes,
        limit: i64,
        big: bool,
        cut: bool,
        to_kernel: bool,
        flags: i64,
        around: Environment,
        folds: bool,
    ) -> None:
        """Makes the tape ready for a message that ends at `limit` of `data`.

        With `folds` the members of structs and elements of arrays that are plain numbers are
        not written: their entry is FOLDED.
        """
        self.folds = folds
        self.data = data
        self.limit = limit
        self.big = big
        self.cut = cut
        self.to_kernel = to_kernel
        self.flags = flags
        self.around = around
        self.size = self._behind = self._read_by_code = self._pieces_read = 0
        if len(self.findings) > 0:
            self.findings = []
        if len(self.hooked) > 0:
            self.hooked = []
        if len(self.hook_nodes) > 0:
            self.hook_nodes = {}
        if len(self._seen_far) > 0:
            self._seen_far = set()
        self.family = -1
        self.hardware = -1
        self.echo = -1
        self._overlong = -1
        self._level = -1
        self.reserve(i64(len(data)))

    def select(self, wanted: vec[i64], numbered: bool) -> None:
        """Leaves attributes and headers off the tape, until `selective` is false again.

        `wanted` says of each row whether it is (SKIP, PASS_THROUGH, TAKE); rows of which it
        says nothing (0) are passed through, and in `unjudged` afterwards. `numbered`: attributes
        that no spec knows are wanted. Findings are not those of the whole message.
        """
        self.wanted = wanted
        self.numbered = numbered
        self.selective = True
        if len(self.unjudged) > 0:
            self.unjudged = []

    def _want(self, row: i64) -> i64:
        found = self.wanted[row] if row < i64(len(self.wanted)) else 0
        if found == 0:
            self.unjudged.append(int(row))
            return PASS_THROUGH
        return found

    def reserve(self, size: i64) -> None:
        """Sees that the nodes of so many bytes, or of one attribute, fit on the tape."""
        if size > _ATTRIBUTE_MAX:
            size = _ATTRIBUTE_MAX
        need = self.size + 2 * (size * (self.tables.density + 1) + 256)
        have = i64(len(self.tape))
        if need > have:
            tape = vec[i64]([0] * int(need if need > 2 * have else 2 * have))
            old = self.tape
            for i in range(self.size):
                tape[i] = old[i]
            self.tape = tape

    def payload(
        self,
        generic: bool,
        struct: i64,
        attr_set: i64,
        header_size: i64,
        pos: i64,
        limit: i64,
        depth: i64,
        hooked: bool,
    ) -> None:
        """What follows the nlmsghdr: fixed headers and attributes.

        `struct` and `attr_set` are of its operation, 0 where it is not known; of a family that
        only nlctrl told of, `header_size` is that of its header. `hooked`: the dissector's own
        code may take the rest.
        """
        level = self._enter(pos, limit, attr_set)
        if generic:
            pos = self.header(self.tables.genlmsghdr, pos, limit, depth)
        if struct != 0:
            pos = self.header(struct, pos, limit, depth)
        elif header_size != 0 and pos + header_size <= limit:
            self.push(self.tables.family_header, S_BINARY, depth, pos, pos + header_size, 0, 0)
            pos += (header_size + 3) & ~3
        if pos < limit and not (hooked and self.around.payload(self, pos, limit, depth)):
            if attr_set == 0:
                self.push(self.tables.data, self.leftover, depth, pos, limit, 0, 0)
            else:
                self._start[level] = pos
                self._lacks[level] = -1
                self._walk(pos, limit, attr_set, depth, 0, 0)
        self._level = level - 1

    def attributes(self, pos: i64, end: i64, attr_set: i64, depth: i64, nests: i64) -> None:
        """The attributes in `pos` to `end`, which lie in `nests` others."""
        level = self._enter(pos, end, attr_set)
        self._walk(pos, end, attr_set, depth, nests, 0)
        self._level = level - 1

    def control(self, kind: i64, error: i64, pos: i64, limit: i64, attr_set: i64) -> None:
        """NLMSG_ERROR and NLMSG_DONE with what follows the number; others are data."""
        tables = self.tables
        if kind == framing.NLMSG_ERROR:
            echoed = self._echo_end(pos + 4, limit, error)
            end = echoed if echoed < limit else limit
            self.push(tables.nlmsgerr, S_STRUCT, 0, pos, end, 0, 0)
            self._number(tables.error, pos, limit, 1)
            if pos + 4 < limit:
                self.echo = self.size
                self.push(tables.request, S_MESSAGE, 1, pos + 4, end, 0, 0)
                if end - pos - 4 < 16:
                    self.find(self.echo, REQUEST_SHORT, "", end - pos - 4)
                    if end > pos + 4:
                        self.push(tables.data, self.leftover, 2, pos + 4, end, 0, 0)
                else:
                    self.around.echoed(self, pos + 4, end, 2)
            pos = pos + 4 + ((echoed - pos - 4 + 3) & ~3)
        elif kind == framing.NLMSG_DONE and pos < limit:
            self._number(tables.error, pos, limit, 0)
            pos = pos + 4 if pos + 4 < limit else limit
        if pos < limit:
            if attr_set != 0:
                self.attributes(pos, limit, attr_set, 0, 0)
            else:
                self.push(tables.data, self.leftover, 0, pos, limit, 0, 0)

    def _echo_end(self, start: i64, limit: i64, error: i64) -> i64:
        """Where the echoed request ends: after its header when capped, else after all of it."""
        if limit - start < 16:
            return limit
        length = self.u32(start)
        # Success is always capped; NLM_F_CAPPED says so only of errors in new kernels.
        said = self.flags & framing.NLM_F_CAPPED != 0
        if start + length > limit and not said:
            return start + 16 if error == 0 else limit
        return start + 16 if said or length < 16 else start + length

    def _number(self, row: i64, pos: i64, limit: i64, depth: i64) -> None:
        end = pos + 4 if pos + 4 < limit else limit
        self.decode(row, pos, pos, end, depth, 0, 0, 0)

    # -- numbers -----------------------------------------------------------------

    def u16(self, pos: i64) -> i64:
        """An unsigned number of 2 bytes, in the host's order."""
        if self.big:
            return i64(read_i16_be(self.data, pos)) & 0xFFFF
        return i64(read_i16_le(self.data, pos)) & 0xFFFF

    def u32(self, pos: i64) -> i64:
        """An unsigned number of 4 bytes, in the host's order."""
        if self.big:
            return i64(read_i32_be(self.data, pos)) & 0xFFFFFFFF
        return i64(read_i32_le(self.data, pos)) & 0xFFFFFFFF

    def read(self, pos: i64, size: i64, big: bool, signed: bool) -> i64:
        """A number of 1 to 8 bytes; of an unsigned one of 8 the bits."""
        data = self.data
        if size == 4:
            value: i64 = i64(read_i32_be(data, pos)) if big else i64(read_i32_le(data, pos))
            return value if signed else value & 0xFFFFFFFF
        if size == 1:
            value = data[pos]
            return value - 256 if signed and value > 127 else value
        if size == 2:
            value = i64(read_i16_be(data, pos)) if big else i64(read_i16_le(data, pos))
            return value if signed else value & 0xFFFF
        return read_i64_be(data, pos) if big else read_i64_le(data, pos)

    def number(self, row: i64, start: i64, end: i64, marks: i64) -> i64:
        """The number in a payload of the right size, in its byte order."""
        at = row * COLUMNS
        order = self.tables.rows[at + ORDER]
        if order == HOST:
            big = self.big or marks & NET_ORDER != 0
        else:
            big = order == BIG
        return self.read(start, end - start, big, self.tables.rows[at + SIGNED] != 0)

    def concealed(self) -> bytes:
        """The bytes that were walked, with zeros for what is redacted."""
        out: bytearray | None = None
        place: i64 = 0
        while place < self.size:
            first, second = self.tape[place], self.tape[place + 1]
            shown = first >> SHOWN_AT & 0xFF
            if shown == S_REDACTED or shown == S_REDACTED_BY_HOOK:
                start, end = second & 0xFFFFFFFF, second >> 32
                if first >> MARKS_AT & IS_ATTRIBUTE:
                    start += 4
                if out is None:
                    out = bytearray(self.data)
                out[start:end] = bytes(int(end - start))
            place += 2
        return self.data if out is None else bytes(out)

    def zero(self, pos: i64, end: i64) -> bool:
        """Whether all bytes are 0."""
        data = self.data
        for i in range(pos, end):
            if data[i] != 0:
                return False
        return True

    # -- the tape ------------------------------------------------------------------

    def push(
        self, row: i64, shown: i64, depth: i64, offset: i64, end: i64, marks: i64, index: i64
    ) -> None:
        """Adds an entry."""
        tape, i = self.tape, self.size
        tape[i] = (
            row | shown << SHOWN_AT | depth << DEPTH_AT | marks << MARKS_AT | index << INDEX_AT
        )
        tape[i + 1] = offset | end << 32
        self.size = i + 2

    def name(self, place: i64) -> str:
        """What the entry at this place is called."""
        first = self.tape[place]
        marks = first >> MARKS_AT
        if marks & UNKNOWN:
            return f"attr {first >> INDEX_AT}"
        if marks & INDEXED:
            return str(first >> INDEX_AT)
        return self.tables.names[first & FIELD_MASK]

    def find(self, place: i64, fault: Fault, name: str = "", a: i64 = 0, b: i64 = 0) -> None:
        """Records what is wrong with an entry, as a `Finding` has it; not more where it is cut."""
        tape, rows = self.tape, self.tables.rows
        first = tape[place]
        marks = rows[(first & FIELD_MASK) * COLUMNS + MARKS]
        if fault.misfit and (marks & GUESS or place == self._overlong):
            return
        if (
            self.cut
            and fault.severity != NOTE
            and tape[place + 1] >> 32 == self.limit
            and marks & ATTRIBUTE == 0
        ):
            fault = fault.cut()
        tape[place] = first | DIAGNOSED << MARKS_AT
        add_finding(self.findings, Finding(place, fault, name, a, b))

    def limit_hooks(self) -> None:
        """No hook has a say where more would have than any message of Linux's has."""
        if len(self.hooked) > _MOST_HOOKED:
            self.find(self.hooked[0], CODE_LIMIT)
            self.hooked = []

    def inside(self, place: i64) -> list[int]:
        """The places of what lies directly in the entry at this place; -2: at the top."""
        if place >= 0 and self.tape[place] >> MARKS_AT & FOLDED:
            at = self.unfold(place)
            return [int(i) for i in range(at, self._behind, 2)]
        return inside(self.tape, self.size, place)

    def unfold(self, place: i64) -> i64:
        """Puts the plain numbers of a folded entry behind the tape; returns where they begin."""
        first, second = self.tape[place], self.tape[place + 1]
        at = (first & FIELD_MASK) * COLUMNS
        start, end = second & 0xFFFFFFFF, second >> 32
        depth = (first >> DEPTH_AT & DEPTH_MASK) + 1
        if first >> MARKS_AT & IS_ATTRIBUTE:
            start += 4
        size = self.size
        begin = self._behind if self._behind > size else size
        self.size = begin
        self.reserve(end - start)
        rows = self.tables.rows
        if rows[at + KIND] == model.STRUCT:
            self.members(place, rows[at + STRUCT], start, end, depth, 0)
        else:
            folds, self.folds = self.folds, False
            self._array(place, first & FIELD_MASK, start, end, depth, 0)
            self.folds = folds
        self._behind = self.size
        self.size = size
        return begin

    def called(self, place: i64) -> tuple[str, str | None, int]:
        """Name, C constant and number (-1 for what is no attribute) of the entry at a place."""
        first = self.tape[place]
        marks, index = first >> MARKS_AT & 0xFF, int(first >> INDEX_AT)
        if marks & BY_HOOK:
            return self.around.called(self.hook_nodes[int(place)])
        if marks & UNKNOWN:
            return f"attr {index}", None, index
        if marks & INDEXED:
            return str(index), None, index if marks & IS_ATTRIBUTE else -1
        field = self.tables.fields[first & FIELD_MASK]
        return field.name, field.constant, field.number

    def heads(self, place: i64) -> bool:
        """Whether the entry at a place is a struct that is no attribute, such as a header."""
        first = self.tape[place]
        if first >> MARKS_AT & (BY_HOOK | UNKNOWN):
            return False
        row = (first & FIELD_MASK) * COLUMNS
        kind = self.tables.rows[row + KIND]
        return self.tables.rows[row + MARKS] & ATTRIBUTE == 0 and (
            kind == model.STRUCT or kind == model.HEADER
        )

    def index(self) -> None:
        """Notes where the top-level attributes and the members of headers lie; see `place_of`."""
        tape, size, rows = self.tape, self.size, self.tables.rows
        have = i64(len(self.tables.fields))
        if i64(len(self._place_of)) < have:
            self._place_of = vec[i64]([0] * int(2 * have))
            self._place_in = vec[i64]([0] * int(2 * have))
        self._indexed += 1
        self.repeats = False
        places, within, serial = self._place_of, self._place_in, self._indexed
        heading = False
        place: i64 = 0
        while place < size:
            first = tape[place]
            depth = first >> DEPTH_AT & DEPTH_MASK
            if depth == 0 or (depth == 1 and heading):
                row = first & FIELD_MASK
                known = first >> MARKS_AT & (UNKNOWN | INDEXED | BY_HOOK) == 0
                if depth == 0:
                    heading = known and rows[row * COLUMNS + MARKS] & HEADING != 0
                if known:
                    if within[row] != serial:
                        within[row] = serial
                        places[row] = place
                    elif depth == 0:
                        self.repeats = True
            place += 2

    def place_of(self, row: i64) -> i64:
        """Where the first entry of a row lies since `index`, -1 for nowhere."""
        if row >= i64(len(self._place_in)):
            return -1
        return self._place_of[row] if self._place_in[row] == self._indexed else -1

    # -- walking attributes -------------------------------------------------------

    def _enter(self, start: i64, end: i64, attr_set: i64) -> i64:
        """Begins a level of siblings; returns its number."""
        level = self._level + 1
        if level >= _LEVELS:
            level = _LEVELS - 1
        self._level = level
        self._start[level] = start
        self._end[level] = end
        self._set[level] = attr_set
        self._lacks[level] = -1
        self._struct[level] = 0
        self._entered += 1
        self._walks[level] = self._entered
        at = level * _SEEN
        words: i64 = _SEEN
        size = self.tables.set_size[attr_set]
        if size >= 0 and (size + 31) >> 5 < words:  # no number above is noted
            words = (size + 31) >> 5
        for i in range(at, at + words):
            self._seen[i] = 0
        return level

    def _walk(
        self, pos: i64, end: i64, attr_set: i64, depth: i64, nests: i64, element: i64
    ) -> None:
        """The aligned chain of attributes in `pos` to `end`; covers every byte.

        In set 0 all of them are unknown, without a finding that says so. With `element`
        each is an entry of that row, whose type is its index.
        """
        tables = self.tables
        if tables.set_size[attr_set] < 0:
            tables.fill(attr_set)
        data, big = self.data, self.big
        rows, slots, tape = tables.rows, tables.slots, self.tape
        base, size, made = tables.set_base[attr_set], tables.set_size[attr_set], i64(len(rows))
        far = tables.set_far[attr_set]
        seen, seen_at = self._seen, self._level * _SEEN
        one, selective = self.one, self.selective
        last: i64 = -1  # the place of the attribute before
        before, stop = pos, end  # where that lies
        padding: i64 = 3
        while pos < end:
            if pos == stop and (stop - before) & 3 != 0 and not selective:
                self.find(last, ATTR_UNALIGNED)
            left = end - pos
            if left >= 4:
                if big:
                    length: i64 = i64(read_i16_be(data, pos)) & 0xFFFF
                    kind: i64 = i64(read_i16_be(data, pos + 2)) & 0xFFFF
                else:
                    length = i64(read_i16_le(data, pos)) & 0xFFFF
                    kind = i64(read_i16_le(data, pos + 2)) & 0xFFFF
            else:
                length = kind = 0
            if length < 4 or length > left:
                padding = self._padding(stop, end) if last >= 0 and stop < pos else -1
                if padding < 0:
                    self._odd(pos, end, length, kind, attr_set, depth, nests, element)
                    return
                pos = stop
                continue
            if nests == 0:
                self.reserve(length)
                tape = self.tape
            number = kind & framing.NLA_TYPE_MASK
            before, stop = pos, pos + length
            last = self.size
            marks: i64 = IS_ATTRIBUTE
            if kind & framing.NLA_F_NET_BYTEORDER:
                marks = IS_ATTRIBUTE | NET_ORDER
            if element != 0:
                self.decode(element, pos, pos + 4, stop, depth, nests, marks | INDEXED, number)
                pos += (length + padding) & ~padding
                continue
            row: i64 = slots[base + number] if number < size else far
            at = row * COLUMNS
            if row < 0 or at >= made:  # it is met for the first time, or was since `rows` was taken
                row = tables.row_of(attr_set, number)
                rows, slots = tables.rows, tables.slots
                at, made = row * COLUMNS, i64(len(rows))
            if row == 0:
                if not selective or self.numbered:
                    self._unknown(attr_set, number, kind, pos, stop, depth, nests)
                pos += (length + padding) & ~padding
                continue
            if rows[at + REQUEST] != 0 and self.to_kernel:
                row = rows[at + REQUEST]
                at = row * COLUMNS
            if selective:
                want = self._want(row)
                if want != SKIP:
                    self.selective = want != TAKE
                    self.decode(row, pos, pos + 4, stop, depth, nests, marks, 0)
                    self.selective = True
                pos += (length + padding) & ~padding
                continue
            word = number >> 5
            bit = one << (number & 31)
            if word < _SEEN and seen[seen_at + word] & bit == 0:
                seen[seen_at + word] |= bit
                if rows[at + WIDTH] == length - 4 and rows[at + RULES] == 0:  # a scalar
                    tape[last] = (
                        row | rows[at + SHOWN] << SHOWN_AT | depth << DEPTH_AT | marks << MARKS_AT
                    )
                    tape[last + 1] = pos | stop << 32
                    self.size = last + 2
                else:
                    self.decode(row, pos, pos + 4, stop, depth, nests, marks, 0)
            else:
                self._again(row, number, pos, stop, depth, nests, marks)
            pos += (length + padding) & ~padding

    def _again(
        self, row: i64, number: i64, pos: i64, stop: i64, depth: i64, nests: i64, marks: i64
    ) -> None:
        """An attribute that the level has already, or whose number is too high to note."""
        place = self.size
        if number >> 5 >= _SEEN:
            key = int(self._walks[self._level] << 16 | number)
            there = key in self._seen_far
            self._seen_far.add(key)
        else:
            there = True
        self.decode(row, pos, pos + 4, stop, depth, nests, marks, 0)
        if there and self.tables.rows[row * COLUMNS + MARKS] & MULTI == 0:
            self.find(place, ATTR_DUPLICATE, self.name(place))

    def _unknown(
        self, attr_set: i64, number: i64, kind: i64, pos: i64, stop: i64, depth: i64, nests: i64
    ) -> None:
        """An attribute that no spec knows, as what it looks like: news where its set is known."""
        place = self.size
        look: i64 = LOOKS_UNKNOWN
        seen = self._unclear(S_BINARY, stop - pos - 4) == S_BINARY
        if seen and not kind & framing.NLA_F_NESTED and stop - pos <= _LONGEST_GUESS:
            look = payload_look(self.data, pos + 4, stop)
        if look == LOOKS_UNKNOWN:
            self._bare(attr_set, number, kind, pos, stop, depth, nests)
        else:
            row = self.tables.stranger(attr_set, look)
            marks: i64 = IS_ATTRIBUTE | UNKNOWN
            if kind & framing.NLA_F_NET_BYTEORDER:
                marks |= NET_ORDER
            self.decode(row, pos, pos + 4, stop, depth, nests, marks, number)
        if self.tables.set_known[attr_set] != 0:
            known = self.tables.sets[attr_set]
            name = "" if known is None else known.name
            self.find(place, ATTR_UNKNOWN, name, number)

    def _bare(
        self, attr_set: i64, number: i64, kind: i64, pos: i64, stop: i64, depth: i64, nests: i64
    ) -> None:
        """The bytes of an attribute without a row, or its attributes if it nests or looks so."""
        place = self.size
        nested = stop - pos >= 8 and (
            self._chains(pos + 4, stop, 3)
            if kind & framing.NLA_F_NESTED
            else stop - pos <= _LONGEST_GUESS and self._looks_nested(pos + 4, stop)
        )
        shown: i64 = S_UNKNOWN_NEST if nested else self._unclear(S_UNKNOWN, stop - pos - 4)
        row = self.tables.stranger(attr_set, LOOKS_UNKNOWN)
        self.push(row, shown, depth, pos, stop, IS_ATTRIBUTE | UNKNOWN, number)
        if nested:
            self._nest(place, 0, pos + 4, stop, depth + 1, nests + 1, 0)

    def _unclear(self, shown: i64, size: i64) -> i64:
        """What a payload shows of which is not known what it is: its size if it may be a key."""
        return self.leftover if self.leftover != S_BINARY and size > NO_KEY else shown

    def _row_of(self, attr_set: i64, number: i64) -> i64:
        """The row of an attribute in this message, 0 for one that its set does not have."""
        tables = self.tables
        row = tables.row_of(attr_set, number)
        if row != 0 and self.to_kernel and tables.rows[row * COLUMNS + REQUEST] != 0:
            return tables.rows[row * COLUMNS + REQUEST]
        return row

    def _nest(
        self, place: i64, attr_set: i64, start: i64, end: i64, depth: i64, nests: i64, element: i64
    ) -> None:
        """The attributes inside an entry, unless they lie deeper than the kernel would look."""
        if nests >= MAX_DEPTH:
            self.find(place, NEST_DEPTH)
            if start < end:
                self.push(self.tables.data, self.leftover, depth, start, end, 0, 0)
            return
        level = self._enter(start, end, attr_set)
        self._walk(start, end, attr_set, depth, nests, element)
        self._level = level - 1

    def _odd(
        self,
        pos: i64,
        end: i64,
        length: i64,
        kind: i64,
        attr_set: i64,
        depth: i64,
        nests: i64,
        element: i64,
    ) -> None:
        """All the rest where no attribute is, or one whose length cannot be."""
        if end - pos < 4 or self.zero(pos, end):
            self._leftover(pos, end, depth)
            return
        place = self.size
        if length < 4:
            self.push(self.tables.data, self.leftover, depth, pos, end, 0, 0)
            self.find(place, ATTR_LEN_SHORT, "", length)
            return
        self.reserve(end - pos)
        number = kind & framing.NLA_TYPE_MASK
        row = element
        marks: i64 = IS_ATTRIBUTE
        if kind & framing.NLA_F_NET_BYTEORDER:
            marks |= NET_ORDER
        if element != 0:
            marks |= INDEXED
        else:
            row = self._row_of(attr_set, number)
        cut = self.cut and end == self.limit
        if not cut:
            self._overlong = place
        tables = self.tables
        shape = tables.rows[row * COLUMNS + KIND]
        whole = cut or shape == model.NEST or shape == model.SUB_MESSAGE
        if row != 0 and (whole or self.leftover == S_BINARY):
            selective, self.selective = self.selective, False
            self.decode(row, pos, pos + 4, end, depth, nests, marks, number if element else 0)
            self.selective = selective
        elif self.leftover == S_BINARY:
            self._bare(attr_set, number, kind, pos, end, depth, nests)
        else:  # what may be a key, or the rest of one
            if row == 0:
                row = tables.stranger(attr_set, LOOKS_UNKNOWN)
                marks |= UNKNOWN
            self.push(row, self.leftover, depth, pos, end, marks, number)
        self.find(place, ATTR_CUT if cut else ATTR_LEN_OVER, "", length, end - pos)

    def _leftover(self, pos: i64, end: i64, depth: i64) -> None:
        """Bytes after the last attribute that are too few for another, or all zero."""
        place = self.size
        shown: i64 = S_BINARY if self.zero(pos, end) else self.leftover
        self.push(self.tables.trailing, shown, depth, pos, end, 0, 0)
        if self.cut and end == self.limit and end - pos < 4:
            self.find(place, ATTR_HEADER_CUT)
        else:
            fault = ATTR_ZEROS if self.zero(pos, end) else ATTR_TRAILING
            self.find(place, fault, "", end - pos)

    def _padding(self, pos: i64, end: i64) -> i64:
        """How attributes from `pos` on are padded, as `_chains` takes it; -1 where none are."""
        if self._chains(pos, end, 0):
            return 0
        return 3 if self._chains(pos, end, 3) else -1

    def _chains(self, pos: i64, end: i64, padding: i64) -> bool:
        """Whether attributes, padded to 4 bytes (3) or not (0), fill `pos` to `end`."""
        while end - pos >= 4:
            length = self.u16(pos)
            if length < 4 or length > end - pos:
                return False
            pos += (length + padding) & ~padding
        return pos >= end

    def _looks_nested(self, pos: i64, end: i64) -> bool:
        """Whether attributes of numbers that sets have fill `pos` to `end` (as in evidence.py)."""
        if not self._chains(pos, end, 3):
            return False
        while end - pos >= 4:
            number = self.u16(pos + 2) & framing.NLA_TYPE_MASK
            if number == 0 or number >= 1024:
                return False
            pos += (self.u16(pos) + 3) & ~3
        return True

    # -- decoding one node ---------------------------------------------------------

    def decode(
        self,
        row: i64,
        offset: i64,
        start: i64,
        end: i64,
        depth: i64,
        nests: i64,
        marks: i64,
        index: i64,
    ) -> None:
        """Puts a field on the tape, with all that lies inside; `start` is where its payload is.

        `nests` counts the attributes that it lies in.
        """
        rows = self.tables.rows
        at = row * COLUMNS
        place, kind, size = self.size, rows[at + KIND], end - start
        rules = rows[at + RULES]
        if rules != 0:
            if rules & HAS_FORMS:
                form = self._form(row, size)
                if form != row:
                    self.decode(form, offset, start, end, depth, nests, marks, index)
                    return
            if rules & LEARNT and self._unclear(S_BINARY, size) != S_BINARY:
                self.push(row, self.leftover, depth, offset, end, marks, index)
                return
            if (
                rules & READ_BY_CODE
                and not (self.judges and rules & FAULTLESS)
                and self._read_by_code < MOST_BY_CODE
                and self._by_code(row, offset, start, end, depth, nests, marks, index)
            ):
                return
            if rules & HOOKED and not (self.judges and rules & FAULTLESS):
                self.hooked.append(int(place))
            if self._unnamed(row, rules, start, end):
                marks |= UNNAMED
        self.push(row, rows[at + SHOWN], depth, offset, end, marks, index)
        if rows[at + MARKS] & ATTRIBUTE:
            nests += 1
        # The kinds, most frequent first; what each has inside is one deeper.
        if kind <= model.LAST_SCALAR:
            width = rows[at + WIDTH]
            if size != width and (width > 0 or (size != 4 and size != 8)):
                self._wrong_size(place, size, width)
        elif kind == model.STRING:
            self._string(place, start, end, rows[at + MARKS])
        elif kind == model.NEST:
            struct, attr_set = rows[at + STRUCT], rows[at + CHILDREN]
            if struct == 0:
                self._nest(place, attr_set, start, end, depth + 1, nests, 0)
            else:
                self._headed(place, struct, attr_set, start, end, depth, nests)
        elif kind == model.STRUCT:
            self._struct_of(place, row, start, end, depth + 1, nests)
        elif kind == model.BINARY:
            if rows[at + HINT] != NO_HINT:
                self._hinted(place, rows[at + HINT], start, size)
            elif rows[at + MARKS] & GUESS and payload_look(self.data, start, end) == LOOKS_STRING:
                self._show(place, S_STRING)  # the family's payloads here have nothing in common
            if rows[at + CHILDREN] != 0 and rules & (HOOKED | READ_BY_CODE) == 0:
                self._pieces(place, rows[at + CHILDREN], start, end, depth + 1, nests)
        elif kind == model.SUB_MESSAGE:
            self._sub_message(place, row, start, end, depth, nests)
        elif kind == model.INDEXED or kind == model.TYPE_VALUE:
            self._nest(place, 0, start, end, depth + 1, nests, rows[at + ELEMENT])
        elif kind == model.ARRAY:
            self._array(place, row, start, end, depth + 1, nests)
        else:
            self._rare(place, row, start, end, depth, nests)

    def _by_code(
        self,
        row: i64,
        offset: i64,
        start: i64,
        end: i64,
        depth: i64,
        nests: i64,
        marks: i64,
        index: i64,
    ) -> bool:
        """A payload as the dissector's own code says that it reads; False where it does not."""
        tables, place = self.tables, self.size
        self._read_by_code += 1
        if self._read_by_code == MOST_BY_CODE:
            self.find(place, CODE_LIMIT)
        reading = self.around.reading(self, tables.fields[row], start, end)
        if reading is None:
            return False
        if isinstance(reading, str):
            self.push(row, self._unclear(S_BINARY, end - start), depth, offset, end, marks, index)
            self.find(place, HOOK_FAILED, reading)
            return True
        parts, sizes = reading.parts, reading.sizes
        if not reading.shown:
            self.decode(tables.field(parts[0]), offset, start, end, depth, nests, marks, index)
            return True
        shown = tables.shown_as(reading.shown, NOTHING)
        self.push(row, shown, depth, offset, end, marks, index)
        for i in range(len(parts)):
            stop = start + i64(sizes[i])
            self.decode(tables.field(parts[i]), start, start, stop, depth + 1, nests, 0, 0)
            start = stop
        return True

    def _rare(self, place: i64, row: i64, start: i64, end: i64, depth: i64, nests: i64) -> None:
        """The kinds that are not met often: flags with a payload, bit fields, what is unknown."""
        rows, at, size = self.tables.rows, row * COLUMNS, end - start
        kind = rows[at + KIND]
        if kind == model.FLAG:
            if size:
                self.find(place, FLAG_PAYLOAD, "", size)
        elif kind == model.BITFIELD32:
            if size == 8:
                self.members(place, rows[at + STRUCT], start, end, depth + 1, nests)
            else:
                self._show(place, self._unclear(S_BINARY, size))
                self.find(place, BITFIELD_SIZE, "", size)
        elif kind == model.UNKNOWN:
            self._opaque(place, start, end, depth, nests)

    def _unnamed(self, row: i64, rules: i64, start: i64, end: i64) -> bool:
        """Whether a value has no label here: 0 in a request, or with a certain attribute beside."""
        if rules & UNSET and self.to_kernel and self.zero(start, end):
            return True
        return rules & BESIDE != 0 and self._beside(self.tables.fields[row].unnamed_beside) >= 0

    def _wrong_size(self, place: i64, size: i64, width: i64) -> None:
        """A number of another width than it has (-1: 4 or 8): its bytes are shown."""
        self._show(place, self._unclear(S_BINARY, size))
        fault = SCALAR_SIZE if width > 0 else SCALAR_SIZES
        self.find(place, fault, self.name(place), size, width)

    def _struct_of(
        self, place: i64, row: i64, start: i64, end: i64, depth: i64, nests: i64
    ) -> None:
        """A struct, with what may follow it; folded where that is asked for and can be."""
        tables = self.tables
        struct = tables.rows[row * COLUMNS + STRUCT]
        column = struct * STRUCT_COLUMNS
        if tables.rows[row * COLUMNS + RULES] & HAS_TAIL:
            self._more(place, row, start, end, depth, nests)
        elif (
            self.folds
            and tables.structs[column + PLAIN] != 0
            and tables.structs[column + 2] == end - start
        ):
            self.tape[place] |= FOLDED << MARKS_AT
        else:
            self.members(place, struct, start, end, depth, nests)

    def _form(self, row: i64, size: i64) -> i64:
        """The row by which a payload of this size reads."""
        for form in self.tables.fields[row].forms:
            if form.size != size or (form.in_requests and not self.to_kernel):
                continue
            if not form.beside or self._beside(form.beside) >= i64(form.least):
                return self.tables.field(form.field)
        return row

    def _beside(self, name: str) -> i64:
        """The payload's size of the nearest attribute of this name around, -1 for none."""
        level = self._level
        while level >= 0:
            number = self.tables.attribute(self._set[level], name)
            if number >= 0:
                found = self._locate(level, number, -1)
                if found >= 0:
                    return (found >> 32) - (found & 0xFFFFFFFF)
            level -= 1
        return -1

    def _show(self, place: i64, shown: i64) -> None:
        """Another form than the entry's row has."""
        tape = self.tape
        tape[place] = (tape[place] & ~_SHOWN_MASK) | shown << SHOWN_AT

    def _opaque(self, place: i64, start: i64, end: i64, depth: i64, nests: i64) -> None:
        """A payload that nothing describes: attributes, if it says so and they chain."""
        says = (self.tape[place] >> MARKS_AT) & IS_ATTRIBUTE and (
            self.u16(start - 2) & framing.NLA_F_NESTED
        )
        if says and end - start >= 4 and self._chains(start, end, 3):
            self._show(place, S_UNKNOWN_NEST)
            self._nest(place, 0, start, end, depth + 1, nests, 0)
        else:
            self._show(place, self._unclear(S_UNKNOWN, end - start))

    def _string(self, place: i64, start: i64, end: i64, marks: i64) -> None:
        """Checks a text up to its NUL: what follows must be 0, and the text UTF-8."""
        data = self.data
        stop, ascii = start, True
        while stop < end:
            byte: i64 = data[stop]
            if byte == 0:
                break
            if byte > 127:
                ascii = False
            stop += 1
        if marks & ATTRIBUTE and marks & SIZED == 0:
            if stop == end:
                if start < end and marks & UNTERMINATED == 0:
                    self.find(place, STRING_UNTERMINATED)
            elif stop + 1 < end and not self.zero(stop, end):
                self.find(place, STRING_AFTER_NUL, "", end - stop - 1)
        # Decoded leniently, since an exception costs more than all the rest.
        if (
            not ascii
            and i64(len(data[start:stop].decode("utf-8", "ignore").encode())) < stop - start
        ):
            self._show(place, self._unclear(S_STRING, end - start))
            self.find(place, STRING_ENCODING)

    def header(self, struct: i64, pos: i64, limit: i64, depth: i64) -> i64:
        """A fixed header; returns where what follows it starts (aligned to 4)."""
        tables = self.tables
        at = struct * STRUCT_COLUMNS
        size = tables.structs[at + 2]
        end = pos + size if pos + size < limit else limit
        row = tables.struct_head[struct]
        if not self.selective or self._want(row) != SKIP:
            place = self.size
            self.push(row, S_STRUCT, depth, pos, end, 0, 0)
            self.members(place, struct, pos, end, depth + 1, 0)
        structs = self.tables.structs
        if structs[at + 5] and pos + structs[at + 4] + structs[at + 5] <= end:
            self.family = self.read(pos + structs[at + 4], structs[at + 5], self.big, False)
        if structs[at + 7] and pos + structs[at + 6] + structs[at + 7] <= end:
            self.hardware = self.read(pos + structs[at + 6], structs[at + 7], self.big, False)
        if self._level >= 0:
            self._struct[self._level] = struct
            self._struct_at[self._level] = pos
        if end == limit:
            return limit
        end = pos + ((size + 3) & ~3)
        return end if end < limit else limit

    def members(
        self, place: i64, struct: i64, start: i64, end: i64, depth: i64, nests: i64
    ) -> None:
        """The members of a struct; a shorter or longer payload is shown as it is."""
        tables = self.tables
        rows, structs, tape = tables.rows, tables.structs, self.tape
        at = struct * STRUCT_COLUMNS
        row, count, whole = structs[at], structs[at + 1], structs[at + 2]
        around = self.family
        if structs[at + 5] and start + structs[at + 4] + structs[at + 5] <= end:
            own = self.read(start + structs[at + 4], structs[at + 5], self.big, False)
            if own:
                self.family = own
        pos = start
        above = depth << DEPTH_AT
        for _ in range(count):
            column = row * COLUMNS
            stop = pos + rows[column + SIZE]
            if stop > end:
                break
            if rows[column + WIDTH] == stop - pos and rows[column + RULES] == 0:  # a scalar
                i = self.size
                tape[i] = row | rows[column + SHOWN] << SHOWN_AT | above
                tape[i + 1] = pos | stop << 32
                self.size = i + 2
            else:
                self.decode(row, pos, pos, stop, depth, nests, 0, 0)
            pos = stop
            row += 1
        self.family = around
        if end - start != whole or pos != end:
            self._misfit_struct(place, struct, start, pos, end, depth)

    def _misfit_struct(
        self, place: i64, struct: i64, start: i64, pos: i64, end: i64, depth: i64
    ) -> None:
        """What a payload has less or more than its struct, whose members end at `pos`."""
        tables = self.tables
        at = struct * STRUCT_COLUMNS
        size, whole, align = end - start, tables.structs[at + 2], tables.structs[at + 3]
        name = tables.struct_models[struct].name
        if size < whole:
            partial = pos < end
            if partial:
                self._rest_of(struct, tables.partial_member, self.leftover, depth, pos, end)
            first = self.tape[place]
            heading = tables.rows[(first & FIELD_MASK) * COLUMNS + MARKS] & HEADING != 0
            # Old programs ask for dumps with struct rtgenmsg.
            if heading and (first >> MARKS_AT) & (UNKNOWN | INDEXED) == 0:
                dump = self.to_kernel and self.flags & 0x300 != 0
                self.find(place, HEADER_OLD if dump else HEADER_SHORT, name, size, whole)
            elif partial or self.to_kernel:
                self.find(place, STRUCT_SHORT if partial else STRUCT_OLD, name, size, whole)
        elif pos < end:
            if pos + (-whole) % align == end and self.zero(pos, end):
                self.push(tables.padding, S_PAD, depth, pos, end, 0, 0)
                return
            shown = self._unclear(S_BINARY, end - pos)
            self._rest_of(struct, tables.newer_members, shown, depth, pos, end)
            self.find(place, STRUCT_LONG, name, end - pos)

    def _rest_of(self, struct: i64, row: i64, shown: i64, depth: i64, pos: i64, end: i64) -> None:
        """Bytes of a struct that are no whole member; of a secret one, where it has any."""
        model_of = self.tables.struct_models[struct]
        hides = self.tables.redacts and any(member.secret for member in model_of.members)
        self.push(row, S_REDACTED if hides else shown, depth, pos, end, 0, 0)

    def _array(self, place: i64, row: i64, start: i64, end: i64, depth: i64, nests: i64) -> None:
        """A C array: its elements; folded where that is asked for and they are plain numbers."""
        rows = self.tables.rows
        element = rows[row * COLUMNS + ELEMENT]
        size = rows[element * COLUMNS + SIZE]
        if self.folds and rows[row * COLUMNS + NUMBERS] != 0 and (end - start) % size == 0:
            self.tape[place] |= FOLDED << MARKS_AT
            return
        pos = start
        index: i64 = 0
        while size > 0 and pos + size <= end:
            self.decode(element, pos, pos, pos + size, depth, nests, INDEXED, index)
            pos += size
            index += 1
        if pos < end:
            shown = self._unclear(S_BINARY, end - pos)
            self.push(self.tables.partial_element, shown, depth, pos, end, 0, 0)
            self.find(place, ARRAY_SIZE, "", end - start, size)

    def _more(self, place: i64, row: i64, start: i64, end: i64, depth: i64, nests: i64) -> None:
        """A struct and what follows it, or entries that each begin with one."""
        tables = self.tables
        at = row * COLUMNS
        struct, rest = tables.rows[at + STRUCT], tables.rows[at + TAIL]
        if rest == 0:
            self._records(place, struct, tables.rows[at + ELEMENT], start, end, depth, nests)
            return
        pos = start + tables.structs[struct * STRUCT_COLUMNS + 2]
        if pos > end:
            self.members(place, struct, start, end, depth, nests)
            return
        self.members(place, struct, start, pos, depth, nests)
        stop = end
        counter = tables.fields[row].tail_count
        if counter:
            count = self._counted(struct, start, counter)
            size = tables.rows[tables.rows[rest * COLUMNS + ELEMENT] * COLUMNS + SIZE]
            if count * size <= end - pos:
                stop = pos + count * size
            else:
                self.find(place, KEYS_SHORT, "", end - pos, count)
        family = self.family
        at = struct * STRUCT_COLUMNS
        if tables.structs[at + 5]:
            self.family = self.read(
                start + tables.structs[at + 4], tables.structs[at + 5], self.big, False
            )
        if pos < stop:
            self.decode(rest, pos, pos, stop, depth, nests, 0, 0)
        self.family = family
        if stop < end:
            then = tables.field(tables.fields[row].tail_then)
            if then != 0:
                self.decode(then, stop, stop, end, depth, nests, 0, 0)
            else:
                self.push(tables.data, self.leftover, depth, stop, end, 0, 0)

    def _counted(self, struct: i64, pos: i64, name: str) -> i64:
        """The number in the member of this name of a struct at `pos`."""
        tables = self.tables
        at = struct * STRUCT_COLUMNS
        row = tables.structs[at]
        for _ in range(tables.structs[at + 1]):
            stop = pos + tables.rows[row * COLUMNS + SIZE]
            if tables.names[row] == name:
                return self.number(row, pos, stop, 0)
            pos = stop
            row += 1
        return 0

    def _records(
        self, place: i64, struct: i64, entry: i64, start: i64, end: i64, depth: i64, nests: i64
    ) -> None:
        """Entries of a fixed header, whose first member is the entry's length, and attributes."""
        tables = self.tables
        least = tables.structs[struct * STRUCT_COLUMNS + 2]
        pos = start
        index: i64 = 0
        while end - pos >= least:
            length = self.u16(pos)
            left = end - pos
            if length < least or length > left:
                name = tables.names[tables.structs[struct * STRUCT_COLUMNS]].replace("-", "_")
                self.find(place, NEXTHOP_LENGTH, name, length, left)
            if length < least:
                break
            self.decode(entry, pos, pos, pos + min(length, left), depth, nests, INDEXED, index)
            pos = min(pos + ((length + 3) & ~3), end)
            index += 1
        if pos < end:
            self.push(tables.data, self.leftover, depth, pos, end, 0, 0)

    def _pieces(
        self, place: i64, attr_set: i64, start: i64, end: i64, depth: i64, nests: i64
    ) -> None:
        """Bytes of a set that are no attributes, by its layout."""
        if self.tables.layout(attr_set) == model.USERDATA:
            self._userdata(place, attr_set, start, end, depth, nests)
        else:
            self._elements(place, attr_set, start, end, depth, nests)

    def _userdata(
        self, place: i64, attr_set: i64, start: i64, end: i64, depth: i64, nests: i64
    ) -> None:
        """Pieces of type and length, each a byte.

        It is bytes where the last one does not fit, or a number has another size than it should.
        """
        tables, data = self.tables, self.data
        pos = start
        pieces = self._pieces_read
        while end - pos >= 2:
            length = i64(data[pos + 1])
            pieces += 1
            at = tables.row_of(attr_set, i64(data[pos])) * COLUMNS
            if tables.rows[at + WIDTH] > 0 and tables.rows[at + WIDTH] != length:
                return
            pos += 2 + length
        if pos != end or start == end or nests >= MAX_DEPTH or pieces > _MOST_PIECES:
            return
        self._pieces_read = pieces
        self._show(place, S_USERDATA)
        level = self._enter(start, end, attr_set)
        heading = tables.userdata_type(attr_set)
        pos = start
        while pos < end:
            number = i64(data[pos])
            stop = pos + 2 + i64(data[pos + 1])
            self.push(heading, tables.rows[heading * COLUMNS + SHOWN], depth, pos, pos + 1, 0, 0)
            beside = tables.userdata_length
            shown = tables.rows[beside * COLUMNS + SHOWN]
            self.push(beside, shown, depth, pos + 1, pos + 2, 0, 0)
            row = tables.row_of(attr_set, number)
            if row == 0:
                row = tables.userdata(number)
            self.decode(row, pos + 2, pos + 2, stop, depth, nests + 1, 0, 0)
            pos = stop
        self._level = level - 1

    def _elements(
        self, place: i64, attr_set: i64, start: i64, end: i64, depth: i64, nests: i64
    ) -> None:
        """Elements of IEEE 802.11: number and length, each a byte; 255 has the number inside.

        Where the first of them does not fit, it is bytes.
        """
        tables, data = self.tables, self.data
        if nests >= MAX_DEPTH or end - start < 2 or i64(data[start + 1]) > end - start - 2:
            return
        self._show(place, S_STRUCT)
        pos = start
        while end - pos >= 2 and self._pieces_read < _MOST_PIECES:
            self._pieces_read += 1
            number = i64(data[pos])
            inner = pos + 2
            stop = inner + i64(data[pos + 1])
            if stop > end:
                break
            if number == EXTENDED - 1 and stop > inner:
                number = EXTENDED + i64(data[inner])
                inner += 1
            row = tables.row_of(attr_set, number)
            if row == 0:
                row = tables.element(number)
            self.decode(row, inner, inner, stop, depth, nests + 1, 0, 0)
            pos = stop
        if pos < end:
            self.push(tables.data, self.leftover, depth, pos, end, 0, 0)
            if self._pieces_read < _MOST_PIECES:
                self.find(place, ELEMENT_LENGTH, "", end - pos)
            else:
                self.find(place, ELEMENT_LIMIT, "", _MOST_PIECES)

    def _hinted(self, place: i64, hint: i64, start: i64, size: i64) -> None:
        """A binary payload by its display hint; left as bytes where the length does not fit."""
        shown: i64 = S_BINARY
        if hint == LLADDR:
            shown = self._link_layer(size)
        elif hint == ADDRESS:
            shown = self._address(size)
        elif hint == UNION_ADDRESS:
            if size == 16:
                four = self.family == _AF_INET
                if not four and self.family != _AF_INET6:  # of sockets that have either: SMC's
                    four = self.zero(start + 4, start + 16)
                shown = S_IPV4 if four else S_IPV6
        elif hint == MPLS:
            shown = self._label_stack(size)
        elif hint == HEX:
            shown = S_HEX
        elif size < _SIZES:
            shown = self._shown_by_size[hint * _SIZES + size]
        if shown != S_BINARY:
            self._show(place, shown)
        elif size > 0:
            self._show(place, self._unclear(S_BINARY, size))
            what = _EXPECTED.get(int(hint), "")
            if hint == ADDRESS and self.family in _SIZED:
                self.find(place, ADDRESS_SIZE, "", size, self.family)
            elif what:
                self.find(place, BINARY_SIZE, what, size)

    def _address(self, size: i64) -> i64:
        """An address, by the family that the header says."""
        family = self.family
        if family == _AF_MPLS and size >= 4:
            return self._label_stack(size)
        if size == 4 and family != _AF_INET6:
            return S_IPV4
        return S_IPV6 if size == 16 and family != _AF_INET else S_BINARY

    def _label_stack(self, size: i64) -> i64:
        """Labels of MPLS, 4 bytes each."""
        return S_MPLS if size >= 4 and size & 3 == 0 else S_BINARY

    def _link_layer(self, size: i64) -> i64:
        """A link-layer address: an IP address on tunnels, by the ARPHRD type of the header."""
        hardware = self.hardware
        if size == 4 and (hardware == _TUNNEL or hardware == _SIT or hardware == _IPGRE):
            return S_IPV4
        if size == 16 and (hardware == _TUNNEL6 or hardware == _IP6GRE):
            return S_IPV6
        if size == 32:  # MAX_ADDR_LEN: a field that fits every kind of address
            return S_MAC_20 if hardware == _INFINIBAND else S_MAC_6
        return S_MAC if size else S_BINARY

    # -- sub-messages ------------------------------------------------------------------

    def _sub_message(
        self, place: i64, row: i64, start: i64, end: i64, depth: i64, nests: i64
    ) -> None:
        """A payload whose shape the value of another attribute or header member selects."""
        tables = self.tables
        field = tables.fields[row]
        sub = tables.sub_messages[tables.rows[row * COLUMNS + SUB_MESSAGE]]
        form: model.Format | None = sub.default
        word: str | None = None
        for name in field.selectors:
            hit = self._selected(name, start)
            if hit is not None:
                form, word = chosen(sub, hit[0], hit[1])
                break
        if form is None or (form.attributes is None and form.header is None):
            self._opaque(place, start, end, depth, nests)
            if form is None:
                name = field.selectors[0]
                if word is None:
                    self.find(place, SELECTOR_MISSING, name)
                else:
                    self.find(place, SELECTOR_UNKNOWN, f"{name} {word!r}")
            return
        struct, attr_set = tables.struct(form.header), tables.attribute_set(form.attributes)
        if attr_set != 0 and tables.layout(attr_set) != model.ATTRIBUTES:
            self._show(place, S_HEX if start < end else S_USERDATA)
            self._pieces(place, attr_set, start, end, depth + 1, nests)
            return
        if attr_set == 0 and start < end and tables.rows[row * COLUMNS + RULES] & FLAT:
            if form.variants and end - start >= 4:
                struct = tables.struct(form.variants.get(int(self.u32(start)), form.header))
            self._show(place, S_STRUCT)
            self.members(place, struct, start, end, depth + 1, nests)
            return
        self._headed(place, struct, attr_set, start, end, depth, nests)

    def _headed(
        self, place: i64, struct: i64, attr_set: i64, start: i64, end: i64, depth: i64, nests: i64
    ) -> None:
        """A nest that begins with a fixed header, or has one only (set 0)."""
        family, hardware = self.family, self.hardware
        level = self._enter(start, end, attr_set)
        pos = start
        if struct != 0 and pos < end:
            pos = self.header(struct, pos, end, depth + 1)
        if attr_set != 0 and nests >= MAX_DEPTH:
            self.find(place, NEST_DEPTH)
            attr_set = 0
        if pos < end:
            if attr_set != 0:
                self._start[level] = pos
                self._lacks[level] = -1
                self._walk(pos, end, attr_set, depth + 1, nests, 0)
            else:
                self.push(self.tables.data, S_BINARY, depth + 1, pos, end, 0, 0)
        self._level = level - 1
        self.family, self.hardware = family, hardware

    def _selected(self, name: str, asking: i64) -> tuple[object, model.Enum | None] | None:
        """The value of the header member or attribute of this name that is nearest around."""
        tables = self.tables
        level = self._level
        while level >= 0:
            struct = self._struct[level]
            if struct != 0:
                at = struct * STRUCT_COLUMNS
                row, pos = tables.structs[at], self._struct_at[level]
                for _ in range(tables.structs[at + 1]):
                    stop = pos + tables.rows[row * COLUMNS + SIZE]
                    if stop > self._end[level]:
                        break
                    if tables.names[row] == name:
                        return self._value(row, pos, stop, 0)
                    pos = stop
                    row += 1
            attr_set = self._set[level]
            if attr_set != 0:
                number = tables.attribute(attr_set, name)
                if number >= 0:
                    found = self._locate(level, number, asking)
                    if found >= 0:
                        row, start = tables.row_of(attr_set, number), found & 0xFFFFFFFF
                        marks: i64 = 0
                        if tables.layout(attr_set) == model.ATTRIBUTES and (
                            self.u16(start - 2) & framing.NLA_F_NET_BYTEORDER
                        ):
                            marks = NET_ORDER
                        return self._value(row, start, found >> 32, marks)
            level -= 1
        return self.around.selector(name)

    def _locate(self, level: i64, number: i64, asking: i64) -> i64:
        """Start and end, as on the tape, of the payload of a level's first attribute of this
        number, -1 for none; not of the one that asks, nor behind so many.
        """
        pos, end = self._start[level], self._end[level]
        if self.tables.layout(self._set[level]) == model.USERDATA:
            return self._locate_userdata(pos, end, number, asking)
        if self._lacks[level] == number:
            return -1
        left: i64 = _AROUND
        itself = False
        while end - pos >= 4 and left > 0:
            left -= 1
            length = self.u16(pos)
            if length < 4 or length > end - pos:
                return -1
            if self.u16(pos + 2) & framing.NLA_TYPE_MASK == number:
                if pos + 4 != asking:
                    return (pos + 4) | (pos + length) << 32
                itself = True
            pos += (length + 3) & ~3
        if not itself:
            self._lacks[level] = number
        return -1

    def _locate_userdata(self, pos: i64, end: i64, number: i64, asking: i64) -> i64:
        """The same in userdata."""
        data = self.data
        while end - pos >= 2:
            stop = pos + 2 + i64(data[pos + 1])
            if i64(data[pos]) == number and pos + 2 != asking:
                return (pos + 2) | stop << 32
            pos = stop
        return -1

    def _value(
        self, row: i64, start: i64, end: i64, marks: i64
    ) -> tuple[object, model.Enum | None]:
        """The value that selects, and its enumeration."""
        rows = self.tables.rows
        at = row * COLUMNS
        kind, size, width = rows[at + KIND], end - start, rows[at + WIDTH]
        if kind == model.STRING:
            stop = self._nul(start, end)
            return self.data[start:stop].decode("utf-8", "backslashreplace"), None
        if kind <= model.LAST_SCALAR and (
            size == width or (width < 0 and (size == 4 or size == 8))
        ):
            enum = rows[at + ENUM]
            value = self.number(row, start, end, marks)
            return int(value), self.tables.enums[enum] if enum else None
        return self.data[start:end], None

    def _nul(self, start: i64, end: i64) -> i64:
        """Where the first NUL is, `end` for none."""
        near = end if end - start < _WORD else start + _WORD
        for pos in range(start, near):
            if self.data[pos] == 0:
                return pos
        found = i64(self.data.find(0, start, end)) if near < end else -1
        return end if found < 0 else found
