"""A service's life: legal steps only, each with a reason, now or at a time that lies ahead."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from fastapi import FastAPI

from deploy.local.kafka import EmbeddedKafka
from deploy.local.ports import free_block
from services.catalog.clock import JOBS
from shared import topics
from shared.contracts.catalog import ServiceAnnounced
from shared.contracts.registry import decode
from shared.database import connection
from shared.outbox.append import part_of
from shared.settings import PARTITIONS


async def service(clerk: httpx.AsyncClient, city: str, status: str = "draft") -> str:
    said = {"jurisdiction_id": city, "name": "Lamps", "status": status}
    made = await clerk.post("/v1/services", json=said)
    assert made.status_code == 201, made.text
    return f"/v1/services/{made.json()['id']}"


async def move(clerk: httpx.AsyncClient, address: str, status: str, at: datetime | None = None) -> httpx.Response:
    said = {"status": status, "reason": f"to {status}"} | ({} if at is None else {"effective_at": at.isoformat()})
    return await clerk.post(f"{address}/lifecycle", json=said)


async def pass_time(app: FastAPI, service_id: str) -> None:
    """As if the time of all that is planned for a service had come while no process ran."""
    async with connection(app.state.engine) as database:
        await database.execute(
            "UPDATE planned_transition SET effective_at = effective_at - interval '10 days' WHERE service_id = $1",
            service_id,
        )


async def let_work(app: FastAPI) -> None:
    for job in JOBS:
        await job(app.state.engine)


async def test_a_service_goes_from_draft_to_its_end_with_reasons(clerk: httpx.AsyncClient, city: str) -> None:
    address = await service(clerk, city)
    for status in ("pilot", "active", "suspended", "active", "retired"):
        assert (await move(clerk, address, status)).status_code == 201
    life = (await clerk.get(f"{address}/lifecycle")).json()
    assert (life["status"], life["following"]) == ("retired", [])
    told = [(step["before"], step["status"], step["reason"], step["by"]) for step in life["history"]]
    assert told[0] == ("active", "retired", "to retired", "clerk")
    assert [step[1] for step in told] == ["retired", "active", "suspended", "active", "pilot", "draft"]
    assert (await clerk.get(address)).json()["status"] == "retired"


@pytest.mark.parametrize(
    ("before", "after"), [("retired", "active"), ("active", "draft"), ("active", "pilot"), ("draft", "suspended")]
)
async def test_steps_that_life_does_not_have_are_refused(
    clerk: httpx.AsyncClient, city: str, before: str, after: str
) -> None:
    address = await service(clerk, city, before)
    by_life = await move(clerk, address, after)
    by_edit = await clerk.patch(address, json={"status": after, "reason": "because"})
    for refused in (by_life, by_edit):
        assert refused.status_code == 422
        assert refused.json()["type"].endswith(":illegal-transition"), refused.text
    assert (await clerk.get(address)).json()["version"] == 1


async def test_a_step_without_a_reason_is_refused(clerk: httpx.AsyncClient, city: str) -> None:
    address = await service(clerk, city)
    assert (await clerk.post(f"{address}/lifecycle", json={"status": "active", "reason": " "})).status_code == 422
    edited = await clerk.patch(address, json={"status": "active"})
    assert edited.json()["type"].endswith(":no-reason")


async def test_what_is_planned_takes_effect_once_and_in_order_though_nothing_ran_then(
    app: FastAPI, clerk: httpx.AsyncClient, city: str
) -> None:
    address = await service(clerk, city)
    soon = datetime.now(UTC) + timedelta(days=1)
    assert (await move(clerk, address, "retired", soon + timedelta(days=2))).status_code == 201
    assert (await move(clerk, address, "active", soon)).status_code == 201
    assert (await move(clerk, address, "suspended", soon + timedelta(days=1))).status_code == 201
    await let_work(app)
    assert (await clerk.get(address)).json()["status"] == "draft"

    await pass_time(app, address.rsplit("/", 1)[1])
    await asyncio.gather(*(let_work(app) for _ in range(4)))
    life = (await clerk.get(f"{address}/lifecycle")).json()
    assert [step["status"] for step in life["history"]] == ["retired", "suspended", "active", "draft"]
    assert {each["state"] for each in life["transitions"]} == {"done"}
    assert (await clerk.get(address)).json()["version"] == 4


async def test_a_plan_that_would_break_the_order_of_life_is_refused(clerk: httpx.AsyncClient, city: str) -> None:
    address = await service(clerk, city, "active")
    later = datetime.now(UTC) + timedelta(days=9)
    assert (await move(clerk, address, "retired", later)).status_code == 201
    after_the_end = await move(clerk, address, "suspended", later + timedelta(days=1))
    assert after_the_end.json()["type"].endswith(":illegal-transition")
    past = await move(clerk, address, "suspended", datetime.now(UTC) - timedelta(seconds=1))
    assert past.json()["type"].endswith(":impossible-time")


async def test_a_plan_can_be_cancelled_while_it_is_one(app: FastAPI, clerk: httpx.AsyncClient, city: str) -> None:
    address = await service(clerk, city, "active")
    made = await move(clerk, address, "retired", datetime.now(UTC) + timedelta(days=1))
    assert (await clerk.delete(made.headers["location"])).status_code == 204
    await pass_time(app, address.rsplit("/", 1)[1])
    await let_work(app)
    assert (await clerk.get(address)).json()["status"] == "active"
    assert (await clerk.delete(made.headers["location"])).status_code == 404


async def test_a_plan_that_events_have_overtaken_is_refused_and_says_why(
    app: FastAPI, clerk: httpx.AsyncClient, city: str
) -> None:
    address = await service(clerk, city, "pilot")
    await move(clerk, address, "active", datetime.now(UTC) + timedelta(days=1))
    edited = await clerk.patch(address, json={"status": "retired", "reason": "no money"})
    assert edited.status_code == 200
    await pass_time(app, address.rsplit("/", 1)[1])
    await let_work(app)
    (planned,) = (await clerk.get(f"{address}/lifecycle")).json()["transitions"]
    assert planned["state"] == "refused"
    assert "retired" in planned["note"]


async def test_a_commitment_is_missed_when_its_day_has_passed(
    app: FastAPI, clerk: httpx.AsyncClient, city: str
) -> None:
    person = {"id": f"{city}.head", "jurisdiction_id": city, "name": "Head of Lamps"}
    assert (await clerk.post("/v1/people", json=person)).status_code == 201
    today = datetime.now(UTC).date()
    said: dict[str, Any] = {"jurisdiction_id": city, "person_id": f"{city}.head"}
    late = await clerk.post("/v1/commitments", json=said | {"name": "Mend", "due_on": str(today - timedelta(days=2))})
    due = await clerk.post("/v1/commitments", json=said | {"name": "Paint", "due_on": str(today + timedelta(days=2))})
    await let_work(app)
    await let_work(app)
    missed = (await clerk.get(f"/v1/commitments/{late.json()['id']}")).json()
    assert (missed["outcome"], missed["version"]) == ("missed", 2)
    assert (await clerk.get(f"/v1/commitments/{due.json()['id']}")).json()["outcome"] == "open"
    done = await clerk.patch(f"/v1/commitments/{late.json()['id']}", json={"outcome": "kept", "done_on": str(today)})
    assert done.status_code == 422  # done too late is missed


@pytest.fixture
def worker_environment(database: str, kafka: EmbeddedKafka) -> dict[str, str]:
    asyncio.run(topics.ensure_topics(kafka.bootstrap))
    return os.environ | {
        "CIVICLOOP_CATALOG_DATABASE_URL": database,
        "CIVICLOOP_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "CIVICLOOP_CATALOG_WORKER_PORT": str(free_block(1)),
        "CIVICLOOP_RELAY_LEASE_SECONDS": "1",
        "CIVICLOOP_LOG_LEVEL": "error",
    }


@pytest.fixture
def start(worker_environment: dict[str, str]) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts the catalogue's worker, with a failpoint at which it kills itself."""
    running: list[subprocess.Popen[bytes]] = []

    def started(failpoint: str = "") -> subprocess.Popen[bytes]:
        environment = worker_environment | {"CIVICLOOP_FAILPOINTS": failpoint}
        running.append(subprocess.Popen([sys.executable, "-m", "services.catalog.worker"], env=environment))
        return running[-1]

    yield started
    for process in running:
        process.terminate()
        process.wait()


@pytest.mark.parametrize("failpoint", ["lifecycle.before_commit", "lifecycle.after_commit"])
async def test_a_worker_that_dies_announces_nothing_twice_and_loses_nothing(
    app: FastAPI, clerk: httpx.AsyncClient, city: str, kafka: EmbeddedKafka,
    start: Callable[[str], subprocess.Popen[bytes]], failpoint: str,
) -> None:  # fmt: skip
    address = await service(clerk, city, "active")
    service_id = address.rsplit("/", 1)[1]
    await move(clerk, address, "suspended", datetime.now(UTC) + timedelta(days=1))
    await pass_time(app, service_id)
    dying = start(f"{failpoint}=1")
    assert await asyncio.to_thread(dying.wait) == -signal.SIGKILL
    start("")
    key = f"{service_id}@2"
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(topics.CATALOG, part) for part in range(PARTITIONS)])
    try:
        async for message in consumer:
            if message.key.decode() == key:
                break
        announced = decode("catalog.service.announced.v1", message.value)
        assert isinstance(announced, ServiceAnnounced)
        assert (announced.before, announced.after, announced.version) == ("active", "suspended", 2)
        assert message.partition == part_of(key)
    finally:
        await consumer.stop()
    async with connection(app.state.engine) as database:
        told = await database.fetchval("SELECT count(*) FROM outbox WHERE aggregateid = $1", key)
        states = await database.fetchval("SELECT count(*) FROM outbox WHERE aggregateid = $1", service_id)
    assert (told, states) == (1, 2)
