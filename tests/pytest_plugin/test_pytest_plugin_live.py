"""The pytest plugin on a real kernel: one boot of User-Mode Linux, pytest in it as three users."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nldissect
from support import ROOT
from support.plugin import FILES, arguments

NEEDED = ("linux.uml", "insmod", "ip", "setpriv")
MISSING = [tool for tool in NEEDED if shutil.which(tool, path="/usr/bin:/usr/sbin:/sbin") is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(MISSING), reason=f"needs {', '.join(MISSING)} (user-mode-linux, kmod, iproute2...)"
    ),
]

INNER = """
import os
import socket
import subprocess

import pytest

HERE = os.environ["HERE"]


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, check=False)


def note(text):
    with open(f"{HERE}/notes", "a") as file:
        print(text, file=file)


@pytest.fixture(scope="session", autouse=True)
def session():
    note("session begins")
    yield
    note("session ends")


@pytest.fixture(scope="module")
def module():
    note("module begins")
    yield
    note("module ends")


def test_plain(module):
    note("plain")


def test_own_namespace(netlink, module):
    ip("link", "add", "outside0", "type", "dummy")
    with netlink.capture() as cap:
        assert [name for _, name in socket.if_nameindex()] == ["lo", cap.interface]
        assert os.geteuid() == 0
        ip("link", "add", "fig0", "type", "dummy")
        socket.create_server(("127.0.0.1", 0)).close()
    assert "fig0" not in [name for _, name in socket.if_nameindex()]
    cap.expect("newlink", ifname="fig0", role="request").acked().times(1)
    cap.expect("newlink", ifname="outside0").never()
    assert cap[0].operation == "rt-link.getlink"  # if_nameindex


def test_expected_before(netlink):
    with netlink.capture() as cap:
        cap.expect("newlink", ifname="late0").acked().within(20)
        cap.expect("dellink").never().within(0.3)
        command = "sleep 0.5; ip link add late0 type dummy"
        subprocess.Popen(["sh", "-c", command])
        early = cap.expect("newlink", ifname="late0").within(20).message
        assert early["linkinfo.kind"] == "dummy"
        assert len(cap.transactions) >= 1


def test_failing(netlink, module):
    with netlink.capture() as cap:
        ip("link", "add", "fig1", "type", "dummy")
        cap.expect("newlink", ifname="fig0").acked()
        cap.expect("newlink", mtu=77).within(0.2)


def test_failing_by_itself(netlink):
    with netlink.capture():
        ip("link", "show")
        raise KeyError("mine")
"""
ALONE = """
import os

def test_dies(netlink):
    os.kill(os.getpid(), 9)

def test_here(netlink):
    with netlink.capture(here=True) as cap:
        os.system("ip link show lo >/dev/null")
    cap.expect("getlink").replied("newlink", ifname="lo")

def test_after():
    pass
"""
SCRIPT = """
export PYTHONPATH={root}:$PYTHONPATH NLDISSECT_CACHE={cache}
run() {{
    who=$1; shift
    export HERE={folder}/$who; mkdir -p $HERE
    "$@" {python} -m pytest {arguments} -v -rs --basetemp=$HERE/tmp --netlink-dir=$HERE/saved \\
        -k "$TESTS" tests alone >$HERE/out 2>&1
}}
cd {folder}
TESTS='inner or makes' run root env
TESTS='not before and not itself and not makes' run user \\
    setpriv --bounding-set -sys_admin --inh-caps -sys_admin
echo 0 >/proc/sys/user/max_user_namespaces
TESTS='makes or here' run nobody \\
    setpriv --bounding-set -sys_admin,-net_raw --inh-caps -sys_admin,-net_raw
"""


def run(folder: Path) -> None:
    """Lets pytest run in a kernel of its own; leaves what it said in the folders of the users."""
    tests = folder / "tests"
    tests.mkdir()
    (folder / "alone").mkdir()
    (folder / "alone/test_alone.py").write_text(ALONE)
    (tests / "test_inner.py").write_text(INNER)
    for name in ("mkdummy.py", "test_mkdummy.py"):
        (tests / name).write_text(FILES[name])
    script = SCRIPT.format(
        root=shlex.quote(str(ROOT)),
        folder=shlex.quote(str(folder)),
        cache=shlex.quote(os.environ["NLDISSECT_CACHE"]),
        python=shlex.quote(sys.executable),
        arguments=shlex.join(
            [
                *arguments(),
                "--deselect",
                "tests/test_mkdummy.py::test_as_recorded",
                "--rootdir",
                str(folder),
            ]
        ),
    )
    command = [str(ROOT / "tests/tools/uml-run"), "-t", "200", "-k", "dummy", "--", "bash", "-c"]
    done = subprocess.run([*command, script], capture_output=True, text=True, timeout=250)
    assert (folder / "nobody/out").exists(), done.stderr


def outcomes(text: str) -> dict[str, str]:
    """Outcome by test."""
    return dict(re.findall(r"^\S+::(\w+) .*?(PASSED|FAILED|SKIPPED|ERROR)", text, re.M))


BOTH = {"test_own_namespace": "PASSED", "test_failing": "FAILED", "test_plain": "PASSED"}


def test_on_a_real_kernel(tmp_path: Path) -> None:
    """One test, since parallel runs would boot the kernel for each of several."""
    run(tmp_path)
    for who in ("root", "user"):
        live(tmp_path / who)
    text = (tmp_path / "root/out").read_text()
    found = outcomes(text)
    assert found["test_makes_a_dummy"] == "PASSED"  # of docs/testing.md
    assert found["test_expected_before"] == "PASSED"
    assert found["test_failing_by_itself"] == "FAILED"
    assert "KeyError: 'mine'" in text
    assert (tmp_path / "root/saved/tests/test_inner.py/test_failing_by_itself").is_dir()

    text = (tmp_path / "user/out").read_text()
    found = outcomes(text)
    assert found["test_dies"] == "FAILED"
    assert "the process of this test ended by signal 9" in text
    assert found["test_here"] == found["test_after"] == "PASSED"

    text = (tmp_path / "nobody/out").read_text()
    found = outcomes(text)
    assert found["test_makes_a_dummy"] == found["test_here"] == "SKIPPED"
    assert "no network namespace of its own: No space left on device; run pytest as root" in text
    assert "user.max_user_namespaces" in text
    assert "needs CAP_NET_RAW" in text  # of test_here


def live(folder: Path) -> None:
    """What holds for root and for who has to become it."""
    text = (folder / "out").read_text()
    found = outcomes(text)
    assert {name: found.get(name) for name in BOTH} == BOTH, text
    assert 'cap.expect("newlink", ifname="fig0").acked()' in text
    assert "ifname: expected 'fig0'" in text
    assert "found 'fig1' at offset 32: 09 00 03 00 66 69 67 31 00" in text
    assert "newlink with mtu=77, within 0.2 s; none found" in text
    saved = folder / "saved/tests/test_inner.py/test_failing/capture.pcapng"
    assert f"saved to {saved} (" in text
    messages = nldissect.open(saved)
    assert any(m.get("ifname") == "fig1" and m.link.role == "request" for m in messages)
    assert not (saved.parent.parent / "test_own_namespace").exists()
    # What other processes found set up they left alone.
    expected = ["session begins", "module begins", "plain", "module ends", "session ends"]
    assert (folder / "notes").read_text().splitlines()[:5] == expected
