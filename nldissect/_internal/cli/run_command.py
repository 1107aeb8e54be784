"""`nldissect run`: a command, and what it and the kernel say to each other."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import struct
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, TextIO

from ..capture.live import live_capture as capturing
from ..capture.live import privileges
from ..capture.live.groups import GENERIC, GROUPS, ROUTE
from ..capture.live.preamble import NOWHERE, asked_before, subject_of
from ..capture.strace.process_tree import ProcessTree
from ..capture.strace.traced_command import PlainCommand, TracedCommand, can_trace
from ..engine.message import Message
from ..pairing.codes import COPY, NOTIFICATION
from ..pairing.transaction import Link
from ..session.driver import MessageSink
from ..session.forward_pass import RecordSource
from ..session.multicast import group_of
from ..wire.errors import CaptureError, UsageError
from ..wire.output_file import OutputFile
from ..wire.record import Record, Socket
from ..wire.text import escaped
from .command_span import CommandSpan
from .input_captures import BufferedRecords, registry_of
from .message_printer import LiveSource, MessagePrinter
from .output import TextOutput, complain

NOT_FOUND = 127  # as shells say it
NOT_EXECUTABLE = 126
DRAIN: Final = 0.05  # seconds
# A trace that has come so far past a message has told whose it is, if it is the tree's; and
# so long after it no more is waited for.
NEAR: Final = 1.0
BEHIND: Final = 10.0
INSTALL: Final = " (apt-get install strace, or your system's like)"
RTNLGRP: Final = GROUPS[ROUTE]
# What takes a network namespace's name with -n, and how nsenter(1) is given its file.
_NETNS_TOOLS: Final = ("ip", "tc", "bridge")
_NETNS_PATH: Final = "--net=/run/netns/"


def run(options: Namespace, output: TextOutput) -> int:
    """Runs the command; returns its exit status."""
    command = options.argv[options.argv[:1] == ["--"] :]
    if not command:
        raise UsageError("run: which command? nldissect run [options] -- COMMAND")
    name = command[0]
    if shutil.which(name) is None:
        there = "/" in name and os.path.exists(name)
        complain(f"{name}: {'cannot be executed' if there else 'command not found'}")
        return NOT_EXECUTABLE if there else NOT_FOUND
    both = options.output, options.write
    if None not in both and os.path.realpath(both[0]) == os.path.realpath(both[1]):
        raise UsageError(f"-o and -w: {options.output} cannot be both; name another file")
    span = CommandSpan(options, command) if options.format == "otlp" else None
    registry = registry_of(options)
    stream: TextIO | None = None
    if options.output not in (None, "-"):
        try:
            with OutputFile(options.output, at_once=True) as made:
                stream = os.fdopen(os.dup(made.fileno()), "w", encoding="utf-8")
        except OSError as problem:
            raise UsageError(
                f"-o: {options.output} cannot be written: {problem.strerror}"
            ) from None
        output = TextOutput(stream)
    try:
        plain = Namespace(**{**vars(options), "files": []})
        run = CommandRun(options, output, MessagePrinter(plain, output, registry), command)
        status = run.run()
        if span is not None:
            output.write(span.line(run.begun, run.ended, status))
        return status
    finally:
        if span is not None:
            span.close()
        if stream is not None:
            output.flush()
            stream.close()


class CommandRun:
    """One run of the command."""

    def __init__(
        self, options: Namespace, output: TextOutput, printer: MessagePrinter, command: list[str]
    ) -> None:
        self.options = options
        self.output = output
        self.printer = printer
        self.command = command
        self._explained: list[Record] = []
        self._netns = options.netns or entered_at_once(command)
        self.begun = self.ended = 0  # when the command did, in ns since the epoch

    def run(self) -> int:
        """Chooses the way, runs the command, shows its messages."""
        if self.options.strace and (self.options.netns is not None or self.options.join):
            raise UsageError("run: --netns and --join are of nlmon; strace shows what was received")
        if self.options.strace:
            hindrance = can_trace()
            if hindrance:
                raise UsageError(f"run: {hindrance}{INSTALL}")
            return self._traced()
        chosen = self.options.nlmon or self.options.netns is not None or bool(self.options.join)
        if not chosen and makes_a_namespace(self.command) and not can_trace():
            complain("unshare makes a network namespace; tracing system calls with strace, in all")
            return self._traced()
        try:
            self._explained = asked_before(self._netns)
            capture = capturing.start(
                capturing.LiveOptions(
                    netns=self._netns, join=tuple(self.options.join), preamble=False
                )
            )
        except UsageError as problem:
            why = str(problem).replace("nldissect live", "nldissect run")
            if chosen:
                raise UsageError(why) from None
            hindrance = can_trace()
            if hindrance:
                raise UsageError(f"run: {why}; and {hindrance}{INSTALL}") from None
            complain(f"{why}; tracing system calls with strace instead")
            return self._traced()
        with capture:
            if self._netns != self.options.netns:
                complain(f"listening in network namespace {escaped(self._netns or '')}")
            namespace = privileges.namespace_number(self._netns)
            return self._heard(capture, ProcessTree(namespace))

    def _traced(self) -> int:
        self.output.flush()
        self.begun = time.time_ns()
        traced = TracedCommand(self.command)
        try:
            self._drop_privileges()
            with _signals(traced.kill):
                self._show(traced)
        finally:
            status = traced.close()
            self.ended = time.time_ns()
        return status

    def _heard(self, capture: capturing.LiveCapture, tree: ProcessTree) -> int:
        """By nlmon: all that passes while the command runs, of which its own is chosen."""
        self.output.flush()
        self.begun = time.time_ns()
        running: TracedCommand | PlainCommand
        if can_trace():
            running, traced = PlainCommand(self.command), None
        else:
            running = traced = TracedCommand(self.command, ports=True)
        self._drop_privileges()
        tree.start(running.pid)
        chooser = _CommandMessages(self.printer, tree, traced, self.begun, bool(self.options.join))

        def wait() -> None:
            """Ends the capture when the command and all that it started have ended."""
            running.wait()
            self.ended = time.time_ns()
            while tree.running() and not running.released:
                time.sleep(DRAIN)
            chooser.join()
            time.sleep(DRAIN)  # what it said last is on its way
            capture.stop()

        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        try:
            with _signals(running.kill):
                self._show(capture, chooser)
                waiting.join()
        finally:
            status = running.close()
            tree.close()
            self.output.flush()
            self._tell_of_namespaces(tree, traced)
        return status

    def _tell_of_namespaces(self, tree: ProcessTree, traced: TracedCommand | None) -> None:
        """What was not heard: the capture is in one network namespace."""
        gone = dict(tree.elsewhere)
        if traced is not None and self._netns is None:
            gone |= traced.entered
        if not gone:
            return
        first, *others = (escaped(gone[pid]) for pid in sorted(gone))
        names = first + (f" and {len(others)} more" if others else "")
        where = "in another network namespace" if self._netns is None else "elsewhere"
        complain(
            f"{names} went on {where}, of which nothing is shown: "
            "`run --strace` shows it, `run --netns NAME|PID` that namespace alone"
        )

    def _drop_privileges(self) -> None:
        """The command has begun: what is left to do is to decode, to pass signals on to it, and
        to look in /proc which sockets are its tree's."""
        options = self.options
        keep = privileges.CAP_KILL, privileges.CAP_SYS_PTRACE, privileges.CAP_DAC_READ_SEARCH
        privileges.drop_to_decode((*options.dissectors, *options.specs), options.write, keep)

    def _show(self, capture: LiveSource, chooser: _CommandMessages | None = None) -> None:
        """Shows the capture as it comes or, with --after, at its end; `chooser` chooses."""
        printer = self.printer

        def show() -> None:
            """Within begin and end."""
            source: RecordSource = BufferedRecords(capture) if self.options.after else capture
            if chooser is not None:
                printer.print_through(source, chooser, self._explained)
                chooser.keep(self._explained)
            elif self.options.after:
                printer.print_capture(source)
            else:
                printer.print_live(capture)
            capture.on_wait = None  # nobody is to be told any more
            for _ in source:  # -c N is reached: the command goes on
                pass

        printer.print_framed(show)


def entered_at_once(command: list[str]) -> str | None:
    """The network namespace that a command enters before it says anything, where its words tell."""
    name, words = os.path.basename(command[0]), command[1:]
    found: str | None = None
    if name in _NETNS_TOOLS and len(words) > 1 and words[0] in ("-n", "-netns", "--netns"):
        found = words[1]
    elif name == "ip" and words[:2] == ["netns", "exec"] and len(words) > 2:
        found = words[2]
    elif name == "nsenter":
        paths = [word for word in words if word.startswith(_NETNS_PATH)]
        found = paths[0].removeprefix(_NETNS_PATH) if paths else None
    there = found is not None and not found.isdecimal() and privileges.namespace_number(found)
    return found if there else None


def makes_a_namespace(command: list[str]) -> bool:
    """Whether a command's words say that it enters a network namespace that is not there yet."""
    if os.path.basename(command[0]) != "unshare":
        return False
    options = itertools.takewhile(lambda word: word.startswith("-"), command[1:])
    return any(re.fullmatch(r"-[a-zA-Z]*n[a-zA-Z]*|--net(=.*)?", word) for word in options)


class _CommandMessages(MessageSink):
    """Which of all the messages that nlmon shows are of the command's sockets.

    strace, where it is there, tells exactly whose each port is; else /proc, which may be
    too late for a socket that is closed at once.
    """

    def __init__(
        self,
        printer: MessagePrinter,
        tree: ProcessTree,
        traced: TracedCommand | None,
        begun: int,
        joined: bool,
    ) -> None:
        self._printer = printer
        self._touched: set[tuple[int, int]] = set()  # (protocol, number) of families and links
        self._tree = tree
        self._traced = traced
        self._begun = begun
        self._joined = joined
        self._following = threading.Thread(target=self._follow, daemon=True)
        self._following.start()

    def _follow(self) -> None:
        if self._traced is not None:
            with suppress(CaptureError):  # there are no bytes in this trace
                for _ in self._traced:
                    pass

    def join(self) -> None:
        """Wait until the trace has been read to its end."""
        self._following.join()

    def take(self, message: Message, link: Link) -> bool:
        """Shows the message if a socket of the tree sent or received it."""
        printer, record = self._printer, message.record
        assert record is not None
        if printer.selection.is_own(message):
            return True
        if record.time is not None and record.time < self._begun:
            return True
        if link.role == NOTIFICATION:
            if not (self._joined and self._is_caused(message, link)) and not self._received(
                message
            ):
                return True
            link.listeners = 1  # whose the others are is not known
        elif link.role == COPY:
            return True
        else:
            found = link.transaction
            port = message.port if found is None or found.port <= 0 else found.port
            if not (self._is_of_command(message, port) if port > 0 else message.to_kernel):
                return True
        if printer.writer is not None:
            self._note(message)
        return printer.take(message, link)

    def _note(self, message: Message) -> None:
        """Which family the message is of, and what in it may be the index of a link."""
        data = message.data
        if message.protocol == GENERIC:
            self._touched.add((GENERIC, message.type))
        words = struct.unpack_from(f"={len(data) // 4}I", data)
        self._touched.update((ROUTE, word) for word in words[4:])

    def keep(self, explained: list[Record]) -> None:
        """Writes what explains the file, of that what the command touched; it counts last."""
        writer = self._printer.writer
        if writer is None:
            return
        for record in explained:
            about = subject_of(record.protocol, record.data)
            if about in self._touched and record.interface is not NOWHERE:
                port = struct.unpack_from("=I", record.data, 12)[0]
                key = (record.protocol, port)
                if key not in {(s.protocol, s.port) for s in record.interface.sockets if s.own}:
                    own = Socket(record.time_ns, *key, os.getpid(), "nldissect", own=True)
                    record.interface.sockets.append(own)
                writer.keep(record)

    def _is_caused(self, message: Message, link: Link) -> bool:
        """Whether the command caused the notification, as far as anybody can be told to have."""
        found = link.transaction
        return found is None or found.port <= 0 or self._is_of_command(message, found.port)

    def _is_of_command(self, message: Message, port: int) -> bool:
        """Whether the port is a socket of the tree; waits for the trace where it may still tell."""
        key = (message.protocol, port)
        if self._traced is None:
            owner = message.context.socket(port, message)
            return self._tree.has(*key, None if owner is None else owner.pid)
        record = message.record
        when = 0.0 if record is None or record.time is None else record.time / 1e9
        while not self._is_traced(key):
            if (
                not self._following.is_alive()
                or self._traced.seen > when + NEAR
                or time.time() > when + BEHIND
                or (self._traced.idle and self._tree.asleep() and self._traced.idle)
            ):
                return self._is_traced(key)
            time.sleep(0.002)
        return True

    def _is_traced(self, key: tuple[int, int]) -> bool:
        assert self._traced is not None
        sockets = [s for place in self._traced.interfaces for s in place.sockets]
        return any((socket.protocol, socket.port) == key for socket in sockets)

    def _received(self, message: Message) -> bool:
        """Whether a socket of the tree had joined the group, as far as that is known."""
        mask = self._tree.groups.get(message.protocol, 0)
        group = group_of(message)
        if not mask or group is None or message.protocol != ROUTE:
            return bool(mask)
        number = RTNLGRP.get(group.removeprefix("RTNLGRP_").lower().replace("_", "-"), 0)
        # /proc/net/netlink tells the first 32 groups only.
        return number == 0 or number > 32 or bool(mask >> number - 1 & 1)


@contextmanager
def _signals(send: Callable[[int], None]) -> Iterator[None]:
    """What the terminal sends goes to the command as well; the rest is passed on to it."""

    def terminal(number: int, _: object) -> None:
        """Signal handler: who shares the terminal has it already."""
        send(0 if _foreground() else number)

    def other(number: int, _: object) -> None:
        """Signal handler."""
        send(number)

    before = {
        number: signal.signal(number, handler)
        for number, handler in (
            (signal.SIGINT, terminal),
            (signal.SIGQUIT, terminal),
            (signal.SIGTERM, other),
            (signal.SIGHUP, other),
        )
        if signal.getsignal(number) != signal.SIG_IGN  # nohup
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _foreground() -> bool:
    """Whether what the terminal sends to this process goes to the command as well."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
