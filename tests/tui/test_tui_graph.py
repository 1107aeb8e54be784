"""The graph of messages over time: series, intervals, the cursor and where it leads."""

from __future__ import annotations

from pathlib import Path

import pytest

from nldissect._internal.tui.model.graph_view import MARKS, GraphView
from nldissect._internal.tui.model.opener import Opener
from nldissect._internal.tui.model.rate_graph import BINS, RateGraph, Series
from nldissect._internal.tui.panes.graph_screen import GraphScreen
from support.capture_files import END, enhanced, interface, netlink, section
from support.terminal import Player, play


async def opened(user: Player) -> GraphScreen:
    """Opens the graph and waits until everything is counted."""
    await user.press("I")
    return await counted(user)


async def counted(user: Player) -> GraphScreen:
    """Waits until everything is counted and drawn."""
    screen = user.app.screen
    assert isinstance(screen, GraphScreen)
    for _ in range(300):
        graph = screen._view.graph
        if graph.finished and screen._shown == graph.changes:
            assert "report" not in user.browser.scheduler.jobs
            break
        await user.pilot.pause(0.02)
    else:
        raise AssertionError(user.screen())
    await user.pilot.pause(0.15)
    return screen


def line(user: Player, text: str) -> str:
    """The only line with this text."""
    (found,) = [line for line in user.lines() if text in line]
    return found


def test_all_messages_and_errors_are_drawn_and_gone_to() -> None:
    async def story(user: Player) -> None:
        screen = await opened(user)
        assert line(user, "all messages").split()[-2] == "50"
        assert line(user, " errors ").split()[-2] == "14"
        lines = user.lines()
        plot = [text[10:] for text in lines if "│" in text[4:14] or "┤" in text]
        assert len(plot) > len(lines) // 2  # of real height
        assert any("█" in text for text in plot)
        assert any("x" in text for text in plot)  # errors have a glyph too
        assert "messages in " in user.screen()
        await user.press("j n")  # errors, the next interval that has some
        assert "> x errors" in user.screen()
        assert line(user, "> x errors").split()[-3] != "0"
        row = screen._view.row
        await user.press("enter")
        assert user.app.screen is user.browser
        assert user.number == row + 1
        assert (user.browser.model.message(row).error or 0) < 0

    play("errors", story=story, size=(100, 40))


def test_the_cursor_and_the_interval_move_within_what_there_is() -> None:
    async def story(user: Player) -> None:
        view = (await opened(user))._view
        first = view.cursor
        await user.press("left")
        assert view.cursor == first
        await user.press("right")
        assert view.cursor == first + 1
        await user.press("G")
        last = view.cursor
        assert "▲" in user.screen()
        await user.press("l")
        assert view.cursor == last
        await user.press("g")
        assert view.cursor == first
        whole = view.interval
        await user.press("+ +")
        assert view.interval < whole
        assert "all of it" not in user.screen()
        for _ in range(30):
            await user.press("+")
        assert "this is the shortest interval" in user.screen()
        assert view.interval == view.graph.width
        await user.press("G")
        assert view.row == 49
        await user.press("0")
        assert view.interval == whole
        for _ in range(30):
            await user.press("-")
        assert "one interval has everything" in user.screen()
        assert line(user, "all messages").split()[-3:-1] == ["50", "50"]
        await user.press("y")
        assert "logarithmic" in user.screen()
        await user.press("N")
        assert "it has no message before this" in user.screen()

    play("errors", story=story, size=(100, 40))


def test_series_are_added_by_filters_and_taken_away() -> None:
    async def story(user: Player) -> None:
        await user.press("/")
        await user.type("operation == newlink")
        await user.press("enter")
        screen = await opened(user)
        assert line(user, "o operation == newlink").split()[-2] == "15"  # the filter that is on
        await user.press("a")
        await user.type("error == ENODEVV")
        await user.press("enter")
        assert "ENODEV" in user.lines()[-3]  # why it is none, and the nearest
        assert len(screen._view.graph.series) == 3
        await user.press("backspace enter")
        await counted(user)
        added = line(user, "+ error == ENODEV")
        assert ">" in added
        assert added.split()[-2] == "4"
        await user.press("d")
        assert "error == ENODEV" not in user.screen()
        await user.press("d d d")
        assert "the last series stays" in user.screen()
        await user.press("a escape")
        assert user.app.screen is screen
        await user.press("q")
        assert user.app.screen is user.browser
        await opened(user)
        assert "operation == newlink" in user.screen()

    play("errors", story=story, size=(100, 40))


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (220, 60)])
def test_it_fits(size: tuple[int, int]) -> None:
    async def story(user: Player) -> None:
        await opened(user)
        assert line(user, "all messages").split()[-2] == "50"
        assert line(user, " errors ").split()[-2] == "14"
        assert "…" not in user.screen()

    play("errors", story=story, size=size)


def test_a_click_puts_the_cursor_there() -> None:
    async def story(user: Player) -> None:
        screen = await opened(user)
        await user.pilot.click("#graph", offset=(30, 5))
        await user.pilot.pause()
        assert screen._view.cursor == screen._view.at(30)

    play("links", story=story, size=(100, 40))


def test_statistics_lead_to_the_graph() -> None:
    async def story(user: Player) -> None:
        await user.press("i")
        for _ in range(100):
            await user.pilot.pause(0.02)
            if "MESSAGES PER SECOND" in user.screen():
                break
        await user.press("j j enter")
        await counted(user)
        assert "all messages" in user.screen()

    play("errors", story=story, size=(100, 40))


def test_bins_widen_until_any_times_fit(tmp_path: Path) -> None:
    half = 2**62
    times = [half, half + 1, half + 10**9, half + 5, 2**63 - 1, 0, half + 6]
    packet = netlink(0, (16).to_bytes(4, "little") + b"\x01\0\0\0" + bytes(8))
    path = tmp_path / "times.pcapng"
    path.write_bytes(
        section("<", END)
        + interface("<", 253, (9, b"\x09"), END)
        + b"".join(enhanced("<", 0, time, packet) for time in times)
    )
    model = Opener(None).model(str(path))
    while not model.index.extend(1):
        pass
    graph = RateGraph(model)
    while not graph.step(1):
        pass
    whole = graph.series[0]
    assert whole.total == len(times) == sum(count for count, _ in whole.bins.values())
    assert len(whole.bins) <= BINS
    assert graph.last is not None
    assert graph.last // graph.width - (graph.first or 0) // graph.width < BINS
    view = GraphView(model)
    assert [len(parts) > 0 for parts in view.lines(80, 24)] == [True]  # nothing is counted yet
    view.graph = graph
    view.lines(80, 24)
    assert view.row == 5  # the earliest
    view.to_end(True)
    assert view.row == 4
    for i in range(len(MARKS)):
        view.add(Series(str(i)))
    assert len(graph.series) == len(MARKS)  # and no more
