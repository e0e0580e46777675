"""Whatever is sent, the answer is an entity or a clear refusal: no fault, and nothing half written."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.catalog.kinds import BY_PLURAL
from tests.catalog.samples import whole_city

WRONG: list[Any] = [
    None, True, 0, -1, 2**70, 1.5, float("inf"), "", " ", "x", "x\0y", "\ud800", "9" * 5_000, "2026-13-45", [], [[[]]],
    [None], {}, {"": 1}, {"x": {"y": []}}, {"\0": "\ud800"}, {"id": "\0"}, [{"id": "a", "title": {"xx-": "y"}}],
]  # fmt: skip
"""Values that a field cannot have, or hardly any can."""


@pytest.fixture
async def porto(clerk: httpx.AsyncClient, city: str) -> str:
    plan = await clerk.post("/v1/import/catalogue", content=json.dumps(whole_city(f"{city}-h")))
    assert plan.status_code == 200, plan.text
    return f"{city}-h"


@pytest.mark.parametrize("plural", BY_PLURAL)
async def test_no_value_of_any_field_is_a_fault(clerk: httpx.AsyncClient, porto: str, plural: str) -> None:
    said = whole_city(porto)[plural][-1]
    address = f"/v1/{plural}/{said['id']}"
    for name in (*BY_PLURAL[plural].input.model_fields, "nonsense"):
        for value in WRONG:
            body = json.dumps(said | {name: value})
            answer = await clerk.put(address, content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code in (200, 400, 422), (name, value, answer.text)
            if answer.status_code != 200:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["detail"]
    assert (await clerk.put(address, json=said)).status_code == 200


@pytest.mark.parametrize("plural", BY_PLURAL)
async def test_no_value_in_a_file_is_a_fault(clerk: httpx.AsyncClient, porto: str, plural: str) -> None:
    said = whole_city(porto)[plural][-1]
    for name in (*said, "reason"):
        entities = [said | {name: value} for value in WRONG]
        plan = await clerk.post(
            "/v1/import/catalogue", params={"partial": True}, content=json.dumps({plural: entities}, allow_nan=True)
        )
        assert plan.status_code in (200, 422), (name, plan.text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


DOCUMENTS = st.dictionaries(st.sampled_from([*BY_PLURAL, "jurisdiction_id", "language", "keeps"]), VALUES, max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(document=DOCUMENTS)
async def test_no_file_is_a_fault(clerk: httpx.AsyncClient, document: dict[str, Any]) -> None:
    answer = await clerk.post("/v1/import/catalogue", params={"dry_run": True}, content=json.dumps(document))
    assert answer.status_code in (200, 422), answer.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(data=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@pytest.mark.parametrize(
    ("address", "type"),
    [
        ("/v1/import/catalogue", "application/yaml"),
        ("/v1/import/csv?kind=services", "text/csv"),
        ("/v1/import/geojson", "application/json"),
        ("/v1/import/cpsv-ap?jurisdiction_id={city}", "text/turtle"),
        ("/v1/import/cpsv-ap?jurisdiction_id={city}", "application/ld+json"),
    ],
)
async def test_no_bytes_are_a_fault(clerk: httpx.AsyncClient, city: str, address: str, type: str, data: bytes) -> None:
    answer = await clerk.post(address.format(city=city), content=data, headers={"Content-Type": type})
    assert answer.status_code in (200, 422), answer.text


async def test_an_entity_that_no_event_can_carry_is_refused(clerk: httpx.AsyncClient, city: str) -> None:
    parts = [{"id": f"o{n}", "title": {"en": "x" * 4_000}, "description": {"en": "y" * 4_000}} for n in range(150)]
    said = {"services": [{"id": f"{city}.big", "jurisdiction_id": city, "name": "Big", "outputs": parts}]}
    answer = await clerk.post("/v1/import/catalogue", content=json.dumps(said))
    assert (answer.status_code, answer.json()["type"].rsplit(":", 1)[1]) == (422, "entity-too-large")


async def test_five_thousand_services_come_in_one_file(clerk: httpx.AsyncClient, city: str) -> None:
    services = [{"id": f"{city}.s-{n}", "jurisdiction_id": city, "name": f"Service {n}"} for n in range(5_000)]
    for n, service in enumerate(services[1:]):
        service["requires_ids"] = [f"{city}.s-{n}"]
    plan = (await clerk.post("/v1/import/catalogue", content=json.dumps({"services": services}))).json()
    assert len(plan["create"]) == 5_000
    services[0]["requires_ids"] = [f"{city}.s-4999"]
    circle = await clerk.post("/v1/import/catalogue", content=json.dumps({"services": services}))
    assert "cycle" in circle.text or "circle" in circle.text or "requires_ids" in circle.text
    assert circle.status_code == 422


async def test_a_whole_number_may_be_written_with_a_point(clerk: httpx.AsyncClient, city: str) -> None:
    given = {"name": "Porto", "time_zone": "Europe/Lisbon", "populations": {"2021": 231_800.0}}
    answer = await clerk.put(f"/v1/jurisdictions/{city}", json=given)
    assert (answer.status_code, answer.json()["populations"]) == (200, {"2021": 231_800}), answer.text
    refused = await clerk.put(f"/v1/jurisdictions/{city}", json=given | {"populations": {"2021": 231_800.5}})
    assert refused.status_code == 422
