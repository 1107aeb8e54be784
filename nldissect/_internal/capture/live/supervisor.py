"""The process that keeps what privileges a running capture needs, and never sees its data.

It asks the kernel for what explains the capture (`preamble`) when the recorder sends a byte,
tells it the processes behind ports (`socket_owners`) as JSON, one Socket a packet, and at the
end removes the interface if it was made. It hears only headers (16 bytes of each datagram),
and of those that it has not named yet; the kernel keeps the others away, so that a flood does
not wake it. What the groups that it was to join send, it throws away unread: the capture hears
what the kernel tells a listener, and there is one. It ends when the recorder does, however that
ended: its end of the socket closes.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Collection
from contextlib import suppress

from nldissect._internal.capture.live import bpf, nlmon, privileges
from nldissect._internal.capture.live.group_names import full_name, groups_named, named_groups
from nldissect._internal.capture.live.groups import family_names
from nldissect._internal.capture.live.monitor import join_group, listening_socket
from nldissect._internal.capture.live.preamble import Preamble
from nldissect._internal.capture.live.socket_owners import OwnerLookup
from nldissect._internal.wire.errors import UsageError
from nldissect._internal.wire.record import Socket

_SO_TIMESTAMPNS, _SO_RCVBUFFORCE = 35, 33
_BUFFER = 1 << 21  # some 2,000 headers: as many ports may turn up at once
_ETH_P_ALL = 3
_KNOWN = 200  # as many ports are kept away by the kernel, which compares one after the other
_REMEMBERED = 10_000
_LONGEST_TEXT = 4096


class Supervisor:
    """Made by the recorder, which then forks; `_serve` is all that the new process does.

    `ports` are (netlink protocol, port id) of its own sockets, `recorder` is the end of the
    socket between the two that the recorder keeps.
    """

    def __init__(self, interface: str, made: bool, join: Collection[str] = ()) -> None:
        self.interface = interface
        self.made = made
        self.recorder, self._channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._preamble = Preamble()
        self.ports = self._preamble.ports
        self._headers = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self._headers.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        with suppress(PermissionError):
            self._headers.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        self._known: dict[tuple[int, int], None] = dict.fromkeys(self.ports)
        self._attach()
        self._headers.bind((interface, _ETH_P_ALL))
        self._headers.setblocking(False)
        self._listeners = self._join(join) if join else []

    def start(self, front: int) -> int:
        """Fork the process; returns its id. The caller must have one thread.

        The descriptor `front` is kept open to the end, so that the front end
        waits for that end even when the recorder was killed.
        """
        child = os.fork()
        if child == 0:
            status = 1
            try:
                self.recorder.close()
                status = self._serve(front)
            finally:
                os._exit(status)
        self._channel.close()
        self._headers.close()
        self._preamble.close()
        return child

    def _join(self, names: Collection[str]) -> list[socket.socket]:
        """A socket of each protocol that has joined its groups; raises UsageError."""
        self._preamble.ask()
        answers = self._preamble.answers
        try:
            groups = groups_named(list(names), named_groups(answers), family_names(answers))
        except UsageError as problem:
            raise UsageError(f"--join: {problem}") from None
        made: dict[int, socket.socket] = {}
        for group in groups:
            try:
                if group.protocol not in made:
                    made[group.protocol] = listening_socket(group.protocol)
                join_group(made[group.protocol], group)
            except OSError as problem:
                name, why = full_name(group), problem.strerror
                raise UsageError(f"--join: {name} cannot be joined: {why}") from None
        return list(made.values())

    # -- in the process ----------------------------------------------------------

    def _serve(self, front: int) -> int:
        """The whole life of the process; returns its exit status."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        try:
            self._close_others(front)
            with suppress(OSError):  # to be there before a short-lived program has ended
                os.setpriority(os.PRIO_PROCESS, 0, -20)
            keep = {privileges.CAP_SYS_PTRACE, privileges.CAP_DAC_READ_SEARCH}
            privileges.drop(keep | ({privileges.CAP_NET_ADMIN} if self.made else set()))
            self._loop()
        except ConnectionError:
            pass  # the recorder has ended
        finally:
            if self.made:
                nlmon.remove(self.interface)
        return 0

    def _close_others(self, front: int) -> None:
        """Close what belongs to the recorder: its ring and its pipe end when it does."""
        kept = {front, self._channel.fileno(), self._headers.fileno(), *self._preamble.filenos()}
        kept |= {made.fileno() for made in self._listeners}
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 2 and int(name) not in kept:
                with suppress(OSError):
                    os.close(int(name))

    def _loop(self) -> None:
        """Until the recorder ends: a byte of its asks for the preamble, headers for names."""
        owners = OwnerLookup()
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        poll.register(self._headers, select.POLLIN)
        listeners = {made.fileno(): made for made in self._listeners}
        for descriptor in listeners:
            poll.register(descriptor, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor in listeners:
                    _empty(listeners[descriptor])
                elif descriptor != self._channel.fileno():
                    self._listen(owners)
                elif self._channel.recv(1) == b"":
                    return
                else:
                    self._preamble.ask()

    def _listen(self, owners: OwnerLookup) -> None:
        """Names the processes of the ports that have turned up."""
        fresh = False
        while True:
            try:
                data, extra, _, address = self._headers.recvmsg(16, 64)
            except BlockingIOError:
                break
            except OSError:  # the interface is down or gone, which the recorder sees too
                time.sleep(0.1)
                break
            protocol = address[1]
            (port,) = struct.unpack_from("=I", data, 12)
            if (protocol, port) in self._known:
                continue
            self._known[protocol, port] = None
            fresh = True
            with suppress(FileNotFoundError):  # /proc is not all there
                found = owners.find(protocol, port)
                if found is not None:
                    self._tell(found, _arrival(extra))
        if fresh:
            self._attach()

    def _tell(self, found: Socket, seen: int | None) -> None:
        """Tells the recorder of a socket, first seen at `seen` (nanoseconds since the epoch)."""
        text = json.dumps(
            {
                "time": found.time if seen is None else seen,
                "protocol": found.protocol,
                "port": found.port,
                "pid": found.pid,
                "name": found.name,
                "command": None if found.command is None else found.command[:_LONGEST_TEXT],
                "uid": found.uid,
            }
        )
        self._channel.send(text.encode())

    def _attach(self) -> None:
        """Has the kernel keep away what comes from or goes to ports that are known."""
        while len(self._known) > _REMEMBERED:  # a number may have another owner by then
            self._known.pop(next(iter(self._known)))
        latest = [known for known, _ in zip(reversed(self._known), range(_KNOWN), strict=False)]
        with suppress(OSError):  # too long for net.core.optmem_max: the one before does as well
            bpf.attach(self._headers, bpf.unknown_ports(latest))


def _empty(made: socket.socket) -> None:
    """Throws away what has come to a socket, unread: a full one hears no more."""
    while True:
        try:
            made.recv(1)
        except BlockingIOError:
            return
        except OSError:  # ENOBUFS: it was full, and is not now
            continue


def _arrival(extra: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, value in extra:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(value) >= 16:
            seconds, fraction = struct.unpack_from("@qq", value)
            return int(seconds) * 1_000_000_000 + int(fraction)
    return None
