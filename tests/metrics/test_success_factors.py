"""What goes with good scores: rank correlations held against the formula, and told as association."""

import math
from typing import Any

import pytest
from msgspec import structs

from services.metrics.factors.correlation import Pairs, correlate, interval
from services.metrics.scores.estimates import Z
from shared.contracts.base import Contract
from shared.contracts.catalog import OrganisationChanged, PartnershipChanged, RegionChanged
from shared.contracts.catalog.actors import Partner
from tests.metrics.aims import report
from tests.metrics.conftest import Metrics
from tests.metrics.town import NOW, jurisdiction, rating, service

PATH = "/v1/success-factors"
NAMES = [f"service-{letter}" for letter in "abcdefghij"]


def test_spearman_by_hand() -> None:
    """Ten services in the order 1 to 10, four pairs of neighbours swapped: rho = 1 − 6·Σd² / (n·(n² − 1))."""
    swapped = [2, 1, 4, 3, 6, 5, 8, 7, 9, 10]
    rho = 1 - 6 * 8 / (10 * 99)
    unordered = [3, 9, 1, 7, 10, 2, 6, 8, 4, 5]
    other = 1 - 6 * sum((n - each) ** 2 for n, each in enumerate(unordered, 1)) / 990
    first, second = correlate([Pairs(range(1, 11), swapped), Pairs(range(1, 11), unordered)])
    assert first.rho == pytest.approx(rho)
    assert second.rho == pytest.approx(other)
    reach = Z * math.sqrt((1 + rho**2 / 2) / 7)
    assert first.low == pytest.approx(math.tanh(math.atanh(rho) - reach))
    assert first.high == pytest.approx(math.tanh(math.atanh(rho) + reach))
    assert first.adjusted == pytest.approx(min(2 * first.p, second.p))
    assert second.adjusted == pytest.approx(second.p)


def test_a_perfect_order_is_not_certain_of_itself() -> None:
    low, high = interval(1.0, 8)
    assert (high, interval(-1.0, 8)) == (1.0, (-1.0, pytest.approx(-low)))
    assert 0.5 < low < interval(1.0, 80)[0] < 1


def town() -> list[Contract]:
    """Ten services: the better rated, the more technologies and the worse staffed; half of them have partners."""
    events: list[Contract] = [jurisdiction()]
    for number, name in enumerate(NAMES):
        technologies = tuple(f"town.tech-{n}" for n in range(number))
        events.append(structs.replace(service(name), technology_ids=technologies, organisation_id="town.works"))
        events += [rating(5 if n < number else 1, name) for n in range(10)]
        events.append(report(f"report-{name}", service=name, staff=10 - number / 2, vacancies=number / 2))
    for name, helix in (("works", "government"), ("acme", "industry"), ("school", "academia")):
        more: dict[str, Any] = {"jurisdiction_id": "town", "version": 1, "changed_at": NOW, "helix": helix}
        events.append(OrganisationChanged(id=f"town.{name}", name=name, **more))
    partners = (Partner(organisation_id="town.works"), Partner(organisation_id="town.acme"))
    events.append(
        PartnershipChanged(
            id="town.together",
            jurisdiction_id="town",
            name="Together",
            version=1,
            changed_at=NOW,
            kind="contract",
            partners=partners,
            service_ids=tuple(f"town.{name}" for name in NAMES[::2]),
        )
    )
    return events


async def test_association_is_told_with_interval_and_n(metrics: Metrics) -> None:
    await metrics.receive(*town())
    found = await metrics.get(PATH, jurisdiction_id="town")
    items = {(item["factor"], item["figure"]): item for item in found["items"]}
    more = items["technologies", "effectiveness"]
    assert (more["n"], more["rho"], more["high"], more["p"]) == (10, 1, 1, 0)
    assert more["says"] == "more technologies goes with higher effectiveness"
    assert items["posts-filled", "effectiveness"]["rho"] == -1
    assert items["technology:town.tech-0", "effectiveness"]["rho"] == pytest.approx(math.sqrt(27 / 99), abs=1e-6)
    assert ("technology:town.tech-6", "effectiveness") in items
    assert ("technology:town.tech-7", "effectiveness") not in items
    partners = items["partners", "effectiveness"]
    assert partners["low"] < partners["rho"] < 0 < partners["high"]
    assert partners["says"] == "cannot be told from chance: partners and effectiveness"
    assert partners["adjusted_p"] >= partners["p"] > 0.1
    assert items["helix-balance", "effectiveness"]["rho"] == partners["rho"]
    assert items["partner-spread", "effectiveness"]["absent"].startswith("only 5 services")
    assert items["technologies", "public_value"]["absent"] is not None
    computed = [item for item in found["items"] if item["rho"] is not None]
    assert found["correlations"] == len(computed)
    assert found["services"] == 10
    assert [item["adjusted_p"] for item in computed] == sorted(item["adjusted_p"] for item in computed)
    assert "cause" not in str(found)


async def test_fewer_than_eight_services_are_absent(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), *(service(name) for name in NAMES[:7]))
    await metrics.receive(*(rating(n % 5 + 1, name) for n, name in enumerate(NAMES[:7])))
    found = await metrics.get(PATH, jurisdiction_id="town")
    assert found["correlations"] == 0
    item = next(item for item in found["items"] if item["figure"] == "effectiveness")
    assert item["absent"] == "only 7 services have both figures, and fewer than 8 tell nothing"


async def test_a_region_is_all_of_its_cities(metrics: Metrics) -> None:
    region = RegionChanged(id="land", name="Land", version=1, changed_at=NOW, jurisdiction_ids=("town", "nowhere"))
    await metrics.receive(*town(), region)
    of_region = await metrics.get(PATH, region_id="land")
    of_town = await metrics.get(PATH, jurisdiction_id="town")
    assert of_region["items"] == of_town["items"]
    assert (await metrics.get(PATH, jurisdiction_id="town", as_of="1990-01-01"))["correlations"] == 0


async def test_what_is_asked_wrongly_is_refused(metrics: Metrics) -> None:
    assert await metrics.problem(PATH) == (422, "invalid-input")
    assert await metrics.problem(PATH, jurisdiction_id="town", region_id="land") == (422, "invalid-input")
    assert await metrics.problem(PATH, jurisdiction_id="nowhere") == (404, "unknown-jurisdiction")
    assert await metrics.problem(PATH, region_id="nowhere") == (404, "unknown-region")
    assert await metrics.problem(PATH, jurisdiction_id="town", as_of="NaN") == (422, "invalid-day")
