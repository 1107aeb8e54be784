"""Expert and statistics: the numbers of `check` and `stats`, worked out beside the keys."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nldissect._internal.analysis.stats_document import document
from nldissect._internal.capture.reader import PcapngWriter, open_capture
from nldissect._internal.filter import Filter
from nldissect._internal.tui.model.capture_model import CaptureModel
from nldissect._internal.tui.model.expert import Expert
from nldissect._internal.tui.model.message_pass import MessagePass
from nldissect._internal.tui.model.opener import Opener
from nldissect._internal.tui.model.statistics_report import StatisticsReport
from nldissect._internal.tui.panes.live_report import LiveReport
from nldissect._internal.wire.record import Socket
from support.command import Command, run
from support.terminal import CAPTURES, Player, play

__all__ = ["run"]

HELD = ("errors", "acks", "rtnl_misc", "genl_families", "nft", "conntrack", "tc")
FILTERS = ("", "error != 0", "operation == newlink or role == copy", "role == request")


def looked_at(path: Path, text: str) -> CaptureModel:
    """A capture that is indexed and shown by a filter."""
    model = Opener(None).model(str(path))
    while not model.index.extend(1):
        pass
    if text:
        found = Filter(text, model.registry)
        found.restart(model.time(0))
        model.look_through(lambda row: found.matches(model.message(row), model.link(row)), True)
    while not model.view.step(1):
        pass
    return model


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("name", HELD)
def test_the_numbers_are_those_of_the_commands(name: str, text: str, run: Command) -> None:
    path = CAPTURES / f"{name}.pcap"
    model = looked_at(path, text)
    expert, statistics = Expert(model), StatisticsReport(model)
    for report in (expert, statistics):
        while not report.step(0.001):
            assert not report.finished
        assert report.finished
        assert not report.state
    options = ["-Y", text] if text else []
    found = json.loads(run("check", "-T", "json", "--fail-on", "refused", *options, path).out)
    assert Counter(
        (one.row + 1, one.found.code, one.found.severity, one.found.offset, one.found.text)
        for group in expert.groups.values()
        for one in group.findings
    ) == Counter(
        (one["message"], one["code"], one["severity"], one["offset"], one["text"]) for one in found
    )
    counted = json.loads(run("stats", "-T", "json", "--top", 100, *options, path).out)
    del counted["files"]
    mine = json.loads(json.dumps(document(statistics.statistics, 100)))
    assert mine == counted


def test_the_recordings_own_questions_are_counted_where_they_are_shown(
    tmp_path: Path, run: Command
) -> None:
    path = tmp_path / "own.pcapng"
    with open(path, "wb") as stream:
        writer = PcapngWriter(stream)
        for record in open_capture(str(CAPTURES / "sockets.pcap")):
            if record.number == 1:
                own = Socket(record.time, 0, 713, 713, "nldissect", own=True)
                writer.socket(record.interface, own)
            writer.write(record)
    model = looked_at(path, "")
    assert model.index.asked
    for shown, options in ((False, []), (True, ["--own"])):
        model.own = shown
        report = StatisticsReport(model)
        while not report.step(1):
            pass
        counted = json.loads(run("stats", "-T", "json", "--top", 100, *options, path).out)
        mine = json.loads(json.dumps(document(report.statistics, 100)))
        # Of what was answered to an own socket the index knows the request, the command does not.
        for key in ("messages", "operations", "roles") if not shown else mine:
            assert mine[key] == counted[key]


async def until(user: Player, done: Callable[[], bool]) -> None:
    """Waits for something to have happened."""
    for _ in range(500):
        if done():
            return
        await user.pilot.pause(0.02)
    raise AssertionError(user.screen())


async def opened(user: Player, key: str) -> LiveReport:
    """Opens a report and waits for its end."""
    await user.press(key)
    report = user.app.screen
    assert isinstance(report, LiveReport)
    await until(user, lambda: report._shown >= 0 and report._report.finished)
    await user.pilot.pause(0.15)
    return report


class Held:
    """Keeps reports from going further than so many messages."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.limit = 20
        limit, through = MessagePass.limit.fget, MessagePass.through.fget
        assert limit is not None
        assert through is not None

        def so_far(one: MessagePass) -> bool:
            return bool(through(one)) and one.row >= limit(one)

        monkeypatch.setattr(MessagePass, "limit", property(lambda one: min(limit(one), self.limit)))
        monkeypatch.setattr(MessagePass, "through", property(so_far))


def under(report: LiveReport) -> str:
    """The line under the cursor."""
    line = report._list.line
    return "" if line is None else "".join(text for text, _ in line.parts).strip()


async def to(user: Player, report: LiveReport, text: str) -> None:
    """Moves down to a line with this text."""
    for _ in range(200):
        if text in under(report):
            return
        await user.press("j")
    raise AssertionError(f"no line says {text!r}:\n{user.screen()}")


def test_expert_folds_by_code_and_goes_to_the_message() -> None:
    async def story(user: Player) -> None:
        report = await opened(user, "!")
        assert "Expert of all messages" in user.screen()
        assert "0 errors, 0 warnings, 5 notes, 14 refusals in 50 messages" in user.screen()
        await to(user, report, "attr-unknown")
        assert "#45" in user.screen()
        await user.press("enter")
        assert "▸      1 attr-unknown" in user.screen()
        assert "#45" not in user.screen()
        assert "attr-unknown" in under(report)  # the cursor stays where it was
        await user.press("enter j")
        assert under(report).startswith("#45")
        await user.press("enter")
        assert user.app.screen is user.browser
        assert user.number == 45
        item = user.browser.tree_pane.item  # what the finding is about
        assert item is not None
        assert item.name == "attr 400?"
        report = await opened(user, "!")
        await to(user, report, "NOTES")
        await user.press("enter")
        assert "nest-flag-missing" not in user.screen()

    play("errors", story=story, size=(100, 40))


def test_the_border_of_a_narrow_report_says_how_to_leave_it() -> None:
    async def story(user: Player) -> None:
        for key in "!i":
            report = await opened(user, key)
            border = user.screen().splitlines()[-2]
            assert "q closes" in border
            left = border.index("q closes")
            await user.pilot.click(offset=(left, report.size.height - 2))
            assert user.app.screen is user.browser

    play("errors", story=story, size=(60, 16))


def test_expert_filters_by_what_it_found_and_by_what_was_refused() -> None:
    async def story(user: Player) -> None:
        report = await opened(user, "!")
        await to(user, report, "attr-unknown")
        await user.press("a")
        assert user.browser.filter_bar.input.value == 'note == "attr-unknown"'
        assert list(user.browser.model.view.rows) == [44]
        report = await opened(user, "!")
        assert 'messages with note == "attr-unknown"' in user.screen()
        assert "1 note, 0 refusals in 1 message" in user.screen()
        await user.press("q escape")
        report = await opened(user, "!")
        await to(user, report, "EINVAL for newlink")
        await user.press("a")
        assert [row + 1 for row in user.browser.model.view.rows] == [18, 20, 38]
        await user.press("escape")
        report = await opened(user, "!")
        await user.press("g a")  # the line of totals
        assert "no filter is for this line" in user.screen()
        await user.press("g")  # said once
        assert "q closes" in user.screen()

    play("errors", story=story, size=(100, 40))


def test_rows_of_statistics_filter_and_dumps_are_gone_to() -> None:
    async def story(user: Player) -> None:
        report = await opened(user, "i")
        lines = user.lines()
        head = next(line for line in lines if "OPERATIONS" in line)
        row = next(line for line in lines if "route newlink" in line)
        for title, number in (("MESSAGES", "15"), ("TO KERNEL", "8"), ("BYTES", "728")):
            end = head.index(title) + len(title)
            assert row[:end].endswith(f" {number}")  # right below its head
        assert "P50      P90      P99      MAX" in user.screen()
        await to(user, report, "route newlink")
        await user.press("enter")
        assert user.browser.filter_bar.input.value == "operation == newlink and protocol == route"
        assert len(user.browser.model.view) == 15
        await opened(user, "i")
        assert "15 messages in 15 records" in user.screen()
        await user.press("q escape")
        report = await opened(user, "i")
        await to(user, report, "#43 route getlink")
        await user.press("enter")
        assert user.number == 43
        for text, shown in (("EEXIST route newlink", 1), ("process[589]?", 10), ("port 589", 10)):
            report = await opened(user, "i")
            await to(user, report, text)
            await user.press("enter")
            assert len(user.browser.model.view) == shown
            await user.press("escape")

    play("errors", story=story, size=(100, 40))


def test_a_filter_that_is_on_is_narrowed() -> None:
    async def story(user: Player) -> None:
        await user.press("/")
        await user.type("role == answer or role == request")
        await user.press("enter")
        report = await opened(user, "i")
        await to(user, report, "route getlink")
        await user.press("enter")
        assert user.browser.filter_bar.input.value == (
            "(role == answer or role == request) and operation == getlink and protocol == route"
        )
        assert len(user.browser.model.view) == 12

    play("errors", story=story, size=(100, 40))


def test_long_lists_say_how_much_more_there_is() -> None:
    async def story(user: Player) -> None:
        report = await opened(user, "!")
        await to(user, report, "… ")
        count = report._list.count
        left = int(under(report).split()[1])
        await user.press("enter")
        assert report._list.count == count - 1 + left
        await user.press("/")
        await user.type("#")
        assert report._list.count >= left  # a search looks into what is folded

    play("links", story=story, size=(100, 40))


def test_the_cursor_stays_while_findings_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(monkeypatch)

    async def story(user: Player) -> None:
        await user.press("!")
        report = user.app.screen
        assert isinstance(report, LiveReport)
        await until(user, lambda: "#20" in user.screen())
        assert "40 %" in user.screen()
        assert "report" in user.browser.scheduler.jobs
        await to(user, report, "#20")
        before = user.lines()
        y = next(i for i, line in enumerate(before) if "#20" in line)
        above = report._list.scroll_offset.y
        held.limit = 50
        user.browser.scheduler.wake()
        await until(user, lambda: "14 refusals" in user.screen())
        assert under(report).startswith("#20")
        assert report._list.cursor > y - report._list.region.y + above  # there is more above now
        assert "%" not in user.lines()[1]

    play("errors", story=story, size=(100, 40))


def test_closing_ends_the_work_and_opening_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(monkeypatch)

    async def story(user: Player) -> None:
        await user.press("i")
        await until(user, lambda: "20 messages in" in user.screen())
        assert "report" in user.browser.scheduler.jobs
        await user.press("q")
        await user.pilot.pause(0.1)
        assert "report" not in user.browser.scheduler.jobs
        held.limit = 50
        user.browser.scheduler.wake()
        report = await opened(user, "i")
        assert "50 messages in" in user.screen()
        counted: Any = report._report
        assert counted.statistics.messages == 50  # nothing was counted twice
        assert "report" not in user.browser.scheduler.jobs  # the end was reached
        assert not report._ticking._active.is_set() or report._ticking._task is None
        await user.press("q")
        assert (await opened(user, "i"))._report is counted

    play("errors", story=story, size=(100, 40))


def test_what_grows_is_reported_as_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "grows.pcapng"
    records = list(open_capture(str(CAPTURES / "errors.pcap")))
    with open(path, "wb") as stream:
        writer = PcapngWriter(stream)
        for record in records[:17]:
            writer.write(record)
        stream.flush()

        async def story(user: Player) -> None:
            await user.press("F")
            await user.pilot.pause(0.2)
            await user.press("!")
            await until(user, lambda: "in 17 messages" in user.screen())
            assert "3 refusals" not in user.screen()
            for record in records[17:24]:
                writer.write(record)
            stream.flush()
            await until(user, lambda: "in 24 messages" in user.screen())
            assert "5 refusals" in user.screen()
            await user.press("q")

        play(path, story=story, size=(100, 40))
