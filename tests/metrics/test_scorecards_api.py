"""Scorecards of one's own: stored, read, activated, and what is scored by them."""

import asyncio
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import httpx
import msgspec
import pytest
import yaml

from services.metrics.scores.scorecard import DEFAULT
from shared.auth import ensure_key, new_key
from shared.contracts.metrics import ScoreChanged
from shared.database import connection, transaction
from tests.metrics.conftest import Metrics
from tests.metrics.town import jurisdiction, rating, service

TEXT = (files("services.metrics") / "scorecards" / "default.v2.yaml").read_text()
OWN = TEXT.replace("id: default\nversion: 2", "id: town\nversion: 1")
ACTIVE = "/v1/jurisdictions/town/scorecard"
YAML = {"Content-Type": "application/yaml"}


@pytest.fixture
async def staff(metrics: Metrics) -> dict[str, str]:
    key = new_key()
    async with transaction(metrics.database) as database:
        await ensure_key(database, key, "Planning", ["metrics:staff"])
    return {"Authorization": f"Bearer {key}"}


async def add(metrics: Metrics, headers: Mapping[str, str], text: str = OWN, **more: str) -> httpx.Response:
    return await metrics.http.post("/v1/scorecards", content=text, headers={**YAML, **headers, **more})


async def activate(metrics: Metrics, headers: Mapping[str, str], label: str, reason: str = "Council vote") -> Any:
    answer = await metrics.http.put(ACTIVE, json={"label": label, "reason": reason}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def edited(**changes: str) -> str:
    """The town's scorecard with other words."""
    text = OWN
    for was, becomes in changes.items():
        text = text.replace(f"{was}: ", f"{was}: {becomes} # ", 1)
    return text


async def test_a_scorecard_is_stored_and_read_back(metrics: Metrics, staff: dict[str, str]) -> None:
    answer = await add(metrics, staff)
    assert (answer.status_code, answer.headers["location"]) == (201, "/v1/scorecards/town.v1")
    told = answer.json()
    assert (told["label"], told["source"], told["added_by"]) == ("town.v1", "stored", "Planning")
    assert await metrics.get("/v1/scorecards/town.v1") == told
    as_yaml = await metrics.http.get("/v1/scorecards/town.v1", headers={"Accept": "application/yaml"})
    assert as_yaml.headers["content-type"].startswith("application/yaml")
    kept = {name: value for name, value in yaml.safe_load(OWN).items() if name != "id"}
    written = yaml.safe_load(as_yaml.text)
    assert {name: written[name] for name in kept} == kept
    again = await add(metrics, staff, as_yaml.text)
    assert (again.status_code, again.json()) == (200, told)


async def test_json_says_the_same_as_yaml(metrics: Metrics, staff: dict[str, str]) -> None:
    answer = await metrics.http.post("/v1/scorecards", json=yaml.safe_load(OWN), headers=staff)
    assert answer.status_code == 201, answer.text
    assert (await add(metrics, staff)).status_code == 200


async def test_what_is_stored_never_changes(metrics: Metrics, staff: dict[str, str]) -> None:
    first = (await add(metrics, staff)).json()
    other = await add(metrics, staff, edited(name="Another"))
    assert (other.status_code, other.json()["type"]) == (409, "urn:civicloop:problem:scorecard-stored")
    assert "version 2" in other.json()["detail"]
    assert await metrics.get("/v1/scorecards/town.v1") == first


async def test_without_a_version_it_becomes_the_next_one(metrics: Metrics, staff: dict[str, str]) -> None:
    without = OWN.replace("version: 1\n", "")
    assert (await add(metrics, staff, without)).json()["label"] == "town.v1"
    assert (await add(metrics, staff, without)).status_code == 200
    other = await add(metrics, staff, without.replace("name: Default scorecard", "name: Another"))
    assert other.json()["label"] == "town.v2"
    texts = [without.replace("name: Default scorecard", f"name: Number {n}") for n in range(4)]
    answers = await asyncio.gather(*(add(metrics, staff, text) for text in texts))
    assert sorted(answer.json()["label"] for answer in answers) == [f"town.v{n}" for n in range(3, 7)]


async def test_an_idempotency_key_has_one_effect_and_one_answer(metrics: Metrics, staff: dict[str, str]) -> None:
    without = OWN.replace("version: 1\n", "")
    key = {"Idempotency-Key": "one"}
    answers = await asyncio.gather(*(add(metrics, staff, without, **key) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    await add(metrics, staff, without.replace("name: Default scorecard", "name: Another"))
    assert (await add(metrics, staff, without, **key)).json()["label"] == "town.v1"
    reused = await add(metrics, staff, edited(name="Third"), **key)
    assert (reused.status_code, reused.json()["type"]) == (409, "urn:civicloop:problem:idempotency-key-reused")
    assert (await add(metrics, staff, **{"Idempotency-Key": "\x7f"})).status_code == 400


async def test_who_may_not_write(metrics: Metrics, staff: dict[str, str]) -> None:
    assert (await add(metrics, {})).status_code == 401
    assert (await metrics.http.put(ACTIVE, json={"label": "default.v1", "reason": "x"})).status_code == 401
    key = new_key()
    async with transaction(metrics.database) as database:
        await ensure_key(database, key, "Clerk", ["feedback:staff"])
    assert (await add(metrics, {"Authorization": f"Bearer {key}"})).status_code == 403


async def test_the_platforms_own_are_always_there_and_cannot_be_taken(metrics: Metrics, staff: dict[str, str]) -> None:
    assert (await metrics.get("/v1/scorecards/default.v1"))["source"] == "package"
    taken = await add(metrics, staff, TEXT.replace("version: 2", "version: 9"))
    assert taken.status_code == 422
    assert [each["at"] for each in taken.json()["errors"]] == ["id"]


async def test_the_list_pages(metrics: Metrics, staff: dict[str, str]) -> None:
    for number in (1, 2, 10):
        assert (await add(metrics, staff, OWN.replace("version: 1", f"version: {number}"))).status_code == 201
    every = [each["label"] for each in (await metrics.get("/v1/scorecards"))["items"]]
    assert every[0].startswith("default.")
    assert every[-3:] == ["town.v1", "town.v2", "town.v10"]
    for limit in (1, 2, 3, len(every) - 3, len(every)):
        found, cursor = [], None
        while cursor or not found:
            page = await metrics.get("/v1/scorecards", limit=limit, **({"cursor": cursor} if cursor else {}))
            assert 0 < len(page["items"]) <= limit
            found += [each["label"] for each in page["items"]]
            cursor = page["next"]
        assert found == every


async def test_the_active_scorecard_is_what_scores_are_computed_with(metrics: Metrics, staff: dict[str, str]) -> None:
    await metrics.receive(jurisdiction(), service(), rating(3))
    await metrics.score_all()
    harsh = OWN.replace("target: 4.5", "target: 5")
    assert (await add(metrics, staff, harsh)).status_code == 201
    before = await metrics.get("/v1/services/town.potholes/score")
    now = await activate(metrics, staff, "town.v1")
    assert (now["label"], now["reason"], now["activated_by"]) == ("town.v1", "Council vote", "Planning")
    for path, query in {
        "/v1/services/town.potholes/score": {},
        "/v1/services/town.potholes/explanation": {},
        "/v1/rankings": {"jurisdiction_id": "town"},
    }.items():
        assert (await metrics.get(path, **query))["scorecard"] == "town.v1"
        named = await metrics.get(path, **query, scorecard="default.v1")
        assert named["scorecard"] == "default.v1"
    history = await metrics.get("/v1/services/town.potholes/history")
    assert {each["scorecard"] for each in history["items"]} == {"town.v1"}
    after = await metrics.get("/v1/services/town.potholes/score")
    assert after["dimensions"]["effectiveness"]["score"] == 50.0
    assert before["dimensions"]["effectiveness"]["score"] > 50
    await metrics.score_all()
    async with connection(metrics.database) as database:
        rows = await database.fetch("SELECT payload FROM outbox ORDER BY seq")
    published = [msgspec.json.decode(row["payload"], type=ScoreChanged) for row in rows]
    assert [each.scorecard for each in published] == [DEFAULT, "town.v1"]
    assert msgspec.to_builtins(published[-1]) == after


async def test_each_jurisdiction_has_its_own(metrics: Metrics, staff: dict[str, str]) -> None:
    elsewhere = msgspec.structs.replace(jurisdiction(), id="village")
    there = msgspec.structs.replace(service(), id="village.potholes", jurisdiction_id="village")
    await metrics.receive(jurisdiction(), service(), elsewhere, there)
    await activate(metrics, staff, "default.v1")
    await metrics.score_all()
    async with connection(metrics.database) as database:
        rows = await database.fetch("SELECT service_id, scorecard FROM score ORDER BY 1")
    assert [tuple(row) for row in rows] == [("town.potholes", "default.v1"), ("village.potholes", DEFAULT)]
    assert (await metrics.get("/v1/services/village.potholes/score"))["scorecard"] == DEFAULT


async def test_the_history_says_which_was_active_when_and_why(metrics: Metrics, staff: dict[str, str]) -> None:
    await metrics.receive(jurisdiction(), service())
    assert await metrics.get(ACTIVE) == {
        "jurisdiction_id": "town", "label": DEFAULT, "reason": None, "activated_by": None, "since": None,
    }  # fmt: skip
    assert await metrics.get(f"{ACTIVE}/history") == {"items": [], "next": None}
    await add(metrics, staff)
    for label, reason in (("town.v1", "Vote"), ("town.v1", "Vote"), ("default.v1", "Court"), ("town.v1", "Appeal")):
        await activate(metrics, staff, label, reason)
    spans = (await metrics.get(f"{ACTIVE}/history"))["items"]
    assert [(each["label"], each["reason"]) for each in spans] == [
        ("town.v1", "Appeal"), ("default.v1", "Court"), ("town.v1", "Vote"),
    ]  # fmt: skip
    assert [each["until"] for each in spans] == [None, spans[0]["since"], spans[1]["since"]]
    first = await metrics.get(f"{ACTIVE}/history", limit=2)
    rest = await metrics.get(f"{ACTIVE}/history", limit=2, cursor=first["next"])
    assert [*first["items"], *rest["items"]] == spans
    assert rest["next"] is None


async def test_activating_at_once_leaves_one_and_every_one_in_the_history(
    metrics: Metrics, staff: dict[str, str]
) -> None:
    await metrics.receive(jurisdiction(), *[service(f"service-{n}") for n in range(20)])
    labels = [f"default.v{n % 2 + 1}" for n in range(8)]
    await asyncio.gather(*(activate(metrics, staff, label, f"{n}") for n, label in enumerate(labels)))
    spans = (await metrics.get(f"{ACTIVE}/history"))["items"]
    assert sorted(each["reason"] for each in spans) == sorted(map(str, range(8)))
    assert [each["until"] for each in spans[1:]] == [each["since"] for each in spans[:-1]]
    assert (await metrics.get(ACTIVE))["label"] == spans[0]["label"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"label": "moon.v1", "reason": "x"}, (422, "unknown-scorecard")),
        ({"label": "\0", "reason": "x"}, (422, "unknown-scorecard")),
        ({"label": "default.v1"}, (422, "invalid-input")),
        ({"label": "default.v1", "reason": " "}, (422, "invalid-input")),
        ({"label": "default.v1", "reason": "a\0"}, (422, "invalid-input")),
        ({"label": "default.v1", "reason": "x", "more": 1}, (422, "invalid-input")),
    ],
)
async def test_what_cannot_be_activated(
    metrics: Metrics, staff: dict[str, str], body: Any, expected: tuple[int, str]
) -> None:
    await metrics.receive(jurisdiction())
    answer = await metrics.http.put(ACTIVE, json=body, headers=staff)
    assert (answer.status_code, answer.json()["type"].rsplit(":", 1)[-1]) == expected
    elsewhere = await metrics.http.put(ACTIVE.replace("town", "moon"), json={"label": "default.v1", "reason": "x"},
                                       headers=staff)  # fmt: skip
    assert elsewhere.status_code == 404


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/v1/scorecards/moon.v1", {}, (404, "unknown-scorecard")),
        ("/v1/scorecards/%00", {}, (404, "unknown-scorecard")),
        ("/v1/scorecards/town.v99999999999999999999", {}, (404, "unknown-scorecard")),
        ("/v1/scorecards", {"cursor": "x"}, (400, "bad-cursor")),
        ("/v1/scorecards", {"cursor": "WyJcdTAwMDAiXQ"}, (400, "bad-cursor")),
        ("/v1/scorecards", {"limit": "0"}, (422, "invalid-input")),
        ("/v1/jurisdictions/moon/scorecard", {}, (404, "unknown-jurisdiction")),
        ("/v1/jurisdictions/moon/scorecard/history", {}, (404, "unknown-jurisdiction")),
        ("/v1/jurisdictions/town/scorecard/history", {"cursor": "WzFlOTld"}, (400, "bad-cursor")),
        ("/v1/services/town.potholes/score", {"scorecard": "\0"}, (404, "unknown-scorecard")),
        ("/v1/rankings", {"jurisdiction_id": "town", "scorecard": "moon.v1"}, (404, "unknown-scorecard")),
    ],
)
async def test_what_is_not_there(metrics: Metrics, path: str, query: dict[str, str], expected: tuple[int, str]) -> None:
    await metrics.receive(jurisdiction(), service())
    assert await metrics.problem(path, **query) == expected


async def test_the_address_that_checks_scorecards_is_none_itself(metrics: Metrics) -> None:
    for method in ("GET", "OPTIONS"):
        answer = await metrics.http.request(method, "/v1/scorecards/validate")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
