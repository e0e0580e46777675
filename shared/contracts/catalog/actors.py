"""Organisations, people in roles, and partnerships."""

from datetime import date
from decimal import Decimal

from shared.contracts.base import Contract
from shared.contracts.catalog.common import AnonymousState, EntityId, Link, LocalState, Money


class Role(Contract, frozen=True, kw_only=True):
    """What somebody is in an organisation, from when and until when."""

    starts_on: date
    title: str
    organisation_id: EntityId
    ends_on: date | None = None


class Brought(Contract, frozen=True, kw_only=True):
    """One thing that a partner brings; `value` where it is known in money."""

    kind: str
    description: str = ""
    value: Money | None = None


class Partner(Contract, frozen=True, kw_only=True):
    """One side of a partnership. Shares are in per cent, None where not agreed or not known."""

    organisation_id: EntityId
    role: str | None = None
    cost_share: Decimal | None = None
    risk_share: Decimal | None = None
    contributions: tuple[Brought, ...] = ()


class Term(Contract, frozen=True, kw_only=True):
    """A span for which it is agreed; a renewal is one more of them."""

    starts_on: date
    ends_on: date | None = None
    signed_on: date | None = None
    note: str | None = None


class OrganisationChanged(LocalState, frozen=True, kw_only=True):
    """Who stands behind services: a department of the city, a company, a university, an association."""

    helix: str | None = None
    parent_id: EntityId | None = None
    kind: str | None = None
    homepage: str | None = None
    email: str | None = None
    telephone: str | None = None
    spatial: tuple[str, ...] = ()


class PersonChanged(AnonymousState, frozen=True, kw_only=True):
    """An official or partner, by what the city publishes of them. Name and contact stay out of events."""

    roles: tuple[Role, ...] = ()


class PartnershipChanged(LocalState, frozen=True, kw_only=True):
    """A tie of at least two organisations; a collaboration when all of them are of the city itself."""

    kind: str
    partners: tuple[Partner, ...]
    service_ids: tuple[EntityId, ...] = ()
    terms: tuple[Term, ...] = ()
    renewal: str = ""
    links: tuple[Link, ...] = ()
