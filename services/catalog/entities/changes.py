"""The ways in which entities come to be and change."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple
from uuid import uuid4

import asyncpg
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from services.catalog.entities.conditions import IfMatch
from services.catalog.entities.domain import (
    Change,
    Entity,
    Fields,
    NamelessId,
    Refusal,
    Refused,
    id_from_name,
    merge_patch,
)
from services.catalog.entities.kinds import Kind, Rule
from services.catalog.entities.references import Reference, references
from services.catalog.entities.store import Home, Saved, UnitOfWork, outside
from services.catalog.entities.threads import beside
from shared.problems import Problem

ELSEWHERE = "en"
"""The language of texts that do not say, where there is no jurisdiction to ask."""


class Wanted(NamedTuple):
    """An entity as somebody wants it to be."""

    kind: Kind[Any]
    id: str
    fields: Fields
    reason: str | None = None


class Editor:
    """Changes entities on somebody's behalf, in one transaction. What cannot be done raises a Problem."""

    def __init__(self, work: UnitOfWork, kinds: Mapping[str, Kind[Any]], by: str) -> None:
        self._work = work
        self._kinds = kinds
        self._by = by

    async def create(self, kind: Kind[Any], given: BaseModel) -> Entity[Any]:
        """A new entity, under the id that the caller chose or one that its name gives."""
        fields = kind.said(given)
        entity_id = getattr(given, "id", None) or derived_id(kind, fields)
        return await self._first(Wanted(kind, entity_id, fields), given)

    async def put(
        self, kind: Kind[Any], entity_id: str, given: BaseModel, if_match: IfMatch
    ) -> tuple[Entity[Any], bool]:
        """The entity as the caller says it is, and whether it is new."""
        _check_same_id(entity_id, given)
        found = await self._find(kind, entity_id)
        if_match.check(found)
        wanted = Wanted(kind, entity_id, kind.said(given))
        if found is None:
            return await self._first(wanted, given), True
        return await self._next(wanted, found, self._change(given)), False

    async def patch(self, kind: Kind[Any], entity_id: str, patch: Mapping[str, Any], if_match: IfMatch) -> Entity[Any]:
        """The entity with some fields changed (RFC 7396)."""
        _check_known(kind, patch)
        found = await self._existing(kind, entity_id, if_match)
        try:
            given = kind.input.model_validate(merge_patch(found.fields.model_dump(mode="json"), patch))
        except ValidationError as error:
            raise RequestValidationError([item | {"loc": ("body", *item["loc"])} for item in error.errors()]) from error
        _check_same_id(entity_id, given)
        return await self._next(Wanted(kind, entity_id, kind.said(given)), found, self._change(given))

    async def restore(
        self, kind: Kind[Any], entity_id: str, former: Entity[Any], reason: str, if_match: IfMatch
    ) -> Entity[Any]:
        """The entity as it was in a former version; its state of life stays what it is."""
        found = await self._existing(kind, entity_id, if_match)
        fields = former.fields
        if hasattr(fields, "status"):
            fields = fields.model_copy(update={"status": found.fields.status})
        why = reason or f"Version {former.version} restored"
        return await self._next(Wanted(kind, entity_id, fields), found, self.change(why))

    async def revise(self, kind: Kind[Any], found: Entity[Any], fields: Fields, change: Change) -> Entity[Any]:
        """The next version of an entity that this work has locked."""
        return await self._next(Wanted(kind, found.id, fields), found, change)

    async def settle(self, wanted: Sequence[Wanted], change: Change) -> list[Saved]:
        """What has to be saved so that all is as wanted, checked as a whole. Raises Refused."""
        self._work.release()
        found = await self._work.lock([each.id for each in wanted])
        languages = await self._languages(wanted)
        saved = await beside(lambda: _revised(wanted, found, languages, change), len(wanted))
        return await self._checked(saved)

    async def save(self, saved: Sequence[Saved]) -> None:
        """Writes what `settle` found."""
        try:
            await self._work.save(saved)
        except asyncpg.UniqueViolationError as error:
            raise _taken(saved[0].entity.id if len(saved) == 1 else str(error.detail)) from error

    def change(self, reason: str) -> Change:
        """A change of now, for a reason."""
        return Change(self._by, datetime.now(UTC), reason)

    def _change(self, given: BaseModel) -> Change:
        return self.change(getattr(given, "reason", ""))

    async def _find(self, kind: Kind[Any], entity_id: str) -> Entity[Any] | None:
        found = (await self._work.lock([entity_id])).get(entity_id)
        return found[1] if found and found[0] is kind else None

    async def _existing(self, kind: Kind[Any], entity_id: str, if_match: IfMatch) -> Entity[Any]:
        found = await self._find(kind, entity_id)
        if found is None:
            raise not_found(kind, entity_id)
        if_match.check(found)
        return found

    async def _first(self, wanted: Wanted, given: BaseModel) -> Entity[Any]:
        if await self._work.homes([wanted.id]):
            raise _taken(wanted.id)
        saved = await self.settle([wanted], self._change(given))
        if not saved or saved[0].previous is not None:  # somebody else has just made it
            raise _taken(wanted.id)
        await self.save(saved)
        return saved[0].entity

    async def _next(self, wanted: Wanted, found: Entity[Any], change: Change) -> Entity[Any]:
        saved = await self.settle([wanted], change)
        await self.save(saved)
        return saved[0].entity if saved else found

    async def _checked(self, saved: list[Saved]) -> list[Saved]:
        self._work.hold(each.entity for each in saved)
        for kind in {id(each.kind): each.kind for each in saved}.values():
            for rule in kind.rules:
                saved = await self._ruled(kind, rule, saved)
        await self._check_references(saved)
        await self._check_cycles(saved)
        return saved

    async def _ruled(self, kind: Kind[Any], rule: Rule[Any], saved: list[Saved]) -> list[Saved]:
        """What a rule makes of the entities of its kind; one that it leaves as it was before need not be saved."""
        try:
            made = await rule(self._work, [each.entity for each in saved if each.kind is kind])
        except Refusal as refusal:
            raise Refused([refusal]) from refusal
        self._work.hold(made)
        by_id = {entity.id: entity for entity in made}
        ruled = [each._replace(entity=by_id.get(each.entity.id, each.entity)) for each in saved]
        return [each for each in ruled if each.previous is None or each.previous.fields != each.entity.fields]

    async def _check_references(self, saved: Sequence[Saved]) -> None:
        named = [(each, reference) for each in saved for reference in references(each.entity.fields)]
        homes = await self._work.homes(reference.id for _, reference in named)
        homes |= {each.entity.id: Home(each.kind.name, each.home) for each in saved}
        refusals = [
            _unknown(each.entity.id, reference)
            for each, reference in named
            if outside(reference, each.entity.fields.home, homes.get(reference.id))
        ]
        if refusals:
            raise Refused(refusals)

    async def _check_cycles(self, saved: Sequence[Saved]) -> None:
        for field in sorted({field for each in saved for field in each.kind.acyclic}):
            ours = {each.entity.id: _named(each.entity, field) for each in saved if field in each.kind.acyclic}
            if not any(ours.values()):
                continue
            graph: dict[str, set[str]] = {}
            for source, target in await self._work.edges(field):
                graph.setdefault(source, set()).add(target)
            _check_acyclic(field, graph | ours)

    async def _languages(self, wanted: Sequence[Wanted]) -> dict[str, str]:
        """The language of texts that do not say, by jurisdiction."""
        homes = {each.fields.home or each.id for each in wanted}
        known = {id: entity.fields for id, entity in (await self._work.get(homes)).items()}
        known |= {each.id: each.fields for each in wanted if each.id in homes}
        return {home: next(iter(getattr(known.get(home), "languages", ())), ELSEWHERE) for home in homes}


def _revised(
    wanted: Sequence[Wanted], found: Mapping[str, tuple[Kind[Any], Entity[Any]]], languages: Mapping[str, str],
    change: Change,
) -> list[Saved]:  # fmt: skip
    """New and next versions of what is not as it is wanted. Raises Refused."""
    saved, refusals = [], []
    for each in wanted:
        known_kind, previous = found.get(each.id, (each.kind, None))
        try:
            if known_kind is not each.kind:
                raise Refusal("id-taken", "The id is taken", f"{each.id!r} is a {known_kind.name} already")
            fields = _in_language(each.fields, languages[each.fields.home or each.id])
            why = change if each.reason is None else change._replace(reason=each.reason)
            entity = previous.revised(fields, why) if previous else Entity(each.id, 1, change.at, fields)
        except Refusal as refusal:
            refusal.about = each.id
            refusals.append(refusal)
        else:
            if entity is not previous:
                saved.append(Saved(each.kind, entity, previous, why))
    if refusals:
        raise Refused(refusals)
    return saved


def _check_known(kind: Kind[Any], patch: Mapping[str, Any]) -> None:
    """Raises RequestValidationError where a patch names, even to take it away, what no entity of the kind has."""
    unknown = [name for name in patch if name not in kind.input.model_fields]
    if unknown:
        raise RequestValidationError(
            [
                {"type": "extra_forbidden", "loc": ("body", name), "msg": "Extra inputs are not permitted"}
                for name in unknown
            ]
        )


def _check_acyclic(field: str, graph: Mapping[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        around = list(reversed(error.args[1]))
        refusal = Refusal("cycle", "This would go round in a circle", f"{field}: {' > '.join(around)}", around[0])
        raise Refused([refusal]) from error


def not_found(kind: Kind[Any], entity_id: str) -> Problem:
    """The problem of an address where there is nothing."""
    what = kind.name.replace("-", " ")
    return Problem(404, f"unknown-{kind.name}", f"There is no such {what}", f"There is no {what} {entity_id!r}")


def derived_id(kind: Kind[Any], fields: Fields) -> str:
    """An id for an entity that comes without; of people it tells nothing. Raises a Problem where there can be none."""
    if kind.names_people:
        return f"{fields.home}.{kind.name}-{uuid4().hex[:12]}"
    try:
        return id_from_name(fields.name, fields.home)
    except NamelessId as error:
        raise Problem(422, "no-id", "This needs an id", str(error)) from error


def _named(entity: Entity[Any], field: str) -> set[str]:
    return {reference.id for reference in references(entity.fields) if reference.field == field}


def _in_language(fields: Fields, language: str) -> Fields:
    return fields if fields.language else fields.model_copy(update={"language": language})


def _check_same_id(entity_id: str, given: BaseModel) -> None:
    if (said := getattr(given, "id", None)) not in (None, entity_id):
        raise Problem(422, "fixed-id", "The id cannot change", f"The address says {entity_id!r}, the body {said!r}")


def _taken(entity_id: str) -> Problem:
    return Problem(409, "id-taken", "The id is taken", f"There is already something with the id {entity_id!r}")


def _unknown(entity_id: str, reference: Reference) -> Refusal:
    what = reference.kind.replace("-", " ")
    where = "" if reference.kind == "jurisdiction" else " in this jurisdiction"
    detail = f"There is no {what} {reference.id!r}{where} ({reference.field} of {entity_id!r})"
    return Refusal(f"unknown-{reference.kind}", f"There is no such {what}", detail, entity_id)
