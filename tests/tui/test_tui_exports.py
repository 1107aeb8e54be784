"""Reports and pictures that the terminal interface makes with `x`."""

from __future__ import annotations

import os
from errno import ENOSPC
from pathlib import Path
from xml.etree import ElementTree

import pytest

import nldissect
from nldissect._internal.tui.actions.documents import ReportWriter, forms
from support import hostile
from support.report_pages import ReportPage
from support.terminal import Player, endless, play


async def export(user: Player, form: str, path: Path) -> None:
    """`x`, the form (nothing: what is offered), the path."""
    await user.press("x")
    if form:
        await user.press("ctrl+u")
        await user.type(form)
    await user.press("enter ctrl+u")
    await user.type(str(path))
    await user.press("enter")


def numbers(path: Path) -> list[int]:
    """The messages of a page."""
    return [row[0] for row in ReportPage(path.read_text()).rows]


def test_tab_goes_through_the_forms_also_where_it_is_narrow() -> None:
    async def story(user: Player) -> None:
        await user.press("x")
        shown = []
        for _ in forms():
            shown.append(user.lines()[-1].rpartition(")")[2].split()[0])
            await user.press("tab")
        assert shown == forms()
        await user.press("ctrl+u p d f enter")
        assert "'pdf' is none of text, html, markdown, svg, json" in user.status

    play("errors", story=story, size=(60, 16))


def test_a_page_of_the_transaction_or_of_the_selected(tmp_path: Path) -> None:
    async def story(user: Player) -> None:
        await user.press("4 G")
        await export(user, "html", tmp_path / "one.html")
        assert "2 messages as html in" in user.status
        assert numbers(tmp_path / "one.html") == [3, 4]
        await user.press("g v j j v")
        await export(user, "html", tmp_path / "two.html")
        assert numbers(tmp_path / "two.html") == sorted(r + 1 for r in user.browser.model.selected)
        assert len(numbers(tmp_path / "two.html")) == 2

    play("errors", story=story)


def test_the_end_of_the_path_says_what_it_is_to_be(tmp_path: Path) -> None:
    async def story(user: Player) -> None:
        await user.press("4 G")
        await export(user, "", tmp_path / "a.md")  # text was offered
        text = (tmp_path / "a.md").read_text()
        assert "## 3. Asked: `newlink kiwi0" in text
        assert "## 4. Came back, refused: `error -17 EEXIST" in text
        await export(user, "", tmp_path / "a.txt")
        assert "EEXIST" in (tmp_path / "a.txt").read_text()
        assert "##" not in (tmp_path / "a.txt").read_text()

    play("errors", story=story)


def test_comments_of_the_session_are_in_it(tmp_path: Path) -> None:
    async def story(user: Player) -> None:
        await user.press("4 G ;")
        await user.type("this is it")
        await user.press("enter")
        await export(user, "html", tmp_path / "a.html")
        await user.press("w ctrl+u")  # and the file that is saved still has them once
        await user.type(str(tmp_path / "a.pcapng"))
        await user.press("enter")

    play("errors", story=story)
    found = ReportPage((tmp_path / "a.html").read_text()).messages
    assert [one["message"].get("comments") for one in found] == [None, ["this is it"]]
    saved = [m.record.comments for m in nldissect.open(tmp_path / "a.pcapng") if m.record.comments]
    assert saved == [["this is it"]]


def test_a_file_that_is_there_is_asked_about(tmp_path: Path) -> None:
    async def story(user: Player) -> None:
        for name in ("a.html", "a.svg"):
            path = tmp_path / name
            path.write_text("somebody's")
            await export(user, "", path)
            assert "There is a file" in user.screen()
            await user.press("escape")
            assert path.read_text() == "somebody's"
            await export(user, "", path)
            await user.press("r")
            await user.pilot.pause(0.3)
            assert path.read_text() != "somebody's"
        await export(user, "", tmp_path / "no" / "such.html")
        assert "cannot be written: No such file" in user.status

    play("errors", story=story)


def test_the_screen_as_svg_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    async def story(user: Player) -> None:
        await user.press("4 G")
        await export(user, "svg", tmp_path / "a.svg")
        await user.pilot.pause(0.3)
        assert "the screen is in" in user.status

    play("errors", story=story, size=(100, 30))
    text = (tmp_path / "a.svg").read_text()
    ElementTree.fromstring(text)
    assert "@font-face" not in text
    assert "url(http" not in text
    assert "EEXIST" in text
    assert "export" not in text  # what asked for it is gone


@pytest.mark.slow
def test_hostile_strings_in_the_picture(tmp_path: Path) -> None:
    capture = hostile.capture(tmp_path / "a.pcapng")

    async def story(user: Player) -> None:
        for number in (1, 240, 400):
            await user.press(f"{' '.join(str(number))} G")
            await export(user, "", tmp_path / f"{number}.svg")
            await user.pilot.pause(0.3)

    play(capture, story=story, size=(160, 50))
    for number in (1, 240, 400):
        text = (tmp_path / f"{number}.svg").read_text()
        root = ElementTree.fromstring(text)
        tags = {one.tag.rpartition("}")[2] for one in root.iter()}
        assert tags == {"svg", "style", "defs", "clipPath", "rect", "g", "text", "circle"}
        assert not hostile.acting(text.replace("\u00a0", " "))


def test_escape_stops_a_long_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReportWriter, "work", endless)

    async def story(user: Player) -> None:
        user.endless = {"export"}
        await export(user, "html", tmp_path / "a.html")
        assert "0 %, Esc stops it" in user.status
        assert len(list(tmp_path.iterdir())) == 1
        await user.press("escape")
        assert "the export was stopped" in user.status
        assert list(tmp_path.iterdir()) == []
        await export(user, "html", tmp_path / "b.html")

    play("links", story=story)
    assert list(tmp_path.iterdir()) == []  # nor is there a part of it after the end


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(writer: ReportWriter, seconds: float) -> bool:
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    monkeypatch.setattr(ReportWriter, "work", full)

    async def story(user: Player) -> None:
        await export(user, "html", tmp_path / "a.html")
        assert "a.html cannot be written: No space left on device" in user.status

    play("links", story=story)
    assert list(tmp_path.iterdir()) == []
