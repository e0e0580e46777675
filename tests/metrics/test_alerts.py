"""Alerts are raised and cleared by what events say, each once, and are shown with the evidence that they rest on."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from services.metrics.alerts.rules import RULES
from services.metrics.alerts.tails import count_tail, lowest_share, share_tail
from services.metrics.alerts.watcher import Watcher
from services.metrics.scores.days import today
from shared.auth import ensure_key, new_key
from shared.contracts.base import Contract
from shared.contracts.catalog import PartnershipChanged
from shared.contracts.catalog.actors import Partner, Term
from shared.contracts.feedback import RatingGiven
from shared.contracts.metrics import (
    AlertAcknowledged,
    AlertAcknowledgementWithdrawn,
    AlertCleared,
    AlertRaised,
    Because,
)
from shared.contracts.registry import TYPES
from shared.database import connection, transaction
from tests.metrics import lives
from tests.metrics.conftest import Metrics
from tests.metrics.town import DAY, HOUR, NOW, district, jurisdiction, rating, service, solved

NOON = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
"""The first moment of today: nothing of a day is yet to come."""


def on(days_ago: int) -> Any:
    return NOON - days_ago * DAY


def ratings(value: int, number: int, days_ago: int, **more: Any) -> list[RatingGiven]:
    return [rating(value, at=on(days_ago), **more) for _ in range(number)]


def usual(per_day: int = 1, *, first: int = 120, last: int = 1) -> list[RatingGiven]:
    """Some ratings on each day, of all values."""
    return [
        each
        for day in range(first, last - 1, -1)
        for n in range(per_day)
        for each in ratings((day + n) % 5 + 1, 1, day)
    ]


async def published(metrics: Metrics) -> list[AlertRaised | AlertCleared]:
    """What the outbox says of alerts, in the order of each part."""
    async with connection(metrics.database) as database:
        rows = await database.fetch(
            "SELECT payload, type, aggregateid FROM outbox WHERE type IN ('metrics.alert.raised.v1', "
            "'metrics.alert.cleared.v1') ORDER BY part, seq"
        )
    found: list[Any] = [msgspec.json.decode(row["payload"], type=TYPES[row["type"]]) for row in rows]
    assert [alert.id for alert in found] == [row["aggregateid"] for row in rows]
    return found


async def alerts(metrics: Metrics, **query: Any) -> dict[str, Any]:
    """What the API says, by rule."""
    return {each["rule"]: each for each in (await metrics.get("/v1/alerts", **query))["items"]}


async def start(metrics: Metrics, *events: Contract) -> None:
    await metrics.receive(jurisdiction(), service(), *events)
    await metrics.watch_all()


async def only(metrics: Metrics, rule: str) -> Any:
    """The one alert that is open."""
    found = await alerts(metrics, state="open")
    assert set(found) == {rule}, found
    return found[rule]


async def cleared(metrics: Metrics, rule: str) -> Any:
    found = (await alerts(metrics))[rule]
    assert found["state"] == "cleared", found
    return found


# Each rule


async def test_a_burst_of_ratings_is_raised_and_cleared_once_they_are_gone(metrics: Metrics) -> None:
    burst = [each for value in (1, 2, 3, 4, 5) for each in ratings(value, 12, 2)]
    await start(metrics, *usual(), *burst)
    alert = await only(metrics, "ratings-burst")
    day = (today() - timedelta(days=2)).isoformat()
    assert alert["evidence"] | {"chance": 0} == {
        "day": day, "ratings": 61, "usual_ratings": 84, "usual_days": 84, "chance": 0,
    }  # fmt: skip
    assert alert["evidence"]["chance"] == float(f"{count_tail(61, 84, 84):.3g}") < 1e-6
    assert alert["words"].startswith(f"On {day} there were 61 ratings; in the 84 days before, 84 altogether.")
    assert alert["thresholds"] == RULES["ratings-burst"].thresholds
    await metrics.receive(*[lives.erased_rating(each, NOW) for each in burst])
    await metrics.watch_all()
    assert (await cleared(metrics, "ratings-burst"))["because"] == "eased"


@pytest.mark.parametrize(("number", "raised"), [(14, False), (18, True)])
async def test_ratings_of_one_value_are_raised_where_they_are_enough_and_cleared(
    metrics: Metrics, number: int, raised: bool
) -> None:
    alike = ratings(5, number, 1)
    await start(metrics, *usual(2, last=2), *alike)
    assert ("ratings-alike" in await alerts(metrics, state="open")) == raised
    if raised:
        evidence = (await only(metrics, "ratings-alike"))["evidence"]
        assert (evidence["value"], evidence["of_value"], evidence["usual_ratings"]) == (5, 18, 238)
        await metrics.receive(*[lives.withdrawn(each, NOW) for each in alike])
        await metrics.watch_all()
        assert (await cleared(metrics, "ratings-alike"))["because"] == "thin"


async def test_a_service_that_all_love_is_not_suspected(metrics: Metrics) -> None:
    await start(metrics, *[each for day in range(1, 100) for each in ratings(5, 15, day)])
    assert await alerts(metrics) == {}


async def test_requests_without_answer_are_raised_and_cleared(metrics: Metrics) -> None:
    opened = [lives.opened(on(20), answer_due=on(10), service_id="town.potholes") for _ in range(30)]
    await start(metrics, *opened)
    alert = await only(metrics, "input-unanswered")
    assert (alert["evidence"]["due"], alert["evidence"]["unanswered"], alert["evidence"]["share"]) == (30, 30, 1.0)
    more = [lives.opened(on(8), answer_due=on(1), service_id="town.potholes") for _ in range(60)]
    answers = [lives.answered(on(8), on(7), on(1), service_id="town.potholes", request_id=e.request_id) for e in more]
    await metrics.receive(*more, *answers)
    await metrics.watch_all()
    assert (await cleared(metrics, "input-unanswered"))["evidence"]["unanswered"] == 30


async def test_input_from_one_district_alone_is_raised_and_cleared(metrics: Metrics) -> None:
    here = [each for day in range(30, 0, -1) for each in ratings(day % 5 + 1, 2, day, district="north")]
    await start(metrics, district("north", 1_000), district("south", 9_000), *here)
    alert = await only(metrics, "participation-biased")
    assert alert["evidence"]["high"] < 0.7
    assert "north" not in str(alert)
    there = [each for day in range(90, 0, -1) for each in ratings(day % 5 + 1, 6, day, district="south")]
    await metrics.receive(*there)
    await metrics.watch_all()
    assert (await cleared(metrics, "participation-biased"))["because"] == "eased"


async def test_a_score_that_fell_is_raised_and_cleared(metrics: Metrics) -> None:
    good = [each for day in range(150, 30, -1) for each in ratings(5, 3, day)]
    bad = [each for day in range(25, 0, -1) for each in ratings(1, 6, day)]
    await start(metrics, *good, *bad)
    alert = (await alerts(metrics, state="open"))["score-dropped"]
    evidence = alert["evidence"]
    assert evidence["high"] < evidence["low_before"]
    assert evidence["points"] == pytest.approx(evidence["score_before"] - evidence["score"], abs=2e-6)
    explained = await metrics.get("/v1/services/town.potholes/score", as_of=evidence["compared_with"])
    assert explained["dimensions"]["effectiveness"]["score"] == evidence["score_before"]
    await metrics.receive(*[lives.erased_rating(each, NOW) for each in bad])
    await metrics.watch_all()
    assert (await cleared(metrics, "score-dropped"))["because"] in ("eased", "thin")


def partnership(name: str, *partners: str, version: int = 1, **more: Any) -> PartnershipChanged:
    return PartnershipChanged(
        id=f"town.{name}", jurisdiction_id="town", name=name, version=version, changed_at=NOW, kind="contract",
        partners=tuple(Partner(organisation_id=f"town.{each}") for each in partners), service_ids=("town.potholes",),
        **more,
    )  # fmt: skip


async def test_a_partner_in_most_ties_is_raised_and_cleared(metrics: Metrics) -> None:
    over = (Term(starts_on=today() - 90 * DAY, ends_on=today() - DAY),)
    await start(
        metrics, partnership("a", "acme", "other"), partnership("b", "acme"), partnership("c", "acme"),
        partnership("old", "third", "fourth", "fifth", terms=over),
    )  # fmt: skip
    alert = await only(metrics, "partner-dominant")
    assert alert["evidence"] == {"ties": 4, "partner_id": "town.acme", "ties_of_partner": 3, "share": 0.75}
    await metrics.receive(partnership("c", "third", "fourth", "fifth", version=2))
    await metrics.watch_all()
    assert (await cleared(metrics, "partner-dominant"))["evidence"]["share"] == pytest.approx(1 / 3, abs=1e-6)


async def test_a_service_that_falls_silent_is_raised_and_cleared_by_its_next_event(metrics: Metrics) -> None:
    await start(metrics, *usual(first=90, last=40))
    alert = await only(metrics, "events-silent")
    assert (alert["evidence"]["silent_days"], alert["evidence"]["longest_pause"]) == (40, 0)
    assert "51 of 51 days, and the longest pause was 0 days. The chance of such a silence is 2.08e-81" in alert["words"]
    await metrics.receive(rating(3))
    await metrics.watch_all()
    await cleared(metrics, "events-silent")


async def test_a_service_that_is_no_longer_offered_may_be_silent(metrics: Metrics) -> None:
    retired = msgspec.structs.replace(service(version=2), status="retired")
    await start(metrics, *usual(first=90, last=40))
    await metrics.receive(retired)
    await metrics.watch_all()
    assert (await cleared(metrics, "events-silent"))["because"] == "thin"


async def test_a_service_that_always_has_long_pauses_may_be_silent(metrics: Metrics) -> None:
    await start(metrics, *[each for day in range(330, 20, -30) for each in ratings(3, 1, day)])
    assert await alerts(metrics) == {}


async def test_thin_evidence_raises_nothing(metrics: Metrics) -> None:
    unanswered = [lives.opened(on(20), answer_due=on(10), service_id="town.potholes") for _ in range(3)]
    await start(
        metrics, district("north", 1_000), district("south", 9_000), *ratings(1, 6, 1, district="north"), *unanswered,
        partnership("a", "acme"), *solved(opened=on(60), took=HOUR),
    )  # fmt: skip
    assert await alerts(metrics) == {}
    assert await published(metrics) == []


# How alerts are kept and told


async def test_what_is_told_is_what_is_kept_and_shown_and_is_told_once(metrics: Metrics) -> None:
    await start(metrics, *usual(first=90, last=40))
    [raised] = await published(metrics)
    await metrics.receive(service(version=2))
    await metrics.watch_all()
    assert await published(metrics) == [raised]
    assert isinstance(raised, AlertRaised)
    shown = await metrics.get(f"/v1/alerts/{raised.id}")
    told = msgspec.to_builtins(raised)
    assert {name: shown[name] for name in told} == told
    assert [each["state"] for each in shown["history"]] == ["open"]
    await metrics.receive(rating(3))
    await metrics.watch_all()
    _, cleared = await published(metrics)
    assert isinstance(cleared, AlertCleared)
    assert (cleared.number, cleared.raised_as_of, cleared.because) == (1, raised.as_of, Because.EASED)
    assert (cleared.rule, cleared.as_of, cleared.jurisdiction_id) == ("events-silent", today(), "town")
    history = (await metrics.get(f"/v1/alerts/{raised.id}"))["history"]
    assert [each["state"] for each in history] == ["cleared", "open"]


async def test_an_alert_between_its_bounds_stays_as_it_is(metrics: Metrics) -> None:
    """Of 30 due, 24 unanswered raise; of 60 due, 30 are neither enough to raise nor few enough to clear."""

    def requests(number: int, answered: int) -> list[Contract]:
        opened = [lives.opened(on(20), answer_due=on(10), service_id="town.potholes") for _ in range(number)]
        answers = [
            lives.answered(on(20), on(19), on(10), service_id="town.potholes", request_id=each.request_id)
            for each in opened[:answered]
        ]
        return [*opened, *answers]

    await start(metrics, *requests(60, 30))
    assert await alerts(metrics) == {}
    await metrics.receive(*requests(30, 0))
    await metrics.watch_all()
    await only(metrics, "input-unanswered")
    await metrics.receive(*requests(30, 30))
    await metrics.watch_all()
    await only(metrics, "input-unanswered")
    assert len(await published(metrics)) == 1


async def test_an_alert_that_is_raised_again_is_the_same_with_a_higher_number(metrics: Metrics) -> None:
    burst = [each for value in (1, 2, 3, 4, 5) for each in ratings(value, 12, 2)]
    await start(metrics, *usual(), *burst)
    await metrics.receive(*[lives.erased_rating(each, NOW) for each in burst])
    await metrics.watch_all()
    await metrics.receive(*[each for value in (1, 2, 3, 4, 5) for each in ratings(value, 12, 2)])
    await metrics.watch_all()
    assert [(type(each).__name__, each.number) for each in await published(metrics)] == [
        ("AlertRaised", 1), ("AlertCleared", 1), ("AlertRaised", 2),
    ]  # fmt: skip


async def test_on_a_new_day_every_service_is_looked_at(metrics: Metrics) -> None:
    """Bursts are forgotten with time, and nothing has to happen for it."""
    await start(metrics, *usual(), *[each for value in (1, 2, 3, 4, 5) for each in ratings(value, 12, 2)])
    later = today() + timedelta(days=13)
    assert await metrics.watcher.step(later) == 1
    assert await metrics.watcher.step(later) == 0
    assert (await cleared(metrics, "ratings-burst"))["as_of"] == later.isoformat()


async def test_an_older_look_never_undoes_a_newer_one(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), *usual(first=90, last=40))
    await metrics.score_all()
    slow, quick, day = Watcher(metrics.database), Watcher(metrics.database), today()
    seen = await slow._look(day)
    await metrics.receive(rating(1))
    await metrics.score_all()
    assert await quick.step() == 1
    await slow._publish(seen.touched, day, slow._examine(seen, day))
    assert await published(metrics) == []


async def test_several_watchers_together_tell_each_alert_once(metrics: Metrics) -> None:
    names = [f"s{n}" for n in range(20)]
    silent = [each for n in names for day in range(60, 30, -1) for each in ratings(day % 5 + 1, 1, day, service=n)]
    await metrics.receive(jurisdiction(), *map(service, names), *silent)
    await metrics.score_all()
    watchers = [Watcher(metrics.database, pause_seconds=0) for _ in range(3)]
    while any(await asyncio.gather(*(each.step() for each in watchers))):
        pass
    assert sorted(each.id for each in await published(metrics)) == sorted(f"town.{n}@events-silent" for n in names)


async def test_alerts_are_told_in_the_transaction_that_keeps_them(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    await metrics.receive(jurisdiction(), service(), *usual(first=90, last=40))
    await metrics.score_all()

    async def failing(*_: Any) -> None:
        raise OSError("the connection was lost")

    with monkeypatch.context() as broken:
        broken.setattr("services.metrics.alerts.watcher.append", failing)
        with pytest.raises(OSError, match="lost"):
            await metrics.watcher.step()
    assert (await alerts(metrics), await published(metrics)) == ({}, [])
    await metrics.watch_all()
    assert len(await published(metrics)) == 1


# Taking note


@pytest.fixture
async def staff(metrics: Metrics) -> dict[str, str]:
    return await key(metrics, "Works", "metrics:staff")


async def key(metrics: Metrics, name: str, *scopes: str) -> dict[str, str]:
    new = new_key()
    async with transaction(metrics.database) as database:
        await ensure_key(database, new, name, scopes)
    return {"Authorization": f"Bearer {new}"}


BURST, SILENT = "town.potholes@ratings-burst", "town.potholes@events-silent"
NOTE = {"note": "A campaign of ours"}


async def acknowledge(metrics: Metrics, id: str, headers: dict[str, str], **said: Any) -> tuple[int, Any]:
    answer = await metrics.http.post(f"/v1/alerts/{id}/acknowledgement", json={**NOTE, **said}, headers=headers)
    return answer.status_code, answer.json()


async def take_back(metrics: Metrics, id: str, headers: dict[str, str]) -> int:
    return (await metrics.http.delete(f"/v1/alerts/{id}/acknowledgement", headers=headers)).status_code


async def told(metrics: Metrics) -> list[Contract]:
    """What the outbox says of acknowledgements, each under a key of its own."""
    async with connection(metrics.database) as database:
        rows = await database.fetch(
            "SELECT payload, type, aggregateid FROM outbox WHERE type LIKE 'metrics.alert.ack%' ORDER BY part, seq"
        )
    assert {row["aggregateid"] for row in rows} <= {f"{id}@acknowledgement" for id in (BURST, SILENT)}
    return [msgspec.json.decode(row["payload"], type=TYPES[row["type"]]) for row in rows]


def burst() -> list[RatingGiven]:
    return [each for value in (1, 2, 3, 4, 5) for each in ratings(value, 12, 2)]


async def test_staff_takes_note_of_an_alert_and_takes_it_back(metrics: Metrics, staff: dict[str, str]) -> None:
    await start(metrics, *usual(), *burst())
    assert (await only(metrics, "ratings-burst"))["acknowledgement"] is None
    status, answer = await acknowledge(metrics, BURST, staff, number=1)
    assert status == 201
    assert (answer["acknowledgement"]["note"], answer["acknowledgement"]["by"]) == (NOTE["note"], "Works")
    assert (await only(metrics, "ratings-burst"))["acknowledgement"] == answer["acknowledgement"]
    assert (await metrics.get(f"/v1/alerts/{BURST}"))["acknowledgement"] == answer["acknowledgement"]
    assert await acknowledge(metrics, BURST, staff) == (200, answer)
    [noted] = await told(metrics)
    assert isinstance(noted, AlertAcknowledged)
    assert (noted.id, noted.number, noted.jurisdiction_id) == (BURST, 1, "town")
    for acknowledged, number in (("true", 1), ("false", 0)):
        assert len((await metrics.get("/v1/alerts", acknowledged=acknowledged))["items"]) == number
    assert [await take_back(metrics, BURST, staff) for _ in range(2)] == [204, 204]
    assert (await only(metrics, "ratings-burst"))["acknowledgement"] is None
    _, withdrawn = await told(metrics)
    assert isinstance(withdrawn, AlertAcknowledgementWithdrawn)
    assert withdrawn.acknowledged_at == noted.acknowledged_at
    assert NOTE["note"] not in str(await told(metrics))
    assert (await acknowledge(metrics, BURST, staff, note="Seen to"))[0] == 201


async def test_an_alert_that_is_raised_anew_is_to_be_acknowledged_anew(metrics: Metrics, staff: dict[str, str]) -> None:
    first = burst()
    await start(metrics, *usual(), *first)
    assert (await acknowledge(metrics, BURST, staff))[0] == 201
    await metrics.receive(*[lives.erased_rating(each, NOW) for each in first])
    await metrics.watch_all()
    assert (await cleared(metrics, "ratings-burst"))["acknowledgement"]["by"] == "Works"
    await metrics.receive(*burst())
    await metrics.watch_all()
    assert (await only(metrics, "ratings-burst"))["acknowledgement"] is None
    assert len((await metrics.get("/v1/alerts", acknowledged=False, state="open"))["items"]) == 1
    status, answer = await acknowledge(metrics, BURST, staff, number=1)
    assert (status, answer["type"]) == (409, "urn:civicloop:problem:raised-anew")
    assert (await acknowledge(metrics, BURST, staff, number=2))[0] == 201


async def test_what_cannot_be_acknowledged_is_refused(metrics: Metrics, staff: dict[str, str]) -> None:
    await start(metrics, *usual(first=90, last=40))
    other, citizen = await key(metrics, "Police", "metrics:staff"), await key(metrics, "A shop", "feedback:write")
    assert (await acknowledge(metrics, SILENT, {}))[0] == 401
    assert (await acknowledge(metrics, SILENT, citizen))[0] == 403
    assert [await take_back(metrics, SILENT, each) for each in ({}, citizen)] == [401, 403]
    assert (await acknowledge(metrics, BURST, staff))[0] == 404
    assert await take_back(metrics, BURST, staff) == 404
    for said in (
        {"note": " "}, {"note": "\0"}, {"note": "x" * 4_001}, {"note": None}, {"number": 0}, {"number": 2**31},
        {"number": True}, {"number": "NaN"}, {"by": "Mayor"},
    ):  # fmt: skip
        assert (await acknowledge(metrics, SILENT, staff, **said))[0] == 422, said
    assert (await acknowledge(metrics, SILENT, staff))[0] == 201
    for headers, note in ((other, NOTE["note"]), (staff, "Other words")):
        status, answer = await acknowledge(metrics, SILENT, headers, note=note)
        assert (status, answer["type"]) == (409, "urn:civicloop:problem:acknowledged-before")
        assert "By Works" in answer["detail"]
    await take_back(metrics, SILENT, other)
    await metrics.receive(rating(3))
    await metrics.watch_all()
    status, answer = await acknowledge(metrics, SILENT, staff)
    assert (status, answer["type"]) == (409, "urn:civicloop:problem:alert-cleared")
    assert len(await told(metrics)) == 2


async def test_of_many_who_acknowledge_at_once_one_is_first(metrics: Metrics, staff: dict[str, str]) -> None:
    await start(metrics, *usual(first=90, last=40))
    answers = await asyncio.gather(*(acknowledge(metrics, SILENT, staff, note=f"{n % 2}") for n in range(8)))
    assert sorted(status for status, _ in answers) == [200, 200, 200, 201, 409, 409, 409, 409]
    assert len(await told(metrics)) == 1


# Asking


async def test_alerts_are_found_by_what_they_are_about_page_by_page(metrics: Metrics) -> None:
    names = [f"s{n}" for n in range(5)]
    silent = [each for n in names for day in range(60, 30, -1) for each in ratings(day % 5 + 1, 1, day, service=n)]
    await metrics.receive(jurisdiction(), *map(service, names), *silent)
    await metrics.watch_all()
    ids, cursor = [], {}
    while True:
        page = await metrics.get("/v1/alerts", limit=2, **cursor)
        ids += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert sorted(ids) == [f"town.{name}@events-silent" for name in names]
    for query, number in [
        ({"jurisdiction_id": "town"}, 5), ({"jurisdiction_id": "city"}, 0), ({"service_id": "town.s1"}, 1),
        ({"rule": "ratings-burst"}, 0), ({"rule": "events-silent", "state": "open"}, 5), ({"state": "cleared"}, 0),
    ]:  # fmt: skip
        assert len((await metrics.get("/v1/alerts", **query))["items"]) == number, query


async def test_what_makes_no_sense_is_refused(metrics: Metrics) -> None:
    assert await metrics.problem("/v1/alerts/town.potholes@events-silent") == (404, "unknown-alert")
    for path, query in [
        ("/v1/alerts", {"rule": "moon"}), ("/v1/alerts", {"state": "NaN"}), ("/v1/alerts", {"service_id": "\0"}),
        ("/v1/alerts/potholes", {}), ("/v1/alerts", {"limit": 0}),
    ]:  # fmt: skip
        assert (await metrics.problem(path, **query))[0] == 422, (path, query)
    for cursor in ("moon", "WzEuNV0", "WzFlOTld", "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMF0", "W3RydWVd"):
        assert await metrics.problem("/v1/alerts", cursor=cursor) == (400, "bad-cursor")


async def test_rules_tell_their_thresholds_and_how_often_they_are_wrong(metrics: Metrics) -> None:
    rules = (await metrics.get("/v1/alert-rules"))["items"]
    assert [each["id"] for each in rules] == list(RULES)
    assert all(each["thresholds"] and each["expected_false_alarms"] for each in rules)


# Chance


def test_tails_are_those_of_their_distributions() -> None:
    assert share_tail(2, 3, 0.5) == pytest.approx(0.5)
    assert share_tail(20, 20, 0.2) == pytest.approx(0.2**20)
    # Many usual days leave no doubt of the rate: Poisson, P(X >= 5) of mean 1.
    assert count_tail(5, 100_000, 100_000) == pytest.approx(0.003659847, rel=1e-3)
    assert count_tail(0, 10, 10) == 1.0
    assert count_tail(10**6, 1, 10**4) == 0.0
    # Wilson's lower end, as Brown, Cai and DasGupta (2001) give the formula.
    assert lowest_share(14, 20) == pytest.approx(0.516, abs=1e-3)
    assert lowest_share(0, 20) == 0.0


def test_ids_of_alerts_are_no_ids_of_entities() -> None:
    """On a compacted topic they must not take the place of a service's score."""
    from services.metrics.alerts.states import alert_id
    from shared.contracts.base import is_entity_id

    assert not any(is_entity_id(alert_id("town.potholes", rule)) for rule in RULES)
