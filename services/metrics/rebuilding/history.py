"""Reading feedback's history: stretches of the topic's partitions, and what the inbox makes of them."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.metrics.buckets.columns import Observations
from services.metrics.consumes import FeedbackHandler
from shared.inbox.batch import Batch, Sorter, Standing, Stretches
from shared.inbox.fetcher import Fetcher
from shared.inbox.stretch import Stretch


class Incomplete(Exception):
    """The history is not what metrics has counted: says where."""


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
                raise Incomplete(f"{self._topic}/{part} ends at {last[part]}, and metrics stands at {ends[part]}")

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


class Replay:
    """What takes effect of messages, as the consumer's inbox decides: in order, once, and not what is unusable."""

    def __init__(self, source: str, standing: Standing | None = None) -> None:
        self._sorter = Sorter(FeedbackHandler(), source, gaps=False)
        self.standing = standing or Standing()

    def take(self, stretches: Stretches) -> list[Observations]:
        """What is said by the events that take effect by the next messages."""
        batch: Batch[Observations] = Batch()
        self._sorter.add(batch, self.standing, stretches)
        self.standing.take(batch.after)
        return batch.prepared
