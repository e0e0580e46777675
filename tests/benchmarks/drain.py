"""Draining a prefilled topic into exact buckets, against aiokafka that reads it and does nothing.

`python -m tests.benchmarks.drain [events] [workers]`: both in turn, in one run, on embedded parts.
"""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.metrics.consumes import FeedbackHandler
from shared.contracts import feedback
from shared.database import connection, engine
from shared.inbox.consumer import Consumer
from shared.migrate import upgrade
from shared.settings import PARTITIONS
from shared.topics import ensure_topics
from tests.benchmarks.feedback_topic import fill
from tests.benchmarks.figures import Bound, Figure, show
from tests.benchmarks.parts import parts

TOPIC = feedback.TOPIC


async def read_only(bootstrap: str, parts: list[int]) -> int:
    """aiokafka alone: returns how many messages there were."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    partitions = [TopicPartition(TOPIC, part) for part in parts]
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    await consumer.seek_to_beginning()
    read = 0
    while read < sum(ends.values()):
        for records in (await consumer.getmany(timeout_ms=500, max_records=20_000)).values():
            read += len(records)
    await consumer.stop()
    return read


async def drain(bootstrap: str, url: str) -> None:
    """One worker's counting, for ever."""
    consumer = Consumer(
        engine(url), FeedbackHandler(), bootstrap=bootstrap, topic=TOPIC, source="/civicloop/feedback", group="drain"
    )
    await consumer.run()


async def drained(url: str, events: int) -> None:
    """Returns once all partitions are at their ends."""
    database = engine(url, pool_size=1)
    while True:
        async with connection(database) as reader:
            done = await reader.fetchval("SELECT sum(next_offset) FROM consumer_offset") or 0
        if done >= events:
            await database.dispose()
            return
        await asyncio.sleep(0.02)


def child(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.benchmarks.drain", *arguments])


def role(arguments: list[str]) -> None:
    """What a child process does: `read BOOTSTRAP PARTS` or `drain BOOTSTRAP URL`."""
    import uvloop

    name, bootstrap, detail = arguments
    started = time.perf_counter()
    if name == "read":
        read = uvloop.run(read_only(bootstrap, [int(part) for part in detail.split(",")]))
        print(f"{read} {time.perf_counter() - started:.3f}", flush=True)
    else:
        import gc

        gc.set_threshold(50_000, 20, 50)
        uvloop.run(drain(bootstrap, detail))


def read_rate(bootstrap: str) -> float:
    """Messages a second that one aiokafka process reads."""
    parts = ",".join(map(str, range(PARTITIONS)))
    command = [sys.executable, "-m", "tests.benchmarks.drain", "read", bootstrap, parts]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return int(answer[0]) / float(answer[1])


def drain_rate(bootstrap: str, url: str, events: int, workers: int, *, counted: int = 0) -> tuple[float, float]:
    """Events a second that `workers` processes count, from the first commit on; and the most memory one took, in MB.

    Of `events`, some have been `counted` before.
    """
    running = [child("drain", bootstrap, url) for _ in range(workers)]
    try:
        asyncio.run(drained(url, counted + 1))
        start = time.perf_counter()
        first = asyncio.run(_done(url))
        asyncio.run(drained(url, events))
        rate = (events - first) / (time.perf_counter() - start)
        return rate, max(peak_memory(process.pid) for process in running)
    finally:
        for process in running:
            process.terminate()
            process.wait()


def peak_memory(pid: int) -> float:
    """Megabytes, as Linux remembers them."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1_024 for line in lines if line.startswith("VmHWM"))


async def _done(url: str) -> int:
    database = engine(url, pool_size=1)
    async with connection(database) as reader:
        done = await reader.fetchval("SELECT sum(next_offset) FROM consumer_offset")
    await database.dispose()
    return int(done)


def run(events: int = 2_000_000, workers: int = 2) -> list[Figure | Bound]:
    with parts() as (kafka, postgres):
        url = postgres.create_database("metrics")
        upgrade("metrics", url)
        asyncio.run(ensure_topics(kafka.bootstrap))
        asyncio.run(fill(kafka.bootstrap, events))
        reference = read_rate(kafka.bootstrap)
        rate, memory = drain_rate(kafka.bootstrap, url, events, workers)
        return [
            Figure(f"drain, {workers} workers", rate, "aiokafka doing nothing, one process", reference, 0.5),
            Bound("memory of a draining worker, peak", memory, 200, "MB"),
        ]


if __name__ == "__main__":
    if sys.argv[1:2] in (["read"], ["drain"]):
        role(sys.argv[1:])
    else:
        show(run(*map(int, sys.argv[1:])))
