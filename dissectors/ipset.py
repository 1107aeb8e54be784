"""Sets and their elements as ipset(8) saves them."""

from __future__ import annotations

from collections.abc import Callable

from nldissect.hooks import Lookup, Message, Piece

SHOWN = 3  # elements of a list
BEFORE, PHYSDEV, NOMATCH, WILDCARD = 1, 2, 4, 128
# What a set is created with, and the flags that ask for more.
CREATED = (
    ("hashsize", "hashsize"), ("maxelem", "maxelem"), ("netmask", "netmask"), ("size", "size"),
    ("markmask", "markmask"), ("timeout", "timeout"), ("bucketsize", "bucketsize"),
)  # fmt: skip
FLAGS = (8, "counters"), (16, "comment"), (32, "forceadd"), (64, "skbinfo")
EXTRA = (
    ("timeout", "timeout"), ("packets", "packets"), ("bytes", "bytes"), ("comment", "comment"),
    ("skbmark", "skbmark"), ("skbprio", "skbprio"), ("skbqueue", "skbqueue"),
)  # fmt: skip

Parts = dict[str, Piece]


def skbmark(value: int, message: Message, get: Callable[[str], object]) -> str:
    """Mark and mask."""
    mark, mask = value >> 32, value & 0xFFFFFFFF
    return f"{mark:#x}" if mask == 0xFFFFFFFF else f"{mark:#x}/{mask:#x}"


def skbprio(value: int, message: Message, get: Callable[[str], object]) -> str:
    """A class of traffic control."""
    return f"{value >> 16:x}:{value & 0xFFFF:x}"


def parts(piece: Piece | None) -> Parts:
    """What lies in a nest, by name."""
    return {} if piece is None else {child.name: child for child in piece.children}


def address(of: Parts, name: str, length: str = "", end: str = "") -> str:
    """An address with its prefix length or the end of its range."""
    inside = of[name].children if name in of else []
    text = inside[0].text if inside else ""
    if text and length in of:
        text += f"/{of[length].value}"
    last = of[end].children if end in of else []
    return f"{text}-{last[0].text}" if last else text


def port(of: Parts) -> str:
    """A port with its protocol, or a range."""
    if "port" not in of:
        return ""
    text = f"{of['proto'].text}:" if "proto" in of else ""
    text += str(of["port"].value)
    return f"{text}-{of['port-to'].value}" if "port-to" in of else text


def element(of: Parts) -> str:
    """An element, as `add` and `save` write it."""
    flags = of["cadt-flags"].value if "cadt-flags" in of else 0
    flags = flags if isinstance(flags, int) else 0
    physdev = "physdev:" if flags & PHYSDEV else ""
    name = of["name"].text if "name" in of else ""
    words = [
        name,
        address(of, "ip", "cidr", "ip-to"),
        port(of),
        of["ether"].text if "ether" in of else "",
        physdev + of["iface"].text if "iface" in of else "",
        f"{of['mark'].value:#010x}" if "mark" in of else "",
        address(of, "ip2", "cidr2", "ip2-to"),
    ]
    out = [",".join(word for word in words if word)]
    if "nameref" in of:
        out.append(f"{'before' if flags & BEFORE else 'after'} {of['nameref'].text}")
    out += ["nomatch"] if flags & NOMATCH else []
    out += ["wildcard"] if flags & WILDCARD else []
    for word, key in EXTRA:
        if key in of:
            text = of[key].text
            out.append(f'{word} "{text}"' if word == "comment" else f"{word} {text}")
    return " ".join(out)


def properties(seen: Lookup, of: Parts) -> None:
    """What a set is created with."""
    if seen.value("family"):
        seen.say(f"family {seen.text('family')}")
    if "ip" in of or "port" in of:
        seen.say(f"range {address(of, 'ip', 'cidr', 'ip-to') or port(of)}")
    for word, key in CREATED:
        if key in of:
            value = of[key].value
            seen.say(f"{word} {value:#x}" if key == "markmask" else f"{word} {value}")
    if "bitmask" in of:
        seen.say(f"bitmask {address(of, 'bitmask')}")
    if "initval" in of:
        seen.say(f"initval {of['initval'].value:#x}")
    flags = of["cadt-flags"].value if "cadt-flags" in of else 0
    if isinstance(flags, int):
        for bit, word in FLAGS:
            if flags & bit:
                seen.say(word)


def create(seen: Lookup) -> None:
    """The set that is to be."""
    seen.say(f"{seen.text('setname')} {seen.text('typename')}")
    properties(seen, parts(seen.at("data")))


def change(seen: Lookup) -> None:
    """An element that is added, deleted or asked for, or the first of several."""
    seen.say(seen.text("setname"))
    if seen.has("data"):
        seen.say(element(parts(seen.at("data"))))
    members(seen)


def members(seen: Lookup) -> None:
    """The first elements, and how many more there are."""
    several = seen.at("adt")
    if several is None:
        return
    found = several.children
    texts = [element(parts(each)) for each in found[:SHOWN]]
    seen.say("; ".join(text for text in texts if text))
    seen.say(seen.more(found, SHOWN))


def listed(seen: Lookup) -> None:
    """A set with what it is, and some of its elements; of a request its name."""
    if not seen.has("setname"):
        seen.say("all" if seen.message.to_kernel else "")
        return
    seen.say(seen.text("setname"))
    if seen.has("typename"):
        seen.say(seen.text("typename"))
    data = parts(seen.at("data"))
    properties(seen, data)
    for key in ("references", "elements"):
        if key in data:
            seen.say(f"{key} {data[key].value}")
    members(seen)


HOOKS = {"skbmark": skbmark, "skbprio": skbprio}
SUMMARIES = {
    "create": create,
    "add": change,
    "del": change,
    "test": change,
    "list": listed,
    "save": listed,
}
