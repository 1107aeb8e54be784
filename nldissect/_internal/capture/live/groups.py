"""Multicast groups: their names, numbers and C constants, and those that families announce."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nldissect._internal.capture.live.preamble import attributes

ROUTE: Final = 0
GENERIC: Final = 16
_GENL_ID_CTRL: Final = 16
# linux/genetlink.h: CTRL_CMD_, CTRL_ATTR_, CTRL_ATTR_MCAST_GRP_
_NEWFAMILY, _NEWMCAST_GRP = 1, 7
_FAMILY_NAME, _MCAST_GROUPS = 2, 7
_GROUP_NAME, _GROUP_ID = 1, 2

# Groups by protocol: linux/rtnetlink.h, netfilter/nfnetlink.h, xfrm.h, sock_diag.h, audit.h,
# selinux_netlink.h, lib/kobject_uevent.c and systemd's sd-device, rdma_netlink.h
GROUPS: Final[dict[int, dict[str, int]]] = {
    protocol: {name: number for number, name in enumerate(names.split(), 1) if name != "-"}
    for protocol, names in {
        ROUTE: "link notify neigh tc ipv4-ifaddr ipv4-mroute ipv4-route ipv4-rule ipv6-ifaddr "
        "ipv6-mroute ipv6-route ipv6-ifinfo decnet-ifaddr nop2 decnet-route decnet-rule nop4 "
        "ipv6-prefix ipv6-rule nd-useropt phonet-ifaddr phonet-route dcb ipv4-netconf ipv6-netconf "
        "mdb mpls-route nsid mpls-netconf ipv4-mroute-r ipv6-mroute-r nexthop brvlan mctp-ifaddr "
        "tunnel stats ipv4-mcaddr ipv6-mcaddr ipv6-acaddr",
        4: "inet-tcp-destroy inet-udp-destroy inet6-tcp-destroy inet6-udp-destroy",
        6: "acquire expire sa policy aevents report migrate mapping",
        7: "avc",
        9: "readlog",
        12: "conntrack-new conntrack-update conntrack-destroy conntrack-exp-new "
        "conntrack-exp-update conntrack-exp-destroy nftables acct-quota nftrace",
        15: "kernel udev",
        20: "- iwpm ls",
    }.items()
}
PREFIXES: Final = {
    ROUTE: "RTNLGRP_", 4: "SKNLGRP_", 6: "XFRMNLGRP_", 7: "SELNLGRP_", 9: "AUDIT_NLGRP_",
    12: "NFNLGRP_", 20: "RDMA_NL_GROUP_",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MulticastGroup:
    """A multicast group: netlink protocol, number from 1, name; `family` for generic netlink."""

    protocol: int
    number: int
    name: str
    family: str = ""

    @property
    def constant(self) -> str:
        """The C constant, empty where there is none."""
        prefix = PREFIXES.get(self.protocol)
        if prefix is None or self.name.isdecimal():
            return ""
        return prefix + self.name.upper().replace("-", "_").replace("DECNET", "DECnet")


def family_groups(answers: Sequence[tuple[int, bytes]]) -> list[MulticastGroup]:
    """The multicast groups of all generic families, from `Preamble.answers`."""
    out: list[MulticastGroup] = []
    for protocol, message in answers:
        if protocol == GENERIC:
            out += announced_groups(message)
    return out


def family_names(answers: Sequence[tuple[int, bytes]]) -> list[str]:
    """The names of all generic families, from `Preamble.answers`."""
    found = (_family(message)[0] for protocol, message in answers if protocol == GENERIC)
    return sorted({name for name in found if name})


def announced_groups(message: bytes) -> list[MulticastGroup]:
    """The groups that nlctrl tells of in CTRL_CMD_NEWFAMILY and NEWMCAST_GRP."""
    name, groups = _family(message)
    return [MulticastGroup(GENERIC, number, text, name) for number, text in groups]


def _family(message: bytes) -> tuple[str, list[tuple[int, str]]]:
    """A family's name and groups (linux/genetlink.h)."""
    name = ""
    groups: list[tuple[int, str]] = []
    control = len(message) >= 20 and message[4:6] == struct.pack("=H", _GENL_ID_CTRL)
    if not control or message[16] not in (_NEWFAMILY, _NEWMCAST_GRP):
        return name, groups
    for kind, value in attributes(message[20:]):
        if kind == _FAMILY_NAME:
            name = _text(value)
        elif kind == _MCAST_GROUPS:
            for _, inner in attributes(value):
                found = dict(attributes(inner))
                if _GROUP_NAME in found and len(found.get(_GROUP_ID, b"")) == 4:
                    (number,) = struct.unpack("=I", found[_GROUP_ID])
                    groups.append((number, _text(found[_GROUP_NAME])))
    return name, groups


def _text(value: bytes) -> str:
    return value.partition(b"\0")[0].decode("utf-8", "backslashreplace")
