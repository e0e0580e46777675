"""Ratings as the public sees them."""

from dataclasses import replace

from services.feedback.ratings.domain import Rating
from services.feedback.ratings.schemas import RatingView


def public(rating: Rating) -> RatingView:
    """Without personal data in its comment; without the comment while moderation hides it."""
    if rating.hidden_at is not None:
        rating = replace(rating, comment=None)
    elif rating.comment_masked is not None:
        rating = replace(rating, comment=rating.comment_masked)
    return RatingView.model_validate(rating)
