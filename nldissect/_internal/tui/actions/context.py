"""What actions ask of the screen and of the application, which are layers above them.

`app.browser.Browser` and `app.application.Application` fit these; mypy checks it where they
hand themselves over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from textual.app import App
from textual.screen import ModalScreen

from ..model.capture_model import CaptureModel
from ..model.keymap import Keymap, Pressed
from ..model.profiles import Profile
from ..model.scheduler import Scheduler
from ..model.settings import State
from ..panes.arrangement import Arrangement
from ..panes.details import Details
from ..panes.filter_bar import FilterBar
from ..panes.hex_pane import HexPane
from ..panes.list_pane import ListPane
from ..panes.paint import LinePane
from ..panes.row_cursor import RowCursor
from ..panes.shelf import Shelf
from ..panes.status_line import StatusLine
from ..panes.transaction_pane import TransactionPane
from ..panes.tree_pane import TreePane

Result = TypeVar("Result")


class ApplicationContext(Protocol):
    """The application: the captures that are open, and what all screens share."""

    models: list[CaptureModel]
    state: State
    exit_notes: list[str]  # lines written after the terminal is back

    @property
    def options(self) -> list[str]:
        """How captures are read, as options of the command line."""
        ...

    @property
    def profiles(self) -> dict[str, Profile]:
        """The profiles that there are, by name."""
        ...

    def use_profile(self, model: CaptureModel, name: str) -> None:
        """Gives a capture the columns, rules and filters of a profile; raises UsageError."""
        ...

    def use_theme(self, name: str) -> None:
        """Changes the theme; raises UsageError for none."""
        ...

    def open(self, path: str) -> None:
        """Opens one more file; raises CaptureError."""
        ...

    def show(self, at: int, row: int = -1) -> None:
        """Shows one of the captures that are open, and goes to a row of it."""
        ...

    def show_next(self, step: int) -> None:
        """Shows the next (1) or previous (-1) of them; raises UsageError without another."""
        ...

    def reload(self) -> None:
        """Reads the file that is up anew; raises CaptureError when it is gone."""
        ...

    def decode_as(self, pair: str) -> None:
        """Reads the capture again with one more --decode-as; raises UsageError."""
        ...

    def follow_file(self) -> None:
        """Follows the file that is up as it grows."""
        ...

    def start_capture(self, interface: str | None = None) -> None:
        """Begins to capture; raises UsageError when that cannot be."""
        ...

    def leave(self) -> None:
        """Ends, after asking what becomes of captures that nobody has."""
        ...

    def lost(self, gone: bool) -> None:
        """Ends without asking; what was captured is kept. `gone`: so is the terminal."""
        ...


class BrowserContext(Protocol):
    """The screen of one capture: its model, its panes, and how to speak with the user."""

    application: ApplicationContext
    model: CaptureModel
    keymap: Keymap
    scheduler: Scheduler
    list_pane: ListPane
    transaction_pane: TransactionPane
    tree_pane: TreePane
    hex_pane: HexPane
    filter_bar: FilterBar
    shelf: Shelf
    status_bar: StatusLine
    arrangement: Arrangement
    row_cursor: RowCursor
    details: Details

    @property
    def app(self) -> App[Any]:
        """textual's side of the application: the terminal, the clipboard, themes."""
        ...

    @property
    def pane(self) -> LinePane:
        """The pane that has the focus, the list while something else has it."""
        ...

    def shelf_changed(self) -> None:
        """Tabs or saved filters are others now: they are shown, in a line where there are any."""
        ...

    def tick(self) -> None:
        """Shows what has grown since the last time."""
        ...

    def note(self, text: str, look: str = "note") -> None:
        """Shows something in the status line until the next move."""
        ...

    def ask(
        self,
        kind: str,
        answer: Callable[[str], None],
        value: str = "",
        choices: list[str] | None = None,
    ) -> None:
        """Asks in the prompt; an error of use becomes a note."""
        ...

    def pop_up(self, screen: ModalScreen[Result], chosen: Callable[[Result | None], None]) -> None:
        """Shows a screen over this one, and hands on what was chosen in it."""
        ...

    def attempt(self, action: Callable[[], object]) -> None:
        """Calls something; an error of use becomes a note in the status line."""
        ...

    def do(self, pressed: Pressed) -> None:
        """Does an action of the keymap, whichever controller has it."""
        ...
