"""Messages of a topic, read from its beginning to its end, and the CloudEvents attributes that the check needs."""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

AT_A_TIME = 5_000
SOURCE = re.compile(r"/civicloop/([a-z]+)/([0-9]{1,5})")
LAST_SEQUENCE = 2**63 - 1


class Envelope(NamedTuple):
    """An event of a numbered source: `sequence` counts from 1 within `part` of the service's outbox."""

    service: str
    part: int
    sequence: int
    id: str
    type: str
    time: str
    data: bytes

    def fingerprint(self) -> bytes:
        """The same for equal id, type and content: what `outbox.sql` computes of a row."""
        return hashlib.md5(f"{self.id}\n{self.type}\n".encode() + self.data, usedforsecurity=False).digest()


class Span(NamedTuple):
    """A partition from its first message to before `end`."""

    partition: TopicPartition
    first: int
    end: int


async def read(kafka: AIOKafkaConsumer, span: Span) -> AsyncIterator[ConsumerRecord]:
    """Every message of a span."""
    partition, first, end = span
    if first == end:
        return
    kafka.assign([partition])
    kafka.seek(partition, first)
    while await kafka.position(partition) < end:
        fetched = await kafka.getmany(partition, timeout_ms=1_000, max_records=AT_A_TIME)
        for record in fetched.get(partition, ()):
            if record.offset < end:
                yield record


def open_envelope(record: ConsumerRecord) -> Envelope | None:
    """The event of a message in binary or structured mode; None for what no numbered source has sent."""
    headers = dict(record.headers)
    try:
        if headers.get("content-type", b"").lower().startswith(b"application/cloudevents"):
            return _structured(json.loads(record.value or b""))
        return _binary(headers, record.value or b"")
    except (KeyError, ValueError, TypeError):
        return None


def _binary(headers: Mapping[str, bytes], data: bytes) -> Envelope:
    service, part = _source(headers["ce_source"].decode())
    sequence = _sequence(headers["ce_sequence"].decode())
    time = headers.get("ce_time", b"").decode()
    return Envelope(service, part, sequence, headers["ce_id"].decode(), headers["ce_type"].decode(), time, data)


def _structured(event: Mapping[str, object]) -> Envelope:
    service, part = _source(str(event["source"]))
    data = json.dumps(event.get("data"), separators=(",", ":"), ensure_ascii=False).encode()
    sequence, time = _sequence(str(event["sequence"])), str(event.get("time", ""))
    return Envelope(service, part, sequence, str(event["id"]), str(event["type"]), time, data)


@lru_cache(maxsize=1_024)
def _source(text: str) -> tuple[str, int]:
    match = SOURCE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no numbered source")
    return match[1], int(match[2])


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= LAST_SEQUENCE):
        raise ValueError(f"{text!r} is no number in a sequence")
    return int(text)
