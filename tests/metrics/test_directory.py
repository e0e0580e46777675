"""The read copy of the catalogue: what it keeps, which scores a change renews, how it is filled after an upgrade."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from alembic import command
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.kafka import EmbeddedKafka
from services.metrics.consumes import CatalogueHandler
from shared import migrate
from shared.contracts import catalog
from shared.contracts.base import Contract
from shared.contracts.catalog import (
    CapacityReportChanged,
    ObjectiveChanged,
    OrganisationChanged,
    PartnershipChanged,
    RegionChanged,
    ServiceChanged,
)
from shared.contracts.catalog.actors import Partner, Term
from shared.contracts.catalog.capacity import Skill
from shared.contracts.catalog.common import ClosedPeriod, Money
from shared.contracts.catalog.direction import Figure, Indicator
from shared.contracts.catalog.services import LocalTarget
from shared.database import connection, engine
from shared.inbox.consumer import Consumer
from shared.topics import STATE, dead_letters, ensure_topics
from tests.messages import Source, publish
from tests.metrics.conftest import Metrics
from tests.metrics.town import NOW, jurisdiction, service

AT = datetime(2026, 3, 1, tzinfo=UTC)
SOURCE = "/civicloop/catalog"


def told(id: str, version: int = 1) -> dict[str, Any]:
    return {"id": id, "name": id, "jurisdiction_id": "town", "version": version, "changed_at": AT}


def organisation(id: str, version: int = 1, helix: str = "industry") -> OrganisationChanged:
    return OrganisationChanged(**told(id, version), helix=helix, parent_id="town.hall")


def objective(*services: str, version: int = 1) -> ObjectiveChanged:
    return ObjectiveChanged(
        **told("town.faster", version),
        indicator=Indicator(source="reported", code="days"),
        baseline=Figure(value=Decimal("12.5"), on=date(2026, 1, 1)),
        target=Figure(value=Decimal(7), on=date(2026, 12, 31)),
        reported=(Figure(value=Decimal(11), on=date(2026, 2, 1)),),
        service_ids=services,
        made_up=("target",),
    )


def partnership(*services: str, version: int = 1) -> PartnershipChanged:
    partners = (Partner(organisation_id="town.works", cost_share=Decimal("62.5")), Partner(organisation_id="town.acme"))
    return PartnershipChanged(
        **told("town.together", version),
        kind="consortium",
        partners=partners,
        service_ids=services,
        terms=(Term(starts_on=date(2026, 1, 1)),),
    )


def report(service_id: str | None, version: int = 1) -> CapacityReportChanged:
    return CapacityReportChanged(
        **told("town.report", version),
        organisation_id="town.works",
        service_id=service_id,
        period=ClosedPeriod(starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31)),
        staff=Decimal("12.5"),
        skills=(Skill(skill="asphalt", available=Decimal(3), needed=Decimal(4)),),
        budget_spent=Money(amount=1_000_00, currency="EUR"),
        cases_handled=10,
    )


async def rows(database: AsyncEngine, query: str) -> list[dict[str, Any]]:
    async with connection(database) as reader:
        return [dict(row) for row in await reader.fetch(query)]


async def touched(metrics: Metrics) -> dict[str, int]:
    found = await rows(metrics.database, "SELECT service_id, touched FROM service_activity")
    return {row["service_id"].removeprefix("town."): row["touched"] for row in found}


async def test_what_scores_need_of_the_catalogue_is_kept_as_it_was_told(metrics: Metrics) -> None:
    lamps = msgspec.structs.replace(
        service("lamps"),
        owner_id="town.head",
        collaborator_ids=("town.acme",),
        technology_ids=("technology.app",),
        targets=(LocalTarget(priority="high", resolution_target=60),),
    )
    region = RegionChanged(id="coast", name="Coast", version=1, changed_at=AT, jurisdiction_ids=("town",))
    await metrics.receive(
        jurisdiction(), lamps, region, organisation("town.acme"), partnership("town.lamps"), objective("town.lamps"),
        report("town.lamps"),
    )  # fmt: skip
    [kept] = await rows(metrics.database, "SELECT owner_id, collaborator_ids, technology_ids, targets FROM service")
    assert kept == {
        "owner_id": "town.head", "collaborator_ids": ["town.acme"], "technology_ids": ["technology.app"],
        "targets": [{"priority": "high", "resolution_target": 60}],
    }  # fmt: skip
    assert await rows(metrics.database, "SELECT id, jurisdiction_ids, parent_id FROM region") == [
        {"id": "coast", "jurisdiction_ids": ["town"], "parent_id": None}
    ]
    assert await rows(metrics.database, "SELECT id, helix, parent_id FROM organisation") == [
        {"id": "town.acme", "helix": "industry", "parent_id": "town.hall"}
    ]
    assert await rows(metrics.database, "SELECT kind, partners, service_ids, terms FROM partnership") == [
        {
            "kind": "consortium",
            "partners": [{"organisation_id": "town.works", "cost_share": "62.5"}, {"organisation_id": "town.acme"}],
            "service_ids": ["town.lamps"],
            "terms": [{"starts_on": "2026-01-01"}],
        }
    ]
    assert await rows(metrics.database, "SELECT indicator, baseline, target, reported, made_up FROM objective") == [
        {
            "indicator": {"source": "reported", "code": "days"},
            "baseline": {"value": "12.5", "on": "2026-01-01"},
            "target": {"value": "7", "on": "2026-12-31"},
            "reported": [{"value": "11", "on": "2026-02-01"}],
            "made_up": ["target"],
        }
    ]
    [kept] = await rows(metrics.database, "SELECT staff, vacancies, skills, budget_spent, period FROM capacity_report")
    assert kept == {
        "staff": Decimal("12.5"),
        "vacancies": None,
        "skills": [{"skill": "asphalt", "available": "3", "needed": "4"}],
        "budget_spent": {"amount": 100_000, "currency": "EUR"},
        "period": {"starts_on": "2025-01-01", "ends_on": "2025-12-31"},
    }


async def test_an_older_state_changes_nothing(metrics: Metrics) -> None:
    await metrics.receive(organisation("town.acme", 2, "academia"))
    await metrics.receive(organisation("town.acme", 1, "industry"))
    assert await rows(metrics.database, "SELECT version, helix FROM organisation") == [
        {"version": 2, "helix": "academia"}
    ]


@pytest.mark.parametrize("state", [objective, partnership, report])
async def test_a_change_renews_the_scores_of_the_services_named_now_and_before(
    metrics: Metrics, state: Callable[..., Contract]
) -> None:
    await metrics.receive(jurisdiction(), *(service(name) for name in ("lamps", "parks", "trees")))
    before = await touched(metrics)
    await metrics.receive(state("town.lamps"))
    assert await touched(metrics) == before | {"lamps": before["lamps"] + 1}
    await metrics.receive(state("town.parks", version=2))
    assert await touched(metrics) == before | {"lamps": before["lamps"] + 2, "parks": before["parks"] + 1}


async def test_an_organisation_renews_the_scores_of_what_it_stands_behind(metrics: Metrics) -> None:
    own = msgspec.structs.replace(service("lamps"), organisation_id="town.acme")
    helped = msgspec.structs.replace(service("parks"), collaborator_ids=("town.acme", "town.works"))
    await metrics.receive(jurisdiction(), own, helped, service("trees"))
    before = await touched(metrics)
    await metrics.receive(organisation("town.acme"))
    assert await touched(metrics) == before | {"lamps": before["lamps"] + 1, "parks": before["parks"] + 1}


async def test_a_copy_that_was_made_before_an_upgrade_is_filled_after_it(
    fresh_database: Callable[[str], str], kafka: EmbeddedKafka
) -> None:
    """The consumer had taken all of the topic, and kept of it what metrics needed then."""
    url = fresh_database("metrics_old")
    await asyncio.to_thread(command.upgrade, migrate._config("metrics", url), "0002")
    topic, source = "town.catalogue-upgraded", Source(SOURCE)
    helped = msgspec.structs.replace(service("lamps"), collaborator_ids=("town.acme",))
    states: list[ServiceChanged | ObjectiveChanged] = [helped, objective("town.lamps")]
    messages = [source.message(state.id, state) for state in states]
    database = engine(url)
    async with connection(database) as former:
        await former.execute(
            "INSERT INTO service (id, jurisdiction_id, name, status, version, changed_at, description) "
            "VALUES ('town.lamps', 'town', 'Lamps', 'active', 1, $1, '')",
            NOW,
        )
        await former.execute("INSERT INTO service_activity (service_id, jurisdiction_id) VALUES ('town.lamps', 'town')")
        for name in (catalog.TOPIC, "civicloop.feedback.v1"):
            await former.execute("INSERT INTO consumer_offset VALUES ($1, 0, 70)", name)
        for owner in (SOURCE, "/civicloop/feedback"):
            for part in range(12):
                await former.execute("INSERT INTO source_position VALUES ($1, $2, 70)", owner, part)

    await asyncio.to_thread(migrate.upgrade, "metrics", url)

    offsets = await rows(database, "SELECT topic, next_offset FROM consumer_offset")
    assert offsets == [{"topic": "civicloop.feedback.v1", "next_offset": 70}]
    assert await rows(database, "SELECT touched > scored AS due FROM service_activity") == [{"due": True}]
    await ensure_topics(kafka.bootstrap, {topic: STATE, dead_letters(topic): STATE})
    await publish(kafka.bootstrap, topic, messages)
    async with _consuming(database, kafka.bootstrap, topic):
        while not await rows(database, "SELECT FROM objective"):
            await asyncio.sleep(0.02)
        while await rows(database, "SELECT FROM service WHERE version = 0"):
            await asyncio.sleep(0.02)
    [kept] = await rows(database, "SELECT version, collaborator_ids FROM service")
    assert kept == {"version": 1, "collaborator_ids": ["town.acme"]}
    await database.dispose()


@asynccontextmanager
async def _consuming(database: AsyncEngine, bootstrap: str, topic: str) -> AsyncIterator[None]:
    consumer = Consumer(
        database, CatalogueHandler(), bootstrap=bootstrap, topic=topic, source=SOURCE, group=topic, gaps=True
    )
    running = asyncio.create_task(consumer.run())
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
