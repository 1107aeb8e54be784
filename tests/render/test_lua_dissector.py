"""Dissectors as Lua: the installed tshark shows the values of our JSON, and stands anything."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from fuzz import mutate
from nldissect._internal.render.lua_dissector import lua
from nldissect._internal.spec.registry import Registry
from support.command import Command
from support.messages import RECORDINGS
from support.sweep import EVERY, SWEPT
from support.wireshark import Compared, compare, tshark

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is missing")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all dissectors."""
    from nldissect._internal.cli import main

    folder = tmp_path_factory.mktemp("lua")
    assert main(["dissectors", "export", "--lua", "all", "-o", str(folder)]) == 0
    return folder


def agrees(found: Compared, least: int) -> None:
    """No value differs, and none is missing; so many or more are the same."""
    assert not found.wrong, found.wrong[:5]
    assert not found.absent, found.absent[:5]
    assert found.equal >= least


@pytest.mark.parametrize(
    ("name", "least"),
    [("wireguard", 1500), ("nlctrl", 700), ("nfc", 180), ("routes", 19000), ("genltest", 600)],
)
def test_values_are_those_of_the_json(name: str, least: int, everything: Path) -> None:
    agrees(compare(everything, RECORDINGS / f"{name}.pcap"), least)


@pytest.mark.slow
def test_every_family_of_the_recordings_is_compared(everything: Path) -> None:
    found = Compared()
    for capture in SWEPT:
        found.add(compare(everything, capture))
    agrees(found, 600_000 if SWEPT == EVERY else 65_000)
    assert found.as_bytes < found.equal / 50
    assert len(found.dissectors) > (80 if SWEPT == EVERY else 60)


def test_one_family_is_filtered_by_its_fields(tmp_path: Path, run: Command) -> None:
    ran = run("dissectors", "export", "--lua", "wireguard", "-o", tmp_path)
    assert ran.status == 0
    assert ran.out.startswith("1 dissector is in")
    assert {path.name for path in tmp_path.iterdir()} == {
        "nl_wireguard.lua",
        "nldissect.lua",
        "nldissect_all.lua",
    }
    address = "nl.wireguard.wgallowedip.ipaddr.ipv4 == 10.44.0.0"
    filter = f"{address} && nl.wireguard.wgpeer_flags.replace_allowedips == 1"
    shown = tshark(
        tmp_path,
        RECORDINGS / "wireguard.pcap",
        "-2",
        "-Y",
        filter,
        "-T",
        "fields",
        "-e",
        "nl.operation",
        "-e",
        "nl.wireguard.wgdevice.ifname",
    )
    assert shown.stdout.decode().splitlines()[0] == "set-device\tpeach0"


def test_what_shares_a_raw_protocol_comes_along(tmp_path: Path, run: Command) -> None:
    assert run("dissectors", "export", "--lua", "rt-rule", "-o", tmp_path).status == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert {"nl_rt_rule.lua", "nl_rt_link.lua", "nl_tc.lua"} <= names
    assert "nl_wireguard.lua" not in names


def test_nothing_makes_a_lua_error(everything: Path, tmp_path: Path) -> None:
    mutate.write(tmp_path, 6000, "lua")
    for capture in sorted(tmp_path.iterdir()):
        shown = tshark(everything, capture, "-V")
        assert shown.returncode == 0, shown.stderr[-500:]
        assert b"Lua Error" not in shown.stdout + shown.stderr
        assert b"Netlink, by nldissect" in shown.stdout
        assert b"nla_len" in shown.stdout  # what is wrong is told


def test_a_lua_error_would_be_seen(everything: Path, tmp_path: Path) -> None:
    for path in everything.iterdir():
        shutil.copy(path, tmp_path)
    runtime = tmp_path / "nldissect.lua"
    text = runtime.read_text()
    assert "local function scalar(" in text
    runtime.write_text(re.sub(r"(local function scalar\(.*\n)", r"\1    error('seen')\n", text))
    assert b"Lua Error" in tshark(tmp_path, RECORDINGS / "links.pcap", "-V").stdout


HOSTILE = '"]]) os.execute("touch PWNED") --[[\\\n\x1b[31m'


def test_a_spec_cannot_write_lua(tmp_path: Path, run: Command) -> None:
    import yaml

    spec = {
        "name": 'evil"..x',
        "protocol": "genetlink-legacy",
        "definitions": [
            {"type": "enum", "name": HOSTILE, "entries": [HOSTILE, "end", "nil"]},
            {"type": "flags", "name": "f" + HOSTILE, "entries": [HOSTILE, "a.b"]},
        ],
        "attribute-sets": [
            {
                "name": HOSTILE,
                "attributes": [
                    {"name": HOSTILE, "type": "u32", "enum": HOSTILE},
                    {"name": "end", "type": "u32", "enum": "f" + HOSTILE},
                    {"name": "END", "type": "string"},
                ],
            }
        ],
        "operations": {
            "list": [
                {"name": HOSTILE, "attribute-set": HOSTILE, "do": {"request": {"attributes": []}}}
            ]
        },
    }
    file = tmp_path / "evil.yaml"
    file.write_text(yaml.safe_dump(spec))
    folder = tmp_path / "lua"
    ran = run("dissectors", "export", "--dissectors", file, "--lua", 'evil"..x', "-o", folder)
    if ran.status:  # a spec with such names is refused before
        assert "evil" in ran.err
        return
    text = (folder / "nl_evil___x.lua").read_text()
    assert text.isascii()
    assert "\\027" not in text  # nor does a name act on a terminal
    strings = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text.replace("\\\n", ""))
    assert "os.execute" not in strings
    shown = tshark(folder, RECORDINGS / "wireguard.pcap", "-c", "1")
    assert shown.returncode == 0
    assert b"Lua" not in shown.stderr, shown.stderr
    assert not Path("PWNED").exists()


@pytest.mark.parametrize("text", ['a"b', "a\\", "\n\r\0", "]]", "\x1b[31m", "é\udc80"])
def test_strings_are_escaped(text: str) -> None:
    written = lua(text)
    assert re.fullmatch(r'"(?:[ !#-\[\]-~]|\\\d{3})*"', written)
    plain = re.sub(r"\\(\d{3})", lambda found: chr(int(found[1])), written[1:-1])
    assert plain.encode("latin-1") == text.encode("utf-8", "surrogatepass")


def test_names_of_fields_are_there_once(everything: Path) -> None:
    names = re.findall(r'\bid = ("[^"]*")', "".join(p.read_text() for p in everything.iterdir()))
    assert len(names) > 10_000
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r'"nl(\.[a-z0-9_]+)+"', name) for name in names)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["export"], "needs names and a folder"),
        (["export", "--lua", "wiregard", "-o", "x"], "did you mean 'wireguard'"),
        (["export", "--lua", "uevent", "-o", "x"], "no types of their own"),
        (["export", "--lua", "netlink", "-o", "x"], "control messages itself"),
        (["export", "--lua", "wireguard", "-o", "/dev/null"], "/dev/null"),
        (["list", "--lua", "wireguard"], "are of `nldissect dissectors export`"),
    ],
)
def test_errors_of_use(arguments: list[str], says: str, run: Command) -> None:
    ran = run("dissectors", *arguments)
    assert ran.status == 2
    assert says in ran.err
    assert ran.err.count("\n") == 1


def test_all_is_every_dissector_that_wireshark_asks(everything: Path) -> None:
    files = [path for path in everything.iterdir() if path.name.startswith("nl_")]
    claimed = [entry for entry in Registry(use_system=False).files() if entry.claims]
    left = {"iscsi", "fib-lookup", "connector", "uevent"}
    assert len(files) == len([entry for entry in claimed if entry.name not in left])
