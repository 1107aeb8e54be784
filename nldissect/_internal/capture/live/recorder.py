"""The process that captures, and does nothing else: from the kernel's ring to a file or pipe.

Started by `live`, which it speaks with over descriptor CONTROL (JSON, one object
a packet): it is given the options, and tells what it listens on, each file begun
(with a descriptor to read it by), how far it has come, and why it ended. It ends
when told to, when a limit is reached, and when nobody is at the other end any
more. Its privileges are gone before the first packet is looked at.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections import deque
from contextlib import suppress
from typing import Any

from nldissect._internal.capture.files.link import NETLINK
from nldissect._internal.capture.files.write import PcapngWriter
from nldissect._internal.capture.live import bpf, nlmon, privileges
from nldissect._internal.capture.live.file_limits import CaptureFile, Limits, RingFiles
from nldissect._internal.capture.live.ring import (
    DATAGRAM_AT,
    PROTOCOL_AT,
    PacketRing,
    packet_socket,
)
from nldissect._internal.capture.live.supervisor import Supervisor
from nldissect._internal.wire.errors import NldissectError, UsageError
from nldissect._internal.wire.record import Interface, Socket
from nldissect._internal.wire.version import VERSION

COOKED = 16  # the cooked header, which counts in a snapshot length as with every capture program
_COMMENT, _HARDWARE, _OS, _APPLICATION = 1, 2, 3, 4  # options of a Section Header Block
_PIPE_SIZE = 1 << 20
_SOCKETS = 1000
_UNSAID = 500
_ENDING = 5  # seconds; it takes some milliseconds


def main(control: int, pipe: int) -> int:
    """Runs the process; `pipe` is where packets go that no file gets, or -1."""
    speaking = socket.socket(fileno=control)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        with suppress(BrokenPipeError, ConnectionError):
            Recorder(json.loads(speaking.recv(1 << 16)), speaking, pipe).run()
    except NldissectError as problem:
        speaking.send(_json({"error": str(problem)}))
    except OSError as problem:
        speaking.send(_json({"error": f"capturing failed: {problem.strerror}"}))
    return 0


class Recorder:
    """One run."""

    def __init__(self, options: dict[str, Any], control: socket.socket, pipe: int) -> None:
        self.control = control
        if options["netns"] is not None:
            privileges.enter_namespace(options["netns"])
        wanted = options["filter"]
        if wanted["kinds"] is not None:
            wanted["kinds"] = [bpf.MessageType(*kind) for kind in wanted["kinds"]]
        self.filter = bpf.BpfFilter(**wanted)
        self.snaplen: int = options["snaplen"]
        self.preamble: bool = options["preamble"]
        self.stop = Limits(**options["stop"])
        self.messages: int | None = options["messages"]
        self.path: str | None = options["write"]
        self.switch = None if options["ring"] is None else Limits(**options["ring"])
        self.reason = ""
        self.named = True
        self.unsaid: deque[tuple[bytes, int]] = deque()
        self.packets = self.in_file = 0  # others' packets: all, and those in the file at hand
        limits = [self.stop] if self.switch is None else [self.stop, self.switch]
        self.counts = self.messages is not None or any(
            limit.packets or limit.filesize for limit in limits
        )
        self.before = (0, 0)  # received and dropped when the file began

        interface, made = nlmon.choose(options["interface"])
        try:
            self.supervisor = Supervisor(interface, made)
        except BaseException as problem:
            if made:
                nlmon.remove(interface)
            if isinstance(problem, PermissionError):
                raise nlmon.needs_raw(interface) from None
            raise
        self.own = dict.fromkeys(self.supervisor.ports)
        self.child = self.supervisor.start(control.fileno())
        try:
            ports = [port for _, port in self.own]
            source = packet_socket(max(self.snaplen - COOKED, 1), self.filter, ports)
            self.ring = PacketRing(source, interface, options["buffer"])
            keep = set()
            if self.path is not None:
                folder = os.path.dirname(os.path.abspath(self.path))
                keep = privileges.needed_for([folder], os.W_OK | os.X_OK)
            privileges.drop(keep)
            self._open(interface, made, pipe, options["buffer"])
        except BaseException:
            self._dismiss()
            raise

    def _open(self, name: str, made: bool, pipe: int, limit: int) -> None:
        described = Interface(NETLINK, sys.byteorder == "big", snaplen=self.snaplen)
        described.name = name
        described.description = "netlink messages of this network namespace"
        described.filter = self.filter.text
        described.os = _system()
        described.section_options = _host()
        now = time.time_ns()
        described.sockets = [
            Socket(now, protocol, port, self.child, "nldissect", None, None, True)
            for protocol, port in self.own
        ]
        self.interface = described
        self.blocks = io.BytesIO()
        self.writer = PcapngWriter(self.blocks)
        self.files = (
            None
            if self.switch is None or self.path is None
            else RingFiles(self.path, self.switch.files)
        )
        self.file: CaptureFile | None = None
        self.pipe = OutputPipe(pipe, limit) if pipe >= 0 else None
        if self.path is not None:
            self._next_file()
        if self.pipe is not None:
            self.pipe.add(self._header())
        self.unsaid.append((_json({"ready": name, "made": made}), -1))
        self._tell()
        self._preamble()

    def _preamble(self) -> None:
        """Lets the supervisor ask the kernel for what explains a file."""
        if self.preamble:
            with suppress(BrokenPipeError):
                self.supervisor.recorder.send(b"p")

    # -- the loop ------------------------------------------------------------------

    def run(self) -> None:
        """Captures until the end."""
        signal.signal(signal.SIGTERM, self._terminated)
        self.began = time.monotonic()
        try:
            self._loop()
            self._finish()
        finally:
            self._dismiss()
        self.unsaid.append((_json({"end": self.reason, **self._counted()}), -1))
        self._tell(wait=True)

    def _terminated(self, *_: object) -> None:
        self.reason = self.reason or "terminated"

    def _loop(self) -> None:
        poll = select.poll()
        poll.register(self.ring, select.POLLIN)
        poll.register(self.control, select.POLLIN)
        poll.register(self.supervisor.recorder, select.POLLIN)
        pipe, ring = self.pipe, self.ring
        while not self.reason:
            if pipe is not None:
                # A full queue leaves packets in the ring, where the kernel counts what is lost.
                poll.modify(self.ring, 0 if pipe.full() else select.POLLIN)
                poll.register(pipe, select.POLLOUT if pipe.waiting else 0)
            poll.modify(self.control, select.POLLIN | (select.POLLOUT if self.unsaid else 0))
            for descriptor, event in poll.poll(self._patience()):
                if descriptor == ring.fileno():
                    if event & ~select.POLLIN:
                        self._lost_interface()
                elif descriptor == self.control.fileno():
                    if event & ~select.POLLOUT:
                        self.reason = "stopped"
                    self._tell()
                elif descriptor == self.supervisor.recorder.fileno():
                    self._named()
                    if not self.named:
                        poll.unregister(descriptor)
                elif event & select.POLLERR:
                    self.reason = "left"
            while (pipe is None or not pipe.full()) and (found := ring.take()):
                self._add(found)
                if self.reason:
                    break
            if pipe is not None:
                pipe.push()
            self._look_at_clock()

    def _finish(self) -> None:
        """Takes what is still in the ring, and completes the file."""
        limited = self.reason == "limit"
        with suppress(OSError):
            bpf.attach(self.ring.socket, bpf.REJECT_ALL)
            self.ring.count_dropped()
            end = time.monotonic() + _ENDING
            while not limited and self.reason != "limit" and time.monotonic() < end:
                while (found := self.ring.take()) and self.reason != "limit":
                    self._add(found)
                if self.ring.received >= self.ring.placed:
                    break
                time.sleep(0.002)  # the kernel hands over its last block in a moment
        self._named()
        last = self._statistics()
        if self.file is not None:
            self.file.write(last)
            self.file.close()
        if self.pipe is not None:
            self.pipe.add(last)
            self.pipe.finish()

    def _add(self, found: list[bytes]) -> None:
        """Writes packets as far as the limits go, as many at once as they allow."""
        if not self.counts:
            self._write(b"".join(found))
            return
        done = size = 0  # packets of `found` that are written; bytes of those that wait
        for place, packet in enumerate(found, 1):
            size += len(packet)
            if self._is_own(packet):
                continue
            self.packets += 1
            self.in_file += 1
            if self.messages is not None:
                self.messages -= _messages(packet)
            file_size = size + (0 if self.file is None else self.file.size)
            ends = self._reached(self.stop, self.packets, file_size) or (
                self.messages is not None and self.messages <= 0
            )
            full = self.switch is not None and self._reached(self.switch, self.in_file, file_size)
            if not ends and not full:
                continue
            self._write(b"".join(found[done:place]))
            done, size = place, 0
            if ends:
                self.reason = "limit"
            else:
                self._next_file()
            if self.reason:
                return
        self._write(b"".join(found[done:]))

    @staticmethod
    def _reached(limits: Limits, packets: int, size: int) -> bool:
        return (limits.packets is not None and packets >= limits.packets) or (
            limits.filesize is not None and size >= limits.filesize
        )

    def _write(self, data: bytes) -> None:
        if self.file is not None:
            try:
                self.file.write(data)
            except OSError as problem:
                raise self._unwritable(self.file.path, problem) from None
        if self.pipe is not None:
            self.pipe.add(data)
        if not self.unsaid:
            with suppress(BlockingIOError):  # it has news to read already
                self.control.send(_json(self._counted()), socket.MSG_DONTWAIT)

    def _counted(self) -> dict[str, Any]:
        return {"packets": self.ring.received, "dropped": self.ring.dropped}

    def _tell(self, wait: bool = False) -> None:
        """Sends what must not be missed; unless told to wait, as far as there is room.

        A front end that is stopped must not stop the capture.
        """
        while self.unsaid:
            data, descriptor = self.unsaid[0]
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", descriptor))
            try:  # not socket.send_fds, which leaves its flags out
                self.control.sendmsg(
                    [data], [] if descriptor < 0 else [rights], 0 if wait else socket.MSG_DONTWAIT
                )
            except BlockingIOError:
                return
            self.unsaid.popleft()
            if descriptor >= 0:
                os.close(descriptor)

    def _patience(self) -> float:
        """Milliseconds until the clock matters, at most one second."""
        return 1000 if self.stop.duration is None and self.switch is None else 50

    def _look_at_clock(self) -> None:
        now = time.monotonic()
        if self.stop.duration is not None and now - self.began >= self.stop.duration:
            self.reason = self.reason or "time"
        switch, file = self.switch, self.file
        if switch is None or file is None or self.reason:
            return
        old = switch.duration is not None and now - file.began >= switch.duration
        if old or (switch.interval is not None and time.time() >= self._boundary):
            self._next_file()

    def _lost_interface(self) -> None:
        number = self.ring.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self.reason = f"{self.interface.name}: {os.strerror(number)}"

    def _named(self) -> None:
        """Takes what the supervisor found out."""
        while True:
            try:
                data = self.supervisor.recorder.recv(1 << 16, socket.MSG_DONTWAIT)
            except OSError:
                return
            if not data:  # it has ended: the capture goes on without
                self.named = False
                return
            found = Socket(**json.loads(data))
            self.interface.sockets.append(found)
            if len(self.interface.sockets) > _SOCKETS:  # what the next file begins with
                del self.interface.sockets[len(self.own)]
            self.writer.socket(self.interface, found)
            self._write(self._written())

    def _is_own(self, packet: bytes) -> bool:
        if len(packet) < DATAGRAM_AT + 20:
            return False
        protocol = packet[PROTOCOL_AT] << 8 | packet[PROTOCOL_AT + 1]
        (port,) = struct.unpack_from("=I", packet, DATAGRAM_AT + 12)
        return (protocol, port) in self.own

    # -- files -----------------------------------------------------------------------

    def _next_file(self) -> None:
        path = self.path
        assert path is not None
        again = self.file is not None
        self._close_file()
        if again and self.files is not None and self.files.count == self.stop.files:
            self.reason = "limit"
            return
        try:
            self.file = CaptureFile(path) if self.files is None else self.files.next()
            reader = self.file.reader()
        except OSError as problem:
            raise self._unwritable(path, problem) from None
        if self.switch is not None and self.switch.interval is not None:
            self._boundary = (time.time() // self.switch.interval + 1) * self.switch.interval
        self.file.write(self._header())
        self.in_file = 0
        self.unsaid.append((_json({"file": self.file.path}), reader))
        if len(self.unsaid) > _UNSAID:  # the front end stands still: it goes without that file
            os.close(self.unsaid.popleft()[1])
        self._tell()
        if again:
            self._preamble()

    def _close_file(self) -> None:
        if self.file is not None:
            self.file.write(self._statistics())
            self.file.close()
            self.file = None

    def _unwritable(self, path: str, problem: OSError) -> UsageError:
        user = f" by user {os.geteuid()}, who called sudo" if "SUDO_UID" in os.environ else ""
        return UsageError(f"-w: {path} cannot be written{user}: {problem.strerror}")

    def _header(self) -> bytes:
        """What a file begins with: host, interface, and the sockets known so far."""
        self.writer = PcapngWriter(self.blocks)
        for known in self.interface.sockets:
            self.writer.socket(self.interface, known)
        return self._written()

    def _statistics(self) -> bytes:
        """What ends a file: how much was received and lost while it was written."""
        received, dropped = self.before
        self.before = self.ring.received, self.ring.dropped
        self.writer.statistics(
            self.interface,
            time.time_ns(),
            self.ring.received - received,
            self.ring.dropped - dropped,
        )
        return self._written()

    def _written(self) -> bytes:
        data = self.blocks.getvalue()
        self.blocks.seek(0)
        self.blocks.truncate()
        return data

    def _dismiss(self) -> None:
        """Ends the supervisor, which removes the interface, and waits for it."""
        self.supervisor.recorder.close()
        with suppress(ChildProcessError):
            os.waitpid(self.child, 0)


class OutputPipe:
    """A pipe to the front end with a queue of at most `limit` bytes before it."""

    def __init__(self, descriptor: int, limit: int) -> None:
        self._descriptor = descriptor
        self._limit = limit
        self._size = 0
        self.waiting: deque[bytes] = deque()
        os.set_blocking(descriptor, False)
        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def full(self) -> bool:
        """Whether no more should be added."""
        return self._size >= self._limit

    def add(self, data: bytes) -> None:
        """Put it behind what is waiting."""
        self.waiting.append(data)
        self._size += len(data)

    def push(self) -> None:
        """Write what the reader has room for; raises BrokenPipeError when it is gone."""
        while self.waiting:
            data = self.waiting[0]
            try:
                done = os.write(self._descriptor, data)
            except BlockingIOError:
                return
            self._size -= done
            if done < len(data):
                self.waiting[0] = data[done:]
                return
            self.waiting.popleft()

    def finish(self) -> None:
        """Write the rest, for as long as there is a reader, and close."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        with suppress(BrokenPipeError):
            while self.waiting:
                poll.poll()
                self.push()
        os.close(self._descriptor)


def _json(what: dict[str, Any]) -> bytes:
    return json.dumps(what).encode()


def _messages(packet: bytes) -> int:
    """How many netlink messages a packet holds, at least 1."""
    size = struct.unpack_from("=I", packet, 20)[0] - COOKED
    place = count = 0
    while place + 16 <= size:
        (length,) = struct.unpack_from("=I", packet, DATAGRAM_AT + place)
        if length < 16:
            break
        count += 1
        place += (length + 3) & ~3
    return count or 1


def _system() -> str:
    host = os.uname()
    return f"{host.sysname} {host.release} {host.version}"


def _host() -> list[tuple[int, bytes]]:
    """What a section says of where it was recorded."""
    model = os.uname().machine
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                model = f"{value.strip()} ({model})"
                break
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    texts = (
        (_HARDWARE, model),
        (_OS, _system()),
        (_APPLICATION, f"nldissect {VERSION}"),
        (_COMMENT, f"host {os.uname().nodename}, started {started}"),
    )
    return [(code, text.encode()) for code, text in texts]
