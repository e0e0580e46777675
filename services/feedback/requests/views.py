"""Requests as the public sees them, and one with all that was said on it."""

from dataclasses import replace

import asyncpg

from services.feedback.media.schemas import PictureView
from services.feedback.media.store import pictures
from services.feedback.notes.schemas import NoteView
from services.feedback.requests.domain import Request
from services.feedback.requests.schemas import AnswerView, RequestView


class RequestDetail(RequestView):
    """A request with its public answers and notes, the oldest first."""

    answers: list[AnswerView]
    notes: list[NoteView]


def answered(row: asyncpg.Record, *, addresses: bool) -> AnswerView:
    """An answer; with `addresses`, also those of pictures that are not here."""
    told = {name: row[name] for name in ("id", "at", "text", "request_id", "hidden")}
    elsewhere = list(row["unfetched"]) if addresses and not row["hidden"] else []
    media = [PictureView.model_validate(each) for each in pictures(row["media"])]
    return AnswerView(**told, media_urls=elsewhere, media=media)


def public(request: Request) -> RequestView:
    """Without personal data in its description; without its texts and its place while moderation hides them."""
    if request.hidden:
        request = replace(request, description=None, address=None, latitude=None, longitude=None)
    elif request.description_masked is not None:
        request = replace(request, description=request.description_masked)
    return RequestView.model_validate(request)
