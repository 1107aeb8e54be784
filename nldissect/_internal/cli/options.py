"""The command line: what can be given, and how it is said when it is wrong."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NoReturn

from ..wire.errors import UsageError
from ..wire.text import near
from ..wire.times import TIME_FORMATS
from . import version
from .output import Output

DESCRIPTION = "Shows what Linux netlink messages in a capture say, down to the last attribute."
READ_EXAMPLES = """\
examples:
  nldissect read monitor.pcap                    one line per message
  nldissect read -V -x monitor.pcap.gz           all of each message, and its bytes
  nldissect read -V -c 1 --type newlink a.pcap   the first RTM_NEWLINK
  nldissect read --protocol route --pid 0 a.pcap rtnetlink, from or to port 0
  nldissect read -Y 'linkinfo.kind == "vxlan" and mtu < 1500' a.pcap
  nldissect read -Y 'error == ENODEV or latency > 10ms' a.pcap
  nldissect read -T jsonl a.pcap | jq -r 'select(.error) | .summary'
  nldissect read -T fields -e time -e ifname -e IFLA_MTU --type newlink a.pcap
  nldissect read -w errors.pcapng --type error a.pcap
  nldissect read --decode-as 0x1c=nl_util a.pcap a family that the file does not name
  tcpdump -i nlmon0 -U -w - | nldissect read -   as it happens

The fields of -e are the top-level names of the JSON (record, time, operation,
sequence, error_name...) and attributes by dotted path, in spec names, C
constants or numbers: linkinfo.kind, IFLA_LINKINFO.IFLA_INFO_KIND, ifi-index.
With :label after it, a field's value is given in words."""
RUN_EXAMPLES = """\
examples:
  nldissect run -- ip link show lo               what ip and the kernel say to each other
  nldissect run -V --type newlink -- ip link add pear0 type dummy
  nldissect run --after -o shown -- make test    all commands of make, shown at the end
  nldissect run -w ip.pcapng -- ip route         kept for read, diff, Wireshark
  nldissect run --strace -T jsonl -o log.jsonl -- ./program

It listens on nlmon where that can be had, else it traces system calls with strace
and says so. Shown are the sockets of the command and of all that it starts, with the
notifications that these received. docs/run.md tells what each of the two ways sees."""
MONITOR_EXAMPLES = """\
examples:
  nldissect monitor                              all notifications that you may hear
  nldissect monitor link neigh                   RTNLGRP_LINK and RTNLGRP_NEIGH
  nldissect monitor nlctrl ethtool:monitor       a family's groups, or one of them
  nldissect monitor netfilter:nftables route:27  other protocols, and numbers
  nldissect monitor --list                       the groups there are
  nldissect monitor -V --type newlink link
  nldissect monitor -w heard.pcapng

No nlmon and no privileges are needed; groups that may not be joined are named."""
LIVE_EXAMPLES = """\
examples:
  sudo nldissect live                              whatever is said, until Ctrl-C
  sudo nldissect live --protocol route -V          rtnetlink, all of each message
  sudo nldissect live --type newlink,dellink       filtered by the kernel
  sudo nldissect live -w all.pcapng                shown and kept; Wireshark reads it too
  sudo nldissect live -q -w all.pcapng -a duration:60
  sudo nldissect live -q -w ring.pcapng -b filesize:10000 -b files:5
  sudo nldissect live --netns blue                 in another network namespace
  sudo nldissect live -T jsonl | jq .summary

--protocol, --family, --type and --pid filter in the kernel: what they leave out is
not written either. docs/live.md tells which privileges are needed, and why."""
TUI_EXAMPLES = """\
examples:
  nldissect tui capture.pcap                     list, tree and bytes; ? shows every key
  sudo nldissect tui nlmon0                      as it happens; kept if you say so at the end
  ssh HOST tcpdump -i nlmon0 -U -w - | nldissect tui -
  nldissect tui before.pcap after.pcap           ] and [ go from one to the other
  nldissect                                      recent files, and what can be captured

Settings, keys and colours: ~/.config/nldissect/tui.toml; docs/tui.md has them all."""
DIFF_EXAMPLES = """\
examples:
  nldissect diff good.pcap bad.pcap               what was asked and answered otherwise
  nldissect diff --objects before.pcap after.pcap the links, routes... that changed
  nldissect diff --objects --counters a.pcap b.pcap
  nldissect diff -T json a.pcap b.pcap | jq '.differences[].title'

+ is only in B, - only in A, ~ in both but changed. The exit status is that of
diff(1): 0 the same, 1 different, 2 trouble."""
STATS_EXAMPLES = """\
examples:
  nldissect stats capture.pcap                   counts, errors, latencies, rates
  nldissect stats --top 3 monday.pcap tuesday.pcap
  nldissect stats --svg rates.svg capture.pcap   the plot as an image as well
  nldissect stats -T json a.pcap | jq '.latencies[] | {operation, p99}'"""
CHECK_EXAMPLES = """\
examples:
  nldissect check monitor.pcap                   all of it; status 1 if there is an error
  nldissect check --fail-on warning a.pcap       status 1 from warnings on
  nldissect check --no-code nest-flag-missing,trailing-zeros a.pcap
  nldissect check --code request-unanswered a.pcap b.pcap.gz
  nldissect check -T json a.pcap | jq -r '.[] | select(.severity == "error") | .text'
  nldissect check -T sarif a.pcap > a.sarif      for what shows results of checks

A line says file:record, severity, code, the offset from the start of the
message's nlmsghdr and, if it is one, the attribute. docs/diagnostics.md has
every code."""
DISSECTORS_EXAMPLES = """\
examples:
  nldissect dissectors
  nldissect dissectors --specs ~/linux/Documentation/netlink/specs
  nldissect dissectors check my-family.yaml
  nldissect dissectors learn capture.pcap my-family > my-family.yaml"""
COMPLETION_EXAMPLES = """\
examples:
  nldissect completion bash > ~/.local/share/bash-completion/completions/nldissect
  nldissect completion zsh > ~/.zfunc/_nldissect
  nldissect completion fish > ~/.config/fish/completions/nldissect.fish"""
EXAMPLES = """\
examples:
  nldissect read capture.pcap            what happened, a line per message
  nldissect read -V capture.pcap         everything in it
  nldissect live                         what is said right now (needs root)
  nldissect run -- ip link show          what one command and the kernel say
  nldissect monitor                      the kernel's notifications
  nldissect tui capture.pcap             list, tree and bytes, in the terminal
  nldissect check capture.pcap           what is wrong with it
  nldissect dissectors                   the protocols it knows
  nldissect COMMAND --help               a command's options, with examples

To record: nldissect live -w capture.pcapng"""


# Those of render.formats, which the parser need not import, and those that have options.
FORMATS = (
    "text", "json", "jsonl", "fields", "hex", "python", "build", "c", "go", "rust", "ynl",
)  # fmt: skip

# argparse looks in the file system for translations of each of its words, of which there are none.
setattr(argparse, "_", str)  # noqa: B010 - no name that it offers


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal.

    argparse asks for the width whenever an option is added, by way of shutil,
    whose import costs more than all the rest of the parser.
    """

    def __init__(self, prog: str, **settings: Any) -> None:
        super().__init__(prog, **{"width": max(min(Output().columns(), 100) - 2, 30), **settings})


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and suggests the option that was meant."""

    def error(self, message: str) -> NoReturn:
        message = message.removeprefix("argument ")
        raise UsageError(f"{message}; `{self.prog} --help` lists the options")

    def options(self) -> list[str]:
        """Every option string."""
        return [option for action in self._actions for option in action.option_strings]


def _read_parser(parser: Parser) -> None:
    add = parser.add_argument
    add(
        "files",
        nargs="+",
        metavar="FILE",
        help="a pcap or pcapng file, plain or compressed; "
        "- is standard input, each message shown as it arrives",
    )
    _show_options(parser)
    write = parser.add_argument_group("what else is done")
    write.add_argument(
        "-2",
        "--two-pass",
        action="store_true",
        dest="two_pass",
        help="read the whole file before the first line; else, into a pipe or a terminal and "
        "with -c, names and answers are looked for only 4 MiB ahead",
    )
    _jobs_option(write)
    write.add_argument(
        "-w",
        "--write",
        metavar="FILE",
        help="write the messages shown to a pcapng file (- is standard output, "
        "and nothing is shown)",
    )


def _live_parser(parser: Parser) -> None:
    parser.add_argument(
        "interface",
        nargs="?",
        metavar="IFACE",
        help="an nlmon interface; the default is one that is up, else one is made "
        "and removed at the end",
    )
    capture = parser.add_argument_group("what is captured")
    add = capture.add_argument
    add(
        "--netns",
        metavar="NAME|PID",
        help="in this network namespace, by its name in `ip netns` or a process in it",
    )
    add(
        "--no-prime",
        action="store_false",
        dest="preamble",
        help="do not ask the kernel for families, policies and links, which explain the capture",
    )
    add(
        "-s",
        "--snaplen",
        metavar="BYTES",
        help="of each datagram no more, the 16 bytes of the "
        "cooked header included; 0, the default, is 262144",
    )
    add(
        "-B",
        "--buffer-size",
        metavar="MIB",
        dest="buffer",
        help="the kernel's buffer; the default is 32",
    )
    write = parser.add_argument_group("where it is written")
    add = write.add_argument
    add(
        "-w",
        "--write",
        metavar="FILE",
        help="write all that is captured to a pcapng file as "
        "well (- is standard output, and nothing is shown)",
    )
    add("-q", "--quiet", action="store_true", help="show nothing")
    add(
        "-b",
        "--ring-buffer",
        metavar="CRITERION",
        action="append",
        default=[],
        dest="ring",
        help="numbered files, the next one begun after duration:SECONDS, filesize:KB, packets:N "
        "or at every interval:SECONDS of the clock; files:N keeps the last N",
    )
    add(
        "-a",
        "--autostop",
        metavar="CRITERION",
        action="append",
        default=[],
        dest="stop",
        help="stop after duration:SECONDS, filesize:KB, packets:N or files:N",
    )
    _show_options(parser)


def _run_parser(parser: Parser) -> None:
    parser.add_argument(
        "argv",
        nargs=argparse.REMAINDER,
        metavar="-- COMMAND",
        help="the command with its arguments; its exit status is that of nldissect",
    )
    how = parser.add_argument_group("how it is run")
    add = how.add_argument
    way = how.add_mutually_exclusive_group()
    way.add_argument("--nlmon", action="store_true", help="listen on nlmon, or fail")
    way.add_argument("--strace", action="store_true", help="trace its system calls with strace")
    add("--after", action="store_true", help="show everything when the command has ended")
    write = parser.add_argument_group("where it is written")
    add = write.add_argument
    add(
        "-o",
        "--output",
        metavar="FILE",
        help="what is shown goes to this file; the default is "
        "standard output, where the command's own goes too",
    )
    add("-w", "--write", metavar="FILE", help="write the messages shown to a pcapng file")
    _show_options(parser)


def _monitor_parser(parser: Parser) -> None:
    parser.add_argument(
        "groups",
        nargs="*",
        metavar="GROUP",
        help="link, ipv4-route, RTNLGRP_NEIGH; nlctrl, ethtool:monitor; netfilter:nftables; "
        "route:27; the default is every group that may be joined",
    )
    how = parser.add_argument_group("how it listens")
    add = how.add_argument
    add("--list", action="store_true", help="list the groups there are, and listen to none")
    add(
        "--all-nsid",
        action="store_true",
        dest="all_nsid",
        help="also what is said in other network namespaces that have an id here",
    )
    write = parser.add_argument_group("what else is done")
    write.add_argument(
        "-w",
        "--write",
        metavar="FILE",
        help="write the messages shown to a pcapng file (- is standard output, "
        "and nothing is shown)",
    )
    _show_options(parser)


_IN_TURN = (
    "go through a file in N processes, which show it in turn; the default is 1, and for files "
    "over 64 MiB as many as there are processors, up to 4"
)


def _jobs_option(group: argparse._ActionsContainer, words: str = _IN_TURN) -> None:
    group.add_argument("-j", "--jobs", metavar="N", default=None, help=words)


def _show_options(parser: Parser) -> None:
    """What `read` and `live` share."""
    parser.set_defaults(two_pass=False, jobs="1")
    show = parser.add_argument_group("what is shown of a message")
    add = show.add_argument
    add("-V", "--verbose", action="store_true", help="everything in it, as a tree")
    add("-x", "--hex", action="store_true", help="its bytes as well")
    add(
        "-T",
        "--format",
        metavar="FORMAT",
        choices=FORMATS,
        help="text (the default), json (one array), jsonl (an object a line), fields; as code: "
        "hex, python, build, c, go, rust; ynl (the JSON of the kernel's ynl tool)",
    )
    add(
        "-e",
        "--field",
        metavar="PATH",
        action="append",
        default=[],
        dest="fields",
        help="a column of -T fields; may be given many times",
    )
    add(
        "-E",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        dest="layout",
        help="for -T fields: header=y, separator=CHARACTER (/t a tab, /s a space), "
        "aggregator=CHARACTER, quote=d|s|n",
    )
    add(
        "-t",
        "--time",
        metavar="FORMAT",
        default=None,
        choices=[*TIME_FORMATS, *TIME_FORMATS.values()],
        help="times as a (absolute), ad (with date), r (relative to the first, the default), "
        "d (since the record before), dd (since the one shown before), e (epoch), u (UTC), "
        "ud (UTC with date)",
    )
    add(
        "--names",
        choices=("c", "spec"),
        default=None,
        help="IFLA_IFNAME or ifname; the default is c in trees and spec elsewhere",
    )
    add(
        "--copies",
        action="store_true",
        help="each copy of a multicast notification by itself, not one row that counts them",
    )
    add(
        "--host-names",
        action="store_true",
        dest="host_names",
        help="routing tables, protocols, scopes and network namespaces by this host's names "
        "(/etc/iproute2, /run/netns)",
    )
    add(
        "--color",
        "--colour",
        choices=("auto", "always", "never"),
        default="auto",
        dest="color",
        help="auto is: on a terminal, unless NO_COLOR is set",
    )
    select = parser.add_argument_group(
        "which messages are shown", "Lists are separated by commas; all conditions must hold."
    )
    add = select.add_argument
    _filter_option(select)
    add("-c", "--count", metavar="N", help="stop after so many messages")
    add(
        "--protocol",
        metavar="NAME",
        action="append",
        default=[],
        help="netlink protocols: route, generic, netfilter... or numbers",
    )
    add(
        "--family",
        metavar="NAME",
        action="append",
        default=[],
        help="generic netlink families: nlctrl, ethtool...",
    )
    add(
        "--type",
        metavar="NAME",
        action="append",
        default=[],
        dest="types",
        help="operations: newlink, RTM_NEWLINK, getfamily, error, ack, done... "
        "or numbers of nlmsg_type",
    )
    add("--pid", metavar="N", action="append", default=[], help="port ids (nlmsg_pid)")
    _decode_options(parser)


def _filter_option(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "-Y",
        "--filter",
        metavar="FILTER",
        default=None,
        help="a display filter, with the operators of Wireshark's: "
        "'ifname == \"eth0\" and mtu > 1500'; docs/filter.md",
    )
    group.add_argument(
        "--own",
        action="store_true",
        help="also what the recording nldissect itself asked the kernel",
    )


def _stats_parser(parser: Parser) -> None:
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="captures, counted together; - is standard input")
    add(
        "-T",
        "--format",
        metavar="FORMAT",
        choices=("text", "json"),
        default="text",
        help="text (the default) or json",
    )
    add("--top", metavar="N", default="10", help="so many rows of each table, 10 by default")
    add("--svg", metavar="FILE", help="write the messages per second as an SVG image")
    _jobs_option(
        parser,
        "as for read and check; counting stays in one process, since most of it "
        "is pairing, which cannot be shared",
    )
    _filter_option(parser)
    _decode_options(parser)


def _check_parser(parser: Parser) -> None:
    add = parser.add_argument
    add(
        "files",
        nargs="+",
        metavar="FILE",
        help="a pcap or pcapng file, plain or compressed; - is standard input",
    )
    add(
        "-T",
        "--format",
        metavar="FORMAT",
        choices=("text", "json", "sarif"),
        default="text",
        help="text (the default), json (one array), sarif (SARIF 2.1.0)",
    )
    add(
        "--fail-on",
        choices=("error", "warning", "note"),
        default="error",
        help="exit with 1 when something so bad or worse was found; the default is error",
    )
    add(
        "--code",
        metavar="CODE",
        action="append",
        default=[],
        dest="codes",
        help="report only these, separated by commas",
    )
    add(
        "--no-code",
        metavar="CODE",
        action="append",
        default=[],
        dest="no_codes",
        help="do not report these",
    )
    _jobs_option(parser)
    _filter_option(parser)
    _decode_options(parser)


def _diff_parser(parser: Parser) -> None:
    add = parser.add_argument
    add("a", metavar="A", help="a capture; - is standard input")
    add("b", metavar="B", help="the capture it is compared with")
    add(
        "--objects",
        action="store_true",
        help="compare the links, addresses, routes, neighbours, rules, qdiscs, classes, filters "
        "and next hops that the captures show last, not what was asked",
    )
    add("--counters", action="store_true", help="compare counters, ages and timers as well")
    add(
        "-T",
        "--format",
        metavar="FORMAT",
        choices=("text", "json"),
        default="text",
        help="text (the default) or json",
    )
    _filter_option(parser)
    _decode_options(parser)


def _decode_options(parser: Parser) -> None:
    decode = parser.add_argument_group("how it is decoded")
    add = decode.add_argument
    add(
        "--byte-order",
        choices=("little", "big"),
        default=None,
        help="of the host that recorded; the default is to tell from the bytes",
    )
    add(
        "--decode-as",
        metavar="X=NAME",
        action="append",
        default=[],
        help="decode a protocol number or generic family id with this dissector",
    )
    _dissector_options(decode)


def _tui_parser(parser: Parser) -> None:
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE|IFACE|-",
        help="capture files, nlmon interfaces to listen on, or - for standard input; "
        "without any there is a screen to choose from",
    )
    parser.add_argument(
        "--config", metavar="FILE", help="settings, in place of ~/.config/nldissect/tui.toml"
    )
    _decode_options(parser)


def _at_a_terminal(output: Output) -> bool:
    """Whether somebody sits in front of it, to whom the start screen can be shown."""
    import os
    import sys

    reads = sys.stdin is not None and sys.stdin.isatty()
    return reads and output.terminal() and os.environ.get("TERM") != "dumb"


def _dissector_options(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--dissectors",
        metavar="DIR",
        action="append",
        default=[],
        help="more dissectors; also NLDISSECT_PATH",
    )
    group.add_argument(
        "--specs",
        metavar="DIR",
        action="append",
        default=[],
        help="more specs in the kernel's YNL format; also NLDISSECT_SPECS",
    )


def _dissectors_parser(parser: Parser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "check", "learn"),
        default="list",
        help="list (the default), check or learn",
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="the dissector files to check; or the capture and the family to learn",
    )
    _dissector_options(parser)


def _completion_parser(parser: Parser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


# Of each command what it does, examples, and what gives its parser the options.
COMMANDS: dict[str, tuple[str, str, Callable[[Parser], None]]] = {
    "read": ("show the messages of capture files", READ_EXAMPLES, _read_parser),
    "live": ("show netlink messages as they are sent", LIVE_EXAMPLES, _live_parser),
    "run": ("run a command and show its conversation", RUN_EXAMPLES, _run_parser),
    "monitor": ("show notifications, without privileges", MONITOR_EXAMPLES, _monitor_parser),
    "tui": ("look through captures in the terminal", TUI_EXAMPLES, _tui_parser),
    "stats": ("count what capture files hold", STATS_EXAMPLES, _stats_parser),
    "check": ("report what is wrong or odd in capture files", CHECK_EXAMPLES, _check_parser),
    "diff": ("compare two captures by meaning", DIFF_EXAMPLES, _diff_parser),
    "dissectors": (
        "list the dissectors, check a dissector file, or learn one from a capture",
        DISSECTORS_EXAMPLES, _dissectors_parser,
    ),
    "completion": (
        "print a completion script for a shell", COMPLETION_EXAMPLES, _completion_parser,
    ),
}  # fmt: skip


def build(only: str | None = None) -> tuple[Parser, dict[str, Parser]]:
    """The parser, and those of the commands by name, or `only` that of one."""
    parser = Parser(
        prog="nldissect",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=version())
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", parser_class=Parser, prog="nldissect"
    )
    found = {}
    for name in COMMANDS if only is None else (only,):
        text, epilog, fill = COMMANDS[name]
        made: Parser = commands.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=epilog,
            formatter_class=Formatter,
            allow_abbrev=False,
        )
        found[name] = made
        fill(made)
    return parser, found


def parse(argv: Sequence[str], output: Output) -> int:
    """Parses the arguments and runs the command."""
    only = argv[0] if argv and argv[0] in COMMANDS and argv[0] != "completion" else None
    parser, commands = build(only)
    if argv and argv[0] not in commands and not argv[0].startswith("-"):
        _no_command(argv[0], list(commands))
    try:
        options, rest = parser.parse_known_args(argv)
    except SystemExit as done:  # --help and --version
        return int(done.code or 0)
    if rest:
        chosen = commands.get(options.command or "", parser)
        raise UsageError(
            f"no such option: {rest[0]}{near(rest[0], chosen.options())}; "
            f"`{chosen.prog} --help` lists them"
        )
    if options.command is None and not argv and _at_a_terminal(output):
        return parse(["tui"], output)
    if options.command == "completion":
        from .shell_completion import script

        output.write(script(options.shell, commands))
        return 0
    if options.command is not None:  # its module is imported only now
        module = import_module(f".{options.command}_command", __package__)
        status: int = getattr(module, options.command)(options, output)
        return status
    output.write(parser.format_help())
    return 0


def _no_command(given: str, commands: list[str]) -> NoReturn:
    import os

    if os.path.exists(given):
        raise UsageError(f"{given!r} is no command; to read that file: nldissect read {given}")
    raise UsageError(
        f"{given!r} is no command{near(given, commands)}; there are {', '.join(commands)}"
    )
