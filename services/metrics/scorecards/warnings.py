"""What is allowed of a scorecard, and worth a thought before it is stored. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from services.metrics.scorecards.findings import Document, Finding
from services.metrics.scores.assessment import Assessment
from services.metrics.scores.scorecard import Mean, Ratio, Representativeness, Scorecard, Stock

REACHABLE = ((Ratio, 0.0, 1.0), (Stock, 0.0, 1.0), (Representativeness, 0.0, 1.0), (Mean, 1.0, 5.0))
"""Between which values indicators of some kinds always lie."""

MOST_OF_A_DIMENSION = 0.8


def warnings(document: Document, card: Scorecard, assessments: Sequence[Assessment] | None) -> list[Finding]:
    """Of the card itself; and with a jurisdiction's services assessed by it, of what it would find there."""
    found = [*_bounds(document, card), *_heavy(document, card)]
    if assessments is not None:
        found += _without_evidence(document, card, assessments)
    return sorted(found, key=lambda finding: finding.line or 0)


def _bounds(document: Document, card: Scorecard) -> Iterator[Finding]:
    for place, indicator in enumerate(card.indicators):
        for kind, least, most in REACHABLE:
            for name in ("floor", "target"):
                value = getattr(indicator, name)
                if isinstance(indicator, kind) and not least <= value <= most:
                    message = f"is {value:g}, which this kind of indicator can never be"
                    yield document.finding(("indicators", place, name), message, f"{least:g} to {most:g}")


def _heavy(document: Document, card: Scorecard) -> Iterator[Finding]:
    totals: dict[str, float] = {}
    for each in card.indicators:
        totals[each.dimension] = totals.get(each.dimension, 0) + each.weight
    for place, each in enumerate(card.indicators):
        share = each.weight / totals[each.dimension]
        if MOST_OF_A_DIMENSION < share < 1:
            message = f"is {share:.0%} of the weight of {each.dimension}, so that the others hardly count"
            yield document.finding(("indicators", place, "weight"), message, f"at most {MOST_OF_A_DIMENSION:.0%}")


def _without_evidence(document: Document, card: Scorecard, assessments: Sequence[Assessment]) -> Iterator[Finding]:
    for place in range(len(card.indicators)):
        scores = [each.indicators[place] for each in assessments]
        if all(score.points is None for score in scores):
            reason = _most_common(score.measured.absent for score in scores)
            message = "no service here has evidence of it" + (f" ({reason})" if reason else "")
            right = "the data that it needs, or `optional: true`, or leave it out"
            yield document.finding(("indicators", place), message, right)


def _most_common(reasons: Iterable[str | None]) -> str | None:
    counted = Counter(reason for reason in reasons if reason)
    return counted.most_common(1)[0][0] if counted else None
