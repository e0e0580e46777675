"""By which channel input came is counted once a day; where it is nearly always one, an alert is raised."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from deploy.local.kafka import EmbeddedKafka
from services.metrics.channels import counter, store
from services.metrics.channels.counter import ChannelCounter
from services.metrics.channels.tally import SIGNS, ChannelTally, ChannelUse, named, use_of
from services.metrics.scores.days import today
from shared.contracts import feedback
from shared.contracts.feedback import RatingGiven
from shared.contracts.registry import TYPE_OF, encode
from shared.database import connection, transaction
from tests.contracts.samples import WHOLE
from tests.metrics import lives
from tests.metrics.conftest import Metrics
from tests.metrics.inflow import SOURCE, Inflow, inflow
from tests.metrics.town import DAY, NOW, jurisdiction, rating, service

POTHOLES = "town.potholes"


@pytest.fixture
async def flow(fresh_database: Callable[[str], str], kafka: EmbeddedKafka) -> AsyncIterator[Inflow]:
    async with inflow(fresh_database("metrics"), kafka.bootstrap) as small:
        yield small


def by(channel: str | None, days_ago: int = 1, name: str = "potholes") -> RatingGiven:
    return msgspec.structs.replace(rating(3, name, at=NOW - days_ago * DAY), channel=channel)


def counting(flow: Inflow) -> ChannelCounter:
    return ChannelCounter(flow.database, flow.bootstrap, flow.topic, SOURCE)


async def uses(flow: Inflow) -> dict[str, ChannelUse]:
    async with connection(flow.database) as database:
        return await store.uses_of(database, [POTHOLES, "town.lamps"])


@pytest.mark.parametrize("by_relay", [True, False])
async def test_inputs_of_ninety_days_are_counted_as_they_were_taken_and_not_twice(flow: Inflow, by_relay: bool) -> None:
    """Whether they are laid out as the relay does it, or otherwise."""
    gone, erased = by("web"), by("phone")
    given = [
        by("Phone "), by("PHONE"), by("phone", 89), by("phone", 90), by("phone", 400), by("web"), by(None), by(" "),
        by("app", name="lamps"), gone, erased,
        msgspec.structs.replace(lives.withdrawn(gone, NOW), channel="web"),
        msgspec.structs.replace(lives.erased_rating(erased, NOW), channel="phone"),
    ]  # fmt: skip
    messages = flow.messages(*given)
    if not by_relay:
        messages = [each._replace(headers=each.headers[::-1]) for each in messages]
    async with flow.counting():
        await flow.write([*messages, *messages[:5], *messages[7:]])
    assert await counting(flow).step()
    assert await uses(flow) == {POTHOLES: ChannelUse(4, "phone", 3, 2), "town.lamps": ChannelUse(1, "app", 1, 0)}


async def test_it_is_counted_once_a_day_up_to_where_metrics_stands(flow: Inflow) -> None:
    assert not await counting(flow).step()
    async with flow.counting():
        await flow.write(flow.messages(by("phone"), by("web")))
    assert [await counting(flow).step() for _ in range(2)] == [True, False]
    await flow.write(flow.messages(by("phone")))
    assert await counting(flow).step(today() + DAY)
    assert await uses(flow) == {POTHOLES: ChannelUse(2, "phone", 1, 0)}
    async with flow.counting():
        pass
    assert await counting(flow).step(today() + 2 * DAY)
    assert await uses(flow) == {POTHOLES: ChannelUse(3, "phone", 2, 0)}
    assert await counting(flow).step(today() + 200 * DAY)
    assert await uses(flow) == {}


async def test_counting_comes_first_and_one_worker_does_it(flow: Inflow, monkeypatch: pytest.MonkeyPatch) -> None:
    async with flow.counting():
        await flow.write(flow.messages(by("phone")))
    await flow.write(flow.messages(by("phone"), by("phone")))
    with monkeypatch.context() as busy:
        busy.setattr(counter, "MOST_WAITING", 1)
        assert not await counting(flow).step()
    done = await asyncio.gather(*(counting(flow).step() for _ in range(3)))
    assert sum(done) == 1
    assert await uses(flow) == {POTHOLES: ChannelUse(1, "phone", 1, 0)}


async def test_services_of_which_it_is_news_are_looked_at_again(flow: Inflow) -> None:
    async with flow.counting():
        await flow.write(flow.messages(by("phone"), by("app", name="lamps")))
    touched = "SELECT service_id, touched FROM service_activity"
    async with connection(flow.database) as database:
        before = dict(await database.fetch(touched))
        await counting(flow).step()
        assert dict(await database.fetch(touched)) == {service: number + 1 for service, number in before.items()}
        await counting(flow).step(today() + DAY)
        assert dict(await database.fetch(touched)) == {service: number + 1 for service, number in before.items()}


def test_every_input_is_counted_and_taken_back_by_its_channel() -> None:
    """Of each type of event with every member set; those that tell of a channel, and no others."""
    assert SIGNS.keys() == {name for name, kind in feedback.TYPES.items() if "channel" in kind.__struct_fields__}
    samples = {TYPE_OF[type(event)]: event for event in WHOLE}
    for name, sign in SIGNS.items():
        event: Any = samples[name]
        given = getattr(event, "given_at", None) or event.opened_at
        tally = ChannelTally(given.date())
        tally.take(name, encode(event))
        assert tally._counts == {event.service_id: {event.channel: sign}}, name


def test_what_cannot_be_read_or_named_does_no_harm() -> None:
    tally = ChannelTally(today())
    for data in (b"", b"{}", b"\xff", b"[" * 100_000, b'{"service_id": 3}', b'{"service_id": "s", "given_at": "moon"}'):
        tally.take("feedback.rating.given.v1", data)
    assert tally.uses() == {}
    assert named("x" * 1_000) == "x" * 40
    assert named("\0 \N{LATIN CAPITAL LETTER SHARP S}") == "ss"
    assert use_of({"b": 2, "a": 2, "": 1, "gone": -1}) == ChannelUse(4, "a", 2, 1)


# The alert


async def told(metrics: Metrics, use: ChannelUse) -> dict[str, Any]:
    """The alerts, by rule, after that has been counted."""
    async with transaction(metrics.database) as database:
        await store.keep(database, today(), {}, {POTHOLES: use})
    await metrics.watch_all()
    return {each["rule"]: each for each in (await metrics.get("/v1/alerts"))["items"]}


async def test_one_channel_for_nearly_all_is_raised_and_cleared(metrics: Metrics) -> None:
    await metrics.receive(jurisdiction(), service(), rating(3))
    await metrics.watch_all()
    assert await told(metrics, ChannelUse(49, "phone", 49, 0)) == {}
    assert await told(metrics, ChannelUse(60, "phone", 54, 900)) == {}
    alert = (await told(metrics, ChannelUse(60, "phone", 55, 900)))["channel-dominant"]
    assert alert["state"] == "open"
    assert alert["evidence"] == {
        "inputs": 60, "untold": 900, "channel": "phone", "of_channel": 55, "share": round(55 / 60, 6),
    }  # fmt: skip
    assert "known, 55 came by the most frequent one, phone: 0.917 of them." in alert["words"]
    assert (await told(metrics, ChannelUse(60, "phone", 53, 0)))["channel-dominant"]["state"] == "open"
    alert = (await told(metrics, ChannelUse(60, "phone", 51, 0)))["channel-dominant"]
    assert (alert["state"], alert["because"]) == ("cleared", "eased")


async def test_what_few_said_of_their_channel_is_told_nobody(metrics: Metrics) -> None:
    """It can be any text."""
    await metrics.receive(jurisdiction(), service(), rating(3))
    await metrics.watch_all()
    await told(metrics, ChannelUse(60, "phone", 60, 0))
    alert = (await told(metrics, ChannelUse(60, "call ann on 555 01 23", 1, 0)))["channel-dominant"]
    assert alert["evidence"] == {"inputs": 60, "of_channel": 1, "share": round(1 / 60, 6), "untold": 0}
    assert "555" not in str(alert)
