"""The tree: a message's headers and attributes as lines that fold."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events

from ..model.outline import Folds, Outline, OutlineLine
from ..model.parts import Part
from .pinned import PinnedPane


class TreePane(PinnedPane):
    """Shows an outline; the cursor's path is kept from one to the next."""

    fixed = 1

    def __init__(self) -> None:
        super().__init__("tree")
        self.name_it("Tree")
        self.folds = Folds()
        self.outline: Outline | None = None
        self._path = ""  # of the line that was gone to last

    @property
    def count(self) -> int:
        """Lines that are not folded away."""
        return 0 if self.outline is None else len(self.outline.items)

    @property
    def item(self) -> OutlineLine | None:
        """The line under the cursor."""
        if self.outline is None or not self.outline.items:
            return None
        return self.outline.items[min(self.cursor, len(self.outline.items) - 1)]

    def set(self, outline: Outline | None) -> None:
        """Shows another message; the cursor goes to the same path, or what was blamed."""
        self.outline = outline
        place = -1
        if outline is not None:
            if outline.blamed is not None:
                place = outline.reveal(outline.blamed)
            if place < 0:
                place = outline.of_key(self._path)
            if place < 0:  # the first line that stands for bytes
                items = outline.items
                place = next((i for i, item in enumerate(items) if item.start >= 0), 0)
        self.cursor = max(place, 0)
        self.changed()
        if place <= 0:
            self.top(0)

    def changed(self) -> None:
        """The lines are others."""
        self.resized()
        self.show()
        self.refresh()

    def parts(self, line: int) -> list[Part]:
        """Indent, fold sign, name, value or short form, and what is wrong."""
        outline = self.outline
        assert outline is not None
        item = outline.items[line]
        opened = item.kids and outline.opened(item)
        sign = ("▾ " if opened else "▸ ") if item.kids else "  "
        blamed = item.node is not None and item.node is outline.blamed
        here = "▌" if line == self.cursor else " "
        out: list[Part] = [
            (f"{here}{'│ ' * item.depth}{'✗ ' if blamed and not item.kids else sign}", "dim")
        ]
        look = "blame" if blamed else "dim" if item.zero else item.look
        if item.name:
            out.append((item.name, look))
        value = item.value or item.brief
        if value:
            if item.name:
                column = min(item.column, self.breadth * 9 // 20)
                out.append((" " * max(column + 2 - cell_len(item.name), 2), "plain"))
            out.append((value, "blame" if blamed else _value_look(item, opened)))
        if item.note:
            out.append((f"  {item.note}", "error" if blamed else _severity(item.note)))
        return out

    # -- moving and folding --------------------------------------------------------------

    def _noted(self) -> None:
        item = self.item
        self._path = "" if item is None else item.key

    def move(self, line: int) -> bool:
        """Keeps the path of the line, and says so by `moved`."""
        if super().move(line):
            self._noted()
            self.moved()
            return True
        return False

    def fold(self, opened: bool | None = None) -> bool:
        """Folds or unfolds the line under the cursor (None: the other way); whether it could."""
        item = self.item
        if item is None or self.outline is None or not item.kids:
            return False
        now = self.outline.opened(item)
        wanted = not now if opened is None else opened
        if wanted == now:
            return False
        self.outline.fold(self.cursor, wanted)
        self.changed()
        return True

    def left(self) -> None:
        """Folds, or goes to the parent."""
        if not self.fold(False) and self.outline is not None and self.count:
            self.move(self.outline.parent(self.cursor))

    def right(self) -> None:
        """Unfolds, or goes to the first line inside."""
        item = self.item
        if not self.fold(True) and item is not None and item.kids:
            self.move(self.cursor + 1)

    def parent_line(self) -> None:
        """Goes to the parent."""
        if self.outline is not None and self.count:
            self.move(self.outline.parent(self.cursor))

    def unfold_below(self) -> None:
        """Unfolds all below the cursor."""
        if self.outline is not None and self.count:
            self.outline.unfold_below(self.cursor)
            self.changed()

    def fold_everything(self, opened: bool) -> None:
        """Folds or unfolds all; the cursor stays as near as it can."""
        if self.outline is None or not self.count:
            return
        key = self.outline.items[self.cursor].key
        self.folds.all(opened)
        self.outline.refresh()
        self.cursor = max(self.outline.of_key(key), 0)
        self.changed()
        self.moved()

    def reveal_byte(self, offset: int) -> None:
        """Goes to the smallest thing that has this byte."""
        if self.outline is None:
            return
        place = self.outline.at_byte(offset)
        self.changed()
        if place >= 0:
            before, self.cursor = self.cursor, place
            self._noted()
            self.line_changed(before)
            self.line_changed(place)
            self.show()

    def on_click(self, event: events.Click) -> None:
        """A click goes there, a second one folds."""
        line = self.clicked(event)
        if line >= 0:
            again = line == self.cursor
            self.move(line)
            if again or event.chain == 2:
                self.fold()


_WHOLE = frozenset(("error", "warning", "note", "dim", "good", "notification", "unanswered"))


def _value_look(item: OutlineLine, opened: bool) -> str:
    if item.zero or (opened and not item.value):
        return "dim"  # what is seen below as well
    return item.look if item.look in _WHOLE else "value"


def _severity(note: str) -> str:
    for name in ("error", "warning"):
        if f"[{name}:" in note:
            return name
    return "note"
