"""The stream over real HTTP: what a listener sees, whatever happens to its connection."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from fastapi import routing, sse

from services.metrics.stream import cursor
from services.metrics.stream.feed import Feed
from services.metrics.stream.listener import Listener
from shared.contracts.metrics import CompositeScore, ScoreChanged
from shared.database import connection, transaction
from shared.outbox.append import append, outgoing, part_of
from shared.settings import PARTITIONS
from tests.metrics.conftest import Metrics
from tests.metrics.town import NOW, jurisdiction, rating, service


class Heard(NamedTuple):
    """One block of the stream, as a browser reads it."""

    event: str
    data: Any
    id: str | None


class Ear:
    """Reads server-sent events from a response."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()
        self.comments: list[str] = []
        self.last_id: str | None = None

    async def block(self) -> Heard:
        """The next block, be it without data."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line:
                break
            name, _, value = line.partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
            else:
                self.comments.append(value.strip())
        else:
            raise EOFError
        self.last_id = fields.get("id", self.last_id)
        data = msgspec.json.decode(fields["data"]) if "data" in fields else None
        return Heard(fields.get("event", "message"), data, self.last_id)

    async def event(self) -> Heard:
        """The next event with data."""
        async with asyncio.timeout(30):
            while (heard := await self.block()).data is None:
                pass
            return heard


@asynccontextmanager
async def listening(metrics: Metrics, last_event_id: str | None = None, **query: str) -> AsyncIterator[Ear]:
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    async with metrics.http.stream("GET", "/v1/stream", params=query, headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        ear = Ear(response)
        await ear.block()
        yield ear


async def publish(metrics: Metrics, services: list[str], first: int = 1) -> None:
    """Publishes a score for each service named, numbered in the order given."""
    assessed = [score(name, number) for number, name in enumerate(services, first)]
    async with transaction(metrics.database) as database:
        await append(database, [outgoing("civicloop.metrics.v1", s.service_id, s, NOW) for s in assessed])


def score(name: str, number: int) -> ScoreChanged:
    return ScoreChanged(
        service_id=f"town.{name}",
        jurisdiction_id="town",
        as_of=NOW.date(),
        scorecard="default.v3",
        dimensions={},
        public_value=CompositeScore(score=None, low=None, high=None),
        events=number,
    )


async def test_a_rating_is_heard_as_the_score_it_makes(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service())
    async with listening(metrics, service_id="town.potholes") as ear:
        await metrics.receive(rating(5))
        await metrics.score_all()
        heard = await ear.event()
    assert heard.event == "score.changed"
    assert heard.id
    assert heard.data == await metrics.get("/v1/services/town.potholes/score")


async def test_nothing_of_the_past_is_told_unless_asked_for(metrics: Metrics) -> None:
    await publish(metrics, ["parks"])
    async with listening(metrics) as ear:
        await asyncio.sleep(0.2)
        await publish(metrics, ["parks"], first=2)
        assert (await ear.event()).data["events"] == 2


async def test_a_listener_of_one_service_hears_no_other(metrics: Metrics) -> None:
    async with listening(metrics, service_id="town.parks") as one, listening(metrics) as all_of_them:
        await publish(metrics, ["potholes", "parks"])
        assert (await one.event()).data["service_id"] == "town.parks"
        assert {(await all_of_them.event()).data["service_id"] for _ in range(2)} == {"town.potholes", "town.parks"}


async def test_a_listener_that_returns_hears_what_it_missed_then_what_is_new(metrics: Metrics) -> None:
    async with listening(metrics) as ear:
        await publish(metrics, ["parks"])
        last = (await ear.event()).id
    await publish(metrics, ["parks", "potholes", "parks"], first=2)
    async with listening(metrics, last) as ear:
        missed = [(await ear.event()).data["events"] for _ in range(3)]
        await publish(metrics, ["parks"], first=5)
        assert sorted(missed) == [2, 3, 4]
        assert (await ear.event()).data["events"] == 5


async def test_one_that_is_cut_off_before_any_event_misses_nothing(metrics: Metrics) -> None:
    async with listening(metrics, service_id="town.parks") as ear:
        start = ear.last_id
    await publish(metrics, ["parks"])
    async with listening(metrics, start, service_id="town.parks") as ear:
        assert (await ear.event()).data["events"] == 1


@pytest.mark.parametrize(
    "last_event_id",
    [
        "nonsense",
        "1-2-3",
        "-".join(["9" * 30] * PARTITIONS),
        "-".join(["99999999"] * PARTITIONS),
        "-".join(["٣"] * PARTITIONS).encode().decode("latin-1"),
    ],
)
async def test_an_id_that_is_none_of_ours_is_reset(metrics: Metrics, last_event_id: str) -> None:
    headers = {b"Last-Event-ID": last_event_id.encode("latin-1")}
    async with metrics.http.stream("GET", "/v1/stream", headers=headers) as response:
        ear = Ear(response)
        assert (await ear.event()).event == "reset"
        await publish(metrics, ["parks"])
        assert (await ear.event()).event == "score.changed"


async def test_an_id_older_than_what_is_kept_is_reset(metrics: Metrics) -> None:
    async with listening(metrics) as ear:
        await publish(metrics, ["parks"])
        kept = (await ear.event()).id
    assert kept
    await publish(metrics, ["parks", "parks"], first=2)
    async with connection(metrics.database) as database:
        await database.execute("DELETE FROM outbox WHERE seq <= 2")  # as dropping an old partition does
    async with listening(metrics, kept, service_id="town.parks") as ear:
        pass
    async with metrics.http.stream("GET", "/v1/stream", headers={"Last-Event-ID": kept}) as response:
        heard = await Ear(response).event()
    assert heard.event == "reset"
    assert heard.id == cursor.write({part: 3 if part == part_of("town.parks") else 0 for part in range(PARTITIONS)})
    other = cursor.write({part: 2 if part == part_of("town.parks") else 0 for part in range(PARTITIONS)})
    async with listening(metrics, other) as ear:
        assert (await ear.event()).data["events"] == 3


async def test_an_id_at_the_end_of_a_part_that_was_dropped_whole_is_good(metrics: Metrics) -> None:
    await publish(metrics, ["parks", "parks"])
    async with connection(metrics.database) as database:
        await database.execute("DELETE FROM outbox")
    at = {part: 2 if part == part_of("town.parks") else 0 for part in range(PARTITIONS)}
    async with listening(metrics, cursor.write(at)) as ear:
        await publish(metrics, ["parks"], first=3)
        assert (await ear.event()).data["events"] == 3
    before = cursor.write({**at, part_of("town.parks"): 1})
    async with metrics.http.stream("GET", "/v1/stream", headers={"Last-Event-ID": before}) as response:
        assert (await Ear(response).event()).event == "reset"


async def test_silence_is_broken_by_comments(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sse._PING_INTERVAL == 15
    monkeypatch.setattr(routing, "_PING_INTERVAL", 0.05)
    async with listening(metrics) as ear:
        async with asyncio.timeout(30):
            while "ping" not in ear.comments:
                await ear.block()


async def test_random_disconnections_leave_no_gap_and_no_duplicate(metrics: Metrics) -> None:
    services = [f"service-{n}" for n in range(12)]
    total, chance = 400, random.Random(4)

    async def write() -> None:
        number = 1
        while number <= total:
            batch = [chance.choice(services) for _ in range(min(chance.randint(1, 30), total + 1 - number))]
            await publish(metrics, batch, first=number)
            number += len(batch)
            await asyncio.sleep(chance.random() * 0.03)

    heard: list[tuple[str, int]] = []
    async with listening(metrics) as ear:
        last = ear.last_id
    writing = asyncio.create_task(write())
    async with asyncio.timeout(60):
        while len(heard) < total:
            async with listening(metrics, last) as ear:
                for _ in range(min(chance.randint(1, 40), total - len(heard))):
                    event = await ear.event()
                    assert event.event == "score.changed"
                    heard.append((event.data["service_id"], event.data["events"]))
                    last = event.id
    await writing
    assert sorted(number for _, number in heard) == list(range(1, total + 1))
    for name in services:
        of_service = [number for heard_of, number in heard if heard_of == f"town.{name}"]
        assert of_service == sorted(of_service)


async def test_a_listener_that_falls_behind_reads_on_from_the_database(metrics: Metrics) -> None:
    feed = Feed(metrics.database, queued=3)
    reading = asyncio.create_task(feed.run())
    listener = Listener(feed, metrics.database, None).listen(None)
    await anext(listener)
    heard = []
    async with asyncio.timeout(30):
        for first in (1, 21, 41):
            await publish(metrics, ["parks"] * 20, first=first)
            await asyncio.sleep(0.2)  # while it looks away, its queue fills and ends
            heard += [await anext(listener) for _ in range(20)]
    assert [msgspec.json.decode(each.raw_data or "")["events"] for each in heard] == list(range(1, 61))
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
