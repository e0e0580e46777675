"""Scores as FIWARE's KeyPerformanceIndicator (smart-data-models/dataModel.KeyPerformanceIndicator), in NGSI-LD."""

from collections.abc import Iterator
from typing import Any

from services.metrics.publishes import interval, rounded
from services.metrics.scores.assessment import Assessment, IndicatorScore
from services.metrics.scores.points import Points

CONTEXT = [
    "https://raw.githubusercontent.com/smart-data-models/dataModel.KeyPerformanceIndicator/master/context.jsonld",
    "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.6.jsonld",
]
TYPE = "KeyPerformanceIndicator"
# Orion refuses these in text.
REFUSED = str.maketrans(dict.fromkeys("<>\"'=;()", " "))

Entity = dict[str, Any]


def entities(assessment: Assessment, service: str, city: str, *, key_values: bool) -> Iterator[Entity]:
    """Public value, the dimensions and the indicators of a service, each that has a figure."""
    figures = {"public_value": assessment.public_value}
    figures |= {name: each.points for name, each in assessment.dimensions.items()}
    said = [(name, *_of_points(name, points)) for name, points in figures.items() if points is not None]
    said += [(one.indicator.id, *_of_indicator(one)) for one in assessment.indicators if one.points is not None]
    head = {"process": service, "organization": city}
    for name, members, beside in said:
        entity = _told(assessment, name, members, head)
        yield entity if key_values else _normalised(entity, assessment, beside)


def _of_points(name: str, points: Points) -> tuple[Entity, Entity]:
    score, low, high = interval(points)
    return {
        "name": name.replace("_", " "),
        "description": f"{name.replace('_', ' ')} of the service, 0 to 100",
        "category": ["quantitative"],
        "kpiValue": score,
    }, {"low": low, "high": high}


def _of_indicator(one: IndicatorScore) -> tuple[Entity, Entity]:
    definition, estimate = one.indicator, one.measured.estimate
    assert estimate is not None
    score, low, high = interval(one.points)
    return {
        "name": definition.name,
        "description": definition.description,
        "category": ["quantitative", "process" if definition.dimension == "efficiency" else "output"],
        "calculationFormula": f"{definition.numerator} / {definition.denominator}",
        "kpiValue": rounded(estimate.value),
    }, {"sd": rounded(estimate.sd), "n": one.measured.n, "unit": definition.unit, "points": score, "low": low,
        "high": high}  # fmt: skip


def _told(assessment: Assessment, name: str, members: Entity, head: Entity) -> Entity:
    common = {
        "calculationMethod": "automatic",
        "calculationFrequency": "daily",
        "calculationPeriod": {"to": assessment.as_of.isoformat()},
        "calculatedBy": f"Civicloop, scorecard {assessment.scorecard.label}",
    }
    plain = {key: _harmless(value) for key, value in {**members, **head, **common}.items()}
    return {"id": f"urn:ngsi-ld:{TYPE}:{assessment.service_id}:{name}", "type": TYPE, **plain, "@context": CONTEXT}


def _normalised(entity: Entity, assessment: Assessment, beside: Entity) -> Entity:
    """Each member as a Property; what stands beside the figure as properties of it."""
    found = {name: value if name in ("id", "type", "@context") else _property(value) for name, value in entity.items()}
    found["kpiValue"] |= {name: _property(_harmless(value)) for name, value in beside.items()}
    found["kpiValue"]["observedAt"] = f"{assessment.as_of.isoformat()}T23:59:59Z"
    return found


def _property(value: Any) -> Entity:
    return {"type": "Property", "value": value}


def _harmless(value: Any) -> Any:
    return " ".join(value.translate(REFUSED).split()) if isinstance(value, str) else value
