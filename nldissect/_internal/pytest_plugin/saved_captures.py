"""Captures of failed tests, saved where their output is; with a report, as text too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..wire.errors import NldissectError
from ..wire.output_file import OutputFile
from ..wire.text import safe
from .captured import Captured, Live
from .fixtures import Netlink, fit


def saved(item: pytest.Item, made: Netlink, failure: str) -> Iterator[str]:
    """Saves what was captured live; a line for each capture, with its path.

    With --netlink-report, what each holds is saved as text, below what the `failure` says.
    """
    wanted = item.config.getoption("--netlink-report")
    folder: Path | None = None
    captures = [c for c in made.captures if not isinstance(c, Live) or c.started]
    for number, capture in enumerate(captures, 1):
        live = isinstance(capture, Live)
        if not live:
            yield f"read from {capture.path}"
        if not live and not wanted:
            continue
        try:
            folder = folder or _folder(item)
            path = folder / f"capture{'' if len(captures) == 1 else f'-{number}'}.pcapng"
            if live:
                capture.save(path)
                yield f"saved to {path} ({len(capture)} messages); `nldissect read {path}` shows it"
            if wanted:
                text = path.with_suffix(".txt")
                _report(text, capture, f"{item.nodeid}\n\n{failure}")
                yield f"as text in {text}"
        except (OSError, NldissectError) as problem:
            yield f"could not be saved: {problem}"


def _report(path: Path, capture: Captured, head: str) -> None:
    """What failed, then the line and the tree of each message."""
    with OutputFile(str(path)) as stream:
        for text in (*(f"{safe(line)}\n" for line in head.splitlines()), "\n"):
            stream.write(text.encode())
        for tree in capture.trees():
            stream.write(tree.encode())
        stream.commit()


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
