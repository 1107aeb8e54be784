"""The sequence diagram over the screen of a capture: its keys, and the whole words of an arrow."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip

from ...library.flow_finder import FlowFinder
from ...wire.errors import NldissectError
from ..model.keymap import Keyboard, Keymap, Pressed
from ..model.parts import Part, wrapped
from .bars import Bar, KeyFooter
from .flow_pane import FlowPane
from .key_input import KeyInput
from .list_pane import ListPane
from .paint import Painted
from .prompt import Prompt
from .row_cursor import RowCursor

EVERY = 0.03  # s between slices
SLICE = 0.012  # s of CPU at a time
FIRST = 0.02  # and before it is drawn
WORDS = 2  # lines below the diagram

BEFORE = 500  # rows in front of the cursor's that are looked at first
ROOM = 16  # lines below the list from which on it stays in sight

# Begins a diagram: by sockets or by processes, from which of the rows on.
Finder = Callable[[bool, int], FlowFinder]


class _Words(Painted):
    """The words of the arrow under the cursor, in as many lines as there are."""

    def __init__(self) -> None:
        super().__init__("words")
        self._text: Part = ("", "plain")

    def say(self, text: str, look: str) -> None:
        """Shows something else."""
        if self._text != (text, look):
            self._text = text, look
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line of the words."""
        width = self.size.width
        text, look = self._text
        lines = wrapped(text, max(width - 2, 8), WORDS)
        return self.strip([(f" {lines[y]}" if y < len(lines) else "", look)], width)


class FlowScreen(ModalScreen[int]):
    """A sequence diagram; gives the row of the message that was chosen, or None.

    `finder` begins a diagram anew, `place` is where the list's cursor is in its rows, `name`
    what is shown. `export` is called with the diagram that is to be written. The list's cursor
    goes along with the diagram's, and where there is room the list stays in sight above it.
    """

    AUTO_FOCUS = ""

    def __init__(
        self,
        list_pane: ListPane,
        row_cursor: RowCursor,
        keymap: Keymap,
        finder: Finder,
        place: int,
        name: str,
        export: Callable[[FlowScreen], None],
    ) -> None:
        super().__init__()
        self.prompt = Prompt()
        self._list_pane, self._row_cursor = list_pane, row_cursor
        model = self._model = list_pane.model
        self._alone = False  # the diagram, without the list
        self._finder = finder
        self._name = name
        self._export = export
        self._keymap = keymap
        self._keyboard = Keyboard(keymap)
        self._wanted = place  # where the cursor goes once that is found
        found = finder(False, max(place - BEFORE, 0))
        self.pane = FlowPane(found, model.times, lambda row: model.time(row - 1))
        self.pane.moved, self.pane.chosen = self._moved, self._choose
        self._title = Bar("flow-title")
        self._words = _Words()
        keys = [(keymap.first(action), word) for action, word in _KEYS if keymap.first(action)]
        self._footer = KeyFooter("flow-keys", keys, 1)
        self._footer.pressed = self.press
        self._actions: dict[str, Callable[[int | None], object]] = {
            "down": lambda n: self._move(n or 1),
            "up": lambda n: self._move(-(n or 1)),
            "next-message": lambda n: self._move(n or 1),
            "previous-message": lambda n: self._move(-(n or 1)),
            "page-down": lambda n: self._move(self.pane.room * (n or 1)),
            "page-up": lambda n: self._move(-self.pane.room * (n or 1)),
            "half-down": lambda n: self._move(self.pane.room // 2),
            "half-up": lambda n: self._move(-self.pane.room // 2),
            "first": lambda n: self.pane.move(0 if n is None else self._line_of(model.row_of(n))),
            "last": lambda n: self.pane.move(
                self.pane.count if n is None else self._line_of(model.row_of(n))
            ),
            "top-line": lambda n: self.pane.to_seen((n or 1) - 1),
            "middle-line": lambda n: self.pane.to_seen(self.pane.seen // 2),
            "bottom-line": lambda n: self.pane.to_seen(self.pane.seen - (n or 1)),
            "left": lambda n: self._sideways(-(n or 1)),
            "right": lambda n: self._sideways(n or 1),
            "next-error": lambda n: self._error(1),
            "previous-error": lambda n: self._error(-1),
            "follow-socket": lambda n: self._turn(),
            "transaction": lambda n: self._fold(),
            "fold": lambda n: self._fold(),
            "zoom": lambda n: self._zoom(),
            "save": lambda n: self._export(self),
            "export": lambda n: self._export(self),
            "open": lambda n: self._choose(),
            **dict.fromkeys(("back", "escape", "quit", "flow"), lambda n: self.dismiss(None)),
        }

    def compose(self) -> ComposeResult:
        """What is shown, the diagram, the words of its arrow, the prompt, the keys."""
        with Vertical():
            yield self._title
            yield self.pane
            yield self._words
            yield self.prompt
            yield self._footer

    def on_mount(self) -> None:
        """Begins to find arrows."""
        self.set_focus(self.pane)
        self._timer = self.set_interval(EVERY, self._more)
        self._arrange()
        self._more(FIRST)

    def on_resize(self) -> None:
        """There may be more room, or less, once the list has its own."""
        self.call_after_refresh(self._arrange)

    def _arrange(self) -> None:
        """Leaves the list in sight where there is room below it."""
        height, shown = self.size.height, self._list_pane.region.bottom
        beside = not self._alone and self._list_pane.display and height - shown >= ROOM
        self.query_one(Vertical).styles.height = height - shown if beside else height

    def _zoom(self) -> None:
        """The diagram alone, or below the list again."""
        self._alone = not self._alone
        self._arrange()

    def _more(self, seconds: float = SLICE) -> None:
        """Finds further arrows; what grows is looked at again."""
        pane = self.pane
        done = pane.found.done
        if pane.found.step(seconds) and self._model.index.complete and pane.room:
            self._timer.pause()
        if done != pane.found.done or not pane.count:
            pane.grown()
            self._say()
        if self._wanted in pane.found.done and pane.room:
            pane.settle(pane.found.line(self._wanted))
            pane.top(pane.cursor - pane.room // 2)
            self._wanted = -1
            self._say()

    # -- what is said -------------------------------------------------------------------

    def _say(self, note: str = "", look: str = "warning") -> None:
        """The title, and below the diagram a note or the whole words of the arrow."""
        pane = self.pane
        found = pane.found
        lanes = "sockets" if found.by_socket else "processes"
        counts = f"  {pane.count} arrows, {len(found.sockets)} {lanes}"
        self._title.set_parts([(f" Flow of {self._name} ", "heading"), (counts, "plain")])
        if note or not pane.count:
            self._words.say(note or "no message is there yet", look)
            return
        arrow = pane.arrow(pane.cursor)
        way = "→" if arrow.to_kernel else "←"
        family = found.families[arrow.family]
        mark = f"{arrow.mark} " if arrow.mark else ""
        text = f"{mark}{found.sockets[arrow.socket]} {way} {family}: {arrow.words}"
        self._words.say(text, arrow.kind)

    def _moved(self) -> None:
        self._wanted = -1
        row = self.pane.found.row(self.pane.cursor)
        if self._line_of(self._list_pane.row) != self.pane.cursor:
            self._row_cursor.follow(row)
        self._say()

    def on_click(self, event: events.Click) -> None:
        """A row of the list above was clicked: goes to its arrow."""
        line = self._list_pane.at(event.screen_y - self._list_pane.region.y)
        if line >= 0 and event.screen_y < self.size.height - self.query_one(Vertical).size.height:
            self.pane.move(self._line_of(self._model.view.row(line)))

    # -- keys ---------------------------------------------------------------------------

    def take(self, event: events.Key) -> bool:
        """Works a key off, at once."""
        if isinstance(self.focused, KeyInput):
            return self.focused.take(event)
        key = event.key
        if event.character and event.is_printable and event.character != " ":
            key = event.character
        self.press(key)
        return True

    def press(self, key: str) -> None:
        """Works off a key by its name in the keymap."""
        pressed = self._keyboard.feed(key)
        if pressed is not None:
            self._do(pressed)

    def _do(self, pressed: Pressed) -> None:
        action = self._actions.get(pressed.action)
        if action is None:
            self._say(f"{pressed.action} is done in the list; {self._keymap.of('back')} goes back")
            return
        self.attempt(lambda: action(pressed.number))

    def attempt(self, action: Callable[[], object]) -> None:
        """Calls something; an error of use is said below the diagram."""
        try:
            action()
        except NldissectError as problem:
            self._say(str(problem))

    def note(self, text: str) -> None:
        """Says something below the diagram until the next move."""
        self._say(text, "note")

    def ask(self, kind: str, answer: Callable[[str], None], value: str) -> None:
        """Asks in the prompt; an error of use is said below the diagram."""
        self.prompt.ask(
            kind,
            lambda text: self.attempt(lambda: answer(text)),
            value,
            back=lambda: self.set_focus(self.pane),
        )

    def _move(self, lines: int) -> None:
        if not self.pane.move(self.pane.cursor + lines):
            self._say()

    def _line_of(self, row: int) -> int:
        """The line that a message is in, or the nearest before it."""
        found = self.pane.found
        low, high = 0, len(found)
        while low < high:
            middle = (low + high) // 2
            if found.row(middle) <= row:
                low = middle + 1
            else:
                high = middle
        return low - 1

    def _sideways(self, lanes: int) -> None:
        if not self.pane.sideways(lanes):
            self._say("all lanes of that side are in sight")

    def _error(self, step: int) -> None:
        line = self.pane.found.error(self.pane.cursor, step) if self.pane.count else -1
        if line < 0:
            self._say(f"no {'further' if step > 0 else 'earlier'} error among what is shown")
        else:
            self.pane.move(line)

    def _turn(self) -> None:
        """Lanes of sockets in place of those of processes, or again of these."""
        found = self.pane.found
        place = found.place(self.pane.cursor) if self.pane.count else -1
        self.pane.show_other(self._finder(not found.by_socket, max(place - BEFORE, 0)))
        self._wanted = place
        self._timer.resume()
        self._more(FIRST)
        self._say()

    def _fold(self) -> None:
        """Unfolds the dump under the cursor, or folds it again."""
        line = self.pane.found.fold(self.pane.cursor) if self.pane.count else -1
        if line < 0:
            self._say("no parts of a dump that follow each other are here")
            return
        self.pane.changed()
        self.pane.move(line)
        self._say()

    def _choose(self) -> None:
        if self.pane.count:
            self.dismiss(self.pane.found.row(self.pane.cursor))


_KEYS = (("open", "the message"), ("transaction", "fold"), ("follow-socket", "sockets"),
         ("next-error", "error"), ("export", "export"), ("back", "back"))  # fmt: skip
