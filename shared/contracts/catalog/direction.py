"""Where a city is going: strategies, objectives, commitments, decisions."""

from datetime import date
from decimal import Decimal

from shared.contracts.base import Contract
from shared.contracts.catalog.common import EntityId, Link, LocalState, Period


class Indicator(Contract, frozen=True, kw_only=True):
    """What an objective is measured by: an indicator of the scores, or one that the city reports itself.

    `standard` and `standard_code` name it in a list of others, such as ISO 37120 or U4SSC.
    """

    source: str
    code: str
    name: str | None = None
    unit: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    standard: str | None = None
    standard_code: str | None = None


class Figure(Contract, frozen=True, kw_only=True):
    """A value on a day."""

    value: Decimal
    on: date


class Alternative(Contract, frozen=True, kw_only=True):
    """What else was considered, and why it was not chosen."""

    title: str
    why_not: str = ""


class StrategyChanged(LocalState, frozen=True, kw_only=True):
    """A plan that groups objectives; it can be part of a wider one."""

    parent_id: EntityId | None = None
    owner_id: EntityId | None = None
    horizon: Period | None = None
    links: tuple[Link, ...] = ()


class ObjectiveChanged(LocalState, frozen=True, kw_only=True):
    """From a baseline to a target within a horizon, the day of the target."""

    indicator: Indicator
    target: Figure
    baseline: Figure | None = None
    reported: tuple[Figure, ...] = ()
    strategy_id: EntityId | None = None
    owner_id: EntityId | None = None
    organisation_id: EntityId | None = None
    service_ids: tuple[EntityId, ...] = ()
    rationale: str = ""
    links: tuple[Link, ...] = ()


class CommitmentChanged(LocalState, frozen=True, kw_only=True):
    """Promised by a person. Done after its day it is missed, with the day on which it was done."""

    person_id: EntityId
    due_on: date
    outcome: str = "open"
    done_on: date | None = None
    outcome_note: str = ""
    objective_id: EntityId | None = None
    service_ids: tuple[EntityId, ...] = ()
    links: tuple[Link, ...] = ()


class DecisionChanged(LocalState, frozen=True, kw_only=True):
    """Its name says what was decided."""

    decided_on: date
    reasons: str
    person_ids: tuple[EntityId, ...] = ()
    organisation_id: EntityId | None = None
    alternatives: tuple[Alternative, ...] = ()
    service_ids: tuple[EntityId, ...] = ()
    objective_ids: tuple[EntityId, ...] = ()
    proposal_ids: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
