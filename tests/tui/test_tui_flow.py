"""The sequence diagram of the terminal interface: what it shows, its keys, what it writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from nldissect._internal.library import flow_finder
from nldissect._internal.tui.panes import flow_screen
from nldissect._internal.tui.panes.flow_screen import FlowScreen
from support import hostile
from support.terminal import Player, play


async def opened(user: Player, keys: str = "W") -> FlowScreen:
    """The diagram, once all its arrows are found."""
    await user.press(keys)
    await user.pilot.pause()
    screen = user.app.screen
    assert isinstance(screen, FlowScreen)
    await found(user, screen)
    return screen


async def found(user: Player, screen: FlowScreen) -> None:
    """Waits until the diagram is at rest."""
    for _ in range(100):
        await user.pilot.pause(0.02)
        if screen._wanted < 0 and screen.pane.found.step(0):
            break
    screen._more()
    await user.pilot.pause()


def test_a_request_and_its_refusal_go_between_a_process_and_the_kernel() -> None:
    async def story(user: Player) -> None:
        await opened(user)
        lines = user.lines()
        assert "errors.pcap" in lines[0]
        assert "50 arrows" in lines[0]
        assert lines[1].split() == ["Time", "process", "process", "port", "kernel"]
        assert lines[2].split() == ["1-3/21", "562?", "564?", "3849239427", "route"]
        request, refusal = lines[5], lines[6]
        assert request.startswith("1.579988  │            │─ #3 newlink kiwi0 kind dummy ──")
        assert request[:-1].rstrip().endswith("─▶│")  # beside the scrollbar
        assert "│◀✗ #4 -17 EEXIST for newlink kiwi0" in refusal
        assert lines[4].startswith("0.101046  │◀✓ #2 ack for newlink kiwi0 · 101 ms ──")

    play("errors", story=story)


def test_it_opens_where_the_list_is_and_goes_to_the_message_that_is_chosen() -> None:
    async def story(user: Player) -> None:
        await user.press("1 7 G")
        screen = await opened(user)
        assert screen.pane.arrow(screen.pane.cursor).row == 16
        await user.press("j enter")
        await user.settle()
        assert user.app.screen is user.browser
        assert user.number == 18
        await opened(user)
        await user.press("q")
        await user.settle()
        assert user.number == 18  # looking alone leaves the list where it was

    play("errors", story=story)


def test_the_list_goes_along_and_stays_in_sight_where_there_is_room() -> None:
    async def story(user: Player) -> None:
        listing = user.browser.list_pane
        await user.press("5 G")
        screen = await opened(user)
        above = user.lines()[: listing.region.bottom]
        assert any(line.startswith(" > 5 ") for line in above)
        assert "Flow of errors.pcap" in user.lines()[len(above)]
        await user.press("j j")
        await user.pilot.pause()
        assert listing.row == 6
        assert any(line.startswith(" > 7 ") for line in user.lines())
        await user.pilot.click(offset=(20, listing.region.y + listing.head + 1))
        assert screen.pane.arrow(screen.pane.cursor).row == listing.row == 1
        await user.press("\\")
        assert "Flow of errors.pcap" in user.lines()[0]  # alone
        await user.press("\\ L q")
        await user.settle()
        assert user.number > 10
        await user.press("' '")
        assert user.number == 5  # all of it was one jump

    play("errors", story=story, size=(120, 44))


def test_a_list_within_a_dump_stays_there_until_the_diagram_moves() -> None:
    async def story(user: Player) -> None:
        await user.press("3 G")
        await opened(user)  # on the arrow of both parts
        assert user.browser.list_pane.row == 2
        await user.press("j k")
        assert user.browser.list_pane.row == 1

    play("acks", story=story)


def test_the_lane_of_the_cursor_comes_into_sight() -> None:
    async def story(user: Player) -> None:
        screen = await opened(user)
        await user.press("G")
        grid = screen.pane.grid()
        assert grid.right == len(screen.pane.found.sockets) == 21
        assert "19-21/21" in user.lines()[2]
        assert any("«─ " in line or "«◀ " in line for line in user.lines())
        await user.press("h h")
        assert "17-19/21" in user.lines()[2]
        await user.press("5 0 h h")
        assert "1-3/21" in user.lines()[2]
        assert "in sight" in user.screen()  # further left there is nothing, which is said

    play("errors", story=story)


def test_errors_counts_and_numbers() -> None:
    async def story(user: Player) -> None:
        screen = await opened(user)
        pane = screen.pane
        await user.press("e e")
        assert pane.arrow(pane.cursor).row == 13
        await user.press("E")
        assert pane.arrow(pane.cursor).row == 3
        await user.press("E")
        assert "no earlier error" in user.screen()
        await user.press("2 0 G")
        assert pane.arrow(pane.cursor).row == 19
        assert "Required attributes" in user.screen().replace("\n", " ")
        await user.press("3 k")
        assert pane.arrow(pane.cursor).row == 16
        await user.press("a")
        assert "done in the list" in user.screen()

    play("errors", story=story)


def test_parts_of_a_dump_are_one_arrow_until_it_is_unfolded() -> None:
    async def story(user: Player) -> None:
        screen = await opened(user)
        pane = screen.pane
        before = pane.count
        await user.press("j")
        assert "#2-#3 2 \u00d7 newlink · 37.6 µs" in user.screen()
        await user.press("f")
        assert pane.count == before + 1
        assert "#2 newlink lo" in user.screen()
        assert "#3 newlink nlmon0" in user.screen()
        await user.press("j f")
        assert pane.count == before
        assert pane.cursor == 1
        await user.press("g f")
        assert "no parts of a dump" in user.screen()

    play("acks", story=story)


def test_notifications_come_from_the_kernel_to_listeners() -> None:
    async def story(user: Player) -> None:
        await opened(user)
        (line,) = [line for line in user.lines() if "#10 newlink kiwi0" in line]
        assert "◁ #10 newlink" in line
        assert "╌" in line
        assert any("listeners" in head for head in user.lines())

    play("acks", story=story, size=(220, 60))


def test_lanes_of_sockets() -> None:
    async def story(user: Player) -> None:
        screen = await opened(user, "1 0 G W")
        row = screen.pane.arrow(screen.pane.cursor).row
        await user.press("s")
        await found(user, screen)
        assert "21 sockets" in user.lines()[0]
        assert "566 route" in user.screen()
        assert screen.pane.arrow(screen.pane.cursor).row == row

    play("errors", story=story)


def test_the_filter_and_the_selection_choose_what_is_shown() -> None:
    async def story(user: Player) -> None:
        await user.press("/")
        await user.type("type == newroute")
        await user.press("enter")
        screen = await opened(user)
        assert {screen.pane.arrow(i).row for i in range(screen.pane.count)} == {24, 26}
        await user.press("q")
        await user.settle()
        await user.press("escape v j v")
        screen = await opened(user)
        assert screen.pane.count == 2
        assert "2 selected" in user.lines()[0]

    play("errors", story=story)


def test_clicks() -> None:
    async def story(user: Player) -> None:
        screen = await opened(user)
        await user.pilot.click(offset=(20, 8))
        assert screen.pane.cursor == 5
        line = user.lines()[-1]
        await user.pilot.click(offset=(line.index("sockets"), len(user.lines()) - 1))
        await found(user, screen)
        assert "21 sockets" in user.lines()[0]
        await user.pilot.click(offset=(20, 8), times=2)
        await user.settle()
        assert user.number == 6

    play("errors", story=story)


def test_the_wheel_scrolls() -> None:
    async def story(user: Player) -> None:
        screen = await opened(user)
        for event in (events.MouseScrollDown, events.MouseScrollUp):
            screen.pane.post_message(event(screen.pane, 20, 8, 0, 1, 0, False, False, False, 20, 8))
            await user.pilot.pause(0.3)
            assert (screen.pane.scroll_offset.y > 0) == (event is events.MouseScrollDown)

    play("errors", story=story)


def test_a_list_in_another_order_opens_it_at_its_message() -> None:
    async def story(user: Player) -> None:
        await user.press(":")
        await user.type("sort info")
        await user.press("enter 1 7 G")
        assert user.number == 17
        screen = await opened(user)
        assert screen.pane.arrow(screen.pane.cursor).row == 16

    play("errors", story=story)


@pytest.mark.parametrize(("name", "begins"), [("a.svg", "<svg "), ("a.mmd", "sequenceDiagram")])
def test_it_is_written_as_the_name_says(tmp_path: Path, name: str, begins: str) -> None:
    path = tmp_path / name

    async def story(user: Player) -> None:
        await opened(user, "W")
        await user.press("x ctrl+u")
        await user.type(str(tmp_path / "a.png"))
        await user.press("enter")
        assert "ends in .svg, .mmd" in user.screen().replace("\n", " ")
        await user.press("x ctrl+u")
        await user.type(str(path))
        await user.press("enter")
        assert "50 arrows are in" in user.screen()
        assert path.read_text().startswith(begins)
        path.write_text("mine")
        await user.press("w ctrl+u")
        await user.type(str(path))
        await user.press("enter")
        assert "already" in user.screen()  # asked before it is replaced
        await user.press("escape")
        assert path.read_text() == "mine"

    play("errors", story=story, size=(160, 50))


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 50), (220, 60), (20, 8)])
def test_hostile_names_stay_text(tmp_path: Path, size: tuple[int, int]) -> None:
    path = hostile.capture(tmp_path / "hostile.pcapng")

    async def story(user: Player) -> None:
        await opened(user)
        for keys in ("G", "g", "e e e", "s", "l l l", "pagedown pagedown"):
            await user.press(keys)
            assert not hostile.acting(user.screen())
            assert {len(line) >= size[0] // 2 for line in user.lines()} == {True}

    play(path, story=story, size=size)


def test_nothing_to_draw_is_said() -> None:
    async def story(user: Player) -> None:
        await user.press("/")
        await user.type("mtu == 4711")
        await user.press("enter")
        await user.press("W")
        assert user.app.screen is user.browser
        assert "no message is shown" in user.status

    play("errors", story=story)


def test_far_into_a_capture_it_opens_there_and_finds_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flow_screen, "BEFORE", 7)
    monkeypatch.setattr(flow_finder, "SLICE", 5)
    lines: list[list[tuple[int, int]]] = []

    async def story(user: Player) -> None:
        for keys in ("g", "1 0 0 G", "3 G", "G"):  # from the start, from within a dump
            await user.press(keys)
            row = user.number - 1
            screen = await opened(user)
            pane = screen.pane
            lines.append([(pane.arrow(i).row, pane.arrow(i).messages) for i in range(pane.count)])
            here = pane.arrow(pane.cursor)
            assert here.row <= row < here.row + here.messages
            await user.press("q")
            await user.settle()
        assert lines[0] == lines[1] == lines[2] == lines[3]

    play("acks", story=story)
