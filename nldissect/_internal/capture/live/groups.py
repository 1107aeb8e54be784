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
from dataclasses import dataclass
from typing import Final

from nldissect._internal.capture.files import link
from nldissect._internal.capture.files.bytestream import milliseconds
from nldissect._internal.capture.live.preamble import BIG_ENDIAN, Preamble, attributes
from nldissect._internal.capture.live.socket_owners import netlink_sockets
from nldissect._internal.wire.record import DROP_COUNT, Interface, Record, Socket

# linux/netlink.h, asm-generic/socket.h
_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP: Final = 1
_LISTEN_ALL_NSID: Final = 8
_SO_RCVBUFFORCE: Final = 33
_BUFFER: Final = 32 << 20
_LONGEST: Final = 1 << 18

ROUTE: Final = 0
GENERIC: Final = 16
_GENL_ID_CTRL: Final = 16
_NEWFAMILY, _NEWMCAST_GRP = 1, 7

# Groups by protocol: linux/rtnetlink.h, netfilter/nfnetlink.h, xfrm.h, sock_diag.h, audit.h,
# selinux_netlink.h, lib/kobject_uevent.c and systemd's sd-device, rdma_netlink.h
GROUPS: Final[dict[int, dict[str, int]]] = {
    protocol: {name: number for number, name in enumerate(names.split(), 1) if name != "-"}
    for protocol, names in {
        ROUTE: "link notify neigh tc ipv4-ifaddr ipv4-mroute ipv4-route ipv4-rule ipv6-ifaddr "
        "ipv6-mroute ipv6-route ipv6-ifinfo decnet-ifaddr nop2 decnet-route decnet-rule nop4 "
        "ipv6-prefix ipv6-rule nd-useropt phonet-ifaddr phonet-route dcb ipv4-netconf ipv6-netconf "
        "mdb mpls-route nsid mpls-netconf ipv4-mroute-r ipv6-mroute-r nexthop brvlan mctp-ifaddr "
        "tunnel stats ipv4-mcaddr ipv6-mcaddr ipv6-acaddr",
        4: "inet-tcp-destroy inet-udp-destroy inet6-tcp-destroy inet6-udp-destroy",
        6: "acquire expire sa policy aevents report migrate mapping",
        7: "avc",
        9: "readlog",
        12: "conntrack-new conntrack-update conntrack-destroy conntrack-exp-new "
        "conntrack-exp-update conntrack-exp-destroy nftables acct-quota nftrace",
        15: "kernel udev",
        20: "- iwpm ls",
    }.items()
}
PREFIXES: Final = {
    ROUTE: "RTNLGRP_", 4: "SKNLGRP_", 6: "XFRMNLGRP_", 7: "SELNLGRP_", 9: "AUDIT_NLGRP_",
    12: "NFNLGRP_", 20: "RDMA_NL_GROUP_",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MulticastGroup:
    """A multicast group: netlink protocol, number from 1, name; `family` for generic netlink."""

    protocol: int
    number: int
    name: str
    family: str = ""

    @property
    def constant(self) -> str:
        """The C constant, empty where there is none."""
        prefix = PREFIXES.get(self.protocol)
        if prefix is None or self.name.isdecimal():
            return ""
        return prefix + self.name.upper().replace("-", "_").replace("DECNET", "DECnet")


class Monitor:
    """The records of groups that were joined; `refused` are the others, with the error number.

    `preamble` has been asked, and its answers are the first records: `told`. Iterating waits
    for what comes, until `stop` (which a signal handler may call); BrokenPipeError is raised
    when the reader of a pipe in `watch` (descriptors) is gone. What families announce later is
    joined too if `follows`. With `all_nsid` what other network namespaces say that have an id
    here is heard as well, each of them an interface of its own.
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
        self.told = [self._record(*answer, place, now) for answer in preamble.answers]
        for group in groups:
            self.join(group)

    def join(self, group: MulticastGroup) -> None:
        """Join a group; one that may not be joined is put into `refused`."""
        try:
            made = self._sockets.get(group.protocol)
            if made is None:
                made = self._open(group.protocol)
            made.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group.number)
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
        made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        made.bind((0, 0))
        made.setblocking(False)
        try:
            made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        except OSError:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
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
        yield from self.told
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
            if sender[0] and protocol != 15:  # another program's, not the kernel's
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
    for level, kind, value in extra:
        if level == _SOL_NETLINK and kind == _LISTEN_ALL_NSID and len(value) >= 4:
            number: int = struct.unpack_from("=i", value)[0]
            return number
    return -1


def family_groups(answers: Sequence[tuple[int, bytes]]) -> list[MulticastGroup]:
    """The multicast groups of all generic families, from `Preamble.answers`."""
    out: list[MulticastGroup] = []
    for protocol, message in answers:
        if protocol == GENERIC:
            out += announced_groups(message)
    return out


def family_names(answers: Sequence[tuple[int, bytes]]) -> list[str]:
    """The names of all generic families, from `Preamble.answers`."""
    found = (_family(message)[0] for protocol, message in answers if protocol == GENERIC)
    return sorted({name for name in found if name})


def announced_groups(message: bytes) -> list[MulticastGroup]:
    """The groups that nlctrl tells of in CTRL_CMD_NEWFAMILY and NEWMCAST_GRP."""
    name, groups = _family(message)
    return [MulticastGroup(GENERIC, number, text, name) for number, text in groups]


def _family(message: bytes) -> tuple[str, list[tuple[int, str]]]:
    """A family's name and groups (linux/genetlink.h)."""
    name = ""
    groups: list[tuple[int, str]] = []
    control = len(message) >= 20 and message[4:6] == struct.pack("=H", _GENL_ID_CTRL)
    if not control or message[16] not in (_NEWFAMILY, _NEWMCAST_GRP):
        return name, groups
    for kind, value in attributes(message[20:]):
        if kind == 2:
            name = _text(value)
        elif kind == 7:
            for _, inner in attributes(value):
                found = dict(attributes(inner))
                if 1 in found and len(found.get(2, b"")) == 4:
                    groups.append((struct.unpack("=I", found[2])[0], _text(found[1])))
    return name, groups


def _text(value: bytes) -> str:
    return value.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def may_join(group: MulticastGroup) -> int:
    """0 when this process may join the group, else the error number."""
    try:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        with socket.socket(socket.AF_NETLINK, kind, group.protocol) as made:
            made.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group.number)
    except OSError as problem:
        return problem.errno or errno.EIO
    return 0
