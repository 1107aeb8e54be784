"""What nlmon does not show: audit, uevents, connector, crypto, table lookups.

`systems.pcapng` is the netlink of one traced program (`nldissect read -w` of a trace by strace
-e read=all) in User-Mode Linux 6.1.176; the words below are those of the kernel that it printed.
"""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import nldissect
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.summary import describe
from support.messages import covered

AUDIT, FIB_LOOKUP, CONNECTOR, UEVENT, CRYPTO = 9, 10, 11, 15, 21


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What each message says."""
    capture = nldissect.open(Path(__file__).with_name("systems.pcapng"))
    found = list(capture)
    assert all(covered(m) for m in found)
    assert all(m.encode() == m.bytes for m in found)
    return [describe(m) for m in found]


@pytest.mark.parametrize(
    "line",
    [
        "uevent add /devices/virtual/net/apple0 (net) INTERFACE=apple0",
        "uevent move /devices/virtual/net/pear0 (net) INTERFACE=pear0",
        "get enabled 0 failure printk pid 0 rate_limit 0 backlog_limit 64 backlog_wait_time 6000"
        " lost 0",
        "config-change auid=4294967295 ses=4294967295 subj=kernel op=add_rule key=key list=4 res=1",
        "user-avc pid=733 uid=0 auid=4294967295 ses=4294967295 subj=kernel op=test acct=me"
        " exe=/usr/bin/x res=success",
        "list-rules always,exit arch=0xc000003e filterkey=0x3 key",
        "connector proc listen",
        "lookup 127.0.0.1 table local in local 32 local scope host",
        "lookup 192.0.2.9 table main in main err -11",
        "getalg sha1 driver sha1-generic module kernel priority 100 type shash refcnt 2",
        "error -2 ENOENT for getalg nosuch",
    ],
)
def test_lines(said: list[str], line: str) -> None:
    assert line in said


def message(protocol: int, kind: int, payload: bytes) -> bytes:
    """One netlink message from the kernel."""
    return struct.pack("=IHHII", 16 + len(payload), kind, 0, 0, 0) + payload


def connector(payload: bytes) -> bytes:
    """A message of CN_IDX_PROC, whose type is NLMSG_DONE."""
    head = struct.pack("=IIIIHH", 1, 1, 5, 0, len(payload), 0)
    return message(CONNECTOR, 3, head + payload)


def event(what: int, *rest: int) -> bytes:
    """struct proc_event."""
    return connector(struct.pack("=IIQ", what, 1, 123) + struct.pack(f"={len(rest)}I", *rest))


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (event(0x1, 7, 8, 9, 10, 0, 0), "fork parent 7 child 9"),
        (event(0x2, 7, 8, 0, 0, 0, 0), "exec pid 7"),
        (event(0x4, 7, 8, 0, 5, 0, 0), "uid pid 7 ruid 0 euid 5"),
        (event(0x80000000, 7, 8, 256, 17, 1, 1), "exit parent 1 pid 7 code 0x100 signal 17"),
        (event(0, 0, 0, 0, 0, 0, 0), "ack err 0"),
    ],
)
def test_events_of_processes(data: bytes, line: str) -> None:
    """linux/cn_proc.h's unions, of which this kernel sends none (CONFIG_PROC_EVENTS is off)."""
    assert describe(nldissect.dissect(data, CONNECTOR)) == f"connector proc {line}"


def test_udev_header() -> None:
    """systemd's header, whose magic number is in network order."""
    head = b"libudev\0" + struct.pack(">I", 0xFEEDCAFE) + struct.pack("=III", 40, 40, 30)
    text = b"ACTION=add\0DEVPATH=/devices/x\0SUBSYSTEM=net\0"
    found: Message = nldissect.dissect_all(head + bytes(16) + text, UEVENT)[0]
    assert found["monitor-netlink-header.magic"] == 0xFEEDCAFE
    assert describe(found) == "uevent udev add /devices/x (net)"
    assert covered(found)


def test_program_titles_in_hexadecimal() -> None:
    """AUDIT_PROCTITLE has its arguments so, parted by NULs."""
    text = b"audit(1.000:2): proctitle=" + b"ls\0-l".hex().upper().encode()
    found = nldissect.dissect(message(AUDIT, 1327, text), AUDIT)
    assert found["proctitle"] == "ls -l"


@pytest.mark.parametrize("text", [b"", b"=", b"a='", b"a=''", b"msg='b=\"", b"\xff=\xff", b"@"])
@pytest.mark.parametrize("protocol", [AUDIT, UEVENT])
def test_odd_text(text: bytes, protocol: int) -> None:
    data = message(AUDIT, 1300, text) if protocol == AUDIT else text
    for found in nldissect.dissect_all(data, protocol) if data else []:
        assert covered(found)
        assert not [d for d in found.diagnoses if d.code == "hook-failed"]


# -- iSCSI: what is of scsi_transport_iscsi.c, since no kernel here has an initiator -------


def iscsi(kind: int, u: bytes, r: bytes, rest: bytes = b"", event: bool = False) -> bytes:
    """A struct iscsi_uevent, in a message of its type or, of an event, of type 0."""
    head = struct.pack("=IIQ", kind, 0, 0xFFFF888000000010)
    payload = head + u.ljust(24, b"\0") + r.ljust(16, b"\0") + rest
    flags = 0 if event else 1
    return struct.pack("=IHHII", 16 + len(payload), 0 if event else kind, flags, 0, 0) + payload


ADDRESS = struct.pack("=H", 2) + struct.pack(">H4s8x", 3260, bytes((192, 0, 2, 9)))
PATH = struct.pack("=Q6s6sI", 7, b"\2\0\0\0\0\1", bytes(6), 4) + bytes((192, 0, 2, 1)) + bytes(12)
PATH += bytes((192, 0, 2, 9)) + bytes(12) + struct.pack("=HH4x", 0, 1500)


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (
            iscsi(11, struct.pack("=IHH", 1, 128, 32), b""),
            "create-session host 0 session 0 initial-cmdsn 1 cmds-max 128 queue-depth 32",
        ),
        (
            iscsi(16, struct.pack("=4I", 1, 0, 15, 8), b"", b"iqn.test"),
            "set-param session 1 conn 0 target-name iqn.test len 8",
        ),
        (
            iscsi(22, struct.pack("=I", 1), b"", ADDRESS),
            "transport-ep-connect 192.0.2.9:3260 non-blocking 1",
        ),
        (
            iscsi(102, b"", struct.pack("=3I", 1, 0, 1011), event=True),
            "kernel-conn-error session 1 conn 0 error conn-failed",
        ),
        (
            iscsi(109, b"", struct.pack("=3I", 1, 0, 3), event=True),
            "kernel-conn-login-state session 1 conn 0 logged-in",
        ),
        (iscsi(107, b"", struct.pack("=I", 3), PATH, event=True), "kernel-path-req host 3"),
        (iscsi(999, b"", b"", event=True), "event 999"),
    ],
)
def test_iscsi(raw: bytes, line: str) -> None:
    found = nldissect.dissect(raw, 8)
    assert describe(found) == line
    assert covered(found)
    assert found.encode() == raw


def test_iscsi_paths_and_counters() -> None:
    found = nldissect.dissect(iscsi(107, b"", struct.pack("=I", 3), PATH, event=True), 8)
    seen = [found[f"iscsi-path4.{name}"] for name in ("src", "dst", "pmtu")]
    assert seen == ["192.0.2.1", "192.0.2.9", 1500]
    counters = struct.pack("=QQ20I", 11, 22, *range(20))
    found = nldissect.dissect(iscsi(20, b"", b"", counters + bytes(72), event=True), 8)
    assert (found["iscsi-stats.rxdata-octets"], found["iscsi-stats.custom-length"]) == (22, 19)
    assert found["custom"] == bytes(72)


def chap_record(name: bytes, password: bytes) -> bytes:
    return struct.pack("=HxxI256s256sBxxx", 1, 0, name, password, len(password))


def attribute(number: int, value: bytes) -> bytes:
    raw = struct.pack("=HHIH", 10 + len(value), number, len(value), number) + value
    return raw + bytes(-len(raw) % 4)


def test_passwords_of_iscsi() -> None:
    passwords = (
        ("password", iscsi(16, struct.pack("=4I", 1, 0, 24, 8), b"", b"correct horse\0")),
        ("iscsi-chap-rec.password", iscsi(33, bytes(10), b"", chap_record(b"a", b"correct horse"))),
        (
            "password.value",
            iscsi(41, b"", b"", attribute(2, b"a") + attribute(3, b"correct horse")),
        ),
        ("password-in.value", iscsi(35, b"", b"", attribute(55, b"correct horse"))),
    )
    for path, raw in passwords:
        found = nldissect.dissect(raw, 8)
        assert not found.diagnoses
        assert covered(found)
        node = found.find(path)
        assert node is not None
        assert node.field.secret
        assert node.bytes.startswith(b"correct horse")
