"""Proposals change: amended by their authors, by suggestions of others, and merged."""

import asyncio

import httpx
from fastapi import FastAPI

from shared.contracts.feedback import (
    ProposalMerged,
    ProposalPublished,
    ProposalQualified,
    SupportGiven,
)
from tests.feedback.conftest import Events, tell_of_service
from tests.feedback.proposing import (
    BENCH,
    answer,
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
    suggest,
    support,
    supported_by,
    told,
)

# Amendment


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


# Merging


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
    await refused(await step(clerk, one, "merge", into_id=nothing), 422, "unknown-proposal")
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
