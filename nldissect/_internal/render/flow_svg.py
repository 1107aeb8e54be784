"""A sequence diagram as an SVG image: self-contained, its text selectable, for light and dark."""

from __future__ import annotations

from html import escape

from ..analysis.flow import Arrow, Diagram, Lane
from .style import cut, width

_TIME, _LANE, _WORDS, _EDGE = 120, 130, 460, 24  # between lanes, and beside the last process
_HEAD, _ROW = 64, 30
_LETTER = 6.7  # of 11 px in a monospaced font, nearly everywhere

_STYLE = """
svg { background: #fff; font: 11px ui-monospace, monospace; fill: #222; }
.lane { stroke: #bbb; } .name { font-weight: bold; } .dim { fill: #666; }
.shaft { stroke: #555; fill: none; } .tip { stroke: #555; fill: #555; }
.error, .lost, .malformed { fill: #b00020; } .good { fill: #1b6e2e; }
.notification, .copy { fill: #6a1b9a; } .unanswered { fill: #8a5300; }
@media (prefers-color-scheme: dark) {
  svg { background: #1b1b1b; fill: #ddd; } .lane { stroke: #555; } .dim { fill: #aaa; }
  .shaft { stroke: #aaa; } .tip { stroke: #aaa; fill: #aaa; }
  .error, .lost, .malformed { fill: #ff8a80; } .good { fill: #8fd694; }
  .notification, .copy { fill: #d6a5f0; } .unanswered { fill: #ffc46b; }
}
"""


def svg(diagram: Diagram) -> str:
    """The diagram as an SVG document; each arrow's whole words are its tooltip."""
    lanes = [_TIME + place * _LANE for place in range(len(diagram.sockets))]
    first = (lanes[-1] if lanes else _TIME) + _WORDS
    kernel = [first + place * _LANE for place in range(len(diagram.families))]
    across = (kernel[-1] if kernel else first) + _LANE + _EDGE
    bottom = _HEAD + _ROW * len(diagram.arrows) + 8
    down = bottom + _ROW
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" width="{across}" '
        f'height="{down}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(diagram.title)}</title>',
        f'<desc id="desc">A sequence diagram of {len(diagram.arrows)} arrows between '
        f"{len(diagram.sockets)} processes or sockets and {len(diagram.families)} families of the "
        "kernel, the earliest at the top, times at the left.</desc>",
        f"<style>{_STYLE}</style>",
        f'<text class="name" x="8" y="18">{escape(diagram.title)}</text>',
    ]
    columns = [
        *zip(lanes, diagram.sockets, strict=True),
        *zip(kernel, diagram.families, strict=True),
    ]
    for x, lane in columns:
        out += _lane(x, lane, bottom)
    for place, (arrow, time) in enumerate(diagram.arrows):
        y = _HEAD + _ROW * (place + 1) - 6
        out += _arrow(arrow, time, lanes[arrow.socket], kernel[arrow.family], y)
    if diagram.rest:
        out.append(f'<text class="dim" x="{_TIME}" y="{bottom + 18}">{diagram.rest}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def _lane(x: int, lane: Lane, bottom: int) -> list[str]:
    """A lane's head and its line."""
    most = int((_LANE - 8) / _LETTER)
    return [
        f'<text class="name" x="{x}" y="40">{escape(_fitting(lane.name, most))}</text>',
        f'<text class="dim" x="{x}" y="54">{escape(_fitting(lane.detail, most))}</text>',
        f'<path class="lane" d="M{x} {_HEAD - 4}V{bottom}"/>',
    ]


def _arrow(arrow: Arrow, time: str, start: int, end: int, y: int) -> list[str]:
    """A group of time, line, head and words above the line."""
    dashes = ' stroke-dasharray="4 3"' if arrow.told else ""
    tip, back = (end, -1) if arrow.to_kernel else (start, 1)
    mark = f"{arrow.mark} " if arrow.mark else ""
    said = mark + _fitting(arrow.words, int((end - start - 20) / _LETTER) - len(mark))
    return [
        f'<g class="{arrow.kind}"><title>{escape(mark + arrow.words)}</title>',
        f'<text class="dim" x="8" y="{y}">{escape(time)}</text>',
        f'<path class="shaft" d="M{start} {y}H{end}"{dashes}/>',
        f'<path class="tip" d="M{tip} {y}l{back * 8} -4v8z"/>',
        f'<text x="{start + 12}" y="{y - 5}">{escape(said)}</text></g>',
    ]


def _fitting(text: str, most: int) -> str:
    """A text of at most so many cells."""
    return text if width(text) <= most else cut(text, most - 1) + "…"
