"""Citizens who rate and report without pause while parts die; what was answered with 201 is acknowledged for good."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.loop.town import DISTRICTS, SERVICES

PAUSE_SECONDS = 0.02


class Citizens:
    """Gives input over HTTP; `acknowledged` holds the ids that feedback answered with."""

    def __init__(self, address: str, seed: int) -> None:
        self._chance = random.Random(seed)
        self._client = httpx.AsyncClient(base_url=address)
        self._tokens: list[str] = []
        self.acknowledged: dict[str, list[str]] = {"rating": [], "request": []}

    async def live(self) -> None:
        """Until cancelled: a few inputs at a time, some by people who gave input before."""
        while True:
            await asyncio.gather(*(self._give() for _ in range(self._chance.randrange(1, 6))))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _give(self) -> None:
        place = {"service_id": self._pick(SERVICES), "district_id": self._pick(DISTRICTS)}
        known = self._tokens and self._chance.random() < 0.3
        headers = {"Receipt-Token": self._chance.choice(self._tokens)} if known else {}
        if self._chance.random() < 0.7:
            await self._post("rating", place | {"value": self._chance.randint(1, 5)}, headers)
        else:
            await self._post("request", place | {"description": "A lamp is out"}, headers)

    async def _post(self, kind: str, body: dict[str, Any], headers: dict[str, str]) -> None:
        answer = await self._client.post(f"/v1/{kind}s", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        self.acknowledged[kind].append(answer.json()["id"])
        self._tokens.append(answer.json()["receipt_token"])

    def _pick(self, names: dict[str, Any]) -> str:
        return self._chance.choice(list(names))


@asynccontextmanager
async def citizens(address: str, seed: int) -> AsyncIterator[Citizens]:
    """Citizens who give input for as long as the block runs; what they met is raised at its end."""
    people = Citizens(address, seed)
    living = asyncio.create_task(people.live())
    try:
        yield people
    finally:
        living.cancel()
        (outcome,) = await asyncio.gather(living, return_exceptions=True)
    if not isinstance(outcome, asyncio.CancelledError):
        raise AssertionError("citizens were refused") from outcome
