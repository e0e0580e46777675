"""`civicloop rebuild` while citizens give input and workers count it: killed at any moment, and begun again."""

import asyncio
import json
import signal
import subprocess
import sys

import pytest

from tests.faults.citizens import citizens
from tests.faults.processes import ROOT, Processes
from tests.faults.test_campaigns import all_is_well
from tests.loop.loop import Loop

POINTS = ("rebuild.counted", "rebuild.compared", "rebuild.before_commit", "rebuild.corrected")
FORGET = """
TRUNCATE bucket_month_cells, bucket_day_sparse, contributor_sketch;
UPDATE bucket_day_cells SET events = events + 1, inputs = 0;
UPDATE bucket_jurisdiction_cells SET rated_1 = rated_1 + 2
"""
NOT_DONE = 2


@pytest.mark.parametrize("point", POINTS)
async def test_a_rebuild_loses_and_doubles_nothing_wherever_it_is_killed(
    loop: Loop, processes: Processes, point: str
) -> None:
    for name in ("feedback-worker", "metrics-worker"):
        processes.start(name)
    async with citizens(processes.address("feedback-api"), seed=11) as people:
        while len(people.acknowledged["rating"]) < 50:
            await asyncio.sleep(0.05)
        await loop.execute("metrics", FORGET)
        killed = await rebuild(processes, f"{point}=1")
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        while (again := await rebuild(processes)).returncode == NOT_DONE:
            assert "another recount is under way" in again.stderr
        told = json.loads(again.stdout)
        assert told["corrected"] == (again.returncode == 1)
    await all_is_well(loop, processes, people)


async def rebuild(processes: Processes, failpoint: str = "") -> subprocess.CompletedProcess[str]:
    """Runs the command to its end."""
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "services.cli", "rebuild", "--json"],
        cwd=ROOT,
        env=processes.environment(0, failpoint),
        capture_output=True,
        text=True,
        check=False,
    )
