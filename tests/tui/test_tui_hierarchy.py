"""Room and hierarchy: what each pane gets, why it was refused, the tree's short forms, brackets."""

from __future__ import annotations

import pytest

from nldissect._internal.tui.model.layout import Content, LayoutChoices, plan
from nldissect._internal.tui.panes.list_pane import ListPane
from support.terminal import Player, play

REFUSAL = "newlink bond0: EACCES at IFLA_LINKINFO.IFLA_INFO_DATA.IFLA_BOND_ARP_INTERVAL"


def gutter(user: Player) -> dict[int, str]:
    """What the list's rows in sight begin with, by message number: their bracket or cursor."""
    pane = user.browser.list_pane
    rows = user.browser.model.view.rows
    top = pane.scroll_offset.y
    places = range(top, min(top + pane.room, pane.count))
    return {rows[place] + 1: pane.parts(place)[0][0][1] for place in places}


def tinted(pane: ListPane) -> list[int]:
    """The numbers of the messages that lie on the colour of the cursor's kin."""
    rows = pane.model.view.rows
    return [rows[place] + 1 for place in range(pane.count) if pane.under(place) == "kin"]


# -- room ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(120, 40), (160, 50), (220, 60)])
def test_the_tree_has_half_of_the_width_and_the_others_what_they_need(
    size: tuple[int, int],
) -> None:
    found = plan(*size, LayoutChoices(), Content(rungs=5, size=76))
    assert found.side
    assert found.tree >= size[0] // 2
    assert found.tree + found.aside == size[0]
    assert found.transaction == 6  # with its title
    assert found.hex == found.below - 6
    more = plan(*size, LayoutChoices(cells=-8), Content(rungs=5, size=76))
    assert (more.tree, more.aside) == (found.tree - 8, found.aside + 8)


def test_short_messages_leave_their_room_to_the_tree() -> None:
    long = plan(100, 30, LayoutChoices(), Content(size=1500))
    short = plan(100, 30, LayoutChoices(), Content(size=36))
    assert short.hex == 4  # a title and three lines of bytes
    assert short.tree - long.tree == long.hex - short.hex > 0


def test_panes_shrink_as_the_cursor_moves() -> None:
    async def story(user: Player) -> None:
        browser = user.browser
        await user.press("1 2 4 G")
        assert browser.transaction_pane.region.height == browser.transaction_pane.count + 1
        assert browser.tree_pane.region.width > user.app.size.width // 2
        assert browser.hex_pane.region.y > browser.transaction_pane.region.y
        assert browser.hex_pane.per_line == 16
        assert browser.hex_pane.region.bottom == browser.tree_pane.region.bottom
        before = browser.tree_pane.region.width
        await user.press("> >")
        assert browser.tree_pane.region.width > before
        await user.press("tab \\")
        assert browser.tree_pane.region.width == user.app.size.width
        assert not browser.hex_pane.display
        await user.press("\\")
        assert browser.hex_pane.display

    play("acks", story=story, size=(160, 50))


# -- why -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 50)])
def test_why_stands_once_and_stays(size: tuple[int, int]) -> None:
    async def story(user: Player) -> None:
        def whole() -> str:
            """What stands at the top of the tree, without blanks."""
            pane = user.browser.tree_pane
            head = ["".join(t for t, _ in pane.head_parts(n)).strip() for n in range(pane.head)]
            return "".join(head).replace(" ", "")

        for number in ("1 2 4", "1 2 5"):  # the request, and the error
            await user.press(f"{number} G")
            told = f"✗ {REFUSAL} (value 100): option not supported in mode"
            assert whole() == told.replace(" ", "")
            below = "\n".join(user.lines()[user.browser.tree_pane.region.y :])
            assert below.count("EACCES at") == 1
            assert "Permission denied" not in below
            await user.press("tab g ctrl+right G")
            assert user.browser.tree_pane.scroll_offset.y > 0 or size[1] == 50
            assert "✗ newlink bond0: EACCES" in user.screen()
            await user.press("escape")
        await user.press("1 2 8 G")  # another transaction: nothing is left of it
        assert user.browser.tree_pane.head == 0
        assert "✗" not in user.screen()

    play("acks", story=story, size=size)


def test_why_goes_to_the_transaction_where_that_stands_in_front_of_the_tree() -> None:
    async def story(user: Player) -> None:
        await user.press("1 2 4 G f")
        assert not user.browser.tree_pane.display
        assert user.screen().count("option not supported in mode") == 1
        await user.press("f")
        await user.press("q")
        assert user.browser.tree_pane.display
        assert user.browser.transaction_pane.head == 0

    play("acks", story=story)


# -- the tree --------------------------------------------------------------------------


def test_nests_and_headers_say_what_they_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("TMUX", "WAYLAND_DISPLAY", "DISPLAY"):
        monkeypatch.delenv(variable, raising=False)

    async def story(user: Player) -> None:
        await user.press("9 9 G enter")
        items = {item.name: item for item in user.browser.tree_pane.outline.items}
        assert items["IFLA_LINKINFO"].brief.startswith("vlan protocol 8021q, id 7")
        assert items["IFLA_VLAN_EGRESS_QOS"].brief == "2 mapping"
        assert items["ifinfomsg"].brief == "all 0"
        assert items["ifinfomsg"].zero
        assert not items["IFLA_LINK"].zero
        await user.press("1 1 0 G")
        items = {item.name: item for item in user.browser.tree_pane.outline.items}
        assert items["ifinfomsg"].brief == ("index 6 (apple0.7), flags broadcast|noarp, type ether")
        assert items["nlmsghdr"].brief.startswith("RTM_NEWLINK, 1156 bytes, ")
        assert items["IFLA_PROMISCUITY"].zero
        assert not items["IFLA_MTU"].zero
        assert items["IFLA_MTU"].value == "1450 bytes"
        await user.press("enter")
        place = user.browser.tree_pane.outline.of_key("/mtu")
        user.browser.tree_pane.move(place)
        await user.press("y v")
        assert user.app.clipboard == "1450"  # what is copied has no unit

    play("links", story=story, size=(160, 50))


def test_values_are_aligned_within_a_nest_and_guided() -> None:
    async def story(user: Player) -> None:
        await user.press("1 2 4 G")
        text = user.screen()
        assert "▾ IFLA_LINKINFO  bond mode 8023ad, arp-interval 100 ms" in text
        assert ' IFLA_IFNAME    "bond0"' in text
        assert "│ │   IFLA_BOND_MODE          4 (BOND_MODE_8023AD)" in text
        assert "│ │ ✗ IFLA_BOND_ARP_INTERVAL  100 ms  ✗ EACCES" in text
        pane = user.browser.tree_pane
        looks = {item.name: pane.parts(n) for n, item in enumerate(pane.outline.items)}
        assert looks["ifinfomsg"][1][1] == "dim"  # zeros are
        assert looks["IFLA_IFNAME"][1][1] == "name"
        assert looks["IFLA_LINKINFO"][3][1] == "dim"  # what is told again below
        await user.press("tab g j j j h")
        folded = pane.parts(3)
        assert (folded[1][0], folded[3][1]) == ("IFLA_LINKINFO", "value")

    play("acks", story=story, size=(160, 50))


def test_long_names_do_not_push_values_out() -> None:
    async def story(user: Player) -> None:
        await user.press("3 0 G tab *")
        pane = user.browser.tree_pane
        for line in range(pane.count):
            _, name, *rest = pane.parts(line)
            if rest:
                assert len(name[0] + rest[0][0]) <= max(len(name[0]), pane.size.width * 9 // 20) + 2

    play("wifi", story=story, size=(60, 16))


# -- the list --------------------------------------------------------------------------


def test_what_belongs_to_the_cursors_row_is_bracketed() -> None:
    async def story(user: Player) -> None:
        await user.press("3 9 G")
        found = gutter(user)
        assert [found[number] for number in (38, 39, 40, 41, 42)] == [" ", ">", "├", "└", " "]
        assert tinted(user.browser.list_pane) == [40, 41]
        await user.press("j j")  # to the acknowledgement
        found = gutter(user)
        assert [found[number] for number in (38, 39, 40, 41, 42)] == [" ", "┌", "├", ">", " "]
        assert tinted(user.browser.list_pane) == [39, 40]
        await user.press("g")
        assert not {39, 40, 41} & set(tinted(user.browser.list_pane))
        await user.press("3 9 G v j")  # selected and marked rows keep their own sign
        assert gutter(user)[39] == "*"

    play("tc_filters", story=story)


def test_copies_are_bracketed_and_rows_of_others_passed() -> None:
    async def story(user: Player) -> None:
        await user.press("8 G l")
        found = gutter(user)
        assert (found[8], found[9], found[10]) == (">", "└", " ")
        assert tinted(user.browser.list_pane) == [9]
        await user.press("h")
        assert "└" not in gutter(user).values()

    play("rtnl_misc", story=story)


def test_a_dump_is_bracketed_beyond_what_is_in_sight() -> None:
    async def story(user: Player) -> None:
        model = user.browser.model
        table = model.index.links.transactions
        dump = max(range(1, len(table) + 1), key=lambda number: int(table.parts[number]))
        first, last = int(table.number[dump]), int(table.latest[dump])
        assert last - first > 20
        await user.press(f"{' '.join(str(first + 12))} G")
        found = gutter(user)
        in_sight = [number for number in found if first <= number <= last]
        assert {found[number] for number in in_sight} == {">", "├"}  # it goes on at both ends
        await user.press(f"{' '.join(str(last))} G")
        assert gutter(user)[last - 1] == "├"

    play("nlctrl_list", story=story)


def test_the_end_of_a_dump_says_which_and_how_many_parts() -> None:
    async def story(user: Player) -> None:
        await user.press("G")
        assert "for nlctrl getfamily dump, 20 parts" in user.screen()

    play("nlctrl_list", story=story, size=(120, 30))


def test_the_title_says_why_fewer_are_shown() -> None:
    async def story(user: Player) -> None:
        total = user.browser.model.total
        shown = len(user.browser.model.view)
        assert (
            f"{total} messages, {shown} shown: {total - shown} copies folded (z a) "
            in user.screen()
        )
        await user.type("/ack == 1")
        await user.press("escape escape")
        await user.type("/type == error")
        await user.press("enter")
        assert ", 0 shown: filter" in user.lines()[0] or " shown: filter, " in user.lines()[0]
        await user.press("escape z a")
        assert f" {total} messages " in user.lines()[0]
        assert "shown" not in user.lines()[0]

    play("rtnl_misc", story=story, size=(100, 30))
