"""Profiles: what somebody who looks at one thing wants to see of it, by name.

Columns, colour rules and filters; those shipped here, and those of the settings ([profiles.NAME]),
which come in their place where they have the same name.
"""

from __future__ import annotations

from typing import Final, NamedTuple

Rule = tuple[str, str, str]  # filter, glyph ("": as it is), colour


class Profile(NamedTuple):
    """Names of columns and paths of fields (none: as the settings have it), rules, filters by name.

    `help` says what it is for.
    """

    help: str
    columns: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    filters: tuple[tuple[str, str], ...] = ()


_WHO: Final = ("number", "time", "process", "direction")

USUAL: Final = "usual"
SHIPPED: Final = {
    USUAL: Profile("everything, as the settings have it"),
    "links": Profile(
        "interfaces and addresses: who made, changed and removed them",
        (*_WHO, "operation", "ifname", "operstate", "pair", "info"),
        (("type == dellink or type == deladdr", "-", "red"),
         ("type == newlink and role == notification", "", "cyan")),
        (("links", "type in {newlink, dellink, setlink}"),
         ("addresses", "type in {newaddr, deladdr}"),
         ("changes", "role == request and not flags & NLM_F_DUMP"),
         ("refused", "error != 0")),
    ),
    "routing": Profile(
        "routes, rules, neighbours and next hops",
        (*_WHO, "operation", "dst", "gateway", "oif", "pair", "info"),
        (("type == delroute or type == delneigh or type == delrule", "-", "red"),
         ("type == newroute and role == notification", "", "cyan")),
        (("routes", "type in {newroute, delroute}"),
         ("neighbours", "type in {newneigh, delneigh}"),
         ("rules", "type in {newrule, delrule}"),
         ("next hops", "type in {newnexthop, delnexthop}"),
         ("refused", "error != 0")),
    ),
    "nftables": Profile(
        "tables, chains, rules and sets of nftables",
        (*_WHO, "operation", "table", "chain", "pair", "info"),
        (("operation in {deltable, delchain, delrule, delset, delsetelem}", "-", "red"),),
        (("rules", "operation in {newrule, delrule}"),
         ("sets", "operation in {newset, delset, newsetelem, delsetelem}"),
         ("batches", "operation in {batch-begin, batch-end}"),
         ("changes", "dissector == nftables and role == request and not flags & NLM_F_DUMP"),
         ("refused", "error != 0")),
    ),
    "wifi": Profile(
        "nl80211: scanning, connecting, events",
        (*_WHO, "operation", "ifindex", "pair", "group", "info"),
        (("family == nl80211 and role == notification", "", "cyan"),),
        (("scans", "operation in {trigger-scan, new-scan-results, scan-aborted, get-scan}"),
         ("connecting", "operation in {authenticate, associate, connect, disconnect}"),
         ("events", "family == nl80211 and role == notification"),
         ("refused", "error != 0")),
    ),
    "family": Profile(
        "a generic netlink family that is being written",
        (*_WHO, "family", "operation", "pair", "info"),
        (("family == nlctrl", "", "dim"), ("note", "", "yellow")),
        (("no nlctrl", "protocol == generic and not family == nlctrl"),
         ("odd", "note"),
         ("policies", "operation == getpolicy"),
         ("extack", "extack"),
         ("refused", "error != 0")),
    ),
}  # fmt: skip
