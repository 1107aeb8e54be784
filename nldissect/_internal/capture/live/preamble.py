"""What a capture asks of the kernel first, so that the answers lie in it.

All generic netlink families and their policies, and all links. Numbers:
linux/netlink.h, linux/genetlink.h, linux/rtnetlink.h.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from typing import Final

from nldissect._internal.capture.files import link
from nldissect._internal.capture.live import privileges
from nldissect._internal.wire import framing
from nldissect._internal.wire.errors import UsageError
from nldissect._internal.wire.record import Interface, Record

BIG_ENDIAN: Final = sys.byteorder == "big"  # this host, and so its netlink messages

_NETLINK_GENERIC = 16
_REQUEST, _DUMP = 1, 0x300
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_GENL_ID_CTRL = 16
_CTRL_CMD_GETFAMILY, _CTRL_CMD_GETPOLICY = 3, 10
_CTRL_ATTR_FAMILY_ID = 1
_CTRL_VERSION = 2
_RTM_GETLINK = 18
_SECONDS = 2
_LONGEST = 1 << 16
NOWHERE: Final = Interface(link.NETLINK, BIG_ENDIAN)  # of records before there is an interface


class Preamble:
    """The sockets that ask.

    `ports` are (netlink protocol, port id) of each, `answers` (netlink protocol, message) of
    what the kernel said, as it came.
    """

    def __init__(self) -> None:
        self._sockets = {}
        self.ports: list[tuple[int, int]] = []
        self.answers: list[tuple[int, bytes]] = []
        for protocol in (_NETLINK_GENERIC, socket.NETLINK_ROUTE):
            made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
            made.bind((0, 0))
            made.settimeout(_SECONDS)
            self._sockets[protocol] = made
            self.ports.append((protocol, made.getsockname()[0]))
        self._sequence = 0

    def ask(self) -> None:
        """Ask for everything and wait for the answers; what the kernel refuses stays unknown."""
        families = self.ask_families()
        control = struct.pack("=BBH", _CTRL_CMD_GETPOLICY, _CTRL_VERSION, 0)
        for family in families:
            attribute = struct.pack("=HHHH", 6, _CTRL_ATTR_FAMILY_ID, family, 0)
            self._dump(_NETLINK_GENERIC, _GENL_ID_CTRL, control + attribute)
        self._dump(socket.NETLINK_ROUTE, _RTM_GETLINK, bytes(16))  # struct ifinfomsg

    def ask_families(self) -> list[int]:
        """Ask for the generic families alone; their ids."""
        self.answers = []
        control = struct.pack("=BBH", _CTRL_CMD_GETFAMILY, _CTRL_VERSION, 0)
        found = self._dump(_NETLINK_GENERIC, _GENL_ID_CTRL, control)
        return [number for message in found for number in _family_ids(message)]

    def filenos(self) -> list[int]:
        """The sockets' descriptors."""
        return [made.fileno() for made in self._sockets.values()]

    def close(self) -> None:
        """Close the sockets."""
        for made in self._sockets.values():
            made.close()

    def _dump(self, protocol: int, kind: int, body: bytes) -> list[bytes]:
        """The messages that answer a dump request, up to its end or to silence.

        The request names its sender, which the kernel does not need, so that
        it can be told for the capture's own.
        """
        out: list[bytes] = []
        asking = self._sockets[protocol]
        self._sequence += 1
        port = asking.getsockname()[0]
        header = struct.pack("=IHHII", 16 + len(body), kind, _REQUEST | _DUMP, self._sequence, port)
        try:
            asking.sendto(header + body, (0, 0))
            while True:
                data = asking.recv(_LONGEST)
                place = 0
                while place + 16 <= len(data):
                    length, answer, _, sequence, _ = struct.unpack_from("=IHHII", data, place)
                    if length < 16:
                        return out
                    if sequence == self._sequence:
                        if answer in (_NLMSG_ERROR, _NLMSG_DONE):
                            return out
                        out.append(data[place : place + length])
                        self.answers.append((protocol, out[-1]))
                    place += length + (-length & 3)
        except OSError:
            return out


def asked_before(netns: str | None) -> list[Record]:
    """What explains a capture that has not begun, in network namespace `netns` (None: in ours).

    The records are of NOWHERE until somebody gives them the capture's interface.
    """
    answers: list[tuple[int, bytes]] = []

    def ask() -> None:
        """In a thread, which may be in another network namespace than the others."""
        with suppress(OSError, UsageError):
            if netns is not None:
                privileges.enter_namespace(netns)
            preamble = Preamble()
            preamble.ask()
            preamble.close()
            answers.extend(preamble.answers)

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join()
    now = time.time_ns()
    return [
        Record(
            number,
            now,
            protocol,
            data,
            len(data),
            0,
            NOWHERE,
            link.cooked_header(link.PACKET_USER, protocol),
        )
        for number, (protocol, data) in enumerate(answers, 1)
    ]


def subject_of(protocol: int, message: bytes) -> tuple[int, int] | None:
    """What one of `Preamble.answers` is about: protocol, and id of a family or index of a link."""
    if protocol == socket.NETLINK_ROUTE and len(message) >= 24:
        index: int = struct.unpack_from("=I", message, 20)[0]  # ifi_index
        return protocol, index
    if protocol == _NETLINK_GENERIC:
        return next(((protocol, number) for number in _family_ids(message)), None)
    return None


def attributes(data: bytes) -> list[tuple[int, bytes]]:
    """Number and payload of each struct nlattr."""
    out = []
    found = framing.Attributes(data, 0, len(data), BIG_ENDIAN)
    while found.next():
        out.append((int(found.number), data[found.start : found.stop]))
    return out


def _family_ids(message: bytes) -> list[int]:
    """CTRL_ATTR_FAMILY_ID of a CTRL_CMD_NEWFAMILY or GETPOLICY."""
    return [
        struct.unpack("=H", value)[0]
        for kind, value in attributes(message[20:])
        if kind == _CTRL_ATTR_FAMILY_ID and len(value) == 2
    ]
