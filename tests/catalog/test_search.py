"""Whoever looks for a service finds it: in their language, with their spelling, and can narrow what they find."""

from typing import Any

import httpx
import pytest

SERVICES: dict[str, dict[str, Any]] = {
    "potholes": {
        "name": "Potholes", "description": "Holes in the road are filled.", "keywords": ["asphalt"],
        "focal_area": "mobility", "status": "active",
        "translations": {"fr": {"name": "Nids-de-poule", "description": "Réparation des chaussées"}},
    },
    "lamps": {
        "name": "Street lighting", "description": "Broken lamps in the road are mended.", "focal_area": "energy",
        "status": "active", "translations": {"pt": {"name": "Iluminação pública"}},
    },
    "births": {
        "name": "Certificates", "description": "Papers.", "status": "pilot", "focal_area": "people",
        "occasions": [{"id": "birth", "title": {"en": "Having a child", "de": "Geburt eines Kindes"}}],
    },
    "water": {"name": "水道修理", "language": "ja", "description": "道路の水漏れ", "status": "draft"},
}  # fmt: skip


@pytest.fixture
async def town(clerk: httpx.AsyncClient, city: str) -> str:
    for name, said in SERVICES.items():
        answer = await clerk.post("/v1/services", json=said | {"id": f"{city}.{name}", "jurisdiction_id": city})
        assert answer.status_code == 201, answer.text
    return city


async def found(clerk: httpx.AsyncClient, city: str, q: str, **query: Any) -> list[str]:
    answer = await clerk.get("/v1/services", params={"q": q, "jurisdiction_id": city, **query})
    assert answer.status_code == 200, answer.text
    return [item["id"].removeprefix(f"{city}.") for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("pothole", ["potholes"]),
        ("POTHOLES", ["potholes"]),
        ("road", ["potholes", "lamps"]),
        ("broken road", ["lamps"]),
        ("asphalt", ["potholes"]),
        ("light", ["lamps"]),
        ("child", ["births"]),
        ("Kinder Geburt", ["births"]),
        ("chaussee", ["potholes"]),
        ("réparations", ["potholes"]),
        ("iluminacao", ["lamps"]),
        ("水道修理", ["water"]),
        ("zzzzzz", []),
        ("road zzzzzz", []),
    ],
)
async def test_words_are_found_in_the_language_of_their_text(
    clerk: httpx.AsyncClient, town: str, words: str, expected: list[str]
) -> None:
    assert sorted(await found(clerk, town, words)) == sorted(expected)


@pytest.mark.parametrize(
    ("written", "meant", "expected"),
    [
        ("potholse", "potholes", "potholes"),
        ("lihgting", "lighting", "lamps"),
        ("certifcates", "certificates", "births"),
    ],
)
async def test_misspelt_words_are_taken_for_known_ones_and_the_answer_says_so(
    clerk: httpx.AsyncClient, town: str, written: str, meant: str, expected: str
) -> None:
    answer = (await clerk.get("/v1/services", params={"q": written, "jurisdiction_id": town})).json()
    assert expected in [item["id"].removeprefix(f"{town}.") for item in answer["items"]]
    assert meant in answer["spelling"][written]


async def test_a_name_weighs_more_than_a_description(clerk: httpx.AsyncClient, town: str) -> None:
    for name, said in (("one", {"name": "Bench"}), ("two", {"name": "Park", "description": "A bench in the park"})):
        await clerk.post("/v1/services", json=said | {"id": f"{town}.{name}", "jurisdiction_id": town})
    assert await found(clerk, town, "bench") == ["one", "two"]


async def test_what_has_changed_is_found_by_its_new_words_alone(clerk: httpx.AsyncClient, town: str) -> None:
    await clerk.patch(f"/v1/services/{town}.potholes", json={"name": "Craters", "translations": {"fr": None}})
    assert await found(clerk, town, "crater") == ["potholes"]
    assert await found(clerk, town, "pothole") == []
    assert await found(clerk, town, "chaussee") == []


async def test_lists_narrow_by_what_they_count(clerk: httpx.AsyncClient, town: str) -> None:
    here = {"jurisdiction_id": town}
    counted = (await clerk.get("/v1/services", params=here | {"facets": True})).json()["facets"]
    assert counted["status"] == {"active": 2, "draft": 1, "pilot": 1}
    assert counted["focal_area"] == {"energy": 1, "mobility": 1, "people": 1}
    either = (await clerk.get("/v1/services", params=here | {"status": ["draft", "pilot"]})).json()["items"]
    assert len(either) == 2
    both = (await clerk.get("/v1/services", params=here | {"status": "active", "focal_area": "energy"})).json()["items"]
    assert [item["id"] for item in both] == [f"{town}.lamps"]
    of_search = (await clerk.get("/v1/services", params=here | {"q": "road", "facets": True})).json()["facets"]
    assert of_search["focal_area"] == {"energy": 1, "mobility": 1}
    unknown = await clerk.get("/v1/services", params={"colour": "red"})
    assert unknown.status_code == 422
    assert "colour" in unknown.json()["detail"]


async def test_pages_of_a_search_follow_each_other_without_gap_or_repetition(
    clerk: httpx.AsyncClient, town: str
) -> None:
    for n in range(7):
        said = {"id": f"{town}.tree-{n}", "jurisdiction_id": town, "name": "Tree", "description": "tree " * n}
        await clerk.post("/v1/services", json=said)
    seen: list[str] = []
    query: dict[str, Any] = {"q": "trees", "jurisdiction_id": town, "limit": 3}
    while True:
        page = (await clerk.get("/v1/services", params=query)).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert sorted(seen) == [f"{town}.tree-{n}" for n in range(7)]
    whole = await clerk.get("/v1/services", params={"q": "trees", "jurisdiction_id": town})
    assert [item["id"] for item in whole.json()["items"]] == seen
    foreign = await clerk.get("/v1/services", params={"q": "trees", "cursor": (await _cursor_of_a_list(clerk, town))})
    assert foreign.status_code == 400


async def _cursor_of_a_list(clerk: httpx.AsyncClient, city: str) -> str:
    page = (await clerk.get("/v1/services", params={"jurisdiction_id": city, "limit": 1})).json()
    cursor: str = page["next"]
    return cursor


async def test_one_search_goes_over_all_kinds(clerk: httpx.AsyncClient, town: str) -> None:
    await clerk.post("/v1/organisations", json={"jurisdiction_id": town, "name": "Lighting Ltd", "helix": "industry"})
    answer = (await clerk.get("/v1/search", params={"q": "lighting", "jurisdiction_id": town, "facets": True})).json()
    assert {(item["kind"], item["entity"]["id"].removeprefix(f"{town}.")) for item in answer["items"]} == {
        ("service", "lamps"),
        ("organisation", "lighting-ltd"),
    }
    assert answer["facets"]["kind"] == {"organisation": 1, "service": 1}
    only = (await clerk.get("/v1/search", params={"q": "lighting", "jurisdiction_id": town, "kind": "service"})).json()
    assert [item["kind"] for item in only["items"]] == ["service"]


STRANGE = ["'; DROP TABLE entity; --", "a' | 'b", "\\", "&&& | ! <->", "%", "a" * 400, "ﷺ ‮x", "😀 lamp", "( road"]


@pytest.mark.parametrize("words", STRANGE)
async def test_strange_words_are_words_or_a_clear_error(clerk: httpx.AsyncClient, town: str, words: str) -> None:
    answer = await clerk.get("/v1/services", params={"q": words, "jurisdiction_id": town})
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 422:
        assert answer.json()["type"].endswith(":no-words")
    assert (await clerk.get("/v1/services", params={"q": "a\0b"})).status_code == 422
    assert len((await clerk.get("/v1/services", params={"jurisdiction_id": town})).json()["items"]) == 4
