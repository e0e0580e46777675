"""What the HTTP processes have in common: problems, health, schemas, and bodies that end somewhere."""

import gc
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, FastAPI, Header, Path, Request, Response
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import problems
from shared.contracts.schemas import committed
from shared.database import TRANSIENT, connection
from shared.links import add_links
from shared.observability import Readiness, operations_router
from shared.problems import Problem, ProblemResponse, problem_response

log = structlog.get_logger()

BODY_LIMIT = 1_048_576
"""Bytes of a request body; routes that stream (imports) are exempt and set their own bounds."""

UNAVAILABLE = (
    *(fault for fault in TRANSIENT if fault is not OSError),
    ConnectionError,
    InterfaceError,
    OperationalError,
)
"""Faults of the database that pass: callers are told to come again."""

EMPTY: Mapping[str, int] = MappingProxyType({})

DISCARDED = 32 * BODY_LIMIT
"""How much more of a refused body is read, to no purpose but the answer's."""


def spare_collections() -> None:
    """What start-up made lives as long as the process: the collector need not look at it for every few requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class TooLarge(Exception):
    """The body is longer than its limit."""


READ_WHOLE = (b"application/json", b"application/x-www-form-urlencoded")
"""Bodies that stand in memory while they are read."""


class BodyLimit:
    """ASGI middleware that answers 413 to bodies beyond the limit, without keeping them or reading on for ever.

    `exempt` are paths, by their beginnings, whose bodies have no limit; `with_files` are those whose bodies may be that
    many bytes long, unless they are of a kind that is read whole.
    """

    def __init__(self, app: ASGIApp, exempt: Sequence[str] = (), with_files: Mapping[str, int] = EMPTY) -> None:
        self._app = app
        self._exempt = tuple(exempt)
        self._with_files = dict(with_files)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD") or scope["path"].startswith(self._exempt):
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope)
        if _declared_length(scope) > limit:
            await _refuse(receive, send, limit)
            return
        await self._limited(scope, receive, send, limit)

    def _limit(self, scope: Scope) -> int:
        for beginning, limit in self._with_files.items():
            if scope["path"].startswith(beginning) and not _content_type(scope).startswith(READ_WHOLE):
                return limit
        return BODY_LIMIT

    async def _limited(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        read, started = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            if started or read <= limit:  # else it is what the application makes of half a body
                started = True
                await send(message)

        with suppress(TooLarge):
            await self._app(scope, counted, noted)
        if not started and read > limit:
            await _refuse(receive, send, limit)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _content_type(scope: Scope) -> bytes:
    return next((value.strip().lower() for name, value in scope["headers"] if name == b"content-type"), b"")


async def _refuse(receive: Receive, send: Send, limit: int) -> None:
    problem = Problem(413, "body-too-large", "The body is too large", f"This takes up to {limit} bytes")
    problem.headers["Connection"] = "close"
    response = problem_response(problem)
    await send({"type": "http.response.start", "status": problem.status, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    await _discard(receive)
    await send({"type": "http.response.body", "body": b""})


async def _discard(receive: Receive) -> None:
    """Reads on for a while: many clients look for an answer only when they have sent all, or find a broken line."""
    left, more = DISCARDED, True
    while left > 0 and more:
        message = await receive()
        left -= len(message.get("body", b""))
        more = message.get("more_body", False)


def schemas_router() -> APIRouter:
    """`/schemas/{type}/{version}`: the JSON Schema of each event type; it never changes once published."""
    router = APIRouter(tags=["events"])

    @router.get("/schemas/{name}/{version}", summary="JSON Schema of an event type", response_class=Response)
    async def schema(
        name: Annotated[str, Path()],
        version: Annotated[str, Path()],
        if_none_match: Annotated[str, Header(include_in_schema=False)] = "",
    ) -> Response:
        found = committed().get(f"{name}.{version}")
        if found is None:
            raise Problem(404, "unknown-schema", "There is no such event type")
        headers = {"ETag": found.etag, "Cache-Control": "public, max-age=31536000, immutable"}
        if matches(if_none_match, found.etag):
            return Response(status_code=304, headers=headers)
        return Response(found.text, media_type="application/schema+json", headers=headers)

    return router


def matches(if_none_match: str, etag: str) -> bool:
    """Whether the caller has what stands here (RFC 9110, 13.1.2: compared weakly)."""
    held = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return etag in held or "*" in held


def database_ready(engine: AsyncEngine) -> Readiness:
    """Ready while the database answers."""

    async def ready() -> str | None:
        try:
            async with connection(engine) as database:
                await database.fetchval("SELECT 1")
        except TRANSIENT as error:
            return f"the database does not answer: {error}"
        return None

    return ready


async def _on_unavailable(_: Request, error: Exception) -> ProblemResponse:
    log.warning("database unavailable", error=repr(error))
    return problem_response(
        Problem(503, "unavailable", "The database does not answer now", "Try again", headers={"Retry-After": "1"})
    )


def _tells_methods(routers: Sequence[APIRouter]) -> Callable[[Request, Exception], Awaitable[ProblemResponse]]:
    """Answers 405 with all methods of the address: each is a route of its own, and one alone was asked."""
    routes = [route for router in routers for route in router.routes if isinstance(route, Route)]

    async def on_other_method(request: Request, _: Exception) -> ProblemResponse:
        found = [route.methods or set() for route in routes if route.matches(request.scope)[0] is not Match.NONE]
        allowed = ", ".join(sorted(set().union(*found)))
        return problem_response(Problem(405, "method-not-allowed", "Method Not Allowed", headers={"Allow": allowed}))

    return on_other_method


def build_app(
    title: str,
    summary: str,
    *,
    lifespan: Lifespan,
    routers: Sequence[APIRouter],
    ready: Readiness,
    streaming: Sequence[str] = (),
    with_files: Mapping[str, int] = EMPTY,
) -> FastAPI:
    """An HTTP process of the platform. `streaming` and `with_files` are for `BodyLimit`."""
    app = FastAPI(title=title, summary=summary, version="1", lifespan=lifespan, responses={**problems.RESPONSES})
    problems.install(app)
    for fault in UNAVAILABLE:
        app.add_exception_handler(fault, _on_unavailable)
    app.add_middleware(BodyLimit, exempt=streaming, with_files=with_files)
    everything = (*routers, operations_router(ready), schemas_router())
    for router in everything:
        app.include_router(router)
    app.add_exception_handler(405, _tells_methods(everything))
    app.openapi = _linked(app.openapi)  # type: ignore[method-assign]
    return app


def _linked(describe: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """The document of an application, with links; made once."""

    @cache
    def openapi() -> dict[str, Any]:
        document = describe()
        add_links(document)
        return document

    return openapi
