"""Sockets: names, filters in words, one line as ss(8) shows it."""

from __future__ import annotations

from collections.abc import Callable

from nldissect.dissectors._sockaddr import STORAGE, endpoint
from nldissect.hooks import Lookup, Message, Node, Template, format_address

AF_INET, AF_INET6 = 2, 10
ALL = 255


def unix_name(node: Node) -> bool:
    """A path, or behind a NUL an abstract name, shown with @ as everywhere."""
    raw = node.bytes
    abstract = raw[:1] == b"\0" and len(raw) > 1
    text = raw[1:] if abstract else raw.rstrip(b"\0")
    shown = text.decode("utf-8", "backslashreplace").replace("\0", "@")
    node.set_value("string", "@" + shown if abstract else shown)
    return True


def sockaddrs(node: Node) -> bool:
    """SCTP's many addresses: an array of struct sockaddr_storage."""
    raw, big = node.bytes, node.message.big
    if not raw or len(raw) % STORAGE:
        return False
    texts = [endpoint(raw[at : at + STORAGE], big) for at in range(0, len(raw), STORAGE)]
    node.set_value("sockaddrs", " ".join(text or "?" for text in texts))
    return True


# -- filters ---------------------------------------------------------------------------

JMP, AUTO, S_COND, D_COND, DEV, MARK, CGROUP = 1, 6, 7, 8, 9, 10, 13
PORTS = {2: "sport >=", 3: "sport <=", 4: "dport >=", 5: "dport <=", 11: "sport =", 12: "dport ="}


def condition(code: int, raw: bytes, order: str) -> str | None:
    """One command with its arguments in words; None if they do not fit."""

    def number(at: int, size: int) -> int:
        return int.from_bytes(raw[at : at + size], "big" if order == "big" else "little")

    size = len(raw)
    if code == 0:
        return "nop"
    if code == JMP:
        return "jump"
    if code == AUTO:
        return "autobound"
    if code in PORTS and size >= 8:
        return f"{PORTS[code]} {number(6, 2)}"
    if code in (S_COND, D_COND) and size >= 12:
        bits, port = raw[5], number(8, 4)
        word = "src" if code == S_COND else "dst"
        address = raw[12:]
        text = "*"
        if bits:
            full = 16 if raw[4] == AF_INET6 else 4
            if len(address) * 8 < bits or bits > full * 8:
                return None
            known = address[:full].ljust(full, b"\0")
            text = f"[{format_address(known)}]" if full == 16 else format_address(known)
            text += "" if bits == full * 8 else f"/{bits}"
        return f"{word} {text}:{'*' if port == 0xFFFFFFFF else port}"
    if code == DEV and size >= 8:
        return f"dev index {number(4, 4)}"
    if code == MARK and size >= 12:
        return f"mark 0x{number(4, 4):x}/0x{number(8, 4):x}"
    if code == CGROUP and size >= 12:
        return f"cgroup {number(4, 8)}"
    return None


def place(at: int, size: int) -> str:
    """Where a jump leads: to a command, to the end, which matches, or beyond it."""
    return str(at) if at < size else "match" if at == size else "no match"


def bytecode(node: Node) -> bool:
    """The filter: each command with its place, and where it jumps to if it does not hold."""
    raw, order = node.bytes, "big" if node.message.big else "little"
    at, out, size = 0, [], len(raw)
    while at < size:
        if size - at < 4:
            return False
        code, yes = raw[at], raw[at + 1]
        no = int.from_bytes(raw[at + 2 : at + 4], "big" if node.message.big else "little")
        if yes < 4 or yes & 3 or at + yes > size:
            return False
        text = condition(code, raw[at : at + yes], order)
        if text is None:
            return False
        if code == JMP:
            out.append(f"{at}: jump {place(at + no, size)}")
        elif code == 0:
            out.append(f"{at}: nop")
        else:
            out.append(f"{at}: {text} else {place(at + no, size)}")
        at += yes
    node.set_value("bytecode", "; ".join(out))
    return True


# -- words -----------------------------------------------------------------------------

Get = Callable[[str], object]
VERSIONS = {0x303: "1.2", 0x304: "1.3"}
T3_RTX = 4
# enum sctp_state of the kernel's net/sctp/constants.h
ASSOCIATION = (
    "closed", "cookie-wait", "cookie-echoed", "established",
    "shutdown-pending", "shutdown-sent", "shutdown-received", "shutdown-ack-sent",
)  # fmt: skip
FANOUTS = ("hash", "lb", "cpu", "rollover", "rnd", "qm", "cbpf", "ebpf")
OPTIONS = (
    "recverr", "is-icsk", "freebind", "hdrincl", "mc-loop", "transparent", "mc-all", "nodefrag",
    "bind-address-no-port", "recverr-rfc4884", "defer-connect",
)  # fmt: skip


def state_label(value: int, message: Message, get: Get) -> str | None:
    """An association of SCTP, which alone has peers, has states of its own."""
    if value < len(ASSOCIATION) and get("peers") is not None:
        return ASSOCIATION[value]
    return None


def timer(value: int, message: Message, get: Get) -> str | None:
    """The only timer of SCTP that is told of; of others, the enumeration's."""
    return "t3-rtx" if value == T3_RTX and get("peers") is not None else None


def fanout(value: int, message: Message, get: Get) -> str:
    """The group's number, and how packets are spread over its sockets."""
    kind = value >> 16
    return f"{value & 0xFFFF} {FANOUTS[kind] if kind < len(FANOUTS) else kind}"


def device(value: int, message: Message, get: Get) -> str:
    """The kernel's own dev_t: 20 bits of minor number."""
    return f"{value >> 20}:{value & 0xFFFFF}"


def sockopt(value: int, message: Message, get: Get) -> str | None:
    """Bit fields, of which a big-endian machine has the first in the highest bit."""
    if not message.big:
        return None
    low, high = value & 0xFF, value >> 8
    bits = [low >> 7 - bit & 1 for bit in range(8)] + [high >> 7 - bit & 1 for bit in range(3)]
    return "|".join(name for name, bit in zip(OPTIONS, bits, strict=True) if bit)


def wscale(value: int, message: Message, get: Get) -> str:
    """Two bit fields of 4 bits: what is sent, what is received."""
    first, second = value & 15, value >> 4
    return f"{second},{first}" if message.big else f"{first},{second}"


def app_limited(value: int, message: Message, get: Get) -> str:
    """A bit, and two that say why fast open failed."""
    if message.big:
        return f"{value >> 7}, fastopen_client_fail {value >> 5 & 3}"
    return f"{value & 1}, fastopen_client_fail {value >> 1 & 3}"


def tls_version(value: int, message: Message, get: Get) -> str | None:
    """TLS_1_2_VERSION, TLS_1_3_VERSION."""
    return VERSIONS.get(value)


def all_protocols(value: int, message: Message, get: Get) -> str | None:
    """NDIAG_PROTO_ALL is none of them."""
    return "all" if value == ALL else None


HOOKS = {
    "unix-name": unix_name, "sockaddrs": sockaddrs,
    "bytecode": bytecode, "state": state_label, "timer": timer, "fanout": fanout,
    "device": device, "sockopt": sockopt, "wscale": wscale, "app-limited": app_limited,
    "tls-version": tls_version, "all-protocols": all_protocols,
}  # fmt: skip

# -- lines -----------------------------------------------------------------------------

STATES = (
    "UNKNOWN", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONN",
    "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "NEW-SYN-RECV", "BOUND-INACTIVE",
)  # fmt: skip
EVERY = 0xFFF  # the states that there always were
UNIX = {1: "u_str", 2: "u_dgr", 5: "u_seq"}
VMADDR_ANY = 0xFFFFFFFF
VSOCK = {1: "v_str", 2: "v_dgr"}


def state(value: int) -> str:
    """The state as ss names it."""
    return STATES[value] if value < len(STATES) else f"state {value}"


def states(value: int) -> str:
    """Those that are asked for."""
    if value & EVERY == EVERY:
        return "all"
    found = [name for bit, name in enumerate(STATES) if bit and value >> bit & 1]
    return ",".join(found) or "none"


def port(value: int) -> str:
    """A port; * is any."""
    return str(value) if value else "*"


def unix(value: int) -> str:
    """The type of a UNIX socket as ss names it."""
    return UNIX.get(value, "unix")


def vsock(value: int) -> str:
    """The type of a socket of VSOCK."""
    return VSOCK.get(value, "vsock")


def anything(value: int) -> str:
    """A number of VSOCK; * is any."""
    return str(value) if value != VMADDR_ANY else "*"


def milliseconds(value: int) -> str:
    """Of microseconds, as ss shows them."""
    return f"{value / 1000:g}"


def line(text: str) -> Callable[[Lookup], None]:
    """A summary that a template with the words above writes."""
    template = Template(
        text, state=state, states=states, port=port, unix=unix, vsock=vsock, anything=anything,
        ms=milliseconds,
    )  # fmt: skip
    return lambda seen: seen.fill(template)


ENDS = "{id.idiag-src:host}:{id.idiag-sport:port} {id.idiag-dst:host}:{id.idiag-dport:port}"
ASKED = f"""
    [{{idiag-states!=0}}states {{idiag-states:states}}]
    [{{id.idiag-sport!=0}}{ENDS}][{{id.idiag-sport=0}}{{id.idiag-dport!=0}}{ENDS}]
    [{{idiag-ext!=0}}show {{idiag-ext:words}}] [filter {{bytecode}}]
"""
# Only TCP's says itself by its tcp_info what it is, and MPTCP's by its mptcp_info.
KIND = """
    [{protocol}][{!protocol}[{info.snd-mss!=-1}tcp][{info.subflows!=-1}mptcp]
    [{!info.snd-mss}{!info.subflows}{idiag-family}]]
"""
REST = """
    rq {idiag-rqueue} wq {idiag-wqueue} [{idiag-uid!=0}uid {idiag-uid}]
    [{idiag-inode!=0}ino {idiag-inode}]
    [{cong}] [{info.rtt!=0}rtt {info.rtt:ms}] [cwnd {info.snd-cwnd}]
"""
PLAIN = line(f"{KIND} {{idiag-state:state}} {ENDS} {REST}")
ENDPOINT = line(f"sctp {{idiag-state:state}} {ENDS} {REST}")
ASSOCIATED = line(f"sctp {{idiag-state:upper}} {ENDS} {REST}")  # in the words of its label


def inet(seen: Lookup) -> None:
    """A socket; of SCTP, which alone lists addresses, also an association of one."""
    if not seen.has("locals"):
        PLAIN(seen)
    elif seen.has("peers"):
        ASSOCIATED(seen)
    else:
        ENDPOINT(seen)


get_inet = line(f"{{sdiag-family}} {{protocol|sdiag-protocol}} {ASKED}")
getsock = line(f"{{idiag-family}} {ASKED}")

SUMMARIES = {
    "tcpdiag-getsock": getsock,
    "dccpdiag-getsock": getsock,
    "tcpdiag-sock": inet,
    "dccpdiag-sock": inet,
    "inet": inet,
    "get-inet": get_inet,
    "get-raw": get_inet,
    "destroy-inet": get_inet,
    "get-unix": line(
        "[{udiag-states!=0}states {udiag-states:states}] [{udiag-ino!=0}ino {udiag-ino}]"
        " [{udiag-show!=0}show {udiag-show:words}]"
    ),
    "unix": line(
        "{udiag-type:unix} {udiag-state:state} [{name}][{!name}*] ino {udiag-ino} [peer {peer}]"
        " [rq {rqlen.udiag-rqueue}] [wq {rqlen.udiag-wqueue}] [{uid!=0}uid {uid}]"
    ),
    "get-vsock": line("[{vdiag-states!=0}states {vdiag-states:states}]"),
    "vsock": line(
        "{vdiag-type:vsock} {vdiag-state:state} {vdiag-src-cid:anything}:{vdiag-src-port:anything}"
        " {vdiag-dst-cid:anything}:{vdiag-dst-port:anything}"
    ),
    "get-tipc": line("[{tidiag-states!=0}states {tidiag-states:states}]"),
    "tipc": line(
        "{sock.type} {sock.tipc-state:state} {sock.addr:value}:{sock.ref}"
        " [{sock.con.node:value}:{sock.con.sock}] [rq {sock.stat.rcvq}] [wq {sock.stat.sendq}]"
        " [drop {sock.stat.drop?}] [{sock.uid!=0}uid {sock.uid}] [ino {sock.ino}]"
    ),
    "smc": line(f"{ENDS} [{{diag-mode}}] [{{diag-uid!=0}}uid {{diag-uid}}] ino {{diag-inode}}"),
}
