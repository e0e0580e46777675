"""The platform with Boston in it: the catalogue as it is shipped, and requests under their own dates."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from deploy.cities.city import MAPPINGS, read_city
from deploy.cities.load import apply_catalogue
from services.catalog.app import create_app as catalog_app
from services.catalog.settings import CatalogSettings
from services.feedback.app import create_app as feedback_app
from services.feedback.settings import FeedbackSettings
from shared.auth import ensure_key, new_key
from tests.feedback.imports.files import EXTRACT, SHARED, YEARS
from tests.loop.loop import Loop, on_own_broker
from tests.metrics.conftest import serving

FOLDER = EXTRACT.parent


def files() -> list[Path]:
    """The city's six files where they lie beside this repository, else the extract that is part of it."""
    whole = [SHARED / f"requests-{year}.csv.gz" for year in YEARS]
    return whole if all(file.exists() for file in whole) else [EXTRACT]


@pytest.fixture(scope="session")
def boston(tmp_path_factory: pytest.TempPathFactory, fresh_database: Callable[[str], str]) -> Iterator[Loop]:
    with on_own_broker(tmp_path_factory.mktemp("truth"), fresh_database) as loop:
        asyncio.run(_load(loop, files()))
        yield loop


async def _load(loop: Loop, exports: Sequence[Path]) -> None:
    async with _staff(loop, "catalog", catalog_app(CatalogSettings(database_url=loop.urls["catalog"]))) as catalog:
        await apply_catalogue(catalog, read_city(FOLDER).files(FOLDER), lambda *_: None)
    await loop.settle()
    settings = FeedbackSettings(database_url=loop.urls["feedback"], secret="00" * 32)
    async with _staff(loop, "feedback", feedback_app(settings)) as feedback:
        mapping = (MAPPINGS / "boston-311.yaml").read_bytes()
        (await feedback.put("/v1/mappings/boston-311", content=mapping)).raise_for_status()
        for export in exports:
            answer = await feedback.post(
                "/v1/imports",
                params={"mapping": "boston-311"},
                headers={"Content-Encoding": "gzip"},
                content=export.read_bytes(),
            )
            assert answer.status_code == 200, answer.text
            assert answer.json()["refused"] == 0, answer.text
    await loop.settle()


@asynccontextmanager
async def _staff(loop: Loop, service: str, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a key for everything, at an application in this process."""
    key = new_key()
    connection = await asyncpg.connect(loop.urls[service])
    await ensure_key(connection, key, "truth", ["*"])
    await connection.close()
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://city", headers=headers, timeout=None) as client:
        yield client
    await app.state.engine.dispose()


@pytest.fixture
async def metrics(boston: Loop) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(boston.urls["metrics"]) as address, httpx.AsyncClient(base_url=address, timeout=60) as client:
        yield client
