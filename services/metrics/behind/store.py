"""How far counting has come."""

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import connection

POSITION = "SELECT next_offset FROM consumer_offset WHERE topic = $1 AND partition = $2"


async def position(engine: AsyncEngine, topic: str, part: int) -> int:
    """The offset before which all of a partition is counted."""
    async with connection(engine) as database:
        return await database.fetchval(POSITION, topic, part) or 0
