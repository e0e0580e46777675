"""Scorecards as JSON."""

from datetime import datetime
from typing import Any, Literal

from msgspec import to_builtins
from pydantic import BaseModel, ConfigDict, Field

from services.metrics.scorecards.findings import Finding
from services.metrics.scorecards.store import Activation, Stored
from services.metrics.scores.scorecard import Scorecard
from shared.text import Written


class ScorecardOut(BaseModel):
    """A scorecard as it is stored: it never changes."""

    label: str
    source: Literal["package", "stored"] = Field(description="Whether it comes with the platform or was made here")
    added_by: str | None = Field(description="Who stored it; null for one of the package")
    added_at: datetime | None
    id: str
    version: int
    name: str
    description: str
    dimensions: dict[str, float] = Field(description="Weights in public value")
    indicators: list[dict[str, Any]]


class FindingOut(BaseModel):
    """What is found about a document: where, what, and what would be right."""

    at: str
    line: int | None
    indicator: str | None = Field(description="The id of the indicator that it is in")
    message: str
    right: str


class ValidOut(BaseModel):
    """A scorecard that can be stored. `warnings` are worth a thought."""

    valid: Literal[True] = True
    label: str
    warnings: list[FindingOut]


class ActivationIn(BaseModel):
    """Which scorecard is to count, and why."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(max_length=100, examples=["town.v1"])
    reason: Written


class ActiveOut(BaseModel):
    """The scorecard by which a jurisdiction's services are scored. `since` is null for the default one."""

    jurisdiction_id: str
    label: str
    reason: str | None
    activated_by: str | None
    since: datetime | None


class ActivationOut(ActiveOut):
    """A span in which a scorecard was active; `until` is null for the one that is."""

    until: datetime | None


def packaged(card: Scorecard) -> ScorecardOut:
    """One that comes with the platform."""
    return ScorecardOut(label=card.label, source="package", added_by=None, added_at=None, **_document(card))


def stored(each: Stored) -> ScorecardOut:
    """One that was made here."""
    card = each.card
    return ScorecardOut(
        label=card.label, source="stored", added_by=each.added_by, added_at=each.added_at, **_document(card)
    )


def _document(card: Scorecard) -> dict[str, Any]:
    document: dict[str, Any] = to_builtins(card)
    return document


def finding(each: Finding) -> FindingOut:
    """A finding."""
    return FindingOut(at=each.at, line=each.line, indicator=each.indicator, message=each.message, right=each.right)


def activation(each: Activation) -> ActivationOut:
    """A span of the history."""
    return ActivationOut(
        jurisdiction_id=each.jurisdiction_id,
        label=each.label,
        reason=each.reason,
        activated_by=each.activated_by,
        since=each.activated_at,
        until=each.until,
    )
