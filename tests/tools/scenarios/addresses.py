"""Link dumps as an address family of its own answers them."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rawnl import NETLINK_EXT_ACK, NLM_F_DUMP, Netlink, ifinfomsg  # noqa: E402

RTM_GETLINK = 18

rtnl = Netlink(0, NETLINK_EXT_ACK)
for family in socket.AF_INET6, socket.AF_BRIDGE:
    rtnl.request(f"links as {family.name} has them", RTM_GETLINK, ifinfomsg(family), NLM_F_DUMP)
