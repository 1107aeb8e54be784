"""scapy's own rdpcap, sniff, show and ls with nldissect's layers.

scapy takes a second to import, so every test imports what it needs of it.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

import nldissect
from support import ROOT
from support import capture_files as files
from support.messages import RECORDINGS, attr, msg, newfamily, newlink, padded, u32
from support.sweep import SWEPT
from support.uml import in_kernel, needs_kernel

pytestmark = pytest.mark.slow


NAMES = [path.stem for path in SWEPT]


def forget(packet: Any) -> None:
    """Lets go of the captured bytes, so that scapy builds from the fields."""
    packet.raw_packet_cache = packet.raw_packet_cache_fields = None
    for value in packet.fields.values():
        for inner in value if isinstance(value, list) else ():
            forget(inner)
    if packet.payload:
        forget(packet.payload)


@pytest.mark.parametrize("name", NAMES)
def test_every_recording_is_decoded_and_gives_its_bytes(name: str) -> None:
    from scapy.all import Raw, rdpcap
    from scapy.utils import RawPcapReader

    from nldissect.scapy import Netlink, NetlinkCooked

    path = str(RECORDINGS / f"{name}.pcap")
    raw = [data for data, _ in RawPcapReader(path)][:60]
    packets = rdpcap(path, count=60)
    assert len(packets) == len(raw)
    for packet, data in zip(packets, raw, strict=True):
        assert isinstance(packet, NetlinkCooked)
        assert Netlink in packet
        # Of 150 messages in a datagram scapy leaves the last as bytes: Python's stack ends.
        assert Raw not in packet or len(data) > 15_000
        assert bytes(packet) == data
        forget(packet)
        assert bytes(packet) == data


def test_messages_are_those_of_nldissect() -> None:
    from scapy.all import PcapReader

    from nldissect.scapy import Netlink

    path = str(RECORDINGS / "errors.pcap")
    with nldissect.open(path) as capture:
        messages = list(capture)
    found = []
    for packet in PcapReader(path):
        layer = packet[Netlink]
        while isinstance(layer, Netlink):
            found.append(layer)
            layer = layer.payload
    assert [layer.message.data for layer in found] == [m.data for m in messages]
    assert [layer.type for layer in found] == [m.type for m in messages]
    assert "EEXIST" in found[3].summary()


def test_show_names_every_attribute() -> None:
    from scapy.all import rdpcap

    from nldissect.scapy import Netlink

    packet = rdpcap(str(RECORDINGS / "errors.pcap"))[0]
    shown = packet.show(dump=True)
    for text in (
        "type      = RTM_NEWLINK",
        "flags     = REQUEST|ACK|EXCL|CREATE",
        "###[ IFLA_IFNAME ]###",
        "value     = 'kiwi0'",
        "###[ IFLA_INFO_KIND ]###",
        "ifi_index = 0",
    ):
        assert text in shown
    assert packet.summary() == "NetlinkCooked / route newlink kiwi0 kind dummy"
    assert "IFLA_IFNAME" in repr(packet)
    packet[Netlink].type = 17
    packet[Netlink].body[1].value = b"other\0"
    shown = packet.show(dump=True)
    assert "type      = 17" in shown
    assert "kiwi0" not in shown


def test_ls_knows_the_layers(capsys: pytest.CaptureFixture[str]) -> None:
    from scapy.all import ls, rdpcap

    import nldissect.scapy  # noqa: F401 - registers the layers

    ls("netlink")
    out = capsys.readouterr().out
    assert "NetlinkCooked" in out
    assert "Netlink " in out
    ls(rdpcap(str(RECORDINGS / "errors.pcap"))[0])
    assert "seq" in capsys.readouterr().out


def saved(tmp_path: Path, link: int, packets: list[bytes]) -> str:
    path = tmp_path / "x.pcap"
    path.write_bytes(files.pcap([(1, 0, data, len(data)) for data in packets], link=link))
    return str(path)


def test_netlink_in_linux_sll_and_sll2(tmp_path: Path) -> None:
    from scapy.all import rdpcap
    from scapy.layers.l2 import CookedLinux, CookedLinuxV2

    from nldissect.scapy import Netlink

    data = newlink(3, "eth3")
    sll = struct.pack(">HHH8sH", 4, 824, 0, b"", 0) + data
    (packet,) = rdpcap(saved(tmp_path, 113, [sll]))
    assert isinstance(packet, CookedLinux)
    assert packet[Netlink].message["ifname"] == "eth3"
    assert bytes(packet) == sll
    sll2 = struct.pack(">HHIHBB8s", 0, 0, 7, 824, 4, 0, b"") + data
    (packet,) = rdpcap(saved(tmp_path, 276, [sll2]))
    assert isinstance(packet, CookedLinuxV2)
    assert packet[Netlink].message["ifname"] == "eth3"
    arp = struct.pack(">HHH8sH", 4, 1, 6, b"", 0x806) + bytes(28)
    (packet,) = rdpcap(saved(tmp_path, 113, [arp]))
    assert "ARP" in packet


def test_several_messages_families_and_what_is_no_netlink(tmp_path: Path) -> None:
    from scapy.all import Raw, rdpcap, sniff

    from nldissect.scapy import Netlink

    two = files.netlink(0, padded(newlink(1, "lo")) + newlink(2, "eth0"))
    family = files.netlink(16, newfamily(40, "genltest"))
    echo = files.netlink(16, msg(40, b"\1\1\0\0" + attr(1, b"hi\0"), 1))
    uevent = files.netlink(15, b"add@/devices/virtual/net/x\0ACTION=add\0")
    packets = rdpcap(saved(tmp_path, 253, [two, family, echo, uevent]))
    first = packets[0][Netlink]
    assert first.message["ifname"] == "lo"
    assert first.payload.message["ifname"] == "eth0"
    assert "genltest" in packets[2].summary()
    assert packets[2][Netlink].message.family == "genltest"
    assert isinstance(packets[3].payload, Raw)
    assert sniff(offline=saved(tmp_path, 253, [two]))[0][Netlink].body[1].value == b"lo\0"


def test_malformed_messages_do_not_raise(tmp_path: Path) -> None:
    from scapy.all import rdpcap

    import nldissect.scapy  # noqa: F401 - registers the layers

    whole = newlink(1, "lo")
    cut = [files.netlink(0, whole[:size]) for size in range(0, len(whole), 3)]
    broken = [files.netlink(0, whole[:20] + bytes([value]) * 30) for value in range(0, 256, 15)]
    for packet, data in zip(rdpcap(saved(tmp_path, 253, cut + broken)), cut + broken, strict=True):
        assert bytes(packet) == data
        forget(packet)
        assert bytes(packet) == data
        assert packet.show(dump=True)


def test_editing_and_building_by_hand() -> None:
    from scapy.all import Raw, rdpcap

    from nldissect.scapy import Netlink, NetlinkAttribute, NetlinkCooked, NetlinkNest

    packet = rdpcap(str(RECORDINGS / "errors.pcap"))[0]
    name = packet[Netlink].body[1]
    name.value = b"a-longer-name\0"
    del name.len
    del packet[Netlink].len
    found = nldissect.dissect(bytes(packet[Netlink]))
    assert found["ifname"] == "a-longer-name"
    assert found["linkinfo.kind"] == "dummy"
    assert found.diagnoses == []
    made = NetlinkCooked(proto=0) / Netlink(
        type=16,
        flags=5,
        body=[
            Raw(bytes(16)),
            NetlinkAttribute(type=3, value=b"d0\0"),
            NetlinkNest(type=18, body=[NetlinkAttribute(type=1, value=b"dummy\0")]),
            NetlinkAttribute(type=4, value=u32(1400)),
        ],
    )
    again = NetlinkCooked(bytes(made))
    if sys.byteorder == "little":
        assert again[Netlink].message.plain()["linkinfo"] == {"kind": "dummy"}
        assert again[Netlink].message["mtu"] == 1400


def test_a_message_as_a_packet(tmp_path: Path) -> None:
    from scapy.all import wrpcap

    from nldissect.scapy import Netlink, to_scapy

    with nldissect.open(RECORDINGS / "errors.pcap") as capture:
        packets = [message.to_scapy() for message in capture]
        assert [p[Netlink].message.number for p in packets] == [m.number for m in capture]
    path = str(tmp_path / "written.pcap")
    wrpcap(path, packets)
    with nldissect.open(path) as capture:
        assert [m.bytes for m in capture] == [p[Netlink].message.bytes for p in packets]
    made = nldissect.build("rt-link", "newlink", {"ifname": "d0"})
    assert bytes(to_scapy(made))[16:] == made.bytes


def test_the_wire_number_is_scapy_s_own() -> None:
    from scapy.all import conf

    from nldissect.scapy import NetlinkCooked

    assert conf.l2types[253] is NetlinkCooked
    assert conf.l2types[NetlinkCooked] == 253


@needs_kernel()
def test_sniffing_a_live_nlmon() -> None:
    path = f"PYTHONPATH={ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    done = in_kernel("env", path, sys.executable, ROOT / "tests/library/scapy_guest.py")
    (line,) = [x for x in done.stdout.splitlines() if x.startswith("FOUND ")] or [done.stderr]
    found = json.loads(line.removeprefix("FOUND "))
    assert any("route newlink pear0 kind dummy" in s for s in found["summaries"])
    assert any("getlink" in s for s in found["summaries"])
    assert all(s.startswith("NetlinkCooked / ") for s in found["summaries"])
    assert "###[ IFLA_INFO_KIND ]###" in found["shown"]
    assert found["protocols"][0] == 0
    assert found["same"]
