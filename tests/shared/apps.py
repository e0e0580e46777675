"""A small application, made as the services make theirs."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from fastapi import APIRouter, FastAPI

from shared.http import build_app


async def ready() -> str | None:
    return None


@asynccontextmanager
async def no_lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield


def small_app(router: APIRouter, *, streaming: Sequence[str] = ()) -> FastAPI:
    return build_app("Small", "For tests", lifespan=no_lifespan, routers=[router], ready=ready, streaming=streaming)


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """Speaks to it as a caller would, who sees an answer where the process only logs a fault."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://small")
