"""Bytes of a capture as they arrive: files, pipes and standard input, decompressed by content."""

from __future__ import annotations

import math
import os
import select
import stat
import sys
from collections.abc import Callable, Generator
from typing import BinaryIO, Final, Protocol, final

from nldissect._internal.wire.limits import UNLIMITED, limited
from nldissect._internal.wire.record import PENDING, Record

# One read of a plain file; a stream returns sooner, with what is there. Larger ones would get
# fresh pages from the kernel every time, which costs more than all that is done with them.
CHUNK: Final = 1 << 16
# Compressed input and output of one step: bounds memory, whatever the ratio.
_STEP = 1 << 16
_ZSTD_STEP = 1 << 10
_XZ_MEMORY = 1 << 29
# No recording shrinks so far: every message has a time and a number of its own.
_MOST_GROWTH: Final = 250
_LITTLE: Final = 1 << 26  # bytes, which may come of anything


class _Decoder(Protocol):
    """What the decompressors of bz2, lzma and compression.zstd have in common."""

    @property
    def eof(self) -> bool:
        """Whether the compressed data has come to its end."""

    @property
    def needs_input(self) -> bool:
        """Whether there is no more output without more input."""

    @property
    def unused_data(self) -> bytes:
        """The input behind the end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Up to `max_length` bytes of output; damaged input raises what the library has."""


@final
class _Gzip:
    """zlib's decompressor in the shape of `_Decoder`."""

    def __init__(self) -> None:
        import zlib

        self._inner = zlib.decompressobj(31)  # 31: a gzip header and checksum are expected
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(out) < max_length
        return out


@final
class _Zstandard:
    """The zstandard package's decompressor in the shape of `_Decoder`.

    It knows no limit of output, so it is given little input at a time.
    """

    def __init__(self) -> None:
        import zstandard

        self._inner = zstandard.ZstdDecompressor().decompressobj()
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._rest

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data + self._rest

    def decompress(self, data: bytes, max_length: int) -> bytes:
        data = self._rest + data
        self._rest = data[_ZSTD_STEP:]
        return self._inner.decompress(data[:_ZSTD_STEP])


@final
class _Lz4:
    """The lz4 package's decompressor of frames in the shape of `_Decoder`."""

    def __init__(self) -> None:
        import lz4.frame

        self._inner = lz4.frame.LZ4FrameDecompressor()

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def needs_input(self) -> bool:
        return bool(self._inner.needs_input)

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data or b""  # None for nothing

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return bytes(self._inner.decompress(data, max_length))


def _xz() -> _Decoder:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


def _bzip2() -> _Decoder:
    import bz2

    return bz2.BZ2Decompressor()


def _zstd() -> _Decoder:
    if sys.version_info >= (3, 14):
        from compression import zstd

        return zstd.ZstdDecompressor()
    return _Zstandard()


_COMPRESSIONS: tuple[tuple[bytes, str, Callable[[], _Decoder]], ...] = (
    (b"\x1f\x8b", "gzip", _Gzip),
    (b"\xfd7zXZ\0", "xz", _xz),
    (b"BZh", "bzip2", _bzip2),
    (b"\x28\xb5\x2f\xfd", "zstd", _zstd),
    (b"\x04\x22\x4d\x18", "lz4", _Lz4),
    # A zstd file may begin with a skippable frame (RFC 8878, 3.1.2), as pzstd writes it.
    *((bytes((byte,)) + b"\x2a\x4d\x18", "zstd", _zstd) for byte in range(0x50, 0x60)),
)
MAGICS = tuple(magic for magic, _, _ in _COMPRESSIONS)
_LONGEST_MAGIC = 6


def readable(stream: BinaryIO) -> bool:
    """Whether reading would not wait."""
    try:
        return bool(select.select([stream], [], [], 0)[0])
    except (OSError, ValueError):  # no file, such as BytesIO
        return True


def milliseconds(seconds: float | None) -> int | None:
    """What poll(2) takes for so many seconds, rounded up."""
    return None if seconds is None else math.ceil(seconds * 1000)


def _regular(stream: BinaryIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


@final
class ByteStream:
    """The decompressed bytes of one open file or stream, each given out once.

    `done` counts the bytes taken from the file itself (the compressed ones),
    `compression` is "" for none. Nothing is raised here: when reading or
    decompressing fails the bytes end, and `fault` says why; it stays None at
    a proper end. With `follow` nothing waits: the end is not there yet, but for
    that of a pipe. `copy` takes what is given out. `on_wait` is called before more is
    waited for, and returns in how many seconds it wants that again (None: not).
    """

    def __init__(
        self,
        stream: BinaryIO,
        follow: bool = False,
        copy: BinaryIO | None = None,
        on_wait: Callable[[], float | None] | None = None,
    ) -> None:
        self._on_wait = on_wait
        self.follow = False  # not for what tells the compression
        self.copy = copy
        self.done = 0
        self._grown = 0  # bytes that were decompressed
        self.fault: str | None = None
        self.compression = ""
        self._stream = stream
        # read1 and an unbuffered read return what has arrived instead of waiting for it all.
        self._read: Callable[[int], bytes | None] = getattr(stream, "read1", stream.read)
        self._new: Callable[[], _Decoder] | None = None  # makes the decoder of a member
        self._decoder: _Decoder | None = None
        self._input = b""  # taken from the file and not yet given out or decompressed
        while len(self._input) < _LONGEST_MAGIC and (data := self._pull(_STEP)):
            self._input += data
        for magic, name, new in _COMPRESSIONS:
            if self._input.startswith(magic):
                self.compression = name
                self._new = new
                break
        else:
            self.follow = follow
        self._pipe = follow and not _regular(stream)

    def more(self, tail: bytes, need: int) -> Generator[Record, None, bytes]:
        """Return what `extend` does; where that is too little and more may come, yield PENDING."""
        data = self.extend(tail, need)
        while self.follow and len(data) < need and self.fault is None:
            yield PENDING
            data = self.extend(data, need)
        return data

    def extend(self, tail: bytes, need: int) -> bytes:
        """Return `tail` and what follows it, at least `need` bytes unless the bytes end before."""
        parts = [tail]
        have = len(tail)
        while have < need and (data := self._next()):
            parts.append(data)
            have += len(data)
            if self.copy is not None:
                self.copy.write(data)
        return b"".join(parts)

    def _next(self) -> bytes:
        if self._new is not None:
            return self._decode(self._new)
        if self._input:
            data, self._input = self._input, b""
            return data
        return self._pull(CHUNK)

    def _pull(self, size: int) -> bytes:
        """Up to `size` bytes of the file itself; b"" where none are there, or at a fault."""
        try:
            if self.follow and self._pipe and not readable(self._stream):
                return b""
            if self._on_wait is not None and not readable(self._stream):
                while not select.select([self._stream], [], [], self._on_wait())[0]:
                    pass
            data = self._read(size)
            while data is None:  # standard input left in non-blocking mode by another program
                select.select([self._stream], [], [])
                data = self._read(size)
        except (OSError, ValueError) as error:
            self.fault = f"reading failed: {getattr(error, 'strerror', None) or error}"
            return b""
        self.done += len(data)
        if self.follow and self._pipe and not data:
            self.follow = False
        return data

    def _decode(self, new: Callable[[], _Decoder]) -> bytes:
        """Return the next decompressed bytes, across members; b"" when they end."""
        while self.fault is None:
            if not self._input and (self._decoder is None or self._decoder.needs_input):
                self._input = self._pull(_STEP)
                if not self._input:
                    if self._decoder is not None and self.fault is None:
                        self.fault = f"the {self.compression} data is cut short"
                    return b""
            try:
                if self._decoder is None:
                    self._input = self._input.lstrip(b"\0")  # padding between members
                    if not self._input:
                        continue
                    self._decoder = new()
                data = self._decoder.decompress(self._input, _STEP)
                self._input = b""
                if self._decoder.eof:
                    self._input = self._decoder.unused_data
                    self._decoder = None
            except Exception as error:  # every library has its own type for damaged data
                self.fault = f"the {self.compression} data cannot be decompressed: {error}"
                return b""
            self._grown += len(data)
            if self._grown > max(_LITTLE, self.done * _MOST_GROWTH) and limited():
                self.fault = (
                    f"the {self.compression} data grows more than {_MOST_GROWTH} times, as no"
                    f" recording does; {UNLIMITED}"
                )
                return b""
            if data:
                return data
        return b""
