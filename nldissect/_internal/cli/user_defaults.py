"""What options are when they are not given: by the settings file, then by NLDISSECT_OPTS."""

from __future__ import annotations

import argparse
import os
from typing import Any

from ..wire import config_file
from ..wire.caller import acting_for_another
from ..wire.errors import UsageError
from ..wire.text import near
from .options import CommandParser

VARIABLE = "NLDISSECT_OPTS"
SHOWING = ("read", "live", "run", "monitor", "decode")  # the commands that the variable is for


def apply(parser: CommandParser, command: str) -> bool:
    """Sets the defaults of a command's parser; whether there are any. Raises UsageError."""
    found = {**_of_file(parser, command), **_of_variable(parser, command)}
    parser.set_defaults(**found)
    return bool(found)


def _of_file(parser: CommandParser, command: str) -> dict[str, Any]:
    whole, where = config_file.load()
    table = whole.get(command, {})
    if not isinstance(table, dict):
        raise UsageError(f"{where}: {command}: a table [{command}] is what can stand here")
    actions = {
        word.removeprefix("--"): action
        for action in parser.actions()
        for word in action.option_strings
        if word.startswith("--")
    }
    out: dict[str, Any] = {}
    for key, value in table.items():
        if key == "columns" and isinstance(value, list):
            out["columns"] = [str(name) for name in value]
            continue
        action = actions.get(key)
        if action is None or isinstance(action, argparse._HelpAction):
            hint = near(key, [*actions, "columns"])
            raise UsageError(f"{where}: [{command}] {key}: {command} has no --{key}{hint}")
        try:
            out[action.dest] = _value(action, value)
        except ValueError as problem:
            raise UsageError(f"{where}: [{command}] {key}: {problem}") from None
    return out


def _value(action: argparse.Action, value: Any) -> Any:
    """The value of an option as its parser would make it; raises ValueError."""
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise ValueError(f"{value!r} is neither true nor false")
        return action.const if value else action.default
    several = isinstance(action, argparse._AppendAction)
    values = [str(one) for one in value] if isinstance(value, list) and several else [str(value)]
    if isinstance(value, (dict, bool)) or (isinstance(value, list) and not several):
        raise ValueError(f"{value!r} is no text in quotes or number")
    wrong = next((one for one in values if action.choices and one not in action.choices), None)
    if wrong is not None:
        raise ValueError(f"{wrong!r} is none of {', '.join(map(str, action.choices or ()))}")
    return values if several else values[0]


def _of_variable(parser: CommandParser, command: str) -> dict[str, Any]:
    """Unless somebody else's environment was kept, as by sudo."""
    text = os.environ.get(VARIABLE)
    if not text or command not in SHOWING or acting_for_another():
        return {}
    import shlex

    try:
        words = shlex.split(text)
        if {"-h", "--help"} & set(words):
            raise UsageError("--help is no default")
        options, rest = parser.parse_known_args(words)
    except (ValueError, UsageError) as problem:
        raise UsageError(f"{VARIABLE}: {problem}") from None
    if rest and command == "read":
        raise UsageError(f"{VARIABLE}: no such option: {rest[0]}{near(rest[0], parser.options())}")
    chosen = vars(options)
    return {name: chosen[name] for name in chosen if chosen[name] != parser.get_default(name)}
