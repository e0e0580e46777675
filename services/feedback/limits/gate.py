"""Refuses what is too much before anything is done for it: ASGI middleware."""

from collections.abc import Callable

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.feedback.limits.limiter import Limiter
from services.feedback.people.door import IDENTITY
from shared.problems import Problem

LONGEST_HEADERS = 65_536
OPERATIONS = ("/health/", "/metrics")


class Gate:
    """Lets requests in, once each; `refuse` makes the response that says why one is not."""

    def __init__(self, app: ASGIApp, limiter: Limiter, refuse: Callable[[Request, Problem], Response]) -> None:
        self._app = app
        self._limiter = limiter
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and IDENTITY not in scope and not scope["path"].startswith(OPERATIONS):
            try:
                _check_size(scope)
                await self._limiter.arrive(scope)
            except Problem as problem:
                await self._refuse(Request(scope), problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _check_size(scope: Scope) -> None:
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LONGEST_HEADERS:
        raise Problem(
            431, "headers-too-large", "The headers are too large", f"This takes up to {LONGEST_HEADERS} bytes"
        )
