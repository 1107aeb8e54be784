"""Spans of OpenTelemetry in the encoding of OTLP/JSON, an ExportTraceServiceRequest a line.

The encoding is protobuf's JSON, but for identifiers, which are hexadecimal
(opentelemetry.io/docs/specs/otlp, JSON Protobuf Encoding). Identifiers follow from what was
recorded, so that each run gives the same: host, time, protocol, place in the datagram, header.
docs/telemetry.md describes names and attributes, which are those of semantic conventions where
these have one.
"""

from __future__ import annotations

import json
from base64 import b64decode
from hashlib import blake2b
from typing import Any, Final

from ..analysis import link_text, message_text
from ..analysis.ended_transactions import EndedTransaction
from ..analysis.explain import error_text, explain
from ..engine.message import Message
from ..engine.summary import summarize
from ..pairing.codes import BATCH, KIND_DUMP
from ..pairing.transaction import Link
from ..session.multicast import group_of
from ..session.process import Process
from ..wire import linux
from ..wire.extras import extra_module
from ..wire.text import without_keys
from ..wire.trace_context import SAMPLED, TraceContext
from ..wire.version import VERSION
from .json_output import hidden_key

# opentelemetry/proto/trace/v1/trace.proto
INTERNAL: Final = 1
CLIENT: Final = 3
PRODUCER: Final = 4
ERROR: Final = 2
_REMOTE: Final = 0x300  # SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK, SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK

UNKNOWN: Final = "unknown_service"  # as semantic conventions call what has no name
KERNEL: Final = "kernel"
_PACKAGE: Final = "opentelemetry-proto"
_SERVICE: Final = "opentelemetry.proto.collector.trace.v1.trace_service_pb2"
_IDENTIFIERS: Final = ("traceId", "spanId", "parentSpanId")


class OtlpSpans:
    """Writes spans; `parent` is what they are beneath, `host` the host's name, as far as known."""

    def __init__(self, parent: TraceContext | None, host: str | None) -> None:
        self._parent = parent
        self._host = host
        self._request: Any = extra_module(_SERVICE, _PACKAGE, "otlp").ExportTraceServiceRequest
        json_format = extra_module("google.protobuf.json_format", _PACKAGE, "otlp")
        self._to_dict: Any = json_format.MessageToDict

    def transaction(self, ended: EndedTransaction) -> str | None:
        """The line of a transaction; None where its time is none that a span can have."""
        found, first = ended.found, ended.first
        start = found.start if found.start is not None else found.first
        if not _fits(start):
            return None
        assert start is not None
        until = found.end
        end = until if until is not None and _fits(until) and until > start else start
        asked = ended.asked
        name = BATCH if ended.is_batch else message_text.operation(asked, False)
        request, span = self._begun(name, link_text.process(first, ended.link), CLIENT, start, end)
        self._place(span, first, None)
        of = message_text.protocol_or_family(asked)
        _put(span, "rpc.system.name", "netlink")
        _put(span, "rpc.method", f"{of}/{name}")
        _describe(span, asked, name)
        _put(span, "netlink.kind", found.kind)
        _put(span, "netlink.state", found.state)
        _put(span, "netlink.message", int(found.number))
        _put(span, "netlink.sequence", int(found.seq))
        _put(span, "netlink.port", found.socket_port)
        _put(span, "netlink.parts", int(found.parts))
        _put(span, "netlink.notifications", int(found.notifications))
        _put(span, "netlink.summary", summarize(asked))
        if found.error < 0:
            _refuse(span, ended)
        if found.kind_code == KIND_DUMP and found.first != found.end and _fits(found.first):
            span.events.add(name="first answer", time_unix_nano=found.first)
        for part in ended.parts:
            number = int(part.number)
            said = _text(message_text.operation(part, False))
            event = span.events.add(name=said, time_unix_nano=start)
            _put(event, "netlink.message", number)
            _put(event, "netlink.summary", summarize(part))
            _put(event, "netlink.fate", found.fate(number))
            error = found.errors.get(number, 0)
            _put(event, "error.type", _error_name(error) if error < 0 else "")
        span.dropped_events_count = ended.more
        return self._line(request)

    def notification(self, message: Message, link: Link) -> str | None:
        """The line of a notification, beneath the transaction that caused it."""
        time = None if message.record is None else message.record.time
        if time is None or not _fits(time):
            return None
        name = message_text.operation(message, False)
        request, span = self._begun(name, None, PRODUCER, time, time, KERNEL)
        cause = None if link.transaction is None else link.transaction.request
        self._place(span, message, cause)
        _put(span, "messaging.system", "netlink")
        _put(span, "messaging.operation.name", name)
        _put(span, "messaging.operation.type", "send")
        _put(span, "messaging.destination.name", group_of(message) or "")
        _describe(span, message, name)
        _put(span, "netlink.message", int(message.number))
        _put(span, "netlink.listeners", int(link.listeners))
        _put(span, "netlink.summary", summarize(message))
        return self._line(request)

    def command(
        self, own: TraceContext, words: list[str], begun: int, ended: int, status: int
    ) -> str:
        """The line of a command that ran (from, to: ns since the epoch), whose span is `own`."""
        name = words[0].rpartition("/")[2]
        request, span = self._begun(name, None, INTERNAL, begun, ended, name)
        span.trace_id, span.span_id, span.flags = own.trace, own.span, own.flags
        if self._parent is not None:
            _beneath(span, self._parent)
        _put(span, "process.executable.name", name)
        _put(span, "process.command_line", without_keys(" ".join(words), hidden_key))
        span.attributes.add(key="process.exit.code").value.int_value = status
        if status:
            span.status.code = ERROR
            _put(span, "error.type", str(status))
        return self._line(request)

    def _begun(
        self, name: str, process: Process | None, kind: int, start: int, end: int, service: str = ""
    ) -> tuple[Any, Any]:
        """A request with one span, and that span."""
        request = self._request()
        of = request.resource_spans.add()
        known = process is not None and not process.hint
        resource = of.resource
        _put(resource, "service.name", service or (process and process.name) or UNKNOWN)
        _put(resource, "host.name", self._host or "")
        _put(resource, "os.type", "linux")
        if process is not None and known:
            _put(resource, "process.pid", process.pid or 0)
            _put(resource, "process.command_line", _command(process))
        within = of.scope_spans.add()
        within.scope.name = "nldissect"
        within.scope.version = VERSION
        span = within.spans.add(
            name=_text(name), kind=kind, start_time_unix_nano=start, end_time_unix_nano=end
        )
        if process is not None and process.hint:
            _put(span, "netlink.pid_hint", process.pid or 0)
        return request, span

    def _place(self, span: Any, message: Message, cause: Message | None) -> None:
        """Gives the span of a message its identifiers; it is beneath that of its cause."""
        above = self._parent
        trace, span.span_id = self._identifiers(message)
        if cause is not None:
            trace, span.parent_span_id = self._identifiers(cause)
        if above is None:
            span.trace_id, span.flags = trace, SAMPLED
        elif cause is not None:
            span.trace_id, span.flags = above.trace, above.flags
        else:
            _beneath(span, above)

    def _identifiers(self, message: Message) -> tuple[bytes, bytes]:
        """Those of the trace and the span that a message begins; no values of it are in them."""
        time = None if message.record is None else message.record.time
        place = (self._host, time, int(message.protocol), int(message.offset))
        digest = blake2b(repr(place).encode("ascii", "backslashreplace"), digest_size=24)
        digest.update(message.data[:16])
        found = digest.digest()
        return found[:16], found[16:]

    def _line(self, request: Any) -> str:
        document = self._to_dict(request, use_integers_for_enums=True)
        for of in document["resourceSpans"]:
            for within in of["scopeSpans"]:
                for span in within["spans"]:
                    for key in _IDENTIFIERS:
                        if key in span:
                            span[key] = b64decode(span[key]).hex()
        return json.dumps(document, separators=(",", ":")).replace("\x7f", "\\u007f") + "\n"


def _beneath(span: Any, parent: TraceContext) -> None:
    """Puts a span beneath one that another program wrote."""
    span.trace_id, span.parent_span_id = parent.trace, parent.span
    span.flags = parent.flags | _REMOTE


def _describe(span: Any, message: Message, name: str) -> None:
    """Protocol, generic family and operation."""
    _put(span, "netlink.protocol", message_text.protocol(message))
    _put(span, "netlink.family", message.family or "")
    _put(span, "netlink.operation", name)


def _refuse(span: Any, ended: EndedTransaction) -> None:
    """Says why a transaction failed."""
    error = int(ended.found.error)
    name, text = _error_name(error), error_text(-error)
    said = f"{name}: {text}" if text else name
    if ended.refusal is not None:
        reason = explain(ended.refusal, ended.found.request_of(ended.refused))
        said = said if reason is None else reason.line
    span.status.code = ERROR
    span.status.message = _text(said)
    _put(span, "error.type", name)
    _put(span, "netlink.error", error)


def _error_name(error: int) -> str:
    return linux.errno_name(-error) or str(-error)


def _command(process: Process) -> str:
    return without_keys(process.command or "", hidden_key)


def _put(holder: Any, key: str, value: str | int) -> None:
    """An attribute, unless there is nothing to say: zero or no text."""
    if isinstance(value, int):
        if value:
            holder.attributes.add(key=key).value.int_value = value
    elif value:
        holder.attributes.add(key=key).value.string_value = _text(value)


def _text(text: str) -> str:
    """A text that UTF-8 can have."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _fits(time: int | None) -> bool:
    """Whether a time, in ns since the epoch, is one that a span can have."""
    return time is not None and 0 < time < 1 << 64
