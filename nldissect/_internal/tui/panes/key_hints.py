"""Words for keys, in the border of a box or in a label: a click on them presses the key."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.style import Style

Hint = tuple[str, str]  # the key as textual names it or as it is typed, the words; "" for no key


def hints(*words: Hint, between: str = "   ") -> Content:
    """The words of some keys, for a screen that is `Clickable`."""
    out: list[Content | str] = []
    for key, text in words:
        if out:
            out.append(between)
        out.append(hint(key, text))
    return Content.assemble(*out)


def fitting(words: Sequence[Hint], room: int) -> Content:
    """The words of keys in so many cells; the first are left out for which there is none."""
    for left_out in range(len(words)):
        out = hints(*words[left_out:])
        if out.cell_length <= room:
            break
    return out


def hint(key: str, text: str, bold: bool = False) -> Content:
    """The words of one key."""
    action = Style.from_meta({"@click": f"screen.press({key!r})"}) if key else Style()
    return Content.styled(text, Style(bold=bold) + action)


class Clickable:
    """A screen whose keys can be clicked where `hints` has them."""

    def take(self, event: events.Key) -> bool:
        """Does what the key means here; whether it meant anything."""
        raise NotImplementedError

    def action_press(self, key: str) -> None:
        """A key was clicked."""
        self.take(events.Key(key, key if len(key) == 1 else None))
