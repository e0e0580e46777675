"""What callers say of pictures, and what they are told."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, computed_field

from services.feedback.media.domain import MOST, TYPE


def address(picture: UUID) -> str:
    """Where a picture is served, under the address of the api."""
    return f"/v1/media/{picture}"


class PictureView(BaseModel):
    """A picture; its addresses are relative to that of the api."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    width: int
    height: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def type(self) -> Literal["image/jpeg"]:
        return TYPE

    @computed_field  # type: ignore[prop-decorator]
    @property
    def url(self) -> str:
        return address(self.id)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def thumbnail_url(self) -> str:
        return f"{address(self.id)}/thumbnail"


MediaIds = Annotated[
    list[UUID],
    Field(max_length=MOST, description="Pictures that were uploaded to `/v1/media`, in the order to show them"),
]


class MediaInput(BaseModel):
    """Pictures that are to belong to something."""

    media: Annotated[MediaIds, Field(min_length=1)]


class Uploaded(BaseModel):
    """Pictures that were taken in, in the order in which they came."""

    items: list[PictureView]
