"""What tcpdump, tshark, grep and ip have taught the fingers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Command
from support.messages import RECORDINGS

LINKS, VLAN = RECORDINGS / "links.pcap", RECORDINGS / "vlan.pcap"


@pytest.mark.parametrize(
    "words",
    [
        (LINKS,), ("-r", LINKS), ("read", "-r", LINKS), ("read", "-n", LINKS),
        ("read", "--read", LINKS), (LINKS, "--color=never"),
    ],
)  # fmt: skip
def test_each_way_to_name_a_file(words: tuple[object, ...], run: Command) -> None:
    assert run(*words).out == run("read", LINKS).out != ""


def test_several_files_in_the_order_of_both_ways(run: Command) -> None:
    assert run("read", "-r", LINKS, VLAN).out == run("read", LINKS, VLAN).out


def test_json_is_a_word(run: Command) -> None:
    assert json.loads(run("read", "--json", "-c", "2", LINKS).out)[1]["message"] == 2


@pytest.mark.parametrize(
    "more", [(), ("-Y", "error"), ("-Y", "mtu == 7"), ("-j", "2"), ("-c", "9")]
)
def test_counting_is_the_number_of_lines(more: tuple[str, ...], run: Command) -> None:
    lines = len(run("read", *more, LINKS).lines)
    assert run("read", "--count", *more, LINKS).out == f"{lines}\n"


def test_counting_of_several_names_the_files(run: Command) -> None:
    shown = run("read", "--count", "-Y", "type == newlink", LINKS, VLAN).lines
    assert [line.rpartition(":")[0] for line in shown] == [str(LINKS), str(VLAN)]


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(("text", "status"), [("mtu", 0), ("mtu == 7", 1)])
def test_an_exit_code_for_nothing_found(text: str, status: int, jobs: str, run: Command) -> None:
    ran = run("read", "-q", "--exit-code", "-j", jobs, "-Y", text, LINKS)
    assert (ran.status, ran.out) == (status, "")
    assert run("read", "-q", "-Y", text, LINKS).status == 0


def test_quiet_writes_all_the_same(run: Command, tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    assert run("read", "-q", "-w", out, LINKS).out == ""
    assert run("read", out).lines == run("read", LINKS).lines


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("read", "-z", "io,stat", LINKS), "statistics are `nldissect stats FILE`"),
        (("read", "-i", "nlmon0"), "`nldissect live INTERFACE` listens"),
        (("read", "-o", "x", LINKS), "-w FILE writes messages"),
        (("read", "nlmon0"), "nlmon0 is an interface: nldissect live nlmon0"),
        (("read", "lo"), "lo is an interface: nldissect live lo"),
        (("read",), "a FILE is missing"),
        (("help", "raed"), "did you mean 'read'?"),
        (("missing.pcap",), "'missing.pcap' is no command"),
    ],
)
def test_what_is_otherwise_is_said_in_one_line(
    words: tuple[object, ...], said: str, run: Command
) -> None:
    ran = run(*words)
    assert ran.status == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


def test_help_is_a_word(run: Command) -> None:
    assert run("help", "read").out == run("read", "--help").out != ""
    assert run("help").out == run("--help").out != ""
