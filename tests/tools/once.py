"""Leaves out of a pcap, whole, what tools of nl80211 say again and again.

Of nlctrl and of surveys that is each question after the first of its kind, with what came back;
of all that a wiphy can do every one (another recording has it); of rtnetlink what nobody asked for.

    once.py FROM TO
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

FILE, RECORD, COOKED = 24, 16, 16  # bytes of the headers of a pcap, a packet, LINKTYPE_NETLINK
NLMSG = struct.Struct("<IHHII")
REQUEST, ROUTE, NLCTRL, GENERIC = 1, 0, 16, 16
GET_WIPHY, GET_SURVEY = 1, 50


def main() -> None:
    data = Path(sys.argv[1]).read_bytes()
    out, at = bytearray(data[:FILE]), FILE
    asked: set[tuple[int, int]] = set()
    dropped: set[tuple[int, int]] = set()  # sequence number and port
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at + 8)
        start = at + RECORD
        end = start + size
        (protocol,) = struct.unpack_from(">H", data, start + 14)
        _, kind, flags, seq, port = NLMSG.unpack_from(data, start + COOKED)
        whose = seq, port
        if protocol == GENERIC and flags & REQUEST and kind >= NLCTRL:
            what = kind, data[start + COOKED + NLMSG.size]
            once = kind == NLCTRL or what[1] == GET_SURVEY
            again = (once and what in asked) or (kind != NLCTRL and what[1] == GET_WIPHY)
            (dropped.add if again else dropped.discard)(whose)
            asked.add(what)
        if whose not in dropped if protocol == GENERIC else seq or protocol != ROUTE:
            out += data[at:end]
        at = end
    Path(sys.argv[2]).write_bytes(out)


if __name__ == "__main__":
    main()
