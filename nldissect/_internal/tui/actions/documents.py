"""What is made of a capture's rows: text, pcapng, reports; and of the screen, a picture.

What writes a form is imported when the form is asked for, which is seldom.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from time import process_time
from typing import Any, Final

from librt.strings import BytesWriter
from textual.app import App

from ...capture.reader import PcapngWriter
from ...render.list_output import ListRenderer
from ...render.renderer import Renderer
from ...render.style import Style
from ...wire.errors import UsageError
from ...wire.framing import CUT
from ...wire.output_file import OutputFile
from ...wire.record import Record
from ...wire.times import TimeFormatter
from ..model.capture_model import CaptureModel

CAUSED: Final = 256  # messages after the last answer that are looked at for what was caused
# The program that draws the picture has it fetch its font, which every viewer has a like of.
_FONT: Final = re.compile(r"@font-face\s*\{[^}]*\}\s*")


class ReportWriter:
    """Writes rows as a report; every method raises OSError, `work` CaptureError too."""

    def __init__(self, model: CaptureModel, path: str, rows: Sequence[int], form: str) -> None:
        self._model = model
        self._rows = rows
        self._done = 0  # rows
        from ...render.report_formats import REPORTS

        clock = TimeFormatter(model.times.form)
        clock.see(0, model.time(0))
        self._renderer = REPORTS[form](os.path.basename(model.name), clock)
        self._out = BytesWriter()
        self._file = OutputFile(path)
        self._file.write(self._renderer.begin().encode())

    @property
    def percent(self) -> int:
        """How far it has come."""
        return 100 * self._done // len(self._rows)

    def work(self, seconds: float) -> bool:
        """Writes for so many s of CPU; True when the file is in its place."""
        end = process_time() + seconds
        while self._done < len(self._rows):
            row = self._rows[self._done]
            message = self._model.message(row)
            assert message.record is not None
            with self._model.commented(message.record, [row]):
                self._renderer.write(self._out, message, self._model.link(row))
            self._done += 1
            self._file.write(self._out.getvalue())
            self._out.truncate(0)
            if process_time() >= end:
                return False
        self._file.write(self._renderer.end().encode("utf-8", "backslashreplace"))
        self._file.commit()
        return True

    def discard(self) -> None:
        """Leaves no file behind that is not whole."""
        self._file.discard()


def forms() -> list[str]:
    """All that messages can be exported as."""
    from ...render.formats import FORMATS
    from ...render.report_formats import REPORTS

    return ["text", *REPORTS, "svg", *FORMATS]


def is_report(form: str) -> bool:
    """Whether it is a document that `nldissect report` makes."""
    from ...render.report_formats import REPORTS

    return form in REPORTS


def form_named(path: str) -> str | None:
    """The report or picture that a file's name means by its end, None for another."""
    from ...render.report_formats import report_format

    return "svg" if path.lower().endswith(".svg") else report_format(path)


def transaction_rows(model: CaptureModel, row: int) -> list[int]:
    """The transaction of the row's message with what it caused; the row alone where it has none."""
    link = model.link(row)
    found = None if link is None else link.transaction
    if found is None:
        return [row]
    members = model.index.links.transaction
    asked, answers = model.row_of(found.number), found.answers[:1]
    first = asked if asked >= 0 else min([row, *map(model.row_of, answers)])
    stop = min(max(model.row_of(found.last), row) + CAUSED + 1, model.index.paired)
    return [one for one in range(first, stop) if members[one + 1] == found.id]


def line(model: CaptureModel, row: int) -> str:
    """The row as `nldissect read` writes it."""
    clock = TimeFormatter(model.times.form)
    lines = ListRenderer(Style(), clock)
    clock.see(0, model.time(0))
    return lines.message(model.message(row), model.link(row))


def exported(model: CaptureModel, rows: Iterable[int], form: str) -> str:
    """Messages as text or as one of `forms`."""
    if form == "text":
        from ...render.tree_output import HexDumpRenderer, TreeRenderer

        clock = TimeFormatter(model.times.form)
        clock.see(0, model.time(0))
        lines = ListRenderer(Style(), clock)
        renderer: Renderer = HexDumpRenderer(
            TreeRenderer(lines, Style(), model.constants_in_tree, full=True)
        )
    else:
        from ...render.formats import FORMATS

        renderer = FORMATS[form]()
    body = [renderer.message(model.message(row), model.link(row)) for row in rows]
    return renderer.begin() + "".join(body) + renderer.end()


def write(model: CaptureModel, path: str, rows: Iterable[int]) -> int:
    """Writes rows as pcapng, with their comments; returns how many. Raises UsageError.

    A record of which all messages are there is written as it is, otherwise with the
    bytes of those that are.
    """
    count = 0
    try:
        with OutputFile(path) as stream:
            writer = PcapngWriter(stream)
            record: Record | None = None
            pieces: list[int] = []
            for row in rows:
                found = model.message(row).record
                assert found is not None
                if record is not None and found.number != record.number:
                    _emit(model, writer, record, pieces)
                    pieces = []
                record = found
                pieces.append(row)
                count += 1
            if record is not None:
                _emit(model, writer, record, pieces)
            writer.finish()
            stream.commit()
    except OSError as problem:
        raise UsageError(f"{path} cannot be written: {problem.strerror or problem}") from None
    return count


def _emit(model: CaptureModel, writer: PcapngWriter, record: Record, rows: list[int]) -> None:
    with model.commented(record, rows):
        messages = [model.message(row) for row in rows]
        cut = any(message.state == CUT for message in messages)
        writer.part(record, b"".join(message.data for message in messages), cut)


def picture(app: App[Any], title: str) -> str:
    """The screen as SVG, which needs nothing from elsewhere."""
    head, style_end, rest = app.export_screenshot(title=title).partition("</style>")
    return _FONT.sub("", head) + style_end + rest
