"""Pages of the documentation whose examples are run: their files written, their commands compared.

    python tests/support/documents.py [PAGE...]

puts what commands say now in the place of what no longer holds; cut it with ... where it is long.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.plugin import arguments  # noqa: E402

FENCE = re.compile(r"^```(\w+) ?([^\n`]*)\n(.*?)^```$", re.M | re.S)
STEP = re.compile(r"^\$ (.*(?:\\\n.*)*)\n", re.M)


def _says(command: list[str], wanted: str) -> bool:
    """Whether a program is here, and says that it is of a version (\"\": any)."""
    if shutil.which(command[0]) is None:
        return False
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    return said.returncode == 0 and wanted in said.stdout


# What an example may need of the machine beyond nldissect, by the word behind ```console, given
# the version that stands behind that.
NEEDS: dict[str, Callable[[str], bool]] = {
    "strace": lambda _: all([
        shutil.which("strace"), shutil.which("ip"), _says(["unshare", "-rn", "true"], ""),
    ]),
    "jq": lambda _: shutil.which("jq") is not None,
    "tshark": lambda version: _says(["tshark", "--version"], f"(Wireshark) {version} "),
    "pyroute2": lambda version: _says(
        [sys.executable, "-c", "from importlib.metadata import version as v; print(v('pyroute2'))"],
        version,
    ),
    # tools/net/ynl/pyynl and Documentation/netlink/specs of a kernel's source
    "ynl": lambda _: "KERNEL" in os.environ,
}  # fmt: skip


class Block(NamedTuple):
    """A fenced block: its language, what stands behind that (a file's name), what is in it."""

    language: str
    file: str
    content: str


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page."""
    return [Block(*found) for found in FENCE.findall(text)]


def steps(content: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with what is said to come of it."""
    parts = STEP.split(content)
    assert parts[0] == "", f"a console block begins with $: {parts[0]!r}"
    return list(zip(parts[1::2], parts[2::2], strict=True))


def run(command: str, folder: Path) -> tuple[int, str]:
    """Status and output of a command of a page, in this folder."""
    python = shlex.quote(sys.executable)
    words = f'nldissect() {{ {python} -m nldissect "$@"; }}\n'
    words += f'python3() {{ {python} "$@"; }}\n'
    options = " ".join(arguments())
    words += f'pytest() {{ {python} -m pytest -c /dev/null --rootdir . {options} "$@"; }}\n'
    result = subprocess.run(
        ["bash", "-c", words + command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
        env={
            # A pytest among them is the reader's: none of this pytest's workers, nor CI's.
            **{
                name: value
                for name, value in os.environ.items()
                if name != "CI" and not name.startswith("PYTEST_")
            },
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": "100",
        },
    )
    assert "Traceback" not in result.stdout, result.stdout
    return result.returncode, result.stdout


def tidy(text: str) -> str:
    """Output without the ends of lines that nobody sees."""
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip()


def same(wanted: str, got: str) -> bool:
    """Whether output is as a page has it, where ... stands for anything."""
    return doctest.OutputChecker().check_output(tidy(wanted), tidy(got), doctest.ELLIPSIS)


def write(block: Block, folder: Path) -> None:
    """The file that a block is."""
    path = folder / block.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.content, encoding="utf-8")


def compared(page: Path, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Runs a page; gives each command with what the page says, and what came of it."""
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language == "console":
            need, _, version = block.file.partition(" ")
            if need and not NEEDS[need](version):
                continue
            for command, wanted in steps(block.content):
                yield command, wanted, run(command, folder)[1]
        elif block.file and "." in block.file:
            write(block, folder)


def prepare(folder: Path) -> None:
    """The folder that examples run in: the top of a checkout, as far as they see it."""
    for name in ("captures", "dissectors", "docs"):
        (folder / name).symlink_to(ROOT / name)


def main() -> None:
    """Writes the pages anew."""
    import tempfile

    for page in [Path(name).resolve() for name in sys.argv[1:]]:
        text = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            prepare(Path(folder))
            for command, wanted, got in compared(page, Path(folder)):
                if not same(wanted, got):
                    print(f"{page.name}: $ {command}")
                    got = tidy(got) + "\n" if got.strip() else ""
                    text = text.replace(f"$ {command}\n{wanted}", f"$ {command}\n{got}", 1)
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
