"""What the messages shown have in common: expert, statistics, and what their lines lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.expert import Expert
from ..model.rate_graph import Series
from ..model.report_line import FilterText, Place, Rows, SocketPort
from ..model.shown import Shown
from ..model.statistics_report import GRAPH, StatisticsReport
from ..panes.live_report import LiveReport
from .context import BrowserContext
from .controller import Action, Controller, plain
from .filtering import Filtering

if TYPE_CHECKING:
    from ..model.graph_view import GraphView


class Summaries(Controller):
    """Keys of the group Look that go through all messages; reports are kept, to be gone on with."""

    def __init__(self, browser: BrowserContext, filtering: Filtering) -> None:
        super().__init__(browser)
        self._filtering = filtering
        self._expert: Expert | None = None
        self._statistics: StatisticsReport | None = None
        self._graph: GraphView | None = None

    def actions(self) -> dict[str, Action]:
        """Expert, statistics and graph."""
        return {
            "expert": plain(self._show_expert),
            "statistics": plain(self._show_statistics),
            "graph": plain(self._show_graph),
        }

    def _show_expert(self) -> None:
        report = self._expert
        if report is None or not report.fits(self.model):
            report = self._expert = Expert(self.model)
        self._open(LiveReport(self._title("Expert"), report, self.browser.scheduler))

    def _show_statistics(self) -> None:
        report = self._statistics
        if report is None or not report.fits(self.model):
            report = self._statistics = StatisticsReport(self.model)
        self._open(LiveReport(self._title("Statistics"), report, self.browser.scheduler))

    def _show_graph(self) -> None:
        """The graph with the series that it had, and one of what is shown."""
        from ..model.graph_view import GraphView
        from ..panes.graph_screen import GraphScreen

        model, shown = self.model, self._filtering.current
        view = self._graph
        if view is None or view.graph.own != model.own:
            view = self._graph = GraphView(model)
        if shown is not None:
            view.add(Series(shown.label, shown.test, shown.paired))
        screen = GraphScreen("Messages over time", view, self.browser.scheduler, self._series)
        self.browser.pop_up(screen, self._chosen)

    def _series(self, text: str) -> Series:
        """What a filter shows; raises FilterError."""
        from ...filter import Filter

        shown = Shown.by(self.model, Filter(text, self.model.registry))
        return Series(shown.label, shown.test, shown.paired)

    def _title(self, name: str) -> str:
        """What it is of: all messages, or those that are shown."""
        return f"{name} of {self._filtering.what_is_shown}"

    def _open(self, report: LiveReport) -> None:
        self.browser.pop_up(report, self._chosen)

    def _chosen(self, value: object) -> None:
        """Goes to a message, or shows the messages that a line stands for."""
        self.browser.attempt(lambda: self._follow(value))

    def _follow(self, value: object) -> None:
        if isinstance(value, int):
            self.browser.row_cursor.go(value)
        elif isinstance(value, Place):
            self.browser.row_cursor.go(value.row)
            self.browser.details.show()
            self.browser.tree_pane.reveal_byte(value.offset)
            self.browser.tree_pane.moved()
        elif value == GRAPH:
            self._show_graph()
        elif isinstance(value, FilterText):
            self._filtering.narrow(value.text)
        elif isinstance(value, SocketPort):
            self._filtering.follow_port(value.port)
        elif isinstance(value, Rows):
            self._filtering.show_rows(value.rows, value.name)
