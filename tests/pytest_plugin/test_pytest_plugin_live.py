"""The pytest plugin on a real kernel: one boot of User-Mode Linux, pytest in it as three users."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import pytest

import nldissect
from support import ROOT
from support.plugin import FILES, arguments
from support.uml import in_kernel, needs_kernel

pytestmark = [pytest.mark.slow, needs_kernel("setpriv")]

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
CLIENTS = """
import asyncio
import ctypes
import os
import socket
import struct
import subprocess

import pytest


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) & 3)


def add_link(name, port, bind):
    \"\"\"Sets every member of the header itself; the errno of the answer.\"\"\"
    body = bytes(16) + attribute(3, name + b"\\0") + attribute(18, attribute(1, b"dummy"))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asking:
        if bind:
            asking.bind((port, 0))
        asking.sendto(struct.pack("=IHHII", 16 + len(body), 16, 0x605, 77, port) + body, (0, 0))
        return struct.unpack_from("=i", asking.recv(8192), 16)[0]


def seen(cap, name):
    cap.expect("newlink", {"linkinfo.kind": "dummy"}, ifname=name, role="request").acked().times(1)
    with pytest.raises(AssertionError):
        cap.expect("newlink", ifname=name, role="request").never().check()


def test_clients_raw(netlink):
    with netlink.capture() as cap:
        assert add_link(b"raw0", os.getpid(), bind=True) == 0
    seen(cap, "raw0")
    cap.expect("newlink", process=os.getpid(), port=os.getpid(), sequence=77)


def test_clients_raw_unbound(netlink):
    with netlink.capture() as cap:
        assert add_link(b"raw1", os.getpid(), bind=False) == 0
    seen(cap, "raw1")


def test_clients_any_port(netlink):
    with netlink.capture() as cap:
        mine = {os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")
                if os.path.exists(f"/proc/self/fd/{fd}")}
        with open("/proc/net/netlink") as file:
            inodes = {line.split()[9] for line in file.readlines()[1:]}
        assert not {f"socket:[{inode}]" for inode in inodes} & mine
    assert len(cap) == 0


def test_clients_iproute2(netlink):
    with netlink.capture() as cap:
        subprocess.run(["ip", "link", "add", "ip0", "type", "dummy"], check=True)
    seen(cap, "ip0")


def test_clients_pyroute2(netlink):
    pyroute2 = pytest.importorskip("pyroute2")

    async def add():
        async with pyroute2.AsyncIPRoute() as ipr:
            await ipr.link("add", ifname="py1", kind="dummy")

    with netlink.capture() as cap:
        with pyroute2.IPRoute() as ipr:
            ipr.link("add", ifname="py0", kind="dummy")
        asyncio.run(add())
    seen(cap, "py0")
    seen(cap, "py1")


def test_clients_libnl(netlink):
    try:
        nl, route = ctypes.CDLL("libnl-3.so.200"), ctypes.CDLL("libnl-route-3.so.200")
    except OSError as problem:
        pytest.skip(str(problem))
    nl.nl_socket_alloc.restype = route.rtnl_link_alloc.restype = ctypes.c_void_p
    with netlink.capture() as cap:
        handle = ctypes.c_void_p(nl.nl_socket_alloc())
        assert nl.nl_connect(handle, socket.NETLINK_ROUTE) == 0
        link = ctypes.c_void_p(route.rtnl_link_alloc())
        route.rtnl_link_set_name(link, b"nl0")
        assert route.rtnl_link_set_type(link, b"dummy") == 0
        assert route.rtnl_link_add(handle, link, 0x400) == 0
        nl.nl_close(handle)
    seen(cap, "nl0")


def test_clients_skip(netlink, record_property):
    record_property("path", object)
    with netlink.capture():
        pytest.skip("not today")
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
export PYTEST_DISABLE_PLUGIN_AUTOLOAD=1  # others' plugins take four times as long to load as pytest
run() {{
    who=$1; shift
    export HERE={folder}/$who; mkdir -p $HERE
    "$@" {python} -m pytest {arguments} -v -rs --basetemp=$HERE/tmp --netlink-dir=$HERE/saved \\
        --netlink-report \\
        -k "$TESTS" tests alone >$HERE/out 2>&1
}}
cd {folder}
TESTS='inner or makes or clients' run root env
TESTS='clients' PYTEST_ADDOPTS='-n 2' run xdist \\
    setpriv --bounding-set -sys_admin --inh-caps -sys_admin
TESTS='not before and not itself and not makes and not clients' run user \\
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
    (tests / "test_clients.py").write_text(CLIENTS)
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
                *("-p", "xdist", "-p", "nldissect._internal.pytest_plugin.entry"),
                "--deselect",
                "tests/test_mkdummy.py::test_as_recorded",
                "--rootdir",
                str(folder),
            ]
        ),
    )
    done = in_kernel("bash", "-c", script, seconds=400)
    assert (folder / "nobody/out").exists(), done.stderr


def outcomes(text: str) -> dict[str, str]:
    """Outcome by test."""
    plain = re.findall(r"^\S+::(\w+) .*?(PASSED|FAILED|SKIPPED|ERROR)", text, re.M)
    parallel = re.findall(r"^\[gw\d\].* (PASSED|FAILED|SKIPPED|ERROR) \S+::(\w+)", text, re.M)
    return {**dict(plain), **{name: outcome for outcome, name in parallel}}


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

    for who in ("root", "xdist"):
        text = (tmp_path / who / "out").read_text()
        found = outcomes(text)
        clients = {name: found[name] for name in found if "_clients_" in name}
        skipped = {name for name in clients if clients[name] == "SKIPPED"}
        assert len(clients) == 7, text
        assert clients["test_clients_skip"] == "SKIPPED"
        assert skipped <= {"test_clients_skip", "test_clients_pyroute2", "test_clients_libnl"}
        assert {clients[name] for name in clients.keys() - skipped} == {"PASSED"}, text
        assert re.search(r"^SKIPPED \[1\] \S*test_clients.py:\d+: not today$", text, re.M)

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
    assert 'IFLA_IFNAME: "fig1"' in saved.with_suffix(".txt").read_text()
    messages = nldissect.open(saved)
    assert any(m.get("ifname") == "fig1" and m.link.role == "request" for m in messages)
    assert not (saved.parent.parent / "test_own_namespace").exists()
    # What other processes found set up they left alone.
    expected = ["session begins", "module begins", "plain", "module ends", "session ends"]
    assert (folder / "notes").read_text().splitlines()[:5] == expected
