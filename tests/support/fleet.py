"""Captures of a fleet of hosts: recordings of captures/ with other hosts, kernels and times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from nldissect._internal.capture.reader import PcapngWriter, open_capture
from support.messages import RECORDINGS

KERNELS = ("Linux 5.10.0-30-amd64", "Linux 6.1.0-25-amd64", "Linux 6.12.9-1")
DAY = 86_400 * 10**9
DATES = ("2026-11-20", "2026-11-21", "2026-11-22")
START = 1_795_132_800 * 10**9  # the first of these


class FleetCapture(NamedTuple):
    """One capture: where it is, what it was made of, whose it says it is."""

    path: Path
    recording: Path
    host: str
    kernel: str


def fleet(folder: Path, recordings: Sequence[str], count: int) -> Iterator[FleetCapture]:
    """Writes so many captures, `date=DATE/host=NAME/NUMBER.pcapng`, each of the next recording.

    Hosts take turns, as many as there are recordings and one more, so that each has others; the
    kernel is the host's. A capture begins at its own minute of a day.
    """
    hosts = len(recordings) + 1
    for number in range(count):
        recording = RECORDINGS / f"{recordings[number % len(recordings)]}.pcap"
        name, day = f"web{number % hosts}", number % len(DATES)
        kernel = KERNELS[number % hosts % len(KERNELS)]
        path = folder / f"date={DATES[day]}" / f"host={name}" / f"{number:05}.pcapng"
        path.parent.mkdir(parents=True, exist_ok=True)
        begin = START + day * DAY + number % 1440 * 60 * 10**9
        _write(path, recording, kernel, begin)
        yield FleetCapture(path, recording, name, kernel)


def _write(path: Path, recording: Path, kernel: str, begin: int) -> None:
    """Writes a recording again, as of this kernel and from this time on (ns)."""
    with path.open("wb") as stream:
        writer, since = PcapngWriter(stream), None
        for record in open_capture(str(recording)):
            time = record.time
            assert time is not None
            since = time if since is None else since
            record.time = time - since + begin
            record.interface.os = kernel
            writer.write(record)
        writer.finish()
