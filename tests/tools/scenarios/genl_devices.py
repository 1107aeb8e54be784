"""Requests about a device that no tool of Debian's sends: queues, NAPI, page pools, shapers."""

from __future__ import annotations

import socket
import sys

from genl_families import NETLINK_GENERIC, Family
from rawnl import NETLINK_CAP_ACK, Netlink, nest, u32


def main(device: str) -> None:
    link = Netlink(NETLINK_GENERIC, NETLINK_CAP_ACK)
    index = socket.if_nametoindex(device)
    netdev = Family(link, "netdev")
    netdev.ask(1, u32(1, index))  # dev-get
    for command in (1, 5, 9, 10, 11, 12):  # dumps of devices, page pools, their counters, ...
        netdev.dump(command)
    netdev.dump(12, u32(1, index) + u32(4, 1))  # qstats-get by queue
    netdev.ask(10, u32(2, index) + u32(3, 0) + u32(1, 0))  # queue-get
    shaper = Family(link, "net-shaper")
    queue = nest(1, u32(1, 2), u32(2, 0))
    shaper.ask(2, u32(8, index) + queue + u32(2, 0) + u32(4, 1_000_000))  # set
    shaper.ask(1, u32(8, index) + queue)  # get
    shaper.dump(1, u32(8, index))
    leaves = nest(10, queue, u32(7, 3)) + nest(10, nest(1, u32(1, 2), u32(2, 1)), u32(7, 1))
    node = nest(1, u32(1, 3)) + nest(9, u32(1, 1)) + u32(2, 0) + u32(4, 5_000_000)
    shaper.ask(4, u32(8, index) + leaves + node)  # group
    shaper.dump(1, u32(8, index))
    shaper.ask(3, u32(8, index) + queue)  # delete
    shaper.ask(5, u32(1, index) + u32(2, 2))  # cap-get
    shaper.dump(5, u32(1, index))


if __name__ == "__main__":
    main(sys.argv[1])
