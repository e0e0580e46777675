"""Exports, read back as those who take them would: as CSV, Parquet, Prometheus text and NGSI-LD."""

import csv
import io
from datetime import timedelta
from typing import Any

import msgspec
import pyarrow
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pyarrow import parquet

from services.metrics.scores.days import today
from shared.contracts.feedback import RequestAnswered
from tests.metrics.conftest import Metrics
from tests.metrics.town import DAY, HOUR, NOW, district, jurisdiction, rating, service, solved

YESTERDAY = str(today() - timedelta(days=1))


@pytest.fixture
async def town(metrics: Metrics) -> Metrics:
    evil = msgspec.structs.replace(service("evil"), name='=HYPERLINK("http://example.org")<script>')
    events = [*solved(opened=NOW - 60 * HOUR, took=HOUR), *solved(opened=NOW - 2 * HOUR, took=HOUR), rating(4)]
    await metrics.receive(jurisdiction(), district("north", 5_000), service(), service("lamps"), evil, *events)
    return metrics


async def table(metrics: Metrics, name: str = "scores", **query: str) -> list[dict[str, str]]:
    answer = await metrics.http.get(f"/v1/exports/{name}.csv", params={"jurisdiction_id": "town", **query})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_a_table_says_what_explanations_say(town: Metrics) -> None:
    rows = await table(town)
    assert {row["service_id"] for row in rows} == {"town.potholes", "town.lamps", "town.evil"}
    told = await town.get("/v1/services/town.potholes/explanation")
    mine = {row["indicator"]: row for row in rows if row["service_id"] == "town.potholes"}
    assert list(mine) == [each["id"] for each in told["indicators"]]
    columns = {"points": "score"} | {name: name for name in ("value", "sd", "n", "effective_n", "low", "high", "weight",
                                                             "contribution")}  # fmt: skip
    for each in told["indicators"]:
        row = mine[each["id"]]
        assert {name: float(row[name]) if row[name] else None for name in columns} == {
            name: each[source] for name, source in columns.items()
        }
        assert (row["scorecard"], row["as_of"], row["absent"]) == (
            told["scorecard"], told["as_of"], each["absent"] or ""
        )  # fmt: skip
    assert {row["value"] for row in rows if row["service_id"] == "town.lamps" and row["indicator"] == "on-time"} == {""}


async def test_a_spreadsheet_finds_no_formula(town: Metrics) -> None:
    names = {row["service"] for row in await table(town) if row["service_id"] == "town.evil"}
    assert names == {'\'=HYPERLINK("http://example.org")<script>'}


async def test_days_of_a_table(town: Metrics) -> None:
    start = str(today() - timedelta(days=9))
    rows = await table(town, **{"from": start, "to": YESTERDAY})
    assert len({row["as_of"] for row in rows}) == 9
    potholes = [row for row in rows if (row["service_id"], row["indicator"]) == ("town.potholes", "resolution-rate")]
    assert [int(row["n"]) for row in potholes] == sorted(int(row["n"]) for row in potholes)
    weeks = {row["as_of"] for row in await table(town, **{"from": start, "step": "week"})}
    assert weeks < {str(today() - timedelta(days=n)) for n in range(10)}
    path, query = "/v1/exports/scores.csv", {"jurisdiction_id": "town"}
    assert await town.problem(path, **query, **{"from": YESTERDAY, "as_of": start}) == (422, "two-spans")
    assert await town.problem(path, **query, **{"from": YESTERDAY, "to": start}) == (422, "empty-span")
    assert await town.problem(path, **query, **{"from": "0001-01-01"}) == (422, "too-much")
    assert await town.problem(path, **query, as_of="9999-12-31") == (422, "future-day")
    assert await town.problem(path, jurisdiction_id="nowhere") == (404, "unknown-jurisdiction")


async def test_parquet_holds_the_same_with_types(town: Metrics) -> None:
    query = {"jurisdiction_id": "town", "as_of": YESTERDAY}
    first, again = [await town.http.get("/v1/exports/scores.parquet", params=query) for _ in range(2)]
    assert first.status_code == 200, first.text
    assert first.content == again.content
    found = parquet.read_table(io.BytesIO(first.content))
    assert found.schema.field("as_of").type == pyarrow.date32()
    assert found.schema.field("value").type == pyarrow.float64()
    assert found.schema.field("n").type == pyarrow.int64()
    rows = found.to_pylist()
    written = await table(town, as_of=YESTERDAY)
    assert len(rows) == len(written) > 0
    for row, line in zip(rows, written, strict=True):
        assert (row["service_id"], row["indicator"], str(row["as_of"])) == (
            line["service_id"], line["indicator"], line["as_of"]
        )  # fmt: skip
        assert row["value"] == (float(line["value"]) if line["value"] else None)
    assert {row["service"] for row in rows if row["service_id"] == "town.evil"} == {
        '=HYPERLINK("http://example.org")<script>'
    }


async def test_prometheus_reads_the_scores(town: Metrics) -> None:
    answer = await town.http.get("/v1/exports/prometheus", params={"jurisdiction_id": "town"})
    assert answer.headers["content-type"].startswith("text/plain")
    samples = {
        (sample.name, sample.labels["service"], sample.labels.get("dimension")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    told = await town.get("/v1/services/town.potholes/score")
    for name, each in told["dimensions"].items():
        for suffix, key in (("", "score"), ("_low", "low"), ("_high", "high"), ("_coverage", "coverage")):
            assert samples.get((f"civicloop_score{suffix}", "town.potholes", name)) == each[key]
    assert samples["civicloop_score_events", "town.potholes", None] == told["events"]
    assert ("civicloop_score", "town.lamps", "public_value") not in samples
    assert "HYPERLINK" not in answer.text
    await town.receive(rating(1))
    again = await town.http.get("/v1/exports/prometheus", params={"jurisdiction_id": "town"})
    assert again.content == answer.content  # remembered for some seconds
    assert await town.problem("/v1/exports/prometheus", jurisdiction_id="nowhere") == (404, "unknown-jurisdiction")


CATEGORIES = {
    "actionable", "directional", "financial", "input", "lagging", "leading", "output", "practical", "process",
    "qualitative", "quantitative",
}  # fmt: skip
"""What the model's schema allows."""


async def test_fiware_entities(town: Metrics) -> None:
    query = {"jurisdiction_id": "town"}
    entities = await town.get("/v1/exports/fiware", **query)
    told = await town.get("/v1/services/town.potholes/explanation")
    held = {each["id"]: each for each in told["indicators"] if each["score"] is not None}
    mine: dict[str, Any] = {
        each["id"].rsplit(":", 1)[1]: each for each in entities if each["process"]["value"] == "Potholes"
    }
    assert set(held) <= set(mine)
    for name, each in held.items():
        entity = mine[name]
        assert entity["type"] == "KeyPerformanceIndicator"
        assert set(entity["category"]["value"]) <= CATEGORIES
        assert entity["organization"]["value"] == "Town"
        assert entity["kpiValue"]["value"] == each["value"]
        assert entity["kpiValue"]["low"] == {"type": "Property", "value": each["low"]}
    plain = await town.get("/v1/exports/fiware", options="keyValues", **query)
    assert [each["id"] for each in plain] == [each["id"] for each in entities]
    assert [each["kpiValue"] for each in plain] == [each["kpiValue"]["value"] for each in entities]
    refused = set("<>\"'=;()")
    texts = [value for each in plain for key, value in each.items() if isinstance(value, str) and key != "id"]
    assert not [text for text in texts if refused & set(text)]


async def test_figures_by_their_codes(town: Metrics) -> None:
    opened = NOW - 3 * DAY
    answers = [
        RequestAnswered(
            jurisdiction_id="town", service_id=f"town.{name}", request_id=f"answered {name}", opened_at=opened,
            answered_at=opened + took, first=True,
        )
        for name, took in (("potholes", 2 * DAY), ("lamps", 12 * HOUR))
    ]  # fmt: skip
    await town.receive(*answers)
    [row, *_] = await table(town, "standards")
    assert (row["list"], row["code"], row["unit"], row["n"]) == ("ISO 37122", "10.3", "days", "2")
    assert float(row["value"]) == pytest.approx(1.25, abs=1e-4)
    [none] = await table(town, "standards", as_of="0001-01-01")
    assert (none["value"], none["n"]) == ("", "0")
