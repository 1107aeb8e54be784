"""Rates over time as a plot: characters for a terminal, SVG for everything else."""

from __future__ import annotations

from typing import Final

from ..analysis.histograms import Rates
from ..analysis.link_text import span

BLOCKS: Final = " ▁▂▃▄▅▆▇█"
ASCII: Final = " .:#"
HEIGHT: Final = 4


def duration(nanoseconds: float | None) -> str:
    """A duration with three digits and a unit: `1.27 ms`; `-` for None."""
    return "-" if nanoseconds is None else span(round(nanoseconds))


def number(value: float) -> str:
    """A rate in a few characters: 0.25, 12, 3400."""
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


def text(rates: Rates, width: int, blocks: bool) -> list[str]:
    """Messages per second as lines of at most `width` characters; empty without times."""
    wide, columns = rates.columns(max(width - 10, 10))
    if not columns:
        return []
    levels = BLOCKS if blocks else ASCII
    steps = len(levels) - 1
    most = max(count for count, _ in columns) or 1
    # What is there at all is seen.
    heights = [max(round(count / most * HEIGHT * steps), 1) if count else 0 for count, _ in columns]
    out = []
    for row in range(HEIGHT - 1, -1, -1):
        label = number(most * 1e9 / wide) if row == HEIGHT - 1 else "0" if row == 0 else ""
        line = "".join(levels[min(max(h - row * steps, 0), steps)] for h in heights)
        out.append(f"{label:>8} {'|' if not blocks else '▕'}{line}".rstrip())
    left, right = "0", duration(wide * len(columns))
    gap = " " * max(len(columns) - len(left) - len(right), 1)
    out.append(f"{'':10}{left}{gap}{right}")
    return out


_WIDTH, _TALL = 800, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 40, 44


def svg(rates: Rates) -> str:
    """The same as an SVG image of 800 by 300, errors in red below the messages' line."""
    wide, columns = rates.columns(240)
    most = max((count for count, _ in columns), default=0) * 1e9 / wide
    high = _rounded(most)
    across, down = _WIDTH - _LEFT - _RIGHT, _TALL - _TOP - _BOTTOM
    base = _TOP + down
    out = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_TALL}" '
        f'width="{_WIDTH}" height="{_TALL}" font-family="sans-serif" font-size="12" fill="#333">',
        "<title>Netlink messages per second</title>",
        f'<rect width="{_WIDTH}" height="{_TALL}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="22" font-size="14">Netlink messages per second</text>',
        f'<text x="{_WIDTH - _RIGHT}" y="22" text-anchor="end"><tspan fill="#2a6fb0">messages'
        '</tspan> <tspan fill="#c0392b">errors</tspan></text>',
    ]
    for i in range(5):
        y = base - down * i / 4
        out.append(
            f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number(high * i / 4)}</text>'
        )
    span = wide * len(columns)
    for i in range(5):
        x = _LEFT + across * i / 4
        anchor = ("start", "middle", "middle", "middle", "end")[i]
        label = "0" if not i else duration(span * i / 4)
        out.append(f'<text x="{x:.1f}" y="{base + 18}" text-anchor="{anchor}">{label}</text>')
    step = across / max(len(columns), 1)
    for series, colour in ((0, "#2a6fb0"), (1, "#c0392b")):
        path = "".join(
            f"M{_LEFT + i * step:.1f} {base}v-{down * column[series] * 1e9 / wide / high:.1f}"
            f"h{step:.1f}V{base}z"
            for i, column in enumerate(columns)
            if column[series]
        )
        if path:
            out.append(f'<path d="{path}" fill="{colour}"/>')
    middle = _LEFT + across / 2
    out.append(
        f'<text x="{middle:.1f}" y="{_TALL - 8}" text-anchor="middle">time since the first message'
        f" (a column is {duration(wide)})</text>"
    )
    out.append("</svg>")
    return "\n".join(out) + "\n"


def _rounded(most: float) -> float:
    """The least of 1, 2, 4, 5 or 10 times a power of ten that is not below `most`."""
    if most <= 0:
        return 1
    power = 10.0 ** (len(f"{int(most)}") - 1)
    while most < power:
        power /= 10
    return next(power * m for m in (1, 2, 4, 5, 10) if power * m >= most)
