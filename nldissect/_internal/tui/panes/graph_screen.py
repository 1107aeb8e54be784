"""The graph of rates over the screen: its keys, and filters that are typed for more series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip

from ...wire.errors import FilterError
from ...wire.text import safe
from ..model.graph_view import GraphView
from ..model.rate_graph import Series
from ..model.scheduler import Scheduler
from .key_hints import Clickable, Hint, hints
from .key_input import KeyInput
from .live_report import EVERY, JOB
from .paint import Painted

PAGE = 10  # columns
# Keys in the border, in groups; the words of a group where there is room for them.
_KEYS: Final[tuple[tuple[tuple[Hint, ...], str], ...]] = (
    ((("left", "←"), ("right", "→"), ("n", "n"), ("N", "N"), ("enter", "Enter")), ""),
    ((("+", "+"), ("-", "-"), ("0", "0")), " interval"),
    ((("up", "↑"), ("down", "↓"), ("a", "a"), ("d", "d")), " series"),
    ((("y", "y"),), " scale"),
    ((("q", "q"),), ""),
)


class GraphPane(Painted):
    """The lines of the graph."""

    def __init__(self, view: GraphView) -> None:
        super().__init__("graph")
        self._view = view
        self._lines: list[list[tuple[str, str]]] = []

    def draw(self) -> None:
        """Makes the lines anew."""
        self._lines = self._view.lines(self.size.width, self.size.height)
        self.refresh()

    def on_resize(self) -> None:
        """Looks depend on the background, lines on the size."""
        self._looks.clear()
        self.draw()

    def render_line(self, y: int) -> Strip:
        """A line of the graph, or a blank one."""
        parts = self._lines[y] if y < len(self._lines) else []
        return self.strip(parts, self.size.width)

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there."""
        offset = event.get_content_offset(self)
        if offset is not None:
            self._view.go(self._view.at(offset.x))
            self.draw()


class GraphScreen(Clickable, ModalScreen[object]):
    """Shows a graph while it is counted; gives the row that Enter goes to, or None.

    `series` makes a series of a filter that is typed; it raises FilterError.
    """

    AUTO_FOCUS = ""

    def __init__(
        self, title: str, view: GraphView, scheduler: Scheduler, series: Callable[[str], Series]
    ) -> None:
        super().__init__()
        self._title_text = title
        self._view = view
        self._scheduler = scheduler
        self._series = series
        self._shown = -1  # the `changes` that are drawn
        self._pane = GraphPane(view)
        self._input = KeyInput(lambda key: False, self._add, "a filter for one more series")
        self._keys: dict[str, Callable[[], object]] = {
            **dict.fromkeys(("left", "h"), lambda: view.move(-1)),
            **dict.fromkeys(("right", "l"), lambda: view.move(1)),
            **dict.fromkeys(("ctrl+left", "pageup", "H"), lambda: view.move(-PAGE)),
            **dict.fromkeys(("ctrl+right", "pagedown", "L"), lambda: view.move(PAGE)),
            **dict.fromkeys(("home", "g"), lambda: view.to_end(False)),
            **dict.fromkeys(("end", "G"), lambda: view.to_end(True)),
            **dict.fromkeys(("up", "k"), lambda: view.select(-1)),
            **dict.fromkeys(("down", "j"), lambda: view.select(1)),
            "n": lambda: self._unless(view.beside(1), "it has no message after this"),
            "N": lambda: self._unless(view.beside(-1), "it has no message before this"),
            "+": lambda: self._unless(view.zoom(-1), "this is the shortest interval"),
            "-": lambda: self._unless(view.zoom(1), "one interval has everything"),
            "0": view.show_all,
            "y": self._turn_scale,
            "a": self._type,
            "d": self._drop,
            "enter": self._choose,
            **dict.fromkeys(("escape", "q", "Q", "ctrl+c", "ctrl+q"), lambda: self.dismiss(None)),
        }

    def compose(self) -> ComposeResult:
        """A box with the graph and the input."""
        with Vertical() as box:
            box.border_title = Content(self._title_text)
            yield self._pane
            yield self._input

    def on_mount(self) -> None:
        """Goes on with counting where it was."""
        self._ticking = self.set_interval(EVERY, self._tick)
        self._go_on()

    def on_unmount(self) -> None:
        """Whatever goes on ends here."""
        self._scheduler.drop(JOB)

    def _go_on(self) -> None:
        """There is something to count."""
        self._scheduler.add(JOB, self._view.graph.step)
        self._ticking.resume()

    def _tick(self) -> None:
        """Draws what has changed; at the end there is nothing more to look for."""
        graph = self._view.graph
        if graph.finished:
            self._scheduler.drop(JOB)
            self._ticking.pause()
        if self._shown != graph.changes:
            self._shown = graph.changes
            self._pane.draw()
        title = f"{self._title_text}  {graph.state}".rstrip()
        self.query_one(Vertical).border_title = Content(title)

    def _say(self, text: str) -> None:
        self.query_one(Vertical).border_subtitle = Content(text)

    def _say_keys(self) -> None:
        wide = self.size.width >= 80
        groups = [
            Content.assemble(hints(*keys, between=" "), words if wide else "")
            for keys, words in _KEYS
        ]
        self.query_one(Vertical).border_subtitle = Content("   ").join(groups)

    def on_resize(self) -> None:
        """There may be more room for the keys."""
        self._say_keys()

    def _unless(self, done: bool, why: str) -> None:
        if not done:
            self._say(why)

    # -- keys ------------------------------------------------------------------------------

    def take(self, event: events.Key) -> bool:
        """Works a key off, at once."""
        self._scheduler.pressed()
        if self.focused is self._input:
            if event.key in ("escape", "ctrl+c"):
                self._typed()
                return True
            return self._input.take(event)
        key = event.character if event.character and event.is_printable else event.key
        done = self._keys.get(key)
        if done is not None:
            self._say_keys()
            done()
            if self.is_current:
                self._pane.draw()
        return True

    def _choose(self) -> None:
        row = self._view.row
        if row < 0:
            self._say(f"there is no message of {safe(self._view.series.name)} here")
        else:
            self.dismiss(row)

    def _turn_scale(self) -> None:
        self._view.logarithmic = not self._view.logarithmic

    def _drop(self) -> None:
        self._unless(self._view.drop(), "the last series stays")

    def _type(self) -> None:
        self._input.value = ""
        self._input.add_class("on")
        self.set_focus(self._input)

    def _typed(self) -> None:
        """Typing is over."""
        self._input.remove_class("on")
        self.set_focus(None)
        self._say_keys()

    def _add(self, text: str) -> None:
        """One more series, by the filter that was typed; a wrong one stays to be mended."""
        if not text.strip():
            self._typed()
            return
        try:
            series = self._series(text)
        except FilterError as problem:
            self._say(safe(str(problem)))
            return
        self._typed()
        self._unless(self._view.add(series), "there is no room for more; d takes one away")
        self._go_on()
