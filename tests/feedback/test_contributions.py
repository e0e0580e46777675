"""Contributions: pledged, made, verified by staff or by peers, refused, withdrawn; counted exactly."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.contributions.giving import CONFIRMATIONS, GIVING
from services.feedback.me.erasing import erase_some
from shared.contracts.feedback import (
    Because,
    ContributionMade,
    ContributionPledged,
    ContributionRefused,
    ContributionVerified,
    ContributionWithdrawn,
)
from shared.database import transaction
from shared.outbox.append import append
from tests.feedback.conftest import Events, tell_of_service
from tests.feedback.proposing import propose

HOURS = {"form": "hours", "amount": 90, "description": "I can weed the beds"}
MONEY = {"form": "money", "amount": 2_500, "currency": "EUR"}
DATA = {"form": "data", "data_set": {"title": "Trees", "licence": "CC0-1.0", "address": "https://trees.example/t.csv"}}
EVIDENCE = {"evidence": "See the photo", "evidence_address": "https://photos.example/1"}


def mine(given: Any) -> dict[str, str]:
    return {"Receipt-Token": given["receipt_token"]}


async def post(client: httpx.AsyncClient, service: str, **body: Any) -> httpx.Response:
    return await client.post("/v1/contributions", json={"service_id": service, **body})


async def pledge(citizen: httpx.AsyncClient, service: str, **body: Any) -> Any:
    answer = await post(citizen, service, **(body or HOURS))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def make(citizen: httpx.AsyncClient, given: Any, **body: Any) -> httpx.Response:
    return await citizen.post(f"/v1/contributions/{given['id']}/made", json=body, headers=mine(given))


async def made(citizen: httpx.AsyncClient, service: str, **body: Any) -> Any:
    given = await pledge(citizen, service, **body)
    answer = await make(citizen, given, **EVIDENCE)
    assert (answer.status_code, answer.json()["state"]) == (200, "made"), answer.text
    return given


async def confirm(client: httpx.AsyncClient, given: Any, peer: str | None) -> httpx.Response:
    headers = {"Receipt-Token": peer} if peer else {}
    return await client.post(f"/v1/contributions/{given['id']}/confirmations", headers=headers)


async def verify(clerk: httpx.AsyncClient, given: Any, **body: Any) -> httpx.Response:
    return await clerk.post(f"/v1/contributions/{given['id']}/verification", json=body)


async def refuse(clerk: httpx.AsyncClient, given: Any, reason: str = "Nobody was there") -> httpx.Response:
    return await clerk.post(f"/v1/contributions/{given['id']}/refusal", json={"reason": reason})


async def withdraw(citizen: httpx.AsyncClient, given: Any) -> httpx.Response:
    return await citizen.delete(f"/v1/contributions/{given['id']}", headers=mine(given))


async def see(client: httpx.AsyncClient, given: Any, **headers: str) -> Any:
    return (await client.get(f"/v1/contributions/{given['id']}", headers=headers)).json()


@pytest.fixture
async def peers(citizen: httpx.AsyncClient, feedback: FastAPI, city: str) -> list[str]:
    """Receipt tokens of six others."""
    other = await tell_of_service(feedback, city, "benches")
    given = [await citizen.post("/v1/ratings", json={"service_id": other, "value": 4}) for _ in range(6)]
    return [answer.json()["receipt_token"] for answer in given]


def refused(answer: httpx.Response, status: int, slug: str) -> None:
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:civicloop:problem:{slug}"), answer.text


async def test_hours_are_pledged_made_and_verified_by_staff(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, city: str, events: Events
) -> None:
    given = await pledge(citizen, lamps, **HOURS, district_id=f"{city}.north", channel="web", campaign="Spring")
    assert (given["state"], given["amount"], given["overdue"], given["hidden"]) == ("pledged", 90, False, False)
    days = datetime.fromisoformat(given["due_at"]) - datetime.fromisoformat(given["given_at"])
    assert days == timedelta(days=90)
    done = (await make(citizen, given, amount=60, **EVIDENCE)).json()
    assert (done["state"], done["made_amount"], done["evidence"]) == ("made", 60, "See the photo")
    checked = (await verify(clerk, given, amount=45)).json()
    assert (checked["state"], checked["verified_amount"], checked["verified_by"]) == ("verified", 45, "staff")
    pledged, told, verified = await events(lamps)
    assert isinstance(pledged, ContributionPledged)
    assert (pledged.form, pledged.amount, pledged.currency, pledged.channel) == ("hours", 90, None, "web")
    assert (pledged.campaign, pledged.district_id, pledged.call_id) == ("Spring", f"{city}.north", None)
    assert pledged.due_at == datetime.fromisoformat(given["due_at"])
    assert isinstance(told, ContributionMade)
    assert (told.amount, told.made_at) == (60, datetime.fromisoformat(done["made_at"]))
    assert isinstance(verified, ContributionVerified)
    assert (verified.amount, verified.by, verified.given_at) == (45, "staff", pledged.given_at)
    assert verified.verified_at == datetime.fromisoformat(checked["verified_at"])
    assert not any(text in repr([pledged, told, verified]) for text in ("weed", "photo", given["receipt_token"]))


async def test_each_form_is_taken(citizen: httpx.AsyncClient, lamps: str, events: Events) -> None:
    for body in (HOURS, MONEY, DATA, {"form": "skills", "description": "Arabic"}, {"form": "goods", "amount": 3}):
        given = await pledge(citizen, lamps, **body)
        assert given["form"] == body["form"]
        assert given["amount"] == body.get("amount")
    assert (await see(citizen, await pledge(citizen, lamps, **DATA)))["data_set"] == DATA["data_set"]
    told = [event for event in await events(lamps) if isinstance(event, ContributionPledged)]
    assert [event.form for event in told] == ["hours", "money", "data", "skills", "goods", "data"]
    assert (told[1].amount, told[1].currency) == (2_500, "EUR")


async def test_what_was_made_is_what_was_pledged_unless_it_is_said(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    hours, skills = await pledge(citizen, lamps), await pledge(citizen, lamps, form="skills")
    assert (await make(citizen, hours)).json()["made_amount"] == 90
    assert (await verify(clerk, hours)).json()["verified_amount"] == 90
    assert (await make(citizen, skills)).json()["made_amount"] is None
    assert (await verify(clerk, skills, amount=30)).json()["verified_amount"] == 30


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
async def test_amounts_of_money_are_in_the_currencys_own_minor_unit(
    citizen: httpx.AsyncClient, lamps: str, currency: str, digits: int
) -> None:
    given = await pledge(citizen, lamps, form="money", amount=1_000, currency=currency)
    assert (given["amount"], given["currency"], given["currency_digits"]) == (1_000, currency, digits)


@pytest.mark.parametrize(
    "currency", ["eur", "EURO", "XXX", "XTS", "XAU", "DEM", "ABC", "", "€", "EU\0", None, 978, ["EUR"]],
)  # fmt: skip
async def test_currencies_that_are_none(citizen: httpx.AsyncClient, lamps: str, events: Events, currency: Any) -> None:
    refused(await post(citizen, lamps, form="money", amount=5, currency=currency), 422, "invalid-input")
    refused(await post(citizen, lamps, form="goods", amount=5, currency=currency or "EUR"), 422, "invalid-input")
    assert await events(lamps) == []


@pytest.mark.parametrize(
    "amount",
    [
        "0",
        "-1",
        "1.5",
        "12.50",
        '"12"',
        "true",
        "null",
        "NaN",
        "Infinity",
        "1000000000001",
        str(2**63),
        "9" * 400,
    ],
)
@pytest.mark.parametrize("form", ["hours", "money"])
async def test_amounts_that_are_none(
    citizen: httpx.AsyncClient, lamps: str, events: Events, form: str, amount: str
) -> None:
    currency = ', "currency": "JPY"' if form == "money" else ""
    body = f'{{"service_id": "{lamps}", "form": "{form}", "amount": {amount}{currency}}}'
    answer = await citizen.post("/v1/contributions", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await events(lamps) == []


@pytest.mark.parametrize(
    "body",
    [
        {"form": "hours"},
        {"form": "money", "currency": "EUR"},
        {"form": "money", "amount": 5},
        {"form": "time", "amount": 5},
        {"form": None},
        {"form": "data"},
        {"form": "data", "data_set": {"licence": "CC0-1.0"}},
        {"form": "data", "data_set": {"title": ""}},
        {"form": "data", "data_set": {"title": "T", "licence": "mail me at a@b.example"}},
        {"form": "data", "data_set": {"title": "T", "address": "javascript:alert(1)"}},
        {"form": "data", "data_set": {"title": "T", "address": "ftp://x.example"}},
        {"form": "data", "data_set": {"title": "T", "address": "https://x.example/\u202ecod"}},
        {"form": "data", "data_set": {"title": "T", "address": "https://x.example/a\0"}},
        {"form": "data", "data_set": {"title": "T\0"}},
        {"form": "data", "data_set": [1]},
        {**HOURS, "data_set": {"title": "T"}},
        {**HOURS, "description": "a\0b"},
        {**HOURS, "description": "x" * 4_001},
        {**HOURS, "call_id": "1"},
        {**HOURS, "due_at": "tomorrow"},
        {**HOURS, "due_at": 1_900_000_000},
        {**HOURS, "due_at": "2027-01-01T00:00:00"},
    ],
)
async def test_pledges_that_do_not_fit(
    citizen: httpx.AsyncClient, lamps: str, events: Events, body: dict[str, Any]
) -> None:
    refused(await post(citizen, lamps, **body), 422, "invalid-input")
    assert await events(lamps) == []


async def test_half_a_surrogate_is_refused(citizen: httpx.AsyncClient, lamps: str) -> None:
    body = json.dumps({"service_id": lamps, **HOURS, "description": "\ud800"})
    answer = await citizen.post("/v1/contributions", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    "due_at",
    ["2020-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "3y"],
)
async def test_pledges_that_are_due_when_they_cannot_be(
    citizen: httpx.AsyncClient, lamps: str, events: Events, due_at: str
) -> None:
    if due_at == "3y":
        due_at = (datetime.now(UTC) + timedelta(days=3 * 366 + 1)).isoformat()
    refused(await post(citizen, lamps, **HOURS, due_at=due_at), 422, "impossible-time")
    assert await events(lamps) == []


async def test_the_contributor_says_when_it_is_due(citizen: httpx.AsyncClient, lamps: str) -> None:
    given = await pledge(citizen, lamps, **HOURS, due_at=(datetime.now(UTC) + timedelta(days=1_090)).isoformat())
    assert datetime.fromisoformat(given["due_at"]) > datetime.now(UTC) + timedelta(days=1_089)


async def test_overdue_pledges_are_seen(citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str) -> None:
    late, kept = await pledge(citizen, lamps), await pledge(citizen, lamps)
    await pledge(citizen, lamps)
    await make(citizen, kept)
    async with transaction(feedback.state.engine) as database:
        ids = [UUID(each["id"]) for each in (late, kept)]
        await database.execute("UPDATE contribution SET due_at = now() WHERE id = ANY ($1)", ids)
    assert (await see(citizen, late))["overdue"]
    assert not (await see(citizen, kept))["overdue"]
    for query in (f"service_id={lamps}", f"jurisdiction_id={city}"):
        listed = (await citizen.get(f"/v1/contributions?{query}&overdue=true")).json()["items"]
        assert [each["id"] for each in listed] == [late["id"]]
    (total,) = (await citizen.get(f"/v1/contributions/totals?service_id={lamps}")).json()["totals"]
    assert (total["overdue"], total["contributions"]) == (1, 3)
    assert (await make(citizen, late)).status_code == 200, "it can still be made"


async def test_peers_verify_it(citizen: httpx.AsyncClient, lamps: str, peers: list[str], events: Events) -> None:
    given = await made(citizen, lamps)
    first = await confirm(citizen, given, peers[0])
    assert (first.status_code, first.json()["state"], first.json()["confirmations"]) == (200, "made", 1)
    refused(await confirm(citizen, given, peers[0]), 409, "confirmed-before")
    refused(await confirm(citizen, given, given["receipt_token"]), 403, "own-contribution")
    refused(await confirm(citizen, given, None), 401, "receipt-token-needed")
    second = (await confirm(citizen, given, peers[1])).json()
    assert (second["state"], second["verified_by"], second["verified_amount"]) == ("verified", "peers", 90)
    refused(await confirm(citizen, given, peers[2]), 409, "wrong-state")
    told = (await events(lamps))[-1]
    assert isinstance(told, ContributionVerified)
    assert (told.by, told.amount) == ("peers", 90)
    assert len(await events(lamps)) == 3


async def test_how_many_peers_are_needed_is_a_setting(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, peers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    object.__setattr__(feedback.state.parts, "peers_needed", 1)
    given = await made(citizen, lamps)
    assert (await confirm(citizen, given, peers[0])).json()["state"] == "verified"


async def test_confirmations_raced_through_two_processes_verify_once(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, lamps: str, peers: list[str], events: Events
) -> None:
    for _ in range(3):
        given = await made(citizen, lamps)
        sent = [confirm(client, given, peer) for peer in peers for client in (citizen, neighbour)]
        answers = await asyncio.gather(*sent)
        assert sorted(answer.status_code for answer in answers) == [200] * 2 + [409] * 10
        assert (await see(citizen, given))["confirmations"] == 2
    verified = [event for event in await events(lamps) if isinstance(event, ContributionVerified)]
    assert len(verified) == 3


async def test_staff_and_peers_and_the_giver_race_for_it(
    citizen: httpx.AsyncClient,
    neighbour: httpx.AsyncClient,
    clerk: httpx.AsyncClient,
    lamps: str,
    peers: list[str],
    events: Events,
) -> None:
    for _ in range(5):
        given = await made(citizen, lamps)
        before = len(await events(lamps))
        await asyncio.gather(
            confirm(citizen, given, peers[0]), confirm(neighbour, given, peers[1]), verify(clerk, given),
            refuse(clerk, given), withdraw(neighbour, given),
        )  # fmt: skip
        seen = await see(citizen, given)
        new = [type(event) for event in (await events(lamps))[before:]]
        refused_first = [ContributionRefused, ContributionWithdrawn]
        assert (seen["state"], new) in (
            ("verified", [ContributionVerified]),
            ("withdrawn", [ContributionWithdrawn]),
            ("withdrawn", refused_first),
            ("refused", [ContributionRefused]),
        )


async def test_staff_refuses_with_a_reason_and_that_is_final(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, peers: list[str], events: Events
) -> None:
    given = await made(citizen, lamps)
    assert (await clerk.post(f"/v1/contributions/{given['id']}/refusal", json={"reason": " "})).status_code == 422
    answer = (await refuse(clerk, given)).json()
    assert (answer["state"], answer["refusal"]) == ("refused", "Nobody was there")
    for again in (make(citizen, given), verify(clerk, given), refuse(clerk, given), confirm(citizen, given, peers[0])):
        refused(await again, 409, "wrong-state")
    told = (await events(lamps))[-1]
    assert isinstance(told, ContributionRefused)
    assert told.refused_at == datetime.fromisoformat(answer["refused_at"])
    assert "Nobody" not in repr(told)


async def test_what_is_not_made_cannot_be_verified(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, peers: list[str]
) -> None:
    given = await pledge(citizen, lamps)
    for early in (verify(clerk, given), refuse(clerk, given), confirm(citizen, given, peers[0])):
        refused(await early, 409, "wrong-state")
    await make(citizen, given)
    refused(await make(citizen, given), 409, "wrong-state")
    refused(await verify(clerk, given, amount=91), 422, "too-much")
    refused(await verify(clerk, given, amount=0), 422, "invalid-input")
    assert (await verify(clerk, given)).status_code == 200
    refused(await verify(clerk, given), 409, "wrong-state")


async def test_a_contribution_is_taken_back_before_it_is_verified(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    pledged, done, rejected, checked = await pledge(citizen, lamps), *[await made(citizen, lamps) for _ in range(3)]
    await refuse(clerk, rejected)
    await verify(clerk, checked)
    for given in (pledged, done, rejected):
        answer = await withdraw(citizen, given)
        assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
        refused(await withdraw(citizen, given), 409, "wrong-state")
        refused(await make(citizen, given), 409, "wrong-state")
        assert (await see(citizen, given))["description"] is None
    refused(await withdraw(citizen, checked), 409, "wrong-state")
    told = [event for event in await events(lamps) if isinstance(event, ContributionWithdrawn)]
    assert [event.contribution_id for event in told] == [each["id"] for each in (pledged, done, rejected)]
    assert {(event.because, event.verified_at, event.amount) for event in told} == {(Because.WITHDRAWN, None, None)}


async def test_nobody_else_makes_it_or_takes_it_back(
    citizen: httpx.AsyncClient, importer: httpx.AsyncClient, lamps: str, peers: list[str]
) -> None:
    given = await pledge(citizen, lamps)
    someone = {**given, "receipt_token": peers[0]}
    refused(await make(citizen, someone), 403, "not-yours")
    refused(await withdraw(citizen, someone), 403, "not-yours")
    assert (await citizen.delete(f"/v1/contributions/{given['id']}")).status_code == 401
    assert (await verify(citizen, given)).status_code == 401
    assert (await verify(importer, given)).status_code == 403
    assert (await refuse(importer, given)).status_code == 403
    nothing = {**given, "id": str(uuid4())}
    refused(await make(citizen, nothing), 404, "unknown-contribution")
    assert (await citizen.get(f"/v1/contributions/{nothing['id']}")).status_code == 404


async def test_sent_twice_with_a_key_it_is_done_once(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, lamps: str, peers: list[str], events: Events
) -> None:
    async def twice(url: str, body: Any, headers: dict[str, str]) -> Any:
        keyed = {**headers, "Idempotency-Key": str(uuid4())}
        answers = await asyncio.gather(
            *(client.post(url, json=body, headers=keyed) for client in (citizen, neighbour) for _ in range(4))
        )
        assert len({(answer.status_code, answer.content) for answer in answers}) == 1, answers[0].text
        return answers[0].json()

    given = await twice("/v1/contributions", {"service_id": lamps, **HOURS}, {})
    await twice(f"/v1/contributions/{given['id']}/made", EVIDENCE, mine(given))
    for peer in peers[:2]:
        await twice(f"/v1/contributions/{given['id']}/confirmations", None, {"Receipt-Token": peer})
    assert (await see(citizen, given))["state"] == "verified"
    assert len(await events(lamps)) == 3


async def test_lists_and_totals(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, city: str) -> None:
    first = await made(citizen, lamps)
    second = await made(citizen, lamps, **MONEY)
    third = await pledge(citizen, lamps, form="money", amount=700, currency="JPY")
    fourth = await pledge(citizen, lamps, form="money", amount=100, currency="EUR")
    gone = await pledge(citizen, lamps)
    await verify(clerk, first, amount=60)
    await refuse(clerk, second)
    await withdraw(citizen, gone)

    async def listed(query: str) -> list[str]:
        return [each["id"] for each in (await citizen.get(f"/v1/contributions?{query}")).json()["items"]]

    ids = [each["id"] for each in (fourth, third, second, first)]
    assert await listed(f"service_id={lamps}") == await listed(f"jurisdiction_id={city}") == ids
    assert await listed(f"service_id={lamps}&form=hours") == [first["id"]]
    assert await listed(f"service_id={lamps}&state=pledged") == ids[:2]
    assert await listed(f"service_id={lamps}&state=withdrawn") == [gone["id"]]
    page = (await citizen.get(f"/v1/contributions?service_id={lamps}&limit=3")).json()
    assert await listed(f"service_id={lamps}&limit=3&cursor={page['next']}") == ids[3:]
    assert (await citizen.get("/v1/contributions?cursor=nonsense")).status_code == 400
    totals = (await citizen.get(f"/v1/contributions/totals?service_id={lamps}")).json()["totals"]
    figures = [(each["form"], each["currency"], each["contributions"], each["pledged"], each["made"], each["verified"])
               for each in totals]  # fmt: skip
    assert figures == [("hours", None, 1, 90, 90, 60), ("money", "EUR", 2, 2_600, 0, 0), ("money", "JPY", 1, 700, 0, 0)]
    assert (await citizen.get("/v1/contributions/totals")).status_code == 422


async def test_totals_of_the_most_that_can_be_given_are_exact(citizen: httpx.AsyncClient, lamps: str) -> None:
    for _ in range(3):
        await pledge(citizen, lamps, form="money", amount=10**12, currency="EUR")
    (total,) = (await citizen.get(f"/v1/contributions/totals?service_id={lamps}")).json()["totals"]
    assert total["pledged"] == 3 * 10**12


async def test_mine_are_shown_to_me_with_what_others_do_not_see(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    given = await made(citizen, lamps)
    answer = await citizen.post("/v1/contributions", json={"service_id": lamps, **DATA}, headers=mine(given))
    await withdraw(citizen, answer.json())
    await pledge(citizen, lamps)
    async with transaction(feedback.state.engine) as database:
        await database.execute("UPDATE contribution SET hidden_at = now() WHERE id = $1", given["id"])
    listed = (await citizen.get("/v1/me/contributions", headers=mine(given))).json()["items"]
    assert [each["id"] for each in listed] == [answer.json()["id"], given["id"]]
    assert (listed[0]["data_set"], listed[1]["evidence"]) == (DATA["data_set"], "See the photo")
    public = await see(citizen, given)
    assert (public["description"], public["evidence"], public["evidence_address"]) == (None, None, None)
    assert (public["hidden"], public["amount"]) == (True, 90)
    (shown, _) = (await citizen.get(f"/v1/contributions?service_id={lamps}")).json()["items"][::-1]
    assert shown == public
    for whole in (await see(citizen, given, **mine(given)), await see(clerk, given)):
        assert (whole["description"], whole["evidence"]) == ("I can weed the beds", "See the photo")
    assert (await citizen.get("/v1/me/contributions")).status_code == 401


async def test_all_that_one_gave_is_exported_and_erased(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str, peers: list[str],
    events: Events,
) -> None:  # fmt: skip
    given = await made(citizen, lamps)
    more = [await citizen.post("/v1/contributions", json={"service_id": lamps, **HOURS}, headers=mine(given))
            for _ in range(2)]  # fmt: skip
    await withdraw(citizen, more[1].json())
    others = await made(citizen, lamps)
    await confirm(citizen, others, given["receipt_token"])
    for peer in peers[:2]:
        await confirm(citizen, given, peer)
    receipts = feedback.state.receipts
    names = [receipts.pseudonym(receipts.contributor(given["receipt_token"]), city)]
    before = len(await events(lamps))
    async with transaction(feedback.state.engine) as database:
        exported = await GIVING.export(database, names)
        assert [each["id"] for each in exported] == [given["id"], *(each.json()["id"] for each in more)]
        assert "I can weed the beds" in json.dumps(exported)
        confirmed = await CONFIRMATIONS.export(database, names)
        assert [each["contribution_id"] for each in confirmed] == [others["id"]]
        at = datetime.now(UTC)
        gone = [await GIVING.erase(database, names, 2, at) for _ in range(3)]
        assert [each.inputs for each in gone] == [2, 1, 0]
        assert [(await CONFIRMATIONS.erase(database, names, 2, at)).inputs for _ in range(2)] == [1, 0]
        await append(database, [event for each in gone for event in each.events])
    told = (await events(lamps))[before:]
    assert all(isinstance(event, ContributionWithdrawn) and event.because == Because.ERASED for event in told)
    taken = [(event.contribution_id, event.amount) for event in told if isinstance(event, ContributionWithdrawn)]
    assert taken == [(given["id"], 90), (more[0].json()["id"], None)]
    assert (await citizen.get(f"/v1/contributions/{given['id']}")).status_code == 404
    assert (await see(citizen, others))["confirmations"] == 1
    assert (await confirm(citizen, others, peers[0])).json()["state"] == "verified"
    async with transaction(feedback.state.engine) as database:
        rows = await database.fetch("SELECT contributor FROM contribution_confirmation")
        assert names[0] not in {row["contributor"] for row in rows}


async def test_me_shows_and_erases_them(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str, peers: list[str],
    events: Events,
) -> None:  # fmt: skip
    given, key = await pledge(citizen, lamps), {"Idempotency-Key": str(uuid4())}
    url = f"/v1/contributions/{given['id']}"
    await citizen.post(f"{url}/made", json={"evidence": "Look behind the shed"}, headers=mine(given) | key)
    for peer in peers[:2]:
        await citizen.post(f"{url}/confirmations", headers={"Receipt-Token": peer} | key)
    others = await made(citizen, lamps)
    again = {"Idempotency-Key": str(uuid4())}
    await citizen.post(f"/v1/contributions/{others['id']}/confirmations", headers=mine(given) | again)
    shown = (await citizen.get("/v1/me", headers=mine(given))).json()
    assert [each["evidence"] for each in shown["contributions"]] == ["Look behind the shed"]
    assert [each["contribution_id"] for each in shown["confirmations"]] == [others["id"]]
    asked = (await citizen.delete("/v1/me", headers=mine(given))).json()
    while await erase_some(feedback.state.engine, UUID(asked["id"])):
        pass
    assert isinstance((await events(lamps))[-1], ContributionWithdrawn)
    assert (await citizen.get(url)).status_code == 404
    assert (await see(citizen, others))["confirmations"] == 1
    refused(await confirm(citizen, others, given["receipt_token"]), 401, "erased")
    contributor = str(feedback.state.receipts.contributor(given["receipt_token"]))
    async with transaction(feedback.state.engine) as database:
        kept = str(await database.fetch("SELECT * FROM idempotency"))
    assert "behind the shed" not in kept
    assert given["id"] not in kept
    assert contributor not in kept


async def test_an_erasure_raced_with_a_verification_takes_along_what_was_verified(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str, events: Events
) -> None:
    receipts = feedback.state.receipts

    async def erase(names: list[str]) -> None:
        async with transaction(feedback.state.engine) as database:
            await append(database, (await GIVING.erase(database, names, 10, datetime.now(UTC))).events)

    for _ in range(6):
        given = await made(citizen, lamps)
        before = len(await events(lamps))
        names = [receipts.pseudonym(receipts.contributor(given["receipt_token"]), city)]
        answer, _ = await asyncio.gather(verify(clerk, given), erase(names))
        *verified, gone = (await events(lamps))[before:]
        assert isinstance(gone, ContributionWithdrawn)
        assert (answer.status_code, len(verified), gone.amount) in ((200, 1, 90), (404, 0, None))


async def test_a_proposal_is_helped_while_it_is_alive(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str, events: Events
) -> None:
    proposal = await propose(citizen, lamps)
    given = await pledge(citizen, lamps, **HOURS, proposal_id=proposal["id"])
    listed = (await citizen.get(f"/v1/contributions?proposal_id={proposal['id']}")).json()["items"]
    assert [each["id"] for each in listed] == [given["id"]]
    (total,) = (await citizen.get(f"/v1/contributions/totals?proposal_id={proposal['id']}")).json()["totals"]
    assert total["pledged"] == 90
    told = (await events(lamps))[-1]
    assert isinstance(told, ContributionPledged)
    assert told.proposal_id == proposal["id"]
    draft = await propose(citizen, lamps, draft=True)
    elsewhere = await propose(citizen, await tell_of_service(feedback, city, "trees"))
    for other, status, slug in (
        ({"id": str(uuid4())}, 422, "unknown-proposal"),
        (draft, 422, "unknown-proposal"),
        (elsewhere, 422, "foreign-proposal"),
    ):
        refused(await post(citizen, lamps, **HOURS, proposal_id=other["id"]), status, slug)
    gone = await citizen.post(
        f"/v1/proposals/{proposal['id']}/withdraw", json={"why": "No more"}, headers=mine(proposal)
    )
    assert gone.status_code == 200, gone.text
    refused(await post(citizen, lamps, **HOURS, proposal_id=proposal["id"]), 409, "proposal-over")


MAIL = "Ask me: jo.doe@mail.example"


async def test_personal_data_is_masked_for_others(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    given = await pledge(citizen, lamps, form="data", data_set={"title": MAIL}, description=MAIL)
    assert given["description"] == MAIL
    await make(citizen, given, evidence=MAIL)
    public = await see(citizen, given)
    for shown in (public["description"], public["data_set"]["title"], public["evidence"]):
        assert shown.startswith("Ask me: ")
        assert "jo.doe" not in shown
    for whole in (await see(citizen, given, **mine(given)), await see(clerk, given)):
        assert whole["description"] == whole["data_set"]["title"] == whole["evidence"] == MAIL
    assert "jo.doe" not in (await citizen.get(f"/v1/contributions?service_id={lamps}")).text
    assert "jo.doe" in (await clerk.get(f"/v1/contributions?service_id={lamps}")).text
    assert "jo.doe" not in repr(await events(lamps))


async def test_services_and_districts_that_take_none(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, city: str
) -> None:
    refused(await post(citizen, "nowhere", **HOURS), 422, "unknown-service")
    retired = await tell_of_service(feedback, city, "retired", "retired")
    refused(await post(citizen, retired, **HOURS), 409, "service-not-in-use")
    refused(await post(citizen, lamps, **HOURS, district_id="nowhere"), 422, "unknown-district")
