"""Citizens propose; drafts, publication, amendment, merging, decision, delivery, withdrawal, erasure, lists."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.proposals.giving import GIVING
from shared.contracts.base import Contract
from shared.contracts.feedback import (
    Because,
    MilestoneReached,
    ProposalDecided,
    ProposalDelivered,
    ProposalMerged,
    ProposalPublished,
    ProposalQualified,
    ProposalWithdrawn,
    RatingGiven,
    SupportGiven,
)
from shared.database import connection, transaction
from shared.outbox.append import append
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
)


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def told(events: Events, service: str) -> list[Contract]:
    """What was published, without the ratings by which people got their tokens."""
    return [event for event in await events(service) if not isinstance(event, RatingGiven)]


async def erase(feedback: FastAPI, giving: Any, token: str, city: str) -> int:
    """Erases all that a token's holder gave of a kind; returns how many inputs it were."""
    receipts = feedback.state.receipts
    names = [receipts.pseudonym(receipts.contributor(token), city)]
    inputs = 0
    while True:
        async with transaction(feedback.state.engine) as database:
            erased = await giving.erase(database, names, 2, datetime.now(UTC))
            await append(database, erased.events)
        if not erased.inputs:
            return inputs
        inputs += erased.inputs


async def hide(feedback: FastAPI, table: str, thing: dict[str, Any]) -> None:
    async with connection(feedback.state.engine) as database:
        await database.execute(f"UPDATE {table} SET hidden_at = now() WHERE id = $1", UUID(thing["id"]))


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


# --- rules and qualification ---


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


# --- amendment ---


async def test_its_author_amends_it_and_supports_stay(
    citizen: httpx.AsyncClient, lamps: str, city: str, events: Events
) -> None:
    made = await propose(citizen, lamps)
    token = made["receipt_token"]
    await supported_by(citizen, made, 2)
    amended = await said(await step(citizen, made, "versions", token, text="Two benches.", why="One was too few"))
    assert (amended["version"], amended["title"], amended["text"]) == (2, BENCH["title"], "Two benches.")
    await supported_by(citizen, made, 1)
    seen = await look(citizen, made)
    assert (seen["supports"], seen["supports_since_amended"], seen["supports_from_merged"]) == (3, 1, 0)
    first, second = (await citizen.get(f"/v1/proposals/{made['id']}/versions")).json()
    assert (first["number"], first["text"], first["why"], first["supports"]) == (1, BENCH["text"], None, 2)
    assert (second["number"], second["text"], second["why"], second["supports"]) == (
        2, "Two benches.", "One was too few", 1,
    )  # fmt: skip
    assert (second["by"], second["at"]) == ("author", amended["amended_at"])
    assert [each["what"] for each in seen["history"]] == ["published", "amended"]
    assert [type(event) for event in await told(events, lamps)] == [ProposalPublished, *[SupportGiven] * 3]


async def test_nobody_else_amends_it(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str) -> None:
    made = await propose(citizen, lamps)
    body = {"text": "Mine now", "why": "I like it"}
    assert (await step(citizen, made, "versions", None, **body)).status_code == 401
    await refused(await step(citizen, made, "versions", await newcomer(citizen, lamps), **body), 403, "not-yours")
    for nothing in ({"why": "Just so"}, {"text": "Words"}, {"text": " ", "why": "Blank"}):
        assert (await step(citizen, made, "versions", made["receipt_token"], **nothing)).status_code == 422
    await decide(clerk, made)
    await refused(await step(citizen, made, "versions", made["receipt_token"], **body), 409, "proposal-state")


async def suggest(citizen: httpx.AsyncClient, proposal: dict[str, Any], token: str | None = None, **more: Any) -> Any:
    wish = {"title": "A bench in the shade", "why": "It is hot there", **more}
    return await citizen.post(f"/v1/proposals/{proposal['id']}/amendments", json=wish, headers=holding(token))


async def answer(citizen: httpx.AsyncClient, made: dict[str, Any], change: dict[str, Any], **said: Any) -> Any:
    return await step(citizen, made, f"amendments/{change['id']}/answer", made["receipt_token"], **said)


async def test_others_suggest_changes_that_the_author_accepts_or_rejects(
    citizen: httpx.AsyncClient, lamps: str
) -> None:
    made = await propose(citizen, lamps)
    first = await said(await suggest(citizen, made), 201)
    second = await said(await suggest(citizen, made, title=None, text="Of wood."), 201)
    assert (first["state"], first["base_version"], first["why"]) == ("open", 1, "It is hot there")
    said_on_it = (await citizen.get(f"/v1/proposals/{made['id']}/comments")).json()["items"]
    assert [each["id"] for each in said_on_it] == [first["id"], second["id"]]
    assert (await comment(citizen, made, "So it is", answers_id=first["id"])).status_code == 201

    accepted = await said(await answer(citizen, made, first, accepted=True, reply="Thank you"))
    assert (accepted["state"], accepted["version"], accepted["reply"]) == ("accepted", 2, "Thank you")
    seen = await look(citizen, made)
    assert (seen["title"], seen["text"], seen["version"]) == ("A bench in the shade", BENCH["text"], 2)
    version = (await citizen.get(f"/v1/proposals/{made['id']}/versions")).json()[1]
    assert (version["by"], version["amendment_id"], version["why"]) == ("amendment", first["id"], "It is hot there")

    # The other one was suggested for what the proposal was before.
    await refused(await answer(citizen, made, second, accepted=True), 409, "amendment-outdated")
    taken = await said(await answer(citizen, made, second, accepted=True, text="Of oak."))
    assert taken["version"] == 3
    seen = await look(citizen, made)
    assert (seen["title"], seen["text"]) == ("A bench in the shade", "Of oak.")
    await refused(await answer(citizen, made, second, accepted=False), 409, "amendment-not-open")

    third = await said(await suggest(citizen, made), 201)
    rejected = await said(await answer(citizen, made, third, accepted=False, reply="It is shady there"))
    assert (rejected["state"], rejected["version"]) == ("rejected", None)
    listed = (await citizen.get(f"/v1/proposals/{made['id']}/amendments", params={"state": "rejected"})).json()
    assert [each["id"] for each in listed["items"]] == [third["id"]]


async def test_only_the_author_answers_and_only_others_suggest(citizen: httpx.AsyncClient, lamps: str) -> None:
    made, other = await propose(citizen, lamps), await propose(citizen, lamps)
    await refused(await suggest(citizen, made, made["receipt_token"]), 409, "own-amendment")
    change = await said(await suggest(citizen, made), 201)
    address = f"amendments/{change['id']}/answer"
    await refused(await step(citizen, made, address, change["receipt_token"], accepted=True), 403, "not-yours")
    await refused(await step(citizen, made, address, None, accepted=True), 401, "receipt-token-needed")
    await refused(await step(citizen, other, address, other["receipt_token"], accepted=True), 404, "unknown-amendment")
    for wrong in ({}, {"accepted": "yes"}, {"accepted": False, "text": "Words"}):
        assert (await answer(citizen, made, change, **wrong)).status_code == 422
    gone = await citizen.delete(f"/v1/comments/{change['id']}", headers=holding(change["receipt_token"]))
    assert gone.status_code == 200
    await refused(await answer(citizen, made, change, accepted=True), 409, "amendment-not-open")
    (shown,) = (await citizen.get(f"/v1/proposals/{made['id']}/amendments")).json()["items"]
    assert (shown["state"], shown["title"], shown["why"]) == ("withdrawn", None, None)


async def test_a_change_is_accepted_once_however_often_it_is_sent(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, lamps: str
) -> None:
    made = await propose(citizen, lamps)
    change = await said(await suggest(citizen, made), 201)
    sent = [answer(client, made, change, accepted=True) for client in (citizen, neighbour) for _ in range(4)]
    answers = await asyncio.gather(*sent)
    assert sorted(each.status_code for each in answers) == [200] + [409] * 7
    assert (await look(citizen, made))["version"] == 2


# --- decision and delivery ---


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


# --- withdrawal ---


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


# --- merging ---


async def test_staff_merges_and_nobody_is_counted_twice(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    await need(clerk, lamps, 3)
    one, other = await propose(citizen, lamps), await propose(citizen, lamps, title="A seat by the river")
    both, _ = await supported_by(citizen, one, 2)
    await said(await support(citizen, one, other["receipt_token"]))
    await said(await support(citizen, other, both))
    await supported_by(citizen, other, 1)
    assert (await look(citizen, one))["state"] == "qualified"
    await said(await comment(citizen, one, "Yes please"), 201)
    before = len(await events(lamps))

    merged = await said(await step(clerk, one, "merge", into_id=other["id"]))
    assert (merged["state"], merged["merged_into"], merged["supports"]) == ("merged", other["id"], 0)
    seen = await look(citizen, other)
    # Two and one more; the author of the other one supported the first, and does not support their own.
    assert (seen["supports"], seen["supports_from_merged"], seen["merged_from"]) == (3, 1, [one["id"]])
    assert seen["state"] == "qualified"
    first, second = (await events(lamps))[before:]
    assert isinstance(first, ProposalMerged)
    assert (first.proposal_id, first.into_id) == (one["id"], other["id"])
    assert first.decision_due_at is not None
    assert isinstance(second, ProposalQualified)
    assert second.proposal_id == other["id"]

    assert (await look(citizen, one))["text"] == BENCH["text"]
    assert len((await citizen.get(f"/v1/proposals/{one['id']}/comments")).json()["items"]) == 1
    for refusal in (
        await support(citizen, one, await newcomer(citizen, lamps)),
        await comment(citizen, one, "And me"),
        await decide(clerk, one),
        await step(citizen, one, "withdraw", one["receipt_token"]),
        await step(clerk, one, "merge", into_id=other["id"]),
        await step(clerk, other, "merge", into_id=one["id"]),
    ):
        assert other["id"] in await refused(refusal, 409, "proposal-merged")
    listed = (await citizen.get("/v1/proposals", params={"service_id": lamps})).json()["items"]
    assert [each["id"] for each in listed] == [other["id"]]


async def test_whoever_supported_both_takes_back_both(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    one, other = await propose(citizen, lamps), await propose(citizen, lamps)
    (token,) = await supported_by(citizen, one, 1)
    await said(await support(citizen, other, token))
    await said(await step(clerk, one, "merge", into_id=other["id"]))
    assert (await look(citizen, other))["supports"] == 1
    again = await said(await support(citizen, other, token))
    assert (again["supported"], again["supports"]) == (True, 1)
    before = len(await events(lamps))
    gone = await citizen.delete(f"/v1/proposals/{other['id']}/support", headers=holding(token))
    assert (await said(gone))["supports"] == 0
    taken = (await events(lamps))[before:]
    assert sorted(event.proposal_id for event in taken) == sorted((one["id"], other["id"]))  # type: ignore[attr-defined]


async def test_chains_of_merges_keep_count(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str) -> None:
    first, second, third = [await propose(citizen, lamps) for _ in range(3)]
    (token,) = await supported_by(citizen, first, 1)
    for each in (second, third):
        await said(await support(citizen, each, token))
    await supported_by(citizen, second, 1)
    await said(await step(clerk, first, "merge", into_id=second["id"]))
    assert (await look(citizen, second))["supports"] == 2
    await said(await step(clerk, second, "merge", into_id=third["id"]))
    assert (await look(citizen, third))["supports"] == 2
    await refused(await step(clerk, third, "merge", into_id=first["id"]), 409, "proposal-merged")


async def test_proposals_that_cannot_be_merged(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, importer: httpx.AsyncClient, feedback: FastAPI, city: str,
    lamps: str,
) -> None:  # fmt: skip
    one = await propose(citizen, lamps)
    elsewhere = await propose(citizen, await tell_of_service(feedback, city, "trees"))
    decided, gone = await propose(citizen, lamps), await propose(citizen, lamps)
    await decide(clerk, decided)
    await step(citizen, gone, "withdraw", gone["receipt_token"])
    for into in (one, elsewhere):
        await refused(await step(clerk, one, "merge", into_id=into["id"]), 422, "foreign-proposal")
    for state in (decided, gone):
        await refused(await step(clerk, one, "merge", into_id=state["id"]), 409, "proposal-state")
        await refused(await step(clerk, state, "merge", into_id=one["id"]), 409, "proposal-state")
    nothing = "01a21068-f35c-73df-b7f4-3bee6e13c195"
    await refused(await step(clerk, one, "merge", into_id=nothing), 404, "unknown-proposal")
    assert (await step(importer, one, "merge", into_id=gone["id"])).status_code == 403
    assert (await step(citizen, one, "merge", into_id=gone["id"])).status_code == 401
    assert (await step(clerk, one, "merge", into_id="x")).status_code == 422


async def test_two_merge_into_each_other_at_once(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, other_feedback: FastAPI, lamps: str, events: Events
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(other_feedback), base_url="http://feedback") as second:
        second.headers["Authorization"] = clerk.headers["Authorization"]
        for _ in range(5):
            one, other = await propose(citizen, lamps), await propose(citizen, lamps)
            await supported_by(citizen, one, 1)
            answers = await asyncio.gather(
                step(clerk, one, "merge", into_id=other["id"]), step(second, other, "merge", into_id=one["id"])
            )
            assert sorted(each.status_code for each in answers) == [200, 409]
            states = [await look(citizen, each) for each in (one, other)]
            assert sorted(each["state"] for each in states) == ["merged", "published"]
            assert sum(each["supports"] for each in states) == 1
    assert sum(isinstance(event, ProposalMerged) for event in await events(lamps)) == 5


async def test_an_author_merges_with_the_consent_of_the_other(
    citizen: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    one, other = await propose(citizen, lamps), await propose(citizen, lamps)
    address = f"merge-offers/{one['id']}"
    await refused(
        await step(citizen, other, address, other["receipt_token"], accepted=True), 404, "unknown-merge-offer"
    )
    await refused(await step(citizen, one, "merge", other["receipt_token"], into_id=other["id"]), 403, "not-yours")
    offered = await said(await step(citizen, one, "merge", one["receipt_token"], into_id=other["id"]))
    assert offered["state"] == "published"
    (offer,) = (await look(citizen, other, other["receipt_token"]))["merge_offers"]
    assert (offer["proposal_id"], offer["into_id"]) == (one["id"], other["id"])
    assert (await look(citizen, other))["merge_offers"] == []
    await refused(await step(citizen, other, address, one["receipt_token"], accepted=True), 403, "not-yours")
    await said(await step(citizen, other, address, other["receipt_token"], accepted=False))
    assert (await look(citizen, one))["state"] == "published"
    await said(await step(citizen, one, "merge", one["receipt_token"], into_id=other["id"]))
    agreed = await said(await step(citizen, other, address, other["receipt_token"], accepted=True))
    assert (agreed["id"], agreed["state"]) == (one["id"], "merged")

    mine = await propose(citizen, lamps, other["receipt_token"])
    merged = await said(await step(citizen, mine, "merge", other["receipt_token"], into_id=other["id"]))
    assert merged["state"] == "merged"
    assert sum(isinstance(event, ProposalMerged) for event in await events(lamps)) == 2


# --- what others may read ---


async def test_personal_data_is_masked_for_others_and_cannot_be_found(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    told = {"title": "Ask ann@example.org for benches", "text": "Or write to bob@example.org about it"}
    made = await propose(citizen, lamps, **told)
    token = made["receipt_token"]
    assert told.items() <= made.items()
    public = await look(citizen, made)
    assert (public["title"], public["text"]) == ("Ask [e-mail] for benches", "Or write to [e-mail] about it")
    assert told.items() <= (await look(citizen, made, token)).items()
    assert told.items() <= (await look(clerk, made)).items()
    (listed,) = (await citizen.get("/v1/proposals", params={"service_id": lamps})).json()["items"]
    assert listed["text"] == public["text"]
    assert await ids(citizen, service_id=lamps, q="benches") == [made["id"]]
    assert await ids(citizen, service_id=lamps, q="bob@example.org") == []
    await step(citizen, made, "versions", token, text="No address.", why="carl@example.org said so")
    first, second = (await citizen.get(f"/v1/proposals/{made['id']}/versions")).json()
    assert (first["text"], second["why"]) == (public["text"], "[e-mail] said so")
    change = await said(await suggest(citizen, made, why="dora@example.org knows", text="eve@example.org"), 201)
    assert change["text"] == "eve@example.org"
    (shown,) = (await citizen.get(f"/v1/proposals/{made['id']}/amendments")).json()["items"]
    assert (shown["why"], shown["text"]) == ("[e-mail] knows", "[e-mail]")
    await said(await answer(citizen, made, change, accepted=True, reply="Tell fred@example.org"))
    (shown,) = (await citizen.get(f"/v1/proposals/{made['id']}/amendments")).json()["items"]
    assert shown["reply"] == "Tell [e-mail]"
    assert (await look(citizen, made))["text"] == "[e-mail]"
    withdrawn = await said(await step(citizen, made, "withdraw", token, why="gina@example.org asked me to"))
    assert withdrawn["withdrawn_why"] == "gina@example.org asked me to"
    assert (await look(citizen, made))["withdrawn_why"] == "[e-mail] asked me to"


# --- moderation and erasure ---


async def test_a_hidden_proposal_is_a_shell(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    made = await propose(citizen, lamps, attachments=["https://example.org/x"], address="Quay 1")
    token = await newcomer(citizen, lamps)
    await hide(feedback, "proposal", made)
    seen = await look(citizen, made)
    assert [seen[name] for name in ("hidden", "title", "text", "attachments", "address")] == [
        True,
        None,
        None,
        [],
        None,
    ]
    for version in (await citizen.get(f"/v1/proposals/{made['id']}/versions")).json():
        assert (version["title"], version["text"]) == (None, None)
    assert (await look(citizen, made, made["receipt_token"]))["title"] == BENCH["title"]
    assert (await look(clerk, made))["title"] == BENCH["title"]
    assert (await citizen.get("/v1/proposals", params={"service_id": lamps})).json()["items"] == []
    await refused(await comment(citizen, made, "Why is it hidden?"), 409, "proposal-hidden")
    await refused(await support(citizen, made, token), 409, "proposal-hidden")
    await refused(await suggest(citizen, made, token), 409, "proposal-hidden")
    body = {"text": "Other words", "why": "So that it is shown"}
    await refused(await step(citizen, made, "versions", made["receipt_token"], **body), 409, "proposal-hidden")
    other = await propose(citizen, lamps)
    await refused(await step(clerk, other, "merge", into_id=made["id"]), 409, "proposal-hidden")


async def test_an_erased_author_leaves_a_shell_and_what_others_gave(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str, events: Events
) -> None:
    await need(clerk, lamps, 1)
    made = await propose(citizen, lamps, address="Quay 1", latitude=48.2, longitude=16.4)
    token = made["receipt_token"]
    draft, gone = await propose(citizen, lamps, token, draft=True), await propose(citizen, lamps, token)
    await step(citizen, gone, "withdraw", token)
    await step(citizen, made, "versions", token, text="Two benches.", why="One was too few")
    await supported_by(citizen, made, 1)
    await said(await comment(citizen, made, "Yes please"), 201)
    await said(await decide(clerk, made))
    before = len(await events(lamps))
    assert await erase(feedback, GIVING, token, city) == 3

    shell = await look(citizen, made)
    assert (shell["state"], shell["title"], shell["text"], shell["address"]) == ("erased", None, None, None)
    assert (shell["supports"], shell["comments"], shell["decision"]) == (1, 1, "accepted")
    assert len((await citizen.get(f"/v1/proposals/{made['id']}/comments")).json()["items"]) == 1
    for version in (await citizen.get(f"/v1/proposals/{made['id']}/versions")).json():
        assert (version["title"], version["text"], version["why"]) == (None, None, None)
    assert (await citizen.get(f"/v1/proposals/{draft['id']}", headers=holding(token))).status_code == 404
    (event,) = (await events(lamps))[before:]
    assert isinstance(event, ProposalWithdrawn)
    assert (event.because, event.proposal_id) == (Because.ERASED, made["id"])
    assert event.decided_at is not None
    assert event.decision_due_at is not None
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    await refused(await step(clerk, made, "milestones", title="Buy", planned_at=later), 409, "proposal-state")
    async with connection(feedback.state.engine) as database:
        receipts = feedback.state.receipts
        name = receipts.pseudonym(receipts.contributor(token), city)
        for row in await database.fetch("SELECT p::text AS row FROM proposal p WHERE service_id = $1", lamps):
            for secret in (name, "bench", "Quay", "too few"):
                assert secret not in row["row"]


async def test_no_decision_is_owed_on_what_was_merged_when_its_author_is_erased(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str, events: Events
) -> None:
    await need(clerk, lamps, 0)
    one, other = await propose(citizen, lamps), await propose(citizen, lamps)
    await said(await step(clerk, one, "merge", into_id=other["id"]))
    merged = (await events(lamps))[-1]
    assert isinstance(merged, ProposalMerged)
    assert merged.decision_due_at is not None
    await erase(feedback, GIVING, one["receipt_token"], city)
    gone = (await events(lamps))[-1]
    assert isinstance(gone, ProposalWithdrawn)
    assert gone.decision_due_at is None
    assert (await look(citizen, one))["merged_into"] == other["id"]


async def test_an_author_gets_all_that_is_kept(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str
) -> None:
    made = await propose(citizen, lamps)
    token = made["receipt_token"]
    await propose(citizen, lamps, token, draft=True)
    await step(citizen, made, "versions", token, text="Two benches.", why="One was too few")
    receipts = feedback.state.receipts
    async with connection(feedback.state.engine) as database:
        first, second = await GIVING.export(database, [receipts.pseudonym(receipts.contributor(token), city)])
    assert (first["text"], [each["why"] for each in first["versions"]]) == ("Two benches.", [None, "One was too few"])
    assert second["state"] == "draft"


# --- lists ---


async def ids(citizen: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await citizen.get("/v1/proposals", params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


async def test_lists_narrow_and_order(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str, lamps: str
) -> None:
    trees = await tell_of_service(feedback, city, "trees")
    await need(clerk, lamps, 2, days=20)
    await need(clerk, trees, 1, days=5)
    north = await propose(citizen, lamps, district_id=f"{city}.north")
    south = await propose(citizen, lamps, district_id=f"{city}.south")
    tree = await propose(citizen, trees)
    await supported_by(citizen, north, 2)
    await supported_by(citizen, tree, 1)
    assert await ids(citizen, jurisdiction_id=city) == [tree["id"], south["id"], north["id"]]
    assert await ids(citizen, service_id=lamps) == [south["id"], north["id"]]
    assert await ids(citizen, district_id=f"{city}.north") == [north["id"]]
    assert await ids(citizen, jurisdiction_id=city, order="supports") == [north["id"], tree["id"], south["id"]]
    assert await ids(citizen, jurisdiction_id=city, order="deadline") == [tree["id"], north["id"]]
    assert await ids(citizen, jurisdiction_id=city, state="qualified") == [tree["id"], north["id"]]
    await decide(clerk, tree)
    assert await ids(citizen, jurisdiction_id=city, order="deadline") == [north["id"]]
    assert await ids(citizen, jurisdiction_id=city, state="decided") == [tree["id"]]
    assert (await citizen.get("/v1/proposals", params={"state": "draft"})).status_code == 422


@pytest.mark.parametrize("order", ["newest", "supports", "deadline"])
async def test_lists_page(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, order: str) -> None:
    await need(clerk, lamps, 0)
    made = [await propose(citizen, lamps) for _ in range(5)]
    await supported_by(citizen, made[2], 1)
    query: dict[str, Any] = {"service_id": lamps, "order": order, "limit": 2}
    seen: list[str] = []
    while True:
        page = (await citizen.get("/v1/proposals", params=query)).json()
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == await ids(citizen, service_id=lamps, order=order)
    assert sorted(seen) == sorted(each["id"] for each in made)
    other = "supports" if order == "newest" else "newest"
    query = {"service_id": lamps, "order": other, "limit": 2}
    cursor = (await citizen.get("/v1/proposals", params=query)).json()["next"]
    await refused(await citizen.get("/v1/proposals", params={"order": order, "cursor": cursor}), 400, "bad-cursor")


async def test_words_are_found_as_their_language_has_them(citizen: httpx.AsyncClient, lamps: str) -> None:
    bench = await propose(citizen, lamps, language="en")
    german = await propose(citizen, lamps, title="Mehr Bänke", text="Sie stehen an Häusern.", language="de-AT")
    plain = await propose(citizen, lamps, title="Benches", text="Everywhere")
    assert await ids(citizen, service_id=lamps, q="benches", language="en") == [plain["id"], bench["id"]]
    assert await ids(citizen, service_id=lamps, q="benches") == [plain["id"]]
    assert await ids(citizen, service_id=lamps, q="Haus", language="de") == [german["id"]]
    assert await ids(citizen, service_id=lamps, q='"look at the water" -lake') == [bench["id"]]
    assert await ids(citizen, service_id=lamps, q="river or everywhere", order="supports")
    await step(citizen, bench, "versions", bench["receipt_token"], text="Somewhere else", why="The water is high")
    assert await ids(citizen, service_id=lamps, q="water") == []
    assert await ids(citizen, service_id=lamps, q="somewhere") == [bench["id"]]
    for odd in ("& | ! :* ( '", "\\", "x" * 200, "\U0001f6b2"):
        assert await ids(citizen, service_id=lamps, q=odd) == []
    assert (await citizen.get("/v1/proposals", params={"q": "a\0"})).status_code == 422


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzEsMiwzXQ", "WyJuZXdlc3QiLCAiMjAyNi0wMS0wMSIsICJ4Il0", "WyJuZXdlc3QiLDEsMV0"]
)
async def test_cursors_that_are_none(citizen: httpx.AsyncClient, cursor: str) -> None:
    await refused(await citizen.get("/v1/proposals", params={"cursor": cursor}), 400, "bad-cursor")


# --- what cannot be taken ---


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
