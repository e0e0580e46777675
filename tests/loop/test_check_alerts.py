"""A town with every pitfall that rules look for; what metrics' worker then says wrongly of them, the check catches."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from deploy.checker import findings
from deploy.checker.report import Report
from services.metrics.alerts import handlers, rules, states, store, tails, watcher
from services.metrics.channels import store as channels
from shared.contracts import catalog
from shared.contracts.catalog import PartnershipChanged
from shared.contracts.catalog.actors import Partner
from shared.database import engine, transaction
from shared.outbox.append import append, outgoing
from tests.loop.loop import Loop, on_own_broker
from tests.loop.town import DAY, NOW, Town, write_catalogue

NOON = NOW.replace(hour=12, minute=0, second=0, microsecond=0) - DAY
OPEN = {
    "town.potholes@input-unanswered", "town.potholes@participation-biased", "town.potholes@score-dropped",
    "town.lamps@ratings-burst", "town.lamps@ratings-alike", "town.lamps@score-dropped",
    "town.trees@events-silent", "town.trees@partner-dominant", "town.potholes@channel-dominant",
}  # fmt: skip
HOLDS, DOES_NOT = "is not open; by the recount the rule holds", "is open; by the recount the rule does not hold"


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory, fresh_database: Callable[[str], str]) -> Iterator[Loop]:
    with on_own_broker(tmp_path_factory.mktemp("troubled"), fresh_database) as loop:
        asyncio.run(_trouble(loop))
        yield loop


async def _trouble(loop: Loop) -> None:
    async with loop.database("catalog") as connection:
        await write_catalogue(connection)
        async with connection.transaction():
            ties = [_partnership("first", "uni", "lab"), *(_partnership(name, "uni") for name in ("second", "third"))]
            await append(connection, [outgoing(catalog.TOPIC, tie.id, tie, NOW) for tie in ties])
    async with loop.database("feedback") as connection:
        town = Town(connection)
        await _potholes(town)
        await _lamps(town)
        for ago in range(40, 60):
            await town.rate("town.trees", 3, NOON - ago * DAY)
    await loop.settle()
    assert await loop.count_by_channel()
    await loop.settle()


def _partnership(name: str, *partners: str) -> PartnershipChanged:
    return PartnershipChanged(
        id=f"town.{name}", jurisdiction_id="town", name=name, version=1, changed_at=NOW, kind="contract",
        partners=tuple(Partner(organisation_id=f"town.{each}") for each in partners), service_ids=("town.trees",),
    )  # fmt: skip


async def _potholes(town: Town) -> None:
    """Whose requests stay without answer, whose ratings fall, from one district, and nearly all by phone."""
    for ago in range(60, 32, -1):
        await town.rate("town.potholes", 5, NOON - ago * DAY, "town.south", "Phone")
        await town.rate("town.potholes", 5, NOON - ago * DAY, "town.south", "phone ")
    for ago in range(24, 0, -1):
        await town.rate("town.potholes", 1, NOON - ago * DAY, "town.south", "phone")
        await town.rate("town.potholes", 1, NOON - ago * DAY, "town.south", "phone")
        await town.request("town.potholes", ago=ago * DAY)


async def _lamps(town: Town) -> None:
    """Which one day is rated by many, and all alike. Of what was due, two in five had no answer."""
    for ago in range(60, 2, -1):
        await town.rate("town.lamps", ago % 5 + 1, NOON - ago * DAY)
    for _ in range(30):
        await town.rate("town.lamps", 5, NOON - DAY)
    for number in range(25):
        request = await town.request("town.lamps", ago=3 * DAY)
        if number % 5 > 1:
            await town.step(request, "answered", request.opened_at)


async def alerts(loop: Loop) -> set[str]:
    async with loop.database("metrics") as connection:
        return {row["id"] for row in await connection.fetch("SELECT id FROM alert WHERE open")}


async def looked_at_again(loop: Loop) -> tuple[set[str], Report]:
    """A copy after the worker has looked once more: the alerts that are open, and what the check says."""
    again = await loop.copy()
    await again.execute("metrics", "UPDATE service_activity SET touched = touched + 1")
    await again.settle()
    return await alerts(again), await again.check()


def wrong(report: Report) -> dict[str, str]:
    """What is wrong with which alert."""
    assert report.findings.counts.keys() <= {"wrong"}
    said = (sample.removeprefix("alert ").partition(" ") for sample in report.findings.samples["wrong"])
    return {id_: what for id_, _, what in said}


async def test_alerts_that_are_raised_rightly_pass(troubled: Loop) -> None:
    assert await alerts(troubled) == OPEN
    open_, report = await looked_at_again(troubled)
    assert (open_, report.passed) == (OPEN, True), "\n".join(report.lines())
    assert (report.figures["alerts"], report.figures["rules"], report.figures["rules_left_out"]) == (9, 24, 0)


def _turned(look: Any, thresholds: Mapping[str, float]) -> Any:
    return _SCORE_DROPPED.judge(look._replace(now=look.before, before=look.now), thresholds)


async def _no_ties(*_: Any) -> dict[str, Any]:
    return {}


_SCORE_DROPPED = rules.RULES["score-dropped"]
FALLEN = {"town.potholes@score-dropped": HOLDS, "town.lamps@score-dropped": HOLDS}
BUGS: dict[str, tuple[Any, str, Any, dict[str, str]]] = {
    "the sign of a fall": (_SCORE_DROPPED, "judge", _turned, FALLEN),
    "the score before is that of the same day": (watcher, "_before", lambda day: day, FALLEN),
    "the sign of an interval": (tails, "Z", -tails.Z, {"town.lamps@input-unanswered": DOES_NOT}),
    "the other tail": (
        rules, "count_tail", lambda *each: 1 - tails.count_tail(*each), {"town.lamps@ratings-burst": HOLDS},
    ),
    "the probability of failure": (
        rules, "share_tail", lambda successes, trials, share: tails.share_tail(successes, trials, 1 - share),
        {"town.lamps@ratings-alike": HOLDS},
    ),
    "ties that are not read": (store, "ties_of", _no_ties, {"town.trees@partner-dominant": HOLDS}),
    "channels that are not read": (channels, "uses_of", _no_ties, {"town.potholes@channel-dominant": HOLDS}),
    "services that are taken for retired": (watcher, "RUNNING", ("retired",), {"town.trees@events-silent": HOLDS}),
}  # fmt: skip


LATER = {"the score before is that of the same day"}
"""What shows in the same alerts as another bug, and so cannot be seeded together with it."""


@pytest.mark.parametrize("seeded", [sorted(BUGS.keys() - LATER), sorted(LATER)], ids=["most", "the rest"])
async def test_rules_with_bugs_are_wrong(troubled: Loop, monkeypatch: pytest.MonkeyPatch, seeded: list[str]) -> None:
    monkeypatch.setattr(findings, "SAMPLES", 50)
    expected: dict[str, str] = {}
    for module, name, bug, comes_of_it in (BUGS[each] for each in seeded):
        if isinstance(module, rules.Rule):
            monkeypatch.setitem(rules.RULES, module.id, module._replace(**{name: bug}))
        else:
            monkeypatch.setattr(module, name, bug)
        expected |= comes_of_it
    _, report = await looked_at_again(troubled)
    assert wrong(report) == expected


THRESHOLDS: dict[str, tuple[dict[str, float], dict[str, str]]] = {
    "score-dropped": ({"points": 100, "points_clear": 100}, FALLEN),
    "participation-biased": ({"high": 0.01, "high_clear": 0.02}, {"town.potholes@participation-biased": HOLDS}),
    "input-unanswered": ({"low": 0.1}, {"town.lamps@input-unanswered": DOES_NOT}),
    "channel-dominant": ({"inputs": 500, "inputs_clear": 400}, {"town.potholes@channel-dominant": HOLDS}),
    "ratings-burst": ({"days": 1}, {"town.lamps@ratings-burst": HOLDS}),
    "ratings-alike": ({"usual_ratings": 300}, {"town.lamps@ratings-alike": HOLDS}),
    "events-silent": ({"active_days": 30}, {"town.trees@events-silent": HOLDS}),
    "partner-dominant": ({"ties": 5}, {"town.trees@partner-dominant": HOLDS}),
}
"""Of which rule what is changed; what comes of it."""


async def test_thresholds_that_were_changed_are_wrong_and_so_is_what_comes_of_them(
    troubled: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "SAMPLES", 50)
    expected: dict[str, str] = {}
    for rule, (changes, comes_of_it) in THRESHOLDS.items():
        right = rules.RULES[rule]
        monkeypatch.setitem(rules.RULES, rule, right._replace(thresholds={**right.thresholds, **changes}))
        expected |= comes_of_it
    _, report = await looked_at_again(troubled)
    samples = report.findings.samples["wrong"]
    assert all(any(f" tells of {rule} " in sample for sample in samples) for rule in THRESHOLDS)
    found = wrong(report)
    del found["/v1/alert-rules"]
    assert found == expected


async def test_an_alert_that_is_never_cleared_is_wrong(troubled: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    eased = await troubled.copy()
    monkeypatch.setattr(states, "CLEARED_BECAUSE", {})
    async with eased.database("feedback") as connection:
        await Town(connection, seed=2).rating("town.trees", ago=DAY)
    await eased.settle()
    assert wrong(await eased.check()) == {"town.trees@events-silent": DOES_NOT}
    monkeypatch.undo()
    await eased.execute("metrics", "UPDATE service_activity SET touched = touched + 1")
    await eased.settle()
    assert (await eased.check()).passed


async def test_an_alert_that_is_never_raised_is_wrong(troubled: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a watcher that notes its look and dies, where both are not one transaction."""
    worse = await troubled.copy()
    monkeypatch.setattr(watcher, "changes", lambda *_: ())
    async with worse.database("feedback") as connection:
        town = Town(connection, seed=2)
        for number in range(40):
            await town.rate("town.potholes", number % 5 + 1, NOON)
    await worse.settle()
    assert wrong(await worse.check()) == {"town.potholes@ratings-burst": HOLDS}


async def test_a_score_by_priors_that_have_changed_since_is_not_judged(troubled: Loop) -> None:
    """Metrics looks at it again on the next day."""
    moved = await troubled.copy()
    async with moved.database("feedback") as connection:
        await Town(connection, seed=2).rate("town.lamps", 1, NOON)
    await moved.settle()
    report = await moved.check()
    assert (report.passed, report.figures["rules"], report.figures["rules_left_out"]) == (True, 19, 5)


@pytest.mark.parametrize(
    "change", ["SET told = told + 1", "SET channel = 'web' WHERE channel = 'phone'", "SET untold = untold - 1"]
)
async def test_inputs_that_were_counted_by_another_channel_are_wrong(troubled: Loop, change: str) -> None:
    broken = await troubled.clone()
    await broken.execute("metrics", f"UPDATE channel_use {change}")
    report = await broken.check()
    assert report.findings.counts["wrong"] > 0
    assert all(text.startswith("channel_use town.") for text in report.findings.samples["wrong"])


async def test_an_acknowledgement_that_is_told_otherwise_is_wrong(troubled: Loop) -> None:
    noted = await troubled.copy()
    database = engine(noted.urls["metrics"])
    for id_ in ("town.trees@events-silent", "town.trees@partner-dominant"):
        async with transaction(database) as connection:
            await handlers.acknowledge(connection, id_, store.Acknowledgement("Seen", "Works", NOW), 1)
    async with transaction(database) as connection:
        await handlers.withdraw_acknowledgement(connection, "town.trees@events-silent", NOW + DAY)
    await database.dispose()
    await noted.settle()
    report = await noted.check()
    assert report.passed, "\n".join(report.lines())
    for change, found in (
        ("UPDATE alert_acknowledgement SET acknowledged_at = now()", "the topic says (1, "),
        ("DELETE FROM alert_acknowledgement", "the topic says (1, "),
        (
            "INSERT INTO alert_acknowledgement VALUES ('town.lamps@ratings-burst', 1, '', '', now())",
            "says None; the table",
        ),
    ):
        changed = await noted.clone()
        await changed.execute("metrics", change)
        assert any(found in said for said in wrong(await changed.check()).values()), change


async def test_an_open_alert_of_no_service_is_wrong(troubled: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "SAMPLES", 50)
    strange = await troubled.clone()
    for table, id_ in (("alert", "id"), ("alert_change", "alert_id")):
        await strange.execute(
            "metrics", f"UPDATE {table} SET {id_} = 'town.moon@events-silent' WHERE {id_} = 'town.trees@events-silent'"
        )
    found = wrong(await strange.check())
    assert found["town.moon@events-silent"] == "is open; there is no such service or no such rule"
    assert found["town.trees@events-silent"] == HOLDS
