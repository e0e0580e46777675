"""Shadow tables: a recount beside the live buckets, in a schema of its own that is dropped afterwards.

Rows are only ever appended, by several processes at once, and a key may have several: their sum counts.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta

import asyncpg

from services.metrics.buckets.grouping import Delta, cells, sparse_rows
from services.metrics.buckets.statements import Table, cells_table, sparse_table
from services.metrics.buckets.tables import GROUPINGS
from services.metrics.buckets.times import Integers
from services.metrics.rebuilding.tally import Tally

PREFIX = "recount_"
EPOCH = date(1970, 1, 1)
ROWS = 20_000
"""Rows that are written as one piece of text."""

LEFT_OVER = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'recount\\_%'"
SKETCHES = """
CREATE TABLE {schema}.contributor_sketch (
    service_id text, district_id text, month date, sketch bytea, taken_back boolean);
ALTER TABLE {schema}.contributor_sketch ALTER COLUMN sketch SET STORAGE EXTERNAL
"""
TABLES = tuple(table(grouping) for grouping in GROUPINGS for table in (cells_table, sparse_table))
SPARSE = tuple(sparse_table(grouping) for grouping in GROUPINGS)

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


async def drop_all(connection: asyncpg.Connection) -> None:
    """Removes what this recount, or one that was killed, left behind."""
    for (schema,) in await connection.fetch(LEFT_OVER):
        await connection.execute(f"DROP SCHEMA {schema} CASCADE")


async def create(connection: asyncpg.Connection, schema: str) -> None:
    """Makes the tables, empty. They need not survive a crash: a recount begins from the start."""
    await connection.execute(f"CREATE SCHEMA {schema}")
    for table in TABLES:
        await connection.execute(
            f"CREATE UNLOGGED TABLE {schema}.{table.name} AS SELECT {', '.join(table.keys + table.amounts)} "
            f"FROM {table.name} LIMIT 0"
        )
    await connection.execute(SKETCHES.format(schema=schema))


async def write(connection: asyncpg.Connection, schema: str, tally: Tally) -> None:
    """Appends what a tally found."""
    for grouping in GROUPINGS:
        delta = tally.delta(grouping)
        await _copy(connection, schema, cells_table(grouping), delta, cells(delta))
        await _copy(connection, schema, sparse_table(grouping), delta, sparse_rows(delta))
    await connection.copy_records_to_table(
        "contributor_sketch",
        schema_name=schema,
        records=((*key, sketch, key in tally.taken_back) for key, sketch in tally.sketches()),
    )


async def _copy(
    connection: asyncpg.Connection, schema: str, table: Table, delta: Delta, columns: Sequence[Integers]
) -> None:
    await connection.copy_to_table(
        table.name,
        schema_name=schema,
        columns=table.keys + table.amounts,
        source=_pieces(_lines(table, delta.names, columns)),
    )


def _lines(table: Table, names: Sequence[Sequence[str]], columns: Sequence[Integers]) -> Iterator[str]:
    """Rows in PostgreSQL's text format of COPY."""
    owners = [[name.translate(_ESCAPES) for name in each] for each in names]
    days = {day: str(EPOCH + timedelta(days=day)) for day in set(columns[len(table.keys) - 1].tolist())}
    kinds: list[Callable[[int], str]] = [each.__getitem__ for each in owners]
    kinds += [*([str] * len(table.others)), days.__getitem__, *([str] * len(table.amounts))]
    texts = [map(kind, column.tolist()) for kind, column in zip(kinds, columns, strict=True)]
    return map("\t".join, zip(*texts, strict=True))


async def _pieces(lines: Iterable[str]) -> AsyncIterator[bytes]:
    piece: list[str] = []
    for line in lines:
        piece.append(line)
        if len(piece) == ROWS:
            yield ("\n".join(piece) + "\n").encode()
            piece = []
    if piece:
        yield ("\n".join(piece) + "\n").encode()
