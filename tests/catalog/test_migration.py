"""A catalogue of the first version comes into the present one with everything that it held."""

import asyncio
from collections.abc import Callable

import asyncpg
import httpx
import pytest
from alembic import command
from alembic.config import Config

from services.catalog.app import create_app
from services.catalog.settings import CatalogSettings
from shared import migrate

BEFORE = """
INSERT INTO jurisdiction VALUES ('porto', 'Porto', 2, '2026-03-01T12:00:00Z', 'Europe/Lisbon', 231800);
INSERT INTO district VALUES ('porto.old', 'Old town', 1, '2026-03-01T12:00:00Z', 'porto', NULL);
INSERT INTO organisation VALUES ('porto.parks', 'Parks', 1, '2026-03-01T12:00:00Z', 'porto', 'government');
INSERT INTO service VALUES ('porto.lamps', 'Lamps', 3, '2026-03-02T12:00:00.5Z', 'porto', 'active', 'Broken "lamps"',
    'porto.parks', 'energy', 600, NULL, 'charter');
INSERT INTO entity_version VALUES ('porto.lamps', 3, 'service', '2026-03-02T12:00:00.5Z', 'clerk', 'why',
    '{"name": "Lamps"}')
"""


@pytest.fixture
def old(fresh_database: Callable[[str], str]) -> str:
    """A database as the first version left it, with a city in it."""
    url = fresh_database("catalog_old")
    config: Config = migrate._config("catalog", url)
    command.upgrade(config, "0001")
    return url


async def test_entities_move_with_all_that_was_said(old: str) -> None:
    connection = await asyncpg.connect(old)
    await connection.execute(BEFORE)
    await connection.close()

    await asyncio.to_thread(migrate.upgrade, "catalog", old)
    app = create_app(CatalogSettings(database_url=old))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://catalog") as anyone:
        lamps = (await anyone.get("/v1/services/porto.lamps")).json()
        assert (lamps["name"], lamps["description"], lamps["version"]) == ("Lamps", 'Broken "lamps"', 3)
        assert (lamps["organisation_id"], lamps["resolution_target"], lamps["first_answer_target"]) == (
            "porto.parks", 600, None,
        )  # fmt: skip
        schema = (await anyone.get("/openapi.json")).json()["components"]["schemas"]["Service"]["properties"]
        assert lamps.keys() == schema.keys()
        found = (await anyone.get("/v1/services", params={"q": "lamp", "status": "active"})).json()["items"]
        assert [item["id"] for item in found] == ["porto.lamps"]
        versions = (await anyone.get("/v1/services/porto.lamps/versions")).json()["items"]
        assert [(each["version"], each["reason"]) for each in versions] == [(3, "why")]
        for plural, id in (("jurisdictions", "porto"), ("districts", "porto.old"), ("organisations", "porto.parks")):
            assert (await anyone.get(f"/v1/{plural}/{id}")).status_code == 200
        out = await anyone.get("/v1/export/cpsv-ap", params={"jurisdiction_id": "porto"})
        assert "porto.parks" in out.text
        network = (await anyone.get("/v1/network", params={"jurisdiction_id": "porto"})).json()
        assert [(tie["source"], tie["target"]) for tie in network["ties"]] == [("porto.lamps", "porto.parks")]
    await app.state.engine.dispose()
