"""One record of a capture: what the capture layer hands to everyone else."""

from __future__ import annotations


class Interface:
    """Where records came from: one interface of one section of a capture.

    `section` and `number` count from 0 within the file, `link_type` is the
    masked LINKTYPE_ value, `name` and the other texts are None when unknown.
    `big_endian` is the byte order of the file (pcap) or section (pcapng).
    `options` keeps every other option as (code, bytes), in file order.
    """

    __slots__ = (
        "big_endian", "description", "filter", "hardware", "link_type", "name",
        "number", "options", "section", "section_options", "snaplen", "os",
    )

    def __init__(
        self, link_type: int, big_endian: bool, section: int = 0, number: int = 0, snaplen: int = 0
    ) -> None:
        self.link_type = link_type
        self.big_endian = big_endian
        self.section = section
        self.number = number
        self.snaplen = snaplen
        self.name: str | None = None
        self.description: str | None = None
        self.filter: str | None = None
        self.os: str | None = None
        self.hardware: str | None = None
        self.options: list[tuple[int, bytes]] = []
        self.section_options: list[tuple[int, bytes]] = []


class Record:
    """One captured datagram.

    `number` counts every record of the file from 1, `time` is nanoseconds
    since the epoch (None where the format has none, as in pcapng's Simple
    Packet Block), `protocol` the netlink protocol number (NETLINK_ROUTE is 0)
    or -1 when the record is not netlink. `data` is the datagram without the
    cooked header; `original_length` what its length was before a snaplen cut
    it. `offset` is where the record starts in the (decompressed) file.
    `cooked` is the link-layer header in front of `data`, as captured.
    `options` holds pcapng options (code, bytes), None when there are none.
    """

    __slots__ = (
        "cooked", "data", "interface", "number", "offset", "options",
        "original_length", "protocol", "time",
    )

    def __init__(
        self,
        number: int,
        time: int | None,
        protocol: int,
        data: bytes,
        original_length: int,
        offset: int,
        interface: Interface,
        cooked: bytes = b"",
        options: list[tuple[int, bytes]] | None = None,
    ) -> None:
        self.number = number
        self.time = time
        self.protocol = protocol
        self.data = data
        self.original_length = original_length
        self.offset = offset
        self.interface = interface
        self.cooked = cooked
        self.options = options

    @property
    def truncated(self) -> bool:
        """Whether the snapshot length cut bytes off the end."""
        return len(self.data) < self.original_length

    @property
    def comments(self) -> list[str]:
        """The comments (pcapng option 1) kept on the record."""
        return [v.decode("utf-8", "backslashreplace") for c, v in self.options or () if c == 1]
