"""`/v1/what-if`: a score by a scorecard that nobody saved."""

import asyncio

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.scorecards.asked import chosen
from services.metrics.scorecards.bodies import invalid
from services.metrics.scorecards.document import Unreadable
from services.metrics.scorecards.findings import Finding
from services.metrics.scorecards.trials import Trials
from services.metrics.scores.assessment import Assessment, assess_all
from services.metrics.scores.days import past_day, today
from services.metrics.scores.evidence import Evidence
from services.metrics.scores.rankings import rank
from services.metrics.scores.scorecard import Scorecard
from services.metrics.scores.store import Span, reading
from services.metrics.scores.weighing import Time
from services.metrics.subjects.store import evidence_of
from services.metrics.subjects.subject import Kind, Subject
from services.metrics.what_if.asked import find, when
from services.metrics.what_if.changes import Changes, apply
from services.metrics.what_if.comparison import moves
from services.metrics.what_if.schemas import MoveOut, WhatIfIn, WhatIfOut, move, told
from shared.database import connection

router = APIRouter(prefix="/v1", tags=["scorecards"])


@router.post("/what-if", summary="A score before and after a change of the scorecard; nothing is saved")
async def what_if(request: Request, said: WhatIfIn) -> WhatIfOut:
    """Weights, targets, floors, half-lives and prior strengths by indicator; dimensions; indicators in and out.

    What differs is told of public value, each dimension and each indicator, and of ranks among the services of the
    jurisdiction.
    """
    day = past_day(said.as_of, "as_of", today())
    engine: AsyncEngine = request.app.state.engine
    async with connection(engine) as database:
        subject = await find(database, said.subject)
    card = await chosen(request, subject.jurisdiction_id or "", said.scorecard)
    changed = _applied(card, said.changes)
    time = when(subject, day)
    span = Span.of([time], max(card.longest_half_life, changed.longest_half_life))
    async with reading(engine) as database:
        evidence = await evidence_of(database, subject, span, today())
    before, after = await asyncio.to_thread(_assess, (card, changed), evidence, time)
    ranks = await _ranks(request.app.state.trials, subject, time, (card, changed), said.by)
    return told(said, subject.jurisdiction_id, before, after, ranks)


def _assess(cards: tuple[Scorecard, Scorecard], evidence: Evidence, time: Time) -> list[Assessment]:
    return [assessment for card in cards for assessment in assess_all(card, evidence, *time)]


async def _ranks(
    trials: Trials, subject: Subject, time: Time, cards: tuple[Scorecard, Scorecard], by: str
) -> list[MoveOut]:
    """How the services of the subject's jurisdiction would move; of a region's several, nothing is told."""
    if subject.jurisdiction_id is None:
        return []
    trial = await trials.assess(subject.jurisdiction_id, time.as_of, cards)
    if trial is None:
        return []
    before, after = (rank([(each.service_id, each.figure(by)) for each in some]) for some in trial.assessments)
    itself = subject.id if subject.kind is Kind.SERVICE else ""
    return [move(each, trial.names.get(each.service_id)) for each in moves(before, after, itself)]


def _applied(card: Scorecard, changes: Changes) -> Scorecard:
    """The changed scorecard. A problem that tells all that is wrong with the changes."""
    try:
        changed, findings = apply(card, changes)
    except Unreadable as error:
        changed, findings = None, [Finding("add", str(error), error.finding.right)]
    if changed is None:
        raise invalid(findings)
    return changed
