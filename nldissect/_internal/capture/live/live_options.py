"""What to capture, and how the front end tells the recorder so."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Final

from nldissect._internal.capture.live.bpf import LONGEST, BpfFilter, MessageType
from nldissect._internal.capture.live.file_limits import Limits

SNAPLEN: Final = LONGEST  # bytes
BUFFER: Final = 32 << 20  # bytes
DELAY: Final = 120  # milliseconds


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What to capture and where to put it.

    `interface` is an nlmon interface, None for one that is up or else a new one;
    `netns` a name of `ip netns` or a process id. `write` is a file for the pcapng,
    `ring` makes numbered ones of it as dumpcap's -b does, `stop` ends the capture,
    `messages` too, after so many netlink messages of others. `snaplen` is in bytes,
    cooked header included; `buffer`, in bytes, that of the kernel. `delay` is how many
    milliseconds a packet may lie there where the ring is one of blocks: the longer, the longer the
    reader may stand still. `preamble` asks the kernel first for what explains the capture. `join`
    are names of multicast groups (`group_names`) that are joined, so that the kernel tells of what
    they are for.
    """

    interface: str | None = None
    netns: str | None = None
    write: str | None = None
    ring: Limits | None = None
    stop: Limits = field(default_factory=Limits)
    messages: int | None = None
    snaplen: int = SNAPLEN
    buffer: int = BUFFER
    delay: int = DELAY
    filter: BpfFilter = field(default_factory=BpfFilter)
    preamble: bool = True
    join: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """As the recorder is given it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> LiveOptions:
        """What `to_json` made."""
        found = json.loads(data)
        wanted = found["filter"]
        if wanted["types"] is not None:
            wanted["types"] = [MessageType(*of) for of in wanted["types"]]
        found["filter"] = BpfFilter(**wanted)
        found["join"] = tuple(found["join"])
        found["stop"] = Limits(**found["stop"])
        found["ring"] = None if found["ring"] is None else Limits(**found["ring"])
        return cls(**found)
