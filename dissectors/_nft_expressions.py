"""Expressions of a rule as nft(8) lists them, and elements of sets.

Registers are followed through the expressions of a rule: what loads one says what the next one
compares. linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nldissect.dissectors._nft_attributes import attributes, number, parsed, word
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
from nldissect.hooks import Message, format_address, format_mac

OPERATORS = ("", "!= ", "< ", "<= ", "> ", ">= ")
GTE, LTE = 5, 3  # NFT_CMP_GTE, NFT_CMP_LTE
UNITS = {1: "second", 60: "minute", 3600: "hour", 86400: "day", 604800: "week"}
LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit")
LOG_FLAGS = {4: "skuid", 32: "ether"}
OBJECTS = {1: "counter name", 2: "quota name", 3: "ct helper set", 4: "limit name",
           5: "ct count name", 6: "tunnel name", 7: "ct timeout set", 8: "meta secmark set",
           9: "ct expectation set", 10: "synproxy name"}  # fmt: skip
NAT_FLAGS = {4: "random", 16: "fully-random", 8: "persistent"}
VERDICTS = {0: "drop", 1: "accept", 2: "stolen", 3: "queue", 4: "repeat", 0xFFFFFFFF: "continue",
            0xFFFFFFFE: "break", 0xFFFFFFFD: "jump", 0xFFFFFFFC: "goto",
            0xFFFFFFFB: "return"}  # fmt: skip
LONGEST = 512  # characters of what a register holds
DEEPEST = 8  # expressions in expressions
MOST = 4096  # characters of a line; who has more reads the tree


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
        self.loaded = -1  # where it was told
        self.swapped = False  # from the host's to the network's order

    def copy(self) -> Operand:
        """The same, to be changed."""
        out = Operand(self.text, self.type, self.size)
        out.header, out.place, out.field = self.header, self.place, self.field
        out.mask, out.xor, out.raw, out.swapped = self.mask, self.xor, self.raw, self.swapped
        return out


class Expressions:
    """Goes through the expressions of a rule and notes what they say."""

    def __init__(self, message: Message, family: int, table: bytes) -> None:
        self.message = message
        self.family = family
        self.table = table
        self.big = message.big
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
        self.at = -1  # where the expression lies among those of the rule
        # Of expressions with constants: their type, and whether that is in the network's order.
        self.types: dict[int, tuple[str, bool]] = {}

    # -- reading --------------------------------------------------------------------------

    def attributes(self, raw: bytes) -> dict[int, bytes]:
        """Attributes by number."""
        return dict(attributes(raw, self.big))

    def run(self, raw: bytes) -> None:
        """A list of expressions (NFTA_LIST_ELEM)."""
        for _, expression in attributes(raw, self.big):
            self.expression(expression)

    def expression(self, raw: bytes) -> None:
        """One expression: NFTA_EXPR_NAME, NFTA_EXPR_DATA."""
        name, data = parsed(raw, self.big)
        do = STATEMENTS.get(name)
        if do is None or self.depth > DEEPEST:
            self.say(name)
        else:
            self.depth += 1
            do(self, data)
            self.depth -= 1

    def say(self, text: str) -> None:
        """A statement."""
        self.words.append(text)

    def data(self, raw: bytes | None) -> bytes:
        """NFTA_DATA_VALUE in a nest."""
        return self.attributes(raw or b"").get(1, b"")

    def verdict(self, raw: bytes) -> str:
        """NFTA_VERDICT_CODE, _CHAIN, _CHAIN_ID."""
        found = self.attributes(raw)
        code = number(found.get(1))
        text = VERDICTS.get(code, f"{code & 0xFFFF:#x}")
        if 2 in found or 3 in found:
            text += f" {word(found[2])}" if 2 in found else f" chain-id {number(found[3])}"
        return text

    # -- registers ------------------------------------------------------------------------

    @staticmethod
    def slot(raw: bytes | None) -> int:
        """The first of the registers of 4 bytes that it is; -1 for none."""
        register = number(raw)
        if 1 <= register <= 4:
            return (register - 1) * 4
        return register - 8 if register >= 8 else -1

    def load(self, raw: bytes | None, operand: Operand) -> None:
        """Puts something into a register."""
        slot = self.slot(raw)
        if len(operand.text) > LONGEST:  # which others would double again and again
            operand.text = operand.text[:LONGEST] + "…"
        self.registers[slot] = operand
        self.fresh.add(slot)
        self.lower = None

    def use(self, raw: bytes | None) -> Operand:
        """What is in a register, on its own."""
        slot = self.slot(raw)
        self.fresh.discard(slot)
        return self.registers.get(slot) or Operand(f"reg {number(raw)}", "", 0)

    def joined(self, raw: bytes | None) -> str:
        """What is in a register and those behind it, which were loaded for this."""
        slot = self.slot(raw)
        words = []
        operand = self.registers.get(slot)
        while operand is not None:
            words.append(self.shown(operand))
            self.fresh.discard(slot)
            slot += max(1, (operand.size + 3) // 4)
            operand = self.registers.get(slot) if slot in self.fresh else None
        return " . ".join(words) or f"reg {number(raw)}"

    def constant(self, raw: bytes | None, kind: str) -> str:
        """What is in a register, a constant of a type or what was loaded."""
        operand = self.use(raw)
        if operand.raw is None:
            return self.shown(operand)
        self.types[operand.loaded] = kind, False
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

    def cmp(self, data: dict[int, bytes]) -> None:
        """NFTA_CMP_SREG, _OP, _DATA."""
        operand, code, raw = self.use(data.get(1)), number(data.get(2)), self.data(data.get(3))
        self.types[self.at] = operand.type, operand.swapped
        operator = OPERATORS[code] if code < len(OPERATORS) else f"op {code} "
        if self.lower is not None and code == LTE and self.lower[0] is operand:
            self.words[-1] = f"{self.lower[1]}-{self.compared(operand, raw)[1]}"
            self.lower = None
            return
        if code == 0 and self.several(operand, raw):
            return
        if operand.mask is not None and code < 2 and self.bits(operand, code, raw):
            return
        text, value = self.compared(operand, raw)
        if code == 0 and " & " in text:
            operator = "== "
        self.say(f"{text} {operator}{value}")
        self.lower = (operand, f"{text} {value}") if code == GTE else None
        if code == 0:
            self.learn(operand, raw)

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

    def bits(self, operand: Operand, code: int, raw: bytes) -> bool:
        """A field of some bits, or flags of which any is set; False if it is neither."""
        mask = operand.mask or b""
        if any(operand.xor or b"") or len(mask) != len(raw) or len(mask) > 16:
            return False
        value = self.integer(operand, raw)
        if operand.type in FLAGS and any(mask):
            if value:
                among = self.value(operand.type, mask, operand.swapped)
                named = self.value(operand.type, raw, operand.swapped)
                self.say(f"{operand.text} {OPERATORS[code]}{named} / {among}")
                return True
            names = bits_text(self.integer(operand, mask), FLAGS[operand.type])
            self.say(f"{operand.text} {'' if code == 1 else '! '}{names}")
            return True
        if operand.type == "bytes" and value == 0 and code == 1:
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
        self.say(f"{name} {OPERATORS[code]}{number_text(kind, value, len(raw))}")
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
        words = []
        while at < end:
            width = next((w for w in (16, 8, 32, 48, 128) if (at, w) in layout), 0)
            if not width or at + width > end:
                return False
            first = (at - operand.place[0]) // 8
            name, kind = layout[at, width]
            value = self.value(kind, raw[first : first + width // 8])
            words.append(f"{operand.header} {name} {value}")
            at += width
        if len(words) < 2:
            return False
        self.say(" ".join(words))
        return True

    def learn(self, operand: Operand, raw: bytes) -> None:
        """Which protocol it is from here on."""
        value = int.from_bytes(raw, "big")
        if operand.text.startswith(("vxlan ", "geneve ", "inner ")):
            self.learn_inside(operand.text, value)
            return
        if operand.text == "meta nfproto":
            self.network = {2: "ip", 10: "ip6"}.get(value, "")
        elif operand.text == "meta iiftype":
            if self.value("iftype", raw) == "ether":
                self.said["link"] = len(self.words) - 1
            return
        elif operand.text in ("meta protocol", "ether type", "vlan type"):
            self.network = {0x800: "ip", 0x86DD: "ip6", 0x806: "arp"}.get(value, "")
            if value == 0x8100:
                self.said["vlan"] = len(self.words) - 1
        elif operand.text in ("meta l4proto", "ip protocol", "ip6 nexthdr"):
            self.transport = {58: "icmpv6"}.get(value, PROTOCOLS.get(value, ""))
            self.said["transport"] = len(self.words) - 1
            return
        else:
            return
        self.said["network"] = len(self.words) - 1

    def learn_inside(self, text: str, value: int) -> None:
        """Which protocol is in a tunnel from here on."""
        if text.endswith(" meta protocol"):
            name = {0x800: "ip", 0x86DD: "ip6", 0x806: "arp"}.get(value, "")
            self.inside = (name, self.inside[1])
        elif text.endswith((" meta l4proto", " ip protocol", " ip6 nexthdr")):
            name = {58: "icmpv6"}.get(value, PROTOCOLS.get(value, ""))
            self.inside = (self.inside[0], name)
        else:
            return
        self.said["inside"] = len(self.words) - 1

    def uses(self, operand: Operand) -> None:
        """A field says its protocol, so that what said it before need not stand there."""
        header = operand.header
        if header == "vlan":
            layers: tuple[str, ...] = ("vlan", "link")
        elif header == "ether":
            layers = ("link",)
        elif header in ("ip", "ip6", "arp"):
            layers = ("network",)
        elif header in ("icmp", "icmpv6", "igmp"):
            layers = ("transport", "network")
        elif header == self.transport and header:
            layers = ("transport",)
        else:
            layers = ()
        for layer in layers:
            at = self.said.pop(layer, -1)
            if 0 <= at < len(self.words) and self.words[at].startswith(
                ("meta ", "ether type", "ip protocol", "ip6 nexthdr")
            ):
                self.words[at] = ""

    def range(self, data: dict[int, bytes]) -> None:
        """NFTA_RANGE_SREG, _OP, _FROM_DATA, _TO_DATA."""
        operand = self.use(data.get(1))
        self.types[self.at] = operand.type, operand.swapped
        text, first = self.compared(operand, self.data(data.get(3)))
        last = self.compared(operand, self.data(data.get(4)))[1]
        self.say(f"{text} {OPERATORS[number(data.get(2)) & 1]}{first}-{last}")

    def lookup(self, data: dict[int, bytes]) -> None:
        """NFTA_LOOKUP_SET, _SREG, _DREG, _SET_ID, _FLAGS."""
        key, members = self.joined(data.get(2)), self.named_set(data.get(1), data.get(4))[1]
        if 3 not in data:
            self.say(f"{key} {'!= ' if number(data.get(5)) & 1 else ''}{members}")
        elif number(data[3]) == 0:
            self.say(f"{key} vmap {members}")
        else:
            self.load(data[3], Operand(f"{key} map {members}", "", 0))

    def named_set(self, name: bytes | None, told: bytes | None) -> tuple[int, str]:
        """A set that an expression names: type of its objects, `@name` or what is in it."""
        known = set_of(self.message, self.family, self.table, name or b"", number(told))
        if known is None:
            return 0, f"@{word(name)}"
        if not known.flags & ANONYMOUS or not known.elements or self.depth > DEEPEST:
            return known.object, f"@{word(name)}"
        inner = Expressions(self.message, self.family, self.table)
        inner.depth = self.depth + 1
        return known.object, "{ " + ", ".join(inner.elements(list(known.elements), known)) + " }"

    def bitwise(self, data: dict[int, bytes]) -> None:
        """NFTA_BITWISE_SREG, _DREG, _LEN, _MASK, _XOR, _OP, _DATA, _SREG2."""
        operand, code = self.use(data.get(1)).copy(), number(data.get(6))
        shift = code in (1, 2)
        self.types[self.at] = ("host", False) if shift else (operand.type, operand.swapped)
        if code == 0:
            if operand.mask is not None:
                operand.text, operand.place = f"({self.masked(operand)})", None
            operand.mask, operand.xor = self.data(data.get(4)), self.data(data.get(5))
        else:
            sign = {1: "<<", 2: ">>", 3: "&", 4: "|", 5: "^"}.get(code, f"op {code}")
            if 8 in data:
                right = self.shown(self.use(data[8]))
            elif code < 3:
                right = str(int.from_bytes(self.data(data.get(7)), "big" if self.big else "little"))
            else:
                right = self.plain(operand, self.data(data.get(7)))
            operand.text = f"{self.shown(operand)} {sign} {right}"
            operand.mask = operand.place = None
        self.load(data.get(2), operand)

    def byteorder(self, data: dict[int, bytes]) -> None:
        """NFTA_BYTEORDER_SREG, _DREG, _OP."""
        operand = self.use(data.get(1)).copy()
        operand.swapped = number(data.get(3)) == 1
        self.load(data.get(2), operand)

    # -- what is loaded or set ------------------------------------------------------------

    def immediate(self, data: dict[int, bytes]) -> None:
        """NFTA_IMMEDIATE_DREG, _DATA."""
        inside = self.attributes(data.get(2, b""))
        if 2 in inside:
            self.say(self.verdict(inside[2]))
            return
        operand = Operand("", "", len(inside.get(1, b"")))
        operand.raw, operand.loaded = inside.get(1, b""), self.at
        self.load(data.get(1), operand)

    def keyed(self, key: tuple[str, str, int], load: bytes | None, store: bytes | None) -> None:
        """What has a key is loaded, or set from a register."""
        if load is not None:
            self.load(load, Operand(*key))
        else:
            self.say(f"{key[0]} set {self.constant(store, key[1])}")

    def meta(self, data: dict[int, bytes]) -> None:
        """NFTA_META_DREG, _KEY, _SREG."""
        key = number(data.get(2))
        self.keyed(META.get(key, (f"meta {key}", "", 4)), data.get(1), data.get(3))
        if 3 in data and key == 25:
            self.words[-1] = "meta ipsec"

    def ct(self, data: dict[int, bytes]) -> None:
        """NFTA_CT_DREG, _KEY, _DIRECTION, _SREG."""
        key = number(data.get(2))
        name, kind, size = CT.get(key, (str(key), "", 4))
        if 3 in data:
            name = f"{'reply' if number(data[3]) else 'original'} {name}"
        self.keyed((f"ct {name}", kind, size), data.get(1), data.get(4))

    def rt(self, data: dict[int, bytes]) -> None:
        """NFTA_RT_DREG, _KEY."""
        key = number(data.get(2))
        name, kind, size = RT.get(key, (f"rt {key}", "", 4))
        if self.family in (2, 10):
            name = name.replace("ip ", "").replace("ip6 ", "")
        self.keyed((name, kind, size), data.get(1), None)

    def socket(self, data: dict[int, bytes]) -> None:
        """NFTA_SOCKET_KEY, _DREG, _LEVEL."""
        key = number(data.get(1))
        name, kind, size = SOCKET.get(key, (f"socket {key}", "", 4))
        if key == 3:
            name += f" level {number(data.get(3))}"
        self.keyed((name, kind, size), data.get(2), None)

    def xfrm(self, data: dict[int, bytes]) -> None:
        """NFTA_XFRM_DREG, _KEY, _DIR, _SPNUM."""
        key = number(data.get(2))
        name, kind, size = XFRM.get(key, (str(key), "", 4))
        spnum = f"spnum {number(data.get(4))} " if number(data.get(4)) else ""
        way = "out" if number(data.get(3)) else "in"
        self.keyed((f"ipsec {way} {spnum}{name}", kind, size), data.get(1), None)

    def fib(self, data: dict[int, bytes]) -> None:
        """NFTA_FIB_DREG, _RESULT, _FLAGS."""
        flags = number(data.get(3))
        name, kind, size = FIB_RESULTS.get(number(data.get(2)), ("?", "", 4))
        if flags & 32:
            name, kind, size = "check", "boolean", 1
        by = " . ".join(text for bit, text in FIB_FLAGS.items() if flags & bit)
        self.keyed((f"fib {by} {name}", kind, size), data.get(1), None)

    def osf(self, data: dict[int, bytes]) -> None:
        """NFTA_OSF_DREG, _TTL, _FLAGS."""
        ttl = {1: "ttl loose ", 2: "ttl skip "}.get(number(data.get(2)), "")
        what = "version" if number(data.get(3)) & 1 else "name"
        self.keyed((f"osf {ttl}{what}", "ifname", 16), data.get(1), None)

    def tunnel(self, data: dict[int, bytes]) -> None:
        """NFTA_TUNNEL_KEY, _DREG, _MODE."""
        key = ("tunnel id", "host", 4) if number(data.get(1)) else ("tunnel path", "boolean", 1)
        self.keyed(key, data.get(2), None)

    def numgen(self, data: dict[int, bytes]) -> None:
        """NFTA_NG_DREG, _MODULUS, _TYPE, _OFFSET."""
        kind = "random" if number(data.get(3)) else "inc"
        text = f"numgen {kind} mod {number(data.get(2))}"
        if number(data.get(4)):
            text += f" offset {number(data[4])}"
        self.load(data.get(1), Operand(text, "host", 4))

    def hash(self, data: dict[int, bytes]) -> None:
        """NFTA_HASH_SREG, _DREG, _LEN, _MODULUS, _SEED, _OFFSET, _TYPE."""
        text = "symhash" if number(data.get(7)) else f"jhash {self.joined(data.get(1))}"
        text += f" mod {number(data.get(4))}"
        if 5 in data:
            text += f" seed {number(data[5]):#x}"
        if number(data.get(6)):
            text += f" offset {number(data[6])}"
        self.load(data.get(2), Operand(text, "host", 4))

    def payload(self, data: dict[int, bytes]) -> None:
        """NFTA_PAYLOAD_DREG, _BASE, _OFFSET, _LEN, _SREG."""
        base, first, size = number(data.get(2)), number(data.get(3)) * 8, number(data.get(4))
        operand = self.packet_field(base, first, size)
        if 5 not in data:
            self.load(data.get(1), operand)
            return
        value = self.use(data[5])
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
            self.types[value.loaded] = operand.type, False
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
        if header and header != "th":
            self.uses(operand)
        return operand

    def exthdr(self, data: dict[int, bytes]) -> None:
        """NFTA_EXTHDR_DREG, _TYPE, _OFFSET, _LEN, _FLAGS, _OP, _SREG."""
        kind, first, size = number(data.get(2)), number(data.get(3)) * 8, number(data.get(4))
        op = number(data.get(6))
        names = (EXTENSIONS, TCP_OPTIONS, IP_OPTIONS, CHUNKS, {})[op] if op < 5 else {}
        name = names.get(kind, str(kind))
        head = (
            ("", "tcp option ", "ip option ", "sctp chunk ", "dccp option ")[op] if op < 5 else ""
        )
        if op == 0 or op == 2:
            self.forget("network")
        if number(data.get(5)) & 1:
            self.load(data.get(1), Operand(f"{head or 'exthdr '}{name}", "boolean", 1))
            return
        layout = HEADERS.get(head.strip() or name, {}) | OPTION_FIELDS.get(name, {})
        found = layout.get((first, size * 8))
        operand = Operand(f"{head}{name} @{first},{size * 8}", "hex", size)
        if found is not None:
            operand = Operand(f"{head}{name} {found[0]}", found[1], size)
        elif not head and name in HEADERS:
            operand.header, operand.place = name, (first, size * 8)
        if 1 in data:
            self.load(data[1], operand)
        elif 7 in data:
            self.say(f"{operand.text} set {self.constant(data[7], operand.type)}")
        else:
            self.say(f"reset {head}{name}")

    def inner(self, data: dict[int, bytes]) -> None:
        """NFTA_INNER_NUM, _TYPE, _FLAGS, _HDRSIZE, _EXPR."""
        name = {1: "vxlan", 2: "geneve"}.get(number(data.get(2)), "inner")
        before = len(self.words)
        outside = self.network, self.transport
        self.network, self.transport = self.inside
        said, self.said = self.said, {}
        self.expression(data.get(5, b""))
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

    def counter(self, data: dict[int, bytes]) -> None:
        """NFTA_COUNTER_BYTES, _PACKETS."""
        said = f" packets {number(data.get(2))} bytes {number(data.get(1))}" if data else ""
        self.say(f"counter{said}")

    def limit(self, data: dict[int, bytes]) -> None:
        """NFTA_LIMIT_RATE, _UNIT, _BURST, _TYPE, _FLAGS."""
        self.say(f"limit {limit_text(data)}")

    def connlimit(self, data: dict[int, bytes]) -> None:
        """NFTA_CONNLIMIT_COUNT, _FLAGS."""
        self.say(f"ct count {'over ' if number(data.get(2)) & 1 else ''}{number(data.get(1))}")

    def quota(self, data: dict[int, bytes]) -> None:
        """NFTA_QUOTA_BYTES, _FLAGS, _CONSUMED."""
        self.say(f"quota {quota_text(data)}")

    def last(self, data: dict[int, bytes]) -> None:
        """NFTA_LAST_SET, _MSECS."""
        self.say(f"last used {time_text(number(data.get(2))) if number(data.get(1)) else 'never'}")

    def log(self, data: dict[int, bytes]) -> None:
        """NFTA_LOG_GROUP, _PREFIX, _SNAPLEN, _QTHRESHOLD, _LEVEL, _FLAGS."""
        words = ["log"]
        if 2 in data:
            words.append(f"prefix {text_of(data[2])}")
        for key, name in ((1, "group"), (3, "snaplen"), (4, "queue-threshold")):
            if key in data and (key == 1 or number(data[key])):
                words.append(f"{name} {number(data[key])}")
        level = number(data.get(5))
        if 5 in data and level != 4:
            words.append(f"level {LEVELS[level] if level < len(LEVELS) else level}")
        flags = number(data.get(6))
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

    def queue(self, data: dict[int, bytes]) -> None:
        """NFTA_QUEUE_NUM, _TOTAL, _FLAGS, _SREG_QNUM."""
        flags = number(data.get(3))
        named = [name for bit, name in ((1, "bypass"), (2, "fanout")) if flags & bit]
        text = "queue" + (" flags " + ",".join(named) if named else "")
        if 4 in data:
            text += f" to {self.shown(self.use(data[4]))}"
        else:
            first, total = number(data.get(1)), number(data.get(2))
            text += f" to {first}" + (f"-{first + total - 1}" if total > 1 else "")
        self.say(text)

    def reject(self, data: dict[int, bytes]) -> None:
        """NFTA_REJECT_TYPE, _ICMP_CODE."""
        kind, code = number(data.get(1)), number(data.get(2))
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

    def target(
        self, data: dict[int, bytes], address: tuple[int, int], port: tuple[int, int]
    ) -> str:
        """` to 192.0.2.1-192.0.2.9:1000-2000` from the registers of these attributes."""
        kind = "address"
        low = high = ""
        from_map = False
        if address[0] in data:
            operand = self.use(data[address[0]])
            from_map = operand.raw is None
            low = self.constant(data[address[0]], kind)
            high = self.constant(data[address[1]], kind) if address[1] in data else ""
        text = low
        if high and high != low and not from_map:
            text += f"-{high}"
        if port[0] in data and (not from_map or self.slot(data[port[0]]) in self.fresh):
            if ":" in low and not from_map:
                text = "-".join(f"[{part}]" for part in text.split("-"))
            first = self.constant(data[port[0]], "be")
            last = self.constant(data[port[1]], "be") if port[1] in data else first
            text += f":{first}" + (f"-{last}" if last != first else "")
        return f" to {text}" if text else ""

    def nat_flags(self, raw: bytes | None) -> str:
        """random, fully-random, persistent."""
        named = [name for bit, name in NAT_FLAGS.items() if number(raw) & bit]
        return " " + ",".join(named) if named else ""

    def nat(self, data: dict[int, bytes]) -> None:
        """NFTA_NAT_TYPE, _FAMILY, _REG_ADDR_MIN, _MAX, _REG_PROTO_MIN, _MAX, _FLAGS."""
        text = "dnat" if number(data.get(1)) else "snat"
        # nft says the family too where one map gives address and port.
        mapped = 5 in data and self.slot(data[5]) not in self.fresh
        if 3 in data and (self.family == 1 or mapped):
            text += " " + FAMILIES.get(number(data.get(2)), "")
        if number(data.get(7)) & 64:
            text += " prefix"
        self.say(text + self.target(data, (3, 4), (5, 6)) + self.nat_flags(data.get(7)))

    def masq(self, data: dict[int, bytes]) -> None:
        """NFTA_MASQ_FLAGS, _REG_PROTO_MIN, _MAX."""
        self.say("masquerade" + self.target(data, (0, 0), (2, 3)) + self.nat_flags(data.get(1)))

    def redir(self, data: dict[int, bytes]) -> None:
        """NFTA_REDIR_REG_PROTO_MIN, _MAX, _FLAGS."""
        self.say("redirect" + self.target(data, (0, 0), (1, 2)) + self.nat_flags(data.get(3)))

    def tproxy(self, data: dict[int, bytes]) -> None:
        """NFTA_TPROXY_FAMILY, _REG_ADDR, _REG_PORT."""
        family = number(data.get(1))
        text = "tproxy"
        if self.family == 1 and family in (2, 10):
            text += " " + FAMILIES[family]
        self.say(text + self.target(data, (2, 2), (3, 3)))

    def dup(self, data: dict[int, bytes]) -> None:
        """NFTA_DUP_SREG_ADDR, _SREG_DEV."""
        text = "dup"
        if 1 in data:
            text += f" to {self.constant(data[1], 'address')}"
        if 2 in data:
            text += f" {'device' if 1 in data else 'to'} {self.constant(data[2], 'ifindex')}"
        self.say(text)

    def fwd(self, data: dict[int, bytes]) -> None:
        """NFTA_FWD_SREG_DEV, _SREG_ADDR, _NFPROTO."""
        device = self.constant(data.get(1), "ifindex")
        if 2 in data:
            family = FAMILIES.get(number(data.get(3)), "")
            address = self.constant(data[2], "address")
            self.say(f"fwd {family} to {address} device {device}")
        else:
            self.say(f"fwd to {device}")

    def objref(self, data: dict[int, bytes]) -> None:
        """NFTA_OBJREF_IMM_TYPE, _IMM_NAME, _SET_SREG, _SET_NAME."""
        if 4 in data:
            kind, members = self.named_set(data[4], data.get(5))
            named = OBJECTS.get(kind, "object name")
            self.say(f"{named} {self.joined(data.get(3))} map {members}")
            return
        kind = number(data.get(1))
        self.say(f"{OBJECTS.get(kind, f'object {kind}')} {text_of(data.get(2, b''))}")

    def synproxy(self, data: dict[int, bytes]) -> None:
        """NFTA_SYNPROXY_MSS, _WSCALE, _FLAGS."""
        self.say(f"synproxy {synproxy_text(data)}".rstrip())

    def flow(self, data: dict[int, bytes]) -> None:
        """NFTA_FLOW_TABLE_NAME."""
        self.say(f"flow add @{word(data.get(1))}")

    def notrack(self, data: dict[int, bytes]) -> None:
        """Has no attributes."""
        self.say("notrack")

    def extension(self, data: dict[int, bytes]) -> None:
        """NFTA_MATCH_NAME or NFTA_TARGET_NAME: iptables' own."""
        if word(data.get(1)) == "comment":
            self.say(f"comment {text_of(data.get(3, b''))}")
        else:
            self.say(f"xt {text_of(data.get(1, b''))}")

    # -- elements -------------------------------------------------------------------------

    def elements(self, raws: list[bytes], known: Any) -> list[str]:
        """Elements of a set (NFTA_LIST_ELEM), as nft lists them: in order, intervals as such."""
        found = [self.attributes(raw) for raw in raws]
        if known is not None and known.flags & ANONYMOUS:
            host = host_order(known, known.key_type) and not self.big
            host = (host or known.key_type in (5, 41)) and not self.big  # texts by their end
            order = "little" if host else "big"
            found.sort(key=lambda of: int.from_bytes(self.data(of.get(1)), order))  # type: ignore[arg-type]
        out: list[str] = []
        size = 0
        for of, end in self.intervals(found, known):
            out.append(self.element(of, end, known))
            size += len(out[-1])
            if size > LONGEST * 4:
                out.append("…")
                break
        return out

    def intervals(
        self, found: list[dict[int, bytes]], known: Any
    ) -> list[tuple[dict[int, bytes], bytes | None]]:
        """Each element with the end of its interval, which is an element of its own."""
        if known is None or not known.flags & INTERVAL or any(10 in of for of in found):
            return [(of, None) for of in found]
        found.sort(key=lambda of: (self.data(of.get(1)), not number(of.get(3)) & 1))
        out: list[tuple[dict[int, bytes], bytes | None]] = []
        opened = False
        for of in found:
            if number(of.get(3)) & 1:
                if opened:
                    out[-1] = (out[-1][0], self.data(of.get(1)))
                elif any(self.data(of.get(1))) or len(found) == 1:
                    out.append((of, None))
                opened = False
            else:
                opened = not number(of.get(3)) & 2
                out.append((of, None))
        if opened and self.message.to_kernel and len(found) > 1:  # up to the largest there is
            of = out[-1][0]
            out[-1] = (of, b"\1" + bytes(len(self.data(of.get(1)))))
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

    def key(self, of: dict[int, bytes], end: bytes | None, known: Any) -> str:
        """A key, an interval of them, a prefix."""
        raw = self.data(of.get(1))
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
        if 10 not in of:
            return self.typed(raw, known, False)
        return self.field_ranges(raw, self.data(of[10]), known)

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

    def element(self, data: dict[int, bytes], end: bytes | None, known: Any) -> str:
        """NFTA_SET_ELEM_KEY, _DATA, _FLAGS, _TIMEOUT, _EXPIRATION, _USERDATA, _EXPR, ..."""
        flags = number(data.get(3))
        text = "*" if flags & 2 else self.key(data, end, known)
        words = [text]
        if known is not None and known.flags & INTERVAL and 10 not in data and end is None:
            words.insert(0, "below" if flags & 1 else "" if flags & 2 else "from")
        elif flags & 1:
            words.insert(0, "end of interval")
        self.words = []
        if 11 in data:
            self.run(data[11])
        elif 7 in data:
            self.expression(data[7])
        words += self.words
        if number(data.get(4)):
            words.append(f"timeout {time_text(number(data[4]))}")
        if number(data.get(5)):
            words.append(f"expires {time_text(number(data[5]))}")
        told = data.get(6, b"")
        if len(told) > 2 and told[0] == 0 and told[1] + 2 <= len(told):
            words.append("comment " + text_of(told[2 : 2 + told[1]]))
        inside = self.attributes(data.get(2, b""))
        if 2 in inside:
            words.append(f": {self.verdict(inside[2])}")
        elif 1 in inside:
            words.append(f": {self.typed(inside[1], known, True)}")
        elif 9 in data:
            words.append(f": {text_of(data[9])}")
        return " ".join([text for text in words if text])

    def dynset(self, data: dict[int, bytes]) -> None:
        """NFTA_DYNSET_SET_NAME, _OP, _SREG_KEY, _SREG_DATA, _TIMEOUT, _EXPR, _EXPRESSIONS."""
        code = number(data.get(3))
        verb = ("add", "update", "delete")[code] if code < 3 else f"op {code}"
        inside = [self.joined(data.get(4))]
        if number(data.get(6)):
            inside.append(f"timeout {time_text(number(data[6]))}")
        self.words, outside = [], self.words
        if 10 in data:
            self.run(data[10])
        elif 7 in data:
            self.expression(data[7])
        inside += self.words
        self.words = outside
        if 5 in data:
            inside.append(f": {self.joined(data[5])}")
        self.say(f"{verb} @{word(data.get(1))} {{ {' '.join(inside)} }}")


ANONYMOUS, INTERVAL, CONCAT = 1, 4, 0x80  # NFT_SET_*


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


def limit_text(data: dict[int, bytes]) -> str:
    """`rate over 5/second burst 10 packets`."""
    rate, burst, unit = number(data.get(1)), number(data.get(3)), number(data.get(2))
    each = UNITS.get(unit, f"{unit} seconds")
    over = "over " if number(data.get(5)) & 1 else ""
    if number(data.get(4)):
        ends = f" burst {bytes_text(burst)}" if burst else ""
        return f"rate {over}{bytes_text(rate)}/{each}{ends}"
    ends = f" burst {burst} packets" if burst else ""
    return f"rate {over}{rate}/{each}{ends}"


def quota_text(data: dict[int, bytes]) -> str:
    """`over 25 mbytes used 3 kbytes`."""
    used = f" used {bytes_text(number(data.get(4)))}" if number(data.get(4)) else ""
    return f"{'over ' if number(data.get(2)) & 1 else ''}{bytes_text(number(data.get(1)))}{used}"


def synproxy_text(data: dict[int, bytes]) -> str:
    """`mss 1460 wscale 7 timestamp sack-perm`."""
    flags = number(data.get(3))
    words = []
    if flags & 1:
        words.append(f"mss {number(data.get(1))}")
    if flags & 2:
        words.append(f"wscale {number(data.get(2))}")
    words += ["timestamp"] * (flags >> 3 & 1) + ["sack-perm"] * (flags >> 2 & 1)
    return " ".join(words)


STATEMENTS: dict[str, Callable[[Expressions, dict[int, bytes]], None]] = {
    name: getattr(Expressions, name)
    for name in (
        "immediate", "bitwise", "byteorder", "cmp", "range", "lookup", "dynset", "payload",
        "inner", "exthdr", "meta", "rt", "hash", "socket", "ct", "limit", "connlimit", "counter",
        "last", "log", "queue", "quota", "reject", "nat", "tproxy", "masq", "redir", "dup", "fwd",
        "objref", "fib", "osf", "synproxy", "xfrm", "numgen", "tunnel", "notrack",
    )
}  # fmt: skip
STATEMENTS["flow_offload"] = Expressions.flow
STATEMENTS["match"] = STATEMENTS["target"] = Expressions.extension
