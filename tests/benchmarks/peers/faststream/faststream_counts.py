"""FastStream: counts and sums of feedback events by service, kind and day, and by service, district, kind and month.

FastStream keeps no state: what a batch adds goes into PostgreSQL in one transaction, and is acknowledged afterwards.
Arguments: bootstrap servers, group, the database's address, member.
"""

import asyncio
import json
import sys
from collections import defaultdict
from datetime import datetime
from typing import Any

import asyncpg
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage

TOPIC = "civicloop.feedback.v1"
KINDS = {b"feedback.rating.given.v1": "rated", b"feedback.request.opened.v1": "opened"}
TABLES = """
CREATE TABLE IF NOT EXISTS counts (
    grouping_name text, key text, count bigint, total bigint, PRIMARY KEY (grouping_name, key));
CREATE TABLE IF NOT EXISTS batches (events bigint)
"""
ADD = """
INSERT INTO counts AS c SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS n (key, count, total)
ORDER BY key ON CONFLICT (grouping_name, key)
DO UPDATE SET count = c.count + excluded.count, total = c.total + excluded.total
"""

Sums = defaultdict[str, list[int]]


def seconds(event: dict[str, Any]) -> int:
    opened, closed = (datetime.fromisoformat(event[name]) for name in ("opened_at", "closed_at"))
    return int((closed - opened).total_seconds())


def add(event: dict[str, Any], kind: str, days: Sums, months: Sums) -> None:
    if kind == "rated":
        moment, amount = event["given_at"], event["value"]
    elif kind == "opened":
        moment, amount = event["opened_at"], 0
    else:
        moment, amount = event["closed_at"], seconds(event)
    service = event["service_id"]
    for sums, key in (
        (days, f"{service}|{kind}|{moment[:10]}"),
        (months, f"{service}|{event['district_id']}|{kind}|{moment[:7]}"),
    ):
        held = sums[key]
        held[0] += 1
        held[1] += amount


def summed(records: Any) -> tuple[Sums, Sums]:
    days: Sums = defaultdict(lambda: [0, 0])
    months: Sums = defaultdict(lambda: [0, 0])
    for record in records:
        kind = KINDS.get(dict(record.headers)["ce_type"], "closed")
        add(json.loads(record.value), kind, days, months)
    return days, months


def main(bootstrap: str, group: str, database: str, member: str) -> None:
    broker = KafkaBroker(bootstrap, graceful_timeout=5)
    pools: list[asyncpg.Pool] = []

    async def raw(message: Any) -> list[bytes]:
        return []

    @broker.subscriber(
        TOPIC,
        batch=True,
        max_records=20_000,
        group_id=group,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.ACK,
        group_instance_id=member,
        session_timeout_ms=6_000,
        max_partition_fetch_bytes=4 << 20,
        decoder=raw,
    )
    async def count(_: list[bytes], message: KafkaMessage) -> None:
        days, months = summed(message.raw_message)
        async with pools[0].acquire() as connection, connection.transaction():
            for name, sums in (("days", days), ("months", months)):
                counts, totals = zip(*sums.values(), strict=True)
                await connection.execute(ADD, name, list(sums), counts, totals)
            await connection.execute("INSERT INTO batches VALUES ($1)", len(message.raw_message))

    app = FastStream(broker)

    @app.on_startup
    async def connect() -> None:
        pool = await asyncpg.create_pool(database, min_size=1, max_size=2)
        await pool.execute(TABLES)
        pools.append(pool)

    asyncio.run(app.run())


if __name__ == "__main__":
    main(*sys.argv[1:])
