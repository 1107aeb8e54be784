"""Messages that tell how far a live capture has come.

The kernel hands over what nlmon hears in blocks, and what reads them may be slow. Once a
message sent now (NLMSG_NOOP, which the kernel ignores) is in the capture, so is all before it.
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

_LOOK: Final = 0.005  # seconds
_SECONDS: Final = 5


class Marker:
    """A socket in the namespace that is captured; `owner` says so in captures."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self.port: int = self._socket.getsockname()[0]
        self.owner = Socket(
            time.time_ns(), socket.NETLINK_ROUTE, self.port, os.getpid(), "pytest", own=True
        )
        self._sequence = 0
        self._place = 0

    def reach(self, index: Index) -> bool:
        """Read on until all that was said up to now is in the index; False if it never comes."""
        self._sequence += 1
        header = struct.pack("=IHHII", 16, framing.NLMSG_NOOP, 0, self._sequence, self.port)
        try:
            self._socket.sendto(header, (0, 0))
        except OSError:
            return False
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            index.extend()
            while self._place < len(index):
                _, _, _, sequence, port = index.header(self._place)
                self._place += 1
                if port == self.port and sequence == self._sequence:
                    return True
            time.sleep(_LOOK)
        return False

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
