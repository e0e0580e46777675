"""What a town's people propose, contribute, answer and vote on, and have erased, through feedback's own handlers."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from services.feedback.budgets import handlers as budgets
from services.feedback.budgets import publishes as of_budgets
from services.feedback.budgets import store as budget_store
from services.feedback.budgets.apart import Counting, Outcome
from services.feedback.budgets.domain import Budget, Project, count
from services.feedback.budgets.schemas import VoteInput
from services.feedback.calls import handlers as calls
from services.feedback.calls.domain import Call
from services.feedback.consultations import handlers as consultations
from services.feedback.consultations import publishes as of_consultations
from services.feedback.consultations import store as consultation_store
from services.feedback.consultations.domain import Consultation
from services.feedback.consultations.questions import Option, SingleChoice
from services.feedback.consultations.schemas import AnswerInput
from services.feedback.contributions import handlers as contributions
from services.feedback.contributions.domain import Contribution, Evidence
from services.feedback.idempotency.domain import Answer
from services.feedback.proposals import handlers as proposals
from services.feedback.proposals.comments import handlers as comments
from services.feedback.proposals.comments.domain import Comment
from services.feedback.proposals.delivery import handlers as delivery
from services.feedback.proposals.delivery.domain import Milestone
from services.feedback.proposals.domain import Order, Proposal
from services.feedback.proposals.merging import handlers as merging
from services.feedback.proposals.rules.domain import Rule
from services.feedback.proposals.supports import handlers as supports
from services.feedback.proposals.supports.domain import Support
from services.feedback.receipts import Receipts
from shared.ids import uuid7
from shared.outbox.append import Outgoing, append
from tests.loop.town import CHANNELS, DAY, DISTRICTS, NOW, SERVICES, erase

RECEIPTS = Receipts(bytes(32))

PEOPLE = tuple(f"{number:032x}" for number in range(1, 13))
AUTHOR = "f" * 32
"""Whose every proposal is erased."""

RULE = Rule(supports_needed=2, days_to_decide=20)
ENDS = ("", "decided", "decided", "late", "delivered", "merged", "withdrawn", "given up")
PLEDGES = (
    "", "made", "verified", "verified", "late", "confirmed", "refused", "withdrawn", "refused and withdrawn",
)  # fmt: skip
FORMS = ("hours", "skills", "data", "goods", "money")


class _CountingHere(Counting):
    """Counts votes on a connection that is there, rather than in another process."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def of(self, budget_id: UUID) -> Outcome:
        budget = await budget_store.find(self._connection, budget_id)
        assert budget is not None
        ballots = await budget_store.ballots(self._connection, budget_id, in_order=False)
        return Outcome(sum(ballots.values()), [each._asdict() for each in count(budget, ballots)])


def _told(*_: Any) -> Answer:
    return Answer(200, b"")


class Commons:
    """Gives input; the same each time for one seed. Each step is a transaction that ends with its events."""

    def __init__(self, connection: asyncpg.Connection, seed: int = 1) -> None:
        self._connection = connection
        self._chance = Random(seed)
        self._channels = cycle(CHANNELS)

    async def live(self) -> None:
        """Every end that a proposal or contribution can come to; then some people have all of theirs erased."""
        for end in ENDS * 3:
            await self.proposal(end)
        for end in ENDS:
            await self.proposal(end, AUTHOR)
        for step in PLEDGES * 3:
            await self.contribution(step)
        await self.call()
        await self.consultation()
        await self.budget()
        for person in (*PEOPLE[:3], AUTHOR):
            await erase(self._connection, person)

    async def proposal(
        self,
        end: str,
        author: str | None = None,
        at: datetime | None = None,
        service: str | None = None,
        supporters: int | None = None,
    ) -> Proposal:
        """One that is supported, by so many or by a few, and discussed, and comes to one of ENDS."""
        at = at or NOW - self._chance.randrange(80, 300) * DAY
        proposal = await self._published(author or self._somebody(), at, service or self._service())
        some = self._some(5) if supporters is None else PEOPLE[: supporters + 1]
        others = [person for person in some if person != proposal.contributor][:supporters]
        for person in others:
            await self.support(proposal, person, at + DAY)
        said = [await self.comment(proposal, person, at + DAY) for person in self._some(3)]
        for comment in said[1:2]:
            await self._do(comments.take_back(self._connection, comment.id, lambda *_: True, at + 2 * DAY))
        for person in others[3:]:
            await self._support_no_longer(proposal, person, at + 2 * DAY)
        await self._end(proposal, end, at + 3 * DAY, others[:1])
        return proposal

    async def _published(self, author: str, at: datetime, service: str) -> Proposal:
        draft = Proposal(
            id=uuid7(),
            jurisdiction_id="town",
            service_id=service,
            district_id=self._district(),
            contributor=author,
            title="Benches",
            text="Let us have some.",
            channel=next(self._channels),
            created_at=at,
        )
        await self._do(proposals.draft(self._connection, draft, []))
        await self._do(proposals.publish(self._connection, draft, RULE, at))
        return draft

    async def support(self, proposal: Proposal, person: str, at: datetime) -> None:
        """Somebody supports a proposal of somebody else."""
        given = Support(
            given_to=proposal.id, proposal_id=proposal.id, contributor=person, counted=True, given_at=at,
            channel=next(self._channels),
        )  # fmt: skip
        await self._do(supports.support(self._connection, await self._locked(proposal), given, [person], at))

    async def _support_no_longer(self, proposal: Proposal, person: str, at: datetime) -> None:
        await self._do(supports.take_back(self._connection, await self._locked(proposal), [person], at))

    async def comment(self, proposal: Proposal, person: str, at: datetime) -> Comment:
        """Somebody has something to say."""
        said = Comment(
            id=uuid7(), proposal_id=proposal.id, contributor=person, text="Yes.", given_at=at,
            channel=next(self._channels),
        )  # fmt: skip
        await self._do(comments.post(self._connection, await self._locked(proposal), said))
        return said

    async def _end(self, proposal: Proposal, end: str, at: datetime, supporters: Sequence[str]) -> None:
        connection = self._connection
        match end:
            case "decided" | "late" | "delivered":
                decided = at + (30 * DAY if end == "late" else DAY)
                order = Order("accepted", "It is good.", "staff")
                await self._do(proposals.decide(connection, proposal.id, order, decided))
                await self._milestones(proposal, decided, deliver=end == "delivered")
            case "merged":
                into = await self.proposal("", at=at, service=proposal.service_id)
                await self._do(merging.by_staff(connection, RECEIPTS, proposal.id, into.id, at + 10 * DAY))
                for person in supporters:
                    await self._support_no_longer(into, person, at + 11 * DAY)
            case "withdrawn" | "given up":
                when = at + (30 * DAY if end == "given up" else timedelta())
                await self._do(proposals.withdraw(connection, await self._locked(proposal), "No.", None, when))

    async def _milestones(self, proposal: Proposal, at: datetime, *, deliver: bool) -> None:
        for days in (1, 40):
            step = Milestone(id=uuid7(), proposal_id=proposal.id, title="A step", planned_at=at + days * DAY)
            await self._do(delivery.plan(self._connection, step))
            if deliver or days == 1:
                when = at + (days + 1) * DAY
                await self._do(delivery.reach(self._connection, proposal.id, step.id, when, None, NOW))
        if deliver:
            await self._do(delivery.deliver(self._connection, proposal.id, NOW - DAY, NOW))

    async def contribution(self, step: str, form: str | None = None, amount: int | None = None) -> Contribution:
        """A pledge that comes to one of PLEDGES."""
        form, at = form or self._chance.choice(FORMS), self._time()
        pledged = Contribution(
            id=uuid7(),
            jurisdiction_id="town",
            service_id=self._service(),
            district_id=self._district(),
            contributor=self._somebody(),
            form=form,
            given_at=at,
            due_at=at + 10 * DAY,
            amount=amount or self._chance.choice([None, 90, 600]),
            currency="EUR" if form == "money" else None,
            channel=next(self._channels),
        )
        await self._do(contributions.pledge(self._connection, pledged, [], lambda: at, _told))
        await self._go_on(pledged, step, at + (12 * DAY if step == "late" else DAY))
        return pledged

    async def _go_on(self, pledged: Contribution, step: str, at: datetime) -> None:
        connection, id_ = self._connection, pledged.id
        if step not in ("", "withdrawn"):
            await self._do(
                contributions.make(
                    connection, id_, lambda _: pledged.contributor, Evidence(text="Done."), [], at, _told
                )
            )
        if step in ("verified", "late"):
            await self._do(contributions.verify(connection, id_, None, at + DAY, _told))
        if step == "confirmed":
            await self._do(contributions.confirm(connection, RECEIPTS, id_, uuid4(), 1, at + DAY, _told))
        if step.startswith("refused"):
            await self._do(contributions.refuse(connection, id_, "There is nothing.", at + DAY, _told))
        if step.endswith("withdrawn"):
            await self._do(contributions.withdraw(connection, id_, lambda _: pledged.contributor, at + 2 * DAY, _told))

    async def call(self) -> None:
        """One that is over, and one that is not."""
        for closed in (True, False):
            call = Call(
                id=uuid7(), jurisdiction_id="town", service_id=self._service(), title="Hands", opened_at=self._time()
            )
            await self._do(calls.open_call(self._connection, call, _told()))
            if closed:
                await self._do(calls.close(self._connection, call.id, NOW, _told))

    async def consultation(self) -> None:
        """One that many answer, some twice, and that is counted."""
        options = [Option(code=code, text={"en": code}) for code in ("yes", "no")]
        item = Consultation(
            id=uuid7(),
            jurisdiction_id="town",
            service_id=self._service(),
            title={"en": "Trees"},
            text={"en": "Where?"},
            questions=[SingleChoice(code="more", kind="single_choice", text={"en": "More?"}, options=options)],
            author="staff",
            changed_at=NOW - 40 * DAY,
            published_at=NOW - 40 * DAY,
            opens_at=NOW - 30 * DAY,
            closes_at=NOW + DAY,
        )
        async with self._connection.transaction():
            await consultation_store.save(self._connection, item)
            await append(self._connection, [of_consultations.opened(item)])
        for person in (*PEOPLE, *PEOPLE[2:5]):
            given = AnswerInput(answers={"more": "yes"}, district_id=self._district(), channel=next(self._channels))
            await self._do(consultations.answer(self._connection, item.id, given, person, [person]))
        await self._do(consultations.take_back(self._connection, item.id, PEOPLE[5:6]))
        await consultation_store.save(self._connection, replace(item, closes_at=NOW - DAY))
        await self._do(consultations.close(self._connection, item.id))

    async def budget(self) -> None:
        """One that many vote on, some twice, and that is decided."""
        project = Project(id=uuid7(), title={"en": "Bench"}, text={"en": "A bench"}, cost=900, lot=1)
        item = Budget(
            id=uuid7(),
            jurisdiction_id="town",
            service_id=self._service(),
            title={"en": "Ours"},
            text={"en": "All of it"},
            amount=1_000,
            currency="EUR",
            voting="knapsack",
            counting="greedy",
            projects=[project],
            author="staff",
            changed_at=NOW - 40 * DAY,
            published_at=NOW - 40 * DAY,
            opens_at=NOW - 30 * DAY,
            closes_at=NOW + DAY,
        )
        async with self._connection.transaction():
            await budget_store.save(self._connection, item)
            await append(self._connection, [of_budgets.opened(item)])
        for person in (*PEOPLE, *PEOPLE[2:5]):
            given = VoteInput(projects=[project.id], district_id=self._district(), channel=next(self._channels))
            await self._do(budgets.vote(self._connection, item.id, given, person, [person]))
        await self._do(budgets.take_back(self._connection, item.id, PEOPLE[5:6]))
        await budget_store.save(self._connection, replace(item, closes_at=NOW - DAY))
        await self._do(budgets.count(self._connection, item.id, _CountingHere(self._connection)))

    async def _do(self, step: Any) -> None:
        """Takes a step and appends its events, which handlers return beside what was changed."""
        async with self._connection.transaction():
            await append(self._connection, list(_events(await step)))

    async def _locked(self, proposal: Proposal) -> Proposal:
        return await proposals.locked(self._connection, proposal.id)

    def _some(self, most: int) -> Sequence[str]:
        return self._chance.sample(PEOPLE, self._chance.randint(0, most))

    def _somebody(self) -> str:
        return self._chance.choice(PEOPLE)

    def _service(self) -> str:
        return self._chance.choice(list(SERVICES))

    def _district(self) -> str | None:
        return self._chance.choice([*DISTRICTS, None])

    def _time(self) -> datetime:
        return NOW - self._chance.randrange(20 * 86_400, 300 * 86_400) * timedelta(seconds=1)


def _events(result: Any) -> Iterable[Outgoing]:
    """The events among what a handler returned."""
    if isinstance(result, Outgoing):
        yield result
    elif isinstance(result, list | tuple):
        for each in result:
            yield from _events(each)
