"""Clients that others wrote, as they come from the package index, against feedback on a real socket."""

import asyncio
import json
import shutil
import socket
import threading
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import uvicorn
from chicagorequests import Downloader
from civicbot.http import HttpTransport, RateLimiter
from civicbot.open311 import Open311Client, ValidationError
from civicbot.registry import Endpoint
from fastapi import FastAPI
from georeport import GeoReport

from services.feedback.app import create_app
from services.feedback.settings import FeedbackSettings
from shared.database import connection
from tests.feedback.test_open311 import made

CLIENTS = Path(__file__).parent / "clients"
COPIES = """
INSERT INTO request (id, jurisdiction_id, service_id, contributor, opened_at, status, description)
SELECT gen_random_uuid(), jurisdiction_id, service_id, contributor, opened_at - n * interval '1 second', status,
       'Copy ' || n
FROM request, generate_series(1, 200) AS n WHERE id = $1
"""


@pytest.fixture
async def address(settings: FeedbackSettings) -> AsyncIterator[str]:
    """Where feedback is served."""
    app = create_app(settings)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/open311/v2"
    server.should_exit = True
    await asyncio.to_thread(thread.join)
    listening.close()


@pytest.mark.parametrize("format", ["json", "xml"])
async def test_georeport_finds_services_and_follows_reports(
    address: str,
    city: str,
    poles: str,
    citizen: httpx.AsyncClient,
    clerk: httpx.AsyncClient,
    format: str,
) -> None:
    client = GeoReport(address, jurisdiction=city, output_format=format)

    def found(listed: Any) -> list[dict[str, Any]]:
        """The client gives a list of one as that one where it reads XML."""
        return listed if isinstance(listed, list) else [listed]

    services = found(await asyncio.to_thread(client.get_service_list))
    assert [service["service_code"] for service in services] == [poles]
    asked = await asyncio.to_thread(client.get_service_definition, poles)
    attributes = asked["attributes"] if format == "json" else asked["attributes"]["attribute"]
    assert [attribute["code"] for attribute in attributes][:2] == ["SIGNS", "KIND"]
    identifier = await made(citizen, city, poles)
    order = {"status": "closed", "resolution": "resolved", "answer": "Mended"}
    await clerk.post(f"/v1/requests/{identifier}/status", json=order)
    (one,) = found(await asyncio.to_thread(client.get_service_request, identifier))
    assert (one["status"], one["status_notes"], one["description"]) == ("closed", "Mended", "It leans")
    listed = found(await asyncio.to_thread(client.get_service_requests, service_code=poles, status="closed"))
    assert [each["service_request_id"] for each in listed] == [identifier]


async def test_civicbot_reports_what_a_service_asks_for_and_reads_it(address: str, city: str, poles: str) -> None:
    place = Endpoint("here", "Here", address, write=True, api_key_required_for_write=False)
    client = Open311Client(place, HttpTransport(rate_limiter=RateLimiter(0)), jurisdiction_id=city)
    answers = {"KIND": "led", "SIGNS": ["1", "2"]}
    report = partial(client.create_request, poles, lat=48.2, lng=16.3, validate_remote=True, dry_run=False)
    sent = await asyncio.to_thread(report, confirm="SEND", description="It leans", attributes=answers)
    identifier = sent.response[0]["service_request_id"]
    one = await asyncio.to_thread(client.get_request, identifier)
    assert one is not None
    assert (one["status"], one["service_code"], one["description"]) == ("open", poles, "It leans")
    listed = await asyncio.to_thread(partial(client.list_requests, service_code=poles, status="open", page_size=10))
    assert [each["service_request_id"] for each in listed] == [identifier]
    token = await asyncio.to_thread(client.get_token, identifier)
    assert token[0]["service_request_id"] == identifier
    with pytest.raises(ValidationError, match="KIND"):
        await asyncio.to_thread(report, confirm="SEND", description="Without the kind that the service demands")


async def test_chicagorequests_downloads_a_day_page_by_page(
    address: str, city: str, poles: str, citizen: httpx.AsyncClient, feedback: FastAPI
) -> None:
    class Here(Downloader):
        """Its own class, at our address: the command can be given none."""

        BASE_URL = f"{address}/requests.json?jurisdiction_id={city}"

    first = await made(citizen, city, poles)
    async with connection(feedback.state.engine) as database:
        await database.execute(COPIES, first)
    today = datetime.now(ZoneInfo("America/Chicago"))
    interval = (today - timedelta(hours=12), today + timedelta(hours=12))
    found = await asyncio.to_thread(Here(request_type=[poles]), interval)
    assert len({each["service_request_id"] for each in found}) == len(found) == 201
    assert {each["service_code"] for each in found} == {poles}
    assert await asyncio.to_thread(Here(request_type=["moon"]), interval) == []
    changed = {"updated_start_date": today + timedelta(hours=1), "updated_end_date": today + timedelta(hours=2)}
    assert await asyncio.to_thread(Here(**changed), interval) == []


@pytest.fixture(scope="session")
def node() -> str:
    """Where Node.js is; where it or the packages that `make test` installs with it are not, the test is skipped."""
    found = shutil.which("node")
    if found is None or not (CLIENTS / "node_modules").exists():
        pytest.skip("Node.js with npm is not on this machine, so the JavaScript client is not run")
    return found


async def test_the_package_of_npm_reports_and_reads_it(address: str, city: str, poles: str, node: str) -> None:
    process = await asyncio.create_subprocess_exec(
        node, "--no-deprecation", "report.js", address, city, poles, cwd=CLIENTS, stdout=PIPE, stderr=PIPE
    )
    said, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    found = json.loads(said)
    assert found["discovery"]["endpoints"][0]["url"].endswith("/open311/v2")
    assert poles in {each["service_code"] for each in found["services"]}
    assert {each["code"] for each in found["definition"]["attributes"]} >= {"KIND", "SIGNS"}
    identifier = found["receipt"]["service_request_id"]
    request = found["request"]
    assert (request["service_request_id"], request["status"], request["description"]) == (
        identifier,
        "open",
        "It leans",
    )
    assert [each["service_request_id"] for each in found["listed"]] == [identifier]
    assert "404" in found["refused"]
