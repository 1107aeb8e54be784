"""`nldissect state`: what a capture implies of links, addresses, routes... at a moment."""

from __future__ import annotations

from argparse import Namespace

from ..analysis.network_state import NetworkState
from ..engine.message import Message
from ..library.states import until
from ..pairing.transaction import Link
from ..render import state_document
from ..render.style import Style
from ..session.driver import MessageSink
from ..wire.errors import CaptureError
from ..wire.times import TimeFormatter
from .input_captures import InputCaptures
from .output import TextOutput, complain


def state(options: Namespace, output: TextOutput) -> int:
    """0, or 2 when the capture could not be read as far as it should; what was is shown."""
    found = until(options.at, "--at")
    source = InputCaptures(options)
    sink: MessageSink = found
    if options.watch:
        sink = _Watch(found, output, options)
    status = 0
    try:
        source.give(options.file, sink, keep=True)
    except CaptureError as problem:
        complain(str(problem))
        if problem.record is None:
            return 2
        status = 2
    if not options.watch:
        _show(found, options, output)
    output.flush()
    source.report()
    return status


def _show(found: NetworkState, options: Namespace, output: TextOutput) -> None:
    if options.format == "json":
        import json

        output.write(json.dumps(state_document.document(found, options.file), indent=2) + "\n")
        return
    style = Style(output.coloured(options.color))
    time = "" if found.time is None else f", {TimeFormatter('absolute-date').text(0, found.time)}"
    output.write(style.paint(f"after message {found.number}{time}", "dim") + "\n")
    for text, look in state_document.lines(found):
        output.write(style.paint(text, look) + "\n")


class _Watch(MessageSink):
    """Writes every change of an object as it is found."""

    def __init__(self, found: NetworkState, output: TextOutput, options: Namespace) -> None:
        self._found = found
        self._output = output
        self._json = options.format == "json"
        self._clock = TimeFormatter("relative")

    def take(self, message: Message, link: Link) -> bool:
        """Takes in the next message."""
        if message.record is not None:
            self._clock.see(message.record.number, message.record.time)
        more = self._found.take(message, link)
        for step in self._found.steps if more else ():
            if not state_document.wanted(step):
                continue
            if self._json:
                import json

                line = json.dumps(state_document.step_document(step))
            else:
                line = state_document.step_line(step, self._clock)
            self._output.write(line + "\n")
        return more
