"""The documents that `nldissect report` makes, by the names that `-T` and files have for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from ..wire.times import TimeFormatter
from .html_report import HtmlReport
from .markdown_report import MarkdownReport
from .renderer import Renderer

# Each is made of a title and a clock.
REPORTS: Final[dict[str, Callable[[str, TimeFormatter], Renderer]]] = {
    "html": HtmlReport,
    "markdown": MarkdownReport,
}
_SUFFIXES: Final = {".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown"}


def report_format(path: str) -> str | None:
    """The document that a file's name means by its end, None for another."""
    return _SUFFIXES.get(os.path.splitext(path)[1].lower())
