"""`nldissect dissectors`: what can be decoded and how, and whether a dissector file is right."""

from __future__ import annotations

from argparse import Namespace

from ..engine.paths import plain
from ..spec import dissector_file
from ..spec.registry import Registry
from ..wire.errors import UsageError
from ..wire.text import near, safe
from . import dissector_tree
from .output import TextOutput, complain
from .table import write_table


def dissectors(options: Namespace, output: TextOutput) -> int:
    """Lists, shows, exports, checks or learns dissectors: 0 when all is well, 2 otherwise."""
    if options.action == "check":
        return _check(options.files, output)
    if options.action == "learn":
        from .learn_command import learn

        return learn(options, output)
    if options.action == "export":
        from .export_command import export

        return export(options, output)
    if options.lua or options.folder:
        raise UsageError("--lua and -o are of `nldissect dissectors export`")
    if options.action == "show":
        return _show(options, output)
    if options.source or options.family:
        raise UsageError("--source and --family are of `nldissect dissectors learn`")
    if options.files:
        raise UsageError(
            "dissectors list takes no names; `nldissect dissectors show NAME` does, and "
            "`nldissect dissectors check FILE`"
        )
    return _list(options, output)


def _list(options: Namespace, output: TextOutput) -> int:
    """A table of the dissectors that are found; 2 where one is broken."""
    registry = Registry(dissectors=options.dissectors, specs=options.specs)
    rows = [("NAME", "PROTOCOL", "OPERATIONS", "ATTRIBUTES", "ORIGIN", "FILE")]
    rows += [
        (
            entry.name,
            entry.protocol,
            str(entry.operations),
            str(entry.attributes),
            entry.origin,
            entry.file,
        )
        for entry in registry.files()
    ]
    write_table(output, rows, right=(2, 3))
    for problem in registry.problems:
        complain(f"this dissector is left out: {problem}")
    return 2 if registry.problems else 0


def _show(options: Namespace, output: TextOutput) -> int:
    """What each of the named dissectors describes."""
    if not options.files:
        raise UsageError("dissectors show needs a name: nldissect dissectors show rt-link")
    registry = Registry(dissectors=options.dissectors, specs=options.specs)
    known = {plain(entry.name): entry for entry in registry.files()}
    for at, name in enumerate(options.files):
        entry = known.get(plain(name))
        if entry is None:
            raise UsageError(f"no dissector is named {name!r}{near(plain(name), known)}")
        output.write("\n" if at else "")
        for line in dissector_tree.lines(entry.spec(), entry.protocol, entry.file):
            output.write(safe(line) + "\n")
    output.flush()
    return 0


def _check(files: list[str], output: TextOutput) -> int:
    if not files:
        raise UsageError("dissectors check needs a file: nldissect dissectors check FILE")
    status = 0
    for file in files:
        faults = dissector_file.check(file)
        if faults:
            status = 2
            for fault in faults:
                output.write(safe(str(fault)) + "\n")
        else:
            spec = dissector_file.load(file)
            output.write(f"{safe(file)}: {safe(spec.name)} is in order\n")
    return status
