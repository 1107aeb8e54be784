"""`nldissect flow`: a capture as a sequence diagram, on the terminal, as SVG or as Mermaid."""

from __future__ import annotations

import os
from argparse import Namespace
from array import array
from collections.abc import Iterator

from ..analysis.flow import Arrow
from ..library.flow_finder import FlowFinder
from ..library.index import Index
from ..pairing.codes import ROLE_COPY
from ..render.flow_formats import FLOW_FORMATS, form_of
from ..render.flow_grid import FlowGrid
from ..render.style import Style
from ..wire.errors import UsageError
from ..wire.output_file import refuse_inputs, write_file
from ..wire.text import safe
from ..wire.times import TimeFormatter
from . import selection
from .input_captures import registry_of, tell_assumption
from .output import TextOutput, complain

# What stands for what an encoding may lack, letter for letter.
_PLAIN = str.maketrans("│─╌▶◀◁✗✓▼«»…·µ\u00d7", "|-.><<x+!<>~,ux")
_LOOKS = {"time": "number", "head": "strong", "lane": "dim", "arrow": "plain", "error": "error",
          "malformed": "error", "lost": "error", "unanswered": "warning", "good": "good",
          "notification": "protocol"}  # fmt: skip
_HEAD_AGAIN = 40  # lines at least before the lanes' heads are written again for other lanes


def flow(options: Namespace, output: TextOutput) -> int:
    """Writes the diagram; 2 when the file could not be read to its end, what was is shown."""
    limit = selection.parse_number(options.limit, "--limit")
    form = form_of(options.output, options.format)
    if options.output is not None:
        refuse_inputs("-o", options.output, [options.file])
    registry = registry_of(options)
    wanted = selection.display_filter(options, registry)
    with Index(options.file, registry, options.byte_order) as index:
        index.extend()
        tell_assumption(index.session, options.file)
        rows = array("I", _rows(index, options))
        if wanted is not None:
            wanted.restart()
            holds = ((row, wanted.matches(index.message(row), index.link(row))) for row in rows)
            rows = array("I", [row for row, held in holds if held])
        found = FlowFinder(index, rows, lambda: len(index), options.sockets, not options.parts)
        found.step()
        clock = _Clock(index, options.time or "relative")
        if form == "text":
            text = "".join(_lines(found, clock, options, output))
        else:
            title = f"Netlink messages of {safe(os.path.basename(options.file))}"
            diagram = found.diagram(title, limit, clock.text)
            text = FLOW_FORMATS[form](diagram)
            if diagram.left_out:
                count = f"{len(diagram.arrows)} of {len(found)} arrows"
                complain(f"the first {count} are drawn; --limit 0 draws all, -Y chooses")
        _write(text, options, output)
        if index.failure is not None:
            complain(str(index.failure))
    for problem in registry.problems:
        complain(f"this dissector is left out: {problem}")
    return 0 if index.failure is None else 2


def _rows(index: Index, options: Namespace) -> Iterator[int]:
    """What is shown without a filter: not copies, nor what the recording program asked."""
    role = index.links.role
    for row in range(len(index)):
        if (options.copies or role[row + 1] != ROLE_COPY) and (options.own or not index.own(row)):
            yield row


class _Clock:
    """Times of arrows, in one of the forms of -t."""

    def __init__(self, index: Index, form: str) -> None:
        self._index = index
        self._formatter = TimeFormatter(form)
        if len(index):
            self._formatter.see(0, index.moment(0))

    def text(self, arrow: Arrow) -> str:
        """The time of an arrow."""
        if arrow.row:
            self._formatter.see(arrow.row - 1, self._index.moment(arrow.row - 1))
        return self._formatter.text(arrow.row, arrow.moment)


def _lines(
    found: FlowFinder, clock: _Clock, options: Namespace, output: TextOutput
) -> Iterator[str]:
    """The diagram as text; the heads stand again where other lanes come into sight."""
    style = Style(output.coloured(options.color))
    plain = not output.can_encode("│─╌▶◀◁✗✓▼«»…·µ\u00d7")
    grid: FlowGrid | None = None
    time = since = 0
    for line in range(len(found)):
        arrow = found.arrow(line)
        said = clock.text(arrow)
        if grid is None or len(said) > time or _hides(grid, arrow, since):
            left = 0 if grid is None else _left(grid, arrow)
            time, since = max(time, len(said)), 0
            grid = FlowGrid(output.columns(), time, found.sockets, found.families, left)
            heads = [style.paint(grid.head(each).rstrip(), "strong") for each in (0, 1)]
            yield "\n" * bool(line) + "\n".join(heads) + "\n"
        since += 1
        out = ""
        for text, what in grid.line(arrow, said):
            shown = text.translate(_PLAIN) if plain else text
            out += style.paint(shown, _LOOKS.get(what, "plain"))
        yield out.rstrip() + "\n"


def _left(grid: FlowGrid, arrow: Arrow) -> int:
    """The first lane of the next heads: a new one if it is to the right, as a page is turned."""
    return arrow.socket if arrow.socket >= grid.right else min(grid.left, arrow.socket)


def _hides(grid: FlowGrid, arrow: Arrow, since: int) -> bool:
    """Whether other lanes are to come into sight: new ones at once, those before now and then."""
    return arrow.socket >= grid.right or (arrow.socket < grid.left and since >= _HEAD_AGAIN)


def _write(text: str, options: Namespace, output: TextOutput) -> None:
    """Into the file that -o names, else to standard output."""
    if options.output is None or options.output == "-":
        output.write(text)
        output.flush()
        return
    try:
        write_file(options.output, text.encode("utf-8", "backslashreplace"))
    except OSError as problem:
        raise UsageError(
            f"-o: {options.output} cannot be written: {problem.strerror or problem}"
        ) from None
