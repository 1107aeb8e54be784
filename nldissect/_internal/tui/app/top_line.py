"""The top line: what is open and how much of it is shown, and what goes on."""

from __future__ import annotations

from ...wire.text import safe
from ..actions.context import BrowserContext
from ..actions.live_control import LiveControl
from ..model.parts import Part
from ..model.sorting import Sorting


def top_line(
    browser: BrowserContext, live: LiveControl, sorting: Sorting
) -> tuple[list[Part], list[Part]]:
    """What stands at its left and at its right."""
    model, view = browser.model, browser.model.view
    total = model.total
    left: list[Part] = [(f" {safe(model.name)} ", "heading"), (f" {total} messages", "plain")]
    if len(view) != total:
        why = view.left_out(browser.keymap.of("fold"), browser.keymap.of("own"))
        left += [(f", {len(view)} shown", "plain"), (f": {why}" if why else "", "dim")]
    if model.selected:
        left.append((f"  {len(model.selected)} selected", "notification"))
    left += live.state()
    right: list[Part] = []
    if model.index.failure is not None:
        right.append((f" ! {safe(model.index.failure.reason)} ", "error"))
    elif "index" in browser.scheduler.busy and not live.growing:
        done, size = model.index.progress()
        part = "" if not size else f" {min(done * 100 // size, 100)} %"
        if model.index.read and total:
            part = f" pairing {model.index.paired * 100 // model.total} %"
        right.append((f" reading{part} ", "warning"))
    if sorting.going_on:
        right.append((f" sorting {sorting.percent} % (Esc stops) ", "warning"))
    return left, right + live.badge()
