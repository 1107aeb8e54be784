"""No string of a capture, a file name, a spec or an argument acts on what shows it.

`OUTPUTS` has every output that a command has; one that is new is missed by the first test.
"""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

import nldissect
from nldissect._internal.cli import commands
from nldissect._internal.pytest_plugin.captured import recorded
from nldissect._internal.render.code_text import block_comment, line_comment
from nldissect._internal.render.formats import FORMATS
from nldissect._internal.render.list_output import ListRenderer
from nldissect._internal.render.report_formats import REPORTS
from nldissect._internal.render.style import Style
from nldissect._internal.spec.dissector_file import load
from nldissect._internal.spec.registry import registry
from nldissect._internal.tui.actions import documents
from nldissect._internal.wire.text import escaped, quoted
from nldissect._internal.wire.times import TimeFormatter
from support import ROOT, hostile
from support.command import Command, run
from support.hostile import MARK, RAW, STRINGS, acting
from support.messages import attr, msg
from support.sweep import share
from support.terminal import Player, play

__all__ = ["run"]  # a fixture

LINKS = ROOT / "captures" / "links.pcap"
SHORT = ROOT / "captures" / "nlexample.pcap"
COLUMNS = (
    "comments", "family", "dissector", "operation", "constant", "process", "file", "group",
    "summary", "diagnoses", "ifname", "IFLA_IFALIAS", "linkinfo.kind", "linkinfo.kind:label",
    "ifi-index:label",
)  # fmt: skip
FIELDS = [word for column in COLUMNS for word in ("-e", column)]
# What each command writes by each -T that it has, as arguments; C stands for a capture.
OUTPUTS: dict[tuple[str, str], list[list[str]]] = {
    ("read", "text"): [
        [],
        ["-V"],
        ["-V", "--names", "spec"],
        ["-x"],
        ["--copies"],
        ["C"],
        ["--wrap"],
        ["--chop"],
    ],
    ("read", "fields"): [FIELDS, [*FIELDS, "-E", "quote=d", "-E", "header=y"]],
    **{("read", form): [[]] for form in FORMATS},
    ("read", "jsonl"): [[], ["--flat"]],
    ("read", "otlp"): [[]],
    ("report", "html"): [[]],
    ("report", "markdown"): [[]],
    ("state", "text"): [[], ["--watch"]],
    ("state", "json"): [[], ["--watch"]],
    ("stats", "text"): [[], ["--top", "999"]],
    ("stats", "json"): [[]],
    ("stats", "prometheus"): [[]],
    ("flow", "text"): [[], ["--sockets", "--parts", "--copies"]],
    ("flow", "svg"): [["--limit", "0"]],
    ("flow", "mermaid"): [["--limit", "0"]],
    ("check", "text"): [[]],
    ("check", "json"): [[]],
    ("check", "sarif"): [[]],
    ("diff", "text"): [[str(LINKS)], ["--objects", str(LINKS)]],
    ("diff", "json"): [[str(LINKS)], ["--objects", str(LINKS)]],
}
# What of them needs a library that is in `.[test]` only.
LIBRARIES = {"otlp": "opentelemetry.proto.trace", "prometheus": "prometheus_client"}
# What is tested otherwise: by tests of their own below, or since the output is that of `read`.
OTHERWISE = {
    "live": "read", "run": "read", "monitor": "read", "tui": "screens", "dissectors": "specs",
    "fields": "specs", "completion": "completion", "redact": "captures", "decode": "read",
    "export": "tables", "extcap": "itself",
}  # fmt: skip


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The capture, by a name that acts, too."""
    folder = tmp_path_factory.mktemp("hostile")
    return hostile.capture(folder / "a\x1b]0;t\x07\u202e\u3164\n[b]PWNED.pcapng")


def test_every_output_is_tried() -> None:
    parsers = commands.build()[1]
    found = set()
    for name, parser in parsers.items():
        if name in OTHERWISE:
            continue
        forms = [action.choices or () for action in parser._actions if action.dest == "format"]
        found |= {(name, form) for form in (forms[0] if forms else ("text",))}
    assert found == set(OUTPUTS)
    assert set(parsers) == {name for name, _ in OUTPUTS} | set(OTHERWISE)
    assert set(documents.forms()) == {"text", *FORMATS, *REPORTS, "svg"}


def test_a_redacted_capture_of_them(run: Command, capture: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    done = run("redact", "--mac", "--ip", "--names", "--processes", capture, out)
    assert done.status == 0
    assert not acting(done.err)
    lengths = [[m.length for m in nldissect.open(path)] for path in (capture, out)]
    assert lengths[0] == lengths[1]


@pytest.mark.parametrize(("command", "form"), sorted(OUTPUTS))
def test_nothing_acts_in_the_output(run: Command, capture: Path, command: str, form: str) -> None:
    if form in LIBRARIES:
        pytest.importorskip(LIBRARIES[form])
    for more in OUTPUTS[command, form]:
        given = [str(capture) if word == "C" else word for word in more]
        done = run(command, "-T", form, *given, capture)
        assert done.out
        assert done.status in (0, 1), done.err
        # What a wide line is broken into stands below its own column.
        out = re.sub(r"\n {8,}", " ", done.out) if "--wrap" in more else done.out
        assert not acting(out, "\n\t" if form == "fields" else "\n")
        assert not acting(done.err)


def test_colours_are_the_only_escapes(run: Command, capture: Path) -> None:
    out = run("read", "-V", "--color", "always", capture).out
    assert "\x1b[" in out
    assert not acting(out, colours=True)


@pytest.mark.slow
def test_lines_cut_to_a_terminal(capture: Path, tmp_path: Path) -> None:
    """Also what a spec says the group of a notification is, beside copies."""
    for text in STRINGS.values():
        made = hostile.spec(tmp_path / "family.yaml", text)
        lines = ListRenderer(Style(), TimeFormatter("relative"), 150)
        for message in nldissect.open(capture, dissectors=[made], filter="protocol == generic"):
            assert not acting(lines.message(message, message.link))
    lines = ListRenderer(Style(), TimeFormatter("relative"), 150)
    for message in nldissect.open(capture):
        assert not acting(lines.message(message, message.link))


def test_the_plot_is_plain_svg(run: Command, capture: Path, tmp_path: Path) -> None:
    run("stats", "--svg", tmp_path / "x.svg", capture)
    assert not acting((tmp_path / "x.svg").read_text())
    assert "script" not in (tmp_path / "x.svg").read_text()


# -- what looks like an escape -----------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [["read"], ["read", "-V"], ["read", "-T", "c"], ["read", "-T", "python"], ["diff", LINKS],
     ["read", "-T", "fields", *FIELDS], ["stats"]],
)  # fmt: skip
def test_a_literal_escape_is_told_from_an_escaped_character(
    run: Command, capture: Path, arguments: list[object]
) -> None:
    out = run(*arguments, capture).out
    assert r"\\x1b[31m \\u202e \\n" in out  # the text of a capture
    assert re.search(r"(?<!\\)\\x1b\[31mred", out)  # the character
    assert not re.search(r"(?<!\\)\\x1b\[31m (?<!\\)\\u202e", out)


def test_quotes_within_quotes() -> None:
    assert quoted('a"b\\"c') == r'"a\"b\\\"c"'
    assert escaped('a"b') == 'a"b'
    assert escaped("\\x1b\x1b") == r"\\x1b\x1b"
    assert escaped("a\\xffb\\") == r"a\xffb" + "\\\\"  # a byte that is no UTF-8
    assert escaped("\u3164\u2800\ufe0f\u200b") == r"\u3164\u2800\ufe0f\u200b"


# -- code ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def codes(capture: Path) -> list[bytes]:
    return [message.bytes for message in nldissect.open(capture)]


def source(form: str, capture: Path) -> str:
    renderer = FORMATS[form]()
    body = [renderer.message(message, message.link) for message in nldissect.open(capture)]
    return renderer.begin() + "".join(body) + renderer.end()


@pytest.mark.parametrize("form", ["python", "build"])
def test_python_runs_nothing_of_it(
    form: str, capture: Path, codes: list[bytes], tmp_path: Path
) -> None:
    """As a file, whose first lines may name its encoding."""
    path = tmp_path / "made.py"
    path.write_text(source(form, capture), encoding="utf-8")
    found = runpy.run_path(str(path))
    made = [found[f"message_{number}"] for number in range(1, len(codes) + 1)]
    assert [one if form == "python" else one.bytes for one in made] == codes
    assert not [name for name in found if MARK in name]


@pytest.mark.parametrize("text", [name for name in STRINGS if "encoding" in name])
def test_no_message_names_the_encoding_of_its_file(text: str, tmp_path: Path) -> None:
    header = bytes(16)
    message = nldissect.dissect(msg(16, header + attr(3, RAW[text] + b"\0")), "route")
    for form in ("python", "build"):
        renderer = FORMATS[form]()
        path = tmp_path / "made.py"
        path.write_text(renderer.message(message).replace("nldissect", "message_0 and message_0"))
        lines = path.read_text().splitlines()
        assert STRINGS[text].split("\\")[0].split(":")[0].split("=")[0] in lines[0]
        assert not re.match(r"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)", lines[0])


def test_c_compiles_to_nothing_else(capture: Path, codes: list[bytes], tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler here (gcc)")
    numbers = range(1, len(codes) + 1)
    text = "#include <stdio.h>\n" + source("c", capture) + "int main(void) {\n"
    text += "".join(f"    fwrite(message_{n}, 1, sizeof message_{n}, stdout);\n" for n in numbers)
    path = tmp_path / "x.c"
    path.write_text(text + "    return 0;\n}\n", encoding="utf-8")
    command = ["gcc", "-O0", "-Wall", "-Wextra", "-Werror", "-trigraphs", "-Wbidi-chars=any"]
    subprocess.run([*command, "-o", str(tmp_path / "x"), str(path)], check=True)
    made = subprocess.run([str(tmp_path / "x")], capture_output=True, check=True).stdout
    assert made == b"".join(codes)
    plain = subprocess.run(["gcc", "-E", "-trigraphs", str(path)], capture_output=True, check=True)
    assert MARK.encode() not in plain.stdout


@pytest.mark.parametrize("text", ["??/", "???/", "????/", "a\\", "a\\ ", "*/", "/*/", "**/", "*/*"])
def test_a_comment_goes_no_further(text: str) -> None:
    """Neither continued by what stands at its end, nor ended or nested."""
    for comment in (line_comment(text), block_comment(text)):
        assert "??" not in comment
        assert not comment.rstrip().endswith("\\")
    assert "*/" not in block_comment(text)
    assert "/*" not in block_comment(text)


def test_go_compiles_to_nothing_else(capture: Path, codes: list[bytes], tmp_path: Path) -> None:
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go compiler here (go)")
    text = 'package main\n\nimport "os"\n\n' + source("go", capture) + "func main() {\n"
    for number in range(1, len(codes) + 1):
        text += f"\tos.Stdout.Write(message{number})\n"
    path = tmp_path / "x.go"
    path.write_text(text + "}\n", encoding="utf-8")
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "GO111MODULE": "off"}
    done = subprocess.run([go, "run", str(path)], capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"".join(codes)


def test_rust_compiles_to_nothing_else(capture: Path, codes: list[bytes], tmp_path: Path) -> None:
    rustc = shutil.which("rustc") or shutil.which("rustc", path=str(Path.home() / ".cargo/bin"))
    if rustc is None:
        pytest.skip("no Rust compiler here (rustc)")
    text = "use std::io::Write;\n" + source("rust", capture)
    text += "fn main() {\n    let mut out = std::io::stdout();\n"
    for number in range(1, len(codes) + 1):
        text += f"    out.write_all(&MESSAGE_{number}).unwrap();\n"
    path = tmp_path / "x.rs"
    path.write_text(text + "}\n", encoding="utf-8")
    done = subprocess.run([rustc, "-o", str(tmp_path / "x"), str(path)], capture_output=True)
    if done.returncode and b"linker" in done.stderr:
        pytest.skip("rustc cannot link here")
    assert done.returncode == 0, done.stderr
    made = subprocess.run([str(tmp_path / "x")], capture_output=True, check=True).stdout
    assert made == b"".join(codes)


# -- specs -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec for each string."""
    folder = tmp_path_factory.mktemp("specs")
    for number, text in enumerate(STRINGS.values()):
        hostile.spec(folder / f"{number}.yaml", text)
    return folder


@pytest.mark.slow
def test_names_of_a_spec(run: Command, capture: Path, specs: Path) -> None:
    done = run("dissectors", "check", *specs.iterdir())
    assert done.status == 0, done.out
    assert not acting(done.out + done.err)
    for words in (["dissectors"], ["fields"]):
        done = run(*words, "--dissectors", specs)
        assert done.out
        assert not acting(done.out + done.err)
    for form in (["-V"], ["-T", "python"], ["-T", "build"], ["-T", "c"]):
        done = run("read", "--dissectors", specs, *form, "--protocol", "generic", capture)
        assert done.status == 0, done.err
        assert not acting(done.out + done.err)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(STRINGS)), ids=STRINGS)
def test_a_spec_of_them_is_shown(run: Command, specs: Path, number: int) -> None:
    name = list(STRINGS.values())[number]
    done = run("dissectors", "show", name, "--dissectors", specs / f"{number}.yaml")
    assert not acting(done.out + done.err)


@pytest.mark.slow
@pytest.mark.parametrize("name", RAW)
def test_what_is_learnt_is_in_order(run: Command, capture: Path, tmp_path: Path, name: str) -> None:
    """A spec that `dissectors check` takes, for the family by this very name."""
    family = RAW[name].partition(b"\0")[0].decode("utf-8", "backslashreplace")
    done = run("dissectors", "learn", capture, family)
    assert not acting(done.out + done.err)
    if not family:
        assert done.status == 2
        return
    path = tmp_path / "learnt.yaml"
    path.write_text(done.out, encoding="utf-8")
    checked = run("dissectors", "check", path)
    assert checked.status == 0, checked.out
    assert load(str(path)).name == family


# -- arguments ---------------------------------------------------------------------------------

WRONG: list[Callable[[str], list[object]]] = [
    lambda text: ["read", f"/nowhere/{text}"],
    lambda text: ["read", "-Y", f'ifname == "{text}', SHORT],
    lambda text: ["read", "-Y", f"{text} == 1", SHORT],
    lambda text: ["read", "--type", text, SHORT],
    lambda text: ["read", "--protocol", text, SHORT],
    lambda text: ["read", "-T", text, SHORT],
    lambda text: ["read", "-T", "fields", "-e", text, SHORT],
    lambda text: ["read", f"--{text}", SHORT],
    lambda text: ["read", "--decode-as", f"{text}={text}", SHORT],
    lambda text: ["read", "--dissectors", f"/nowhere/{text}", SHORT],
    lambda text: ["read", "-w", f"/nowhere/{text}", SHORT],
    lambda text: ["dissectors", "learn", SHORT, text],
    lambda text: ["dissectors", "check", f"/nowhere/{text}"],
    lambda text: ["monitor", "--groups", text],
    lambda text: ["completion", text],
    lambda text: [f"{text}x"],
]


@pytest.mark.parametrize("name", share([*STRINGS]))
def test_what_is_said_of_arguments(run: Command, name: str) -> None:
    for arguments in WRONG:
        done = run(*arguments(STRINGS[name]))
        assert not acting(done.out + done.err), arguments(STRINGS[name])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_has_nothing_of_others(
    run: Command, shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made of options alone: neither of what a folder of dissectors nor a variable says."""
    plain = run("completion", shell).out
    hostile.spec(tmp_path / "family.yaml", STRINGS["shell"])
    monkeypatch.setenv("NLDISSECT_PATH", str(tmp_path))
    assert run("completion", shell).out == plain
    assert not acting(plain)


# -- the library, pytest, scapy, screens -------------------------------------------------------


def texts(message: nldissect.Message) -> Iterable[str]:
    """What the library says of a message to people."""
    yield repr(message)
    yield str(message)
    for node in message.walk():
        yield repr(node)
    for found in message.diagnoses:
        yield repr(found)


def test_the_library(capture: Path) -> None:
    for message in nldissect.open(capture):
        for text in texts(message):
            assert not acting(text), text


def test_errors_of_the_library() -> None:
    for text in STRINGS.values():
        for wrong in (
            lambda text=text: nldissect.build("rt-link", "newlink", {text + "?": 1}),
            lambda text=text: nldissect.build(text, "newlink"),
            lambda text=text: nldissect.build("rt-link", text),
            lambda text=text: nldissect.build("rt-link", "newlink", {"mtu": text + "?"}),
            lambda text=text: nldissect.open(f"/nowhere/{text}"),
            lambda text=text: nldissect.compile(f"{text} =="),
        ):
            with pytest.raises(nldissect.NldissectError) as problem:
                wrong()
            assert not acting(str(problem.value))


def test_scapy(capture: Path) -> None:
    pytest.importorskip("scapy")
    for message in nldissect.open(capture):
        packet = message.to_scapy()
        for text in (packet.show(dump=True), packet.summary(), repr(packet)):
            assert not acting(text), text


@pytest.mark.slow
def test_reports_of_pytest(capture: Path, run: Command, tmp_path: Path) -> None:
    """Each string as what is expected, some of them of a capture that has all strings."""
    whole = recorded(str(capture), registry())
    for number in range(len(whole)):
        assert not acting(repr(whole[number]))
    run("read", "-c", 12, "-w", tmp_path / "few.pcapng", capture)
    few = recorded(str(tmp_path / "few.pcapng"), registry())
    for number, text in enumerate(STRINGS.values()):
        cap = few if number % 10 else whole
        for expectation in (
            cap.expect("newlink", ifname=text + "?", ifalias=text),
            cap.expect("newlink", {"linkinfo.kind": "of-mine"}, ifname=text),
            cap.expect("newlink", {text or "x": 1}),
        ):
            with pytest.raises((AssertionError, nldissect.UsageError)) as problem:
                expectation.check()
            assert not acting(str(problem.value))
        with pytest.raises(nldissect.UsageError) as problem:
            cap.expect(text or "x").check()
        assert not acting(str(problem.value))


@pytest.mark.slow
def test_screens(capture: Path) -> None:
    """Every pane and report of the terminal interface, markup shown as it is."""

    async def story(player: Player) -> None:
        seen = ""

        def look() -> None:
            nonlocal seen
            screen = player.screen()
            assert not acting(screen.replace("\n", " "))  # words are wrapped
            seen += screen

        look()
        for keys in ("f", "T", "O", "!", "i", "?", "ctrl+p"):
            await player.press(keys)
            look()
            await player.press("escape")
        for number in range(1, len(player.browser.model.view), 11):
            await player.type(f"{number}G")
            look()
        await player.press("slash")
        await player.type('ifname == "[bold red]')
        look()
        assert f"[bold red]{MARK}[/] [link=http" in seen

    play(capture, story=story, size=(170, 50))
