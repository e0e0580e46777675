"""What a file would change, as a plan that can be read first, and carrying the plan out as a whole."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError

from services.catalog.entities.changes import Editor, Wanted, derived_id
from services.catalog.entities.differences import Difference, differences
from services.catalog.entities.domain import Entity, NamelessId, Refused, id_from_name
from services.catalog.entities.kinds import Kind
from services.catalog.entities.store import Saved, UnitOfWork
from services.catalog.entities.threads import beside
from services.catalog.exchange.said import Reading, RefusedPart, Said
from shared.contracts.base import is_entity_id
from shared.problems import Problem
from shared.text import EntityId

MOST_ROUNDS = 20
"""How often what others refer to may turn out to be refused itself, before a file is given up as a whole."""


class Changed(BaseModel):
    """An entity that is changed, and its fields that differ."""

    kind: str
    id: str
    changes: list[Difference]


class RefusedRow(BaseModel):
    """A part of the file that was not taken: where it stands, and why."""

    where: str
    id: str | None
    message: str


class Created(BaseModel):
    """An entity that is new."""

    kind: str
    id: str


class Plan(BaseModel):
    """What a file does. Its digest, `plan`, given back as `expect`, makes sure that what was read is what is done."""

    plan: str
    applied: bool
    create: list[Created]
    change: list[Changed]
    unchanged: int
    refused: list[RefusedRow]


class Application:
    """One file, on its way into the catalogue."""

    def __init__(self, work: UnitOfWork, kinds: Mapping[str, Kind[Any]], by: str) -> None:
        self._work = work
        self._kinds = kinds
        self._editor = Editor(work, kinds, by)
        self._where: dict[str, str] = {}
        self._refused: list[RefusedPart] = []
        self._saved: Sequence[Saved] = ()
        self._wanted: list[Wanted] = []
        self._left = 0

    async def plan(self, reading: Reading, *, reason: str, merge: bool, only_new: bool = False) -> Plan:
        """What has to change so that the catalogue says what the file says.

        With `merge` a file speaks only of the fields that it names; without, all others get their defaults. With
        `only_new` what is there is left as it is.
        """
        self._refused = [*reading.refused]
        identified = [self._identified(said) for said in reading.said]
        if only_new:
            there = await self._work.homes(_ids(identified))
            self._left, identified = _parted(identified, there)
        keeps = None if merge else reading.keeps
        ids = _ids(identified) if merge or keeps else []
        found = {id: entity for id, (_, entity) in (await self._work.lock(ids)).items()}
        self._wanted = await beside(lambda: self._all_understood(identified, found, keeps), len(identified))
        self._saved = await self._settled(reason or reading.reason)
        return await beside(lambda: self._told(applied=False), len(self._saved))

    async def carry_out(self, expected: str | None, *, partial: bool) -> Plan:
        """Does what was planned. Raises a Problem where parts are refused, unless `partial`, or the plan is another."""
        plan = await beside(lambda: self._told(applied=True), len(self._saved))
        if expected is not None and expected != plan.plan:
            raise Problem(409, "plan-changed", "The plan is another one by now", "Look at it again, then apply it")
        if plan.refused and not partial:
            first = plan.refused[0]
            problem = Problem(422, "refused", "Parts of the file cannot be taken", f"{first.where}: {first.message}")
            problem.document["refused"] = [row.model_dump() for row in plan.refused[:1_000]]
            raise problem
        await self._editor.save(self._saved)
        return plan

    def _identified(self, said: Said) -> Said:
        """With the id that its name gives, where it has none and its kind lets names tell."""
        name, home = said.fields.get("name"), said.fields.get("jurisdiction_id")
        if said.id is not None or not isinstance(name, str) or self._kinds[said.kind].names_people:
            return said
        try:
            return replace(said, id=id_from_name(name, home if isinstance(home, str) else None))
        except NamelessId:
            return said

    def _all_understood(
        self, said: Sequence[Said], found: Mapping[str, Entity[Any]], keeps: Collection[str] | None
    ) -> list[Wanted]:
        return [wanted for each in said if (wanted := self._understood(each, found, keeps))]

    def _understood(self, said: Said, found: Mapping[str, Entity[Any]], keeps: Collection[str] | None) -> Wanted | None:
        """What is wanted of an entity: what is said of it, and else what it is, as far as `keeps` (None: in all)."""
        kind = self._kinds[said.kind]
        try:
            fields = dict(said.fields)
            if (entity := found.get(str(said.id))) is not None:
                fields = _kept(entity, keeps) | fields
            given = kind.input.model_validate({name: value for name, value in fields.items() if value is not None})
            checked = kind.said(given)
            entity_id = _id(said.id) if said.id is not None else derived_id(kind, checked)
        except ValidationError as error:
            self._refuse(said.where, said.id, _message(error))
        except Problem as problem:
            self._refuse(said.where, None, str(problem))
        else:
            if entity_id not in self._where:
                self._where[entity_id] = said.where
                return Wanted(kind, entity_id, checked, getattr(given, "reason", "") or None)
            self._refuse(said.where, entity_id, f"this id stands at {self._where[entity_id]} already")
        return None

    async def _settled(self, reason: str) -> Sequence[Saved]:
        """What has to be saved; what is refused is left out, and what refers to it too."""
        change = self._editor.change(reason)
        for _ in range(MOST_ROUNDS):
            try:
                return await self._editor.settle(self._wanted, change)
            except Refused as refused:
                ids = {refusal.about for refusal in refused.refusals}
                for refusal in refused.refusals:
                    self._refuse(self._where.get(str(refusal.about), ""), refusal.about, str(refusal))
                if None in ids:
                    break
                self._wanted = [each for each in self._wanted if each.id not in ids]
        for each in self._wanted:
            self._refuse(self._where[each.id], each.id, "refused with the others")
        self._wanted = []
        return ()

    def _refuse(self, where: str, entity_id: object, message: str) -> None:
        id = None if entity_id is None else _printable(str(entity_id))
        self._refused.append(RefusedPart(_printable(where), id, _printable(message)))

    def _told(self, *, applied: bool) -> Plan:
        new = [Created(kind=each.kind.name, id=each.entity.id) for each in self._saved if each.previous is None]
        changed = [_changed(each) for each in self._saved if each.previous is not None]
        return Plan(
            plan=_digest(self._saved),
            applied=applied,
            create=new,
            change=changed,
            unchanged=self._left + len(self._wanted) - len(self._saved),
            refused=[RefusedRow(**part._asdict()) for part in self._refused],
        )


def _kept(entity: Entity[Any], keeps: Collection[str] | None) -> dict[str, Any]:
    fields: dict[str, Any] = entity.fields.model_dump(mode="json")
    return fields if keeps is None else {name: value for name, value in fields.items() if name in keeps}


def _ids(said: Sequence[Said]) -> list[str]:
    """Those of the ids that can be ids at all."""
    return [each.id for each in said if isinstance(each.id, str) and is_entity_id(each.id)]


def _printable(text: str) -> str:
    """Text that an answer can hold: halves of surrogate pairs are none."""
    return text.encode(errors="replace").decode()


def _parted(said: Sequence[Said], there: Collection[str]) -> tuple[int, list[Said]]:
    """How many are there already, and those that are not."""
    new = [each for each in said if each.id not in there]
    return len(said) - len(new), new


def _changed(saved: Saved) -> Changed:
    assert saved.previous is not None  # who calls has looked
    found = differences(saved.previous.document(), saved.entity.document())
    return Changed(kind=saved.kind.name, id=saved.entity.id, changes=found)


def _digest(saved: Sequence[Saved]) -> str:
    """The same for the same changes of the same versions."""
    told = [(each.kind.name, each.entity.id, each.entity.version, each.entity.fields.model_dump(mode="json"))
            for each in saved]  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]


def _id(said: object) -> str:
    return _WithId.model_validate({"id": said}).id


class _WithId(BaseModel):
    id: EntityId


def _message(error: ValidationError) -> str:
    found = [f"{'.'.join(map(str, item['loc'])) or 'this'}: {item['msg']}" for item in error.errors()[:5]]
    more = f"; {error.error_count() - 5} more" if error.error_count() > 5 else ""
    return "; ".join(found) + more
