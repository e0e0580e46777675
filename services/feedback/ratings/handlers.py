"""What can be done with ratings, each inside one transaction that ends with its events."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.ratings import publishes, store
from services.feedback.ratings.domain import (
    NewerCounts,
    NoSuchRating,
    NotYourClosedRequest,
    Rating,
    SomebodyElses,
    withdraw,
)
from shared.outbox.append import Outgoing, append


class Given(NamedTuple):
    """A new rating; `may_replace` is false where its contributor is new as well, and so has no earlier one.

    `late` is true where it may be older than the one that it would replace.
    """

    rating: Rating
    may_replace: bool
    late: bool = False


async def give(connection: asyncpg.Connection, given: Sequence[Given]) -> None:
    """Stores new ratings, of which no two are by the same contributor on the same service."""
    await append(connection, await keep(connection, given))


async def keep(connection: asyncpg.Connection, given: Sequence[Given]) -> list[Outgoing]:
    """Stores new ratings as `give` does, and leaves their events to be appended. Raises NewerCounts."""
    replaced = await store.replace(connection, [item.rating for item in given if item.may_replace])
    for item in given:
        current = replaced.get(item.rating.id)
        if item.late and current is not None and current.given_at > item.rating.given_at:
            raise NewerCounts(f"rating {current.id} of the service was given at {current.given_at}")
    await store.insert(connection, [item.rating for item in given])
    return [publishes.rating_given(item.rating, replaced.get(item.rating.id)) for item in given]


async def check_request(connection: asyncpg.Connection, rating: Rating) -> None:
    """Raises NotYourClosedRequest where the request that a rating names is not one that its giver may rate."""
    if not await store.has_closed_request(connection, rating):
        raise NotYourClosedRequest(f"{rating.request_id}: send the receipt token that it was made with")


async def take_back(
    connection: asyncpg.Connection, rating_id: UUID, is_giver: Callable[[Rating], bool], now: datetime
) -> Rating:
    """Withdraws a rating for its giver. Raises NoSuchRating, SomebodyElses or NotCurrent."""
    rating = await store.find(connection, rating_id, lock=True)
    if rating is None:
        raise NoSuchRating(f"{rating_id}")
    if not is_giver(rating):
        raise SomebodyElses(f"rating {rating_id} was given with another receipt token")
    withdrawn = withdraw(rating, now)
    await store.withdraw(connection, withdrawn)
    await append(connection, [publishes.rating_withdrawn(withdrawn)])
    return withdrawn
