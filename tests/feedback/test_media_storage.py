"""The storage of pictures, a folder or a server that speaks S3: to whoever gives and sees them it is the same."""

import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from deploy.local.ports import free_block
from services.feedback.app import create_app
from services.feedback.me.erasing import erase_some
from services.feedback.media.storage import FULL, THUMBNAIL, Missing, Storage, StorageUnavailable
from services.feedback.media.sweeping import sweep
from services.feedback.settings import FeedbackSettings
from tests.feedback.conftest import client_of
from tests.feedback.pictures import photo
from tests.feedback.test_bad_input import refused
from tests.feedback.test_media import made, shown, stored, upload

BUCKET = "pictures"


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3, with an empty bucket."""
    port = free_block(1)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    while server.poll() is None:
        try:
            httpx.put(f"{address}/{BUCKET}", headers={"Host": f"127.0.0.1:{port}"}).raise_for_status()
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield address
    server.terminate()
    server.wait()


@pytest.fixture(params=["folder", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where to keep pictures; of S3, its keys are in the environment."""
    if request.param == "folder":
        return (tmp_path / "to be made" / "ö").as_uri()
    speak_s3(monkeypatch, request.getfixturevalue("s3"))
    return f"s3://{BUCKET}/{uuid4().hex}/ours"


def speak_s3(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    names = {"ENDPOINT_URL": address, "ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s", "REGION": "eu-central-1"}
    for name, value in names.items():
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.fixture
async def app(settings: FeedbackSettings, url: str) -> AsyncIterator[FastAPI]:
    """Feedback with this storage."""
    app = create_app(settings.model_copy(update={"media_url": url}))
    async with app.router.lifespan_context(app):
        yield app


async def test_what_is_kept_is_found_until_it_is_deleted(url: str) -> None:
    storage, first, second = Storage(url), uuid4(), uuid4()
    await storage.put(first, FULL, b"large")
    await storage.put(first, THUMBNAIL, b"small")
    await storage.put(second, FULL, b"other")
    again = Storage(url)
    assert (await again.get(first, FULL), await again.get(first, THUMBNAIL)) == (b"large", b"small")
    await again.delete([first, uuid4()])
    await again.delete([first])
    for version in (FULL, THUMBNAIL):
        with pytest.raises(Missing):
            await storage.get(first, version)
    assert await storage.get(second, FULL) == b"other"


async def test_a_picture_comes_is_shown_and_goes(app: FastAPI, lamps: str) -> None:
    async with client_of(app) as citizen:
        given = await made(citizen, lamps, await upload(citizen))
        picture = given["media"][0]
        assert (await shown(citizen, picture["url"])).size == (640, 480)
        assert (await shown(citizen, picture["thumbnail_url"])).size == (400, 300)
        assert stored(app) == {picture["id"]}
        answer = await citizen.delete("/v1/me", headers={"Receipt-Token": given["receipt_token"]})
        while await erase_some(app.state.engine, UUID(answer.json()["id"])):
            pass
        await sweep(app.state.engine, app.state.parts.media.storage)
        assert stored(app) == set()
        await refused(await citizen.get(picture["url"]), 404, "unknown-media")


async def test_what_the_storage_lost_is_not_there(app: FastAPI, lamps: str) -> None:
    async with client_of(app) as citizen:
        picture = (await made(citizen, lamps, await upload(citizen)))["media"][0]
        await app.state.parts.media.storage.delete([UUID(picture["id"])])
        await refused(await citizen.get(picture["url"]), 404, "unknown-media")


async def test_while_the_storage_is_away_requests_are_taken_and_pictures_can_come_later(
    settings: FeedbackSettings, lamps: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak_s3(monkeypatch, f"http://127.0.0.1:{free_block(1)}")
    app = create_app(settings.model_copy(update={"media_url": f"s3://{BUCKET}/away"}))
    async with app.router.lifespan_context(app), client_of(app) as citizen:
        answer = await citizen.post("/v1/media", content=photo())
        assert "127.0.0.1" not in await refused(answer, 503, "storage-unavailable")
        assert answer.headers["retry-after"]
        await made(citizen, lamps)
    with pytest.raises(StorageUnavailable):
        await app.state.parts.media.storage.delete([uuid4()])


async def test_a_folder_that_cannot_be_written_is_a_storage_that_is_away(
    settings: FeedbackSettings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    app = create_app(settings.model_copy(update={"media_url": (tmp_path / "file" / "media").as_uri()}))
    async with app.router.lifespan_context(app), client_of(app) as citizen:
        await refused(await citizen.post("/v1/media", content=photo()), 503, "storage-unavailable")


@pytest.mark.parametrize("url", ["", "media", "http://example.org/media", "file://media", "memory:///"])
def test_settings_name_a_storage(settings: FeedbackSettings, url: str) -> None:
    with pytest.raises(ValueError, match="must begin with"):
        FeedbackSettings(**settings.model_dump() | {"media_url": url})
