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
    # Which links did somebody make? Typing a filter with its completion.
    "filter_80x24": (("links",), (80, 24), ("/", "o p e r a t i o n")),
    # Who listens? A notification with its copies unfolded.
    "copies_160x50": (("rtnl_misc",), (160, 50), ("8 g", "l")),
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

    assert snap_compare(app, terminal_size=size, run_before=play)
