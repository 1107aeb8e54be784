"""Addresses in one line, in the manner of ip-address(8)."""

from __future__ import annotations

from nldissect.hooks import Lookup, Template

SCOPES = {0: "global", 253: "link", 254: "host", 255: "nowhere"}  # as ip(8) names rt_scope


def scope(value: int) -> str:
    return SCOPES.get(value, str(value))


ADDRESS = Template("[{local|address}/{ifa-prefixlen:value}]")
PEER = Template("[{local} peer {address}/{ifa-prefixlen:value}]")
PLACE = Template("[brd {broadcast}] [anycast {anycast}] [{multicast}] [dev {ifa-index}]")
SCOPE = Template("[scope {ifa-scope:scope}]", scope=scope)
LABEL = Template("[label {IFA_LABEL}]")


def summary(seen: Lookup) -> None:
    local = seen.value("local")
    seen.fill(PEER if local and seen.value("address") not in (None, local) else ADDRESS)
    seen.fill(PLACE)
    if not seen.empty:
        seen.fill(SCOPE)
    if seen.has("IFA_LABEL") and seen.text("IFA_LABEL") != seen.text("ifa-index"):
        seen.fill(LABEL)
    flags = "IFA_FLAGS" if seen.has("IFA_FLAGS") else "ifa-flags"
    if seen.value(flags):
        for word in seen.label(flags).split("|"):
            if word != "permanent":
                seen.say(word)


def asked(seen: Lookup) -> str:
    out = seen.words(("", "local"), ("", "address"))[:1]
    if seen.value("ifa-index"):
        out += seen.words(("dev", "ifa-index"))
    return " ".join(out)


SUMMARIES = {"newaddr": summary, "deladdr": summary, "getaddr": asked}
