"""What groups are called: the words of `monitor GROUP...` and `--join GROUP`, and back."""

from __future__ import annotations

from typing import Final

from nldissect._internal.capture.live.groups import (
    GENERIC,
    GROUPS,
    ROUTE,
    MulticastGroup,
    family_groups,
)
from nldissect._internal.wire import linux
from nldissect._internal.wire.errors import UsageError
from nldissect._internal.wire.text import near

# What `ip monitor` calls them.
OBJECTS: Final = {
    "address": ("ipv4-ifaddr", "ipv6-ifaddr"),
    "route": ("ipv4-route", "ipv6-route", "mpls-route"),
    "mroute": ("ipv4-mroute", "ipv6-mroute"),
    "rule": ("ipv4-rule", "ipv6-rule"),
    "netconf": ("ipv4-netconf", "ipv6-netconf", "mpls-netconf"),
    "maddress": ("ipv4-mcaddr", "ipv6-mcaddr"),
    "prefix": ("ipv6-prefix",),
    "vlan": ("brvlan",),
}


def named_groups(answers: list[tuple[int, bytes]]) -> list[MulticastGroup]:
    """All groups that have names here, those of generic families from `Preamble.answers`."""
    out = [
        MulticastGroup(protocol, number, name)
        for protocol, names in GROUPS.items()
        for name, number in names.items()
        if not name.startswith("nop")
    ]
    return out + family_groups(answers)


def full_name(group: MulticastGroup) -> str:
    """How a group is named without doubt: link, ethtool:monitor, netfilter:nftables."""
    if group.protocol == ROUTE and not group.name.isdecimal():
        return group.name
    return f"{group.family or linux.protocol_name(group.protocol)}:{group.name}"


def groups_named(
    words: list[str], known: list[MulticastGroup], families: list[str]
) -> list[MulticastGroup]:
    """The groups that these words name, each once; raises UsageError for a word that names none."""
    out: dict[tuple[int, int], MulticastGroup] = {}
    for text in words:
        parts = [part.strip() for part in text.split(",")]
        for part in [part for part in parts if part] or [""]:
            for group in _named(part, known, families):
                out.setdefault((group.protocol, group.number), group)
    return list(out.values())


def _named(text: str, known: list[MulticastGroup], families: list[str]) -> list[MulticastGroup]:
    """The groups that one word names; raises UsageError for none.

    GROUP is one of rtnetlink's, a constant or what `ip monitor` calls several; FAMILY and
    PROTOCOL are all their groups; PROTOCOL:GROUP and FAMILY:GROUP one of them by name or number.
    """
    plain = _plain(text)
    owner, colon, name = plain.partition(":")
    if not owner:
        raise UsageError(f"{text!r} names nothing; `nldissect monitor --list` lists names")
    if colon:
        return _of_owner(text, owner, name, known, families)
    found = _by_name(text, known) or _owned(plain, known)[1]
    if found:
        return found
    if plain in map(_plain, families):
        raise UsageError(f"the family {text} has no groups")
    names = [full_name(group) for group in known] + [*OBJECTS] + sorted({g.family for g in known})
    raise UsageError(
        f"{text!r} is no group, family or protocol{near(plain, names)}; "
        "`nldissect monitor --list` lists them"
    )


def _by_name(text: str, known: list[MulticastGroup]) -> list[MulticastGroup]:
    """Groups of rtnetlink by name, any by constant, several by what `ip monitor` calls them."""
    plain = _plain(text)
    names = OBJECTS.get(plain, (plain,))
    return [
        group
        for group in known
        if text == group.constant or (group.protocol == ROUTE and group.name in names)
    ]


def _of_owner(
    text: str, owner: str, name: str, known: list[MulticastGroup], families: list[str]
) -> list[MulticastGroup]:
    """PROTOCOL:GROUP and FAMILY:GROUP; GROUP may be a number, or all."""
    protocol, mine = _owned(owner, known)
    if protocol is None:
        owners = {g.family or linux.protocol_name(g.protocol) for g in known} | set(families)
        raise UsageError(
            f"{owner!r} is no family or protocol here{near(owner, sorted(owners))}; "
            "`nldissect monitor --list` lists them"
        )
    if name == "all" and mine:
        return mine
    for group in mine:
        if name in (_plain(group.name), _plain(group.constant)):
            return [group]
    number = _number(name)
    if number is None:
        names = [group.name for group in mine]
        there = f"; there are {', '.join(names)}" if 0 < len(names) <= 12 else ""
        raise UsageError(f"{owner} has no group {name!r}{near(name, names)}{there}")
    if not 0 < number < 1 << 31:
        raise UsageError(f"{text}: groups count from 1")
    numbered = [group for group in mine if group.number == number]
    return numbered[:1] or [MulticastGroup(protocol, number, str(number))]


def _owned(owner: str, known: list[MulticastGroup]) -> tuple[int | None, list[MulticastGroup]]:
    """The protocol that a family or protocol name means, None for neither, and its groups."""
    mine = [group for group in known if _plain(group.family) == owner]
    if mine:
        return GENERIC, mine
    protocol = _protocol(owner)
    return protocol, [group for group in known if group.protocol == protocol]


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None


def _plain(text: str) -> str:
    """A name as it is compared: RTNLGRP_IPV4_ROUTE and ipv4_route are ipv4-route."""
    return text.lower().replace("_", "-").removeprefix("rtnlgrp-")


def _protocol(name: str) -> int | None:
    """The number of a netlink protocol, by name or number."""
    for number in linux.NETLINK_PROTOCOL:
        if linux.protocol_name(number) == name.removeprefix("netlink-"):
            return number
    if name == "uevent":
        return 15
    return int(name) if name.isdecimal() and int(name) < 32 else None
