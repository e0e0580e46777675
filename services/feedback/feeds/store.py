"""The SQL of feeds: the requests that changed last."""

import asyncpg

from services.feedback.feeds.atom import Entry
from services.feedback.screening.shown import shown

MOST = 50
# The index is of a jurisdiction's requests by what changed last; a service or district is found among those.
NEWEST = f"""
SELECT r.id, s.name AS service_name, d.name AS district_name, r.status, r.resolution, {shown("r", "description")},
       (SELECT {shown("a", "text")} FROM request_answer a WHERE a.request_id = r.id
        ORDER BY a.at DESC, a.id DESC LIMIT 1) AS answer,
       r.opened_at, r.updated_at
FROM request r JOIN service s ON s.id = r.service_id LEFT JOIN district d ON d.id = r.district_id
WHERE r.jurisdiction_id = $1 AND r.updated_at > now() - interval '90 days'
    AND ($2::text IS NULL OR r.service_id = $2) AND ($3::text IS NULL OR r.district_id = $3)
ORDER BY r.updated_at DESC, r.id DESC LIMIT {MOST}
"""


async def newest(
    connection: asyncpg.Connection, jurisdiction_id: str, service_id: str | None, district_id: str | None
) -> list[Entry]:
    """The requests of a jurisdiction, a service or a district that changed last, within 90 days."""
    return [Entry(*row) for row in await connection.fetch(NEWEST, jurisdiction_id, service_id, district_id)]
