"""Messages and records as a pcapng file: -w, and what redact writes."""

from __future__ import annotations

from typing import BinaryIO

from ..capture.reader import PcapngWriter
from ..engine.message import Message
from ..wire import framing
from ..wire.errors import UsageError
from ..wire.output_file import OutputFile
from ..wire.record import Record
from .output import TextOutput


class MessageWriter:
    """-w: the messages shown, as pcapng.

    A record of which all messages are shown is written as it is, otherwise
    with the bytes of those shown. The file takes its place when it is whole, that
    of a stream when there is something in it. `option` is what errors name.
    """

    def __init__(self, path: str, output: TextOutput, streams: bool, option: str = "-w") -> None:
        self.path = path
        self._option = option
        self._output = output
        self.streams = streams  # whether what it holds has no other place
        self._stream: BinaryIO | OutputFile | None = None
        self._pcapng: PcapngWriter | None = None
        self._record: Record | None = None
        self._pieces: list[Message] = []

    def add(self, message: Message, record: Record) -> None:
        """One message shown, of this record."""
        if record is not self._record:
            self._emit()
            self._record = record
        self._pieces.append(message)

    def keep(self, record: Record) -> None:
        """A record that is not shown, and explains those that are."""
        self._emit()
        self._write(record, record.data, False)

    def flush(self, complete: bool) -> None:
        """Writes through what there is; `complete`: nothing is missing of the last record."""
        if complete:
            self._emit()
        if self._stream is not None:
            try:
                self._stream.flush()
            except OSError as problem:
                raise self._failed(problem) from None

    def finish(self, whole: bool) -> None:
        """Completes the file; if it is not `whole`, what was there stays, unless it streams."""
        stream = self._stream
        if not whole and not self.streams and self.path != "-":
            if isinstance(stream, OutputFile):
                stream.discard()
            return
        self._emit()
        try:
            self._open().finish()
            stream = self._stream
            if isinstance(stream, OutputFile):
                stream.commit()
            elif stream is not None:
                stream.flush()
        except OSError as problem:
            raise self._failed(problem) from None

    def _emit(self) -> None:
        record, pieces = self._record, self._pieces
        if record is None:
            return
        data = b"".join([message.data for message in pieces])
        self._write(record, data, any(message.state == framing.CUT for message in pieces))
        self._record = None
        self._pieces = []

    def _write(self, record: Record, data: bytes, cut: bool) -> None:
        writer = self._open()
        try:
            writer.part(record, data, cut)
        except OSError as problem:
            raise self._failed(problem) from None

    def _open(self) -> PcapngWriter:
        if self._pcapng is None:
            stream: BinaryIO | OutputFile | None
            if self.path == "-":
                stream = self._output.binary
                if stream is None or self._output.terminal():
                    raise UsageError(
                        f"{self._option} -: standard output is a terminal; pipe it somewhere"
                    )
            else:
                try:
                    stream = OutputFile(self.path, at_once=self.streams)
                except OSError as problem:
                    raise self._failed(problem) from None
            self._stream = stream
            self._pcapng = PcapngWriter(stream)
        return self._pcapng

    def _failed(self, problem: OSError) -> BaseException:
        if isinstance(problem, BrokenPipeError) and self.path == "-":
            return problem
        reason = problem.strerror or problem
        return UsageError(f"{self._option}: {self.path} cannot be written: {reason}")
