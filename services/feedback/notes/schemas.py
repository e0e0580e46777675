"""What callers say of a note, and what they are told."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.feedback.media.schemas import MediaIds, PictureView
from services.feedback.requests.schemas import NoteText
from shared.text import Line


class NoteInput(BaseModel):
    """A note to a request."""

    text: NoteText
    private: bool = Field(default=False, strict=True, description="For staff alone; only staff can say so")
    channel: Line | None = Field(default=None, description="By which way it came, such as web or app")
    campaign: Line | None = Field(default=None, description="What called for it")
    media: MediaIds = []

    @model_validator(mode="after")
    def _pictures_are_for_all(self) -> Self:
        if self.private and self.media:
            raise ValueError("a private note has no pictures: whoever has the address of a picture sees it")
        return self


class NoteView(BaseModel):
    """A public note; `text` is null while moderation hides it."""

    id: UUID
    at: datetime
    by: Literal["staff", "reporter", "citizen"]
    text: str | None
    hidden: bool
    media_urls: list[str] = Field(description="Addresses of pictures elsewhere, as they were sent and as far as shown")
    media: list[PictureView]


class PrivateNoteView(NoteView):
    """A note as staff sees it: its whole text, and whose it is."""

    private: bool
    author: str | None
    contact: dict[str, str]


class NoteReceipt(NoteView):
    """A note just made, with the token that proves who made it, if a citizen did."""

    receipt_token: str | None = None
