"""The numbers of a capture as JSON-ready tables, the greatest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ..wire import linux
from .histograms import Counts
from .stats import MULTICAST, UNKNOWN, Dump, Operation, Statistics, TransactionStatistics

OTHERS: Final = "(others)"


def _ranked(counts: Counts, weigh: tuple[int, ...]) -> Iterator[tuple[Any, list[int]]]:
    """Rows by the sum of these columns, the greatest first; others last."""
    rows = sorted(counts.rows.items(), key=lambda r: (-sum(r[1][c] for c in weigh), str(r[0])))
    yield from rows
    if any(counts.others):
        yield None, counts.others


def _merged(
    rows: Iterable[tuple[Any, list[int]]], weigh: tuple[int, ...] = (0, 1)
) -> list[tuple[Any, list[int]]]:
    """Rows of equal key added up, in order of these columns' sum."""
    out = Counts(0)
    for key, sums in rows:
        before = out.rows.get(key, [0] * len(sums))
        out.rows[key] = [one + more for one, more in zip(before, sums, strict=True)]
    return list(_ranked(out, weigh))


def _traffic(sums: list[int]) -> dict[str, Any]:
    to, back, size = sums
    return {"messages": to + back, "to_kernel": to, "from_kernel": back, "bytes": size}


def _named(what: Operation | None) -> dict[str, Any]:
    protocol, family, name = what or (None, None, None)
    return {"protocol": protocol, "family": family, "operation": name}


def document(stats: Statistics, top: int | None = None) -> dict[str, Any]:
    """All of it as JSON-ready data, each list its greatest first and at most `top` long.

    docs/stats-and-diff.md describes every key. Times are in ns.
    """
    operations = list(_ranked(stats.operations, (0, 1)))
    by_protocol = _merged((k[0] if k else OTHERS, v) for k, v in operations)
    by_family = _merged((k[1], v) for k, v in operations if k and k[1] is not None)
    rates, transactions = stats.rates, stats.transactions
    return {
        "messages": stats.messages,
        "records": stats.records,
        "bytes": stats.bytes,
        "recorded": stats.origins[:top],
        "first": rates.first,
        "last": rates.last,
        "roles": dict(stats.roles),
        "transactions": {state: n for state, n in transactions.states.items() if n},
        "protocols": [{"protocol": k, **_traffic(v)} for k, v in by_protocol[:top]],
        "families": [{"family": k, **_traffic(v)} for k, v in by_family[:top]],
        "operations": [
            {**_named(k or (OTHERS, None, OTHERS)), **_traffic(v)} for k, v in operations[:top]
        ],
        "processes": _processes(stats)[:top],
        "sockets": _sockets(stats)[:top],
        "errors": _errors(stats)[:top],
        "latencies": _latencies(transactions)[:top],
        "dumps": [_dump(dump) for dump in transactions.dumps[:top]],
        "groups": _groups(stats)[:top],
        "rates": {
            "width": rates.width,
            "bins": [
                {"start": place * rates.width, "messages": count, "errors": errors}
                for place, (count, errors) in sorted(rates.bins.items())
            ],
        },
    }


def _errors(stats: Statistics) -> list[dict[str, Any]]:
    return [
        {"errno": k[0] if k else OTHERS, **_named(k[1] if k else None), "count": v[0]}
        for k, v in _ranked(stats.errors, (0,))
    ]


def _groups(stats: Statistics) -> list[dict[str, Any]]:
    out = []
    for key, (notifications, deliveries) in _ranked(stats.groups, (1,)):
        protocol, group = key or (None, OTHERS)
        numbers = {"notifications": notifications, "deliveries": deliveries}
        out.append({"protocol": protocol, "group": group, **numbers})
    return out


def _exchanged(sums: list[int]) -> dict[str, Any]:
    return {
        "messages": sums[0] + sums[2],
        "bytes": sums[1] + sums[3],
        "to_kernel": sums[0],
        "to_kernel_bytes": sums[1],
        "from_kernel": sums[2],
        "from_kernel_bytes": sums[3],
    }


def _sockets(stats: Statistics) -> list[dict[str, Any]]:
    """By port; what went to listeners or nobody knows whom is not a socket."""
    out = []
    for key, sums in _ranked(stats.sockets, (0, 2)):
        if key is None or key[1] >= 0:
            protocol = OTHERS if key is None else linux.protocol_name(key[0])
            port = None if key is None else key[1]
            out.append({"protocol": protocol, "port": port, **_exchanged(sums)})
    return out


def _processes(stats: Statistics) -> list[dict[str, Any]]:
    """Messages by process, by port where that is not known; multicast is a row of its own."""
    rows: list[tuple[tuple[Any, ...], list[int]]] = []
    for key, sums in _ranked(stats.sockets, (0, 2)):
        protocol, port = (0, UNKNOWN) if key is None else key
        process = stats.owners.get((protocol, port))
        if process is not None and process.pid is not None:
            rows.append(((process.pid, process.name, process.hint, None), sums))
        else:
            rows.append(((None, None, False, port), sums))
    return [
        {
            "kind": "process" if pid is not None else _KINDS.get(port, "port"),
            "pid": pid,
            "name": name,
            "hint": hint,
            "port": port if port is not None and port >= 0 else None,
            **_exchanged(sums),
        }
        for (pid, name, hint, port), sums in _merged(rows, (0, 2))
    ]


_KINDS: Final = {UNKNOWN: "unknown", MULTICAST: "multicast"}


def _latencies(stats: TransactionStatistics) -> list[dict[str, Any]]:
    rows = sorted(stats.latencies.items(), key=lambda r: (-r[1].count, str(r[0])))
    return [
        {
            **_named(what),
            "count": found.count,
            "p50": found.percentile(50),
            "p90": found.percentile(90),
            "p99": found.percentile(99),
            "max": found.greatest,
        }
        for what, found in rows
    ]


def _dump(dump: Dump) -> dict[str, Any]:
    return {
        "message": dump.number or None,
        **_named(dump.what),
        "asked": dump.asked,
        "parts": dump.parts,
        "bytes": dump.bytes,
        "latency": dump.latency,
        "port": dump.port if dump.port >= 0 else None,
        "state": dump.state,
    }
