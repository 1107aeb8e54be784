"""The terminal interface in real terminals: tmux, a pseudo-terminal that goes away, live."""

from __future__ import annotations

import os
import pty
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from support import ROOT
from support.uml import in_kernel, needs_kernel

pytestmark = pytest.mark.slow


CAPTURES = ROOT / "captures"
NLDISSECT = [sys.executable, "-m", "nldissect"]
needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")


class Tmux:
    """A terminal of its own, whose screen can be read."""

    def __init__(self, folder: Path, command: str, size: str, **environment: str) -> None:
        self._folder = folder
        self._tmux = ["tmux", "-S", str(folder / "socket"), "-f", "/dev/null"]
        self.status = folder / "status"
        width, height = size.split("x")
        settings = {
            "PYTHONPATH": str(ROOT),
            "XDG_STATE_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "TERM": "screen-256color",
            **environment,
        }
        words = " ".join(f"{k}={shlex.quote(v)}" for k, v in settings.items())
        inner = f"env {words} sh -c {shlex.quote(command)}; echo $? >{self.status}; sleep 60"
        self._run("new-session", "-d", "-x", width, "-y", height, inner)

    def _run(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], capture_output=True, text=True, timeout=20)
        return done.stdout

    def press(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def until(self, text: str, seconds: float = 20) -> str:
        """The screen once this is on it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            screen = self.screen()
            if text in screen:
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{text!r} is not there:\n{screen}")

    def ended(self) -> int:
        """The exit status, once there is one."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if self.status.exists() and self.status.read_text().strip():
                return int(self.status.read_text())
            time.sleep(0.05)
        raise AssertionError(f"still there:\n{self.screen()}")

    def kill(self) -> None:
        self._run("kill-server")


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[list[Tmux]]:
    found: list[Tmux] = []
    yield found
    for one in found:
        one.kill()


@needs_tmux
@pytest.mark.parametrize(
    ("size", "environment"),
    [("80x24", {}), ("160x50", {"NO_COLOR": "1"}), ("60x16", {"TERM": "linux"})],
)
def test_it_runs_in_a_terminal(
    tmp_path: Path, terminals: list[Tmux], size: str, environment: dict[str, str]
) -> None:
    command = shlex.join([*NLDISSECT, "tui", str(CAPTURES / "errors.pcap")])
    terminal = Tmux(tmp_path, command, size, **environment)
    terminals.append(terminal)
    terminal.until("kiwi0 kind dummy")
    terminal.press("e")
    screen = terminal.until("!> 4")
    assert "EEXIST" in screen
    assert "Traceback" not in screen
    terminal.press("?")
    terminal.until("Help: every key")
    terminal.press("q")
    terminal.press("/")
    terminal.press("-l", "type == getlink")
    terminal.press("Enter")
    terminal.until("✓ 12 of 50")
    terminal.press("Q")
    assert terminal.ended() == 0
    assert (tmp_path / "nldissect/filters").read_text() == "type == getlink\n"


@needs_tmux
def test_standard_input_is_shown_as_it_comes_and_kept(
    tmp_path: Path, terminals: list[Tmux]
) -> None:
    capture = shlex.quote(str(CAPTURES / "errors.pcap"))
    go = tmp_path / "go"
    wait = f"until [ -e {shlex.quote(str(go))} ]; do sleep 0.1; done"
    slowly = f"(head -c 2000 {capture}; {wait}; tail -c +2001 {capture})"
    command = f"{slowly} | {shlex.join(NLDISSECT)} tui -"
    terminal = Tmux(tmp_path, command, "80x24", TMPDIR=str(tmp_path))
    terminals.append(terminal)
    screen = terminal.until("FOLLOW")
    assert "50 messages" not in screen
    go.touch()
    terminal.until("50 messages")
    terminal.until("standard input has ended")
    terminal.press("q")
    terminal.until("50 messages were captured")
    terminal.press("k")
    terminal.until("keep it as")
    terminal.press("C-u")
    terminal.press("-l", str(tmp_path / "kept.pcap"))
    terminal.press("Enter")
    assert terminal.ended() == 0
    assert (tmp_path / "kept.pcap").read_bytes() == (CAPTURES / "errors.pcap").read_bytes()
    assert not list(tmp_path.glob("nldissect-*"))


@needs_tmux
def test_alone_it_shows_the_start_screen(tmp_path: Path, terminals: list[Tmux]) -> None:
    terminal = Tmux(tmp_path, shlex.join(NLDISSECT), "80x24")
    terminals.append(terminal)
    terminal.until("Recent files")
    terminal.press("q")
    assert terminal.ended() == 0


def test_it_ends_when_the_terminal_goes() -> None:
    for how in ("close", "hangup"):
        pid, master = pty.fork()
        if not pid:
            os.environ["PYTHONPATH"] = str(ROOT)
            os.execv(sys.executable, [*NLDISSECT, "tui", str(CAPTURES / "errors.pcap")])
        seen = b""
        while b"kiwi0" not in seen:
            seen += os.read(master, 65536)
        if how == "hangup":
            os.kill(pid, signal.SIGHUP)
        else:
            os.close(master)
        end = time.monotonic() + 15
        done = 0
        while time.monotonic() < end and not done:
            done, _ = os.waitpid(pid, os.WNOHANG)
            time.sleep(0.05)
            if how == "hangup":
                os.set_blocking(master, False)
                with suppress(OSError):
                    os.read(master, 65536)
        if not done:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        assert done, how


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*NLDISSECT, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


def test_what_cannot_be_shown_is_one_line(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    settings = tmp_path / "tui.toml"
    settings.write_text("theme = 1")
    for arguments, said in (
        ((str(tmp_path / "none.pcap"),), "is neither a file nor an interface"),
        ((str(empty),), "is empty"),
        (("-", "-"), "standard input (-) can be read only once"),
        ((str(CAPTURES / "errors.pcap"),), "there is no terminal to show it on"),
        (("--config", str(settings)), "theme: 1 is not text in quotes"),
        (("--config", str(tmp_path / "none.toml")), "there is no such file"),
        (("--decode-as", "x"), "is not NUMBER=NAME"),
    ):
        done = run("tui", *arguments)
        assert done.returncode == 2, arguments
        assert said in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
    assert "TERM is dumb" in run("tui", TERM="dumb").stderr
    alone = run()  # not on a terminal: the help, as ever
    assert alone.returncode == 0
    assert "usage: nldissect" in alone.stdout


def test_other_commands_do_not_import_textual() -> None:
    code = (
        "import sys\nfrom nldissect._internal.cli import main\nmain(['read', sys.argv[1]])\n"
        "sys.exit(any(name.split('.')[0] == 'textual' for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(CAPTURES / "errors.pcap")],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=30,
    )
    assert done.returncode == 0


# -- live, in a kernel of its own -------------------------------------------------------------

LIVE = """
export PYTHONPATH={root}:$PYTHONPATH XDG_STATE_HOME={folder} XDG_CONFIG_HOME={folder} HOME={folder}
export TERM=screen-256color TMPDIR={folder}
cd {folder}
tmux() {{ command tmux -S {folder}/socket -f /dev/null "$@"; }}
until_shown() {{
    for i in $(seq 150); do tmux capture-pane -p >$2; grep -q -e "$1" $2 && return; sleep 0.1; done
    echo "no $1"; cat $2; exit 3
}}
tmux new-session -d -x 100 -y 30 "{python} -m nldissect tui nlmon0; echo \\$? >status; sleep 60"
until_shown FOLLOW first
ip link add pear0 type dummy
until_shown 'newlink .*pear0 kind dummy' seen
tmux send-keys p
until_shown PAUSED paused
ip link set pear0 mtu 1400
sleep 1
tmux capture-pane -p >still
tmux send-keys p
until_shown 'pear0 mtu 1400' after
tmux send-keys C-e
until_shown STOPPED stopped
ip link del pear0
sleep 0.5
tmux send-keys q
until_shown 'were captured from nlmon0' question
tmux send-keys k
until_shown 'keep it as' prompt
tmux send-keys C-u
tmux send-keys -l {folder}/kept.pcapng
tmux send-keys Enter
for i in $(seq 100); do test -s status && break; sleep 0.1; done
tmux kill-server
"""


@needs_kernel("tmux")
def test_live_capture_is_followed_held_stopped_and_kept(tmp_path: Path) -> None:
    script = LIVE.format(
        root=shlex.quote(str(ROOT)),
        folder=shlex.quote(str(tmp_path)),
        python=shlex.quote(sys.executable),
    )
    done = in_kernel("bash", "-c", script)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 lost" in (tmp_path / "seen").read_text()
    assert "mtu 1400" not in (tmp_path / "still").read_text()
    assert "more" in (tmp_path / "still").read_text().split("\n")[0]
    assert (tmp_path / "status").read_text() == "0\n"
    shown = run("read", str(tmp_path / "kept.pcapng")).stdout
    assert "newlink    pear0 kind dummy" in shown
    assert "mtu 1400" in shown
    assert "dellink" not in shown
    assert not list(tmp_path.glob("nldissect-*"))
