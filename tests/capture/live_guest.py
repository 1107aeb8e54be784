"""What test_live.py lets a kernel of its own do: runs every scene, prints what came of it as JSON.

Run inside User-Mode Linux, where nlmon0 is up: live_guest.py FOLDER
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nldissect
from nldissect._internal.capture.live import bpf, live_capture, privileges
from nldissect._internal.capture.live.file_limits import Limits
from nldissect._internal.capture.reader import CaptureReader, open_capture
from nldissect._internal.cli import ENDS, script
from nldissect._internal.cli import live_command as command
from nldissect._internal.wire import framing

assert command  # imported before the forks
ROUTE, USERSOCK, GENERIC = 0, 2, 16
NOBODY = 65534
HERE = Path(__file__).parent
SCENES: list[Callable[[Path], Any]] = []


def scene(function: Callable[[Path], Any]) -> Callable[[Path], Any]:
    SCENES.append(function)
    return function


# -- tools --------------------------------------------------------------------------------


def ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    return done.stdout


def links() -> list[str]:
    return [name for _, name in socket.if_nameindex()]


def recorders() -> list[str]:
    """The processes that record, and their supervisors, which have the same command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if b"live.recorder" in path.read_bytes():
                found.append(path.parent.name)
    return found


class Speaker:
    """A netlink socket with a port of its own choice."""

    def __init__(self, protocol: int, port: int) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.socket.bind((port, 0))
        self.socket.settimeout(5)
        self.port = port

    def message(self, kind: int, body: bytes = b"", flags: int = 5, port: int = -1) -> bytes:
        port = self.port if port < 0 else port
        return struct.pack("=IHHII", 16 + len(body), kind, flags, 7, port) + body

    def say(self, *messages: bytes) -> None:
        """Sends them as one datagram and waits for the acknowledgement of the first."""
        self.socket.sendto(b"".join(messages), (0, 0))
        self.socket.recv(1 << 16)


def noops(count: int, port: int = 0, rate: int = 0, size: int = 0) -> None:
    """So many messages that the kernel says nothing to, `rate` a second, each tenth longer."""
    began = time.monotonic()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, ROUTE) as made:
        for number in range(count):
            body = bytes(0 if number % 10 else size)
            made.sendto(struct.pack("=IHHII", 16 + len(body), 1, 0, number, port) + body, (0, 0))
            if rate and not number % 20:
                time.sleep(max(began + number / rate - time.monotonic(), 0))


class Command:
    """`nldissect live` in a process of its own, forked: a kernel on a kernel starts slowly."""

    def __init__(
        self,
        *words: str,
        folder: Path,
        name: str,
        stdout: int | None = None,
        env: dict[str, str] | None = None,
        without: set[int] | None = None,
    ) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # until the child is as a new program is
        self.pid = os.fork()
        if self.pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
            return
        status = 1
        try:
            for number in ENDS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
            flags = os.O_WRONLY | os.O_CREAT
            os.dup2(os.open(folder / f"{name}.out", flags) if stdout is None else stdout, 1)
            os.dup2(os.open(folder / f"{name}.err", flags), 2)
            os.closerange(3, 100)
            os.environ.update(env or {})
            if without is not None:
                privileges.drop(set(range(40)) - without)
            sys.stdout = open(1, "w")  # noqa: SIM115
            sys.stderr = open(2, "w")  # noqa: SIM115
            sys.argv = ["nldissect", "live", *words]
            status = script()
        finally:
            os._exit(status)

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, seconds: float = 90) -> int:
        found = [0, 0]
        if not until(
            lambda: found.__setitem__(slice(2), os.waitpid(self.pid, os.WNOHANG)) or found[0],
            seconds,
        ):
            return -1000
        return os.waitstatus_to_exitcode(found[1])


def capabilities(pid: int) -> list[str]:
    """The effective ones of each thread; one that just answered a request may have ended."""
    lines = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            lines += (task / "status").read_text().splitlines()
    return [line.split()[1] for line in lines if line.startswith("CapEff")]


def until(condition: Callable[[], Any], seconds: float = 90) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def heard(folder: Path, name: str) -> str:
    path = folder / f"{name}.err"
    return path.read_text() if path.exists() else ""


def listening(folder: Path, name: str) -> str:
    """Waits; returns the interface."""
    until(lambda: "\n" in heard(folder, name))
    return heard(folder, name).partition("listening on ")[2].split(",")[0].strip()


def rows(capture: CaptureReader | live_capture.LiveCapture) -> list[list[Any]]:
    """[protocol, type, port, messages] of each record that is not the capture's own."""
    out = []
    for record in capture:
        kinds, ports = [], []
        big = sys.byteorder == "big"
        for start, _, end, _ in framing.split(record.data, big, record.original_length, 0):
            if end - start >= 16:
                kinds.append(struct.unpack_from("=H", record.data, start + 4)[0])
                ports.append(struct.unpack_from("=I", record.data, start + 12)[0])
        own = {(s.protocol, s.port) for s in record.interface.sockets if s.own}
        if not own & {(record.protocol, port) for port in ports}:
            out.append([record.protocol, kinds, ports])
    return out


def status(pid: int) -> dict[str, str]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def children(pid: int) -> list[int]:
    found = [
        int(other.name)
        for other in Path("/proc").glob("[0-9]*")
        if status(int(other.name)).get("PPid") == str(pid)
    ]
    return found + [below for child in found for below in children(child)]


# -- scenes --------------------------------------------------------------------------------


@scene
def filters(folder: Path) -> Any:
    """Captures with one filter each, all of the same conversation."""
    link = bytes(16)
    kind = bpf.MessageType
    wanted = {
        "none": bpf.BpfFilter(),
        "protocol": bpf.BpfFilter([GENERIC, USERSOCK]),
        "type": bpf.BpfFilter(types=[kind(type=26), kind(ROUTE, 18), kind(GENERIC, command=3)]),
        "port": bpf.BpfFilter(ports=[4242]),
        "all": bpf.BpfFilter([ROUTE], [kind(type=2)], [4242]),
        "nothing": bpf.BpfFilter([9]),
    }
    running = {
        name: live_capture.start(
            live_capture.LiveOptions("nlmon0", filter=chosen, preamble=name == "nothing")
        )
        for name, chosen in wanted.items()
    }
    first, second = Speaker(ROUTE, 4242), Speaker(ROUTE, 4243)
    control = Speaker(GENERIC, 4244)
    first.say(first.message(18, link[:4] + struct.pack("=i", 1) + link[8:]))  # RTM_GETLINK of lo
    second.say(second.message(18, link[:4] + struct.pack("=i", 1) + link[8:]))
    second.say(second.message(22, bytes(8)))  # RTM_GETADDR, refused
    second.say(second.message(22, bytes(8)), second.message(18, bytes(16)))  # two in one datagram
    control.say(control.message(16, struct.pack("=BBHHH8s", 3, 2, 0, 11, 2, b"nlctrl\0\0")))
    user = Speaker(USERSOCK, 4245)
    other = Speaker(USERSOCK, 4246)
    user.socket.sendto(b"not a netlink message at all", (4246, 0))
    other.socket.recv(100)
    out = {}
    heard_all = running["nothing"]
    until(lambda: heard_all.poll() or heard_all.packets > 25)
    time.sleep(0.3)
    for name, capture in reversed(running.items()):  # the one whose own traffic all hear is first
        capture.stop()
        records = list(capture)
        own = {(s.protocol, s.port) for i in capture.interfaces for s in i.sockets if s.own}
        out[name] = [[r.protocol, *struct.unpack_from("=4xH6xI", r.data)] for r in records]
        out[name + " own"] = sum((row[0], row[2]) in own for row in out[name])
        every = {
            port
            for other in running.values()
            for i in other.interfaces
            for s in i.sockets
            if s.own
            for port in [s.port]
        }
        out[name] = [row for row in out[name] if row[2] not in every]
        capture.close()
    return out


@scene
def life(folder: Path) -> Any:
    """An interface made where none is up: removed however the command ends."""
    ip("link", "set", "nlmon0", "down")
    signals = {
        "INT": signal.SIGINT,
        "TERM": signal.SIGTERM,
        "HUP": signal.SIGHUP,
        "KILL": signal.SIGKILL,
    }
    running = {name: Command(folder=folder, name=name) for name in [*signals, "recorder killed"]}
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    running["pipe"] = Command("--protocol", "xfrm", folder=folder, name="pipe", stdout=writing)
    os.close(writing)
    made = {name: listening(folder, name) for name in running}
    before = links()
    os.close(reading)  # nobody reads any more, and nothing is ever written
    for name, number in signals.items():
        running[name].send_signal(number)
    os.kill(children(running["recorder killed"].pid)[0], signal.SIGKILL)
    ended = {name: process.wait(20) for name, process in running.items()}
    right_after = links()
    until(lambda: not [name for name in links() if name.startswith("nldissect")], 5)
    out = {
        "made": made,
        "before": before,
        "ended": ended,
        "after": links(),
        "right after": [n for n in right_after if n != made["KILL"]],
        "said": {name: heard(folder, name) for name in running},
    }
    ip("link", "set", "nlmon0", "up")
    return out


@scene
def there(folder: Path) -> Any:
    """An interface that is up is used, and left alone."""
    before = ip("-d", "link", "show", "nlmon0")
    with live_capture.start(live_capture.LiveOptions()) as capture:
        name, made = capture.interface, capture.made
        during = links()
    return {
        "name": name,
        "made": made,
        "during": during,
        "before": before,
        "after": ip("-d", "link", "show", "nlmon0"),
    }


@scene
def explained(folder: Path) -> Any:
    """A whole capture by the command: shown, written, explained, and whose sockets they were."""
    process = Command(
        "nlmon0", "-w", f"{folder}/all.pcapng", "--color", "never", folder=folder, name="all"
    )
    listening(folder, "all")
    ip("link", "add", "pear0", "type", "dummy")
    ip("route", "show", "table", "all")  # two sockets
    ip("link", "del", "pear0")
    speaker = Speaker(ROUTE, 0x7000_0001)  # a port that hints at nothing
    speaker.say(speaker.message(18, bytes(4) + struct.pack("=i", 1) + bytes(8)))
    many = [Speaker(ROUTE, 0x7000_1000 + number) for number in range(150)]
    for one in many:
        one.socket.sendto(one.message(1), (0, 0))
    last = struct.pack("=I", 0x7000_1000 + len(many) - 1)
    until(lambda: (folder / "all.pcapng").read_bytes().count(last) >= 2)  # request and answer
    size = -1
    while size != (size := (folder / "all.pcapng").stat().st_size):
        time.sleep(1)
    early = (folder / "all.pcapng").read_bytes()
    process.send_signal(signal.SIGINT)
    return {
        "ended": process.wait(20),
        "pid": os.getpid(),
        "early": len(early),
        "whole": (folder / "all.pcapng").stat().st_size,
    }


def explains_itself(path: Path) -> bool:
    """Whether a file has a generic family as the kernel told of it (CTRL_CMD_NEWFAMILY)."""
    with suppress(nldissect.CaptureError):  # while it is written
        return any(r.protocol == 16 and r.data[16:17] == b"\1" for r in open_capture(str(path)))
    return False


@scene
def rings(folder: Path) -> Any:
    """Ring files and autostop."""
    options = live_capture.LiveOptions

    def path(name: str) -> str:
        return str(folder / f"{name}.pcapng")

    running = {
        "packets": live_capture.start(
            options(
                "nlmon0",
                write=path("packets"),
                preamble=False,
                ring=Limits(packets=10, files=2),
                stop=Limits(files=4),
            )
        ),
        "filesize": live_capture.start(
            options(
                "nlmon0",
                write=path("filesize"),
                preamble=False,
                ring=Limits(filesize=2000),
                stop=Limits(packets=100),
            )
        ),
        "primed": live_capture.start(
            options("nlmon0", write=path("primed"), ring=Limits(packets=20), stop=Limits(files=2))
        ),
        "seconds": live_capture.start(
            options(
                "nlmon0",
                write=path("seconds"),
                preamble=False,
                ring=Limits(duration=0.5),
                stop=Limits(duration=1.4),
            )
        ),
        "stop filesize": live_capture.start(
            options(
                "nlmon0", write=path("stop filesize"), preamble=False, stop=Limits(filesize=3000)
            )
        ),
        "messages": live_capture.start(options("nlmon0", messages=15, preamble=False)),
        "snaplen": live_capture.start(
            options(
                "nlmon0", write=path("snaplen"), preamble=False, snaplen=40, stop=Limits(packets=5)
            )
        ),
    }
    time.sleep(0.3)
    for _ in range(4):
        noops(30)
        time.sleep(0.1)
        until(lambda: all(map(explains_itself, folder.glob("primed_*"))))
    speaker = Speaker(ROUTE, 5252)
    speaker.say(speaker.message(18, bytes(4) + struct.pack("=i", 1) + bytes(8)))
    out = {}
    for name, capture in running.items():
        until(lambda: capture.poll() or capture.reason, 20)  # noqa: B023 - called here only
        out[name] = {"seen": len(rows(capture)), "reason": capture.reason, "path": capture.path}
        capture.close()
    return out


@scene
def library(folder: Path) -> Any:
    """nldissect.listen."""
    out: dict[str, Any] = {}
    kept = folder / "library.pcapng"
    with nldissect.listen(filter="ifname == fig0 and role == request", write=kept) as capture:
        out["interface"] = capture.interface
        ip("link", "add", "fig0", "type", "dummy")
        first = next(iter(capture))
        out["first"] = [first["ifname"], first["linkinfo.kind"]]
        ip("link", "set", "fig0", "up")
        ip("link", "del", "fig0")
        capture.stop()
        out["links"] = [message["ifname"] for message in capture]
        out["states"] = [message.link.transaction.state for message in capture]
        out["dropped"], out["length"] = capture.dropped, len(capture)
    with nldissect.open(kept, filter="ifname == fig0 and role == request") as asked:
        out["asked"] = [message["ifname"] for message in asked]
    with nldissect.listen("nlmon0") as capture:
        noops(3, 77)
        path = capture.path
        found = [m.port for _, m in zip(range(3), capture, strict=False)]
        out["noops"], out["there"] = found, os.path.exists(path)
    out["left"] = os.path.exists(path)
    try:
        nldissect.listen("nope0")
    except nldissect.UsageError as problem:
        out["problem"] = str(problem)
    return out


@scene
def refusals(folder: Path) -> Any:
    """What is said to those who may not, or ask for what is not there."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    os.mkdir("/run/netns")
    Path("/run/netns/left").touch()  # as one looks from elsewhere, or after its end
    raw = {"without": {13}}  # CAP_NET_RAW
    asked: dict[str, tuple[list[str], dict[str, Any]]] = {
        "raw": ([], raw),
        "netns": (["--netns", "1"], {"without": {21}}),  # CAP_SYS_ADMIN
        "loopback": (["lo"], {}),
        "missing": (["nope0"], {}),
        "no namespace": (["--netns", "nope"], {}),
        "no process": (["--netns", "999999"], {}),
        "stale namespace": (["--netns", "left"], {}),
        "nowhere": (["nlmon0", "-w", "/nonexistent/x.pcapng"], {}),
    }
    running = {
        name: Command(*words, folder=folder, name=name, **more)
        for name, (words, more) in asked.items()
    }
    out = {name: [process.wait(30), heard(folder, name)] for name, process in running.items()}
    ip("link", "set", "nlmon0", "down")
    running = {
        "down": Command("nlmon0", folder=folder, name="down"),
        "admin": Command(folder=folder, name="admin", without={privileges.CAP_NET_ADMIN}),
        "raw made": Command(folder=folder, name="raw made", **raw),
    }
    out |= {name: [process.wait(30), heard(folder, name)] for name, process in running.items()}
    out["links"] = links()
    ip("link", "set", "nlmon0", "up")
    return out


@scene
def elsewhere(folder: Path) -> Any:
    """Another network namespace, by name and by process."""
    ip("netns", "add", "blue")
    sleeping = subprocess.Popen(["ip", "netns", "exec", "blue", "sleep", "60"])
    until(lambda: Path(f"/proc/{sleeping.pid}/comm").read_text() == "sleep\n")
    numbered = Command("--netns", str(sleeping.pid), "--own", folder=folder, name="numbered")
    inside = [listening(folder, "numbered")]
    time.sleep(0.5)  # what it asks is not `named`'s own
    named = Command("--netns", "blue", folder=folder, name="named")
    inside.append(listening(folder, "named"))
    ip("-n", "blue", "link", "add", "blue0", "type", "dummy")
    ip("link", "add", "here0", "type", "dummy")
    during = ip("-n", "blue", "-br", "link")
    time.sleep(0.5)
    for process in named, numbered:
        process.send_signal(signal.SIGINT)
    ended = [named.wait(20), numbered.wait(20)]
    out = {
        "inside": inside,
        "during": during,
        "ended": ended,
        "after": ip("-n", "blue", "-br", "link"),
        "links": links(),
    }
    sleeping.kill()
    ip("netns", "del", "blue")
    return out


@scene
def identity(folder: Path) -> Any:
    """Privileges once it listens, started through sudo and by root itself."""
    public = Path("/dev/shm/public")
    public.mkdir()
    public.chmod(0o777)
    ip("link", "set", "nlmon0", "down")
    sudo = {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)}
    running = {
        "sudo": Command("-w", f"{public}/sudo.pcapng", folder=folder, name="sudo", env=sudo),
        "root": Command("-w", f"{public}/root.pcapng", folder=folder, name="root"),
        "shown": Command(folder=folder, name="shown", env=sudo),
    }
    out: dict[str, Any] = {}
    for name, process in running.items():
        listening(folder, name)
        time.sleep(0.2)
        recorder, supervisor = children(process.pid)
        keys = ("Uid", "Gid", "Groups", "CapEff", "CapPrm", "CapBnd", "NoNewPrivs")
        out[name] = {
            role: {key: status(pid)[key] for key in keys}
            for role, pid in (
                ("front", process.pid),
                ("recorder", recorder),
                ("supervisor", supervisor),
            )
        }
    ip("link", "show", "lo")
    for name, process in running.items():
        process.send_signal(signal.SIGINT)
        out[name]["ended"] = process.wait(20)
        if name != "shown":
            found = (public / f"{name}.pcapng").stat()
            out[name] |= {"owner": found.st_uid, "size": found.st_size}
    out["links"] = links()
    ip("link", "set", "nlmon0", "up")
    return out


@scene
def loss(folder: Path) -> Any:
    """More than the ring holds while the recorder is stopped."""
    process = Command(
        "nlmon0",
        "-B",
        "1",
        "-w",
        f"{folder}/loss.pcapng",
        "--no-prime",
        "--color",
        "never",
        folder=folder,
        name="loss",
    )
    listening(folder, "loss")
    (recorder, _) = children(process.pid)
    os.kill(recorder, signal.SIGSTOP)
    noops(20_000)
    os.kill(recorder, signal.SIGCONT)
    time.sleep(0.5)
    noops(1)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    return {"ended": process.wait(30)}


STANDING = """
import os, signal, time
from nldissect._internal.capture.live import live_capture
from live_guest import children, noops
with live_capture.start(live_capture.LiveOptions(write=path, preamble=False)) as capture:
    recorder = children(os.getpid())[0]
    os.kill(recorder, signal.SIGSTOP)
    noops(2400, 401, rate=400, size=1500)
    os.kill(recorder, signal.SIGCONT)
    time.sleep(0.5)
    capture.stop()
    capture.wait()
    print(capture.packets, capture.dropped)
"""


@scene
def stopped(folder: Path) -> Any:
    """A recorder that stands still for as long as the default ring must hold what comes.

    So does one, beside it, of who is root in a user namespace alone.
    """
    code = f"import sys; sys.path.insert(0, {str(HERE)!r}); path = '{folder}/user.pcapng'{STANDING}"
    user = subprocess.Popen(
        ["unshare", "-Urn", sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    process = Command(
        "nlmon0",
        "-q",
        "-w",
        f"{folder}/stopped.pcapng",
        "--no-prime",
        folder=folder,
        name="stopped",
    )
    listening(folder, "stopped")
    (recorder, _) = children(process.pid)
    os.kill(recorder, signal.SIGSTOP)
    noops(2400, 401, rate=400, size=1500)
    noops(20_000, 402, rate=4000, size=1500)
    os.kill(recorder, signal.SIGCONT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out = {"ended": process.wait(30), "said": heard(folder, "stopped")}
    return out | {"user": user.communicate()[0].decode()}


LONG = """
import socket, struct
from nldissect._internal.capture.live import live_capture
with live_capture.start(live_capture.LiveOptions(preamble=False)) as capture:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200_000)
        for size in (150_000, 0, 3000, 0):
            made.send(struct.pack("=IHHII", 16 + size, 1, 1, 0, 0) + bytes(size))
    capture.stop()
    print([len(record.data) for record in capture if not any(record.data[16:])])
"""


@scene
def long(folder: Path) -> Any:
    """Datagrams longer than a frame: by root, and by root of a user namespace alone."""
    out = {}
    for how, words in ("root", []), ("user", ["unshare", "-Urn"]):
        command = [*words, sys.executable, "-c", LONG]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        out[how] = done.stdout + done.stderr
    return out


@scene
def crash(folder: Path) -> Any:
    """Everything is killed in the middle; the file has what was captured a second before."""
    process = Command("nlmon0", "-q", "-w", f"{folder}/crash.pcapng", folder=folder, name="crash")
    listening(folder, "crash")
    found = children(process.pid)
    noops(500, 77)
    time.sleep(1)
    noops(500, 78)
    for pid in found:  # the recorder, then the supervisor, which may have ended with it
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.send_signal(signal.SIGKILL)
    return {"ended": process.wait(20)}


@scene
def removed(folder: Path) -> Any:
    """The interface is removed by somebody else, or taken down, amid a capture."""
    out = {}
    for name, words in ("deleted", ["del", "nlmon1"]), ("down", ["set", "nlmon1", "down"]):
        ip("link", "add", "nlmon1", "type", "nlmon")
        ip("link", "set", "nlmon1", "up")
        path = f"{folder}/{name}.pcapng"
        process = Command("nlmon1", "-w", path, "--no-prime", folder=folder, name=name)
        listening(folder, name)
        noops(100, 79)
        ip("link", *words)
        out[name] = [process.wait(20), heard(folder, name)]
    ip("link", "del", "nlmon1")
    return out


@scene
def full(folder: Path) -> Any:
    """The disk is full amid a capture: of one file, and of ring files."""
    small = Path("/dev/shm/small")
    small.mkdir()
    out: dict[str, Any] = {}
    for name, ring in ("one", []), ("ring", ["-b", "packets:500"]):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", small], check=True)
        path = f"{small}/{name}.pcapng"
        process = Command("nlmon0", "-w", path, "--no-prime", *ring, folder=folder, name=name)
        listening(folder, name)
        for _ in range(20):
            noops(300, 80)
            time.sleep(0.05)
        out[name] = [process.wait(20), heard(folder, name)]
        for made in small.iterdir():
            shutil.copy(made, folder / made.name)
        subprocess.run(["umount", small], check=True)
    return out


@scene
def struck(folder: Path) -> Any:
    """Signals at every moment from its first to its last, also two of them."""
    out = []
    ip("link", "set", "nlmon0", "down")
    span = 0.0  # from its start until it listens, which is slow for the first time
    for name in "first", "second":
        begun = time.monotonic()
        process = Command(folder=folder, name=name)
        listening(folder, name)
        span = min(time.monotonic() - begun, 1.0)
        process.send_signal(signal.SIGINT)
        process.wait(20)
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    for turn in range(12):
        name = f"at{turn}"
        process = Command("-w", f"{folder}/{name}.pcapng", folder=folder, name=name)
        time.sleep(turn * span / 10)
        noops(20, 81)
        with suppress(ProcessLookupError):
            process.send_signal(numbers[turn % 3])
            if turn % 2:
                time.sleep(turn // 2 % 4 * 0.005)
                process.send_signal(numbers[turn % 3])
        out.append([numbers[turn % 3], process.wait(20), heard(folder, name)])
    # One that was struck early may yet make an interface before it hears of that.
    until(lambda: not recorders())
    ip("link", "set", "nlmon0", "up")
    return {"ended": out, "links": links(), "recorders": recorders()}


@scene
def overtaken(folder: Path) -> Any:
    """A reader that is much slower than the capture, without a file."""
    with live_capture.start(
        live_capture.LiveOptions("nlmon0", buffer=1 << 20, preamble=False)
    ) as capture:
        noops(40_000)
        time.sleep(0.5)
        noops(1)
        time.sleep(0.3)
        capture.stop()
        lost = got = 0
        for record in capture:
            lost += record.lost
            got += 1
        return {
            "got": got,
            "lost": lost,
            "dropped": capture.dropped,
            "packets": capture.packets,
            "counted": capture.interfaces[0].dropped,
        }


@scene
def standstill(folder: Path) -> Any:
    """A front end that does not read for a while, and many ring files meanwhile."""
    folder = Path("/dev/shm")
    ring = live_capture.LiveOptions(
        "nlmon0", write=f"{folder}/still.pcapng", preamble=False, ring=Limits(packets=10, files=3)
    )
    with live_capture.start(ring) as capture:
        noops(5000)
        until(lambda: list(folder.glob("still_00500_*")), 20)
        kept = len(list(folder.glob("still_*")))
        capture.stop()
        return {"kept": kept, "seen": len(rows(capture)), "dropped": capture.dropped}


@scene
def joined(folder: Path) -> Any:
    """Notifications that nobody else listens to, more than a socket holds that is not read."""
    options = live_capture.LiveOptions("nlmon0", preamble=False, join=("link", "nlctrl:notify"))
    ip("link", "set", "dummy0", "up")
    with live_capture.start(options) as capture:
        speaker = Speaker(ROUTE, 4711)
        link = struct.pack("=BxHiII", 0, 0, socket.if_nametoindex("dummy0"), 0, 0)
        for number in range(400):
            alias = struct.pack("=HH", 244, 20) + (b"pear" if number % 2 else b"plum") * 60
            speaker.say(speaker.message(16, link + alias))  # RTM_NEWLINK, IFLA_IFALIAS
        time.sleep(0.2)
        capture.stop()
        kinds = [struct.unpack_from("=H", record.data, 4)[0] for record in capture]
    ip("link", "set", "dummy0", "down")
    return {"newlink": kinds.count(16)}


@scene
def metered(folder: Path) -> Any:
    """Metrics while nothing is shown, while spans are, and while the capture is standard output."""
    if not (find_spec("prometheus_client") and find_spec("opentelemetry")):
        return {}
    ip("link", "set", "lo", "up")
    ways = {"quiet": ["-q"], "spans": ["-T", "otlp"], "copy": ["-w", "-"]}
    running = {
        name: Command(*words, "--metrics", "127.0.0.1:0", folder=folder, name=name)
        for name, words in ways.items()
    }
    for name in running:
        until(lambda name=name: "/metrics\n" in heard(folder, name), 90)  # type: ignore[misc]
    ip("link", "set", "dummy0", "up")
    ip("link", "set", "nowhere0", "up")

    def asked(name: str) -> str:
        url = heard(folder, name).split("metrics are at ")[1].split("\n")[0]
        with urllib.request.urlopen(url, timeout=20) as answer:
            return str(answer.read().decode())

    out: dict[str, Any] = {}
    for name, process in running.items():
        until(lambda name=name: 'error="ENODEV"' in asked(name))  # type: ignore[misc]
        out[name] = {"text": asked(name), "capabilities": capabilities(process.pid)}
        process.send_signal(signal.SIGINT)
        out[name]["ended"] = process.wait()
        out[name]["said"] = heard(folder, name)
    ip("link", "set", "dummy0", "down")
    return out


@scene
def left(folder: Path) -> Any:
    """A supervisor that is killed leaves an interface, which the next capture removes."""
    ip("link", "set", "nlmon0", "down")
    out: dict[str, Any] = {}
    process = Command("-q", "-w", f"{folder}/left.pcapng", folder=folder, name="left")
    listening(folder, "left")
    (_, supervisor) = children(process.pid)
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: "supervisor has ended" in heard(folder, "left"))
    process.send_signal(signal.SIGINT)
    out["ended"] = process.wait(20)
    out["said"] = heard(folder, "left")
    out["after"] = links()
    beside = Command("-q", "-w", f"{folder}/one.pcapng", folder=folder, name="one")
    listening(folder, "one")
    last = Command("-q", "-w", f"{folder}/two.pcapng", folder=folder, name="two")
    listening(folder, "two")
    out["two"] = links()
    for one in beside, last:
        one.send_signal(signal.SIGINT)
        one.wait(20)
    out["end"] = links()
    ip("link", "set", "nlmon0", "up")
    return out


@scene
def moduleless(folder: Path) -> Any:
    """A kernel without nlmon, and no module to be found; the last scene."""
    ip("link", "del", "nlmon0")
    subprocess.run(["rmmod", "nlmon"], check=True)
    process = Command(folder=folder, name="none")
    return {"ended": process.wait(), "said": heard(folder, "none"), "links": links()}


def run() -> None:
    folder = Path(sys.argv[1])
    out = {}
    for function in SCENES:
        if sys.argv[2:] and function.__name__ not in sys.argv[2:]:
            continue
        place = folder / function.__name__
        place.mkdir()
        began = time.monotonic()
        try:
            out[function.__name__] = function(place)
        except Exception:
            out[function.__name__] = {"failed": traceback.format_exc()}
        print(f"{function.__name__} {time.monotonic() - began:.1f} s", file=sys.stderr)
    (folder / "result.json").write_text(json.dumps(out))


if __name__ == "__main__":
    run()
