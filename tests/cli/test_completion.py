"""Completion: what is offered where, and that bash, zsh and fish take it as it is meant."""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nldissect._internal.cli import completion_candidates, shell_completion
from nldissect._internal.cli.commands import build
from nldissect._internal.cli.shell_words import TypedWord, quoted, split_words
from nldissect._internal.filter import Filter
from nldissect._internal.filter.completion import complete, offered_names
from nldissect._internal.filter.listing import listing
from nldissect._internal.render.column_output import MESSAGE_COLUMNS, ColumnLayout, ColumnsRenderer
from nldissect._internal.spec import specfile
from nldissect._internal.spec.registry import registry
from support.command import ROOT, Command
from support.sweep import share

SHELLS = ("bash", "zsh", "fish")


def offered(run: Command, *words: str) -> dict[str, str]:
    """What is offered in place of the last word, each with its help."""
    typed = f"'{words[-1]}" if " " in words[-1] else words[-1]
    ran = run("completion", "--complete", "fish", "nldissect", *words[:-1], typed)
    assert (ran.status, ran.err) == (0, "")
    return dict(line.split("\t") for line in ran.lines[1:])


def kind(run: Command, *words: str) -> str:
    """How the shell goes on."""
    return run("completion", "--complete", "fish", "nldissect", *words).lines[0]


# -- what is offered -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "wanted", "absent"),
    [
        (["re"], {"read": "show the messages of capture files"}, "live"),
        (["help", "mo"], {"monitor": "show notifications, without privileges"}, "read"),
        (["read", "--pro"], {"--protocol": None}, "--type"),
        (["read", "--protocol", "ro"], {"route": "NETLINK_ROUTE 0"}, "generic"),
        (["read", "--protocol=ro"], {"--protocol=route": "NETLINK_ROUTE 0"}, "route"),
        (["read", "--protocol", "route,gen"], {"route,generic": "NETLINK_GENERIC 16"}, "generic"),
        (["read", "--family", "ethto"], {"ethtool": None}, "rt-link"),
        (["read", "--type", "newl"], {"newlink": "rt-link: RTM_NEWLINK"}, "newroute"),
        (["read", "--type", "error,RTM_NEWL"], {"error,RTM_NEWLINK": None}, "newlink"),
        (["read", "--decode-as", "21=nlex"], {"21=nlexample": None}, "21=nlctrl"),
        (["read", "-T", "js"], {"json": "one array", "jsonl": "an object a line"}, "text"),
        (["read", "-t", "d"], {"dd": "since the one shown before"}, "a"),
        (["read", "-E", "h"], {"header=": None}, "quote="),
        (["read", "-e", "error"], {"error": None, "error_name": None}, "time"),
        (["read", "-e", "IFLA_MT"], {"IFLA_MTU": "u32 IFLA_MTU (rt-link)"}, "IFLA_ADDRESS"),
        (["read", "-e", "max_m"], {"max-mtu": None}, "mtu"),
        (["read", "-e", "linkinfo.ki"], {"linkinfo.kind": "string IFLA_INFO_KIND (rt-link)"}, ""),
        (["read", "-e", ""], {"file": None, "sequence": None}, "mtu"),
        (["check", "-Y", "linkinfo.kind == vx"], {}, "linkinfo.kind == vxlan"),
        (["diff", "-Y", 'linkinfo.kind == "vx'], {'linkinfo.kind == "vxlan"': ""}, '"vxlan"'),
        (["live", "-Y", "mtu > 5 and newl"], {"mtu > 5 and newlink": None}, "newlink"),
        (["run", "-Y", "mtu "], {"mtu ==": None, "mtu in": None}, "mtu"),
        (["monitor", "ipv4-r"], {"ipv4-route": "RTNLGRP_IPV4_ROUTE"}, "link"),
        (["monitor", "link", "rou"], {"route": "ipv4-route, ipv6-route, mpls-route"}, "link"),
        (["live", "--join", "netfilter:nft"], {"netfilter:nftables": None}, "link"),
        (["check", "--no-code", "trail"], {"trailing-data": None}, "truncated"),
        (["dissectors", "l"], {"list": "the default", "learn": ""}, "check"),
        (["dissectors", "show", "rt-l"], {"rt-link": None}, "rt-addr"),
        (["fields", "--dissector", "nlc"], {"nlctrl": None}, "rt-link"),
        (["fields", "IFLA_MT"], {"IFLA_MTU": None}, "IFLA_ADDRESS"),
        (["a.pcap", "-Y", "newl"], {"newlink": "rt-link: RTM_NEWLINK"}, "read"),
        (["-r", "a.pcap", "--prot"], {"--protocol": None}, "--type"),
        (["completion", "z"], {"zsh": ""}, "bash"),
        (["live", "-b", "dur"], {"duration:": "seconds"}, "files:"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_values_are_offered(
    words: list[str], wanted: dict[str, str | None], absent: str, run: Command
) -> None:
    got = offered(run, *words)
    for text, help in wanted.items():
        assert text in got
        assert help is None or got[text] == help
    assert absent not in got


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["read", ""], "files"),
        (["read", "-w", ""], "files"),
        (["read", "-V", "a.pcap", "b"], "files"),
        (["./cap"], "files"),
        (["a.pcap", ""], "files"),
        (["read", "--dissectors", ""], "folders"),
        (["dissectors", "learn", "--source", "a.c", "b"], "files"),
        (["dissectors", "learn", "--source", "a.c", "--fam"], "words"),
        (["redact", "a", "b"], "files"),
        (["redact", "a", "b", "c"], "words"),
        (["read", "-c", ""], "words"),
        (["run", "-V", "--", "ip", "li"], "command 4"),
        (["run", "-T", "json", "ip", ""], "command 4"),
        (["run", "-T", ""], "words"),
    ],
    ids=" ".join,
)
def test_shells_are_told_how_to_go_on(words: list[str], wanted: str, run: Command) -> None:
    assert kind(run, *words) == wanted


def test_every_option_with_a_value_offers_some_or_is_free() -> None:
    # Numbers, a secret, bytes, a heading, the name of any host, a moment
    free = {"limit", "pid", "port", "jobs", "top", "snaplen", "buffer", "key", "given", "title"}
    free |= {"host", "at", "traceparent", "metrics"}
    known = {*completion_candidates._COMPLETERS, *completion_candidates._FILES_OF,
             *completion_candidates._FOLDERS_OF}  # fmt: skip
    for command, parser in build()[1].items():
        for action in parser._actions:
            if action.nargs != 0 and action.choices is None and command not in ("run", "extcap"):
                assert action.dest in free | known | {"files"}, (command, action.dest)


def test_names_are_those_of_filters(run: Command) -> None:
    """The language completes them, its own names are kept, and columns take what is offered."""
    known = registry()
    for start in ("m", "IFLA_INFO", "ne"):
        wanted = [c.text for c in complete(start, len(start), known).candidates]
        assert list(offered(run, "read", "-Y", start)) == wanted
    columns = offered(run, "read", "-e", "")
    assert set(MESSAGE_COLUMNS) <= set(columns)
    for name in [*columns, *list(offered(run, "read", "-e", "m"))[:40]]:
        ColumnsRenderer([name], ColumnLayout(), known)


def test_every_name_that_is_offered_is_one() -> None:
    """To filters and columns; and nothing that `nldissect fields` lists is missing."""
    known = registry()
    texts = offered_names(known)
    rows = [line.split("\t") for text in texts.values() for line in text.split("\n")]
    for name, sort, _ in share(rows):
        if sort != "function":
            Filter(name, known)
    listed = list(listing(known))
    wanted = {named.name for named in listed} | {named.constant for named in listed}
    missing = wanted - {name for name, *_ in rows} - {""}
    # Words of the language, and what stands for many names.
    assert {name for name in missing if "*" not in name} <= {"all", "any"}


def test_names_follow_the_dissectors_that_are_typed(tmp_path: Path, run: Command) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    text = (ROOT / "nldissect" / "dissectors" / "nlex.yaml").read_text()
    path = folder / "orchard.yaml"
    path.write_text(text.replace("name: nlex", "name: orchard").replace("sum", "plums"))
    words = ("read", "--dissectors", str(folder), "--family", "orch")
    assert list(offered(run, *words)) == ["orchard"]
    # Code is not run before somebody pressed Enter.
    (folder / "orchard.py").write_text("raise SystemExit(3)\n")
    assert list(offered(run, *words)) == []


def test_kept_names_go_with_what_they_were_made_of(tmp_path: Path) -> None:
    made = []

    def make() -> str:
        made.append(1)
        return "names"

    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for path in files:
        path.write_text("1")
    names = list(map(str, files))
    assert [specfile.cached_together(names, "names", make) for _ in range(2)] == ["names"] * 2
    files[1].write_text("22")
    specfile.cached_together(names, "names", make)
    specfile.cached_together(names[:1], "names", make)
    assert len(made) == 3


def test_kept_names_go_with_what_a_dissector_includes(tmp_path: Path, run: Command) -> None:
    (tmp_path / "orchard.yaml").write_text("""
name: orchard
x-include: [_fruit.yaml]
attribute-sets: [{name: trees, attributes: [{name: of, type: nest, nested-attributes: fruit}]}]
operations: {list: [{name: get, attribute-set: trees, do: {}}]}
""")
    fruit = "attribute-sets: [{name: fruit, attributes: [{name: %s, type: u8}]}]\n"
    (tmp_path / "_fruit.yaml").write_text(fruit % "greengage")
    words = ("read", "--dissectors", str(tmp_path))
    assert "greengage" in offered(run, *words, "-e", "greeng")
    assert run(*words, "-Y", "greengage == 1", ROOT / "captures" / "links.pcap").status == 0
    (tmp_path / "_fruit.yaml").write_text(fruit % "mirabelle")
    assert "mirabelle" in offered(run, *words, "-e", "mirab")
    assert not offered(run, *words, "-e", "greeng")
    assert run(*words, "-Y", "mirabelle == 1", ROOT / "captures" / "links.pcap").status == 0
    assert run(*words, "-Y", "greengage == 1", ROOT / "captures" / "links.pcap").status == 2
    # What strace's constants are kept with, too.
    (built_in,) = [file for file in registry().files() if file.name == "ctnetlink"]
    assert [Path(path).name for path in built_in.sources] == ["ctnetlink.yaml", "_nfnetlink.yaml"]


def test_a_name_is_completed_without_the_filter_language(tmp_path: Path) -> None:
    """What a user waits for after Tab: the kept names are looked up, nothing is parsed."""
    words = ["-m", "nldissect", "completion", "--complete", "bash", "nldissect read -e mt"]
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", *words], check=True, capture_output=True, text=True
    )
    assert "mtu" in ran.stdout.splitlines()
    for module in ("nldissect._internal.filter", "nldissect._internal.render", "yaml", "re2"):
        assert f" {module}\n" not in ran.stderr


# -- hostile names -----------------------------------------------------------------------------

HOSTILE = ("$(touch pwned)", "`id`", "a b", "it's", 'say"', "x;y", "*", "~", "back\\slash",
           "\x1b[31m", "new\nline", "tab\there", "bell\x07", "\u202ertl", "-rf")  # fmt: skip


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_hostile_names_are_words_or_left_out(
    shell: str, run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion_candidates, "_folder", lambda path: list(HOSTILE))
    words = ["nldissect live --netns "] if shell == "bash" else ["nldissect", "live", "--netns", ""]
    ran = run("completion", "--complete", shell, *words)
    shown = [name for name in HOSTILE if name.isprintable()]
    assert len(ran.lines) == len(shown) + 1  # one line each, and no more
    assert not [c for c in ran.out if not c.isprintable() and c not in "\t\n"]
    got = [line.partition("\t")[0] for line in ran.lines[1:]]
    if shell == "bash":  # which takes replies as they are
        assert [shlex.split(word) for word in got] == [[name] for name in shown]
    else:
        assert got == shown


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_what_is_quoted_is_that_word_to_bash(quote: str, tmp_path: Path) -> None:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    for text in [name for name in HOSTILE if "\n" not in name]:
        word = quote + quoted(text, quote) + quote
        ran = subprocess.run(
            ["bash", "-c", f"printf %s {word}"], capture_output=True, check=True, cwd=tmp_path
        )
        assert ran.stdout.decode() == text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "last"),
    [
        ("nldissect read ", TypedWord("")),
        ("nldissect read my\\ rec", TypedWord("my rec")),
        ("x -Y 'a == \"b", TypedWord('a == "b', "'", 0)),
        ('x --filter="a b', TypedWord("--filter=a b", '"', 9)),
        ("x 0x1c=nl_", TypedWord("0x1c=nl_", "", 5)),
        ("x ethtool:mon", TypedWord("ethtool:mon", "", 8)),
        ("x 'a b'c", TypedWord("a bc", "", 3)),
        ("x 'it'\\''s", TypedWord("it's", "'", 3)),
        ("x a\\", TypedWord("a\\")),
    ],
)
def test_words_are_split_as_a_shell_does(line: str, last: TypedWord) -> None:
    assert split_words(line)[-1] == last


# -- the scripts, in the shells ------------------------------------------------------------------


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_scripts_are_valid(shell: str, tmp_path: Path, run: Command) -> None:
    text = run("completion", shell).out
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path = tmp_path / "script"
    path.write_text(text)
    ran = subprocess.run([shell, "-n", path], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


class Shell:
    """An interactive shell at a terminal, in which `nldissect` writes its arguments to a file."""

    def __init__(self, name: str, folder: Path) -> None:
        binaries = folder / "bin"
        binaries.mkdir()
        program = binaries / "nldissect"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m nldissect "$@"\n')
        program.chmod(0o755)
        (folder / "script").write_text(shell_completion.SCRIPTS[name])
        self.arguments = folder / "arguments"
        start = f"source {folder}/script"
        define = f"nldissect() {{ printf '%s\\n' \"$@\" >{self.arguments}; echo D''ONE; }}"
        if name == "fish":
            define = f"function nldissect; printf '%s\\n' $argv >{self.arguments}; echo D''ONE; end"
            start += "; function fish_prompt; echo 'READY> '; end"
        elif name == "zsh":
            start = f"autoload -Uz compinit; compinit -D; {start}; PS1='READY> '"
        else:
            start += "; PS1='READY> '"
        place = {"bash": "bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"}[name]
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(f"{start}\n{define}\n")
        options = ["--noprofile", "--rcfile", str(folder / place)] if name == "bash" else []
        environment = {
            "PATH": f"{binaries}:{os.environ['PATH']}",
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm" if name == "fish" else "dumb",
            "LC_ALL": "C.UTF-8",
            "NLDISSECT_CACHE": os.environ.get("NLDISSECT_CACHE", str(folder / "cache")),
        }
        work = folder / "work"
        work.mkdir()
        (work / "my recording.pcap").touch()
        # What is kept of the dissectors, which the first of all Tabs would make.
        asked = ["completion", "--complete", "bash", "nldissect read -Y 'linkinfo.ki"]
        subprocess.run([program, *asked], env=environment, check=True, capture_output=True)
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(work)
            os.execvpe(name, [name, *options, "-i"], environment)
        self.screen = ""
        self.wait("READY> ")
        self.rest(0.3)

    def wait(self, text: str, seconds: float = 20) -> None:
        """Reads until the screen has this text since the last time."""
        end = time.monotonic() + seconds
        while text not in self.screen and time.monotonic() < end:
            self.rest(0.05)
        assert text in self.screen, self.screen
        self.screen = self.screen.partition(text)[2]

    def rest(self, seconds: float) -> None:
        """Reads what comes, until nothing has for so long."""
        while select.select([self.terminal], [], [], seconds)[0]:
            try:
                self.screen += os.read(self.terminal, 65536).decode(errors="replace")
            except OSError:
                return

    def typed(self, *keys: str) -> list[str]:
        """The arguments after these keys and Enter; Tab is waited for."""
        self.arguments.unlink(missing_ok=True)
        for key in keys:
            os.write(self.terminal, key.encode())
            self.rest(1.5 if key.endswith("\t") else 0.2)
        os.write(self.terminal, b"\r")
        self.wait("DONE")
        return self.arguments.read_text().splitlines()

    def close(self) -> None:
        os.close(self.terminal)
        os.kill(self.process, 9)
        os.waitpid(self.process, 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHELLS)
def test_tab_in_a_shell(name: str, tmp_path: Path) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    shell = Shell(name, tmp_path)
    try:
        assert shell.typed("nldissect rea\t", "--form\t", "jsonl\t", "my\t") == [
            "read",
            "--format",
            "jsonl",
            "my recording.pcap",
        ]
        # Inside of quotes, which stay open while a filter may go on.
        assert shell.typed("nldissect read -Y 'linkinfo.ki\t", ' == "vxl\t', "' x") == [
            "read",
            "-Y",
            'linkinfo.kind == "vxlan"',
            "x",
        ]
        assert shell.typed("nldissect read --decode-as 0x1c=nl_u\t", "-e linkinfo.ki\t", "x") == [
            "read",
            "--decode-as",
            "0x1c=nl_util",
            "-e",
            "linkinfo.kind",
            "x",
        ]
        assert shell.typed("nldissect read --protocol=ro\t", "--filter=linkinfo.ki\t", " x")[
            :3
        ] == ["read", "--protocol=route", "--filter=linkinfo.kind"]
        assert shell.typed("nldissect monitor netfilter:conntrack-exp-n\t", "link") == [
            "monitor",
            "netfilter:conntrack-exp-new",
            "link",
        ]
    finally:
        shell.close()


# -- installing -----------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR", "BASH_COMPLETION_USER_DIR"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


PLACES = {
    "bash": ".local/share/bash-completion/completions/nldissect",
    "zsh": ".zfunc/_nldissect",
    "fish": ".config/fish/completions/nldissect.fish",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_install_writes_one_file_and_says_so(shell: str, home: Path, run: Command) -> None:
    ran = run("completion", shell, "--install")
    path = home / PLACES[shell]
    assert (ran.status, ran.err) == (0, "")
    assert ran.lines[0] == f"{path} is written"
    assert ran.lines[-1] == f"to remove it: rm {path}"
    assert path.read_text() == run("completion", shell).out
    assert [p for p in home.rglob("*") if p.is_file()] == [path]
    assert run("completion", shell, "--install").lines[0] == f"{path} was there already"
    path.write_text(path.read_text() + "# of an older version\n")
    assert run("completion", shell, "--install").lines[0] == f"{path} is written anew"
    assert path.read_text() == run("completion", shell).out


@pytest.mark.parametrize("shell", SHELLS)
def test_install_leaves_what_is_another_s(shell: str, home: Path, run: Command) -> None:
    path = home / PLACES[shell]
    path.parent.mkdir(parents=True)
    path.write_text("# mine: made by hand\n#compdef nldissect\n")
    ran = run("completion", shell, "--install")
    assert (ran.status, ran.out) == (2, "")
    assert str(path) in ran.err
    assert ran.err.count("\n") == 1
    assert path.read_text() == "# mine: made by hand\n#compdef nldissect\n"


def test_install_says_what_stands_in_its_way(home: Path, run: Command) -> None:
    (home / ".zfunc").write_text("a file\n")
    ran = run("completion", "zsh", "--install")
    assert (ran.status, ran.out) == (2, "")
    assert "Not a directory" in ran.err
    assert ran.err.count("\n") == 1


def test_the_shell_is_told_from_who_calls(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = f"{shlex.quote(sys.executable)} -m nldissect completion --install; :"
    environment = {**os.environ, "HOME": str(home), "SHELL": "/bin/fish", "PYTHONPATH": str(ROOT)}
    if shutil.which("zsh") is not None:
        subprocess.run(["zsh", "-fc", command], check=True, env=environment, capture_output=True)
        assert (home / PLACES["zsh"]).exists()
    monkeypatch.setattr(os, "getppid", lambda: 1)
    monkeypatch.setenv("SHELL", "/usr/local/bin/fish")
    assert shell_completion.running_shell() == "fish"
    monkeypatch.setenv("SHELL", "/bin/dash")
    assert shell_completion.running_shell() is None
