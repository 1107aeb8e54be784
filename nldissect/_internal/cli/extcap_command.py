"""`nldissect extcap`: live capture for Wireshark and tshark, by their extcap interface.

Wireshark runs the program with `--extcap-interfaces`, `--extcap-dlts` and `--extcap-config` to
learn what there is, then with `--capture --fifo PIPE` and the options of its dialog; pcapng goes
into the pipe.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence

from ..analysis import link_text
from ..capture.files import link as link_types
from ..capture.live import live_capture as capturing
from ..capture.reader import PcapngWriter
from ..engine.message import Message
from ..filter import Filter
from ..pairing.transaction import Link
from ..session.driver import Driver, MessageSink
from ..session.forward_pass import Session
from ..spec.registry import Registry
from ..wire.errors import UsageError
from ..wire.output_file import OutputFile, write_file
from ..wire.record import Interface, Record
from ..wire.text import safe
from ..wire.version import VERSION
from .live_command import stopped_by_signals
from .output import TextOutput
from .selection import split_list

INTERFACE = "nldissect"
LAUNCHER = "nldissect-extcap"
PATIENCE = 0.05  # seconds that a request waits for the answer that tells whose it is
_COMMENT = 1  # pcapng's opt_comment
_MARK = "# Written by `nldissect extcap --install`"
_CONFIG = (
    "arg {number=0}{call=--netns}{display=Network namespace}{type=string}"
    "{tooltip=By its name in ip netns, or a process in it}\n"
    "arg {number=1}{call=--join}{display=Groups to join}{type=string}"
    "{tooltip=Multicast groups, separated by commas, so that the kernel tells what they are for}\n"
    "arg {number=2}{call=--filter}{display=Filter of nldissect}{type=string}"
    "{tooltip=Only messages for which it holds, such as type == newlink or error != 0}\n"
    "arg {number=3}{call=--no-prime}{display=Do not ask the kernel for families and links first}"
    "{type=boolflag}{default=false}\n"
)


def extcap(options: Namespace, output: TextOutput) -> int:
    """Answers Wireshark, captures for it, or puts the launcher into its folder."""
    if options.install or options.uninstall:
        return _install(output, options.uninstall)
    if options.extcap_interfaces:
        output.write(f"extcap {{version={VERSION}}}{{display=nldissect}}\n")
        output.write(f"interface {{value={INTERFACE}}}{{display=netlink (nldissect)}}\n")
        return 0
    if options.extcap_dlts:
        output.write(f"dlt {{number={link_types.NETLINK}}}{{name=NETLINK}}{{display=Netlink}}\n")
        return 0
    if options.extcap_config:
        output.write(_CONFIG)
        return 0
    if not options.capture:
        if options.extcap_capture_filter:  # asked whether it is a filter
            Filter(options.extcap_capture_filter, Registry())
            return 0
        raise UsageError("extcap is run by Wireshark; `nldissect extcap --install` tells it so")
    if options.fifo is None:
        raise UsageError("--capture needs --fifo PIPE, as Wireshark gives it")
    try:
        return _capture(options, OutputFile(options.fifo, at_once=True))
    except BrokenPipeError:  # Wireshark stopped
        return 0
    except OSError as problem:
        raise UsageError(f"{safe(options.fifo)}: {problem.strerror or problem}") from None


def _capture(options: Namespace, pipe: OutputFile) -> int:
    """Writes what is captured into the pipe, until that or the capture ends.

    The pipe is open from before the first mistake in the options until the process ends:
    Wireshark waits for its beginning, and at its end shows what standard error has by then.
    """
    text = options.extcap_capture_filter or options.filter
    wanted = Filter(text, Registry()) if text else None
    live = capturing.LiveOptions(
        netns=options.netns or None,
        preamble=options.preamble,
        join=tuple(split_list([options.join] if options.join else [])),
    )
    sink = CommentedPackets(pipe, wanted)
    with capturing.start(live) as capture, stopped_by_signals(capture):
        driver = Driver(Session(Registry()), sink, patience=PATIENCE)

        def on_wait() -> float | None:
            sink.begin(capture.interfaces)
            driver.overdue()
            sink.flush(driver.patience is None)
            return driver.patience

        capture.on_wait = on_wait
        driver.run(capture)
        sink.flush(True)
    return 0


class CommentedPackets(MessageSink):
    """Records as pcapng, each with the processes that its messages are of as a comment."""

    def __init__(self, pipe: OutputFile, wanted: Filter | None) -> None:
        self._pipe = pipe
        self._writer = PcapngWriter(pipe)
        self._wanted = wanted
        self._record: Record | None = None
        self._holds = False
        self._names: list[str] = []

    def begin(self, interfaces: Sequence[Interface]) -> None:
        """Writes what comes before packets, without which Wireshark waits for the first of them."""
        for interface in interfaces:
            self._writer.begin(interface)

    def take(self, message: Message, link: Link) -> bool:
        """The next message; a record is written when one of the next comes."""
        record = message.record
        if record is not self._record:
            self.flush(True)
            self._record = record
            self._holds = False
            self._names = []
        wanted = self._wanted
        # What was asked first explains the rest, whatever the filter says.
        if wanted is None or message.own or wanted.matches(message, link):
            self._holds = True
        found = link_text.process(message, link)
        if found is not None and str(found) not in self._names:
            self._names.append(str(found))
        return True

    def flush(self, whole: bool) -> None:
        """Writes the record that is at hand, when it is `whole`, and all that was written."""
        record = self._record
        if whole and record is not None:
            if self._holds:
                if self._names:
                    comment = safe(", ".join(self._names)).encode()
                    record.options = [*(record.options or []), (_COMMENT, comment)]
                self._writer.write(record)
            self._record = None
        self._pipe.flush()


# -- the launcher ------------------------------------------------------------------------


def _install(output: TextOutput, removes: bool) -> int:
    """Writes the launcher to where Wireshark looks for it, or deletes it."""
    path = os.path.join(_folder(), LAUNCHER)
    try:
        if os.path.lexists(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                if _MARK not in file.read(4096):
                    raise UsageError(f"{path} is not nldissect's, and stays as it is")
            os.unlink(path)
        elif removes:
            raise UsageError(f"{path} is not there")
        if not removes:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            python = shlex.quote(sys.executable)
            text = f'#!/bin/sh\n{_MARK}\nexec {python} -m nldissect extcap "$@"\n'
            write_file(path, text.encode())
            os.chmod(path, 0o755)
    except OSError as problem:
        raise UsageError(f"{path}: {problem.strerror or problem}") from None
    end = "gone" if removes else "there; Wireshark lists netlink (nldissect)"
    output.write(f"{safe(path)} is {end}\n")
    return 0


def _folder() -> str:
    """Wireshark's personal folder of extcap programs, or the only one that it has."""
    tshark = shutil.which("tshark")
    if tshark is None:
        raise UsageError("tshark is missing, which tells where Wireshark looks for extcap programs")
    done = subprocess.run([tshark, "-G", "folders"], capture_output=True, text=True, check=False)
    lines = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    for name in ("Personal Extcap path", "Extcap path", "Global Extcap path"):
        if lines.get(name, "").strip():
            return lines[name].strip()
    raise UsageError("`tshark -G folders` names no folder for extcap programs")
