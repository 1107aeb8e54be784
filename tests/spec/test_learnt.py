"""Families that nobody wrote a dissector for: by the kernel's policy, else by guess."""

from __future__ import annotations

from pathlib import Path

import pytest

import nldissect
from nldissect._internal.capture.reader import open_capture
from nldissect._internal.cli import main
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.spans import spans
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.spec import evidence, model, policy, skeleton
from nldissect._internal.spec.dissector_file import check
from nldissect._internal.spec.learnt import LearntFamily
from nldissect._internal.spec.registry import Registry
from nldissect._internal.spec.specfile import parse_text
from nldissect._internal.wire.record import Record
from support import ROOT
from support.messages import attr, genl, msg, nest, record, u16, u32, write_pcap
from support.messages import read as read_records

CAPTURES = ROOT / "captures"
# The built-in dissectors of families in these recordings, which the tests do without.
DESCRIBED = Registry(use_system=False)._families.keys() & {
    "ethtool", "fou", "ila", "macsec", "tcp_metrics", "wireguard",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _only_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NLDISSECT_PATH", "NLDISSECT_SPECS"):
        monkeypatch.delenv(name, raising=False)


def read(name: str, *dissectors: str) -> tuple[Session, list[Message]]:
    registry = Registry(dissectors=dissectors, use_system=False)
    if not dissectors:  # as if these had none
        for described in DESCRIBED:
            registry._families.pop(described)
    session = Session(registry)
    return session, list(session.messages(open_capture(str(CAPTURES / name))))


def learnt(session: Session, name: str) -> LearntFamily:
    found = session.learnt(name)
    assert found is not None
    return found


def of_family(messages: list[Message], name: str) -> list[Message]:
    return [m for m in messages if m.family == name and m.type >= 16]


def test_policy_is_what_genl_ctrl_policy_prints() -> None:
    session, _ = read("nlctrl.pcap")
    told = learnt(session, "tcp_metrics").policy
    assert told.do == {1: 0, 2: 0}
    assert told.dump == {}
    # nlctrl.txt: attr[1] U32, attr[2] BINARY 16, attr[11] U32, attr[12] BINARY 16
    rules = told.tables[0]
    assert sorted(rules) == [1, 2, 11, 12]
    assert rules[1].values[policy.MAX_U] == 4294967295
    assert (rules[2].values[policy.MIN_LEN], rules[2].values[policy.MAX_LEN]) == (16, 16)


def test_policies_of_a_whole_recording_against_genl() -> None:
    """Every `op N policies: do=A dump=B` line that genl printed is what we learnt."""
    session, _ = read("policies.pcap")
    text = (CAPTURES / "policies.txt").read_text()
    names = {}
    family = ""
    compared = 0
    for line in text.splitlines():
        if line.startswith("$ genl ctrl policy name "):
            family = line.split()[-1]
            names[family] = learnt(session, family).policy
        elif line.startswith("\tID:") and " policies:" in line:
            words = line.split()
            command = int(words[words.index("op") + 1])
            for word in words:
                mode, _, index = word.partition("=")
                if mode in ("do", "dump"):
                    table = names[family].do if mode == "do" else names[family].dump
                    assert table[command] == int(index)
                    compared += 1
        elif line.startswith("\tID:") and "attr[" in line:
            where = line.split()[2]
            index, number = (int(part.rstrip("]:").split("[")[1]) for part in where.split("]:a"))
            assert number in names[family].tables[index]
            compared += 1
    assert compared > 150


def test_messages_get_types_and_nests_from_the_policy() -> None:
    _, messages = read("policies.pcap")
    added = next(m for m in of_family(messages, "ila") if m.to_kernel and m.command == 1)
    assert [(n.name, n.kind, n.guess) for n in added.nodes[1:]] == [
        ("attr 3", "u64", False),
        ("attr 1", "u64", False),
        ("attr 4", "u32", False),
    ]
    assert added.operation is not None
    assert added.operation.name == "command 1"
    # The host byte order of the locators 1:2:3:4 and 5:6:7:8.
    assert added.nodes[1].value.to_bytes(8, "little").hex() in "0001000200030004 0005000600070008"


def test_nests_that_the_policy_leaves_open_are_guessed_and_say_so() -> None:
    _, messages = read("policies.pcap")
    request = next(m for m in of_family(messages, "macsec") if m.command == 1 and m.to_kernel)
    index, scope = request.nodes[1:]
    assert (index.kind, index.guess) == ("u32", False)
    assert (scope.kind, scope.guess) == ("nest", False)
    assert [(n.name, n.kind, n.guess) for n in scope.children] == [("attr 1", "u64", True)]


def test_answers_beyond_the_policy_are_guesses() -> None:
    _, messages = read("policies.pcap")
    dump = next(m for m in of_family(messages, "macsec") if m.command == 0 and not m.to_kernel)
    assert dump.nodes[1].name == "attr 1"
    assert not dump.nodes[1].guess
    assert all(n.guess for n in dump.nodes[2:] if n.type not in (2, 3, 9))
    assert not [d for d in dump.diagnoses if d.severity == "error"]


def test_guesses_fit_every_message_of_the_family() -> None:
    """WireGuard has no dissector here and its policy is not in the recording."""
    _, messages = read("wireguard.pcap")
    seen = of_family(messages, "wireguard")
    assert len(seen) > 8
    for message in seen:
        assert all(n.guess for n in message.walk() if n.type is not None)
        assert sum(end - start for start, end, *_ in spans(message)) == len(message.data)
    answer = next(m for m in seen if not m.to_kernel and m.find("attr 8") is not None)
    assert answer.find("attr 2").value == "peach0"  # WGDEVICE_A_IFNAME
    assert answer.find("attr 6").value == 51999  # WGDEVICE_A_LISTEN_PORT
    assert answer.find("attr 7").value == 0x51  # WGDEVICE_A_FWMARK
    peer = answer.find("attr 8").children[0]
    assert peer.find("attr 5").value == 15  # WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL
    assert peer.find("attr 1").kind == "binary"  # a key is no number
    address = peer.find("attr 9").children[0]
    assert address.find("attr 3").value == 16  # WGALLOWEDIP_A_CIDR_MASK


def test_a_known_spec_is_checked_against_the_policy(tmp_path: Path) -> None:
    wrong = tmp_path / "tcp_metrics.yaml"
    wrong.write_text(
        "name: tcp_metrics\nprotocol: genetlink-legacy\ndoc: wrong on purpose\n"
        "attribute-sets:\n  - name: metrics\n    attributes:\n"
        "      - {name: addr-ipv4, type: u16}\n"
        "      - {name: addr-ipv6, type: binary, checks: {exact-len: 16}}\n"
        "      - {name: saddr-ipv4, type: u32, value: 11}\n"
        "operations:\n  list:\n"
        "    - {name: get, value: 1, doc: one, attribute-set: metrics, do: {request: {}}}\n"
        "    - {name: del, value: 2, doc: none, attribute-set: metrics, do: {request: {}}}\n"
    )
    _, messages = read("nlctrl.pcap", str(wrong))
    found = [d.text for m in messages for d in m.diagnoses if d.code == "policy-differs"]
    assert found == ["addr-ipv4 is u16 in the spec, u32 here", "metrics has no attribute 12"]


@pytest.mark.parametrize(
    ("capture", "family"),
    [("nlctrl.pcap", "tcp_metrics"), ("policies.pcap", "ila"), ("policies.pcap", "macsec"),
     ("policies.pcap", "ethtool"), ("wireguard.pcap", "wireguard"), ("ethtool.pcap", "ethtool")],
)  # fmt: skip
def test_a_skeleton_is_a_spec_and_decodes_the_same(
    capture: str, family: str, tmp_path: Path
) -> None:
    session, before = read(capture)
    file = tmp_path / f"{family}.yaml"
    file.write_text(skeleton.skeleton(learnt(session, family), family, capture))
    assert check(str(file)) == []
    _, after = read(capture, str(file))
    for old, new in zip(of_family(before, family), of_family(after, family), strict=True):
        assert new.operation is not None
        assert new.operation.name in (f"command-{old.command}", f"answer-{old.command}")
        assert [d.code for d in new.diagnoses] == [d.code for d in old.diagnoses]
        values = [(n.type, n.value) for n in old.walk() if n.type is not None and not n.children]
        again = [(n.type, n.value) for n in new.walk() if n.type is not None and not n.children]
        assert again == values


def test_a_skeleton_of_a_hostile_name_is_still_a_spec(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(skeleton.skeleton(LearntFamily("a: [\x1b"), 'a: ["\x1b\n', "b: {\n- c"))
    assert check(str(file)) == []


def test_guess_prefers_what_the_bytes_say() -> None:
    def guess(*payloads: bytes, flags: int = 0) -> tuple[str, str]:
        seen = evidence.Evidence()
        for payload in payloads:
            seen.add(payload, 0, len(payload), flags, False, evidence.Budget())
        kind, hint = seen.guess()
        return model.KIND_NAMES[kind], hint

    assert guess(b"eth0\0", b"lo\0") == ("string", "")
    assert guess(b"", b"") == ("flag", "")
    assert guess(b"\1") == ("u8", "")
    assert guess(b"\1\0", b"\2\0") == ("u16", "")
    assert guess(b"\1\0\0\0") == ("u32", "")
    assert guess(bytes(8)) == ("u64", "")
    assert guess(bytes([10, 0, 0, 1]), bytes([192, 168, 1, 7])) == ("binary", "ipv4")
    assert guess(bytes.fromhex("fe80" + "00" * 13 + "01")) == ("binary", "ipv6")
    assert guess(bytes.fromhex("020000000001")) == ("binary", "mac")
    assert guess(b"\x08\0\1\0\1\0\0\0") == ("nest", "")
    assert guess(b"\x08\0\0\0\1\0\0\0", flags=0x8000) == ("nest", "")
    assert guess(b"abc", b"defgh") == ("binary", "")
    assert guess(b"\1", b"\1\0\0\0") == ("binary", "")


def test_arrays_are_arrays_and_sets_are_told_once() -> None:
    session, _ = read("wireguard.pcap")
    text = skeleton.skeleton(learnt(session, "wireguard"), "wireguard", "wireguard.pcap")
    sets = {found["name"]: found["attributes"] for found in parse_text(text, "")["attribute-sets"]}
    # WGDEVICE_A_PEERS and WGPEER_A_ALLOWEDIPS, by all commands that have them
    arrays = [one for found in sets.values() for one in found if one["type"] == "indexed-array"]
    assert [one["value"] for one in arrays] == [8, 9]
    assert len(sets) == 3


def test_a_nest_of_different_things_is_no_array() -> None:
    def nest(*inside: bytes) -> evidence.Evidence:
        seen = evidence.Evidence()
        for payload in inside:
            seen.add(payload, 0, len(payload), 0x8000, False, evidence.Budget())
        return seen

    def of(number: int, *inside: bytes) -> bytes:
        payload = b"".join(inside)
        return (
            (len(payload) + 4).to_bytes(2, "little")
            + (number | 0x8000).to_bytes(2, "little")
            + payload
        )

    def u32(number: int) -> bytes:
        return b"\x08\0" + number.to_bytes(2, "little") + bytes(4)

    assert nest(of(0, u32(1)) + of(1, u32(1), u32(2))).entries() is not None
    assert nest(of(1, u32(1)) + of(2, u32(1))).entries() is not None
    assert nest(of(1, u32(1)), of(1, u32(1))).entries() is None  # one attribute, again and again
    assert nest(of(1, u32(1)) + of(3, u32(1))).entries() is None  # numbers with a gap
    assert nest(of(1, u32(1)) + of(2, u32(2))).entries() is None
    assert nest(u32(1) + u32(2)).entries() is None


def test_few_odd_payloads_among_many_change_nothing() -> None:
    seen = evidence.Evidence()
    for payload in [b"\1\0\0\0"] * 15 + [b"\1\0"]:
        seen.add(payload, 0, len(payload), 0, False, evidence.Budget())
    assert seen.guess() == (model.U32, "")


FAMILY = 0x50  # of which nothing is known but what its messages are like


def asked(*attributes: bytes, family: int = FAMILY) -> Record:
    return record(msg(family, genl(1, *attributes), flags=1), protocol=16)


def test_a_stream_that_only_confirms_a_guess_costs_nothing_more() -> None:
    many = [asked(*(attr(n, u32(turn)) for n in range(1, 40))) for turn in range(1000)]
    found = read_records(*many, registry=Registry(use_system=False), stream=True)
    for message in found:
        assert [n.kind for n in message.nodes[1:]] == ["u32"] * 39
        assert not message.diagnoses
    assert len(found[-1].context.tables.fields) < 3000  # 39,000 were each message's its own


def test_what_a_stream_says_at_last_is_learnt_at_once() -> None:
    """A new attribute is none that a newer family has; a policy is no less than a guess."""
    turns = [asked(*(attr(n, u32(turn)) for n in range(1, turn))) for turn in range(2, 60)]
    for message in read_records(*turns, registry=Registry(use_system=False), stream=True):
        assert not message.diagnoses


def test_policies_in_thousands_of_policies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each policy's one attribute nests the next: types by policy, down to where Linux looks."""
    generic, depth = 16, 3000
    about = attr(1, u16(FAMILY))
    told = [
        (generic, msg(generic, genl(1, about, attr(2, b"deep\0")))),
        (generic, msg(generic, genl(10, about, nest(9, nest(1, attr(1, u32(0))))), seq=9)),
    ]
    for index in range(depth):
        rule = nest(index, nest(1, attr(1, u32(13)), attr(8, u32(index + 1))))
        told.append((generic, msg(generic, genl(10, about, nest(8, rule)), seq=9)))
    told.append((generic, msg(FAMILY, genl(1, nest(1, nest(1, nest(1)))), flags=1)))
    path = write_pcap(tmp_path / "deep.pcap", told)
    *_, last = nldissect.open(path)
    assert [(n.kind, n.guess) for n in last.walk()][-3:] == [("nest", False)] * 3
    assert main(["dissectors", "learn", str(path), "deep"]) == 0
    spec = tmp_path / "deep.yaml"
    spec.write_text(capsys.readouterr().out)
    assert main(["dissectors", "check", str(spec)]) == 0


def test_numbers_far_apart_cost_what_they_say() -> None:
    many = [asked(attr(16383, u32(1)), attr(9, u32(2)), family=100 + n) for n in range(300)]
    found = read_records(*many, registry=Registry(use_system=False))
    assert {tuple((n.name, n.value) for n in m.nodes[1:]) for m in found} == {
        (("attr 16383", 1), ("attr 9", 2))
    }
    assert len(found[0].context.tables.slots) < 10_000


def test_captures_share_tables_until_these_hold_little_else() -> None:
    registry = Registry(use_system=False)
    first = read_records(asked(attr(1, u32(1))), registry=registry)[0].context.tables
    assert registry.tables is first
    many = [attr(n, u32(n)) for n in range(1, 2000)]
    for family in range(100, 140):
        found = read_records(asked(*many, family=family), registry=registry)
        assert [n.value for n in found[0].nodes[1:]] == list(range(1, 2000))
    assert registry.tables is not first
    assert len(registry.tables.fields) < 20_000


def test_learn_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CAPTURES)
    assert main(["dissectors", "learn", "nl_util.pcap", "nl_util"]) == 0
    file = tmp_path / "nl_util.yaml"
    file.write_text(capsys.readouterr().out)
    assert main(["dissectors", "check", str(file)]) == 0
    assert main(["read", "nl_util.pcap", "--dissectors", str(file), "--family", "nl_util"]) == 0
    assert "command-2  attr-1.attr-1 55555" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nl_util.pcap"], "needs a capture and a family"),
        (["nl_util.pcap", "nl_utl"], "(did you mean 'nl_util'?); it has those of: nl_util"),
        (["missing.pcap", "nl_util"], "missing.pcap"),
    ],
)
def test_learning_what_is_not_there_is_one_line(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(CAPTURES)
    assert main(["dissectors", "learn", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert words in shown.err
