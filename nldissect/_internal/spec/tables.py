"""Specs as dense tables of numbers, which the engine walks bytes by.

Rules:
- A field (attribute, struct member, header, piece of a message) is a row of `COLUMNS`
  numbers; row 0 is none. Rows, sets and structs are only ever added, and whoever holds a
  number may keep it.
- What a row refers to (nested set, struct, sub-message, enumeration, hook) has a number of its
  own. A set is numbered when it is first referred to and filled when it is first walked
  (`fill`), and a row is made when its attribute is first met, since a capture uses few of those
  that a spec has.
- Of a set the attribute number leads to a row: `slots[base + number]`, for numbers under `size`;
  `UNMADE` is one that is not made yet (`row_of`). Where a few numbers lie far above the others,
  which only what a capture taught has, a dictionary has those, and `set_far` says so.
- What a value is shown as has a number too (`Shown`): the word that users see, and its form.
"""

from __future__ import annotations

from typing import Final, final

from librt.vecs import append, vec
from mypy_extensions import i64

from . import model
from .evidence import LOOKS

# The columns of a field's row.
COLUMNS: Final = 20
KIND: Final = 0  # wire kind of `spec`
WIDTH: Final = 1  # bytes of a scalar, -1 of what has no fixed width
SIGNED: Final = 2
ORDER: Final = 3  # of bytes: the host's, HOST; else LITTLE or BIG
SHOWN: Final = 4
CHILDREN: Final = 5  # the set inside
STRUCT: Final = 6
ELEMENT: Final = 7  # the row of an entry or element
SUB_MESSAGE: Final = 8
ENUM: Final = 9
NUMBER: Final = 10
RULES: Final = 11  # bits of what else decides how it reads
REQUEST: Final = 12  # the row in messages to the kernel
SIZE: Final = 13  # bytes as a struct member or element
HINT: Final = 14
MARKS: Final = 15
LABEL: Final = 16  # a label that all values have: index into `labels`
NUMBERS: Final = 17  # 1: an array of plain numbers
TAIL: Final = 18  # the row of what follows a struct

HOST: Final = 0
LITTLE: Final = 1
BIG: Final = 2

# Bits of MARKS
GUESS: Final = 1
UNTERMINATED: Final = 2
HEADING: Final = 4  # a fixed header, named like its struct
MULTI: Final = 8
ATTRIBUTE: Final = 16  # has a number
LABELLED: Final = 32  # code beside the dissector gives labels
RESERVED: Final = 64  # a member that should be 0, or of which each bit should have a name
JUDGED: Final = 128  # an attribute with limits, or that nothing reads
SIZED: Final = 512  # a text that has so many bytes, whatever follows its NUL
SECRET: Final = 256  # a key or a password, of which the size is shown

# Bits of RULES
HOOKED: Final = 1  # Python code beside the dissector has its say
HAS_FORMS: Final = 2  # it reads otherwise in payloads of some sizes
UNSET: Final = 4  # 0 to the kernel has no name
BESIDE: Final = 8  # beside some attribute it has no name
HAS_TAIL: Final = 16  # a struct with something behind it, or many such
READ_BY_CODE: Final = 64  # code beside the dissector says how it reads
FAULTLESS: Final = 128  # nothing can be wrong with what such code makes of it
LEARNT: Final = 256  # of the capture itself, and a leaf
FLAT: Final = 32  # a sub-message that shows a lone header's members right inside

# Display hints
HINTS: Final[dict[str, int]] = {
    "": 0, "hex": 1, "mac": 2, "fddi": 3, "ipv4": 4, "ipv6": 5, "ipv4-or-v6": 6, "lladdr": 7,
    "address": 8, "uuid": 9, "ifindex": 10, "nsid": 11, "family-id": 12, "errno": 13,
    "message-type": 14, "message-flags": 15, "command": 16, "mpls": 17, "union-address": 18,
}  # fmt: skip
NO_HINT: Final = 0
HEX: Final = 1
MAC: Final = 2
FDDI: Final = 3
IPV4: Final = 4
IPV6: Final = 5
IPV4_OR_6: Final = 6
LLADDR: Final = 7
ADDRESS: Final = 8
UNION_ADDRESS: Final = 18  # xfrm_address_t: of 16 bytes IPv4 has the first 4
UUID: Final = 9
IFINDEX: Final = 10
NSID: Final = 11
FAMILY_ID: Final = 12
ERRNO: Final = 13
MESSAGE_TYPE: Final = 14
MESSAGE_FLAGS: Final = 15
COMMAND: Final = 16
MPLS: Final = 17

# Forms of values: how they are made of a payload
INTEGER: Final = 0
NOTHING: Final = 1  # a nest, a struct, what has something inside
ARRAY: Final = 2  # the values of its elements, if they have any
PRESENT: Final = 3  # True
TEXT_UP_TO_NUL: Final = 4
OCTETS: Final = 5
COLONS: Final = 6  # a link-layer address
COLONS_6: Final = 7  # one in a field that has room for more
COLONS_20: Final = 8
DOTTED: Final = 9  # IPv4
GROUPS: Final = 10  # IPv6
UUID_TEXT: Final = 11
LABEL_STACK: Final = 12  # of MPLS
SHOWN_BY_HOOK: Final = 13  # what a hook said
REDACTED: Final = 14  # a secret: its size in words

# Numbers in SHOWN that the engine itself gives, in this order.
_FIRST: Final[tuple[tuple[str, int], ...]] = (
    ("", NOTHING), ("binary", OCTETS), ("string", TEXT_UP_TO_NUL), ("flag", PRESENT),
    ("nest", NOTHING), ("struct", NOTHING), ("array", ARRAY), ("bitfield32", NOTHING),
    ("pad", OCTETS), ("unknown", OCTETS), ("unknown", NOTHING), ("message", NOTHING),
    ("mac", COLONS), ("mac", COLONS_6), ("mac", COLONS_20), ("ipv4", DOTTED), ("ipv6", GROUPS),
    ("uuid", UUID_TEXT), ("mpls", LABEL_STACK), ("enum", INTEGER), ("array", NOTHING),
    ("hex", OCTETS), ("redacted", REDACTED), ("redacted", SHOWN_BY_HOOK), ("userdata", NOTHING),
)  # fmt: skip
S_BINARY: Final = 1
S_STRING: Final = 2
S_FLAG: Final = 3
S_NEST: Final = 4
S_STRUCT: Final = 5
S_ARRAY: Final = 6
S_BITFIELD: Final = 7
S_PAD: Final = 8
S_UNKNOWN: Final = 9
S_UNKNOWN_NEST: Final = 10
S_MESSAGE: Final = 11
S_MAC: Final = 12
S_MAC_6: Final = 13
S_MAC_20: Final = 14
S_IPV4: Final = 15
S_IPV6: Final = 16
S_UUID: Final = 17
S_MPLS: Final = 18
S_ENUM: Final = 19
S_STRUCTS: Final = 20  # an array whose elements are structs
S_HEX: Final = 21  # bytes of which hexadecimal is the usual form: keys, bitmaps
S_REDACTED: Final = 22
S_REDACTED_BY_HOOK: Final = 23
S_USERDATA: Final = 24
MAX_SHOWN: Final = 256

# Members of header structs that tell how addresses behind them read.
_HARDWARE: Final = "ifi-type"


def own_struct(name: str, members: list[tuple[str, int, str]]) -> model.Struct:
    """A struct of netlink itself: (name, kind, hint) of each member."""
    out = model.Struct(name)
    for member, kind, hint in members:
        out.add(own_field(member, kind, hint))
    return out


def own_field(name: str, kind: int, hint: str = "", shown: str = "") -> model.Field:
    """The definition of a piece of a message that no spec has."""
    field = model.Field(name, None, -1, kind)
    field.hint = hint
    if shown:
        field.shown = shown
    if kind <= model.LAST_SCALAR:
        field.size = model.SIZES[kind]
    return field


# struct nlmsghdr (linux/netlink.h), struct genlmsghdr (linux/genetlink.h)
NLMSGHDR: Final = own_struct(
    "nlmsghdr",
    [
        ("length", model.U32, ""),
        ("type", model.U16, "message-type"),
        ("flags", model.U16, "message-flags"),
        ("sequence", model.U32, ""),
        ("port", model.U32, ""),
    ],
)
GENLMSGHDR: Final = own_struct(
    "genlmsghdr",
    [("command", model.U8, "command"), ("version", model.U8, ""), ("reserved", model.U16, "")],
)
# struct nfgenmsg (linux/netfilter/nfnetlink.h), of messages that no dissector knows
NFGENMSG: Final = own_struct(
    "nfgenmsg",
    [("nfgen-family", model.U8, ""), ("version", model.U8, ""), ("res-id", model.U16, "")],
)
NFGENMSG.members[2].big = True
# The number of NLMSG_ERROR and NLMSG_DONE: 0 or a negative errno.
ERROR: Final = own_field("error", model.S32, "errno", "enum")

# All recordings together need 6,000 rows; only what captures teach makes so many.
_CROWDED: Final = 1 << 14
# Numbers of attributes that have slots, however few attributes a set has; else eight for each.
_DENSE: Final = 512
_MOST_ROWS: Final = 1 << 19  # half of what an entry has room for: dissectors need the other


@final
class Tables:
    """The specs of one registry, as far as they have been met."""

    def __init__(self, redacts: bool = False) -> None:
        self.redacts = redacts  # whether of secrets only the size is shown
        self.rows = vec[i64]([0] * COLUMNS)
        self.slots = vec[i64]([0])
        self.set_base = vec[i64]([0])
        self.set_size = vec[i64]([0])  # -1: not filled yet
        self.set_known = vec[i64]([0])  # 1 when there are attributes that it knows
        self.set_far = vec[i64]([0])  # UNMADE where there are such without slots, else 0
        # Of each set the rows of attributes that it does not have, by their look; 0: not yet made
        self._strangers = vec[i64]([0] * len(LOOKS))
        # Of a struct: first row, members, size, alignment, place and size of its address family
        # and of its hardware type (size 0: none), whether all members are plain numbers, whether
        # any is RESERVED.
        self.structs = vec[i64]([0, 0, 0, 1] + [0] * (STRUCT_COLUMNS - 4))
        self.struct_head = vec[i64]([0])  # the row of a header of this struct
        self.fields: list[model.Field] = [own_field("", model.UNKNOWN)]
        self.names: list[str] = [""]
        self.sets: list[model.AttributeSet | None] = [None]
        self.struct_models: list[model.Struct] = [model.Struct("")]
        self.enums: list[model.Enum] = [model.Enum("", False)]
        self.sub_messages: list[model.SubMessage] = [model.SubMessage("")]
        self.labels: list[str] = [""]
        self.shown: list[str] = [word for word, _ in _FIRST]
        self.form = vec[i64]([form for _, form in _FIRST])
        # Nodes per byte that a struct can make at most.
        self.density: i64 = 1
        self._shown: dict[tuple[str, int], int] = {key: i for i, key in enumerate(_FIRST)}
        self._fields: dict[model.Field, int] = {}
        self._sets: dict[model.AttributeSet, int] = {}
        self._structs: dict[model.Struct, int] = {}
        self._enums: dict[model.Enum, int] = {}
        self._sub_messages: dict[model.SubMessage, int] = {}
        self._far: dict[int, int] = {}  # rows of attributes without slots; `set << 16 | attribute`
        self._unlisted: dict[str, int] = {}
        self._userdata_types: dict[int, int] = {}
        # What `engine.paths` made of names for them.
        self.namings: dict[model.Operation | None, object] = {}
        self.set_namings: dict[model.AttributeSet | None, object] = {}
        self.paths: dict[str, object] = {}

        self._scratch: i64 = self._row(self.fields[0])

        # The pieces that no spec has.
        self.data: i64 = self.piece("data", model.BINARY)
        self.trailing: i64 = self.piece("trailing", model.BINARY)
        self.userdata_length: i64 = self.field(model.USERDATA_LENGTH)
        self.family_header: i64 = self.piece("family-header", model.BINARY)
        self.partial_member: i64 = self.piece("partial-member", model.BINARY)
        self.newer_members: i64 = self.piece("newer-members", model.BINARY)
        self.padding: i64 = self.piece("padding", model.BINARY)
        self.partial_element: i64 = self.piece("partial-element", model.BINARY)
        self.nlmsgerr: i64 = self.piece("nlmsgerr", model.HEADER)
        self.request: i64 = self.piece("request", model.MESSAGE)
        self.error: i64 = self.field(ERROR)
        self.nlmsghdr: i64 = self.struct(NLMSGHDR)
        self.genlmsghdr: i64 = self.struct(GENLMSGHDR)
        self.nfgenmsg: i64 = self.struct(NFGENMSG)
        self.unnamed: i64 = self.attribute_set(model.AttributeSet("unnamed", ""))

    @property
    def crowded(self) -> bool:
        """Whether they hold much more than dissectors make."""
        return len(self.fields) > _CROWDED

    # -- numbers of what a spec has -------------------------------------------------

    def piece(self, name: str, kind: int) -> i64:
        """The row of a piece that has no definition elsewhere."""
        return self.field(own_field(name, kind))

    def element(self, number: i64) -> i64:
        """The row of an element of IEEE 802.11 that its set does not have."""
        name = f"element-{number}" if number < EXTENDED else f"extension-{number - EXTENDED}"
        return self._unlisted_piece(name, "")

    def userdata(self, number: i64) -> i64:
        """The row of a piece of userdata that its set does not have."""
        return self._unlisted_piece(f"type-{number}", "hex")

    def _unlisted_piece(self, name: str, hint: str) -> i64:
        found = self._unlisted.get(name)
        if found is None:
            row = self.field(own_field(name, model.BINARY, hint))
            found = self._unlisted[name] = int(row)
        return found

    def userdata_type(self, number: i64) -> i64:
        """The row of the type of each piece of a set's userdata, in which that has a name."""
        found = self._userdata_types.get(int(number))
        if found is None:
            attributes = self.sets[number] or model.NO_SET
            found = self._userdata_types[int(number)] = int(self.field(attributes.heading()[0]))
        return found

    def layout(self, number: i64) -> i64:
        """How what a set describes is laid out, as in `model.LAYOUTS`."""
        attributes = self.sets[number]
        return 0 if attributes is None else i64(attributes.layout)

    def field(self, field: model.Field | None) -> i64:
        """The row of a field, made now if it is new; 0 for None."""
        if field is None:
            return 0
        found = self._fields.get(field)
        if found is not None:
            return found
        row = self._row(field)
        self._fields[field] = int(row)
        self._describe(row)
        return row

    def scratch(self, field: model.Field) -> i64:
        """A row for a field that somebody made for once; until the next one."""
        kind = field.kind
        keeps = kind in (
            model.INDEXED,
            model.TYPE_VALUE,
            model.ARRAY,
            model.BITFIELD32,
            model.SUB_MESSAGE,
        )
        if keeps or field.tail is not None or field.length_prefixed or field in self._fields:
            return self.field(field)
        row = self._scratch
        self.fields[row] = self._visible(field)
        self.names[row] = field.name
        self._describe(row)
        return row

    def attribute_set(self, attributes: model.AttributeSet | None) -> i64:
        """The number of a set; 0 for None, of which every attribute is unknown."""
        if attributes is None:
            return 0
        found = self._sets.get(attributes)
        if found is not None:
            return found
        number = i64(len(self.sets))
        self._sets[attributes] = int(number)
        self.sets.append(attributes)
        self.set_base = append(self.set_base, 0)
        self.set_size = append(self.set_size, -1)
        self.set_known = append(self.set_known, 0)
        self.set_far = append(self.set_far, 0)
        for _ in range(len(LOOKS)):
            self._strangers = append(self._strangers, 0)
        return number

    def stranger(self, number: i64, look: i64) -> i64:
        """The row of all attributes that a set does not have and that have this look."""
        if len(self.fields) > _MOST_ROWS:
            number = 0
        at = number * len(LOOKS) + look
        row = self._strangers[at]
        if row == 0:
            kind, hint = LOOKS[look]
            row = self.field((self.sets[number] or model.NO_SET).stranger(kind, hint))
            self._strangers[at] = row
        return row

    def fill(self, number: i64) -> None:
        """Makes room for the attributes of a set, which it was not walked by before."""
        attributes = self.sets[number] if len(self.fields) <= _MOST_ROWS else None
        numbers = [] if attributes is None else list(attributes.numbered())
        base = i64(len(self.slots))
        most: i64 = max(_DENSE, 8 * len(numbers))
        size: i64 = 0
        for attribute in numbers:
            if attribute >= most:
                self.set_far[number] = UNMADE
                self._far[int(number) << 16 | attribute] = UNMADE
            elif attribute >= size:
                size = attribute + 1
        slots = self.slots
        for _ in range(size):
            slots = append(slots, 0)
        for attribute in numbers:
            if attribute < size:
                slots[base + i64(attribute)] = UNMADE
        self.slots = slots
        self.set_base[number] = base
        self.set_size[number] = size
        self.set_known[number] = 1 if numbers else 0

    def row_of(self, number: i64, attribute: i64) -> i64:
        """The row of an attribute, made now if it was not; 0 for one that its set does not have."""
        if self.set_size[number] < 0:
            self.fill(number)
        far = attribute >= self.set_size[number]
        key = int(number << 16 | attribute)
        at = self.set_base[number] + attribute
        row: i64 = self._far.get(key, 0) if far else self.slots[at]
        if row == UNMADE:
            attributes = self.sets[number]
            row = self.field(None if attributes is None else attributes.field(int(attribute)))
            if far:
                self._far[key] = int(row)
            else:
                self.slots[at] = row
        return row

    def struct(self, struct: model.Struct | None) -> i64:
        """The number of a struct; 0 for None."""
        if struct is None:
            return 0
        found = self._structs.get(struct)
        if found is not None:
            return found
        number = i64(len(self.struct_models))
        self._structs[struct] = int(number)
        self.struct_models.append(struct)
        first = i64(len(self.fields))
        rows = [int(self._row(member)) for member in struct.members]  # next to each other
        plain = all(is_plain(member) for member in struct.members)
        reserves = any(_reserved(member) for member in struct.members)
        columns = [int(first), len(rows), struct.size, struct.align, 0, 0, 0, 0]
        columns += [int(plain), int(reserves)]
        offset = 0
        for member in struct.members:
            address = member.name == "family" or member.name.endswith("-family")
            if address and not columns[5] and member.kind <= model.LAST_SCALAR:
                columns[4:6] = [offset, member.size]
            if member.name == _HARDWARE:
                columns[6:8] = [offset, member.size]
            offset += member.size
        for value in columns:
            self.structs = append(self.structs, value)
        self.struct_head = append(self.struct_head, 0)
        for row, member in zip(rows, struct.members, strict=True):
            self._fields.setdefault(member, row)
            self._describe(row)
        self._inherit_family(struct, number * STRUCT_COLUMNS)
        nodes = i64(self._nodes(struct))
        if struct.size and nodes > self.density * i64(struct.size):
            self.density = nodes // i64(struct.size) + 1
        head = model.Field(struct.name, None, -1, model.STRUCT)
        head.struct = struct
        self.struct_head[number] = self.field(head)
        return number

    def _inherit_family(self, struct: model.Struct, at: i64) -> None:
        """A struct without an address family has that of one inside, as xfrm_aevent_id."""
        offset: i64 = 0
        for member in struct.members:
            if member.kind == model.STRUCT and not self.structs[at + 5]:
                within = self.struct(member.struct) * STRUCT_COLUMNS
                self.structs[at + 4] = offset + self.structs[within + 4]
                self.structs[at + 5] = self.structs[within + 5]
            offset += i64(member.size)

    def _nodes(self, struct: model.Struct) -> int:
        """How many nodes a struct makes, arrays apart."""
        out = 1
        for member in struct.members:
            out += 3 if member.struct is None else self._nodes(member.struct)
        return out

    def family_and_hardware(self, number: i64) -> list[tuple[int, int] | None]:
        """Place and size of a struct's address family and hardware type, None for what it lacks."""
        at = number * STRUCT_COLUMNS
        return [
            (int(self.structs[i]), int(self.structs[i + 1])) if self.structs[i + 1] else None
            for i in (at + 4, at + 6)
        ]

    def enum(self, enum: model.Enum | None) -> i64:
        """The number of an enumeration; 0 for None."""
        if enum is None:
            return 0
        found = self._enums.get(enum)
        if found is None:
            found = self._enums[enum] = len(self.enums)
            self.enums.append(enum)
        return found

    def sub_message(self, sub: model.SubMessage | None) -> i64:
        """The number of a sub-message; 0 for None."""
        if sub is None:
            return 0
        found = self._sub_messages.get(sub)
        if found is None:
            found = self._sub_messages[sub] = len(self.sub_messages)
            self.sub_messages.append(sub)
        return found

    def shown_as(self, word: str, form: int) -> i64:
        """The number of a word that users see for values of this form."""
        found = self._shown.get((word, form))
        if found is None:
            if len(self.shown) >= MAX_SHOWN:  # more words than a dissector can mean
                return self.shown_as("", form) if word else S_BINARY
            found = self._shown[word, form] = len(self.shown)
            self.shown.append(word)
            self.form = append(self.form, form)
        return found

    def label(self, text: str) -> i64:
        """The number of a label that does not depend on the value."""
        if text in self.labels:
            return self.labels.index(text)
        self.labels.append(text)
        return len(self.labels) - 1

    def attribute(self, number: i64, name: str) -> i64:
        """The attribute number that this spec name has in a set, -1 for none."""
        attributes = self.sets[number]
        return -1 if attributes is None else attributes.number(name)

    # -- rows --------------------------------------------------------------------

    def _row(self, field: model.Field) -> i64:
        row = i64(len(self.fields))
        self.fields.append(self._visible(field))
        self.names.append(field.name)
        rows = self.rows
        for _ in range(COLUMNS):
            rows = append(rows, 0)
        self.rows = rows
        return row

    def _visible(self, field: model.Field) -> model.Field:
        """The field as it is shown."""
        return redacted(field) if field.secret and self.redacts else field

    def _describe(self, row: i64) -> None:
        """Fills in a row."""
        field = self.fields[row]
        kind = field.kind
        values = [0] * COLUMNS
        values[KIND] = kind
        values[WIDTH] = field.width or -1
        values[SIGNED] = int(field.signed)
        if field.big is not None:
            values[ORDER] = BIG if field.big else LITTLE
        values[SHOWN] = int(self._shown_of(field))
        values[CHILDREN] = int(self.attribute_set(field.nested))
        values[STRUCT] = int(self.struct(field.struct))
        values[SUB_MESSAGE] = int(self.sub_message(field.sub_message))
        values[ENUM] = int(self.enum(field.enum))
        values[NUMBER] = field.number
        values[RULES] = _rules(field)
        values[SIZE] = field.size
        values[HINT] = HINTS.get(field.hint, 0)
        values[NUMBERS] = int(
            kind == model.ARRAY and field.element is not None and is_plain(field.element)
        )
        values[MARKS] = _marks(field)
        values[TAIL] = int(self.field(field.tail))
        if kind in (model.INDEXED, model.TYPE_VALUE, model.ARRAY) or field.length_prefixed:
            values[ELEMENT] = int(self._element(field))
        elif kind == model.BITFIELD32:
            values[STRUCT] = int(self.struct(bitfield(field.enum)))
        at = row * COLUMNS
        for value in values:
            self.rows[at] = value
            at += 1
        if field.request is not None:
            self.rows[row * COLUMNS + REQUEST] = self.field(field.request)

    def _shown_of(self, field: model.Field) -> i64:
        """What the values of a field are shown as when their size is right."""
        kind = field.kind
        if field.shown == "redacted":
            return S_REDACTED
        if kind <= model.LAST_SCALAR:
            if field.hint == "ipv4" and field.width == 4:
                return self.shown_as(field.shown, DOTTED)
            return self.shown_as(field.shown, INTEGER)
        if kind == model.ARRAY:
            element = field.element
            valued = element is not None and (
                element.kind <= model.LAST_SCALAR or element.hint != ""
            )
            return S_ARRAY if valued else S_STRUCTS
        return S_STRUCTS if field.length_prefixed else _SHOWN[kind]

    def _element(self, field: model.Field) -> i64:
        """The row of what an entry of an array is."""
        entry = element_of(field, 0)
        entry.number = -1 if field.kind == model.ARRAY or field.length_prefixed else 0
        if field.element is not None:
            entry.size = field.element.size
        row = self.field(entry)
        if field.kind == model.TYPE_VALUE:
            self.rows[row * COLUMNS + LABEL] = self.label(field.type_values[0])
        return row


UNMADE: Final = -1  # in `slots`
STRUCT_COLUMNS: Final = 10
EXTENDED: Final = 256  # what the number in an extended element begins at in its set
PLAIN: Final = 8  # of a struct's columns
RESERVES: Final = 9

_SHOWN: Final[dict[int, int]] = {
    model.FLAG: S_FLAG, model.STRING: S_STRING, model.BINARY: S_BINARY, model.NEST: S_NEST,
    model.INDEXED: S_NEST, model.TYPE_VALUE: S_NEST, model.SUB_MESSAGE: S_NEST,
    model.STRUCT: S_STRUCT, model.HEADER: S_STRUCT, model.BITFIELD32: S_BITFIELD,
    model.PAD: S_PAD, model.UNKNOWN: S_UNKNOWN, model.MESSAGE: S_MESSAGE,
}  # fmt: skip


def is_plain(field: model.Field) -> bool:
    """Whether a struct's member or an array's element is no more than a number."""
    return (
        field.kind <= model.LAST_SCALAR
        and field.width == field.size > 0
        and field.enum is None
        and not field.hint
        and not field.secret
        and not field.coded
        and field.labeller is None
        and not field.forms
        and not field.unset_in_requests
        and not field.unnamed_beside
    )


def redacted(field: model.Field) -> model.Field:
    """A secret as no more than so many bytes."""
    out = model.Field(field.name, field.constant, field.number, model.BINARY)
    out.size, out.multi, out.guess = field.size, field.multi, field.guess
    if field.kind == model.BINARY:
        out.checks = field.checks
    out.shown = "redacted"
    return out


def bitfield(enum: model.Enum | None) -> model.Struct:
    """struct nla_bitfield32 (linux/netlink.h), its bits named by an enumeration."""
    out = model.Struct("bitfield32")
    for name in ("value", "selector"):
        member = own_field(name, model.U32)
        if enum is not None:
            member.enum = enum.as_flags()
            member.shown = "flags"
        out.add(member)
    return out


def element_of(field: model.Field, number: int) -> model.Field:
    """The definition of one entry of an array: its name is its index."""
    element = field.element
    if field.length_prefixed:
        made = model.Field(str(number), None, -1, model.NEST)
        made.struct, made.nested = field.struct, field.nested
    elif element is not None:
        kind = element.kind
        made = model.Field(str(number), None, -1 if field.kind == model.ARRAY else number, kind)
        made.enum, made.hint, made.struct = element.enum, element.hint, element.struct
        made.big, made.shown, made.nested = element.big, element.shown, element.nested
        made.unterminated, made.labeller = field.unterminated, element.labeller
        made.guess = element.guess
    elif len(field.type_values) > 1:
        made = model.Field(str(number), None, number, model.TYPE_VALUE)
        made.type_values = field.type_values[1:]
        made.nested = field.nested
    else:
        made = model.Field(str(number), None, number, model.NEST)
        made.nested = field.nested
    made.path = f"{field.path}.{number}"
    return made


def _rules(field: model.Field) -> int:
    """The bits of RULES."""
    return (
        HOOKED * (field.hook is not None)
        | HAS_FORMS * bool(field.forms)
        | UNSET * field.unset_in_requests
        | BESIDE * bool(field.unnamed_beside)
        | HAS_TAIL * (field.tail is not None or field.length_prefixed)
        | FLAT * field.flat
        | READ_BY_CODE * (field.reader is not None)
        | FAULTLESS * field.faultless
        | LEARNT * (field.learnt and field.kind not in (model.NEST, model.INDEXED))
    )


def _marks(field: model.Field) -> int:
    """The bits of MARKS; a fixed header is told by its name, that of its struct."""
    heading = field.number < 0 and field.struct is not None and field.name == field.struct.name
    return (
        GUESS * field.guess
        | UNTERMINATED * field.unterminated
        | HEADING * heading
        | MULTI * (field.multi or field.kind == model.PAD)
        | ATTRIBUTE * (field.number >= 0)
        | LABELLED * (field.labeller is not None)
        | RESERVED * _reserved(field)
        | JUDGED * (field.checks is not None or field.unused)
        | SIZED * (field.kind == model.STRING and field.size > 0)
        | SECRET * (field.shown == "redacted")
    )


def _reserved(field: model.Field) -> bool:
    """Whether it is a member that should be 0, or of which each bit should have a name."""
    if field.number >= 0:
        return False
    flags = field.enum is not None and field.enum.flags
    return field.kind == model.PAD or field.name.startswith(("pad", "reserved")) or flags
