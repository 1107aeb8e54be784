"""Recordings to measure on, whose messages do not all repeat; the same for the same seed.

    python tests/benchmarks/recordings.py busy FILE [--records N | --messages N] [--seed N]
        [--of NAME...]
    python tests/benchmarks/recordings.py attributes|families|equal-seq|ports FILE [--count N]

`busy` is a busy host: what was recorded in captures/ is cut into episodes (from where no request
is open to where none is), and these are replayed in an order that `--seed` chooses, four programs
at a time. Each replay has port ids, sequence numbers, interface indexes and names, addresses,
MACs, counters and times of its own, and in it they belong together as they were recorded.
Lengths stay, so that all is as well formed as it was. Generic families have one id throughout.
With `--of` it is made of these recordings alone.

The others are shapes that tell whether time grows with the square of something: one message of so
many attributes, so many generic families (and a message of each), so many requests of one
sequence number (and then their answers).

The file's name says what is written: .pcap or .pcapng, and .gz or .zst (by zstd(1)) behind it.
"""

from __future__ import annotations

import argparse
import gzip
import heapq
import random
import struct
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))  # last: whoever measures another checkout has that in front

import nldissect  # noqa: E402

GENERIC, ROUTE = 16, 0
START = 1_767_323_045_000_000  # microseconds
PROGRAMS = 4  # that talk at the same time
SETS = 64  # of interface indexes and names, of which a replay takes one
ROW = 512  # bytes of counters, at most
STRIDE = 256  # from the indexes of one set to those of the next

Packet = tuple[int, bytes]  # microseconds, the record with its cooked header


# -- what a replay changes ----------------------------------------------------------------


class Replay:
    """The numbers of one replay."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.set = rng.randrange(SETS)
        self.sequence = rng.randrange(1 << 31)
        self.noise = rng.randrange(1, 256)
        self.growth = rng.getrandbits(8 * ROW)  # the same in all, so that copies stay copies
        self.ports: dict[int, int] = {}

    def port(self, old: int) -> int:
        if old not in self.ports:
            self.ports[old] = self.rng.randrange(1000, 1 << 22)
        return self.ports[old]


class Change(NamedTuple):
    """Where in a record which bytes change, and how."""

    at: int
    old: bytes
    new: Callable[[Replay, bytes], bytes]


def sequence(replay: Replay, old: bytes) -> bytes:
    number = int.from_bytes(old, "little")
    return ((number + replay.sequence) % (1 << 32) or 1).to_bytes(4, "little")


def port(replay: Replay, old: bytes) -> bytes:
    return replay.port(int.from_bytes(old, "little")).to_bytes(4, "little")


def index(replay: Replay, old: bytes) -> bytes:
    return (int.from_bytes(old, "little") + STRIDE * replay.set).to_bytes(4, "little")


def name(replay: Replay, old: bytes) -> bytes:
    """Other letters in front, the set's; those of the first set are as recorded."""
    if not replay.set:
        return old
    first, second = divmod(replay.set, 26)
    return bytes((ord("a") + (old[0] + first) % 26, ord("a") + (old[1] + second) % 26)) + old[2:]


def mac(replay: Replay, old: bytes) -> bytes:
    return old[:3] + bytes((old[3] ^ replay.noise, old[4] ^ replay.set)) + old[5:]


def ipv4(replay: Replay, old: bytes) -> bytes:
    return old[:1] + bytes((old[1] ^ replay.noise,)) + old[2:]


def ipv6(replay: Replay, old: bytes) -> bytes:
    at = 13 if old[0] == 0xFE else 5  # of link-local ones the host's part
    return old[:at] + bytes((old[at] ^ replay.noise,)) + old[at + 1 :]


def always(value: int) -> Callable[[Replay, bytes], bytes]:
    """The same in every replay: a generic family's lasting id."""
    return lambda replay, old: value.to_bytes(len(old), "little")


def grown(mask: int) -> Callable[[Replay, bytes], bytes]:
    """Adds something to each counter of a row, up to what the mask has."""

    def add(replay: Replay, old: bytes) -> bytes:
        more = replay.growth & mask
        return (int.from_bytes(old, "little") + more).to_bytes(len(old), "little")

    return add


ADDRESSES = {"mac": (6, mac), "ipv4": (4, ipv4), "ipv6": (16, ipv6)}
COUNTERS = ("packets", "bytes", "pkts", "octets", "delivers", "requests", "in", "out")
AGES = ("ndm-used", "ndm-confirmed", "ndm-updated", "cstamp", "tstamp", "rta-lastuse")


def one_of_many(kind: str, old: bytes) -> bool:
    """Whether this address may be any other of its kind: no mask, group, loopback or prefix."""
    if not any(old[1:]) or "ff" * 3 in old.hex():
        return False
    if kind == "mac":
        return not old[0] & 1
    return old[0] not in (0, 127, 255) and not 224 <= old[0] < 240


# -- what was recorded --------------------------------------------------------------------


class Recorded(NamedTuple):
    """One record with its changes."""

    data: bytes
    changes: list[Change]
    messages: int


class Episode(NamedTuple):
    kind: str
    records: list[Recorded]


def counters(message: nldissect.Message, base: int) -> Iterator[Change]:
    """The rows of counters in a message's statistics, each as one number."""
    data = message.data
    for node in message.walk():
        if not node.children or "stat" not in node.name or node.end - node.start > ROW:
            continue
        mask = 0
        for member in node.children:
            if member.kind not in ("u32", "u64"):
                break
            value = int.from_bytes(member.bytes, "little")
            if any(word in member.name for word in COUNTERS) or value:
                bits = 12 if member.kind == "u32" else 24
                if member.name != "num" and value >> (8 * len(member.bytes) - 2) == 0:
                    mask |= ((1 << bits) - 1) << 8 * (member.start - node.start)
        if mask:
            yield Change(base + node.start, data[node.start : node.end], grown(mask))


New = Callable[["Replay", bytes], bytes]


def new_value(
    node: nldissect.Node, value: bytes, names: set[bytes], families: dict[int, int]
) -> New | None:
    """What a replay puts in place of this value; None leaves it."""
    size = len(value)
    if node.field.hint == "ifindex" and size == 4:
        return index if 1 < node.value < 1 << 16 else None
    if node.field.hint == "family-id" and size == 2:
        return always(families[node.value]) if node.value in families else None
    if node.kind == "string":
        return name if value.rstrip(b"\0").partition(b":")[0] in names else None
    if node.kind in ADDRESSES:
        length, new = ADDRESSES[node.kind]
        told = size == length and "mask" not in node.name
        return new if told and one_of_many(node.kind, value) else None
    return grown(0xFFFF) if node.name in AGES and size == 4 and node.value < 1 << 30 else None


def changes(
    message: nldissect.Message, names: set[bytes], families: dict[int, int]
) -> list[Change]:
    """What a replay changes in a message; generic families get their lasting id."""
    base = message.offset
    out: list[Change] = list(counters(message, base))
    data = message.data

    def change(at: int, size: int, new: New) -> None:
        out.append(Change(base + at, data[at : at + size], new))

    for head in (message, message.echo):
        if head is None or len(data) < head.base + 16:
            continue
        if head.seq:
            change(head.base + 8, 4, sequence)
        if head.port:
            change(head.base + 12, 4, port)
        if head.protocol == GENERIC and head.type in families:
            change(head.base + 4, 2, always(families[head.type]))
    for node in message.walk():
        if node.children or node.start == node.end:
            continue
        new = new_value(node, data[node.start : node.end], names, families)
        if new is not None:
            change(node.start, node.end - node.start, new)
    return sorted({c.at: c for c in out}.values())


def kind_of(request: nldissect.Message | None) -> str:
    """What an episode is about: `dump`, `change` or `get` and the spec."""
    if request is None:
        return "other"
    what = "dump" if request.flags & 0x300 == 0x300 else "change" if request.flags & 4 else "get"
    return f"{what} {request.spec.name if request.spec else request.protocol}"


def episodes(path: Path, lasting: dict[str, int]) -> Iterator[Episode]:
    """A recording, cut where no request is open. `lasting`: ids of generic families by name."""
    with nldissect.open(str(path)) as capture:
        messages = list(capture)
        names: set[bytes] = set()
        families: dict[int, int] = {}
        until: dict[int, int] = {}  # the last message of each transaction
        for message in messages:
            if message.transaction is not None:
                until[message.transaction.number] = message.number
            if message.protocol == ROUTE and message.type in (16, 17):
                found = message.get("ifname", "")
                if found[:2].isalpha() and found.isascii():
                    names.add(found.encode())
            if message.protocol == GENERIC and message.spec and message.spec.name == "nlctrl":
                for node in message.find_all("family-name"):
                    number = message.get("family-id")
                    if number is not None and number != GENERIC:
                        families[number] = lasting.setdefault(node.value, 17 + len(lasting))
        parts: list[Recorded] = []
        kind, end = "", 0
        last = 0
        for message in messages:
            record = message.record
            assert record is not None
            if record.number != last:
                last = record.number
                opens = message.flags & 1 and message.transaction is not None
                if parts and message.number > end and opens:
                    yield Episode(kind, parts)
                    parts, kind = [], ""
                parts.append(Recorded(record.cooked + record.data, [], 0))
            if message.transaction is not None:
                end = max(end, until[message.transaction.number])
                kind = kind or kind_of(message)
            head = len(record.cooked)
            moved = [c._replace(at=c.at + head) for c in changes(message, names, families)]
            part = parts[-1]
            parts[-1] = part._replace(changes=part.changes + moved, messages=part.messages + 1)
        yield Episode(kind or "other", parts)


# Of families that only a dissector's example has, with ids that are another's on a host.
LEFT_OUT = ("nlexample", "nlexample_p5")

# How often an episode comes, if not once: what watches a host asks for dumps.
WEIGHTS = {
    "dump rt-addr": 16, "dump rt-link": 2.8, "dump rt-neigh": 18, "dump rt-route": 18,
    "dump rt-rule": 20, "dump tc": 2, "dump nlctrl": 3, "dump 4": 2, "change rt-addr": 3,
    "change rt-link": 0.4, "change rt-neigh": 3, "change rt-route": 2, "change tc": 0.6,
    "get rt-link": 0.6,
}  # fmt: skip


# -- the busy host ------------------------------------------------------------------------


def replay(episode: Episode, rng: random.Random, now: int) -> Iterator[tuple[int, bytes, int]]:
    """Time, bytes and messages of an episode's records, microseconds apart."""
    numbers = Replay(rng)
    for recorded in episode.records:
        data = bytearray(recorded.data)
        for at, old, new in recorded.changes:
            data[at : at + len(old)] = new(numbers, old)
        yield now, bytes(data), recorded.messages
        now += rng.randrange(3, 60)


def program(
    source: list[Episode], weights: list[float], seed: str
) -> Iterator[tuple[int, int, bytes, int]]:
    """What one program says and hears, for ever."""
    rng = random.Random(seed)
    now = START + rng.randrange(1000)
    who = int(seed.rpartition(" ")[2])
    while True:
        for episode in rng.choices(source, weights, k=100):
            for when, data, messages in replay(episode, rng, now):
                yield when, who, data, messages
                now = when
            now += rng.randrange(100, 3000)


def busy(records: int, messages: int, seed: int, of: Collection[str] = ()) -> Iterator[Packet]:
    """So many records, or records of at least so many messages; whichever is reached first."""
    lasting: dict[str, int] = {}
    source: list[Episode] = []
    for path in sorted((ROOT / "captures").glob("*.pcap")):
        if path.stem in of or (not of and path.stem not in LEFT_OUT):
            source += episodes(path, lasting)
    weights = [WEIGHTS.get(episode.kind, 1) for episode in source]
    told = 0
    # who runs says so first: the families that there are
    start = [e for e in source if e.kind == "dump nlctrl"][:1]
    rng = random.Random(f"{seed} start")
    first = (
        (when, -1, data, n) for e in start for when, data, n in replay(e, rng, START - 100_000)
    )
    programs = (program(source, weights, f"{seed} {i}") for i in range(PROGRAMS))
    for number, (when, _, data, held) in enumerate(heapq.merge(first, *programs)):
        if number == records or told >= messages:
            return
        told += held
        yield when, data


# -- hostile shapes -----------------------------------------------------------------------


def cooked(protocol: int) -> bytes:
    return struct.pack(">HHH8xH", 4, 824, 0, protocol)


def message(kind: int, flags: int, seq: int, port_id: int, payload: bytes) -> bytes:
    return struct.pack("<IHHII", 16 + len(payload), kind, flags, seq, port_id) + payload


def attribute(number: int, payload: bytes) -> bytes:
    head = struct.pack("<HH", 4 + len(payload), number)
    return head + payload + bytes(-len(payload) % 4)


def attributes(count: int) -> Iterator[Packet]:
    """One RTM_NEWLINK with so many attributes."""
    body = b"".join(attribute(1 + i % 64, struct.pack("<I", i)) for i in range(count))
    link = struct.pack("<BxHiII", 0, 1, 2, 0, 0)
    yield START, cooked(ROUTE) + message(16, 0, 0, 0, link + body)


def families(count: int) -> Iterator[Packet]:
    """So many families as nlctrl tells of them, 65,519 ids in turn, then a message of each."""
    ids = 65_519
    for i in range(count):
        body = bytes((1, 2, 0, 0)) + attribute(2, b"fam%05d\0" % i)
        body += attribute(1, struct.pack("<H", 17 + i % ids)) + attribute(3, struct.pack("<I", 1))
        yield START + 2 * i, cooked(GENERIC) + message(16, 0, 0, 0, body)
    for i in range(count):
        body = bytes((1, 1, 0, 0)) + attribute(1, struct.pack("<I", i)) + attribute(2, b"text\0")
        yield START + 2 * (count + i), cooked(GENERIC) + message(17 + i % ids, 5, i + 1, 0, body)


def equal_seq(count: int) -> Iterator[Packet]:
    """So many requests of one sequence number, then as many acks, each to a port of its own."""
    link = struct.pack("<BxHiII", 0, 0, 2, 1, 1)
    request = message(16, 5, 7, 0, link)
    for i in range(count):
        yield START + i, cooked(ROUTE) + request
    for i in range(count):
        body = struct.pack("<i", 0) + request[:16]
        yield START + count + i, cooked(ROUTE) + message(2, 0x100, 7, 1000 + i, body)


def ports(count: int) -> Iterator[Packet]:
    """So many requests, each from a port of its own, and the ack to it."""
    request = struct.pack("<BxHiII", 0, 0, 2, 1, 1)
    for i in range(count):
        asked = message(16, 5, 1, 1000 + i, request)
        yield START + 2 * i, cooked(ROUTE) + asked
        yield (
            START + 2 * i + 1,
            cooked(ROUTE) + message(2, 0x100, 1, 1000 + i, bytes(4) + asked[:16]),
        )


def link(body: bytes) -> Iterator[Packet]:
    """One RTM_NEWLINK."""
    yield START, cooked(ROUTE) + message(16, 0, 0, 0, struct.pack("<BxHiII", 0, 1, 2, 0, 0) + body)


def numbered(numbers: Iterable[int]) -> bytes:
    """An attribute without a payload of each number, counted from 0."""
    return b"".join(attribute(1 + number, b"") for number in numbers)


def nest(depth: int, number: int) -> bytes:
    """So many attributes of a number, each in the one before."""
    out = b""
    for _ in range(depth):
        out = attribute(0x8000 | number, out)
    return out


def echo(count: int) -> Iterator[Packet]:
    """A request of so many attributes, refused with an error that echoes it."""
    (_, request), *_ = link(numbered(i % 64 for i in range(count)))
    yield START, request
    body = struct.pack("<i", -22) + request[16:]
    yield START + 1, cooked(ROUTE) + message(2, 0, 0, 0, body)


def errors(count: int) -> Iterator[Packet]:
    """An error that echoes an error, and so on."""
    inner = b""
    for _ in range(count):
        inner = message(2, 0, 0, 0, struct.pack("<i", -22) + inner)
    yield START, cooked(ROUTE) + inner


# One record of up to 64 KiB, of so many pieces.
RECORDS: dict[str, tuple[Callable[[int], Iterator[Packet]], int]] = {
    "empty attributes": (lambda n: link(numbered(i % 64 for i in range(n))), 16_000),
    "one attribute": (lambda n: link(attribute(3, b"") * n), 16_000),
    "unknown attributes": (lambda n: link(numbered(range(1000, 1000 + n))), 14_000),
    "names": (lambda n: link(attribute(3, b"pear\0") * n), 5_400),
    "wrong thrice": (lambda n: link(attribute(3, b"\xff\0\1\2") * n), 8_000),
    "unpadded": (lambda n: link(b"\5\0\3\0\0\5\0\4\0\0" * n), 6_400),
    "nests": (lambda n: link(attribute(0x801A, attribute(0x8002, attribute(1, b"")) * n)), 8_000),
    "deep": (lambda n: link(nest(n, 18)), 16_000),
    "deep, unknown": (lambda n: link(nest(n, 900)), 16_000),
    "no attributes": (lambda n: link(struct.pack("<HH", 3, 1) * n), 16_000),
    "messages": (lambda n: iter([(START, cooked(ROUTE) + message(1, 0, 0, 0, b"") * n)]), 4_000),
    "echo": (echo, 16_000),
    "errors": (errors, 3_200),
}  # fmt: skip

SHAPES = {"attributes": (attributes, 16_000), "families": (families, 40_000),
          "equal-seq": (equal_seq, 100_000), "ports": (ports, 100_000)}  # fmt: skip


# -- files --------------------------------------------------------------------------------


def pcap(packets: Iterable[Packet]) -> Iterator[bytes]:
    yield struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 253)
    for when, data in packets:
        yield struct.pack("<IIII", *divmod(when, 1_000_000), len(data), len(data)) + data


def pcapng(packets: Iterable[Packet]) -> Iterator[bytes]:
    yield struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    yield struct.pack("<IIHHII", 1, 20, 253, 0, 262144, 20)
    for when, data in packets:
        size = len(data)
        total = 32 + size + -size % 4
        high, low = divmod(when, 1 << 32)
        yield (
            struct.pack("<7I", 6, total, 0, high, low, size, size)
            + data
            + bytes(-size % 4)
            + struct.pack("<I", total)
        )


def write(path: Path, packets: Iterable[Packet]) -> None:
    """Writes them as the file's name says."""
    packed = path.suffix in (".gz", ".zst")
    plain = path.with_suffix("") if packed else path
    chunks = pcapng(packets) if plain.suffix == ".pcapng" else pcap(packets)
    if path.suffix == ".gz":
        with gzip.GzipFile(path, "wb", compresslevel=6, mtime=0) as file:
            file.writelines(chunks)
    elif path.suffix == ".zst":
        command = ["zstd", "-q", "-f", "-o", str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            assert process.stdin is not None
            process.stdin.writelines(chunks)
            process.stdin.close()
        if process.returncode:
            sys.exit(f"zstd failed with status {process.returncode}")
    else:
        with path.open("wb") as file:
            file.writelines(chunks)


def make(path: Path, shape: str, of: Collection[str] = (), **how: int) -> None:
    """Writes a recording: `busy` of so many `records` or `messages`, or a shape of a `count`."""
    if shape == "busy":
        usual = 1 << 60 if "messages" in how else 20_000
        most = how.get("messages", 1 << 60)
        packets = busy(how.get("records", usual), most, how.get("seed", 1), of)
    else:
        function, count = SHAPES[shape]
        packets = function(how.get("count", count))
    write(path, packets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("shape", choices=("busy", *SHAPES))
    parser.add_argument("file", type=Path, nargs="+", help="several get the same packets")
    for name in ("--records", "--messages", "--seed", "--count"):
        parser.add_argument(name, type=int, default=argparse.SUPPRESS)
    parser.add_argument("--of", nargs="*", default=(), metavar="NAME")
    options = vars(parser.parse_args())
    shape, paths = options.pop("shape"), options.pop("file")
    for path in paths:
        make(path, shape, **options)
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
