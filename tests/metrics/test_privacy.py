"""What may be told of districts, worked out by hand."""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.buckets.sketches import sketch_of
from services.metrics.scores.days import Period
from services.metrics.scores.weighing import Time
from services.metrics.subjects.privacy import Cell, told_districts, told_services
from services.metrics.subjects.times import Asked, month_begin, month_end


def cell(number: int, *who: str) -> Cell:
    """So many observations; of a crowd, or of those who are named."""
    return Cell(number, False, [sketch_of(who)]) if who else Cell(number, True)


def people(count: int, prefix: str = "p") -> list[str]:
    return [f"{prefix}{n}" for n in range(count)]


def test_a_district_needs_five_observations_by_five_people() -> None:
    cells = {
        "crowd": cell(5),
        "few observations of many": cell(4),
        "five": cell(9, *people(5)),
        "four with many wishes": cell(90, *people(4)),
        "nothing": cell(0),
        "": cell(80),
    }
    assert told_districts(cells) == {"crowd", "five"}


def test_a_person_counts_once_whatever_services_it_used() -> None:
    sketches = [sketch_of(people(4)), sketch_of(people(4)), sketch_of(["p3", "one more"])]
    assert told_districts({"north": Cell(9, False, sketches[:2]), "": cell(9)}) == set()
    assert told_districts({"north": Cell(9, False, sketches), "": cell(9)}) == {"north"}


def test_what_is_not_told_is_never_a_few_by_subtraction_from_the_city() -> None:
    # The city less the north and the south would be three people's: the smaller of both keeps them company.
    assert told_districts({"north": cell(60), "south": cell(40), "port": cell(3, *people(3))}) == {"north"}
    # With enough input of no district, or of several small ones together, nothing more need be hidden.
    small = {"port": cell(3, *people(3)), "hill": cell(3, *people(3, "q"))}
    assert told_districts({"north": cell(60), "south": cell(40), **small}) == {"north", "south"}
    assert told_districts({"north": cell(60), "port": cell(3, *people(3)), "": cell(50)}) == {"north"}
    # The same three people in two places are still three.
    same = {"port": cell(3, *people(3)), "hill": cell(3, *people(3))}
    assert told_districts({"north": cell(60), "south": cell(40), **same}) == {"north"}


def test_where_all_that_is_left_is_too_little_nothing_is_told() -> None:
    assert told_districts({"north": cell(60), "port": cell(1, "somebody")}) == set()
    assert told_districts({"north": cell(60)}) == {"north"}
    assert told_districts({}) == set()


def test_a_service_is_told_by_district_only_where_none_of_its_districts_is_small() -> None:
    cells = {
        ("lamps", "north"): cell(50),
        ("lamps", "south"): cell(20),
        ("trees", "north"): cell(70),
        ("trees", "south"): cell(2, *people(2)),
        ("parks", "south"): cell(6, *people(6)),
    }
    # Two people's trees would be left of the south: its smallest service keeps them company.
    assert told_services(cells, ["north", "south"]) == {"lamps"}


def test_the_other_services_of_a_district_are_never_a_few_by_subtraction() -> None:
    cells = {
        ("lamps", "north"): cell(50),
        ("lamps", "south"): cell(20),
        ("trees", "north"): cell(70),
        ("trees", "south"): cell(2, *people(2)),
    }
    # The south less its lamps would be two people's trees.
    assert told_services(cells, ["north", "south"]) == set()
    # So would all districts that are not told as a whole, together.
    assert told_services(cells, ["north"]) == set()
    assert told_services({key: cell(9) for key in cells}, ["north", "south"]) == {"lamps", "trees"}


SIZES = st.one_of(st.integers(0, 9).map(lambda n: Cell(n, False, [sketch_of(people(n))])), st.just(cell(40)))
DISTRICTS = ("north", "south", "port", "hill", "")


@given(st.dictionaries(st.sampled_from(DISTRICTS), SIZES))
def test_no_district_and_no_remainder_is_of_a_few(cells: Mapping[str, Cell]) -> None:
    told = told_districts(cells)
    assert all(cells[name].told for name in told)
    rest = [each for name, each in cells.items() if name not in told and each.number]
    if told and rest:
        assert sum(each.number for each in rest) >= 5
        assert any(each.told for each in rest) or len(rest) > 1


@given(st.dictionaries(st.tuples(st.sampled_from(("lamps", "trees", "parks")), st.sampled_from(DISTRICTS)), SIZES))
def test_nothing_follows_from_districts_and_services_by_subtraction(cells: Mapping[tuple[str, str], Cell]) -> None:
    districts = {"north", "south"}
    told = told_services(cells, districts)
    assert all(each.told for (service, _), each in cells.items() if service in told and each.number)
    for column in ({"north"}, {"south"}, {"port", "hill", ""}):
        rest = sum(
            each.number for (service, district), each in cells.items() if district in column and service not in told
        )
        if told:
            assert rest == 0 or rest >= 5


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ("2026-03-31", "2026-03-31"),
        ("2026-03-30", "2026-02-28"),
        ("2024-03-01", "2024-02-29"),
        ("0001-01-05", "0001-01-01"),
    ],
)
def test_months_that_have_ended(day: str, end: str) -> None:
    assert month_end(date.fromisoformat(day)) == date.fromisoformat(end)


def test_months_that_lie_in_a_span_whole() -> None:
    assert month_begin(date(2026, 1, 1)) == date(2026, 1, 1)
    assert month_begin(date(2026, 12, 2)) == date(2027, 1, 1)
    asked = Asked(Period.QUARTER, in_months=True)
    assert asked.times([date(2026, 5, 2), date(2026, 5, 20), date(2026, 6, 30)]) == [
        Time(date(2026, 4, 30), date(2026, 4, 1)),
        Time(date(2026, 6, 30), date(2026, 4, 1)),
    ]
