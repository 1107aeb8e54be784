"""What stands in the way of capturing here, each with the command that repairs it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from ...capture.live import privileges
from .report_line import ReportLine


def needs(
    interfaces: Sequence[tuple[str, bool]], allowed: bool, module: bool, sudo: str
) -> list[tuple[str, str]]:
    """What is missing, to the command that gives it; none where capturing should do.

    `interfaces` are the nlmon ones (name, whether up); `allowed` to listen and to make one;
    `module`: the kernel has nlmon; `sudo` is what privileged commands begin with.
    """
    out = []
    up = [name for name, is_up in interfaces if is_up]
    if not module and not interfaces:
        release = os.uname().release
        out.append(
            (
                "this kernel has no nlmon (CONFIG_NLMON); on Ubuntu it is in a package",
                f"{sudo}apt install linux-modules-extra-{release}",
            )
        )
    if interfaces and not up:
        name = interfaces[0][0]
        out.append((f"{name} is down", f"{sudo}ip link set {name} up"))
    root = os.geteuid() == 0
    if not interfaces and module and not allowed and not root:
        make = f"{sudo}ip link add nlmon0 type nlmon && {sudo}ip link set nlmon0 up"
        out.append(("there is no nlmon interface", make))
    if not allowed and root:
        out.append(
            (
                "root lacks CAP_NET_RAW (to listen) or CAP_NET_ADMIN (to make an interface) here",
                "docker run --cap-add NET_RAW --cap-add NET_ADMIN",
            )
        )
    elif not allowed:
        to_listen = f"sudo nldissect tui {up[0]}" if up else "sudo nldissect"
        out.append(("listening takes CAP_NET_RAW, making an interface CAP_NET_ADMIN", to_listen))
    if out:
        out.append(("without any of these, one command's messages", "nldissect run -- COMMAND"))
    return out


def needs_here(interfaces: Sequence[tuple[str, bool]]) -> list[ReportLine]:
    """The same of this host and this process, as lines."""
    allowed = privileges.has(privileges.CAP_NET_RAW, privileges.CAP_NET_ADMIN)
    sudo = "" if os.geteuid() == 0 else "sudo "
    return lines(needs(interfaces, allowed, has_nlmon(), sudo))


def lines(found: Iterable[tuple[str, str]]) -> list[ReportLine]:
    """What is missing, and below it the command."""
    out = []
    for text, command in found:
        out.append(ReportLine([(f"  {text}:", "warning")]))
        out.append(ReportLine([(f"      {command}", "plain")]))
    return out


def has_nlmon(sys: str = "/sys/module", modules: str = "/lib/modules") -> bool:
    """Whether the kernel has nlmon, loaded, built in or as a module that can be loaded.

    Yes where that cannot be told, as in a container without the host's modules.
    """
    if Path(sys, "nlmon").exists():
        return True
    folder = Path(modules, os.uname().release)
    if not folder.is_dir():
        return True
    return any(_names(folder / name) for name in ("modules.dep", "modules.builtin"))


def _names(path: Path) -> bool:
    lines: Iterable[str] = ()
    with suppress(OSError), path.open(errors="replace") as file:
        lines = file.readlines()
    return any("/nlmon.ko" in line.partition(":")[0] for line in lines)
