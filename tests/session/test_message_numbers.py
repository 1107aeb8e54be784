"""What the recording nldissect asked for itself counts apart: all others keep their numbers."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

import nldissect
from nldissect._internal.capture.reader import PcapngWriter, open_capture
from nldissect._internal.engine.message_numbers import OWN, MessageNumbers
from nldissect._internal.wire.record import Record, Socket
from support.command import ROOT, Command
from support.terminal import Player, play

PLAIN = ROOT / "captures" / "errors.pcap"
PORT = 4242
AFTER = (0, 3, 9)  # so many records of the recording before each priming


@pytest.fixture(scope="module")
def primed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording with a dump of addresses in it three times, asked by who recorded it."""
    asked = list(open_capture(str(ROOT / "captures" / "sockets.pcap")))[3:6]
    path = tmp_path_factory.mktemp("primed") / "primed.pcapng"
    with open(path, "wb") as stream:
        writer = PcapngWriter(stream)
        for place, record in enumerate(open_capture(str(PLAIN))):
            if not place:
                own = Socket(record.time, 0, PORT, PORT, "nldissect", own=True)
                writer.socket(record.interface, own)
            for one in asked if place in AFTER else ():
                data = one.data[:12] + struct.pack("=I", PORT) + one.data[16:]
                mine = Record(1, record.time, 0, data, len(data), 0, record.interface)
                mine.cooked = one.cooked
                writer.write(mine)
            writer.write(record)
    return path


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-Y", "number in {2, 7, 20..25}"),
        ("-Y", "error != 0"),
        ("-T", "fields", "-e", "number", "-e", "transaction", "-e", "of", "-e", "answered_by"),
    ],
)
def test_lists_are_those_without_priming(
    primed: Path, options: tuple[str, ...], run: Command
) -> None:
    lines = run("read", *options, primed).lines
    if "transaction" in options:  # of which priming has some
        lines = [line.split("\t") for line in lines]
        plain = [line.split("\t") for line in run("read", *options, PLAIN).lines]
        assert [[*row[:1], *row[2:]] for row in lines] == [[*row[:1], *row[2:]] for row in plain]
        return
    assert lines == run("read", *options, PLAIN).lines
    own = [line for line in run("read", *options, "--own", primed).lines if line not in lines]
    assert all(int(line.split()[0]) > OWN for line in own)


@pytest.mark.parametrize("command", [("flow", "-t", "a"), ("check",), ("stats",)])
def test_other_commands_name_messages_alike(
    primed: Path, command: tuple[str, ...], run: Command
) -> None:
    def numbers(path: Path) -> list[str]:
        text = run(*command, path).out
        words = text.replace("(", " ").replace(")", " ").replace(",", " ").replace(":", " ").split()
        return [word for word in words if word.startswith("#") and word[1:].isdigit()]

    assert numbers(primed) == numbers(PLAIN)


def test_json_names_messages_alike(primed: Path, run: Command) -> None:
    def links(path: Path) -> list[object]:
        shown = run("read", "-T", "jsonl", path).objects
        return [(one["message"], one.get("answers"), one.get("answered_by")) for one in shown]

    assert links(primed) == links(PLAIN)
    own = run("read", "-T", "jsonl", "--own", primed).objects
    assert sorted(one["message"] for one in own if one["message"] > OWN) == [
        OWN + 1 + i for i in range(3 * len(AFTER))
    ]


def test_the_library_and_moments_of_a_state(primed: Path, run: Command) -> None:
    plain = nldissect.open(PLAIN)
    with nldissect.open(primed) as capture:
        others = [message for message in capture if message.number < OWN]
        assert [m.bytes for m in others] == [m.bytes for m in plain]
        assert [m.number for m in others] == list(range(1, len(plain) + 1))
        of = [m.link.of for m in others if m.link is not None]
        assert of == [m.link.of for m in plain if m.link is not None]
        wanted = [t for t in capture.transactions if t.number < OWN]
        assert [(t.number, t.answers) for t in wanted] == [
            (t.number, t.answers) for t in plain.transactions
        ]
        for mine, other in zip(wanted, plain.transactions, strict=True):
            assert [m.number for m in capture.messages_of(mine)] == [
                m.number for m in plain.messages_of(other)
            ]
    for moment in (3, 9, 17):
        mine = json.loads(run("state", "-T", "json", "--at", moment, primed).out)
        assert mine["message"] == moment
        assert (
            mine["links"]
            == json.loads(run("state", "-T", "json", "--at", moment, PLAIN).out)["links"]
        )


def test_the_terminal_interface_goes_by_the_same_numbers(primed: Path) -> None:
    seen: dict[str, list[object]] = {}

    def story_of(name: str) -> object:
        async def story(user: Player) -> None:
            out = seen[name] = []
            await user.type(":17")
            await user.press("enter")
            out += [user.number, [line[:12] for line in user.lines()[1:9]]]
            await user.press("r")  # the answer
            out.append(user.number)
            await user.press("r")  # and back
            out.append(user.number)
            pane = user.browser.transaction_pane
            out.append([pane.parts(line) for line in range(pane.count)])
            await user.press("2 0 G")
            out.append(user.number)
            await user.press("e")
            out.append(user.number)

        return story

    play(PLAIN, story=story_of("plain"))
    play(primed, story=story_of("primed"))
    assert seen["primed"] == seen["plain"]


def test_numbers_and_serials_are_each_other_s_inverse() -> None:
    numbers = MessageNumbers()
    own = {1, 2, 5, 6, 7, 12}
    for serial in sorted(own):
        numbers.note_own(serial)
    found = [numbers.number(serial) for serial in range(1, 20)]
    assert sorted(n for n in found if n < OWN) == list(range(1, 14))
    assert [numbers.serial(number) for number in found] == list(range(1, 20))
    assert [serial for serial in range(1, 20) if numbers.number(serial) > OWN] == sorted(own)
    assert numbers.number(0) == numbers.serial(0) == 0
