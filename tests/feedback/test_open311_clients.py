"""A client that others wrote, as it comes from the package index, against feedback on a real socket."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn
from georeport import GeoReport

from services.feedback.app import create_app
from services.feedback.settings import FeedbackSettings
from tests.feedback.test_open311 import made


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
