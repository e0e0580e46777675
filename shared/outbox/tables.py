"""The outbox's tables, and the partitions that hold it by time.

`id`, `aggregatetype`, `aggregateid`, `type` and `payload` are named as Debezium's outbox event router wants them;
`aggregatetype` is the topic. The outbox is append-only: old partitions are dropped, rows are never updated.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg

from shared.database import Statements
from shared.outbox.append import PARTS

SCHEMA = f"""
CREATE TABLE outbox_counter (part smallint PRIMARY KEY, seq bigint NOT NULL);
INSERT INTO outbox_counter SELECT part, 0 FROM generate_series(0, {PARTS - 1}) part;

CREATE TABLE outbox (
    part smallint NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    aggregatetype text NOT NULL,
    aggregateid text NOT NULL,
    type text NOT NULL,
    payload bytea NOT NULL,
    content_type text NOT NULL,
    traceparent text,
    tracestate text,
    occurred_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (part, seq, created_at)
) PARTITION BY RANGE (created_at);
-- Catches rows when no partition was made ahead, so that a write is never refused for want of one.
CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;

CREATE TABLE outbox_relay (
    part smallint PRIMARY KEY,
    owner uuid,
    fence bigint NOT NULL DEFAULT 0,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    acked_seq bigint NOT NULL DEFAULT 0
);
INSERT INTO outbox_relay (part) SELECT part FROM generate_series(0, {PARTS - 1}) part;
"""

DAYS_AHEAD = 7
"""Partitions are made this far ahead; a worker that is down for longer leaves rows to the default partition."""


def create_outbox(op: Statements) -> None:
    """Creates the outbox in a migration."""
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for day in _days_ahead():
        op.execute(_partition_ddl(day))


def _days_ahead() -> list[datetime]:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return [today + timedelta(days=n) for n in range(DAYS_AHEAD + 1)]


def _partition_name(day: datetime) -> str:
    return f"outbox_{day:%Y%m%d}"


def _partition_ddl(day: datetime) -> str:
    bounds = f"FROM ('{day:%Y-%m-%d}Z') TO ('{day + timedelta(days=1):%Y-%m-%d}Z')"
    return f"CREATE TABLE IF NOT EXISTS {_partition_name(day)} PARTITION OF outbox FOR VALUES {bounds}"


async def make_partitions(connection: asyncpg.Connection) -> None:
    """Makes the daily partitions from today on, except for days that the default partition already has rows of."""
    for day in _days_ahead():
        if await connection.fetchval("SELECT to_regclass($1)", _partition_name(day)) is None:
            with suppress(asyncpg.CheckViolationError):
                await connection.execute(_partition_ddl(day))


async def drop_partitions(connection: asyncpg.Connection, retention_days: int) -> list[str]:
    """Drops partitions older than the retention whose every event is published; returns their names."""
    oldest = datetime.now(UTC) - timedelta(days=retention_days + 1)
    names = await connection.fetch(
        "SELECT relname FROM pg_class JOIN pg_inherits ON oid = inhrelid "
        "WHERE inhparent = 'outbox'::regclass AND relname ~ '^outbox_[0-9]{8}$' AND relname < $1 ORDER BY relname",
        _partition_name(oldest),
    )
    dropped = []
    for (name,) in names:
        unpublished = f"SELECT EXISTS (SELECT FROM {name} o JOIN outbox_relay r USING (part) WHERE o.seq > r.acked_seq)"
        if not await connection.fetchval(unpublished):
            await connection.execute(f"DROP TABLE {name}")
            dropped.append(name)
    return dropped
