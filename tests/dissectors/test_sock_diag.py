"""sock_diag: ss's own recording, and what is cut or odd."""

import struct
from pathlib import Path

import nldissect
from nldissect._internal.engine.summary import describe

CAPTURES = Path(__file__).parents[2] / "captures"


def test_values_as_ss_printed_them() -> None:
    with nldissect.open(CAPTURES / "ss.pcap") as capture:
        seen = list(capture)
    listening, connected = seen[1], seen[2]
    assert listening.get("inet-diag-msg.id.idiag-src") == "127.0.0.1"
    assert listening.get("inet-diag-msg.id.idiag-sport") == 7070
    assert listening.get("skmeminfo.rcvbuf") == 131072
    assert connected.get("info.rtt") == 8317
    assert connected.get("info.bytes-received") == 1000
    assert connected.get("info.rcv-wnd") == 65792
    assert connected.get("cong") == "cubic"
    assert seen[14].get("name") == "/tmp/fruit.sock"
    assert seen[16].get("bytecode") == "0: dst *:7070 else no match"
    assert not [found for message in seen for found in message.diagnoses]


def test_cut_and_odd_messages_do_no_harm() -> None:
    with nldissect.open(CAPTURES / "ss.pcap") as capture:
        whole = [bytes(message.data) for message in capture]
    for data in (whole[0], whole[1], whole[14], whole[16]):
        for size in range(17, min(len(data), 200), 5):
            head = struct.pack("=I", size) + data[4:16]
            for family in 1, 2, 10, 16, 17, 30, 40, 43, 44:
                cut = nldissect.dissect(head + bytes([family]) + data[17:size], 4)
                assert "hook-failed" not in {found.code for found in cut.diagnoses}
                assert isinstance(describe(cut), str)


def test_filter_in_words() -> None:
    """A device and a port; an argument that is cut is left as bytes."""
    head = bytes([2, 6, 0, 0]) + bytes(52)
    code = struct.pack("=BBHI", 9, 8, 12, 3) + struct.pack("=BBHHH", 2, 8, 12, 0, 22)
    for filter_, words in (
        (code, "0: dev index 3 else 12; 8: sport >= 22 else no match"),
        (code[:10], None),
    ):
        attribute = struct.pack("=HH", 4 + len(filter_), 1) + filter_
        body = head + attribute + bytes(-len(filter_) % 4)
        message = nldissect.dissect(
            struct.pack("=IHHII", 16 + len(body), 20, 0x301, 1, 0) + body, 4
        )
        value = message.get("bytecode")
        assert value == (words or filter_)


def test_filter_of_ss() -> None:
    """`src 127.0.0.0/8 and not dst [::1]:80`."""
    with nldissect.open(CAPTURES / "sock_diag.pcap") as capture:
        seen = list(capture)
    assert seen[45].get("bytecode") == (
        "0: src 127.0.0.0/8:* else no match; 16: dst [::1]:80 else match; 44: jump no match"
    )
    assert seen[21].get("name") == "@fruit"
    assert seen[24].get("rx-ring.pdr-block-nr") == 128


def recorded(name: str) -> list[nldissect.Message]:
    with nldissect.open(CAPTURES / name) as capture:
        return [message for message in capture if message.protocol == 4]


def test_kinds_of_sockets_as_ss_printed_them() -> None:
    """Values of captures/sock_kinds.txt."""
    seen = recorded("sock_kinds.pcap")
    assert not [found for message in seen for found in message.diagnoses]
    lines = [describe(message) for message in seen]
    for line in (
        "inet mptcp ESTAB 127.0.0.1:7177 127.0.0.1:42774 rq 3960 wq 0 ino 1231",
        "inet sctp LISTEN 127.0.0.1:7178 0.0.0.0:* rq 0 wq 5 ino 1232",
        "inet sctp ESTABLISHED 127.0.0.1:7178 127.0.0.1:50393 rq 3232 wq 0 ino 1234 reno",
        "tipc stream ESTAB 0:4075184842 0:3101330132 rq 1 wq 0 ino 316",
        "vsock v_str ESTAB *:3075869969 1:7176",
        "xdp dev lo queue 0 ino 310",
        "unix u_seq LISTEN /run/fruit.socket ino 1223 rq 1 wq 4",
    ):
        assert line in lines
    by_inode = {message.get("idiag-inode"): message for message in reversed(seen)}
    assert by_inode[1215].get("ulp-info.tls.cipher") == 51
    assert by_inode[1229].get("ulp-info.mptcp.map-seq") == 3979567079398408756
    assert by_inode[1236].get("bbrinfo.bbr-cwnd-gain") == 739
    assert by_inode[1239].get("dctcpinfo.dctcp-alpha") == 960
    assert by_inode[1217].get("md5sig.0.tcpm-addr") == "192.0.2.9"
    association = seen[lines.index(next(line for line in lines if "sctp ESTABLISHED" in line))]
    assert association.get("info.peer-tag") == 0xC0ED8FD6
    assert association.get("peers") == "127.0.0.1:50393 192.0.2.2:50393"
    found = association.find("idiag-state")
    assert found is not None
    assert found.label == "established"
    assert association.get("info.max-burst") == 4
