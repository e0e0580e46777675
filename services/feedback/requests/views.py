"""A request with all that was said on it."""

from services.feedback.notes.schemas import NoteView
from services.feedback.requests.schemas import AnswerView, RequestView


class RequestDetail(RequestView):
    """A request with its public answers and notes, the oldest first."""

    answers: list[AnswerView]
    notes: list[NoteView]
