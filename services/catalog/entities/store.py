"""The tables of entities and of their versions, and all SQL on them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Row, Select, Table, Text, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.catalog import publishes
from services.catalog.entities.domain import Change, Entity
from services.catalog.entities.kinds import E, Kind
from services.catalog.entities.schemas import EntityVersion
from shared.database import raw
from shared.outbox.append import Outgoing, append
from shared.problems import Problem

metadata = MetaData()


def entity_columns() -> list[Column[Any]]:
    """The columns that every kind has."""
    return [
        Column("id", Text, primary_key=True),
        Column("name", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("changed_at", TIMESTAMP(timezone=True), nullable=False),
    ]


def local_columns() -> list[Column[Any]]:
    """The columns that every kind has whose entities belong to a jurisdiction."""
    return [
        *entity_columns(),
        Column("jurisdiction_id", Text, ForeignKey("jurisdiction.id"), nullable=False, index=True),
    ]


# Versions of all kinds, so that no two entities of any kind have the same id: events of all are keyed by it alone.
entity_version = Table(
    "entity_version",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("changed_at", TIMESTAMP(timezone=True), nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("entity", JSONB, nullable=False),
)


class UnitOfWork:
    """One transaction. What is saved in it is published by it."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.events: list[Outgoing] = []

    async def find(self, kind: Kind[E], entity_id: str) -> E | None:
        """An entity, which nobody else can change until this ends."""
        return await _first(self._connection, kind, by_id(kind, entity_id).with_for_update(key_share=True))

    async def save(self, kind: Kind[E], entity: E, change: Change) -> None:
        """Keeps a new version. Raises a problem where its id is taken, or it refers to what is not there."""
        try:
            await self._write(kind, entity, change)
        except IntegrityError as error:
            raise _refusal(error, kind, entity) from error
        self.events.append(publishes.changed(entity))

    async def _write(self, kind: Kind[E], entity: E, change: Change) -> None:
        row = vars(entity)
        new = entity.version == 1
        await self._connection.execute(
            insert(kind.table).values(row)
            if new
            else update(kind.table).where(kind.table.c.id == entity.id).values(row)
        )
        await self._connection.execute(insert(entity_version).values(_version_row(kind, entity, change)))


@asynccontextmanager
async def unit_of_work(engine: AsyncEngine) -> AsyncIterator[UnitOfWork]:
    """A transaction that commits at the end; the outbox is the last that it writes."""
    async with engine.begin() as connection:
        work = UnitOfWork(connection)
        yield work
        await append(await raw(connection), work.events)


def by_id(kind: Kind[E], entity_id: str) -> Select[Any]:
    return select(kind.table).where(kind.table.c.id == entity_id)


async def find(engine: AsyncEngine, kind: Kind[E], entity_id: str) -> E | None:
    """An entity as it now is."""
    async with engine.connect() as connection:
        return await _first(connection, kind, by_id(kind, entity_id))


async def entities(
    engine: AsyncEngine, kind: Kind[E], *, after: str, limit: int, jurisdiction_id: str | None
) -> list[E]:
    """Entities by id, from the one behind `after` on; those of one jurisdiction, or of all."""
    columns = kind.table.c
    query = select(kind.table).where(columns.id > after).order_by(columns.id).limit(limit)
    if jurisdiction_id is not None:
        query = query.where(columns.get("jurisdiction_id", columns.id) == jurisdiction_id)
    async with engine.connect() as connection:
        return [_entity(kind, row) for row in await connection.execute(query)]


async def versions(engine: AsyncEngine, entity_id: str, *, before: int, limit: int) -> list[EntityVersion]:
    """Versions of an entity, the newest first, from the one before `before` on."""
    columns = entity_version.c
    query = (
        select(columns.version, columns.changed_at, columns.changed_by, columns.reason, columns.entity)
        .where(columns.id == entity_id, columns.version < before)
        .order_by(columns.version.desc())
        .limit(limit)
    )
    async with engine.connect() as connection:
        return [EntityVersion.model_validate(row) for row in (await connection.execute(query)).mappings()]


async def _first(connection: AsyncConnection, kind: Kind[E], query: Select[Any]) -> E | None:
    row = (await connection.execute(query)).first()
    return None if row is None else _entity(kind, row)


def _entity(kind: Kind[E], row: Row[Any]) -> E:
    return msgspec.convert(row, kind.entity, from_attributes=True)


def _version_row(kind: Kind[E], entity: Entity, change: Change) -> dict[str, Any]:
    return {
        "kind": kind.name,
        "id": entity.id,
        "version": entity.version,
        "changed_at": change.at,
        "changed_by": change.by,
        "reason": change.reason,
        "entity": msgspec.to_builtins(entity),
    }


def _refusal(error: IntegrityError, kind: Kind[E], entity: Entity) -> Problem:
    """What a constraint of the database means to the caller; constraints are named `<table>_<column>_fkey`."""
    constraint: str = getattr(error.orig and error.orig.__cause__, "constraint_name", "")
    if constraint.endswith("_pkey"):
        return Problem(409, "id-taken", "The id is taken", f"There is already something with the id {entity.id!r}")
    column = constraint.removeprefix(f"{kind.table.name}_").removesuffix("_fkey")
    what, value = column.removesuffix("_id"), getattr(entity, column)
    where = "" if what == "jurisdiction" else " in this jurisdiction"
    return Problem(422, f"unknown-{what}", f"There is no such {what}", f"There is no {what} {value!r}{where}")
