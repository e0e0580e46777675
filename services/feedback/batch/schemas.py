"""What an app sends at once, and what it is told of each."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema

from shared.times import Time

MOST_ITEMS = 100


def _random(value: UUID) -> UUID:
    if value.version not in (4, 7):
        raise ValueError("must be a random UUID, of version 4 or 7")
    return value


ClientId = Annotated[UUID, AfterValidator(_random)]


class ItemInput(BaseModel):
    """An input. Members of its body can hold the ids of other items: of a request, for the rating of it."""

    id: ClientId = Field(description="Made by the app, at random; sent again, it is answered as it was the first time")
    kind: str = Field(
        max_length=100, description="request, rating, note, contribution, proposal, comment, support, answer or vote"
    )
    made_at: Time | None = Field(default=None, description="By the app's clock; at most 30 days ago")
    body: dict[str, Any] = Field(description="What would be sent to the route of its kind")


class BatchInput(BaseModel):
    """Up to 100 inputs by one person, in any order."""

    giver: ClientId | None = Field(
        default=None,
        description="Who gives, where no receipt token and no account says so: a random id that an app makes once for "
        "its user, and tells nobody. What is given with it has the same receipt token",
    )
    items: list[Annotated[dict[str, Any], WithJsonSchema(ItemInput.model_json_schema())]] = Field(
        min_length=1, max_length=MOST_ITEMS
    )


class ItemResult(BaseModel):
    """What became of an item: the answer of its route, or the problem."""

    id: str | None = Field(default=None, description="As it was sent; absent where none was")
    status: int
    answer: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None


class BatchResult(BaseModel):
    """What became of each item, in the order in which they were sent."""

    items: list[ItemResult]
    receipt_token: str = Field(description="Of whoever gave all of it")
