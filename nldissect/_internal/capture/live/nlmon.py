"""nlmon interfaces: which are there, making one, removing it, what stands in the way.

Numbers: linux/rtnetlink.h, linux/if_link.h, linux/sockios.h, linux/if_arp.h.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import socket
import struct
from contextlib import suppress

from nldissect._internal.capture.files.link import ARPHRD_NETLINK
from nldissect._internal.wire.errors import UsageError

MADE = "nldissect"  # what the names of interfaces made here begin with

_SIOCGIFFLAGS = 0x8913
_SIOCGIFHWADDR = 0x8927
_IFF_UP = 1
_RTM_NEWLINK, _RTM_DELLINK = 16, 17
_REQUEST_ACK = 5
_CREATE_EXCL = 0x600
_IFLA_IFNAME, _IFLA_LINKINFO, _IFLA_INFO_KIND = 3, 18, 1
_NLMSG_ERROR = 2
_SECONDS = 5


def choose(name: str | None) -> tuple[str, socket.socket | None]:
    """The interface to listen on: `name`, one that is up, or a new one.

    With one that was made comes what has to stay open while it is used. Raises UsageError, with
    what to do, when there is none to be had.
    """
    if name is not None:
        _fit(name)
        return name, None
    _remove_leftovers()
    found = _up()
    return (found, None) if found is not None else _make()


def remove(name: str) -> None:
    """Remove an interface that `choose` made; no fault if it is gone. Raises OSError."""
    body = struct.pack("=BxHiII", 0, 0, 0, 0, 0)
    body += _attribute(_IFLA_IFNAME, name.encode() + b"\0")
    number = _ask(_RTM_DELLINK, _REQUEST_ACK, body)
    if number not in (0, errno.ENODEV):
        raise OSError(number, os.strerror(number))


def needs_raw(interface: str) -> UsageError:
    """That listening is not allowed."""
    return UsageError(f"listening on {interface} needs CAP_NET_RAW: {_how('NET_RAW')}")


def _fit(name: str) -> None:
    """Raise UsageError unless `name` is an nlmon interface that is up."""
    found = _state(name)
    if found is None:
        nlmons = [there for _, there in socket.if_nameindex() if _is_nlmon(there)]
        others = f"there is {', '.join(nlmons)}" if nlmons else "no nlmon interface is here"
        raise UsageError(
            f"there is no interface {name!r} in this network namespace; {others}; "
            f"without a name one is made, or: {_sudo()}ip link add {name} type nlmon && "
            f"{_sudo()}ip link set {name} up"
        )
    kind, up = found
    if kind != ARPHRD_NETLINK:
        raise UsageError(
            f"{name} is not an nlmon interface (its ARPHRD is {kind}, nlmon's is "
            f"{ARPHRD_NETLINK}); {_sudo()}ip link add nlmon0 type nlmon && "
            f"{_sudo()}ip link set nlmon0 up"
        )
    if not up:
        raise UsageError(f"{name} is down; {_sudo()}ip link set {name} up")


def _remove_leftovers() -> None:
    """Removes what captures that were killed have left: interfaces made here that nobody hears.

    One that somebody is about to listen on is claimed, and left alone.
    """
    for name in _unheard():
        claim = _claim(name)
        if claim is not None:
            with claim, suppress(OSError):
                remove(name)


def _claim(name: str) -> socket.socket | None:
    """What says, while it is open, that a process uses the interface; None if another one does.

    A socket with an abstract name, which the kernel has once in a network namespace.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        made.bind(f"\0nldissect/{name}")
    except OSError:
        made.close()
        return None
    return made


def _unheard() -> set[str]:
    """The interfaces made here that no packet socket is bound to, as far as that can be told."""
    made = {
        number: name for number, name in socket.if_nameindex() if re.fullmatch(MADE + r"\d+", name)
    }
    if not made:
        return set()
    try:
        with open("/proc/net/packet", "rb") as file:
            heard = {int(line.split()[4]) for line in file.readlines()[1:]}
    except (OSError, ValueError, IndexError):
        return set()
    return {name for number, name in made.items() if number not in heard and _is_nlmon(name)}


def _up() -> str | None:
    """An nlmon interface that is up, but none that another nldissect made and will remove."""
    for _, name in socket.if_nameindex():
        if not name.startswith(MADE):
            found = _state(name)
            if found == (ARPHRD_NETLINK, True):
                return name
    return None


def _is_nlmon(name: str) -> bool:
    found = _state(name)
    return found is not None and found[0] == ARPHRD_NETLINK


def _state(name: str) -> tuple[int, bool] | None:
    """The interface's ARPHRD and whether it is up; None when there is no such interface."""
    raw = name.encode("utf-8", "surrogateescape")
    if not 0 < len(raw) < 16:
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            kind = fcntl.ioctl(probe, _SIOCGIFHWADDR, struct.pack("16s24x", raw))
            flags = fcntl.ioctl(probe, _SIOCGIFFLAGS, struct.pack("16s24x", raw))
        except OSError:
            return None
    (arphrd,), (state,) = struct.unpack_from("H", kind, 16), struct.unpack_from("H", flags, 16)
    return arphrd, bool(state & _IFF_UP)


def _make() -> tuple[str, socket.socket]:
    """Make an nlmon interface, up, and claim it; the kernel loads the module if it can."""
    taken = {name for _, name in socket.if_nameindex()}
    free = (name for number in range(1000) if (name := f"{MADE}{number}") not in taken)
    tried = False
    for name in free:
        claim = _claim(name)
        if claim is None:
            continue
        kind = _attribute(_IFLA_INFO_KIND, b"nlmon")
        body = (
            struct.pack("=BxHiII", 0, 0, 0, _IFF_UP, _IFF_UP)
            + _attribute(_IFLA_IFNAME, name.encode() + b"\0")
            + _attribute(_IFLA_LINKINFO, kind)
        )
        number = _ask(_RTM_NEWLINK, _REQUEST_ACK | _CREATE_EXCL, body)
        if number == errno.EOPNOTSUPP and not tried:
            tried = True
            _load()
            number = _ask(_RTM_NEWLINK, _REQUEST_ACK | _CREATE_EXCL, body)
        if number == 0:
            return name, claim
        claim.close()
        if number == errno.EEXIST:
            continue
        if number in (errno.EPERM, errno.EACCES):
            raise UsageError(
                f"no nlmon interface is up, and making one needs CAP_NET_ADMIN: "
                f"{_how('NET_ADMIN')}, or ip link add nlmon0 type nlmon && ip link set nlmon0 up"
            )
        if number == errno.EOPNOTSUPP:
            raise UsageError(
                f"this kernel has no nlmon: {_sudo()}modprobe nlmon loads the module where it is "
                "installed (CONFIG_NLMON; some distributions have it in linux-modules-extra)"
            )
        raise UsageError(f"no nlmon interface can be made: {os.strerror(number)}")
    raise UsageError(f"no nlmon interface can be made: {MADE}0 to {MADE}999 are taken")


def _load() -> None:
    import subprocess  # costs more than all the rest, and is rarely needed

    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            ["modprobe", "nlmon"],
            check=False,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"},
        )


def _ask(kind: int, flags: int, body: bytes) -> int:
    """Send a request to rtnetlink; return the error number of the answer, 0 for success."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asking:
        asking.settimeout(_SECONDS)
        try:
            asking.sendto(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body, (0, 0))
            answer = asking.recv(8192)
        except OSError as problem:
            return problem.errno or errno.ETIMEDOUT
    _, kind, _, _, _, error = struct.unpack_from("=IHHIIi", answer)
    return -error if kind == _NLMSG_ERROR else 0


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) & 3)


def _how(capability: str) -> str:
    if os.geteuid() == 0:
        return f"root lacks it here; give the container that (docker run --cap-add {capability})"
    return "sudo nldissect live"


def _sudo() -> str:
    return "" if os.geteuid() == 0 else "sudo "
