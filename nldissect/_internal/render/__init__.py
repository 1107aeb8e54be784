"""Messages as text for people and as JSON and fields for programs.

Every renderer turns one message into a string that ends a line; `begin` and
`end` frame them. Text for people goes through `text.safe`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command's options need times only, and must start fast
    from ..transaction import Link
    from ..tree import Message


class Renderer(ABC):
    """One output format: `begin`, then `message` for each, then `end`; all with line ends.

    A format that has nothing to say of what is not a message leaves it as it is here.
    """

    def begin(self) -> str:
        """What stands before everything."""
        return ""

    def file(self, path: str, last: int) -> str:
        """Told before the messages of each file when there are several."""
        return ""

    @abstractmethod
    def message(self, message: Message, link: Link | None = None) -> str:
        """`link` is what pairing found; without it nothing of that is shown."""

    def lost(self, number: int, here: bool) -> str:
        """Told where so many datagrams were lost; not `here`: or at any place before."""
        return ""

    def end(self) -> str:
        """What stands after everything."""
        return ""
