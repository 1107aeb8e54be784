"""strace's own notation read back: what it decoded of each netlink message, value by value.

Grammar: {name=value, ...}, [value, ...], "text", numbers, names joined by |,
calls such as inet_addr("..."); comments and ellipses are dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(
    r'\s*(?:(?P<comment>/\*.*?\*/)|(?P<text>"(?:[^"\\]|\\.)*"(?:\.\.\.)?)|(?P<mark>[\[\]{},=()]|=>)'
    r"|(?P<word>[^\s\[\]{},=()\"]+))"
)


@dataclass
class Name:
    """Constants as strace writes them: IFF_UP|IFF_RUNNING, 0x10, RT_TABLE_MAIN."""

    text: str


@dataclass
class Call:
    """name(arguments), or a struct-like `name=value` outside of braces."""

    name: str
    arguments: list[Any]


class Reader:
    """Recursive descent over one value."""

    def __init__(self, text: str, at: int = 0) -> None:
        self.text = text
        self.at = at

    def token(self) -> tuple[str, str]:
        while True:
            found = TOKEN.match(self.text, self.at)
            if found is None:
                raise ValueError(self.text[self.at : self.at + 40])
            self.at = found.end()
            kind = found.lastgroup or ""
            if kind != "comment":
                return kind, found[kind]

    def peek(self) -> tuple[str, str]:
        at = self.at
        out = self.token()
        self.at = at
        return out

    def value(self) -> Any:
        kind, token = self.token()
        if token == "{" and kind == "mark":
            return self.struct()
        if token == "[" and kind == "mark":
            return self.sequence("]")
        if kind == "text":
            return unescape(token)
        if kind == "mark":
            raise ValueError(token)
        if self.peek() == ("mark", "("):
            self.token()
            return Call(token, self.sequence(")"))
        if re.fullmatch(r"-?(0x[0-9a-f]+|\d+)", token):
            return int(token, 0 if "0x" in token or not token.lstrip("-").startswith("0") else 8)
        return Name(token)

    def sequence(self, end: str) -> list[Any]:
        out: list[Any] = []
        while True:
            if self.peek() == ("mark", end):
                self.token()
                return out
            value = self.value()
            if isinstance(value, Name) and self.peek() == ("mark", "="):
                self.token()
                value = Call(value.text, [self.value()])
            if value != Name("..."):
                out.append(value)
            kind, token = self.token()
            if (kind, token) == ("mark", end):
                return out
            if token not in (",", "=>"):
                # Flags may be followed by more words: `A|B`, `0x8 /* NLM_F_??? */`.
                raise ValueError(token)

    def struct(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        while True:
            kind, token = self.token()
            if (kind, token) == ("mark", "}"):
                return out
            if token in (",", "..."):
                continue
            if self.peek() == ("mark", "="):
                self.token()
                out[token] = self.value()
            elif self.peek() == ("mark", "("):  # inet_pton(AF_INET, "...", &name)
                self.token()
                arguments = self.sequence(")")
                out[str(arguments[-1].text).lstrip("&")] = Call(token, arguments[:-1])
            else:
                out[token] = None


def unescape(token: str) -> bytes:
    body = token.removesuffix("...")[1:-1]
    return body.encode("latin-1").decode("unicode_escape").encode("latin-1")


MESSAGE = re.compile(r"\[?\{nlmsg_len=\d+, nlmsg_type=")


def messages(line: str) -> list[Any]:
    """Each [{nlmsghdr}, ...] list of a system call's line; none where strace cut it."""
    start = line.find("{nlmsg_len=")
    if start < 0:
        return []
    # One message stands as [{header}, ...]; several as [[{header}, ...], ...].
    while start and line[start - 1] == "[":
        start -= 1
    try:
        value = Reader(line, start).value()
    except (ValueError, IndexError):
        return []
    if isinstance(value, dict):
        return [[value]]
    if value and isinstance(value[0], list):
        return [item if isinstance(item, list) else [item] for item in value]
    return [value]


def attributes(payload: Any) -> list[tuple[str, int, Any]]:
    """(constant, nla_len, payload) of each attribute strace shows in a list, not nested ones."""
    if not isinstance(payload, list) or not payload:
        return []
    if is_header(payload[0]):  # a single one stands without the outer list
        payload = [payload]
    out = []
    for item in payload:
        if is_header(item):  # without a payload
            item = [item]
        if isinstance(item, list) and item and is_header(item[0]):
            kind = item[0]["nla_type"]
            name = kind.text if isinstance(kind, Name) else str(kind)
            out.append((name.split("|")[-1], item[0]["nla_len"], item[1] if item[1:] else None))
    return out


def is_header(item: Any) -> bool:
    return isinstance(item, dict) and "nla_len" in item
