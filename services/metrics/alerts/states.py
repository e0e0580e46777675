"""From findings to what changes: an alert is raised, cleared, or stays as it is. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from services.metrics.alerts.look import Look
from services.metrics.alerts.rules import RULES, Evidence, Finding, Rule, Verdict
from shared.contracts.metrics import AlertCleared, AlertRaised, Because

SERVICE = "service"
CLEARED_BECAUSE = {Verdict.CLEAR: Because.EASED, Verdict.THIN: Because.THIN}

AlertChange = AlertRaised | AlertCleared


class Standing(NamedTuple):
    """How an alert stands: whether it is open, how often it has been raised, and when last."""

    open: bool
    number: int
    raised_as_of: date


class Found(NamedTuple):
    """What the rules say of one service on a day, by rule, in figures as they are published."""

    service_id: str
    jurisdiction_id: str
    as_of: date
    scorecard: str
    findings: Mapping[str, Finding]


def alert_id(service_id: str, rule: str) -> str:
    """The same for a rule and a service for ever: an alert that is raised again has the history of the first."""
    return f"{service_id}@{rule}"


def examine(look: Look) -> Found:
    """Asks every rule."""
    now = look.now
    findings = {id: _published(rule.find(look)) for id, rule in RULES.items()}
    return Found(now.service_id, now.jurisdiction_id, now.as_of, now.scorecard.label, findings)


def _published(finding: Finding) -> Finding:
    """With figures as they are published: 6 decimals, a chance as it is."""
    evidence: Evidence = {
        name: round(figure, 6) + 0.0 if isinstance(figure, float) and name != "chance" else figure
        for name, figure in finding.evidence.items()
    }
    return finding._replace(evidence=evidence)


def changes(found: Found, standing: Mapping[str, Standing]) -> Iterator[AlertChange]:
    """What changes of a service's alerts, by how each one of them stands (by id)."""
    for id, finding in found.findings.items():
        alert = alert_id(found.service_id, id)
        before = standing.get(alert)
        if before is None or not before.open:
            if finding.verdict == Verdict.RAISE:
                yield _raised(found, RULES[id], finding, 1 if before is None else before.number + 1)
        elif finding.verdict in CLEARED_BECAUSE:
            yield _cleared(found, RULES[id], finding, before)


def _raised(found: Found, rule: Rule, finding: Finding, number: int) -> AlertRaised:
    return AlertRaised(
        id=alert_id(found.service_id, rule.id),
        rule=rule.id,
        subject_kind=SERVICE,
        subject_id=found.service_id,
        jurisdiction_id=found.jurisdiction_id,
        number=number,
        as_of=found.as_of,
        scorecard=found.scorecard,
        evidence=dict(finding.evidence),
        thresholds=dict(rule.thresholds),
    )


def _cleared(found: Found, rule: Rule, finding: Finding, before: Standing) -> AlertCleared:
    return AlertCleared(
        id=alert_id(found.service_id, rule.id),
        rule=rule.id,
        subject_kind=SERVICE,
        subject_id=found.service_id,
        jurisdiction_id=found.jurisdiction_id,
        number=before.number,
        raised_as_of=before.raised_as_of,
        as_of=found.as_of,
        because=CLEARED_BECAUSE[finding.verdict],
        scorecard=found.scorecard,
        evidence=dict(finding.evidence),
        thresholds=dict(rule.thresholds),
    )
