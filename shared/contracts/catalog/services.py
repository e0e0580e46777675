"""Services, with all that CPSV-AP and Open311 say of them, and what becomes of them."""

from decimal import Decimal

from shared.contracts.base import Contract, Instant
from shared.contracts.catalog.common import EntityId, Link, LocalState, Seconds


class LocalTarget(Contract, frozen=True, kw_only=True):
    """Targets of one district, one priority, or one priority in one district; in seconds."""

    district_id: EntityId | None = None
    priority: str | None = None
    resolution_target: Seconds | None = None
    first_answer_target: Seconds | None = None


class AttributeValue(Contract, frozen=True, kw_only=True):
    """One of the answers that an Open311 attribute can have."""

    key: str
    name: dict[str, str]


class Attribute(Contract, frozen=True, kw_only=True):
    """An Open311 attribute: a question that a client puts to whoever reports."""

    code: str
    datatype: str
    description: dict[str, str]
    variable: bool = True
    required: bool = False
    datatype_description: dict[str, str] = {}
    order: int = 0
    values: tuple[AttributeValue, ...] = ()
    automated: str | None = None


class Open311(Contract, frozen=True, kw_only=True):
    """How Open311 GeoReport v2 clients see it."""

    group: str | None = None
    type: str = "realtime"
    attributes: tuple[Attribute, ...] = ()


class Part(Contract, frozen=True, kw_only=True):
    """A part of a service: its id within it, and its name on the web of data."""

    id: str
    iri: str | None = None


class Titled(Part, frozen=True, kw_only=True):
    """A part with texts by language."""

    title: dict[str, str]
    description: dict[str, str] = {}
    type: str | None = None


class Channel(Part, frozen=True, kw_only=True):
    """cv:Channel: a way to reach the service. Its kind is a concept, such as an office, the web, a telephone."""

    type: str | None = None
    description: dict[str, str] = {}
    url: str | None = None
    processing_time: str | None = None
    opening_hours: dict[str, str] = {}
    owned_by: str | None = None


class ContactPoint(Part, frozen=True, kw_only=True):
    """cv:ContactPoint: where one can ask. Of an office, not of a person."""

    email: str | None = None
    telephone: str | None = None
    page: str | None = None
    opening_hours: dict[str, str] = {}


class Cost(Part, frozen=True, kw_only=True):
    """cv:Cost: what it costs whoever uses it."""

    value: Decimal | None = None
    currency: str | None = None
    description: dict[str, str] = {}
    channel_id: str | None = None


class Requirement(Titled, frozen=True, kw_only=True):
    """cv:Requirement: a condition to be met, and by which evidence."""

    evidence_ids: tuple[str, ...] = ()
    fulfils: tuple[str, ...] = ()


class Evidence(Part, frozen=True, kw_only=True):
    """cv:Evidence: a proof that can be asked for. Titles may be lacking in what others publish."""

    title: dict[str, str] = {}
    description: dict[str, str] = {}
    type: str | None = None
    evidence_type_ids: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()


class EvidenceType(Part, frozen=True, kw_only=True):
    """cv:EvidenceType: a kind of proof."""

    classification: tuple[str, ...] = ()


class Output(Titled, frozen=True, kw_only=True):
    """cv:Output: what comes of it."""

    languages: tuple[str, ...] = ()


class Rule(Titled, frozen=True, kw_only=True):
    """cpsv:Rule: how it is done."""

    languages: tuple[str, ...] = ()
    legal_resource_ids: tuple[str, ...] = ()


class LegalResource(Part, frozen=True, kw_only=True):
    """eli:LegalResource: the law or decision behind it."""

    title: dict[str, str] = {}
    related_ids: tuple[str, ...] = ()


class Occasion(Titled, frozen=True, kw_only=True):
    """cv:LifeEvent or cv:BusinessEvent: something that happens in a life or in a business, and makes one need it."""

    kind: str = "life"


class ServiceChanged(LocalState, frozen=True, kw_only=True):
    """What a city does for its citizens. Targets are in seconds, None where there is none."""

    status: str
    organisation_id: EntityId | None = None
    owner_id: EntityId | None = None
    collaborator_ids: tuple[EntityId, ...] = ()
    focal_area: str | None = None
    technology_ids: tuple[EntityId, ...] = ()
    resolution_target: Seconds | None = None
    first_answer_target: Seconds | None = None
    target_source: str | None = None
    targets: tuple[LocalTarget, ...] = ()
    open311: Open311 | None = None
    identifier: str | None = None
    service_languages: tuple[str, ...] = ()
    thematic_areas: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    classifications: tuple[str, ...] = ()
    spatial: tuple[str, ...] = ()
    processing_time: str | None = None
    homepage: Link | None = None
    channels: tuple[Channel, ...] = ()
    contact_points: tuple[ContactPoint, ...] = ()
    costs: tuple[Cost, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    evidence_types: tuple[EvidenceType, ...] = ()
    outputs: tuple[Output, ...] = ()
    rules: tuple[Rule, ...] = ()
    legal_resources: tuple[LegalResource, ...] = ()
    occasions: tuple[Occasion, ...] = ()
    requires_ids: tuple[EntityId, ...] = ()
    related_ids: tuple[EntityId, ...] = ()


class ServiceAnnounced(Contract, frozen=True, kw_only=True):
    """A transition in a service's life took effect: in its `version`, at the time that was said or planned."""

    service_id: EntityId
    jurisdiction_id: EntityId
    name: str
    before: str
    after: str
    reason: str
    effective_at: Instant
    version: int
