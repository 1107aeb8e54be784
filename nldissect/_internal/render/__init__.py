"""Messages as text for people and as JSON and fields for programs.

Every renderer writes one message as bytes that end a line (`write`), or gives it as text
(`message`): it has one of the two, and the other by it. `begin` and `end` frame them.
Text for people goes through `text.safe`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from librt.strings import BytesWriter

if TYPE_CHECKING:  # the command's options need times only, and must start fast
    from ..engine.message import Message
    from ..pairing.transaction import Link


class Renderer:
    """One output format: `begin`, then `message` for each, then `end`; all with line ends.

    A format that has nothing to say of what is not a message leaves it as it is here.
    `separator` is what the next message begins with, `between` what all begin with but the first.
    """

    separator = b""
    between = b""

    def begin(self) -> str:
        """What stands before everything."""
        return ""

    def file(self, path: str, last: int) -> str:
        """Told before the messages of each file when there are several."""
        return ""

    def write(self, out: BytesWriter, message: Message, link: Link | None = None) -> None:
        """Adds a message, in UTF-8; without what pairing found nothing of that is shown."""
        out.write(self.message(message, link).encode("utf-8", "backslashreplace"))

    def message(self, message: Message, link: Link | None = None) -> str:
        """The same as text."""
        out = BytesWriter()
        self.write(out, message, link)
        return out.getvalue().decode()

    def lost(self, number: int, here: bool) -> str:
        """Told where so many datagrams were lost; not `here`: or at any place before."""
        return ""

    def end(self) -> str:
        """What stands after everything."""
        return ""
