"""Reading feedback's history: stretches of the topic's partitions, and what the inbox makes of them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.metrics.consumes import FeedbackHandler
from shared.contracts.base import Contract
from shared.inbox.batch import Batch, Messages, Sorter, Standing

FETCH_BYTES = 4 * 1024 * 1024
CHUNK = 20_000
"""Messages that are decoded at a time."""


class Incomplete(Exception):
    """The history is not what metrics has counted: says where."""


class History:
    """The topic, partition by partition, from its start or from where it was left."""

    def __init__(self, consumer: AIOKafkaConsumer, topic: str) -> None:
        self._consumer = consumer
        self._topic = topic

    async def require(self, ends: Mapping[int, int]) -> None:
        """Raises Incomplete unless each partition is there from offset 0 up to its end."""
        partitions = [TopicPartition(self._topic, part) for part in ends]
        first = await self._consumer.beginning_offsets(partitions)
        last = await self._consumer.end_offsets(partitions)
        for partition in partitions:
            part = partition.partition
            if first[partition] > 0 and ends[part] > 0:
                raise Incomplete(f"{self._topic}/{part} begins at offset {first[partition]}, not at 0")
            if last[partition] < ends[part]:
                raise Incomplete(f"{self._topic}/{part} ends at {last[partition]}, and metrics stands at {ends[part]}")

    async def read(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> AsyncIterator[Messages]:
        """The messages of each partition from its start to before its end."""
        left = {part: end for part, end in ends.items() if starts.get(part, 0) < end}
        if not left:
            return
        consumer = self._consumer
        consumer.assign([TopicPartition(self._topic, part) for part in left])
        for part in left:
            consumer.seek(TopicPartition(self._topic, part), starts.get(part, 0))
        while left:
            fetched = await consumer.getmany(timeout_ms=500, max_records=CHUNK)
            messages = {}
            for partition, records in fetched.items():
                end = ends[partition.partition]
                kept = records if records[-1].offset < end else [r for r in records if r.offset < end]
                if kept:
                    messages[partition.partition] = kept
            if messages:
                yield messages
            for partition in list(consumer.assignment()):
                if partition.partition in left and await consumer.position(partition) >= left[partition.partition]:
                    del left[partition.partition]
                    consumer.pause(partition)


@asynccontextmanager
async def history(bootstrap: str, topic: str) -> AsyncIterator[History]:
    """A reader of its own, which takes part in no group."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=FETCH_BYTES,
        check_crcs=True,
    )
    await consumer.start()
    try:
        yield History(consumer, topic)
    finally:
        await _stop(consumer)


async def _stop(consumer: AIOKafkaConsumer) -> None:
    """Stops it. One that was given partitions just before cancels a task of its own, and means it for us (aiokafka)."""
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise


class Replay:
    """What takes effect of messages, as the consumer's inbox decides: in order, once, and not what is unusable."""

    def __init__(self, source: str, standing: Standing | None = None) -> None:
        self._sorter = Sorter(FeedbackHandler(), source, gaps=False)
        self.standing = standing or Standing()

    def take(self, messages: Messages) -> Sequence[Contract]:
        """The events that take effect by the next messages."""
        batch: Batch[list[Contract]] = Batch()
        self._sorter.add(batch, self.standing, messages)
        self.standing.take(batch.after)
        return [event for chunk in batch.prepared for event in chunk]
