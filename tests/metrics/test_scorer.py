"""The scorer publishes what changed, once, and never an older score after a newer."""

import asyncio
from typing import Any

import msgspec

from services.metrics.scores.days import today
from services.metrics.scores.scorer import Scorer
from shared.contracts.metrics import ScoreChanged
from shared.database import connection
from tests.metrics.conftest import Metrics
from tests.metrics.town import jurisdiction, rating, service


async def published(metrics: Metrics) -> list[ScoreChanged]:
    """What the outbox says, in the order of each part."""
    async with connection(metrics.database) as database:
        rows = await database.fetch("SELECT payload, type, aggregateid FROM outbox ORDER BY part, seq")
    assert {row["type"] for row in rows} <= {"metrics.score.changed.v1"}
    scores = [msgspec.json.decode(row["payload"], type=ScoreChanged) for row in rows]
    assert [score.service_id for score in scores] == [row["aggregateid"] for row in rows]
    return scores


async def execute(metrics: Metrics, statement: str, *values: Any) -> None:
    async with connection(metrics.database) as database:
        await database.execute(statement, *values)


async def test_a_touched_service_is_published_as_its_score_says(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), rating(5))
    await metrics.score_all()
    [found] = await published(metrics)
    assert msgspec.to_builtins(found) == await metrics.get("/v1/services/town.potholes/score")
    async with connection(metrics.database) as database:
        body = await database.fetchval("SELECT body FROM score WHERE service_id = 'town.potholes'")
    assert msgspec.json.decode(body, type=ScoreChanged) == found


async def test_what_has_not_changed_is_not_published_again(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service())
    await metrics.score_all()
    await metrics.receive(service(version=2))
    await metrics.score_all()
    assert len(await published(metrics)) == 1


async def test_a_change_of_the_catalogue_is_published(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(population=None), service(), rating(5))
    await metrics.score_all()
    await metrics.receive(jurisdiction(population=100, version=2))
    await metrics.score_all()
    before, after = await published(metrics)
    assert (before.dimensions["legitimacy"].score, after.dimensions["legitimacy"].score) == (None, 100.0)


async def test_a_service_is_scored_at_most_once_a_second(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), rating(5))
    assert await metrics.scorer.step() == 1
    await metrics.receive(rating(4))
    assert await metrics.scorer.step() == 0
    await execute(metrics, "UPDATE service_activity SET scored_at = scored_at - interval '1 second'")
    assert await metrics.scorer.step() == 1
    assert [score.events for score in await published(metrics)] == [1, 2]


async def test_input_for_an_unknown_service_is_scored_once_the_service_arrives(metrics: Metrics) -> None:
    await metrics.receive(rating(5))
    assert await metrics.scorer.step() == 0
    await metrics.receive(jurisdiction(), service())
    await metrics.score_all()
    [found] = await published(metrics)
    assert found.events == 1


async def test_on_a_new_day_every_service_is_scored(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service("potholes"), service("parks"), rating(5))
    await metrics.score_all()
    yesterday = """
        UPDATE score SET as_of = '2020-01-01', body = jsonb_set(body::jsonb, '{as_of}', '"2020-01-01"')::text,
               published_at = '2020-01-01'
    """
    await execute(metrics, yesterday)
    await execute(metrics, "UPDATE service_activity SET scored_at = '2020-01-01'")
    assert await metrics.scorer.step() == 0
    assert await Scorer(metrics.database).step() == 2
    assert len(await published(metrics)) == 4


async def test_an_older_look_never_overwrites_a_newer_score(metrics: Metrics) -> None:
    slow, quick = Scorer(metrics.database), Scorer(metrics.database)
    await metrics.receive(jurisdiction(), service(), rating(5))
    day = today()
    seen = await slow._look(day)
    await metrics.receive(rating(1))
    assert await quick.step() == 1
    await slow._publish(seen.touched, slow._assess(seen, day))
    assert [score.events for score in await published(metrics)] == [2]


async def test_several_scorers_together_publish_each_state_once(metrics: Metrics) -> None:
    names = [f"service-{n}" for n in range(40)]
    await metrics.receive(
        jurisdiction(), *map(service, names), *[rating(n % 5 + 1, name) for n, name in enumerate(names)]
    )
    scorers = [Scorer(metrics.database) for _ in range(3)]
    while any(await asyncio.gather(*(each.step() for each in scorers))):
        pass
    assert sorted(score.service_id for score in await published(metrics)) == sorted(f"town.{name}" for name in names)


async def test_what_a_rating_changes_for_the_others_is_published_once_the_jurisdiction_is_quiet(
    metrics: Metrics,
) -> None:
    """Few observations are shrunk towards the jurisdiction's mean, and that moves with every rating of any service."""
    await metrics.receive(jurisdiction(), service("lamps"), service("trees"), rating(5, "lamps"), rating(5, "trees"))
    await metrics.score_all()
    await metrics.receive(rating(1, "trees"))
    await metrics.score_all()
    quiet = Scorer(metrics.database, quiet_seconds=0)
    while await quiet.step():
        pass
    newest = {score.service_id: score for score in await published(metrics)}
    for name in ("town.lamps", "town.trees"):
        current = await metrics.get(f"/v1/services/{name}/score")
        assert newest[name].dimensions["effectiveness"].score == current["dimensions"]["effectiveness"]["score"]
