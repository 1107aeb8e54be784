"""Routing rules in one line, in the manner of ip-rule(8)."""

from __future__ import annotations

from nldissect.hooks import Lookup, Template

MATCH = Template(
    """[{priority}:] [{flags&2}not] [from {src}/{src-len:value}][{!src}from all]
    [to {dst}/{dst-len:value}] [tos {tos?:hex}] [dscp {dscp}[{dscp-mask!=63}/{dscp-mask:hex}]]
    [fwmark {fwmark?:hex}[{fwmask!=4294967295}/{fwmask:hex}]] [iif {iifname}] [oif {oifname}]
    [tun_id {tun-id?}] [ipproto {ip-proto}]
    [flowlabel {flowlabel:hex}[{flowlabel-mask!=1048575}/{flowlabel-mask:hex}]]"""
)
# Word, path of a range, path of a mask of the only one in it
RANGES = (
    ("uidrange", "uid-range", ""), ("sport", "sport-range", "sport-mask"),
    ("dport", "dport-range", "dport-mask"),
)  # fmt: skip
L3MDEV = Template("lookup {l3mdev:table}", table=lambda _: "[l3mdev-table]")
# FR_ACT_TO_TBL, FR_ACT_GOTO
ACTION = Template(
    """[{action=1}lookup {FRA_TABLE|table}] [{action=2}goto {goto}]
    [{action!=1}{action!=2}{action?}]"""
)
REST = Template(
    """[{suppress-prefixlen!=4294967295}suppress_prefixlength {suppress-prefixlen:value}]
    [{suppress-ifgroup!=4294967295}suppress_ifgroup {suppress-ifgroup:value}]
    [realms {flow?:realms}] [proto {protocol?}]""",
    realms=lambda flow: f"{flow >> 16}/{flow & 0xFFFF}" if flow >> 16 else str(flow),
)
FAMILY = Template("[family {family?}]")
ALL_BITS = 0xFFFFFFFF  # what the kernel has for none
UNSET = ("suppress-prefixlen", "suppress-ifgroup", "fwmask")


def summary(lookup: Lookup) -> None:
    """A rule as ip-rule(8) shows it."""
    lookup.tell()
    lookup.fill(MATCH)
    for word, path, mask in RANGES:
        found = lookup.at(path)
        ends = [str(end.value) for end in found.children] if found is not None else []
        if len(ends) == 2:
            one = ends[0] == ends[1] and word != "uidrange"
            lookup.say(f"{word} {ends[0]}" if one else f"{word} {'-'.join(ends)}")
            bits = lookup.value(mask) if mask else None
            if bits not in (None, 0xFFFF):
                lookup.say(f"mask {bits:#x}")
    lookup.fill(L3MDEV if lookup.value("l3mdev") else ACTION)
    lookup.fill(REST)
    for path in UNSET:
        if lookup.beside(path) == ALL_BITS:
            lookup.has(path)


def query(lookup: Lookup) -> None:
    """The rule that a request names; without one it wants all."""
    if lookup.has("priority"):
        summary(lookup)
    else:
        lookup.fill(FAMILY)


SUMMARIES = {"newrule": summary, "delrule": summary, "getrule": query}
