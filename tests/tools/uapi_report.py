"""Report what a kernel's UAPI headers have and the dissectors lack.

Usage: python uapi_report.py INCLUDE [SECTION]...

INCLUDE is a folder with linux/*.h: that of linux-libc-dev, or of `make
headers_install`. The report goes by the sections of SECTIONS, each a set of
headers and the dissectors that cover them. An enumeration belongs to them
when they know one of its constants; then every other one has to be known too,
with its number, or stand in WHY with the reason. The same goes for a numeric
#define that begins like the entries of an enumeration of theirs, and for the
members of a struct that they know. Enumerations of which nothing is known are
listed as such. The exit status is 1 if something is missing without a reason.
"""

from __future__ import annotations

import ast
import operator
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nldissect._internal.spec import deferred, dissector_file, registry

# Section: headers below linux/, dissectors (names, a trailing * for all that begin so).
SECTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rtnetlink": (
        (
            "rtnetlink.h", "if_link.h", "if_addr.h", "if_addrlabel.h", "neighbour.h",
            "fib_rules.h", "nexthop.h", "netconf.h", "net_namespace.h", "if_bridge.h",
            "mrp_bridge.h", "cfm_bridge.h", "if_bonding.h", "dcbnl.h", "mroute.h", "mroute6.h",
            "if.h", "icmpv6.h", "ife.h", "caif/if_caif.h", "mpls.h", "lwtunnel.h",
            "mpls_iptunnel.h", "seg6.h", "seg6_iptunnel.h",
            "seg6_local.h", "rpl_iptunnel.h", "ioam6_iptunnel.h", "ila.h", "if_tunnel.h",
            "ip6_tunnel.h", "if_vlan.h", "veth.h", "can/vxcan.h", "can/netlink.h", "wwan.h",
            "batman_adv.h", "amt.h", "if_macsec.h", "ip.h", "ipv6.h", "snmp.h", "pkt_sched.h",
            "pkt_cls.h", "gen_stats.h", "tc_act/*.h", "tc_ematch/*.h",
        ),
        ("rt-*", "tc"),
    ),
    "nftables": (
        ("netfilter/nf_tables.h", "netfilter/nf_tables_compat.h", "netfilter/nf_nat.h",
         "netfilter/nf_synproxy.h", "netfilter/nf_log.h", "netfilter/nfnetlink_cttimeout.h"),
        ("nftables", "nft-compat", "cttimeout"),
    ),
    "genl-more": (
        (
            "if_macsec.h", "l2tp.h", "seg6_genl.h", "seg6_hmac.h", "ioam6_genl.h", "ila.h",
            "taskstats.h", "cgroupstats.h", "thermal.h", "quota.h", "batman_adv.h", "gtp.h",
            "smc.h", "tipc_netlink.h", "ip_vs.h", "nbd-netlink.h", "net_dropmon.h", "psample.h",
            "vdpa.h", "hsr_netlink.h", "cifs/cifs_netlink.h", "nfc.h", "ncsi.h",
            "target_core_user.h", "../regulator/regulator.h", "drbd.h", "drbd_genl.h",
            "tipc_config.h", "nbd.h",
        ),
        (
            "macsec", "l2tp", "SEG6", "IOAM6", "ila", "TASKSTATS", "thermal", "VFS_DQUOT", "batadv",
            "gtp", "SMC_*", "TIPCv2", "IPVS", "nbd", "NET_DM", "psample", "vdpa", "HSR", "cifs",
            "nfc", "NCSI", "TCM-USER", "reg_event", "drbd", "TIPC",
        ),
    ),
    # Headers that are the kernel's own: INCLUDE is include/uapi of its sources.
    "genl-kernel": (
        (
            "../../../net/netlabel/netlabel_*.h", "../../../include/net/netlabel.h",
            "../../../include/net/cipso_ipv4.h", "../../../include/net/calipso.h",
            "../../../drivers/net/wireless/virtual/mac80211_hwsim.h",
            "../../../drivers/net/ieee802154/mac802154_hwsim.h",
            "../../../include/linux/nl802154.h", "../../../include/net/nl802154.h",
            "../../../drivers/scsi/pmcraid.[ch]", "../../../drivers/acpi/event.c",
            "../../../fs/smb/server/ksmbd_netlink.h",
        ),
        (
            "NLBL_*", "MAC80211_HWSIM", "MAC802154_HWSIM", "802.15.4 MAC", "nl802154", "pmcraid",
            "acpi_event", "SMBD_GENL",
        ),
    ),
    "ipset": (("netfilter/ipset/ip_set.h",), ("ipset",)),
    "netfilter": (
        (
            "netfilter/nfnetlink.h", "netfilter/nfnetlink_log.h", "netfilter/nfnetlink_queue.h",
            "netfilter/nfnetlink_cttimeout.h", "netfilter/nfnetlink_cthelper.h",
            "netfilter/nfnetlink_conntrack.h", "netfilter/nfnetlink_acct.h",
            "netfilter/nfnetlink_hook.h", "netfilter/nfnetlink_osf.h", "netfilter/nf_osf.h",
            "netfilter/nf_conntrack_common.h", "netfilter/nf_conntrack_tcp.h",
            "netfilter/nf_conntrack_sctp.h",
        ),
        (
            "nfnetlink", "nflog", "nfqueue", "cttimeout", "cthelper", "nft-compat", "nfnl-osf",
            "ctnetlink", "nfacct", "nfnl-hook",
        ),
    ),
    "nlctrl": (("genetlink.h", "netlink.h"), ("nlctrl", "netlink")),
    "nl80211": (("nl80211.h",), ("nl80211",)),
    "wireguard": (("wireguard.h",), ("wireguard",)),
    "ethtool": (("ethtool_netlink.h", "ethtool_netlink_generated.h", "ethtool.h"), ("ethtool",)),
    "devlink": (("devlink.h",), ("devlink",)),
    "team": (("if_team.h",), ("team",)),
    "fou": (("fou.h",), ("fou",)),
    "mptcp": (("mptcp.h", "mptcp_pm.h"), ("mptcp_pm",)),
    "netdev": (("netdev.h",), ("netdev",)),
    "tcp_metrics": (("tcp_metrics.h",), ("tcp_metrics",)),
    "openvswitch": (("openvswitch.h",), ("ovs_*",)),
    "dpll": (("dpll.h",), ("dpll",)),
    "systems": (
        ("xfrm.h", "cryptouser.h", "selinux_netlink.h"),
        ("xfrm", "crypto", "selinux"),
    ),
    "sock_diag": (
        (
            "sock_diag.h", "inet_diag.h", "unix_diag.h", "netlink_diag.h", "packet_diag.h",
            "vm_sockets_diag.h", "xdp_diag.h", "smc_diag.h", "tipc_sockets_diag.h",
        ),
        ("sock-diag",),
    ),
    "genl": (
        (
            "android/binder_netlink.h", "dev_energymodel.h", "../drm/drm_ras.h", "handshake.h",
            "lockd_netlink.h", "net_shaper.h", "nfsd_netlink.h", "ovpn.h", "psp.h",
            "sunrpc_netlink.h",
        ),
        (
            "binder", "dev-energymodel", "drm-ras", "handshake", "lockd", "net-shaper", "nfsd",
            "ovpn", "psp", "sunrpc",
        ),
    ),
}  # fmt: skip

# Enumerations whose constants are indices: prefix, and the struct that has them as members.
INDICES: tuple[tuple[str, str], ...] = (
    ("DEVCONF_", "ipv6_devconf"), ("IPSTATS_MIB_", "inet6_stats"), ("ICMP6_MIB_", "icmp6_stats"),
)  # fmt: skip

# What is left out on purpose: pattern of the whole name, and the reason. These of the
# entries of enumerations that dissectors know, where a new one must not pass for an old one:
WHY_ENTRIES: tuple[tuple[str, str], ...] = (
    (r"XFRM_(POLICY_TYPE_MAX|POLICY_MASK)|(XFRM|CRYPTO)_MSG_BASE", "a bound"),
    (r"RTM_BASE|RTNLGRP_NOP[24]", "no value"),
    (r"NFNLGRP_NF(TABLES|TRACE)", "a group of nftables, in its dissector"),
    (
        r"IPSET_(MSG_MAX|CMD_(RESTORE|HELP|VERSION|QUIT|MAX|COMMIT)|ATTR_CADT_MAX)",
        "a bound, or a command of ipset(8) that is no message",
    ),
    (r"IPSET_FLAG_BIT_\w+|IPS_\w+_BIT", "the number of a flag's bit"),
    (r"IPS_\w+_MASK", "a mask of others"),
    (r"TCP_CONNTRACK_(LISTEN|MAX|IGNORE|RETRANS|UNACK)", "a value of the kernel's own, or a bound"),
    (r"ETHTOOL_MSG_\w+_REPLY", "the number of an operation's answer"),
    (r"NL80211_\w*(_MAX|_MAX_TYPE|_ACS|_INVALID)|MAX_NL80211_\w+|\w+_MAX_BIT", "a bound"),
    (r"ETH_SS_COUNT|ERR_CODE_BASE|AFTER_LAST_ERR_CODE", "a bound"),
    (r"[RCD]_MASK", "a mask of others"),
    (r"NL802154_IFTYPE_UNSPEC", "no value"),
    (r"NFT_FLOWTABLE_MASK", "a mask of others"),
    (
        r"OVS_SAMPLE_ATTR_ARG|OVS_CHECK_PKT_LEN_ATTR_ARG|OVS_ACTION_ATTR_SET_TO_MASKED",
        "the kernel's own, which it never sends",
    ),
    (r"NETDEV_XDP_ACT_MASK", "a mask of others"),
    (r"CGROUPSTATS_CMD_UNSPEC", "no value"),
    (r"VDPA_ATTR_VDPA_DEV_SUPPORTED_FEATURES", "its number is another attribute's since 6.9"),
    (r"RTNLGRP_DECnet_(IFADDR|ROUTE|RULE)|RTNLGRP_NOTIFY", "a group to which no kernel sends"),
)
# And these of #defines, of enumerations of which nothing is known, and of structs:
WHY: tuple[tuple[str, str], ...] = (
    (r"XFRM_MODE_MAX|INET_DIAG_GETSOCK_MAX|NFQA_CFG_F_MAX", "a bound"),
    (r"NF_CT_EXPECT_DEAD", "a value of the kernel's own"),
    (r"IP_CT_\w+", "in _packet.yaml, which others include"),
    (r"IPSET_ERR_\w+", "an error, in wire/linux.py"),
    (r"SK_MEMINFO_\w+|INET_DIAG_BC_\w+", "places in an array and commands of a filter, in words"),
    (r"CTA_NAT_SEQ_\w+", "an older name of CTA_SEQADJ_*"),
    (r"IPCT_\w+|IPEXP_\w+|IP_CT_(NUMBER|NEW_REPLY|IS_REPLY|UNTRACKED)",
     "a value of the kernel's own"),
    (r"IPSET_(CREATE_FLAG|DIM|COUNTER)_\w+|IPSET_(ADD|DEL|TEST|ADT_MAX|CREATE|CADT_MAX)"
     r"|IPSET_(INV_MATCH|BIT_RETURN_NOMATCH|RETURN_NOMATCH)", "the kernel's own, or of iptables"),
    (r"TIPC_(MIN|DEF|MAX|MEDIA)_LINK_\w+|NL802154_CMD_FRAME_NR_IDS", "a limit"),
    (r"KSMBD_\w+_INVALID|KSMBD_TREE_CONN_FLAG_REQUEST_SMB1|TIPC_GENL(_V2)?_VERSION", "no value"),
    (r"TIPC_NTQ_ALLTYPES|KSMBD_RPC_\w+_RETURN", "a mask of others"),
    (r"BATADV_\w+|MACSEC_\w+|ILA_CMD_\w+|NETLINK_(UN)?CONNECTED|NL_MMAP_\w+",
     "generic netlink, or the socket's"),
    (r"NLMSG_MIN_TYPE|GENL_(ID_\w+|START_ALLOC|NAMSIZ|MAX_ID)|TC_U32_MAXDEPTH|PORT_\w+_MAX"
     r"|IFE_METAHDRLEN|IEEE_8021QAZ_APP_SEL_MAX|DCB_ATTR_VALUE_UNDEFINED", "no value"),
    (r"\w+_(MASK|BITS|SHIFT)|XDP_FLAGS_MODES|TUNNEL_MSG_VALID_USER_FLAGS|TC_RED_HISTORIC_FLAGS"
     r"|TUNNEL_OPTIONS_PRESENT|GRE_(REC|FLAGS|VERSION)", "a mask of others"),
    (r"NL80211_\w+_(LEN|DURATION|INTVL|SLOT)|ETHTOOL_GENL_VERSION", "no value"),
    (r"ETHTOOL_(G|S|GET_|SET_|PHY_[GS])(SET|DRVINFO|REGS|WOL|MSGLVL|LINK|EEPROM|COALESCE|RINGPARAM"
     r"|PAUSEPARAM|RXCSUM|TXCSUM|SG|STRINGS|STATS|TSO|PERMADDR|UFO|GSO|FLAGS|PFLAGS|RXFH|GRO"
     r"|RXRINGS|RXCLSRL\w+|RXCLSRULE|RXNTUPLE|SSET_INFO|RXFHINDIR|FEATURES|CHANNELS|DUMP"
     r"|DUMP_FLAG|DUMP_DATA|TS_INFO|MODULEINFO|MODULEEEPROM|EEE|RSSH|TUNABLE|PHYSTATS|LINKSETTINGS"
     r"|FECPARAM)|ETHTOOL_(NWAY_RST|TEST|PHYS_ID|FLASHDEV|RESET|PERQUEUE)", "a command of ioctl"),
    (r"ETHTOOL_(RX_FLOW_SPEC_\w+|RXNTUPLE_ACTION_\w+|PHY_(FAST_LINK_DOWN|EDPD)_\w+)",
     "a value in a struct of ioctl"),
    (r"ETHTOOL_(FWVERS|BUSINFO|EROMVERS)_LEN|ETHTOOL_FLASH_MAX_FILENAME", "a limit"),
    (r"ETHTOOL_(LINK|C33_PSE)_EXT_SUBSTATE_\w+", "a number: its state says what"),
    (r"ETHTOOL_(ID_|TUNABLE_|PHY_)\w*|ETHTOOL_(RX_COPYBREAK|TX_COPYBREAK|PFC_PREVENTION_TOUT"
     r"|TX_COPYBREAK_BUF_SIZE)|ETH_(TEST_FL|RESET|FLAG)_\w+|ETHTOOL_(FEC|F)_\w+"
     r"|ETHTOOL_FLASH_ALL_REGIONS|\w+_FLOW|FLOW_(EXT|MAC_EXT|RSS)",
     "a value in a struct of ioctl"),
    (r"DEVLINK_PARAM_(FW_LOAD_POLICY|RESET_DEV_ON_DRV_PROBE)_VALUE_\w+"
     r"|DEVLINK_DPIPE_FIELD_\w+", "a driver's number"),
    (r"ETHTOOL_PSE_(UNKNOWN|PODL|C33)", "the kernel's own"),
    (r"TCP_METRIC_\w+", "an index: TCP_METRICS_A_METRICS_* is 1 higher"),
    (r"XCVR_DUMMY\d", "a transceiver that no driver reports"),
    (r"RXH_XFRM_NO_CHANGE", "no value: what ethtool_rxfh_param has for an unset one"),
    (r"BR_MCAST_DIR_\w+", "an index, of two members of struct br_mcast_stats each"),
    (r"(ICMP|TCP|UDP|LINUX)_MIB_\w+", "counters of /proc"),
    (r"IP_TUNNEL_\w+_BIT|TCA_ACT_[A-Z_]+|TCA_ID_\w+|TCA_FLOWER_MASK_FLAGS_RANGE"
     r"|GRE_(PROTO_PPP|VERSION_\d)|TCF_EM_REL_END|TC_U32_ROOT", "a value of the kernel's own"),
    (r"\w+_VLAN_CMD|\w+_VLAN_\w+_CMD|VLAN_NAME_TYPE_\w+", "ioctl"),
    (r"BR_MRP_(SUB_)?TLV_HEADER_\w+|BR_CFM_OPCODE_\w+", "in packets, not in messages"),
    (r"TCF_EM_CMP_TRANS|struct tcf_em_text", "bit fields, which tc.py takes apart"),
    (r"NFT_\w*_?(MAXLEN|MAXNAMELEN|MAXGENRELEN|NAME_MAX)|NFT_REG(32)?_SIZE|NF_LOG_PREFIXLEN",
     "a limit"),
    (r"NFT_FLOWTABLE_MASK|NF_NAT_RANGE_PROTO_RANDOM_ALL", "a mask of others"),
    (r"IP_VS_CONN_F_(SYNC|HASHED|NOOUTPUT|INACTIVE|OUT_SEQ|IN_SEQ|NO_CPORT|TEMPLATE|ONE_PACKET"
     r"|NFCT)|NFC_SE_(DIS|EN)ABLED", "a value of the kernel's own"),
    (r"IP_VS_TUNNEL_ENCAP_FLAG_NOCSUM|NFC_PROTO_MAX", "no value"),
    (r"PORT_SELF_VF", "IFLA_PORT_SELF's place for a VF"),
)  # fmt: skip


@dataclass
class Block:
    """The constants of one enumeration, or the #defines of a header (`name` empty)."""

    header: str
    name: str
    values: dict[str, int | None] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)  # constant: the one it is set to
    limits: set[str] = field(default_factory=set)  # set to an expression

    def bounds(self, constant: str) -> bool:
        """Whether it only bounds the enumeration: `__X_MAX`, `X_MAX` at the end, 0 for none."""
        if constant.startswith(("__", "NUM_")):
            return True
        if constant.endswith("_MAX"):
            return constant == next(reversed(self.values)) or constant in self.limits
        return self.values[constant] == 0 and constant.endswith(
            ("_UNSPEC", "_UNDEFINED", "_UNUSED", "_NONE")
        )


@dataclass
class Facts:
    """What headers hold: enumerations, #defines by header, struct members by struct."""

    enums: list[Block] = field(default_factory=list)
    defines: list[Block] = field(default_factory=list)
    structs: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)  # that stand for struct members


OPERATORS: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.LShift: operator.lshift,
    ast.BitOr: operator.or_, ast.Mult: operator.mul,
}  # fmt: skip


def evaluate(text: str, known: dict[str, int | None]) -> int | None:
    """The value of a C integer expression, None for what is none."""
    text = re.sub(r"\b(0[xX][0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", text)
    text = re.sub(r"\b(?:_?BIT(?:ULL|UL)?|_BITUL|__cpu_to_be16)\(([^()]*)\)", _call, text)
    text = re.sub(r"\(\s*(?:__u\d+|__be\d+|unsigned int|int)\s*\)", "", text)
    text = re.sub(r"\b0(?=\d)", "", text)  # octal is not used where it matters
    try:
        return _value(ast.parse(text.strip(), mode="eval").body, known)
    except (SyntaxError, ValueError, KeyError, TypeError):
        return None


def _call(found: re.Match[str]) -> str:
    shift = "" if "cpu" in found[0] else "1 << "
    return f"({shift}({found[1]}))"


def _value(node: ast.AST, known: dict[str, int | None]) -> int:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.Name):
        value = known[node.id]
        if value is None:
            raise ValueError
        return value
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left, known), _value(node.right, known))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, known)
    raise ValueError


COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
ENUM = re.compile(r"\benum\s*(\w*)\s*\{([^{}]*)\}", re.DOTALL)
DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\S[^\n]*)$", re.MULTILINE)
STRUCT = re.compile(r"\bstruct\s+(\w+)\s*\{([^{}]*)\}", re.DOTALL)
# A member's name, but for arrays without a length, which are no part of the struct.
MEMBER = re.compile(
    r"\b([A-Za-z_]\w*)\s*(?::\s*\d+)?(?:\[[^\]]+\]\s*)*\s*(?:__attribute__.*)?(?:,|$)"
)
GROUP = re.compile(r"__struct_group\(\w*,\s*\w*,\s*,")


def read(folder: Path, patterns: tuple[str, ...]) -> Facts:
    """The facts of the headers; one that is not there gives none."""
    facts = Facts()
    known: dict[str, int | None] = {}
    for pattern in patterns:
        for path in sorted((folder / "linux").glob(pattern)):
            name = str(path.relative_to(folder / "linux"))
            text = COMMENT.sub(" ", path.read_text(errors="replace")).replace("\\\n", " ")
            _read_one(name, text, known, facts)
    return facts


def _read_one(header: str, text: str, known: dict[str, int | None], facts: Facts) -> None:
    defines = Block(header, "")
    for name, expression in DEFINE.findall(text):
        if name != expression.strip():
            known[name] = defines.values[name] = evaluate(expression, known)
            _alias(defines, name, expression)
    facts.defines.append(defines)
    original = text
    text = re.sub(r"^[ \t]*#[^\n]*", "", text, flags=re.MULTILINE)
    for name, body in ENUM.findall(text):
        block = Block(header, name)
        following: int | None = 0
        for entry in filter(None, (part.strip() for part in body.split(","))):
            constant, equals, expression = (x.strip() for x in entry.partition("="))
            value = evaluate(expression, known) if equals else following
            known[constant] = block.values[constant] = value
            _alias(block, constant, expression)
            following = None if value is None else value + 1
        facts.enums.append(block)
    facts.macros |= {n: x for n, x in DEFINE.findall(original) if ";" in x}
    for name, body in facts.macros.items():
        text = re.sub(rf"\b{name}\b", body, text)
    for name, body in STRUCT.findall(GROUP.sub("", text)):
        members = [m for part in body.split(";") for m in MEMBER.findall(part.strip())]
        facts.structs[name] = (header, members)


def _alias(block: Block, constant: str, expression: str) -> None:
    if re.fullmatch(r"[A-Za-z_]\w*", expression.strip()):
        block.aliases[constant] = expression.strip()
    elif re.search(r"[A-Za-z_]{3}", expression):
        block.limits.add(constant)


@dataclass
class Known:
    """What dissectors know: numbers by constant, prefixes of enumerations, struct members."""

    numbers: dict[str, set[int]] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    prefixes: set[str] = field(default_factory=set)
    structs: dict[str, list[str]] = field(default_factory=dict)

    def add(self, constant: str | None, number: int | None, where: str) -> None:
        if constant is not None and number is not None:
            self.numbers.setdefault(constant, set()).add(number)
            self.where.setdefault(constant, where)


def dissectors(names: tuple[str, ...]) -> Known:
    """All that these built-in dissectors know."""
    known = Known()
    for entry in registry.Registry(use_system=False).files():
        if any(entry.name == n or (n[-1] == "*" and entry.name.startswith(n[:-1])) for n in names):
            _learn(known, entry.spec(), dissector_file.raw_spec(entry.file))
    return known


def _learn(known: Known, spec: Any, raw: dict[str, Any]) -> None:
    for attr_set in spec.attribute_sets.values():
        for number, one in attr_set.ensure().items():
            for each in (one, one.request):
                if each is not None:
                    known.add(each.constant, number, f"{spec.name}.{attr_set.name}")
    for item in raw.get("definitions", ()):
        if item["type"] == "struct":
            struct = spec.struct(item["name"])
            known.structs[item["name"].replace("-", "_")] = [m.name for m in struct.members]
        elif item["type"] in ("enum", "flags"):
            known.prefixes.add(c_name(item.get("name-prefix", "")))
            _learn_enum(known, f"{spec.name}.{item['name']}", item)
    for operation in spec.operations.values():
        for number in (operation.request, operation.reply):
            if number is not None and spec.protonum == 12:  # without NFNL_SUBSYS_ID
                number &= 0xFF
            known.add(operation.constant, number, spec.name)
    for name, number in spec.groups.items():
        known.add(c_name(name), number, spec.name)


def _learn_enum(known: Known, where: str, item: dict[str, Any]) -> None:
    prefix, value = item.get("name-prefix", ""), int(item.get("value-start", 0))
    for entry in deferred.whole(item["entries"]):
        entry = {"name": entry} if isinstance(entry, str) else entry
        value = int(entry.get("value", value))
        constant = entry.get("x-constant") or c_name(prefix + entry["name"])
        known.add(constant, value, where)
        if item["type"] == "flags":  # a header may have the bit or its number
            known.add(constant, 1 << value, where)
        value += 1


def c_name(name: str) -> str:
    return name.upper().replace("-", "_")


def reason(name: str, why: tuple[tuple[str, str], ...]) -> str | None:
    return next((text for pattern, text in why if re.fullmatch(pattern, name)), None)


ALIAS = "another name of one that is known"


@dataclass
class Report:
    """What came of comparing one section."""

    known: int = 0
    bounds: int = 0
    missing: list[tuple[str, str]] = field(default_factory=list)  # header, constant
    differs: list[str] = field(default_factory=list)
    explained: dict[str, list[str]] = field(default_factory=dict)  # by reason
    elsewhere: list[tuple[str, str]] = field(default_factory=list)  # header, enumeration
    members: list[str] = field(default_factory=list)

    @staticmethod
    def other_name(block: Block, constant: str, known: Known) -> bool:
        """Whether a known constant is set to this one or the reverse."""
        pairs = block.aliases.items()
        return block.aliases.get(constant) in known.numbers or any(
            other == constant and mine in known.numbers for mine, other in pairs
        )

    def indices(self, block: Block, real: list[str], known: Known) -> bool:
        """Compares an enumeration of indices with its struct; False for any other."""
        for prefix, struct in INDICES:
            if real and all(c.startswith(prefix) for c in real):
                have = {m.replace("-", "_") for m in known.structs.get(struct, ())}
                for constant in real:
                    if constant[len(prefix) :].lower() in have:
                        self.known += 1
                    else:
                        self.missing.append((block.header, constant))
                return True
        return False

    def compare(self, block: Block, constant: str, known: Known, entries: bool) -> None:
        value = block.values[constant]
        numbers = known.numbers.get(constant)
        text = reason(constant, WHY_ENTRIES if entries else WHY)
        if numbers is not None:
            self.known += 1
            if value is not None and value not in numbers:
                ours = "/".join(map(str, sorted(numbers)))
                self.differs.append(f"{constant} is {value}, {known.where[constant]} has {ours}")
        elif text is not None:
            self.explained.setdefault(text, []).append(constant)
        elif self.other_name(block, constant, known):
            self.explained.setdefault(ALIAS, []).append(constant)
        elif block.bounds(constant):
            self.bounds += 1
        else:
            self.missing.append((block.header, constant))


def compare(facts: Facts, known: Known) -> Report:
    """Every fact of the headers against what the dissectors know."""
    out = Report()
    enumerated: set[str] = set()
    for block in facts.enums:
        enumerated |= block.values.keys()
        real = [c for c in block.values if not block.bounds(c)]
        if not any(c in known.numbers for c in block.values):
            if out.indices(block, real, known):
                continue
            told = {reason(c, WHY) for c in real}
            if len(told) == 1 and None not in told:
                out.explained.setdefault(str(told.pop()), []).extend(real)
            elif real:
                first = block.name or real[0]
                out.elsewhere.append((block.header, f"{first} ({len(real)} constants)"))
            continue
        for constant in block.values:
            out.compare(block, constant, known, True)
    prefixes = tuple(p for p in known.prefixes if len(p) > 3)
    for block in facts.defines:
        for constant, value in block.values.items():
            ours = constant in known.numbers
            if constant not in enumerated and (
                ours or (value is not None and constant.startswith(prefixes))
            ):
                out.compare(block, constant, known, False)
    for name, (header, theirs) in facts.structs.items():
        if name not in known.structs:
            continue
        have = {m.replace("-", "_") for m in known.structs[name]}
        new = [m for m in theirs if m.strip("_") not in have and not PADDING.search(m)]
        if new and not _split(new, have):
            text = reason(f"struct {name}", WHY)
            if text is None:
                out.members.append(f"{header}: struct {name}: {', '.join(new)}")
            else:
                out.explained.setdefault(text, []).append(f"struct {name}")
    return out


PADDING = re.compile(r"pad|res[ev]")


def _split(new: list[str], have: set[str]) -> bool:
    """Whether C's arrays, bit fields and unions are there, several as one member or the reverse."""
    return all(any(n in h.split("_") or h.startswith(f"{n}_") for h in have) for n in new)


def lines(section: str, facts: Facts, known: Known, out: Report) -> Iterator[str]:
    """The report as text."""
    headers = {b.header for b in (*facts.enums, *facts.defines)}
    yield f"== {section}: {len(headers)} headers, {len(known.numbers)} constants in dissectors"
    yield f"known: {out.known}"
    yield f"bounds, no values: {out.bounds}"
    for text, constants in sorted(out.explained.items()):
        shown = ", ".join(constants[:6]) + (", ..." if len(constants) > 6 else "")
        yield f"left out, {text}: {len(constants)} ({shown})"
    yield f"missing, unknown why: {len(out.missing)}"
    for header, constant in out.missing:
        yield f"    {header}: {constant}"
    yield f"struct members missing: {len(out.members)}"
    for line in out.members:
        yield f"    {line}"
    yield f"numbers that differ: {len(out.differs)}"
    for line in out.differs:
        yield f"    {line}"
    yield f"enumerations of which nothing is known: {len(out.elsewhere)}"
    for header, text in out.elsewhere:
        yield f"    {header}: {text}"
    defined = {c for b in (*facts.enums, *facts.defines) for c in b.values}
    ours = sorted(c for c in known.numbers if c not in defined and re.fullmatch(r"[A-Z]\w+", c))
    yield f"in dissectors, not in these headers: {len(ours)}"
    for at in range(0, len(ours), 6):
        yield f"    {' '.join(ours[at : at + 6])}"


def main(folder: str, *sections: str) -> int:
    status = 0
    for section in sections or SECTIONS:
        headers, names = SECTIONS[section]
        facts, known = read(Path(folder), headers), dissectors(names)
        out = compare(facts, known)
        print("\n".join(lines(section, facts, known, out)))
        if out.missing or out.members or out.differs:
            status = 1
    return status


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
