"""nl80211: recordings against what iw and the kernel's events print, elements that do not fit."""

from __future__ import annotations

import re
from typing import Any

import pytest

from nldissect._internal.engine.message import Message
from nldissect._internal.engine.node import Node
from nldissect._internal.engine.summary import describe
from support.messages import (
    GENERIC,
    RECORDINGS,
    attr,
    codes,
    covered,
    genl,
    msg,
    nest,
    newfamily,
    of_family,
    read,
    record,
    recording,
    u8,
    u32,
)

NUMBER = 77
IES = b"\0\4home\1\4\x82\x84\x0c\x6c\3\1\x0b\7\6DE \1\x0d\x14\xdd\5\0\x50\xf2\1\0"
NAMES = ("wifi", "wifi_modes", "wifi_phy", "wpan", "nfc")


def one(command: int, *attributes: bytes, flags: int = 0) -> Message:
    """A message of nl80211."""
    return of_family("nl80211", command, *attributes, flags=flags)


def kept(name: str) -> list[Message]:
    return [m for m in recording(name) if m.family == "nl80211" and m.operation]


def printed(name: str, command: str) -> str:
    """What a command printed."""
    text = (RECORDINGS / f"{name}.txt").read_text()
    after = text[text.index(f"$ {command}\n") :].partition("\n")[2]
    return re.split(r"^\$ ", after, maxsplit=1, flags=re.MULTILINE)[0]


def said(message: Message) -> str:
    """The line without the name of the operation."""
    assert message.operation is not None
    return describe(message).removeprefix(message.operation.name).strip()


def value(message: Message | Node, path: str) -> Any:
    node = message.find(path)
    assert node is not None, path
    return node.value


def label(message: Message | Node, path: str) -> str | None:
    node = message.find(path)
    assert node is not None, path
    return node.label


def rates(elements: Node, path: str) -> str:
    found = elements.find(path)
    assert found is not None
    return " ".join(str(node.label) for node in found.children)


# -- recordings ------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_attribute_has_a_name_and_is_what_the_spec_says(name: str) -> None:
    # iw's own mistakes; an interface that a program asks for with 4 bytes; requests with keys,
    # which nl80211 wipes (CLEAR_SKB) before the acknowledgement echoes them
    known = {"attr-duplicate", "attr-unknown", "scalar-size", "header-short", "attr-zeros"}
    for message in recording(name):
        assert covered(message)
        assert set(codes(message)) <= known, describe(message)


def test_a_scan_is_what_iw_prints() -> None:
    text = printed("wifi", "iw dev wlan1 scan freq 2437 2412")
    found = next(m for m in kept("wifi") if m.find("bss") is not None)
    elements = found.find("bss.information-elements")
    assert elements is not None
    assert f"BSS {value(found, 'bss.bssid')}(on wlan1)" in text
    assert f"SSID: {value(elements, 'ssid')}\n" in text
    assert f"Supported rates: {rates(elements, 'supp-rates')} \n" in text
    assert f"Extended supported rates: {rates(elements, 'ext-supp-rates')} \n" in text
    assert f"TSF: {value(found, 'bss.tsf')} usec" in text
    assert f"signal: {value(found, 'bss.signal-mbm') / 100:.2f} dBm" in text
    assert f"beacon interval: {value(found, 'bss.beacon-interval')} TUs" in text
    assert f"(0x{value(found, 'bss.capability'):04x})" in text
    assert label(found, "bss.capability") == "ess|privacy|short-slot-time"
    assert f"DS Parameter set: channel {value(elements, 'ds-params')}" in text
    assert label(elements, "erp-info") == "barker-preamble"
    assert label(elements, "rsn.group-cipher") == "ccmp"
    assert label(elements, "rsn.pairwise-ciphers.0") == "ccmp"
    suites = elements.find("rsn.key-management.akm-suites")
    assert suites is not None
    assert [n.label for n in suites.children] == ["psk", "sae"]
    assert "Authentication suites: PSK SAE" in text
    assert f"(0x{value(elements, 'rsn.key-management.rsn-capabilities.capabilities'):04x})" in text
    assert f"primary channel: {value(elements, 'ht-operation.primary-chan')}" in text
    he = value(elements, "ext-he-capability.phy-cap-info")
    assert f"HE PHY Capabilities: (0x{he.hex()}" in text


def test_stations_are_what_iw_prints() -> None:
    text = printed("wifi", "iw dev wlan1 station dump")
    found = [m for m in kept("wifi") if m.find("sta-info.tx-bitrate") is not None]
    station = next(m for m in found if f"rx bytes:\t{value(m, 'sta-info.rx-bytes')}" in text)
    for path, words in (
        ("rx-bytes", "rx bytes:\t{}"),
        ("tx-packets", "tx packets:\t{}"),
        ("signal", "signal:  \t{} dBm"),
        ("bss-param.dtim-period", "DTIM period:\t{}"),
        ("bss-param.beacon-interval", "beacon interval:{}"),
        ("connected-time", "connected time:\t{} seconds"),
    ):
        assert words.format(value(station, f"sta-info.{path}")) in text, path
    rate = value(station, "sta-info.tx-bitrate.bitrate32") / 10
    mcs = value(station, "sta-info.tx-bitrate.mcs")
    assert f"tx bitrate:\t{rate} MBit/s MCS {mcs}" in text
    assert "authorized" in str(label(station, "sta-info.sta-flags.set"))


def test_events_are_what_iw_says() -> None:
    events = (RECORDINGS / "wifi.event.out").read_text()
    frames = [m for m in kept("wifi") if not m.to_kernel and m.find("frame") is not None]
    told = [m for m in frames if m.operation and m.operation.name in ("authenticate", "associate")]
    assert told
    for message in told:
        frame = message.find("frame")
        assert frame is not None
        sender, receiver = (value(frame, name) for name in ("sa", "da"))
        kind = {"authenticate": "auth", "associate": "assoc"}[str(message.operation.name)]  # type: ignore[union-attr]
        assert f"{kind} {sender} -> {receiver} status: {value(frame, 'status-code')}" in events
        assert frame.bytes.hex(" ") in events
    for message in kept("wifi"):
        if message.operation and message.operation.name == "frame-tx-status":
            acked = "acked" if message.find("ack") is not None else "no ack"
            assert f"mgmt TX status (cookie {value(message, 'cookie')}): {acked}" in events


def test_frequencies_are_what_iw_lists() -> None:
    text = printed("wifi_phy", "iw phy phy0 channels")
    listed = set(map(int, re.findall(r"\* (\d+) MHz", text)))
    found = set()
    for message in kept("wifi_phy"):
        for node in message.walk():
            if node.constant == "NL80211_FREQUENCY_ATTR_FREQ":
                found.add(node.value)
    assert listed
    assert listed <= found


def test_radios_of_802_15_4_are_what_iwpan_prints() -> None:
    text = printed("wpan", "iwpan dev wpan0 info")
    found = [m for m in recording("wpan") if m.find("pan-id") is not None and not m.to_kernel]
    told = (
        found[-1]
        if len(found) == 1
        else next(m for m in found if f"pan_id {value(m, 'pan-id'):#06x}" in text)
    )
    assert f"short_addr {value(told, 'short-addr'):#06x}" in text
    assert f"extended_addr {value(told, 'extended-addr'):#018x}" in text


def test_near_field_devices_find_each_other() -> None:
    lines = [describe(m) for m in recording("nfc") if m.family == "nfc"]
    assert "event-targets-found nfc0" in lines
    assert "cmd-llc-set-params nfc0 lto 20 rw 2 miux 64" in lines


# -- made messages -----------------------------------------------------------------


def test_a_scan_result() -> None:
    bss = nest(
        47,
        attr(1, b"\2\0\0\0\0\1"),
        attr(2, u32(2462)),
        attr(6, IES),
        attr(7, u32(0xFFFFF448)),
        attr(9, u32(1)),
    )
    message = one(34, attr(3, u32(5)), bss)
    elements = message.find("bss.information-elements")
    assert elements is not None
    names = ["SSID", "SUPP_RATES", "DS_PARAMS", "COUNTRY", "VENDOR_SPECIFIC"]
    assert [child.constant for child in elements.children] == [f"WLAN_EID_{n}" for n in names]
    assert value(elements, "country.country-string") == "DE "
    assert value(elements, "vendor-specific.oui") == b"\0\x50\xf2"
    assert said(message) == (
        "BSS 02:00:00:00:00:01 on index 5 freq 2462 home signal -30.00 dBm associated"
    )
    assert covered(message)
    assert not codes(message)


@pytest.mark.parametrize("raw", [b"\0", b"\0\4hom"])
def test_bytes_that_are_no_elements(raw: bytes) -> None:
    message = one(34, nest(47, attr(6, raw)))
    node = message.find("bss.information-elements")
    assert node is not None
    assert node.kind == "binary"
    assert node.value == raw
    assert covered(message)


@pytest.mark.parametrize("raw", [IES[:-1], IES + b"\0"])
def test_elements_that_are_cut(raw: bytes) -> None:
    message = one(34, nest(47, attr(6, raw)))
    assert value(message, "bss.information-elements.ssid") == "home"
    assert codes(message) == ["element-length"]
    assert covered(message)


def test_elements_that_nobody_knows() -> None:
    message = one(34, nest(47, attr(6, b"\xfe\2ab\xff\3\xfecd\xff\0\xff\1\xfe")))
    elements = message.find("bss.information-elements")
    assert elements is not None
    assert [(n.name, n.bytes) for n in elements.children] == [
        ("element-254", b"ab"),
        ("extension-254", b"cd"),
        ("extension", b""),
        ("extension-254", b""),
    ]
    assert covered(message)


HEADER = b"\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\2\0\0"


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (b"\x80\0" + HEADER + bytes(12) + IES, ["ssid", "beacon-int", "country-string"]),
        (b"\xb0\0" + HEADER + b"\0\0\2\0\1\0", ["auth-transaction", "status-code"]),
        (b"\xb0\0" + HEADER + b"\3\0\1\0\x7e\0\x13\0", ["status-code", "body"]),
        (b"\xc0\0" + HEADER + b"\7\0", ["reason-code"]),
        (b"\xd0\0" + HEADER + b"\4\1abc", ["category", "action-code", "body"]),
        (b"\x40\0" + HEADER + b"\0\4home", ["ssid"]),
        (b"\xd0\x40" + HEADER + b"xyz", ["encrypted"]),
        (b"\xb0\0" + HEADER + b"\3", ["body"]),
        (b"\xb0\0" + HEADER, ["frame-control"]),
        (b"\xf0\0" + HEADER + b"x", ["body"]),
    ],
)
def test_frames(raw: bytes, names: list[str]) -> None:
    message = one(59, attr(51, raw))
    frame = message.find("frame")
    assert frame is not None
    assert frame.kind == "frame"
    assert value(frame, "sa") == "02:00:00:00:00:02"
    assert {node.name for node in frame.walk()} >= set(names)
    assert covered(message)
    assert not codes(message)


@pytest.mark.parametrize(
    ("raw", "name", "words"),
    [
        (b"\xb0\0" + HEADER + b"\2\0\1\0\0\0", "auth-alg", "ft"),  # WLAN_AUTH_FT
        (b"\xb0\0" + HEADER + b"\x63\0\1\0\0\0", "auth-alg", None),
        (b"\xd0\0" + HEADER + b"\x08\1", "category", "sa-query"),  # WLAN_CATEGORY_SA_QUERY
    ],
)
def test_fields_of_frames_have_names(raw: bytes, name: str, words: str | None) -> None:
    found = one(59, attr(51, raw)).find(f"frame.{name}")
    assert found is not None
    assert found.label == words


def test_a_port_that_is_authenticated() -> None:
    key = b"\2\0\x8a\0\x10" + bytes(7) + b"\1" + bytes(64) + b"mic"
    message = one(129, attr(51, b"\2\3\0" + bytes((len(key),)) + key), attr(102, b"\x8e\x88"))
    assert value(message, "frame.replay-counter") == 1
    assert value(message, "frame.key-information") == 0x8A
    assert said(message) == "EAPOL-Key"
    assert covered(message)
    ethernet = b"\2\0\0\0\0\1\2\0\0\0\0\2\x88\x8e"
    acked = one(139, attr(51, ethernet + b"\2\3\0" + bytes((len(key),)) + key))
    assert value(acked, "frame.h-dest") == "02:00:00:00:00:01"
    assert label(acked, "frame.packet-type") == "EAPOL-Key"
    told = one(129, attr(51, b"\2\3\0\x40" + key), attr(102, b"\x8e\x88"))
    assert not told.find("frame").children  # type: ignore[union-attr]
    assert said(told) == "ethertype 0x888e"


@pytest.mark.parametrize("raw", [b"", b"\x80", b"\x80\0" + HEADER[:-1], b"\x08\0" + HEADER])
def test_what_is_no_management_frame(raw: bytes) -> None:
    message = one(59, attr(51, raw))
    frame = message.find("frame")
    assert frame is not None
    assert not frame.children
    assert covered(message)


@pytest.mark.parametrize("size", range(0, 40, 3))
def test_a_cut_rsn_element(size: int) -> None:
    whole = b"\1\0\0\x0f\xac\4\2\0\0\x0f\xac\4\0\x0f\xac\2\1\0\0\x0f\xac\x08\0\0\1\0" + bytes(12)
    raw = bytes((48, size)) + whole[:size].ljust(size, b"\xff")
    message = one(34, nest(47, attr(6, raw)))
    assert message.find("bss.information-elements.rsn") is not None
    assert covered(message)


def test_a_station_and_its_rates() -> None:
    rate = nest(8, attr(5, u32(8667)), attr(6, u8(9)), attr(7, u8(2)), attr(10))
    info = nest(21, attr(2, u32(1000)), attr(7, u8(0xC8)), rate, attr(17, u32(6) + u32(2)))
    message = one(19, attr(3, u32(5)), attr(6, b"\2\0\0\0\0\2"), info)
    assert message.find("sta-info.tx-bitrate.160-mhz-width") is not None
    assert label(message, "sta-info.sta-flags.set") == "authorized"
    assert said(message) == (
        "Station 02:00:00:00:00:02 on index 5 signal -56 dBm 866.7 MBit/s rx 1000 bytes"
    )


@pytest.mark.parametrize(
    ("kind", "raw", "words"),
    [
        (0xD0, b"\4\x09\x50", "public 09 50"),
        (0xD0, b"\xfe", "fe"),
        (0xB0, b"\3\0", "sae"),
        (0xB0, b"\3", "03"),
    ],
)
def test_what_frames_begin_with(kind: int, raw: bytes, words: str) -> None:
    message = one(58, attr(101, bytes((kind, 0))), attr(91, raw), flags=1)
    assert label(message, "frame-match") == words
    assert covered(message)


@pytest.mark.parametrize("name", NAMES)
def test_nearly_every_attribute_is_typed(name: str) -> None:
    found = [node for m in recording(name) for node in m.walk() if node.type is not None]
    vague = [n for n in found if n.kind in ("binary", "unknown") and n.value and not n.children]
    assert len(vague) <= max(1, 0.005 * len(found)), {n.path for n in vague}


def test_suites_and_features() -> None:
    message = one(3, attr(9, u32(0x000FAC04)), attr(217, b"\1\0\0\2"))
    assert label(message, "key-cipher") == "ccmp"
    assert label(message, "ext-features") == "vht-ibss dfs-offload"
    pairs = one(46, attr(73, u32(0x000FAC04) + u32(0x00147201)), attr(76, u32(0xFAC08)))
    assert label(pairs, "cipher-suites-pairwise.1") == "sms4"
    assert label(pairs, "akm-suites.0") == "sae"


def test_what_differs_in_requests() -> None:
    asked, told = one(142, attr(303, u8(3)), flags=1), one(143, attr(303, u32(3)))
    for message in (asked, told):
        assert value(message, "color-change-count") == 3
        assert not codes(message)


def test_the_regulatory_domain_is_what_iw_prints() -> None:
    text = printed("wifi", "iw reg get")
    found = next(m for m in kept("wifi") if m.find("reg-rules") is not None and not m.to_kernel)
    assert f"country {value(found, 'reg-alpha2')}: DFS-ETSI" in text
    assert label(found, "dfs-region") == "etsi"
    rules = found.find("reg-rules")
    assert rules is not None
    lines = [
        f"({value(rule, 'freq-range-start') // 1000} - {value(rule, 'freq-range-end') // 1000} @ "
        f"{value(rule, 'freq-range-max-bw') // 1000}), (N/A, "
        f"{value(rule, 'power-rule-max-eirp') // 100})"
        for rule in rules.children
    ]
    assert lines
    assert [line for line in lines if line not in text] == []


def test_nl80211_tells_the_names_of_interfaces() -> None:
    told = msg(NUMBER, genl(7, attr(3, u32(5)), attr(4, b"wlan5\0")))
    asked = msg(NUMBER, genl(32, attr(3, u32(5))), 1)
    *_, message = read(
        record(newfamily(NUMBER, "nl80211"), GENERIC), record(told, GENERIC), record(asked, GENERIC)
    )
    assert said(message) == "dev wlan5"
