"""What came of an expectation."""

from __future__ import annotations

from dataclasses import dataclass, field

from .matching import PathDifference, Seen


@dataclass(slots=True)
class NearMiss:
    """A message that is not what is expected: where it differs, and what is wrong besides.

    `far` says how much is wrong with what came back for it, 0 for nothing.
    """

    seen: Seen
    differences: list[PathDifference]
    faults: list[str] = field(default_factory=list)
    far: float = 0.0


@dataclass(slots=True)
class Verdict:
    """Messages that meet an expectation, and those of its operation that do not.

    Messages up to number `start` do not count; `base`, in ns since the epoch, is when `within`
    begins. `last` is both of these for what must come after. For a failure, `earlier` are
    messages that would do but came too early in order, `not_requests` those of the operation
    that were not sent to the kernel where an answer is expected, and `elsewhere` those of other
    operations that have some of the fields. `notified` says that a notification is expected.
    """

    start: int
    base: int | None
    last: tuple[int, int | None]
    matches: list[Seen] = field(default_factory=list)
    near_misses: list[NearMiss] = field(default_factory=list)
    earlier: list[Seen] = field(default_factory=list)
    not_requests: list[Seen] = field(default_factory=list)
    elsewhere: list[NearMiss] = field(default_factory=list)
    notified: bool = False
    met: bool = False
