"""Filters: applying them, making them of fields, following a socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...analysis.explain import paths
from ...engine.node import Node
from ...wire.errors import FilterError, UsageError
from ..panes.filter_bar import HINT
from .controller import Action, Controller, plain

if TYPE_CHECKING:
    from ...filter import Filter
    from .context import BrowserContext


class Filtering(Controller):
    """Keys of the group Filter."""

    def __init__(self, browser: BrowserContext) -> None:
        super().__init__(browser)
        self.current: Filter | None = None
        self._off: Filter | None = None  # the one that & turned off

    def actions(self) -> dict[str, Action]:
        """The group Filter, but for `field-column`."""
        return {
            "filter": plain(self.browser.filter_bar.focus_input),
            "escape": plain(self._escape),
            "filter-toggle": plain(self._toggle),
            "field-filter": plain(self._filter_field),
            "field-combine": plain(self._combine_field),
            "follow-socket": plain(self._follow_socket),
            "follow-transaction": plain(self._follow_transaction),
        }

    # -- applying -----------------------------------------------------------------------

    def apply(self, found: Filter | None) -> None:
        """Shows what the filter lets through; the cursor stays as near as it can."""
        row = self.browser.list_pane.row
        self.current = found
        model = self.model
        if found is None:
            model.look_through(None)
        else:
            model.look_through(self._test(found), found.needs_link)
        self.browser.filter_bar.input.placeholder = HINT
        self.browser.filter_bar.set("" if found is None else found.text)
        self.browser.filter_bar.set_verdict("")
        self.browser.scheduler.wake()
        self.browser.row_cursor.refill(max(row, 0))
        self.browser.list_pane.top(self.browser.list_pane.cursor - 2)

    def _test(self, found: Filter) -> Callable[[int], bool]:
        """Whether a row passes."""
        model = self.model
        found.restart(model.time(0))
        matches, needs_link = found.matches, found.needs_link

        def test(row: int) -> bool:
            return matches(model.message(row), model.link(row) if needs_link else None)

        return test

    def use(self, text: str) -> None:
        """Applies a filter as it was typed; raises FilterError."""
        from ...filter import Filter

        self._off = None
        self.apply(Filter(text, self.model.registry) if text.strip() else None)
        history = self.browser.application.state.filters
        if text.strip() and text not in history[-1:]:
            history.append(text)

    # -- the filter bar ------------------------------------------------------------------

    def entered(self, found: Filter | None) -> None:
        """The filter bar's text was entered: a filter, or None for everything."""
        self._off = None
        self.apply(found)
        self.browser.arrangement.focus(self.browser.list_pane)

    def wrong(self, text: str) -> None:
        """Says why what is typed is no filter yet; "" when it is one."""
        if text:
            self.browser.note(text, "error")
        else:
            self.browser.status_bar.clear_note()

    def left(self) -> None:
        """Typing has ended without Enter: the filter bar shows what is applied again."""
        current = self.current
        self.browser.filter_bar.set("" if current is None else current.text)
        self.browser.filter_bar.set_verdict("")
        self.browser.status_bar.clear_note()
        self.browser.arrangement.focus(self.browser.list_pane)

    def show_progress(self) -> None:
        """Says in the filter bar, unless it is typed in, how far the filter has come."""
        bar, view = self.browser.filter_bar, self.model.view
        if bar.input.has_focus or view.test is None:
            return
        if view.stopped:
            bar.set_verdict(f"stopped: {len(view)} of the first {view.scanned}", "warning")
        elif view.behind:
            part = view.scanned * 100 // max(self.model.total, 1)
            bar.set_verdict(f"{len(view)} so far, {part} % (Esc stops)", "warning")
        else:
            bar.set_verdict(f"✓ {len(view)} of {self.model.count}", "good")

    # -- keys ------------------------------------------------------------------------------

    def _escape(self) -> None:
        view = self.model.view
        if self.browser.arrangement.choices.zoom:
            self.browser.arrangement.zoom()
        elif "find" in self.browser.scheduler.jobs:
            self.browser.scheduler.drop("find")
            self.browser.note("not found so far")
        elif view.test is not None and view.behind:
            view.stopped = True
            self.browser.note(f"stopped after {view.scanned} messages; & twice begins anew")
        elif view.test is not None:
            self._off = self.current
            self.apply(None)
        elif self.browser.pane is not self.browser.list_pane:
            self.browser.arrangement.focus_named("list")

    def _toggle(self) -> None:
        if self.current is not None:
            self._off, found = self.current, None
        else:
            self._off, found = None, self._off
            if found is None:
                raise UsageError("there is no filter to turn on; / begins one")
        off = self._off
        self.apply(found)
        self._off = off
        self.browser.note("filter off" if found is None else f"filter on: {found.text}")

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
        model, header = self.model, self.model.index.header
        self.current = self._off = None
        model.look_through(lambda row: header(row)[4] == port or self._port(row + 1) == port)
        self.browser.filter_bar.set("")
        self.browser.filter_bar.input.placeholder = f"the socket of port {port} (Esc shows all)"
        self.browser.row_cursor.refill(row)

    def _follow_transaction(self) -> None:
        link = self.model.link(self.row())
        if link is None or link.transaction is None:
            raise UsageError("this message belongs to no transaction")
        self.use(f"transaction == {link.transaction.id}")

    def _port(self, number: int) -> int:
        """The port of the transaction that a message belongs to, 0 without one."""
        links = self.model.index.links
        if number > self.model.index.paired:
            return 0
        found: int = links.transaction[number]
        return links.transactions.port[found] if found else 0
