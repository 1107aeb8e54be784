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


METER = {
    "ovs-header": {"dp-ifindex": 7}, "id": 3,
    "bands": [{"type": "drop", "rate": 10, "burst": 1}, {"rate": 20}, {"type": "drop", "rate": 30},
              {"type": "drop", "burst": 4}, {"type": "drop", "rate": 50},
              {"type": "drop", "rate": 60}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[*bands: {type}[ at {rate}]]", "drop at 10, drop at 30, drop +2"),
        ("[*bands: {burst}]", "1, 4"),
        ("[*bands: {rate=20}second] [meter {id}]", "second meter 3"),
        ("[*bands: {id}]", ""),
        ("[bands [*bands: {rate}]]", "bands 10, 20, 30 +2"),
        ("[bands [*bands: {id}]]", ""),
        ("[*bands: [*rate: x]{burst}]", "x1"),
        ("[*nothing: x]", ""),
        ("[*id: x]", "x"),
        ("*bands: x", "*bands: x"),
    ],
)
def test_each_of_many_by_itself(text, line):
    """What one has and the next one lacks is not mixed."""
    message = nldissect.build("ovs_meter", "set", METER, type=40)
    out = BytesWriter()
    Lookup(message, None, out).fill(Template(text))
    assert out.getvalue().decode() == line


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
