"""A service: what it offers, who answers for it, where it is in its life, and in what time it means to be done."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from services.catalog.concepts.domain import ConceptId
from services.catalog.entities.domain import Facets, LocalFields
from services.catalog.entities.references import DistrictId, OrganisationId, PersonId, ServiceId
from services.catalog.entities.values import Code, LanguageTag, Link, Texts, Value, unique
from services.catalog.lifecycle.domain import Status, check_transition
from services.catalog.services.offer import (
    Channel,
    ContactPoint,
    Cost,
    Duration,
    Evidence,
    EvidenceType,
    Iris,
    LegalResource,
    Occasion,
    Output,
    Part,
    PartId,
    Parts,
    Requirement,
    Rule,
    SoundOpen311,
    Target,
)
from shared.text import Line, Prose


class LocalTarget(Value):
    """Targets of one district, one priority, or one priority in one district; in seconds."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["district_id"]}, {"required": ["priority"]}]})

    district_id: DistrictId | None = None
    priority: Code | None = None
    resolution_target: Target | None = None
    first_answer_target: Target | None = None

    @model_validator(mode="after")
    def _narrower(self) -> Self:
        if self.district_id is None and self.priority is None:
            raise ValueError("names neither a district nor a priority: such a target is the service's own")
        return self


class Service(LocalFields):
    """What a city does for its citizens. Targets are in seconds, None where there is none."""

    FACETS: ClassVar[tuple[str, ...]] = (
        "status",
        "focal_area",
        "technology",
        "organisation",
        "owner",
        "thematic_area",
        "occasion",
        "group",
    )

    status: Status = Status.DRAFT
    organisation_id: OrganisationId | None = Field(default=None, description="Who is responsible; of this jurisdiction")
    owner_id: PersonId | None = Field(default=None, description="Who is accountable")
    collaborator_ids: Annotated[tuple[OrganisationId, ...], Field(max_length=200)] = Field(
        default=(), description="Others who take part, beside partnerships"
    )
    focal_area: Line | None = None
    technology_ids: Annotated[tuple[ConceptId, ...], Field(max_length=100)] = ()

    resolution_target: Target | None = None
    first_answer_target: Target | None = None
    target_source: Prose | None = Field(default=None, description="Where the targets come from")
    targets: Annotated[tuple[LocalTarget, ...], Field(max_length=1_000)] = Field(
        default=(), description="By district and priority, where they differ"
    )
    open311: SoundOpen311 | None = None

    identifier: PartId | None = Field(default=None, description="By which its administration knows it")
    service_languages: Annotated[tuple[LanguageTag, ...], Field(max_length=100)] = ()
    thematic_areas: Iris = ()
    sectors: Iris = ()
    types: Iris = ()
    audiences: Iris = ()
    classifications: Iris = ()
    spatial: Iris = ()
    processing_time: Duration | None = None
    homepage: Link | None = None
    channels: tuple[Channel, ...] = Parts
    contact_points: tuple[ContactPoint, ...] = Parts
    costs: tuple[Cost, ...] = Parts
    requirements: tuple[Requirement, ...] = Parts
    evidence: tuple[Evidence, ...] = Parts
    evidence_types: tuple[EvidenceType, ...] = Parts
    outputs: tuple[Output, ...] = Parts
    rules: tuple[Rule, ...] = Parts
    legal_resources: tuple[LegalResource, ...] = Parts
    occasions: tuple[Occasion, ...] = Field(default=(), max_length=200, description="Life and business events")
    requires_ids: Annotated[tuple[ServiceId, ...], Field(max_length=200)] = ()
    related_ids: Annotated[tuple[ServiceId, ...], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        unique(tuple((target.district_id, target.priority) for target in self.targets), "target of")
        unique(self.technology_ids, "technology")
        unique(self.requires_ids, "required service")
        for name in PART_LISTS:
            unique(tuple(part.id for part in getattr(self, name)), f"{name}:")
        for name, field, among in PART_REFERENCES:
            self._check_named(name, field, among)
        return self

    def _check_named(self, name: str, field: str, among: str) -> None:
        there = {part.id for part in getattr(self, among)}
        for part in getattr(self, name):
            named = getattr(part, field)
            for one in (named,) if isinstance(named, str) else named or ():
                if one not in there:
                    raise ValueError(f"{name} {part.id!r}: {field} names {one!r}, which is not among {among}")

    def facets(self) -> Facets:
        return {
            "status": [self.status],
            "focal_area": [self.focal_area] if self.focal_area else [],
            "technology": self.technology_ids,
            "organisation": [self.organisation_id] if self.organisation_id else [],
            "owner": [self.owner_id] if self.owner_id else [],
            "thematic_area": self.thematic_areas,
            "occasion": [occasion.id for occasion in self.occasions],
            "group": [self.open311.group] if self.open311 and self.open311.group else [],
        }

    def more_texts(self) -> Iterator[Texts]:
        for part in (*self.occasions, *self.outputs, *self.requirements):
            yield part.title

    def follow(self, previous: Self, why: str) -> Self:
        if self.status != previous.status:
            check_transition(previous.status, self.status, why)
        return super().follow(previous, why)


PART_LISTS = tuple(
    name
    for name, field in Service.model_fields.items()
    if any(isinstance(one, type) and issubclass(one, Part) for one in getattr(field.annotation, "__args__", ()))
)
PART_REFERENCES = (
    ("costs", "channel_id", "channels"),
    ("requirements", "evidence_ids", "evidence"),
    ("requirements", "fulfils", "rules"),
    ("evidence", "evidence_type_ids", "evidence_types"),
    ("rules", "legal_resource_ids", "legal_resources"),
    ("legal_resources", "related_ids", "legal_resources"),
)
