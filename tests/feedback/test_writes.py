"""Concurrent writes share transactions without being able to tell."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from services.feedback import writes
from services.feedback.idempotency.domain import Answer
from services.feedback.parts import Parts
from services.feedback.ratings.domain import Rating
from services.feedback.ratings.handlers import Given, give
from services.feedback.writes import Coalescer, Effect, TooBusy, Write
from shared.contracts.feedback import RatingGiven
from shared.database import connection
from shared.ids import uuid7
from tests.feedback.conftest import Events


def a_rating(
    service: str, *, contributor: str | None = None, value: int = 3, comment: str | None = None
) -> Write[Given]:
    rating = Rating(
        id=uuid7(),
        jurisdiction_id="somewhere",
        service_id=service,
        contributor=contributor or uuid7().hex,
        value=value,
        given_at=datetime.now(UTC),
        comment=comment,
    )
    answer = Answer(201, b'{"id":"%s"}' % str(rating.id).encode())
    return Write(Given(rating, contributor is not None), answer, None, ((rating.contributor, service),))


async def transactions_of(app: FastAPI, service: str) -> int:
    async with connection(app.state.engine) as database:
        counted: int = await database.fetchval(
            "SELECT count(DISTINCT xmin::text) FROM rating WHERE service_id = $1", service
        )
        return counted


async def test_many_at_once_are_few_transactions(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events
) -> None:
    body = {"service_id": lamps, "value": 4}
    answers = await asyncio.gather(*(citizen.post("/v1/ratings", json=body) for _ in range(200)))
    ids = [answer.json()["id"] for answer in answers]
    told = [event.rating_id for event in await events(lamps) if isinstance(event, RatingGiven)]
    assert sorted(told) == sorted(ids)
    assert await transactions_of(feedback, lamps) < 100


@pytest.mark.parametrize("culprit", [{"value": 9}, {"comment": "a\0b"}, {"comment": "\ud800"}])
async def test_only_the_culprit_of_a_batch_fails(
    feedback: FastAPI, lamps: str, events: Events, culprit: dict[str, object]
) -> None:
    """Validation comes before; this is what no validation foresaw."""
    here: Parts = feedback.state.parts
    good = [a_rating(lamps) for _ in range(20)]
    mixed = [*good[:10], a_rating(lamps, **culprit), *good[10:]]  # type: ignore[arg-type]
    answers = await asyncio.gather(*map(here.ratings.submit, mixed), return_exceptions=True)
    assert answers[:10] + answers[11:] == [write.answer for write in good]
    assert isinstance(answers[10], asyncpg.PostgresError)
    assert len(await events(lamps)) == 20


async def test_one_contributor_rates_often_at_once_through_two_processes(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events
) -> None:
    body = {"service_id": lamps, "value": 1}
    token = (await citizen.post("/v1/ratings", json=body)).json()["receipt_token"]
    sent = [
        client.post("/v1/ratings", json={**body, "value": 1 + number % 5}, headers={"Receipt-Token": token})
        for number in range(30)
        for client in (citizen, neighbour)
    ]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {201}
    await assert_each_replaces_the_one_before(feedback, lamps, events, 61)


async def test_ratings_and_withdrawals_race(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    given = (await citizen.post("/v1/ratings", json={"service_id": lamps, "value": 1})).json()
    headers = {"Receipt-Token": given["receipt_token"]}
    answers = await asyncio.gather(
        *(citizen.post("/v1/ratings", json={"service_id": lamps, "value": 2}, headers=headers) for _ in range(5)),
        *(neighbour.delete(f"/v1/ratings/{given['id']}", headers=headers) for _ in range(5)),
    )
    assert Counter(answer.status_code for answer in answers[:5]) == {201: 5}
    assert {answer.status_code for answer in answers[5:]} <= {200, 409}
    async with connection(feedback.state.engine) as database:
        states = await database.fetch("SELECT state FROM rating WHERE service_id = $1", lamps)
    assert Counter(row["state"] for row in states)["current"] == 1


async def assert_each_replaces_the_one_before(app: FastAPI, service: str, events: Events, count: int) -> None:
    told = [event for event in await events(service) if isinstance(event, RatingGiven)]
    assert len(told) == count
    assert [event.replaces and event.replaces.rating_id for event in told[1:]] == [e.rating_id for e in told[:-1]]
    async with connection(app.state.engine) as database:
        current = await database.fetch("SELECT id FROM rating WHERE service_id = $1 AND state = 'current'", service)
    assert [str(row["id"]) for row in current] == [told[-1].rating_id]


async def test_a_full_queue_says_so(feedback: FastAPI, lamps: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writes, "MOST_WAITING", 3)
    here: Parts = feedback.state.parts
    answers = await asyncio.gather(*(here.ratings.submit(a_rating(lamps)) for _ in range(5)), return_exceptions=True)
    assert [isinstance(answer, TooBusy) for answer in answers] == [False, False, False, True, True]


async def test_callers_of_a_full_queue_are_told_to_come_back(
    citizen: httpx.AsyncClient, lamps: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "MOST_WAITING", 0)
    refused = await citizen.post("/v1/ratings", json={"service_id": lamps, "value": 4})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")


async def test_a_connection_that_was_lost_in_between_is_not_noticed(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events
) -> None:
    body = {"service_id": lamps, "value": 4}
    assert (await citizen.post("/v1/ratings", json=body)).status_code == 201
    async with connection(feedback.state.engine) as database:
        ended = await database.fetchval(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert ended > 0
    await asyncio.sleep(0.2)
    assert (await citizen.post("/v1/ratings", json=body)).status_code == 201
    assert len(await events(lamps)) == 2


async def test_a_connection_that_is_lost_fails_what_was_under_way_and_nothing_after(
    feedback: FastAPI, lamps: str, events: Events
) -> None:
    async def dying(database: asyncpg.Connection, given: Sequence[Given]) -> None:
        await give(database, given)
        if any(item.rating.value == 1 for item in given):
            await database.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async with running(feedback, dying) as queue:
        fatal = [a_rating(lamps), a_rating(lamps, value=1), a_rating(lamps)]
        answers = await asyncio.gather(*map(queue.submit, fatal), return_exceptions=True)
        assert [isinstance(answer, writes.GONE) for answer in answers] == [True] * 3
        after = a_rating(lamps)
        assert await queue.submit(after) == after.answer
    assert len(await events(lamps)) == 1


@asynccontextmanager
async def running(app: FastAPI, effect: Effect[Given]) -> AsyncIterator[Coalescer[Given]]:
    """A queue of ratings with another effect."""
    queue = Coalescer(app.state.engine, effect)
    task = asyncio.create_task(queue.run())
    yield queue
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_caller_who_hangs_up_does_not_harm_the_others(feedback: FastAPI, lamps: str, events: Events) -> None:
    here: Parts = feedback.state.parts
    waiting = [asyncio.create_task(here.ratings.submit(a_rating(lamps))) for _ in range(10)]
    await asyncio.sleep(0)
    waiting[3].cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(answer, Answer) for answer in answers] == [number != 3 for number in range(10)]
    assert len(await events(lamps)) == 10


async def test_an_effect_that_fails_leaves_nothing(feedback: FastAPI, lamps: str, events: Events) -> None:
    async def failing(database: asyncpg.Connection, given: Sequence[Given]) -> None:
        await give(database, given)
        raise RuntimeError("after the events")

    async with running(feedback, failing) as queue:
        answers = await asyncio.gather(*(queue.submit(a_rating(lamps)) for _ in range(3)), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["after the events"] * 3
    assert await events(lamps) == []
