"""Traces of strace as captures: against the recordings of the same bytes, and against the
programs that were traced, which write down what they themselves send and receive."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from nldissect._internal.capture.reader import open_capture
from nldissect._internal.capture.strace.trace import is_trace
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.spans import spans
from nldissect._internal.library.index import Index
from nldissect._internal.session.forward_pass import Session
from nldissect._internal.session.strace_encoder import StraceEncoder
from nldissect._internal.spec.registry import Registry
from nldissect._internal.wire import framing
from nldissect._internal.wire.errors import CaptureError
from nldissect._internal.wire.record import Record
from nldissect._internal.wire.tracetext import TraceCall, TraceString, arguments, unescape
from support import ROOT
from support.command import Command
from support.sweep import share

TRACES = sorted((ROOT / "captures").glob("*.strace"))
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
registry = Registry()


def records(path: Path | str) -> list[Record]:
    """All records of a trace with their bytes, whatever it ends with."""
    encoder = StraceEncoder(registry)
    out = []
    with suppress(CaptureError):  # a recording's trace may lack some bytes
        for record in open_capture(str(path)):
            if record.decoded is not None:
                encoder.encode(record)
            out.append(record)
    return out


def of_text(text: str) -> list[Record]:
    return list(open_capture("trace", stream=io.BytesIO(text.encode())))


# -- against recordings ----------------------------------------------------------------


def differing(data: bytes, twin: Message) -> list[int]:
    if twin.data.startswith(data):
        return []
    pairs = enumerate(zip(data, twin.data, strict=False))
    return [place for place, (ours, recorded) in pairs if ours != recorded]


def padding(message: Message) -> set[int]:
    """The places of a message's padding, which strace does not show."""
    return {
        place
        for start, end, _, role in spans(message)
        if role == "padding"
        for place in range(start, end)
    }


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_bytes_again_are_those_recorded(path: Path) -> None:
    """Of each message that nlmon saw too, all bytes but the gaps and padding are its own."""
    seen: dict[tuple[int, bytes], list[Message]] = {}
    session = Session(registry)
    for message in session.messages(open_capture(str(path.with_suffix(".pcap")))):
        head = message.data[:4] + message.data[6:16]  # the type may be an unknown family's
        seen.setdefault((message.protocol, head), []).append(message)
    found = total = hidden = 0
    for record in records(path):
        gaps = {place for a, b, _ in record.gaps or () for place in range(a, b)}
        for start, stop, _, _ in framing.split(
            record.data, False, record.original_length, record.protocol
        ):
            data = record.data[start:stop]
            twins = seen.get((record.protocol, data[:4] + data[6:16]), [])
            if not twins:
                continue
            wrong = [
                [place for place in differing(data, twin) if start + place not in gaps]
                for twin in twins
            ]
            if [] not in wrong:
                wrong = [
                    [p for p in places if p not in padding(twin)]
                    for places, twin in zip(wrong, twins, strict=True)
                ]
            assert [] in wrong, f"at byte {record.offset}: {min(wrong, key=len)}"
            found += 1
            total += len(data)
            hidden += sum(start <= place < stop for place in gaps)
    assert found >= 6
    if path.stem not in ("nlctrl_list", "ss", "genltest", "nl_util", "nlctrl", "nlex", "wireguard"):
        # The others are of families whose ids the trace does not tell, or of no dissector here.
        assert hidden / total < 0.2


@pytest.mark.slow
def test_most_of_all_recordings_is_exact() -> None:
    size = hidden = 0
    for path in TRACES:
        for record in records(path):
            size += len(record.data)
            hidden += sum(b - a for a, b, _ in record.gaps or ())
    assert hidden / size < 0.05


# -- against the traced program ------------------------------------------------------------

SCRIPT = """
import json, os, socket, struct, sys
log = []
def note(way, data, sock):
    log.append([way, data.hex(), os.getpid(), sock.getsockname()[0]])
def opened(protocol):
    made = socket.socket(16, 3, protocol)
    made.bind((0, 0))
    made.getsockname()
    return made
def link(index, seq):
    return struct.pack("=IHHII", 32, 18, 1, seq, 0) + struct.pack("=BBHiII", 0, 0, 0, index, 0, 0)
route, other = opened(0), opened(0)
generic = opened(16)
one, two = link(1, 7), link(9999, 7)
route.send(one); note("sent", one, route)
other.sendmsg([two[:16], two[16:]], [], 0, (0, 0)); note("sent", two, other)
other.recv(1, socket.MSG_PEEK | socket.MSG_TRUNC)
note("received", other.recv(65536), other)
note("received", route.recvmsg(65536)[0], route)
family = struct.pack("=IHHII", 32, 16, 1, 8, 0) + b"\\3\\1\\0\\0" + struct.pack("=HH", 11, 2)
family += b"nlctrl\\0\\0"
generic.send(family); note("sent", family, generic)
note("received", generic.recv(65536), generic)
if os.fork() == 0:
    copy = other.dup()
    three = link(1, 9)
    copy.send(three); note("sent", three, copy)
    note("received", copy.recv(65536), copy)
    json.dump(log, open(sys.argv[1] + ".child", "w"))
    os._exit(0)
os.wait()
json.dump(log, open(sys.argv[1], "w"))
"""
TRUTH = dict[str, list[list[object]]]


def traced(folder: Path, *options: str, output: bool = True) -> tuple[Path, list[list[object]]]:
    """A trace of the script with these options, and what the script noted."""
    (folder / "script.py").write_text(SCRIPT)
    trace, noted = folder / "trace", folder / "noted"
    command = [
        "strace",
        *options,
        *(["-o", str(trace)] if output else []),
        sys.executable,
        str(folder / "script.py"),
        str(noted),
    ]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    if not output:
        trace.write_bytes(done.stderr)
    parent = json.loads(noted.read_text())
    child = json.loads(Path(f"{noted}.child").read_text())
    return trace, parent + child[len(parent) :]


EXACT = ["-e", "read=all", "-e", "write=all"]
ISSUE = ["-f", "-xx", "-s", "1000000", "-e", "trace=network"]
FULL = ["-e", "trace=%network,%desc,%process"]


@needs_strace
@pytest.mark.parametrize(
    ("options", "output", "gaps"),
    [
        (ISSUE, True, True),
        ([*ISSUE, *EXACT], True, False),
        ([*ISSUE, *EXACT, "-y"], True, False),
        ([*ISSUE, *EXACT, "-yy", "-tt"], True, False),
        (["-f", "-xx", "-s", "9999", "-v", "-X", "raw", "-ttt", "-T", *FULL], True, True),
        ([*ISSUE, "-v", "-X", "verbose", "-t"], True, True),
        (["-f", "-x", "-v", "-s", "100000", "-r", *EXACT, *FULL], True, False),
        (["-f", "-v", "-s", "100000", *FULL], True, True),
        (["-f", "-q", "-xx", "-s", "8", "-Y", *EXACT, *FULL], True, False),
        (["-f", "-xx", "-s", "100000", "-ttt", *EXACT, *FULL], False, False),
        ([*ISSUE, "-i", "-n", "-ttt"], True, True),
    ],
    ids=["issue", "dumps", "y", "yy", "raw", "verbose", "x", "plain", "short", "stderr", "columns"],
)
def test_a_trace_has_what_the_program_passed(
    tmp_path: Path, options: list[str], output: bool, gaps: bool
) -> None:
    trace, noted = traced(tmp_path, *options, output=output)
    found = records(trace)
    assert len(found) == len(noted)
    for record, (way, data, _, port) in zip(found, noted, strict=True):
        known = bytearray(bytes.fromhex(str(data)))
        for start, end, _ in record.gaps or ():
            known[start:end] = bytes(end - start)
        if gaps:  # padding is taken for zero
            assert len(record.data) == len(known)
            differ = [i for i in range(len(known)) if known[i] != record.data[i]]
            assert all(record.data[i] == 0 for i in differ)
            assert len(differ) < 8
        else:
            assert record.gaps is None
            assert record.data == known
        # Without the call that duplicates it, the child's descriptor is not known before.
        assert record.socket is not None
        assert record.socket.port in ((port,) if FULL[1] in options else (port, 0))
        assert record.original_length == len(known)
        assert (record.cooked[1] == 7) == (way == "sent")
        assert (record.time is not None) == bool({"-tt", "-t", "-ttt", "-r"} & set(options))
    assert [record.protocol for record in found] == [0, 0, 0, 0, 16, 16, 0, 0]
    times = [record.time for record in found if record.time is not None]
    assert times == sorted(times)


@needs_strace
def test_each_socket_is_its_process_s(tmp_path: Path) -> None:
    """The child has its parent's socket: it is said to be of whoever bound it."""
    trace, noted = traced(tmp_path, *ISSUE, *EXACT)
    capture = open_capture(str(trace))
    list(capture)
    (interface,) = capture.interfaces
    assert {(s.port, s.pid) for s in interface.sockets} == {
        (port, noted[0][2]) for _, _, _, port in noted
    }


@needs_strace
def test_two_sockets_of_one_process_with_one_sequence_number(tmp_path: Path, run: Command) -> None:
    """The answers come in the other order; only whose socket it is tells them apart."""
    trace, _ = traced(tmp_path, *ISSUE, *EXACT)
    got = run("read", "-T", "jsonl", trace).objects
    assert [o["message"] for o in got[:4]] == [1, 2, 3, 4]
    assert [o.get("answers") for o in got[:4]] == [None, None, 2, 1]
    assert [o["confidence"] for o in got[:4]] == ["certain"] * 4
    assert got[2]["error_name"] == "ENODEV"


@needs_strace
def test_what_has_no_bytes_is_counted(tmp_path: Path, run: Command) -> None:
    trace, _ = traced(tmp_path, *ISSUE, "-e", "verbose=none")
    ran = run("read", trace)
    assert ran.status == 2
    assert "the bytes of 2 netlink messages are not in the trace" in ran.err
    assert "trace with: strace -f -xx" in ran.err
    assert "getfamily" in ran.out


@needs_strace
def test_a_protocol_that_is_not_told_is_said(tmp_path: Path, run: Command) -> None:
    """The child's duplicate comes from nowhere in this trace, and numbers name no protocol."""
    trace, _ = traced(tmp_path, *ISSUE, "-X", "raw")
    ran = run("read", trace)
    assert ran.status == 2
    assert "it does not tell the protocol of 2 messages (first in line" in ran.err
    assert len(ran.lines) == 6


# -- text by hand ---------------------------------------------------------------------------

NOOP = r"\x10\x00\x00\x00\x01\x00\x01\x00\x07\x00\x00\x00\x00\x00\x00\x00"
ACK = r"\x24\x00\x00\x00\x02\x00\x00\x01\x07\x00\x00\x00\x64\x00\x00\x00\x00\x00\x00\x00" + NOOP
OPEN = "5 socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 3\n"


def test_unfinished_calls_stand_where_they_began_or_ended() -> None:
    """What is sent counts from the call's beginning: an answer may be read before it returns."""
    found = of_text(
        "1 1700000000.000001 socket(AF_NETLINK, SOCK_RAW, NETLINK_XFRM) = 3\n"
        "1 1700000000.000002 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_FILES|CLONE_THREAD, "
        "tls=0x7f) = 2\n"
        "2 1700000000.000003 recvfrom(3,  <unfinished ...>\n"
        f'1 1700000000.000004 sendto(3, "{NOOP}", 16, 0, NULL, 0 <unfinished ...>\n'
        f'2 1700000000.000005 <... recvfrom resumed>"{ACK}", 8192, 0, NULL, NULL) = 36 '
        "<0.000009>\n"
        "1 1700000000.000006 <... sendto resumed>) = 16 <0.000030>\n"
        "1 1700000000.000007 --- SIGCHLD {si_signo=SIGCHLD} ---\n"
        "1 1700000000.000008 +++ exited with 0 +++\n"
    )
    assert [(len(r.data), r.protocol) for r in found] == [(16, 6), (36, 6)]
    assert [r.number for r in found] == [1, 2], "in their order, not that of the calls' ends"
    assert [r.time for r in found] == [1700000000_000004000, 1700000000_000012000]
    assert [s.pid for s in found[0].interface.sockets] == [1]  # the thread's leader
    assert found[1].socket is not None
    assert found[1].socket.port == 100


def test_descriptors_are_followed() -> None:
    found = of_text(
        OPEN + "5 dup2(3, 9) = 9\n"
        "5 fcntl(9, F_DUPFD, 20) = 20\n"
        "5 close(3) = 0\n"
        "5 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n"
        f'5 write(3, "{NOOP}", 16) = 16\n'
        f'5 write(9, "{NOOP}", 16) = 16\n'
        "5 fork() = 6\n"
        f'6 write(20, "{NOOP}", 16) = 16\n'
        "6 close_range(4, 4294967295, 0) = 0\n"
        f'6 write(20, "{NOOP}", 16) = 16\n'
        f'5 writev(20, [{{iov_base="{NOOP[:32]}", iov_len=8}}, {{iov_base="{NOOP[32:]}", '
        "iov_len=8}], 2) = 16\n"
    )
    assert [len(r.data) for r in found] == [16, 16, 16]


def test_exec_closes_what_was_to_be_closed() -> None:
    found = of_text(
        OPEN + "5 dup(3) = 4\n"
        '5 execve("/sbin/ip", ["ip", "link"], 0x7ffd /* 9 vars */) = 0\n'
        f'5 write(3, "{NOOP}", 16) = 16\n'
        "5 bind(4, {sa_family=AF_NETLINK, nl_pid=77, nl_groups=00000000}, 12) = 0\n"
        f'5 write(4, "{NOOP}", 16) = 16\n'
    )
    assert len(found) == 1
    (socket,) = found[0].interface.sockets
    assert (socket.pid, socket.name, socket.command, socket.port) == (5, "ip", "ip link", 77)


def test_a_descriptor_that_is_handed_over() -> None:
    found = of_text(
        OPEN + '5 sendmsg(8, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="x", iov_len=1}], '
        "msg_iovlen=1, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, "
        "cmsg_data=[3]}], msg_controllen=24, msg_flags=0}, 0) = 1\n"
        '7 recvmsg(4, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="x", iov_len=1}], '
        "msg_iovlen=1, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, "
        "cmsg_data=[6]}], msg_controllen=24, msg_flags=0}, 0) = 1\n"
        f'7 write(6, "{NOOP}", 16) = 16\n'
    )
    assert [r.protocol for r in found] == [0]


def test_the_child_of_a_fork_that_has_not_returned() -> None:
    found = of_text(
        OPEN + "5 vfork( <unfinished ...>\n"
        f'6 write(3, "{NOOP}", 16) = 16\n'
        "5 <... vfork resumed>) = 6\n"
    )
    assert len(found) == 1


def test_peeks_errors_and_losses() -> None:
    found = of_text(
        OPEN + f'5 recvfrom(3, "{ACK}", 8192, MSG_PEEK|MSG_TRUNC, NULL, NULL) = 36\n'
        "5 recvfrom(3, 0x7f, 8192, MSG_DONTWAIT, NULL, NULL) = -1 EAGAIN (Resource temporarily "
        "unavailable)\n"
        "5 recvfrom(3, 0x7f, 8192, 0, NULL, NULL) = -1 ENOBUFS (No buffer space available)\n"
        f'5 recvfrom(3, "{ACK[:80]}", 20, 0, NULL, NULL) = 20\n'
        f'5 recvfrom(3, "{ACK}", 8192, 0, NULL, NULL) = 36\n'
        f'5 sendto(3, "{NOOP}", 16, 0, NULL, 0) = -1 EPERM (Operation not permitted)\n'
    )
    assert [len(r.data) for r in found] == [20, 36]
    assert [r.truncated for r in found] == [True, False]
    assert [r.lost for r in found] == [1, 0]


def test_a_string_that_strace_cut_is_a_cut_record() -> None:
    (found,) = of_text(OPEN + f'5 sendto(3, "{NOOP}"..., 32, 0, NULL, 0) = 32\n')
    assert (len(found.data), found.original_length) == (16, 32)


def test_a_message_to_another_program() -> None:
    (found,) = of_text(
        OPEN + f'5 sendto(3, "{NOOP}", 16, 0, {{sa_family=AF_NETLINK, nl_pid=4711, '
        "nl_groups=00000000}, 12) = 16\n"
    )
    assert found.cooked[1] == 6  # PACKET_USER


def test_directions_are_those_of_the_calls() -> None:
    """Whatever the flags say: a request received is none to the kernel, a plain one sent is."""
    plain = NOOP.replace(r"\x01\x00\x01\x00", r"\x01\x00\x00\x00")
    trace = io.BytesIO(
        (
            OPEN + f'5 recvfrom(3, "{NOOP}", 99, 0, NULL, NULL) = 16\n'
            f'5 sendto(3, "{plain}", 16, 0, NULL, 0) = 16\n'
        ).encode()
    )
    messages = list(Session(registry).messages(open_capture("trace", stream=trace)))
    assert [message.to_kernel for message in messages] == [False, True]


def test_a_sender_that_is_killed_holds_nothing_up() -> None:
    class Slow(io.RawIOBase):
        """Says whether what comes before it was given out."""

        def __init__(self) -> None:
            self.lines = [
                OPEN,
                "5 fork() = 6\n",
                "5 sendto(3, 0x7f, 16, 0, NULL, 0 <unfinished ...>\n",
                "5 +++ killed by SIGKILL +++\n",
                f'6 write(3, "{NOOP}", 16) = 16\n',
                "6 close(0) = 0\n",
            ]

        def read(self, size: int = -1) -> bytes:
            return self.lines.pop(0).encode() if self.lines else b""

    slow = Slow()
    assert len(next(iter(open_capture("trace", stream=cast("BinaryIO", slow)))).data) == 16
    assert not slow.lines


def test_midnight_and_relative_times() -> None:
    first, second = of_text(
        "5 23:59:59.900000 socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 3\n"
        f'5 23:59:59.990000 write(3, "{NOOP}", 16) = 16\n'
        f'5 00:00:00.010000 write(3, "{NOOP}", 16) = 16\n'
    )
    assert first.time is not None
    assert second.time == first.time + 20_000_000


def test_what_strace_does_not_tell_is_shown_as_such(tmp_path: Path, run: Command) -> None:
    trace = tmp_path / "trace"
    trace.write_text(
        OPEN + "5 sendto(3, [{nlmsg_len=40, nlmsg_type=RTM_NEWLINK, nlmsg_flags=NLM_F_REQUEST|"
        "NLM_F_ACK, nlmsg_seq=7, nlmsg_pid=0}, {ifi_family=AF_UNSPEC, ifi_type=ARPHRD_NETROM, "
        'ifi_index=if_nametoindex("pear\\33[31m"), ifi_flags=IFF_UP, ifi_change=0x1}, [{nla_len=8, '
        "nla_type=IFLA_MTU}, 1400]], 40, 0, NULL, 0) = 40\n"
    )
    ran = run("read", "-V", trace)
    assert "\x1b" not in ran.out
    assert r"ifi_index: pear\x1b[31m [note: the trace does not tell these bytes]" in ran.out
    assert "IFLA_MTU: 1400\n" in ran.out
    assert "ifi_flags: 0x00000001 (IFF_UP)" in ran.out
    copy = tmp_path / "copy.pcapng"
    assert run("read", "-w", copy, trace).status == 0
    (kept,) = open_capture(str(copy))
    assert (len(kept.data), kept.original_length) == (20, 40)  # up to what is not known


def test_numbers_that_no_kernel_gives_are_not_believed(tmp_path: Path, run: Command) -> None:
    """A process, and a protocol of a socket; what is believed can be written."""
    lines = (ROOT / "captures" / "rules.strace").read_text().splitlines()
    pid = lines[0].split()[0]
    odd = [line.replace(pid, str(1 << 40), 1) for line in lines]
    path, out = tmp_path / "odd.strace", tmp_path / "out.pcapng"
    made = f"{pid} socket(AF_NETLINK, SOCK_RAW, 70000) = 3"
    path.write_text("\n".join([*lines, *odd, made, *lines]))
    assert run("read", "-w", out, path).status == 0
    found = list(open_capture(str(out)))
    assert {record.protocol for record in found} == {0}
    believed = {socket.pid for socket in found[-1].interface.sockets}
    assert believed == {int(line.split()[0]) for line in lines}


def test_a_type_of_more_than_16_bits_is_not_known(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    message = "{nlmsg_len=16, nlmsg_type=0x12345, nlmsg_flags=0, nlmsg_seq=1, nlmsg_pid=0}"
    trace.write_text(f"{OPEN}5 sendto(3, {message}, 16, 0, NULL, 0) = 16\n")
    (record,) = records(trace)
    assert record.gaps == [(4, 6, "0x12345")]


@pytest.mark.slow
def test_every_trace_is_shown_in_every_form(run: Command) -> None:
    """Gaps may lie in one of many plain numbers, which writers need not have on the tape."""
    traces = share(TRACES)
    messages = len(run("read", "-T", "fields", "-e", "message", *traces).out.splitlines())
    objects = run("read", "-T", "jsonl", *traces)
    trees = run("read", "-V", "--copies", *traces)
    rows = run("read", "--copies", *traces)
    assert len(objects.out.splitlines()) == messages
    assert sum(line.startswith("    record ") for line in trees.out.splitlines()) == messages
    lines = [line for line in rows.out.splitlines() if line and not line.startswith("==>")]
    assert len(lines) == messages
    assert "fault" not in objects.err + trees.err + rows.err


def test_compressed_from_a_pipe_and_at_random(tmp_path: Path, run: Command) -> None:
    path = ROOT / "captures/errors.strace"
    packed = tmp_path / "trace.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    plain = run("read", path)
    assert plain.status == 0
    assert run("read", packed).out == plain.out
    with path.open("rb") as stream:
        done = subprocess.run(
            [sys.executable, "-m", "nldissect", "read", "-T", "fields", "-e", "summary", "-"],
            stdin=stream,
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
    want = run("read", "-T", "fields", "-e", "summary", path).out
    assert (done.returncode, done.stdout) == (0, want)
    with Index(str(path), registry) as index:
        index.extend()
        messages = [index.message(place) for place in range(len(index))]
    assert [m.type for m in messages] == [
        m.type for m in Session(registry).messages(open_capture(str(path)))
    ]


@pytest.mark.parametrize(
    "text", ["hello world (again)\n", '{"a": 1}\n', "int main(void)\n{\n", "\n\n", "12345\n"]
)
def test_other_text_is_no_trace(tmp_path: Path, text: str) -> None:
    assert not is_trace(text.encode())
    (tmp_path / "text").write_text(text)
    with pytest.raises(CaptureError, match="is not a capture"):
        open_capture(str(tmp_path / "text"))


def test_a_trace_in_which_the_program_writes(tmp_path: Path) -> None:
    """Without -o everything is on standard error, in whatever order."""
    text = OPEN + f'some words ( of the program\n[pid oops\n5 write(3, "{NOOP}", 16) = 16\n'
    assert len(of_text(text + " | 00000 not a dump\n(((\n" + '5 write(3, "\\x10'.ljust(30))) == 1


# -- its values --------------------------------------------------------------------------------


def test_values() -> None:
    args = arguments(
        r'f(3</dev/null>, {a=1 /* one */, b=[[0]=7, [X-1]=8], c="\1\n\x41"..., ...}, A|B<<2, '
        r'htons(80), inet_pton(AF_INET6, "::1"), [128 => 12], 5<TCP:[1.2.3.4:5->6.7.8.9:1]>)'
    )
    assert args[0] == "3</dev/null>"
    struct = cast("dict[str, object]", args[1])
    assert struct["a"] == "1"
    assert struct["b"] == ["7", "8"]
    text = struct["c"]
    assert isinstance(text, TraceString)
    assert (text.data, text.cut) == (b"\x01\nA", True)
    assert "..." in struct
    assert args[2] == "A|B<<2"
    assert isinstance(args[3], TraceCall)
    assert args[5] == ["12"]
    assert len(args) == 7
    assert unescape(r"\0\33[m\"\\x") == b'\x00\x1b[m"\\x'


@pytest.mark.parametrize("text", ["f(a", "f(a|", "f(a(1", "f({a=", "f([1", 'f({a}3D\\0")'])
def test_values_that_end_too_soon(text: str) -> None:
    with pytest.raises(ValueError, match="the text ends"):
        arguments(text)


def test_a_number_of_another_socket_than_before() -> None:
    """The trace has no call that tells of sockets; the types of messages do."""
    sent = (
        "sendmsg(4, {msg_name={sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, "
        "msg_namelen=12, msg_iov=[{iov_base=[{nlmsg_len=20, nlmsg_type=TYPE, "
        'nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=1, nlmsg_pid=0}, "\\0\\0\\0\\0"], iov_len=20}], '
        "msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 20\n"
    )
    types = ("RTM_GETLINK", "XFRM_MSG_NEWSA", "XFRM_MSG_GETSA", "RTM_GETLINK")
    found = of_text("".join(f"7 {sent.replace('TYPE', name)}" for name in types))
    assert [r.protocol for r in found] == [0, 6, 6, 0]
