"""-w: messages as a pcapng file."""

from __future__ import annotations

import os
from typing import BinaryIO

from ..capture.reader import PcapngWriter
from ..engine.message import Message
from ..wire import framing
from ..wire.errors import UsageError
from ..wire.record import Record
from .output import TextOutput


class MessageWriter:
    """-w: the messages shown, as pcapng.

    A record of which all messages are shown is written as it is, otherwise
    with the bytes of those shown. The file is made when there is something to
    read, so that a wrong file name elsewhere does not empty it.
    """

    def __init__(self, path: str, output: TextOutput) -> None:
        self.path = path
        self._output = output
        self._stream: BinaryIO | None = None
        self._pcapng: PcapngWriter | None = None
        self._record: Record | None = None
        self._pieces: list[Message] = []

    def refuse_inputs(self, files: list[str]) -> None:
        """Raises UsageError when it would write over what is to be read."""
        for path in files:
            if path != "-" and self.path != "-" and os.path.exists(self.path):
                try:
                    same = os.path.samefile(path, self.path)
                except OSError:
                    continue
                if same and os.path.isfile(path):
                    raise UsageError(f"-w: {self.path} is read at the same time; name another file")

    def add(self, message: Message, record: Record) -> None:
        """One message shown, of this record."""
        if record is not self._record:
            self._emit()
            self._record = record
        self._pieces.append(message)

    def keep(self, record: Record) -> None:
        """A record that is not shown, and explains those that are."""
        self._emit()
        self._open().write(record)

    def flush(self, complete: bool) -> None:
        """Writes through what there is; `complete`: nothing is missing of the last record."""
        if complete:
            self._emit()
        if self._stream is not None:
            self._stream.flush()

    def finish(self) -> None:
        """Completes the file."""
        self._emit()
        self._open().finish()
        assert self._stream is not None
        if self.path == "-":
            self._stream.flush()
        else:
            try:
                self._stream.close()
            except OSError as problem:
                raise self._failed(problem) from None

    def _emit(self) -> None:
        record, pieces = self._record, self._pieces
        if record is None:
            return
        writer = self._open()
        data = b"".join([message.data for message in pieces])
        cut = any(message.state == framing.CUT for message in pieces)
        try:
            writer.part(record, data, cut)
        except OSError as problem:
            raise self._failed(problem) from None
        self._record = None
        self._pieces = []

    def _open(self) -> PcapngWriter:
        if self._pcapng is None:
            if self.path == "-":
                stream = self._output.binary
                if stream is None or self._output.terminal():
                    raise UsageError("-w -: standard output is a terminal; pipe it somewhere")
            else:
                try:
                    stream = open(self.path, "wb")  # noqa: SIM115 - closed by finish
                except OSError as problem:
                    raise self._failed(problem) from None
            self._stream = stream
            self._pcapng = PcapngWriter(stream)
        return self._pcapng

    def _failed(self, problem: OSError) -> BaseException:
        if isinstance(problem, BrokenPipeError) and self.path == "-":
            return problem
        return UsageError(f"-w: {self.path} cannot be written: {problem.strerror or problem}")
