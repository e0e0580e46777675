"""Rate, CPU, memory, freshness, and the error that is left after kills."""

import asyncio
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import psutil
from aiokafka import AIOKafkaProducer

from shared.contracts import feedback
from tests.benchmarks.feedback_topic import Message
from tests.benchmarks.peers.groupings import Error, Groupings, error
from tests.benchmarks.peers.processors import Processor, Run, environment

LOOK_SECONDS = 0.01
STANDSTILL_SECONDS = 180
"""Without progress for so long, a run is given up: something is broken."""

SETTLE_SECONDS = 5
"""For what would still be counted twice, and for transactions whose offsets are seen before their data."""


class Standstill(Exception):
    """It does not come further."""


@dataclass
class Crew:
    """The processes of one run."""

    processor: Processor
    run: Run
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        log = (self.run.folder / "log").open("ab")
        self.running = [
            subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            for command in self.processor.commands(self.run)
        ]

    def kill(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()

    def stop(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def cpu_seconds(self) -> float:
        return sum(_cpu(process.pid) for process in self.running)

    def peak_memory(self) -> float:
        """Megabytes, of all its processes together, as Linux remembers them."""
        return sum(_peak(process.pid) for process in self.running)

    async def reached(self, events: int) -> tuple[float, int]:
        """Waits until so many events are done; returns when that was, and how many were. Raises Standstill."""
        async with self.processor.progress(self.run) as progress:
            before, since = -1, time.monotonic()
            while True:
                done = await progress()
                now = time.perf_counter()
                if done >= events:
                    return now, done
                if done != before:
                    before, since = done, time.monotonic()
                elif time.monotonic() - since > STANDSTILL_SECONDS:
                    raise Standstill(f"stood at {done:,} of {events:,}")
                await asyncio.sleep(LOOK_SECONDS)


@contextmanager
def crew(processor: Processor, run: Run) -> Iterator[Crew]:
    run.folder.mkdir(parents=True)
    processor.begin(run)
    at_work = Crew(processor, run)
    at_work.start()
    try:
        yield at_work
    finally:
        at_work.stop()


@dataclass(frozen=True)
class Drained:
    """Events a second; CPU seconds for a million events, its own and with those of Kafka and PostgreSQL; megabytes."""

    rate: float
    cpu: float
    cpu_with_servers: float
    memory: float
    error: Error


async def drain(at_work: Crew, events: int, right: Groupings, servers: Sequence[int]) -> Drained:
    """From the first commit that is seen to the last."""
    start, done = await at_work.reached(1)
    own, all_of_it = at_work.cpu_seconds(), sum(map(_cpu, servers))
    end, _ = await at_work.reached(events)
    own, all_of_it = at_work.cpu_seconds() - own, sum(map(_cpu, servers)) - all_of_it
    millions = (events - done) / 1e6
    memory = at_work.peak_memory()
    await asyncio.sleep(SETTLE_SECONDS)
    found = await at_work.processor.counted(at_work.run)
    return Drained(
        (events - done) / (end - start), own / millions, (own + all_of_it) / millions, memory, error(found, right)
    )


@dataclass(frozen=True)
class Fresh:
    """Seconds from sending an event to its committed effect."""

    p50: float
    p99: float


async def freshness(at_work: Crew, sending: Sequence[Message], rate: float) -> Fresh:
    """While events come in at a rate, the first quarter of them to warm up: the n-th counts as done when n are."""
    sent: list[float] = []
    seen = [(time.perf_counter(), 0)]
    async with at_work.processor.progress(at_work.run) as progress:
        feeding = asyncio.create_task(_feed(at_work.run.bootstrap, sending, rate, sent))
        while seen[-1][1] < len(sending):
            done = await progress()
            seen.append((time.perf_counter(), done))
            await asyncio.sleep(0.002)
        await feeding
    moments = iter(sent)
    delays = [at - next(moments) for (_, last), (at, now) in pairwise(seen) for _ in range(now - last)]
    cuts = statistics.quantiles(delays[len(delays) // 4 :], n=100)
    return Fresh(cuts[49], cuts[98])


async def _feed(bootstrap: str, sending: Sequence[Message], rate: float, sent: list[float]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=2)
    await producer.start()
    start = time.perf_counter()
    acknowledged = []
    try:
        for n, message in enumerate(sending):
            due = start + n / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            sent.append(time.perf_counter())
            acknowledged.append(
                await producer.send(
                    feedback.TOPIC, message.value, message.key, partition=message.part, headers=message.headers
                )
            )
        await asyncio.gather(*acknowledged)
    finally:
        await producer.stop()


async def survive(at_work: Crew, events: int, kills: int, right: Groupings) -> Error:
    """The error that is left after all processes were killed (-9) so many times, evenly over the drain."""
    for kill in range(1, kills + 1):
        await at_work.reached(events * kill // (kills + 1))
        at_work.kill()
        at_work.start()
    await at_work.reached(events)
    await asyncio.sleep(SETTLE_SECONDS)
    return error(await at_work.processor.counted(at_work.run), right)


def _cpu(pid: int) -> float:
    """CPU seconds of a process, its living children, and those that have ended."""
    try:
        process = psutil.Process(pid)
        times = process.cpu_times()
        children = sum(_cpu(child.pid) for child in process.children())
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system + children)


def _peak(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1_024 for line in lines if line.startswith("VmHWM")), 0.0)
