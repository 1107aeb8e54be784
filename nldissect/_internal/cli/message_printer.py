"""Showing and writing the messages of captures: what read, live, run and monitor have in common."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..capture.merged import MergedCapture
from ..capture.reader import CaptureReader, open_capture
from ..engine.message import Message
from ..pairing.codes import ROLE_COPY
from ..pairing.transaction import Link
from ..session.driver import Driver, MessageSink
from ..session.forward_pass import RecordSource, Session
from ..spec.registry import Registry
from ..wire.errors import CaptureError, UsageError
from ..wire.output_file import refuse_inputs
from ..wire.record import Interface, Record
from ..wire.text import safe
from . import jobs
from .input_captures import only_once, tell_assumption
from .message_writer import MessageWriter
from .output import TextOutput, complain, is_terminal
from .presentation import Presentation
from .progress import ProgressBar
from .selection import Selection, parse_number, sole_protocol
from .undescribed import Undescribed

# Link types by their names (tcpdump.org/linktypes.html), for what is passed over.
LINK_TYPES = {
    0: "NULL", 1: "ETHERNET", 9: "PPP", 12: "RAW", 101: "RAW", 105: "IEEE802_11", 113: "LINUX_SLL",
    127: "IEEE802_11_RADIOTAP", 147: "USER0", 189: "USB_LINUX", 192: "PPI",
    220: "USB_LINUX_MMAPPED", 228: "IPV4", 229: "IPV6", 239: "NFLOG", 253: "NETLINK",
    276: "LINUX_SLL2",
}  # fmt: skip


# Where somebody waits for the first line, so many bytes of the file are read before what is shown.
AHEAD = 4 << 20

# How long a message that arrives waits for what belongs to it, in seconds.
PATIENCE = 0.05


class LiveSource(RecordSource, Protocol):
    """Records that come with time: `on_wait` is called before more is waited for.

    It returns in how many seconds it wants to be called again, None for when something
    has come.
    """

    on_wait: Callable[[], float | None] | None


class _Enough(Exception):
    """As many messages are shown as were asked for."""


class MessagePrinter(MessageSink):
    """Shows and writes the messages of captures as the options say, one capture after the other.

    `jobs` is set while this process is one of several; `left` is how many messages are shown
    at most, -1 for all. What is in the way of showing a capture raises CaptureError.
    """

    def __init__(
        self, options: Namespace, output: TextOutput, registry: Registry, path: str = ""
    ) -> None:
        self.output = output
        self.registry = registry
        self.byte_order: str | None = options.byte_order
        self.protocol: int | None = options.told
        if self.protocol is None:
            self.protocol = sole_protocol(options.protocol)
        self.selection = Selection(options, registry)
        self.left = -1
        if options.limit is not None:
            self.left = parse_number(options.limit, "-c")
            if self.left < 1:
                raise UsageError(f"-c: {options.limit} messages cannot be shown; give 1 or more")
        self.two_pass: bool = options.two_pass
        self.jobs_wanted = jobs.wanted_count(options.jobs)
        self.jobs: jobs.Jobs | None = None
        self.presentation = Presentation(options, output, registry)
        self.renderer = self.presentation.renderer
        # Whether what is shown depends on how much of it went before
        self.alone = options.write is not None or self.left > 0 or self.renderer.follows
        self.clock = self.presentation.clock
        self.writer: MessageWriter | None = None
        if options.write is not None:
            refuse_inputs("-w", options.write, options.files)
            self.writer = MessageWriter(options.write, output, streams=not options.files)
        only_once(options.files)
        self.path = path  # of the capture that is shown, for what is said of it
        self.found = 0  # messages that were to be shown
        self._counts: bool = options.counted
        self._pipes = self.writer is not None and self.writer.path == "-"
        self.quiet = self._pipes or self._counts or options.quiet
        # What a person is told who sees both what is shown and what is said.
        told = not self.quiet and is_terminal(sys.stderr)
        self._undescribed = Undescribed(registry) if told else None
        self._found_before = 0  # several processes went through the capture
        self._folds = False  # whether copies are left out of this capture
        self._interface: Interface | None = None  # of the last record
        self._lost = 0  # datagrams, of those that its statistics count
        self._reported = 0
        self._more_problems: list[str] = []  # of other processes
        self._opened = 0  # files
        # Whether several files are one: not where they could grow, or are to be told apart.
        told_apart = options.no_merge or self._counts or "-" in options.files
        self._merges = not told_apart and all(map(os.path.isfile, options.files))
        self._merged: MergedCapture | None = None
        self._headed: str | None = None  # the file of the message shown last, of several

    # -- captures --------------------------------------------------------------

    def print_files(self, files: list[str]) -> int:
        """Reads the files one after the other; 2 if one of them could not be read to its end."""
        status = 0
        whole = False
        if not self.quiet:
            self.output.write(self.renderer.begin())
        try:
            for path in files if len(files) == 1 or not self._merges else ():
                status |= self._print_next(path, len(files) > 1)
                if self.left == 0:
                    break
            if len(files) > 1 and self._merges:
                status |= self._print_merged(files)
            whole = self._opened > 0
        finally:
            self.finish(whole)
        if self.left:
            for remark in self.selection.missed():
                self.output.flush()
                complain(remark)
        return status

    def _print_next(self, path: str, several: bool) -> int:
        """Shows one file, or how many messages it has to show; 2 if it could not be read."""
        before = self.found
        try:
            capture = open_capture(path)
            if several and not self.quiet:
                self.output.write(self.renderer.file(path, self._opened))
            self._opened += 1
            self._print_file(capture, path)
            if self._counts:
                named = f"{safe(path)}:" if several else ""
                self.output.write(f"{named}{self.found - before}\n")
        except CaptureError as problem:
            return self._failed(problem)
        return 0

    def _print_merged(self, files: list[str]) -> int:
        """Shows files as one, in the order of time; 2 if one could not be read to its end."""
        status = 0
        captures = []
        for path in files:
            try:
                captures.append(open_capture(path))
            except CaptureError as problem:
                status = self._failed(problem)
        if not captures:
            return status
        self._opened = len(captures)
        merged = self._merged = MergedCapture(captures)
        try:
            self._with_progress(merged, f"{len(captures)} files", *[each.path for each in captures])
        except CaptureError:
            for failure in merged.failures:
                status = self._failed(failure)
        finally:
            self._merged = None
        return status

    def _failed(self, problem: CaptureError) -> int:
        self.output.flush()
        complain(str(problem))
        return 2

    def _print_file(self, capture: CaptureReader, path: str) -> None:
        """Shows one file, in several processes where that is wanted or useful."""
        self.path = path
        if not capture.rewindable:
            if self.writer is not None:
                self.writer.streams = True
            self.print_live(capture)
            return
        self._with_progress(capture, os.path.basename(path), path)

    def _with_progress(
        self, capture: CaptureReader | MergedCapture, name: str, *paths: str
    ) -> None:
        """Shows a capture of files; a bar goes along where it does not disturb."""
        count = 1
        if not self.alone and self.clock.form != "delta-shown":
            count = jobs.useful_count(self.jobs_wanted, self.output, *paths)
        if self.output.terminal() or not is_terminal(sys.stderr):
            self.print_capture(capture, count)
            return
        progress = ProgressBar(capture, name)
        try:
            self.print_capture(progress, count)
        finally:
            progress.clear()

    def print_capture(self, capture: RecordSource, count: int = 1) -> None:
        """Shows a capture that is all there, and can be gone through twice."""
        session = Session(self.registry, self.byte_order, protocol=self.protocol)
        self._restart(True)
        try:
            if count > 1:
                self._together(session, capture, count)
            else:
                Driver(session, self).run(capture, self._header_pass_limit())
            self._gap()
        finally:
            self._passed_over(session)
            self.report_problems()

    def _together(self, session: Session, capture: RecordSource, count: int) -> None:
        """Shows its messages in so many processes."""
        before, first, between = (
            self._header_pass_limit(),
            self.renderer.separator,
            self.renderer.between,
        )
        # The header pass is for all where it comes first.
        several = self.jobs = jobs.Jobs(count, self.output, between, first)
        shared = several.shared(capture, 1 if before is None else 0)
        driver = Driver(session, self)
        self.renderer.separator = between
        self._found_before = self.found
        try:
            several.run(lambda: driver.run(shared, before), self._worker_result, self._merge_result)
        finally:
            self.jobs = None
            if not several.written:
                self.renderer.separator = first

    def _worker_result(self) -> list[Any]:
        """What one process tells the first one: broken dissectors, families, counts."""
        problems = [str(problem) for problem in self.registry.problems]
        families, processes = self.selection.families, self.selection.processes
        counts = {} if self._undescribed is None else self._undescribed.counts
        samples = {} if self._undescribed is None else self._undescribed.samples.kept
        met = [] if families is None else sorted(families.seen)
        asked = [] if processes is None else sorted(processes.seen)
        return [problems, met, asked, counts, samples, self.found - self._found_before]

    def _merge_result(self, seen: list[Any]) -> None:
        """Takes in what `_worker_result` gave in another process."""
        problems, families, processes, counts, samples, found = seen
        self.found += found
        if self._undescribed is not None:
            for name, (messages, without) in counts.items():
                self._undescribed.add(name, messages, without)
            for number, kept in samples.items():
                for data, big in kept:
                    self._undescribed.samples.add(number, data, big)
        known = [str(problem) for problem in self.registry.problems]
        self._more_problems += [problem for problem in problems if problem not in known]
        if self.selection.families is not None:
            self.selection.families.seen.update(families)
        if self.selection.processes is not None:
            self.selection.processes.seen.update(processes)

    def print_through(
        self, capture: RecordSource, chooser: MessageSink, explained: Sequence[Record] = ()
    ) -> None:
        """Shows what `chooser` passes on of a capture's messages; `explained` as of a Session."""
        session = Session(self.registry, self.byte_order, protocol=self.protocol)
        session.explained = list(explained)
        self._restart(False)
        try:
            Driver(session, chooser).run(capture, self._header_pass_limit())
        finally:
            self._passed_over(session)
            self.report_problems()

    def _header_pass_limit(self) -> int | None:
        """How far before what is shown the header pass goes, in bytes; None: to the end."""
        early = self.left > 0 or self.output.awaited
        return AHEAD if early and not self.two_pass else None

    def finish(self, whole: bool = True) -> None:
        """Completes what is shown, and the file that is written if all of it was."""
        if self.writer is not None:
            self.writer.finish(whole)
        if not self.quiet:
            self.output.write(self.renderer.end())
        undescribed = None if self._undescribed is None else self._undescribed.remark()
        for remark in (self.renderer.remark(), undescribed):
            if remark is not None:
                self.output.flush()
                complain(remark)

    def print_live(
        self, capture: LiveSource, explained: Sequence[Record] = (), sink: MessageSink | None = None
    ) -> None:
        """Shows a capture as it comes; a request waits a moment, to be shown with its answer.

        `explained` is that of a Session; `sink` is given the messages in place of this one.
        """
        session = Session(self.registry, self.byte_order, protocol=self.protocol)
        session.explained = list(explained)
        driver = Driver(session, sink or self, patience=PATIENCE)
        self._restart(True)
        broken: list[OSError] = []

        def on_wait() -> float | None:
            """Shows what is overdue; raises _Enough if no more is wanted, or the output broke."""
            try:
                if not driver.overdue():
                    raise _Enough
                self.output.flush()
                if self.writer is not None:
                    self.writer.flush(driver.patience is None)
            except OSError as problem:  # of the output, and not of what is read
                broken.append(problem)
                raise _Enough from None
            return driver.patience

        capture.on_wait = on_wait
        try:
            if driver.run(capture):
                self._gap()
        except CaptureError:
            self._gap()
            raise
        except _Enough:
            if broken:
                raise broken[0] from None
        finally:
            self._passed_over(session)
            self.report_problems()

    def print_framed(self, what: Callable[[], None]) -> int:
        """Shows `what` between begin and end; 2 where it was cut short, which is said."""
        if not self.quiet:
            self.output.write(self.renderer.begin())
            self.output.flush()
        try:
            what()
        except CaptureError as problem:
            self.output.flush()
            complain(str(problem))
            return 2
        finally:
            self.finish()
            self.output.flush()
        return 0

    def _restart(self, fold: bool) -> None:
        """Makes ready for another capture; `fold`: copies may be left out."""
        self.selection.restart()
        self._folds = fold and self.presentation.folds and not self._pipes

    def take(self, message: Message, link: Link) -> bool:
        """Shows a message if it is to be shown; false when that were enough."""
        record = message.record
        assert record is not None
        mine = self.jobs is None or self.jobs.mine(record)
        if record.options is not None or record.interface is not self._interface:
            self._show_losses(message, record)
        if not mine:
            self._pass_by(message, link, record)
            return True
        chosen = self.selection.chooses(message, link)
        if not chosen and self.renderer.follows and not self.quiet:
            self.output.write(self.renderer.pass_over(message, link))
        if not chosen or (self._folds and _is_copy(link)):
            if self.clock.follows:
                self.clock.see(record.number, record.time)
            if chosen and self.writer is not None:
                self.writer.add(message, record)
            return True
        self.found += 1
        if not self.quiet:
            if self._undescribed is not None:
                self._undescribed.see(message)
            self._print(message, link)
        if self.writer is not None:
            self.writer.add(message, record)
        if self.left > 0:
            self.left -= 1
        return self.left != 0

    def _print(self, message: Message, link: Link) -> None:
        """Adds the message to the output, whole or not at all."""
        if self.presentation.fitted is not None:
            self.presentation.fitted.width = self.output.columns()
        out = self.output.buffer
        if self._merged is not None and message.record is not None:
            self._head(self._merged.path_of(message.record.interface))
        before = len(out)
        try:
            self.renderer.write(out, message, link)
        except KeyboardInterrupt:
            out.truncate(before)
            raise
        self.output.filled()
        message.forget()  # it has grown old, and its nodes would outlive young ones

    def _head(self, path: str) -> None:
        """Says of which file the next message is, where another one's went before."""
        if path != self._headed:
            first = self._headed is None
            self.output.write(self.renderer.file(path, not first, goes_on=not first))
            self._headed = path

    def _show_losses(self, message: Message, record: Record) -> None:
        """Tells of datagrams lost before this record, and at the end of another interface."""
        if record.interface is not self._interface:
            self._gap()
            self._interface = record.interface
        if record.options is not None and not message.offset and record.lost:
            self._lost += record.lost
            if not self.quiet:
                self.output.write(self.renderer.lost(record.lost, True, record.overrun))

    def _pass_by(self, message: Message, link: Link, record: Record) -> None:
        """Takes from a message that another process shows what later ones need."""
        clock = self.clock
        if self._merged is not None and self._shows(message, link):
            self._head(self._merged.path_of(record.interface))
        if clock.follows:
            clock.see(record.number, record.time)
        refines = self.presentation.timed and clock.refines(record)
        # What is shown may begin the filter's times, also where it refines nothing.
        if (refines or not self.selection.begun()) and self._shows(message, link) and refines:
            clock.digits = 9

    def _shows(self, message: Message, link: Link) -> bool:
        """Whether the message is shown, by whichever process."""
        return self.selection.chooses(message, link) and not (self._folds and _is_copy(link))

    def _gap(self) -> None:
        """Tells of loss that no record tells of: by the interface's statistics."""
        place = self._interface
        more = 0 if place is None else (place.dropped or 0) - self._lost
        if place is not None and more > 0 and not self.quiet:
            overrun = "a traced program lost messages" if place.traced else None
            self.output.write(self.renderer.lost(more, False, overrun))
        self._interface = None
        self._lost = 0

    # -- what is said at the end -------------------------------------------------

    def _passed_over(self, session: Session) -> None:
        if session.skipped or session.untold.assumed is not None:
            self.output.flush()
        tell_assumption(session, self.path, "; --protocol says otherwise")
        for link_type, count in sorted(session.skipped.items()):
            name = LINK_TYPES.get(link_type)
            named = f"{link_type} ({name})" if name is not None else str(link_type)
            were = (
                "record of link type {} is not netlink and was"
                if count == 1
                else ("records of link type {} are not netlink and were")
            )
            complain(f"{count} {were.format(named)} passed over")

    def report_problems(self) -> None:
        """Says which dissectors are broken, each once."""
        problems = [str(problem) for problem in self.registry.problems[self._reported :]]
        self._reported += len(problems)
        for problem in problems + self._more_problems:
            complain(f"this dissector is left out: {problem}")
        self._more_problems = []


def _is_copy(link: Link) -> bool:
    """Whether another copy of the same notification counts it."""
    return link.role_code == ROLE_COPY and not link.late
