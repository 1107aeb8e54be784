"""The names that completion offers, kept in the cache until a dissector changes.

They are in all dissectors at once, which would take longer to load than a user at his shell waits.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from . import specfile
from .registry import Registry

Names = dict[str, str]  # texts of lines: a name, its kind and what it is, separated by tabs


def kept_names(registry: Registry, make: Callable[[], Names]) -> Names:
    """What `make` gives for a registry's dissectors, from the cache where that is still true."""
    files = list(dict.fromkeys([path for file in registry.files() for path in file.sources]))
    maker = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "filter")
    with os.scandir(maker) as found:  # another nldissect may have other names for the same
        files += sorted(entry.path for entry in found if entry.is_file())
    return dict(specfile.cached_together(files, "names", make))
