"""A packet socket with a ring that the kernel fills (TPACKET_V3), read as pcapng blocks.

Layout: linux/if_packet.h, Documentation/networking/packet_mmap.rst. A block of the
ring is handed over when it is full or BLOCK_TIMEOUT milliseconds old.
"""

from __future__ import annotations

import mmap
import socket
import struct
import sys

from nldissect._internal.capture.files import pcapng
from nldissect._internal.capture.live import bpf

# One block: also the longest datagram that is kept whole, less some 100 bytes.
BLOCK = 1 << 19
BLOCK_TIMEOUT = 16

# The pcapng Enhanced Packet Block that `take` makes: where the cooked header's protocol and
# the datagram's struct nlmsghdr are in it.
PROTOCOL_AT = 28 + 14
DATAGRAM_AT = 28 + 16

_SOL_PACKET = 263
_PACKET_RX_RING, _PACKET_STATISTICS, _PACKET_VERSION = 5, 6, 10
_TPACKET_V3 = 2
_ETH_P_ALL = 3
_USER, _LOSING = 1, 4  # TP_STATUS_USER: ours; TP_STATUS_LOSING: some were dropped before
_STATUS_AT = 8
_SOCKADDR_AT = 48  # behind struct tpacket3_hdr
_DROPCOUNT = 4  # epb_dropcount
_GIVE_BACK = struct.pack("I", 0)


def packet_socket(snaplen: int, passing: bpf.BpfFilter, own: list[int]) -> socket.socket:
    """Open a packet socket that hears nothing yet; raises PermissionError without CAP_NET_RAW."""
    made = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    bpf.attach(made, passing.program(own, snaplen))
    return made


class PacketRing:
    """The packets of a socket as pcapng Enhanced Packet Blocks of interface 0.

    `received` counts the packets handed out, `placed` those that the kernel put into
    the ring and `dropped` those it had no room for, when last asked. The
    socket is bound here.
    """

    def __init__(self, source: socket.socket, interface: str, size: int) -> None:
        blocks = max(size // BLOCK, 2)
        source.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V3)
        request = (BLOCK, blocks, 2048, BLOCK // 2048 * blocks, BLOCK_TIMEOUT, 0, 0)
        source.setsockopt(_SOL_PACKET, _PACKET_RX_RING, struct.pack("7I", *request))
        self.socket = source
        self.received = 0
        self.placed = 0
        self.dropped = 0
        self._memory = mmap.mmap(source.fileno(), BLOCK * blocks)
        self._end = BLOCK * blocks
        self._place = 0  # of the next block
        source.bind((interface, _ETH_P_ALL))

    def fileno(self) -> int:
        """The socket, which polls as readable when a block is ready."""
        return self.socket.fileno()

    def take(self) -> list[bytes]:
        """The packets of the next block that is ready, [] when none is.

        The first one says how many were lost before it.
        """
        memory = self._memory
        place = self._place
        status, count, first = struct.unpack_from("III", memory, place + _STATUS_AT)
        if not status & _USER:
            return []
        lost = self.count_dropped() if status & _LOSING else 0
        out = packets(memory, place + first, count, lost)
        memory[place + _STATUS_AT : place + _STATUS_AT + 4] = _GIVE_BACK
        place += BLOCK
        self._place = 0 if place == self._end else place
        self.received += count
        return out

    def count_dropped(self) -> int:
        """Ask the kernel how many packets it dropped since it was asked last."""
        answer = self.socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 12)
        packets: int
        dropped: int
        packets, dropped, _ = struct.unpack("III", answer)  # the first counts both
        self.placed += packets - dropped
        self.dropped += dropped
        return dropped

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()
        self.socket.close()


def packets(memory: mmap.mmap | bytes, place: int, count: int, lost: int = 0) -> list[bytes]:
    """The `count` packets of a ring's block, the first one at `place`, as pcapng blocks.

    Each gets the cooked header of LINKTYPE_NETLINK, which the kernel has put
    into the socket address: packet type, ARPHRD, and the netlink protocol.
    """
    out: list[bytes] = []
    header = struct.Struct("IIIIIIH").unpack_from
    address = struct.Struct("HHIHBB8s").unpack_from
    block = struct.Struct("=7I").pack
    cooked = struct.Struct(">HHH8sH").pack
    length = struct.Struct("=I").pack
    swap = sys.byteorder == "little"
    for _ in range(count):
        following, seconds, fraction, captured, original, _, mac = header(memory, place)
        _, protocol, _, kind, direction, size, hardware = address(memory, place + _SOCKADDR_AT)
        if swap:
            protocol = protocol >> 8 | (protocol & 255) << 8
        start = place + mac
        pad = -captured & 3
        option = struct.pack("=HHQI", _DROPCOUNT, 8, lost, 0) if lost else b""
        lost = 0
        total = captured + pad + len(option) + 48
        time = seconds * 1_000_000_000 + fraction
        out.append(
            block(
                pcapng.ENHANCED,
                total,
                0,
                time >> 32,
                time & 0xFFFF_FFFF,
                captured + 16,
                original + 16,
            )
            + cooked(direction, kind, size, hardware[:size], protocol)  # what follows is stale
            + memory[start : start + captured]
            + b"\0\0\0"[:pad]
            + option
            + length(total)
        )
        place += following
    return out
