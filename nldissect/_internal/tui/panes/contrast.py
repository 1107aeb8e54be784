"""Colours that can be read: WCAG's contrast, and colours moved until they have enough of it.

A theme's colours are made for some of the grounds that a terminal interface has. So each text is
moved towards white or black, as far as it must, on what it really lies on: here for what the
stylesheet colours by the theme's variables, in `paint` for looks over each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from rich.color import ColorSystem
from textual.color import BLACK, WHITE, Color

TEXT: Final = 4.5  # WCAG 2.2, 1.4.3
EDGE: Final = 3.0  # WCAG 2.2, 1.4.11: what shows where the focus is, how far one has scrolled
_STEPS: Final = 32
_GROUNDS: Final = ("background", "surface", "panel")
_TEXTS: Final = (
    "foreground", "text-primary", "text-secondary", "text-accent", "text-warning", "text-error",
    "text-success",
)  # fmt: skip
_EDGES: Final = ("accent", "scrollbar", "scrollbar-hover", "scrollbar-active")
_TRACKS: Final = (
    "scrollbar-background",
    "scrollbar-background-hover",
    "scrollbar-background-active",
)
_DIM: Final = 0.62  # of the foreground on the background
_MARKED: Final = 0.4  # of the primary colour

# Themes of the terminal's own 16 colours, whose values nobody knows: those that can be read in the
# palettes of xterm and of the Linux console, on black and on white.
_OF_16: Final[Mapping[bool, Mapping[str, str]]] = {
    True: {
        "text-primary": "ansi_bright_cyan", "text-secondary": "ansi_bright_magenta",
        "text-accent": "ansi_bright_green", "text-warning": "ansi_bright_yellow",
        "text-error": "ansi_bright_red", "text-success": "ansi_bright_green",
        "accent": "ansi_bright_green", "scrollbar": "ansi_white", "scrollbar-hover": "ansi_white",
        "scrollbar-active": "ansi_bright_white", "scrollbar-background": "ansi_default",
    },
    False: {
        "text-primary": "ansi_blue", "text-secondary": "ansi_magenta", "text-accent": "ansi_blue",
        "text-warning": "ansi_magenta", "text-error": "ansi_red", "text-success": "ansi_default",
        "accent": "ansi_blue", "scrollbar": "ansi_blue", "scrollbar-hover": "ansi_blue",
        "scrollbar-active": "ansi_black", "scrollbar-background": "ansi_default",
    },
}  # fmt: skip


def luminance(colour: Color) -> float:
    """Relative luminance, 0 to 1."""
    parts = (part / 255 for part in colour.rgb)
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: Color, other: Color) -> float:
    """The contrast of two opaque colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def shown(colour: Color, system: str) -> Color:
    """What a terminal of a colour system (rich's "truecolor" or "256") makes of a colour."""
    if system != "256":
        return colour
    nearest = colour.rich_color.downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
    return Color(*nearest)


@lru_cache(maxsize=4096)
def legible(
    colour: Color, *grounds: Color, least: float = TEXT, system: str = "truecolor"
) -> Color:
    """`colour`, as far on the way to white or black as it takes to be read on all `grounds`.

    The terminal's own colours stay, as nobody knows what they are.
    """
    if any(one.ansi is not None for one in (colour, *grounds)):
        return colour
    below = [shown(ground, system) for ground in grounds]
    end = max((WHITE, BLACK), key=lambda end: min(ratio(end, ground) for ground in below))
    for step in range(_STEPS):
        moved = colour.blend(end, step / _STEPS, alpha=1.0)
        seen = shown(moved, system)
        if all(ratio(seen, ground) >= least for ground in below):
            return moved
    return end


def readable(variables: Mapping[str, str], dark: bool, system: str) -> dict[str, str]:
    """A theme's variables with texts and edges that can be read on each of its grounds.

    `text-dim` is one more: what is said quietly.
    """
    background, *others = [Color.parse(variables[name]) for name in _GROUNDS]
    if background.ansi is not None:
        return {**variables, **_OF_16[dark], "text-dim": "ansi_default"}
    grounds = [background, *(background + other for other in others)]
    out = dict(variables)
    for names, least in ((_TEXTS, TEXT), (_EDGES, EDGE)):
        for name in names:
            colour = background + Color.parse(out[name])
            out[name] = legible(colour, *grounds, least=least, system=system).hex
    out |= dict.fromkeys(_TRACKS, out["surface"])
    text = Color.parse(out["foreground"])
    out["text-dim"] = legible(background.blend(text, _DIM), *grounds, system=system).hex
    marked = background.blend(Color.parse(out["primary"]), _MARKED)
    out["input-selection-background"] = marked.hex
    out["input-selection-foreground"] = legible(text, marked, system=system).hex
    return out
