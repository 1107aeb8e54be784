"""Spec files on disk: YAML read once, kept parsed in the user's cache.

The cache holds plain JSON under $XDG_CACHE_HOME/nldissect (or ~/.cache), one
file per spec and one per folder, valid for one size and modification time. Of a spec the lists of
`deferred` are lines of their own. Without a writable cache everything works, only slower. yaml is
imported only when a file has to be parsed.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

from ..wire.caller import own, own_folder
from ..wire.errors import SpecError
from ..wire.output_file import PART, write_file
from . import deferred

# Part of a cache entry's stamp: a new reader must not use what an old one wrote.
CACHE_FORMAT = 10
_LARGEST_ENTRY = 1 << 23  # bytes; those of nl80211 are 600,000
_LARGEST_SPEC = 1 << 24  # bytes; nl80211's has 140,000
_LONGEST_NUMBER = 100  # characters
# Values of a spec, its aliases written out; nl80211 has 50,000.
_MOST_VALUES = 1_000_000
_MOST_LEVELS = 100  # kernel specs have ten
_ABANDONED = 3600  # seconds after which nobody writes a file any more
BUILT_IN = os.path.join(os.path.abspath(__file__).rsplit(os.sep, 3)[0], "dissectors")


def cache_folder() -> str | None:
    """Where parsed specs are kept; None where there is no home (NLDISSECT_CACHE= turns it off)."""
    chosen = os.environ.get("NLDISSECT_CACHE")
    if chosen is not None:
        return chosen or None
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "nldissect") if os.path.isabs(base) else None


def _stamp(path: str) -> list[int]:
    return _stamp_of(os.stat(path))


def _stamp_of(status: os.stat_result) -> list[int]:
    return [CACHE_FORMAT, status.st_size, status.st_mtime_ns]


def _entry(folder: str, path: str, kind: str) -> str:
    """The cache's file for what is kept of a path."""
    key = zlib.crc32(path.encode("utf-8", "surrogateescape"))
    return os.path.join(folder, f"{os.path.basename(path)}-{key:08x}.{kind}.json")


def _kept(entry: str) -> dict[str, Any]:
    """What the cache's file holds; nothing where it is missing, damaged or somebody else's."""
    return _kept_with_lines(entry)[0]


def _kept_with_lines(entry: str) -> tuple[dict[str, Any], bytes]:
    """The same and the lines behind it, which it has the checksum of."""
    nothing: dict[str, Any] = {}
    try:
        if not own_folder(os.path.dirname(entry)):
            return nothing, b""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(entry, flags), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not (stat.S_ISREG(status.st_mode) and own(status)):
                return nothing, b""
            data = stream.read(min(status.st_size, _LARGEST_ENTRY) + 1)
        if len(data) > _LARGEST_ENTRY:
            return nothing, b""
        head, _, lines = data.partition(b"\n")
        kept = json.loads(head)
    except (OSError, ValueError, RecursionError):
        return nothing, b""
    if not isinstance(kept, dict) or kept.get("checksum", 0) != zlib.crc32(lines):
        return nothing, b""
    return kept, lines


def cached(path: str, kind: str, make: Callable[[], Any]) -> Any:
    """What `make` gives for the file `path`, from the cache when that is still true."""
    folder = cache_folder()
    if folder is None:
        return make()
    full = os.path.abspath(path)
    return _cached(folder, _entry(folder, full, kind), [*_stamp(path), full], make)


def cached_together(paths: list[str], kind: str, make: Callable[[], Any]) -> Any:
    """What `make` gives for all of these files, from the cache when that is still true."""
    place = _together(paths, kind)
    return make() if place is None else _cached(*place, make)


def cached_lines(paths: list[str], kind: str, make: Callable[[], bytes]) -> bytes:
    """The same of text in lines, which is kept as it is: it may be long, and is searched."""
    place = _together(paths, kind)
    if place is None:
        return make()
    folder, entry, stamp = place
    kept, text = _kept_with_lines(entry)
    if kept.get("stamp") == stamp and "checksum" in kept:
        return text
    text = make()
    _write(folder, entry, {"stamp": stamp}, text)
    return text


def _together(paths: list[str], kind: str) -> tuple[str, str, list[Any]] | None:
    """The cache's folder, and entry and stamp for these files; None where nothing is kept."""
    folder = cache_folder()
    if folder is None:
        return None
    full = [os.path.abspath(path) for path in paths]
    try:
        stamp = [[*_stamp(path), path] for path in full]
    except OSError:  # one went away
        return None
    key = zlib.crc32("\n".join(full).encode(errors="replace"))
    return folder, os.path.join(folder, f"all-{key:08x}.{kind}.json"), stamp


def _cached(folder: str, entry: str, stamp: list[Any], make: Callable[[], Any]) -> Any:
    """What an entry of the cache holds if it was made of this, else what `make` gives."""
    kept = _kept(entry)
    if kept.get("stamp") == stamp and "data" in kept:
        return kept["data"]
    data = make()
    _write(folder, entry, {"stamp": stamp, "data": data})
    return data


def cached_folder(
    path: str, files: list[os.DirEntry[str]], make: Callable[[str], Any]
) -> dict[str, Any]:
    """What `make` gives for each of these files of a folder, by name, as one entry of the cache.

    Files of which `make` raises are left out, to be asked for by themselves.
    """
    folder = cache_folder()
    if folder is None:
        return {}
    full = os.path.abspath(path)
    entry = _entry(folder, full, "index")
    kept = _kept(entry)
    if kept.get("folder") != full:
        kept = {}
    out: dict[str, Any] = {}
    stamps: dict[str, list[int]] = {}
    changed = False
    for file in files:
        name = file.name
        try:
            stamp = stamps[name] = _stamp_of(file.stat())
            before = kept.get(name)
            if isinstance(before, list) and len(before) == 2 and before[0] == stamp:
                out[name] = before[1]
            else:
                out[name] = make(file.path)
                changed = True
        except (SpecError, OSError, KeyError, TypeError, AttributeError, IndexError):
            continue
    if changed:
        content: dict[str, Any] = {name: [stamps[name], out[name]] for name in out}
        _write(folder, entry, {**content, "folder": full})
    return out


def _write(folder: str, entry: str, content: dict[str, Any], lines: bytes = b"") -> None:
    """Writes a cache entry in one step; a cache that cannot be written is no error."""
    with suppress(OSError, ValueError, TypeError):
        if lines:
            content = {**content, "checksum": zlib.crc32(lines)}
        data = json.dumps(content).encode() + (b"\n" + lines if lines else b"")
        if len(data) <= _LARGEST_ENTRY and own_folder(folder):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            _sweep(folder)
            if os.path.lexists(entry) and not stat.S_ISREG(os.lstat(entry).st_mode):
                os.unlink(entry)  # a pipe would be waited for, a link followed
            write_file(entry, data, given=False)


def _sweep(folder: str) -> None:
    """Removes what a process that was killed was about to write."""
    with os.scandir(folder) as found:
        for entry in found:
            if entry.name.endswith(PART) and time.time() - entry.stat().st_mtime > _ABANDONED:
                os.unlink(entry.path)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read(_LARGEST_SPEC + 1)
        if len(text) > _LARGEST_SPEC:
            raise SpecError(path, f"is longer than {_LARGEST_SPEC:,} characters")
        return text
    except UnicodeDecodeError:
        raise SpecError(path, "is no UTF-8 text") from None
    except OSError as problem:
        raise SpecError(path, problem.strerror or str(problem)) from None


def _loader() -> Any:
    """A safe YAML loader that leaves on, off, yes and no the words they are in specs."""
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc, valid-type]
        pass

    def number(loader: Any, node: Any) -> Any:
        """A number; those of base 60 (1:30) take quadratic time where they are long."""
        if len(node.value) > _LONGEST_NUMBER:
            raise yaml.constructor.ConstructorError(
                None, None, f"a number of {len(node.value)} characters", node.start_mark
            )
        return yaml.SafeLoader.yaml_constructors[node.tag](loader, node)

    for tag in ("int", "float"):
        Loader.add_constructor(f"tag:yaml.org,2002:{tag}", number)
    Loader.yaml_implicit_resolvers = {
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
            or (tag == "tag:yaml.org,2002:bool" and first in "tTfF")
        ]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    return Loader


def _yaml_problem(path: str, problem: Any) -> SpecError:
    mark = getattr(problem, "problem_mark", None)
    line = None if mark is None else mark.line + 1
    what = getattr(problem, "problem", None) or str(problem).splitlines()[0]
    return SpecError(path, f"is no valid YAML: {what}", line=line)


def parse(path: str) -> Any:
    """The file's YAML as plain values; raises SpecError (with the line where known)."""
    return parse_text(_read(path), path)


def parse_text(text: str, path: str) -> Any:
    """The same of a text; `path` is what faults are told of."""
    import yaml

    try:
        raw = yaml.load(text, Loader=_loader())
        values, levels = _extent(raw, {})
        if values > _MOST_VALUES:
            raise SpecError(path, f"has more than {_MOST_VALUES:,} values with its aliases")
        if levels > _MOST_LEVELS:
            raise SpecError(path, f"nests more than {_MOST_LEVELS} levels with its aliases")
        return raw
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise _yaml_problem(path, problem) from None


def _extent(raw: Any, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """How many values and levels there are, aliases written out; each is gone through once.

    Raises ValueError for one that contains itself.
    """
    if not isinstance(raw, dict | list):
        return 1, 0
    found = known.get(id(raw))
    if found is None:
        known[id(raw)] = -1, 0
        values, levels = 1, 0
        for one in raw.values() if isinstance(raw, dict) else raw:
            more, deep = _extent(one, known)
            values += more
            levels = max(levels, deep)
        found = known[id(raw)] = values, levels + 1
    if found[0] < 0:
        raise ValueError("an alias within what it stands for")
    return found


def load(path: str) -> Any:
    """As `parse`, through the cache, of which the lists may be `Deferred`."""
    folder = cache_folder()
    if folder is None:
        return parse(path)
    full = os.path.abspath(path)
    entry = _entry(folder, full, "yaml")
    try:
        stamp = [*_stamp(path), full]
    except OSError as problem:
        raise SpecError(path, problem.strerror or str(problem)) from None
    kept, lines = _kept_with_lines(entry)
    if kept.get("stamp") == stamp and "data" in kept:
        with suppress(KeyError, IndexError, TypeError, ValueError):  # made by hand
            return deferred.together(kept["data"], kept["places"], lines)
    raw = parse(path)
    with suppress(TypeError, ValueError, RecursionError):
        data, places, lines = deferred.apart(raw)
        _write(folder, entry, {"stamp": stamp, "data": data, "places": places}, lines)
    return raw


def lines(path: str) -> dict[str, int]:
    """The line (from 1) of each place in the file, by path such as `operations.list[3].name`."""
    import yaml

    try:
        root = yaml.compose(_read(path), Loader=_loader())
    except yaml.YAMLError as problem:
        raise _yaml_problem(path, problem) from None
    out: dict[str, int] = {}
    around: list[int] = []

    def visit(node: Any, where: str) -> None:
        """Notes the lines of a node and of all inside it."""
        out.setdefault(where, node.start_mark.line + 1)
        if id(node) in around or len(out) > 100000:  # an alias of what holds it, or too many
            return
        around.append(id(node))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = str(key.value)
                path_here = f"{where}.{name}" if where else name
                out[path_here] = key.start_mark.line + 1
                visit(value, path_here)
        elif isinstance(node, yaml.SequenceNode):
            for i, item in enumerate(node.value):
                visit(item, f"{where}[{i}]")
        around.pop()

    if root is not None:
        visit(root, "")
    return out


def line_of(places: dict[str, int], path: str) -> int | None:
    """The line of `path`, or of the nearest place around it."""
    while path:
        if path in places:
            return places[path]
        cut = max(path.rfind("."), path.rfind("["))
        if cut < 0:
            break
        path = path[:cut]
    return places.get("")


def is_built_in(path: str) -> bool:
    """Whether a file is one of nldissect's own."""
    return os.path.dirname(os.path.abspath(path)) == BUILT_IN


def module(path: str) -> Any:
    """The Python file `path` as a module of its own; raises SpecError if it fails.

    One of the built-in dissectors is a module of its package, which may be compiled.
    """
    name = os.path.splitext(os.path.basename(path))[0]
    try:
        if is_built_in(path):
            return import_module(f"nldissect.dissectors.{name}")
        return _from_file(name, path)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        line = getattr(problem, "lineno", None)
        trace = problem.__traceback__
        while trace is not None and not isinstance(problem, SyntaxError):
            if trace.tb_frame.f_code.co_filename == path:
                line = trace.tb_lineno
            trace = trace.tb_next
        raise SpecError(path, f"{type(problem).__name__}: {problem}", line=line) from None


def _from_file(stem: str, path: str) -> Any:
    """A file as a module under a name that its path makes its own; loaded once."""
    from importlib.util import module_from_spec, spec_from_file_location

    name = f"nldissect_dissector_{stem}_{zlib.crc32(os.path.abspath(path).encode()):08x}"
    found = sys.modules.get(name)
    if found is not None:
        return found
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    sys.modules[name] = made
    try:
        spec.loader.exec_module(made)
    except BaseException:
        del sys.modules[name]
        raise
    return made


def beside(spec: str) -> str | None:
    """The Python file of a spec: of the same stem, in which - may be written _ as in modules."""
    stem = os.path.splitext(spec)[0]
    for path in (f"{stem}.py", os.path.join(os.path.dirname(stem), f"{_module_name(stem)}.py")):
        if os.path.exists(path):
            return path
    return None


def _module_name(path: str) -> str:
    name = path.rpartition(os.sep)[2]
    return (name.rpartition(".")[0] or name).replace("-", "_")


def files(folder: str) -> list[os.DirEntry[str]]:
    """The dissector files of a folder in order: specs first, Python files without a spec after."""
    try:
        with os.scandir(folder) as found:
            entries = {e.name: e for e in found if not e.name.startswith((".", "_"))}
    except OSError as problem:
        raise SpecError(folder, problem.strerror or str(problem)) from None
    specs = sorted([name for name in entries if name.endswith((".yaml", ".yml"))])
    described = {_module_name(name) for name in specs}
    lone = [n for n in entries if n.endswith(".py") and _module_name(n) not in described]
    return [entries[name] for name in (*specs, *sorted(lone))]
