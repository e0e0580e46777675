"""The whole check, in order: wait for rest, read the topics, recount, compare."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import asyncpg
from aiokafka.errors import KafkaError

from deploy.checker import alerts, channels, copies, facts, idle, rules
from deploy.checker.addresses import SERVICES, Addresses, CannotCheck, dead_letters
from deploy.checker.copies import Catalogue
from deploy.checker.delivery import Delivered, Delivery, Source
from deploy.checker.facts import Facts, Gone
from deploy.checker.findings import Findings
from deploy.checker.model import Case, Score, Tally, score
from deploy.checker.parts import Parts, connected
from deploy.checker.positions import Positions
from deploy.checker.published import MetricsApi, Published
from deploy.checker.recount import Evidence, Recount
from deploy.checker.report import Report
from deploy.checker.rules import Look, Verdict
from deploy.checker.witness import FeedbackWitness, StateWitness

SCORE = "metrics.score.changed.v1"


async def check(addresses: Addresses, patience: float, say: Callable[[str], None] = lambda text: None) -> Report:
    """Waits up to `patience` seconds for the loop to be idle, then checks it. Raises CannotCheck.

    Input that arrives meanwhile makes it start again, as long as there is time. `say` hears what is being done.
    """
    deadline = time.monotonic() + patience
    try:
        async with connected(addresses) as parts:
            while True:
                behind = await idle.wait(parts, deadline, say)
                before = await idle.input_so_far(parts)
                report = await Examination(parts, behind, datetime.now(UTC).date(), say).run()
                if await idle.input_so_far(parts) == before:
                    return report
                if time.monotonic() > deadline:
                    report.behind.append("input arrived during the check")
                    return report
    except (asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError, OSError) as error:
        raise CannotCheck(f"a part of the loop failed during the check: {error!r}\nIs the stack running?") from error


class Expected(NamedTuple):
    """The score of a service, and how the alert of each rule must stand."""

    score: Score
    verdicts: dict[str, Verdict]


class Examination:
    """One look at everything, by one snapshot of each database."""

    def __init__(self, parts: Parts, behind: list[str], as_of: date, say: Callable[[str], None]) -> None:
        self._parts = parts
        self._behind = behind
        self._as_of = as_of
        self._say = say
        self._findings = Findings()
        self._feedback = FeedbackWitness()
        self._catalogue = StateWitness()
        self._scores = StateWitness()

    async def run(self) -> Report:
        started = time.monotonic()
        async with self._snapshots():
            self._say("reading the topics")
            delivered = await self._examine_topics()
            self._say("comparing them with feedback's rows")
            found = await self._examine_facts(delivered["feedback"])
            figures = await self._examine_positions(delivered)
            self._say("recounting buckets and scores")
            figures |= await self._recount(found.gone)
        figures["redelivered"] = sum(each.redelivered for each in delivered.values())
        figures["foreign"] = sum(each.foreign for each in delivered.values())
        figures["seconds"] = round(time.monotonic() - started, 1)
        return Report(found.events, self._findings, self._behind, figures)

    @asynccontextmanager
    async def _snapshots(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for service in SERVICES:
                snapshot = self._parts.databases[service].transaction(isolation="repeatable_read", readonly=True)
                await stack.enter_async_context(snapshot)
            yield

    async def _examine_topics(self) -> dict[str, Delivered]:
        catalogue, feedback, scores = self._parts.addresses.topics
        refused = dead_letters(catalogue), dead_letters(feedback)
        sources = (
            (Source("catalog", catalogue, (), gaps=True), self._catalogue.take),
            (Source("feedback", feedback, refused[:1], gaps=False), self._feedback.take),
            (Source("metrics", scores, refused, gaps=True), self._scores.take),
        )
        return {
            source.service: await Delivery(self._parts, source, self._findings, witness).examine()
            for source, witness in sources
        }

    async def _examine_facts(self, delivered: Delivered) -> Facts:
        found = await facts.compare_rows(self._parts.databases["feedback"], self._feedback, delivered, self._findings)
        await facts.compare_effects(self._parts.databases["metrics"], self._feedback, self._findings)
        return found

    async def _examine_positions(self, delivered: dict[str, Delivered]) -> dict[str, int | float]:
        topics, waiting = self._parts.addresses.topics, 0
        refused = 0
        for service, sources in (("feedback", ("catalog",)), ("metrics", ("catalog", "feedback"))):
            positions = Positions(self._parts, service, self._findings, idle=not self._behind)
            for source in sources:
                await positions.compare(source, getattr(topics, source), delivered[source].reached)
            waiting += await positions.parked()
            refused += await positions.dead_letters()
        return {"parked": waiting, "dead_letters": refused}

    async def _recount(self, gone: Gone) -> dict[str, int | float]:
        feedback, metrics = self._parts.databases["feedback"], self._parts.databases["metrics"]
        known = copies.catalogue(self._catalogue)
        for service, database in (("feedback", feedback), ("metrics", metrics)):
            await copies.compare(service, database, known, self._findings)
        recount, evidence = Recount(feedback, metrics, self._findings, gone), Evidence(self._as_of)
        await recount.compare(evidence, self._feedback.taken_back)
        uses = await channels.recount(feedback, self._as_of)
        recomputed = Recomputed(known, evidence, uses)
        await recount.compare_services(recomputed.add)
        services = await asyncio.to_thread(self._compare_published, recomputed.all())
        topic = self._parts.addresses.topics.feedback
        by_channel = await channels.compare(metrics, topic, self._as_of, uses, self._findings)
        figures = await self._examine_alerts(recomputed.all(), by_channel=by_channel)
        return {"buckets": recount.buckets, "sketches": recount.sketches, "services": services, **figures}

    async def _examine_alerts(self, expected: Mapping[str, Expected], *, by_channel: bool) -> dict[str, int | float]:
        metrics, api = self._parts.databases["metrics"], self._parts.addresses.metrics
        stored = await alerts.compare(metrics, self._scores, api, self._findings)
        looks = await alerts.looks(metrics, self._as_of, self._scores.newest[SCORE], by_channel=by_channel)
        judged = alerts.Judged(looks, stored, self._findings)
        judged.compare({service: found.verdicts for service, found in expected.items()})
        return {"alerts": len(stored), "rules": judged.rules, "rules_left_out": judged.left_out}

    def _compare_published(self, expected: Mapping[str, Expected]) -> int:
        newest: dict[str, Any] = self._scores.newest[SCORE]
        with closing(MetricsApi(self._parts.addresses.metrics)) as api:
            published = Published(api, self._as_of, self._findings, newest)
            for service, found in expected.items():
                published.compare(service, found.score)
        return published.services


class Recomputed:
    """What is to be expected of every service of the catalogue, from recounted buckets."""

    def __init__(self, known: Catalogue, evidence: Evidence, uses: Mapping[str, channels.Use]) -> None:
        self._known = known
        self._evidence = evidence
        self._uses = uses
        self._services: dict[str, Expected] = {}

    def add(self, service: str, days: Tally) -> None:
        """Scores and judges one service; one that the catalogue does not know is only counted."""
        if service in self._known.entities["service"]:
            day = self._evidence.as_of
            now, before = (score(self._case(service, days, each)) for each in (day, day - rules.BEFORE))
            offered = self._known.entities["service"][service].get("status") in rules.OFFERED
            use = self._uses.get(service, channels.Use())
            ties = self._known.ties(service, day)
            look = Look(day, days, now, before, ties, offered, use.told, use.of_channel)
            self._services[service] = Expected(now, rules.judge(look))

    def all(self) -> dict[str, Expected]:
        """Those with events, and those without."""
        for service in self._known.entities["service"].keys() - self._services.keys():
            self.add(service, Tally())
        return dict(sorted(self._services.items()))

    def _case(self, service: str, days: Tally, as_of: date) -> Case:
        entity = self._known.entities["service"][service]
        jurisdiction = entity["jurisdiction_id"]
        return Case(
            as_of=as_of,
            own=days,
            all=self._evidence.jurisdictions[jurisdiction],
            resolution_target=entity.get("resolution_target"),
            first_answer_target=entity.get("first_answer_target"),
            people=self._evidence.people(service, as_of),
            population=self._known.population(jurisdiction),
            inputs=self._evidence.inputs(service, as_of),
            districts=self._known.districts(jurisdiction),
            objectives=self._known.objectives(service),
            reports=self._known.reports(service),
        )
