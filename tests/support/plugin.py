"""What the tests of the pytest plugin share."""

from __future__ import annotations

import re
from importlib.metadata import entry_points

from support import ROOT

PAGE = ROOT / "docs" / "testing.md"
# The files that the page shows, by name.
FILES: dict[str, str] = dict(
    re.findall(r"^```python (\S+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
)


def arguments() -> list[str]:
    """pytest's arguments that load the plugin, where no installed entry point does."""
    installed = [point.value for point in entry_points(group="pytest11", name="nldissect")]
    quiet = ["-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:hypothesispytest"]
    return quiet + ([] if installed else ["-p", "nldissect._internal.pytest_plugin.entry"])
