"""Scores as JSON."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import to_builtins
from pydantic import BaseModel, Field

from services.metrics.enablers.schemas import EnablersOut
from services.metrics.publishes import interval, rounded, score_changed
from services.metrics.scores.assessment import Assessment, IndicatorScore
from services.metrics.scores.rankings import Ranked


class Interval(BaseModel):
    """Points from 0 to 100 with a 90 % interval; all null without evidence."""

    score: float | None
    low: float | None
    high: float | None


class DimensionOut(Interval):
    """One dimension of a score."""

    coverage: float = Field(description="Share of the dimension's weight that has evidence")


class ScoreOut(BaseModel):
    """A score at the end of a UTC day, or of a span of days that ends with it."""

    kind: str | None = Field(None, description="What it is about: district, focal area ...; absent of a service")
    id: str | None = Field(None, description="Its id; a service's is service_id")
    name: str | None = None
    service_id: str | None = Field(None, description="The service; with a district: that service within it")
    jurisdiction_id: str | None = Field(None, description="The city that it is a part of; absent of a region")
    as_of: date = Field(description="A UTC day; a district's is the end of a month")
    since: date | None = Field(
        None, description="The first day that counts; absent of the standing at the end of as_of"
    )
    scorecard: str
    dimensions: dict[str, DimensionOut]
    public_value: Interval
    events: int | None = Field(description="Its events, of all time or since that day, up to as_of; null of a district")


class HistoryOut(BaseModel):
    """Scores of several days, the earliest first."""

    items: Sequence[ScoreOut]
    next: None = None


class AspectOut(BaseModel):
    """What ratings said of one aspect of a service, 1 to 5."""

    n: int = Field(description="Ratings that spoke of it")
    mean: float | None = Field(description="Their weighed mean; null where nothing is left of them")


class IndicatorOut(Interval):
    """An indicator: what was observed, what it is estimated to be, and what it adds to its dimension."""

    id: str
    name: str
    description: str
    dimension: str
    numerator: str
    denominator: str
    unit: str
    value: float | None = Field(description="The estimate, in the indicator's unit")
    observed: float | None = Field(description="The same without the prior")
    sd: float | None = Field(description="Standard deviation of value")
    prior: float | None = Field(description="What the whole jurisdiction shows, where that is the prior")
    n: int = Field(description="Observations of all time or since that day, up to as_of")
    effective_n: float = Field(description="What decay leaves of them")
    months: int | None = Field(description="Of how many calendar months it is, where it goes by months")
    weight: float
    contribution: float = Field(description="Points of the dimension; contributions add up to its score")
    floor: float = Field(description="The value that gives 0 points")
    target: float = Field(description="The value that gives 100 points")
    absent: str | None = Field(description="Why there is no value")
    stale: bool = Field(description="Withdrawn input is still counted, until the count of people is rebuilt")
    aspects: dict[str, AspectOut] = Field(description="By aspect after SERVQUAL, where ratings spoke of them")


class ExplanationOut(BaseModel):
    """What a score rests on."""

    kind: str | None = None
    id: str | None = None
    name: str | None = None
    service_id: str | None = None
    as_of: date
    since: date | None
    scorecard: str
    indicators: list[IndicatorOut]
    enablers: EnablersOut | None = Field(
        default=None, description="Of services and organisations: what stands beside performance, and is no part of it"
    )


class RankedOut(Interval):
    """A place among others of the kind; ranks are null without the figure."""

    service_id: str | None = Field(None, description="Of services")
    id: str | None = Field(None, description="Of all others")
    name: str | None
    rank: int | None
    best_rank: int | None = Field(description="The best rank that the intervals allow")
    worst_rank: int | None = Field(description="The worst rank that the intervals allow")
    tied: bool = Field(description="It cannot be told from a neighbour in the order")


class RankingOut(BaseModel):
    """The services of a jurisdiction, or others of a kind, the best first."""

    of: str
    jurisdiction_id: str | None
    by: str
    as_of: date
    scorecard: str
    items: Sequence[RankedOut]
    next: None = None


def score_out(assessment: Assessment) -> dict[str, Any]:
    """An assessment in short: what is published of it, and of a span of days since when observations count."""
    since = {} if assessment.since is None else {"since": assessment.since}
    return {**to_builtins(score_changed(assessment)), **since}


def explanation(assessment: Assessment, names: Mapping[str, str]) -> ExplanationOut:
    """An assessment, indicator by indicator, of what is called so."""
    return ExplanationOut(
        **names,
        as_of=assessment.as_of,
        since=assessment.since,
        scorecard=assessment.scorecard.label,
        indicators=[_indicator(one) for one in assessment.indicators],
    )


def _indicator(one: IndicatorScore) -> IndicatorOut:
    definition, measured = one.indicator, one.measured
    score, low, high = interval(one.points)
    value, observed, sd = map(rounded, measured.estimate) if measured.estimate else (None, None, None)
    return IndicatorOut(
        id=definition.id,
        name=definition.name,
        description=definition.description,
        dimension=definition.dimension,
        numerator=definition.numerator,
        denominator=definition.denominator,
        unit=definition.unit,
        value=value,
        observed=observed,
        sd=sd,
        prior=None if measured.prior is None else rounded(measured.prior),
        n=measured.n,
        effective_n=rounded(measured.effective_n),
        months=measured.months,
        score=score,
        low=low,
        high=high,
        weight=definition.weight,
        contribution=rounded(one.contribution),
        floor=definition.floor,
        target=definition.target,
        absent=measured.absent,
        stale=measured.stale,
        aspects={
            name: AspectOut(n=each.n, mean=None if each.mean is None else rounded(each.mean))
            for name, each in measured.aspects.items()
        },
    )


def ranked(place: Ranked, name: str | None, *, of_services: bool = True) -> dict[str, Any]:
    """A place in a ranking, as `RankedOut` says."""
    score, low, high = interval(place.points)
    return {
        "score": score,
        "low": low,
        "high": high,
        "service_id" if of_services else "id": place.service_id,
        "name": name,
        "rank": place.rank,
        "best_rank": place.best,
        "worst_rank": place.worst,
        "tied": place.tied,
    }
