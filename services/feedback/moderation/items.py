"""What cases are about, in whatever table it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from services.feedback.media import store as media
from services.feedback.moderation.kinds import KINDS, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An input: whose it is and where it belongs; its texts as they were written, and as the public reads them."""

    kind: str
    id: UUID
    jurisdiction_id: str
    service_id: str
    contributor: str | None
    hidden: bool
    texts: Mapping[str, str | None]
    public: Mapping[str, str | None]


def select(kind: Kind, where: str) -> str:
    """The statement that reads items as `item` takes them."""
    home = "p" if kind.parent else "i"
    join = f"JOIN {kind.parent[0]} p ON p.id = i.{kind.parent[1]}" if kind.parent else ""
    texts = ", ".join(f"i.{text}, i.{text}_masked" for text in kind.texts)
    return f"""
    SELECT i.id, {home}.jurisdiction_id, {home}.service_id, {kind.contributor} AS contributor,
           i.hidden_at IS NOT NULL AS hidden, {texts}
    FROM {kind.table} i {join} WHERE {where}
    """


def item(kind: Kind, row: asyncpg.Record) -> Item:
    """A row as an item."""
    names = ("id", "jurisdiction_id", "service_id", "contributor", "hidden")
    return Item(
        kind=kind.name,
        **{name: row[name] for name in names},
        texts={text: row[text] for text in kind.texts},
        public={text: row[f"{text}_masked"] or row[text] for text in kind.texts},
    )


async def find(connection: asyncpg.Connection, kind_name: str, item_id: UUID, *, lock: str = "") -> Item | None:
    """An item; with `lock`, such as `FOR UPDATE`, it stays as it is until the transaction ends."""
    kind = KINDS[kind_name]
    if lock and kind.parent:
        table, column = kind.parent
        parent = f"SELECT {column} FROM {kind.table} WHERE id = $1"
        await connection.execute(f"SELECT FROM {table} WHERE id = ({parent}) {lock}", item_id)
    if lock:
        await connection.execute(f"SELECT FROM {kind.table} WHERE id = $1 {lock}", item_id)
    row = await connection.fetchrow(select(kind, "i.id = $1"), item_id)
    return None if row is None else item(kind, row)


async def is_public(connection: asyncpg.Connection, kind_name: str, item_id: UUID) -> bool:
    """Whether the public sees it, or would if it were not hidden."""
    kind = KINDS[kind_name]
    seen = await connection.fetchval(f"SELECT {kind.seen} FROM {kind.table} i WHERE id = $1", item_id)
    return seen is True


async def found(connection: asyncpg.Connection, kind_name: str, ids: Sequence[UUID]) -> dict[UUID, Item]:
    """Items of a kind by their ids."""
    kind = KINDS[kind_name]
    rows = await connection.fetch(select(kind, "i.id = ANY ($1::uuid[])"), ids)
    return {row["id"]: item(kind, row) for row in rows}


async def hide(connection: asyncpg.Connection, kind_name: str, item_id: UUID, at: datetime | None) -> None:
    """Hides an item with its pictures from the public; with None, shows it again."""
    kind = KINDS[kind_name]
    await connection.execute(f"UPDATE {kind.table} SET hidden_at = $2 WHERE id = $1", item_id, at)
    await media.hide(connection, kind.name, [item_id], hidden=at is not None)
    await _changed(connection, kind, item_id)


async def redact(connection: asyncpg.Connection, kind_name: str, item_id: UUID, texts: Mapping[str, str]) -> None:
    """Has the public read these texts, also in the place of earlier versions."""
    kind = KINDS[kind_name]
    sets = ", ".join(f"{name}_masked = ${number}" for number, name in enumerate(texts, 2))
    await connection.execute(f"UPDATE {kind.table} SET {sets} WHERE id = $1", item_id, *texts.values())
    if kind.versions is not None:
        table, column = kind.versions
        for name, text in texts.items():
            where = f"WHERE {column} = $1 AND {name} IS NOT NULL"
            await connection.execute(f"UPDATE {table} SET {name}_masked = $2 {where}", item_id, text)
    if kind.reindex is not None:
        await kind.reindex(connection, item_id)
    await _changed(connection, kind, item_id)


async def _changed(connection: asyncpg.Connection, kind: Kind, item_id: UUID) -> None:
    if kind.changes:
        table, id_ = (kind.table, "$1")
        if kind.parent:
            table, id_ = kind.parent[0], f"(SELECT {kind.parent[1]} FROM {kind.table} WHERE id = $1)"
        await connection.execute(f"UPDATE {table} SET updated_at = now() WHERE id = {id_}", item_id)
