"""What was done, and what was learnt."""

from shared.contracts.catalog.common import ClosedPeriod, EntityId, Link, LocalState


class CaseChanged(LocalState, frozen=True, kw_only=True):
    """A practice that others can learn from. `before` and `after` are periods whose scores can be compared."""

    done: str
    context: str = ""
    before: ClosedPeriod | None = None
    after: ClosedPeriod | None = None
    effect: str = ""
    lessons: tuple[str, ...] = ()
    service_ids: tuple[EntityId, ...] = ()
    organisation_ids: tuple[EntityId, ...] = ()
    partnership_ids: tuple[EntityId, ...] = ()
    technology_ids: tuple[EntityId, ...] = ()
    focal_area: str | None = None
    links: tuple[Link, ...] = ()
