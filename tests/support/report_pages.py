"""What a report's page holds, taken out of it as the page's own script does; and a browser."""

from __future__ import annotations

import json
import shutil
import zlib
from base64 import b64decode
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class ReportPage(HTMLParser):
    """A report's page: `rows`, `messages`, `scripts`, `styles`, and its plain `text`.

    `tags` are the elements with their attributes.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._within: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._within = [(tag, dict(attrs))] if tag in ("script", "style") else []

    def handle_endtag(self, tag: str) -> None:
        self._within = []

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.text += data
            return
        tag, attributes = self._within[0]
        if tag == "style":
            self.styles.append(data)
        elif "type" not in attributes:
            self.scripts.append(data)
        else:
            text = zlib.decompress(b64decode(data, validate=True)).decode("ascii")
            if attributes.get("class") == "rows":
                self.rows += json.loads(text)
            else:
                self.messages += [json.loads(line) for line in text.split("\n")]


def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window; a test is skipped where something is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()
