"""A scorecard with some of it changed. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import to_builtins

from services.metrics.scorecards.document import tidy
from services.metrics.scorecards.findings import Document, Finding, Path, named
from services.metrics.scorecards.validation import examine, nearest
from services.metrics.scores.scorecard import Scorecard

FIELDS = {
    "weights": "weight",
    "targets": "target",
    "floors": "floor",
    "half_lives": "half_life_days",
    "prior_strengths": "prior_strength",
}
"""What is changed of an indicator, by the name of the field that each sets."""


@dataclass(frozen=True)
class Changes:
    """New values by the ids of indicators, weights of dimensions (None takes one out), and indicators in and out."""

    dimensions: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, Any] = field(default_factory=dict)
    targets: Mapping[str, Any] = field(default_factory=dict)
    floors: Mapping[str, Any] = field(default_factory=dict)
    half_lives: Mapping[str, Any] = field(default_factory=dict)
    prior_strengths: Mapping[str, Any] = field(default_factory=dict)
    add: Sequence[Any] = ()
    remove: Sequence[str] = ()


def apply(card: Scorecard, changes: Changes) -> tuple[Scorecard | None, list[Finding]]:
    """The changed scorecard, under the same label; or what keeps it from being one, by the places in `changes`."""
    document: dict[str, Any] = to_builtins(card)
    by_id = {each["id"]: each for each in document["indicators"]}
    found = [*_unknown(changes, by_id)]
    if found:
        return None, found
    for name, of_indicator in FIELDS.items():
        for indicator, value in getattr(changes, name).items():
            by_id[indicator][of_indicator] = value
    weights = document["dimensions"] | changes.dimensions
    added = tidy(list(changes.add))
    document["dimensions"] = {name: weight for name, weight in weights.items() if weight is not None}
    document["indicators"] = [each for name, each in by_id.items() if name not in changes.remove] + added.value
    return examine(Document(document, findings=added.findings, origins=_origins(document, changes)))


def _unknown(changes: Changes, by_id: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Changes of what is not there."""
    for name, of_indicator in FIELDS.items():
        able = [each for each, fields in by_id.items() if of_indicator in fields]
        for indicator in getattr(changes, name):
            if indicator not in able:
                what = "is no indicator of the scorecard" if indicator not in by_id else f"has no {of_indicator}"
                yield Finding(named((name, indicator)), what, nearest(indicator, able))
    for place, indicator in enumerate(changes.remove):
        if indicator not in by_id:
            message = f"{indicator!r} is no indicator of the scorecard"
            yield Finding(named(("remove", place)), message, nearest(indicator, by_id))


def _origins(document: Mapping[str, Any], changes: Changes) -> dict[Path, Path]:
    """Where the parts of the changed document stand in `changes`."""
    origins: dict[Path, Path] = {}
    kept = len(document["indicators"]) - len(changes.add)
    for place, each in enumerate(document["indicators"][:kept]):
        for name, of_indicator in FIELDS.items():
            if each["id"] in getattr(changes, name):
                origins[("indicators", place, of_indicator)] = (name, each["id"])
    for place in range(len(changes.add)):
        origins[("indicators", kept + place)] = ("add", place)
    return origins
