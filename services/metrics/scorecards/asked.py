"""Dependencies of routes: the scorecard by which they answer."""

from typing import Annotated

from fastapi import Depends, Query, Request

from services.metrics.scorecards.cards import Cards, NoSuchScorecard
from services.metrics.scores.scorecard import Scorecard
from shared.problems import Problem
from shared.text import EntityId

Named = Annotated[
    str | None,
    Query(description="A scorecard's label, see /v1/scorecards; default is the active one", max_length=100),
]


def cards_of(request: Request) -> Cards:
    """What the process knows of scorecards."""
    cards: Cards = request.app.state.cards
    return cards


async def chosen(request: Request, jurisdiction_id: str, named: str | None) -> Scorecard:
    """The scorecard that is named, else the jurisdiction's active one. A problem where there is none of that name."""
    return await _named(cards_of(request), named) if named else await cards_of(request).of_jurisdiction(jurisdiction_id)


async def _of_jurisdiction(
    request: Request, jurisdiction_id: Annotated[EntityId, Query()], scorecard: Named = None
) -> Scorecard:
    return await chosen(request, jurisdiction_id, scorecard)


async def _named(cards: Cards, label: str) -> Scorecard:
    try:
        return await cards.named(label)
    except NoSuchScorecard as error:
        raise unknown(label) from error


def unknown(label: str) -> Problem:
    """What callers are told of a label that there is not."""
    return Problem(404, "unknown-scorecard", "There is no such scorecard", f"{label}; see /v1/scorecards")


JurisdictionCard = Annotated[Scorecard, Depends(_of_jurisdiction)]
"""For routes with `jurisdiction_id` in their query."""
