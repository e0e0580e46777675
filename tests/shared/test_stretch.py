"""What Kafka stores is read alike by columns and record by record."""

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from shared.cloudevents import InvalidEvent
from shared.inbox.received import receive
from shared.inbox.stretch import Stretch

SOURCE = "/civicloop/feedback"
PART = 3
PARTITION = TopicPartition("civicloop.feedback.v1", PART)

Record = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]
"""Key, value and headers."""


def batch(base: int, records: list[Record], *, offsets: list[int] | None = None, compression: int = 0) -> bytes:
    """A record batch whose first offset is `base`, as a broker stores it."""
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=compression, is_transactional=False, producer_id=1, producer_epoch=0,
        base_sequence=0, batch_size=10_000_000,
    )  # fmt: skip
    for offset, (key, value, headers) in zip(offsets or range(len(records)), records, strict=True):
        builder.append(offset, 1_700_000_000_000 + offset, key, value, headers)
    return base.to_bytes(8, "big") + bytes(builder.build())[8:]


def relayed(sequence: int, value: bytes = b'{"a": 1}', kind: str = "feedback.rating.given.v1") -> Record:
    """As the relay writes it."""
    headers = [
        ("ce_source", f"{SOURCE}/{PART}".encode()),
        ("ce_type", kind.encode()),
        ("ce_sequence", b"%020d" % sequence),
        ("ce_specversion", b"1.0"),
        ("ce_id", b"01890000-0000-7000-8000-000000000000"),
        ("content-type", b"application/json"),
    ]
    return b"city.lamps", value, headers


def stretch(raw: bytes, offset: int = 0) -> Stretch:
    found = Stretch.fetched(PARTITION, offset, raw)
    assert found is not None
    return found


def singly(read: Stretch) -> list[tuple[int, str, bytes]]:
    """Sequence, type and data of each event, record by record."""
    return [(e.sequence, e.type, e.data) for e in (receive(record, SOURCE) for record in read.records())]


def by_columns(read: Stretch) -> list[tuple[int, str, bytes]] | None:
    plain = read.plain(SOURCE)
    if plain is None:
        return None
    return [(n, type_, data) for n, (type_, data) in zip(plain.sequences.tolist(), plain.events, strict=True)]


values = st.binary(max_size=300) | st.sampled_from([b"x" * size for size in (0, 1, 63, 64, 8_191, 8_192, 70_000)])


@given(
    st.lists(st.lists(st.tuples(values, st.integers(1, 2**63 - 1)), min_size=1, max_size=8), min_size=1, max_size=4),
    st.integers(0, 2**40),
    st.integers(-3, 20),
)
def test_what_the_relay_writes_is_the_same_by_columns(
    batches: list[list[tuple[bytes, int]]], base: int, within: int
) -> None:
    raw, at = b"", base
    for records in batches:
        raw += batch(at, [relayed(sequence, value) for value, sequence in records])
        at += len(records)
    read = stretch(raw + raw[:40], max(0, min(base + within, at)))
    assert read.following == at
    found = by_columns(read)
    largest = max(sequence for records in batches for _, sequence in records)
    if found is None:
        assert largest >= 10**18
    else:
        assert found == singly(read)
    middle = read.until(base + 1)
    assert by_columns(middle) in (None, singly(middle))


names = st.sampled_from(["ce_source", "ce_type", "ce_sequence", "ce_id", "content-type", "x" * 70])
texts = st.sampled_from(
    [None, b"", f"{SOURCE}/{PART}".encode(), f"{SOURCE}/4".encode(), b"feedback.rating.given.v1", b"\xff\xfe",
     b"00000000000000000007", b"0000000000000000000x", b"7", b"application/cloudevents+json", b"x" * 200]
)  # fmt: skip
records = st.tuples(st.none() | values, st.none() | values, st.lists(st.tuples(names, texts), max_size=5))


@given(st.lists(records | st.integers(1, 99).map(relayed), min_size=1, max_size=6))
def test_anything_else_is_never_read_otherwise_by_columns(given_records: list[Record]) -> None:
    read = stretch(batch(0, given_records))
    found = by_columns(read)
    if found is not None:
        assert found == singly(read)
    elif all(record == relayed(1) for record in given_records):
        pytest.fail("what the relay writes must be read by columns")


@given(st.data())
def test_stored_bytes_that_changed_are_refused(data: Any) -> None:
    raw = bytearray(batch(5, [relayed(1), relayed(2)]))
    place = data.draw(st.integers(21, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    read = stretch(bytes(raw), 5)
    for reading in (read.records, lambda: read.plain(SOURCE)):
        with pytest.raises(CorruptRecordException):
            reading()


def test_compressed_batches_and_gaps_are_read_record_by_record() -> None:
    compressed = stretch(batch(0, [relayed(1), relayed(2)], compression=1))
    assert by_columns(compressed) is None
    assert [sequence for sequence, _, _ in singly(compressed)] == [1, 2]
    gaps = stretch(batch(10, [relayed(1), relayed(2), relayed(3)], offsets=[0, 4, 9]))
    assert gaps.following == 20
    assert by_columns(gaps) == singly(gaps)
    assert [record.offset for record in gaps.until(15).records()] == [10, 14]


def test_a_part_of_a_batch_is_nothing_yet() -> None:
    raw = batch(0, [relayed(1)])
    assert all(Stretch.fetched(PARTITION, 0, raw[:size]) is None for size in range(len(raw)))


def test_an_event_of_another_part_is_not_taken_for_one_of_this() -> None:
    elsewhere = relayed(1)
    elsewhere[2][0] = ("ce_source", f"{SOURCE}/4".encode())
    read = stretch(batch(0, [elsewhere]))
    assert by_columns(read) is None
    with pytest.raises(InvalidEvent):
        singly(read)
