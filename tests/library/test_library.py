"""`import nldissect`: captures as sequences, single messages, and what a program sees of them."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import jsonschema
import pytest

import nldissect
from nldissect import hooks
from support import ROOT
from support import capture_files as files
from support.command import Command
from support.messages import RECORDINGS, attr, msg, newfamily, newlink, padded

ERRORS = RECORDINGS / "errors.pcap"
SCHEMA = json.loads((ROOT / "docs/json.schema.json").read_text(encoding="utf-8"))


# -- captures --------------------------------------------------------------------


def test_a_capture_is_a_sequence(run: Command) -> None:
    shown = run("read", "-T", "jsonl", ERRORS).objects
    with nldissect.open(ERRORS) as capture:
        assert len(capture) == len(shown) == 50
        assert [m.number for m in capture] == list(range(1, 51))
        assert capture[0].number == 1
        assert capture[-1].number == 50
        assert [m.number for m in capture[3:6]] == [4, 5, 6]
        assert [m.number for m in capture[::-10]] == [50, 40, 30, 20, 10]
        assert len(capture[40:][5:]) == 5
        assert [m.to_dict() for m in capture] == shown
        assert [json.loads(m.to_json()) for m in reversed(capture)] == shown[::-1]
        for wrong in (50, -51):
            with pytest.raises(IndexError, match="there are 50"):
                capture[wrong]
        jsonschema.validate(capture[7].to_dict(), SCHEMA)


def test_filters_select_messages_lazily_and_in_sequence() -> None:
    with nldissect.open(ERRORS) as capture:
        failed = capture.filter("error == EINVAL")
        assert 3 <= len(failed) < 20
        assert all(m.error == -22 for m in failed)
        assert failed[0].error == -22
        assert len(failed.filter("message > 30")) < len(failed)
        newlinks = [m.number for m in capture if m.type == 16 and 10 < m.number <= 20]
        assert [m.number for m in capture[10:20].filter("operation == newlink")] == newlinks
        assert next(iter(capture.filter("unanswered or answered"))).number
    with nldissect.open(ERRORS, filter="error") as capture:
        assert all(m.error for m in capture)
        assert [m.number for m in capture] == [m.number for m in capture[:]]
        assert len(capture) == len(list(capture)) > 3
        assert len(capture.transactions) > len(capture)


def test_a_wrong_filter_or_file_is_one_of_ours(tmp_path: Path) -> None:
    with pytest.raises(nldissect.FilterError):
        nldissect.open(ERRORS, filter="error ==")
    with nldissect.open(ERRORS) as capture, pytest.raises(nldissect.FilterError):
        capture.filter("no.such.field == 3")
    with pytest.raises(nldissect.CaptureError, match="cannot be opened"):
        nldissect.open(tmp_path / "missing")
    (tmp_path / "text").write_text("no capture at all", encoding="utf-8")
    with pytest.raises(nldissect.CaptureError, match="is not a capture"):
        nldissect.open(tmp_path / "text")
    with pytest.raises(nldissect.UsageError, match="byte_order"):
        nldissect.open(ERRORS, byte_order="middle")
    assert issubclass(nldissect.CaptureError, nldissect.NldissectError)


def test_a_cut_file_gives_what_there_is_and_then_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(ERRORS.read_bytes()[:-5])
    with nldissect.open(path) as capture:
        assert len(capture) == 49
        assert capture[48].number == 49
        assert capture.failure is not None
        messages = iter(capture)
        assert [next(messages).number for _ in range(49)] == list(range(1, 50))
        with pytest.raises(nldissect.CaptureError, match="record 50"):
            next(messages)


def test_conversations() -> None:
    with nldissect.open(ERRORS) as capture:
        conversations = capture.transactions
        assert len(conversations) == 25
        first = conversations[0]
        assert (first.number, first.state, first.answers) == (1, "answered", [2])
        assert first.request is not None
        assert first.request["ifname"] == "kiwi0"
        assert first.latency is not None
        assert first.latency > 0
        failed = [t for t in conversations if t.error]
        assert all(t.state == "failed" for t in failed)
        assert [m.number for m in capture.messages_of(first)] == [1, 2]
        answer = capture[1]
        assert answer.link is not None
        assert (answer.link.role, answer.link.of) == ("answer", 1)
        assert answer.transaction is not None
        assert answer.transaction.id == first.id
        assert [t.id for t in conversations[2:4]] == [3, 4]
        assert conversations[-1].id == 25


def test_streams_and_what_is_no_netlink(tmp_path: Path) -> None:
    stream = io.BytesIO(ERRORS.read_bytes())
    assert len(nldissect.open(stream)) == 50
    path = tmp_path / "mixed.pcapng"
    path.write_bytes(
        files.section("<")
        + files.interface("<", 253)
        + files.interface("<", 1)
        + files.enhanced("<", 0, 1, files.netlink(0, newlink(1, "lo")))
        + files.enhanced("<", 1, 2, b"ethernet")
    )
    with nldissect.open(str(path)) as capture:
        assert len(capture) == 1
        assert capture.skipped == {1: 1}


def test_iterating_follows_a_growing_file(tmp_path: Path) -> None:
    data = ERRORS.read_bytes()
    path = tmp_path / "growing.pcap"
    path.write_bytes(data[:1000])
    seen: list[int] = []
    with nldissect.open(path, follow=True) as capture:
        thread = threading.Thread(target=lambda: seen.extend(m.number for m in capture))
        thread.start()
        time.sleep(0.3)
        assert thread.is_alive()
        with path.open("ab") as file:
            file.write(data[1000:])
        time.sleep(0.3)
        assert thread.is_alive()
        capture.settle()
        thread.join(10)
    assert seen == list(range(1, 51))


def test_messages_outlive_their_capture() -> None:
    with nldissect.open(ERRORS) as capture:
        message = capture[0]
    assert message["linkinfo.kind"] == "dummy"
    assert message.transaction is not None
    with pytest.raises(nldissect.CaptureError, match="is closed"):
        capture[30]
    with nldissect.open(ERRORS) as capture:
        pass
    with pytest.raises(nldissect.CaptureError, match="is closed"):
        len(capture)
    capture.close()


def test_a_capture_is_not_edited_with_its_messages() -> None:
    with nldissect.open(RECORDINGS / "links.pcap") as capture:
        first, second = capture[7], capture[8]
        before = first.bytes
        first["mtu"] = first["mtu"] + 1
        second.seq += 1
        assert capture[7].bytes == before != first.bytes
        assert capture[8].seq == second.seq - 1
        assert capture[9] is capture[9]


def test_the_whole_file_is_not_held() -> None:
    with nldissect.open(ERRORS) as capture:
        capture[0]
        assert capture[0].data is not ERRORS.read_bytes()
        assert len(capture._index._messages) <= 256


# -- messages -----------------------------------------------------------------------


def test_values_by_path() -> None:
    with nldissect.open(ERRORS) as capture:
        message = capture[0]
    assert message["linkinfo.kind"] == message["IFLA_LINKINFO.IFLA_INFO_KIND"] == "dummy"
    assert message["ifi-index"] == message["ifinfomsg.ifi-index"] == 0
    assert message["linkinfo"] == {"kind": "dummy"}
    assert message.get("mtu") is None
    assert message.get("mtu", 1500) == 1500
    assert "ifname" in message
    assert "mtu" not in message
    with pytest.raises(KeyError, match=r"did you mean 'linkinfo\.kind'"):
        message["linkinfo.kidn"]
    node = message.find("linkinfo.kind")
    assert node is not None
    assert (node.value, node.bytes, node.offset, node.length) == ("dummy", b"dummy\0", 48, 10)
    assert node.path == "linkinfo.kind"
    assert [n.name for n in message.walk()][-3:] == ["ifname", "linkinfo", "kind"]
    assert [n.value for n in message.find_all("linkinfo.kind")] == ["dummy"]
    linkinfo = message.find("linkinfo")
    assert linkinfo is not None
    assert linkinfo.get("kind") == "dummy"
    assert linkinfo.find("kind") is not None
    assert [n.name for n in linkinfo.find_all("kind")] == ["kind"]


def test_a_message_compares_with_plain_dictionaries() -> None:
    message = nldissect.build("rt-link", "newlink", {"ifname": "x", "ifi-index": 3})
    same = {
        "ifinfomsg": {
            "ifi-family": 0,
            "ifi-type": 0,
            "ifi-index": 3,
            "ifi-flags": 0,
            "ifi-change": 0,
        },
        "ifname": "x",
    }
    assert message == same
    assert message != {**same, "mtu": 1}
    assert message != {"ifname": "x"}
    assert message == message
    assert message != nldissect.dissect(message.bytes)
    assert len({message, message}) == 1
    assert "newlink" in repr(message)


def test_plain_keeps_lists_arrays_and_indices() -> None:
    with nldissect.open(RECORDINGS / "nlctrl.pcap") as capture:
        family = next(m for m in capture if "ops" in m).plain()
    assert isinstance(family["ops"], list)
    assert set(family["ops"][0]) == {"id", "flags"}
    with nldissect.open(RECORDINGS / "rtnl_misc.pcap") as capture:
        names = next(m for m in capture if "prop-list" in m).plain()["prop-list"]
    assert isinstance(names["alt-ifname"], list)


# -- single messages ------------------------------------------------------------------


def test_dissect_one_message() -> None:
    found = nldissect.dissect(newlink(3, "lo"))
    assert (found["ifname"], found["ifi-index"], found.protocol) == ("lo", 3, 0)
    assert nldissect.dissect(newlink(3, "be", order=">"))["ifi-index"] == 3
    assert nldissect.dissect(newlink(3, "be", order=">"), byte_order="big")["ifname"] == "be"
    assert nldissect.dissect(bytearray(newlink(3, "x")))["ifname"] == "x"
    assert nldissect.dissect(memoryview(newlink(3, "x")))["ifname"] == "x"
    getfamily = msg(16, b"\3\1\0\0" + attr(2, b"nlctrl\0"), 5)
    for protocol in (16, "generic", "NETLINK_GENERIC", "nlctrl"):
        assert nldissect.dissect(getfamily, protocol)["family-name"] == "nlctrl"
    echo = nldissect.dissect(msg(33, b"\1\1\0\0", 5), "genltest")
    assert (echo.family, echo.spec.name if echo.spec else None) == ("genltest", "genltest")
    assert nldissect.dissect(newlink(3, "lo"), "rt-link")["ifname"] == "lo"
    assert json.loads(found.to_json())["attributes"][1]["value"] == "lo"
    jsonschema.validate(found.to_dict(), SCHEMA)


def test_dissect_what_is_broken_or_several() -> None:
    assert nldissect.dissect(b"\1\2\3").diagnoses[0].code == "no-header"
    assert nldissect.dissect(newlink(1, "lo")[:-2]).diagnoses
    two = padded(newlink(1, "a")) + newlink(2, "b")
    assert [m["ifname"] for m in nldissect.dissect_all(two)] == ["a", "b"]
    with pytest.raises(nldissect.UsageError, match=r"2 messages.*dissect_all"):
        nldissect.dissect(two)
    with pytest.raises(nldissect.UsageError, match="did you mean 'route'"):
        nldissect.dissect(two, "rout")
    both = padded(newfamily(40, "genltest")) + msg(40, b"\1\1\0\0", 5)
    assert len(nldissect.dissect_all(both, "generic")) == 2


def test_own_dissectors(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "name: mine\nprotocol: genetlink\nattribute-sets:\n- name: a\n  attributes:\n"
        "  - {name: one, type: u32}\noperations:\n  list:\n  - name: go\n    attribute-set: a\n"
        "    do: {request: {attributes: [one]}}\n",
        encoding="utf-8",
    )
    made = nldissect.build("mine", "go", {"one": 7}, type=50, specs=[tmp_path])
    assert nldissect.dissect(made.bytes, "mine", specs=[tmp_path])["one"] == 7
    with pytest.raises(nldissect.UsageError, match="no dissector 'mine'"):
        nldissect.build("mine", "go", {})


def test_wrong_names_to_build() -> None:
    with pytest.raises(nldissect.UsageError, match="did you mean 'rt-link'"):
        nldissect.build("rtlink", "newlink")
    with pytest.raises(nldissect.UsageError, match="did you mean 'newlink'"):
        nldissect.build("rt-link", "newlnk")
    with pytest.raises(nldissect.UsageError, match="give the id of nl_util"):
        nldissect.build("nl_util", "l2-iid")
    with pytest.raises(nldissect.EncodeError, match="did you mean 'create'"):
        nldissect.build("rt-link", "newlink", flags=["creat"])
    with pytest.raises(nldissect.EncodeError, match="no fixed header"):
        nldissect.build("nlctrl", "getfamily", header={"x": 1})


# -- filters ----------------------------------------------------------------------------


def test_filters_by_themselves() -> None:
    wanted = nldissect.compile("unanswered or error == ENODEV")
    assert wanted.needs_link
    with nldissect.open(ERRORS) as capture:
        found = [m.number for m in capture if wanted.matches(m)]
        assert found == [m.number for m in capture.filter(wanted.text)] != []
    with pytest.raises(nldissect.FilterError, match="no field") as caught:
        nldissect.compile("mtu > 5 and nothing == 1")
    assert caught.value.column == 12
    found = nldissect.complete("linkinfo.ki")
    assert [c.text for c in found.candidates] == ["linkinfo.kind"]
    assert nldissect.complete("linkinfo.ki == 5", 11).end == 11


# -- the module -----------------------------------------------------------------------


def test_what_is_not_public_says_so_by_its_name() -> None:
    folder = ROOT / "nldissect"
    public = {path.stem for path in folder.glob("[a-z]*.py")}
    assert public == {"arrow", "hooks", "scapy", "spark", "testing"}
    for path in (ROOT / "nldissect" / "dissectors").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        used = set(re.findall(r"(?:from|import) (nldissect\S*)", text))
        shared = {name for name in used if name.startswith("nldissect.dissectors._")}
        assert used - shared <= {"nldissect.hooks"}, path
    assert all(getattr(hooks, name) is not None for name in hooks.__all__)


def python(*words: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_public_name_is_there_and_importing_is_cheap() -> None:
    for name in nldissect.__all__:
        assert getattr(nldissect, name) is not None
    assert set(nldissect.__all__) <= set(dir(nldissect))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        nldissect.nothing  # noqa: B018
    found = "import sys, nldissect; print(*[m for m in sys.modules if m.startswith('nldissect')])"
    assert {*python("-c", found).split()} == {
        "nldissect",
        "nldissect._internal",
        "nldissect._internal.wire",
        "nldissect._internal.wire.version",
    }
    loaded = python(
        "-c",
        f"import sys, nldissect; len(nldissect.open({str(ERRORS)!r})); "
        "print([m for m in ('scapy', 'textual', 'yaml', 'dpkt') if m in sys.modules])",
    )
    assert loaded.strip() == "[]"


@pytest.mark.slow
def test_users_of_mypy_see_types(tmp_path: Path) -> None:
    user = tmp_path / "user.py"
    user.write_text(
        "import nldissect\n"
        "with nldissect.open('x.pcap', filter='error') as capture:\n"
        "    for message in capture[1:5]:\n"
        "        reveal_type(message)\n"
        "        reveal_type(message.find('ifname'))\n"
        "        reveal_type(message.to_json())\n"
        "    reveal_type(capture.transactions[0].latency)\n"
        "reveal_type(nldissect.build('rt-link', 'newlink', {'ifname': 'x'}).encode())\n"
        "reveal_type(nldissect.dissect(b''))\n",
        encoding="utf-8",
    )
    command = ["-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", str(tmp_path)]
    out = python(*command, str(user), MYPYPATH=str(ROOT))
    found = [line.rpartition("type is ")[2] for line in out.splitlines() if "type is" in line]
    found = [text.strip('"') for text in found]
    assert found == [
        "nldissect._internal.library.messages.Message",
        "nldissect._internal.engine.node.Node | None",
        "str",
        "int | None",
        "bytes",
        "nldissect._internal.library.messages.Message",
    ]


def test_a_reply_is_no_request() -> None:
    made = nldissect.build("nlctrl", "newfamily", {"family-name": "pear"}, reply=True)
    assert (made.direction, made.flags) == ("from-kernel", 0)
    assert nldissect.build("nlctrl", "getfamily", {"family-name": "pear"}).direction == "to-kernel"
