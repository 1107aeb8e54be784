"""Team devices: options by their type, options and ports in one line."""

from __future__ import annotations

from typing import Any

from nldissect.hooks import Lookup, Node, Piece, in_scope

# Types of options are those of the kernel's attribute policies: NLA_U32 and so on.
U32, STRING, FLAG, BINARY, S32 = 3, 5, 6, 11, 14
STATISTICS = ("lb_hash_stats", "lb_port_stats")  # struct lb_stats: bytes that were sent
SHOWN = 4  # options or ports in one line


def option_value(node: Node) -> bool:
    """The value of an option, by `type` beside it."""
    kind, raw = in_scope(node, "type"), node.bytes
    order: Any = "big" if node.message.big else "little"
    if kind in (U32, S32) and len(raw) == 4:
        signed = kind == S32
        node.set_value("s32" if signed else "u32", int.from_bytes(raw, order, signed=signed))
    elif kind == STRING and raw.isascii():
        node.set_value("string", raw.rstrip(b"\0").decode("ascii"))
    elif kind == BINARY and len(raw) == 8 and in_scope(node, "name") in STATISTICS:
        node.set_value("u64", int.from_bytes(raw, order))
    elif kind == FLAG and not raw:
        node.set_value("flag", True)
    else:
        return False
    return True


HOOKS = {"option-value": option_value}


def option(parts: dict[str, Piece]) -> str:
    """`mode roundrobin`, of a port `priority 0 on dummy0`, of an array `lb_hash_stats[7] 90`.

    A flag is false where it has no data.
    """
    words = [parts["name"].text if "name" in parts else "?"]
    if "array-index" in parts:
        words[0] += f"[{parts['array-index'].text}]"
    data = parts["data"].value if "data" in parts else None
    if "type" in parts and parts["type"].value == FLAG:
        words.append("true" if data is not None else "false")
    elif "data" in parts:
        words.append(f"<{len(data)} bytes>" if isinstance(data, bytes) else parts["data"].text)
    if "port-ifindex" in parts:
        words.append(f"on {parts['port-ifindex'].text}")
    if "removed" in parts:
        words.append("removed")
    return " ".join(words)


def port(parts: dict[str, Piece]) -> str:
    """`dummy0 up 1000Mbit`."""
    words = [parts["ifindex"].text if "ifindex" in parts else "?"]
    words.append("up" if "linkup" in parts else "down")
    if "speed" in parts and parts["speed"].value:
        words.append(f"{parts['speed'].text}Mbit")
    if "removed" in parts:
        words.append("removed")
    return " ".join(words)


def team(seen: Lookup) -> str:
    """The device, then its first options or ports."""
    words = ["dev", seen.text("team-ifindex")] if seen.has("team-ifindex") else []
    for path, say in (("list-option", option), ("list-port", port)):
        entries = seen.at(path)
        if entries is None:
            continue
        items = entries.children
        told = [say({piece.name: piece for piece in item.children}) for item in items[:SHOWN]]
        if more := seen.more(items, SHOWN):
            told.append(more)
        if told:
            words += [path.removeprefix("list-") + "s", ", ".join(told)]
    return " ".join(words)


SUMMARIES = {"options-set": team, "options-get": team, "port-list-get": team}
