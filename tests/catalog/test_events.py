"""What others learn of the catalogue: through its own worker process, from a real broker."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.kafka import EmbeddedKafka
from deploy.local.ports import free_block
from shared import topics
from shared.contracts.catalog import (
    DistrictChanged,
    JurisdictionChanged,
    OrganisationChanged,
    ServiceAnnounced,
    ServiceChanged,
)
from shared.contracts.registry import decode
from shared.outbox.append import part_of
from shared.settings import PARTITIONS


@pytest.fixture
def worker(database: str, kafka: EmbeddedKafka, tmp_path: Path) -> Iterator[str]:
    """The address of the operations port of a running worker."""
    asyncio.run(topics.ensure_topics(kafka.bootstrap))
    port = free_block(1)
    environment = os.environ | {
        "CIVICLOOP_CATALOG_DATABASE_URL": database,
        "CIVICLOOP_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "CIVICLOOP_CATALOG_WORKER_PORT": str(port),
        "CIVICLOOP_RELAY_LEASE_SECONDS": "1",
    }
    command = [sys.executable, "-m", "services.catalog.worker"]
    with (tmp_path / "worker.log").open("wb") as log, subprocess.Popen(command, env=environment, stdout=log) as process:
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


@pytest.fixture
async def published(kafka: EmbeddedKafka, worker: str) -> AsyncIterator[AIOKafkaConsumer]:
    """All that the catalogue has published, from the first."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(topics.CATALOG, part) for part in range(PARTITIONS)])
    yield consumer
    await consumer.stop()


async def test_each_change_is_published_whole_and_in_order(
    clerk: httpx.AsyncClient, city: str, published: AIOKafkaConsumer
) -> None:
    service = {
        "jurisdiction_id": city,
        "name": "Lamps",
        "status": "active",
        "organisation_id": f"{city}.parks",
        "resolution_target": 600,
        "target_source": "council",
    }
    await clerk.put(f"/v1/services/{city}.lamps", json=service)
    await clerk.patch(
        f"/v1/services/{city}.lamps", json={"resolution_target": None, "status": "suspended", "reason": "winter"}
    )
    await clerk.put(f"/v1/services/{city}.lamps", json=service | {"name": "Street Lamps", "reason": "spring"})
    district = {"jurisdiction_id": city, "name": "Old", "population": 7}
    await clerk.put(f"/v1/districts/{city}.old", json=district)

    events = []
    async for message in published:
        key = message.key.decode()
        if key.startswith(city):
            headers = dict(message.headers)
            assert message.partition == part_of(key) == int(headers["ce_source"].rsplit(b"/", 1)[1])
            events.append(decode(headers["ce_type"].decode(), message.value))
        if len(events) == 8:
            break

    of_service = [event for event in events if isinstance(event, ServiceChanged)]
    told = [(event.version, event.name, event.status, event.resolution_target) for event in of_service]
    assert told == [(1, "Lamps", "active", 600), (2, "Lamps", "suspended", None), (3, "Street Lamps", "active", 600)]
    assert {(e.jurisdiction_id, e.organisation_id, e.target_source) for e in of_service} == {
        (city, f"{city}.parks", "council")
    }
    announced = [event for event in events if isinstance(event, ServiceAnnounced)]
    steps = {(event.version, event.before, event.after, event.reason) for event in announced}
    assert steps == {(2, "active", "suspended", "winter"), (3, "suspended", "active", "spring")}
    others = {type(event): event for event in events if not isinstance(event, (ServiceChanged, ServiceAnnounced))}
    assert others.keys() == {JurisdictionChanged, DistrictChanged, OrganisationChanged}
    assert (others[DistrictChanged].population, others[OrganisationChanged].helix) == (7, "government")
    assert others[JurisdictionChanged].time_zone == "Europe/Lisbon"
    kept = (await clerk.get(f"/v1/districts/{city}.old")).json()
    assert kept["changed_at"] == others[DistrictChanged].changed_at.isoformat().replace("+00:00", "Z")


async def test_an_entity_that_kafka_would_refuse_is_refused_before_it_is_kept(
    clerk: httpx.AsyncClient, city: str, published: AIOKafkaConsumer
) -> None:
    prose = "路" * 4_000
    for name, languages in (("fits", 23), ("bursts", 30)):
        translations = {f"zh-x-{number:02}": {"description": prose} for number in range(languages)}
        case = {"id": f"{city}.{name}", "name": name, "done": "x", "lessons": [prose] * 50}
        case["translations"] = translations
        document = {"jurisdiction_id": city, "language": "zh", "cases": [case]}
        answer = await clerk.post("/v1/import/catalogue", content=json.dumps(document, ensure_ascii=False))
        assert answer.status_code == (200 if name == "fits" else 422)
    assert "bytes" in answer.json()["detail"]
    assert (await clerk.get(f"/v1/cases/{city}.bursts")).status_code == 404

    async for message in published:
        if message.key.decode() == f"{city}.fits":
            event = decode(dict(message.headers)["ce_type"].decode(), message.value)
            assert event.lessons == (prose,) * 50
            break


async def test_the_worker_says_how_it_does(worker: str) -> None:
    async with httpx.AsyncClient(base_url=worker) as operator:
        while True:
            try:
                answer = await operator.get("/health/ready")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
        assert answer.json() == {"status": "ready"}
        assert "outbox_unpublished_events" in (await operator.get("/metrics")).text
