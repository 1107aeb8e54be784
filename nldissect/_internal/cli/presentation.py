"""How messages are shown: the output form that the options ask for, times and colours."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from ..render.renderer import Renderer
from ..render.style import Style
from ..spec.registry import Registry
from ..wire.errors import UsageError
from ..wire.times import TimeFormatter
from .output import TextOutput

if TYPE_CHECKING:
    from ..render.column_output import ColumnLayout
    from ..render.list_output import ListRenderer


REPORT_FORMATS = ("html", "markdown")  # those of `render.report_formats`, not imported for it
WIDE = "wide"  # as `ListRenderer` has it for None


class Presentation:
    """What -T, -V, -x, -e, -E, -t, --names, --color and --copies ask for; raises UsageError.

    `timed` tells whether times are shown by the clock, `folds` whether copies of a
    notification are left out, and `fitted` is the list whose lines are cut to the terminal.
    """

    def __init__(self, options: Namespace, output: TextOutput, registry: Registry) -> None:
        self.clock = TimeFormatter(options.time or "relative")
        self.timed = False
        self.folds = False
        self.fitted: ListRenderer | None = None
        self.renderer: Renderer
        form = options.format or ("fields" if options.fields else "text")
        if form in REPORT_FORMATS:
            self.renderer = self._report(form, options)
            return
        if form != "text" and (options.verbose or options.hex):
            raise UsageError(f"-V and -x go with text, not with -T {form}")
        if options.flat and form not in ("json", "jsonl"):
            raise UsageError("--flat goes with -T jsonl (or json, of which it makes jsonl)")
        if form != "fields" and (options.fields or options.layout):
            raise UsageError(f"-e and -E go with -T fields, not with -T {form}")
        if form != "text" and options.copies:
            raise UsageError(f"--copies goes with text; -T {form} has each copy anyway")
        if form != "otlp" and (options.traceparent or options.host):
            raise UsageError("--traceparent and --host go with -T otlp")
        if form == "text":
            self.renderer = self._text(options, output)
        elif form == "otlp":
            self.renderer = self._otlp(options)
        elif form == "fields":
            self.renderer = self._fields(options, registry)
        elif options.flat:
            from ..render.flat_output import FlatJsonRenderer

            self.renderer = FlatJsonRenderer()
        else:
            from ..render.formats import FORMATS

            self.renderer = FORMATS[form]()

    def _text(self, options: Namespace, output: TextOutput) -> Renderer:
        """The list, or with -V and -x trees and bytes below its lines."""
        from ..render.list_output import WRAP_ERRORS, ListRenderer

        self.folds = not options.copies
        self.timed = True
        style = Style(output.coloured(options.color), output.can_encode("→←…"))
        # A width that is asked for holds in a pipe too.
        fits = options.too_wide is not None or output.terminal()
        fits = fits and options.too_wide != WIDE and not options.verbose
        width = output.columns() if fits else None
        too_wide = options.too_wide or WRAP_ERRORS
        lines = ListRenderer(style, self.clock, width, options.names == "c", too_wide)
        if fits:
            self.fitted = lines
        if not options.verbose and not options.hex:
            return lines
        from ..render.tree_output import HexDumpRenderer, TreeRenderer

        inner: ListRenderer | TreeRenderer = lines
        if options.verbose:
            inner = TreeRenderer(lines, style, options.names != "spec", options.full)
        return HexDumpRenderer(inner) if options.hex else inner

    def _report(self, form: str, options: Namespace) -> Renderer:
        """What `nldissect report` makes."""
        from ..render.report_formats import REPORTS

        self.folds = not options.copies
        self.timed = True
        return REPORTS[form](options.title, self.clock)

    def _otlp(self, options: Namespace) -> Renderer:
        """-T otlp: spans, beneath that of --traceparent."""
        from ..render.otlp_output import OtlpRenderer
        from ..wire import trace_context

        given: str | None = options.traceparent
        parent = None if given is None else trace_context.parsed(given, "--traceparent")
        return OtlpRenderer(parent, host_of(options))

    def _fields(self, options: Namespace, registry: Registry) -> Renderer:
        """-T fields: the columns of -e."""
        from ..render.column_output import ColumnsRenderer

        fields = options.fields or list(options.columns)
        if not fields:
            raise UsageError("-T fields needs at least one -e PATH, such as -e time -e summary")
        self.timed = options.time is not None
        clock = self.clock if self.timed else None
        layout = _layout(options.layout)
        try:
            return ColumnsRenderer(fields, layout, registry, clock, options.names == "c")
        except UsageError as problem:
            raise UsageError(f"-e: {problem}") from None


def host_of(options: Namespace) -> str | None:
    """The name of the host whose messages are shown, as far as it is known."""
    host: str | None = options.host
    return os.uname().nodename if host is None and options.here else host


def _layout(settings: list[str]) -> ColumnLayout:
    """-E, with the keys and values of tshark's."""
    from ..render.column_output import ColumnLayout

    out = ColumnLayout()
    for setting in settings:
        key, _, value = setting.partition("=")
        value = {"/t": "\t", "/s": " "}.get(value, value)
        if key == "header" and value in ("y", "n"):
            out.header = value == "y"
        elif key == "separator" and len(value) == 1:
            out.separator = value
        elif key == "aggregator" and len(value) == 1:
            out.aggregator = value
        elif key == "quote" and value in ("d", "s", "n"):
            out.quote = {"d": '"', "s": "'", "n": ""}[value]
        else:
            raise UsageError(
                f"-E: {setting!r} is none of header=y|n, separator=CHARACTER, "
                "aggregator=CHARACTER, quote=d|s|n"
            )
    return out
