"""What the commands cost grows with their input, never with its square."""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path

import pytest

import nldissect
from support import ROOT

sys.path.append(str(ROOT / "tests" / "benchmarks"))

import recordings

pytestmark = pytest.mark.slow

MOST = 9  # times as long for four times as much, of which a square takes 16


def spent(action) -> float:
    """Seconds of CPU."""
    start = time.process_time()
    action()
    return time.process_time() - start


def grows(action, few: Path, many: Path, least: float) -> None:
    """Holds the cost of four times as much against that of a part: at best in a few runs."""
    gc.collect()
    gc.freeze()  # going through what other tests left behind is no part of it
    try:
        small = large = float("inf")
        for _ in range(3):
            small = min(small, spent(lambda: action(few)))
            large = min(large, spent(lambda: action(many)))
            if large < MOST * max(small, least):
                return
    finally:
        gc.unfreeze()
    pytest.fail(f"{small:.3f} s for a fourth, {large:.3f} s for the whole")


@pytest.mark.parametrize("words", [
    ["read"], ["read", "-V"], ["read", "-T", "jsonl"], ["read", "-T", "build"], ["check"],
    ["read", "-Y", "mtu > 5 or linkinfo.kind"], ["stats"],
], ids=" ".join)  # fmt: skip
@pytest.mark.parametrize("shape", list(recordings.RECORDS))
def test_a_crowded_record(run, tmp_path: Path, shape: str, words: list[str]) -> None:
    function, count = recordings.RECORDS[shape]
    small, large = tmp_path / "small.pcap", tmp_path / "large.pcap"
    recordings.write(small, function(count // 32))
    recordings.write(large, function(count // 8))
    run(*words, small)  # what is made once
    grows(lambda path: run(*words, path), small, large, 0.005)


@pytest.mark.parametrize("shape", ["messages", "equal-seq"])
def test_an_index_asked_for_everything(tmp_path: Path, shape: str) -> None:
    """Messages of a record that has many, transactions that all last to the end."""
    function = (recordings.RECORDS | recordings.SHAPES)[shape][0]

    def ask(path: Path) -> None:
        with nldissect.open(str(path)) as capture:
            assert len([message.type for message in capture]) == len(capture)
            assert all(found.state for found in capture.transactions)

    paths = [tmp_path / "small.pcap", tmp_path / "large.pcap"]
    for path, count in zip(paths, (1000, 4000), strict=True):
        recordings.write(path, function(count))
    ask(paths[0])
    grows(ask, *paths, 0)


@pytest.mark.parametrize(
    "piece",
    [
        "14 ", "14", "\\x", '"', "'", "[", "{0x", "(1,", "\\", "0x", "/*", "//", "*\n", "0000: ",
        "1,", "'\\'", "-- BEGIN NETLINK MESSAGE\n", "[ATTR 1] 9 octets\n", '"a" ', "[1.1] ", "<a>:",
        "'a',", "b''", "#\n", "[ 12.5", "ffff ", "0000 ", "\u00e9", "(int)", "ffff <", " ", "a b ",
        "14000000120001030100000000000000110000000", "\n00000000: 14", "\n", "\t", "kernel: ",
        "sendto(", "1 ", "hello ",
    ],
)  # fmt: skip
def test_text_that_is_pasted(run, tmp_path: Path, piece: str) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    for path, size in ((small, 12_500), (large, 50_000)):
        path.write_text(piece * (size // len(piece)), encoding="utf-8")
    grows(lambda path: run("decode", f"@{path}"), small, large, 0.01)
