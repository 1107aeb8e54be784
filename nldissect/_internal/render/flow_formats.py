"""The forms in which a sequence diagram is exported, and which one a file's name asks for."""

from __future__ import annotations

from collections.abc import Callable

from ..analysis.flow import Diagram
from ..wire.errors import UsageError
from .flow_mermaid import mermaid
from .flow_svg import svg

FLOW_FORMATS: dict[str, Callable[[Diagram], str]] = {"svg": svg, "mermaid": mermaid}
LIMIT = 300  # arrows in a picture, unless somebody wants more
_ENDINGS = {".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid", ".txt": "text"}


def form_of(path: str | None, asked: str | None = None) -> str:
    """`asked`, else what the path's ending says, text without a path; raises UsageError."""
    if asked is not None:
        return asked
    if path is None or path == "-":
        return "text"
    for ending, form in _ENDINGS.items():
        if path.lower().endswith(ending):
            return form
    raise UsageError(f"{path}: a diagram's file ends in .svg, .mmd (Mermaid) or .txt")
