"""From accepted to committed in metrics, at 500 ratings a second, and what memory the processes take meanwhile.

`python -m tests.benchmarks.freshness [rate] [seconds]`: the processes as they are in service, on embedded parts. The
n-th rating counts as committed when metrics' buckets hold n: what is measured is a queue's delay, first in first out.
"""

import asyncio
import json
import statistics
import sys
import time
from itertools import pairwise

import psutil

from shared.migrate import upgrade
from shared.topics import ensure_topics
from tests.benchmarks.figures import Bound, show
from tests.benchmarks.parts import parts
from tests.faults.processes import Processes
from tests.loop.loop import SERVICES, Loop
from tests.loop.town import write_catalogue

CONNECTIONS = 32
WARM_UP_SECONDS = 3
LOOK_SECONDS = 0.002
BODY = json.dumps({"service_id": "town.lamps", "value": 4, "district_id": "town.north"}).encode()
REQUEST = (
    b"POST /v1/ratings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
    % (len(BODY), BODY)
)
MEGABYTE = 1_048_576


async def give(port: int, number: int, rate: float, until: float, accepted: list[float]) -> None:
    """One connection's share of the ratings, each at its time, and when each was answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    pause = CONNECTIONS / rate
    due = time.perf_counter() + number * pause / CONNECTIONS
    while due < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        writer.write(REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 201"):
            raise SystemExit(head.decode())
        accepted.append(time.perf_counter())
        due += pause
    writer.close()


async def watch(loop: Loop, committed: list[tuple[float, int]]) -> None:
    """When metrics held how many ratings; until cancelled."""
    query = "SELECT coalesce(sum(count), 0)::int FROM bucket_jurisdiction WHERE measure = 0"
    async with loop.database("metrics") as reader:
        while True:
            committed.append((time.perf_counter(), await reader.fetchval(query)))
            await asyncio.sleep(LOOK_SECONDS)


def delays(accepted: list[float], committed: list[tuple[float, int]]) -> list[float]:
    """Seconds from each acceptance to the first look that saw as many committed."""
    found, moments = [], iter(sorted(accepted))
    for (_, before), (at, total) in pairwise(committed):
        found += [max(0.0, at - next(moments)) for _ in range(total - before)]
    return found


async def measure(loop: Loop, processes: Processes, rate: float, seconds: float) -> list[Bound]:
    for name in ("feedback-api", "feedback-worker", "metrics-worker"):
        processes.start(name)
    await processes.answers("feedback-api")
    await processes.answers("metrics-worker")
    accepted: list[float] = []
    committed: list[tuple[float, int]] = []
    watching = asyncio.create_task(watch(loop, committed))
    until = time.perf_counter() + WARM_UP_SECONDS + seconds
    port = processes.ports["feedback-api"]
    await asyncio.gather(*(give(port, n, rate, until, accepted) for n in range(CONNECTIONS)))
    while committed[-1][1] < len(accepted):
        await asyncio.sleep(LOOK_SECONDS)
    watching.cancel()
    warm = int(WARM_UP_SECONDS * rate)
    cuts = statistics.quantiles(delays(accepted, committed)[warm:], n=100)
    label = f"accepted to committed at {len(accepted) / (WARM_UP_SECONDS + seconds):,.0f}/s"
    return [
        Bound(f"{label}, p50", cuts[49] * 1_000, 60, "ms"),
        Bound(f"{label}, p99", cuts[98] * 1_000, 250, "ms"),
        *(memory(name, process.pid) for name, process in processes.running.items()),
    ]


def memory(name: str, pid: int) -> Bound:
    return Bound(f"memory of {name}", psutil.Process(pid).memory_info().rss / MEGABYTE, 200, "MB")


def run(rate: float = 500, seconds: float = 15) -> list[Bound]:
    with parts() as (kafka, postgres):
        urls = {service: postgres.create_database(service) for service in SERVICES}
        for service, url in urls.items():
            upgrade(service, url)
        loop = Loop(urls, kafka.bootstrap)
        asyncio.run(_catalogue(loop))
        processes = Processes(loop)
        try:
            return asyncio.run(measure(loop, processes, rate, seconds))
        finally:
            processes.stop_all()


async def _catalogue(loop: Loop) -> None:
    await ensure_topics(loop.bootstrap)
    async with loop.database("catalog") as connection:
        await write_catalogue(connection)
    await loop.settle()


if __name__ == "__main__":
    show(run(*map(float, sys.argv[1:])))
