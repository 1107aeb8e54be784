"""Metrics in Prometheus' text format, by prometheus-client, which knows OpenMetrics, too."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Final

from ..analysis.histograms import Counts
from ..analysis.metrics import BUCKETS, Metrics
from ..wire.extras import extra_module

OTHER: Final = "other"
_OPERATION: Final = ["protocol", "family", "operation"]
_OTHERS: Final = (OTHER, OTHER, OTHER)
_BOUNDS: Final = [*(f"{bound / 1e9:g}" for bound in BUCKETS), "+Inf"]


class Exposition:
    """A collector of prometheus-client's: it is asked whenever somebody reads the metrics.

    Rows are copied before they are looked at, since another thread goes on counting.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._library: Any = extra_module("prometheus_client", "prometheus-client", "metrics")
        self._core: Any = extra_module("prometheus_client.core", "prometheus-client", "metrics")
        self._registry: Any = self._library.CollectorRegistry()
        self._registry.register(self)

    def text(self) -> str:
        """All of it in the text format."""
        found: bytes = self._library.generate_latest(self._registry)
        return found.decode()

    def application(self) -> Any:
        """What answers HTTP requests, by WSGI."""
        return self._library.make_wsgi_app(self._registry)

    def collect(self) -> Iterator[Any]:
        """What prometheus-client asks for: every metric with its samples."""
        metrics = self._metrics
        yield self._total("netlink_datagrams", "Netlink datagrams captured.", metrics.datagrams)
        lost = self._counter("netlink_lost_datagrams", "Netlink datagrams lost.", ["by"])
        lost.add_metric(["capture"], metrics.lost)
        lost.add_metric(["program"], metrics.overrun)
        yield lost
        labels = [*_OPERATION, "role"]
        messages = self._counter("netlink_messages", "Netlink messages.", labels)
        sizes = self._counter("netlink_message_bytes", "Bytes of netlink messages.", labels)
        for key, (count, size) in _rows(metrics.messages, (_OTHERS, OTHER)):
            messages.add_metric([*key[0], key[1]], count)
            sizes.add_metric([*key[0], key[1]], size)
        yield messages
        yield sizes
        said = "Netlink transactions that ended, by what became of them."
        yield self._by_operation("netlink_transactions", said, "outcome", metrics.transactions)
        said = "Errors that answered netlink requests."
        yield self._by_operation("netlink_errors", said, "error", metrics.errors)
        said = "Time from a netlink request to the answer that ended it."
        name = "netlink_transaction_duration_seconds"
        durations = self._core.HistogramMetricFamily(name, said, labels=_OPERATION)
        for key, row in _rows(metrics.latencies, _OTHERS):
            counts = accumulate(row[:-1])
            buckets = list(zip(_BOUNDS, counts, strict=True))
            durations.add_metric(list(key), buckets, sum_value=row[-1] / 1e9)
        yield durations

    def _total(self, name: str, said: str, value: int) -> Any:
        found = self._counter(name, said, [])
        found.add_metric([], value)
        return found

    def _by_operation(self, name: str, said: str, label: str, counts: Counts) -> Any:
        found = self._counter(name, said, [*_OPERATION, label])
        for key, (count,) in _rows(counts, (_OTHERS, OTHER)):
            found.add_metric([*key[0], key[1]], count)
        return found

    def _counter(self, name: str, said: str, labels: list[str]) -> Any:
        return self._core.CounterMetricFamily(name, said, labels=labels)


def _rows(counts: Counts, others: Any) -> list[tuple[Any, list[int]]]:
    """Copies of all rows; that of the others if there are any."""
    rows = [(key, list(row)) for key, row in list(counts.rows.items())]
    if any(counts.others):
        rows.append((others, list(counts.others)))
    return rows
