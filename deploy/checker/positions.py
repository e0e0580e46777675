"""How far each consumer says it has come, against the topics; and what waits or was refused."""

from collections.abc import Mapping

import asyncpg

from deploy.checker.findings import Findings
from deploy.checker.parts import Parts

MARKS = "SELECT part, seq FROM source_position WHERE source = $1"
OFFSETS = "SELECT partition, next_offset FROM consumer_offset WHERE topic = $1"


class Positions:
    """Compares one consumer's position with its topic. `idle`: it should have come to the end."""

    def __init__(self, parts: Parts, service: str, findings: Findings, *, idle: bool) -> None:
        self._parts = parts
        self._service = service
        self._findings = findings
        self._idle = idle
        self._database: asyncpg.Connection = parts.databases[service]

    async def compare(self, source: str, topic: str, reached: Mapping[int, int]) -> None:
        """`reached` is, per part of the source, the number at which a consumer of the topic should stand."""
        marks = await self._database.fetch(MARKS, f"/civicloop/{source}")
        self._compare(f"mark of {source}", {row[0]: row[1] for row in marks}, reached)
        offsets = await self._database.fetch(OFFSETS, topic)
        self._compare(f"offset in {topic}", {row[0]: row[1] for row in offsets}, await self._parts.ends(topic))

    def _compare(self, what: str, found: Mapping[int, int], expected: Mapping[int, int]) -> None:
        for part in sorted(found.keys() | expected.keys()):
            stands, should = found.get(part, 0), expected.get(part, 0)
            if stands > should or (self._idle and stands < should):
                text = f"{self._service}: the {what}, part {part}, is {stands}; the topic says {should}"
                self._findings.add("wrong", text)

    async def parked(self) -> int:
        """Events that wait for a predecessor: in a loop at rest it will not come."""
        count: int = await self._database.fetchval("SELECT count(*) FROM parked_event")
        if count:
            text = f"{self._service}: {count} events are parked, waiting for a predecessor"
            self._findings.add("wrong", text, count)
        return count

    async def dead_letters(self) -> int:
        """Messages that could not be used."""
        count: int = await self._database.fetchval("SELECT count(*) FROM dead_letter")
        return count
