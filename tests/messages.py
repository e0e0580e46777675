"""Events on a topic as their owner's relay would write them, and others that it never would."""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from shared.contracts.base import Contract
from shared.contracts.registry import TYPE_OF, encode
from shared.ids import uuid7
from shared.outbox.append import part_of
from shared.settings import PARTITIONS

Headers = list[tuple[str, bytes]]


class Message(NamedTuple):
    part: int
    key: bytes
    value: bytes | None
    headers: Headers


class Source:
    """Numbers events per part, as an outbox does."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._numbers: dict[int, itertools.count[int]] = defaultdict(lambda: itertools.count(1))

    def message(self, key: str, contract: Contract) -> Message:
        """The next event of its part."""
        part = part_of(key)
        return self.numbered(key, contract, next(self._numbers[part]))

    def numbered(self, key: str, contract: Contract, sequence: int) -> Message:
        """An event with a number of one's choice."""
        return self.raw(key, TYPE_OF[type(contract)], encode(contract), sequence)

    def next_raw(self, key: str, type_: str, value: bytes | None) -> Message:
        """The next event of its part, with whatever data."""
        return self.raw(key, type_, value, next(self._numbers[part_of(key)]))

    def raw(self, key: str, type_: str, value: bytes | None, sequence: int) -> Message:
        part = part_of(key)
        headers = [
            ("ce_source", f"{self._source}/{part}".encode()),
            ("ce_type", type_.encode()),
            ("ce_sequence", b"%020d" % sequence),
            ("ce_specversion", b"1.0"),
            ("ce_id", str(uuid7()).encode()),
            ("ce_time", datetime.now(UTC).isoformat().encode()),
            ("content-type", b"application/json"),
        ]
        return Message(part, key.encode(), value, headers)


async def publish(bootstrap: str, topic: str, messages: Sequence[Message]) -> None:
    """Writes messages in the order given, each acknowledged."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    await producer.start()
    for message in messages:
        await producer.send_and_wait(
            topic, message.value, key=message.key, partition=message.part, headers=message.headers
        )
    await producer.stop()


async def read(bootstrap: str, topic: str, expected: int) -> list[ConsumerRecord]:
    """The first messages of a topic, as many as are expected."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(topic, partition) for partition in range(PARTITIONS)])
    messages: list[ConsumerRecord] = []
    while len(messages) < expected:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            messages += records
    await consumer.stop()
    return messages
