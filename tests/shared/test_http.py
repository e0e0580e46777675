"""Bodies end somewhere: by what they declare, or by what comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from shared.http import BODY_LIMIT
from tests.shared.apps import small_app

router = APIRouter()
JSON = {"content-type": "application/json"}
FRAME = len('{"text": ""}')


class Letter(BaseModel):
    text: Annotated[str, Field(min_length=1)]


@router.post("/letters")
async def letters(letter: Letter) -> int:
    return len(letter.text)


@router.put("/parcels")
async def parcels(request: Request) -> int:
    return len(await request.body())


@router.post("/freight")
async def freight(request: Request) -> int:
    return sum([len(chunk) async for chunk in request.stream()])


@pytest.fixture
async def post_office() -> AsyncIterator[httpx.AsyncClient]:
    """On a real port, as a real server reads what comes."""
    app = small_app(router, streaming=["/freight"])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield client
    server.should_exit = True
    await running


def letter_of(size: int) -> bytes:
    """A letter whose JSON has so many bytes."""
    return b'{"text": "' + b"x" * (size - FRAME) + b'"}'


async def in_chunks(content: bytes) -> AsyncIterator[bytes]:
    """The content without its length told beforehand."""
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]


SENDERS = {"declared": lambda content: content, "in chunks": in_chunks}


@pytest.mark.parametrize("sent", SENDERS)
@pytest.mark.parametrize(("method", "path"), [("POST", "/letters"), ("PUT", "/parcels")])
async def test_a_body_of_exactly_the_limit_passes(
    post_office: httpx.AsyncClient, method: str, path: str, sent: str
) -> None:
    content = letter_of(BODY_LIMIT)
    answer = await post_office.request(method, path, content=SENDERS[sent](content), headers=JSON)
    assert answer.status_code == 200
    assert answer.json() == (BODY_LIMIT - FRAME if path == "/letters" else BODY_LIMIT)


@pytest.mark.parametrize("excess", [1, 10 * BODY_LIMIT])
@pytest.mark.parametrize("sent", SENDERS)
@pytest.mark.parametrize(("method", "path"), [("POST", "/letters"), ("PUT", "/parcels")])
async def test_more_is_refused_and_the_limit_named(
    post_office: httpx.AsyncClient, method: str, path: str, sent: str, excess: int
) -> None:
    """By one byte, or by many that the sender has yet to send when the answer stands."""
    content = letter_of(BODY_LIMIT + excess)
    answer = await post_office.request(method, path, content=SENDERS[sent](content), headers=JSON)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:civicloop:problem:body-too-large"
    assert str(BODY_LIMIT) in answer.json()["detail"]


async def test_a_body_without_end_is_not_read_to_its_end(post_office: httpx.AsyncClient) -> None:
    sent = 0

    async def without_end() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b"x" * 65_536

    with suppress(httpx.TransportError):
        await post_office.put("/parcels", content=without_end())
    assert sent < 100 * BODY_LIMIT
    assert (await post_office.put("/parcels", content=b"x")).json() == 1


@pytest.mark.parametrize("sent", SENDERS)
async def test_routes_that_stream_take_more(post_office: httpx.AsyncClient, sent: str) -> None:
    content = b"x" * (3 * BODY_LIMIT)
    answer = await post_office.post("/freight", content=SENDERS[sent](content))
    assert answer.json() == len(content)


async def test_others_are_served_after_a_refusal(post_office: httpx.AsyncClient) -> None:
    for _ in range(3):
        answer = await post_office.post("/letters", content=letter_of(2 * BODY_LIMIT), headers=JSON)
        assert answer.status_code == 413
        assert (await post_office.post("/letters", json={"text": "hello"})).json() == 5


async def test_a_process_tells_that_it_lives_is_ready_and_what_it_did(post_office: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/health/ready"):
        assert (await post_office.get(path)).status_code == 200
    assert "python_info" in (await post_office.get("/metrics")).text
