"""What the holder of a receipt token is told."""

from pydantic import BaseModel

from services.feedback.ratings.schemas import RatingView
from services.feedback.requests.schemas import RequestView


class Mine(BaseModel):
    """The requests that a contributor made, the newest first, and their ratings that count."""

    requests: list[RequestView]
    ratings: list[RatingView]
