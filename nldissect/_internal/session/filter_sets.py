"""Sets of nftables: what NFT_MSG_NEWSET tells, which messages with their elements need.

An anonymous set is part of one rule: its elements are kept too, up to MOST bytes. In a request it
has no name yet (`__set%d`) and goes by its number in the transaction. linux/netfilter/nf_tables.h
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from ..wire import framing
from ..wire.integers import u16, u32
from .capture_facts import FilterSet, InterfaceFacts, Timeline

NEWSET: Final = 2569  # NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_*
NEWSETELEM: Final = 2572
NFTA_SET_TABLE: Final = 1
NFTA_SET_NAME: Final = 2
NFTA_SET_FLAGS: Final = 3
NFTA_SET_KEY_TYPE: Final = 4
NFTA_SET_KEY_LEN: Final = 5
NFTA_SET_DATA_TYPE: Final = 6
NFTA_SET_DATA_LEN: Final = 7
NFTA_SET_DESC: Final = 9
NFTA_SET_ID: Final = 10
NFTA_SET_USERDATA: Final = 13
NFTA_SET_OBJ_TYPE: Final = 15
NFTA_SET_DESC_CONCAT: Final = 2
NFTA_SET_ELEM_LIST_SET: Final = 2
NFTA_SET_ELEM_LIST_ELEMENTS: Final = 3
NFTA_SET_ELEM_LIST_SET_ID: Final = 4
NFT_SET_ANONYMOUS: Final = 1
MOST: Final = 4096


def key(family: int, table: bytes, name: bytes, number: int) -> bytes:
    """By what a set is found; only one that has no name yet goes by its number."""
    table, name = table.rstrip(b"\0"), name.rstrip(b"\0")
    last = b"%d" % number if name.endswith(b"%d") else b""
    return b"%d\0%b\0%b\0%b" % (family, table, name, last)


def learn(
    place: InterfaceFacts, data: bytes, start: i64, stop: i64, serial: i64, big: bool
) -> None:
    """Takes in a new set, or the elements of an anonymous one."""
    new = u16(data, start + 4, big) == NEWSET
    elements: tuple[i64, i64] = (0, 0)
    table = name = b""
    number = 0
    found = framing.Attributes(data, start + 20, stop, big)
    known = FilterSet(data[start + 16 : stop] if new else b"")
    while found.next():
        kind, at, end = found.number, found.start, found.stop
        if kind == NFTA_SET_TABLE:
            table = data[at:end]
        elif kind == NFTA_SET_NAME:
            name = data[at:end]
        elif new:
            if kind == NFTA_SET_ID:
                number = int.from_bytes(data[at:end], "big")
            else:
                _property(known, kind, data, at, end, big)
        elif kind == NFTA_SET_ELEM_LIST_ELEMENTS:
            elements = (at, end)
        elif kind == NFTA_SET_ELEM_LIST_SET_ID:
            number = int.from_bytes(data[at:end], "big")
    which = key(int(data[start + 16]), table, name, number)
    timeline = place.filter_sets.get(which)
    if not new:
        last = None if timeline is None else timeline.last
        if last is not None and last.flags & NFT_SET_ANONYMOUS:
            _keep(last, data, elements[0], elements[1], big)
        return
    if timeline is None:
        timeline = place.filter_sets[which] = Timeline()
    last = timeline.last
    part = u16(data, start + 6, big) & framing.NLM_F_MULTI != 0
    if last is None or last.told != known.told or (known.flags & NFT_SET_ANONYMOUS and not part):
        timeline.teach(int(serial), known)


def _property(known: FilterSet, kind: i64, data: bytes, at: i64, end: i64, big: bool) -> None:
    """What an attribute says of a set."""
    value = int.from_bytes(data[at : at + 4], "big")
    if kind == NFTA_SET_FLAGS:
        known.flags = value
    elif kind == NFTA_SET_KEY_TYPE:
        known.key_type = value
    elif kind == NFTA_SET_KEY_LEN:
        known.key_len = value
    elif kind == NFTA_SET_DATA_TYPE:
        known.data_type = value
    elif kind == NFTA_SET_DATA_LEN:
        known.data_len = value
    elif kind == NFTA_SET_OBJ_TYPE:
        known.object = value
    elif kind == NFTA_SET_DESC:
        inside = framing.Attributes(data, at, end, big)
        if inside.find(NFTA_SET_DESC_CONCAT):
            _fields(known, data, inside.start, inside.stop, big)
    elif kind == NFTA_SET_USERDATA:
        _userdata(known, data, at, end, big)


def _fields(known: FilterSet, data: bytes, at: i64, end: i64, big: bool) -> None:
    """How long the parts of a concatenation are."""
    each = framing.Attributes(data, at, end, big)
    while each.next():
        inside = framing.Attributes(data, each.start, each.stop, big)
        if inside.next():
            known.fields.append(int.from_bytes(data[inside.start : inside.stop], "big"))


def _userdata(known: FilterSet, data: bytes, at: i64, end: i64, big: bool) -> None:
    """nft's own: 0 and 1 are the byte orders of keys and data, 1 the host's."""
    while at + 2 <= end and at + 2 + i64(data[at + 1]) <= end:
        if data[at] <= 1 and data[at + 1] == 4:
            host = u32(data, at + 2, big) == 1
            if data[at] == 0:
                known.host_key = host
            else:
                known.host_data = host
        at += 2 + i64(data[at + 1])


def _keep(known: FilterSet, data: bytes, at: i64, end: i64, big: bool) -> None:
    """The elements of a set without a name, while there are few."""
    each = framing.Attributes(data, at, end, big)
    while each.next():
        known.size += int(each.stop - each.start)
        if known.size > MOST:
            return
        element = data[each.start : each.stop]
        known.elements[element] = element
