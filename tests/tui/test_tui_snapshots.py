"""What users see in four stories, as pictures that are compared.

`pytest tests/tui/test_tui_snapshots.py --snapshot-update` takes them anew; look at them
before you keep them. They hold for one version of textual, whose borders and colours
they show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import textual

from nldissect._internal.tui.app import start_screen
from nldissect._internal.tui.model.capture_needs import lines
from nldissect._internal.tui.model.captures_here import Found
from nldissect._internal.tui.model.settings import Settings
from support.terminal import Player, application

TAKEN_WITH = "8.2.8"
pytestmark = pytest.mark.skipif(
    textual.__version__ != TAKEN_WITH, reason=f"the pictures are of textual {TAKEN_WITH}"
)

STORIES: dict[str, tuple[tuple[str, ...], tuple[int, int], tuple[str, ...]]] = {
    # Why was my bond refused? The error, its request, the attribute it is about.
    "refused_80x24": (("acks",), (80, 24), ("1 2 5 g", "r")),
    "refused_160x50": (("acks",), (160, 50), ("1 2 5 g", "r")),
    # What is this link? Short forms, units, zeros; its request in brackets.
    "link_160x50": (("links",), (160, 50), ("9 9 g", "enter")),
    "link_80x24": (("links",), (80, 24), ("9 9 g", "enter")),
    # Which links did somebody make? Typing a filter with its completion.
    "filter_80x24": (("links",), (80, 24), ("/", "o p e r a t i o n")),
    # What is wrong, what was refused?
    "expert_80x24": (("errors",), (80, 24), ("!", "j j")),
    # How much of what, how fast, between whom?
    "statistics_100x50": (("errors",), (100, 50), ("i", "j")),
    # When were there errors?
    "graph_80x24": (("errors",), (80, 24), ("I", "j n")),
    # Who asked what, and what came back? The diagram with the cursor on a refusal.
    "flow_60x16": (("errors",), (60, 16), ("W", "e")),
    "flow_80x24": (("errors",), (80, 24), ("W", "e")),
    "flow_160x50": (("acks",), (160, 50), ("W", "e")),
    # Where are they? The map of the capture with a mark, filter hits and errors; sorted.
    "map_80x24": (
        ("acks",),
        (80, 24),
        ("9 0 g m k 2 0 0 g", "/ t y p e = = n e w l i n k enter", "R l e n g t h enter"),
    ),
    # Who listens? A notification with its copies unfolded.
    "copies_160x50": (("rtnl_misc",), (160, 50), ("8 g", "l")),
    # What may follow y? The keys that wait for a second one.
    "which_key_80x24": (("errors",), (80, 24), ("y",)),
    "which_key_60x16": (("errors",), (60, 16), ("m a", "'")),
    # Which commands are there? The palette, with what was done last.
    "palette_80x24": (("errors",), (80, 24), ("ctrl+p", "o b j", "enter", "q", "ctrl+p")),
}


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str, snap_compare: Callable[..., bool]) -> None:
    captures, size, keys = STORIES[name]
    app = application(*captures, settings=Settings({"theme": "textual-dark"}))

    async def play(pilot: Any) -> None:
        user = Player(app, pilot)
        await user.settle()
        for typed in keys:
            await user.press(typed)
            while "report" in user.browser.scheduler.jobs:
                await pilot.pause(0.02)
            await pilot.pause(0.15 if typed in ("!", "i", "I") else 0)

    assert snap_compare(app, terminal_size=size, run_before=play)


@pytest.mark.parametrize("theme", ["textual-light", "solarized-dark", "ansi-light", "NO_COLOR"])
def test_other_colours(
    theme: str, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error, the cursor on another row, a selected one."""
    if theme == "NO_COLOR":
        monkeypatch.setenv(theme, "1")
    app = application("acks", settings=Settings({} if theme == "NO_COLOR" else {"theme": theme}))

    async def play(pilot: Any) -> None:
        user = Player(app, pilot)
        await user.settle()
        await user.press("1 2 2 g v j r tab")

    assert snap_compare(app, terminal_size=(80, 24), run_before=play)


def test_start_screen(snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """Captures of the folder, interfaces, what is missing to capture."""
    now = 1.8e9
    found = [
        Found(f"/home/pear/captures/{name}", size, now - age)
        for name, size, age in (("wifi.pcapng.zst", 523_000, 90), ("bond.pcap", 4100, 7300))
    ]
    wrong = [("nlmon0 is down", "sudo ip link set nlmon0 up")]
    for name, value in (
        ("captures", lambda folder: found),
        ("interfaces", lambda: [("nlmon0", False)]),
        ("needs_here", lambda found: lines(wrong)),
    ):
        monkeypatch.setattr(start_screen, name, value)
    monkeypatch.setattr(start_screen.time, "time", lambda: now)
    monkeypatch.setattr(start_screen.os, "getcwd", lambda: "/home/pear/captures")
    app = application(settings=Settings({"theme": "textual-dark"}))
    assert snap_compare(app, terminal_size=(80, 24))
