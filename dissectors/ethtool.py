"""ethtool: bitmaps of the compact bitsets, speeds."""

from __future__ import annotations

from functools import cache
from typing import Any

from nldissect.hooks import Enum, Lookup, Node, Piece, Template

WORD = 4  # bytes of a bitmap's unit, in the host's order
LARGEST = 512  # bytes; none that Linux has comes near it
SHOWN = 3  # bits in a line, of those with names in the message
SPEED_UNKNOWN = 0xFFFFFFFF


def bits(node: Node) -> bool:
    """The bits that are set: names where UAPI has some, else numbers, runs as 3-7; `none`."""
    raw = node.bytes
    numbers = numbers_of(raw, node.message.big)
    if numbers is None:
        return False
    node.set_value("bitmap", raw, named(numbers, node.field.enum) or "none")
    return True


def bit(node: Node) -> bool:
    """The number of one bit, by the name of the flag that it is."""
    order: Any = "big" if node.message.big else "little"
    names, number = node.field.enum, int.from_bytes(node.bytes, order)
    if names is None or len(node.bytes) != WORD or number >= 8 * WORD:
        return False
    node.set_value("enum", number, names.names.get(1 << number))
    return True


def numbers_of(raw: bytes, big: bool) -> list[int] | None:
    """The numbers of the bits that a bitmap has set; None for what is none."""
    if not raw or len(raw) % WORD or len(raw) > LARGEST:
        return None
    order: Any = "big" if big else "little"
    words = (int.from_bytes(raw[at : at + WORD], order) for at in range(0, len(raw), WORD))
    return [32 * at + bit for at, word in enumerate(words) for bit in range(32) if word >> bit & 1]


def named(numbers: list[int], names: Enum | None) -> str:
    """Bits as words."""
    if names is None:
        return " ".join([str(a) if a == b else f"{a}-{b}" for a, b in runs(numbers)])
    flags = names.flags
    return " ".join([names.names.get(1 << n if flags else n, str(n)) for n in numbers])


def runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Rising numbers as first and last of each run without a gap."""
    out: list[tuple[int, int]] = []
    for number in numbers:
        if out and out[-1][1] == number - 1:
            out[-1] = (out[-1][0], number)
        else:
            out.append((number, number))
    return out


def speed(value: int, message: Any, get: Any) -> str | None:
    """As ethtool(8) says it; -1 is unknown."""
    return "unknown" if value == SPEED_UNKNOWN else f"{value}Mb/s"


# By what an operation is about: words, and the bitsets that they are of
BITSETS = {
    "debug": (("msgmask", "msgmask"),),
    "features": (("active", "active"), ("wanted", "wanted")),
    "fec": (("modes", "modes"),),
    "linkmodes": (("modes", "ours"),),
    "privflags": (("flags", "flags"),),
    "stats": (("groups", "groups"),),
    "tsconfig": (("tx", "tx-types"), ("rx", "rx-filters")),
    "tsinfo": (("timestamping", "timestamping"), ("tx", "tx-types"), ("rx", "rx-filters")),
    "wol": (("wake-on", "modes"),),
}
GET_ONLY = ("stats", "tsinfo")


def with_bitsets(seen: Lookup) -> None:
    """The template, and what bitsets say: of a change what it turns off, too."""
    operation: Any = seen.message.operation
    seen.fill(template(operation.summary))
    about, _, what = operation.name.removesuffix("-reply").rpartition("-")
    for word, path in BITSETS[about]:
        told = bitset(seen, path, what == "set")
        if told:
            seen.say(f"{word} {told}")


@cache
def template(text: str) -> Template:
    """That of an operation."""
    return Template(text)


def bitset(seen: Lookup, path: str, changes: bool) -> str:
    """The bits that are on and, if it `changes` some, those that its mask turns off.

    Without a mask all others are off, and nothing is said of them (net/ethtool/bitset.c).
    """
    nomask = seen.has(f"{path}.nomask")
    listed = seen.at(f"{path}.bits")
    if listed is not None:
        found = [(name(bit), is_on(bit) or nomask) for bit in listed.children]
        on = [text for text, there in found if there]
        off = [f"{text} off" for text, there in found if not there and changes]
        said = on + off
        return ", ".join(said[:SHOWN]) + (f" +{len(said) - SHOWN}" if len(said) > SHOWN else "")
    value, mask = seen.node(f"{path}.value"), seen.node(f"{path}.mask")
    if value is None:
        return ""
    big = seen.message.big
    set_bits = numbers_of(value.bytes, big) or []
    masked = (numbers_of(mask.bytes, big) or []) if mask is not None and not nomask else None
    if masked is None or not changes:
        return named(set_bits, value.field.enum) or "none"
    off_bits = [number for number in masked if number not in set_bits]
    texts = [named(set_bits, value.field.enum), named(off_bits, value.field.enum)]
    return ", ".join([t for t in (texts[0], texts[1] and f"{texts[1]} off") if t])


def is_on(bit: Piece) -> bool:
    """Whether a bit of a list is set, which a flag tells."""
    found = bit.find("value")
    return found is not None and bool(found.value)


def name(bit: Piece) -> str:
    """A bit's name, else its number."""
    found = bit.find("name") or bit.find("index")
    return "" if found is None else found.text


HOOKS = {"bit": bit, "bits": bits, "speed": speed}
SUMMARIES = {
    f"{about}-{what}": with_bitsets
    for about in BITSETS
    for what in (("get",) if about in GET_ONLY else ("get", "set", "ntf"))
    if (about, what) != ("tsconfig", "ntf")
}
