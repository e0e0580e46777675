"""What a city's staff and everybody else can do with the catalogue."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.database import connection
from shared.paging import encode_cursor


async def make_service(clerk: httpx.AsyncClient, city: str, **fields: Any) -> dict[str, Any]:
    said = {"jurisdiction_id": city, "name": "Broken Lamps", "status": "active"} | fields
    answer = await clerk.post("/v1/services", json=said)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_service_is_found_as_it_was_made(clerk: httpx.AsyncClient, city: str) -> None:
    said = {
        "jurisdiction_id": city,
        "name": "  Straßenlampen & Ampeln ",
        "status": "pilot",
        "description": "Lamps and lights\nthat do not",
        "organisation_id": f"{city}.parks",
        "focal_area": "mobility",
        "resolution_target": 86_400,
        "first_answer_target": 3_600,
        "target_source": "council decision 12/2024",
    }
    made = await clerk.post("/v1/services", json=said)
    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/services/{city}.strassenlampen-ampeln"
    found = await clerk.get(made.headers["location"])
    assert found.json() == made.json()
    assert found.json().items() >= (said | {"name": "Straßenlampen & Ampeln", "version": 1}).items()
    assert found.headers["etag"] == '"1"'


async def test_anyone_may_read_and_only_holders_of_the_scope_may_write(
    anyone: httpx.AsyncClient, keys: dict[str, dict[str, str]]
) -> None:
    said = {"name": "Lisboa", "time_zone": "Europe/Lisbon"}
    assert (await anyone.get("/v1/jurisdictions")).status_code == 200
    without = await anyone.post("/v1/jurisdictions", json=said)
    assert (without.status_code, without.headers["www-authenticate"]) == (401, "Bearer")
    foreign = await anyone.post("/v1/jurisdictions", json=said, headers=keys["importer"])
    assert (foreign.status_code, slug(foreign)) == (403, "missing-scope")
    for method, address in (("PUT", "/v1/services/x"), ("PATCH", "/v1/services/x")):
        assert (await anyone.request(method, address, json={})).status_code == 401


async def test_every_change_is_a_version_with_who_when_and_why(clerk: httpx.AsyncClient, city: str) -> None:
    made = await make_service(clerk, city, reason="council decision 12/2024")
    address = f"/v1/services/{made['id']}"
    await clerk.patch(address, json={"resolution_target": 600, "reason": "too slow"})
    await clerk.patch(address, json={"keywords": ["night"]})
    versions = (await clerk.get(f"{address}/versions")).json()
    told = [(item["version"], item["changed_by"], item["reason"]) for item in versions["items"]]
    assert told == [(3, "clerk", ""), (2, "clerk", "too slow"), (1, "clerk", "council decision 12/2024")]
    assert versions["items"][-1]["entity"] == made
    assert versions["items"][0]["entity"] == (await clerk.get(address)).json()
    times = [item["changed_at"] for item in versions["items"]]
    assert times == sorted(times, reverse=True)
    assert versions["next"] is None


async def test_versions_page_from_the_newest(clerk: httpx.AsyncClient, city: str) -> None:
    address = f"/v1/services/{(await make_service(clerk, city))['id']}"
    for target in range(1, 5):
        await clerk.patch(address, json={"resolution_target": target})
    pages = await all_pages(clerk, f"{address}/versions", limit=2)
    assert [[item["version"] for item in page] for page in pages] == [[5, 4], [3, 2], [1]]


async def test_saying_the_same_again_changes_nothing(clerk: httpx.AsyncClient, city: str) -> None:
    said = {"jurisdiction_id": city, "name": "Old Town", "population": 9_000}
    address = f"/v1/districts/{city}.old"
    first = await clerk.put(address, json=said)
    again = await clerk.put(address, json=said | {"reason": "once more"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len((await clerk.get(f"{address}/versions")).json()["items"]) == 1


async def test_put_says_all_and_patch_says_what_differs(clerk: httpx.AsyncClient, city: str) -> None:
    made = await make_service(clerk, city, resolution_target=600, description="at night")
    address = f"/v1/services/{made['id']}"
    patched = (
        await clerk.patch(address, json={"name": "Dark Lamps", "resolution_target": None, "description": None})
    ).json()
    assert patched == made | {
        "name": "Dark Lamps",
        "resolution_target": None,
        "description": "",
        "version": 2,
        "changed_at": patched["changed_at"],
    }
    put = (await clerk.put(address, json={"jurisdiction_id": city, "name": "Lamps", "status": "active"})).json()
    assert (put["name"], put["description"], put["version"]) == ("Lamps", "", 3)


async def test_lists_page_by_cursor_and_can_be_one_jurisdictions(clerk: httpx.AsyncClient, city: str) -> None:
    names = ["Alpha", "Beta", "Delta", "Gamma", "Omega"]
    for name in reversed(names):
        await clerk.post("/v1/districts", json={"jurisdiction_id": city, "name": name})
    await clerk.post("/v1/jurisdictions", json={"id": f"{city}-two", "name": "Two", "time_zone": "UTC"})
    await clerk.post("/v1/districts", json={"jurisdiction_id": f"{city}-two", "name": "Elsewhere"})
    pages = await all_pages(clerk, "/v1/districts", limit=2, jurisdiction_id=city)
    assert [[item["name"] for item in page] for page in pages] == [names[:2], names[2:4], names[4:]]
    everywhere = [item["name"] for page in await all_pages(clerk, "/v1/districts", limit=3) for item in page]
    assert {*names, "Elsewhere"} <= set(everywhere)


async def test_who_changes_what_they_have_not_seen_is_told(clerk: httpx.AsyncClient, city: str) -> None:
    address = f"/v1/services/{(await make_service(clerk, city))['id']}"
    seen = (await clerk.get(address)).headers["etag"]
    first = await clerk.patch(address, json={"name": "First"}, headers={"If-Match": seen})
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    stale = await clerk.patch(address, json={"name": "Second"}, headers={"If-Match": seen})
    assert (stale.status_code, slug(stale)) == (412, "stale")
    replaced = await clerk.put(address, json={"jurisdiction_id": city, "name": "Third"}, headers={"If-Match": seen})
    assert replaced.status_code == 412
    assert (await clerk.get(address)).json()["name"] == "First"
    assert (await clerk.patch(address, json={"name": "Any"}, headers={"If-Match": "*"})).status_code == 200
    absent = await clerk.put(
        f"/v1/districts/{city}.none", json={"jurisdiction_id": city, "name": "N"}, headers={"If-Match": "*"}
    )
    assert absent.status_code == 412


async def test_of_two_who_change_the_same_version_one_wins(clerk: httpx.AsyncClient, city: str) -> None:
    address = f"/v1/services/{(await make_service(clerk, city))['id']}"
    answers = await asyncio.gather(
        *(clerk.patch(address, json={"name": f"N{n}"}, headers={"If-Match": '"1"'}) for n in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    (winner,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert (await clerk.get(address)).json() == winner


async def test_of_many_changes_at_once_none_is_lost(clerk: httpx.AsyncClient, city: str) -> None:
    address = f"/v1/services/{(await make_service(clerk, city))['id']}"
    await asyncio.gather(*(clerk.patch(address, json={"resolution_target": n}) for n in range(1, 21)))
    items = (await clerk.get(f"{address}/versions")).json()["items"]
    assert [item["version"] for item in items] == list(range(21, 0, -1))
    assert {item["entity"]["resolution_target"] for item in items} == {None, *range(1, 21)}


SERVICE = {"name": "Lamps"}
BAD_SERVICES: list[tuple[dict[str, Any], str, str]] = [
    ({"jurisdiction_id": "atlantis"}, "unknown-jurisdiction", "atlantis"),
    ({"organisation_id": "nobody"}, "unknown-organisation", "nobody"),
    ({"organisation_id": "OTHER.parks"}, "unknown-organisation", "in this jurisdiction"),
    ({"name": "La\0mps"}, "invalid-input", "name: Value error, holds a NUL character"),
    ({"name": " "}, "invalid-input", "name: "),
    ({"name": "L" * 201}, "invalid-input", "name: "),
    ({"name": 7}, "invalid-input", "name: "),
    ({"name": None}, "invalid-input", "name: "),
    ({"name": "北京"}, "no-id", "北京"),
    ({"id": "x" * 64}, "invalid-input", "id: "),
    ({"id": "Upper"}, "invalid-input", "id: "),
    ({"id": "a/b"}, "invalid-input", "id: "),
    ({"status": "closed"}, "invalid-input", "status: "),
    ({"resolution_target": 0}, "invalid-input", "resolution_target: "),
    ({"resolution_target": "3600"}, "invalid-input", "resolution_target: "),
    ({"resolution_target": 3600.5}, "invalid-input", "resolution_target: "),
    ({"resolution_target": True}, "invalid-input", "resolution_target: "),
    ({"resolution_target": 10**30}, "invalid-input", "resolution_target: "),
    ({"description": "d" * 4_001}, "invalid-input", "description: "),
    ({"colour": "red"}, "invalid-input", "colour: "),
    ({"version": 9}, "invalid-input", "version: "),
]


@pytest.mark.parametrize(("fields", "problem", "detail"), BAD_SERVICES, ids=str)
async def test_a_service_that_cannot_be_is_refused_with_its_reason(
    clerk: httpx.AsyncClient, city: str, fields: dict[str, Any], problem: str, detail: str
) -> None:
    await clerk.put("/v1/jurisdictions/other", json={"name": "Other", "time_zone": "UTC"})
    await clerk.put("/v1/organisations/other.parks", json={"jurisdiction_id": "other", "name": "Parks"})
    fields = {key: value.lower() if value == "OTHER.parks" else value for key, value in fields.items()}
    refused = await clerk.post("/v1/services", json=SERVICE | {"jurisdiction_id": city} | fields)
    assert (refused.status_code, slug(refused)) == (422, problem)
    assert refused.headers["content-type"] == "application/problem+json"
    assert detail in refused.json()["detail"]
    assert (await clerk.get("/v1/services", params={"jurisdiction_id": city})).json()["items"] == []


@pytest.mark.parametrize(
    ("kind", "fields", "at"),
    [
        ("jurisdictions", {"time_zone": "Europe/Atlantis"}, "time_zone"),
        ("jurisdictions", {"time_zone": "../../etc/passwd"}, "time_zone"),
        ("jurisdictions", {"time_zone": ""}, "time_zone"),
        ("jurisdictions", {"time_zone": "UTC", "population": -1}, "population"),
        ("districts", {"population": -1}, "population"),
        ("districts", {"population": "many"}, "population"),
        ("districts", {"population": 10**12}, "population"),
        ("organisations", {"helix": "mafia"}, "helix"),
        ("organisations", {"jurisdiction_id": None}, "jurisdiction_id"),
    ],
    ids=str,
)
async def test_the_other_kinds_say_what_is_wrong_with_them(
    clerk: httpx.AsyncClient, city: str, kind: str, fields: dict[str, Any], at: str
) -> None:
    home = {} if kind == "jurisdictions" else {"jurisdiction_id": city}
    refused = await clerk.post(f"/v1/{kind}", json={"id": f"{city}.x", "name": "X"} | home | fields)
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert [error["at"] for error in refused.json()["errors"]] == [at]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"name": "\\ud800", "time_zone": "UTC"}', 422),
        (b"[]", 422),
        (b"", 422),
        (b"[" * 100_000, 400),
    ],
    ids=["half", "not UTF-8", "half a surrogate pair", "a list", "nothing", "deep"],
)
async def test_bodies_that_are_no_entity_are_refused(clerk: httpx.AsyncClient, body: bytes, status: int) -> None:
    refused = await clerk.post("/v1/jurisdictions", content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"


async def test_an_id_is_given_once_whatever_it_names(clerk: httpx.AsyncClient, city: str) -> None:
    made = await make_service(clerk, city)
    again = await clerk.post("/v1/services", json={"jurisdiction_id": city, "name": "Broken lamps!"})
    assert (again.status_code, slug(again)) == (409, "id-taken")
    other = await clerk.put(f"/v1/districts/{made['id']}", json={"jurisdiction_id": city, "name": "Lamps"})
    assert (other.status_code, slug(other)) == (409, "id-taken")
    assert (await clerk.get(f"/v1/districts/{made['id']}")).status_code == 404


async def test_what_an_entity_is_of_and_its_id_stay(clerk: httpx.AsyncClient, city: str) -> None:
    await clerk.put("/v1/jurisdictions/other", json={"name": "Other", "time_zone": "UTC"})
    address = f"/v1/districts/{city}.hill"
    await clerk.put(address, json={"jurisdiction_id": city, "name": "Hill"})
    moved = await clerk.put(address, json={"jurisdiction_id": "other", "name": "Hill"})
    assert (moved.status_code, slug(moved)) == (422, "fixed-jurisdiction")
    for method in ("PUT", "PATCH"):
        said = {"id": "another", "jurisdiction_id": city, "name": "Hill"}
        assert slug(await clerk.request(method, address, json=said)) == "fixed-id"
    assert (await clerk.get(address)).json()["version"] == 1


async def test_a_refused_change_leaves_nothing_behind(clerk: httpx.AsyncClient, city: str, app: Any) -> None:
    address = f"/v1/services/{(await make_service(clerk, city))['id']}"
    refused = await clerk.patch(address, json={"organisation_id": "nobody", "name": "New"})
    assert slug(refused) == "unknown-organisation"
    invalid = await clerk.patch(address, json={"resolution_target": "soon"})
    assert [error["at"] for error in invalid.json()["errors"]] == ["resolution_target"]
    assert (await clerk.get(address)).json()["version"] == 1
    assert len((await clerk.get(f"{address}/versions")).json()["items"]) == 1
    async with connection(app.state.engine) as database:
        query = "SELECT count(*) FROM outbox WHERE aggregateid = $1"
        assert await database.fetchval(query, address.rsplit("/", 1)[1]) == 1


async def test_what_is_not_there_is_said_to_be_unknown(clerk: httpx.AsyncClient) -> None:
    for address in ("/v1/services/none", "/v1/services/none/versions"):
        answer = await clerk.get(address)
        assert (answer.status_code, slug(answer)) == (404, "unknown-service")
    assert (await clerk.patch("/v1/organisations/none", json={"name": "N"})).status_code == 404
    assert (await clerk.get("/v1/services/%00")).status_code == 422
    assert (await clerk.get("/v1/services", params={"jurisdiction_id": "none"})).json()["items"] == []


FORGED: list[Any] = ["\0", "\ud800", "UPPER", -1, 0, 10**12, 10**30, 1.5, True, None, []]


@pytest.mark.parametrize("value", FORGED, ids=repr)
async def test_a_cursor_of_ones_own_making_is_refused(clerk: httpx.AsyncClient, city: str, value: Any) -> None:
    params = {"cursor": encode_cursor(value)}
    for address in ("/v1/services", f"/v1/jurisdictions/{city}/versions"):
        answer = await clerk.get(address, params=params)
        assert (answer.status_code, slug(answer)) == (400, "bad-cursor")
    assert (await clerk.get("/v1/services", params={"cursor": "é"})).status_code == 400


async def all_pages(client: httpx.AsyncClient, address: str, **params: Any) -> list[list[dict[str, Any]]]:
    pages = []
    while True:
        page = (await client.get(address, params=params)).json()
        pages.append(page["items"])
        if page["next"] is None:
            return pages
        params["cursor"] = page["next"]


def slug(answer: httpx.Response) -> str:
    name: str = answer.json()["type"].removeprefix("urn:civicloop:problem:")
    return name
