"""What others may read of a proposal, and what is left of one that is hidden or whose author is erased."""

from datetime import UTC, datetime, timedelta

import httpx
from fastapi import FastAPI

from services.feedback.proposals.giving import GIVING
from shared.contracts.feedback import (
    Because,
    ProposalMerged,
    ProposalWithdrawn,
)
from shared.database import connection
from tests.feedback.conftest import Events
from tests.feedback.proposing import (
    BENCH,
    answer,
    comment,
    decide,
    erase,
    hide,
    holding,
    ids,
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
)

# What others may read


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


# Moderation and erasure


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
