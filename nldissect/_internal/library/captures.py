"""What `import nldissect` offers: captures as sequences, single messages, building."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, overload

from ..encode import message_builder
from ..pairing.transaction import Transaction
from ..session.forward_pass import Session
from ..spec import model
from ..spec.registry import Registry, registry
from ..wire import framing, linux
from ..wire.errors import CaptureError, UsageError
from ..wire.record import Interface, Record
from ..wire.text import near
from .index import Index
from .message import Message, split

if TYPE_CHECKING:
    from ..capture.live.live_capture import LiveCapture
    from ..filter import Completion, Filter

# Of a capture that grows: so many records at once, and so many seconds between two looks.
_RECORDS: Final = 256
_PAUSE: Final = 0.05

Paths = str | os.PathLike[str]
ByteOrder = Literal["little", "big"]


# -- captures -------------------------------------------------------------------


class Messages(Sequence[Message]):
    """Some messages of a capture, in order; each is read from the file when asked for.

    Indexing takes negative numbers, a slice gives another such sequence, and so does
    `filter`. The same message asked for again may be another object.
    """

    def __init__(
        self,
        capture: Capture,
        places: Sequence[int] | None,
        source: Messages | None = None,
        test: Filter | None = None,
    ) -> None:
        self._capture = capture
        self._places = places
        self._source = source
        self._test = test

    def _each(self) -> Iterator[int]:
        """The places in the index, as they become known."""
        if self._places is not None:
            yield from self._places
        elif self._source is not None:
            for place in self._source._each():
                if self._capture._matches(self._test, place):
                    yield place

    def _all(self) -> Sequence[int]:
        """The places in the index."""
        if self._places is None:
            self._places = array("I", self._each())
        return self._places

    def __len__(self) -> int:
        return len(self._all())

    @overload
    def __getitem__(self, at: int) -> Message: ...
    @overload
    def __getitem__(self, at: slice) -> Messages: ...
    def __getitem__(self, at: int | slice) -> Message | Messages:
        places = self._all()
        if isinstance(at, slice):
            return Messages(self._capture, places[at])
        try:
            place = places[at]
        except IndexError:
            raise IndexError(f"no message {at}: there are {len(places)}") from None
        return self._capture._message(place)

    def __iter__(self) -> Iterator[Message]:
        for place in self._each():
            yield self._capture._message(place)

    def filter(self, text: str) -> Messages:
        """Those that a display filter (docs/filter.md) matches, looked for when needed."""
        return Messages(self._capture, None, self, self._capture._compile(text))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._capture.path}>"


class Capture(Messages):
    """The messages of a capture file or stream; see `open`. A context manager."""

    def __init__(self, index: Index, filter: str | None = None) -> None:
        super().__init__(self, None)
        self._index = index
        if filter is not None:
            self._test = self._compile(filter)

    def __enter__(self) -> Capture:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; messages that were given out stay usable."""
        self._index.close()

    @property
    def path(self) -> str:
        """The name that it was opened by."""
        return self._index.path

    @property
    def failure(self) -> CaptureError | None:
        """Why reading ended early, None when it did not; iterating raises it at the end."""
        self._read()
        return self._index.failure

    @property
    def skipped(self) -> dict[int, int]:
        """How many records were no netlink, by link type."""
        self._read()
        return dict(self._index.skipped)

    @property
    def transactions(self) -> Transactions:
        """The conversations: requests with all that came back, in order of their start."""
        self._read()
        return Transactions(self._index)

    def messages_of(self, transaction: Transaction) -> Messages:
        """The request and everything that belongs to it: answers, and notifications it caused."""
        self._read()
        column = self._index.links.transaction
        start = transaction.number or 1
        found = (n - 1 for n in range(start, len(column)) if column[n] == transaction.id)
        return Messages(self, array("I", found))

    def settle(self) -> None:
        """Of a capture opened with `follow`: it grows no more."""
        self._index.settle()

    def __iter__(self) -> Iterator[Message]:
        yield from super().__iter__()
        if self._index.failure is not None:
            raise self._index.failure

    def _each(self) -> Iterator[int]:
        test = self._test
        for place in self._growing():
            if test is None or self._matches(test, place):
                yield place

    def _growing(self) -> Iterator[int]:
        index = self._index
        place = 0
        while True:
            # Of what is all there, nothing is shown before all of it taught.
            done = index.complete or index.extend(count=_RECORDS if index.grows else None)
            while place < index.paired:
                yield place
                place += 1
            if index.complete:
                return
            if done:
                self._wait()

    def _read(self) -> None:
        while not self._index.complete:
            if self._index.extend() and not self._index.complete:
                self._wait()

    def _wait(self) -> None:
        """More may come."""
        time.sleep(_PAUSE)

    def _all(self) -> Sequence[int]:
        if self._places is None and self._test is None:
            self._read()
            self._places = range(len(self._index))
        return super()._all()

    def _message(self, place: int) -> Message:
        found = self._index.message(place)
        if found.link is None:
            found.link = self._index.link(place)
        return found

    def _compile(self, text: str) -> Filter:
        from ..filter import Filter

        return Filter(text, self._index.session.registry)

    def _matches(self, test: Filter | None, place: int) -> bool:
        assert test is not None
        message = self._message(place)
        return test.matches(message, message.link)


class Listening(Capture):
    """What netlink sockets say, from now until `stop`; see `listen`.

    Iterating waits for messages; length and random access wait for the end.
    """

    def __init__(
        self, live: LiveCapture, index: Index, filter: str | None, folder: str | None
    ) -> None:
        super().__init__(index, filter)
        self._live = live
        self._folder = folder

    @property
    def interface(self) -> str:
        """The nlmon interface that is listened on."""
        return self._live.interface

    @property
    def dropped(self) -> int:
        """Datagrams that the kernel lost so far, because they came too fast."""
        return self._live.dropped

    def stop(self) -> None:
        """Listens no more; what was said up to now is still given out."""
        self._live.close()
        self.settle()

    def close(self) -> None:
        """Stops, and closes the file; deletes it unless it was asked for."""
        self.stop()
        super().close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _growing(self) -> Iterator[int]:
        for place in super()._growing():
            if not self._index.own(place):
                yield place

    def _wait(self) -> None:
        self._live.poll()
        if self._live.reason:
            self.stop()
        else:
            super()._wait()

    def _all(self) -> Sequence[int]:
        if self._places is None:
            self._places = array("I", self._each())
        return self._places


class Transactions(Sequence[Transaction]):
    """The transactions of a capture, in order of their start."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def __len__(self) -> int:
        return self._index.transactions

    @overload
    def __getitem__(self, at: int) -> Transaction: ...
    @overload
    def __getitem__(self, at: slice) -> list[Transaction]: ...
    def __getitem__(self, at: int | slice) -> Transaction | list[Transaction]:
        ids = range(1, len(self) + 1)
        if isinstance(at, slice):
            return [self._index.transaction(number) for number in ids[at]]
        return self._index.transaction(ids[at])


def open(
    path: Paths | BinaryIO,
    *,
    filter: str | None = None,
    byte_order: ByteOrder | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
    follow: bool = False,
) -> Capture:
    """The messages of a capture: pcap or pcapng, plain or compressed; `-` is standard input.

    A binary stream may be given too. With `filter` (docs/filter.md) only what it matches.
    `byte_order` overrides what the bytes say; `dissectors`, `specs` and `decode_as` are
    those of the command. With `follow`, iterating waits for what is appended to the file.
    Raises CaptureError for what cannot be read, FilterError for a wrong filter.
    """
    _checked(byte_order)
    known = registry(dissectors, specs, decode_as)
    if isinstance(path, (str, os.PathLike)):
        index = Index(os.fspath(path), known, byte_order, follow=follow)
    else:
        name = str(getattr(path, "name", "stream"))
        index = Index(name, known, byte_order, stream=path)
    try:
        return Capture(index, filter)
    except UsageError:
        index.close()
        raise


def listen(
    interface: str | None = None,
    *,
    filter: str | None = None,
    write: Paths | None = None,
    netns: str | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Listening:
    """What netlink sockets say from now on; a context manager, as the command `live`.

    Listens on an nlmon interface, without `interface` on one that is up or else on a new
    one, in this network namespace or in `netns` (a name or a process id). `write` keeps the
    capture as pcapng. Needs CAP_NET_RAW, and CAP_NET_ADMIN to make the interface.
    Raises UsageError, with what to do, when that cannot be.
    """
    from ..capture.live.live_capture import LiveOptions, start

    folder = None if write is not None else tempfile.mkdtemp(prefix="nldissect-")
    path = os.path.join(folder, "capture.pcapng") if folder is not None else os.fspath(write or "")
    live = None
    try:
        live = start(LiveOptions(interface, netns, path))
        index = Index(path, registry(dissectors, specs, decode_as), follow=True)
        return Listening(live, index, filter, folder)
    except BaseException:
        if live is not None:
            live.close()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        raise


# -- filters ------------------------------------------------------------------------


def compile(
    text: str,
    *,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Filter:
    """A display filter (docs/filter.md) to hold messages against; raises FilterError."""
    from ..filter import Filter

    return Filter(text, registry(dissectors, specs, decode_as))


def complete(
    text: str,
    cursor: int | None = None,
    *,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Completion:
    """What may stand at `cursor`, a place in the text of a filter, by itself its end."""
    from ..filter import complete

    place = len(text) if cursor is None else cursor
    return complete(text, place, registry(dissectors, specs, decode_as))


# -- single messages ----------------------------------------------------------------


def dissect(
    data: bytes,
    protocol: str | int = "route",
    *,
    byte_order: ByteOrder | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Message:
    """The one netlink message in `data`, which begins with its nlmsghdr.

    `protocol` is a number or a name (`route`, `NETLINK_GENERIC`), or a dissector's, such as
    `nl_util`: then the message is one of that family. Without `byte_order` the length of
    the message tells it. Malformed bytes give a message with diagnoses; UsageError is
    raised when there is not one message but several (or none): see `dissect_all`.
    """
    found = dissect_all(
        data,
        protocol,
        byte_order=byte_order,
        dissectors=dissectors,
        specs=specs,
        decode_as=decode_as,
    )
    if len(found) != 1:
        raise UsageError(f"{len(found)} messages, not one: use dissect_all")
    return found[0]


def dissect_all(
    data: bytes,
    protocol: str | int = "route",
    *,
    byte_order: ByteOrder | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> list[Message]:
    """Every message of one datagram, in order; the arguments are those of `dissect`."""
    _checked(byte_order)
    data = bytes(data)
    known = registry(dissectors, specs, decode_as)
    number, family = _protocol(protocol, known)
    big = sys.byteorder == "big"
    if byte_order is not None:
        big = byte_order == "big"
    else:
        guess = framing.guess_order(data, len(data))
        big = big if guess is None else guess
    session = Session(known, "big" if big else "little")
    record = Record(1, None, number, data, len(data), 0, Interface(253, big))
    found = split(session, record, big)
    for place, message in enumerate(found, 1):
        message.number = message.serial = place
        if family is not None and message.type > framing.GENL_ID_CTRL:
            session.know(message.type, family)
    for message in found:
        session.bind(message)
    return found


def _protocol(protocol: str | int, known: Registry) -> tuple[int, str | None]:
    """The number of a netlink protocol, and the generic family that was meant."""
    if isinstance(protocol, int):
        return protocol, None
    wanted = protocol.lower().replace("_", "-").removeprefix("netlink-")
    names = {linux.entry_name("NETLINK_", c): n for n, c in linux.NETLINK_PROTOCOL.items()}
    if wanted in names:
        return names[wanted], None
    spec = known.named(protocol)
    if spec is not None:
        return (
            (framing.NETLINK_GENERIC, spec.name) if spec.protonum is None else (spec.protonum, None)
        )
    if protocol.isdecimal():
        return int(protocol), None
    there_are = [*names, *(entry.name for entry in known.files())]
    raise UsageError(
        f"{protocol!r} is no netlink protocol and no dissector{near(protocol, there_are)}"
    )


def build(
    dissector: str,
    operation: str,
    attributes: Mapping[Any, Any] | None = None,
    *,
    header: Mapping[str, Any] | bytes | None = None,
    flags: int | str | Iterable[str | int] = ("request", "ack"),
    sequence: int = 0,
    port: int = 0,
    type: int | None = None,
    version: int | None = None,
    nested: bool | Collection[str] | None = None,
    reply: bool = False,
    byte_order: ByteOrder | None = None,
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Message:
    """A message of a dissector's operation, such as `rt-link` and `newlink`; see docs/library.md.

    `attributes` go in their order, by spec name, C constant or number; members of the
    fixed header may be among them, or in `header`. Values are numbers, names of
    enumeration entries and flags, addresses, text, bytes, and dictionaries and lists of
    them. `type` is nlmsg_type, needed of a generic family (its id). `nested` says what
    bears NLA_F_NESTED: everything with attributes inside (True), nothing (False), or what
    is at these paths; by itself nothing in NETLINK_ROUTE, as ip(8) does, else everything.
    With `reply` it comes from the kernel. Raises EncodeError with the path of what is wrong.
    """
    _checked(byte_order)
    known = registry(dissectors, specs, decode_as)
    spec = known.named(dissector)
    if spec is None:
        names = [entry.name for entry in known.files()]
        raise UsageError(f"there is no dissector {dissector!r}{near(dissector, names)}")
    chosen = _operation(spec, operation)
    to_kernel = not reply and (chosen.request is not None or chosen.reply is None)
    kind = type
    if kind is None:
        kind = message_builder.type_of(spec, chosen, to_kernel)
    if kind is None:
        raise UsageError(
            f"type: give the id of {spec.name}, which the running kernel chose (genl ctrl list)"
        )
    big = (byte_order or sys.byteorder) == "big"
    protocol = framing.NETLINK_GENERIC if spec.protonum is None else spec.protonum
    data = message_builder.build(
        spec,
        chosen,
        attributes or {},
        kind=kind,
        header=header,
        flags=message_builder.message_flags(flags),
        sequence=sequence,
        port=port,
        version=version,
        nested=protocol != framing.NETLINK_ROUTE if nested is None else nested,
        big=big,
        to_kernel=to_kernel,
    )
    session = Session(known, "big" if big else "little")
    if spec.protonum is None:
        session.know(kind, spec.name)
    record = Record(1, None, protocol, data, len(data), 0, Interface(253, big))
    (message,) = split(session, record, big)
    message.number = message.serial = 1
    session.bind(message)
    return message


def _operation(spec: model.Spec, name: str) -> model.Operation:
    found = spec.operations.get(name)
    if found is None:
        for one in spec.operations.values():
            if one.constant == name:
                return one
        raise UsageError(f"{spec.name} has no operation {name!r}{near(name, spec.operations)}")
    return found


def _checked(byte_order: str | None) -> None:
    if byte_order not in (None, "little", "big"):
        raise UsageError(f"byte_order: {byte_order!r} is neither 'little' nor 'big'")
