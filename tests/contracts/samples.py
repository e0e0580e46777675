"""One event of each type with every member set, and one with no more than it must have."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from services.catalog.entities.domain import Entity
from services.catalog.kinds import BY_PLURAL
from services.catalog.publishes import changed
from shared.contracts.base import Contract
from shared.contracts.catalog import STATES, ServiceAnnounced
from shared.contracts.feedback import (
    Aspect,
    Because,
    CallClosed,
    CallOpened,
    ContributionMade,
    ContributionPledged,
    ContributionRefused,
    ContributionVerified,
    ContributionWithdrawn,
    Form,
    NotePosted,
    NoteWithdrawn,
    RatingGiven,
    RatingWithdrawn,
    ReplacedRating,
    RequestAcknowledged,
    RequestAnswered,
    RequestClosed,
    RequestOpened,
    RequestProgressed,
    RequestReopened,
    RequestState,
    Resolution,
    Verifier,
)
from shared.contracts.inbox import EventDied
from shared.contracts.metrics import CompositeScore, DimensionScore, ScoreChanged
from shared.contracts.registry import decode
from tests.catalog.samples import whole_city

OPENED = datetime(2026, 3, 1, 12, 30, 15, 250_000, UTC)
LATER = OPENED + timedelta(hours=3)

_where = {"jurisdiction_id": "porto", "service_id": "porto.lamps"}
_area = _where | {"district_id": "porto.bonfim"}
_request: dict[str, Any] = {"request_id": "0190-1", "opened_at": OPENED}
_note: dict[str, Any] = {
    "note_id": "0190-4", "request_id": "0190-1", "contributor": "c0ffee", "given_at": OPENED,
}  # fmt: skip
_call: dict[str, Any] = {"call_id": "0190-5", "opened_at": OPENED}
_contribution: dict[str, Any] = {
    "contribution_id": "0190-6", "form": Form.MONEY, "given_at": OPENED, "due_at": LATER,
}  # fmt: skip
_rating: dict[str, Any] = {"rating_id": "0190-2", "contributor": "c0ffee", "value": 4, "given_at": OPENED}

ENTITIES: list[tuple[str, Entity[Any]]] = [
    (BY_PLURAL[plural].name, BY_PLURAL[plural].entity(said | {"version": 2, "changed_at": OPENED.isoformat()}))
    for plural, entities in whole_city("porto").items()
    for said in entities[-1:]
]
"""Of each kind of the catalogue one, with all that can be said of it."""

_announced: dict[str, Any] = {
    "service_id": "porto.lamps", "jurisdiction_id": "porto", "name": "Lamps", "before": "pilot", "after": "active",
    "reason": "It works", "effective_at": LATER, "version": 3,
}  # fmt: skip


def _required(kind: str) -> dict[str, Any]:
    """The members of a state that it must have."""
    (entity,) = (entity for name, entity in ENTITIES if name == kind)
    document = msgspec.convert(msgspec.json.decode(changed(kind, entity).data), STATES[kind])
    needed = {field.name for field in msgspec.structs.fields(STATES[kind]) if field.required}
    return {name: getattr(document, name) for name in needed}


WHOLE: list[Contract] = [
    *(decode((event := changed(kind, entity)).type, event.data) for kind, entity in ENTITIES),
    ServiceAnnounced(**_announced),
    RequestOpened(
        contributor="c0ffee",
        due_at=LATER,
        answer_due_at=LATER,
        channel="web",
        campaign="poster-7",
        split_from="0190-0",
        **_request,
        **_area,
    ),
    RequestAcknowledged(acknowledged_at=LATER, **_request, **_area),
    RequestAnswered(answered_at=LATER, answer_due_at=LATER, first=True, **_request, **_area),
    RequestClosed(
        closed_at=LATER,
        resolution=Resolution.RESOLVED,
        due_at=LATER,
        first_answered_at=LATER,
        duplicate_of="0190-0",
        **_request,
        **_area,
    ),
    RequestReopened(
        closed_at=OPENED, resolution=Resolution.DECLINED, reopened_at=LATER, due_at=LATER, **_request, **_area
    ),
    RequestProgressed(state=RequestState.SCHEDULED, progressed_at=LATER, **_request, **_area),
    NotePosted(channel="app", campaign="poster-7", **_note, **_area),
    NoteWithdrawn(withdrawn_at=LATER, because=Because.ERASED, **_note, **_area),
    RatingGiven(
        replaces=ReplacedRating(
            rating_id="0190-3", value=1, given_at=OPENED, district_id="porto.bonfim", aspects={Aspect.EMPATHY: 1}
        ),
        channel="app",
        campaign="poster-7",
        aspects={Aspect.EMPATHY: 5, Aspect.RELIABILITY: 3},
        request_id="0190-1",
        **_rating,
        **_area,
    ),
    RatingWithdrawn(withdrawn_at=LATER, aspects={Aspect.EMPATHY: 5}, **_rating, **_area),
    CallOpened(form=Form.HOURS, closes_at=LATER, **_call, **_area),
    CallClosed(closed_at=LATER, **_call, **_area),
    ContributionPledged(
        contributor="c0ffee",
        channel="app",
        campaign="poster-7",
        amount=2_500,
        currency="EUR",
        proposal_id="0190-7",
        call_id="0190-5",
        **_contribution,
        **_area,
    ),
    ContributionMade(made_at=LATER, amount=2_000, currency="EUR", **_contribution, **_area),
    ContributionVerified(verified_at=LATER, by=Verifier.PEERS, amount=2_000, currency="EUR", **_contribution, **_area),
    ContributionRefused(refused_at=LATER, **_contribution, **_area),
    ContributionWithdrawn(
        contributor="c0ffee",
        withdrawn_at=LATER,
        because=Because.ERASED,
        verified_at=LATER,
        amount=2_000,
        currency="EUR",
        **_contribution,
        **_area,
    ),
    ScoreChanged(
        service_id="porto.lamps",
        jurisdiction_id="porto",
        as_of=date(2026, 3, 1),
        scorecard="default/1",
        dimensions={"efficiency": DimensionScore(score=61.25, low=50.0, high=72.5, coverage=1.0)},
        public_value=CompositeScore(score=61.25, low=50.0, high=72.5),
        events=12,
    ),
    EventDied(topic="civicloop.feedback.v1", partition=7, offset=2**40, reason="not JSON"),
]

BARE: list[Contract] = [
    *(contract(**_required(kind)) for kind, contract in STATES.items()),
    ServiceAnnounced(**_announced),
    RequestOpened(contributor="c0ffee", **_request, **_where),
    RequestAcknowledged(acknowledged_at=LATER, **_request, **_where),
    RequestAnswered(answered_at=LATER, first=False, **_request, **_where),
    RequestClosed(closed_at=LATER, resolution=Resolution.INVALID, **_request, **_where),
    RequestReopened(closed_at=OPENED, resolution=Resolution.DUPLICATE, reopened_at=LATER, **_request, **_where),
    RequestProgressed(state=RequestState.REFERRED, progressed_at=LATER, **_request, **_where),
    NotePosted(**_note, **_where),
    NoteWithdrawn(withdrawn_at=LATER, because=Because.WITHDRAWN, **_note, **_where),
    RatingGiven(replaces=ReplacedRating(rating_id="0190-3", value=5, given_at=OPENED), **_rating, **_where),
    RatingWithdrawn(withdrawn_at=LATER, **_rating, **_where),
    CallOpened(**_call, **_where),
    CallClosed(closed_at=LATER, **_call, **_where),
    ContributionPledged(contributor="c0ffee", **_contribution, **_where),
    ContributionMade(made_at=LATER, **_contribution, **_where),
    ContributionVerified(verified_at=LATER, by=Verifier.STAFF, **_contribution, **_where),
    ContributionRefused(refused_at=LATER, **_contribution, **_where),
    ContributionWithdrawn(
        contributor="c0ffee", withdrawn_at=LATER, because=Because.WITHDRAWN, **_contribution, **_where
    ),
    ScoreChanged(
        service_id="porto.lamps",
        jurisdiction_id="porto",
        as_of=date(2026, 3, 1),
        scorecard="default/1",
        dimensions={"efficiency": DimensionScore(score=None, low=None, high=None, coverage=0.0)},
        public_value=CompositeScore(score=None, low=None, high=None),
        events=0,
    ),
    EventDied(topic="t", partition=0, offset=0, reason=""),
]
