"""Capacity and collaboration over HTTP, in figures computed by hand; neither moves a score."""

import math
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from shared.contracts.catalog import OrganisationChanged, PartnershipChanged, ServiceChanged
from shared.contracts.catalog.actors import Partner, Term
from shared.contracts.catalog.capacity import Skill
from tests.metrics.aims import ago, euros, report
from tests.metrics.conftest import Metrics
from tests.metrics.town import DAY, HOUR, NOW, jurisdiction, rating, service, solved

ENABLERS = "/v1/services/town.potholes/enablers"
SKILLS = (
    Skill(skill="asphalt", available=Decimal(6), needed=Decimal(4)),
    Skill(skill="drains", available=Decimal(1), needed=Decimal(4)),
)


def owned(name: str = "potholes", *helpers: str) -> ServiceChanged:
    helping = tuple(f"town.{helper}" for helper in helpers)
    return msgspec.structs.replace(service(name), organisation_id="town.works", collaborator_ids=helping)


def organisation(name: str, helix: str | None, parent: str | None = None) -> OrganisationChanged:
    return OrganisationChanged(
        id=f"town.{name}", jurisdiction_id="town", name=name.title(), version=1, changed_at=NOW, helix=helix,
        parent_id=parent,
    )  # fmt: skip


def partnership(name: str, *partners: tuple[str, str | None], terms: tuple[Term, ...] = ()) -> PartnershipChanged:
    told = tuple(Partner(organisation_id=f"town.{id}", cost_share=share and Decimal(share)) for id, share in partners)
    return PartnershipChanged(
        id=f"town.{name}",
        jurisdiction_id="town",
        name=name,
        version=1,
        changed_at=NOW,
        kind="consortium",
        partners=told,
        service_ids=("town.potholes",),
        terms=terms,
    )


TOWN = [
    organisation("hall", "government"),
    organisation("works", "government", "town.hall"),
    organisation("acme", "industry"),
    organisation("uni", "academia"),
    organisation("club", None),
]


async def test_what_a_report_says_of_capacity(metrics: Metrics) -> None:
    told: dict[str, Any] = {
        "staff": Decimal(9),
        "vacancies": Decimal(3),
        "skills": SKILLS,
        "training_days": Decimal(18),
    }
    money = {"budget_planned": euros(1_000), "budget_spent": euros(901)}
    await metrics.receive(
        jurisdiction(),
        owned(),
        report(first=400, last=36, **told, **money),
        *(event for days in (50, 60, 70) for event in solved(opened=NOW - days * DAY, took=HOUR)),
    )
    found = (await metrics.get(ENABLERS))["capacity"]
    # 9 of 12 posts; of 8 needed 4 and 1 are there; 3 cases of 9 people in 365 days; 90,100 cents for 3 cases.
    assert (found["posts_filled"], found["skills_covered"], found["score"]) == (75.0, 62.5, 68.75)
    assert (found["training_days"], found["workload"]) == (2.0, round(3 / 9, 6))
    assert (found["budget_spent"], found["cost_per_case"]) == (90.1, {"amount": 30_033, "currency": "EUR"})
    assert (found["report_id"], found["cases_closed"]) == ("town.last-year", 3)
    assert (await metrics.get(ENABLERS, as_of=str(ago(37))))["capacity"] is None


async def test_without_a_report_of_its_own_that_of_its_organisation_speaks(metrics: Metrics) -> None:
    whole = report("whole", service=None, staff=Decimal(4), cases_handled=40, first=399, last=35)
    await metrics.receive(jurisdiction(), owned(), *TOWN, whole)
    found = (await metrics.get(ENABLERS))["capacity"]
    assert (found["report_id"], found["service_id"], found["workload"]) == ("town.whole", None, 10.0)
    assert (found["score"], found["posts_filled"], found["cost_per_case"]) == (None, None, None)
    assert (await metrics.get("/v1/organisations/town.works/enablers"))["capacity"] == found


@pytest.mark.parametrize(
    "told",
    [
        {"staff": Decimal(0), "vacancies": Decimal(0), "training_days": Decimal(3), "cases_handled": 5},
        {"skills": (Skill(skill="idle", available=Decimal(2), needed=Decimal(0)),)},
        {"budget_planned": euros(0), "budget_spent": euros(5)},
        {"budget_planned": euros(5), "budget_spent": euros(5, "USD")},
    ],
)
async def test_nothing_is_divided_by_nothing(metrics: Metrics, told: dict[str, Any]) -> None:
    await metrics.receive(jurisdiction(), owned(), report(**told))
    found = (await metrics.get(ENABLERS))["capacity"]
    names = ("score", "posts_filled", "skills_covered", "training_days", "workload", "budget_spent", "cost_per_case")
    assert [found[name] for name in names] == [None] * 7


async def test_who_stands_behind_a_service_together(metrics: Metrics) -> None:
    over = Term(starts_on=ago(300), ends_on=ago(10))
    await metrics.receive(
        jurisdiction(),
        owned("potholes", "club"),
        *TOWN,
        partnership("road", ("hall", "50"), ("acme", "40"), ("uni", "10")),
        partnership("past", ("works", None), ("acme", None), terms=(over,)),
    )
    found = (await metrics.get(ENABLERS))["collaboration"]
    # Two of government, one of industry, one of academia: entropy 1.5 bits of 2. Ties: 1 of the club, of the road 0.4
    # and 0.1; the hall is of the service's own house.
    assert found["helixes"] == {"government": 2, "industry": 1, "academia": 1, "civil-society": 0}
    assert (found["helix_unknown"], found["helix_balance"]) == (1, 75.0)
    assert (found["ties"], found["partnerships"]) == (3, 1)
    assert (found["largest_partner"], found["largest_share"]) == ("town.club", round(1 / 1.5, 6))
    concentration = (1 + 0.4**2 + 0.1**2) / 1.5**2
    assert found["concentration"] == round(concentration, 6)
    assert found["score"] == pytest.approx((75 + 100 * (1 - concentration)) / 2, abs=1e-5)
    then = (await metrics.get(ENABLERS, as_of=str(ago(10))))["collaboration"]
    # The other one held as well: half of its tie is acme's.
    assert (then["partnerships"], then["largest_share"]) == (2, round(1 / 2, 6))
    balance = -sum(n / 4 * math.log(n / 4) for n in (2, 1, 1)) / math.log(4)
    assert then["helix_balance"] == pytest.approx(100 * balance, abs=1e-5)


async def test_a_service_that_nobody_is_known_to_stand_behind(metrics: Metrics) -> None:
    await metrics.receive(rating(4))
    found = await metrics.get(ENABLERS)
    assert found["capacity"] is None
    assert (found["collaboration"]["score"], found["collaboration"]["ties"]) == (None, 0)


async def test_they_stand_beside_an_explanation_and_move_no_score(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), owned(), *(organisation(name, None) for name in ("works", "acme")), rating(4))
    before = await metrics.get("/v1/services/town.potholes/score")
    await metrics.receive(
        report(staff=Decimal(1), vacancies=Decimal(9)), partnership("road", ("acme", None), ("uni", None))
    )
    assert (await metrics.get("/v1/services/town.potholes/score")) == before
    explained = await metrics.get("/v1/services/town.potholes/explanation")
    beside = await metrics.get(ENABLERS)
    assert explained["enablers"] == {name: beside[name] for name in ("capacity", "collaboration")}
    assert explained["enablers"]["capacity"]["posts_filled"] == 10.0
    of_town = await metrics.get("/v1/jurisdictions/town/explanation")
    assert of_town.get("enablers") is None


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/v1/services/town.none/enablers", {}, (404, "unknown-service")),
        ("/v1/organisations/town.none/enablers", {}, (404, "unknown-organisation")),
        ("/v1/services/Not an id/enablers", {}, (422, "invalid-input")),
        ("/v1/services/town.none/enablers", {"as_of": "inf"}, (422, "invalid-day")),
        ("/v1/services/town.none/enablers", {"as_of": "9999-12-31"}, (422, "future-day")),
    ],
)
async def test_what_cannot_be_answered_is_a_problem(
    metrics: Metrics, path: str, query: dict[str, str], expected: tuple[int, str]
) -> None:
    assert await metrics.problem(path, **query) == expected
