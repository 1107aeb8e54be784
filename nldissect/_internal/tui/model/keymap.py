"""The keymap as data: dispatch, help, footer and palette all come from `KEYS`.

A key is written as it is typed (`j`, `?`), named (`enter`, `ctrl+d`,
`shift+right`), or a sequence of these with blanks between (`y h`). `*` at the
end of a sequence takes any one character, `1..9` a digit; the action is given it. Digits in
front of a key are its count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final, NamedTuple

from ...wire.errors import UsageError

ANY: Final = "*"
DIGIT: Final = "1..9"
TOGETHER: Final = 1.0  # s after 25g in which one more g belongs to it


class Key(NamedTuple):
    """One action: its name in the config file, its keys, and the words for it.

    `footer` is a short word for the footer; without one it is not shown there.
    """

    action: str
    keys: tuple[str, ...]
    group: str
    help: str
    footer: str = ""


KEYS: Final = (
    Key("down", ("j", "down"), "Move", "next line of this pane"),
    Key("up", ("k", "up"), "Move", "previous line of this pane"),
    Key("page-down", ("pagedown", "space"), "Move", "a page down"),
    Key("page-up", ("pageup",), "Move", "a page up"),
    Key("half-down", ("ctrl+d",), "Move", "half a page down"),
    Key("half-up", ("ctrl+u",), "Move", "half a page up"),
    Key("first", ("g", "home", "ctrl+home"), "Move", "first line; with a number that message: 25g"),
    Key("last", ("G", "end", "ctrl+end"), "Move", "last line; with a number that message: 25G"),
    Key("top-line", ("H",), "Move", "first line in sight"),
    Key("middle-line", ("M",), "Move", "the line in the middle of those in sight"),
    Key("bottom-line", ("L",), "Move", "last line in sight"),
    Key("to-middle", ("z z",), "Move", "scroll so that this line is in the middle"),
    Key("to-top", ("z t",), "Move", "scroll so that this line is the first"),
    Key("to-bottom", ("z b",), "Move", "scroll so that this line is the last"),
    Key("next-pane", ("tab", "ctrl+w ctrl+w", "ctrl+w j", "ctrl+w l"), "Move", "next pane"),
    Key("previous-pane", ("shift+tab", "ctrl+w k", "ctrl+w h"), "Move", "previous pane"),
    Key("next-message", ("J", "f8", "ctrl+down"), "Move", "next message, from any pane"),
    Key("previous-message", ("K", "f7", "ctrl+up"), "Move", "previous message, from any pane"),
    Key("open", ("enter",), "Tree", "into the tree; there fold or unfold; jump where there is #n"),
    Key("left", ("h", "left"), "Tree", "fold, or to the parent; a byte back; fold copies"),
    Key("right", ("l", "right"), "Tree", "unfold; a byte on; unfold copies"),
    Key("parent", ("backspace",), "Tree", "to the parent"),
    Key("unfold-below", ("shift+right", "*"), "Tree", "unfold all below"),
    Key("unfold-all", ("ctrl+right",), "Tree", "unfold everything"),
    Key("fold-all", ("ctrl+left",), "Tree", "fold everything"),
    Key("filter", ("/", "ctrl+underscore"), "Filter",
        "type a filter (Tab completes, arrows recall)", "Filter"),
    Key("escape", ("escape",), "Filter", "close, or take the filter away"),
    Key("filter-toggle", ("&",), "Filter", "filter off and on again"),
    Key("field-filter", ("a",), "Filter", "show messages with this field's value"),
    Key("field-combine", ("A",), "Filter", "this field added to the filter: and, or, not"),
    Key("field-column", ("C",), "Filter", "this field as a column, or no longer"),
    Key("saved-filter", ("b 1..9",), "Filter", "a saved filter, by its digit: b 1; again: none"),
    Key("save-filter", ("B",), "Filter", "save this filter under a name"),
    Key("tab-new", ("ctrl+w t",), "Filter", "one more tab, with a filter of its own"),
    Key("tab-close", ("ctrl+w c",), "Filter", "close this tab"),
    Key("tab-next", ("}",), "Filter", "next tab"),
    Key("tab-previous", ("{",), "Filter", "previous tab"),
    Key("follow-socket", ("s",), "Filter", "follow the socket: only its messages"),
    Key("follow-transaction", ("S",), "Filter", "follow the transaction: only its messages"),
    Key("find", ("ctrl+f",), "Find", "find in this pane: text, or hex in the bytes"),
    Key("find-next", ("n", "ctrl+n"), "Find", "next match"),
    Key("find-previous", ("N", "ctrl+b"), "Find", "previous match"),
    Key("next-error", ("e",), "Go", "next error", "Error"),
    Key("previous-error", ("E",), "Go", "previous error"),
    Key("reply", ("%", "r"), "Go", "from request to reply and back", "Reply"),
    Key("next-in-transaction", (".",), "Go", "next message of the transaction"),
    Key("previous-in-transaction", (",",), "Go", "previous message of the transaction"),
    Key("go-to", ("ctrl+g",), "Go", "a message by its number"),
    Key("mark", ("m *",), "Go", "mark this message with a letter"),
    Key("to-mark", ("' *",), "Go", "to the marked message; '' goes back"),
    Key("transaction", ("f",), "Look", "the transaction: who asked, what came back, when"),
    Key("flow", ("W",), "Look", "sequence diagram: processes, the kernel, what goes between"),
    Key("timeline", ("T",), "Look", "every change of this object (link, address, route...)"),
    Key("objects", ("O",), "Look", "links, addresses, routes... as they were at this message"),
    Key("diff", ("d",), "Look", "compare the two selected messages, or this with the one before"),
    Key("expert", ("!",), "Look", "what is wrong or odd in the capture"),
    Key("statistics", ("i",), "Look", "the capture in numbers"),
    Key("graph", ("I",), "Look", "messages over time, by filters"),
    Key("zoom", ("\\",), "View", "this pane alone, and back"),
    Key("layout", ("|",), "View", "panes below each other, or side by side"),
    Key("grow", ("+",), "View", "more room for the list"),
    Key("shrink", ("-",), "View", "less room for the list"),
    Key("narrower", ("<",), "View", "less room for the tree"),
    Key("wider", (">",), "View", "more room for the tree"),
    Key("usual-sizes", ("=", "ctrl+w ="), "View", "panes and columns in their usual sizes"),
    Key("redraw", ("ctrl+l",), "View", "draw the screen anew"),
    Key("fold", ("z a",), "View", "copies of notifications: one row, or each by itself"),
    Key("sort", ("R",), "View", "sort by a column; again: reverse; a third time: no longer"),
    Key("own", ("z o",), "View", "what the recording program itself asked: hidden or shown"),
    Key("time-format", ("t",), "View", "next time format"),
    Key("time-reference", ("ctrl+t",), "View", "count time from this message, or no longer"),
    Key("sideways", ("alt+right",), "View", "what lies further right in this pane"),
    Key("sideways-back", ("alt+left",), "View", "what lies further left"),
    Key("names", ("c",), "View", "C constants or names of the spec"),
    Key("profile", ("P",), "View", "profile: columns, colours and filters for one purpose"),
    Key("decode-as", ("D",), "View", "read a protocol or family by another dissector"),
    Key("follow", ("F",), "Live", "follow the end; moving up pauses it", "Follow"),
    Key("pause", ("p",), "Live", "hold the display still; the capture goes on"),
    Key("capture", ("ctrl+e",), "Live", "stop the capture; start one"),
    Key("select", ("v",), "Select", "select this message, or no longer"),
    Key("select-to", ("V",), "Select", "select all from the last selected to here"),
    Key("select-none", ("U",), "Select", "select nothing"),
    Key("comment", (";",), "Select", "comment on this message (saved in pcapng)"),
    Key("copy-line", ("y y",), "Out", "copy the line", "Copy"),
    Key("copy-hex", ("y h",), "Out", "copy the bytes as hex"),
    Key("copy-python", ("y p",), "Out", "copy the bytes as Python"),
    Key("copy-c", ("y c",), "Out", "copy the bytes as a C array"),
    Key("copy-json", ("y j",), "Out", "copy the message as JSON"),
    Key("copy-filter", ("y f",), "Out", "copy a filter for this field"),
    Key("copy-path", ("y a",), "Out", "copy the field's path"),
    Key("copy-value", ("y v",), "Out", "copy the field's value"),
    Key("save", ("w", "ctrl+s"), "Out", "save the messages shown as pcapng"),
    Key("export", ("x",), "Out", "export the selected: a page, Markdown, JSON, code; SVG"),
    Key("pager", ("o",), "Out", "this message in a pager"),
    Key("open-file", ("ctrl+o",), "App", "open another file"),
    Key("reload", ("ctrl+r",), "App", "read the file anew"),
    Key("next-file", ("]",), "App", "the next of the files given"),
    Key("previous-file", ("[",), "App", "the previous of the files given"),
    Key("command", (":",), "App", "a command by name: :save, :25"),
    Key("palette", ("ctrl+p",), "App", "every command, searchable", "Palette"),
    Key("help", ("?", "f1"), "App", "every key, searchable", "Help"),
    Key("suspend", ("ctrl+z",), "App", "to the shell; fg comes back"),
    Key("back", ("q",), "App", "back; quit", "Quit"),
    Key("quit", ("Q", "ctrl+c", "ctrl+q", "Z Z"), "App", "quit"),
)  # fmt: skip

_NAMES: Final = {
    "down": "↓", "up": "↑", "left": "←", "right": "→", "pagedown": "PgDn", "pageup": "PgUp",
    "enter": "Enter", "escape": "Esc", "tab": "Tab", "backspace": "Bksp", "home": "Home",
    "end": "End", "space": "Space", "underscore": "_",
}  # fmt: skip


def shown(keys: str) -> str:
    """A key as help and footer write it: `ctrl+d` is ^D."""
    first, *rest = keys.split(" ")
    return " ".join([_shown(first), *("a..z" if key == ANY else _shown(key) for key in rest)])


def _shown(key: str) -> str:
    modifier, plus, name = key.rpartition("+")
    if not plus or not modifier:
        return _NAMES.get(key, key.upper() if key[:1] == "f" and key[1:].isdigit() else key)
    named = _NAMES.get(name, name.upper())
    if modifier == "ctrl":
        return f"^{named}" if len(name) == 1 or name == "underscore" else f"Ctrl+{named}"
    return f"{modifier.title()}+{named}"


class Pressed(NamedTuple):
    """What was typed: an action, its count (None: without), the character it takes."""

    action: str
    number: int | None
    argument: str


class Keymap:
    """Keys to actions; `changes` is the [keys] table of the config file, action to key or keys."""

    def __init__(self, changes: Mapping[str, str | Sequence[str]] | None = None) -> None:
        changed = _checked(changes or {})
        taken = [key.split(" ") for keys in changed.values() for key in keys]
        self.keys = tuple(
            key._replace(
                keys=changed.get(
                    key.action, tuple(k for k in key.keys if not _clash(k.split(" "), taken))
                )
            )
            for key in KEYS
        )
        self._actions: dict[tuple[str, ...], str] = {}
        self._starts: set[tuple[str, ...]] = set()
        for key in self.keys:
            for sequence in key.keys:
                parts = tuple(sequence.split(" "))
                if parts == (ANY,):  # the key itself
                    parts = ("*",)
                self._actions[parts] = key.action
                for end in range(1, len(parts)):
                    self._starts.add(parts[:end])

    def of(self, action: str) -> str:
        """The action's first key as it is shown; empty when it has none."""
        for key in self.keys:
            if key.action == action:
                return shown(key.keys[0]) if key.keys else ""
        return ""

    def first(self, action: str) -> str:
        """The key that the action begins with; empty when it has none."""
        found = next(key.keys for key in self.keys if key.action == action)
        return found[0].partition(" ")[0] if found else ""

    def footer(self) -> list[tuple[str, str]]:
        """What the footer has: keys, and the words for them."""
        return [
            (self.first(key.action), key.footer) for key in self.keys if key.footer and key.keys
        ]

    def action(self, parts: tuple[str, ...]) -> tuple[str, str] | None:
        """(action, character it takes) of a whole sequence, None if it is none."""
        found = self._actions.get(parts)
        if found is not None:
            return found, ""
        if len(parts) > 1 and len(parts[-1]) == 1:
            found = self._actions.get((*parts[:-1], ANY))
            if found is None and parts[-1] in "123456789":
                found = self._actions.get((*parts[:-1], DIGIT))
            if found is not None:
                return found, parts[-1]
        return None

    def starts(self, parts: tuple[str, ...]) -> bool:
        """Whether more keys may follow."""
        return parts in self._starts

    def after(self, parts: tuple[str, ...]) -> list[tuple[str, str]]:
        """What may follow, for the status line: (keys, help)."""
        size = len(parts)
        out = []
        for key in self.keys:
            found = [
                shown(sequence).split(" ")[size]
                for sequence in key.keys
                if len(rest := tuple(sequence.split(" "))) > size and rest[:size] == parts
            ]
            if found:
                out.append((" ".join(found), key.help))
        return out


def _checked(changes: Mapping[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The keys of each action that the config file changes; raises UsageError for a wrong one."""
    known = {key.action for key in KEYS}
    changed: dict[str, tuple[str, ...]] = {}
    for action, given in changes.items():
        if action not in known:
            raise UsageError(f"[keys] {action}: there is no such action; `?` lists them")
        keys = (given,) if isinstance(given, str) else tuple(given)
        changed[action] = tuple(_clean(action, key) for key in keys)
    return changed


def _clash(key: list[str], taken: list[list[str]]) -> bool:
    """Whether a key could not be told from one of these: the same, or where one begins so."""
    return any(key[: len(other)] == other[: len(key)] for other in taken)


def _clean(action: str, key: object) -> str:
    if not isinstance(key, str) or not key.strip() or not key.isprintable():
        raise UsageError(f"[keys] {action}: {key!r} is no key; write j, ctrl+d, f8 or 'y h'")
    return " ".join(key.split())


class Keyboard:
    """Puts key presses together: counts, sequences, the characters that actions take."""

    def __init__(self, keymap: Keymap) -> None:
        self.keymap = keymap
        self._count = ""
        self._parts: tuple[str, ...] = ()
        self._last: Pressed | None = None
        self._when = 0.0  # when that was, in s

    @property
    def pending(self) -> str:
        """What was typed and waits for more."""
        return self._count + " ".join(shown(part) for part in self._parts)

    @property
    def parts(self) -> tuple[str, ...]:
        """The keys of the sequence so far."""
        return self._parts

    def reset(self) -> None:
        """Forgets what was typed."""
        self._count = ""
        self._parts = ()

    def feed(self, key: str) -> Pressed | None:
        """The action that this key completes; None while more is to come or nothing fits."""
        if not self._parts and key.isdigit() and (self._count or key != "0"):
            self._count = (self._count + key)[:9]
            return None
        parts = (*self._parts, key)
        found = self.keymap.action(parts)
        if found is not None:
            pressed = Pressed(found[0], int(self._count) if self._count else None, found[1])
            self.reset()
            before, self._last = self._last, pressed
            since, self._when = monotonic() - self._when, monotonic()
            again = before is not None and before.action == "first" and before.number
            again = again and since < TOGETHER  # else it is meant
            return None if again and pressed == ("first", None, "") else pressed  # 25gg is 25g
        if self.keymap.starts(parts):
            self._parts = parts
        else:
            self.reset()
        return None
