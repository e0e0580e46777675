"""What staff has to do: queues, who has what, and what comes first."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shared.database import connection
from tests.feedback.conftest import Events, tell_of_service
from tests.feedback.test_requests import make, step


async def queue(clerk: httpx.AsyncClient, city: str, **wanted: Any) -> list[str]:
    answer = await clerk.get("/v1/queue", params={"jurisdiction_id": city, **wanted})
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


async def assign(clerk: httpx.AsyncClient, request: dict[str, Any], **wanted: Any) -> httpx.Response:
    return await clerk.patch(f"/v1/queue/{request['id']}", json=wanted)


async def test_a_queue_is_in_the_order_in_which_things_are_to_be_done(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str, lamps: str
) -> None:
    made = [await make(citizen, lamps) for _ in range(5)]
    ids = [each["id"] for each in made]
    async with connection(feedback.state.engine) as database:
        await database.execute("UPDATE request SET due_at = NULL WHERE id = $1", ids[0])
    assert await queue(clerk, city) == [*ids[1:], ids[0]]
    await assign(clerk, made[4], priority="urgent")
    await assign(clerk, made[1], priority="low")
    expected = [ids[4], ids[2], ids[3], ids[0], ids[1]]
    assert await queue(clerk, city) == expected
    seen: list[str] = []
    asked: dict[str, Any] = {"jurisdiction_id": city, "limit": 2}
    while True:
        page = (await clerk.get("/v1/queue", params=asked)).json()
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert seen == expected
    await step(clerk, made[4], status="closed", resolution="resolved")
    assert await queue(clerk, city) == expected[1:]


async def test_a_queue_is_narrowed_and_counted(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str, lamps: str, poles: str
) -> None:
    pole = await make(citizen, poles, latitude=48.5, longitude=16.2)
    far = await make(citizen, poles, latitude=48.9, longitude=16.9)
    lamp = await make(citizen, lamps, district_id=f"{city}.south")
    late = await make(citizen, lamps)
    async with connection(feedback.state.engine) as database:
        await database.execute(
            "UPDATE request SET due_at = now() - interval '1 hour', answer_due_at = now() - interval '1 day' "
            "WHERE id = $1", late["id"],
        )  # fmt: skip
    await step(clerk, pole, status="progressed", state="in_progress")
    await assign(clerk, far, assignee="ada", organisation_id=f"{city}.lights", priority="high")
    for wanted, found in (
        ({"service_id": poles}, [far, pole]),
        ({"district_id": f"{city}.south"}, [far, lamp]),
        ({"state": "IN_PROGRESS"}, [pole]),
        ({"assignee": "ada"}, [far]),
        ({"organisation_id": f"{city}.lights"}, [far]),
        ({"unassigned": True}, [late, pole, lamp]),
        ({"priority": "high"}, [far]),
        ({"overdue": True}, [late]),
        ({"answer_overdue": True}, [late]),
        ({"latitude": 48.5, "longitude": 16.2}, [pole]),
        ({"overdue": True, "assignee": "ada"}, []),
    ):
        assert await queue(clerk, city, **wanted) == [each["id"] for each in found], wanted
    counts = (await clerk.get("/v1/queue/counts", params={"jurisdiction_id": city})).json()
    assert [counts[name] for name in ("open", "unassigned", "overdue", "answer_overdue")] == [4, 3, 1, 1]
    assert counts["by_assignee"] == [{"value": None, "open": 3}, {"value": "ada", "open": 1}]
    assert counts["by_priority"] == [{"value": "normal", "open": 3}, {"value": "high", "open": 1}]
    assert {each["value"]: each["open"] for each in counts["by_state"]} == {"open": 3, "in_progress": 1}
    few = (await clerk.get("/v1/queue/counts", params={"jurisdiction_id": city, "service_id": poles})).json()
    assert (few["open"], few["by_service"]) == (2, [{"value": poles, "open": 2}])
    await step(clerk, late, status="answered", answer="Sorry")
    assert await queue(clerk, city, answer_overdue=True) == []


async def test_the_smallest_numbers_are_no_fault(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, lamps: str
) -> None:
    tiny = {"latitude": 5e-324, "longitude": -5e-324}
    made = await make(citizen, lamps, **tiny)
    for place in (tiny, {"latitude": 0.0, "longitude": 0.0}, {"latitude": 1e-200, "longitude": 1e-160}):
        near = place | {"radius": 5e-324}
        assert await queue(clerk, city, **near) == [made["id"]]
        found = (await citizen.get("/v1/requests/nearby", params={"service_id": lamps, **near})).json()
        assert [each["metres"] for each in found] == [0]
    as_app = {"jurisdiction_id": city, "lat": "0", "long": "1e-320", "radius": "1e-320"}
    assert len((await citizen.get("/open311/v2/requests.json", params=as_app)).json()) == 1
    assert (await citizen.get("/v1/requests/heat", params={"jurisdiction_id": city})).status_code == 200


async def test_who_has_a_request_and_who_said_so(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, poles: str, events: Events
) -> None:
    made = await make(citizen, poles)
    given = (await assign(clerk, made, assignee="ada")).json()
    assert (given["assignee"], given["organisation_id"], given["priority"]) == ("ada", None, "normal")
    again = (await assign(clerk, made, organisation_id=f"{city}.lights")).json()
    assert (again["assignee"], again["organisation_id"]) == ("ada", f"{city}.lights")
    await assign(clerk, made, organisation_id=f"{city}.lights")
    await assign(clerk, made, assignee=None, priority="urgent")
    detail = (await clerk.get(f"/v1/queue/{made['id']}")).json()
    assert [(each["assignee"], each["priority"], each["author"]) for each in detail["history"]] == [
        ("ada", "normal", "feedback:staff"), ("ada", "normal", "feedback:staff"), (None, "urgent", "feedback:staff"),
    ]  # fmt: skip
    assert detail["due_at"] == made["due_at"]
    assert len(await events(poles)) == 1
    public = (await citizen.get(f"/v1/requests/{made['id']}")).json()
    assert not {"assignee", "priority", "organisation_id", "contact"} & public.keys()
    export = await citizen.get("/v1/me/export", headers={"Receipt-Token": made["receipt_token"]})
    assert not {"assignee", "priority", "organisation_id"} & export.json()["requests"][0].keys()
    unknown = await assign(clerk, made, organisation_id="moon.base")
    assert (unknown.status_code, unknown.json()["type"]) == (422, "urn:civicloop:problem:unknown-organisation")


@pytest.mark.parametrize("body", [{}, {"priority": "asap"}, {"priority": None}, {"assignee": ""}, {"assignee": 3}])
async def test_work_that_cannot_be_given_out(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, body: dict[str, Any]
) -> None:
    made = await make(citizen, lamps)
    assert (await assign(clerk, made, **body)).status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "x"}, {"cursor": "WzFd"}, {"cursor": "WzksIjIwMjYtMDEtMDEiLCJ4Il0"}, {"limit": 0},
        {"state": "asleep"}, {"latitude": 48}, {"latitude": "nan", "longitude": 1}, {"jurisdiction_id": "&"},
        {"assignee": "a\0b"}, {"cursor": "W3RydWUsIm5vdyIsIngiXQ"},
    ],
)  # fmt: skip
async def test_queues_that_cannot_be_given(clerk: httpx.AsyncClient, city: str, query: dict[str, Any]) -> None:
    answer = await clerk.get("/v1/queue", params={"jurisdiction_id": city, **query})
    assert answer.status_code in (400, 422), answer.text


async def test_work_is_for_staff(
    citizen: httpx.AsyncClient, importer: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, lamps: str
) -> None:
    made = await make(citizen, lamps)
    for address in (f"/v1/queue?jurisdiction_id={city}", f"/v1/queue/counts?jurisdiction_id={city}",
                    f"/v1/queue/{made['id']}"):  # fmt: skip
        assert (await citizen.get(address)).status_code == 401
        assert (await importer.get(address)).status_code == 403
        assert (await clerk.get(address)).status_code == 200
    assert (await assign(citizen, made, assignee="me")).status_code == 401
    nobody = {"id": "01a21068-f35c-73df-b7f4-3bee6e13c195"}
    assert (await assign(clerk, nobody, assignee="me")).status_code == 404
    assert (await clerk.get(f"/v1/queue/{nobody['id']}")).status_code == 404


async def test_the_queue_is_read_by_its_index(clerk: httpx.AsyncClient, feedback: FastAPI, city: str) -> None:
    await tell_of_service(feedback, city, "busy")
    async with connection(feedback.state.engine) as database, database.transaction():
        await database.execute("SET LOCAL enable_seqscan = off")
        await database.execute("SET LOCAL enable_bitmapscan = off")
        await database.execute("SET LOCAL enable_sort = off")
        rows = await database.fetch(
            "EXPLAIN SELECT id FROM request r WHERE r.status = 'open' AND r.jurisdiction_id = 'a' "
            "ORDER BY r.priority, coalesce(r.due_at, 'infinity'), r.id LIMIT 100"
        )
    plan = "\n".join(row[0] for row in rows)
    assert "request_work" in plan
    assert "Sort" not in plan


async def test_counts_are_no_request(clerk: httpx.AsyncClient) -> None:
    answer = await clerk.patch("/v1/queue/counts", json={"priority": "high"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
