"""The parts of a capture that workers read: their rows in order are those of the file."""

from __future__ import annotations

import pickle
import struct
import warnings
from pathlib import Path

import pytest

import nldissect
import nldissect.arrow
from support.messages import RECORDINGS
from support.sweep import SWEPT

pa = pytest.importorskip("pyarrow")

# What is taught late or asked long before, in both formats; then all the others.
SOME = ("acks", "genl_families", "nl_util", "nft_rules", "policies", "tunnels")
SPLIT = [
    pytest.param(p, id=p.name, marks=[] if p.stem in SOME else [pytest.mark.slow]) for p in SWEPT
]


def equal(table: pa.Table, other: pa.Table) -> bool:
    """Whether they have the same rows, whatever their dictionaries."""
    plain = nldissect.arrow.schema(
        table.schema.metadata[b"nldissect.table"].decode(), dictionaries=False
    )
    return bool(table.cast(plain).equals(other.cast(plain)))


@pytest.mark.parametrize("capture", SPLIT)
def test_the_rows_of_all_parts_are_those_of_the_file(capture: Path) -> None:
    size = max(capture.stat().st_size // 5, 1)
    parts = pickle.loads(pickle.dumps(nldissect.arrow.splits(capture, size=size)))
    assert len(parts) in (5, 6)
    for table in ("messages", "attributes"):
        whole = nldissect.arrow.read(capture, table=table).read_all()
        read = [nldissect.arrow.read(part, table=table).read_all() for part in parts]
        assert equal(whole, pa.concat_tables(read))
        assert sum(one.num_rows > 0 for one in read) > 1 or whole.num_rows < 2


def test_a_part_brings_what_the_rest_of_the_file_taught(tmp_path: Path) -> None:
    """A recording whose families are told at its end, and cut off once the parts are made."""
    whole = (RECORDINGS / "nl_util.pcap").read_bytes()
    told, others, at = b"", b"", 24
    while at < len(whole):
        record = whole[at : at + 16 + struct.unpack_from("<I", whole, at + 8)[0]]
        if struct.unpack_from("<H", record, 36)[0] == 16:  # nlctrl, behind pcap's and cooked header
            told += record
        else:
            others += record
        at += len(record)
    capture = tmp_path / "turned.pcap"
    capture.write_bytes(whole[:24] + others + told)
    first = nldissect.arrow.splits(capture, size=len(whole) // 2)[0]
    assert "nl_util" in nldissect.arrow.read(first).read_all()["family"].to_pylist()
    capture.write_bytes(whole[:24] + others)
    assert "nl_util" in nldissect.arrow.read(first).read_all()["family"].to_pylist()
    assert "nl_util" not in nldissect.arrow.read(capture).read_all()["family"].to_pylist()
    assert len(pickle.dumps(first)) < 8192


def test_what_is_small_or_packed_is_one_part(tmp_path: Path) -> None:
    packed = RECORDINGS / "nft_sets.pcap.gz"
    assert nldissect.arrow.splits(packed, size=100) == [nldissect.arrow.Split(str(packed))]
    plain = RECORDINGS / "acks.pcap"
    (part,) = nldissect.arrow.splits(plain)
    assert part.whole
    found = nldissect.arrow.read(part, table="transactions").read_all()
    assert found.num_rows == len(nldissect.open(plain).transactions)
    assert len(nldissect.arrow.splits(plain, size=1)) == 16


def test_a_filter_of_relative_times_counts_from_the_start_of_the_file() -> None:
    capture = RECORDINGS / "errors.pcap"
    wanted = "time > 2.5s"
    parts = nldissect.arrow.splits(capture, size=capture.stat().st_size // 3)
    found = [nldissect.arrow.read(part, filter=wanted).read_all() for part in parts]
    numbers = [n for one in found for n in one["message"].to_pylist()]
    assert numbers == [message.number for message in nldissect.open(capture, filter=wanted)]


def test_what_a_damaged_capture_has_is_read(tmp_path: Path) -> None:
    cut = tmp_path / "host=db%2F3" / "cut.pcap"
    cut.parent.mkdir()
    cut.write_bytes((RECORDINGS / "acks.pcap").read_bytes()[:-7])
    with pytest.raises(nldissect.CaptureError, match="cut"):
        nldissect.arrow.read(cut).read_all()
    for source in (cut, nldissect.arrow.splits(cut, size=20_000)[-1]):
        with pytest.warns(RuntimeWarning, match="cut"):
            found = nldissect.arrow.read(source, damaged="warn").read_all()
        assert found.num_rows > 0
        assert set(found["host"].to_pylist()) == {"db/3"}
    first = nldissect.arrow.splits(cut, size=20_000)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert nldissect.arrow.read(first).read_all().num_rows > 0


def test_wrong_use_is_told() -> None:
    capture = RECORDINGS / "acks.pcap"
    part = nldissect.arrow.splits(capture, size=4096)[0]
    for words, said in (
        ({"table": "transactions"}, "read all of it"),
        ({"dissectors": ["."]}, "give them to `splits`"),
        ({"damaged": "skip"}, "neither 'raise' nor 'warn'"),
    ):
        with pytest.raises(nldissect.UsageError, match=said):
            nldissect.arrow.read(part, **words)  # type: ignore[arg-type]
    with pytest.raises(nldissect.UsageError, match="size"):
        nldissect.arrow.splits(capture, size=0)
    with pytest.raises(nldissect.CaptureError):
        nldissect.arrow.splits("none.pcap")
