"""What tests do with proposals, over HTTP."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from shared.contracts.base import Contract
from shared.contracts.feedback import RatingGiven
from shared.database import connection, transaction
from shared.outbox.append import append
from tests.feedback.conftest import Events

BENCH = {"title": "A bench by the river", "text": "People want to sit there and look at the water."}


async def said(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def refused(answer: httpx.Response, status: int, slug: str) -> str:
    """That it was refused for this reason; returns the detail."""
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:civicloop:problem:{slug}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json().get("detail", ""))


def holding(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Receipt-Token": token}


async def propose(citizen: httpx.AsyncClient, service: str, token: str | None = None, **more: Any) -> dict[str, Any]:
    body = {"service_id": service, **BENCH, **more}
    return await said(await citizen.post("/v1/proposals", json=body, headers=holding(token)), 201)


async def look(citizen: httpx.AsyncClient, proposal: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    return await said(await citizen.get(f"/v1/proposals/{proposal['id']}", headers=holding(token)))


async def newcomer(citizen: httpx.AsyncClient, service: str) -> str:
    """The token of somebody who has given something: here, a rating."""
    rating = await citizen.post("/v1/ratings", json={"service_id": service, "value": 4})
    return str((await said(rating, 201))["receipt_token"])


async def support(citizen: httpx.AsyncClient, proposal: dict[str, Any], token: str, **more: Any) -> httpx.Response:
    address = f"/v1/proposals/{proposal['id']}/support"
    return await citizen.put(address, json=more, headers=holding(token))


async def unsupport(citizen: httpx.AsyncClient, proposal: dict[str, Any], token: str) -> httpx.Response:
    return await citizen.delete(f"/v1/proposals/{proposal['id']}/support", headers=holding(token))


async def supported_by(citizen: httpx.AsyncClient, proposal: dict[str, Any], number: int) -> list[str]:
    """So many people support it; their tokens."""
    tokens = [await newcomer(citizen, proposal["service_id"]) for _ in range(number)]
    for token in tokens:
        await said(await support(citizen, proposal, token))
    return tokens


async def comment(
    citizen: httpx.AsyncClient, proposal: dict[str, Any], text: str, token: str | None = None, **more: Any
) -> httpx.Response:
    address = f"/v1/proposals/{proposal['id']}/comments"
    return await citizen.post(address, json={"text": text, **more}, headers=holding(token))


async def step(
    client: httpx.AsyncClient, proposal: dict[str, Any], name: str, token: str | None = None, **said: Any
) -> httpx.Response:
    """A POST to something of a proposal, by its author or by staff."""
    return await client.post(f"/v1/proposals/{proposal['id']}/{name}", json=said, headers=holding(token))


async def decide(clerk: httpx.AsyncClient, proposal: dict[str, Any], decision: str = "accepted") -> httpx.Response:
    return await step(clerk, proposal, "decision", decision=decision, reasons="There is money for it.")


async def need(clerk: httpx.AsyncClient, service: str, supports: int, days: int = 30) -> None:
    """The rule of a service from now on."""
    body = {"supports_needed": supports, "days_to_decide": days}
    await said(await clerk.put(f"/v1/services/{service}/proposal-rule", json=body))


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def told(events: Events, service: str) -> list[Contract]:
    """What was published, without the ratings by which people got their tokens."""
    return [event for event in await events(service) if not isinstance(event, RatingGiven)]


async def erase(feedback: FastAPI, giving: Any, token: str, city: str) -> int:
    """Erases all that a token's holder gave of a kind; returns how many inputs it were."""
    receipts = feedback.state.receipts
    names = [receipts.pseudonym(receipts.contributor(token), city)]
    inputs = 0
    while True:
        async with transaction(feedback.state.engine) as database:
            erased = await giving.erase(database, names, 2, datetime.now(UTC))
            await append(database, erased.events)
        if not erased.inputs:
            return inputs
        inputs += erased.inputs


async def hide(feedback: FastAPI, table: str, thing: dict[str, Any]) -> None:
    async with connection(feedback.state.engine) as database:
        await database.execute(f"UPDATE {table} SET hidden_at = now() WHERE id = $1", UUID(thing["id"]))


async def suggest(citizen: httpx.AsyncClient, proposal: dict[str, Any], token: str | None = None, **more: Any) -> Any:
    wish = {"title": "A bench in the shade", "why": "It is hot there", **more}
    return await citizen.post(f"/v1/proposals/{proposal['id']}/amendments", json=wish, headers=holding(token))


async def answer(citizen: httpx.AsyncClient, made: dict[str, Any], change: dict[str, Any], **said: Any) -> Any:
    return await step(citizen, made, f"amendments/{change['id']}/answer", made["receipt_token"], **said)


async def ids(citizen: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await citizen.get("/v1/proposals", params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]
