"""Figures of networks of 2,000 organisations and 20,000 ties, by what the ties are.

`python -m tests.benchmarks.network`: seconds for the figures when nobody has asked before and when somebody has, how
long all others who ask the process wait meanwhile, and what each of the two ways to count betweenness takes.
The same through HTTP and from the database is in `tests.benchmarks.catalogue`.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator

import networkx as nx
import numpy as np

from services.catalog.network.betweenness import Tied, by_matrices, by_searches
from services.catalog.network.cache import FiguresCache
from services.catalog.network.domain import Network, Node, Tie
from services.catalog.network.figures import HELIXES, Figures, figures
from tests.benchmarks.figures import Bound, show

ORGANISATIONS, SERVICES, TIES = 2_000, 10_000, 20_000
PARTNERS = (10, 200)
TICK = 0.002


def organisations() -> dict[str, Node]:
    ids = [f"organisation-{n}" for n in range(ORGANISATIONS)]
    return {id: Node(id, "organisation", id, HELIXES[n % 4]) for n, id in enumerate(ids)}


def of_collaborations(dice: random.Random) -> Network:
    """Each service with two organisations on average; some organisations are in many services, most in few."""
    nodes = organisations()
    weights = [1 / (n + 1) ** 0.8 for n in range(ORGANISATIONS)]
    ties = [
        Tie(f"service-{n}", organisation, "collaborates")
        for n in range(SERVICES)
        for organisation in dict.fromkeys(dice.choices([*nodes], weights, k=dice.choice((1, 2, 3))))
    ]
    services = {f"service-{n}": Node(f"service-{n}", "service", "Service") for n in range(SERVICES)}
    return Network(nodes | services, ties, {})


def of_partnerships(dice: random.Random, partners: int) -> Network:
    """All ties are in partnerships, each of as many partners."""
    nodes = organisations()
    told = {f"partnership-{n}": dict.fromkeys(dice.sample([*nodes], partners)) for n in range(TIES // partners)}
    partnerships = {id: Node(id, "partnership", id, partnership_kind="network") for id in told}
    return Network(nodes | partnerships, [Tie(id, one, "partner") for id in told for one in told[id]], told)


async def longest_wait(until: asyncio.Event) -> float:
    """Seconds that the event loop was late at most."""
    longest = 0.0
    while not until.is_set():
        started = time.perf_counter()
        await asyncio.sleep(TICK)
        longest = max(longest, time.perf_counter() - started - TICK)
    return longest


async def asked(network: Network, what: str) -> list[Bound]:
    cache, ended = FiguresCache(), asyncio.Event()
    waits = asyncio.create_task(longest_wait(ended))

    async def compute() -> Figures:
        return await asyncio.to_thread(figures, network)

    cold, found = await timed(cache, compute)
    ended.set()
    warm, _ = await timed(cache, compute)
    named = f"{what} ({found.ties:,} pairs of actors)"
    return [
        Bound(f"{named}, cold", cold, 2, "s"),
        Bound(f"{what}, again", warm, 2, "s"),
        Bound(f"{what}, longest wait of others", await waits * 1_000, 50, "ms"),
    ]


async def timed(cache: FiguresCache, compute: Callable[[], Awaitable[Figures]]) -> tuple[float, Figures]:
    started = time.perf_counter()
    found = await cache.figures.get("all", compute)
    return time.perf_counter() - started, found


def ways(network: Network) -> Iterator[tuple[str, float]]:
    """Seconds of each way to count, of the largest part of a network, without the process that it is done in."""
    tied = matrix(network)
    for way in (by_searches, by_matrices):
        started = time.perf_counter()
        way(tied)
        yield way.__name__.replace("_", " "), time.perf_counter() - started


def matrix(network: Network) -> Tied:
    graph: nx.Graph[str] = nx.Graph()
    for group in network.groups():
        graph.add_edges_from((one, other) for one in group for other in group if one < other)
    largest = max(nx.connected_components(graph), key=len)
    return np.asarray(nx.to_numpy_array(graph.subgraph(largest)), np.bool_)


def run() -> list[Bound]:
    dice = random.Random(1)
    networks = {"collaborations": of_collaborations(dice)}
    networks |= {f"partnerships of {partners}": of_partnerships(dice, partners) for partners in PARTNERS}
    found: list[Bound] = []
    for what, network in networks.items():
        found += asyncio.run(asked(network, what))
    found += [
        Bound(f"betweenness, {what}, {way}", seconds, 2, "s")
        for what, network in networks.items()
        if "200" not in what  # searches take minutes
        for way, seconds in ways(network)
    ]
    return found


if __name__ == "__main__":
    show(run())
