"""The report's texts, in the reader's language, and how it writes numbers and days."""

from collections.abc import Mapping
from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from services.metrics.languages import translations
from services.metrics.scores.points import Points

NONE = "–"
WORDS: Mapping[str, str] = {
    "title": "How services do: a report to the council",
    "scores": "The city as a whole",
    "scores_note": "Scores run from 0 to 100. In brackets is the interval in which the true value lies with a "
    "probability of 90 %. Coverage is the share of a dimension's weight for which there is evidence. A dash means that "
    "there is too little evidence for a figure.",
    "dimension": "Dimension",
    "score": "Score",
    "coverage": "Coverage",
    "before": "Before",
    "now": "Now",
    "change": "Change",
    "changed": "What changed",
    "changed_none": "No score of a service can be compared with the one before.",
    "clear": "clear",
    "unclear": "within the uncertainty",
    "verdict": "Is it clear?",
    "changed_note": "A change is clear if the two intervals do not touch. Others may be chance.",
    "ranking": "Services in order",
    "ranking_note": "In brackets are the first and the last rank that the intervals allow. Services that are tied "
    "cannot be told apart from a neighbour: their order means nothing.",
    "rank": "Rank",
    "service": "Service",
    "tied": "tied",
    "events": "Events in the period",
    "highest": "Highest",
    "lowest": "Lowest",
    "extremes": "Highest and lowest",
    "extremes_none": "Fewer than two services have a score.",
    "over_time": "The city over time",
    "day": "Day",
    "rests": "What the figures rest on",
    "indicator": "Indicator",
    "value": "Value",
    "unit": "Unit",
    "target": "Target",
    "points": "Points",
    "observations": "Observations",
    "absent": "No figure",
    "scorecard": "Scorecard",
    "public_value": "public value",
    "effectiveness": "effectiveness",
    "efficiency": "efficiency",
    "legitimacy": "legitimacy",
    "no_services": "The city has no services here yet.",
}


class Words:
    """One language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._text = translations(language).ugettext

    @property
    def all(self) -> dict[str, str]:
        """What templates say, by name."""
        return {name: self(text) for name, text in WORDS.items()}

    def __call__(self, text: str, **values: str) -> str:
        """A text, with values put in."""
        found = self._text(text)
        return found % values if values else found

    def day(self, day: date) -> str:
        """A day in words."""
        return format_date(day, "long", locale=self.language)

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A number with so many decimals."""
        return NONE if value is None else format_decimal(value, f"#,##0.{'0' * decimals}", locale=self.language)

    def short(self, value: float | None) -> str:
        """A number with as many decimals as say something."""
        return NONE if value is None else format_decimal(value, "#,##0.##", locale=self.language)

    def share(self, value: float) -> str:
        """A share as percent."""
        return format_percent(value, "#,##0 %", locale=self.language)

    def points(self, points: Points | None) -> str:
        """A score with its interval."""
        if points is None:
            return NONE
        score, low, high = (self.number(each) for each in points[:3])
        return f"{score} ({low}–{high})"

    def signed(self, value: float) -> str:
        """A difference."""
        written = self.number(abs(value), 1)
        return written if not float(f"{value:.1f}") else f"{'+' if value > 0 else '−'}{written}"
