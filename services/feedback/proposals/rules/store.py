"""The table of rules."""

from datetime import datetime
from typing import NamedTuple

import asyncpg

from services.feedback.proposals.rules.domain import Rule

HOLDS = """
SELECT kind, supports_needed, days_to_decide, changed_at FROM proposal_rule
WHERE (kind, id) IN (('service', $1::text), ('jurisdiction', $2)) ORDER BY kind DESC LIMIT 1
"""
KEEP = """
INSERT INTO proposal_rule (kind, id, supports_needed, days_to_decide, changed_at, changed_by)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (kind, id) DO UPDATE SET supports_needed = excluded.supports_needed,
    days_to_decide = excluded.days_to_decide, changed_at = excluded.changed_at, changed_by = excluded.changed_by
"""
DROP = "DELETE FROM proposal_rule WHERE kind = $1 AND id = $2"


class Held(NamedTuple):
    """A rule, and whose it is: a service's, a jurisdiction's, or the installation's `default`."""

    rule: Rule
    kind: str = "default"
    changed_at: datetime | None = None


async def holding(connection: asyncpg.Connection, service_id: str | None, jurisdiction_id: str, default: Rule) -> Held:
    """The rule of a service, else of its jurisdiction, else the default; of a jurisdiction without a service."""
    row = await connection.fetchrow(HOLDS, service_id, jurisdiction_id)
    if row is None:
        return Held(default)
    return Held(Rule(row["supports_needed"], row["days_to_decide"]), row["kind"], row["changed_at"])


async def keep(connection: asyncpg.Connection, kind: str, whose: str, rule: Rule, at: datetime, by: str) -> None:
    """Sets the rule of a service or jurisdiction."""
    await connection.execute(KEEP, kind, whose, *rule, at, by)


async def drop(connection: asyncpg.Connection, kind: str, whose: str) -> None:
    """From now on the more general rule holds again."""
    await connection.execute(DROP, kind, whose)
