"""A view on more lines than fit: the wheel and the scrollbar at its right move it."""

from __future__ import annotations

from typing import Final

from textual import events
from textual.scroll_view import ScrollView

from ..model.parts import Part, extent

WHEEL: Final = 3  # lines of one click of the wheel
SIDEWAYS: Final = 8  # cells of one click to the side
TRACK, THUMB = "│", "█"


class Scrolling(ScrollView):
    """Lines of which `room` are seen below the `head`, the last cell of each is the scrollbar's.

    textual looks up `size` in the whole screen on each call, a ScrollView's `container_size` is
    the same and is there.

    Subclasses say how many there are (`count`) and what is in them (`parts`). `shift` cells of
    each, behind the `fixed` first ones, lie beyond the left edge.
    """

    head = 0
    fixed = 0
    stride = SIDEWAYS

    def __init__(self, **options: str | None) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.shift = 0
        self._scrubbing = False  # the scrollbar is held
        self._scrubbed = False  # what the mouse did last it did to the scrollbar

    @property
    def count(self) -> int:
        """How many lines there are, without the head."""
        return 0

    def parts(self, line: int) -> list[Part]:
        """The parts of a line."""
        return []

    @property
    def room(self) -> int:
        """How many lines fit below the head."""
        return max(self.container_size.height - self.head, 0)

    @property
    def breadth(self) -> int:
        """Cells of a line, without the scrollbar."""
        return max(self.container_size.width - 1, 0)

    # -- where the view is -------------------------------------------------------------

    def top(self, line: int) -> None:
        """Scrolls so that this line is the first one seen."""
        limit = max(self.count - self.room, 0)
        self.scroll_to(y=min(max(line, 0), limit), animate=False, force=True, immediate=True)

    def scrolled(self, line: int) -> None:
        """The user scrolls so that this line is the first one seen."""
        self.top(line)

    def sideways(self, cells: int) -> bool:
        """Shows what lies further right (or left: -cells); whether there was anything.

        The lines in sight say how far it goes.
        """
        top = self.scroll_offset.y
        seen = range(top, min(top + self.room, self.count))
        widest = max((extent(self.parts(line)) for line in seen), default=0)
        shift = max(min(self.shift + cells, widest - self.breadth), 0)
        before, self.shift = self.shift, shift
        if shift != before:
            self.refresh()
        return shift != before

    # -- the scrollbar -------------------------------------------------------------------

    def edge(self, y: int) -> tuple[str, str, str]:
        """The scrollbar's cell in a row of the widget, its looks and those under it.

        It is blank where all lines are seen.
        """
        count, room, y = self.count, self.room, y - self.head
        if count <= room or y < 0:
            return " ", "plain", "title" if y < 0 else ""
        size = max(room * room // count, 1)
        start = round(self.scroll_offset.y * (room - size) / (count - room))
        return (THUMB, "heading", "") if start <= y < start + size else (TRACK, "dim", "")

    def scrub(self, y: int) -> None:
        """The scrollbar was taken at a row below the head: goes there."""
        room = self.room
        if room > 1:
            self.scrolled(round((self.count - room) * min(max(y / (room - 1), 0), 1)))

    # -- the mouse -----------------------------------------------------------------------

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Lines further down; with Shift or Ctrl what is further right."""
        self._wheel(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Lines further up; with Shift or Ctrl what is further left."""
        self._wheel(event, -1)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """What is further right."""
        event.stop()
        self.sideways(self.stride)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """What is further left."""
        event.stop()
        self.sideways(-self.stride)

    def _wheel(self, event: events.MouseEvent, step: int) -> None:
        event.stop()
        if event.shift or event.ctrl:
            self.sideways(step * self.stride)
        else:
            self.scrolled(self.scroll_offset.y + step * WHEEL)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Takes the scrollbar."""
        offset = event.get_content_offset(self)
        self._scrubbed = offset is not None and offset.x >= self.breadth and offset.y >= self.head
        if offset is not None and self._scrubbed:
            event.stop()
            self._scrubbing = True
            self.capture_mouse()
            self.scrub(offset.y - self.head)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drags the scrollbar."""
        if self._scrubbing:
            event.stop()
            self.scrub(event.get_content_offset_capture(self).y - self.head)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Lets the scrollbar go."""
        if self._scrubbing:
            event.stop()
            self._scrubbing = False
            self.release_mouse()
