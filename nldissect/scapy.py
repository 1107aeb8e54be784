"""scapy layers for netlink: `import nldissect.scapy`, and scapy decodes what nlmon shows.

Registers LINKTYPE_NETLINK (253) and netlink within LINUX_SLL and SLL2, so that `rdpcap`
and `sniff(offline=...)` give `NetlinkCooked / Netlink` packets, one `Netlink` for each
message of a datagram; `sniff(iface="nlmon0")` gives the same. A `Netlink` has the members
of its nlmsghdr, its fixed headers and attributes as packets in `body`, and in `message`
what nldissect made of it. Generic families and interface names are learnt as packets go
by. Bytes survive: `bytes(packet)` are those that were read.

Lengths are those that were captured; `del packet.len` lets scapy work one out, as usual.
"""

from __future__ import annotations

from ._internal.library.packets import (
    Netlink,
    NetlinkAttribute,
    NetlinkCooked,
    NetlinkData,
    NetlinkGroup,
    NetlinkNest,
    to_scapy,
)

__all__ = [
    "Netlink", "NetlinkAttribute", "NetlinkCooked", "NetlinkData", "NetlinkGroup", "NetlinkNest",
    "to_scapy",
]  # fmt: skip
