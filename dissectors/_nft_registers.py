"""What registers hold while the expressions of a rule are gone through, and how nft(8) writes it.

What loads a register says what the next one compares. linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

from typing import Final

from nldissect.dissectors._nft_attributes import Nest
from nldissect.dissectors._nft_values import (
    FAMILIES,
    FLAGS,
    HOST_ORDER,
    PROTOCOLS,
    bits_text,
    hexadecimal,
    number_text,
    text_of,
)
from nldissect.hooks import Message, Reading, format_address, format_mac

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


class Operand:
    """What a register holds: how nft writes it, of which type, from where in the packet."""

    __slots__ = (
        "field", "header", "loaded", "mask", "place", "raw", "size", "swapped", "text", "type",
        "xor",
    )  # fmt: skip

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


class Registers:
    """What was loaded, what was said of it, and which protocols a packet has by now.

    `constants` are those in the expressions, by where each begins.
    """

    def __init__(self, message: Message, family: int, table: bytes) -> None:
        self.message = message
        self.family = family
        self.table = table
        self.big: bool = message.big
        self.registers: dict[int, Operand] = {}
        self.fresh: set[int] = set()  # loaded and not yet used
        self.words: list[str] = []
        self.network = FAMILIES[family] if family in (2, 3, 10) else ""
        self.transport = ""
        # Where the line says which protocol it is, which the field that follows says again.
        self.said: dict[str, int] = {}
        self.inside = ("", "")  # network and transport of what a tunnel carries
        self.depth = 0
        self.lower: tuple[Operand, str] | None = None  # `>= 5`, which `<= 9` may follow
        self.constants: dict[int, Constant] = {}

    def say(self, text: str) -> None:
        """A statement."""
        self.words.append(text)

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

    # -- constants ------------------------------------------------------------------------

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

    # -- how it is written ----------------------------------------------------------------

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

    # -- protocols ------------------------------------------------------------------------

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
            self.network = FAMILIES[value] if value in (2, 10) else ""
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

    def forget(self, layer: str) -> None:
        """Takes back what the statement says itself."""
        at = self.said.pop(layer, -1)
        if 0 <= at < len(self.words) and self.words[at].startswith(("meta ", "ether type")):
            self.words[at] = ""


def slot_of(register: int) -> int:
    """The first of the registers of 4 bytes that it is; -1 for none."""
    if 1 <= register <= 4:
        return (register - 1) * 4
    return register - 8 if register >= 8 else -1
