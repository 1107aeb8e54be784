"""nfqueue: a verdict, from bytes as struct nfqnl_msg_verdict_hdr has them."""

from __future__ import annotations

from nldissect._internal.engine.summary import describe
from support.messages import NETFILTER, attr, messages, msg, u32


def test_verdict() -> None:
    verdict = attr(2, u32(1, ">") + u32(7, ">")) + attr(3, u32(5, ">"))
    (m,) = messages(msg(769, b"\0\0\0\3" + verdict, 1), NETFILTER)
    assert describe(m) == "verdict queue 3 packet 7 accept mark=5"
