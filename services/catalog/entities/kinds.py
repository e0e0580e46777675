"""What sets one kind of entity apart from another; all else is common."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Table

from services.catalog.entities.domain import Entity
from services.catalog.entities.schemas import EntityInput

E = TypeVar("E", bound=Entity)


@dataclass(frozen=True)
class Kind(Generic[E]):
    """A kind of entity: its name in the singular, its class, what callers say of it, and where it is kept."""

    name: str
    entity: type[E]
    input: type[EntityInput]
    table: Table

    @property
    def plural(self) -> str:
        return f"{self.name}s"
