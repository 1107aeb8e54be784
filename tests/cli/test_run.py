"""`nldissect run`: by strace on this machine, by both ways in a kernel that has nlmon."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nldissect._internal.capture.live import privileges
from nldissect._internal.cli import run_command
from support import ROOT
from support.command import open_to_all
from support.nobody import as_nobody
from support.uml import in_kernel, needs_kernel

pytestmark = pytest.mark.slow


in_scenes = needs_kernel("strace", "setpriv")
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")

# Asks for lo through one socket and for what is not there through another, in this order.
TALK = """
import os, socket, struct
def opened():
    made = socket.socket(16, 3, 0)
    made.bind((0, 0))
    return made
def link(index, seq):
    return struct.pack("=IHHII", 32, 18, 1, seq, 0) + struct.pack("=BBHiII", 0, 0, 0, index, 0, 0)
one, two = opened(), opened()
one.send(link(1, 7)); two.send(link(9999, 7))
two.recv(65536); one.recv(65536)
"""


def nldissect(*words: object, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nldissect", "run", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        **settings,
    )  # type: ignore[call-overload]


# -- by strace, here ----------------------------------------------------------------------


@needs_strace
def test_the_command_s_conversation_and_status(tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    done = nldissect(
        "--strace",
        "-T",
        "jsonl",
        "-o",
        shown,
        "--",
        "sh",
        "-c",
        f"{shlex.quote(sys.executable)} -c {shlex.quote(TALK)}; echo out; echo err >&2; exit 7",
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err\n")
    got = [json.loads(line) for line in shown.read_text().splitlines()]
    assert [(o["operation"], o.get("answers")) for o in got] == [
        ("getlink", None),
        ("getlink", None),
        ("error", 2),
        ("newlink", 1),
    ]
    name = os.path.basename(sys.executable)
    assert [o["process"]["pid"] > 1 for o in got] == [True] * 4
    assert all(o["process"]["name"].startswith(name[:6]) for o in got)
    assert len({o["process"]["pid"] for o in got}) == 1


@needs_strace
def test_after_and_during_show_the_same(tmp_path: Path) -> None:
    out = []
    for extra in ([], ["--after"]):
        done = nldissect(
            "--strace",
            "-T",
            "fields",
            "-e",
            "operation",
            "-e",
            "answers",
            *extra,
            "-w",
            tmp_path / "kept.pcapng",
            "--",
            sys.executable,
            "-c",
            TALK,
        )
        assert done.returncode == 0, done.stderr
        out.append(done.stdout)
    assert out[0] == out[1] == "getlink\t\ngetlink\t\nerror\t2\nnewlink\t1\n"
    kept = subprocess.run(
        [
            sys.executable,
            "-m",
            "nldissect",
            "read",
            "-T",
            "fields",
            "-e",
            "operation",
            "-e",
            "process",
            tmp_path / "kept.pcapng",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    assert [line.partition("\t")[0] for line in kept.splitlines()] == [
        "getlink",
        "getlink",
        "error",
        "newlink",
    ]
    assert "python" in kept  # whose the sockets are is kept


@needs_strace
@pytest.mark.parametrize(
    ("command", "status"),
    [(["true"], 0), (["sh", "-c", "exit 3"], 3), (["sh", "-c", "kill -TERM $$"], 143),
     (["sh", "-c", "(exit 5) & wait $!"], 5)],
)  # fmt: skip
def test_the_exit_status_is_the_command_s(command: list[str], status: int) -> None:
    assert nldissect("--strace", "--", *command).returncode == status


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    done = nldissect("--", "no-such-command")
    assert done.returncode == 127
    assert done.stderr == "nldissect: no-such-command: command not found\n"
    (tmp_path / "file").write_text("")
    done = nldissect("--", tmp_path / "file")
    assert (done.returncode, done.stderr) == (
        126,
        f"nldissect: {tmp_path / 'file'}: cannot be executed\n",
    )
    done = nldissect()
    assert done.returncode == 2
    assert done.stderr.startswith("nldissect: run: which command?")


@needs_strace
def test_standard_input_is_the_command_s() -> None:
    done = nldissect("--strace", "--", "cat", input="words\n")
    assert (done.returncode, done.stdout) == (0, "words\n")


@needs_strace
def test_signals_reach_the_command_and_what_is_left_over_does_not_hold() -> None:
    command = [sys.executable, "-m", "nldissect", "run", "--strace", "--"]
    for number, text, status in (
        (signal.SIGTERM, "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done", 9),
        (signal.SIGINT, "trap 'exit 8' INT; echo ready; while :; do sleep 0.1; done", 8),
        (signal.SIGTERM, "sleep 60 >/dev/null 2>&1 & echo ready; exit 3", 3),
    ):
        process = subprocess.Popen(
            [*command, "sh", "-c", text], stdout=subprocess.PIPE, cwd=ROOT, start_new_session=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.3)
        process.send_signal(number)
        assert process.wait(20) == status


@needs_strace
def test_a_signal_while_strace_begins_ends_it(tmp_path: Path) -> None:
    """Nothing runs on, and strace still finds its pipe: one that has not opened it yet."""
    strace, told = tmp_path / "strace", tmp_path / "told"
    strace.write_text(
        f'#!/bin/sh\ncase "$*" in *-V|*trace=none*) exit 0;; esac\necho $$ "$@" >{told}.part\n'
        f"mv {told}.part {told}\nexec sleep 60\n"
    )
    strace.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "TMPDIR": str(tmp_path),
    }
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *sys.path])
    words = [sys.executable, "-m", "nldissect", "run", "--", "true"]
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE) as process:
        while not told.exists():
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert not Path("/proc", told.read_text().split()[0]).exists()
    assert not list(tmp_path.glob("nldissect-*"))


def test_when_nobody_reads_any_more_the_command_goes_on(tmp_path: Path) -> None:
    script = f"{shlex.quote(sys.executable)} -m nldissect run --strace -V -- sh -c "
    talk = f"for i in 1 2 3 4 5 6; do {shlex.quote(sys.executable)} -c {shlex.quote(TALK)}; done; "
    inner = shlex.quote(talk + f"echo done >{tmp_path}/end")
    done = subprocess.run(
        ["sh", "-c", f"{script}{inner} | head -1"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""
    assert (tmp_path / "end").read_text() == "done\n"


@needs_strace
def test_the_limit_does_not_stop_the_command() -> None:
    done = nldissect(
        "--strace",
        "-c",
        "1",
        "--",
        "sh",
        "-c",
        f"{shlex.quote(sys.executable)} -c {shlex.quote(TALK)}; exit 4",
    )
    assert done.returncode == 4
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("words", [
    "ip netns exec blue ip link", "ip -n blue link", "bridge -netns blue link",
    "tc -n blue qdisc", "nsenter --net=/run/netns/blue ip link", "ip -n 1 link", "ip -n green link",
    "nsenter -t 1 -n ip link", "ip link", "ip -n",
])  # fmt: skip
def test_a_namespace_that_the_words_name(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those that there are."""
    monkeypatch.setattr(privileges, "namespace_number", lambda name: int(name == "blue"))
    found = run_command.entered_at_once(words.split())
    assert found == ("blue" if "blue" in words else None)


# -- both ways, in a kernel of its own -------------------------------------------------------

SCENES = r"""
export PYTHONPATH={path} NLDISSECT_CACHE={folder}/cache
cd {folder}
run() {{ {python} -m nldissect run "$@"; }}
fields="-T fields -e operation -e error_name -e linkinfo.kind -e ifname -e answers"
ip link show lo >/dev/null
# Somebody else talks all the time.
(while :; do ip link show lo >/dev/null; sleep 0.02; done) & noise=$!
command='ip link add pear0 type dummy; (ip link show no0) 2>/dev/null; ip link del pear0; exit 7'
run $fields -o nlmon -- sh -c "$command" 2>nlmon.err; echo $? >nlmon.status
kill $noise; wait $noise 2>/dev/null
run --strace $fields -o strace -- sh -c "$command" 2>strace.err; echo $? >strace.status
run --nlmon $fields -o two.nlmon -- {python} {folder}/talk.py
for way in nlmon strace; do
    run --$way -T fields -e operation -o heard.$way -w heard.$way.pcapng -- sh -c '
        ip monitor link >monitor & m=$!
        until grep -q 00000000 /proc/net/netlink && grep -q "^[^ ]* 0 *$m " /proc/net/netlink
        do :; done; sleep 0.2
        ip link add plum0 type dummy; ip link del plum0; sleep 0.3; kill $m; wait $m; exit 0'
    cp monitor monitor.$way
done
mkdir bin; ln -s $(command -v sh) $(command -v ip) bin
PATH={folder}/bin run $fields -o nlmon.alone -- sh -c "$command" 2>alone.err
echo $? >alone.status
ip -o link show type nlmon >nlmons
mount -t tmpfs tmpfs /run; ip netns add blue
n=0
for words in "ip netns exec blue ip link show lo" "ip link show lo" \
    "sh -c 'ip -n blue link show lo'"; do
    n=$((n + 1)); eval run --nlmon -o namespace$n -- $words >/dev/null 2>namespace$n.err
done
run -o namespace5 -- unshare -mn ip link show lo >/dev/null 2>namespace5.err
ln -s $(command -v sleep) $(command -v unshare) bin
PATH={folder}/bin run -o alone -- unshare -n sh -c 'sleep 0.2; ip link show lo' \
    >/dev/null 2>namespace4.err
run --netns blue $fields -o blue -- ip netns exec blue ip link add plum7 type dummy 2>blue.err
run --join link -T fields -e group -e operation -e ifname -o joined -- ip link add plum8 type dummy
run -w touched.pcapng -o touched -- ip tcp_metrics show
run -w nothing.pcapng -o nothing -- true
run --join nosuch -- true 2>nosuch.err; echo $? >nosuch.status
export TMPDIR=/dev/shm NLDISSECT_CACHE=/dev/shm/cache  # whose owners are the guest's own
{as_nobody}
nobody="$nobody -m nldissect run"
$nobody -T fields -e operation -o /dev/shm/nobody -- ip link show lo 2>nobody.err
echo $? >nobody.status
cp /dev/shm/nobody .
$nobody --nlmon -- ip link show lo 2>refused.err; echo $? >refused.status
PATH={folder}/bin $nobody -- ip link show lo 2>neither.err; echo $? >neither.status
"""


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    open_to_all(folder)
    (folder / "talk.py").write_text(TALK)
    script = SCENES.format(
        folder=shlex.quote(str(folder)),
        python=shlex.quote(sys.executable),
        as_nobody=as_nobody(),
        path=shlex.quote(os.pathsep.join([str(ROOT), *sys.path])),
    )
    done = in_kernel("sh", "-c", script, seconds=400)
    (folder / "stderr").write_text(done.stderr)
    assert done.returncode == 0, done.stderr
    return folder


@in_scenes
def test_both_ways_show_the_same(scenes: Path) -> None:
    """While another process talks without pause, which must not be seen."""
    got = (scenes / "strace").read_text()
    assert re.sub(r"\t\d+$", "\t", got, flags=re.M) == re.sub(
        r"\t\d+$", "\t", (scenes / "nlmon").read_text(), flags=re.M
    )
    rows = [line.split("\t") for line in got.splitlines()]
    assert [row[:2] for row in rows if row[1]].count(["error", "ENODEV"]) >= 2
    assert ["newlink", "", "dummy", "pear0"] in [row[:4] for row in rows]
    assert rows[-1][0] == "ack"
    assert "\tlo\t" not in got
    assert (scenes / "nlmon.status").read_text() == "7\n"
    assert (scenes / "strace.status").read_text() == "7\n"
    assert (scenes / "strace.err").read_text() == ""


@in_scenes
def test_without_strace_nlmon_alone_does_it(scenes: Path) -> None:
    alone, both = (scenes / "nlmon.alone").read_text(), (scenes / "strace").read_text()
    assert [line.split("\t")[:4] for line in alone.splitlines()] == [
        line.split("\t")[:4] for line in both.splitlines()
    ]
    assert (scenes / "alone.status").read_text() == "7\n"
    assert len((scenes / "nlmons").read_text().splitlines()) == 1  # the one that was there


@in_scenes
def test_another_network_namespace_is_heard_or_who_enters_it_is_named(scenes: Path) -> None:
    told = "went on in another network namespace, of which nothing is shown: `run --strace` shows"
    said = (scenes / "namespace1.err").read_text()
    assert said == "nldissect: listening in network namespace blue\n"
    assert " newlink    lo <LOOPBACK" in (scenes / "namespace1").read_text()
    said = (scenes / "namespace5.err").read_text()
    assert said.startswith("nldissect: unshare makes a network namespace; tracing")
    assert " newlink    lo <LOOPBACK> " in (scenes / "namespace5").read_text()
    for number in (3, 4):
        said = (scenes / f"namespace{number}.err").read_text()
        assert told in said, number
        assert said.count("\n") == 1
    assert (scenes / "namespace2.err").read_text() == ""
    rows = [line.split("\t")[:4] for line in (scenes / "blue").read_text().splitlines()]
    assert ["newlink", "", "dummy", "plum7"] in rows
    assert (scenes / "blue.err").read_text() == ""


@in_scenes
def test_a_file_keeps_of_what_was_asked_first_what_the_command_touched(scenes: Path) -> None:
    def rows(*options: str) -> list[list[str]]:
        fields = ("message", "operation", "family", "ifname")
        wanted = [word for field in fields for word in ("-e", field)]
        words = ["-T", "fields", *wanted, *options, str(scenes / "touched.pcapng")]
        done = subprocess.run(
            [sys.executable, "-m", "nldissect", "read", *words],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        return [line.split("\t") for line in done.stdout.splitlines()]

    shown = rows()
    assert [row[0] for row in shown] == [str(number) for number in range(1, len(shown) + 1)]
    assert ["get", "tcp_metrics"] in [row[1:3] for row in shown]
    asked = rows("--own")[len(shown) :]
    assert {row[1] for row in asked} <= {"newfamily", "getpolicy", "newlink"}
    assert [row[1] for row in asked].count("newfamily") == 2  # that family, and nlctrl
    assert (scenes / "nothing.pcapng").stat().st_size < 200


@in_scenes
def test_groups_are_joined_for_the_command_s_notifications(scenes: Path) -> None:
    rows = [line.split("\t") for line in (scenes / "joined").read_text().splitlines()]
    assert ["RTNLGRP_LINK", "newlink", "plum8"] in rows
    assert (scenes / "nosuch.status").read_text() == "2\n"
    assert "--join: 'nosuch' is no group" in (scenes / "nosuch.err").read_text()


@in_scenes
def test_two_sockets_in_one_process(scenes: Path) -> None:
    rows = [line.split("\t") for line in (scenes / "two.nlmon").read_text().splitlines()]
    assert sorted(row[0] for row in rows) == ["error", "getlink", "getlink", "newlink"]
    assert [row[0] for row in rows if row[1] == "ENODEV"] == ["error"]


@in_scenes
def test_notifications_that_it_received(scenes: Path) -> None:
    for way in ("nlmon", "strace"):
        operations = (scenes / f"heard.{way}").read_text().split()
        assert "dellink" in operations, way
        # The request and what the listener was told.
        assert operations.count("dellink") == 2, way
        assert "plum0" in (scenes / f"monitor.{way}").read_text()


@in_scenes
def test_without_privileges(scenes: Path) -> None:
    said = (scenes / "nobody.err").read_text()
    assert said.endswith("; tracing system calls with strace instead\n")
    assert said.count("\n") == 1
    assert (scenes / "nobody").read_text().split()[-1] == "newlink"
    assert (scenes / "nobody.status").read_text() == "0\n"
    assert (scenes / "refused.status").read_text() == "2\n"
    assert (scenes / "refused.err").read_text().count("\n") == 1
    neither = (scenes / "neither.err").read_text()
    assert (scenes / "neither.status").read_text() == "2\n"
    assert neither.count("\n") == 1
    assert "strace is not installed (apt-get install strace" in neither
