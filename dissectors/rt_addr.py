"""Addresses in one line, in the manner of ip-address(8)."""

from __future__ import annotations

from nldissect.hooks import Lookup, Template

SCOPES = {0: "global", 253: "link", 254: "host", 255: "nowhere"}  # as ip(8) names rt_scope


def scope(value: int) -> str:
    """A scope as ip-address(8) names it, else its number."""
    return SCOPES.get(value, str(value))


ADDRESS = Template("[{local|address}/{ifa-prefixlen:value}]")
PEER = Template("[{local} peer {address}/{ifa-prefixlen:value}]")
PLACE = Template("[brd {broadcast}] [anycast {anycast}] [{multicast}] [dev {ifa-index}]")
SCOPE = Template("[scope {ifa-scope:scope}]", scope=scope)
LABEL = Template("[label {IFA_LABEL}]")


def lifetime(value: int) -> str:
    """A lifetime as ip-address(8) has it: seconds, or forever (INFINITY_LIFE_TIME)."""
    return "forever" if value == 0xFFFFFFFF else f"{value}sec"


LIFETIMES = Template(
    "[valid_lft {cacheinfo.ifa-valid:lifetime}] [preferred_lft {cacheinfo.ifa-prefered:lifetime}]",
    lifetime=lifetime,
)


def summary(lookup: Lookup) -> None:
    """`10.0.0.1/24 brd 10.0.0.255 dev eth0 scope global`; the local address and its peer."""
    local = lookup.value("local")
    lookup.fill(PEER if local and lookup.value("address") not in (None, local) else ADDRESS)
    lookup.fill(PLACE)
    if not lookup.empty:
        lookup.fill(SCOPE)
    if lookup.has("IFA_LABEL") and lookup.text("IFA_LABEL") != lookup.text("ifa-index"):
        lookup.fill(LABEL)
    flags = "IFA_FLAGS" if lookup.has("IFA_FLAGS") else "ifa-flags"
    if lookup.value(flags):
        for word in lookup.label(flags).split("|"):
            if word != "permanent":
                lookup.say(word)
    if lookup.message.to_kernel:
        lookup.fill(LIFETIMES)


def query(lookup: Lookup) -> str:
    """Which address of which interface a request is about, or all of which family."""
    out = lookup.words(("", "local"), ("", "address"))[:1]
    if not out and lookup.value("ifa-family"):
        out = lookup.words(("family", "ifa-family"))
    if lookup.value("ifa-index"):
        out += lookup.words(("dev", "ifa-index"))
    return " ".join(out)


SUMMARIES = {"newaddr": summary, "deladdr": summary, "getaddr": query}
