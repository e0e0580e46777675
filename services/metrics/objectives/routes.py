"""`/v1/objectives`: how far each has come, against plan. What they are is said in the catalogue."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Query, Request

from services.metrics.objectives import store
from services.metrics.objectives.domain import REPORTED, Absent, Actual
from services.metrics.objectives.progress import points_of, progress, series
from services.metrics.objectives.schemas import ObjectiveOut, ObjectivesOut, ProgressOut, objective_out, point_out
from services.metrics.objectives.store import Aim
from services.metrics.scorecards.asked import Named, chosen
from services.metrics.scores.asking import AsOf
from services.metrics.scores.assessment import history, known_by
from services.metrics.scores.days import Period, days_between, today
from services.metrics.scores.scorecard import Scorecard
from services.metrics.scores.store import Span, reading
from services.metrics.scores.weighing import Time
from services.metrics.subjects import store as subjects
from services.metrics.subjects.subject import Kind, Subject
from shared.paging import Cursor, decode_cursor, encode_cursor
from shared.problems import Problem
from shared.text import EntityId

router = APIRouter(prefix="/v1/objectives", tags=["objectives"])

MOST_POINTS = 400
UNPLANNED_DAYS = 365
"""How far points go back where there is no baseline."""
FARTHEST_DAYS = 3_660

Said = dict[int, Actual | Absent]
Few = Annotated[int, Query(ge=1, le=100, description="Most items of a page")]
ServiceOf = Annotated[EntityId | None, Query(description="Only objectives that name this service")]


@router.get("", summary="How far objectives have come, against plan")
async def objectives(
    request: Request,
    as_of: AsOf,
    jurisdiction_id: EntityId | None = None,
    service_id: ServiceOf = None,
    scorecard: Named = None,
    limit: Few = 100,
    cursor: Cursor = None,
) -> ObjectivesOut:
    after = "" if cursor is None else str(decode_cursor(cursor, 1)[0])
    async with reading(request.app.state.engine) as database:
        found = await store.page(database, jurisdiction_id, service_id, after.replace("\0", ""), limit + 1)
        items = [await _now(request, database, aim, as_of, scorecard) for aim in found[:limit]]
    more = encode_cursor(found[limit - 1].objective.id) if len(found) > limit else None
    return ObjectivesOut(items=items, next=more)


@router.get("/{id}/progress", summary="How far an objective has come, against plan, and by which way")
async def progress_of(
    request: Request,
    id: EntityId,
    as_of: AsOf,
    scorecard: Named = None,
    step: Annotated[
        Period, Query(description="How far apart the points are where scores tell of them; at most the last 400")
    ] = Period.MONTH,
) -> ProgressOut:
    async with reading(request.app.state.engine) as database:
        aim = await store.find(database, id)
        if aim is None:
            raise Problem(404, "unknown-objective", "There is no such objective here", id)
        card = await chosen(request, aim.jurisdiction_id, scorecard)
        said = await _say(database, aim, card, _days(aim, as_of, step))
    last = as_of.toordinal()
    points = [point_out(each) for each in series(aim.objective, said, last)]
    return ProgressOut(**_told(aim, as_of, card, said).model_dump(), points=points[-MOST_POINTS:])


async def _now(
    request: Request, database: asyncpg.Connection, aim: Aim, as_of: date, scorecard: str | None
) -> ObjectiveOut:
    card = await chosen(request, aim.jurisdiction_id, scorecard)
    return _told(aim, as_of, card, await _say(database, aim, card, [as_of]))


def _told(aim: Aim, as_of: date, card: Scorecard, said: Said) -> ObjectiveOut:
    day = as_of.toordinal()
    found = progress(aim.objective, said.get(day, Absent("its indicator has no evidence")), day)
    return objective_out(aim, as_of, None if aim.objective.source == REPORTED else card.label, found)


def _days(aim: Aim, as_of: date, step: Period) -> list[date]:
    """The days of the points, `as_of` last."""
    baseline = aim.objective.baseline
    first = as_of.toordinal() - UNPLANNED_DAYS if baseline is None else baseline.day
    first = min(max(first, as_of.toordinal() - FARTHEST_DAYS, 1), as_of.toordinal())
    return points_of(first, days_between(date.fromordinal(first), as_of, step), MOST_POINTS)


async def _say(database: asyncpg.Connection, aim: Aim, card: Scorecard, days: Sequence[date]) -> Said:
    """What the scores say of an objective on some days; nothing of what the city reports itself."""
    if aim.objective.source == REPORTED:
        return {}
    subject = await _subject_of(database, aim)
    if subject is None:
        return {day.toordinal(): Absent("nothing is known of the services that it names") for day in days}
    times = [Time(day) for day in days]
    evidence = await subjects.evidence_of(database, subject, Span.of(times, card.longest_half_life), today())
    assessments = await asyncio.to_thread(history, card, evidence, times)
    return {each.as_of.toordinal(): known_by(each).say(aim.objective) for each in assessments}


async def _subject_of(database: asyncpg.Connection, aim: Aim) -> Subject | None:
    """What an objective that is measured by the scores is about: the services that it names together, else those of its
    organisation, else its whole city."""
    if len(aim.service_ids) == 1:
        return await subjects.find_service(database, aim.service_ids[0])
    if aim.service_ids:
        services = sorted(aim.service_ids)
        return Subject(Kind.ORGANISATION, aim.objective.id, aim.name, [aim.jurisdiction_id], services)
    if aim.organisation_id is not None:
        return await subjects.find_organisation(database, aim.organisation_id, below=True)
    return await subjects.find_jurisdiction(database, aim.jurisdiction_id)
