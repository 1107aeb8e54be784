"""`nldissect tui`: captures in the terminal, list, tree and bytes beside each other."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Container

from ..wire.errors import UsageError
from .input_captures import decode_as_of
from .output import TextOutput, complain


def tui(options: Namespace, output: TextOutput, commands: Container[str]) -> int:
    """Shows files, interfaces and standard input until the user has seen enough.

    The settings file has tables for `commands`.
    """
    if os.environ.get("TERM") == "dumb":
        raise UsageError("tui: TERM is dumb; `nldissect read` shows captures line by line")
    from ..tui.app.launch import run
    from ..tui.model.opener import Opener
    from ..tui.model.settings import Settings, load

    settings = Settings() if options.no_config else load(options.config, commands)
    opener = Opener(
        settings,
        options.dissectors,
        options.specs,
        decode_as_of(options),
        options.byte_order,
        options.show_secrets,
    )
    status, notes = run(opener, options.files)
    for line in notes:
        complain(line)
    for problem in opener.registry.problems:
        complain(f"this dissector is left out: {problem}")
    return status
