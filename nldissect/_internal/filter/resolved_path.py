"""Paths resolved against the specs: what they can end at, and in which messages.

A path is gone along as its states: each the number of its names that lie above.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from ..engine import paths
from ..engine.message import Message
from ..engine.paths import plain
from ..engine.summary import operation_name
from ..spec import model
from ..spec.tables import GENLMSGHDR
from ..wire import framing
from ..wire.errors import SpecError
from .name_index import numberless

PathStates = frozenset[int]  # one for each way to read the path so far

# What the engine makes of bytes that no spec describes.
UNDESCRIBED: Final = frozenset(
    ("data", "trailing", "padding", "nlmsgerr", "request", "family-header", "partial-member",
     "partial-element", "newer-members")
)  # fmt: skip
# Names that exist without a spec: these, and those of control messages.
DYNAMIC: Final = UNDESCRIBED | {"nlmsghdr", "genlmsghdr", "error", "sequence", "length", "port"}

_START: Final[PathStates] = frozenset((0,))


def names_of(field: model.Field) -> frozenset[str]:
    """Every name of a field in a filter: those of `paths.names_of`, and ip's."""
    names, words = paths.names_of(field), paths.words_for(field)
    return names.union(words) if words else names


class ResolvedPath:
    """One reading of a path: its names, and which messages it is about.

    `spec` and `operations` are names, None for all; `top` says that the first name is that of a
    top-level attribute, `control` that the message is NLMSG_ERROR or NLMSG_DONE. Without names it
    stands for the messages themselves. `origins` are the specs that have the first name, "" among
    them for members of structs, which any may have.
    """

    __slots__ = ("barren", "control", "names", "operations", "origins", "spec", "top")

    def __init__(
        self,
        names: tuple[str, ...],
        spec: str | None = None,
        operations: frozenset[str] | None = None,
        top: bool = False,
        control: bool = False,
    ) -> None:
        self.names = names
        self.spec = spec
        self.operations = operations
        self.top = top
        self.control = control
        self.origins: frozenset[str] = frozenset()
        # Sets that were searched with these states, and nothing of it was found
        self.barren: set[tuple[model.AttributeSet, PathStates]] = set()

    @property
    def scoped(self) -> bool:
        """Whether it says which messages it is about."""
        return self.spec is not None or self.operations is not None or self.control

    def applies_to(self, message: Message) -> bool:
        """Whether a message of this operation may have it."""
        control = message.type < framing.NLMSG_MIN_TYPE
        if self.spec is not None:
            has = "netlink" if control else None if message.spec is None else message.spec.name
            if has is None or plain(has) != self.spec:
                return False
        if self.operations is None:
            return not self.control or control
        if control:
            return operation_name(message) in self.operations
        operation = message.operation
        return operation is not None and operation.name in self.operations

    def advance(self, names: frozenset[str], states: PathStates) -> tuple[bool, PathStates]:
        """Whether a field of these names is what it ends at, and the states below that field."""
        end = False
        below = set() if self.top else {0}
        last = len(self.names) - 1
        for state in states:
            if self.names[state] in names:
                if state == last:
                    end = True
                else:
                    below.add(state + 1)
        return end, frozenset(below)


class ReachableFields:
    """The fields that a path can end at, as far as specs tell.

    `open` says that there may be others: made by a dissector's own code, or unknown. With
    `first_only` the search ends at the first of any.
    """

    def __init__(self, path: ResolvedPath, first_only: bool = False) -> None:
        self.fields: dict[model.Field, None] = {}
        self.open = False
        self._path = path
        self._first_only = first_only
        self.visited: set[tuple[model.AttributeSet, PathStates]] = set()

    def __bool__(self) -> bool:
        return self.open or bool(self.fields)

    def in_operation(self, operation: model.Operation) -> None:
        """In the messages of an operation."""
        self.open |= operation.hook is not None or self._path.names[-1] in UNDESCRIBED
        for header in (operation.header, GENLMSGHDR):
            self.in_struct(header, _START)
        self._in_set(operation.attributes, _START)

    def in_struct(self, struct: model.Struct | None, states: PathStates) -> None:
        """At a member of a struct, whose own name may be left out."""
        if struct is None:
            return
        end, below = self._path.advance(frozenset((plain(struct.name),)), states)
        self.open |= end
        states |= below
        for member in struct.members:
            self._at_field(member, states)

    def _in_set(self, attributes: model.AttributeSet | None, states: PathStates) -> None:
        if attributes is None or not states:
            return
        here = attributes, states
        if here in self.visited or here in self._path.barren:
            return
        self.visited.add(here)
        last = len(self._path.names) - 1
        if last in states and self._path.names[last].isdecimal():  # one that the set does not have
            self.open = True
        wanted = self._path.names[last] if last in states else ""  # all that leaves can be
        with suppress(SpecError):
            for field in attributes.heading() if attributes.layout == model.USERDATA else ():
                self._at_field(field, states)
            for number, names in attributes.numbered().items():
                if number not in attributes.leaves or (wanted and _is_one(wanted, names, number)):
                    found = attributes.field(number)
                    if found is not None:
                        self._at_field(found, states)

    def _at_field(self, field: model.Field, states: PathStates) -> None:
        if self._first_only and self:
            return
        for one in (field, field.request):
            if one is not None:
                end, below = self._path.advance(names_of(one), states)
                if end:
                    self.fields[one] = None
                if below:
                    self.in_field(one, below)

    def in_field(self, field: model.Field, states: PathStates) -> None:
        """Inside of a field."""
        if field.sub_message is not None:
            for form in (*field.sub_message.formats.values(), field.sub_message.default):
                if form is not None:
                    for header in (form.header, *form.variants.values()):
                        self.in_struct(header, states)
                    self._in_set(form.attributes, states)
        for one in (field, field.element):
            if one is not None:
                self.in_struct(one.struct, states)
                self._in_set(one.nested, states)
                for behind in (one.tail, one.tail_then):
                    if behind is not None:
                        self._at_field(behind, states)
        for other in field.forms:
            self.in_field(other.field, states)
        self.open = self.open or self._holds_unspecified(field, states)

    def _holds_unspecified(self, field: model.Field, states: PathStates) -> bool:
        """Whether the next name may be in a field though no spec says so."""
        names = [self._path.names[state] for state in states]
        numbered = field.length_prefixed or field.kind in _NUMBERED_ENTRIES
        if numbered and any(name.isdecimal() for name in names):
            return True
        if field.kind == model.BITFIELD32 and ("value" in names or "selector" in names):
            return True
        if field.kind in (model.MESSAGE, model.HEADER):
            return True
        return field.coded and self._made_by_hook(field, states)

    def _made_by_hook(self, field: model.Field, states: PathStates) -> bool:
        """Whether a dissector's own code may make it.

        It makes what the sub-message says that it holds, else what its spec describes; of other
        names only what lies in a field that the path names.
        """
        path, kind = self._path, field.kind
        if path.names[0] in field.made or numberless(path.names[0]) in field.made:
            return True
        if kind <= model.LAST_SCALAR or kind in (model.STRING, model.FLAG):
            return False
        if any(state > 0 for state in states) or path.names[0] in DYNAMIC:
            return True
        if kind == model.ARRAY:  # if at all, then a struct
            return path.origins == {""}
        if field.sub_message is not None:
            return False
        return not path.origins or "" in path.origins or spec_of(field) in path.origins


def _is_one(wanted: str, names: list[tuple[str, str]], number: int) -> bool:
    """Whether an attribute of this number and these names and constants is called so."""
    for name, constant in names:
        if wanted in paths.plain_names(name, constant, number):
            return True
        if wanted in paths.words_for_constant(constant):
            return True
    return False


_NUMBERED_ENTRIES: Final = (model.INDEXED, model.ARRAY, model.TYPE_VALUE, model.UNKNOWN)


def spec_of(field: model.Field) -> str:
    """The name of the spec that defines a field; "" for members of structs."""
    return field.path.partition(".")[0]


def operation_can_hold(operation: model.Operation, path: ResolvedPath) -> bool:
    """Whether a message of this operation can have what the path ends at."""
    found = ReachableFields(path, first_only=True)
    found.in_operation(operation)
    return _some(found, path)


def field_can_hold(field: model.Field, path: ResolvedPath, states: PathStates = _START) -> bool:
    """Whether what the path ends at can lie in a field."""
    found = ReachableFields(path, first_only=True)
    found.in_field(field, states)
    return _some(found, path)


def _some(found: ReachableFields, path: ResolvedPath) -> bool:
    """Whether a search found something; where it found nothing, none need be again."""
    if found:
        return True
    path.barren |= found.visited
    return False
