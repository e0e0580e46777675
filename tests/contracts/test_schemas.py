"""Within a major version a schema may gain optional members and nothing else; it is served, and stays as it is."""

import copy
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.catalog.app import create_app as catalog_app
from services.catalog.settings import CatalogSettings
from services.feedback.app import create_app as feedback_app
from services.feedback.settings import FeedbackSettings
from services.metrics.app import create_app as metrics_app
from services.metrics.settings import MetricsSettings
from shared.contracts import schemas
from shared.contracts.registry import TYPES
from shared.contracts.schemas import Schema, incompatibilities

GIVEN, CLOSED, SCORE, SERVICE = (
    "feedback.rating.given.v1",
    "feedback.request.closed.v1",
    "metrics.score.changed.v1",
    "catalog.service.changed.v1",
)


def schema(name: str) -> Schema:
    found: Schema = json.loads(schemas.committed()[name].text)
    return found


def add(schema: Schema, name: str, member: Any, *, required: bool = False) -> None:
    schema["properties"][name] = member
    if required:
        schema["required"].append(name)


Change = Callable[[Schema], Any]

COMPATIBLE: dict[str, tuple[str, Change]] = {
    "nothing": (GIVEN, lambda s: None),
    "an optional member": (GIVEN, lambda s: add(s, "language", {"anyOf": [{"type": "string"}, {"type": "null"}]})),
    "an optional member further in": (
        GIVEN,
        lambda s: add(s["$defs"]["ReplacedRating"], "channel", {"type": "string"}),
    ),
    "an optional member of a new kind": (
        GIVEN,
        lambda s: (add(s, "place", {"$ref": "#/$defs/Place"}), s["$defs"].update(Place={"type": "object"})),
    ),
    "a better explanation": (CLOSED, lambda s: s.update(title="Closed", description="It ended.")),
    "a better explanation further in": (CLOSED, lambda s: s["$defs"]["Resolution"].update(description="How it ended.")),
}

BREAKING: dict[str, tuple[str, Change, str]] = {
    "a member is gone": (GIVEN, lambda s: s["properties"].pop("channel"), r"\.channel is gone"),
    "a required member is gone": (
        GIVEN,
        lambda s: (s["properties"].pop("value"), s["required"].remove("value")),
        r"\.value is gone",
    ),
    "a new member is required": (
        GIVEN,
        lambda s: add(s, "language", {"type": "string"}, required=True),
        r"\.language became required",
    ),
    "an optional member became required": (GIVEN, lambda s: s["required"].append("channel"), "channel became required"),
    "a required member became optional": (GIVEN, lambda s: s["required"].remove("value"), "value became optional"),
    "a type changed": (GIVEN, lambda s: s["properties"]["value"].update(type="string"), r"\.value: type"),
    "a bound changed": (GIVEN, lambda s: s["properties"]["value"].update(maximum=10), r"\.value: maximum"),
    "a bound was added": (CLOSED, lambda s: s["properties"]["request_id"].update(maxLength=9), "request_id: maxLength"),
    "a pattern changed": (SERVICE, lambda s: s["properties"]["id"].update(pattern="^x$"), r"\.id: pattern"),
    "a format changed": (CLOSED, lambda s: s["properties"]["closed_at"].update(format="date"), r"closed_at: format"),
    "a default changed": (
        SERVICE,
        lambda s: s["properties"]["description"].update(default="?"),
        "description: default",
    ),
    "an optional member may no more be null": (
        CLOSED,
        lambda s: s["properties"]["due_at"].update(anyOf=[{"type": "string", "format": "date-time"}]),
        "due_at: anyOf",
    ),
    "something inside anyOf changed": (
        SERVICE,
        lambda s: s["properties"]["resolution_target"]["anyOf"][0].update(type="string"),
        "resolution_target: anyOf",
    ),
    "an enum gained a value": (CLOSED, lambda s: s["$defs"]["Resolution"]["enum"].append("lost"), "Resolution: enum"),
    "an enum lost a value": (CLOSED, lambda s: s["$defs"]["Resolution"]["enum"].pop(), "Resolution: enum"),
    "a member further in is gone": (
        GIVEN,
        lambda s: s["$defs"]["ReplacedRating"]["properties"].pop("district_id"),
        r"ReplacedRating\.district_id is gone",
    ),
    "a new member further in is required": (
        GIVEN,
        lambda s: add(s["$defs"]["ReplacedRating"], "channel", {"type": "string"}, required=True),
        r"ReplacedRating\.channel became required",
    ),
    "a type further in changed": (
        SCORE,
        lambda s: s["$defs"]["DimensionScore"]["properties"]["coverage"].update(type="string"),
        r"DimensionScore\.coverage: type",
    ),
    "a map holds something else": (
        SCORE,
        lambda s: s["properties"]["dimensions"].update(additionalProperties={"type": "number"}),
        "dimensions: additionalProperties",
    ),
    "a reference leads elsewhere": (
        SCORE,
        lambda s: s["properties"]["public_value"].update({"$ref": "#/$defs/DimensionScore"}),
        r"public_value: \$ref",
    ),
    "members that are not known are refused": (GIVEN, lambda s: s.update(additionalProperties=False), "additional"),
}


def changed(name: str, change: Change) -> list[str]:
    new = schema(name)
    change(new)
    return list(incompatibilities(schema(name), new))


@pytest.mark.parametrize("case", COMPATIBLE)
def test_additions_that_nobody_has_to_know_of_are_accepted(case: str) -> None:
    assert changed(*COMPATIBLE[case]) == []


@pytest.mark.parametrize("case", BREAKING)
def test_what_an_old_reader_or_writer_could_not_live_with_is_refused(case: str) -> None:
    name, change, reason = BREAKING[case]
    assert re.search(reason, "; ".join(changed(name, change)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the committed schemas, which the commands work on."""
    for path in schemas.FOLDER.glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text())
    monkeypatch.setattr(schemas, "FOLDER", tmp_path)
    schemas.committed.cache_clear()
    yield tmp_path
    schemas.committed.cache_clear()


def edit(folder: Path, name: str, change: Change) -> Schema:
    """Changes a committed schema, as if the struct had changed since the other way round."""
    path = folder / f"{name}.json"
    edited = json.loads(path.read_text())
    change(edited)
    path.write_text(json.dumps(edited))
    schemas.committed.cache_clear()
    return copy.deepcopy(edited)


def test_check_finds_a_schema_that_is_not_its_structs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(folder, GIVEN, lambda s: s["properties"].pop("channel"))
    assert schemas.main(["check"]) == 1
    assert GIVEN in capsys.readouterr().out


def test_check_finds_a_type_without_a_schema_and_a_schema_without_a_type(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / f"{GIVEN}.json").rename(folder / "moon.rose.v1.json")
    schemas.committed.cache_clear()
    assert schemas.main(["check"]) == 1
    said = capsys.readouterr().out
    assert GIVEN in said
    assert "moon.rose.v1" in said


def test_write_adds_what_is_new_and_optional(folder: Path) -> None:
    edit(folder, GIVEN, lambda s: s["properties"].pop("channel"))
    assert schemas.main(["write"]) == 0
    schemas.committed.cache_clear()
    assert schemas.main(["check"]) == 0


def test_write_refuses_to_break_a_schema_and_leaves_all_as_they_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited = edit(folder, GIVEN, lambda s: add(s, "language", {"type": "string"}))
    (folder / f"{CLOSED}.json").unlink()
    schemas.committed.cache_clear()
    assert schemas.main(["write"]) == 1
    assert "language is gone; make it a new major version" in capsys.readouterr().out
    assert json.loads((folder / f"{GIVEN}.json").read_text()) == edited
    assert not (folder / f"{CLOSED}.json").exists()


NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
APPS: dict[str, Callable[[], FastAPI]] = {
    "catalog": lambda: catalog_app(CatalogSettings(database_url=NOWHERE)),
    "feedback": lambda: feedback_app(FeedbackSettings(database_url=NOWHERE, secret="5e" * 32)),
    "metrics": lambda: metrics_app(MetricsSettings(database_url=NOWHERE)),
}


@pytest.fixture(params=APPS)
async def api(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """Each service's HTTP process; schemas need no database."""
    app = APPS[request.param]()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        yield client


def address(type_name: str) -> str:
    name, version = type_name.rsplit(".", 1)
    return f"/schemas/{name}/{version}"


async def test_every_schema_is_served_for_good(api: httpx.AsyncClient) -> None:
    for name in TYPES:
        answer = await api.get(address(name))
        assert answer.status_code == 200
        assert answer.text == schemas.committed()[name].text
        assert answer.headers["content-type"] == "application/schema+json"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["etag"] == schemas.committed()[name].etag


async def test_whoever_has_a_schema_is_not_sent_it_again(api: httpx.AsyncClient) -> None:
    etag = (await api.get(address(GIVEN))).headers["etag"]
    for held in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await api.get(address(GIVEN), headers={"If-None-Match": held})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    for held in ('"other"', etag.strip('"'), ""):
        assert (await api.get(address(GIVEN), headers={"If-None-Match": held})).status_code == 200


@pytest.mark.parametrize("path", ["/schemas/feedback.rating.given/v2", "/schemas/moon/v1", "/schemas/..%2fx/v1"])
async def test_what_there_is_no_schema_of_is_a_problem(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404
