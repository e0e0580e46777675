"""Everything that a city can say of itself: made, read, changed, compared, restored, in its languages."""

import asyncio
from typing import Any

import httpx
import pytest

from services.catalog.kinds import BY_PLURAL
from tests.catalog.samples import whole_city


@pytest.fixture
async def porto(clerk: httpx.AsyncClient, city: str) -> str:
    """A city with something of every kind, made one by one."""
    name = f"{city}-p"
    for plural, entities in whole_city(name).items():
        for said in entities:
            answer = await clerk.post(f"/v1/{plural}", json=said)
            assert answer.status_code == 201, (plural, answer.text)
    return name


async def test_each_entity_is_read_as_it_was_said(clerk: httpx.AsyncClient, porto: str) -> None:
    for plural, entities in whole_city(porto).items():
        for said in entities:
            found = (await clerk.get(f"/v1/{plural}/{said['id']}")).json()
            assert {name: _as_said(found[name], said[name]) for name in said} == said
            whose = {} if plural == "regions" else {"jurisdiction_id": porto}
            listed = (await clerk.get(f"/v1/{plural}", params={"limit": 1_000, **whose})).json()["items"]
            assert found in listed


def _as_said(found: Any, said: Any) -> Any:
    """What was found, without what nobody said."""
    if isinstance(said, dict):
        return {name: _as_said(found[name], said[name]) for name in said}
    if isinstance(said, list) and said and isinstance(said[0], dict):
        return [_as_said(one, other) for one, other in zip(found, said, strict=True)]
    return found


async def test_a_whole_city_goes_out_and_comes_in_as_yaml_and_as_csv(clerk: httpx.AsyncClient, porto: str) -> None:
    out = await clerk.get("/v1/export/catalogue", params={"jurisdiction_id": porto})
    plan = (await clerk.post("/v1/import/catalogue", content=out.content)).json()
    assert (plan["create"], plan["change"], plan["refused"]) == ([], [], [])
    assert plan["unchanged"] == sum(map(len, whole_city(porto).values())) - 2  # regions are of no city
    for plural in BY_PLURAL:
        table = await clerk.get("/v1/export/csv", params={"kind": plural, "jurisdiction_id": porto})
        plan = (await clerk.post("/v1/import/csv", content=table.content, params={"kind": plural})).json()
        assert (plan["create"], plan["change"], plan["refused"]) == ([], [], []), plural


async def test_any_version_can_be_seen_compared_and_restored(clerk: httpx.AsyncClient, porto: str) -> None:
    address = f"/v1/services/{porto}.lamps"
    first = (await clerk.get(address)).json()
    await clerk.patch(address, json={"name": "Lanterns", "costs": [], "reason": "shorter"})
    await clerk.patch(address, json={"channels": [{"id": "web", "url": "https://example.com/"}], "status": "suspended",
                                     "reason": "winter"})  # fmt: skip
    assert (await clerk.get(f"{address}/versions/1")).json() == first
    last = (await clerk.get(f"{address}/versions/3/changes")).json()
    assert {each["field"]: (each["before"], each["after"]) for each in last} == {
        "status": ("active", "suspended"),
        "channels.web.url": ("https://example.org/", "https://example.com/"),
        "channels.web.opening_hours.en": ("always", None),
    }
    both = (await clerk.get(f"{address}/versions/3/changes", params={"since": 1})).json()
    assert {"name", "costs", "status", "channels.web.url"} <= {each["field"] for each in both}

    stale = await clerk.post(f"{address}/versions/1/restore", json={}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    restored = await clerk.post(
        f"{address}/versions/1/restore", json={"reason": "it was right"}, headers={"If-Match": '"3"'}
    )
    now = restored.json()
    assert (now["version"], now["name"], now["status"]) == (4, "Street lamps", "suspended")
    assert now == first | {"version": 4, "changed_at": now["changed_at"], "status": "suspended"}
    versions = (await clerk.get(f"{address}/versions")).json()["items"]
    assert versions[0]["reason"] == "it was right"
    for missing in ("versions/9", "versions/9/changes"):
        assert (await clerk.get(f"{address}/{missing}")).status_code == 404
    assert (await clerk.post(f"{address}/versions/9/restore", json={})).status_code == 404


async def test_texts_come_in_the_language_asked_for_or_the_closest_there_is(
    clerk: httpx.AsyncClient, porto: str
) -> None:
    address = f"/v1/services/{porto}.lamps"
    english = ("Street lamps", "en")
    for asked, expected in (("pt-BR", ("Nome", "pt")), ("ja", english), ("en-GB", english)):
        told = (await clerk.get(address, params={"lang": asked})).json()
        assert (told["name"], told["language"]) == expected
        assert told["outputs"][0]["title"] == {"en": "Light"}
    listed = (await clerk.get("/v1/services", params={"lang": "pt", "jurisdiction_id": porto})).json()["items"]
    assert "Nome" in {each["name"] for each in listed}
    assert (await clerk.get(address)).json()["name"] == "Street lamps"
    assert (await clerk.get(address, params={"lang": "klingonish"})).status_code == 422


async def test_a_city_whose_first_language_is_another_need_not_say_so_each_time(
    clerk: httpx.AsyncClient, city: str
) -> None:
    lisbon = {"id": f"{city}-l", "name": "Lisboa", "time_zone": "Europe/Lisbon", "languages": ["pt", "en"]}
    assert (await clerk.post("/v1/jurisdictions", json=lisbon)).json()["language"] == "pt"
    said = {"jurisdiction_id": f"{city}-l", "name": "Lâmpadas"}
    assert (await clerk.post("/v1/services", json=said)).json()["language"] == "pt"


async def test_two_who_edit_at_once_do_not_overwrite_each_other(clerk: httpx.AsyncClient, porto: str) -> None:
    address = f"/v1/partnerships/{porto}.led"
    seen = (await clerk.get(address)).headers["etag"]
    answers = await asyncio.gather(
        *(clerk.patch(address, json={"renewal": f"by {n}"}, headers={"If-Match": seen}) for n in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]


Refused = tuple[str, str, dict[str, Any], str]


def area(ring: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring]}


def bad_input(city: str) -> dict[str, Refused]:
    """How, where, what is said, and what the answer names."""
    here = {"jurisdiction_id": city}
    partners = [{"organisation_id": f"{city}.hall"}, {"organisation_id": f"{city}.uni"}]
    square = area([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]])
    bow_tie = area([[-8.7, 41.1], [-8.6, 41.2], [-8.6, 41.1], [-8.7, 41.2], [-8.7, 41.1]])
    report = {"name": "Again", "organisation_id": f"{city}.lights", "service_id": f"{city}.lamps"}
    findings = [{"principle": "open", "level": 5}, {"principle": "fair", "level": 1}]
    measured = {"source": "metrics", "code": "on-time"}
    objective = {"name": "More", "indicator": measured, "target": {"value": 1, "on": "2027-01-01"}}
    lamps, old, whole = f"services/{city}.lamps", f"districts/{city}.old", f"jurisdictions/{city}"
    undescribed = {"logo": "https://example.org/l.svg", "logo_text": None}
    return {
        "an organisation that is a part of itself": (
            "PATCH", f"organisations/{city}.hall", {"parent_id": f"{city}.lights"}, "cycle"),
        "a service that requires what requires it": (
            "PATCH", f"services/{city}.poles", {"requires_ids": [f"{city}.lamps"]}, "cycle"),
        "a term that is narrower than itself": (
            "PATCH", f"concepts/{city}.t.sensors", {"broader_id": f"{city}.t.lamps"}, "cycle"),
        "a region within itself": ("PATCH", f"regions/{city}.country", {"parent_id": f"{city}.region"}, "cycle"),
        "shares of more than all": (
            "POST", "partnerships",
            here | {"name": "P", "kind": "other", "partners": [p | {"risk_share": 60} for p in partners]}, "120 %"),
        "shares of less than all": (
            "POST", "partnerships",
            here | {"name": "P", "kind": "other", "partners": [p | {"cost_share": 40} for p in partners]}, "80 %"),
        "the same partner twice": (
            "POST", "partnerships", here | {"name": "P", "kind": "other", "partners": partners[:1] * 2}, "twice"),
        "overlapping terms": (
            "PATCH", f"partnerships/{city}.led",
            {"terms": [{"starts_on": "2025-01-01"}, {"starts_on": "2026-01-01"}]}, "overlap"),
        "a person twice in one office": (
            "PATCH", f"people/{city}.head",
            {"roles": [{"title": "Head", "organisation_id": f"{city}.uni", "starts_on": d} for d in ("2024-01-01",
             "2025-01-01")]}, "overlapping"),
        "days that are reported already": (
            "POST", "capacity-reports",
            here | report | {"period": {"starts_on": "2025-12-31", "ends_on": "2026-01-31"}}, "overlapping-period"),
        "a period that ends before it starts": (
            "POST", "capacity-reports",
            here | report | {"period": {"starts_on": "2026-12-31", "ends_on": "2026-01-31"}}, "before it starts"),
        "a polygon that crosses itself": ("PATCH", old, {"geometry": bow_tie}, "Self-intersection"),
        "a ring that is open": (
            "PATCH", old,
            {"geometry": area([[0, 0], [1, 0], [1, 1], [0, 1]])}, "end where it begins"),
        "a district outside its city": ("PATCH", old, {"geometry": square}, "outside-jurisdiction"),
        "a city that leaves its district": ("PATCH", whole, {"geometry": square}, "outside-jurisdiction"),
        "a point off the earth": (
            "PATCH", old,
            {"geometry": area([[0, 91], [1, 91], [1, 92], [0, 91]])}, "geometry"),
        "a language tag that is none": (
            "PATCH", lamps, {"translations": {"xx-yyyyyyyyyy": {"name": "x"}}}, "language tag"),
        "colours that nobody can read": (
            "PATCH", whole,
            {"brand": {"primary": {"text": "#777777", "background": "#888888"}}}, "contrast of 1.2"),
        "a logo that is not described": (
            "PATCH", whole, {"brand": undescribed}, "logo_text"),
        "a skill as a technology": ("PATCH", lamps, {"technology_ids": [f"{city}.skill"]}, "no-technology"),
        "an owner who is an organisation": ("PATCH", lamps, {"owner_id": f"{city}.hall"}, "unknown-person"),
        "a channel that is not there": (
            "PATCH", lamps, {"costs": [{"id": "fee", "channel_id": "fax"}]}, "fax"),
        "a target of nowhere": ("PATCH", lamps, {"targets": [{"resolution_target": 5}]}, "district"),
        "values of what is no list": (
            "PATCH", lamps,
            {"open311": {"attributes": [{"code": "A", "datatype": "string", "description": {"en": "?"},
                                         "values": [{"key": "1", "name": {"en": "x"}}]}]}}, "value lists"),
        "a level without evidence": (
            "PATCH", f"assessments/{city}.assessment", {"findings": findings}, "not-enough-evidence"),
        "a principle of another set": (
            "PATCH", f"assessments/{city}.assessment", {"findings": [{"principle": "secret", "level": 1}]},
            "unknown-principle"),
        "a promise kept too late": (
            "PATCH", f"commitments/{city}.promise", {"done_on": "2025-07-01"}, "by the day that was promised"),
        "an aim that lies behind": (
            "POST", "objectives", here | objective | {"baseline": {"value": 0, "on": "2028-01-01"}}, "not after"),
        "no number": (
            "POST", "objectives", here | objective | {"baseline": {"value": "NaN", "on": "2026-01-01"}}, "baseline"),
        "a number with an exponent": (
            "POST", "objectives", here | objective | {"baseline": {"value": "1e3", "on": "2026-01-01"}}, "baseline"),
        "a number for a day": (
            "POST", "objectives", here | objective | {"baseline": {"value": 1, "on": 0}}, "must be text such as"),
        "a budget in two currencies": (
            "PATCH", f"capacity-reports/{city}.lights-2025",
            {"budget_spent": {"amount": 1, "currency": "USD"}}, "currencies"),
        "an address that is none": (
            "PATCH", f"organisations/{city}.hall", {"homepage": "javascript:alert(1)"}, "homepage"),
        "a name of nothing": ("PATCH", lamps, {"name": " "}, "name"),
        "a field that nobody knows": ("PATCH", f"cases/{city}.case", {"mood": "good"}, "mood"),
        "a field to take away that nobody knows": ("PATCH", f"cases/{city}.case", {"mood": None}, "mood"),
        "a move to another city": ("PATCH", lamps, {"jurisdiction_id": city[:-2]}, "fixed-jurisdiction"),
    }  # fmt: skip


NAMES = sorted(bad_input("any"))


async def test_what_a_city_cannot_be_is_refused_with_the_reason(clerk: httpx.AsyncClient, porto: str) -> None:
    skill = {"id": f"{porto}.skill", "scheme": "skill", "name": "Welding", "jurisdiction_id": porto}
    assert (await clerk.post("/v1/concepts", json=skill)).status_code == 201
    before = (await clerk.get("/v1/export/catalogue", params={"jurisdiction_id": porto})).text
    for name, (method, address, said, reason) in bad_input(porto).items():
        answer = await clerk.request(method, f"/v1/{address}", json=said)
        assert answer.status_code == 422, (name, answer.text)
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert reason in problem["type"] + problem["detail"], (name, problem)
    assert (await clerk.get("/v1/export/catalogue", params={"jurisdiction_id": porto})).text == before


async def test_a_third_is_rounded_as_text_is_kept(clerk: httpx.AsyncClient, porto: str) -> None:
    address = f"/v1/partnerships/{porto}.led"
    partners = (await clerk.get(address)).json()["partners"][:2]
    shares = (100 / 3, "66.666667")
    said = [each | {"cost_share": share} for each, share in zip(partners, shares, strict=True)]
    answer = await clerk.patch(address, json={"partners": said})
    assert answer.status_code == 200, answer.text
    assert [each["cost_share"] for each in answer.json()["partners"]] == ["33.333333", "66.666667"]


async def test_maturity_follows_from_findings_and_not_from_claims(clerk: httpx.AsyncClient, porto: str) -> None:
    address = f"/v1/assessments/{porto}.assessment"
    shown = [{"text": "minutes", "url": "https://example.org/minutes"}]
    findings = [{"principle": p, "level": level, "evidence": shown} for p, level in (("open", 4), ("fair", 3))]
    claimed = await clerk.patch(address, json={"findings": findings, "maturity": 5})
    assert claimed.json()["maturity"] == 3  # the lowest, by the set's rule
    part = await clerk.patch(address, json={"findings": findings[:1]})
    assert part.json()["maturity"] is None
    median = await clerk.patch(f"/v1/principle-sets/{porto}.own-principles", json={"rule": "median"})
    assert median.status_code == 200
    again = await clerk.patch(address, json={"findings": findings})
    assert again.json()["maturity"] == 3


async def test_cycles_that_two_make_at_once_are_found(clerk: httpx.AsyncClient, porto: str) -> None:
    for name in ("a", "b"):
        said = {"id": f"{porto}.{name}", "jurisdiction_id": porto, "name": name}
        assert (await clerk.post("/v1/organisations", json=said)).status_code == 201
    answers = await asyncio.gather(
        clerk.patch(f"/v1/organisations/{porto}.a", json={"parent_id": f"{porto}.b"}),
        clerk.patch(f"/v1/organisations/{porto}.b", json={"parent_id": f"{porto}.a"}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_days_that_two_report_at_once_are_reported_once(clerk: httpx.AsyncClient, porto: str) -> None:
    said = {"jurisdiction_id": porto, "name": "Uni", "organisation_id": f"{porto}.uni"}
    period = {"starts_on": "2025-01-01", "ends_on": "2025-03-31"}
    answers = await asyncio.gather(
        *(clerk.post("/v1/capacity-reports", json=said | {"id": f"{porto}.r{n}", "period": period}) for n in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]


async def test_people_get_ids_that_do_not_tell_their_names(clerk: httpx.AsyncClient, porto: str) -> None:
    made = (await clerk.post("/v1/people", json={"jurisdiction_id": porto, "name": "Ada Lovelace"})).json()
    assert "ada" not in made["id"]
    assert made["id"].startswith(f"{porto}.person-")
