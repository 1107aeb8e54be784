"""The process that captures, and does nothing else: from the kernel's ring to a file or pipe.

Started by `live_capture`, which it speaks with over a socket (ControlChannel). In order:
1. It enters the network namespace, finds or makes the nlmon interface, forks the supervisor,
   opens the ring, and drops its privileges before the first packet is looked at.
2. It tells {"file": path} with a descriptor for each file begun, {"ready": interface, "made":
   bool}, {"packets": n, "dropped": n} as it goes on, and {"warning": text}.
3. It runs until `reason` is set: "stopped" (told to by the end of what the front end sends),
   "limit" and "time" (LiveOptions.stop), "left" (nobody reads the pipe), "terminated"
   (SIGTERM), or what happened to the interface.
4. It takes what is left in the ring (not after a limit), completes the file, lets the
   supervisor end, and tells {"end": reason}. {"error": text} stands for all that when it
   cannot begin or go on.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import time
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final

from nldissect._internal.capture.live import bpf, nlmon, privileges
from nldissect._internal.capture.live.file_limits import Limits
from nldissect._internal.capture.live.live_options import LiveOptions
from nldissect._internal.capture.live.pcapng_output import OutputPipe, PcapngOutput, described
from nldissect._internal.capture.live.ring import DATAGRAM_AT, PROTOCOL_AT, open_ring, packet_socket
from nldissect._internal.capture.live.supervisor import Supervisor
from nldissect._internal.wire.errors import NldissectError
from nldissect._internal.wire.record import Socket

COOKED: Final = 16  # the cooked header, which counts in a snaplen as with every capture program
_MOST_WAITING: Final = 500  # reports for a front end that stands still
_ENDING: Final = 5  # seconds; it takes some milliseconds
_PAUSE: Final = 0.004  # seconds for more to come, and for the supervisor to name new ports


def main(control: int, pipe: int) -> int:
    """Runs the process; `pipe` is where packets go that no file gets, or -1."""
    channel = ControlChannel(socket.socket(fileno=control))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        with suppress(BrokenPipeError, ConnectionError):
            told = channel.socket.recv(1 << 16)
            if told:  # else the front end has ended before it said what to do
                Recorder(LiveOptions.from_json(told), channel, pipe).run()
    except NldissectError as problem:
        channel.tell(error=str(problem))
        channel.send(wait=True)
    except OSError as problem:
        channel.tell(error=f"capturing failed: {problem.strerror}")
        channel.send(wait=True)
    return 0


class Recorder:
    """One run: the loop over ring, supervisor, front end and pipe."""

    def __init__(self, options: LiveOptions, channel: ControlChannel, pipe: int) -> None:
        if options.netns is not None:
            privileges.enter_namespace(options.netns)
        self._options = options
        self._channel = channel
        self._reason = ""
        self._began = 0.0  # seconds of the monotonic clock
        interface, self._claim = nlmon.choose(options.interface)
        made = self._claim is not None
        self._made = made
        self._supervisor = _supervisor(interface, made, options.join)
        own = self._supervisor.ports
        self._child = self._supervisor.start(channel.fileno())
        try:
            ports = [port for _, port in own]
            snaplen = max(options.snaplen - COOKED, 1)
            source = packet_socket(snaplen, options.filter, ports)
            self._ring = open_ring(source, interface, options.buffer, snaplen, options.delay)
            keep = set()
            if options.write is not None:
                folder = os.path.dirname(os.path.abspath(options.write))
                keep = privileges.capabilities_for([folder], os.W_OK | os.X_OK)
            privileges.drop(keep)
            self._limits = LimitCounter(options, own)
            now = time.time_ns()
            sockets = [Socket(now, *port, self._child, "nldissect", own=True) for port in own]
            self._pipe = OutputPipe(pipe, options.buffer) if pipe >= 0 else None
            self._output = PcapngOutput(described(interface, options, sockets), options, self._pipe)
            if options.write is not None:
                self._next_file()
            if self._pipe is not None:
                self._pipe.add(self._output.header())
            self._channel.tell(ready=interface, made=made)
            self._ask_preamble()
        except BaseException:
            self._end_supervisor()
            raise

    def run(self) -> None:
        """Captures until the end."""
        signal.signal(signal.SIGTERM, self._terminate)
        self._began = time.monotonic()
        try:
            self._loop()
            self._finish()
        finally:
            self._end_supervisor()
        self._channel.tell(end=self._reason, **self._counts())
        self._channel.send(wait=True)

    # -- the loop ------------------------------------------------------------------

    def _loop(self) -> None:
        """Until `_reason` is set: events, then what is in the ring, then what the pipe takes."""
        poll = select.poll()
        poll.register(self._ring, select.POLLIN)
        poll.register(self._channel, select.POLLIN)
        poll.register(self._supervisor.recorder, select.POLLIN)
        pipe = self._pipe
        timed = self._options.stop.duration is not None or self._options.ring is not None
        while not self._reason:
            if pipe is not None:
                # A full queue leaves packets in the ring, where the kernel counts what is lost.
                poll.modify(self._ring, 0 if pipe.full() else select.POLLIN)
                poll.register(pipe, select.POLLOUT if pipe.waiting else 0)
            waiting = select.POLLOUT if self._channel.waiting else 0
            poll.modify(self._channel, select.POLLIN | waiting)
            events = poll.poll(50 if timed else 1000)
            if (self._ring.fileno(), select.POLLIN) in events:
                time.sleep(_PAUSE)
                events = poll.poll(0)
            for descriptor, event in events:
                self._take_event(poll, descriptor, event)
            while (pipe is None or not pipe.full()) and (found := self._ring.take()):
                if not self._add(found):
                    break
            if pipe is not None:
                pipe.push()
            self._end_with_interface(self._ring.error)
            self._check_clock()

    def _take_event(self, poll: select.poll, descriptor: int, event: int) -> None:
        """What happened to a descriptor; packets are taken from the ring in any case."""
        if descriptor == self._ring.fileno():
            number = 0
            if event & ~select.POLLIN:
                number = self._ring.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self._end_with_interface(number)
        elif descriptor == self._channel.fileno():
            if event & ~select.POLLOUT:
                self._reason = "stopped"
            self._channel.send()
        elif descriptor == self._supervisor.recorder.fileno():
            if not self._take_owners():
                poll.unregister(descriptor)
                self._channel.tell(warning=self._without_supervisor())
        elif event & select.POLLERR:
            self._reason = "left"

    def _end_with_interface(self, number: int) -> None:
        """Ends the capture for what happened to the interface, an error number."""
        if number:
            self._reason = self._reason or f"{self._output.interface.name}: {os.strerror(number)}"

    def _check_clock(self) -> None:
        """Ends the capture or begins the next file when the time has come."""
        now, stop, file = time.monotonic(), self._options.stop, self._output.file
        if stop.duration is not None and now - self._began >= stop.duration:
            self._reason = self._reason or "time"
        if file is not None and not self._reason and self._output.file_is_old(now):
            self._next_file()

    def _terminate(self, *_: object) -> None:
        self._reason = self._reason or "terminated"

    def _finish(self) -> None:
        """Takes what is still in the ring, and completes the file."""
        limited = self._reason == "limit"
        with suppress(OSError):
            bpf.attach(self._ring.socket, bpf.REJECT_ALL)
            self._ring.count_dropped()
            end = time.monotonic() + _ENDING
            while not limited and time.monotonic() < end:
                while not limited and (found := self._ring.take()):
                    limited = not self._add(found)
                if self._ring.received >= self._ring.placed:
                    break
                time.sleep(0.002)  # another processor is about to fill in its frame
        self._take_owners()
        self._output.finish(self._ring.received, self._ring.dropped)

    # -- packets and files -----------------------------------------------------------

    def _add(self, found: list[bytes]) -> bool:
        """Writes packets as far as the limits go, as many at once as they allow.

        False when a limit has ended the capture.
        """
        if not self._limits.needed:
            self._write(b"".join(found))
            return True
        done = size = 0  # packets of `found` that are written; bytes of those that wait
        for place, packet in enumerate(found, 1):
            size += len(packet)
            file = self._output.file
            reached = self._limits.count(packet, size + (0 if file is None else file.size))
            if not reached:
                continue
            self._write(b"".join(found[done:place]))
            done, size = place, 0
            if reached == LimitCounter.END:
                self._reason = "limit"
            else:
                self._next_file()
            if self._reason == "limit":
                return False
        self._write(b"".join(found[done:]))
        return True

    def _write(self, data: bytes) -> None:
        self._output.write(data)
        self._channel.report(**self._counts())

    def _counts(self) -> dict[str, int]:
        return {"packets": self._ring.received, "dropped": self._ring.dropped}

    def _next_file(self) -> None:
        """Completes the file, if there is one, and begins another unless those are enough."""
        first = self._output.file is None
        if not first:
            self._output.close_file(self._ring.received, self._ring.dropped)
            if self._output.files == self._options.stop.files:
                self._reason = "limit"
                return
        path, reader = self._output.next_file()
        self._limits.new_file()
        self._channel.tell(reader, file=path)
        if not first:
            self._ask_preamble()

    # -- the supervisor --------------------------------------------------------------

    def _ask_preamble(self) -> None:
        """Lets the supervisor ask the kernel for what explains a file."""
        if self._options.preamble:
            with suppress(BrokenPipeError):
                self._supervisor.recorder.send(b"p")

    def _take_owners(self) -> bool:
        """Writes whose sockets the supervisor found; False when it has ended."""
        while True:
            try:
                data = self._supervisor.recorder.recv(1 << 16, socket.MSG_DONTWAIT)
            except OSError:
                return True
            if not data:  # the capture goes on without
                return False
            self._write(self._output.socket(Socket(**json.loads(data))))

    def _without_supervisor(self) -> str:
        """What it means that the supervisor has ended before its time."""
        left = ""
        if self._made:
            name = self._output.interface.name
            left = f", and {name} stays until the next capture, or `ip link del {name}`"
        return f"the supervisor has ended: processes are no longer named{left}"

    def _end_supervisor(self) -> None:
        """Ends the supervisor, which removes the interface, and waits for it."""
        self._supervisor.recorder.close()
        with suppress(ChildProcessError):
            os.waitpid(self._child, 0)


class ControlChannel:
    """What is told the front end: JSON, one object a packet, perhaps with a descriptor.

    It is queued while there is no room: a front end that is stopped must not stop the capture.
    """

    def __init__(self, control: socket.socket) -> None:
        self.socket = control
        self.waiting: deque[tuple[bytes, int]] = deque()

    def fileno(self) -> int:
        """The socket."""
        return self.socket.fileno()

    def tell(self, descriptor: int = -1, **what: Any) -> None:
        """Tell what must not be missed; `descriptor`, which goes along, is closed here."""
        self.waiting.append((json.dumps(what).encode(), descriptor))
        if len(self.waiting) > _MOST_WAITING:  # it goes without that file
            _, oldest = self.waiting.popleft()
            if oldest >= 0:
                os.close(oldest)
        self.send()

    def report(self, **what: Any) -> None:
        """Tell what the next report replaces, if there is room."""
        if not self.waiting:
            with suppress(BlockingIOError):
                self.socket.send(json.dumps(what).encode(), socket.MSG_DONTWAIT)

    def send(self, wait: bool = False) -> None:
        """Send what is queued; unless told to wait, as far as there is room."""
        while self.waiting:
            data, descriptor = self.waiting[0]
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", descriptor))
            try:  # not socket.send_fds, which leaves its flags out
                self.socket.sendmsg(
                    [data], [] if descriptor < 0 else [rights], 0 if wait else socket.MSG_DONTWAIT
                )
            except BlockingIOError:
                return
            self.waiting.popleft()
            if descriptor >= 0:
                os.close(descriptor)


class LimitCounter:
    """Counts packets against the limits of the capture and of its files.

    The recording program's own packets (from or to `own`: netlink protocol, port) count for
    sizes only. `needed` is False when there are no such limits.
    """

    END, NEXT_FILE = 1, 2

    def __init__(self, options: LiveOptions, own: Collection[tuple[int, int]]) -> None:
        self._stop = options.stop
        self._file_limits = options.ring or Limits()
        self._messages_left = options.messages
        self._own = frozenset(own)
        self._packets = self._in_file = 0
        limits = (self._stop, self._file_limits)
        self.needed = self._messages_left is not None or any(
            limit.packets or limit.filesize for limit in limits
        )

    def new_file(self) -> None:
        """A file begins."""
        self._in_file = 0

    def count(self, packet: bytes, size: int) -> int:
        """Count a packet with which the file has `size` bytes; END, NEXT_FILE, 0 for neither."""
        if self._is_own(packet):
            return 0
        self._packets += 1
        self._in_file += 1
        if self._messages_left is not None:
            self._messages_left -= _message_count(packet)
            if self._messages_left <= 0:
                return self.END
        if self._stop.reached(self._packets, size):
            return self.END
        return self.NEXT_FILE if self._file_limits.reached(self._in_file, size) else 0

    def _is_own(self, packet: bytes) -> bool:
        if len(packet) < DATAGRAM_AT + 20:
            return False
        protocol = packet[PROTOCOL_AT] << 8 | packet[PROTOCOL_AT + 1]
        (port,) = struct.unpack_from("=I", packet, DATAGRAM_AT + 12)
        return (protocol, port) in self._own


def _supervisor(interface: str, made: bool, join: Collection[str]) -> Supervisor:
    """The supervisor, not forked yet; without it an interface that was made goes at once."""
    try:
        return Supervisor(interface, made, join)
    except BaseException as problem:
        if made:
            nlmon.remove(interface)
        if isinstance(problem, PermissionError):
            raise nlmon.needs_raw(interface) from None
        raise


def _message_count(packet: bytes) -> int:
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
