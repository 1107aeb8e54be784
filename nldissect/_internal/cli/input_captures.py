"""What commands that go through whole captures share: opening, binding, what was passed over."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator

from ..capture.reader import open_capture
from ..pairing.conversation import Conversations
from ..session.driver import Driver, MessageSink
from ..session.forward_pass import RecordSource, Session
from ..spec.registry import Registry
from ..wire import linux
from ..wire.errors import CaptureError, UsageError
from ..wire.record import Record
from .output import complain
from .progress import ProgressBar


class InputCaptures:
    """The captures of one run, each read by the options --byte-order, --decode-as and so on."""

    def __init__(self, options: Namespace) -> None:
        self.registry = registry_of(options)
        self.byte_order: str | None = options.byte_order
        # What the recording program asked for tells of objects, but not of what went on.
        self.own = getattr(options, "own", False) or getattr(options, "objects", False)

    def give(
        self, path: str, sink: MessageSink, pairs: Conversations | None = None, keep: bool = False
    ) -> None:
        """Gives a sink every message of a capture; raises CaptureError as `Driver.run` does.

        `keep` holds a stream in memory, so that names told late serve early messages too.
        """
        capture = open_capture(path)
        session = Session(self.registry, self.byte_order)
        records: RecordSource = capture
        progress = None
        if not capture.rewindable:
            records = BufferedRecords(capture) if keep else capture
        elif sys.stderr is not None and sys.stderr.isatty():
            records = progress = ProgressBar(capture, os.path.basename(path))
        try:
            Driver(session, sink, pairs, own=self.own).run(records)
        finally:
            if progress is not None:
                progress.clear()
            tell_assumption(session, path)
            passed = sum(session.skipped.values())
            if passed:
                complain(
                    f"{passed} record{'s' * (passed > 1)} of other link types than netlink's "
                    f"{'were' if passed > 1 else 'was'} passed over"
                )

    def report(self) -> None:
        """Says which dissectors are broken."""
        for problem in self.registry.problems:
            complain(f"this dissector is left out: {problem}")


def tell_assumption(session: Session, path: str, hint: str = "") -> None:
    """Says which netlink protocol was assumed, if the capture left that open."""
    found = session.untold.assumed
    if found is not None:
        name = linux.protocol_name(found)
        complain(
            f"{path}: the netlink protocol is not told; {name} is assumed, which fits best{hint}"
        )


class BufferedRecords:
    """A stream's records, which can be gone through again; so can what cut them short."""

    def __init__(self, capture: RecordSource) -> None:
        self.rewindable = True
        self._problem: CaptureError | None = None
        self._records: list[Record] = []
        try:
            for record in capture:
                self._records.append(record)
        except CaptureError as problem:
            self._problem = problem

    def __iter__(self) -> Iterator[Record]:
        yield from self._records
        if self._problem is not None:
            raise self._problem


def only_once(files: list[str]) -> None:
    """Raises UsageError when standard input is given twice."""
    if files.count("-") > 1:
        raise UsageError("standard input (-) can be read only once")


def registry_of(options: Namespace) -> Registry:
    """The dissectors that --dissectors, --specs and --decode-as ask for; --host-names too."""
    registry = Registry(
        dissectors=options.dissectors,
        specs=options.specs,
        decode_as=decode_as_of(options),
        redacts=not options.show_secrets,
    )
    for name, file in registry.displaced.items():
        complain(f"{name}: {file} in place of the built-in dissector")
    if getattr(options, "host_names", False):
        from ..library import hostnames

        hostnames.teach(registry, hostnames.FOLDERS)
    return registry


def decode_as_of(options: Namespace) -> dict[str, str]:
    """What --decode-as asks for, by number; raises UsageError for what is no pair."""
    pairs = {}
    for text in options.decode_as:
        left, mark, right = text.partition("=")
        if not mark or not left or not right:
            raise UsageError(
                f"--decode-as: {text!r} is not NUMBER=NAME, such as 21=nlexample or 0x1c=nl_util"
            )
        pairs[left] = right
    return pairs
