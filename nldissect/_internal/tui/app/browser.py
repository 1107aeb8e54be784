"""The screen of one capture: list, tree, bytes and transaction, linked with each other."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen, Screen

from ...wire.errors import NldissectError
from ..actions.command_line import CommandLine
from ..actions.context import ApplicationContext
from ..actions.controller import Action
from ..actions.display import Display
from ..actions.exports import Exports
from ..actions.filtering import Filtering
from ..actions.find import Find
from ..actions.flow_view import FlowView
from ..actions.live_control import LiveControl
from ..actions.navigation import Navigation
from ..actions.profile_control import ProfileControl
from ..actions.reports import Reports
from ..actions.suggestions import Suggestions
from ..actions.summaries import Summaries
from ..model import layout
from ..model.capture_model import CaptureModel
from ..model.feeds import Feed
from ..model.keymap import Keyboard, Keymap, Pressed
from ..model.remembered import looks, marks
from ..model.scheduler import Scheduler
from ..model.shown import Shown
from ..panes.arrangement import Arrangement
from ..panes.bars import Bar, KeyFooter
from ..panes.borders import Borders
from ..panes.details import Details
from ..panes.filter_bar import Completions, FilterBar
from ..panes.hex_pane import HexPane
from ..panes.key_input import KeyInput
from ..panes.list_pane import ListPane
from ..panes.paint import LinePane
from ..panes.prompt import Prompt
from ..panes.row_cursor import RowCursor
from ..panes.shelf import Shelf
from ..panes.status_line import StatusLine
from ..panes.transaction_pane import TransactionPane
from ..panes.tree_pane import TreePane
from ..panes.which_key import WhichKey
from .background import Background
from .top_line import top_line

Result = TypeVar("Result")


class Browser(Screen[None]):
    """Puts together what looks at one model: panes, what links them, and the actions' table.

    A key comes in by `take`, and what was pressed is done in `do`; docs/tui.md follows one.
    """

    AUTO_FOCUS = ""

    def __init__(
        self,
        application: ApplicationContext,
        model: CaptureModel,
        keymap: Keymap,
        feed: Feed | None = None,
    ) -> None:
        super().__init__()
        self.application = application
        self.model = model
        self.keymap = keymap
        self.remembered: dict[str, Any] = {}  # how the capture was looked at before
        self.scheduler = Scheduler()
        self._keyboard = Keyboard(keymap)
        self._make_panes(feed is not None)
        self.live = LiveControl(self, feed)
        self._background = Background(self, self.live)
        self.filtering = Filtering(self)
        self.filter_bar = FilterBar(
            model.registry,
            self.completions,
            application.state.filters,
            self.filtering.entered,
            self.filtering.wrong,
            self.filtering.left,
            Suggestions(self).begin_with,
        )
        self.shelf = Shelf()
        self.profiles = ProfileControl(self, self.filtering)
        self.exports, display = Exports(self, self.filtering), Display(self)
        self.list_pane.headed = lambda name: self.attempt(lambda: display.sort(name))
        self._actions: dict[str, Action] = {}
        for controller in (
            Navigation(self, self.live),
            Find(self),
            FlowView(self),
            Reports(self),
            Summaries(self, self.filtering),
            CommandLine(self, self.filtering, self.exports, display, self.profiles),
            self.filtering,
            self.profiles,
            self.exports,
            display,
            self.live,
        ):
            self._actions.update(controller.actions())

    def _make_panes(self, following: bool) -> None:
        """Makes the widgets, and what moves in them and links them."""
        self.title_bar = Bar("top")
        self.list_pane = ListPane(self.model)
        self.transaction_pane = TransactionPane()
        self.tree_pane = TreePane()
        self.hex_pane = HexPane()
        self.status_bar = StatusLine(self._keyboard, self.tree_pane)
        self.which_key = WhichKey(self._keyboard, self._letters)
        self.prompt = Prompt()
        self.completions = Completions()
        self.details = Details(
            self,
            self.model,
            self.list_pane,
            self.tree_pane,
            self.hex_pane,
            self.transaction_pane,
            self.status_bar,
        )
        self.arrangement = Arrangement(
            self,
            [self.list_pane, self.tree_pane, self.transaction_pane, self.hex_pane],
            self._arranged,
        )
        self.details.filled = self.arrangement.fit
        self.row_cursor = RowCursor(self.model, self.keymap, self.list_pane, following, self.tick)
        self.list_pane.moved, self.list_pane.chosen = self._moved, self._chosen
        self.borders = Borders(self.arrangement, self.list_pane)
        self.list_pane.steered = self.row_cursor.stop_following
        self.list_pane.sought = lambda row: self.attempt(lambda: self.row_cursor.go(row))
        self.footer = KeyFooter("keys", self.keymap.footer(), 3)  # palette, help, quit
        self.footer.pressed = self.press
        self.transaction_pane.chosen = lambda row: self.attempt(lambda: self.row_cursor.go(row))

    def compose(self) -> ComposeResult:
        """The widgets from top to bottom; completions and waiting keys lie over them."""
        yield self.title_bar
        yield self.filter_bar
        yield self.shelf
        with Container(id="body"):
            yield self.list_pane
            with Container(id="below"):
                yield self.tree_pane
                with Container(id="aside"):
                    yield self.transaction_pane
                    yield self.hex_pane
        yield self.status_bar
        yield self.prompt
        yield self.footer
        yield self.completions
        yield self.which_key

    def on_mount(self) -> None:
        """Begins to index and to draw."""
        self.completions.display = False
        self.set_focus(self.list_pane)
        self._background.begin(self)
        self.arrangement.arrange()
        self._come_back()
        self.shelf_changed()
        self.tick()

    def on_unmount(self) -> None:
        """Ends what goes on behind the screen."""
        self.scheduler.close()

    def on_resize(self, event: events.Resize) -> None:
        """Arranges the panes anew."""
        self.arrangement.arrange()
        self.which_key.update()

    @property
    def pane(self) -> LinePane:
        """The pane that has the focus, the list while something else has it."""
        return self.arrangement.pane

    def on_screen_resume(self) -> None:
        """What changed behind another screen is shown."""
        if self.is_mounted:
            self.tick()

    # -- from one time to the next -------------------------------------------------------

    def looks(self) -> dict[str, object]:
        """How the capture is looked at, for the next time."""
        tab = self.filtering.tabs[0]
        shown = tab.shown or tab.parked
        return looks(self.model, self.arrangement.choices, "" if shown is None else shown.text)

    def _come_back(self) -> None:
        """Marks, and the filter (turned off), are as they were when the capture was last seen."""
        found = self.remembered
        self.model.marks = {**marks(found, self.model), **self.model.marks}
        text = found.get("filter")
        tab = self.filtering.tabs[0]
        if isinstance(text, str) and text and tab.shown is None and tab.parked is None:
            tab.parked = Shown(text, lambda row: True, text=text)
            self.filtering.show()

    def take_over(self, other: Browser) -> None:
        """Goes on where another screen of the same capture was, or at the end if that is new."""
        if self.live.feed is None or other.live.feed is not None:
            self.row_cursor.following = other.row_cursor.following
        if not self.row_cursor.following:
            self.row_cursor.want(other.list_pane.row)
        self.model.unsaved = other.model.unsaved
        self.arrangement.choices = other.arrangement.choices
        self.model.marks = other.model.marks
        self.model.comments = other.model.comments
        self.tree_pane.folds = other.tree_pane.folds

    def _letters(self, action: str) -> list[tuple[str, str]]:
        """The characters that mean something to an action already: marks, saved filters."""
        if action == "saved-filter":
            return [(str(n), name) for n, name in enumerate(self.profiles.buttons(), 1) if n < 10]
        marks = sorted(self.model.marks.items()) if action in ("mark", "to-mark") else []
        return [(letter, f"marks message {self.model.number(row)}") for letter, row in marks]

    def _moved(self) -> None:
        self.status_bar.note = None
        self.row_cursor.let_go()
        self.details.follow()

    def _chosen(self) -> None:
        self.details.show()
        self.arrangement.focus_named(layout.TREE)

    def _arranged(self) -> None:
        self.details.outdated()  # panes that come into sight are filled
        self.details.follow()

    # -- filters ----------------------------------------------------------------------

    def shelf_changed(self) -> None:
        """Tabs or saved filters are others now: they are shown, in a line where there are any."""
        tabs, buttons = self.filtering.tabs, list(self.profiles.buttons())
        self.shelf.show([tab.label for tab in tabs], self.filtering.at, buttons)
        lines = 1 if len(tabs) > 1 or buttons else 0
        if self.arrangement.shelf != lines:
            self.arrangement.shelf = lines
            self.arrangement.arrange()

    def tick(self) -> None:
        """Shows what has grown since the last time."""
        self.live.poll()
        if not self.is_current or not self.size.height:
            return
        self._background.grown()
        self.title_bar.set_parts(*top_line(self, self.live, self._background.sorting))
        self.filtering.show()

    # -- the mouse ------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Takes the border that is there; a key that waits for another waits no longer."""
        if self._keyboard.pending:
            self._keyboard.reset()
            self.status_bar.update()
            self.which_key.update()
        if self.borders.grab(event.screen_x, event.screen_y):
            self.query_one("#body").capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drags the border that is held."""
        self.borders.drag(event.screen_x, event.screen_y)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Lets it go."""
        if self.borders.held:
            self.borders.release()
            self.query_one("#body").release_mouse()

    # -- keys and actions ---------------------------------------------------------------

    def take(self, event: events.Key) -> bool:
        """Works a key off, at once; whether it was one of this screen's."""
        focused = self.focused
        if isinstance(focused, KeyInput):
            self.scheduler.pressed()
            return focused.take(event)
        key = event.key
        if event.character and event.is_printable and event.character != " ":
            key = event.character
        self.press(key)
        return True

    def press(self, key: str) -> None:
        """Works off a key by its name in the keymap."""
        self.scheduler.pressed()
        waited = bool(self._keyboard.pending)
        pressed = self._keyboard.feed(key)
        if pressed is not None:
            self.do(pressed)
        if waited or self._keyboard.pending:
            self.status_bar.update()
            self.which_key.update()

    def do(self, pressed: Pressed) -> None:
        """Does an action of the keymap; an error of use becomes a note."""
        self.status_bar.note = None
        action = self._actions[pressed.action]
        self.attempt(lambda: action(pressed.number, pressed.argument))
        if self.status_bar.note is None:
            self.status_bar.update()

    def attempt(self, action: Callable[[], object]) -> None:
        """Calls something; an error of use becomes a note in the status line."""
        try:
            action()
        except NldissectError as problem:
            self.note(str(problem), "warning")
        except OSError as problem:
            self.note(problem.strerror or str(problem), "error")
        except Exception as problem:
            if os.environ.get("NLDISSECT_DEBUG"):
                raise
            self.note(f"a fault in nldissect itself: {type(problem).__name__}: {problem}", "error")
        self.tick()

    def note(self, text: str, look: str = "note") -> None:
        """Shows something in the status line until the next move."""
        self.status_bar.set_note(text, look)

    def ask(
        self,
        kind: str,
        answer: Callable[[str], None],
        value: str = "",
        choices: list[str] | None = None,
    ) -> None:
        """Asks in the prompt; an error of use becomes a note."""
        pane = self.pane
        self.prompt.ask(
            kind,
            lambda text: self.attempt(lambda: answer(text)),
            value,
            back=lambda: self.set_focus(pane),
            choices=choices,
        )

    def pop_up(self, screen: ModalScreen[Result], chosen: Callable[[Result | None], None]) -> None:
        """Shows a screen over this one, and hands on what was chosen in it."""
        self.app.push_screen(screen, chosen)
