"""Citizens vote on what a sum is spent on: one secret vote each, counted once by the rule that was stated."""

import asyncio
import csv
import io
import json
import resource
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
import pytest
from fastapi import FastAPI

from services.feedback.app import create_app
from services.feedback.budgets.apart import MODULE
from services.feedback.budgets.counting import Candidate, ballot, equal_shares
from services.feedback.budgets.giving import GIVING
from services.feedback.receipts import Receipts
from services.feedback.settings import FeedbackSettings
from shared.contracts.feedback import Because, BudgetDecided, BudgetOpened, BudgetVoteCast, BudgetVoteWithdrawn
from shared.database import connection, transaction
from tests.feedback.conftest import Events, client_of

PROJECTS = [("Trees", 600), ("Benches", 500), ("Lights", 400), ("Paint", 100)]


def draft_of(service: str, **changes: Any) -> dict[str, Any]:
    projects = [{"title": {"en": title}, "cost": cost} for title, cost in PROJECTS]
    closes_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    return {
        "service_id": service, "title": {"en": "Our street"}, "amount": 1_000, "currency": "EUR", "voting": "knapsack",
        "counting": "greedy", "closes_at": closes_at, "projects": projects,
    } | changes  # fmt: skip


async def opened(clerk: httpx.AsyncClient, service: str, **changes: Any) -> tuple[str, dict[str, str]]:
    """A published budget, and the ids of its projects by title."""
    made = await clerk.post("/v1/budgets", json=draft_of(service, **changes))
    assert made.status_code == 201, made.text
    published = await clerk.post(f"/v1/budgets/{made.json()['id']}/publish")
    assert published.status_code == 200, published.text
    return made.json()["id"], {each["title"]["en"]: each["id"] for each in published.json()["projects"]}


@pytest.fixture
def voters(settings: FeedbackSettings) -> Callable[[], dict[str, str]]:
    """Makes the headers of somebody who gave something before."""
    receipts = Receipts(settings.secret_bytes)
    return lambda: {"Receipt-Token": receipts.token(uuid4())}


Voters = Callable[[], dict[str, str]]


async def vote(
    citizen: httpx.AsyncClient, budget_id: str, headers: Mapping[str, str], *projects: str, **more: Any
) -> httpx.Response:
    body = ({"projects": list(projects)} if projects else {}) | more
    return await citizen.post(f"/v1/budgets/{budget_id}/votes", json=body, headers=dict(headers))


async def end(app: FastAPI, budget_id: str) -> None:
    """Moves the period into the past: its clock is the database's, and the test does not wait for it."""
    async with transaction(app.state.engine) as database:
        await database.execute(
            "UPDATE budget SET opens_at = now() - interval '2 hours', closes_at = now() WHERE id = $1", UUID(budget_id)
        )


async def test_from_draft_to_outcome(
    clerk: httpx.AsyncClient,
    citizen: httpx.AsyncClient,
    feedback: FastAPI,
    lamps: str,
    city: str,
    events: Events,
    voters: Voters,
) -> None:
    made = (await clerk.post("/v1/budgets", json=draft_of(lamps))).json()
    at = f"/v1/budgets/{made['id']}"
    assert (await citizen.get(at)).status_code == 404
    assert (await vote(citizen, made["id"], voters(), made["projects"][0]["id"])).status_code == 404
    published = (await clerk.post(f"{at}/publish")).json()
    assert published["state"] == "open"
    assert sorted(each["lot"] for each in published["projects"]) == [1, 2, 3, 4]
    assert (await citizen.get(at)).json() == published
    ids = {each["title"]["en"]: each["id"] for each in published["projects"]}
    me = voters()
    cast = await vote(citizen, made["id"], me, ids["Trees"], ids["Lights"], district_id=f"{city}.north")
    assert cast.status_code == 201, cast.text
    assert ids["Trees"] not in cast.text
    for said in (["Trees"], ["Benches", "Paint"], ["Benches"]):
        assert (await vote(citizen, made["id"], voters(), *(ids[each] for each in said))).status_code == 201
    assert (await citizen.get(f"{at}/votes/mine", headers=me)).json()["points"] == {ids["Trees"]: 1, ids["Lights"]: 1}
    early = await clerk.post(f"{at}/count")
    assert (early.status_code, early.json()["type"]) == (409, "urn:civicloop:problem:still-open")
    for path in ("results", "ballots.csv", "ballots.pb"):
        assert (await clerk.get(f"{at}/{path}")).status_code == 409
    await end(feedback, made["id"])
    assert (await citizen.get(at)).json()["state"] == "closed"
    late = await vote(citizen, made["id"], voters(), ids["Paint"])
    assert (late.status_code, late.json()["type"]) == (409, "urn:civicloop:problem:not-open")
    assert (await citizen.delete(f"{at}/votes/mine", headers=me)).status_code == 409
    counted = await clerk.post(f"{at}/count", headers={"Idempotency-Key": "count"})
    assert counted.status_code == 200, counted.text
    assert (await clerk.post(f"{at}/count", headers={"Idempotency-Key": "count"})).json() == counted.json()
    again = await clerk.post(f"{at}/count")
    assert (again.status_code, again.json()["type"]) == (409, "urn:civicloop:problem:already-decided")
    found = (await citizen.get(f"{at}/results")).json()
    assert found == counted.json()
    assert (found["spent"], found["left"], found["votes"], found["erased"]) == (1_000, 0, 4, 0)
    # Benches and Trees have two votes each: the one that costs less comes first.
    assert [(each["title"]["en"], each["votes"], each["why"], each["left"]) for each in found["projects"][:2]] == [
        ("Benches", 2, "funded", 1_000), ("Trees", 2, "too_dear", 500)
    ]  # fmt: skip
    assert [(each["title"]["en"], each["votes"], each["why"], each["left"]) for each in found["projects"][2:]] == [
        ("Paint", 1, "funded", 500), ("Lights", 1, "funded", 400)
    ]  # fmt: skip
    told = await events(lamps)
    assert [type(event) for event in told] == [BudgetOpened, *[BudgetVoteCast] * 4, BudgetDecided]
    opening, mine, *_, decided = told
    assert isinstance(opening, BudgetOpened)
    assert isinstance(mine, BudgetVoteCast)
    assert isinstance(decided, BudgetDecided)
    assert (opening.amount, opening.currency) == (1_000, "EUR")
    assert (mine.district_id, mine.vote_id) == (f"{city}.north", cast.json()["id"])
    assert decided.project_ids == [ids["Benches"], ids["Paint"], ids["Lights"]]
    assert ids["Trees"] not in repr(told)


async def test_what_is_no_vote_is_refused(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, lamps: str, voters: Voters
) -> None:
    budget_id, ids = await opened(clerk, lamps)
    _, others = await opened(clerk, lamps)
    approval_id, approved = await opened(clerk, lamps, voting="approval", most=2)
    points_id, pointed = await opened(clerk, lamps, voting="cumulative", most=10)
    trees, benches, lights, paint = ids.values()
    wrong: list[tuple[str, dict[str, Any], str]] = [
        (budget_id, {"projects": [trees, benches]}, "beyond-budget"),
        (budget_id, {"projects": [*ids.values()]}, "beyond-budget"),
        (budget_id, {"projects": [others["Paint"]]}, "unknown-project"),
        (budget_id, {"projects": [str(uuid4())]}, "unknown-project"),
        (budget_id, {"projects": [paint, paint]}, "invalid-input"),
        (budget_id, {"projects": [paint] * 10_000}, "invalid-input"),
        (budget_id, {"projects": [str(uuid4()) for _ in range(10_000)]}, "invalid-input"),
        (budget_id, {"projects": []}, "invalid-input"),
        (budget_id, {"projects": ["x"]}, "invalid-input"),
        (budget_id, {}, "wrong-ballot"),
        (budget_id, {"points": {paint: 1}}, "wrong-ballot"),
        (budget_id, {"projects": [paint], "points": {paint: 1}}, "wrong-ballot"),
        (budget_id, {"projects": [paint], "district_id": "nowhere"}, "unknown-district"),
        (approval_id, {"projects": list(approved.values())[:3]}, "too-many"),
        (points_id, {"points": {pointed["Paint"]: 11}}, "too-many"),
        (points_id, {"points": {pointed["Paint"]: 6, pointed["Trees"]: 5}}, "too-many"),
        (points_id, {"points": {pointed["Paint"]: 0}}, "invalid-input"),
        (points_id, {"points": {pointed["Paint"]: -1}}, "invalid-input"),
        (points_id, {"points": {pointed["Paint"]: 1.5}}, "invalid-input"),
        (points_id, {"points": {pointed["Paint"]: True}}, "invalid-input"),
        (points_id, {"points": {pointed["Paint"]: 10**400}}, "invalid-input"),
        (points_id, {"projects": [pointed["Paint"]]}, "wrong-ballot"),
    ]
    for where, body, slug in wrong:
        refused = await citizen.post(f"/v1/budgets/{where}/votes", json=body, headers=voters())
        assert (refused.status_code, refused.json()["type"]) == (422, f"urn:civicloop:problem:{slug}"), body
    for written in ("NaN", "Infinity", "-Infinity", "1e999"):
        refused = await citizen.post(
            f"/v1/budgets/{points_id}/votes",
            content=f'{{"points": {{"{pointed["Paint"]}": {written}}}}}',
            headers={**voters(), "Content-Type": "application/json"},
        )
        assert refused.status_code in (400, 422)
    assert (await vote(citizen, budget_id, {}, paint)).status_code == 401
    assert (await vote(citizen, budget_id, {"Receipt-Token": "clr_x"}, paint)).status_code == 401
    # What costs exactly as much as there is, and what has exactly as many points, are fine.
    assert (await vote(citizen, budget_id, voters(), trees, lights)).status_code == 201
    most = {"points": {pointed["Paint"]: 4, pointed["Trees"]: 6}}
    assert (await vote(citizen, points_id, voters(), **most)).status_code == 201


async def test_a_vote_is_replaced_and_taken_back(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, lamps: str, events: Events, voters: Voters
) -> None:
    budget_id, ids = await opened(clerk, lamps)
    me, mine = voters(), f"/v1/budgets/{budget_id}/votes/mine"
    first = (await vote(citizen, budget_id, me, ids["Trees"])).json()
    second = (await vote(citizen, budget_id, me, ids["Paint"])).json()
    gone, cast = (await events(lamps))[-2:]
    assert isinstance(gone, BudgetVoteWithdrawn)
    assert isinstance(cast, BudgetVoteCast)
    assert (gone.vote_id, gone.because, cast.vote_id) == (first["id"], Because.REPLACED, second["id"])
    assert (await citizen.get(mine, headers=me)).json()["points"] == {ids["Paint"]: 1}
    assert (await citizen.get(mine, headers=voters())).status_code == 404
    assert (await citizen.delete(mine)).status_code == 401
    assert (await citizen.delete(mine, headers=me)).status_code == 204
    assert (await citizen.delete(mine, headers=me)).status_code == 404
    last = (await events(lamps))[-1]
    assert isinstance(last, BudgetVoteWithdrawn)
    assert (last.vote_id, last.because) == (second["id"], Because.WITHDRAWN)


async def test_where_the_city_wants_it_a_vote_needs_an_account(
    clerk: httpx.AsyncClient, settings: FeedbackSettings, lamps: str, voters: Voters
) -> None:
    budget_id, ids = await opened(clerk, lamps)
    app = create_app(settings.model_copy(update={"votes_need_account": True}))
    async with app.router.lifespan_context(app), client_of(app) as citizen:
        refused = await vote(citizen, budget_id, voters(), ids["Paint"])
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:civicloop:problem:account-needed")


async def test_votes_of_one_voter_raced_by_two_processes(
    clerk: httpx.AsyncClient,
    citizen: httpx.AsyncClient,
    neighbour: httpx.AsyncClient,
    feedback: FastAPI,
    lamps: str,
    events: Events,
    voters: Voters,
) -> None:
    budget_id, ids = await opened(clerk, lamps)
    me = voters()
    cast = await asyncio.gather(
        *(vote(who, budget_id, me, each) for each in ids.values() for who in (citizen, neighbour))
    )
    assert {each.status_code for each in cast} == {201}
    async with connection(feedback.state.engine) as database:
        kept = await database.fetch("SELECT id FROM budget_vote WHERE budget_id = $1", UUID(budget_id))
    counting: list[str] = []
    for event in await events(lamps):
        if isinstance(event, BudgetVoteCast):
            counting.append(event.vote_id)
        elif isinstance(event, BudgetVoteWithdrawn):
            counting.remove(event.vote_id)
        assert len(counting) <= 1
    assert counting == [str(row["id"]) for row in kept]


async def test_it_is_counted_once_with_all_that_were_cast(
    clerk: httpx.AsyncClient,
    citizen: httpx.AsyncClient,
    neighbour: httpx.AsyncClient,
    feedback: FastAPI,
    lamps: str,
    events: Events,
    voters: Voters,
) -> None:
    budget_id, ids = await opened(clerk, lamps, counting="equal_shares")
    neighbour.headers["Authorization"] = clerk.headers["Authorization"]

    async def vote_often(who: httpx.AsyncClient) -> int:
        codes = [(await vote(who, budget_id, voters(), ids["Paint"])).status_code for _ in range(15)]
        assert codes == sorted(codes)
        return codes.count(201)

    voting = [asyncio.create_task(vote_often(who)) for who in (citizen, neighbour)]
    await asyncio.sleep(0)
    await end(feedback, budget_id)
    counts = await asyncio.gather(
        *(who.post(f"/v1/budgets/{budget_id}/count") for who in (clerk, neighbour, clerk, neighbour))
    )
    assert sorted(each.status_code for each in counts) == [200, 409, 409, 409]
    cast = sum([await each for each in voting])
    (decided,) = [event for event in await events(lamps) if isinstance(event, BudgetDecided)]
    assert decided.votes == cast


async def cast_many(app: FastAPI, budget_id: str, projects: Sequence[str], many: int) -> None:
    """Votes that differ, by many voters."""
    said = [{each: 1 for n, each in enumerate(projects) if number >> n & 1} for number in range(1, many + 1)]
    async with transaction(app.state.engine) as database:
        await database.execute(
            """INSERT INTO budget_vote (id, budget_id, contributor, given_at, choices)
               SELECT gen_random_uuid(), $1, 'voter ' || n, now(), said
               FROM unnest($2::jsonb[]) WITH ORDINALITY AS u (said, n)""",
            UUID(budget_id), [json.dumps(each) for each in said],
        )  # fmt: skip


async def big(clerk: httpx.AsyncClient, app: FastAPI, service: str, votes: int) -> str:
    """A budget with many votes, which are over."""
    projects = [{"title": {"en": f"{n}"}, "cost": 1_000 + n} for n in range(16)]
    budget_id, ids = await opened(clerk, service, amount=20_000, counting="equal_shares", projects=projects)
    await cast_many(app, budget_id, list(ids.values()), votes)
    await end(app, budget_id)
    return budget_id


def cpu(whose: int) -> float:
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


async def test_counting_takes_the_time_of_another_process(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    budget_id = await big(clerk, feedback, lamps, 30_000)
    mine, others = cpu(resource.RUSAGE_SELF), cpu(resource.RUSAGE_CHILDREN)
    counted = await clerk.post(f"/v1/budgets/{budget_id}/count")
    mine, others = cpu(resource.RUSAGE_SELF) - mine, cpu(resource.RUSAGE_CHILDREN) - others
    assert counted.json()["votes"] == 30_000
    assert mine < others / 2
    lines = (await citizen.get(f"/v1/budgets/{budget_id}/ballots.csv")).text.splitlines()
    assert len(set(lines)) == 30_001


async def test_a_count_that_died_is_none_and_can_be_repeated(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events
) -> None:
    budget_id = await big(clerk, feedback, lamps, 1_000)
    counting = asyncio.create_task(clerk.post(f"/v1/budgets/{budget_id}/count"))
    while not (children := [each for each in psutil.Process().children() if MODULE in " ".join(each.cmdline())]):
        assert (await citizen.get(f"/v1/budgets/{budget_id}")).json()["state"] == "closed"
    children[0].kill()
    failed = await counting
    assert (failed.status_code, failed.json()["type"]) == (503, "urn:civicloop:problem:counting-failed")
    assert (await citizen.get(f"/v1/budgets/{budget_id}")).json()["state"] == "closed"
    assert not [event for event in await events(lamps) if isinstance(event, BudgetDecided)]
    assert (await clerk.post(f"/v1/budgets/{budget_id}/count")).json()["votes"] == 1_000


async def test_an_outcome_can_be_counted_again_from_the_ballots(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str, voters: Voters
) -> None:
    budget_id, ids = await opened(clerk, lamps, counting="equal_shares", voting="cumulative", most=9)
    names = list(ids)
    for n in range(8):
        points = {ids[names[n % 4]]: 5, ids[names[(n * n + 1) % 4]]: 4}
        cast = await vote(citizen, budget_id, voters(), points=points, district_id=f"{city}.north")
        assert cast.status_code == 201
    await end(feedback, budget_id)
    found = (await clerk.post(f"/v1/budgets/{budget_id}/count")).json()
    shown = (await citizen.get(f"/v1/budgets/{budget_id}")).json()
    lines = (await citizen.get(f"/v1/budgets/{budget_id}/ballots.csv")).text
    rows = list(csv.DictReader(io.StringIO(lines)))
    ballots = Counter(
        ballot(dict(zip(row["projects"].split("|"), map(int, row["points"].split("|")), strict=True))) for row in rows
    )
    assert list(ballots.elements()) == sorted(ballots.elements())
    candidates = [Candidate(each["id"], each["cost"], each["lot"]) for each in shown["projects"]]
    again = equal_shares(shown["amount"], candidates, ballots, worth_cost=False)
    assert [(each.id, each.points, each.why, each.order) for each in again] == [
        (each["project_id"], each["points"], each["why"], each["order"]) for each in found["projects"]
    ]
    told = (await citizen.get(f"/v1/budgets/{budget_id}/ballots.pb")).text
    meta, rest = told.split("PROJECTS\n")
    projects, votes = rest.split("VOTES\n")
    assert "num_votes;8\n" in meta
    assert "budget;1000\n" in meta
    assert "vote_type;cumulative\n" in meta
    selected = {
        row["project_id"] for row in csv.DictReader(io.StringIO(projects), delimiter=";") if row["selected"] == "1"
    }
    assert selected == {each["project_id"] for each in found["projects"] if each["funded"]}
    again_votes = Counter(
        ballot(dict(zip(row["vote"].split(","), map(int, row["points"].split(",")), strict=True)))
        for row in csv.DictReader(io.StringIO(votes), delimiter=";")
    )
    assert again_votes == ballots
    for text in (lines, told):
        assert f"{city}.north" not in text


async def test_erasing_before_the_count_and_after(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events, voters: Voters
) -> None:
    budget_id, ids = await opened(clerk, lamps)
    for title in ("Trees", "Paint", "Paint"):
        assert (await vote(citizen, budget_id, voters(), ids[title])).status_code == 201
    first, second, _ = [event for event in await events(lamps) if isinstance(event, BudgetVoteCast)]
    async with transaction(feedback.state.engine) as database:
        (exported,) = await GIVING.export(database, [first.contributor])
        assert exported["points"] == {ids["Trees"]: 1}
        erased = await GIVING.erase(database, [first.contributor], 10, datetime.now(UTC))
        assert (await GIVING.erase(database, [first.contributor], 10, datetime.now(UTC))).inputs == 0
    assert [event.type for event in erased.events] == ["feedback.budget.vote.withdrawn.v1"]
    assert b'"erased"' in erased.events[0].data
    await end(feedback, budget_id)
    found = (await clerk.post(f"/v1/budgets/{budget_id}/count")).json()
    assert (found["votes"], [each["title"]["en"] for each in found["projects"] if each["funded"]]) == (2, ["Paint"])
    async with transaction(feedback.state.engine) as database:
        assert (await GIVING.erase(database, [second.contributor], 10, datetime.now(UTC))).inputs == 1
    after = (await citizen.get(f"/v1/budgets/{budget_id}/results")).json()
    assert after == found | {"erased": 1}
    assert len((await citizen.get(f"/v1/budgets/{budget_id}/ballots.csv")).text.splitlines()) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"projects": []},
        {"projects": [{"title": {"en": "x"}, "cost": 1_001}]},
        {"projects": [{"title": {"en": "x"}, "cost": 0}]},
        {"projects": [{"title": {"en": "x"}, "cost": 1}] * 501},
        {"amount": 10**16},
        {"amount": 1.5},
        {"currency": "euro"},
        {"projects": [{"title": {"en": "x"}, "cost": 1, "proposal_id": "01a21068-f35c-73df-b7f4-3bee6e13c195"}]},
        {"voting": "approval"},
        {"voting": "knapsack", "most": 3},
        {"voting": "shouting"},
        {"counting": "as we like"},
        {"closes_at": "9999-12-31T23:59:59-14:00"},
        {"service_id": "nowhere.nothing"},
        {"more": 1},
    ],
)
async def test_drafts_that_make_no_sense(clerk: httpx.AsyncClient, lamps: str, changes: dict[str, Any]) -> None:
    refused = await clerk.post("/v1/budgets", json=draft_of(lamps, **changes))
    assert refused.status_code == 422, refused.text


async def test_a_project_comes_from_a_proposal(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, lamps: str
) -> None:
    said = {"service_id": lamps, "title": "More trees", "text": "There are too few", "publish": True}
    proposed = (await citizen.post("/v1/proposals", json=said)).json()
    projects = [{"title": {"en": "Trees"}, "cost": 500, "proposal_id": proposed["id"]}]
    made = await clerk.post("/v1/budgets", json=draft_of(lamps, projects=projects))
    assert made.status_code == 201, made.text
    assert made.json()["projects"][0]["proposal_id"] == proposed["id"]


async def test_only_staff_makes_and_counts(
    clerk: httpx.AsyncClient, citizen: httpx.AsyncClient, importer: httpx.AsyncClient, lamps: str
) -> None:
    at = f"/v1/budgets/{(await clerk.post('/v1/budgets', json=draft_of(lamps))).json()['id']}"
    for who, status in ((citizen, 401), (importer, 403)):
        assert (await who.post("/v1/budgets", json=draft_of(lamps))).status_code == status
        assert (await who.put(at, json=draft_of(lamps))).status_code == status
        assert (await who.delete(at)).status_code == status
        for step in ("publish", "count"):
            assert (await who.post(f"{at}/{step}")).status_code == status
    assert (await citizen.get("/v1/budgets?state=draft")).status_code == 401
    assert (await clerk.post(f"{at}/count")).json()["type"] == "urn:civicloop:problem:not-published"
    changed = await clerk.put(at, json=draft_of(lamps, amount=2_000))
    assert changed.json()["amount"] == 2_000
    over = draft_of(lamps, closes_at=(datetime.now(UTC) - timedelta(hours=1)).isoformat())
    assert (await clerk.put(at, json=over)).status_code == 200
    assert (await clerk.post(f"{at}/publish")).json()["type"] == "urn:civicloop:problem:impossible-period"
    await clerk.put(at, json=draft_of(lamps))
    assert (await clerk.post(f"{at}/publish")).status_code == 200
    for refused in (
        await clerk.put(at, json=draft_of(lamps)),
        await clerk.delete(at),
        await clerk.post(f"{at}/publish"),
    ):
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:civicloop:problem:already-published")
    listed = (await citizen.get(f"/v1/budgets?service_id={lamps}&state=open")).json()["items"]
    assert [f"/v1/budgets/{each['id']}" for each in listed] == [at]
