"""Giving up privileges: the identity of whoever called sudo, no capabilities but those named.

Numbers and structures: linux/capability.h, linux/prctl.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterable

from nldissect._internal.wire.caller import sudo_user
from nldissect._internal.wire.errors import UsageError

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAP_KILL = 5
CAP_NET_ADMIN = 12
CAP_NET_RAW = 13
CAP_SYS_PTRACE = 19
_CAP_LAST = 63

_PR_SET_KEEPCAPS = 8
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_VERSION_3 = 0x20080522
_CLONE_NEWNET = 0x40000000


def privileged() -> bool:
    """Whether this process has any capability."""
    return bool(_permitted())


def has(*capabilities: int) -> bool:
    """Whether this process has all of these."""
    permitted = _permitted()
    return all(permitted >> number & 1 for number in capabilities)


def drop(keep: Iterable[int] = ()) -> None:
    """Become the user who called sudo, if one did, and keep only the capabilities `keep`.

    Root without sudo stays user 0, without what makes it special. Nothing
    that is started later gains more. For a process of one thread.
    """
    libc = ctypes.CDLL(None)
    kept = _permitted() & sum(1 << number for number in set(keep))
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for number in range(_CAP_LAST + 1):
        if not kept >> number & 1:
            libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    user = sudo_user()
    if user is not None:
        uid, gid = user
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups(_groups(uid, gid))
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    low, high = kept & 0xFFFF_FFFF, kept >> 32
    header = struct.pack("Ii", _VERSION_3, 0)
    system_call("capset", header, struct.pack("6I", low, low, 0, high, high, 0))
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def drop_to_decode(
    code: Iterable[str] = (), written: str | None = None, keep: Iterable[int] = ()
) -> None:
    """Drops what decoding does not need, before the first byte from the kernel is decoded.

    Kept beside `keep` is what it takes to load Python and the dissectors in the folders `code`, and
    to make the file `written` ("-" is none), where the one who called sudo could not.
    """
    places = (sys.prefix, sys.base_prefix, *sys.path, *code)
    folders = [path for path in places if os.path.isdir(path)]
    kept = set(keep) | capabilities_for(folders, os.R_OK | os.X_OK)
    if written not in (None, "-"):
        folder = os.path.dirname(os.path.abspath(written))
        kept |= capabilities_for([folder], os.W_OK | os.X_OK)
    drop(kept)


def capabilities_for(paths: Iterable[str], mode: int) -> set[int]:
    """What root must keep so that files in the folders `paths` can still be used as `mode` says.

    `mode` is of `os.R_OK`, `os.W_OK` and `os.X_OK`. Nothing is needed where the
    folder's owner or permissions allow it.
    """
    if os.geteuid() != 0:
        return set()
    uid, gid = sudo_user() or (0, 0)
    groups = _groups(uid, gid) if uid else [gid]
    capability = CAP_DAC_OVERRIDE if mode & os.W_OK else CAP_DAC_READ_SEARCH
    for path in paths:
        path = os.path.realpath(path)
        if not _allowed(path, uid, groups, mode):
            return {capability}
        while (parent := os.path.dirname(path)) != path:
            path = parent
            if not _allowed(path, uid, groups, os.X_OK):
                return {capability}
    return set()


def enter_namespace(name: str) -> None:
    """Move to the network namespace NAME of `ip netns`, or that of a process id.

    Raises UsageError when there is none or it must not be entered.
    """
    try:
        descriptor = os.open(_namespace_path(name), os.O_RDONLY)
    except FileNotFoundError:
        if name.isdecimal():
            raise UsageError(f"--netns: there is no process {name}") from None
        raise UsageError(
            f"--netns: there is no network namespace {name!r}; `ip netns` lists them, "
            "and a process id names that process's"
        ) from None
    except OSError as problem:
        raise _no_entry(name, problem) from None
    try:
        system_call("setns", descriptor, _CLONE_NEWNET)
    except OSError as problem:
        raise _no_entry(name, problem) from None
    finally:
        os.close(descriptor)


def namespace_number(name: str | None) -> int:
    """The inode number of a network namespace by name, process id, or ours; 0 if unknown."""
    try:
        return os.stat("/proc/self/ns/net" if name is None else _namespace_path(name)).st_ino
    except OSError:
        return 0


def _namespace_path(name: str) -> str:
    return f"/proc/{name}/ns/net" if name.isdecimal() else f"/run/netns/{name}"


def _no_entry(name: str, problem: OSError) -> UsageError:
    if problem.errno == errno.EINVAL:  # the file outlived the namespace
        return UsageError(
            f"--netns: /run/netns/{name} is no network namespace any more; `ip netns del {name}` "
            "removes what is left of it"
        )
    how = "sudo nldissect live" if os.geteuid() else "root lacks it here (docker: --privileged)"
    return UsageError(
        f"--netns: network namespace {name} cannot be entered: {problem.strerror}; "
        f"that needs CAP_SYS_ADMIN: {how}"
    )


def _allowed(path: str, uid: int, groups: list[int], mode: int) -> bool:
    try:
        status = os.stat(path)
    except OSError:
        return True  # not there, or hidden already: no capability of ours helps
    shift = 6 if status.st_uid == uid else 3 if status.st_gid in groups else 0
    return status.st_mode >> shift & mode == mode


def _groups(uid: int, gid: int) -> list[int]:
    import pwd

    try:
        return os.getgrouplist(pwd.getpwuid(uid).pw_name, gid)
    except KeyError:
        return [gid]


def _permitted() -> int:
    with open("/proc/self/status", "rb") as file:
        for line in file:
            if line.startswith(b"CapPrm:"):
                return int(line.split()[1], 16)
    return 0


def system_call(name: str, *arguments: int | bytes) -> None:
    """A system call by its function in libc; raises OSError."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
