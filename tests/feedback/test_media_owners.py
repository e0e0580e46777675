"""Pictures of notes, proposals and contributions: shown with them, hidden with them, gone with them."""

from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.me.erasing import erase_some
from tests.feedback.pictures import camera_photo, photo
from tests.feedback.proposing import BENCH, holding, refused, said
from tests.feedback.test_contributions import HOURS, make
from tests.feedback.test_fixmystreet import ADDRESS, FixMyStreet, fms, key  # noqa: F401
from tests.feedback.test_media import made as request_made
from tests.feedback.test_media import shown, stored, swept, upload
from tests.feedback.test_media_fetching import reported

Document = dict[str, Any]


class Kind(NamedTuple):
    """What can have pictures: where it is given, with what, and where it is read, alone and in a list."""

    to: str
    body: Document
    alone: Callable[[Document], str]
    listed: str


KINDS = {
    "note": Kind("/v1/requests/{of}/notes", {"text": "It is still dark"}, lambda _: "/v1/requests/{of}",
                 "/v1/requests/{of}/notes"),
    "proposal": Kind("/v1/proposals", BENCH, lambda made: f"/v1/proposals/{made['id']}",
                     "/v1/proposals?service_id={service}"),
    "contribution": Kind("/v1/contributions", HOURS, lambda made: f"/v1/contributions/{made['id']}",
                         "/v1/contributions?service_id={service}"),
}  # fmt: skip
every_kind = pytest.mark.parametrize("kind", KINDS)


class Owners:
    """Gives things of a kind with pictures, and reads them."""

    def __init__(self, citizen: httpx.AsyncClient, service: str, request_id: str) -> None:
        self.citizen, self.names = citizen, {"service": service, "of": request_id}

    async def send(self, kind: str, *media: str, token: str | None = None, **more: Any) -> httpx.Response:
        body = {"service_id": self.names["service"], **KINDS[kind].body, "media": media, **more}
        return await self.citizen.post(KINDS[kind].to.format_map(self.names), json=body, headers=holding(token))

    async def give(self, kind: str, *media: str, token: str | None = None, **more: Any) -> Document:
        return await said(await self.send(kind, *media, token=token, **more), 201)

    async def read(self, kind: str, made: Document) -> list[list[str]]:
        """The ids of its pictures, where it is read alone and in a list."""
        alone = await said(await self.citizen.get(KINDS[kind].alone(made).format_map(self.names)))
        listed = await said(await self.citizen.get(KINDS[kind].listed.format_map(self.names)))
        found = alone["notes"] if kind == "note" else [alone]
        return [[each["id"] for each in one["media"]] for one in (*found, *listed["items"]) if one["id"] == made["id"]]


@pytest.fixture
async def owners(citizen: httpx.AsyncClient, lamps: str) -> Owners:
    return Owners(citizen, lamps, (await request_made(citizen, lamps))["id"])


async def erased(citizen: httpx.AsyncClient, app: FastAPI, token: str) -> None:
    answer = await citizen.delete("/v1/me", headers=holding(token))
    while await erase_some(app.state.engine, UUID(answer.json()["id"])):
        pass
    await swept(app)


async def hide(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, kind: str, id: str) -> None:
    await said(await citizen.post("/v1/flags", json={"kind": kind, "id": id, "reason": "spam"}), 201)
    (case,) = (await clerk.get("/v1/moderation", params={"jurisdiction_id": city})).json()["items"]
    decision = {"decision": "hide", "reason": "spam", "explanation": "It advertises"}
    await said(await clerk.post(f"/v1/moderation/{case['id']}/decision", json=decision))


@every_kind
async def test_a_picture_is_shown_with_what_it_belongs_to(
    citizen: httpx.AsyncClient, owners: Owners, kind: str
) -> None:
    first, second = await upload(citizen, camera_photo()), await upload(citizen)
    given = await owners.give(kind, second, first)
    assert [each["id"] for each in given["media"]] == [second, first]
    assert await owners.read(kind, given) == [[second, first]] * 2
    assert (await shown(citizen, given["media"][1]["url"])).size == (480, 640)
    mine = holding(given["receipt_token"])
    exported = (await citizen.get("/v1/me/export", headers=mine)).json()["media"]
    assert {(each["id"], each["owner_kind"], each["owner_id"]) for each in exported} == {
        (each, kind, given["id"]) for each in (first, second)
    }
    await refused(await citizen.delete(f"/v1/media/{first}", headers=holding(None)), 401, "receipt-token-needed")
    assert (await citizen.delete(f"/v1/media/{first}", headers=mine)).status_code == 204
    assert await owners.read(kind, given) == [[second]] * 2


@every_kind
async def test_pictures_that_cannot_be_attached(citizen: httpx.AsyncClient, owners: Owners, kind: str) -> None:
    used, free = await upload(citizen), await upload(citizen)
    await owners.give(kind, used)
    token = (await owners.give(kind))["receipt_token"]
    theirs = await upload(citizen, **holding(token))
    for media in ((free, used), (str(uuid4()),), (theirs,)):
        await refused(await owners.send(kind, *media), 422, "unusable-media")
    await refused(await owners.send(kind, *(str(uuid4()) for _ in range(11))), 422, "invalid-input")
    await refused(await owners.send(kind, "x"), 422, "invalid-input")
    given = await owners.give(kind, theirs, free, token=token)
    assert [each["id"] for each in given["media"]] == [theirs, free]


@every_kind
async def test_sent_again_it_has_its_pictures_once(citizen: httpx.AsyncClient, owners: Owners, kind: str) -> None:
    picture = await upload(citizen)
    body = {"service_id": owners.names["service"], **KINDS[kind].body, "media": [picture]}
    address, headers = KINDS[kind].to.format_map(owners.names), {"Idempotency-Key": f"{uuid4()}"}
    answers = [await said(await citizen.post(address, json=body, headers=headers), 201) for _ in range(2)]
    assert answers[0] == answers[1]
    assert await owners.read(kind, answers[0]) == [[picture]] * 2


@every_kind
async def test_hidden_with_what_it_belongs_to(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, owners: Owners, city: str, kind: str
) -> None:
    picture = await upload(citizen)
    given = await owners.give(kind, picture)
    await hide(citizen, clerk, city, kind, given["id"])
    assert not [each for each in await owners.read(kind, given) if each]
    await refused(await citizen.get(f"/v1/media/{picture}"), 410, "hidden-media")


@every_kind
async def test_erased_with_who_gave_it(
    citizen: httpx.AsyncClient, feedback: FastAPI, owners: Owners, kind: str
) -> None:
    picture, other = await upload(citizen), await upload(citizen)
    given, kept = await owners.give(kind, picture), await owners.give(kind, other)
    assert {picture, other} <= stored(feedback)
    await erased(citizen, feedback, given["receipt_token"])
    assert picture not in stored(feedback)
    await refused(await citizen.get(f"/v1/media/{picture}"), 404, "unknown-media")
    assert await owners.read(kind, kept) == [[other]] * 2


BACK = {
    "note": "/v1/requests/{of}/notes/{id}", "contribution": "/v1/contributions/{id}", "proposal": "/v1/proposals/{id}",
}  # fmt: skip


@every_kind
async def test_gone_with_what_is_taken_back(
    citizen: httpx.AsyncClient, feedback: FastAPI, owners: Owners, kind: str
) -> None:
    picture = await upload(citizen)
    given = await owners.give(kind, picture, **({"draft": True} if kind == "proposal" else {}))
    address = BACK[kind].format_map(owners.names | {"id": given["id"]})
    answer = await citizen.delete(address, headers=holding(given["receipt_token"]))
    assert answer.status_code in (200, 204), answer.text
    await swept(feedback)
    assert picture not in stored(feedback)


async def test_a_draft_keeps_its_pictures(citizen: httpx.AsyncClient, owners: Owners) -> None:
    picture = await upload(citizen)
    draft = await owners.give("proposal", picture, draft=True)
    mine = holding(draft["receipt_token"])
    address = f"/v1/proposals/{draft['id']}"
    await said(await citizen.put(address, json={"service_id": owners.names["service"], **BENCH}, headers=mine))
    published = await said(await citizen.post(f"{address}/publish", headers=mine))
    assert [each["id"] for each in published["media"]] == [picture]
    assert await owners.read("proposal", draft) == [[picture]] * 2


async def test_what_was_made_is_seen_on_pictures(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, owners: Owners, city: str
) -> None:
    before, after, free = await upload(citizen), await upload(citizen), await upload(citizen)
    given = await owners.give("contribution", before)
    made = await said(await make(citizen, given, media=[after]))
    assert [each["id"] for each in made["media"]] == [before, after]
    await refused(await make(citizen, given, media=[free]), 409, "wrong-state")
    verified = await said(await clerk.post(f"/v1/contributions/{given['id']}/verification", json={}))
    assert [each["id"] for each in verified["media"]] == [before, after]

    hidden = await owners.give("contribution")
    await hide(citizen, clerk, city, "contribution", hidden["id"])
    assert (await said(await make(citizen, hidden, media=[free])))["media"] == []
    await refused(await citizen.get(f"/v1/media/{free}"), 410, "hidden-media")


async def test_pictures_of_staffs_notes(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, lamps: str
) -> None:
    of = await request_made(citizen, lamps)
    picture = await upload(clerk)
    address = f"/v1/requests/{of['id']}/notes"
    private = {"text": "Not for all", "private": True, "media": [picture]}
    assert "private" in await refused(await clerk.post(address, json=private), 422, "invalid-input")
    note = await said(await clerk.post(address, json={"text": "We were there", "media": [picture]}), 201)
    assert (note["by"], [each["id"] for each in note["media"]]) == ("staff", [picture])
    assert (await clerk.get(f"/v1/queue/{of['id']}")).json()["notes"][0]["media"] == note["media"]
    await erased(citizen, feedback, of["receipt_token"])
    assert picture not in stored(feedback)


async def test_fixmystreet_sends_pictures_with_an_update(
    citizen: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str, fms: FixMyStreet,  # noqa: F811
) -> None:  # fmt: skip
    identifier = await reported(citizen, city, poles)
    form = {"api_key": fms.key, "jurisdiction_id": city, "service_request_id": identifier, "status": "OPEN",
            "update_id": "7", "description": "", "email": "ada@example.org"}  # fmt: skip
    files = {"photo1": ("a.jpg", camera_photo()), "photo2": ("b.png", photo("PNG"))}
    for _ in range(2):
        answer = await citizen.post(f"{ADDRESS}.json", data=form, files=files)
        assert answer.status_code == 200, answer.text
    (note,) = (await citizen.get(f"/v1/requests/{identifier}")).json()["notes"]
    assert [(await shown(citizen, each["url"])).size for each in note["media"]] == [(480, 640), (640, 480)]
    (update,) = (
        await citizen.get(f"{ADDRESS}.json", params={"api_key": fms.key, "jurisdiction_id": city})
    ).json()  # fmt: skip
    assert update["media_url"] == [f"http://feedback{each['url']}" for each in note["media"]]
    refusal = await citizen.post(f"{ADDRESS}.json", data=form | {"update_id": "8"}, files={"p": ("a.jpg", b"<svg/>")})
    assert (refusal.status_code, refusal.json()[0]["code"]) == (400, 400)
    assert (await citizen.post(f"{ADDRESS}.json", data=form | {"api_key": "wrong"}, files=files)).status_code == 403
    assert len((await citizen.get(f"/v1/requests/{identifier}")).json()["notes"]) == 1
