"""Captures as Arrow tables: `nldissect.arrow.read(path)` gives record batches.

Needs pyarrow: pip install 'nldissect[arrow]'. The tables and their columns are those of
`nldissect export`, which docs/fleets.md describes. Engines with many workers have each read one
of the `splits` of a capture.
"""

from __future__ import annotations

from ._internal.library.arrow_reader import TABLES, read, schema
from ._internal.library.capture_splits import Split, splits

__all__ = ["TABLES", "Split", "read", "schema", "splits"]
