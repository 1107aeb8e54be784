"""What follows struct cn_msg: of processes by what happened, bytes of all others."""

from __future__ import annotations

from nldissect.hooks import BINARY, STRUCT, Field, Lookup, Message, Node, part

HEADER_SIZE = 20  # struct cn_msg
PROC = (1, 1)  # CN_IDX_PROC, CN_VAL_PROC
EVENT_HEAD = 16
# enum what: the struct in the union, if it is not called as the event
STRUCTS = {
    0: "ack", 0x1: "fork", 0x2: "process", 0x4: "uid", 0x40: "gid", 0x80: "process",
    0x100: "ptrace", 0x200: "comm", 0x20000000: "exit", 0x40000000: "coredump",
    0x80000000: "exit",
}  # fmt: skip


def add(message: Message, name: str, start: int, end: int, out: list[Node]) -> int:
    """The struct of this name from `start`, as far as it is there; where it ends."""
    struct = message.spec.struct(name) if message.spec is not None else None
    if struct is None or start >= end:
        return start
    stop = min(start + struct.size, end)
    field = Field(name, None, -1, STRUCT)
    field.struct = struct
    out.append(Node(field, message, None, start, start, stop))
    return stop


def payload(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """Requests and events of processes; other modules' bytes as they are."""
    head = pos - HEADER_SIZE

    def number(at: int, size: int = 4) -> int:
        return int.from_bytes(message.data[at : at + size], "big" if message.big else "little")

    if head < message.base + 16 or (number(head), number(head + 4)) != PROC:
        return False
    size = number(head + 16, 2)
    end = min(pos + size, limit)
    if size < EVENT_HEAD:
        pos = add(message, "proc-input" if size >= 8 else "proc-mcast-op", pos, end, out)
    else:
        what = number(pos)
        pos = add(message, "proc-event", pos, end, out)
        pos = add(message, STRUCTS.get(what, ""), pos, end, out) if what in STRUCTS else pos
    if pos < limit:
        out.append(Node(part("rest", BINARY), message, None, pos, pos, limit))
    return True


def line(seen: Lookup) -> None:
    """`exec pid 7`, `exit pid 7 code 0x100`; the module of others."""
    seen.settle()
    of = {c.name: c for node in seen.message.nodes for c in node.children}
    seen.say(of["idx"].label or str(of["idx"].value) if "idx" in of else "")
    if "what" in of:
        seen.say((of["what"].label or "ack") if of["what"].value else "ack")
        for word, name in WORDS:
            if name in of:
                code = name == "exit-code"
                seen.say(f"{word} {of[name].value:#x}" if code else f"{word} {of[name].value}")
    elif "mcast-op" in of:
        seen.say(of["mcast-op"].label or str(of["mcast-op"].value))
        if "event-type" in of:
            seen.say(of["event-type"].label or "")
    elif "len" in of:
        seen.say(f"val {of['val'].value} {of['len'].value} bytes")


WORDS = (
    ("parent", "parent-pid"), ("child", "child-pid"), ("pid", "process-pid"), ("ruid", "ruid"),
    ("euid", "euid"), ("rgid", "rgid"), ("egid", "egid"), ("tracer", "tracer-pid"),
    ("comm", "comm"), ("err", "err"), ("code", "exit-code"), ("signal", "exit-signal"),
)  # fmt: skip
HOOKS = {"payload": payload}
SUMMARIES = {"connector": line}
