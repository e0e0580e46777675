"""An assessment of a service, or of a whole city, against a set of principles."""

from statistics import median_low
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from services.catalog.entities.domain import Facets, LocalFields, Refusal
from services.catalog.entities.references import OrganisationId, PersonId, PrincipleSetId, ServiceId
from services.catalog.entities.values import Code, Value, unique
from services.catalog.principles.domain import PrincipleSet, Rule
from shared.text import WHOLE, Prose, WebAddress, Written
from shared.times import Day


class ShownBy(Value):
    """A piece of evidence, with the page where it can be seen."""

    text: Written
    url: WebAddress | None = None


class Finding(Value):
    """The level found for one principle, and what shows it."""

    principle: Code
    level: Annotated[int, Field(strict=True, ge=1, le=5), WHOLE]
    note: Prose = ""
    evidence: Annotated[tuple[ShownBy, ...], Field(max_length=50)] = ()


class Assessment(LocalFields):
    """Of a service, or of the city where no service is named."""

    FACETS: ClassVar[tuple[str, ...]] = ("principle_set", "service", "maturity")

    principle_set_id: PrincipleSetId
    service_id: ServiceId | None = None
    assessed_on: Day
    assessor_id: PersonId | None = None
    organisation_id: OrganisationId | None = Field(default=None, description="Who assessed, if not one person")
    findings: Annotated[tuple[Finding, ...], Field(min_length=1, max_length=200)]
    maturity: Annotated[int, Field(strict=True, ge=1, le=5), WHOLE] | None = Field(
        default=None, description="Follows from the findings by the set's rule; None while principles are left out"
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        unique(tuple(finding.principle for finding in self.findings), "principle")
        return self

    def facets(self) -> Facets:
        return {
            "principle_set": [self.principle_set_id],
            "service": [self.service_id] if self.service_id else [],
            "maturity": [str(self.maturity)] if self.maturity else [],
        }


def with_maturity(assessment: Assessment, principles: PrincipleSet) -> Assessment:
    """The assessment with the maturity that the set's rule gives. Raises Refusal for findings that the set refuses."""
    known = {principle.code for principle in principles.principles}
    needed = {level.level: level.evidence for level in principles.levels}
    for finding in assessment.findings:
        if finding.principle not in known:
            raise Refusal("unknown-principle", "There is no such principle", f"The set has no {finding.principle!r}")
        if len(finding.evidence) < needed[finding.level]:
            raise Refusal(
                "not-enough-evidence",
                "A level needs evidence",
                f"{finding.principle}: level {finding.level} needs {needed[finding.level]} pieces of evidence, "
                f"there are {len(finding.evidence)}",
            )
    found = maturity(principles.rule, [finding.level for finding in assessment.findings])
    complete = known == {finding.principle for finding in assessment.findings}
    return assessment.model_copy(update={"maturity": found if complete else None})


def maturity(rule: Rule, levels: list[int]) -> int:
    """The level of the whole: the lowest of the principles', or the one that at least half of them reach."""
    return min(levels) if rule is Rule.LOWEST else median_low(levels)
