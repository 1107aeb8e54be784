"""Code beside dissectors of others ends nothing but itself."""

from __future__ import annotations

import re

import pytest

from support.command import start
from support.messages import RECORDINGS

SPEC = """
name: nl80211
protocol: genetlink
attribute-sets:
  - name: evil
    attributes:
      - {name: first, type: u32, value: 1, x-hook: hook}
      - {name: second, type: u32, value: 3, x-label: label}
operations:
  list:
    - {name: get-wiphy, value: 1, attribute-set: evil, do: {request: {attributes: [first]}}}
    - {name: get-interface, value: 5, attribute-set: evil, do: {request: {attributes: [first]}}}
    - {name: new-interface, value: 7, attribute-set: evil, do: {reply: {attributes: [first]}}}
"""


def run(folder, body: str, *words: str) -> tuple[int, str, str]:
    """The command with a dissector whose code does this."""
    (folder / "evil.yaml").write_text(SPEC)
    (folder / "evil.py").write_text(
        "class Own(BaseException): pass\n"
        f"def hook(node):\n    {body}\n"
        f"def label(value, message, get):\n    {body}\n"
        'HOOKS = {"hook": hook, "label": label}\n'
    )
    with start(*words, "--dissectors", folder, RECORDINGS / "wifi.pcap") as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()


BODIES = [
    ("import sys; sys.exit(0)", "HookError('it raised SystemExit(0)')"),
    ("raise Own", "HookError('it raised Own()')"),
    ("raise GeneratorExit", "HookError('it raised GeneratorExit()')"),
    ("raise RecursionError('deep')", "RecursionError('deep')"),
    ("raise MemoryError", "MemoryError()"),
    ("while True: pass", "HookError('it took more than 2 s')"),
]


@pytest.mark.parametrize(("body", "said"), BODIES)
def test_what_would_end_the_program_is_a_diagnosis(tmp_path, body, said):
    status, out, _ = run(tmp_path, body, "check")
    assert status == 1
    assert f"the code of dissector nl80211 failed: {said}" in out
    status, out, err = run(tmp_path, body, "read")
    assert (status, err) == (0, "")
    assert len(out.splitlines()) > 500


def test_a_label_of_a_kind_of_its_own(tmp_path):
    body = "return type('Odd', (str,), {'encode': lambda *_: 1 / 0})('odd label')"
    status, out, err = run(tmp_path, body, "read", "-V")
    assert (status, err) == (0, "")
    assert "odd label" in out


def test_a_label_that_is_no_text(tmp_path):
    status, out, _ = run(tmp_path, "return 7 + len('no text')", "read", "-V")
    assert status == 0
    assert "failed: TypeError('a label that is no text: 14')" in out


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 5", "an object of type int"),
        ("return [node]", "an object of type list"),
        ("yield 1", "an object of type generator"),
        ("raise type('Odd', (Exception,), {'__repr__': lambda self: exit(0)})", "failed: Odd"),
    ],
)
def test_nonsense_is_a_diagnosis(tmp_path, body, said):
    status, out, _ = run(tmp_path, body, "check")
    assert status == 1
    assert "the code of dissector nl80211 failed: " in out
    assert said in out


MADE = [
    ("member(node, part('a', U32), node.end, node.start)", "a node of bytes"),
    ("member(node, part('a', U32), 0, 1 << 40)", "a node of bytes"),
    ("member(node, part('a', U32), node.end, node.start).value", "no such bytes"),
    ("node.add(node)", "there twice"),
    ("node.set_children('nest', [7])", "int"),
    ("node.start = node.end + 4", "moved its own node"),
    ("node.set_value(7, 7)", "TypeError"),
    ("node.set_value('u32', {})", "a value of type dict"),
    ("node.diagnose('odd', 'worse', 'text')", "severity 'worse'"),
    ("a = node\n    for _ in range(99): a = member(a, part('a', NEST), node.start, node.end)",
     "levels of nodes"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "said"), MADE)
def test_what_cannot_be_is_a_diagnosis(tmp_path, body, said):
    """Nodes that would break who looks at them; the attribute is decoded as without the code."""
    body = f"from nldissect.hooks import NEST, U32, member, part\n    {body}\n    return True"
    status, out, err = run(tmp_path, body, "read", "-V")
    assert (status, err) == (0, "")
    assert "the code of dissector nl80211 failed: " in out
    assert said in out
    assert re.search(r"\n    NL80211_A_EVIL_FIRST: \d+ .error: the code", out)


@pytest.mark.parametrize("body", ["import sys; sys.exit(0)", "raise GeneratorExit", "1 / 0"])
def test_a_module_that_ends_when_it_is_imported(tmp_path, body):
    (tmp_path / "evil.yaml").write_text(SPEC)
    (tmp_path / "evil.py").write_text(body)
    words = ("read", "--dissectors", tmp_path, RECORDINGS / "wifi.pcap")
    with start(*words) as process:
        out, err = process.communicate(timeout=60)
    assert len(out.splitlines()) > 500
    assert b"evil.py" in err
    assert b"Traceback" not in err


@pytest.mark.parametrize(
    ("body", "said"),
    [
        *BODIES[:2],
        ("1 / 0", "ZeroDivisionError('division by zero')"),
        ("return 5", " that is no text: 5')"),
        ("return type('Odd', (), {'__repr__': exit, '__bool__': exit})()", "no text: Odd"),
        ("raise type('Odd', (Exception,), {'__repr__': exit})", "failed: Odd"),
    ],
)
@pytest.mark.parametrize("table", ["label", "summary"])
def test_labels_and_summaries_that_fail(tmp_path, body, said, table):
    """They run when a message is shown, and `check` has them made to see."""
    (tmp_path / "evil.yaml").write_text(SPEC)
    label, line = (body, "pass") if table == "label" else ("pass", body)
    (tmp_path / "evil.py").write_text(
        "class Own(BaseException): pass\n"
        f"def label(value, message, get):\n    {label}\n"
        f"def line(seen):\n    {line}\n"
        "def hook(node): pass\n"
        'HOOKS = {"hook": hook, "label": label}\n'
        'SUMMARIES = dict.fromkeys(["get-wiphy", "get-interface", "new-interface"], line)\n'
    )
    words = ("--dissectors", tmp_path, RECORDINGS / "wifi.pcap")
    with start("check", *words) as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"the code of dissector nl80211 failed: " in out
    assert said in out.decode()
    with start("read", *words) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert len(out.splitlines()) > 500
