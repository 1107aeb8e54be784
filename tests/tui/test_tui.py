"""The terminal interface: stories of users with recordings of a real kernel."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nldissect._internal.capture.reader import PcapngWriter, open_capture
from nldissect._internal.engine.message_numbers import OWN
from nldissect._internal.tui.actions import clipboard, navigation
from nldissect._internal.tui.model import feeds
from nldissect._internal.tui.model.keymap import KEYS, Keyboard, Keymap
from nldissect._internal.tui.model.layout import LayoutChoices, plan
from nldissect._internal.tui.model.settings import Settings, State, load
from nldissect._internal.wire.errors import UsageError
from nldissect._internal.wire.record import Socket
from support.terminal import CAPTURES, Player, application, endless, play

pytestmark = pytest.mark.usefixtures("no_clipboard")


@pytest.fixture
def no_clipboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's tmux and desktop are left alone."""
    for variable in ("TMUX", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(variable, raising=False)


# -- list, tree and bytes --------------------------------------------------------------


def test_a_node_selects_its_bytes_and_a_byte_its_node() -> None:
    async def story(user: Player) -> None:
        await user.press("1 7 G enter")  # newlink kiwi1@kiwi0 kind vlan
        assert user.browser.pane is user.browser.tree_pane
        await user.press("G")
        assert user.browser.tree_pane.item is not None
        assert user.browser.tree_pane.item.name == "IFLA_INFO_KIND"
        assert user.selected == b"\x09\0\1\0vlan\0"
        assert "linkinfo.kind" in user.status
        await user.press("backspace")
        assert user.selected[:4] == b"\x10\0\x12\0"  # IFLA_LINKINFO with all it holds
        assert b"vlan" in user.selected
        await user.press("tab g")
        assert user.browser.pane is user.browser.hex_pane
        await user.press("h ctrl+left")  # from the first byte no further
        assert user.browser.hex_pane.byte == 0
        await user.press("ctrl+f")
        await user.type("vlan")
        await user.press("enter")
        assert user.browser.tree_pane.item.name == "IFLA_INFO_KIND"  # unfolded to get there
        await user.press("K")  # another message, the same pane
        assert user.number == 16
        assert user.browser.pane is user.browser.hex_pane

    play("errors", story=story)


def test_the_header_members_are_selected_too() -> None:
    async def story(user: Player) -> None:
        await user.press("enter l l")
        assert user.browser.tree_pane.item is not None
        assert user.browser.tree_pane.item.name == "nlmsg_len"
        assert user.selected == b"\x3c\0\0\0"
        await user.press("j")
        assert user.selected == b"\x10\0"
        await user.press("h h")
        assert user.browser.tree_pane.item.name == "nlmsghdr"

    play("errors", story=story)


def test_what_is_folded_stays_folded_from_message_to_message() -> None:
    async def story(user: Player) -> None:
        await user.press("1 7 G enter G h h")  # folds IFLA_LINKINFO
        tree = user.browser.tree_pane
        assert [item.name for item in tree.outline.items][-1] == "IFLA_LINKINFO"
        assert tree.outline.items[-1].brief == "kind vlan"  # a folded one tells what it holds
        await user.press("J J")
        assert tree.outline.items[-1].name == "IFLA_LINKINFO"
        assert tree.item.name == "IFLA_LINKINFO"  # the cursor keeps its path
        await user.press("ctrl+right")
        assert tree.outline.items[-1].name == "IFLA_INFO_KIND"
        await user.press("ctrl+left")
        assert len(tree.outline.items) < 6
        await user.press("*")
        assert any(item.depth for item in tree.outline.items)

    play("errors", story=story)


def test_every_row_says_what_happened() -> None:
    async def story(user: Player) -> None:
        head, row = user.lines()[2], user.lines()[6]
        for title in ("No", "Time", "Process", "Family", "Message", "Len", "Pair", "Info"):
            assert title in head
        assert row.split()[:4] == ["!", "4", "1.580463", "564?"]
        assert "← route  error" in row
        assert "⇄3" in row
        assert "-17 EEXIST for newlink kiwi0" in row

    play("errors", story=story)


def test_columns_come_and_go() -> None:
    async def story(user: Player) -> None:
        await user.press("enter j j C")
        assert "ifname" in user.lines()[2]
        assert "kiwi0" in user.lines()[3]
        await user.press("C")
        assert "ifname" not in user.lines()[2]
        await user.press(":")
        await user.type("column ifi-index")
        await user.press("enter")
        assert "ifi-index" in user.lines()[2]
        await user.type(":column kind")  # what it is in a filter and with -e: at any depth
        await user.press("enter")
        assert "dummy kiwi0 kind dummy" in user.lines()[3]
        for wrong, said in (
            ("column nope", "there is no field 'nope'; did you mean"),
            ("column", ":column takes something after it"),
            ("nope", ":nope is no command"),
        ):
            await user.type(f":{wrong}")
            await user.press("enter")
            assert said in user.status
            assert "nope" not in user.lines()[2]
        await user.press("c")
        assert "RTM_NEWLINK" in user.screen()

    play("errors", story=story, size=(120, 30))


# -- errors, replies, transactions -----------------------------------------------------


def test_an_error_is_explained_on_the_requests_own_bytes() -> None:
    async def story(user: Player) -> None:
        model = user.browser.model
        found = next(
            row
            for row in range(model.total)
            if (link := model.link(row)) is not None
            and link.role == "request"
            and (refused := user.browser.details.refused(row, link)) is not None
            and refused.offset is not None
        )
        refused = user.browser.details.refused(found, model.link(found))
        assert refused is not None
        user.browser.row_cursor.go(found)
        user.browser.details.show()
        tree, pane = user.browser.tree_pane, user.browser.hex_pane
        assert tree.outline is not None
        assert tree.outline.blamed is not None
        assert tree.item is not None
        assert tree.item.node is tree.outline.blamed  # the cursor is on it
        start, end = pane.blamed
        assert start <= refused.offset < end
        assert "✗" in "".join(text for text, _ in tree.parts(tree.cursor))
        await user.press("r")  # in the error the echoed request shows it as well
        assert user.browser.tree_pane.outline.reason.offset == refused.offset

    play("acks", story=story)


def test_a_refusal_without_a_place_is_told_with_the_request() -> None:
    async def story(user: Player) -> None:
        await user.press("1 7 g")
        assert "✗ newlink kiwi1@kiwi0: EINVAL: 8021q: VLAN properties not" in user.screen()

    play("errors", story=story)


def test_next_error_reply_and_transaction() -> None:
    async def story(user: Player) -> None:
        await user.press("e")
        assert user.number == 4
        await user.press("%")
        assert user.number == 3
        await user.press("%")
        assert user.number == 4
        await user.press("2 e")
        assert user.number == 18
        await user.press("E")
        assert user.number == 14
        await user.press("' '")
        assert user.number == 18
        await user.press("G e")
        assert "no further error" in user.status
        await user.press("g E")
        assert "no error before" in user.status
        await user.press("3 g .")
        assert user.number == 4
        await user.press(",")
        assert user.number == 3

    play("errors", story=story)


@pytest.mark.slow
def test_looking_for_an_error_goes_on_behind_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(user: Player) -> None:
        for keys, number in (("e", 4), ("2 e", 18), ("E", 14), ("G 3 E", 42)):
            await user.press(keys)
            assert user.number == number, keys
        await user.press("G e")
        assert "no further error" in user.status
        monkeypatch.setattr(navigation.ErrorSearch, "look", endless)
        user.endless = {"find"}
        await user.press("g e escape")
        assert "not found so far" in user.status
        assert not user.browser.scheduler.busy
        assert user.number == 1
        await user.press("e j")  # other keys are heard meanwhile
        assert user.number == 2
        await user.press("a")
        assert "find" not in user.browser.scheduler.jobs  # another view is another search

    monkeypatch.setattr(navigation, "AT_ONCE", -1.0)
    play("errors", story=story)


def test_the_transaction_as_a_ladder() -> None:
    async def story(user: Player) -> None:
        await user.press("1 8 G")
        text = user.screen()
        assert "Transaction #17" in text
        assert "#17 newlink" in text
        assert "◀── #18 error EINVAL !" in text
        assert "699 µs" in text
        assert "VLAN properties not specified" in text
        await user.press("f k k enter")
        assert user.number == 17

    play("errors", story=story, size=(160, 50))


def test_a_long_dump_is_one_line_of_the_ladder() -> None:
    async def story(user: Player) -> None:
        await user.type("/operation == getfamily and flags.dump")
        await user.press("escape escape g f")
        assert user.browser.pane is user.browser.transaction_pane
        await until(user, " to #")
        assert "newfamily" in user.screen()
        await user.press("q")
        assert user.browser.pane is user.browser.list_pane

    play("nlctrl_list", story=story)


def test_copies_fold_and_unfold() -> None:
    async def story(user: Player) -> None:
        model = user.browser.model
        total, shown = model.total, len(model.view)
        assert shown < total
        row = next(r for r in model.view.rows if (model.link(r)).listeners > 1)
        listeners = model.link(row).listeners
        user.browser.row_cursor.go(row)
        assert f"→{listeners}" in model.cells(row).texts
        await user.press("l")
        assert len(model.view) == shown + listeners - 1
        await user.press("j h")
        assert len(model.view) == shown
        assert user.number == row + 1
        await user.press("z a")
        assert len(model.view) == total

    play("rtnl_misc", story=story)


# -- filters ---------------------------------------------------------------------------


def test_lines_in_sight_as_in_vim() -> None:
    async def story(user: Player) -> None:
        pane = user.browser.list_pane
        await user.press("2 0 G z t")
        top, room = pane.scroll_offset.y, pane.room
        assert (user.number, top) == (20, 19)
        places = {"L": room - 1, "M": room // 2, "H": 0, "2 L": room - 2, "3 H": 2}
        for keys, line in places.items():
            await user.press(keys)
            assert (pane.cursor, pane.scroll_offset.y) == (top + line, top), keys
        await user.press("2 0 G z b")
        assert pane.scroll_offset.y == 20 - room
        await user.press("z z")
        assert pane.scroll_offset.y == 19 - room // 2
        assert user.number == 20
        await user.press("z z j z t")  # a key that may not follow, then one that does
        assert pane.scroll_offset.y == user.number - 1

    play("errors", story=story)


def test_what_the_recording_asked_itself_is_hidden_and_kept(tmp_path: Path) -> None:
    path, saved = tmp_path / "own.pcapng", tmp_path / "saved.pcapng"
    with open(path, "wb") as stream:
        writer = PcapngWriter(stream)
        for record in open_capture(str(CAPTURES / "sockets.pcap")):
            if record.number == 1:
                own = Socket(record.time, 0, 713, 713, "nldissect", own=True)
                writer.socket(record.interface, own)
            writer.write(record)

    async def story(user: Player) -> None:
        total = user.browser.model.total
        rows = list(user.browser.model.view.rows)
        assert 0 < len(rows) < total
        assert [user.browser.model.number(row) for row in rows] == list(range(1, len(rows) + 1))
        hidden = OWN + 2
        why = f"{total - len(rows)} of the recording itself (z o)"
        assert f" {total} messages, {len(rows)} shown: {why} " in user.lines()[0]
        await user.type(f":{hidden}")
        await user.press("enter")
        assert f"message {hidden} is the recording's own (z o shows these)" in user.status
        await user.type(f":save {saved}")
        await user.press("enter")
        assert f"{len(rows)} messages saved" in user.status
        await user.press("z o")
        assert len(user.browser.model.view) == total
        assert f" {total} messages " in user.screen()
        await user.type(f":{hidden}")
        await user.press("enter")
        assert user.number == hidden
        await user.press("z o")
        assert list(user.browser.model.view.rows) == rows
        row = user.browser.model.row_of(hidden)
        assert user.browser.list_pane.row == min(other for other in rows if other > row)

    play(path, story=story)
    kept = [record.data for record in open_capture(str(saved))]
    assert kept == [record.data for record in open_capture(str(path))]
    assert any(socket.own for socket in next(iter(open_capture(str(saved)))).interface.sockets)


def test_a_filter_is_checked_completed_applied_and_recalled() -> None:
    async def story(user: Player) -> None:
        await user.press("2 0 g")
        await user.type("/ifna")
        assert user.browser.completions.display
        await user.press("tab")
        assert user.browser.filter_bar.input.value == "ifname"
        await user.type(' == "kiwi0')
        assert "… unfinished" in user.screen()  # not wrong yet
        await user.type('"')
        assert "✓ Enter applies" in user.screen()
        await user.press("enter")
        model = user.browser.model
        assert 0 < len(model.view) < model.total
        assert all(b"kiwi0" in model.message(row).data for row in model.view.rows)
        assert "✓" in user.lines()[1]
        assert user.number >= 20  # near where it was
        await user.press("&")
        assert len(model.view) == model.total
        await user.press("&")
        assert len(model.view) < model.total
        await user.press("escape")
        assert len(model.view) == model.total
        await user.press("/ up")
        assert user.browser.filter_bar.input.value == 'ifname == "kiwi0"'
        await user.press("ctrl+u")
        await user.type("type == newlnk")
        await user.press("enter")
        assert "newlnk" in user.status  # what is wrong, and where
        assert len(model.view) == model.total

    play("errors", story=story)


def test_a_field_becomes_a_filter() -> None:
    async def story(user: Player) -> None:
        await user.press("enter j j a")
        filtering = user.browser.filtering
        assert filtering.current is not None
        assert filtering.current.text == 'ifname == "kiwi0"'
        shown = len(user.browser.model.view)
        await user.press("A tab tab enter")
        assert filtering.current.text == 'ifname == "kiwi0" and not (ifname == "kiwi0")'
        assert not len(user.browser.model.view)
        assert user.number == 0  # nothing is shown, and nothing fails
        await user.press("e r f m a C y y d T ; escape escape escape")
        assert len(user.browser.model.view) > shown

    play("errors", story=story)


def test_following_a_socket_and_a_transaction() -> None:
    async def story(user: Player) -> None:
        model = user.browser.model
        await user.press("1 7 g s")
        assert [row + 1 for row in model.view.rows] == [17, 18]
        await user.press("escape")
        assert len(model.view) == model.total
        await user.press("S")
        assert [row + 1 for row in model.view.rows] == [17, 18]

    play("errors", story=story)


# -- finding, marks, times, comments ---------------------------------------------------


def test_find_in_list_and_tree() -> None:
    async def story(user: Player) -> None:
        await user.press("ctrl+f")
        await user.type("VLAN properties")
        await user.press("enter")
        assert user.number == 18
        await user.press("ctrl+f")
        await user.type("nosuchthing")
        await user.press("enter")
        assert "in no row" in user.status
        await user.press("enter ctrl+left ctrl+f")
        await user.type("EINVAL")
        await user.press("enter")
        assert "EINVAL" in user.browser.tree_pane.item.value
        await user.press("n N")
        assert "EINVAL" in user.browser.tree_pane.item.value

    play("errors", story=story)


def test_marks_times_and_comments(tmp_path: Path) -> None:
    target = tmp_path / "kept.pcapng"

    async def story(user: Player) -> None:
        await user.press("5 g m a 2 0 g ' a")
        assert user.number == 5
        await user.press("ctrl+t k")
        assert "-0.703662" in user.screen()
        await user.press("ctrl+t t")
        assert "times: delta" in user.status
        await user.press(";")
        await user.type("look here")
        await user.press("enter")
        assert "“look here”" in user.screen()
        await user.press("w ctrl+u")
        await user.type(str(target))
        await user.press("enter")
        assert "50 messages saved" in user.status

    play("errors", story=story)
    assert [r.comments for r in open_capture(str(target)) if r.comments] == [["look here"]]

    async def again(user: Player) -> None:
        assert "“look here”" in user.screen()

    play(target, story=again)


# -- what leaves the screen ------------------------------------------------------------


@pytest.mark.slow
def test_what_is_shown_or_selected_is_saved_and_exported(tmp_path: Path) -> None:
    async def story(user: Player) -> None:
        await user.type("/type == error and error < 0")
        await user.press("enter")
        shown = [row + 1 for row in user.browser.model.view.rows]
        await user.type(f":save {tmp_path / 'errors.pcapng'}")
        await user.press("enter")
        assert f"{len(shown)} messages saved" in user.status
        await user.press("g v v x")
        assert "export 2 messages" in user.screen()
        await user.press("ctrl+u")
        await user.type("json")
        await user.press("enter ctrl+u")
        await user.type(str(tmp_path / "two.json"))
        await user.press("enter")
        assert "two.json" in user.status
        numbers = [one["message"] for one in json.loads((tmp_path / "two.json").read_text())]
        assert numbers == shown[:2]
        await user.type(f":save {CAPTURES / 'errors.pcap'}")
        await user.press("enter")
        assert "is what is being read" in user.status
        await user.type(":save /dev/null")
        await user.press("enter")
        assert "/dev/null is no ordinary file" in user.status
        older = tmp_path / "older.pcapng"
        older.write_text("somebody's")
        for asked in (f":save {older}", "x"):
            await user.type(asked)
            await user.press("enter")
            if asked == "x":
                await user.press("ctrl+u")
                await user.type(str(older))
                await user.press("enter")
            assert "There is a file" in user.screen()
            await user.press("escape")
            assert older.read_text() == "somebody's"
        await user.type(f":save {older}")
        await user.press("enter r")
        assert "2 messages saved" in user.status

    play("errors", story=story)
    assert len(list(open_capture(str(tmp_path / "older.pcapng")))) == 2
    records = list(open_capture(str(tmp_path / "errors.pcapng")))
    original = {r.number: r.data for r in open_capture(str(CAPTURES / "errors.pcap"))}
    assert len(records) == 12
    assert all(record.data in original.values() for record in records)


def test_copying(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TERM", "linux")  # no OSC 52
    copied = tmp_path / "clipboard"

    async def story(user: Player) -> None:
        await user.press("4 g y h")
        assert str(copied) in user.status
        assert bytes.fromhex(copied.read_text()).startswith(b"\x50\0\0\0\2\0")
        await user.press("y y")
        assert copied.read_text().startswith("     4   1.580463 ← route")
        await user.press("y j")
        assert json.loads(copied.read_text())["message"] == 4
        await user.press("y p")
        assert "50 00 00 00" in copied.read_text()
        await user.press("y c")
        assert "0x50" in copied.read_text()
        await user.press("3 g enter j j y f")
        assert copied.read_text() == 'ifname == "kiwi0"'
        await user.press("y a")
        assert copied.read_text() == "ifname"
        await user.press("y v")
        assert copied.read_text() == "kiwi0"
        await user.press("y")
        assert "copy the bytes as hex" in user.status  # what may follow is said
        await user.press("escape")

    play("errors", story=story, state=State(tmp_path))


def test_the_clipboard_tools_come_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "xclip"
    tool.write_text(f"#!/bin/sh\ncat >{tmp_path}/got\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    sent: list[str] = []
    assert clipboard.copy("text", sent.append, tmp_path) == "by xclip"
    assert (tmp_path / "got").read_text() == "text"
    monkeypatch.delenv("DISPLAY")
    monkeypatch.setenv("TERM", "xterm")
    assert "OSC 52" in clipboard.copy("more", sent.append, tmp_path)
    assert sent == ["more"]


def test_what_is_kept_of_copies_is_private_and_goes_through_no_link(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TERM", "linux")
    folder = tmp_path / "state"
    assert clipboard.copy("text", lambda _: None, folder) == f"to {folder}/clipboard"
    assert folder.stat().st_mode & 0o777 == 0o700
    kept = folder / "clipboard"
    kept.chmod(0o644)
    assert clipboard.copy("a secret \udcff", lambda _: None, folder) == f"to {kept}"
    assert kept.read_bytes() == b"a secret \xff"
    assert kept.stat().st_mode & 0o777 == 0o600
    if os.geteuid() == 0:
        precious = tmp_path / "precious"
        precious.write_text("before")
        folder.chmod(0o1777)
        kept.unlink()
        kept.symlink_to(precious)
        os.lchown(kept, 1234, 1234)
        assert clipboard.copy("text", lambda _: None, folder).startswith("nowhere")
        assert precious.read_text() == "before"


# -- reports ---------------------------------------------------------------------------


async def until(user: Player, text: str) -> None:
    """Waits for some text to be shown."""
    for _ in range(400):
        if text in user.screen():
            return
        await user.pilot.pause(0.02)
    raise AssertionError(f"{text!r} is not there:\n{user.screen()}")


def test_a_timeline_tells_what_was_refused_and_is_of_an_object() -> None:
    async def refused(user: Player) -> None:
        await user.press("T")
        await until(user, "#49")
        (told,) = [line for line in user.lines() if "failed" in line]
        assert "#3 " in told
        assert "newlink      [564]? failed: EEXIST newlink k" in told

    async def nothing(user: Player) -> None:
        await user.press("T")
        assert "this message is about no link" in user.status

    play("errors", story=refused)
    play("links", story=nothing)


def test_timeline_and_difference() -> None:
    async def story(user: Player) -> None:
        model = user.browser.model
        row = next(
            row
            for row in range(model.total)
            if model.message(row).type == 16
            and not model.message(row).to_kernel
            and model.message(row).find("ifname").value == "apple0"
        )
        user.browser.row_cursor.go(row)
        await user.press("T")
        await until(user, "link apple0")
        await until(user, "→ ")
        await user.press("G enter")
        assert user.number > row
        await user.press("d")
        assert "against" in user.screen()
        await user.press("q g v v v d")
        assert "3 messages are selected" in user.status

    play("links", story=story, size=(100, 40))


def test_objects_as_they_were_at_a_message() -> None:
    async def story(user: Player) -> None:
        await user.press("2 0 g O")
        await until(user, "apple0")
        assert " link" in user.screen()
        await user.press("q G O")
        await until(user, "link")
        await user.press("q")
        await user.type(":follow object")
        await user.press("enter")

    play("links", story=story)


def test_two_dumps_are_compared_by_their_objects() -> None:
    async def story(user: Player) -> None:
        model = user.browser.model
        dumps = [
            row
            for row in range(model.total)
            if (link := model.link(row)) is not None
            and link.role == "request"
            and link.transaction is not None
            and link.transaction.kind == "dump"
            and link.transaction.parts
            and model.message(row).type == 26
        ]
        model.selected.update((dumps[0], dumps[-1]))
        await user.press("d")
        text = user.screen()
        assert "Dump #" in text
        assert "+ route" in text or "same" in text

    play("routes", story=story, size=(100, 40))


@pytest.mark.slow
def test_help_and_palette_know_every_key() -> None:
    async def story(user: Player) -> None:
        await user.press("?")
        entries = [entry.text for entry in user.app.screen._list.all]
        for key in KEYS:
            assert any(f":{key.action}" in text.split() for text in entries), key.action
        await user.press("/")
        await user.type("next error")
        assert "next error" in user.screen()
        await user.press("escape q ctrl+p")
        await user.type("next error")
        await user.press("enter")
        assert user.number == 4
        for action in ("expert", "timeline", "copy-hex"):
            await user.press("ctrl+p")
            await user.type(action.replace("-", " "))
            entries = user.app.screen._list.found
            assert action in [entry.value for entry in entries]
            await user.press("escape")
        await user.press("?")
        assert ":first" not in user.screen()  # which does not fit
        await user.press("l right")
        assert ":first" in user.screen()
        await user.press("h h h left")
        assert "  j  ↓ " in user.screen()
        (line,) = (e.text for e in user.app.screen._list.all if ":unfold-below" in e.text)
        assert line.split()[:2] == ["shift+→", "*"]
        await user.press("q m")
        assert user.status.split()[:2] == ["m", "a..z"]
        await user.press("escape :")
        await user.type("frobnicate")
        await user.press("enter")
        assert ":frobnicate is no command" in user.status
        await user.type(":25")
        await user.press("enter")
        assert user.number == 25
        await user.type(":theme textual-light")
        await user.press("enter")
        assert user.app.theme == "textual-light"

    play("errors", story=story)


@pytest.mark.slow
def test_every_key_does_something_or_says_why_not() -> None:
    waits = {"suspend", "pager", "quit", "back", "capture", "follow"}

    async def story(user: Player) -> None:
        for key in KEYS:
            assert key.keys
            if key.action in waits:
                continue
            for keys in key.keys:
                if keys == "*":
                    await user.press("*")
                else:
                    await user.press(keys.replace("*", "z").replace("1..9", "9"))
                if user.app.screen is not user.browser:
                    await user.press("escape")
                while user.browser.prompt.asking or user.browser.filter_bar.input.has_focus:
                    await user.press("escape")

    app = play("errors", story=story)
    actions = [key.action for key in KEYS]
    assert app.browser is not None
    assert sorted(actions) == sorted(app.browser._actions)


# -- sizes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "size", [(80, 24), (160, 50), (60, 16), (120, 30), (300, 90), (40, 8), (1, 1)]
)
def test_panes_fill_the_terminal_exactly(size: tuple[int, int]) -> None:
    width, height = size
    for wishes in (
        LayoutChoices(),
        LayoutChoices(side=True),
        LayoutChoices(side=False),
        LayoutChoices(rows=-99),
        LayoutChoices(rows=99, cells=-199),
        LayoutChoices(cells=199),
        LayoutChoices(transaction=True),
        LayoutChoices(zoom="tree"),
        LayoutChoices(zoom="list"),
    ):
        found = plan(width, height, wishes)
        assert found.list + found.below == max(height - 4 * found.bars, 1)
        assert min(found.list, found.below, found.transaction, found.tree, found.hex) >= 0
        if found.below and found.side:
            assert found.tree + found.aside == width
            assert found.transaction + found.hex == found.below
        else:
            assert found.tree + found.transaction + found.hex == found.below


@pytest.mark.slow
def test_layout_zoom_and_resize_down_to_nothing() -> None:
    async def story(user: Player) -> None:
        await user.press("tab \\")
        assert not user.browser.list_pane.display
        assert user.browser.tree_pane.size.height >= 18
        await user.press("tab tab")  # another pane, still alone
        assert user.browser.hex_pane.display
        assert not user.browser.tree_pane.display
        await user.press("escape |")
        assert user.browser.hex_pane.region.y == user.browser.tree_pane.region.y
        await user.press("| + + - > <")
        for size in ((1, 1), (2, 2), (5, 40), (200, 3), (60, 16), (160, 50), (80, 24)):
            await user.pilot.resize_terminal(*size)
            await user.press("j k G g tab e")
        assert user.browser.hex_pane.display
        assert "Transaction" not in user.screen()

    play("errors", story=story)


def test_clicks_choose_rows_nodes_and_bytes() -> None:
    async def story(user: Player) -> None:
        browser = user.browser
        await user.pilot.click(browser.list_pane, offset=(20, 3))
        await user.settle()
        assert user.number == 3
        await user.pilot.click(browser.tree_pane, offset=(8, 4))
        await user.settle()
        assert browser.tree_pane.cursor == 2  # why it was refused stands above the first line
        assert b"kiwi0" in user.selected
        await user.pilot.click(browser.hex_pane, offset=(7 + 3, 1))  # the second byte
        await user.settle()
        assert browser.hex_pane.byte == 1
        assert browser.tree_pane.item.name == "nlmsghdr"
        await user.pilot.click(browser.list_pane, offset=(20, 5), times=2)
        await user.settle()
        assert user.number == 5
        assert browser.pane is browser.tree_pane

    play("errors", story=story)


# -- hostile and broken captures -------------------------------------------------------


def test_strings_of_a_capture_are_shown_and_never_obeyed(tmp_path: Path) -> None:
    data = (CAPTURES / "errors.pcap").read_bytes()
    assert data.count(b"kiwi0\0") > 1
    path = tmp_path / "[red]x.pcap"
    path.write_bytes(data.replace(b"kiwi0\0", b"[b]\x1b\x07\0"))

    async def story(user: Player) -> None:
        await user.press("e")
        assert "\x1b" not in user.screen()
        assert "[b]\\x1b\\x07" in user.screen()
        assert "[red]x.pcap" in user.screen()
        await user.press("enter G ; escape f q ? q 3 g enter j j")
        assert '"[b]\\x1b\\x07"' in user.screen()
        await user.press("a")
        assert len(user.browser.model.view) < user.browser.model.total

    play(path, story=story)


def test_a_capture_that_is_cut_says_so_and_shows_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes((CAPTURES / "errors.pcap").read_bytes()[:-7])

    async def story(user: Player) -> None:
        assert "49 messages" in user.screen()
        assert "! the file ends" in user.lines()[0]
        await user.press("G e E r")

    play(path, story=story)


def test_a_capture_without_messages_has_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "none.pcap"
    path.write_bytes((CAPTURES / "errors.pcap").read_bytes()[:24])

    async def story(user: Player) -> None:
        head = next(line for line in user.lines() if " No " in line)
        assert head.split() == ["No", "Time", "Process", "Family", "Message", "Len", "Pair", "Info"]

    play(path, story=story)


def test_a_file_that_vanishes_or_shrinks_is_no_end(tmp_path: Path) -> None:
    path = tmp_path / "gone.pcap"
    path.write_bytes((CAPTURES / "links.pcap").read_bytes())

    async def story(user: Player) -> None:
        path.write_bytes(b"")
        path.unlink()
        user.browser.model.changed()
        user.browser.model.index._messages.clear()
        await user.press("G j k tab e n i")
        await user.press("q q")
        assert user.app.is_running

    play(path, story=story)


# -- what grows ------------------------------------------------------------------------


def test_a_growing_file_is_followed_paused_and_stopped(tmp_path: Path) -> None:
    records = list(open_capture(str(CAPTURES / "errors.pcap")))
    path = tmp_path / "grows.pcapng"
    stream = path.open("wb", buffering=0)
    writer = PcapngWriter(stream)
    for record in records[:20]:
        writer.write(record)

    async def grown(user: Player, count: int) -> None:
        for _ in range(300):
            await user.pilot.pause(0.01)
            user.browser.tick()
            if user.browser.model.total == count and user.browser.model.view.scanned == count:
                return
        raise AssertionError(f"{user.browser.model.total} of {count}")

    async def story(user: Player) -> None:
        await user.press("5 g F")
        await grown(user, 20)
        assert "FOLLOW" in user.screen()
        await user.press("F")
        assert "follow off" in user.screen()
        assert user.number == 20  # not where it was before
        await user.press("F")
        for record in records[20:30]:
            writer.write(record)
        await grown(user, 30)
        await user.press("k")  # moving up stops following
        assert "follow off" in user.screen()
        at = user.number
        await user.press("ctrl+r")
        await grown(user, 30)
        assert "follow off" in user.screen()
        assert user.number == at
        for record in records[30:40]:
            writer.write(record)
        await grown(user, 40)
        assert user.number == at
        await user.press("G")
        assert "FOLLOW" in user.screen()
        assert user.number == 40
        await user.press("p")
        assert "PAUSED" in user.screen()
        for record in records[40:]:
            writer.write(record)
        for _ in range(100):
            await user.pilot.pause(0.01)
            user.browser.tick()
            if user.browser.model.total == 50:
                break
        assert "10 more" in user.lines()[0]
        assert len(user.browser.model.view) == 40
        await user.press("p")
        await grown(user, 50)
        await user.press("ctrl+e")
        assert "STOPPED" in user.screen()

    play(path, story=story)
    stream.close()


def test_what_was_captured_is_kept_or_discarded(tmp_path: Path) -> None:
    source = (CAPTURES / "errors.pcap").open("rb")

    def opened() -> tuple[feeds.PipeFeed, Path]:
        source.seek(0)
        found = feeds.PipeFeed(source.fileno())
        found.start()
        found.kept = False  # as of a pipe
        found._thread.join()
        return found, Path(found.path)

    for answer, kept in (("d", False), ("k", True)):
        piped, spooled = opened()

        async def story(user: Player, piped: feeds.PipeFeed = piped, answer: str = answer) -> None:
            assert user.app.feeds == {}
            user.browser.live.feed = piped
            await user.press("m a q")
            assert "50 messages were captured" in user.screen()
            said = " ".join(user.screen().replace("│", " ").split())
            assert "1 mark that a file keeps" in said
            await user.press("escape")
            assert user.app.screen is user.browser
            await user.press(f"Q {answer}")
            if answer == "k":
                await user.press("ctrl+u")
                (tmp_path / "kept.pcap").write_text("another")
                await user.type(str(tmp_path / "kept.pcap"))
                await user.press("enter")
                assert "There is a file" in user.screen()
                await user.press("r")
            await user.pilot.pause(0.1)

        app = play("errors", story=story)
        assert app.return_code == 0
        assert not spooled.exists()
        assert (tmp_path / "kept.pcap").exists() == kept
    assert (tmp_path / "kept.pcap").read_bytes() == (CAPTURES / "errors.pcap").read_bytes()
    source.close()


def test_the_terminal_that_goes_loses_nothing() -> None:
    with (CAPTURES / "errors.pcap").open("rb") as source:
        piped = feeds.PipeFeed(source.fileno())
        piped.start()
        piped.kept = False
        piped._thread.join()

        async def story(user: Player) -> None:
            user.browser.live.feed = piped
            user.app.lost(gone=False)
            await user.pilot.pause(0.1)

        app = play("errors", story=story)
    assert app.exit_notes == [f"what was captured is in {piped.path}"]
    assert Path(piped.path).read_bytes() == (CAPTURES / "errors.pcap").read_bytes()
    assert Path(piped.path).stat().st_mode & 0o777 == 0o600
    feeds.discard(piped.path)


# -- several files, other dissectors, the start screen ---------------------------------


@pytest.mark.slow
def test_several_files_and_decode_as() -> None:
    async def story(user: Player) -> None:
        await user.press("5 g ]")
        assert "nlexample_p5.pcap" in user.lines()[0]
        await user.press("[")
        assert user.number == 5
        await user.press("] ] ]")
        assert "nlexample_p5.pcap" in user.lines()[0]
        before = user.screen()
        await user.press("D")
        assert "5=" in user.screen()
        await user.press("ctrl+u")
        await user.type("5=nlexample")
        await user.press("enter")
        await user.settle()
        assert user.screen() != before
        assert "nlexample" in user.screen()
        await user.press("D ctrl+u")
        await user.type("5=nosuch")
        await user.press("enter")
        assert "nosuch" in user.status

    play("errors", "nlexample_p5", story=story)


def raising(problem: Exception) -> Callable[..., None]:
    def called(*_: object) -> None:
        raise problem

    return called


def test_the_start_screen_has_recent_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State(tmp_path)
    state.opened(str(CAPTURES / "errors.pcap"))

    async def story(user: Player) -> None:
        assert "errors.pcap" in user.screen()
        assert "Capture" in user.screen()
        await user.press("o")
        await user.type("/nowhere/at.all")
        await user.press("enter")
        assert "cannot be opened" in user.screen()
        await user.press("enter")
        await user.settle()
        assert "50 messages" in user.screen()
        await user.press("q")

    async def refused(user: Player) -> None:
        said = "this kernel has no nlmon: " + "one has to read on " * 5 + "to the end"
        monkeypatch.setattr(user.app, "start_capture", raising(UsageError(said)))
        await user.press("c")
        assert said in " ".join(user.screen().split())
        await user.press("q")

    assert play(story=refused, state=State(tmp_path / "other")).return_code == 0
    assert play(story=story, state=state).return_code == 0
    assert State(tmp_path).files == [str(CAPTURES / "errors.pcap")]


# -- settings --------------------------------------------------------------------------


def test_settings_change_keys_columns_colours_and_glyphs(tmp_path: Path) -> None:
    path = tmp_path / "tui.toml"
    path.write_text(
        """
        theme = "textual-light"
        time = "epoch"
        names = "spec"
        layout = "side"
        columns = ["number", "time", "operation", "ifname", "info"]
        [keys]
        next-error = ["f3", "] e"]
        [glyphs]
        error = "X"
        [[rules]]
        filter = "operation == getlink"
        glyph = "g"
        colour = "green"
        """
    )

    async def story(user: Player) -> None:
        assert user.app.theme == "textual-light"
        assert user.lines()[2].split() == ["No", "Time", "Message", "ifname", "Info"]
        assert "1795227469.542340" in user.screen()
        assert user.lines()[7].startswith("g  5")
        await user.press("f3")
        assert user.number == 4
        assert user.lines()[6].startswith("X>")
        await user.press("] e")
        assert user.number == 14
        await user.press("e")
        assert user.number == 14

    play("errors", story=story, settings=load(str(path)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theme = 3", "theme: 3 is not text in quotes"),
        ('time = "noon"', "time: 'noon' is none of relative"),
        ("[keys]\nfly = 'x'", "[keys] fly: there is no such action"),
        ("[keys]\nnext-error = ''", "is no key"),
        ("[glyphs]\nerror = 'ab'", "glyphs.error"),
        ("[[rules]]\nglyph = 'x'", "rules, number 1: a rule needs a filter"),
        ("[[rules]]\nfilter = 'error'\ncolour = 'beige'", "colour 'beige' is none of"),
        ("[profiles.mine]\ncolumns = 3", "profiles.mine.columns: 3 is not a list"),
        ("profile = 'x'", "'x' is none of usual, links"),
        ("colour = 1", "colour: no such setting"),
        ("theme =", "tui.toml"),
    ],
)
def test_what_is_wrong_with_settings_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "tui.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"tui\.toml") as caught:
        load(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"theme": "beige"}, "theme: no theme 'beige'; there are .*textual-light"),
        ({"columns": ["number", "mtx"]}, "columns: there is no field 'mtx'; did you mean"),
        (
            {"profile": "mine", "profiles": {"mine": {"columns": ["nope"]}}},
            r"profiles\.mine\.columns: there is no field 'nope'",
        ),
    ],
)
def test_what_only_shows_later_is_said_before_the_screen_changes(
    table: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=f"config.toml: {said}"):
        application("errors", settings=Settings(table))


def test_counts_sequences_and_arguments() -> None:
    keyboard = Keyboard(Keymap())
    assert keyboard.feed("2") is None
    assert keyboard.feed("0") is None
    assert keyboard.pending == "20"
    assert keyboard.feed("G") == ("last", 20, "")
    assert keyboard.feed("m") is None
    assert keyboard.feed("q") == ("mark", None, "q")
    assert keyboard.feed("y") is None
    assert keyboard.feed("X") is None  # nothing begins so
    assert keyboard.feed("q") == ("back", None, "")
    assert keyboard.feed("0") is None
    assert keyboard.feed("*") == ("unfold-below", None, "")


def test_a_key_belongs_to_one_action() -> None:
    taken = [key for one in KEYS for key in one.keys]
    assert len(taken) == len(set(taken))
    assert Settings().fold
