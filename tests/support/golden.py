"""What nldissect makes of every recording, frozen as text in tests/golden/.

    python tests/support/golden.py [RECORDING...]

writes it anew; read the difference before it is committed. There is one folder for each of
these, with a file for each recording:

  tree     what `read -V` prints
  list     what `read` prints
  json     what `read -T jsonl` prints, value by value: without members that are null, false or
           empty, and with sorted keys
  pairs    what pairing found: of each message, and each transaction
  filters  for how many messages each of FILTERS holds, and for which
  check    what `check` prints

Of what is large there is a digest of each message, and every so many messages as they are: the
digests hold all of it, the sample shows what has changed.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

import nldissect
from nldissect._internal.cli import main as nldissect_command

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "captures"
GOLDEN = ROOT / "tests" / "golden"
RECORDINGS = sorted(path.stem for path in CAPTURES.glob("*.pcap"))
DECODE_AS = {"nlexample": "21=nlexample", "nlexample_p5": "5=nlexample"}
LARGE = 1_000_000  # bytes, from which on a tree is told by digests and a sample
SAMPLE = 100_000  # bytes of a sample, about

COLUMNS = (
    "message", "direction", "answers", "answered_by", "transaction", "latency", "copy_of",
    "listeners", "confidence", "group",
)  # fmt: skip

FILTERS = r"""
ifname
IFLA_LINKINFO.IFLA_INFO_KIND
newlink.linkinfo.kind
rta.dst
ifi-index
stats64.rx-packets
ops.1.id
linkinfo.2
attributes.ifname
newlink
rt-link
extack.msg
request.ifname
mtu == 1500
mtu != 1500
1280 <= mtu <= 1500
mtu in {1280, 1400..1500, 9000}
mtu not in {1500}
ifname contains "0"
linkinfo contains "vlan"
ifname matches r"^[a-p].*\d$"
ifi-flags & IFF_UP
address[0] & 2
flags & 0x300 == 0x300
ifi-index > link
ops.id == 3
ops.id != 3
ops.id !== 3
kind === "dummy"
not kind == "vlan"
all rtnh-ifindex > 5
count(kind) > 1
ifname[-1] == "0"
mtu[0:2] == dc:05
len(ifname) > 5
upper(ifname) == "LO"
ifname == "lo" or mtu == 1400
mtu == 1500 xor ifname == "lo"
nexthop { via and weight > 2 }
linkinfo { kind == "vlan" and data { id > 5 } }
linkinfo.data.id in {5..50}
newlink { ifname == "plum0" and mtu >= 1400 }
note { code == attr-unknown and severity == note }
rta.dst in 10.0.0.0/8
dst == 2001:db8::/32
address[:3] == 02-00-00
operstate == up
ifi-type == ARPHRD_ETHER
type == RTM_NEWROUTE
type == 24
flags & NLM_F_ACK
flags & NLM_F_CREATE
request.flags & NLM_F_EXCL
error == ENODEV
error
oif == "apple0"
tcm-parent == "1:"
options
kind in {"htb", "fq_codel", "u32", "flower"}
latency > 1ms
time > 2.5s
message <= 10
record == 3
interface == 0
protocol == generic
family == nlctrl
dissector in {tc, rt-neigh, rt-addr}
operation == getfamily
command == 3
version == 1
flag_names == DUMP
sequence == 0
port == 0
length > 1000
to_kernel
truncated
summary contains "0"
role == copy
role == answer and error
answered_by
unanswered
state == failed
transaction in {1..5}
confidence == likely
listeners > 1
group
process.hint
note
diagnoses.severity == error
extack
"""


# -- what there is now --------------------------------------------------------------------


@contextmanager
def alone() -> Iterator[None]:
    """Without what this host and its user add, in captures/."""
    before = os.getcwd()
    gone = {name: os.environ.pop(name, None) for name in ("NLDISSECT_PATH", "NLDISSECT_SPECS")}
    os.chdir(CAPTURES)
    try:
        with mock.patch("nldissect._internal.spec.registry.SYSTEM_SPECS", "/nonexistent"):
            yield
    finally:
        os.chdir(before)
        os.environ.update({name: value for name, value in gone.items() if value is not None})


def printed(command: str, *options: str, recording: str) -> str:
    """What a command prints of a recording."""
    more = ["--decode-as", DECODE_AS[recording]] if recording in DECODE_AS else []
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    err = io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = nldissect_command([command, *options, *more, f"{recording}.pcap"])
    assert status == 0 or command == "check", err.getvalue()
    out.flush()
    written = out.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def told(messages: list[str], size: int) -> str:
    """A digest of each message, and of every so many all."""
    every = -(-sum(map(len, messages)) // size)
    lines = []
    for number, text in enumerate(messages, 1):
        lines.append(f"message {number}: {len(text)} characters, {digest(text)}")
        if number % every == 1 % every:
            lines.append(text)
    return "\n".join(lines) + "\n"


def bare(value: Any) -> Any:
    """Without members that are null, false or empty, which an object may as well not have."""
    if isinstance(value, dict):
        return {
            name: bare(member)
            for name, member in value.items()
            if member is not None and member is not False and member != [] and member != {}
        }
    return [bare(entry) for entry in value] if isinstance(value, list) else value


def tree(recording: str) -> str:
    text = printed("read", "-V", recording=recording)
    return text if len(text) <= LARGE else told(re.split(r"\n\n(?=\S| )", text), SAMPLE)


def rows(recording: str) -> str:
    return printed("read", recording=recording)


def values(recording: str) -> str:
    lines = printed("read", "-T", "jsonl", recording=recording).splitlines()
    return told([json.dumps(bare(json.loads(line)), sort_keys=True) for line in lines], 30_000)


def options(recording: str) -> dict[str, Any]:
    if recording not in DECODE_AS:
        return {}
    number, _, name = DECODE_AS[recording].partition("=")
    return {"decode_as": {number: name}}


def pairs(recording: str) -> str:
    chosen = [word for column in COLUMNS for word in ("-e", column)]
    text = printed("read", "-T", "fields", "-E", "header=y", *chosen, recording=recording)
    lines = [
        "",
        "\t".join(
            (
                "transaction",
                "kind",
                "state",
                "error",
                "latency",
                "port",
                "parts",
                "notifications",
                "answers",
            )
        ),
    ]
    with nldissect.open(f"{recording}.pcap", **options(recording)) as capture:
        for t in capture.transactions:
            cells = (
                t.number,
                t.kind,
                t.state,
                t.error,
                t.latency,
                t.port,
                t.parts,
                t.notifications,
                t.answers,
            )
            lines.append("\t".join("" if cell is None else str(cell) for cell in cells))
        lines += ("", "message\trole\tof")
        lines += (f"{m.number}\t{m.link.role}\t{m.link.of}" for m in capture if m.link)
    return text + "\n".join(lines) + "\n"


def hits(recording: str) -> str:
    filters = [(text, nldissect.compile(text)) for text in FILTERS.split("\n") if text]
    found: dict[str, list[int]] = {text: [] for text, _ in filters}
    with nldissect.open(f"{recording}.pcap", **options(recording)) as capture:
        for message in capture:
            for text, wanted in filters:
                if wanted.matches(message):
                    found[text].append(message.number)
    return "".join(
        f"{len(numbers):5} {digest(repr(numbers)) if numbers else '-':12} {text}\n"
        for text, numbers in found.items()
    )


def checked(recording: str) -> str:
    return printed("check", recording=recording)


KINDS: dict[str, Callable[[str], str]] = {
    "tree": tree, "list": rows, "json": values, "pairs": pairs, "filters": hits, "check": checked,
}  # fmt: skip


# -- what was frozen ----------------------------------------------------------------------


def place(kind: str, recording: str) -> Path:
    return GOLDEN / kind / f"{recording}.txt"


def write(recordings: Iterable[str]) -> None:
    with alone():
        for recording in recordings:
            for kind, make in KINDS.items():
                path = place(kind, recording)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(make(recording), encoding="utf-8")


if __name__ == "__main__":
    write(sys.argv[1:] or RECORDINGS)
