"""Which rows belong to the cursor's, and the brackets that hold them together in the list."""

from __future__ import annotations

from ...pairing.codes import ROLE_COPY
from .capture_model import CaptureModel

FIRST, MEMBER, PASSING, LAST = "┌├│└"  # PASSING: rows of others


def kin(model: CaptureModel, row: int) -> int:
    """What all rows of a transaction have in common, and what it caused; 0 before pairing.

    The transaction's id; of a notification that none caused, and of its copies, its number negated.
    """
    links, number = model.index.links, row + 1
    if not 0 <= row < model.index.paired:
        return 0
    if links.role[number] == ROLE_COPY:
        number = links.of[number]
    return int(links.transaction[number]) or -number


def brackets(model: CaptureModel, row: int, top: int, room: int) -> dict[int, str]:
    """The brackets of the row's kin at the `room` places of the view from `top` on, by place.

    Made of the columns of pairing alone, so that it costs the same in a dump of any size.
    """
    view, wanted = model.view, kin(model, row)
    seen = view.between(top, top + room)
    if not wanted or not seen:
        return {}
    places = [place for place, other in enumerate(seen, top) if kin(model, other) == wanted]
    if view.order is not None:  # they stand anywhere
        return dict.fromkeys(places if len(places) > 1 else (), MEMBER)
    first, last = -wanted - 1, row
    if wanted > 0:
        table = model.index.links.transactions
        first, last = (table.number[wanted] or row + 1) - 1, max(table.latest[wanted] - 1, row)
    start, stop = view.place(first), view.place(last + 1) - 1
    above = start < top and kin(model, view.row(start)) == wanted
    below = stop >= top + len(seen) and kin(model, view.row(stop)) == wanted
    if len(places) + above + below < 2:
        return {}
    begin = top if above else places[0]
    end = top + len(seen) if below else places[-1] + 1
    out = dict.fromkeys(range(begin, end), PASSING)
    out.update(dict.fromkeys(places, MEMBER))
    if not above:
        out[places[0]] = FIRST
    if not below:
        out[places[-1]] = LAST
    return out
