"""What the terminal interface says of what can be done: keys, commands, captures, dissectors."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import shlex
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from nldissect._internal.tui.app.start_screen import StartScreen
from nldissect._internal.tui.model import keymap
from nldissect._internal.tui.model.capture_needs import has_nlmon, needs
from nldissect._internal.tui.model.captures_here import age_text, captures, size_text
from nldissect._internal.tui.model.keymap import KEYS, Keyboard, Keymap, Pressed
from nldissect._internal.tui.model.settings import State
from nldissect._internal.tui.panes.which_key import columns
from support import ROOT
from support.capture_files import netlink, pcap
from support.command import Command, attribute, link, message, run, save
from support.terminal import CAPTURES, Player, application, play

__all__ = ["run"]

# -- keys that wait for more ----------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (160, 50)])
def test_keys_that_wait_for_a_second_one_show_what_may_follow(size: tuple[int, int]) -> None:
    async def story(user: Player) -> None:
        before = user.lines()
        await user.press("y")
        lines = user.lines()
        assert any(line.startswith("━ y …") for line in lines)
        for key in KEYS:
            if key.keys[0].startswith("y "):
                assert any(key.help in line for line in lines), key.action
        assert lines[-2:] != before[-2:]  # the status line tells it too
        assert lines[-1] == before[-1]
        await user.press("escape")
        assert user.lines() == before
        await user.press("y")
        await user.press("f1")  # which is no key that may follow
        assert not user.browser.which_key.display
        await user.press("y")
        await user.pilot.click(user.browser.list_pane, offset=(5, 2))
        assert not user.browser.which_key.display
        await user.press("y")
        assert user.browser.which_key.display  # the first key again

    play("errors", story=story, size=size)


def test_marks_that_are_set_are_told_where_one_is_asked_for() -> None:
    async def story(user: Player) -> None:
        await user.press("5 g m a 9 g m b '")
        screen = user.screen()
        assert "a  marks message 5" in screen
        assert "b  marks message 9" in screen
        await user.press("a")
        assert user.number == 5
        assert "marks message" not in user.screen()
        await user.press(":")
        await user.type("filter type == newlink")
        await user.press("enter B")
        await user.type("links")
        await user.press("enter b")
        assert "1..9  a saved filter" in user.screen()
        assert "1  links" in user.screen()

    play("errors", story=story)


def test_a_box_that_does_not_fit_has_more_columns() -> None:
    entries = [(str(number), f"does thing number {number}") for number in range(10)]
    for width, most in ((30, 10), (30, 4), (76, 4), (200, 1)):
        lines = columns(entries, width, most)
        assert len(lines) <= most
        text = "".join(text for line in lines for text, _ in line)
        for number in range(10):
            assert f"{number}  do" in text, (width, most)
        if most != 1:
            assert all(sum(len(text) for text, _ in line) <= width for line in lines)
    assert columns([], 80, 9) == []


# -- the palette ------------------------------------------------------------------------------


def test_the_palette_has_columns_and_recent_commands_first(tmp_path: Path) -> None:
    state = State(tmp_path)

    async def story(user: Player) -> None:
        def named(name: str) -> str:
            return next(line for line in user.lines() if f" {name} " in line)

        await user.press("ctrl+p")
        assert named("next-pane").index("next-pane") == named("page-down").index("page-down")
        assert named("next-pane").index("next pane") == named("page-down").index("a page down")
        assert "Recent" not in user.screen()
        for words in ("next error", "theme nord"):
            await user.type(words)
            await user.press("enter ctrl+p")
        assert user.app.theme == "nord"
        assert user.number == 4
        values = [line.value for line in user.app.screen._list.found]
        assert values[:4] == [None, "theme nord", "next-error", None]
        assert values.count("next-error") == 1
        await user.press("enter")  # the most recent is what Enter takes
        await user.press(":")
        await user.type("25")
        await user.press("enter :")
        await user.type("save /nowhere/at/all")
        await user.press("enter")

    play("errors", story=story, state=state)
    assert state.commands == ["next-error", "theme nord"]  # neither numbers nor names of files
    state.save()
    assert State(tmp_path).commands == state.commands

    async def later(user: Player) -> None:
        await user.press("ctrl+p")
        assert user.app.screen._list.found[1].value == "theme nord"

    play("errors", story=later, state=State(tmp_path))


# -- the start screen --------------------------------------------------------------------------


def start(
    story: Callable[[Player], Awaitable[None]], state: State, size: tuple[int, int] = (80, 24)
) -> None:
    """Lets a story happen on the start screen."""
    app = application(state=state)

    async def happen() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await story(Player(app, pilot))

    asyncio.run(happen())


def test_the_captures_of_a_folder_are_told_by_what_is_in_them(tmp_path: Path, run: Command) -> None:
    assert run("read", "-q", "-w", tmp_path / "kept.pcapng", CAPTURES / "errors.pcap").status == 0
    errors = (CAPTURES / "errors.pcap").read_bytes()
    kept = (tmp_path / "kept.pcapng").read_bytes()
    ethernet = bytearray(errors)
    ethernet[20] = 1  # the link type
    for number, (name, data) in enumerate(
        (
            ("old.pcap", errors),
            ("no-suffix", errors),
            ("packed", gzip.compress(errors)),
            ("kept.pcapng", kept),
            ("ethernet.pcap", bytes(ethernet)),
            ("notes.pcap", b"no capture at all"),
            ("packed.txt.gz", gzip.compress(b"no capture either" * 9)),
            ("empty.pcap", b""),
            ("cut.pcap", errors[:4]),
        )
    ):
        path = tmp_path / name
        path.write_bytes(data)
        os.utime(path, (1000 + number, 1000 + number))
    os.mkfifo(tmp_path / "pipe.pcap")
    (tmp_path / "folder.pcap").mkdir()
    (tmp_path / "gone.pcap").symlink_to("nowhere")
    found = captures(str(tmp_path))
    assert [os.path.basename(one.path) for one in found] == [
        "kept.pcapng",
        "packed",
        "no-suffix",
        "old.pcap",
    ]
    assert found[-1].size == len(errors)
    assert captures(str(tmp_path / "none")) == []


def test_sizes_and_ages_are_for_people() -> None:
    for size, text in (
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (34_567_890, "34 MB"),
        (5 * 10**12, "5000 GB"),
    ):
        assert size_text(size) == text
    now = 1.8e9
    for age, text in (
        (-5, "0 s ago"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (7199, "1 h ago"),
        (3 * 86400, "3 days ago"),
    ):
        assert age_text(now - age, now) == text
    assert age_text(0, now) in ("1970-01-01", "1969-12-31")


def test_the_start_screen_offers_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    errors = (CAPTURES / "errors.pcap").read_bytes()
    for number in range(12):
        (here / f"{number}\x1b[31m.pcap").write_bytes(errors)
        os.utime(here / f"{number}\x1b[31m.pcap", (1000 + number, 1000 + number))
    (elsewhere / "before.pcap").write_bytes(errors)
    monkeypatch.chdir(here)
    state = State(tmp_path / "state")
    for path in (elsewhere / "gone.pcap", elsewhere / "before.pcap"):
        state.opened(str(path))

    async def story(user: Player) -> None:
        lines = user.lines()
        assert "\x1b" not in "".join(lines)
        newest = next(line for line in lines if ">" in line)
        assert "11\\x1b[31m.pcap" in newest
        assert size_text(len(errors)) in newest
        assert "3 more…" in user.screen()
        assert "before.pcap" in user.screen()
        assert "gone.pcap" not in user.screen()
        assert "Capture" in user.screen()
        await user.press("j j j j j j j j j enter")
        assert "0\\x1b[31m.pcap" in user.screen()
        assert "more…" not in user.screen()
        await user.press("enter")
        await user.settle()
        assert user.browser.model.name == "11\x1b[31m.pcap"

    start(story, state)


def test_a_folder_that_was_removed_has_no_captures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()

    async def story(user: Player) -> None:
        assert "no capture" in user.screen()

    start(story, State())


def test_the_start_screen_fits_a_small_terminal() -> None:
    async def story(user: Player) -> None:
        assert isinstance(user.app.screen, StartScreen)
        for line in user.lines():
            assert len(line) == 60
        for _ in range(30):
            await user.press("j")
        assert "Capture" in user.screen()

    start(story, State(), (60, 16))


def test_what_is_missing_to_capture_comes_with_what_repairs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    up, down = [("nlmon0", True)], [("nlmon0", False)]
    assert needs(up, True, True, "") == []
    assert needs([], True, True, "") == []  # one is made
    (problem, command), *rest = needs([], True, False, "")
    assert "no nlmon" in problem
    assert "linux-modules-extra" in command
    assert rest == [("without any of these, one command's messages", "nldissect run -- COMMAND")]
    assert needs(down, True, True, "")[0] == ("nlmon0 is down", "ip link set nlmon0 up")
    assert needs(down, False, True, "sudo ")[0][1] == "sudo ip link set nlmon0 up"
    assert (
        "there is no nlmon interface",
        "sudo ip link add nlmon0 type nlmon && sudo ip link set nlmon0 up",
    ) in needs([], False, True, "sudo ")
    assert needs(up, False, True, "sudo ")[0][1] == "sudo nldissect tui nlmon0"
    assert "sudo nldissect" in [command for _, command in needs([], False, True, "sudo ")]
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "docker" in needs(up, False, True, "")[0][1]


def test_nlmon_is_looked_for_where_modules_are(tmp_path: Path) -> None:
    loaded, modules = tmp_path / "module", tmp_path / "modules"
    there = modules / os.uname().release
    assert has_nlmon(str(loaded), str(modules))  # nobody knows
    there.mkdir(parents=True)
    assert not has_nlmon(str(loaded), str(modules))
    (there / "modules.dep").write_text("kernel/net/other.ko: kernel/drivers/net/nlmon.ko\n")
    assert not has_nlmon(str(loaded), str(modules))
    (there / "modules.builtin").write_text("kernel/drivers/net/nlmon.ko\n")
    assert has_nlmon(str(loaded), str(modules))
    (there / "modules.builtin").unlink()
    (there / "modules.dep").write_text("kernel/drivers/net/nlmon.ko.zst: kernel/a.ko\n")
    assert has_nlmon(str(loaded), str(modules))
    (there / "modules.dep").unlink()
    (loaded / "nlmon").mkdir(parents=True)
    assert has_nlmon(str(loaded), str(modules))


# -- messages without a dissector -----------------------------------------------------------------


def unnamed(folder: Path) -> Path:
    """The recording of genltest, whose family has a name that no dissector has."""
    path = folder / "a strange one.pcap"
    data = (CAPTURES / "genltest.pcap").read_bytes()
    path.write_bytes(data.replace(b"genltest", b"genlpest"))
    return path


def test_a_family_without_a_dissector_says_what_to_do(tmp_path: Path, run: Command) -> None:
    path = unnamed(tmp_path)
    commands: dict[str, str] = {}

    async def story(user: Player) -> None:
        tree = user.browser.tree_pane
        await user.press("3 0 G")
        assert "no dissector  for genlpest: its attributes are guessed" in user.screen()
        assert "nldissect dissectors learn" not in user.screen()  # until it is unfolded
        await user.press("enter g l")
        commands.update({item.name: item.value for item in tree.outline.items if item.depth == 1})
        await user.press("j")
        assert commands["learn"][:26] in user.status
        await user.press("2 7 G")  # nlctrl has a dissector
        assert "no dissector" not in user.screen()

    play(path, story=story)
    assert list(commands) == ["learn", "from source", "then", "specs", "decode as"]
    words, _, target = commands["learn"].partition(" > ")
    written = run(*shlex.split(words)[1:])
    assert written.status == 0, written.err
    (tmp_path / target).write_text(written.out)
    words = shlex.split(commands["then"])
    assert words[:3] == ["nldissect", "tui", "--dissectors"]
    shown = run("read", "--dissectors", tmp_path / target, "--family", "genlpest", words[4])
    assert "Hello from User Space" in shown.out
    assert "have no dissector" not in shown.err
    for name, option in (
        ("specs", "--specs"),
        ("decode as", "--decode-as 0x25=NAME"),
        ("from source", "learn --source"),
    ):
        assert option in commands[name]


def test_decode_as_takes_the_advice_away(tmp_path: Path) -> None:
    async def story(user: Player) -> None:
        await user.press("3 0 G")
        assert "no dissector" in user.screen()
        await user.press("D")
        await user.type("genltest")
        await user.press("enter")
        assert "no dissector" not in user.screen()
        assert "GENLTEST_A_MSG" in user.screen()

    play(unnamed(tmp_path), story=story)


def test_a_protocol_without_a_dissector_and_one_whose_name_is_not_recorded(tmp_path: Path) -> None:
    raw = save(tmp_path / "raw.pcap", message(30, b"\1\2\3\4", flags=1), protocol=28)
    unknown = save(tmp_path / "unknown.pcap", message(99, b"\1\0\0\0", flags=1), protocol=16)

    async def of_protocol(user: Player) -> None:
        await user.press("enter g l")
        assert "no dissector  for protocol 28: its bytes are as they are" in user.screen()
        assert "--decode-as 28=NAME" in user.screen()
        assert "dissectors learn" not in user.screen()  # which is for families

    async def of_family(user: Player) -> None:
        await user.press("enter g l")
        assert "no dissector  for family 99, whose name is not recorded" in user.screen()
        assert "--decode-as 0x63=NAME" in user.screen()

    play(raw, story=of_protocol)
    play(unknown, story=of_family)


# -- strings ---------------------------------------------------------------------------------------


def test_a_string_is_the_same_in_list_and_tree(tmp_path: Path) -> None:
    alias = b'a\nb\tc\\nd "q" \x1b[31m \xe2\x80\xae\0'
    name = b"et\nh\\n0\0"
    path = save(
        tmp_path / "strings.pcap",
        link(attribute(3, name), attribute(20, alias)),
        link(attribute(3, b"eth0\0"), attribute(20, alias), flags=5),  # renames it
    )

    async def story(user: Player) -> None:
        tree = user.browser.tree_pane
        await user.press("ctrl+right")
        for number in (1, 2):
            await user.press(f"{number} G")
            info = user.browser.model.cells(number - 1).texts[-1]
            values = {item.name: item.value for item in tree.outline.items}
            assert number == 1 or values["IFLA_IFALIAS"] in info
            assert "et\\nh\\\\n0" in info  # the name that it has, or had
            assert "\n" not in user.lines()[3]

    play(path, story=story, size=(160, 40))


# -- habits of termshark, Wireshark and vim ------------------------------------------------------


def test_keys_that_the_table_of_habits_promises_are_there() -> None:
    text = (ROOT / "docs/tui.md").read_text(encoding="utf-8")
    table = text.partition("\n## Habits\n")[2].partition("\n## ")[0]
    keymap = Keymap()
    promised = 0
    for row in table.splitlines():
        _, theirs, _, ours, _ = re.split(r"(?<!\\)\|", row) if row.startswith("| ") else [""] * 5
        if not ours.strip().startswith("the same"):
            continue
        typed = re.findall(r"`([^`]+)`", theirs.replace("\\|", "|"))
        words = [word for one in typed if one[0] != ":" for word in one.split()]
        keys = [word.lstrip("0123456789")[0] for word in words]
        keys += [key.lower() for key in re.findall(r"Ctrl\+[A-Z]\b", theirs)]
        for key in keys:
            assert keymap.action((key,)) or keymap.starts((key,)), (row, key)
        promised += len(keys)
    assert promised > 20


def test_habits_of_others_work() -> None:
    async def story(user: Player) -> None:
        browser = user.browser
        await user.press("2 5 g g")
        assert user.number == 25
        await user.press("g g")
        assert user.number == 1
        await user.press("ctrl+end")
        assert user.number == 50
        await user.press("ctrl+home ctrl+w ctrl+w")
        assert browser.pane is browser.tree_pane
        await user.press("ctrl+w j")
        assert browser.pane is browser.hex_pane
        await user.press("ctrl+w k ctrl+w k")
        assert browser.pane is browser.list_pane
        height = browser.list_pane.size.height
        await user.press("+ +")
        assert browser.list_pane.size.height > height
        await user.press("ctrl+w =")
        assert browser.list_pane.size.height == height
        await user.press("ctrl+g")
        await user.type("17")
        await user.press("enter")
        assert user.number == 17
        await user.press("ctrl+g")
        await user.type("x")
        await user.press("enter")
        assert "no message number" in user.status
        await user.press("g ctrl+f")
        await user.type("kiwi1")
        await user.press("enter")
        first = user.number
        await user.press("ctrl+n")
        assert user.number > first
        await user.press("ctrl+b")
        assert user.number == first
        await user.press("ctrl+l ctrl+underscore")
        assert browser.filter_bar.input.has_focus
        await user.press("escape :")
        await user.type("e " + str(CAPTURES / "acks.pcap"))
        await user.press("enter")
        assert user.browser.model.name == "acks.pcap"
        await user.press(";")
        await user.type("not saved")
        await user.press("enter :")
        await user.type("q!")
        await user.press("enter")
        assert user.app.return_code == 0

    play("errors", story=story)


def test_marks_of_capitals_lead_to_other_files() -> None:
    async def story(user: Player) -> None:
        await user.press("4 g m A ]")
        assert user.browser.model.name == "acks.pcap"
        await user.press("9 g m b ' A")
        assert (user.browser.model.name, user.number) == ("errors.pcap", 4)
        await user.press("' b")  # which is of the other file alone
        assert "no mark b" in user.status
        await user.press("] 7 g m A [ ' A")
        assert (user.browser.model.name, user.number) == ("acks.pcap", 7)

    play("errors", "acks", story=story)


def test_a_file_is_read_anew_and_another_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "grows.pcap"
    one = netlink(0, link(attribute(3, b"eth0\0")))
    path.write_bytes(pcap([(1, 0, one, len(one))]))

    async def story(user: Player) -> None:
        assert user.browser.model.total == 1
        path.write_bytes(pcap([(1, 0, one, len(one))] * 3))
        await user.press("ctrl+r")
        assert user.browser.model.total == 3
        await user.press("ctrl+o")
        await user.type(str(CAPTURES / "errors.pcap"))
        await user.press("enter")
        assert user.browser.model.name == "errors.pcap"
        await user.press("Z Z")
        assert user.app.return_code == 0

    play(path, story=story)


def test_gg_is_g_alone_only_right_after_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard = Keyboard(Keymap())
    pressed = [keyboard.feed(key) for key in ("7", "g", "g", "g")]
    assert pressed == [None, Pressed("first", 7, ""), None, Pressed("first", None, "")]
    monkeypatch.setattr(keymap, "TOGETHER", 0.0)  # as after a second
    pressed = [keyboard.feed(key) for key in ("7", "g", "g")]
    assert pressed == [None, Pressed("first", 7, ""), Pressed("first", None, "")]
