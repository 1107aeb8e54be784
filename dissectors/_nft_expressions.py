"""Expressions of a rule as nft(8) lists them, and elements of sets.

Registers are followed through the expressions of a rule: what loads one says what the next one
compares. linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nldissect.dissectors._nft_attributes import Nest, word
from nldissect.dissectors._nft_packets import (
    BASES,
    CHUNKS,
    CT,
    EXTENSIONS,
    FIB_FLAGS,
    FIB_RESULTS,
    HEADERS,
    IP_OPTIONS,
    META,
    OPTION_FIELDS,
    RT,
    SOCKET,
    TCP_OPTIONS,
    XFRM,
)
from nldissect.dissectors._nft_values import (
    FAMILIES,
    FLAGS,
    HOST_ORDER,
    ICMP_CODES,
    ICMPV6_CODES,
    ICMPX_CODES,
    KINDS,
    PROTOCOLS,
    VERDICT_TYPE,
    bits_text,
    bytes_text,
    hexadecimal,
    key_text,
    number_text,
    text_of,
    time_text,
)
from nldissect.hooks import Message, Reading, format_address, format_mac

OPERATORS: Final = ("", "!= ", "< ", "<= ", "> ", ">= ")
GTE: Final = 5  # NFT_CMP_GTE
LTE: Final = 3  # NFT_CMP_LTE
UNITS: Final = {1: "second", 60: "minute", 3600: "hour", 86400: "day", 604800: "week"}
LEVELS: Final = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit")
OBJECTS: Final = {1: "counter name", 2: "quota name", 3: "ct helper set", 4: "limit name",
           5: "ct count name", 6: "tunnel name", 7: "ct timeout set", 8: "meta secmark set",
           9: "ct expectation set", 10: "synproxy name"}  # fmt: skip
NAT_FLAGS: Final = {4: "random", 16: "fully-random", 8: "persistent"}
VERDICTS: Final = {
    0: "drop", 1: "accept", 2: "stolen", 3: "queue", 4: "repeat", 0xFFFFFFFF: "continue",
    0xFFFFFFFE: "break", 0xFFFFFFFD: "jump", 0xFFFFFFFC: "goto", 0xFFFFFFFB: "return",
}  # fmt: skip
# Comparisons that tell of a protocol, as they are written.
TELLS: Final = {
    "meta nfproto": "family", "meta iiftype": "link", "meta protocol": "network",
    "ether type": "network", "vlan type": "network", "meta l4proto": "transport",
    "ip protocol": "transport", "ip6 nexthdr": "transport",
}  # fmt: skip
for _tunnel in ("vxlan", "geneve", "inner"):
    TELLS[f"{_tunnel} meta protocol"] = "inner network"
    for _text in ("meta l4proto", "ip protocol", "ip6 nexthdr"):
        TELLS[f"{_tunnel} {_text}"] = "inner transport"
NETWORKS: Final = {0x800: "ip", 0x86DD: "ip6", 0x806: "arp"}
# Of which layers a field of these says the protocol: what said it before need not stand there.
LAYERS: Final[dict[str, tuple[str, ...]]] = {
    "vlan": ("vlan", "link"), "ether": ("link",), "ip": ("network",), "ip6": ("network",),
    "arp": ("network",), "icmp": ("transport", "network"), "icmpv6": ("transport", "network"),
    "igmp": ("transport", "network"),
}  # fmt: skip
PROTOCOL_WORDS: Final = ("meta ", "ether type", "vlan type", "ip protocol", "ip6 nexthdr")
LONGEST: Final = 512  # characters of what a register holds
DEEPEST: Final = 8  # expressions in expressions
MOST: Final = 4096  # characters of a line; who has more reads the tree


class Operand:
    """What a register holds: how nft writes it, of which type, from where in the packet."""

    __slots__ = (
        "field",
        "header",
        "loaded",
        "mask",
        "place",
        "raw",
        "size",
        "swapped",
        "text",
        "type",
        "xor",
    )

    def __init__(self, text: str, kind: str, size: int) -> None:
        self.text = text
        self.type = kind
        self.size = size
        self.header = ""  # the protocol of a packet's field
        self.place: tuple[int, int] | None = None  # bits of it, where no field has them all
        self.field: tuple[int, int] | None = None  # bits of the field in which it lies
        self.mask: bytes | None = None
        self.xor: bytes | None = None
        self.raw: bytes | None = None  # a constant
        self.loaded = -1  # where that lies in the message
        self.swapped = False  # from the host's to the network's order

    def copy(self) -> Operand:
        """The same, to be changed."""
        out = Operand(self.text, self.type, self.size)
        out.header, out.place, out.field = self.header, self.place, self.field
        out.mask, out.xor, out.raw, out.swapped = self.mask, self.xor, self.raw, self.swapped
        return out


class Constant:
    """What a constant of a rule is: its type, whether it is in the host's order, a mask.

    `readings` are how it reads with so many bytes.
    """

    __slots__ = ("host", "kind", "masks", "readings")

    def __init__(self, kind: str, host: bool, masks: bool) -> None:
        self.kind = kind
        self.host = host
        self.masks = masks
        self.readings: dict[int, Reading] = {}


# Masks of these are shown as what they are masks of.
WHOLE: Final = frozenset(("ipv4", "ipv6", "address", "ether", "ifname", "mark", "hex", "", *FLAGS))
_constants: Final[dict[tuple[str, bool, bool], Constant]] = {}


class Expressions:
    """Goes through the expressions of a rule and notes what they say.

    `constants` are those in them, by where each begins.
    """

    def __init__(self, message: Message, family: int, table: bytes) -> None:
        self.message = message
        self.family = family
        self.table = table
        self.big: bool = message.big
        self.registers: dict[int, Operand] = {}
        self.fresh: set[int] = set()  # loaded and not yet used
        self.words: list[str] = []
        self.network = {2: "ip", 10: "ip6", 3: "arp"}.get(family, "")
        self.transport = ""
        # Where the line says which protocol it is, which the field that follows says again.
        self.said: dict[str, int] = {}
        self.inside = ("", "")  # network and transport of what a tunnel carries
        self.depth = 0
        self.lower: tuple[Operand, str] | None = None  # `>= 5`, which `<= 9` may follow
        self.constants: dict[int, Constant] = {}

    # -- reading --------------------------------------------------------------------------

    def run(self, inside: Nest) -> None:
        """A list of expressions (NFTA_LIST_ELEM)."""
        for start, end in inside.each():
            self.expression(Nest(inside.data, self.big, start, end))

    def expression(self, told: Nest) -> None:
        """One expression: NFTA_EXPR_NAME, NFTA_EXPR_DATA."""
        name = told.raw(1)
        do = STATEMENTS.get(name) or STATEMENTS.get(name.split(b"\0")[0])
        if do is None or self.depth > DEEPEST:
            self.say(word(name))
        else:
            self.depth += 1
            do(self, told.nest(2))
            self.depth -= 1

    def say(self, text: str) -> None:
        """A statement."""
        self.words.append(text)

    def note(self, start: int, kind: str, network: bool, masks: bool = False) -> None:
        """Of which type the constant is that begins here."""
        key = kind, kind in HOST_ORDER and not network, masks and kind not in WHOLE
        known = _constants.get(key)
        if known is None:
            known = _constants[key] = Constant(*key)
        self.constants[start] = known

    def held(self, data: Nest, which: int, kind: str, network: bool, masks: bool = False) -> bytes:
        """The constant in an attribute (NFTA_DATA_VALUE), which is of this type."""
        inside = data.nest(which)
        start = inside.find(1)
        if start < 0:
            return b""
        self.note(int(start), kind, network, masks)
        return data.data[start : inside.stop]

    # -- registers ------------------------------------------------------------------------

    def load(self, register: int, operand: Operand) -> None:
        """Puts something into a register."""
        slot = slot_of(register)
        if len(operand.text) > LONGEST:  # which others would double again and again
            operand.text = operand.text[:LONGEST] + "…"
        self.registers[slot] = operand
        self.fresh.add(slot)
        self.lower = None

    def use(self, register: int) -> Operand:
        """What is in a register, on its own."""
        slot = slot_of(register)
        self.fresh.discard(slot)
        found = self.registers.get(slot)
        return Operand(f"reg {register}", "", 0) if found is None else found

    def joined(self, register: int) -> str:
        """What is in a register and those behind it, which were loaded for this."""
        slot = slot_of(register)
        words = []
        operand = self.registers.get(slot)
        while operand is not None:
            words.append(self.shown(operand))
            self.fresh.discard(slot)
            slot += max(1, (operand.size + 3) // 4)
            operand = self.registers.get(slot) if slot in self.fresh else None
        return " . ".join(words) or f"reg {register}"

    def constant(self, register: int, kind: str) -> str:
        """What is in a register, a constant of a type or what was loaded."""
        operand = self.use(register)
        if operand.raw is None:
            return self.shown(operand)
        self.note(operand.loaded, kind, False)
        return self.value(kind, operand.raw)

    def shown(self, operand: Operand) -> str:
        """What was loaded, with what was done to it."""
        if operand.raw is not None:
            return hexadecimal(operand.raw)
        if operand.mask is None:
            return operand.text
        return self.masked(operand)

    def masked(self, operand: Operand) -> str:
        """`& mask`, `| value` or `^ value`."""
        mask, xor = operand.mask or b"", operand.xor or b""
        ones = bytes(255 for _ in mask)
        if any(xor):
            if mask == bytes(255 ^ byte for byte in xor):
                return f"{operand.text} | {self.plain(operand, xor)}"
            if mask == ones:
                return f"{operand.text} ^ {self.plain(operand, xor)}"
            both = f"({operand.text} & {self.plain(operand, mask)})"
            return f"{both} ^ {self.plain(operand, xor)}"
        return f"{operand.text} & {self.plain(operand, mask)}"

    def plain(self, operand: Operand, raw: bytes) -> str:
        """A mask or what is or-ed: an address, flags, else hexadecimal."""
        kind = operand.type
        if kind in ("ipv4", "ipv6", "ether", "mark"):
            return self.value(kind, raw)
        value = self.integer(operand, raw)
        if kind in FLAGS and value and not value & ~sum(FLAGS[kind]):
            text = bits_text(value, FLAGS[kind], " | ")
            return f"({text})" if "|" in text else text
        return f"{value:#x}"

    # -- values ---------------------------------------------------------------------------

    def integer(self, operand: Operand, raw: bytes) -> int:
        """A number as it is compared with an operand."""
        host = operand.type in HOST_ORDER and not operand.swapped
        return int.from_bytes(raw, "big" if self.big or not host else "little")

    def value(self, kind: str, raw: bytes, swapped: bool = False) -> str:
        """A constant by its type."""
        if kind == "ipv4" or kind == "ipv6" or kind == "address":
            return format_address(raw) if len(raw) in (4, 16) else hexadecimal(raw)
        if kind == "ether":
            return format_mac(raw)
        if kind == "ifname":
            return text_of(raw)
        if kind in ("", "bytes") or len(raw) > 8:
            return hexadecimal(raw)
        host = kind in HOST_ORDER and not swapped and not self.big
        value = int.from_bytes(raw, "little" if host else "big")
        if kind == "ifindex":
            name = self.message.context.interface(value, self.message)
            return str(value) if name is None else f'"{name}"'
        return number_text(kind, value, len(raw))

    # -- comparisons ----------------------------------------------------------------------

    def cmp(self, data: Nest) -> None:
        """NFTA_CMP_SREG, _OP, _DATA."""
        operand, code = self.use(data.number(1)), data.number(2)
        raw = self.held(data, 3, operand.type, operand.swapped)
        operator = OPERATORS[code] if code < len(OPERATORS) else f"op {code} "
        if self.lower is not None and code == LTE and self.lower[0] is operand:
            self.words[-1] = f"{self.lower[1]}-{self.compared(operand, raw)[1]}"
            self.lower = None
            return
        if code == 0 and self.several(operand, raw):
            return
        if operand.mask is not None and self.bits(operand, operator, raw):
            return
        text, value = self.compared(operand, raw)
        if code == 0 and " & " in text:
            operator = "== "
        self.say(f"{text} {operator}{value}")
        self.lower = (operand, f"{text} {value}") if code == GTE else None
        if code == 0:
            self.learn(operand.text, raw)

    def compared(self, operand: Operand, raw: bytes) -> tuple[str, str]:
        """What is compared, and with what."""
        if operand.field is not None and operand.type in ("ipv4", "ipv6") and operand.mask is None:
            size = 4 if operand.type == "ipv4" else 16
            if len(raw) < size:
                address = raw + bytes(size - len(raw))
                return operand.text, f"{self.value(operand.type, address)}/{len(raw) * 8}"
        if operand.mask is not None:
            if not any(operand.xor or b"") and operand.type in ("ipv4", "ipv6"):
                ones = bin(int.from_bytes(operand.mask, "big"))[2:]
                length = ones.count("1")
                if len(ones) == len(raw) * 8 and "01" not in ones and length < len(ones):
                    return operand.text, f"{self.value(operand.type, raw)}/{length}"
            kind = operand.type if operand.type in ("ipv4", "ipv6", "mark", "ether") else ""
            text = self.masked(operand)
            return text, self.value(kind, raw) if kind else self.plain(operand, raw)
        if operand.type == "ifname" and raw and len(raw) < operand.size and 0 not in raw:
            return operand.text, text_of(raw)[:-1] + '*"'
        return operand.text, self.value(operand.type, raw, operand.swapped)

    def bits(self, operand: Operand, operator: str, raw: bytes) -> bool:
        """A field of some bits, or flags of which any is set; False if it is neither."""
        mask = operand.mask or b""
        if any(operand.xor or b"") or len(mask) != len(raw) or len(mask) > 16:
            return False
        value = self.integer(operand, raw)
        unequal = operator == "!= "
        if operand.type in FLAGS and any(mask) and (unequal or not operator):
            if value:
                among = self.value(operand.type, mask, operand.swapped)
                named = self.value(operand.type, raw, operand.swapped)
                self.say(f"{operand.text} {operator}{named} / {among}")
                return True
            names = bits_text(self.integer(operand, mask), FLAGS[operand.type])
            self.say(f"{operand.text} {'' if unequal else '! '}{names}")
            return True
        if operand.type == "bytes" and value == 0 and unequal:
            whole = int.from_bytes(mask, "little")
            bits = [str(bit) for bit in range(len(mask) * 8) if whole >> bit & 1]
            self.say(f"{operand.text} {','.join(bits)}")
            return True
        found = self.bit_field(operand, mask)
        if found is None:
            return False
        name, kind, shift = found
        self.uses(operand)
        if name.startswith("vlan "):
            self.forget("vlan")
            self.forget("link")
        value = int.from_bytes(raw, "big") >> shift
        self.say(f"{name} {operator}{number_text(kind, value, len(raw))}")
        return True

    def bit_field(self, operand: Operand, mask: bytes) -> tuple[str, str, int] | None:
        """The field of which a mask leaves the bits: as nft writes it, type, bits behind it."""
        if operand.place is None or not operand.header:
            return None
        bits = int.from_bytes(mask, "big")
        if bits == 0:
            return None
        shift = (bits & -bits).bit_length() - 1
        width = bits.bit_length() - shift
        if bits >> shift != (1 << width) - 1:
            return None
        start = operand.place[0] + len(mask) * 8 - shift - width
        for header in (operand.header, "vlan" if operand.header == "ether" else ""):
            found = HEADERS.get(header, {}).get((start, width))
            if found is not None:
                return f"{header} {found[0]}", found[1], shift
        return None

    def several(self, operand: Operand, raw: bytes) -> bool:
        """Fields that lie side by side and are compared at once."""
        if operand.place is None or operand.mask is not None or not operand.header:
            return False
        layout = HEADERS.get(operand.header, {})
        at, end = operand.place[0], operand.place[0] + len(raw) * 8
        found: list[tuple[str, str, bytes]] = []
        while at < end:
            width = next((w for w in (16, 8, 32, 48, 128) if (at, w) in layout), 0)
            if not width or at + width > end:
                return False
            first = (at - operand.place[0]) // 8
            name, kind = layout[at, width]
            found.append((name, kind, raw[first : first + width // 8]))
            at += width
        if len(found) < 2:
            return False
        self.uses(operand)
        for name, kind, part in found:
            text = f"{operand.header} {name}"
            self.say(f"{text} {self.value(kind, part)}")
            self.learn(text, part)
        self.said.pop("transport", None)  # nft keeps it where it was compared with others
        return True

    def learn(self, text: str, raw: bytes) -> None:
        """Which protocol it is from here on, after a comparison of what is written like this."""
        what = TELLS.get(text)
        if what is None or (what == "link" and self.value("iftype", raw) != "ether"):
            return
        value = int.from_bytes(raw, "big")
        network = NETWORKS.get(value, "")
        transport = "icmpv6" if value == 58 else PROTOCOLS.get(value, "")
        last = len(self.words) - 1
        if what == "transport":
            self.transport = transport
        elif what == "network":
            self.network = network
            if value == 0x8100:
                self.said["vlan"] = last
        elif what == "family":
            self.network = {2: "ip", 10: "ip6"}.get(value, "")
            what = "network"
        elif what == "inner network":
            self.inside = (network, self.inside[1])
            what = "inside"
        elif what == "inner transport":
            self.inside = (self.inside[0], transport)
            what = "inside"
        self.said[what] = last

    def uses(self, operand: Operand) -> None:
        """A field says its protocol, so that what said it before need not stand there."""
        header = operand.header
        layers = LAYERS.get(header, ("transport",) if header == self.transport else ())
        for layer in layers:
            at = self.said.pop(layer, -1)
            if 0 <= at < len(self.words) and self.words[at].startswith(PROTOCOL_WORDS):
                self.words[at] = ""

    def range(self, data: Nest) -> None:
        """NFTA_RANGE_SREG, _OP, _FROM_DATA, _TO_DATA."""
        operand = self.use(data.number(1))
        kind, network = operand.type, operand.swapped
        text, first = self.compared(operand, self.held(data, 3, kind, network))
        last = self.compared(operand, self.held(data, 4, kind, network))[1]
        self.say(f"{text} {OPERATORS[data.number(2) & 1]}{first}-{last}")

    def lookup(self, data: Nest) -> None:
        """NFTA_LOOKUP_SET, _SREG, _DREG, _SET_ID, _FLAGS."""
        key, members = self.joined(data.number(2)), self.named_set(data, 1, 4)[1]
        if not data.has(3):
            self.say(f"{key} {'!= ' if data.number(5) & 1 else ''}{members}")
        elif data.number(3) == 0:
            self.say(f"{key} vmap {members}")
        else:
            self.load(data.number(3), Operand(f"{key} map {members}", "", 0))

    def named_set(self, data: Nest, name_at: int, number_at: int) -> tuple[int, str]:
        """A set that an expression names: type of its objects, `@name` or what is in it."""
        name = data.raw(name_at)
        known = set_of(self.message, self.family, self.table, name, data.number(number_at))
        if known is None:
            return 0, f"@{word(name)}"
        if not known.flags & ANONYMOUS or not known.elements or self.depth > DEEPEST:
            return known.object, f"@{word(name)}"
        inner = Expressions(self.message, self.family, self.table)
        inner.depth = self.depth + 1
        found = [Nest(raw, self.big, 0, len(raw)) for raw in known.elements]
        return known.object, "{ " + ", ".join(inner.elements(found, known)) + " }"

    def bitwise(self, data: Nest) -> None:
        """NFTA_BITWISE_SREG, _DREG, _LEN, _MASK, _XOR, _OP, _DATA, _SREG2."""
        operand, code = self.use(data.number(1)).copy(), data.number(6)
        kind, network = operand.type, operand.swapped
        if code == 0:
            if operand.mask is not None:
                operand.text, operand.place = f"({self.masked(operand)})", None
            operand.mask = self.held(data, 4, kind, network, True)
            operand.xor = self.held(data, 5, kind, network, True)
        else:
            sign = {1: "<<", 2: ">>", 3: "&", 4: "|", 5: "^"}.get(code, f"op {code}")
            if data.has(8):
                right = self.shown(self.use(data.number(8)))
            elif code < 3:
                raw = self.held(data, 7, "host", False)
                right = str(int.from_bytes(raw, "big" if self.big else "little"))
            else:
                right = self.plain(operand, self.held(data, 7, kind, network))
            left = operand.text if operand.mask is None else f"({self.masked(operand)})"
            operand.text = f"{left} {sign} {right}"
            operand.mask = operand.place = None
        self.load(data.number(2), operand)

    def byteorder(self, data: Nest) -> None:
        """NFTA_BYTEORDER_SREG, _DREG, _OP."""
        operand = self.use(data.number(1)).copy()
        operand.swapped = data.number(3) == 1
        self.load(data.number(2), operand)

    # -- what is loaded or set ------------------------------------------------------------

    def immediate(self, data: Nest) -> None:
        """NFTA_IMMEDIATE_DREG, _DATA."""
        inside = data.nest(2)
        if inside.has(2):
            self.say(verdict(inside.nest(2)))
            return
        raw = inside.raw(1)
        operand = Operand("", "", len(raw))
        operand.raw, operand.loaded = raw, int(inside.find(1))
        self.load(data.number(1), operand)

    def keyed(self, key: tuple[str, str, int], data: Nest, load: int, store: int) -> None:
        """What has a key is loaded into a register, or set from one: these attributes."""
        text, kind, size = key
        if data.has(load):
            self.load(data.number(load), Operand(text, kind, size))
        else:
            self.say(f"{text} set {self.constant(data.number(store), kind)}")

    def meta(self, data: Nest) -> None:
        """NFTA_META_DREG, _KEY, _SREG."""
        key = data.number(2)
        self.keyed(META.get(key, (f"meta {key}", "", 4)), data, 1, 3)
        if data.has(3) and key == 25:
            self.words[-1] = "meta ipsec"

    def ct(self, data: Nest) -> None:
        """NFTA_CT_DREG, _KEY, _DIRECTION, _SREG."""
        key = data.number(2)
        name, kind, size = CT.get(key, (str(key), "", 4))
        if data.has(3):
            name = f"{'reply' if data.number(3) else 'original'} {name}"
        self.keyed((f"ct {name}", kind, size), data, 1, 4)

    def rt(self, data: Nest) -> None:
        """NFTA_RT_DREG, _KEY."""
        key = data.number(2)
        name, kind, size = RT.get(key, (f"rt {key}", "", 4))
        self.keyed((name, kind, size), data, 1, 0)

    def socket(self, data: Nest) -> None:
        """NFTA_SOCKET_KEY, _DREG, _LEVEL."""
        key = data.number(1)
        name, kind, size = SOCKET.get(key, (f"socket {key}", "", 4))
        if key == 3:
            name += f" level {data.number(3)}"
        self.keyed((name, kind, size), data, 2, 0)

    def xfrm(self, data: Nest) -> None:
        """NFTA_XFRM_DREG, _KEY, _DIR, _SPNUM."""
        key = data.number(2)
        name, kind, size = XFRM.get(key, (str(key), "", 4))
        spnum = f"spnum {data.number(4)} " if data.number(4) else ""
        way = "out" if data.number(3) else "in"
        self.keyed((f"ipsec {way} {spnum}{name}", kind, size), data, 1, 0)

    def fib(self, data: Nest) -> None:
        """NFTA_FIB_DREG, _RESULT, _FLAGS."""
        flags = data.number(3)
        name, kind, size = FIB_RESULTS.get(data.number(2), ("?", "", 4))
        if flags & 32:
            name, kind, size = "check", "boolean", 1
        by = " . ".join(text for bit, text in FIB_FLAGS.items() if flags & bit)
        self.keyed((f"fib {by} {name}", kind, size), data, 1, 0)

    def osf(self, data: Nest) -> None:
        """NFTA_OSF_DREG, _TTL, _FLAGS."""
        ttl = {1: "ttl loose ", 2: "ttl skip "}.get(data.number(2), "")
        what = "version" if data.number(3) & 1 else "name"
        self.keyed((f"osf {ttl}{what}", "ifname", 16), data, 1, 0)

    def tunnel(self, data: Nest) -> None:
        """NFTA_TUNNEL_KEY, _DREG, _MODE."""
        key = ("tunnel id", "host", 4) if data.number(1) else ("tunnel path", "boolean", 1)
        self.keyed(key, data, 2, 0)

    def numgen(self, data: Nest) -> None:
        """NFTA_NG_DREG, _MODULUS, _TYPE, _OFFSET."""
        kind = "random" if data.number(3) else "inc"
        text = f"numgen {kind} mod {data.number(2)}"
        if data.number(4):
            text += f" offset {data.number(4)}"
        self.load(data.number(1), Operand(text, "host", 4))

    def hash(self, data: Nest) -> None:
        """NFTA_HASH_SREG, _DREG, _LEN, _MODULUS, _SEED, _OFFSET, _TYPE."""
        text = "symhash" if data.number(7) else f"jhash {self.joined(data.number(1))}"
        text += f" mod {data.number(4)}"
        if data.has(5):
            text += f" seed {data.number(5):#x}"
        if data.number(6):
            text += f" offset {data.number(6)}"
        self.load(data.number(2), Operand(text, "host", 4))

    def payload(self, data: Nest) -> None:
        """NFTA_PAYLOAD_DREG, _BASE, _OFFSET, _LEN, _SREG."""
        base, first, size = data.number(2), data.number(3) * 8, data.number(4)
        operand = self.packet_field(base, first, size)
        if not data.has(5):
            self.load(data.number(1), operand)
            return
        value = self.use(data.number(5))
        if value.mask is not None and value.xor is not None:
            rest = bytes(255 ^ byte for byte in value.mask)
            found = self.bit_field(operand, rest)
            if found is not None:
                number_set = int.from_bytes(value.xor, "big") >> found[2]
                self.uses(operand)
                self.say(f"{found[0]} set {number_text(found[1], number_set, size)}")
                return
        text = self.shown(value) if value.raw is None else self.value(operand.type, value.raw)
        if value.raw is not None:
            self.note(value.loaded, operand.type, False)
        self.say(f"{operand.text} set {text}")

    def packet_field(self, base: int, first: int, size: int) -> Operand:
        """The field of the packet at these bits."""
        header = {0: "ether", 1: self.network, 2: self.transport or "th"}.get(base, "")
        layout = HEADERS.get(header, {})
        if header == "ether" and (first, size * 8) not in layout:
            tagged = HEADERS["vlan"].get((first, size * 8))
            if tagged is not None:
                operand = Operand(f"vlan {tagged[0]}", tagged[1], size)
                operand.header = "vlan"
                self.uses(operand)
                return operand
        found = layout.get((first, size * 8))
        if found is not None:
            operand = Operand(f"{header} {found[0]}", found[1], size)
            operand.header, operand.place = header, (first, size * 8)
            self.uses(operand)
            return operand
        for (start, width), (name, kind) in layout.items():
            if start == first and width > size * 8 and kind in ("ipv4", "ipv6"):
                operand = Operand(f"{header} {name}", kind, size)
                operand.header, operand.field = header, (start, width)
                self.uses(operand)
                return operand
        where = BASES[base] if base < len(BASES) else str(base)
        operand = Operand(f"@{where},{first},{size * 8}", "hex", size)
        operand.place, operand.header = (first, size * 8), header
        return operand

    def exthdr(self, data: Nest) -> None:
        """NFTA_EXTHDR_DREG, _TYPE, _OFFSET, _LEN, _FLAGS, _OP, _SREG."""
        kind, first, size = data.number(2), data.number(3) * 8, data.number(4)
        op = data.number(6)
        names = (EXTENSIONS, TCP_OPTIONS, IP_OPTIONS, CHUNKS, {})[op] if op < 5 else {}
        name = names.get(kind, str(kind))
        head = (
            ("", "tcp option ", "ip option ", "sctp chunk ", "dccp option ")[op] if op < 5 else ""
        )
        if op == 0 or op == 2:
            self.forget("network")
        if data.number(5) & 1:
            self.load(data.number(1), Operand(f"{head or 'exthdr '}{name}", "boolean", 1))
            return
        layout = HEADERS.get(head.strip() or name, {}) | OPTION_FIELDS.get(name, {})
        found = layout.get((first, size * 8))
        operand = Operand(f"{head}{name} @{first},{size * 8}", "hex", size)
        if found is not None:
            operand = Operand(f"{head}{name} {found[0]}", found[1], size)
        elif not head and name in HEADERS:
            operand.header, operand.place = name, (first, size * 8)
        if data.has(1):
            self.load(data.number(1), operand)
        elif data.has(7):
            self.say(f"{operand.text} set {self.constant(data.number(7), operand.type)}")
        else:
            self.say(f"reset {head}{name}")

    def inner(self, data: Nest) -> None:
        """NFTA_INNER_NUM, _TYPE, _FLAGS, _HDRSIZE, _EXPR."""
        name = {1: "vxlan", 2: "geneve"}.get(data.number(2), "inner")
        before = len(self.words)
        outside = self.network, self.transport
        self.network, self.transport = self.inside
        said, self.said = self.said, {}
        self.expression(data.nest(5))
        self.said = said
        self.network, self.transport = outside
        at = self.said.pop("inside", -1)
        fields = [self.registers[slot].header for slot in self.fresh if slot in self.registers]
        if 0 <= at < len(self.words) and any(header in self.inside for header in fields if header):
            self.words[at] = ""
        for at in range(before, len(self.words)):
            self.words[at] = f"{name} {self.words[at]}"
        for slot in self.fresh:
            operand = self.registers[slot]
            if not operand.text.startswith(name):
                operand.text = f"{name} {operand.text}"

    # -- statements -----------------------------------------------------------------------

    def counter(self, data: Nest) -> None:
        """NFTA_COUNTER_BYTES, _PACKETS."""
        said = f" packets {data.number(2)} bytes {data.number(1)}" if data.each() else ""
        self.say(f"counter{said}")

    def limit(self, data: Nest) -> None:
        """NFTA_LIMIT_RATE, _UNIT, _BURST, _TYPE, _FLAGS."""
        self.say(f"limit {limit_text(data)}")

    def connlimit(self, data: Nest) -> None:
        """NFTA_CONNLIMIT_COUNT, _FLAGS."""
        self.say(f"ct count {'over ' if data.number(2) & 1 else ''}{data.number(1)}")

    def quota(self, data: Nest) -> None:
        """NFTA_QUOTA_BYTES, _FLAGS, _CONSUMED."""
        self.say(f"quota {quota_text(data)}")

    def last(self, data: Nest) -> None:
        """NFTA_LAST_SET, _MSECS."""
        self.say(f"last used {time_text(data.number(2)) if data.number(1) else 'never'}")

    def log(self, data: Nest) -> None:
        """NFTA_LOG_GROUP, _PREFIX, _SNAPLEN, _QTHRESHOLD, _LEVEL, _FLAGS."""
        words = ["log"]
        if data.has(2):
            words.append(f"prefix {text_of(data.raw(2))}")
        for key, name in ((1, "group"), (3, "snaplen"), (4, "queue-threshold")):
            if data.has(key) and (key == 1 or data.number(key)):
                words.append(f"{name} {data.number(key)}")
        level = data.number(5)
        if data.has(5) and level != 4:
            words.append(f"level {LEVELS[level] if level < len(LEVELS) else level}")
        flags = data.number(6)
        if flags & 0x2F == 0x2F:  # NF_LOG_MASK
            words.append("flags all")
            flags = 0
        else:
            tcp = [name for bit, name in ((1, "sequence"), (2, "options")) if flags & bit]
            if tcp:
                words.append("flags tcp " + ",".join(tcp))
            words += ["flags ip options"] * (flags >> 2 & 1) + ["flags skuid"] * (flags >> 3 & 1)
        words += ["flags ether"] * (flags >> 5 & 1)
        self.say(" ".join(words))

    def queue(self, data: Nest) -> None:
        """NFTA_QUEUE_NUM, _TOTAL, _FLAGS, _SREG_QNUM."""
        flags = data.number(3)
        named = [name for bit, name in ((1, "bypass"), (2, "fanout")) if flags & bit]
        text = "queue" + (" flags " + ",".join(named) if named else "")
        if data.has(4):
            text += f" to {self.shown(self.use(data.number(4)))}"
        else:
            first, total = data.number(1), data.number(2)
            text += f" to {first}" + (f"-{first + total - 1}" if total > 1 else "")
        self.say(text)

    def reject(self, data: Nest) -> None:
        """NFTA_REJECT_TYPE, _ICMP_CODE."""
        kind, code = data.number(1), data.number(2)
        text = "reject"
        if kind == 1:
            text += " with tcp reset"
        elif kind == 2:
            if code != 1:
                named = ICMPX_CODES[code] if code < len(ICMPX_CODES) else code
                text += f" with icmpx {named}"
        elif self.network == "ip6":
            text += "" if code == 4 else f" with icmpv6 {ICMPV6_CODES.get(code, code)}"
        elif self.network == "ip":
            text += "" if code == 3 else f" with icmp {ICMP_CODES.get(code, code)}"
        else:
            text += f" with icmp code {code}"
        if kind == 0:
            self.forget("network")
        self.say(text)

    def forget(self, layer: str) -> None:
        """Takes back what the statement says itself."""
        at = self.said.pop(layer, -1)
        if 0 <= at < len(self.words) and self.words[at].startswith(("meta ", "ether type")):
            self.words[at] = ""

    def target(self, data: Nest, address: tuple[int, int], port: tuple[int, int]) -> str:
        """` to 192.0.2.1-192.0.2.9:1000-2000` from the registers of these attributes."""
        kind = "address"
        low = high = ""
        from_map = False
        if data.has(address[0]):
            operand = self.use(data.number(address[0]))
            from_map = operand.raw is None
            low = self.constant(data.number(address[0]), kind)
            high = self.constant(data.number(address[1]), kind) if data.has(address[1]) else ""
        text = low
        if high and high != low and not from_map:
            text += f"-{high}"
        if data.has(port[0]) and (not from_map or slot_of(data.number(port[0])) in self.fresh):
            if ":" in low and not from_map:
                text = "-".join(f"[{part}]" for part in text.split("-"))
            first = self.constant(data.number(port[0]), "be")
            last = self.constant(data.number(port[1]), "be") if data.has(port[1]) else first
            text += f":{first}" + (f"-{last}" if last != first else "")
        return f" to {text}" if text else ""

    def nat_flags(self, bits: int) -> str:
        """random, fully-random, persistent."""
        named = [name for bit, name in NAT_FLAGS.items() if bits & bit]
        return " " + ",".join(named) if named else ""

    def nat(self, data: Nest) -> None:
        """NFTA_NAT_TYPE, _FAMILY, _REG_ADDR_MIN, _MAX, _REG_PROTO_MIN, _MAX, _FLAGS."""
        text = "dnat" if data.number(1) else "snat"
        # nft says the family too where one map gives address and port.
        mapped = data.has(5) and slot_of(data.number(5)) not in self.fresh
        if data.has(3) and (self.family == 1 or mapped):
            text += " " + FAMILIES.get(data.number(2), "")
        if data.number(7) & 64:
            text += " prefix"
        self.say(text + self.target(data, (3, 4), (5, 6)) + self.nat_flags(data.number(7)))

    def masq(self, data: Nest) -> None:
        """NFTA_MASQ_FLAGS, _REG_PROTO_MIN, _MAX."""
        self.say("masquerade" + self.target(data, (0, 0), (2, 3)) + self.nat_flags(data.number(1)))

    def redir(self, data: Nest) -> None:
        """NFTA_REDIR_REG_PROTO_MIN, _MAX, _FLAGS."""
        self.say("redirect" + self.target(data, (0, 0), (1, 2)) + self.nat_flags(data.number(3)))

    def tproxy(self, data: Nest) -> None:
        """NFTA_TPROXY_FAMILY, _REG_ADDR, _REG_PORT."""
        family = data.number(1)
        text = "tproxy"
        if self.family == 1 and family in (2, 10):
            text += " " + FAMILIES[family]
        self.say(text + self.target(data, (2, 2), (3, 3)))

    def dup(self, data: Nest) -> None:
        """NFTA_DUP_SREG_ADDR, _SREG_DEV."""
        text = "dup"
        if data.has(1):
            text += f" to {self.constant(data.number(1), 'address')}"
        if data.has(2):
            device = self.constant(data.number(2), "ifindex")
            text += f" {'device' if data.has(1) else 'to'} {device}"
        self.say(text)

    def fwd(self, data: Nest) -> None:
        """NFTA_FWD_SREG_DEV, _SREG_ADDR, _NFPROTO."""
        device = self.constant(data.number(1), "ifindex")
        if data.has(2):
            family = FAMILIES.get(data.number(3), "")
            address = self.constant(data.number(2), "address")
            self.say(f"fwd {family} to {address} device {device}")
        else:
            self.say(f"fwd to {device}")

    def objref(self, data: Nest) -> None:
        """NFTA_OBJREF_IMM_TYPE, _IMM_NAME, _SET_SREG, _SET_NAME."""
        if data.has(4):
            kind, members = self.named_set(data, 4, 5)
            named = OBJECTS.get(kind, "object name")
            self.say(f"{named} {self.joined(data.number(3))} map {members}")
            return
        kind = data.number(1)
        self.say(f"{OBJECTS.get(kind, f'object {kind}')} {text_of(data.raw(2))}")

    def synproxy(self, data: Nest) -> None:
        """NFTA_SYNPROXY_MSS, _WSCALE, _FLAGS."""
        self.say(f"synproxy {synproxy_text(data)}".rstrip())

    def flow(self, data: Nest) -> None:
        """NFTA_FLOW_TABLE_NAME."""
        self.say(f"flow add @{data.word(1)}")

    def notrack(self, data: Nest) -> None:
        """Has no attributes."""
        self.say("notrack")

    def extension(self, data: Nest) -> None:
        """NFTA_MATCH_NAME or NFTA_TARGET_NAME: iptables' own."""
        if data.word(1) == "comment":
            self.say(f"comment {text_of(data.raw(3))}")
        else:
            self.say(f"xt {text_of(data.raw(1))}")

    # -- elements -------------------------------------------------------------------------

    def elements(self, found: list[Nest], known: Any) -> list[str]:
        """Elements of a set (NFTA_LIST_ELEM), as nft lists them: in order, intervals as such."""
        if known is not None and known.flags & ANONYMOUS:
            host = host_order(known, known.key_type) and not self.big
            host = (host or known.key_type in (5, 41)) and not self.big  # texts by their end
            order = "little" if host else "big"
            found.sort(key=lambda of: int.from_bytes(value_of(of, 1), order))  # type: ignore[arg-type]
        out: list[str] = []
        size = 0
        for of, end in self.intervals(found, known):
            out.append(self.element(of, end, known))
            size += len(out[-1])
            if size > LONGEST * 4:
                out.append("…")
                break
        return out

    def intervals(self, found: list[Nest], known: Any) -> list[tuple[Nest, bytes | None]]:
        """Each element with the end of its interval, which is an element of its own."""
        if known is None or not known.flags & INTERVAL or any(of.has(10) for of in found):
            return [(of, None) for of in found]
        found.sort(key=lambda of: (value_of(of, 1), not of.number(3) & 1))
        out: list[tuple[Nest, bytes | None]] = []
        opened = False
        for of in found:
            if of.number(3) & 1:
                if opened:
                    out[-1] = (out[-1][0], value_of(of, 1))
                elif any(value_of(of, 1)) or len(found) == 1:
                    out.append((of, None))
                opened = False
            else:
                opened = not of.number(3) & 2
                out.append((of, None))
        if opened and self.message.to_kernel and len(found) > 1:  # up to the largest there is
            of = out[-1][0]
            out[-1] = (of, b"\1" + bytes(len(value_of(of, 1))))
        return out

    def typed(self, raw: bytes, known: Any, of_data: bool) -> str:
        """A key or what it is mapped to, by the set's types."""
        pieces = None if known is None else typed_pieces(raw, known, of_data)
        if pieces is None:
            half = len(raw) // 2
            if known is not None and of_data and typed_pieces(raw[:half], known, True):
                return self.field_ranges(raw[:half], raw[half:], known, True)
            return key_text(raw)
        words = []
        for number_of_type, start, end in pieces:
            kind = KINDS[number_of_type][0]
            network = not host_order(known, number_of_type, of_data)
            if kind == "be" and not network:
                kind = "host"
            words.append(self.value(kind, raw[start:end], network))
        return " . ".join(words)

    def key(self, of: Nest, end: bytes | None, known: Any) -> str:
        """A key, an interval of them, a prefix."""
        raw = value_of(of, 1)
        if end is not None:
            last = int.from_bytes(end, "big") - 1
            first = int.from_bytes(raw, "big")
            text = self.typed(raw, known, False)
            if last <= first or last >> len(raw) * 8:
                return text
            mask = first ^ last
            if known.key_type in (7, 8) and not mask & (mask + 1) and not first & mask:
                return f"{text}/{len(raw) * 8 - mask.bit_length()}"
            if known.key_type == 41:
                begins = raw.rstrip(b"\0")
                if last + 1 == first + (1 << (len(raw) - len(begins)) * 8):
                    return text_of(begins)[:-1] + '*"'
            return f"{text}-{self.typed(last.to_bytes(len(raw), 'big'), known, False)}"
        if not of.has(10):
            return self.typed(raw, known, False)
        return self.field_ranges(raw, value_of(of, 10), known)

    def field_ranges(self, raw: bytes, end: bytes, known: Any, of_data: bool = False) -> str:
        """A concatenation of ranges, each as an address with its prefix where it is one."""
        pieces = None if known is None else typed_pieces(raw, known, of_data)
        if pieces is None or len(end) != len(raw):
            return f"{key_text(raw)}-{key_text(end)}"
        words = []
        for number_of_type, start, stop in pieces:
            kind, network = KINDS[number_of_type][0], not host_order(known, number_of_type, of_data)
            text = self.value(kind, raw[start:stop], network)
            if raw[start:stop] != end[start:stop]:
                first = int.from_bytes(raw[start:stop], "big")
                mask = first ^ int.from_bytes(end[start:stop], "big")
                if kind in ("ipv4", "ipv6") and not mask & (mask + 1) and not first & mask:
                    text += f"/{(stop - start) * 8 - mask.bit_length()}"
                else:
                    text += f"-{self.value(kind, end[start:stop], network)}"
            words.append(text)
        return " . ".join(words)

    def element(self, data: Nest, end: bytes | None, known: Any) -> str:
        """NFTA_SET_ELEM_KEY, _DATA, _FLAGS, _TIMEOUT, _EXPIRATION, _USERDATA, _EXPR, ..."""
        flags = data.number(3)
        text = "*" if flags & 2 else self.key(data, end, known)
        words = [text]
        if known is not None and known.flags & INTERVAL and not data.has(10) and end is None:
            words.insert(0, "below" if flags & 1 else "" if flags & 2 else "from")
        elif flags & 1:
            words.insert(0, "end of interval")
        self.words = []
        if data.has(11):
            self.run(data.nest(11))
        elif data.has(7):
            self.expression(data.nest(7))
        words += self.words
        if data.number(4):
            words.append(f"timeout {time_text(data.number(4))}")
        if data.number(5):
            words.append(f"expires {time_text(data.number(5))}")
        told = data.raw(6)
        if len(told) > 2 and told[0] == 0 and told[1] + 2 <= len(told):
            words.append("comment " + text_of(told[2 : 2 + told[1]]))
        inside = data.nest(2)
        if inside.has(2):
            words.append(f": {verdict(inside.nest(2))}")
        elif inside.has(1):
            words.append(f": {self.typed(inside.raw(1), known, True)}")
        elif data.has(9):
            words.append(f": {text_of(data.raw(9))}")
        return " ".join([text for text in words if text])

    def dynset(self, data: Nest) -> None:
        """NFTA_DYNSET_SET_NAME, _OP, _SREG_KEY, _SREG_DATA, _TIMEOUT, _EXPR, _EXPRESSIONS."""
        code = data.number(3)
        verb = ("add", "update", "delete")[code] if code < 3 else f"op {code}"
        inside = [self.joined(data.number(4))]
        if data.number(6):
            inside.append(f"timeout {time_text(data.number(6))}")
        self.words, outside = [], self.words
        if data.has(10):
            self.run(data.nest(10))
        elif data.has(7):
            self.expression(data.nest(7))
        inside += [text.split(" packets ")[0] for text in self.words]
        self.words = outside
        if data.has(5):
            inside.append(f": {self.joined(data.number(5))}")
        self.say(f"{verb} @{data.word(1)} {{ {' '.join(inside)} }}")


ANONYMOUS: Final = 1  # NFT_SET_*
INTERVAL: Final = 4


def slot_of(register: int) -> int:
    """The first of the registers of 4 bytes that it is; -1 for none."""
    if 1 <= register <= 4:
        return (register - 1) * 4
    return register - 8 if register >= 8 else -1


def value_of(of: Nest, which: int) -> bytes:
    """NFTA_DATA_VALUE in a nest."""
    return of.nest(which).raw(1)


def verdict(found: Nest) -> str:
    """NFTA_VERDICT_CODE, _CHAIN, _CHAIN_ID."""
    code = found.number(1)
    text = VERDICTS.get(code)
    if text is None:
        text = f"{code & 0xFFFF:#x}"
    if found.has(2):
        return f"{text} {found.word(2)}"
    return f"{text} chain-id {found.number(3)}" if found.has(3) else text


def set_of(message: Message, family: int, table: bytes, name: bytes, number_of_it: int) -> Any:
    """What the capture has told of a set, None for nothing."""
    return message.context.filter_set(family, table, name, number_of_it, message)


def host_order(known: Any, number_of_type: int, of_data: bool = False) -> bool:
    """Whether a number of this type is in the host's order: in intervals none is."""
    if number_of_type == 4:
        return bool(known.host_data if of_data else known.host_key)
    if KINDS.get(number_of_type, ("", 0))[0] not in HOST_ORDER:
        return False
    return of_data or not known.flags & INTERVAL


def typed_pieces(raw: bytes, known: Any, of_data: bool) -> list[tuple[int, int, int]] | None:
    """Type, start and end of each part of a key or of data; None where the types do not tell."""
    kinds = known.data_type if of_data else known.key_type
    if not kinds or kinds == VERDICT_TYPE:
        return None
    if kinds <= 63:
        size = KINDS.get(kinds, ("", -1))[1]
        return [(kinds, 0, len(raw))] if size in (0, len(raw)) or kinds == 18 else None
    numbers: list[int] = []
    while kinds:
        numbers.insert(0, kinds & 63)
        kinds >>= 6
    sizes = known.fields if not of_data and len(known.fields) == len(numbers) else None
    out, at = [], 0
    for place_of, each in enumerate(numbers):
        size = KINDS.get(each, ("", 0))[1] if sizes is None else sizes[place_of]
        if each not in KINDS or size < 1 or at + size > len(raw):
            return None
        out.append((each, at, at + size))
        at += (size + 3) & ~3
    return out if at == len(raw) else None


def limit_text(data: Nest) -> str:
    """`rate over 5/second burst 10 packets`."""
    rate, burst, unit = data.number(1), data.number(3), data.number(2)
    each = UNITS.get(unit, f"{unit} seconds")
    over = "over " if data.number(5) & 1 else ""
    if data.number(4):
        ends = f" burst {bytes_text(burst)}" if burst else ""
        return f"rate {over}{bytes_text(rate)}/{each}{ends}"
    ends = f" burst {burst} packets" if burst else ""
    return f"rate {over}{rate}/{each}{ends}"


def quota_text(data: Nest) -> str:
    """`over 25 mbytes used 3 kbytes`."""
    used = f" used {bytes_text(data.number(4))}" if data.number(4) else ""
    return f"{'over ' if data.number(2) & 1 else ''}{bytes_text(data.number(1))}{used}"


def synproxy_text(data: Nest) -> str:
    """`mss 1460 wscale 7 timestamp sack-perm`."""
    flags = data.number(3)
    words = []
    if flags & 1:
        words.append(f"mss {data.number(1)}")
    if flags & 2:
        words.append(f"wscale {data.number(2)}")
    words += ["timestamp"] * (flags >> 3 & 1) + ["sack-perm"] * (flags >> 2 & 1)
    return " ".join(words)


STATEMENTS: Final[dict[bytes, Callable[[Expressions, Nest], None]]] = {
    name.encode() + b"\0": getattr(Expressions, name)
    for name in (
        "immediate", "bitwise", "byteorder", "cmp", "range", "lookup", "dynset", "payload",
        "inner", "exthdr", "meta", "rt", "hash", "socket", "ct", "limit", "connlimit", "counter",
        "last", "log", "queue", "quota", "reject", "nat", "tproxy", "masq", "redir", "dup", "fwd",
        "objref", "fib", "osf", "synproxy", "xfrm", "numgen", "tunnel", "notrack",
    )
}  # fmt: skip
STATEMENTS[b"flow_offload\0"] = Expressions.flow
STATEMENTS[b"match\0"] = STATEMENTS[b"target\0"] = Expressions.extension
STATEMENTS.update({name[:-1]: do for name, do in STATEMENTS.items()})  # as some send them
