"""`nldissect fields`: the names that filters and columns take."""

from __future__ import annotations

from argparse import Namespace

from ..filter.listing import Named, listing
from ..spec.registry import Registry
from ..wire.text import near
from .output import TextOutput, complain
from .table import write_table

HEAD = Named("NAME", "CONSTANT", "TYPE", "DISSECTOR", "WHAT")


def fields(options: Namespace, output: TextOutput) -> int:
    """Lists those that match all patterns; 1 when there is none."""
    registry = Registry(dissectors=options.dissectors, specs=options.specs)
    every = list(listing(registry))
    if options.dissector:
        wanted = set(options.dissector)
        every = [named for named in every if named.dissector in wanted]
        known = {file.name for file in registry.files()}
        for name in sorted(wanted - known):
            complain(f"no dissector is named {name!r}{near(name, known)}")
            return 2
    found = [named for named in every if all(map(named.matches, options.patterns))]
    if not found:
        words = " ".join(options.patterns)
        names = {named.name for named in every}
        complain(f"no field is named {words!r}{near(words.lower(), names)}")
        return 1
    write_table(output, [HEAD, *found])
    return 0
