"""The output forms by the names that `-T` has for them; a new one is a module and a line here.

Not here are those that ask for settings: text (`list_output`, `tree_output`) and fields
(`column_output`).
"""

from __future__ import annotations

from typing import Final

from .build_output import BuildRenderer
from .code_output import CListing, GoListing, HexRenderer, PythonListing, RustListing
from .json_output import JsonArrayRenderer, JsonLinesRenderer
from .renderer import Renderer
from .ynl_output import YnlRenderer

FORMATS: Final[dict[str, type[Renderer]]] = {
    "json": JsonArrayRenderer,
    "jsonl": JsonLinesRenderer,
    "hex": HexRenderer,
    "python": PythonListing,
    "build": BuildRenderer,
    "c": CListing,
    "go": GoListing,
    "rust": RustListing,
    "ynl": YnlRenderer,
}
