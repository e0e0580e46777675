"""`/v1/stream`: server-sent events (WHATWG HTML, section 9.2)."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.metrics.stream.listener import Listener
from shared.text import EntityId

router = APIRouter(prefix="/v1", tags=["scores"])


@router.get("/stream", response_class=EventSourceResponse, summary="Scores as they change")
async def stream(
    request: Request,
    service_id: Annotated[EntityId | None, Query(description="One service; without it, all")] = None,
    last_event_id: Annotated[str | None, Header(description="The id of the last event received")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """`score.changed` with the data of `/score`, each with an id to resume after.

    `reset` says that the id to resume after is older than what is kept, or none of this installation: what lies between
    is to be read from `/score`, and the stream goes on from now. A comment comes every 15 s when nothing else does.
    """
    async for event in Listener(request.app.state.feed, request.app.state.engine, service_id).listen(last_event_id):
        yield event
