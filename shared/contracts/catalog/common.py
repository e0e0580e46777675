"""What the states of all entities have in common, and the values that several of them hold."""

from datetime import date
from typing import Annotated

from msgspec import Meta

from shared.contracts.base import ID_PATTERN, Contract, Instant

EntityId = Annotated[str, Meta(pattern=ID_PATTERN)]
Seconds = Annotated[int, Meta(gt=0)]


class Link(Contract, frozen=True, kw_only=True):
    """A page elsewhere."""

    url: str
    title: str | None = None


class Money(Contract, frozen=True, kw_only=True):
    """An amount of a currency, in its minor unit (cents)."""

    amount: int
    currency: str


class Period(Contract, frozen=True, kw_only=True):
    """From a day to a day, both within; without an end it goes on."""

    starts_on: date
    ends_on: date | None = None


class ClosedPeriod(Contract, frozen=True, kw_only=True):
    """From a day to a day, both known."""

    starts_on: date
    ends_on: date


class Translation(Contract, frozen=True, kw_only=True):
    """An entity's own texts in one more language."""

    name: str | None = None
    description: str | None = None
    keywords: tuple[str, ...] = ()


class AnonymousState(Contract, frozen=True, kw_only=True):
    """The state of an entity whose name is a person's: it stays out of events."""

    id: EntityId
    jurisdiction_id: EntityId
    version: int
    changed_at: Instant
    language: str | None = None
    made_up: tuple[str, ...] = ()


class State(Contract, frozen=True, kw_only=True):
    """The state of an entity as it now is. `language` is that of its own texts, `made_up` names invented fields."""

    id: EntityId
    name: str
    version: int
    changed_at: Instant
    description: str = ""
    language: str | None = None
    translations: dict[str, Translation] = {}
    keywords: tuple[str, ...] = ()
    iri: str | None = None
    other_statements: str | None = None
    made_up: tuple[str, ...] = ()


class LocalState(State, frozen=True, kw_only=True):
    """The state of an entity of one jurisdiction."""

    jurisdiction_id: EntityId
