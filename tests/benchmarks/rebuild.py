"""Counting a whole history anew into empty tables, and what an event costs on top of it:
`python -m tests.benchmarks.rebuild [events]`.

Metrics has counted a topic but for its last events, and has lost all of it: everything is counted, compared, found
missing and added. The reference is one process of aiokafka that reads the same topic and does nothing. Then two workers
count what is left, as they do on top of a history of 100,000 events.
"""

import asyncio
import os
import sys

from deploy.local.kafka import EmbeddedKafka
from deploy.local.postgres import EmbeddedPostgres
from services.metrics.rebuilding.counting import Task
from services.metrics.rebuilding.recount import Recount, Recounted
from shared.contracts import feedback
from shared.database import engine, transaction
from shared.inbox.history import history
from shared.migrate import upgrade
from shared.settings import PARTITIONS
from shared.topics import ensure_topics
from tests.benchmarks.drain import drain_rate, read_rate
from tests.benchmarks.feedback_topic import fill
from tests.benchmarks.figures import Bound, Figure, show
from tests.benchmarks.parts import parts

TOPIC, SOURCE = feedback.TOPIC, "/civicloop/feedback"
TEN_MILLION = 10_000_000
SECONDS = 90
"""In which ten million are to be counted."""

SMALL, MORE = 100_000, 500_000
"""Events of a short history; events that are counted on top of it, or of a long one."""

STAND = "INSERT INTO consumer_offset SELECT $1, * FROM unnest($2::int[], $3::bigint[])"
MARK = "INSERT INTO source_position SELECT $1, * FROM unnest($2::smallint[], $3::bigint[])"


async def stand(url: str, bootstrap: str, left: int) -> int:
    """Makes metrics believe that it has counted all but about `left` messages, each of which is an event; returns how
    many it has."""
    async with history(bootstrap, TOPIC) as topic:
        ends = await topic.ends(range(PARTITIONS))
    share = 1 - left / sum(ends.values())
    counted = {part: int(end * share) for part, end in ends.items()}
    database = engine(url, pool_size=0)
    async with transaction(database) as connection:
        await connection.execute(STAND, TOPIC, list(counted), list(counted.values()))
        await connection.execute(MARK, SOURCE, list(counted), list(counted.values()))
    await database.dispose()
    return sum(counted.values())


async def rebuild(url: str, bootstrap: str) -> Recounted:
    database = engine(url)
    found = await Recount(database, Task(url, bootstrap, TOPIC, SOURCE), print).run(correct=True)
    await database.dispose()
    return found


def on_top(kafka: EmbeddedKafka, postgres: EmbeddedPostgres, events: int) -> tuple[Recounted, int, float]:
    """Rebuilds all but the last of a topic's events, and drains these: what was rebuilt, of how many events, and how
    many of the last ones were counted in a second."""
    url = postgres.create_database("metrics")
    upgrade("metrics", url)
    counted = asyncio.run(stand(url, kafka.bootstrap, MORE))
    found = asyncio.run(rebuild(url, kafka.bootstrap))
    rate, _ = drain_rate(kafka.bootstrap, url, events, workers=2, counted=counted)
    return found, counted, rate


def run(events: int = 2_000_000) -> list[Figure | Bound]:
    with parts() as (kafka, postgres):
        asyncio.run(ensure_topics(kafka.bootstrap))
        asyncio.run(fill(kafka.bootstrap, SMALL + MORE))
        _, _, young = on_top(kafka, postgres, SMALL + MORE)
    with parts() as (kafka, postgres):
        asyncio.run(ensure_topics(kafka.bootstrap))
        asyncio.run(fill(kafka.bootstrap, events + MORE))
        return measured(kafka, postgres, events + MORE, young)


def measured(kafka: EmbeddedKafka, postgres: EmbeddedPostgres, events: int, young: float) -> list[Figure | Bound]:
    """The figures of a topic with so many events; `young` is the rate on top of a short history."""
    reference = read_rate(kafka.bootstrap)
    before = os.times()
    found, counted, old = on_top(kafka, postgres, events)
    after = os.times()
    own = (sum(after[:4]) - sum(before[:4])) / events * 1e6
    print(f"{found.found.total:,} rows added; {own:.1f} microseconds of a core an event, without the servers'")
    return [
        Figure("rebuild, 2 processes", counted / found.seconds, "aiokafka doing nothing, one process", reference),
        Bound(f"rebuild of {counted:,} events", found.seconds, SECONDS * counted / TEN_MILLION, "s"),
        Bound(f"time of an event on top of {counted:,}, to that on top of {SMALL:,}", young / old, 1.3, "times"),
    ]


if __name__ == "__main__":
    show(run(*map(int, sys.argv[1:])))
