"""IPsec: what ip-xfrm(8) says of the recording, and messages cut short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import nldissect
from nldissect._internal.engine.message import Message
from nldissect._internal.engine.summary import describe

CAPTURES = Path(__file__).parents[2] / "captures"


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    """The recording's messages of XFRM."""
    return [m for m in nldissect.open(CAPTURES / "xfrm.pcap") if m.protocol == 6]


def named(m: Message) -> str:
    """The operation's name."""
    return "" if m.operation is None else m.operation.name


def test_states_as_ip_lists_them(messages: list[Message]) -> None:
    """Every state of `ip -s xfrm state show`, with its algorithms and keys."""
    text = (CAPTURES / "xfrm.txt").read_text()
    told = text.split("$ ip -s xfrm state show\n")[1].split("\n$ ")[0]
    listed = re.split(r"^(?=src )", told, flags=re.MULTILINE)[1:]
    wanted = set()
    for one in listed:
        ends = re.search(r"src (\S+) dst (\S+)\n\tproto (\S+) spi (\w+)\(\d+\) reqid (\d+)", one)
        key = re.search(r"\t(?:aead|auth-trunc|comp) (\S+) (?!spi)", one)
        assert ends is not None
        wanted.add((*ends.groups(), key and key.group(1)))
    got = set()
    for m in messages:
        if named(m) != "newsa":
            continue
        names = [m.get(f"{a}.alg-name") for a in ("alg-auth-trunc", "alg-aead", "alg-comp")]
        found = m.find("xfrm-usersa-info.id.proto")
        assert found is not None
        proto = {50: "esp", 51: "ah", 108: "comp"}.get(found.value, "")
        spi = f"0x{m['xfrm-usersa-info.id.spi']:08x}"
        name = next((n for n in names if n), None)
        got.add(
            (
                m["xfrm-usersa-info.saddr"],
                m["xfrm-usersa-info.id.daddr"],
                proto,
                spi,
                str(m["reqid"]),
                name,
            )
        )
    assert len(listed) == 8
    assert wanted <= got


def test_keys_are_those_given(messages: list[Message]) -> None:
    """The key behind the algorithm, with its length in bits."""
    first = next(m for m in messages if named(m) == "newsa")
    assert first["alg-auth.alg-key"] == bytes.fromhex("0102030405060708090a0b0c0d0e0f1011121314")
    assert first["alg-auth.alg-key-len"] == 160


def test_dump_with_filter_has_no_header(messages: list[Message]) -> None:
    """A dump request of XFRM_MSG_GETSA begins with its attributes."""
    found = next(m for m in messages if named(m) == "getsa" and m.find("address-filter"))
    assert found.find("xfrm-usersa-id") is None
    assert not found.diagnoses


def test_summaries(messages: list[Message]) -> None:
    """As ip-xfrm(8) prints them."""
    said = [describe(m) for m in messages]
    assert any(
        "src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001000 reqid 7 mode tunnel" in s
        for s in said
    )
    assert any("proto gre key 16909060 dev apple0 dir in" in s for s in said)
    assert any(("SPD IN 2 OUT 5 FWD 1") in s for s in said)


def test_cut_short_is_no_exception(messages: list[Message]) -> None:
    """Each message up to each of its bytes: a tree, a line, no failed hook."""
    seen = set()
    for m in messages:
        if named(m) in seen:
            continue
        seen.add(named(m))
        for size in range(16, len(m.data), 3):
            data = len(m.data[:size]).to_bytes(4, "little") + m.data[4:size]
            cut = nldissect.dissect(data, 6)
            assert isinstance(describe(cut), str)
            assert all(d.code != "hook-failed" for d in cut.diagnoses)


def test_what_the_kernel_says_by_itself() -> None:
    """As `ip xfrm monitor all` printed it, and what it did not know (message 0x29)."""
    seen = [m for m in nldissect.open(CAPTURES / "xfrm_events.pcap") if m.protocol == 6]
    assert not [found for m in seen for found in m.diagnoses]
    lines = [describe(m) for m in seen]
    policy = (
        "src 192.0.2.0/24 dst 198.51.100.0/24 dir out priority 100"
        " tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 7 mode tunnel"
    )
    for line in (
        "expire hard src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x00001000 reqid 7 mode tunnel"
        " dir out pcpu-num 1",
        f"polexpire soft {policy}",
        f"polexpire hard {policy}",
        "mapping src 127.0.0.1 dst 127.0.0.1 proto esp spi 0x4000 reqid 0 sport 4501"
        " -> src 127.0.0.1 sport 4600",
        "migrate-state dst 192.0.2.2 proto esp spi 0x00003000 -> src 192.0.2.3 dst 192.0.2.4"
        " reqid 11 clear-offload dir out sel src 192.0.2.3/32 dst 192.0.2.4/32",
    ):
        assert line in lines
