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
        return _learn(options, output)
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


def _learn(options: Namespace, output: TextOutput) -> int:
    """Writes a family, as a capture shows it, as a spec that a person only has to name."""
    from collections import deque

    from ..capture.reader import open_capture
    from ..session.forward_pass import Session
    from ..spec.skeleton import skeleton

    if len(options.files) != 2:
        raise UsageError(
            "dissectors learn needs a capture and a family: "
            "nldissect dissectors learn capture.pcap FAMILY"
        )
    path, name = options.files
    registry = Registry(dissectors=options.dissectors, specs=options.specs)
    session = Session(registry, observe=name)
    deque(session.messages(open_capture(path)), maxlen=0)
    family = session.learnt(name)
    if family is None:
        names = ", ".join(safe(found) for found in session.learnt_names()) or "none"
        raise UsageError(
            f"{path} has neither a policy nor messages of family {name!r}; it has those of: {names}"
        )
    source = "the kernel's policy" if family.policy.tables else "guesses"
    about = session.family_named(name)
    version, groups = (1, ()) if about is None else (about.version, tuple(about.groups.values()))
    output.write(skeleton(family, name, f"{source} in {path}", version, groups))
    return 0
