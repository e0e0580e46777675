"""Pictures by their addresses: fetched by the worker once, checked as uploads are, and from nowhere inside."""

import asyncio
import io
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from pydantic import ValidationError
from pydantic_settings import SettingsError

from services.feedback.app import create_app
from services.feedback.fetching.networks import may_be_reached
from services.feedback.fetching.working import AT_ONCE, AT_ONCE_OF_A_HOST, Fetcher
from services.feedback.me.erasing import erase_some
from services.feedback.settings import FeedbackSettings
from services.feedback.worker import fetcher as fetcher_of
from shared.database import connection
from tests.feedback import pictures
from tests.feedback.conftest import client_of
from tests.feedback.picture_server import PictureServer, picture_server
from tests.feedback.test_fixmystreet import ADDRESS, FixMyStreet, fms, key  # noqa: F401
from tests.feedback.test_media import stored, swept
from tests.feedback.test_open311 import GOOD, V2

HERE = ["127.0.0.1/32"]


@pytest.fixture
async def elsewhere() -> AsyncIterator[PictureServer]:
    async with picture_server() as server:
        yield server


@pytest.fixture
def reaching(settings: FeedbackSettings) -> FeedbackSettings:
    """Settings by which pictures may be fetched from 127.0.0.1, and do not take long."""
    return settings.model_copy(
        update={"media_fetch_networks": [ip_network(each) for each in HERE], "media_bytes": 1_000_000,
                "media_fetch_seconds": 1.0}
    )  # fmt: skip


@pytest.fixture
async def fetcher(feedback: FastAPI, reaching: FeedbackSettings) -> Fetcher:
    """What the worker runs, with nothing to do yet."""
    await execute(feedback, "DELETE FROM media_fetch WHERE state = 'waiting'")
    return fetcher_of(reaching, feedback.state.engine)


async def execute(app: FastAPI, statement: str, *values: Any) -> None:
    async with connection(app.state.engine) as database:
        await database.execute(statement, *values)


async def report(client: httpx.AsyncClient, city: str, service: str, *addresses: str, **more: str) -> tuple[str, str]:
    """The id of a report with these addresses of pictures, and the token of who made it."""
    form = {"service_code": service, "jurisdiction_id": city, "lat": "48.2", "long": "16.3", **GOOD, **more}
    answer = await client.post(f"{V2}/requests.json", data={**form, "media_url": addresses})
    assert answer.status_code == 201, answer.text
    return str(answer.json()[0]["service_request_id"]), answer.headers["receipt-token"]


async def reported(client: httpx.AsyncClient, city: str, service: str, *addresses: str) -> str:
    return (await report(client, city, service, *addresses))[0]


async def erased(client: httpx.AsyncClient, app: FastAPI, token: str) -> None:
    answer = await client.delete("/v1/me", headers={"Receipt-Token": token})
    while await erase_some(app.state.engine, UUID(answer.json()["id"])):
        pass
    await swept(app)


async def told(client: httpx.AsyncClient, city: str, identifier: str) -> dict[str, Any]:
    query = {"jurisdiction_id": city, "extensions": "true"}
    found: dict[str, Any] = (await client.get(f"{V2}/requests/{identifier}.json", params=query)).json()[0]
    return found


async def addresses(clerk: httpx.AsyncClient, identifier: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await clerk.get(f"/v1/queue/{identifier}")).json()["addresses"]
    return found


async def work(fetcher: Fetcher) -> int:
    """Fetches all that is due; returns how many attempts that were."""
    attempts = 0
    while await fetcher.step():
        attempts += 1
    return attempts


async def hurry(app: FastAPI) -> None:
    await execute(app, "UPDATE media_fetch SET due_at = now() WHERE due_at IS NOT NULL")


async def test_a_picture_is_fetched_and_belongs_to_the_report(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, poles: str, elsewhere: PictureServer,
    fetcher: Fetcher,
) -> None:  # fmt: skip
    url = elsewhere.at("photo.jpg?of=lamp").replace("http://", "http://user:secret@")
    identifier = await reported(citizen, city, poles, url)
    before = await told(citizen, city, identifier)
    assert (before["media_url"], before["media_urls"]) == (None, [])
    assert [(each["url"], each["state"]) for each in await addresses(clerk, identifier)] == [(url, "waiting")]
    assert await work(fetcher) == 1
    after = await told(citizen, city, identifier)
    assert after["media_url"].startswith("http://feedback/v1/media/")
    assert after["media_urls"] == [after["media_url"]]
    assert after["updated_datetime"] >= before["updated_datetime"]
    kept = (await citizen.get(after["media_url"])).content
    assert Image.open(io.BytesIO(kept)).size == (480, 640)
    assert not [each for each in (pictures.CAMERA.encode(), b"Exif", b"somebody", b"alert", b"ftyp") if each in kept]
    (own,) = (await citizen.get(f"/v1/requests/{identifier}")).json()["media"]
    assert after["media_url"].endswith(own["url"])
    (address,) = await addresses(clerk, identifier)
    assert (address["state"], address["reason"], address["attempts"], address["due_at"]) == ("fetched", None, 1, None)
    assert await work(fetcher) == 0
    assert elsewhere.asked == {"photo.jpg?of=lamp": 1}
    assert b"identity" in elsewhere.headers
    assert not [each for each in (b"secret", b"Authorization", b"Cookie", b"Referer") if each in elsewhere.headers]
    assert (await clerk.delete(own["url"])).status_code == 204
    assert (await told(citizen, city, identifier))["media_urls"] == []


async def test_a_picture_of_an_update_belongs_to_its_note_and_is_hidden_and_goes_with_it(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str,
    elsewhere: PictureServer, fetcher: Fetcher, fms: FixMyStreet,  # noqa: F811
) -> None:  # fmt: skip
    identifier = await reported(citizen, city, poles)
    both = [elsewhere.at("1.jpg"), elsewhere.at("svg")]
    await fms.sent(identifier, "7", "OPEN", description="Still dark", media_url=both)
    await work(fetcher)
    (note,) = (await citizen.get(f"/v1/requests/{identifier}")).json()["notes"]
    (picture,) = note["media"]
    assert note["media_urls"] == []
    assert [each["media_url"] for each in await fms.updates()] == [f"http://feedback{picture['url']}"]
    assert (await citizen.get(picture["url"])).status_code == 200
    seen = (await clerk.get(f"/v1/queue/{identifier}")).json()
    assert seen["notes"][0]["media_urls"] == both
    states = [(each["note_id"], each["state"], each["reason"]) for each in seen["addresses"]]
    assert states == [(note["id"], "fetched", None), (note["id"], "given_up", "not-a-picture")]

    flag = {"kind": "note", "id": note["id"], "reason": "spam"}
    assert (await citizen.post("/v1/flags", json=flag)).status_code == 201
    (case,) = (await clerk.get("/v1/moderation", params={"jurisdiction_id": city})).json()["items"]
    decision = {"decision": "hide", "reason": "spam", "explanation": "It advertises"}
    assert (await clerk.post(f"/v1/moderation/{case['id']}/decision", json=decision)).status_code < 300
    assert (await citizen.get(picture["url"])).status_code == 410
    assert [each["media_url"] for each in await fms.updates()] == [""]


async def test_pictures_of_an_update_that_is_an_answer_belong_to_the_answer(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str,
    elsewhere: PictureServer, fetcher: Fetcher, fms: FixMyStreet,  # noqa: F811
) -> None:  # fmt: skip
    identifier, token = await report(citizen, city, poles)
    form = {"api_key": fms.key, "jurisdiction_id": city, "service_request_id": identifier, "status": "IN_PROGRESS",
            "update_id": "7", "description": "A crew is there", "media_url": elsewhere.at("1.jpg")}  # fmt: skip
    for _ in range(2):
        files = {"photo1": ("a.png", pictures.photo("PNG"))}
        assert (await citizen.post(f"{ADDRESS}.json", data=form, files=files)).status_code == 200
    detail = (await citizen.get(f"/v1/requests/{identifier}")).json()
    ((answer,), notes) = detail["answers"], detail["notes"]
    assert (answer["text"], len(answer["media"]), answer["media_urls"], notes) == ("A crew is there", 1, [], [])
    assert [each["answer_id"] for each in await addresses(clerk, identifier)] == [answer["id"]]
    assert await work(fetcher) == 1
    (answer,) = (await citizen.get(f"/v1/requests/{identifier}")).json()["answers"]
    kept = [each["url"] for each in answer["media"]]
    assert [(await citizen.get(each)).status_code for each in kept] == [200, 200]
    assert (await clerk.get(f"/v1/queue/{identifier}")).json()["answers"][0]["media"] == answer["media"]
    query = {"api_key": fms.key, "jurisdiction_id": city}
    (update,) = (await citizen.get(f"{ADDRESS}.json", params=query)).json()
    assert update["media_url"] == [f"http://feedback{each}" for each in kept]
    assert (await told(citizen, city, identifier))["media_urls"] == []

    flag = {"kind": "answer", "id": answer["id"], "reason": "other"}
    assert (await citizen.post("/v1/flags", json=flag)).status_code == 201
    (case,) = (await clerk.get("/v1/moderation", params={"jurisdiction_id": city})).json()["items"]
    for decision, status, shown in (("hide", 410, 0), ("keep", 200, 2)):
        given = {"decision": decision, "reason": "other", "explanation": "Look at it again"}
        assert (await clerk.post(f"/v1/moderation/{case['id']}/decision", json=given)).status_code < 300
        assert [(await citizen.get(each)).status_code for each in kept] == [status, status]
        (answer,) = (await citizen.get(f"/v1/requests/{identifier}")).json()["answers"]
        assert len(answer["media"]) == shown
    await erased(citizen, feedback, token)
    assert not [each for each in kept if each.rsplit("/", 1)[1] in stored(feedback)]


async def test_a_note_takes_its_pictures_along_when_it_is_erased(
    citizen: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str, elsewhere: PictureServer, fetcher: Fetcher,
    fms: FixMyStreet,  # noqa: F811
) -> None:  # fmt: skip
    identifier = await reported(citizen, city, poles)
    mine, token = await report(citizen, city, poles, email="ada@example.org")
    await fms.sent(mine, "7", "OPEN", description="Still dark", media_url=elsewhere.at("1.jpg"))
    async with connection(feedback.state.engine) as database:  # a note of hers on what somebody else reported
        await database.execute("UPDATE request_note SET request_id = $2 WHERE request_id = $1", mine, identifier)
        await database.execute("UPDATE media_fetch SET request_id = $2 WHERE request_id = $1", mine, identifier)
    await work(fetcher)
    (note,) = (await citizen.get(f"/v1/requests/{identifier}")).json()["notes"]
    picture = note["media"][0]["id"]
    assert picture in stored(feedback)
    await erased(citizen, feedback, token)
    assert (await citizen.get(f"/v1/requests/{identifier}")).json()["notes"] == []
    assert picture not in stored(feedback)


REFUSED = {
    "svg": "not-a-picture", "html": "not-a-picture", "half": "damaged-picture", "bomb": "not-a-picture",
    "empty": "not-a-picture", "endless": "file-too-large", "told": "file-too-large", "gone": "refused",
}  # fmt: skip
PASSING = {
    "drip": "too-slow", "silent": "too-slow", "away": "refused", "short": "unreachable", "no-http": "unreachable",
    "headers": "unreachable",
}  # fmt: skip


@pytest.mark.parametrize("path", REFUSED)
async def test_what_is_no_picture_is_given_up_at_once_and_staff_sees_why(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, poles: str, elsewhere: PictureServer,
    fetcher: Fetcher, path: str,
) -> None:  # fmt: skip
    identifier = await reported(citizen, city, poles, elsewhere.at(path))
    assert await work(fetcher) == 1
    (address,) = await addresses(clerk, identifier)
    assert (address["state"], address["reason"], address["due_at"]) == ("given_up", REFUSED[path], None)
    assert (await told(citizen, city, identifier))["media_urls"] == []


@pytest.mark.parametrize("path", PASSING)
async def test_what_fails_is_tried_again_ever_more_rarely_and_then_given_up(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str,
    elsewhere: PictureServer, fetcher: Fetcher, path: str,
) -> None:  # fmt: skip
    identifier = await reported(citizen, city, poles, elsewhere.at(path))
    due = ""
    for attempt in range(1, 5):
        assert await work(fetcher) == 1
        (address,) = await addresses(clerk, identifier)
        assert (address["state"], address["reason"]) == ("waiting", PASSING[path])
        assert address["attempts"] == attempt
        assert address["due_at"] > due
        due = address["due_at"]
        await hurry(feedback)
    assert await work(fetcher) == 1
    (address,) = await addresses(clerk, identifier)
    assert (address["state"], address["reason"], address["attempts"]) == ("given_up", PASSING[path], 5)
    await hurry(feedback)
    assert await work(fetcher) == 0


async def test_what_comes_back_in_time_is_taken(
    citizen: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str, elsewhere: PictureServer, fetcher: Fetcher
) -> None:
    elsewhere.faults = 2
    identifier = await reported(citizen, city, poles, elsewhere.at("flaky"))
    for _ in range(3):
        await work(fetcher)
        await hurry(feedback)
    assert elsewhere.asked["flaky"] == 3
    assert len((await told(citizen, city, identifier))["media_urls"]) == 1


INSIDE = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "LOCALHOST", "0.0.0.0", "0",
          "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[::]",
          "user@127.0.0.1", "1.2.3.4@127.0.0.1", "①②⑦.⓪.⓪.①"]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
async def test_nothing_inside_is_connected_to_whatever_it_is_called(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, settings: FeedbackSettings, feedback: FastAPI, city: str,
    poles: str, elsewhere: PictureServer, fetcher: Fetcher, host: str,
) -> None:  # fmt: skip
    identifier = await reported(citizen, city, poles, elsewhere.at("photo.jpg", host))
    await work(fetcher_of(settings, feedback.state.engine))
    (address,) = await addresses(clerk, identifier)
    assert (address["state"], address["reason"]) in {
        ("given_up", "forbidden-address"), ("given_up", "malformed-address"),
    }, address  # fmt: skip
    assert not elsewhere.asked


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:{port}/photo.jpg", "http://169.254.169.254/latest/meta-data/", "/photo.jpg",
               "http://localhost:{port}/photo.jpg", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x"],
)  # fmt: skip
async def test_redirects_are_not_followed(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, poles: str, elsewhere: PictureServer,
    fetcher: Fetcher, target: str,
) -> None:  # fmt: skip
    path = f"to/{target.format(port=elsewhere.port).encode().hex()}"
    identifier = await reported(citizen, city, poles, elsewhere.at(path))
    await work(fetcher)
    (address,) = await addresses(clerk, identifier)
    assert (address["state"], address["reason"]) == ("given_up", "redirected")
    assert elsewhere.asked == {path: 1}


ODD = {
    "http://[::1": "malformed-address", "http://a..b/": "malformed-address",
    f"http://{'a' * 70}.org/": "malformed-address",
    "http://127.0.0.1:99999/": "forbidden-address",
    "http://127.0.0.1:25/": "forbidden-address", "http://127.0.0.1:22/": "forbidden-address",
    "http://127.0.0.2/": "forbidden-address", "http://:80/": "malformed-address", "http://?/": "malformed-address",
}  # fmt: skip


@pytest.mark.parametrize("url", ODD)
async def test_odd_addresses_are_given_up(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, poles: str, fetcher: Fetcher, url: str
) -> None:
    identifier = await reported(citizen, city, poles, url)
    assert await work(fetcher) == 1
    (address,) = await addresses(clerk, identifier)
    assert (address["state"], address["reason"]) == ("given_up", ODD[url])


CLOSED = ["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.255.255", "192.0.0.8",
          "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.19.0.1", "198.51.100.7", "203.0.113.9",
          "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
          "::", "::1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1",
          "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%1",
          "fec0::1", "ff02::1"]  # fmt: skip


@pytest.mark.parametrize("machine", CLOSED)
def test_only_the_public_internet_may_be_reached(machine: str) -> None:
    assert not may_be_reached(ip_address(machine))


@pytest.mark.parametrize("machine", ["8.8.8.8", "100.128.0.1", "172.32.0.1", "193.0.0.1", "2600::1", "2a00:1450::1"])
def test_the_public_internet_may_be_reached(machine: str) -> None:
    assert may_be_reached(ip_address(machine))


def test_a_city_can_open_a_network() -> None:
    opened = [ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")]
    machines = {"10.1.2.3": True, "10.2.2.3": False, "fd00:1::1": True, "fd00:2::1": False}
    assert {each: may_be_reached(ip_address(each), opened) for each in machines} == machines


async def test_few_are_fetched_at_once_from_a_host(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, poles: str, elsewhere: PictureServer,
    settings: FeedbackSettings, reaching: FeedbackSettings, feedback: FastAPI,
) -> None:  # fmt: skip
    await execute(feedback, "DELETE FROM media_fetch WHERE state = 'waiting'")
    patient = fetcher_of(reaching.model_copy(update={"media_fetch_seconds": 60.0}), feedback.state.engine)
    waiting = await reported(citizen, city, poles, *(elsewhere.at(f"gate/{n}") for n in range(AT_ONCE)))
    other = await reported(citizen, city, poles, elsewhere.at("photo.jpg", "localhost"))
    running = asyncio.create_task(patient.run())
    try:
        while not (await told(citizen, city, other))["media_urls"]:  # another host is not kept waiting
            await asyncio.sleep(0.1)
        assert sum(elsewhere.asked.values()) == AT_ONCE_OF_A_HOST + 1
        elsewhere.go_on.set()
        while {each["state"] for each in await addresses(clerk, waiting)} != {"fetched"}:
            await asyncio.sleep(0.1)
    finally:
        running.cancel()
    assert elsewhere.most_at_once <= AT_ONCE_OF_A_HOST + 1
    assert len((await told(citizen, city, waiting))["media_urls"]) == AT_ONCE


async def test_what_is_hidden_or_erased_meanwhile_shows_nothing(
    citizen: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str, elsewhere: PictureServer, fetcher: Fetcher
) -> None:
    hidden = await reported(citizen, city, poles, elsewhere.at("gate/1"))
    step = asyncio.create_task(fetcher.step())
    while not elsewhere.asked:
        await asyncio.sleep(0.05)
    await execute(feedback, "UPDATE request SET hidden_at = now() WHERE id = $1", UUID(hidden))
    elsewhere.go_on.set()
    await step
    assert (await told(citizen, city, hidden))["media_urls"] == []
    async with connection(feedback.state.engine) as database:
        (picture,) = await database.fetch("SELECT id FROM media WHERE owner_id = $1", UUID(hidden))
    assert (await citizen.get(f"/v1/media/{picture['id']}")).status_code == 410

    elsewhere.go_on.clear()
    _, token = await report(citizen, city, poles, elsewhere.at("gate/2"))
    before = stored(feedback)
    step = asyncio.create_task(fetcher.step())
    while "gate/2" not in elsewhere.asked:
        await asyncio.sleep(0.05)
    await erased(citizen, feedback, token)
    elsewhere.go_on.set()
    await step
    await swept(feedback)
    assert stored(feedback) <= before


async def test_erasure_takes_fetched_pictures_along(
    citizen: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str, elsewhere: PictureServer, fetcher: Fetcher
) -> None:
    urls = [elsewhere.at("1.jpg"), elsewhere.at("gone"), elsewhere.at("away")]
    identifier, token = await report(citizen, city, poles, *urls)
    await work(fetcher)
    picture = (await told(citizen, city, identifier))["media_url"].rpartition("/")[2]
    mine = {"Receipt-Token": token}
    assert picture in str((await citizen.get("/v1/me/export", headers=mine)).json()["media"])
    assert picture in stored(feedback)
    await erased(citizen, feedback, token)
    assert picture not in stored(feedback)
    async with connection(feedback.state.engine) as database:
        assert await database.fetch("SELECT FROM media_fetch WHERE request_id = $1", UUID(identifier)) == []


@pytest.mark.parametrize("failpoint", ["fetching.after_put", "fetching.before_commit"])
async def test_a_kill_between_fetch_and_commit_leaves_nothing_behind(
    citizen: httpx.AsyncClient, feedback: FastAPI, reaching: FeedbackSettings, city: str, poles: str,
    elsewhere: PictureServer, fetcher: Fetcher, failpoint: str,
) -> None:  # fmt: skip
    identifier = await reported(citizen, city, poles, elsewhere.at("photo.jpg"))
    before = stored(feedback)
    environment = os.environ | {
        "CIVICLOOP_FEEDBACK_DATABASE_URL": reaching.database_url, "CIVICLOOP_MEDIA_URL": reaching.media_url,
        "CIVICLOOP_FEEDBACK_SECRET": "5e" * 32, "CIVICLOOP_FAILPOINTS": f"{failpoint}=1",
        "CIVICLOOP_MEDIA_FETCH_NETWORKS": '["127.0.0.1/32"]',
    }  # fmt: skip
    doomed = await asyncio.create_subprocess_exec(sys.executable, "-c", DOOMED, env=environment)
    assert await doomed.wait() == -signal.SIGKILL
    (left,) = stored(feedback) - before
    assert (await told(citizen, city, identifier))["media_urls"] == []
    await execute(feedback, "UPDATE media_garbage SET due_at = now() WHERE id = $1", UUID(left))
    await swept(feedback)
    assert stored(feedback) == before
    assert await work(fetcher) == 0  # its lease has not ended
    await hurry(feedback)
    assert await work(fetcher) == 1
    assert len((await told(citizen, city, identifier))["media_urls"]) == 1


DOOMED = """
import asyncio
from services.feedback.settings import FeedbackSettings
from services.feedback.worker import fetcher
from shared.database import engine

async def main():
    settings = FeedbackSettings()
    await fetcher(settings, engine(settings.database_url)).step()

asyncio.run(main())
"""


async def test_what_ends_the_worker_each_time_is_given_up(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str,
    elsewhere: PictureServer, fetcher: Fetcher,
) -> None:  # fmt: skip
    identifier = await reported(citizen, city, poles, elsewhere.at("photo.jpg"))
    await execute(feedback, "UPDATE media_fetch SET attempts = 5 WHERE request_id = $1", UUID(identifier))
    await work(fetcher)
    (address,) = await addresses(clerk, identifier)
    assert (address["state"], address["reason"]) == ("given_up", "fault")
    assert not elsewhere.asked


async def test_while_the_storage_is_away_no_attempt_is_counted(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str,
    elsewhere: PictureServer, fetcher: Fetcher, reaching: FeedbackSettings, tmp_path: Any,
) -> None:  # fmt: skip
    (tmp_path / "file").touch()
    away = reaching.model_copy(update={"media_url": (tmp_path / "file" / "media").as_uri()})
    identifier = await reported(citizen, city, poles, elsewhere.at("photo.jpg"))
    await work(fetcher_of(away, feedback.state.engine))
    (address,) = await addresses(clerk, identifier)
    assert (address["state"], address["attempts"]) == ("waiting", 0)
    await hurry(feedback)
    await work(fetcher)
    assert len((await told(citizen, city, identifier))["media_urls"]) == 1


@pytest.mark.parametrize("how", [{"media_fetch": False}, {"media_show_addresses": True}])
async def test_a_city_can_show_addresses_as_they_were_sent(
    citizen: httpx.AsyncClient, feedback: FastAPI, settings: FeedbackSettings, city: str, poles: str,
    elsewhere: PictureServer, fetcher: Fetcher, fms: FixMyStreet, how: dict[str, bool],  # noqa: F811
) -> None:  # fmt: skip
    good, bad = elsewhere.at("photo.jpg"), elsewhere.at("svg")
    identifier = await reported(citizen, city, poles, good, bad)
    await fms.sent(identifier, "7", "OPEN", description="Still dark", media_url=[good, bad])
    app = create_app(settings.model_copy(update=how))
    async with app.router.lifespan_context(app), client_of(app) as open_city:
        assert (await told(open_city, city, identifier))["media_urls"] == [good, bad]
        query = {"jurisdiction_id": city}
        (update,) = (await open_city.get(f"{V2}/servicerequestupdates.json", params=query)).json()
        assert update["media_url"] == [good, bad]
        await work(fetcher)
        found = (await told(open_city, city, identifier))["media_urls"]
        assert found[0].startswith("http://feedback/v1/media/")
        assert found[1:] == [bad]
        (update,) = (await open_city.get(f"{V2}/servicerequestupdates.json", params=query)).json()
        assert update["media_url"][0].startswith("http://feedback/v1/media/")
        assert update["media_url"][1:] == [bad]
        (note,) = (await open_city.get(f"/v1/requests/{identifier}")).json()["notes"]
        assert (len(note["media"]), note["media_urls"]) == (1, [bad])
        assert (await told(citizen, city, identifier))["media_urls"] == found[:1]
        await execute(feedback, "UPDATE request SET hidden_at = now() WHERE id = $1", UUID(identifier))
        await execute(feedback, "UPDATE request_note SET hidden_at = now() WHERE request_id = $1", UUID(identifier))
        assert bad not in (await told(open_city, city, identifier))["media_urls"]
        (note,) = (await open_city.get(f"/v1/requests/{identifier}")).json()["notes"]
        assert note["media_urls"] == []


async def test_a_request_has_no_more_pictures_than_fifty(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str,
    elsewhere: PictureServer, fetcher: Fetcher,
) -> None:  # fmt: skip
    identifier = await reported(citizen, city, poles, elsewhere.at("photo.jpg"))
    full = """
        INSERT INTO media (id, width, height, owner_kind, owner_id)
        SELECT gen_random_uuid(), 1, 1, 'request', $1 FROM generate_series(1, 50)
    """
    await execute(feedback, full, UUID(identifier))
    await work(fetcher)
    (address,) = await addresses(clerk, identifier)
    assert (address["state"], address["reason"]) == ("given_up", "too-many-pictures")


@pytest.mark.parametrize("networks", ['["10.0.0.1/8"]', '["everywhere"]', "10.0.0.0/8"])
def test_settings_name_networks(settings: FeedbackSettings, monkeypatch: pytest.MonkeyPatch, networks: str) -> None:
    build: Callable[..., FeedbackSettings] = FeedbackSettings
    monkeypatch.setenv("CIVICLOOP_MEDIA_FETCH_NETWORKS", networks)
    with pytest.raises((ValidationError, SettingsError), match=r"(?i)networks"):
        build(database_url=settings.database_url, secret="5e" * 32)
