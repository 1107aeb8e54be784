"""A report as one HTML page: a list, trees and bytes that its own script shows, without a network.

The page holds blocks of messages as compressed JSON, that of -T jsonl with the bytes beside it,
so that nothing of a capture is ever markup. Blocks are written as they fill: a long capture
costs no memory here, and the page unpacks those that are looked at.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from hashlib import sha256
from html import escape
from string import Template
from typing import Final
from zlib import compress

from librt.strings import BytesWriter

from ..analysis import link_text, message_text, row_text
from ..analysis.explain import Explanation
from ..engine.message import Message
from ..pairing.codes import REQUEST
from ..pairing.transaction import Link
from ..wire import linux
from ..wire.text import safe
from ..wire.times import TimeFormatter
from ..wire.version import VERSION
from .json_output import JsonLinesRenderer
from .list_output import ListRenderer, worst_wrong
from .renderer import Renderer
from .style import Style

SCRIPTS: Final = (
    "lines.js",
    "bytes.js",
    "tree.js",
    "filter.js",
    "store.js",
    "main.js",
)  # in this order
# Messages of a block, and bytes of JSON after which one ends before it has so many.
BLOCK: Final = 256
LARGE: Final = 1 << 20
PLAIN: Final = 500  # lines for who runs no scripts


class HtmlReport(Renderer):
    """The page, with times as the clock writes them."""

    def __init__(self, title: str, clock: TimeFormatter) -> None:
        self._title = title
        self._clock = clock
        self._json = JsonLinesRenderer()
        self._lines = ListRenderer(Style(), clock)
        self._rows: list[list[str | int]] = []
        self._messages = BytesWriter()
        self._plain: list[str] = []
        self._lost = ""  # before the next message
        self._scope = 0  # of numbers, which begin anew with some files

    def begin(self) -> str:
        """The page up to its data, which the last script shows."""
        style = _asset("style.css")
        page = Template(_asset("page.html"))
        return page.substitute(
            title=escape(safe(self._title)),
            program=f"nldissect {VERSION}",
            style=style,
            style_hash=_hash(style),
            script_hash=_hash(_script()),
        )

    def file(self, path: str, last: int, goes_on: bool = False) -> str:
        """Each message says in its details which file it is from."""
        self._json.file(path, last, goes_on)
        if not goes_on:
            self._lines.file(path, last)
            self._scope += last > 0
        return ""

    def lost(self, number: int, here: bool, overrun: str | None = None) -> str:
        """The next message's row tells of it."""
        self._lost = self._lines.lost(number, here, overrun)[1:].strip()
        return ""

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """Takes the message into the block, which is written when it is full."""
        if len(self._plain) < PLAIN:
            self._plain.append(self._lines.message(message, link))
        if self._rows:
            self._messages.write(b"\n")
        self._details(self._messages, message, link)
        self._rows.append(self._row(message, link))
        if len(self._rows) == BLOCK or len(self._messages) >= LARGE:
            out.write(self._block())

    def end(self) -> str:
        """The last block, what is lost after it, the script, and lines for who runs none."""
        last = self._block().decode("ascii") if self._rows else ""
        remark = f'<p class="remark">{escape(self._lost)}</p>\n' if self._lost else ""
        lines = escape("".join(self._plain))
        return (
            f"{last}{remark}<noscript><p>This page needs JavaScript for trees, bytes and the"
            f" filter. These are its first messages, {PLAIN} at most.</p>\n"
            f"<pre>{lines}</pre></noscript>\n<script>{_script()}</script>\n</body>\n</html>\n"
        )

    def _row(self, message: Message, link: Link | None) -> list[str | int]:
        """What the list shows, in the order of COLUMNS in store.js; the tape has the message."""
        engine, record = message.context.engine, message.record
        assert record is not None
        asked = link_text.request_of(message, link)
        info = safe(link_text.summary(message, link, engine))
        wrong = worst_wrong(message, engine)
        if wrong is not None:
            info += safe(wrong[0])
        if self._lost:
            info, self._lost = f"({self._lost}) {info}", ""
        return [
            int(message.number),
            self._clock.text(record.number, record.time),
            row_text.process(message, link),
            "→" if message.to_kernel else "←",
            safe(message_text.protocol_or_family(message, asked)),
            safe(message_text.operation(message, False)),
            row_text.pair(link),
            _errno(message, link),
            info,
            row_text.kind(message, link, engine),
            self._scope,
        ]

    def _details(self, out: BytesWriter, message: Message, link: Link | None) -> None:
        """The message as JSON, its bytes as they may be seen, and why it refuses."""
        out.write(b'{"message":')
        self._json.object(out, message, link)
        engine = message.context.engine
        data = message.visible_onto(engine).hex()
        said = [] if link is None else [safe(text) for text in link_text.remarks(message, link)]
        out.write(f',"bytes":"{data}","remarks":{json.dumps(said)}'.encode("ascii"))
        reason = link_text.explanation(message, link, engine)
        if reason is not None:
            out.write(f',"why":{json.dumps(_why(reason))}'.encode("ascii"))
        out.write(b"}")

    def _block(self) -> bytes:
        """The rows and messages that were taken in, as two data blocks of the page."""
        rows = json.dumps(self._rows, separators=(",", ":")).encode("ascii")
        messages = self._messages.getvalue()
        self._rows = []
        self._messages.truncate(0)
        return (
            b'<script class="rows" type="application/octet-stream">%b</script>'
            b'<script type="application/octet-stream">%b</script>\n'
            % (b64encode(compress(rows)), b64encode(compress(messages)))
        )


def _errno(message: Message, link: Link | None) -> str:
    """The error that the message tells of, of a request the one it met; empty for none."""
    name = message_text.error_name(message)
    if name is not None:
        return name
    found = None if link is None or link.role != REQUEST else link.transaction
    if found is None or not found.error:
        return ""
    return linux.errno_name(int(-found.error)) or str(found.error)


def _why(reason: Explanation) -> dict[str, object]:
    """Why a request failed: in lines, and at which byte of the request."""
    return {
        "lines": reason.lines,
        "offset": reason.offset,
        "says": safe(reason.message or reason.text),
    }


def _asset(name: str) -> str:
    with open(os.path.join(os.path.dirname(__file__), "page", name), encoding="utf-8") as file:
        return file.read()


def _script() -> str:
    return "".join([_asset(name) for name in SCRIPTS])


def _hash(text: str) -> str:
    """As a content security policy names what may run or act."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}"
