"""A line for a packet: where it was met, and what it is."""

from __future__ import annotations

from nldissect.dissectors._packet import packet_line
from nldissect.hooks import Lookup, Template

WHERE = Template(
    "queue {res-id} [packet {packet-hdr.packet-id}]"
    " [in {ifindex-indev:index}] [out {ifindex-outdev:index}]"
)
MORE = Template("[{mark!=0}mark {mark}] [uid {uid}]")


def packet(seen: Lookup) -> None:
    """A packet that a rule handed over."""
    seen.fill(WHERE)
    seen.say(packet_line(seen))
    seen.fill(MORE)


SUMMARIES = {"packet": packet}
