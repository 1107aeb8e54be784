"""What is done to values before they are compared: slices, masks, len(), lower(), upper()."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .field_types import TypedGetter, identity
from .literals import Mismatch, number
from .subject import TapeNode
from .syntax_tree import Expression, Literal
from .value_types import BytesType, NumberType, StringType

# Mismatch for values of a type that cannot be transformed so.
Transform = Callable[[TypedGetter], TypedGetter]
# A part of a slice: from where to before where, None for an end of the value.
SlicePart = tuple[int | None, int | None]


class MismatchAt(Mismatch):
    """A mismatch of one expression of several."""

    def __init__(self, found: Mismatch, expression: Expression) -> None:
        super().__init__(found.reason, found.hint)
        self.expression = expression


def parse_slice(text: str) -> list[SlicePart] | None:
    """[i:j] is j bytes from i on, [i-j] from i to j, [i], [:j], [i:]; several by commas.

    Negative numbers count from the end. None for what is no slice.
    """
    out: list[SlicePart] = []
    for part in text[1:-1].split(","):
        found = _start_and_size(part) if ":" in part else _first_and_last(part.strip())
        if found is None:
            return None
        out.append(found)
    return out


def _start_and_size(text: str) -> SlicePart | None:
    left, _, right = text.partition(":")
    start = number(left.strip()) if left.strip() else 0
    if start is None or not right.strip():
        return None if start is None else (start, None)
    size = number(right.strip())
    if size is None or size <= 0:
        return None
    end = start + size
    return start, None if start < 0 <= end else end


def _first_and_last(text: str) -> SlicePart | None:
    first = last = number(text)
    dash = text.find("-", 1)
    if first is None and dash > 0:
        first, last = number(text[:dash].strip()), number(text[dash + 1 :].strip())
    if first is None or last is None or (first >= 0) != (last >= 0) or first > last:
        return None
    return first, None if last == -1 else last + 1


def sliced(parts: list[SlicePart]) -> Transform:
    """Pieces of a value's bytes, in one."""

    def transform(typed: TypedGetter) -> TypedGetter:
        raw = _bytes_getter(typed, "bytes to slice")

        def get(occurrence: Any) -> bytes | None:
            value = raw(occurrence)
            if value is None:
                return None
            return b"".join(value[start:end] for start, end in parts) or None

        return BytesType(), get

    return transform


def measured(typed: TypedGetter) -> TypedGetter:
    """len(): how many bytes a value has."""
    raw = _bytes_getter(typed, "length")
    return (
        NumberType(),
        lambda occurrence: None if (value := raw(occurrence)) is None else len(value),
    )


def _bytes_getter(typed: TypedGetter, wanted: str) -> Callable[[Any], bytes | None]:
    value_type, get = typed
    if isinstance(value_type, NumberType) and get is identity:
        raise Mismatch(f"this is {value_type.noun}, which has no {wanted}")

    def raw(occurrence: Any) -> bytes | None:
        value = get(occurrence)
        if isinstance(value, str):
            return value.encode("utf-8", "surrogateescape")
        if isinstance(value, bytes):
            return value
        return occurrence.bytes if isinstance(occurrence, TapeNode) else None

    return raw


def cased(change: Callable[[str], str]) -> Transform:
    """lower() and upper()."""

    def transform(typed: TypedGetter) -> TypedGetter:
        value_type, get = typed
        if not isinstance(value_type, StringType):
            raise Mismatch(f"lower() and upper() take strings; this is {value_type.noun}")
        return (
            StringType(),
            lambda occurrence: None if (value := get(occurrence)) is None else change(value),
        )

    return transform


def masked(mask: Literal) -> Transform:
    """`& mask`."""

    def transform(typed: TypedGetter) -> TypedGetter:
        value_type, get = typed
        try:
            result, apply = value_type.masked(mask)
        except Mismatch as found:
            raise MismatchAt(found, mask) from None
        return (
            result,
            lambda occurrence: None if (value := get(occurrence)) is None else apply(value),
        )

    return transform
