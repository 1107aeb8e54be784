"""`nldissect dissectors learn`: a spec out of a capture, or out of a kernel module's source."""

from __future__ import annotations

from argparse import Namespace
from collections import deque

from ..capture.reader import open_capture
from ..session.forward_pass import Session
from ..spec import specfile, ynl
from ..spec.registry import Registry
from ..spec.skeleton import skeleton
from ..wire.errors import SpecError, UsageError
from ..wire.text import near, safe
from .output import TextOutput, complain

_C = (".c", ".h")


def learn(options: Namespace, output: TextOutput) -> int:
    """Writes a spec; 1 where a capture and the source that it was written from disagree."""
    if options.source:
        return _from_source(options, output)
    if len(options.files) != 2 or options.family:
        raise UsageError(
            "dissectors learn needs a capture and a family: "
            "nldissect dissectors learn capture.pcap FAMILY"
        )
    path, name = options.files
    session = _session(options, path, name)
    family = session.learnt(name)
    if family is None:
        found = list(session.learnt_names())
        names = ", ".join(map(safe, found)) or "none"
        raise UsageError(
            f"{path} has neither a policy nor messages of family {name!r}{near(name, found)}; "
            f"it has those of: {names}"
        )
    source = "the kernel's policy" if family.policy.tables else "guesses"
    about = session.family_named(name)
    version, groups = (1, ()) if about is None else (about.version, tuple(about.groups.values()))
    output.write(skeleton(family, name, f"{source} in {path}", version, groups))
    return 0


def _session(options: Namespace, path: str, name: str) -> Session:
    """What a capture teaches of a family."""
    registry = Registry(dissectors=options.dissectors, specs=options.specs)
    session = Session(registry, observe=name)
    deque(session.messages(open_capture(path)), maxlen=0)
    return session


def _from_source(options: Namespace, output: TextOutput) -> int:
    from ..source import source_spec

    given = [*options.source, *options.files]
    captures = [path for path in given if not path.endswith(_C)]
    files = [path for path in given if path.endswith(_C)]
    if not files or len(captures) > 1:
        raise UsageError(
            "dissectors learn --source needs C files, and at most one capture: "
            "nldissect dissectors learn --source module.c module.h capture.pcap"
        )
    made = source_spec.learn(files, options.family or "")
    found = _compared(options, made.text, made.name, captures[0]) if captures else []
    output.write(made.text)
    output.flush()
    for note in made.notes:
        complain(note)
    for words in found:
        complain(f"{captures[0]}: {words}")
    return 1 if found else 0


def _compared(options: Namespace, text: str, name: str, path: str) -> list[str]:
    """What a capture shows otherwise than the source says."""
    from ..source import source_differences

    session = _session(options, path, name)
    family, about = session.learnt(name), session.family_named(name)
    if family is None and about is None:
        raise UsageError(f"{path} has nothing of family {name!r}")
    try:
        spec = ynl.build(specfile.parse_text(text, name), name)
    except SpecError as problem:  # which would be a fault of the writer
        raise UsageError(f"what was read of the source makes no spec: {problem}") from None
    found: list[str] = []
    if about is not None:
        groups = list(about.groups.values())
        found += source_differences.about_family(spec, about.version, about.header_size, groups)
    return found if family is None else found + source_differences.differences(spec, family)
