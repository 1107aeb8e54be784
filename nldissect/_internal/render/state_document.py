"""The state of a host (`analysis.network_state`) as a document for JSON, and as lines of text.

Links, addresses, routes, rules, neighbours, next hops, qdiscs and bridges are lists as `ip -j -d`,
`tc -j` and `bridge -j` have them, what nftables has is a list as of `nft -j`; generic families and
the objects of other dissectors have a form of our own. What the capture leaves open is under
`unknown`, and in none of the lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..analysis import link_text
from ..analysis.network_state import NetworkState, Step
from ..analysis.object_keys import Key
from ..analysis.object_register import ToldObject
from ..engine.message import Message
from ..engine.summary import summarize
from ..pairing.codes import ANSWER, NOTIFICATION
from ..wire.text import safe
from ..wire.times import TimeFormatter
from . import ip_json, ip_routes, ip_vlans, nft_json
from .ip_fields import Fields, Host

# The lists of the document that are always there, each with the kind that it is of.
LISTS: Final = {
    "links": "link", "routes": "route", "rules": "rule", "neighbours": "neighbour",
    "nexthops": "nexthop", "qdiscs": "qdisc", "classes": "class", "filters": "filter", "fdb": "fdb",
    "families": "family",
}  # fmt: skip
_KINDS: Final = {**LISTS, "addresses": "address"}
# Kinds that many hosts have none of, and that nobody asks for then.
_ON_DEMAND: Final = ("class", "filter", "fdb", "nexthop")


def document(found: NetworkState, capture: str) -> dict[str, Any]:
    """All of it, ready for JSON."""
    out: dict[str, Any] = {
        "capture": capture,
        "message": found.number,
        "time": None if found.time is None else TimeFormatter("utc-date").text(0, found.time),
    }
    sure = {key: told for key, told in found.objects.items() if not found.doubt(key)}
    host = _host(sure)
    for name, kind in LISTS.items():
        out[name] = [_object(kind, told, host) for key, told in _of(sure, kind)]
    out["addresses"] = _by_link(sure, host)
    out["vlans"] = ip_vlans.ports(
        [told.message for key, told in sure.items() if key[0] == "link" and key[2:] == ("bridge",)],
        host,
    )
    out["nftables"] = [
        nft_json.entry(kind, told.message, host)
        for kind in nft_json.KINDS
        for _, told in _of(sure, kind)
    ]
    shown = {*_KINDS.values(), *nft_json.KINDS}
    for key, told in sure.items():
        if key[0] not in shown:  # a kind that only its dissector knows
            out.setdefault(told.kind.plural, []).append(
                Fields(told.message.nodes, host).everything()
            )
    out["unknown"] = list(_unknown(found))
    return out


def _host(objects: dict[Key, ToldObject]) -> Host:
    """What others are told by: the names and states of interfaces, and next hops."""
    host = Host()
    for key, told in _of(objects, "link"):
        host.names[_number(told.message, "ifi-index")] = key[1]
        flags = dict(told.flat).get("ifi-flags", "").split("|")
        if "up" not in flags:
            host.down.add(key[1])
        if "lower-up" not in flags:
            host.idle.add(key[1])
    for _, told in _of(objects, "nexthop"):
        host.next_hops[_number(told.message, "id")] = told.message
    return host


def _of(objects: dict[Key, ToldObject], kind: str) -> list[tuple[Key, ToldObject]]:
    """Those of a kind, links by their number, all others as they were told."""
    found = [(key, told) for key, told in objects.items() if key[0] == kind]
    if kind == "link":
        found = [(key, told) for key, told in found if len(key) == 2]  # not a bridge's own view
        found.sort(key=lambda pair: _number(pair[1].message, "ifi-index"))
    return found


def _number(message: Message, path: str) -> int:
    """A number of a message, 0 where it is not there or cut short."""
    found = message.get(path)
    return found if isinstance(found, int) else 0


def _object(kind: str, told: ToldObject, host: Host) -> dict[str, Any]:
    message = told.message
    if kind == "route":
        return ip_routes.route(message, host, told.lost)
    make = ip_json.OF_KIND.get(kind)
    if make is not None:
        return make(message, host)
    names = {"name": "family-name", "id": "family-id", "version": "version"}
    names |= {"header_size": "hdrsize", "max_attribute": "maxattr"}
    of = Fields(message.nodes, host)
    return {name: of(path) for name, path in names.items()}


def _by_link(objects: dict[Key, ToldObject], host: Host) -> list[dict[str, Any]]:
    """Addresses below their interface, as `ip -j address` has them."""
    out: dict[str, dict[str, Any]] = {}
    for key, told in _of(objects, "link"):
        index = _number(told.message, "ifi-index")
        out[key[1]] = {"ifindex": index, "ifname": key[1], "addr_info": []}
    for _, told in _of(objects, "address"):
        device = dict(told.flat).get("ifa-index", "")
        index = _number(told.message, "ifa-index")
        place = out.setdefault(device, {"ifindex": index, "ifname": device, "addr_info": []})
        place["addr_info"].append(ip_json.address(told.message, host))
    return list(out.values())


def _unknown(found: NetworkState) -> Iterator[dict[str, Any]]:
    """What the capture leaves open: kinds that no dump told whole, objects that are in doubt."""
    whole = {scope[0] for scope in found.complete if not any(scope[1:])}
    if not {"nft-table", "nft-chain"} <= whole:
        yield {"of": "nftables", "why": "no dump of all tables and chains until then"}
    for key in found.objects:
        rules = "nft-rule" in whole or ("nft-rule", *key[1:], "") in found.complete
        if key[0] == "nft-table" and not rules:
            yield {"of": "nftables", "object": " ".join(key[1:]), "why": "no dump of its rules"}
    for name, kind in _KINDS.items():
        why = _incomplete(found, kind)
        there = found.unheard(kind) or any(key[0] == kind for key in found.objects)
        if why and (there or kind not in _ON_DEMAND):
            yield {"of": name, "why": why}
    bridged = any(key[0] == "link" and key[2:] == ("bridge",) for key in found.objects)
    if bridged and ("link", "bridge") not in found.complete:
        yield {"of": "vlans", "why": "no dump of all bridges until then"}
    for key in found.objects:
        doubt = found.doubt(key)
        if doubt:
            yield {"of": key[0], "object": " ".join(key[1:]), "why": doubt}


def _incomplete(found: NetworkState, kind: str) -> str:
    """Why there may be other objects of a kind; "" where a dump had all."""
    scopes = [scope[1:] for scope in found.complete if scope[0] == kind]
    if () in scopes or any(not any(parts) for parts in scopes):
        return ""
    first = sorted(parts[0] for parts in scopes if not any(parts[1:]))
    if first:
        return f"only those of {', '.join(first)} were told whole"
    if found.unheard(kind):
        return f"#{found.unheard(kind)} changed something, and no notification tells what"
    return "no dump of all of them until then"


# -- text -------------------------------------------------------------------------------


def lines(found: NetworkState) -> Iterator[tuple[str, str]]:
    """(text, looks) of each line: the kinds, the objects below them, what is unknown."""
    for kind in (*_ORDER, *nft_json.KINDS):
        objects = _of(found.objects, kind)
        if objects:
            yield _HEADS.get(kind, f"{kind}s"), "strong"
        for key, told in objects:
            doubt = f"  ? {found.doubt(key)}" if found.doubt(key) else ""
            yield (
                safe(f"  {summarize(told.message)}  #{told.message.number}{doubt}"),
                "warning" if doubt else "plain",
            )
    open_ones = [one for one in _unknown(found) if "object" not in one]
    if open_ones:
        yield "unknown", "strong"
    for one in open_ones:
        yield f"  {one['of']}: {one['why']}", "warning"


_ORDER: Final = (
    "link", "address", "route", "rule", "neighbour", "nexthop", "qdisc", "class", "filter",
    "family",
)  # fmt: skip
_HEADS: Final = {
    "address": "addresses", "qdisc": "qdiscs", "class": "classes", "family": "families",
    "nexthop": "next hops",
}  # fmt: skip


# -- steps ------------------------------------------------------------------------------


def step_document(step: Step) -> dict[str, Any]:
    """What a message did to an object, ready for JSON."""
    return {
        "message": step.message.number,
        "time": None
        if (time := _time(step.message)) is None
        else TimeFormatter("utc-date").text(0, time),
        "change": _verb(step),
        "kind": step.key[0],
        "object": " ".join(step.key[1:]),
        "changes": [{"path": one.path, "old": one.old, "new": one.new} for one in step.changes],
        "request": step.link.of or None,
        "process": _who(step),
    }


def step_line(step: Step, clock: TimeFormatter) -> str:
    """The same as a line: when, what became of which object, by whom."""
    number = 0 if step.message.record is None else step.message.record.number
    words = [f"#{step.message.number}", _verb(step), step.key[0], " ".join(step.key[1:])]
    changes = [f"{one.path} {one.old or '-'} → {one.new or '-'}" for one in step.changes]
    if changes:
        words.append("  " + ", ".join(changes))
    elif step.before is None and step.after is not None:
        words.append("  " + summarize(step.after.message))
    who = _who(step)
    cause = [f"by {who}"] if who else []
    cause += [f"(#{step.link.of})"] if step.link.of else []
    time = _time(step.message)
    at = "" if time is None else clock.text(number, time) + " "
    return safe(f"{at}{' '.join([*words, *cause])}")


def wanted(step: Step) -> bool:
    """Whether a step is a change, not only one more message that says the same."""
    return step.before is None or step.after is None or bool(step.changes)


def _verb(step: Step) -> str:
    return "new" if step.before is None else "gone" if step.after is None else "changed"


def _time(message: Message) -> int | None:
    return None if message.record is None else message.record.time


def _who(step: Step) -> str | None:
    """Whose request caused it; None for what a dump tells, and for the kernel's own doing."""
    transaction = step.link.transaction
    if step.link.role not in (NOTIFICATION, ANSWER) or transaction is None:
        return None
    if step.link.role == ANSWER and transaction.is_dump:
        return None
    request = transaction.request
    found = None if request is None else link_text.process(request, step.link)
    return None if found is None else str(found)
