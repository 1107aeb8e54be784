"""`nldissect live`: messages as they are sent, shown as `read` shows them."""

from __future__ import annotations

import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ..analysis.metrics import Metrics
from ..capture.live import bpf, privileges
from ..capture.live import live_capture as capturing
from ..capture.live.file_limits import Limits, parse_limits
from ..capture.live.preamble import asked_before
from ..engine.message import Message
from ..pairing.transaction import Link
from ..session.driver import MessageSink
from ..spec.registry import Registry
from ..wire import framing, linux
from ..wire.errors import UsageError
from ..wire.record import Record
from .input_captures import registry_of
from .message_printer import MessagePrinter
from .output import TextOutput, complain, is_terminal
from .selection import loaded, number_or_none, parse_number, protocols_of, split_list

INTERVAL = 0.2  # seconds between updates of the status line
_CONTROL = {"noop": 1, "error": 2, "ack": 2, "done": 3, "overrun": 4}


def live(options: Namespace, output: TextOutput) -> int:
    """Captures and shows until stopped; returns the exit status."""
    registry = registry_of(options)
    quiet = options.quiet or options.write == "-"
    plain = Namespace(**{**vars(options), "files": [], "write": None, "quiet": quiet})
    return LiveRun(options, output, MessagePrinter(plain, output, registry)).run()


class LiveRun:
    """One run of the command."""

    def __init__(self, options: Namespace, output: TextOutput, printer: MessagePrinter) -> None:
        self.output = output
        self.printer = printer
        self.options = live_options(options, printer)
        self.copies = options.write == "-"
        if self.copies and (output.binary is None or output.terminal()):
            raise UsageError("-w -: standard output is a terminal; pipe it somewhere")
        self.quiet: bool = printer.quiet
        self.metrics = None if options.metrics is None else _LiveMetrics(options.metrics, printer)
        self._code = (*options.dissectors, *options.specs)
        # What explains the capture needs a place in it only where that is kept or asked for.
        self._aside = self.options.preamble and not (options.own or self.quiet or options.write)
        if self._aside:
            self.options = replace(self.options, preamble=False)
        self._explained: list[Record] = []
        self._drawn = False
        self._warned = ""
        self._next = 0.0
        self._status = is_terminal(sys.stderr) and (self.quiet or not output.terminal())

    def run(self) -> int:
        """Captures until the end."""
        binary = None if self.quiet and not self.copies else self.output.binary
        watch = [] if binary is None else [binary.fileno()]
        try:
            if self._aside:
                self._explained = asked_before(self.options.netns)
            with capturing.start(self.options, watch=watch) as capture:
                privileges.drop_to_decode(self._code)
                if self.metrics is not None:
                    self.metrics.server.start()
                made = ", made for this and removed at the end" if capture.made else ""
                capture.on_report = lambda: self._take_report(capture)
                with stopped_by_signals(capture):  # before it is said that a signal may come
                    complain(f"listening on {capture.interface}{made}")
                    if self.metrics is not None:
                        complain(f"metrics are at {self.metrics.server.url}")
                    status = self._show(capture)
        except capturing.ReaderGone:
            raise BrokenPipeError from None
        finally:
            self._clear()
            if self.metrics is not None:
                self.metrics.server.close()
        return self._report(capture) or status

    def _show(self, capture: capturing.LiveCapture) -> int:
        printer = self.printer
        if self.copies:
            capture.on_bytes = self._copy
        if self.metrics is None and self.copies:
            while capture.read(1 << 16):
                pass
            return 0
        if self.metrics is None and self.quiet:
            capture.wait()
            return 0
        return printer.print_framed(
            lambda: printer.print_live(capture, self._explained, self.metrics)
        )

    def _copy(self, data: bytes) -> None:
        binary = self.output.binary
        assert binary is not None
        try:
            binary.write(data)
            binary.flush()
        except BrokenPipeError:
            raise capturing.ReaderGone from None

    # -- what is said on standard error --------------------------------------------------

    def _take_report(self, capture: capturing.LiveCapture) -> None:
        if capture.warning != self._warned:
            self._warned = capture.warning
            self._clear()
            complain(capture.warning)
        self._draw(capture)

    def _draw(self, capture: capturing.LiveCapture) -> None:
        now = time.monotonic()
        if self._status and now >= self._next:
            self._next = now + INTERVAL
            sys.stderr.write(f"\r{_counted(capture)}\x1b[K")
            sys.stderr.flush()
            self._drawn = True

    def _clear(self) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn = False

    def _report(self, capture: capturing.LiveCapture) -> int:
        complain(_counted(capture))
        if capture.reason in capturing.PLANNED:
            return 0
        complain(f"the capture ended: {capture.reason}")
        return 2


class _LiveMetrics(MessageSink):
    """Counts all that is captured, and passes it on to what shows it."""

    def __init__(self, address: str, printer: MessagePrinter) -> None:
        from ..export.prometheus_text import Exposition
        from .metrics_server import MetricsServer

        self._printer = printer
        self._metrics = Metrics()
        self.server = MetricsServer(address, Exposition(self._metrics).application())

    def take(self, message: Message, link: Link) -> bool:
        """False when no more are to be shown."""
        if not self._printer.selection.is_own(message):
            self._metrics.take(message, link)
        return self._printer.take(message, link)


def _counted(capture: capturing.LiveCapture) -> str:
    plural = "" if capture.packets == 1 else "s"
    return f"{capture.packets} datagram{plural} captured, {capture.dropped} dropped by the kernel"


@contextmanager
def stopped_by_signals(capture: capturing.LiveCapture) -> Iterator[None]:
    """The first signal ends the capture, what was captured is shown; the second one ends that."""

    def end(number: int, _: object) -> None:
        """Signal handler."""
        if capture.stopping:
            raise KeyboardInterrupt(number)
        capture.stop()

    chosen = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup(1) leaves it
        chosen.append(signal.SIGHUP)
    before = {number: signal.signal(number, end) for number in chosen}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# -- options -----------------------------------------------------------------------------


def live_options(options: Namespace, printer: MessagePrinter) -> capturing.LiveOptions:
    """What to capture, by the options; raises UsageError."""
    stop, ring = _limits(options)
    silent = options.quiet or options.write == "-"
    everything = silent or printer.selection.everything
    return capturing.LiveOptions(
        interface=options.interface,
        netns=options.netns,
        write=None if options.write == "-" else options.write,
        ring=ring,
        stop=stop,
        messages=printer.left if printer.left > 0 and everything else None,
        snaplen=_size(options.snaplen, "-s", 1, capturing.SNAPLEN) or capturing.SNAPLEN,
        buffer=(_size(options.buffer, "-B", 1 << 20, 1 << 31) or capturing.BUFFER),
        filter=kernel_filter(options, printer.registry) or bpf.BpfFilter(),
        preamble=options.preamble,
        join=tuple(options.join),
    )


def _limits(options: Namespace) -> tuple[Limits, Limits | None]:
    """-a and -b, None without the latter; raises UsageError for what does not go together."""
    stop = parse_limits("-a", options.stop)
    ring: Limits | None = None
    if options.ring:
        ring = parse_limits("-b", options.ring)
        if options.write is None or options.write == "-":
            raise UsageError("-b needs a file to number: -w FILE")
        if not ring.end_files():
            raise UsageError("-b files: when does a file end? add duration, filesize or packets")
    elif stop.files is not None:
        raise UsageError("-a files: there is one file only; -b makes more")
    if stop.filesize is not None and options.write in (None, "-"):
        raise UsageError("-a filesize needs a file: -w FILE")
    return stop, ring


def kernel_filter(options: Namespace, registry: Registry) -> bpf.BpfFilter | None:
    """The part of --protocol, --family, --type and --port that the kernel can tell."""
    names = split_list(options.protocol)
    types = split_list(options.types)
    ports = split_list(options.port)
    families = split_list(options.family)
    protocols = protocols_of(names) if names else None
    if families:
        generic = {framing.NETLINK_GENERIC}
        protocols = generic if protocols is None else protocols & generic
    if not (names or types or ports or families):
        return None
    given = (("--protocol", names), ("--family", families), ("--type", types), ("--port", ports))
    return bpf.BpfFilter(
        None if protocols is None else sorted(protocols),
        sorted(_message_types(types, registry)) if types else None,
        sorted({parse_number(text, "--port") for text in ports}) if ports else None,
        " ".join(f"{option} {','.join(values)}" for option, values in given if values),
    )


def _message_types(types: list[str], registry: Registry) -> set[bpf.MessageType]:
    """Every message type that one of these names may stand for."""
    found = set()
    names = set()
    for text in types:
        number = number_or_none(text)
        if number is None:
            names.add(text)
        else:
            found.add(bpf.MessageType(type=number))
    for name in names:
        control = _CONTROL.get(name.removeprefix("NLMSG_").lower())
        if control is not None:
            found.add(bpf.MessageType(type=control))
    for number, constant in linux.RTM.items():
        if constant in names or constant[4:].lower() in names:
            found.add(bpf.MessageType(type=number))
    for spec in loaded(registry):
        for table in (spec.requests, spec.replies):
            for number, operation in table.items():
                if operation.name in names or operation.constant in names:
                    found.add(
                        bpf.MessageType(type=number)
                        if spec.protonum is not None
                        else bpf.MessageType(framing.NETLINK_GENERIC, command=number)
                    )
    return found


def _size(text: str | None, option: str, unit: int, most: int) -> int | None:
    """A size in `unit`s as bytes; None when not given or 0."""
    if text is None:
        return None
    number = parse_number(text, option) * unit
    if not 0 <= number <= most:
        raise UsageError(f"{option}: {text} is not within 0 and {most // unit}")
    return number or None
