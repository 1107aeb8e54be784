"""One dissector per file: the spec of a protocol, its hooks, or both under one stem."""
