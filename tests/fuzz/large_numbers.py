"""Hundreds of mutated records or damaged files an execution: the way to large numbers.

Each is decoded in memory and judged by itself; then one command shows all files, or a share of
the records.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import random
import time
from collections.abc import Iterable
from pathlib import Path

import nldissect
from nldissect._internal.capture.reader import open_capture
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.wire.record import UNTOLD, Record
from support import capture_files
from support.messages import Given, builtin, covered

from . import corpus, damaged_files, samples, slow_walker

RUNS = 300  # runs of records in an execution of `bulk`
FILES = 400  # in one of `bulkfiles`
LONG = 16 << 10  # bytes of a record whose time is taken
LIMIT = 0.010  # seconds of CPU for the decoding of a record up to 64 KiB, compiled
TRIES = 20  # since others use the processor and its caches, too
SHOWN = (
    *[["read"]] * 4, ["read", "-V", "-x"], ["read", "-T", "jsonl"], ["check"],
)  # fmt: skip
TIMED = "NLDISSECT_FUZZ_TIMED" in os.environ  # --timed


def _collect() -> None:
    """What the command would leave to the end of its process; what is there first stays."""
    gc.collect()
    if not gc.get_freeze_count():
        gc.freeze()


def judge(message: nldissect.Message) -> None:
    """No dissector failed, each byte has one owner, no sibling is lost.

    Every fourth is asked node by node unless it is long; what is shown says each value, too.
    """
    engine = message.context.engine
    message.walk_onto(engine)
    if message.serial % 4 == 0 and len(message.data) < LONG:
        for node in message.walk():
            assert not node.diagnoses or "code failed" not in str(node.diagnoses), node.diagnoses
    for found in message.found(engine):
        assert "code failed" not in found.text, found.text
    assert covered(message), "a byte has no owner, or two"
    wrong = slow_walker.disagreement(message)
    assert not wrong, wrong


def _judge_all(records: Iterable[Record], stream: bool) -> None:
    """Each message of these; and the messages of a record are all of its bytes."""
    pieces: dict[int, list[bytes]] = {}
    given = Given(records, not stream)
    for message in Session(builtin()).messages(given):
        assert message.record is not None
        pieces.setdefault(message.record.number, []).append(message.data)
        if TIMED and len(message.data) >= LONG:
            _time(message)
        judge(message)
    for record in given.records:
        if record.number in pieces:
            assert b"".join(pieces[record.number]) == record.data, "bytes of no message"


def _time(message: nldissect.Message) -> None:
    """The walk that outputs make, which shows all that is wrong, takes no longer than LIMIT."""
    spent, engine = [], message.context.engine
    for _ in range(TRIES):
        begun = time.thread_time()
        message.walk_onto(engine, True)
        spent.append(time.thread_time() - begun)
        if spent[-1] <= LIMIT:
            return
    raise AssertionError(f"{1000 * min(spent):.1f} ms for {len(message.data)} bytes")


def bulk(rng: random.Random) -> str:
    """Mutated records: every one judged, and a command that shows every third run of them."""
    _collect()
    records: list[corpus.Datagram] = []
    for number in range(RUNS):
        run = samples.made(rng)
        data = samples.content(rng, run)
        found = []
        with contextlib.suppress(nldissect.CaptureError):  # a section without an interface
            found.extend(open_capture("fuzz", stream=io.BytesIO(data)))
        _judge_all(found, rng.random() < 0.5)
        if number % 3 == 0:
            records += run
    with samples.file(samples.content(rng, records), "a.cap") as path:
        return samples.command([*rng.choice(SHOWN), path])


def bulkfiles(rng: random.Random) -> str:
    """Damaged files: what can be read of each is judged, and a command shows them all."""
    _collect()
    contents = [damaged_files.made(rng) for _ in range(FILES)]
    for data in contents:
        _judge_file(data, rng.random() < 0.5)
        samples.tally["files"] += 1
    with samples.file(b"", "none"):
        names = [f"{number}.cap" for number in range(len(contents))]
        for name, data in zip(names, contents, strict=True):
            Path(name).write_bytes(data)
        return samples.command([*rng.choice(SHOWN[:-1]), "--no-merge", *names])


def _judge_file(data: bytes, stream: bool) -> None:
    """Its records have numbers without gaps, can be written, and decode."""
    found: list[Record] = []
    with contextlib.suppress(nldissect.CaptureError):
        found.extend(open_capture("fuzz", stream=io.BytesIO(data)))
    assert [record.number for record in found] == list(range(1, len(found) + 1))
    _judge_all(found, stream)
    for record in found:
        if record.protocol == UNTOLD:  # the session settles it where it can
            record.protocol = 0
    told = [(r.protocol, r.data, r.original_length) for r in found]
    again = [(r.protocol, r.data, r.original_length) for r in capture_files.written_again(found)]
    assert told == again, "what is written is not what was read"
