"""Samples: the group and what the packet is."""

from __future__ import annotations

from nldissect.dissectors._packet import packet_line
from nldissect.hooks import Lookup, Template

WHERE = Template(
    "[group {sample-group}] [in-ifindex {iifindex:index}] [out-ifindex {oifindex:index}]"
    " [origsize {origsize}] [sample-rate {sample-rate}] [seq {group-seq}]"
)


def sample(seen: Lookup) -> None:
    """A packet that was sampled."""
    seen.fill(WHERE)
    seen.say(packet_line(seen, "data"))


SUMMARIES = {"sample": sample}
