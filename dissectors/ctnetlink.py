"""Connections and expectations as conntrack(8) prints them."""

from __future__ import annotations

from nldissect.hooks import Lookup, Template

MULTI = 2  # NLM_F_MULTI: answers have it, events have not (net/netfilter/nf_conntrack_netlink.c)
NEW = 0x600  # NLM_F_CREATE, NLM_F_EXCL: an event of a new one has them
TCP = (
    "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK",
    "TIME_WAIT", "CLOSE", "SYN_SENT2",
)  # fmt: skip
SCTP = (
    "NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_SENT",
    "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT", "HEARTBEAT_ACKED",
)  # fmt: skip


def tcp(value: int) -> str:
    """A state of TCP as conntrack writes it."""
    return TCP[value] if value < len(TCP) else str(value)


def sctp(value: int) -> str:
    """A state of SCTP."""
    return SCTP[value] if value < len(SCTP) else str(value)


def ends(tuple_: str, counters: str) -> str:
    """A direction of a connection: its ends, and what was counted."""
    ip, proto = f"{tuple_}.ip", f"{tuple_}.proto"
    return f"""
        [src={{{ip}.v4-src|{ip}.v6-src}}] [dst={{{ip}.v4-dst|{ip}.v6-dst}}]
        [sport={{{proto}.src-port}}] [dport={{{proto}.dst-port}}]
        [type={{{proto}.icmp-type|{proto}.icmpv6-type}}]
        [code={{{proto}.icmp-code|{proto}.icmpv6-code}}] [id={{{proto}.icmp-id|{proto}.icmpv6-id}}]
        [packets={{{counters}.packets}}] [bytes={{{counters}.bytes}}]
    """


CONNECTION = Template(
    rf"""
    [{{tuple-orig.proto.num|tuple-reply.proto.num}}] [{{timeout}}] [{{protoinfo.tcp.state:tcp}}]
    [{{protoinfo.sctp.state:sctp}}] {ends("tuple-orig", "counters-orig")}
    [{{status!&2}}\[UNREPLIED\]] {ends("tuple-reply", "counters-reply")}
    [{{status&4}}\[ASSURED\]] [mark={{mark}}] [zone={{zone}}] [use={{use}}] [helper={{help.name}}]
""",
    tcp=tcp,
    sctp=sctp,
)
EXPECTATION = Template(f"""
    [{{timeout}}] [proto={{tuple.proto.num}}] {ends("tuple", "counters-orig")}
    [mask-src={{mask.ip.v4-src|mask.ip.v6-src}}] [mask-dst={{mask.ip.v4-dst|mask.ip.v6-dst}}]
    [master-src={{master.ip.v4-src|master.ip.v6-src}}]
    [master-dst={{master.ip.v4-dst|master.ip.v6-dst}}] [sport={{master.proto.src-port}}]
    [dport={{master.proto.dst-port}}] [class={{class}}] [helper={{help-name}}]
""")


def event(seen: Lookup) -> None:
    """Whether it is new, changed or gone, where that is what a listener hears."""
    message = seen.message
    if message.to_kernel or message.flags & MULTI or message.operation is None:
        return
    if message.operation.name.endswith("delete"):
        seen.say("[DESTROY]")
    elif message.flags & NEW:
        seen.say("[NEW]")
    else:
        seen.say("[UPDATE]")


def connection(seen: Lookup) -> None:
    """A connection, or what is asked of some."""
    event(seen)
    seen.fill(CONNECTION)


def expectation(seen: Lookup) -> None:
    """A connection that is expected."""
    event(seen)
    seen.fill(EXPECTATION)


CONNECTIONS = (
    "ct-new", "ct-get", "ct-delete", "ct-get-ctrzero", "ct-get-dying", "ct-get-unconfirmed",
)  # fmt: skip
SUMMARIES = {
    **dict.fromkeys(CONNECTIONS, connection),
    **dict.fromkeys(("exp-new", "exp-get", "exp-delete"), expectation),
}
