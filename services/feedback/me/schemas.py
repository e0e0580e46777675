"""What somebody is told of all that they gave."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.feedback.me.store import Erasure
from services.feedback.ratings.schemas import RatingView
from services.feedback.requests.schemas import RequestView


class Mine(BaseModel):
    """What a contributor gave, the newest first: requests, ratings that count, and other kinds by their names."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, list[dict[str, Any]]]

    requests: list[RequestView]
    ratings: list[RatingView]


class ErasureView(BaseModel):
    """How far an erasure has come."""

    id: UUID
    state: Literal["under_way", "done"]
    asked_at: datetime
    inputs: int
    done_at: datetime | None

    @classmethod
    def of(cls, erasure: Erasure) -> "ErasureView":
        return cls(state="under_way" if erasure.done_at is None else "done", **erasure._asdict())
