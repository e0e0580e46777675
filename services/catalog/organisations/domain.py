"""An organisation, and to which part of society it belongs."""

from dataclasses import dataclass
from enum import StrEnum

from services.catalog.entities.domain import LocalEntity


class Helix(StrEnum):
    """The four parts of society that make up a quadruple helix."""

    GOVERNMENT = "government"
    INDUSTRY = "industry"
    ACADEMIA = "academia"
    CIVIL_SOCIETY = "civil-society"


@dataclass(frozen=True, kw_only=True)
class Organisation(LocalEntity):
    """An organisation that stands behind services of its jurisdiction."""

    helix: Helix | None = None
