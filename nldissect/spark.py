"""Captures in Spark: `spark.dataSource.register(nldissect.spark.NetlinkDataSource)`, then
`spark.read.format("netlink").load("/data/*.pcapng")`.

Needs pyspark 4.1 or later and pyarrow, here and where the workers are. Tables and columns are
those of `nldissect export`, which docs/fleets.md describes, in Spark's types: times have
microseconds, and words are strings.
"""

from __future__ import annotations

from ._internal.library.spark_source import NetlinkDataSource

__all__ = ["NetlinkDataSource"]
