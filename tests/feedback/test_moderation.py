"""What is flagged, decided and appealed, and what the public, the giver and staff read of it."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from services.feedback.me.erasing import erase_some
from tests.feedback.proposing import comment, propose

TEXT = "The mayor is a thief and lives at 4 Oak Street"
HIDE = {"decision": "hide", "reason": "insult", "explanation": "It insults somebody."}


async def report(citizen: AsyncClient, service: str, text: str = TEXT, **more: Any) -> dict[str, Any]:
    said = {"service_id": service, "description": text, "address": "Oak"} | more
    response = await citizen.post("/v1/requests", json=said)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def flag(citizen: AsyncClient, id_: str, kind: str = "request", **more: Any) -> Response:
    return await citizen.post("/v1/flags", json={"kind": kind, "id": id_, "reason": "insult", **more})


async def case_of(clerk: AsyncClient, city: str, id_: str, **more: Any) -> dict[str, Any]:
    queue = (await clerk.get("/v1/moderation", params={"jurisdiction_id": city, **more})).json()
    (case,) = [each for each in queue["items"] if each["item_id"] == id_]
    return dict(case)


async def decide(clerk: AsyncClient, case: dict[str, Any], **decision: Any) -> Response:
    return await clerk.post(f"/v1/moderation/{case['id']}/decision", json=decision)


def token(made: dict[str, Any]) -> dict[str, str]:
    return {"Receipt-Token": made["receipt_token"]}


async def test_what_is_hidden_shows_as_a_shell_and_its_giver_learns_why(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    made = await report(citizen, lamps)
    assert (await flag(citizen, made["id"], note="See for yourself")).status_code == 201
    case = await case_of(clerk, city, made["id"], kind="request", reason="insult")
    assert (case["state"], case["texts"]["description"], case["flags"]) == (
        "open", TEXT, [{"reason": "insult", "flags": 1}],
    )  # fmt: skip
    assert (await decide(clerk, case, **HIDE)).status_code == 200

    public = (await citizen.get(f"/v1/requests/{made['id']}")).json()
    assert (public["description"], public["address"], public["hidden"]) == (None, None, True)
    feed = (await citizen.get("/v1/feeds/requests.atom", params={"jurisdiction_id": city})).text
    assert made["id"] in feed
    assert "thief" not in feed

    mine = (await citizen.get("/v1/me", headers=token(made))).json()
    assert (mine["requests"][0]["description"], mine["requests"][0]["hidden"]) == (TEXT, True)
    (told,) = mine["moderation"]
    assert (told["decision"], told["reason"], told["explanation"]) == ("hide", "insult", "It insults somebody.")
    assert told["may_appeal"] is True
    assert (await citizen.get(f"/v1/moderation/{case['id']}", headers=token(made))).json() == told
    assert (await clerk.get("/v1/moderation", params={"jurisdiction_id": city})).json()["items"] == []


async def test_an_appeal_is_settled_by_another_decision(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    made = await report(citizen, lamps)
    await flag(citizen, made["id"])
    case = await case_of(clerk, city, made["id"])
    address = f"/v1/moderation/{case['id']}/appeal"
    appeal = {"text": "It is true, and the court said so."}
    assert (await citizen.post(address, json=appeal, headers=token(made))).status_code == 409
    await decide(clerk, case, **HIDE)
    other = await report(citizen, lamps, "Another one")
    assert (await citizen.post(address, json=appeal, headers=token(other))).status_code == 403
    assert (await citizen.post(address, json=appeal)).status_code == 401
    assert (await citizen.get(f"/v1/moderation/{case['id']}", headers=token(other))).status_code == 403

    twice = [citizen.post(address, json=appeal, headers=token(made)) for _ in range(2)]
    assert sorted([each.status_code for each in await asyncio.gather(*twice)]) == [200, 409]
    waiting = await case_of(clerk, city, made["id"], state="appealed")
    assert waiting["appeal"] == appeal["text"]
    settled = (await decide(clerk, case, decision="keep", reason="within-the-rules")).json()
    assert [(each["decision"], each["on_appeal"], each["author"]) for each in settled["history"]] == [
        ("hide", False, "feedback:staff"), ("keep", True, "feedback:staff"),
    ]  # fmt: skip
    assert settled["state"] == "settled"
    assert (await citizen.get(f"/v1/requests/{made['id']}")).json()["description"] == TEXT
    assert (await citizen.post(address, json=appeal, headers=token(made))).status_code == 409


async def test_staff_can_have_the_public_read_other_words(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    made = await report(citizen, lamps)
    await flag(citizen, made["id"])
    case = await case_of(clerk, city, made["id"])
    redact = {"decision": "redact", "reason": "personal-data", "explanation": "An address of somebody's home."}
    wrong = await decide(clerk, case, **redact, texts={"comment": "x"})
    assert wrong.status_code == 422
    assert (await decide(clerk, case, **redact)).status_code == 422
    done = await decide(clerk, case, **redact, texts={"description": "[...] lives at [address]"})
    assert done.status_code == 200
    assert (await citizen.get(f"/v1/requests/{made['id']}")).json()["description"] == "[...] lives at [address]"
    assert (await citizen.get("/v1/me", headers=token(made))).json()["requests"][0]["description"] == TEXT


async def test_every_kind_can_be_hidden(citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str) -> None:
    made = await report(citizen, lamps)
    await clerk.post(f"/v1/requests/{made['id']}/status", json={"status": "answered", "answer": "Our answer"})
    await citizen.post(f"/v1/requests/{made['id']}/notes", json={"text": "A note"})
    detail = (await citizen.get(f"/v1/requests/{made['id']}")).json()
    rated = {"service_id": lamps, "value": 1, "comment": "Thieves"}
    rating = (await citizen.post("/v1/ratings", json=rated)).json()
    kinds = {
        "answer": detail["answers"][0]["id"], "note": detail["notes"][0]["id"], "rating": rating["id"],
    }  # fmt: skip
    for kind, id_ in kinds.items():
        assert (await flag(citizen, id_, kind)).status_code == 201, kind
        assert (await decide(clerk, await case_of(clerk, city, id_, kind=kind), **HIDE)).status_code == 200, kind
    detail = (await citizen.get(f"/v1/requests/{made['id']}")).json()
    assert [(each["text"], each["hidden"]) for each in detail["answers"] + detail["notes"]] == [(None, True)] * 2
    shown = (await citizen.get(f"/v1/ratings/{rating['id']}")).json()
    assert (shown["comment"], shown["value"], shown["hidden"]) == (None, 1, True)
    assert (await clerk.get(f"/v1/queue/{made['id']}")).json()["answers"][0]["text"] == "Our answer"


async def test_earlier_versions_of_a_proposal_are_redacted_too_and_comments_hidden(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    proposal = await propose(citizen, lamps, text="Zacharias is a thief, away with his bench")
    said = (await comment(citizen, proposal, "He is")).json()
    for kind, id_ in (("proposal", proposal["id"]), ("comment", said["id"])):
        assert (await flag(citizen, id_, kind)).status_code == 201
    redact = {"decision": "redact", "reason": "insult", "explanation": "No insults."}
    case = await case_of(clerk, city, proposal["id"])
    assert (await decide(clerk, case, **redact, texts={"text": "Away with this bench"})).status_code == 200
    assert (await decide(clerk, await case_of(clerk, city, said["id"]), **HIDE)).status_code == 200

    assert (await citizen.get(f"/v1/proposals/{proposal['id']}")).json()["text"] == "Away with this bench"
    for address in ("versions", "comments"):
        told = await citizen.get(f"/v1/proposals/{proposal['id']}/{address}")
        assert told.status_code == 200
        assert "Zacharias" not in told.text
        assert "He is" not in told.text
    for word, number in (("Zacharias", 0), ("away", 1)):
        listed = await citizen.get("/v1/proposals", params={"jurisdiction_id": city, "q": word})
        assert len(listed.json()["items"]) == number, word


async def test_a_known_citizen_flags_a_thing_once_for_a_reason(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    made, other = await report(citizen, lamps), await report(citizen, lamps, "Another")
    body = {"kind": "request", "id": made["id"], "reason": "spam", "note": "Mine is max@example.org"}
    for _ in range(2):
        assert (await citizen.post("/v1/flags", json=body, headers=token(other))).status_code == 201
    case = await case_of(clerk, city, made["id"])
    assert case["flags"] == [{"reason": "spam", "flags": 1}]
    (mine,) = (await citizen.get("/v1/me", headers=token(other))).json()["flags"]
    assert (mine["item_id"], mine["reason"]) == (made["id"], "spam")


async def test_a_flood_of_flags_by_nobody_known_hides_no_others(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    made, other = await report(citizen, lamps), await report(citizen, lamps, "Another")
    known = {"kind": "request", "id": made["id"], "reason": "spam", "note": "By one who is known"}
    assert (await citizen.post("/v1/flags", json=known, headers=token(other))).status_code == 201
    for start in range(0, 150, 30):
        flood = [flag(citizen, made["id"], reason="spam", note=f"{start + n}") for n in range(30)]
        assert {each.status_code for each in await asyncio.gather(*flood)} == {201}
    case = await case_of(clerk, city, made["id"])
    assert case["flags"] == [{"reason": "spam", "flags": 151}]
    raised = (await clerk.get(f"/v1/moderation/{case['id']}")).json()["raised"]
    assert [each["times"] for each in raised] == [1] * 10 + [141]
    assert raised[0]["note"] == "By one who is known"


async def test_flags_of_many_at_once_make_one_case(
    citizen: AsyncClient, neighbour: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    made = await report(citizen, lamps)
    answers = await asyncio.gather(*(flag(who, made["id"]) for who in (citizen, neighbour) * 10))
    assert {each.status_code for each in answers} == {201}
    case = await case_of(clerk, city, made["id"])
    assert case["flags"] == [{"reason": "insult", "flags": 20}]


async def test_what_was_kept_is_looked_at_again_for_a_new_reason(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    made = await report(citizen, lamps)
    await flag(citizen, made["id"])
    case = await case_of(clerk, city, made["id"])
    await decide(clerk, case, decision="keep", reason="within-the-rules")
    await flag(citizen, made["id"])
    assert (await case_of(clerk, city, made["id"], waiting=False))["state"] == "decided"
    await flag(citizen, made["id"], reason="spam")
    assert (await case_of(clerk, city, made["id"]))["state"] == "open"


async def test_erasing_takes_cases_along_and_leaves_flags_without_a_name(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str, feedback: FastAPI
) -> None:
    made, other = await report(citizen, lamps), await report(citizen, lamps, "Another")
    await citizen.post(
        "/v1/flags", json={"kind": "request", "id": made["id"], "reason": "spam", "note": "n"}, headers=token(other)
    )
    await flag(citizen, other["id"])
    case = await case_of(clerk, city, other["id"])
    asked = (await citizen.delete("/v1/me", headers=token(other))).json()
    while await erase_some(feedback.state.engine, UUID(asked["id"])):
        pass
    assert (await clerk.get(f"/v1/moderation/{case['id']}")).status_code == 404
    kept = await case_of(clerk, city, made["id"])
    detail = (await clerk.get(f"/v1/moderation/{kept['id']}")).json()
    assert [(each["reason"], each["note"]) for each in detail["raised"]] == [("spam", None)]


async def test_the_queue_has_pages(citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str) -> None:
    ids = [(await report(citizen, lamps, f"Number {number}"))["id"] for number in range(5)]
    for id_ in ids:
        await flag(citizen, id_)
    for waiting in (True, False):
        seen: list[str] = []
        query = {"jurisdiction_id": city, "limit": 2, "waiting": waiting}
        page = (await clerk.get("/v1/moderation", params=query)).json()
        while page["items"]:
            seen += [each["item_id"] for each in page["items"]]
            if page["next"] is None:
                break
            page = (await clerk.get("/v1/moderation", params={**query, "cursor": page["next"]})).json()
        assert seen == (ids if waiting else ids[::-1])
        for case in (await clerk.get("/v1/moderation", params={"jurisdiction_id": city})).json()["items"]:
            await decide(clerk, case, decision="keep", reason="within-the-rules")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "request", "reason": "spam", "id": str(uuid4())}, 404),
        ({"kind": "outbox", "reason": "spam", "id": str(uuid4())}, 422),
        ({"kind": "request", "reason": "ugly", "id": str(uuid4())}, 422),
        ({"kind": "request", "reason": "spam", "id": "1"}, 422),
        ({"kind": "request", "reason": "spam", "id": str(uuid4()), "note": "x" * 4_001}, 422),
    ],
)
async def test_flags_that_make_no_sense_are_refused(citizen: AsyncClient, body: dict[str, str], status: int) -> None:
    assert (await citizen.post("/v1/flags", json=body)).status_code == status


async def test_the_queue_is_for_staff(citizen: AsyncClient, importer: AsyncClient, clerk: AsyncClient) -> None:
    for who, status in ((citizen, 401), (importer, 403)):
        assert (await who.get("/v1/moderation", params={"jurisdiction_id": "x"})).status_code == status
        answer = await who.post(f"/v1/moderation/{uuid4()}/decision", json=HIDE)
        assert answer.status_code == status
    assert (await clerk.get(f"/v1/moderation/{uuid4()}")).status_code == 404
    wrong: list[httpx.Response] = [
        await clerk.get("/v1/moderation", params={"jurisdiction_id": "x", "cursor": cursor})
        for cursor in ("WzFd", "!", "WzEsMl0")
    ]
    assert {each.status_code for each in wrong} == {400}


async def test_a_private_note_cannot_be_flagged(citizen: AsyncClient, clerk: AsyncClient, lamps: str) -> None:
    made = await report(citizen, lamps)
    note = {"text": "For us alone", "private": True}
    id_ = (await clerk.post(f"/v1/requests/{made['id']}/notes", json=note)).json()["id"]
    assert (await flag(citizen, id_, "note")).status_code == 404


async def test_the_case_of_what_was_taken_back_can_be_closed(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    made = await report(citizen, lamps)
    note = (await citizen.post(f"/v1/requests/{made['id']}/notes", json={"text": "A note"})).json()
    await flag(citizen, note["id"], "note")
    gone = await citizen.delete(f"/v1/requests/{made['id']}/notes/{note['id']}", headers=token(note))
    assert gone.status_code < 300, gone.text
    case = await case_of(clerk, city, note["id"])
    assert (case["texts"], case["hidden"]) == (None, None)
    assert (await decide(clerk, case, **HIDE)).status_code == 404
    assert (await decide(clerk, case, decision="keep", reason="within-the-rules")).status_code == 200


async def test_the_table_of_requests_holds_nothing_hidden(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    made = await report(citizen, lamps)
    await report(citizen, lamps, "Call 617-635-4500")
    await flag(citizen, made["id"])
    await decide(clerk, await case_of(clerk, city, made["id"]), **HIDE)
    table = await citizen.get("/v1/requests.csv", params={"jurisdiction_id": city})
    assert table.status_code == 200, table.text
    assert made["id"] in table.text
    assert "thief" not in table.text
    assert "[phone]" in table.text
    assert "635-4500" not in table.text


async def test_where_a_hidden_request_is_is_told_to_staff_alone(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    home = {"jurisdiction_id": city}
    place = {"lat": "-48.51", "long": "-16.37", "address_string": "Oak", "address_id": "O-4", "zipcode": "ZX-9"}
    sent = await citizen.post("/open311/v2/requests.json", data=home | place | {"service_code": lamps})
    id_ = sent.json()[0]["service_request_id"]
    near = {"latitude": -48.51, "longitude": -16.37}
    around = home | {"lat": "-48.51", "long": "-16.37", "radius": "50"}
    found = (  # by the place that they look in
        ("/v1/requests/nearby", near | {"service_id": lamps}),
        ("/v1/requests/heat", home),
        ("/open311/v2/requests.json", around),
    )
    for path, wanted in found:
        assert len((await citizen.get(path, params=wanted)).json()) == 1, path
    await flag(citizen, id_)
    await decide(clerk, await case_of(clerk, city, id_), **HIDE)
    for path, wanted in found:
        assert (await citizen.get(path, params=wanted)).json() == [], path
    for path in (f"/v1/requests/{id_}", "/v1/requests", "/v1/requests.csv", "/open311/v2/requests.json",
                 f"/open311/v2/requests/{id_}.xml"):  # fmt: skip
        told = await citizen.get(path, params=home)
        assert id_ in told.text
        assert [each for each in ("-48.51", "-16.37", "Oak", "O-4", "ZX-9") if each in told.text] == []
    work = (await clerk.get("/v1/queue", params=home | near)).json()["items"]
    assert [(each["latitude"], each["longitude"], each["address"]) for each in work] == [(-48.51, -16.37, "Oak")]
    kept = await clerk.post(
        "/v1/templates", json={"jurisdiction_id": city, "name": "At", "texts": {"en": "At {address}"}}
    )
    assert kept.status_code == 201
    assert [each["text"] for each in (await clerk.get(f"/v1/requests/{id_}/templates")).json()] == ["At"]


async def test_a_split_of_what_is_hidden_or_redacted_tells_nothing_of_it(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    redact = HIDE | {"decision": "redact", "texts": {"description": "Somebody is insulted"}}
    for decision, said, where in ((HIDE, None, None), (redact, "Somebody is insulted", "Oak")):
        made = await report(citizen, lamps, latitude=48.5, longitude=16.3)
        await flag(citizen, made["id"])
        await decide(clerk, await case_of(clerk, city, made["id"]), **decision)
        split = await clerk.post(f"/v1/requests/{made['id']}/split", json={"service_id": lamps})
        assert split.status_code == 201
        second = (await citizen.get(f"/v1/requests/{split.json()['id']}")).json()
        assert (second["description"], second["address"], second["hidden"]) == (said, where, False)
        assert (second["latitude"] is None) == (where is None)
        assert second["split_from"] == made["id"]


async def test_what_was_decided_is_looked_at_again_when_its_giver_rewords_it(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    rated = await citizen.post("/v1/ratings", json={"service_id": lamps, "value": 1, "comment": TEXT})
    redact = HIDE | {"decision": "redact"}
    keep = {"decision": "keep", "reason": "within-the-rules"}
    for kind, made, name in (
        ("request", await report(citizen, lamps), "description"), ("rating", rated.json(), "comment"),
    ):  # fmt: skip
        for decision in (redact | {"texts": {name: "Somebody is insulted"}}, keep):
            await flag(citizen, made["id"], kind)
            case = await case_of(clerk, city, made["id"])
            await decide(clerk, case, **decision)
            queue = {"jurisdiction_id": city, "kind": kind}
            assert (await clerk.get("/v1/moderation", params=queue)).json()["items"] == []
            reworded = {name: f"{TEXT}, {decision['decision']}!"}
            address = f"/v1/me/{kind}s/{made['id']}"
            assert (await citizen.patch(address, json=reworded, headers=token(made))).status_code == 200
            again = await case_of(clerk, city, made["id"])
            assert (again["id"], again["state"], again["texts"]) == (case["id"], "open", reworded)


async def test_why_a_change_was_suggested_is_hidden_from_versions_with_its_comment(
    citizen: AsyncClient, clerk: AsyncClient, city: str, lamps: str
) -> None:
    proposal = await propose(citizen, lamps)
    address = f"/v1/proposals/{proposal['id']}"
    made = (await citizen.post(f"{address}/amendments", json={"text": "Other words", "why": TEXT})).json()
    accepted = await citizen.post(
        f"{address}/amendments/{made['id']}/answer", json={"accepted": True}, headers=token(proposal)
    )
    assert accepted.status_code == 200, accepted.text
    await flag(citizen, made["id"], "comment")
    case = await case_of(clerk, city, made["id"])
    redact = HIDE | {"decision": "redact", "texts": {"text": "Somebody is insulted"}}
    keep = {"decision": "keep", "reason": "within-the-rules"}
    for decision, why in ((keep, TEXT), (redact, "Somebody is insulted"), (HIDE, None)):
        assert (await decide(clerk, case, **decision)).status_code == 200
        assert (await citizen.get(f"{address}/versions")).json()[1]["why"] == why
