"""C1, C2 and C5: workers are killed at the worst moments, or stopped and woken as zombies, while input goes on.

After each campaign the checker, which shares no code with what it checks, recounts everything: what was acknowledged
is stored, published and counted once, in its order. No failure in n kills bounds the rate below 3/n (95 %).
"""

import asyncio
import os
import signal

import pytest

from tests.faults.citizens import Citizens, citizens
from tests.faults.processes import LEASE_SECONDS, Processes
from tests.loop.loop import Loop

KILLS_PER_POINT = 10
ZOMBIES = 5
RELAY = ("relay.before_send", "relay.after_send", "relay.before_ack", "relay.after_ack")
CONSUMER = ("consumer.assigned", "consumer.after_apply", "consumer.before_commit", "consumer.after_commit")


async def all_is_well(loop: Loop, processes: Processes, people: Citizens) -> None:
    """The checker's word, and that every acknowledged input is stored once."""
    report = await processes.examine()
    assert report.passed, "\n".join(report.lines())
    for kind, given in people.acknowledged.items():
        async with loop.database("feedback") as database:
            stored = await database.fetchval(f"SELECT count(*) FROM {kind} WHERE id = ANY ($1::uuid[])", given)
        assert stored == len(given) == len(set(given))
        assert given, "nothing was given: the campaign proved nothing"


@pytest.mark.parametrize("point", RELAY)
async def test_c1_a_relay_killed_anywhere_loses_and_doubles_nothing(
    loop: Loop, processes: Processes, point: str
) -> None:
    processes.start("metrics-worker")
    async with citizens(processes.address("feedback-api"), seed=1) as people:
        for kill in range(KILLS_PER_POINT):
            processes.start("feedback-worker", failpoint=f"{point}={kill % 3 + 1}")
            await processes.dies("feedback-worker")
    await all_is_well(loop, processes, people)


@pytest.mark.parametrize("point", CONSUMER)
async def test_c2_a_consumer_killed_anywhere_loses_and_doubles_nothing(
    loop: Loop, processes: Processes, point: str
) -> None:
    processes.start("feedback-worker")
    async with citizens(processes.address("feedback-api"), seed=2) as people:
        for kill in range(KILLS_PER_POINT):
            passes = 1 if point == "consumer.assigned" else kill % 3 + 1
            processes.start("metrics-worker", failpoint=f"{point}={passes}")
            await processes.dies("metrics-worker")
    await all_is_well(loop, processes, people)


async def test_c5_a_relay_that_wakes_after_its_lease_sends_nothing_that_counts(
    loop: Loop, processes: Processes
) -> None:
    processes.start("metrics-worker")
    processes.start("feedback-worker")
    processes.start("feedback-worker", as_="feedback-worker-2")
    async with citizens(processes.address("feedback-api"), seed=5) as people:
        await asyncio.sleep(2 * LEASE_SECONDS)
        for number in range(ZOMBIES):
            zombie = processes.running[("feedback-worker", "feedback-worker-2")[number % 2]]
            os.kill(zombie.pid, signal.SIGSTOP)
            await asyncio.sleep(2 * LEASE_SECONDS)
            os.kill(zombie.pid, signal.SIGCONT)
            await asyncio.sleep(LEASE_SECONDS)
            assert zombie.poll() is None
    await all_is_well(loop, processes, people)
