"""What callers ask of the data, and the map that they get."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from services.feedback.requests.schemas import GivenState
from shared.text import EntityId
from shared.times import Time


class Selection(BaseModel):
    """Which requests, all of these at once."""

    jurisdiction_id: EntityId
    service_id: EntityId | None = None
    district_id: EntityId | None = None
    status: Literal["open", "closed"] | None = None
    state: GivenState | None = None
    opened_after: Time | None = Field(default=None, description="Opened then or later")
    opened_before: Time | None = Field(default=None, description="Opened before then")


Degrees = Annotated[float, Field(ge=0.0005, le=1, allow_inf_nan=False)]


class Area(Selection):
    """A part of the map, in degrees, and how fine it is."""

    west: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] = -180
    south: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] = -90
    east: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] = 180
    north: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] = 90
    cell: Degrees = Field(default=0.005, description="Width and height of a cell, in degrees")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.west > self.east or self.south > self.north:
            raise ValueError("west is not beyond east, nor south beyond north")
        return self


class Cell(BaseModel):
    """How many requests were made in a cell of the map; latitude and longitude are of its middle."""

    latitude: float
    longitude: float
    requests: int
    open: int
