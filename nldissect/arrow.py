"""Captures as Arrow tables: `nldissect.arrow.read(path)` gives record batches.

Needs pyarrow: pip install 'nldissect[arrow]'. The tables and their columns are those of
`nldissect export`, which docs/fleets.md describes.
"""

from __future__ import annotations

from ._internal.library.arrow_reader import TABLES, read, schema

__all__ = ["TABLES", "read", "schema"]
