"""`/score` at 300 requests a second while a topic is drained, and `/rankings` over 1,000 services.

`python -m tests.benchmarks.scores [events] [rate] [seconds]`: metrics' processes as they are in service, on embedded
parts. The requests come at their times whether or not earlier ones are answered, over all services alike; a latency
counts from the time that a request was due.
"""

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx

from services.metrics.directory import store as directory
from services.metrics.scores.scorer import Scorer
from shared.contracts.catalog import JurisdictionChanged, ServiceChanged
from shared.database import engine, transaction
from shared.migrate import upgrade
from shared.topics import ensure_topics
from tests.benchmarks.feedback_topic import SERVICES, TARGET, fill
from tests.benchmarks.figures import Bound, show
from tests.benchmarks.parts import parts
from tests.faults.processes import Processes
from tests.loop.loop import SERVICES as NAMES
from tests.loop.loop import Loop

CONNECTIONS = 64
WARM_UP_SECONDS = 5.0
NOW = datetime.now(UTC)
RANKINGS = "/v1/rankings?jurisdiction_id=city&by=effectiveness"


async def catalogue(url: str) -> None:
    """The city and its services, as metrics' copy has them."""
    city = JurisdictionChanged(id="city", name="City", time_zone="UTC", version=1, changed_at=NOW, population=500_000)
    services = [
        ServiceChanged(
            id=f"city.service-{n}",
            jurisdiction_id="city",
            name=f"Service {n}",
            status="active",
            version=1,
            changed_at=NOW,
            resolution_target=int(TARGET.total_seconds()),
            first_answer_target=int(TARGET.total_seconds()),
        )
        for n in range(SERVICES)
    ]
    database = engine(url, pool_size=1)
    async with transaction(database) as connection:
        await directory.store(connection, [city, *services])
    await database.dispose()


async def ask(port: int, number: int, rate: float, until: float, latencies: list[tuple[float, float]]) -> None:
    """One connection's share of the requests, each at its time; when it was due, and how long it took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    chance, pause = random.Random(number), CONNECTIONS / rate
    due = time.perf_counter() + number * pause / CONNECTIONS
    while due < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        path = f"/v1/services/city.service-{chance.randrange(SERVICES)}/score"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        latencies.append((due, time.perf_counter() - due))
        due += pause
    writer.close()


async def counted(loop: Loop) -> int:
    async with loop.database("metrics") as reader:
        found: int = await reader.fetchval("SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offset")
    return found


async def scores(loop: Loop, port: int, events: int, rate: float, seconds: float) -> list[Bound]:
    """While there is something to drain all the time."""
    latencies: list[tuple[float, float]] = []
    started = time.perf_counter()
    before = await counted(loop)
    until = started + WARM_UP_SECONDS + seconds
    await asyncio.gather(*(ask(port, n, rate, until, latencies) for n in range(CONNECTIONS)))
    took = time.perf_counter() - started
    drained = await counted(loop)
    if drained >= events:
        raise SystemExit(f"all {events:,} events were counted before the end: give it more of them")
    print(f"{(drained - before) / took:,.0f} events/s counted meanwhile, {len(latencies) / took:,.0f} scores/s told")
    cuts = statistics.quantiles([each for due, each in latencies if due > started + WARM_UP_SECONDS], n=100)
    label = f"/score at {rate:,.0f}/s while draining"
    return [Bound(f"{label}, p50", cuts[49] * 1_000, 20, "ms"), Bound(f"{label}, p99", cuts[98] * 1_000, 20, "ms")]


async def timed(client: httpx.AsyncClient, path: str, times: int) -> list[float]:
    """Milliseconds of each request, one after another."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        (await client.get(path)).raise_for_status()
        found.append(1_000 * (time.perf_counter() - started))
    return found


async def rankings(loop: Loop, address: str) -> list[Bound]:
    """Once all is counted and scored: today's, and those of a day that was never asked for."""
    async with loop.database("metrics") as reader:
        while await reader.fetchval("SELECT EXISTS (SELECT FROM service_activity WHERE touched > scored)"):
            await asyncio.sleep(0.5)
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        [first] = await timed(client, RANKINGS, 1)
        warm = statistics.median(await timed(client, RANKINGS, 20))
        past = f"{RANKINGS}&as_of={(NOW - timedelta(days=1)).date()}"
        [cold] = await timed(client, past, 1)
        again = statistics.median(await timed(client, past, 20))
    label = f"/rankings over {SERVICES:,} services"
    return [
        Bound(f"{label}, today's, the first", first, 100, "ms"),
        Bound(f"{label}, today's", warm, 100, "ms"),
        Bound(f"{label}, another day, computed", cold, 100, "ms"),
        Bound(f"{label}, another day, again", again, 100, "ms"),
    ]


async def scored(url: str) -> None:
    """Every service has a published score when the flood comes, as after any quiet minute."""
    database = engine(url)
    scorer = Scorer(database)
    while await scorer.step():
        pass
    await database.dispose()


async def measure(loop: Loop, processes: Processes, events: int, rate: float, seconds: float) -> list[Bound]:
    await scored(loop.urls["metrics"])
    processes.start("metrics-api")
    processes.start("metrics-worker")
    await processes.answers("metrics-api")
    while not await counted(loop):
        await asyncio.sleep(0.05)
    found = await scores(loop, processes.ports["metrics-api"], events, rate, seconds)
    while await counted(loop) < events:
        await asyncio.sleep(0.5)
    return found + await rankings(loop, processes.address("metrics-api"))


def run(events: int = 2_000_000, rate: float = 300, seconds: float = 10) -> Sequence[Bound]:
    with parts() as (kafka, postgres):
        urls = {service: postgres.create_database(service) for service in NAMES}
        upgrade("metrics", urls["metrics"])
        loop = Loop(urls, kafka.bootstrap)
        asyncio.run(_fill(loop, events))
        processes = Processes(loop)
        try:
            return asyncio.run(measure(loop, processes, events, rate, seconds))
        finally:
            processes.stop_all()


async def _fill(loop: Loop, events: int) -> None:
    await ensure_topics(loop.bootstrap)
    await catalogue(loop.urls["metrics"])
    await fill(loop.bootstrap, events)


if __name__ == "__main__":
    show(run(*map(int, sys.argv[1:])))
