"""Receipt tokens that are joined to an account are one person with it: one peer, supporter, voter and respondent."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.app import create_app
from services.feedback.people.oidc import Issuer
from services.feedback.settings import FeedbackSettings
from shared.contracts.feedback import ConsultationAnswered, ConsultationAnswerWithdrawn
from tests.feedback import test_consultations as consultations
from tests.feedback.conftest import Events
from tests.feedback.proposing import BENCH, holding, newcomer, propose, refused, said, support, supported_by
from tests.feedback.test_budgets import end, opened, vote
from tests.feedback.test_oidc import CLIENT, OurProvider


@pytest.fixture
def ours() -> Iterator[OurProvider]:
    provider = OurProvider()
    yield provider
    provider.close()


@pytest.fixture
async def feedback(settings: FeedbackSettings, ours: OurProvider) -> AsyncIterator[FastAPI]:
    """Feedback that takes tokens of accounts."""
    app = create_app(settings.model_copy(update={"oidc": [Issuer(issuer=ours.issuer, audience=[CLIENT])]}))
    async with app.router.lifespan_context(app):
        yield app


async def joined(citizen: httpx.AsyncClient, ours: OurProvider, service: str) -> list[dict[str, str]]:
    """The headers of an account, and of two receipts that are joined to it."""
    account = {"Authorization": f"Bearer {ours.token(sub=f'kim-{uuid4()}')}"}
    tokens = [await newcomer(citizen, service) for _ in range(2)]
    for each in tokens:
        receipt = {"receipt_token": each}
        assert (await citizen.post("/v1/me/receipts", json=receipt, headers=account)).status_code == 204
    return [account, *({"Receipt-Token": each} for each in tokens)]


async def test_nobody_confirms_what_they_gave_by_another_token_of_theirs(
    citizen: httpx.AsyncClient, ours: OurProvider, lamps: str
) -> None:
    same = await joined(citizen, ours, lamps)
    hours = {"service_id": lamps, "form": "hours", "amount": 60}
    for giver in same:
        given = (await citizen.post("/v1/contributions", json=hours, headers=giver)).json()
        at = f"/v1/contributions/{given['id']}"
        assert (await citizen.post(f"{at}/made", json={}, headers=giver)).status_code == 200
        for peer in same:
            await refused(await citizen.post(f"{at}/confirmations", headers=peer), 403, "own-contribution")
    others = (await citizen.post("/v1/contributions", json=hours)).json()
    at = f"/v1/contributions/{others['id']}"
    by = {"Receipt-Token": others["receipt_token"]}
    assert (await citizen.post(f"{at}/made", json={}, headers=by)).status_code == 200
    answers = await asyncio.gather(*(citizen.post(f"{at}/confirmations", headers=peer) for peer in same))
    assert sorted(each.status_code for each in answers) == [200, 409, 409], "they are one peer"
    assert (await citizen.get(at)).json()["confirmations"] == 1


async def test_tokens_of_one_account_are_one_supporter(
    citizen: httpx.AsyncClient, ours: OurProvider, lamps: str
) -> None:
    same = await joined(citizen, ours, lamps)
    for author in same:
        body = {"service_id": lamps, **BENCH}
        proposal = await said(await citizen.post("/v1/proposals", json=body, headers=author), 201)
        for each in same:
            tried = await citizen.put(f"/v1/proposals/{proposal['id']}/support", json={}, headers=each)
            await refused(tried, 409, "own-proposal")
    at = f"/v1/proposals/{(await propose(citizen, lamps))['id']}/support"
    answers = await asyncio.gather(*(citizen.put(at, json={}, headers=each) for each in same))
    assert {(each.status_code, each.json()["supports"]) for each in answers} == {(200, 1)}
    for each in same:
        assert (await said(await citizen.get(at, headers=each)))["supported"] is True
    gone = await said(await citizen.delete(at, headers=same[1]))
    assert (gone["supports"], gone["supported"]) == (0, False)


async def test_tokens_of_one_account_are_one_voter(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, ours: OurProvider, feedback: FastAPI, lamps: str
) -> None:
    account, first, second = await joined(citizen, ours, lamps)
    budget_id, ids = await opened(clerk, lamps)
    mine = f"/v1/budgets/{budget_id}/votes/mine"
    alone = {"Receipt-Token": await newcomer(citizen, lamps)}
    answers = [vote(citizen, budget_id, each, ids["Paint"]) for each in (first, account, second, first, alone)]
    assert {each.status_code for each in await asyncio.gather(*answers)} == {201}
    assert (await vote(citizen, budget_id, first, ids["Trees"])).status_code == 201
    assert (await citizen.get(mine, headers=account)).json()["points"] == {ids["Trees"]: 1}
    assert (await citizen.get(mine, headers=second)).status_code == 404, "a token does not tell what an account did"
    await end(feedback, budget_id)
    assert (await clerk.post(f"/v1/budgets/{budget_id}/count")).json()["votes"] == 2


async def test_votes_cast_before_they_were_joined_become_one(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, ours: OurProvider, feedback: FastAPI, lamps: str
) -> None:
    budget_id, ids = await opened(clerk, lamps)
    account = {"Authorization": f"Bearer {ours.token(sub=f'lee-{uuid4()}')}"}
    token = await newcomer(citizen, lamps)
    for each in (account, {"Receipt-Token": token}):
        assert (await vote(citizen, budget_id, each, ids["Paint"])).status_code == 201
    receipt = {"receipt_token": token}
    assert (await citizen.post("/v1/me/receipts", json=receipt, headers=account)).status_code == 204
    assert (await vote(citizen, budget_id, account, ids["Trees"])).status_code == 201
    await end(feedback, budget_id)
    told = (await clerk.post(f"/v1/budgets/{budget_id}/count")).json()
    assert told["votes"] == 1


async def test_tokens_of_one_account_give_one_answer(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, ours: OurProvider, lamps: str, events: Events
) -> None:
    account, first, second = await joined(citizen, ours, lamps)
    consultation_id = await consultations.opened(clerk, lamps)
    at, mine = (f"/v1/consultations/{consultation_id}/answers{end}" for end in ("", "/mine"))
    said_so = [citizen.post(at, json={"answers": {"which": "one"}}, headers=each) for each in (first, account, second)]
    assert {each.status_code for each in await asyncio.gather(*said_so)} == {201}
    last = await said(await citizen.post(at, json={"answers": {"which": "other"}}, headers=first), 201)
    assert (await consultations.answer(citizen, consultation_id)).status_code == 201, "somebody else"
    assert (await said(await citizen.get(mine, headers=account)))["id"] == last["id"]
    assert (await citizen.get(mine, headers=second)).status_code == 404, "a token does not tell what an account did"
    results = await said(await clerk.get(f"/v1/consultations/{consultation_id}/results"))
    assert results["answers"] == 2
    kinds = [type(event) for event in await events(lamps)]
    assert kinds.count(ConsultationAnswered) - kinds.count(ConsultationAnswerWithdrawn) == 2
    assert (await citizen.delete(mine, headers=second)).status_code == 204
    assert (await citizen.get(mine, headers=account)).status_code == 404


async def test_who_supports_both_by_two_tokens_is_counted_once_when_they_are_merged(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, ours: OurProvider, lamps: str
) -> None:
    """By three tokens of one person, by the account of the other one's author, and by two who are joined later."""
    _, first, second = await joined(citizen, ours, lamps)
    author, theirs, _ = await joined(citizen, ours, lamps)
    body = {"service_id": lamps, **BENCH}
    other = await said(await citizen.post("/v1/proposals", json=body, headers=author), 201)
    proposal = await propose(citizen, lamps)
    for giver, what in ((first, proposal), (second, other), (theirs, proposal)):
        assert (await support(citizen, what, giver["Receipt-Token"])).status_code == 200
    late = await supported_by(citizen, proposal, 2)
    account = {"Authorization": f"Bearer {ours.token(sub=f'max-{uuid4()}')}"}
    for token in late:
        receipt = {"receipt_token": token}
        assert (await citizen.post("/v1/me/receipts", json=receipt, headers=account)).status_code == 204
    await supported_by(citizen, proposal, 1)
    await supported_by(citizen, other, 1)
    before = [(await said(await citizen.get(f"/v1/proposals/{each['id']}")))["supports"] for each in (proposal, other)]
    assert before == [5, 2]
    merging = {"into_id": other["id"]}
    await said(await clerk.post(f"/v1/proposals/{proposal['id']}/merge", json=merging))
    merged = await said(await citizen.get(f"/v1/proposals/{other['id']}"))
    assert (merged["supports"], merged["supports_from_merged"]) == (4, 2), "one of each, and the two who gave one each"
    gone = await said(await citizen.delete(f"/v1/proposals/{other['id']}/support", headers=holding(late[1])))
    assert (gone["supports"], gone["supported"]) == (3, False)
