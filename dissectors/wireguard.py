"""WireGuard: keys as wg(8) writes them, devices and peers in one line."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from nldissect.hooks import Lookup, Node, Piece

KEY_BYTES = 32
SHOWN = 2  # peers in one line, of the many that a device may have
ADDRESSES = 4  # allowed addresses of each


def key(node: Node) -> bool:
    """A key in base64; one of zeros is none, a preshared key that is not set."""
    raw = node.bytes
    if len(raw) != KEY_BYTES:
        return False
    node.set_value("key", raw, b64encode(raw).decode() if any(raw) else "(none)")
    return True


def keepalive(value: int, message: Any, get: Any) -> str | None:
    """0 is off."""
    return None if value else "off"


HOOKS = {"key": key, "keepalive": keepalive}


def addresses(allowed: Piece) -> str:
    """Allowed addresses, each with its mask."""
    out = []
    for entry in allowed.children[:ADDRESSES]:
        parts = {piece.name: piece for piece in entry.children}
        if "ipaddr" in parts and "cidr-mask" in parts:
            out.append(f"{parts['ipaddr'].text}/{parts['cidr-mask'].text}")
    more = len(allowed.children) - ADDRESSES
    return ", ".join(out) + (f" and {more} more" if more > 0 else "")


def peer_words(peer: Piece) -> str:
    """One peer: its key, and what else wg(8) shows of it."""
    parts = {piece.name: piece for piece in peer.children}
    words = ["peer"]
    if "public-key" in parts:
        words.append(parts["public-key"].text)
    if "flags" in parts and parts["flags"].value:
        words.append(f"({parts['flags'].text})")
    if "endpoint" in parts:
        words.append(f"endpoint {parts['endpoint'].text}")
    if "allowedips" in parts and parts["allowedips"].children:
        words.append(f"allowed ips {addresses(parts['allowedips'])}")
    if "persistent-keepalive-interval" in parts and parts["persistent-keepalive-interval"].value:
        words.append(f"keepalive {parts['persistent-keepalive-interval'].text}")
    return " ".join(words)


def device(seen: Lookup) -> str:
    """A device with its first peers; of the private key only whether it is there."""
    words = [seen.text("ifname") or seen.text("ifindex")]
    if seen.value("flags"):
        words.append(seen.text("flags"))
    if seen.has("private-key"):
        words.append("private key (hidden)")
    seen.put(words, "public key", "public-key")
    seen.put(words, "listening port", "listen-port")
    if seen.value("fwmark"):
        words.append(f"fwmark {seen.value('fwmark'):#x}")
    peers = seen.at("peers")
    if peers is not None:
        words += [peer_words(peer) for peer in peers.children[:SHOWN]]
        if len(peers.children) > SHOWN:
            words.append(f"and {len(peers.children) - SHOWN} more peers")
    return " ".join(filter(None, words))


SUMMARIES = {"get-device": device, "set-device": device}
