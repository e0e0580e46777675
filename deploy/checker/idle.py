"""Is the loop idle? Looked at in the order in which events flow, so that nothing hides behind what was seen before."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from deploy.checker.parts import Parts

UNPUBLISHED = """
SELECT sum(c.seq - r.acked_seq)::bigint FROM outbox_counter c JOIN outbox_relay r USING (part) WHERE c.seq > r.acked_seq
"""
POSITIONS = "SELECT partition, next_offset FROM consumer_offset WHERE topic = $1"
# Input for a service that the catalogue has not told of is counted, and scored when the service arrives.
WAITING = """
SELECT a.service_id FROM service_activity a JOIN service s ON s.id = a.service_id
LEFT JOIN jurisdiction_activity j ON j.jurisdiction_id = a.jurisdiction_id
WHERE a.touched > a.scored OR j.touched > a.scored_with ORDER BY 1
"""
# After scoring, alerts: of services that were scored anew, and of all on a new day.
UNWATCHED = """
SELECT a.service_id FROM service_activity a JOIN service s ON s.id = a.service_id
LEFT JOIN alert_watch w ON w.service_id = a.service_id
WHERE w.service_id IS NULL AND a.scored > 0 OR a.scored > w.touched OR w.day < (now() AT TIME ZONE 'UTC')::date
ORDER BY 1
"""
STALE = "SELECT count(*) FROM contributor_sketch WHERE stale"
COUNTERS = "SELECT part, seq FROM outbox_counter ORDER BY part"
BETWEEN_LOOKS_SECONDS = 0.2
BETWEEN_WORDS_SECONDS = 2


async def wait(parts: Parts, deadline: float, say: Callable[[str], None]) -> list[str]:
    """Waits for the loop to be idle, until `deadline` by the monotonic clock; returns what is still behind."""
    next_word = time.monotonic() + BETWEEN_WORDS_SECONDS
    while behind := [text async for text in look(parts)]:
        if time.monotonic() > deadline:
            break
        if time.monotonic() > next_word:
            say(f"waiting: {'; '.join(behind)}")
            next_word += BETWEEN_WORDS_SECONDS
        await asyncio.sleep(BETWEEN_LOOKS_SECONDS)
    return behind


async def input_so_far(parts: Parts) -> list[tuple[int, int]]:
    """The numbers given to events so far; the same twice means that nothing was written between."""
    rows = [await parts.databases[service].fetch(COUNTERS) for service in ("catalog", "feedback")]
    return [(row[0], row[1]) for table in rows for row in table]


async def look(parts: Parts) -> AsyncIterator[str]:
    """What is behind now."""
    topics = parts.addresses.topics
    for service in ("catalog", "feedback"):
        async for text in _unpublished(parts, service):
            yield text
    for service, topic in (("feedback", topics.catalog), ("metrics", topics.catalog), ("metrics", topics.feedback)):
        async for text in _unread(parts, service, topic):
            yield text
    waiting = await parts.databases["metrics"].fetch(WAITING)
    if waiting:
        yield f"metrics has {len(waiting)} services to score anew, such as {waiting[0][0]}"
    unwatched = await parts.databases["metrics"].fetch(UNWATCHED)
    if unwatched:
        yield f"metrics has {len(unwatched)} services to look at for alerts, such as {unwatched[0][0]}"
    stale = await parts.databases["metrics"].fetchval(STALE)
    if stale:
        yield f"metrics has {stale} sketches of contributors to rebuild after withdrawals"
    async for text in _unpublished(parts, "metrics"):
        yield text


async def _unpublished(parts: Parts, service: str) -> AsyncIterator[str]:
    events = await parts.databases[service].fetchval(UNPUBLISHED)
    if events:
        yield f"{service}'s relay has {events} events to publish"


async def _unread(parts: Parts, service: str, topic: str) -> AsyncIterator[str]:
    ends = await parts.ends(topic)
    positions = {row[0]: row[1] for row in await parts.databases[service].fetch(POSITIONS, topic)}
    unread = sum(max(0, end - positions.get(partition, 0)) for partition, end in ends.items())
    if unread:
        yield f"{service}'s worker has {unread} messages of {topic} to read"
