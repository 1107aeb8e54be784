"""The sequence diagram of what is shown: opening it, and writing it into a file."""

from __future__ import annotations

import os
from bisect import bisect_right
from typing import TYPE_CHECKING

from ...wire.errors import UsageError
from ...wire.output_file import write_file
from ...wire.text import safe
from .controller import Action, Controller, plain

if TYPE_CHECKING:
    from ...library.flow_finder import FlowFinder
    from ..panes.flow_screen import FlowScreen

WAIT = 0.05  # s of CPU for the last arrows before they are written


class FlowView(Controller):
    """The key of the diagram."""

    def actions(self) -> dict[str, Action]:
        """The diagram."""
        return {"flow": plain(self._show)}

    def _show(self) -> None:
        """The selected messages if there are several, else those of the view."""
        from ...library.flow_finder import FlowFinder
        from ..panes.flow_screen import FlowScreen

        model, view = self.model, self.model.view
        chosen = sorted(model.selected)
        rows = chosen if len(chosen) > 1 else view.rows
        if not rows:
            raise UsageError("no message is shown")
        place = max(bisect_right(rows, self.row()) - 1, 0)

        def limit() -> int:
            """What is shown before it is paired may still go."""
            return view.early if view.early >= 0 else model.index.paired

        def finder(by_socket: bool, start: int) -> FlowFinder:
            return FlowFinder(model.index, rows, limit, by_socket, start=start)

        name = safe(model.name) if rows is view.rows else f"{len(rows)} selected messages"
        keymap = self.browser.keymap
        listing, cursor = self.browser.list_pane, self.browser.row_cursor
        screen = FlowScreen(listing, cursor, keymap, finder, place, name, self._ask)
        begun = listing.row

        def closed(row: int | None) -> None:
            """The list is where the diagram was, which is one jump."""
            if row is not None:
                self.browser.attempt(lambda: cursor.go(row))
            if listing.row != begun:
                cursor.before = begun

        self.browser.pop_up(screen, closed)

    def _ask(self, screen: FlowScreen) -> None:
        """Asks for the file into which a diagram goes."""
        stem = os.path.basename(self.model.name).split(".")[0] or "capture"
        screen.ask(
            "write the diagram to (.svg, .mmd)",
            lambda path: self._export(screen, path),
            f"{stem}.svg",
        )

    def _export(self, screen: FlowScreen, path: str) -> None:
        """Writes the first arrows, as many as a picture takes; raises UsageError."""
        from ...render.flow_formats import FLOW_FORMATS, LIMIT, form_of

        if not path.strip():
            return
        form = form_of(path.strip())
        if form not in FLOW_FORMATS:
            raise UsageError(f"here diagrams are written as {', '.join(FLOW_FORMATS)}")
        if not screen.pane.found.step(WAIT):
            raise UsageError("not all arrows are found yet; write it when they are")

        def write(path: str) -> None:
            title = f"Netlink messages of {safe(self.model.name)}"
            diagram = screen.pane.diagram(title, LIMIT)
            try:
                write_file(path, FLOW_FORMATS[form](diagram).encode("utf-8", "backslashreplace"))
            except OSError as problem:
                raise UsageError(f"{path} cannot be written: {problem.strerror}") from None
            count = len(diagram.arrows)
            more = f"; {diagram.rest} (`nldissect flow --limit 0` draws all)" * bool(diagram.rest)
            screen.note(f"{count} arrows are in {safe(path)}{more}")

        self.into(path, lambda path: screen.attempt(lambda: write(path)))
