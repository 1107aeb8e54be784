"""What leaves the screen: copies, saved captures, exported messages, the pager."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterable

from ...analysis.explain import paths
from ...wire.errors import CaptureError, UsageError
from ...wire.output_file import write_file
from ...wire.text import escaped
from ..model.node_text import value_of
from ..panes.popup import Question
from . import clipboard
from .context import BrowserContext
from .controller import Action, Controller, plain
from .documents import (
    ReportWriter,
    exported,
    form_named,
    forms,
    is_report,
    line,
    picture,
    transaction_rows,
    write,
)
from .filtering import Filtering

GONE = 0.1  # s until what asked for a picture is gone from the screen


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
        one = len(rows) == 1
        what = f"#{self.model.number(rows[0])}" if one else f"{len(rows)} messages"
        return f"{what} as {form}"

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
        rows, known = self._rows(), forms()

        def form(name: str) -> None:
            name = name.strip()
            if name not in known:
                raise UsageError(f"{name!r} is none of {', '.join(known)}")
            self.browser.ask(
                f"export {self._what(self._for(rows, name), name)} to",
                lambda path: self._export(path, rows, name),
                _beside(self.model.name, _ENDINGS.get(name, name)),
            )

        self.browser.ask(
            f"export {_counted(rows)} as (Tab: html, json, c…)", form, "text", choices=known
        )

    def _for(self, rows: list[int], form: str) -> list[int]:
        """What a form has: a report of no selected messages has the transaction of the cursor."""
        if is_report(form) and not self.model.selected:
            return transaction_rows(self.model, rows[0])
        return rows

    def _export(self, path: str, rows: list[int], form: str) -> None:
        """Writes a file, as its name's end says where that is a report's or a picture's."""
        if not path.strip():
            return
        form = form_named(path.strip()) or form
        chosen = self._for(rows, form)

        def export(path: str) -> None:
            if is_report(form):
                self._report(path, chosen, form)
                return
            if form == "svg":

                def draw() -> None:
                    self.browser.attempt(lambda: self._write_picture(path))

                self.browser.app.set_timer(GONE, draw)
                return
            text = exported(self.model, chosen, form)
            _write(path, text)
            self.browser.note(f"{self._what(chosen, form)} in {path}")

        self.into(path, export)

    def _report(self, path: str, rows: list[int], form: str) -> None:
        """Writes a report behind the screen; Esc stops that."""
        try:
            writer = ReportWriter(self.model, path, rows, form)
        except OSError as problem:
            raise UsageError(f"{path} cannot be written: {problem.strerror}") from None

        told = -1

        def work(seconds: float) -> bool:
            nonlocal told
            try:
                over = writer.work(seconds)
            except (OSError, CaptureError) as problem:
                scheduler.drop("export")
                why = getattr(problem, "strerror", None) or problem
                self.browser.note(f"{path} cannot be written: {why}", "error")
                return True
            if over:
                scheduler.drop("export")
                self.browser.note(f"{self._what(rows, form)} in {path}")
            elif told != writer.percent:
                told = writer.percent
                self.browser.note(f"{path}: {told} %, Esc stops it")
            return over

        scheduler = self.browser.scheduler
        scheduler.add("export", work, writer.discard)

    def _write_picture(self, path: str) -> None:
        _write(path, picture(self.browser.app, f"nldissect {self.model.name}"))
        self.browser.note(f"the screen is in {path}")

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


_ENDINGS = {
    "text": "txt",
    "python": "py",
    "build": "py",
    "rust": "rs",
    "markdown": "md",
}  # else the form


def _write(path: str, text: str) -> None:
    """Makes a file of a text; raises UsageError."""
    try:
        write_file(path, text.encode("utf-8", "backslashreplace"))
    except OSError as problem:
        raise UsageError(f"{path} cannot be written: {problem.strerror}") from None


def _counted(rows: list[int]) -> str:
    return f"{len(rows)} message{'s' * (len(rows) > 1)}"


def _beside(name: str, ending: str) -> str:
    stem = os.path.basename(name).split(".")[0] or "capture"
    return f"{stem}.{ending}"
