"""What client apps do in ways of their own, where its meaning is plain."""

from datetime import datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from services.feedback.app import create_app
from services.feedback.open311.front import preferred
from services.feedback.open311.queries import time
from services.feedback.settings import FeedbackSettings
from tests.feedback.conftest import client_of
from tests.feedback.test_open311 import V2, made

PAGE = {"Origin": "https://app.example"}


async def test_apps_in_browsers_read_and_report_from_other_origins(
    citizen: httpx.AsyncClient, city: str, poles: str
) -> None:
    asked = PAGE | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = await citizen.options(f"{V2}/requests.json", headers=asked)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "*")
    assert "POST" in allowed.headers["access-control-allow-methods"]
    form = {"jurisdiction_id": city, "service_code": poles, "lat": "48.2", "long": "16.3", "attribute[KIND]": "led"}
    for answer in (
        await citizen.get(f"{V2}/services.json", params={"jurisdiction_id": city}, headers=PAGE),
        await citizen.post(f"{V2}/requests.json", data=form, headers=PAGE),
        await citizen.get(f"{V2}/services/moon.json", params={"jurisdiction_id": city}, headers=PAGE),
    ):
        assert answer.headers["access-control-allow-origin"] == "*", answer.text
        assert "Receipt-Token" in answer.headers["access-control-expose-headers"]


async def test_origins_can_be_narrowed(settings: FeedbackSettings) -> None:
    app: FastAPI = create_app(settings.model_copy(update={"origins": ["https://app.example"]}))
    async with app.router.lifespan_context(app), client_of(app) as client:
        own = await client.get("/open311/discovery.json", headers=PAGE)
        foreign = await client.get("/open311/discovery.json", headers={"Origin": "https://else.example"})
    assert own.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        ("text/xml", "xml"),
        ("application/xml;q=0.9, application/json;q=0.5", "xml"),
        ("application/json, text/xml;q=0.1", "json"),
        ("text/html,application/xml;q=0.9,*/*;q=0.8", "xml"),
        ("text/xml;q=much", "json"),
    ],
)
def test_the_format_is_the_one_that_is_liked_best(accept: str, format: str) -> None:
    assert preferred(accept) == format


async def test_without_an_extension_the_format_is_the_accepted_one(
    citizen: httpx.AsyncClient, city: str, poles: str
) -> None:
    identifier = await made(citizen, city, poles)
    here = {"jurisdiction_id": city}
    for address in ("services", f"services/{poles}", "requests", f"requests/{identifier}", "requests/"):
        as_xml = await citizen.get(f"{V2}/{address}", params=here, headers={"Accept": "text/xml"})
        assert (as_xml.status_code, ElementTree.fromstring(as_xml.content) is not None) == (200, True), address
        as_json = await citizen.get(f"{V2}/{address}", params=here)
        assert (as_json.status_code, bool(as_json.json())) == (200, True), address
    fault = await citizen.get(f"{V2}/services/moon", params=here, headers={"Accept": "text/xml"})
    assert ElementTree.fromstring(fault.content).tag == "errors"


async def test_an_app_may_ask_for_headers_alone(citizen: httpx.AsyncClient, city: str, poles: str) -> None:
    here = {"jurisdiction_id": city}
    answer = await citizen.head(f"{V2}/services.xml", params=here)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "text/xml; charset=utf-8", b"")
    assert int(answer.headers["content-length"]) > 100
    assert (await citizen.head(f"{V2}/services/moon.xml", params=here)).status_code == 404


async def test_a_method_that_is_not_taken_is_answered_with_those_that_are(citizen: httpx.AsyncClient) -> None:
    for address in ("/v1/requests", "/open311/v2/requests.json"):
        refused = await citizen.delete(address)
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST"), address


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"),
        ("2026-03-01 10:00:00", "2026-03-01T09:00:00+00:00"),
        ("2026-03-01T10:00", "2026-03-01T09:00:00+00:00"),
        ("2026-03-01T10:00:00 02:00", "2026-03-01T08:00:00+00:00"),
        ("2026-03-01 10:00:00 -0500", "2026-03-01T15:00:00+00:00"),
        ("1772359200", "2026-03-01T10:00:00+00:00"),
        ("1772359200000", "2026-03-01T10:00:00+00:00"),
    ],
)
def test_a_time_is_understood_in_any_plain_spelling(text: str, at: str) -> None:
    """Without a zone it is the city's."""
    assert time({"start_date": text}, "start_date", ZoneInfo("Europe/Vienna")) == datetime.fromisoformat(at)


async def test_numbers_may_have_a_comma_and_fields_may_be_empty(
    citizen: httpx.AsyncClient, city: str, poles: str
) -> None:
    form = {
        "jurisdiction_id": city, "service_code": "POLES", "lat": "48,2", "lon": "16,3", "attribute[KIND]": "led",
        "address_string": "", "email": "", "media_url": "", "api_key": "", "attribute[POLES]": "",
    }  # fmt: skip
    answer = await citizen.post(f"{V2}/requests.json", data=form)
    assert answer.status_code == 201, answer.text
    around = {"jurisdiction_id": city, "lat": "48,2", "lon": "16,3", "radius": "50,5", "status": "", "start_date": ""}
    (found,) = (await citizen.get(f"{V2}/requests.json", params=around)).json()
    assert (found["lat"], found["long"], found["service_code"]) == (48.2, 16.3, poles)
