"""Every process of the platform is killed in turn while citizens give input; they keep asking until they are answered.

They repeat themselves with the same Idempotency-Key, as clients should that cannot know whether they were heard. What
was acknowledged is stored once, nothing else is, and the checker finds all of it in the scores.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.support import StackUnderTest, wait_for

PROCESSES = (
    "catalog-api",
    "catalog-worker",
    "feedback-api",
    "feedback-worker",
    "metrics-api",
    "metrics-worker",
    "kafka",
    "postgres",
)
CITIZENS = 6
PATIENT = 30.0
INPUTS_BETWEEN_KILLS = 30
SERVICES = ("porto.lamps", "porto.roads")
DISTRICT = "porto.bonfim"


class Citizens:
    """Give ratings and requests, each with a key of its own, until it is acknowledged."""

    def __init__(self, address: str) -> None:
        self._client = httpx.AsyncClient(base_url=address)
        self._leaving = asyncio.Event()
        self.acknowledged: dict[str, list[str]] = {"rating": [], "request": []}
        self.disturbed = 0

    @property
    def given(self) -> int:
        return sum(map(len, self.acknowledged.values()))

    async def live(self, seed: int) -> None:
        """One citizen, until all are asked to leave: what was begun is then still ended."""
        chance = random.Random(seed)
        while not self._leaving.is_set():
            body = {"service_id": chance.choice(SERVICES), "district_id": chance.choice([DISTRICT, None])}
            if chance.random() < 0.5:
                await self._give("rating", body | {"value": chance.randint(1, 5)}, chance)
            else:
                await self._give("request", body | {"description": "A lamp is out"}, chance)
            await asyncio.sleep(0.05)

    async def _give(self, kind: str, body: dict[str, Any], chance: random.Random) -> None:
        """Some lose their connection before the answer, which may have been on its way."""
        headers = {"Idempotency-Key": str(uuid4())}
        patience = chance.uniform(0.002, 0.02) if chance.random() < 0.3 else PATIENT
        while not (answer := await self._answer(f"/v1/{kind}s", body, headers, patience)):
            patience = PATIENT
            await asyncio.sleep(0.1)
        assert answer.status_code == 201, answer.text
        self.acknowledged[kind].append(answer.json()["id"])

    async def _answer(
        self, path: str, body: dict[str, Any], headers: dict[str, str], patience: float
    ) -> httpx.Response | None:
        """What was answered, or None where that has to be asked again."""
        try:
            answer = await self._client.post(path, json=body, headers=headers, timeout=patience)
        except httpx.TimeoutException:
            return None
        except httpx.TransportError:
            self.disturbed += 1
            return None
        if answer.status_code < 500:
            return answer
        self.disturbed += 1
        return None

    async def until_given(self, more: int) -> None:
        """Until so many inputs have been acknowledged from now on."""
        enough = self.given + more
        while self.given < enough:
            await asyncio.sleep(0.05)

    def leave(self) -> None:
        """Asks all to leave."""
        self._leaving.set()


@asynccontextmanager
async def citizens(stack: StackUnderTest) -> AsyncIterator[Citizens]:
    """Citizens who live for as long as the block runs; what they met is raised at its end."""
    people = Citizens(stack.address("feedback"))
    async with asyncio.TaskGroup() as living:
        for seed in range(CITIZENS):
            living.create_task(people.live(seed))
        yield people
        people.leave()


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """A stack of one's own, for nothing of it is spared, with a town of two services."""
    stack = StackUnderTest(tmp_path_factory.mktemp("killed"))
    stack.up()
    try:
        found_town(stack)
        yield stack
    finally:
        stack.down()


def found_town(stack: StackUnderTest) -> None:
    local = {"jurisdiction_id": "porto"}
    targets = {"status": "active", "resolution_target": 86_400, "first_answer_target": 3_600}
    town = {
        "jurisdictions": [{"id": "porto", "name": "Porto", "time_zone": "Europe/Lisbon", "population": 231_800}],
        "districts": [{"id": DISTRICT, "name": "Bonfim", "population": 24_000} | local],
        "services": [{"id": name, "name": name} | local | targets for name in SERVICES],
    }
    with httpx.Client(base_url=stack.address("catalog"), headers={"Authorization": f"Bearer {stack.key()}"}) as clerk:
        for kind, entities in town.items():
            for entity in entities:
                assert clerk.post(f"/v1/{kind}", json=entity).status_code == 201
    known = "SELECT (SELECT count(*) FROM service) = 2 AND (SELECT count(*) FROM district) = 1"
    wait_for(lambda: bool(asyncio.run(asked(stack, known))[0][0]), "feedback knows the town")


async def asked(stack: StackUnderTest, query: str) -> list[asyncpg.Record]:
    """What feedback's database says."""
    connection = await asyncpg.connect(stack.settings()["CIVICLOOP_FEEDBACK_DATABASE_URL"])
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def kill(stack: StackUnderTest, name: str) -> None:
    """Kills a process as nothing can prevent, and waits until the launcher has brought all back."""
    before = stack.processes()[name]
    stack.kill(name)
    await asyncio.to_thread(
        wait_for, lambda: stack.processes()[name]["restarts"] > before["restarts"], f"{name} is started again"
    )
    await asyncio.to_thread(stack.wait_ready)
    assert stack.processes()[name]["pid"] != before["pid"]


async def stored(stack: StackUnderTest, kind: str) -> list[str]:
    return [str(row[0]) for row in await asked(stack, f"SELECT id FROM {kind}")]


async def test_whatever_is_killed_what_was_acknowledged_counts_once(killed: StackUnderTest) -> None:
    async with citizens(killed) as people:
        for name in PROCESSES:
            await people.until_given(INPUTS_BETWEEN_KILLS)
            await kill(killed, name)
        await people.until_given(INPUTS_BETWEEN_KILLS)
    assert people.disturbed, "no citizen noticed anything: the kills proved nothing"
    for kind, acknowledged in people.acknowledged.items():
        assert sorted(await stored(killed, kind)) == sorted(acknowledged)
    checked = await asyncio.to_thread(killed.command, "check", "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(checked.stdout)["events"] == people.given
