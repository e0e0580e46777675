"""The worker that erases is killed at every point of it, while others give input: all is erased, and told once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.faults.citizens import citizens
from tests.faults.processes import Processes
from tests.loop.loop import Loop
from tests.loop.town import SERVICES

POINTS = ("erasing.before_commit", "erasing.after_commit", "erasing.before_done")
REQUESTS, RATINGS = 700, 40
"""More than one transaction erases."""


async def settle_in(client: httpx.AsyncClient) -> str:
    """Somebody who gave much; returns their token."""
    service = next(iter(SERVICES))
    first = (await client.post("/v1/requests", json={"service_id": service, "description": "Mine"})).json()
    headers = {"Receipt-Token": first["receipt_token"]}

    async def give(number: int) -> None:
        rated = number < RATINGS
        body: dict[str, Any] = {"service_id": service} | ({"value": 3} if rated else {"description": "Mine"})
        route = "/v1/ratings" if rated else "/v1/requests"
        assert (await client.post(route, json=body, headers=headers)).status_code == 201

    for start in range(0, REQUESTS + RATINGS, 100):
        await asyncio.gather(*(give(number) for number in range(start, min(start + 100, REQUESTS + RATINGS))))
    return str(first["receipt_token"])


@asynccontextmanager
async def asked(processes: Processes) -> AsyncIterator[str]:
    """The address at which the erasure of somebody who gave much tells how far it is."""
    async with httpx.AsyncClient(base_url=processes.address("feedback-api"), timeout=60) as client:
        token = await settle_in(client)
        begun = await client.delete("/v1/me", headers={"Receipt-Token": token})
        assert begun.status_code == 202
        yield processes.address("feedback-api") + begun.headers["Location"]


@pytest.mark.parametrize("point", POINTS)
async def test_an_erasure_goes_on_wherever_it_was_ended(loop: Loop, processes: Processes, point: str) -> None:
    processes.start("metrics-worker")
    async with citizens(processes.address("feedback-api"), seed=7) as people, asked(processes) as progress:
        passes = 1 if point == "erasing.before_done" else 2
        processes.start("feedback-worker", failpoint=f"{point}={passes}")
        await processes.dies("feedback-worker")
        processes.start("feedback-worker")
        async with httpx.AsyncClient() as client:
            while (told := (await client.get(progress)).json())["state"] != "done":
                await asyncio.sleep(0.05)
    assert told["inputs"] == REQUESTS + RATINGS + 1
    report = await processes.examine()
    assert report.passed, "\n".join(report.lines())
    async with loop.database("feedback") as database:
        assert await database.fetchval("SELECT count(*) FROM request WHERE description = 'Mine'") == 0
        for kind, given in people.acknowledged.items():
            stored = await database.fetchval(f"SELECT count(*) FROM {kind} WHERE id = ANY ($1::uuid[])", given)
            assert stored == len(given), "what others gave meanwhile stays"
