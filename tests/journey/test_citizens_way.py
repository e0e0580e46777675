"""Report with a photo, find, follow, answered, closed, rate, propose, support, decision, contribute, erase all."""

from collections.abc import Iterator

import pytest

from tests.journey.page import page, shape
from tests.journey.stand import PAGE, walked
from tests.journey.way import Way
from tests.support import StackUnderTest


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Way, StackUnderTest]]:
    with walked(tmp_path_factory.mktemp("stack")) as journey:
        yield journey


@pytest.fixture
def way(journey: tuple[Way, StackUnderTest]) -> Way:
    return journey[0]


def test_a_report_is_found_with_its_photo_its_district_and_nothing_personal(way: Way) -> None:
    found = way.answer("Find it")
    assert found["district_id"] == "vila.centre"
    assert found["description"] == "The slide is broken. Call me: [phone]"
    assert len(found["media"]) == 1
    assert [each["id"] for each in way.answer("See what others reported nearby")] == [found["id"]]


def test_each_form_of_input_moved_its_indicator(way: Way) -> None:
    moved = {each["id"]: each for each in way.answer("What all of this moved")["indicators"]}
    assert moved["resolution-rate"]["observed"] == 1
    assert moved["answered"]["observed"] == 1
    assert moved["satisfaction"]["observed"] == 5
    assert {name: each["mean"] for name, each in moved["satisfaction"]["aspects"].items()} == {
        "responsiveness": 5,
        "tangibles": 4,
    }
    assert moved["decided"]["observed"] == 1
    assert moved["co-production"]["observed"] == 1
    # 3 hours, of a town of 4,000.
    assert moved["contributed-hours"]["observed"] == 0.75
    # Whoever reported, proposed and contributed; and the neighbour.
    assert moved["participation"]["n"] == 2


def test_what_is_erased_counts_no_longer_and_what_others_gave_stays(way: Way) -> None:
    left = way.until(lambda: None if (now := way.score())["participation"]["n"] != 1 else now, "one person is left")
    counted = ("contributed-hours", "co-production", "decided", "satisfaction", "resolution-rate", "answered")
    assert {name: left[name]["n"] for name in counted} == dict.fromkeys(counted, 0)


def test_the_check_finds_nothing(journey: tuple[Way, StackUnderTest]) -> None:
    checked = journey[1].command("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_page_tells_it_as_it_is(way: Way) -> None:
    """`python -m tests.journey` writes it anew."""
    assert shape(PAGE.read_text()) == shape(page(way.steps))
