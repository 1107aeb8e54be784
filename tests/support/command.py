"""What the tests of the command share: running it, and building messages byte by byte."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nldissect._internal.cli import main
from support import ROOT
from support.capture_files import netlink, padded, pcap

CAPTURES = sorted(
    path for path in (ROOT / "captures").glob("**/*") if path.suffix in (".pcap", ".pcapng")
)
ROUTE, GENERIC = 0, 16
NEWLINK, GETLINK = 16, 18
IFNAME, MTU, UNKNOWN = 3, 4, 9999


@dataclass
class Ran:
    """What a run of the command gave."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


class Command:
    """Runs `nldissect` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Ran:
        self._capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        out, err = self._capsys.readouterr()
        return Ran(status, out, err)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


def start(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """Starts `nldissect` as a process of its own."""
    environment = {**os.environ, "PYTHONWARNINGS": "error", **options.pop("env", {})}
    return subprocess.Popen(
        [sys.executable, "-m", "nldissect", *map(str, arguments)],
        stdin=options.pop("stdin", subprocess.DEVNULL),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        **options,
    )


def attribute(number: int, payload: bytes) -> bytes:
    return padded(struct.pack("<HH", len(payload) + 4, number) + payload)


def message(
    kind: int, payload: bytes = b"", flags: int = 0, sequence: int = 1, port: int = 0
) -> bytes:
    return struct.pack("<IHHII", len(payload) + 16, kind, flags, sequence, port) + payload


def link(*attributes: bytes, index: int = 2, kind: int = NEWLINK, **header: int) -> bytes:
    """RTM_NEWLINK or the like with struct ifinfomsg in front of the attributes."""
    return message(kind, struct.pack("<BxHiII", 0, 1, index, 1, 0) + b"".join(attributes), **header)


def name(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return attribute(IFNAME, raw + b"\0")


def mtu(value: int) -> bytes:
    return attribute(MTU, struct.pack("<I", value))


def open_to_all(folder: Path) -> None:
    """Lets nobody in, too, as far as the folders above do not yet."""
    for above in (folder, *folder.parents):
        mode = above.stat().st_mode
        if mode & 0o055 != 0o055:
            above.chmod(mode | 0o055)


def save(path: Path, *datagrams: bytes, protocol: int = ROUTE, step: int = 1000) -> Path:
    """A pcap of these datagrams, `step` microseconds apart, from 2026-01-02 03:04:05 UTC on."""
    packets = []
    for i, data in enumerate(datagrams):
        packet = netlink(protocol, data)
        seconds, rest = divmod(1767323045 * 10**6 + i * step, 10**6)
        packets.append((seconds, rest, packet, len(packet)))
    path.write_bytes(pcap(packets))
    return path
