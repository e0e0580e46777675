"""A city sets itself up from one reviewed file, and takes its catalogue out again."""

import csv
import gzip
import io
from typing import Any

import httpx
import pytest
import yaml

CATALOGUE = "/v1/import/catalogue"


def town(city: str) -> dict[str, Any]:
    """A small town's whole catalogue, with entities that name each other in both directions of the file."""
    return {
        "jurisdiction_id": city,
        "language": "pt",
        "reason": "council decision 7/2026",
        "jurisdictions": [
            {"id": city, "name": "Vila", "time_zone": "Europe/Lisbon", "languages": ["pt", "en"],
             "populations": {2011: 900, 2021: 1000}}
        ],
        "districts": [{"id": f"{city}.old", "name": "Centro"}],
        "organisations": [
            {"id": f"{city}.lights", "name": "Luzes", "helix": "government", "parent_id": f"{city}.hall"},
            {"id": f"{city}.hall", "name": "Câmara", "helix": "government"},
        ],
        "people": [{"id": f"{city}.mayor", "name": "Presidente", "roles": [
            {"title": "Presidente", "organisation_id": f"{city}.hall", "starts_on": "2025-01-01"}]}],
        "services": [
            {"id": f"{city}.lamps", "name": "Candeeiros", "status": "active", "organisation_id": f"{city}.lights",
             "owner_id": f"{city}.mayor", "resolution_target": 600,
             "targets": [{"district_id": f"{city}.old", "resolution_target": 300}],
             "translations": {"en": {"name": "Street lamps"}},
             "channels": [{"id": "web", "url": "https://example.org/", "description": {"pt": "Sítio"}}]},
        ],
        "partnerships": [
            {"id": f"{city}.led", "name": "LED", "kind": "consortium", "service_ids": [f"{city}.lamps"],
             "partners": [{"organisation_id": f"{city}.hall", "cost_share": 33.3},
                          {"organisation_id": f"{city}.lights", "cost_share": 66.7}]}
        ],
    }  # fmt: skip


async def send(clerk: httpx.AsyncClient, document: Any, **query: Any) -> httpx.Response:
    text = document if isinstance(document, str | bytes) else yaml.safe_dump(document, allow_unicode=True)
    return await clerk.post(CATALOGUE, content=text, params=query, headers={"Content-Type": "application/yaml"})


async def test_a_city_is_set_up_from_one_file_after_a_look_at_the_plan(clerk: httpx.AsyncClient, city: str) -> None:
    new = f"{city}-new"
    plan = (await send(clerk, town(new), dry_run=True)).json()
    assert (len(plan["create"]), plan["change"], plan["applied"]) == (7, [], False)
    assert (await clerk.get(f"/v1/jurisdictions/{new}")).status_code == 404

    done = (await send(clerk, town(new), expect=plan["plan"])).json()
    assert (done["applied"], done["create"], done["refused"]) == (True, plan["create"], [])
    lamps = (await clerk.get(f"/v1/services/{new}.lamps")).json()
    assert (lamps["name"], lamps["language"], lamps["owner_id"]) == ("Candeeiros", "pt", f"{new}.mayor")
    versions = (await clerk.get(f"/v1/services/{new}.lamps/versions")).json()["items"]
    assert versions[0]["reason"] == "council decision 7/2026"
    assert (await clerk.get(f"/v1/jurisdictions/{new}")).json()["population"] == 1000

    again = (await send(clerk, town(new))).json()
    assert (again["create"], again["change"], again["unchanged"]) == ([], [], 7)


async def test_the_plan_tells_field_by_field_what_a_changed_file_changes(clerk: httpx.AsyncClient, city: str) -> None:
    new = f"{city}-new"
    await send(clerk, town(new))
    changed = town(new)
    changed["services"][0] |= {"resolution_target": 900, "channels": [{"id": "web", "url": "https://example.com/"}]}
    plan = (await send(clerk, changed, dry_run=True)).json()
    (service,) = plan["change"]
    assert service["id"] == f"{new}.lamps"
    assert {each["field"]: (each["before"], each["after"]) for each in service["changes"]} == {
        "resolution_target": (600, 900),
        "channels.web.url": ("https://example.org/", "https://example.com/"),
        "channels.web.description.pt": ("Sítio", None),
    }
    await clerk.patch(f"/v1/services/{new}.lamps", json={"resolution_target": 700})
    stale = await send(clerk, changed, expect=plan["plan"])
    assert (stale.status_code, stale.json()["type"].rsplit(":", 1)[1]) == (409, "plan-changed")


async def test_what_is_taken_out_can_be_taken_in_and_changes_nothing(clerk: httpx.AsyncClient, city: str) -> None:
    new = f"{city}-new"
    await send(clerk, town(new))
    out = await clerk.get("/v1/export/catalogue", params={"jurisdiction_id": new})
    assert out.headers["content-type"].startswith("application/yaml")
    again = (await send(clerk, out.text)).json()
    assert (again["create"], again["change"], again["unchanged"], again["refused"]) == ([], [], 7, [])


async def test_all_of_a_file_is_taken_or_nothing_unless_told_otherwise(clerk: httpx.AsyncClient, city: str) -> None:
    new = f"{city}-new"
    bad = town(new)
    bad["services"] += [
        {"id": f"{new}.bad", "name": "Bad", "status": "asleep"},
        {"id": f"{new}.lost", "name": "Lost", "organisation_id": f"{new}.nobody"},
        {"id": f"{new}.leans", "name": "Leans", "requires_ids": [f"{new}.lost"]},
        {"id": f"{new}.lamps", "name": "Twice"},
        "not a mapping",
    ]
    refused = await send(clerk, bad)
    assert refused.status_code == 422
    told = {row["where"]: row["message"] for row in refused.json()["refused"]}
    assert told.keys() == {f"services[{n}]" for n in range(2, 7)}
    assert "status" in told["services[2]"]
    assert f"{new}.nobody" in told["services[3]"]
    assert f"{new}.lost" in told["services[4]"]
    assert "services[1]" in told["services[5]"]
    assert (await clerk.get(f"/v1/jurisdictions/{new}")).status_code == 404

    some = (await send(clerk, bad, partial=True)).json()
    assert (len(some["create"]), len(some["refused"])) == (7, 5)
    assert (await clerk.get(f"/v1/services/{new}.lamps")).status_code == 200
    assert (await clerk.get(f"/v1/services/{new}.leans")).status_code == 404


HOSTILE = {
    "constructs an object": ("services: !!python/object/apply:os.system ['true']", "could not determine a constructor"),
    "aliases of aliases": (
        "services: &a0 [x, x]\n" + "".join(f"s{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
        "more than",
    ),
    "an alias of itself": ("services: &a [*a]", "within what it stands for"),
    "no YAML": ("services: [", "expected"),
    "no mapping": ("- a\n- b", "mapping"),
    "an unknown kind": ("wonders: []", "wonders"),
    "not UTF-8": (b"services: [\xff\xfe\xfa]", "YAML"),
    "deep": ("[" * 20_000, "depth"),
    "a list that is none": ("services: 7", "no list"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_files_that_are_none_are_refused_with_a_reason(clerk: httpx.AsyncClient, name: str) -> None:
    text, reason = HOSTILE[name]
    answer = await send(clerk, text)
    assert (answer.status_code, answer.json()["type"].rsplit(":", 1)[1]) == (422, "unreadable"), answer.text
    assert reason in answer.json()["detail"]


async def test_what_several_have_in_common_can_be_said_once(clerk: httpx.AsyncClient, city: str) -> None:
    text = f"""
    jurisdiction_id: {city}
    services:
      - {{id: {city}.a, name: A, channels: &all [{{id: web, url: "https://example.org/"}}]}}
      - {{id: {city}.b, name: B, channels: *all}}
    """
    assert len((await send(clerk, text)).json()["create"]) == 2
    assert (await clerk.get(f"/v1/services/{city}.b")).json()["channels"][0]["id"] == "web"


async def test_a_file_beyond_all_bounds_is_refused_packed_or_not(clerk: httpx.AsyncClient) -> None:
    bomb = gzip.compress(b" " * 40_000_000)
    packed = await clerk.post(CATALOGUE, content=bomb, headers={"Content-Encoding": "gzip"})
    assert packed.status_code == 413
    cut = await clerk.post(CATALOGUE, content=bomb[:-9], headers={"Content-Encoding": "gzip"})
    assert cut.status_code in (413, 422)
    other = await clerk.post(CATALOGUE, content=b"x", headers={"Content-Encoding": "br"})
    assert other.status_code == 415


async def test_only_who_may_write_may_import(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.post(CATALOGUE, content=b"services: []")).status_code == 401


async def test_a_table_changes_only_the_columns_that_it_has(clerk: httpx.AsyncClient, city: str) -> None:
    new = f"{city}-new"
    await send(clerk, town(new))
    table = f"id,name,keywords,resolution_target\n{new}.lamps,Lamps,night;light,900\n,Benches,,\n{new}.x,,,\nshort\n"
    query = {"kind": "services", "jurisdiction_id": new, "partial": True}
    report = (await clerk.post("/v1/import/csv", content=table, params=query)).json()
    assert [made["id"] for made in report["create"]] == [f"{new}.benches"]
    assert [change["id"] for change in report["change"]] == [f"{new}.lamps"]
    assert {row["where"] for row in report["refused"]} == {"line 4", "line 5"}
    lamps = (await clerk.get(f"/v1/services/{new}.lamps")).json()
    assert (lamps["name"], lamps["keywords"], lamps["resolution_target"]) == ("Lamps", ["night", "light"], 900)
    assert (lamps["status"], lamps["channels"][0]["id"]) == ("active", "web")

    out = await clerk.get("/v1/export/csv", params={"kind": "services", "jurisdiction_id": new})
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(out.text))}
    assert rows[f"{new}.lamps"]["resolution_target"] == "900"
    back = (await clerk.post("/v1/import/csv", content=out.text, params=query)).json()
    assert (back["create"], back["change"], back["refused"], back["unchanged"]) == ([], [], [], 2)
