"""Which multicast group a notification went to."""

from __future__ import annotations

from typing import Final

from ..engine.message import Message
from ..wire import framing

# RTNLGRP_ (linux/rtnetlink.h) by message type / 4 and address family (-1: any other)
_ROUTE_GROUPS: Final[dict[tuple[int, int], str]] = {
    (4, -1): "RTNLGRP_LINK", (4, 10): "RTNLGRP_IPV6_IFINFO",
    (5, 2): "RTNLGRP_IPV4_IFADDR", (5, 10): "RTNLGRP_IPV6_IFADDR",
    (6, 2): "RTNLGRP_IPV4_ROUTE", (6, 10): "RTNLGRP_IPV6_ROUTE", (6, 28): "RTNLGRP_MPLS_ROUTE",
    (6, 128): "RTNLGRP_IPV4_MROUTE", (6, 129): "RTNLGRP_IPV6_MROUTE",
    (7, -1): "RTNLGRP_NEIGH",
    (8, 2): "RTNLGRP_IPV4_RULE", (8, 10): "RTNLGRP_IPV6_RULE",
    (9, -1): "RTNLGRP_TC", (10, -1): "RTNLGRP_TC", (11, -1): "RTNLGRP_TC",
    (12, -1): "RTNLGRP_TC", (25, -1): "RTNLGRP_TC",
    (13, -1): "RTNLGRP_IPV6_PREFIX",
    (14, 2): "RTNLGRP_IPV4_MCADDR", (14, 10): "RTNLGRP_IPV6_MCADDR",
    (15, 10): "RTNLGRP_IPV6_ACADDR",
    (17, -1): "RTNLGRP_ND_USEROPT", (19, -1): "RTNLGRP_DCB",
    (20, 2): "RTNLGRP_IPV4_NETCONF", (20, 10): "RTNLGRP_IPV6_NETCONF",
    (20, 28): "RTNLGRP_MPLS_NETCONF",
    (21, -1): "RTNLGRP_MDB", (22, -1): "RTNLGRP_NSID", (23, -1): "RTNLGRP_STATS",
    (24, 128): "RTNLGRP_IPV4_MROUTE_R", (24, 129): "RTNLGRP_IPV6_MROUTE_R",
    (26, -1): "RTNLGRP_NEXTHOP", (28, -1): "RTNLGRP_BRVLAN", (30, -1): "RTNLGRP_TUNNEL",
}  # fmt: skip


def group_of(message: Message) -> str | None:
    """The multicast group that a notification went to, None where it cannot be known."""
    operation, spec = message.operation, message.spec
    if operation is not None and operation.group:
        return operation.group
    if message.protocol == framing.NETLINK_ROUTE and message.limit - message.base > 16:
        object_key, family = message.type >> 2, message.data[message.base + 16]
        return _ROUTE_GROUPS.get((object_key, family)) or _ROUTE_GROUPS.get((object_key, -1))
    if spec is not None and len(spec.groups) == 1:
        return next(iter(spec.groups))
    return None
