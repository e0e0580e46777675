"""Notes as they are shown."""

import asyncpg

from services.feedback.notes.schemas import NoteView, PrivateNoteView


def told(row: asyncpg.Record) -> NoteView:
    """A public note."""
    text = None if row["hidden"] else row["shown"]
    media_urls = [] if row["hidden"] else list(row["media_urls"])
    return NoteView(id=row["id"], at=row["at"], by=row["by"], text=text, hidden=row["hidden"], media_urls=media_urls)


def told_to_staff(row: asyncpg.Record) -> PrivateNoteView:
    """Any note, whole."""
    names = ("id", "at", "by", "text", "hidden", "private", "author", "contact")
    return PrivateNoteView(**{name: row[name] for name in names}, media_urls=list(row["media_urls"]))
