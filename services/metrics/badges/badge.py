"""A badge as SVG: what it is of, the score, and the interval on a scale from 0 to 100.

Texts are measured roughly, and told how long to be (`textLength`), since nobody knows the fonts of whoever looks.
"""

import re
from datetime import date
from typing import NamedTuple
from unicodedata import combining, east_asian_width
from xml.sax.saxutils import escape, quoteattr

from babel.dates import format_date

from services.metrics.languages import translations
from services.metrics.scores.points import Points
from shared.contracts.catalog.places import ColourPair
from shared.text import clean_line

NAME_COLOURS = ColourPair(text="#ffffff", background="#333333")
LONGEST = 60
HEIGHT, PADDING, SIZE = 28, 8, 12
NOT_XML = re.compile("[\ufffe\uffff]")
NARROW, WIDE = frozenset("fijlrtIJ.,:;'|!()[]{}-/ "), frozenset("mwMWQO@%&")

NAMES = {
    "public_value": "public value",
    "effectiveness": "effectiveness",
    "efficiency": "efficiency",
    "legitimacy": "legitimacy",
}


class Badge(NamedTuple):
    """What a badge says: a service's figure by its name, and its points (None without a score)."""

    name: str
    figure: str
    points: Points | None
    day: date
    language: str
    colours: ColourPair


SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" \
role="img" aria-label={label} lang="{language}">
<title>{title}</title>
<rect width="{width}" height="{height}" rx="4" fill="{right.background}"/>
<path d="M4 0H{split}V{height}H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z" fill="{left.background}"/>
<g font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="{size}" text-anchor="middle" aria-hidden="true">
<text x="{name_at}" y="17" fill="{left.text}" textLength="{name_length}" \
lengthAdjust="spacingAndGlyphs">{name}</text>
<text x="{figure_at}" y="17" fill="{right.text}" textLength="{figure_length}" \
lengthAdjust="spacingAndGlyphs">{figure}</text>
</g>
{scale}</svg>
"""
SCALE = """\
<g fill="none" stroke="{colour}" aria-hidden="true">
<path d="M{start} 23.5H{end}" opacity="0.35"/>
<path d="M{low} 23.5H{high}" stroke-width="3"/>
<path d="M{score} 20.5V26.5" stroke-width="2"/>
</g>
"""


def svg(badge: Badge) -> str:
    """The badge; the same bytes for the same."""
    text = translations(badge.language).ugettext
    figure_name = text(NAMES[badge.figure])
    name = NOT_XML.sub("", clean_line(badge.name))
    shown = name if len(name) <= LONGEST else f"{name[: LONGEST - 1].rstrip()}…"
    figure = f"{figure_name}: {_short(badge.points) or text('no score yet')}"
    name_length, figure_length = _length(shown), _length(figure)
    split = name_length + 2 * PADDING
    width = split + figure_length + 2 * PADDING
    told = _told(badge, name, figure_name)
    return SVG.format(
        width=width,
        height=HEIGHT,
        size=SIZE,
        split=split,
        label=quoteattr(told),
        title=escape(told),
        language=badge.language,
        left=NAME_COLOURS,
        right=badge.colours,
        name=escape(shown),
        name_at=PADDING + name_length / 2,
        name_length=name_length,
        figure=escape(figure),
        figure_at=split + PADDING + figure_length / 2,
        figure_length=figure_length,
        scale=_scale(badge, split + PADDING, figure_length),
    )


def _short(points: Points | None) -> str | None:
    return None if points is None else f"{points.score:.0f} ({points.low:.0f}–{points.high:.0f})"


def _told(badge: Badge, name: str, figure_name: str) -> str:
    """What a screen reader says."""
    text = translations(badge.language).ugettext
    day = format_date(badge.day, "long", locale=badge.language)
    if badge.points is None:
        return text("%(name)s, %(figure)s: no score yet, as of %(day)s") % {
            "name": name, "figure": figure_name, "day": day,
        }  # fmt: skip
    score, low, high = (f"{each:.0f}" for each in badge.points[:3])
    return text("%(name)s, %(figure)s: %(score)s of 100 (90 %% interval %(low)s to %(high)s), as of %(day)s") % {
        "name": name, "figure": figure_name, "score": score, "low": low, "high": high, "day": day,
    }  # fmt: skip


def _scale(badge: Badge, start: float, length: float) -> str:
    if badge.points is None:
        return ""
    low, high, score = (
        round(start + length * each / 100, 1) for each in (badge.points.low, badge.points.high, badge.points.score)
    )
    return SCALE.format(colour=badge.colours.text, start=start, end=start + length, low=low, high=high, score=score)


def _length(text: str) -> int:
    """About how long a text is in Verdana, or in whatever is as wide."""
    return round(SIZE * sum(map(_em, text)) + 0.5)


def _em(character: str) -> float:
    if combining(character):
        return 0
    if east_asian_width(character) in "WF":
        return 1.05
    if character in NARROW or "\u0590" <= character < "\u0900":
        return 0.42
    return 0.95 if character in WIDE else 0.7 if character.isupper() else 0.61
