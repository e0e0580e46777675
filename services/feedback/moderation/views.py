"""Cases as they are shown."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from services.feedback.moderation import items, store
from services.feedback.moderation.domain import Case
from services.feedback.moderation.items import Item
from services.feedback.moderation.schemas import CaseDetail, CaseView, Decided, Flag, StaffCaseView, Tally

MOST_FLAGS = 100


def told_to_giver(case: Case) -> CaseView:
    """Without those who flagged it, and who decided."""
    return CaseView.model_validate(case)


async def told_to_staff(connection: asyncpg.Connection, cases: Sequence[Case]) -> list[StaffCaseView]:
    """Cases with what they are about."""
    found: dict[tuple[str, UUID], Item] = {}
    for kind in {case.kind for case in cases}:
        ids = [case.item_id for case in cases if case.kind == kind]
        found |= {(kind, id_): item for id_, item in (await items.found(connection, kind, ids)).items()}
    counts = await store.counts(connection, [case.id for case in cases])
    return [_to_staff(case, found.get((case.kind, case.item_id)), counts.get(case.id, ())) for case in cases]


def _to_staff(case: Case, item: Item | None, counts: Sequence[asyncpg.Record]) -> StaffCaseView:
    return StaffCaseView(
        **told_to_giver(case).model_dump(),
        waiting_since=case.waiting_since,
        flags=[Tally(reason=row["reason"], flags=row["flags"]) for row in counts],
        hidden=None if item is None else item.hidden,
        texts=None if item is None else dict(item.texts),
        public=None if item is None else dict(item.public),
    )


async def detail(connection: asyncpg.Connection, case: Case) -> CaseDetail:
    """All that staff needs to decide."""
    (view,) = await told_to_staff(connection, [case])
    raised = (await store.flags(connection, [case.id], MOST_FLAGS)).get(case.id, [])
    return CaseDetail(
        **view.model_dump(),
        raised=[Flag.model_validate(dict(row)) for row in raised],
        history=[Decided(**row) for row in await store.history(connection, case.id)],
    )
