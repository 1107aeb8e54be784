"""Filters in the terminal interface: unfinished, parked, in tabs, saved, completed."""

from __future__ import annotations

from pathlib import Path

import pytest

from nldissect._internal.filter import Filter
from nldissect._internal.spec.registry import Registry
from nldissect._internal.tui.model.profiles import SHIPPED
from nldissect._internal.tui.model.settings import Settings, State
from nldissect._internal.tui.panes import filter_bar
from support.terminal import CAPTURES, Player, application, play


def offered(user: Player) -> list[str]:
    found = user.browser.completions.found
    return [] if found is None else [one.text for one in found.candidates]


def test_what_may_go_on_is_unfinished_and_wrong_only_when_it_is_entered() -> None:
    async def story(user: Player) -> None:
        for text in ("ifna", "ifname ==", 'ifname == "ki', "type == newli", "(mtu", "mtu and"):
            await user.press("escape /")
            await user.press("ctrl+u")
            await user.type(text)
            await user.press("escape" if offered(user) else "end")
            assert "unfinished" in user.lines()[1], text
            assert "▸" not in user.status
        await user.press("ctrl+u")
        await user.type("nosuchfield == 3")
        assert "✗" in user.lines()[1]  # nothing that follows makes this right
        await user.press("ctrl+u")
        await user.type("ifna")
        await user.press("enter")
        assert "✗" in user.lines()[1]
        assert "▸ifna" in user.status

    play("errors", story=story)


def test_what_is_typed_fast_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(user: Player) -> None:
        bar = user.browser.filter_bar
        checked: list[str] = []
        check = bar.check

        def checks(text: str, done: bool = False) -> Filter | None:
            checked.append(text)
            return check(text, done)

        bar.check = checks  # type: ignore[method-assign]
        await user.type("/ifnam")
        assert checked == ["ifnam"]
        assert offered(user)[0] == "ifname"
        await user.press("down e enter")  # what is chosen is of what was typed before
        assert checked == ["ifnam", "ifname", "ifname"]
        assert bar.input.value == "ifname"
        assert len(user.browser.model.view) < user.browser.model.count
        checked.clear()
        await user.press("/ ctrl+u o p e r a tab")  # Tab completes what is there by now
        assert bar.input.value == "operation"
        assert "opera" in checked

    monkeypatch.setattr(filter_bar, "QUIET", 60.0)
    play("errors", story=story)


def test_a_parked_filter_stays_to_be_seen_and_comes_back_without_a_new_look() -> None:
    async def story(user: Player) -> None:
        model = user.browser.model
        await user.press("/")
        await user.type("type == newlink")
        await user.press("enter")
        assert "✓ " in user.lines()[1]
        assert "applies" not in user.lines()[1]
        view = model.view
        rows = list(view.rows)
        await user.press("&")
        assert len(model.view) == model.count
        assert "type == newlink" in user.lines()[1]
        assert "off (& on)" in user.lines()[1]
        asked: list[int] = []
        read = model.message
        model.message = lambda row: asked.append(row) or read(row)  # type: ignore[method-assign,func-returns-value]
        await user.press("&")
        assert model.view is view
        assert list(model.view.rows) == rows
        assert "✓" in user.lines()[1]
        await user.press("escape")
        assert "off" in user.lines()[1]
        await user.press("/")  # it is there to be changed
        assert user.browser.filter_bar.input.value == "type == newlink"

    play("errors", story=story)


def test_a_parked_view_is_begun_anew_when_other_rows_count() -> None:
    async def story(user: Player) -> None:
        model = user.browser.model
        await user.press("/")
        await user.type("from_kernel")
        await user.press("enter")
        folded = len(model.view)
        await user.press("& z a &")
        assert len(model.view) > folded  # each copy by itself now

    play("rtnl_misc", story=story)


def test_the_bar_says_what_is_shown_also_when_it_is_no_filter() -> None:
    async def story(user: Player) -> None:
        await user.press("/")
        await user.type("error")
        await user.press("enter escape 1 7 g s")
        assert "the socket of port" in user.lines()[1]
        assert "error" not in user.lines()[1]
        await user.press("&")
        assert "off" in user.lines()[1]
        await user.press("&")
        assert len(user.browser.model.view) == 2
        await user.press("/ escape")
        assert "the socket of port" in user.lines()[1]

    play("errors", story=story)


def test_tabs_have_their_own_filter_and_place() -> None:
    async def story(user: Player) -> None:
        model = user.browser.model
        await user.press("5 g ctrl+w t")
        await user.type("error")
        await user.press("enter j j")
        there, shown = user.number, len(model.view)
        assert shown < model.count
        assert "1:all" in user.lines()[2]
        assert "2:error" in user.lines()[2]
        await user.press("{")
        assert user.number == 5
        assert len(model.view) == model.count
        await user.press("}")
        assert user.number == there
        assert len(model.view) == shown
        assert await user.pilot.click("#shelf", offset=(2, 0))
        await user.settle()
        assert len(model.view) == model.count
        await user.press("} ctrl+w c")
        assert "1:all" not in user.screen()
        assert len(model.view) == model.count
        await user.press("ctrl+w c")
        assert "one tab" in user.status
        await user.press("}")
        assert "one tab" in user.status

    play("errors", story=story)


def test_saved_filters_are_buttons_here_and_the_next_time(tmp_path: Path) -> None:
    async def story(user: Player) -> None:
        await user.press("B x enter")
        assert "no filter to save" in user.status
        await user.press("/")
        await user.type("type == newlink")
        await user.press("enter B")
        await user.type("new ones")
        await user.press("enter escape")
        assert "[1·new ones]" in user.screen()
        model = user.browser.model
        everything = len(model.view)
        await user.press("b 1")
        assert len(model.view) < everything
        await user.press("b 1")
        assert len(model.view) == everything
        await user.press("b 7")
        assert "1 saved filters" in user.status

    async def again(user: Player) -> None:
        assert "[1·new ones]" in user.lines()[2]
        await user.pilot.click("#shelf", offset=(4, 0))
        await user.settle()
        assert user.browser.filter_bar.input.value == "type == newlink"
        await user.type(":forget-filter new ones")
        await user.press("enter")
        assert "new ones" not in user.screen()
        await user.type(":forget-filter old")
        await user.press("enter")
        assert "no filter of yours" in user.status

    play("errors", story=story, state=State(tmp_path))
    play("errors", story=again, state=State(tmp_path))


def test_completion_begins_with_what_is_in_the_message_and_the_capture() -> None:
    async def story(user: Player) -> None:
        await user.press("1 7 g /")  # newlink kiwi1, kind vlan
        await user.type("i")
        found = user.browser.completions.found
        assert found is not None
        here = [one.text for one in found.candidates if one.help.startswith("in this message")]
        assert offered(user)[: len(here)] == here
        assert "ifname" in here
        await user.press("ctrl+u")
        await user.type("ifname == ")
        assert offered(user)[0] == '"kiwi1"'  # that of the message under the cursor
        assert '"kiwi0"' in offered(user)[1:6]  # others of the capture, with how often
        found = user.browser.completions.found
        assert found is not None
        counted = {one.text: one.help for one in found.candidates}
        model = user.browser.model
        with_it = Filter('ifname == "kiwi0"', model.registry)
        rows = [row for row in range(model.total) if with_it.matches(model.message(row))]
        assert counted['"kiwi0"'] == f"{len(rows)} in this capture"
        await user.press("ctrl+u")
        await user.type("type == newl")
        assert offered(user)[0] == "newlink"

    play("errors", story=story)


def test_every_filter_of_the_shipped_profiles_is_right() -> None:
    registry = Registry()
    for profile in SHIPPED.values():
        for text in [rule[0] for rule in profile.rules] + [text for _, text in profile.filters]:
            assert Filter(text, registry).text == text


@pytest.mark.parametrize("name", SHIPPED)
def test_a_profile_brings_columns_rules_and_buttons(name: str) -> None:
    profile = SHIPPED[name]

    async def story(user: Player) -> None:
        await user.type(f":profile {name}")
        await user.press("enter")
        head = user.screen()
        for column in profile.columns:
            if column in ("ifname", "operstate", "dst", "gateway", "table"):
                assert column in head
        for label, text in profile.filters[:2]:
            assert f"·{label}]" in head
            await user.press(f"b {[n for n, _ in profile.filters].index(label) + 1}")
            assert user.browser.filter_bar.input.value == text
            await user.press("escape")

    play("errors", story=story, size=(160, 50))


def test_profiles_of_the_settings_are_chosen_from_a_list(tmp_path: Path) -> None:
    mine = {"columns": ["number", "mtu"], "filters": {"big": "mtu > 1400"}, "help": "frame sizes"}

    async def story(user: Player) -> None:
        await user.press("P")
        screen = user.screen()
        assert "frame sizes" in screen
        assert "wifi" in screen
        await user.press("/")
        await user.type("frame sizes")
        await user.press("enter")
        assert [one.name for one in user.browser.model.columns] == ["number", "mtu"]
        assert "[1·big]" in user.screen()
        await user.type(":profile nosuch")
        await user.press("enter")
        assert "there are usual, links" in user.status

    play("links", story=story, settings=Settings({"profiles": {"mine": mine}}))
    app = application("links", settings=Settings({"profiles": {"mine": mine}, "profile": "mine"}))
    assert app.models[0].buttons == {"big": "mtu > 1400"}
    assert CAPTURES.is_dir()
