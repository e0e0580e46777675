"""What an entity of the catalogue is, and how it changes: every change is a version with who, when and why."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.catalog.entities.references import JurisdictionId
from services.catalog.entities.values import Iri, Keywords, LanguageTag, Texts, Translations
from shared.text import Line, Prose, Storable

ID_LENGTH = 63

Facets = Mapping[str, Sequence[str]]
"""What a list can be narrowed by: values by the name of the property."""


class Refusal(Exception):
    """A change that the model does not allow: `slug` names the rule, the message says what is wrong, `about` of which
    entity, where that is known."""

    def __init__(self, slug: str, title: str, detail: str, about: str | None = None) -> None:
        super().__init__(detail)
        self.slug = slug
        self.title = title
        self.about = about


class Refused(Exception):
    """All that the model does not allow of a set of changes; there is at least one."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__("; ".join(map(str, refusals)))
        self.refusals = refusals


class NamelessId(ValueError):
    """A name without a letter or digit that an id can have."""


FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,199}$")]


class Fields(BaseModel):
    """What is said of an entity. `language` is that of its own texts: left out, the first of its jurisdiction."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=False)

    PRIVATE: ClassVar[frozenset[str]] = frozenset()
    """Fields that never enter an event: they name a person."""

    FACETS: ClassVar[tuple[str, ...]] = ()
    """What lists of this kind can be narrowed by."""

    name: Line
    description: Prose = ""
    language: LanguageTag | None = None
    translations: Translations = Field(default={}, description="Name, description and keywords in other languages")
    keywords: Keywords = ()
    iri: Iri | None = Field(default=None, description="What others call it, where it has a name on the web of data")
    other_statements: Annotated[str, StringConstraints(max_length=200_000), Storable] | None = Field(
        default=None, description="N-Triples said of it by the file that it came from, beyond what this model holds"
    )
    made_up: Annotated[tuple[FieldName, ...], Field(max_length=100)] = Field(
        default=(), description="Fields whose values are invented for demonstration"
    )

    @property
    def home(self) -> str | None:
        """The jurisdiction that it belongs to, for good; None where it belongs to all."""
        return None

    def facets(self) -> Facets:
        """Its values of FACETS."""
        return {}

    def more_texts(self) -> Iterator[Texts]:
        """What search finds it by beside name, keywords and description."""
        return iter(())

    def follow(self, previous: Self, why: str) -> Self:
        """These fields as the next version after `previous`. Raises Refusal where that may not be."""
        if self.home != previous.home:
            raise Refusal(
                "fixed-jurisdiction",
                "The jurisdiction cannot change",
                f"It belongs to {previous.home} and cannot move: what was counted for it was counted there",
            )
        return self


class LocalFields(Fields):
    """What is said of an entity of one jurisdiction."""

    jurisdiction_id: JurisdictionId

    @property
    def home(self) -> str:
        return self.jurisdiction_id


F = TypeVar("F", bound=Fields)


@dataclass(frozen=True)
class Entity(Generic[F]):
    """Something that the catalogue keeps. Versions count from 1."""

    id: str
    version: int
    changed_at: datetime
    fields: F

    def revised(self, fields: F, change: "Change") -> Self:
        """The next version, with these fields; this one if nothing differs. Raises Refusal."""
        if fields == self.fields:
            return self
        return replace(self, fields=fields.follow(self.fields, change.reason), version=self.version + 1,
                       changed_at=change.at)  # fmt: skip

    def document(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return {
            "id": self.id,
            **self.fields.model_dump(mode="json"),
            "version": self.version,
            "changed_at": self.changed_at.isoformat().replace("+00:00", "Z"),
        }


@dataclass(frozen=True)
class Said:
    """What a file says of one entity, and where in it: a row, a line, the name of a node."""

    kind: str
    id: str | None
    fields: Mapping[str, Any]
    where: str


class Change(NamedTuple):
    """Who changes something, when, and why; `effective_at` where it was planned for another time."""

    by: str
    at: datetime
    reason: str
    effective_at: datetime | None = None


def id_from_name(name: str, jurisdiction_id: str | None) -> str:
    """An id for what is called `name`: `boston.bed-bugs` for "Bed Bugs" of boston. Raises NamelessId."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub("[^a-z0-9]+", "-", plain).strip("-")
    if not slug:
        raise NamelessId(f"no id can be derived from the name {name!r}")
    whole = f"{jurisdiction_id}.{slug}" if jurisdiction_id else slug
    return whole[:ID_LENGTH].rstrip("-._")


def merge_patch(target: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7396): null takes a member away, objects are merged, all else is replaced."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
