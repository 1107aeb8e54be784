"""This interpreter as nobody, in a kernel of its own, wherever its files may lie."""

from __future__ import annotations

import shlex
import sys
import sysconfig

from support import ROOT


def as_nobody() -> str:
    """Lines of a shell script, for root there, that set `nobody` to what starts Python as nobody.

    Folders of root's own are closed to others, so the interpreter, what is installed for it and
    this tree are mounted where anybody may go.
    """
    places = {"python": sys.base_prefix, "site": sysconfig.get_path("platlib"), "tree": str(ROOT)}
    lines = [f"mkdir -p {' '.join(f'/dev/shm/{name}' for name in places)}"]
    lines += [f"mount --bind {shlex.quote(path)} /dev/shm/{name}" for name, path in places.items()]
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    settings = "LD_LIBRARY_PATH=/dev/shm/python/lib PYTHONPATH=/dev/shm/tree:/dev/shm/site"
    lines.append(
        f'nobody="$(command -v env) {settings}'
        " $(command -v setpriv) --reuid=65534 --regid=65534 --clear-groups"
        f' /dev/shm/python/bin/python{version}"'
    )
    return "\n".join(lines)
