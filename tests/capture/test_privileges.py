"""What `live`, `run` and `monitor` do as root and through sudo, as strace saw it in a kernel of its
own: system calls are what another user, or the kernel, could be harmed by. And what the terminal
interface may still do there while it shows messages, as /proc tells."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nldissect._internal.capture.live import privileges
from support import ROOT
from support.uml import in_kernel, needs_kernel

pytestmark = pytest.mark.slow

in_scenes = needs_kernel("strace")

NOBODY = 65534
# What comes from the kernel: a capture that is read or begun, headers, notifications.
DATA = re.compile(
    r'read\(\d+, "\\x0a\\x0d\\x0d\\x0a|openat\(.*\\x70\\x63\\x61\\x70\\x6e\\x67.*, O_WRONLY'
    "|recvmsg.*(AF_PACKET|nl_groups=0000000[1-9])"
)
NEVER = [
    *("unlink", "unlinkat", "rmdir", "symlink", "symlinkat", "link", "linkat", "mknod", "mknodat"),
    *("chmod", "fchmod", "fchmodat", "chown", "lchown", "fchownat", "truncate"),
]
RUNS = [("live", "root"), ("live", "sudo"), ("run", "root"), ("run", "sudo"), ("monitor", "sudo")]

# All that could harm: what is run, who it becomes, what is made, opened, sent and joined.
CALLS = """
    execve execveat %network %creds open openat openat2 creat read rename renameat renameat2 unlink
    unlinkat mkdir mkdirat rmdir symlink symlinkat link linkat mknod mknodat chmod fchmod fchmodat
    chown fchown lchown fchownat truncate
    clone clone3 fork vfork close dup dup2 dup3 fcntl
    mount setns unshare init_module finit_module ptrace kill
"""

SCRIPT = r"""
export PYTHONPATH={path} PYTHONDONTWRITEBYTECODE=1
mkdir -m 1777 /dev/shm/public; cd /dev/shm/public
ip link set nlmon0 down
traced() {{
    name=$1; shift
    strace -f --seccomp-bpf -qq -xx -s 64 -e signal=none -e write=all \
        -e trace={calls} -o {folder}/$name.strace \
        "$@" 2>{folder}/$name.err >{folder}/$name.out &
    tracer=$!
}}
nldissect="{python} -m nldissect"
for who in root sudo; do
    [ $who = sudo ] && export SUDO_UID={nobody} SUDO_GID={nobody}
    traced live.$who $nldissect live --color never -w live.$who.pcapng
    until grep -qs listening {folder}/live.$who.err || ! kill -0 $tracer; do sleep 0.2; done
    ip link show lo >/dev/null
    sleep 1
    kill -INT $(cat /proc/$tracer/task/$tracer/children); wait $tracer
    traced run.$who $nldissect run -w run.$who.pcapng -o run.$who.txt -- \
        $(command -v ip) link show lo
    wait $tracer
done
traced monitor.sudo $nldissect monitor -w monitor.sudo.pcapng link
until grep -qs listening {folder}/monitor.sudo.err || ! kill -0 $tracer; do sleep 0.2; done
ip link set nlmon0 up
sleep 1
kill -INT $(cat /proc/$tracer/task/$tracer/children); wait $tracer
export SUDO_UID= SUDO_GID=
ip link set nlmon0 down
echo before >../precious
ln -s ../precious link.pcapng; chown -h 1234 link.pcapng
for who in root sudo; do
    [ $who = sudo ] && export SUDO_UID={nobody} SUDO_GID={nobody}
    $nldissect live -w link.pcapng -a duration:1 2>{folder}/link.$who
    echo "status $?" >>{folder}/link.$who
done
cat ../precious >{folder}/precious
stat -c '%n %u %a' *.pcapng *.txt >{folder}/files
ls -A >{folder}/names
ip -o link >{folder}/links
"""


class Trace:
    """One run: its calls, (process, call as strace writes it), in order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.calls: list[tuple[int, str]] = []
        begun: dict[int, str] = {}
        for line in path.read_text(encoding="latin-1").splitlines():
            found = re.match(r"(\d+) +(.*)", line)
            if found is None:  # a dump
                continue
            pid, call = int(found[1]), found[2]
            if call.endswith("<unfinished ...>"):
                begun[pid] = call.removesuffix("<unfinished ...>")
            else:
                rest = re.sub(r"^<\.\.\. \w+ resumed>", "", call)
                whole = begun.pop(pid, "") + rest if rest != call else call
                self.calls.append((pid, re.sub(r" +(?=[ )])", "", whole)))
        # The first process, what it started of its own, and what gives up privileges.
        self.own = {self.calls[0][0]}
        self.own |= {pid for pid, call in self.of("execve") if sys.executable in strings(call)[0]}
        self.own |= {pid for pid, _ in self.of("capset")}

    def of(self, *names: str) -> list[tuple[int, str]]:
        """The calls of these names that succeeded."""
        return [
            (pid, call)
            for pid, call in self.calls
            if call.partition("(")[0] in names and ") = -1 " not in call
        ]


def strings(call: str) -> list[str]:
    """The strings in a call."""
    found = re.findall(r'"((?:\\x..)*)"', call)
    return [bytes.fromhex(text.replace("\\x", "")).decode("latin-1") for text in found]


class Runs:
    """All traces, and the guest's folder as it was left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.traces = {run: Trace(folder / f"{'.'.join(run)}.strace") for run in RUNS}

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("privileges")
    script = SCRIPT.format(
        folder=shlex.quote(str(folder)),
        python=shlex.quote(sys.executable),
        path=shlex.quote(os.pathsep.join([str(ROOT), *sys.path])),
        nobody=NOBODY,
        calls=",".join(f"?{call}" if call[0] != "%" else call for call in CALLS.split()),
    )
    done = in_kernel("bash", "-c", script, seconds=400, modules=())
    assert done.returncode == 0, done.stderr
    return Runs(folder)


each_run = pytest.mark.parametrize("run", RUNS, ids=" ".join)


@in_scenes
@each_run
def test_no_shell_is_run(runs: Runs, run: tuple[str, str]) -> None:
    programs = {strings(call)[0] for _, call in runs.traces[run].of("execve", "execveat")}
    others = {os.path.basename(path) for path in programs - {sys.executable}}
    # strace cannot trace what is traced already, so it runs nothing.
    assert others == ({"strace", "ip"} if run[0] == "run" else set())


@in_scenes
@each_run
def test_the_kernel_is_asked_and_nothing_else(runs: Runs, run: tuple[str, str]) -> None:
    """But for the interface that was made for this."""
    trace = runs.traces[run]
    command = [sys.executable, "-m", "nldissect", "read", "--own", "-T", "jsonl", trace.path]
    read = subprocess.run(command, capture_output=True, text=True, check=True)
    sent = set()
    for message in map(json.loads, read.stdout.splitlines()):
        if message["direction"] == "to-kernel" and message["process"]["pid"] in trace.own:
            values = {a["name"]: a for a in message["attributes"]}
            kind = [a["value"] for a in values.get("linkinfo", {}).get("children", ())]
            name = values.get("ifname", {}).get("value")
            sent.add((message["operation"], name, *kind))
    questions = {("getlink", None), ("getfamily", None), ("getpolicy", None)}
    made = {("newlink", "nldissect0", "nlmon"), ("dellink", "nldissect0")}
    assert sent == (questions if run[0] == "monitor" else questions | made)
    joined = [call for pid, call in trace.of("setsockopt") if "NETLINK_ADD_MEMBERSHIP" in call]
    assert len(joined) == (run[0] == "monitor")
    for _, call in trace.of("bind"):
        assert "AF_NETLINK" not in call or "nl_groups=00000000" in call
    assert not [call for pid, call in trace.of("kill", "ptrace") if pid in trace.own]
    assert not trace.of("mount", "setns", "unshare", "init_module", "finit_module")


@in_scenes
@each_run
def test_nothing_is_looked_at_with_privileges(runs: Runs, run: tuple[str, str]) -> None:
    trace = runs.traces[run]
    dropped = {}
    for pid in trace.own:
        calls = [call for who, call in trace.calls if who == pid]
        (at,) = (at for at, call in enumerate(calls) if call.startswith("capset("))
        dropped[pid] = calls[at]
        before, after = calls[:at], calls[at:]
        became = [call for call in before if call.startswith("setresuid(")]
        assert became == (run[1] == "sudo") * [became[0] if became else ""]
        assert all(f"({NOBODY}, {NOBODY}, {NOBODY})" in call for call in became)
        assert not [call for call in before if DATA.match(call)]
        assert not [call for call in after if re.match(r"set\w*[ug]id|setgroups", call)]
        assert any(call.startswith("prctl(PR_SET_NO_NEW_PRIVS, 1") for call in after)
    looked = {pid for pid, call in trace.calls if DATA.match(call)} & trace.own
    # The ring takes no calls: its process is among them if a datagram came before that stood.
    assert len(looked) in {"live": (2, 3), "run": (2,), "monitor": (1,)}[run[0]]
    kept = sorted(set(re.findall(r"CAP_\w+", " ".join(dropped.values()))) - {"CAP_DAC_READ_SEARCH"})
    assert (
        kept
        == {
            "live": ["CAP_NET_ADMIN", "CAP_SYS_PTRACE"],
            "run": ["CAP_KILL", "CAP_NET_ADMIN", "CAP_SYS_PTRACE"],
            "monitor": [],
        }[run[0]]
    )
    # Who may change the network sees headers alone.
    for pid, call in trace.of("recvmsg"):
        if pid in trace.own and "AF_PACKET" in call:
            assert "CAP_NET_ADMIN" in dropped[pid]
            assert int(call.rpartition("= ")[2]) <= 16


@in_scenes
@each_run
def test_files_are_new_and_private(runs: Runs, run: tuple[str, str]) -> None:
    trace = runs.traces[run]
    made = []
    for pid, call in trace.of("openat", "open", "openat2", "creat"):
        (path,) = strings(call)
        if pid not in trace.own or not re.search("O_CREAT|O_WRONLY|O_RDWR|creat", call):
            continue
        if path not in ("/dev/null", "/dev/tty") and "__pycache__" not in path:  # Python's own
            assert re.search(r"O_EXCL\|O_NOFOLLOW\|O_CLOEXEC, 0600\)", call), path
            made.append(path)
    assert all(path.endswith(".part") for path in made)
    assert {path for path in made if "cache" not in path} != set()
    for pid, call in trace.of("rename", "renameat", "renameat2"):
        if pid in trace.own and "__pycache__" not in strings(call)[0]:
            assert strings(call)[0] in made
    for pid, call in trace.of(*NEVER):
        assert pid not in trace.own, call
    name, owner = ".".join(run), NOBODY if run[1] == "sudo" else 0
    files = runs.text("files").splitlines()
    assert f"{name}.pcapng {owner} 600" in files
    if run[0] == "run":
        assert f"{name}.txt {owner} 600" in files


@in_scenes
@pytest.mark.parametrize("who", ["root", "sudo"])
def test_no_link_of_somebody_else_is_followed(runs: Runs, who: str) -> None:
    said = runs.text(f"link.{who}")
    assert "a symbolic link of somebody else in a shared folder\nstatus 2\n" in said
    assert said.count("\n") == 2
    assert runs.text("precious") == "before\n"


@in_scenes
def test_nothing_is_left_behind(runs: Runs) -> None:
    files = {f"{'.'.join(run)}.pcapng" for run in RUNS} | {"run.root.txt", "run.sudo.txt"}
    assert set(runs.text("names").split()) == files | {"link.pcapng"}
    assert re.findall(r"^\d+: (\w+)", runs.text("links"), re.M) == ["lo", "nlmon0"]


# -- the terminal interface ------------------------------------------------------------------


@pytest.fixture(scope="module")
def shown() -> dict[str, dict[str, Any]]:
    guest = Path(__file__).with_name("tui_guest.py")
    path = os.pathsep.join([str(ROOT), *sys.path])
    command = ["env", f"PYTHONPATH={path}", "PYTHONDONTWRITEBYTECODE=1", sys.executable, guest]
    done = in_kernel(*command, ROOT / "captures" / "links.pcap", seconds=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


@in_scenes
@pytest.mark.parametrize("run", ["file root", "stdin sudo", "interface sudo", "chosen root"])
def test_the_terminal_interface_shows_without_privileges(
    shown: dict[str, dict[str, Any]], run: str
) -> None:
    """And keeps what its user asks it to keep, as who called sudo."""
    found, sudo = shown[run], run.endswith("sudo")
    assert "failed" not in found, found
    assert found["ended"] == 0
    assert found["uids"] == [4242 if sudo else 0]
    # Python itself may be in a folder of root's own.
    read_search = 1 << privileges.CAP_DAC_READ_SEARCH
    assert set(found["capabilities"]) <= ({0, read_search} if sudo else {0})
    assert found["new"] == ["1"], "no program that it starts gains any"
    home = "home" if sudo else "root"
    assert found["left"][f"{home}/.local/state/nldissect/files"] == found["uids"][0]
    assert set(found["left"].values()) == set(found["uids"])
    if "interface" not in run and "chosen" not in run:
        assert found["left"][f"{home}/out.pcapng"] == found["uids"][0]
    if run.startswith("chosen"):
        assert max(found["before"]) > 1 << 12, "it could capture"
