"""`/v1/what-if`: a score by a scorecard that nobody saved."""

from fastapi import APIRouter, Request

from services.metrics.scorecards import store
from services.metrics.scorecards.asked import chosen
from services.metrics.scorecards.bodies import invalid
from services.metrics.scorecards.document import Unreadable
from services.metrics.scorecards.findings import Finding
from services.metrics.scorecards.trials import Trials
from services.metrics.scores.days import past_day, today
from services.metrics.scores.rankings import rank
from services.metrics.scores.scorecard import Scorecard
from services.metrics.what_if.changes import Changes, apply
from services.metrics.what_if.comparison import moves
from services.metrics.what_if.schemas import WhatIfIn, WhatIfOut, move, told
from shared.database import connection
from shared.problems import Problem

router = APIRouter(prefix="/v1", tags=["scorecards"])


@router.post("/what-if", summary="A score before and after a change of the scorecard; nothing is saved")
async def what_if(request: Request, said: WhatIfIn) -> WhatIfOut:
    """Weights, targets, floors, half-lives and prior strengths by indicator; dimensions; indicators in and out.

    What differs is told of public value, each dimension and each indicator, and of ranks among the services of the
    jurisdiction.
    """
    day = past_day(said.as_of, "as_of", today())
    service_id = said.subject.id
    async with connection(request.app.state.engine) as database:
        jurisdiction_id = await store.jurisdiction_of(database, service_id)
    if jurisdiction_id is None:
        raise _unknown(service_id)
    card = await chosen(request, jurisdiction_id, said.scorecard)
    changed = _applied(card, said.changes)
    trials: Trials = request.app.state.trials
    trial = await trials.assess(jurisdiction_id, day, [card, changed])
    if trial is None:
        raise _unknown(service_id)
    before, after = ({each.service_id: each for each in assessments} for assessments in trial.assessments)
    if service_id not in before:
        raise _unknown(service_id)
    order = [
        rank([(each.service_id, each.figure(said.by)) for each in assessments]) for assessments in trial.assessments
    ]
    ranks = [move(each, trial.names.get(each.service_id)) for each in moves(order[0], order[1], service_id)]
    return told(said, before[service_id], after[service_id], ranks)


def _applied(card: Scorecard, changes: Changes) -> Scorecard:
    """The changed scorecard. A problem that tells all that is wrong with the changes."""
    try:
        changed, findings = apply(card, changes)
    except Unreadable as error:
        changed, findings = None, [Finding("add", str(error), error.finding.right)]
    if changed is None:
        raise invalid(findings)
    return changed


def _unknown(service_id: str) -> Problem:
    return Problem(404, "unknown-service", "Neither the catalogue nor any event names this service", service_id)
