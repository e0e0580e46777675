"""The city that a stack begins with: its facts are those of its sources, and it gets into the catalogue once."""

import csv
import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from rdflib import Graph
from shapely.geometry import Point, shape

from deploy.cities.boston.make_extract import leading_category, without_house_number
from deploy.cities.city import MAPPINGS, City, count_rows, read_city
from deploy.cities.load import apply_catalogue

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "cities" / "boston"
SHAPES = ROOT.parent / "shared" / "standards" / "cpsv-ap-3.2.0" / "cpsv-ap-SHACL.ttl"
NO_DISTRICT = {"Boston", " ", ""}
CHANNELS = {
    "Constituent Call": "telephone",
    "Citizens Connect App": "app",
    "Self Service": "web",
    "Twitter": "twitter",
}
"""Of citizens, by the requests' `source`; what the city's staff and systems report comes by others."""
TECHNOLOGIES = {"app": "technology.mobile-app", "web": "technology.web-portal"}


@pytest.fixture(scope="module")
def boston() -> City:
    return read_city(FOLDER)


@pytest.fixture(scope="module")
def entities(boston: City) -> dict[str, list[dict[str, Any]]]:
    return boston.entities(FOLDER)


@pytest.fixture(scope="module")
def requests() -> list[dict[str, str]]:
    with gzip.open(FOLDER / "requests.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_districts_add_up_all_neighbourhoods_of_the_population_table(
    boston: City, entities: dict[str, list[dict[str, Any]]]
) -> None:
    with (FOLDER / "population.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["Neighborhoods"]: row for row in csv.DictReader(file)}
    surveys = {"2015": "pop 2013-2017", "2017": "pop 2015-2019"}
    for district in entities["districts"]:
        names = boston.districts[district["id"]].neighborhoods
        counted = {year: sum(int(rows[name][column]) for name in names) for year, column in surveys.items()}
        assert district["populations"] == counted
    assert sorted(name for notes in boston.districts.values() for name in notes.neighborhoods) == sorted(rows)
    (jurisdiction,) = entities["jurisdictions"]
    assert jurisdiction["populations"]["2017"] == sum(int(row["pop 2015-2019"]) for row in rows.values())


def test_each_request_has_a_service_and_a_district_or_none_on_purpose(
    boston: City, entities: dict[str, list[dict[str, Any]]], requests: list[dict[str, str]]
) -> None:
    districts = Counter(name for notes in boston.districts.values() for name in notes.aliases)
    assert set(districts.values()) == {1}
    assert {row["neighborhood"] for row in requests} <= set(districts) | NO_DISTRICT
    reasons = [service["reason"] for service in entities["services"]]
    for type in {row["type"] for row in requests}:
        assert sum(f'type "{type}"' in reason for reason in reasons) == 1


def test_the_mapping_of_the_requests_means_the_same_services_and_districts(
    boston: City, entities: dict[str, list[dict[str, Any]]]
) -> None:
    mapping = yaml.safe_load((MAPPINGS / f"{boston.requests.mapping}.yaml").read_text())
    named = {name: id_ for name, id_ in mapping["districts"]["values"].items() if id_ is not None}
    assert named == {name: id_ for id_, notes in boston.districts.items() for name in notes.aliases}
    assert set(mapping["services"]["values"].values()) == {service["id"] for service in entities["services"]}


def test_channels_and_technologies_are_those_that_requests_came_by(
    boston: City, entities: dict[str, list[dict[str, Any]]], requests: list[dict[str, str]]
) -> None:
    mapping = yaml.safe_load((MAPPINGS / f"{boston.requests.mapping}.yaml").read_text())["services"]["values"]
    came: dict[str, set[str]] = {}
    for row in requests:
        if row["source"] in CHANNELS:
            came.setdefault(mapping[row["type"]], set()).add(CHANNELS[row["source"]])
    for service in entities["services"]:
        channels = came[service["id"]]
        assert {channel["id"] for channel in service["channels"]} == channels
        used = {technology for channel, technology in TECHNOLOGIES.items() if channel in channels}
        assert set(service["technology_ids"]) == used | {"technology.open-data"}
    (app,) = entities["partnerships"]
    assert set(app["service_ids"]) == {id for id, channels in came.items() if "app" in channels}


def test_the_case_tells_what_the_requests_show(
    entities: dict[str, list[dict[str, Any]]], requests: list[dict[str, str]]
) -> None:
    (case,) = entities["cases"]
    told = {year: int(share) for share, year in re.findall(r"(\d+) % (?:[^%]* )?in (\d{4})", case["effect"])}
    assert len(told) == 2
    for period in (case["before"], case["after"]):
        first, last = period["starts_on"], period["ends_on"]
        sources = [row["source"] for row in requests if first <= row["open_dt"][:10] <= last]
        assert told[first[:4]] == round(100 * sources.count("Citizens Connect App") / len(sources))


def test_what_was_made_up_says_so(entities: dict[str, list[dict[str, Any]]]) -> None:
    for service in entities["services"]:
        assert service["made_up"] == ["first_answer_target"]
        assert "First answer: 3 days, made up" in " ".join(service["target_source"].split())
        assert ("resolution_target" in service) == ("Resolution: none" not in service["target_source"])
    for plural in ("people", "strategies", "objectives", "commitments", "assessments"):
        for entity in entities[plural]:
            assert entity["made_up"]


def test_most_requests_lie_in_the_district_that_they_name(boston: City, requests: list[dict[str, str]]) -> None:
    """The areas come from other people than the requests, so that they check each other."""
    features = json.loads((FOLDER / "districts.geojson").read_text())["features"]
    areas = {each["properties"]["id"]: shape(each["geometry"]) for each in features}
    district_of = {name: id_ for id_, notes in boston.districts.items() for name in notes.aliases}
    placed = [row for row in requests if row["latitude"] and row["neighborhood"] in district_of]
    inside = sum(
        areas[district_of[row["neighborhood"]]].contains(Point(float(row["longitude"]), float(row["latitude"])))
        for row in placed
    )
    assert len(placed) > 14_000
    assert inside / len(placed) > 0.85


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
    files = boston.files(FOLDER)
    made, kept = await apply_catalogue(clerk, files, lambda *progress: told.append(progress))
    assert (made, kept) == (sum(len(each) for each in boston.entities(FOLDER).values()), 0)
    assert told[-1] == ("catalogue", len(files), len(files))
    await clerk.patch("/v1/services/boston.bed-bugs", json={"resolution_target": 60, "reason": "the council's wish"})

    again, _ = await apply_catalogue(clerk, files, lambda *_: None)
    assert again == 0
    whole = await clerk.post("/v1/import/catalogue", content=files[2].read_bytes(), params={"dry_run": True})
    assert [change["id"] for change in whole.json()["change"]] == ["boston.bed-bugs"]
    services = (await clerk.get("/v1/services", params={"jurisdiction_id": "boston"})).json()["items"]
    assert {service["id"] for service in services} == set(boston.service_ids(FOLDER))
    assert {service["id"]: service["version"] for service in services if service["version"] > 1} == {
        "boston.bed-bugs": 2
    }
    district = (await clerk.get("/v1/districts/boston.fenway-longwood")).json()
    assert (district["name"], district["population"]) == ("Fenway / Longwood", 38_840)
    assert district["geometry"]["type"] == "Polygon"
    versions = (await clerk.get("/v1/organisations/boston.public-works/versions")).json()["items"]
    assert versions[0]["reason"] == 'Set-up; source: subject "Public Works Department"'


async def test_bostons_catalogue_shows_what_a_catalogue_can_hold(clerk: httpx.AsyncClient, boston: City) -> None:
    await apply_catalogue(clerk, boston.files(FOLDER), lambda *_: None)
    query = {"jurisdiction_id": "boston"}
    spanish = (await clerk.get("/v1/services", params=query | {"q": "chinches", "lang": "es"})).json()
    assert [service["name"] for service in spanish["items"]] == ["Chinches"]
    assessment = (await clerk.get("/v1/assessments", params=query)).json()["items"]
    assert [each["maturity"] for each in assessment] == [None]  # most provisions were not looked at
    figures = (await clerk.get("/v1/network/figures", params=query)).json()
    assert (figures["services"], figures["partnerships"], figures["components"]) == (7, {"other": 1}, 1)
    assert figures["helixes"] == {"government": 4, "industry": 1, "academia": 0, "civil-society": 0}
    out = await clerk.get("/v1/export/cpsv-ap", params=query | {"format": "turtle"})
    assert len(Graph().parse(data=out.text, format="turtle")) > 100
    if SHAPES.is_file():
        import pyshacl

        sound, _, complaints = pyshacl.validate(Graph().parse(data=out.text), shacl_graph=Graph().parse(SHAPES))
        assert sound, complaints
