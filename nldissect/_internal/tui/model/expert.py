"""What is wrong or odd in the messages shown, and what the kernel refused: by code, with counts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from ...analysis import link_text, message_text
from ...analysis.diagnosis_codes import CODES, SEVERITIES
from ...analysis.explain import error_text
from ...analysis.lint import Lint, path_of
from ...engine.frame import Diagnosis
from ...engine.message import Message
from ...pairing.codes import ROLE_REQUEST
from ...pairing.transaction import Link, Transaction
from ...wire import framing
from ...wire.errors import CaptureError
from ...wire.text import safe
from .capture_model import CaptureModel
from .list_folds import ListFolds
from .message_pass import MessagePass
from .parts import Part
from .report_line import FilterText, Fold, Place, ReportLine, Rows

FEW: Final = 8  # findings of a code that are shown at first
REFUSED: Final = "refused"
_SIGNS: Final = {"error": "!", "warning": "▲", "note": "·", REFUSED: "✗"}
_TITLES: Final = {
    "error": "errors", "warning": "warnings", "note": "notes", REFUSED: "refused by the kernel",
}  # fmt: skip

GroupKey = tuple[str, str]  # severity or REFUSED, code or what was refused


class FoundAt(NamedTuple):
    """One diagnosis of the message in a row."""

    row: int
    found: Diagnosis


class Group:
    """All findings of one code.

    `name` and `meaning` are shown, `text` is a filter for these messages where there is one,
    `prefix` what every finding's text begins with.
    """

    def __init__(self, name: str, meaning: str, text: str, prefix: str = "") -> None:
        self.name = name
        self.meaning = meaning
        self.text = text
        self.prefix = prefix
        self.findings: list[FoundAt] = []

    def filter(self) -> FilterText | Rows:
        """What shows these messages alone."""
        if self.text:
            return FilterText(self.text)
        return Rows(frozenset(one.row for one in self.findings), f"messages with {self.name}")


class Expert(MessagePass):
    """What `nldissect check` finds in the messages shown, and what the kernel refused."""

    def __init__(self, model: CaptureModel) -> None:
        super().__init__(model, own=True)
        self.messages = 0
        self.groups: dict[GroupKey, Group] = {}
        self._lint = Lint(model.index.session.learnt, refusals=True)
        self._folds = ListFolds(FEW)

    def take(self, message: Message, link: Link) -> None:
        """Judges a message."""
        self.messages += 1
        for found in self._lint.check(message, link):
            self._add(message, link, found)
        message.forget()

    def leave_out(self, row: int) -> None:
        """What later messages are judged by is taken from those that are not shown too."""
        index = self.model.index
        asks = index.links.role[row + 1] == ROLE_REQUEST
        if asks or index.header(row)[2] & framing.NLM_F_DUMP_INTR:
            link = index.link(row)
            if link is not None:
                self._lint.follow(index.message(row), link)

    def ended(self, found: Transaction) -> None:
        """Takes in what only the end of a transaction tells."""
        self._lint.ended(found)
        for message, late in self._lint.late():
            self._add(message, None, late)

    def at_end(self) -> None:
        """Takes in what was lost that no message tells of."""
        for message, found in () if self.filtered else self._lint.rest():
            self._add(message, None, found)

    def _add(self, message: Message, link: Link | None, found: Diagnosis) -> None:
        """One more finding, in its group."""
        key: GroupKey = (found.severity, found.code)
        if found.code == "request-refused" and link is not None:
            request = link_text.request_of(message, link) or message.echo
            what = "" if request is None else message_text.operation(request, False)
            key = (REFUSED, f"{message_text.error_name(message) or message.error} {what}".rstrip())
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = _group(key, message)
        group.findings.append(FoundAt(message.serial - 1, found))
        self.changes += 1

    # -- showing ---------------------------------------------------------------------------

    def fold(self, wanted: Fold) -> None:
        """ListFolds or unfolds a severity or a code."""
        self._folds.fold(wanted)
        self.changes += 1

    def lines(self, width: int, whole: bool) -> list[ReportLine]:
        """The tree of severities, codes and findings, the most frequent code first."""
        by: dict[str, list[tuple[GroupKey, Group]]] = {}
        for key, group in self.groups.items():
            by.setdefault(key[0], []).append((key, group))
        counts = {s: sum(len(g.findings) for _, g in of) for s, of in by.items()}
        said = ", ".join(_count(counts.get(severity, 0), severity) for severity in SEVERITIES)
        said += (
            f", {_count(counts.get(REFUSED, 0), 'refusal')} in {_count(self.messages, 'message')}"
        )
        out = [ReportLine([(f" {said}", "heading")], key="total")]
        for severity in (*SEVERITIES, REFUSED):
            if severity in by:
                title = f"{_SIGNS[severity]} {_TITLES[severity].upper()}  {counts[severity]}"
                out.append(self._folds.head(severity, [(title, _look(severity))]))
                if whole or self._folds.shown(severity) != 0:
                    for key, group in sorted(by[severity], key=_rank):
                        out += self._group(key, group, whole)
        return out

    def _group(self, key: GroupKey, group: Group, whole: bool) -> Iterator[ReportLine]:
        """The head of a code, and its findings as far as they are shown."""
        head: list[Part] = [
            (f"{len(group.findings):>6} ", "value"),
            (f"{safe(group.name)}", "name"),
            (f"  {group.meaning}", "dim"),
        ]
        yield self._folds.head(key, head, group.filter, "   ")

        more = None if key[0] == REFUSED else self._where

        def line(one: FoundAt) -> ReportLine:
            parts: list[Part] = [
                (f"         #{self.model.number(one.row):<7} ", _look(key[0])),
                (safe(one.found.text.removeprefix(group.prefix)), "plain"),
            ]
            place = (key, one.row, one.found.offset)
            made = None if more is None else partial(more, one)
            return ReportLine(parts, Place(one.row, one.found.offset), group.filter, place, made)

        yield from self._folds.list(key, group.findings, line, whole, "         ")

    def _where(self, one: FoundAt) -> list[Part]:
        """The path of the attribute that a finding is about."""
        try:
            path = path_of(self.model.message(one.row), one.found)
        except (CaptureError, OSError):  # the file is gone
            return []
        return [(f"  {safe(path)}", "dim")] if path else []


def _group(key: GroupKey, message: Message) -> Group:
    """A new group; what dissecting finds and refusals have words in the filter language."""
    severity, code = key
    if severity == REFUSED:
        errno, _, what = code.partition(" ")
        name = f"{errno} for {what}" if what else errno
        meaning = error_text(-(message.error or 0))
        return Group(
            name, meaning, "" if what else f"error == {errno}", f"{message.error} {errno} "
        )
    known = code in {found.code for found in message.diagnoses}
    meaning = CODES[code][1] if code in CODES else ""
    return Group(code, meaning, f'note == "{code}"' if known else "")


def _rank(one: tuple[GroupKey, Group]) -> tuple[int, str]:
    return -len(one[1].findings), one[0][1]


def _look(severity: str) -> str:
    return "error" if severity == REFUSED else severity


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
