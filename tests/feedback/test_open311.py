"""Client apps of today report and read by Open311 GeoReport v2, in XML and in JSON."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI

from shared.auth import ensure_key, new_key
from shared.contracts.feedback import RequestOpened
from shared.database import connection
from tests.feedback.conftest import Events, tell_of_service
from tests.feedback.pictures import photo

V2 = "/open311/v2"
FIELDS = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address",
    "address_id", "zipcode", "lat", "long", "media_url",
]  # fmt: skip


async def report(app: httpx.AsyncClient, city: str, service: str, **fields: Any) -> httpx.Response:
    form = {"jurisdiction_id": city, "service_code": service, "lat": "48.2", "long": "16.3", **fields}
    return await app.post(
        f"{V2}/requests.json", data={name: value for name, value in form.items() if value is not None}
    )


GOOD = {"attribute[KIND]": "led", "description": "It leans"}


async def made(app: httpx.AsyncClient, city: str, service: str, **fields: Any) -> str:
    answer = await report(app, city, service, **GOOD | fields)
    assert answer.status_code == 201, answer.text
    identifier: str = answer.json()[0]["service_request_id"]
    return identifier


async def test_an_app_finds_where_the_api_is_and_what_it_offers(
    citizen: httpx.AsyncClient, city: str, poles: str, feedback: FastAPI
) -> None:
    found = ElementTree.fromstring((await citizen.get("/open311/discovery.xml")).content)
    url = found.findtext("endpoints/endpoint/url")
    assert url is not None
    await tell_of_service(feedback, city, "drafted", "draft")
    offered = (await citizen.get(f"{url}/services.json", params={"jurisdiction_id": city})).json()
    assert offered == [
        {
            "service_code": poles, "service_name": "poles", "description": "Poles that lean", "metadata": True,
            "type": "realtime", "keywords": "light,pole", "group": "Streets",
        }
    ]  # fmt: skip
    as_xml = await citizen.get(f"{V2}/services.xml", params={"jurisdiction_id": city})
    assert as_xml.headers["content-type"] == "text/xml; charset=utf-8"
    (service,) = ElementTree.fromstring(as_xml.content)
    assert (service.tag, service.findtext("service_code"), service.findtext("metadata")) == ("service", poles, "true")


async def test_an_app_learns_what_a_service_asks(citizen: httpx.AsyncClient, city: str, poles: str) -> None:
    address = f"{V2}/services/{poles}"
    told = (await citizen.get(f"{address}.json", params={"jurisdiction_id": city})).json()
    assert [each["code"] for each in told["attributes"]] == ["SIGNS", "KIND", "POLES", "SINCE", "NOTE"]
    assert told["attributes"][1]["values"] == [{"key": "led", "name": "LED"}, {"key": "gas", "name": "Gas"}]
    as_xml = ElementTree.fromstring((await citizen.get(f"{address}.xml", params={"jurisdiction_id": city})).content)
    assert as_xml.tag == "service_definition"
    assert [each.findtext("key") for each in as_xml.findall("attributes/attribute[2]/values/value")] == ["led", "gas"]


async def test_a_report_is_a_request_in_its_district_with_its_answers(
    citizen: httpx.AsyncClient, city: str, poles: str, events: Events
) -> None:
    form = {
        "attribute[SIGNS][]": ["1", "2"], "attribute[POLES]": "3", "address_string": "12 Elm Street", "long": "16.7",
        "email": "me@example.org", "first_name": "Ada", "media_url": "https://example.org/p.jpg", "zipcode": "1010",
        "attribute[unknown]": "passed over",
    }  # fmt: skip
    identifier = await made(citizen, city, poles, **form)
    found = (await citizen.get(f"{V2}/requests/{identifier}.json", params={"jurisdiction_id": city})).json()[0]
    assert list(found) == FIELDS
    assert (found["status"], found["service_code"], found["agency_responsible"]) == ("open", poles, "Lights department")
    assert (found["lat"], found["long"], found["zipcode"]) == (48.2, 16.7, "1010")
    assert (found["address"], found["media_url"]) == ("12 Elm Street", None)
    assert "example.org" not in json.dumps(found)
    query = {"jurisdiction_id": city, "extensions": "true"}
    extended = (await citizen.get(f"{V2}/requests/{identifier}.json", params=query)).json()[0]
    assert extended["district_id"] == f"{city}.south"
    assert {each["code"]: each["value"] for each in extended["attributes"]} == {
        "KIND": "led", "SIGNS": "1,2", "POLES": "3",
    }  # fmt: skip
    (opened,) = await events(poles)
    assert isinstance(opened, RequestOpened)
    assert (opened.request_id, opened.district_id, opened.channel) == (identifier, f"{city}.south", "open311")
    own = (await citizen.get(f"/v1/requests/{identifier}")).json()
    assert (own["description"], own["district_id"]) == ("It leans", f"{city}.south")


async def test_reports_can_be_sent_as_multipart_and_as_json(citizen: httpx.AsyncClient, city: str, poles: str) -> None:
    form = {"service_code": poles, "jurisdiction_id": city, "lat": "48.2", "long": "16.3", "attribute[KIND]": "gas"}
    multipart = await citizen.post(f"{V2}/requests.xml", data=form, files={"media": ("p.txt", photo())})
    assert multipart.status_code == 201, multipart.text
    (request,) = ElementTree.fromstring(multipart.content)
    assert (request.tag, bool(request.findtext("service_request_id"))) == ("request", True)
    document = {"service_code": poles, "lat": 48.2, "long": 16.3, "attributes": {"KIND": "led", "SIGNS": ["1", "2"]}}
    as_json = await citizen.post(f"{V2}/requests.json", params={"jurisdiction_id": city}, json=document)
    assert as_json.status_code == 201, as_json.text
    assert as_json.headers["receipt-token"].startswith("clr_")


FAULTS: dict[str, tuple[dict[str, Any], int, str]] = {
    "no service": ({"service_code": None}, 400, "service_code was not provided"),
    "an unknown service": ({"service_code": "moon"}, 404, "was not found"),
    "an unknown city": ({"jurisdiction_id": "moon"}, 404, "jurisdiction_id"),
    "no place": ({"lat": None, "long": None}, 400, "location"),
    "half a place": ({"long": None}, 400, "belong together"),
    "a place that is none": ({"lat": "NaN"}, 400, "lat is no number"),
    "a place beyond the earth": ({"lat": "91"}, 400, "lat is no number"),
    "a place in another city": ({"lat": "10"}, 400, "is not in"),
    "a question left open": ({"attribute[KIND]": None}, 400, "attribute[KIND] was not provided"),
    "an answer that is none": ({"attribute[KIND]": "oil"}, 400, "none of its values"),
    "a number that is none": ({"attribute[POLES]": "many"}, 400, "no number"),
    "infinitely many": ({"attribute[POLES]": "inf"}, 400, "no number"),
    "a time that is none": ({"attribute[SINCE]": "ages"}, 400, "no datetime"),
    "an endless text": ({"description": "x" * 4_001}, 400, "4,000 are taken"),
    "a script as address": ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
    "an address that is none": ({"email": "me"}, 400, "email"),
    "a character of no text": ({"description": "a\0b"}, 400, "cannot be kept"),
    "a wrong key": ({"api_key": "clk_wrong_key"}, 403, "api_key"),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("format", ["json", "xml"])
async def test_what_is_wrong_is_named_as_the_standard_writes_it(
    citizen: httpx.AsyncClient, city: str, poles: str, name: str, format: str
) -> None:
    fields, status, reason = FAULTS[name]
    form = {"jurisdiction_id": city, "service_code": poles, "lat": "48.2", "long": "16.3", **GOOD, **fields}
    answer = await citizen.post(f"{V2}/requests.{format}", data={k: v for k, v in form.items() if v is not None})
    assert answer.status_code == status, answer.text
    if format == "json":
        told = [(each["code"], each["description"]) for each in answer.json()]
    else:
        errors = ElementTree.fromstring(answer.content)
        assert errors.tag == "errors"
        told = [(int(each.findtext("code") or 0), each.findtext("description") or "") for each in errors.iter("error")]
    assert all(code == status for code, _ in told)
    assert any(reason in description for _, description in told), told


async def test_several_faults_are_told_at_once(citizen: httpx.AsyncClient, city: str, poles: str) -> None:
    answer = await report(citizen, city, poles, email="me", lat="x")
    assert len(answer.json()) == 3


async def test_what_staff_did_is_seen_by_the_app(
    citizen: httpx.AsyncClient, clerk: httpx.AsyncClient, city: str, poles: str
) -> None:
    identifier = await made(citizen, city, poles)
    order = {"status": "closed", "resolution": "resolved", "answer": "Straight again"}
    assert (await clerk.post(f"/v1/requests/{identifier}/status", json=order)).status_code == 200
    query = {"jurisdiction_id": city, "status": "CLOSED"}
    (found,) = (await citizen.get(f"{V2}/requests.json", params=query)).json()
    assert (found["status"], found["status_notes"]) == ("closed", "Straight again")
    assert found["updated_datetime"] >= found["requested_datetime"]
    token = (await citizen.get(f"{V2}/tokens/{identifier}.json")).json()
    assert token == [{"token": identifier, "service_request_id": identifier}]


async def test_lists_narrow_by_all_that_apps_ask_for(
    citizen: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str, lamps: str
) -> None:
    near = await made(citizen, city, poles, description="Near the church")
    far = await made(citizen, city, poles, long="16.9")
    other = (await report(citizen, city, lamps)).json()[0]["service_request_id"]
    old = await made(citizen, city, poles)
    async with connection(feedback.state.engine) as database:
        await database.execute("UPDATE request SET opened_at = opened_at - interval '100 days' WHERE id = $1", old)

    async def ids(**query: Any) -> list[str]:
        answer = await citizen.get(f"{V2}/requests.json", params={"jurisdiction_id": city, **query})
        assert answer.status_code == 200, answer.text
        return [each["service_request_id"] for each in answer.json()]

    assert await ids() == [other, far, near]
    assert await ids(service_code=f"{poles},{lamps}") == [other, far, near]
    assert await ids(service_code=lamps) == [other]
    assert await ids(service_code="moon") == []
    assert await ids(status="open,closed") == [other, far, near]
    assert await ids(status="closed") == []
    assert await ids(status="IN PROGRESS,Open") == [other, far, near]
    assert await ids(status="in-progress") == []
    assert await ids(service_request_id=f"{near},{old},nonsense") == [near, old]
    assert await ids(q="CHURCH") == [near]
    assert await ids(lat=48.2, long=16.3, radius=5_000) == [other, near]
    assert await ids(page=2, page_size=2) == [near]
    long_ago = datetime.now(UTC) - timedelta(days=120)
    assert await ids(start_date=long_ago.isoformat()) == [old]
    assert await ids(end_date=(long_ago + timedelta(days=60)).date().isoformat()) == [old]
    assert await ids(updated_after=(datetime.now(UTC) + timedelta(hours=1)).isoformat()) == []
    assert len(await ids(updated_before=(datetime.now(UTC) + timedelta(hours=1)).isoformat())) == 3


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "soon"},
        {"page": "0"},
        {"page_size": "-1"},
        {"radius": "10"},
        {"radius": "nan", "lat": 1, "long": 1},
    ],
)
async def test_questions_that_make_no_sense_are_refused(
    citizen: httpx.AsyncClient, city: str, query: dict[str, Any]
) -> None:
    answer = await citizen.get(f"{V2}/requests.json", params={"jurisdiction_id": city, **query})
    assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)


async def test_what_is_not_there_is_not_found(citizen: httpx.AsyncClient, city: str, poles: str) -> None:
    here = {"jurisdiction_id": city}
    for address in ("requests/nonsense", f"requests/{'0' * 32}", "services/moon", "tokens/nonsense"):
        answer = await citizen.get(f"{V2}/{address}.xml", params=here)
        assert answer.status_code == 404, address
        assert ElementTree.fromstring(answer.content).tag == "errors"
    several = await citizen.get(f"{V2}/services.json")
    assert (several.status_code, "jurisdiction_id was not provided" in several.text) == (400, True)


async def test_a_key_of_ours_may_come_along(
    citizen: httpx.AsyncClient, feedback: FastAPI, city: str, poles: str
) -> None:
    key = new_key()
    async with connection(feedback.state.engine) as database:
        await ensure_key(database, key, "an app", ["feedback:import"])
    assert (await report(citizen, city, poles, api_key=key, **GOOD)).status_code == 201


async def test_a_form_of_ten_thousand_fields_is_no_fault(citizen: httpx.AsyncClient, city: str, poles: str) -> None:
    body = "&".join(["attribute[SIGNS]=1"] * 10_000 + [f"service_code={poles}", f"jurisdiction_id={city}"])
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await citizen.post(f"{V2}/requests.json", content=body, headers=headers)
    assert answer.status_code == 400
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await citizen.post(f"{V2}/requests.json", content=b"--y\r\n", headers=broken)).status_code == 400
    assert (await citizen.post(f"{V2}/requests.json", content=b"{", headers={"Content-Type": "application/json"})
            ).status_code == 400  # fmt: skip
