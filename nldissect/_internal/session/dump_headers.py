"""Dumps of rtnetlink that are asked for with the header of links, whatever they are of.

Unless a socket checks strictly (NETLINK_GET_STRICT_CHK), the kernel reads the family of a
dump's request and nothing else (net/core/rtnetlink.c, rtnetlink_rcv_msg), so many a program has
struct ifinfomsg for all of them, with IFLA_EXT_MASK behind it at times: keepalived, FRR, iproute2
before 5.0.
"""

from __future__ import annotations

from typing import Final

from ..engine.frame import Frame
from ..spec import model
from ..wire import framing

RTM_GETLINK: Final = 18
_SIZE: Final = 16  # of struct ifinfomsg
_HEADER: Final = 16  # nlmsghdr


def may_ask_like_links(operation: model.Operation | None) -> bool:
    """Whether its own header is shorter, so that the two can be told apart."""
    return operation is not None and operation.header is not None and operation.header.size < _SIZE


def asks_like_links(message: Frame) -> bool:
    """Whether it is a dump's request with a family, then nothing but zeros to the end of ifinfomsg.

    In its own header's place, attributes would begin with a length of zero.
    """
    start = message.base + _HEADER
    end = start + _SIZE
    dump = message.flags & framing.NLM_F_DUMP == framing.NLM_F_DUMP
    return dump and end <= message.limit and not any(message.data[start + 1 : end])


def asked_like_links(
    own: model.Operation | None, links: model.Spec | None
) -> model.Operation | None:
    """The operation `own` with header and attributes of RTM_GETLINK."""
    asked = None if links is None else links.operation(RTM_GETLINK, True)
    if own is None or asked is None:
        return None
    out = model.Operation(own.name, own.constant)
    out.request, out.reply, out.request_class = own.request, own.reply, own.request_class
    out.summary = "[family {ifi-family?}]"
    out.header, out.attributes = asked.header, asked.attributes
    return out
