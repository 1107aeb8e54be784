"""IPsec states and policies in one line, in the manner of ip-xfrm(8)."""

from __future__ import annotations

from collections.abc import Callable

from nldissect.hooks import Lookup, Message, Piece, Template

XFRM_INF = (1 << 64) - 1
ICMP_PROTOCOLS = (1, 58, 135)  # ICMP, ICMPv6, MH: type and code stand where ports do
GRE = 47


def limit(value: int, message: Message, get: Callable[[str], object]) -> str | None:
    """XFRM_INF is no limit."""
    return "INF" if value == XFRM_INF else None


def selector(seen: Lookup, at: str) -> None:
    """`src 192.0.2.0/24 dst 198.51.100.0/24 proto tcp sport 1 dport 2 dev eth0`."""
    node = seen.at(at)
    if node is None:
        return
    of = {child.name: child for child in node.children}
    if not {"saddr", "daddr", "prefixlen-s", "prefixlen-d", "proto", "sport"} <= of.keys():
        return
    seen.say(f"src {of['saddr'].value}/{of['prefixlen-s'].value}")
    seen.say(f"dst {of['daddr'].value}/{of['prefixlen-d'].value}")
    proto, ports = of["proto"].value, []
    if proto:
        seen.say(f"proto {of['proto'].text}")
    source = of["sport"].value if of["sport-mask"].value else None
    destination = of["dport"].value if of["dport-mask"].value else None
    if proto == GRE and (source is not None or destination is not None):
        ports = [f"key {(source or 0) << 16 | (destination or 0)}"]
    else:
        words = ("type", "code") if proto in ICMP_PROTOCOLS else ("sport", "dport")
        both = zip(words, (source, destination), strict=True)
        ports = [f"{word} {value}" for word, value in both if value is not None]
    for port in ports:
        seen.say(port)
    if "ifindex" in of and of["ifindex"].value:
        seen.say(f"dev {of['ifindex'].text}")


def template(piece: Piece) -> str:
    """One struct xfrm_user_tmpl."""
    seen = {child.name: child for child in piece.children}
    one = {child.name: child for child in seen["id"].children} if "id" in seen else {}
    if not {"daddr", "spi", "proto"} <= one.keys() or not {"saddr", "reqid", "mode"} <= seen.keys():
        return ""
    out = f"tmpl src {seen['saddr'].value} dst {one['daddr'].value} proto {one['proto'].text}"
    if one["spi"].value:
        out += f" spi 0x{one['spi'].value:08x}"
    out += f" reqid {seen['reqid'].value} mode {seen['mode'].text}"
    if "optional" in seen and seen["optional"].value:
        out += " level use"
    return out


def spi(value: int) -> str:
    """An SPI with all its digits."""
    return f"0x{value:08x}"


MARKS = Template(
    "[mark {mark.v:hex}/{mark.m:hex}] [if_id {if-id:hex}] [dir {sa-dir}] [pcpu-num {sa-pcpu}]"
)
STATE = Template(
    "src {saddr} dst {id.daddr} proto {id.proto} spi {id.spi:spi} reqid {reqid} mode {mode}",
    spi=spi,
)
POLICY = {
    at: Template(f"dir {{{at}dir}} [{{{at}action=1}}action block] [priority {{{at}priority?}}]")
    for at in ("", "xfrm-user-polexpire.pol.", "policy.", "xfrm-user-acquire.policy.")
}
DIRECTION = Template("dir {dir} [index {index?}]")
ALGORITHMS = Template(
    """[{!alg-auth-trunc}auth {alg-auth.alg-name}] [auth-trunc {alg-auth-trunc.alg-name}]
    [enc {alg-crypt.alg-name}] [aead {alg-aead.alg-name}] [comp {alg-comp.alg-name}]"""
)
STATE_ID = Template("[src {srcaddr}] dst {daddr} proto {proto} spi {spi:spi}", spi=spi)
EVENT_ID = Template(
    """src {saddr} dst {sa-id.daddr} proto {sa-id.proto} spi {sa-id.spi:spi} reqid {reqid}
    [{flags:words}] [seq {replay-val.seq} oseq {replay-val.oseq}]
    [replay-thresh {replay-thresh}] [etimer-thresh {etimer-thresh}]""",
    spi=spi,
)
ACQUIRE = Template("proto {id.proto} spi {id.spi:spi}", spi=spi)
MOVED = Template(
    """dst {id.daddr} proto {id.proto} spi {id.spi:spi}
    [{old-mark.m!=0}mark {old-mark.v:hex}/{old-mark.m:hex}]
    -> src {new-saddr} dst {new-daddr} reqid {new-reqid}
    [{xfrm-user-migrate-state.flags?:words}]""",
    spi=spi,
)
RANGE = Template("min {min:hex} max {max:hex}")
FILTER = Template(
    "[src {address-filter.saddr}/{address-filter.splen}]"
    " [dst {address-filter.daddr}/{address-filter.dplen}]"
)
PROTO = Template("[proto {XFRMA_PROTO}]")
HARD = Template("[{hard=1}hard] [{hard=0}soft]")


def state_at(seen: Lookup, at: str) -> None:
    """A state inside of something, where `saddr` is not the only one of that name."""
    node = seen.at(at)
    of = {} if node is None else {child.name: child for child in node.children}
    one = {child.name: child for child in of["id"].children} if "id" in of else {}
    if {"daddr", "spi", "proto"} <= one.keys() and {"saddr", "reqid", "mode"} <= of.keys():
        seen.say(f"src {of['saddr'].value} dst {one['daddr'].value} proto {one['proto'].text}")
        seen.say(f"spi {spi(one['spi'].value)} reqid {of['reqid'].value} mode {of['mode'].text}")


def state(seen: Lookup) -> None:
    """A state as `ip xfrm state` shows it, with its algorithms."""
    seen.fill(STATE)
    seen.fill(ALGORITHMS)
    seen.fill(MARKS)
    if seen.value("sel.family"):
        seen.say("sel")
        selector(seen, "sel")


def state_id(seen: Lookup) -> None:
    """A state by its identity; the kernel's notice has the whole in XFRMA_SA."""
    if seen.has("sa"):
        state_at(seen, "sa")
    else:
        seen.fill(STATE_ID)
    seen.fill(MARKS)


def query(seen: Lookup) -> None:
    """The state that is asked for; a dump's header says nothing, its filter does."""
    if seen.value("xfrm-usersa-id.proto"):
        state_id(seen)
    else:
        seen.fill(PROTO)
        if seen.value("address-filter.family"):
            seen.fill(FILTER)


def allocate(seen: Lookup) -> None:
    """Between which and for which state an SPI is wanted."""
    state_at(seen, "xfrm-userspi-info.info")
    seen.fill(RANGE)


def expire(seen: Lookup) -> None:
    """A state whose time is over."""
    seen.fill(HARD)
    state_at(seen, "xfrm-user-expire.state")
    seen.fill(MARKS)


LISTED = 8  # templates and addresses in a line


def templates(seen: Lookup) -> None:
    """What a policy wants of packets."""
    found = seen.at("tmpl")
    listed = [] if found is None else found.children
    for piece in listed[:LISTED]:
        seen.say(template(piece))
    seen.say(seen.more(listed, LISTED))


def policy_at(seen: Lookup, at: str) -> None:
    """A policy as `ip xfrm policy` shows it."""
    selector(seen, at + "sel")
    seen.fill(POLICY[at])
    seen.fill(MARKS)


def policy(seen: Lookup) -> None:
    """A policy with its templates."""
    policy_at(seen, "")
    templates(seen)


def policy_id(seen: Lookup) -> None:
    """A policy by its selector or index; the kernel's notice has the whole in XFRMA_POLICY."""
    if seen.has("policy"):
        policy_at(seen, "policy.")
    elif seen.value("sel.family") or seen.value("index"):
        if seen.value("sel.family"):
            selector(seen, "sel")
        seen.fill(DIRECTION)


def acquire(seen: Lookup) -> None:
    """What is wanted: the state's protocol, the packet, the policy."""
    seen.fill(ACQUIRE)
    seen.say("sel")
    selector(seen, "sel")
    seen.say("policy")
    policy_at(seen, "xfrm-user-acquire.policy.")
    templates(seen)


def policy_expire(seen: Lookup) -> None:
    """A policy whose time is over."""
    seen.fill(HARD)
    policy_at(seen, "xfrm-user-polexpire.pol.")
    templates(seen)


def report(seen: Lookup) -> None:
    """Which packet it was."""
    seen.say(f"proto {seen.text('proto')}")
    selector(seen, "sel")


def migrate(seen: Lookup) -> None:
    """From which addresses to which."""
    policy_id(seen)
    found = seen.at("migrate")
    listed = [] if found is None else found.children
    for piece in listed[:LISTED]:
        of = {child.name: child.text for child in piece.children}
        if "new-saddr" in of:
            seen.say(
                f"src {of['old-saddr']} dst {of['old-daddr']}"
                f" -> src {of['new-saddr']} dst {of['new-daddr']}"
            )
    seen.say(seen.more(listed, LISTED))


def migrate_state(seen: Lookup) -> None:
    """Which state moves, from where to where."""
    seen.fill(MOVED)
    seen.fill(MARKS)
    if seen.value("new-sel.family"):
        seen.say("sel")
        selector(seen, "new-sel")


def event(seen: Lookup) -> None:
    """Counters of a state."""
    seen.fill(EVENT_ID)


HOOKS = {"limit": limit}
SUMMARIES = {
    "newsa": state, "updsa": state, "delsa": state_id, "getsa": query, "allocspi": allocate,
    "expire": expire, "newpolicy": policy, "updpolicy": policy, "delpolicy": policy_id,
    "getpolicy": policy_id, "acquire": acquire, "polexpire": policy_expire, "report": report,
    "migrate": migrate, "migrate-state": migrate_state, "newae": event, "getae": event,
}  # fmt: skip
