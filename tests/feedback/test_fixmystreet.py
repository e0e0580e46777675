"""FixMyStreet's extension both ways, as its client module (perllib/Open311.pm) sends and reads."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI

from shared.auth import ensure_key, new_key
from shared.contracts.catalog.services import Attribute, Open311
from shared.contracts.feedback import NotePosted
from shared.database import connection
from tests.feedback.conftest import Events, tell_of_service
from tests.feedback.test_open311 import V2, made

ADDRESS = f"{V2}/servicerequestupdates"


@pytest.fixture
async def key(feedback: FastAPI) -> str:
    """FixMyStreet's own."""
    made = new_key()
    async with connection(feedback.state.engine) as database:
        await ensure_key(database, made, "fixmystreet", ["feedback:staff"])
    return made


class FixMyStreet:
    """Sends an update as FixMyStreet does, and reads all of them."""

    def __init__(self, app: httpx.AsyncClient, key: str, city: str) -> None:
        self.app, self.key, self.city = app, key, city

    async def send(self, request_id: str, update_id: str, status: str, **fields: Any) -> httpx.Response:
        form = {
            "api_key": self.key, "jurisdiction_id": self.city, "service_request_id": request_id, "status": status,
            "update_id": update_id, "updated_datetime": datetime.now(UTC).isoformat(timespec="microseconds"),
            "description": "", "first_name": "Ada", "last_name": "-", "email": "ada@example.org", **fields,
        }  # fmt: skip
        return await self.app.post(f"{ADDRESS}.xml", data={k: v for k, v in form.items() if v is not None})

    async def sent(self, request_id: str, update_id: str, status: str, **fields: Any) -> str:
        answer = await self.send(request_id, update_id, status, **fields)
        assert answer.status_code == 200, answer.text
        root = ElementTree.fromstring(answer.content)
        assert root.tag == "service_request_updates"
        told = root.findtext("request_update/update_id")
        assert told
        return told

    async def updates(self, **query: Any) -> list[dict[str, str]]:
        asked = {
            "api_key": self.key, "jurisdiction_id": self.city,
            "start_date": (datetime.now(UTC) - timedelta(hours=2)).isoformat(timespec="seconds"),
            "end_date": (datetime.now(UTC) + timedelta(minutes=5)).isoformat(timespec="seconds"), **query,
        }  # fmt: skip
        answer = await self.app.get(f"{ADDRESS}.xml", params=asked)
        assert answer.status_code == 200, answer.text
        root = ElementTree.fromstring(answer.content)
        assert {each.tag for each in root} <= {"request_update"}
        return [{field.tag: field.text or "" for field in each} for each in root]


@pytest.fixture
def fms(citizen: httpx.AsyncClient, key: str, city: str) -> FixMyStreet:
    return FixMyStreet(citizen, key, city)


async def state_of(citizen: httpx.AsyncClient, request_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await citizen.get(f"/v1/requests/{request_id}")).json()
    return found


async def test_what_staff_does_is_read(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, fms: FixMyStreet, city: str, poles: str
) -> None:
    identifier = await made(citizen, city, poles)
    for order in (
        {"status": "acknowledged"},
        {"status": "answered", "answer": "Thank you"},
        {"status": "progressed", "state": "investigating"},
        {"status": "progressed", "state": "action_scheduled", "answer": "On Monday"},
        {"status": "closed", "state": "not_councils_responsibility", "answer": "Ask the railway"},
        {"status": "reopened"},
        {"status": "closed", "resolution": "invalid"},
        {"status": "reopened"},
        {"status": "closed", "resolution": "resolved"},
    ):
        moved = await clerk.post(f"/v1/requests/{identifier}/status", json=order)
        assert moved.status_code == 200, moved.text
    await clerk.post(f"/v1/requests/{identifier}/notes", json={"text": "Not for all", "private": True})
    await citizen.post(f"/v1/requests/{identifier}/notes", json={"text": "Well done"})
    seen = await fms.updates()
    assert [(each["status"], each["description"]) for each in seen] == [
        ("unchanged", "Thank you"),
        ("investigating", ""),
        ("action_scheduled", "On Monday"),
        ("not_councils_responsibility", "Ask the railway"),
        ("open", ""),
        ("no_further_action", ""),
        ("open", ""),
        ("fixed", ""),
        ("unchanged", "Well done"),
    ]
    assert {each["service_request_id"] for each in seen} == {identifier}
    assert len({each["update_id"] for each in seen}) == len(seen)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", each["updated_datetime"]) for each in seen)
    assert await fms.updates() == seen
    assert await fms.updates(page=2, page_size=4) == seen[4:8]
    long_ago = {"start_date": "2020-01-01T00:00:00Z", "end_date": "2020-01-02T00:00:00Z"}
    assert await fms.updates(**long_ago) == []


async def test_what_citizens_write_there_is_a_note_and_comes_back_once(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, fms: FixMyStreet, city: str, poles: str, events: Events
) -> None:
    identifier = await made(citizen, city, poles, email="ADA@example.org")
    pictures = {"media_url": ["https://example.org/1.jpg", "https://example.org/2.jpg"]}
    first = await fms.sent(identifier, "7", "OPEN", description="Still dark", title="MS", phone="123", **pictures)
    second = await fms.sent(identifier, "8", "OPEN", description="Here too", email="bob@example.org")
    third = await fms.sent(identifier, "9", "OPEN", description="I insist", email="bob@example.org")
    assert await fms.sent(identifier, "7", "OPEN", description="Still dark") == first
    found = await state_of(citizen, identifier)
    assert (found["status"], found["state"], found["first_answered_at"], found["answers"]) == ("open", "open", None, [])
    assert [(each["by"], each["text"]) for each in found["notes"]] == [
        ("reporter", "Still dark"), ("citizen", "Here too"), ("citizen", "I insist"),
    ]  # fmt: skip
    assert "ada@" not in str(found).lower()
    seen = await fms.updates()
    assert [(each["update_id"], each["status"]) for each in seen] == [
        (id, "unchanged") for id in (first, second, third)
    ]
    given = [event for event in await events(poles) if isinstance(event, NotePosted)]
    assert len({event.contributor for event in given}) == 2
    detail = (await clerk.get(f"/v1/queue/{identifier}")).json()
    assert detail["notes"][0]["contact"]["title"] == "MS"


async def test_a_state_moves_the_request_and_its_text_is_an_answer(
    citizen: httpx.AsyncClient, fms: FixMyStreet, city: str, poles: str, events: Events
) -> None:
    identifier = await made(citizen, city, poles)
    steps = [
        ("1", "INVESTIGATING", "We look", "investigating", 1),
        ("2", "In Progress", "", "in_progress", 1),
        ("3", "IN_PROGRESS", "Hurry up", "in_progress", 1),
        ("4", "planned", "On Monday", "action_scheduled", 2),
        ("5", "FOR_TRIAGE", "", "action_scheduled", 2),
        ("6", "FIXED", "It is bright", "fixed", 2),
        ("7", "FIXED", "Thanks", "fixed", 2),
        ("8", "REOPEN", "Dark again", "open", 2),
        ("9", "NO-FURTHER-ACTION", "It is a wood", "no_further_action", 3),
        ("10", "INTERNAL_REFERRAL", "The forester asks", "internal_referral", 4),
        ("11", "CANCELLED", "", "cancelled", 4),
        ("12", "OPEN", "", "open", 4),
        ("13", "CLOSED", "", "closed", 4),
    ]
    told = []
    for update_id, status, text, state, answers in steps:
        told.append(await fms.sent(identifier, update_id, status, description=text))
        found = await state_of(citizen, identifier)
        assert (found["state"], len(found["answers"])) == (state, answers), update_id
    seen = await fms.updates()
    assert [each["update_id"] for each in seen] == [id for number, id in enumerate(told, 1) if number != 5]
    assert [each["description"] for each in seen if each["status"] == "fixed"] == ["It is bright"]
    kinds = [type(event).__name__ for event in await events(poles)]
    assert kinds == [
        "RequestOpened", "RequestAnswered", "RequestProgressed", "RequestProgressed", "NotePosted", "RequestAnswered",
        "RequestProgressed", "RequestClosed", "NotePosted", "NotePosted", "RequestReopened", "NotePosted",
        "RequestAnswered", "RequestClosed", "RequestReopened", "RequestAnswered", "RequestProgressed", "RequestClosed",
        "RequestReopened", "RequestClosed",
    ]  # fmt: skip


async def test_an_update_that_comes_late_moves_nothing(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, fms: FixMyStreet, city: str, poles: str
) -> None:
    identifier = await made(citizen, city, poles)
    earlier = datetime.now(UTC).isoformat()
    order = {"status": "closed", "resolution": "resolved"}
    assert (await clerk.post(f"/v1/requests/{identifier}/status", json=order)).status_code == 200
    before = (datetime.now(UTC) - timedelta(days=3)).isoformat(timespec="seconds")
    await fms.sent(identifier, "1", "OPEN", description="Sent before it was closed", updated_datetime=earlier)
    await fms.sent(identifier, "2", "INVESTIGATING", description="Before it came here", updated_datetime=before)
    found = await state_of(citizen, identifier)
    assert found["state"] == "fixed"
    assert [each["text"] for each in found["notes"]] == ["Sent before it was closed", "Before it came here"]
    assert found["notes"][1]["at"] == found["opened_at"]
    await fms.sent(identifier, "3", "INVESTIGATING", description="Once more", updated_datetime=None)
    assert (await state_of(citizen, identifier))["state"] == "investigating"


async def test_an_update_sent_twice_at_once_is_taken_once(
    citizen: httpx.AsyncClient, fms: FixMyStreet, city: str, poles: str
) -> None:
    one, two = await made(citizen, city, poles), await made(citizen, city, poles)
    ids = await asyncio.gather(*(fms.sent(one, "7", "FIXED", description="Bright") for _ in range(8)))
    assert len(set(ids)) == 1
    assert len((await state_of(citizen, one))["notes"]) == 1
    for changed in ((one, "7", "FIXED", "Else"), (one, "7", "OPEN", "Bright"), (two, "7", "FIXED", "Bright")):
        other = await fms.send(*changed[:3], description=changed[3])
        assert (other.status_code, "7" in other.text) == (400, True)
    raced = await asyncio.gather(*(fms.send(each, "8", "OPEN", description="x") for each in (one, two) * 3))
    assert sorted({answer.status_code for answer in raced}) == [200, 400]
    notes = [len((await state_of(citizen, each))["notes"]) for each in (one, two)]
    assert sorted(notes) in ([0, 2], [1, 1])


@pytest.mark.parametrize(
    ("wrong", "status", "reason"),
    [
        ({"api_key": ""}, 403, "api_key"),
        ({"api_key": "clk_wrong_key"}, 403, "api_key"),
        ({"status": "ASLEEP"}, 400, "asleep"),
        ({"update_id": ""}, 400, "update_id"),
        ({"update_id": "x" * 201}, 400, "update_id"),
        ({"update_id": "a\0"}, 400, "update_id"),
        ({"service_request_id": "moon"}, 404, "moon"),
        ({"service_request_id": "0" * 32}, 404, "request"),
        ({"jurisdiction_id": "moon"}, 404, "moon"),
        ({"updated_datetime": "soon"}, 400, "updated_datetime"),
        ({"updated_datetime": "2099-01-01T00:00:00Z"}, 400, "updated_datetime"),
        ({"description": "x" * 4_001}, 400, "description"),
        ({"description": "a\0b"}, 400, "description"),
        ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
        ({"media_url": "https://example.org/a\0"}, 400, "media_url"),
        ({"email": "me"}, 400, "email"),
    ],
)
async def test_updates_that_are_none(
    citizen: httpx.AsyncClient, fms: FixMyStreet, city: str, poles: str, wrong: dict[str, str], status: int, reason: str
) -> None:
    identifier = await made(citizen, city, poles)
    form = {"request_id": identifier, "update_id": "1", "status": "OPEN"}
    form |= {"request_id" if name == "service_request_id" else name: value for name, value in wrong.items()}
    refused = await fms.send(**form)
    assert (refused.status_code, reason in refused.text) == (status, True), refused.text
    assert ElementTree.fromstring(refused.content).tag == "errors"
    assert await fms.updates() == []


async def test_fields_that_its_server_fills_in_are_told_and_kept(
    citizen: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str
) -> None:
    asked = Open311(
        attributes=(
            Attribute(code="fixmystreet_id", datatype="string", description={"en": "id"}, required=True,
                      automated="server_set", order=1),
            Attribute(code="easting", datatype="number", description={"en": "easting"}, required=True,
                      automated="server_set", variable=False, order=2),
            Attribute(code="asset", datatype="string", description={"en": "asset"}, required=True,
                      automated="hidden_field", order=3),
        )
    )  # fmt: skip
    service = await tell_of_service(feedback, city, "grit", open311=asked)
    place = {"jurisdiction_id": city}
    listed = (await citizen.get(f"{V2}/services.json", params=place)).json()
    assert next(each["metadata"] for each in listed if each["service_code"] == service) is True
    told = (await citizen.get(f"{V2}/services/{service}.json", params=place)).json()["attributes"]
    assert [(each["code"], each["variable"], each["automated"]) for each in told] == [
        ("fixmystreet_id", False, "server_set"), ("easting", False, "server_set"), ("asset", True, "hidden_field"),
    ]  # fmt: skip
    sent = {
        "attribute[fixmystreet_id]": "123", "attribute[easting]": "529025.0", "attribute[asset]": "lamp-7",
        "attribute[title]": "passed over", "attribute[KIND]": None,
    }  # fmt: skip
    identifier = await made(citizen, city, service, **sent)
    query = place | {"extensions": "true"}
    (found,) = (await citizen.get(f"{V2}/requests/{identifier}.json", params=query)).json()
    assert {each["code"]: each["value"] for each in found["attributes"]} == {
        "fixmystreet_id": "123", "easting": "529025.0", "asset": "lamp-7",
    }  # fmt: skip
    assert (found["status"], found["state"], found["duplicate_of"]) == ("open", "open", None)
    await made(citizen, city, service, **{"attribute[KIND]": None})
