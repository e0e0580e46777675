"""A set of principles of good governance, and the rule by which its maturity levels are given."""

from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from services.catalog.entities.domain import Facets, Fields
from services.catalog.entities.references import JurisdictionId
from services.catalog.entities.values import Code, Link, Value, unique
from shared.text import WHOLE, Line, Prose, Written

LEVELS = (1, 2, 3, 4, 5)


class Principle(Value):
    """One principle, in short words of one's own."""

    code: Code
    name: Line
    description: Prose = ""


class Level(Value):
    """A maturity level: what has to be true for it, and how much evidence has to be shown."""

    level: Annotated[int, Field(strict=True, ge=1, le=5), WHOLE]
    name: Line
    criterion: Written
    evidence: Annotated[int, Field(strict=True, ge=0, le=20), WHOLE] = Field(
        default=0, description="Least pieces of evidence for a finding of this level"
    )


class Rule(StrEnum):
    """How the level of the whole follows from those of the principles."""

    LOWEST = "lowest"
    MEDIAN = "median"


class PrincipleSet(Fields):
    """A set that others published or of the city's own; of all jurisdictions where none is named."""

    FACETS: ClassVar[tuple[str, ...]] = ("publisher",)

    jurisdiction_id: JurisdictionId | None = None
    publisher: Line
    source: Link | None = None
    principles: Annotated[tuple[Principle, ...], Field(min_length=1, max_length=200)]
    levels: Annotated[tuple[Level, ...], Field(min_length=5, max_length=5)]
    rule: Rule

    @property
    def home(self) -> str | None:
        return self.jurisdiction_id

    @model_validator(mode="after")
    def _complete(self) -> Self:
        unique(tuple(principle.code for principle in self.principles), "principle")
        if tuple(level.level for level in self.levels) != LEVELS:
            raise ValueError("the levels are 1 to 5, each once and in order")
        return self

    def facets(self) -> Facets:
        return {"publisher": [self.publisher]}
