"""`nldissect extcap`: what Wireshark is told, and tshark capturing by it in a kernel of its own."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import ROOT
from support.command import Command


def test_what_wireshark_asks(run: Command) -> None:
    listed = run("extcap", "--extcap-interfaces", "--extcap-version=4.0").lines
    assert listed[1] == "interface {value=nldissect}{display=netlink (nldissect)}"
    links = run("extcap", "--extcap-dlts", "--extcap-interface", "nldissect").out
    assert links == "dlt {number=253}{name=NETLINK}{display=Netlink}\n"
    config = run("extcap", "--extcap-config", "--extcap-interface", "nldissect").lines
    assert [line.split("}")[1] for line in config] == [
        "{call=--netns",
        "{call=--join",
        "{call=--filter",
        "{call=--no-prime",
    ]


def test_a_capture_filter_is_judged(run: Command) -> None:
    asked = ("extcap", "--extcap-interface", "nldissect", "--extcap-capture-filter")
    assert run(*asked, "type == newlink").status == 0
    ran = run(*asked, "typ ==")
    assert ran.status == 2
    assert "filter" in ran.err


def test_errors_of_use(run: Command) -> None:
    for arguments, says in [((), "--install"), (("--capture",), "--fifo")]:
        ran = run("extcap", *arguments)
        assert ran.status == 2
        assert says in ran.err


NEEDED = ("linux.uml", "tshark", "dumpcap", "insmod", "ip")
MISSING = [tool for tool in NEEDED if shutil.which(tool, path="/usr/bin:/usr/sbin:/sbin") is None]

# What is installed goes into a file system of that kernel, none of this machine's.
SCRIPT = """
export PYTHONPATH={root}:$PYTHONPATH
cd {folder}
extcap=$(tshark -G folders 2>/dev/null | sed -n 's/^Extcap path:[[:space:]]*//p')
mount -t tmpfs tmpfs "$extcap"
{python} -m nldissect extcap --install >installed
tshark -D >listed 2>/dev/null
{python} -m nldissect extcap --uninstall && {python} -m nldissect extcap --install
tshark -i nldissect -o "extcap.nldissect.filter:type == newlink" \
    -w made.pcapng 2>said &
change() {{  # by a process whose name is known by the time of its second request
    (echo link add pear0 type dummy; sleep 2; echo link set pear0 up; sleep 1) | ip -batch -
    ip link del pear0
}}
for i in $(seq 20); do  # until it has begun
    change
    grep -q pear0 made.pcapng 2>/dev/null && break
done
change
sleep 1
pkill -INT -x tshark
wait
for i in $(seq 40); do
    pgrep -f 'extcap-interface[ ]nldissect' >left || break
    sleep 0.5
done
{python} -m nldissect extcap --uninstall >gone
"""


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")
def test_tshark_captures_by_it(tmp_path: Path) -> None:
    script = SCRIPT.format(
        root=shlex.quote(str(ROOT)),
        folder=shlex.quote(str(tmp_path)),
        python=shlex.quote(sys.executable),
    )
    command = [str(ROOT / "tests/tools/uml-run"), "-t", "140", "-k", "dummy", "--", "bash", "-c"]
    done = subprocess.run([*command, script], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert "nldissect (netlink (nldissect))" in (tmp_path / "listed").read_text()
    made = tmp_path / "made.pcapng"
    shown = subprocess.run(
        [sys.executable, "-m", "nldissect", "read", str(made)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert " dellink " not in shown
    assert "newlink    pear0 kind dummy" in shown, (tmp_path / "said").read_text()
    comments = subprocess.run(
        ["tshark", "-r", str(made), "-T", "fields", "-e", "frame.comment"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "ip[" in comments
    assert (tmp_path / "left").read_text() == ""
    assert "is gone" in (tmp_path / "gone").read_text()
