"""RDMA: a device as `rdma dev` asks for it and the kernel's include/rdma code tells of it."""

from __future__ import annotations

import struct

import nldissect
from nldissect._internal.engine.summary import describe
from support.messages import attr, u8, u16, u32, u64

RDMA = 20
RDMA_NLDEV_CMD_GET = 5 << 10 | 1
RDMA_NLDEV_ATTR_DEV_INDEX, RDMA_NLDEV_ATTR_DEV_NAME, RDMA_NLDEV_ATTR_FW_VERSION = 1, 2, 5
RDMA_NLDEV_ATTR_NODE_GUID, RDMA_NLDEV_ATTR_DEV_NODE_TYPE = 6, 14


def test_device() -> None:
    payload = attr(RDMA_NLDEV_ATTR_DEV_INDEX, u32(0)) + attr(RDMA_NLDEV_ATTR_DEV_NAME, b"rxe0\0")
    payload += attr(RDMA_NLDEV_ATTR_FW_VERSION, b"\0")
    payload += attr(RDMA_NLDEV_ATTR_NODE_GUID, u64(0x505400FFFE123456))
    payload += attr(RDMA_NLDEV_ATTR_DEV_NODE_TYPE, u8(1))
    head = struct.pack("<IHHII", 16 + len(payload), RDMA_NLDEV_CMD_GET, 2, 1, 0)
    found = nldissect.dissect(head + payload, RDMA)
    assert found["dev-name"] == "rxe0"
    assert describe(found).startswith("get 0: rxe0 node_type ib-ca")
    assert not found.diagnoses


def test_the_port_mapper_and_the_local_service() -> None:
    """As iwpm_msg.c and sa_query.c write them: the kernel asks, and a program answers."""
    storage = struct.pack("=H", 2) + struct.pack(">H4s", 4242, bytes((192, 0, 2, 1)))
    seq, addr = attr(1, u32(5)), attr(2, storage.ljust(128, b"\0"))
    header = b"mlx5_0".ljust(64, b"\0") + bytes((1, 2, 0, 0))
    gid = attr(0x2004, bytes.fromhex("fe80000000000000000000000000abcd"))
    for kind, flags, payload, line in (
        (0x801, 0, seq + addr, "iwpm-add-mapping 192.0.2.1:4242"),
        (0x801, 1, seq + addr + attr(4, u16(3)), "iwpm-add-mapping-answer 192.0.2.1:4242 error 3"),
        (0x1000, 1, attr(1, b"\1" * 8), "ls-resolve-answer 0101010101010101"),
        (0x1000, 0, header + gid, "ls-resolve mlx5_0/1 gmp to fe80::abcd"),
    ):
        raw = struct.pack("=IHHII", 16 + len(payload), kind, flags, 5, 0) + payload
        assert describe(nldissect.dissect(raw, 20)) == line
