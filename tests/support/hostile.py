"""Strings that try to act on whatever shows them; a capture and specs that have them everywhere.

`acting` tells what of a text could act, where the text is an output that people or programs read.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Final

from support.capture_files import block, enhanced, interface, netlink, options, section
from support.messages import attr, msg, nest, nlmsgerr, u16, u32

MARK: Final = "PWNED"  # what would begin a line, or stand in code, if a string had got out

STRINGS: Final[dict[str, str]] = {
    "line": f"a\n{MARK} = 1\n",
    "carriage": f"a\r{MARK}",
    "separators": f"a\u2028{MARK}\u2029{MARK}\x85{MARK}\x0b{MARK}\x0c{MARK}\x1c{MARK}",
    "colour": "\x1b[31mred",
    "title": "\x1b]0;title\x07",
    "link": "\x1b]8;;http://evil/\x1b\\x\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;cHduZWQ=\x07",
    "device control": '\x1bP$q"p\x1b\\',
    "one byte": "\x9b31m\x9d0;t\x9c\x90q\x9c",
    "backspace": "abc\b\b\bxyz\x7f",
    "nothing": "\x01\x02\x1f",
    "override": "a\u202egpj.exe",
    "isolates": "\u2066a\u2069\u2067b\u200f",
    "zero width": "a\u200bb\u200cc\u200dd\u2060e\ufeff",
    "filler": "\u3164",
    "blank": "\u115f\u1160\uffa0\u2800\u17b4\u180e",
    "selector": "a\ufe0f\U000e0100",
    "tags": "a\U000e0041\U000e007f",
    "private": "\ue000\U0010fffd",
    "spaces": "a\u00a0\u2003\u3000b",
    "literal escape": "\\x1b[31m \\u202e \\n",
    "backslash": "a\\",
    "quotes": "a\"b'c`d",
    "rich": f"[bold red]{MARK}[/] [link=http://evil]x[/link] [@click=app.quit]x[/]",
    "markup": f"</text><script>{MARK}()</script><![CDATA[&lt;]]>--><!--",
    "markdown": f"[x](javascript:{MARK}) | `a` | <img src=x>",
    "workflow": "::error::x ::set-output name=a::b",
    "C": f"*/ int {MARK}; /*",
    "C line": f"//\\ ??/ {MARK}",
    "C trigraph": "??/",
    "C longer trigraph": "???/",
    "universal": f"\\u000a {MARK} \\u002a\\u002f",
    "Python": f'"""\n{MARK} = 1\n"""',
    "Python quote": f"'); {MARK}(); ('",
    "Python double quote": f'"); {MARK}(); ("',
    "encoding": f"coding: utf-7 +AAo-{MARK}=1+AAo-",
    "encoding escape": f"coding=unicode_escape \\x0a{MARK}=1",
    "modeline": "vim: set modeline: -*- eval: (x) -*- ex:x",
    "Rust": f"*/ pub fn {MARK}() {{}} /*",
    "Go": f"\n//go:build ignore\nvar {MARK} int",
    "shell": f"$({MARK}) `{MARK}` ; {MARK} | {MARK} & {MARK} > x",
    "YAML": f"a: [&x {{!!python/object:{MARK}}} # b",
    "format": "%s%n{0}{a.__class__}",
    "template": "{ifname} [{mtu}]",
    "long": "\x1b[2J" * 40,
    "surrogates": "\U0001f600\U0001f468\u200d\U0001f469",
    "empty": "",
    "space": " ",
    "dash": "-",
    "tilde": "~",
    "number": "-1",
}
RAW: Final[dict[str, bytes]] = {
    **{name: text.encode() for name, text in STRINGS.items()},
    "no UTF-8": b"a\xff\xfe\x9b31m\xc0\x80",
    "half": b"\xed\xa0\x80\xed\xb3\xbf",  # surrogates
    "cut": b"a\xe2\x80",
}

# Letters that are seen as nothing or a space, though Unicode calls them printable.
UNSEEN: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0\ufe0f\U000e0100"
)
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


def acting(text: str, allowed: str = "\n", colours: bool = False) -> list[str]:
    """The characters that could act or hide, and lines that a string began; empty for a safe text.

    `allowed` are those that the output has of itself; `colours`, that it has SGR sequences.
    """
    if colours:
        text = _COLOURS.sub("", text)
    found = [
        f"U+{ord(c):04X}"
        for c in sorted(set(text))
        if c not in allowed and (not c.isprintable() or c in UNSEEN)
    ]
    return found + [line for line in text.split("\n") if line.lstrip(" |#/*").startswith(MARK)]


def datagrams() -> list[tuple[int, bytes]]:
    """(protocol, message): every string in every place that a message has for one."""
    header = struct.pack("<BxHiII", 0, 1, 7, 1, 0)
    out: list[tuple[int, bytes]] = []
    for number, raw in enumerate(RAW.values()):
        text = raw + b"\0"
        index = struct.pack("<BxHiII", 0, 1, 100 + number, 1, 0)
        link = msg(16, index + attr(3, text) + attr(20, text) + nest(18, attr(1, text)))
        out += [(0, link), (0, link), (0, msg(16, header + attr(999, text)))]
        out.append((0, msg(20, struct.pack("<BBBBI", 2, 24, 0, 0, 100 + number) + attr(3, text))))
        request = msg(16, header + attr(3, text), flags=5, seq=number + 1)
        out.append((0, request))
        out.append((0, nlmsgerr(-22, request, attr(1, text))))
        # a family by that name, with a group by that name, and its messages
        family = (
            attr(1, u16(0x20 + number))
            + attr(2, text)
            + nest(7, nest(1, attr(2, u32(9)), attr(1, text)))
        )
        out.append((16, msg(16, struct.pack("<BBH", 1, 2, 0) + family)))
        out.append(
            (16, msg(0x20 + number, struct.pack("<BBH", 3, 1, 0) + attr(1, text) + attr(2, text)))
        )
        out.append((16, msg(0x20 + number, struct.pack("<BBH", 3, 1, 0) + attr(1, text), flags=1)))
        # a table of nftables, with what is said to be a comment; a record of audit; an uevent
        nfgenmsg = struct.pack(">BBH", 2, 0, 0)
        out.append(
            (
                12,
                msg(
                    0xA00,
                    nfgenmsg + attr(1, text) + attr(6, b"\0" + bytes([len(text) & 0xFF]) + text),
                ),
            )
        )
        out.append((9, msg(1300, b"audit(1:2): a=" + raw + b' b="' + raw + b'"')))
        out.append((15, b"add@/" + text + b"ACTION=add\0DEVPATH=/" + text))
    return out


def capture(path: Path) -> Path:
    """A pcapng with them all: in messages, in its section, interface, comments and processes."""
    whole = b" ".join(RAW.values())
    parts = [
        section("<", (1, whole), (2, whole), (3, whole), (4, whole)),
        interface("<", 253, (2, whole), (3, whole), (12, whole), (15, whole)),
    ]
    raws = list(RAW.values())
    for number, raw in enumerate(raws):
        body = struct.pack("<IIIHHIII", 0, 0, 0, 0, 0, 4000 + number, 500 + number, 0)
        named = options("<", (2, raw or b"x"), (3, raw or b"x"))
        parts.append(block("<", 0x80006E6C, body + named))
    for number, (protocol, data) in enumerate(datagrams()):
        raw = raws[number % len(raws)]
        sent = data[:12] + u32(4000 + number % len(raws)) + data[16:] if protocol == 0 else data
        parts.append(enhanced("<", 0, 10**15 + number, netlink(protocol, sent), (1, raw)))
    path.write_bytes(b"".join(parts))
    return path


def _yaml(text: str) -> str:
    """A text as YAML, each character of it escaped."""
    return '"' + "".join([f"\\U{ord(c):08x}" for c in text]) + '"'


def spec(path: Path, text: str) -> Path:
    """A spec for the family by that name, with the same for all its names."""
    name, other = _yaml(text or "x"), _yaml(text + "2")
    path.write_text(
        f"""
name: {name}
protocol: genetlink
doc: {name}
definitions:
  - {{type: enum, name: {name}, doc: {name}, entries: [{name}, {other}]}}
attribute-sets:
  - name: {name}
    attributes:
      - {{name: {name}, type: string, doc: {name}}}
      - {{name: {other}, type: u32, enum: {name}}}
operations:
  list:
    - name: {name}
      value: 3
      attribute-set: {name}
      doc: {name}
      mcgrp: {name}
      do: {{request: {{attributes: [{name}]}}, reply: {{attributes: [{name}]}}}}
mcast-groups: {{list: [{{name: {name}}}]}}
"""
    )
    return path
