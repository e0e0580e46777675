"""A partnership: who does something together, by which shares of cost and risk, and for how long."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from services.catalog.entities.domain import Facets, LocalFields
from services.catalog.entities.references import OrganisationId, ServiceId
from services.catalog.entities.values import Link, Money, Period, Share, Value, first_overlap, unique
from shared.text import Line, Prose
from shared.times import Day


class PartnershipKind(StrEnum):
    """How partners are tied."""

    PUBLIC_PRIVATE = "public-private-partnership"
    CONSORTIUM = "consortium"
    LIVING_LAB = "living-lab"
    DATA_SHARING = "data-sharing"
    SPONSORSHIP = "sponsorship"
    VOLUNTEERING = "volunteering"
    COLLABORATION = "collaboration"
    CONCESSION = "concession"
    NETWORK = "network"
    OTHER = "other"


class ContributionKind(StrEnum):
    """What a partner brings."""

    MONEY = "money"
    STAFF = "staff"
    DATA = "data"
    TECHNOLOGY = "technology"
    KNOWLEDGE = "knowledge"
    GOODS = "goods"
    PLACES = "places"
    ACCESS = "access"
    OTHER = "other"


class Brought(Value):
    """One thing that a partner brings; `value` where it is known in money."""

    kind: ContributionKind
    description: Prose = ""
    value: Money | None = None


class Partner(Value):
    """One side of a partnership. Shares are in per cent, None where not agreed or not known."""

    organisation_id: OrganisationId
    role: Line | None = None
    cost_share: Share | None = None
    risk_share: Share | None = None
    contributions: Annotated[tuple[Brought, ...], Field(max_length=50)] = ()


class Term(Period):
    """A span for which it is agreed; a renewal is one more of them."""

    signed_on: Day | None = None
    note: Line | None = None


class Partnership(LocalFields):
    """A tie of at least two organisations; a collaboration when all of them are of the city itself."""

    FACETS: ClassVar[tuple[str, ...]] = ("partnership_kind", "organisation", "service")

    kind: PartnershipKind
    partners: Annotated[tuple[Partner, ...], Field(min_length=2, max_length=200)]
    service_ids: Annotated[tuple[ServiceId, ...], Field(max_length=1_000)] = ()
    terms: Annotated[tuple[Term, ...], Field(max_length=100)] = ()
    renewal: Prose = Field(default="", description="How it is renewed or ends")
    links: Annotated[tuple[Link, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        unique(tuple(partner.organisation_id for partner in self.partners), "partner")
        unique(self.service_ids, "service")
        _whole("cost_share", [partner.cost_share for partner in self.partners])
        _whole("risk_share", [partner.risk_share for partner in self.partners])
        if (overlap := first_overlap(self.terms)) is not None:
            raise ValueError(f"terms overlap: from {overlap[0].starts_on} and from {overlap[1].starts_on}")
        return self

    def facets(self) -> Facets:
        return {
            "partnership_kind": [self.kind],
            "organisation": [partner.organisation_id for partner in self.partners],
            "service": self.service_ids,
        }


def _whole(name: str, shares: list[Decimal | None]) -> None:
    """Raises ValueError where shares are more than the whole, or less though all are known."""
    known = [share for share in shares if share is not None]
    total = sum(known, Decimal())
    if total > 100:
        raise ValueError(f"{name} of all partners adds up to {total.normalize():f} %, more than 100 %")
    if len(known) == len(shares) and abs(total - 100) > Decimal("0.01") * len(shares):
        raise ValueError(f"{name} of all partners adds up to {total.normalize():f} %, not to 100 %")
