"""What all output forms have in common."""

from __future__ import annotations

from librt.strings import BytesWriter

from ..engine.message import Message
from ..pairing.transaction import Link


class Renderer:
    """One output form: `begin`, then `write` for each message, then `end`; all with line ends.

    A form has `write` (UTF-8) or `message` (the same as text); the other goes by it. What has
    nothing to say of a place leaves it as it is here. `separator` is what the next message
    begins with, `between` what all begin with but the first. A form that `follows` is told of all
    messages, of those that are not chosen by `pass_over`.
    """

    separator = b""
    between = b""
    follows = False

    def begin(self) -> str:
        """What stands before everything."""
        return ""

    def file(self, path: str, last: int, goes_on: bool = False) -> str:
        """What stands before the messages of each file when there are several.

        `last` is 0 for the first. Numbers and times begin anew, unless it `goes_on`, as where
        files are merged.
        """
        return ""

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """Adds a message; without `link` nothing that pairing found is shown."""
        out.write(self.message(message, link).encode("utf-8", "backslashreplace"))

    def message(self, message: Message, link: Link | None = None) -> str:
        """A message as text."""
        out = BytesWriter()
        self.write(out, message, link)
        return out.getvalue().decode()

    def pass_over(self, message: Message, link: Link) -> str:
        """What is said with a message that is not chosen itself."""
        return ""

    def lost(self, number: int, here: bool, overrun: str | None = None) -> str:
        """Of `number` datagrams lost before the next message; not `here`: or anywhere before.

        `overrun` says so of a program whose own socket lost them, not the capture.
        """
        return ""

    def end(self) -> str:
        """What stands after everything."""
        return ""

    def remark(self) -> str | None:
        """What is to be said beside what is shown, at its end."""
        return None
