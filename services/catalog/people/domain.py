"""A person in a role: who answers for a service, an objective or a commitment."""

from collections import defaultdict
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from services.catalog.entities.domain import LocalFields
from services.catalog.entities.references import OrganisationId
from services.catalog.entities.values import Period, first_overlap
from shared.text import Line


class Role(Period):
    """What somebody is in an organisation, from when and until when."""

    title: Line
    organisation_id: OrganisationId


class Person(LocalFields):
    """An official or partner, by what the city publishes of them. Name and contact stay out of events."""

    PRIVATE: ClassVar[frozenset[str]] = frozenset(
        {"name", "description", "translations", "keywords", "email", "iri", "other_statements"}
    )

    roles: Annotated[tuple[Role, ...], Field(max_length=100)] = ()
    email: Line | None = Field(default=None, description="At work, as published")

    @model_validator(mode="after")
    def _one_term_at_a_time(self) -> Self:
        terms: dict[tuple[str, str], list[Role]] = defaultdict(list)
        for role in self.roles:
            terms[role.organisation_id, role.title].append(role)
        for (organisation, title), periods in terms.items():
            if (overlap := first_overlap(tuple(periods))) is not None:
                raise ValueError(
                    f"{title} of {organisation} has overlapping terms: from {overlap[0].starts_on} "
                    f"and from {overlap[1].starts_on}"
                )
        return self
