"""A packet socket with a ring that the kernel fills, read as pcapng blocks.

Layout: linux/if_packet.h, Documentation/networking/packet_mmap.rst. Two kinds:

- `FrameRing` (TPACKET_V2): each packet takes a frame of FRAME bytes, and one that is longer waits
  whole in the socket's receive buffer as well (PACKET_COPY_THRESH). What is held depends on bytes
  alone, however long the reader stands still; but the buffer must be large, which takes
  CAP_NET_ADMIN in the first user namespace.
- `BlockRing` (TPACKET_V3), without that: packets lie close together in blocks, which are handed
  over when they are full or `delay` milliseconds old, however little is in them. A reader
  that stands still has as many blocks of time.
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
_FRAMES: Final = 1 << 16  # the kernel's own unit of memory, which frames fill without a rest
# One block: also the longest datagram that is kept whole in one, less some 100 bytes.
BLOCK: Final = bpf.LONGEST
_AT_ONCE: Final = 2048  # packets that are taken before somebody else has a turn

# The pcapng Enhanced Packet Block that `take` makes: where the cooked header's protocol and
# the datagram's struct nlmsghdr are in it.
PROTOCOL_AT: Final = 28 + 14
DATAGRAM_AT: Final = 28 + 16

_SOL_PACKET: Final = 263
_PACKET_RX_RING, _PACKET_STATISTICS, _PACKET_COPY_THRESH, _PACKET_VERSION = 5, 6, 7, 10
_SO_RCVBUFFORCE: Final = 33
_TPACKET_V2, _TPACKET_V3 = 1, 2
_ETH_P_ALL: Final = 3
# TP_STATUS_USER: ours; TP_STATUS_COPY: whole in the receive buffer; TP_STATUS_LOSING: some
# were dropped before
_USER, _COPY, _LOSING = 1, 2, 4
_SOCKADDR_AT: Final = 32  # behind struct tpacket2_hdr
_V3_STATUS_AT: Final = 8  # in struct tpacket_block_desc
_V3_SOCKADDR_AT: Final = 48  # behind struct tpacket3_hdr
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
    the ring and `dropped` those it had no room for, when last asked. `error` is the number of
    what happened to the interface while packets were taken, 0 for nothing.
    """

    version = 0
    _statistics = 8  # bytes of struct tpacket_stats

    def __init__(self, source: socket.socket, interface: str, size: int) -> None:
        source.setsockopt(_SOL_PACKET, _PACKET_VERSION, self.version)
        source.setsockopt(_SOL_PACKET, _PACKET_RX_RING, self._request(size))
        self.socket = source
        self.received = 0
        self.placed = 0
        self.dropped = 0
        self.error = 0
        self._memory = mmap.mmap(source.fileno(), size)
        self._size = size
        self._place = 0  # of the next frame or block
        source.bind((interface, _ETH_P_ALL))

    def _request(self, size: int) -> bytes:
        """The struct tpacket_req of a ring of so many bytes."""
        raise NotImplementedError

    def fileno(self) -> int:
        """The socket, which polls as readable when there is something to take."""
        return self.socket.fileno()

    def take(self) -> list[bytes]:
        """The next packets that are there, [] when none is.

        One that follows lost ones says how many were lost before it.
        """
        raise NotImplementedError

    def count_dropped(self) -> int:
        """Ask the kernel how many packets it dropped since it was asked last."""
        answer = self.socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, self._statistics)
        packets: int
        dropped: int
        packets, dropped = struct.unpack_from("II", answer)  # the first counts both
        self.placed += packets - dropped
        self.dropped += dropped
        return dropped

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()
        self.socket.close()


class FrameRing(PacketRing):
    """A ring of frames; no more than `snaplen` bytes are taken of what waits beside it."""

    version = _TPACKET_V2

    def __init__(self, source: socket.socket, interface: str, size: int, snaplen: int) -> None:
        source.setsockopt(_SOL_PACKET, _PACKET_COPY_THRESH, 1)
        self._snaplen = snaplen
        super().__init__(source, interface, max(size // _FRAMES, 2) * _FRAMES)

    def _request(self, size: int) -> bytes:
        return struct.pack("4I", _FRAMES, size // _FRAMES, FRAME, size // FRAME)

    def take(self) -> list[bytes]:
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
        for _ in range(2):  # what has happened to the interface comes first
            try:
                return self.socket.recv(min(length, self._snaplen), socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError as problem:
                self.error = problem.errno or 0
        return None


class BlockRing(PacketRing):
    """A ring of blocks."""

    version = _TPACKET_V3
    _statistics = 12  # struct tpacket_stats_v3

    def __init__(self, source: socket.socket, interface: str, size: int, delay: int) -> None:
        self._delay = delay
        super().__init__(source, interface, max(size // BLOCK, 2) * BLOCK)

    def _request(self, size: int) -> bytes:
        return struct.pack("7I", BLOCK, size // BLOCK, 2048, size // 2048, self._delay, 0, 0)

    def take(self) -> list[bytes]:
        memory, place = self._memory, self._place
        status, count, first = struct.unpack_from("III", memory, place + _V3_STATUS_AT)
        if not status & _USER:
            return []
        lost = self.count_dropped() if status & _LOSING else 0
        out = packets(memory, place + first, count, lost)
        _STATUS.pack_into(memory, place + _V3_STATUS_AT, 0)
        place += BLOCK
        self._place = 0 if place == self._size else place
        self.received += count
        return out


def open_ring(
    source: socket.socket, interface: str, size: int, snaplen: int, delay: int
) -> PacketRing:
    """The ring of a packet socket, of `size` bytes; packets have no more than `snaplen`.

    Long packets have twice as much beside it where frames can be had; else there are blocks of
    twice the size, which `delay` (milliseconds) hands over. The socket is bound here.
    """
    try:
        source.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, size)
    except PermissionError:
        return BlockRing(source, interface, 2 * size, delay)
    return FrameRing(source, interface, size, snaplen)


def block(
    memory: mmap.mmap | bytes, place: int, whole: bytes | None = None, lost: int = 0
) -> bytes:
    """The packet in a frame of the ring, or `whole` in place of its bytes, as a pcapng block."""
    _, original, captured, start, _, seconds, fraction = _HEADER.unpack_from(memory, place)
    if whole is None:
        start += place
        whole = memory[start : start + captured]
    time = seconds * 1_000_000_000 + fraction
    return _enhanced(memory, place + _SOCKADDR_AT, time, original, whole, lost)


def packets(memory: mmap.mmap | bytes, place: int, count: int, lost: int = 0) -> list[bytes]:
    """The `count` packets of a ring's block, the first one at `place`, as pcapng blocks."""
    out: list[bytes] = []
    header = struct.Struct("IIIIIIH").unpack_from
    for _ in range(count):
        following, seconds, fraction, captured, original, _, mac = header(memory, place)
        start = place + mac
        data = memory[start : start + captured]
        time = seconds * 1_000_000_000 + fraction
        out.append(_enhanced(memory, place + _V3_SOCKADDR_AT, time, original, data, lost))
        lost = 0
        place += following
    return out


def _enhanced(
    memory: mmap.mmap | bytes, address: int, time: int, original: int, whole: bytes, lost: int
) -> bytes:
    """A packet as a pcapng block; `address` is where its struct sockaddr_ll is.

    It gets the cooked header of LINKTYPE_NETLINK, which the kernel has put
    into that address: packet type, ARPHRD, and the netlink protocol.
    """
    _, protocol, _, kind, direction, size, hardware = _ADDRESS.unpack_from(memory, address)
    if _SWAP:
        protocol = protocol >> 8 | (protocol & 255) << 8
    captured = len(whole)
    pad = -captured & 3
    option = _LOST.pack(_DROPCOUNT, 8, lost, 0) if lost else b""
    total = captured + pad + len(option) + 48
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
