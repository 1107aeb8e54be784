"""A packet socket with a ring that the kernel fills (TPACKET_V2), read as pcapng blocks.

Layout: linux/if_packet.h, Documentation/networking/packet_mmap.rst. A ring of blocks
(TPACKET_V3) would be given up block by block as each of them is some milliseconds old, however
little is in it: a reader that stands still would have lost packets long before the memory is
full. Here each packet takes a frame of FRAME bytes, and one that is longer waits whole in the
socket's receive buffer as well (PACKET_COPY_THRESH); so what is held depends on bytes alone.
"""

from __future__ import annotations

import mmap
import socket
import struct
import sys
from typing import Final

from nldissect._internal.capture.files import pcapng
from nldissect._internal.capture.live import bpf

FRAME: Final = 256  # of which 176 bytes are the datagram's
_BLOCK: Final = 1 << 16  # the kernel's own unit of memory, which frames fill without a rest
_AT_ONCE: Final = 2048  # packets that are taken before somebody else has a turn

# The pcapng Enhanced Packet Block that `take` makes: where the cooked header's protocol and
# the datagram's struct nlmsghdr are in it.
PROTOCOL_AT: Final = 28 + 14
DATAGRAM_AT: Final = 28 + 16

_SOL_PACKET: Final = 263
_PACKET_RX_RING, _PACKET_STATISTICS, _PACKET_COPY_THRESH, _PACKET_VERSION = 5, 6, 7, 10
_SO_RCVBUFFORCE: Final = 33
_TPACKET_V2: Final = 1
_ETH_P_ALL: Final = 3
# TP_STATUS_USER: ours; TP_STATUS_COPY: whole in the receive buffer; TP_STATUS_LOSING: some
# were dropped before
_USER, _COPY, _LOSING = 1, 2, 4
_SOCKADDR_AT: Final = 32  # behind struct tpacket2_hdr
_DROPCOUNT: Final = 4  # epb_dropcount

_STATUS: Final = struct.Struct("I")
_HEADER: Final = struct.Struct("IIIHHII")  # status, length, there, place of it, -, seconds, ns
_ADDRESS: Final = struct.Struct("HHIHBB8s")
_BLOCK_HEAD: Final = struct.Struct("=7I")
_COOKED: Final = struct.Struct(">HHH8sH")
_LENGTH: Final = struct.Struct("=I")
_LOST: Final = struct.Struct("=HHQI")
_SWAP: Final = sys.byteorder == "little"


def packet_socket(snaplen: int, passing: bpf.BpfFilter, own: list[int]) -> socket.socket:
    """Open a packet socket that hears nothing yet; raises PermissionError without CAP_NET_RAW."""
    made = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    bpf.attach(made, passing.program(own, snaplen))
    return made


class PacketRing:
    """The packets of a socket as pcapng Enhanced Packet Blocks of interface 0.

    `received` counts the packets handed out, `placed` those that the kernel put into
    the ring and `dropped` those it had no room for, when last asked. `size` is that of the ring
    in bytes; long packets have twice as much beside it where CAP_NET_ADMIN allows. No more than
    `snaplen` bytes of each are taken. The socket is bound here.
    """

    def __init__(self, source: socket.socket, interface: str, size: int, snaplen: int) -> None:
        size = max(size // _BLOCK, 2) * _BLOCK
        source.setsockopt(_SOL_PACKET, _PACKET_VERSION, _TPACKET_V2)
        source.setsockopt(_SOL_PACKET, _PACKET_COPY_THRESH, 1)
        try:
            source.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, size)
        except PermissionError:
            source.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        request = (_BLOCK, size // _BLOCK, FRAME, size // FRAME)
        source.setsockopt(_SOL_PACKET, _PACKET_RX_RING, struct.pack("4I", *request))
        self.socket = source
        self.received = 0
        self.placed = 0
        self.dropped = 0
        self._snaplen = snaplen
        self._memory = mmap.mmap(source.fileno(), size)
        self._size = size
        self._place = 0  # of the next frame
        source.bind((interface, _ETH_P_ALL))

    def fileno(self) -> int:
        """The socket, which polls as readable when a packet is there."""
        return self.socket.fileno()

    def take(self) -> list[bytes]:
        """The next packets that are there, [] when none is.

        One that follows lost ones says how many were lost before it.
        """
        memory, place = self._memory, self._place
        out: list[bytes] = []
        asked = False  # once a turn: a ring that stays full has a loss before each frame
        while len(out) < _AT_ONCE:
            (status,) = _STATUS.unpack_from(memory, place)
            if not status & _USER:
                break
            lost = 0
            if status & _LOSING and not asked:
                lost, asked = self.count_dropped(), True
            out.append(block(memory, place, self._whole(place) if status & _COPY else None, lost))
            _STATUS.pack_into(memory, place, 0)
            place += FRAME
            if place == self._size:
                place = 0
        self._place = place
        self.received += len(out)
        return out

    def _whole(self, place: int) -> bytes | None:
        """The datagram that was too long for its frame."""
        length = _HEADER.unpack_from(self._memory, place)[1]
        try:
            return self.socket.recv(min(length, self._snaplen), socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def count_dropped(self) -> int:
        """Ask the kernel how many packets it dropped since it was asked last."""
        answer = self.socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        packets: int
        dropped: int
        packets, dropped = struct.unpack("II", answer)  # the first counts both
        self.placed += packets - dropped
        self.dropped += dropped
        return dropped

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()
        self.socket.close()


def block(
    memory: mmap.mmap | bytes, place: int, whole: bytes | None = None, lost: int = 0
) -> bytes:
    """The packet in a frame of the ring, or `whole` in place of its bytes, as a pcapng block.

    It gets the cooked header of LINKTYPE_NETLINK, which the kernel has put
    into the socket address: packet type, ARPHRD, and the netlink protocol.
    """
    _, original, captured, start, _, seconds, fraction = _HEADER.unpack_from(memory, place)
    _, protocol, _, kind, direction, size, hardware = _ADDRESS.unpack_from(
        memory, place + _SOCKADDR_AT
    )
    if _SWAP:
        protocol = protocol >> 8 | (protocol & 255) << 8
    if whole is None:
        start += place
        whole = memory[start : start + captured]
    captured = len(whole)
    pad = -captured & 3
    option = _LOST.pack(_DROPCOUNT, 8, lost, 0) if lost else b""
    total = captured + pad + len(option) + 48
    time = seconds * 1_000_000_000 + fraction
    return (
        _BLOCK_HEAD.pack(
            pcapng.ENHANCED, total, 0, time >> 32, time & 0xFFFF_FFFF, captured + 16, original + 16
        )
        + _COOKED.pack(direction, kind, size, hardware[:size], protocol)  # what follows is stale
        + whole
        + b"\0\0\0"[:pad]
        + option
        + _LENGTH.pack(total)
    )
