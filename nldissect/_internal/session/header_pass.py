"""The header pass: once over a capture before anything is shown, to learn what messages need.

States of a section's byte order:
- open: its first records wait, up to ORDER_VOTES of them; a PENDING record, the end of the
  capture or another section makes them vote;
- settled: by the majority of chains of message lengths that come out right, or by who opened
  the capture; where no record tells, the file's byte order stands for each record on its own.

Rules:
- records leave in their order, each after it taught (`learner`) and in its byte order;
- where a dump of LONG_DUMP messages or more ends is kept, since its request is shown before
  that is come to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final, final

from mypy_extensions import i64

from ..spec.registry import Registry
from ..wire import framing
from ..wire.errors import CaptureError
from ..wire.integers import u16, u32
from ..wire.record import PENDING, UNTOLD, Record
from .capture_facts import CaptureFacts, InterfaceFacts, SectionFacts
from .learner import Learner
from .untold import UntoldProtocol

if TYPE_CHECKING:
    from .strace_encoder import StraceEncoder

# More parts than `hold_back.HoldBack` holds back a request for; dumps under way at a time.
LONG_DUMP: Final = 2048
MANY_DUMPS: Final = 4096
ORDER_VOTES: Final = 256  # so many records with an opinion settle the byte order
EVERYTHING: Final[i64] = 1 << 62  # beyond the end of every capture


def set_byte_order(record: Record, section: SectionFacts) -> None:
    """Gives the record its section's byte order; a stream decides at the first clear one."""
    if not section.settled:
        found = framing.guess_order(record.data, record.original_length)
        if found is None:
            record.big = record.interface.big_endian
            return
        section.settled = True
        section.big = found
    record.big = section.big


@final
class LazyStraceEncoder:
    """Gives bytes to records of which there is only what strace decoded; few captures have any."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._encoder: StraceEncoder | None = None

    def encode(self, record: Record) -> None:
        """Sets the bytes of a record; see `StraceEncoder.encode`."""
        if self._encoder is None:
            from .strace_encoder import StraceEncoder

            self._encoder = StraceEncoder(self._registry)
        self._encoder.encode(record)


@final
class HeaderPass:
    """Goes over the records of a capture, for `learner` to learn from them into `facts`."""

    def __init__(
        self,
        facts: CaptureFacts,
        learner: Learner,
        strace_encoder: LazyStraceEncoder,
        untold: UntoldProtocol,
    ) -> None:
        self._facts = facts
        self._learner = learner
        self._strace_encoder = strace_encoder
        self._untold = untold
        self._frames = framing.Frames()
        self._serial: i64 = 0  # of the last message

    def taught(self, capture: Iterable[Record], serial: i64 = 0) -> Iterator[Record]:
        """The records one by one, each after it taught, in its byte order.

        `serial` messages went before. What `capture` raises comes after what was read before.
        """
        self._serial = serial
        waiting: list[Record] = []
        section: i64 = -1
        failure: CaptureError | None = None
        try:
            for record in capture:
                if record.decoded is not None:
                    self._strace_encoder.encode(record)
                if record.protocol == UNTOLD:
                    self._untold.settle(record)
                if record.protocol < 0:
                    if record is PENDING:
                        yield from self._after_vote(waiting)
                    yield record
                elif record.interface.section != section or len(waiting) > 0:
                    if record.interface.section == section:
                        waiting.append(record)
                        if len(waiting) < ORDER_VOTES:
                            continue
                    yield from self._after_vote(waiting)
                    if record.interface.section != section:
                        section = record.interface.section
                        waiting.append(record)
                else:
                    self._teach(record)
                    yield record
        except CaptureError as problem:
            failure = problem
        yield from self._after_vote(waiting)
        if failure is not None:
            raise failure

    def teach_to(self, teaching: Iterator[Record], offset: i64) -> i64:
        """Goes on with `taught` to this offset in the file; returns where it is then."""
        with suppress(CaptureError):  # it comes again, in its place
            for record in teaching:
                if record.offset >= offset:
                    return record.offset
        return EVERYTHING

    def _after_vote(self, waiting: list[Record]) -> Iterator[Record]:
        """Those that waited for the byte order, once they have voted on it; empties the list."""
        self._vote(waiting)
        for record in waiting:
            self._teach(record)
            yield record
        waiting.clear()

    def _vote(self, records: list[Record]) -> None:
        """Settles the byte order of each section by the majority of these records."""
        votes: dict[int, int] = {}
        for record in records:
            if record.protocol >= 0:
                guess = framing.guess_order(record.data, record.original_length)
                if guess is not None:
                    number = int(record.interface.section)
                    votes[number] = votes.get(number, 0) + (1 if guess else -1)
        for number, lead in votes.items():
            section = self._facts.of_section(number)
            if lead and not section.settled:
                section.settled = True
                section.big = lead > 0

    def _teach(self, record: Record) -> None:
        """Takes from the messages of a record what others need."""
        place = self._facts.of_interface(record.interface)
        place.interface = record.interface
        set_byte_order(record, place.section)
        before = serial = self._serial
        frames, learner = self._frames, self._learner
        frames.begin(record.data, record.big, record.original_length, record.protocol)
        while frames.next():
            serial += 1
            learner.learn(record, frames.start, frames.end, serial)
        self._serial = serial
        if serial != before:
            self._learn_dump(record, place, before, serial, frames.start)

    def _learn_dump(
        self, record: Record, place: InterfaceFacts, before: i64, serial: i64, last: i64
    ) -> None:
        """Where a long dump ends, since its request is shown before that is come to.

        The record has the messages after number `before`, the last one (`serial`) at `last`.
        """
        data, big = record.data, record.big
        if len(data) < 16 or u16(data, 6, big) & framing.NLM_F_MULTI == 0:
            return
        port = u32(data, 12, big)
        if port == 0:
            return
        port |= record.protocol << 32
        sequence = u32(data, 8, big)
        done = len(data) >= last + 16 and u16(data, last + 4, big) == framing.NLMSG_DONE
        if port == place.dump_port and sequence == place.dump_seq and not done:
            return
        key, seq = int(port), int(sequence)
        begun = place.dumping.get(key)
        if begun is None or begun[0] != seq:
            if len(place.dumping) >= MANY_DUMPS:
                place.dumping.clear()
            begun = place.dumping[key] = (seq, int(before))
        place.dump_port = port
        place.dump_seq = sequence
        if done:
            place.dump_port = -1
            del place.dumping[key]
            if serial - begun[1] >= LONG_DUMP:
                place.long_dumps.setdefault((key, seq), []).append((int(serial), record.time))
