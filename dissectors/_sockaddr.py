"""Addresses of sockets: 192.0.2.1:6118, [2001:db8::1]:6118."""

from __future__ import annotations

from nldissect.hooks import Node, format_address

AF_INET, AF_INET6 = 2, 10
SOCKADDR_IN, SOCKADDR_IN6, STORAGE = 16, 28, 128


def endpoint(raw: bytes, big: bool) -> str | None:
    """The text of a struct sockaddr_in or sockaddr_in6, alone or in a struct sockaddr_storage.

    Without a port it is an address alone; None for what is neither.
    """
    family = int.from_bytes(raw[:2], "big" if big else "little")
    port = int.from_bytes(raw[2:4], "big")
    if family == AF_INET and len(raw) in (SOCKADDR_IN, STORAGE):
        address = format_address(raw[4:8])
        return f"{address}:{port}" if port else address
    if family == AF_INET6 and len(raw) in (SOCKADDR_IN6, STORAGE):
        address = format_address(raw[8:24])
        return f"[{address}]:{port}" if port else address
    return None


def sockaddr(node: Node) -> bool:
    """One such address."""
    text = endpoint(node.bytes, node.message.big)
    if text is None:
        return False
    node.set_value("sockaddr", node.bytes, text)
    return True


HOOKS = {"sockaddr": sockaddr}
