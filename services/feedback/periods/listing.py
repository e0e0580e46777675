"""Which of the things that have a period to list, for the stores of their rooms."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from services.feedback.conditions import Condition

STATES = {
    "draft": "published_at IS NULL",
    "announced": "published_at IS NOT NULL AND opens_at > now()",
    "open": "published_at IS NOT NULL AND opens_at <= now() AND closes_at > now()",
    "closed": "published_at IS NOT NULL AND closes_at <= now()",
}
"""The condition of each state, as `domain.state` has it."""


class Wanted(NamedTuple):
    """The newest before one of them, so many; without a state, all but drafts."""

    jurisdiction_id: str | None
    service_id: str | None
    state: str | None
    before: UUID | None
    limit: int


def newest(wanted: Wanted, states: Mapping[str, str] = STATES) -> tuple[str, list[object]]:
    """How a statement of them goes on from WHERE, and its parameters."""
    where = Condition()
    where.add(states[wanted.state] if wanted.state else "published_at IS NOT NULL")
    if wanted.jurisdiction_id is not None:
        where.add("jurisdiction_id = {}", wanted.jurisdiction_id)
    if wanted.service_id is not None:
        where.add("service_id = {}", wanted.service_id)
    if wanted.before is not None:
        where.add("id < {}", wanted.before)
    listed = f"WHERE {where} ORDER BY id DESC LIMIT {where.value(wanted.limit)}"
    return listed, where.values
