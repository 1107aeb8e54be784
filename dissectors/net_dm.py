"""Drop monitor: the places of a summary alert."""

from __future__ import annotations

from typing import Literal

from nldissect.dissectors._packet import packet_line
from nldissect.hooks import MOST_PARTS, U32, U64, Lookup, Node, Template, cut_short, member, part

COUNT, PC = part("count", U32), part("pc", U64)
SHOWN = 4
POINT = 12  # struct net_dm_drop_point: __u8 pc[8], __u32 count


def alert(node: Node) -> bool:
    """struct net_dm_alert_msg: how many, and as many places with their counts."""
    size = node.end - node.start
    if size < 4:
        return False
    node.shown = "struct"
    member(node, part("entries", U32), node.start, node.start + 4)
    at = node.start + 4
    order: Literal["big", "little"] = "big" if node.message.big else "little"
    most = at + MOST_PARTS // 2 * POINT
    while at + POINT <= min(node.end, most):
        pc = member(node, PC, at, at + 8)
        pc.set_label(f"{int.from_bytes(pc.bytes, order):#x}")
        member(node, COUNT, at + 8, at + POINT)
        at += POINT
    if at == most:
        cut_short(node, at)
    else:
        node.leftover(at)
    return True


def drops(seen: Lookup) -> None:
    """`1 drops at 0xffffffffabcd1234`, for each place, as dropwatch(1) has them."""
    alert = seen.at("unspec")
    places = [] if alert is None else alert.children[1:]
    shown = places[: 2 * SHOWN]
    for pc, count in zip(shown[::2], shown[1::2], strict=False):
        seen.say(f"{count.text} drops at {pc.text}")
    if len(places) > 2 * SHOWN:
        seen.say(f"+{len(places) // 2 - SHOWN}")


WHERE = Template(
    "[drop at {symbol}] [hardware drop {hw-trap-name}] [reason {reason}] [origin {origin}]"
    " [input port {in-port.netdev-ifindex:index}] [protocol {proto}] [length {orig-len}]"
)


def dropped(seen: Lookup) -> None:
    """A packet that was dropped."""
    seen.fill(WHERE)
    seen.say(packet_line(seen))


HOOKS = {"alert": alert}
SUMMARIES = {"alert": drops, "packet-alert": dropped}
