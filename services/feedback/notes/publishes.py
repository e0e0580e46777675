"""What happened to notes of citizens, as the events that others learn of. None carries text."""

from datetime import datetime

from services.feedback.notes.domain import Note
from services.feedback.places import place
from services.feedback.requests.domain import Request
from shared.contracts.feedback import TOPIC, Because, NotePosted, NoteWithdrawn
from shared.outbox.append import Outgoing, outgoing


def note_posted(note: Note, request: Request) -> Outgoing:
    """A citizen added something to a request. ValueError for a note by staff."""
    contract = NotePosted(
        **place(request),
        note_id=str(note.id),
        request_id=str(request.id),
        contributor=_contributor(note),
        given_at=note.at,
        channel=note.channel,
        campaign=note.campaign,
    )
    return outgoing(TOPIC, request.service_id, contract, note.at)


def note_withdrawn(note: Note, request: Request, at: datetime, because: Because) -> Outgoing:
    """A note counts no longer. ValueError for a note by staff."""
    contract = NoteWithdrawn(
        **place(request),
        note_id=str(note.id),
        request_id=str(request.id),
        contributor=_contributor(note),
        given_at=note.at,
        withdrawn_at=max(at, note.at),
        because=because,
        channel=note.channel,
    )
    return outgoing(TOPIC, request.service_id, contract, max(at, note.at))


def _contributor(note: Note) -> str:
    if note.contributor is None:
        raise ValueError(f"note {note.id} is by staff")
    return note.contributor
