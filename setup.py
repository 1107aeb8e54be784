"""Compiles the modules of [tool.nldissect] in pyproject.toml with mypyc, where that can be done.

NLDISSECT_COMPILE=0 leaves them pure, =1 fails where they cannot be compiled; NLDISSECT_OPT is
the C compiler's level of optimization, by default 2 for what is `hot` and 1 for the rest, which is
as fast as 3 and takes two thirds of the time. An editable install compiles nothing, so that
edits take effect; `.ci/compile` compiles in place. docs/building.md tells the rest.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from setuptools import Distribution, Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

ROOT = Path(__file__).parent
WANTED = os.environ.get("NLDISSECT_COMPILE", "")
LEVEL = os.environ.get("NLDISSECT_OPT", "")
BATCH = 2_000_000  # bytes of C that are compiled at once, which takes 300 MB


def listed(key: str) -> set[Path]:
    """The modules of one list in pyproject.toml, as paths from here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["nldissect"][key]
    return {path.relative_to(ROOT) for pattern in patterns for path in ROOT.glob(pattern)}


def missing() -> str | None:
    """Why nothing can be compiled here; None if it can."""
    if sys.implementation.name != "cpython":
        return f"mypyc knows no {sys.implementation.name}"
    from distutils.ccompiler import new_compiler
    from distutils.sysconfig import customize_compiler

    compiler = new_compiler()
    customize_compiler(compiler)
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder, "probe.c")
        probe.write_text("#include <Python.h>\n")
        include = [sysconfig.get_path("include"), sysconfig.get_path("platinclude")]
        try:
            compiler.compile([str(probe)], output_dir=folder, include_dirs=include)
        except CompileError:
            return "no C compiler that finds Python.h"
    return None


def extensions() -> list[Extension]:
    """One shared library with all modules, and for each a small one that it is imported by."""
    from mypyc.build import mypycify

    os.chdir(ROOT)
    sources = sorted(path.as_posix() for path in listed("compiled") - listed("interpreted"))
    made = mypycify(
        # What the modules import need not be there nor be right, and its types change nothing.
        ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent", *sources],
        opt_level=LEVEL or "1",
        debug_level="0",
        multi_file=True,
        group_name="nldissect",
    )
    for each in made:
        flags = [flag for flag in each.extra_compile_args if flag != "-Werror"]
        each.extra_compile_args = [
            *flags,
            "-fno-semantic-interposition",
            "-fvisibility=hidden",  # else 12,000 names are looked up when it is loaded
            "-Werror=shift-count-overflow",
        ]
        each.sources = batches(each.sources)
    return made


def batches(sources: list[str]) -> list[str]:
    """C files that include these, many each, since all of these begin with a megabyte of headers.

    The level of optimization ends their names.
    """
    if len(sources) == 1:
        return sources
    names = {"___".join(path.with_suffix("").parts) for path in listed("hot")}
    parts: dict[str, list[list[Path]]] = {LEVEL or "1": [], LEVEL or "2": []}
    for path in map(Path, sources):
        hot = path.stem.removeprefix("__native_") in names
        made = parts[LEVEL or ("2" if hot else "1")]
        if not made or sum(each.stat().st_size for each in [*made[-1], path]) > BATCH:
            made.append([])
        made[-1].append(path)
    folder = Path(sources[0]).parent
    written = []
    for level, made in parts.items():
        for number, paths in enumerate(made):
            batch = folder / f"batch{number}-O{level}.c"
            batch.write_text("".join(f'#include "{path.relative_to(folder)}"\n' for path in paths))
            written.append(str(batch))
    return written


class Build(build_ext):
    """Compiles on all cores."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or True

    def build_extensions(self) -> None:
        compile_all = self.compiler.compile

        def compile_one(source: str, options: dict[str, Any]) -> list[str]:
            level = re.findall(r"-O\d", Path(source).name)
            flags = [*options.pop("extra_postargs"), *level]
            return compile_all([source], extra_postargs=flags, **options)

        def compile(sources: list[str], **options: Any) -> list[str]:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                objects = pool.map(lambda source: compile_one(source, dict(options)), sources)
                return [name for names in objects for name in names]

        self.compiler.compile = compile
        super().build_extensions()


class Project(Distribution):
    """Brings the manual along in an editable install as well."""

    has_data = Distribution.has_data_files  # the name by which setuptools asks there


def modules() -> list[Extension]:
    """What this run of setup.py is to compile."""
    if WANTED == "0" or not {"bdist_wheel", "build_ext"}.intersection(sys.argv):
        return []
    reason = missing()
    if reason is None:
        return extensions()
    if WANTED == "1":
        sys.exit(f"nldissect cannot be compiled: {reason}")
    print(f"nldissect is installed uncompiled, and slower: {reason}", file=sys.stderr)
    return []


if "bdist_wheel" in sys.argv:  # what an older build left must not come along
    for folder in (ROOT / "build").glob("lib*"):
        shutil.rmtree(folder)
setup(distclass=Project, ext_modules=modules(), cmdclass={"build_ext": Build})
