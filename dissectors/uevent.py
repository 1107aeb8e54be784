"""Events of devices: `ACTION@DEVPATH`, or udev's header, and KEY=VALUE, each ended by a NUL."""

from __future__ import annotations

from nldissect.hooks import STRING, STRUCT, Field, Lookup, Message, Node, part

UDEV = b"libudev\0"
LISTED = ("INTERFACE", "DEVNAME", "DEVTYPE", "DRIVER", "MAJOR", "MINOR")


def text_of(raw: bytes) -> str:
    """Text as it is, bytes that are none escaped."""
    return raw.decode("utf-8", "backslashreplace")


def string(message: Message, name: str, start: int, end: int, value: str) -> Node:
    """A node of these bytes, with a NUL at the end or none."""
    node = Node(part(name, STRING), message, None, start, start, end)
    node.set_value("string", value)
    return node


def properties(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """All of a datagram as nodes, the keys as their names."""
    data = message.data
    if data.startswith(UDEV, pos) and message.spec is not None:
        struct = message.spec.struct("monitor-netlink-header")
        if struct is None or limit - pos < struct.size:
            return False
        field = Field(struct.name, None, -1, STRUCT)
        field.struct = struct
        head = Node(field, message, None, pos, pos, pos + struct.size)
        out.append(head)
        pos += struct.size
    elif b"@" not in data[pos:limit].partition(b"\0")[0]:
        return False
    else:
        end = data.find(0, pos, limit)
        end = limit if end < 0 else end
        at = data.index(b"@", pos, end)
        out.append(string(message, "action", pos, at, text_of(data[pos:at])))
        stop = min(end + 1, limit)
        out.append(Node(part("devpath", STRING), message, None, at, at + 1, stop))
        out[-1].set_value("string", text_of(data[at + 1 : end]))
        pos = stop
    while pos < limit:
        end = data.find(0, pos, limit)
        end = limit if end < 0 else end
        stop = min(end + 1, limit)
        key, equals, value = data[pos:end].partition(b"=")
        if equals and key:
            start = pos + len(key) + 1
            name = text_of(key)
            out.append(Node(part(name, STRING), message, None, pos, start, stop))
            out[-1].set_value("string", text_of(value))
        else:
            out.append(string(message, "text", pos, stop, text_of(data[pos:end])))
        pos = stop
    return True


def event(seen: Lookup) -> None:
    """`add /devices/virtual/net/eth0 (net) INTERFACE=eth0`, as udevadm(8) monitor has it."""
    origin = "udev " if seen.has("monitor-netlink-header") else ""
    seen.say(origin + (seen.text("ACTION") or seen.text("action")))
    seen.say(seen.text("DEVPATH") or seen.text("devpath"))
    if seen.has("SUBSYSTEM"):
        seen.say(f"({seen.text('SUBSYSTEM')})")
    for key in LISTED:
        if seen.has(key):
            seen.say(f"{key}={seen.text(key)}")


HOOKS = {"properties": properties}
SUMMARIES = {"uevent": event}
