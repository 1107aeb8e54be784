"""`nldissect check`: what is wrong or odd in captures, as text, JSON or SARIF."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable

from ..analysis.diagnosis_codes import CODES, SEVERITIES
from ..analysis.lint import Lint, path_of
from ..capture.files import pcap, pcapng
from ..capture.files.bytestream import ByteStream
from ..capture.reader import CaptureReader, open_capture
from ..engine.faults import ERROR, NOTE, WARNING
from ..engine.frame import Diagnosis
from ..engine.message import Message
from ..pairing.conversation import Conversations
from ..pairing.transaction import Link
from ..render.style import Style
from ..session.driver import Driver, MessageSink
from ..session.forward_pass import RecordSource, Session
from ..wire.errors import CaptureError, UsageError
from ..wire.text import near, safe
from ..wire.version import VERSION
from . import jobs, selection
from .input_captures import InputCaptures, only_once, tell_assumption
from .output import TextOutput, complain, is_terminal
from .progress import ProgressBar

REFUSED, REFUSAL = "refused", "request-refused"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def check(options: Namespace, output: TextOutput) -> int:
    """Reports what is found in the files; 1 when it is bad enough, 2 when a file cannot be read."""
    only_once(options.files)
    source = InputCaptures(options)
    status = Checker(options, output, source).run(options.files)
    source.report()
    return status


def _codes(values: list[str], option: str, open_ended: bool) -> frozenset[str]:
    """The codes of a list; those of dissectors that are not ours cannot be known."""
    found = frozenset(selection.split_list(values))
    for code in sorted(found):
        if code not in CODES and not open_ended:
            raise UsageError(f"{option}: no code {code!r}{near(code, list(CODES))}")
    return found


class Checker(MessageSink):
    """One run of the command over all its files."""

    def __init__(self, options: Namespace, output: TextOutput, source: InputCaptures) -> None:
        self.output = output
        self.source = source
        own = bool(options.dissectors or os.environ.get("NLDISSECT_PATH"))
        self.only = _codes(options.codes, "--code", own)
        self.without = _codes(options.no_codes, "--no-code", own)
        # What the kernel refuses is found where that is asked for, and is as bad as errors then.
        self.refusals = options.fail_on == REFUSED or REFUSAL in self.only
        self.refused = 0
        self.fail_on = 0 if options.fail_on == REFUSED else SEVERITIES.index(options.fail_on)
        made: dict[str, Callable[[Style], TextReport]] = {
            "text": TextReport,
            "json": JsonReport,
            "sarif": SarifReport,
        }
        self.report = made[options.format](Style(output.coloured(options.color)))
        self.filter = selection.display_filter(options, source.registry)
        self.chosen = bytearray()  # by serial, with a filter
        self.counts = dict.fromkeys(SEVERITIES, 0)
        self.messages = 0
        self.jobs_wanted = jobs.wanted_count(options.jobs)
        self.jobs: jobs.Jobs | None = None  # this process is one of several

    def run(self, files: list[str]) -> int:
        """Checks the files one after the other; returns the exit status."""
        status = 0
        self.output.write(self.report.begin())
        for path in files:
            try:
                self._file(open_capture(path), path)
            except CaptureError as problem:
                self.output.flush()
                complain(str(problem))
                status = 2
        self.output.write(self.report.end(not status))
        self.output.flush()
        complain(self._count())
        bad = any(self.counts[s] for s in SEVERITIES[: self.fail_on + 1]) or self.refused
        return status or int(bool(bad))

    def _file(self, capture: CaptureReader, path: str) -> None:
        """Checks one capture; raises CaptureError where it cannot be read on."""
        session = Session(self.source.registry, self.source.byte_order)
        self.chosen.clear()
        if self.filter is not None:
            self.filter.restart()
        self.report.file(path, _packet_header(path) if capture.rewindable else None)
        self.lint = Lint(session.learnt, self.refusals)
        self.flushes = not capture.rewindable
        pairs = Conversations(on_end=self.lint.ended)
        count = jobs.useful_count(self.jobs_wanted, self.output, path)
        progress = None
        records: RecordSource = capture
        if capture.rewindable and not self.output.terminal() and is_terminal(sys.stderr):
            progress = records = ProgressBar(capture, os.path.basename(path))
        try:
            if count > 1 and capture.rewindable:
                self._together(session, records, pairs, count)
            else:
                Driver(session, self, pairs).run(records)
            self._late()
            for last, found in self.lint.rest() if self.filter is None else ():
                self._found(last, found)
        finally:
            if progress is not None:
                progress.clear()
            self.output.flush()
            tell_assumption(session, path)
            for link_type, number in sorted(session.skipped.items()):
                records_were = "record was" if number == 1 else "records were"
                complain(f"{number} {records_were} not netlink (link type {link_type})")

    def _together(
        self, session: Session, records: RecordSource, pairs: Conversations, count: int
    ) -> None:
        """Checks a capture in so many processes."""
        report, first, before = self.report, self.report.separator, self._counted()
        between = report.between
        several = jobs.Jobs(count, self.output, between.encode(), first.encode())
        shared = several.shared(records, 1)
        driver = Driver(session, self, pairs)
        self.jobs, report.separator = several, between

        def counts(found: list[int]) -> None:
            """Adds what another process counted since the capture began."""
            self.messages += found[0] - before[0]
            self.refused += found[1] - before[1]
            for i, severity in enumerate(SEVERITIES, start=2):
                self.counts[severity] += found[i] - before[i]

        try:
            several.run(lambda: driver.run(shared), self._counted, counts)
        finally:
            self.jobs = None
            if not several.written:
                report.separator = first

    def _counted(self) -> list[int]:
        """How many messages this process had, refusals, and findings of each severity."""
        return [self.messages, self.refused, *(self.counts[severity] for severity in SEVERITIES)]

    def take(self, message: Message, link: Link) -> bool:
        """Judges the next message, and earlier ones again of which more is known now."""
        record = message.record
        if self.jobs is not None and record is not None and not self.jobs.mine(record):
            self._pass_by(message, link)
            return True
        chosen = self.filter is None or self._choose(message, link)
        self._late()
        if chosen:
            self.messages += 1
            for found in self.lint.check(message, link):
                self._found(message, found)
        else:
            self.lint.follow(message, link)
        message.forget()  # its nodes would outlive young ones
        if self.flushes:
            self.output.flush()
        return True

    def _pass_by(self, message: Message, link: Link) -> None:
        """Takes from a message that another process judges what is needed for later findings."""
        self.lint.late()
        waits = self.lint.follow(message, link)
        if self.filter is not None and (waits or not self.filter.begun):
            self._choose(message, link)

    def _late(self) -> None:
        for earlier, found in self.lint.late():
            self._found(earlier, found)

    def _choose(self, message: Message, link: Link) -> bool:
        """Whether the filter holds, which is remembered: some findings come later."""
        assert self.filter is not None
        holds = self.filter.matches(message, link)
        self.chosen.extend(bytes(message.serial + 1 - len(self.chosen)))
        self.chosen[message.serial] = holds
        return holds

    def _found(self, message: Message, found: Diagnosis) -> None:
        if self.filter is not None and not self.chosen[message.serial]:
            return
        if (self.only and found.code not in self.only) or found.code in self.without:
            return
        self.counts[found.severity] += 1
        self.refused += found.code == REFUSAL
        self.output.write(self.report.finding(message, found))

    def _count(self) -> str:
        errors, warnings, notes = (
            f"{self.counts[s]} {s}{'' if self.counts[s] == 1 else 's'}"
            for s in (ERROR, WARNING, NOTE)
        )
        messages = "1 message" if self.messages == 1 else f"{self.messages} messages"
        return f"{errors}, {warnings} and {notes} in {messages}"


def _packet_header(path: str) -> int | None:
    """The bytes between where a record starts and its packet; -1 for those of pcapng.

    None where the bytes lie nowhere in the file, as in a trace of strace.
    """
    try:
        with open(path, "rb", buffering=0) as stream:
            head = ByteStream(stream).extend(b"", 4)[:4]
    except OSError as problem:
        raise CaptureError(path, f"cannot be opened: {problem.strerror}") from None
    if head == pcapng.MAGIC:
        return -1
    return pcap.MAGICS[head][2] if head in pcap.MAGICS else None


class TextReport:
    """A line each, as a compiler says it: `file:record: severity code at offset, path: words`.

    `separator` stands before the next finding, `between` before all but the first.
    """

    between = ""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.separator = ""
        self.path = ""
        self.header: int | None = None

    def begin(self) -> str:
        """What stands before all findings."""
        return ""

    def file(self, path: str, header: int | None) -> None:
        """The findings that follow are of this file; `header` as `_packet_header` says."""
        self.path = path
        self.header = header

    def finding(self, message: Message, found: Diagnosis) -> str:
        """One finding."""
        record = message.record
        assert record is not None
        number = "" if message.number == record.number else f" in message {message.number}"
        where = path_of(message, found)
        what = f" {found.code}{number} at {found.offset}"
        if where:
            what += f", {where}"
        place = safe(f"{self.path}:{record.number}: ")
        severity = self.style.paint(found.severity, found.severity)
        return f"{place}{severity}{safe(f'{what}: {found.text}')}\n"

    def end(self, complete: bool) -> str:
        """What stands after all; `complete`: every file was read to its end."""
        return ""


class JsonReport(TextReport):
    """An array of objects, one a line."""

    between = ",\n"

    def __init__(self, style: Style) -> None:
        super().__init__(style)
        self.separator = "[\n"

    def finding(self, message: Message, found: Diagnosis) -> str:
        """An object (docs/diagnostics.md), on a line of its own."""
        return self.item(self.object(message, found))

    def item(self, made: dict[str, object]) -> str:
        """One more element of the array."""
        import json

        separator, self.separator = self.separator, self.between
        return separator + json.dumps(made)

    def object(self, message: Message, found: Diagnosis) -> dict[str, object]:
        """A finding with all that is known of it."""
        record = message.record
        assert record is not None
        return {
            "file": self.path,
            "record": record.number,
            "message": message.number,
            "severity": found.severity,
            "code": found.code,
            "offset": found.offset,
            "length": found.length,
            "path": path_of(message, found) or None,
            "text": found.text,
        }

    def end(self, complete: bool) -> str:
        """Closes the array, also an empty one."""
        return "[]\n" if self.separator == "[\n" else "\n]\n"


class SarifReport(JsonReport):
    """SARIF 2.1.0 (OASIS): one run, its rules first.

    A region counts bytes of the file, decompressed; it is left out for standard
    input. `properties` have record, message and offset within the message.
    """

    def __init__(self, style: Style) -> None:
        super().__init__(style)
        self.separator = "\n"
        self.index = {code: i for i, code in enumerate(CODES)}

    def begin(self) -> str:
        """The head, with the rules: every code with its meaning and severity."""
        import json

        rules = [
            {
                "id": code,
                "shortDescription": {"text": meaning},
                "defaultConfiguration": {"level": severity},
            }
            for code, (severity, meaning) in CODES.items()
        ]
        driver = {"name": "nldissect", "version": VERSION, "rules": rules}
        return (
            f'{{"$schema": "{SCHEMA}", "version": "2.1.0", "runs": [{{\n'
            f'"tool": {{"driver": {json.dumps(driver)}}},\n"results": ['
        )

    def finding(self, message: Message, found: Diagnosis) -> str:
        """A result, with its region in the file where that is known."""
        made = self.object(message, found)
        where = made["path"]
        physical: dict[str, object] = {"artifactLocation": {"uri": _uri(self.path)}}
        start = self._start(message)
        if start is not None:
            region = {"byteOffset": start + found.offset, "byteLength": found.length}
            physical["region"] = region
        location: dict[str, object] = {"physicalLocation": physical}
        if where:
            location["logicalLocations"] = [{"fullyQualifiedName": where, "kind": "member"}]
        result: dict[str, object] = {"ruleId": found.code}
        if found.code in self.index:
            result["ruleIndex"] = self.index[found.code]
        result["level"] = found.severity
        result["message"] = {"text": found.text}
        result["locations"] = [location]
        result["properties"] = {key: made[key] for key in ("record", "message", "offset")}
        return self.item(result)

    def end(self, complete: bool) -> str:
        """Closes the run, with `complete` as executionSuccessful."""
        ran = "true" if complete else "false"
        return f'\n],\n"invocations": [{{"executionSuccessful": {ran}}}]\n}}]}}\n'

    def _start(self, message: Message) -> int | None:
        """Where the message lies in the decompressed file."""
        record, header = message.record, self.header
        assert record is not None
        if header is None:
            return None
        if header < 0:  # Simple Packet Blocks have no time
            header = 12 if record.time is None else 28
        return record.offset + header + len(record.cooked) + message.offset


def _uri(path: str) -> str:
    from urllib.parse import quote

    quoted = quote(os.fsencode(path))  # whose name may be no UTF-8
    return quoted if not os.path.isabs(path) else "file://" + quoted
