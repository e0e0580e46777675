"""The ways in which an entity comes to be and changes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Generic

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from services.catalog.entities.conditions import IfMatch
from services.catalog.entities.domain import Change, FixedJurisdiction, NamelessId, id_from_name, merge_patch
from services.catalog.entities.kinds import E, Kind
from services.catalog.entities.schemas import EntityInput
from services.catalog.entities.store import UnitOfWork
from shared.problems import Problem


class Editor(Generic[E]):
    """Changes entities of one kind on somebody's behalf, in one transaction. What cannot be done raises a problem."""

    def __init__(self, work: UnitOfWork, kind: Kind[E], by: str) -> None:
        self._work = work
        self._kind = kind
        self._by = by

    async def create(self, said: EntityInput) -> E:
        """A new entity, under the id that the caller chose or one that its name gives."""
        return await self._first_version(said.id or _derived_id(said), said)

    async def put(self, entity_id: str, said: EntityInput, if_match: IfMatch) -> tuple[E, bool]:
        """The entity as the caller says it is, and whether it is new."""
        _check_same_id(entity_id, said)
        found = await self._work.find(self._kind, entity_id)
        if_match.check(found)
        if found is None:
            return await self._first_version(entity_id, said), True
        return await self._next_version(found, said), False

    async def patch(self, entity_id: str, patch: Mapping[str, Any], if_match: IfMatch) -> E:
        """The entity with some fields changed."""
        found = await self._work.find(self._kind, entity_id)
        if found is None:
            raise not_found(self._kind, entity_id)
        if_match.check(found)
        said = self._patched(found, patch)
        _check_same_id(entity_id, said)
        return await self._next_version(found, said)

    async def _first_version(self, entity_id: str, said: EntityInput) -> E:
        change = self._change(said)
        entity = self._kind.entity(id=entity_id, version=1, changed_at=change.at, **said.fields())
        await self._work.save(self._kind, entity, change)
        return entity

    async def _next_version(self, found: E, said: EntityInput) -> E:
        change = self._change(said)
        try:
            entity = found.revised(said.fields(), change.at)
        except FixedJurisdiction as error:
            raise Problem(422, "fixed-jurisdiction", "The jurisdiction cannot change", str(error)) from error
        if entity is not found:
            await self._work.save(self._kind, entity, change)
        return entity

    def _change(self, said: EntityInput) -> Change:
        return Change(self._by, datetime.now(UTC), said.reason)

    def _patched(self, found: E, patch: Mapping[str, Any]) -> EntityInput:
        names = self._kind.input.model_fields.keys() - {"reason"}
        try:
            return self._kind.input.model_validate(merge_patch({name: getattr(found, name) for name in names}, patch))
        except ValidationError as error:
            raise RequestValidationError([item | {"loc": ("body", *item["loc"])} for item in error.errors()]) from error


def not_found(kind: Kind[Any], entity_id: str) -> Problem:
    return Problem(
        404, f"unknown-{kind.name}", f"There is no such {kind.name}", f"There is no {kind.name} {entity_id!r}"
    )


def _derived_id(said: EntityInput) -> str:
    try:
        return id_from_name(said.name, said.fields().get("jurisdiction_id"))
    except NamelessId as error:
        raise Problem(422, "no-id", "This needs an id", str(error)) from error


def _check_same_id(entity_id: str, said: EntityInput) -> None:
    if said.id not in (None, entity_id):
        raise Problem(422, "fixed-id", "The id cannot change", f"The address says {entity_id!r}, the body {said.id!r}")
