"""What is to be put beside each other: subjects, times, and by how much two scores differ. Pure but for `find`."""

import math
import re
from datetime import date
from typing import NamedTuple

import asyncpg

from services.metrics.scores.days import past_day, today
from services.metrics.scores.estimates import Z
from services.metrics.scores.points import Points
from services.metrics.scores.weighing import Time
from services.metrics.subjects import store
from services.metrics.subjects.subject import Kind, Subject
from services.metrics.subjects.times import asked, in_whole_months
from shared.problems import Problem

MOST = 40
"""Scores in one answer."""
NEXT = re.compile(rf",(?=(?:{'|'.join(kind.value for kind in Kind)}):)")


class Difference(NamedTuple):
    """Of two scores, with a 90 % interval."""

    value: float
    low: float
    high: float


def named(text: str) -> list[tuple[Kind, str]]:
    """Kinds and ids, of `services:boston.lights,districts:boston.dorchester`, each once."""
    found = []
    for each in NEXT.split(text):
        kind, _, id = each.partition(":")
        if kind not in set(Kind) or not id:
            detail = f"of takes kinds and ids such as services:boston.bed-bugs, not {each[:80]}"
            raise Problem(422, "invalid-subject", "That is nothing that has a score", detail)
        found.append((Kind(kind), id))
    return list(dict.fromkeys(found))


async def find(database: asyncpg.Connection, kind: Kind, id: str, jurisdiction_id: str | None) -> Subject:
    """What is called so; focal areas are of a jurisdiction. A problem where there is none."""
    found: Subject | None
    match kind:
        case Kind.SERVICE:
            found = await store.find_service(database, id)
        case Kind.DISTRICT:
            found = await store.find_district(database, id)
        case Kind.FOCAL_AREA:
            found = await store.find_focal_area(database, id, jurisdiction_id or "")
        case Kind.ORGANISATION:
            found = await store.find_organisation(database, id)
        case Kind.JURISDICTION:
            found = await store.find_jurisdiction(database, id)
        case Kind.REGION:
            found = await store.find_region(database, id)
    if found is None:
        slug = f"unknown-{kind.label.replace(' ', '-')}"
        raise Problem(404, slug, f"There is no such {kind.label} here", id)
    return found


def times(text: str | None, kind: Kind) -> list[Time]:
    """Days (the standing at their end) and spans of days, of `2026-03-31,2026-01-01/2026-03-31`; default today."""
    found = []
    for each in [today().isoformat()] if text is None else text.split(","):
        first, slash, last = each.strip().rpartition("/")
        since: date | None = past_day(first, "at", today()) if slash else None
        wanted = asked(None, since)
        if kind is Kind.DISTRICT:
            wanted = in_whole_months(wanted)
        found += wanted.times([past_day(last, "at", today())])
    return list(dict.fromkeys(found))


def difference(one: Points | None, other: Points | None) -> Difference | None:
    """By how much `one` is above `other`, as if the two were independent (delta method)."""
    if one is None or other is None:
        return None
    value, reach = one.score - other.score, Z * math.hypot(one.sd, other.sd)
    return Difference(value, value - reach, value + reach)
