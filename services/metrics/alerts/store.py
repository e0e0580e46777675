"""Alerts and their history; which services are due to be looked at; and what of the catalogue's copy rules need."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import asyncpg
import msgspec

from services.metrics.alerts.look import Tie
from services.metrics.alerts.states import AlertChange, Standing
from shared.contracts.metrics import AlertCleared, AlertRaised
from shared.contracts.registry import encode

# After scoring: what was scored is newer than what was looked at, or the day is.
DUE = """
SELECT a.service_id, a.touched, coalesce(j.touched, 0) AS jurisdiction_touched
FROM service_activity a JOIN service s ON s.id = a.service_id
LEFT JOIN jurisdiction_activity j ON j.jurisdiction_id = a.jurisdiction_id
LEFT JOIN alert_watch w ON w.service_id = a.service_id
WHERE (w.service_id IS NULL AND a.scored > 0 OR a.scored > w.touched OR w.day < $1)
  AND (w.looked_at IS NULL OR w.looked_at <= clock_timestamp() - make_interval(secs => $2))
ORDER BY w.looked_at NULLS FIRST, a.service_id LIMIT $3
"""
# Only what is newer than what was looked at last, whoever looked.
TAKE = """
INSERT INTO alert_watch AS w (service_id, touched, jurisdiction_touched, day, looked_at)
SELECT s, t, j, $4, clock_timestamp() FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS n (s, t, j) ORDER BY s
ON CONFLICT (service_id) DO UPDATE
SET touched = excluded.touched, jurisdiction_touched = excluded.jurisdiction_touched, day = excluded.day,
    looked_at = excluded.looked_at
WHERE w.touched <= excluded.touched AND w.day <= excluded.day AND (w.touched, w.day) <> (excluded.touched, excluded.day)
RETURNING service_id
"""
STANDING = "SELECT id, open, number, raised_as_of FROM alert WHERE subject_id = ANY ($1)"
RECORD = """
INSERT INTO alert_change (alert_id, number, open, body, changed_at)
SELECT *, clock_timestamp() FROM unnest($1::text[], $2::int[], $3::bool[], $4::text[])
RETURNING change, alert_id, changed_at
"""
STORE = """
INSERT INTO alert (id, rule, subject_id, jurisdiction_id, open, number, raised_as_of, body, change, changed_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bool[], $6::int[], $7::date[], $8::text[],
                     $9::bigint[], $10::timestamptz[])
ON CONFLICT (id) DO UPDATE
SET open = excluded.open, number = excluded.number, raised_as_of = excluded.raised_as_of, body = excluded.body,
    change = excluded.change, changed_at = excluded.changed_at
"""
TIES = """
SELECT s.id AS service_id, p.id AS partnership_id, partner ->> 'organisation_id' AS partner_id
FROM service s JOIN partnership p ON p.service_ids ? s.id, jsonb_array_elements(p.partners) AS partner
WHERE s.id = ANY ($1) AND partner ->> 'organisation_id' IS DISTINCT FROM s.organisation_id
  AND (p.terms = '[]' OR EXISTS (
       SELECT FROM jsonb_array_elements(p.terms) AS term
       WHERE (term ->> 'starts_on')::date <= $2 AND coalesce((term ->> 'ends_on')::date >= $2, true)))
ORDER BY 1, 2, 3
"""
STATUSES = "SELECT id, status FROM service WHERE id = ANY ($1)"
# A row of an acknowledgement is of one raising: of the next one, nobody has taken note.
ALERTS = """
SELECT a.id, a.open, a.number, a.body, a.change, a.changed_at, a.raised_as_of, s.name,
       k.note, k.acknowledged_by, k.acknowledged_at
FROM alert a LEFT JOIN service s ON s.id = a.subject_id
LEFT JOIN alert_acknowledgement k ON k.alert_id = a.id AND k.number = a.number
"""
PAGE = f"""
{ALERTS} WHERE ($1::text IS NULL OR a.jurisdiction_id = $1) AND ($2::text IS NULL OR a.subject_id = $2)
  AND ($3::text IS NULL OR a.rule = $3) AND ($4::bool IS NULL OR a.open = $4)
  AND ($5::bool IS NULL OR (k.alert_id IS NOT NULL) = $5) AND ($6::bigint IS NULL OR a.change < $6)
ORDER BY a.change DESC LIMIT $7
"""
ONE = f"{ALERTS} WHERE a.id = $1"
HOLD = "SELECT FROM alert WHERE id = $1 FOR UPDATE"
ACKNOWLEDGE = "INSERT INTO alert_acknowledgement VALUES ($1, $2, $3, $4, $5)"
WITHDRAW = "DELETE FROM alert_acknowledgement WHERE alert_id = $1 AND number = $2"
HISTORY = """
SELECT open, body, changed_at FROM alert_change WHERE alert_id = $1 ORDER BY change DESC LIMIT $2
"""

Row = asyncpg.Record


class Touched(NamedTuple):
    """How often what a look rests on had been touched: the service, and all of its jurisdiction, for priors."""

    own: int
    jurisdiction: int


class Change(NamedTuple):
    """What was said of an alert, and when."""

    body: AlertChange
    changed_at: datetime


class Acknowledgement(NamedTuple):
    """Somebody on the staff has taken note."""

    note: str
    by: str
    at: datetime


class Alert(NamedTuple):
    """An alert by its newest change; `position` orders alerts by it, `name` is the subject's."""

    change: Change
    position: int
    raised_as_of: date
    name: str | None
    acknowledgement: Acknowledgement | None

    @property
    def open(self) -> bool:
        return isinstance(self.change.body, AlertRaised)


class Asked(NamedTuple):
    """Which alerts are asked for; None: whichever."""

    jurisdiction_id: str | None
    service_id: str | None
    rule: str | None
    open: bool | None
    acknowledged: bool | None = None


async def due(database: asyncpg.Connection, day: date, pause: float, few: int) -> dict[str, Touched]:
    """Services to be looked at, and how often each one had been touched."""
    rows = await database.fetch(DUE, day, pause, few)
    return {row["service_id"]: Touched(row["touched"], row["jurisdiction_touched"]) for row in rows}


async def ties_of(database: asyncpg.Connection, service_ids: Sequence[str], day: date) -> dict[str, list[Tie]]:
    """Ties by service, of partnerships that are in force on a day."""
    found: dict[str, list[Tie]] = {}
    for row in await database.fetch(TIES, service_ids, day):
        found.setdefault(row["service_id"], []).append(Tie(row["partnership_id"], row["partner_id"]))
    return found


async def statuses_of(database: asyncpg.Connection, service_ids: Sequence[str]) -> dict[str, str]:
    """Where services are in their lives."""
    return {row["id"]: row["status"] for row in await database.fetch(STATUSES, service_ids)}


async def take(database: asyncpg.Connection, touched: Mapping[str, Touched], day: date) -> list[str]:
    """Notes that services were looked at, and holds their rows until COMMIT; those of which the look is news."""
    rows = await database.fetch(TAKE, list(touched), *zip(*touched.values(), strict=True), day)
    return [row["service_id"] for row in rows]


async def standing(database: asyncpg.Connection, service_ids: Sequence[str]) -> dict[str, Standing]:
    """How the alerts of services stand, by id."""
    rows = await database.fetch(STANDING, service_ids)
    return {row["id"]: Standing(row["open"], row["number"], row["raised_as_of"]) for row in rows}


async def store(database: asyncpg.Connection, changes: Sequence[AlertChange]) -> None:
    """Keeps what changed, each alert once."""
    ids = [change.id for change in changes]
    open = [isinstance(change, AlertRaised) for change in changes]
    numbers, bodies = [change.number for change in changes], [encode(change).decode() for change in changes]
    recorded = {row["alert_id"]: row for row in await database.fetch(RECORD, ids, numbers, open, bodies)}
    await database.execute(
        STORE,
        ids,
        [change.rule for change in changes],
        [change.subject_id for change in changes],
        [change.jurisdiction_id for change in changes],
        open,
        numbers,
        [change.as_of if isinstance(change, AlertRaised) else change.raised_as_of for change in changes],
        bodies,
        [recorded[id]["change"] for id in ids],
        [recorded[id]["changed_at"] for id in ids],
    )


async def page(database: asyncpg.Connection, asked: Asked, before: int | None, limit: int) -> list[Alert]:
    """Alerts, the one that changed last first."""
    return [_alert(row) for row in await database.fetch(PAGE, *asked, before, limit)]


async def find(database: asyncpg.Connection, id: str) -> Alert | None:
    row = await database.fetchrow(ONE, id)
    return None if row is None else _alert(row)


async def held(database: asyncpg.Connection, id: str) -> Alert | None:
    """An alert that nothing else changes until COMMIT, read when its turn has come: others may have been first."""
    await database.execute(HOLD, id)
    return await find(database, id)


async def acknowledge(database: asyncpg.Connection, alert: Alert, said: Acknowledgement) -> None:
    """Keeps that somebody has taken note of an alert as it was raised last."""
    await database.execute(ACKNOWLEDGE, alert.change.body.id, alert.change.body.number, *said)


async def withdraw_acknowledgement(database: asyncpg.Connection, alert: Alert) -> None:
    """As if nobody had taken note of it."""
    await database.execute(WITHDRAW, alert.change.body.id, alert.change.body.number)


async def history(database: asyncpg.Connection, id: str, most: int) -> list[Change]:
    """What was said of an alert, the newest first."""
    return [_change(row) for row in await database.fetch(HISTORY, id, most)]


def _alert(row: Row) -> Alert:
    by = row["acknowledged_by"]
    acknowledgement = None if by is None else Acknowledgement(row["note"], by, row["acknowledged_at"])
    return Alert(_change(row), row["change"], row["raised_as_of"], row["name"], acknowledgement)


def _change(row: Row) -> Change:
    kind: Any = AlertRaised if row["open"] else AlertCleared
    return Change(msgspec.json.decode(row["body"], type=kind), row["changed_at"])
