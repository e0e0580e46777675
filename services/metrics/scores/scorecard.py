"""A scorecard: the versioned definition of which indicators count, how much, and between which bounds.

Scorecards are YAML documents in `services/metrics/scorecards`; docs/scores.md, section 4, lists the default one.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

DEFAULT = "default.v3"

Id = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=63)]
Version = Annotated[int, Meta(ge=1, le=999_999)]
Text = Annotated[str, Meta(min_length=1, max_length=4_000)]
Bound = Annotated[float, Meta(ge=-1e12, le=1e12)]
Weight = Annotated[float, Meta(gt=0, le=1_000)]
HalfLife = Annotated[int, Meta(ge=1, le=3_650)]
Strength = Annotated[float, Meta(ge=0, le=1_000_000)]
Share = Annotated[float, Meta(gt=0, lt=1)]
Dimension = Literal["effectiveness", "efficiency", "legitimacy"]


class InvalidScorecard(ValueError):
    """A document that is no scorecard; says where and why."""


class Standard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an indicator stands in a published list, by which cities compare themselves."""

    list: Literal["ISO 37120", "ISO 37122", "ISO 37123", "U4SSC"]
    code: Annotated[str, Meta(min_length=1, max_length=63)]


class Indicator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="formula"):
    """What every indicator has. `floor` gives 0 points and `target` 100; floor above target: less is better.

    An `optional` one is of something that not every service does: without evidence it is not missing.
    """

    id: Id
    name: Text
    description: Text
    dimension: Dimension
    numerator: Text
    denominator: Text
    unit: Text
    weight: Weight
    floor: Bound
    target: Bound
    optional: bool = False
    standard: Standard | None = None

    def __post_init__(self) -> None:
        if self.floor == self.target:
            raise ValueError(f"{self.id}: floor and target are the same")


class Ratio(Indicator, frozen=True, kw_only=True, tag="ratio"):
    """Successes of trials, with decay and a prior."""

    measure: Literal["resolution", "first-time-fix", "on-time", "answered", "decided", "pledge-kept"]
    half_life_days: HalfLife
    prior_strength: Strength


class Stock(Indicator, frozen=True, kw_only=True, tag="stock"):
    """Overdue of open requests, a stock at the end of the day, with a prior."""

    prior_strength: Strength


class Mean(Indicator, frozen=True, kw_only=True, tag="mean"):
    """The mean of ratings, with decay and a prior."""

    measure: Literal["rating"]
    half_life_days: HalfLife
    prior_strength: Strength


class Quantile(Indicator, frozen=True, kw_only=True, tag="quantile"):
    """A quantile of durations relative to one of the service's target times, with decay."""

    measure: Literal["time-to-close", "time-to-answer", "lateness"]
    quantile: Share
    relative_to: Literal["resolution", "first-answer"]
    half_life_days: HalfLife


class Participation(Indicator, frozen=True, kw_only=True, tag="participation"):
    """Distinct contributors in twelve months per 1,000 inhabitants."""


class Representativeness(Indicator, frozen=True, kw_only=True, tag="representativeness"):
    """How closely input follows population across districts."""


class ContributedHours(Indicator, frozen=True, kw_only=True, tag="contributed-hours"):
    """Verified hours of work in twelve months per 1,000 inhabitants."""


class CostPerCase(Indicator, frozen=True, kw_only=True, tag="cost-per-case"):
    """What a closed case cost, relative to plan, from the service's last capacity report."""


class GoalAttainment(Indicator, frozen=True, kw_only=True, tag="goal-attainment"):
    """How far the service's objectives have come, relative to plan: by other indicators, or by reported figures."""


OwnIndicator = Ratio | Stock | Mean | Quantile | Participation | Representativeness | ContributedHours | CostPerCase
"""Indicators that rest on no other one."""

AnyIndicator = OwnIndicator | GoalAttainment


class Scorecard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Indicators, and the weight of each dimension in public value."""

    id: Id
    version: Version
    name: Text
    description: Text
    dimensions: dict[Dimension, Weight]
    indicators: list[AnyIndicator]

    def __post_init__(self) -> None:
        ids = [indicator.id for indicator in self.indicators]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise ValueError(f"indicators defined twice: {', '.join(twice)}")
        used = {indicator.dimension for indicator in self.indicators}
        if used != set(self.dimensions):
            raise ValueError("the dimensions with a weight are not those of the indicators")

    @property
    def measures(self) -> set[str]:
        """What it needs of buckets by name; what a formula alone implies is always kept."""
        return {indicator.measure for indicator in self.indicators if isinstance(indicator, Ratio | Mean | Quantile)}

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each dimension in public value."""
        return {str(name): weight for name, weight in self.dimensions.items()}

    @property
    def label(self) -> str:
        """How scores name it, such as `default.v1`."""
        return f"{self.id}.v{self.version}"

    @property
    def longest_half_life(self) -> int:
        """In days; 1 where nothing decays."""
        return max((getattr(indicator, "half_life_days", 1) for indicator in self.indicators), default=1)


def parse(document: bytes) -> Scorecard:
    """The scorecard that a YAML document defines. Raises InvalidScorecard."""
    try:
        return msgspec.yaml.decode(document, type=Scorecard)
    except (msgspec.MsgspecError, ValueError) as error:
        raise InvalidScorecard(str(error)) from error


@cache
def scorecards() -> Mapping[str, Scorecard]:
    """The scorecards of this installation by label, the default one first."""
    folder = files("services.metrics") / "scorecards"
    cards = [parse(file.read_bytes()) for file in folder.iterdir() if file.name.endswith(".yaml")]
    return {card.label: card for card in sorted(cards, key=lambda card: (card.label != DEFAULT, card.label))}
