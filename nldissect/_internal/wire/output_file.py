"""Files that are made: whole or not at all, private, and through nobody else's links."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from errno import EACCES, EISDIR, ELOOP
from typing import final

from .caller import sudo_user
from .errors import UsageError

PART = ".part"  # ends the names of files that are not yet in place
_BUFFER = 1 << 16
_MOST_LINKS = 40  # on the way to a file, as Linux has it
# What a folder is in which others may leave links and files: /tmp and its like.
_SHARED = stat.S_ISVTX | stat.S_IWOTH


@final
class OutputFile:
    """A file being written, which takes the place of what was there when it is whole.

    Until `commit` it lies beside its target, and `discard` leaves the target as it was. With
    `at_once` it is in place from the start, for what others read while it grows. Devices and pipes
    are written as they are. Each piece given to `write` is in the file whole or not at all, also
    when the disk is full.

    A file is its owner's alone (0600), and if it is `given` away belongs to who called sudo.
    A symbolic link is followed, but none that somebody else left in a shared folder, as Linux'
    protected_symlinks has it, wherever in the path it is; nor is a pipe of his written. Every
    method raises OSError. Leaving a `with` block discards what was not committed.
    """

    def __init__(self, path: str, *, at_once: bool = False, given: bool = True) -> None:
        self.path = path
        self.size = 0  # bytes in the file
        self._pending: list[bytes] = []
        self._waiting = 0
        self._target = _target(path)
        self._made = ""
        try:
            self.regular = stat.S_ISREG(os.stat(self._target).st_mode)
        except FileNotFoundError:
            self.regular = True
        if not self.regular:
            self._descriptor = os.open(self._target, os.O_WRONLY | os.O_CLOEXEC)
            return
        folder, name = os.path.split(self._target)
        self._made = os.path.join(folder, f".{name[:200]}.{os.urandom(6).hex()}{PART}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(self._made, flags, 0o600)
        caller = sudo_user()
        if given and caller is not None:
            with suppress(OSError):  # a file system without owners
                os.fchown(self._descriptor, *caller)
        if at_once:
            os.replace(self._made, self._target)
            self._made = ""

    def __enter__(self) -> OutputFile:
        return self

    def __exit__(self, *problem: object) -> None:
        self.discard()

    def fileno(self) -> int:
        """The descriptor, for who writes text as it comes."""
        return self._descriptor

    def write(self, data: bytes) -> int:
        """Takes in a piece; returns its size."""
        self._pending.append(data)
        self._waiting += len(data)
        if self._waiting >= _BUFFER:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Writes through what was taken in."""
        pieces, self._pending, self._waiting = self._pending, [], 0
        view = memoryview(b"".join(pieces))
        done = 0
        try:
            while done < len(view):
                done += os.write(self._descriptor, view[done:])
        except OSError:
            for piece in pieces:
                if len(piece) > done:
                    break
                done -= len(piece)
                self.size += len(piece)
            if self.regular:
                os.ftruncate(self._descriptor, self.size)
            raise
        self.size += done

    def reader(self) -> int:
        """A descriptor to read the file by from its start; -1 if it cannot be read twice."""
        if not self.regular:
            return -1
        return os.open(self._made or self._target, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def commit(self) -> None:
        """Completes the file and puts it in place."""
        try:
            self.flush()
            if self._made:
                os.replace(self._made, self._target)
                self._made = ""
        finally:
            self.discard()

    def discard(self) -> None:
        """Ends the writing; a file that is not in place is gone."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
        made, self._made = self._made, ""
        if made:
            with suppress(FileNotFoundError):
                os.unlink(made)


def write_file(path: str, data: bytes, *, given: bool = True) -> None:
    """A private file of these bytes."""
    with OutputFile(path, given=given) as made:
        made.write(data)
        made.commit()


def refuse_inputs(option: str, output: str, inputs: list[str]) -> None:
    """Raises UsageError when an output is a regular file that is read, by device and inode.

    `-` is standard output, and standard input among what is read.
    """
    for path in inputs:
        try:
            read = os.fstat(0) if path == "-" else os.stat(path)
            made = os.fstat(1) if output == "-" else os.stat(output)
        except OSError:
            continue
        if os.path.samestat(read, made) and stat.S_ISREG(read.st_mode):
            raise UsageError(f"{option}: {output} is read at the same time; name another file")


def _target(path: str) -> str:
    """The file that a path means, free of links but those of /proc, which name no file.

    Raises PermissionError where a link of somebody else, or a pipe or the like, is on the way.
    """
    if path.endswith("/"):
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    place, rest, links = "", path.split("/"), 0
    while rest:
        part = rest.pop(0)
        folder, place = place, os.path.join(place, part) if part else place or "/"
        try:
            found = os.lstat(place)
        except FileNotFoundError:
            continue
        if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode):
            continue
        _refuse_foreign(found, os.stat(folder or "."))
        if stat.S_ISLNK(found.st_mode) and not place.startswith("/proc/"):
            to = os.readlink(place)
            place, rest, links = "" if to[0] == "/" else folder, to.split("/") + rest, links + 1
            if links > _MOST_LINKS:
                raise OSError(ELOOP, os.strerror(ELOOP))
    return place


def _refuse_foreign(found: os.stat_result, folder: os.stat_result) -> None:
    """Raises PermissionError when what is no plain file is somebody else's in a shared folder."""
    theirs = found.st_uid not in (os.geteuid(), folder.st_uid)
    if theirs and folder.st_mode & _SHARED == _SHARED:
        what = "symbolic link" if stat.S_ISLNK(found.st_mode) else "pipe or device"
        raise PermissionError(EACCES, f"a {what} of somebody else in a shared folder")
