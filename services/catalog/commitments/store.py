"""The SQL that finds commitments whose day has passed."""

import asyncpg

OVERDUE = """
SELECT c.id FROM entity c JOIN entity j ON j.id = c.jurisdiction_id
WHERE c.kind = 'commitment' AND c.facets @> ARRAY['outcome:open']
AND (c.body ->> 'due_on')::date < (now() AT TIME ZONE (j.body ->> 'time_zone'))::date
ORDER BY c.id LIMIT 1000
"""


async def overdue(connection: asyncpg.Connection) -> list[str]:
    """Ids of open commitments whose day is over where they were made."""
    return [row["id"] for row in await connection.fetch(OVERDUE)]
