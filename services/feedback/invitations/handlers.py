"""What becomes of invitations, each step inside the transaction of what causes it."""

from collections.abc import Callable, Sequence
from uuid import UUID

import asyncpg

from services.feedback.idempotency.domain import Answer
from services.feedback.idempotency.once import Done
from services.feedback.invitations import store
from services.feedback.invitations.domain import Invitation, NoSuchInvitation, check_open
from services.feedback.ratings import handlers as ratings
from services.feedback.ratings.domain import Rating
from services.feedback.ratings.handlers import Given
from services.feedback.requests.domain import Closed, Reopened, Request, Step


async def follow(connection: asyncpg.Connection, request: Request, steps: Sequence[Step]) -> None:
    """Invites when a request was closed, and takes an unused invitation back when it was reopened."""
    for step in steps:
        match step:
            case Closed():
                await store.invite(connection, request.id, request.contributor, step.at)
            case Reopened():
                await store.void(connection, request.id, step.at)


async def rate(
    connection: asyncpg.Connection,
    invitation_id: UUID,
    rated: Callable[[Invitation], Rating],
    answer: Callable[[Rating], Answer],
) -> Done:
    """Gives the rating that an invitation is for. Raises NoSuchInvitation or InvitationSpent."""
    invitation = await store.find(connection, invitation_id, lock=True)
    if invitation is None:
        raise NoSuchInvitation("it went when the request was erased")
    check_open(invitation)
    rating = rated(invitation)
    await store.use(connection, invitation.id, rating.given_at)
    events = await ratings.keep(connection, [Given(rating, may_replace=True)])
    return Done(answer(rating), events)
