"""Links in one line, in the manner of ip-link(8) and bridge(8)."""

from __future__ import annotations

from nldissect.summary import Lookup

AF_BRIDGE = 7
IFF_UP = 1


def name(seen: Lookup) -> str:
    """`eth0`, `vlan7@eth0`, or `index 7` when nobody told its name."""
    out = seen.text("ifname") or seen.text("alt-ifname")
    index = seen.value("ifi-index")
    if not out and index:
        label = seen.text("ifi-index")
        out = label if label != str(index) else f"index {index}"
    lower = seen.value("IFLA_LINK")
    return f"{out}@{seen.text('IFLA_LINK')}" if lower else out


def summary(seen: Lookup) -> str:
    out = [name(seen)]
    message = seen.message
    bridge = seen.value("ifi-family") == AF_BRIDGE
    if message.to_kernel:
        change, flags = seen.value("ifi-change") or 0, seen.value("ifi-flags") or 0
        if change & IFF_UP:
            out.append("up" if flags & IFF_UP else "down")
        if change & ~IFF_UP or (flags and not change):
            out.append(seen.flags("ifi-flags"))
    elif seen.value("ifi-flags") is not None:
        out.append(seen.flags("ifi-flags"))
    out += seen.words(("mtu", "mtu"), ("qdisc", "qdisc"))
    master = seen.node("master")
    if master is not None:
        out.append(f"master {seen.text('master')}" if master.value else "nomaster")
    if message.to_kernel:
        out += seen.words(
            ("address", "IFLA_ADDRESS"), ("alias", "ifalias"), ("group", "group"),
            ("txqueuelen", "txqlen"), ("netns pid", "net-ns-pid"), ("netns fd", "net-ns-fd"),
        )  # fmt: skip
    if bridge:
        out += seen.words(("port state", "protinfo.state"))
    elif seen.node("operstate") is not None:
        out.append(f"state {seen.constant('operstate')}")
    out += seen.words(("kind", "linkinfo.kind"), ("slave", "linkinfo.slave-kind"))
    return " ".join(word for word in out if word)


def deleted(seen: Lookup) -> str:
    out = [name(seen), *seen.words(("kind", "linkinfo.kind"))]
    if seen.value("ifi-family") == AF_BRIDGE:
        out += seen.words(("master", "master"))
    return " ".join(word for word in out if word)


def asked(seen: Lookup) -> str:
    out = [name(seen), *seen.words(("master", "master"), ("kind", "linkinfo.kind"))]
    if seen.value("ifi-family") == AF_BRIDGE:
        out.append("family bridge")
    return " ".join(word for word in out if word)


SUMMARIES = {"newlink": summary, "setlink": summary, "dellink": deleted, "getlink": asked}
