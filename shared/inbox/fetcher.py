"""Reads partitions of one topic as Kafka stores them, always one stretch ahead of what is asked for."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaClient, TopicPartition
from aiokafka import errors as kafka
from aiokafka.protocol.fetch import FetchRequest

from shared.inbox.stretch import Stretch

log = structlog.get_logger()

WAIT_SECONDS = 0.5
"""For so long the broker waits for something new; what comes is answered at once."""

PARTITION_BYTES = 1280 * 1024
"""More than a message and its batch may have; the broker returns a first batch whole in any case."""

TOTAL_BYTES = 2 * 1024 * 1024
BACKOFF_SECONDS = 0.1

UNREACHABLE = (kafka.KafkaConnectionError, kafka.NodeNotReadyError, kafka.RequestTimedOutError)


class Fetcher:
    """Fetches each partition onwards from where `seek` set it. `ends` are the high-water marks last seen."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._client = AIOKafkaClient(bootstrap_servers=bootstrap)
        self._topic = topic
        self._next: dict[int, int] = {}
        self._skipped: dict[int, int] = {}
        self._served: set[int] = set()
        self._asked: dict[int, tuple[asyncio.Task[list[Stretch]], frozenset[int]]] = {}
        self.ends: dict[int, int] = {}

    async def start(self) -> None:
        await self._client.bootstrap()
        await self._client.set_topics([self._topic])

    async def stop(self) -> None:
        for task, _ in self._asked.values():
            task.cancel()
            with suppress(asyncio.CancelledError, kafka.KafkaError, OSError):
                await task
        self._asked.clear()
        await self._client.close()

    def seek(self, offsets: Mapping[int, int]) -> None:
        """Reads these partitions, from these offsets, and no others."""
        self._next = dict(offsets)
        self._skipped.clear()

    def turn(self) -> None:
        """Lets partitions come first that have not been read since the last turn: brokers fill answers in the order in
        which partitions are asked for."""
        for part in self._served & self._next.keys():
            self._next[part] = self._next.pop(part)
        self._served.clear()

    def leave(self, part: int) -> None:
        """Reads no more of a partition."""
        self._next.pop(part, None)

    def skip(self, part: int, first: int) -> None:
        """Nothing is left before `first`: what comes next of a partition is read from there. Raises
        OffsetOutOfRangeError if that is no later."""
        if first <= self._next.get(part, first):
            raise kafka.OffsetOutOfRangeError(f"{self._topic}/{part} has nothing at {self._next.get(part)}")
        log.error("messages are gone from the topic", topic=self._topic, part=part, first=first)
        self._skipped[part] = first

    async def fetch(self, seconds: float = 0.2) -> dict[int, Stretch]:
        """What came first, by partition; nothing where nothing comes in this time.

        Raises OffsetOutOfRangeError with the partitions whose offsets are not there, or another KafkaError.
        """
        await self._ask()
        if not self._asked:
            await asyncio.sleep(min(seconds, BACKOFF_SECONDS))
            return {}
        await asyncio.wait(
            [task for task, _ in self._asked.values()], timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        found = {}
        for node, (task, _) in list(self._asked.items()):
            if task.done():
                del self._asked[node]
                for stretch in task.result():
                    part = stretch.partition.partition
                    if self._next.get(part) == stretch.offset:  # it was not set elsewhere in the meantime
                        self._next[part] = stretch.following
                        self._skipped.pop(part, None)
                        self._served.add(part)
                        found[part] = stretch
        await self._ask()
        return found

    async def _ask(self) -> None:
        """Asks each leader that is not being asked for what comes next of its partitions."""
        under_way = {part for _, parts in self._asked.values() for part in parts}
        by_leader: dict[int, dict[int, int]] = {}
        for part, offset in self._next.items():
            leader = self._client.cluster.leader_for_partition(TopicPartition(self._topic, part))
            if leader is None or leader < 0:
                self._client.force_metadata_update()
            elif part not in under_way and leader not in self._asked:
                by_leader.setdefault(leader, {})[part] = offset
        for leader, offsets in by_leader.items():
            self._asked[leader] = asyncio.create_task(self._fetch(leader, offsets)), frozenset(offsets)

    async def _fetch(self, leader: int, offsets: Mapping[int, int]) -> list[Stretch]:
        wanted = [(part, self._skipped.get(part, offset), PARTITION_BYTES) for part, offset in offsets.items()]
        request = FetchRequest(int(WAIT_SECONDS * 1_000), 1, TOTAL_BYTES, 0, [(self._topic, wanted)])
        try:
            response = await self._client.send(leader, request)
        except UNREACHABLE as error:
            await self._find_out(error)
            return []
        found: list[Stretch] = []
        for _, partitions in response.topics:
            for part, code, end, *_, raw in partitions:
                if code:
                    await self._refused(part, code)
                    continue
                self.ends[part] = end
                stretch = Stretch.fetched(TopicPartition(self._topic, part), offsets[part], raw)
                if stretch is not None:
                    found.append(stretch)
        return found

    async def _refused(self, part: int, code: int) -> None:
        error = kafka.for_code(code)
        if error is kafka.OffsetOutOfRangeError:
            raise kafka.OffsetOutOfRangeError(part)
        if not (error.invalid_metadata or error.retriable):
            raise error(f"{self._topic}/{part}")
        await self._find_out(error())

    async def _find_out(self, error: Exception) -> None:
        """A broker is gone or no leader any more: who is, is asked of the others."""
        log.warning("fetching interrupted", topic=self._topic, error=repr(error))
        self._client.force_metadata_update()
        await asyncio.sleep(BACKOFF_SECONDS)
