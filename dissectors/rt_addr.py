"""Addresses in one line, in the manner of ip-address(8)."""

from __future__ import annotations

from nldissect.hooks import Lookup

SCOPES = {0: "global", 253: "link", 254: "host", 255: "nowhere"}  # as ip(8) names rt_scope


def summary(seen: Lookup) -> str:
    local, address = seen.text("local"), seen.text("address")
    length = seen.value("ifa-prefixlen")
    out = []
    if local and address and local != address:
        out.append(f"{local} peer {address}/{length}")
    elif local or address:
        out.append(f"{local or address}/{length}")
    seen.put(out, "brd", "broadcast")
    seen.put(out, "anycast", "anycast")
    seen.put(out, "", "multicast")
    seen.put(out, "dev", "ifa-index")
    scope = seen.value("ifa-scope")
    if out and scope is not None:
        out.append(f"scope {SCOPES.get(scope, scope)}")
    name = seen.text("IFA_LABEL")
    if name and name != seen.text("ifa-index"):
        out.append(f"label {name}")
    flags = "IFA_FLAGS" if seen.has("IFA_FLAGS") else "ifa-flags"
    if seen.value(flags):
        out += [word for word in seen.label(flags).split("|") if word != "permanent"]
    return " ".join(word for word in out if word)


def asked(seen: Lookup) -> str:
    out = seen.words(("", "local"), ("", "address"))[:1]
    if seen.value("ifa-index"):
        out += seen.words(("dev", "ifa-index"))
    return " ".join(out)


SUMMARIES = {"newaddr": summary, "deladdr": summary, "getaddr": asked}
