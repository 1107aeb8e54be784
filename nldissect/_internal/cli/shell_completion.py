"""Completion scripts for bash, zsh and fish, made from the options themselves."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ..analysis.diagnosis_codes import CODES
from ..render.column_output import MESSAGE_COLUMNS
from ..wire import linux

# What completes the values of options that are no fixed choice.
_FILES = frozenset(("files", "write", "dissectors", "source", "specs", "svg", "a", "b"))


def _words(action: argparse.Action) -> list[str]:
    """The values to offer for an option."""
    if action.choices is not None:
        return [str(choice) for choice in action.choices]
    if action.dest == "protocol":
        return [linux.protocol_name(number) for number in linux.NETLINK_PROTOCOL]
    if action.dest == "fields":
        return list(MESSAGE_COLUMNS)
    if action.dest in ("codes", "no_codes"):
        return list(CODES)
    if action.dest == "types":
        return ["error", "ack", "done", *(name[4:].lower() for name in linux.RTM.values())]
    return []


def _options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if action.option_strings]


def _positional(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if not action.option_strings]


def script(shell: str, commands: Mapping[str, argparse.ArgumentParser]) -> str:
    """The script for a shell; `commands` are the parsers by command."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](commands)


def _bash(commands: Mapping[str, argparse.ArgumentParser]) -> str:
    """One case a command; the word before tells whose values are completed."""
    cases = []
    for name, parser in commands.items():
        options = [o for action in _options(parser) for o in action.option_strings]
        inner = []
        for action in _options(parser):
            if action.nargs == 0:
                continue
            strings = "|".join(action.option_strings)
            words = _words(action)
            if words:
                reply = f'COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$current"))'
            elif action.dest in _FILES:
                reply = 'mapfile -t COMPREPLY < <(compgen -f -- "$current")'
            else:
                reply = "COMPREPLY=()"
            inner.append(f"        {strings}) {reply}; return ;;")
        words = [w for action in _positional(parser) for w in _words(action)]
        plain = []
        if any(action.dest in _FILES for action in _positional(parser)):
            plain.append('mapfile -t COMPREPLY < <(compgen -f -- "$current")')
        if words:
            plain.append(f'COMPREPLY+=($(compgen -W "{" ".join(words)}" -- "$current"))')
        body = "\n".join(inner)
        cases.append(
            f'    {name})\n        case "$previous" in\n{body}\n        esac\n'
            f"        if [[ $current == -* ]]; then\n"
            f'            COMPREPLY=($(compgen -W "{" ".join(options)}" -- "$current"))\n'
            f"        else\n            {'; '.join(plain) or ':'}\n        fi ;;"
        )
    nl = "\n"
    return f"""\
# bash completion for nldissect
_nldissect() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W "{" ".join(commands)} --help --version" -- "$current"))
        return
    fi
    compopt -o filenames 2>/dev/null
    case "${{COMP_WORDS[1]}}" in
{nl.join(cases)}
    esac
}}
complete -F _nldissect nldissect
"""


def _help(action: argparse.Action, also: str) -> str:
    """The option's help in one line without what a shell would interpret."""
    text = (action.help or "").partition(";")[0]
    return "".join(c for c in text if c not in also)


def _zsh(commands: Mapping[str, argparse.ArgumentParser]) -> str:
    """One _arguments a command: its specs have option, help, value and what completes it."""
    cases = []
    for name, parser in commands.items():
        specs = []
        for action in _options(parser):
            text = _help(action, "'[]:`\\$\"")
            repeat = "*" if isinstance(action, argparse._AppendAction) else ""
            value = ""
            if action.nargs != 0:
                words = _words(action)
                kind = f"({' '.join(words)})" if words else ""
                kind = "_files" if action.dest in _FILES else kind
                value = f":{(action.metavar or action.dest)}:{kind}".replace("'", "")
            for option in action.option_strings:
                specs.append(f"'{repeat}{option}[{text}]{value}'")
        for action in _positional(parser):
            words = _words(action)
            kind = f"({' '.join(words)})" if words else "_files"
            mark = "*" if action.nargs in ("*", "+") else ""
            specs.append(f"'{mark}:{action.dest}:{kind}'")
        joined = " \\\n        ".join(specs)
        cases.append(f"    {name})\n      _arguments -S {joined} ;;")
    described = " ".join(
        f"'{name}:{(parser.description or '').rstrip('.')}'" for name, parser in commands.items()
    )
    nl = "\n"
    return f"""\
#compdef nldissect
_nldissect() {{
  if (( CURRENT == 2 )); then
    local -a commands
    commands=({described})
    _describe command commands
    _arguments '--help[show help]' '--version[show the version]'
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{nl.join(cases)}
  esac
}}
if [[ $funcstack[1] == _nldissect ]]; then
  _nldissect "$@"
else
  compdef _nldissect nldissect
fi
"""


def _fish(commands: Mapping[str, argparse.ArgumentParser]) -> str:
    """One `complete` line an option."""
    lines = [
        "# fish completion for nldissect",
        "complete -c nldissect -f",
        "complete -c nldissect -n __fish_use_subcommand -l help -d 'Show help'",
        "complete -c nldissect -n __fish_use_subcommand -l version -d 'Show the version'",
    ]
    for name, parser in commands.items():
        text = (parser.description or "").rstrip(".").replace("'", "")
        lines.append(f"complete -c nldissect -n __fish_use_subcommand -a {name} -d '{text}'")
        there = f"complete -c nldissect -n '__fish_seen_subcommand_from {name}'"
        for action in _options(parser):
            names = "".join(
                f" -l {o[2:]}" if o.startswith("--") else f" -s {o[1:]}"
                for o in action.option_strings
            )
            value = ""
            if action.nargs != 0:
                words = _words(action)
                value = f" -x -a '{' '.join(words)}'" if words else " -x"
                value = " -r -F" if action.dest in _FILES else value
            text = _help(action, "'\\")
            lines.append(f"{there}{names}{value} -d '{text}'")
        for action in _positional(parser):
            words = _words(action)
            lines.append(f"{there} -a '{' '.join(words)}'" if words else f"{there} -F")
    return "\n".join(lines) + "\n"
