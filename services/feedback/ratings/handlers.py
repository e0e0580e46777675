"""What can be done with ratings, each inside one transaction that ends with its events."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.ratings import publishes, store
from services.feedback.ratings.domain import NoSuchRating, Rating, SomebodyElses, withdraw
from shared.outbox.append import append


class Given(NamedTuple):
    """A new rating; `may_replace` is false where its contributor is new as well, and so has no earlier one."""

    rating: Rating
    may_replace: bool


async def give(connection: asyncpg.Connection, given: Sequence[Given]) -> None:
    """Stores new ratings, of which no two are by the same contributor on the same service."""
    replaced = await store.replace(connection, [item.rating for item in given if item.may_replace])
    await store.insert(connection, [item.rating for item in given])
    events = [publishes.rating_given(item.rating, replaced.get(item.rating.id)) for item in given]
    await append(connection, events)


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
