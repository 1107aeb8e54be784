"""Captures into records, from files, streams, traces and the kernel; it knows records only, and no
protocol."""
