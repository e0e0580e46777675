"""A checker that never caught anything proves nothing: each fault is put into a copy of a sound loop, and found."""

from collections.abc import Awaitable, Callable
from dataclasses import replace as changed
from typing import Any
from unittest.mock import patch
from uuid import UUID

import asyncpg
import pytest

from deploy.checker import alerts as checked
from deploy.checker.report import Report
from services.feedback.ratings import publishes
from services.feedback.ratings import store as ratings
from services.metrics.alerts import store as alerts
from services.metrics.buckets.measures import Measure
from services.metrics.buckets.observers import OBSERVERS, contributions, proposals, requests
from services.metrics.buckets.observers import ratings as of_ratings
from services.metrics.buckets.observers.observer import noted
from services.metrics.buckets.sketches import sketch_of
from services.metrics.buckets.times import instants
from services.metrics.scores import estimates, points, weighing
from shared.contracts.base import Contract
from shared.contracts.feedback import (
    ContributionVerified,
    ProposalDecided,
    ProposalWithdrawn,
    RatingErased,
    RatingWithdrawn,
    RequestErased,
    RequestReopened,
)
from shared.contracts.metrics import AlertRaised
from shared.database import engine, transaction
from shared.ids import uuid7
from shared.outbox.append import Outgoing, append
from tests.loop.commons import Commons
from tests.loop.loop import Loop
from tests.loop.messages import altered
from tests.loop.town import DAY, NOW, Town, erase

OBSERVED: dict[Any, Any] = OBSERVERS
TOLD = "SELECT aggregatetype, aggregateid, type, payload, occurred_at FROM outbox WHERE type = $1 LIMIT 1"
ONE_RATING = "(SELECT id FROM rating WHERE state = 'current' ORDER BY id LIMIT 1)"


def counts(report: Report) -> dict[str, int]:
    """What was found, without what was not."""
    return {kind: count for kind, count in report.findings.counts.items() if count}


def said(report: Report, kind: str) -> str:
    return "\n".join(report.findings.samples[kind])


# From the outbox to the topic


async def test_an_event_that_a_relay_passed_over_is_lost(loop: Loop) -> None:
    """As after a failed send that was not repeated, or a cursor that trusts the order of ids."""
    broken = await loop.copy(lambda records: records[:7] + records[8:])
    report = await broken.check()
    assert report.findings.counts["lost"] == 2  # one in each of the two partitions that have any
    assert "number 8, event " in said(report, "lost")


async def test_an_event_that_even_the_outbox_has_no_more_is_lost(loop: Loop) -> None:
    broken = await loop.copy(lambda records: records[:-1])
    await broken.execute(
        "feedback", "DELETE FROM outbox o USING outbox_counter c WHERE o.part = c.part AND o.seq = c.seq"
    )
    report = await broken.check()
    assert report.findings.counts["lost"] == 2
    assert "an event that the outbox lacks, too" in said(report, "lost")


async def test_a_fact_that_was_never_announced_is_lost(loop: Loop) -> None:
    """As where a write is stored in one transaction, and its event in another that fails."""
    broken = await loop.clone()
    async with broken.database("feedback") as connection:
        old = await ratings.find(connection, await connection.fetchval(f"SELECT {ONE_RATING}"))
        assert old is not None
        await ratings.insert(connection, [changed(old, id=UUID(int=7), contributor="somebody else")])
    report = await broken.check()
    assert report.findings.counts["lost"] == 1
    assert said(report, "lost") == f"feedback.rating.given.v1 about {UUID(int=7)}: 1 missing on the topic"
    assert report.findings.counts["wrong"] > 0


async def test_a_fact_that_was_announced_twice_is_doubled(loop: Loop) -> None:
    """As where a write is repeated without an idempotency key: two numbers, one fact."""
    broken = await loop.copy()
    async with broken.database("feedback") as connection, connection.transaction():
        old = await ratings.find(connection, await connection.fetchval(f"SELECT {ONE_RATING}"))
        assert old is not None
        await append(connection, [publishes.rating_given(old, None)])
    await broken.settle()
    report = await broken.check()
    assert report.findings.counts["doubled"] == 1
    assert "feedback.rating.given.v1 about " in said(report, "doubled")
    assert report.findings.counts["wrong"] > 0


async def test_an_event_about_nothing_is_doubled(loop: Loop) -> None:
    """As after a transaction that rolled back, of a service that publishes before it commits."""
    broken = await loop.clone()
    await broken.execute(
        "feedback", "DELETE FROM rating WHERE id = (SELECT id FROM rating WHERE state = 'current' LIMIT 1)"
    )
    report = await broken.check()
    assert report.findings.counts["doubled"] == 1
    assert "feedback has no such row" in said(report, "doubled")


DELETED = {
    "support": ("given_to IN (SELECT id FROM proposal WHERE erased_at IS NULL)", "support.given", 1),
    "comment": ("withdrawn_at IS NULL AND erased_at IS NULL AND answers_id IS NULL", "comment.posted", 1),
    "consultation_answer": ("true", "consultation.answered", 1),
    "budget_vote": ("true", "budget.vote.cast", 1),
    "contribution": ("state = 'verified'", "contribution.verified", 3),
    "request_note": ("contributor IS NOT NULL", "note.posted", 1),
    "request_progress": ("true", "request.progressed", 1),
    "contribution_call": ("closed_at IS NOT NULL", "call.closed", 2),
}
"""Rows by table and condition; an event about each, and how many there are."""


async def test_what_goes_without_being_told_of_is_doubled(loop: Loop) -> None:
    """As where input is deleted by hand, or an erasure commits without its events."""
    broken = await loop.clone()
    for table, (condition, _, _) in DELETED.items():
        await broken.execute(
            "feedback", f"DELETE FROM {table} WHERE ctid = (SELECT min(ctid) FROM {table} WHERE {condition})"
        )
    report = await broken.check()
    assert report.findings.counts["doubled"] == sum(events for _, _, events in DELETED.values())
    assert report.findings.counts["lost"] == 0
    assert "feedback has no such row" in said(report, "doubled")


@pytest.mark.parametrize(
    ("change", "type_"),
    [
        ("rating SET state = 'current', withdrawn_at = NULL WHERE state = 'withdrawn'", "rating.withdrawn"),
        ("contribution SET state = 'pledged', withdrawn_at = NULL WHERE state = 'withdrawn'", "contribution.withdrawn"),
        ("comment SET withdrawn_at = NULL WHERE withdrawn_at IS NOT NULL AND erased_at IS NULL", "comment.withdrawn"),
        ("proposal SET state = 'published', withdrawn_at = NULL WHERE state = 'withdrawn'", "proposal.withdrawn"),
    ],
)
async def test_what_is_said_to_be_withdrawn_and_stands_is_doubled(loop: Loop, change: str, type_: str) -> None:
    broken = await loop.clone()
    changed_rows = int((await broken.execute("feedback", f"UPDATE {change}")).split()[1])
    report = await broken.check()
    assert report.findings.counts["doubled"] == changed_rows > 0
    assert f"feedback.{type_}.v1 about " in said(report, "doubled")
    assert "too many on the topic" in said(report, "doubled")
    assert report.findings.counts["wrong"] > 0


@pytest.mark.parametrize("kind", ["request.erased", "note.withdrawn", "support.withdrawn", "rating.erased"])
async def test_what_is_gone_and_was_told_to_be_so_twice_is_doubled(loop: Loop, kind: str) -> None:
    """As where an erasure is killed between its events and its commit, and the events are not part of it."""
    broken = await loop.copy()
    async with broken.database("feedback") as connection, connection.transaction():
        [told] = await connection.fetch(TOLD, f"feedback.{kind}.v1")
        await append(connection, [Outgoing(*told.values(), uuid7())])
    await broken.settle()
    report = await broken.check()
    assert report.findings.counts["doubled"] == 1
    assert f"feedback.{kind}.v1 about " in said(report, "doubled")
    assert report.findings.counts["wrong"] > 0


async def test_events_out_of_order_are_reordered(loop: Loop) -> None:
    """As with two batches in flight."""
    broken = await loop.copy(lambda records: [*records[:3], records[4], records[3], *records[5:]])
    assert counts(await broken.check()) == {"reordered": 2}


async def test_a_number_used_for_two_events_is_a_loss(loop: Loop) -> None:
    """As with two relays without a fence: consumers take the second for a duplicate of the first."""
    broken = await loop.copy(lambda records: [*records, altered(records[-1], ce_id=b"another")])
    report = await broken.check()
    assert counts(report) == {"lost": 2}
    assert "is used again for another" in said(report, "lost")


async def test_another_event_in_place_of_the_right_one_is_a_loss(loop: Loop) -> None:
    broken = await loop.copy(lambda records: [altered(records[0], ce_id=b"another"), *records[1:]])
    report = await broken.check()
    assert counts(report) == {"lost": 2}
    assert "on the topic another has that number" in said(report, "lost")


async def test_an_event_that_changed_on_its_way_is_wrong(loop: Loop) -> None:
    broken = await loop.copy(lambda records: [altered(records[0], value=records[0].value + b" "), *records[1:]])
    report = await broken.check()
    assert counts(report) == {"wrong": 2}
    assert "another type or content" in said(report, "wrong")


async def test_an_event_sent_again_with_other_content_is_wrong(loop: Loop) -> None:
    broken = await loop.copy(lambda records: [*records, altered(records[0], value=records[0].value + b" ")])
    report = await broken.check()
    assert counts(report) == {"wrong": 2}
    assert "sent twice, differently" in said(report, "wrong")


# From the topic to metrics


async def test_effects_without_a_compared_position_are_doubled(loop: Loop) -> None:
    """As where the effect is committed before the offset, and the process dies between."""
    broken = await loop.copy()
    await broken.execute(
        "metrics", "UPDATE consumer_offset SET next_offset = 0 WHERE topic = $1", broken.topics.feedback
    )
    await broken.execute("metrics", "DELETE FROM source_position WHERE source = '/civicloop/feedback'")
    await broken.settle()
    report = await broken.check()
    assert report.findings.counts["doubled"] == report.events
    assert report.findings.counts["lost"] == 0
    assert report.findings.counts["wrong"] > 0


async def test_an_offset_committed_before_its_effect_is_a_loss(loop: Loop) -> None:
    broken = await loop.copy()
    async with broken.database("feedback") as connection:
        await Town(connection, seed=2).rating("town.lamps")
        newest = await connection.fetch("SELECT part, seq FROM outbox ORDER BY created_at DESC, seq DESC LIMIT 1")
    part, number = newest[0]
    await broken.settle(consume=False)
    topic = broken.topics.feedback
    await broken.execute(
        "metrics",
        "UPDATE consumer_offset SET next_offset = $1 WHERE topic = $2 AND partition = $3",
        number,
        topic,
        part,
    )
    await broken.execute(
        "metrics",
        "UPDATE source_position SET seq = $1 WHERE source = '/civicloop/feedback' AND part = $2",
        number,
        part,
    )
    report = await broken.check()
    assert report.findings.counts["lost"] == 1
    assert said(report, "lost").startswith("town.lamps: metrics counts 1 fewer on ")


async def test_an_event_not_yet_sent_is_not_there(loop: Loop) -> None:
    behind = await loop.copy()
    async with behind.database("feedback") as connection:
        await Town(connection, seed=2).rating("town.lamps")
    report = await behind.check()
    assert report.findings.counts["lost"] == 1
    assert report.behind == ["feedback's relay has 1 events to publish"]


async def test_a_closing_that_a_reopening_did_not_take_back_is_wrong(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = await loop.copy()

    def only_count(columns: Any, events: Any) -> None:
        columns.add(Measure.EVENTS, columns.places(events), instants(e.reopened_at for e in events))

    monkeypatch.setitem(OBSERVED, RequestReopened, only_count)
    async with broken.database("feedback") as connection:
        town = Town(connection, seed=2)
        request = await town.request("town.potholes", ago=9 * DAY)
        await town.step(request, "closed", NOW - 8 * DAY, "resolved")
        await town.step(request, "reopened", NOW - 7 * DAY)
    await broken.settle()
    report = await broken.check()
    assert counts(report).keys() == {"wrong"}
    assert f"bucket_jurisdiction town first-time-fix 0 {(NOW - 7 * DAY).date()}" in said(report, "wrong")


def _nothing(*_: Any, **__: Any) -> None:
    """Does not do what it should."""


async def _erased_request(town: Town, commons: Commons) -> None:
    request = await town.request("town.potholes", ago=9 * DAY)
    await town.step(request, "answered", NOW - 8 * DAY)
    await town.step(request, "closed", NOW - 8 * DAY, "resolved")
    await town.step(request, "reopened", NOW - 7 * DAY)
    await erase(town.connection, request.contributor)


async def _rating_with_aspects(town: Town, commons: Commons) -> None:
    await town.withdraw(await town.think_better_of(changed(await town.rating(), aspects={"empathy": 2})))


FORGETFUL: dict[str, tuple[type[Contract], Any, str, Callable[[Town, Commons], Awaitable[Any]], str]] = {
    "the first answer of an erased request": (
        RequestErased, requests, "_first_answers", _erased_request, "time-to-answer",
    ),
    "undone closings of an erased request": (RequestErased, requests, "_repairs", _erased_request, "first-time-fix"),
    "aspects of a withdrawn rating": (RatingWithdrawn, of_ratings, "_aspects", _rating_with_aspects, "aspect"),
    "a decision in time": (
        ProposalDecided, proposals, "done_in_time", lambda _, town: town.proposal("decided", supporters=3), "decided",
    ),
    "the decision that a withdrawn proposal was owed": (
        ProposalWithdrawn, proposals, "owed", lambda _, town: town.proposal("withdrawn", supporters=3), "decided",
    ),
    "a pledge kept": (
        ContributionVerified, contributions, "done_in_time", lambda _, town: town.contribution("verified"),
        "pledge-kept",
    ),
    "time given": (
        ContributionVerified, contributions, "_minutes", lambda _, town: town.contribution("verified", "hours", 90),
        "contributed",
    ),
}  # fmt: skip
"""Of which event metrics leaves out what; input by which it shows; the measure in which it does."""


@pytest.mark.parametrize(("type_", "module", "name", "live", "measure"), FORGETFUL.values(), ids=list(FORGETFUL))
async def test_what_an_observer_leaves_out_is_wrong(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, type_: Any, module: Any, name: str, live: Any, measure: str
) -> None:
    broken, whole = await loop.copy(), OBSERVED[type_]

    def observe(columns: Any, events: Any) -> None:
        with patch.object(module, name, _nothing):
            whole(columns, events)

    monkeypatch.setitem(OBSERVED, type_, observe)
    async with broken.database("feedback") as connection:
        await live(Town(connection, seed=2), Commons(connection, seed=2))
    await broken.settle()
    report = await broken.check()
    assert counts(report).keys() == {"wrong"}
    assert f" {measure} " in said(report, "wrong")


async def test_an_erasure_that_is_only_noted_is_wrong(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = await loop.copy()
    monkeypatch.setitem(OBSERVED, RatingErased, noted("erased_at"))
    async with broken.database("feedback") as connection:
        rating = await Town(connection, seed=2).rating("town.lamps")
        await erase(connection, rating.contributor)
    await broken.settle()
    report = await broken.check()
    assert counts(report).keys() == {"wrong"}
    assert " inputs 0 " in said(report, "wrong")


# Figures

TAMPERED = {
    "a bucket too high": (
        "UPDATE bucket_day_sparse SET total = total + 1 "
        "WHERE ctid = (SELECT min(b.ctid) FROM bucket_day_sparse b "
        "JOIN measure ON code = measure WHERE name = 'time-to-close' AND service_id = 'town.lamps')",
        "bucket_day town.lamps time-to-close",
    ),
    "a bucket gone": (
        "DELETE FROM bucket_month_cells WHERE ctid = (SELECT min(ctid) FROM bucket_month_cells)",
        "count and total are absent; by feedback's rows ",
    ),
    "an aspect of ratings": (
        "UPDATE bucket_jurisdiction_sparse SET count = count + 1 WHERE ctid = (SELECT min(b.ctid) "
        "FROM bucket_jurisdiction_sparse b JOIN measure ON code = measure WHERE name = 'aspect')",
        "bucket_jurisdiction town aspect ",
    ),
    "hours contributed": (
        "UPDATE bucket_day_cells SET contributed_minutes = contributed_minutes + 1 WHERE ctid = "
        "(SELECT min(ctid) FROM bucket_day_cells WHERE contributions > 0)",
        " contributed 0 ",
    ),
    "an empty bucket": (
        "INSERT INTO bucket_jurisdiction_sparse VALUES ('town', 7, 0, '1999-12-31', 0, 0)",
        "bucket_jurisdiction town time-to-close 0 1999-12-31: count and total are 0, 0; by feedback's rows absent",
    ),
    "a sketch gone": (
        "DELETE FROM contributor_sketch WHERE ctid = (SELECT min(ctid) FROM contributor_sketch)",
        "contributors expected, 0 found",
    ),
    "a copy out of date": (
        "UPDATE service SET resolution_target = 60 WHERE id = 'town.lamps'",
        "metrics: the copy of service town.lamps is ",
    ),
    "a copy of a report that nobody told": (
        "UPDATE capacity_report SET staff = 13 WHERE id = 'town.works-last-year'",
        "metrics: the copy of capacity_report town.works-last-year is ",
    ),
    "a mark too high": (
        "UPDATE source_position SET seq = seq + 1 WHERE source = '/civicloop/feedback' AND part = 0",
        "the mark of feedback, part 0, is ",
    ),
    "an offset too high": (
        "UPDATE consumer_offset SET next_offset = next_offset + 1 WHERE partition = 0 AND topic LIKE '%catalog%'",
        "metrics: the offset in civicloop.catalog.v1, part 0, is ",
    ),
    "an event that waits": (
        "INSERT INTO parked_event VALUES ('/civicloop/feedback', 0, 10000, 'civicloop.feedback.v1', '', '{}', '')",
        "metrics: 1 events are parked",
    ),
}


@pytest.mark.parametrize(("statement", "sample"), TAMPERED.values(), ids=list(TAMPERED))
async def test_what_was_changed_in_metrics_is_wrong(loop: Loop, statement: str, sample: str) -> None:
    broken = await loop.clone()
    assert (await broken.execute("metrics", statement)).endswith(" 1")
    report = await broken.check()
    assert counts(report).keys() == {"wrong"}
    assert sample in said(report, "wrong")


@pytest.mark.parametrize(
    "copy",
    [
        """service SET targets = '[{"district_id": "town.north", "resolution_target": 60}]' WHERE id = 'town.lamps'""",
        "district SET geometry = NULL WHERE id = 'town.north'",
        "organisation SET name = 'Somebody else' WHERE id = 'town.works'",
    ],
)
async def test_what_feedback_holds_of_the_catalogue_and_nobody_said_is_wrong(loop: Loop, copy: str) -> None:
    broken = await loop.clone()
    assert await broken.execute("feedback", f"UPDATE {copy}") == "UPDATE 1"
    report = await broken.check()
    assert counts(report) == {"wrong": 1}
    assert f"feedback: the copy of {copy.split()[0]} town." in said(report, "wrong")


async def _some_sketch(connection: asyncpg.Connection) -> asyncpg.Record:
    rows = await connection.fetch("SELECT ctid, sketch FROM contributor_sketch LIMIT 1")
    return rows[0]


async def _set_sketch(loop: Loop, change: Callable[[bytes], bytes], *, stale: bool) -> Loop:
    broken = await loop.clone()
    async with broken.database("metrics") as connection:
        place, content = await _some_sketch(connection)
        statement = "UPDATE contributor_sketch SET sketch = $2, stale = $3 WHERE ctid = $1"
        await connection.execute(statement, place, change(content), stale)
    return broken


async def test_a_stranger_in_a_sketch_is_wrong_even_in_a_stale_one(loop: Loop) -> None:
    for stale, why in ((False, "contributors expected"), (True, "not to be explained by withdrawals")):
        broken = await _set_sketch(loop, lambda content: sketch_of(["stranger"], content), stale=stale)
        report = await broken.check()
        assert counts(report).keys() == {"wrong"}
        assert why in said(report, "wrong")


async def test_bytes_that_are_no_sketch_are_wrong(loop: Loop) -> None:
    broken = await _set_sketch(loop, lambda _: b"no sketch", stale=False)
    assert "contributors expected, unreadable found" in said(await broken.check(), "wrong")


@pytest.mark.parametrize("erased", [False, True])
async def test_a_sketch_that_waits_for_its_rebuilding_may_hold_who_withdrew_and_says_so(
    loop: Loop, erased: bool
) -> None:
    behind = await loop.copy()
    async with behind.database("feedback") as connection:
        town = Town(connection, seed=2)
        rating = await town.rating("town.lamps")
        await (erase(connection, rating.contributor) if erased else town.withdraw(rating))
    await behind.settle(rebuild=False)
    report = await behind.check()
    assert report.behind == ["metrics has 1 sketches of contributors to rebuild after withdrawals"]
    assert "contributor_sketch" not in said(report, "wrong")


BUGS = {
    "a variance": (estimates, "UNIFORM_VARIANCE", 3, "satisfaction.sd"),
    "a quantile's interval": (estimates, "Z", 1.96, "resolution-time.sd"),
    "a window": (weighing, "HALF_LIVES", 3, "effective_n"),
}


@pytest.mark.parametrize(("module", "name", "value", "sample"), BUGS.values(), ids=list(BUGS))
async def test_a_score_by_another_formula_is_wrong(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, value: float, sample: str
) -> None:
    weighing.fading.cache_clear()
    monkeypatch.setattr(module, name, value)
    report = await loop.check()
    weighing.fading.cache_clear()
    assert counts(report).keys() == {"wrong"}
    assert any(sample in text for text in report.findings.samples["wrong"]), said(report, "wrong")


async def test_a_public_value_by_another_rule_is_wrong(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    scored = await loop.copy()
    monkeypatch.setattr(points, "ENOUGH_COVERAGE", 1.01)
    await scored.execute("metrics", "UPDATE service_activity SET touched = touched + 1")
    await scored.settle()
    report = await scored.check()
    assert counts(report).keys() == {"wrong"}
    assert any("public_value.score as None" in text for text in report.findings.samples["wrong"]), said(report, "wrong")


async def test_a_score_that_rounds_otherwise_is_wrong(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.metrics.scores import schemas

    monkeypatch.setattr(schemas, "rounded", lambda figure: round(figure, 4))
    report = await loop.check()
    assert counts(report).keys() == {"wrong"}
    assert "/explanation shows" in said(report, "wrong")


# Alerts


async def with_an_alert(loop: Loop) -> Loop:
    """A copy in which the sound lamps' service has an alert, told and kept by the watcher's own code."""
    broken = await loop.clone()
    database = engine(broken.urls["metrics"])
    alert = AlertRaised(
        id="town.lamps@events-silent", rule="events-silent", subject_kind="service", subject_id="town.lamps",
        jurisdiction_id="town", number=1, as_of=NOW.date(), scorecard="default.v3", evidence={"silent_days": 40},
        thresholds={"silent_days": 14},
    )  # fmt: skip
    async with transaction(database) as connection:
        await alerts.store(connection, [alert])
    await database.dispose()
    return broken


async def test_an_alert_that_was_never_told_is_wrong(loop: Loop) -> None:
    broken = await with_an_alert(loop)
    report = await broken.check()
    assert counts(report) == {"wrong": 2}
    assert "alert town.lamps@events-silent: the topic says None" in said(report, "wrong")
    assert "alert town.lamps@events-silent is open; by the recount the rule does not hold" in said(report, "wrong")


async def test_an_alert_that_was_changed_by_hand_is_wrong(loop: Loop) -> None:
    """In one of its two tables: then its history, or what everybody is told, is another."""
    broken = await with_an_alert(loop)
    await broken.execute("metrics", "UPDATE alert SET body = replace(body, '40', '4')")
    report = await broken.check()
    assert counts(report) == {"wrong": 3}
    assert "its history" in said(report, "wrong")


async def test_alerts_that_the_api_leaves_out_are_wrong(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = await with_an_alert(loop)

    async def none(*_: Any) -> list[Any]:
        return []

    monkeypatch.setattr(alerts, "page", none)
    report = await broken.check()
    assert "alert town.lamps@events-silent: /v1/alerts says None" in said(report, "wrong")


def test_of_a_raising_and_a_clearing_the_later_is_the_state_of_an_alert() -> None:
    raised, cleared = {"number": 2}, {"number": 1}
    newest = {checked.RAISED: {"a": raised, "b": {"number": 1}}, checked.CLEARED: {"a": cleared, "b": cleared}}
    assert checked.on_topic(newest) == {"a": (True, raised), "b": (False, cleared)}
