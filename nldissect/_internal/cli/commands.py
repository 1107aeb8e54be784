"""The commands: for each what its help says, its options, and the function that runs it.

A command's module is imported when the command runs, so that none waits for the others' imports.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, NoReturn

from ..wire.errors import UsageError
from ..wire.text import near
from . import help_examples as examples
from . import options as opt
from . import user_defaults
from .options import CommandParser
from .output import TextOutput
from .version_text import version_text


def _read(options: Namespace, output: TextOutput) -> int:
    from .read_command import read

    return read(options, output)


def _decode(options: Namespace, output: TextOutput) -> int:
    from .decode_command import decode

    return decode(options, output)


def _live(options: Namespace, output: TextOutput) -> int:
    from .live_command import live

    return live(options, output)


def _run(options: Namespace, output: TextOutput) -> int:
    from .run_command import run

    return run(options, output)


def _monitor(options: Namespace, output: TextOutput) -> int:
    from .monitor_command import monitor

    return monitor(options, output)


def _tui(options: Namespace, output: TextOutput) -> int:
    from .tui_command import tui

    return tui(options, output, COMMANDS)


def _report(options: Namespace, output: TextOutput) -> int:
    from .report_command import report

    return report(options, output)


def _export(options: Namespace, output: TextOutput) -> int:
    from .tables_command import export

    return export(options, output)


def _stats(options: Namespace, output: TextOutput) -> int:
    from .stats_command import stats

    return stats(options, output)


def _flow(options: Namespace, output: TextOutput) -> int:
    from .flow_command import flow

    return flow(options, output)


def _state(options: Namespace, output: TextOutput) -> int:
    from .state_command import state

    return state(options, output)


def _check(options: Namespace, output: TextOutput) -> int:
    from .check_command import check

    return check(options, output)


def _diff(options: Namespace, output: TextOutput) -> int:
    from .diff_command import diff

    return diff(options, output)


def _redact(options: Namespace, output: TextOutput) -> int:
    from .redact_command import redact

    return redact(options, output)


def _dissectors(options: Namespace, output: TextOutput) -> int:
    from .dissectors_command import dissectors

    return dissectors(options, output)


def _fields(options: Namespace, output: TextOutput) -> int:
    from .fields_command import fields

    return fields(options, output)


def _extcap(options: Namespace, output: TextOutput) -> int:
    from .extcap_command import extcap

    return extcap(options, output)


def _completion(options: Namespace, output: TextOutput) -> int:
    from .shell_completion import completion

    return completion(options, output)


def _complete(arguments: list[str], output: TextOutput) -> int:
    """What the completion scripts call with each Tab; `arguments` are as they were typed."""
    from .completion_candidates import offer
    from .shell_completion import answer

    summaries = {name: command.summary for name, command in COMMANDS.items()}
    offering = partial(offer, commands=lambda name: build(name)[1][name], summaries=summaries)
    output.write(answer(arguments, offering))
    return 0


class Command(NamedTuple):
    """A command: `add_options` gives its parser the options, `run` returns the exit status."""

    summary: str
    examples: str
    add_options: Callable[[CommandParser], None]
    run: Callable[[Namespace, TextOutput], int]


COMMANDS: dict[str, Command] = {
    "read": Command(
        "show the messages of capture files", examples.READ, opt.read_options, _read,
    ),
    "decode": Command(
        "show messages that are pasted as hex, dumps, arrays or strings",
        examples.DECODE, opt.decode_options, _decode,
    ),
    "live": Command(
        "show netlink messages as they are sent", examples.LIVE, opt.live_options, _live,
    ),
    "run": Command(
        "run a command and show its conversation", examples.RUN, opt.run_options, _run,
    ),
    "monitor": Command(
        "show notifications, without privileges", examples.MONITOR, opt.monitor_options, _monitor,
    ),
    "tui": Command(
        "look through captures in the terminal", examples.TUI, opt.tui_options, _tui,
    ),
    "report": Command(
        "make a page or Markdown of messages, for others to read",
        examples.REPORT, opt.report_options, _report,
    ),
    "export": Command(
        "write messages and attributes as tables: Parquet, Arrow, DuckDB",
        examples.EXPORT, opt.export_options, _export,
    ),
    "stats": Command(
        "count what capture files hold", examples.STATS, opt.stats_options, _stats,
    ),
    "flow": Command(
        "draw a capture as a sequence diagram", examples.FLOW, opt.flow_options, _flow,
    ),
    "state": Command(
        "show the links, addresses, routes... that a capture implies at a moment",
        examples.STATE, opt.state_options, _state,
    ),
    "check": Command(
        "report what is wrong or odd in capture files",
        examples.CHECK, opt.check_options, _check,
    ),
    "diff": Command(
        "compare two captures by meaning", examples.DIFF, opt.diff_options, _diff,
    ),
    "redact": Command(
        "write a capture without keys, addresses, names",
        examples.REDACT, opt.redact_options, _redact,
    ),
    "fields": Command(
        "list the names that filters and columns take",
        examples.FIELDS, opt.fields_options, _fields,
    ),
    "dissectors": Command(
        "list, show, check or export dissectors, or learn one from a capture or from C",
        examples.DISSECTORS, opt.dissectors_options, _dissectors,
    ),
    "extcap": Command(
        "capture for Wireshark and tshark, which list it as an interface",
        examples.EXTCAP, opt.extcap_options, _extcap,
    ),
    "completion": Command(
        "complete commands, options and names with Tab",
        examples.COMPLETION, opt.completion_options, _completion,
    ),
}  # fmt: skip


def build(only: str | None = None) -> tuple[CommandParser, dict[str, CommandParser]]:
    """The parser, and those of the commands by name, or `only` that of one."""
    parser = CommandParser(
        prog="nldissect",
        description=examples.DESCRIPTION,
        epilog=examples.ALL,
        formatter_class=opt.HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=version_text())
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", parser_class=CommandParser, prog="nldissect"
    )
    found = {}
    for name in COMMANDS if only is None else (only,):
        command = COMMANDS[name]
        made: CommandParser = commands.add_parser(
            name,
            help=command.summary,
            description=command.summary[0].upper() + command.summary[1:] + ".",
            epilog=command.examples,
            formatter_class=opt.HelpFormatter,
            allow_abbrev=False,
        )
        found[name] = made
        command.add_options(made)
        made.add_argument(
            "--no-config",
            action="store_true",
            dest="no_config",
            help="leave out what config.toml and NLDISSECT_OPTS say of options",
        )
    return parser, found


def run_command_line(argv: Sequence[str], output: TextOutput) -> int:
    """Parses the arguments and runs the command; its exit status. Raises UsageError."""
    if not argv and _at_a_terminal(output):
        argv = ["tui"]
    if list(argv[:2]) == ["completion", "--complete"]:  # not for argparse, which knows `--`
        return _complete(list(argv[2:]), output)
    argv = _meant(argv)
    only = argv[0] if argv and argv[0] in COMMANDS else None
    parser, commands = build(only)
    if argv and argv[0] not in commands:
        if not argv[0].startswith("-"):
            _no_command(argv[0], list(commands))
        if argv[0].partition("=")[0] not in parser.options():
            _no_command_in_front(argv, commands)
    try:
        options, rest = parser.parse_known_args(argv)
        named = options.command
        if named and not options.no_config and user_defaults.apply(commands[named], named):
            options, rest = parser.parse_known_args(argv)
    except SystemExit as done:  # --help and --version
        return int(done.code or 0)
    if rest:
        chosen = commands.get(options.command or "", parser)
        hint = HINTS.get(rest[0]) if options.command == "read" else None
        raise UsageError(
            f"no such option: {rest[0]}{near(rest[0], chosen.options())}; "
            + (hint or f"`{chosen.prog} --help` lists them")
        )
    if options.command is not None:
        if getattr(options, "confine", False):
            from .confined import confine_as_asked

            confine_as_asked(options)
        return COMMANDS[options.command].run(options, output)
    output.write(parser.format_help())
    return 0


# What does in `read` what an option of tcpdump or tshark does.
HINTS: dict[str, str] = {
    "-z": "statistics are `nldissect stats FILE`",
    "-o": "-w FILE writes messages, > FILE what is shown",
    "-i": "`nldissect live INTERFACE` listens",
    "-f": "-Y has display filters",
    "-R": "-Y has display filters",
    "-G": "`nldissect dissectors` lists what can be decoded",
    "-l": "into a pipe each line is written as it comes",
    "-A": "-x shows bytes",
    "-X": "-x shows bytes",
    "-v": "-V shows all of a message",
    "-s": "a capture is shown as it was cut",
}


def _meant(argv: Sequence[str]) -> Sequence[str]:
    """`help COMMAND` as COMMAND --help; a file, or tshark's -r, without a command as `read`."""
    if argv and argv[0] == "help":
        if len(argv) > 1 and argv[1] not in COMMANDS:
            _no_command(argv[1], list(COMMANDS))
        return [*argv[1:2], "--help"]
    if argv and argv[0] not in COMMANDS and (argv[0] == "-r" or os.path.isfile(argv[0])):
        return ["read", *argv]
    return argv


def _at_a_terminal(output: TextOutput) -> bool:
    """Whether somebody sits in front of it, to whom the start screen can be shown."""
    reads = sys.stdin is not None and sys.stdin.isatty()
    return reads and output.terminal() and os.environ.get("TERM") != "dumb"


def _no_command_in_front(argv: Sequence[str], commands: Mapping[str, CommandParser]) -> None:
    """Raises UsageError for an option of a command that stands where the command is expected."""
    option = argv[0].partition("=")[0]
    named = next((word for word in argv if word in commands), None)
    if named is None:
        having = [name for name, parser in commands.items() if option in parser.options()]
        if having:
            raise UsageError(f"{option} stands behind a command, as in `nldissect {having[0]} …`")
        return
    import shlex

    at = argv.index(named)
    rest = shlex.join([named, *argv[:at], *argv[at + 1 :]])
    raise UsageError(f"options stand behind the command: `nldissect {rest}`")


def _no_command(given: str, commands: list[str]) -> NoReturn:
    raise UsageError(
        f"{given!r} is no command{near(given, commands)}; there are {', '.join(commands)}"
    )
