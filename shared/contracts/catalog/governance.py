"""Sets of principles, and assessments against them."""

from datetime import date

from shared.contracts.base import Contract
from shared.contracts.catalog.common import EntityId, Link, LocalState, State


class Principle(Contract, frozen=True, kw_only=True):
    """One principle, in short words of one's own."""

    code: str
    name: str
    description: str = ""


class Level(Contract, frozen=True, kw_only=True):
    """A maturity level: what has to be true for it, and how much evidence has to be shown."""

    level: int
    name: str
    criterion: str
    evidence: int = 0


class ShownBy(Contract, frozen=True, kw_only=True):
    """A piece of evidence, with the page where it can be seen."""

    text: str
    url: str | None = None


class Finding(Contract, frozen=True, kw_only=True):
    """The level found for one principle, and what shows it."""

    principle: str
    level: int
    note: str = ""
    evidence: tuple[ShownBy, ...] = ()


class PrincipleSetChanged(State, frozen=True, kw_only=True):
    """A set that others published or of the city's own; of all jurisdictions where none is named."""

    publisher: str
    principles: tuple[Principle, ...]
    levels: tuple[Level, ...]
    rule: str
    jurisdiction_id: EntityId | None = None
    source: Link | None = None


class AssessmentChanged(LocalState, frozen=True, kw_only=True):
    """Of a service, or of the city where no service is named."""

    principle_set_id: EntityId
    assessed_on: date
    findings: tuple[Finding, ...]
    service_id: EntityId | None = None
    assessor_id: EntityId | None = None
    organisation_id: EntityId | None = None
    maturity: int | None = None
