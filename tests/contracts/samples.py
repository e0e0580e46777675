"""One event of each type with every member set, and one with no more than it must have."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.contracts.base import Contract
from shared.contracts.catalog import DistrictChanged, JurisdictionChanged, OrganisationChanged, ServiceChanged
from shared.contracts.feedback import (
    RatingGiven,
    RatingWithdrawn,
    ReplacedRating,
    RequestAcknowledged,
    RequestAnswered,
    RequestClosed,
    RequestOpened,
    RequestReopened,
    Resolution,
)
from shared.contracts.inbox import EventDied
from shared.contracts.metrics import CompositeScore, DimensionScore, ScoreChanged

OPENED = datetime(2026, 3, 1, 12, 30, 15, 250_000, UTC)
LATER = OPENED + timedelta(hours=3)

_entity: dict[str, Any] = {"name": "Porto Áéß", "version": 2, "changed_at": OPENED}
_local = _entity | {"jurisdiction_id": "porto"}
_where = {"jurisdiction_id": "porto", "service_id": "porto.lamps"}
_area = _where | {"district_id": "porto.bonfim"}
_request: dict[str, Any] = {"request_id": "0190-1", "opened_at": OPENED}
_rating: dict[str, Any] = {"rating_id": "0190-2", "contributor": "c0ffee", "value": 4, "given_at": OPENED}

WHOLE: list[Contract] = [
    JurisdictionChanged(id="porto", time_zone="Europe/Lisbon", population=231_800, **_entity),
    DistrictChanged(id="porto.bonfim", population=24_000, **_local),
    OrganisationChanged(id="porto.parks", helix="government", **_local),
    ServiceChanged(
        id="porto.lamps",
        status="active",
        description="Street lamps",
        organisation_id="porto.parks",
        focal_area="streets",
        resolution_target=86_400,
        first_answer_target=3_600,
        target_source="charter of 2026",
        **_local,
    ),
    RequestOpened(contributor="c0ffee", due_at=LATER, answer_due_at=LATER, channel="web", **_request, **_area),
    RequestAcknowledged(acknowledged_at=LATER, **_request, **_area),
    RequestAnswered(answered_at=LATER, answer_due_at=LATER, first=True, **_request, **_area),
    RequestClosed(
        closed_at=LATER, resolution=Resolution.RESOLVED, due_at=LATER, first_answered_at=LATER, **_request, **_area
    ),
    RequestReopened(
        closed_at=OPENED, resolution=Resolution.DECLINED, reopened_at=LATER, due_at=LATER, **_request, **_area
    ),
    RatingGiven(
        replaces=ReplacedRating(rating_id="0190-3", value=1, given_at=OPENED, district_id="porto.bonfim"),
        channel="app",
        **_rating,
        **_area,
    ),
    RatingWithdrawn(withdrawn_at=LATER, **_rating, **_area),
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
    JurisdictionChanged(id="porto", time_zone="Europe/Lisbon", **_entity),
    DistrictChanged(id="porto.bonfim", **_local),
    OrganisationChanged(id="porto.parks", **_local),
    ServiceChanged(id="porto.lamps", status="draft", **_local),
    RequestOpened(contributor="c0ffee", **_request, **_where),
    RequestAcknowledged(acknowledged_at=LATER, **_request, **_where),
    RequestAnswered(answered_at=LATER, first=False, **_request, **_where),
    RequestClosed(closed_at=LATER, resolution=Resolution.INVALID, **_request, **_where),
    RequestReopened(closed_at=OPENED, resolution=Resolution.DUPLICATE, reopened_at=LATER, **_request, **_where),
    RatingGiven(replaces=ReplacedRating(rating_id="0190-3", value=5, given_at=OPENED), **_rating, **_where),
    RatingWithdrawn(withdrawn_at=LATER, **_rating, **_where),
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
