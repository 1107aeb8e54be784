"""What a rule loads, computes and compares, as nft(8) lists it."""

from __future__ import annotations

from typing import Final

from nldissect.dissectors._nft_attributes import Nest
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
from nldissect.dissectors._nft_registers import Operand, Registers
from nldissect.dissectors._nft_values import FLAGS, bits_text, number_text, text_of

OPERATORS: Final = ("", "!= ", "< ", "<= ", "> ", ">= ")
WIDTHS: Final = (16, 8, 32, 48, 128)  # bits of fields that are whole bytes
GTE: Final = 5  # NFT_CMP_GTE
LTE: Final = 3  # NFT_CMP_LTE
VERDICTS: Final = {
    0: "drop", 1: "accept", 2: "stolen", 3: "queue", 4: "repeat", 0xFFFFFFFF: "continue",
    0xFFFFFFFE: "break", 0xFFFFFFFD: "jump", 0xFFFFFFFC: "goto", 0xFFFFFFFB: "return",
}  # fmt: skip


class Matches(Registers):
    """Expressions that load registers or look at what is in them."""

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
            for width in WIDTHS:
                if (at, width) in layout:
                    break
            else:
                return False
            if at + width > end:
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

    def range(self, data: Nest) -> None:
        """NFTA_RANGE_SREG, _OP, _FROM_DATA, _TO_DATA."""
        operand = self.use(data.number(1))
        kind, network = operand.type, operand.swapped
        text, first = self.compared(operand, self.held(data, 3, kind, network))
        last = self.compared(operand, self.held(data, 4, kind, network))[1]
        self.say(f"{text} {OPERATORS[data.number(2) & 1]}{first}-{last}")

    # -- computing ------------------------------------------------------------------------

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
        header = ""
        if base == 0:
            header = "ether"
        elif base == 1:
            header = self.network
        elif base == 2:
            header = self.transport or "th"
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


def verdict(found: Nest) -> str:
    """NFTA_VERDICT_CODE, _CHAIN, _CHAIN_ID."""
    code = found.number(1)
    text = VERDICTS.get(code)
    if text is None:
        text = f"{code & 0xFFFF:#x}"
    if found.has(2):
        return f"{text} {found.word(2)}"
    return f"{text} chain-id {found.number(3)}" if found.has(3) else text
