"""Statistics of links in one line: which ones, and the counters that everybody asks for."""

from __future__ import annotations

from nldissect.hooks import Lookup

SHOWN = (("rx", "rx-packets", "rx-bytes"), ("tx", "tx-packets", "tx-bytes"))


def summary(seen: Lookup) -> str:
    out = seen.words(("dev", "ifindex"))
    for way, packets, octets in SHOWN:
        counted = seen.value(f"link-64.{packets}")
        if counted is not None:
            out.append(f"{way} {counted} packets {seen.value(f'link-64.{octets}')} bytes")
    for name in "link-xstats", "link-xstats-slave", "link-offload-xstats", "af-spec":
        found = seen.at(name)
        if found is not None:
            kinds = [child.name for child in found.children if child.kind != "pad"]
            out.append(" ".join([name, *kinds]))
    return " ".join(out)


SUMMARIES = {"newstats": summary}
