"""The city that a stack begins with: its facts are those of its sources, and it gets into the catalogue once."""

import csv
import gzip
import re
from collections import Counter
from pathlib import Path

import httpx
import pytest
import yaml

from deploy.cities.boston.make_extract import leading_category, without_house_number
from deploy.cities.city import MAPPINGS, City, count_rows, read_city
from deploy.cities.load import make_entities

FOLDER = Path(__file__).parents[2] / "deploy" / "cities" / "boston"
NO_DISTRICT = {"Boston", " ", ""}


@pytest.fixture(scope="module")
def boston() -> City:
    return read_city(FOLDER)


@pytest.fixture(scope="module")
def requests() -> list[dict[str, str]]:
    with gzip.open(FOLDER / "requests.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_districts_add_up_all_neighbourhoods_of_the_population_table(boston: City) -> None:
    with (FOLDER / "population.csv").open(encoding="utf-8", newline="") as file:
        inhabitants = {row["Neighborhoods"]: int(row["pop 2015-2019"]) for row in csv.DictReader(file)}
    for district in boston.districts:
        assert district["population"] == sum(inhabitants[name] for name in district["neighborhoods"])
    counted = [name for district in boston.districts for name in district["neighborhoods"]]
    assert sorted(counted) == sorted(inhabitants)
    assert boston.jurisdiction["population"] == sum(inhabitants.values())


def test_each_request_has_a_service_and_a_district_or_none_on_purpose(
    boston: City, requests: list[dict[str, str]]
) -> None:
    districts = Counter(name for district in boston.districts for name in district["aliases"])
    assert set(districts.values()) == {1}
    assert {row["neighborhood"] for row in requests} <= set(districts) | NO_DISTRICT
    types = {service["source"] for service in boston.services}
    assert {f'type "{row["type"]}"' for row in requests} == types


def test_the_mapping_of_the_requests_means_the_same_services_and_districts(boston: City) -> None:
    mapping = yaml.safe_load((MAPPINGS / f"{boston.requests.mapping}.yaml").read_text())
    named = {name: id_ for name, id_ in mapping["districts"]["values"].items() if id_ is not None}
    assert named == {name: district["id"] for district in boston.districts for name in district["aliases"]}
    services = {f'type "{name}"': id_ for name, id_ in mapping["services"]["values"].items()}
    assert services == {service["source"]: service["id"] for service in boston.services}


def test_a_target_that_was_made_up_says_so(boston: City) -> None:
    for service in boston.services:
        assert "First answer: 3 days, made up for demonstration." in service["target_source"]
        has_target = "resolution_target" in service
        assert has_target == ("Resolution: none" not in service["target_source"])


def test_the_extract_has_all_requests_and_no_more_than_needed(requests: list[dict[str, str]]) -> None:
    assert len(requests) == count_rows(FOLDER / "requests.csv.gz") == 15_254
    for row in requests:
        assert not re.match(r"\W*\d", row["location"])
        assert re.fullmatch(r"-?\d+\.\d{3}|", row["latitude"])
        assert re.fullmatch(r"-?\d+\.\d{3}|", row["longitude"])
        assert row["closed_dt"] < "2018"
    reasons = Counter(row["closure_reason"] for row in requests)
    assert len(reasons) < 30
    assert reasons["Case Closed Case Noted (text cut)"] > 1_000


@pytest.mark.parametrize(
    ("reason", "left"),
    [
        ("Case Closed. Closed date : 2016-08-17 20:17:28.343 Case Noted A. Person took it. ", "Case Noted (text cut)"),
        ("Case Closed Case Resolved ", "Case Resolved"),
        ("Case Closed. Closed date : 2016-03-18 12:06:04.427 : ", ":"),
        (
            "Case Closed. Closed date : 2017-01-23 08:22:36.91 VIOCOR: Violation Corrected ",
            "VIOCOR: Violation Corrected",
        ),
        ("Case Closed A. Person called back", "(text cut)"),
        ("A. Person called back", "(text cut)"),
    ],
)
def test_free_text_of_a_closing_is_cut(reason: str, left: str) -> None:
    assert leading_category(reason) == f"Case Closed {left}"


@pytest.mark.parametrize(
    ("location", "left"),
    [
        ("22 Wolcott St  Dorchester  MA  02121", "Wolcott St  Dorchester  MA  02121"),
        ("36-38 Symphony Rd  Boston  MA  02115", "Symphony Rd  Boston  MA  02115"),
        ("27hf Priscilla Rd  Brighton  MA  02135", "Priscilla Rd  Brighton  MA  02135"),
        ("15 1/2 Boston Fish Pier   Boston  MA  02210", "Boston Fish Pier   Boston  MA  02210"),
        ("6 -24 Liverpool St  East Boston  MA  02128", "Liverpool St  East Boston  MA  02128"),
        ("100 Pier 4 Blvd  Boston  MA  02210", "Pier 4 Blvd  Boston  MA  02210"),
        ("INTERSECTION of Foundry St & Broadway Brg  South Boston  MA  ",) * 2,
        (" ", " "),
    ],
)
def test_house_numbers_are_cut(location: str, left: str) -> None:
    assert without_house_number(location) == left


async def test_the_city_gets_into_the_catalogue_once(clerk: httpx.AsyncClient, boston: City) -> None:
    told: list[tuple[str, int, int | None]] = []
    everything = len(boston.entities())
    made = await make_entities(clerk, boston, lambda *progress: told.append(progress))
    assert made == (everything, 0)
    assert told[-1] == ("catalogue", everything, everything)
    await clerk.patch("/v1/services/boston.bed-bugs", json={"resolution_target": 60, "reason": "the council's wish"})

    assert await make_entities(clerk, boston, lambda *_: None) == (0, everything)
    services = (await clerk.get("/v1/services", params={"jurisdiction_id": "boston"})).json()["items"]
    assert {service["id"] for service in services} == set(boston.service_ids)
    assert {service["id"]: service["version"] for service in services if service["version"] > 1} == {
        "boston.bed-bugs": 2
    }
    district = (await clerk.get("/v1/districts/boston.fenway-longwood")).json()
    assert (district["name"], district["population"]) == ("Fenway / Longwood", 38_840)
    versions = (await clerk.get("/v1/organisations/boston.public-works/versions")).json()["items"]
    assert versions[0]["reason"] == 'Set-up; source: subject "Public Works Department"'
