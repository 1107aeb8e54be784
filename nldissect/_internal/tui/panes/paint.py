"""What the line-by-line widgets share: looks from the theme, one line of text, a cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from ...wire.text import safe
from ..model.parts import Part, shifted
from .contrast import legible
from .scrolling import Scrolling

# Names of looks; style.tcss says what each is (`.look--error`).
_NAMES = (
    "plain", "dim", "name", "value", "heading", "title", "cursor", "away", "selected", "error",
    "malformed", "lost", "unanswered", "good", "done", "notification", "copy", "request",
    "answer", "warning", "note", "even", "odd", "span", "byte", "blame", "match", "red", "green",
    "yellow", "blue", "magenta", "cyan", "arrow", "kin", "dense",
)  # fmt: skip
LOOKS = frozenset(f"look--{name}" for name in _NAMES)


class Painted(Widget):
    """A widget that draws lines of parts in the looks of the theme.

    The application has these once for all widgets, as component classes (`LOOKS`).
    Every style handed on is a whole one: textual's NO_COLOR filter fails on None.
    """

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self._looks: dict[tuple[str, str], Style] = {}

    def look(self, name: str, under: str = "") -> Style:
        """The style of these looks, on the ground of those `under` them; readable on it."""
        found = self._looks.get((name, under))
        if found is None:
            found = self._looks[name, under] = self._mixed(name, under)
        return found

    def _mixed(self, name: str, under: str) -> Style:
        """Text in one's colour, grounds and attributes of both, transparent colours mixed."""
        _, _, ground, colour = self.colors
        style = Style()
        styles = self.app.get_component_styles
        text = styles(f"look--{name}")
        for rules in (text, styles(f"look--{under}")) if under else (text,):
            style += rules.text_style
            if rules.has_rule("background"):
                ground += rules.background
        if text.has_rule("color"):
            colour = text.color
        system = self.app.console.color_system or "truecolor"
        colour = legible(ground + colour, ground, system=system)
        return style + Style.from_color(colour.rich_color, ground.rich_color)

    def notify_style_update(self) -> None:
        """The theme changed: looks are made anew."""
        self._looks.clear()
        super().notify_style_update()

    def strip(self, parts: Iterable[Part], width: int, under: str = "") -> Strip:
        """One line of exactly `width` cells; `under` are looks laid over all of it."""
        segments: list[Segment] = []
        room = width
        for text, name in parts:
            size = len(text) if text.isascii() else cell_len(text)
            if size > room:
                if room > 0:
                    cut = set_cell_size(text, room - 1) + "…"
                    segments.append(Segment(cut, self.look(name, under)))
                room = 0
                break
            if text:
                segments.append(Segment(text, self.look(name, under)))
            room -= size
        if room:
            segments.append(Segment(" " * room, self.look("plain", under)))
        return Strip(segments, width)


class LinePane(Painted, Scrolling, can_focus=True, inherit_bindings=False):
    """A pane of lines, one of which has the cursor.

    Subclasses give `count` lines through `parts`; `head` lines at the top stay.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.cursor = 0
        # Called at once when the user moves; a message would come after the next key.
        self.moved: Callable[[], None] = _nothing
        # Called when the mouse takes the view or the cursor elsewhere, before `moved`.
        self.steered: Callable[[], None] = _nothing

    def name_it(self, text: str) -> None:
        """Puts a text in the title; as Content, so that nothing in it is markup."""
        self.border_title = Content(f" {safe(text)} ")

    # -- what subclasses say -----------------------------------------------------

    def head_parts(self, line: int) -> list[Part]:
        """The parts of a line of the head."""
        return []

    def under(self, line: int) -> str:
        """The looks that lie under a whole line."""
        if line != self.cursor:
            return ""
        return "cursor" if self.has_focus else "away"

    # -- drawing --------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """A line of the head, a line by `parts`, or a blank one; and the scrollbar's cell."""
        width = self.breadth
        if width <= 0:
            return Strip([], 0)
        line = y - self.head + self.scroll_offset.y
        under = ""
        if y < self.head:
            parts, under = self.head_parts(y), "title"
        elif line < self.count:
            parts, under = self.parts(line), self.under(line)
        else:
            parts = []
        shown = shifted(parts, self.fixed, self.shift) if self.shift else parts
        glyph, look, ground = self.edge(y)
        edge = Segment(glyph, self.look(look, ground))
        return Strip([*self.strip(shown, width, under), edge], width + 1)

    # -- moving -----------------------------------------------------------------------

    def resized(self) -> None:
        """The number of lines has changed."""
        size = self.virtual_size
        height = self.count + self.head
        if size.height != height or size.width != self.size.width:
            self.virtual_size = size.__class__(self.size.width, height)
        if self.cursor >= self.count:
            self.cursor = max(self.count - 1, 0)

    def on_resize(self) -> None:
        """Looks depend on the background, scrolling on the size."""
        self._looks.clear()
        self.resized()
        self.show()

    def line_changed(self, line: int) -> None:
        """One line looks different."""
        y = line - self.scroll_offset.y + self.head
        size = self.container_size
        if self.head <= y < size.height:
            self.refresh(Region(0, y, size.width, 1))

    def move(self, line: int) -> bool:
        """Puts the cursor on the nearest line there is; whether it moved."""
        line = min(max(line, 0), max(self.count - 1, 0))
        before, self.cursor = self.cursor, line
        if before == line:
            self.show()
            return False
        self.line_changed(before)
        self.line_changed(line)
        self.show()
        return True

    @property
    def seen(self) -> int:
        """How many lines are in sight."""
        return max(min(self.room, self.count - self.scroll_offset.y), 0)

    def to_seen(self, line: int) -> None:
        """Puts the cursor on a line in sight, counted from the first."""
        self.move(self.scroll_offset.y + min(max(line, 0), self.seen - 1))

    def show(self) -> None:
        """Scrolls so that the cursor is seen."""
        room, top = self.room, self.scroll_offset.y
        if room <= 0:
            return
        if self.cursor < top:
            self.top(self.cursor)
        elif self.cursor >= top + room:
            self.top(self.cursor - room + 1)

    def scrolled(self, line: int) -> None:
        """The cursor stays where it is as long as it is seen, as in vim."""
        if line < self.scroll_offset.y:
            self.steered()
        self.top(line)
        top = self.scroll_offset.y
        within = min(max(self.cursor, top), top + max(self.room, 1) - 1)
        if self.cursor not in (within, -1):
            self.move(within)

    def clicked(self, event: events.Click) -> int:
        """The line that was clicked on, -1 for none."""
        offset = event.get_content_offset(self)
        if offset is None or self._scrubbed:
            return -1
        self.steered()
        return self.at(offset.y)

    def at(self, y: int) -> int:
        """The line at a row of the widget, -1 for none."""
        line = y - self.head + self.scroll_offset.y
        return line if y >= self.head and 0 <= line < self.count else -1


def _nothing() -> None:
    """No callback is set."""
