"""The mouse: wheel, scrollbars, the map of the capture, heads, borders, keys of the footer."""

from __future__ import annotations

import pytest
from textual import events
from textual.widget import Widget

from nldissect._internal.tui.model.capture_map import CaptureMap
from nldissect._internal.tui.model.capture_model import Order
from nldissect._internal.tui.model.sorting import Sorting, natural
from nldissect._internal.tui.panes.paint import LinePane
from nldissect._internal.tui.panes.popup import Report
from support.terminal import Player, application, play

RTM_NEWADDR = 20
DOWN, UP = events.MouseScrollDown, events.MouseScrollUp


async def wheel(
    user: Player, over: Widget, event: type[events.MouseEvent] = DOWN, shift: bool = False
) -> None:
    """One click of the wheel over the middle of a widget."""
    at = over.region.center
    await user.pilot._post_mouse_events(
        [event], offset=(int(at[0]), int(at[1])), shift=shift, button=0
    )
    await user.settle()


async def drag(user: Player, start: tuple[int, int], *stops: tuple[int, int]) -> None:
    """Takes what is at a cell of the screen, and lets it go at the last of the others."""
    await user.pilot.mouse_down(offset=start)
    for stop in stops:
        await user.pilot._post_mouse_events([events.MouseMove], offset=stop, button=1)
    await user.pilot.mouse_up(offset=stops[-1])
    await user.settle()


def map_of(user: Player) -> str:
    """The map at the list's right."""
    pane = user.browser.list_pane
    first = pane.region.y + pane.head
    return "".join(line[-1] for line in user.lines()[first : first + pane.room])


# -- the wheel -----------------------------------------------------------------------------


def test_the_wheel_scrolls_every_pane_and_the_cursor_stays_in_sight() -> None:
    async def story(user: Player) -> None:
        browser = user.browser
        await user.press("1 7 G enter ctrl+right G tab")  # a message that fills all panes
        for pane in (browser.tree_pane, browser.hex_pane, browser.transaction_pane):
            if not pane.display or pane.count <= pane.room:
                continue
            pane.top(0)
            pane.move(0)
            await wheel(user, pane)
            assert pane.scroll_offset.y > 0, pane
            assert pane.cursor == pane.scroll_offset.y
            await wheel(user, pane, UP)
            assert pane.scroll_offset.y == 0
        pane = browser.list_pane
        await user.press("g")
        top = pane.scroll_offset.y
        before = user.number
        await wheel(user, pane)
        assert pane.scroll_offset.y != top or user.number != before

    play("errors", story=story, size=(160, 20))


def test_the_list_scrolls_and_its_cursor_goes_along_at_the_edge() -> None:
    async def story(user: Player) -> None:
        pane = user.browser.list_pane
        await user.press("j j j j")
        await wheel(user, pane)
        assert (pane.scroll_offset.y, user.number) == (3, 5)  # it is in sight
        await wheel(user, pane)
        assert (pane.scroll_offset.y, user.number) == (6, 7)  # at the upper edge
        assert user.browser.details.row == 6
        await wheel(user, pane, UP)
        await wheel(user, pane, UP)
        assert (pane.scroll_offset.y, user.number) == (0, 7)
        for _ in range(40):
            await wheel(user, pane)
        assert pane.scroll_offset.y == pane.count - pane.room  # and no further

    play("errors", story=story)


def test_the_wheel_scrolls_help_palette_and_reports() -> None:
    async def story(user: Player) -> None:
        for key in ("?", "ctrl+p", "i"):
            await user.press(key)
            await user.pilot.pause(0.3)
            screen = user.app.screen
            lines = screen.query_one("#report-lines", LinePane)
            assert lines.count > lines.room
            await wheel(user, lines)
            assert lines.scroll_offset.y == 3, key
            await wheel(user, lines, UP)
            assert lines.scroll_offset.y == 0
            await user.press("escape")
            await user.pilot.pause()

    play("errors", story=story, size=(80, 14))


def test_the_wheel_scrolls_the_start_screen() -> None:
    async def story(user: Player) -> None:
        lines = user.app.screen.query_one("#report-lines", LinePane)
        assert lines.count > lines.room
        await user.pilot._post_mouse_events([DOWN], offset=(20, 4))
        assert lines.scroll_offset.y > 0
        await user.pilot._post_mouse_events([UP], offset=(20, 4))
        assert lines.scroll_offset.y == 0

    play(story=story, size=(80, 9))


def test_shift_and_the_wheel_go_sideways() -> None:
    async def story(user: Player) -> None:
        pane = user.browser.list_pane
        await user.press("2 5 G g")
        before = user.lines()[3]
        await wheel(user, pane, shift=True)
        assert pane.shift == 8
        assert user.lines()[3][:2] == before[:2]  # the cursor's column stays
        assert user.lines()[3][2:20] == before[10:28]
        await wheel(user, pane, UP, shift=True)
        assert user.lines()[3] == before
        await user.press("alt+right")
        assert pane.shift == 8
        await user.press("alt+left alt+left")
        assert pane.shift == 0

    play("errors", story=story, size=(60, 24))


def test_scrolling_up_ends_following() -> None:
    async def story(user: Player) -> None:
        await user.press("F")
        assert user.browser.row_cursor.following
        await wheel(user, user.browser.list_pane, UP)
        assert not user.browser.row_cursor.following

    play("errors", story=story)


# -- scrollbars ----------------------------------------------------------------------------


def test_every_pane_has_a_scrollbar_that_can_be_dragged() -> None:
    async def story(user: Player) -> None:
        pane = user.browser.hex_pane
        await user.press("1 7 G")
        assert pane.count > pane.room
        region = pane.region
        right, first = region.right - 1, region.y + 1
        bar = [user.lines()[first + at][right] for at in range(pane.room)]
        assert bar[0] == "█"
        assert bar[-1] == "│"
        await drag(user, (right, first), (right - 20, first + 1), (right, 23))
        assert pane.scroll_offset.y == pane.count - pane.room
        assert user.lines()[first + pane.room - 1][right] == "█"
        await user.pilot._post_mouse_events([events.MouseMove], offset=(right, first))
        assert pane.scroll_offset.y == pane.count - pane.room  # it is no longer held

    play("errors", story=story, size=(80, 24))


# -- the map of the capture ------------------------------------------------------------------


def test_the_map_shows_errors_marks_filter_hits_and_the_cursor() -> None:
    async def story(user: Player) -> None:
        pane = user.browser.list_pane
        assert pane.room >= 50  # a cell for each message
        model = user.browser.model
        errors = {row for row in range(model.total) if (model.message(row).error or 0) < 0}
        shown = map_of(user)
        assert {row for row, glyph in enumerate(shown) if glyph == "!"} == errors
        assert shown[0] == "◀"
        await user.press("5 G m q g")
        assert map_of(user)[4] == "q"
        await user.press("/")
        await user.type("type == newlink")
        await user.press("enter")
        hits = {row for row in model.view.rows if row not in errors}
        found = {row for row, glyph in enumerate(map_of(user)) if glyph in "▪◀q█"}
        assert hits <= found

    play("errors", story=story, size=(100, 130))


def test_a_click_on_the_map_goes_there() -> None:
    async def story(user: Player) -> None:
        pane = user.browser.list_pane
        right, first = pane.region.right - 1, pane.region.y + pane.head
        cell = next(at for at, glyph in enumerate(map_of(user)) if glyph in "!░▒▓")
        await user.pilot.click(offset=(right, first + cell))
        await user.settle()
        assert (user.browser.model.message(user.number - 1).error or 0) < 0
        assert pane.minimap.cell_of(user.number - 1) == cell
        await drag(user, (right, first), (right, first + pane.room + 5))
        assert pane.minimap.cell_of(user.number - 1) == pane.room - 1

    play("errors", story=story)


def test_the_map_stays_small_and_right_however_long_the_capture_is() -> None:
    model = application("errors").models[0]
    model.index.extend()
    errors = [row for row in range(model.total) if (model.message(row).error or 0) < 0]
    found = CaptureMap(model)
    assert found.step(10)
    assert found.error(0, model.total) == errors[0]
    for row in (5_000_000, 1_000_000, errors[0]):
        found._note(row, found._errors)
    assert len(found._errors.first) <= 2048
    assert found.error(0, 10) == errors[0]
    assert found.error(900_000, 1_100_000) == 1_000_000
    assert found.error(2_000_000, 4_000_000) == -1


def test_unanswered_requests_are_on_the_map() -> None:
    model = application("genl_events").models[0]
    model.index.extend()
    wanted = [
        row
        for row in range(model.total)
        if (link := model.link(row)) is not None
        and link.role == "request"
        and link.transaction is not None
        and link.transaction.state == "unanswered"
    ]
    assert wanted
    found = CaptureMap(model)
    found.step(10)
    assert [row for row in range(model.total) if found.unanswered(row, row + 1) >= 0] == wanted


def test_errors_that_are_everywhere_are_shown_by_how_dense_they_are() -> None:
    async def story(user: Player) -> None:
        pane, model = user.browser.list_pane, user.browser.model
        shares = []
        for cell in range(pane.room):
            rows = range(*pane.minimap._rows(cell))
            shares.append(sum((model.message(row).error or 0) < 0 for row in rows) / len(rows))
        shown = map_of(user)
        assert "!" not in shown
        for glyph, share in zip(shown[1:], shares[1:], strict=True):
            wanted = "░▒▓"[min(int(3 * share / max(shares)), 2)] if share else "│█?"
            assert glyph in wanted

    play("errors", story=story)


# -- order ---------------------------------------------------------------------------------


def column_at(user: Player, title: str) -> tuple[int, int]:
    line = user.browser.list_pane.region.y
    return user.lines()[line].index(title), line


def test_a_click_on_a_head_sorts_again_reverses_and_a_third_time_ends_it() -> None:
    async def story(user: Player) -> None:
        model, view = user.browser.model, user.browser.model.view
        await user.press("9 G")
        await user.pilot.click(offset=column_at(user, "Len"))
        await user.settle()
        rows = [view.row(place) for place in range(len(view))]
        lengths = [model.message(row).length for row in rows]
        assert lengths == sorted(lengths)
        assert sorted(rows) == list(view.rows)
        assert rows == sorted(rows, key=lambda row: (model.message(row).length, row))  # stable
        assert [view.place(row) for row in rows] == list(range(len(rows)))
        assert user.number == 9  # the cursor is on its message
        assert "Len▲" in user.screen()
        await user.pilot.click(offset=column_at(user, "Len"))
        await user.settle()
        assert "Len▼" in user.screen()
        lengths = [model.message(view.row(place)).length for place in range(len(view))]
        assert lengths == sorted(lengths, reverse=True)
        await user.press("g e")  # the next error below, as it stands
        place = user.browser.list_pane.cursor
        assert (model.message(user.number - 1).error or 0) < 0
        assert not any((model.message(view.row(at)).error or 0) < 0 for at in range(1, place))
        await user.pilot.click(offset=column_at(user, "Len"))
        await user.settle()
        assert [view.row(place) for place in range(len(view))] == list(view.rows)
        assert "▼" not in user.lines()[2]

    play("errors", story=story)


def test_sorting_by_key_and_command_holds_for_filters_too() -> None:
    async def story(user: Player) -> None:
        await user.press("R")
        await user.type("info")
        await user.press("enter")
        assert user.browser.model.order == ("info", False)
        await user.press(":")
        await user.type("sort info")
        await user.press("enter")
        assert user.browser.model.order == ("info", True)
        await user.press("/")
        await user.type("type == newlink")
        await user.press("enter")
        view, model = user.browser.model.view, user.browser.model
        at = [one.name for one in model.columns].index("info")
        texts = [natural(model.cells(view.row(p)).texts[at]) for p in range(len(view))]
        assert texts == sorted(texts, reverse=True)
        assert len(texts) > 5
        await user.press("g v 3 j V")  # selected is what stands between
        assert user.browser.model.selected == {view.row(place) for place in (0, 1, 2, 3, 4)}
        await user.press(":")
        await user.type("sort nonsense")
        await user.press("enter")
        assert "no column 'nonsense'" in user.status

    play("errors", story=story)


def test_what_comes_later_stands_below_what_is_sorted() -> None:
    model = application("errors").models[0]
    model.folded = False
    model.look_through(None)
    view = model.view
    sorting = Sorting(model, lambda order, ranks: view.sort(order, ranks))
    model.index.extend(count=20)
    view.step(10)
    model.order = Order("length", True)
    assert sorting.step(10)
    model.index.extend()
    view.step(10)
    assert len(view) == model.total > 20
    rows = view.between(0, len(view)).tolist()
    assert rows == [view.row(place) for place in range(len(view))]
    assert rows[20:] == list(range(20, len(view)))
    assert rows[:20] == sorted(range(20), key=lambda row: (-model.message(row).length, row))
    assert [view.place(row) for row in rows] == list(range(len(view)))


@pytest.mark.parametrize(
    "texts",
    [
        ["-17", "-2", "0", "3", "20", "x"],
        ["eth2", "Eth10", "veth0"],
        ["10.0.0.2/8", "10.0.0.10/8", "192.0.2.1/24"],
    ],
)
def test_texts_are_sorted_as_people_do(texts: list[str]) -> None:
    assert sorted({*texts}, key=natural) == texts


def test_a_field_is_sorted_by_reading_only_what_may_have_it() -> None:
    async def story(user: Player) -> None:
        await user.type(":column mtu")
        await user.press("enter")
        await user.type(":sort mtu")
        model = user.browser.model
        read: list[int] = []
        plain = model.message
        model.message = lambda row: read.append(row) or plain(row)
        await user.press("enter")
        del model.message
        at = [one.name for one in model.columns].index("mtu")
        view = model.view
        texts = [model.cells(view.row(place)).texts[at] for place in range(len(view))]
        some = [int(text) for text in texts if text]
        assert some == sorted(some)
        assert 1 < len(some) < len(view)
        assert not any(texts[len(some) :])
        addresses = {row for row in range(model.total) if plain(row).type == RTM_NEWADDR}
        assert len(addresses) > 10
        assert len(addresses & {*read}) <= 2  # the first of a kind: no address has an mtu

    play("addresses", story=story)


# -- borders and keys ------------------------------------------------------------------------


def test_borders_are_dragged() -> None:
    async def story(user: Player) -> None:
        panes = user.browser.arrangement
        before = panes.plan
        assert before is not None
        listed = user.browser.list_pane.region
        border = listed.y + before.list
        await drag(user, (30, border), (30, border - 2), (159, border - 4))
        assert user.browser.list_pane.size.height == before.list - 4
        await drag(user, (30, border - 4), (30, 0))  # as far as there is room
        assert user.browser.list_pane.size.height == 2
        await drag(user, (30, listed.y + 2), (30, border))
        assert user.browser.list_pane.size.height == before.list
        across = before.tree
        await drag(user, (across, border + 4), (across - 10, border + 4))
        assert user.browser.tree_pane.outer_size.width == across - 10
        assert panes.plan is not None
        ladder = border + panes.plan.transaction
        lines = panes.plan.transaction
        await drag(user, (150, ladder), (150, ladder + 3))
        assert user.browser.transaction_pane.outer_size.height == lines + 3
        await user.press("=")
        assert panes.plan == before

    play("errors", story=story, size=(160, 50))


def test_the_border_between_tree_and_bytes_is_dragged_where_they_are_stacked() -> None:
    async def story(user: Player) -> None:
        border = user.browser.hex_pane.region.y
        lines = user.browser.hex_pane.outer_size.height
        await drag(user, (10, border), (10, border + 1))
        assert user.browser.hex_pane.outer_size.height == lines - 1

    play("errors", story=story)


def test_keys_of_the_footer_are_clicked() -> None:
    async def story(user: Player) -> None:
        line = len(user.lines()) - 1

        async def click(word: str) -> None:
            await user.pilot.click(offset=(user.lines()[line].index(word), line))
            await user.settle()

        await click("Error")
        assert user.number == 4
        await click("Copy")  # the first key of several
        assert user.browser._keyboard.pending == "y"
        await user.press("escape")
        await click("Filter")
        assert user.browser.filter_bar.input.has_focus
        await user.press("escape")
        await click("Help")
        await user.pilot.pause()
        assert isinstance(user.app.screen, Report)

    play("errors", story=story)


def test_borders_of_columns_are_dragged() -> None:
    async def story(user: Player) -> None:
        model = user.browser.model
        x, y = column_at(user, "Message")
        await drag(user, (x - 1, y), (x - 4, y), (x + 2, y))
        assert column_at(user, "Message")[0] == x + 3
        assert model.order is None  # no head was clicked
        await drag(user, (x + 2, y), (0, y))
        assert model.widths == {"family": 1}  # no further
        await user.pilot.click(offset=(column_at(user, "Message")[0] - 1, y), times=2)
        assert column_at(user, "Message")[0] == x
        assert model.order is None
        await user.type(":width info 9")
        await user.press("enter")
        assert user.lines()[y + 1].rstrip("◀█ ").endswith(" kiwi0 ki…")
        for wrong in ("info 0", "info x", "nothing 4"):
            await user.type(f":width {wrong}")
            await user.press("enter")
            assert wrong.split()[wrong.startswith("info")] in user.status
        await user.press("=")
        assert model.widths == {}

    play("errors", story=story)


async def click_on(user: Player, text: str) -> None:
    """A click on the first cell of a text of the screen."""
    line = next(at for at, line in enumerate(user.lines()) if text in line)
    await user.pilot.click(offset=(user.lines()[line].index(text), line))
    await user.settle()
    await user.pilot.pause()


def test_keys_named_in_boxes_are_clicked() -> None:
    async def story(user: Player) -> None:
        await user.press("?")
        await click_on(user, "/ search")
        await user.type("lines that")
        assert user.app.screen.focused is not None
        await user.press("escape")
        await click_on(user, "q closes")
        assert user.app.screen is user.browser
        await user.press("I")
        await click_on(user, "y scale")
        assert "logarithmic" in user.screen()
        await user.press("q ;")
        await user.type("odd")
        await user.press("enter q")
        await click_on(user, "discard")
        assert user.browser.model.unsaved == set()

    app = play("errors", story=story)
    assert app.return_code == 0


def test_completions_are_clicked() -> None:
    async def story(user: Player) -> None:
        await user.press("/")
        await user.type("ifna")
        await click_on(user, "ifname ")
        assert user.browser.filter_bar.input.value == "ifname"
        assert user.browser.filter_bar.typing
        await user.type(" == ")
        await click_on(user, '"kiwi0"')
        await user.press("enter")
        assert 0 < len(user.browser.model.view) < user.browser.model.total

    play("errors", story=story)
