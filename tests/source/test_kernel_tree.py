"""Families of the kernel's own source, against the specs that the kernel has of them and ours.

NLDISSECT_KERNEL names a tree of Linux 7.2: NLDISSECT_KERNEL=~/linux pytest tests/source
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from nldissect._internal.source import source_spec
from nldissect._internal.spec import dissector_file, model
from support import ROOT

KERNEL = Path(os.environ.get("NLDISSECT_KERNEL", "/nonexistent"))
UAPI = "include/uapi/linux/"

pytestmark = pytest.mark.skipif(
    not (KERNEL / UAPI).is_dir(), reason="NLDISSECT_KERNEL names no tree of the kernel's source"
)

OVS = ("net/openvswitch/*.[ch]", UAPI + "openvswitch.h")
# By family: its files, and a pattern of the attributes that may differ.
#   OTHER FILES: drivers and callers outside of these put what is inside, or many of them.
#   SOURCE: the kernel's spec or our dissector has it otherwise than the source does.
#   OPEN: what the code does with it is more than calls tell.
FAMILIES: dict[str, tuple[tuple[str, ...], str]] = {
    "ethtool": (("net/ethtool/*.[ch]", UAPI + "ethtool*.h", UAPI + "net_tstamp.h"),
        "ETHTOOL_A_(CABLE_TEST_NTF_NEST|CABLE_TEST_TDR_NTF_.*|MODULE_FW_FLASH_STATUS_MSG"  # OPEN
        "|MSE_.*|STRINGSET_STRINGS|TUNNEL_UDP_TABLE_ENTRY"
        "|STATS_GRP_STAT)"  # SOURCE: an array
    ),
    "wireguard": (("drivers/net/wireguard/*.[ch]", "drivers/net/wireguard/generated/*.[ch]",
                   UAPI + "wireguard.h"), ""),
    # OPEN: big-endian by what its type is for
    "macsec": (("drivers/net/macsec.c", UAPI + "if_macsec.h", "include/net/macsec.h"),
                   "MACSEC_.*_S?SCI"),
    "thermal": (("drivers/thermal/thermal_netlink.c", UAPI + "thermal.h"), ""),
    "TASKSTATS": (("kernel/taskstats.c", UAPI + "taskstats.h", UAPI + "cgroupstats.h"), ""),
    # OPEN: a struct with a tail
    "TIPCv2": (("net/tipc/*.[ch]", UAPI + "tipc_netlink.h", UAPI + "tipc.h"),
                   "TIPC_NLA_(NET_UNSPEC|NODE_KEY)"),
    # OPEN: an array by its length alone
    "ovs_datapath": (OVS, "OVS_DP_ATTR_PER_CPU_PIDS"),
    # SOURCE: a u16, a nest
    "ovs_vport": (OVS, "OVS_TUNNEL_ATTR_(DST_PORT|EXTENSION)"),
    "ovs_flow": (OVS,
        "OVS_(ACTION_ATTR_PSAMPLE|ACTION_ATTR_TRUNC|KEY_ATTR_MPLS)"  # SOURCE: 25, struct, array
        "|OVS_(TUNNEL_KEY_ATTR_GENEVE_OPTS|USERSPACE_ATTR_ACTIONS)"  # OPEN
    ),
    "ovs_packet": (OVS, ""),
    "ovs_meter": (OVS, ""),
    # OPEN: structs put without a header
    "ovs_ct_limit": (OVS, "OVS_CT_LIMIT_ATTR_ZONE_LIMIT"),
    "nl80211": (("net/wireless/nl80211.c", "net/wireless/pmsr.c", UAPI + "nl80211.h"),
        "NL80211_(ATTR_COLOR_CHANGE_COUNT|ATTR_CONTROL_PORT_ETHERTYPE|ATTR_MLO_TTLM_.LINK"  # SOURCE
        "|ATTR_.X_FRAME_TYPES|(ATTR|IFACE_LIMIT)_.*TYPES|IFTYPE_.*|ATTR_WIPHY_BANDS|BAND_[^_]*"
        "|WOWLAN_TRIG_.*)|__.*_NO_IBSS"
        "|NL80211_ATTR_SUPPORT_(5|10)_MHZ"  # OPEN: only ever reported
    ),
    "devlink": (("net/devlink/*.[ch]", UAPI + "devlink.h", "include/net/devlink.h"),
        "DEVLINK_ATTR_(DPIPE_.*|INFO_VERSION_.*|RELOAD_ACTION_STATS)"  # OTHER FILES
    ),
    # SOURCE: nothing is in it
    "netdev": (("net/core/netdev-genl*.[ch]", "net/core/page_pool_user.c", "net/core/devmem.c",
                "io_uring/zcrx.c", UAPI + "netdev.h"), "NETDEV_A_QUEUE_XSK"),
    "gtp": (("drivers/net/gtp.c", UAPI + "gtp.h"), ""),
    "l2tp": (("net/l2tp/l2tp_netlink.c", UAPI + "l2tp.h"), ""),
    # SOURCE: gone, and a u32 in answers
    "batadv": (("net/batman-adv/*.[ch]", UAPI + "batman_adv.h"),
                   "BATADV_ATTR_(NETWORK_CODING_ENABLED|VLANID)"),
    # SOURCE: of two sizes, big-endian
    "IPVS": (("net/netfilter/ipvs/ip_vs_ctl.c", UAPI + "ip_vs.h"),
                   "IPVS_(STATS_ATTR_.*|SVC_ATTR_NETMASK)"),
    "dpll": (("drivers/dpll/*.[ch]", UAPI + "dpll.h"), ""),
    "ovpn": (("drivers/net/ovpn/*.[ch]", UAPI + "ovpn.h"), ""),
    "psp": (("net/psp/*.[ch]", UAPI + "psp.h"), ""),
    "net-shaper": (("net/shaper/*.[ch]", UAPI + "net_shaper.h"), ""),
}  # fmt: skip


def reference(family: str) -> model.Spec:
    """The kernel's spec of a family, else our dissector."""
    for folder in (KERNEL / "Documentation/netlink/specs", ROOT / "dissectors"):
        for path in sorted(folder.glob("*.yaml")):
            if f"\nname: {family}\n" in "\n" + path.read_text(encoding="utf-8"):
                return dissector_file.load(str(path))
    raise AssertionError(family)


def same(theirs: model.Field, ours: model.Field) -> bool:
    """Whether two specs say the same of an attribute's type and of what is in it."""
    if theirs.kind in (model.BINARY, model.SUB_MESSAGE):
        return True  # ours says more; or another attribute decides, which no call tells
    if theirs.kind <= model.LAST_SCALAR >= ours.kind:
        alike = theirs.width == ours.width or 0 in (theirs.width, ours.width)
        return alike and theirs.big == ours.big and theirs.multi <= ours.multi
    if theirs.kind != ours.kind or theirs.multi > ours.multi:
        return False
    if theirs.nested is None or not theirs.nested.ensure():
        return True
    inside = {one.constant for one in theirs.nested.ensure().values()}
    found = {} if ours.nested is None else ours.nested.ensure()
    return not found or any(one.constant in inside for one in found.values())


@pytest.mark.parametrize("family", FAMILIES)
def test_source_gives_what_the_spec_says(family: str, tmp_path: Path) -> None:
    patterns, allowed = FAMILIES[family]
    files = [str(path) for one in patterns for path in sorted(KERNEL.glob(one))]
    made = tmp_path / "made.yaml"
    made.write_text(source_spec.learn(files, family).text)
    assert dissector_file.check(str(made)) == []
    ours: dict[str | None, model.Field] = {}
    for attributes in dissector_file.load(str(made)).attribute_sets.values():
        for field in attributes.ensure().values():
            ours.setdefault(field.constant, field)
    different = set()
    for attributes in reference(family).attribute_sets.values():
        for field in attributes.ensure().values():
            found = ours.get(field.constant)
            if field.kind == model.UNKNOWN:
                continue
            if found is None or found.number != field.number or not same(field, found):
                different.add(field.constant)
    assert {one for one in different if not re.fullmatch(allowed, str(one))} == set()
