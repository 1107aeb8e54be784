"""`nldissect decode`: bytes as people paste them, shown as the messages of a capture are."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from argparse import Namespace

from ..capture.pasted import PastedDatagrams
from ..capture.reader import open_capture
from ..capture.strace.trace import is_trace
from ..library.dissection import protocol_of
from ..wire import framing
from ..wire.errors import UsageError
from ..wire.limits import UNLIMITED, limited
from .input_captures import BufferedRecords, registry_of
from .message_printer import MessagePrinter
from .output import TextOutput, complain

NAME = "what was given"
_DECODED = "{nlmsg_len="  # strace(1)
_LARGEST = 16 << 20  # bytes of text
_WAIT = 5  # s for a tool
_CLIPBOARDS = (
    ("WAYLAND_DISPLAY", ("wl-paste", "--no-newline")),
    ("DISPLAY", ("xclip", "-selection", "clipboard", "-o")),
    ("DISPLAY", ("xsel", "--clipboard", "--output")),
)


def decode(options: Namespace, output: TextOutput) -> int:
    """Shows the messages in what was given; returns the exit status."""
    source = _source(_given(options))
    if options.format is None and not options.fields:
        options.verbose = not options.list
    _decode_as(options, source)
    printer = MessagePrinter(options, output, registry_of(options), NAME)
    try:
        return printer.print_framed(lambda: printer.print_capture(source))
    finally:
        printer.report_problems()


def _source(given: str | bytes) -> PastedDatagrams | BufferedRecords:
    """What is given as a capture: messages as strace decodes them, or bytes."""
    if isinstance(given, bytes) or _DECODED not in given:
        return PastedDatagrams(given)
    text = given.strip()
    if not is_trace(text.encode("utf-8", "replace")):  # the argument of a call
        text = " ".join(text.split())
        length = text.partition(_DECODED)[2].partition(",")[0]
        text = f"sendto(3, {text}, {length}, 0, NULL, 0) = {length}"
    trace = io.BytesIO(text.encode("utf-8", "replace") + b"\n")
    return BufferedRecords(open_capture(NAME, stream=trace))


def _decode_as(options: Namespace, source: PastedDatagrams | BufferedRecords) -> None:
    """Makes of --protocol and --family what the rest of the options can say."""
    family = None
    for given in (options.protocol, options.family):
        if given is not None:
            options.told, named = protocol_of(given, registry_of(options))
            family = named or family
    if options.family is not None and options.told != framing.NETLINK_GENERIC:
        raise UsageError(f"--family: {options.family} is no generic netlink family; see --protocol")
    kinds = source.types() if family and isinstance(source, PastedDatagrams) else ()
    for kind in sorted(kinds):
        if kind > framing.GENL_ID_CTRL:
            options.decode_as.append(f"{kind}={family}")
    options.protocol, options.family = [], []


def _given(options: Namespace) -> str | bytes:
    """The text of the arguments, files, the clipboard or standard input."""
    if options.clipboard:
        if options.given:
            raise UsageError("decode: --clipboard and bytes as arguments; give one of them")
        return _text(_clipboard())
    if not options.given:
        return _text(_standard_input())
    parts = [_part(argument) for argument in options.given]
    if len(parts) == 1:
        return parts[0]
    if any(isinstance(part, bytes) for part in parts):
        raise UsageError("decode: one file of bytes at a time")
    return "\n".join(map(str, parts))


def _part(argument: str) -> str | bytes:
    if argument == "-":
        return _text(_standard_input())
    if not argument.startswith("@"):
        return argument
    path = argument[1:]
    try:
        with open(path, "rb") as stream:
            return _text(stream.read(_LARGEST + 1))
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise UsageError(f"decode: {path} cannot be read: {reason}") from None


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise UsageError("decode: standard input is closed; give bytes, @FILE or --clipboard")
    if sys.stdin.isatty():
        complain("paste the bytes; Ctrl-D ends them")
    return sys.stdin.buffer.read(_LARGEST + 1)


def _text(data: bytes) -> str | bytes:
    """Text as text, and what is none as the bytes themselves."""
    if len(data) > _LARGEST and limited():
        raise UsageError(f"decode: more than {_LARGEST >> 20} MiB; {UNLIMITED}")
    if b"\0" in data:
        return data
    return data.decode("utf-8", "surrogateescape")


def _clipboard() -> bytes:
    """What the desktop's own tool says is in it."""
    for variable, command in _CLIPBOARDS:
        if os.environ.get(variable) and shutil.which(command[0]):
            try:
                done = subprocess.run(command, capture_output=True, timeout=_WAIT, check=False)
            except (OSError, subprocess.SubprocessError) as problem:
                raise UsageError(f"--clipboard: {command[0]} failed: {problem}") from None
            if done.returncode:
                said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
                raise UsageError(f"--clipboard: {command[0]} says: {said or 'nothing'}")
            return done.stdout
    raise UsageError(
        "--clipboard: there is none to be read; it takes a desktop and wl-paste, xclip or xsel"
    )
