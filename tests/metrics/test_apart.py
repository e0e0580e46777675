"""The process that works with large libraries: begun when needed, ended when it is not, or when it hangs."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.metrics.apart.process import MOST_WAITING, Apart
from shared.problems import Problem


@pytest.fixture
def apart() -> Iterator[Apart]:
    process = Apart()
    yield process
    process.close()


def _die() -> None:
    os._exit(1)


async def gone(process: int) -> None:
    """Waits until there is no such process."""
    async with asyncio.timeout(60):
        while _is_there(process):
            await asyncio.sleep(0.01)


def _is_there(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


async def test_it_begins_again_after_its_death(apart: Apart) -> None:
    with pytest.raises(Exception, match="terminated"):
        await apart.run(_die)
    assert await apart.run(abs, -3) == 3
    both = await asyncio.gather(apart.run(abs, -1), apart.run(abs, -2))
    assert list(both) == [1, 2]


async def test_it_stays_while_there_is_work_and_ends_when_there_is_none() -> None:
    apart = Apart(idle_seconds=1_000)
    process = await apart.run(os.getpid)
    assert process != os.getpid()
    assert await apart.run(os.getpid) == process
    apart.close()
    await gone(process)
    resting = Apart(idle_seconds=0)
    process = await resting.run(os.getpid)
    await gone(process)
    assert await resting.run(os.getpid) != process
    resting.close()


async def test_one_that_hangs_is_ended() -> None:
    impatient = Apart(seconds=0)
    with pytest.raises(Problem) as told:
        await impatient.run(time.sleep, 600)
    assert (told.value.status, told.value.document["type"]) == (503, "urn:civicloop:problem:too-busy")
    await gone(impatient._process)


async def test_work_that_nobody_waits_for_any_longer_is_ended(apart: Apart) -> None:
    process = await apart.run(os.getpid)
    unwanted = asyncio.create_task(apart.run(time.sleep, 600))
    await asyncio.sleep(0)
    unwanted.cancel()
    with pytest.raises(asyncio.CancelledError):
        await unwanted
    await gone(process)
    assert await apart.run(abs, -3) == 3


async def test_a_fault_of_the_work_is_its_own(apart: Apart) -> None:
    process = await apart.run(os.getpid)
    with pytest.raises(ValueError, match="invalid literal"):
        await apart.run(int, "moon")
    assert await apart.run(os.getpid) == process


async def test_where_too_many_wait_others_are_told_to_come_again(apart: Apart) -> None:
    waiting = [asyncio.create_task(apart.run(abs, -number)) for number in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Problem, match="Too many"):
        await apart.run(abs, -1)
    assert await asyncio.gather(*waiting) == list(range(MOST_WAITING))
    assert await apart.run(abs, -1) == 1
