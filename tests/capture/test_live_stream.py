"""tcpdump on a real nlmon, piped into `nldissect read -`, inside a kernel of its own."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from support import ROOT
from support.uml import in_kernel, needs_kernel

pytestmark = pytest.mark.slow


SCRIPT = """
export PYTHONPATH={root}:$PYTHONPATH
tcpdump -Z root -i nlmon0 -s 0 --immediate-mode -U -w - 2>{folder}/tcpdump |
    {python} -m nldissect read - >{folder}/shown &
until grep -q listening {folder}/tcpdump 2>/dev/null; do sleep 0.1; done
ip link add pear0 type dummy
for i in $(seq 100); do
    grep -q 'ack .*newlink' {folder}/shown && cp {folder}/shown {folder}/early && break
    sleep 0.1
done
ip link del pear0
sleep 1
pkill -INT tcpdump || kill -INT $(pidof tcpdump)
wait
"""


@needs_kernel("tcpdump")
def test_messages_appear_as_they_are_sent(tmp_path: Path) -> None:
    script = SCRIPT.format(
        root=shlex.quote(str(ROOT)),
        folder=shlex.quote(str(tmp_path)),
        python=shlex.quote(sys.executable),
    )
    done = in_kernel("bash", "-c", script)
    assert done.returncode == 0, done.stderr
    early = (tmp_path / "early").read_text(encoding="utf-8")
    assert "→ route     newlink    pear0 kind dummy" in early
    assert "dellink" not in early  # it was read before that was sent
    shown = (tmp_path / "shown").read_text(encoding="utf-8")
    assert shown.startswith(early)
    assert "→ route     dellink    pear0" in shown
