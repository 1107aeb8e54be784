"""The terminal: textual's driver, which asks it for the colour of its background (OSC 11).

An answer comes when it comes, or never, among the keys; it is taken out of them.
"""

from __future__ import annotations

import os
import re
import select
import time
from codecs import getincrementaldecoder
from typing import Final

from textual._xterm_parser import XTermParser
from textual.color import Color
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from ..panes.contrast import luminance

ASKED: Final = "\x1b]11;?\x07"
NOT_ASKED: Final = ("linux", "dumb")  # TERM of consoles that would show the question
AWAITED: Final = 5.0  # s in which a lone escape may be the beginning of an answer
TICK: Final = 0.1  # s after which what has begun like an answer is keys after all
_ANSWER: Final = re.compile(r"\x1b\]11;([^\x07\x1b\x9c]*)(?:\x07|\x1b\\|\x9c)")
_BEGUN: Final = re.compile(r"\x1b(?:\](?:1(?:1(?:;[^\x07\x1b\x9c]{0,64}\x1b?)?)?)?)?\Z")
_COLOUR: Final = re.compile(
    r"rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})(?:/[0-9a-f]{1,4})?\Z", re.IGNORECASE
)


class BackgroundTold(Message):
    """The terminal's background is `dark`, or it is light."""

    def __init__(self, dark: bool) -> None:
        super().__init__()
        self.dark = dark


def shown_dark() -> bool:
    """Whether the background is dark as far as the environment tells: COLORFGBG, else yes."""
    number = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return number not in ("7", *map(str, range(9, 16)))


def is_dark(answer: str) -> bool | None:
    """Whether the colour of an answer (`rgb:1e1e/1e1e/1e1e`) is dark; None for no colour."""
    found = _COLOUR.match(answer)
    if found is None:
        return None
    parts = (int(digits, 16) * 255 // (16 ** len(digits) - 1) for digits in found.groups())
    red, green, blue = parts
    return luminance(Color(red, green, blue)) < 0.179  # from there on black stands out better


class Answers:
    """Takes answers out of what comes from the terminal, in whichever pieces it comes."""

    def __init__(self) -> None:
        self.told: bool | None = None  # the last that was a colour
        self._held = ""
        self._awaited = 0.0  # until then

    def asked(self) -> None:
        """A question was just asked."""
        self._awaited = time.monotonic() + AWAITED

    def keys(self, text: str) -> str:
        """What of a piece is keys; what may be an answer's beginning waits for the next piece."""
        text = _ANSWER.sub(self._take, self._held + text)
        begun = _BEGUN.search(text)
        self._held = "" if begun is None else begun[0]
        if self._held == "\x1b" and time.monotonic() > self._awaited:
            self._held = ""  # Escape, which is not made to wait
        return text.removesuffix(self._held)

    def idle(self) -> str:
        """What was held, as keys, when nothing has come after it; a piece of an answer is none."""
        answer = self._held.startswith("\x1b]11")
        if answer and time.monotonic() < self._awaited:
            return ""
        held, self._held = self._held, ""
        return "" if answer else held

    def _take(self, found: re.Match[str]) -> str:
        dark = is_dark(found[1])
        if dark is not None:
            self.told, self._awaited = dark, 0.0
        return ""


class TerminalDriver(LinuxDriver):
    """Asks whenever the terminal is taken (also after `fg`), and tells by `BackgroundTold`.

    It does not where the application has `asks` and that is False.
    """

    def start_application_mode(self) -> None:
        """Takes the terminal, and asks."""
        self._answers = Answers()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        wanted = self.input_tty and getattr(self._app, "asks", True)
        if wanted and os.environ.get("TERM", "") not in NOT_ASKED:
            self._answers.asked()
            self.write(ASKED)
            self.flush()

    def run_input_thread(self) -> None:
        """Reads keys and answers until the end."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        told: bool | None = None
        while not self.exit_event.is_set():
            if select.select([self.fileno], [], [], TICK)[0]:
                keys = self._answers.keys(decode(self._read()))
            else:
                keys = self._answers.idle()
            if self._answers.told is not told:
                told = self._answers.told
                self.process_message(BackgroundTold(bool(told)))
            for event in (*(parser.feed(keys) if keys else ()), *parser.tick()):
                self.process_message(event)

    def _read(self) -> bytes:
        """What is there to read; of a terminal that is gone nothing, after a while."""
        try:
            found = os.read(self.fileno, 4096)
        except OSError:
            found = b""
        if not found:
            self.exit_event.wait(TICK)
        return found
