"""Framing: where messages start and end, and in which byte order they are."""

from __future__ import annotations

import random

import pytest

from nldissect._internal.engine.faults import ERROR, NOTE, WARNING
from nldissect._internal.wire import framing
from nldissect._internal.wire.record import Interface
from support.messages import (
    AUDIT,
    GENERIC,
    ROUTE,
    UEVENT,
    USERSOCK,
    codes,
    covered,
    found,
    messages,
    msg,
    padded,
    read,
    record,
    u32,
)

ORDERS = pytest.mark.parametrize("order", ["<", ">"])


def split(data: bytes, order: str = "<", total: int | None = None, protocol: int = ROUTE):
    return framing.split(data, order == ">", len(data) if total is None else total, protocol)


# -- messages that are well-formed ---------------------------------------------


@ORDERS
def test_one_message_fills_the_datagram(order):
    assert split(msg(16, b"abcd", order=order), order) == [(0, 20, 20, framing.OK)]


@ORDERS
def test_messages_start_at_multiples_of_four(order):
    data = padded(msg(16, b"abcde", order=order)) + msg(17, order=order) + msg(18, order=order)
    assert split(data, order) == [(0, 21, 24, 0), (24, 40, 40, 0), (40, 56, 56, 0)]


def test_the_last_message_needs_no_padding():
    data = msg(1) + msg(1, b"abcde")
    assert split(data) == [(0, 16, 16, 0), (16, 37, 37, 0)]
    assert [m.diagnoses for m in messages(data)] == [[], []]


@ORDERS
def test_frames_cover_every_byte_whatever_is_in_them(order):
    noise = random.Random(7)
    for _ in range(2000):
        data = b"".join(
            msg(noise.randrange(30), noise.randbytes(noise.randrange(20)), order=order)
            + bytes(noise.randrange(5))
            for _ in range(noise.randrange(4))
        ) + noise.randbytes(noise.randrange(40))
        total = len(data) + noise.choice([0, 0, 3, 500])
        frames = split(data, order, total, noise.choice([ROUTE, AUDIT, USERSOCK]))
        assert frames[0][0] == 0
        assert frames[-1][2] == len(data)
        for (_, stop, end, _), following in zip(frames, [*frames[1:], (len(data),)], strict=True):
            assert stop <= end == following[0]
        assert all(covered(m) for m in messages(data, total=total))


# -- what follows the last message ------------------------------------------------


def test_zero_padding_of_a_whole_struct_is_a_note():
    (message,) = messages(msg(22, bytes(8), flags=0x301) + bytes(128), ROUTE)
    assert [(d.code, d.severity) for d in message.diagnoses] == [("trailing-zeros", NOTE)]
    assert "128 zero bytes" in message.diagnoses[0].text
    trailing = message.nodes[-1]
    assert (trailing.name, trailing.offset, trailing.length) == ("trailing", 24, 128)


def test_zero_padding_after_an_odd_length_starts_at_its_alignment():
    (message,) = messages(msg(3, b"\0\0\0\0\0") + bytes(3 + 8))
    assert (message.nodes[-1].offset, message.nodes[-1].length) == (24, 8)


def test_other_bytes_after_the_last_message_are_a_warning():
    (message,) = messages(msg(1) + b"left over")
    diagnosis = found(message, "trailing-data")
    assert diagnosis.severity == WARNING
    assert (diagnosis.offset, diagnosis.length) == (16, 9)
    assert message.nodes[-1].value == b"left over"


def test_garbage_in_the_padding_itself_is_shown():
    (message,) = messages(msg(3, bytes(5)) + b"\0\0\7")
    assert (message.nodes[-1].name, message.nodes[-1].offset) == ("trailing", 21)
    assert covered(message)


# -- lengths that cannot be -----------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 15])
def test_a_length_under_sixteen(length):
    first, second = messages(msg(1) + msg(16, b"abcd", length=length))
    assert first.diagnoses == []
    diagnosis = found(second, "msg-len-short")
    assert diagnosis.severity == ERROR
    assert f"nlmsg_len {length} " in diagnosis.text
    assert (second.type, second.nodes[0].value) == (16, b"abcd")
    assert covered(second)


@ORDERS
def test_a_length_over_the_record(order):
    registered = Interface(253, order == ">")
    data = msg(1, order=order) + msg(22, bytes(8), flags=0x301, order=order, length=25)
    first, second = read(record(data, interface=registered))
    assert first.diagnoses == []
    diagnosis = found(second, "msg-len-over")
    assert diagnosis.severity == ERROR
    assert "25 is more than the 24" in diagnosis.text
    assert second.find("ifa-family").value == 0  # what is there is still decoded
    assert covered(second)


def test_a_message_where_the_one_before_ended():
    data = msg(3, bytes(5)) + msg(22, bytes(8))
    assert split(data) == [(0, 21, 21, framing.OK), (21, 45, 45, framing.UNALIGNED)]
    _, second = messages(data)
    assert found(second, "msg-unaligned").severity == WARNING
    assert second.find("ifa-index").value == 0


def test_a_bare_header_where_the_one_before_ended():
    assert split(msg(3, bytes(5)) + msg(1)) == [
        (0, 21, 21, framing.OK),
        (21, 37, 37, framing.UNALIGNED),
    ]


# -- bytes that are no netlink message ---------------------------------------------------


def test_an_empty_datagram():
    (message,) = messages(b"")
    assert not message.netlink
    assert found(message, "no-header").severity == ERROR
    assert message.nodes == []
    assert covered(message)


def test_too_few_bytes_for_a_header():
    (message,) = messages(b"\x10\0\0\0short")
    assert not message.netlink
    assert found(message, "no-header").text == "9 bytes are less than the header's 16"
    assert message.nodes[0].value == b"\x10\0\0\0short"


@pytest.mark.parametrize("protocol", [USERSOCK, UEVENT])
@pytest.mark.parametrize("data", [b"add@/devices/virtual/net/eth0\0ACTION=add\0", b"hi", b""])
def test_datagrams_that_need_not_be_netlink_are_data_without_a_word(protocol, data):
    (message,) = messages(data, protocol)
    assert not message.netlink
    assert message.diagnoses == []
    assert b"".join(message.data[n.offset : n.end] for n in message.nodes) == data
    assert covered(message)


def test_user_programs_may_speak_netlink():
    first, second = messages(msg(20, b"abcd") + msg(21), USERSOCK)
    assert (first.netlink, first.type, second.type) == (True, 20, 21)
    assert first.nodes[0].value == b"abcd"


# -- audit ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [b"", b"audit(1:2): x", b"a" * 84, b"audit(1.2:3): op=load "])
def test_audit_leaves_the_header_out_of_the_length(text):
    data = msg(1300, text, length=len(text))
    (message,) = messages(data, AUDIT)
    assert (message.type, message.limit) == (1300, len(data))
    assert b"".join(message.data[n.offset : n.end] for n in message.nodes) == text
    if text:
        assert found(message, "msg-len-audit").severity == NOTE
    assert codes(message) == ["msg-len-audit"]


def test_audit_answers_have_the_right_length():
    (message,) = messages(msg(1000, bytes(40)), AUDIT)
    assert message.diagnoses == []


def test_two_audit_messages_are_two():
    assert split(msg(1000, bytes(24)) + msg(3), protocol=AUDIT) == [(0, 40, 40, 0), (40, 56, 56, 0)]


def test_the_same_lengths_elsewhere_are_wrong():
    first, second = messages(msg(1300, b"a" * 84, length=84), ROUTE)
    assert (first.limit, codes(second)) == (84, ["msg-len-over"])


# -- cut by the snapshot length --------------------------------------------------------------


def test_cut_within_a_message():
    data = msg(1) + msg(22, bytes(40))
    first, second = messages(data[:48], total=len(data))
    assert (first.truncated, second.truncated) == (False, True)
    assert found(second, "truncated").severity == NOTE
    assert "32 of 56 bytes" in found(second, "truncated").text


def test_cut_within_a_header():
    data = msg(1) + msg(22, bytes(40))
    first, second = messages(data[:24], total=len(data))
    assert first.diagnoses == []
    assert second.truncated
    assert not second.netlink
    assert "8 of 56 bytes" in found(second, "truncated").text
    assert second.nodes[0].value == data[16:24]


def test_cut_before_the_first_byte():
    (message,) = messages(b"", total=100)
    assert message.truncated
    assert "0 of 100 bytes" in found(message, "truncated").text


def test_cut_within_zero_padding():
    (message,) = messages(msg(1) + bytes(40), total=200)
    assert codes(message) == ["trailing-zeros"]


def test_more_than_the_whole_datagram_is_no_cut():
    (message,) = messages(msg(22, bytes(20), length=400)[:36], total=100)
    assert "msg-len-over" in codes(message)


# -- byte order ------------------------------------------------------------------------------------


@ORDERS
def test_the_chain_of_lengths_tells_the_order(order):
    data = padded(msg(16, b"abcde", order=order)) + msg(3, order=order)
    assert framing.guess_order(data, len(data)) is (order == ">")


def test_129_messages_of_256_bytes_stay_little_endian():
    data = msg(16, bytes(240)) * 129
    assert len(data) == 33024
    assert framing.guess_order(data, len(data)) is False
    registered = Interface(253, True)  # even where the file says otherwise
    found_messages = read(record(data, interface=registered))
    assert [m.length for m in found_messages] == [256] * 129


def test_256_messages_of_256_bytes_do_not_look_like_one_of_65536():
    data = msg(16, bytes(240)) * 256
    assert framing.chain(data, True, len(data)) == 1  # the other reading holds as well
    assert framing.guess_order(data, len(data)) is False
    swapped = msg(16, b"\1" * 65520, order=">")
    assert framing.guess_order(swapped, len(swapped)) is True


@ORDERS
def test_a_cut_record_tells_the_order(order):
    data = msg(16, bytes(84), order=order) + msg(16, bytes(984), order=order)
    assert framing.guess_order(data[:150], len(data)) is (order == ">")


@pytest.mark.parametrize("data", [b"", b"text of a user program", bytes(64), u32(5) * 8])
def test_bytes_that_do_not_tell(data):
    assert framing.guess_order(data, len(data)) is None


def test_zero_padding_does_not_hide_the_order():
    data = msg(18, bytes(16)) + bytes(120)
    assert framing.guess_order(data, len(data)) is False


@ORDERS
def test_the_majority_of_the_records_decides(order):
    other = "<" if order == ">" else ">"
    registered = Interface(253, order == "<")
    records = [record(msg(1, order=other), interface=registered)]
    records += [record(msg(1, order=order), interface=registered) for _ in range(3)]
    assert [m.big for m in read(*records)] == [order == ">"] * 4


@ORDERS
def test_where_nothing_tells_the_file_decides(order):
    (message,) = read(record(b"no netlink at all here", interface=Interface(253, order == ">")))
    assert message.big is (order == ">")


def test_a_stream_decides_at_its_first_clear_record():
    records = [record(b"unclear" * 3), record(msg(1, order=">")), record(msg(1, order=">"))]
    assert [m.big for m in read(*records, stream=True)] == [False, True, True]


def test_the_user_overrides_the_byte_order():
    from nldissect._internal.session.forward_pass import Session
    from support.messages import Given, builtin

    session = Session(builtin(), byte_order="big")
    (message,) = session.messages(Given([record(msg(1))]))
    assert (message.big, codes(message)[0]) == (True, "msg-len-over")


def test_generic_messages_without_their_header():
    (message,) = messages(msg(16), GENERIC)
    assert found(message, "header-short").severity == ERROR
