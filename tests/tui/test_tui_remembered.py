"""What the terminal interface keeps: how captures were looked at, and comments that no file has."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nldissect._internal.tui.model.settings import State
from support.terminal import CAPTURES, Player, play


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return Path(shutil.copy(CAPTURES / "errors.pcap", tmp_path / "errors.pcap"))


def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def test_a_file_is_looked_at_as_it_was_the_last_time(tmp_path: Path, capture: Path) -> None:
    async def story(user: Player) -> None:
        await user.press("5 g m a 2 0 g m b t c + + |")
        await user.type(":width process 4")
        await user.press("enter")
        await user.type(":column mtu")
        await user.press("enter /")
        await user.type("type == newlink")
        await user.press("enter q")

    async def again(user: Player) -> None:
        browser = user.browser
        assert browser.model.marks == {"a": 4, "b": 19}
        assert browser.model.times.form == "delta"
        assert browser.model.columns[-2].name == "mtu" or browser.model.columns[-1].name == "mtu"
        assert browser.model.widths == {"process": 4}
        assert browser.arrangement.choices.rows == 2
        assert browser.arrangement.choices.side is True
        assert "type == newlink" in user.lines()[1]  # seen, but nothing is hidden by it
        assert len(browser.model.view) == browser.model.count
        await user.press("' b")
        assert user.number == 20
        await user.press("&")
        assert len(browser.model.view) < browser.model.count

    async def other(user: Player) -> None:
        assert user.browser.model.marks == {}
        assert user.browser.model.times.form == "delta"  # as the last one was
        assert user.browser.filter_bar.input.value == ""

    play(capture, story=story, state=state(tmp_path))
    play(capture, story=again, state=state(tmp_path))
    play("links", story=other, state=state(tmp_path))


def test_marks_do_not_come_back_in_another_capture_of_the_same_name(
    tmp_path: Path, capture: Path
) -> None:
    async def story(user: Player) -> None:
        await user.press("5 g m a q")

    async def again(user: Player) -> None:
        assert user.browser.model.marks == {}

    play(capture, story=story, state=state(tmp_path))
    shutil.copy(CAPTURES / "links.pcap", capture)
    play(capture, story=again, state=state(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        '{"": 3}',
        json.dumps({"": {"layout": {"rows": "x", "nothing": 1}, "columns": 5, "time": 7}}),
        json.dumps({"": {"columns": [1, None], "profile": "gone", "layout": 3, "settings": ""}}),
    ],
)
def test_what_is_damaged_stands_in_nobodys_way(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "views.json").write_text(text)

    async def story(user: Player) -> None:
        await user.press("j")
        assert user.number == 2

    play("errors", story=story, state=State(folder))


def test_comments_that_no_file_has_are_asked_about(tmp_path: Path, capture: Path) -> None:
    target = tmp_path / "with.pcapng"

    async def story(user: Player) -> None:
        await user.press("3 g ;")
        await user.type("look here")
        await user.press("enter q")
        assert "A comment is in no file yet" in user.screen()
        await user.press("escape")  # back
        assert user.number == 3
        await user.press("Q s ctrl+u")
        await user.type(str(target))
        await user.press("enter")

    async def again(user: Player) -> None:
        assert "look here" in user.screen()
        await user.press("q")  # nothing is unsaved

    app = play(capture, story=story, state=state(tmp_path))
    assert app.return_code == 0
    assert any(str(target) in note for note in app.exit_notes)
    assert play(target, story=again).return_code == 0


def test_comments_that_were_saved_or_are_discarded_are_not(capture: Path, tmp_path: Path) -> None:
    async def saved(user: Player) -> None:
        await user.press(";")
        await user.type("one")
        await user.press("enter w ctrl+u")
        await user.type(str(tmp_path / "saved.pcapng"))
        await user.press("enter q")

    async def discarded(user: Player) -> None:
        await user.press(";")
        await user.type("one")
        await user.press("enter Q d")

    assert play(capture, story=saved).return_code == 0
    assert play(capture, story=discarded).return_code == 0
