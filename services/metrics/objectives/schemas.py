"""Progress of objectives as JSON."""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, Field

from services.metrics.objectives.domain import Absent, Figure
from services.metrics.objectives.progress import Point, Progress, Status
from services.metrics.objectives.store import Aim
from services.metrics.publishes import rounded
from services.metrics.scores.estimates import Z


class FigureOut(BaseModel):
    """A value on a day."""

    value: float
    on: date


class ActualOut(FigureOut):
    """What the indicator is, with a 90 % interval; what the city reports is taken as it is."""

    low: float
    high: float


class IndicatorOut(BaseModel):
    """What an objective is measured by."""

    source: str = Field(description="`metrics`: an indicator of the scores; `reported`: the city's own figures")
    code: str
    name: str | None
    unit: str | None


class PointOut(BaseModel):
    """Plan and actual figure of a day; null where there is none."""

    on: date
    planned: float | None
    actual: float | None
    low: float | None
    high: float | None


class ObjectiveOut(BaseModel):
    """How far an objective has come at the end of a UTC day, against plan."""

    id: str
    name: str
    jurisdiction_id: str
    service_ids: Sequence[str]
    organisation_id: str | None
    strategy_id: str | None
    as_of: date
    scorecard: str | None = Field(description="By which its indicator is computed; null for reported figures")
    indicator: IndicatorOut
    baseline: FigureOut | None
    target: FigureOut
    made_up: Sequence[str] = Field(description="Fields whose values are invented for demonstration")
    status: Status
    certain: bool | None = Field(description="Whether the interval allows no other status")
    actual: ActualOut | None
    planned: FigureOut | None = Field(description="What was planned for the day of the actual figure")
    progress: float | None = Field(description="Part of the way from baseline to target that is gone")
    planned_progress: float | None = Field(description="Part of the way that was to be gone")
    attainment: float | None = Field(description="Part of the plan that is reached, as goal-attainment counts it")
    absent: str | None = Field(description="Why there is no progress to tell")


class ProgressOut(ObjectiveOut):
    """The same with plan and actual figures over time, the earliest first."""

    points: Sequence[PointOut]


class ObjectivesOut(BaseModel):
    """A page of objectives, in the order of their ids."""

    items: Sequence[ObjectiveOut]
    next: str | None


def objective_out(aim: Aim, as_of: date, scorecard: str | None, found: Progress) -> ObjectiveOut:
    """An objective as it stands on a day."""
    objective, told = aim.objective, None if isinstance(found.found, Absent) else found.found
    return ObjectiveOut(
        id=objective.id,
        name=aim.name,
        jurisdiction_id=aim.jurisdiction_id,
        service_ids=aim.service_ids,
        organisation_id=aim.organisation_id,
        strategy_id=aim.strategy_id,
        as_of=as_of,
        scorecard=scorecard,
        indicator=IndicatorOut(
            source=objective.source, code=objective.code, name=aim.indicator_name, unit=objective.unit
        ),
        baseline=None if objective.baseline is None else _figure(objective.baseline),
        target=_figure(objective.target),
        made_up=aim.made_up,
        status=found.status,
        certain=found.certain,
        actual=None if told is None else _actual(told.actual.value, told.actual.sd, told.actual.day),
        planned=_planned(found),
        progress=None if told is None else rounded(told.progress),
        planned_progress=None if told is None else rounded(told.planned),
        attainment=None if told is None else rounded(told.attained),
        absent=found.found.reason if isinstance(found.found, Absent) else None,
    )


def point_out(point: Point) -> PointOut:
    """A day of the series."""
    planned, actual, low, high = (None if each is None else rounded(each) for each in point[1:])
    return PointOut(on=date.fromordinal(point.day), planned=planned, actual=actual, low=low, high=high)


def _figure(figure: Figure) -> FigureOut:
    return FigureOut(value=figure.value, on=date.fromordinal(figure.day))


def _actual(value: float, sd: float, day: int) -> ActualOut:
    on = date.fromordinal(day)
    return ActualOut(value=rounded(value), on=on, low=rounded(value - Z * sd), high=rounded(value + Z * sd))


def _planned(found: Progress) -> FigureOut | None:
    if found.planned_on is None or found.planned_value is None:
        return None
    return FigureOut(value=rounded(found.planned_value), on=date.fromordinal(found.planned_on))
