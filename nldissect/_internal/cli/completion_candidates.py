"""What may stand where the cursor is in a command line of nldissect, with what each of it means.

Whatever is offered can be seen and acts on no terminal; the names are those of options and
dissectors, of this host's groups, interfaces and network namespaces, never of a capture.
"""

from __future__ import annotations

import argparse
import os
import re
from argparse import Action, ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from ..spec.kept_names import kept_names
from ..spec.registry import Registry
from ..wire import linux
from ..wire.errors import NldissectError
from ..wire.text import safe

# How a shell goes on: these words, those without a space behind, files, folders, or as for a
# command of its own that begins there.
WORDS: Final = "words"
NO_SPACE: Final = "nospace"
FILES: Final = "files"
FOLDERS: Final = "folders"
COMMAND: Final = "command"

Pair = tuple[str, str]  # what stands there, and what it means


class Offer(NamedTuple):
    """What is offered in place of a word; `first` is the number of the first word of a COMMAND."""

    kind: str
    candidates: list[Pair]
    first: int = 0


_NOTHING: Final = Offer(WORDS, [])
_FILES_OF: Final = ("files", "named_files", "write", "output", "svg", "config", "source", "a", "b",
                    "file", "to")  # fmt: skip
_FOLDERS_OF: Final = ("dissectors", "folder", "specs")
# Of the kinds of filter.completion.Candidate: what is a column, and what begins a filter.
_COLUMN_KINDS: Final = ("field", "attribute")
# What only columns have.
_COLUMNS: Final = {"file": "the name of the capture", "lost": "datagrams lost before the record"}
_CONTROL: Final = {
    "error": "NLMSG_ERROR with an error", "ack": "NLMSG_ERROR without one", "done": "NLMSG_DONE",
    "noop": "NLMSG_NOOP", "overrun": "NLMSG_OVERRUN",
}  # fmt: skip
_NETNS_FOLDER: Final = "/run/netns"
_NET_FOLDER: Final = "/sys/class/net"
_ARPHRD_NETLINK: Final = 824


class Typed(NamedTuple):
    """Where a value stands: its command's name and parser, the words before, and its beginning."""

    command: str
    parser: ArgumentParser
    words: list[str]
    value: str


def offer(
    words: list[str], commands: Callable[[str], ArgumentParser], summaries: dict[str, str]
) -> Offer:
    """What may stand in place of the last word of a line whose first one is nldissect."""
    current = words[-1]
    if len(words) < 3:
        return _first_word(current, summaries)
    if words[1] == "help":
        return Offer(WORDS, _beginning(summaries.items(), current) if len(words) == 3 else [])
    if words[1] not in summaries:  # a file, or -r: they are read
        words = [words[0], "read", *words[1:]]
    typed = Typed(words[1], commands(words[1]), words[2:-1], current)
    try:
        return _in_command(typed)
    except NldissectError:  # of dissectors that are named and wrong; the command will say so
        return _NOTHING


def _first_word(current: str, summaries: dict[str, str]) -> Offer:
    """A command, a file that is to be read, or an option that is no command's."""
    if current.startswith("-"):
        options = [("--help", "show help"), ("--version", "show the version"), ("-r", "a file")]
        return Offer(WORDS, _beginning(options, current))
    found = _beginning([*summaries.items(), ("help", "show a command's help")], current)
    return Offer(WORDS, found) if found else Offer(FILES, [])


def _in_command(typed: Typed) -> Offer:
    by_string = {s: a for a in typed.parser._actions for s in a.option_strings}
    pending, positional, place = _walk(typed, by_string)
    current = typed.value
    if pending is not None:
        return _value(pending, typed)
    if positional and positional[0].nargs == argparse.REMAINDER and place >= 0:
        return Offer(COMMAND, [], place + 2)
    if current.startswith("-"):
        name, equals, value = current.partition("=")
        if equals and name in by_string:
            found = _value(by_string[name], typed._replace(value=value))
            return found._replace(candidates=[(f"{name}={t}", h) for t, h in found.candidates])
        shown = {s: a for s, a in by_string.items() if a.help != argparse.SUPPRESS}
        return Offer(WORDS, _beginning([(s, _first(a)) for s, a in shown.items()], current))
    return _value(positional[0], typed) if positional else _NOTHING


def _walk(typed: Typed, by_string: dict[str, Action]) -> tuple[Action | None, list[Action], int]:
    """The option that awaits a value, the arguments that are yet to come, and where a command of
    its own begins among the words, -1 if nowhere yet."""
    positional = [a for a in typed.parser._actions if not a.option_strings]
    pending: Action | None = None
    for place, word in enumerate(typed.words):
        if positional and positional[0].nargs == argparse.REMAINDER and pending is None:
            if word == "--":
                return None, positional, place + 1
            if not word.startswith("-"):
                return None, positional, place
        if pending is not None:
            pending = pending if pending.nargs == "+" else None
        elif word.startswith("-") and word != "-":
            action = by_string.get(word)
            pending = action if action is not None and action.nargs != 0 else None
        elif positional and positional[0].nargs not in ("*", "+"):
            positional.pop(0)
    if pending is not None and pending.nargs == "+" and typed.value.startswith("-"):
        pending = None
    return pending, positional, -1


# -- values ---------------------------------------------------------------------------


def _value(action: Action, typed: Typed) -> Offer:
    """Values of an option or argument."""
    destination = action.dest
    if destination == "files" and typed.command == "dissectors" and "show" in typed.words:
        destination = "dissector"
    if destination == "files" and typed.command == "tui":
        found = _beginning(_interfaces(), typed.value)
        return Offer(WORDS, found) if found and typed.value else Offer(FILES, [])
    if destination in _FILES_OF:
        return Offer(FILES, [])
    if destination in _FOLDERS_OF:
        return Offer(FOLDERS, [])
    if action.choices is not None:
        told = dict(re.findall(r"([\w-]+) \(([^()]*)\)", action.help or ""))
        pairs = [(str(choice), told.get(str(choice), "")) for choice in action.choices]
        return Offer(WORDS, _beginning(pairs, typed.value))
    complete = _COMPLETERS.get(destination)
    return _NOTHING if complete is None else complete(typed)


def _listed(pairs: Callable[[Typed], Iterable[Pair]]) -> Callable[[Typed], Offer]:
    """Of values that are lists separated by commas: the last member is completed."""

    def complete(typed: Typed) -> Offer:
        head, comma, last = typed.value.rpartition(",")
        found = _beginning(pairs(typed), last)
        return Offer(WORDS, [(head + comma + text, help) for text, help in found])

    return complete


def _protocols(_: Typed) -> Iterator[Pair]:
    for number, constant in linux.NETLINK_PROTOCOL.items():
        yield linux.protocol_name(number), f"{constant} {number}"


def _families(typed: Typed) -> Iterator[Pair]:
    for file in _registry(typed).files():
        if file.protonum is None and file.claims:
            yield file.name, f"{file.operations} operations"


def _dissectors(typed: Typed) -> Offer:
    pairs = [(f.name, f"{f.operations} operations, {f.origin}") for f in _registry(typed).files()]
    return Offer(WORDS, _beginning(pairs, typed.value))


def _exported(typed: Typed) -> Offer:
    found = _dissectors(typed)
    every = _beginning([("all", "every dissector")], typed.value)
    return found._replace(candidates=[*every, *found.candidates])


def _decode_as(typed: Typed) -> Offer:
    number, equals, name = typed.value.partition("=")
    if not equals:
        pairs = [(f"{n}=", constant) for n, constant in linux.NETLINK_PROTOCOL.items()]
        return Offer(NO_SPACE, _beginning(pairs, number))
    found = _dissectors(typed._replace(value=name)).candidates
    return Offer(WORDS, [(f"{number}={text}", help) for text, help in found])


def _codes(_: Typed) -> Iterator[Pair]:
    from ..analysis.diagnosis_codes import CODES

    for code, (severity, meaning) in CODES.items():
        yield code, f"{severity}: {meaning}"


def _types(typed: Typed) -> Iterator[Pair]:
    yield from _CONTROL.items()
    constants = typed.value.rpartition(",")[2].isupper()
    for text, kind, help in _names(_registry(typed), constants):
        if kind == "operation":
            yield text, help


def _groups(_: Typed) -> Iterator[Pair]:
    from ..capture.live.group_names import OBJECTS, full_name, named_groups
    from ..capture.live.preamble import Preamble

    answers: list[tuple[int, bytes]] = []
    try:
        asking = Preamble()
        asking.ask_families()
        asking.close()
        answers = asking.answers
    except (OSError, AttributeError):  # no netlink here
        pass
    groups = named_groups(answers)
    for word, names in OBJECTS.items():
        yield word, ", ".join(names)
    for name, group in [(full_name(group), group) for group in groups]:
        if name not in OBJECTS:
            yield name, group.constant or f"group {group.number} of {group.family or 'it'}"
    for group in {g.family or linux.protocol_name(g.protocol): g for g in groups}.values():
        owner = group.family or linux.protocol_name(group.protocol)
        if owner != "route":
            yield owner, "all its groups"


def _interfaces() -> Iterator[Pair]:
    """The nlmon interfaces of this host."""
    for name in _folder(_NET_FOLDER):
        try:
            with open(os.path.join(_NET_FOLDER, name, "type"), encoding="ascii") as stream:
                kind = int(stream.read())
        except (OSError, ValueError):
            continue
        if kind == _ARPHRD_NETLINK:
            yield name, "nlmon"


def _namespaces(_: Typed) -> Offer:
    pairs = [(name, "network namespace") for name in _folder(_NETNS_FOLDER)]
    return Offer(WORDS, _beginning(pairs, _.value))


def _folder(path: str) -> list[str]:
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []


def _layout(typed: Typed) -> Offer:
    keys = {
        "header=": "y: a line with the names",
        "separator=": "between columns; /t a tab, /s a space",
        "aggregator=": "between the values of one", "quote=": "around each: d, s or n",
    }  # fmt: skip
    return Offer(NO_SPACE, _beginning(keys.items(), typed.value))


def _criteria(typed: Typed) -> Offer:
    keys = {
        "duration:": "seconds", "filesize:": "kB", "packets:": "how many",
        "interval:": "multiples of seconds", "files:": "how many",
    }  # fmt: skip
    return Offer(NO_SPACE, _beginning(keys.items(), typed.value))


# -- names of filters and columns ----------------------------------------------------------


def _registry(typed: Typed) -> Registry:
    """The dissectors that the command will have, as far as its options are typed.

    Those with code are left out: nobody pressed Enter yet.
    """
    named: dict[str, list[str]] = {"--dissectors": [], "--specs": []}
    for option, value in zip(typed.words, typed.words[1:], strict=False):
        path = os.path.expanduser(value)
        if option in named and not any(n.endswith(".py") for n in [path, *_folder(path)]):
            named[option].append(path)
    return Registry(named["--dissectors"], named["--specs"])


def _names(registry: Registry, constants: bool, message: bool = False) -> Iterator[list[str]]:
    """What filters know at their beginning: text, kind and help of each."""

    def make() -> dict[str, str]:
        from ..filter.completion import offered_names

        return offered_names(registry)

    kept = kept_names(registry, make)
    for text in (kept["message"] if message else "", kept["constants" if constants else "names"]):
        for line in text.split("\n"):
            if line:
                yield line.split("\t")


def _filter(typed: Typed) -> Offer:
    """What a filter may go on with; the candidates are the whole of it."""
    value = typed.value
    if re.fullmatch(r"[\w-]*", value):  # its first word: known without the language
        return Offer(NO_SPACE, _first_names(_registry(typed), value, None))
    from ..filter.completion import complete

    found = complete(value, len(value), _registry(typed))
    head = value[: found.start]
    return Offer(NO_SPACE, [(head + c.text, c.help) for c in found.candidates])


def _first_names(registry: Registry, start: str, kinds: tuple[str, ...] | None) -> list[Pair]:
    """Names that begin so, with - and _ alike; of nothing, those that every message has."""
    constants = start.isupper()
    found: dict[str, str] = {}
    for text, kind, help in _names(registry, constants, message=True):
        begins = text.startswith(start) or _plain(text).startswith(_plain(start))
        wanted = kinds is None or kind in kinds
        if begins and wanted and (start or kind in ("field", "function", "dissector")):
            found.setdefault(text, help)
    return list(found.items())


def _plain(name: str) -> str:
    """As `engine.paths.plain`, whose import would be waited for."""
    return name if name.isupper() else name.lower().replace("_", "-")


def _column(typed: Typed) -> Offer:
    """Columns: the fields of filters, and what only columns have."""
    value = typed.value
    registry = _registry(typed)
    if "." not in value:
        found = _first_names(registry, value, _COLUMN_KINDS)
        return Offer(WORDS, [*_beginning(_COLUMNS.items(), value), *found])
    from ..filter.completion import complete

    inside = complete(value, len(value), registry)
    return Offer(WORDS, [(c.text, c.help) for c in inside.candidates if c.kind in _COLUMN_KINDS])


def _pattern(typed: Typed) -> Offer:
    """Names of fields, of which a pattern is the beginning."""
    return Offer(WORDS, _first_names(_registry(typed), typed.value, None) if typed.value else [])


_COMPLETERS: Final[dict[str, Callable[[Typed], Offer]]] = {
    "filter": _filter,
    "fields": _column,
    "protocol": _listed(_protocols),
    "family": _listed(_families),
    "types": _listed(_types),
    "codes": _listed(_codes),
    "no_codes": _listed(_codes),
    "decode_as": _decode_as,
    "dissector": _dissectors,
    "lua": _exported,
    "patterns": _pattern,
    "groups": _listed(_groups),
    "join": _listed(_groups),
    "interface": lambda typed: Offer(WORDS, _beginning(_interfaces(), typed.value)),
    "netns": _namespaces,
    "layout": _layout,
    "ring": _criteria,
    "stop": _criteria,
}


# -- what may be shown ---------------------------------------------------------------------


def _beginning(pairs: Iterable[Pair], start: str) -> list[Pair]:
    return [(text, help) for text, help in pairs if text.startswith(start)]


def _first(action: Action) -> str:
    """The beginning of an option's help."""
    return (action.help or "").partition(";")[0]


def visible(candidates: Iterable[Pair]) -> list[Pair]:
    """Those that a terminal shows as they are, each once; their help on one line."""
    out: dict[str, str] = {}
    for text, help in candidates:
        if text and safe(text) == text and text.isprintable():
            out.setdefault(text, safe(" ".join(help.split())))
    return list(out.items())
