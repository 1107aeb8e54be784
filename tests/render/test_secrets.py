"""Keys and passwords: no output has them unless it is asked to."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import pytest

import nldissect
from nldissect import Node
from support.command import start
from support.messages import RECORDINGS

OUTPUTS = (
    ["read"], ["read", "-V", "-x"], ["read", "-T", "json"], ["read", "-T", "jsonl"],
    ["read", "-T", "fields", "-e", "summary", "-e", "private-key", "-e", "alg-key", "-e", "pmk"],
    *(["read", "-T", form] for form in ("c", "go", "rust", "python", "build", "hex", "ynl")),
    ["check"], ["stats"],
)  # fmt: skip


def secrets(nodes: Iterable[Node]) -> Iterable[bytes]:
    for node in nodes:
        if node.field.secret and len(node.bytes) > 3 and any(node.bytes):
            yield node.bytes
        yield from secrets(node.children)


def told(*words: object) -> bytes:
    with start(*words) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode in (0, 1), err
    return out


@pytest.mark.parametrize(
    ("name", "many"),
    [("wireguard", 2), ("xfrm", 4), ("xfrm_events", 2), ("wifi", 8), ("wifi_modes", 1)],
)
def test_no_output_has_a_secret(name: str, many: int) -> None:
    path = RECORDINGS / f"{name}.pcap"
    known = {secret for message in nldissect.open(path) for secret in secrets(message.nodes)}
    assert len(known) == many
    for words in OUTPUTS:
        out = told(*words, path)
        bare = out.translate(None, b' \n,"').replace(b"0x", b"").lower()
        for secret in known:
            assert secret not in out
            assert secret.hex().encode() not in bare
            assert base64.b64encode(secret) not in out
    trees = told("read", "-V", path)
    assert b"<redacted " in trees
    assert b"<redacted " not in told("read", "-V", "--show-secrets", path)


def test_structure_and_filters_stay() -> None:
    path = RECORDINGS / "wireguard.pcap"
    plain, shown = told("read", path), told("read", "--show-secrets", path)
    assert plain.count(b"\n") == shown.count(b"\n")
    assert told("read", "-Y", "private-key", path) == told("read", "-Y", "private_key", path) != b""
