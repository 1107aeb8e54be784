"""A capture in parts that workers read each by itself: whole files, and ranges of large ones.

Where messages belong together cannot be told from the middle of a capture. So whoever reads a range
goes through all that precedes it as well, as with `-j` (ARCHITECTURE.md), which costs little
beside making rows; what the header pass learnt of the whole file, the split brings along.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from ..capture.files import pcap, pcapng
from ..capture.reader import open_capture
from ..session.forward_pass import Session
from ..session.handed_facts import Kept, handed, taken
from ..spec.registry import Registry, registry
from ..wire.errors import UsageError
from .parameters import ByteOrder, Paths, check_byte_order

RANGE: Final = 64 << 20  # bytes
MOST: Final = 16  # ranges of a file: each goes through what precedes it


@dataclass(frozen=True)
class Split:
    """A part of a capture: what begins in `path` from offset `start` on and before `stop`.

    `stop` is None for the end of the file, however far that is. `taught` is what the header pass
    learnt of the whole file, None where whoever reads it makes that pass. The others are as for
    `nldissect.open`. It is plain data, which engines can send to other hosts that have the file.
    """

    path: str
    start: int = 0
    stop: int | None = None
    byte_order: ByteOrder | None = None
    dissectors: tuple[str, ...] = ()
    specs: tuple[str, ...] = ()
    decode_as: tuple[tuple[str, str], ...] = ()
    taught: Kept | None = field(default=None, repr=False)

    @property
    def whole(self) -> bool:
        """Whether it is all of the file."""
        return not self.start and self.stop is None

    def registry(self) -> Registry:
        """The dissectors that it is read with."""
        return registry(self.dissectors, self.specs, dict(self.decode_as))

    def session(self) -> Session:
        """A session that knows what was taught."""
        facts = None if self.taught is None else taken(self.taught)
        return Session(self.registry(), self.byte_order, facts=facts)


def whole(
    path: Paths,
    byte_order: ByteOrder | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Split:
    """A capture as one split; raises UsageError for what these cannot be."""
    check_byte_order(byte_order)
    for name, paths in (("dissectors", dissectors), ("specs", specs)):
        if isinstance(paths, (str, bytes)):
            raise UsageError(f"{name}: give a list of paths, not {paths!r}")
    return Split(
        os.fsdecode(path),
        byte_order=byte_order,
        dissectors=tuple(os.fsdecode(one) for one in dissectors),
        specs=tuple(os.fsdecode(one) for one in specs),
        decode_as=tuple((str(left), right) for left, right in (decode_as or {}).items()),
    )


def splits(
    path: Paths,
    *,
    size: int = RANGE,
    byte_order: ByteOrder | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> list[Split]:
    """The parts of a capture that `read` takes: their rows, in this order, are those of the file.

    An uncompressed pcap or pcapng file of more than `size` bytes is cut in ranges of that size
    or larger, 16 at most, after the header pass over it; anything else is one part. The rest is
    as for `nldissect.open`, and so are the errors.
    """
    return cut(whole(path, byte_order, dissectors, specs, decode_as), size)


def cut(split: Split, size: int) -> list[Split]:
    """The same of a capture as one split."""
    if size < 1:
        raise UsageError(f"size: {size} is no number of bytes; give 1 or more")
    capture = open_capture(split.path)
    end = _bytes(split.path) if capture.rewindable else 0
    count = min(-(-end // size), MOST)
    if count < 2:
        return [split]
    taught = handed(split.session().learn(capture))
    borders = [end * part // count for part in range(count)]
    return [
        replace(split, start=start, stop=stop, taught=taught)
        for start, stop in zip(borders, [*borders[1:], None], strict=True)
    ]


def _bytes(path: str) -> int:
    """The size of a file whose records are at its own offsets, 0 of any other."""
    with open(path, "rb") as file:
        head = file.read(4)
    plain = head in pcap.MAGICS or head.startswith(pcapng.MAGIC)
    return os.stat(path).st_size if plain else 0
