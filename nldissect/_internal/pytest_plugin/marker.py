"""Packets that tell how far a live capture has come.

The kernel hands over what nlmon hears in blocks, and what reads them may be slow. Once a packet
sent now is in the capture, so is all before it. It is sent to the nlmon interface itself, not
through netlink: a netlink socket has a port, which a tested program might want, and would be seen.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from typing import Final

from ..library.index import Index
from ..wire import framing
from ..wire.record import Socket

PROTOCOL: Final = 255  # no netlink protocol: those are below MAX_LINKS, 32 (linux/netlink.h)

_LOOK: Final = 0.005  # seconds
_SECONDS: Final = 5


class Marker:
    """Sends markers to an nlmon interface; `owner` tells captures whose they are."""

    def __init__(self, interface: str) -> None:
        self.owner = Socket(time.time_ns(), PROTOCOL, 0, os.getpid(), "pytest", own=True)
        self._interface = interface
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)  # hears nothing
        self._sequence = 0
        self._place = 0

    def reach(self, index: Index) -> bool:
        """Read on until all that was said up to now is in the index; False if it never comes."""
        self._sequence += 1
        header = struct.pack("=IHHII", 16, framing.NLMSG_NOOP, 0, self._sequence, 0)
        try:
            self._socket.sendto(header, (self._interface, PROTOCOL))
        except OSError:
            return False
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            index.extend()
            while self._place < len(index):
                place = self._place
                self._place += 1
                if is_marker(index, place) and index.header(place)[3] == self._sequence:
                    return True
            time.sleep(_LOOK)
        return False

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def is_marker(index: Index, place: int) -> bool:
    """Whether the message at this place is a marker."""
    return index.records.origin(index.records.of(place)).protocol == PROTOCOL
