"""A recount of everything as somebody's order, with faults told in words."""

import logging
import sys
from collections.abc import Callable

import asyncpg
import structlog
from aiokafka.errors import KafkaError

from services.metrics.rebuilding.counting import Task
from services.metrics.rebuilding.recount import NotPossible, Recount, Recounted
from shared.contracts import feedback
from shared.database import engine

__all__ = ["NotPossible", "recount"]

SOURCE = "/civicloop/feedback"


async def recount(url: str, bootstrap: str, *, correct: bool, say: Callable[[str], None]) -> Recounted:
    """Counts all that the database of `url` holds anew. Raises NotPossible."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    database = engine(url)
    try:
        return await Recount(database, Task(url, bootstrap, feedback.TOPIC, SOURCE), say).run(correct=correct)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError, OSError) as error:
        raise NotPossible(f"a part of the platform failed: {error!r}\nIs the stack running?") from error
    finally:
        await database.dispose()
