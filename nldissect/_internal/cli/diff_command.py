"""`nldissect diff`: two captures compared by meaning, with the exit status of diff(1)."""

from __future__ import annotations

from argparse import Namespace

from ..analysis.diff import (
    ADDED,
    CHANGED,
    REMOVED,
    CaptureDifference,
    diff_exchanges,
    diff_objects,
    document,
    lines,
)
from ..analysis.exchange_log import ExchangeLog
from ..analysis.object_states import ObjectStates
from ..render.style import Style
from ..wire.errors import CaptureError
from ..wire.text import safe
from . import selection
from .input_captures import InputCaptures, only_once
from .output import TextOutput, complain

LOOKS = {ADDED: "good", REMOVED: "error", CHANGED: "warning"}


def diff(options: Namespace, output: TextOutput) -> int:
    """0 when A and B mean the same, 1 when they differ, 2 when one could not be read to its end."""
    only_once([options.a, options.b])
    source = InputCaptures(options)
    wanted = selection.display_filter(options, source.registry)
    sides: list[ObjectStates | ExchangeLog] = []
    trouble = False
    for path in (options.a, options.b):
        side = (ObjectStates if options.objects else ExchangeLog)(options.counters)
        sides.append(side)
        try:
            source.give(path, selection.filtered(side, wanted), keep=True)
        except CaptureError as problem:
            complain(str(problem))
            if problem.record is None:
                return 2
            trouble = True
    a, b = sides
    if isinstance(a, ObjectStates) and isinstance(b, ObjectStates):
        found, hint = diff_objects(a, b), False
    else:
        assert isinstance(a, ExchangeLog)
        assert isinstance(b, ExchangeLog)
        a.finish()
        b.finish()
        found, hint = diff_exchanges(a, b), a.dumps and b.dumps
    _show(options, output, found, hint)
    output.flush()
    source.report()
    return 2 if trouble else 1 if found else 0


def _show(
    options: Namespace, output: TextOutput, found: list[CaptureDifference], hint: bool
) -> None:
    """The differences as text or JSON; `hint` says that --objects would tell more."""
    if options.format == "json":
        import json

        out = {
            "a": options.a,
            "b": options.b,
            "mode": "objects" if options.objects else "transactions",
            "same": not found,
            "differences": [document(one) for one in found],
        }
        output.write(json.dumps(out, indent=2) + "\n")
    elif found:
        output.write(f"--- {safe(options.a)}\n+++ {safe(options.b)}\n")
        style = Style(output.coloured(options.color))
        for one in found:
            looks = LOOKS[one.kind]
            for line in lines(one, options.verbose or not options.objects):
                output.write(style.paint(line, looks if line[0] != " " else "plain") + "\n")
        if hint:
            output.write("(both tell of objects: --objects compares those alone)\n")
