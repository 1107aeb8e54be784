"""Filters: applying them, making them of fields, following a socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...analysis.explain import paths
from ...engine.node import Node
from ...wire.errors import FilterError, UsageError
from ..model.shown import MOST_TABS, Shown, Tab
from .controller import Action, Controller, both_ways, plain

if TYPE_CHECKING:
    from ...filter import Filter
    from .context import BrowserContext


class Filtering(Controller):
    """Keys of the group Filter, and the tabs, each of which shows messages by a filter of its own.

    `current` is what the view shows (None: everything), `parked` what `&` or Esc turned off.
    """

    def __init__(self, browser: BrowserContext) -> None:
        super().__init__(browser)
        self.tabs = [Tab()]
        self.at = 0

    def actions(self) -> dict[str, Action]:
        """The group Filter, but for `field-column`."""
        return {
            "filter": plain(self._type),
            "escape": plain(self._escape),
            "filter-toggle": plain(self._toggle),
            "field-filter": plain(self._filter_field),
            "field-combine": plain(self._combine_field),
            "follow-socket": plain(self._follow_socket),
            "follow-transaction": plain(self._follow_transaction),
            "tab-new": plain(self._new_tab),
            "tab-close": plain(self._close_tab),
            **both_ways("tab-next", "tab-previous", self._turn_tab),
        }

    @property
    def current(self) -> Shown | None:
        """What the view shows, None for everything."""
        return self.tabs[self.at].shown

    # -- applying -----------------------------------------------------------------------

    def apply(self, shown: Shown | None, row: int | None = None) -> None:
        """Shows these messages, with the cursor as near to `row`, or where it is, as it can."""
        list_pane, model = self.browser.list_pane, self.model
        self._keep_view()
        self.tabs[self.at].shown = shown
        if row is None:
            row = list_pane.row
        kept = None if shown is None else shown.view
        if shown is None:
            model.look_through(None)
        elif kept is not None and kept.holds(model):
            model.view = kept
        else:
            model.look_through(shown.test, shown.paired)
        self.browser.scheduler.wake()
        self.browser.row_cursor.settle_on(max(row, 0))
        list_pane.top(list_pane.cursor - 2)
        self.browser.shelf_changed()
        self.show()

    def _keep_view(self) -> None:
        """Remembers what has been found so far, for who comes back."""
        if self.current is not None:
            self.current.view = self.model.view

    def use(self, text: str) -> None:
        """Applies a filter as it was typed; raises FilterError."""
        from ...filter import Filter

        self.entered(Filter(text, self.model.registry) if text.strip() else None)
        history = self.browser.application.state.filters
        if text.strip() and text not in history[-1:]:
            history.append(text)

    # -- the filter bar ------------------------------------------------------------------

    def _type(self) -> None:
        bar, tab = self.browser.filter_bar, self.tabs[self.at]
        if tab.shown is None and tab.parked is not None:
            bar.set(tab.parked.text)
        bar.focus_input()

    def entered(self, found: Filter | None) -> None:
        """A filter was entered, None for everything."""
        self.tabs[self.at].parked = None
        self.browser.arrangement.focus(self.browser.list_pane)
        self.apply(None if found is None else Shown.by(self.model, found))

    def wrong(self, text: str) -> None:
        """Says why what is typed is no filter yet; "" when it is one."""
        if text:
            self.browser.note(text, "error")
        else:
            self.browser.status_bar.clear_note()

    def left(self) -> None:
        """Typing has ended without Enter: the filter bar shows what is applied again."""
        self.browser.status_bar.clear_note()
        self.browser.arrangement.focus(self.browser.list_pane)
        self.show()

    def show(self) -> None:
        """Says in the filter bar, unless it is typed in, what is shown, and how far it has come."""
        bar, view, tab = self.browser.filter_bar, self.model.view, self.tabs[self.at]
        if bar.typing:
            return
        shown = tab.shown or tab.parked
        bar.tell("" if shown is None else shown.label, parked=tab.shown is None)
        if tab.shown is None:
            bar.set_verdict(
                "" if shown is None else f"off ({self._key('filter-toggle')} on)", "dim"
            )
        elif view.stopped:
            bar.set_verdict(f"stopped: {len(view)} of the first {view.scanned}", "warning")
        elif view.behind:
            part = view.scanned * 100 // max(self.model.total, 1)
            bar.set_verdict(f"{len(view)} so far, {part} % (Esc stops)", "warning")
        else:
            bar.set_verdict(f"✓ {len(view)} of {self.model.count}", "good")

    def _key(self, action: str) -> str:
        return self.browser.keymap.of(action)

    # -- keys ------------------------------------------------------------------------------

    def _escape(self) -> None:
        view = self.model.view
        if self.browser.arrangement.choices.zoom:
            self.browser.arrangement.zoom()
        elif "find" in self.browser.scheduler.jobs:
            self.browser.scheduler.drop("find")
            self.browser.note("not found so far")
        elif "export" in self.browser.scheduler.jobs:
            self.browser.scheduler.drop("export")
            self.browser.note("the export was stopped; there is no file")
        elif view.test is not None and view.behind:
            view.stopped = True
            self.show()
            self.browser.note(f"stopped after {view.scanned} messages; & twice goes on")
        elif view.order != self.model.order:
            self.model.order = view.order
            self.browser.list_pane.refresh()
            self.browser.note("not sorted: the order is what it was")
        elif view.test is not None:
            self._park()
        elif self.browser.pane is not self.browser.list_pane:
            self.browser.arrangement.focus_named("list")

    def _park(self) -> None:
        tab = self.tabs[self.at]
        tab.parked = tab.shown
        self.apply(None)

    def _toggle(self) -> None:
        tab = self.tabs[self.at]
        if tab.shown is not None:
            self._park()
            self.browser.note("filter off")
            return
        if tab.parked is None:
            raise UsageError("there is no filter to turn on; / begins one")
        parked, tab.parked = tab.parked, None
        if parked.view is None:  # of an earlier time
            self.use(parked.text)
        else:
            parked.view.stopped = False
            self.apply(parked)
        self.browser.note(f"filter on: {parked.label}")

    # -- tabs ------------------------------------------------------------------------------

    def _new_tab(self) -> None:
        """One more tab behind this one, which shows everything."""
        if len(self.tabs) == MOST_TABS:
            raise UsageError(f"there are {MOST_TABS} tabs; {self._key('tab-close')} closes one")
        self.tabs.insert(self.at + 1, Tab())
        self.to_tab(self.at + 1)
        self.browser.filter_bar.focus_input()

    def _close_tab(self) -> None:
        if len(self.tabs) == 1:
            raise UsageError(f"there is one tab; {self._key('tab-new')} makes another")
        row = self.browser.list_pane.row
        self._keep_view()
        del self.tabs[self.at]
        self.at = min(self.at, len(self.tabs) - 1)
        self._come_to(row)

    def _turn_tab(self, step: int) -> None:
        if len(self.tabs) == 1:
            raise UsageError(f"there is one tab; {self._key('tab-new')} makes another")
        self.to_tab((self.at + step) % len(self.tabs))

    def to_tab(self, at: int) -> None:
        """Shows another tab, with the cursor where it was there."""
        self.tabs[self.at].row = self.browser.list_pane.row
        self._keep_view()
        before, self.at = self.browser.list_pane.row, at
        self._come_to(before)

    def _come_to(self, row: int) -> None:
        tab = self.tabs[self.at]
        shown, tab.shown = tab.shown, None  # the view is still that of the other tab
        self.apply(shown, row if tab.row < 0 else tab.row)

    # -- of fields ------------------------------------------------------------------------

    def term(self) -> str:
        """A filter for the field under the tree's cursor; raises UsageError without one."""
        item = self.browser.tree_pane.item
        if item is None:
            raise UsageError("there is no field here")
        if item.node is not None:
            return self._term(item.node)
        name = item.key.removeprefix("nlmsghdr/")
        message = self.model.message(self.row())
        values = {
            "nlmsghdr": f"type == {message.type}",
            "length": f"length == {message.length}",
            "type": f"type == {message.type}",
            "flags": f"flags == {message.flags:#x}",
            "sequence": f"sequence == {message.seq}",
            "port": f"port == {message.port}",
        }
        if name not in values:
            raise UsageError("this line is no field of the message")
        return values[name]

    def _term(self, node: Node) -> str:
        """A filter for an attribute: its named value if it has one, its value, or that it is there.

        Raises UsageError when the filter language has no words for its path.
        """
        path = paths(node)[0]
        value = node.value
        texts: list[str] = []
        if isinstance(value, bool) or value is None:
            texts = []
        elif isinstance(value, int):
            named = node.words(False)
            if named and "|" not in named:
                texts.append(f"{path} == {named}")
            texts.append(f"{path} == {value}")
        elif isinstance(value, str):
            if node.kind != "string":
                texts.append(f"{path} == {value}")
            texts.append(f"{path} == {json.dumps(value)}")
        elif isinstance(value, bytes) and value:
            texts.append(f"{path} == {value.hex(':')}")
        for text in (*texts, path):
            if self._right(text):
                return text
        raise UsageError(f"there is no filter for {path}")

    def _right(self, text: str) -> bool:
        from ...filter import Filter

        try:
            Filter(text, self.model.registry)
        except FilterError:
            return False
        return True

    def _filter_field(self) -> None:
        self.use(self.term())

    def _combine_field(self) -> None:
        term = self.term()
        before = "" if self.current is None else self.current.text
        whole = f"({before})" if " or " in before else before
        choices = [f"not ({term})" if " " in term else f"not {term}"]
        if before:
            choices = [f"{whole} and {term}", f"{before} or {term}", f"{whole} and not ({term})"]
        self.browser.ask("filter (Tab changes)", self.use, choices[0], choices=[*choices, term])

    def _follow_socket(self) -> None:
        row = self.row()
        message, link = self.model.message(row), self.model.link(row)
        found = None if link is None else link.transaction
        port = message.port or (found.port if found is not None and found.port > 0 else 0)
        if not port:
            raise UsageError("which socket this message is of is not known")
        self.follow_port(port)

    def _follow_transaction(self) -> None:
        link = self.model.link(self.row())
        if link is None or link.transaction is None:
            raise UsageError("this message belongs to no transaction")
        self.use(f"transaction == {link.transaction.id}")

    # -- for reports -----------------------------------------------------------------------

    @property
    def what_is_shown(self) -> str:
        """What the view is of, in words."""
        shown = self.current
        if shown is None:
            return "all messages"
        return f"messages with {shown.text}" if shown.text else shown.label

    def narrow(self, text: str) -> None:
        """Of what the filter shows, only what passes this one too."""
        before = "" if self.current is None else self.current.text
        self.use(f"({before}) and {text}" if before else text)

    def follow_port(self, port: int) -> None:
        """Shows the messages of the socket with this port."""
        header = self.model.index.header
        self._show(
            f"the socket of port {port}",
            lambda row: header(row)[4] == port or self._port(row) == port,
        )

    def show_rows(self, rows: frozenset[int], name: str) -> None:
        """Shows these messages, which have a name."""
        self._show(name, rows.__contains__)

    def _show(self, label: str, test: Callable[[int], bool]) -> None:
        """Shows what passes, which no filter says."""
        self.tabs[self.at].parked = None
        self.apply(Shown(label, test))

    def _port(self, row: int) -> int:
        """The port of the transaction that a message belongs to, 0 without one."""
        links = self.model.index.links
        if row >= self.model.index.paired:
            return 0
        found: int = links.transaction[row + 1]
        return links.transactions.port[found] if found else 0
