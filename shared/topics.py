"""The topics of the platform, and how they come to exist: nothing creates one by writing to it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.contracts import catalog, feedback, metrics
from shared.settings import PARTITIONS

CATALOG = catalog.TOPIC
FEEDBACK = feedback.TOPIC
METRICS = metrics.TOPIC
TOPIC_ALREADY_EXISTS = 36
LEADERS_SECONDS = 30
DAY_MS = 86_400_000


@dataclass(frozen=True)
class Topic:
    config: Mapping[str, str] = field(default_factory=dict)
    partitions: int = PARTITIONS


STATE = Topic({"cleanup.policy": "compact"})
"""The newest event of each key is kept for ever: a new consumer builds its copy from it."""

FACTS = Topic({"cleanup.policy": "delete", "retention.ms": "-1"})
"""Every event is kept: scores are rebuilt from them, and the checker reads them from the first."""

EVIDENCE = Topic({"cleanup.policy": "delete", "retention.ms": str(90 * DAY_MS)})
"""Refused events, kept long enough to be looked at; the dead-letter tables keep them too."""


def dead_letters(topic: str) -> str:
    """Where a topic's refused messages are told of."""
    return f"{topic}.dead-letters"


KINDS = {CATALOG: STATE, FEEDBACK: FACTS, METRICS: STATE}
TOPICS: Mapping[str, Topic] = KINDS | {dead_letters(name): EVIDENCE for name in KINDS}


class TopicError(Exception):
    """A topic that cannot be made, or stands there with another number of partitions."""


async def ensure_topics(bootstrap: str, topics: Mapping[str, Topic] = TOPICS) -> list[str]:
    """Makes the topics that are missing, with the broker's own replication factor; waits until all can be
    written to, and returns the names of those made.

    The settings of one that exists are its operator's and stay. Raises TopicError, and KafkaError when no
    broker answers.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=15_000)
    await admin.start()
    try:
        missing = [name for name in topics if name not in await admin.list_topics()]
        if missing:
            await _create(admin, {name: topics[name] for name in missing})
        async with asyncio.timeout(LEADERS_SECONDS):
            while not _all_served(await admin.describe_topics(list(topics)), topics):
                await asyncio.sleep(0.05)
        return missing
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, topics: Mapping[str, Topic]) -> None:
    wanted = [
        NewTopic(name, topic.partitions, -1, replica_assignments={}, topic_configs=dict(topic.config))
        for name, topic in topics.items()
    ]
    response = await admin.create_topics(wanted)
    for name, code, *reason in response.topic_errors:
        if code not in (0, TOPIC_ALREADY_EXISTS):
            raise TopicError(f"{name} could not be made: {reason[0] if reason else f'error {code}'}")


def _all_served(described: Sequence[Mapping[str, Any]], topics: Mapping[str, Topic]) -> bool:
    """True when each partition has a leader; a topic just made is not known everywhere at once."""
    for topic in described:
        leaders = [partition["leader"] for partition in topic["partitions"]]
        if topic["error_code"] or -1 in leaders:
            return False
        if len(leaders) != topics[topic["topic"]].partitions:
            wanted = topics[topic["topic"]].partitions
            raise TopicError(f"{topic['topic']} has {len(leaders)} partitions, {wanted} are needed")
    return len(described) == len(topics)
