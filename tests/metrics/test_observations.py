"""What each event adds to the buckets, row by row of docs/scores.md; and that corrections are as if never needed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from services.metrics.buckets.grouping import (
    Delta,
    TakingPart,
    by_district_and_month,
    by_jurisdiction_and_day,
    by_service_and_day,
    participants,
)
from services.metrics.buckets.joining import less
from services.metrics.buckets.measures import ON_DEMAND, Measure
from services.metrics.buckets.observations import observe
from services.metrics.buckets.rebuild import Attendance, Key
from services.metrics.buckets.times import ImplausibleTime
from shared.contracts.base import Contract
from shared.contracts.feedback import RequestReopened, Resolution
from shared.inbox.positions import sort_out
from tests.metrics.lives import (
    Numbered,
    acknowledged,
    answered,
    closed,
    flat,
    given_rating,
    gone_lives,
    lives,
    moments,
    opened,
    patient,
    reopened,
    replacing,
    request_lives,
    withdrawn,
    woven,
)

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

Row = tuple[str, int, str, int, int]


def rows(*events: Contract) -> set[Row]:
    """The observations of events: measure, bin, day, count and total, those of the same bucket added up.

    Without measures on demand, which stand in tests of their own (test_on_demand.py).
    """
    delta = by_service_and_day(less(observe(events), ON_DEMAND))
    columns = (delta.measure, delta.bin, delta.day, delta.counts, delta.totals)
    return {
        (Measure(measure).label, bin, str(date(1970, 1, 1) + timedelta(days=day)), count, total)
        for measure, bin, day, count, total in zip(*(column.tolist() for column in columns), strict=True)
    }


def test_an_opened_request() -> None:
    assert rows(opened(FIRST)) == {
        ("events", 0, "2026-03-01", 1, 0),
        ("inputs", 0, "2026-03-01", 1, 0),
        ("opened", 0, "2026-03-01", 1, 0),
    }


def test_an_opened_request_with_a_due_time() -> None:
    assert rows(opened(FIRST, due=FIRST + 3 * DAY)) == {
        ("events", 0, "2026-03-01", 1, 0),
        ("inputs", 0, "2026-03-01", 1, 0),
        ("opened", 1, "2026-03-01", 1, 0),
        ("due", 0, "2026-03-04", 1, 0),
    }


def test_an_opened_request_with_an_answer_due() -> None:
    assert ("answered", 0, "2026-03-02", 1, 0) in rows(opened(FIRST, answer_due=FIRST + DAY))


def test_an_acknowledged_request() -> None:
    assert rows(acknowledged(FIRST, FIRST + DAY)) == {("events", 0, "2026-03-02", 1, 0)}


def test_a_first_answer_without_a_deadline() -> None:
    """ln 7,200 / ln (101/99) = 444.07, so that 7,200 s lie in bin 445."""
    assert rows(answered(FIRST, FIRST + 2 * HOUR)) == {
        ("events", 0, "2026-03-01", 1, 0),
        ("time-to-answer", 445, "2026-03-01", 1, 7_200),
    }


@pytest.mark.parametrize("slack", [timedelta(0), timedelta(microseconds=1), DAY])
def test_a_first_answer_by_its_deadline_counts_on_the_day_of_the_answer(slack: timedelta) -> None:
    answer = FIRST + 20 * HOUR
    events = opened(FIRST, answer_due=answer + slack), answered(FIRST, answer, answer + slack)
    assert {row for row in rows(*events) if row[0] == "answered"} == {("answered", 0, "2026-03-02", 1, 1)}


def test_a_first_answer_before_its_deadline_takes_the_deadline_back() -> None:
    assert {row for row in rows(answered(FIRST, FIRST + HOUR, FIRST + 5 * DAY)) if row[0] == "answered"} == {
        ("answered", 0, "2026-03-06", -1, 0),
        ("answered", 0, "2026-03-01", 1, 1),
    }


def test_a_first_answer_after_its_deadline_leaves_it_unanswered_in_time() -> None:
    deadline = FIRST + 20 * HOUR - timedelta(microseconds=1)
    events = opened(FIRST, answer_due=deadline), answered(FIRST, FIRST + 20 * HOUR, deadline)
    assert {row for row in rows(*events) if row[0] == "answered"} == {("answered", 0, "2026-03-02", 1, 0)}


def test_a_second_answer_is_no_more_than_an_event() -> None:
    assert rows(answered(FIRST, FIRST + DAY, FIRST + 2 * DAY, first=False)) == {("events", 0, "2026-03-02", 1, 0)}


BINS = {Resolution.RESOLVED: 0, Resolution.DECLINED: 1, Resolution.DUPLICATE: 2, Resolution.INVALID: 3}


@pytest.mark.parametrize("resolution", Resolution)
def test_a_closed_request(resolution: Resolution) -> None:
    lasting = {("first-time-fix", 0, "2026-04-01", 1, 1)} if resolution == Resolution.RESOLVED else set()
    assert rows(closed(FIRST, FIRST + DAY, resolution)) == lasting | {
        ("events", 0, "2026-03-02", 1, 0),
        ("resolution", BINS[resolution], "2026-03-02", 1, 0),
        ("time-to-close", 569, "2026-03-02", 1, 86_400),
    }


@pytest.mark.parametrize(
    ("due", "on_time", "settled"),
    [
        (FIRST + DAY, 1, "2026-03-02"),
        (FIRST + DAY + timedelta(microseconds=1), 1, "2026-03-02"),
        (FIRST + DAY - timedelta(microseconds=1), 0, "2026-03-02"),
        (FIRST + 5 * DAY, 1, "2026-03-06"),
        (FIRST - DAY, 0, "2026-03-02"),
    ],
)
def test_a_closed_request_with_a_due_time(due: datetime, on_time: int, settled: str) -> None:
    """It leaves the overdue on the later of the two days."""
    found = rows(closed(FIRST, FIRST + DAY, Resolution.DECLINED, due))
    assert found - rows(closed(FIRST, FIRST + DAY, Resolution.DECLINED)) == {
        ("on-time", 0, "2026-03-02", 1, on_time),
        ("due-closed", 0, settled, 1, 0),
    }


DUE = FIRST + 5 * DAY
CLOSING = (FIRST, FIRST + DAY)


def test_a_reopened_request_takes_its_closing_back() -> None:
    assert rows(reopened(*CLOSING, Resolution.DECLINED, FIRST + 2 * DAY, DUE)) == {
        ("events", 0, "2026-03-03", 1, 0),
        ("resolution", 1, "2026-03-02", -1, 0),
        ("time-to-close", 569, "2026-03-02", -1, -86_400),
        ("on-time", 0, "2026-03-02", -1, -1),
        ("due-closed", 0, "2026-03-06", -1, 0),
    }


def test_a_reopened_repair_has_failed_that_day() -> None:
    found = rows(reopened(*CLOSING, Resolution.RESOLVED, FIRST + 2 * DAY))
    assert {row for row in found if row[0] == "first-time-fix"} == {
        ("first-time-fix", 0, "2026-04-01", -1, -1),
        ("first-time-fix", 0, "2026-03-03", 1, 0),
    }


def test_a_repair_reopened_after_thirty_days_to_the_microsecond_has_failed() -> None:
    found = rows(closed(*CLOSING), reopened(*CLOSING, Resolution.RESOLVED, FIRST + 31 * DAY))
    assert {row for row in found if row[0] == "first-time-fix"} == {("first-time-fix", 0, "2026-04-01", 1, 0)}


def test_a_repair_reopened_later_stands() -> None:
    later = FIRST + 31 * DAY + timedelta(microseconds=1)
    found = rows(closed(*CLOSING), reopened(*CLOSING, Resolution.RESOLVED, later))
    assert {row for row in found if row[0] != "events"} == {("first-time-fix", 0, "2026-04-01", 1, 1)}


@pytest.mark.parametrize("value", [1, 2, 3, 4, 5])
def test_a_given_rating(value: int) -> None:
    assert rows(given_rating(FIRST, value)) == {
        ("events", 0, "2026-03-01", 1, 0),
        ("inputs", 0, "2026-03-01", 1, 0),
        ("rating", value, "2026-03-01", 1, value),
    }


def test_a_rating_that_replaces_another() -> None:
    """The other remains an input; its value no longer counts, where and when it was given."""
    before = given_rating(FIRST - DAY, 2)
    assert rows(replacing(before, FIRST, 5)) == {
        ("events", 0, "2026-03-01", 1, 0),
        ("inputs", 0, "2026-03-01", 1, 0),
        ("rating", 5, "2026-03-01", 1, 5),
        ("rating", 2, "2026-02-28", -1, -2),
    }


def test_a_replaced_rating_is_taken_back_in_its_own_district() -> None:
    before = given_rating(FIRST, 2, district_id="town.south")
    delta = by_district_and_month(observe([replacing(before, FIRST, 5, district_id="town.north")]))
    assert {key: sums for key, sums in flat(delta).items() if key[2] == Measure.RATING} == {
        ("town.lamps", "town.north", Measure.RATING, 5, 20_513): (1, 5),
        ("town.lamps", "town.south", Measure.RATING, 2, 20_513): (-1, -2),
    }


def test_a_withdrawn_rating() -> None:
    assert rows(withdrawn(given_rating(FIRST, 4), FIRST + DAY)) == {
        ("events", 0, "2026-03-02", 1, 0),
        ("inputs", 0, "2026-03-01", -1, 0),
        ("rating", 4, "2026-03-01", -1, -4),
    }


@pytest.mark.parametrize(
    ("seconds", "bin"), [(0, -1), (0.999_999, -1), (1, 0), (1.999_999, 0), (2, 35), (3_600, 410), (86_400.5, 569)]
)
def test_durations_are_whole_seconds_the_rest_cut_off(seconds: float, bin: int) -> None:
    found = rows(answered(FIRST, FIRST + timedelta(seconds=seconds)))
    assert {row for row in found if row[0] == "time-to-answer"} == {
        ("time-to-answer", bin, (FIRST + timedelta(seconds=seconds)).date().isoformat(), 1, int(seconds))
    }


def test_bins_hold_what_their_definition_says() -> None:
    """gamma^(i-1) < x <= gamma^i with gamma = 101/99, in exact arithmetic."""
    for seconds in (1, 2, 59, 60, 3_600, 86_399, 86_400, 604_800, 31_536_000, 200 * 366 * 86_400):
        ((_, bin, *_),) = [row for row in rows(answered(FIRST, FIRST + timedelta(seconds=seconds))) if row[4]]
        assert seconds * 99**bin <= 101**bin
        assert seconds == 1 or seconds * 99 ** (bin - 1) > 101 ** (bin - 1)


@pytest.mark.parametrize("moment", ["2026-02-28T23:59:59.999999+00:00", "2026-03-01T01:59:59+02:00"])
def test_days_are_those_of_utc(moment: str) -> None:
    assert {row[2] for row in rows(opened(datetime.fromisoformat(moment)))} == {"2026-02-28"}


def test_days_before_1970_are_days_too() -> None:
    assert {row[2] for row in rows(opened(datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)))} == {"1969-12-31"}


IMPLAUSIBLE = {
    "closed before it was opened": lambda: closed(FIRST, FIRST - timedelta(microseconds=1)),
    "answered before it was opened": lambda: answered(FIRST, FIRST - HOUR),
    "reopened before it was closed": lambda: reopened(FIRST, FIRST + DAY, Resolution.RESOLVED, FIRST),
    "closed centuries later": lambda: closed(FIRST - 100 * 366 * DAY, FIRST + 101 * 366 * DAY),
    "opened in the year 1": lambda: opened(datetime(1, 1, 1, tzinfo=UTC)),
    "opened in the year 9999": lambda: opened(datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)),
    "due in the year 9999": lambda: opened(FIRST, due=datetime(9999, 12, 31, tzinfo=UTC)),
    "an answer due in the year 9999": lambda: opened(FIRST, answer_due=datetime(9999, 12, 31, tzinfo=UTC)),
}


@pytest.mark.parametrize("case", IMPLAUSIBLE)
def test_times_that_cannot_be_true_are_refused(case: str) -> None:
    with pytest.raises(ImplausibleTime):
        observe([IMPLAUSIBLE[case]()])


def test_contributors_take_part_in_the_month_of_their_input() -> None:
    observed = observe(
        [
            opened(FIRST, contributor="ann"),
            given_rating(FIRST + DAY, 3, contributor="bob", district_id="town.north"),
            given_rating(FIRST - DAY, 3, contributor="cyd"),
            acknowledged(FIRST, FIRST),
            withdrawn(given_rating(FIRST - 40 * DAY, 3, contributor="dan"), FIRST),
        ]
    )
    march, february, january = date(2026, 3, 1), date(2026, 2, 1), date(2026, 1, 1)
    assert participants(observed, observed.taking_part) == [
        ("town.lamps", "", february, ["cyd"]),
        ("town.lamps", "", march, ["ann"]),
        ("town.lamps", "town.north", march, ["bob"]),
    ]
    assert participants(observed, observed.withdrawn) == [("town.lamps", "", january, ["dan"])]


def test_nothing_adds_nothing() -> None:
    assert all(flat(delta) == {} for delta in grouped([]))


# Generated lives.


def grouped(events: Iterable[Contract]) -> tuple[Delta, Delta, Delta]:
    observed = observe(events)
    return by_service_and_day(observed), by_district_and_month(observed), by_jurisdiction_and_day(observed)


Sums = dict[Any, tuple[int, int]]


def buckets(*batches: Sequence[Contract]) -> list[Sums]:
    """The three groupings after batches, each added to the last; what adds up to nothing is gone."""
    totals: list[Sums] = [{}, {}, {}]
    for batch in batches:
        for total, delta in zip(totals, grouped(batch), strict=True):
            for key, (count, sum_) in flat(delta).items():
                before = total.get(key, (0, 0))
                total[key] = (before[0] + count, before[1] + sum_)
    return [{key: sums for key, sums in total.items() if sums != (0, 0)} for total in totals]


@patient
@given(lives(), st.data())
def test_the_order_of_events_does_not_matter(events: list[Contract], data: st.DataObject) -> None:
    assert buckets(data.draw(st.permutations(events))) == buckets(events)


@patient
@given(lives(), st.data())
def test_nor_does_how_they_are_split_into_batches(events: list[Contract], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=5)))
    batches = [events[start:end] for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True)]
    assert buckets(*batches) == buckets(events)


@patient
@given(lives(), st.data())
def test_nor_what_comes_again_or_early(events: list[Contract], data: st.DataObject) -> None:
    """What the inbox lets through of a topic with duplicates, shuffled, is what was sent."""
    sent = [Numbered(number, event) for number, event in enumerate(events, 1)]
    again = data.draw(st.lists(st.sampled_from(sent), max_size=10)) if sent else []
    topic = data.draw(st.permutations(sent + again))
    mark, waiting, batches = 0, {}, []
    while topic:
        size = data.draw(st.integers(1, len(topic)))
        outcome = sort_out(mark, waiting, topic[:size], gaps=False)
        mark, waiting, topic = outcome.mark, {event.sequence: event for event in outcome.park}, topic[size:]
        batches.append([numbered.event for numbered in outcome.apply])
    assert buckets(*batches) == buckets(events)


def without_events(sums: Sums) -> Sums:
    """Of the groupings by day: all but the number of events itself, which counts corrections as well."""
    return {key: value for key, value in sums.items() if key[-3] != Measure.EVENTS}


@patient
@given(lives(), st.data())
def test_a_withdrawn_rating_is_as_if_never_given(others: list[Contract], data: st.DataObject) -> None:
    rating = data.draw(st.builds(given_rating, moments, st.integers(1, 5)))
    corrected = buckets([*others, rating, withdrawn(rating, rating.given_at + DAY)])
    assert list(map(without_events, corrected)) == list(map(without_events, buckets(others)))


@patient
@given(lives(), st.lists(gone_lives, min_size=1, max_size=3), st.data())
def test_what_is_withdrawn_or_erased_is_as_if_it_had_never_been(
    others: list[Contract], gone: list[list[Contract]], data: st.DataObject
) -> None:
    """Input of every kind, whatever came of it: nothing but the number of events tells of it."""
    events = data.draw(woven([others, *gone]))
    corrected = [without_events(sums) for sums in buckets(data.draw(st.permutations(events)))]
    assert corrected == [without_events(sums) for sums in buckets(others)]


@patient
@given(lives(), st.lists(gone_lives, min_size=1, max_size=3), st.data())
def test_nor_did_its_contributor_take_part(
    others: list[Contract], gone: list[list[Contract]], data: st.DataObject
) -> None:
    """Who is forgotten lies in a sketch that is marked for it, and a rebuilt one is without them."""
    events = data.draw(woven([others, *gone]))
    both = observe(events)
    keys: list[Key] = [place[:3] for place in participants(both, both.taking_part)]
    marked = {place[:3] for place in participants(both, both.withdrawn)}
    assert {place[:3] for life in gone for place in _taking_part(life)} <= marked <= set(keys)
    assert _attending(keys, data.draw(st.permutations(events))) == _attending(keys, others)


def _taking_part(events: list[Contract]) -> list[TakingPart]:
    observed = observe(events)
    return participants(observed, observed.taking_part)


def _attending(keys: list[Key], events: Iterable[Contract]) -> dict[Key, set[str]]:
    attendance = Attendance(keys)
    for sequence, event in enumerate(events, 1):
        attendance.note(sequence, event)
    return attendance.contributors(10**6)


@patient
@given(lives(), st.data())
def test_a_replaced_rating_counts_as_taking_part_alone(others: list[Contract], data: st.DataObject) -> None:
    """Its value is as if never given; that its giver took part that day remains."""
    before = data.draw(st.builds(given_rating, moments, st.integers(1, 5)))
    after = replacing(before, before.given_at + DAY, data.draw(st.integers(1, 5)))
    first = structs.replace(after, replaces=None)
    for both, never, input_ in zip(
        buckets([*others, before, after]), buckets([*others, first]), buckets([before]), strict=True
    ):
        assert of(both, Measure.INPUTS) == of(never, Measure.INPUTS) + of(input_, Measure.INPUTS)
        for measure in set(Measure) - {Measure.INPUTS, Measure.EVENTS}:
            assert of(both, measure) == of(never, measure)


def of(sums: Sums, measure: Measure) -> Counter[Any]:
    """Count and total of a measure, each under its own key."""
    return Counter({(*k, n): v for k, values in sums.items() if k[-3] == measure for n, v in enumerate(values) if v})


@patient
@given(request_lives(st.none()))
def test_a_reopened_request_is_as_if_never_closed(life: list[Any]) -> None:
    """But for what reopening says of the repair, which docs/scores.md has in rows of their own."""
    kept = list(life)
    said: Counter[Any] = Counter()
    for event in life:
        if isinstance(event, RequestReopened):
            closing = next(e for e in kept if getattr(e, "closed_at", None) == event.closed_at and e is not event)
            kept = [e for e in kept if e is not event and e is not closing]
            if event.resolution == Resolution.RESOLVED:
                lasted = event.reopened_at - event.closed_at > timedelta(seconds=30 * 86_400)
                day = event.closed_at + 30 * DAY if lasted else event.reopened_at
                said[(day.astimezone(UTC).date() - date(1970, 1, 1)).days, lasted] += 1
    corrected, never = without_events(buckets(life)[0]), without_events(buckets(kept)[0])
    for (day, lasted), times in said.items():
        key = (life[0].service_id, Measure.FIRST_TIME_FIX, 0, day)
        count, total = never.get(key, (0, 0))
        never[key] = (count + times, total + times * lasted)
    assert corrected == never


@patient
@given(lives())
def test_the_groupings_agree(events: list[Contract]) -> None:
    by_day, by_month, by_jurisdiction = buckets(events)
    assert _summed(by_jurisdiction, lambda k: k) == _summed(by_day, lambda k: ("town", *k[1:]))
    months = _summed(without_events(by_day), lambda k: (*k[:3], _month(k[3])))
    assert months == _summed(by_month, lambda k: (k[0], *k[2:]))


def _summed(sums: Sums, key_of: Any) -> Sums:
    found: Sums = {}
    for key, (count, total) in sums.items():
        before = found.get(key_of(key), (0, 0))
        found[key_of(key)] = (before[0] + count, before[1] + total)
    return {key: value for key, value in found.items() if value != (0, 0)}


def _month(day: int) -> int:
    first = (date(1970, 1, 1) + timedelta(days=day)).replace(day=1)
    return (first - date(1970, 1, 1)).days


@settings(patient, max_examples=30)
@given(lives(most=40))
def test_no_bucket_is_ever_below_zero(events: list[Contract]) -> None:
    """As long as events come in their order, which the inbox sees to."""
    for end in range(len(events) + 1):
        for sums in buckets(events[:end]):
            assert all(count >= 0 and total >= 0 for count, total in sums.values())
