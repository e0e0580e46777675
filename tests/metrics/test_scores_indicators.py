"""Every indicator of the default scorecard, from observations to value and points, worked out by hand."""

import math
from datetime import timedelta

import pytest

from services.metrics.scores.assessment import IndicatorScore, assess_all, history
from services.metrics.scores.evidence import Evidence, Inputs
from services.metrics.scores.scorecard import DEFAULT, scorecards
from services.metrics.scores.weighing import Time
from shared.contracts.durations import bin_of
from tests.metrics.observations import TODAY, Observation, evidence, month, sketch

CARD = scorecards()[DEFAULT]
DAY = 86_400


def indicator(name: str, on: Evidence) -> IndicatorScore:
    [assessment] = assess_all(CARD, on, TODAY)
    return next(each for each in assessment.indicators if each.indicator.id == name)


def test_observations_fade_by_half_in_a_half_life_and_end_after_six() -> None:
    on = evidence(Observation("on-time", 0, age, 8, 8) for age in (0, 90, 540, 541))
    found = indicator("on-time", on).measured
    assert found.n == 32
    assert found.effective_n == 8 + 4 + 8 / 64


def test_what_comes_after_the_day_does_not_count() -> None:
    on = evidence([Observation("on-time", 0, -1, 5, 5)])
    found = indicator("on-time", on).measured
    assert (found.n, found.effective_n, found.estimate) == (0, 0, None)
    assert found.absent


def test_resolution_rate_sets_duplicates_and_invalid_ones_aside() -> None:
    # 9 of 10; the jurisdiction 9 + 6 of 10 + 20 = 0.5, worth 20: (9 + 10) / 30.
    on = evidence(
        [Observation("resolution", b, 0, n) for b, n in ((0, 9), (1, 1), (2, 100), (3, 50))],
        elsewhere=[Observation("resolution", 0, 0, 6), Observation("resolution", 1, 0, 14)],
    )
    found = indicator("resolution-rate", on)
    assert (found.measured.n, found.measured.effective_n, found.measured.prior) == (10, 10, 0.5)
    assert found.measured.estimate is not None
    assert found.measured.estimate.value == pytest.approx(19 / 30)
    assert found.measured.estimate.observed == pytest.approx(0.9)
    assert found.points is not None
    assert found.points.score == pytest.approx(100 * (19 / 30 - 0.5) / 0.45)


@pytest.mark.parametrize("name", ["first-time-fix", "on-time", "answered"])
def test_ratios_fade_and_are_drawn_to_the_jurisdiction(name: str) -> None:
    # Own: 4 of 4 today, 0 of 8 a half-life ago: N = 8, S = 4. Jurisdiction: 4 of 16. (4 + 20 * 0.25) / 28.
    on = evidence(
        [Observation(name, 0, 0, 4, 4), Observation(name, 0, 90, 8, 0)], elsewhere=[Observation(name, 0, 0, 8, 0)]
    )
    found = indicator(name, on).measured
    assert found.estimate is not None
    assert (found.n, found.effective_n, found.prior) == (12, 8, 0.25)
    assert found.estimate.value == pytest.approx(9 / 28)
    # The jurisdiction's share after Jeffreys: 4.5 of 17; it counts 20 of 28.
    doubt = (20 / 28) ** 2 * (4.5 / 17) * (12.5 / 17) / 18
    assert found.estimate.sd == pytest.approx(math.sqrt(9 * 19 / (28**2 * 29) + doubt))


def test_satisfaction() -> None:
    # Own: 5 and 5; jurisdiction: also 1 and 1, so mu0 = 3 and squares 16; s2 = (16 + 40) / 24; x = (10 + 60) / 22.
    on = evidence([Observation("rating", 5, 0, 2, 10)], elsewhere=[Observation("rating", 1, 0, 2, 2)])
    found = indicator("satisfaction", on)
    # The jurisdiction's mean, of four ratings, counts 20 of 22.
    variance = 56 / 24 / 22 + (20 / 22) ** 2 * 56 / 24 / 4
    assert found.measured.estimate == pytest.approx((70 / 22, 5, math.sqrt(variance)))
    assert found.measured.prior == 3
    assert found.points is not None
    assert found.points.score == pytest.approx(100 * (70 / 22 - 1) / 3.5)


def test_resolution_time_is_the_median_over_the_target() -> None:
    days = [Observation("time-to-close", bin_of(n * DAY), 0, 1, n * DAY) for n in (1, 2, 4, 8, 30)]
    found = indicator("resolution-time", evidence(days, targets={"resolution": 2 * DAY}))
    assert found.measured.estimate is not None
    assert found.measured.estimate.value == pytest.approx(2, rel=0.01)
    assert found.points is not None
    assert found.points.score == pytest.approx(50, abs=1)
    # 90 % bounds of five observations reach from the first to the last.
    assert found.measured.estimate.sd == pytest.approx((30 - 1) / (2 * 1.6448536 * 2), rel=0.01)


def test_first_answer_time_is_the_ninth_decile() -> None:
    hours = [Observation("time-to-answer", bin_of(n * 3600), 0, 1, n * 3600) for n in range(1, 11)]
    found = indicator("first-answer-time", evidence(hours, targets={"first-answer": 6 * 3600}))
    assert found.measured.estimate is not None
    assert found.measured.estimate.value == pytest.approx(1.5, rel=0.01)


def test_a_time_without_a_target_says_so_and_shows_its_count() -> None:
    found = indicator("resolution-time", evidence([Observation("time-to-close", 5, 0)]))
    assert (found.measured.n, found.points, found.contribution) == (1, None, 0.0)
    assert found.measured.absent == "the service has no such target time"


def test_backlog_is_a_stock_from_flows() -> None:
    # 40 opened with a due time (9 without), 30 of them closed: 10 open. 12 came due, 8 of these are closed: 4 overdue.
    own = [
        Observation("opened", 1, 800, 40),
        Observation("opened", 0, 800, 9),
        Observation("on-time", 0, 700, 30, 20),
        Observation("due", 0, 700, 12),
        Observation("due-closed", 0, 1, 8),
    ]
    found = indicator("backlog-age", evidence(own, elsewhere=[Observation("opened", 1, 3, 30)]))
    assert (found.measured.n, found.measured.effective_n, found.measured.prior) == (10, 10, 0.1)
    assert found.measured.estimate is not None
    assert found.measured.estimate.value == pytest.approx((4 + 20 * 0.1) / 30)


def test_a_due_time_before_the_opening_makes_no_more_than_all_overdue() -> None:
    own = [Observation("opened", 1, 0, 2), Observation("due", 0, 5, 3)]
    found = indicator("backlog-age", evidence(own)).measured
    assert found.estimate is not None
    assert found.estimate.value == 1


def test_participation_counts_a_person_once_in_twelve_months() -> None:
    months = [sketch([f"person {n}" for n in range(40)], month() - age) for age in (0, 11)]
    older = sketch(["someone else"], month() - 12)
    found = indicator("participation", evidence(sketches=[*months, older], population=10_000))
    assert found.measured.n == 40
    assert found.measured.estimate is not None
    assert found.measured.estimate.value == pytest.approx(4)
    assert found.measured.estimate.sd == pytest.approx(math.sqrt(40) / 10)
    assert found.points is not None
    assert found.points.score == pytest.approx(80)


def test_inhabitants_are_summed_over_districts_where_the_jurisdiction_has_no_figure() -> None:
    on = evidence(sketches=[sketch(["a"], month())], districts={"north": 600, "south": 400, "harbour": None})
    found = indicator("participation", on).measured
    assert found.estimate is not None
    assert found.estimate.value == 1


def test_participation_says_that_a_withdrawal_is_still_in_it() -> None:
    assert indicator(
        "participation", evidence(sketches=[sketch(["a"], month(), stale=True)], population=9)
    ).measured.stale


def test_participation_without_inhabitants() -> None:
    found = indicator("participation", evidence(sketches=[sketch(["a"], month())])).measured
    assert (found.n, found.estimate, found.absent) == (1, None, "the number of inhabitants is unknown")


def test_representativeness_over_known_districts_and_twelve_months() -> None:
    inputs = [
        Inputs("north", month(), 50),
        Inputs("north", month() - 11, 30),
        Inputs("south", month(), 20),
        Inputs("north", month() - 12, 999),
        Inputs("", month(), 999),
        Inputs("harbour", month(), 999),
    ]
    found = indicator(
        "representativeness", evidence(inputs=inputs, districts={"north": 7, "south": 7, "harbour": None})
    )
    noise = math.sqrt(1 / (200 * math.pi))
    assert found.measured.n == 100
    assert found.measured.estimate is not None
    assert found.measured.estimate.value == pytest.approx(1 - (0.3 - noise) / (1 - noise))


def test_representativeness_needs_twenty_inputs_and_two_districts() -> None:
    few = evidence(inputs=[Inputs("north", month(), 19)], districts={"north": 7, "south": 7})
    assert indicator("representativeness", few).measured.estimate is None
    single = evidence(inputs=[Inputs("north", month(), 90)], districts={"north": 7})
    assert indicator("representativeness", single).measured.estimate is None


def test_a_district_without_inhabitants_is_left_out() -> None:
    on = evidence(inputs=[Inputs("port", month(), 90)], districts={"north": 7, "south": 7, "port": 0})
    assert indicator("representativeness", on).measured.n == 0


def test_contributions_add_up_to_the_dimension() -> None:
    own = [
        Observation("resolution", 0, 0, 9),
        Observation("first-time-fix", 0, 0, 9, 7),
        Observation("rating", 4, 0, 3, 12),
    ]
    [found] = assess_all(CARD, evidence(own), TODAY)
    effectiveness = found.dimensions["effectiveness"].points
    assert effectiveness is not None
    of_it = [each for each in found.indicators if each.indicator.dimension == "effectiveness"]
    parts = [each.contribution for each in of_it if each.points]
    assert all(parts)
    assert math.fsum(parts) == pytest.approx(effectiveness.score)


def test_a_service_without_any_event() -> None:
    [found] = assess_all(CARD, evidence(), TODAY)
    assert found.events == 0
    assert found.public_value is None
    assert {each.coverage for each in found.dimensions.values()} == {0.0}


def test_events_are_counted_up_to_the_day() -> None:
    [found] = assess_all(CARD, evidence([Observation("events", 0, 900, 7), Observation("events", 0, -1, 2)]), TODAY)
    assert found.events == 7


def test_history_gives_what_was_known_each_day() -> None:
    on = evidence([Observation("on-time", 0, 10, 4, 4), Observation("on-time", 0, 0, 4, 0)])
    then, now = history(CARD, on, [Time(TODAY - timedelta(days=1)), Time(TODAY)])
    values = [next(i for i in each.indicators if i.indicator.id == "on-time").measured.estimate for each in (then, now)]
    assert values[0] is not None
    assert values[1] is not None
    assert values[0].observed == 1
    assert values[1].observed == pytest.approx(2 ** (-10 / 90) / (1 + 2 ** (-10 / 90)))
    assert then == assess_all(CARD, on, TODAY - timedelta(days=1))[0]


def test_hours_that_citizens_gave_are_counted_per_inhabitant_over_twelve_calendar_months() -> None:
    # 1 April 2025 is the first day of the twelve months that end with March 2026: 364 days before TODAY.
    inside = [Observation("contributed", 0, age, 1, minutes) for age, minutes in ((0, 90), (364, 30))]
    on = evidence([*inside, Observation("contributed", 0, 365, 1, 600)], population=500)
    found = indicator("contributed-hours", on).measured
    # 2 hours per half a thousand inhabitants; two contributions.
    assert found.estimate == pytest.approx((4, 4, 4))
    assert found.n == 2


def test_what_ratings_say_of_aspects_is_told_with_satisfaction() -> None:
    # Reliability is the second aspect: its bins are 8 + value.
    said = [
        Observation("rating", 4, 0, 2, 8),
        Observation("aspect", 8 + 2, 0, 1, 2),
        Observation("aspect", 8 + 5, 0, 1, 5),
    ]
    found = indicator("satisfaction", evidence(said)).measured
    assert found.aspects == {"reliability": (2, 3.5)}
