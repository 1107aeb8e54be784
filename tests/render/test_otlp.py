"""-T otlp: what OpenTelemetry's own code reads of it is what the library says of transactions."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import nldissect
from support import ROOT
from support.command import Command
from support.messages import RECORDINGS

service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
json_format = pytest.importorskip("google.protobuf.json_format")
CLIENT, PRODUCER = 3, 4
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Span:
    """A span with its resource, as the protocol's own classes have read it from a line."""

    def __init__(self, line: str) -> None:
        document = json.loads(line)
        (of,) = document["resourceSpans"]
        (span,) = of["scopeSpans"][0]["spans"]
        assert isinstance(span["kind"], int)
        for key in ("traceId", "spanId", "parentSpanId"):  # of OTLP's JSON; base64 of protobuf's
            if key in span:
                span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
        found = json_format.ParseDict(document, service.ExportTraceServiceRequest())
        self.resource = values(found.resource_spans[0].resource.attributes)
        self.span = found.resource_spans[0].scope_spans[0].spans[0]
        self.attributes = values(self.span.attributes)
        assert len(self.span.trace_id) == 16
        assert len(self.span.span_id) == 8


def values(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


def spans(text: str) -> list[Span]:
    return [Span(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", ["acks", "nft", "genl_events", "fdb", "wpan"])
def test_a_transaction_is_a_span(run: Command, name: str) -> None:
    path = RECORDINGS / f"{name}.pcap"
    done = run("read", "-T", "otlp", path)
    assert (done.status, done.err) == (0, "")
    found = spans(done.out)
    assert len({one.span.span_id for one in found}) == len(found)
    capture = nldissect.open(path)
    asked = {one.attributes["netlink.message"]: one for one in found if one.span.kind == CLIENT}
    assert set(asked) == {t.number for t in capture.transactions}
    for t in capture.transactions:
        one = asked[t.number]
        start, end = one.span.start_time_unix_nano, one.span.end_time_unix_nano
        assert (start, end - start) == (t.start, t.latency or 0)
        assert one.attributes["netlink.state"] == t.state
        assert one.attributes.get("netlink.parts", 0) == t.parts
        assert (one.span.status.code == 2) == (t.error < 0)
        if t.error < 0:
            assert one.attributes["netlink.error"] == t.error
            assert one.attributes["error.type"] in one.span.status.message
    told = [one for one in found if one.span.kind == PRODUCER]
    notified = [m for m in capture if m.link.role == "notification"]
    assert [one.attributes["netlink.message"] for one in told] == [m.number for m in notified]
    for one, message in zip(told, notified, strict=True):
        assert one.resource["service.name"] == "kernel"
        cause = message.link.transaction
        above = asked[cause.number].span if cause is not None and cause.request else None
        assert one.span.parent_span_id == (above.span_id if above is not None else b"")
        assert above is None or one.span.trace_id == above.trace_id


def test_each_run_gives_the_same_identifiers(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from standard input, through a filter, and beside another capture."""
    path = RECORDINGS / "acks.pcap"
    lines = run("read", "-T", "otlp", path).lines
    chosen = run("read", "-T", "otlp", "-Y", "error < 0", path).lines
    refused = [line for line in lines if '"netlink.error"' in line]
    assert chosen == refused  # whose requests the filter did not choose
    assert chosen
    stream = io.TextIOWrapper(io.BytesIO(path.read_bytes()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert run("read", "-T", "otlp", "-").lines == lines
    other = RECORDINGS / "nft.pcap"
    after = run("read", "-T", "otlp", "--no-merge", path, other).lines
    assert after == lines + run("read", "-T", "otlp", other).lines
    assert Counter(run("read", "-T", "otlp", "--host", "web1", path).lines) != Counter(lines)


def test_a_refusal_is_explained_and_a_batch_has_its_parts(run: Command) -> None:
    found = spans(run("read", "-T", "otlp", RECORDINGS / "nft.pcap").out)
    failed = [one.span.status.message for one in found if one.span.status.code == 2]
    where = 'gettable inet nosuch: ENOENT at NFTA_TABLE_NAME (value "nosuch")'
    assert failed[0] == f"{where}: No such file or directory"
    batch = next(one for one in found if one.span.name == "batch")
    assert batch.attributes["rpc.method"] == "netfilter/batch"
    parts = [(event.name, values(event.attributes)) for event in batch.span.events]
    assert parts[0][0] == "newtable"
    assert parts[0][1]["netlink.summary"] == "inet fruit"
    assert {said["netlink.fate"] for _, said in parts} == {"accepted"}


def test_what_is_beneath_another_span(run: Command) -> None:
    given = ["read", "-T", "otlp", "--host", "web1", RECORDINGS / "fdb.pcap"]
    alone = spans(run(*given).out)
    found = spans(run(*given, "--traceparent", PARENT).out)
    assert {one.span.trace_id.hex() for one in found} == {PARENT[3:35]}
    assert {one.resource["host.name"] for one in found} == {"web1"}
    above = {one.span.span_id: one.span.parent_span_id.hex() for one in found}
    assert above == {
        one.span.span_id: one.span.parent_span_id.hex() or PARENT[36:52] for one in alone
    }


@pytest.mark.parametrize(
    "wrong", ["x", PARENT[:-1], PARENT.upper(), PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736",
     "0" * 32), "ff" + PARENT[2:], PARENT + "-00"],
)  # fmt: skip
def test_what_is_no_traceparent(run: Command, wrong: str) -> None:
    done = run("read", "-T", "otlp", "--traceparent", wrong, RECORDINGS / "fdb.pcap")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"nldissect: --traceparent: {wrong!r} is no traceparent")
    assert done.err.count("\n") == 1


def test_what_cannot_be_said(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("read", "-T", "otlp", RECORDINGS / "acks.strace")  # which has no times
    assert (done.status, done.out) == (0, "")
    assert "spans are left out: one needs a time" in done.err
    assert "go with -T otlp" in run("read", "--host", "x", RECORDINGS / "fdb.pcap").err
    monkeypatch.setitem(sys.modules, service.__name__, None)  # as where it is not installed
    done = run("read", "-T", "otlp", RECORDINGS / "fdb.pcap")
    needs = "nldissect: this needs opentelemetry-proto: pip install 'nldissect[otlp]'\n"
    assert (done.status, done.err) == (2, needs)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.parametrize("given", [PARENT, "nonsense", None])
def test_a_command_is_a_span_above_what_it_asks(tmp_path: Path, given: str | None) -> None:
    path = os.pathsep.join([str(ROOT), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path, "TRACEPARENT": given or ""}
    script = "echo $TRACEPARENT; ip link show lo >/dev/null; ip link show nosuch0 2>/dev/null"
    shown = str(tmp_path / "spans")
    words = ["run", "--strace", "-T", "otlp", "-o", shown, "--", "sh", "-c", script]
    done = subprocess.run(
        [sys.executable, "-m", "nldissect", *words], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 1, done.stderr
    assert ("TRACEPARENT: 'nonsense'" in done.stderr) == (given == "nonsense")
    *asked, command = spans((tmp_path / "spans").read_text())
    _, trace, own, _ = done.stdout.strip().split("-")
    assert {one.span.trace_id.hex() for one in (*asked, command)} == {trace}
    assert {one.span.parent_span_id.hex() for one in asked} == {own}
    assert (command.span.name, command.span.span_id.hex()) == ("sh", own)
    assert command.span.parent_span_id.hex() == (PARENT[36:52] if given == PARENT else "")
    assert (trace == PARENT[3:35]) == (given == PARENT)
    assert command.attributes["process.exit.code"] == 1
    assert "ENODEV" in [one.attributes.get("error.type") for one in asked]
    assert {one.resource["service.name"] for one in asked} == {"ip"}
    for one in asked:
        assert command.span.start_time_unix_nano <= one.span.start_time_unix_nano
        assert one.span.end_time_unix_nano <= command.span.end_time_unix_nano
