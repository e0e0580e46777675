"""Scorecards as documents: what the default one says, and what is refused."""

from importlib.resources import files

import pytest

from services.metrics.scores.scorecard import DEFAULT, InvalidScorecard, Mean, Quantile, Ratio, Stock, parse, scorecards

DOCUMENT = (files("services.metrics") / "scorecards" / "default.v3.yaml").read_text()


def test_the_default_scorecard_is_the_table_of_the_score_model() -> None:
    rows = [
        (
            i.id,
            i.dimension,
            i.weight,
            getattr(i, "half_life_days", None),
            getattr(i, "prior_strength", None),
            i.floor,
            i.target,
        )
        for i in scorecards()[DEFAULT].indicators
    ]
    assert rows == [
        ("resolution-rate", "effectiveness", 3, 90, 20, 0.5, 0.95),
        ("first-time-fix", "effectiveness", 2, 90, 20, 0.5, 0.95),
        ("satisfaction", "effectiveness", 3, 90, 20, 1, 4.5),
        ("goal-attainment", "effectiveness", 2, None, None, 0, 1),
        ("on-time", "efficiency", 3, 90, 20, 0.5, 0.95),
        ("resolution-time", "efficiency", 2, 90, None, 3, 1),
        ("first-answer-time", "efficiency", 2, 90, None, 3, 1),
        ("backlog-age", "efficiency", 2, None, 20, 0.5, 0.05),
        ("cost-per-case", "efficiency", 2, None, None, 2, 1),
        ("participation", "legitimacy", 2, None, None, 0, 5),
        ("representativeness", "legitimacy", 2, None, None, 0.5, 0.95),
        ("answered", "legitimacy", 3, 90, 20, 0.5, 0.95),
        ("decided", "legitimacy", 2, 90, 20, 0.5, 0.95),
        ("co-production", "legitimacy", 1, 90, 20, 0.3, 0.8),
        ("contributed-hours", "legitimacy", 1, None, None, 0, 10),
    ]
    assert scorecards()[DEFAULT].weights == {"effectiveness": 1, "efficiency": 1, "legitimacy": 1}


def test_each_indicator_has_the_formula_of_the_score_model() -> None:
    by_id = {each.id: each for each in scorecards()[DEFAULT].indicators}
    assert [type(by_id[name]) for name in ("on-time", "backlog-age", "satisfaction")] == [Ratio, Stock, Mean]
    median, ninth_decile = by_id["resolution-time"], by_id["first-answer-time"]
    assert isinstance(median, Quantile)
    assert isinstance(ninth_decile, Quantile)
    assert (median.quantile, ninth_decile.quantile) == (0.5, 0.9)


@pytest.mark.parametrize(
    ("was", "becomes", "reason"),
    [
        ("target: 4.5", "target: 1", "floor and target are the same"),
        ("weight: 3", "weight: 0", "weight"),
        ("half_life_days: 90", "half_life_days: soon", "half_life_days"),
        ("measure: rating", "measure: moon", "moon"),
        ("id: on-time", "id: answered", "answered"),
        ("  legitimacy: 1\n", "", "dimensions"),
        ("formula: stock", "formula: astrology", "astrology"),
        ("version: 3", "version: 3\nsurprise: 2", "surprise"),
        ("indicators:", "indicators: [", "flow"),
    ],
)
def test_a_document_that_is_no_scorecard_is_refused_with_its_reason(was: str, becomes: str, reason: str) -> None:
    assert was in DOCUMENT
    with pytest.raises(InvalidScorecard, match=reason):
        parse(DOCUMENT.replace(was, becomes, 1).encode())
