"""Events as feedback publishes them, singly and as whole lives of each kind of input."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec import structs

from services.metrics.buckets.grouping import Delta
from shared.contracts.base import Contract
from shared.contracts.feedback import (
    Aspect,
    Because,
    BudgetVoteCast,
    BudgetVoteWithdrawn,
    CommentPosted,
    CommentWithdrawn,
    ConsultationAnswered,
    ConsultationAnswerWithdrawn,
    ContributionMade,
    ContributionPledged,
    ContributionRefused,
    ContributionVerified,
    ContributionWithdrawn,
    Decision,
    Form,
    InputGiven,
    InputWithdrawn,
    MilestoneReached,
    NotePosted,
    NoteWithdrawn,
    ProposalDecided,
    ProposalDelivered,
    ProposalMerged,
    ProposalPublished,
    ProposalQualified,
    ProposalWithdrawn,
    RatingErased,
    RatingGiven,
    RatingWithdrawn,
    ReplacedRating,
    RequestAcknowledged,
    RequestAnswered,
    RequestClosed,
    RequestErased,
    RequestOpened,
    RequestProgressed,
    RequestReopened,
    RequestState,
    Resolution,
    SupportGiven,
    SupportWithdrawn,
    UndoneClosing,
    Verifier,
)

SERVICES = ("town.lamps", "town.roads")
DISTRICTS = (None, "town.north", "town.south")
CONTRIBUTORS = ("ann", "bob", "cyd")
_numbers = count(1)

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""On a busy machine a good test may take its time."""


def _where(more: dict[str, Any]) -> dict[str, Any]:
    return {"jurisdiction_id": "town", "service_id": "town.lamps"} | more


def opened(at: datetime, due: datetime | None = None, answer_due: datetime | None = None, **more: Any) -> RequestOpened:
    who = {"contributor": "ann", "request_id": str(next(_numbers))}
    return RequestOpened(opened_at=at, due_at=due, answer_due_at=answer_due, **_where(who | more))


def acknowledged(opened: datetime, at: datetime, **more: Any) -> RequestAcknowledged:
    return RequestAcknowledged(opened_at=opened, acknowledged_at=at, **_where({"request_id": "1"} | more))


def answered(
    opened: datetime, at: datetime, deadline: datetime | None = None, *, first: bool = True, **more: Any
) -> RequestAnswered:
    return RequestAnswered(
        opened_at=opened, answered_at=at, answer_due_at=deadline, first=first, **_where({"request_id": "1"} | more)
    )


def closed(
    opened: datetime,
    at: datetime,
    resolution: Resolution = Resolution.RESOLVED,
    due: datetime | None = None,
    **more: Any,
) -> RequestClosed:
    return RequestClosed(
        opened_at=opened, closed_at=at, resolution=resolution, due_at=due, **_where({"request_id": "1"} | more)
    )


def reopened(
    opened: datetime, closed: datetime, resolution: Resolution, at: datetime, due: datetime | None = None, **more: Any
) -> RequestReopened:
    return RequestReopened(
        opened_at=opened,
        closed_at=closed,
        resolution=resolution,
        reopened_at=at,
        due_at=due,
        **_where({"request_id": "1"} | more),
    )


def given_rating(at: datetime, value: int, **more: Any) -> RatingGiven:
    who = {"contributor": "ann", "rating_id": str(next(_numbers))}
    return RatingGiven(given_at=at, value=value, **_where(who | more))


def replacing(before: RatingGiven, at: datetime, value: int, **more: Any) -> RatingGiven:
    """A new rating by who gave `before`, of the same service."""
    replaced = ReplacedRating(
        rating_id=before.rating_id,
        value=before.value,
        given_at=before.given_at,
        district_id=before.district_id,
        aspects=before.aspects,
    )
    same = {"service_id": before.service_id, "contributor": before.contributor}
    return given_rating(at, value, replaces=replaced, **same | more)


def withdrawn(rating: RatingGiven, at: datetime) -> RatingWithdrawn:
    return RatingWithdrawn(
        jurisdiction_id=rating.jurisdiction_id,
        service_id=rating.service_id,
        district_id=rating.district_id,
        rating_id=rating.rating_id,
        contributor=rating.contributor,
        value=rating.value,
        given_at=rating.given_at,
        withdrawn_at=at,
        aspects=rating.aspects,
    )


def erased_rating(rating: RatingGiven, at: datetime, *, counts: bool = True) -> RatingErased:
    """Where a later one had replaced it, it does not count any more."""
    return RatingErased(
        erased_at=at,
        **_same(rating, "rating_id", "contributor", "given_at"),
        value=rating.value if counts else None,
        aspects=rating.aspects if counts else None,
    )


def taken_back(
    kind: type[InputWithdrawn], given: InputGiven, at: datetime, because: Because = Because.WITHDRAWN, **more: Any
) -> InputWithdrawn:
    """What was given counts no longer; `more` is what has come of it."""
    names = [field.name for field in structs.fields(kind) if hasattr(given, field.name) and field.name not in more]
    known = {name: getattr(given, name) for name in names if name not in ("amount", "currency")}
    return kind(**known, withdrawn_at=at, because=because, **more)


def _same(event: Any, *names: str) -> dict[str, Any]:
    """Where an event belongs, and some more of its members."""
    return {name: getattr(event, name) for name in ("jurisdiction_id", "service_id", "district_id", *names)}


moments = st.datetimes(datetime(2025, 11, 1), datetime(2026, 3, 31), timezones=st.just(UTC))
pauses = st.one_of(
    st.timedeltas(timedelta(0), timedelta(hours=30)),
    st.timedeltas(timedelta(days=25), timedelta(days=35)),
    st.sampled_from([timedelta(0), timedelta(days=30), timedelta(days=30, microseconds=1)]),
)
targets = st.none() | st.timedeltas(timedelta(0), timedelta(days=40))
places = st.fixed_dictionaries(
    {"service_id": st.sampled_from(SERVICES), "district_id": st.sampled_from(DISTRICTS)},
)


aspects = st.none() | st.dictionaries(st.sampled_from(Aspect), st.integers(1, 5), max_size=3)
people = st.sampled_from(CONTRIBUTORS)
ends = st.sampled_from([None, Because.WITHDRAWN, Because.ERASED])
gone = st.sampled_from([Because.WITHDRAWN, Because.ERASED])
erasures = st.just(Because.ERASED)


@st.composite
def request_lives(draw: st.DrawFn, end: st.SearchStrategy[Because | None] = ends) -> list[Contract]:
    """A request from its opening on, through any number of closings and reopenings, in order; perhaps erased."""
    start, due, answer_due = draw(moments), draw(targets), draw(targets)
    due_at, answer_due_at = (start + each if each is not None else None for each in (due, answer_due))
    who = draw(places) | {"request_id": str(next(_numbers))}
    contributor = draw(people)
    life: list[Contract] = [opened(start, due_at, answer_due_at, contributor=contributor, **who)]
    now, first_answer, closing, undone = start, None, None, []
    for step in draw(st.lists(st.sampled_from(["acknowledge", "progress", "answer", "end", "end"]), max_size=6)):
        now += draw(pauses)
        if step == "acknowledge":
            life.append(acknowledged(start, now, **who))
        elif step == "progress":
            state = draw(st.sampled_from(RequestState))
            life.append(RequestProgressed(opened_at=start, state=state, progressed_at=now, **_where(who)))
        elif step == "answer":
            life.append(answered(start, now, answer_due_at, first=first_answer is None, **who))
            first_answer = first_answer or now
        elif closing is None:
            closing = (now, draw(st.sampled_from(Resolution)))
            life.append(closed(start, *closing, due_at, **who))
        else:
            life.append(reopened(start, *closing, now, due_at, **who))
            undone.append(UndoneClosing(closed_at=closing[0], resolution=closing[1], reopened_at=now))
            closing = None
    if draw(end) == Because.ERASED:
        closed_at, resolution = closing or (None, None)
        gone_at = now + draw(pauses)
        life.append(
            RequestErased(
                contributor=contributor, opened_at=start, erased_at=gone_at, due_at=due_at,
                answer_due_at=answer_due_at, first_answered_at=first_answer, closed_at=closed_at,
                resolution=resolution, undone=undone, **_where(who),
            )
        )  # fmt: skip
    return life


@st.composite
def rating_lives(draw: st.DrawFn, end: st.SearchStrategy[Because | None] = ends) -> list[Contract]:
    """A rating, those that replace it in turn, perhaps the last one's withdrawal or the erasure of all, in order."""
    now, place = draw(moments), draw(places)
    current = given_rating(now, draw(st.integers(1, 5)), contributor=draw(people), aspects=draw(aspects), **place)
    given = [current]
    for value in draw(st.lists(st.integers(1, 5), max_size=3)):
        now += draw(pauses)
        current = replacing(current, now, value, district_id=draw(st.sampled_from(DISTRICTS)), aspects=draw(aspects))
        given.append(current)
    now += draw(pauses)
    life: list[Contract] = [*given]
    match draw(end):
        case Because.WITHDRAWN:
            life.append(withdrawn(current, now))
        case Because.ERASED:
            life += [erased_rating(each, now, counts=each is current) for each in given]
    return life


PLAIN: list[tuple[type[InputGiven], type[InputWithdrawn], tuple[str, ...]]] = [
    (NotePosted, NoteWithdrawn, ("note_id", "request_id")),
    (SupportGiven, SupportWithdrawn, ("proposal_id",)),
    (CommentPosted, CommentWithdrawn, ("comment_id", "proposal_id")),
    (ConsultationAnswered, ConsultationAnswerWithdrawn, ("answer_id", "consultation_id")),
    (BudgetVoteCast, BudgetVoteWithdrawn, ("vote_id", "budget_id")),
]
"""Input that is given, perhaps taken back, and nothing else; with the names of its ids."""


@st.composite
def input_lives(draw: st.DrawFn, end: st.SearchStrategy[Because | None] = ends) -> list[Contract]:
    """Input of one of these kinds."""
    kind, withdrawal, ids = draw(st.sampled_from(PLAIN))
    now = draw(moments)
    names = {name: str(next(_numbers)) for name in ids}
    given = kind(contributor=draw(people), given_at=now, **_where(draw(places) | names))
    because = draw(end)
    return [given] if because is None else [given, taken_back(withdrawal, given, now + draw(pauses), because)]


@st.composite
def proposal_lives(draw: st.DrawFn, end: st.SearchStrategy[Because | None] = ends) -> list[Contract]:
    """A proposal to whichever end it comes."""
    now = draw(moments)
    who = _where(draw(places) | {"proposal_id": str(next(_numbers))})
    given = ProposalPublished(contributor=draw(people), given_at=now, **who)
    life: list[Contract] = [given]
    due, decided = None, None
    if draw(st.booleans()):
        now += draw(pauses)
        due = now + draw(pauses)
        life.append(ProposalQualified(published_at=given.given_at, qualified_at=now, decision_due_at=due, **who))
    now += draw(pauses)
    match draw(st.sampled_from(["decided", "delivered", "merged", "open"])):
        case "merged":
            into = str(next(_numbers))
            life.append(
                ProposalMerged(published_at=given.given_at, merged_at=now, into_id=into, decision_due_at=due, **who)
            )
            due = None
        case "decided" | "delivered" as step:
            decided = now
            life.append(
                ProposalDecided(
                    published_at=given.given_at, decided_at=now, decision=Decision.ACCEPTED, decision_due_at=due, **who
                )
            )
            if step == "delivered":
                now += draw(pauses)
                life.append(MilestoneReached(milestone_id="1", reached_at=now, **who))
                life.append(ProposalDelivered(decided_at=decided, delivered_at=now, **who))
    because = draw(end)
    if because is not None:
        now += draw(pauses)
        life.append(taken_back(ProposalWithdrawn, given, now, because, decision_due_at=due, decided_at=decided))
    return life


@st.composite
def contribution_lives(draw: st.DrawFn, end: st.SearchStrategy[Because | None] = ends) -> list[Contract]:
    """A contribution to whichever end it comes."""
    now, amounts = draw(moments), st.none() | st.integers(0, 10**6)
    known = {"contribution_id": str(next(_numbers)), "form": draw(st.sampled_from(Form))}
    given = ContributionPledged(
        contributor=draw(people), given_at=now, due_at=now + draw(pauses), amount=draw(amounts),
        **_where(draw(places) | known),
    )  # fmt: skip
    same = _same(given, "contribution_id", "form", "given_at", "due_at")
    life: list[Contract] = [given]
    verified: dict[str, Any] = {}
    for step in draw(st.sampled_from([(), ("made",), ("made", "verified"), ("made", "refused")])):
        now += draw(pauses)
        match step:
            case "made":
                life.append(ContributionMade(made_at=now, amount=draw(amounts), **same))
            case "verified":
                verified = {"verified_at": now, "amount": draw(amounts)}
                life.append(ContributionVerified(by=draw(st.sampled_from(Verifier)), **verified, **same))
            case _:
                life.append(ContributionRefused(refused_at=now, **same))
    because = draw(end)
    if because is not None:
        life.append(taken_back(ContributionWithdrawn, given, now + draw(pauses), because, **verified))
    return life


def any_life(end: st.SearchStrategy[Because | None] = ends) -> st.SearchStrategy[list[Contract]]:
    """The life of input of any kind."""
    return request_lives(end) | rating_lives(end) | input_lives(end) | proposal_lives(end) | contribution_lives(end)


gone_lives = request_lives(erasures) | rating_lives(erasures) | input_lives(gone) | proposal_lives(gone)
gone_lives |= contribution_lives(gone)
"""Lives of which nothing is left in the end."""


@st.composite
def woven(draw: st.DrawFn, lives: list[list[Contract]]) -> list[Contract]:
    """Several lives, one woven into the other: each keeps its order."""
    waiting = [list(life) for life in lives if life]
    events: list[Contract] = []
    while waiting:
        life = waiting[draw(st.integers(0, len(waiting) - 1))]
        events.append(life.pop(0))
        waiting = [life for life in waiting if life]
    return events


@st.composite
def lives(draw: st.DrawFn, most: int = 4) -> list[Contract]:
    """Several lives of a town, woven into each other."""
    return draw(woven(draw(st.lists(any_life(), max_size=min(most, 5)))))


@dataclass(frozen=True)
class Numbered:
    """An event with its number in its source's order."""

    sequence: int
    event: Contract


def flat(delta: Delta) -> dict[Any, tuple[int, int]]:
    """Count and total by owner, measure, bin and day."""
    owners = [[names[code] for code in codes.tolist()] for names, codes in zip(delta.names, delta.keys, strict=True)]
    columns = (*owners, delta.measure.tolist(), delta.bin.tolist(), delta.day.tolist())
    keys = list(zip(*columns, strict=True))
    assert keys == sorted(set(keys)), "keys are unique and in order"
    return dict(zip(keys, zip(delta.counts.tolist(), delta.totals.tolist(), strict=True), strict=True))
