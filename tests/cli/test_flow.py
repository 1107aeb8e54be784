"""`nldissect flow`: sequence diagrams as text, SVG and Mermaid."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from nldissect._internal.render.flow_grid import FlowGrid
from support import ROOT, hostile
from support.command import Command, run, start

__all__ = ["run"]  # a fixture

CAPTURES = ROOT / "captures"
ERRORS = CAPTURES / "errors.pcap"
SVG = "{http://www.w3.org/2000/svg}"
# What a line of Mermaid may be here: nothing from a capture but letters, a few signs and codes.
TEXT = r"(?:[^\W_]|[ .,/_\-=@()|+*'·…µ\u00d7]|#\d+;)*"
MERMAID = re.compile(
    rf"sequenceDiagram|    accTitle: {TEXT}|    participant [SK]\d+ as {TEXT}"
    rf"|    [SK]\d+(?:->>|-->>|-x|--x|--\))[SK]\d+: {TEXT}|    Note over S\d+,K\d+: {TEXT}"
)


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_requests_answers_and_refusals(run: Command) -> None:
    done = run("flow", ERRORS)
    assert done.status == 0
    lines = done.out.split("\n")
    assert lines[0].split() == ["Time", "process", "process", "port", "kernel"]
    assert lines[1].split() == ["1-3/21", "562?", "564?", "3849239427", "route"]
    assert re.fullmatch(r"0\.000000  │─ #1 newlink kiwi0 kind dummy ─+▶│", lines[2])
    assert re.fullmatch(r"0\.101046  │◀✓ #2 ack for newlink kiwi0 · 101 ms ─+│", lines[3])
    assert re.fullmatch(r"1\.580463  │ +│◀✗ #4 -17 EEXIST for newlink kiwi0 · 475… ─│", lines[5])
    assert all(len(line) <= 80 for line in lines)
    assert {f"#{n} " in done.out for n in range(1, 51)} == {True}


def test_new_lanes_turn_the_page(run: Command) -> None:
    out = run("flow", ERRORS).out
    pages = out.split("\n\n")
    assert len(pages) > 3
    assert pages[1].split("\n")[1].split()[0] == "4-6/21"


def test_dumps_are_folded_and_unfolded(run: Command) -> None:
    acks = CAPTURES / "acks.pcap"
    folded, whole = run("flow", acks).out, run("flow", "--parts", acks).out
    assert "#2-#3 2 \u00d7 newlink · 37.6 µs" in folded
    assert "#3 newlink nlmon0" not in folded
    assert "#3 newlink nlmon0" in whole


def test_notifications_are_dotted_and_say_their_group(run: Command) -> None:
    out = run("flow", "-T", "mermaid", "-Y", "type == newnetconf", CAPTURES / "acks.pcap").out
    assert "participant S0 as listeners" in out
    assert "K0--)S0: " in out
    assert "#35;8 newnetconf inet dev kiwi0" in out


def test_what_nobody_answered_ends_in_a_question_mark(run: Command) -> None:
    out = run(
        "flow", "-Y", "role == request and state == unanswered", CAPTURES / "genl_events.pcap"
    ).out
    lines = [line for line in out.split("\n") if "#" in line]
    assert lines
    assert all(line.rstrip().endswith("?│") for line in lines)


def test_what_is_waited_for_no_longer_does_so_too(run: Command, tmp_path: Path) -> None:
    capture = hostile.capture(tmp_path / "a.pcapng")
    out = run("flow", "-T", "mermaid", "--limit", "0", capture).out
    lines = [line for line in out.split("\n") if line.endswith("· unanswered")]
    assert any("command 3" in line for line in lines)
    assert {line.split("K")[0][-2:] for line in lines} == {"-x"}


def test_sockets_have_lanes(run: Command) -> None:
    lines = run("flow", "--sockets", ERRORS).lines
    assert lines[0].split()[:4] == ["Time", "562?", "564?", "port"]
    assert "562 route" in lines[1]


def test_a_trace_tells_every_process(run: Command) -> None:
    out = run("flow", CAPTURES / "errors.strace").out
    assert "process 562" in out.replace("\n", " ") or "562" in out.split("\n")[1]
    assert "port" not in out.split("\n")[0]


def test_families_are_one_lane_where_there_is_no_room(
    run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("flow", "-Y", "operation == newlink or operation == getfamily")
    tools = CAPTURES / "genl_tools.pcap"
    narrow = run(*arguments, tools).out
    assert "kernel" in narrow.split("\n")[0]
    monkeypatch.setenv("COLUMNS", "160")
    wide = run(*arguments, tools).out
    assert wide.split("\n")[0].count("kernel") == 2
    assert wide.split("\n")[1].split()[-2:] == ["route", "nlctrl"]


def test_an_image(run: Command, tmp_path: Path) -> None:
    out = tmp_path / "a.svg"
    assert run("flow", "-o", out, ERRORS).out == ""
    root = ElementTree.parse(out).getroot()
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    title, described = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert "errors.pcap" in (title.text or "")
    assert described is not None
    assert "50 arrows" in (described.text or "")
    groups = root.findall(f"{SVG}g")
    assert len(groups) == 50
    whole = groups[19].find(f"{SVG}title")
    assert groups[19].get("class") == "error"
    assert whole is not None
    assert (whole.text or "").startswith('✗ #20 -22 EINVAL "Required attributes not provided')
    assert {child.tag for child in root.iter()} <= {
        f"{SVG}{name}" for name in ("svg", "title", "desc", "style", "text", "path", "g")
    }


def test_mermaid(run: Command, tmp_path: Path) -> None:
    out = tmp_path / "a.mmd"
    run("flow", "-o", out, ERRORS)
    text = out.read_text()
    assert text == run("flow", "-T", "mermaid", ERRORS).out
    assert "    S0->>K0: 0.000000 #35;1 newlink kiwi0 kind dummy\n" in text
    assert "    K0--xS1: 1.580463 #35;4 -17 EEXIST for newlink kiwi0 · 475 µs\n" in text


def test_pictures_are_bounded_and_say_so(run: Command) -> None:
    done = run("flow", "-T", "mermaid", "--limit", "7", ERRORS)
    assert "first 7 of 50 arrows" in done.err
    assert "--limit 0" in done.err
    assert done.out.count("#35;") == 7
    assert "43 more arrows are left out" in done.out
    assert "as process 568" not in done.out  # lanes without an arrow
    done = run("flow", "-T", "svg", "--limit", "0", ERRORS)
    assert not done.err
    assert done.out.count("<g ") == 50


def test_hostile_names_are_text(run: Command, tmp_path: Path) -> None:
    capture = hostile.capture(tmp_path / "hostile \u202e<end>; #.pcapng")
    for line in run("flow", "-T", "mermaid", "--limit", "0", capture).out.splitlines():
        assert MERMAID.fullmatch(line), line
        assert not re.search(r"(?i)\bend\b", line), line
    image = run("flow", "-T", "svg", "--limit", "0", capture).out
    assert {child.tag for child in ElementTree.fromstring(image).iter()} <= {
        f"{SVG}{name}" for name in ("svg", "title", "desc", "style", "text", "path", "g")
    }
    assert all(len(line) <= 80 for line in run("flow", capture).out.split("\n"))


def test_letters_that_an_encoding_lacks() -> None:
    with start("flow", ERRORS, env={"PYTHONIOENCODING": "ascii"}) as process:
        out = process.stdout.read().decode("ascii")
    assert "|<x #4 -17 EEXIST" in out
    assert "->|" in out
    assert "\\" not in out


@pytest.mark.parametrize("width", [1, 10, 24, 39, 40, 60, 80, 200])
@pytest.mark.parametrize("lanes", [(0, 0), (1, 1), (3, 2), (90, 30)])
def test_lines_are_as_wide_as_asked(width: int, lanes: tuple[int, int]) -> None:
    from nldissect._internal.analysis.flow import Arrow, Lane

    sockets = [Lane(f"name{n}", f"{n}") for n in range(lanes[0])]
    families = [Lane("kernel", f"{n}") for n in range(lanes[1])]
    for left in (0, 1, 50, 999):
        grid = FlowGrid(width, 9, sockets, families, left)
        assert len(grid.head(0)) == len(grid.head(1)) == grid.room
        for socket in range(lanes[0]):
            for to_kernel in (True, False):
                arrow = Arrow(0, 1, socket, lanes[1] - 1, to_kernel, "error", "words " * 9, None)
                said = "".join(text for text, _ in grid.line(arrow, "0.123456"))
                assert len(said) == grid.room, said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "a.png"], "a diagram's file ends in .svg, .mmd (Mermaid) or .txt"),
        (["--limit", "x"], "--limit"),
        (["-Y", "nosuchfield == 1"], "nosuchfield"),
        (["-o", "/nonexistent/a.svg"], "cannot be written"),
        (["-T", "dot"], "-T"),
    ],
)
def test_errors_of_use(run: Command, arguments: list[str], said: str) -> None:
    done = run("flow", *arguments, ERRORS)
    assert done.status == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_file_that_ends_too_early_is_drawn_as_far_as_it_goes(
    run: Command, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(ERRORS.read_bytes()[:1500])
    done = run("flow", cut)
    assert done.status == 2
    assert "#1 newlink" in done.out
    assert "cut.pcap" in done.err
    assert run("flow", tmp_path / "none.pcap").status == 2
