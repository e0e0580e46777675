"""Metrics on a real database and a real port; events are applied as the worker applies them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.alerts.watcher import Watcher
from services.metrics.app import create_app
from services.metrics.buckets import store as buckets
from services.metrics.buckets.observations import observe
from services.metrics.directory import store as directory
from services.metrics.scores.scorer import Scorer
from services.metrics.settings import MetricsSettings
from shared.contracts.base import Contract
from shared.contracts.feedback import FeedbackEvent
from shared.database import engine, transaction
from tests.databases import Databases


class Metrics:
    """What a test does with metrics: let events arrive, have services scored, and ask."""

    def __init__(self, database: AsyncEngine, http: httpx.AsyncClient) -> None:
        self.database = database
        self.http = http
        self.scorer = Scorer(database, quiet_seconds=3_600)
        self.watcher = Watcher(database, pause_seconds=0)

    async def receive(self, *events: Contract) -> None:
        """Takes events of the catalogue and of feedback, as one batch each."""
        async with transaction(self.database) as connection:
            await directory.store(connection, [event for event in events if not isinstance(event, FeedbackEvent)])
            feedback = [event for event in events if isinstance(event, FeedbackEvent)]
            if feedback:
                await buckets.add(connection, observe(feedback))

    async def score_all(self) -> None:
        """Scores whatever is due, and waits for what was published a moment ago."""
        async with asyncio.timeout(60):
            while await self._due():
                if not await self.scorer.step():
                    await asyncio.sleep(0.05)

    async def watch_all(self) -> None:
        """Scores whatever is due, and looks for alerts."""
        await self.score_all()
        while await self.watcher.step():
            pass

    async def _due(self) -> bool:
        async with transaction(self.database) as connection:
            found: bool = await connection.fetchval(
                "SELECT EXISTS (SELECT FROM service_activity JOIN service ON id = service_id WHERE touched > scored)"
            )
            return found

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON of a successful answer."""
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def problem(self, path: str, **query: Any) -> tuple[int, str]:
        """Status and kind of a refusal."""
        answer = await self.http.get(path, params=query)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        return answer.status_code, answer.json()["type"].rsplit(":", 1)[-1]


@asynccontextmanager
async def serving(url: str, app: FastAPI | None = None) -> AsyncIterator[str]:
    """The HTTP process on a free port; gives its address."""
    settings = MetricsSettings(database_url=url, log_level="warning")
    config = uvicorn.Config(
        app or create_app(settings),
        port=0,
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await running


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    url = databases.migrated("metrics")
    yield url
    databases.drop(url)


@pytest.fixture
async def metrics(database_url: str) -> AsyncIterator[Metrics]:
    database = engine(database_url)
    async with serving(database_url) as address, httpx.AsyncClient(base_url=address, timeout=30) as http:
        yield Metrics(database, http)
    await database.dispose()
