"""What Python code beside a dissector works with; docs/HOWTO-add-a-dissector.md tells how."""

from __future__ import annotations

from ._internal.engine.faults import ERROR, NOTE, WARNING
from ._internal.engine.message import Message
from ._internal.engine.node import (
    MOST_PARTS,
    Node,
    cut_short,
    element,
    find,
    header_family,
    in_scope,
    member,
    members,
    part,
    walk,
)
from ._internal.engine.payloads import mpls_labels
from ._internal.engine.summary_lookup import (
    Lookup,
    Piece,
    constant_text,
    flags_text,
    node_text,
    value_text,
)
from ._internal.spec.model import (
    ARRAY,
    BINARY,
    BITFIELD32,
    FLAG,
    NEST,
    PAD,
    S8,
    S16,
    S32,
    S64,
    SIZES,
    STRING,
    STRUCT,
    U8,
    U16,
    U32,
    U64,
    AttributeSet,
    Enum,
    Field,
    Reading,
    Struct,
)
from ._internal.spec.template import Template
from ._internal.spec.ynl import linux_enum
from ._internal.wire.linux import errno_name
from ._internal.wire.text import escaped, format_address, format_mac, quoted

__all__ = [
    "ARRAY", "BINARY", "BITFIELD32", "ERROR", "FLAG", "MOST_PARTS", "NEST", "NOTE", "PAD", "S8",
    "S16", "S32", "S64", "SIZES", "STRING", "STRUCT", "U8", "U16", "U32", "U64", "WARNING",
    "AttributeSet", "Enum", "Field", "Lookup", "Message", "Node", "Piece", "Reading", "Struct",
    "Template", "constant_text", "cut_short", "element", "errno_name", "escaped", "find",
    "flags_text", "format_address", "format_mac", "header_family", "in_scope", "linux_enum",
    "member", "members", "mpls_labels", "node_text", "part", "quoted", "value_text", "walk",
]  # fmt: skip
