"""Citizens propose: drafts, publication, rules, decision, delivery, withdrawal; what cannot be taken."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from shared.contracts.feedback import (
    Because,
    MilestoneReached,
    ProposalDecided,
    ProposalDelivered,
    ProposalPublished,
    ProposalQualified,
    ProposalWithdrawn,
)
from shared.database import connection
from tests.feedback.conftest import Events, tell_of_service
from tests.feedback.proposing import (
    BENCH,
    comment,
    decide,
    holding,
    look,
    need,
    newcomer,
    propose,
    refused,
    said,
    step,
    support,
    supported_by,
    time_of,
    told,
)


async def test_a_proposal_is_published(citizen: httpx.AsyncClient, lamps: str, city: str, events: Events) -> None:
    more = {
        "district_id": f"{city}.north", "latitude": 48.2, "longitude": 16.4, "address": "Quay 1", "language": "en",
        "attachments": ["https://example.org/bench.jpg"], "channel": "web", "campaign": "spring",
    }  # fmt: skip
    made = await propose(citizen, lamps, **more)
    assert BENCH.items() | {name: made[name] for name in ("state", "version")}.items() <= made.items()
    assert (made["state"], made["version"], made["supports"], made["supports_needed"]) == ("published", 1, 0, 25)
    seen = await look(citizen, made)
    assert more.items() <= {**seen, "attachments": more["attachments"]}.items()
    assert seen["attachments"] == more["attachments"]
    assert "contributor" not in seen
    assert made["receipt_token"] not in str(seen)
    (event,) = await events(lamps)
    assert isinstance(event, ProposalPublished)
    assert (event.proposal_id, event.district_id, event.channel, event.campaign) == (
        made["id"], f"{city}.north", "web", "spring",
    )  # fmt: skip
    assert event.given_at == time_of(made["published_at"])
    for secret in ("bench", "Quay", "48.2", made["receipt_token"]):
        assert secret not in repr(event)


async def test_the_point_says_which_district(citizen: httpx.AsyncClient, poles: str, city: str) -> None:
    made = await propose(citizen, poles, latitude=48.5, longitude=16.7)
    assert made["district_id"] == f"{city}.south"
    body = {"service_id": poles, **BENCH, "latitude": 10.0, "longitude": 10.0}
    await refused(await citizen.post("/v1/proposals", json=body), 422, "outside-jurisdiction")


async def test_only_its_author_sees_a_draft(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, city: str, events: Events
) -> None:
    made = await propose(citizen, lamps, draft=True)
    token, other = made["receipt_token"], await newcomer(citizen, lamps)
    assert (await look(citizen, made, token))["state"] == "draft"
    address = f"/v1/proposals/{made['id']}"
    for client, headers in ((citizen, {}), (citizen, holding(other)), (clerk, {})):
        await refused(await client.get(address, headers=headers), 404, "unknown-proposal")
        await refused(await client.get(f"{address}/versions", headers=headers), 404, "unknown-proposal")
        await refused(await client.get(f"{address}/comments", headers=headers), 404, "unknown-proposal")
    assert (await citizen.get("/v1/proposals", params={"service_id": lamps})).json()["items"] == []
    await refused(await step(citizen, made, "publish", other), 404, "unknown-proposal")
    await refused(await support(citizen, made, other), 404, "unknown-proposal")
    await refused(await comment(citizen, made, "Hello"), 404, "unknown-proposal")
    await refused(await decide(clerk, made), 404, "unknown-proposal")
    await refused(await step(clerk, made, "merge", into_id=made["id"]), 404, "unknown-proposal")
    assert (await citizen.delete(address, headers=holding(other))).status_code == 404

    edited = {"service_id": lamps, "title": "Two benches", "text": "One is not enough", "district_id": f"{city}.south"}
    assert (await citizen.put(address, json=edited)).status_code == 401
    changed = await said(await citizen.put(address, json=edited, headers=holding(token)))
    assert edited.items() <= changed.items()
    assert await told(events, lamps) == []

    published = await said(await step(citizen, made, "publish", token))
    assert (published["state"], published["title"]) == ("published", "Two benches")
    assert [type(event) for event in await told(events, lamps)] == [ProposalPublished]
    await refused(await step(citizen, made, "publish", token), 409, "proposal-state")
    await refused(await citizen.put(address, json=edited, headers=holding(token)), 409, "proposal-state")
    await refused(await citizen.delete(address, headers=holding(token)), 409, "proposal-state")
    assert "history" in await look(citizen, made)


async def test_a_draft_is_deleted_and_leaves_nothing(citizen: httpx.AsyncClient, lamps: str, events: Events) -> None:
    made = await propose(citizen, lamps, draft=True)
    address, headers = f"/v1/proposals/{made['id']}", holding(made["receipt_token"])
    assert (await citizen.delete(address, headers=headers)).status_code == 204
    assert (await citizen.get(address, headers=headers)).status_code == 404
    assert (await citizen.delete(address, headers=headers)).status_code == 404
    assert await events(lamps) == []


async def test_a_draft_is_published_only_while_its_service_takes_input(
    citizen: httpx.AsyncClient, feedback: FastAPI, city: str
) -> None:
    trees = await tell_of_service(feedback, city, "trees")
    made = await propose(citizen, trees, draft=True)
    await tell_of_service(feedback, city, "trees", "suspended")
    async with connection(feedback.state.engine) as database:
        await database.execute("UPDATE service SET status = 'suspended' WHERE id = $1", trees)
    feedback.state.parts.directory.services._known.clear()
    await refused(await step(citizen, made, "publish", made["receipt_token"]), 409, "service-not-in-use")


async def test_the_same_key_publishes_once(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    body, headers = {"service_id": lamps, **BENCH}, {"Idempotency-Key": f"key of {lamps}"}
    sent = [client.post("/v1/proposals", json=body, headers=headers) for client in (citizen, neighbour) for _ in "abc"]
    answers = await asyncio.gather(*sent)
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert len(await events(lamps)) == 1


# Rules and qualification


async def test_the_rule_of_the_service_comes_before_that_of_its_city(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, city: str
) -> None:
    of_service, of_city = f"/v1/services/{lamps}/proposal-rule", f"/v1/jurisdictions/{city}/proposal-rule"
    assert await said(await citizen.get(of_service)) == {
        "supports_needed": 25, "days_to_decide": 60, "set_for": "default", "changed_at": None,
    }  # fmt: skip
    await said(await clerk.put(of_city, json={"supports_needed": 10, "days_to_decide": 20}))
    rule = await said(await citizen.get(of_service))
    assert (rule["supports_needed"], rule["days_to_decide"], rule["set_for"]) == (10, 20, "jurisdiction")
    await need(clerk, lamps, 3)
    assert (await said(await citizen.get(of_service)))["set_for"] == "service"
    assert (await propose(citizen, lamps))["supports_needed"] == 3
    await said(await clerk.delete(of_service))
    assert (await propose(citizen, lamps))["supports_needed"] == 10
    await said(await clerk.delete(of_city))
    assert (await said(await citizen.get(of_city)))["set_for"] == "default"
    assert (await citizen.get("/v1/services/moon/proposal-rule")).status_code == 404
    assert (await citizen.get("/v1/jurisdictions/moon/proposal-rule")).status_code == 404


@pytest.mark.parametrize(
    "rule",
    [
        {"supports_needed": -1, "days_to_decide": 1},
        {"supports_needed": 1, "days_to_decide": 0},
        {"supports_needed": 1, "days_to_decide": -5},
        {"supports_needed": 10**12, "days_to_decide": 5},
        {"supports_needed": "1", "days_to_decide": 5},
        {"supports_needed": 1},
    ],
)
async def test_rules_that_make_no_sense(
    clerk: httpx.AsyncClient, importer: httpx.AsyncClient, citizen: httpx.AsyncClient, lamps: str, rule: dict[str, Any]
) -> None:
    address = f"/v1/services/{lamps}/proposal-rule"
    assert (await clerk.put(address, json=rule)).status_code == 422
    assert (await importer.put(address, json=rule)).status_code == 403
    assert (await citizen.put(address, json=rule)).status_code == 401


async def test_where_no_support_is_needed_a_decision_is_owed_at_once(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    await need(clerk, lamps, 0, days=10)
    made = await propose(citizen, lamps)
    assert made["state"] == "qualified"
    assert time_of(made["decision_due_at"]) - time_of(made["qualified_at"]) == timedelta(days=10)
    published, qualified = await events(lamps)
    assert isinstance(published, ProposalPublished)
    assert isinstance(qualified, ProposalQualified)
    assert qualified.decision_due_at == time_of(made["decision_due_at"])


async def test_a_rule_that_changes_leaves_what_is_published_alone(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    await need(clerk, lamps, 2)
    made = await propose(citizen, lamps)
    await need(clerk, lamps, 1)
    await supported_by(citizen, made, 1)
    assert (await look(citizen, made))["state"] == "published"
    await need(clerk, lamps, 9)
    await supported_by(citizen, made, 1)
    assert (await look(citizen, made))["state"] == "qualified"


async def test_a_decision_that_is_late_is_seen_to_be(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    await need(clerk, lamps, 0, days=1)
    made = await propose(citizen, lamps)
    assert (await look(citizen, made))["overdue"] is False
    async with connection(feedback.state.engine) as database:
        await database.execute(
            "UPDATE proposal SET decision_due_at = now() - interval '1 hour' WHERE id = $1", UUID(made["id"])
        )
    assert (await look(citizen, made))["overdue"] is True
    await said(await decide(clerk, made))
    assert (await look(citizen, made))["overdue"] is False


# Decision and delivery


async def test_the_city_decides_with_reasons_and_delivers_step_by_step(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    await need(clerk, lamps, 1)
    made = await propose(citizen, lamps)
    await supported_by(citizen, made, 1)
    decided = await said(await decide(clerk, made, "partly_accepted"))
    assert (decided["state"], decided["decision"], decided["reasons"]) == (
        "decided", "partly_accepted", "There is money for it.",
    )  # fmt: skip
    day = datetime.now(UTC)
    plans = [{"title": "Bought", "planned_at": (day + timedelta(days=9)).isoformat()}]
    plans.append({"title": "Built", "planned_at": (day + timedelta(days=30)).isoformat()})
    bought, built = [await said(await step(clerk, made, "milestones", **plan), 201) for plan in plans]
    seen = await look(citizen, made)
    assert ([each["title"] for each in seen["milestones"]], seen["progress"]) == (["Bought", "Built"], 0)
    reached = await said(await step(clerk, made, f"milestones/{bought['id']}/reached", note="In green"))
    assert (reached["note"], reached["overdue"]) == ("In green", False)
    assert (await look(citizen, made))["progress"] == 0.5
    await refused(await step(clerk, made, "delivered"), 409, "milestones-left")
    await refused(await step(clerk, made, f"milestones/{bought['id']}/reached"), 409, "proposal-state")
    await said(await step(clerk, made, f"milestones/{built['id']}/reached"))
    delivered = await said(await step(clerk, made, "delivered"))
    assert delivered["state"] == "delivered"
    await refused(await step(clerk, made, "delivered"), 409, "proposal-state")
    seen = await look(citizen, made)
    whats = [each["what"] for each in seen["history"]]
    assert whats == ["published", "qualified", "decided", "milestone_reached", "milestone_reached", "delivered"]

    *_, decision, first, second, last = await told(events, lamps)
    assert isinstance(decision, ProposalDecided)
    assert (decision.decision, decision.decision_due_at) == ("partly_accepted", time_of(decided["decision_due_at"]))
    assert isinstance(first, MilestoneReached)
    assert isinstance(second, MilestoneReached)
    assert (first.milestone_id, first.planned_at) == (bought["id"], time_of(bought["planned_at"]))
    assert isinstance(last, ProposalDelivered)
    assert (last.decided_at, last.delivered_at) == (time_of(decided["decided_at"]), time_of(delivered["delivered_at"]))
    assert "money" not in repr(decision)


async def test_a_decision_may_come_before_it_is_owed_and_supports_do_not_make_it_owed_any_more(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    await need(clerk, lamps, 1)
    made = await propose(citizen, lamps)
    token = await newcomer(citizen, lamps)
    await said(await decide(clerk, made, "declined"))
    await refused(await support(citizen, made, token), 409, "proposal-state")
    _, decided = await told(events, lamps)
    assert isinstance(decided, ProposalDecided)
    assert (decided.decision, decided.decision_due_at) == ("declined", None)
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    await refused(await step(clerk, made, "milestones", title="Buy", planned_at=later), 409, "proposal-state")
    await refused(await step(clerk, made, "delivered"), 409, "proposal-state")


@pytest.mark.parametrize(
    "decision",
    [
        {"decision": "accepted"},
        {"decision": "accepted", "reasons": ""},
        {"decision": "accepted", "reasons": " \n "},
        {"decision": "perhaps", "reasons": "Who knows"},
        {"reasons": "We like it"},
        {"decision": "accepted", "reasons": "Yes", "at": "2020-01-01T00:00:00Z"},
        {"decision": "accepted", "reasons": "Yes", "at": "9999-01-01T00:00:00Z"},
        {"decision": "accepted", "reasons": "Yes", "at": "yesterday"},
    ],
)
async def test_decisions_that_are_none(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, decision: dict[str, str]
) -> None:
    made = await propose(citizen, lamps)
    assert (await step(clerk, made, "decision", **decision)).status_code == 422
    assert (await look(citizen, made))["state"] == "published"


async def test_only_staff_decides_and_delivers(
    citizen: httpx.AsyncClient, importer: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    made = await propose(citizen, lamps)
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    steps: dict[str, dict[str, Any]] = {
        "decision": {"decision": "accepted", "reasons": "Yes"},
        "milestones": {"title": "Buy", "planned_at": soon},
        f"milestones/{made['id']}/reached": {},
        "delivered": {},
    }
    for name, body in steps.items():
        assert (await step(citizen, made, name, **body)).status_code == 401
        assert (await step(importer, made, name, **body)).status_code == 403
    await said(await step(clerk, made, "decision", **steps["decision"]))
    await refused(await step(clerk, made, f"milestones/{made['id']}/reached"), 404, "unknown-milestone")


async def test_two_decide_at_once(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, other_feedback: FastAPI, lamps: str, events: Events
) -> None:
    made = await propose(citizen, lamps)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(other_feedback), base_url="http://feedback") as second:
        second.headers["Authorization"] = clerk.headers["Authorization"]
        sent = [decide(client, made, which) for which in ("accepted", "declined") for client in (clerk, second)]
        answers = await asyncio.gather(*sent)
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
    assert [type(event) for event in await events(lamps)] == [ProposalPublished, ProposalDecided]


async def test_a_milestone_in_the_past_and_one_that_is_given_up(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    made = await propose(citizen, lamps)
    await said(await decide(clerk, made))
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    await refused(await step(clerk, made, "milestones", title="Buy", planned_at=past), 422, "impossible-time")
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    planned = await said(await step(clerk, made, "milestones", title="Buy", planned_at=soon), 201)
    async with connection(feedback.state.engine) as database:
        await database.execute(
            "UPDATE proposal_milestone SET planned_at = now() - interval '1 minute' WHERE id = $1", UUID(planned["id"])
        )
    assert (await look(citizen, made))["milestones"][0]["overdue"] is True
    address = f"/v1/proposals/{made['id']}/milestones/{planned['id']}"
    assert (await clerk.delete(address)).status_code == 204
    assert (await clerk.delete(address)).status_code == 404
    assert (await said(await step(clerk, made, "delivered")))["state"] == "delivered"


# Withdrawal


async def test_its_author_withdraws_it_until_it_is_decided(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    await need(clerk, lamps, 0)
    made = await propose(citizen, lamps)
    other = await newcomer(citizen, lamps)
    await refused(await step(citizen, made, "withdraw", other), 403, "not-yours")
    withdrawn = await said(await step(citizen, made, "withdraw", made["receipt_token"], why="There is one now"))
    assert (withdrawn["state"], withdrawn["withdrawn_why"]) == ("withdrawn", "There is one now")
    await refused(await step(citizen, made, "withdraw", made["receipt_token"]), 409, "proposal-state")
    await refused(await support(citizen, made, other), 409, "proposal-state")
    await refused(await comment(citizen, made, "Pity"), 409, "proposal-state")
    await refused(await decide(clerk, made), 409, "proposal-state")
    last = (await told(events, lamps))[-1]
    assert isinstance(last, ProposalWithdrawn)
    assert (last.because, last.decided_at) == (Because.WITHDRAWN, None)
    assert last.decision_due_at == time_of(made["decision_due_at"])
    assert (await citizen.get("/v1/proposals", params={"service_id": lamps})).json()["items"] == []
    listed = (await citizen.get("/v1/proposals", params={"service_id": lamps, "state": "withdrawn"})).json()["items"]
    assert [each["id"] for each in listed] == [made["id"]]

    decided = await propose(citizen, lamps)
    await said(await decide(clerk, decided))
    await refused(await step(citizen, decided, "withdraw", decided["receipt_token"]), 409, "proposal-state")


# What cannot be taken


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": " "},
        {"title": "x" * 201},
        {"title": "a\0b"},
        {"title": "two\nlines"},
        {"title": "evil \u202egnp.exe"},
        {"title": "in\u200bvisible"},
        {"title": "\u2067right to left\u2069"},
        {"title": "\u3164"},
        {"title": "P\u0430rk for everybody"},
        {"title": "\u03a1ark for everybody"},
        {"text": ""},
        {"text": "x" * 10_001},
        {"text": "a\0b"},
        {"latitude": 48.0},
        {"latitude": 91, "longitude": 0},
        {"attachments": ["javascript:alert(1)"]},
        {"attachments": ["ftp://example.org/x"]},
        {"attachments": ["https://user:secret@example.org/"]},
        {"attachments": ["https://"]},
        {"attachments": ["https://example.org/a b"]},
        {"attachments": ["https://example.org/"] * 11},
        {"language": "english please"},
        {"language": "en-a"},
        {"language": "xx\0"},
        {"draft": "yes"},
        {"channel": ""},
        {"campaign": "x" * 201},
        {"district_id": "Not An Id"},
    ],
)
async def test_proposals_that_do_not_fit(
    citizen: httpx.AsyncClient, lamps: str, events: Events, wrong: dict[str, Any]
) -> None:
    answer = await citizen.post("/v1/proposals", json={"service_id": lamps, **BENCH, **wrong})
    await refused(answer, 422, "invalid-input")
    assert await events(lamps) == []


async def test_titles_in_any_script_are_taken(citizen: httpx.AsyncClient, lamps: str) -> None:
    for title in ("Парк для всех", "公园", "حديقة للجميع", "Πάρκο", "naïve 🚲 ΔT", "Wi-Fi для парка", "می\u200cخواهم"):
        assert (await propose(citizen, lamps, title=title))["title"] == title
    assert (await propose(citizen, lamps, title="Cafe\u0301"))["title"] == "Café"


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"a":' * 50_000, b'{"title": "\\ud800"}'])
async def test_bodies_that_are_no_proposals(citizen: httpx.AsyncClient, body: bytes) -> None:
    answer = await citizen.post("/v1/proposals", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_services_that_take_no_proposals(citizen: httpx.AsyncClient, feedback: FastAPI, city: str) -> None:
    retired = await tell_of_service(feedback, city, "retired", "retired")
    for service, status in (("nowhere", 422), (retired, 409)):
        answer = await citizen.post("/v1/proposals", json={"service_id": service, **BENCH})
        assert answer.status_code == status
