"""Colours of the terminal interface: contrast, NO_COLOR, the terminal's background."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.containers import Vertical
from textual.screen import ModalScreen

from nldissect._internal.tui.app.terminal import Answers, is_dark, shown_dark
from nldissect._internal.tui.model.settings import Settings
from nldissect._internal.tui.panes.contrast import EDGE, TEXT, luminance, ratio
from nldissect._internal.tui.panes.paint import LOOKS, Painted
from support import ROOT
from support.terminal import CAPTURES, Player, application, play

GROUNDS = ("", "cursor", "away", "selected", "title", "kin")
DRAWN = frozenset(map(chr, range(0x2500, 0x25A0)))  # lines and blocks
# The 16 colours of the Linux console and of xterm.
PALETTES = {
    "console": (
        0x000000, 0xAA0000, 0x00AA00, 0xAA5500, 0x0000AA, 0xAA00AA, 0x00AAAA, 0xAAAAAA,
        0x555555, 0xFF5555, 0x55FF55, 0xFFFF55, 0x5555FF, 0xFF55FF, 0x55FFFF, 0xFFFFFF,
    ),
    "xterm": (
        0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
        0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF,
    ),
}  # fmt: skip


def seen(style: Style, dark: bool, palette: str, system: ColorSystem) -> tuple[Color, Color]:
    """Text and ground of a style as the terminal shows them."""

    def one(colour: object, default: Color) -> Color:
        if colour is None or colour.is_default:  # type: ignore[attr-defined]
            return default
        if colour.triplet is None:  # type: ignore[attr-defined]
            value = PALETTES[palette][colour.number]  # type: ignore[attr-defined]
            return Color(value >> 16, value >> 8 & 255, value & 255)
        if system is ColorSystem.EIGHT_BIT:
            return Color(*colour.downgrade(system).get_truecolor())  # type: ignore[attr-defined]
        return Color(*colour.triplet)  # type: ignore[attr-defined]

    white, black = Color(255, 255, 255), Color(0, 0, 0)
    if not dark:
        return one(style.color, black), one(style.bgcolor, white)
    # what a terminal writes in without being told is no brighter than its seventh colour
    return one(style.color, Color(0xAA, 0xAA, 0xAA)), one(style.bgcolor, black)


def drawn(user: Player) -> Iterator[Segment]:
    """What is on the screen; of one that lies over another the part in front."""
    screen = user.app.screen
    strips = screen._compositor.render_strips()
    if isinstance(screen, ModalScreen) and screen.query(Vertical):
        region = screen.query_one(Vertical).region
        strips = [s.crop(region.x, region.right) for s in strips[region.y : region.bottom]]
    for strip in strips:
        yield from strip


async def each_screen(user: Player) -> Iterator[str]:  # type: ignore[misc]
    """Goes through the screens, from the list and back to it."""
    await user.press("4 g v j v k tab")
    yield "tree"
    await user.press("tab l y")
    yield "which-key"
    await user.press("escape q /")
    yield "hint"
    await user.type("type == newlink")
    yield "right"
    await user.press("shift+home")
    yield "marked"
    await user.press("end")
    await user.type(" and")
    yield "wrong"
    await user.press("escape escape ctrl+u escape i")
    yield "statistics"
    await user.press("q I")
    yield "graph"
    await user.press("q W")
    yield "flow"
    await user.press("q ctrl+p")
    yield "palette"
    await user.press("escape :")
    yield "prompt"
    await user.type(f"save {CAPTURES / 'acks.pcap'}")
    await user.press("enter")
    yield "question"
    await user.press("escape")


@pytest.mark.slow
@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
def test_every_text_can_be_read_in_every_theme(system: ColorSystem) -> None:
    async def story(user: Player) -> None:
        app = user.app
        app.console._color_system = system
        for name in sorted(app.available_themes):
            app.use_theme(name)
            await user.pilot.pause()
            dark = app.current_theme.dark
            palettes = PALETTES if app.current_theme.ansi else ("none",)
            for palette in palettes:
                # looks are the application's: a widget's own is what they lie on
                widgets = {widget.colors: widget for widget in app.screen.query(Painted)}
                for widget in widgets.values():
                    for look in LOOKS:
                        for under in GROUNDS:
                            style = widget.look(look.removeprefix("look--"), under)
                            found = ratio(*seen(style, dark, palette, system))
                            assert found >= TEXT, (name, palette, widget.id, look, under, found)

    play("errors", story=story, size=(40, 12))  # to draw is not what it is about


async def read_in_themes(user: Player, screen: str, at: int) -> None:
    """Each text that is drawn can be read, and what shows the focus can be seen.

    In every fourth theme, from that `at`: to change it takes long, and what the screens of one
    theme are made of is in more than one of them.
    """
    app, system = user.app, ColorSystem.TRUECOLOR
    for name in sorted(app.available_themes)[at % 4 :: 4]:
        app.use_theme(name)
        await user.pilot.pause()
        theme = app.current_theme
        for text, style, _ in drawn(user):
            if not text.strip() or style is None:
                continue
            for palette in PALETTES if theme.ansi else ("none",):
                found = ratio(*seen(style, theme.dark, palette, system))
                if DRAWN.isdisjoint(text.strip()):
                    assert found >= TEXT, (screen, name, palette, text, style, found)
                elif set(text) & set("━╭╮╰╯"):  # where the focus is, popups
                    assert found >= EDGE, (screen, name, palette, text, style, found)


@pytest.mark.slow
def test_every_text_that_is_drawn_can_be_read() -> None:
    async def story(user: Player) -> None:
        at = 0
        async for screen in each_screen(user):
            await read_in_themes(user, screen, at)
            at += 1
        assert at > 8  # each theme was seen in two screens at least

    play("errors", story=story)


@pytest.mark.slow
def test_the_start_screen_can_be_read() -> None:
    app = application()

    async def happen() -> None:
        async with app.run_test() as pilot:
            user = Player(app, pilot)
            await user.press("down")
            await read_in_themes(user, "start", 0)
            await user.press("o")
            await user.type("/nowhere")
            await read_in_themes(user, "prompt", 1)
            await user.press("enter")
            await read_in_themes(user, "error", 2)

    asyncio.run(happen())


def test_the_stylesheets_colours_can_be_read_in_every_theme() -> None:
    """Texts and edges on each ground, scrollbars on theirs."""
    app = application("errors")
    for name in sorted(app.available_themes):
        app.theme = name
        variables = app.get_css_variables()
        if not app.current_theme.ansi:
            ground = Color.parse(variables["background"])
            for below in ("background", "surface", "panel"):
                under = ground + Color.parse(variables[below])
                for text in ("foreground", "text-dim", "text-accent", "text-error", "accent"):
                    least = EDGE if text == "accent" else TEXT
                    found = ratio(ground + Color.parse(variables[text]), under)
                    assert found >= least, (name, text, below, found)
            for state in ("", "-hover", "-active"):
                bar = Color.parse(variables[f"scrollbar{state}"])
                found = ratio(bar, Color.parse(variables[f"scrollbar-background{state}"]))
                assert found >= EDGE, (name, state, found)


def test_contrast_is_that_of_wcag() -> None:
    white, black, grey = Color(255, 255, 255), Color(0, 0, 0), Color(0x77, 0x77, 0x77)
    assert ratio(white, black) == pytest.approx(21)
    assert ratio(grey, white) == pytest.approx(4.48, abs=0.005)  # the known grey that just fails
    assert luminance(Color(255, 0, 0)) == pytest.approx(0.2126)


# -- NO_COLOR ------------------------------------------------------------------------------


def test_without_colour_errors_stand_out_and_nothing_is_coloured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    def row(user: Player, number: int) -> dict[str, Style]:
        strip = user.app.screen._compositor.render_strips()[number + 2].crop(0, 79)
        return {word: style for text, style, _ in strip if style for word in text.split()}

    async def story(user: Player) -> None:
        await user.press("2 g")
        for text, style, _ in drawn(user):
            for colour in () if style is None else (style.color, style.bgcolor):
                assert colour is None or colour.is_default, (text, style)
        error, cursor, request = row(user, 4), row(user, 2), row(user, 3)
        assert error["error"].bold
        assert error["error"].reverse
        assert not error["4"].reverse  # the row is no cursor
        assert error["4"].dim
        assert not request["newlink"].bold
        assert not request["newlink"].reverse
        assert all(style.reverse for style in cursor.values())
        await user.press("4 g")
        chosen = row(user, 4)
        assert all(style.reverse for style in chosen.values())
        assert chosen["error"].bold  # told from others also under the cursor
        await user.press("v")
        assert row(user, 4)["4"].underline  # selected, the cursor being elsewhere
        assert not row(user, 4)["4"].reverse
        await user.press(":")
        await user.type("theme nord")
        await user.press("enter")
        assert "NO_COLOR is set" in user.status
        await user.press("/")
        await user.type("x")
        assert any(style.reverse for text, style, _ in drawn(user) if text == " " and style)

    for theme in ("", "dracula"):
        play("errors", story=story, settings=Settings({"theme": theme}))


def test_no_color_that_is_empty_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "")
    assert not application("errors").no_color


# -- the terminal's background ----------------------------------------------------------------


def test_answers_are_taken_out_of_the_keys() -> None:
    answer = "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\"
    for first in range(len(answer) + 1):  # in two pieces, wherever they part
        answers = Answers()
        answers.asked()
        got = answers.keys("j" + answer[:first]) + answers.keys(answer[first:] + "k")
        assert got == "jk", first
        assert answers.told is True
    answers = Answers()
    answers.asked()
    assert answers.keys("\x1b]11;what\x07e") == "e"
    assert answers.told is None
    assert answers.keys("\x1b") == ""
    assert answers.idle() == "\x1b"  # Escape it was
    assert answers.keys("\x1b[A") == "\x1b[A"
    assert Answers().keys("\x1b") == "\x1b"  # nothing is awaited: at once


def test_what_is_dark() -> None:
    for answer, dark in (
        ("rgb:0000/0000/0000", True),
        ("rgb:ffff/ffff/ffff", False),
        ("rgb:f/f/f", False),
        ("rgba:fd/f6/e3/ff", False),
        ("rgb:002b/2b36/3642", True),
        ("rgb:gg/00/00", None),
        ("?", None),
        ("", None),
    ):
        assert is_dark(answer) is dark, answer


def test_the_environment_is_the_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for value, dark in (
        ("15;0", True),
        ("0;15", False),
        ("0;default;15", False),
        ("12;8", True),
        ("0;7", False),
        ("", True),
        ("x", True),
    ):
        monkeypatch.setenv("COLORFGBG", value)
        assert shown_dark() is dark, value
        assert application("errors").theme == f"textual-{'dark' if dark else 'light'}"
    monkeypatch.setenv("COLORFGBG", "0;15")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLORTERM", raising=False)
    assert application("errors").theme == "ansi-light"
    assert application("errors", settings=Settings({"theme": "nord"})).theme == "nord"


class FakeTerminal:
    """A terminal that answers as it is told to."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.shown = b""
        pid, self._master = pty.fork()
        if not pid:
            os.environ.update(
                {
                    "PYTHONPATH": str(ROOT),
                    "XDG_STATE_HOME": str(folder),
                    "XDG_CONFIG_HOME": str(folder),
                    "TERM": "xterm-256color",
                    "COLORTERM": "truecolor",
                    **environment,
                }
            )
            for name in ("NO_COLOR", "COLORFGBG", "TEXTUAL_THEME"):
                if name not in environment:
                    os.environ.pop(name, None)
            capture = str(CAPTURES / "errors.pcap")
            os.execv(sys.executable, [sys.executable, "-m", "nldissect", "tui", capture])
        self._pid = pid

    def write(self, data: bytes) -> None:
        os.write(self._master, data)

    def read(self, seconds: float) -> None:
        """Takes in what is written within so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._master], [], [], left)[0]:
                self.shown += os.read(self._master, 65536)

    def until(self, wanted: bytes, since: int = 0) -> None:
        end = time.monotonic() + 20
        while wanted not in self.shown[since:]:
            assert time.monotonic() < end, self.shown[-2000:]
            self.read(0.05)

    def end(self) -> int:
        self.write(b"Q")
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with suppress(OSError):
                self.read(0.05)
            done, status = os.waitpid(self._pid, os.WNOHANG)
            if done:
                os.close(self._master)
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("still there")


ASKED = b"\x1b]11;?"
LIGHT, DARK = b"48;2;224;224;224", b"48;2;18;18;18"  # grounds of textual's own themes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "ground"),
    [
        (b"\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\", LIGHT),
        (b"\x1b]11;rgb:fdfd/f6f6/e3e3\x07", LIGHT),
        (b"\x1b]11;rgb:1c1c/1c1c/1c1c\x1b\\", DARK),
        (b"", DARK),
        (b"\x1b]11;/!\xff&!\x1b\\", DARK),  # garbage, in which keys would do something
    ],
)
def test_the_terminal_says_whether_it_is_dark(tmp_path: Path, answer: bytes, ground: bytes) -> None:
    terminal = FakeTerminal(tmp_path)
    terminal.until(ASKED)
    terminal.write(answer)
    terminal.until(b"kiwi0 kind dummy")
    terminal.until(ground)
    before = len(terminal.shown)
    terminal.write(b"e")
    terminal.until(b"!>", before)
    assert terminal.end() == 0


@pytest.mark.slow
def test_a_late_answer_in_pieces_is_heard_and_is_no_key(tmp_path: Path) -> None:
    terminal = FakeTerminal(tmp_path)
    terminal.until(b"kiwi0 kind dummy")
    terminal.read(0.5)
    assert LIGHT not in terminal.shown
    for piece in (b"\x1b", b"]1", b"1;rgb:ff", b"ff/ffff/ffff\x1b", b"\\"):
        terminal.write(piece)
        terminal.read(0.04)
    terminal.until(LIGHT)
    before = len(terminal.shown)
    terminal.write(b":")  # a key would have opened the prompt before
    terminal.write(b"theme nord\r")
    terminal.until(b"48;2;46;52;64", before)
    terminal.write(b"\x1b]11;rgb:0000/0000/0000\x07")
    terminal.read(0.5)
    assert terminal.shown.rfind(DARK) < before  # who chose a theme keeps it
    assert terminal.end() == 0


@pytest.mark.slow
def test_who_chose_is_not_asked(tmp_path: Path) -> None:
    terminal = FakeTerminal(tmp_path, TEXTUAL_THEME="nord")
    terminal.until(b"kiwi0 kind dummy")
    assert terminal.end() == 0
    assert ASKED not in terminal.shown
    terminal = FakeTerminal(tmp_path, NO_COLOR="1")
    terminal.until(b"kiwi0 kind dummy")
    terminal.write(b"\x1b]11;rgb:ffff/ffff/ffff\x07")
    terminal.read(0.5)
    assert ASKED not in terminal.shown
    for coloured in (b"48;", b"38;", b"[31m", b"[1;31m"):
        assert coloured not in terminal.shown
    assert terminal.end() == 0
