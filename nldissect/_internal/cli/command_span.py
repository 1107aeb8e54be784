"""The span of a command that `run -T otlp` runs: what it asks is beneath, and so its own spans.

The command is told by its environment, as OpenTelemetry has it: TRACEPARENT.
"""

from __future__ import annotations

import os
from argparse import Namespace

from ..render.otlp_spans import OtlpSpans
from ..wire import trace_context
from ..wire.errors import UsageError
from .output import complain
from .presentation import host_of

VARIABLE = "TRACEPARENT"


class CommandSpan:
    """A span beneath that of --traceparent, else of the environment, else one that begins a trace.

    `options` and the environment have it in their place then; `close` gives that back.
    """

    def __init__(self, options: Namespace, command: list[str]) -> None:
        self._command = command
        self._before = os.environ.get(VARIABLE)
        above = self._above(options)
        self._spans = OtlpSpans(above, host_of(options))
        self._own = trace_context.new_trace() if above is None else above.beneath()
        options.traceparent = os.environ[VARIABLE] = str(self._own)

    def _above(self, options: Namespace) -> trace_context.TraceContext | None:
        if options.traceparent is not None:
            return trace_context.parsed(options.traceparent, "--traceparent")
        try:
            return trace_context.parsed(self._before, VARIABLE) if self._before else None
        except UsageError as problem:
            complain(f"{problem}; a new trace is begun")
            return None

    def line(self, begun: int, ended: int, status: int) -> str:
        """The span as a line; it began and ended at these ns since the epoch."""
        return self._spans.command(self._own, self._command, begun, ended, status)

    def close(self) -> None:
        """Nothing is started any more."""
        if self._before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = self._before
