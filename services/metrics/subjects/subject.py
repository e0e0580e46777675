"""What a score is about."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """A service, or what pools the evidence of several; named as in addresses."""

    SERVICE = "services"
    DISTRICT = "districts"
    FOCAL_AREA = "focal-areas"
    ORGANISATION = "organisations"
    JURISDICTION = "jurisdictions"
    REGION = "regions"

    @property
    def label(self) -> str:
        """One of them in words."""
        return self.value.removesuffix("s").replace("-", " ")


class Subject(NamedTuple):
    """The services whose evidence is pooled, and the jurisdictions that they are of.

    A district is one of its jurisdiction; with `service_id`, that service alone within it. Its `population` is its own;
    the others' is that of their jurisdictions.
    """

    kind: Kind
    id: str
    name: str | None
    jurisdictions: Sequence[str]
    services: Sequence[str]
    population: int | None = None
    service_id: str | None = None

    @property
    def jurisdiction_id(self) -> str | None:
        """The jurisdiction that it is, or is a part of; a region is of several."""
        return None if self.kind is Kind.REGION else self.jurisdictions[0]

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing greater that it is a part of, and that could be its prior."""
        return self.kind in (Kind.JURISDICTION, Kind.REGION)
