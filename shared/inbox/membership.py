"""A consumer's place in its group, and the messages of the partitions that it is given.

aiokafka's consumer takes part in the group; it fetches nothing, for all its partitions are paused. What they hold is
fetched as it is stored (shared/inbox/fetcher.py).
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from shared.inbox.fetcher import Fetcher
from shared.inbox.stretch import Stretch
from shared.kafka import new_consumer


class Membership(ConsumerRebalanceListener):  # type: ignore[misc]
    """`changed` says that partitions were assigned since it was last set to False; `seek` then tells where to read."""

    def __init__(self, bootstrap: str, topic: str, group: str, instance: str | None) -> None:
        self._consumer = new_consumer(bootstrap, group, instance)
        self._fetcher = Fetcher(bootstrap, topic)
        self._topic = topic
        self.changed = False

    async def start(self) -> None:
        self._consumer.subscribe([self._topic], listener=self)
        await self._fetcher.start()
        await self._consumer.start()

    async def stop(self) -> None:
        for part in (self._fetcher, self._consumer):
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(part.stop(), 5)

    async def on_partitions_revoked(self, revoked: object) -> None:
        pass

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._consumer.pause(*assigned)
        self.changed = True

    @property
    def partitions(self) -> list[int]:
        """The partitions that are assigned now."""
        return sorted(partition.partition for partition in self._consumer.assignment())

    def end(self, part: int) -> int:
        """The high-water mark of a partition, as last seen."""
        return self._fetcher.ends.get(part, 0)

    def seek(self, offsets: Mapping[int, int]) -> None:
        """Reads these partitions, from these offsets."""
        self._fetcher.seek(offsets)

    async def fetch(self, seconds: float) -> dict[int, Stretch]:
        """What comes next of some partitions, by partition."""
        await self._consumer.getmany(timeout_ms=0)  # it leaves a group if it is not asked for long
        try:
            return await self._fetcher.fetch(seconds)
        except OffsetOutOfRangeError as error:
            await self._skip(TopicPartition(self._topic, error.args[0]))
            return {}

    async def _skip(self, partition: TopicPartition) -> None:
        """Goes on with what is left where the topic no longer goes so far back; raises where it never came so far."""
        first = (await self._consumer.beginning_offsets([partition]))[partition]
        self._fetcher.skip(partition.partition, first)

    async def commit(self, offsets: Mapping[int, int]) -> None:
        """Tells Kafka where this consumer stands, for those who look there; nothing depends on it. Partitions that had
        to wait come next."""
        self._fetcher.turn()
        with suppress(KafkaError):
            await self._consumer.commit({TopicPartition(self._topic, part): at for part, at in offsets.items()})
