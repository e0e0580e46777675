"""Comments on proposals, in threads that keep their shape."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.proposals.comments.giving import GIVING
from shared.contracts.feedback import Because, CommentPosted, CommentWithdrawn
from shared.database import connection
from tests.feedback.conftest import Events
from tests.feedback.proposing import (
    answer,
    comment,
    decide,
    erase,
    hide,
    holding,
    look,
    propose,
    refused,
    said,
    step,
    suggest,
    told,
)


async def post(
    citizen: httpx.AsyncClient, proposal: dict[str, Any], text: str, token: str | None = None, **more: Any
) -> dict[str, Any]:
    return await said(await comment(citizen, proposal, text, token, **more), 201)


async def thread(citizen: httpx.AsyncClient, proposal: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    answer = await citizen.get(f"/v1/proposals/{proposal['id']}/comments", params=query)
    return list((await said(answer))["items"])


async def take_back(citizen: httpx.AsyncClient, comment: dict[str, Any], token: str) -> httpx.Response:
    return await citizen.delete(f"/v1/comments/{comment['id']}", headers=holding(token))


async def test_a_thread_is_read_in_its_order(citizen: httpx.AsyncClient, lamps: str, city: str, events: Events) -> None:
    made = await propose(citizen, lamps, district_id=f"{city}.north")
    first = await post(citizen, made, "Where exactly?", channel="web", campaign="spring")
    second = await post(citizen, made, "Good idea")
    third = await post(citizen, made, "By the bridge", made["receipt_token"], answers_id=first["id"])
    fourth = await post(citizen, made, "Which bridge?", answers_id=third["id"])
    fifth = await post(citizen, made, "In the shade, please", answers_id=first["id"])
    read = await thread(citizen, made)
    expected = [(first, 0), (third, 1), (fourth, 2), (fifth, 1), (second, 0)]
    assert [(each["id"], each["depth"]) for each in read] == [(each["id"], depth) for each, depth in expected]
    assert [each["by_author"] for each in read] == [False, True, False, False, False]
    assert read[1]["answers_id"] == first["id"]
    oldest = [each["id"] for each in (first, second, third, fourth, fifth)]
    assert [each["id"] for each in await thread(citizen, made, order="oldest")] == oldest
    assert [each["id"] for each in await thread(citizen, made, order="newest")] == oldest[::-1]
    assert (await look(citizen, made))["comments"] == 5
    assert await said(await citizen.get(f"/v1/comments/{third['id']}")) == read[1]
    assert "contributor" not in read[0]

    _, *posted = await told(events, lamps)
    assert all(isinstance(event, CommentPosted) for event in posted)
    assert isinstance(posted[0], CommentPosted)
    assert (posted[0].channel, posted[0].campaign, posted[0].answers_id) == ("web", "spring", None)
    assert posted[0].district_id == f"{city}.north"
    assert isinstance(posted[2], CommentPosted)
    assert posted[2].answers_id == first["id"]
    assert "bridge" not in repr(posted)


@pytest.mark.parametrize("order", ["thread", "oldest", "newest"])
async def test_threads_page(citizen: httpx.AsyncClient, lamps: str, order: str) -> None:
    made = await propose(citizen, lamps)
    above = None
    for number in range(7):
        said_now = await post(citizen, made, f"{number}", answers_id=above if number % 3 else None)
        above = said_now["id"]
    query: dict[str, Any] = {"order": order, "limit": 2}
    seen: list[str] = []
    while True:
        page = (await citizen.get(f"/v1/proposals/{made['id']}/comments", params=query)).json()
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == [each["id"] for each in await thread(citizen, made, order=order)]
    assert len(set(seen)) == 7


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WyJ4Il0", "W1tdXQ", "W1swXV0", "W1sxLCJ4Il1d", "W1s5OTk5OTk5OTk5OTldXQ", "W1t0cnVlXV0"]
)
@pytest.mark.parametrize("order", ["thread", "newest"])
async def test_cursors_that_are_none(citizen: httpx.AsyncClient, lamps: str, cursor: str, order: str) -> None:
    made = await propose(citizen, lamps)
    query = {"order": order, "cursor": cursor}
    await refused(await citizen.get(f"/v1/proposals/{made['id']}/comments", params=query), 400, "bad-cursor")


async def test_a_thread_of_a_thousand_levels_ends_early(citizen: httpx.AsyncClient, lamps: str) -> None:
    made = await propose(citizen, lamps)
    above, refusals = None, 0
    for number in range(1_000):
        posted = await comment(citizen, made, f"{number}", answers_id=above)
        if posted.status_code == 201:
            above = posted.json()["id"]
            continue
        await refused(posted, 409, "thread-too-deep")
        refusals += 1
    read = await thread(citizen, made)
    assert [each["depth"] for each in read] == list(range(30))
    assert refusals == 970


async def test_answers_to_what_is_not_there(citizen: httpx.AsyncClient, lamps: str, feedback: FastAPI) -> None:
    made, other = await propose(citizen, lamps), await propose(citizen, lamps)
    elsewhere = await post(citizen, other, "Elsewhere")
    nothing = "01a21068-f35c-73df-b7f4-3bee6e13c195"
    for answers_id in (elsewhere["id"], nothing, made["id"]):
        await refused(await comment(citizen, made, "Yes", answers_id=answers_id), 422, "unknown-comment")
    await refused(await comment(citizen, {"id": nothing}, "Yes"), 404, "unknown-proposal")
    gone, hidden = await post(citizen, made, "Going"), await post(citizen, made, "Rude")
    await take_back(citizen, gone, gone["receipt_token"])
    await hide(feedback, "comment", hidden)
    for each in (gone, hidden):
        await refused(await comment(citizen, made, "Yes", answers_id=each["id"]), 409, "comment-gone")


async def test_a_comment_is_taken_back_and_keeps_its_place(
    citizen: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    made = await propose(citizen, lamps)
    first = await post(citizen, made, "Where exactly?")
    await post(citizen, made, "By the bridge", answers_id=first["id"])
    other = await post(citizen, made, "Good idea")
    await refused(await take_back(citizen, first, other["receipt_token"]), 403, "not-yours")
    await refused(await citizen.delete(f"/v1/comments/{first['id']}"), 401, "receipt-token-needed")
    gone = await said(await take_back(citizen, first, first["receipt_token"]))
    assert (gone["state"], gone["text"]) == ("withdrawn", None)
    await refused(await take_back(citizen, first, first["receipt_token"]), 409, "comment-gone")
    await refused(await take_back(citizen, made, made["receipt_token"]), 404, "unknown-comment")
    assert (await citizen.get(f"/v1/comments/{made['id']}")).status_code == 404
    read = await thread(citizen, made)
    assert [(each["text"], each["depth"], each["state"]) for each in read] == [
        (None, 0, "withdrawn"), ("By the bridge", 1, "posted"), ("Good idea", 0, "posted"),
    ]  # fmt: skip
    assert (await look(citizen, made))["comments"] == 2
    last = (await events(lamps))[-1]
    assert isinstance(last, CommentWithdrawn)
    assert (last.comment_id, last.because) == (first["id"], Because.WITHDRAWN)


async def test_where_nothing_can_be_said(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    withdrawn, hidden, decided = [await propose(citizen, lamps) for _ in range(3)]
    await step(citizen, withdrawn, "withdraw", withdrawn["receipt_token"])
    await hide(feedback, "proposal", hidden)
    await decide(clerk, decided)
    await refused(await comment(citizen, withdrawn, "Pity"), 409, "proposal-state")
    await refused(await comment(citizen, hidden, "Why?"), 409, "proposal-hidden")
    assert (await comment(citizen, decided, "Thank you")).status_code == 201


async def test_a_hidden_comment_is_a_shell_but_for_its_giver_and_staff(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    made = await propose(citizen, lamps)
    rude = await post(citizen, made, "You fools")
    await hide(feedback, "comment", rude)
    (seen,) = await thread(citizen, made)
    assert (seen["hidden"], seen["text"]) == (True, None)
    address = f"/v1/comments/{rude['id']}"
    assert (await said(await citizen.get(address)))["text"] is None
    assert (await said(await citizen.get(address, headers=holding(rude["receipt_token"]))))["text"] == "You fools"
    assert (await said(await clerk.get(address)))["text"] == "You fools"


async def test_personal_data_in_comments_is_masked_for_others(citizen: httpx.AsyncClient, lamps: str) -> None:
    made = await propose(citizen, lamps)
    posted = await post(citizen, made, "Write to ann@example.org")
    assert posted["text"] == "Write to ann@example.org"
    (seen,) = await thread(citizen, made)
    assert seen["text"] == "Write to [e-mail]"


async def test_many_say_something_at_once(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    made = await propose(citizen, lamps)
    first = await post(citizen, made, "Where?")
    sent = [comment(client, made, "Here", answers_id=first["id"]) for client in (citizen, neighbour) for _ in range(10)]
    assert {each.status_code for each in await asyncio.gather(*sent)} == {201}
    read = await thread(citizen, made)
    assert [each["depth"] for each in read] == [0, *[1] * 20]
    assert (await look(citizen, made))["comments"] == 21
    assert sum(isinstance(event, CommentPosted) for event in await events(lamps)) == 21


async def test_an_erased_commenter_leaves_places(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str, events: Events
) -> None:
    made = await propose(citizen, lamps)
    first = await post(citizen, made, "Where exactly?", channel="somewhere")
    token = first["receipt_token"]
    await post(citizen, made, "By the bridge", answers_id=first["id"])
    gone = await post(citizen, made, "Going", token)
    await take_back(citizen, gone, token)
    change = await said(await suggest(citizen, made, token), 201)
    await said(await answer(citizen, made, change, accepted=True))
    receipts = feedback.state.receipts
    name = receipts.pseudonym(receipts.contributor(token), city)
    async with connection(feedback.state.engine) as database:
        exported = await GIVING.export(database, [name])
    assert [each["text"] for each in exported] == ["Where exactly?", None, "It is hot there"]
    assert exported[2]["amendment"]["title"] == "A bench in the shade"
    before = len(await events(lamps))
    assert await erase(feedback, GIVING, token, city) == 3
    read = await thread(citizen, made)
    assert [(each["text"], each["depth"], each["state"]) for each in read] == [
        (None, 0, "erased"), ("By the bridge", 1, "posted"), (None, 0, "erased"), (None, 0, "erased"),
    ]  # fmt: skip
    seen = await look(citizen, made)
    assert (seen["comments"], seen["title"]) == (1, "A bench in the shade")
    version = (await citizen.get(f"/v1/proposals/{made['id']}/versions")).json()[1]
    assert (version["amendment_id"], version["why"]) == (change["id"], None)
    told_now = (await events(lamps))[before:]
    assert sorted(event.comment_id for event in told_now) == sorted([first["id"], change["id"]])  # type: ignore[attr-defined]
    assert {event.because for event in told_now} == {Because.ERASED}  # type: ignore[attr-defined]
    async with connection(feedback.state.engine) as database:
        for table in ("comment", "proposal_amendment", "proposal_version"):
            for row in await database.fetch(f"SELECT t::text AS row FROM {table} t"):
                for secret in (name, "Where exactly", "somewhere", "hot there") if table != "proposal_version" else ():
                    assert secret not in row["row"] or made["id"] not in row["row"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"text": " "},
        {"text": "x" * 4_001},
        {"text": "a\0b"},
        {"text": None},
        {"text": "Yes", "answers_id": "first"},
        {"text": "Yes", "channel": ""},
    ],
)
async def test_comments_that_do_not_fit(citizen: httpx.AsyncClient, lamps: str, wrong: dict[str, Any]) -> None:
    made = await propose(citizen, lamps)
    answer = await citizen.post(f"/v1/proposals/{made['id']}/comments", json=wrong)
    await refused(answer, 422, "invalid-input")
