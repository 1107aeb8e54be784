"""`nldissect state` held against what ip, tc, bridge and nft said in JSON at the same moments.

    python tests/support/state_moments.py CAPTURE [MOMENTS]

MOMENTS is what the scenario `state` writes: lines of WHAT: JSON, between those of the times FROM
and TO. The state is compared at both times: before the tools asked, when only earlier dumps
and notifications tell, and after it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nldissect

Object = dict[str, Any]

# What docs/state.md says is otherwise: what depends on the moment of asking, what only newer tools
# tell, and what has the names of the kernel's specs.
PASSING = {
    "addresses": {"valid_life_time", "preferred_life_time", "protocol"},
    "routes": {"expires"},
    "neighbours": {"used", "confirmed", "updated", "probes", "refcnt"},
    "fdb": {"used", "updated"},
    "qdiscs": {"options", "bytes", "packets", "drops", "overlimits", "requeues", "backlog", "qlen"},
}
# What ip shows of an object beside what it is known by.
IDENTITY = {
    "links": ("ifname",),
    "addresses": ("dev", "local", "prefixlen"),
    "routes": ("type", "dst", "table", "metric", "dev", "gateway"),
    "rules": ("priority", "src", "family"),
    "neighbours": ("dst", "dev"),
    "fdb": ("mac", "ifname", "vlan", "dst"),
    "vlans": ("ifname",),
    "nexthops": ("id",),
    "qdiscs": ("dev", "kind", "parent", "handle"),
    "classes": ("dev", "handle"),
    "filters": ("dev", "parent", "pref", "protocol"),
}
# Which lists of the moments are one list of the state.
TOGETHER = {
    "links": ["links"], "addresses": ["addresses"], "routes": ["routes"],
    "rules": ["rules", "rules6"], "neighbours": ["neighbours", "proxies"], "fdb": ["fdb"],
    "vlans": ["vlans"], "nexthops": ["nexthops"], "qdiscs": ["qdiscs"],
}  # fmt: skip


def theirs(moment: Object, name: str) -> list[Object]:
    """What the tools said of one list of the state."""
    out: list[Object] = [one for part in TOGETHER[name] for one in moment.get(part, ())]
    return list(settled(name, _inner(out) if name == "addresses" else out))


def ours(state: Object, name: str) -> list[Object]:
    """The same list of the state."""
    found = state.get(name, [])
    return list(settled(name, _inner(found) if name == "addresses" else found))


def _inner(links: list[Object]) -> list[Object]:
    return [{"dev": link["ifname"], **one} for link in links for one in link.get("addr_info", ())]


def settled(name: str, objects: list[Object]) -> Iterator[Object]:
    """Objects without what PASSING names; their hops in one order."""
    for one in objects:
        out = {
            key: value
            for key, value in one.items()
            if key not in PASSING.get(name, ()) or value == 0xFFFFFFFF
        }
        if name == "links" and "linkinfo" in out:
            out["linkinfo"] = {
                key: value
                for key, value in out["linkinfo"].items()
                if not key.endswith("_data") or out["linkinfo"].get("info_kind") == "vlan"
            }
            out["linkinfo"].pop("info_slave_data", None)
        if name == "vlans":
            out["vlans"] = [
                {key: vlan[key] for key in ("vlan", "vlanEnd", "flags") if key in vlan}
                for vlan in out["vlans"]
            ]
        if "nexthops" in out:
            out["nexthops"] = sorted(out["nexthops"], key=str)
        if "encap" in out:  # where ip writes a second "dst" and "flags"
            out.pop("encap_dst", None)
            out.pop("dst")
        yield out


def differences(
    found: list[Object], expected: list[Object], identity: tuple[str, ...]
) -> list[str]:
    """How two lists of objects differ, key by key, whatever their order."""
    left = list(found)
    rest = []
    for one in expected:
        if one in left:
            left.remove(one)
        else:
            rest.append(one)
    out = []
    for one in rest:
        near = max(left, key=lambda other: _alike(one, other, identity), default=None)
        said = " ".join(f"{key} {one[key]}" for key in identity if key in one)
        if near is None or _alike(one, near, identity) < len(identity) * 100:
            near = None
            out.append(f"{said}: missing {json.dumps(one, default=repr)}")
            continue
        left.remove(near)
        for key in {**one, **near}:
            if one.get(key, "-") != near.get(key, "-"):
                wanted, got = (json.dumps(x.get(key, "(none)"), default=repr) for x in (one, near))
                out.append(f"{said}: {key} is {wanted}, not {got}")
    return out + [f"too much: {json.dumps(one, default=repr)}" for one in left]


def _alike(one: Object, other: Object, identity: tuple[str, ...]) -> int:
    keys = sum(100 for key in identity if one.get(key) == other.get(key))
    return keys + sum(one[key] == other.get(key) for key in one)


def moments_of(path: Path) -> list[Object]:
    """What was said at each moment, by list, with the times `from` and `to` as texts."""
    out: list[Object] = []
    for line in path.read_text().splitlines():
        name, _, text = line.partition(": ")
        if name == "from":
            out.append({})
        try:
            out[-1][name] = text if name in ("from", "to") else json.loads(text or "[]")
        except json.JSONDecodeError:
            print(f"{path}: the tool's own JSON of {name} is none", file=sys.stderr)
    return out


def all_differences(state: Object, moment: Object) -> Iterator[str]:
    """How a state differs from what was said at a moment, list by list."""
    for name in TOGETHER:
        for text in differences(ours(state, name), theirs(moment, name), IDENTITY[name]):
            yield f"{name}: {text}"


def main(capture: str, moments: str = "") -> None:
    """Prints the differences."""
    path = Path(moments or capture.partition(".pcap")[0] + ".moments.out")
    with nldissect.open(capture) as found:
        for number, moment in enumerate(moments_of(path), 1):
            for when in ("from", "to"):
                state = found.state(moment[when])
                for text in all_differences(state, moment):
                    print(f"{number} {when} {text}")


if __name__ == "__main__":
    main(*sys.argv[1:])
