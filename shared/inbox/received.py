"""A message of a topic as the inbox sees it: where it stands in its source's order."""

import base64
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import NoReturn

import msgspec
from aiokafka import ConsumerRecord

from shared.cloudevents import InvalidEvent, from_kafka

SOURCE, TYPE, SEQUENCE = "ce_source", "ce_type", "ce_sequence"
LEADING = [SOURCE, TYPE, SEQUENCE]
"""The headers that the relay writes first, so that they are found without a search."""

LAST_SEQUENCE = 2**63 - 1
"""What a bigint can hold."""

MOST_DIGITS = 40
"""Sequences are padded to 20."""

NO_SEQUENCE = "the event has no sequence"


class Received(msgspec.Struct, gc=False):
    """One event of a numbered source. `sequence` counts from 1 within `part`; `data` is its JSON."""

    record: ConsumerRecord
    type: str
    part: int
    sequence: int
    data: bytes


@lru_cache(maxsize=1_024)
def _part(source: bytes, expected: str) -> int:
    prefix, _, number = source.rpartition(b"/")
    if prefix != expected.encode():
        raise InvalidEvent(f"the source is {source!r}, not {expected}/<part>")
    return _number("the source's part", number)


@lru_cache(maxsize=1_024)
def _type(raw: bytes) -> str:
    return raw.decode()


def _number(what: str, digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > MOST_DIGITS:
        raise InvalidEvent(f"{what} is {digits[:MOST_DIGITS]!r}, not a number")
    return int(digits)


def receive(record: ConsumerRecord, source: str) -> Received:
    """The event of a Kafka message in either mode, from `source`. Raises InvalidEvent, saying why."""
    headers = record.headers
    if not _leads(headers):
        headers = _leading_first(record)
        if headers is None:
            return _receive_structured(record, source)
    source_header, type_header, sequence_header = headers[0][1], headers[1][1], headers[2][1]
    try:
        part, sequence = _part(source_header, source), _number("the sequence", sequence_header)
        received = Received(record, _type(type_header), part, sequence, record.value or b"")
    except UnicodeDecodeError as error:
        raise InvalidEvent(f"unusable envelope: {error}") from error
    if part != record.partition or not 1 <= sequence <= LAST_SEQUENCE:
        _refuse(received)
    return received


def _leads(headers: Sequence[tuple[str, bytes | None]]) -> bool:
    """Whether a message begins with the three headers that are needed, as the relay writes it."""
    return (
        len(headers) > 2
        and headers[0][0] == SOURCE
        and headers[1][0] == TYPE
        and headers[2][0] == SEQUENCE
        and headers[0][1] is not None
        and headers[1][1] is not None
        and headers[2][1] is not None
    )


def _leading_first(record: ConsumerRecord) -> list[tuple[str, bytes]] | None:
    """The headers that a binary message must have, wherever they stand; None for a structured message."""
    headers = {name: value for name, value in record.headers if value is not None}
    if headers.get("content-type", b"").lower().startswith(b"application/cloudevents"):
        return None
    if not headers.keys() >= set(LEADING):
        from_kafka(record.headers, record.value)  # names what the envelope itself lacks
        raise InvalidEvent(NO_SEQUENCE)
    return [(name, headers[name]) for name in LEADING]


def _receive_structured(record: ConsumerRecord, source: str) -> Received:
    event = from_kafka(record.headers, record.value)
    if "sequence" not in event.extensions:
        raise InvalidEvent(NO_SEQUENCE)
    sequence = _number("the sequence", event.extensions["sequence"].encode())
    part = _part(event.source.encode(), source)
    received = Received(record, event.type, part, sequence, event.data or b"")
    if part != record.partition or not 1 <= sequence <= LAST_SEQUENCE:
        _refuse(received)
    return received


def _refuse(received: Received) -> NoReturn:
    """Says why an event is not where it belongs, or has no number that a source assigns."""
    if received.part != received.record.partition:
        raise InvalidEvent(f"part {received.part} of the source in partition {received.record.partition}")
    raise InvalidEvent(f"the sequence is {received.sequence}, which no source assigns")


_BASE64 = "base64:"


def stored_headers(record: ConsumerRecord) -> str:
    """Headers as a JSON object: text where the value is UTF-8 without NUL, else base64 under `base64:<name>`."""
    stored = {}
    for name, value in record.headers:
        name = name.replace("\0", "\N{REPLACEMENT CHARACTER}")
        try:
            text = (value or b"").decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            stored[_BASE64 + name] = base64.b64encode(value).decode()
        else:
            stored[name] = text
    return json.dumps(stored)


def restored_headers(stored: str) -> tuple[tuple[str, bytes], ...]:
    """What `stored_headers` was made from."""
    headers: dict[str, str] = json.loads(stored)
    return tuple(
        (name[len(_BASE64) :], base64.b64decode(value)) if name.startswith(_BASE64) else (name, value.encode())
        for name, value in headers.items()
    )
