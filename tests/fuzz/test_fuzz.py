"""A few executions of each target, always the same ones; `python -m tests.fuzz` has the others."""

from __future__ import annotations

import queue
from collections import Counter

import pytest

import nldissect
from fuzz import __main__ as runner
from fuzz import large_numbers, slow_walker
from fuzz.targets import TARGETS
from support.messages import attr, newlink

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("target", runner.TARGET_NAMES)
def test_a_share(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_numbers, "RUNS", 3)
    monkeypatch.setattr(large_numbers, "FILES", 20)
    for number in range(12):
        TARGETS[target](runner.source("share", target, number))


def test_every_target_has_a_name() -> None:
    assert list(TARGETS) == list(runner.TARGET_NAMES)


def test_choices_of_bytes() -> None:
    """The same bytes are the same choices; each byte counts, and behind them there are others."""
    guided = runner.Choices(b"\x07\x80\x01\xff\x00\x00\x40")
    assert guided.getrandbits(3) == 7
    assert guided.random() == 0x0180 / 65536
    assert guided.randbytes(3) == b"\xff\0\0"
    assert guided.randrange(256) in range(256)
    assert 0 <= guided.random() < 1, "behind the end"
    one, same, other = (
        TARGETS["messages"](runner.Choices(data)) for data in (b"ab" * 99, b"ab" * 99, b"ac" * 99)
    )
    assert one == same != other


def test_only_who_was_given_time_hangs(monkeypatch) -> None:
    """A process that others keep from the CPU is waited for; one that uses it is not."""
    executor = runner.Executor("1", ".")
    executor._lines = queue.Queue()
    used = iter([0.0, 1.0, 2.0, 40.0, 0.0, 31.0])
    monkeypatch.setattr(runner, "cpu_seconds", lambda _: next(used))
    monkeypatch.setattr(executor._lines, "get", never)
    assert executor._answer(1) == "! hangs"
    assert next(used) == 0.0, "three looks before"
    assert runner.STARVED > 3
    assert next(used) == 31.0


def never(timeout: float) -> str:
    """Nothing comes."""
    raise queue.Empty


def test_the_slow_walker_is_a_second_opinion() -> None:
    """It sees when nodes are not those of the bytes."""
    data = newlink(2, "pear0")[4:] + attr(0x8012, attr(1, b"vlan\0") + attr(2, b""))
    data = (len(data) + 4).to_bytes(4, "little") + data
    message = nldissect.dissect(data, byte_order="little")
    assert message["linkinfo.kind"] == "vlan"
    list(message.walk())
    assert slow_walker.disagreement(message) == ""
    message.data = data.replace(attr(1, b"vlan\0"), attr(1, b"vxlan\0"))
    assert "linkinfo" in slow_walker.disagreement(message)


def test_findings_are_told_with_what_repeats_them(monkeypatch, capsys) -> None:
    """A fault, and a process that is not there any more."""
    outcomes = iter(["0a0b0c0d", "! ValueError: 17", "! ValueError: 18", "! hangs"])

    class Executed:
        def __init__(self, *_: object) -> None:
            """Of nothing."""
            self.made = Counter(records=7)

        def run(self, target: str, first: int, count: int):
            return [(first, next(outcomes))]

        def stop(self) -> None:
            """Nothing runs."""

    monkeypatch.setattr(runner, "Executor", Executed)
    monkeypatch.setattr(
        "sys.argv",
        ["fuzz", "--seed", "5", "--only", "paths", "--only", "specs", "--minutes", "0.01"],
    )
    with pytest.raises(StopIteration):
        runner.main()
    said = capsys.readouterr().out
    assert said.count("ValueError") == 2, "alike within a target is told once"
    assert "again: python -m tests.fuzz --seed 5 --only specs --at 0" in said
    assert "hangs" in said
