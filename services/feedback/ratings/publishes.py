"""What happened to ratings, as the events that others learn of. None carries text, a place or a name."""

from datetime import datetime

from services.feedback.places import place
from services.feedback.ratings.domain import Rating
from shared.contracts.feedback import TOPIC, Aspect, RatingErased, RatingGiven, RatingWithdrawn, ReplacedRating
from shared.outbox.append import Outgoing, outgoing


def rating_given(rating: Rating, replaced: Rating | None) -> Outgoing:
    """A new rating counts from now on, and `replaced` no longer."""
    contract = RatingGiven(
        **place(rating),
        rating_id=str(rating.id),
        contributor=rating.contributor,
        value=rating.value,
        given_at=rating.given_at,
        replaces=None if replaced is None else _replaced(replaced),
        channel=rating.channel,
        campaign=rating.campaign,
        aspects=_aspects(rating),
        request_id=None if rating.request_id is None else str(rating.request_id),
    )
    return outgoing(TOPIC, rating.service_id, contract, rating.given_at)


def _replaced(rating: Rating) -> ReplacedRating:
    return ReplacedRating(
        rating_id=str(rating.id),
        value=rating.value,
        given_at=rating.given_at,
        district_id=rating.district_id,
        aspects=_aspects(rating),
    )


def _aspects(rating: Rating) -> dict[Aspect, int] | None:
    return {Aspect(name): value for name, value in rating.aspects.items()} if rating.aspects else None


def rating_withdrawn(rating: Rating) -> Outgoing:
    """A rating counts no longer. ValueError for one that is not withdrawn."""
    if rating.withdrawn_at is None:
        raise ValueError(f"rating {rating.id} is {rating.state}")
    contract = RatingWithdrawn(
        **place(rating),
        rating_id=str(rating.id),
        contributor=rating.contributor,
        value=rating.value,
        given_at=rating.given_at,
        withdrawn_at=rating.withdrawn_at,
        aspects=_aspects(rating),
        channel=rating.channel,
    )
    return outgoing(TOPIC, rating.service_id, contract, rating.withdrawn_at)


def rating_erased(rating: Rating, at: datetime) -> Outgoing:
    """A rating is gone: it counts no longer, if it still did."""
    contract = RatingErased(
        **place(rating),
        rating_id=str(rating.id),
        contributor=rating.contributor,
        given_at=rating.given_at,
        erased_at=at,
        value=rating.value if rating.state == "current" else None,
        aspects=_aspects(rating) if rating.state == "current" else None,
        channel=rating.channel,
    )
    return outgoing(TOPIC, rating.service_id, contract, at)
