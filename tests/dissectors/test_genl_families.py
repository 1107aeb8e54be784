"""Families without a kernel spec: what nlmon saw against what their tools printed."""

from __future__ import annotations

import json
import re
import struct
from typing import Any

import pytest

import nldissect
from nldissect._internal.engine.summary import describe
from nldissect._internal.library.messages import Message
from support.messages import RECORDINGS, covered, recording

OURS = ("genl_tunnels", "genl_families", "genl_tools", "genl_events", "ksmbd")


def printed(name: str) -> str:
    return (RECORDINGS / f"{name}.txt").read_text()


def replies(name: str, operation: str) -> list[Message]:
    return [
        m
        for m in recording(name)
        if not m.to_kernel and m.operation is not None and m.operation.constant == operation
    ]


def value(message: Message, path: str) -> Any:
    node = message.find(path)
    return None if node is None else node.value


@pytest.mark.parametrize("name", OURS)
def test_every_attribute_has_a_name_and_every_byte_an_owner(name: str) -> None:
    for message in recording(name):
        assert covered(message)
        assert not [n.name for n in message.walk() if n.kind == "unknown"]


def test_macsec_as_ip_shows_it() -> None:
    text = printed("genl_tunnels")
    (secy,) = replies("genl_tunnels", "MACSEC_CMD_GET_TXSC")
    sci = re.search(r"TXSC: ([0-9a-f]{16}) on SA (\d)", text)
    assert sci is not None
    assert value(secy, "secy.sci") == int(sci[1], 16)
    assert value(secy, "secy.encoding-sa") == int(sci[2])
    assert value(secy, "secy.icv-len") == 16
    peer = re.search(r"RXSC: ([0-9a-f]{16}), state on", text)
    assert peer is not None
    assert value(secy, "rxsc-list.sci") == int(peer[1], 16)


def test_ioam6_as_ip_shows_it() -> None:
    (space,) = replies("genl_tunnels", "IOAM6_CMD_DUMP_NAMESPACES")
    assert "namespace 123 [schema 777], data 0xdeadbeef, wide 0xcafec0caf00dc0de" in printed(
        "genl_tunnels"
    )
    assert (
        describe(space)
        == "dump-namespaces namespace 123 schema 777 data 0xdeadbeef wide 0xcafec0caf00dc0de"
    )


def test_ipvs_addresses_by_their_family() -> None:
    found = replies("genl_families", "IPVS_CMD_NEW_SERVICE")
    assert {(value(m, "service.addr.ip"), value(m, "service.port")) for m in found} == {
        ("192.0.2.9", 80),
        (None, 53),
    }
    assert {value(m, "service.addr.ip6") for m in found} == {None, "2001:db8::9"}
    assert {value(m, "service.netmask.mask") for m in found} == {"255.255.255.255", None}
    assert {value(m, "service.netmask.prefix") for m in found} == {None, 128}


def test_taskstats_of_a_kernel_that_has_less_than_the_newest() -> None:
    found = replies("genl_families", "TASKSTATS_CMD_NEW")[0]
    assert value(found, "aggr-pid.stats.version") == 13
    assert value(found, "aggr-pid.stats.ac-comm") == "python3"
    assert value(found, "aggr-pid.stats.ac-pid") == value(found, "aggr-pid.pid")
    assert value(found, "aggr-pid.stats.ac-tgid") == value(found, "aggr-pid.pid")


# -- kernel 7.2 and the newest tools ---------------------------------------------------


def told(name: str, operation: str) -> list[str]:
    """The lines of what came with this operation, without its name."""
    return [describe(m).partition(" ")[2] for m in replies(name, operation)]


def test_macsec_with_extended_packet_numbers_as_ip_shows_it() -> None:
    text = printed("genl_tools")
    (secy,) = replies("genl_tools", "MACSEC_CMD_GET_TXSC")
    assert secy.find("secy.cipher-suite").label == "gcm-aes-xpn-256"
    assert "cipher suite: GCM-AES-XPN-256" in text
    shown = re.search(r"TXSC: ([0-9a-f]{16}) on SA 0", text)
    assert shown is not None
    assert secy.find("secy.sci").label == shown[1]
    assert value(secy, "txsa-list.pn") == 1
    assert value(secy, "txsa-list.ssci") == 1
    assert value(secy, "rxsc-list.sa-list.ssci") == 2
    assert "0: PN 1,SSCI 00000002 state on" in text


def test_l2tp_and_seg6_as_ip_shows_them() -> None:
    (tunnel,) = replies("genl_tools", "L2TP_CMD_TUNNEL_GET")
    (session,) = replies("genl_tools", "L2TP_CMD_SESSION_GET")
    text = printed("genl_tools")
    assert "Tunnel 3000, encap UDP\n  From 192.0.2.1 to 192.0.2.2\n  Peer tunnel 4000" in text
    assert describe(tunnel).startswith(
        "tunnel-get Tunnel 3000, encap UDP From 192.0.2.1 to 192.0.2.2 Peer tunnel 4000"
        " UDP source / dest ports: 5000/6000"
    )
    assert f"cookie {value(session, 'cookie').hex()}" in text
    (key,) = told("genl_tools", "SEG6_CMD_DUMPHMAC")
    assert key == "hmac 17 algo sha256"
    assert key in text


def test_a_mesh_is_what_batctl_says_in_json() -> None:
    found = re.search(r"^\{\"version.*$", printed("genl_tools"), re.MULTILINE)
    assert found is not None
    said = json.loads(found[0])
    mesh = replies("genl_tools", "BATADV_CMD_GET_MESH")[-1]
    names = {"gw_mode": {"off": 0, "client": 1, "server": 2}}
    compared = 0
    for key, expected in said.items():
        node = mesh.find(key.replace("_", "-"))
        if node is None or node.name not in {n.name for n in mesh.nodes}:
            continue
        if isinstance(expected, dict):
            expected = expected["raw"]
        assert node.value == names.get(key, {}).get(expected, expected), key
        compared += 1
    assert compared > 25


def test_ipvs_as_ipvsadm_shows_it() -> None:
    text = printed("genl_tools")
    services = told("genl_tools", "IPVS_CMD_NEW_SERVICE")
    assert {"tcp 192.0.2.9:80 wrr persistent 300", "FWM 7 sh"} <= set(services)
    assert "TCP  192.0.2.9:80 wrr persistent 300" in text
    servers = re.findall(r"-> (\S+:\d+) +(\w+) +(\d+)", text)
    for where, how, weight in servers:
        line = f"-> {where} {how.lower()} weight {weight} active 0 inactive 0"
        assert line in told("genl_tools", "IPVS_CMD_NEW_DEST")
    assert len(servers) == 2


def test_netlabel_as_netlabelctl_shows_it() -> None:
    cipso = replies("genl_tools", "NLBL_CIPSOV4_C_LIST")[0]
    levels = [n.value for n in cipso.walk() if n.name == "mlslvlrem"]
    categories = [n.value for n in cipso.walk() if n.name == "mlscatrem"]
    assert (levels, categories) == ([0, 1], [1, 0])
    assert "   0 = 0\n   1 = 1\n categories (2): \n   0 = 1\n   1 = 0" in printed("genl_tools")
    assert told("genl_tools", "NLBL_MGMT_C_LISTALL") == ["domain apple cipsov4 17"]
    assert told("genl_tools", "NLBL_MGMT_C_LISTDEF") == [
        "address 192.0.2.0/255.255.255.0 cipsov4 17",
        "address ::/:: calipso 18",
    ]


def test_a_radio_of_802_15_4_has_the_channels_that_iwpan_lists() -> None:
    text = printed("genl_tools")
    pages = dict(re.findall(r"page (\d): ([\d,]+),", text))
    phy = replies("genl_tools", "NL802154_CMD_NEW_WPAN_PHY")[0]
    have = {
        page.name: ",".join(channel.name for channel in page.children)
        for page in phy.find("wpan-phy-caps.channels").children
    }
    assert have == pages
    interface = replies("genl_tools", "NL802154_CMD_NEW_INTERFACE")[-1]
    assert f"extended_addr 0x{value(interface, 'extended-addr'):016x}" in text
    assert value(interface, "pan-id") == 0xBEEF


def test_the_end_of_a_task() -> None:
    ended = replies("genl_events", "TASKSTATS_CMD_NEW")[-1]
    assert value(ended, "aggr-pid.stats.ac-comm") == "sh"
    assert value(ended, "aggr-pid.stats.ac-exitcode") == 3 << 8
    assert value(ended, "aggr-pid.stats.version") == 17


def test_dropped_and_sampled_packets_header_by_header() -> None:
    alert = replies("genl_events", "NET_DM_CMD_PACKET_ALERT")[0]
    assert value(alert, "reason") == "NO_SOCKET"
    assert value(alert, "payload.udp.dport") == 9
    assert alert.find("payload.data").bytes == b"hello"
    sample = replies("genl_events", "PSAMPLE_CMD_SAMPLE")[0]
    assert re.fullmatch(
        r"sample group 5 in-ifindex lo origsize 47 sample-rate 1 seq 0"
        r" 127\.0\.0\.1:\d+ > 127\.0\.0\.1:9 udp",
        describe(sample),
    )
    (places, *_) = told("genl_events", "NET_DM_CMD_ALERT")
    assert re.fullmatch(r"(\d+ drops at 0x[0-9a-f]{16} ?)+", places)


def test_events_of_disks_and_rings() -> None:
    assert told("genl_events", "QUOTA_NL_C_WARNING")[:2] == [
        "bsoftwarn for usr 1000 on 7:0 by user 1000",
        "bhardwarn for usr 1000 on 7:0 by user 1000",
    ]
    assert told("genl_events", "TCMU_CMD_ADDED_DEVICE") == [
        "added tcm-user/0/fruit/apple/pear minor 0 id 1"
    ]
    assert "create fruit volume 0 minor 3 disk diskless" in told(
        "genl_events", "DRBD_ADM_DEVICE_STATE"
    )
    assert "exists|continues fruit role secondary" in told("genl_events", "DRBD_ADM_RESOURCE_STATE")
    (status,) = told("genl_events", "HSR_C_SET_NODE_STATUS")
    assert status.startswith("hsr0 node 02:00:00:00:00:05 apple0 age ")


def test_answers_of_gtp_have_the_family_as_their_command() -> None:
    found = told("genl_events", "GTP_CMD_GETPDP")
    assert len(found) == 3
    assert found[1].endswith("version 1 tei 100/200 ms_addr 10.1.0.7 peer_addr 198.51.100.7")


def test_tipcs_older_interface() -> None:
    lines = [describe(m) for m in recording("genl_events") if m.family == "TIPC"]
    assert "get-netid 4711" in lines
    assert "get-bearer-names eth:plum0" in lines
    assert "enable-bearer 10 <1.1.0> eth:plum0" in lines
    assert "get-remote-mng not supported" in lines


def test_what_the_smb_server_asks_its_daemon() -> None:
    (start,) = [m for m in recording("ksmbd") if describe(m).startswith("starting-up")]
    assert describe(start) == (
        "starting-up PEAR ORCHARD port 445 flags smb2-leases signing auto "
        'server-string "SMB SERVER" file-max 10000 share-fake-fscaps 64 '
        "sub-auth 1192874831,693448573,1402201074 max-connections 256 max-ip-connections 32"
    )
    assert value(start, "starting-up.max-ip-connections") == 32  # at an odd place
    assert value(start, "starting-up.file-max") == 10000
    answers = [describe(m) for m in recording("ksmbd") if m.to_kernel and m.family == "SMBD_GENL"]
    assert (
        "login-response 0 bob uid 65535 gid 65535 ok hash-sz 16 hash <redacted 18 bytes>" in answers
    )
    shared = (
        "share-config-response 0 fruit"
        " available browseable writeable store-dos-attrs oplocks hide-dot-files crossmnt"
        " create-mask 0x1e4 directory-mask 0x1ed force-uid 65535 force-gid 65535"
    )
    assert any(line.startswith(shared) for line in answers)


def test_version_15_of_taskstats_is_not_taken_for_a_later_one() -> None:
    stats = struct.pack("=HxxIBbxxxxxxQQ", 15, 3, 0, 0, 1, 2) + bytes(400)
    payload = struct.pack("=HH", len(stats) + 4, 3) + stats
    payload = struct.pack("=HH", len(payload) + 4, 0x8004) + payload
    raw = struct.pack("=IHHIIBBH", 20 + len(payload), 0x20, 0, 7, 0, 2, 1, 0) + payload
    message = nldissect.dissect(raw, "TASKSTATS")
    assert value(message, "aggr-pid.stats.cpu-delay-total") == 2
    assert message.find("aggr-pid.stats.blkio-count") is None


HEADER = struct.pack("=IHH", 0, 0x400B, 0)


@pytest.mark.parametrize(
    ("payload", "names"),
    [
        (b"\0\0\0\2", ["data"]),
        (b"\0\x09\0\2\1", ["data"]),
        (b"\0\6\0\x63xy", ["tlv-99"]),
        (b"\0\x08\0\2\0\0\x12\x67\0", ["unsigned", "data"]),
        (b"\0\5\0\x10\x84", ["error-string"]),
    ],
)
def test_malformed_tlvs(payload: bytes, names: list[str]) -> None:
    raw = struct.pack("=IHHIIBBH", 28 + len(payload), 0x20, 0, 7, 0, 1, 1, 0) + HEADER + payload
    message = nldissect.dissect(raw, "TIPC")
    assert [n.name for n in message.nodes[2:]] == names
    assert not [d for d in message.diagnoses if d.code == "hook-failed"]


def thermal(command: int, seq: int, payload: bytes) -> str:
    raw = struct.pack("=IHHIIBBH", 20 + len(payload), 0x20, 0, seq, 0, command, 1, 0) + payload
    return str(nldissect.dissect(raw, "thermal").operation.name)


def test_thermals_answers_and_events_of_the_same_number() -> None:
    zone = struct.pack("=HHI", 8, 2, 0)
    nest = struct.pack("=HH", 12, 0x8001) + zone
    assert thermal(1, 0, zone) == "tz-create"
    assert thermal(1, 0, nest) == "tz-get-id"  # dumps have no sequence number either
    assert [thermal(2, 0, zone), thermal(2, 5, zone)] == ["tz-delete", "tz-get-trip"]
    assert thermal(18, 0, zone) == "threshold-up"
