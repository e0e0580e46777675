"""Fills `civicloop.feedback.v1` as the relay would: for benchmarks of what reads it.

`count` events of about 500 bytes with their headers, of 1,000 services (Zipf 1.1) in one jurisdiction, 50 districts and
30 days, in time order: half ratings, a quarter requests opened, a quarter requests closed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from aiokafka import AIOKafkaProducer

from shared.contracts import feedback
from shared.contracts.base import Contract
from shared.contracts.feedback import RatingGiven, RequestClosed, RequestOpened, Resolution
from shared.contracts.registry import TYPE_OF, encode, schema_urn
from shared.ids import uuid7
from shared.outbox.append import part_of
from shared.settings import PARTITIONS

SERVICES, DISTRICTS, DAYS = 1_000, 50, 30
START = datetime(2026, 1, 1, tzinfo=UTC)
TARGET = timedelta(days=3)


class Message(NamedTuple):
    part: int
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def contracts(count: int, seed: int) -> Iterator[Contract]:
    """The events' data, in time order; the same for the same seed."""
    chance = np.random.default_rng(seed)
    weights = 1 / np.arange(1, SERVICES + 1) ** 1.1
    services = chance.choice(SERVICES, count, p=weights / weights.sum()).tolist()
    districts = chance.integers(DISTRICTS, size=count).tolist()
    kinds = chance.integers(4, size=count).tolist()
    values = chance.integers(1, 6, size=count).tolist()
    hours = chance.lognormal(3.5, 1.2, count).tolist()
    people = chance.integers(count // 2, size=count).tolist()
    step = timedelta(days=DAYS) / count
    for n in range(count):
        place = {
            "jurisdiction_id": "city",
            "service_id": f"city.service-{services[n]}",
            "district_id": f"city.district-{districts[n]}",
        }
        now, contributor, item = START + n * step, f"{people[n]:032x}", f"01890000-0000-7000-8000-{n:012x}"
        now = now.replace(microsecond=0)
        if kinds[n] <= 1:
            yield RatingGiven(**place, rating_id=item, contributor=contributor, value=values[n], given_at=now)
        elif kinds[n] == 2:
            due = now + TARGET
            yield RequestOpened(
                **place, request_id=item, contributor=contributor, opened_at=now, due_at=due, answer_due_at=due
            )
        else:
            opened = (now - timedelta(hours=hours[n])).replace(microsecond=0)
            yield RequestClosed(
                **place,
                request_id=item,
                opened_at=opened,
                closed_at=now,
                due_at=opened + TARGET,
                resolution=Resolution.RESOLVED,
            )


def messages(count: int, seed: int = 1) -> Iterator[Message]:
    """The events as Kafka messages, numbered per part."""
    sequences = [0] * PARTITIONS
    for contract in contracts(count, seed):
        kind = TYPE_OF[type(contract)]
        service: str = contract.service_id  # type: ignore[attr-defined]
        part = part_of(service)
        sequences[part] += 1
        headers = [
            ("ce_source", f"/civicloop/feedback/{part}".encode()),
            ("ce_type", kind.encode()),
            ("ce_sequence", b"%020d" % sequences[part]),
            ("ce_specversion", b"1.0"),
            ("ce_id", str(uuid7()).encode()),
            ("ce_time", b"2026-01-01T00:00:00Z"),
            ("ce_subject", service.encode()),
            ("ce_dataschema", schema_urn(kind).encode()),
            ("content-type", b"application/json"),
        ]
        yield Message(part, service.encode(), encode(contract), headers)


async def fill(bootstrap: str, count: int, topic: str = feedback.TOPIC) -> int:
    """Writes the events; returns their bytes, headers included."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_batch_size=900_000, acks="all")
    await producer.start()
    batches = {part: producer.create_batch() for part in range(PARTITIONS)}
    size = 0
    try:
        for message in messages(count):
            size += len(message.value) + len(message.key) + sum(len(n) + len(v) for n, v in message.headers)
            batch = batches[message.part]
            arguments = {"key": message.key, "value": message.value, "headers": message.headers, "timestamp": None}
            if batch.append(**arguments) is None:
                await (await producer.send_batch(batch, topic, partition=message.part))
                batches[message.part] = producer.create_batch()
                batches[message.part].append(**arguments)
        for part, batch in batches.items():
            await (await producer.send_batch(batch, topic, partition=part))
    finally:
        await producer.stop()
    return size
