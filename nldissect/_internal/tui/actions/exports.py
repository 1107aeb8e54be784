"""What leaves the screen: copies, saved captures, exported messages, the pager."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterable

from ...analysis.explain import paths
from ...capture.reader import PcapngWriter
from ...render.formats import FORMATS
from ...render.list_output import ListRenderer
from ...render.renderer import Renderer
from ...render.style import Style
from ...render.tree_output import HexDumpRenderer, TreeRenderer
from ...wire.errors import UsageError
from ...wire.framing import CUT
from ...wire.output_file import OutputFile, write_file
from ...wire.record import COMMENT, Record
from ...wire.text import escaped
from ...wire.times import TimeFormatter
from ..model.capture_model import CaptureModel
from ..model.node_text import value_of
from ..panes.popup import Question
from . import clipboard
from .context import BrowserContext
from .controller import Action, Controller, plain
from .filtering import Filtering

FORMS = ("text", *FORMATS)


class Exports(Controller):
    """Keys of the group Out."""

    def __init__(self, browser: BrowserContext, filtering: Filtering) -> None:
        super().__init__(browser)
        self._filtering = filtering

    def actions(self) -> dict[str, Action]:
        """The group Out."""
        return {
            "copy-line": plain(self._copy_line),
            "copy-hex": lambda n, _: self._copy_as("hex"),
            "copy-python": lambda n, _: self._copy_as("python"),
            "copy-c": lambda n, _: self._copy_as("c"),
            "copy-json": lambda n, _: self._copy_as("jsonl"),
            "copy-filter": plain(self._copy_filter),
            "copy-path": plain(self._copy_path),
            "copy-value": plain(self._copy_value),
            "save": plain(self._ask_save),
            "export": plain(self._ask_export),
            "pager": plain(self._show_in_pager),
        }

    # -- copying --------------------------------------------------------------------------

    def _copy(self, text: str, what: str) -> None:
        folder = self.browser.application.state.folder
        where = clipboard.copy(text, self.browser.app.copy_to_clipboard, folder)
        self.browser.note(f"copied {what} {where}")

    def _rows(self) -> list[int]:
        """The selected rows, else the one under the cursor."""
        return sorted(self.model.selected) or [self.row()]

    def _what(self, rows: list[int], form: str) -> str:
        return f"#{rows[0] + 1} as {form}" if len(rows) == 1 else f"{len(rows)} messages as {form}"

    def _copy_as(self, form: str) -> None:
        rows = self._rows()
        self._copy(exported(self.model, rows, form), self._what(rows, form))

    def _copy_line(self) -> None:
        rows = self._rows()
        self._copy("".join(line(self.model, row) for row in rows), self._what(rows, "line"))

    def _copy_filter(self) -> None:
        text = self._filtering.term()
        self._copy(text, f"filter {text}")

    def _copy_path(self) -> None:
        item = self.browser.tree_pane.item
        if item is None or item.node is None:
            raise UsageError("go to a field of the tree: its path is copied")
        path = paths(item.node)[0]
        self._copy(path, f"path {path}")

    def _copy_value(self) -> None:
        item = self.browser.tree_pane.item
        if item is None:
            raise UsageError("go to a field of the tree: its value is copied")
        value = item.value
        if item.node is not None:
            found = item.node.value
            # which may be pasted into a shell
            value = escaped(found) if isinstance(found, str) else value_of(item.node, False)
        self._copy(value, "value")

    # -- files -------------------------------------------------------------------------------

    def _ask_save(self) -> None:
        model = self.model
        rows = sorted(model.selected) or None
        what = f"{len(rows)} selected" if rows else f"{len(model.view)} shown"
        self.browser.ask(f"save the {what} as", self.save, _beside(model.name, "shown.pcapng"))

    def ask_about_comments(self, then: Callable[[], None]) -> None:
        """Asks what becomes of comments that no file has, then goes on."""
        model = self.model
        count = len(model.unsaved)

        def save(path: str) -> None:
            write(model, path, range(model.total))
            model.unsaved.clear()
            self.browser.application.exit_notes.append(f"the capture with comments is in {path}")
            then()

        def answered(key: str | None) -> None:
            if key == "d":
                model.unsaved.clear()
                then()
            elif key == "s":
                self.browser.ask(
                    "save the capture with its comments as",
                    lambda path: self.into(path, save) if path.strip() else None,
                    _beside(model.name, "commented.pcapng"),
                )

        what = "A comment is" if count == 1 else f"{count} comments are"
        self.browser.pop_up(
            Question(
                f"{what} in no file yet.", {"s": "save the capture with them", "d": "discard them"}
            ),
            answered,
        )

    def save(self, path: str) -> None:
        """Saves the selected, else all that are shown; raises UsageError."""
        if not path.strip():
            return
        rows = sorted(self.model.selected) or None
        if self.model.view.behind and rows is None:
            raise UsageError("the filter has not come to the end yet; save when it has")

        def save(path: str) -> None:
            chosen = self.model.view.rows if rows is None else rows
            own = self._own()
            written = sorted({*self._with_copies(chosen), *own})
            count = write(self.model, path, written)
            self.model.unsaved.difference_update(written)
            self.browser.note(f"{count - len(own)} messages saved in {path}")
            self.browser.application.state.opened(path)

        self.into(path, save)

    def _own(self) -> list[int]:
        """What is hidden because the recording program itself asked it: it explains a file."""
        index = self.model.index
        return [] if self.model.own else [row for row in range(len(index)) if index.own(row)]

    def _with_copies(self, rows: Iterable[int]) -> Iterable[int]:
        """The copies that are folded away belong to what is shown."""
        model = self.model
        if not model.folded:
            return rows
        shown = set(rows)
        links = model.index.links
        for row in range(model.index.paired):
            of = links.of[row + 1]
            if of and of - 1 in shown and model.copy(row):
                shown.add(row)
        return sorted(shown)

    def _ask_export(self) -> None:
        rows = self._rows()

        def form(name: str) -> None:
            if name.strip() not in FORMS:
                raise UsageError(f"{name!r} is none of {', '.join(FORMS)}")
            self.browser.ask(
                f"export {self._what(rows, name.strip())} to",
                lambda path: self._export(path, rows, name.strip()),
                _beside(self.model.name, _ENDINGS.get(name.strip(), name.strip())),
            )

        self.browser.ask(
            f"export {_counted(rows)} as ({', '.join(FORMS)})", form, "text", choices=list(FORMS)
        )

    def _export(self, path: str, rows: list[int], form: str) -> None:
        if not path.strip():
            return

        def export(path: str) -> None:
            text = exported(self.model, rows, form)
            try:
                write_file(path, text.encode("utf-8", "backslashreplace"))
            except OSError as problem:
                raise UsageError(f"{path} cannot be written: {problem.strerror}") from None
            self.browser.note(f"{self._what(rows, form)} in {path}")

        self.into(path, export)

    def _show_in_pager(self) -> None:
        text = exported(self.model, self._rows(), "text")
        command = os.environ.get("NLDISSECT_PAGER") or os.environ.get("PAGER") or "less"
        app = self.browser.app
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            with app.suspend():
                subprocess.run([*shlex.split(command), file.name], check=False)
        app.refresh()


_ENDINGS = {"text": "txt", "python": "py", "build": "py", "rust": "rs"}  # else the form


def _counted(rows: list[int]) -> str:
    return f"{len(rows)} message{'s' * (len(rows) > 1)}"


def _beside(name: str, ending: str) -> str:
    stem = os.path.basename(name).split(".")[0] or "capture"
    return f"{stem}.{ending}"


def line(model: CaptureModel, row: int) -> str:
    """The row as `nldissect read` writes it."""
    clock = TimeFormatter(model.times.form)
    lines = ListRenderer(Style(), clock)
    clock.see(0, model.time(0))
    return lines.message(model.message(row), model.link(row))


def exported(model: CaptureModel, rows: Iterable[int], form: str) -> str:
    """Messages as text: one of `FORMS`."""
    if form == "text":
        clock = TimeFormatter(model.times.form)
        clock.see(0, model.time(0))
        lines = ListRenderer(Style(), clock)
        renderer: Renderer = HexDumpRenderer(
            TreeRenderer(lines, Style(), model.constants_in_tree, full=True)
        )
    else:
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
    own = [(row, model.comments[row]) for row in rows if row in model.comments]
    before = record.options
    if own:
        kept = [option for option in record.options or [] if option[0] != COMMENT]
        texts = [text for _, text in own if text]
        record.options = [*((COMMENT, text.encode()) for text in texts), *kept] or None
    try:
        messages = [model.message(row) for row in rows]
        cut = any(message.state == CUT for message in messages)
        writer.part(record, b"".join(message.data for message in messages), cut)
    finally:
        record.options = before
