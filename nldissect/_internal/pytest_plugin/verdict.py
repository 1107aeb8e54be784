"""What came of an expectation."""

from __future__ import annotations

from dataclasses import dataclass, field

from .matching import PathDifference, Seen


@dataclass(slots=True)
class NearMiss:
    """A message that is not what is expected: where it differs, and what is wrong besides.

    `far` says how much is wrong with what came back for it.
    """

    seen: Seen
    differences: list[PathDifference]
    faults: list[str] = field(default_factory=list)
    far: float = 0.0


@dataclass(slots=True)
class Verdict:
    """Messages that meet an expectation, and those of its operation that do not.

    Messages up to number `start` do not count; `base`, in ns since the epoch, is when `within`
    begins. `last` is both of these for what must come after.
    """

    start: int
    base: int | None
    last: tuple[int, int | None]
    matches: list[Seen] = field(default_factory=list)
    near_misses: list[NearMiss] = field(default_factory=list)
    met: bool = False
