"""The VLANs of bridges and their ports as `bridge -j vlan` writes them, from AF_BRIDGE links."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..engine.message import Message
from .ip_fields import Fields, Host, Object

_FLAGS: Final = {"pvid": "PVID", "untagged": "Egress Untagged"}


def ports(messages: Iterable[Message], host: Host) -> list[Object]:
    """A list of ports with their VLANs; those without any are left out."""
    out = []
    for message in messages:
        of = Fields(message.nodes, host)
        vlans = _vlans(of)
        if vlans:
            out.append({"ifname": of.index("ifi-index") or of("ifname"), "vlans": vlans})
    return out


def _vlans(of: Fields) -> list[Object]:
    """VLANs of a port; of a range the first of two entries tells the flags."""
    spec = of.node("af-spec")
    out: list[Object] = []
    for node in [] if spec is None else spec.children:
        if node.name != "vlan-info":
            continue
        inside = Fields(node.children, of.host)
        number, flags = inside("vid"), inside.flags("flags")
        if "range-end" in flags and out and "vlanEnd" not in out[-1]:
            out[-1] = {"vlan": out[-1]["vlan"], "vlanEnd": number, **_flags(flags)}
        else:
            out.append({"vlan": number, **_flags(flags)})
    return out


def _flags(flags: list[str]) -> Object:
    shown = [word for flag, word in _FLAGS.items() if flag in flags]
    return {"flags": shown} if shown else {}
