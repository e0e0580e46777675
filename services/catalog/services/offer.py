"""What a public service offers and asks for, in the terms of CPSV-AP 3.2.0 (SEMIC).

Each part has an `id` of its own within the service (dct:identifier), by which other parts name it, and may have an
`iri`, its name on the web of data. Texts are by language.
"""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from services.catalog.entities.values import Amount, Iri, LanguageTag, Texts, Value
from shared.contracts.durations import LONGEST
from shared.text import SAYS, WHOLE, Line, Storable

PartId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), SAYS, Storable]
Parts = Field(default=(), max_length=200)
Iris = Annotated[tuple[Iri, ...], Field(max_length=100)]
PartIds = Annotated[tuple[PartId, ...], Field(max_length=200)]


N = "[0-9]{1,9}"
DURATION = rf"^P({N}Y)?({N}M)?({N}W)?({N}D)?(T({N}H)?({N}M)?({N}(\.{N})?S)?)?$"


def _some(duration: str) -> str:
    if duration.endswith(("P", "T")):
        raise ValueError("is a duration without a length")
    return duration


Duration = Annotated[
    str,
    StringConstraints(pattern=DURATION),
    Field(json_schema_extra={"pattern": DURATION.replace("^P", "^P(?=[0-9T])").replace("(T", "(T(?=[0-9])")}),
    AfterValidator(_some),
]
"""A duration as ISO 8601 writes it, such as P10D."""


class Part(Value):
    """What all parts have."""

    id: PartId
    iri: Iri | None = None


class Titled(Part):
    """A part with a title and a description."""

    title: Texts
    description: Texts = {}
    type: Iri | None = None


class Channel(Part):
    """cv:Channel: a way to reach the service. Its kind is a concept, such as an office, the web, a telephone."""

    type: Iri | None = None
    description: Texts = {}
    url: Iri | None = None
    processing_time: Duration | None = None
    opening_hours: Texts = {}
    owned_by: Iri | None = None


class Cost(Part):
    """cv:Cost: what it costs whoever uses it."""

    value: Amount | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    description: Texts = {}
    channel_id: PartId | None = Field(default=None, description="Due when it is reached by this channel")


class EvidenceType(Part):
    """cv:EvidenceType: a kind of proof."""

    classification: Iris = ()


class Evidence(Titled):
    """cv:Evidence: a proof that can be asked for. Titles may be lacking in what others publish."""

    title: Texts = {}
    evidence_type_ids: PartIds = ()
    languages: Annotated[tuple[LanguageTag, ...], Field(max_length=50)] = ()
    pages: Iris = ()


class Requirement(Titled):
    """cv:Requirement: a condition to be met, and by which evidence."""

    evidence_ids: PartIds = ()
    fulfils: PartIds = Field(default=(), description="Rules that it fulfils")


class Output(Titled):
    """cv:Output: what comes of it."""

    languages: Annotated[tuple[LanguageTag, ...], Field(max_length=50)] = ()


class Rule(Titled):
    """cpsv:Rule: how it is done."""

    languages: Annotated[tuple[LanguageTag, ...], Field(max_length=50)] = ()
    legal_resource_ids: PartIds = Field(default=(), description="What it implements")


class LegalResource(Part):
    """eli:LegalResource: the law or decision behind it."""

    title: Texts = {}
    related_ids: PartIds = ()


class Occasion(Titled):
    """cv:LifeEvent or cv:BusinessEvent: something that happens in a life or in a business, and makes one need it."""

    kind: Annotated[str, StringConstraints(pattern="^(life|business)$")] = "life"


class ContactPoint(Part):
    """cv:ContactPoint: where one can ask. Of an office, not of a person."""

    email: Line | None = None
    telephone: Line | None = None
    page: Iri | None = None
    opening_hours: Texts = {}


class AttributeValue(Value):
    """One of the answers that an Open311 attribute can have."""

    key: PartId
    name: Texts


class Attribute(Value):
    """An Open311 attribute: a question that a client puts to whoever reports."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
    datatype: Annotated[
        str, StringConstraints(pattern="^(string|number|datetime|text|singlevaluelist|multivaluelist)$")
    ]
    description: Texts
    variable: bool = Field(default=True, description="Whether it asks something; else it is only shown")
    required: bool = False
    datatype_description: Texts = {}
    order: Annotated[int, Field(strict=True, ge=0, le=10_000), WHOLE] = 0
    values: Annotated[tuple[AttributeValue, ...], Field(max_length=500)] = ()
    automated: Annotated[str, StringConstraints(pattern="^(server_set|hidden_field)$")] | None = None


def _consistent(open311: "Open311") -> "Open311":
    codes = [attribute.code for attribute in open311.attributes]
    if len(set(codes)) < len(codes):
        raise ValueError("two attributes have the same code")
    for attribute in open311.attributes:
        lists = attribute.datatype.endswith("valuelist")
        if lists != bool(attribute.values):
            raise ValueError(f"attribute {attribute.code}: values belong to value lists, and only to them")
    return open311


class Open311(Value):
    """How Open311 GeoReport v2 clients see it."""

    group: Line | None = None
    type: Annotated[str, StringConstraints(pattern="^(realtime|batch|blackbox)$")] = "realtime"
    attributes: Annotated[tuple[Attribute, ...], Field(max_length=200)] = ()


SoundOpen311 = Annotated[Open311, AfterValidator(_consistent)]

Target = Annotated[int, Field(strict=True, gt=0, le=LONGEST, description="Seconds from opening"), WHOLE]
