"""Which dissector serves which protocol, message type or generic family.

Dissectors are found in four tiers, the first that claims a protocol wins:
1. given explicitly: `dissectors` folders or files, NLDISSECT_PATH, and single files of
   `specs` and NLDISSECT_SPECS;
2. the built-in ones and those of the entry-point group `nldissect.dissectors`;
3. folders of `specs` and NLDISSECT_SPECS: they fill gaps and displace nothing;
4. the kernel's specs installed in /usr/share/ynl/specs.
Two of one tier that claim the same are an error that names both files. A file
is indexed by what it claims (kept in the cache) and loaded on first use. One
that is broken is listed in `problems`, and the rest works.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from ..wire import framing
from ..wire.caller import acting_for_another
from ..wire.errors import NldissectError, SpecError, UsageError
from ..wire.text import path_text
from . import model, specfile
from .dissector_file import DissectorFile, indexed, plausible
from .tables import Tables

Paths = str | bytes | os.PathLike[str]
SYSTEM_SPECS = "/usr/share/ynl/specs"
ENTRY_POINTS = "nldissect.dissectors"
EXPLICIT, INSTALLED, FILLING, SYSTEM = 0, 1, 2, 3


def builtin_folder() -> str:
    """The folder of the built-in dissectors."""
    return specfile.BUILT_IN


class Registry:
    """The dissectors at hand; see the module for where they come from.

    `decode_as` maps a protocol number or generic family id (as text, any
    base) to a dissector's name. Raises UsageError for what it cannot map and
    SpecError when two dissectors of one tier claim the same.
    """

    def __init__(
        self,
        dissectors: Iterable[str] = (),
        specs: Iterable[str] = (),
        decode_as: Mapping[str, str] | None = None,
        use_system: bool = True,
        redacts: bool = False,
    ) -> None:
        self._tables = Tables(redacts)
        self._problems: list[NldissectError] = []
        self._files: list[DissectorFile] = []
        self._by_name: dict[str, DissectorFile] = {}
        self._families: dict[str, DissectorFile] = {}
        self._types: dict[tuple[int, int], DissectorFile] = {}
        self._protocols: dict[int, list[DissectorFile]] = {}
        self._seen: set[str] = set()  # real paths
        self._control: model.Spec | None = None
        self.protocol_as: dict[int, DissectorFile] = {}
        self.family_as: dict[int, DissectorFile] = {}
        self.namespaces: dict[int, str] = {}  # of this host; see `hostnames`
        self.vocabulary: object = None  # the names in all dissectors; see `filter`
        self.displaced: dict[str, str] = {}  # a built-in dissector's name: the file named instead
        filling = [*specs, *self._listed("NLDISSECT_SPECS")]
        self._named = [p for p in (*dissectors, *filling) if not os.path.isdir(p)]
        for path in [*dissectors, *self._listed("NLDISSECT_PATH")]:
            self._add_path(path, "explicit", EXPLICIT)
        for path in filling:
            if not os.path.isdir(path):
                self._add_path(path, "explicit", EXPLICIT)
        here = builtin_folder()
        self._add_path(here, "built-in", INSTALLED)
        self._add_entry_points(here)
        for path in filling:
            if os.path.isdir(path):
                self._add_path(path, "specs", FILLING)
        if use_system and os.path.isdir(SYSTEM_SPECS):
            self._add_path(SYSTEM_SPECS, "system", SYSTEM)
        for left, right in (decode_as or {}).items():
            self._decode_as(left, right)

    @property
    def tables(self) -> Tables:
        """Those of its dissectors, as far as they were needed, for the next capture.

        Captures share them until they hold much that only captures taught.
        """
        if self._tables.crowded:
            self._tables = Tables(self._tables.redacts)
        return self._tables

    # -- finding files -----------------------------------------------------

    def _listed(self, variable: str) -> list[str]:
        """The paths in an environment variable, which under sudo may be anybody's."""
        named = os.environ.get(variable, "")
        if named and acting_for_another():
            text = f"{variable} is not read under sudo; name what it names on the command line"
            self._problems.append(UsageError(text))
            return []
        return [path for path in named.split(os.pathsep) if path]

    def _add_path(self, path: str, origin: str, tier: int) -> None:
        """Takes in the dissectors of a folder, or one file."""
        if os.path.isfile(path):
            self._add(path, os.path.realpath(path), origin, tier)
            return
        try:
            found = specfile.files(path)
        except SpecError as problem:
            if tier in (EXPLICIT, FILLING):
                raise UsageError(f"dissectors: {problem}") from None
            self._problems.append(problem)
            return
        specs = [file for file in found if not file.name.endswith(".py")]
        known = specfile.cached_folder(path, specs, indexed)
        folder = os.path.realpath(path)  # once: there are a hundred files in ours
        for file in found:
            name = file.name
            real = os.path.realpath(file.path) if file.is_symlink() else f"{folder}{os.sep}{name}"
            self._add(file.path, real, origin, tier, known.get(name))

    def _add_entry_points(self, here: str) -> None:
        """Takes in what other distributions bring; a package that fails is a problem."""
        for name, value in _entry_points():
            if value == "nldissect.dissectors":
                continue
            try:
                from importlib import import_module

                package = import_module(value)
                path = str(next(iter(getattr(package, "__path__", [package.__file__]))))
            except KeyboardInterrupt:
                raise
            except BaseException as problem:
                self._problems.append(
                    SpecError(f"entry point {name} = {value}", f"cannot be imported: {problem!r}")
                )
                continue
            if os.path.realpath(path) != os.path.realpath(here):
                self._add_path(path, name, INSTALLED)

    def _add(self, file: str, real: str, origin: str, tier: int, known: Any = None) -> None:
        """Takes in one file, with what it claims where that is known; a broken one is a problem."""
        if real in self._seen:  # named twice, or given and built-in as well
            return
        self._seen.add(real)
        try:
            if known is None and not file.endswith(".py"):
                known = specfile.cached(file, "index", lambda: indexed(file))
            facts = known if plausible(known) else indexed(file)
            entry = DissectorFile(file, origin, tier, facts)
        except (SpecError, OSError, KeyError, TypeError, AttributeError) as problem:
            if isinstance(problem, OSError):
                problem = SpecError(file, problem.strerror or str(problem))
            elif not isinstance(problem, SpecError):
                problem = SpecError(file, f"not a spec: {problem!r}")
            self._problems.append(problem)
            return
        self._files.append(entry)
        self._claim(self._by_name, entry.name, entry, entry.name)
        if not entry.claims:
            return
        if entry.protonum is None:
            self._claim(self._families, entry.name, entry, f"family {entry.name}")
            return
        for number in entry.types:
            what = f"message type {number} of protocol {entry.protocol}"
            self._claim(self._types, (entry.protonum, number), entry, what)
        serving = self._protocols.setdefault(entry.protonum, [])
        if tier < FILLING or not any(other.tier < FILLING for other in serving):
            serving.append(entry)

    def _claim(
        self, table: dict[Any, DissectorFile], key: Any, entry: DissectorFile, what: str
    ) -> None:
        """Enters a claim that no earlier tier has; raises SpecError for two of one tier."""
        holder = table.get(key)
        if holder is None:
            table[key] = entry
        elif holder.tier == entry.tier:
            text = f"claims {what}, and so does {holder.file}"
            if entry.tier != SYSTEM:
                text += "; name the one you want with --dissectors"
            problem = SpecError(entry.file, text)
            if entry.tier != SYSTEM:
                raise problem
            self._problems.append(problem)  # not the user's doing: the first one stands
        elif entry.origin == "built-in" and holder.file in self._named:
            self.displaced[entry.name] = holder.file

    def _decode_as(self, left: str, right: str) -> None:
        """Has the dissector named `right` serve the protocol or family number `left`."""
        try:
            number = int(left, 0)
        except ValueError:
            raise UsageError(
                f"decode-as: {left!r} is no number (a protocol or generic family id)"
            ) from None
        entry = self._by_name.get(right)
        if entry is None:
            from difflib import get_close_matches

            near = get_close_matches(right, self._by_name, 1)
            hint = f"; did you mean {near[0]!r}?" if near else "; `nldissect dissectors` lists them"
            raise UsageError(f"decode-as: no dissector {right!r}{hint}")
        if entry.protonum is None:
            self.family_as[number] = entry
        else:
            self.protocol_as[number] = entry

    @property
    def problems(self) -> list[NldissectError]:
        """What is wrong with the dissectors, as far as they were used."""
        out = list(self._problems)
        for entry in self._files:
            if entry.loaded is not None:
                out += entry.loaded.faults
        return out

    # -- looking up ----------------------------------------------------------

    def files(self) -> list[DissectorFile]:
        """All dissectors, in the order of their tiers."""
        return self._files

    def named(self, name: str) -> model.Spec | None:
        """The dissector of this name."""
        entry = self._by_name.get(name)
        return None if entry is None else self._spec(entry)

    def family(self, name: str | None, number: int) -> model.Spec | None:
        """The dissector of a generic family by name or, with decode-as, by id."""
        if self.family_as:
            forced = self.family_as.get(number)
            if forced is not None:
                return self._spec(forced)
        entry = self._families.get(name) if name is not None else None
        return None if entry is None else self._spec(entry)

    def raw(self, protocol: int, number: int) -> model.Spec | None:
        """The dissector of a raw protocol's message type."""
        if self.protocol_as:
            forced = self.protocol_as.get(protocol)
            if forced is not None:
                return self._spec(forced)
        entry = self._types.get((protocol, number))
        if entry is None:
            candidates = self._protocols.get(protocol)
            # One that has the whole protocol to itself serves its unknown types too.
            if candidates is None or len(candidates) != 1 or protocol == framing.NETLINK_ROUTE:
                return None
            entry = candidates[0]
        return self._spec(entry)

    def control(self) -> model.Spec | None:
        """The spec of NLMSG_ERROR and NLMSG_DONE."""
        if self._control is None:
            self._control = self.named("netlink")
        return self._control

    def _spec(self, entry: DissectorFile) -> model.Spec | None:
        if entry.failed:
            return None
        try:
            return entry.spec()
        except SpecError as problem:
            entry.failed = True
            self._problems.append(problem)
            return None


def _entry_points() -> list[tuple[str, str]]:
    """Name and value of every entry point of our group, without importing any.

    importlib.metadata costs 20 ms to import, so the entry_points.txt files on
    sys.path are read directly; the current directory (`python -m`) is none of those asked, nor
    under sudo what others own, unless nldissect itself is there. What is installed into a folder
    changes its time, so that what was found is kept in the cache.
    """
    import sys

    folders: list[str] = []
    foreign = acting_for_another()
    here = os.path.dirname(os.path.dirname(builtin_folder()))
    for folder in sys.path:
        try:
            if os.path.abspath(folder) == os.getcwd() or not os.path.isdir(folder):
                continue
            if foreign and folder != here and os.stat(folder).st_uid not in (0, os.geteuid()):
                continue
        except OSError:
            continue
        folders.append(folder)
    found = specfile.cached_together(folders, "entry-points", lambda: _entry_points_in(folders))
    return [(str(name), str(value)) for name, value in found]


def _entry_points_in(folders: list[str]) -> list[tuple[str, str]]:
    """Those of the distributions in these folders, of which the first of a name counts."""
    out: list[tuple[str, str]] = []
    seen: set[str] = set()
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            if not name.endswith((".dist-info", ".egg-info")):
                continue
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), encoding="utf-8") as f:
                    text = f.read()
            except (OSError, UnicodeDecodeError):
                continue
            if ENTRY_POINTS in text and name not in seen:
                seen.add(name)
                out += _points(text)
    return out


def _points(text: str) -> list[tuple[str, str]]:
    out = []
    inside = False
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            inside = line == f"[{ENTRY_POINTS}]"
        elif inside and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            out.append((name.strip(), value.strip()))
    return out


@lru_cache(maxsize=8)
def _registry(
    dissectors: tuple[str, ...], specs: tuple[str, ...], decode_as: tuple[tuple[str, str], ...]
) -> Registry:
    return Registry(dissectors, specs, dict(decode_as))


def registry(
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Registry:
    """The dissectors at hand; the same ones for the same arguments."""
    pairs = tuple((str(left), right) for left, right in (decode_as or {}).items())
    folders = _folders("dissectors", dissectors)
    return _registry(folders, _folders("specs", specs), pairs)


def _folders(name: str, paths: Iterable[Paths]) -> tuple[str, ...]:
    """The paths of a parameter; raises UsageError for what is none."""
    if isinstance(paths, (str, bytes)):
        raise UsageError(f"{name}: give a list of paths, not {paths!r}")
    try:
        return tuple([path_text(path) for path in paths])
    except (TypeError, ValueError) as problem:
        raise UsageError(f"{name}: {paths!r}: {problem}") from None
