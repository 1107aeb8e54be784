"""Captures of failed tests, saved where their output is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..wire.errors import NldissectError
from .captured import Live
from .fixtures import Netlink, fit


def saved(item: pytest.Item, made: Netlink) -> Iterator[str]:
    """Saves what was captured live; a line for each capture, with its path."""
    taken = [capture for capture in made.captures if not isinstance(capture, Live)]
    for capture in taken:
        yield f"read from {capture.path}"
    lives = [c for c in made.captures if isinstance(c, Live) and c.started]
    folder: Path | None = None
    for number, live in enumerate(lives, 1):
        name = "capture" if len(lives) == 1 else f"capture-{number}"
        try:
            if folder is None:
                folder = _folder(item)
            path = folder / f"{name}.pcapng"
            live.save(path)
            yield f"saved to {path} ({len(live)} messages); `nldissect read {path}` shows it"
        except (OSError, NldissectError) as problem:
            yield f"could not be saved: {problem}"


def _folder(item: pytest.Item) -> Path:
    chosen = item.config.getoption("--netlink-dir")
    if chosen:
        parts = [fit(part) for part in item.nodeid.replace("::", "/").split("/")]
        folder = item.config.invocation_params.dir.joinpath(chosen, *parts)
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    own = getattr(item, "funcargs", {}).get("tmp_path")
    if isinstance(own, Path) and own.is_dir():
        return own
    factory: pytest.TempPathFactory = item.config._tmp_path_factory  # type: ignore[attr-defined]
    return factory.mktemp(fit(item.name)[:30])
