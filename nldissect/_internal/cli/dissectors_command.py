"""`nldissect dissectors`: what can be decoded, and whether a dissector file is right."""

from __future__ import annotations

from argparse import Namespace

from ..spec import dissector_file
from ..spec.registry import Registry
from ..wire.errors import UsageError
from ..wire.text import safe
from .output import TextOutput, complain


def dissectors(options: Namespace, output: TextOutput) -> int:
    """Lists the dissectors, checks files, or learns one: 0 when all is well, 2 otherwise."""
    if options.action == "check":
        return _check(options.files, output)
    if options.action == "learn":
        from .learn_command import learn

        return learn(options, output)
    if options.source or options.family:
        raise UsageError("--source and --family are of `nldissect dissectors learn`")
    if options.files:
        raise UsageError("dissectors list takes no files; `nldissect dissectors check` does")
    return _list(options, output)


def _list(options: Namespace, output: TextOutput) -> int:
    """A table of the dissectors that are found; 2 where one is broken."""
    registry = Registry(dissectors=options.dissectors, specs=options.specs)
    rows = [("NAME", "PROTOCOL", "OPERATIONS", "ATTRIBUTES", "ORIGIN", "FILE")]
    rows += [
        (
            safe(entry.name),
            entry.protocol,
            str(entry.operations),
            str(entry.attributes),
            safe(entry.origin),
            safe(entry.file),
        )
        for entry in registry.files()
    ]
    name, protocol, origin = (max(len(row[i]) for row in rows) for i in (0, 1, 4))
    for row in rows:
        output.write(
            f"{row[0]:<{name}}  {row[1]:<{protocol}}  {row[2]:>10}  {row[3]:>10}  "
            f"{row[4]:<{origin}}  {row[5]}\n"
        )
    output.flush()
    for problem in registry.problems:
        complain(f"this dissector is left out: {problem}")
    return 2 if registry.problems else 0


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
