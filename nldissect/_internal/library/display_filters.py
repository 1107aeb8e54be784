"""Display filters on their own: compiled, and completed while they are typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..spec.registry import registry
from .parameters import Paths

if TYPE_CHECKING:
    from ..filter import Filter
    from ..filter.completion import Completion


def compile(
    text: str,
    *,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Filter:
    """A display filter (docs/filter.md) to hold messages against; raises FilterError."""
    from ..filter import Filter

    return Filter(text, registry(dissectors, specs, decode_as))


def complete(
    text: str,
    cursor: int | None = None,
    *,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Completion:
    """What may stand at `cursor`, a place in the text of a filter, by itself its end."""
    from ..filter.completion import complete

    place = len(text) if cursor is None else cursor
    return complete(text, place, registry(dissectors, specs, decode_as))
