"""Apps that were offline send what was given meanwhile: in any order, late, and twice."""

import asyncio
import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from shared.contracts.feedback import RatingGiven, RequestOpened, SupportGiven
from shared.database import transaction
from tests.feedback import test_budgets as budgets
from tests.feedback import test_consultations as consultations
from tests.feedback.conftest import Events
from tests.feedback.test_erasure import work
from tests.feedback.test_me import ask, give


def item(kind: str, body: dict[str, Any], ago: timedelta | None = None, **more: Any) -> dict[str, Any]:
    made = {} if ago is None else {"made_at": (datetime.now(UTC) - ago).isoformat()}
    return {"id": str(uuid4()), "kind": kind, "body": body, **made, **more}


def rating(service: str, value: int, ago: timedelta | None = None) -> dict[str, Any]:
    return item("rating", {"service_id": service, "value": value}, ago)


async def send(client: httpx.AsyncClient, items: list[Any], giver: str | None = None, **headers: str) -> Any:
    body = {"items": items} | ({"giver": giver} if giver else {})
    answer = await client.post("/v1/batch", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert [each.get("id") for each in answer.json()["items"]] == [
        each.get("id") if isinstance(each.get("id"), str) else None for each in items
    ]
    return answer.json()


@pytest.fixture
def giver() -> str:
    """An app's own name for its user."""
    return str(uuid4())


async def test_all_kinds_are_taken_as_one_persons(
    citizen: httpx.AsyncClient, lamps: str, events: Events, giver: str
) -> None:
    request = item("request", {"service_id": lamps, "description": "It is dark"}, timedelta(days=2))
    note = item("note", {"request_id": request["id"], "text": "Still dark"})
    hours = item("contribution", {"service_id": lamps, "form": "hours", "amount": 120})
    told = await send(citizen, [note, hours, rating(lamps, 2, timedelta(hours=1)), request], giver)
    assert [each["status"] for each in told["items"]] == [201] * 4, told
    made = told["items"][3]["answer"]
    mine = await ask(citizen, "/v1/me", told["receipt_token"])
    assert [each["id"] for each in mine["requests"]] == [made["id"]]
    notes = (await citizen.get(f"/v1/requests/{made['id']}/notes")).json()["items"]
    assert [(each["text"], each["by"]) for each in notes] == [("Still dark", "reporter")]
    assert len({getattr(event, "contributor", None) for event in await events(lamps)}) == 1
    assert datetime.fromisoformat(made["opened_at"]) == datetime.fromisoformat(request["made_at"])
    opened = next(event for event in await events(lamps) if isinstance(event, RequestOpened))
    assert opened.due_at is not None
    assert opened.due_at - opened.opened_at == timedelta(days=1), "the time to close it runs from when it was made"


async def test_a_discussion_is_taken_whole(citizen: httpx.AsyncClient, lamps: str, giver: str) -> None:
    """By two people, of whom the second answers what the first has said."""
    proposal = item("proposal", {"service_id": lamps, "title": "Lamps that see", "text": "Dim them at night"})
    comment = item("comment", {"proposal_id": proposal["id"], "text": "They would save much"})
    answer = item("comment", {"proposal_id": proposal["id"], "answers_id": comment["id"], "text": "Half of it"})
    told = await send(citizen, [answer, comment, proposal], giver)
    assert [each["status"] for each in told["items"]] == [201] * 3, told
    assert told["items"][0]["answer"]["answers_id"] == told["items"][1]["answer"]["id"]
    support = item("support", {"proposal_id": told["items"][2]["answer"]["id"]})
    (own,) = (await send(citizen, [support], giver))["items"]
    assert own["status"] >= 400, "one's own"
    for _ in range(2):
        (others,) = (await send(citizen, [support], "5a0d1d5e-3c33-4c4f-9d2a-5f1f0a6a7c11"))["items"]
        assert others["status"] == 200, others


async def test_answers_and_votes_are_taken_late_and_the_newest_counts(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str, giver: str
) -> None:
    asked = await consultations.opened(clerk, lamps)
    budget, ids = await budgets.opened(clerk, lamps)
    async with transaction(feedback.state.engine) as database:
        for table in ("consultation", "budget"):
            await database.execute(f"UPDATE {table} SET opens_at = now() - interval '9 days'")

    def said(which: str, project: str, days: int) -> list[dict[str, Any]]:
        ago = timedelta(days=days)
        answer = {"consultation_id": asked, "answers": {"which": which}}
        vote = {"budget_id": budget, "projects": [ids[project]]}
        return [item("answer", answer, ago), item("vote", vote, ago)]

    newer, older = said("other", "Paint", 1), said("one", "Trees", 2)
    told = await send(citizen, newer, giver)
    assert [each["status"] for each in told["items"]] == [201, 201], told
    late = await send(citizen, older, giver)
    assert {(each["status"], each["problem"]["type"]) for each in late["items"]} == {
        (409, "urn:civicloop:problem:newer-counts")
    }
    mine = {"Receipt-Token": told["receipt_token"]}
    answer = (await citizen.get(f"/v1/consultations/{asked}/answers/mine", headers=mine)).json()
    vote = (await citizen.get(f"/v1/budgets/{budget}/votes/mine", headers=mine)).json()
    assert (answer["answers"]["which"], vote["points"]) == ("other", {ids["Paint"]: 1})
    for kept, sent in ((answer, newer[0]), (vote, newer[1])):
        assert datetime.fromisoformat(kept["given_at"]) == datetime.fromisoformat(sent["made_at"])
    (before_it_opened,) = (await send(citizen, said("one", "Trees", 12)[1:], str(uuid4())))["items"]
    assert before_it_opened["status"] == 201
    await budgets.end(feedback, budget)
    await consultations.end(feedback, asked)
    over = await send(citizen, said("one", "Trees", 1), str(uuid4()))
    assert [each["problem"]["type"] for each in over["items"]] == ["urn:civicloop:problem:not-open"] * 2


async def test_all_kinds_count_from_when_they_were_made(
    citizen: httpx.AsyncClient, lamps: str, events: Events, giver: str
) -> None:
    """But from no earlier than what they belong to."""
    request = item("request", {"service_id": lamps}, timedelta(days=5))
    proposal = item("proposal", {"service_id": lamps, "title": "Lamps", "text": "Dim them"}, timedelta(days=4))
    items = [
        request, proposal, item("contribution", {"service_id": lamps, "form": "hours", "amount": 9}, timedelta(days=3)),
        item("note", {"request_id": request["id"], "text": "Still"}, timedelta(days=2)),
        item("note", {"request_id": request["id"], "text": "Too early"}, timedelta(days=8)),
        item("comment", {"proposal_id": proposal["id"], "text": "Good"}, timedelta(days=1)),
    ]  # fmt: skip
    told = await send(citizen, items, giver)
    assert [each["status"] for each in told["items"]] == [201] * 6, told
    here = told["items"][1]["answer"]["id"]
    support = item("support", {"proposal_id": here}, timedelta(hours=2))
    (other,) = (await send(citizen, [support], str(uuid4())))["items"]
    made = [datetime.fromisoformat(each["made_at"]) for each in items]
    answers = [each["answer"] for each in told["items"]]
    times = [
        answers[0]["opened_at"], answers[1]["published_at"], answers[2]["given_at"], answers[3]["at"], answers[4]["at"],
        answers[5]["given_at"], other["answer"]["given_at"],
    ]  # fmt: skip
    expected = [*made[:4], made[0], made[5], datetime.fromisoformat(support["made_at"])]
    assert [datetime.fromisoformat(each) for each in times] == expected
    assert [event.given_at for event in await events(lamps) if isinstance(event, SupportGiven)] == expected[-1:]


async def test_sent_again_each_is_answered_as_before(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, lamps: str, events: Events, giver: str
) -> None:
    items = [item("request", {"service_id": lamps}), rating(lamps, 4), rating("nowhere", 1)]
    first = await send(citizen, items, giver)
    again = await send(neighbour, [*items[::-1], item("request", {"service_id": lamps})], giver)
    assert again["items"][:3] == first["items"][::-1]
    assert again["items"][3]["status"] == 201
    assert again["receipt_token"] == first["receipt_token"]
    by_token = await send(citizen, items, **{"Receipt-Token": first["receipt_token"]})
    assert by_token == first
    assert len(await events(lamps)) == 3
    changed = items[0] | {"body": {"service_id": lamps, "description": "Another"}}
    (other,) = (await send(citizen, [changed], giver))["items"]
    assert (other["status"], other["problem"]["type"]) == (409, "urn:civicloop:problem:idempotency-key-reused")


@pytest.mark.parametrize("seed", range(4))
async def test_in_any_order_the_newest_rating_counts(
    citizen: httpx.AsyncClient, lamps: str, events: Events, giver: str, seed: int
) -> None:
    """However ratings are spread over batches, and in whichever order these arrive."""
    items = [rating(lamps, value, timedelta(hours=10 - value)) for value in (1, 2, 3, 4, 5)]
    chance = random.Random(seed)
    chance.shuffle(items)
    cut = chance.randint(1, 4)
    results = [result for part in (items[:cut], items[cut:]) for result in (await send(citizen, part, giver))["items"]]
    assert {result["status"] for result in results} <= {201, 409}
    token = (await send(citizen, [rating("nowhere", 1)], giver))["receipt_token"]
    (current,) = (await ask(citizen, "/v1/me", token))["ratings"]
    assert current["value"] == 5
    taken = [event for event in await events(lamps) if isinstance(event, RatingGiven)]
    assert len(taken) == sum(result["status"] == 201 for result in results)
    assert all(later.given_at > earlier.given_at for earlier, later in itertools.pairwise(taken))


async def test_what_fails_does_not_stop_others(citizen: httpx.AsyncClient, lamps: str, giver: str) -> None:
    request = item("request", {"service_id": "nowhere"})
    items: list[Any] = [
        request,
        item("note", {"request_id": request["id"], "text": "Of what is not there"}),
        item("note", {"text": "Of nothing"}),
        item("note", {"request_id": "../../ratings?x=#", "text": "Somewhere else"}),
        item("murder", {}),
        item("rating", {"service_id": lamps, "value": 9}),
        {"id": "x", "kind": "rating", "body": {}},
        {"kind": "rating", "body": {}},
        {"id": 7, "kind": ["rating"], "body": "text", "made_at": 5},
        {},
        rating(lamps, 3),
        item("request", {"service_id": lamps, "description": "\0"}),
        {"id": str(UUID(int=1)), "kind": "rating", "body": {"service_id": lamps, "value": 3}},
    ]
    told = (await send(citizen, items, giver))["items"]
    assert [each["status"] for each in told] == [422, 424, 422, 422, 422, 422, 422, 422, 422, 422, 201, 422, 422]
    for each in told:
        assert ("problem" in each) == (each["status"] != 201)
        if "problem" in each:
            assert each["problem"]["status"] == each["status"]
            assert each["problem"]["title"]


async def test_those_that_refer_in_a_circle_are_refused(citizen: httpx.AsyncClient, lamps: str, giver: str) -> None:
    one, two = item("request", {"service_id": lamps}), item("request", {"service_id": lamps})
    one["body"]["description"], two["body"]["description"] = two["id"], one["id"]
    itself = item("request", {"service_id": lamps})
    itself["body"]["description"] = itself["id"]
    told = (await send(citizen, [one, two, itself], giver))["items"]
    assert [each["status"] for each in told] == [424, 424, 201]


async def test_an_item_can_refer_to_one_of_an_earlier_batch(citizen: httpx.AsyncClient, lamps: str, giver: str) -> None:
    request = item("request", {"service_id": lamps})
    (made,) = (await send(citizen, [request], giver))["items"]
    note = item("note", {"request_id": request["id"], "text": "More"})
    (added,) = (await send(citizen, [note], giver))["items"]
    assert added["status"] == 201
    (told,) = (await citizen.get(f"/v1/requests/{made['answer']['id']}/notes")).json()["items"]
    assert told["text"] == "More"
    (strangers,) = (await send(citizen, [note], str(uuid4())))["items"]
    assert strangers["status"] == 404


@pytest.mark.parametrize(
    ("ago", "status"),
    [(timedelta(days=29, hours=23), 201), (timedelta(days=30, minutes=1), 422), (-timedelta(minutes=4), 201),
     (-timedelta(minutes=6), 422), (timedelta(days=400_000), 422), (timedelta(), 201)],
)  # fmt: skip
async def test_times_within_bounds(
    citizen: httpx.AsyncClient, lamps: str, giver: str, ago: timedelta, status: int
) -> None:
    (told,) = (await send(citizen, [rating(lamps, 3, ago)], giver))["items"]
    assert told["status"] == status, told
    if status == 201:
        given = datetime.fromisoformat(told["answer"]["given_at"])
        assert given <= datetime.now(UTC), "a clock that is ahead does not make it come from the future"


@pytest.mark.parametrize(
    "body",
    [{}, {"items": []}, {"items": {}}, {"items": [1]}, {"items": "x"}, {"items": [{}] * 101},
     {"items": [{}], "giver": "x"}, {"items": [{}], "giver": str(UUID(int=5))}, {"items": [{}]}],
)  # fmt: skip
async def test_a_batch_that_is_none(citizen: httpx.AsyncClient, body: Any) -> None:
    refused = await citizen.post("/v1/batch", json=body)
    assert refused.status_code == 422, refused.text
    nested = '{"items":' + "[" * 5_000 + "]" * 5_000 + "}"
    deep = await citizen.post("/v1/batch", content=nested, headers={"Content-Type": "application/json"})
    assert deep.status_code in (400, 422)


async def test_two_apps_with_the_same_ids_do_not_meet(citizen: httpx.AsyncClient, lamps: str) -> None:
    items = [rating(lamps, 3)]
    (one,), (two,) = [(await send(citizen, items, str(uuid4())))["items"] for _ in range(2)]
    assert one["answer"]["id"] != two["answer"]["id"]


async def test_a_hundred_at_once(citizen: httpx.AsyncClient, lamps: str, events: Events, giver: str) -> None:
    told = await send(citizen, [item("request", {"service_id": lamps}) for _ in range(100)], giver)
    assert {each["status"] for each in told["items"]} == {201}
    assert len(await events(lamps)) == 100


async def test_the_same_batch_twice_at_once_is_taken_once(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, lamps: str, events: Events, giver: str
) -> None:
    items = [item("request", {"service_id": lamps}) for _ in range(20)]
    one, two = await asyncio.gather(*(send(client, items, giver) for client in (citizen, neighbour)))
    assert one == two
    assert len(await events(lamps)) == 20


async def test_an_erased_giver_gives_nothing_more(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, giver: str
) -> None:
    items = [item("request", {"service_id": lamps, "description": "Secret"})]
    token = (await send(citizen, items, giver))["receipt_token"]
    assert (await citizen.delete("/v1/me", headers={"Receipt-Token": token})).status_code == 202
    refused = await citizen.post("/v1/batch", json={"giver": giver, "items": items})
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:civicloop:problem:erased")
    await work(feedback)
    refused = await citizen.post("/v1/batch", json={"giver": giver, "items": items})
    assert refused.status_code == 401


async def test_a_receipt_token_goes_before_the_apps_own_name(
    citizen: httpx.AsyncClient, lamps: str, giver: str
) -> None:
    token = (await give(citizen, "/v1/requests", {"service_id": lamps}))["receipt_token"]
    told = await send(citizen, [rating(lamps, 3)], giver, **{"Receipt-Token": token})
    assert told["receipt_token"] == token
