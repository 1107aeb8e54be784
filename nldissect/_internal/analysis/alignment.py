"""Which things of A are which of B, where several could be.

Rules:
- equal ones first;
- then those most alike, if at least half of their attributes are the same (`ALIKE`);
- of one left on each side, one changed into the other;
- where trying all pairs is too much (`MAX_GRID`), by their order.
"""

from __future__ import annotations

from typing import Final

from .flattener import Flat

ALIKE: Final = 0.5
MAX_GRID: Final = 40_000  # pairs tried


def likeness(one: set[tuple[str, str]], other: set[tuple[str, str]]) -> float:
    """Which part of the attributes is the same, 0 to 1."""
    if not one and not other:
        return 1.0
    return len(one & other) / max(len(one), len(other))


def counterparts(old: list[Flat], new: list[Flat]) -> list[tuple[int, int]]:
    """Which of several things under one key is which, by place (-1: none)."""
    places: dict[Flat, list[int]] = {}
    for j in range(len(new) - 1, -1, -1):
        places.setdefault(new[j], []).append(j)
    out: list[tuple[int, int]] = []
    before: list[int] = []
    for i, flat in enumerate(old):
        if places.get(flat):
            out.append((i, places[flat].pop()))
        else:
            before.append(i)
    after = sorted(j for left in places.values() for j in left)
    if len(before) * len(after) > MAX_GRID or len(before) == len(after) == 1:
        matched = dict(zip(before, after, strict=False))
    else:
        matched = _most_alike(old, new, before, after)
    found = set(matched.values())
    out += [(i, matched.get(i, -1)) for i in before]
    out += [(-1, j) for j in after if j not in found]
    return out


def _most_alike(
    old: list[Flat], new: list[Flat], before: list[int], after: list[int]
) -> dict[int, int]:
    """Pairs of places `before` in the old and `after` in the new, those most alike first."""
    one, other = {i: set(old[i]) for i in before}, {j: set(new[j]) for j in after}
    pairs = [(likeness(one[i], other[j]), -i, -j) for i in before for j in after]
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for part, i, j in sorted(pairs, reverse=True):
        if part >= ALIKE and -i not in matched and -j not in taken:
            matched[-i] = -j
            taken.add(-j)
    return matched


def aligned(alike: list[list[float]], width: int) -> list[tuple[int, int]]:
    """The alignment in order of greatest likeness, by row and column (-1: none).

    `alike` has a row of `width` for each thing of A, 0 where two cannot be the same.
    """
    height = len(alike)
    # what the rest from a row and a column on can reach
    best = [[0.0] * (width + 1) for _ in range(height + 1)]
    for i in range(height - 1, -1, -1):
        for j in range(width - 1, -1, -1):
            value = max(best[i + 1][j], best[i][j + 1])
            if alike[i][j]:
                value = max(value, best[i + 1][j + 1] + alike[i][j])
            best[i][j] = value
    out: list[tuple[int, int]] = []
    i = j = 0
    while i < height and j < width:
        if alike[i][j] and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            out.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            out.append((i, -1))
            i += 1
        else:
            out.append((-1, j))
            j += 1
    out += [(i, -1) for i in range(i, height)]
    out += [(-1, j) for j in range(j, width)]
    return out
