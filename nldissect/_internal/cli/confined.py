"""--confine: what reads files of strangers reads and writes nothing else from there on."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from ..spec.registry import builtin_folder
from ..spec.specfile import cache_folder
from ..wire.confinement import confine

# Where shared libraries and what they need lie, and what tells DuckDB how much memory there is.
_LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/share", "/lib", "/lib64", "/etc/ld.so.cache")
_SYSTEM = (*_LIBRARIES, "/proc/self/cgroup", "/sys/fs/cgroup")
_INPUTS = ("files", "file", "a", "b", "dissectors", "specs")
_OUTPUTS = ("write", "svg", "to", "output")


def confine_as_asked(options: Namespace) -> None:
    """Confines this process to what the options name, Python and the dissectors."""
    inputs = _named(options, _INPUTS)
    outputs = _named(options, _OUTPUTS)
    key: str = getattr(options, "key", None) or ""
    if key.startswith("@"):
        inputs.append(key[1:])
    variables = [os.environ.get(name, "") for name in ("NLDISSECT_PATH", "NLDISSECT_SPECS")]
    python = [sys.prefix, sys.base_prefix, *sys.path, builtin_folder()]
    reads = [*inputs, *python, *_SYSTEM, *":".join(variables).split(":")]
    writes = [os.path.dirname(os.path.realpath(path)) for path in outputs if path != "-"]
    cache = cache_folder()
    if cache is not None:
        writes.append(cache)
    confine([path for path in reads if path and path != "-"], [*writes, os.devnull])


def _named(options: Namespace, names: tuple[str, ...]) -> list[str]:
    """The paths that these options have, however many each."""
    out: list[str] = []
    for name in names:
        found = getattr(options, name, None)
        out += found if isinstance(found, list) else [found] if found else []
    return out
