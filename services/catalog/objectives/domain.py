"""An objective: what shall be reached, measured by what, from where, and by when."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from services.catalog.entities.domain import Facets, LocalFields
from services.catalog.entities.references import OrganisationId, PersonId, ServiceId, StrategyId
from services.catalog.entities.values import Amount, Code, Link, Value
from shared.text import Line, Prose
from shared.times import Day


class IndicatorSource(StrEnum):
    """Who knows the indicator's value."""

    METRICS = "metrics"
    REPORTED = "reported"


class Indicator(Value):
    """What an objective is measured by: an indicator of the scores, or one that the city reports itself.

    `standard` and `standard_code` name it in a list of others, such as ISO 37120 or U4SSC.
    """

    source: IndicatorSource
    code: Code = Field(description="An indicator, dimension or `public_value` of the scores, or a code of one's own")
    name: Line | None = None
    unit: Line | None = None
    numerator: Line | None = None
    denominator: Line | None = None
    standard: Line | None = None
    standard_code: Line | None = None


class Figure(Value):
    """A value on a day."""

    value: Amount
    on: Day


class Objective(LocalFields):
    """From a baseline to a target within a horizon, the day of the target."""

    FACETS: ClassVar[tuple[str, ...]] = ("strategy", "owner", "service", "indicator")

    indicator: Indicator
    baseline: Figure | None = None
    target: Figure
    reported: Annotated[tuple[Figure, ...], Field(max_length=1_000)] = Field(
        default=(), description="Values of a reported indicator"
    )
    strategy_id: StrategyId | None = None
    owner_id: PersonId | None = Field(default=None, description="Who is accountable")
    organisation_id: OrganisationId | None = None
    service_ids: Annotated[tuple[ServiceId, ...], Field(max_length=1_000)] = ()
    rationale: Prose = ""
    links: Annotated[tuple[Link, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _goes_somewhere(self) -> Self:
        if self.baseline is not None:
            if self.baseline.on >= self.target.on:
                raise ValueError("the target's day is not after the baseline's")
            if self.baseline.value == self.target.value:
                raise ValueError("the target is what the baseline is already")
        if self.reported and self.indicator.source is not IndicatorSource.REPORTED:
            raise ValueError("values are reported only of an indicator whose source is `reported`")
        days = [figure.on for figure in self.reported]
        if len(set(days)) < len(days):
            raise ValueError("two values are reported for the same day")
        return self

    def progress(self, value: Decimal) -> float | None:
        """How much of the way from baseline to target is gone, 1 at the target; None without a baseline."""
        if self.baseline is None:
            return None
        return float((value - self.baseline.value) / (self.target.value - self.baseline.value))

    def facets(self) -> Facets:
        return {
            "strategy": [self.strategy_id] if self.strategy_id else [],
            "owner": [self.owner_id] if self.owner_id else [],
            "service": self.service_ids,
            "indicator": [self.indicator.code],
        }
