"""What a request waits for, by its operation and flags; which requests are the kernel's own."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from ..engine.message import Message
from ..spec import model
from ..wire import framing
from . import codes

RTM_GETNEIGH: Final = 30
RTM_SETDCB: Final = 79
NDA_CACHEINFO: Final = 3


def object_key_of(protocol: i64, kind: i64) -> i64:
    """What a message type has in common with the types of its answers and notifications.

    rtnetlink: the object, for NEW, DEL, GET and SET of each follow one another (linux/rtnetlink.h,
    RTM_FAM); netfilter: the subsystem (linux/netfilter/nfnetlink.h, NFNL_SUBSYS_ID); generic
    netlink: the family id; other protocols have one.
    """
    if protocol == framing.NETLINK_ROUTE:
        return kind >> 2
    if protocol == framing.NETLINK_GENERIC:
        return kind
    return kind >> 8 if protocol == framing.NETLINK_NETFILTER else 0


def kind_of(request: Message) -> i64:
    """What a request waits for: KIND_DUMP, KIND_SINGLE, KIND_ACK or KIND_SILENT."""
    flags: i64 = request.flags
    protocol: i64 = request.protocol
    kind: i64 = request.type
    change: i64 = codes.KIND_ACK if flags & framing.NLM_F_ACK else codes.KIND_SILENT
    if protocol == framing.NETLINK_FIB_LOOKUP:
        return codes.KIND_SINGLE
    if kind < framing.NLMSG_MIN_TYPE:
        return change
    operation = request.operation
    everything = framing.asks_for_all(protocol, kind, flags)
    if protocol == framing.NETLINK_ROUTE and kind & 3 == framing.RTNL_KIND_GET:
        # NLM_F_CREATE is NLM_F_ATOMIC here
        return codes.KIND_DUMP if everything else codes.KIND_SINGLE
    if protocol == framing.NETLINK_ROUTE:
        asks = kind == RTM_SETDCB
    elif operation is None:
        if everything:
            return codes.KIND_DUMP
        return change if flags & framing.NLM_F_CREATE else codes.KIND_SINGLE
    elif protocol == framing.NETLINK_GENERIC:
        return _generic_kind(operation, everything, change)
    else:
        asks = operation.request_class == model.CLASS_GET
    # NLM_F_CREATE says change where a spec knows the answer to a question only
    if not asks or flags & framing.NLM_F_CREATE:
        return change
    return codes.KIND_DUMP if flags & framing.NLM_F_DUMP else codes.KIND_SINGLE


def _generic_kind(operation: model.Operation, everything: bool, change: i64) -> i64:
    """The same of a generic family's request, `change` unless it asks for data."""
    if operation.request_class == model.CLASS_GET:
        return codes.KIND_DUMP if everything else codes.KIND_SINGLE
    # a change that the spec gives a reply, unless that goes to a group
    replies = ("do", "reply") in operation.listed_attributes and not operation.group
    return codes.KIND_SINGLE if replies else change


def solicits(message: Message) -> bool:
    """Whether a question is the kernel's own, to a daemon that resolves addresses.

    neigh_app_ns (net/core/neighbour.c) multicasts RTM_GETNEIGH with NLM_F_REQUEST, number and port
    0, and with NDA_CACHEINFO, which a program's question cannot have (neigh_valid_get_req).
    """
    if message.type != RTM_GETNEIGH or message.flags != framing.NLM_F_REQUEST or message.seq:
        return False
    data, limit, unpack = message.data, message.limit, framing.ATTR[message.big]
    pos = message.base + 28  # struct ndmsg
    while limit - pos >= 4:
        length, number = unpack(data, pos)
        if number == NDA_CACHEINFO:
            return True
        pos += max((length + 3) & ~3, 4)
    return False
