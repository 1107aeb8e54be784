"""A network namespace of the test's own, and whether nlmon can be made in one.

The namespace is the calling thread's alone (network namespaces are), so what it starts
is in there, and the process is where it was afterwards. Who lacks CAP_SYS_ADMIN gets it
in a user namespace of his own, out of which there is no way back: that needs a process
that ends with the test. Numbers: linux/sched.h, linux/sockios.h, linux/if.h.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ..capture.live import nlmon
from ..capture.live.privileges import system_call
from ..wire.errors import UsageError

NETWORK: Final = "network"  # a network namespace can be had by itself
USER: Final = "user"  # with a user namespace only
NEITHER: Final = ""

_NEWUSER: Final = 0x1000_0000
_NEWNET: Final = 0x4000_0000
_SIOCGIFFLAGS: Final = 0x8913
_SIOCSIFFLAGS: Final = 0x8914
_IFF_UP: Final = 1
_SECONDS: Final = 20
_APPARMOR: Final = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
_PROBE: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from nldissect._internal.pytest_plugin.network_namespace import probed; "
    "print(json.dumps(probed()))"
)


def probe() -> tuple[str, str]:
    """How a namespace with nlmon can be had, tried in a process of its own, and why it cannot."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _PROBE, json.dumps(sys.path)],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        way, why = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return NEITHER, f"trying to make a network namespace took more than {_SECONDS} s"
    except (OSError, ValueError):
        return NEITHER, "trying to make a network namespace failed"
    return way, why


def probed() -> tuple[str, str]:
    """What `probe` returns; leaves this process in another namespace."""
    if sys.platform != "linux":
        return NEITHER, "live capture needs Linux"
    way = NETWORK
    try:
        try:
            system_call("unshare", _NEWNET)
        except PermissionError:
            way = USER
            _become_root()
    except OSError as problem:
        return NEITHER, _refused(problem)
    try:
        nlmon.choose(None)
    except UsageError as problem:
        if way == USER and _restricted():
            return NEITHER, _refused(PermissionError(errno.EPERM, os.strerror(errno.EPERM)))
        return NEITHER, str(problem)
    return way, ""


@contextmanager
def namespace(alone: bool) -> Iterator[None]:
    """The calling thread is in a new network namespace, with lo up.

    `alone` says that this process ends with the test, so that it may stay in a user
    namespace. Raises OSError.
    """
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            system_call("unshare", _NEWNET)
        except PermissionError:
            if not alone:
                raise
            _become_root()
        _lo_up()
        try:
            yield
        finally:
            try:
                system_call("setns", before, _NEWNET)
            except PermissionError:  # it is the host's, and we are somebody there no more
                system_call("unshare", _NEWNET)
    finally:
        os.close(before)


def _become_root() -> None:
    """Root in new namespaces; the process must have one thread."""
    uid, gid = os.geteuid(), os.getegid()
    system_call("unshare", _NEWUSER | _NEWNET)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    for name in ("SUDO_UID", "SUDO_GID"):  # nobody to become here
        os.environ.pop(name, None)


def _lo_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        request = struct.pack("16s24x", b"lo")
        (flags,) = struct.unpack_from("H", fcntl.ioctl(asking, _SIOCGIFFLAGS, request), 16)
        fcntl.ioctl(asking, _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | _IFF_UP))


def _restricted() -> bool:
    try:
        with open(_APPARMOR, "rb") as file:
            return file.read().strip() == b"1"
    except OSError:
        return False


def _refused(problem: OSError) -> str:
    """Why there is no namespace, and what to do."""
    text = f"no network namespace of its own: {problem.strerror}; run pytest as root"
    if problem.errno == errno.ENOSPC:
        return f"{text}, or sudo sysctl user.max_user_namespaces=1000"
    if _restricted():
        return f"{text}, or sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    if problem.errno == errno.EPERM:
        return f"{text}, in a container with --cap-add SYS_ADMIN, or allow user namespaces"
    return text
