"""The tables of an export and their columns, as data; docs/fleets.md describes them.

A type is Arrow's word for it; `name` is a string that repeats, of which each is kept once, and
`serial` (int64) and `serial32` a number that differs little from that of the row before.
VERSION counts changes that take something away or give it another meaning.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 2
VERSION_KEY: Final = "nldissect.schema"
TABLE_KEY: Final = "nldissect.table"

MESSAGES: Final = "messages"
ATTRIBUTES: Final = "attributes"
TRANSACTIONS: Final = "transactions"
FIELDS: Final = "fields"

HOST: Final = "host"
DATE: Final = "date"
FIELD: Final = "field"  # the number of a row of `fields` within host and capture

SCHEMAS: Final[dict[str, dict[str, str]]] = {
    MESSAGES: {
        "capture": "name",
        HOST: "name",
        "message": "serial",
        "record": "serial",
        "time": "time",
        "protocol": "name",
        "family": "name",
        "dissector": "name",
        "operation": "name",
        "constant": "name",
        "type": "int32",
        "direction": "name",
        "flags": "int32",
        "flag_names": "name",
        "sequence": "int64",
        "port": "int64",
        "length": "int64",
        "process_pid": "int64",
        "process": "name",
        "process_command": "name",
        "process_hint": "bool",
        "process_inode": "int64",
        "role": "name",
        "transaction": "serial",
        "answers": "serial",
        "answered_by": "serial",
        "latency": "int64",
        "confidence": "name",
        "listeners": "int64",
        "copy_of": "int64",
        "group": "name",
        "error": "int32",
        "error_name": "name",
        "truncated": "bool",
        "lost": "int64",
        "os": "name",
        "summary": "string",
        "comments": "strings",
        "diagnoses": "diagnoses",
    },
    ATTRIBUTES: {
        "capture": "name",
        HOST: "name",
        "message": "serial",
        "index": "int32",
        "depth": "int16",
        "path": "name",
        "name": "name",
        "constant": "name",
        "type": "int32",
        "kind": "name",
        "guess": "bool",
        "offset": "int32",
        "length": "int32",
        "value_int": "int64",
        "value_uint": "uint64",
        "value_float": "float64",
        "value_bool": "bool",
        "value_string": "string",
        "value_bytes": "binary",
        "value_json": "string",
        "label": "name",
    },
    TRANSACTIONS: {
        "capture": "name",
        HOST: "name",
        "transaction": "serial",
        "message": "serial",
        "protocol": "name",
        "family": "name",
        "operation": "name",
        "kind": "name",
        "state": "name",
        "start": "time",
        "first": "time",
        "end": "time",
        "latency": "int64",
        "wait": "int64",
        "parts": "int64",
        "notifications": "int64",
        "error": "int32",
        "error_name": "name",
        "port": "int64",
        "process_pid": "int64",
        "process": "name",
    },
}

# In a folder each field of a capture is written once: what it says of an attribute is in a table of
# its own, and attributes have its number.
OF_FIELD: Final = ("depth", "path", "name", "constant", "type", "kind", "guess")
_ATTRIBUTES: Final = SCHEMAS[ATTRIBUTES]
_KEY: Final = {"capture": "name", HOST: "name"}
STORED: Final[dict[str, dict[str, str]]] = {
    **SCHEMAS,
    ATTRIBUTES: {
        **_KEY,
        "message": "serial",
        "index": "int32",
        FIELD: "int32",
        **{name: _ATTRIBUTES[name] for name in _ATTRIBUTES if name not in OF_FIELD},
    },
    FIELDS: {
        **_KEY,
        FIELD: "serial32",
        **{name: _ATTRIBUTES[name] for name in OF_FIELD},
        "path": "string",  # of which hardly any is there twice
    },
}
