"""By which channel input came, counted anew from feedback's rows, and compared with what metrics counted that day."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

import asyncpg

from deploy.checker.findings import Findings
from deploy.checker.parts import sql
from deploy.checker.rules import BOUNDS

LONGEST = 40
COUNTED = "SELECT day, offsets FROM channel_count"
STANDING = "SELECT partition, next_offset FROM consumer_offset WHERE topic = $1"
STORED = "SELECT service_id, told, channel, of_channel, untold FROM channel_use"


class Use(NamedTuple):
    """How many inputs told their channel, the most frequent one and how many came by it, and how many told none."""

    told: int = 0
    channel: str = ""
    of_channel: int = 0
    untold: int = 0


async def recount(feedback: asyncpg.Connection, as_of: date) -> dict[str, Use]:
    """By service, over the days of the rule."""
    days = timedelta(BOUNDS["channel-dominant"]["days"] - 1)
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for service, channel, number in await feedback.fetch(sql("channels"), as_of - days, as_of):
        counts[service][(channel or "").strip().casefold()[:LONGEST]] += number
    return {service: _use(of) for service, of in counts.items()}


def _use(counts: Counter[str]) -> Use:
    untold = counts.pop("", 0)
    if not counts:
        return Use(untold=untold)
    channel = min(counts, key=lambda each: (-counts[each], each))
    return Use(counts.total(), channel, counts[channel], untold)


async def compare(
    metrics: asyncpg.Connection, topic: str, as_of: date, expected: Mapping[str, Use], findings: Findings
) -> bool:
    """Compares them, if metrics has counted by channel today and nothing has come since; tells whether it has."""
    counted = await metrics.fetchrow(COUNTED)
    standing = {str(part): offset for part, offset in await metrics.fetch(STANDING, topic)}
    if counted is None or counted["day"] != as_of or json.loads(counted["offsets"]) != standing:
        return False
    stored = {service: Use(*use) for service, *use in await metrics.fetch(STORED)}
    for service in sorted(stored.keys() | expected.keys()):
        if stored.get(service) != expected.get(service):
            text = f"is {stored.get(service)}; by feedback's rows {expected.get(service)}"
            findings.add("wrong", f"channel_use {service} {text}")
    return True
