"""Of all rtnetlink attributes in the recordings, how many have a name and a type."""

from __future__ import annotations

from collections import Counter

import pytest

from nldissect._internal.spec.registry import Registry
from nldissect._internal.wire import linux
from support.messages import recording
from support.sweep import EVERY, FROZEN

pytestmark = pytest.mark.slow


ROUTE = 0

# Sent on purpose by scenarios, to see what the kernel says: numbers that no kernel has.
MADE_UP = {"attr 0", "attr 400", "attr 600", "attr 1027", "attr 7628", "unused2"}


@pytest.fixture(scope="module")
def counts() -> Counter[str]:
    """All attributes, those named, those with a type that says more than "bytes".

    And the messages of each dissector that are frozen in any form.
    """
    out: Counter[str] = Counter()
    for path in EVERY:
        for message in recording(path.stem):
            if message.spec is not None:
                out[f"dissector {message.spec.name}"] += path in FROZEN
            if message.protocol != ROUTE:
                continue
            for node in message.walk():
                if node.type is None:
                    continue
                out["all"] += 1
                if node.kind == "unknown":
                    out[f"unknown {node.name}"] += 1
                else:
                    out["named"] += 1
                    out["typed"] += node.kind != "binary" or not node.value
    return out


def test_every_attribute_that_exists_is_named(counts: Counter[str]) -> None:
    unknown = {key.removeprefix("unknown ") for key in counts if key.startswith("unknown ")}
    assert unknown <= MADE_UP
    assert counts["all"] > 90_000


def test_nearly_every_attribute_is_typed(counts: Counter[str]) -> None:
    assert counts["typed"] >= 0.995 * counts["all"]


def test_every_dissector_is_frozen(counts: Counter[str]) -> None:
    met = {key: count for key, count in counts.items() if key.startswith("dissector ")}
    assert len(met) > 80
    assert [key for key, count in met.items() if not count] == []


def test_every_message_of_the_header_has_one_dissector() -> None:
    registry = Registry(use_system=False)
    missing = [
        name
        for number, name in linux.RTM.items()
        if number >= 16
        and (
            registry.raw(ROUTE, number) is None
            or registry.raw(ROUTE, number).operation(number, True) is None
        )
    ]
    assert missing == []
