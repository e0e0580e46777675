"""A big catalogue: 10,000 services, 2,000 organisations, 20,000 ties.

`python -m tests.benchmarks.catalogue [rate] [seconds]`: how long its file takes to apply, how quickly lists, searches
and single services are answered at 200 requests a second, what the network's figures take when nobody has asked
before, and how long a new consumer needs for its copy of all services, from the compacted topic alone.
"""

import asyncio
import random
import secrets
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import yaml

from shared.auth import ensure_key, new_key
from shared.migrate import upgrade
from shared.topics import ensure_topics
from tests.benchmarks.figures import Bound, show
from tests.benchmarks.parts import parts
from tests.faults.processes import Processes
from tests.loop.loop import SERVICES, Loop

CITY = "metropolis"
FILES, SERVICES_IN_FILE, ORGANISATIONS, TIES = 2, 5_000, 2_000, 20_000
CONNECTIONS = 20
TEXT = """
street light broken tree branch fallen water leak pothole road sign graffiti wall noise neighbour rubbish bin full park
bench playground swing bus stop shelter traffic signal sidewalk crack snow ice flood drain rat mouse dog cat permit
licence birth certificate tax housing repair heating school library pool sport hall market stall taxi bicycle
"""
WORDS = TEXT.split()
AREAS = ("mobility", "environment", "housing", "safety", "water", "energy")
HELIXES = ("government", "industry", "academia", "civil-society")


def organisations() -> list[dict[str, Any]]:
    return [
        {"id": f"{CITY}.org-{n}", "name": f"Organisation {n}", "helix": HELIXES[n % 4]} for n in range(ORGANISATIONS)
    ]


def services(dice: random.Random, file: int) -> Iterator[dict[str, Any]]:
    """Services as a city describes them; each with the organisations of two ties on average."""
    weights = [1 / (n + 1) ** 0.8 for n in range(ORGANISATIONS)]
    for n in range(file * SERVICES_IN_FILE, (file + 1) * SERVICES_IN_FILE):
        behind = dict.fromkeys(dice.choices(range(ORGANISATIONS), weights, k=dice.choice((1, 2, 3))))
        first, *others = (f"{CITY}.org-{number}" for number in behind)
        words = dice.choices(WORDS, k=12)
        yield {
            "id": f"{CITY}.service-{n}",
            "name": f"{' '.join(words[:3]).capitalize()} {n}",
            "status": "active",
            "description": " ".join(words),
            "keywords": words[3:5],
            "translations": {"es": {"name": f"Servicio {n} {words[0]}", "description": " ".join(words[5:])}},
            "focal_area": dice.choice(AREAS),
            "organisation_id": first,
            "collaborator_ids": others,
            "resolution_target": 86_400 * dice.randint(1, 30),
            "channels": [{"id": "web", "url": f"https://example.org/{n}", "description": {"en": "On the web"}}],
            "open311": {"group": words[0]},
        }


def file(number: int, dice: random.Random) -> bytes:
    document: dict[str, Any] = {"jurisdiction_id": CITY, "language": "en", "reason": "benchmark"}
    if number == 0:
        document["jurisdictions"] = [{"id": CITY, "name": "Metropolis", "time_zone": "UTC"}]
        document["organisations"] = organisations()
    document["services"] = list(services(dice, number))
    return yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False).encode()


async def applied(client: httpx.AsyncClient) -> list[Bound]:
    """Seconds for the first file, with all organisations, and for its second run, which changes nothing."""
    dice = random.Random(1)
    files = [file(number, dice) for number in range(FILES)]
    figures = []
    for data, what in (
        (files[0], "applying 5,000 services and 2,000 organisations"),
        (files[1], ""),
        (files[0], "again"),
    ):
        started = time.perf_counter()
        plan = (await client.post("/v1/import/catalogue", content=data)).raise_for_status().json()
        if what:
            figures.append(Bound(f"{what}: {len(plan['create']):,} new", time.perf_counter() - started, 30, "s"))
    return figures


def queries(dice: random.Random) -> Iterator[tuple[str, str]]:
    """What is asked, in turn: one service, a list, a search, one with a misspelling."""
    while True:
        word, other = dice.sample(WORDS, 2)
        yield "one service", f"/v1/services/{CITY}.service-{dice.randrange(FILES * SERVICES_IN_FILE)}"
        yield "a list of 20", f"/v1/services?jurisdiction_id={CITY}&focal_area={dice.choice(AREAS)}&limit=20"
        yield "a search", f"/v1/services?q={word}+{other}&limit=20"
        yield "a misspelt search", f"/v1/services?q={word[:-2]}x{word[-1]}+{other}&limit=20"


async def ask(
    client: httpx.AsyncClient, asked: Iterator[tuple[str, str]], number: int, pause: float, until: float,
    latencies: dict[str, list[float]],
) -> None:  # fmt: skip
    """One connection's share of the requests, each at its time; a late answer makes the next ones late, and counts."""
    due = time.perf_counter() + number * pause / CONNECTIONS
    while due < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        what, address = next(asked)
        (await client.get(address)).raise_for_status()
        latencies.setdefault(what, []).append(time.perf_counter() - due)
        due += pause


async def answered(client: httpx.AsyncClient, rate: float, seconds: float) -> list[Bound]:
    latencies: dict[str, list[float]] = {}
    asked = queries(random.Random(2))
    until = time.perf_counter() + seconds
    pause = CONNECTIONS / rate
    await asyncio.gather(*(ask(client, asked, n, pause, until, latencies) for n in range(CONNECTIONS)))
    return [
        Bound(f"{what} at {rate:,.0f}/s in all, p99", statistics.quantiles(times, n=100)[98] * 1_000, 50, "ms")
        for what, times in latencies.items()
    ]


async def measure(loop: Loop, processes: Processes, key: str, rate: float, seconds: float) -> list[Bound]:
    processes.start("catalog-api")
    await processes.answers("catalog-api")
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=processes.address("catalog-api"), headers=headers, timeout=None) as client:
        figures = await applied(client)
        await answered(client, rate, 3)
        figures += await answered(client, rate, seconds)
        for what in ("cold", "again"):
            started = time.perf_counter()
            found = (
                (await client.get("/v1/network/figures", params={"jurisdiction_id": CITY})).raise_for_status().json()
            )
            took = time.perf_counter() - started
            figures.append(Bound(f"the network's figures, {what} ({found['ties']:,} pairs of actors)", took, 2, "s"))
    return [*figures, await copied(loop, processes)]


async def copied(loop: Loop, processes: Processes) -> Bound:
    """Seconds that a new consumer of the topic needs until it has every service."""
    processes.start("catalog-worker")
    async with loop.database("catalog") as catalog:
        unpublished = "SELECT (SELECT sum(seq) FROM outbox_counter) - (SELECT sum(acked_seq) FROM outbox_relay)"
        while await catalog.fetchval(unpublished):
            await asyncio.sleep(0.05)
    started = time.perf_counter()
    processes.start("feedback-worker")
    async with loop.database("feedback") as feedback:
        while await feedback.fetchval("SELECT count(*) FROM service") < FILES * SERVICES_IN_FILE:
            await asyncio.sleep(0.02)
    return Bound("a new consumer's copy of 10,000 services, its start included", time.perf_counter() - started, 10, "s")


def run(rate: float = 200, seconds: float = 15) -> list[Bound]:
    with parts() as (kafka, postgres):
        urls = {service: postgres.create_database(service) for service in SERVICES}
        for service, url in urls.items():
            upgrade(service, url)
        loop = Loop(urls, kafka.bootstrap)
        key = new_key()
        asyncio.run(_ready(loop, key))
        processes = Processes(loop)
        try:
            return asyncio.run(measure(loop, processes, key, rate, seconds))
        finally:
            processes.stop_all()


async def _ready(loop: Loop, key: str) -> None:
    await ensure_topics(loop.bootstrap)
    async with loop.database("catalog") as connection:
        await ensure_key(connection, key, f"benchmark-{secrets.token_hex(4)}", ["catalog:write"])


if __name__ == "__main__":
    show(run(*map(float, sys.argv[1:])))
