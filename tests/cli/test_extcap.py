"""`nldissect extcap`: what Wireshark is told, and tshark capturing by it in a kernel of its own."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from support import ROOT
from support.command import Command
from support.uml import in_kernel, needs_kernel


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


def test_errors_of_use(run: Command, tmp_path: Path) -> None:
    capture = ("--capture", "--fifo", str(tmp_path / "pipe"))
    for arguments, says in [
        ((), "--install"),
        (("--capture",), "--fifo"),
        ((*capture, "--filter", "typ =="), "filter"),
    ]:
        ran = run("extcap", *arguments)
        assert ran.status == 2
        assert says in ran.err


# What is installed goes into a file system of that kernel, none of this machine's. tshark takes ten
# seconds to start there, so each start tries several things.
SCRIPT = """
export PYTHONPATH={root}:$PYTHONPATH
cd {folder}
mount -t tmpfs tmpfs {extcap}; mount -t tmpfs tmpfs /run
{python} -m nldissect extcap --install >installed
{python} -m nldissect extcap --install  # again
change() {{  # by a process that lives long enough to be named on a busy machine
    (echo link add pear0 type dummy; sleep 0.5; echo addr add 192.0.2.9/24 dev pear0; sleep 0.5
     echo link del pear0) | ip $* -batch -
}}
capture() {{ # name, options of ip, options of tshark
    name=$1; shift; where=$1; shift
    tshark -i nldissect "$@" -w $name.pcapng 2>$name.said & tshark=$!
    until grep -q "Capture started" $name.said; do kill -0 $tshark || return; sleep 0.2; done
    for i in $(seq 40); do  # until it hears
        change $where
        grep -q pear0 $name.pcapng && break
    done
    sleep 1
    pkill -INT -x tshark
    wait $tshark; echo $? >$name.status
}}
ip netns add blue
capture filtered "" -o "extcap.nldissect.filter:type == newlink"
capture asked "-n blue" -f "type != newaddr" -o extcap.nldissect.netns:blue \
    -o extcap.nldissect.join:ipv4-ifaddr,link -o extcap.nldissect.noprime:true
tshark -i nldissect -o extcap.nldissect.netns:nosuch -w wrong.pcapng 2>wrong.said
echo $? >wrong.status
for i in $(seq 40); do
    pgrep -f 'extcap-interface[ ]nldissect' >left || break
    sleep 0.5
done
{python} -m nldissect extcap --uninstall >gone
"""


def shown(path: Path, *options: str) -> list[str]:
    """What nldissect says of a file that tshark wrote."""
    command = [sys.executable, "-m", "nldissect", "read", *options, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.slow
@needs_kernel("tshark", "dumpcap")
def test_tshark_captures_by_it(tmp_path: Path) -> None:
    listed = subprocess.run(["tshark", "-G", "folders"], capture_output=True, text=True, check=True)
    (extcap,) = re.findall(r"^Extcap path:\s*(.*)", listed.stdout, re.M)
    script = SCRIPT.format(
        root=shlex.quote(str(ROOT)),
        folder=shlex.quote(str(tmp_path)),
        python=shlex.quote(sys.executable),
        extcap=shlex.quote(extcap),
    )
    done = in_kernel("bash", "-c", script, seconds=590)
    assert done.returncode == 0, done.stderr
    said = (tmp_path / "filtered.said").read_text()
    lines = shown(tmp_path / "filtered.pcapng")
    assert any("newlink    pear0 kind dummy" in line for line in lines), said
    assert not any(" dellink " in line or " newaddr " in line for line in lines)
    assert any(" getfamily " in line for line in shown(tmp_path / "filtered.pcapng", "--own"))
    comments = subprocess.run(
        ["tshark", "-r", tmp_path / "filtered.pcapng", "-T", "fields", "-e", "frame.comment"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "ip[" in comments
    # In another namespace, what groups are told beside what is asked; nothing is primed.
    asked = [" ".join(line.split()[2:5]) for line in shown(tmp_path / "asked.pcapng", "--own")]
    assert {"\N{RIGHTWARDS ARROW} route newlink", "\N{LEFTWARDS ARROW} route dellink"} <= set(asked)
    assert not any(" newaddr" in line or " getfamily" in line for line in asked)
    said = (tmp_path / "wrong.said").read_text()
    assert "there is no network namespace 'nosuch'" in said
    assert "Traceback" not in said
    assert (tmp_path / "wrong.status").read_text() == "1\n"
    assert (tmp_path / "left").read_text() == ""
    assert "is gone" in (tmp_path / "gone").read_text()
