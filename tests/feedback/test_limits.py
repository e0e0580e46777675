"""How much is taken from one place, by one person, with one key; and that nobody else is kept waiting for it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from services.feedback.app import create_app
from services.feedback.limits.limiter import Limits
from services.feedback.limits.networks import prefix
from services.feedback.settings import FeedbackSettings
from shared.auth import ensure_key, new_key
from shared.database import connection

HOME, NEIGHBOUR, AWAY = "203.0.113.7", "203.0.113.250", "198.51.100.1"
FEW = Limits(address="5/hour", person="3/hour", key="4/hour", reads="20/hour")


@pytest.fixture
async def feedback(settings: FeedbackSettings) -> AsyncIterator[FastAPI]:
    """Feedback that takes little."""
    app = create_app(settings.model_copy(update={"limits": FEW}))
    async with app.router.lifespan_context(app):
        yield app


def at(app: FastAPI, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, client=(address, 4_711))
    return httpx.AsyncClient(transport=transport, base_url="http://feedback")


async def rate(client: httpx.AsyncClient, service: str, **headers: str) -> httpx.Response:
    return await client.post("/v1/ratings", json={"service_id": service, "value": 3}, headers=headers)


async def statuses(client: httpx.AsyncClient, service: str, times: int, **headers: str) -> list[int]:
    return [(await rate(client, service, **headers)).status_code for _ in range(times)]


async def key(app: FastAPI, *scopes: str) -> dict[str, str]:
    made = new_key()
    async with connection(app.state.engine) as database:
        await ensure_key(database, made, "somebody", scopes)
    return {"Authorization": f"Bearer {made}"}


async def test_a_network_gives_so_much_and_another_one_goes_on(feedback: FastAPI, lamps: str) -> None:
    async with at(feedback, HOME) as home, at(feedback, NEIGHBOUR) as neighbour, at(feedback, AWAY) as away:
        assert await statuses(home, lamps, 4) == [201] * 4
        assert await statuses(neighbour, lamps, 2) == [201, 429], "they share a network"
        assert await statuses(away, lamps, 2) == [201, 201]
        assert (await home.get(f"/v1/services/{lamps}")).status_code == 200, "reading is counted apart"
        assert (await home.get("/health/live")).status_code == 200


async def test_whoever_is_refused_is_told_when_to_come_again(feedback: FastAPI, lamps: str) -> None:
    async with at(feedback, HOME) as home:
        await statuses(home, lamps, 5)
        refused = await rate(home, lamps)
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert refused.json()["type"] == "urn:civicloop:problem:too-many-requests"
    seconds = int(refused.headers["Retry-After"])
    assert 0 < seconds <= 3_600
    assert refused.headers["RateLimit-Policy"] == '"address";q=5;w=3600'
    assert refused.headers["RateLimit"] == f'"address";r=0;t={seconds}'


@pytest.mark.parametrize("format", ["json", "xml"])
async def test_open311_says_it_in_its_own_way(feedback: FastAPI, lamps: str, city: str, format: str) -> None:
    path = f"/open311/v2/requests.{format}?jurisdiction_id={city}"
    async with at(feedback, HOME) as home:
        form = {"service_code": lamps, "address_string": "Here"}
        answers = [await home.post(path, data=form) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "That is more than is taken" in answers[-1].text
    assert answers[-1].headers["content-type"].startswith("application/json" if format == "json" else "text/xml")


async def test_a_person_gives_so_much_from_wherever(feedback: FastAPI, lamps: str) -> None:
    async with at(feedback, HOME) as home, at(feedback, AWAY) as away:
        token = (await rate(home, lamps)).json()["receipt_token"]
        sent = {"Receipt-Token": token}
        assert await statuses(home, lamps, 2, **sent) == [201, 201]
        assert await statuses(away, lamps, 2, **sent) == [201, 429]
        assert (await away.get("/v1/me", headers=sent)).status_code == 200
        assert await statuses(away, lamps, 1) == [201]


async def test_a_key_counts_for_whoever_has_it_and_not_for_the_network(
    feedback: FastAPI, lamps: str, city: str
) -> None:
    mine, other = await key(feedback, "feedback:staff"), await key(feedback, "feedback:staff")
    async with at(feedback, HOME) as home, at(feedback, AWAY) as away:
        assert await statuses(home, lamps, 2, **mine) == [201, 201]
        assert await statuses(away, lamps, 3, **mine) == [201, 201, 429], "two people with one key share it"
        assert await statuses(home, lamps, 2, **other) == [201, 201]
        assert await statuses(home, lamps, 6) == [201] * 5 + [429]
        everything = await key(feedback, "*")
        assert await statuses(home, lamps, 8, **everything) == [201] * 8


async def test_a_wrong_key_does_not_get_around_the_network(feedback: FastAPI, lamps: str) -> None:
    async with at(feedback, HOME) as home:
        answers = [(await rate(home, lamps, Authorization=f"Bearer {new_key()}")).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


async def test_reading_has_its_own_bounds(feedback: FastAPI) -> None:
    async with at(feedback, HOME) as home:
        answers = [(await home.get(f"/v1/requests/{uuid4()}")).status_code for _ in range(21)]
    assert answers == [404] * 20 + [429]


async def test_who_is_at_home_here_is_not_limited(citizen: httpx.AsyncClient, lamps: str) -> None:
    """Tests and benchmarks come from 127.0.0.1."""
    assert set(await statuses(citizen, lamps, 12)) == {201}


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.7", "203.0.113.0/24"), ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"), ("unix", "unix"),
     ("::ffff:203.0.113.7", "203.0.113.0/24"), ("", ""), ("fe80::1%eth0", "fe80::1%eth0")],
)  # fmt: skip
def test_addresses_count_by_their_networks(address: str, network: str) -> None:
    assert prefix(address) == network


@pytest.mark.parametrize("wrong", [{"address": "many"}, {"reads": "5 per fortnight"}, {"free": ["here"]}])
def test_settings_that_are_not_understood(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Limits.model_validate(wrong)


async def test_nothing_means_no_bounds(settings: FeedbackSettings, lamps: str) -> None:
    none = Limits(address="", person="", key="", reads="")
    app = create_app(settings.model_copy(update={"limits": none}))
    async with app.router.lifespan_context(app), at(app, HOME) as home:
        assert set(await statuses(home, lamps, 10)) == {201}


async def test_huge_headers_are_refused(citizen: httpx.AsyncClient, lamps: str) -> None:
    for name in ("Receipt-Token", "Authorization", "Idempotency-Key", "X-Anything"):
        refused = await rate(citizen, lamps, **{name: "a" * 70_000})
        assert (refused.status_code, refused.json()["type"]) == (431, "urn:civicloop:problem:headers-too-large")
        large = await rate(citizen, lamps, **{name: "Bearer " + "a" * 30_000})
        assert large.status_code == {"X-Anything": 201, "Idempotency-Key": 400}.get(name, 401)
