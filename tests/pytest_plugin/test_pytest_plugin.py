"""The pytest plugin: expectations of recordings, what failures say, the fixtures."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dirty_equals import Contains, IsInt, IsPartialDict, IsStr

import nldissect
from nldissect._internal.capture.reader import PcapngWriter
from nldissect._internal.pytest_plugin.captured import recorded
from nldissect._internal.pytest_plugin.failures import compared
from nldissect._internal.pytest_plugin.possible_values import require_possible
from nldissect._internal.spec.registry import registry
from nldissect._internal.wire.errors import UsageError
from nldissect._internal.wire.record import Interface, Record, Socket
from nldissect.testing import Captured, exact
from support import ROOT
from support.plugin import arguments
from support.sweep import SWEPT, share

pytest_plugins = ["pytester"]
CAPTURES = ROOT / "captures"
SECOND = 1_000_000_000

Check = Callable[[Captured], Any]


@pytest.fixture(scope="module")
def open_recording() -> Callable[[str], Captured]:
    made: dict[str, Captured] = {}

    def open_(name: str) -> Captured:
        if name not in made:
            made[name] = recorded(str(CAPTURES / f"{name}.pcap"), registry())
        return made[name]

    return open_


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Captured]:
    """Writes messages, given with their time in ns, as a capture."""

    def write_(*messages: tuple[int, bytes], sockets: Iterable[Socket] = ()) -> Captured:
        interface = Interface(253, sys.byteorder == "big")
        interface.sockets = list(sockets)
        path = tmp_path / "made.pcapng"
        with path.open("wb") as stream:
            writer = PcapngWriter(stream)
            for number, (time, data) in enumerate(messages, 1):
                writer.write(Record(number, time, 0, data, len(data), 0, interface))
        return recorded(str(path), registry())

    return write_


MET: list[tuple[str, Check]] = [
    # Names of operations
    ("errors", lambda c: c.expect("rt-link.newlink", ifname="kiwi0")),
    ("errors", lambda c: c.expect("newlink", ifname="kiwi0")),
    ("errors", lambda c: c.expect("RTM_NEWLINK", IFLA_IFNAME="kiwi0")),
    ("errors", lambda c: c.expect("route.newlink", ifname="kiwi0")),
    ("errors", lambda c: c.expect(None, ifname="kiwi0")),
    ("errors", lambda c: c.expect("error", error="EEXIST")),
    ("errors", lambda c: c.expect("NLMSG_ERROR", error=-17)),
    ("errors", lambda c: c.expect("ack").times(IsInt(gt=3))),
    ("nlctrl", lambda c: c.expect("nlctrl.getfamily", family_name="nlctrl").replied("newfamily")),
    ("nlctrl", lambda c: c.expect("CTRL_CMD_GETFAMILY", CTRL_ATTR_FAMILY_NAME="nlctrl")),
    # Paths and values
    ("errors", lambda c: c.expect("newlink", {"linkinfo.kind": "dummy"})),
    ("errors", lambda c: c.expect("newlink", linkinfo={"kind": "dummy"})),
    ("errors", lambda c: c.expect("newlink", linkinfo=IsPartialDict(kind="dummy"))),
    ("errors", lambda c: c.expect("newlink", {"IFLA_LINKINFO.IFLA_INFO_KIND": IsStr(regex="d.*")})),
    ("errors", lambda c: c.expect("newlink", ifname="kiwi0", mtu=None)),
    ("errors", lambda c: c.expect("newlink", ifi_index=0, ifname="kiwi0")),
    ("errors", lambda c: c.expect("newlink", {"ifinfomsg.ifi-index": 0})),
    ("errors", lambda c: c.expect("newaddr", local="192.0.2.200").never()),
    ("links", lambda c: c.expect("newlink", role="answer", operstate="down")),
    ("links", lambda c: c.expect("newlink", role="answer", operstate="IF_OPER_DOWN")),
    ("links", lambda c: c.expect("newlink", role="answer", operstate=2)),
    ("links", lambda c: c.expect("newlink", {"ifi-flags": {"broadcast", "noarp"}})),
    ("links", lambda c: c.expect("newlink", {"ifi-flags": Contains("up", "promisc")})),
    ("links", lambda c: c.expect("newlink", {"ifi-index": "apple0"})),
    ("links", lambda c: c.expect("newlinkprop", {"prop-list": {"alt-ifname": [
        "golden-delicious", IsStr(regex="an-alter.*")]}})),
    ("links", lambda c: c.expect("newlinkprop", {"prop-list.alt-ifname": "golden-delicious"})),
    # The message's own fields
    ("errors", lambda c: c.expect("newlink", flags={"REQUEST", "ACK", "EXCL", "CREATE"})),
    ("errors", lambda c: c.expect("newlink", flags=0x605)),
    ("errors", lambda c: c.expect("newlink", nlmsg_flags=Contains("EXCL"))),
    ("errors", lambda c: c.expect("newlink", flags="REQUEST|ACK|EXCL|CREATE")),
    ("errors", lambda c: c.expect("newlink", flags={
        "NLM_F_REQUEST", "NLM_F_ACK", "NLM_F_EXCL", "NLM_F_CREATE"})),
    ("errors", lambda c: c.expect("newlink", direction="from-kernel")),
    ("errors", lambda c: c.expect(role="request", type="RTM_DELLINK")),
    ("sockets", lambda c: c.expect("getlink", process=713)),
    # What came back
    ("errors", lambda c: c.expect("newlink", ifname="kiwi0").failed("EEXIST").times(1)),
    ("errors", lambda c: c.expect("newlink", ifname="kiwi0").failed(-17).times(1)),
    ("errors", lambda c: c.expect("newlink", ifname="kiwi0").failed(17).times(1)),
    ("errors", lambda c: c.expect("newlink", ifname="kiwi0").failed().times(1)),
    ("errors", lambda c: c.expect("newlink").failed("EINVAL", match="VLAN .* not specified")),
    ("errors", lambda c: c.expect("getlink").replied("newlink", ifname="lo")),
    ("errors", lambda c: c.expect("getlink").replied(ifname="lo", ifi_index=1)),
    ("errors", lambda c: c.expect("newlink", ifname="kiwi0").acked().within(0.2)),
    # How exactly
    ("errors", lambda c: c.expect(
        "newlink", {"linkinfo.kind": "dummy"}, ifname="kiwi0", exact=True)),
    ("errors", lambda c: c.expect(
        "newlink", linkinfo={"kind": "dummy"}, ifname="kiwi0", exact=True)),
]  # fmt: skip

UNMET: list[tuple[str, Check, str]] = [
    ("errors", lambda c: c.expect("newlink", ifname="kiwi2"), "ifname: expected 'kiwi2'"),
    ("errors", lambda c: c.expect("rt-link.setlink"), "the messages are rt-link.newlink ("),
    ("errors", lambda c: c.expect("newlink", {"linkinfo.kind": "dummy"}).never(), "2 were found"),
    ("errors", lambda c: c.expect("newlink", {"linkinfo.kind": "dummy"}, exact=True),
     "ifname: not expected, found 'kiwi0' at offset 32: "),
    ("tunnels", lambda c: c.expect(
        "newlink", linkinfo={"kind": "vxlan"}, exact=True),
     "linkinfo.data: not expected, found {"),
    ("errors", lambda c: c.expect("newlink", {"linkinfo.kind": "dummy"}).acked().times(9),
     "times 9; one was found\n         1   0.000000 → route     newlink    kiwi0 kind dummy"),
    ("errors", lambda c: c.expect("newlink", {"linkinfo.kind": "dummy"}).failed("EPERM"),
     "it failed otherwise: EEXIST (message 4)"),
    ("errors", lambda c: c.expect("newlink", mtu=5).failed(), "it was acknowledged"),
    ("errors", lambda c: c.expect("newlink").failed("EINVAL", match="nothing like it"),
     "VLAN properties not specified"),
    ("errors", lambda c: c.expect("newlink", mtu=5).replied(), "it was not answered with data"),
    ("errors", lambda c: c.expect("getlink", ifname="lo").replied("newlink", ifname="hi"),
     "its reply, message 12, differs"),
    ("errors", lambda c: c.expect("getlink", ifname="lo").acked(), "it was not acknowledged"),
    ("errors", lambda c: c.expect("newlink", ifname="kiwi1").failed().within(1),
     "it came after 4."),
    ("links", lambda c: c.expect("newlink", ifname="apple0").times(2),
     "these are answer and request"),
    # What is asked about is nearer than what looks alike in more places.
    ("errors", lambda c: c.expect("newlink", ifname="kiwi1", mtu=5),
     "nearest of 15 is message 17:\n  mtu: expected 5, is not there"),
    ("errors", lambda c: c.expect("setlink", ifname="kiwi1").failed(),
     "of other operations, rt-link.newlink has the fields, message 17:\naround it:\n"),
    ("errors", lambda c: c.expect("setlink", ifname="kiwi0").failed(),
     "of other operations, these have the fields:\n         1   0.000000 → route     newlink"),
    ("errors", lambda c: c.expect("setlink", ifname="kiwi0", mtu=6).acked(),
     "operations, rt-link.newlink is nearest, message 1:\n  mtu: expected 6, is not there\n"),
    ("errors", lambda c: c.expect("newlink", ifname="kiwi0", role="notification"),
     "there are no notifications at all: the kernel sends them only to sockets"),
    ("rtnl_misc", lambda c: c.filter("role == notification").expect("newlink").acked(),
     "only a request has such an outcome; these, which fit, are none:\n"),
    ("sockets", lambda c: c.expect("getlink", process="ip"),
     "found [713]? (guessed by its port: no name was recorded)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "check"), MET, ids=range(len(MET)))
def test_what_is_met(open_recording: Callable[[str], Captured], name: str, check: Check) -> None:
    expectation = check(open_recording(name))
    expectation.check()


@pytest.mark.parametrize(("name", "check", "said"), UNMET, ids=range(len(UNMET)))
def test_what_is_not(
    open_recording: Callable[[str], Captured], name: str, check: Check, said: str
) -> None:
    expectation = check(open_recording(name))
    with pytest.raises(AssertionError) as caught:
        expectation.check()
    assert said in str(caught.value)


def test_what_checks_at_once(open_recording: Callable[[str], Captured]) -> None:
    cap = open_recording("errors")
    with pytest.raises(AssertionError, match="none found"):
        cap.expect("newlink", ifname="kiwi2").check()
    with pytest.raises(AssertionError, match="failed with EPERM; none found"):
        assert cap.expect("newlink", ifname="kiwi0").failed("EPERM")
    kept = cap.expect("newlink", ifname="kiwi2")
    assert kept.times(0) is kept
    assert [cap.expect("newlink", ifname="kiwi0").message.number] == [1]
    assert cap.faults() == []
    with pytest.raises(AssertionError, match="none found"):
        kept.times(1).message  # noqa: B018
    kept.never().check()


def test_what_was_not_checked_is_checked_later(
    open_recording: Callable[[str], Captured], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    cap = open_recording("errors").filter("newlink")
    cap.expect("newlink", ifname="kiwi2").acked().never()
    cap.expect("newlink", ifname="kiwi2").acked()
    kept = cap.expect("newlink").failed("EEXIST")
    kept.times(99)
    cap.expect("newlnk").never()
    dropped, several, unknown = open_recording("errors").faults()
    assert re.match(
        r'test_pytest_plugin.py:\d+: cap.expect\("newlink", ifname="kiwi2"\).acked\(\)\n'
        "expected newlink with ifname='kiwi2', acked; none found\n",
        dropped,
    )
    assert ': kept = cap.expect("newlink").failed("EEXIST")\n' in several
    assert "times 99; one was found" in several
    assert "there is no operation 'newlnk' (did you mean 'newlink'?)" in unknown
    assert cap.faults() == []


def test_in_order(open_recording: Callable[[str], Captured]) -> None:
    cap = open_recording("errors")
    with cap.in_order():
        first = cap.expect("newlink", {"linkinfo.kind": "dummy"}).acked().message
        second = cap.expect("newlink", {"linkinfo.kind": "dummy"}).failed().message
        cap.expect("newlink", mtu=5).acked().within(1)
        cap.expect("setlink").never()
        cap.expect("newlink", {"linkinfo.kind": "vxlan"}).failed()
    assert (first.number, second.number) == (1, 3)
    with cap.in_order():
        cap.expect("newlink", {"linkinfo.kind": "vxlan"})
        with pytest.raises(AssertionError, match="none found"):
            cap.expect("newlink", mtu=5).check()
    with cap.in_order():
        cap.expect("newlink", mtu=5)
        cap.expect("newlink", mtu=5).never()
    with cap.in_order():
        cap.expect("newlink", ifname="kiwi0")
        with pytest.raises(AssertionError, match=r"after 2\.\d* s, not within 1 s"):
            cap.expect("newlink", mtu=5).within(1).check()
    assert cap.faults() == []


def test_too_early(open_recording: Callable[[str], Captured]) -> None:
    cap = open_recording("errors")
    with cap.in_order():
        cap.expect("newlink", {"linkinfo.kind": "vxlan"})
        early = cap.expect("newlink", mtu=5)
        same = cap.expect("newlink", {"linkinfo.kind": "vxlan"})
    with pytest.raises(AssertionError) as caught:
        early.check()
    assert str(caught.value).splitlines()[1:] == [
        "it came too early: message 7, in order expected after 19:",
        "         7   2.335202 → route     newlink    kiwi0 mtu 5",
        "        19   5.517809 → route     newlink    vxk kind vxlan",
    ]
    with pytest.raises(AssertionError, match="message 19 is what the expectation before it found"):
        same.check()
    assert cap.faults() == []


@pytest.mark.parametrize(
    ("operation", "fields", "said"),
    [
        ("newlink", {"linkinfo.kind": "dumy"}, "(did you mean 'dummy'?)"),
        ("RTM_NEWLINK", {"linkinfo": {"kind": "dumy"}}, "linkinfo.kind is never 'dumy'"),
        ("newqdisc", {"kind": "fq_codell"}, "(did you mean 'fq_codel'?)"),
        ("rt-addr.newaddr", {"local": "10.1.1.300"}, "that is no IP address"),
        ("newaddr", {"local": "10.1.1.3/24"}, "stands without its prefix length"),
        ("newroute", {"dst": "2001:DB8::1"}, "it is shown as '2001:db8::1'"),
        ("newlink", {"operstate": "dwn"}, "(did you mean 'down'?)"),
        ("newlink", {"ifi_flags": {"up", "brodcast"}}, "(did you mean 'broadcast'?)"),
        ("newlink", {"ifi-flags": "up|brodcast"}, "(did you mean 'broadcast'?)"),
        ("newlink", {"mtu": "1500"}, "it is a number"),
        ("newlink", {"mtu": 1 << 32}, "does not fit 32 bits"),
        ("newlink", {"mtu": -1}, "is negative"),
        ("newlink", {"ifname": 5}, "it is a string"),
        ("newlink", {"linkinfo": "dummy"}, "it holds attributes"),
        ("newlink", {"prop-list": {"alt-ifname": ["good", 7]}}, "alt-ifname is never 7"),
        ("newlink", {"role": "requst"}, "it is one of request, answer, notification"),
        ("newlink", {"flags": {"REQEST"}}, "(did you mean 'REQUEST'?)"),
        ("error", {"error": "EEXITS"}, "(did you mean 'EEXIST'?)"),
        ("error", {"error": 17}, "errors are negative: -17"),
    ],
)
def test_what_can_never_be(
    open_recording: Callable[[str], Captured], operation: str, fields: dict[str, Any], said: str
) -> None:
    """Told by `expect` itself, before anybody asks whether it holds."""
    cap = open_recording("links")
    with pytest.raises(UsageError) as caught:
        cap.expect(operation, fields)
    assert said in str(caught.value)
    with pytest.raises(UsageError):
        cap.expect("getlink").replied(operation, fields)
    cap.expect("getlink", ifname="nobody").never().check()
    cap.faults()


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("newlink", {"linkinfo.kind": "of-my-own-module"}),
        ("newlink", {"linkinfo.kind": IsStr(regex="dumy")}),
        ("newlink", {"ifi-index": "apple9", "link": "apple8", "master": 9999}),
        ("newlink", {"ifi-flags": "running|up", "operstate": "IF_OPER_UP"}),
        ("newlink", {"address": "02:00:5e:00:00:0a", "mtu": None, "ifalias": ""}),
        ("newroute", {"dst": "100/200", "rtm-protocol": 200, "rtm-table": 77}),
        ("newroute", {"dst": "2001:db8::1"}),
        ("newlink", {"flags": "REQUEST|NLM_F_ACK"}),
        ("newlink", {"process": "ip", "error": None, "protocol": "route"}),
        (None, {"dst": "anything"}),
    ],
)
def test_what_may_be(
    open_recording: Callable[[str], Captured], operation: str, fields: dict[str, Any]
) -> None:
    open_recording("links").expect(operation, fields).never().check()


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values in plain data with their paths, numbers also by each of their names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, int(value) if type(value) is not bool and isinstance(value, int) else value
        for name in getattr(value, "names", ()):
            yield path, name


@pytest.mark.slow
def test_values_of_recordings_may_be() -> None:
    """No value that a recording shows is taken for one that cannot be: two of every 7th path."""
    known = registry()
    wanted: dict[tuple[str, str], set[Any]] = {}
    looked: Counter[str] = Counter()
    for path in SWEPT:
        for seen in recorded(str(path), known):
            looked[seen.operation] += 1
            if looked[seen.operation] <= 30 and seen.message.type >= 16:
                for place, value in leaves(seen.plain()):
                    values = wanted.setdefault((seen.operation, place), set())
                    if len(values) < 2 and isinstance(value, (str, int)):
                        values.add(value)
    assert len(wanted) > 3000
    for operation, place in share([*wanted][::7]):  # each is looked for in all dissectors
        for value in wanted[operation, place]:
            require_possible(known, operation, {place: value})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda c: c.expect("newlink", dst="192.0.2.0").never(), "newlink has no field 'dst'"),
        (lambda c: c.expect("newlink").times("2"), "times takes a number"),
        (lambda c: c.expect("newlink").within("2"), "within takes seconds"),
        (lambda c: c.expect("newlink").failed(match="("), "is no regular expression"),
        (lambda c: c.expect("rt-link.newlnk").never(), "(did you mean 'newlink'?)"),
        (lambda c: c.expect("rt-lnk.newlink").never(), "no dissector 'rt-lnk' (did you mean 'rt-"),
        (lambda c: c.expect("newlink", ifnam="x").never(), "'ifnam' (did you mean 'ifname'"),
        (lambda c: c.expect("newlink", {"linkinfo.kinds": "x"}), "no field 'linkinfo.kinds'"),
        (lambda c: c.expect("newlink").failed("EEXISTS"), "(did you mean 'EEXIST'"),
        (lambda c: c.expect("getlink").replied("nolink"), "no operation 'nolink'"),
        (lambda c: c.filter("ifnam == 1"), "ifnam"),
    ],
)
def test_mistakes_are_no_expectations(
    open_recording: Callable[[str], Captured], make: Check, said: str
) -> None:
    cap = open_recording("errors")
    with pytest.raises(UsageError) as caught:
        make(cap).check()
    assert said in str(caught.value)
    cap.faults()


def test_messages_as_dictionaries(open_recording: Callable[[str], Captured]) -> None:
    message = open_recording("errors")[0]
    assert message == {"ifname": "kiwi0"}
    assert {"ifname": "kiwi0", "linkinfo": {"kind": "dummy"}} == message  # noqa: SIM300
    assert message != {"ifname": "kiwi0", "linkinfo": {"kind": "vlan"}}
    assert message == exact({"ifname": "kiwi0", "linkinfo": {"kind": "dummy"}})
    assert message != exact({"ifname": "kiwi0", "linkinfo": {}})
    assert message == {"linkinfo": {}}
    assert message == open_recording("errors")[0]
    assert message != open_recording("errors")[2]
    assert (message.get("mtu"), message.get("mtu", 3)) == (None, 3)
    with pytest.raises(KeyError, match="mtu"):
        message["mtu"]
    assert message["kind"] == "dummy"  # at whatever depth, as in filters
    assert message.plain()["linkinfo"] == {"kind": "dummy"}
    assert message.to_dict()["operation"] == "newlink"  # of nldissect.Message


def test_transactions(open_recording: Callable[[str], Captured]) -> None:
    cap = open_recording("errors")
    exchanges = cap.transactions
    assert [e.state for e in exchanges[:2]] == ["answered", "failed"]
    assert [e.error for e in exchanges[:2]] == [0, "EEXIST"]
    assert [a.number for a in exchanges[1].answers] == [4]
    assert exchanges[0].latency == pytest.approx(0.101046)
    assert len(cap.filter("message == 3").transactions) == 1
    moves = [e for e in open_recording("acks").transactions if e.notifications]
    assert all(n.role == "notification" for e in moves for n in e.notifications)


def test_copies_count_once(open_recording: Callable[[str], Captured]) -> None:
    cap = open_recording("rtnl_misc")
    whole = list(nldissect.open(CAPTURES / "rtnl_misc.pcap"))
    copies = [m for m in whole if m.link is not None and m.link.role == "copy"]
    assert copies
    assert len(cap) == len(whole) - len(copies)


def test_what_the_recorder_asked_is_left_out(write: Callable[..., Captured]) -> None:
    ask = [
        nldissect.build("rt-link", "getlink", {"ifname": name}, port=port)
        for name, port in (("a", 7), ("b", 8))
    ]
    sockets = [Socket(SECOND, 0, 7, 100, "nldissect", own=True), Socket(SECOND, 0, 8, 101, "ip")]
    cap = write(*((SECOND, message.bytes) for message in ask), sockets=sockets)
    assert [message["ifname"] for message in cap] == ["b"]
    cap.expect("getlink", process="ip").check()
    cap.expect("getlink", process=101, port=8).check()
    with pytest.raises(AssertionError, match=r"found ip\[101\]"):
        cap.expect("getlink", process="tc").check()


def test_snapshots_are_the_same_in_every_run(write: Callable[..., Captured]) -> None:
    def add(sequence: int, port: int, index: int, packets: int, mac: str) -> bytes:
        attributes = {
            "ifname": "fig0",
            "link": index,
            "address": mac,
            "mtu": 1500,
            "stats64": {"rx-packets": packets},
        }
        made = nldissect.build("rt-link", "newlink", attributes, sequence=sequence, port=port)
        return made.bytes

    cap = write((SECOND, add(1, 10, 4, 1, "02:00:00:00:00:01")))
    first = cap.snapshot(mask=["address"])
    assert first == [
        {
            "message": "rt-link.newlink",
            "role": "request",
            "flags": ["REQUEST", "ACK"],
            "attributes": {
                "ifinfomsg": {
                    "ifi-family": "unspec",
                    "ifi-type": 0,
                    "ifi-index": 0,
                    "ifi-flags": 0,
                    "ifi-change": 0,
                },
                "ifname": "fig0",
                "link": "interface #1",
                "address": "(masked)",
                "mtu": 1500,
            },
        }
    ]
    again = write((9 * SECOND, add(77, 4321, 9, 5, "02:00:00:00:00:02")))
    assert again.snapshot(mask=["IFLA_ADDRESS"]) == first
    assert again.snapshot(counters=True)[0]["attributes"]["stats64"]["rx-packets"] == 5


def test_reports_and_snapshots_have_no_secrets(open_recording: Callable[[str], Captured]) -> None:
    capture = open_recording("wireguard")
    first = next(m for m in capture if "private-key" in m)
    peered = next(m for m in capture if "preshared-key" in m)
    secrets = first["private-key"], peered["preshared-key"]
    assert all(map(any, secrets))
    said = []
    for wrong in (
        {"private-key": bytes(32)},
        exact({"ifname": "peach0", "fwmark": 81}),
        {"peers": 5},
        {"peers": [{}, {}, {}, {}, {}]},
        {"peers": [5]},
    ):
        with pytest.raises(AssertionError) as failed:
            capture.expect("set-device", wrong).check()
        said.append(str(failed.value))
    for seen in (first, peered):
        said += compared(seen.message, {**seen.message.plain(), "private-key": 1, "peers": 1}) or []
    shown = "\n".join(said)
    assert shown.count("<redacted 32 bytes>") > 3
    said.append(repr(capture.snapshot()))
    said += [repr(node) for message in capture for node in message.message.walk()]
    for text in said:
        for secret in secrets:
            assert secret.hex() not in text.replace(" ", "")
            assert secret.hex(" ")[:20] not in text
            assert repr(secret)[2:-1] not in text


def test_snapshots_name_families(open_recording: Callable[[str], Captured]) -> None:
    shots = open_recording("nlctrl").snapshot()
    answers = [s for s in shots if s["role"] == "answer"]
    families = [s["attributes"] for s in answers if s["message"] == "nlctrl.newfamily"]
    assert families
    for family in families:
        assert family["family-id"] == family["family-name"]
        for group in family.get("mcast-groups", []):
            assert group["id"] == "(a number)"


def test_nothing_of_a_capture_acts_on_the_terminal(write: Callable[..., Captured]) -> None:
    attributes = {"ifname": "\x1b[31mred\n", "ifalias": "\x9b2J", "mtu": 5}
    made = nldissect.build("rt-link", "newlink", attributes)
    cap = write((SECOND, made.bytes))
    for check in (
        lambda: cap.expect("newlink", ifname="red", ifalias="x", mtu=6),
        lambda: cap.expect("newlink").never(),
        lambda: cap.expect("newlink", mtu=5).acked(),
    ):
        with pytest.raises(AssertionError) as caught:
            check().check()
        assert not {"\x1b", "\x9b"} & set(str(caught.value))
    assert "\x1b" not in repr(cap[0])


# -- within pytest ------------------------------------------------------------------------

INNER = """
import pytest
from nldissect.testing import exact
import nldissect

@pytest.fixture
def cap(netlink):
    return netlink.read("errors.pcap")

def test_equal(cap):
    assert cap[0] == {"ifname": "plum", "linkinfo": {"kind": "vlan"}, "ifi_index": 0, "mut": 3}

def test_equal_exactly(cap):
    assert cap[0] == exact({"ifname": "kiwi0"})

def test_equal_as_the_library(cap):
    assert cap[0].message == {"ifname": "kiwi0"}

def test_kept(cap):
    kept = cap.expect("newlink", ifname="plum")

def test_all_lines(cap):
    cap.expect("newlink", ifname="kiwi0").acked()
    cap.expect("newlink", ifname="plum").acked()
    cap.expect("newlink", ifname="cherry")

def test_beside(cap):
    cap.expect("newlink", ifname="plum")
    raise KeyError("mine")

@pytest.mark.xfail
def test_known(cap):
    cap.expect("newlink", ifname="plum")
    raise KeyError("mine")

@pytest.fixture
def afterwards(cap):
    yield
    cap.expect("newlink", ifname="plum")

def test_teardown(afterwards):
    pass

def test_mistake(cap):
    cap.expect("newlnk")

def test_missing(netlink):
    netlink.read("nowhere.pcap")

def test_impossible(cap):
    cap.expect("newlink", {"linkinfo.kind": "dumy"}).never()

def test_no_block(netlink):
    netlink.capture().expect("newlink")

def test_damaged(netlink):
    netlink.read("cut.pcap")

def test_not_there(recording):
    pass

class TestClass:
    @pytest.mark.parametrize("value", ["a/b", "c"])
    def test_there(self, recording, value):
        assert len(recording) > 10
"""


@pytest.mark.slow
def test_what_failures_say(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_inner=INNER)
    shutil.copy(CAPTURES / "errors.pcap", pytester.path)
    (pytester.path / "cut.pcap").write_bytes((CAPTURES / "errors.pcap").read_bytes()[:-7])
    places = pytester.path / "recordings/test_inner/TestClass"
    places.mkdir(parents=True)
    shutil.copy(CAPTURES / "errors.pcap", places / "test_there.pcap")
    shutil.copy(CAPTURES / "links.pcap", places.parent / "test_there[c].pcap")
    done = pytester.runpytest_subprocess(*arguments())
    done.assert_outcomes(failed=11, passed=3, errors=2, xfailed=1)
    text = done.stdout.str()
    sections = {
        part.partition(" ")[0]: part for part in text.replace("_ test_", "\0test_").split("\0")[1:]
    }
    equal = sections["test_equal"]
    assert "AssertionError: assert <message 1 to-kernel newlink kiwi0 kind dummy> == {" in equal
    assert "ifname: expected 'plum'\nE             found 'kiwi0' at offset 32: 0a 00 03 00" in equal
    assert "linkinfo.kind: expected 'vlan'" in equal
    assert "ifi_index" not in equal.partition("3 paths differ")[2]
    assert "mut: expected 3, is not there" in equal
    assert "== exactly {'ifname': 'kiwi0'}: 1 path differs" in sections["test_equal_exactly"]
    assert "linkinfo: not expected, found {'kind': 'dummy'}" in sections["test_equal_exactly"]
    assert "ifinfomsg: not expected" in sections["test_equal_as_the_library"]
    kept = sections["test_kept"]
    assert 'test_inner.py:19: kept = cap.expect("newlink", ifname="plum")' in kept
    assert "nearest of" in kept
    line = sections["test_all_lines"]
    assert 'test_inner.py:23: cap.expect("newlink", ifname="plum").acked()\nexpected ' in line
    assert 'test_inner.py:24: cap.expect("newlink", ifname="cherry")\nexpected ' in line
    assert "nldissect/_internal/pytest_plugin" not in line
    beside = sections["test_beside"]
    assert "KeyError: 'mine'" in beside
    assert re.search(r"- netlink expectations -+\ntest_inner.py:27: cap.expect", beside)
    assert 'test_inner.py:38: cap.expect("newlink", ifname="plum")\nexpected ' in text
    assert re.search(r"- netlink capture -+\nread from \S+errors.pcap$", line, re.M)
    assert "All traceback entries are hidden" not in text
    assert "nldissect/_internal/pytest_plugin" not in sections["test_mistake"]
    assert "there is no such kind (did you mean 'dummy'?)" in sections["test_impossible"]
    assert "def add(" not in sections["test_impossible"]
    assert "records inside of its block: `with netlink.capture() as cap:`" in text
    assert "there is no nowhere.pcap; looked for nowhere.pcap" in sections["test_missing"]
    assert "cut.pcap: record" in sections["test_damaged"]
    assert "recordings/test_inner/test_not_there.pcapng" in text


@pytest.mark.slow
def test_reports_as_text(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_inner="""
        def test_two(netlink):
            cap = netlink.read("errors.pcap")
            netlink.read("acks.pcap")
            cap.expect("newlink", ifname="plum")
            raise KeyError("mine")

        def test_good(netlink):
            netlink.read("errors.pcap").expect("newlink", ifname="kiwi0")
        """
    )
    for name in ("errors.pcap", "acks.pcap"):
        shutil.copy(CAPTURES / name, pytester.path)
    done = pytester.runpytest_subprocess(*arguments(), "--netlink-report", "--netlink-dir=out")
    done.assert_outcomes(failed=1, passed=1)
    folder = pytester.path / "out/test_inner.py"
    assert [path.name for path in folder.iterdir()] == ["test_two"]
    text = (folder / "test_two/capture-1.txt").read_text()
    assert text.startswith("test_inner.py::test_two\n")
    assert "KeyError: 'mine'" in text
    assert "expected newlink with ifname='plum'; none found" in text
    trees = subprocess.run(
        [sys.executable, "-m", "nldissect", "read", "-V", "errors.pcap"],
        capture_output=True,
        text=True,
        check=True,
        cwd=pytester.path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert text.endswith("\n\n" + trees.stdout)
    assert "acks" not in (folder / "test_two/capture-2.txt").read_text().partition("\n\n     1")[2]
    done.stdout.fnmatch_lines("as text in */out/test_inner.py/test_two/capture-1.txt")


@pytest.mark.slow
def test_snapshot_plugins(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n in ("CI", "GITHUB_ACTIONS") or "XDIST" in n]:
        monkeypatch.delenv(name)  # where these are set, no snapshots are written
    pytester.makepyfile(
        """
        import json
        from inline_snapshot import snapshot as inline

        def test_syrupy(netlink, snapshot):
            assert netlink.read("errors.pcap").snapshot() == snapshot

        def test_json(netlink):
            cap = netlink.read("errors.pcap")
            assert json.loads(json.dumps(cap.snapshot())) == cap.snapshot()

        def test_inline(netlink):
            assert netlink.read("errors.pcap").filter("message == 2").snapshot() == inline()
        """
    )
    shutil.copy(CAPTURES / "errors.pcap", pytester.path)
    pytester.runpytest_subprocess(*arguments(), "--snapshot-update", "--inline-snapshot=create")
    second = pytester.runpytest_subprocess(*arguments())
    second.assert_outcomes(passed=3)
    text = (pytester.path / "test_snapshot_plugins.py").read_text()
    assert "'message': 'ack'" in text.replace('"', "'")


def test_a_run_without_netlink_pays_nothing() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); "
        "import nldissect._internal.pytest_plugin.entry; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "nldissect",
        "nldissect._internal",
        "nldissect._internal.pytest_plugin",
        "nldissect._internal.pytest_plugin.entry",
        "nldissect._internal.wire",
        "nldissect._internal.wire.version",
    ]
