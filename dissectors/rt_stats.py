"""Statistics of links in one line: which ones, and the counters that everybody asks for."""

from __future__ import annotations

from nldissect.hooks import Lookup

SHOWN = (("rx", "rx-packets", "rx-bytes"), ("tx", "tx-packets", "tx-bytes"))


def summary(lookup: Lookup) -> str:
    """`dev eth0 rx 5 packets 420 bytes tx 3 packets 250 bytes link-xstats bridge`."""
    out = lookup.words(("dev", "ifindex"))
    for way, packets, octets in SHOWN:
        counted = lookup.value(f"link-64.{packets}")
        if counted is not None:
            out.append(f"{way} {counted} packets {lookup.value(f'link-64.{octets}')} bytes")
    for name in "link-xstats", "link-xstats-slave", "link-offload-xstats", "af-spec":
        found = lookup.at(name)
        if found is not None:
            kinds = [child.name for child in found.children if child.kind != "pad"]
            out.append(" ".join([name, *kinds]))
    return " ".join(out)


SUMMARIES = {"newstats": summary}
