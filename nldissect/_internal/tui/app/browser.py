"""The screen of one capture: list, tree, bytes and transaction, linked with each other."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.timer import Timer

from ...analysis import pairs
from ...analysis.explain import Explanation, paths
from ...engine.message import Message
from ...pairing.codes import REQUEST
from ...pairing.transaction import Link
from ...wire.errors import CaptureError, NldissectError, UsageError
from ...wire.text import safe
from ..actions.command_line import CommandLine
from ..actions.controller import Action
from ..actions.display import Display
from ..actions.exports import Exports
from ..actions.filtering import Filtering
from ..actions.find import Search
from ..actions.live_control import LiveControl
from ..actions.navigation import Navigation
from ..actions.reports import Reports
from ..model import layout
from ..model.capture_model import CaptureModel
from ..model.feeds import Feed
from ..model.keymap import Keyboard, Keymap, Pressed
from ..model.outline import Outline
from ..model.parts import Part
from ..model.scheduler import Scheduler
from ..panes.bars import Bar, KeyFooter
from ..panes.filter_bar import Candidates, FilterBar
from ..panes.hex_pane import HexPane
from ..panes.key_input import KeyInput
from ..panes.list_pane import ListPane
from ..panes.paint import LinePane
from ..panes.prompt import Prompt
from ..panes.transaction_pane import TransactionPane
from ..panes.tree_pane import TreePane

if TYPE_CHECKING:
    from ...filter import Filter
    from .application import Application

QUIET = 0.04  # s without a move before the panes below follow
TICK = 0.1  # s between looks at what has grown


class Browser(Screen[None]):
    """Looks at one model. Actions are in the controllers; here is what they work on."""

    AUTO_FOCUS = ""

    def __init__(self, model: CaptureModel, keymap: Keymap, feed: Feed | None = None) -> None:
        super().__init__()
        self.model = model
        self.keyboard = Keyboard(keymap)
        self.engine = Scheduler()
        self.wishes = layout.LayoutChoices()
        self.before = -1  # the row that the last jump left
        self.shown = -1  # the row that the panes below show
        self._wanted = -1  # the row to go to once it is indexed
        self._anchor = -1  # the row to stay at while the view fills
        self._pending: Timer | None = None
        self._said: tuple[str, str] | None = None
        self.list_pane = ListPane(model)
        self.tree_pane = TreePane()
        self.hex_pane = HexPane()
        self.transaction_pane = TransactionPane()
        self.list_pane.moved, self.list_pane.chosen = self._moved, self._chosen
        self.tree_pane.moved, self.hex_pane.moved = self._select_bytes, self._byte_moved
        self.transaction_pane.chosen = lambda row: self.attempt(lambda: self.go(row))
        self.title_bar = Bar("top")
        self.status_bar = Bar("status")
        self.prompt = Prompt()
        self.candidates = Candidates()
        self.live = LiveControl(self, feed)
        self.filtering = Filtering(self)
        self.output = Exports(self)
        self.views = Display(self)
        self._actions: dict[str, Action] = {}
        for controller in (
            Navigation(self),
            Search(self),
            Reports(self),
            CommandLine(self),
            self.filtering,
            self.output,
            self.views,
            self.live,
        ):
            self._actions.update(controller.actions())

    @property
    def application(self) -> Application:
        """The application around it."""
        from .application import Application

        assert isinstance(self.app, Application)
        return self.app

    def compose(self) -> ComposeResult:
        history = self.application.state.filters
        self.filter_bar = FilterBar(
            self.model.registry,
            self.candidates,
            history,
            self._filtered,
            self._filter_wrong,
            self._filter_left,
        )
        yield self.title_bar
        yield self.filter_bar
        with Container(id="body"):
            yield self.list_pane
            with Container(id="below"):
                yield self.transaction_pane
                yield self.tree_pane
                yield self.hex_pane
        yield self.status_bar
        yield self.prompt
        yield KeyFooter(self.keyboard.keymap)
        yield self.candidates

    def on_mount(self) -> None:
        self.candidates.display = False
        self.engine.add("index", self._index)
        self.engine.add("view", self._view)
        self.set_focus(self.list_pane)
        self.engine.step()  # what is small is there with the first picture
        self.run_worker(self.engine.run(), exclusive=False)
        self.set_interval(TICK, self.tick)
        self._arrange()
        self.tick()

    # -- work behind the screen --------------------------------------------------------

    def _index(self, seconds: float) -> bool:
        model = self.model
        known, paired = model.total, model.index.paired
        try:
            done = model.index.extend(seconds)
        except (CaptureError, OSError) as problem:
            self.engine.drop("index")
            self.say(str(problem), "error")
            return True
        if known != model.total:
            self.live.grown()
        if paired != model.index.paired and model.index.paired == model.total:
            model.changed()
            self.list_pane.refresh()
            self.shown = -1
        return done

    def _view(self, seconds: float) -> bool:
        return self.live.paused or self.model.view.step(seconds)

    def tick(self) -> None:
        """Shows what has grown since the last time."""
        self.live.poll()
        if not self.is_current or not self.size.height:
            return
        listing, view = self.list_pane, self.model.view
        before = listing.count
        if listing.virtual_size.height != before + 1:
            listing.resized()
            listing.refresh()
        if self._anchor >= 0:
            listing.cursor = min(view.place(self._anchor), max(len(view) - 1, 0))
            listing.show()
            listing.refresh()
            if not view.behind:
                self._anchor = -1
        if self.live.following and len(view):
            listing.cursor = len(view) - 1
            listing.top(listing.cursor)
        elif self._wanted >= 0 and view.scanned > self._wanted:
            wanted, self._wanted = self._wanted, -1
            self.go(wanted)
        if listing.row != self.shown and (not self.live.following or self.live.calm):
            self._later()
        self._head()
        self._filter_state()

    def _head(self) -> None:
        model, view = self.model, self.model.view
        total = model.count
        parts: list[Part] = [(f" {safe(model.name)} ", "heading"), (f" {total} messages", "plain")]
        if len(view) != total:
            parts.append((f"  {len(view)} shown", "plain"))
        if model.selected:
            parts.append((f"  {len(model.selected)} selected", "notification"))
        parts += self.live.state()
        right: list[Part] = []
        if model.index.failure is not None:
            right.append((f" ! {safe(model.index.failure.reason)} ", "error"))
        elif "index" in self.engine.busy and not self.live.growing:
            done, size = model.index.progress()
            part = "" if not size else f" {min(done * 100 // size, 100)} %"
            if model.index.read and total:
                part = f" pairing {model.index.paired * 100 // model.total} %"
            right.append((f" reading{part} ", "warning"))
        right += self.live.badge()
        self.title_bar.say(parts, right)

    def _filter_state(self) -> None:
        if self.filter_bar.input.has_focus:
            return
        view = self.model.view
        if view.test is None:
            return
        if view.stopped:
            self.filter_bar.say(f"stopped: {len(view)} of the first {view.scanned}", "warning")
        elif view.behind:
            part = view.scanned * 100 // max(self.model.total, 1)
            self.filter_bar.say(f"{len(view)} so far, {part} % (Esc stops)", "warning")
        else:
            self.filter_bar.say(f"✓ {len(view)} of {self.model.count}", "good")

    # -- layout -------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def _arrange(self) -> None:
        width, height = self.app.size
        if width <= 0 or height <= 0:
            return
        plan = layout.plan(width, height, self.wishes)
        for bar in (self.title_bar, self.filter_bar, self.status_bar, self.query_one("#keys")):
            bar.display = plan.bars
        body, below = self.query_one("#body"), self.query_one("#below")
        body.styles.height = plan.list + plan.below
        self.list_pane.display = plan.list > 0
        self.list_pane.styles.height = max(plan.list, 1)
        below.display = plan.below > 0
        below.styles.height = max(plan.below, 1)
        below.set_class(plan.side, "side")
        sizes = (plan.transaction, plan.tree, plan.hex)
        for pane, size in zip(self.panes[1:], sizes, strict=True):
            pane.display = size > 0
            pane.styles.width = size if plan.side else "100%"
            pane.styles.height = "100%" if plan.side else size
        if not self.pane.display:
            self.set_focus(next((pane for pane in self.panes if pane.display), self.list_pane))
        self.shown = -1  # panes that come into sight are filled

    @property
    def panes(self) -> list[LinePane]:
        """The panes in the order in which they are gone through."""
        return [self.list_pane, self.transaction_pane, self.tree_pane, self.hex_pane]

    @property
    def pane(self) -> LinePane:
        """The pane that has the focus, the list while something else has it."""
        focused = self.focused
        return (
            focused if isinstance(focused, LinePane) and focused in self.panes else self.list_pane
        )

    def focus_pane(self, step: int) -> None:
        """Goes to the next pane that is shown; zoomed, that one is zoomed instead."""
        panes = self.panes
        if not self.wishes.zoom:
            panes = [pane for pane in panes if pane.display]
        at = panes.index(self.pane) if self.pane in panes else 0
        pane = panes[(at + step) % len(panes)]
        if self.wishes.zoom:
            self.wishes = self.wishes._replace(zoom=pane.id or "")
            self._arrange()
        self.set_focus(pane)

    def to_pane(self, name: str) -> None:
        """Goes to a pane by its name, if it is shown."""
        pane = next(pane for pane in self.panes if pane.id == name)
        if pane.display:
            self.set_focus(pane)

    def zoom(self) -> None:
        """The focused pane alone, or all of them again."""
        name = "" if self.wishes.zoom else self.pane.id or ""
        pane = self.pane
        self.wishes = self.wishes._replace(zoom=name)
        self._arrange()
        self.set_focus(pane)
        self._later()

    def turn(self) -> None:
        """Panes side by side, or below each other."""
        side = layout.plan(*self.app.size, self.wishes._replace(zoom="")).side
        self.wishes = self.wishes._replace(side=not side, zoom="")
        self._arrange()
        self._later()

    def give(self, rows: int = 0, cells: int = 0) -> None:
        """More or less room for the list, or for the tree."""
        self.wishes = self.wishes._replace(
            rows=min(max(self.wishes.rows + rows, -99), 99),
            cells=min(max(self.wishes.cells + cells, -199), 199),
        )
        self._arrange()
        self._later()

    def show_transaction(self) -> None:
        """Brings the transaction's pane into sight, or takes it away where there is no room."""
        shown = self.transaction_pane.display
        if shown and self.pane is not self.transaction_pane:
            self.set_focus(self.transaction_pane)
            return
        if shown and self.app.size.width >= layout.WIDE and not self.wishes.zoom:
            self.set_focus(self.list_pane)
            return
        self.wishes = self.wishes._replace(transaction=not shown, zoom="")
        self._arrange()
        self.show_now()
        self.set_focus(self.transaction_pane if self.transaction_pane.display else self.list_pane)

    def back(self) -> bool:
        """Undoes what stands in front of the list; whether there was anything."""
        if self.wishes.zoom:
            self.zoom()
        elif self.wishes.transaction:
            self.wishes = self.wishes._replace(transaction=False)
            self._arrange()
            self.set_focus(self.list_pane)
        elif self.pane is not self.list_pane:
            self.set_focus(self.list_pane)
        else:
            return False
        return True

    def take_over(self, other: Browser) -> None:
        """Goes on where another screen of the same capture was."""
        row = other.list_pane.row
        self._wanted = row
        self.wishes = other.wishes
        self.model.marks = other.model.marks
        self.model.comments = other.model.comments
        self.tree_pane.folds = other.tree_pane.folds

    # -- going to messages ------------------------------------------------------------

    def remember(self) -> None:
        """Notes where a jump comes from."""
        self.before = self.list_pane.row

    def unfollow(self) -> None:
        """Moving up stops following."""
        if self.live.following:
            self.live.stop_following()

    def go(self, row: int) -> None:
        """Goes to a row, jumping; raises UsageError where it is not shown."""
        total = self.model.total
        if not total:
            raise UsageError("there is no message yet")
        if row >= total:
            if not self.model.index.read:
                self._wanted = row
            row = total - 1
        row = max(row, 0)
        view = self.model.view
        if not view.has(row):
            self._unhide(row)
        if self.list_pane.row != row:
            self.remember()
            if row < self.list_pane.row:
                self.unfollow()
        place = view.place(row)
        self.list_pane.move(place)
        if place < len(view):
            self._centre(place)

    def _unhide(self, row: int) -> None:
        link = self.model.link(row)
        if self.model.folded and link is not None and link.role == "copy":
            self.model.unfolded.add(link.of - 1)
            self.refill(row)
            if self.model.view.has(row):
                return
        if not self.model.own and self.model.index.own(row):
            key = self.keyboard.keymap.of("own")
            raise UsageError(f"message {row + 1} is the recording's own ({key} shows these)")
        if self.model.view.scanned > row:
            raise UsageError(f"message {row + 1} is not shown by this filter (& turns it off)")

    def _centre(self, place: int) -> None:
        listing = self.list_pane
        top, room = listing.scroll_offset.y, listing.room
        if not top <= place < top + room or place == top or place == top + room - 1:
            listing.top(place - room // 2)

    def refill(self, row: int) -> None:
        """The view starts anew, with the cursor on this row or the next one shown."""
        view = self.model.view
        self.model.look_through(view.test, view.paired)
        self.model.view.step(0.02)
        self._anchor = row
        self.list_pane.resized()
        self.tick()

    # -- the panes below follow -------------------------------------------------------------

    def _moved(self) -> None:
        self._said = None
        self._anchor = -1
        self._later()

    def _chosen(self) -> None:
        self.show_now()
        self.to_pane(layout.TREE)

    def _later(self) -> None:
        if self._pending is not None:
            self._pending.stop()
        self._pending = self.set_timer(QUIET, self.show_now)

    def show_now(self) -> None:
        """Fills the panes below for the row under the cursor."""
        if self._pending is not None:
            self._pending.stop()
            self._pending = None
        row = self.list_pane.row
        self.shown = row
        try:
            if row >= 0:
                self._details(row, self.model.message(row), self.model.link(row))
                return
        except (CaptureError, OSError) as problem:
            self._said = (safe(str(problem)), "error")
        self.tree_pane.set(None)
        self.hex_pane.set(None)
        self.transaction_pane.clear()
        self._status()

    def _details(self, row: int, message: Message, link: Link | None) -> None:
        reason = pairs.why(message, link)
        refusal = None if reason is not None else self.refused(row, link)
        heading: list[Part] = []
        comment = self.model.comment(row)
        if comment:
            heading.append((f"“{comment}”", "notification"))
        blame: tuple[int, str] | None = None
        if refusal is not None:
            heading.append((f"✗ {refusal.line}", "error"))
            if refusal.offset is not None:
                blame = refusal.offset, refusal.message or refusal.text
        outline = Outline(
            message, self.tree_pane.folds, self.model.constants_in_tree, reason, blame, heading
        )
        self.tree_pane.set(outline)
        marked = (0, 0)
        if outline.blamed is not None:
            marked = (outline.blamed.offset, outline.blamed.end)
        elif blame is not None and blame[0] < len(message.data):
            marked = (blame[0], blame[0] + 1)
        self.hex_pane.set(message, marked)
        remarks = [] if link is None else pairs.remarks(message, link)
        self.tree_pane.name_it(f"Tree  #{row + 1} {', '.join(remarks)}".rstrip())
        self._select_bytes()
        if self.transaction_pane.display:
            self.transaction_pane.set(self.model, row)

    def refused(self, row: int, link: Link | None) -> Explanation | None:
        """Why the kernel refused the request of this row, None when it did not."""
        found = None if link is None else link.transaction
        if link is None or found is None or link.role != REQUEST or not found.error:
            return None
        answers = [n for n, error in found.errors.items() if error] or [found.last]
        for number in answers:
            if not number:
                continue
            answer, reply = self.model.message(number - 1), self.model.link(number - 1)
            if reply is None or (found.members and reply.of != row + 1):
                continue
            reason = pairs.why(answer, reply)
            if reason is not None:
                return reason
        return None

    # -- tree and bytes -----------------------------------------------------------------------

    def _byte_moved(self) -> None:
        self.tree_pane.reveal_byte(self.hex_pane.byte)
        item = self.tree_pane.item
        if item is not None and item.start >= 0:
            self.hex_pane.select(item.start, item.end, follow=False)
        self._status()

    def _select_bytes(self) -> None:
        item = self.tree_pane.item
        if item is None or item.start < 0:
            self.hex_pane.select(0, 0)
        else:
            self.hex_pane.select(item.start, item.end)
        self._status()

    # -- what is said -------------------------------------------------------------------------

    def say(self, text: str, look: str = "note") -> None:
        """Says something in the status line until the next move."""
        self._said = (safe(text), look)
        self._status()

    def _status(self) -> None:
        if self.keyboard.pending:
            after = self.keyboard.keymap.after(self.keyboard.parts)
            parts: list[Part] = [(f" {self.keyboard.pending} ", "heading")]
            for key, text in after:
                parts += [(f" {key}", "name"), (f" {text} ", "dim")]
            self.status_bar.say(parts)
            return
        if self._said is not None:
            self.status_bar.say([(f" {self._said[0]}", self._said[1])])
            return
        item = self.tree_pane.item
        if item is None or self.list_pane.row < 0:
            self.status_bar.say([])
            return
        if item.node is None:
            self.status_bar.say([(f" {item.key}", "dim"), (f"  {item.value}", "plain")])
            return
        spec, constant = paths(item.node)
        size = item.end - item.start
        parts = [
            (f" {safe(spec)}", "name"),
            (f"  {item.node.kind}", "plain"),
            (f"  {size} byte{'s' * (size != 1)} at {item.start}", "dim"),
        ]
        if constant != spec:
            parts.append((f"  {safe(constant)}", "dim"))
        self.status_bar.say(parts)

    # -- keys ------------------------------------------------------------------------------------

    def _filtered(self, found: Filter | None) -> None:
        self.filtering.off = None
        self.filtering.apply(found)
        self.set_focus(self.list_pane)

    def _filter_wrong(self, text: str) -> None:
        self._said = None
        if text:
            self.say(text, "error")
        else:
            self._status()

    def _filter_left(self) -> None:
        current = self.filtering.current
        self.filter_bar.set("" if current is None else current.text)
        self.filter_bar.say("")
        self._filter_wrong("")
        self.set_focus(self.list_pane)

    def take(self, event: events.Key) -> bool:
        """Works a key off, at once; whether it was one of this screen's."""
        self.engine.pressed()
        focused = self.focused
        if isinstance(focused, KeyInput):
            return focused.take(event)
        key = event.key
        if event.character and event.is_printable and event.character != " ":
            key = event.character
        waited = bool(self.keyboard.pending)
        pressed = self.keyboard.feed(key)
        if pressed is not None:
            self.do(pressed)
        if waited or self.keyboard.pending:
            self._status()
        return True

    def do(self, pressed: Pressed) -> None:
        """Does an action of the keymap; what is wrong with it is said."""
        action = self._actions.get(pressed.action)
        if action is None:
            self.application.do(pressed.action)
            return
        self._said = None
        self.attempt(lambda: action(pressed.number, pressed.argument))
        if self._said is None:
            self._status()

    def attempt(self, action: object) -> None:
        """Calls something; errors of use are said, not raised."""
        assert callable(action)
        try:
            action()
        except NldissectError as problem:
            self.say(str(problem), "warning")
        except OSError as problem:
            self.say(problem.strerror or str(problem), "error")
        except Exception as problem:
            if os.environ.get("NLDISSECT_DEBUG"):
                raise
            self.say(f"a fault in nldissect itself: {type(problem).__name__}: {problem}", "error")

    def ask(self, kind: str, answer: object, value: str = "", **more: object) -> None:
        """Asks in the prompt; what is wrong with the answer is said."""
        assert callable(answer)
        pane = self.pane
        self.prompt.ask(
            kind,
            lambda text: self.attempt(lambda: answer(text)),
            value,
            back=lambda: self.set_focus(pane),
            **more,  # type: ignore[arg-type]
        )
