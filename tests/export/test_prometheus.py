"""Metrics for Prometheus (stats, live --metrics), read back by prometheus-client and promtool."""

from __future__ import annotations

import json
import shutil
import socket
import struct
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path

import pytest

import nldissect
from nldissect._internal.analysis.metrics import BUCKETS, LABEL_SETS, Metrics
from nldissect._internal.cli.metrics_server import MetricsServer
from nldissect._internal.export.prometheus_text import Exposition
from support import hostile
from support.capture_files import block, enhanced, interface, netlink, options, section
from support.command import Command, link, save
from support.messages import RECORDINGS, attr, msg, u16

parser = pytest.importorskip("prometheus_client.parser")
DURATION = "netlink_transaction_duration_seconds"


def sums(text: str, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """The samples of a name, added up over all labels but these."""
    out: Counter[tuple[str, ...]] = Counter()
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name:
                out[tuple(sample.labels[label] for label in labels)] += sample.value
    return dict(out)


def lint(text: str) -> None:
    """What promtool says of it, where it is installed."""
    if shutil.which("promtool"):
        done = subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, text=True
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_they_are_the_numbers_of_the_statistics(run: Command) -> None:
    paths = [RECORDINGS / f"{name}.pcap" for name in ("acks", "nft", "genl_events", "routes")]
    text = run("stats", "--prometheus", *paths).out
    lint(text)
    told = json.loads(run("stats", "-T", "json", "--top", 9999, *paths).out)
    keys = lambda counts: {(key,): count for key, count in counts.items()}  # noqa: E731
    assert sums(text, "netlink_messages_total", "role") == keys(told["roles"])
    assert sums(text, "netlink_transactions_total", "outcome") == keys(told["transactions"])
    errors: Counter[tuple[str, ...]] = Counter()
    for row in told["errors"]:
        named = not row["operation"].startswith(("command ", "type "))
        errors[row["errno"], row["operation"] if named else "unknown"] += row["count"]
    assert sums(text, "netlink_errors_total", "error", "operation") == errors
    assert sums(text, "netlink_message_bytes_total") == {(): told["bytes"]}
    assert sums(text, "netlink_datagrams_total") == {(): told["records"]}
    latencies = []
    for path in paths:
        asked = [t for t in nldissect.open(path).transactions if t.number and t.state != "open"]
        latencies += [t.latency for t in asked if t.latency is not None]
    assert sums(text, f"{DURATION}_count") == {(): len(latencies)}
    assert sums(text, f"{DURATION}_sum")[()] == pytest.approx(sum(latencies) / 1e9)
    wanted = {(f"{edge / 1e9:g}",): sum(one <= edge for one in latencies) for edge in BUCKETS}
    assert sums(text, f"{DURATION}_bucket", "le") == {**wanted, ("+Inf",): len(latencies)}


def test_a_filter_chooses_what_counts(run: Command) -> None:
    text = run("stats", "-T", "prometheus", "-Y", "type == getlink", RECORDINGS / "acks.pcap").out
    assert set(sums(text, "netlink_messages_total", "operation")) == {("getlink",)}
    assert set(sums(text, "netlink_transactions_total", "operation")) == {("getlink",)}


def test_labels_are_bounded_whatever_comes(run: Command, tmp_path: Path) -> None:
    """Families by invented names, and by numbers that nobody named."""
    families = []
    for number in range(2 * LABEL_SETS):
        told = attr(1, u16(0x20 + number)) + attr(2, b"f%d\0" % number)
        families.append(msg(16, struct.pack("<BBH", 1, 2, 0) + told))
        families.append(msg(0x20 + number, struct.pack("<BBH", 3, 1, 0), flags=1, seq=number))
        families.append(msg(0x4000 + number, struct.pack("<BBH", number & 0xFF, 1, 0), flags=1))
    text = run("stats", "--prometheus", save(tmp_path / "x.pcap", *families, protocol=16)).out
    lint(text)
    counts = sums(text, "netlink_messages_total", "protocol", "family", "operation", "role")
    assert len(counts) == LABEL_SETS + 1
    assert counts["other", "other", "other", "other"] > LABEL_SETS
    assert counts["generic", "unknown", "unknown", "request"] == 2 * LABEL_SETS
    assert sum(counts.values()) == len(families)
    assert len(sums(text, "netlink_transactions_total", "family", "outcome")) <= LABEL_SETS + 1


def test_names_that_act_are_labels(run: Command, tmp_path: Path) -> None:
    text = run("stats", "--prometheus", hostile.capture(tmp_path / "x.pcapng")).out
    lint(text)
    assert not hostile.acting(text)
    names = {family for (family,) in sums(text, "netlink_messages_total", "family")}
    assert {"a\\\\", "a\"b'c`d", r"\x1b[31mred"} <= names


def test_losses_are_counted_once(run: Command, tmp_path: Path) -> None:
    """By the record after them and, of those behind the last, by the interface's statistics."""
    drops = (4, struct.pack("<Q", 3))
    statistics = block(
        "<", 5, struct.pack("<III", 0, 0, 0) + options("<", (5, struct.pack("<Q", 5)))
    )
    parts = [section("<"), interface("<", 253), enhanced("<", 0, 10**15, netlink(0, link())),
             enhanced("<", 0, 10**15 + 1, netlink(0, link()), drops), statistics]  # fmt: skip
    path = tmp_path / "x.pcapng"
    path.write_bytes(b"".join(parts))
    text = run("stats", "--prometheus", path).out
    assert sums(text, "netlink_lost_datagrams_total", "by") == {("capture",): 5, ("program",): 0}


def test_they_are_asked_by_http(capfd: pytest.CaptureFixture[str]) -> None:
    """In Prometheus' format or, where asked for, OpenMetrics'; beside one who breaks off."""
    metrics = Metrics()
    server = MetricsServer("0", Exposition(metrics).application())
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port)) as broken:
            broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            broken.sendall(b"GET /metr")
        for message in nldissect.open(RECORDINGS / "fdb.pcap"):
            metrics.take(message, message.link)
        with urllib.request.urlopen(server.url, timeout=20) as answer:
            text = answer.read().decode()
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
        assert sums(text, "netlink_messages_total")[()] > 100
        asked = {"Accept": "application/openmetrics-text; version=1.0.0"}
        with urllib.request.urlopen(
            urllib.request.Request(server.url, headers=asked), timeout=20
        ) as answer:
            assert answer.read().decode().endswith("# EOF\n")
    finally:
        server.close()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.url, timeout=20)
    assert capfd.readouterr().err == ""


def test_an_address_that_cannot_be_had(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said in a line, before anything is captured."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for address, why in (
            ("localhost", "'localhost' is no HOST:PORT, such as localhost:9464"),
            ("70000", "'70000' is no HOST:PORT, such as localhost:9464"),
            ("nosuch.invalid:1", "nosuch.invalid:1 cannot be listened on: "),
            (f"{port}", f"{port} cannot be listened on: Address already in use"),
        ):
            done = run("live", "--metrics", address)
            assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
            assert done.err.startswith(f"nldissect: --metrics: {why}")
    both = run("stats", "--prometheus", "--svg", "x.svg", RECORDINGS / "fdb.pcap")
    assert "--svg goes with text and json" in both.err
    monkeypatch.setitem(sys.modules, "prometheus_client", None)  # as where it is not installed
    needs = "nldissect: this needs prometheus-client: pip install 'nldissect[metrics]'\n"
    assert run("stats", "--prometheus", RECORDINGS / "fdb.pcap").err == needs
    assert run("live", "--metrics", "9464").err == needs
