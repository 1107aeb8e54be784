"""A message as the lines of a foldable tree, each with the bytes it stands for.

Lines are found again by their path of attributes, so that what is folded and
where the cursor stands survive going from message to message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from ...analysis.explain import Explanation, locate
from ...engine import labels
from ...engine.message import Message
from ...engine.node import Node
from ...spec import model
from ...wire.text import safe
from . import no_dissector, node_text

MANY: Final = 40  # lines above which what is nested starts folded


@dataclass(slots=True)
class OutlineLine:
    """One line: `start` to `end` are its bytes in the message (-1: none).

    `brief` is what lies inside, `column` the cells of the longest name beside it.
    """

    depth: int
    key: str
    name: str
    value: str
    start: int = -1
    end: int = -1
    node: Node | None = None
    kids: bool = False
    look: str = "name"
    note: str = ""  # what is wrong, in words
    brief: str = ""
    column: int = 0
    zero: bool = False  # it says no more than its being there


class Folds:
    """What the user folded and unfolded, by path; shared by all messages."""

    def __init__(self) -> None:
        self.set: dict[str, bool] = {}
        self.everything: bool | None = None

    def open(self, key: str, default: bool) -> bool:
        """Whether the line of this path shows what is below it."""
        found = self.set.get(key)
        if found is not None:
            return found
        return default if self.everything is None else self.everything

    def all(self, opened: bool) -> None:
        """Folds or unfolds everything."""
        self.set.clear()
        self.everything = opened


class Outline:
    """The lines of one message; `reason` is why it refuses, or why it was refused.

    `heading` lines (text, look) come first and stand for no bytes, then the `advice`.
    """

    def __init__(
        self,
        message: Message,
        folds: Folds,
        constants: bool = True,
        reason: Explanation | None = None,
        heading: list[tuple[str, str]] | None = None,
        advice: no_dissector.Advice | None = None,
    ) -> None:
        self.advice = advice
        self.message = message
        self.folds = folds
        self.constants = constants
        self.reason = reason
        self.heading = heading or []
        self.blamed: Node | None = None
        asked = message if message.error is None else message.echo
        if reason is not None and reason.offset is not None and asked is not None:
            self.blamed = locate(asked, reason.offset)
            if self.blamed is not None and self.blamed.offset < message.base + 16:
                self.blamed = None  # a member of the header, which has no node of its own
        self.large = self._many(message.nodes, MANY) <= 0
        self.items: list[OutlineLine] = []
        self.refresh()

    def _many(self, nodes: list[Node], left: int) -> int:
        for node in nodes:
            left -= 1
            if left <= 0:
                return 0
            left = self._many(node.children, left)
        return left

    def refresh(self) -> None:
        """Makes the lines anew, after folding."""
        self.items = list(self._lines())

    def opened(self, item: OutlineLine) -> bool:
        """Whether the line shows what is below it."""
        default = True
        node = item.node
        if node is None:
            default = item.key not in ("nlmsghdr", no_dissector.KEY)
        elif node.field.kind == model.STRUCT and node.field.number < 0:
            default = False
        elif item.depth > 0:
            default = not self.large
        if not default and self.blamed is not None and node is not None:
            at = self.blamed
            default = node is not at and node.offset <= at.offset and at.end <= node.end
        return self.folds.open(item.key, default)

    # -- finding lines -------------------------------------------------------------

    def at_byte(self, offset: int) -> int:
        """The line of the smallest thing that has this byte, -1 for none; unfolds up to it."""
        deepest = locate(self.message, offset - self.message.base)
        place = -1 if deepest is None else self.reveal(deepest)
        if place >= 0:
            return place
        sizes = [
            (item.end - item.start, -place)
            for place, item in enumerate(self.items)
            if item.start <= offset < item.end
        ]
        return -min(sizes)[1] if sizes else -1

    def reveal(self, node: Node) -> int:
        """The line of this node, what is above it being unfolded; -1 if it has none."""
        place = self.of_node(node)
        if place >= 0:
            return place
        above: list[Node] = []
        up = node.parent
        while up is not None:
            above.append(up)
            up = up.parent
        for ancestor in reversed(above):
            place = self.of_node(ancestor)
            if place >= 0 and not self.opened(self.items[place]):
                self.folds.set[self.items[place].key] = True
                self.refresh()
        return self.of_node(node)

    def of_node(self, node: Node) -> int:
        """The line of this node, -1 while it is folded away."""
        return next((i for i, item in enumerate(self.items) if item.node is node), -1)

    def of_key(self, key: str) -> int:
        """The line of this path or of the nearest above it, -1 for none."""
        places = {item.key: i for i, item in reversed(list(enumerate(self.items)))}
        while key:
            if key in places:
                return places[key]
            key = key.rpartition("/")[0]
        return -1

    def parent(self, place: int) -> int:
        """The line that this one lies below, itself at the top."""
        depth = self.items[place].depth
        for above in range(place - 1, -1, -1):
            if self.items[above].depth < depth:
                return above
        return place

    # -- folding -----------------------------------------------------------------------

    def fold(self, place: int, opened: bool) -> None:
        """Folds or unfolds one line."""
        self.folds.set[self.items[place].key] = opened
        self.refresh()

    def unfold_below(self, place: int) -> None:
        """Unfolds a line and all below it."""
        item = self.items[place]
        self.folds.set[item.key] = True
        if item.node is not None:
            for node, key in self._below(item.node, item.key):
                if node.children:
                    self.folds.set[key] = True
        self.refresh()

    def _below(self, node: Node, key: str) -> Iterator[tuple[Node, str]]:
        for child, below in zip(node.children, self._keys(node.children, key), strict=True):
            yield child, below
            yield from self._below(child, below)

    # -- making lines -------------------------------------------------------------------

    def _lines(self) -> Iterator[OutlineLine]:
        """All lines in order: heading, diagnoses, header, attributes."""
        for number, (text, look) in enumerate(self.heading):
            yield OutlineLine(0, f"heading{number}", "", safe(text), look=look)
        if self.advice is not None:
            yield from self._advise(self.advice)
        for wrong in self.message.own_diagnoses:
            yield OutlineLine(
                0,
                f"wrong/{wrong.code}",
                "",
                f"[{wrong.severity}: {safe(wrong.text)}]",
                wrong.offset,
                wrong.offset + wrong.length,
                look=wrong.severity,
            )
        nodes = self.message.nodes
        column = self._column(nodes)
        if self.message.netlink and self.message.outer is None:
            column = max(column, len("nlmsghdr"))
            yield from self._nlmsghdr(column)
        yield from self._nodes(nodes, 0, "", column)

    def _column(self, nodes: list[Node]) -> int:
        """The cells of the longest of their names."""
        names = [node_text.name_of(node, self.constants) for node in nodes]
        return max(map(cell_len, names), default=0)

    def _advise(self, advice: no_dissector.Advice) -> Iterator[OutlineLine]:
        key = no_dissector.KEY
        top = OutlineLine(0, key, "no dissector", safe(advice.text), kids=True, look="warning")
        yield top
        if self.opened(top):
            for word, way in advice.ways:
                yield OutlineLine(1, f"{key}/{word}", word, safe(way), column=len("from source"))

    def _nlmsghdr(self, column: int) -> Iterator[OutlineLine]:
        """The line of struct nlmsghdr and, unfolded, one for each member (linux/netlink.h)."""
        message, base = self.message, self.message.base
        kind = labels.type_name(message, self.constants)
        flags = "|".join(labels.flag_names(message))
        told = [str(kind or message.type), flags, f"{message.length} bytes", f"seq {message.seq}"]
        if message.port:
            told.append(f"port {message.port}")
        top = OutlineLine(0, "nlmsghdr", "nlmsghdr", "", base, base + 16, kids=True, look="heading")
        top.brief, top.column = safe(", ".join(filter(None, told))), column
        yield top
        if not self.opened(top):
            return
        labelled = f"{message.type}{f' ({kind})' if kind else ''}"
        values = (
            ("length", str(message.length), 0, 4),
            ("type", labelled, 4, 6),
            ("flags", f"{message.flags:#06x}{f' ({flags})' if flags else ''}", 6, 8),
            ("sequence", str(message.seq), 8, 12),
            ("port", str(message.port), 12, 16),
        )
        names = node_text.HEADER_NAMES if self.constants else {}
        column = max(len(names.get(name, name)) for name, *_ in values)
        for name, value, start, end in values:
            line = OutlineLine(
                1, f"nlmsghdr/{name}", names.get(name, name), safe(value), base + start, base + end
            )
            line.column, line.zero = column, not any(message.data[start:end])
            yield line

    @staticmethod
    def _keys(nodes: list[Node], above: str) -> list[str]:
        seen: dict[str, int] = {}
        out = []
        for node in nodes:
            name = node.field.name
            count = seen[name] = seen.get(name, 0) + 1
            out.append(f"{above}/{name}" if count == 1 else f"{above}/{name}[{count}]")
        return out

    def _nodes(
        self, nodes: list[Node], depth: int, above: str, column: int
    ) -> Iterator[OutlineLine]:
        """A line for each attribute and, unfolded, those below it; keys are paths below `above`."""
        for node, key in zip(nodes, self._keys(nodes, above), strict=True):
            children = node.children
            value = node.value
            shown = [c for c in children if type(value) is not list or self._shows(c)]
            item = OutlineLine(
                depth,
                key,
                node_text.name_of(node, self.constants),
                node_text.told(node, self.constants),
                node.offset,
                node.end,
                node,
                bool(shown),
                "heading" if node_text.is_heading(node) else "name",
            )
            item.column, item.zero = column, node_text.is_zero(node)
            opened = bool(shown) and self.opened(item)
            if shown and not item.value:
                item.brief = node_text.brief(node, self.constants)
            notes = [f"[{d.severity}: {d.text}]" for d in node.diagnoses]
            if node is self.blamed:
                notes.insert(0, f"✗ {'' if self.reason is None else self.reason.errno}")
            item.note = safe(" ".join(notes))
            yield item
            if opened:
                yield from self._nodes(shown, depth + 1, key, self._column(shown))

    @staticmethod
    def _shows(child: Node) -> bool:
        """Of an array's elements, those that say more than the array's own line."""
        return child.value is None or child.field.number < 0

    def find(self, text: str, place: int, step: int) -> int:
        """The next line (`step` 1) or the one before (-1) with this text, around; -1 for none."""
        wanted, count = text.casefold(), len(self.items)
        for i in range(1, count + 1):
            at = (place + step * i) % count
            item = self.items[at]
            told = item.value or ("" if self.opened(item) else item.brief)
            if wanted in f"{item.name} {told} {item.note}".casefold():
                return at
        return -1
