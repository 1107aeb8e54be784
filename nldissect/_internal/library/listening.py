"""What netlink sockets say from now on, as a capture that grows."""

from __future__ import annotations

import os
import shutil
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..spec.registry import registry
from .captures import Capture
from .index import Index
from .parameters import Paths

if TYPE_CHECKING:
    from ..capture.live.live_capture import LiveCapture


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


def listen(
    interface: str | None = None,
    *,
    filter: str | None = None,
    write: Paths | None = None,
    netns: str | None = None,
    join: Iterable[str] = (),
    dissectors: Iterable[Paths] = (),
    specs: Iterable[Paths] = (),
    decode_as: Mapping[str, str] | None = None,
) -> Listening:
    """What netlink sockets say from now on; a context manager, as the command `live`.

    Listens on an nlmon interface, without `interface` on one that is up or else on a new
    one, in this network namespace or in `netns` (a name or a process id). `write` keeps the
    capture as pcapng. `join` are multicast groups, named as for `nldissect monitor`: without a
    listener the kernel sends no notifications. Needs CAP_NET_RAW, and CAP_NET_ADMIN to make the
    interface. Raises UsageError, with what to do, when that cannot be.
    """
    from ..capture.live.live_capture import LiveOptions, start

    folder = None if write is not None else tempfile.mkdtemp(prefix="nldissect-")
    path = (
        os.path.join(folder, "capture.pcapng") if folder is not None else os.fsdecode(write or "")
    )
    live = None
    try:
        live = start(LiveOptions(interface, netns, path, join=tuple(join)))
        index = Index(path, registry(dissectors, specs, decode_as), follow=True)
        return Listening(live, index, filter, folder)
    except BaseException:
        if live is not None:
            live.close()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
