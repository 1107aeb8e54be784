"""Corrections to the kernel's own specs, by family: what its source contradicts.

docs/kernel-spec-faults.md has the places in the source for each. They are made in any spec of such
a name that is the kernel's: ours have `x-` keys, and are right as they are.
"""

from __future__ import annotations

from typing import Any

from .deferred import whole

_BIG = {"byte-order": "big-endian"}
_HOST: dict[str, Any] = {"byte-order": None}
_MULTI = {"multi-attr": True}

# Family: set: attribute: the keys as they should be. None is as if there were none, in the set that
# it is a subset of, too.
ATTRIBUTES: dict[str, dict[str, dict[str, dict[str, Any]]]] = {
    "conntrack": {
        "nat-attrs": {
            "nat-v6-minip": {"value": 4},
            "nat-v6-maxip": {"value": 5},
            "nat-proto": {"value": 3},
        },
        "conntrack-attrs": {
            "timestamp": {"type": "nest", "nested-attributes": "timestamp-attrs", **_HOST},
        },
    },
    "devlink": {
        "devlink": dict.fromkeys(
            (
                "region-snapshot", "region-chunk", "fmsg-obj-nest-start", "fmsg-pair-nest-start",
                "fmsg-arr-nest-start", "fmsg-nest-end", "fmsg-obj-name", "fmsg-obj-value-type",
                "linecard-type",
            ),
            _MULTI,
        ),
    },
    "ethtool": {
        "cable-nest": {"result": _MULTI, "fault-length": _MULTI},
        "tunnel-udp": {"table": _MULTI},
        "stats": {"grp": _MULTI},
        "stats-grp": {
            "stat": {"type": "indexed-array", "sub-type": "u64", "type-value": None, **_MULTI},
            "hist-rx": _MULTI,
            "hist-tx": _MULTI,
        },
    },
    "fou": {"fou": {"local-v4": _BIG, "peer-v4": _BIG}},
    "nftables": {
        "chain-attrs": {"flags": {"value": 10}},
        "rule-attrs": {
            "id": {"value": 9, **_BIG},
            "position-id": {"value": 10, **_BIG},
            "chain-id": {"value": 11, **_BIG},
        },
        "set-attrs": {"id": _BIG, "timeout": _BIG, "gc-interval": _BIG},
        "set-desc-concat-attrs": {"elem": _MULTI},
        "setelem-attrs": {
            "flags": {"type": "u32", **_BIG},
            "timeout": _BIG,
            "expiration": _BIG,
            "objref": {"value": 9},
        },
        "expr-lookup-attrs": {
            "set-id": {"value": 4},
            "sreg": {"value": 2},
            "dreg": {"value": 3},
            "flags": {"value": 5},
        },
        "numgen-attrs": {"dreg": _BIG},
        "flowtable-hook-attrs": {"priority": {"type": "s32"}},
    },
    "nl80211": {
        "nl80211-attrs": {
            "rx-signal-dbm": {"type": "s32"},
            "mlo-ttlm-dlink": {"type": "binary", "sub-type": "u16"},
            "mlo-ttlm-ulink": {"type": "binary", "sub-type": "u16"},
        },
        "wowlan-triggers-attrs": {
            "pkt-pattern": {"type": "binary"},
            "wakeup-pkt-80211": {"type": "binary"},
            "wakeup-pkt-80211-len": {"type": "u32"},
            "wakeup-pkt-8023": {"type": "binary"},
            "wakeup-pkt-8023-len": {"type": "u32"},
            "tcp-connection": {"type": "binary"},
            "net-detect": {"type": "binary"},
            "net-detect-results": {"type": "binary"},
        },
    },
    "nlctrl": {"policy-attrs": {"mask": {"value": 12}, "pad": {"value": 11}}},
    "ovs_flow": {
        "action-attrs": {
            **dict.fromkeys(
                (
                    "output", "userspace", "set", "push-vlan", "pop-vlan", "sample", "recirc",
                    "hash", "push-mpls", "pop-mpls", "set-masked", "ct", "trunc", "push-eth",
                    "pop-eth", "ct-clear", "push-nsh", "pop-nsh", "meter", "clone",
                    "check-pkt-len", "add-mpls", "dec-ttl",
                ),
                _MULTI,
            ),
            "psample": {"value": 25, **_MULTI},
        },
        "tunnel-key-attrs": {"geneve-opts": {"sub-type": None}},
    },
    "ovs_vport": {
        "vport-options": {
            "dst-port": {"type": "u16"},
            "extension": {"type": "nest", "nested-attributes": "vxlan-extension-attrs"},
        },
        "vport": {"netnsid": {"type": "s32"}},
    },
    "rt-addr": {"addr-attrs": {"target-netnsid": {"type": "s32"}}},
    "rt-link": {
        "link-attrs": {
            "proto-down-reason": {
                "type": "nest", "nested-attributes": "proto-down-reason-attrs",
            },
        },
        "bond-slave-attrs": {"prio": {"type": "s32"}},
        "linkinfo-bridge-attrs": {"vlan-protocol": _BIG},
        "linkinfo-ip6tnl-attrs": {"flags": _HOST},
    },
    "rt-neigh": {"neighbour-attrs": {"port": _BIG}},
    "rt-route": {"route-attrs": {"expires": {"type": "uint"}, "sport": _BIG, "dport": _BIG}},
    "rt-rule": {"fib-rule-attrs": {"tun-id": _BIG}},
    "tc": {
        "act-tunnel-key-attrs": {"enc-key-id": {"type": "u32"}},
        "act-vlan-attrs": {"push-vlan-protocol": _BIG},
        "cake-attrs": {"overhead": {"type": "s32"}},
        "flower-attrs": {"key-vlan-id": _HOST, "key-cvlan-id": _HOST, "key-mpls-label": _HOST},
        "flower-key-enc-opts-attrs": {"geneve": _MULTI},
        "flower-key-enc-opt-geneve-attrs": {
            "class": {**_BIG, **_MULTI},
            "type": _MULTI,
            "data": _MULTI,
        },
        "flower-key-enc-opt-erspan-attrs": {"index": _BIG},
        "netem-attrs": {"pad": {"type": "pad"}},
        "taprio-attrs": {"tc-entry": _MULTI},
    },
    "team": {"item-option": {"option": _MULTI}, "item-port": {"port": _MULTI}},
}  # fmt: skip

# Family: sets that it lacks.
SETS: dict[str, list[dict[str, Any]]] = {
    "conntrack": [
        {
            "name": "timestamp-attrs",
            "name-prefix": "cta-timestamp-",
            "attributes": [
                {"name": "start", "type": "u64", **_BIG},
                {"name": "stop", "type": "u64", **_BIG},
                {"name": "pad", "type": "pad"},
            ],
        }
    ],
    "ovs_vport": [
        {
            "name": "vxlan-extension-attrs",
            "name-prefix": "ovs-vxlan-ext-",
            "attributes": [{"name": "gbp", "type": "flag"}],
        }
    ],
    "rt-link": [
        {
            "name": "proto-down-reason-attrs",
            "name-prefix": "ifla-proto-down-reason-",
            "attributes": [{"name": "mask", "type": "u32"}, {"name": "value", "type": "u32"}],
        }
    ],
}

# Family: enumeration: entry: its number; those after it count on from there.
ENTRIES: dict[str, dict[str, dict[str, int]]] = {
    "ethtool": {"c33-pse-ext-state": {"power-not-available": 8}},
    "nftables": {"fib-result": {"oif": 1}},
}


def corrected(raw: Any) -> Any:
    """The spec with its family's corrections, if it is the kernel's; else as it is."""
    name = raw.get("name") if isinstance(raw, dict) else None
    if not isinstance(name, str) or not (name in ATTRIBUTES or name in ENTRIES):
        return raw
    if _ours(raw.get("operations")) or _ours(raw):  # the former are there already
        return raw
    out = dict(raw)
    out["attribute-sets"] = [
        _with_members(one, "attributes", ATTRIBUTES.get(name, {}))
        for one in _mappings(raw, "attribute-sets")
    ]
    have = {one.get("name") for one in out["attribute-sets"]}
    out["attribute-sets"] += [one for one in SETS.get(name, ()) if one["name"] not in have]
    if name in ENTRIES:
        entries = {
            enum: {entry: {"value": value} for entry, value in numbers.items()}
            for enum, numbers in ENTRIES[name].items()
        }
        out["definitions"] = [
            _with_members(one, "entries", entries) for one in _mappings(raw, "definitions")
        ]
    return out


def _ours(node: Any) -> bool:
    """Whether there is an `x-` key somewhere in a spec."""
    node = whole(node)
    if isinstance(node, dict):
        return any(str(key).startswith("x-") or _ours(value) for key, value in node.items())
    return isinstance(node, list) and any(map(_ours, node))


def _mappings(raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """A list of a spec, without what is no mapping (which the kernel's have not)."""
    items = raw.get(key)
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def _with_members(
    owner: dict[str, Any], key: str, all_changes: dict[str, dict[str, dict[str, Any]]]
) -> dict[str, Any]:
    """A set or an enumeration with its own of the changes."""
    changes = all_changes.get(str(owner.get("name")))
    members = whole(owner.get(key))
    if changes is None or not isinstance(members, list):
        return owner
    return {**owner, key: [_changed(one, changes) for one in members]}


def _changed(member: Any, changes: dict[str, dict[str, Any]]) -> Any:
    """An attribute or entry as it should be; an entry may be but a name."""
    item = member if isinstance(member, dict) else {"name": member}
    change = changes.get(str(item.get("name")))
    return member if change is None else {**item, **change}
