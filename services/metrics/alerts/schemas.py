"""Alerts as JSON."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.metrics.alerts.rules import RULES, Rule
from services.metrics.alerts.store import Alert, Change
from shared.contracts.metrics import AlertRaised, Because
from shared.text import WHOLE, Written

Figures = Mapping[str, int | float | str]
Bounds = Mapping[str, int | float]


class State(StrEnum):
    """Whether a rule holds."""

    OPEN = "open"
    CLEARED = "cleared"


class ChangeOut(BaseModel):
    """An alert was raised or cleared."""

    state: State
    number: int = Field(description="How often the alert had been raised by then")
    as_of: date = Field(description="The UTC day whose evidence says so")
    changed_at: datetime
    because: Because | None = Field(description="Why it was cleared: `eased`, or `thin` evidence")
    scorecard: str
    words: str = Field(description="The evidence in words")
    evidence: Figures = Field(description="The evidence in figures, at the end of as_of")
    thresholds: Bounds = Field(description="The rule's bounds then; `_clear` are those at which it is cleared")


class AcknowledgementIn(BaseModel):
    """That somebody has seen to it, and how."""

    model_config = ConfigDict(extra="forbid")

    note: Written = Field(description="Everybody can read it", examples=["The works know of it"])
    number: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1), WHOLE] | None = Field(
        None,
        description="Which raising is meant; refused if it has been raised anew since",
    )


class AcknowledgementOut(BaseModel):
    """Staff has taken note of the alert as it was raised last."""

    note: str
    by: str = Field(description="The name of the key")
    at: datetime


class AlertOut(ChangeOut):
    """An alert, with the evidence of its newest change."""

    id: str
    rule: str
    name: str = Field(description="The rule's name")
    subject_kind: str
    subject_id: str
    subject_name: str | None
    jurisdiction_id: str
    raised_as_of: date
    acknowledgement: AcknowledgementOut | None = Field(
        description="Who has taken note of its newest raising; null: nobody"
    )
    expected_false_alarms: str = Field(description="How often the rule holds by chance alone")


class AlertsOut(BaseModel):
    """A page of alerts, the one that changed last first."""

    items: Sequence[AlertOut]
    next: str | None


class AlertHistoryOut(AlertOut):
    """An alert, and each time that it was raised or cleared, the newest first; at most the last 200."""

    description: str = Field(description="What the rule looks for")
    history: Sequence[ChangeOut]


class RuleOut(BaseModel):
    """What is looked for, and by which bounds."""

    id: str
    name: str
    description: str
    thresholds: Bounds
    expected_false_alarms: str


class RulesOut(BaseModel):
    """Every rule."""

    items: Sequence[RuleOut]
    next: None = None


def rule_out(rule: Rule) -> RuleOut:
    """A rule."""
    return RuleOut(
        id=rule.id,
        name=rule.name,
        description=rule.description,
        thresholds=rule.thresholds,
        expected_false_alarms=rule.false_alarms,
    )


def change_out(change: Change) -> ChangeOut:
    """One change of an alert."""
    body = change.body
    raised = isinstance(body, AlertRaised)
    return ChangeOut(
        state=State.OPEN if raised else State.CLEARED,
        number=body.number,
        as_of=body.as_of,
        changed_at=change.changed_at,
        because=None if isinstance(body, AlertRaised) else body.because,
        scorecard=body.scorecard,
        words=_words(change),
        evidence=body.evidence,
        thresholds=body.thresholds,
    )


def _words(change: Change) -> str:
    body = change.body
    if not isinstance(body, AlertRaised) and body.because == Because.THIN:
        return "There is too little evidence left to say so."
    return RULES[body.rule].say(body.evidence) if body.rule in RULES else ""


def alert_out(alert: Alert) -> AlertOut:
    """An alert."""
    body, said = alert.change.body, alert.acknowledgement
    rule = RULES.get(body.rule)
    return AlertOut(
        **change_out(alert.change).model_dump(),
        id=body.id,
        rule=body.rule,
        name=rule.name if rule else body.rule,
        subject_kind=body.subject_kind,
        subject_id=body.subject_id,
        subject_name=alert.name,
        jurisdiction_id=body.jurisdiction_id,
        raised_as_of=alert.raised_as_of,
        acknowledgement=said and AcknowledgementOut(note=said.note, by=said.by, at=said.at),
        expected_false_alarms=rule.false_alarms if rule else "",
    )


def history_out(alert: Alert, changes: Sequence[Change]) -> AlertHistoryOut:
    """An alert with what was said of it so far."""
    rule = RULES.get(alert.change.body.rule)
    return AlertHistoryOut(
        **alert_out(alert).model_dump(),
        description=rule.description if rule else "",
        history=[change_out(each) for each in changes],
    )
