"""Pictures: what is taken, what is kept of them, who sees them, and when they are gone."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from services.feedback.app import create_app
from services.feedback.me.erasing import erase_some
from services.feedback.media.handlers import Media
from services.feedback.media.sweeping import sweep
from services.feedback.settings import FeedbackSettings
from shared.database import connection
from tests.feedback import pictures
from tests.feedback.conftest import Events, client_of
from tests.feedback.pictures import camera_photo, photo
from tests.feedback.test_bad_input import refused
from tests.feedback.test_open311 import GOOD, V2

Upload = Callable[..., Awaitable[str]]


async def upload(client: httpx.AsyncClient, content: bytes | None = None, **headers: str) -> str:
    """Uploads one picture; returns its id."""
    answer = await client.post("/v1/media", content=photo() if content is None else content, headers=headers)
    assert answer.status_code == 201, answer.text
    (kept,) = answer.json()["items"]
    return str(kept["id"])


async def made(client: httpx.AsyncClient, service: str, *media: str, **headers: str) -> dict[str, Any]:
    answer = await client.post("/v1/requests", json={"service_id": service, "media": media}, headers=headers)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def shown(client: httpx.AsyncClient, address: str) -> Image.Image:
    answer = await client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    return Image.open(io.BytesIO(answer.content))


async def test_a_picture_is_uploaded_and_belongs_to_a_request(citizen: httpx.AsyncClient, lamps: str) -> None:
    first, second = await upload(citizen), await upload(citizen, photo("PNG", (3_000, 1_500)))
    given = await made(citizen, lamps, first, second)
    assert [each["id"] for each in given["media"]] == [first, second]
    assert given["media"][1] == {
        "id": second, "width": 2_048, "height": 1_024, "type": "image/jpeg", "url": f"/v1/media/{second}",
        "thumbnail_url": f"/v1/media/{second}/thumbnail",
    }  # fmt: skip
    assert (await shown(citizen, given["media"][1]["url"])).size == (2_048, 1_024)
    assert (await shown(citizen, given["media"][1]["thumbnail_url"])).size == (400, 200)
    detail = (await citizen.get(f"/v1/requests/{given['id']}")).json()
    listed = (await citizen.get("/v1/requests", params={"service_id": lamps})).json()["items"]
    assert detail["media"] == listed[0]["media"] == given["media"]


@pytest.mark.parametrize("format", ["GIF", "JPEG"])
async def test_a_picture_that_is_a_script_as_well_is_only_the_picture(
    citizen: httpx.AsyncClient, lamps: str, format: str
) -> None:
    sent = photo(format, comment=b"*/=1;alert(1);/*") + b"*/;alert(2)<script>alert(3)</script>%PDF-1.4"
    assert b"alert(1)" in sent
    given = await made(citizen, lamps, await upload(citizen, sent))
    kept = (await citizen.get(given["media"][0]["url"])).content
    assert kept.startswith(b"\xff\xd8")
    assert not [each for each in (b"alert", b"script", b"%PDF") if each in kept]


async def test_only_the_picture_is_kept(citizen: httpx.AsyncClient, lamps: str) -> None:
    sent = camera_photo()
    assert pictures.CAMERA.encode() in sent
    assert b"alert" in sent
    identifier = await upload(citizen, sent)
    await made(citizen, lamps, identifier)
    for address in (f"/v1/media/{identifier}", f"/v1/media/{identifier}/thumbnail"):
        kept = (await citizen.get(address)).content
        for trace in (pictures.CAMERA.encode(), b"Exif", b"somebody", b"xmpmeta", b"alert", b"ftyp"):
            assert trace not in kept
        image = Image.open(io.BytesIO(kept))
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert image.width * 4 == image.height * 3
        red, _, blue = image.getpixel((image.width - 5, image.height // 2))  # type: ignore[misc]
        assert red > 200 > 60 > blue  # what was above is to the right: it was held upright


KINDS: dict[str, tuple[dict[str, Any], tuple[int, int, int]]] = {
    "JPEG": ({"format": "JPEG"}, (200, 30, 30)),
    "progressive JPEG": ({"format": "JPEG", "progressive": True}, (200, 30, 30)),
    "JPEG of several pictures": ({"format": "MPO"}, (200, 30, 30)),
    "grey JPEG": ({"format": "JPEG", "mode": "L", "colour": 128}, (128, 128, 128)),
    "JPEG for printing": ({"format": "JPEG", "mode": "CMYK", "colour": (0, 0, 0, 0)}, (255, 255, 255)),
    "PNG": ({"format": "PNG"}, (200, 30, 30)),
    "transparent PNG": ({"format": "PNG", "mode": "RGBA", "colour": (0, 0, 0, 0)}, (255, 255, 255)),
    "PNG with a palette": ({"format": "PNG", "mode": "P", "colour": 0}, (0, 0, 0)),
    "PNG of 16 bits": ({"format": "PNG", "mode": "I;16", "colour": 0x8080}, (128, 128, 128)),
    "WebP": ({"format": "WEBP"}, (200, 30, 30)),
    "GIF": ({"format": "GIF"}, (200, 30, 30)),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_cameras_and_apps_send_is_taken(citizen: httpx.AsyncClient, lamps: str, kind: str) -> None:
    how, colour = KINDS[kind]
    given = await made(citizen, lamps, await upload(citizen, photo(**how)))
    image = await shown(citizen, given["media"][0]["url"])
    assert image.size == (640, 480)
    assert all(abs(a - b) < 12 for a, b in zip(image.getpixel((320, 240)), colour, strict=True))  # type: ignore[arg-type]


async def test_heic_of_telephones_is_taken(citizen: httpx.AsyncClient, lamps: str) -> None:
    given = await made(citizen, lamps, await upload(citizen, pictures.HEIC))
    image = await shown(citizen, given["media"][0]["url"])
    assert image.size == (64, 48)
    red, green, blue = image.getpixel((30, 30))  # type: ignore[misc]
    assert red > 170 > 70 > max(green, blue)


HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
NO_PICTURES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 415, "not-a-picture"),
    "HTML": (HTML, 415, "not-a-picture"),
    "a script": (b"#!/bin/sh\nrm -rf /\n", 415, "not-a-picture"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 415, "not-a-picture"),
    "XML with an entity": (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 415, "not-a-picture"),
    "a zip": (b"PK\x03\x04" + bytes(100), 415, "not-a-picture"),
    "PDF": (b"%PDF-1.7\n" + photo(), 415, "not-a-picture"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 415, "not-a-picture"),
    "TIFF": (photo("TIFF"), 415, "not-a-picture"),
    "a script that begins as a GIF": (b"GIF89a=1/*" + bytes(20) + b"*/;alert(1)", 415, "not-a-picture"),
    "half a JPEG": (photo()[:2_000], 422, "damaged-picture"),
    "half a PNG": (photo("PNG", mode="L", colour=1)[:90], 422, "damaged-picture"),
    "the beginning of a JPEG, and HTML": (photo()[:200] + HTML, 422, "damaged-picture"),
    "a PNG of 50,000 by 50,000": (pictures.huge_png(50_000), 422, "too-many-pixels"),
    "a text that unfolds": (pictures.text_bomb(), 422, "damaged-picture"),
}


@pytest.mark.parametrize("what", NO_PICTURES)
@pytest.mark.parametrize("claim", ["image/jpeg", "form"])
async def test_what_is_no_picture_is_refused(citizen: httpx.AsyncClient, what: str, claim: str) -> None:
    content, status, slug = NO_PICTURES[what]
    if claim == "form":
        answer = await citizen.post("/v1/media", files={"file": ("harmless.jpg", content, "image/jpeg")})
    else:
        answer = await citizen.post("/v1/media", content=content, headers={"Content-Type": claim})
    await refused(answer, status, slug)
    await upload(citizen)


async def test_the_content_says_what_it_is(citizen: httpx.AsyncClient) -> None:
    for claim in ("text/html", "application/x-php", "image/svg+xml", "\xff", ""):
        headers = [("Content-Type", claim.encode("latin-1"))]
        answer = await citizen.post("/v1/media", content=photo(), headers=headers)  # type: ignore[arg-type]
        assert answer.status_code == 201, claim


async def test_a_form_holds_up_to_ten_under_any_names(citizen: httpx.AsyncClient, lamps: str) -> None:
    names = [
        "../../../etc/passwd", "a.jpg.php", '"><script>.jpg', "x" * 2_000, "CON", "🖼.jpg", "..", "C:\\a", "-rf",
        "\u202egpj.exe",
    ]  # fmt: skip
    files = [(f"field{number}", (name, photo(size=(10 + number, 10)))) for number, name in enumerate(names)]
    answer = await citizen.post("/v1/media", files=files)
    assert answer.status_code == 201, answer.text
    assert [each["width"] for each in answer.json()["items"]] == list(range(10, 20))
    eleven = await citizen.post("/v1/media", files=[*files, ("file", ("a.jpg", photo()))])
    await refused(eleven, 400, "malformed-form")


FORM = "multipart/form-data; boundary=b"


def part(header: bytes, content: bytes) -> bytes:
    return b"--b\r\n" + header + b"\r\n\r\n" + content + b"\r\n"


FILE = b'Content-Disposition: form-data; name="file"; filename="a.jpg"'
FIELD = b'Content-Disposition: form-data; name="a"'
FORMS: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "malformed-form"),
    "no boundary": (b"hello", 400, "malformed-form"),
    "no file": (part(FIELD, b"x") + b"--b--\r\n", 422, "no-file"),
    "a file that nobody chose": (part(FILE.replace(b"a.jpg", b""), b"") + b"--b--\r\n", 422, "no-file"),
    "10,000 files": (part(FILE, b"x") * 10_000 + b"--b--\r\n", 400, "malformed-form"),
    "10,000 fields": (part(FIELD, b"x") * 10_000 + b"--b--\r\n", 400, "malformed-form"),
    "a part without a name": (part(b"Content-Type: image/jpeg", b"x") + b"--b--\r\n", 400, "malformed-form"),
    "a field of two megabytes": (part(FIELD, b"x" * 2_000_000) + b"--b--\r\n", 400, "malformed-form"),
    "a good one and a bad one": (part(FILE, photo()) + part(FILE, HTML) + b"--b--\r\n", 415, "not-a-picture"),
    "one that breaks off": (part(FILE, photo()) + part(FILE, photo())[:-900], 400, "malformed-form"),
}


@pytest.mark.parametrize("what", FORMS)
async def test_forms_that_cannot_be_taken(citizen: httpx.AsyncClient, what: str) -> None:
    body, status, slug = FORMS[what]
    answer = await citizen.post("/v1/media", content=body, headers={"Content-Type": FORM})
    await refused(answer, status, slug)


@pytest.fixture
async def strict(settings: FeedbackSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A service that takes small files, and those quickly."""
    app = create_app(settings.model_copy(update={"media_bytes": 10_000, "media_seconds": 0.3}))
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield client


async def test_a_file_has_an_end(strict: httpx.AsyncClient) -> None:
    await upload(strict, photo(size=(20, 20)))
    await refused(await strict.post("/v1/media", content=bytes(10_001)), 413, "file-too-large")
    await refused(await strict.post("/v1/media", files={"file": ("a.jpg", bytes(10_001))}), 413, "file-too-large")
    await refused(await strict.post("/v1/media", content=bytes(5_000_000)), 413, "body-too-large")

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(50_000)

    await refused(await strict.post("/v1/media", content=endless()), 413, "body-too-large")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    await refused(await strict.post("/v1/media", content=bytes(1_100_000), headers=headers), 413, "body-too-large")


async def test_who_sends_slowly_does_not_hold_a_line_for_ever(strict: httpx.AsyncClient) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"--b\r\n"
        await asyncio.Event().wait()

    await refused(await strict.post("/v1/media", content=slow()), 408, "too-slow")
    await refused(await strict.post("/v1/media", content=slow(), headers={"Content-Type": FORM}), 408, "too-slow")


async def test_a_picture_belongs_to_one_thing(citizen: httpx.AsyncClient, lamps: str) -> None:
    identifier = await upload(citizen)
    first = await made(citizen, lamps, identifier)
    body = {"service_id": lamps, "media": [identifier]}
    assert "already" in await refused(await citizen.post("/v1/requests", json=body), 422, "unusable-media")
    for media in ([str(uuid4())], ["x"], [identifier] * 11, "all", [None]):
        answer = await citizen.post("/v1/requests", json=body | {"media": media})
        await refused(answer, 422)
    twice = await upload(citizen)
    assert len((await made(citizen, lamps, twice, twice))["media"]) == 1
    assert len((await citizen.get(f"/v1/requests/{first['id']}")).json()["media"]) == 1


async def test_two_who_want_the_same_picture_do_not_both_get_it(
    citizen: httpx.AsyncClient, neighbour: httpx.AsyncClient, lamps: str
) -> None:
    wanted = [await upload(citizen) for _ in range(3)]
    bodies = [{"service_id": lamps, "media": media} for media in (wanted, wanted[::-1], wanted[:1], wanted[2:])]
    answers = await asyncio.gather(
        *(client.post("/v1/requests", json=body) for client in (citizen, neighbour) for body in bodies)
    )
    attached = [each["id"] for answer in answers if answer.status_code == 201 for each in answer.json()["media"]]
    assert {answer.status_code for answer in answers} == {201, 422}
    assert len(attached) == len(set(attached))


async def test_sent_again_it_is_the_same_request_with_its_pictures(citizen: httpx.AsyncClient, lamps: str) -> None:
    identifier = await upload(citizen)
    first = await made(citizen, lamps, identifier, **{"Idempotency-Key": (key := uuid4().hex)})
    assert await made(citizen, lamps, identifier, **{"Idempotency-Key": key}) == first


async def test_what_a_known_giver_uploads_is_theirs_to_attach(citizen: httpx.AsyncClient, lamps: str) -> None:
    mine = {"Receipt-Token": (await made(citizen, lamps))["receipt_token"]}
    other = {"Receipt-Token": (await made(citizen, lamps))["receipt_token"]}
    identifier = await upload(citizen, **mine)
    body = {"service_id": lamps, "media": [identifier]}
    for headers in ({}, other):
        await refused(await citizen.post("/v1/requests", json=body, headers=headers), 422, "unusable-media")
    assert len((await made(citizen, lamps, identifier, **mine))["media"]) == 1
    await refused(await citizen.post("/v1/media", content=photo(), headers={"Receipt-Token": "clr_x"}), 401)
    await refused(await citizen.post("/v1/media", content=photo(), headers={"Authorization": "Bearer clk_x_y"}), 401)


async def test_nobody_sees_what_belongs_to_nothing(citizen: httpx.AsyncClient) -> None:
    identifier = await upload(citizen)
    for address in (identifier, f"{identifier}/thumbnail", uuid4(), f"{uuid4()}/thumbnail"):
        await refused(await citizen.get(f"/v1/media/{address}"), 404, "unknown-media")
    for address in ("x", "..%5c..%5cetc", f"{identifier}%00"):
        await refused(await citizen.get(f"/v1/media/{address}"), 422)
    await refused(await citizen.get("/v1/media/..%2f..%2fetc%2fpasswd"), 404)


async def test_a_browser_makes_nothing_else_of_it_and_asks_once(citizen: httpx.AsyncClient, lamps: str) -> None:
    given = await made(citizen, lamps, await upload(citizen))
    for name in ("url", "thumbnail_url"):
        answer = await citizen.get(given["media"][0][name])
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert "immutable" in answer.headers["cache-control"]
        again = await citizen.get(given["media"][0][name], headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_who_waits_for_something_else_does_not_wait_for_pictures(citizen: httpx.AsyncClient, lamps: str) -> None:
    """A heavy picture is decoded while others are answered."""
    heavy = asyncio.create_task(upload(citizen, photo("PNG", (6_000, 6_000), mode="RGBA", colour=(1, 2, 3, 4))))
    answered = 0
    while not heavy.done():
        assert (await citizen.get("/v1/requests", params={"service_id": lamps})).status_code == 200
        answered += 1
    await heavy
    assert answered >= 10


async def test_who_gives_up_leaves_nothing_behind(feedback: FastAPI, citizen: httpx.AsyncClient, lamps: str) -> None:
    await swept(feedback)
    first, second = await upload(citizen), await upload(citizen)
    given = await made(citizen, lamps, first)
    assert {first, second} <= stored(feedback)
    async with connection(feedback.state.engine) as database:
        await database.execute("UPDATE media SET created_at = now() - interval '25 hours'")
    await swept(feedback)
    assert first in stored(feedback)
    assert second not in stored(feedback)
    body = {"service_id": lamps, "media": [second]}
    await refused(await citizen.post("/v1/requests", json=body), 422, "unusable-media")
    await shown(citizen, given["media"][0]["url"])


async def test_what_a_process_that_died_left_in_the_storage_is_swept(
    feedback: FastAPI, citizen: httpx.AsyncClient
) -> None:
    media: Media = feedback.state.parts.media
    before, lost = stored(feedback), uuid4()
    async with connection(feedback.state.engine) as database:
        await database.execute("INSERT INTO media_garbage VALUES ($1, now() + interval '1 hour')", lost)
    await media.storage.put(lost, "full", b"half of what was to come")
    await swept(feedback)
    assert stored(feedback) == before | {str(lost)}
    async with connection(feedback.state.engine) as database:
        await database.execute("UPDATE media_garbage SET due_at = now() WHERE id = $1", lost)
    await swept(feedback)
    assert stored(feedback) == before


async def test_erased_with_what_it_belongs_to(feedback: FastAPI, citizen: httpx.AsyncClient, lamps: str) -> None:
    first = await upload(citizen)
    given = await made(citizen, lamps, first)
    mine = {"Receipt-Token": given["receipt_token"]}
    second = await upload(citizen, **mine)
    export = (await citizen.get("/v1/me/export", headers=mine)).json()["media"]
    assert [(each["id"], each["owner_id"]) for each in export] == [(first, given["id"]), (second, None)]
    erasure = (await citizen.delete("/v1/me", headers=mine)).json()["id"]
    while await erase_some(feedback.state.engine, UUID(erasure)):
        pass
    await swept(feedback)
    assert not {first, second} & stored(feedback)
    await refused(await citizen.get(given["media"][0]["url"]), 404, "unknown-media")
    await refused(await citizen.post("/v1/media", content=photo(), headers=mine), 401, "erased")


async def test_hidden_with_what_it_belongs_to(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str) -> None:
    given = await made(citizen, lamps, await upload(citizen))
    address, picture = f"/v1/requests/{given['id']}", given["media"][0]
    body = {"kind": "request", "id": given["id"], "reason": "insult"}
    assert (await citizen.post("/v1/flags", json=body)).status_code == 201
    queue = (await clerk.get("/v1/moderation", params={"jurisdiction_id": given["jurisdiction_id"]})).json()["items"]
    case = next(each for each in queue if each["item_id"] == given["id"])
    decision = f"/v1/moderation/{case['id']}/decision"
    await clerk.post(decision, json={"decision": "hide", "reason": "insult", "explanation": "It shows a face"})
    assert (await citizen.get(address)).json()["media"] == []
    for name in ("url", "thumbnail_url"):
        await refused(await citizen.get(picture[name]), 410, "hidden-media")
    await clerk.post(decision, json={"decision": "keep", "reason": "insult", "explanation": "It does not"})
    assert (await citizen.get(address)).json()["media"] == given["media"]
    await shown(citizen, picture["url"])


async def test_pictures_are_added_later_by_who_asked_and_by_staff(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    given = await made(citizen, lamps, await upload(citizen))
    address, mine = f"/v1/requests/{given['id']}", {"Receipt-Token": given["receipt_token"]}
    other = {"Receipt-Token": (await made(citizen, lamps))["receipt_token"]}
    second, third = await upload(citizen, **mine), await upload(clerk)
    body = {"media": [second]}
    await refused(await citizen.post(f"{address}/media", json=body), 401)
    await refused(await citizen.post(f"{address}/media", json=body, headers=other), 422, "unusable-media")
    await refused(await citizen.post(f"{address}/media", json={"media": [third]}, headers=other), 403, "not-yours")
    await refused(await citizen.post(f"{address}/media", json={"media": []}, headers=mine), 422)
    added = await citizen.post(f"{address}/media", json=body, headers=mine)
    assert [each["id"] for each in added.json()["media"]] == [given["media"][0]["id"], second]
    assert (await clerk.post(f"{address}/media", json={"media": [third]})).status_code == 200
    found = (await citizen.get(address)).json()
    assert [each["id"] for each in found["media"]] == [given["media"][0]["id"], second, third]
    await refused(await clerk.post(f"/v1/requests/{uuid4()}/media", json={"media": [await upload(clerk)]}), 404)


async def test_a_request_has_only_so_many(citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str) -> None:
    address = f"/v1/requests/{(await made(citizen, lamps))['id']}/media"
    files = [("file", ("a.jpg", photo(size=(4, 4))))] * 10
    for expected in (200, 200, 200, 200, 200, 422):
        kept = (await clerk.post("/v1/media", files=files)).json()["items"]
        answer = await clerk.post(address, json={"media": [each["id"] for each in kept]})
        assert answer.status_code == expected, answer.text


async def test_one_picture_is_taken_away(
    feedback: FastAPI, citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, lamps: str
) -> None:
    first, second = await upload(citizen), await upload(citizen)
    given = await made(citizen, lamps, first, second)
    mine = {"Receipt-Token": given["receipt_token"]}
    other = {"Receipt-Token": (await made(citizen, lamps))["receipt_token"]}
    await refused(await citizen.delete(f"/v1/media/{first}"), 401)
    await refused(await citizen.delete(f"/v1/media/{first}", headers=other), 403, "not-yours")
    assert (await citizen.delete(f"/v1/media/{first}", headers=mine)).status_code == 204
    await refused(await citizen.delete(f"/v1/media/{first}", headers=mine), 404)
    assert (await clerk.delete(f"/v1/media/{second}")).status_code == 204
    assert (await citizen.get(f"/v1/requests/{given['id']}")).json()["media"] == []
    await swept(feedback)
    assert not {first, second} & stored(feedback)


async def test_an_app_sends_pictures_with_its_report(
    citizen: httpx.AsyncClient, city: str, poles: str, events: Events
) -> None:
    form = {"service_code": poles, "jurisdiction_id": city, "lat": "48.2", "long": "16.3", **GOOD}
    elsewhere = ["https://example.org/1.jpg", "https://example.org/2.jpg"]
    files = [("media[]", ("a.jpg", camera_photo())), ("photo2", ("b.png", photo("PNG")))]
    answer = await citizen.post(f"{V2}/requests.json", data={**form, "media_url": elsewhere}, files=files)
    assert answer.status_code == 201, answer.text
    identifier = answer.json()[0]["service_request_id"]
    query = {"jurisdiction_id": city, "extensions": "true"}
    for address in (f"{V2}/requests/{identifier}.json", f"{V2}/requests.json"):
        found = (await citizen.get(address, params=query)).json()[0]
        assert len(found["media_urls"]) == 2  # addresses are shown when the pictures behind them are here
        assert found["media_url"] == found["media_urls"][0]
        assert found["media_url"].startswith("http://feedback/v1/media/")
        assert [(await shown(citizen, each)).size for each in found["media_urls"]] == [(480, 640), (640, 480)]
    as_xml = (await citizen.get(f"{V2}/requests/{identifier}.xml", params=query)).text
    assert as_xml.count("<media_url>") == 3
    assert len(await events(poles)) == 1


@pytest.mark.parametrize("what", ["SVG", "half a JPEG", "a PNG of 50,000 by 50,000"])
async def test_an_app_is_told_that_a_picture_is_none(
    citizen: httpx.AsyncClient, city: str, poles: str, events: Events, what: str
) -> None:
    form = {"service_code": poles, "jurisdiction_id": city, "lat": "48.2", "long": "16.3", **GOOD}
    files = {"media": ("a.jpg", NO_PICTURES[what][0], "image/jpeg")}
    answer = await citizen.post(f"{V2}/requests.json", data=form, files=files)
    assert answer.status_code == 400
    assert "picture" in answer.json()[0]["description"]
    assert await events(poles) == []


async def test_an_app_with_too_much(strict: httpx.AsyncClient, city: str, poles: str) -> None:
    form = {"service_code": poles, "jurisdiction_id": city, "lat": "48.2", "long": "16.3", **GOOD}
    answer = await strict.post(f"{V2}/requests.json", data=form, files={"media": ("a.jpg", bytes(20_000))})
    assert (answer.status_code, answer.json()[0]["code"]) == (413, 413)
    many = [("media", ("a.jpg", photo(size=(9, 9))))] * 11
    assert (await strict.post(f"{V2}/requests.json", data=form, files=many)).status_code == 400
    repeated = form | {"description": ["x"] * 10_000}
    for files in ({}, {"media": ("a.jpg", photo(size=(9, 9)))}):
        assert (await strict.post(f"{V2}/requests.json", data=repeated, files=files)).status_code == 400


async def swept(app: FastAPI) -> None:
    await sweep(app.state.engine, app.state.parts.media.storage)


def stored(app: FastAPI) -> set[str]:
    """The ids of pictures of which the storage has something."""
    found = app.state.parts.media.storage._store.list().collect()
    return {str(UUID(each["path"].rpartition("/")[2].partition(".")[0])) for each in found}
