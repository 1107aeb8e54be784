"""Notifications as any program gets them: by joining multicast groups.

Neither nlmon nor privileges are needed, but the kernel lets only the privileged join
some groups. One socket for each protocol hears its groups. What explains the messages
(generic families, policies, links) is asked for first and comes as the first records.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from nldissect._internal.capture.files import link
from nldissect._internal.capture.files.bytestream import milliseconds
from nldissect._internal.capture.live.groups import GENERIC, MulticastGroup, announced_groups
from nldissect._internal.capture.live.preamble import BIG_ENDIAN, Preamble
from nldissect._internal.capture.live.socket_owners import netlink_sockets
from nldissect._internal.wire.record import DROP_COUNT, Interface, Record, Socket

# linux/netlink.h, asm-generic/socket.h
_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP: Final = 1
_LISTEN_ALL_NSID: Final = 8
_SO_RCVBUFFORCE: Final = 33
_BUFFER: Final = 32 << 20  # bytes
_LONGEST: Final = 1 << 18  # bytes of a datagram
_KOBJECT_UEVENT: Final = 15


class Monitor:
    """The records of groups that were joined; `refused` are the others, with the error number.

    `preamble` has been asked, and its answers are the first records, `preamble_records`.
    Iterating waits for what comes, until `stop` (which a signal handler may call);
    BrokenPipeError is raised when the reader of a pipe in `watch` (descriptors) is gone.
    What families announce later is joined too if `follows`. With `all_nsid` other network
    namespaces that have an id here are heard as well, each of them an interface of its own.
    """

    rewindable = False

    def __init__(
        self,
        groups: Sequence[MulticastGroup],
        preamble: Preamble,
        *,
        follows: bool = False,
        all_nsid: bool = False,
        watch: Sequence[int] = (),
    ) -> None:
        self.joined: list[MulticastGroup] = []
        self.refused: list[tuple[MulticastGroup, int]] = []
        self.interfaces: list[Interface] = []
        self.on_wait: Callable[[], float | None] | None = None
        self._follows = follows
        self._all = all_nsid
        self._watch = list(watch)
        self._sockets: dict[int, socket.socket] = {}
        self._drops: dict[int, int] = {}
        self._by_nsid: dict[int, Interface] = {}
        self._number = 0
        self._running: Iterator[Record] | None = None
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        place = self._interface(-1)
        now = time.time_ns()
        for protocol, port in preamble.ports:
            place.sockets.append(Socket(now, protocol, port, os.getpid(), "nldissect", own=True))
        self.preamble_records = [self._record(*answer, place, now) for answer in preamble.answers]
        for group in groups:
            self.join(group)

    def join(self, group: MulticastGroup) -> None:
        """Join a group; one that may not be joined is put into `refused`."""
        try:
            made = self._sockets.get(group.protocol)
            if made is None:
                made = self._open(group.protocol)
            join_group(made, group)
        except OSError as problem:
            self.refused.append((group, problem.errno or 0))
        else:
            self.joined.append(group)

    def stop(self) -> None:
        """Let the iteration end; what has arrived is still given out."""
        with suppress(BlockingIOError):
            os.write(self._waker, b"x")

    def close(self) -> None:
        """Leave all groups."""
        for made in self._sockets.values():
            made.close()
        self._sockets.clear()
        for descriptor in (self._wake, self._waker):
            with suppress(OSError):
                os.close(descriptor)

    def __iter__(self) -> Iterator[Record]:
        if self._running is None:
            self._running = self._records()
        return self._running

    # -- sockets -----------------------------------------------------------------

    def _open(self, protocol: int) -> socket.socket:
        made = listening_socket(protocol)
        if self._all:
            made.setsockopt(_SOL_NETLINK, _LISTEN_ALL_NSID, 1)
        self._sockets[protocol] = made
        return made

    def _interface(self, nsid: int) -> Interface:
        """The interface of records of a network namespace; -1 is this one."""
        found = self._by_nsid.get(nsid)
        if found is None:
            found = Interface(link.NETLINK, BIG_ENDIAN, 0, len(self._by_nsid))
            found.name = "monitor" if nsid < 0 else f"monitor nsid {nsid}"
            self._by_nsid[nsid] = found
            self.interfaces.append(found)
        return found

    # -- records -------------------------------------------------------------------

    def _records(self) -> Iterator[Record]:
        """The preamble's, then what comes until `stop`, then what has arrived by then."""
        yield from self.preamble_records
        poll = select.poll()
        by_descriptor = {}
        for protocol, made in self._sockets.items():
            poll.register(made, select.POLLIN)
            by_descriptor[made.fileno()] = protocol, made
        poll.register(self._wake, select.POLLIN)
        for descriptor in self._watch:
            poll.register(descriptor, 0)
        stopping = False
        while not stopping:
            seconds = None if self.on_wait is None else self.on_wait()
            for descriptor, event in poll.poll(milliseconds(seconds)):
                if descriptor == self._wake:
                    stopping = True
                elif descriptor in self._watch:
                    if event & (select.POLLERR | select.POLLHUP):
                        raise BrokenPipeError
                else:
                    yield from self._receive(*by_descriptor[descriptor])
        for protocol, made in by_descriptor.values():
            yield from self._receive(protocol, made)

    def _receive(self, protocol: int, made: socket.socket) -> Iterator[Record]:
        """All that has arrived at a socket."""
        lost = 0
        while True:
            try:
                data, extra, flags, sender = made.recvmsg(_LONGEST, 64)
            except BlockingIOError:
                return
            except OSError as problem:
                if problem.errno != errno.ENOBUFS:
                    raise
                lost += self._dropped(protocol, made.getsockname()[0])
                continue
            if sender[0] and protocol != _KOBJECT_UEVENT:  # another program's, not the kernel's
                continue
            record = self._record(protocol, data, self._interface(_nsid(extra)), time.time_ns())
            if flags & socket.MSG_TRUNC:
                record.original_length = len(data) + 1  # or more
            if lost:
                record.options = [(DROP_COUNT, lost.to_bytes(8, sys.byteorder))]
                lost = 0
            yield record
            if self._follows and protocol == GENERIC:
                known = {group.number for group in self.joined if group.protocol == GENERIC}
                for group in announced_groups(data):
                    if group.number not in known:
                        self.join(group)

    def _record(self, protocol: int, data: bytes, place: Interface, now: int) -> Record:
        self._number += 1
        cooked = link.cooked_header(link.PACKET_USER, protocol)
        return Record(self._number, now, protocol, data, len(data), 0, place, cooked)

    def _dropped(self, protocol: int, port: int) -> int:
        """How many datagrams the socket has lost since the last time; at least one."""
        total = 0
        with suppress(OSError, ValueError, IndexError):
            for known in netlink_sockets():
                if (known.protocol, known.port) == (protocol, port):
                    total = known.drops
        lost = max(total - self._drops.get(protocol, 0), 1)
        self._drops[protocol] = total
        return lost


def _nsid(extra: list[tuple[int, int, bytes]]) -> int:
    """The id of the network namespace that a datagram comes from, -1 for this one."""
    for level, kind, value in extra:
        if level == _SOL_NETLINK and kind == _LISTEN_ALL_NSID and len(value) >= 4:
            number: int = struct.unpack_from("=i", value)[0]
            return number
    return -1


def listening_socket(protocol: int) -> socket.socket:
    """A socket of this netlink protocol that holds much and never blocks. Raises OSError."""
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    made.bind((0, 0))
    made.setblocking(False)
    try:
        made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    except OSError:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    return made


def join_group(made: socket.socket, group: MulticastGroup) -> None:
    """Have a socket hear a group. Raises OSError."""
    made.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group.number)


def may_join(group: MulticastGroup) -> int:
    """0 when this process may join the group, else the error number."""
    try:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        with socket.socket(socket.AF_NETLINK, kind, group.protocol) as made:
            made.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group.number)
    except OSError as problem:
        return problem.errno or errno.EIO
    return 0
