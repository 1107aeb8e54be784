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


def addresses(seen: Lookup, allowed: Piece) -> str:
    """Allowed addresses, each with its mask."""
    out = []
    entries = allowed.children
    for entry in entries[:ADDRESSES]:
        parts = {piece.name: piece for piece in entry.children}
        if "ipaddr" in parts and "cidr-mask" in parts:
            taken = "-" if "flags" in parts and parts["flags"].value else ""  # remove-me
            out.append(f"{taken}{parts['ipaddr'].text}/{parts['cidr-mask'].text}")
    if more := seen.more(entries, ADDRESSES):
        out.append(more)
    return ", ".join(out)


def peer_words(seen: Lookup, peer: Piece) -> str:
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
        words.append(f"allowed ips {addresses(seen, parts['allowedips'])}")
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
        listed = peers.children
        words += [peer_words(seen, peer) for peer in listed[:SHOWN]]
        if more := seen.more(listed, SHOWN):
            words.append(f"{more} peers")
    return " ".join(filter(None, words))


SUMMARIES = {"get-device": device, "set-device": device}
