"""vDPA: features of a device by what it is, as vdpa(8) has them."""

from __future__ import annotations

from typing import Any

# VIRTIO_F_*, VIRTIO_RING_F_*: linux/virtio_config.h, linux/virtio_ring.h
ANY = {
    24: "NOTIFY_ON_EMPTY", 27: "ANY_LAYOUT", 28: "RING_INDIRECT_DESC", 29: "RING_EVENT_IDX",
    32: "VERSION_1", 33: "ACCESS_PLATFORM", 34: "RING_PACKED", 35: "IN_ORDER",
    36: "ORDER_PLATFORM", 37: "SR_IOV", 38: "NOTIFICATION_DATA", 39: "NOTIF_CONFIG_DATA",
    40: "RING_RESET", 41: "ADMIN_VQ",
}  # fmt: skip
# VIRTIO_NET_F_*: linux/virtio_net.h
NET = {
    0: "CSUM", 1: "GUEST_CSUM", 2: "CTRL_GUEST_OFFLOADS", 3: "MTU", 5: "MAC", 6: "GSO",
    7: "GUEST_TSO4", 8: "GUEST_TSO6", 9: "GUEST_ECN", 10: "GUEST_UFO", 11: "HOST_TSO4",
    12: "HOST_TSO6", 13: "HOST_ECN", 14: "HOST_UFO", 15: "MRG_RXBUF", 16: "STATUS",
    17: "CTRL_VQ", 18: "CTRL_RX", 19: "CTRL_VLAN", 20: "CTRL_RX_EXTRA", 21: "GUEST_ANNOUNCE",
    22: "MQ", 23: "CTRL_MAC_ADDR", 46: "GUEST_UDP_TUNNEL_GSO_MAPPED",
    47: "GUEST_UDP_TUNNEL_GSO_CSUM_MAPPED", 50: "DEVICE_STATS", 52: "VQ_NOTF_COAL",
    53: "NOTF_COAL", 54: "GUEST_USO4", 55: "GUEST_USO6", 56: "HOST_USO", 57: "HASH_REPORT",
    59: "GUEST_HDRLEN", 60: "RSS", 61: "RSC_EXT", 62: "STANDBY", 63: "SPEED_DUPLEX",
}  # fmt: skip
# VIRTIO_BLK_F_*: linux/virtio_blk.h
BLOCK = {
    0: "BARRIER", 1: "SIZE_MAX", 2: "SEG_MAX", 4: "GEOMETRY", 5: "RO", 6: "BLK_SIZE",
    7: "SCSI", 9: "FLUSH", 10: "TOPOLOGY", 11: "CONFIG_WCE", 12: "MQ", 13: "DISCARD",
    14: "WRITE_ZEROES", 16: "SECURE_ERASE", 17: "ZONED",
}  # fmt: skip
BY_DEVICE = {1: NET, 2: BLOCK}  # VIRTIO_ID_*


def features(value: int, message: Any, get: Any) -> str | None:
    """The names of the bits; those of a device that is not told have theirs by number."""
    own = BY_DEVICE.get(get("dev-id"), {})
    return "|".join(
        own.get(bit) or ANY.get(bit) or f"bit_{bit}" for bit in range(64) if value >> bit & 1
    )


HOOKS = {"features": features}
