"""The options of each command, and how it is said when they are wrong."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from ..wire.errors import UsageError
from ..wire.times import TIME_FORMATS
from .output import TextOutput

# Those of render.formats, which the parser need not import, and those that have options.
FORMATS = (
    "text", "json", "jsonl", "fields", "hex", "python", "build", "c", "go", "rust", "ynl",
    "otlp",
)  # fmt: skip

# argparse looks in the file system for translations of each of its words, of which there are none.
setattr(argparse, "_", str)  # noqa: B010 - no name that it offers


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal.

    argparse asks for the width whenever an option is added, by way of shutil,
    whose import costs more than all the rest of the parser.
    """

    def __init__(self, prog: str, **settings: Any) -> None:
        super().__init__(
            prog, **{"width": max(min(TextOutput().columns(), 100) - 2, 30), **settings}
        )


class CommandParser(argparse.ArgumentParser):
    """Says what is wrong in one line, and suggests the option that was meant."""

    def error(self, message: str) -> NoReturn:
        """Raises UsageError, where argparse would end the process."""
        message = message.removeprefix("argument ")
        raise UsageError(f"{message}; `{self.prog} --help` lists the options")

    def actions(self) -> list[argparse.Action]:
        """Its options and arguments."""
        return list(self._actions)

    def options(self) -> list[str]:
        """Every option string."""
        return [option for action in self._actions for option in action.option_strings]


def read_options(parser: CommandParser) -> None:
    """Captures, what is shown of their messages, and the file that these are written to."""
    add = parser.add_argument
    add(
        "files",
        nargs="*",
        metavar="FILE",
        help="a pcap or pcapng file, plain or compressed; "
        "- is standard input, each message shown as it arrives",
    )
    add(
        "-r",
        "--read",
        metavar="FILE",
        action="append",
        default=[],
        dest="named_files",
        help="one more FILE, as tcpdump and tshark take it",
    )
    add("-n", action="store_true", help="for the habit: names of hosts are never looked up")
    _show_options(parser)
    write = parser.add_argument_group("what else is done")
    write.add_argument(
        "-q", "--quiet", action="store_true", help="show no message, for -w and --exit-code"
    )
    write.add_argument(
        "--count",
        action="store_true",
        dest="counted",
        help="show how many messages there are to show, of each file, in place of these",
    )
    write.add_argument(
        "--exit-code",
        action="store_true",
        dest="exit_code",
        help="exit with 1 when there was no message to show, as grep does",
    )
    write.add_argument(
        "-2",
        "--two-pass",
        action="store_true",
        dest="two_pass",
        help="read the whole file before the first line; else, into a pipe or a terminal and "
        "with -c, names and answers are looked for only 4 MiB ahead",
    )
    _merge_option(write)
    _jobs_option(write)
    _write_option(write)
    _confine_option(parser)


JOIN = (
    "join multicast groups (link, nlctrl, route:27; `nldissect monitor --list`), so that the "
    "kernel sends their notifications also when nobody else listens; may be given many times"
)


def live_options(parser: CommandParser) -> None:
    """What is captured where, when it stops, and what is shown of it."""
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
    add("--join", metavar="GROUP", action="append", default=[], help=JOIN)
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
        "--metrics",
        metavar="ADDRESS",
        help="answer Prometheus at HOST:PORT or PORT while capturing; the host is 127.0.0.1 "
        "without one",
    )
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
    parser.set_defaults(here=True)


def run_options(parser: CommandParser) -> None:
    """The command with its arguments, how it is listened to, and what is shown."""
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
    add(
        "--netns",
        metavar="NAME|PID",
        help="listen in this network namespace, by its name in `ip netns` or a process in it",
    )
    add("--join", metavar="GROUP", action="append", default=[], help=JOIN)
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
    parser.set_defaults(here=True)


def monitor_options(parser: CommandParser) -> None:
    """The groups, and what is shown of what they say."""
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
    _write_option(parser.add_argument_group("what else is done"))
    _show_options(parser)
    parser.set_defaults(here=True)


_IN_TURN = (
    "go through a file in N processes, which show it in turn; the default is 1, and for files "
    "over 64 MiB as many as there are processors, up to 4"
)


def _merge_option(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--no-merge",
        action="store_true",
        default=False,  # not that of commands without files
        dest="no_merge",
        help="several files one after the other, each by itself; else their messages come in the "
        "order of time",
    )


def _write_option(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "-w",
        "--write",
        metavar="FILE",
        help="write the messages shown to a pcapng file (- is standard output, "
        "and nothing is shown)",
    )


def _report_format_option(parser: CommandParser, *more: str) -> None:
    forms = ["text (the default)", "json", *more]
    parser.add_argument(
        "-T",
        "--format",
        metavar="FORMAT",
        choices=("text", "json", *more),
        default="text",
        help=", ".join(forms[:-1]) + " or " + forms[-1],
    )


def _jobs_option(group: argparse._ActionsContainer, words: str = _IN_TURN) -> None:
    group.add_argument("-j", "--jobs", metavar="N", default=None, help=words)


def _color_option(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--color",
        "--colour",
        choices=("auto", "always", "never"),
        default="auto",
        dest="color",
        help="auto is: on a terminal, unless NO_COLOR is set",
    )


# What becomes of lines that are wider than the terminal.
WIDTHS = {
    "wrap": "break lines that are wider than the terminal; without this those that tell of errors",
    "chop": "cut lines that are wider than the terminal, those that tell of errors too",
    "wide": "leave lines as they are",
}


def _show_options(parser: CommandParser, origin: bool = True) -> None:
    """What `read` and `live` share; `origin`: messages are chosen by protocol and family."""
    parser.set_defaults(
        two_pass=False,
        jobs="1",
        quiet=False,
        counted=False,
        told=None,
        no_merge=True,
        columns=(),
        here=False,
    )
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
        "hex, python, build, c, go, rust; ynl (the JSON of the kernel's ynl tool); otlp "
        "(transactions as spans of OpenTelemetry)",
    )
    add("--json", action="store_const", const="json", dest="format", help="as -T json")
    add(
        "--host",
        metavar="NAME",
        help="of -T otlp: the host that the messages are of; of a capture that runs, this one",
    )
    add(
        "--traceparent",
        metavar="CONTEXT",
        help="of -T otlp: the span that all are beneath, as W3C Trace Context writes it; "
        "`run` takes it from the environment, too",
    )
    add(
        "--flat",
        action="store_true",
        help="of -T jsonl: each value by its path, as -e takes it, nothing inside of anything",
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
    _time_option(show)
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
    _host_names_option(show)
    wide = show.add_mutually_exclusive_group()
    for word, means in WIDTHS.items():
        wide.add_argument(
            f"--{word}", action="store_const", const=word, dest="too_wide", help=means
        )
    add(
        "--full",
        action="store_true",
        help="all bytes of long values in trees, of which otherwise the first 64 are shown",
    )
    _color_option(show)
    _selection_options(parser, origin)
    _decode_options(parser)


def _time_option(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "-t",
        "--time",
        metavar="FORMAT",
        default=None,
        choices=[*TIME_FORMATS, *TIME_FORMATS.values()],
        help="times as a (absolute), ad (with date), r (relative to the first, the default), "
        "d (since the record before), dd (since the one shown before), e (epoch), u (UTC), "
        "ud (UTC with date)",
    )


def _host_names_option(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--host-names",
        action="store_true",
        dest="host_names",
        help="routing tables, protocols, scopes and network namespaces by this host's names "
        "(/etc/iproute2, /run/netns)",
    )


def _selection_options(parser: CommandParser, origin: bool = True) -> None:
    """Which messages; `origin`: they are chosen by protocol and family."""
    select = parser.add_argument_group(
        "which messages are shown", "Lists are separated by commas; all conditions must hold."
    )
    add = select.add_argument
    _filter_option(select)
    add("-c", "--limit", metavar="N", help="stop after so many messages")
    if origin:
        _origin_options(select)
    add(
        "--type",
        metavar="NAME",
        action="append",
        default=[],
        dest="types",
        help="operations: newlink, RTM_NEWLINK, getfamily, error, ack, done... "
        "or numbers of nlmsg_type",
    )
    add(
        "--pid",
        metavar="N",
        action="append",
        default=[],
        help="processes: what they asked, what that caused and what they were told, where the "
        "capture or a port id tells whose it is",
    )
    add("--port", metavar="N", action="append", default=[], help="port ids (nlmsg_pid)")


def _origin_options(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--protocol",
        metavar="NAME",
        action="append",
        default=[],
        help="netlink protocols: route, generic, netfilter... or numbers",
    )
    group.add_argument(
        "--family",
        metavar="NAME",
        action="append",
        default=[],
        help="generic netlink families: nlctrl, ethtool...",
    )


def decode_options(parser: CommandParser) -> None:
    """The bytes, what is known of them, and how they are shown."""
    parser.set_defaults(files=[])
    parser.add_argument(
        "given",
        nargs="*",
        metavar="BYTES",
        help="hex, a dump, an array, a string of escapes; @FILE has them; without any, or as -, "
        "standard input",
    )
    what = parser.add_argument_group("what they are")
    what.add_argument(
        "--protocol",
        metavar="NAME",
        help="route, generic, netfilter, a number, or a dissector such as wireguard; the default "
        "is the one that fits best",
    )
    what.add_argument(
        "--family", metavar="NAME", help="the generic netlink family that the messages are of"
    )
    what.add_argument(
        "--clipboard", action="store_true", help="what was copied, by wl-paste, xclip or xsel"
    )
    what.add_argument("--list", action="store_true", help="a line a message, without its tree")
    _show_options(parser, origin=False)
    _write_option(parser.add_argument_group("what else is done"))


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


def report_options(parser: CommandParser) -> None:
    """Captures, the document that is made of them, and which of their messages are in it."""
    parser.set_defaults(
        verbose=False,
        hex=False,
        flat=False,
        fields=[],
        layout=[],
        names=None,
        too_wide=None,
        full=True,
        color="never",
        two_pass=True,
        jobs="1",
        quiet=False,
        counted=False,
        told=None,
        columns=(),
        write=None,
        traceparent=None,
        host=None,
        here=False,
    )
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="captures; - is standard input")
    add(
        "-o",
        "--output",
        metavar="FILE",
        help="the file that is made: a page by the name of report.html, Markdown by that of "
        "report.md; - is standard output, as is a pipe without this",
    )
    add(
        "-T",
        "--format",
        metavar="FORMAT",
        choices=("html", "markdown"),
        help="html (the default) or markdown, whatever the file's name",
    )
    add("--title", metavar="TEXT", help="its heading; the default is made of the files' names")
    _time_option(parser)
    add(
        "--copies",
        action="store_true",
        help="each copy of a multicast notification by itself, not one that counts them",
    )
    _host_names_option(parser)
    _merge_option(parser)
    _selection_options(parser)
    _decode_options(parser)
    _confine_option(parser)


def export_options(parser: CommandParser) -> None:
    """Captures, and the tables that are made of them."""
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="captures; - is standard input")
    add(
        "-o",
        "--output",
        metavar="PATH",
        required=True,
        help="what is made: a folder with Parquet files of each table or, by the end of its name, "
        "one file: .parquet or .arrow with one table, .duckdb with all of them",
    )
    add(
        "--table",
        choices=("messages", "attributes", "transactions"),
        help="this table alone; of a .parquet or .arrow file messages by default",
    )
    add(
        "--partition",
        metavar="NAMES",
        choices=("date", "host", "date,host", "host,date"),
        help="in a folder: one for each date (UTC), host, or date,host, named as Hive has it",
    )
    add(
        "--host",
        metavar="NAME",
        help="the host that the captures are from; by default the name of each without its end",
    )
    _filter_option(parser)
    _decode_options(parser)
    _confine_option(parser)


def stats_options(parser: CommandParser) -> None:
    """Captures, and how they are counted."""
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="captures, counted together; - is standard input")
    _report_format_option(parser, "prometheus")
    add(
        "--prometheus",
        action="store_const",
        const="prometheus",
        dest="format",
        help="as -T prometheus: counters and latencies in Prometheus' text format",
    )
    add("--top", metavar="N", default="10", help="so many rows of each table, 10 by default")
    add(
        "--each-process",
        action="store_true",
        help="a row for each process, not one for all of one name",
    )
    add("--svg", metavar="FILE", help="write the messages per second as an SVG image")
    _jobs_option(
        parser,
        "as for read and check; counting stays in one process, since most of it "
        "is pairing, which cannot be shared",
    )
    _filter_option(parser)
    _decode_options(parser)
    _confine_option(parser)


def flow_options(parser: CommandParser) -> None:
    """A capture, what its diagram has lanes for, and where it goes."""
    add = parser.add_argument
    add(
        "file",
        metavar="FILE",
        help="a pcap or pcapng file, plain or compressed; - is standard input",
    )
    add(
        "-o",
        "--output",
        metavar="OUT",
        help="the file to write: .svg is an image, .mmd Mermaid, .txt text",
    )
    add(
        "-T",
        "--format",
        metavar="FORMAT",
        choices=("text", "svg", "mermaid"),
        default=None,
        help="text, svg or mermaid; the default is what OUT ends in, else text as wide as the "
        "terminal",
    )
    add(
        "--limit",
        metavar="N",
        default="300",
        help="draw so many arrows, 300 by default, in svg and mermaid; 0 draws all",
    )
    add("--sockets", action="store_true", help="a lane for each socket, not for each process")
    add("--parts", action="store_true", help="an arrow for each part of a dump, not one for all")
    add("--copies", action="store_true", help="an arrow for each copy of a notification, too")
    _time_option(parser)
    _color_option(parser)
    _filter_option(parser)
    _decode_options(parser)
    _confine_option(parser)


def state_options(parser: CommandParser) -> None:
    """A capture, and the moment."""
    add = parser.add_argument
    add("file", metavar="FILE", help="a capture; - is standard input")
    add(
        "--at",
        metavar="MOMENT",
        help="up to and with this message (a number), this time, or so long after the first "
        "message (2.5s); to the end by default",
    )
    add(
        "--watch",
        action="store_true",
        help="list every change of an object until then, with who caused it",
    )
    _report_format_option(parser)
    _color_option(parser)
    _decode_options(parser)
    _confine_option(parser)
    parser.set_defaults(own=True)  # what the recording program asked for tells of objects, too


def check_options(parser: CommandParser) -> None:
    """Captures, and which findings are reported how."""
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
        choices=("error", "warning", "note", "refused"),
        default="error",
        help="exit with 1 when something so bad or worse was found; the default is error. "
        "refused: what the kernel refuses is found as well (request-refused), as bad as an error",
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
    _color_option(parser)
    _jobs_option(parser)
    _filter_option(parser)
    _decode_options(parser)
    _confine_option(parser)


def diff_options(parser: CommandParser) -> None:
    """Two captures, and what of them is compared."""
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
        "-V",
        "--verbose",
        action="store_true",
        help="all attributes of what only one of them has; else how many there are",
    )
    _color_option(parser)
    _report_format_option(parser)
    _filter_option(parser)
    _decode_options(parser)
    _confine_option(parser)


def redact_options(parser: CommandParser) -> None:
    """What is read and written, and what is replaced beside keys and passwords."""
    add = parser.add_argument
    add("file", metavar="IN", help="a capture; - is standard input")
    add("to", metavar="OUT", help="the pcapng file that is written; - is standard output")
    what = parser.add_argument_group("what is replaced beside keys and passwords")
    what.add_argument("--mac", action="store_true", help="link-layer addresses")
    what.add_argument("--ip", action="store_true", help="IP addresses, whose prefixes stay common")
    what.add_argument(
        "--names",
        action="store_true",
        help="texts that users choose: interfaces, tables, networks, hosts",
    )
    what.add_argument(
        "--processes", action="store_true", help="names of processes; command lines are left out"
    )
    what.add_argument(
        "--strict",
        action="store_true",
        help="zeros for what no dissector knows; comments and what is no netlink are left out",
    )
    add(
        "--key",
        metavar="KEY",
        help="replace, keys and passwords too, by what depends on this text (@FILE: on a file) "
        "alone, so that captures agree",
    )
    _decode_options(parser, secrets=False)
    _confine_option(parser)


def _decode_options(parser: CommandParser, secrets: bool = True) -> None:
    """What commands that decode have in common; `secrets` are those whose output may have them."""
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
    if secrets:
        add(
            "--show-secrets",
            action="store_true",
            help="show keys and passwords, of which otherwise the size is shown",
        )
    else:
        parser.set_defaults(show_secrets=True)
    _dissector_options(decode)


def tui_options(parser: CommandParser) -> None:
    """What is looked at, and settings."""
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE|IFACE|-",
        help="capture files, nlmon interfaces to listen on, or - for standard input; "
        "without any there is a screen to choose from",
    )
    parser.add_argument(
        "--config", metavar="FILE", help="settings, in place of ~/.config/nldissect/config.toml"
    )
    _decode_options(parser)


def _confine_option(parser: CommandParser) -> None:
    parser.add_argument(
        "--confine",
        action="store_true",
        help="let the kernel (Landlock, seccomp) hold this run to reading its files and "
        "dissectors and to writing its outputs and cache, without sockets and other programs: "
        "for captures of strangers",
    )


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
        help="specs in the kernel's YNL format for what has no dissector; a single FILE "
        "displaces the built-in one; also NLDISSECT_SPECS",
    )


def dissectors_options(parser: CommandParser) -> None:
    """What is done with dissector files."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=("list", "show", "check", "learn", "export"),
        default="list",
        help="list (the default), show, check, learn or export",
    )
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="the dissectors to show; the files to check; or the capture and family to learn",
    )
    parser.add_argument(
        "--source",
        nargs="+",
        metavar="FILE",
        default=[],
        help="learn from a kernel module's C files and headers; a capture among them is compared",
    )
    parser.add_argument(
        "--family", metavar="NAME", help="which family of the source, where it has several"
    )
    parser.add_argument(
        "--lua",
        nargs="+",
        metavar="NAME",
        default=[],
        help="export these dissectors, or all, as Lua for Wireshark",
    )
    parser.add_argument(
        "-o",
        "--output",
        dest="folder",
        metavar="DIR",
        help="the folder that Lua files are written to; made if need be",
    )
    _dissector_options(parser)


def fields_options(parser: CommandParser) -> None:
    """Which names are listed."""
    parser.add_argument(
        "patterns",
        nargs="*",
        metavar="PATTERN",
        help="only names and C constants that have this within them, or are it where it has a * "
        "or a ?",
    )
    parser.add_argument(
        "--dissector",
        metavar="NAME",
        action="append",
        default=[],
        help="only those of this dissector; may be given many times",
    )
    _dissector_options(parser)


def extcap_options(parser: CommandParser) -> None:
    """What Wireshark asks and says, and where its launcher goes."""
    parser.add_argument(
        "--install",
        action="store_true",
        help="write a launcher into the folder where Wireshark looks for such programs",
    )
    parser.add_argument("--uninstall", action="store_true", help="delete the launcher")
    asked = parser.add_argument_group("what Wireshark runs it with")
    add = asked.add_argument
    add("--extcap-interfaces", action="store_true", help="list the interface")
    add("--extcap-version", metavar="VERSION", help="Wireshark's version")
    add("--extcap-interface", metavar="NAME", help="the interface that is meant")
    add("--extcap-dlts", action="store_true", help="list its link type")
    add("--extcap-config", action="store_true", help="list the options of its dialog")
    add("--extcap-capture-filter", metavar="FILTER", help="the capture filter, one of nldissect's")
    add("--capture", action="store_true", help="capture")
    add("--fifo", metavar="PIPE", help="the pipe that pcapng is written to")
    add("--netns", metavar="NAME|PID", help="capture in this network namespace")
    add("--join", metavar="GROUPS", help="join these multicast groups, separated by commas")
    add("--filter", metavar="FILTER", help="only records with a message for which it holds")
    add(
        "--no-prime",
        action="store_false",
        dest="preamble",
        help="do not ask the kernel for families, policies and links first",
    )


SHELLS = ("bash", "zsh", "fish")


def completion_options(parser: CommandParser) -> None:
    """The shell, and what is done with its script."""
    parser.add_argument(
        "shell",
        nargs="?",
        choices=SHELLS,
        help="bash, zsh or fish; the default is the one that it is called from",
    )
    parser.add_argument(
        "--install",
        action="store_true",
        help="write the script to where the shell looks for it, which is told; "
        "a file that is not nldissect's stays as it is",
    )
