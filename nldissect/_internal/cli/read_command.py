"""`nldissect read`: captures in, text out."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Protocol

from ..capture.reader import CaptureReader, PcapngWriter, open_capture
from ..engine.message import Message
from ..pairing.codes import ROLE_COPY
from ..pairing.transaction import Link
from ..render.renderer import Renderer
from ..render.style import Style
from ..session.driver import Driver, MessageSink
from ..session.forward_pass import RecordSource, Session
from ..session.process import OwnTraffic
from ..spec.registry import Registry
from ..wire import framing
from ..wire.errors import CaptureError, UsageError
from ..wire.record import Interface, Record
from ..wire.times import TimeFormatter
from . import jobs, select
from .opening import registry_of
from .output import Output, complain
from .progress import Watched

if TYPE_CHECKING:
    from ..render.column_output import ColumnLayout

# Link types by their names (tcpdump.org/linktypes.html), for what is passed over.
LINK_TYPES = {
    0: "NULL", 1: "ETHERNET", 9: "PPP", 12: "RAW", 101: "RAW", 105: "IEEE802_11", 113: "LINUX_SLL",
    127: "IEEE802_11_RADIOTAP", 147: "USER0", 189: "USB_LINUX", 192: "PPI",
    220: "USB_LINUX_MMAPPED", 228: "IPV4", 229: "IPV6", 239: "NFLOG", 253: "NETLINK",
    276: "LINUX_SLL2",
}  # fmt: skip


def read(options: Namespace, output: Output) -> int:
    """Shows the messages of the files as the options say; returns the exit status."""
    registry = registry_of(options)
    reading = Reading(options, output, registry)
    try:
        return reading.run(options.files)
    finally:
        reading.report_problems()


# Where somebody waits for the first line, so many bytes of the file are read before what is shown.
AHEAD = 4 << 20

# How long a message that arrives waits for what belongs to it, in seconds.
PATIENCE = 0.05


class Arriving(RecordSource, Protocol):
    """Records that come with time: `on_wait` is called before more is waited for.

    It returns in how many seconds it wants to be called again, None for when something
    has come.
    """

    on_wait: Callable[[], float | None] | None


class _Enough(Exception):
    """As many messages are shown as were asked for."""


class Reading(MessageSink):
    """One run of the command over all its files."""

    def __init__(self, options: Namespace, output: Output, registry: Registry) -> None:
        self.output = output
        self.registry = registry
        self.byte_order: str | None = options.byte_order
        families = select.split(options.family)
        self.family = select.ByFamily(families) if families else None
        self.test = select.selection(
            registry,
            select.split(options.protocol),
            self.family,
            select.split(options.types),
            select.split(options.pid),
        )
        self.filter = select.display_filter(options, registry)
        self.own = None if options.own else OwnTraffic()
        self.left = -1
        if options.count is not None:
            self.left = select.number(options.count, "-c")
            if self.left < 1:
                raise UsageError(f"-c: {options.count} messages cannot be shown; give 1 or more")
        self.two_pass: bool = options.two_pass
        self.jobs_wanted = jobs.asked(options.jobs)
        self.jobs: jobs.Jobs | None = None  # this process is one of several
        # Whether what is shown depends on how much of it went before
        self.alone = options.write is not None or self.left > 0
        self.timed = False  # whether times are shown by the clock
        self.fold = False  # whether copies of a notification are left out
        self.fits = False  # whether lines are cut to the terminal
        self.clock = TimeFormatter(options.time or "relative")
        self.renderer = self._renderer(options)
        self.writer = None if options.write is None else Writer(options.write, output)
        if self.writer is not None:
            self.writer.refuse_inputs(options.files)
        if list(options.files).count("-") > 1:
            raise UsageError("standard input (-) can be read only once")
        self.quiet = self.writer is not None and self.writer.path == "-"
        self._folds = False  # whether copies are left out of this capture
        self._interface: Interface | None = None  # of the last record
        self._lost = 0  # datagrams, of those that its statistics count
        self._reported = 0
        self._more_problems: list[str] = []  # of other processes

    def _renderer(self, options: Namespace) -> Renderer:
        form = options.format or ("fields" if options.fields else "text")
        if form != "text" and (options.verbose or options.hex):
            raise UsageError(f"-V and -x go with text, not with -T {form}")
        if form != "fields" and (options.fields or options.layout):
            raise UsageError(f"-e and -E go with -T fields, not with -T {form}")
        if form != "text" and options.copies:
            raise UsageError(f"--copies goes with text; -T {form} has each copy anyway")
        if form == "fields":
            return self._fields(options)
        if form != "text":
            from ..render.formats import FORMATS

            return FORMATS[form]()
        from ..render.list_output import ListRenderer

        self.fold = not options.copies
        style = Style(_colour(options.color, self.output), self.output.can_encode("→←…"))
        self.timed = True
        self.fits = self.output.terminal() and not options.verbose
        constants = options.names == "c"
        lines = ListRenderer(
            style, self.clock, self.output.columns() if self.fits else None, constants
        )
        self.lines = lines
        if not options.verbose and not options.hex:
            return lines
        from ..render.tree_output import HexDumpRenderer, TreeRenderer

        inner = TreeRenderer(lines, style, options.names != "spec") if options.verbose else lines
        return HexDumpRenderer(inner) if options.hex else inner

    def _fields(self, options: Namespace) -> Renderer:
        from ..render.column_output import MESSAGE_COLUMNS, ColumnsRenderer

        if not options.fields:
            raise UsageError("-T fields needs at least one -e PATH, such as -e time -e summary")
        for path in options.fields:
            if path not in MESSAGE_COLUMNS:
                select.known_path(path, self.registry)
        self.timed = options.time is not None
        clock = self.clock if self.timed else None
        return ColumnsRenderer(options.fields, _layout(options.layout), clock, options.names == "c")

    # -- reading ---------------------------------------------------------------

    def run(self, files: list[str]) -> int:
        """Reads the files one after the other; 2 if one of them could not be read to its end."""
        status = 0
        several = len(files) > 1
        shown = 0
        if not self.quiet:
            self.output.write(self.renderer.begin())
        try:
            for path in files:
                try:
                    capture = open_capture(path)
                    if several and not self.quiet:
                        self.output.write(self.renderer.file(path, shown))
                    shown += 1
                    self._file(capture, path)
                except CaptureError as problem:
                    self.output.flush()
                    complain(str(problem))
                    status = 2
                if self.left == 0:
                    break
        finally:
            self.finish()
        if self.family is not None and self.left:
            self.output.flush()
            for remark in self.family.missed():
                complain(remark)
        return status

    def _file(self, capture: CaptureReader, path: str) -> None:
        count = jobs.useful(self.jobs_wanted, path, self.output)
        if not capture.rewindable:
            self.follow(capture)
            return
        if self.alone or self.clock.form == "delta-shown":
            count = 1
        if self.output.terminal() or not _terminal(sys.stderr):
            self.whole(capture, count)
            return
        watched = Watched(capture, os.path.basename(path))
        try:
            self.whole(watched, count)
        finally:
            watched.clear()

    def whole(self, capture: RecordSource, count: int = 1) -> None:
        """Shows a capture that is all there, and can be gone through twice."""
        session = Session(self.registry, self.byte_order)
        self._restart(True)
        try:
            if count > 1:
                self._together(session, capture, count)
            else:
                Driver(session, self).run(capture, self._before())
            self._gap()
        finally:
            self._passed_over(session)
            self.report_problems()

    def _together(self, session: Session, capture: RecordSource, count: int) -> None:
        """Shows its messages in so many processes."""
        before, first, between = self._before(), self.renderer.separator, self.renderer.between
        # The header pass is for all where it comes first.
        several = self.jobs = jobs.Jobs(count, self.output, between, first)
        shared = several.shared(capture, 1 if before is None else 0)
        driver = Driver(session, self)
        self.renderer.separator = between
        try:
            several.run(lambda: driver.run(shared, before), self._seen, self._see)
        finally:
            self.jobs = None
            if not several.written:
                self.renderer.separator = first

    def _seen(self) -> tuple[list[str], set[str]]:
        """What one process tells the first one: broken dissectors, families that it met."""
        problems = [str(problem) for problem in self.registry.problems]
        return problems, set() if self.family is None else self.family.seen

    def _see(self, seen: tuple[list[str], set[str]]) -> None:
        """What `_seen` gave in another process."""
        known = [str(problem) for problem in self.registry.problems]
        self._more_problems += [problem for problem in seen[0] if problem not in known]
        if self.family is not None:
            self.family.seen |= seen[1]

    def chosen(self, capture: RecordSource, chooser: MessageSink) -> None:
        """Shows what `chooser` passes on of a capture's messages."""
        session = Session(self.registry, self.byte_order)
        self._restart(False)
        try:
            Driver(session, chooser).run(capture, self._before())
        finally:
            self._passed_over(session)
            self.report_problems()

    def _before(self) -> int | None:
        """How far before what is shown the header pass goes, in bytes; None: to the end."""
        early = self.left > 0 or self.output.awaited
        return AHEAD if early and not self.two_pass else None

    def finish(self) -> None:
        """Completes what is shown, and the file that is written."""
        if self.writer is not None:
            self.writer.finish()
        if not self.quiet:
            self.output.write(self.renderer.end())

    def follow(self, capture: Arriving) -> None:
        """Shows a capture as it comes; a request waits a moment, to be shown with its answer."""
        session = Session(self.registry, self.byte_order)
        driver = Driver(session, self, patience=PATIENCE)
        self._restart(True)
        broken: list[OSError] = []

        def on_wait() -> float | None:
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

    def _restart(self, fold: bool) -> None:
        """Makes ready for another capture; `fold`: copies may be left out."""
        if self.filter is not None:
            self.filter.restart()
        self._folds = fold and self.fold and not self.quiet

    def take(self, message: Message, link: Link) -> bool:
        """Shows a message if it is to be shown; false when that were enough."""
        record = message.record
        assert record is not None
        mine = self.jobs is None or self.jobs.mine(record)
        if record.interface is not self._interface:
            self._gap()
            self._interface = record.interface
        if record.options is not None and not message.offset and record.lost:
            self._lost += record.lost
            if not self.quiet:
                self.output.write(self.renderer.lost(record.lost, True))
        if not mine:
            self._pass_by(message, link, record)
            return True
        if not self._wanted(message, link):
            if self.clock.follows:
                self.clock.see(record.number, record.time)
            return True
        if self._folds and link.role_code == ROLE_COPY and not link.late:
            if self.clock.follows:
                self.clock.see(record.number, record.time)
            if self.writer is not None:
                self.writer.add(message, record)
            return True
        if not self.quiet:
            if self.fits:
                self.lines.width = self.output.columns()
            out = self.output.buffer
            before = len(out)
            try:
                self.renderer.write(out, message, link)
            except KeyboardInterrupt:
                out.truncate(before)  # what is shown ends with a whole message
                raise
            self.output.filled()
            message.forget()  # it has grown old, and its nodes would outlive young ones
        if self.writer is not None:
            self.writer.add(message, record)
        if self.left > 0:
            self.left -= 1
        return self.left != 0

    def _wanted(self, message: Message, link: Link) -> bool:
        """Whether the options choose the message."""
        record = message.record
        assert record is not None
        return not (
            (self.own is not None and record.interface.sockets and self.own(message))
            or (self.test is not None and not self.test(message))
            or (self.filter is not None and not self.filter.matches(message, link))
        )

    def _pass_by(self, message: Message, link: Link, record: Record) -> None:
        """Takes from a message that another process shows what later ones need."""
        clock = self.clock
        if clock.follows:
            clock.see(record.number, record.time)
        refines = self.timed and clock.refines(record)
        if refines or (self.filter is not None and not self.filter.begun):
            copy = self._folds and link.role_code == ROLE_COPY and not link.late
            if self._wanted(message, link) and not copy and refines:
                clock.digits = 9

    def _gap(self) -> None:
        """Tells of loss that no record tells of: by the interface's statistics."""
        more = 0 if self._interface is None else (self._interface.dropped or 0) - self._lost
        if more > 0 and not self.quiet:
            self.output.write(self.renderer.lost(more, False))
        self._interface = None
        self._lost = 0

    # -- what is said at the end -------------------------------------------------

    def _passed_over(self, session: Session) -> None:
        if session.skipped:
            self.output.flush()
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


def _terminal(stream: object) -> bool:
    try:
        return bool(getattr(stream, "isatty", lambda: False)())
    except ValueError:
        return False


def _colour(choice: str, output: Output) -> bool:
    """--color, else NO_COLOR (no-color.org) and TERM=dumb, else whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return output.terminal()


def _layout(settings: list[str]) -> ColumnLayout:
    from ..render.column_output import ColumnLayout

    out = ColumnLayout()
    for setting in settings:
        key, _, value = setting.partition("=")
        value = {"/t": "\t", "/s": " "}.get(value, value)
        if key == "header" and value in ("y", "n"):
            out.header = value == "y"
        elif key == "separator" and len(value) == 1:
            out.separator = value
        elif key == "aggregator" and len(value) == 1:
            out.aggregator = value
        elif key == "quote" and value in ("d", "s", "n"):
            out.quote = {"d": '"', "s": "'", "n": ""}[value]
        else:
            raise UsageError(
                f"-E: {setting!r} is none of header=y|n, separator=CHARACTER, "
                "aggregator=CHARACTER, quote=d|s|n"
            )
    return out


class Writer:
    """-w: the messages shown, as pcapng.

    A record of which all messages are shown is written as it is, otherwise
    with the bytes of those shown. The file is made when there is something to
    read, so that a wrong file name elsewhere does not empty it.
    """

    def __init__(self, path: str, output: Output) -> None:
        self.path = path
        self._output = output
        self._stream: BinaryIO | None = None
        self._pcapng: PcapngWriter | None = None
        self._record: Record | None = None
        self._pieces: list[Message] = []

    def refuse_inputs(self, files: list[str]) -> None:
        """Raises UsageError when it would write over what is to be read."""
        for path in files:
            if path != "-" and self.path != "-" and os.path.exists(self.path):
                try:
                    same = os.path.samefile(path, self.path)
                except OSError:
                    continue
                if same and os.path.isfile(path):
                    raise UsageError(f"-w: {self.path} is read at the same time; name another file")

    def add(self, message: Message, record: Record) -> None:
        """One message shown, of this record."""
        if record is not self._record:
            self._emit()
            self._record = record
        self._pieces.append(message)

    def keep(self, record: Record) -> None:
        """A record that is not shown, and explains those that are."""
        self._emit()
        self._open().write(record)

    def flush(self, complete: bool) -> None:
        """Writes through what there is; `complete`: nothing is missing of the last record."""
        if complete:
            self._emit()
        if self._stream is not None:
            self._stream.flush()

    def finish(self) -> None:
        """Completes the file."""
        self._emit()
        self._open().finish()
        assert self._stream is not None
        if self.path == "-":
            self._stream.flush()
        else:
            try:
                self._stream.close()
            except OSError as problem:
                raise self._failed(problem) from None

    def _emit(self) -> None:
        record, pieces = self._record, self._pieces
        if record is None:
            return
        writer = self._open()
        data = b"".join([message.data for message in pieces])
        cut = any(message.state == framing.CUT for message in pieces)
        try:
            writer.part(record, data, cut)
        except OSError as problem:
            raise self._failed(problem) from None
        self._record = None
        self._pieces = []

    def _open(self) -> PcapngWriter:
        if self._pcapng is None:
            if self.path == "-":
                stream = self._output.binary
                if stream is None or self._output.terminal():
                    raise UsageError("-w -: standard output is a terminal; pipe it somewhere")
            else:
                try:
                    stream = open(self.path, "wb")  # noqa: SIM115 - closed by finish
                except OSError as problem:
                    raise self._failed(problem) from None
            self._stream = stream
            self._pcapng = PcapngWriter(stream)
        return self._pcapng

    def _failed(self, problem: OSError) -> BaseException:
        if isinstance(problem, BrokenPipeError) and self.path == "-":
            return problem
        return UsageError(f"-w: {self.path} cannot be written: {problem.strerror or problem}")
