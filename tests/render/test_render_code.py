"""Messages as source code: compiled or executed, the literals are the message's very bytes."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nldissect._internal.cli import options
from nldissect._internal.engine.message import Message
from nldissect._internal.render.formats import FORMATS
from nldissect._internal.render.ynl_output import ynl
from support.command import Command
from support.messages import RECORDINGS, attr, messages, msg, newlink, recording
from support.sweep import SWEPT

SOME = ["errors", "nft", "rtnl_ra", "wireguard", "genltest", "tc"]
NAMES = [path.stem for path in SWEPT]
HOSTILE = [
    b"*/ int x; /*", b"a\\", b"a\nb\r\x1b[31m", b'"); evil("', b"\xe2\x80\xae", b"//", b"??/",
]  # fmt: skip


def some(names: list[str]) -> list[Message]:
    out: list[Message] = []
    for name in names:
        out += recording(name)
    for text in HOSTILE:
        header = struct.pack("<BxHiII", 0, 1, 1, 1, 0)
        out += messages(msg(16, header + attr(3, text + b"\0") + attr(20, text)))
    out += messages(struct.pack("<IHHII", 12, 16, 0, 1, 0) + b"abcd")
    out += messages(newlink(1, "be", order=">"))
    out += messages(b"\1\2\3") + messages(b"")
    for number, message in enumerate(out, 1):
        message.number = number
    return out


def source(form: str, given: list[Message]) -> str:
    renderer = FORMATS[form]()
    return renderer.begin() + "".join(map(renderer.message, given)) + renderer.end()


def test_the_command_offers_every_form() -> None:
    assert {"text", "fields", "otlp", *FORMATS} == set(options.FORMATS)


@pytest.mark.slow
def test_hex_is_the_message() -> None:
    given = some(NAMES)
    lines = source("hex", given).splitlines()
    assert [bytes.fromhex(line) for line in lines] == [message.bytes for message in given]


def test_python_makes_the_message() -> None:
    given = some(SOME)
    found: dict[str, Any] = {}
    exec(source("python", given), found)
    assert len([name for name in found if name.startswith("message_")]) == len(given)
    for message in given:
        assert found[f"message_{message.number}"] == message.bytes


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SOME, "acks", "nlctrl", "fdb", "rtnl_misc", "tc_actions"])
def test_build_makes_the_message(name: str) -> None:
    given = some([name])
    found: dict[str, Any] = {}
    text = source("build", given)
    exec(text, found)
    for message in given:
        made = found[f"message_{message.number}"]
        assert made.bytes == message.bytes
        assert made.protocol == message.protocol
    requests = [m for m in given if m.to_kernel and m.operation and m.spec]
    assert text.count("nldissect.build(") >= 0.9 * len(requests)


def test_c_compiles_to_the_message(tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler here (gcc)")
    given = some(SOME)
    text = "#include <stdio.h>\n" + source("c", given) + "int main(void) {\n"
    for m in given:
        text += f"    fwrite(message_{m.number}, 1, sizeof message_{m.number}, stdout);\n"
    path = tmp_path / "x.c"
    path.write_text(text + "    return 0;\n}\n", encoding="utf-8")
    command = ["gcc", "-O0", "-Wall", "-Wextra", "-Werror", "-trigraphs", "-o", str(tmp_path / "x")]
    subprocess.run([*command, str(path)], check=True)
    made = subprocess.run([str(tmp_path / "x")], capture_output=True, check=True).stdout
    assert made == b"".join(message.bytes for message in given)


def test_rust_compiles_to_the_message(tmp_path: Path) -> None:
    rustc = shutil.which("rustc") or shutil.which("rustc", path=str(Path.home() / ".cargo/bin"))
    if rustc is None:
        pytest.skip("no Rust compiler here (rustc)")
    given = some(["errors", "genltest"])
    text = "use std::io::Write;\n" + source("rust", given)
    text += "fn main() {\n    let mut out = std::io::stdout();\n"
    text += "".join(f"    out.write_all(&MESSAGE_{m.number}).unwrap();\n" for m in given) + "}\n"
    path = tmp_path / "x.rs"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([rustc, "-o", str(tmp_path / "x"), str(path)], capture_output=True)
    if done.returncode and b"linker" in done.stderr:
        pytest.skip("rustc cannot link here")
    assert done.returncode == 0, done.stderr
    made = subprocess.run([str(tmp_path / "x")], capture_output=True, check=True).stdout
    assert made == b"".join(message.bytes for message in given)


@pytest.mark.parametrize(
    ("form", "opening", "closing"),
    [
        ("go", r"var message(\w+) = \[\]byte\{", "}"),
        ("rust", r"pub const MESSAGE_(\w+): \[u8; \d+\] = \[", r"\];"),
        ("c", r"static const unsigned char message_(\w+)\[\d+\] = \{", r"\};"),
    ],
)
def test_literals_parsed_by_line(form: str, opening: str, closing: str) -> None:
    """The literals parsed as their languages do: line by line, comments at the end."""
    given = some(SOME)
    found: dict[str, bytes] = {}
    name, values = "", bytearray()
    comment = r"/\* ((?!\*/).)* \*/" if form == "c" else r"// .*"
    for line in source(form, given).splitlines():
        code = re.sub(rf"\s*{comment}$", "", line)
        start = re.fullmatch(opening, code)
        if start is not None:
            name, values = start[1], bytearray()
        elif re.fullmatch(closing, code):
            found[name] = bytes(values)
        elif code:
            assert re.fullmatch(r" {4}0x..,( 0x..,)*", code), line
            values += bytes(int(one, 16) for one in re.findall(r"0x(..)", code))
    assert found == {str(message.number): message.bytes for message in given}


def test_each_attribute_is_named_beside_its_bytes() -> None:
    text = source("c", messages(newlink(1, "lo")))
    assert re.search(r'0x07, 0x00, 0x03, 0x00, 0x6c, 0x6f, 0x00, +/\* IFLA_IFNAME: "lo" \*/', text)
    assert re.search(r"0x10, 0x00, +/\* nlmsg_type: 16 RTM_NEWLINK \*/", text)
    assert re.search(r"0x01, 0x00, 0x00, 0x00, +/\*   ifi-index: 1", text)


def test_on_the_command_line(run: Command) -> None:
    path = str(RECORDINGS / "errors.pcap")
    done = run("read", "-T", "c", "-c", "1", path)
    assert done.out.startswith("/* 1: route, to the kernel: newlink kiwi0 kind dummy */\n")
    both = run("read", "-T", "python", "-c", "55", "--no-merge", path, path).out
    assert "message_1_1 = " in both
    assert "message_2_5 = " in both
    assert run("read", "-T", "hex", "-Y", "error", path).out.count("\n") > 3
    done = run("read", "-T", "c", "-V", path)
    assert done.status == 2
    assert "-V and -x go with text" in done.err


# -- YNL ------------------------------------------------------------------------


def test_ynl_is_what_cli_py_takes_and_prints() -> None:
    (message,) = messages(newlink(3, "lo"))
    assert ynl(message) == {
        "ifi-family": "unspec",
        "ifi-type": "ether",
        "ifi-index": 3,
        "ifi-flags": ["up"],
        "ifi-change": [],
        "ifname": "lo",
    }


@pytest.mark.slow
def test_ynl_of_recordings_is_json_of_plain_kinds(run: Command) -> None:
    import nldissect

    built = 0
    for name in [*SOME, "acks", "links", "policies", "tc_qdiscs"]:
        lines = run("read", "-T", "ynl", str(RECORDINGS / f"{name}.pcap")).out.splitlines()
        given = some([name])
        for message, line in zip(given, lines, strict=False):
            found = json.loads(line)
            assert isinstance(found, dict)
            if found.keys() == {"name", "msg"}:  # a notification
                found = found["msg"]
            if message.error is not None:
                assert found["error"] == message.error
            elif message.get("ifname") is not None:
                assert found["ifname"] == message["ifname"]
            wrong = any(d.severity == "error" for d in message.diagnoses)
            route = message.protocol == 0 and message.type == 16 and message.to_kernel
            if found and route and not wrong:
                # what it says can be built again, as cli.py would
                again = nldissect.build("rt-link", "newlink", found)
                assert ynl(again) == found
                built += 1
        if name == "errors":
            assert len(lines) == 50
    assert built > 50
