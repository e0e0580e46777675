"""Reading a topic again, from its start or from anywhere: stretches of its partitions, by a reader in no group."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.inbox.fetcher import Fetcher
from shared.inbox.stretch import Stretch


class Incomplete(Exception):
    """The topic does not hold what was read of it before: says where."""


class History:
    """The topic, partition by partition, from its start or from where it was left."""

    def __init__(self, consumer: AIOKafkaConsumer, fetcher: Fetcher, topic: str) -> None:
        self._consumer = consumer
        self._fetcher = fetcher
        self._topic = topic

    async def ends(self, parts: Iterable[int]) -> dict[int, int]:
        """The offset after the last message of each partition."""
        found = await self._consumer.end_offsets([TopicPartition(self._topic, part) for part in parts])
        return {partition.partition: end for partition, end in found.items()}

    async def since(self, ends: Mapping[int, int], moment: datetime) -> dict[int, int]:
        """The offset of the first message of each partition that was written at a moment or later, or its end."""
        partitions = {TopicPartition(self._topic, part): int(moment.timestamp() * 1_000) for part in ends}
        found = await self._consumer.offsets_for_times(partitions)
        return {each.partition: ends[each.partition] if at is None else at.offset for each, at in found.items()}

    async def require(self, ends: Mapping[int, int]) -> None:
        """Raises Incomplete unless each partition is there from offset 0 up to its end."""
        partitions = [TopicPartition(self._topic, part) for part in ends]
        first = await self._consumer.beginning_offsets(partitions)
        last = await self.ends(ends)
        for partition in partitions:
            part = partition.partition
            if first[partition] > 0 and ends[part] > 0:
                raise Incomplete(f"{self._topic}/{part} begins at offset {first[partition]}, not at 0")
            if last[part] < ends[part]:
                raise Incomplete(f"{self._topic}/{part} ends at {last[part]}, and it was read to {ends[part]}")

    async def read(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> AsyncIterator[dict[int, Stretch]]:
        """The messages of each partition from its start to before its end."""
        left = {part: end for part, end in ends.items() if starts.get(part, 0) < end}
        self._fetcher.seek({part: starts.get(part, 0) for part in left})
        while left:
            stretches = {part: each.until(left[part]) for part, each in (await self._fetcher.fetch()).items()}
            for part, stretch in stretches.items():
                if stretch.following == left[part]:
                    del left[part]
                    self._fetcher.leave(part)
            if stretches:
                yield stretches


@asynccontextmanager
async def history(bootstrap: str, topic: str) -> AsyncIterator[History]:
    """A reader of its own, which takes part in no group."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    fetcher = Fetcher(bootstrap, topic)
    try:
        await consumer.start()
        await fetcher.start()
        yield History(consumer, fetcher, topic)
    finally:
        await fetcher.stop()
        await consumer.stop()
