"""Open vSwitch's packets in a line."""

from __future__ import annotations

from typing import Any

from nldissect.dissectors._packet import packet_line
from nldissect.hooks import Lookup, Template


def execute(seen: Lookup) -> None:
    """Where it comes in, and what the packet is on which actions are to be done."""
    operation: Any = seen.message.operation
    seen.fill(Template(operation.summary))
    seen.say(packet_line(seen, "packet"))


SUMMARIES = {"execute": execute}
