"""The tables of entities, of their versions and of what they name, and all SQL on them."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog import publishes
from services.catalog.entities.domain import Change, Entity, Refusal, Refused
from services.catalog.entities.kinds import Kind
from services.catalog.entities.references import Reference, references
from services.catalog.entities.threads import beside
from services.catalog.search.store import index
from shared.database import transaction
from shared.outbox.append import Outgoing, append

LOAD = "SELECT kind, body::text AS body FROM entity WHERE id = ANY ($1)"
LOCK = f"{LOAD} ORDER BY id FOR NO KEY UPDATE"
NAMING = """
SELECT e.kind, e.body::text AS body FROM entity e WHERE e.kind = $1
AND e.id IN (SELECT from_id FROM entity_reference WHERE field = $2 AND to_id = ANY ($3)) ORDER BY e.id
"""
FOUND = "SELECT id, kind, jurisdiction_id FROM entity WHERE id = ANY ($1)"
EDGES = "SELECT from_id, to_id FROM entity_reference WHERE field = $1"
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext($1))"
INSERT = """
INSERT INTO entity (id, kind, jurisdiction_id, name, version, changed_at, facets, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
UPDATE = """
UPDATE entity SET name = $4, version = $5, changed_at = $6, facets = $7, body = $8
WHERE id = $1 AND kind = $2 AND jurisdiction_id IS NOT DISTINCT FROM $3
"""
INSERT_VERSION = """
INSERT INTO entity_version (id, kind, version, changed_at, changed_by, reason, entity)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
FORGET_REFERENCES = "DELETE FROM entity_reference WHERE from_id = ANY ($1)"
INSERT_REFERENCES = """
INSERT INTO entity_reference (from_id, field, to_id, to_kind)
SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
"""
ONE = "SELECT version, body::text FROM entity WHERE kind = $1 AND id = $2"
VERSIONS = """
SELECT version, changed_at, changed_by, reason, entity::text AS entity FROM entity_version
WHERE kind = $1 AND id = $2 AND version < $3 ORDER BY version DESC LIMIT $4
"""
VERSION = "SELECT entity::text FROM entity_version WHERE kind = $1 AND id = $2 AND version = $3"


MOST_BYTES = 900_000
"""Of an entity's document. Kafka takes messages of up to 1,048,576 bytes, and the envelope has to fit in too: one
event beyond that would hold up its part of the outbox for good."""


class Home(NamedTuple):
    """What a reference has to know of the entity that it leads to."""

    kind: str
    jurisdiction_id: str | None


class Version(msgspec.Struct, frozen=True):
    """One version of an entity: what it was, since when, by whom and why."""

    version: int
    changed_at: datetime
    changed_by: str
    reason: str
    entity: msgspec.Raw


class Saved(NamedTuple):
    """An entity to be written, and what it was before; None if it is new."""

    kind: Kind[Any]
    entity: Entity[Any]
    previous: Entity[Any] | None
    change: Change

    @property
    def home(self) -> str | None:
        """The jurisdiction among whose entities it is listed; one is listed among its own."""
        return self.entity.id if self.kind.name == "jurisdiction" else self.entity.fields.home


class UnitOfWork:
    """One transaction. What is saved in it is seen by all that it reads, and published by it."""

    def __init__(self, connection: asyncpg.Connection, kinds: Mapping[str, Kind[Any]]) -> None:
        self.connection = connection
        self._kinds = kinds
        self._saved: dict[str, Entity[Any]] = {}
        self._events: list[Outgoing] = []

    async def lock(self, ids: Collection[str]) -> dict[str, tuple[Kind[Any], Entity[Any]]]:
        """Entities by id, which nobody else can change until this ends."""
        return self._entities(await self.connection.fetch(LOCK, list(ids)))

    async def get(self, ids: Iterable[str]) -> dict[str, Entity[Any]]:
        """Entities by id, as they are or are about to be."""
        wanted = set(ids)
        rows = await self.connection.fetch(LOAD, list(wanted - self._saved.keys()))
        found = {id: entity for id, (_, entity) in self._entities(rows).items()}
        return found | {id: self._saved[id] for id in wanted & self._saved.keys()}

    async def naming(self, kind: str, field: str, ids: Iterable[str]) -> list[Entity[Any]]:
        """Entities of a kind that name one of `ids` in a field; those in this work are left out."""
        rows = await self.connection.fetch(NAMING, kind, field, list(ids))
        return [entity for id, (_, entity) in self._entities(rows).items() if id not in self._saved]

    async def homes(self, ids: Iterable[str]) -> dict[str, Home]:
        """Kind and jurisdiction of entities that are stored, by id."""
        rows = await self.connection.fetch(FOUND, list(set(ids)))
        return {row["id"]: Home(row["kind"], row["jurisdiction_id"]) for row in rows}

    async def edges(self, field: str) -> list[tuple[str, str]]:
        """Which entity names which in a field; what others change in it waits until this ends."""
        await self.alone([field])
        return [(row["from_id"], row["to_id"]) for row in await self.connection.fetch(EDGES, field)]

    async def alone(self, what: Iterable[str]) -> None:
        """Returns once no other transaction looks after the same things; they wait until this one ends."""
        for each in sorted(set(what)):
            await self.connection.execute(ONE_AT_A_TIME, f"catalog.{each}")

    def hold(self, entities: Iterable[Entity[Any]]) -> None:
        """Makes entities known that are about to be saved."""
        self._saved |= {entity.id: entity for entity in entities}

    def release(self) -> None:
        """Forgets what was about to be saved."""
        self._saved.clear()

    async def save(self, saved: Sequence[Saved]) -> None:
        """Writes new versions. Raises Refused where one is too large, asyncpg.UniqueViolationError where an id has just
        been taken."""
        if not saved:
            return
        rows = await beside(lambda: [_row(each) for each in saved], len(saved))
        new = [row for each, row in zip(saved, rows, strict=True) if each.previous is None]
        revised = [row for each, row in zip(saved, rows, strict=True) if each.previous is not None]
        if new:
            await self.connection.executemany(INSERT, new)
        if revised:
            await self.connection.executemany(UPDATE, revised)
        versions = [_version_row(each, row[-1]) for each, row in zip(saved, rows, strict=True)]
        await self.connection.executemany(INSERT_VERSION, versions)
        await self._write_references(saved)
        await index(self.connection, [each.entity for each in saved])
        self._events += await beside(lambda: [event for each in saved for event in _events(each)], len(saved))

    async def _write_references(self, saved: Sequence[Saved]) -> None:
        await self.connection.execute(FORGET_REFERENCES, [each.entity.id for each in saved if each.previous])
        rows = [
            (each.entity.id, reference.field, reference.id, reference.kind)
            for each in saved
            for reference in references(each.entity.fields)
        ]
        if rows:
            await self.connection.execute(INSERT_REFERENCES, *map(list, zip(*rows, strict=True)))

    async def publish(self) -> None:
        """Appends the events of all that was saved to the outbox; nothing may be written after it."""
        await append(self.connection, self._events)

    def _entities(self, rows: Iterable[asyncpg.Record]) -> dict[str, tuple[Kind[Any], Entity[Any]]]:
        found = ((kind := self._kinds[row["kind"]], kind.load(row["body"])) for row in rows)
        return {entity.id: (kind, entity) for kind, entity in found}


@asynccontextmanager
async def unit_of_work(engine: AsyncEngine, kinds: Mapping[str, Kind[Any]]) -> AsyncIterator[UnitOfWork]:
    """A transaction that commits at the end; the outbox is the last that it writes."""
    async with transaction(engine) as connection:
        work = UnitOfWork(connection, kinds)
        yield work
        await work.publish()


class Stored(NamedTuple):
    """An entity's version and its document."""

    version: int
    body: str


async def find(connection: asyncpg.Connection, kind: Kind[Any], entity_id: str) -> Stored | None:
    """An entity as it now is."""
    row = await connection.fetchrow(ONE, kind.name, entity_id)
    return Stored(*row) if row else None


async def versions(
    connection: asyncpg.Connection, kind: Kind[Any], entity_id: str, *, before: int, limit: int
) -> list[Version]:
    """Versions of an entity, the newest first, from the one before `before` on."""
    rows = await connection.fetch(VERSIONS, kind.name, entity_id, before, limit)
    return [
        Version(
            row["version"], row["changed_at"], row["changed_by"], row["reason"], msgspec.Raw(row["entity"].encode())
        )
        for row in rows
    ]


async def version(connection: asyncpg.Connection, kind: Kind[Any], entity_id: str, number: int) -> str | None:
    """The document of an entity as it was in a version."""
    body: str | None = await connection.fetchval(VERSION, kind.name, entity_id, number)
    return body


def _row(saved: Saved) -> tuple[Any, ...]:
    entity = saved.entity
    document = entity.document()
    facets = [f"{name}:{value}" for name, values in entity.fields.facets().items() for value in values]
    encoded = msgspec.json.encode(document)
    if len(encoded) > MOST_BYTES:
        detail = f"{entity.id!r} has {len(encoded):,} bytes; its event takes up to {MOST_BYTES:,}"
        raise Refused([Refusal("entity-too-large", "This is more than an entity can hold", detail, entity.id)])
    body = encoded.decode()
    return (entity.id, saved.kind.name, saved.home, entity.fields.name, entity.version, entity.changed_at, facets, body)


def _version_row(saved: Saved, body: str) -> tuple[Any, ...]:
    entity, change = saved.entity, saved.change
    return (entity.id, saved.kind.name, entity.version, change.at, change.by, change.reason, body)


def _events(saved: Saved) -> list[Outgoing]:
    """The state of the entity; of a service whose state of life has changed, its announcement too."""
    entity, previous, change = saved.entity, saved.previous, saved.change
    before = getattr(previous and previous.fields, "status", None)
    events = [publishes.changed(saved.kind.name, entity)]
    if before is not None and before != entity.fields.status:
        events.append(publishes.announced(entity, before, change.reason, change.effective_at or change.at))
    return events


def outside(reference: Reference, home: str | None, found: Home | None) -> bool:
    """Whether a reference leads to nothing, to something of another kind, or into another jurisdiction."""
    if found is None or found.kind != reference.kind:
        return True
    return home is not None and found.jurisdiction_id not in (None, home)
