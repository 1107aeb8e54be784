"""What a capture teaches about itself, and to which of its messages that applies."""

from __future__ import annotations

import random

import pytest

from nldissect._internal.engine.summary import describe
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.spec.registry import Registry
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.record import Interface
from support.messages import (
    DUMP,
    GENERIC,
    REQUEST,
    ROUTE,
    Given,
    attr,
    builtin,
    codes,
    covered,
    genl,
    msg,
    newfamily,
    newlink,
    padded,
    read,
    record,
    streamed,
    tree,
    u32,
)

GENLTEST = 40
NAME = "genltest"


def echo(text: str = "hi", number: int = GENLTEST):
    return record(msg(number, genl(1, attr(1, text.encode() + b"\0"))), GENERIC)


def ctrl(number: int, name: str, command: int = 1, interface: Interface | None = None, order="<"):
    data = newfamily(number, name, command, order=order)
    return record(data, GENERIC, interface=interface)


def link(index: int, name: str, kind: int = 16, interface: Interface | None = None):
    return record(newlink(index, name, kind=kind), ROUTE, interface=interface)


def getlink(index: int, interface: Interface | None = None):
    header = bytes(4) + u32(index) + bytes(8)
    return record(msg(18, header, REQUEST), ROUTE, interface=interface)


def names(messages):
    return [m.family for m in messages]


# -- generic families -----------------------------------------------------------


def test_a_family_is_known_before_and_after_it_is_mentioned():
    before, _, after = read(echo("a"), ctrl(GENLTEST, NAME), echo("b"))
    assert names([before, after]) == [NAME, NAME]
    assert before.operation.name == "echo"
    assert before.find("msg").value == "a"
    assert after.find("GENLTEST_A_MSG").value == "b"


def test_an_id_given_to_another_family_is_right_on_both_sides():
    found = read(
        echo(),
        ctrl(GENLTEST, NAME),
        echo(),
        ctrl(GENLTEST, "nlex"),
        echo(),
        ctrl(GENLTEST, NAME),
        echo(),
    )
    assert names(found[::2]) == [NAME, NAME, "nlex", NAME]


def test_a_removed_family_is_forgotten():
    found = read(ctrl(GENLTEST, NAME), echo(), ctrl(GENLTEST, NAME, 2), echo())
    assert names(found) == ["nlctrl", NAME, "nlctrl", None]


def test_an_id_that_is_removed_and_given_again():
    found = read(
        echo(),
        ctrl(GENLTEST, NAME, 2),
        echo(),
        ctrl(GENLTEST, "nlex"),
        echo(),
        ctrl(GENLTEST, "nlex", 2),
        ctrl(GENLTEST, NAME),
        echo(),
    )
    assert names(found) == [NAME, "nlctrl", None, "nlctrl", "nlex", "nlctrl", "nlctrl", NAME]


def test_what_a_request_says_teaches_nothing():
    asked = record(msg(16, newfamily(GENLTEST, NAME)[16:], REQUEST), GENERIC)
    _, message = read(asked, echo())
    assert message.family is None


def test_nlctrl_needs_no_mention():
    (message,) = read(ctrl(GENLTEST, NAME))
    assert (message.family, message.operation.name) == ("nlctrl", "newfamily")


def test_families_of_two_hosts_are_kept_apart():
    first, second = Interface(253, False, section=0), Interface(253, False, section=1)
    a, b = echo(), echo()
    a.interface, b.interface = first, second
    taught = [ctrl(GENLTEST, NAME, interface=first), ctrl(GENLTEST, "nlex", interface=second)]
    assert names(read(taught[0], a, taught[1], b))[1::2] == [NAME, "nlex"]


def test_the_header_of_an_unknown_family_is_set_apart():
    taught = record(newfamily(50, "third-party", header_size=4), GENERIC)
    _, message = read(taught, record(msg(50, genl(3, b"HEAD", attr(1, u32(7)))), GENERIC))
    assert message.family == "third-party"
    assert (message.nodes[1].name, message.nodes[1].value) == ("family-header", b"HEAD")


def test_an_answer_in_the_echoed_request_is_bound_at_its_own_time():
    request = msg(GENLTEST, genl(1, attr(1, b"x\0")), REQUEST)
    error = record(msg(2, u32(0xFFFFFFEA) + padded(request)), GENERIC)
    found = read(ctrl(GENLTEST, NAME), error, ctrl(GENLTEST, "nlex"), error)
    assert (found[1].echo.family, found[1].echo.find("msg").value) == (NAME, "x")
    assert found[3].echo.family == "nlex"


# -- interface names --------------------------------------------------------------


def label(message):
    return message.find("ifi-index").label


def test_names_over_time():
    found = read(getlink(2), link(2, "eth0"), getlink(2), link(2, "wan"), getlink(2))
    assert [label(m) for m in found] == ["eth0", "eth0", "eth0", "wan", "wan"]


def test_an_index_that_is_used_again():
    found = read(link(7, "old"), link(7, "old", 17), link(7, "new"), getlink(7))
    assert [label(m) for m in found] == ["old", "old", "new", "new"]


def test_no_name_for_an_unknown_index_or_none():
    found = read(link(2, "eth0"), getlink(3), getlink(0))
    assert [label(m) for m in found[1:]] == [None, None]


def test_names_belong_to_one_interface_of_the_capture():
    here, there = Interface(253, False), Interface(253, False, number=1)
    found = read(
        link(2, "here", interface=here),
        link(2, "there", interface=there),
        getlink(2, here),
        getlink(2, there),
    )
    assert [label(m) for m in found[2:]] == ["here", "there"]


# -- streams ------------------------------------------------------------------------


def test_a_stream_learns_as_it_goes():
    records = [echo(), ctrl(GENLTEST, NAME), echo(), getlink(2), link(2, "eth0"), getlink(2)]
    found = read(*records, stream=True)
    assert names(found[:3]) == [None, "nlctrl", NAME]
    assert label(found[5]) == "eth0"


def test_a_stream_gives_each_message_before_it_reads_on():
    taken = []

    class Slow:
        rewindable = False

        def __iter__(self):
            for number in range(3):
                taken.append(number)
                yield record(msg(1) + msg(1))

    messages = Session(builtin()).messages(Slow())
    next(messages)
    next(messages)
    assert taken == [0]


# -- a header pass that keeps just ahead -------------------------------------------------


class Counted(Given):
    """Records 100 bytes apart; counts how many each pass over them took."""

    def __init__(self, records):
        super().__init__(records)
        for place, each in enumerate(records):
            each.offset = 100 * place
        self.passes = []

    def __iter__(self):
        self.passes.append(0)
        place = len(self.passes) - 1
        for each in self.records:
            self.passes[place] += 1
            yield each


def test_the_header_pass_keeps_just_ahead_of_what_is_given_out():
    records = [getlink(2) for _ in range(1000)]
    records[300] = link(2, "eth0")
    records[900] = link(3, "eth1")
    records[0], records[1] = getlink(3), getlink(2)
    capture = Counted(records)
    messages = Session(builtin()).messages(capture, 40_000)
    found = [next(messages), next(messages)]
    assert [label(m) for m in found] == [None, "eth0"]
    assert capture.passes == [402, 2]
    assert [m.number for m in messages] == list(range(3, 1001))
    assert [label(m) for m in found] == ["eth1", "eth0"]


# -- byte order by section ---------------------------------------------------------------


def test_sections_have_a_byte_order_each():
    little, big = Interface(253, False, section=0), Interface(253, True, section=1)
    found = read(
        record(newlink(2, "le"), interface=little),
        record(newlink(2, "be", order=">"), interface=big),
        record(newlink(3, "le3"), interface=Interface(253, False, section=2)),
    )
    assert [m.big for m in found] == [False, True, False]
    assert [m.find("ifname").value for m in found] == ["le", "be", "le3"]


def test_a_big_endian_host_teaches_families_as_well():
    big = Interface(253, True)
    taught = ctrl(0x1234, NAME, interface=big, order=">")
    data = msg(0x1234, genl(1, attr(1, b"hi\0", ">")), order=">")
    _, message = read(taught, record(data, GENERIC, interface=big))
    assert (message.family, message.find("msg").value) == (NAME, "hi")


# -- order of looking ------------------------------------------------------------------


def everything(message):
    return (
        message.family,
        message.operation and message.operation.name,
        tree(message.nodes),
        [n.label for n in message.walk()],
        codes(message),
        message.big,
    )


@pytest.mark.parametrize("name", ["iproute", "nlctrl", "nl_util", "ethtool", "errors"])
def test_what_is_shown_does_not_depend_on_the_order_of_looking(name):
    in_turn = [everything(m) for m in streamed(name)]
    messages = streamed(name, Registry(use_system=False))
    places = list(range(len(messages)))
    random.Random(3).shuffle(places)
    assert {p: everything(messages[p]) for p in places} == dict(enumerate(in_turn))


def test_messages_are_numbered_from_one_across_records():
    found = read(record(msg(1) + msg(1)), record(msg(1)))
    assert [(m.number, m.record.number, m.offset) for m in found] == [
        (1, 1, 0),
        (2, 1, 16),
        (3, 2, 0),
    ]


# -- captures that end early, records that are not netlink ----------------------------------


class Cut(Given):
    def __iter__(self):
        yield from self.records
        raise CaptureError("x.pcap", "is cut short", 9, 99)


def test_a_cut_capture_teaches_and_shows_what_is_before_the_cut():
    messages = Session(builtin()).messages(Cut([echo(), ctrl(GENLTEST, NAME)]))
    assert next(messages).family == NAME
    next(messages)
    with pytest.raises(CaptureError, match="record 9 at offset 99"):
        next(messages)


def test_other_records_are_counted():
    ethernet = record(b"frame", -1, interface=Interface(1, False))
    session = Session(builtin())
    (message,) = session.messages(Given([ethernet, link(2, "eth0"), ethernet]))
    assert message.number == 1
    assert (session.records, session.skipped) == (3, {1: 2})


# -- direction and resolving in the recordings --------------------------------------------------


def test_direction():
    found = read(getlink(2), link(2, "eth0"), record(msg(18, bytes(16), REQUEST | DUMP)))
    assert [m.direction for m in found] == ["to-kernel", "from-kernel", "to-kernel"]


@pytest.mark.parametrize(
    ("name", "family", "count"),
    [("genltest", "genltest", 6), ("nl_util", "nl_util", 13), ("nlex", "nlex", 11)],
)
def test_every_message_of_the_recordings_has_its_family(name, family, count):
    messages = [m for m in streamed(name) if m.protocol == GENERIC and m.type > 16]
    assert {m.family for m in messages} == {family}
    assert len(messages) == count


# -- dumps of rtnetlink with the header of links --------------------------------------


@pytest.mark.parametrize(
    ("sent", "says"),
    [  # keepalived's and FRR's, whose sockets do not check strictly; ip(8)'s own is 8 bytes
        (
            "280000001600010331660d6b00000000 02000000000000000000000000000000 08001d0008000000",
            "dump family inet ext-mask skip-stats",
        ),
        ("20000000160001030200000091a9f08b 02000000000000000000000000000000", "dump family inet"),
        ("18000000160001030200000091a9f08b 0a00000000000000", "dump family inet6"),
    ],
)
def test_a_dump_may_be_asked_for_with_the_header_of_links(sent: str, says: str) -> None:
    data = bytes.fromhex(sent)
    (message,) = read(record(data, ROUTE))
    assert message.operation.name == "getaddr"
    assert codes(message) == []
    assert describe(message) == f"getaddr {says}"
    assert covered(message)
    header = "ifinfomsg" if len(data) >= 32 else "ifaddrmsg"
    assert message.nodes[0].name == header


def test_the_header_of_links_is_not_seen_where_it_would_say_more() -> None:
    asked = "28000000160001030000000000000000 02200000000000000000000000000000 08001d0008000000"
    (message,) = read(record(bytes.fromhex(asked), ROUTE))  # a prefix length of 32
    assert message.nodes[0].name == "ifaddrmsg"
    assert codes(message) == ["attr-len-short"]
