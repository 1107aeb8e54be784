"""A sequence diagram as Mermaid, which wikis and code hosts draw."""

from __future__ import annotations

import re

from ..analysis.flow import Arrow, Diagram
from .style import cut, width

WORDS = 80  # cells of an arrow's words; Mermaid takes no more than 50,000 characters in all
_END = re.compile(r"\bend\b", re.IGNORECASE)  # the word would end a block
_PLAIN = frozenset(" .,/_-=@()|+*'·…µ\u00d7")


def mermaid(diagram: Diagram) -> str:
    """The diagram as a `sequenceDiagram`."""
    out = ["sequenceDiagram", f"    accTitle: {_escaped(diagram.title)}"]
    for letter, lanes in (("S", diagram.sockets), ("K", diagram.families)):
        for place, lane in enumerate(lanes):
            out.append(f"    participant {letter}{place} as {_escaped(str(lane))}")
    for arrow, time in diagram.arrows:
        words = arrow.words
        if width(words) > WORDS:
            words = cut(words, WORDS - 1) + "…"
        out.append(f"    {_ends(arrow)}: {_escaped(f'{time} {words}'.strip())}")
    if diagram.rest:
        last = diagram.arrows[-1][0]
        out.append(f"    Note over S{last.socket},K{last.family}: {diagram.rest}")
    return "\n".join(out) + "\n"


def _ends(arrow: Arrow) -> str:
    """Two participants and what is between them: solid from a process, dotted from the kernel."""
    socket, family = f"S{arrow.socket}", f"K{arrow.family}"
    if arrow.to_kernel:
        return f"{socket}{'-x' if arrow.mark else '->>'}{family}"
    shape = "--)" if arrow.told else "--x" if arrow.kind == "error" else "-->>"
    return f"{family}{shape}{socket}"


def _escaped(text: str) -> str:
    """Text in which nothing means anything to Mermaid; it has codes for that, such as #35;."""
    made = "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in text)
    return _END.sub(lambda found: f"#{ord(found[0][0])};{found[0][1:]}", made)
