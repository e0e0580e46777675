"""Counting a whole history anew into empty tables: `python -m tests.benchmarks.rebuild [events]`.

Metrics stands at the end of a topic and has lost all it counted: everything is counted, compared, found missing and
added. The reference is one process of aiokafka that reads the same topic and does nothing.
"""

import asyncio
import os
import sys

from services.metrics.rebuilding.counting import Task
from services.metrics.rebuilding.recount import Recount, Recounted
from shared.contracts import feedback
from shared.database import engine, transaction
from shared.inbox.history import history
from shared.migrate import upgrade
from shared.settings import PARTITIONS
from shared.topics import ensure_topics
from tests.benchmarks.drain import read_rate
from tests.benchmarks.feedback_topic import fill
from tests.benchmarks.figures import Bound, Figure, show
from tests.benchmarks.parts import parts

TOPIC, SOURCE = feedback.TOPIC, "/civicloop/feedback"
TEN_MILLION = 10_000_000
SECONDS = 90
"""In which ten million are to be counted."""

STAND = "INSERT INTO consumer_offset SELECT $1, * FROM unnest($2::int[], $3::bigint[])"
MARK = "INSERT INTO source_position SELECT $1, * FROM unnest($2::smallint[], $3::bigint[])"


async def stand_at_the_end(url: str, bootstrap: str) -> None:
    """Makes metrics believe that it has counted everything: each message of the topic is the next event."""
    async with history(bootstrap, TOPIC) as topic:
        ends = await topic.ends(range(PARTITIONS))
    database = engine(url, pool_size=0)
    async with transaction(database) as connection:
        await connection.execute(STAND, TOPIC, list(ends), list(ends.values()))
        await connection.execute(MARK, SOURCE, list(ends), list(ends.values()))
    await database.dispose()


async def rebuild(url: str, bootstrap: str) -> Recounted:
    database = engine(url)
    found = await Recount(database, Task(url, bootstrap, TOPIC, SOURCE), print).run(correct=True)
    await database.dispose()
    return found


def run(events: int = 2_000_000) -> list[Figure | Bound]:
    with parts() as (kafka, postgres):
        url = postgres.create_database("metrics")
        upgrade("metrics", url)
        asyncio.run(ensure_topics(kafka.bootstrap))
        asyncio.run(fill(kafka.bootstrap, events))
        asyncio.run(stand_at_the_end(url, kafka.bootstrap))
        reference = read_rate(kafka.bootstrap)
        before = os.times()
        found = asyncio.run(rebuild(url, kafka.bootstrap))
        after = os.times()
        own = (sum(after[:4]) - sum(before[:4])) / events * 1e6
        print(f"{found.found.total:,} rows added; {own:.1f} microseconds of a core an event, without the servers'")
        return [
            Figure("rebuild, 2 processes", events / found.seconds, "aiokafka doing nothing, one process", reference),
            Bound(f"rebuild of {events:,} events", found.seconds, SECONDS * events / TEN_MILLION, "s"),
        ]


if __name__ == "__main__":
    show(run(*map(int, sys.argv[1:])))
