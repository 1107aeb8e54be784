"""The state of a host (`analysis.network_state`) as a document for JSON, and as lines of text.

Links, addresses, routes, rules, neighbours and qdiscs are lists as `ip -j -d` and `tc -j` have
them, generic families and what nftables has objects of a form of our own. What the capture
leaves open is under `unknown`, and in none of the lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..analysis import link_text
from ..analysis.network_state import NetworkState, Step
from ..analysis.object_register import ToldObject
from ..analysis.object_states import Key
from ..engine.message import Message
from ..engine.summary import summarize
from ..pairing.codes import ANSWER, NOTIFICATION
from ..wire.text import safe
from ..wire.times import TimeFormatter
from . import ip_json

# The lists of the document, each with the kind that it is of.
LISTS: Final = {
    "links": "link", "routes": "route", "rules": "rule", "neighbours": "neighbour",
    "qdiscs": "qdisc", "families": "family",
}  # fmt: skip
NFTABLES: Final = ("nft-table", "nft-chain", "nft-set", "nft-obj", "nft-flowtable", "nft-rule")
_KINDS: Final = {**LISTS, "addresses": "address"}


def document(found: NetworkState, capture: str) -> dict[str, Any]:
    """All of it, ready for JSON."""
    out: dict[str, Any] = {
        "capture": capture,
        "message": found.number,
        "time": None if found.time is None else TimeFormatter("utc-date").text(0, found.time),
    }
    sure = {key: told for key, told in found.objects.items() if not found.doubt(key)}
    for name, kind in LISTS.items():
        out[name] = [_object(kind, told, sure) for key, told in _of(sure, kind)]
    out["addresses"] = _by_link(sure)
    out["nftables"] = [
        {kind.removeprefix("nft-"): _of_nftables(key, told.message)}
        for kind in NFTABLES
        for key, told in _of(sure, kind)
    ]
    out["unknown"] = list(_unknown(found))
    return out


def _of(objects: dict[Key, ToldObject], kind: str) -> list[tuple[Key, ToldObject]]:
    """Those of a kind, links by their number, all others as they were told."""
    found = [(key, told) for key, told in objects.items() if key[0] == kind]
    if kind == "link":
        found = [(key, told) for key, told in found if len(key) == 2]  # not a bridge's own view
        found.sort(key=lambda pair: pair[1].message.get("ifi-index", 0))
    return found


def _object(kind: str, told: ToldObject, objects: dict[Key, ToldObject]) -> dict[str, Any]:
    message = told.message
    if kind == "link":
        return ip_json.link(message, _lower_is_down(told, objects))
    make = ip_json.OF_KIND.get(kind)
    if make is not None:
        return make(message)
    names = {"name": "family-name", "id": "family-id", "version": "version"}
    names |= {"header_size": "hdrsize", "max_attribute": "maxattr"}
    return {name: message.get(path) for name, path in names.items()}


def _lower_is_down(told: ToldObject, objects: dict[Key, ToldObject]) -> bool:
    """Whether the interface that a link is on, in this namespace, is down."""
    lower = dict(told.flat).get("link")
    below = None if lower is None else objects.get(("link", lower))
    other_space = told.message.get("link-netnsid") is not None
    return below is not None and not other_space and not below.message.get("ifi-flags", 0) & 1


def _by_link(objects: dict[Key, ToldObject]) -> list[dict[str, Any]]:
    """Addresses below their interface, as `ip -j address` has them."""
    out: dict[str, dict[str, Any]] = {}
    for key, told in _of(objects, "link"):
        index = told.message.get("ifi-index")
        out[key[1]] = {"ifindex": index, "ifname": key[1], "addr_info": []}
    for _, told in _of(objects, "address"):
        device = dict(told.flat).get("ifa-index", "")
        index = told.message.get("ifa-index")
        place = out.setdefault(device, {"ifindex": index, "ifname": device, "addr_info": []})
        place["addr_info"].append(ip_json.address(told.message))
    return list(out.values())


def _of_nftables(key: Key, message: Message) -> dict[str, Any]:
    """An object of nftables by nft's names where it has such; a rule as nft writes it."""
    out: dict[str, Any] = {"family": key[1]}
    if key[0] != "nft-table":
        out["table"] = key[2]
    if key[0] == "nft-rule":
        out["chain"] = key[3]
    else:
        out["name"] = key[-1]
    handle = message.get("handle")
    if handle is not None:
        out["handle"] = handle
    text = summarize(message)
    if key[0] == "nft-chain":
        out |= {"policy": word} if (word := _word(message, "policy")) else {}
        if message.get("type") is not None:
            out |= {"type": message.get("type"), "prio": message.get("hook.priority")}
    elif key[0] != "nft-table":
        out["text"] = text
    return out


def _word(message: Message, path: str) -> str | None:
    found = message.find(path)
    return None if found is None else found.words(False) or str(found.value)


def _unknown(found: NetworkState) -> Iterator[dict[str, Any]]:
    """What the capture leaves open: kinds that no dump told whole, objects that are in doubt."""
    complete = {kind for kind, _ in found.complete}
    if not {"nft-table", "nft-chain"} <= complete:
        yield {"of": "nftables", "why": "no dump of all tables and chains until then"}
    for key in found.objects:
        if key[0] == "nft-table" and ("nft-rule", key[2]) not in found.complete:
            yield {"of": "nftables", "object": " ".join(key[1:]), "why": "no dump of its rules"}
    for name, kind in _KINDS.items():
        if kind not in complete:
            yield {"of": name, "why": "no dump of all of them until then"}
            continue
        families = sorted(family for one, family in found.complete if one == kind)
        if "" not in families:
            yield {"of": name, "why": f"only those of {', '.join(families)} were told whole"}
    for key in found.objects:
        doubt = found.doubt(key)
        if doubt:
            yield {"of": key[0], "object": " ".join(key[1:]), "why": doubt}


# -- text -------------------------------------------------------------------------------


def lines(found: NetworkState) -> Iterator[tuple[str, str]]:
    """(text, looks) of each line: the kinds, the objects below them, what is unknown."""
    for kind in (*_ORDER, *NFTABLES):
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
