"""A process that gives up what it will not need of files, network and kernel: Landlock, seccomp.

Numbers and structures: linux/landlock.h; what each version of its interface knows is in
Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from typing import Final

from .errors import UsageError
from .seccomp import give_up_calls

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all machines
_VERSION: Final = 1  # LANDLOCK_CREATE_RULESET_VERSION
_PATH_BENEATH: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38

# LANDLOCK_ACCESS_FS_*
_READ_FILE, _READ_DIR, _WRITE_FILE, _TRUNCATE = 1 << 2, 1 << 3, 1 << 1, 1 << 14
_MAKE_REG, _MAKE_DIR, _REMOVE_FILE, _REMOVE_DIR = 1 << 8, 1 << 7, 1 << 5, 1 << 4
_OF_FILES: Final = _READ_FILE | _WRITE_FILE | _TRUNCATE  # what a rule for no folder may have
_READ: Final = _READ_FILE | _READ_DIR
_REFER: Final = 1 << 13  # to move a file from one folder to another; since version 2
_MAKE: Final = _MAKE_REG | _MAKE_DIR | _REMOVE_FILE | _REMOVE_DIR | _REFER
_WRITE: Final = _READ | _WRITE_FILE | _TRUNCATE | _MAKE
# How many rights on files each version knows, from the first on.
_RIGHTS: Final = (13, 14, 15, 15, 16)
_TCP: Final = 3  # LANDLOCK_ACCESS_NET_*: to bind, to connect; since version 4
_SCOPES: Final = 3  # LANDLOCK_SCOPE_*: abstract sockets, signals to others; since version 6


def confine(reads: Iterable[str], writes: Iterable[str]) -> None:
    """From here on this process reads no other files and folders, and writes none but these.

    It runs no program and has no new socket either; what is open stays so. What is not there is
    passed over. Raises UsageError where the kernel cannot hold a process to it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        raise UsageError("--confine: this kernel has no Landlock, or it is off; leave it out")
    handled = (1 << _RIGHTS[min(version, len(_RIGHTS)) - 1]) - 1
    attributes = struct.pack("=Q", handled)
    if version >= 4:
        attributes += struct.pack("=Q", _TCP)
    if version >= 6:
        attributes += struct.pack("=Q", _SCOPES)
    rules = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    try:
        for paths, rights in ((reads, _READ), (writes, _WRITE)):
            for path in paths:
                _allow(libc, rules, path, rights & handled)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if rules < 0 or libc.syscall(_RESTRICT_SELF, rules, 0) != 0:
            problem = os.strerror(ctypes.get_errno())
            raise UsageError(f"--confine: the kernel refuses it: {problem}")
        give_up_calls()
    finally:
        if rules >= 0:
            os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _OF_FILES
        libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)
