"""TCP metrics: times as ip-tcp_metrics(8) shows them."""

from __future__ import annotations

from typing import Any


def eighth(value: int, message: Any, get: Any) -> str | None:
    """A smoothed round trip, which the kernel keeps eightfold (net/ipv4/tcp_metrics.c)."""
    return f"{value // 8}us"


def quarter(value: int, message: Any, get: Any) -> str | None:
    """Its variance, which the kernel keeps fourfold."""
    return f"{value // 4}us"


def seconds(value: int, message: Any, get: Any) -> str | None:
    """An age in milliseconds as seconds."""
    return f"{value // 1000}.{value % 1000:03}sec"


HOOKS = {"eighth": eighth, "quarter": quarter, "seconds": seconds}
