"""ctnetlink: what conntrack -E printed agrees with what is decoded from the same messages."""

from __future__ import annotations

import re

from nldissect._internal.engine.summary import summarize
from support.messages import NETFILTER, RECORDINGS, attr, messages, msg, nest, recording

NEW, DELETE = 256, 258


def words(line: str) -> list[str]:
    """Protocol, seconds and tuples; not what other lines of conntrack(8) hold elsewhere."""
    kept = re.sub(r"^ *(\[\w+\]) (\w+) +\d+ ", r"\1 \2 ", line)
    return [w for w in kept.split() if not re.match(r"\[USER|portid=|mark=0$", w)]


def test_events_as_conntrack_prints_them() -> None:
    printed = [
        words(line)
        for line in (RECORDINGS / "conntrack.monitor.out").read_text().splitlines()
        if line.lstrip().startswith("[")
    ]
    seen = [
        [w for w in summarize(m).split() if w != "mark=0"]
        for m in recording("conntrack")
        if m.protocol == NETFILTER and m.type in (NEW, DELETE) and not m.flags & 1
    ]
    assert len(printed) == 6
    for line in printed:
        assert line in seen


def test_a_short_one_is_no_exception() -> None:
    for cut in range(1, 12):
        for m in messages(
            msg(NEW, b"\2\0\0\0" + nest(1, nest(1, attr(1, b"\1\2\3\4")))[:cut]), NETFILTER
        ):
            assert m.type == NEW
            summarize(m)
