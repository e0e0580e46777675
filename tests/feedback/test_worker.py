"""Feedback between two brokers' ends: it learns of services from the catalogue's topic and publishes what was given."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.local.kafka import EmbeddedKafka
from deploy.local.ports import accepts, free_block
from services.feedback.settings import FeedbackSettings
from shared import topics
from shared.contracts.base import Contract
from shared.contracts.catalog import DistrictChanged, JurisdictionChanged, ServiceChanged
from shared.contracts.feedback import RatingGiven
from shared.contracts.registry import TYPE_OF, decode, encode
from shared.kafka import new_producer
from shared.outbox.append import part_of
from shared.settings import PARTITIONS

WAIT_SECONDS = 120
TOLD: dict[str, Any] = {"version": 1, "changed_at": datetime(2026, 5, 4, tzinfo=UTC)}


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedKafka]:
    """A broker of this module's own: a source numbers its events from 1 only once."""
    broker = EmbeddedKafka(tmp_path_factory.mktemp("kafka"))
    broker.start()
    asyncio.run(topics.ensure_topics(broker.bootstrap))
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def worker(settings: FeedbackSettings, kafka: EmbeddedKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the operations port of a running worker."""
    port = free_block(1)
    environment = os.environ | {
        "CIVICLOOP_FEEDBACK_DATABASE_URL": settings.database_url,
        "CIVICLOOP_FEEDBACK_SECRET": settings.secret.get_secret_value(),
        "CIVICLOOP_FEEDBACK_WORKER_PORT": str(port),
        "CIVICLOOP_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "CIVICLOOP_RELAY_LEASE_SECONDS": "1",
    }
    command = [sys.executable, "-m", "services.feedback.worker"]
    with (
        (tmp_path_factory.mktemp("worker") / "log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log) as process,
    ):
        while not accepts(port):
            assert process.poll() is None
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


class Catalogue:
    """Publishes states as the catalogue does, numbered per partition."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._numbers = [0] * PARTITIONS

    async def tell(self, state: Contract, **instead: bytes) -> None:
        part = part_of(state.id)  # type: ignore[attr-defined]
        self._numbers[part] += 1
        headers = {
            "ce_specversion": b"1.0",
            "ce_id": f"{part}-{self._numbers[part]}".encode(),
            "ce_source": f"/civicloop/catalog/{part}".encode(),
            "ce_type": TYPE_OF[type(state)].encode(),
            "ce_time": b"2026-05-04T10:00:00Z",
            "ce_sequence": b"%020d" % self._numbers[part],
            "content-type": b"application/json",
        }
        await self._producer.send_and_wait(
            topics.CATALOG,
            instead.get("value", encode(state)),
            state.id.encode(),  # type: ignore[attr-defined]
            partition=part,
            headers=list(headers.items()),
        )


@pytest.fixture
async def catalogue(kafka: EmbeddedKafka, worker: str) -> AsyncIterator[Catalogue]:
    producer = new_producer(kafka.bootstrap)
    await producer.start()
    yield Catalogue(producer)
    await producer.stop()


async def until(happens: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not await happens():
            await asyncio.sleep(0.05)


async def test_a_service_of_the_catalogue_takes_ratings_that_are_published(
    citizen: httpx.AsyncClient, kafka: EmbeddedKafka, catalogue: Catalogue
) -> None:
    service = ServiceChanged(id="linz.lamps", jurisdiction_id="linz", name="Lamps", status="draft", **TOLD)

    async def is_called(name: str) -> bool:
        shown = (await citizen.get("/v1/services/linz.lamps")).json()
        return bool(shown.get("name") == name)

    await catalogue.tell(JurisdictionChanged(id="linz", name="Linz", time_zone="Europe/Vienna", **TOLD))
    await catalogue.tell(DistrictChanged(id="linz.urfahr", jurisdiction_id="linz", name="Urfahr", **TOLD))
    await catalogue.tell(service)
    await until(lambda: is_called("Lamps"))
    rating = {"service_id": "linz.lamps", "value": 5, "district_id": "linz.urfahr"}
    assert (await citizen.post("/v1/ratings", json=rating)).status_code == 409

    await catalogue.tell(service, value=b"not JSON")
    lit = ServiceChanged(
        id="linz.lamps",
        jurisdiction_id="linz",
        name="Street lamps",
        status="active",
        version=2,
        changed_at=datetime.now(UTC),
    )
    await catalogue.tell(lit)
    await catalogue.tell(service)
    await until(lambda: is_called("Street lamps"))

    async def is_taken() -> bool:
        return (await citizen.post("/v1/ratings", json=rating)).status_code == 201

    await until(is_taken)
    given = (await citizen.post("/v1/ratings", json=rating)).json()
    assert given["id"] in [told.rating_id for told in await published(kafka, "linz.lamps", 2)]
    assert await is_called("Street lamps")


async def published(kafka: EmbeddedKafka, service: str, count: int) -> list[RatingGiven]:
    """The first events of a service on feedback's topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topics.FEEDBACK, part_of(service))])
        found: list[RatingGiven] = []
        async with asyncio.timeout(WAIT_SECONDS):
            while len(found) < count:
                record = await consumer.getone()
                if record.key == service.encode():
                    told = decode(dict(record.headers)["ce_type"].decode(), record.value)
                    assert isinstance(told, RatingGiven)
                    found.append(told)
        return found
    finally:
        await consumer.stop()


async def test_the_worker_says_how_it_is(worker: str) -> None:
    async with httpx.AsyncClient(base_url=worker) as client:

        async def is_ready() -> bool:
            return (await client.get("/health/ready")).status_code == 200

        await until(is_ready)
        assert "outbox_unpublished_events" in (await client.get("/metrics")).text
