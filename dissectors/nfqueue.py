"""A line for a packet: where it was met, and what it is."""

from nldissect.dissectors._packet import handed_over

SUMMARIES = {"packet": handed_over("queue {res-id} [packet {packet-hdr.packet-id}]")}
