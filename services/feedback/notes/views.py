"""Notes as they are shown."""

import asyncpg

from services.feedback.media.schemas import PictureView
from services.feedback.media.store import pictures
from services.feedback.notes.schemas import NoteView, PrivateNoteView


def told(row: asyncpg.Record, *, addresses: bool) -> NoteView:
    """A public note; with `addresses`, also those of pictures that are not here."""
    hidden = row["hidden"]
    text = None if hidden else row["shown"]
    elsewhere = list(row["unfetched"]) if addresses and not hidden else []
    return NoteView(
        id=row["id"], at=row["at"], by=row["by"], text=text, hidden=hidden, media_urls=elsewhere, media=_media(row)
    )


def told_to_staff(row: asyncpg.Record) -> PrivateNoteView:
    """Any note, whole, with all addresses that came with it."""
    names = ("id", "at", "by", "text", "hidden", "private", "author", "contact")
    told = {name: row[name] for name in names}
    return PrivateNoteView(**told, media_urls=list(row["media_urls"]), media=_media(row))


def _media(row: asyncpg.Record) -> list[PictureView]:
    return [PictureView.model_validate(each) for each in pictures(row["media"])]
