"""What a contributor can do with what was said of their input, and with their flags."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.feedback.me.giving import Erased, Giving
from services.feedback.moderation import store, views


async def _export(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    cases = await store.of_givers(connection, contributors)
    return [views.told_to_giver(case).model_dump(mode="json") for case in cases]


async def _flags(connection: asyncpg.Connection, contributors: Sequence[str]) -> list[dict[str, Any]]:
    return await store.flags_of(connection, contributors)


async def _erase(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    """Cases go with what they are about, and are no input of their own; flags stay, and nobody's."""
    await store.erase(connection, contributors)
    return Erased(0, ())


async def _nothing(connection: asyncpg.Connection, contributors: Sequence[str], most: int, at: datetime) -> Erased:
    return Erased(0, ())


GIVING = Giving("moderation", _export, _erase)
FLAGS = Giving("flags", _flags, _nothing)
