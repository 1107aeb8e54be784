"""What a walk finds wrong or odd, in the order of the tape."""

from __future__ import annotations

from typing import final

from mypy_extensions import i64, mypyc_attr

from .faults import Fault


@final
@mypyc_attr(acyclic=True)
class Finding:
    """A fault of the entry at `place` on the tape, with the name and the numbers in its words.

    A message may hold thousands, of which few are read: they become text when somebody asks.
    """

    def __init__(self, place: i64, fault: Fault, name: str = "", a: i64 = 0, b: i64 = 0) -> None:
        self.place = place
        self.fault = fault
        self.name = name
        self.a = a
        self.b = b

    @property
    def code(self) -> str:
        """Stable, for programs."""
        return self.fault.code

    @property
    def severity(self) -> str:
        """How bad that is: error, warning or note."""
        return self.fault.severity

    @property
    def text(self) -> str:
        """What is wrong, in words."""
        return self.fault.words.format(name=self.name, a=int(self.a), b=int(self.b))

    def at(self, place: i64) -> Finding:
        """The same of the entry at another place."""
        return Finding(place, self.fault, self.name, self.a, self.b)


def _first_from(findings: list[Finding], place: i64) -> int:
    """Which of them is the first at a place or behind it."""
    first, end = 0, len(findings)
    while first < end:
        middle = (first + end) // 2
        if findings[middle].place < place:
            first = middle + 1
        else:
            end = middle
    return first


def findings_at(findings: list[Finding], place: i64) -> list[Finding]:
    """Those of the entry at a place."""
    first = end = _first_from(findings, place)
    while end < len(findings) and findings[end].place == place:
        end += 1
    return findings[first:end]


def add_finding(findings: list[Finding], found: Finding) -> None:
    """Puts one where it belongs: by place, early ones first; of what is cut nothing but that.

    What is wrong around entries is found after what is inside.
    """
    place, size = found.place, len(findings)
    if size == 0 or findings[size - 1].place < place:
        findings.append(found)
        return
    at = _first_from(findings, place)
    if at < size and findings[at].place == place and findings[at].code == "truncated":
        return
    if found.code == "truncated":
        del findings[at : _first_from(findings, place + 1)]
    while at < len(findings) and findings[at].place == place:
        if found.fault.early and not findings[at].fault.early:
            break
        at += 1
    findings.insert(at, found)
