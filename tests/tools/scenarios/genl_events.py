"""Requests of generic families that no tool at hand sends, and the events that they cause."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import time
from pathlib import Path

from genl_families import NETLINK_GENERIC, Family, u8, u16
from rawnl import NLM_F_ACK, NLM_F_CREATE, Netlink, attribute, ifinfomsg, nest, text, u32

NETLINK_ADD_MEMBERSHIP, SOL_NETLINK = 1, 270
GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, CTRL_ATTR_MCAST_GROUPS = 16, 3, 2, 7
RTM_NEWLINK = 16
LISTENED = (
    "NET_DM", "psample", "VFS_DQUOT", "nl802154", "802.15.4 MAC", "MAC802154_HWSIM",
    "MAC80211_HWSIM", "nfc", "gtp", "TCM-USER", "drbd",
)  # fmt: skip
DISK = """
dd if=/dev/zero of=$TMPDIR/disk bs=1M count=16 status=none
mkfs.ext4 -q -O quota $TMPDIR/disk
mkdir $TMPDIR/orchard
mount -o loop,usrquota $TMPDIR/disk $TMPDIR/orchard
setquota -u 1000 100 200 5 10 $TMPDIR/orchard
chmod 777 $TMPDIR/orchard
cd $TMPDIR/orchard
for name in a b; do
    setpriv --reuid=1000 --clear-groups dd if=/dev/zero of=$name bs=1k count=150
done
rm a b
"""
TARGET = """
mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
mkdir -p /sys/kernel/config/target/core/user_0/fruit
cd /sys/kernel/config/target/core/user_0/fruit
printf dev_config=apple/pear >control
printf dev_size=1048576 >control
printf nl_reply_supported=-1 >control
echo 1 >enable
echo 2097152 >attrib/dev_size
printf orange >attrib/dev_config
rmdir ../fruit
"""


def shell(script: str) -> None:
    subprocess.run(["sh", "-c", script], check=False, stderr=subprocess.DEVNULL)


def attributes(data: bytes) -> dict[int, bytes]:
    """Attributes by number, without flags."""
    out, at = {}, 0
    while at + 4 <= len(data):
        size, number = struct.unpack_from("=HH", data, at)
        out[number & 0x3FFF] = data[at + 4 : at + size]
        at += max(size + 3 & ~3, 4)
    return out


def listen(link: Netlink, name: str) -> list[socket.socket]:
    """Sockets in all groups of a family."""
    head = struct.pack("=BBH", CTRL_CMD_GETFAMILY, 2, 0)
    out = []
    for reply in link.request(name, GENL_ID_CTRL, head + text(CTRL_ATTR_FAMILY_NAME, name)):
        groups = attributes(reply[4:]).get(CTRL_ATTR_MCAST_GROUPS, b"")
        for group in attributes(groups).values():
            out.append(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC))
            out[-1].bind((0, 0))
            (number,) = struct.unpack("=I", attributes(group)[2])
            out[-1].setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, number)
    return out


def say(count: int) -> None:
    """Sends as many packets to a port where nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(b"hello", ("127.0.0.1", 9))
            time.sleep(0.2)


def taskstats(family: Family) -> None:
    family.ask(1, u32(1, os.getpid()))
    family.ask(1, u32(2, os.getpid()))
    every = Path("/sys/devices/system/cpu/possible").read_text().strip()
    family.ask(1, text(3, every))
    shell("exit 3")
    time.sleep(0.5)
    family.ask(1, text(4, every))


def drops(family: Family) -> None:
    software = attribute(20, b"")
    for settings in (u8(1, 0), u8(1, 1) + u32(9, 64) + u32(11, 100)):
        family.ask(2, settings)
        family.ask(6)
        family.ask(3, software)
        say(2)
        time.sleep(2)
        family.ask(8)
        family.ask(4, software)


def samples(family: Family) -> None:
    shell("tc qdisc add dev lo clsact")
    shell("tc filter add dev lo ingress matchall action sample rate 1 group 5 trunc 60")
    say(1)
    family.dump(1)
    shell("tc qdisc del dev lo clsact")
    time.sleep(0.5)


def rings(family: Family) -> None:
    shell("ip link set hsr0 up; ip -n orchard link set hsr1 up")
    time.sleep(5)
    ring = u32(2, socket.if_nametoindex("hsr0"))
    family.ask(5, ring)
    family.ask(3, ring + attribute(1, bytes.fromhex("020000000005")))


def gtp(link: Netlink) -> None:
    kind = nest(18, text(1, "gtp"), nest(2, u32(3, 1024), u8(5, 1)))
    what = ifinfomsg() + text(3, "gtp0") + kind
    Netlink(0).request("gtp0", RTM_NEWLINK, what, NLM_F_ACK | NLM_F_CREATE)
    family = Family(link, "gtp")
    link_1 = u32(1, socket.if_nametoindex("gtp0")) + u32(2, 1)
    peer = attribute(4, socket.inet_aton("198.51.100.7"))
    station = attribute(5, socket.inet_aton("10.1.0.7"))
    family.ask(0, link_1 + peer + station + u32(8, 100) + u32(9, 200))
    older = u32(1, socket.if_nametoindex("gtp0")) + u32(2, 0)
    station = attribute(5, socket.inet_aton("10.1.0.8"))
    family.ask(0, older + attribute(3, struct.pack("=Q", 0x1234)) + u16(6, 7) + peer + station)
    family.dump(2)
    family.ask(2, link_1 + u32(8, 100))
    family.ask(1, link_1 + u32(8, 100))


def nfc(family: Family) -> None:
    first, second, dep = u32(1, 0), u32(1, 1), 1 << 5
    family.dump(1)
    family.ask(2, first)
    family.ask(2, second)
    family.ask(15, first)
    family.ask(16, first + u8(15, 100) + u8(16, 5) + u16(17, 128))
    family.ask(6, first + u32(13, dep))
    family.ask(6, second + u32(14, dep))
    time.sleep(2)
    family.dump(8, first)
    family.ask(4, first + u32(4, 0) + u8(10, 0) + u8(11, 0))
    time.sleep(1)
    family.ask(19, first + nest(19, nest(1, text(1, "urn:nfc:sn:snep"))))
    family.ask(5, first)


def thermal(family: Family) -> None:
    family.dump(1)
    family.dump(6)
    family.ask(2, u32(2, 0))
    family.ask(8, u32(2, 0) + u32(25, 50000) + u32(26, 1))


def tlv(kind: int, value: bytes) -> bytes:
    return struct.pack(">HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def tipc(family: Family) -> None:
    """Commands of before there was TIPCv2; answers without an end."""
    bearer = struct.pack(">II32s", 10, 0x1001000, b"eth:plum0")
    asked = {
        0x0001: tlv(17, bytes(4)), 0x0002: b"", 0x4101: tlv(23, bearer), 0x0003: b"",
        0x0004: tlv(17, bytes(4)), 0x0005: tlv(25, struct.pack(">IIII", 1 << 31 | 4, 0, 0, 0)),
        0x0006: b"", 0x000B: tlv(20, b"broadcast-link".ljust(68, b"\0")), 0x400B: b"",
        0x4003: b"", 0x4102: tlv(19, b"eth:plum0".ljust(32, b"\0")),
    }  # fmt: skip
    link = Netlink(NETLINK_GENERIC)
    for command, body in asked.items():
        head = struct.pack("=BBHIHH", 1, 1, 0, 0, command, 0)
        header = struct.pack("=IHHII", 16 + len(head + body), family.number, 1, command, 0)
        link.socket.sendto(header + head + body, (0, 0))
        print(f"TIPC {command:#06x}: {len(link.socket.recv(1 << 16))} bytes")


def radios(link: Netlink) -> None:
    older = Family(link, "802.15.4 MAC")
    older.dump(32)
    older.dump(31)
    older.ask(36, text(1, "wpan0"))
    newer = Family(link, "nl802154")
    newer.dump(1)
    newer.dump(5)
    simulated = Family(link, "MAC802154_HWSIM")
    simulated.ask(3)
    simulated.ask(6, u32(1, 0) + nest(2, u32(1, 1) + u8(2, 77)))
    simulated.dump(1)
    simulated.ask(8, u32(1, 2) + nest(2, u32(1, 0)))
    simulated.ask(7, u32(1, 2) + nest(2, u32(1, 0)))
    simulated.ask(4, u32(1, 2))
    wireless = Family(link, "MAC80211_HWSIM")
    wireless.ask(4, u32(9, 2) + text(17, "peach") + attribute(15, b"") + attribute(16, b""))
    wireless.ask(6, u32(10, 0))
    wireless.ask(5, text(17, "peach"))


def drbd(family: Family) -> None:
    def header(minor: int) -> bytes:
        return struct.pack("=II", minor, 0)

    def address(number: int, value: str) -> bytes:
        where = struct.pack(">H4s8x", 7789, socket.inet_aton(value))
        return attribute(number, struct.pack("=H", socket.AF_INET) + where)

    every, fruit = header(0xFFFFFFFF), nest(2, text(2, "fruit"))
    volume = nest(2, u32(1, 0) + text(2, "fruit"))
    ends = nest(2, text(2, "fruit"), address(3, "192.0.2.1"), address(4, "192.0.2.2"))
    family.ask(7, every + fruit + nest(4, text(1, "1"), u32(2, 0)))
    family.ask(5, header(3) + volume)
    family.ask(10, every + ends + nest(5, u32(6, 3)))
    for command in (2, 30, 31, 32, 33, 38):
        family.dump(command, every)
    family.ask(14, header(3) + nest(6, u8(1, 0)))
    family.ask(27, every + fruit)


def main() -> None:
    link = Netlink(NETLINK_GENERIC)
    listeners = [listen(link, name) for name in LISTENED]
    taskstats(Family(Netlink(NETLINK_GENERIC), "TASKSTATS"))
    drops(Family(link, "NET_DM"))
    samples(Family(link, "psample"))
    gtp(link)
    nfc(Family(link, "nfc"))
    thermal(Family(link, "thermal"))
    tipc(Family(link, "TIPC"))
    radios(link)
    shell(DISK)
    target = Family(link, "TCM-USER")
    shell(TARGET)
    target.ask(7, u8(9, 1))
    target.ask(4, u32(8, 0) + attribute(7, struct.pack("=i", -5)))
    drbd(Family(link, "drbd"))
    rings(Family(link, "HSR"))
    time.sleep(1)
    print(f"{sum(map(len, listeners))} listeners")


if __name__ == "__main__":
    main()
