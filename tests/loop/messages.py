"""Messages of a topic, changed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from aiokafka import ConsumerRecord


def altered(record: ConsumerRecord, value: bytes | None = None, **headers: bytes) -> ConsumerRecord:
    """The message with another value, or other headers."""
    merged: Mapping[str, bytes] = dict(record.headers) | headers
    changed = replace(record, value=record.value if value is None else value, headers=tuple(merged.items()))
    return cast(ConsumerRecord, changed)


def bare(record: ConsumerRecord, value: bytes) -> ConsumerRecord:
    """A message without headers."""
    return cast(ConsumerRecord, replace(record, value=value, headers=()))
