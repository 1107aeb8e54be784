"""Routing rules in one line, in the manner of ip-rule(8)."""

from __future__ import annotations

from nldissect.hooks import Lookup, Template

MATCH = Template(
    """[{priority}:] [{flags&2}not] [from {src}/{src-len:value}][{!src}from all]
    [to {dst}/{dst-len:value}] [tos {tos?:hex}]
    [fwmark {fwmark?:hex}[{fwmask!=4294967295}/{fwmask:hex}]] [iif {iifname}] [oif {oifname}]
    [ipproto {ip-proto}]"""
)
RANGES = (("uidrange", "uid-range"), ("sport", "sport-range"), ("dport", "dport-range"))
L3MDEV = Template("lookup {l3mdev:table}", table=lambda _: "[l3mdev-table]")
# FR_ACT_TO_TBL, FR_ACT_GOTO
ACTION = Template(
    """[{action=1}lookup {FRA_TABLE|table}] [{action=2}goto {goto}]
    [{action!=1}{action!=2}{action?}]"""
)
REST = Template(
    """[{suppress-prefixlen!=4294967295}suppress_prefixlength {suppress-prefixlen:value}]
    [proto {protocol?}]"""
)


def summary(lookup: Lookup) -> None:
    """A rule as ip-rule(8) shows it."""
    lookup.fill(MATCH)
    for word, path in RANGES:
        found = lookup.at(path)
        ends = [str(end.value) for end in found.children] if found is not None else []
        if len(ends) == 2:
            one = ends[0] == ends[1] and word != "uidrange"
            lookup.say(f"{word} {ends[0]}" if one else f"{word} {'-'.join(ends)}")
    lookup.fill(L3MDEV if lookup.value("l3mdev") else ACTION)
    lookup.fill(REST)


def query(lookup: Lookup) -> None:
    """The rule that a request names; without one it wants all."""
    if lookup.has("priority"):
        summary(lookup)


SUMMARIES = {"newrule": summary, "delrule": summary, "getrule": query}
