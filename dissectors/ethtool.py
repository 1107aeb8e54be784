"""ethtool: bitmaps of the compact bitsets, speeds."""

from __future__ import annotations

from typing import Any

from nldissect.hooks import Node

WORD = 4  # bytes of a bitmap's unit, in the host's order
LARGEST = 512  # bytes; none that Linux has comes near it
SPEED_UNKNOWN = 0xFFFFFFFF


def bits(node: Node) -> bool:
    """The bits that are set: names where UAPI has some, else numbers, runs as 3-7; `none`."""
    raw, names = node.bytes, node.field.enum
    if not raw or len(raw) % WORD or len(raw) > LARGEST:
        return False
    order: Any = "big" if node.message.big else "little"
    words = (int.from_bytes(raw[at : at + WORD], order) for at in range(0, len(raw), WORD))
    numbers = [
        32 * at + bit for at, word in enumerate(words) for bit in range(32) if word >> bit & 1
    ]
    if names is not None:
        flags = names.flags
        said = [names.names.get(1 << n if flags else n, str(n)) for n in numbers]
    else:
        said = [str(a) if a == b else f"{a}-{b}" for a, b in runs(numbers)]
    node.set_value("bitmap", raw, " ".join(said) or "none")
    return True


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


HOOKS = {"bits": bits, "speed": speed}
