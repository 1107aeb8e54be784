"""Pairing: real recordings against strace, and what no recording has by hand."""

from __future__ import annotations

import itertools
import struct
import time
from collections.abc import Iterable, Iterator

import pytest
from librt.vecs import vec

from nldissect._internal.analysis.link_text import answered_by, latency
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.summary import summarize
from nldissect._internal.pairing.codes import (
    ACCEPTED,
    ANSWER,
    ANSWERED,
    BATCH,
    CERTAIN,
    CONFIDENCES,
    COPY,
    CUT,
    FAILED,
    GIVEN_UP,
    GUESS,
    INTERRUPTED,
    LIKELY,
    NOT_ASKED,
    NOTIFICATION,
    OPEN,
    OTHER,
    ROLES,
    ROLLED_BACK,
    STATES,
    UNANSWERED,
)
from nldissect._internal.pairing.codes import OVERRUN as LOST
from nldissect._internal.pairing.codes import REQUEST as ASKED
from nldissect._internal.pairing.conversation import Conversations
from nldissect._internal.pairing.hold_back import HoldBack
from nldissect._internal.pairing.transaction import Link, Transaction
from nldissect._internal.session.driver import Driver
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.session.multicast import group_of
from nldissect._internal.session.process import owner
from nldissect._internal.spec.registry import Registry
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.record import Interface, Record, Socket
from support import strace
from support.messages import (
    ACK,
    ACK_TLVS,
    DONE,
    DUMP,
    ERROR,
    GENERIC,
    MULTI,
    NETFILTER,
    OVERRUN,
    RECORDINGS,
    REQUEST,
    ROUTE,
    Given,
    attr,
    attributes,
    builtin,
    genl,
    msg,
    newfamily,
    nlmsgerr,
    padded,
    read,
    streamed,
    u32,
)
from support.pairing import Kept, held_back, link_table

ECHO, DUMP_INTR, CREATE, EXCL = 8, 16, 0x400, 0x200
NEWLINK, DELLINK, GETLINK, SETLINK, NEWADDR, GETADDR, NEWTFILTER = 16, 17, 18, 19, 20, 22, 44
SOCK_DIAG = 4
MS = 1_000_000

LINK = bytes(16)  # struct ifinfomsg
STRACED = sorted(p.stem for p in RECORDINGS.glob("*.pcap") if p.with_suffix(".strace").exists())


class Wire:
    """Datagrams one after the other, a microsecond apart unless told otherwise."""

    def __init__(self, protocol: int = ROUTE, start: int = 10**18) -> None:
        self.protocol = protocol
        self.clock = start
        self.records: list[Record] = []
        self.interface = Interface(253, False)

    def put(
        self,
        *messages: bytes,
        after: int = 1000,
        protocol: int | None = None,
        interface: Interface | None = None,
    ) -> None:
        self.clock += after
        data = b"".join(padded(m) for m in messages)
        if len(messages) == 1:
            data = messages[0]
        number = len(self.records) + 1
        where = interface or self.interface
        chosen = self.protocol if protocol is None else protocol
        self.records.append(Record(number, self.clock, chosen, data, len(data), 0, where))

    def pair(self, limit: int = 1024) -> tuple[list[Link], list[Transaction], Conversations]:
        """The link of each message and the transactions in the order of their ends."""
        ended: list[Transaction] = []
        pairs = Conversations(limit, ended.append)
        links = [pairs.feed(m) for m in Session(builtin()).messages(Given(self.records))]
        pairs.finish()
        return links, ended, pairs


def get(seq: int = 1, port: int = 0, flags: int = 0, kind: int = GETLINK) -> bytes:
    return msg(kind, LINK, REQUEST | flags, seq, port)


def change(seq: int = 1, port: int = 0, flags: int = ACK, kind: int = NEWLINK) -> bytes:
    return msg(kind, LINK, REQUEST | flags, seq, port)


def link(seq: int = 1, port: int = 7, flags: int = 0, index: int = 1, kind: int = NEWLINK) -> bytes:
    header = bytes(4) + u32(index) + bytes(8)
    return msg(kind, header + attr(3, b"eth%d\0" % index), flags, seq, port)


def done(seq: int = 1, port: int = 7, flags: int = MULTI, error: int = 0) -> bytes:
    return msg(DONE, u32(error & 0xFFFFFFFF), flags, seq, port)


def ack(request: bytes, port: int = 7, error: int = 0, capped: bool = True) -> bytes:
    answer = bytearray(nlmsgerr(error, request, capped=capped or not error))
    answer[8:12] = request[8:12]
    answer[12:16] = u32(port)
    return bytes(answer)


def ofs(links: Iterable[Link]) -> list[tuple[str, int]]:
    return [(found.role, found.of) for found in links]


# -- recordings ------------------------------------------------------------------


def paired(messages: list[Message]) -> dict[int, Link]:
    pairs = Conversations()
    return {m.number: pairs.feed(m) for m in messages}


@pytest.mark.parametrize("name", STRACED)
def test_answers_go_to_the_request_that_strace_shows(name: str) -> None:
    messages = streamed(name)
    answers, multicast = strace.truth(messages, RECORDINGS / f"{name}.strace")
    links = paired(messages)
    wrong = {
        number: links[number]
        for number, request in answers.items()
        if (links[number].role, links[number].of) != (ANSWER, request)
    }
    assert not wrong
    heard = {n for n in multicast if links[n].role not in (NOTIFICATION, COPY)}
    assert not heard


def test_answers_of_protocols_that_have_no_dissector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "raw", lambda *_: None)
    monkeypatch.setattr(Registry, "family", lambda *_: None)
    total = found = 0
    for name in STRACED:
        messages = streamed(name, Registry(use_system=False))
        links = paired(messages)
        answers, multicast = strace.truth(messages, RECORDINGS / f"{name}.strace")
        assert not [number for number in multicast if links[number].role == ANSWER], name
        for number, request in answers.items():
            total += 1
            link = links[number]
            found += (link.role, link.of) == (ANSWER, request)
            assert link.role != ANSWER or link.of in (0, request), (name, number)
    assert found / total >= 0.998


def test_half_of_nlm_f_dump_is_a_dump_in_rtnetlink() -> None:
    wire = Wire()
    wire.put(get(flags=0x500))  # NLM_F_ROOT|NLM_F_ATOMIC, as pyroute2 asks for rules
    wire.put(link(flags=MULTI), link(flags=MULTI, index=2))
    wire.put(done())
    links, (found,), _ = wire.pair()
    assert ofs(links) == [(ASKED, 0), (ANSWER, 1), (ANSWER, 1), (ANSWER, 1)]
    assert (found.kind, found.state) == ("dump", "answered")
    assert found.request is not None
    assert summarize(found.request) == "dump"


def test_strace_shows_enough_to_compare() -> None:
    total = 0
    for name in STRACED:
        total += len(strace.truth(streamed(name), RECORDINGS / f"{name}.strace")[0])
    assert total > 1500


GROUPS = {
    "RTNLGRP_LINK": 0, "RTNLGRP_NEIGH": 2, "RTNLGRP_TC": 3, "RTNLGRP_IPV4_IFADDR": 4,
    "RTNLGRP_IPV4_ROUTE": 6, "RTNLGRP_IPV4_RULE": 7, "RTNLGRP_IPV6_IFADDR": 8,
    "RTNLGRP_IPV6_ROUTE": 10, "RTNLGRP_IPV6_RULE": 18, "RTNLGRP_IPV4_NETCONF": 23,
    "RTNLGRP_IPV6_NETCONF": 24,
}  # fmt: skip


@pytest.mark.parametrize("name", ["iproute", "tc"])
def test_groups_are_those_of_the_socket_address(name: str) -> None:
    messages = streamed(name)
    multicast = strace.truth(messages, RECORDINGS / f"{name}.strace")[1]
    seen = set()
    for message in messages:
        mask = multicast.get(message.number, 0)
        if mask > 0:  # groups above 31 have no bit
            group = group_of(message)
            assert group is not None
            assert mask == 1 << GROUPS[group]
            seen.add(group)
    assert len(seen) >= (1 if name == "tc" else 9)


def test_every_request_of_a_recording_is_answered() -> None:
    for name in ("iproute", "errors", "genltest", "nlctrl", "tc", "wireguard", "nft", "routes"):
        ended: list[Transaction] = []
        pairs = Conversations(on_end=ended.append)
        for message in streamed(name):
            pairs.feed(message)
        assert pairs.finish() == [], name
        assert all(t.number and t.latency is not None for t in ended if t.state == ANSWERED)


def test_nl_util_answers_with_sequence_plus_one() -> None:
    links = paired(streamed("nl_util"))
    answer = links[33]
    assert (answer.role, answer.of, answer.confidence) == (ANSWER, 32, LIKELY)
    assert "plus one" in answer.reason
    assert [links[n].of for n in (37, 41)] == [36, 40]
    assert links[45].of == 44  # its error has the request's own number


def test_a_dump_has_its_parts_its_end_and_its_latency() -> None:
    links = paired(streamed("nl_util"))
    dump = links[7].transaction
    assert dump is not None
    assert (dump.kind, dump.state, dump.parts) == ("dump", ANSWERED, 21)
    assert dump.answers == list(range(8, 30))
    assert dump.port == 199
    assert dump.wait is not None
    assert dump.latency is not None
    assert (dump.wait, dump.latency) == (387_000, 990_000)


def test_filtered_dump_is_not_interrupted() -> None:
    links = paired(streamed("iproute"))
    found = links[146].transaction  # NLM_F_DUMP_FILTERED in its parts
    assert found is not None
    assert (found.state, found.interrupted) == (ANSWERED, False)


def test_nft_batch_is_one_transaction_that_causes_notifications() -> None:
    links = paired(streamed("nft"))
    batch = links[23].transaction
    assert batch is not None
    assert (batch.kind, batch.state) == (BATCH, NOT_ASKED)
    assert all(links[n].transaction is batch for n in range(23, 36))
    assert {batch.fate(n) for n in range(23, 36)} == {ACCEPTED}
    for n in range(36, 53):
        assert links[n].role == NOTIFICATION
        assert links[n].transaction is batch
    assert links[36].of == 24  # the part with its sequence number
    assert links[40].of == 23  # an element's: none, so the batch


def test_requests_flags_in_notifications_do_not_make_them_requests() -> None:
    links = paired(streamed("tc"))
    assert [ofs([links[n]])[0] for n in (40, 45, 86)] == [
        (NOTIFICATION, 36),
        (NOTIFICATION, 44),
        (NOTIFICATION, 85),
    ]


def test_a_lookup_comes_back_filled_in() -> None:
    """As libnl's nl-fib-lookup had it on Linux 7.2: the answer has the whole header."""
    head = "24000000000005009f95f2943b01c0e5c0000207"
    wire = Wire(10)
    wire.put(bytes.fromhex(head + "00" * 16))
    wire.put(bytes.fromhex(head + "00000000000000fe180001fd00000000"))
    links, (found,), _ = wire.pair()
    assert [(link.role, link.of) for link in links] == [("request", 0), ("answer", 1)]
    assert (found.state, found.due) == ("answered", False)


def test_echo_with_other_flags_than_the_request() -> None:
    messages = streamed("routes")
    links = paired(messages)
    (odd,) = [n for n, found in links.items() if found.reason.endswith("but for its flags")]
    assert links[odd].confidence == LIKELY
    assert messages[links[odd].of - 1].operation is not None
    assert messages[links[odd].of - 1].flags != 0x405


def test_two_listeners_of_a_recording_are_one_notification_with_a_copy() -> None:
    messages = streamed("rtnl_misc")
    links = paired(messages)
    copies = [found for found in links.values() if found.role == COPY]
    assert len(copies) > 40
    for copy in copies:
        assert links[copy.of].listeners == 2
        first, second = messages[copy.of - 1], messages[copy.number - 1]
        assert first.data == second.data
        assert first.record is not second.record


# -- requests without a port, shared numbers -----------------------------------------


def test_sockets_that_share_a_sequence_number_and_port_zero() -> None:
    wire = Wire()
    for port in (7, 8, 9):
        wire.put(get(5))
        wire.put(link(5, port))
    links, ended, _ = wire.pair()
    assert [found.of for found in links] == [0, 1, 0, 3, 0, 5]
    assert [t.port for t in ended] == [7, 8, 9]
    assert {found.confidence for found in links} == {CERTAIN}


def test_racing_equal_requests_are_answered_in_order_and_that_is_said() -> None:
    wire = Wire()
    wire.put(get(5))
    wire.put(get(5))
    wire.put(link(5, 7))
    wire.put(link(5, 8))
    links, _, _ = wire.pair()
    assert [found.of for found in links[2:]] == [1, 2]
    assert links[2].confidence == LIKELY
    assert links[3].confidence == LIKELY  # what is left hangs on the first


def test_an_old_unanswered_request_does_not_take_a_later_one_s_answer() -> None:
    wire = Wire()
    wire.put(get(0))
    for port in (7, 8):
        wire.put(get(0), after=1000 * MS)
        wire.put(link(0, port))
    links, ended, _ = wire.pair()
    assert [found.of for found in links] == [0, 0, 2, 0, 4]
    assert [(t.number, t.state) for t in ended] == [(2, ANSWERED), (4, ANSWERED), (1, UNANSWERED)]


def test_the_port_in_the_request_decides() -> None:
    wire = Wire()
    wire.put(get(5, port=7))
    wire.put(get(5, port=8))
    wire.put(link(5, 8))
    wire.put(link(5, 7))
    links, _, _ = wire.pair()
    assert [found.of for found in links[2:]] == [2, 1]
    assert {found.confidence for found in links} == {CERTAIN}


def test_a_wrong_port_in_the_request_is_only_likely() -> None:
    wire = Wire()
    wire.put(get(5, port=1234))
    wire.put(link(5, 4026531840))
    links, _, _ = wire.pair()
    assert (links[1].of, links[1].confidence) == (1, LIKELY)


def test_interleaved_dumps_of_one_sequence_number() -> None:
    wire = Wire()
    wire.put(get(5, flags=DUMP))
    wire.put(link(5, 7, MULTI, 1))
    wire.put(get(5, flags=DUMP))
    wire.put(link(5, 8, MULTI, 1))
    wire.put(link(5, 7, MULTI, 2))
    wire.put(link(5, 8, MULTI, 2))
    wire.put(done(5, 8))
    wire.put(done(5, 7))
    links, ended, _ = wire.pair()
    assert [found.of for found in links] == [0, 1, 0, 3, 1, 3, 3, 1]
    assert [(t.number, t.parts, t.answers) for t in ended] == [(3, 2, [4, 6, 7]), (1, 2, [2, 5, 8])]


def test_kin_keeps_dumps_of_one_socket_and_number_apart() -> None:
    wire = Wire()
    wire.put(get(0, flags=DUMP, kind=GETLINK))
    wire.put(get(0, flags=DUMP, kind=GETADDR))
    wire.put(msg(NEWADDR, bytes(8), MULTI, 0, 8))
    wire.put(link(0, 7, MULTI))
    wire.put(done(0, 7))
    wire.put(done(0, 8))
    links, _, _ = wire.pair()
    assert [found.of for found in links[2:]] == [2, 1, 1, 2]


def test_an_empty_dump_has_only_its_end() -> None:
    wire = Wire(NETFILTER)
    wire.put(msg(2561, bytes(4), REQUEST | DUMP, 0))
    wire.put(done(0, 9))
    links, (dump,), _ = wire.pair()
    assert (links[1].of, dump.parts, dump.state, dump.port) == (1, 0, ANSWERED, 9)


def test_the_same_port_of_another_protocol_is_another_socket() -> None:
    wire = Wire()
    wire.put(get(5))
    wire.put(msg(37, genl(1), REQUEST, 5), protocol=GENERIC)
    wire.put(msg(37, genl(1), 0, 5, 7), protocol=GENERIC)
    wire.put(link(5, 7))
    links, _, _ = wire.pair()
    assert [found.of for found in links[2:]] == [2, 1]


def test_interfaces_have_ports_of_their_own() -> None:
    other = Interface(253, False, number=1)
    wire = Wire()
    wire.put(get(5))
    wire.put(link(5, 7), interface=other)
    wire.put(link(5, 7))
    links, _, _ = wire.pair()
    assert [(found.role, found.of) for found in links[1:]] == [(NOTIFICATION, 0), (ANSWER, 1)]


# -- acknowledgements ---------------------------------------------------------------


def test_get_with_acknowledgement_ends_with_it() -> None:
    request = get(1, flags=ACK)
    wire = Wire()
    wire.put(request)
    wire.put(link(1))
    wire.put(ack(request))
    links, (only,), _ = wire.pair()
    assert [found.of for found in links] == [0, 1, 1]
    assert (only.state, only.parts, only.answers, only.latency) == (ANSWERED, 1, [2, 3], 2000)
    assert only.wait == 1000


def test_echoed_header_and_payload_tell_equal_numbers_apart() -> None:
    first = msg(NEWLINK, LINK + attr(4, u32(1)), REQUEST | ACK, 3)
    second = msg(NEWLINK, LINK + attr(4, u32(2)), REQUEST | ACK, 3)
    wire = Wire()
    wire.put(first)
    wire.put(second)
    wire.put(ack(second, 8, -22, capped=False))
    wire.put(ack(first, 7))
    links, ended, _ = wire.pair()
    assert [found.of for found in links[2:]] == [2, 1]
    assert [(t.number, t.state, t.error) for t in ended] == [(2, FAILED, -22), (1, ANSWERED, 0)]


def test_silent_requests_are_not_unanswered_and_may_still_fail() -> None:
    wire = Wire()
    for _ in range(3):
        wire.put(change(0, flags=CREATE))
    wire.put(ack(change(0, flags=CREATE), 7, -17))
    links, ended, _ = wire.pair()
    assert links[3].of == 3  # the kernel answers at once, so the last one
    assert [(t.number, t.state) for t in ended] == [(3, FAILED), (1, NOT_ASKED), (2, NOT_ASKED)]


def test_dump_that_is_refused() -> None:
    request = get(4, flags=DUMP)
    wire = Wire()
    wire.put(request)
    wire.put(ack(request, 7, -95))
    wire.put(get(5, flags=DUMP))
    wire.put(done(5, 7, MULTI | ACK_TLVS, -22))
    links, ended, _ = wire.pair()
    assert [found.of for found in links] == [0, 1, 0, 3]
    assert [(t.state, t.error) for t in ended] == [(FAILED, -95), (FAILED, -22)]


def test_answers_to_what_is_not_in_the_capture() -> None:
    wire = Wire()
    wire.put(link(9, 7, MULTI, 1))
    wire.put(link(9, 7, MULTI, 2))
    wire.put(done(9, 7))
    wire.put(ack(change(3), 8))
    links, ended, _ = wire.pair()
    assert ofs(links) == [(ANSWER, 0)] * 4
    assert links[0].transaction is links[2].transaction
    assert [(t.number, t.kind, t.state, t.latency) for t in ended] == [
        (0, "dump", ANSWERED, None),
        (0, "ack", ANSWERED, None),
    ]


# -- ends ------------------------------------------------------------------------------


def test_lost_answers_and_cut_ends() -> None:
    wire = Wire()
    wire.put(get(1))
    wire.put(get(2, flags=DUMP))
    wire.put(link(2, 7, MULTI))
    wire.put(get(3))
    _, ended, _ = wire.pair()
    assert [(t.number, t.state) for t in ended] == [(1, UNANSWERED), (2, CUT), (4, CUT)]


def test_finish_returns_what_was_open() -> None:
    pairs = Conversations()
    for message in read(*[r for w in [Wire()] for r in (w.put(get(1)), w.records)[1]]):
        assert pairs.feed(message).role == ASKED
    (left,) = pairs.finish()
    assert (left.state, left.latency) == (CUT, None)
    assert pairs.finish() == []


def test_interrupted_dump() -> None:
    wire = Wire()
    wire.put(get(1, flags=DUMP))
    wire.put(link(1, 7, MULTI | DUMP_INTR))
    wire.put(done(1, 7))
    _, (dump,), _ = wire.pair()
    assert (dump.state, dump.interrupted) == (INTERRUPTED, True)


def test_overrun() -> None:
    wire = Wire()
    wire.put(get(1, flags=DUMP))
    wire.put(link(1, 7, MULTI))
    wire.put(msg(OVERRUN, u32(0), MULTI, 1, 7))
    links, (dump,), _ = wire.pair()
    assert (links[2].role, links[2].transaction) == (OTHER, dump)
    assert (dump.state, dump.overrun) == (LOST, True)


# -- batches ---------------------------------------------------------------------------


def batch(*flags: int) -> list[bytes]:
    """BATCH_BEGIN, one NEWTABLE per flags, BATCH_END."""
    parts = [msg(2560, bytes(4), REQUEST | f, 1 + i) for i, f in enumerate(flags)]
    return [msg(16, bytes(4), REQUEST, 0), *parts, msg(17, bytes(4), REQUEST, 1 + len(flags))]


def test_batch_with_one_failing_part_is_rolled_back() -> None:
    parts = batch(CREATE, CREATE, CREATE)
    wire = Wire(NETFILTER)
    wire.put(*parts)
    wire.put(ack(parts[2], 7, -17))
    links, ended, _ = wire.pair()
    found = links[0].transaction
    assert found is not None
    assert {link.transaction for link in links} == {found}
    assert links[5].of == 3
    assert found.state == FAILED
    assert [found.fate(n) for n in (2, 3, 4)] == [ROLLED_BACK, FAILED, ROLLED_BACK]
    assert ended == [found]
    part = found.request_of(3)
    assert part is not None
    assert part.number == 3


def test_batch_with_acknowledgements_waits_for_all_of_them() -> None:
    parts = batch(CREATE | ACK, CREATE | ACK)
    wire = Wire(NETFILTER)
    wire.put(*parts)
    wire.put(ack(parts[1]))
    wire.put(ack(parts[2]))
    links, (found,), _ = wire.pair()
    assert [link.of for link in links] == [0, 0, 0, 0, 2, 3]
    assert (found.state, found.answers) == (ANSWERED, [5, 6])


def test_a_part_of_a_batch_that_nobody_acknowledged_is_not_accepted() -> None:
    parts = batch(CREATE | ACK, CREATE | ACK)
    wire = Wire(NETFILTER)
    wire.put(*parts)
    wire.put(ack(parts[1]))
    wire.put(msg(2561, bytes(4), REQUEST, 9))
    _, (found, _), _ = wire.pair()
    assert (found.kind, found.state) == (BATCH, UNANSWERED)
    assert [found.fate(n) for n in (2, 3)] == [ACCEPTED, UNANSWERED]


def test_each_refusal_of_a_batch_is_known_before_its_parts_are_shown() -> None:
    parts = batch(*[CREATE] * 100)
    wire = Wire(NETFILTER)
    wire.put(*parts)
    for n in (3, 90):
        wire.put(ack(parts[n], 7, -17))
    shown = list(held_back(Session(builtin()).messages(Given(wire.records))))
    answers = {m.number: answered_by(link) for m, link in shown if link.role == ASKED}
    assert (answers.pop(4), answers.pop(91)) == (103, 104)
    assert set(answers.values()) == {103}  # what rolled them back
    link = shown[90][1]
    assert link.transaction is not None
    assert link.transaction.fate(91) == FAILED
    assert (latency(*shown[3]), latency(*shown[90])) == (1000, 2000)


def test_equal_batches_of_two_sockets() -> None:
    parts = batch(CREATE, CREATE)
    wire = Wire(NETFILTER)
    wire.put(*parts)
    wire.put(ack(parts[2], 7, -17))
    wire.put(*parts)
    wire.put(ack(parts[1], 8, -2))
    links, _, _ = wire.pair()
    assert [links[n].of for n in (4, 9)] == [3, 7]


# -- notifications ---------------------------------------------------------------------


def test_notification_with_the_requests_number_is_caused_by_it() -> None:
    request = change(3)
    wire = Wire()
    wire.put(request)
    wire.put(link(3, 7))
    wire.put(ack(request, 7))
    links, (only,), _ = wire.pair()
    assert ofs(links) == [(ASKED, 0), (NOTIFICATION, 1), (ANSWER, 1)]
    assert (only.parts, only.notifications) == (0, 1)


def test_with_echo_it_is_the_answer_and_listeners_have_copies() -> None:
    request = change(3, flags=ACK | ECHO)
    wire = Wire()
    wire.put(request)
    wire.put(link(3, 7))
    wire.put(link(3, 7))
    wire.put(ack(request, 7))
    links, (only,), _ = wire.pair()
    assert ofs(links) == [(ASKED, 0), (ANSWER, 1), (COPY, 2), (ANSWER, 1)]
    assert (links[1].listeners, only.parts) == (2, 1)


def test_copies_for_several_sockets() -> None:
    wire = Wire()
    for index in (1, 2):
        for _ in range(3):
            wire.put(link(0, 0, index=index))
    links, _, _ = wire.pair()
    assert ofs(links) == [
        (NOTIFICATION, 0),
        (COPY, 1),
        (COPY, 1),
        (NOTIFICATION, 0),
        (COPY, 4),
        (COPY, 4),
    ]
    assert [links[0].listeners, links[3].listeners] == [3, 3]


@pytest.mark.parametrize(
    ("gap", "between", "role"),
    [(9 * MS, False, COPY), (11 * MS, False, NOTIFICATION), (MS // 2, True, COPY),
     (2 * MS, True, NOTIFICATION)],
)  # fmt: skip
def test_the_same_event_later_is_another(gap: int, between: bool, role: str) -> None:
    wire = Wire()
    wire.put(link(0, 0))
    if between:
        wire.put(link(0, 0, index=2), after=0)
    wire.put(link(0, 0), after=gap)
    links, _, _ = wire.pair()
    assert links[-1].role == role


def test_a_trace_tells_copies_from_repetitions() -> None:
    wire = Wire()
    for port in (7, 7, 8, 8, 7):
        wire.put(link(0, 0), after=30 * MS)
        got = wire.records[-1]
        got.socket, got.cooked = Socket(None, ROUTE, port, port, None), b"\0\6"
    links, _, _ = wire.pair()
    assert [found.of for found in links] == [0, 0, 1, 2, 0]
    assert [found.role for found in links] == [NOTIFICATION] * 2 + [COPY] * 2 + [NOTIFICATION]
    assert [found.listeners for found in links[:2]] == [2, 2]


def test_equal_messages_of_one_datagram_are_no_copies() -> None:
    wire = Wire()
    wire.put(link(0, 0), link(0, 0))
    wire.put(link(0, 0), link(0, 0))
    links, _, _ = wire.pair()
    assert ofs(links) == [(NOTIFICATION, 0), (NOTIFICATION, 0), (COPY, 1), (COPY, 2)]


def test_module_that_answers_without_port_is_a_guess() -> None:
    wire = Wire(31)
    wire.put(msg(16, b"hello", REQUEST, 0))
    wire.put(msg(16, b"world", 0, 0, 0))
    wire.put(msg(16, b"news!", 0, 0, 0))
    links, _, _ = wire.pair()
    assert ofs(links) == [(ASKED, 0), (ANSWER, 1), (NOTIFICATION, 0)]
    assert links[1].confidence == GUESS


def test_kernel_message_with_the_requests_flags() -> None:
    request = change(3, flags=ACK | CREATE, kind=NEWTFILTER)
    wire = Wire()
    wire.put(request)
    wire.put(msg(NEWTFILTER, LINK + bytes(4), REQUEST | ACK | CREATE, 3, 7))
    wire.put(ack(request, 7))
    wire.put(msg(NEWTFILTER, LINK, REQUEST | ACK | CREATE, 4, 7))  # a request of its own
    links, _, _ = wire.pair()
    assert ofs(links) == [(ASKED, 0), (NOTIFICATION, 1), (ANSWER, 1), (ASKED, 0)]


# -- bounds ----------------------------------------------------------------------------


def test_endless_input_is_bounded_and_says_what_it_let_go() -> None:
    ended: dict[str, int] = {}

    def count(found: Transaction) -> None:
        ended[found.state] = ended.get(found.state, 0) + 1

    pairs = Conversations(100, count)
    template = read(*_records(get(1)))[0]
    for i in range(5000):
        message = _message(get(i, flags=DUMP if i % 3 else 0), template, i + 1)
        pairs.feed(message)
        pairs.feed(_message(link(0, 0, index=i), template, i + 1))
        pairs.feed(_message(change(0, flags=CREATE), template, i + 1))
        pairs.feed(_message(ack(change(i), i + 1), template, i + 1))
        assert pairs.remembered <= 101
    assert ended[GIVEN_UP] > 4800
    place = pairs._state
    assert len(place.open) <= 102
    assert len(place.bound) <= 102
    assert len(place.copies.recent) <= 64
    assert all(len(alike) <= 32 for alike in place.open.values())


def test_a_dump_that_goes_on_is_not_let_go() -> None:
    wire = Wire()
    wire.put(get(1, flags=DUMP))
    wire.put(link(1, 7, MULTI))
    for i in range(300):
        wire.put(get(i + 2))
        wire.put(link(i + 2, 9))
        if i % 20 == 0:
            wire.put(link(1, 7, MULTI, i + 2))
    wire.put(done(1, 7))
    links, ended, _ = wire.pair(limit=50)
    assert links[-1].of == 1
    assert (ended[-1].number, ended[-1].state, ended[-1].parts) == (1, ANSWERED, 16)


def _records(*datagrams: bytes) -> list[Record]:
    wire = Wire()
    for data in datagrams:
        wire.put(data)
    return wire.records


def _message(data: bytes, like: Message, number: int) -> Message:
    made = Message(like.context, ROUTE, data, 0, len(data), False)
    made.number = number
    record = like.record
    assert record is not None
    made.record = Record(number, number * MS, ROUTE, data, len(data), 0, record.interface)
    return made


# -- two passes ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["iproute", "nft", "rtnl_misc", "acks"])
def test_survey_agrees_with_the_stream(name: str) -> None:
    messages = streamed(name)
    found = link_table(messages)
    ended: dict[int, Transaction] = {}
    pairs = Conversations(on_end=lambda t: ended.__setitem__(t.id, t))
    links = [pairs.feed(m) for m in messages]
    pairs.finish()
    for n, link in enumerate(links, 1):
        assert ROLES[found.role[n]] == link.role
        assert CONFIDENCES[found.confidence[n]] == link.confidence
        assert found.of[n] == link.of
        assert found.transaction[n] == (0 if link.transaction is None else link.transaction.id)
        assert found.listeners[n] == link.listeners
    for transaction in ended.values():
        if transaction.kind != BATCH:
            assert STATES[found.state[transaction.number]] == transaction.state
        assert found.transactions.last[transaction.id] == transaction.last


def test_survey_of_a_failed_batch_gives_each_part_its_fate() -> None:
    parts = batch(CREATE, CREATE)
    wire = Wire(NETFILTER)
    wire.put(*parts)
    wire.put(ack(parts[2], 7, -17))
    found = link_table(Session(builtin()).messages(Given(wire.records)))
    assert [STATES[s] for s in found.state[2:4]] == [ROLLED_BACK, FAILED]


def test_survey_takes_few_bytes_per_message() -> None:
    found = link_table(streamed("policies"))
    every = [getattr(found, name) for name in attributes(found)]
    columns = [memoryview(c) for c in every if isinstance(c, vec)]
    assert sum(c.itemsize for c in columns) <= 18
    assert len({len(c) for c in columns}) == 1


@pytest.mark.parametrize("name", ["iproute", "nft", "rtnl_misc"])
def test_ahead_knows_what_comes_later(name: str) -> None:
    messages = streamed(name)
    found = link_table(messages)
    seen = list(held_back(messages))
    assert [m for m, _ in seen] == messages
    for message, link in held_back(messages):
        n = message.number
        assert link.listeners == found.listeners[n]
        transaction = link.transaction
        if link.role == ASKED and transaction is not None:
            assert transaction.last == found.transactions.last[transaction.id]
            assert transaction.state != OPEN


def test_ahead_holds_no_more_than_its_window() -> None:
    given = 0

    def source() -> Iterator[Message]:
        nonlocal given
        for message in read(*_records(get(1), *(get(i) for i in range(2, 60)))):
            given += 1
            yield message

    for message, link in held_back(source(), window=10):
        assert given - message.number <= 10
        assert link.transaction is not None
        assert link.transaction.state in (OPEN, CUT)
    assert given == 59


class Cut(Given):
    def __iter__(self) -> Iterator[Record]:
        yield from self.records
        raise CaptureError("x.pcap", "cut short", record=3, offset=99)


def test_the_driver_gives_what_was_read_before_a_failure() -> None:
    kept = Kept()
    with pytest.raises(CaptureError):
        Driver(Session(builtin()), kept).run(Cut(_records(get(1), get(2))))
    assert [message.number for message, _ in kept.pairs] == [1, 2]


def test_the_driver_stops_where_the_taker_has_enough() -> None:
    kept = Kept(2)
    assert not Driver(Session(builtin()), kept).run(Given(_records(get(1), get(2), get(3))))
    assert len(kept.pairs) == 2


# -- odds and ends ---------------------------------------------------------------------


def test_family_learnt_late_is_paired_all_the_same() -> None:
    wire = Wire(GENERIC)
    wire.put(msg(38, genl(2), REQUEST, 5))
    wire.put(msg(38, genl(2), 0, 6, 7))
    wire.put(newfamily(38, "nl_util"))
    links, _, _ = wire.pair()
    assert (links[1].of, links[1].confidence) == (1, LIKELY)


def test_damaged_messages_never_raise() -> None:
    request = get(1, flags=ACK)
    answer = ack(request, 7, -22, capped=False)
    pairs = Conversations()
    for size in itertools.chain(range(len(answer) + 1), (3,)):
        for message in read(*_records(request, answer[:size])):
            assert pairs.feed(message).role
    pairs.finish()


def test_open_state_while_it_lasts() -> None:
    pairs = Conversations()
    first, second = read(*_records(get(1), link(1)))
    asked = pairs.feed(first).transaction
    assert asked is not None
    assert (asked.state, asked.last) == (OPEN, 0)
    pairs.feed(second)
    assert (asked.state, asked.last) == (ANSWERED, 2)


def test_ports_hint_at_processes() -> None:
    (message,) = read(*_records(get(1)))
    found = owner(message, 450)
    assert found is not None
    assert (found.pid, found.hint) == (450, True)
    libnl = owner(message, 532676765)  # of the recording genltest, process 157
    assert libnl is not None
    assert (libnl.pid, libnl.hint) == (157, True)
    assert owner(message, 0) is None
    assert owner(message, 3328540092) is None


def test_what_a_change_tells_a_group_is_no_answer() -> None:
    conversations = Conversations()
    links = {m.number: conversations.feed(m) for m in streamed("nlex")}
    assert [links[n].role for n in (28, 29, 30)] == ["request", "notification", "answer"]
    assert links[29].of == 28
    assert links[37].of == 36, "what was asked for is one"


def test_error_too_short_for_an_echo() -> None:
    wire = Wire()
    wire.put(get(4))
    wire.put(msg(ERROR, u32(0xFFFFFFEA), 0, 4, 7))
    links, (only,), _ = wire.pair()
    assert (links[1].of, links[1].confidence, only.error) == (1, LIKELY, -22)


def test_a_question_of_the_kernel_is_a_notification() -> None:
    # Linux 6.1, net.ipv4.neigh.d0.app_solicit=3, a datagram to 10.0.0.9, `ip monitor neigh`.
    recorded = bytes.fromhex(
        "400000001e0001000000000000000000020000000400000001000001080001000a000009"
        "08000400030000001400030070170000000000000000000001000000"
    )
    asked = struct.pack("<IHHII", 36, 30, 1, 0, 0) + recorded[16:36]  # as a program asks
    wire = Wire()
    wire.put(recorded)
    wire.put(asked)
    messages = list(Session(builtin()).messages(Given(wire.records)))
    (one, link), (other, question) = held_back(messages)
    assert (one.direction, link.role, group_of(one)) == (
        "from-kernel",
        NOTIFICATION,
        "RTNLGRP_NEIGH",
    )
    assert summarize(one) == "10.0.0.9 dev 4 INCOMPLETE"
    assert (other.direction, question.role) == ("to-kernel", ASKED)


def test_filters_deleted_with_their_chain_are_no_requests() -> None:
    """The kernel's RTM_DELTFILTER has the flags of the RTM_DELCHAIN that caused it."""
    conversations = Conversations()
    links = [conversations.feed(m) for m in streamed("tc_filters")]
    asked = links[514]
    assert (asked.role, links[515].role) == ("request", "notification")
    assert asked.transaction is not None
    assert asked.transaction.state == "answered"


def test_what_is_shown_as_it_happens_waits_for_its_answer_but_not_long() -> None:
    asked, answered, unheard = read(*_records(get(1), link(1), get(2)))
    holding = HoldBack(patience=0.05)
    assert holding.patience is None
    holding.feed(asked)
    assert holding.take() is None
    assert 0 < (holding.patience or 0) <= 0.05
    holding.feed(answered)
    assert holding.take() is asked
    assert holding.link.transaction is not None
    assert holding.link.transaction.last == answered.number
    assert holding.take() is answered
    holding.feed(unheard)
    holding.overdue()
    assert holding.take() is None
    time.sleep(0.06)
    holding.overdue()
    assert holding.take() is unheard
    assert holding.link.transaction is not None
    assert holding.link.transaction.state == OPEN
    holding.finish()
    assert holding.take() is None
