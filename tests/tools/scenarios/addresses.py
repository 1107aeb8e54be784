"""Link dumps as an address family of its own answers them."""

from __future__ import annotations

import socket

from rawnl import NETLINK_EXT_ACK, NLM_F_DUMP, Netlink, ifinfomsg

RTM_GETLINK = 18

rtnl = Netlink(0, NETLINK_EXT_ACK)
for family in socket.AF_INET6, socket.AF_BRIDGE:
    rtnl.request(f"links as {family.name} has them", RTM_GETLINK, ifinfomsg(family), NLM_F_DUMP)
