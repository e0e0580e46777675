"""Receipt tokens that are joined to an account are one person with it: one peer, one supporter, one voter."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.app import create_app
from services.feedback.people.oidc import Issuer
from services.feedback.settings import FeedbackSettings
from tests.feedback.proposing import BENCH, newcomer, propose, refused, said
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
