"""nl80211: frames, the RSN element, rates, bitmaps of features."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nldissect.hooks import (
    BINARY,
    U8,
    U16,
    U64,
    AttributeSet,
    Field,
    Lookup,
    Message,
    Node,
    Reading,
    Struct,
    Template,
    in_scope,
    part,
)


def mac(name: str) -> Field:
    """An address as a member of a struct."""
    made = part(name, BINARY)
    made.hint, made.shown, made.size = "mac", "mac", 6
    return made


def number(name: str, kind: int, hint: str = "") -> Field:
    """A number in the order of IEEE 802.11."""
    made = part(name, kind)
    made.big = False
    made.hint = hint
    return made


def struct(name: str, *fields: Field) -> Struct:
    """A struct without padding."""
    made = Struct(name)
    made.packed = True
    for field in fields:
        made.add(field)
    return made


Get = Callable[[str], Any]


def one_of(name: str, kind: int, names: dict[int, str], hint: str = "") -> Field:
    """A number that has names."""
    made = number(name, kind, hint)
    made.labeller = lambda value, message, get: names.get(value)
    return made


def like(name: str, kind: int, attribute: str, mask: int, hint: str = "") -> Field:
    """A number whose names are those of an attribute."""
    made = number(name, kind, hint)

    def label(value: int, message: Message, get: Get) -> str | None:
        operation = message.operation
        if operation is None or operation.attributes is None:
            return None
        attributes = operation.attributes
        found = attributes.field(attributes.number(attribute))
        return None if found is None or found.enum is None else found.enum.names.get(value & mask)

    made.labeller = label
    return made


# Categories of action frames as linux/ieee80211.h names them.
CATEGORIES = {
    0: "spectrum-mgmt",
    1: "qos",
    2: "dls",
    3: "back",
    4: "public",
    5: "radio-measurement",
    6: "fast-bbs-transition",
    7: "ht",
    8: "sa-query",
    9: "protected-dual-of-action",
    10: "wnm",
    11: "wnm-unprotected",
    12: "tdls",
    13: "mesh-action",
    14: "multihop-action",
    15: "self-protected",
    16: "dmg",
    17: "wmm",
    18: "fst",
    20: "unprot-dmg",
    21: "vht",
    22: "s1g",
    37: "protected-eht",
    43: "protected-uhr",
    126: "vendor-specific-protected",
    127: "vendor-specific",
}
ALGORITHMS = {
    0: "open",
    1: "shared-key",
    2: "ft",
    3: "sae",
    4: "fils-sk",
    5: "fils-sk-pfs",
    6: "fils-pk",
    8: "ieee8021x",
    9: "eppke",
    128: "leap",
}
PACKETS = {0: "EAP", 1: "EAPOL-Start", 2: "EAPOL-Logoff", 3: "EAPOL-Key"}
# struct ieee80211_mgmt (linux/ieee80211.h): the header, then what a subtype has before elements.
HEADER = struct(
    "ieee80211-mgmt", like("frame-control", U16, "frame-type", 0xFC, "hex"),
    number("duration", U16), mac("da"), mac("sa"), mac("bssid"), number("seq-ctrl", U16, "hex"),
)  # fmt: skip
CAPABILITY, STATUS = (
    number("capab-info", U16, "hex"),
    like("status-code", U16, "status-code", 0xFFFF),
)
INTERVAL, REASON = number("beacon-int", U16), like("reason-code", U16, "reason-code", 0xFFFF)
BEACON = struct("beacon", number("timestamp", U64), INTERVAL, CAPABILITY)
ASSOCIATED = struct("assoc-resp", CAPABILITY, STATUS, number("aid", U16))
LISTEN = number("listen-interval", U16)
FIXED = {
    0x00: struct("assoc-req", CAPABILITY, LISTEN),
    0x10: ASSOCIATED,
    0x20: struct("reassoc-req", CAPABILITY, LISTEN, mac("current-ap")),
    0x30: ASSOCIATED,
    0x40: struct("probe-req"),
    0x50: BEACON,
    0x80: BEACON,
    0xA0: struct("disassoc", REASON),
    0xB0: struct(
        "auth", one_of("auth-alg", U16, ALGORITHMS), number("auth-transaction", U16), STATUS
    ),
    0xC0: struct("deauth", REASON),
    0xD0: struct("action", one_of("category", U8, CATEGORIES), part("action-code", U8)),
}  # fmt: skip
AUTH, ACTION, PROTECTED, SAE = 0xB0, 0xD0, 0x4000, 3
BODY = part("body", BINARY, "hex")
ENCRYPTED = part("encrypted", BINARY, "hex")
# Of these the payload of NL80211_ATTR_FRAME is what a frame carries.
CARRIED = frozenset(("control-port-frame", "control-port-frame-tx-status", "probe-mesh-link"))


def octets(name: str, size: int) -> Field:
    """Bytes as a member of a struct."""
    made = part(name, BINARY, "hex")
    made.size = size
    return made


def ordered(name: str, kind: int, hint: str = "") -> Field:
    """A number in network order."""
    made = number(name, kind, hint)
    made.big = True
    return made


# IEEE 802.1X-2010, 11.3; key frames as IEEE 802.11, 12.7.2 has them, up to what depends on keys.
EAPOL = struct(
    "eapol",
    part("protocol-version", U8),
    one_of("packet-type", U8, PACKETS),
    ordered("body-length", U16),
)
ETHERNET = struct("ethhdr", mac("h-dest"), mac("h-source"), ordered("h-proto", U16, "hex"))
EAPOL_KEY = struct(
    "eapol-key", part("descriptor-type", U8), ordered("key-information", U16, "hex"),
    ordered("key-length", U16), ordered("replay-counter", U64), octets("key-nonce", 32),
    octets("key-iv", 16), octets("key-rsc", 8), octets("reserved", 8),
)  # fmt: skip
KEY, DESCRIPTORS = 3, (2, 254)  # of IEEE 802.11, of WPA
MIC_AND_DATA = part("mic-and-data", BINARY, "hex")


def frame(field: Field, message: Message, start: int, end: int) -> Reading | None:
    """A management frame: its header, the fixed fields of its subtype, elements."""
    data, at = message.data, start
    operation = message.operation
    if operation is not None and operation.name in CARRIED:
        return carried(data, start, end, operation.name != "control-port-frame")
    if end - at < HEADER.size:
        return None
    control = int.from_bytes(data[at : at + 2], "little")
    if control & 0x0F:  # no management frame, or of a version to come
        return None
    out = Reading([], [], "frame")
    at = lay(out, HEADER, at)
    if control & PROTECTED:
        if at < end:
            out.add(ENCRYPTED, end - at)
        return out
    fixed = FIXED.get(control & 0xF0)
    body = at
    if fixed is not None and fixed.size <= end - at:
        at = lay(out, fixed, at)
    elif fixed is not None:
        control = ACTION  # cut short
    if at == end:
        return out
    sae = control & 0xF0 == AUTH and data[body] == SAE and data[body + 1] == 0
    if fixed is None or control & 0xF0 == ACTION or sae:
        out.add(BODY, end - at)
    else:
        out.add(elements_of(field), end - at)
    return out


_elements: dict[AttributeSet | None, Field] = {}


def elements_of(field: Field) -> Field:
    """What follows the fixed fields: elements of the set that the attribute has."""
    found = _elements.get(field.nested)
    if found is None:
        found = _elements[field.nested] = part("elements", BINARY)
        found.nested = field.nested
    return found


def carried(data: bytes, start: int, end: int, headed: bool) -> Reading | None:
    """What a frame carries, with an Ethernet header of its own or without one."""
    out = Reading([], [], "frame")
    if not headed:
        return out if eapol(out, data, start, end) else None
    at = start + ETHERNET.size
    if at > end:
        return None
    lay(out, ETHERNET, start)
    if not (data[at - 2 : at] == b"\x88\x8e" and eapol(out, data, at, end)) and at < end:
        out.add(BODY, end - at)
    return out


def eapol(out: Reading, data: bytes, at: int, end: int) -> bool:
    """What authenticates a port (IEEE 802.1X, 11.3), where version, type and length say so."""
    if end - at < 4 or not 1 <= data[at] <= 3 or data[at + 1] not in PACKETS:
        return False
    if int.from_bytes(data[at + 2 : at + 4], "big") != end - at - 4:
        return False
    kind = data[at + 1]
    at = lay(out, EAPOL, at)
    if kind == KEY and end - at >= EAPOL_KEY.size and data[at] in DESCRIPTORS:
        at = lay(out, EAPOL_KEY, at)
        if at < end:
            out.add(MIC_AND_DATA, end - at)
    elif at < end:
        out.add(BODY, end - at)
    return True


def lay(out: Reading, layout: Struct, at: int) -> int:
    """Adds the members of a struct; returns where it ends."""
    for field in layout.members:
        out.add(field, field.size)
    return at + layout.size


def rate_label(value: int, message: object, get: object) -> str:
    """A rate in Mbit/s, a basic one with a star: `5.5*`."""
    return f"{(value & 0x7F) / 2}{'*' if value & 0x80 else ''}"


# Of frames that a program asks for (`NL80211_ATTR_FRAME_TYPE`).
def match(node: Node) -> bool:
    """How the frames begin behind their header: an action's category, an algorithm, bytes."""
    raw, kind = node.bytes, in_scope(node, "frame-type")
    words = [f"{byte:02x}" for byte in raw]
    if kind == AUTH and len(raw) == 2:
        words = [ALGORITHMS.get(int.from_bytes(raw, "little"), " ".join(words))]
    elif kind == ACTION and raw:
        words[0] = CATEGORIES.get(raw[0], words[0])
    node.set_value("match", raw, " ".join(words))
    return True


def features(node: Node) -> bool:
    """A bitmap of extended features, in words: the enumeration that the attribute has."""
    names = node.field.enum
    if names is None:
        return False
    raw = node.bytes
    bits = int.from_bytes(raw, "little")
    words = [name for bit, name in names.names.items() if bits >> bit & 1]
    node.set_value("bitmap", raw, " ".join(words))
    return True


# What the parts of a wiphy are told by: the attribute, and what it is.
PARTS = (
    ("supported-iftypes", "interface types"), ("wiphy-bands", "bands"),
    ("supported-commands", "commands"), ("max-remain-on-channel-duration", "remain on channel"),
    ("tx-frame-types", "frames"), ("wowlan-triggers-supported", "wake-up triggers"),
    ("interface-combinations", "interface combinations"), ("software-iftypes", "software types"),
    ("feature-flags", "features"), ("ext-features", "extended features"),
    ("vendor-data", "vendor commands"), ("iftype-ext-capa", "extended capabilities"),
    ("coalesce-rule", "coalescing"), ("cipher-suites", "ciphers"), ("sar-spec", "SAR"),
    ("nan-capabilities", "NAN"), ("peer-measurements", "measurements"),
    ("iftype-akm-suites", "key management"), ("wiphy-radios", "radios"),
)  # fmt: skip
WIPHY = Template("[phy#{wiphy}] [{wiphy-name}]")


def new_wiphy(lookup: Lookup) -> None:
    """`phy#0 phy0 bands`: a wiphy, of which a dump tells in many messages."""
    lookup.fill(WIPHY)
    for path, what in PARTS:
        if lookup.has(path):
            lookup.say(what)


def dbm(value: int) -> str:
    """Hundredths of a dBm."""
    return f"{value / 100:.2f}"


BSS = Template(
    "[BSS {bss.bssid}] [on {ifindex:index}] [freq {bss.frequency}] "
    "[{bss.information-elements.ssid|bss.beacon-ies.ssid}] [signal {bss.signal-mbm:dbm} dBm] "
    "[{bss.status}]",
    dbm=dbm,
)
SCAN = Template(
    "[dev {ifindex?}] [{!ifindex?} wdev {wdev:hex}] [every {sched-scan-interval} ms] "
    "[{scan-flags:words}] [cookie {cookie}]"
)
LISTED = 8  # SSIDs or frequencies in a line


def listed(lookup: Lookup, word: str, path: str) -> None:
    """The entries of an array, the first of many."""
    found = lookup.at(path)
    entries = [] if found is None else found.children
    texts = [entry.text or '""' for entry in entries[:LISTED]]
    if texts:
        lookup.say(f"{word} {' '.join(texts)}")
        lookup.say(lookup.more(entries, LISTED))


def scan(lookup: Lookup) -> None:
    """`dev wlan1 ssids orchard freqs 2437 2412`."""
    lookup.fill(SCAN)
    listed(lookup, "ssids", "scan-ssids")
    listed(lookup, "freqs", "scan-frequencies")


def new_scan_results(lookup: Lookup) -> None:
    """`BSS 02:00:00:00:00:00 on wlan1 freq 2437 orchard signal -30.00 dBm`; the end of a scan."""
    if lookup.has("bss"):
        lookup.fill(BSS)
    else:
        scan(lookup)


def rate(value: int) -> str:
    """Multiples of 100 kbit/s in Mbit/s."""
    return f"{value / 10:.1f}"


STATION = Template(
    "[Station {mac}] [on {ifindex:index}] [signal {sta-info.signal} dBm] "
    "[tx {sta-info.tx-bytes} bytes] [{sta-info.tx-bitrate.bitrate32:rate} MBit/s] "
    "[rx {sta-info.rx-bytes} bytes] [{sta-info.rx-bitrate.bitrate32:rate} MBit/s] "
    "[plink {sta-info.plink-state}] [connected {sta-info.connected-time} s]",
    rate=rate,
)


def new_station(lookup: Lookup) -> None:
    """`Station 02:00:00:00:00:00 on wlan1 signal -30 dBm tx 817 bytes 13.0 MBit/s ...`."""
    lookup.fill(STATION)


HOOKS = {"frame": frame, "match": match, "rate": rate_label, "features": features}
SUMMARIES = {
    "new-wiphy": new_wiphy,
    "trigger-scan": scan,
    "scan-aborted": scan,
    "start-sched-scan": scan,
    "sched-scan-results": scan,
    "new-scan-results": new_scan_results,
    "new-station": new_station,
}
