"""The kinds of input that can be moderated. A new one is a line here.

Its table has `id`, `hidden_at` and, beside each text, `<text>_masked`.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.feedback.proposals import store as proposals


class Kind(NamedTuple):
    """A kind of input, its table and the columns of its texts.

    `parent` is the table that says where it belongs, with the column that leads there, where its own does not; what
    is hidden is a change of `changes`, the table of which `updated_at` is kept. `seen` holds of rows that the
    public sees; `new` of those that are looked through for copies and bursts. `versions` is the table that keeps what
    it said before, with the column that leads from there; `reindex` has it found by its new words.
    """

    name: str
    table: str
    texts: tuple[str, ...]
    parent: tuple[str, str] | None = None
    changes: bool = False
    contributor: str = "i.contributor"
    seen: str = "true"
    new: str = "true"
    versions: tuple[str, str] | None = None
    reindex: Callable[[asyncpg.Connection, UUID], Awaitable[None]] | None = None


async def _index_proposal(connection: asyncpg.Connection, proposal_id: UUID) -> None:
    proposal = await proposals.find(connection, proposal_id)
    if proposal is not None:
        await proposals.index(connection, proposal)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("request", "request", ("description",), changes=True, new="i.source IS NULL"),
        Kind("rating", "rating", ("comment",), seen="i.state = 'current'"),
        Kind(
            "answer", "request_answer", ("text",), parent=("request", "request_id"), changes=True,
            contributor="NULL::text", new="false",
        ),
        Kind("note", "request_note", ("text",), parent=("request", "request_id"), changes=True, seen="NOT i.private"),
        Kind("contribution", "contribution", ("description", "data_title", "evidence"), seen="i.state <> 'withdrawn'"),
        Kind(
            "proposal", "proposal", ("title", "text"), seen="i.published_at IS NOT NULL AND i.erased_at IS NULL",
            new="i.published_at IS NOT NULL", versions=("proposal_version", "proposal_id"), reindex=_index_proposal,
        ),
        Kind(
            "comment", "comment", ("text",), parent=("proposal", "proposal_id"),
            seen="i.withdrawn_at IS NULL AND i.erased_at IS NULL",
        ),
        Kind(
            "consultation_text", "consultation_text", ("text",), parent=("consultation", "consultation_id"),
            contributor="(SELECT a.contributor FROM consultation_answer a WHERE a.id = i.answer_id)", new="false",
        ),
    )
}  # fmt: skip
"""By their names. What was imported is not looked through, nor what has ids that say nothing of when it came."""
