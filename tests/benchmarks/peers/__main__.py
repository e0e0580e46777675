"""`make peers`, or `python -m tests.benchmarks.peers [--events N] [--kills N] [--only NAME] ...`.

All of them drain the same topic in turn, in one run on one machine, on embedded parts. What a machine lacks is said.
"""

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from rich import box
from rich.console import Console
from rich.table import Table

from deploy.local.jars import cache_folder
from deploy.local.kafka import EmbeddedKafka
from deploy.local.postgres import EmbeddedPostgres
from shared.topics import ensure_topics
from tests.benchmarks.drain import read_rate
from tests.benchmarks.feedback_topic import contracts, fill, messages
from tests.benchmarks.parts import parts
from tests.benchmarks.peers.groupings import Error, expected
from tests.benchmarks.peers.measuring import Drained, Fresh, Standstill, crew, drain, freshness, survive
from tests.benchmarks.peers.processors import PROCESSORS, Processor, Run

R = TypeVar("R")

FRESH_RATE, FRESH_SECONDS = 2_000, 20
FRESH_COMMITS = 0.1
"""Seconds between commits where freshness is wanted: the default of Kafka Streams for exactly once."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers", description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--only", action="append", help="the beginning of a name; again for another one")
    return parser.parse_args()


def ready(only: list[str] | None, console: Console) -> list[Processor]:
    """Those that are wanted and can run here, set up."""
    found = []
    for make in PROCESSORS:
        processor = make()
        if only and not any(processor.name.lower().startswith(each.lower()) for each in only):
            continue
        if (lacking := processor.missing()) is not None:
            console.print(f"{processor.name} is skipped: {lacking}")
            continue
        console.print(f"setting up {processor.name}: {processor.how}")
        processor.set_up(cache_folder() / "peers")
        found.append(processor)
    return found


def main() -> None:
    wanted, console = arguments(), Console(width=160)
    processors = ready(wanted.only, console)
    right = expected(contracts(wanted.events, 1))
    drained: dict[str, Drained | Standstill] = {}
    errors: dict[str, Error | Standstill] = {}
    fresh = {each.name: sent_to(each, console) for each in processors}
    with stocked(wanted.events, console) as (kafka, postgres):
        floor = read_rate(kafka.bootstrap)
        console.print(f"aiokafka, one process, doing nothing: {floor:,.0f}/s")
        servers = [kafka.pid, postgres.pid]
        for each in processors:
            console.print(f"{each.name} drains")
            drained[each.name] = go(each, run_of(kafka, postgres, each, "drain"), drain, wanted.events, right, servers)
            console.print(drained[each.name])
        for each in processors if wanted.kills else ():
            console.print(f"{each.name} drains and is killed {wanted.kills} times")
            errors[each.name] = go(
                each, run_of(kafka, postgres, each, "kills"), survive, wanted.events, wanted.kills, right
            )
            console.print(errors[each.name])
    console.print(table(processors, floor, drained, fresh, errors))


@contextmanager
def stocked(events: int, console: Console) -> Iterator[tuple[EmbeddedKafka, EmbeddedPostgres]]:
    """Parts whose topic holds the events."""
    with parts() as (kafka, postgres):
        asyncio.run(ensure_topics(kafka.bootstrap))
        console.print(f"filling the topic with {events:,} events")
        asyncio.run(fill(kafka.bootstrap, events))
        yield kafka, postgres


def run_of(kafka: EmbeddedKafka, postgres: EmbeddedPostgres, processor: Processor, what: str) -> Run:
    name = f"{processor.name.split()[0].lower()}_{what}"
    return Run(kafka.bootstrap, postgres, name, kafka.log.parent / name)


def go(processor: Processor, run: Run, measure: Callable[..., Coroutine[Any, Any, R]], *details: Any) -> R | Standstill:
    """One measurement with processes of its own."""
    try:
        with crew(processor, run) as at_work:
            return asyncio.run(measure(at_work, *details))
    except Standstill as stood:
        return stood


def sent_to(processor: Processor, console: Console) -> Fresh | Standstill:
    """Freshness on an empty topic of its own."""
    console.print(f"{processor.name} is sent {FRESH_RATE:,} events a second")
    sending = list(messages(FRESH_RATE * FRESH_SECONDS))
    with parts() as (kafka, postgres):
        asyncio.run(ensure_topics(kafka.bootstrap))
        run = replace(run_of(kafka, postgres, processor, "fresh"), commit_seconds=FRESH_COMMITS)
        found = go(processor, run, freshness, sending, FRESH_RATE)
        console.print(found)
        return found


def table(
    processors: Sequence[Processor],
    floor: float,
    drained: Mapping[str, Drained | Standstill],
    fresh: Mapping[str, Fresh | Standstill],
    errors: Mapping[str, Error | Standstill],
) -> Table:
    shown = Table(
        "",
        "events/s",
        "of reading alone",
        "CPU s per million",
        "with servers",
        "memory",
        "p50",
        "p99",
        "error",
        box=box.SIMPLE,
    )
    for each in processors:
        shown.add_row(
            each.name, *_drained(drained[each.name], floor), *_fresh(fresh[each.name]), _error(errors.get(each.name))
        )
    return shown


def _drained(found: Drained | Standstill, floor: float) -> list[str]:
    if isinstance(found, Standstill):
        return [str(found), "", "", "", ""]
    return [
        f"{found.rate:,.0f}", f"{found.rate / floor:.2f}", f"{found.cpu:.1f}", f"{found.cpu_with_servers:.1f}",
        f"{found.memory:,.0f} MB",
    ]  # fmt: skip


def _fresh(found: Fresh | Standstill) -> list[str]:
    return (
        [str(found), ""]
        if isinstance(found, Standstill)
        else [f"{at * 1_000:,.0f} ms" for at in (found.p50, found.p99)]
    )


def _error(found: Error | Standstill | None) -> str:
    if found is None or isinstance(found, Standstill):
        return "" if found is None else str(found)
    return "0" if found == Error(0, 0) else f"{found.counts:.2%} of counts, {found.sums:.2%} of sums"


if __name__ == "__main__":
    main()
