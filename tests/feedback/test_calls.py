"""Calls for contributions: opened by staff, answered while they are open, closed exactly once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.calls.closing import close_some
from services.feedback.calls.handlers import close as closing
from services.feedback.contributions.domain import Contribution
from services.feedback.contributions.handlers import pledge as pledging
from services.feedback.idempotency.domain import Answer
from shared.contracts.feedback import CallClosed, CallOpened, ContributionPledged
from shared.database import connection, transaction
from shared.outbox.append import append
from tests.feedback.conftest import Events, tell_of_service

ATOM = "{http://www.w3.org/2005/Atom}"
WANTED = {"title": "Hands for the spring clean", "text": "Gloves are there", "form": "hours", "amount": 600}


def later(**how: float) -> str:
    return (datetime.now(UTC) + timedelta(**how)).isoformat()


async def call(clerk: httpx.AsyncClient, service: str, **body: Any) -> Any:
    answer = await clerk.post("/v1/calls", json={"service_id": service, **(WANTED | body)})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def pledge(citizen: httpx.AsyncClient, call: Any, **body: Any) -> httpx.Response:
    given = {"service_id": call["service_id"], "form": "hours", "amount": 60, "call_id": call["id"], **body}
    return await citizen.post("/v1/contributions", json=given)


async def close(clerk: httpx.AsyncClient, call: Any) -> httpx.Response:
    return await clerk.post(f"/v1/calls/{call['id']}/closing")


def refused(answer: httpx.Response, status: int, slug: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:civicloop:problem:{slug}"), answer.text


async def test_staff_calls_and_citizens_answer(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, city: str, events: Events
) -> None:
    opened = await call(clerk, lamps, closes_at=later(days=30), place="At the pond", district_id=f"{city}.north")
    assert (opened["state"], opened["amount"], opened["place"]) == ("open", 600, "At the pond")
    given = [(await pledge(citizen, opened)).json() for _ in range(3)]
    for each in given[:2]:
        token = {"Receipt-Token": each["receipt_token"]}
        await citizen.post(f"/v1/contributions/{each['id']}/made", json={"amount": 50}, headers=token)
    await clerk.post(f"/v1/contributions/{given[0]['id']}/verification", json={"amount": 45})
    seen = (await citizen.get(f"/v1/calls/{opened['id']}")).json()
    assert seen["progress"] == {"contributions": 3, "pledged": 180, "made": 100, "verified": 45}
    totals = (await citizen.get(f"/v1/contributions/totals?call_id={opened['id']}")).json()["totals"]
    assert [(each["pledged"], each["made"], each["verified"]) for each in totals] == [(180, 100, 45)]
    listed = (await citizen.get(f"/v1/contributions?call_id={opened['id']}")).json()["items"]
    assert [each["id"] for each in listed] == [each["id"] for each in given[::-1]]
    told, pledged, *_ = await events(lamps)
    assert isinstance(told, CallOpened)
    assert (told.call_id, told.form, told.district_id) == (opened["id"], "hours", f"{city}.north")
    assert told.closes_at == datetime.fromisoformat(opened["closes_at"])
    assert isinstance(pledged, ContributionPledged)
    assert pledged.call_id == opened["id"]
    assert not any(text in repr(told) for text in ("spring", "Gloves", "pond"))


async def test_a_call_closed_by_staff_takes_no_more(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    opened = await call(clerk, lamps)
    assert (await pledge(citizen, opened)).status_code == 201
    closed = await close(clerk, opened)
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert closed.json()["progress"]["pledged"] == 60
    refused(await pledge(citizen, opened), 409, "call-over")
    refused(await close(clerk, opened), 409, "call-over")
    told = (await events(lamps))[-1]
    assert isinstance(told, CallClosed)
    assert told.closed_at == datetime.fromisoformat(closed.json()["closed_at"])
    assert len(await events(lamps)) == 3


async def test_a_call_whose_time_is_over_is_closed_once(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, other_feedback: FastAPI, lamps: str,
    events: Events,
) -> None:  # fmt: skip
    opened = [await call(clerk, lamps, closes_at=later(seconds=0.4)) for _ in range(5)]
    still_open = await call(clerk, lamps, closes_at=later(days=1))
    while (await citizen.get(f"/v1/calls/{opened[-1]['id']}")).json()["state"] == "open":
        await asyncio.sleep(0.05)
    for each in opened:
        refused(await pledge(citizen, each), 409, "call-over")
    engines = [app.state.engine for app in (feedback, other_feedback) for _ in range(3)]
    await asyncio.gather(*(close_some(engine) for engine in engines), *(close(clerk, each) for each in opened[:2]))
    assert await close_some(feedback.state.engine) == 0
    told = [event for event in await events(lamps) if isinstance(event, CallClosed)]
    assert sorted(event.call_id for event in told) == [each["id"] for each in opened]
    ends = {event.call_id: event.closed_at for event in told}
    assert [ends[each["id"]] for each in opened] == [datetime.fromisoformat(each["closes_at"]) for each in opened]
    assert (await citizen.get(f"/v1/calls/{still_open['id']}")).json()["state"] == "open"


async def test_pledges_raced_with_the_closing_are_before_it_or_refused(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    opened = await call(clerk, lamps)
    sent = [pledge(client, opened) for client in (citizen, neighbour) for _ in range(10)]
    *answers, closed = await asyncio.gather(*sent[:10], *sent[10:], close(clerk, opened))
    assert closed.status_code == 200
    assert {answer.status_code for answer in answers} <= {201, 409}
    told = await events(lamps)
    assert isinstance(told[-1], CallClosed), "nothing is pledged after it"
    pledged = [event for event in told if isinstance(event, ContributionPledged)]
    assert len(pledged) == sum(answer.status_code == 201 for answer in answers)
    assert (await citizen.get(f"/v1/calls/{opened['id']}")).json()["progress"]["contributions"] == len(pledged)


WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND state = 'active' AND query LIKE '%_call%'
"""


async def until_waiting(feedback: FastAPI, task: asyncio.Task[Any]) -> None:
    """Until the task waits for a lock in the database, or is done."""
    async with connection(feedback.state.engine) as database:
        while not task.done() and not await database.fetchval(WAITING):
            await asyncio.sleep(0.01)


async def test_a_pledge_waits_for_a_closing_under_way_and_is_refused(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events
) -> None:
    opened = await call(clerk, lamps)
    async with transaction(feedback.state.engine) as database:
        done = await closing(database, UUID(opened["id"]), datetime.now(UTC), lambda *_: Answer(200, b""))
        pledged = asyncio.create_task(pledge(citizen, opened))
        await until_waiting(feedback, pledged)
        await append(database, done.events)
    refused(await pledged, 409, "call-over")
    assert [type(event) for event in await events(lamps)] == [CallOpened, CallClosed]


async def test_a_closing_waits_for_a_pledge_under_way(
    clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str, events: Events
) -> None:
    opened = await call(clerk, lamps)
    now = datetime.now(UTC)
    given = Contribution(
        id=uuid4(), jurisdiction_id=city, service_id=lamps, contributor="c0ffee", form="hours", amount=5, given_at=now,
        due_at=now, call_id=UUID(opened["id"]),
    )  # fmt: skip
    async with transaction(feedback.state.engine) as database:
        done = await pledging(database, given, (), lambda: datetime.now(UTC), lambda _: Answer(201, b""))
        closed = asyncio.create_task(close(clerk, opened))
        await until_waiting(feedback, closed)
        assert not closed.done()
        await append(database, done.events)
    assert (await closed).json()["progress"]["pledged"] == 5
    assert [type(event) for event in await events(lamps)] == [CallOpened, ContributionPledged, CallClosed]


async def test_pledges_that_do_not_fit_the_call(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str
) -> None:
    trees = await tell_of_service(feedback, city, "trees")
    hours = await call(clerk, lamps)
    money = await call(clerk, lamps, form="money", amount=10_000, currency="JPY")
    anything = await call(clerk, lamps, form=None, amount=None)
    refused(await pledge(citizen, hours, service_id=trees), 422, "call-for-something-else")
    refused(await pledge(citizen, hours, form="skills"), 422, "call-for-something-else")
    refused(await pledge(citizen, money), 422, "call-for-something-else")
    refused(await pledge(citizen, money, form="money", currency="EUR"), 422, "call-for-something-else")
    refused(await pledge(citizen, {**hours, "id": str(uuid4())}), 422, "unknown-call")
    assert (await pledge(citizen, money, form="money", currency="JPY")).status_code == 201
    assert (await pledge(citizen, anything)).status_code == 201
    assert (await pledge(citizen, anything, form="money", currency="EUR")).status_code == 201
    seen = (await citizen.get(f"/v1/calls/{money['id']}")).json()
    assert (seen["currency_digits"], seen["progress"]["pledged"]) == (0, 60)
    mixed = (await citizen.get(f"/v1/calls/{anything['id']}")).json()["progress"]
    assert mixed == {"contributions": 2, "pledged": None, "made": None, "verified": None}


async def test_calls_are_listed(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, city: str) -> None:
    first = await call(clerk, lamps, district_id=f"{city}.north")
    second = await call(clerk, lamps, form="goods", amount=3)
    third = await call(clerk, lamps)
    await close(clerk, third)

    async def listed(query: str) -> list[str]:
        answer = await citizen.get(f"/v1/calls?{query}")
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]

    ids = [each["id"] for each in (third, second, first)]
    assert await listed(f"service_id={lamps}") == await listed(f"jurisdiction_id={city}") == ids[1:]
    assert await listed(f"service_id={lamps}&state=all") == ids
    assert await listed(f"service_id={lamps}&state=closed") == ids[:1]
    assert await listed(f"service_id={lamps}&form=goods") == ids[1:2]
    assert await listed(f"district_id={city}.north") == ids[2:]
    page = (await citizen.get(f"/v1/calls?service_id={lamps}&limit=1")).json()
    assert await listed(f"service_id={lamps}&limit=1&cursor={page['next']}") == ids[2:]
    assert (await citizen.get("/v1/calls?cursor=WzFd")).status_code == 400
    assert (await citizen.get(f"/v1/calls/{uuid4()}")).status_code == 404


async def test_open_calls_are_a_feed(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str) -> None:
    closed = await call(clerk, lamps, title="No more")
    await close(clerk, closed)
    opened = await call(clerk, lamps, closes_at=later(days=2), title="Blankets & <soap>")
    answer = await citizen.get(f"/v1/feeds/calls.atom?service_id={lamps}")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    (entry,) = ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")
    title, link = entry.findtext(f"{ATOM}title") or "", entry.find(f"{ATOM}link")
    assert title.startswith("Blankets & <soap> (until ")
    assert link is not None
    assert link.attrib["href"].endswith(f"/v1/calls/{opened['id']}")
    again = {"If-None-Match": answer.headers["ETag"]}
    assert (await citizen.get(f"/v1/feeds/calls.atom?service_id={lamps}", headers=again)).status_code == 304
    assert (await citizen.get("/v1/feeds/calls.atom?service_id=nowhere")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"title": "a\0"},
        {"text": "\0"},
        {"form": "time"},
        {"form": None},
        {"amount": 0},
        {"amount": -5},
        {"amount": 2**63},
        {"amount": 1.5},
        {"form": "money"},
        {"form": "money", "currency": "XXX"},
        {"currency": "EUR"},
        {"closes_at": "soon"},
        {"closes_at": "2020-01-01T00:00:00Z"},
        {"closes_at": "9999-12-31T23:59:59-14:00"},
        {"place": ""},
    ],
)
async def test_calls_that_do_not_fit(
    clerk: httpx.AsyncClient, lamps: str, events: Events, body: dict[str, Any]
) -> None:
    answer = await clerk.post("/v1/calls", json={"service_id": lamps, **(WANTED | body)})
    assert answer.status_code == 422, answer.text
    assert await events(lamps) == []


async def test_only_staff_calls(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, importer: httpx.AsyncClient, lamps: str
) -> None:
    opened = await call(clerk, lamps)
    for client, status in ((citizen, 401), (importer, 403)):
        assert (await client.post("/v1/calls", json={"service_id": lamps, **WANTED})).status_code == status
        assert (await close(client, opened)).status_code == status
    refused(await close(clerk, {"id": str(uuid4())}), 404, "unknown-call")
    refused(await clerk.post("/v1/calls", json={"service_id": "nowhere", **WANTED}), 422, "unknown-service")


async def test_sent_twice_with_a_key_a_call_is_opened_and_closed_once(
    clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    body = {"service_id": lamps, **WANTED}
    answers = await asyncio.gather(*(clerk.post("/v1/calls", json=body, headers=key) for _ in range(6)))
    assert len({answer.content for answer in answers}) == 1
    opened = answers[0].json()
    key = {"Idempotency-Key": str(uuid4())}
    url = f"/v1/calls/{opened['id']}/closing"
    answers = await asyncio.gather(*(clerk.post(url, headers=key) for _ in range(6)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert len(await events(lamps)) == 2
