"""What sets one kind of entity apart from another; all else is common."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, Protocol, cast

import msgspec
from pydantic import BaseModel, Field, create_model

from services.catalog.entities.domain import Entity, F
from shared.text import EntityId, Prose


class Surroundings(Protocol):
    """What else the catalogue holds, as it is or is about to be."""

    async def get(self, ids: Iterable[str]) -> dict[str, Entity[Any]]:
        """Entities by id; what is not there is left out."""

    async def alone(self, what: Iterable[str]) -> None:
        """Returns once nobody else looks after the same things; they wait until this change is done."""

    async def naming(self, kind: str, field: str, ids: Iterable[str]) -> list[Entity[Any]]:
        """Stored entities of a kind that name one of `ids` in a field, but for those about to be saved."""


Rule = Callable[[Surroundings, Sequence[Entity[F]]], Awaitable[Sequence[Entity[F]]]]
"""Checks entities about to be saved against what else the catalogue holds; returns them as they are to be saved.

Raises Refusal. What is saved with them is seen by it."""


@dataclass(frozen=True)
class Kind(Generic[F]):
    """A kind of entity: its name in the singular and, for addresses, in the plural; what is said of it; its rules.

    `acyclic` names fields by which no entity may, in however many steps, come to name itself. Ids of a kind that names
    people are not derived from names.
    """

    name: str
    plural: str
    fields: type[F]
    acyclic: tuple[str, ...] = ()
    rules: tuple[Rule[F], ...] = ()
    names_people: bool = False

    @property
    def title(self) -> str:
        """Such as `CapacityReport`."""
        return self.name.title().replace("-", "")

    @cached_property
    def input(self) -> type[BaseModel]:
        """What callers send: the fields, an id if they choose it, and why they change it."""
        return create_model(
            f"{self.title}Input",
            __base__=self.fields,
            __doc__=self.fields.__doc__,
            id=(EntityId | None, Field(default=None, description="Chosen once; derived from the name if left out")),
            reason=(Prose, Field(default="", description="Why this is changed; kept with the version")),
        )

    @cached_property
    def output(self) -> type[BaseModel]:
        """What callers get."""
        return create_model(
            self.title,
            __base__=self.fields,
            __doc__=self.fields.__doc__,
            id=(EntityId, ...),
            version=(int, ...),
            changed_at=(datetime, ...),
        )

    def said(self, given: BaseModel) -> F:
        """The fields of what a caller has sent, checked already."""
        values = {name: getattr(given, name) for name in self.fields.model_fields}
        return cast(F, self.fields.model_construct(**values))

    def load(self, body: str | bytes) -> Entity[F]:
        """An entity from its stored document."""
        return self.entity(msgspec.json.decode(body))

    def entity(self, document: Mapping[str, Any]) -> Entity[F]:
        """An entity from its document."""
        fields = dict(document)
        identifier, version, changed_at = (fields.pop(name) for name in ("id", "version", "changed_at"))
        return Entity(identifier, version, datetime.fromisoformat(changed_at), self.fields.model_validate(fields))
