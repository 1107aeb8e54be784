"""Which messages are shown: --protocol, --family, --type, --pid, --port, --own and -Y."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from ..analysis import link_text
from ..engine.message import Message
from ..engine.summary import operation_constant, operation_name
from ..pairing.transaction import Link
from ..session.driver import MessageSink
from ..spec import model
from ..spec.registry import Registry
from ..wire import linux
from ..wire.errors import SpecError, UsageError
from ..wire.text import near

if TYPE_CHECKING:
    from ..filter import Filter

Test = Callable[[Message], bool]
CONTROL = ("noop", "error", "ack", "done", "overrun",
           "NLMSG_NOOP", "NLMSG_ERROR", "NLMSG_DONE", "NLMSG_OVERRUN")  # fmt: skip


def split_list(values: Iterable[str]) -> list[str]:
    """The members of comma-separated lists."""
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def parse_number(text: str, option: str) -> int:
    """A number in any base that C writes; UsageError names the option."""
    try:
        return int(text, 0)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is no number") from None


def number_or_none(text: str) -> int | None:
    """The number that `text` is, None if it is a name."""
    try:
        return int(text, 0)
    except ValueError:
        return None


def loaded(registry: Registry) -> Iterator[model.Spec]:
    """Every dissector that loads, one after the other."""
    for entry in registry.files():
        try:
            yield entry.spec()
        except SpecError:
            continue  # the registry reports it when it is needed


def protocols_of(values: list[str]) -> set[int]:
    """The numbers that --protocol names."""
    names = [linux.protocol_name(n) for n in linux.NETLINK_PROTOCOL]
    chosen = set()
    for text in values:
        found = number_or_none(text)
        if found is None:
            name = text.lower().replace("_", "-").removeprefix("netlink-")
            if name not in names:
                raise UsageError(
                    f"--protocol: no netlink protocol {text!r}{near(name, names)}; there are "
                    f"{', '.join(names)}, and numbers"
                )
            found = list(linux.NETLINK_PROTOCOL)[names.index(name)]
        chosen.add(found)
    return chosen


def sole_protocol(values: list[str]) -> int | None:
    """The number of the one that --protocol names; None where it names none, or several."""
    chosen = protocols_of(split_list(values))
    return chosen.pop() if len(chosen) == 1 else None


def by_protocol(values: list[str]) -> Test:
    """--protocol."""
    chosen = protocols_of(values)
    return lambda message: message.protocol in chosen


def by_port(values: list[str]) -> Test:
    """--port."""
    chosen = {parse_number(text, "--port") for text in values}
    return lambda message: message.netlink and message.port in chosen


class FamilyTest:
    """--family; any name, since a capture may name families that no dissector knows."""

    def __init__(self, values: list[str]) -> None:
        self._chosen = set(values)
        self.seen: set[str] = set()

    def __call__(self, message: Message) -> bool:
        family = message.family
        if family is None:
            return False
        self.seen.add(family)
        return family in self._chosen

    def missed(self) -> Iterator[str]:
        """A remark on each name that no message had."""
        for name in sorted(self._chosen - self.seen):
            there = f"; there are {', '.join(sorted(self.seen))}" if self.seen else ""
            yield f"--family: no message of family {name!r}{near(name, list(self.seen))}{there}"


class ProcessTest:
    """--pid: the messages of processes, as far as the capture or a port tells whose they are."""

    def __init__(self, values: list[str]) -> None:
        self._chosen = {parse_number(text, "--pid") for text in values}
        self.seen: set[int] = set()

    def __call__(self, message: Message, link: Link) -> bool:
        found = link_text.process(message, link)
        if found is None or found.pid is None:
            return False
        self.seen.add(found.pid)
        return found.pid in self._chosen

    def missed(self) -> Iterator[str]:
        """A remark on each process that no message was of."""
        for pid in sorted(self._chosen - self.seen):
            known = ", ".join(str(each) for each in sorted(self.seen)[:_PROCESSES])
            there = f"; those known are {known}" if known else ""
            more = f", +{len(self.seen) - _PROCESSES}" if len(self.seen) > _PROCESSES else ""
            yield (
                f"--pid: no message is known to be of process {pid}{there}{more} "
                f"(a port id, nlmsg_pid, is --port {pid})"
            )


_PROCESSES: Final = 8  # that are named


def by_type(values: list[str], registry: Registry) -> Test:
    """--type: operations by either name, or numbers."""
    names = set()
    numbers = set()
    for text in values:
        found = number_or_none(text)
        if found is None:
            names.add(text)
        else:
            numbers.add(found)
    _known_operations(names, registry)

    def test(message: Message) -> bool:
        """Numbers of nlmsg_type, or operations by name or constant."""
        return message.netlink and (
            message.type in numbers
            or operation_name(message) in names
            or operation_constant(message) in names
        )

    return test


def _known_operations(names: set[str], registry: Registry) -> None:
    """Raises UsageError for a name that no dissector has; loads no more of them than needed."""
    known = {*CONTROL, *linux.RTM.values()}
    known |= {name[4:].lower() for name in linux.RTM.values()}
    missing = names - known
    for spec in loaded(registry) if missing else ():
        for table in (spec.requests, spec.replies):
            for operation in table.values():
                known |= {operation.name, operation.constant}
        missing -= known
        if not missing:
            return
    for name in sorted(missing):
        raise UsageError(
            f"--type: no operation {name!r}{near(name, sorted(known))}; "
            "give names such as newlink or RTM_NEWLINK, or numbers of nlmsg_type"
        )


class Selection:
    """The conditions that the options set, all of which must hold; raises UsageError.

    `test` is what of them is asked of the message alone, None for nothing.
    """

    def __init__(self, options: Namespace, registry: Registry) -> None:
        families = split_list(options.family)
        self.families = FamilyTest(families) if families else None
        processes = split_list(options.pid)
        self.processes = ProcessTest(processes) if processes else None
        self.test = self._test(options, registry)
        self.filter = display_filter(options, registry)
        self._shows_own: bool = options.own

    def _test(self, options: Namespace, registry: Registry) -> Test | None:
        tests: list[Test] = []
        if protocols := split_list(options.protocol):
            tests.append(by_protocol(protocols))
        if self.families is not None:
            tests.append(self.families)
        if ports := split_list(options.port):
            tests.append(by_port(ports))
        if types := split_list(options.types):
            tests.append(by_type(types, registry))
        if not tests:
            return None
        return lambda message: all(test(message) for test in tests)

    def chooses(self, message: Message, link: Link) -> bool:
        """Whether the message is shown."""
        return not (
            self.is_own(message)
            or (self.test is not None and not self.test(message))
            or (self.processes is not None and not self.processes(message, link))
            or (self.filter is not None and not self.filter.matches(message, link))
        )

    @property
    def everything(self) -> bool:
        """Whether it leaves out nothing but what the recording nldissect did."""
        return self.test is None and self.processes is None and self.filter is None

    def missed(self) -> Iterator[str]:
        """Remarks on families and processes that no message was of."""
        if self.families is not None:
            yield from self.families.missed()
        if self.processes is not None:
            yield from self.processes.missed()

    def is_own(self, message: Message) -> bool:
        """Whether the recording nldissect asked it or was told it, which is not shown."""
        return message.own and not self._shows_own

    def begun(self) -> bool:
        """False while a filter's relative times still wait for their first message."""
        return self.filter is None or self.filter.begun

    def restart(self) -> None:
        """Another capture begins."""
        if self.filter is not None:
            self.filter.restart()


def display_filter(options: Namespace, registry: Registry) -> Filter | None:
    """-Y; None without it."""
    text: str | None = getattr(options, "filter", None)
    if text is None:
        return None
    from ..filter import Filter

    return Filter(text, registry)


def filtered(sink: MessageSink, wanted: Filter | None) -> MessageSink:
    """Gives a sink only what a filter holds for; another capture begins."""
    if wanted is None:
        return sink
    wanted.restart()
    return _FilteredSink(sink, wanted)


class _FilteredSink(MessageSink):
    """Passes on what a filter holds for."""

    def __init__(self, sink: MessageSink, wanted: Filter) -> None:
        self._sink = sink
        self._filter = wanted

    def take(self, message: Message, link: Link) -> bool:
        """False when the sink wants no more."""
        return not self._filter.matches(message, link) or self._sink.take(message, link)
