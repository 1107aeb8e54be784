"""Simulated radios: a number at an odd place."""

from __future__ import annotations

from nldissect.hooks import Node

# MAC80211_HWSIM_TX_RC_*
FLAGS = (
    "use-rts-cts", "use-cts-protect", "use-short-preamble", "mcs", "green-field", "40-mhz-width",
    "dup-data", "short-gi", "vht-mcs", "80-mhz-width", "160-mhz-width",
)  # fmt: skip


def rate_flags(node: Node) -> bool:
    """Flags of a rate."""
    value = int.from_bytes(node.bytes, "big" if node.message.big else "little")
    names = "|".join(name for bit, name in enumerate(FLAGS) if value & 1 << bit)
    node.set_value("flags", value, names or None)
    return True


HOOKS = {"rate-flags": rate_flags}
