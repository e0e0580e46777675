"""A stretch of a partition as Kafka stores it: record batches of format 2, back to back.

What the relay writes is read column by column (`plain`): making an object of every record, with its nine headers, takes
longer than all that comes after. Anything else is read record by record (`records`). The format is described in
Kafka's documentation, "Messages > Record Batch" and "Record".
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.record.memory_records import MemoryRecords
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_HEAD = struct.Struct(">qiibIhiqq")
"""Base offset, length of what follows it, leader's epoch, format, CRC, attributes, last offset less base offset, first
and last time."""
_BEFORE_LENGTH = 12
_FIRST_RECORD, _COUNT = 61, 57

_DIGITS, _LEADING = 20, 2
"""Digits of a sequence. Where the leading ones are 0 it fits a bigint for certain; others are read singly."""
_POWERS = 10 ** np.arange(_DIGITS - _LEADING - 1, -1, -1, dtype=np.int64)


class Plain(NamedTuple):
    """Events in the relay's layout: their sequences, and type and data of each."""

    sequences: Integers
    events: list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The messages of a partition from `offset` to before `following`; `raw` may hold others before and after.

    `newest` is when the last of them was written, in milliseconds since 1970.
    """

    partition: TopicPartition
    offset: int
    following: int
    newest: int
    raw: bytes

    @classmethod
    def fetched(cls, partition: TopicPartition, offset: int, raw: bytes) -> "Stretch | None":
        """What was fetched from an offset on; None if that is no whole record batch."""
        at, found = 0, None
        while at + _FIRST_RECORD <= len(raw):
            base, length, _, magic, _, _, last, _, newest = _HEAD.unpack_from(raw, at)
            if at + _BEFORE_LENGTH + length > len(raw):
                break
            old = magic != 2
            found = cls(partition, offset, base + (0 if old else last) + 1, 0 if old else newest, raw)
            at += _BEFORE_LENGTH + length
        return found

    def until(self, end: int) -> "Stretch":
        """What of it comes before an offset."""
        return replace(self, following=max(self.offset, min(self.following, end)))

    def records(self) -> list[ConsumerRecord]:
        """Its messages, whatever they are. Raises CorruptRecordException."""
        return [
            self._record(record)
            for batch in _batches(self.raw)
            if not batch.is_control_batch
            for record in batch
            if self.offset <= record.offset < self.following
        ]

    def _record(self, record) -> ConsumerRecord:  # type: ignore[no-untyped-def]
        topic, part = self.partition
        key, value = record.key, record.value
        sizes = [-1 if field is None else len(field) for field in (key, value)]
        return ConsumerRecord(
            topic, part, record.offset, record.timestamp, record.timestamp_type, key, value, None, *sizes,
            tuple(record.headers),
        )  # fmt: skip

    def plain(self, source: str) -> Plain | None:
        """Its events, if each is from `source`/partition and laid out as the relay does it; else None."""
        try:
            found = _starts(self.raw)
            return None if found is None else self._columns(*found, f"{source}/{self.partition.partition}".encode())
        except IndexError:
            return None

    def _columns(self, bases: Integers, starts: Integers, source: bytes) -> Plain | None:
        data: Bytes = np.frombuffer(self.raw, dtype=np.uint8)
        _, at = _varints(data, starts + 1)  # behind the attributes: the time
        delta, at = _varints(data, at)
        offset = bases + delta
        wanted = (self.offset <= offset) & (offset < self.following)
        length, at = _varints(data, at[wanted])
        length, value = _varints(data, at + np.maximum(length, 0))
        headers, at = _varints(data, value + length)
        if (length < 0).any() or (headers < 3).any():
            return None
        return _events(self.raw, data, value, value + length, at, source)


def _events(raw: bytes, data: Bytes, value: Integers, end: Integers, at: Integers, source: bytes) -> Plain | None:
    """Given where values begin and end and headers begin: source, type, sequence must be the first three."""
    before_type = _field(b"ce_source") + _field(source) + _field(b"ce_type")
    if not _says(data, at, before_type):
        return None
    at = at + len(before_type)
    length, kind = _varints(data, at)
    at = kind + length
    before_sequence = _field(b"ce_sequence") + _size(_DIGITS)
    if (length < 0).any() or not _says(data, at, before_sequence):
        return None
    at = at + len(before_sequence)
    digits = _texts(data, at, _DIGITS) - ord("0")
    if (digits > 9).any() or digits[:, :_LEADING].any():
        return None
    types = map(_TYPES.__getitem__, [raw[a:b] for a, b in zip(kind.tolist(), (kind + length).tolist(), strict=True)])
    values = [raw[a:b] for a, b in zip(value.tolist(), end.tolist(), strict=True)]
    try:
        return Plain(digits[:, _LEADING:] @ _POWERS, list(zip(types, values, strict=True)))
    except UnicodeDecodeError:
        return None


class _Texts(dict[bytes, str]):
    """Texts of few kinds, each decoded once."""

    def __missing__(self, raw: bytes) -> str:
        text = raw.decode()
        if len(self) < 1_000:
            self[raw] = text
        return text


_TYPES = _Texts()


def _batches(raw: bytes) -> Iterator[DefaultRecordBatch | LegacyRecordBatch]:
    records = MemoryRecords(raw)
    while records.has_next():
        batch = records.next_batch()
        if batch is None or not batch.validate_crc():
            raise CorruptRecordException
        yield batch


def _starts(raw: bytes) -> tuple[Integers, Integers] | None:
    """For each record its batch's base offset and where its attributes stand; None unless all batches are plain."""
    starts: list[int] = []
    bases, counts = [], []
    at = 0
    for batch in _batches(raw):
        if isinstance(batch, LegacyRecordBatch) or batch.is_control_batch or batch.compression_type:
            return None
        (count,) = struct.unpack_from(">i", raw, at + _COUNT)
        bases.append(batch.base_offset)
        counts.append(count)
        at = _walk(raw, at + _FIRST_RECORD, count, starts)
    return np.repeat(np.array(bases, dtype=np.int64), counts), np.array(starts, dtype=np.int64)


def _walk(raw: bytes, at: int, count: int, starts: list[int]) -> int:
    """Notes where each of a batch's records begins, behind its length; returns where the batch ends."""
    for _ in range(count):
        length, shift = raw[at], 7
        at += 1
        if length > 0x7F:
            length &= 0x7F
            while raw[at] > 0x7F:
                length |= (raw[at] & 0x7F) << shift
                at, shift = at + 1, shift + 7
            length |= raw[at] << shift
            at += 1
        starts.append(at)
        at += length >> 1
    return at


def _varints(data: Bytes, at: Integers) -> tuple[Integers, Integers]:
    """Zigzag numbers of variable length at some places, and the places behind them."""
    byte = data[at].astype(np.int64)
    number, at, shift = byte & 0x7F, at + 1, 7
    more = byte > 0x7F
    while more.any() and shift < 64:
        byte = np.where(more, data[np.where(more, at, 0)], 0).astype(np.int64)
        number |= (byte & 0x7F) << shift
        at, shift = at + more, shift + 7
        more &= byte > 0x7F
    return (number >> 1) ^ -(number & 1), at


def _size(length: int) -> bytes:
    """A length below 64 as a zigzag number."""
    return bytes([length << 1])


def _field(text: bytes) -> bytes:
    return _size(len(text)) + text


def _says(data: Bytes, at: Integers, text: bytes) -> bool:
    """Whether a text stands at each of some places."""
    return bool((_texts(data, at, len(text)) == np.frombuffer(text, dtype=np.uint8)).all())


def _texts(data: Bytes, at: Integers, length: int) -> Bytes:
    """The bytes at some places, a row each."""
    rows: Bytes = np.lib.stride_tricks.sliding_window_view(data, length)[at]
    return rows
