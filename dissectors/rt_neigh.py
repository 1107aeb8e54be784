"""Neighbours and forwarding entries in one line, as ip-neighbour(8) and bridge(8) show them."""

from __future__ import annotations

from typing import Any

from nldissect.hooks import Lookup, Template

AF_BRIDGE = 7

REST = """ [vlan {vlan}] [vni {vni}] [port {port}] [via {NDA_IFINDEX}] [nhid {nh-id}]
    [master {master}] [{ndm-flags?:words}] """
NEIGHBOUR = Template(
    "[{dst}] [dev {ndm-ifindex?}] [lladdr {lladdr}]" + REST + "[{ndm-state?:upper}]"
)
FAMILY = Template("[family {ndm-family?}]")
ENTRY = Template("[{lladdr}] [dev {ndm-ifindex?}] [dst {dst}]" + REST + "[{ndm-state?}]")


def summary(lookup: Lookup) -> None:
    """`10.0.0.2 dev eth0 lladdr 02:.. REACHABLE`; of family bridge the MAC address first."""
    operation: Any = lookup.message.operation
    if operation.name == "getneigh" and not (lookup.has("dst") or lookup.has("lladdr")):
        lookup.fill(FAMILY)
    lookup.fill(ENTRY if lookup.value("ndm-family") == AF_BRIDGE else NEIGHBOUR)


SUMMARIES = {"newneigh": summary, "delneigh": summary, "getneigh": summary}
