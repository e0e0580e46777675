"""A commitment: what somebody has promised to do by a day, and whether it was kept."""

from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from services.catalog.entities.domain import Facets, LocalFields
from services.catalog.entities.references import ObjectiveId, PersonId, ServiceId
from services.catalog.entities.values import Link
from shared.text import Prose
from shared.times import Day


class Outcome(StrEnum):
    """What became of it. A commitment still open when its day has passed is missed."""

    OPEN = "open"
    KEPT = "kept"
    MISSED = "missed"
    WITHDRAWN = "withdrawn"


class Commitment(LocalFields):
    """Promised by a person. Done after its day it is missed, with the day on which it was done."""

    FACETS: ClassVar[tuple[str, ...]] = ("outcome", "person", "service")

    person_id: PersonId
    due_on: Day
    outcome: Outcome = Outcome.OPEN
    done_on: Day | None = None
    outcome_note: Prose = ""
    objective_id: ObjectiveId | None = None
    service_ids: Annotated[tuple[ServiceId, ...], Field(max_length=1_000)] = ()
    links: Annotated[tuple[Link, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.outcome is Outcome.KEPT and (self.done_on is None or self.done_on > self.due_on):
            raise ValueError("is kept only if it was done (done_on) by the day that was promised (due_on)")
        if self.outcome in (Outcome.OPEN, Outcome.WITHDRAWN) and self.done_on is not None:
            raise ValueError(f"is {self.outcome}, so there is no day on which it was done")
        if self.outcome is Outcome.MISSED and self.done_on is not None and self.done_on <= self.due_on:
            raise ValueError("was done in time, so it is not missed")
        return self

    def facets(self) -> Facets:
        return {"outcome": [self.outcome], "person": [self.person_id], "service": self.service_ids}
