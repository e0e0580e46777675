"""What citizens and staff add to requests, and answers that staff has written before."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.notes.giving import GIVING
from shared.contracts.feedback import Because, NotePosted, NoteWithdrawn
from shared.database import transaction
from tests.feedback.conftest import Events, tell_of_service
from tests.feedback.test_requests import make, step


async def note(who: httpx.AsyncClient, request: dict[str, Any], text: str = "Me too", **more: Any) -> httpx.Response:
    headers = more.pop("headers", {})
    return await who.post(f"/v1/requests/{request['id']}/notes", json={"text": text, **more}, headers=headers)


async def test_anybody_adds_something_and_is_told_apart(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    made = await make(citizen, lamps)
    added = await note(neighbour, made, "Here as well", channel="app", campaign="poster")
    assert (added.status_code, added.json()["by"]) == (201, "citizen")
    token = added.json()["receipt_token"]
    own = await note(citizen, made, "It flickers", headers={"Receipt-Token": made["receipt_token"]})
    assert (own.json()["by"], own.json()["receipt_token"]) == ("reporter", made["receipt_token"])
    by_staff = await note(clerk, made, "The ladder is broken")
    assert (by_staff.json()["by"], "receipt_token" in by_staff.json()) == ("staff", False)
    seen = (await citizen.get(f"/v1/requests/{made['id']}")).json()["notes"]
    assert [(each["by"], each["text"]) for each in seen] == [
        ("citizen", "Here as well"), ("reporter", "It flickers"), ("staff", "The ladder is broken"),
    ]  # fmt: skip
    listed = f"/v1/requests/{made['id']}/notes"
    first_page = (await citizen.get(listed, params={"limit": 2})).json()
    rest = (await citizen.get(listed, params={"limit": 2, "cursor": first_page["next"]})).json()
    assert first_page["items"] + rest["items"] == seen
    assert rest["next"] is None
    first, second = (event for event in await events(lamps) if isinstance(event, NotePosted))
    assert (first.channel, first.campaign, first.request_id) == ("app", "poster", made["id"])
    assert first.contributor != second.contributor
    assert "flickers" not in repr(second)
    assert token not in repr(seen)


async def test_staff_keeps_some_to_itself(
    citizen: httpx.AsyncClient, importer: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    made = await make(citizen, lamps)
    assert (await note(clerk, made, "He calls every day", private=True)).status_code == 201
    for somebody in (citizen, importer):
        refused = await note(somebody, made, "Psst", private=True)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:civicloop:problem:missing-scope")
    assert "every day" not in (await citizen.get(f"/v1/requests/{made['id']}")).text
    assert "every day" not in (await citizen.get(f"/v1/requests/{made['id']}/notes")).text
    detail = (await clerk.get(f"/v1/queue/{made['id']}")).json()
    assert [(each["private"], each["author"]) for each in detail["notes"]] == [(True, "feedback:staff")]
    assert len(await events(lamps)) == 1


async def test_a_note_is_sent_once_and_taken_back_by_its_giver(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str, events: Events
) -> None:
    made = await make(citizen, lamps)
    key = {"Idempotency-Key": "one"}
    both = await asyncio.gather(note(citizen, made, headers=key), note(citizen, made, headers=key))
    assert both[0].json() == both[1].json()
    address = f"/v1/requests/{made['id']}/notes/{both[0].json()['id']}"
    other = (await note(neighbour, made)).json()
    assert (await neighbour.delete(address, headers={"Receipt-Token": other["receipt_token"]})).status_code == 403
    assert (await citizen.delete(address)).status_code == 401
    mine = {"Receipt-Token": both[0].json()["receipt_token"]}
    assert (await citizen.delete(address, headers=mine)).status_code == 204
    assert (await citizen.delete(address, headers=mine)).status_code == 404
    seen = (await citizen.get(f"/v1/requests/{made['id']}")).json()["notes"]
    assert [each["id"] for each in seen] == [other["id"]]
    (gone,) = (event for event in await events(lamps) if isinstance(event, NoteWithdrawn))
    assert (gone.note_id, gone.because) == (both[0].json()["id"], Because.WITHDRAWN)
    private = (await note(clerk, made, private=True)).json()
    hidden = await citizen.delete(f"/v1/requests/{made['id']}/notes/{private['id']}", headers=mine)
    assert hidden.status_code == 404


async def test_what_tells_of_a_person_is_masked_for_all_but_staff_and_giver(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, lamps: str
) -> None:
    made = await make(citizen, lamps)
    text = "Write to ada.lovelace@example.org"
    assert (await note(citizen, made, text)).json()["text"] == text
    await note(clerk, made, "Write to lights@example.org")
    seen = [each["text"] for each in (await citizen.get(f"/v1/requests/{made['id']}")).json()["notes"]]
    assert "ada" not in seen[0]
    assert seen[1] == "Write to [e-mail]"
    updates = await citizen.get("/open311/v2/servicerequestupdates.json", params={"jurisdiction_id": city})
    assert "ada.lovelace" not in updates.text
    detail = (await clerk.get(f"/v1/queue/{made['id']}")).json()
    assert detail["notes"][0]["text"] == text


@pytest.mark.parametrize(
    "body", [{}, {"text": " "}, {"text": "x" * 4_001}, {"text": "a\0b"}, {"text": "a", "private": "yes"}, {"text": 3}]
)
async def test_notes_that_are_none(citizen: httpx.AsyncClient, lamps: str, body: dict[str, Any]) -> None:
    made = await make(citizen, lamps)
    assert (await citizen.post(f"/v1/requests/{made['id']}/notes", json=body)).status_code == 422
    nobody = {"id": "01a21068-f35c-73df-b7f4-3bee6e13c195"}
    assert (await note(citizen, nobody)).status_code == 404


async def test_what_a_contributor_gave_is_told_and_erased(
    citizen: httpx.AsyncClient, feedback: FastAPI, lamps: str, events: Events
) -> None:
    made = await make(citizen, lamps)
    given = [(await note(citizen, made, f"{n}", headers={"Receipt-Token": made["receipt_token"]})) for n in range(3)]
    (name,) = {event.contributor for event in await events(lamps) if isinstance(event, NotePosted)}
    async with transaction(feedback.state.engine) as database:
        told = await GIVING.export(database, [name])
        assert [each["text"] for each in told] == ["0", "1", "2"]
        first = await GIVING.erase(database, [name], 2, datetime.now(UTC))
        second = await GIVING.erase(database, [name], 2, datetime.now(UTC))
        assert (first.inputs, second.inputs) == (2, 1)
        assert len([*first.events, *second.events]) == 3
        assert (await GIVING.erase(database, [name], 2, datetime.now(UTC))).inputs == 0
    assert all(answer.status_code == 201 for answer in given)
    assert (await citizen.get(f"/v1/requests/{made['id']}")).json()["notes"] == []


async def keep(clerk: httpx.AsyncClient, city: str, texts: dict[str, str], **more: Any) -> httpx.Response:
    return await clerk.post("/v1/templates", json={"jurisdiction_id": city, "name": "thanks", "texts": texts, **more})


async def test_an_answer_is_made_of_a_template(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str
) -> None:
    service = await tell_of_service(
        feedback, city, "lanterns", language="en", translations={"de": {"name": "Laternen"}}
    )
    made = await make(citizen, service, district_id=f"{city}.north", address="12 Elm {x} Street")
    english = "{service_name} in {district_name}, {jurisdiction_name}: {opened_on}, due {due_on}; {address} {{so}}"
    kept = (await keep(clerk, city, {"en": english, "de": "{service_name}: {request_id}"})).json()
    day = made["opened_at"][:4]
    filled = (await clerk.get(f"/v1/requests/{made['id']}/templates")).json()
    assert [(each["id"], each["language"]) for each in filled] == [(kept["id"], "en")]
    assert filled[0]["text"].startswith(f"lanterns in north, A city: {day}-")
    assert filled[0]["text"].endswith("; 12 Elm {x} Street {so}")
    answered = await step(clerk, made, status="answered", template=kept["id"], language="de")
    assert answered.status_code == 200, answered.text
    (answer,) = (await citizen.get(f"/v1/requests/{made['id']}")).json()["answers"]
    assert answer["text"] == f"Laternen: {made['id']}"
    wrong = await step(clerk, made, status="answered", template=kept["id"], language="fr")
    assert (wrong.status_code, wrong.json()["type"]) == (422, "urn:civicloop:problem:unusable-template")
    assert (await step(clerk, made, status="answered", template=made["id"])).status_code == 404


async def test_templates_are_kept_by_staff_for_a_service_or_all(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, lamps: str, poles: str
) -> None:
    for_all = (await keep(clerk, city, {"en": "Thanks"})).json()
    for_lamps = (await keep(clerk, city, {"en": "Light!"}, service_id=lamps)).json()
    assert (await keep(clerk, city, {"en": "Again"})).json()["type"] == "urn:civicloop:problem:template-name-taken"
    about = {"jurisdiction_id": city, "service_id": poles}
    assert [each["id"] for each in (await clerk.get("/v1/templates", params=about)).json()] == [for_all["id"]]
    both = (await clerk.get("/v1/templates", params={"jurisdiction_id": city})).json()
    assert [each["id"] for each in both] == [for_all["id"], for_lamps["id"]]
    made = await make(citizen, poles)
    assert (await step(clerk, made, status="answered", template=for_lamps["id"])).status_code == 422
    rewritten = {"jurisdiction_id": city, "name": "bye", "texts": {"en": "Bye"}}
    assert (await clerk.put(f"/v1/templates/{for_all['id']}", json=rewritten)).json()["name"] == "bye"
    assert (await clerk.delete(f"/v1/templates/{for_all['id']}")).status_code == 204
    assert (await clerk.delete(f"/v1/templates/{for_all['id']}")).status_code == 404
    assert (await clerk.put(f"/v1/templates/{for_all['id']}", json=rewritten)).status_code == 404
    for closed in (citizen.get("/v1/templates", params=about), citizen.post("/v1/templates", json=rewritten)):
        assert (await closed).status_code == 401


@pytest.mark.parametrize(
    "text",
    ["{request}", "{request_id.__class__}", "{0}", "{", "}", "{request_id!r}", "{{{", "{}", "{ request_id }", "{x:>9}"],
)
async def test_a_template_is_text_and_never_a_program(clerk: httpx.AsyncClient, city: str, text: str) -> None:
    refused = await keep(clerk, city, {"en": text})
    assert refused.status_code == 422, refused.text
    for texts in ({}, {"not a language": "x"}, {"en": ""}):
        assert (await keep(clerk, city, texts)).status_code == 422
    assert (await keep(clerk, "moon", {"en": "Hello"})).status_code == 422
    assert (await keep(clerk, city, {"en": "Hello"}, service_id="moon.base")).status_code == 422


async def test_what_looks_like_a_program_stays_text(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str,
                                                    lamps: str) -> None:  # fmt: skip
    made = await make(citizen, lamps, address="${due_on} {{7*7}} %(x)s")
    text = "${due_on} {{{{request_id}}}} {{% if %}} {address}"
    kept = (await keep(clerk, city, {"en": text})).json()
    await step(clerk, made, status="answered", template=kept["id"])
    (answer,) = (await citizen.get(f"/v1/requests/{made['id']}")).json()["answers"]
    day = datetime.fromisoformat(made["due_at"]).date().isoformat()[:4]
    assert answer["text"].startswith(f"${day}")
    assert answer["text"].endswith("{{request_id}} {% if %} ${due_on} {{7*7}} %(x)s")
