"""What summary templates say of a message."""

from __future__ import annotations

import pytest
from librt.strings import BytesWriter

import nldissect
from nldissect.hooks import Lookup, Template

ADDRESS = {"ifaddrmsg": {"ifa-family": "inet", "ifa-prefixlen": 24, "ifa-scope": 253,
                         "ifa-index": 7}, "local": "10.0.0.1", "label": "eth  0", "flags": 0x82,
           "rt-priority": 0}  # fmt: skip


def told(text: str, attributes: dict[str, object] = ADDRESS, **ways) -> str:
    message = nldissect.build("rt-addr", "newaddr", attributes, reply=True)
    out = BytesWriter()
    Lookup(message, None, out).fill(Template(text, **ways))
    return out.getvalue().decode()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{local}", "10.0.0.1"),
        ("  a   b ", "a b"),
        ("[brd {broadcast}] [dev {ifa-index}]", "dev 7"),
        ("at[ {broadcast}] all", "at all"),
        ("[x [brd {broadcast}] {local}]", "x 10.0.0.1"),
        ("{broadcast} left", "left"),
        ("<{label}>", "<eth  0>"),
        ("{broadcast|local}", "10.0.0.1"),
        ("{local:host}:22", "10.0.0.1:22"),
        ("{broadcast|anycast}", ""),
        ("{local/ifa-prefixlen}", "10.0.0.1/24"),
        ("{label/ifa-prefixlen}", ""),
        ("{rt-priority} [{rt-priority?}none]", "0"),
        ("{ifa-scope}", "link"),
        ("{ifa-scope:value}", "253"),
        ("{ifa-scope:constant}", "LINK"),
        ("{ifa-scope:upper}", "LINK"),
        ("{ifa-scope:hex}", "0xfd"),
        ("{ifa-scope:twice}", "506"),
        ("{IFA_FLAGS:flags}", "<F_NODAD,F_PERMANENT>"),
        ("{IFA_FLAGS:words}", "nodad permanent"),
        ("{ifa-index:index}", "index 7"),
        ("[{ifa-scope=253}yes]", "yes"),
        ("[{ifa-scope=254}yes]", ""),
        ("[{ifa-scope!=254}yes]", "yes"),
        ("[{broadcast!=1}yes]", ""),
        ("[{IFA_FLAGS&128}yes]", "yes"),
        ("[{IFA_FLAGS&1}yes]", ""),
        ("[{IFA_FLAGS!&1}yes]", "yes"),
        ("[{IFA_FLAGS!&128}yes]", ""),
        ("[{broadcast!&1}yes]", ""),
        ("[{!broadcast}yes]", "yes"),
        ("[{!local}yes]", ""),
        ("[{!rt-priority?}yes]", "yes"),
        ("{nothing-like-it}", ""),
        (r"\[{label}\] [\[{broadcast}\]] \\x", r"[eth  0] \\x"),
    ],
)
def test_what_a_template_says(text, line):
    assert told(text, twice=lambda value: str(2 * value)) == line


def test_a_single_host_has_no_prefix_length():
    header = {"ifa-family": "inet", "ifa-prefixlen": 32}
    assert told("{local/ifa-prefixlen}", {"ifaddrmsg": header, "local": "10.0.0.1"}) == "10.0.0.1"


@pytest.mark.parametrize("text", ["[", "]", "{a", "a}", "{}", "{a:nothing}", "[" * 17 + "]" * 17])
def test_what_is_no_template_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        Template(text)


def test_pieces_follow_each_other_as_words():
    message = nldissect.build("rt-addr", "newaddr", ADDRESS, reply=True)
    out = BytesWriter()
    out.write(b"before:")
    seen = Lookup(message, None, out)
    assert seen.empty
    for words in ("", "one", "two"):
        seen.say(words)
    seen.fill(Template("[{broadcast}]"))
    seen.fill(Template("[{local}]"))
    assert not seen.empty
    assert out.getvalue() == b"before:one two 10.0.0.1"
