"""Supports: one for each contributor, counted right however many come at once."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.proposals.supports.giving import GIVING
from shared.contracts.feedback import (
    Because,
    ProposalQualified,
    SupportGiven,
    SupportWithdrawn,
)
from shared.database import connection
from tests.feedback.conftest import Events
from tests.feedback.proposing import (
    decide,
    erase,
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
    unsupport,
)


async def test_a_support_is_given_and_taken_back(
    citizen: httpx.AsyncClient, lamps: str, city: str, events: Events
) -> None:
    made = await propose(citizen, lamps, district_id=f"{city}.north")
    token = await newcomer(citizen, lamps)
    address = f"/v1/proposals/{made['id']}/support"
    assert (await said(await citizen.get(address, headers=holding(token))))["supported"] is False
    given = await said(await support(citizen, made, token, channel="app", campaign="spring"))
    assert (given["supported"], given["supports"], given["supports_needed"]) == (True, 1, 25)
    assert (await said(await citizen.get(address, headers=holding(token)))) == given
    assert (await look(citizen, made))["supports"] == 1
    gone = await said(await unsupport(citizen, made, token))
    assert (gone["supported"], gone["supports"], gone["given_at"]) == (False, 0, None)
    await refused(await unsupport(citizen, made, token), 404, "unknown-support")

    _, first, second = await told(events, lamps)
    assert isinstance(first, SupportGiven)
    assert isinstance(second, SupportWithdrawn)
    assert (first.channel, first.campaign, first.district_id) == ("app", "spring", f"{city}.north")
    assert (second.contributor, second.given_at, second.because) == (
        first.contributor, first.given_at, Because.WITHDRAWN,
    )  # fmt: skip
    assert second.district_id == first.district_id
    assert first.given_at == time_of(given["given_at"])
    await said(await support(citizen, made, token))
    assert (await look(citizen, made))["supports"] == 1


async def test_a_support_given_again_changes_nothing(citizen: httpx.AsyncClient, lamps: str, events: Events) -> None:
    made = await propose(citizen, lamps)
    token = await newcomer(citizen, lamps)
    first = await said(await support(citizen, made, token))
    assert await said(await support(citizen, made, token, channel="web")) == first
    assert sum(isinstance(event, SupportGiven) for event in await events(lamps)) == 1


async def test_a_support_needs_somebody_who_shows_a_token(citizen: httpx.AsyncClient, lamps: str) -> None:
    made = await propose(citizen, lamps)
    address = f"/v1/proposals/{made['id']}/support"
    for send in (citizen.put(address, json={}), citizen.get(address), citizen.delete(address)):
        await refused(await send, 401, "receipt-token-needed")
    await refused(await support(citizen, made, "clr_forged"), 401, "bad-receipt-token")
    nowhere = {"id": "01a21068-f35c-73df-b7f4-3bee6e13c195"}
    await refused(await support(citizen, nowhere, await newcomer(citizen, lamps)), 404, "unknown-proposal")


async def test_nobody_supports_a_proposal_of_their_own(citizen: httpx.AsyncClient, lamps: str, events: Events) -> None:
    made = await propose(citizen, lamps)
    await refused(await support(citizen, made, made["receipt_token"]), 409, "own-proposal")
    assert (await look(citizen, made))["supports"] == 0
    assert len(await events(lamps)) == 1


@pytest.mark.parametrize("needed", [1, 3, 7])
async def test_it_qualifies_once_however_many_supports_race(
    citizen: httpx.AsyncClient,
    neighbour: httpx.AsyncClient,
    clerk: httpx.AsyncClient,
    lamps: str,
    events: Events,
    needed: int,
) -> None:
    await need(clerk, lamps, needed, days=7)
    made = await propose(citizen, lamps)
    tokens = [await newcomer(citizen, lamps) for _ in range(10)]
    sent = [support(client, made, token) for token in tokens for client in (citizen, neighbour)]
    answers = await asyncio.gather(*sent)
    assert {each.status_code for each in answers} == {200}
    seen = await look(citizen, made)
    assert (seen["supports"], seen["state"]) == (10, "qualified")
    published = await told(events, lamps)
    assert sum(isinstance(event, SupportGiven) for event in published) == 10
    (qualified,) = (event for event in published if isinstance(event, ProposalQualified))
    assert qualified.qualified_at == time_of(seen["qualified_at"])
    assert qualified.decision_due_at == qualified.qualified_at + timedelta(days=7)
    assert [type(event) for event in published].index(ProposalQualified) == needed + 1


async def test_giving_and_taking_back_race(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    made = await propose(citizen, lamps)
    token = await newcomer(citizen, lamps)
    sent = [
        each(client, made, token) for _ in "abcde" for client in (citizen, neighbour) for each in (support, unsupport)
    ]
    answers = await asyncio.gather(*sent)
    assert {each.status_code for each in answers} <= {200, 404}
    published = await told(events, lamps)
    balance = sum(isinstance(event, SupportGiven) for event in published)
    balance -= sum(isinstance(event, SupportWithdrawn) for event in published)
    assert (await look(citizen, made))["supports"] == balance
    assert balance in (0, 1)


async def test_what_was_qualified_stays_so(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str) -> None:
    await need(clerk, lamps, 2)
    made = await propose(citizen, lamps)
    first, _ = await supported_by(citizen, made, 2)
    qualified = await look(citizen, made)
    await said(await unsupport(citizen, made, first))
    seen = await look(citizen, made)
    assert (seen["supports"], seen["state"], seen["qualified_at"]) == (1, "qualified", qualified["qualified_at"])


async def test_supports_end_with_the_decision(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str) -> None:
    made = await propose(citizen, lamps)
    (token,) = await supported_by(citizen, made, 1)
    late = await newcomer(citizen, lamps)
    await said(await decide(clerk, made))
    await refused(await support(citizen, made, late), 409, "proposal-state")
    await refused(await unsupport(citizen, made, token), 409, "proposal-state")
    assert (await look(citizen, made))["supports"] == 1


async def test_decision_and_supports_race(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    await need(clerk, lamps, 3)
    made = await propose(citizen, lamps)
    tokens = [await newcomer(citizen, lamps) for _ in range(8)]
    clients = (citizen, neighbour)
    sent = [support(clients[number % 2], made, token) for number, token in enumerate(tokens)]
    answers = await asyncio.gather(*sent[:4], decide(clerk, made), *sent[4:])
    taken = sum(each.status_code == 200 for each in answers) - 1
    seen = await look(citizen, made)
    assert (seen["state"], seen["supports"]) == ("decided", taken)
    names = [type(event).__name__ for event in await told(events, lamps)]
    assert names[-1] == "ProposalDecided"
    assert names.count("ProposalQualified") == (taken >= 3)


async def test_an_erased_supporter_is_counted_no_longer(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str, events: Events
) -> None:
    await need(clerk, lamps, 2)
    made = [await propose(citizen, lamps) for _ in range(3)]
    token, other = await newcomer(citizen, lamps), await newcomer(citizen, lamps)
    for each in made:
        await said(await support(citizen, each, token))
        await said(await support(citizen, each, other))
    await said(await step(clerk, made[0], "merge", into_id=made[1]["id"]))
    await said(await decide(clerk, made[2]))
    receipts = feedback.state.receipts
    async with connection(feedback.state.engine) as database:
        exported = await GIVING.export(database, [receipts.pseudonym(receipts.contributor(token), city)])
    assert [str(each["given_to"]) for each in exported] == [each["id"] for each in made]
    assert await erase(feedback, GIVING, token, city) == 3
    for each, supports, state in ((made[1], 1, "qualified"), (made[2], 1, "decided"), (made[0], 0, "merged")):
        seen = await look(citizen, each)
        assert (seen["supports"], seen["state"]) == (supports, state)
    gone = [event for event in await events(lamps) if isinstance(event, SupportWithdrawn)]
    assert {event.proposal_id for event in gone} == {each["id"] for each in made}
    assert {event.because for event in gone} == {Because.ERASED}
    assert len(gone) == 3


async def test_erasing_merging_and_supporting_race(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str,
    city: str,
) -> None:  # fmt: skip
    for _ in range(4):
        one, other = await propose(citizen, lamps), await propose(citizen, lamps)
        tokens = [await newcomer(citizen, lamps) for _ in range(4)]
        for token in tokens[:2]:
            await said(await support(citizen, one, token))
            await said(await support(citizen, other, token))
        await asyncio.gather(
            erase(feedback, GIVING, tokens[0], city),
            step(clerk, one, "merge", into_id=other["id"]),
            support(neighbour, other, tokens[2]),
            unsupport(neighbour, other, tokens[1]),
            support(neighbour, other, tokens[3]),
        )
        async with connection(feedback.state.engine) as database:
            rows = await database.fetch(
                "SELECT p.supports, (SELECT count(*) FROM support s WHERE s.proposal_id = p.id AND s.counted) AS n "
                "FROM proposal p WHERE service_id = $1",
                lamps,
            )
        assert all(row["supports"] == row["n"] for row in rows)


@pytest.mark.parametrize("wrong", [{"channel": ""}, {"channel": 7}, {"campaign": "a\0"}])
async def test_supports_that_do_not_fit(citizen: httpx.AsyncClient, lamps: str, wrong: dict[str, object]) -> None:
    made = await propose(citizen, lamps)
    token = await newcomer(citizen, lamps)
    answer = await citizen.put(f"/v1/proposals/{made['id']}/support", json=wrong, headers=holding(token))
    await refused(answer, 422, "invalid-input")
