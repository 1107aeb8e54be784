"""Display filters: knows which messages a line of text asks for, and never reads or shows any.

A filter is compiled in the steps of any small language. `parser` cuts the text into tokens and
makes a syntax tree (`syntax_tree`) of expressions. `resolver` looks their names up: message-level
fields in a table (`message_fields`), paths of attributes in the `vocabulary` of the dissectors,
which gives each reading as a `resolved_path`. `compiler` makes operands of fields, checks literals
against the type of their values (`value_types`, of dissectors' fields `field_types`) and puts
predicates together (`predicates`), the cheapest first. A predicate is evaluated on a `subject`: a
message with the tape of one walk, on which a `path_matcher` finds where a field occurs.
`completion` asks the same parser and names what may stand at a cursor. docs/filter.md says what
the language means.
"""

from __future__ import annotations

from ..wire.errors import FilterError
from .display_filter import Filter
from .vocabulary import vocabulary_of

__all__ = ["Filter", "FilterError", "vocabulary_of"]
