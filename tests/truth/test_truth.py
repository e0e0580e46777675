"""Volumes, closing times and punctuality by service and year agree with a plain computation over the city's files."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pandas as pd
import pytest

from deploy.cities.city import read_city
from services.metrics.buckets.measures import Measure
from tests.feedback.imports.files import EXTRACT
from tests.loop.loop import Loop
from tests.truth import page, plain
from tests.truth.conftest import FOLDER, files

VOLUMES = """
SELECT service_id, extract(year FROM day)::int AS year, sum(count)::bigint AS count, sum(total)::bigint AS total
FROM bucket_day WHERE measure = $1 GROUP BY 1, 2
"""
TARGETS = {
    each["id"]: each["resolution_target"]
    for each in read_city(FOLDER).entities(FOLDER)["services"]
    if "resolution_target" in each
}
Yearly = dict[tuple[str, int], tuple[int, int]]


@pytest.fixture(scope="session")
def requests() -> pd.DataFrame:
    return plain.read(files())


@pytest.fixture(scope="session")
def closings(requests: pd.DataFrame) -> pd.DataFrame:
    return plain.closings(requests)


async def yearly(boston: Loop, measure: Measure) -> Yearly:
    async with boston.database("metrics") as database:
        rows = await database.fetch(VOLUMES, measure.value)
    return {(row["service_id"], row["year"]): (row["count"], row["total"]) for row in rows}


async def test_as_many_were_opened(boston: Loop, requests: pd.DataFrame) -> None:
    counted = await yearly(boston, Measure.OPENED)
    assert {key: count for key, (count, _) in counted.items()} == plain.opened(requests).to_dict()


async def test_as_many_were_closed_and_took_as_long_to_the_second(boston: Loop, closings: pd.DataFrame) -> None:
    counted = await yearly(boston, Measure.TIME_TO_CLOSE)
    assert counted == {key: (row.closed, row.total) for key, row in closings.iterrows()}


async def test_the_explanation_of_a_year_shows_its_punctuality_and_its_median(
    metrics: httpx.AsyncClient, closings: pd.DataFrame
) -> None:
    compared = 0
    for (service, year), row in closings.iterrows():
        indicators = await explanation(metrics, service, int(year))
        on_time = indicators["on-time"]
        assert on_time["n"] == row.with_due, (service, year)
        if row.with_due:
            assert on_time["observed"] == pytest.approx(row.on_time / row.with_due, abs=1e-6), (service, year)
        median = indicators["resolution-time"]
        assert median["n"] == row.closed, (service, year)
        if service in TARGETS and row.closed % 2:
            assert median["observed"] * TARGETS[service] == pytest.approx(row["median"], rel=0.0101), (service, year)
            compared += 1
    assert compared


async def explanation(metrics: httpx.AsyncClient, service: str, year: int) -> dict[str, dict[str, Any]]:
    last = min(f"{year}-12-31", datetime.now(UTC).date().isoformat())
    query = {"since": f"{year}-01-01", "as_of": last}
    answer = (await metrics.get(f"/v1/services/{service}/explanation", params=query)).raise_for_status().json()
    return {each["id"]: each for each in answer["indicators"]}


def test_the_page_shows_these_figures(requests: pd.DataFrame) -> None:
    if files() == [EXTRACT]:
        pytest.skip("the page is of the city's six whole files, which are not beside this repository")
    assert page.PAGE.read_text(encoding="utf-8") == page.render(requests)
