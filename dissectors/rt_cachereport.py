"""Reports of IPv6 multicast routing, which number their attributes alike but name them anew."""

from __future__ import annotations

from nldissect.hooks import Message, Node, walk

RTNL_FAMILY_IP6MR = 129


def by_family(message: Message, pos: int, limit: int, out: list[Node]) -> bool:
    """IPv6's attributes by the family in struct rtgenmsg; IPv4's are the operation's own."""
    if message.spec is None or message.data[message.base + 16] != RTNL_FAMILY_IP6MR:
        return False
    walk(message, None, pos, limit, message.spec.attribute_sets["ip6mra-creport"], out)
    return True


HOOKS = {"by-family": by_family}
