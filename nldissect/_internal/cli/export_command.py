"""`nldissect dissectors export --lua`: dissectors as Lua files that Wireshark loads."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterable

from ..engine.paths import plain
from ..render import lua_dissector
from ..spec.dissector_file import DissectorFile
from ..spec.registry import Registry
from ..wire import framing
from ..wire.errors import UsageError
from ..wire.output_file import write_file
from ..wire.text import near, safe
from .output import TextOutput, complain

ALL = "all"
CONTROLLER = "nlctrl"
LOADER = "nldissect_all.lua"


def export(options: Namespace, output: TextOutput) -> int:
    """Writes the named dissectors with what they need; 2 where one of them is broken."""
    if not options.lua or not options.folder or options.files:
        raise UsageError(
            "dissectors export needs names and a folder: "
            "nldissect dissectors export --lua wireguard -o lua/ (or --lua all)"
        )
    registry = Registry(dissectors=options.dissectors, specs=options.specs)
    texts = {"nldissect.lua": lua_dissector.runtime()}
    for entry in _chosen(registry, options.lua):
        spec = registry.named(entry.name)
        if spec is None:  # broken: among the problems
            continue
        sole = entry.protonum is not None and registry.raw(entry.protonum, -1) is spec
        texts[_file_name(entry.name, texts)] = lua_dissector.written(spec, sole)
    loaded = [name for name in texts if name != "nldissect.lua"]
    texts[LOADER] = lua_dissector.loader(loaded)
    _write(options.folder, texts)
    count = "1 dissector is" if len(loaded) == 1 else f"{len(loaded)} dissectors are"
    output.write(f"{count} in {safe(options.folder)}\n")
    script = safe(os.path.join(options.folder, LOADER))
    output.write(f"try them: tshark -2 -X lua_script:{script} -r capture.pcap -V\n")
    for problem in registry.problems:
        complain(f"this dissector is left out: {problem}")
    return 2 if registry.problems else 0


def _chosen(registry: Registry, names: list[str]) -> Iterable[DissectorFile]:
    """The named dissectors, and those that Wireshark could not ask beside them.

    Of a raw protocol it asks one dissector for all message types; and who reads nlctrl's answers
    must read every family's messages, since it is then the one who knows their numbers.
    """
    serving: dict[str, DissectorFile] = {}
    for entry in registry.files():
        serving.setdefault(plain(entry.name), entry)
    able = {name: entry for name, entry in serving.items() if _reason(entry) is None}
    if ALL in names:
        return [entry for entry in able.values() if entry.claims]
    named = []
    for name in names:
        found = serving.get(plain(name))
        if found is None:
            raise UsageError(f"no dissector is named {name!r}{near(plain(name), serving)}")
        if reason := _reason(found):
            raise UsageError(f"{found.name} cannot be exported: {reason}")
        named.append(found)
    generic = any(entry.name == CONTROLLER for entry in named)
    protocols = {entry.protonum for entry in named if entry.protonum is not None}

    def beside(entry: DissectorFile) -> bool:
        return generic if entry.protonum is None else entry.protonum in protocols

    return [e for e in able.values() if e in named or (e.claims and beside(e))]


def _reason(entry: DissectorFile) -> str | None:
    """Why Wireshark would not ask a dissector; None where it does."""
    if entry.protonum in framing.UNTYPED:
        return "its messages have no types of their own, so that Wireshark reads them as control"
    if entry.protonum is not None and not any(
        number >= framing.NLMSG_MIN_TYPE for number in entry.types
    ):
        return "Wireshark reads control messages itself"
    return None


def _file_name(name: str, taken: Iterable[str]) -> str:
    """A file's name for a dissector that is not taken yet."""
    stem = "nl_" + lua_dissector.plain_name(name)
    found, count = f"{stem}.lua", 1
    while found in taken:
        count += 1
        found = f"{stem}_{count}.lua"
    return found


def _write(folder: str, texts: dict[str, str]) -> None:
    """Writes files into a folder, which is made if need be."""
    try:
        os.makedirs(folder, exist_ok=True)
        for name, text in texts.items():
            write_file(os.path.join(folder, name), text.encode("ascii"))
    except OSError as problem:
        raise UsageError(f"{folder}: {problem.strerror or problem}") from None
