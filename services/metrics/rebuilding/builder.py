"""Builds the measures that are wanted and not complete, beside the live counting, for as long as the worker runs."""

import asyncio
import random
from dataclasses import replace

import structlog
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.metrics.rebuilding import store
from services.metrics.rebuilding.counting import Task
from services.metrics.rebuilding.recount import NotPossible, Recount
from shared.database import TRANSIENT, connection

log = structlog.get_logger()

PAUSE_SECONDS = 1.0
AGAIN_SECONDS = 10.0
"""What could not be done now is tried again."""


class Builder:
    """Has missing measures counted from the first event on."""

    def __init__(self, engine: AsyncEngine, task: Task) -> None:
        self._engine = engine
        self._task = task

    async def run(self) -> None:
        """Works until cancelled. Faults are waited out: they must not stop the counting."""
        while True:
            try:
                await self.build()
            except (NotPossible, KafkaError, *TRANSIENT) as error:
                log.warning("measures not built yet", error=str(error))
                await asyncio.sleep(AGAIN_SECONDS * random.random())
            await asyncio.sleep(PAUSE_SECONDS)

    async def build(self) -> frozenset[str]:
        """Builds what is missing now; returns the names of it."""
        async with connection(self._engine) as database:
            missing = [each.measure for each in await store.on_demand(database) if each.state == "being built"]
        if missing:
            task = replace(self._task, measures=frozenset(missing))
            found = await Recount(self._engine, task).run(correct=True)
            log.info("measures built", measures=[m.label for m in missing], seconds=round(found.seconds, 1))
        return frozenset(measure.label for measure in missing)
