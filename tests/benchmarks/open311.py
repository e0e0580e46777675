"""Lists of reports for Open311 apps, with a million requests stored.

`python -m tests.benchmarks.open311 [rate] [seconds]`: every filter of the standard and those in use beyond it, in turn,
at 100 requests a second; each asks for a page of 50. Says which indexes answer each, and fails where all requests are
read.
"""

import asyncio
import random
import re
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import asyncpg
import httpx

from services.feedback.open311.queries import Wanted, read
from services.feedback.open311.store import requests
from shared.migrate import upgrade
from shared.topics import ensure_topics
from tests.benchmarks.figures import Bound, show
from tests.benchmarks.parts import parts
from tests.faults.processes import Processes
from tests.loop.loop import SERVICES, Loop

REQUESTS, DAYS, OFFERED = 1_000_000, 730, 100
CONNECTIONS = 10
SCANNED = re.compile(r"Seq Scan on request\b(?!_)")
INDEX = re.compile(r"(?:Scan using|Index Scan on) (request_\w+)")
JURISDICTION = """
INSERT INTO jurisdiction (id, name, time_zone, version, changed_at) VALUES ('town', 'Town', 'UTC', 1, now())
"""
SERVICE = """
INSERT INTO service (id, jurisdiction_id, name, status, version, changed_at, description)
SELECT 'town.s-' || n, 'town', 'Service ' || n, 'active', 1, now(), '' FROM generate_series(0, $1 - 1) AS n
"""
FILL = """
INSERT INTO request (id, jurisdiction_id, service_id, contributor, opened_at, closed_at, resolution, status,
                     description, latitude, longitude, updated_at)
SELECT gen_random_uuid(), 'town', 'town.s-' || floor(power(random(), 3) * $2)::int, n::text, opened,
       CASE WHEN closed THEN opened + interval '1 hour' END, CASE WHEN closed THEN 'resolved' END,
       CASE WHEN closed THEN 'closed' ELSE 'open' END, 'Something is wrong at number ' || n || ': '
           || (SELECT string_agg('w' || floor(power(random(), 4) * 20000)::int, ' ') FROM generate_series(n, n + 9))
           || CASE WHEN n % 3 = 0 THEN ' street' ELSE '' END || CASE WHEN n % 100 = 0 THEN ' lantern' ELSE '' END,
       48 + random(), 16 + random(), opened + interval '1 hour'
FROM (SELECT n, now() - random() * $3 * interval '1 day' AS opened, random() < 0.9 AS closed
      FROM generate_series(1, $1) AS n) AS made
"""


async def fill(loop: Loop) -> None:
    """Two years of a big city's requests."""
    async with loop.database("feedback") as database:
        await database.execute(JURISDICTION)
        await database.execute(SERVICE, OFFERED)
        words = await database.fetchval("SELECT pg_get_indexdef('request_words'::regclass)")
        await database.execute("DROP INDEX request_words")
        await database.execute(FILL, REQUESTS, OFFERED, DAYS, timeout=600)
        await database.execute(words, timeout=600)
        await database.execute("VACUUM ANALYZE request", timeout=600)


async def queries(loop: Loop) -> Iterator[tuple[str, str]]:
    """What is asked, in turn."""
    async with loop.database("feedback") as database:
        known = [str(row["id"]) for row in await database.fetch("SELECT id FROM request LIMIT 1000")]
    return _endless(random.Random(3), known)


def _endless(dice: random.Random, known: list[str]) -> Iterator[tuple[str, str]]:
    while True:
        rare = f"town.s-{dice.randrange(OFFERED // 2, OFFERED)}"
        day = time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() - dice.randrange(DAYS) * 86_400))
        place = f"lat={48 + dice.random():.4f}&long={16 + dice.random():.4f}"
        yield "nothing", "page_size=50"
        yield "ids", f"service_request_id={','.join(dice.sample(known, 20))}"
        yield "service_code", f"service_code={rare},town.s-0&page_size=50"
        yield "status", "status=open&page_size=50"
        yield "a state that none has", "status=in_progress&page_size=50"
        yield "service_code, status", f"service_code={rare}&status=open&page_size=50"
        yield "start_date", f"start_date={day}&page_size=50"
        yield "updated_after", f"updated_after={time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() - 3_600))}"
        yield "radius", f"{place}&radius=2000&page_size=50"
        yield "a word of all", "q=wrong&page_size=50"
        yield "a word of a third", "q=street&page_size=50"
        yield "a word of a hundredth", "q=lantern&page_size=50"
        yield "a word of one", f"q={dice.randrange(REQUESTS)}&page_size=50"
        yield "service_code, words", f"service_code={rare}&q=street+wrong&page_size=50"
        yield "page 100", "page=100&page_size=50"
        yield "extensions", "extensions=true&page_size=50"


async def ask(
    client: httpx.AsyncClient, asked: Iterator[tuple[str, str]], number: int, pause: float, until: float,
    latencies: dict[str, list[float]],
) -> None:  # fmt: skip
    """One connection's share of the questions, each at its time; a late answer makes the next ones late, and counts."""
    due = time.perf_counter() + number * pause / CONNECTIONS
    while due < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        what, query = next(asked)
        (await client.get(f"/open311/v2/requests.json?{query}")).raise_for_status()
        latencies.setdefault(what, []).append(time.perf_counter() - due)
        due += pause


async def indexes(loop: Loop, asked: Iterator[tuple[str, str]]) -> None:
    """Prints by which indexes each question is answered, from the plans of its statements."""
    told: dict[str, set[str]] = {}
    async with loop.database("feedback") as database:
        while (question := next(asked))[0] not in told:
            what, query = question
            told[what] = set()
            wanted = read(dict(parse_qsl(query)), UTC, datetime.now(UTC))
            for statement, values in await _statements(database, wanted):
                plan = "\n".join(row[0] for row in await database.fetch(f"EXPLAIN {statement}", *values))
                if SCANNED.search(plan):
                    raise AssertionError(f"{what}: all requests are read\n{plan}")
                told[what] |= set(INDEX.findall(plan))
    for what, names in told.items():
        print(f"reports by {what}: {', '.join(sorted(names))}")


async def _statements(database: asyncpg.Connection, wanted: Wanted) -> list[tuple[str, tuple[Any, ...]]]:
    """The statements that answer a question, with their values."""
    said: list[tuple[str, tuple[Any, ...]]] = []

    def note(query: Any) -> None:
        if "FROM request r" in query.query:
            said.append((query.query, query.args))

    with database.query_logger(note):
        await requests(database, "town", wanted)
    return said


async def measure(loop: Loop, processes: Processes, rate: float, seconds: float) -> list[Bound]:
    await ensure_topics(loop.bootstrap)
    await fill(loop)
    processes.start("feedback-api")
    await processes.answers("feedback-api")
    asked = await queries(loop)
    latencies: dict[str, list[float]] = {}
    async with httpx.AsyncClient(base_url=processes.address("feedback-api"), timeout=None) as client:
        for kept, length in (({}, 3.0), (latencies, seconds)):
            until = time.perf_counter() + length
            pause = CONNECTIONS / rate
            await asyncio.gather(*(ask(client, asked, n, pause, until, kept) for n in range(CONNECTIONS)))
    await indexes(loop, await queries(loop))
    return [
        Bound(
            f"reports by {what}, of 1 M, at {rate:,.0f}/s in all, p99",
            statistics.quantiles(times, n=100)[98] * 1e3,
            50,
            "ms",
        )
        for what, times in latencies.items()
    ]


def run(rate: float = 100, seconds: float = 20) -> list[Bound]:
    with parts() as (kafka, postgres):
        urls = {service: postgres.create_database(service) for service in SERVICES}
        for service, url in urls.items():
            upgrade(service, url)
        loop = Loop(urls, kafka.bootstrap)
        processes = Processes(loop)
        try:
            return asyncio.run(measure(loop, processes, rate, seconds))
        finally:
            processes.stop_all()


if __name__ == "__main__":
    show(run(*map(float, sys.argv[1:])))
