"""The models behind the terminal interface, without a terminal: rows, views, trees, ladders."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterable

import nldissect
from nldissect._internal.filter import Filter
from nldissect._internal.library.flow_finder import FlowFinder
from nldissect._internal.library.index import Index
from nldissect._internal.render.flow_grid import FlowGrid
from nldissect._internal.render.style import width
from nldissect._internal.tui.model import comparison, ladder, object_history
from nldissect._internal.tui.model.capture_model import CaptureModel
from nldissect._internal.tui.model.list_columns import of_field
from nldissect._internal.tui.model.outline import Folds, Outline
from nldissect._internal.tui.model.report_line import ReportLine
from support.hostile import acting
from support.messages import builtin

from . import corpus, samples

LONGEST = 100_000  # seconds of CPU that a step may take: nobody waits here


def screens(rng: random.Random) -> str:
    """A capture looked at as the keys do, while the index still grows."""
    with contextlib.ExitStack() as stack:
        path = stack.enter_context(samples.file(samples.content(rng, samples.made(rng)), "a.cap"))
        stack.enter_context(contextlib.suppress(nldissect.CaptureError))
        index = stack.enter_context(Index(path, builtin()))
        model = CaptureModel(index, builtin(), path)
        model.folded, model.own = rng.random() < 0.7, rng.random() < 0.7
        model.constants = rng.random() < 0.5
        model.columns.append(of_field(samples.path(rng)))
        while not index.extend(count=rng.choice((1, 5, 100))):
            model.view.step(LONGEST)
        return "\n".join(_looked_at(rng, model))
    return ""


def _looked_at(rng: random.Random, model: CaptureModel) -> list[str]:
    said = _view(rng, model)
    folds = Folds()
    for _ in range(min(len(model.view), 4)):
        row = model.view.row(rng.randrange(len(model.view)))
        said += _tree(rng, model, row, folds)
        said += _texts(ladder.rungs(model, row, rng.choice((4, 20, 80))))
        message = model.message(row)
        key = object_history.object_of(message, object_history.Flattener())
        if key is not None:
            said += _texts(object_history.timeline(model, key, message))
        said += _texts(object_history.objects(model, row))
        said += _flow(rng, model)
        title, lines = comparison.compared(model, row, model.view.row(0))
        said += [title, *_texts(lines)]
    assert not acting("\n".join(said)), acting("\n".join(said))
    return said


def _flow(rng: random.Random, model: CaptureModel) -> list[str]:
    """The sequence diagram from somewhere on, lines folded and unfolded again."""
    rows = model.view.rows
    start = rng.randrange(len(rows))
    limit = model.index.paired
    found = FlowFinder(model.index, rows, lambda: limit, rng.random() < 0.5, start=start)
    while not found.step(rng.choice((0, LONGEST))):
        continue
    said = []
    for line in range(len(found)):
        if rng.random() < 0.1 and (first := found.fold(line)) >= 0 and rng.random() < 0.5:
            found.fold(first)
    covered = 0
    grid = FlowGrid(rng.choice((1, 30, 80, 200)), 9, found.sockets, found.families, line % 7)
    for line in range(len(found)):
        arrow = found.arrow(line)
        covered += arrow.messages
        said.append("".join(text for text, _ in grid.line(arrow, "0.000000")))
        assert width(said[-1]) == grid.room
    assert covered == len(rows)
    return [*said, grid.head(0), grid.head(1)]


def _view(rng: random.Random, model: CaptureModel) -> list[str]:
    """Rows and their cells; those of a filter are the rows that it lets through."""
    model.view.step(LONGEST)
    everything = list(model.view.rows)
    assert everything == sorted(set(everything))
    for row in everything:
        assert model.view.row(model.view.place(row)) == row
        assert model.copy(row) <= (not model.folded)
    words = rng.sample(corpus.words(), 2)
    text = rng.choice(("request", "error", f"{words[0]} or mtu > 5", f"any {words[1]}", words[0]))
    with contextlib.suppress(nldissect.FilterError):
        found = Filter(text, model.registry)

        def test(row: int) -> bool:
            return found.matches(model.message(row), model.link(row))

        model.look_through(test, found.needs_link)
        model.view.step(LONGEST)
        assert list(model.view.rows) == [row for row in everything if test(row)], text
    if not len(model.view):
        model.look_through(None)
        model.view.step(LONGEST)
    return [" ".join(model.cells(row).texts) for row in model.view.rows]


def _tree(rng: random.Random, model: CaptureModel, row: int, folds: Folds) -> list[str]:
    """The lines of a message: each byte is found, and what was folded is as it was."""
    message = model.message(row)
    outline = Outline(message, folds, model.constants)
    for _ in range(3):
        if outline.items:
            outline.fold(rng.randrange(len(outline.items)), rng.random() < 0.5)
    kept = [line.key for line in outline.items]
    assert kept == [line.key for line in Outline(message, folds, model.constants).items]
    base, end = message.base, message.base + len(message.bytes)
    for line in outline.items:
        assert line.start < 0 or base <= line.start <= line.end <= len(message.data), line
    if end > base:
        at = rng.randrange(base, end)
        place = outline.at_byte(at)
        if place >= 0:
            assert outline.items[place].start <= at < outline.items[place].end, (at, place)
    outline.find(rng.choice(("a", "mtu", "\0")), 0, rng.choice((-1, 1)))
    return [f"{line.key} {line.name} {line.value} {line.note}" for line in outline.items]


def _texts(lines: Iterable[ladder.Rung | ReportLine | None]) -> list[str]:
    return ["".join(text for text, _ in line.parts) for line in lines if line is not None]
