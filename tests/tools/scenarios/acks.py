"""Malformed and refused requests, each under the socket options that change its answer."""

from __future__ import annotations

import socket
import struct

from rawnl import (
    NETLINK_CAP_ACK,
    NETLINK_EXT_ACK,
    NETLINK_GET_STRICT_CHK,
    NLM_F_ACK,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_EXCL,
    Netlink,
    attribute,
    ifinfomsg,
    nest,
    text,
    u32,
)

RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK, RTM_NEWADDR, RTM_GETADDR = 16, 17, 18, 20, 22
RTM_NEWROUTE, RTM_GETROUTE, RTM_GETNEIGH, RTM_NEWNEXTHOP, RTM_GETSTATS = 24, 26, 30, 104, 94
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINKINFO, IFLA_AF_SPEC = 1, 3, 4, 18, 26
IFLA_IF_NETNSID, IFLA_INFO_KIND, IFLA_INFO_DATA = 46, 1, 2
NETLINK_GENERIC, GENL_ID_CTRL = 16, 16
CTRL_CMD_GETFAMILY, CTRL_CMD_GETPOLICY = 3, 10
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_OP = 1, 2, 10
ETHTOOL_MSG_STRSET_GET, ETHTOOL_MSG_LINKINFO_GET = 1, 2
CREATE = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL

index = socket.if_nametoindex("kiwi0")
kiwi = ifinfomsg(index=index)
lemon = ifinfomsg(index=socket.if_nametoindex("lemon0"))


def link_requests(rtnl: Netlink) -> None:
    rtnl.request("mtu too large", RTM_NEWLINK, lemon + u32(IFLA_MTU, 99999999))
    rtnl.request("mtu too short", RTM_NEWLINK, kiwi + attribute(IFLA_MTU, b"\1\2"))
    rtnl.request("name too long", RTM_NEWLINK, kiwi + text(IFLA_IFNAME, "a-name-that-is-too-long"))
    rtnl.request("nest without its flag", RTM_NEWLINK, kiwi + attribute(IFLA_AF_SPEC, u32(2, 5)))
    rtnl.request("address of 3 bytes", RTM_NEWLINK, kiwi + attribute(IFLA_ADDRESS, b"\1\2\3"))
    vlan = nest(IFLA_LINKINFO, text(IFLA_INFO_KIND, "vlan"))
    rtnl.request("vlan without link", RTM_NEWLINK, ifinfomsg() + vlan, CREATE)
    short = nest(
        IFLA_LINKINFO, text(IFLA_INFO_KIND, "vlan"), nest(IFLA_INFO_DATA, attribute(1, b"\7"))
    )
    rtnl.request("vlan id short", RTM_NEWLINK, ifinfomsg() + short, CREATE)
    rtnl.request("no such index", RTM_GETLINK, ifinfomsg(index=4242))
    rtnl.request("attribute cut off", RTM_NEWLINK, kiwi + b"\x40\x00\x04\x00\x01\x02\x03\x04")
    rtnl.request("trailing bytes", RTM_NEWLINK, kiwi + u32(IFLA_MTU, 1400) + b"\xaa\xbb\xcc\xdd")
    rtnl.request("header too short", RTM_NEWLINK, b"\0" * 8)
    rtnl.request("unknown message type", 250, kiwi)
    rtnl.request("unknown attribute", RTM_NEWLINK, kiwi + u32(600, 1))
    rtnl.request("no such family", RTM_GETROUTE, struct.pack("=8BI", 99, *[0] * 8), NLM_F_DUMP)


print("extended acknowledgement on")
rtnl = Netlink(0, NETLINK_EXT_ACK)
link_requests(rtnl)
# ifaddrmsg: family, prefix length, flags, scope, index. IFA_ADDRESS 1, IFA_LOCAL 2
rtnl.request(
    "no IFA_LOCAL", RTM_NEWADDR, struct.pack("=4BI", socket.AF_INET, 24, 0, 0, index), CREATE
)
rtnl.request(
    "lifetime 0",
    RTM_NEWADDR,
    struct.pack("=4BI", socket.AF_INET, 24, 0, 0, index)
    + attribute(2, bytes([192, 0, 2, 99]))
    + attribute(6, bytes(16)),
    CREATE,
)
# nhmsg: family, scope, protocol, reserved, flags. NHA_ID 1, NHA_OIF 5, NHA_GATEWAY 6
rtnl.request(
    "nexthop id of 2 bytes",
    RTM_NEWNEXTHOP,
    struct.pack("=4BI", 2, 0, 0, 0, 0) + attribute(1, b"\1\0"),
    CREATE,
)
rtnl.request("nexthop with nothing", RTM_NEWNEXTHOP, struct.pack("=4BI", 2, 0, 0, 0, 0), CREATE)
rtnl.request("statistics, no filter", RTM_GETSTATS, struct.pack("=BxHII", 0, 0, index, 0))

print("extended and capped")
link_requests(Netlink(0, NETLINK_EXT_ACK, NETLINK_CAP_ACK))

print("neither")
plain = Netlink(0)
plain.request("mtu too large", RTM_NEWLINK, lemon + u32(IFLA_MTU, 99999999))
plain.request("no such index", RTM_GETLINK, ifinfomsg(index=4242))
plain.request("all is well", RTM_NEWLINK, kiwi + u32(IFLA_MTU, 1300))

print("strict")
strict = Netlink(0, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK)
strict.request("links from index 9", RTM_GETLINK, ifinfomsg(index=9), NLM_F_DUMP)
strict.request("links, unknown attribute", RTM_GETLINK, ifinfomsg() + u32(400, 1), NLM_F_DUMP)
strict.request("links, trailing", RTM_GETLINK, ifinfomsg() + b"\1\2\3\4", NLM_F_DUMP)
strict.request("links of a netns", RTM_GETLINK, ifinfomsg() + u32(IFLA_IF_NETNSID, 77), NLM_F_DUMP)
strict.request("addresses, one byte header", RTM_GETADDR, b"\2", NLM_F_DUMP)
strict.request("addresses, scope set", RTM_GETADDR, struct.pack("=4BI", 2, 0, 0, 9, 0), NLM_F_DUMP)
strict.request(
    "routes, tos set", RTM_GETROUTE, struct.pack("=8BI", 2, 0, 0, 9, *[0] * 5), NLM_F_DUMP
)
strict.request(
    "neighbours, state set", RTM_GETNEIGH, struct.pack("=BxHiHBB", 2, 0, 0, 9, 0, 0), NLM_F_DUMP
)
strict.request("links, all is well", RTM_GETLINK, ifinfomsg(), NLM_F_DUMP)

print("generic netlink")
genl = Netlink(NETLINK_GENERIC, NETLINK_EXT_ACK)
get = struct.pack("=BBH", CTRL_CMD_GETFAMILY, 1, 0)
policy = struct.pack("=BBH", CTRL_CMD_GETPOLICY, 1, 0)
genl.request("family not named", GENL_ID_CTRL, get)
genl.request("no such family", GENL_ID_CTRL, get + text(CTRL_ATTR_FAMILY_NAME, "no_such_fam"))
genl.request("name too long", GENL_ID_CTRL, get + text(CTRL_ATTR_FAMILY_NAME, "x" * 30))
genl.request("id of 4 bytes", GENL_ID_CTRL, get + u32(CTRL_ATTR_FAMILY_ID, 16))
genl.request("id of 1 byte", GENL_ID_CTRL, get + attribute(CTRL_ATTR_FAMILY_ID, b"\x10"))
genl.request("unknown command", GENL_ID_CTRL, struct.pack("=BBH", 99, 1, 0))
genl.request("command without a dump", GENL_ID_CTRL, struct.pack("=BBH", 4, 1, 0), NLM_F_DUMP)
genl.request("unknown attribute", GENL_ID_CTRL, policy + u32(77, 1), NLM_F_DUMP)
genl.request(
    "nest where none is meant",
    GENL_ID_CTRL,
    policy + nest(CTRL_ATTR_FAMILY_NAME, u32(1, 1)),
    NLM_F_DUMP,
)
genl.request("policy not named", GENL_ID_CTRL, policy, NLM_F_DUMP)
genl.request(
    "policy of nlctrl", GENL_ID_CTRL, policy + text(CTRL_ATTR_FAMILY_NAME, "nlctrl"), NLM_F_DUMP
)
genl.request(
    "policy of one command",
    GENL_ID_CTRL,
    policy + text(CTRL_ATTR_FAMILY_NAME, "nlctrl") + u32(CTRL_ATTR_OP, 3),
    NLM_F_DUMP,
)
genl.request("no such family id", 999, get)
# The answer's first attribute is CTRL_ATTR_FAMILY_NAME, with padding 12 bytes, then the id.
(family,) = genl.request("ethtool", GENL_ID_CTRL, get + text(CTRL_ATTR_FAMILY_NAME, "ethtool"))
(ethtool,) = struct.unpack_from("=H", family, 4 + 12 + 4)
genl.request("ethtool without header", ethtool, struct.pack("=BBH", ETHTOOL_MSG_LINKINFO_GET, 1, 0))
# ETHTOOL_A_STRSET_HEADER 1 { DEV_NAME 2 }, STRINGSETS 2 { STRINGSET 1 { no ID } }
genl.request(
    "string set without id",
    ethtool,
    struct.pack("=BBH", ETHTOOL_MSG_STRSET_GET, 1, 0)
    + nest(1, text(2, "kiwi0"))
    + nest(2, nest(1)),
)
